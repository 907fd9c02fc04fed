"""Cuts the power: what lies on the disk at some moment, and nothing that only lay in memory, has to be enough.

A file system lies in an image file, as a loop device. After a command has said success, the image is copied as it is:
what the kernel has not written yet is missing in the copy, as after a power cut. The copy is mounted (its journal is
replayed; without one, it is repaired first), and has to have the new signature, keys, store or state. Other cuts come
at random moments during repeated signing: old or new, never none. With fsync made to do nothing by strace, signatures
have to be lost: that proves that the cut is one.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from common import (Tally, command, loop_device, mounted, must, not_run, note, options, row, run, temporary_folder,
                    why_no_loops)
from writers import Writer, copy_of, judge, prepare, writers

SIZE = 64 << 20
#: The file systems: the name, what makes it, how it is mounted. btrfs is not among them: a copy has the identity of the
#: original, and the kernel would mount that one in its place.
SYSTEMS = [
    ("ext4", ["mkfs.ext4", "-J", "size=8"], "data=ordered"),
    ("ext4-writeback", ["mkfs.ext4", "-J", "size=8"], "data=writeback,noauto_da_alloc"),
    ("ext3", ["mkfs.ext3", "-J", "size=8"], "data=ordered"),
    ("ext2", ["mkfs.ext2"], ""),
    ("xfs", ["mkfs.xfs", "-f"], ""),
]
#: What is cut after its success: those whose result matters most, each with one way of writing.
CUT = ["sign-file", "sign-first", "keygen", "renew", "trust-add", "verify-state", "sign-oms", "key-rotate"]
#: Cuts per command and file system; more of the first one.
TIMES, TIMES_SHORT = 20, 2


@contextlib.contextmanager
def file_system(image: Path, make: list[str], how: str, point: Path) -> Iterator[tuple[Path, str]]:
    """A fresh file system in an image, mounted; gives the mount and the device."""
    with image.open("wb") as file:
        file.truncate(300 << 20 if make[0] == "mkfs.xfs" else SIZE)
    quiet = [] if make[0] == "mkfs.xfs" else ["-q"]
    subprocess.run([*make, *quiet, str(image)], check=True, capture_output=True)
    with loop_device(image) as device, mounted([*(["-o", how] if how else []), device], point) as top:
        yield top, device


def why_not_mounted(work: Path, system: tuple[str, list[str], str]) -> str | None:
    """Why nothing can be tried on a file system that can be made: not every kernel has each of them."""
    name, make, how = system
    try:
        with file_system(work / "image", make, how, work / "mount"):
            return None
    except subprocess.CalledProcessError as error:
        return f"this machine cannot make or mount {name}: {(error.stderr or b'').decode(errors='replace').strip()[:120]}"


def kind_of(name: str) -> str:
    return name.split("-")[0]


def cut(image: Path, copy: Path, device: str) -> bool:
    """Copies what is on the disk now. False where something was written meanwhile: that was not one moment."""
    counters = Path("/sys/block") / Path(device).name
    before = (counters / "stat").read_text().split()[4:7]
    subprocess.run(["cp", "--sparse=always", str(image), str(copy)], check=True)
    return before == (counters / "stat").read_text().split()[4:7] and (counters / "inflight").read_text().split()[1] == "0"


@contextlib.contextmanager
def after_the_cut(copy: Path, point: Path, name: str) -> Iterator[Path]:
    """What the next start of the machine finds."""
    if name == "ext2":
        subprocess.run(["e2fsck", "-fy", str(copy)], capture_output=True)
    # The original is still mounted, and has the same identity.
    how = ["-o", "nouuid"] if name == "xfs" else []
    with loop_device(copy) as device, mounted([*how, device], point) as top:
        yield top


def kept(writer: Writer, template: Path, folder: Path) -> list[str]:
    """What is wrong with a folder in which success was said before the cut."""
    (folder / "tmp").mkdir(exist_ok=True)
    return judge(writer, template, folder, 0, "")


def fresh(template: Path, top: Path, writer: Writer) -> Path:
    """A case on the file system, itself safely on the disk."""
    folder = top / "case"
    copy_of(template, folder, writer)
    subprocess.run(["sync", "--file-system", str(folder)], check=True)
    return folder


def cut_after_success(work: Path, template: Path, system: tuple[str, list[str], str], times: int, seed: int) -> None:
    name, make, how = system
    tally, image, copy, blurred = Tally(f"faults/power-cut-{name}"), work / "image", work / "copy", 0
    with file_system(image, make, how, work / "mount") as (top, device):
        for writer in (writer for writer in writers() if writer.name in CUT):
            for number in range(times):
                folder = fresh(template, top, writer)
                done = run(writer.arguments, folder)
                if done.returncode != 0:
                    sys.exit(f"{writer.name} fails on {name}: {done.stderr}")
                if not cut(image, copy, device):
                    # What the system wrote meanwhile, by itself, may not have been on the disk when success was said.
                    blurred += 1
                    continue
                with after_the_cut(copy, work / "after", name) as found:
                    tally.add(kept(writer, template, found / "case"), f"{name}: {writer.name}, cut {number}")
    note(f"{name}: {blurred} copies after success were not of one moment and do not count")
    tally.row(f"power cut right after success, {name}: what was written is lost")


def cut_without_fsync(work: Path, template: Path, times: int) -> None:
    """The proof that the attack can find something."""
    what = "the same where fsync does nothing: the attack has to find losses"
    if shutil.which("strace") is None:
        return not_run("faults/power-cut-proof", what, "all", "the tool strace is absent")
    name, make, how = SYSTEMS[0]
    image, copy, lost = work / "image", work / "copy", 0
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:retval=0"]
    writer = next(writer for writer in writers() if writer.name == "sign-file")
    with file_system(image, make, how, work / "mount") as (top, device):
        for _ in range(times):
            folder = fresh(template, top, writer)
            if run(writer.arguments, folder, strace).returncode != 0:
                sys.exit("signing under strace fails")
            cut(image, copy, device)
            with after_the_cut(copy, work / "after", name) as found:
                lost += bool(kept(writer, template, found / "case"))
    row("faults/power-cut-proof", what, f"{lost} of {times} lost", "more than half", lost * 2 > times)


def cut_midway(work: Path, template: Path, system: tuple[str, list[str], str], times: int, seed: int) -> None:
    """At random moments of repeated signing."""
    name, make, how = system
    tally, image, copy = Tally(f"faults/power-cut-midway-{name}"), work / "image", work / "copy"
    draw, writer = random.Random(seed), next(writer for writer in writers() if writer.name == "sign-file")
    blurred, old = 0, 0
    with file_system(image, make, how, work / "mount") as (top, device):
        folder = fresh(template, top, writer)
        loop = subprocess.Popen(["sh", "-c", 'while "$@" -q; do :; done', "sh", *writer.arguments], cwd=folder,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                start_new_session=True)
        try:
            while tally.runs < times and blurred < 20 * times:
                time.sleep(draw.uniform(0.0, 0.08))
                # What writes is held; what the kernel still writes shows in the counters.
                os.killpg(loop.pid, signal.SIGSTOP)
                is_sharp = cut(image, copy, device)
                os.killpg(loop.pid, signal.SIGCONT)
                if not is_sharp:
                    blurred += 1
                    continue
                with after_the_cut(copy, work / "after", name) as found:
                    case = found / "case"
                    old += (case / "m.manifest.json").exists() and (
                        (case / "m.manifest.json").read_bytes() == (template / "m.manifest.json").read_bytes())
                    tally.add(judge(writer, template, case, -9, "", killed=True), f"{name}: cut {tally.runs}, seed {seed}")
            if loop.poll() is not None:
                sys.exit("signing again and again came to an end by itself")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(loop.pid, signal.SIGKILL)
            loop.wait()
    note(f"{name}: {blurred} copies were not of one moment and do not count; {old} had the first signature")
    tally.row(f"power cut while signing, {name}: neither the old nor a new signature is there")


def main() -> None:
    arguments = options(__doc__.splitlines()[0])
    if why := why_no_loops():
        for name in ("power-cut-ext4", "power-cut-proof", "power-cut-midway-ext4"):
            not_run(f"faults/{name}", "power cut: what was written is lost", "0", why)
        return
    times = TIMES_SHORT if arguments.short else TIMES
    with temporary_folder() as work:
        template = prepare(work)
        for system in SYSTEMS[:1] if arguments.short else SYSTEMS:
            name, make, _ = system
            if arguments.only not in name:
                continue
            if shutil.which(make[0]) is None:
                for row_name in ("power-cut", "power-cut-midway"):
                    not_run(f"faults/{row_name}-{name}", f"power cut, {name}", "0", f"the tool {make[0]} is absent")
                continue
            if why := why_not_mounted(work, system):
                for row_name in ("power-cut", "power-cut-midway"):
                    not_run(f"faults/{row_name}-{name}", f"power cut, {name}", "0", why)
                continue
            cut_after_success(work, template, system, times, arguments.seed)
            cut_midway(work, template, system, 5 * times, arguments.seed)
        cut_without_fsync(work, template, 5 * TIMES_SHORT if arguments.short else TIMES)


if __name__ == "__main__":
    main()
