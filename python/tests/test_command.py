"""`python -m weightseal` and the console script: the same command as the Rust binary."""

from __future__ import annotations

import importlib.metadata
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import time

import pytest
from core_fixtures import ROOT, VECTORS

import weightseal

MODULE = [sys.executable, "-m", "weightseal"]
SCRIPT = [sys.executable, "-c", "import sys; from weightseal.__main__ import main; sys.exit(main())"]


@pytest.fixture(scope="session")
def binary() -> list[str]:
    """The Rust binary: the one in WEIGHTSEAL_BIN, else the one that was built last."""
    if os.environ.get("WEIGHTSEAL_BIN"):
        return shlex.split(os.environ["WEIGHTSEAL_BIN"])
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    built = [path for kind in ("debug", "release") if (path := target / kind / "weightseal").is_file()]
    assert built, "there is no binary to compare with: cargo build -p weightseal-cli"
    return [str(max(built, key=lambda path: path.stat().st_mtime))]


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("WEIGHTSEAL_")} | more


def run(command, *words, cwd, input=b"", shell=None, **more):
    """Exit status, standard output, standard error. With `shell`, a line in which "$@" is the command."""
    words = [*command, *words]
    if shell is not None:
        words = ["sh", "-c", shell, "sh", *words]
    ended = subprocess.run(words, cwd=cwd, env=environment(**more), input=input, capture_output=True, timeout=60)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture
def place(tmp_path):
    """A function that makes a folder with a model, its manifest and keys; each command gets one of its own."""

    def place(case="manifest/ok-rsa2048"):
        folder = tmp_path / "place"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(VECTORS / case, folder)
        shutil.copy(VECTORS / "keys" / "sign-rsa2048-pem" / "key.pem", folder / "key.pem")
        (folder / "key.pem").chmod(0o600)
        (folder / "other.bin").write_bytes(b"other")
        return folder

    return place


COMMANDS = [
    [],
    ["--version"],
    ["--help"],
    ["-h"],
    ["help"],
    ["help", "verify"],
    ["nonsense"],
    ["--nonsense"],
    ["verify"],
    ["verify", "--help"],
    ["verify", "model.pt"],
    ["verify", "model.pt", "--key", "key.pub"],
    ["verify", "model.pt", "--key", "key.pub", "--json"],
    ["verify", "model.pt", "--key", "key.pub", "--quiet"],
    ["verify", "model.manifest.json", "--key", "key.pub"],
    ["verify", "other.bin", "--key", "key.pub"],
    ["verify", "other.bin", "--key", "key.pub", "--json"],
    ["verify", "missing.bin", "--key", "key.pub", "--json"],
    ["verify", "model.pt", "--key", "key.pem"],
    ["verify", "model.pt", "--key", "missing.pub", "--json"],
    ["verify", "model.pt", "--key", "key.pub", "--signer", "me", "--max-age", "1d", "--model-version-at-least", "3"],
    ["verify", "model.pt", "--key", "key.pub", "--max-age", "soon"],
    ["verify", "model.pt", "--key", "key.pub", "--copy-to", "copy.pt"],
    ["verify", "model.pt", "--key", "key.pub", "--copy-to", "model.pt"],
    ["sign", "other.bin", "--key", "key.pem"],
    ["sign", "other.bin", "--key", "key.pub", "--signer", "me"],
    ["sign", "missing.bin", "--key", "key.pem", "--signer", "me"],
    ["sign", "other.bin", "--key", "key.pem", "--signer", "me", "--expires", "2020-01-01"],
    ["sign", "other.bin", "--key", "key.pem", "--signer", "me", "--passphrase-file", "missing"],
    ["keygen", "--output", "key.pem"],
    ["keygen", "--output", "new.pem"],
    ["key", "show", "key.pub"],
    ["key", "show", "key.pem", "--json"],
    ["key", "change-passphrase", "missing.pem"],
    ["inspect", "model.manifest.json"],
    ["inspect", "model.manifest.json", "--json"],
    ["inspect", "key.pub"],
    ["inspect", "model.pt"],
    ["digest", "model.pt", "other.bin"],
    ["digest", "model.pt", "missing.bin", "--json"],
    ["digest", "-"],
    ["digest", b"\xff\xfe.bin"],
    ["digest", "\x1b[2J"],
    ["digest", ""],
    ["completions", "bash"],
    ["completions", "zsh"],
    ["man"],
    ["man", "--output", "manuals"],
]


