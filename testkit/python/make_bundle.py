"""Cases of the group `bundle`: several models, one bundle manifest, and one thing that is wrong with the set."""

import base64
import hashlib
import tempfile
from pathlib import Path

import keyring
import reference
from vectors import (
    BUNDLE,
    FACTS,
    SIGNER,
    WHOLE,
    accept,
    drop,
    edited,
    manifest,
    put,
    reject,
    restated,
    start,
)  # fmt: skip

FILES = {"a.bin": b"first model\n", "b.bin": b"other model\n", "sub/c.bin": b"third model\n", "model.pt": None}
NEW = b"newer model\n"


def make():
    start("bundle")
    good_ones()
    the_set()
    entries()
    published_ones()
    statements()
    partly()


def bundle(key="rsa2048", files=FILES, **options):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            if content is not None:
                Path(folder, name).parent.mkdir(exist_ok=True)
                Path(folder, name).write_bytes(content)
        names = [name for name, content in files.items() if content is not None]
        return reference.sign_bundle(folder, names, "release", keyring.private(key), SIGNER, **FACTS | options)


def published(**options):
    return without_envelope(bundle(**options))


def without_envelope(document):
    artifacts = [{name: value for name, value in item.items() if name != "key_id"} for item in document["artifacts"]]
    return {name: value for name, value in document.items() if name != "envelope"} | {"artifacts": artifacts}


def only(name):
    return ["verify", name, "--signature", BUNDLE, "--key", "key.pub"]


def fits(name, what, document, args=WHOLE, files=None, **more):
    accept(f"bundle/{name}", what, {**FILES, BUNDLE: document, **(files or {})}, args, **more)


def bad(name, what, code, document, files=None, args=WHOLE, **more):
    reject(f"bundle/{name}", what, code, {**FILES, BUNDLE: document, **(files or {})}, args, **more)


def good_ones():
    fits("ok", "Three models, one of them in a subfolder.", bundle())
    fits("ok-p256", "The same by a key on P-256.", bundle("p256"), files={"key.pub": keyring.read("p256.pub")})
    fits("ok-ed25519", "The same by an Ed25519 key.", bundle("ed25519"), files={"key.pub": keyring.read("ed25519.pub")})
    fits("ok-no-compat-signature", "Only the envelope is signed.", bundle(compat=False))
    fits("ok-unlisted-file", "A file that the set does not list is not its business.", bundle(), files={"d.bin": NEW})
    asked = ["--signer", SIGNER, "--model-version-at-least", "4", "--require-authenticated"]
    fits("ok-questions", "The facts of the whole set.", bundle(model_version=4), [*WHOLE, *asked])


def the_set():
    good = bundle()
    first, second, third = good["artifacts"]
    fewer = good | {"artifacts": [first, third], "artifact_count": 2}
    bad("entry-removed", "An entry was taken out and the count adjusted.", "entry-removed", fewer)
    added = bundle(files={**FILES, "d.bin": NEW})["artifacts"]
    more = good | {"artifacts": added, "artifact_count": 4}
    what = "An entry was added, signed by the same key, and the count adjusted."
    bad("entry-added", what, "entry-added", more, {"d.bin": NEW})
    doubled = good | {"artifacts": [first, first, second, third], "artifact_count": 4}
    bad("entry-twice", "An entry stands twice and the count fits.", "duplicate-entry", doubled)
    bad("count", "The count says four.", "wrong-count", good | {"artifact_count": 4})
    bad("count-zero", "The count says none.", "wrong-count", good | {"artifact_count": 0})
    newer = bundle(files={**FILES, "b.bin": NEW})["artifacts"][1]
    what = "An entry and its file come from another release, signed by the same key."
    bad("entry-of-another-release", what, "field-mismatch", good | {"artifacts": [first, newer, third]}, {"b.bin": NEW})
    swapped = {"a.bin": FILES["b.bin"], "b.bin": FILES["a.bin"]}
    crossed = bundle(files={**FILES, **swapped})["artifacts"]
    what = "Two files were exchanged, with their digests and signatures."
    bad("files-exchanged", what, "field-mismatch", good | {"artifacts": crossed}, swapped)
    note = "the order is signed too; whoever exchanges entries is refused"
    turned = good | {"artifacts": [second, first, third]}
    bad("order", "Two entries were exchanged.", "field-mismatch", turned, note=note)
    nothing = good | {"artifacts": [], "artifact_count": 0}
    bad("empty", "There is no entry.", "malformed-manifest", nothing, note="a set of nothing is no bundle")
    bad("changed-file", "One of the models was changed.", "hash-mismatch", good, {"b.bin": NEW})
    bad("missing-file", "One of the models is not there.", "missing-file", good, {"b.bin": None})
    time = "2025-03-04T05:06:07.123457+00:00"
    bad("time", "The time of the bundle is not the signed one.", "field-mismatch", good | {"bundle_signed_at": time})
    files = {"key.pub": keyring.read("rsa2048-other.pub")}
    bad("untrusted-key", "The entries name a key that was not given.", "untrusted-key", good, files)
    asked = [*WHOLE, "--model-version-at-least", "5"]
    bad(
        "model-version",
        "The version of the set is too low.",
        "model-version-too-low",
        bundle(model_version=4),
        args=asked,
    )
    bad("expired", "The signature of the set expired.", "expired", bundle(expires_at="2025-04-01T00:00:00Z"))
    bad("signer", "Another signer is asked for.", "wrong-signer", good, args=[*WHOLE, "--signer", "somebody"])


