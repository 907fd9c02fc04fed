"""Measures whole commands side by side: `weightseal`, and other tools that hash or verify the same files.

    python testkit/bench --weightseal PROGRAM --work FOLDER [--python VENV_PYTHON] [--b3sum PROGRAM] [--to FOLDER]

`cargo xtask bench` calls it. Each round runs every candidate of a workload once, each round beginning with another one. The
first round is not counted. What is compared are times of one round; of these ratios the median and the spread are reported.
"""

import argparse
import datetime
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

import chart
import machine
import page
from candidates import GIB, WORKLOADS
from models import Model, Signatures, speaks_of_chunks

WARM_SHARE = 0.999
"""A run is warm if at least this share of the files' pages was in the page cache before it."""

FROM_DISK = 2_000_000
"""And if it read no more than so many bytes a second from a disk, what a disk of 100 MB/s reads in 2 % of the time: parts of
the programs themselves may have left the page cache."""

TRIES = 3
"""How often a run is tried until it is warm."""

MEMORY_BESIDE = 2 * GIB
"""What the programs themselves may need, beside the files in the page cache."""


class Measured:
    """What was measured of one workload: runs by candidate, one of each counted round."""

    def __init__(self, workload):
        self.workload = workload
        self.runs = {}
        self.skipped = []
        self.others = []
        self.busy_starts = 0
        self.cold_rounds = 0
        self.roots = self.locked = False

    def add(self, runs, idle):
        """One round, with a run of each candidate; `idle`: whether the machine was, when it began."""
        for candidate, run in runs:
            self.runs[candidate.key].append(run)
        self.others.append(sum(run.others[0] for _, run in runs) / max(1, sum(run.others[1] for _, run in runs)))
        self.busy_starts += not idle

    def has(self, key):
        return bool(self.runs.get(key))

    def seconds(self, key):
        return statistics.median(run.seconds for run in self.runs[key])

    def peak(self, key):
        return max(run.peak_mib for run in self.runs[key])

    def ratios(self, above, below):
        """Median, smallest and largest of the ratios, each of one round."""
        ratios = [one.seconds / other.seconds for one, other in zip(self.runs[above], self.runs[below])]
        return statistics.median(ratios), min(ratios), max(ratios)

    def disturbed(self):
        """Of how many rounds others had a part."""
        return sum(share > machine.DISTURBED_SHARE for share in self.others)


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def available(tools, candidate):
    """None if a candidate can run, else why not."""
    reasons = {
        "whole": "this build has no option `--whole`",
        "roots": "the signature has no chunk roots, so `weightseal verify` is by whole files",
        "b3sum": "b3sum is not installed",
        "model_signing": "the reference implementation is not installed",
        "openssl": "openssl is not installed",
        "sha256sum": "sha256sum is not installed",
    }
    return next((reasons[need] for need in candidate.needs if not tools[need]), None)


def words_of(candidate, places, files):
    """The words of a command, with tools and paths put in."""
    for word in candidate.words:
        if word == "{files}":
            yield from map(str, files)
        elif word.startswith("{") and word.endswith("}"):
            yield str(places[word[1:-1]])
        else:
            yield word


def measure(workload, model, signatures, tools, options, scratch):
    """One workload, beginning with its signatures."""
    measured = Measured(workload)
    say(f"{workload.title}: signatures")
    paths = signatures.sign(model)
    measured.roots = bool(tools["whole"]) and speaks_of_chunks(paths["signature"])
    tools = {**tools, "roots": measured.roots}
    places = {**tools, **paths, "folder": model.folder, "file": model.files[0]}
    places.update(public=signatures.public, private=signatures.private, cores=len(os.sched_getaffinity(0)))
    commands = []
    for candidate in workload.candidates:
        if why := available(tools, candidate):
            measured.skipped.append((candidate, why))
            say(f"{workload.title}: `{candidate.label}` is left out: {why}")
        else:
            commands.append((candidate, list(words_of(candidate, places, model.files))))
            measured.runs[candidate.key] = []
    with machine.Cached(model.files) as cached:
        measured.locked = cached.locked
        if not cached.locked:
            say("the files may not be locked in memory (see `ulimit -l`): they are read again before each run")
        take_turns(measured, commands, model, cached, options, scratch)
    return measured


def take_turns(measured, commands, model, cached, options, scratch):
    """The rounds, until as many count as were wanted."""
    title = measured.workload.title
    for turn in range(2 * options.rounds + 1):
        idle = machine.wait_until_idle(options.patience, say)
        first = turn % len(commands)
        runs = []
        for candidate, words in commands[first:] + commands[:first]:
            run, warm = warm_run(words, model, cached, scratch)
            model.check(candidate, run.output)
            say(f"{title}, round {turn}: {candidate.label}: {run.seconds:.3f} s, {run.peak_mib:.0f} MiB")
            if not warm and turn:
                say(f"round {turn} does not count: not all was in the page cache")
                measured.cold_rounds += 1
                break
            runs.append((candidate, run))
        if turn and len(runs) == len(commands):
            measured.add(runs, idle)
        if len(measured.others) == options.rounds:
            return
    say(f"{title}: too few rounds with the files in the page cache: no figures")
    measured.runs = {}


