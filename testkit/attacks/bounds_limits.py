"""Poor surroundings: few files, little memory, few processes, small stacks, closed streams, full devices, folders that cannot
be written, no /proc and no /tmp. The command does its work with less, or says what it lacks; it never says success in vain.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measured import BIN, PANICS, Bound, row, run

NOBODY = 65534
MIB = 1 << 20


class Models:
    """A large file and a folder, signed; and the calls that verify, sign and hash them."""

    def __init__(self, work):
        self.work = work
        run("keygen", "--algorithm", "ecdsa-p256", "--no-passphrase", "-o", work / "own.pem")
        (work / "large.bin").write_bytes(random.Random(1).randbytes(48 << 20))
        (work / "many").mkdir()
        for number in range(600):
            (work / f"many/{number}").write_bytes(b"%d" % number * 2000)
        self.own = ["--key", "own.pem", "--signer", "team"]
        for model in ("large.bin", "many"):
            done = run("sign", model, *self.own, cwd=work)
            if done.status:
                raise SystemExit(done.said)
        self.before = self.files()

    def files(self):
        return sorted(str(path.relative_to(self.work)) for path in self.work.rglob("*"))

    def calls(self, threads=()):
        """Name, arguments, and what is said on success."""
        yield "verify a file", ["verify", "large.bin", "--key", "own.pub", *threads], "verified: "
        yield "verify whole", ["verify", "large.bin", "--key", "own.pub", "--whole", *threads], "verified: "
        yield "verify a folder", ["verify", "many", "--key", "own.pub", *threads], "verified: "
        yield "copy", ["verify", "large.bin", "--key", "own.pub", "--copy-to", "copy.bin", *threads], "verified: "
        yield "sign a file", ["sign", "large.bin", *self.own, "-o", "new.manifest.json", *threads], "signed: "
        yield "sign a folder", ["sign", "many", *self.own, "-o", "new.sig", *threads], "signed: "
        yield "digest", ["digest", "large.bin", "many", *threads], ""

    def hold(self, bound, name, done, word, must_work):
        """Success is success with its word, and anything else is status 2 with a code, and nothing written."""
        if done.status == 0:
            bound.case(name, done, 0, word)
        else:
            bound.case(name, done, 0 if must_work else 2, "" if must_work else "[")
            left = set(self.files()) - set(self.before)
            if left:
                bound.fault(name, f"left {left}")
        for made in ("copy.bin", "new.manifest.json", "new.sig"):
            (self.work / made).unlink(missing_ok=True)


def limits(models):
    # Limit, value, number of threads, whether the work has to succeed.
    rows = {
        "files": ("64 open files", [("NOFILE", 64, None, True), ("NOFILE", 64, 256, True), ("NOFILE", 16, None, True)]),
        "memory": (
            "an address space of 256 MiB, and of 64 MiB",
            [("AS", 256 * MIB, None, True), ("AS", 256 * MIB, 256, True), ("AS", 64 * MIB, None, False), ("AS", 64 * MIB, 256, False)],
        ),
        "stack": ("stacks of 512 KiB", [("STACK", 512 * 1024, None, True), ("STACK", 512 * 1024, 256, True)]),
        "file-size": ("no file may be larger than 4 KiB", [("FSIZE", 4096, None, False)]),
    }
    for identity, (what, cases) in rows.items():
        bound = Bound(f"bounds/limit-{identity}", f"{what}: verify, sign, copy, digest, with up to 256 threads")
        for limit, value, threads, must_work in cases:
            for name, call, word in models.calls(["--threads", str(threads)] if threads else []):
                if limit == "FSIZE" and name == "copy":
                    continue  # see streams: a device that is full
                done = run(*call, cwd=models.work, limits={limit: value})
                models.hold(bound, f"{name}, {limit} {value}, threads {threads}", done, word, must_work)
        bound.row("no abort; done, or status 2 with its reason and nothing written")


def processes(models):
    what = "one process and no threads for this user: verify and digest"
    if os.geteuid() != 0:
        row("bounds/limit-processes", what, "", "0 missed", None, "only root can become another user for it")
        return
    bound = Bound("bounds/limit-processes", what)
    os.chmod(models.work, 0o755)
    for name, call, word in models.calls(["--threads", "64"]):
        if name.startswith(("verify", "digest")):
            done = run(*call, cwd=models.work, limits={"NPROC": 1}, user=NOBODY)
            models.hold(bound, name, done, word, True)
    bound.row("done with the one thread there is")


def streams(models):
    bound = Bound("bounds/streams", "closed streams and a standard output that is full")
    for closed in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)):
        for name, call, word in models.calls():
            for extra in ([], ["--json"]):
                done = run(*call, *extra, cwd=models.work, closed=closed)
                # A result that cannot arrive is no success; the file that was to be signed may be there.
                expected = 2 if 1 in closed else 0
                bound.case(f"{name} {extra}, closed {closed}", done, expected)
                for made in ("copy.bin", "new.manifest.json", "new.sig"):
                    path = models.work / made
                    if path.exists() and 2 in closed and b"error" in path.read_bytes()[:64]:
                        bound.fault(name, "a message stands in a file")
                    path.unlink(missing_ok=True)
                rejected = ["verify", "many", "--signature", "large.manifest.json", "--key", "own.pub", *extra]
        done = run(*rejected, cwd=models.work, closed=closed)
        bound.case(f"rejected, closed {closed}", done, (1, 2))
    if os.path.exists("/dev/full"):
        for name, call, word in models.calls():
            for extra in ([], ["--json"]):
                done = run(*call, *extra, cwd=models.work, full=True)
                bound.case(f"{name} {extra}, full", done, 2, "[stdout]")
                for made in ("copy.bin", "new.manifest.json", "new.sig"):
                    (models.work / made).unlink(missing_ok=True)
    bound.row("status 2 whenever the result cannot arrive")


def places(models):
    what = "folders that cannot be written; no /tmp, no /proc, no /dev"
    if os.geteuid() != 0:
        row("bounds/places", what, "", "0 missed", None, "only root can become another user and leave /proc behind")
        return
    bound = Bound("bounds/places", what)
    key = models.work / "own.pem"
    os.chown(key, NOBODY, NOBODY)
    for name, call, word in models.calls():
        done = run(*call, cwd=models.work, user=NOBODY, environment={"TMPDIR": "/nonexistent"})
        writes = name == "copy" or name.startswith("sign")
        bound.case(f"{name}, read-only", done, 2 if writes else 0, "[" if writes else word)
    os.chown(key, 0, 0)
    if set(models.files()) != set(models.before):
        bound.fault("read-only", "something was written")
    # Nothing but the command, its libraries and the models.
    jail = models.work.parent / "jail"
    jail.mkdir()
    libraries = subprocess.run(["ldd", BIN], capture_output=True, text=True).stdout.split()
    for path in (BIN, *(word for word in libraries if word.startswith("/"))):
        place = jail / Path(path).relative_to("/") if path != BIN else jail / "weightseal"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    shutil.copytree(models.work, jail / "models")
    for name, call, word in models.calls():
        code = "import os, sys; os.chroot(sys.argv[1]); os.chdir('/models'); os.execv('/weightseal', ['weightseal', *sys.argv[2:]])"
        done = subprocess.run([sys.executable, "-c", code, str(jail), *call], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        bound.cases += 1
        if done.returncode != 0 or word not in done.stdout or "panicked" in done.stderr:
            bound.fault(f"{name}, nothing else there", f"exit status {done.returncode}: {done.stdout}{done.stderr}")
    bound.row("done without them, or status 2 and nothing written")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="the same: all of it is quick")
    parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weightseal-bounds-") as folder:
        os.chmod(folder, 0o755)
        work = Path(folder) / "work"
        work.mkdir()
        models = Models(work)
        limits(models)
        processes(models)
        streams(models)
        places(models)
    row("panics/limits", "panics, aborts and crashes in poor surroundings", f"{len(PANICS)}", "0", not PANICS)


if __name__ == "__main__":
    main()
