"""Cases of the group `oms`: OpenSSF Model Signing by keys, and what can be wrong with the bundle or its signature.

make_oms_statement.py has strange statements, make_oms_folder.py changed models, make_oms_certificate.py certificates.
"""

import json

from cryptography.hazmat.primitives import hashes

import keyring
import oms
import oms_certificates
import reference
import vectors
from make_json import twice
from vectors import drop, edited, put, start, text

FILES = {"config.json": b'{"layers": 2}\n', "sub/vocab.txt": b"a b c\n", "weights.bin": vectors.MODEL}
VERIFY = ["verify", "model", "--key", "key.pub"]
SERIALIZATION = {
    "method": "files",
    "hash_type": "sha256",
    "allow_symlinks": False,
    "ignore_paths": oms.DEFAULT_EXCLUDES,
}
COMPAT = ["--oms-compat"]
KEY_ID = reference.key_id(keyring.private("p256").public_key())
OURS = {
    "container": "folder",
    "key_id": KEY_ID,
    "signed_at": vectors.SIGNED_AT,
    "signer": vectors.SIGNER,
}


def make():
    start("oms")
    good_ones()
    asked_for()
    places()
    bundles()
    materials()
    base64_texts()
    encodings()
    signatures()
    legacy()


# ------------------------------------------------------------------------------------------------- ingredients


def statement(files=FILES, annotations=None, resources=None, **serialization):
    options = SERIALIZATION | serialization
    return oms.statement("model", resources or oms.list_files(files, options["hash_type"]), options, annotations)


def signed(value=None, key="p256", **options):
    """A bundle over this statement, or over these bytes."""
    value = statement() if value is None else value
    payload = value if isinstance(value, bytes) else reference.encode(value)
    return oms.bundle(payload, keyring.private(key), **options)


def laid_out(signature, files=FILES, key="p256"):
    """The files of a case: the model with its signature, and the key."""
    content = {f"model/{name}": data for name, data in files.items()} | {"model.pt": None}
    return content | {"model/model.sig": signature, "key.pub": keyring.read(f"{key}.pub")}


def fits(case, what, signature, args=VERIFY, files=FILES, *, key="p256", further=None, **more):
    content = laid_out(signature, files, key) | (further or {})
    vectors.accept(case, what, content, args, **{"weakened": [], **more})


def bad(case, what, code, signature, args=VERIFY, files=FILES, *, key="p256", further=None, **more):
    vectors.reject(case, what, code, laid_out(signature, files, key) | (further or {}), args, **more)


# ------------------------------------------------------------------------------------------------------- cases


def good_ones():
    fits("oms/ok", "Three files, signed by a key on P-256.", signed())
    for key, name in {"p384": "P-384", "p521": "P-521"}.items():
        fits(f"oms/ok-{key}", f"The same by a key on {name}.", signed(key=key), key=key)
    note = "the specification names elliptic curves only; other keys are an extension"
    fits("oms/ok-ed25519", "The same by an Ed25519 key.", signed(key="ed25519"), key="ed25519", note=note)
    fits(
        "oms/ok-rsa", "The same by an RSA key, PSS with a salt of 32.", signed(key="rsa2048"), key="rsa2048", note=note
    )
    for algorithm in ["blake2b", "blake3"]:
        fits(f"oms/ok-{algorithm}", f"The files are hashed with {algorithm}.", signed(statement(hash_type=algorithm)))
    ours = statement(annotations=OURS | {"key_version": 2, "model_version": 4, "git_commit": "0f3a"})
    fits("oms/ok-annotations", "The subject has annotations of weightseal.", signed(ours))
    theirs = statement(annotations={"signer": "somebody", "layers": 2, "tags": ["a"]})
    fits("oms/ok-annotations-of-others", "Annotations without `container` are another tool's.", signed(theirs))
    files = {"config.json": FILES["config.json"]}
    fits("oms/ok-one-file", "The folder has one file.", signed(statement(files)), files=files)
    both = ["verify", "model", "--key", "other.pub", "--key", "key.pub"]
    other = {"other.pub": keyring.read("p256-other.pub")}
    fits("oms/ok-second-key", "Two keys are given, and the second fits.", signed(), both, further=other)