def show(words) -> str:
    return " ".join(map(ascii, words)).replace("'", "") or "nothing"


@pytest.mark.parametrize("words", COMMANDS, ids=show)
def test_it_is_the_same_command(words, binary, place):
    found = {}
    for name, command in (("binary", binary), ("module", MODULE)):
        folder = place()
        found[name] = run(command, *words, cwd=folder, input=b"from standard input"), sorted(os.listdir(folder))
    assert found["module"] == found["binary"], "extension module and binary have to be built from the same source"
    status, stdout, stderr = found["module"][0]
    assert status in (0, 1, 2) and (stdout or stderr or "--quiet" in words or words[-1] == "manuals")


@pytest.mark.parametrize(
    "case", ["manifest/extended", "manifest/two-candidates", "bundle/ok", "bundle/ok-partial", "bundle/entry-added",
             "manifest/published-unknown-fields", "json/duplicate-top", "keys/ok-pkcs1"],
)  # fmt: skip
def test_vectors_have_the_same_outcome(case, binary, place):
    expected = json.loads((VECTORS / case / "case.json").read_text(encoding="utf-8"))
    for words in (expected["args"], [*expected["args"], "--json"]):
        found = [run(command, *words, cwd=place(case)) for command in (binary, MODULE)]
        assert found[0] == found[1] and found[1][0] == expected["exit"]


def test_what_it_signs_the_binary_verifies_and_the_other_way_round(binary, place):
    folder = place()
    secret = {"WEIGHTSEAL_PASSPHRASE": "correct horse"}
    for number, (one, other) in enumerate([(MODULE, binary), (binary, MODULE)]):
        key = ["--key", f"{number}.pem"]
        assert run(one, "keygen", "--output", f"{number}.pem", "--algorithm", "ed25519", cwd=folder, **secret)[0] == 0
        assert (folder / f"{number}.pem").stat().st_mode & 0o777 == 0o600
        (folder / f"{number}.bin").write_bytes(b"model")
        assert run(other, "sign", f"{number}.bin", *key, "--signer", "me", cwd=folder, **secret)[0] == 0
        assert run(one, "verify", f"{number}.bin", "--key", f"{number}.pub", cwd=folder)[0] == 0
        (folder / f"{number}.bin").write_bytes(b"Model")
        assert run(one, "verify", f"{number}.bin", "--key", f"{number}.pub", cwd=folder)[0] == 1


def test_the_console_script_is_the_module(place):
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="weightseal")
    assert script.value == "weightseal.__main__:main"
    folder = place()
    for words in (["--version"], ["verify", "other.bin", "--key", "key.pub"], ["digest", b"\xff"]):
        assert run(SCRIPT, *words, cwd=folder) == run(MODULE, *words, cwd=folder)
    assert run(SCRIPT, "--version", cwd=folder)[1].decode() == f"weightseal {weightseal.__version__}\n"
    installed = pathlib.Path(sys.executable).with_name("weightseal")
    if installed.exists():
        assert run([str(installed)], "--version", cwd=folder)[0] == 0


# --- Closed and broken streams --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shell, words, status",
    [
        ('"$@" >&-', ["verify", "model.pt", "--key", "key.pub"], 2),
        ('"$@" >&-', ["verify", "model.pt", "--key", "key.pub", "--json"], 2),
        ('"$@" >&-', ["verify", "model.pt", "--key", "key.pub", "--quiet"], 0),
        ('"$@" >&-', ["verify", "other.bin", "--key", "key.pub"], 1),
        ('"$@" >&-', ["digest", "model.pt"], 2),
        ('"$@" >&-', ["--version"], 2),
        ('"$@" >&-', ["completions", "bash"], 2),
        ('"$@" >/dev/full', ["digest", "model.pt"], 2),
        ('"$@" >/dev/full', ["--help"], 2),
        ('"$@" >/dev/full', ["man"], 2),
        ('"$@" <&-', ["verify", "model.pt", "--key", "key.pub"], 0),
        ('"$@" <&-', ["digest", "-"], None),
        ('"$@" 2>&-', ["verify", "model.pt", "--key", "key.pub"], 0),
        ('"$@" 2>&-', ["verify", "other.bin", "--key", "key.pub"], 1),
        ('"$@" <&- >&- 2>&-', ["verify", "model.pt", "--key", "key.pub"], 2),
        ('"$@" <&- >&- 2>&-', ["verify", "model.pt", "--key", "key.pub", "--copy-to", "copy.pt"], None),
        ('"$@" <&- >&- 2>&-', ["verify", "other.bin", "--key", "key.pub"], 1),
    ],
)
def test_streams_that_are_closed_or_full_have_the_same_status(shell, words, status, binary, place):
    found = []
    for command in (binary, MODULE):
        folder = place()
        found.append((run(command, *words, cwd=folder, shell=shell), sorted(os.listdir(folder))))
        for path in folder.glob("copy.pt"):
            assert path.read_bytes() == (folder / "model.pt").read_bytes(), "messages went into the copy"
    assert found[0] == found[1]
    assert status in (None, found[1][0][0])


