"""Writes test vectors: one folder a case, with its files and a case.json that says what must happen (../README.md)."""

import base64
import json
import shutil
import tempfile
from pathlib import Path

import keyring
import reference

ROOT = Path(__file__).resolve().parent.parent / "vectors"
MODEL = b"weights of a small model\n"
SIGNER = "training-pipeline@ml-team"
SIGNED_AT = "2025-03-04T05:06:07.123456+00:00"
FACTS = {"signed_at": SIGNED_AT, "key_version": 2}
MANIFEST = "model.manifest.json"
BUNDLE = "release.manifest.json"
VERIFY = ["verify", "model.pt", "--key", "key.pub"]
NAMED = [*VERIFY, "--signature", MANIFEST]
WHOLE = ["verify", BUNDLE, "--key", "key.pub"]


class Link(str):
    """A file that is a symbolic link to this target."""


def start(group):
    shutil.rmtree(ROOT / group, ignore_errors=True)


def accept(case, what, files, args=VERIFY, *, authenticated=True, verdict="verified", **more):
    result = {"exit": 0, "verdict": verdict, "code": verdict, "authenticated": authenticated}
    write(case, what, files, args, result, more)


def done(case, what, files, args, **more):
    """A command that verifies nothing and succeeds."""
    write(case, what, files, args, {"exit": 0, "verdict": None, "code": None, "authenticated": None}, more)


def reject(case, what, code, files, args=VERIFY, **more):
    result = {"exit": 1, "verdict": "rejected", "code": code, "authenticated": None}
    write(case, what, files, args, result, more)


def refuse(case, what, code, files, args=VERIFY, **more):
    result = {"exit": 2, "verdict": "inconclusive", "code": code, "authenticated": None}
    write(case, what, files, args, result, more)


def write(case, what, files, args, result, more):
    """`more`: note, also, modes, env, create, beside, weakened, checked. A file that is None is left out."""
    folder = ROOT / case
    folder.mkdir(parents=True)  # an error when two cases have one name
    for name, content in {"model.pt": MODEL, "key.pub": keyring.read("rsa2048.pub"), **files}.items():
        if content is None:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            path.symlink_to(content)
        else:
            path.write_bytes(text(content) if isinstance(content, dict | list) else content)
    assert what[0].isupper() and what.endswith("."), what
    description = {"what": what, "args": list(args), **result, **more}
    (folder / "case.json").write_text(json.dumps(description, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


# ------------------------------------------------------------------------------------------------- ingredients


def text(document):
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8")


def manifest(key="rsa2048", model=MODEL, name="model.pt", **options):
    """A manifest with envelope; `options` are those of `reference.sign_manifest`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(model)
        return reference.sign_manifest(path, keyring.private(key), SIGNER, **FACTS | options)


def published(key="rsa2048", **options):
    """The same in the published form: no envelope, nothing but `sha256` signed."""
    return without_envelope(manifest(key, **options))


def without_envelope(document):
    """What an attacker can do to a manifest, too."""
    return {name: value for name, value in document.items() if name not in ("envelope", "key_id")}


def payload_of(document):
    return base64.b64decode(document["envelope"]["payload"])


def resealed(document, payload, key="rsa2048"):
    """The same manifest or bundle over another payload, properly signed: a signer who writes strange statements."""
    return document | {"envelope": reference.seal(payload, keyring.private(key))}


def restated(document, edit, key="rsa2048"):
    """The same with an edited statement, properly signed."""
    statement = json.loads(payload_of(document))
    edit(statement)
    return resealed(document, reference.encode(statement), key)


def with_signatures(document, *signatures):
    """The same with these (signature, keyid) in the envelope, whatever they are."""
    entries = [{"sig": base64.b64encode(signature).decode("ascii"), "keyid": keyid} for signature, keyid in signatures]
    return document | {"envelope": document["envelope"] | {"signatures": entries}}


def put(path, value):
    """An edit: sets what stands at `path`, such as `subject.0.name`."""

    def edit(document):
        place, last = find(document, path)
        place[last] = value

    return edit


def drop(path):
    """An edit: removes what stands at `path`."""

    def edit(document):
        place, last = find(document, path)
        del place[last]

    return edit


def edited(document, edit):
    copy = json.loads(json.dumps(document))
    edit(copy)
    return copy


def find(document, path):
    *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in parents:
        document = document[step]
    return document, last
