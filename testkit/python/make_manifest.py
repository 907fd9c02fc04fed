"""Cases of the group `manifest`: fields and their spellings, names, questions, and which manifest counts."""

import hashlib

from cryptography.hazmat.primitives.asymmetric import padding

import chunks
import keyring
import reference
from vectors import (
    MANIFEST,
    MODEL,
    NAMED,
    SIGNER,
    VERIFY,
    Link,
    accept,
    drop,
    edited,
    manifest,
    payload_of,
    published,
    put,
    refuse,
    reject,
    restated,
    start,
    with_signatures,
)  # fmt: skip

KEYS = ["rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521", "ed25519"]
TAMPERED = MODEL.replace(b"small", b"smell")
HEX = hashlib.sha256(MODEL).hexdigest()
OTHER_HEX = hashlib.sha256(TAMPERED).hexdigest()
# A field, a value of another kind, and whether a manifest can be complete without it.
FIELDS = {
    "model_file": 7,
    "sha256": 7,
    "signature": ["c2ln"],
    "signer": {"name": SIGNER},
    "signed_at": 1741064767,
    "algorithm": 1,
    "key_size": "2048",
    "key_version": "2",
    "key_id": 7,
    "envelope": "c2ln",
    "envelope.payloadType": 1,
    "envelope.payload": {},
    "envelope.signatures": {},
    "envelope.signatures.0": "c2ln",
    "envelope.signatures.0.sig": 7,
}
OPTIONAL = {"signature", "key_version", "key_id", "envelope", "envelope.signatures.0"}


def make():
    start("manifest")
    good_ones()
    fields()
    spellings()
    names()
    differences()
    questions()
    finding()


def case(name):
    return f"manifest/{name}"


def good_ones():
    for key in KEYS:
        files = {MANIFEST: manifest(key), "key.pub": keyring.read(f"{key}.pub")}
        accept(case(f"ok-{key}"), f"A manifest with envelope by a key of the kind {key}.", files)
    good = manifest(salt=padding.PSS.DIGEST_LENGTH)
    accept(case("ok-salt-of-digest-length"), "The published signature has a salt of 32 bytes.", {MANIFEST: good})
    accept(case("ok-no-compat-signature"), "Only the envelope is signed.", {MANIFEST: manifest(compat=False)})
    good = manifest(model_version=4, expires_at="2099-12-31T23:59:59Z", git_commit="0f3a")
    asked = ["--signer", SIGNER, "--model-version-at-least", "4", "--max-age", "100y", "--require-authenticated"]
    accept(case("ok-every-question"), "All that can be asked is asked and fits.", {MANIFEST: good}, [*VERIFY, *asked])
    empty = {"model.pt": b"", MANIFEST: manifest(model=b"")}
    accept(case("ok-empty-model"), "A model of no bytes is a model.", empty)
    rooted = put("predicate.resources.0.annotations", chunks.annotations(MODEL, rooted=True))
    accept(case("ok-chunks"), "The resource has a chunk root.", {MANIFEST: restated(manifest(), rooted)})
    good = restated(manifest(), drop("predicate.resources.0.annotations"))
    accept(case("ok-resource-without-annotations"), "The signer left the size out.", {MANIFEST: good})
    own = (reference.sign_bytes(reference.pae(payload_of(good)), keyring.private("rsa2048")), good["key_id"])
    foreign = [(bytes([number]) * 256, f"{number:064x}") for number in range(1, 17)]
    sixteen = with_signatures(good, *foreign[:15], own)
    accept(case("ok-16-signatures"), "The last of sixteen signatures is by the given key.", {MANIFEST: sixteen})
    seventeen = {MANIFEST: with_signatures(good, *foreign, own)}
    reject(case("17-signatures"), "There is one signature more than is read.", "malformed-manifest", seventeen)
    note = "the spellings of a missing DSSE keyid are one; key_id names the key"
    for name, keyid in {"empty": "", "null": None}.items():
        good = edited(manifest(), put("envelope.signatures.0.keyid", keyid))
        accept(case(f"ok-keyid-{name}"), f"The keyid of the envelope is {name}.", {MANIFEST: good}, note=note)
    good = edited(manifest(), drop("envelope.signatures.0.keyid"))
    accept(case("ok-keyid-missing"), "The envelope has no keyid.", {MANIFEST: good}, note=note)


