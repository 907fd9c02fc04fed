"""OMS signatures made by the command in WEIGHTSEAL_BIN, verified by the reference; vectors show the other way."""

import json
import os
import subprocess

import pytest

import keyring
import oms
import oms_verifier
import published
from verifier import Rejected

FILES = {"config.json": b"{}\n", "a-b": b"1" * 40, "a/b": b"2" * 33, "a/c:0:8": b"3", "modèle": b"4" * 32}
HOW = {
    "files": [],
    "blake2b": ["--hash", "blake2b"],
    "blake3": ["--hash", "blake3"],
    "shards": ["--shard-size", "16"],
    "shards-reference": ["--shard-size", "16", "--shard-dialect", "reference"],
    "annotations": ["--signer", "me", "--model-version", "3", "--expires", "2099-01-31", "--annotate", "commit=0f3a"],
}


@pytest.fixture
def sign(command, tmp_path):
    def made(key, options):
        for name, content in FILES.items():
            (tmp_path / "model" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "model" / name).write_bytes(content)
        (tmp_path / "key.pem").write_bytes(keyring.read(f"{key}.pem"))
        (tmp_path / "key.pem").chmod(0o600)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("WEIGHTSEAL_")}
        words = [*command, "sign", "model", "--key", "key.pem", *options]
        run = subprocess.run(words, cwd=tmp_path, env=clean, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        assert run.returncode == 0, run.stderr.decode()
        return tmp_path / "model"

    return made


def verify(model, key):
    asked = oms_verifier.Asked(keys=[published.load_public_key(keyring.KEYS / f"{key}.pub")])
    signature = str(model / "model.sig")
    return oms_verifier.verify((model / "model.sig").read_bytes(), str(model), signature, asked)


@pytest.mark.parametrize("key", ["p256", "p384", "p521", "ed25519", "rsa2048"])
def test_signatures_of_the_command_verify(sign, key):
    assert verify(sign(key, []), key)["weakened"] == []


@pytest.mark.parametrize("how", HOW)
def test_what_the_command_lists_is_what_is_there(sign, how):
    model = sign("p256", HOW[how])
    verify(model, "p256")
    (model / "config.json").write_bytes(b"[]\n")
    with pytest.raises(Rejected, match="hash-mismatch"):
        verify(model, "p256")
    (model / "config.json").write_bytes(FILES["config.json"])
    (model / "extra").write_bytes(b"")
    with pytest.raises(Rejected, match="extra-file"):
        verify(model, "p256")


def test_the_hint_is_that_of_the_key(sign):
    bundle = json.loads((sign("p256", []) / "model.sig").read_bytes())
    key = published.load_public_key(keyring.KEYS / "p256.pub")
    assert bundle["verificationMaterial"]["publicKey"]["hint"] == oms.fingerprint(key)
