"""The machine: what it is, whether it is idle, what it keeps in the page cache; and running one command on it."""

import ctypes
import mmap
import os
import subprocess
import sys
import time

IDLE_SHARE = 0.95
"""An idle machine: at least this share of a second was nobody's."""

DISTURBED_SHARE = 0.05
"""A disturbed round: other programs, or other guests of the host, had more than this share of the machine's time."""

RUNNER = """
import os, sys, time
out, err, words = sys.argv[1], sys.argv[2], sys.argv[3:]
flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
places = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
places += [(os.POSIX_SPAWN_OPEN, 1, out, flags, 0o600), (os.POSIX_SPAWN_OPEN, 2, err, flags, 0o600)]
begin = time.perf_counter()
process = os.posix_spawnp(words[0], words, os.environ, file_actions=places)
_, status, usage = os.wait4(process, 0)
seconds = time.perf_counter() - begin
print(os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss, usage.ru_inblock)
"""
"""A small process that starts the command. A child counts as its own peak what its parent had in memory when it was started,
so a large parent would hide what a small child needs: `floor_mib` says what remains hidden."""


class Run:
    """What one run of a command cost, and what it said. `others` are the ticks that others used meanwhile, and all ticks;
    `from_disk` are the bytes that it had to read from a disk, since they were not in the page cache."""

    def __init__(self, seconds, peak_mib, from_disk, others, output):
        self.seconds, self.peak_mib, self.from_disk, self.others, self.output = seconds, peak_mib, from_disk, others, output


def run(words, scratch):
    """Runs a command to its end, with its output in files of the folder `scratch`. Another exit status than 0 ends us."""
    out, err = scratch / "stdout", scratch / "stderr"
    runner = [sys.executable, "-I", "-S", "-c", RUNNER, str(out), str(err), *map(str, words)]
    busy, total = ticks()
    own = own_ticks()
    answer = subprocess.run(runner, stdout=subprocess.PIPE, check=True).stdout.split()
    own = own_ticks() - own
    busy, total = (after - before for after, before in zip(ticks(), (busy, total)))
    code, seconds, peak, blocks = int(answer[0]), float(answer[1]), int(answer[2]), int(answer[3])
    if code != 0:
        complaint = err.read_text(errors="replace")[-2000:]
        raise SystemExit(f"bench: {' '.join(map(str, words))[:400]}\nended with {code}:\n{complaint}")
    return Run(seconds, peak / 1024, 512 * blocks, (max(0.0, busy - own), total), out.read_bytes())


def floor_mib(scratch):
    """The smallest peak that `run` can see."""
    return run(["true"], scratch).peak_mib


def ticks():
    """Ticks of the clock since the start, of all cores: those that were used, also by other guests of the host, and all."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, idle, waiting, *rest = (int(word) for word in file.readline().split()[1:9])
    busy = user + nice + system + sum(rest)
    return busy, busy + idle + waiting


def own_ticks():
    """Ticks that this process and its ended children used."""
    times = os.times()
    used = times.user + times.system + times.children_user + times.children_system
    return used * os.sysconf("SC_CLK_TCK")


def wait_until_idle(patience, say):
    """Whether the machine became idle within `patience` seconds."""
    end, told = time.monotonic() + patience, False
    while True:
        busy, total = ticks()
        time.sleep(1)
        after = ticks()
        if 1 - (after[0] - busy) / max(1, after[1] - total) >= IDLE_SHARE:
            return True
        if time.monotonic() > end:
            return False
        if not told:
            say(f"other programs are at work: waiting up to {patience} s until the machine is idle")
            told = True


class Cached:
    """Files in the page cache. They are locked there where this is allowed (mlock(2)), since some machines take pages back that
    nobody used for a few seconds; where it is not, `refresh` reads them again."""

    def __init__(self, files):
        self.files, self.places = files, []
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.mmap.restype = ctypes.c_void_p
        self.libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
        for name in ["munmap", "mlock", "mincore"]:
            getattr(self.libc, name).argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        self.libc.mincore.argtypes += [ctypes.c_void_p]
        for path in files:
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                place = self.libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
            if place == ctypes.c_void_p(-1).value:
                raise OSError(ctypes.get_errno(), f"map {path}")
            self.places.append((place, size))

    def __enter__(self):
        self.locked = all(self.libc.mlock(place, size) == 0 for place, size in self.places)
        return self

    def __exit__(self, *_):
        for place, size in self.places:
            self.libc.munmap(place, size)

    def refresh(self):
        if not self.locked:
            block = bytearray(8 << 20)
            for path in self.files:
                with open(path, "rb", buffering=0) as file:
                    while file.readinto(block):
                        pass

    def share(self):
        """Which share of the pages is in the page cache, by mincore(2)."""
        there = pages = 0
        for place, size in self.places:
            answer = ctypes.create_string_buffer(-(-size // mmap.PAGESIZE))
            if self.libc.mincore(place, size, answer) != 0:
                raise OSError(ctypes.get_errno(), "mincore")
            there += sum(answer.raw.count(byte) for byte in set(answer.raw) if byte & 1)
            pages += len(answer)
        return there / pages


def available_memory():
    """Bytes that programs and the page cache can have."""
    return field("/proc/meminfo", "MemAvailable") * 1024


def field(path, name):
    with open(path, encoding="utf-8") as file:
        line = next(line for line in file if line.startswith(name))
    return int(line.split(":")[1].split()[0])


def facts():
    """What the machine is, as rows for people."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        about = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in file)}
    flags = set(about.get("flags", about.get("Features", "")).split())
    known = ["sha_ni", "avx2", "avx512f", "avx512bw", "sha2", "sve"]
    return [
        ("processor", about.get("model name", os.uname().machine)),
        ("instructions", ", ".join(flag for flag in known if flag in flags) or "none of those that matter here"),
        ("logical cores", str(len(os.sched_getaffinity(0)))),
        ("memory", f"{field('/proc/meminfo', 'MemTotal') / (1 << 20):.0f} GiB"),
        ("system", f"{os.uname().sysname} {os.uname().release.partition('-')[0]}, {os.uname().machine}"),
    ]


def first_line(words):
    """The first line that a command prints: its version."""
    output = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return output.splitlines()[0].strip()
