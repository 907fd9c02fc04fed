"""Keys, certificates, trust stores and chunk lists that cost much to look at: refused soon, and in little memory."""

import argparse
import base64
import os
import subprocess
import tempfile
from pathlib import Path

from measured import PANICS, Bound, row, run

KIT = Path(__file__).resolve().parent.parent
KEYS = KIT / "keys"
SMALL = 64  # MiB
CPU = 0.1  # seconds, beyond those of a start


def length(size):
    if size < 0x80:
        return bytes([size])
    digits = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([0x80 | len(digits)]) + digits


def tlv(tag, *parts):
    body = b"".join(parts)
    return bytes([tag]) + length(len(body)) + body


def integer(value):
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def oid(text):
    first, second, *rest = (int(part) for part in text.split("."))
    body = bytes([first * 40 + second])
    for part in rest:
        digits = [part & 0x7F]
        while part := part >> 7:
            digits.append(0x80 | part & 0x7F)
        body += bytes(reversed(digits))
    return tlv(0x06, body)


def pem(label, der):
    text = base64.b64encode(der).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def encrypted(kdf):
    """An encrypted PKCS#8 key with this key derivation."""
    cipher = tlv(0x30, oid("2.16.840.1.101.3.4.1.42"), tlv(0x04, bytes(16)))
    scheme = tlv(0x30, oid("1.2.840.113549.1.5.13"), tlv(0x30, kdf, cipher))
    return pem("ENCRYPTED PRIVATE KEY", tlv(0x30, scheme, tlv(0x04, bytes(64))))


def pbkdf2(iterations, salt=bytes(16)):
    prf = tlv(0x30, oid("1.2.840.113549.2.9"), b"\x05\x00")
    return tlv(0x30, oid("1.2.840.113549.1.5.12"), tlv(0x30, tlv(0x04, salt), integer(iterations), prf))


def scrypt(n, r, p, salt=bytes(16)):
    return tlv(0x30, oid("1.3.6.1.4.1.11591.4.11"), tlv(0x30, tlv(0x04, salt), integer(n), integer(r), integer(p)))


def rsa(modulus, exponent):
    algorithm = tlv(0x30, oid("1.2.840.113549.1.1.1"), b"\x05\x00")
    key = tlv(0x30, integer(modulus), integer(exponent))
    return pem("PUBLIC KEY", tlv(0x30, algorithm, tlv(0x03, b"\0" + key)))


def private_keys(work, start):
    bound = Bound("bounds/key-derivation", "private keys whose key derivation would take hours or gigabytes")
    (work / "m.bin").write_bytes(b"x")
    cases = {
        "PBKDF2, 2^31 rounds": encrypted(pbkdf2(1 << 31)),
        "PBKDF2, 2^31 - 1 rounds": encrypted(pbkdf2((1 << 31) - 1)),
        "PBKDF2, 2^100 rounds": encrypted(pbkdf2(1 << 100)),
        "PBKDF2, a salt of 40 KB": encrypted(pbkdf2(1000, bytes(40_000))),
        "scrypt, N 2^30": encrypted(scrypt(1 << 30, 8, 1)),
        "scrypt, N 2^63": encrypted(scrypt(1 << 63, 8, 1)),
        "scrypt, r 2^30": encrypted(scrypt(16384, 1 << 30, 1)),
        "scrypt, p 2^30": encrypted(scrypt(16384, 8, 1 << 30)),
        "scrypt, r and p 2^16": encrypted(scrypt(2, 1 << 16, 1 << 16)),
        "scrypt, N 0": encrypted(scrypt(0, 8, 1)),
    }
    environment = {"WEIGHTSEAL_PASSPHRASE": "test passphrase"}
    for name, text in cases.items():
        key = work / "bomb.pem"
        key.write_text(text)
        key.chmod(0o600)
        for call in (["sign", "m.bin", "--key", key, "--signer", "a"], ["key", "show", key]):
            done = run(*call, cwd=work, environment=environment)
            # Showing a key need not derive anything.
            status = 2 if call[0] == "sign" else (0, 2)
            bound.case(f"{name}, {call[0]}", done, status, memory=SMALL, cpu=start + CPU)
    bound.row(f"refused within {CPU} s of CPU beyond a start, below {SMALL} MiB", cpu=True)


