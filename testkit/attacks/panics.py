"""A panic in any thread is exit status 101 and never a success; and no hostile input makes one.

The shipped command has no switch that makes it panic. So its clock is broken from outside: a preloaded library lets
`clock_gettime` fail from a chosen call on, in the first thread or in the others, and Rust's standard library panics there. On a
terminal every thread looks at the clock, for the progress bar.
"""

import argparse
import json
import os
import pty
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BIN = os.path.abspath(os.environ["WEIGHTSEAL_BIN"])
KIT = Path(__file__).resolve().parent.parent
SEED = 20261124

BROKEN_CLOCK = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static atomic_long calls;
int clock_gettime(clockid_t clock, struct timespec *time) {
    const char *where = getenv("CLOCK_FAILS_IN"), *from = getenv("CLOCK_FAILS_FROM");
    int first = getpid() == (int)syscall(SYS_gettid);
    if (where && from && (where[0] == 'f') == first && atomic_fetch_add(&calls, 1) >= atol(from)) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_clock_gettime, clock, time);
}
"""


def row(name, what, found, target, holds, why=None):
    fields = {"id": f"panics/{name}", "what": what, "found": found, "target": target, "holds": holds}
    print("row: " + json.dumps(fields | ({"why": why} if why else {})), flush=True)


def without_cores():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def on_terminal(arguments, folder, environment):
    """Runs the command with a terminal for standard error: status, standard output, what the terminal showed."""
    here, there = pty.openpty()
    process = subprocess.Popen(
        [BIN, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=there
    )
    os.close(there)
    out, shown = b"", b""
    out = process.stdout.read()
    while True:
        try:
            data = os.read(here, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(here)
    return process.wait(), out, shown


def threads(work, short):
    what = "forced panics that end as success, or leave something written"
    if sys.platform != "linux" or not shutil.which("gcc"):
        row("threads", what, "", "0", None, "gcc is not installed, which the broken clock is compiled with")
        return
    (work / "clock.c").write_text(BROKEN_CLOCK)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", "clock.so", "clock.c"], cwd=work, check=True)
    folder = work / "models"
    folder.mkdir()
    call = lambda *arguments: subprocess.run([BIN, *arguments], cwd=folder, check=True, capture_output=True)
    call("keygen", "--algorithm", "ed25519", "--no-passphrase", "-o", "key.pem")
    (folder / "large.bin").write_bytes(random.Random(SEED).randbytes(24 << 20))
    (folder / "many").mkdir()
    for number in range(64):
        (folder / f"many/{number}").write_bytes(random.Random(number).randbytes(300_000))
    signer = ["--key", "key.pem", "--signer", "team", "--threads", "4"]
    call("sign", "large.bin", *signer)
    call("sign", "many", *signer)
    before = sorted(path.name for path in folder.rglob("*"))
    calls = [
        ["verify", "large.bin", "--key", "key.pub", "--threads", "4"],
        ["verify", "large.bin", "--key", "key.pub", "--json", "--threads", "4"],
        ["verify", "large.bin", "--key", "key.pub", "--whole", "--copy-to", "copy.bin", "--threads", "4"],
        ["verify", "many", "--key", "key.pub", "--threads", "4"],
        ["verify", "many", "--key", "key.pub", "--json", "--threads", "4"],
        ["sign", "large.bin", *signer, "-o", "new.manifest.json"],
        ["sign", "many", *signer, "-o", "new.sig"],
        ["digest", "large.bin", "many", "--threads", "4"],
    ]
    bad = panicked = done = in_others = 0
    for arguments in calls:
        for where in ("others", "first"):
            for start in (0, 1, 5, 20) if short else (0, 1, 2, 3, 5, 8, 13, 21, 34, 55):
                environment = os.environ | {
                    "LD_PRELOAD": str(work / "clock.so"), "CLOCK_FAILS_IN": where, "CLOCK_FAILS_FROM": str(start),
                }
                status, out, shown = on_terminal(arguments, folder, environment)
                done += 1
                left = sorted(path.name for path in folder.rglob("*"))
                if b"panicked at" not in shown:
                    # The work was done before so many looks at the clock; what it wrote is its result.
                    for name in ("copy.bin", "new.manifest.json", "new.sig"):
                        (folder / name).unlink(missing_ok=True)
                    continue
                panicked += 1
                in_others += where == "others"
                is_good = status == 101 and not out and left == before
                if not is_good:
                    bad += 1
                    new = set(left) - set(before)
                    print(f"panics: {arguments} {where} {start}: status {status}, {out!r}, {new}", file=sys.stderr)
    if not in_others:
        row("threads", what, "", "0", None, "the broken clock made no thread panic")
        return
    row("threads", what, f"{bad} of {panicked} panics, {in_others} of them in worker threads", "0", not bad)


def spoiled(data, chance):
    """A file with a few changes: bytes, pieces taken out, doubled or cut off, numbers made large."""
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at, kind = chance.randrange(len(data) + 1), chance.randrange(6)
        end = min(len(data), at + chance.choice((1, 2, 8, 64, 512)))
        if kind == 0:
            del data[at:end]
        elif kind == 1:
            data[at:at] = data[at:end] * chance.choice((1, 2, 50))
        elif kind == 2:
            data[at:at] = chance.randbytes(chance.choice((1, 4, 40)))
        elif kind == 3:
            del data[at:]
        elif kind == 4:
            data[at:at] = chance.choice((b"9" * 30, b"-1", b"0", b"\\u0000", b"../", b'"', b"{", b"[", b"\xff\xfe", b"1e400"))
        elif at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        if not data:
            return b""
    return bytes(data)


def none(work, short):
    """Every vector's files, as they are and spoiled, given to every command that reads such files."""
    chance = random.Random(SEED)
    vectors = sorted(path.parent for path in (KIT / "vectors").glob("*/*/case.json"))
    keys = sorted(path for path in (KIT / "keys").iterdir() if path.is_file())
    ran, statuses, others = 0, {}, []

    def run(arguments, folder):
        nonlocal ran
        environment = os.environ | {"WEIGHTSEAL_PASSPHRASE": "test passphrase"}
        done = subprocess.run(
            [BIN, *map(str, arguments)], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            preexec_fn=without_cores,
        )
        ran += 1
        statuses[done.returncode] = statuses.get(done.returncode, 0) + 1
        if done.returncode not in (0, 1, 2) or b"panicked at" in done.stderr:
            others.append(arguments)
            kept = sorted(path.name for path in Path(folder).rglob("*"))
            print(f"panics: run {ran}: {arguments}: status {done.returncode}: {done.stderr[:2000]!r}, {kept}", file=sys.stderr)

    public = KIT / "keys/rsa2048.pub"
    rounds = 300 if short else 4000
    for number in range(rounds):
        vector = chance.choice(vectors)
        files = [path for path in vector.rglob("*") if path.is_file() and path.name != "case.json"]
        if not files:
            continue
        folder = work / "hostile"
        shutil.copytree(vector, folder, symlinks=True)
        chosen = folder / chance.choice(files).relative_to(vector)
        if not chosen.is_symlink():
            chosen.chmod(0o600)
            if chosen.stat().st_size < 1 << 20:
                chosen.write_bytes(spoiled(chosen.read_bytes(), chance))
        signature = next((path for path in folder.rglob("*") if path.name.endswith((".manifest.json", ".sig"))), chosen)
        stores = list(folder.rglob("*.toml"))
        calls = [
            ["verify", chosen, "--key", public],
            ["verify", folder, "--signature", signature, "--key", public, "--json"],
            ["inspect", chosen], ["inspect", signature, "--json"],
            ["diff", chosen, signature],
            ["verify", signature, "--trust", stores[0] if stores else chosen],
            ["trust", "check", "--trust", stores[0] if stores else chosen],
        ]
        run(chance.choice(calls), folder)
        run(calls[number % len(calls)], folder)
        key = folder / "key.pem"
        key.write_bytes(spoiled(chance.choice(keys).read_bytes(), chance))
        key.chmod(0o600)
        run(chance.choice((["key", "show", key], ["inspect", key], ["verify", chosen, "--key", key], ["sign", chosen, "--key", key, "--signer", "a"])), folder)
        shutil.rmtree(folder)
    found = f"{len(others)} of {ran:,} runs; statuses " + ", ".join(f"{key}: {statuses[key]:,}" for key in sorted(statuses))
    row("none", "panics and crashes over spoiled vectors and keys", found, "0", not others)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="fewer places and inputs")
    short = parser.parse_args().short
    with tempfile.TemporaryDirectory(prefix="weightseal-panics-") as folder:
        threads(Path(folder), short)
        none(Path(folder), short)


if __name__ == "__main__":
    main()
