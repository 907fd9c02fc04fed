"""Verifies OpenSSF Model Signing v1.0: the bundle, its signature and its statement, and says why when it does not.

oms_chain.py judges certificates, oms_folder.py compares the model. Written from the specification and its schemas.
"""

import base64
import os

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import chunks
import oms_chain
import oms_folder
import oms_statement
import timestamps
import trust_verifier
from oms import fingerprint, legacy_pae
from reference import PAYLOAD_TYPE, key_id, pae
from verifier import Rejected, check_questions, is_signed, is_valid, need, parse_json, unbase64

MEDIA_TYPES = {
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
}
METHODS = {"publicKey": "key", "x509CertificateChain": "certificate", "certificate": "sigstore"}
ENTRY = {"tlogEntries", "timestampVerificationData"}
HEADLINES = [
    "wrong-model", "renamed-file", "type-changed", "missing-file", "hash-mismatch", "chunk-root-mismatch",
    "size-mismatch", "excluded-file", "extra-file", "not-listed", "key-mismatch",
]  # fmt: skip


class Asked:
    """What the caller wants; every field is an option of the command."""

    def __init__(self, **given):
        self.keys, self.roots, self.intermediates, self.identity, self.compat = [], [], [], None, False
        self.only, self.ignore_unsigned_files, self.ignore, self.layout = [], False, [], None
        self.default_excludes, self.allow_symlinks, self.questions = True, False, {}
        self.how, self.now, self.court = chunks.How(), None, None
        self.__dict__ |= given


def is_bundle(value):
    return isinstance(value, dict) and bool({"mediaType", "verificationMaterial", "dsseEnvelope"} & set(value))


def verify(document, model, signature_file, asked):
    """Checks the file or folder `model`: what stands beside the signed files, and what was asked not to matter."""
    if asked.court is not None:
        statement, payload, *held = open_signed(document, model, asked.court)
        reasons, legacy, weakened = [], False, []
        reasons += trust_verifier.judge_oms(statement, payload, *held, model, signature_file, document, asked.court)
    else:
        payload, signature, method, material = open_bundle(document)
        key, legacy, weakened = check_signature(payload, signature, method, material, asked)
        statement = read_statement(payload, legacy, model, asked.compat)
        reasons = check_facts(statement.annotations, key, asked)
        if asked.questions.get("name") not in (None, statement.name):
            reasons.insert(0, ("wrong-model", statement.name))
    if reasons and asked.how.span is not None:
        raise Rejected(*reasons)
    more, result = oms_folder.compare(statement, model, signature_file, asked)
    if reasons := reasons + more:
        reasons.sort(key=lambda reason: HEADLINES.index(reason[0]) if reason[0] in HEADLINES else len(HEADLINES))
        raise Rejected(*dict.fromkeys(reasons))
    result["weakened"] += weakened + (["legacy-signature"] if legacy else [])
    return result


def open_signed(document, model, court):
    """By a trust store: (statement, payload, the key that signed, the store's key, the vouched time)."""
    payload, signature, method, material = open_bundle(document)
    key, held, legacy, vouched = find_signer(payload, signature, method, material, court)
    statement = read_statement(payload, legacy, model, compat=False)
    if statement.annotations.get("key_id", key_id(key)) != key_id(key):
        raise Rejected(("key-mismatch", statement.annotations["key_id"]))
    return statement, payload, key, held, vouched


def find_signer(payload, signature, method, material, court):
    """(the key that signed, the store's key, whether in the way of version 0.2.0, the vouched time)"""
    if method == "key":
        asked = Asked(keys=court.keys)
        key, legacy, _ = check_signature(payload, signature, method, material, asked)
        return key, court.holder(key), legacy, None
    fitting, failures = [], []
    for known in court.store.of_way("certificate") if method == "certificate" else []:
        try:
            vouched = timestamps.earliest(material, signature, known.trusted_root)
            asked = Asked(roots=known.roots, intermediates=known.intermediates, identity=known.identity)
            asked.now = vouched or court.now
            key, legacy, _ = check_signature(payload, signature, method, material, asked)
            fitting.append((key, known, legacy, vouched))
        except Rejected as rejected:
            failures.append(rejected)
    if len({known.signer for _, known, _, _ in fitting}) > 1:
        raise Rejected(("wrong-identity", "the certificate is for several signers of the store"))
    if fitting:
        return fitting[0]
    raise failures[0] if failures else Rejected(("wrong-method", method))


def read_statement(payload, legacy, model, compat):
    statement = oms_statement.read(payload, legacy)
    if legacy and not compat:
        raise Rejected(("legacy-signature", "version 0.2.0"))
    check_container(statement.annotations, statement, model)
    return statement


# ------------------------------------------------------------------------------------------------------ bundle