def fields():
    good = manifest()
    for field, other in FIELDS.items():
        name = field.replace(".", "-").replace("_", "-").lower()
        if field not in OPTIONAL:
            bad = edited(good, drop(field))
            reject(
                case(f"missing-{name}"), f"The field {field} is missing.", "malformed-manifest", {MANIFEST: bad}, NAMED
            )
        if field in OPTIONAL and "." not in field:
            bad = edited(good, put(field, None))
            reject(case(f"null-{name}"), f"The field {field} is null.", "malformed-manifest", {MANIFEST: bad}, NAMED)
        bad = edited(good, put(field, other))
        reject(
            case(f"mistyped-{name}"),
            f"The field {field} is of another kind.",
            "malformed-manifest",
            {MANIFEST: bad},
            NAMED,
        )
    bad = edited(good, put("envelope.signatures.0.keyid", 7))
    reject(
        case("mistyped-keyid"), "The keyid of the envelope is a number.", "malformed-manifest", {MANIFEST: bad}, NAMED
    )
    for where in ["", "envelope.", "envelope.signatures.0."]:
        bad = edited(good, put(f"{where}comment", "hello"))
        name = where.replace(".", "-").lower()
        what = f"There is an unknown field {where}comment."
        reject(case(f"unknown-{name}comment"), what, "malformed-manifest", {MANIFEST: bad})
    bad = good | {"model_version": 4}
    what = "The model version stands beside the envelope, where it has no place."
    reject(case("unknown-model-version"), what, "malformed-manifest", {MANIFEST: bad})
    bad = edited(published(), put("key_version", None))
    reject(case("published-null-key-version"), "Null is no number.", "malformed-manifest", {MANIFEST: bad})
    for name, field, value in [
        ("key-size-zero", "key_size", 0),
        ("key-size-negative", "key_size", -2048),
        ("key-version-negative", "key_version", -1),
        ("signed-at-without-offset", "signed_at", "2025-03-04T05:06:07"),
        ("signed-at-with-space", "signed_at", "2025-03-04 05:06:07+00:00"),
        ("signed-at-no-such-day", "signed_at", "2025-02-30T05:06:07+00:00"),
    ]:
        bad = published() | {field: value}
        reject(case(f"published-{name}"), f"The field {field} is {value!r}.", "malformed-manifest", {MANIFEST: bad})
    bad = edited(good, put("envelope.signatures", []))
    reject(case("0-signatures"), "The envelope has no signature.", "malformed-manifest", {MANIFEST: bad})
    bad = edited(good, put("envelope.payloadType", "application/json"))
    reject(case("payload-type"), "The envelope holds something else.", "malformed-manifest", {MANIFEST: bad})
    reject(case("list"), "The manifest stands in a list.", "unsupported-format", {MANIFEST: [good]}, NAMED)
    sigstore = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": ""}, "tlogEntries": []},
        "dsseEnvelope": good["envelope"],
    }
    what = "The envelope of a manifest was moved into a Sigstore bundle."
    reject(
        case("sigstore-bundle"),
        what,
        "wrong-container",
        {"model.sig": sigstore},
        [*VERIFY, "--signature", "model.sig"],
    )


