"""How the package behaves as a guest: other threads, Ctrl-C, progress, logging, what an import costs."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import tqdm
from core_fixtures import Pair, copies, ed25519, model, no_passphrase_around, run_python  # noqa: F401

import weightseal

BIG = 300_000_000  # bytes of zeros that take no room on disk; hashing them takes a good part of a second


@pytest.fixture(scope="module")
def zeros(tmp_path_factory, ed25519):
    """A big file, signed alone and as a set."""
    path = tmp_path_factory.mktemp("zeros") / "zeros.bin"
    with path.open("wb") as file:
        file.truncate(BIG)
    ed25519.sign(path)
    ed25519.sign_bundle([path], path.with_name("set.manifest.json"))
    return path


def calls(path, pair: Pair) -> dict:
    """Everything that hashes a file, as functions of the progress."""
    folder = path.parent
    sign = {"signer": "x", "passphrase": None}
    return {
        "hash_file": lambda progress: weightseal.hash_file(path, progress=progress),
        "sign_artifact": lambda progress: weightseal.sign_artifact(path, pair.private, None, "x", progress=progress),
        "sign": lambda progress: weightseal.sign(path, pair.private, **sign, progress=progress),
        "sign_bundle": lambda progress: weightseal.sign_bundle(
            [path], folder / "set.manifest.json", pair.private, **sign, progress=progress
        ),
        "sign_artifact_bundle": lambda progress: weightseal.sign_artifact_bundle(
            [path], pair.private, None, "x", folder / "set.manifest.json", progress=progress
        ),
        "verify": lambda progress: weightseal.verify(path, pair.public, progress=progress),
        "verify_artifact": lambda progress: weightseal.verify_artifact(
            path, path.with_name(f"{path.stem}.manifest.json"), pair.public, progress=progress
        ),
        "verify_artifact_bundle": lambda progress: weightseal.verify_artifact_bundle(
            folder / "set.manifest.json", pair.public, progress=progress
        ),
        "open_verified": lambda progress: weightseal.open_verified(path, pair.public, progress=progress).close(),
        "open_verified on disk": lambda progress: weightseal.open_verified(
            path, pair.public, keep="disk", progress=progress
        ).close(),
        "verified_dir": lambda progress: weightseal.verified_dir(path, pair.public, progress=progress).close(),
    }


# --- Threads --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hash_file", "sign", "verify", "open_verified", "verified_dir"])
def test_another_thread_keeps_running(name, zeros, ed25519, copies):
    ticks = []
    ended = threading.Event()

    def tick():
        while not ended.wait(0.002):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        time.sleep(0.05)
        start = time.monotonic()
        calls(zeros, ed25519)[name](None)
        end = time.monotonic()
    finally:
        ended.set()
        thread.join()
    meanwhile = [start, *(at for at in ticks if start < at < end), end]
    longest = max(later - earlier for earlier, later in zip(meanwhile, meanwhile[1:], strict=False))
    print(f"{end - start:.2f} s, {len(meanwhile)} ticks, longest pause {longest:.3f} s")
    assert end - start > 0.04, "too fast to tell"
    # Held all the time, there would be no tick at all.
    assert len(meanwhile) > 12 and longest < (end - start) / 2


def test_files_are_hashed_in_many_threads(tmp_path):
    import hashlib

    contents = {tmp_path / str(number): os.urandom(1_000_000 + number) for number in range(8)}
    for path, content in contents.items():
        path.write_bytes(content)
    found = {}

    def work():
        for path in contents:
            found.setdefault(path, set()).add(weightseal.hash_file(path))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {path: {hashlib.sha256(content).hexdigest()} for path, content in contents.items()}


def test_a_fork_while_another_thread_hashes_is_no_harm(zeros, model):
    thread = threading.Thread(target=weightseal.hash_file, args=[zeros])
    expected = weightseal.hash_file(model)
    thread.start()
    time.sleep(0.05)
    child = os.fork()
    if child == 0:
        # Not by pytest's ways: this process has only this thread.
        os._exit(0 if weightseal.hash_file(model) == expected else 1)
    deadline = time.monotonic() + 20
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.01)
    if ended == (0, 0):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    thread.join()
    assert ended == (child, 0)


# --- Ctrl-C ---------------------------------------------------------------------------------------------------

# Hashes until somebody presses Ctrl-C, and tells how long that took. With 1 TB this would be minutes; 3 GB, which is what
# can be signed here first, take more than a second on one core, and the digest of the whole is hashed on one.
INTERRUPTED = """
import os, sys, time, weightseal
path, public, private, name = sys.argv[1:]
call = {
    "hash_file": lambda: weightseal.hash_file(path),
    "verify": lambda: weightseal.verify(path, public, whole=True),
    "open_verified": lambda: weightseal.open_verified(path, public, whole=True),
    "sign": lambda: weightseal.sign(path, private, signer="x", passphrase=None),
    "sign_bundle": lambda: weightseal.sign_bundle(
        [path], path + ".set.manifest.json", private, signer="x", passphrase=None
    ),
}[name]
print("ready", flush=True)
try:
    call()
