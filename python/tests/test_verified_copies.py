"""Where verified copies lie, who can reach them, and that nothing of them is left behind."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

import pytest
from core_fixtures import copies, ed25519, lose_privileges, model, no_passphrase_around, run_python  # noqa: F401

import weightseal
from weightseal import errors

CONTENT = bytes(range(250)) * 40


@pytest.fixture
def signed(ed25519, model):
    """A signed file of 10 000 bytes."""
    ed25519.sign(model)
    return model


def mode(path) -> int:
    return stat.S_IMODE(os.lstat(path).st_mode)


def in_namespace(setup: str, script: str, *arguments: object, **environment: str) -> str:
    """Runs a script where the root of a mount namespace of its own has changed what is mounted."""
    command = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], capture_output=True).returncode != 0:
        pytest.skip("no mount namespace can be made here")
    words = [*command, "sh", "-ec", f'{setup}\nexec "$@"', "sh", sys.executable, "-c", script, *map(str, arguments)]
    run = subprocess.run(words, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


# --- On disk --------------------------------------------------------------------------------------------------


def test_a_copy_on_disk_is_private_from_its_first_moment(ed25519, tmp_path, copies):
    path = tmp_path / "big.bin"
    with path.open("wb") as file:
        file.truncate(300_000_000)
    ed25519.sign(path)
    seen = []

    def look(_):
        (folder,) = copies.iterdir()
        copy = folder / "model" / "big.bin"
        seen.append((mode(folder), mode(folder / "model"), mode(copy), copy.stat().st_size))

    before = os.umask(0)  # even so
    try:
        with weightseal.open_verified(path, ed25519.public, keep="disk", progress=look) as file:
            written = [size for *modes, size in seen if modes == [0o700, 0o700, 0o600] and 0 < size < 300_000_000]
            assert written, seen
            assert file.kept == "disk" and file.path.parent.parent.parent == copies
            folder = file.path.parent
            assert (mode(folder.parent), mode(folder), mode(file.path)) == (0o700, 0o500, 0o400)
            assert os.listdir(folder) == ["big.bin"] and os.listdir(folder.parent) == ["model"]
            assert file.path.stat().st_uid == os.geteuid() and file._bare_path == file.path
        assert not folder.parent.exists()
    finally:
        os.umask(before)


@pytest.mark.parametrize("keep", ["memory", "disk"])
def test_closing_removes_the_folder_and_the_path(keep, signed, ed25519, copies):
    file = weightseal.open_verified(signed, ed25519.public, keep=keep)
    assert len(list(copies.iterdir())) == (keep == "disk"), (
        "in memory, no folder is needed before somebody wants a path"
    )
    path, bare = file.path, file._bare_path
    assert path.read_bytes() == CONTENT and path.name == "model.bin" and file.path == path
    assert [folder.name for folder in copies.iterdir()] == [path.parent.parent.name]
    file.close()
    assert not os.path.lexists(path) and not list(copies.iterdir())
    assert not bare.exists() or not os.path.samefile(bare, signed)


@pytest.mark.parametrize("keep", ["memory", "disk"])
def test_the_folder_goes_away_with_the_object(keep, signed, ed25519, copies):
    file = weightseal.open_verified(signed, ed25519.public, keep=keep)
    assert file.path.exists()
    ring = [file]
    ring.append(ring)
    del file, ring
    gc.collect()
    assert not list(copies.iterdir())


def test_nothing_is_left_when_a_model_is_refused(signed, ed25519, copies):
    signed.write_bytes(CONTENT[:-1] + b"X")
    for keep in ("memory", "disk"):
        with pytest.raises(weightseal.HashMismatch):
            weightseal.open_verified(signed, ed25519.public, keep=keep)
        with pytest.raises(weightseal.HashMismatch):
            weightseal.verified_dir(signed, ed25519.public, keep=keep)
        assert not list(copies.iterdir())


def test_nothing_is_left_when_loading_is_interrupted(ed25519, tmp_path, copies):
    path = tmp_path / "big.bin"
    with path.open("wb") as file:
        file.truncate(300_000_000)
    ed25519.sign(path)

    def stop(_):
        raise KeyboardInterrupt

    for function in (weightseal.open_verified, weightseal.verified_dir):
        with pytest.raises(KeyboardInterrupt):
            function(path, ed25519.public, keep="disk", progress=stop)
        assert not list(copies.iterdir())


ENDINGS = {
    "a global variable": "file = load()",
    "sys.exit": "file = load(); sys.exit(0)",
    "an exception": """
def fail():
    file = load()
    raise RuntimeError
sys.excepthook = lambda *_: os.environ.get("nothing")
try:
    fail()
