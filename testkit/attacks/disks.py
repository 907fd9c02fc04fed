"""Writes to full disks and past limits of a file's size, and reads from and writes to disks that fail.

The full disk is a small tmpfs with a little more room from run to run, so that each write in turn is the one that does
not fit any more. The limit is RLIMIT_FSIZE, which also sends SIGXFSZ. The disk that fails is a loop device whose backing
file was cut off (reading), or stands on a full file system (writing): the errors come from the kernel's block layer.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

from common import (Tally, command, loop_device, mounted, must, not_run, options, run, temporary_folder,
                    why_no_loops, why_no_mounts)
from writers import SIGNER, Writer, copy_of, judge, litter, names_in, prepare, writers

#: What these commands write is far smaller than their room and the steps of it.
PAGE = 4096


def full_disk(work: Path, template: Path, arguments: object) -> None:
    name, what = "faults/full-disk", "the disk is full at each write in turn: wrong status, damaged file, or litter"
    if why := why_no_mounts():
        return not_run(name, what, "0", why)
    tally, filled = Tally(name), 0
    for writer in writers():
        for room in range(0, 6 * PAGE, PAGE * (2 if arguments.short else 1)):
            with mounted(["-t", "tmpfs", "-o", "size=64m", "tmpfs"], work / "full") as top:
                folder = top / "case"
                copy_of(template, folder, writer)
                if writer.name != "sign-chunk-list":
                    (folder / "large.bin").unlink()
                fill(top / "filler", room)
                done = run(writer.arguments, folder)
                filled += done.returncode == 2 and "No space left" in done.stderr
                (top / "filler").unlink()
                if not (folder / "large.bin").exists():
                    shutil.copy(template / "large.bin", folder / "large.bin")
                faults = judge(writer, template, folder, done.returncode, done.stderr)
                if left := litter(template, folder, writer):
                    faults.append(f"left behind: {left}")
                tally.add(faults, f"{writer.name}: {room} bytes free")
    tally.row(what, hits=filled)


def fill(path: Path, room: int) -> None:
    """Takes all space but `room` bytes."""
    free = os.statvfs(path.parent)
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - room)


def file_size_limit(work: Path, template: Path, arguments: object) -> None:
    """A limit of a file's size in force for the command alone, with SIGXFSZ as it is by default."""
    tally, stopped = Tally("faults/file-size-limit"), 0
    folder = work / "limited"
    steps = [0, 1, 100, 177, 178, 240, 1000, 1500, 4000] if arguments.short else [*range(0, 2600, 100), 177, 178, 241]
    for writer in writers():
        for limit in steps:
            copy_of(template, folder, writer)

            def limited(limit: int = limit) -> None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

            done = run(writer.arguments, folder, preexec_fn=limited)
            stopped += done.returncode != 0
            faults = judge(writer, template, folder, done.returncode, done.stderr)
            if left := litter(template, folder, writer):
                faults.append(f"left behind: {left}")
            tally.add(faults, f"{writer.name}: files of {limit} bytes at most")
    tally.row("files may not grow past a limit: wrong status, damaged file, or litter", hits=stopped)


def drop_caches() -> None:
    subprocess.run(["sync"], check=True)
    Path("/proc/sys/vm/drop_caches").write_text("3")