def public_keys(work, start):
    bound = Bound("bounds/keys", "key files that are large or costly")
    (work / "n.bin").write_bytes(b"x")
    million = (1 << 1_000_000) - 1
    ordinary = (1 << 4095) + 0x10001
    cases = {
        "RSA of a million bits": rsa(million, 65537),
        "RSA of 16,385 bits": rsa((1 << 16_384) + 1, 65537),
        "RSA, exponent of 4,096 bits": rsa(ordinary, (1 << 4094) + 1),
        "RSA, exponent of 64 KB": rsa(ordinary, (1 << 380_000) + 1),
        "many blocks": (KEYS / "rsa2048.pub").read_text() * 100,
        "a line of 60 KB": "-----BEGIN PUBLIC KEY-----" + "A" * 60_000 + "-----END PUBLIC KEY-----",
        "nested DER": pem("PUBLIC KEY", bytes.fromhex("3080") * 20_000),
        "a DER length of 4 GiB": pem("PUBLIC KEY", bytes.fromhex("3084ffffffff") + bytes(100)),
        "dashes": "-" * 60_000,
    }
    vector = KIT / "vectors/manifest/ok-rsa2048"
    for name, text in cases.items():
        (work / "k.pub").write_text(text)
        done = run("verify", "model.pt", "--key", work / "k.pub", cwd=vector)
        bound.case(name, done, (1, 2), "[", memory=SMALL, cpu=start + CPU)
        bound.case(f"{name}, inspect", run("inspect", work / "k.pub"), (1, 2), "[", memory=SMALL, cpu=start + CPU)
    for name in ("k.pub", "k.pem"):
        with open(work / name, "wb") as file:
            file.truncate(1 << 30)
        (work / name).chmod(0o600)
    bound.case("1 GiB, verify", run("verify", "model.pt", "--key", work / "k.pub", cwd=vector), 2, "[", memory=SMALL, cpu=start + CPU)
    call = ["sign", "n.bin", "--key", work / "k.pem", "--signer", "a"]
    bound.case("1 GiB, sign", run(*call, cwd=work), 2, "[", memory=SMALL, cpu=start + CPU)
    call += ["--passphrase-file", work / "k.pub"]
    bound.case("a passphrase of 1 GiB", run(*call, cwd=work), 2, "[", memory=SMALL, cpu=start + CPU)
    for name in ("k.pub", "k.pem"):
        (work / name).unlink()
    bound.row(f"refused within {CPU} s of CPU beyond a start, below {SMALL} MiB", cpu=True)


def certificates(work, start):
    what = "certificates with thousands of names, long chains, constraints on names"
    bound = Bound("bounds/certificates", what)
    vector = next(path for path in sorted((KIT / "vectors/oms-certificate").iterdir()) if path.name.startswith("ok"))
    signature = next(path for path in vector.rglob("*.sig"))
    import json

    outer = json.loads(signature.read_bytes())
    chain = outer["verificationMaterial"]["x509CertificateChain"]["certificates"]
    leaf = base64.b64decode(chain[0]["rawBytes"])
    roots = [path for path in vector.iterdir() if "root" in path.name and path.suffix == ".pem"]
    if not roots:
        roots = [work / "root.pem"]
        roots[0].write_text(pem("CERTIFICATE", base64.b64decode(chain[-1]["rawBytes"])))
    # What cannot be signed anew is grown inside: a parser meets it before any signature.
    names = tlv(0x30, *(tlv(0x82, b"a%d.example.org" % number) for number in range(3_500)))
    many_names = tlv(0x30, oid("2.5.29.17"), tlv(0x04, names))
    subtrees = tlv(0xA0, *(tlv(0x30, tlv(0x82, b"%d.example.org" % number)) for number in range(3_000)))
    constraints = tlv(0x30, oid("2.5.29.30"), tlv(0x04, tlv(0x30, subtrees)))

    def grown(extension):
        """The certificate with one more extension, all lengths above it corrected."""
        def inside(der, path):
            tag, head = der[0], 2 if der[1] < 0x80 else 2 + (der[1] & 0x7F)
            body, parts = der[head:], []
            while body:
                size = body[1] if body[1] < 0x80 else int.from_bytes(body[2 : 2 + (body[1] & 0x7F)])
                first = 2 if body[1] < 0x80 else 2 + (body[1] & 0x7F)
                parts.append(body[: first + size])
                body = body[first + size :]
            if not path:
                return tlv(tag, *parts, extension)
            at = path[0] if path[0] >= 0 else len(parts) + path[0]
            parts[at] = inside(parts[at], path[1:])
            return tlv(tag, *parts)

        return inside(leaf, [0, -1, 0])

    cases = {
        "1,000 certificates": [leaf] * 1000,
        "32 certificates": [leaf] * 32,
        "11 certificates": [leaf] * 11,
        "3,500 names": [grown(many_names)],
        "constraints on 3,000 names, ten times": [leaf] + [grown(constraints)] * 9,
        "a certificate of 1 MB": [leaf[:4] + bytes(1 << 20)],
        "names twice": [grown(many_names + many_names[:50])],
    }
    folder = work / "model"
    folder.mkdir()
    (folder / "f").write_bytes(b"x")
    for name, ders in cases.items():
        outer["verificationMaterial"]["x509CertificateChain"]["certificates"] = [
            {"rawBytes": base64.b64encode(der).decode()} for der in ders
        ]
        (folder / "model.sig").write_text(json.dumps(outer))
        call = ["verify", folder, "--ca-root", roots[0], "--certificate-identity", "ml-team@example.org"]
        bound.case(name, run(*call), (1, 2), "[", memory=SMALL, cpu=start + CPU)
    (work / "roots.pem").write_text(pem("CERTIFICATE", leaf) * 3_000)
    call = ["verify", folder, "--ca-root", work / "roots.pem", "--certificate-identity", "ml-team@example.org"]
    bound.case("3,000 roots", run(*call), (1, 2), "[", memory=SMALL, cpu=start + CPU)
    bound.row(f"refused within {CPU} s of CPU beyond a start, below {SMALL} MiB", cpu=True)