def entries():
    good = bundle()
    for field, value in {
        "signer": "release-team@ml-team",
        "signed_at": "2025-03-04T05:06:07.123456Z",
        "key_version": 3,
    }.items():
        changed = edited(good, put(f"artifacts.1.{field}", value))
        name = field.replace("_", "-")
        bad(f"entry-{name}", f"The field {field} of one entry is not the signed one.", "field-mismatch", changed)
    for field in ["key_version", "key_id"]:
        changed = edited(good, drop(f"artifacts.1.{field}"))
        what = f"The field {field} of one entry is missing."
        bad(f"entry-without-{field.replace('_', '-')}", what, "field-mismatch", changed)
    changed = edited(good, put("artifacts.1.key_size", 4096))
    bad("entry-key-size", "One entry claims 4096 bits for a key of 2048.", "key-mismatch", changed)
    zeros = base64.b64encode(bytes(256)).decode()
    changed = edited(good, put("artifacts.1.signature", zeros))
    bad("entry-signature", "The published signature of one entry is not valid.", "invalid-signature", changed)
    changed = edited(good, put("envelope.signatures.0.sig", zeros))
    bad("envelope-signature", "The signature over the set is not valid.", "invalid-signature", changed)
    for field, other in {"artifacts": {}, "bundle_signed_at": 7, "artifact_count": "3", "envelope": []}.items():
        name = field.replace("_", "-")
        changed = edited(good, put(field, other))
        bad(f"mistyped-{name}", f"The field {field} is of another kind.", "malformed-manifest", changed)
        if field not in ("artifacts", "envelope"):
            what = f"The field {field} is missing."
            bad(f"missing-{name}", what, "malformed-manifest", edited(good, drop(field)))
    for name, what, path, value in [
        ("unknown-field", "There is an unknown field.", "comment", "hello"),
        ("unknown-entry-field", "An entry has an unknown field.", "artifacts.1.comment", "hello"),
        ("entry-with-envelope", "An entry has an envelope of its own.", "artifacts.1.envelope", good["envelope"]),
        ("entry-is-text", "An entry is a string.", "artifacts.1", "b.bin"),
        ("entry-is-null", "An entry is null.", "artifacts.1", None),
        ("entry-digest", "A digest is in upper case.", "artifacts.1.sha256", good["artifacts"][1]["sha256"].upper()),
    ]:
        bad(name, what, "malformed-manifest", edited(good, put(path, value)))
    for name, what, value in [
        ("parent", "outside the folder", "../a.bin"),
        ("inner-parent", "with a step up inside", "sub/../a.bin"),
        ("absolute", "absolute", "/tmp/a.bin"),
        ("dot", "with a step that goes nowhere", "./a.bin"),
        ("double-slash", "with an empty component", "sub//c.bin"),
        ("trailing-slash", "with a slash at its end", "a.bin/"),
        ("nul", "with a NUL in it", "a\0.bin"),
        ("escape", "with a terminal escape in it", "a\x1b[2J.bin"),
        ("300-bytes", "with a component that is too long", "sub/" + "a" * 300),
        ("4097-bytes", "too long", "a/" * 2048 + "a"),
    ]:
        changed = edited(restated(good, put("predicate.resources.0.name", value)), put("artifacts.0.model_file", value))
        bad(f"name-{name}", f"The name of an entry is {what}, although signed.", "unsafe-name", changed)


