"""What one implementation signs the other one verifies: the command in WEIGHTSEAL_BIN, the reference, and openssl.

Every test makes its own keys and files; nothing here depends on the stored vectors.
"""

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

import published
import reference
import verifier

PASSPHRASE = "correct horse"
SIGNER = "training-pipeline@ml-team"
MODELS = {"a.bin": b"first model\n", "b.bin": b"", "c.bin": bytes(range(256)) * 5000}
ALGORITHMS = {
    "rsa-2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa-3072": lambda: rsa.generate_private_key(65537, 3072),
    "rsa-4096": lambda: rsa.generate_private_key(65537, 4096),
    "ecdsa-p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ecdsa-p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ecdsa-p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}
RSA = [name for name in ALGORITHMS if name.startswith("rsa")]
ECDSA = [name for name in ALGORITHMS if name.startswith("ecdsa")]


class Workplace:
    """A folder with models and one key pair, key.pem and key.pub."""

    def __init__(self, folder, command):
        self.folder, self.command = folder, command
        for name, content in MODELS.items():
            (folder / name).write_bytes(content)

    def run(self, *words, expect=0, passphrase=PASSPHRASE):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("WEIGHTSEAL_")}
        clean |= {"WEIGHTSEAL_PASSPHRASE": passphrase} if passphrase else {}
        words = [*self.command, *map(str, words)]
        run = subprocess.run(
            words, cwd=self.folder, env=clean, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
        )
        assert run.returncode == expect, f"{words}: exit {run.returncode}\n{run.stdout}{run.stderr}"
        return run.stdout

    def verify(self, *words, verdict="verified", authenticated=True, key="key.pub"):
        found = json.loads(self.run("verify", *words, "--key", key, "--json"))
        assert (found["verdict"], found["authenticated"]) == (verdict, authenticated), found

    def openssl(self, *words):
        run = subprocess.run(["openssl", *map(str, words)], cwd=self.folder, capture_output=True, text=True)
        assert run.returncode == 0, f"openssl {words}\n{run.stdout}{run.stderr}"
        return run.stdout

    def path(self, name):
        return self.folder / name

    def read(self, name):
        return json.loads(self.path(name).read_bytes())

    def private_key(self, passphrase=PASSPHRASE):
        return published.load_private_key(self.path("key.pem"), passphrase and passphrase.encode())

    def public_keys(self):
        return [published.load_public_key(self.path("key.pub"))]


@pytest.fixture(scope="session")
def pairs(command, tmp_path_factory):
    """(private PEM, public PEM) by maker and algorithm, each made once: large RSA keys take seconds."""
    made = {}

    def pair(maker, algorithm):
        if (maker, algorithm) not in made:
            place = Workplace(tmp_path_factory.mktemp("keys"), command)
            if maker == "command":
                place.run("keygen", "-o", "key.pem", "--algorithm", algorithm)
            else:
                key = ALGORITHMS[algorithm]()
                passphrase = PASSPHRASE.encode() if maker == "encrypted" else None
                published.write_key_pair(key, place.path("key.pem"), place.path("key.pub"), passphrase)
            made[maker, algorithm] = place.path("key.pem").read_bytes(), place.path("key.pub").read_bytes()
        return made[maker, algorithm]

    return pair


@pytest.fixture
def workplace(command, pairs, tmp_path):
    def at(maker, algorithm):
        private, public = pairs(maker, algorithm)
        place = Workplace(tmp_path, command)
        place.path("key.pem").write_bytes(private)
        place.path("key.pem").chmod(0o600)
        place.path("key.pub").write_bytes(public)
        return place

    return at


