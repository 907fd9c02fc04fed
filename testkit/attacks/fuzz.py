#!/usr/bin/env python3
"""Fuzzes every parser of bytes from outside: `fuzz.py [--seconds N] [--targets a,b] [--jobs N]`, or `fuzz.py --short`.

The full form builds the targets of `fuzz/` with cargo-fuzz, and runs one after the other, for 60 seconds each, from the
inputs of fuzz/corpus and those that fuzz/seeds.py makes. What it finds goes to fuzz/found, crashes to fuzz/artifacts. The
short form needs no fuzzing engine: it is `cargo test -p weightseal --test corpus`, which runs the targets on fuzz/corpus and
on changes of it. `--minimise` puts the smallest inputs with the same coverage into fuzz/corpus, and does nothing else.

Prints one row of the scoreboard for each target, or one for all.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FUZZ = ROOT / "fuzz"
TARGETS = sorted(path.stem for path in (FUZZ / "fuzz_targets").glob("*.rs"))
DICTIONARIES = {
    "manifest": "signature_file", "bundle_manifest": "signature_file", "sigstore_bundle": "signature_file",
    "dsse": "signature_file", "pem_pkcs8": "keys", "public_key": "keys",
}  # fmt: skip
MUTATIONS = 10_000
LARGEST, SLOWEST, MEMORY = 16 * 1024, 20, 512  # bytes, seconds, MiB: for one input
ROOM, MOST = 120 * 1024, 128  # bytes and files in the repository for the inputs of one target
RUNNING = set()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--targets", type=lambda text: text.split(","), default=TARGETS)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--minimise", action="store_true")
    arguments = parser.parse_args()
    if unknown := set(arguments.targets) - set(TARGETS):
        parser.error(f"no such targets: {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if arguments.short:
            return replay()
        if why := build():
            for target in arguments.targets:
                row(target, found="not run", holds=None, why=why)
            return 0
        if arguments.minimise:
            for target in arguments.targets:
                minimise(target)
            return 0
        subprocess.run([sys.executable, FUZZ / "seeds.py"], check=False, stdout=sys.stderr)
        with ThreadPoolExecutor(arguments.jobs) as pool:
            list(pool.map(lambda target: fuzz(target, arguments.seconds), arguments.targets))
        return 0
    finally:
        for run in list(RUNNING):
            run.kill()


def row(target, **more):
    what = {"id": f"fuzz/{target.replace('_', '-')}", "what": f"bytes that crash the parser of `{target}`", "target": "0 crashes"}
    print("row: " + json.dumps(what | more), flush=True)


def replay():
    """The test prints the row itself."""
    words = ["cargo", "test", "--quiet", "--package", "weightseal", "--test", "corpus", "--", "--nocapture"]
    environment = os.environ | {"WEIGHTSEAL_MUTATIONS": str(MUTATIONS)}
    run = subprocess.run(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    rows = [line for line in run.stdout.splitlines() if line.startswith("row: ")]
    print("\n".join(rows or ["no row: the test did not run"]), flush=True)
    return run.returncode if rows else 1


def build():
    """Why it cannot be done, or None. Sanitizers are for the nightly compiler, or a stable one that is told so."""
    if shutil.which("cargo-fuzz") is None:
        return "cargo-fuzz is not installed (cargo install cargo-fuzz)"
    words = ["cargo", "fuzz", "build", "--fuzz-dir", "fuzz", "--sanitizer", "address"]
    run = subprocess.run(words, cwd=ROOT, env=os.environ | {"RUSTC_BOOTSTRAP": "1"}, stdout=sys.stderr)
    if run.returncode != 0:
        sys.exit("the targets do not build")
    return None


def program(target):
    host = re.search(r"^host: (.*)$", subprocess.check_output(["rustc", "-vV"], text=True), re.MULTILINE)[1]
    return FUZZ / "target" / host / "release" / target


def environment():
    # Memory that was freed is kept to find uses of it: a part of the bound, not all of it.
    return os.environ | {"ASAN_OPTIONS": "detect_odr_violation=0:quarantine_size_mb=32"}


def fuzz(target, seconds):
    work, corpus, artifacts = (FUZZ / name / target for name in ("found", "corpus", "artifacts"))
    for folder in (work, artifacts):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(artifacts.iterdir())
    options = {
        "max_total_time": seconds, "timeout": SLOWEST, "rss_limit_mb": MEMORY, "max_len": LARGEST,
        "print_final_stats": 1, "artifact_prefix": f"{artifacts}/",
    }  # fmt: skip
    dictionary = FUZZ / "dict" / f"{DICTIONARIES.get(target, target)}.dict"
    if dictionary.exists():
        options["dict"] = dictionary
    words = [program(target), work, *[corpus] * corpus.is_dir(), *(f"-{name}={value}" for name, value in options.items())]
    with tempfile.TemporaryFile() as log:
        run = subprocess.Popen(words, env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        RUNNING.add(run)
        run.wait()
        RUNNING.discard(run)
        log.seek(0)
        said = log.read().decode("utf-8", "replace")
    # An input that took long, but ended in time, is noted by the fuzzer as well: on a busy machine that means nothing.
    crashes = sorted(path for path in set(artifacts.iterdir()) - before if not path.name.startswith("slow-unit-"))
    executions = re.search(r"stat::number_of_executed_units: (\d+)", said)
    coverage = re.findall(r"cov: (\d+)", said)
    if run.returncode != 0:
        print(f"{target} ended with {run.returncode}: {said[-4000:]}", file=sys.stderr)
    for crash in crashes:
        print(f"to repeat it: {program(target)} {crash}", file=sys.stderr)
    count = f"{int(executions[1]):,}" if executions else "some"
    found = f"{count} executions in {seconds} s, {len(crashes)} crashes, coverage {coverage[-1] if coverage else 0}"
    if run.returncode != 0:
        # A crash that an earlier run has found as well has the name that it had then.
        found += f", ended with status {run.returncode}"
    return row(target, found=found, holds=not crashes and run.returncode == 0 and executions is not None)


def minimise(target):
    """A set of inputs that covers what all of them cover; of many, small ones and large ones, as far as there is room."""
    corpus, work = FUZZ / "corpus" / target, FUZZ / "found" / target
    with tempfile.TemporaryDirectory(dir=FUZZ) as folder:
        fresh = Path(folder) / target
        fresh.mkdir()
        sources = [path for path in (corpus, work) if path.is_dir()]
        words = [program(target), "-set_cover_merge=1", f"-max_len={LARGEST}", f"-rss_limit_mb={2 * MEMORY}", fresh, *sources]
        subprocess.run(words, env=environment(), check=True, stdout=sys.stderr, stderr=subprocess.DEVNULL)
        files = sorted(fresh.iterdir(), key=lambda path: (path.stat().st_size, path.name))
        chosen = [files[len(files) * at // MOST] for at in range(MOST)] if len(files) > MOST else files
        shutil.rmtree(corpus, ignore_errors=True)
        corpus.mkdir(parents=True)
        size = kept = 0
        for path in chosen:
            if size + path.stat().st_size <= ROOM:
                size, kept = size + path.stat().st_size, kept + 1
                shutil.copy(path, corpus)
    print(f"{target}: {kept} inputs with {size:,} bytes, of {len(files)} that cover everything", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
