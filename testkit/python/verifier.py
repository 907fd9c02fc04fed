"""Verifies manifests and bundle manifests as docs/spec/manifest.md describes, and says why when it does not.

Every reason is collected and the headline comes first, so that a test vector can show that exactly one thing is wrong.
"""

import base64
import binascii
import json
import os
import re
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

import chunks
from published import pss
from reference import (
    CURVES,
    PAYLOAD_TYPE,
    PREDICATE_TYPE,
    SERIALIZATION,
    STATEMENT_TYPE,
    algorithm_of,
    encode,
    key_id,
    pae,
    root,
)

DIGEST = re.compile(r"[0-9a-f]{64}")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
VISIBLE = {"model_file", "sha256", "signature", "signer", "signed_at", "algorithm", "key_size", "key_version", "key_id"}
CONTAINERS = {"manifest", "bundle", "folder", "file"}
DIGESTS_SAID = ("countersigns", "renews")  # annotations that name another statement by its SHA-256
MAX_DEPTH, MAX_INTEGER, MAX_SIGNATURES, MAX_ENTRIES = 64, 1 << 53, 16, 10_000
CLOCK_SKEW = timedelta(minutes=5)
FIRST = [
    "wrong-model", "missing-file", "hash-mismatch", "chunk-root-mismatch", "size-mismatch", "untrusted-key",
    "key-mismatch", "invalid-signature",
]  # fmt: skip


class Rejected(ValueError):
    """Why a signature was refused: (code, detail) of every reason, the headline first."""

    def __init__(self, *reasons):
        self.reasons = list(reasons)
        self.code = reasons[0][0]
        super().__init__("; ".join(f"{code}: {detail}" for code, detail in reasons))


def verify_manifest(document, path, keys, *, how=None, **questions):
    """Checks the model at `path` against the manifest in `document` (bytes). True when it is authenticated."""
    manifest, signed, key, reasons = open_manifest(document, keys)
    name = questions.get("name") or os.path.basename(path)
    if manifest["model_file"] != name:
        raise Rejected(("wrong-model", f"made for {manifest['model_file']}, not {name}"))
    reasons += check_questions(signed, **questions)
    resources = {manifest["model_file"]: signed["resources"]["."]} if is_held(signed, key, reasons) else {}
    return conclude(reasons, signed, [(path, manifest)], resources, how or chunks.How(), path)


def verify_bundle(document, folder, keys, *, only=None, how=None, place=None, **questions):
    """Checks the files in `folder`, or `only` one of them, against the bundle manifest, which lies at `place`."""
    bundle, signed, key, reasons = open_bundle(document, keys)
    chosen = [item for item in bundle["artifacts"] if only in (None, item["model_file"])]
    if not chosen:
        reasons.append(("not-in-bundle", only))
    if questions.get("name") and signed and questions["name"] != (only or signed["name"]):
        reasons.append(("wrong-model", questions["name"]))
    reasons += check_questions(signed, **questions)
    resources = signed["resources"] if is_held(signed, key, reasons) else {}
    files = [(os.path.join(folder, item["model_file"]), item) for item in chosen]
    return conclude(reasons, signed, files, resources, how or chunks.How(), place)


def is_held(signed, key, reasons):
    """Whether the statement is signed by the given key: sizes and roots that nobody signed mean nothing."""
    not_signed = {("invalid-signature", "envelope"), ("field-mismatch", "keyid")}
    return signed is not None and key is not None and not not_signed & set(reasons)


def conclude(reasons, signed, files, resources, how, place):
    """Content comes before signatures, signatures before questions; the first reason is the headline.

    A range is looked at only where nothing else speaks against the file.
    """
    for path, item in files:
        if how.span is None:
            reasons += check_content(path, item, resources.get(item["model_file"], {}), how)
        elif not reasons:
            reasons += chunks.check_range(path, item["model_file"], resources, how, place)
    if reasons:
        reasons.sort(key=lambda reason: FIRST.index(reason[0]) if reason[0] in FIRST else len(FIRST))
        raise Rejected(*dict.fromkeys(reasons))
    return signed is not None


def open_manifest(document, keys):
    manifest = read_object(document)
    authenticated = "envelope" in manifest
    check_entry(manifest, authenticated, extra={"envelope"})
    check_name(manifest["model_file"], single=True)
    key, reasons = choose_key(manifest, keys)
    if not authenticated:
        return manifest, None, key, reasons
    signed, more = open_envelope(manifest["envelope"], "manifest", key, manifest.get("key_id"))
    reasons += more + compare(manifest, signed, key)
    if signed["name"] != manifest["model_file"]:
        reasons.append(("field-mismatch", "model_file"))
    if signed["resources"]["."]["digest"] != manifest["sha256"]:
        reasons.append(("field-mismatch", "sha256"))
    return manifest, signed, key, reasons


