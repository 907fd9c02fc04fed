"""Nobody changes verified bytes, and they are those that were hashed, whatever happens to the original."""

from __future__ import annotations

import fcntl
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys

import pytest
from core_fixtures import KEEP, LINES, copies, ed25519, load, no_passphrase_around, run_python  # noqa: F401

import weightseal


# --- Sealed ---------------------------------------------------------------------------------------------------


F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_EXEC = 1, 2, 4, 8, 32


def test_memory_is_sealed_against_everything(load):
    file = load(LINES)
    assert file.kept == "memory" and re.fullmatch(rf"/proc/{os.getpid()}/fd/\d+", str(file._bare_path))
    assert os.readlink(file._bare_path) == "/memfd:weightseal (deleted)"
    descriptor = os.open(file._bare_path, os.O_RDONLY)
    try:
        seals = fcntl.fcntl(descriptor, fcntl.F_GET_SEALS)
        needed = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE
        assert (fcntl.F_SEAL_SEAL, fcntl.F_SEAL_SHRINK, fcntl.F_SEAL_GROW, fcntl.F_SEAL_WRITE) == (1, 2, 4, 8)
        assert seals & needed == needed
        release = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))
        # Since then, memory can also be sealed against being made executable.
        assert seals & F_SEAL_EXEC or release < (6, 3)
        with pytest.raises(PermissionError):
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, 0)
    finally:
        os.close(descriptor)
    mode = os.stat(file._bare_path).st_mode
    assert stat.S_ISREG(mode) and stat.S_IMODE(mode) == 0o400


# Tries all doors to the bytes behind a path, and says which of them let it in.
BURGLAR = r"""
import fcntl, mmap, os, sys, weightseal
model, key, keep = sys.argv[1:]
file = weightseal.open_verified(model, key, keep=keep)
good = file.read()
own = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
own = [path for path in own if os.path.exists(path) and os.path.samefile(path, file._bare_path)]
assert own
paths = [file.path, file._bare_path, *own, *(path.replace("self", str(os.getpid())) for path in own)]

def attempt(name, act):
    try:
        act()
    except (OSError, ValueError, TypeError) as error:
        assert not isinstance(error, FileNotFoundError), (name, error)
    else:
        print("door", name)

def through(descriptor, name):
    attempt(f"{name} write", lambda: os.write(descriptor, b"X"))
    attempt(f"{name} pwrite", lambda: os.pwrite(descriptor, b"X", 0))
    attempt(f"{name} writev", lambda: os.writev(descriptor, [b"X"]))
    attempt(f"{name} shrink", lambda: os.ftruncate(descriptor, 1))
    attempt(f"{name} grow", lambda: os.ftruncate(descriptor, len(good) + 1))
    attempt(f"{name} fallocate", lambda: os.posix_fallocate(descriptor, 0, len(good) + 4096))
    attempt(f"{name} mmap", lambda: mmap.mmap(descriptor, len(good), access=mmap.ACCESS_WRITE).__setitem__(0, 88))
    with open("/bin/sh", "rb") as source:
        attempt(f"{name} sendfile", lambda: os.sendfile(descriptor, source.fileno(), 0, 10))
        attempt(f"{name} copy", lambda: os.copy_file_range(source.fileno(), descriptor, 10, 0, 0))
    attempt(f"{name} unseal", lambda: fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, 0))
    attempt(f"{name} executable", lambda: os.fchmod(descriptor, 0o700))

opened = 0
for number, path in enumerate(paths):
    attempt(f"{number} truncate", lambda: os.truncate(path, 0))
    attempt(f"{number} write_text", lambda: open(path, "w").write("X"))
    attempt(f"{number} execute", lambda: os.execv(path, ["model"]))
    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDWR | os.O_APPEND, os.O_RDWR | os.O_TRUNC):
        try:
            descriptor = os.open(path, flags)
        except PermissionError:
            continue
        opened += flags != os.O_RDONLY
        through(descriptor, f"{number} {flags}")
        os.close(descriptor)
    # A private map can be written by whoever made it, and by nobody else.
    with open(path, "rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_COPY) as mine:
        mine[0] ^= 255
for path in own:
    through(int(path.rpartition("/")[2]), "our own descriptor")
file.seek(0)
assert file.read() == good == bytes(file) == open(file.path, "rb").read() == open(file._bare_path, "rb").read()
print("opened for writing:", opened)
"""


