"""Signs models as docs/spec/manifest.md describes: a second implementation, on PyPI's `cryptography`.

The manifest of published.py with an `envelope` beside its fields: DSSE over an in-toto statement (OMS v1.0), whose
annotations say what the visible fields say. verifier.py reads it back. No code is shared with the Rust implementation.
"""

import base64
import hashlib
import json
import os
from datetime import datetime, timezone

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

import chunks
from published import MANIFEST_ALGORITHM, pss

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://model_signing/signature/v1.0"
SERIALIZATION = {"method": "files", "hash_type": "sha256", "allow_symlinks": False, "ignore_paths": []}
CURVES = {
    "secp256r1": ("ECDSA-P256-SHA256", hashes.SHA256()),
    "secp384r1": ("ECDSA-P384-SHA384", hashes.SHA384()),
    "secp521r1": ("ECDSA-P521-SHA512", hashes.SHA512()),
}


def sign_manifest(path, key, signer, *, compat=True, salt=padding.PSS.MAX_LENGTH, **facts):
    """The manifest of one model: `facts` are `signed_at`, `key_version` and further annotations."""
    with open(path, "rb") as file:
        data = file.read()
    name = os.path.basename(path)
    signed = annotations("manifest", signer, key, **facts)
    manifest = entry(name, hashlib.sha256(data).hexdigest(), key, signed, compat, salt)
    resources = [resource(".", manifest["sha256"], data)]
    manifest["envelope"] = seal(encode(statement(name, resources, signed)), key)
    return manifest


def sign_bundle(folder, names, bundle_name, key, signer, *, compat=True, salt=padding.PSS.MAX_LENGTH, **facts):
    """The manifest of the files `names`, which are paths under `folder`."""
    signed = annotations("bundle", signer, key, **facts)
    artifacts, resources = [], []
    for name in sorted(names, key=str.encode):
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        artifacts.append(entry(name, hashlib.sha256(data).hexdigest(), key, signed, compat, salt))
        resources.append(resource(name, artifacts[-1]["sha256"], data))
    return {
        "artifacts": artifacts,
        "bundle_signed_at": signed["signed_at"],
        "artifact_count": len(artifacts),
        "envelope": seal(encode(statement(bundle_name, resources, signed)), key),
    }


def annotations(container, signer, key, *, signed_at=None, **further):
    return {
        "container": container,
        "signer": signer,
        "signed_at": signed_at or datetime.now(timezone.utc).isoformat(timespec="microseconds"),
        "key_id": key_id(key.public_key()),
        **further,
    }


def entry(name, sha256, key, signed, compat, salt):
    """The visible fields of one model: everything in a manifest but the envelope."""
    fields = {"model_file": name, "sha256": sha256}
    if compat and isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(sha256.encode("ascii"), pss(salt), hashes.SHA256())
        fields["signature"] = base64.b64encode(signature).decode("ascii")
    algorithm, key_size = algorithm_of(key.public_key())
    fields |= {"signer": signed["signer"], "signed_at": signed["signed_at"]}
    fields |= {"algorithm": algorithm, "key_size": key_size}
    if "key_version" in signed:
        fields["key_version"] = signed["key_version"]
    return fields | {"key_id": signed["key_id"]}


def resource(name, sha256, data):
    return {"name": name, "digest": sha256, "algorithm": "sha256", "annotations": chunks.annotations(data)}


def statement(name, resources, signed):
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": root(resources)}, "annotations": signed}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {"serialization": SERIALIZATION, "resources": resources},
    }


def root(resources):
    return hashlib.sha256(b"".join(bytes.fromhex(item["digest"]) for item in resources)).hexdigest()


def encode(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode("utf-8")


def seal(payload, key):
    return {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode("ascii"),
        "signatures": [signature_entry(sign_bytes(pae(payload), key), key)],
    }


def signature_entry(signature, key):
    return {"sig": base64.b64encode(signature).decode("ascii"), "keyid": key_id(key.public_key())}


def pae(payload, payload_type=PAYLOAD_TYPE):
    """DSSE v1.0.2, pre-authentication encoding."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def key_id(public_key):
    spki = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def algorithm_of(public_key):
    if isinstance(public_key, rsa.RSAPublicKey):
        return MANIFEST_ALGORITHM, public_key.key_size
    if isinstance(public_key, ed25519.Ed25519PublicKey):
        return "Ed25519", 256
    return CURVES[public_key.curve.name][0], public_key.curve.key_size


def sign_bytes(data, key):
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, pss(32), hashes.SHA256())
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, ec.ECDSA(CURVES[key.curve.name][1]))
