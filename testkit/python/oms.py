"""Signs models as OpenSSF Model Signing v1.0 describes: a Sigstore bundle around a DSSE envelope around an in-toto
statement. A second implementation on PyPI's `cryptography`; oms_verifier.py reads it back.

ECDSA is deterministic (RFC 6979) here, so that the same vectors come out again.
"""

import base64
import hashlib
import re

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

import small_blake3
from published import pss, public_pem
from reference import CURVES, PAYLOAD_TYPE, PREDICATE_TYPE, STATEMENT_TYPE, pae, root

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
LEGACY_PREDICATE_TYPE = "https://model_signing/Digests/v0.1"
DEFAULT_EXCLUDES = [".git", ".gitignore", ".gitattributes", ".github"]
DIGESTS = {
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
    "blake2b": lambda data: hashlib.blake2b(data).hexdigest(),
    "blake3": small_blake3.hexdigest,
}


def list_files(files, hash_type="sha256"):
    """One resource a file, sorted by code points; `files` are bytes by name."""
    return [
        {"name": name, "digest": DIGESTS[hash_type](content), "algorithm": hash_type}
        for name, content in sorted(files.items())
    ]


def list_shards(files, shard_size, hash_type="sha256", algorithm=None):
    """One resource a shard, sorted by code points: `w:16:24` comes before `w:8:16`. Empty files have none."""
    resources = []
    for name, content in files.items():
        for start in range(0, len(content), shard_size):
            end = min(start + shard_size, len(content))
            digest = DIGESTS[hash_type](content[start:end])
            resources.append({"name": f"{name}:{start}:{end}", "digest": digest, "algorithm": algorithm or hash_type})
    return sorted(resources, key=lambda item: item["name"])


def in_reference_order(resources):
    """By path component, then by number: the order of the reference implementation."""

    def order(item):
        name, start, end = re.fullmatch(r"(.*):(\d+):(\d+)", item["name"]).groups()
        return name.split("/"), int(start), int(end)

    return sorted(resources, key=order)


def statement(name, resources, serialization, annotations=None):
    subject = {"name": name, "digest": {"sha256": root(resources)}}
    return {
        "_type": STATEMENT_TYPE,
        "subject": [subject | ({"annotations": annotations} if annotations is not None else {})],
        "predicateType": PREDICATE_TYPE,
        "predicate": {"resources": resources, "serialization": serialization},
    }


def legacy_statement(files):
    """As version 0.2.0 of the reference implementation wrote it: the files are the subjects."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": name,
                "digest": {"sha256": DIGESTS["sha256"](content)},
                "annotations": {"actual_hash_algorithm": "file-sha256"},
            }
            for name, content in sorted(files.items())
        ],
        "predicateType": LEGACY_PREDICATE_TYPE,
        "predicate": {"unused": "Unused, just passed due to API requirements"},
    }


def legacy_pae(payload):
    """What version 0.2.0 signed: the bytes went through Python's `repr`."""
    return f"DSSEV1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(payload)} {payload!r}".encode()


def bundle(payload, key, material=None, *, message=None, digest=None):
    """A bundle by `key`; `message` is what is signed, where that is not the PAE of the payload."""
    signature = sign(message or pae(payload), key, digest)
    return {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": material or by_key(key.public_key()),
        "dsseEnvelope": {
            "payload": base64_of(payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": base64_of(signature), "keyid": ""}],
        },
    }


def by_key(public_key):
    return {"publicKey": {"hint": fingerprint(public_key)}, "tlogEntries": []}


def by_chain(*certificates):
    """The leaf first."""
    ders = [certificate.public_bytes(serialization.Encoding.DER) for certificate in certificates]
    return {"x509CertificateChain": {"certificates": [{"rawBytes": base64_of(der)} for der in ders]}}


def fingerprint(public_key):
    """The hint of a key: SHA-256 of its PEM text."""
    return hashlib.sha256(public_pem(public_key)).hexdigest()


def sign(data, key, digest=None):
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, pss(32), hashes.SHA256())
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, ec.ECDSA(digest or CURVES[key.curve.name][1], deterministic_signing=True))


def base64_of(data):
    return base64.b64encode(data).decode("ascii")
