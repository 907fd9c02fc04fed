"""Lets every system call of every command that writes fail, be interrupted, transfer too little, or be the last one.

A good run is traced first. Then, one run per call and kind of fault, strace injects an error once or from there on, or
SIGKILL in place of the call. Reads and writes that really transfer too little come from a preloaded library. Judged are
the exit status, the error, the files (old or new, never none), and what is left after the next run.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from common import Tally, command, not_run, note, options, run, seconds_used, temporary_folder
from writers import Writer, copy_of, is_untouched, judge, litter, prepare, writers

#: Errors that each call can have on storage. Left out: memory and threads (not storage), and calls that cannot fail.
ERRORS = {
    "openat": ["EIO", "ENOSPC", "EACCES", "EMFILE", "EINTR"],
    "statx": ["EIO", "EACCES"],
    "newfstatat": ["EIO", "EACCES"],
    "fstat": ["EIO"],
    "read": ["EIO", "EINTR"],
    "pread64": ["EIO", "EINTR"],
    "readlink": ["EIO", "EACCES"],
    "readlinkat": ["EIO", "EACCES"],
    "getdents64": ["EIO"],
    "write": ["EIO", "ENOSPC", "EINTR"],
    "pwrite64": ["EIO", "ENOSPC", "EINTR"],
    "lseek": ["EIO"],
    "ftruncate": ["EIO", "ENOSPC", "EINTR"],
    "flock": ["EIO", "EINTR"],
    "fsync": ["EIO", "ENOSPC", "EINTR"],
    "rename": ["EIO", "ENOSPC", "EACCES"],
    "renameat2": ["EIO", "ENOSPC", "EACCES"],
    "link": ["EIO", "ENOSPC", "EACCES"],
    "unlink": ["EIO", "EACCES"],
    "mkdir": ["EIO", "ENOSPC", "EACCES"],
    "fchmod": ["EIO", "EACCES"],
    "fchown": ["EIO", "EACCES"],
    "getcwd": ["EACCES"],
    "close": ["EIO"],
}
#: Calls that nobody can be killed in front of to any effect, or that strace cannot count.
NOT_KILLED = {"exit", "exit_group", "rt_sigreturn", "restart_syscall"}
#: The statuses of a command that was killed, and of a shell that saw it.
KILLED = (-9, 137)
#: Where it takes longer than this, something hangs; the commands wait 10 seconds for a lock.
PATIENCE = 60
#: CPU seconds of the short form for all of it.
SHORT_SECONDS = 60


def traced(writer: Writer, template: Path, folder: Path) -> tuple[Counter[str], Counter[str]]:
    """How often each call occurs in a good run: before the command's own code begins, and in all."""
    copy_of(template, folder, writer)
    trace = folder.with_name("trace")
    done = run(writer.arguments, folder, ["strace", "-f", "-qq", "-o", str(trace)], env=environment(folder))
    if done.returncode != 0:
        sys.exit(f"{writer.name} fails without a fault: {done.stderr}")
    before: Counter[str] = Counter()
    threads: dict[str, Counter[str]] = {}
    is_loading = True
    for line in trace.read_text(errors="replace").splitlines():
        found = re.match(r"(\d+) +([a-z_0-9]+)\(", line)
        if not found:
            continue
        thread, call = found.groups()
        # The first thing the Rust runtime does is to look at the three standard descriptors.
        is_loading = is_loading and call != "poll"
        threads.setdefault(thread, Counter())[call] += 1
        if is_loading and call != "execve":
            before[call] += 1
    # strace counts in each thread of its own.
    return before, Counter({call: max(counts[call] for counts in threads.values()) for call in
                            set().union(*threads.values()) - {"execve"}})


def environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "TMPDIR": str(folder / "tmp")}


def cases(before: Counter[str], counts: Counter[str]) -> dict[str, list[tuple[str, str]]]:
    """For each kind of fault the calls to hit: the call, and what strace is told."""
    found: dict[str, list[tuple[str, str]]] = {"errors-once": [], "errors-persistent": [], "kill": []}
    for call, count in sorted(counts.items()):
        for number in range(before[call] + 1, count + 1):
            for error in ERRORS.get(call, []):
                found["errors-once"].append((call, f"error={error}:when={number}"))
                # Whoever is interrupted for ever tries for ever: that is what retrying means.
                if error != "EINTR":
                    found["errors-persistent"].append((call, f"error={error}:when={number}+"))
            if call not in NOT_KILLED:
                found["kill"].append((call, f"signal=KILL:when={number}"))
    return found