def published_ones():
    good = published()
    fits("published", "The published format: every entry signed, the set not.", good, authenticated=False)
    newer = published(files={**FILES, "b.bin": NEW}, signed_at="2025-05-06T07:08:09.000000+00:00")
    mixed = edited(good, put("artifacts.1", newer["artifacts"][1])) | {"note": "unknown"}
    what = "Entries of two releases: nothing in the published format tells."
    fits("published-mixed", what, mixed, files={"b.bin": NEW}, authenticated=False)
    what = "The caller wants the set to be covered."
    bad("published-not-authenticated", what, "not-authenticated", good, args=[*WHOLE, "--require-authenticated"])
    bad("published-changed-file", "A model was changed.", "hash-mismatch", good, {"a.bin": NEW})
    bad("published-missing-file", "A model is not there.", "missing-file", good, {"a.bin": None})
    bad("published-count", "The count says two.", "wrong-count", good | {"artifact_count": 2})
    doubled = good | {"artifacts": good["artifacts"] + good["artifacts"][:1], "artifact_count": 4}
    bad("published-entry-twice", "An entry stands twice.", "duplicate-entry", doubled)
    nothing = good | {"artifacts": [], "artifact_count": 0}
    bad("published-empty", "There is no entry.", "malformed-manifest", nothing, note="a set of nothing is no bundle")
    crossed = edited(good, put("artifacts.0.signature", good["artifacts"][1]["signature"]))
    bad("published-signature-of-another", "An entry has the signature of another.", "invalid-signature", crossed)
    climbing = edited(good, put("artifacts.0.model_file", "../a.bin"))
    bad("published-name-climbing", "A name leads out of the folder.", "unsafe-name", climbing)
    stripped = {name: value for name, value in bundle().items() if name != "envelope"}
    what = "The envelope is gone and the entries still have key_id."
    bad("key-id-without-envelope", what, "malformed-manifest", stripped)


def statements():
    good, single = bundle(), manifest()
    for container in ["manifest", "folder"]:
        other = restated(good, put("subject.0.annotations.container", container))
        what = f"The statement was made for a {container}."
        bad(f"container-{container}", what, "wrong-container", other)
    note = "the statement is well-formed for what it was made for: the container is judged before its rules"
    alone = {"a.bin": FILES["a.bin"]}
    lone = bundle(files=alone) | {"envelope": single["envelope"]}
    bad("envelope-of-a-manifest", "The envelope is that of a single manifest.", "wrong-container", lone, note=note)
    doubled = restated(good, with_resources(lambda listed: [listed[0], *listed]))
    bad("statement-resource-twice", "A signed resource stands twice.", "malformed-statement", doubled)
    turned = restated(good, with_resources(lambda listed: [listed[1], listed[0], listed[2]]))
    note = "sorted neither by the name nor by the components of the path"
    bad("statement-order", "The signed resources are not sorted.", "malformed-statement", turned, note=note)
    climbing = restated(good, put("predicate.resources.0.name", "../a.bin"))
    bad("statement-name-climbing", "A signed name leads out of the folder.", "unsafe-name", climbing)
    larger = restated(good, put("predicate.resources.0.annotations.size", 13))
    bad("statement-size", "A signed size is not that of the file.", "size-mismatch", larger)
    wrong = restated(good, put("subject.0.digest.sha256", hashlib.sha256(b"").hexdigest()))
    bad("statement-root", "The signed root is not that of the resources.", "malformed-statement", wrong)
    empty = restated(good, with_resources(lambda listed: []))
    bad("statement-empty", "The signed set is empty.", "malformed-statement", empty)


def with_resources(change):
    """An edit of the resources with the root that fits them."""

    def edit(statement):
        resources = change(statement["predicate"]["resources"])
        statement["predicate"]["resources"] = resources
        statement["subject"][0]["digest"]["sha256"] = reference.root(resources)

    return edit


def partly():
    good = bundle()
    partial = {"verdict": "partial"}
    fits("ok-partial", "One model is verified as part of the set.", good, only("a.bin"), **partial)
    what = "Another model of the set was changed, which nobody asked about."
    fits("ok-partial-other-changed", what, good, only("a.bin"), files={"b.bin": NEW}, **partial)
    fits("ok-partial-other-missing", "The others are not here.", good, only("a.bin"), files={"b.bin": None}, **partial)
    fits("ok-partial-subfolder", "A model in a subfolder.", good, only("sub/c.bin"), **partial)
    fits(
        "published-partial", "A part of a published bundle.", published(), only("a.bin"), authenticated=False, **partial
    )
    bad(
        "partial-changed",
        "The model that is asked for was changed.",
        "hash-mismatch",
        good,
        {"a.bin": NEW},
        only("a.bin"),
    )
    bad("not-in-bundle", "The model is not in the set.", "not-in-bundle", good, {"d.bin": NEW}, only("d.bin"))
    what = "A file of the same name in another folder is another file."
    bad("not-in-bundle-subfolder", what, "not-in-bundle", good, {"sub/a.bin": FILES["a.bin"]}, only("sub/a.bin"))
    fewer = good | {"artifacts": good["artifacts"][:2], "artifact_count": 2}
    what = "The set is not the signed one, although the model asked for is in both."
    bad("partial-entry-removed", what, "entry-removed", fewer, args=only("a.bin"))
    note = "that somebody took it out says more than that it is not there"
    what = "The model asked for is signed with the set and was taken out of the list."
    fewer = good | {"artifacts": good["artifacts"][1:], "artifact_count": 2}
    bad("partial-entry-hidden", what, "entry-removed", fewer, args=only("a.bin"), also=["not-in-bundle"], note=note)
