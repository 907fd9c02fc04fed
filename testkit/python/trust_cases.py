"""What the cases of the group `trust` that are no rows of the decision table are made of."""

import decisions
import make_trust
from make_trust import digest_of, sign, store_files
from vectors import MANIFEST, MODEL

AT = ["--at", "2026-06-01T00:00:00Z"]
TRUST = ["--trust", "trust.toml", *AT]
VERIFY = ["verify", "model.pt", *TRUST]
FOLDER = ["verify", "model", *TRUST]


def accept(name, what, files, words=VERIFY, *, store="plain", verdict="verified", authenticated=True, **more):
    content = store_files(text_of(store)) | files
    make_trust.write(f"files-{name}", what, content, words, verdict, verdict, authenticated, **more)


def reject(name, what, code, files, words=VERIFY, *, store="plain", **more):
    make_trust.write(f"files-{name}", what, store_files(text_of(store)) | files, words, "rejected", code, **more)


def refuse(name, what, code, files, words=VERIFY, *, store="plain", **more):
    make_trust.write(f"files-{name}", what, store_files(text_of(store)) | files, words, "inconclusive", code, **more)


def text_of(store):
    """The name of a store, or of one with replacements."""
    name, *replacements = [store] if isinstance(store, str) else store
    return decisions.store_text({"id": name, "store": name, "replace": replacements})


def row(**more):
    return decisions.complete({"id": "files", **more})


def signed(key="alice-1", signer=None, **more):
    """A manifest, bundle manifest or OMS signature by the signer of this key."""
    claims = {"signer": signer or key.split("-")[0]} | more.pop("claims", {})
    described = row(claims=claims, key=key, **more)
    return sign(described, described["claims"], key)


def counter(first, key="bob", **more):
    digest = digest_of(first)
    return signed(key, **more | {"claims": {"countersigns": digest} | more.get("claims", {})})


def good(**more):
    return {"model.pt": MODEL, MANIFEST: signed(**more)}
