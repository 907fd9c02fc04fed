"""Garbage collection, forks and few file descriptors at the wrong moment."""

from __future__ import annotations

import io
import os
import pathlib
import resource
import subprocess
import sys

import pytest

import weightseal


@pytest.fixture
def key(tmp_path):
    weightseal.generate_key_pair(tmp_path / "key.pem", tmp_path / "key.pub", None, algorithm="ed25519")
    return tmp_path


def run(script: str, *arguments: object, timeout: float = 60) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True, timeout=timeout
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_garbage_that_holds_a_view_is_collected_while_another_view_is_refused(key, tmp_path):
    """Refusing a writable view raises; raising may collect garbage, and that may release a view of the same bytes."""
    model = tmp_path / "model.bin"
    model.write_bytes(b"weights" * 100)
    weightseal.sign(model, key / "key.pem", signer="x", passphrase=None)
    script = """
import gc, io, sys, weightseal
file = weightseal.open_verified(sys.argv[1], sys.argv[2])
gc.set_threshold(1, 1, 1)
for _ in range(3000):
    cycle = [memoryview(file)]
    cycle.append(cycle)
    del cycle
    try:
        io.BytesIO(b"x").readinto(file)
    except (BufferError, TypeError):
        continue
    sys.exit("a writable view was given")
print("done")
"""
    assert run(script, model, key / "key.pub") == "done\n"


def test_a_forked_child_leaves_what_its_parent_writes(key, tmp_path):
    script = """
import os, sys, weightseal
from weightseal import _native
from weightseal._options import signing
writer = _native.ModelWriter(sys.argv[1], None, signing(sys.argv[2], None, "x"))
writer.write(b"weights")
child = os.fork()
if child == 0:
    for call in (lambda: writer.write(b"more"), writer.finish):
        try:
            call()
        except ValueError:
            continue
        os._exit(1)
    with writer:
        pass
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
writer.write(b" of a model")
writer.finish()
assert weightseal.open_verified(sys.argv[1], sys.argv[3]).read() == b"weights of a model"
print("done")
"""
    assert run(script, tmp_path / "model.bin", key / "key.pem", key / "key.pub") == "done\n"


@pytest.mark.parametrize("keep", ["auto", "disk"])
def test_more_files_than_descriptors(keep, key, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for at in range(700):
        (folder / f"f{at}").write_bytes(b"%d" % at)
    files = sorted(folder.iterdir())
    weightseal.sign_bundle(files, folder / "many.manifest.json", key / "key.pem", signer="x", passphrase=None)
    script = """
import sys, resource, weightseal
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
with weightseal.verified_dir(sys.argv[1], sys.argv[2], keep=sys.argv[3]) as folder:
    assert len(folder) == 700
    for at in range(700):
        assert folder.path.joinpath(f"f{at}").read_bytes() == b"%d" % at
print("done")
"""
    assert run(script, folder, key / "key.pub", keep) == "done\n"


def test_a_full_disk_is_what_is_told_whatever_the_framework_says(key, tmp_path):
    """Frameworks go on after a failed write, and then fail for reasons of their own."""
    from weightseal import _native
    from weightseal._options import signing

    class Stubborn(Exception):
        pass

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, limits[1]))
    try:
        with pytest.raises(weightseal.errors.FileError) as caught:
            with _native.ModelWriter(tmp_path / "model.bin", None, signing(key / "key.pem", None, "x")) as writer:
                try:
                    writer.write(bytes(4_000_000))
                except weightseal.errors.FileError:
                    raise Stubborn from None
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, old)
    assert caught.value.code == "unwritable-output"
    assert sorted(os.listdir(tmp_path)) == ["key.pem", "key.pub"]


def test_a_model_is_never_written_over_a_key_or_a_manifest(key, tmp_path):
    from weightseal import pickle

    model = tmp_path / "model.pkl"
    saved = pickle.dump([1], model, key / "key.pem", signer="x", passphrase=None)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    for place in (key / "key.pem", key / "key.pub", pathlib.Path(saved["manifest"])):
        with pytest.raises(weightseal.errors.NotReplaceable):
            pickle.dump([2], place, key / "key.pem", signer="x", passphrase=None)
    with pytest.raises(weightseal.errors.NotReplaceable):
        pickle.dump([2], tmp_path / "new.pkl", key / "key.pem", signer="x", passphrase=None, output_path=tmp_path / "new.pkl")
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_file_of_bytes_is_no_writable_target(key, tmp_path):
    model = tmp_path / "model.bin"
    model.write_bytes(b"weights")
    weightseal.sign(model, key / "key.pem", signer="x", passphrase=None)
    with weightseal.open_verified(model, key / "key.pub") as file:
        with pytest.raises((BufferError, TypeError)):
            io.BytesIO(b"x" * 7).readinto(file)
        assert file.read() == b"weights"