except KeyboardInterrupt:
    print(time.monotonic(), flush=True)
"""


@pytest.mark.parametrize("name", ["hash_file", "sign", "sign_bundle", "verify", "open_verified"])
def test_ctrl_c_stops_a_long_hash(name, ed25519, tmp_path):
    path = tmp_path / "endless.bin"
    path.touch()
    if "verif" in name:
        # What is longer than it was when signed is refused at once.
        os.truncate(path, 3_000_000_000)
        ed25519.sign(path)
    else:
        os.truncate(path, 2**40)
    before = sorted(os.listdir(tmp_path))
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, path, ed25519.public, ed25519.private, name],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    took = float(said) - pressed
    print(f"{name} ended {took:.3f} s after Ctrl-C; 0.2 s are promised")
    # Other work on this machine may keep us waiting.
    assert 0 <= took < 1 and process.returncode == 0
    assert sorted(os.listdir(tmp_path)) == before


def test_ctrl_c_while_loading_leaves_nothing(zeros, ed25519, copies):
    for keep in ("memory", "disk"):
        timer = threading.Timer(0.1, signal.raise_signal, [signal.SIGINT])
        timer.start()
        start = time.monotonic()
        try:
            with pytest.raises(KeyboardInterrupt):
                weightseal.open_verified(zeros, ed25519.public, keep=keep)
                time.sleep(10)  # it was faster; then this is interrupted
        finally:
            timer.join()
        assert time.monotonic() - start < 5
        assert not list(copies.iterdir())


def test_a_signal_handler_that_raises_ends_the_work_with_its_exception(tmp_path):
    path = tmp_path / "endless.bin"
    with path.open("wb") as file:
        file.truncate(2**40)

    class Enough(Exception):
        pass

    def handler(*_):
        raise Enough

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(Enough):
            weightseal.hash_file(path)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# --- Progress -------------------------------------------------------------------------------------------------


def test_progress_counts_every_byte(zeros, ed25519, copies):
    for name, call in calls(zeros, ed25519).items():
        counts = []
        call(counts.append)
        assert sum(counts) == BIG and all(type(count) is int and count > 0 for count in counts), name
        assert len(counts) >= 2, f"{name} reported only at its end"


def test_progress_is_a_bar_of_tqdm(zeros, ed25519, capsys):
    with tqdm.tqdm(unit="B", unit_scale=True, file=sys.stderr) as bar:
        weightseal.verify(zeros, ed25519.public, progress=bar)
    assert (bar.n, bar.total) == (BIG, BIG)
    assert "100%" in capsys.readouterr().err
    # Somebody who knows the total has said so.
    with tqdm.tqdm(total=2 * BIG, file=sys.stderr) as bar:
        for _ in range(2):
            weightseal.hash_file(zeros, progress=bar)
        assert (bar.n, bar.total) == (2 * BIG, 2 * BIG)
    with tqdm.tqdm(file=sys.stderr, disable=True) as bar:
        weightseal.hash_file(zeros, progress=bar)
    # A method alone is a function of a number.
    with tqdm.tqdm(file=sys.stderr) as bar:
        weightseal.hash_file(zeros, progress=bar.update)
        assert bar.n == BIG


def test_a_bar_needs_nothing_but_update(zeros):
    class Bar:
        n = 0

        def update(self, count):
            self.n += count

    bar = Bar()
    weightseal.hash_file(zeros, progress=bar)
    assert bar.n == BIG and not hasattr(bar, "total")


def test_progress_that_raises_ends_the_work_with_its_exception(zeros, ed25519, copies):
    manifest = zeros.with_name("zeros.manifest.json")
    before = manifest.read_bytes()

    class Full(Exception):
        pass

    def fail(_):
        raise Full

    for name, call in calls(zeros, ed25519).items():
        start = time.monotonic()
        with pytest.raises(Full):
            call(fail)
        print(f"{name}: {time.monotonic() - start:.2f} s")
    assert manifest.read_bytes() == before and not list(copies.iterdir())


def test_progress_is_called_in_the_callers_thread(zeros):
    threads = set()
    weightseal.hash_file(zeros, progress=lambda _: threads.add(threading.current_thread()))
    assert threads == {threading.current_thread()}


def test_progress_may_use_the_package_itself(zeros, model):
    found = []
    weightseal.hash_file(zeros, progress=lambda _: found.append(weightseal.hash_file(model)))
    assert len(set(found)) == 1


def test_progress_that_cannot_be_called_is_refused_before_anything_is_written(ed25519, model):
    with pytest.raises(TypeError):
        ed25519.sign(model, progress=3)
    assert os.listdir(model.parent) == ["model.bin"]


# --- Logging and warnings -------------------------------------------------------------------------------------


LOGGING = """
import sys, os, {imported}
{configure}
import weightseal
os.chmod(sys.argv[2], 0o640)  # worth a warning
weightseal.sign(sys.argv[1], sys.argv[2], signer="x", passphrase=None)
weightseal.open_verified(sys.argv[1], sys.argv[3]).close()
weightseal.verify(sys.argv[1], sys.argv[3])
assert ("logging" in sys.modules) is {expected}
"""


def log(path, pair, tmp_path, imported="os", configure="", expected=True) -> list[str]:
    private = tmp_path / "loose.pem"
    private.write_bytes(pair.private.read_bytes())
    private.chmod(0o600)
    script = LOGGING.format(imported=imported, configure=configure, expected=expected)
    run = subprocess.run(
        [sys.executable, "-c", script, path, private, pair.public], capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stdout) == (0, ""), run.stderr
    return run.stderr.splitlines()


def test_logging_is_silent_unless_somebody_listens(ed25519, model, tmp_path):
    assert log(model, ed25519, tmp_path, expected=False) == []
    assert log(model, ed25519, tmp_path, "logging") == []
    assert (
        log(model, ed25519, tmp_path, "logging", "logging.getLogger('another').addHandler(logging.StreamHandler())")
        == []
    )


def test_logging_says_what_was_done_to_whoever_listens(ed25519, model, tmp_path):
    lines = log(
        model, ed25519, tmp_path, "logging", "logging.basicConfig(level='INFO', format='%(levelname)s %(message)s')"
    )
    assert len(lines) == 3
    assert lines[0].startswith("WARNING private key `") and "is open to its group (mode 0640)" in lines[0]
    assert lines[1].startswith("INFO <weightseal.Verified verified: ") and lines[1].endswith(", kept in memory")
    assert lines[2].startswith("INFO <weightseal.Verified verified: ") and "signer=" in lines[2]
    only_warnings = log(model, ed25519, tmp_path, "logging", "logging.basicConfig(format='%(name)s')")
    assert only_warnings == ["weightseal"]
    quiet = "logging.basicConfig(level='INFO'); logging.getLogger('weightseal').setLevel('ERROR')"
    assert log(model, ed25519, tmp_path, "logging", quiet) == []
    own = "ours = logging.getLogger('weightseal'); ours.addHandler(logging.StreamHandler()); ours.setLevel('INFO')"
    assert len(log(model, ed25519, tmp_path, "logging", own)) == 3


def test_a_record_names_the_line_that_called_us(ed25519, model, caplog):
    with caplog.at_level(logging.INFO, "weightseal"):
        ed25519.sign(model)
        weightseal.verify(model, ed25519.public)
    records = [record for record in caplog.records if record.name == "weightseal"]
    assert [(record.funcName, record.pathname) for record in records] == [
        ("test_a_record_names_the_line_that_called_us", __file__)
    ]


def test_a_name_with_control_characters_does_no_harm_in_a_log(ed25519, tmp_path, caplog):
    path = tmp_path / "model\x1b[2J.bin"
    path.write_bytes(b"x")
    with pytest.raises(weightseal.WeightsealError):
        ed25519.sign(path)
    path = tmp_path / "model\N{RIGHT-TO-LEFT OVERRIDE}.bin"
    path.write_bytes(b"x")
    ed25519.sign(path)
    with caplog.at_level(logging.INFO, "weightseal"):
        verified = weightseal.verify(path, ed25519.public)
        weightseal.open_verified(path, ed25519.public).close()
    for text in (*caplog.messages, repr(verified), repr(weightseal.open_verified(path, ed25519.public))):
        assert text.isprintable(), ascii(text)


def test_nothing_is_written_to_the_standard_streams(ed25519, model, copies, capfd):
    ed25519.sign(model)
    with weightseal.open_verified(model, ed25519.public) as file, weightseal.verified_dir(model, ed25519.public):
        assert file.path.exists()
    weightseal.inspect(model.with_name("model.manifest.json"))
    with pytest.raises(weightseal.VerificationError):
        weightseal.verify(model.with_name("model.manifest.json"), ed25519.public, signer="another")
    assert capfd.readouterr() == ("", "")


# --- Imports --------------------------------------------------------------------------------------------------

NEW_MODULES = """
import sys
before = set(sys.modules)
import weightseal
print(*sorted(set(sys.modules) - before))
"""


def test_importing_imports_next_to_nothing():
    new = set(run_python(NEW_MODULES).split())
    assert new == {"__future__", "weightseal", "weightseal._native", "weightseal._options", "weightseal.errors"}


def test_verifying_imports_no_heavy_modules(ed25519, model):
    ed25519.sign(model)
    script = """
import sys
before = set(sys.modules)
import weightseal
weightseal.verify(sys.argv[1], sys.argv[2], signer="training-pipeline@ml-team")
print(*sorted(set(sys.modules) - before))
"""
    new = set(run_python(script, model, ed25519.public).split())
    heavy = {"typing", "dataclasses", "logging", "json", "tempfile", "re", "datetime", "inspect", "asyncio", "ssl"}
    assert not new & (heavy | {"numpy", "torch", "transformers", "joblib", "pickle", "safetensors", "pytest"}), new


def test_importing_does_nothing_else(tmp_path, monkeypatch):
    """No thread, no file, no signal handler, no environment variable."""
    script = """
import os, signal, sys, threading
def state():
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)]
    return threading.active_count(), len(os.listdir("/proc/self/task")), sorted(os.environ), handlers, os.listdir(".")
before = state()
import weightseal
assert state() == before
"""
    monkeypatch.chdir(tmp_path)
    run_python(script)