def spellings():
    """Base64 with padding and no stray bits, lower-case hexadecimal digits: no other spelling of the same bytes."""
    good = manifest()
    for field in ["signature", "envelope.payload", "envelope.signatures.0.sig"]:
        document, value = good, value_at(good, field)
        if field == "envelope.payload":  # one whose length needs padding, and with both special letters
            document, value = padded_payload()
        elif "+" not in value or "/" not in value:
            document, value = signature_with_both_letters(field)
        for name, what, spelled in [
            ("newline", "has a line end in it", value[:64] + "\n" + value[64:]),
            ("no-padding", "lacks its padding", value.rstrip("=")),
            ("stray-bits", "has stray bits before its padding", stray_bits(value)),
            ("two-alphabets", "is in both alphabets", value.replace("+", "-")),
            ("url-safe", "is in the URL-safe alphabet", value.replace("+", "-").replace("/", "_")),
        ]:
            assert spelled != value
            bad = edited(document, put(field, spelled))
            short = {"signature": "signature", "envelope.payload": "payload"}.get(field, "sig")
            if name == "url-safe" and field != "signature":
                what = f"The base64 of {field} is in the URL-safe alphabet, which DSSE allows."
                accept(case(f"ok-base64-{short}-{name}"), what, {MANIFEST: bad})
                continue
            reject(
                case(f"base64-{short}-{name}"), f"The base64 of {field} {what}.", "malformed-manifest", {MANIFEST: bad}
            )
    for field, value in {"sha256": HEX, "key_id": good["key_id"]}.items():
        for name, what, spelled in [
            ("upper-case", "is in upper case", value.upper()),
            ("short", "lacks a digit", value[:-1]),
        ]:
            bad = edited(good, put(field, spelled))
            name = f"hex-{field.replace('_', '-')}-{name}"
            reject(case(name), f"The field {field} {what}.", "malformed-manifest", {MANIFEST: bad})


def value_at(document, path):
    for step in path.split("."):
        document = document[int(step) if step.isdigit() else step]
    return document


def padded_payload():
    filler = "???>>>~~~"
    while True:
        document = manifest(note=filler)
        value = document["envelope"]["payload"]
        if value.endswith("=") and "+" in value and "/" in value:
            return document, value
        filler += "?"


def signature_with_both_letters(field):
    while True:
        document = manifest()
        value = value_at(document, field)
        if "+" in value and "/" in value:
            return document, value


def stray_bits(value):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    digits = value.rstrip("=")
    return digits[:-1] + alphabet[alphabet.index(digits[-1]) | 1] + "=" * (len(value) - len(digits))


def names():
    for name, what, value in [
        ("empty", "empty", ""),
        ("dot", "the folder itself", "."),
        ("parent", "the parent folder", ".."),
        ("climbing", "outside the folder", "../model.pt"),
        ("absolute", "absolute", "/model.pt"),
        ("subfolder", "in a subfolder, which a bundle may name and a manifest may not", "sub/model.pt"),
        ("nul", "with a NUL in it", "model.pt\0.txt"),
        ("escape", "with a terminal escape in it", "model\x1b[2J.pt"),
        ("newline", "with a line end in it", "model.pt\nverified: model.pt"),
        ("c1-control", "with a control character of the C1 set in it", "model\x9b2J.pt"),
        ("300-bytes", "longer than any file system takes", "m" * 297 + ".pt"),
    ]:
        bad = resigned_name(value)
        reject(case(f"name-{name}"), f"The name is {what}, although signed.", "unsafe-name", {MANIFEST: bad}, NAMED)


def resigned_name(value):
    return restated(manifest(), put("subject.0.name", value)) | {"model_file": value}


