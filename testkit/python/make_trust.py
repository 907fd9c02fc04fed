"""Cases of the group `trust`: every row of the decision table that real files can express, and where they lie.

The rows are in ../decisions/table.json; make_trust_files.py has the cases that are about files and not about decisions.
"""

import hashlib
import json
import re
import tempfile
from pathlib import Path

import decisions
import keyring
import oms
import oms_certificates
import reference
import timestamps
import vectors
from decisions import STORES

OTHER = b"weights of a large model\n"
DIGEST_OF_MODEL = hashlib.sha256(vectors.MODEL).hexdigest()
STATUS = {"verified": 0, "partial": 0, "tolerated": 0, "rejected": 1, "inconclusive": 2}
OPTIONS = {"signer": "--signer", "max_age": "--max-age", "model_version_at_least": "--model-version-at-least"}


def make():
    vectors.start("trust")
    for row in decisions.rows():
        if not set(row["claims"]["name"]) & set("?*"):  # names that not every system has
            make_row(row)


def make_row(row):
    files, words, known = build(row)
    more = {name: row[name] for name in ("also", "tolerated", "note") if row.get(name)}
    if row["verdict"] == "rejected":
        more.pop("tolerated", None)
    if "remembers" in row:
        more["after"] = {"state.json": json.loads(replaced(json.dumps(row["remembers"]), known))}
    write(row["id"].replace("/", "-"), row["what"], files, words, row["verdict"], row["code"], row["envelope"], **more)


def build(row):
    """(the files, the arguments, the real digests by those of the row)"""
    signed = sign(row, row["claims"], row["key"])
    known = {row["claims"].get("statement_sha256"): digest_of(signed)}
    path, files, words = lay_out(row, signed)
    for number, item in enumerate(row["countersigners"], 2):
        named = dict(item, countersigns=known.get(item["countersigns"], item["countersigns"]))
        other = countersign(row, named)
        known[item["statement_sha256"]] = digest_of(other)
        files[beside(row, number)] = other
    files |= store_files(replaced(decisions.store_text(row), known))
    words = ["verify", path, *words, "--trust", "trust.toml", *asked(row["asked"])]
    if row["memory"] is None:
        words += ["--at", row["at"]]
    else:
        words += ["--state", "state.json"] + (["--init-state"] if row["memory"] == "new" else [])
        files["state.json"] = state_file(row["memory"], known)
    return files, words, known


def write(name, what, files, words, verdict, code, authenticated=True, **more):
    result = {"exit": STATUS[verdict], "verdict": verdict, "code": code}
    result["authenticated"] = authenticated if STATUS[verdict] == 0 else None
    vectors.write(f"trust/{name}", what, {"model.pt": None, "key.pub": None} | files, words, result, more)


# ------------------------------------------------------------------------------------------------------ signing


def sign(row, claims, key, differs=None):
    """The signature file of a row or of a countersignature, as a document."""
    claims = dict(claims)
    name = "other" + claims["name"] if differs == "name" else claims["name"]
    content = OTHER if differs == "files" or claims.get("sha256", DIGEST_OF_MODEL) != DIGEST_OF_MODEL else vectors.MODEL
    said = {one: claims[one] for one in SAID if claims.get(one) is not None}
    if row["format"] == "oms":
        return oms_signature(row, name, said, key, content)
    signer, said = said.pop("signer", "somebody"), {"signed_at": vectors.SIGNED_AT} | said
    with tempfile.TemporaryDirectory() as folder:
        if row["format"] == "manifest":
            signed = manifest(Path(folder, name), content, keyring.private(key), signer, said)
        else:
            signed = bundle(Path(folder), row["part"], name, content, keyring.private(key), signer, said)
    return signed if row["envelope"] else without_envelope(signed)


SAID = ["signer", "signed_at", "expires_at", "model_version", "key_version", "renews", "countersigns"]


def manifest(path, content, key, signer, said):
    path.write_bytes(content)
    return reference.sign_manifest(path, key, signer, **said)


def bundle(folder, part, name, content, key, signer, said):
    """A set with the files of `bundled`; of a part, `name` is that of the file and not of the set."""
    files = bundled(name if part else None, content)
    for one, data in files.items():
        (folder / one).parent.mkdir(parents=True, exist_ok=True)
        (folder / one).write_bytes(data)
    return reference.sign_bundle(folder, list(files), "release" if part else name, key, signer, **said)