def stores(work, start):
    bound = Bound("bounds/stores", "trust stores, states and chunk lists that are large or costly")
    folder = work / "store"
    folder.mkdir()
    (folder / "signing.pub").write_bytes((KEYS / "ed25519.pub").read_bytes())
    made = run("trust", "init", "--from-keys", "signing.pub", "--signer", "team@example", cwd=folder)
    if made.status:
        raise SystemExit(made.said)
    text = (folder / "trust.toml").read_text()
    cases = {
        "TOML, deep lists": "a = " + "[" * 100_000,
        "TOML, deep tables": "[" + ".".join(["a"] * 50_000) + "]\n",
        "TOML, deep inline tables": "a = " + "{b = " * 50_000,
        "TOML, many tables": "".join(f"[t{number}]\n" for number in range(200_000)),
        "TOML, one long string": 'a = "' + "b" * (15 << 20) + '"\n',
        "TOML, a long number": "a = " + "9" * 1_000_000 + "\n",
        "TOML, beyond 16 MiB": "# " + "c" * (17 << 20) + "\n",
    }
    for name, content in cases.items():
        (folder / "bomb.toml").write_text(content)
        call = ["verify", "signing.pub", "--trust", "bomb.toml"]
        # Parsing 15 MiB takes its time and memory; it only has to stay in proportion.
        bound.case(name, run(*call, cwd=folder), 2, "[", memory=256 if "many" in name or "long string" in name else SMALL, cpu=start + 3)
    # A pattern for which a naive matcher takes time without end, on a name made for it.
    for pattern in ("*a" * 30 + "b", "**/" * 30 + "b", "*" * 200 + "b"):
        (folder / "patterns.toml").write_text(text + f'\n[[rule]]\nmodels = ["{pattern}"]\nsigners = ["team@example"]\n')
        model = folder / ("a" * 240)
        model.write_bytes(b"x")
        call = ["trust", "explain", model, "--trust", "patterns.toml"]
        bound.case(f"pattern {pattern[:12]}", run(*call, cwd=folder), (0, 1, 2), memory=SMALL, cpu=start + 1)
    for size in (0, 31, 33, 1 << 30):
        with open(work / "list.chunks", "wb") as file:
            file.truncate(size)
        vector = KIT / "vectors/manifest/ok-chunks"
        call = ["verify", "model.pt", "--key", "key.pub", "--range", "0:1", "--chunk-list", work / "list.chunks"]
        bound.case(f"a chunk list of {size} bytes", run(*call, cwd=vector), (1, 2), "[", memory=SMALL, cpu=start + 0.5)
    bound.row("refused or answered within 3 s of CPU, in memory in proportion", cpu=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="the same: all of it is quick")
    parser.parse_args()
    # What a start costs: the least of a few.
    start = min(run("--version").cpu for _ in range(5))
    with tempfile.TemporaryDirectory(prefix="weightseal-bounds-") as folder:
        for part in (private_keys, public_keys, certificates, stores):
            part(Path(folder), start)
    row("panics/keys", "panics and crashes over hostile keys, certificates and stores", f"{len(PANICS)}", "0", not PANICS)


if __name__ == "__main__":
    main()
