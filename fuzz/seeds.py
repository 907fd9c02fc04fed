#!/usr/bin/env python3
"""Makes the first inputs of the fuzz targets from the testkit: `python3 fuzz/seeds.py [FOLDER]`.

They go to FOLDER/TARGET, by default fuzz/found/TARGET, where the fuzzer adds what it finds; the same ones in every run. With
`--published` the signatures of other tools, in the folder that WEIGHTSEAL_VECTORS names, are among them: those are not
to be committed. Needs `pip install cryptography`, as the testkit does.
"""

import base64
import glob
import hashlib
import json
import os
import re
import sys
from pathlib import Path

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

HERE = Path(__file__).resolve().parent
TESTKIT = HERE.parent / "testkit"
sys.path.insert(0, str(TESTKIT / "python"))

import decisions  # noqa: E402
from reference import pae  # noqa: E402

LARGEST = 16 * 1024
MATERIAL = {"publicKey": {"hint": ""}, "tlogEntries": []}
TIMES = [
    "2026-11-22T18:27:47Z", "2026-11-22T18:27:47.662870+00:00", "2024-02-29T23:59:59.999999999-23:59", "90d", "1y2mo",
    "0001-01-01T00:00:00+00:00", "9999-12-30T22:00:00.999999999Z", "2026-11-22", "1900-02-29T00:00:00Z", "36h", "1w 3d",
]  # fmt: skip
PATHS = [
    "model.pt\n*.pt\na/b\n.git", "a/b/c:0:8\n**/c*\na\nA\nb/\n../x", "x\u00e9\nx*\nxe\u0301\nX\u00c9", "模型.pt\n*\n.\n..",
    ".cache/huggingface/download/a.metadata\na*b*c\n*.py\na?\n[a]", "X.2.manifest.json\n*.*.*\nmodel.sig\nX.sig",
    "a\\b:c\n***\n/a\na//b\na/./b", "\x1b[2J\u202e`\nab*\n\x7f\n\u009b", "a" * 255 + "/" + "b" * 256 + "\n*",
]  # fmt: skip
DOCUMENTS = [
    '{"a":{"l":[1,[2],{"b":null}]},"n":[true,false,-9007199254740992,9007199254740992]}', '["\\ud83d\\ude00\\u0061\\n\\/"]',
    '{"predicate":{"resources":[{"name":"a"},{"name":"b"}],"x":1}}', '{"a":1,"\\u0061":1}', "[" * 64 + "]" * 64, "-0", "1e3",
    "[" * 65 + "]" * 65, '"\\ud800"', '{"shard_size":8.0}', " [ ] \n", "\ufeff{}",
]  # fmt: skip


class Seeds:
    def __init__(self, folder):
        self.folder = Path(folder)

    def put(self, target, content):
        if isinstance(content, str):
            content = content.encode("utf-8")
        if len(content) > LARGEST:
            return
        folder = self.folder / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)

    def signature_file(self, content):
        """A signature file, and what is in it."""
        kind = "sigstore_bundle" if b"mediaType" in content else "bundle_manifest" if b"artifacts" in content else "manifest"
        self.put(kind, content)
        try:
            value = json.loads(content)
        except (ValueError, RecursionError):
            return self.put("json", content)
        if not isinstance(value, dict):
            return None
        self.put("differential", content)
        envelope = value.get("envelope") or value.get("dsseEnvelope")
        if not isinstance(envelope, dict):
            return None
        self.put("dsse", json.dumps(envelope, separators=(",", ":")))
        try:
            payload = base64.b64decode(envelope["payload"], validate=True)
        except (KeyError, TypeError, ValueError):
            return None
        self.put("statement", payload)
        if len(payload) < 1200:
            self.put("json", payload)
        if kind == "sigstore_bundle":
            chain = value.get("verificationMaterial")
            chain = chain.get("x509CertificateChain") if isinstance(chain, dict) else None
            certificates = chain.get("certificates") if isinstance(chain, dict) else None
            raw = [item.get("rawBytes") for item in certificates or [] if isinstance(item, dict)]
            self.put("certificate", b"C" + b"".join(map(unbase64, raw)))
        self.put("differential", with_our_key(value, payload))
        return None


def main():
    arguments = sys.argv[1:]
    published = "--published" in arguments
    seeds = Seeds(next((word for word in arguments if not word.startswith("--")), HERE / "found"))
    for path in files(TESTKIT / "vectors", "*.json", "*.sig"):
        if path.name != "case.json" and not path.name.endswith(".tokens.json"):
            content = path.read_bytes()
            if b"trustedroot" in content[:2000]:
                seeds.put("trusted_root", content)
            else:
                seeds.signature_file(content)
    for path in files(TESTKIT, "*.pem", "*.pub"):
        key_file(seeds, path.read_bytes())
    plain = load_pem_private_key((TESTKIT / "keys" / "p256.pem").read_bytes(), None)
    for rounds in (1, 1000):
        seeds.put("pem_pkcs8", b"E" + encrypted(plain, rounds))
        seeds.put("pem_pkcs8", pem("ENCRYPTED PRIVATE KEY", encrypted(plain, rounds)))
    for row in decisions.rows():
        seeds.put("trust_store", f"{row['expected_name']}\n{decisions.store_text(row)}")
        memory = row["memory"]
        if isinstance(memory, dict):
            seeds.put("trust_state", memory.get("text", json.dumps(memory)))
    for target, texts in {"time": TIMES, "paths": PATHS, "json": DOCUMENTS}.items():
        for text in texts:
            seeds.put(target, text)
    for count in (0, 1, 3, 17):
        digests = b"".join(hashlib.sha256(bytes([at])).digest() for at in range(count))
        for change in (0, 1, 2, 0x80):
            seeds.put("chunk_list", bytes([0, 16, 0, 1, 0, 2, 7, change]) + digests)
    if published:
        for path in files(Path(os.environ["WEIGHTSEAL_VECTORS"]) / "oms", "*.json", "*.sig", "*.pem"):
            content = path.read_bytes()
            if path.suffix == ".pem":
                key_file(seeds, content)
            elif b"ertificateAuthorities" in content:
                seeds.put("trusted_root", content)
            else:
                seeds.signature_file(content)