except RuntimeError as error:
    kept = error
""",
    "a ring": "ring = [load()]; ring.append(ring); import gc; gc.disable()",
    "a class": "class Cache: file = load()",
    "builtins": "import builtins; builtins.file = load()",
    "a module": "sys.modules['cache'] = load()",
    "a thread": "import threading; threading.Thread(target=lambda: (load(), None)).start()",
    "thread-local": "import threading; local = threading.local(); local.file = load()",
    "a view": "import builtins; builtins.view = memoryview(load())",
    "a cache": "import functools; cached = functools.lru_cache(lambda: load()); cached()",
    "a fork": """
file = load()
child = os.fork()
if child == 0:
    assert file.path.read_bytes() == file.read()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0 and file.path.exists()
""",
}


@pytest.mark.parametrize("keep", ["memory", "disk"])
def test_nothing_is_left_when_the_interpreter_ends(keep, signed, ed25519, copies):
    """Wherever the object is then."""
    for where, ending in ENDINGS.items():
        script = f"""
import os, sys, weightseal
def load():
    file = weightseal.open_verified({str(signed)!r}, {str(ed25519.public)!r}, keep={keep!r})
    assert file.path.exists()
    return file
{ending}
"""
        run_python(script, TMPDIR=str(copies))
        assert not list(copies.iterdir()), where


@pytest.mark.parametrize("keep", ["memory", "disk"])
def test_what_a_killed_process_left_is_removed_by_the_next(keep, signed, ed25519, copies):
    script = """
import os, signal, sys, weightseal
file = weightseal.open_verified(sys.argv[1], sys.argv[2], keep=sys.argv[3])
print(file.path, flush=True)
sys.stdin.read()
"""
    words = [sys.executable, "-c", script, signed, ed25519.public, keep]
    environment = {**os.environ, "TMPDIR": str(copies)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    killed = subprocess.Popen(words, env=environment, **pipes)
    living = subprocess.Popen(words, env=environment, **pipes)
    try:
        left, used = (pathlib.Path(process.stdout.readline().strip()) for process in (killed, living))
        killed.kill()
        killed.wait()
        # What only looks alike is nobody's but its owner's.
        foreign = [copies / "weightseal-notes", copies / f"weightseal-{'0' * 31}g"]
        for folder in foreign:
            folder.mkdir()
        assert os.path.lexists(left) and used.read_bytes() == CONTENT
        with weightseal.open_verified(signed, ed25519.public, keep=keep) as file:
            assert file.path.read_bytes() == CONTENT
            assert not os.path.lexists(left) and not left.parent.parent.exists()
            assert used.read_bytes() == CONTENT and all(folder.is_dir() for folder in foreign)
        living.communicate("")
        assert living.returncode == 0 and not os.path.lexists(used)
        for folder in foreign:
            folder.rmdir()
    finally:
        for process in (killed, living):
            process.kill()
            process.communicate()


# --- Where the folder is --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "permissions, refused", [(0o777, True), (0o770, True), (0o702, True), (0o1777, False), (0o755, False)]
)
def test_a_folder_that_others_can_write_is_refused(permissions, refused, signed, ed25519, tmp_path, monkeypatch):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(permissions)
    monkeypatch.setattr(tempfile, "tempdir", str(shared))
    calls = [
        lambda: weightseal.open_verified(signed, ed25519.public, keep="disk"),
        lambda: weightseal.verified_dir(signed, ed25519.public, keep="disk"),
        lambda: weightseal.verified_dir(signed, ed25519.public),
    ]
    for call in calls:
        if refused:
            with pytest.raises(errors.FileError, match="belongs to others or can be written by them") as caught:
                call()
            assert caught.value.code == "shared-folder" and "TMPDIR" in caught.value.hint
            assert caught.value.filename == str(shared)
        else:
            with call() as loaded:
                assert pathlib.Path(loaded.path).exists()
        assert not list(shared.iterdir())
    # In memory, only the name needs a folder.
    with weightseal.open_verified(signed, ed25519.public) as file:
        assert file.read() == file._bare_path.read_bytes() == CONTENT
        if refused:
            with pytest.raises(errors.FileError, match="belongs to others"):
                _ = file.path
        else:
            assert file.path.read_bytes() == CONTENT and file.path != file._bare_path


def test_the_folder_is_chosen_by_tmpdir(signed, ed25519, copies):
    script = """
import sys, weightseal
with weightseal.open_verified(sys.argv[1], sys.argv[2], keep="disk") as file:
    print(file.path)