def test_a_reader_that_has_gone_is_no_success(binary, place):
    folder = place()
    found = []
    for command in (binary, MODULE):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            words = [*command, "completions", "bash"]
            ended = subprocess.run(
                words, cwd=folder, env=environment(), stdout=writer, stderr=subprocess.PIPE, timeout=60
            )
        finally:
            os.close(writer)
        found.append((ended.returncode, ended.stderr))
    assert found[0] == found[1] and found[0][0] == 2


def test_nothing_that_is_opened_takes_the_place_of_a_closed_stream(tmp_path):
    script = """
import os, sys, weightseal._native
def look(words, stdout_is_open):
    streams = [os.readlink(f"/proc/self/fd/{number}") for number in range(3)]
    with open("seen", "w") as file:
        print(*streams, stdout_is_open, words, file=file)
    return 7
weightseal._native.run_command = look
from weightseal.__main__ import main
sys.exit(main())
"""
    for shell, expected in (
        ('"$@" <&- >&- 2>&-', "/dev/null /dev/null /dev/null False"),
        ('"$@" <&- >/dev/zero 2>&-', "/dev/null /dev/zero /dev/null True"),
        ('"$@" </dev/zero >/dev/zero 2>/dev/zero', "/dev/zero /dev/zero /dev/zero True"),
    ):
        status, *_ = run([sys.executable, "-c", script], "one", "two words", cwd=tmp_path, shell=shell)
        assert (tmp_path / "seen").read_text() == f"{expected} ['weightseal', 'one', 'two words']\n"
        assert status == 7


# --- Signals --------------------------------------------------------------------------------------------------


@pytest.fixture
def endless(tmp_path):
    """A file that takes minutes to hash, and no room."""
    path = tmp_path / "endless.bin"
    with path.open("wb") as file:
        file.truncate(2**42)
    return path


def start(command, path, **options) -> subprocess.Popen:
    words = [*command, "digest", path.name]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(words, cwd=path.parent, env=environment(), **pipes, **options)
    # Until it reads the file, a signal only tests how Python starts.
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        folder = f"/proc/{process.pid}/fd"
        links = [os.path.join(folder, name) for name in os.listdir(folder)]
        if any(os.path.lexists(link) and os.path.realpath(link) == str(path) for link in links):
            return process
        time.sleep(0.01)
    process.kill()
    raise AssertionError(f"it never opened the file: {process.communicate()}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_ends_it_with_130(number, binary, endless):
    found = []
    for command in (binary, MODULE, SCRIPT):
        process = start(command, endless)
        pressed = time.monotonic()
        process.send_signal(number)
        try:
            said = process.communicate(timeout=20)
        finally:
            process.kill()
        took = time.monotonic() - pressed
        print(f"ended {took:.3f} s after {number.name}")
        # 0.2 s are promised; other work on this machine may keep us waiting.
        assert took < 1.5
        found.append((process.returncode, *said))
    assert found[0] == found[1] == found[2] and found[0][0] == 130
    assert b"Traceback" not in found[1][2] and b"interrupted" in found[1][2]


def test_ctrl_c_that_is_switched_off_stays_off(binary, endless):
    """As in a job in the background, or under nohup."""
    for command in (binary, MODULE):
        process = start(command, endless, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        try:
            process.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)
        finally:
            process.kill()
            process.communicate()
