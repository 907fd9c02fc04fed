"""What the attack programs have in common: options, rows of the scoreboard, temporary folders, calls of the command.

The command comes from the environment variable `WEIGHTSEAL_BIN`; folders lie where `TMPDIR` says.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


def options(about: str, seed: int = 20261124) -> argparse.Namespace:
    """The arguments of a program: `--short` and `--seed`. SIGTERM then ends it as Ctrl-C does, so that it cleans up."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--short", action="store_true", help="a sample instead of everything")
    parser.add_argument("--seed", type=int, default=seed, help="of everything that is drawn")
    parser.add_argument("--only", default="", help="only what has this word in its name (to repeat a miss; prints partial rows)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    os.umask(0o022)
    return parser.parse_args()


def command() -> str:
    """The command under attack."""
    path = os.environ.get("WEIGHTSEAL_BIN")
    if not path or not os.access(path, os.X_OK):
        sys.exit("WEIGHTSEAL_BIN has to name the command `weightseal`")
    return str(Path(path).resolve())


def row(name: str, what: str, found: str, target: str, holds: bool | None, why: str | None = None) -> None:
    """Prints one row; `holds` is None where nothing was measured, and `why` then says why."""
    value = {"id": name, "what": what, "found": found, "target": target, "holds": holds}
    if why is not None:
        value["why"] = why
    print("row: " + json.dumps(value), flush=True)


def not_run(name: str, what: str, target: str, why: str) -> None:
    """Prints a row of something that could not be measured here."""
    row(name, what, "not run", target, None, why)


def note(text: str) -> None:
    """Details for whoever repeats it, on standard error."""
    print(text, file=sys.stderr, flush=True)


class Tally:
    """Counts attacks and misses; a miss is told on standard error with what repeats it."""

    def __init__(self, name: str) -> None:
        self.name, self.runs, self.misses = name, 0, 0

    def add(self, faults: list[str], repeat: str) -> None:
        self.runs += 1
        if faults:
            self.misses += 1
            note(f"miss: {self.name}: {'; '.join(faults)} [{repeat}]")

    def row(self, what: str, hits: int | None = None) -> None:
        """A row whose target is that there are no misses. `hits`: in how many of the runs the fault came, where that differs."""
        attacked = self.runs if hits is None else hits
        found = f"{self.misses:,} of {self.runs:,}" + ("" if hits is None else f" runs, of which {hits:,} met the fault")
        why = None if attacked or self.misses else "the fault never came"
        row(self.name, what, found, "0", self.misses == 0 if why is None else None, why)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that goes away, also after Ctrl-C."""
    folder = Path(tempfile.mkdtemp(prefix="attack-"))
    try:
        yield folder
    finally:
        # What a killed strace traced may still be writing for a moment.
        for _ in range(50):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.1)


def run(
    arguments: list[str], folder: Path, before: list[str] | None = None, **more: object
) -> subprocess.CompletedProcess[str]:
    """Runs a command line to its end, in `folder`, with `before` in front of it; nothing of the terminal gets in."""
    more.setdefault("timeout", 120)
    return subprocess.run([*(before or []), *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", **more)  # type: ignore[call-overload,no-any-return]


def must(arguments: list[str], folder: Path) -> str:
    """Runs what has to work for the attack to mean anything."""
    done = run(arguments, folder)
    if done.returncode != 0:
        sys.exit(f"preparing failed: {arguments}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def seconds_used() -> float:
    """CPU seconds of this program and of all that it ran."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


@contextlib.contextmanager
def mounted(arguments: list[str], point: Path) -> Iterator[Path]:
    """Mounts at `point`, and takes the mount away again whatever happens."""
    point.mkdir(exist_ok=True)
    subprocess.run(["mount", *arguments, str(point)], check=True, capture_output=True)
    try:
        yield point
    finally:
        if subprocess.run(["umount", str(point)], capture_output=True).returncode != 0:
            subprocess.run(["umount", "--lazy", str(point)], capture_output=True)


@contextlib.contextmanager
def loop_device(image: Path) -> Iterator[str]:
    """A block device whose content is the file `image`, detached whatever happens."""
    made = subprocess.run(["losetup", "--find", "--show", str(image)], check=True, capture_output=True, text=True)
    device = made.stdout.strip()
    try:
        yield device
    finally:
        subprocess.run(["losetup", "--detach", device], capture_output=True)


def why_no_mounts() -> str | None:
    """Why mounts and loop devices cannot be used here, or nothing."""
    if os.geteuid() != 0:
        return "mounting needs root"
    for tool in ("mount", "umount", "losetup"):
        if shutil.which(tool) is None:
            return f"the tool {tool} is absent"
    with temporary_folder() as folder:
        try:
            with mounted(["-t", "tmpfs", "-o", "size=64k", "tmpfs"], folder / "m"):
                return None
        except subprocess.CalledProcessError as error:
            return f"mounting is not allowed here: {error.stderr.decode(errors='replace').strip()}"


def why_no_loops() -> str | None:
    """Why file systems in image files cannot be used here, or nothing."""
    if why := why_no_mounts():
        return why
    with temporary_folder() as folder:
        image = folder / "image"
        with image.open("wb") as file:
            file.truncate(1 << 20)
        try:
            with loop_device(image):
                return None
        except subprocess.CalledProcessError as error:
            return f"there are no loop devices here: {error.stderr.strip()}"