def open_bundle(document, keys):
    bundle = read_object(document)
    authenticated = "envelope" in bundle
    known = {"artifacts", "bundle_signed_at", "artifact_count"} | ({"envelope"} if authenticated else set())
    need(not authenticated or not set(bundle) - known, "unknown field of the bundle")
    artifacts = bundle.get("artifacts")
    need(isinstance(artifacts, list) and 0 < len(artifacts) <= MAX_ENTRIES, "artifacts")
    need(is_integer(bundle.get("artifact_count"), 0) and is_time(bundle.get("bundle_signed_at")), "bundle field")
    reasons = []
    for item in artifacts:
        need(isinstance(item, dict), "artifact")
        check_entry(item, authenticated)
    for item in artifacts:
        check_name(item["model_file"])
    key = None
    for item in artifacts:
        key, more = choose_key(item, [key] if key else keys)  # all entries by the key of the first
        reasons += more
    names = [item["model_file"] for item in artifacts]
    if len(set(names)) < len(names):
        reasons.append(("duplicate-entry", "artifacts"))
    if bundle["artifact_count"] != len(names):
        reasons.append(("wrong-count", "artifact_count"))
    if not authenticated:
        return bundle, None, key, reasons
    signed, more = open_envelope(bundle["envelope"], "bundle", key, artifacts[0].get("key_id"))
    listed = signed["resources"]
    reasons += more + [("entry-removed", name) for name in listed if name not in names]
    reasons += [("entry-added", name) for name in names if name not in listed]
    for item in artifacts:
        reasons += compare(item, signed, key)
        if item["model_file"] in listed and item["sha256"] != listed[item["model_file"]]["digest"]:
            reasons.append(("field-mismatch", "sha256"))
    if sorted(names) == sorted(listed) and names != list(listed):
        reasons.append(("field-mismatch", "order of artifacts"))
    if bundle["bundle_signed_at"] != signed["annotations"]["signed_at"]:
        reasons.append(("field-mismatch", "bundle_signed_at"))
    return bundle, signed, key, reasons


def check_entry(item, authenticated, extra=frozenset()):
    """One set of visible fields. Without an envelope unknown fields are claims that nobody reads."""
    strict = authenticated or "key_id" in item
    need(not strict or not set(item) - VISIBLE - extra, "unknown field")
    need(all(isinstance(item.get(name), str) for name in ("model_file", "signer", "algorithm")), "missing or no text")
    need(is_digest(item.get("sha256")) and is_time(item.get("signed_at")), "sha256 or signed_at")
    need(is_integer(item.get("key_size"), 1) and is_integer(item.get("key_version", 1), 1), "key_size or key_version")
    need("signature" in item or authenticated, "no signature")
    need(len(unbase64(item.get("signature", "AA=="))) > 0, "empty signature")
    need("key_id" not in item or (authenticated and is_digest(item["key_id"])), "key_id")


def choose_key(item, keys):
    """The key that is named; where none is, each is tried. Checks the published signature on the way."""
    named = [key for key in keys if item.get("key_id") in (None, key_id(key))]
    if not named:
        return None, [("untrusted-key", item["key_id"])]
    fitting = [key for key in named if "signature" not in item or is_published(item, key)]
    key = (fitting or named)[0]
    reasons = [] if fitting else [("invalid-signature", "signature")]
    if (item["algorithm"], item["key_size"]) != algorithm_of(key):
        reasons.append(("key-mismatch", "algorithm or key_size"))
    return key, reasons


def is_published(item, key):
    """The published signature: salt as long as possible or as the digest, nothing between."""
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    signature = unbase64(item["signature"])
    data = item["sha256"].encode("ascii")
    longest = (key.key_size + 6) // 8 - 32 - 2  # told as a number: OpenSSL takes "as long as possible" for "any"
    return any(is_pss(data, signature, key, salt) for salt in (longest, 32))


def is_pss(data, signature, key, salt):
    """RSASSA-PSS-VERIFY (RFC 8017, 8.1.2), whose first step OpenSSL leaves out: the length is the modulus's."""
    fits = len(signature) == (key.key_size + 7) // 8
    return fits and is_valid(key.verify, signature, data, pss(salt), hashes.SHA256())


