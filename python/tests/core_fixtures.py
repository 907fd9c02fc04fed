"""What the tests of the package's core share: keys, signed files, a place for copies, processes of their own."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import typing

import pytest

import weightseal

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = ROOT / "testkit" / "vectors"
SIGNER = "training-pipeline@ml-team"

KEEP = ["memory", "disk"]

# Where lines end: at once, around the 8 KiB that are read to find an end, and not at all.
LINES = b"".join(b"x" * length + b"\n" for length in (0, 1, 2, 80, 8190, 8191, 8192, 8193, 20_000, 0, 0)) + b"no end"

# How a hint of the command names an option, which means nothing to somebody who writes Python.
OPTION = r"(?<![\w-])--[a-z]"


class Pair(typing.NamedTuple):
    """A key pair; the private key is unencrypted unless there is a passphrase."""

    private: pathlib.Path
    public: pathlib.Path
    passphrase: str | None

    @classmethod
    def make(cls, folder: pathlib.Path, algorithm: str, passphrase: str | None = None) -> Pair:
        pair = cls(folder / "key.pem", folder / "key.pub", passphrase)
        weightseal.generate_key_pair(pair.private, pair.public, passphrase, algorithm=algorithm)
        return pair

    def sign(self, path, **said) -> pathlib.Path:
        """Signs a file; returns the path of the manifest."""
        said = {"signer": SIGNER, "passphrase": self.passphrase} | said
        return pathlib.Path(weightseal.sign(path, self.private, **said)["manifest"])

    def sign_bundle(self, paths, output, **said) -> pathlib.Path:
        said = {"signer": SIGNER, "passphrase": self.passphrase} | said
        return pathlib.Path(weightseal.sign_bundle(paths, output, self.private, **said)["manifest"])

    def manifest(self, path, **said) -> dict:
        return weightseal.sign_artifact(path, self.private, self.passphrase, SIGNER, **said)


@pytest.fixture(scope="session")
def ed25519(tmp_path_factory) -> Pair:
    """The key that signs fastest."""
    return Pair.make(tmp_path_factory.mktemp("ed25519"), "ed25519")


@pytest.fixture(scope="session")
def rsa(tmp_path_factory) -> Pair:
    """A key whose manifests have the signature that other programs verify."""
    return Pair.make(tmp_path_factory.mktemp("rsa"), "rsa-2048")


@pytest.fixture(scope="session")
def locked(tmp_path_factory) -> Pair:
    """An encrypted key."""
    return Pair.make(tmp_path_factory.mktemp("locked"), "ed25519", "correct horse")


@pytest.fixture(autouse=True)
def no_passphrase_around(monkeypatch) -> None:
    """What the person who runs the tests has set is no part of them."""
    monkeypatch.delenv("WEIGHTSEAL_PASSPHRASE", raising=False)


@pytest.fixture
def model(tmp_path) -> pathlib.Path:
    """A file of 10 000 bytes, not signed yet, in a folder where nothing else is."""
    folder = tmp_path / "models"
    folder.mkdir()
    path = folder / "model.bin"
    path.write_bytes(bytes(range(250)) * 40)
    return path


@pytest.fixture
def copies(tmp_path_factory, monkeypatch) -> typing.Iterator[pathlib.Path]:
    """The folder in which private folders are made. Nothing may be left in it when the test ends."""
    folder = tmp_path_factory.mktemp("copies")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    gc.collect()
    # Other modules have temporary folders there as well.
    assert sorted(path.name for path in folder.glob("weightseal-*")) == []


@pytest.fixture
def load(ed25519, tmp_path, copies):
    """A function that signs bytes and returns them verified; closed when the test ends."""
    opened = []

    def load(content, keep="memory", name="model.bin", **asked):
        path = tmp_path / name
        path.write_bytes(content)
        ed25519.sign(path)
        opened.append(weightseal.open_verified(path, ed25519.public, keep=keep, **asked))
        return opened[-1]

    yield load
    for file in opened:
        file.close()


def strip(manifest: dict) -> dict:
    """What is left when somebody takes the envelope away: the published format, in which only digests are signed."""
    manifest = {name: value for name, value in manifest.items() if name not in ("envelope", "key_id")}
    if "artifacts" in manifest:
        manifest["artifacts"] = [strip(entry) for entry in manifest["artifacts"]]
    return manifest


def write_json(path: pathlib.Path, value: object) -> pathlib.Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def flip_bit(path: pathlib.Path) -> None:
    """Changes one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def lose_privileges() -> None:
    """For `preexec_fn`: whoever is root becomes an ordinary owner of its files, whom mode bits do stop."""
    PR_CAPBSET_DROP, LAST_CAPABILITY = 24, 40
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in range(LAST_CAPABILITY + 1):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def run_python(script: str, *arguments: object, privileged: bool = False, **environment: str) -> str:
    """Runs a script, which has to succeed, in a process of its own; returns what it printed."""
    run = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, **environment},
        preexec_fn=None if privileged else lose_privileges,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, f"exit status {run.returncode}\n{run.stdout}{run.stderr}"
    return run.stdout