def bundled(part, content=vectors.MODEL):
    return {part or "a.bin": content, "readme.txt": b"a set\n"}


def oms_signature(row, name, said, key, content):
    """Without signer and time it is another tool's."""
    holder = keyring.private(decisions.RELEASE if row["method"] == "certificate" else key)
    material, at = None, row["vouched"]
    if row["method"] == "certificate":
        material = oms.by_chain(oms_certificates.leaf(), oms_certificates.authority())
    ours = {"container": "folder", "key_id": reference.key_id(holder.public_key())} | said
    listed = oms.list_files({"weights.bin": content})
    options = reference.SERIALIZATION | {"ignore_paths": ["model.sig"]}
    statement = oms.statement(name, listed, options, ours if "signed_at" in said else None)
    signed = oms.bundle(reference.encode(statement), holder, material)
    return timestamps.stamped(signed, at) if at else signed


def countersign(row, item):
    claims = item | {"name": row["claims"]["name"]}
    if item["differs"] == "format":
        return sign(row | {"format": "bundle-manifest"}, claims, item["key"])
    return sign(row, claims, item["key"], item["differs"])


def without_envelope(document):
    if "artifacts" not in document:
        return vectors.without_envelope(document)
    artifacts = [vectors.without_envelope(item) for item in document["artifacts"]]
    return {name: value for name, value in document.items() if name != "envelope"} | {"artifacts": artifacts}


def digest_of(signed):
    """Of the statement, where there is one."""
    envelope = signed.get("dsseEnvelope") or signed.get("envelope")
    return hashlib.sha256(vectors.payload_of({"envelope": envelope})).hexdigest() if envelope else None


# ------------------------------------------------------------------------------------------------------- places


def lay_out(row, signed):
    """(what is verified, the files, further arguments)"""
    name, expected, part = row["claims"]["name"], row["expected_name"], row["part"]
    if row["format"] == "oms":
        return expected, {f"{expected}/weights.bin": vectors.MODEL, f"{expected}/model.sig": signed}, []
    if row["format"] == "bundle-manifest":
        files = bundled(name if part else None)
        place = "release.manifest.json" if part else f"{expected}.manifest.json"
        words = ["--signature", place] if part else []
        words += ["--name", expected] if "/" in expected else []
        return (expected if part else place), files | {place: signed}, words
    content = vectors.MODEL if row["claims"].get("sha256", DIGEST_OF_MODEL) == DIGEST_OF_MODEL else OTHER
    place = f"{stem(expected)}.manifest.json"
    if asked_name := row["asked"].get("name"):
        return "upload.tmp", {"upload.tmp": content, place: signed}, ["--signature", place, "--name", asked_name]
    return expected, {expected: content, place: signed}, ([] if name == expected else ["--signature", place])


def beside(row, number):
    if row["format"] == "oms":
        return f"{row['expected_name']}.{number}.sig"
    whole = "release" if row["part"] else row["expected_name"]
    return f"{stem(whole) if row['format'] == 'manifest' else whole}.{number}.manifest.json"


def stem(name):
    return name.rpartition(".")[0] or name


def store_files(text):
    """The store, and the key files that it names and that there are."""
    named = [name for name in re.findall(r"keys/[a-z0-9.-]+", text) if (STORES / name).exists()]
    return {"trust.toml": text.encode("utf-8")} | {name: (STORES / name).read_bytes() for name in named}


def state_file(memory, known):
    if isinstance(memory, str):
        return None
    if "text" in memory:
        return memory["text"].encode("utf-8")
    return replaced(json.dumps(memory, indent=2), known).encode("utf-8")


def replaced(text, known):
    """The digests of the statements that there are in the place of those that the table calls so."""
    for said, digest in known.items():
        text = text.replace(said, digest) if said and digest else text
    return text


def asked(questions):
    words = [word for name, value in questions.items() if name in OPTIONS for word in (OPTIONS[name], str(value))]
    return words + (["--require-authenticated"] if questions.get("require_authenticated") else [])