def reading_fails(work: Path, arguments: object) -> None:
    """A model on a disk of which a part cannot be read any more."""
    name, what = "faults/device-error-reading", "the disk cannot read the model: anything but `not carried out`"
    if why := why_no_loops():
        return not_run(name, what, "0", why)
    if shutil.which("mkfs.ext4") is None:
        return not_run(name, what, "0", "the tool mkfs.ext4 is absent")
    tally, image, ws = Tally(name), work / "image", command()
    sizes = [100_000, 3_000_000] if arguments.short else [5, 4096, 100_000, 3_000_000, 20_000_000]
    for size in sizes:
        with image.open("wb") as file:
            file.truncate(96 << 20)
        # Without a journal and a lazy start nothing is written behind our back.
        subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", "-E", "lazy_itable_init=0", str(image)], check=True)
        with loop_device(image) as device:
            with mounted([device], work / "mount") as top:
                (top / "padding").write_bytes(b"p" * (8 << 20))
                (top / "oms").mkdir()
                for model in (top / "m.bin", top / "oms" / "m.bin"):
                    model.write_bytes(bytes(range(256)) * (size // 256) + b"." * (size % 256))
                must([ws, "keygen", "--algorithm", "ecdsa-p256", "--no-passphrase", "-o", str(work / "k.pem")], work)
                for model in ("m.bin", "oms"):
                    must([ws, "sign", model, "--key", str(work / "k.pem"), "--signer", SIGNER, "-o",
                          str(work / f"{model}.sig" if model == "oms" else work / "m.manifest.json")], top)
                first = first_block(top / "m.bin")
            with mounted(["-o", "ro", device], work / "mount") as top:
                names_in(top)  # what is needed to open the files is in memory
                for model in (top / "m.bin", top / "oms" / "m.bin"):
                    model.stat()
                os.truncate(image, first)
                drop_pages()
                calls = [["m.bin", "--signature", str(work / "m.manifest.json")],
                         ["m.bin", "--signature", str(work / "m.manifest.json"), "--whole"],
                         ["m.bin", "--signature", str(work / "m.manifest.json"), "--direct"],
                         ["oms", "--signature", str(work / "oms.sig")]]
                for call in calls:
                    done = run([ws, "verify", *call, "--key", str(work / "k.pub")], top)
                    faults = [] if done.returncode == 2 else [f"exit status {done.returncode}: {done.stdout}{done.stderr}"]
                    if "Input/output error" not in done.stderr or "m.bin" not in done.stderr:
                        faults.append(f"the error does not say what failed: {done.stderr.strip()[:300]}")
                    tally.add(faults, f"{size} bytes: verify {' '.join(call)}")
        for path in (work / "k.pem", work / "k.pub", work / "m.manifest.json", work / "oms.sig"):
            path.unlink()
    tally.row(what)


def first_block(path: Path) -> int:
    """Where on the disk the content of a file begins, in bytes (the FIBMAP of Linux)."""
    import fcntl
    import struct

    with path.open("rb") as file:
        os.fsync(file.fileno())
        block = struct.unpack("i", fcntl.ioctl(file, 1, struct.pack("i", 0)))[0]
        return block * os.fstat(file.fileno()).st_blksize


def drop_pages() -> None:
    """Drops what is cached of files, and keeps their inodes: those of a cut-off disk could not be read again."""
    subprocess.run(["sync"], check=True)
    Path("/proc/sys/vm/drop_caches").write_text("1")


def writing_fails(work: Path, template: Path, arguments: object) -> None:
    """Commands that write to a disk whose blocks cannot be written: the file system notices at fsync."""
    name, what = "faults/device-error-writing", "the disk cannot write: success said, or the old file lost"
    if why := why_no_loops():
        return not_run(name, what, "0", why)
    if shutil.which("mkfs.ext4") is None:
        return not_run(name, what, "0", "the tool mkfs.ext4 is absent")
    tally, failed = Tally(name), 0
    chosen = [writer for writer in writers() if writer.name != "sign-chunk-list"]
    for writer in chosen[::3] if arguments.short else chosen:
        with mounted(["-t", "tmpfs", "-o", "size=40m", "tmpfs"], work / "backing") as backing:
            image = backing / "image"
            with image.open("wb") as file:
                file.truncate(32 << 20)
            subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", "-E", "lazy_itable_init=0", str(image)], check=True)
            with loop_device(image) as device:
                with mounted(["-o", "errors=continue", device], work / "mount") as top:
                    folder = top / "case"
                    copy_of(template, folder, writer)
                    subprocess.run(["sync", "--file-system", str(folder)], check=True)
                    # The blocks that are written already can be written again; there is no room for new ones.
                    fill(backing / "filler", 0)
                    done = run(writer.arguments, folder)
                    failed += done.returncode == 2
                    faults = [] if done.returncode in (0, 2) else [f"exit status {done.returncode}: {done.stderr}"]
                (backing / "filler").unlink()
                subprocess.run(["e2fsck", "-fy", device], capture_output=True)
                with mounted([device], work / "mount") as top:
                    folder = top / "case"
                    (folder / "tmp").mkdir(exist_ok=True)
                    faults += judge(writer, template, folder, done.returncode, done.stderr)
                    tally.add(faults, f"{writer.name}: exit status {done.returncode}")
    tally.row(what, hits=failed)


def main() -> None:
    arguments = options(__doc__.splitlines()[0])
    with temporary_folder() as work:
        template = prepare(work)
        for attack in (full_disk, file_size_limit, writing_fails):
            if arguments.only in attack.__name__:
                attack(work, template, arguments)
        if arguments.only in reading_fails.__name__:
            reading_fails(work, arguments)


if __name__ == "__main__":
    main()