def open_envelope(envelope, container, key, named):
    """The signed facts. Only a malformed payload is refused here; every other problem is collected."""
    need(isinstance(envelope, dict) and set(envelope) == {"payloadType", "payload", "signatures"}, "envelope")
    need(envelope["payloadType"] == PAYLOAD_TYPE and isinstance(envelope["signatures"], list), "envelope")
    need(0 < len(envelope["signatures"]) <= MAX_SIGNATURES, "number of signatures")
    payload, reasons, signatures = unbase64(standard(envelope["payload"])), [], []
    named = named or (key and key_id(key))
    for item in envelope["signatures"]:
        need(isinstance(item, dict) and {"sig"} <= set(item) <= {"sig", "keyid"}, "signature of the envelope")
        need(isinstance(item.get("keyid") or "", str), "keyid")
        signatures.append((unbase64(standard(item["sig"])), item.get("keyid") or named))
    signed = read_statement(payload, container)
    mine = [signature for signature, keyid in signatures if keyid == named]
    if not mine:
        reasons.append(("field-mismatch", "keyid"))
    elif key and not any(is_signed(pae(payload), signature, key) for signature in mine):
        reasons.append(("invalid-signature", "envelope"))
    return signed, reasons


def is_signed(data, signature, key):
    if isinstance(key, rsa.RSAPublicKey):
        return is_pss(data, signature, key, 32)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return is_valid(key.verify, signature, data)
    return is_valid(key.verify, signature, data, ec.ECDSA(CURVES[key.curve.name][1]))


def is_valid(verify, *arguments):
    try:
        verify(*arguments)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_statement(payload, container):
    """OMS v1.0 in our profile: one subject with annotations, method `files`, sha256."""
    code = "malformed-statement"
    value = read_object(payload, code)
    need(set(value) == {"_type", "subject", "predicateType", "predicate"}, "statement", code)
    need(value["_type"] == STATEMENT_TYPE and value["predicateType"] == PREDICATE_TYPE, "type", code)
    need(isinstance(value["subject"], list) and len(value["subject"]) == 1, "subject", code)
    subject, predicate = value["subject"][0], value["predicate"]
    need(isinstance(subject, dict) and set(subject) == {"name", "digest", "annotations"}, "subject", code)
    need(isinstance(subject["name"], str) and isinstance(subject["digest"], dict), "subject", code)
    need(isinstance(predicate, dict) and set(predicate) == {"serialization", "resources"}, "predicate", code)
    need(encode(predicate["serialization"]) == encode(SERIALIZATION), "serialization", code)
    resources = predicate["resources"]
    need(isinstance(resources, list) and 0 < len(resources) <= MAX_ENTRIES, "resources", code)
    listed = {}
    for item in resources:
        need(isinstance(item, dict) and {"name", "digest", "algorithm"} <= set(item), "resource", code)
        need(set(item) <= {"name", "digest", "algorithm", "annotations"}, "resource", code)
        need(isinstance(item["name"], str) and item["name"] not in listed, "resource name", code)
        need(is_digest(item["digest"]) and item["algorithm"] == "sha256", "resource digest", code)
        listed[item["name"]] = {"digest": item["digest"], **read_resource_annotations(item.get("annotations", {}))}
    need(subject["digest"] == {"sha256": root(resources)}, "root", code)
    signed = subject["annotations"]
    check_annotations(signed)
    if signed["container"] != container:
        raise Rejected(("wrong-container", signed["container"]))
    if container == "manifest":
        need(list(listed) == ["."], "the resource of a manifest is `.`", code)
    else:
        need(list(listed) == sorted(listed, key=str.encode), "order of resources", code)
        for name in listed:
            check_name(name)
    return {"name": subject["name"], "annotations": signed, "resources": listed}


def read_resource_annotations(value):
    code = "malformed-statement"
    need(isinstance(value, dict) and set(value) <= {"size", "chunks"}, "annotations of a resource", code)
    need(is_integer(value.get("size", 0), 0), "size", code)
    if "chunks" in value:
        found = value["chunks"]
        need("size" in value and isinstance(found, dict) and set(found) == {"size", "root"}, "chunks", code)
        need(encode(found["size"]) == encode(chunks.SIZE) and is_digest(found["root"]), "chunks", code)
    return value


def check_annotations(signed):
    code = "malformed-statement"
    need(isinstance(signed, dict) and signed.get("container") in CONTAINERS, "container", code)
    need(isinstance(signed.get("signer"), str) and is_time(signed.get("signed_at")), "signer or signed_at", code)
    need(is_digest(signed.get("key_id")) and is_time(signed.get("expires_at", signed["signed_at"])), "annotation", code)
    for name, value in signed.items():
        integer = name in ("key_version", "model_version")
        need(is_integer(value, 1) if integer else isinstance(value, str), name, code)
        need(name not in DIGESTS_SAID or is_digest(value), name, code)


