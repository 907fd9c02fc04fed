"""Races: a model, its signature or a trust store is changed as fast as it goes, while it is verified or loaded.

    WEIGHTSEAL_BIN=target/release/weightseal python3 testkit/attacks/races.py [--short] [--runs N] [--seed N] [WAY...]

What has to hold: `verified` comes with the digest that was signed; a copy that was kept, and whatever was loaded, is what
was signed, or is not there; nothing waits for a pipe. With WEIGHTSEAL_PYTHON (a Python that has the package), loading is
raced as well. A race in which all runs ended alike attacked nothing, and says so. Stopped runs leave nothing to chance: the
program is stopped in the middle of its reading, the file is changed, and it goes on (races_stopped.py).
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile

import races_stopped
from races_models import HANG, SIZES, Place, command, digest, done

HERE = pathlib.Path(__file__).resolve().parent
CHANGED = {"changed-while-reading"}
OTHER = {"hash-mismatch", "chunk-root-mismatch", "chunk-mismatch"}
# Of the codes below, those with exit status 2.
NOT_CARRIED_OUT = CHANGED | {"not-a-regular-file", "symlink", "broken-symlink", "not-found"}
# What may answer, beside `verified`. Files of the right size are never `size-mismatch`.
CODES = {
    "rename": OTHER | CHANGED,
    "write": OTHER | CHANGED,
    "mmap": OTHER | CHANGED,
    "truncate": OTHER | CHANGED | {"size-mismatch"},
    "fifo": CHANGED | {"not-a-regular-file"},
    "symlink": OTHER | CHANGED | {"symlink", "broken-symlink"},
    "signature": OTHER
    | CHANGED
    | {"untrusted-key", "invalid-signature", "field-mismatch", "unsigned", "unsupported-format"}
    | {"malformed-json", "malformed-manifest", "malformed-statement", "not-found"},
    "pair": OTHER | CHANGED | {"size-mismatch"},
    "store": {"revoked"} | CHANGED,
    "folder": OTHER
    | CHANGED
    | {"renamed-file", "missing-file", "extra-file", "type-changed", "size-mismatch", "symlink", "not-found"},
    "bundle": OTHER | CHANGED | {"missing-file", "size-mismatch", "symlink", "not-a-regular-file", "not-found"},
}
# Ways that stand in one row of the scoreboard.
ROWS = {way: (way,) for way in CODES} | {"signature": ("signature", "pair"), "folder": ("folder", "bundle")}
WHAT = {
    "rename": "verify while other files are put in its place",
    "write": "verify while the file is written to",
    "mmap": "verify while the file is written to through a memory map",
    "truncate": "verify while the file is cut off and extended",
    "fifo": "verify while pipes with the signed bytes are put in its place",
    "symlink": "verify while links are put in its place",
    "signature": "verify while another signature, a damaged one, none, or another pair of both is put in place",
    "store": "verify while the trust store is replaced by one that revokes",
    "folder": "verify a folder and a bundle while files are renamed, exchanged, added, removed and linked",
}


class Tally:
    """Outcomes of one race, and what was wrong."""

    def __init__(self, name, seed):
        self.name, self.seed, self.codes, self.wrong = name, seed, collections.Counter(), []
        # Runs that were over before they could be stopped.
        self.late = 0

    def add(self, code, faults, repeat):
        self.codes[code] += 1
        if faults:
            number = sum(self.codes.values())
            self.wrong.append(faults[0])
            if len(self.wrong) > 20:
                return
            print(f"races/{self.name}: run {number} of seed {self.seed}: {'; '.join(faults)}", file=sys.stderr)
            print("   ", repeat, file=sys.stderr, flush=True)

    def row(self, what):
        runs = sum(self.codes.values())
        outcomes = ", ".join(f"{code} {count:,}" for code, count in self.codes.most_common())
        late = f"; {self.late:,} more were over too soon" if self.late else ""
        found = f"{len(self.wrong)} of {runs:,} ({outcomes}{late})"
        fields = {"id": f"races/{self.name}", "what": f"{what}: wrong outcomes", "found": found, "target": "0"}
        if len(self.codes) < 2 and not self.wrong:
            # Also where none was in time to be stopped.
            why = f"all {runs:,} runs ended alike ({outcomes}), so nothing was raced"
            fields |= {"found": "not run", "holds": None, "why": why}
        else:
            fields |= {"holds": not self.wrong}
        print("row:", json.dumps(fields), flush=True)


def judge(place: Place, found, copy, part):
    """What is wrong with one outcome of the command."""
    status, result, _ = found
    code, files = result.get("code"), result.get("files") or [{}]
    signed, faults = place.signed.get(result.get("statement_sha256"), {}), []
    if status == 0:
        if code != ("partial" if part else "verified"):
            faults.append(f"exit status 0 with {code}")
        if not signed or {file["name"] for file in files} != set(signed):
            return [f"verified by another statement, or other files: {result}"]
        for file in files:
            content = signed[file["name"]]
            if file["checked"] == "digest" and file["found_sha256"] != digest(content):
                faults.append(f"verified with the digest {file['found_sha256']}")
            ways = ("chunks",) if part else ("digest", "chunk-root", "both")
            if file["checked"] not in ways or file["size"] != len(content):
                faults.append(f"verified, and {file['checked']} of {file['size']} bytes was checked")
        if place.way == "store" and result["trust"]["serial"] != 1:
            faults.append("verified by a store that revokes the key")
    elif code not in CODES[place.way] or status != (2 if code in NOT_CARRIED_OUT else 1):
        faults.append(f"{code}, exit status {status}")
    elif status == 1:
        for reason in result["reasons"]:
            if reason["code"] in OTHER and reason.get("expected") == reason.get("found"):
                faults.append("rejected with the digest that was signed")
        # Where whole files are exchanged, nothing but a or b is ever read.
        seen = {file.get("found_sha256") for file in files} - {None}
        if place.way in ("rename", "symlink") and status == 1 and seen - {digest(place.b)}:
            faults.append(f"rejected for {seen}, which is neither file")
        if place.way == "store" and result["trust"]["serial"] != 2:
            faults.append("rejected by the store that lets the key sign")
    if copy is not None:
        expected = signed.get("m.bin", b"")[slice(*part) if part else slice(None)]
        if copy.exists() != (status == 0):
            faults.append(f"exit status {status}, and a copy is {'there' if copy.exists() else 'not there'}")
        elif copy.exists() and copy.read_bytes() != expected:
            faults.append("the copy is not what was signed")
        copy.unlink(missing_ok=True)
    return faults


def race_command(row, runs, rng, seed, base, keys):
    tally = Tally(row, seed)
    # Where it is the file that is changed, there is a large one as well.
    if len(ROWS[row]) == 1 and row != "store":
        kinds = [(row, SIZES[0], 0.4), (row, SIZES[1], 0.45), (row, SIZES[2], 0.15)]
    else:
        kinds = [(way, size, 0.5 / len(ROWS[row])) for way in ROWS[row] for size in SIZES[:2]]
    for way, size, share in kinds:
        place = Place(base, keys, size, way)
        with place.changing():
            for _ in range(round(runs * share)):
                words, copy, part = [*place.words], None, None
                if row != "folder" and rng.random() < 0.5:
                    copy = place.path / "copy"
                    words += ["--copy-to", copy]
                    if place.size == SIZES[2] and rng.random() < 0.5:
                        start = rng.randrange(place.size)
                        part = start, min(place.size, start + rng.randint(1, 4 << 20))
                        words += ["--range", f"{part[0]}:{part[1]}"]
                if not part and rng.random() < 0.3:
                    words += ["--whole"]
                found = command("verify", place.model, *words)
                tally.add(found[1].get("code"), judge(place, found, copy, part), " ".join(found[2]))
        left = [path.name for path in place.path.iterdir() if path.name.endswith("-tmp")]
        if left:
            tally.add("left behind", [f"left behind: {left}"], str(place.path))
        shutil.rmtree(place.path)
    tally.row(WHAT[row])


def race_loading(runs, seed, base, keys):
    """Each way, with races_loading.py in a process of the Python that has the package."""
    tally = Tally("loading", seed)
    idle = []
    for way in CODES:
        codes = collections.Counter()
        for size in SIZES if way in ("rename", "write", "mmap", "truncate", "fifo", "symlink") else SIZES[:2]:
            place = Place(base, keys, size, way)
            count = runs // 10 if size == SIZES[2] else runs * 45 // 100
            trust = ["trust", place.path / "trust.toml"] if way == "store" else ["key", keys / "base.pub"]
            words = [os.environ["WEIGHTSEAL_PYTHON"], HERE / "races_loading.py", place.model, *trust, count]
            with place.changing():
                process = subprocess.Popen(
                    [*map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
                with ended(process):
                    process.stdin.write(place.for_loader())
                    process.stdin.flush()
                    for number in range(count):
                        outcome = with_limit(process)
                        faults = list(outcome["faults"])
                        code = outcome["code"]
                        if code != "loaded" and code not in CODES[way]:
                            faults.append(f"{way}: {code}")
                        codes[code] += 1
                        tally.add(code, faults, f"{way}, {size} bytes, load {number} of: {' '.join(map(str, words))}")
                        if code == "hang":
                            break
            shutil.rmtree(place.path)
        print(f"loading, {way}: {dict(codes.most_common())}", file=sys.stderr)
        if len(codes) < 2:
            print(f"loading, {way}: all ended alike, so nothing was raced", file=sys.stderr)
            idle.append(way)
    unraced = f"; all loads alike: {', '.join(idle)}" if idle else ""
    tally.row(f"load what is changed in all of these ways, as memory, on disk and mapped{unraced}")


@contextlib.contextmanager
def ended(process):
    try:
        yield
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def with_limit(process):
    """The next line that the process prints, or a hang."""

    def over(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(HANG)
    try:
        line = process.stdout.readline()
    except TimeoutError:
        return {"code": "hang", "faults": ["it hangs"]}
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    if not line:
        raise SystemExit("the process that loads broke")
    return json.loads(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="100 runs of each race")
    parser.add_argument("--runs", type=int, help="runs of each race [default: 1000]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"{', '.join(WHAT)}, stopped, loading [default: all]")
    arguments = parser.parse_args()
    runs = arguments.runs or (100 if arguments.short else 1000)
    ways = arguments.ways or [*WHAT, "stopped", "loading"]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    base = pathlib.Path(tempfile.mkdtemp(prefix="weightseal-races-"))
    os.environ["TMPDIR"] = str(base)
    tempfile.tempdir = None
    try:
        keys = base / "keys"
        keys.mkdir()
        for name in ("base", "stranger"):
            done("keygen", "--algorithm", "ecdsa-p256", "--no-passphrase", "--output", keys / f"{name}.pem")
        rng = random.Random(arguments.seed)
        for way in WHAT:
            if way in ways:
                race_command(way, runs, rng, arguments.seed, base, keys)
        if "stopped" in ways:
            tally = Tally("stopped", arguments.seed)
            races_stopped.stop_command(tally, max(1, runs // 50), rng, base, keys)
            tally.row("verify, stopped in the middle of its reading, while the file is changed")
        if "loading" in ways and not os.environ.get("WEIGHTSEAL_PYTHON"):
            why = "WEIGHTSEAL_PYTHON names no Python that has the package"
            for name, what in (("loading", "load what is changed"), ("stopped-loading", "load, stopped in its middle")):
                fields = {"id": f"races/{name}", "what": f"{what}: wrong outcomes", "found": "not run", "target": "0"}
                print("row:", json.dumps(fields | {"holds": None, "why": why}), flush=True)
        elif "loading" in ways:
            race_loading(runs, arguments.seed, base, keys)
            tally = Tally("stopped-loading", arguments.seed)
            races_stopped.stop_loading(tally, max(1, runs // 100), rng, base, keys, ended, with_limit)
            tally.row("load, stopped in the middle of its reading, while the file is changed")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