def asked_for():
    ours = statement(annotations=OURS | {"model_version": 4, "expires_at": "2099-12-31T23:59:59Z"})
    asked = [
        "--signer",
        vectors.SIGNER,
        "--model-version-at-least",
        "4",
        "--max-age",
        "100y",
        "--require-authenticated",
    ]
    fits("oms/ok-questions", "All that can be asked is asked and fits.", signed(ours), [*VERIFY, *asked])
    for name, code, words in [
        ("signer", "signer-missing", ["--signer", vectors.SIGNER]),
        ("signing-time", "signing-time-missing", ["--max-age", "100y"]),
        ("model-version", "model-version-missing", ["--model-version-at-least", "1"]),
    ]:
        what = f"The caller asks for {name.replace('-', ' ')}, and the statement has no annotations."
        bad(f"oms/no-{name}", what, code, signed(), [*VERIFY, *words])
    bad("oms/wrong-signer", "Another signer is asked for.", "wrong-signer", signed(ours), [*VERIFY, "--signer", "me"])
    bad("oms/too-old", "A younger signature is asked for.", "too-old", signed(ours), [*VERIFY, "--max-age", "1d"])
    words = [*VERIFY, "--model-version-at-least", "5"]
    bad("oms/model-version", "The version is too low.", "model-version-too-low", signed(ours), words)
    passed = statement(annotations=OURS | {"expires_at": "2025-04-01T00:00:00Z"})
    bad("oms/expired", "The signed end has passed.", "expired", signed(passed))
    other = reference.key_id(keyring.private("p256-other").public_key())
    named = statement(annotations=OURS | {"key_id": other})
    bad("oms/key-id", "The signed key id is that of another key.", "key-mismatch", signed(named))


def places():
    moved = {"model/model.sig": None, "model.sig": signed()}
    fits("oms/ok-beside", "The signature lies beside the folder, called model.sig.", None, further=moved)
    moved = {"model/model.sig": None, "model.oms.sig": signed()}
    fits("oms/ok-named", "It is named.", None, [*VERIFY, "--signature", "model.oms.sig"], further=moved)
    moved = {"model/model.sig": None, "llama.sig": signed(), "key.pub": keyring.read("p256.pub"), "model.pt": None}
    moved_to_llama = {f"llama/{name}": data for name, data in FILES.items()} | moved
    words_of_llama = ["verify", "llama", "--key", "key.pub"]
    note = "the name of the subject, `model`, is for people"
    what = "The signature lies beside the folder, called like it."
    vectors.accept("oms/ok-beside-by-name", what, moved_to_llama, words_of_llama, weakened=[], note=note)
    inside = {"model/model.sig": None, "model/signed.sig": signed()}
    words = [*VERIFY, "--signature", "model/signed.sig"]
    fits("oms/ok-inside-by-name", "It lies in the folder under another name.", None, words, further=inside)
    two = moved_to_llama | {"llama/model.sig": signed()}
    vectors.reject(
        "oms/two-signatures", "One in the folder, one beside it.", "ambiguous-signature", two, words_of_llama
    )
    bad("oms/no-signature", "There is none.", "unsigned", None)
    words = [*VERIFY, "--max-signature-size", "500"]
    bad("oms/too-large", "It has more bytes than the caller allows.", "signature-too-large", signed(), words)