"""
    assert run_python(script, signed, ed25519.public, TMPDIR=str(copies)).startswith(f"{copies}/weightseal-")
    link = copies.with_name("link")
    link.symlink_to(copies)
    assert run_python(script, signed, ed25519.public, TMPDIR=str(link)).startswith(f"{copies}/weightseal-")


READ = """
import os, sys, weightseal
os.chdir("/proc")  # the last folder that is tried for temporary files
try:
    file = weightseal.open_verified(sys.argv[1], sys.argv[2], keep=sys.argv[3])
    assert file.read() == bytes(file) == file.path.read_bytes() == bytes(range(250)) * 40
    print(file.kept, file.path == file._bare_path)
except weightseal.WeightsealError as error:
    print(error.code)
"""


def test_where_nothing_can_be_written_memory_still_works(signed, ed25519):
    """For example in a read-only container."""
    setup = "for each in /tmp /var/tmp /usr/tmp; do"
    setup += (
        " if [ -d $each ]; then mount --bind $each $each; mount -o remount,bind,ro $each; touch $each/x && exit 1; fi;"
    )
    setup += " done 2>/dev/null"
    arguments = signed, ed25519.public
    assert in_namespace(setup, READ, *arguments, "auto", TMPDIR="/proc") == "memory True\n"
    refused = in_namespace(setup, READ, *arguments, "disk", TMPDIR="/proc")
    assert refused in ("unwritable-output\n", "permission-denied\n")
    assert in_namespace(setup, READ, *arguments, "disk", TMPDIR="/tmp") == "unwritable-output\n"


@pytest.mark.parametrize("version", [1, 2])
def test_without_room_in_the_control_group_copies_go_to_disk(version, signed, ed25519, copies):
    MiB = 1024 * 1024
    for limit, used, kept in (
        (200 * MiB, 10 * MiB, "memory"),
        (70 * MiB, 10 * MiB, "disk"),
        (10 * MiB, 20 * MiB, "disk"),
    ):
        if version == 1:
            files = {"memory/memory.limit_in_bytes": limit, "memory/memory.usage_in_bytes": used}
        else:
            files = {"memory.max": limit, "memory.current": used}
        setup = "mount -t tmpfs none /sys/fs/cgroup; mkdir /sys/fs/cgroup/memory\n"
        setup += "\n".join(f"echo {value} > /sys/fs/cgroup/{name}" for name, value in files.items())
        said = in_namespace(setup, READ, signed, ed25519.public, "auto", TMPDIR=str(copies))
        assert said.split()[0] == kept, (limit, used)


def test_a_full_disk_is_told_and_nothing_is_left(signed, ed25519, tmp_path):
    script = """
import os, sys, weightseal
for function in (weightseal.open_verified, weightseal.verified_dir):
    try:
        function(sys.argv[1], sys.argv[2], keep="disk")
    except OSError as error:
        print(error.code, "|", error, "|", error.hint)
print(os.listdir(os.environ["TMPDIR"]))
"""
    place = tmp_path / "small"
    place.mkdir()
    setup = f"mount -t tmpfs -o size=8k,mode=700 none {place}"
    lines = in_namespace(setup, script, signed, ed25519.public, TMPDIR=str(place)).splitlines()
    assert len(lines) == 3 and lines[0] == lines[1] and lines[2] == "[]"
    code, message, hint = lines[0].split(" | ")
    assert code == "unwritable-output" and hint.startswith("free some space")
    assert message.startswith("cannot keep a private copy of `model.bin`: No space left on device")


def test_too_many_open_files_are_told_and_can_be_closed_again(signed, ed25519, copies):
    script = """
import resource, sys, weightseal
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
held = []
try:
    while True:
        held.append(weightseal.open_verified(sys.argv[1], sys.argv[2]))
except OSError as error:
    print(len(held), error)
for file in held:
    assert file.read() == bytes(range(250)) * 40
    file.close()
