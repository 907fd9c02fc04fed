#!/usr/bin/env python3
"""Reads the key files and certificates of PyPI's `cryptography_vectors` with the command, and compares.

Each file is read by `weightseal key show` and by `cryptography`: both have to find the same key, by its key id, or the
command refuses it with a code and exit status 2. It never ends in a panic or by a signal, and never finds a key that
`cryptography` does not find. DER files are read as they are, and as PEM under every label. Encrypted keys are read with
all passphrases of the package's own tests. A second row is about the same files with a few bytes changed.

Needs `pip install cryptography cryptography_vectors`, both of one version. Options: `--short`.
"""

import base64
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

try:
    import cryptography_vectors
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
except ImportError as error:
    cryptography_vectors, MISSING = None, error.name

LABELS = ["PUBLIC KEY", "RSA PUBLIC KEY", "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
PASSPHRASES = ["foobar", "baz", "password", "123456", "a123456", "hunter42", "wrong", "password123", "abc123"]
CURVES = ("secp256r1", "secp384r1", "secp521r1")
WHAT = "key files of cryptography_vectors: panics, signals, refusals without a code, other keys"
WHAT_DAMAGED = "the same files with a few bytes changed"
# Keys that the command finds and `cryptography` refuses, each with the reason why both are right.
EXPLAINED = {
    "x509/custom/ecdsa_null_alg.pem": "`cryptography` refuses the certificate for its own signature's parameters; "
    "the command shows the key in it, and judges certificates where it verifies",
}


def main():
    warnings.simplefilter("ignore")  # `cryptography` warns of old kinds of keys
    if cryptography_vectors is None:
        why = f"Python has no module `{MISSING}`"
        say("suites/key-files", WHAT, "not run", None, why)
        say("suites/key-files-damaged", WHAT_DAMAGED, "not run", None, why)
        return
    short = "--short" in sys.argv[1:]
    files = list(collect(Path(cryptography_vectors.__file__).parent))
    jobs = [(name, text, passphrase) for name, text in files for passphrase in passphrases(text)]
    judge("suites/key-files", WHAT, f"of {len(jobs):,} readings of {len(files):,} files", jobs, at_least=80)
    changed = list(damaged(files, 1 if short else 20))
    judge("suites/key-files-damaged", WHAT_DAMAGED, f"of {len(changed):,} files", changed, at_least=1)


def collect(root):
    """Names and contents: every PEM and DER file, those in DER also as PEM under all labels."""
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.suffix not in (".pem", ".der", ".key", ".pub", ".crt") or not path.is_file():
            continue
        content = path.read_bytes()
        yield name, content
        if path.suffix == ".der" and content[:1] == b"\x30":
            for label in LABELS if name.startswith("asymmetric") else ["CERTIFICATE"]:
                yield f"{name} as {label}", pem(label, content)


def pem(label, content):
    return f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(content) + f"-----END {label}-----\n".encode()


def passphrases(text):
    return [None, *PASSPHRASES] if b"ENCRYPTED" in text else [None]


def damaged(files, times):
    """Bytes within the base64 are changed, taken away or doubled: by the file's name and a number."""
    block = re.compile(rb"(-----BEGIN ([A-Z0-9 ]+)-----\s+)([A-Za-z0-9+/=\s]+)(-----END)")
    for name, text in files:
        found = block.search(text)
        if not found or found[2].endswith(b"CERTIFICATE") or b"ENCRYPTED" in text:
            continue
        for number in range(times):
            source = random.Random(f"{name} {number}")
            try:
                content = bytearray(base64.b64decode(found[3]))
            except ValueError:
                continue
            for _ in range(source.choice([1, 1, 2])):
                near = min(40, len(content))  # where most of the structure is
                at = source.randrange(near if source.random() < 0.5 else len(content))
                change = source.randrange(4)
                if change < 2:
                    content[at] ^= 1 << source.randrange(8)
                elif change == 2:
                    del content[at]
                else:
                    content.insert(at, source.choice([0, content[at], 0x30, 0xFF]))
                if not content:
                    break
            yield f"{name}, change {number}", pem(found[2].decode(), bytes(content)), None


def judge(row, what, of, jobs, at_least):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(lambda job: compare(*job), jobs))
    outcomes = Counter(kind for kind, _ in answers)
    misses = [(job, detail) for job, (kind, detail) in zip(jobs, answers, strict=True) if kind == "miss"]
    for (name, _, passphrase), detail in misses:
        print(f"{row}: {name}, passphrase {passphrase}: {detail}", file=sys.stderr)
    for (name, _, passphrase), (kind, detail) in zip(jobs, answers, strict=True):
        if kind == "refused although good" and row.endswith("files"):
            print(f"{row}: {name}, passphrase {passphrase}: {kind}, {detail}", file=sys.stderr)
    refusals = Counter(detail for kind, detail in answers if kind == "refused although good")
    print(f"{row}: {dict(outcomes)}; refused although good, by code: {dict(refusals)}", file=sys.stderr)
    both = outcomes["same key"]
    # Where hardly any key is found, nothing was compared.
    say(row, what, f"{len(misses)} {of}; {both:,} times the same key", not misses and both >= at_least)


def compare(name, text, passphrase):
    """(kind, detail): kind is `miss` where the command is wrong."""
    status, output, errors = read(text, passphrase)
    expected = key_id_of(text, passphrase)
    if status == 0:
        try:
            found = json.loads(output)["key_id"]
        except (ValueError, KeyError):
            return "miss", f"exit 0 with the output {output[:200]}"
        if found is None:
            return "encrypted", None
        if found == expected:
            return "same key", None
        if name in EXPLAINED:
            return "explained", None
        return "miss", f"found {found}, cryptography {expected}"
    code = code_of(output) or code_of(errors)
    if status not in (1, 2) or not code:
        return "miss", f"exit status {status}, code {code}: {errors[-500:]}"
    return ("refused although good" if expected else "refused"), code


def read(text, passphrase):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "key.pem")
        path.write_bytes(text)
        path.chmod(0o600)
        words = [*os.environ["WEIGHTSEAL_BIN"].split(), "key", "show", str(path), "--json"]
        if passphrase is not None:
            secret = Path(folder, "passphrase")
            secret.write_text(passphrase, encoding="utf-8")
            secret.chmod(0o600)
            words += ["--passphrase-file", str(secret)]
        run = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return run.returncode, run.stdout.decode(errors="replace"), run.stderr.decode(errors="replace")


def code_of(said):
    try:
        return json.loads(said)["code"]
    except (ValueError, KeyError, TypeError):
        return None


def key_id_of(text, passphrase):
    """What `cryptography` finds: the key id, or None where it finds nothing or a key that is none of ours."""
    secret = passphrase.encode() if passphrase else None
    for load in [
        lambda: x509.load_pem_x509_certificate(text).public_key(),
        lambda: serialization.load_pem_public_key(text),
        lambda: serialization.load_pem_private_key(text, secret).public_key(),
        lambda: serialization.load_pem_private_key(text, None).public_key(),
    ]:
        try:
            key = load()
        except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion, OverflowError):
            continue
        if not fits(key):
            return None
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).hexdigest()
    return None


def fits(key):
    if isinstance(key, rsa.RSAPublicKey):
        return 2048 <= key.key_size <= 8192
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name in CURVES
    return isinstance(key, ed25519.Ed25519PublicKey)


def say(row, what, found, holds, why=None):
    document = {"id": row, "what": what, "found": found, "target": "0", "holds": holds}
    print("row: " + json.dumps(document | ({"why": why} if why else {})), flush=True)


if __name__ == "__main__":
    main()