def bundles():
    good = signed()
    for name, value in {
        "unknown": "application/vnd.dev.sigstore.bundle.v9.9+json",
        "text": "text/plain",
        "empty": "",
        "older": "application/vnd.dev.sigstore.bundle+json;version=0.2",
        "parameter": "application/vnd.dev.sigstore.bundle.v0.3+json; charset=utf-8",
    }.items():
        what = f"The media type is `{value}`."
        bad(f"oms/media-type-{name}", what, "unsupported-media-type", edited(good, put("mediaType", value)))
    older = "application/vnd.dev.sigstore.bundle+json;version=0.3"
    note = "the Sigstore bundle format allows this spelling of the same version"
    fits("oms/ok-media-type", f"The media type is `{older}`.", edited(good, put("mediaType", older)), note=note)
    envelope = "dsseEnvelope"
    for name, value in {"other": "application/json", "case": "application/vnd.in-toto+JSON", "empty": ""}.items():
        other = signed(message=reference.pae(reference.encode(statement()), value))
        other = edited(other, put(f"{envelope}.payloadType", value))
        what = f"The payload is declared to be `{value}`, and signed so."
        bad(f"oms/payload-type-{name}", what, "unsupported-payload-type", other)
    entry = good[envelope]["signatures"][0]
    junk = {"sig": oms.base64_of(bytes(70)), "keyid": ""}
    for name, what, entries in [
        ("none", "There is no signature.", []),
        ("two", "A good signature is followed by another.", [entry, junk]),
        ("junk-first", "A bad signature is followed by the good one.", [junk, entry]),
        ("twice", "The good signature stands there twice.", [entry, entry]),
        ("17", "There are seventeen.", [junk] * 16 + [entry]),
    ]:
        bad(f"oms/signatures-{name}", what, "signature-count", edited(good, put(f"{envelope}.signatures", entries)))
    material, first = "verificationMaterial", f"{envelope}.signatures.0"
    for path, other in {
        "mediaType": 7,
        material: [],
        f"{material}.publicKey": "key",
        f"{material}.publicKey.hint": 7,
        f"{material}.tlogEntries": {},
        envelope: None,
        f"{envelope}.payload": 7,
        f"{envelope}.payloadType": ["application/vnd.in-toto+json"],
        f"{envelope}.signatures": entry,
        first: entry["sig"],
        f"{first}.sig": None,
        f"{first}.keyid": 7,
    }.items():
        name = (
            path.replace(".0", "-entry").replace(".", "-").replace("dsseE", "e").replace("verificationM", "m").lower()
        )
        what = f"The field {path} is of another kind."
        bad(f"oms/mistyped-{name}", what, "malformed-bundle", edited(good, put(path, other)))
        if path.split(".")[-1] not in ("keyid", "0", "tlogEntries"):
            what = f"The field {path} is missing."
            bad(f"oms/missing-{name}", what, "malformed-bundle", edited(good, drop(path)))
    for name, path in {
        "bundle": "comment",
        "envelope": f"{envelope}.comment",
        "signature": f"{first}.comment",
        "material": f"{material}.comment",
        "message": "messageSignature",
    }.items():
        what = f"There is an unknown field {path}."
        bad(f"oms/unknown-{name}", what, "malformed-bundle", edited(good, put(path, {})))
    bad("oms/list", "The bundle stands in a list.", "unsupported-format", text([good]))
    bad("oms/empty-payload", "The payload is empty, and signed.", "malformed-statement", signed(b""))
    bad("oms/empty-signature", "The signature is empty.", "invalid-signature", edited(good, put(f"{first}.sig", "")))


def materials():
    good, material = signed(), "verificationMaterial"
    key = keyring.private("p256").public_key()
    raw = oms.base64_of(keyring.read("p256.pub"))
    for name, what, value in [
        ("ok-raw-key", "The key stands there itself, as before version 1.1.", {"publicKey": {"rawBytes": raw}}),
        ("ok-no-log", "There is no list of log entries.", {"publicKey": {"hint": oms.fingerprint(key)}}),
    ]:
        fits(f"oms/{name}", what, edited(good, put(material, value)))
    details = {"publicKey": {"rawBytes": raw, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}, "tlogEntries": []}
    fits(
        "oms/ok-key-details", "With the kind of the key, as version 1.0 wrote it.", edited(good, put(material, details))
    )
    certificate = {"certificates": [{"rawBytes": oms.base64_of(b"0")}]}
    for name, what, value in [
        ("key-and-certificates", "There is a key and a chain of certificates.", {"x509CertificateChain": certificate}),
        ("key-and-certificate", "There is a key and a certificate.", {"certificate": certificate["certificates"][0]}),
    ]:
        both = edited(good, put(material, good[material] | value))
        bad(f"oms/{name}", what, "malformed-bundle", both)
    only_log = edited(good, put(material, {"tlogEntries": []}))
    bad("oms/no-way-to-verify", "There is neither key nor certificate.", "malformed-bundle", only_log)
    unnamed = edited(good, put(f"{material}.publicKey", {"keyDetails": "PKIX_ECDSA_P256_SHA_256"}))
    bad("oms/key-details-only", "The key is not named, only its kind.", "malformed-bundle", unnamed)
    lone = certificate["certificates"][0]
    hint = {"publicKey": {"hint": oms.fingerprint(key)}}
    named = {"certificates": [{"rawBytes": lone["rawBytes"], "comment": ""}]}
    for name, what, value in [
        ("log-entry-text", "A log entry is a text.", hint | {"tlogEntries": ["entry"]}),
        ("key-details-number", "The kind of the key is a number.", {"publicKey": {"rawBytes": raw, "keyDetails": 5}}),
        ("unknown-chain", "A field beside the certificates.", {"x509CertificateChain": certificate | {"comment": ""}}),
        ("unknown-certificate", "There is an unknown field in a certificate.", {"x509CertificateChain": named}),
    ]:
        bad(f"oms/{name}", what, "malformed-bundle", edited(good, put(material, value)))
    for name, what, value in [
        ("no-log-entries", "A certificate of Sigstore, and no list of log entries.", {"certificate": lone}),
        ("empty-log", "A certificate of Sigstore, and no log entry.", {"certificate": lone, "tlogEntries": []}),
        ("no-certificates", "The chain is empty.", {"x509CertificateChain": {"certificates": []}}),
    ]:
        bad(f"oms/{name}", what, "malformed-bundle", edited(good, put(material, value)))