def injected(writer: Writer, template: Path, folder: Path, call: str, how: str) -> list[str] | None:
    """Runs a command with one fault, and says what is wrong with the outcome; nothing where the fault did not come."""
    copy_of(template, folder, writer)
    trace = folder.with_name("trace")
    # Not --seccomp-bpf: strace 6.1 delivers no signal with it.
    strace = ["strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={call}", "-e", f"inject={call}:{how}"]
    try:
        done = run(writer.arguments, folder, strace, env=environment(folder), timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return [f"no end after {PATIENCE} seconds"]
    came = done.returncode in KILLED if "KILL" in how else "INJECTED" in trace.read_text(errors="replace")
    if not came:
        return None
    return judged(writer, template, folder, done, how)


def judged(writer: Writer, template: Path, folder: Path, done: subprocess.CompletedProcess[str], how: str) -> list[str]:
    killed = "KILL" in how
    if killed and is_untouched(template, folder, writer):
        return []
    if killed and writer.finished_by_next:
        run(writer.arguments, folder, env=environment(folder))
    stderr = done.stderr
    if not stderr and "when" in how and how.endswith("+"):
        stderr = "standard output"  # where no more can be written, nothing can be said either
    faults = judge(writer, template, folder, done.returncode, stderr, killed)
    if "EINTR" in how and done.returncode != 0:
        faults.append(f"an interrupted call was not repeated: {done.stderr.strip()[:200]}")
    left = litter(template, folder, writer)
    if left and not killed and "+" not in how and "unlink" not in how and done.returncode == 0:
        faults.append(f"left after success: {left}")
    if left:
        # The same command again, with its own files as they were: what is left over then, stays.
        for name in writer.writes:
            (folder / name).unlink(missing_ok=True)
            if (template / name).exists() and name not in writer.without:
                shutil.copy2(template / name, folder / name)
        again = run(writer.arguments, folder, env=environment(folder))
        if again.returncode != 0:
            faults.append(f"the next run fails: {again.stderr.strip()[:200]}")
        if left := litter(template, folder, writer):
            faults.append(f"left after the next run: {left}")
    return faults


def attack_with_strace(template: Path, folder: Path, arguments: object) -> None:
    tallies = {name: Tally(f"faults/{name}") for name in ("errors-once", "errors-persistent", "kill")}
    chosen: list[tuple[Writer, str, str, str]] = []
    for writer in writers():
        if arguments.only in writer.name:
            for kind, calls in cases(*traced(writer, template, folder)).items():
                chosen += [(writer, kind, call, how) for call, how in calls]
    without = 0
    begun, clock = seconds_used(), time.monotonic()
    if arguments.short:
        # Three quarters for what touches the output, and the same order for everybody who has the seed.
        random.Random(arguments.seed).shuffle(chosen)
        last = {"fsync", "rename", "renameat2", "write", "flock", "openat", "unlink", "fchmod", "close"}
        chosen = sorted(chosen[:2400], key=lambda case: case[2] not in last)[:1000]
        random.Random(arguments.seed).shuffle(chosen)
    for number, (writer, kind, call, how) in enumerate(chosen):
        faults = injected(writer, template, folder, call, how)
        if faults is None:
            without += 1
            continue
        tallies[kind].add(faults, f"{writer.name}: inject={call}:{how}")
        if number % 500 == 499:
            note(f"{number + 1} of {len(chosen)}, {time.monotonic() - clock:.0f} s")
        if arguments.short and seconds_used() - begun > SHORT_SECONDS:
            break
    note(f"{without} runs of {len(chosen)} had no fault, as the call did not come so often again: not counted")
    tallies["errors-once"].row("a system call fails once: wrong status, damaged file, or litter")
    tallies["errors-persistent"].row("a system call fails from some moment on: wrong status, damaged file, or litter")
    tallies["kill"].row("killed in front of a system call: damaged file, or litter after the next run")


def attack_with_short_io(template: Path, folder: Path, arguments: object) -> None:
    what = "reads and writes transfer one byte, or half: not done all the same"
    if shutil.which("gcc") is None:
        return not_run("faults/short-io", what, "0", "the tool gcc is absent")
    library = folder.with_name("short_io.so")
    source = Path(__file__).with_name("short_io.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    tally = Tally("faults/short-io")
    for writer in writers():
        # One byte at a time makes 16 MiB a matter of minutes.
        for mode in ("half",) if writer.name == "sign-chunk-list" else ("1", "half"):
            if arguments.only not in writer.name:
                continue
            copy_of(template, folder, writer)
            more = {**environment(folder), "SHORT_IO": mode, "LD_PRELOAD": str(library)}
            done = run(writer.arguments, folder, env=more)
            sign = folder / "short-io-was-here"
            was_here = sign.exists()
            sign.unlink(missing_ok=True)
            faults = judged(writer, template, folder, done, "short")
            if done.returncode != 0:
                faults.append(f"not done: exit status {done.returncode}: {done.stderr.strip()[:200]}")
            if not was_here:
                faults.append("the library had no effect")
            tally.add(faults, f"{writer.name}: SHORT_IO={mode}")
    tally.row(what)


def main() -> None:
    arguments = options(__doc__.splitlines()[0])
    with temporary_folder() as top:
        template, folder = prepare(top), top / "case"
        attack_with_short_io(template, folder, arguments)
        why = None
        if shutil.which("strace") is None:
            why = "the tool strace is absent"
        elif run([command(), "--version"], top, ["strace", "--seccomp-bpf", "-f", "-o", "/dev/null"]).returncode != 0:
            why = "strace may not trace here"
        if why is None:
            return attack_with_strace(template, folder, arguments)
        for name in ("errors-once", "errors-persistent", "kill"):
            not_run(f"faults/{name}", f"strace: {name}", "0", why)


if __name__ == "__main__":
    main()