# ------------------------------------------------------------------------- made by the reference, verified here


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE.encode()], ids=["plain", "encrypted"])
@pytest.mark.parametrize("algorithm", RSA)
def test_published_manifests_verify(workplace, algorithm, passphrase):
    place = workplace("encrypted" if passphrase else "plain", algorithm)
    manifest = published.sign_artifact(place.path("a.bin"), place.path("key.pem"), SIGNER, passphrase, key_version=2)
    published.save_manifest(manifest, place.path("a.manifest.json"))
    published.verify_artifact(place.path("a.bin"), place.read("a.manifest.json"), place.path("key.pub"))
    place.verify("a.bin", authenticated=False)
    place.path("a.bin").write_bytes(b"First model\n")
    place.run("verify", "a.bin", "--key", "key.pub", expect=1)


def test_published_key_pairs_and_bundles_verify(workplace):
    place = workplace("plain", "rsa-2048")
    published.generate_key_pair(place.path("own.pem"), place.path("own.pub"), 2048, PASSPHRASE.encode())
    models = [place.path(name) for name in MODELS]
    bundle = published.sign_artifact_bundle(models, place.path("own.pem"), SIGNER, PASSPHRASE.encode())
    published.save_manifest(bundle, place.path("set.manifest.json"))
    published.verify_artifact_bundle(place.folder, place.read("set.manifest.json"), place.path("own.pub"))
    place.verify("set.manifest.json", authenticated=False, key="own.pub")
    place.verify("a.bin", "--signature", "set.manifest.json", authenticated=False, key="own.pub", verdict="partial")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_reference_manifests_verify(workplace, algorithm):
    place = workplace("encrypted", algorithm)
    key = place.private_key()
    for number, name in enumerate(MODELS):
        salt = padding.PSS.DIGEST_LENGTH if number == 1 else padding.PSS.MAX_LENGTH
        facts = {"key_version": 2, "model_version": 7, "expires_at": "2099-12-31T23:59:59Z", "git_commit": "0f3a"}
        facts = facts if number == 2 else {}
        manifest = reference.sign_manifest(place.path(name), key, SIGNER, salt=salt, compat=number < 2, **facts)
        published.save_manifest(manifest, place.path(name).with_suffix(".manifest.json"))
        place.verify(name, "--signer", SIGNER, "--max-age", "1h", "--require-authenticated")
    place.verify("c.bin", "--model-version-at-least", "7")
    place.run("verify", "c.bin", "--key", "key.pub", "--model-version-at-least", "8", expect=1)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_reference_bundles_verify(workplace, algorithm):
    place = workplace("plain", algorithm)
    bundle = reference.sign_bundle(place.folder, list(MODELS), "set", place.private_key(None), SIGNER)
    published.save_manifest(bundle, place.path("set.manifest.json"))
    place.verify("set.manifest.json", "--require-authenticated")
    place.verify("b.bin", "--signature", "set.manifest.json", verdict="partial")


# ------------------------------------------------------------------------- made here, verified by the reference


SIGN = {"default": [], "digest-salt": ["--pss-salt", "digest"], "max-salt": ["--pss-salt", "max"]}
FACTS = ["--key-version", "3", "--model-version", "4", "--expires", "2099-12-31T23:59:59Z", "--annotate", "run=17"]