def base64_texts():
    """By Ed25519, whose signatures always end with padding."""
    good, envelope, key = signed(key="ed25519"), "dsseEnvelope", {"key": "ed25519"}
    payload, signature = good[envelope]["payload"], good[envelope]["signatures"][0]["sig"]
    digits = signature.rstrip("=")
    loose = digits[:-1] + chr(ord(digits[-1]) + 1) + "=="  # `A`, `Q`, `g` or `w`
    for name, what, path, value in [
        ("payload-letter", "The payload has a letter that is not of base64.", "payload", "!" + payload[1:]),
        ("payload-cut", "The payload ends in the middle of a byte.", "payload", cut(payload)),
        ("payload-space", "The payload has a line end in it.", "payload", payload[:64] + "\n" + payload[64:]),
        ("signature-letter", "The signature has a letter that is not of base64.", "signatures.0.sig", "." + signature),
        ("signature-unpadded", "The signature lacks its padding.", "signatures.0.sig", digits),
        ("signature-bits", "The signature ends with bits that mean nothing.", "signatures.0.sig", loose),
    ]:
        spoiled = edited(good, put(f"{envelope}.{path}", value))
        bad(f"oms/base64-{name}", what, "malformed-bundle", spoiled, **key)
    raw_key = {"publicKey": {"rawBytes": "!" + oms.base64_of(keyring.read("ed25519.pub"))}}
    spoiled = edited(good, put("verificationMaterial", raw_key))
    bad("oms/base64-key", "The key has a letter that is not of base64.", "malformed-bundle", spoiled, **key)
    path, note = f"{envelope}.signatures.0.sig", "DSSE allows both alphabets"
    dashed = signature.replace("+", "-").replace("/", "_")
    fits(
        "oms/ok-base64-url-safe", "Base64 in the URL-safe alphabet.", edited(good, put(path, dashed)), note=note, **key
    )


def encodings():
    good, envelope = signed(), "dsseEnvelope"
    for name, value in {"null": None, "named": KEY_ID}.items():
        fits(
            f"oms/ok-keyid-{name}", f"The key id is {name}.", edited(good, put(f"{envelope}.signatures.0.keyid", value))
        )
    fits("oms/ok-keyid-absent", "There is no key id.", edited(good, drop(f"{envelope}.signatures.0.keyid")))
    whole = reference.encode(good)
    for name, what, spoiled in [
        ("bom", "The text starts with a byte order mark.", b"\xef\xbb\xbf" + whole),
        ("trailing-byte", "A letter stands behind the bundle.", whole + b"x"),
        ("second-value", "A second bundle stands behind the first.", whole + whole),
        ("nan", "NaN stands for the key id.", whole.replace(b'"keyid":""', b'"keyid":NaN')),
        ("duplicate", "A key stands twice in the bundle.", twice(whole, b'"mediaType":"')),
        ("duplicate-payload", "A key stands twice in the envelope.", twice(whole, b'"payload":"')),
        ("duplicate-escaped", "A key stands twice, once with an escape.", duplicate_escaped(whole)),
        ("empty", "The file has no bytes.", b""),
        ("cut", "The last byte is missing.", whole[:-1]),
    ]:
        # Named: a file that nobody can read is taken for what the caller says it is.
        bad(f"oms/json-{name}", what, "malformed-json", spoiled, [*VERIFY, "--signature", "model/model.sig"])
    fits("oms/ok-spelled-otherwise", "White space and order of the fields are free.", spelled_otherwise(good))


