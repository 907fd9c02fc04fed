"""What the tests of OMS signatures share: models of many shapes, keys, certificate chains, and the two commands."""

import base64
import datetime
import json
import os
import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CURVES = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}
METHODS = [f"key {name}" for name in CURVES] + [f"certificate {name}" for name in [*CURVES, "rsa"]]
EMAIL, URI = "signer@models.example", "https://models.example/signer"
SUBJECT = "CN=signer"


def numbered(*names):
    """Files of these names, no two of them alike."""
    return {name: b"%d" % number for number, name in enumerate(names)}


# Folders by what is particular about their names or contents.
SHAPES = {
    "one": {"model.bin": b"weights"},
    "nested": {"a/b/c/d/e/f.bin": b"deep", "a/b/c.bin": b"middle", "a.bin": b"top", "a/z": bytes(range(256)) * 40},
    "spaces": numbered("with space.bin", " before", "after ", "a folder/in it"),
    "unicode": numbered("übung.bin", "模型/重み.bin", "\U0001f600", "e\u0301t\u00e9", "\uffee"),
    "colons": numbered("a:b.bin", "a:0:5", "c:\\d", "f:o/l:d", "last:"),
    "long": numbered("x" * 255, "d" * 255 + "/" + "y" * 255, "é" * 127),
    "empty": {"empty.bin": b"", "also/empty": b"", "full": b"1"},
    "order": numbered("a-b", "a/b", "a.b", "a/b-c", "a0", "Q", "Z/a", "b/a-b/c", "b/a/b", "b/a.b"),
    "punctuation": numbered("*?<>|", "q'\"", "$HOME`id`", "-rf", "%41", "~", "dot."),
    "hidden": numbered(".cache/x", ".env", ".gitmodules", "sub/.gitignore", "sub/.git/config"),
    "many": numbered(*(f"{number % 7}/{number % 13}/part-{number}.bin" for number in range(300))),
}