def differences():
    """The visible fields against the signed ones; each is alone in being different."""
    good = manifest()
    bad = good | {"model_file": "renamed.pt"}
    files = {"renamed.manifest.json": bad, "renamed.pt": MODEL, "model.pt": None}
    renamed = ["verify", "renamed.pt", "--key", "key.pub"]
    reject(case("differs-model-file"), "The model was signed under another name.", "field-mismatch", files, renamed)
    other = manifest(model=TAMPERED)
    for name, compat in {"": True, "-no-compat": False}.items():
        bad = manifest(compat=compat) | {"envelope": other["envelope"]}
        what = "The envelope was made for another model of the same size; the visible digest fits the file."
        note = "the content is judged by the visible digest, which fits; the difference is between the two"
        reject(case(f"differs-sha256{name}"), what, "field-mismatch", {MANIFEST: bad}, note=note)
    for name, field, value in [
        ("signer", "signer", "release-team@ml-team"),
        ("signer-case", "signer", "Training-Pipeline@ml-team"),
        ("signer-space", "signer", SIGNER + " "),
        ("signed-at", "signed_at", "2025-03-04T05:06:07.123457+00:00"),
        ("signed-at-spelling", "signed_at", "2025-03-04T05:06:07.123456Z"),
        ("key-version", "key_version", 3),
    ]:
        what = f"The field {field} says {value!r}, which was not signed."
        reject(case(f"differs-{name}"), what, "field-mismatch", {MANIFEST: good | {field: value}})
    composed = manifest_of_signer("Zoe\u0308@ml-team") | {"signer": "Zo\u00eb@ml-team"}
    what = "The signer is the same text in another Unicode normalisation."
    reject(case("differs-signer-normalisation"), what, "field-mismatch", {MANIFEST: composed})
    for field in ["key_version", "key_id"]:
        name = field.replace("_", "-")
        what = f"The field {field} is signed and not shown."
        reject(case(f"only-signed-{name}"), what, "field-mismatch", {MANIFEST: edited(good, drop(field))})
    bad = restated(good, drop("subject.0.annotations.key_version"))
    reject(
        case("only-shown-key-version"),
        "The field key_version is shown and not signed.",
        "field-mismatch",
        {MANIFEST: bad},
    )
    other_id = reference.key_id(keyring.private("rsa2048-other").public_key())
    bad = restated(good, put("subject.0.annotations.key_id", other_id))
    what = "The signed key_id is that of another key; the visible one is that of the given key, which signed."
    reject(case("differs-signed-key-id"), what, "field-mismatch", {MANIFEST: bad})
    bad = edited(good, put("envelope.signatures.0.keyid", other_id))
    note = "a DSSE keyid is only a hint; here it contradicts key_id, and a contradiction is refused"
    reject(
        case("differs-keyid"),
        "The keyid of the envelope is that of another key.",
        "field-mismatch",
        {MANIFEST: bad},
        note=note,
    )
    curve = {"key.pub": keyring.read("p256.pub")}
    for name, what, document, more in [
        ("key-size", "The manifest claims 4096 bits for a key of 2048.", good | {"key_size": 4096}, {}),
        ("algorithm", "Ed25519 is claimed for an RSA key.", manifest(compat=False) | {"algorithm": "Ed25519"}, {}),
        ("curve", "P-384 is claimed for a key on P-256.", manifest("p256") | {"algorithm": "ECDSA-P384-SHA384"}, curve),
        ("hash", "SHA-384 is claimed for P-256.", manifest("p256") | {"algorithm": "ECDSA-P256-SHA384"}, curve),
    ]:
        note = {"note": "an algorithm that this format does not have"} if name == "hash" else {}
        reject(case(f"contradicts-{name}"), what, "key-mismatch", {MANIFEST: document} | more, **note)
    what = "The manifest names a key that was not given."
    files = {MANIFEST: good, "key.pub": keyring.read("rsa2048-other.pub")}
    reject(case("untrusted-key"), what, "untrusted-key", files)


def manifest_of_signer(signer):
    bad = manifest()
    return restated(bad, put("subject.0.annotations.signer", signer)) | {"signer": signer}