@pytest.mark.parametrize("content", [b"#!/bin/sh\necho door script\n", LINES], ids=["script", "lines"])
@pytest.mark.parametrize("privileged", [False, True])
def test_no_door_leads_to_sealed_memory(privileged, content, ed25519, tmp_path, copies):
    if privileged and os.geteuid() != 0:
        pytest.skip("only root has these privileges")
    (tmp_path / "model.bin").write_bytes(content)
    ed25519.sign(tmp_path / "model.bin")
    said = run_python(
        BURGLAR, tmp_path / "model.bin", ed25519.public, "memory", privileged=privileged, TMPDIR=str(copies)
    )
    lines = said.splitlines()
    assert [line for line in lines if line.startswith("door")] == []
    # An ordinary owner cannot even open it; whom no mode stops can, and is stopped by the seals.
    assert (lines[-1] == "opened for writing: 0") is not privileged


def test_an_ordinary_owner_cannot_open_a_copy_on_disk_for_writing(ed25519, tmp_path, copies):
    """What a copy on disk has is a mode. Its owner could change that; nobody else gets into the folder."""
    script = r"""
import os, sys, weightseal
file = weightseal.open_verified(sys.argv[1], sys.argv[2], keep="disk")
for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC):
    try:
        os.open(file.path, flags)
    except PermissionError:
        continue
    sys.exit("opened")
for act in (lambda: os.execv(file.path, ["x"]), lambda: os.unlink(file.path),
            lambda: open(file.path.parent / "new", "x"), lambda: os.rename(file.path, file.path.parent / "new")):
    try:
        act()
    except PermissionError:
        continue
    sys.exit("done")
file.read(1)
own = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
for path in own:
    if os.path.exists(path) and os.path.samefile(path, file.path):
        try:
            os.write(int(path.rpartition("/")[2]), b"X")
        except OSError:
            print("our own descriptor only reads")
"""
    (tmp_path / "model.bin").write_bytes(b"#!/bin/sh\nexit 0\n")
    ed25519.sign(tmp_path / "model.bin")
    said = run_python(script, tmp_path / "model.bin", ed25519.public, TMPDIR=str(copies))
    assert said == "our own descriptor only reads\n"


# --- Exactly the bytes that were hashed -----------------------------------------------------------------------


@pytest.mark.parametrize("keep", KEEP)
def test_what_happens_to_the_original_afterwards_changes_nothing(keep, ed25519, tmp_path, copies):
    path = tmp_path / "model.bin"
    happenings = {
        "written to": lambda: path.write_bytes(b"X" * len(LINES)),
        "cut off": lambda: os.truncate(path, 3),
        "replaced": lambda: os.replace(tmp_path / "evil.bin", path),
        "removed": path.unlink,
        "a folder": lambda: (path.unlink(), path.mkdir()),
    }
    for happening in happenings.values():
        if path.is_dir():
            path.rmdir()
        path.write_bytes(LINES)
        (tmp_path / "evil.bin").write_bytes(b"evil" * 10_000)
        ed25519.sign(path)
        with weightseal.open_verified(path, ed25519.public, keep=keep) as file:
            view = memoryview(file)
            happening()
            assert file.read() == view == file.path.read_bytes() == file._bare_path.read_bytes() == LINES
            view.release()


BIG = 400_000_000  # bytes; hashing them takes long enough to be looked at


@pytest.fixture
def big(ed25519, tmp_path, copies):
    """A large signed file of zeros, which takes no room on disk."""
    path = tmp_path / "big.bin"
    with path.open("wb") as file:
        file.truncate(BIG)
    ed25519.sign(path)
    return path


class AtFirst:
    """Progress that acts once, when a part of the file has been read."""

    def __init__(self, act):
        self.act = act
        self.done = 0
        self.acted_at = None

    def __call__(self, count):
        self.done += count
        if self.acted_at is None:
            self.acted_at = self.done
            self.act()