def write_model(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def change_one_byte(path):
    content = bytearray(path.read_bytes()) or bytearray(1)
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def largest(folder):
    """The file that a test changes: one of several bytes, so that its length stays."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "model.sig"]
    return max(files, key=lambda path: path.stat().st_size)


def bundle_of(path):
    return json.loads(Path(path).read_bytes())


def statement_of(path):
    return json.loads(base64.b64decode(bundle_of(path)["dsseEnvelope"]["payload"]))


class Command:
    """`weightseal`, run without its environment variables."""

    def __init__(self, words):
        self.words = words

    def run(self, *words):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("WEIGHTSEAL_")}
        words = [*self.words, *map(str, words)]
        return subprocess.run(
            words, env=clean, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=120
        )

    def sign(self, *words, expect=0):
        run = self.run("sign", *words, "-q")
        assert run.returncode == expect, f"sign {words}: exit {run.returncode}\n{run.stdout}{run.stderr}"

    def verify(self, *words, code="verified"):
        """What `verify --json` answers; the exit status has to be that of the verdict, the headline `code`."""
        run = self.run("verify", *words, "--json")
        found = json.loads(run.stdout)
        assert found["code"] == code, f"verify {words}: {found['code']}\n{run.stdout}{run.stderr}"
        expect = {"verified": 0, "partial": 0, "rejected": 1}.get(found["verdict"], 2)
        assert run.returncode == expect, f"verify {words}: exit {run.returncode}, {found['verdict']}"
        return found


class Reference:
    """The reference implementation, in a process of its own environment."""

    def __init__(self, python):
        self.python = python
        script = Path(__file__).with_name("oms_reference.py")
        self.process = subprocess.Popen(
            [python, "-B", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONUTF8": "1"},
            encoding="utf-8",
        )

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request, default=str) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the process of the reference implementation ended"
        return json.loads(answer)

    def accepts(self, **request):
        answer = self.ask(**request)
        assert answer["ok"], f"{request}: {answer['error']}"

    def refuses(self, why, **request):
        answer = self.ask(**request)
        assert not answer["ok"], f"{request}: accepted"
        assert why in answer["error"], f"{request}: {answer['error']}"

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


class Keys:
    """Fresh key pairs and certificate chains, as PEM files in a folder."""

    def __init__(self, folder):
        self.folder = folder
        for curve in CURVES:
            self.pair(curve, curve)
        self.pair("other", "p256")
        for curve in CURVES:
            self.chain(curve, curve)
        self.chain("rsa", "p384", authorities="rsa")
        self.chain("unrelated", "p256")

    def private(self, name):
        return self.folder / f"{name}.pem"

    def public(self, name):
        return self.folder / f"{name}.pub"

    def certificate(self, chain, of):
        """Of the `root`, the `intermediate` or the `leaf`."""
        return self.folder / f"{chain}-{of}.crt"

    def signing(self, chain):
        """The options of our `sign` for a chain."""
        leaf, intermediate = (self.certificate(chain, of) for of in ("leaf", "intermediate"))
        return ["--key", self.private(f"{chain}-leaf"), "--certificate", leaf, "--intermediate", intermediate]

    def trusting(self, chain, identity=EMAIL):
        """The options of our `verify` for a chain."""
        return ["--ca-root", self.certificate(chain, "root"), "--certificate-identity", identity]

    def pair(self, name, kind):
        key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(CURVES[kind])
        plain, pkcs8 = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
        self.private(name).write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, plain))
        self.private(name).chmod(0o600)
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        self.public(name).write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, spki))
        return key

    def chain(self, name, curve, authorities="p384"):
        """A root, an intermediate authority and a certificate for signing code."""
        root_key, intermediate_key = (self.pair(f"{name}-{of}", authorities) for of in ("root", "intermediate"))
        leaf_key = self.pair(f"{name}-leaf", curve)
        root_name, intermediate_name = f"root of {name}", f"intermediate of {name}"
        root = authority(root_name, root_name, root_key, root_key)
        intermediate = authority(intermediate_name, root_name, intermediate_key, root_key)
        usage = key_usage(digital_signature=True)
        leaf = builder("signer", intermediate_name, leaf_key, hours=1)
        leaf = leaf.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        leaf = leaf.add_extension(usage, critical=True)
        leaf = leaf.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        names = [x509.RFC822Name(EMAIL), x509.UniformResourceIdentifier(URI)]
        leaf = leaf.add_extension(x509.SubjectAlternativeName(names), critical=False)
        leaf = leaf.sign(intermediate_key, hashes.SHA256())
        for of, certificate in {"root": root, "intermediate": intermediate, "leaf": leaf}.items():
            self.certificate(name, of).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


class Signing:
    """One key or chain, as either implementation takes it."""

    def __init__(self, keys, method):
        method, name = method.split()
        self.ours, self.trusted = keys.signing(name), keys.trusting(name)
        self.stranger, self.wrong = keys.trusting("unrelated"), "untrusted-certificate"
        self.sign = ["--private_key", keys.private(f"{name}-leaf")]
        self.sign += ["--signing_certificate", keys.certificate(name, "leaf")]
        self.sign += ["--certificate_chain", keys.certificate(name, "intermediate")]
        self.verify = ["--certificate_chain", keys.certificate(name, "root")]
        self.verify_wrong = ["--certificate_chain", keys.certificate("unrelated", "root")]
        if method == "key":
            self.ours, self.trusted = ["--key", keys.private(name)], ["--key", keys.public(name)]
            self.stranger, self.wrong = ["--key", keys.public("other")], "untrusted-key"
            self.sign = ["--private_key", keys.private(name)]
            self.verify, self.verify_wrong = ["--public_key", keys.public(name)], ["--public_key", keys.public("other")]
        self.sign, self.verify = ["sign", method, *self.sign], ["verify", method, *self.verify]
        self.verify_wrong = ["verify", method, *self.verify_wrong]


def authority(name, issuer, key, issuer_key):
    certificate = builder(name, issuer, key, hours=2)
    certificate = certificate.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = certificate.add_extension(key_usage(key_cert_sign=True, crl_sign=True), critical=True)
    return certificate.sign(issuer_key, hashes.SHA256())


def builder(name, issuer, key, hours):
    """Valid since some hours: the reference asks whether authorities were valid when the signer's validity began."""
    now = datetime.datetime.now(datetime.timezone.utc)
    named = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (name, issuer)]
    made = x509.CertificateBuilder().subject_name(named[0]).issuer_name(named[1]).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - datetime.timedelta(hours=hours))
    made = made.not_valid_after(now + datetime.timedelta(days=9))
    return made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def key_usage(**given):
    names = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    names += ["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{name: given.get(name, False) for name in names})
