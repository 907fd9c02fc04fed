"""Uses the installed package with nothing but the standard library: `python smoke.py PATH_OF_THE_COMMAND`."""

import hashlib
import importlib.metadata
import os
import pathlib
import subprocess
import sys
import tempfile

import weightseal


def expect(kind, call):
    try:
        call()
    except kind as error:
        assert error.code and str(error), error
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def main():
    command = sys.argv[1]
    assert not importlib.metadata.requires("weightseal") or all(
        "extra ==" in requirement for requirement in importlib.metadata.requires("weightseal")
    ), "something is needed at run time"
    assert {"torch", "numpy", "pytest"}.isdisjoint(sys.modules)
    assert pathlib.Path(weightseal.__file__).parent.joinpath("py.typed").exists()

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        weightseal.generate_key_pair("key.pem", "key.pub", "a passphrase", algorithm="rsa-2048")
        weightseal.generate_key_pair("other.pem", "other.pub", None, algorithm="ed25519")
        content = os.urandom(9_000_000)
        pathlib.Path("model.bin").write_bytes(content)
        assert weightseal.hash_file("model.bin") == hashlib.sha256(content).hexdigest()
        manifest = weightseal.sign_artifact("model.bin", "key.pem", "a passphrase", "team@example.org", model_version=2)
        weightseal.save_manifest(manifest, "model.manifest.json")
        assert weightseal.verify_artifact("model.bin", "model.manifest.json", "key.pub") == manifest

        with weightseal.open_verified("model.bin", "key.pub", signer="team@example.org") as model:
            pathlib.Path("model.bin").write_bytes(b"something else")
            assert model.read() == content and bytes(memoryview(model)) == content
            assert model.path.read_bytes() == content and model.path.name == "model.bin"
            assert model.verified.model_version == 2
        expect(weightseal.HashMismatch, lambda: weightseal.open_verified("model.bin", "key.pub"))
        pathlib.Path("model.bin").write_bytes(content)
        expect(weightseal.VerificationError, lambda: weightseal.verify("model.bin", "other.pub"))

        pathlib.Path("trust.toml").write_text("serial = 1\nexpires_at = 2099-01-01\n")
        store = weightseal.TrustStore.load("trust.toml")
        expect(weightseal.VerificationError, lambda: weightseal.verify("model.bin", trust=store))
        store = store.add("team@example.org", "key.pub", models="*.bin")
        for trust in (store, "trust.toml"):
            assert weightseal.verify("model.bin", trust=trust).signer == "team@example.org"
        assert store.explain("model.bin").verdict == "accepted"
        os.remove("trust.toml")

        weightseal.sign_bundle(["model.bin"], "set.manifest.json", "other.pem", signer="x", passphrase=None)
        with weightseal.verified_dir(".", "other.pub") as verified:
            assert os.listdir(verified.path) == ["model.bin"]
            assert verified.path.joinpath("model.bin").read_bytes() == content

        for words in ([command], [sys.executable, "-m", "weightseal"]):
            run = subprocess.run([*words, "verify", "model.bin", "--key", "key.pub"], capture_output=True, text=True)
            assert run.returncode == 0 and "verified" in run.stderr + run.stdout, run
            run = subprocess.run([*words, "verify", "key.pub", "--key", "key.pub"], capture_output=True, text=True)
            assert run.returncode == 1 and "unsigned" in run.stderr, run
        os.chdir("/")
    print(f"Python {sys.version.split()[0]}: weightseal {weightseal.__version__} signs, verifies and loads")


main()