def files(folder, *patterns):
    found = [glob.glob(str(folder / "**" / pattern), recursive=True, include_hidden=True) for pattern in patterns]
    return [Path(name) for name in sorted({name for names in found for name in names}) if os.path.isfile(name)]


LETTERS = {
    "PUBLIC KEY": ("public_key", b"P"), "RSA PUBLIC KEY": ("public_key", b"R"), "PRIVATE KEY": ("pem_pkcs8", b"K"),
    "RSA PRIVATE KEY": ("pem_pkcs8", b"R"), "EC PRIVATE KEY": ("pem_pkcs8", b"S"),
    "ENCRYPTED PRIVATE KEY": ("pem_pkcs8", b"E"), "CERTIFICATE": ("certificate", b"C"),
}  # fmt: skip


def key_file(seeds, content):
    """A key or certificate as it stands, and in DER: nothing that mutates base64 ever gets far into it."""
    text = content.decode("utf-8", "replace")
    blocks = re.findall(r"-----BEGIN ([A-Z0-9 ]+)-----\n([^-:]*)-----END", text)
    target = LETTERS.get(blocks[0][0], ("public_key", b""))[0] if blocks else "public_key"
    seeds.put(target, content)
    for label, body in blocks:
        if label in LETTERS:
            target, letter = LETTERS[label]
            seeds.put(target, letter + unbase64("".join(body.split())))


def with_our_key(value, payload):
    """The same file as if the key of the target `differential` had signed it."""
    private = load_pem_private_key((TESTKIT / "keys" / "ed25519.pem").read_bytes(), None)
    public = (TESTKIT / "keys" / "ed25519.pub").read_text("ascii").split("\n")
    key_id = hashlib.sha256(unbase64("".join(public[1:-2]))).hexdigest()
    value = json.loads(json.dumps(value))
    envelope = value.get("envelope") or value.get("dsseEnvelope")
    payload = re.sub(rb'"key_id":\s*"[0-9a-f]{64}"', f'"key_id":"{key_id}"'.encode("ascii"), payload)
    artifacts = value.get("artifacts")
    for item in [value, *(artifacts if isinstance(artifacts, list) else [])]:
        if isinstance(item, dict) and "envelope" in value:
            item.pop("signature", None)
            renamed = {"key_id": key_id, "algorithm": "Ed25519", "key_size": 256}
            item.update({name: new for name, new in renamed.items() if name in item})
    envelope["payload"] = base64.b64encode(payload).decode("ascii")
    signature = base64.b64encode(private.sign(pae(payload))).decode("ascii")
    for item in envelope.get("signatures") or [] if isinstance(envelope.get("signatures"), list) else []:
        if isinstance(item, dict):
            item["sig"] = signature
            item.pop("keyid", None)
    if "verificationMaterial" in value:
        value["verificationMaterial"] = MATERIAL
    return json.dumps(value, separators=(",", ":"))


def encrypted(key, rounds):
    """PBES2 (RFC 8018) by hand, with a fixed salt and few rounds: what fuzzing can afford."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    salt, iv = b"salt salt salt s", b"iv iv iv iv iv i"
    secret = hashlib.pbkdf2_hmac("sha256", b"correct horse", salt, rounds, 32)
    padder = padding.PKCS7(128).padder()
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    cipher = Cipher(algorithms.AES(secret), modes.CBC(iv)).encryptor()
    sealed = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    prf = der(0x30, oid("2a864886f70d0209") + der(5, b""))
    count = rounds.to_bytes(rounds.bit_length() // 8 + 1, "big")
    kdf = der(0x30, oid("2a864886f70d01050c") + der(0x30, der(4, salt) + der(2, count) + prf))
    aes = der(0x30, oid("60864801650304012a") + der(4, iv))
    return der(0x30, der(0x30, oid("2a864886f70d01050d") + der(0x30, kdf + aes)) + der(4, sealed))


def oid(digits):
    return der(6, bytes.fromhex(digits))


def der(tag, content):
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def pem(label, content):
    lines = base64.encodebytes(content).decode("ascii").replace("\n", "")
    lines = "\n".join(lines[at : at + 64] for at in range(0, len(lines), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def unbase64(text):
    try:
        return base64.b64decode(text, validate=False)
    except (TypeError, ValueError):
        return b""


main()