def warm_run(words, model, cached, scratch):
    """A run, and whether everything was in the page cache: a run that had to read from a disk is done again."""
    for _ in range(TRIES):
        cached.refresh()
        warm = cached.share() >= WARM_SHARE
        run = machine.run(words, scratch)
        if warm and run.from_disk <= FROM_DISK * run.seconds:
            return run, True
        cause = f"{run.from_disk / 1e6:.1f} MB came from a disk" if warm else "files had left the page cache"
        say(f"again, since {cause}")
    return run, False


def found_tools(options):
    """Where every tool is, None for what is not here; and the versions, as rows for people."""
    options.weightseal = options.weightseal.absolute()
    usage = subprocess.run([options.weightseal, "verify", "--help"], capture_output=True, text=True, check=True).stdout
    tools = {
        "weightseal": options.weightseal,
        "whole": "--whole" in usage,
        "openssl": shutil.which("openssl"),
        "sha256sum": shutil.which("sha256sum"),
        "b3sum": options.b3sum,
        "python": options.python,
        "model_signing": options.python and options.python.with_name("model_signing"),
        "driver": pathlib.Path(__file__).with_name("reference.py"),
    }
    versions = [("weightseal", machine.first_line([tools["weightseal"], "--version"]).split(" ", 1)[1] + commit())]
    for name, words in [("openssl", ["version"]), ("sha256sum", ["--version"]), ("b3sum", ["--version"])]:
        if tools[name]:
            line = machine.first_line([tools[name], *words])
            versions.append((name, line.partition(" ")[2].partition(" (Library")[0]))
    if tools["python"]:
        versions.append(("model_signing", machine.first_line([tools["python"], tools["driver"], "versions"])))
    return tools, versions


def commit():
    """The commit that the program was built from, as far as git says."""
    here = pathlib.Path(__file__).parent
    words = ["git", "-C", str(here), "describe", "--always", "--dirty=, with changes", "--abbrev=12", "--exclude=*"]
    try:
        return f" (commit {subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()})"
    except (OSError, subprocess.CalledProcessError):
        return ""


def prepare(workloads, work):
    """The files of every workload, if there is room for them."""
    models = [Model(workload, work) for workload in workloads]
    disk = sum(len(model.missing()) * max(model.workload.size, 4096) for model in models) + GIB // 2
    memory = max(workload.bytes for workload in workloads) + MEMORY_BESIDE
    free, there = shutil.disk_usage(work).free, machine.available_memory()
    say(
        f"needs {disk / GIB:.1f} GiB of disk, of {free / GIB:.1f} GiB free, "
        f"and {memory / GIB:.1f} GiB of memory for programs and page cache, of {there / GIB:.1f} GiB available"
    )
    if free < disk or there < memory:
        raise SystemExit("bench: that is too little: set WEIGHTSEAL_BENCH_DIR to a folder elsewhere, or use --quick")
    for model in models:
        say(f"{model.workload.title}: files")
        model.make()
    return models


def main():
    parser = argparse.ArgumentParser(prog="cargo xtask bench", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="an eighth of the bytes; print, and write nothing")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds of each workload [default: 5, the fewest]")
    parser.add_argument("--patience", type=int, default=60, help="seconds to wait for an idle machine before each round")
    parser.add_argument("--to", type=pathlib.Path, help="write benchmarks.md and benchmarks.svg into this folder")
    parser.add_argument("--weightseal", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--python", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--b3sum", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rounds < 5:
        parser.error("--rounds: the fewest are 5")
    work = options.work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    tools, versions = found_tools(options)
    workloads = [workload.an_eighth() if options.quick else workload for workload in WORKLOADS]
    models = prepare(workloads, work)
    signatures = Signatures(tools, work)
    scratch = work / "scratch"
    scratch.mkdir(exist_ok=True)
    date = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    floor = machine.floor_mib(scratch)
    results = [measure(workload, model, signatures, tools, options, scratch) for workload, model in zip(workloads, models)]
    text = page.written(results, date, machine.facts(), versions, floor)
    if options.to is None:
        print(text)
        return
    (options.to / "benchmarks.md").write_text(text, encoding="utf-8")
    (options.to / "benchmarks.svg").write_text(chart.drawn(results), encoding="utf-8")
    say(f"wrote benchmarks.md and benchmarks.svg into {options.to}")


if __name__ == "__main__":
    main()