def compare(item, signed, key):
    """Every visible field against the signed one; a field on one side only is a difference too."""
    facts = signed["annotations"]
    fields = ("signer", "signed_at", "key_version", "key_id")
    reasons = [("field-mismatch", name) for name in fields if item.get(name) != facts.get(name)]
    if key and facts["key_id"] != key_id(key):
        reasons.append(("field-mismatch", "key_id"))
    return reasons


def check_content(path, item, said, how):
    name = item["model_file"]
    if not os.path.exists(path):
        return [("missing-file", name)]
    with open(path, "rb") as file:
        codes, how.checked[name] = chunks.check(file.read(), item["sha256"], said, how.whole)
    return [(code, name) for code in codes]


def check_questions(
    signed, signer=None, model_version_at_least=None, max_age=None, require_authenticated=False, name=None, now=None
):
    """What the caller wants to know about signed facts; unsigned text never answers."""
    if signed is None:
        asked = any(question is not None for question in (signer, model_version_at_least, max_age, name))
        return [("not-authenticated", "no envelope")] if asked or require_authenticated else []
    facts, now, reasons = signed["annotations"], now or datetime.now(UTC), []
    if "expires_at" in facts and now >= datetime.fromisoformat(facts["expires_at"]):
        reasons.append(("expired", facts["expires_at"]))
    if signer is not None and facts["signer"] != signer:
        reasons.append(("wrong-signer", facts["signer"]))
    if max_age is not None:
        signed_at = datetime.fromisoformat(facts["signed_at"])
        if signed_at > now + CLOCK_SKEW:
            reasons.append(("signed-in-the-future", facts["signed_at"]))
        elif signed_at < now - max_age:
            reasons.append(("too-old", facts["signed_at"]))
    if model_version_at_least is not None:
        version = facts.get("model_version")
        if version is None:
            reasons.append(("model-version-missing", "model_version"))
        elif version < model_version_at_least:
            reasons.append(("model-version-too-low", version))
    return reasons


def read_object(document, code=None):
    """One strict JSON object. Without a code of its own a document is a manifest file."""
    try:
        value = parse_json(document)
    except (ValueError, RecursionError) as error:
        raise Rejected((code or "malformed-json", str(error))) from None
    if code is None and isinstance(value, dict) and "mediaType" in value:
        raise Rejected(("wrong-container", "the envelope of a manifest in a Sigstore bundle"))
    need(isinstance(value, dict), "not an object", code or "unsupported-format")
    return value


def parse_json(document):
    def refuse(text):
        raise ValueError(f"{text} is not an integer up to 2^53")

    def integer(text):
        return refuse(text) if len(text) > 20 or abs(int(text)) > MAX_INTEGER or text == "-0" else int(text)

    def pairs(items):
        if len({name for name, _ in items}) < len(items):
            raise ValueError("a key stands twice in one object")
        return dict(items)

    text = document.decode("utf-8")
    depth = 0
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|[\[{\]}]', text, re.DOTALL):
        depth += (token in "[{") - (token in "]}")
        if depth > MAX_DEPTH:
            raise ValueError("nested deeper than 64 levels")
    value = json.loads(text, object_pairs_hook=pairs, parse_float=refuse, parse_constant=refuse, parse_int=integer)
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate cannot be encoded
    return value


def need(condition, what, code="malformed-manifest"):
    if not condition:
        raise Rejected((code, what))


def check_name(name, single=False):
    parts = name.split("/")
    safe = len(name.encode()) <= 4096 and not re.search(r"[\x00-\x1f\x7f-\x9f]", name)
    safe = safe and all(part not in ("", ".", "..") and len(part.encode()) <= 255 for part in parts)
    if not safe or (single and len(parts) > 1):
        raise Rejected(("unsafe-name", repr(name)))


def is_digest(value):
    return isinstance(value, str) and DIGEST.fullmatch(value) is not None


def is_integer(value, least):
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def is_time(value):
    if not isinstance(value, str) or not RFC3339.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def unbase64(text):
    """Standard base64 with padding; only the one canonical spelling of the bytes."""
    need(isinstance(text, str) and text.isascii(), "base64")
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Rejected(("malformed-manifest", "base64")) from None
    need(base64.b64encode(data).decode("ascii") == text, "base64 is not canonical")
    return data


def standard(text):
    """DSSE allows the URL-safe alphabet, too; one text is in one alphabet."""
    need(isinstance(text, str) and not (set("+/") & set(text) and set("-_") & set(text)), "base64 in two alphabets")
    return text.replace("-", "+").replace("_", "/")