def questions():
    def asked(name, what, code, facts, *args):
        reject(case(name), what, code, {MANIFEST: manifest(**facts)}, [*VERIFY, *args])

    def fits(name, what, facts, *args):
        accept(case(name), what, {MANIFEST: manifest(**facts)}, [*VERIFY, *args])

    least = "--model-version-at-least"
    asked("expired", "The signature expired in 2025.", "expired", {"expires_at": "2025-04-01T00:00:00Z"})
    fits("ok-not-expired", "The signature expires in 2099.", {"expires_at": "2099-12-31T23:59:59+01:00"})
    asked("wrong-signer", "Another signer is asked for.", "wrong-signer", {}, "--signer", "release-team@ml-team")
    asked("wrong-signer-prefix", "A part of the name is no match.", "wrong-signer", {}, "--signer", "training-pipeline")
    asked(
        "model-version-too-low", "Version 4 is older than 5.", "model-version-too-low", {"model_version": 4}, least, "5"
    )
    asked(
        "model-version-as-number",
        "Versions are compared as numbers: 9 is older than 10.",
        "model-version-too-low",
        {"model_version": 9},
        least,
        "10",
    )
    asked("model-version-missing", "No version was signed.", "model-version-missing", {}, least, "1")
    fits("ok-newer-model-version", "Version 10 is newer than 9.", {"model_version": 10}, least, "9")
    asked("too-old", "Signed more than a day ago.", "too-old", {}, "--max-age", "1d")
    future = {"signed_at": "2199-01-01T00:00:00.000000+00:00"}
    asked("signed-in-the-future", "A time to come is no age.", "signed-in-the-future", future, "--max-age", "1d")
    fits("ok-future-not-asked", "The time is judged only when somebody asks.", future)


def finding():
    """Which manifest counts, and what a model file may be."""
    good = manifest()
    reject(case("unsigned"), "No manifest lies beside the model.", "unsigned", {})
    files = {MANIFEST: manifest(name="model.onnx")}
    reject(case("unsigned-neighbour"), "The manifest under the expected name is of model.onnx.", "unsigned", files)
    reject(case("wrong-model"), "The given manifest is of model.onnx.", "wrong-model", files, NAMED)
    files = {MANIFEST: good, "model.pt.manifest.json": good}
    reject(case("two-candidates"), "Two manifests are of this model.", "ambiguous-signature", files)
    files = {MANIFEST: manifest(name="model.onnx"), "model.pt.manifest.json": good}
    accept(case("ok-long-name"), "The short name is taken by model.onnx.", files)
    accept(
        case("ok-manifest-named"),
        "The manifest is named instead of the model.",
        {MANIFEST: good},
        ["verify", MANIFEST, "--key", "key.pub"],
    )
    name = "模型 v1.pt"
    files = {"模型 v1.manifest.json": manifest(name=name), name: MODEL, "model.pt": None}
    accept(
        case("ok-unicode-name"),
        "The name has letters beyond ASCII and a space.",
        files,
        ["verify", name, "--key", "key.pub"],
    )
    refuse(case("no-model"), "There is no model.", "not-found", {MANIFEST: good, "model.pt": None})
    refuse(case("no-signature-file"), "The given manifest does not exist.", "not-found", {}, NAMED)
    refuse(case("no-key-file"), "The key does not exist.", "not-found", {MANIFEST: good, "key.pub": None})
    files = {MANIFEST: good, "model.pt": Link("weights.bin"), "weights.bin": MODEL}
    refuse(case("symlink"), "The model is a symbolic link.", "symlink", files)
    files = {MANIFEST: good, "model.pt": Link("nowhere.bin")}
    refuse(case("broken-symlink"), "The model is a symbolic link to nowhere.", "broken-symlink", files)
    files = {MANIFEST: good, "model.pt": Link("model.pt")}
    refuse(case("looping-symlink"), "The model is a symbolic link to itself.", "broken-symlink", files)
    device = ["verify", "model.pt", "--signature", "/dev/null", "--key", "key.pub"]
    refuse(case("signature-is-a-device"), "The manifest is a device.", "not-a-regular-file", {MANIFEST: good}, device)
    device = ["verify", "model.pt", "--key", "/dev/null"]
    refuse(case("key-is-a-device"), "The key is a device.", "not-a-regular-file", {MANIFEST: good}, device)
    refuse(case("no-key-given"), "No key is given.", "usage", {MANIFEST: good}, ["verify", "model.pt"])
    vague = [*VERIFY, "--max-age", "soon"]
    refuse(case("max-age-not-a-span"), "A span of time that is none.", "usage", {MANIFEST: good}, vague)