@pytest.mark.parametrize("options", SIGN)
@pytest.mark.parametrize("algorithm", ["rsa-2048", "rsa-4096"])
def test_our_manifests_verify_as_published_ones(workplace, algorithm, options):
    place = workplace("command", algorithm)
    for name in MODELS:
        place.run("sign", name, "--key", "key.pem", "--signer", SIGNER, *SIGN[options])
        manifest = place.read(f"{Path(name).stem}.manifest.json")
        published.verify_artifact(place.path(name), manifest, place.path("key.pub"))
        digest = options == "digest-salt"
        (key,) = place.public_keys()
        salt = 32 if digest else key.key_size // 8 - 34
        assert verifier.is_pss(manifest["sha256"].encode(), base64.b64decode(manifest["signature"]), key, salt)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_our_manifests_verify(workplace, algorithm):
    place = workplace("command", algorithm)
    for name, more in zip(MODELS, [[], FACTS, ["--no-compat-signature"]], strict=True):
        place.run("sign", name, "--key", "key.pem", "--signer", SIGNER, *more, "-o", f"{name}.out.manifest.json")
        document = place.path(f"{name}.out.manifest.json").read_bytes()
        assert verifier.verify_manifest(document, place.path(name), place.public_keys(), signer=SIGNER) is True
        manifest = json.loads(document)
        assert ("signature" in manifest) == (algorithm in RSA and "--no-compat-signature" not in more)
        payload = base64.b64decode(manifest["envelope"]["payload"])
        statement = json.loads(payload)
        assert payload == reference.encode(statement), "the payload is compact and sorted"
        if more is FACTS:
            facts = statement["subject"][0]["annotations"]
            assert (facts["key_version"], facts["model_version"], facts["run"]) == (3, 4, "17")
            assert verifier.is_time(facts["expires_at"])
        place.path(name).write_bytes(b"something else")
        with pytest.raises(verifier.Rejected) as rejected:
            verifier.verify_manifest(document, place.path(name), place.public_keys())
        assert rejected.value.code == "hash-mismatch"


# Only RSA has a published signature, and so options for it.
BUNDLES = [(algorithm, []) for algorithm in ["rsa-2048", "rsa-3072", *ECDSA, "ed25519"]] + [
    (algorithm, more)
    for algorithm in ["rsa-2048", "rsa-3072"]
    for more in (["--no-compat-signature"], ["--pss-salt", "digest"])
]


@pytest.mark.parametrize("algorithm, more", BUNDLES, ids=[" ".join([algorithm, *more]) for algorithm, more in BUNDLES])
def test_our_bundles_verify(workplace, algorithm, more):
    place = workplace("command", algorithm)
    place.run("sign", *MODELS, "--bundle", "set.manifest.json", "--key", "key.pem", "--signer", SIGNER, *more)
    document = place.path("set.manifest.json").read_bytes()
    assert verifier.verify_bundle(document, place.folder, place.public_keys(), signer=SIGNER) is True
    if algorithm in RSA and "--no-compat-signature" not in more:
        published.verify_artifact_bundle(place.folder, json.loads(document), place.path("key.pub"))


@pytest.mark.parametrize("maker", ["plain", "encrypted"])
@pytest.mark.parametrize("algorithm", ["rsa-2048", *ECDSA, "ed25519"])
def test_keys_of_cryptography_sign_here(workplace, maker, algorithm):
    place = workplace(maker, algorithm)
    place.run("sign", "a.bin", "--key", "key.pem", "--signer", SIGNER)
    document = place.path("a.manifest.json").read_bytes()
    assert verifier.verify_manifest(document, place.path("a.bin"), place.public_keys()) is True


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ecdsa-p384", "ed25519"])
def test_our_plain_keys(workplace, algorithm):
    place = workplace("plain", algorithm)
    words = ["keygen", "-o", "own.pem", "--algorithm", algorithm, "--no-passphrase"]
    place.run(*words, passphrase=None)
    key = published.load_private_key(place.path("own.pem"))
    assert published.public_pem(key.public_key()) == place.path("own.pub").read_bytes()
    assert place.path("own.pem").stat().st_mode & 0o777 == 0o600
    place.run(*words, passphrase=None, expect=2)  # never over an existing file


# --------------------------------------------------------------------------------------------------- openssl


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_openssl_reads_our_keys(workplace, algorithm):
    place = workplace("command", algorithm)
    public = place.openssl("pkey", "-in", "key.pem", "-passin", f"pass:{PASSPHRASE}", "-pubout")
    assert public == place.openssl("pkey", "-pubin", "-in", "key.pub")
    assert public.encode() == place.path("key.pub").read_bytes()
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in place.path("key.pem").read_bytes()
    key_id = reference.key_id(place.private_key().public_key())
    assert key_id in place.run("key", "show", "key.pub", "--json")


