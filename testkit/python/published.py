"""The published manifest, as code that people already have writes and reads it, on PyPI's `cryptography`.

Seven fields, or eight with `key_version`: RSA-PSS over the 64 hexadecimal digits of the model's SHA-256. Only
`sha256` is signed; every other field is what somebody wrote there. Unknown fields are ignored.
"""

import base64
import hashlib
import json
import os
from datetime import datetime, timezone

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

MANIFEST_ALGORITHM = "RSA-PSS-SHA256"


def generate_key_pair(private_path, public_path, key_size=4096, passphrase=None):
    """Writes an RSA key pair; the private key is encrypted when a passphrase (bytes) is given."""
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=key_size)
    write_key_pair(private_key, private_path, public_path, passphrase)


def hash_file(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def sign_artifact(path, private_key_path, signer, passphrase=None, key_version=None):
    private_key = load_private_key(private_key_path, passphrase)
    sha256 = hash_file(path)
    signature = private_key.sign(sha256.encode("ascii"), pss(padding.PSS.MAX_LENGTH), hashes.SHA256())
    manifest = {
        "model_file": os.path.basename(path),
        "sha256": sha256,
        "signature": base64.b64encode(signature).decode("ascii"),
        "signer": signer,
        "signed_at": datetime.now(timezone.utc).isoformat(),
        "algorithm": MANIFEST_ALGORITHM,
        "key_size": private_key.key_size,
    }
    if key_version is not None:
        manifest["key_version"] = key_version
    return manifest


def save_manifest(manifest, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=2)


def verify_artifact(path, manifest, public_key_path):
    """Returns nothing; a model that differs or a signature that does not fit is a `ValueError`."""
    public_key = load_public_key(public_key_path)
    sha256 = hash_file(path)
    if sha256 != manifest["sha256"]:
        raise ValueError(f"hash mismatch: expected {manifest['sha256']}, found {sha256}")
    try:
        public_key.verify(
            base64.b64decode(manifest["signature"]), sha256.encode("ascii"), pss(padding.PSS.AUTO), hashes.SHA256()
        )
    except InvalidSignature:
        raise ValueError("the signature is not valid") from None


def sign_artifact_bundle(paths, private_key_path, signer, passphrase=None, key_version=None):
    artifacts = [sign_artifact(path, private_key_path, signer, passphrase, key_version) for path in paths]
    return {
        "artifacts": artifacts,
        "bundle_signed_at": datetime.now(timezone.utc).isoformat(),
        "artifact_count": len(artifacts),
    }


def verify_artifact_bundle(folder, bundle, public_key_path):
    if bundle["artifact_count"] != len(bundle["artifacts"]):
        raise ValueError("the bundle does not have the number of artifacts that it states")
    for manifest in bundle["artifacts"]:
        verify_artifact(os.path.join(folder, manifest["model_file"]), manifest, public_key_path)


def pss(salt_length):
    return padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=salt_length)


def write_key_pair(private_key, private_path, public_path, passphrase=None):
    encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    private = private_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    with open(os.open(private_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(private)
    with open(public_path, "wb") as file:
        file.write(public_pem(private_key.public_key()))


def public_pem(public_key):
    return public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def load_private_key(path, passphrase=None):
    with open(path, "rb") as file:
        return serialization.load_pem_private_key(file.read(), password=passphrase)


def load_public_key(path):
    with open(path, "rb") as file:
        return serialization.load_pem_public_key(file.read())