def open_bundle(document):
    """(payload, signature, method, verification material)"""
    try:
        bundle = parse_json(document)
    except (ValueError, RecursionError) as error:
        raise Rejected(("malformed-json", str(error))) from None
    need(isinstance(bundle, dict), "no object", "unsupported-format")
    check_fields(bundle, {"mediaType": str, "verificationMaterial": dict, "dsseEnvelope": dict})
    if bundle["mediaType"] not in MEDIA_TYPES:
        raise Rejected(("unsupported-media-type", bundle["mediaType"]))
    envelope, material = bundle["dsseEnvelope"], bundle["verificationMaterial"]
    check_fields(envelope, {"payload": str, "payloadType": str, "signatures": list})
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise Rejected(("unsupported-payload-type", envelope["payloadType"]))
    if len(envelope["signatures"]) != 1:
        raise Rejected(("signature-count", len(envelope["signatures"])))
    entry = envelope["signatures"][0]
    check_fields(entry, {"sig": str}, {"keyid": str | None})
    method = check_material(material)
    payload, signature = decode(envelope["payload"]), decode(entry["sig"])
    return payload, signature, method, material


def check_fields(value, needed, optional=None):
    """Exactly these fields of these kinds; the schemas allow no others."""
    code, optional = "malformed-bundle", optional or {}
    need(isinstance(value, dict), "no object", code)
    need(set(needed) <= set(value) <= set(needed) | set(optional), f"fields {sorted(value)}", code)
    for name, kind in (needed | optional).items():
        need(name not in value or isinstance(value[name], kind), f"kind of {name}", code)


def check_material(material):
    code = "malformed-bundle"
    found = [name for name in METHODS if name in material]
    need(len(found) == 1 and set(material) <= {*found, *ENTRY}, "none or several ways to verify", code)
    entries = material.get("tlogEntries", [])
    need(isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries), "tlogEntries", code)
    need(isinstance(material.get("timestampVerificationData", {}), dict), "timestampVerificationData", code)
    name = found[0]
    value = material[name]
    need(isinstance(value, dict), name, code)
    if name == "publicKey":
        need("hint" in value or "rawBytes" in value, "neither hint nor rawBytes", code)
        need(all(isinstance(part, str) for part in value.values()), "kind of a field of publicKey", code)
        if "rawBytes" in value:
            decode(value["rawBytes"])
        return METHODS[name]
    certificates = [value]
    if name == "x509CertificateChain":
        check_fields(value, {"certificates": list})
        certificates = value["certificates"]
    else:
        need(len(entries) > 0, "no log entry", code)
    need(len(certificates) > 0, "no certificate", code)
    for certificate in certificates:
        check_fields(certificate, {"rawBytes": str})
        need(decode(certificate["rawBytes"]), "empty certificate", code)
    return METHODS[name]


def decode(text):
    """Base64 as RFC 4648 has it, canonical, in the standard or in the URL-safe alphabet (DSSE allows both)."""
    if set("-_") & set(text) and not set("+/") & set(text):
        text = text.replace("-", "+").replace("_", "/")
    try:
        return unbase64(text)
    except Rejected as rejected:
        raise Rejected(("malformed-bundle", str(rejected))) from None


# --------------------------------------------------------------------------------------------------- signature


def check_signature(payload, signature, method, material, asked):
    """(the key that made it, whether in the way of version 0.2.0, what the caller let pass)"""
    if method == "sigstore" or not (asked.keys if method == "key" else asked.roots):
        raise Rejected(("wrong-method", method))
    if method == "certificate":
        entries = material["x509CertificateChain"]["certificates"]
        key, weakened = oms_chain.check([decode(entry["rawBytes"]) for entry in entries], asked)
        return key, check_by(key, payload, signature), weakened
    for key in asked.keys:
        try:
            return key, check_by(key, payload, signature), []
        except Rejected:
            pass
    named = material["publicKey"].get("hint") or hint_of(material["publicKey"]["rawBytes"])
    code = "invalid-signature" if named in [fingerprint(key) for key in asked.keys] else "untrusted-key"
    raise Rejected((code, named))


def hint_of(raw):
    """Older bundles have the key itself, as base64 of its PEM text."""
    try:
        return fingerprint(serialization.load_pem_public_key(base64.b64decode(raw)))
    except (ValueError, UnsupportedAlgorithm):
        return None


def check_by(key, payload, signature):
    if is_signed(pae(payload), signature, key):
        return False
    is_ec = isinstance(key, ec.EllipticCurvePublicKey)
    if is_ec and is_valid(key.verify, signature, legacy_pae(payload), ec.ECDSA(hashes.SHA256())):
        return True
    raise Rejected(("invalid-signature", "dsseEnvelope"))


# ----------------------------------------------------------------------------------------------- signed facts


def check_container(signed, statement, model):
    """A statement of ours says what it is for; another tool's does not, and `.` is a file that stands alone."""
    container = "folder" if os.path.isdir(model) else "file"
    if signed.get("container", container) != container:
        raise Rejected(("wrong-container", signed["container"]))
    names = {file.name for file in statement.files}
    if "." in names and (container == "folder" or len(names) > 1):
        raise Rejected(("wrong-container", "the statement is of a file"))


def check_facts(signed, key, asked):
    reasons = [("key-mismatch", signed["key_id"])] if signed.get("key_id", key_id(key)) != key_id(key) else []
    questions = asked.questions
    for question, fact, code in [
        ("signer", "signer", "signer-missing"),
        ("max_age", "signed_at", "signing-time-missing"),
    ]:
        if questions.get(question) is not None and fact not in signed:
            reasons.append((code, fact))
            questions = questions | {question: None}
    return reasons + check_questions({"annotations": signed}, **questions)
