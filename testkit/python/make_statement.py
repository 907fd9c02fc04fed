"""Cases of the group `manifest` whose statement is strange although properly signed: a signer is no excuse."""

import hashlib
import json

from vectors import (
    MANIFEST,
    MODEL,
    accept,
    drop,
    edited,
    manifest,
    payload_of,
    put,
    reject,
    resealed,
    restated,
    text,
)  # fmt: skip

RESOURCE = "predicate.resources.0"
ANNOTATIONS = "subject.0.annotations"
ROOT = hashlib.sha256(hashlib.sha256(MODEL).digest()).hexdigest()
# Every field of the statement, with a value of another kind where a case is worth it.
FIELDS = {
    "_type": None,
    "subject": None,
    "subject.0.name": 7,
    "subject.0.digest": ROOT,
    "subject.0.digest.sha256": None,
    ANNOTATIONS: [],
    f"{ANNOTATIONS}.container": 7,
    f"{ANNOTATIONS}.signer": 7,
    f"{ANNOTATIONS}.signed_at": 7,
    f"{ANNOTATIONS}.key_id": None,
    "predicateType": None,
    "predicate": None,
    "predicate.serialization": None,
    "predicate.serialization.method": None,
    "predicate.serialization.hash_type": None,
    "predicate.serialization.allow_symlinks": 0,
    "predicate.serialization.ignore_paths": "",
    "predicate.resources": None,
    f"{RESOURCE}.name": None,
    f"{RESOURCE}.digest": {"sha256": "00"},
    f"{RESOURCE}.algorithm": None,
}
VALUES = [
    ("type", "_type", "https://in-toto.io/Statement/v0.1"),
    ("predicate-type", "predicateType", "https://slsa.dev/provenance/v1"),
    ("no-subject", "subject", []),
    ("root", "subject.0.digest.sha256", hashlib.sha256(b"").hexdigest()),
    ("root-upper-case", "subject.0.digest.sha256", ROOT.upper()),
    ("second-digest", "subject.0.digest.sha512", "00" * 64),
    ("unknown-container", f"{ANNOTATIONS}.container", "archive"),
    ("signed-at-no-time", f"{ANNOTATIONS}.signed_at", "yesterday"),
    ("expires-at-no-time", f"{ANNOTATIONS}.expires_at", "2099-12-31"),
    ("model-version-zero", f"{ANNOTATIONS}.model_version", 0),
    ("model-version-text", f"{ANNOTATIONS}.model_version", "4"),
    ("model-version-true", f"{ANNOTATIONS}.model_version", True),
    ("free-annotation-number", f"{ANNOTATIONS}.git_commit", 7),
    ("key-id-upper-case", f"{ANNOTATIONS}.key_id", "AB" * 32),
    ("method-shards", "predicate.serialization.method", "shards"),
    ("hash-blake3", "predicate.serialization.hash_type", "blake3"),
    ("symlinks-allowed", "predicate.serialization.allow_symlinks", True),
    ("ignored-path", "predicate.serialization.ignore_paths", ["."]),
    ("no-resource", "predicate.resources", []),
    ("resource-name", f"{RESOURCE}.name", "model.pt"),
    ("algorithm-sha512", f"{RESOURCE}.algorithm", "sha512"),
    ("digest-upper-case", f"{RESOURCE}.digest", hashlib.sha256(MODEL).hexdigest().upper()),
    ("digest-short", f"{RESOURCE}.digest", hashlib.sha256(MODEL).hexdigest()[:-2]),
    ("size-negative", f"{RESOURCE}.annotations.size", -1),
    ("chunk-size", f"{RESOURCE}.annotations.chunks", {"size": 1 << 19, "root": ROOT}),
    ("chunk-size-missing", f"{RESOURCE}.annotations.chunks", {"root": ROOT}),
    ("chunk-root-missing", f"{RESOURCE}.annotations.chunks", {"size": 1 << 20}),
    ("chunk-root-upper-case", f"{RESOURCE}.annotations.chunks", {"size": 1 << 20, "root": ROOT.upper()}),
    ("chunk-unknown-field", f"{RESOURCE}.annotations.chunks", {"size": 1 << 20, "root": ROOT, "count": 1}),
    ("chunks-without-size", f"{RESOURCE}.annotations", {"chunks": {"size": 1 << 20, "root": ROOT}}),
]
UNKNOWN = ["", "subject.0.", "predicate.", "predicate.serialization.", f"{RESOURCE}.", f"{RESOURCE}.annotations."]


def make():
    def bad(name, what, edit, code="malformed-statement", **more):
        files = {MANIFEST: restated(good, edit)}
        reject(f"manifest/statement-{name}", what, code, files, **more)

    good = manifest()
    for field, other in FIELDS.items():
        name = field.replace(".0", "").replace(".", "-").replace("_", "-").strip("-").lower()
        bad(f"missing-{name}", f"The signed field {field} is missing.", drop(field))
        if other is not None:
            bad(f"mistyped-{name}", f"The signed field {field} is of another kind.", put(field, other))
    for name, field, value in VALUES:
        bad(name, f"The signed field {field} is {json.dumps(value)}.", put(field, value))
    note = {"note": "in-toto ignores unknown fields; a manifest is written by us alone and has none"}
    for where in UNKNOWN:
        name = where.replace(".0", "").replace(".", "-").lower()
        more = {} if "predicate" in where and RESOURCE != where.rstrip(".") else note
        bad(
            f"unknown-{name}comment",
            f"There is an unknown signed field {where}comment.",
            put(f"{where}comment", ""),
            **more,
        )
    for container in ["bundle", "folder"]:
        what = f"The statement was made for a {container}."
        bad(f"container-{container}", what, put(f"{ANNOTATIONS}.container", container), "wrong-container")
    bad("two-subjects", "The statement has a second subject.", lambda it: it["subject"].append(it["subject"][0]))
    bad("two-resources", "The statement lists a second file.", second_resource)
    whole = text(json.loads(payload_of(good)))
    what = "The payload has other white space and is verified as the bytes that it has."
    accept("manifest/ok-payload-indented", what, {MANIFEST: resealed(good, whole)})
    empty = edited(good, put("envelope", resealed(good, b"")["envelope"]))
    reject("manifest/statement-empty", "The signed payload is empty.", "malformed-statement", {MANIFEST: empty})
    listed = resealed(good, b"[" + payload_of(good) + b"]")
    reject("manifest/statement-list", "The statement stands in a list.", "malformed-statement", {MANIFEST: listed})


def second_resource(statement):
    """Consistent in itself: the root covers both."""
    resources = statement["predicate"]["resources"]
    resources.append(resources[0] | {"name": "second"})
    both = b"".join(bytes.fromhex(item["digest"]) for item in resources)
    statement["subject"][0]["digest"]["sha256"] = hashlib.sha256(both).hexdigest()