@pytest.mark.parametrize("algorithm", RSA)
@pytest.mark.parametrize("salt", ["max", "digest"])
def test_openssl_verifies_our_published_signature(workplace, algorithm, salt):
    place = workplace("command", algorithm)
    place.run("sign", "a.bin", "--key", "key.pem", "--signer", SIGNER, "--pss-salt", salt)
    manifest = place.read("a.manifest.json")
    place.path("digest.txt").write_text(manifest["sha256"])
    place.path("sig").write_bytes(base64.b64decode(manifest["signature"]))
    length = 32 if salt == "digest" else int(algorithm[4:]) // 8 - 34  # 478 for 4096 bits
    words = ["-verify", "key.pub", "-signature", "sig", *pss(length), "digest.txt"]
    assert "Verified OK" in place.openssl("dgst", "-sha256", *words)


@pytest.mark.parametrize("algorithm", [*RSA, *ECDSA])
def test_openssl_verifies_our_envelope(workplace, algorithm):
    place = workplace("command", algorithm)
    envelope_of(place)
    hash_ = {"ecdsa-p384": "-sha384", "ecdsa-p521": "-sha512"}.get(algorithm, "-sha256")
    scheme = pss(32) if algorithm in RSA else []
    words = ["-verify", "key.pub", "-signature", "sig", *scheme, "pae"]
    assert "Verified OK" in place.openssl("dgst", hash_, *words)


def test_openssl_verifies_our_ed25519_envelope(workplace):
    place = workplace("command", "ed25519")
    envelope_of(place)
    words = ["-verify", "-pubin", "-inkey", "key.pub", "-sigfile", "sig", "-rawin", "-in", "pae"]
    assert "Successfully" in place.openssl("pkeyutl", *words)


def envelope_of(place):
    place.run("sign", "a.bin", "--key", "key.pem", "--signer", SIGNER)
    envelope = place.read("a.manifest.json")["envelope"]
    place.path("sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    place.path("pae").write_bytes(reference.pae(base64.b64decode(envelope["payload"]), envelope["payloadType"]))


def pss(salt):
    options = ["rsa_padding_mode:pss", f"rsa_pss_saltlen:{salt}", "rsa_mgf1_md:sha256"]
    return [word for option in options for word in ("-sigopt", option)]


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ecdsa-p256", "ed25519"])
@pytest.mark.parametrize("scheme", ["-v2 aes-256-cbc -v2prf hmacWithSHA256", "-v2 aes-128-cbc", "-scrypt", "-v2 des3"])
def test_keys_of_openssl_sign_here(workplace, algorithm, scheme):
    place = workplace("plain", algorithm)
    secret = ["-passout", f"pass:{PASSPHRASE}"]
    place.openssl("pkcs8", "-topk8", "-in", "key.pem", "-out", "own.pem", *scheme.split(), *secret)
    place.path("own.pem").chmod(0o600)
    place.run("sign", "a.bin", "--key", "own.pem", "--signer", SIGNER)
    place.verify("a.bin")


# ------------------------------------------------------------------------------------------------- sha256sum


def test_sha256sum_accepts_our_digests(workplace):
    place = workplace("plain", "ed25519")
    names = [*MODELS, "with space.bin", "back\\slash.bin", "line\nend.bin"]
    for name in names[3:]:
        place.path(name).write_bytes(name.encode())
    lines = place.run("digest", *names)
    place.path("sums").write_text(lines)
    run = subprocess.run(["sha256sum", "--strict", "-c", "sums"], cwd=place.folder, capture_output=True, text=True)
    assert run.returncode == 0, f"{lines}\n{run.stdout}{run.stderr}"
    own = subprocess.run(["sha256sum", *names], cwd=place.folder, capture_output=True, text=True)
    assert lines == own.stdout