def cut(letters):
    digits = letters.rstrip("=")
    return digits[: (len(digits) - 1) // 4 * 4 + 1]


def duplicate_escaped(whole):
    return twice(whole, b'"keyid":"', b'"\\u006beyid":""')


def spelled_otherwise(good):
    return json.dumps(dict(reversed(good.items())), indent="\t").encode() + b"\r\n"


def signatures():
    payload = reference.encode(statement())
    good, path = signed(), "dsseEnvelope.signatures.0.sig"
    raw = bytearray(oms.sign(oms.pae(payload), keyring.private("p256")))
    raw[-1] ^= 1
    flipped = edited(good, put(path, oms.base64_of(bytes(raw))))
    bad("oms/signature-bit", "One bit of the signature was changed.", "invalid-signature", flipped)
    bad("oms/signature-zero", "The signature is zeros.", "invalid-signature", edited(good, put(path, "AAAA")))
    bad(
        "oms/signature-of-payload",
        "The payload was signed, without its type.",
        "invalid-signature",
        signed(message=payload),
    )
    other = reference.pae(payload, "application/json")
    bad("oms/signature-of-other-type", "Another type was signed.", "invalid-signature", signed(message=other))
    newer = reference.encode(statement(annotations={"a": "b"}))
    moved = signed() | {"dsseEnvelope": signed()["dsseEnvelope"] | {"payload": oms.base64_of(newer)}}
    bad("oms/other-payload", "The statement was exchanged.", "invalid-signature", moved)
    for key, other, name in [("p384", hashes.SHA256(), "SHA-256"), ("p256", hashes.SHA384(), "SHA-384")]:
        what = f"A key on P-{key[1:]} signed with {name}."
        bad(
            f"oms/{key}-{name.replace('-', '').lower()}",
            what,
            "invalid-signature",
            signed(key=key, digest=other),
            key=key,
        )
    stranger = keyring.private("p256-other").public_key()
    bad("oms/other-key", "Another key signed, and is named.", "untrusted-key", signed(key="p256-other"))
    named = oms.by_key(keyring.private("p256").public_key())
    what = "Another key signed, and the given one is named."
    bad("oms/other-key-hidden", what, "invalid-signature", signed(key="p256-other", material=named))
    raw_key = {"publicKey": {"rawBytes": oms.base64_of(keyring.read("p256-other.pub"))}}
    what = "Another key signed, and stands there itself."
    bad("oms/other-key-raw", what, "untrusted-key", signed(key="p256-other", material=raw_key))
    note = "a hint is a hint: what counts is whether the given key made the signature"
    what = "The signature is good, and the hint is that of another key."
    fits("oms/ok-hint-of-another", what, signed(material=oms.by_key(stranger)), note=note)
    fits("oms/ok-raw-key-of-another", "The same with another key itself.", signed(material=raw_key), note=note)
    what = "A signature by key, and only a root certificate is given."
    words = ["verify", "model", "--ca-root", "root.pem", "--certificate-identity", "release@example.com"]

    bad(
        "oms/wrong-method",
        what,
        "wrong-method",
        good,
        words,
        further={"root.pem": oms_certificates.pem(oms_certificates.root())},
    )


def legacy():
    old = reference.encode(oms.legacy_statement(FILES))
    message = oms.legacy_pae(old)
    good = signed(old, message=message)
    bad("oms/legacy", "A signature of version 0.2.0.", "legacy-signature", good)
    fits(
        "oms/ok-legacy", "The same, and the caller accepts it.", good, [*VERIFY, *COMPAT], weakened=["legacy-signature"]
    )
    changed = FILES | {"config.json": b"{}\n"}
    what = "A signature of version 0.2.0 over a file that was changed."
    bad("oms/legacy-changed", what, "hash-mismatch", good, [*VERIFY, *COMPAT], changed)
    extra = FILES | {"new.bin": b"\0"}
    what = "A signature of version 0.2.0, and a file that it does not list."
    bad("oms/legacy-extra-file", what, "extra-file", good, [*VERIFY, *COMPAT], extra)
    wrong = edited(
        good,
        put(
            "dsseEnvelope.signatures.0.sig",
            signed(old, "p256-other", message=message)["dsseEnvelope"]["signatures"][0]["sig"],
        ),
    )
    what = "A signature of version 0.2.0 by another key."
    bad("oms/legacy-other-key", what, "invalid-signature", wrong, [*VERIFY, *COMPAT])
    current = reference.encode(statement())
    mixed = signed(current, message=oms.legacy_pae(current))
    note = "version 0.2.0 never signed such a statement; what it encodes has two readings"
    what = "A statement of version 1.0, signed in the way of 0.2.0."
    bad("oms/legacy-encoding", what, "invalid-signature", mixed, [*VERIFY, *COMPAT], note=note)
    strict = "The same, where nobody asked for such signatures."
    bad("oms/legacy-encoding-strict", strict, "invalid-signature", mixed)