print(weightseal.open_verified(sys.argv[1], sys.argv[2]).kept)
"""
    first, second = run_python(script, signed, ed25519.public, TMPDIR=str(copies)).splitlines()
    assert int(first.split()[0]) > 20 and "Too many open files" in first and second == "memory"


def test_without_proc_copies_go_to_disk(signed, ed25519, copies):
    setup = "mount -t tmpfs none /proc"
    assert in_namespace(setup, READ, signed, ed25519.public, "auto", TMPDIR=str(copies)) == "disk True\n"


# --- In other processes ---------------------------------------------------------------------------------------


def digest(path) -> str:
    """What a worker gets to see."""
    return weightseal.hash_file(path)


@pytest.mark.parametrize("keep", ["memory", "disk"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_open_the_path(method, keep, signed, ed25519, copies):
    context = multiprocessing.get_context(method)
    # A pool that is older than the object finds it as well.
    with context.Pool(1) as older:
        older.apply(os.getpid)
        with weightseal.open_verified(signed, ed25519.public, keep=keep) as file, context.Pool(1) as newer:
            expected = weightseal.hash_file(signed)
            signed.write_bytes(b"evil")
            for path in (file.path, file._bare_path, str(file.path)):
                assert older.apply(digest, [path]) == newer.apply(digest, [path]) == expected
        (signed.parent / "sub").mkdir()
        (signed.parent / "sub" / "part.bin").write_bytes(b"part")
        bundle = ed25519.sign_bundle([signed.parent / "sub" / "part.bin"], signed.parent / "set.manifest.json")
        with weightseal.verified_dir(bundle, ed25519.public, keep=keep) as folder:
            path = folder.path / "sub" / "part.bin"
            assert older.apply(digest, [path]) == digest(path)


def test_workers_without_privileges_open_the_path(signed, ed25519, copies):
    """Root may look into every process; others only into their own. Both have to reach the bytes."""
    script = """
import multiprocessing, pathlib, subprocess, sys, weightseal
def read(path):
    return pathlib.Path(path).read_bytes()
if __name__ == "__main__":
    with weightseal.open_verified(sys.argv[1], sys.argv[2]) as file:
        expected = file.read()
        for method in ("fork", "spawn", "forkserver"):
            with multiprocessing.get_context(method).Pool(1) as pool:
                assert pool.apply(read, [file.path]) == pool.apply(read, [file._bare_path]) == expected, method
        assert subprocess.run(["cat", file.path], capture_output=True, check=True).stdout == expected
        print(file.kept)
"""
    program = copies.parent / "program.py"
    program.write_text(script)
    words = [sys.executable, program, signed, ed25519.public]
    run = subprocess.run(
        words, env={**os.environ, "TMPDIR": str(copies)}, preexec_fn=lose_privileges, capture_output=True, text=True
    )
    assert (run.returncode, run.stdout) == (0, "memory\n"), run.stderr


@pytest.mark.parametrize("keep", ["memory", "disk"])
@pytest.mark.parametrize("asked_before", [False, True])
def test_a_forked_process_has_the_object_and_takes_nothing_away(asked_before, keep, signed, ed25519, copies):
    with weightseal.open_verified(signed, ed25519.public, keep=keep) as file:
        if asked_before:
            assert file.path.exists()
        child = os.fork()
        if child == 0:
            good = False
            try:
                good = file.read() == bytes(file) == file.path.read_bytes() == CONTENT
                file.close()
                del file
                gc.collect()
            finally:
                os._exit(0 if good else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert file.path.read_bytes() == CONTENT == file.read()


def test_a_forked_process_outlives_its_parent(signed, ed25519, copies):
    """In memory: the path that it asks for is its own."""
    script = """
import os, sys, time, weightseal
file = weightseal.open_verified(sys.argv[1], sys.argv[2])
file.path
parent = os.getpid()
if os.fork() == 0:
    while os.getppid() == parent:
        time.sleep(0.01)
    print(len(file.path.read_bytes()), len(bytes(file)))
"""
    assert run_python(script, signed, ed25519.public, TMPDIR=str(copies)) == "10000 10000\n"


def test_a_program_that_is_started_does_not_inherit_the_descriptor(signed, ed25519, copies):
    with weightseal.open_verified(signed, ed25519.public) as file:
        script = "import os; print([t for t in map(os.readlink, (f'/proc/self/fd/{n}' for n in (0, 1, 2, 3, 4, 5, 6, 7)"
        script += " if os.path.lexists(f'/proc/self/fd/{n}'))) if 'memfd' in t])"
        run = subprocess.run(
            [sys.executable, "-c", script], close_fds=False, capture_output=True, text=True, check=True
        )
        assert run.stdout == "[]\n" and file.kept == "memory"


def test_a_signal_that_kills_ends_the_process_all_the_same(signed, ed25519, copies):
    script = "import sys, time, weightseal; file = weightseal.open_verified(*sys.argv[1:]); file.path;"
    script += " print('.', flush=True); time.sleep(60)"
    process = subprocess.Popen(
        [sys.executable, "-c", script, signed, ed25519.public],
        env={**os.environ, "TMPDIR": str(copies)}, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout.read(2) == b".\n"
    start = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == -signal.SIGTERM and time.monotonic() - start < 5
    process.stdout.close()
    # Swept by whoever comes next.
    with weightseal.open_verified(signed, ed25519.public, keep="disk"):
        assert len(list(copies.iterdir())) == 1