def write_at(path, offset):
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"evil")


def test_a_change_behind_the_reader_is_not_in_the_copy(big, ed25519):
    progress = AtFirst(lambda: write_at(big, 0))
    with weightseal.open_verified(big, ed25519.public, progress=progress) as file:
        assert 0 < progress.acted_at < BIG
        assert big.open("rb").read(4) == b"evil"
        assert (
            file.read(4) == bytes(4) and memoryview(file)[:4] == bytes(4) and file.path.open("rb").read(4) == bytes(4)
        )


def test_a_change_before_the_reader_is_refused(big, ed25519):
    progress = AtFirst(lambda: write_at(big, BIG - 4))
    with pytest.raises((weightseal.HashMismatch, weightseal.ChangedWhileReading)):
        weightseal.open_verified(big, ed25519.public, progress=progress)
    assert 0 < progress.acted_at < BIG


@pytest.mark.parametrize("size", [0, BIG // 2, BIG + 1])
def test_a_file_that_shrinks_or_grows_meanwhile_is_refused(size, big, ed25519):
    progress = AtFirst(lambda: os.truncate(big, size))
    with pytest.raises((weightseal.VerificationError, weightseal.ChangedWhileReading)):
        weightseal.open_verified(big, ed25519.public, progress=progress)
    assert 0 < progress.acted_at < BIG


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is needed to see what is opened")
@pytest.mark.parametrize("keep", KEEP)
@pytest.mark.parametrize(
    "function", ["open_verified", "verified_dir", "verified_dir, OMS", "verify", "verify_artifact"]
)
def test_the_path_of_the_model_is_opened_once(function, keep, ed25519, tmp_path, copies):
    names = ["weights.bin", "sub/vocab.txt"] if function.startswith("verified_dir") else ["weights.bin"]
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(LINES)
    weights, manifest = folder / "weights.bin", folder / "weights.manifest.json"
    if function == "verified_dir":
        manifest = ed25519.sign_bundle([folder / name for name in names], folder / "release.manifest.json")
    elif function == "verified_dir, OMS":
        manifest = pathlib.Path(weightseal.sign_model(folder, ed25519.private, passphrase=None)["signature"])
    else:
        ed25519.sign(weights)
    load_folder = f"x = weightseal.verified_dir({str(folder)!r}, key, keep={keep!r}); x.files"
    call = {
        "open_verified": f"x = weightseal.open_verified({str(weights)!r}, key, keep={keep!r}); bytes(x); x.path",
        "verified_dir": load_folder,
        "verified_dir, OMS": load_folder,
        "verify": f"weightseal.verify({str(weights)!r}, key)",
        "verify_artifact": f"weightseal.verify_artifact({str(weights)!r}, {str(manifest)!r}, key)",
    }[function]
    log = tmp_path / "log"
    script = f"import weightseal; key = {str(ed25519.public)!r}; {call}"
    traced = ["strace", "-f", "-qq", "-o", log, "-e", "trace=open,openat,openat2,creat,truncate,execve"]
    subprocess.run([*traced, sys.executable, "-c", script], env={**os.environ, "TMPDIR": str(copies)}, check=True)
    calls = re.findall(
        r'\b(?:open|openat|openat2|creat|truncate)\([^"]*"((?:[^"\\]|\\.)*)", (?:{flags=)?([A-Z_|]+(?:, resolve=[A-Z_|]+)?)',
        log.read_text(),
    )
    # Copies on disk have the same names, in folders of their own.
    calls = [(path, flags) for path, flags in calls if "/weightseal-" not in path]
    for name in [*names, manifest.name]:
        opened = [flags for path, flags in calls if os.path.basename(path) == os.path.basename(name)]
        # A look, without opening for reading, does no harm: nothing of it is kept.
        opened = [flags for flags in opened if "O_PATH" not in flags]
        assert len(opened) == 1 and opened[0].startswith("O_RDONLY"), (name, opened)
        assert "O_NOFOLLOW" in opened[0] or "RESOLVE_NO_SYMLINKS" in opened[0], (name, opened)
