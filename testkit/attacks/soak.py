"""Soak: many processes sign, verify, tamper and verify for an hour, while they share folders, trust stores and state files.

    WEIGHTSEAL_BIN=target/release/weightseal python3 testkit/attacks/soak.py [--short] [--minutes N] [--workers N]

Each verdict has to be the one that docs/spec/result.md says. No edit of a trust store may be lost, no state file may go
back. With WEIGHTSEAL_PYTHON (a Python that has the package), one long-lived process loads models all the time: what it
holds at the end is what it held at the beginning. A wrong verdict leaves a copy of the folder, and stderr says how to
repeat it. Rows: soak/verdicts, soak/stores, soak/memory, soak/descriptors.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from soak_models import Model, command, make_keys
from soak_shared import Sharer, judge_slots, make_slot

HERE = pathlib.Path(__file__).resolve().parent
# Of the codes that are answered here, those with exit status 2.
NOT_CARRIED_OUT = {"busy", "not-a-regular-file", "not-found", "trust-store-rolled-back", "usage"}


class Judge:
    """Counts verdicts, and keeps what is needed to repeat a wrong one."""

    def __init__(self, name):
        self.name, self.count, self.codes, self.wrong = name, 0, {}, []

    def __call__(self, what, found, codes, folder, history=()):
        status, result, call = found
        code = result.get("code")
        self.count += 1
        self.codes[str(code)] = self.codes.get(str(code), 0) + 1
        expected = 0 if code in (None, "verified", "partial") else 2 if code in NOT_CARRIED_OUT else 1
        fits = code in codes and status == expected
        if not fits:
            self.wrong.append(f"{what}: {code}, exit status {status}, and one of {sorted(map(str, codes))} was expected")
            print(f"{self.name}: {self.wrong[-1]}", file=sys.stderr)
            for words in (*history, call):
                print("   ", *map(str, words), file=sys.stderr)
            if len(self.wrong) <= 10:
                kept = pathlib.Path(tempfile.mkdtemp(prefix="weightseal-soak-wrong-", dir=os.environ["SOAK_KEPT"]))
                subprocess.run(["cp", "-a", "--", folder, kept], check=False)
                print(f"    the folder is kept in {kept}", file=sys.stderr, flush=True)
        return fits


def one_model(rng, judge, place, name, keys, store):
    """Sign, verify, tamper, verify, undo, verify."""
    model = Model(rng, place, name, keys)
    signed = model.sign()
    history = [signed[2]]
    if judge(f"sign {model.kind}", signed, {None}, model.folder):
        by_store = store if rng.random() < 0.4 and "--signer" in model.signing else None
        judge(f"verify {model.kind}", model.verify(by_store), {"verified"}, model.folder, history)
        # Only of whole files hashed with SHA-256 there are roots.
        if signed[1].get("chunk_list") and model.kind in ("file", "oms-file"):
            one_range(rng, judge, model, history)
        for _ in range(rng.randint(1, 3)):
            what, codes, undo = model.tamper()
            judge(f"{what} of {model.kind}", model.verify(by_store), codes, model.folder, history)
            undo()
            judge(f"{what} of {model.kind}, undone", model.verify(by_store), {"verified"}, model.folder, history)
    shutil.rmtree(model.folder)


def one_range(rng, judge, model, history):
    size = model.target.stat().st_size
    start = rng.randrange(size)
    end = min(size, start + rng.randint(1, 2_000_000))
    part = model.folder / "part"
    words = ("--key", model.keys / f"base-{model.algorithm}.pub", "--range", f"{start}:{end}", "--copy-to", part)
    found = command("verify", model.target, *words)
    if judge("a range", found, {"partial"}, model.folder, history):
        if part.read_bytes() != model.target.read_bytes()[start:end]:
            judge("the copy of a range", (0, {"code": "other bytes"}, found[2]), {"partial"}, model.folder, history)
    part.unlink(missing_ok=True)


def work(base: pathlib.Path, number: int, seed: int, begin: float, until: float, slot_seconds: float):
    os.nice(5)
    name = f"w{number}"
    rng, judge = random.Random(f"{seed} {number}"), Judge(name)
    own = base / name
    own.mkdir()
    keys = base / "keys"
    sharer = Sharer(rng, own, name, keys, judge)
    rounds, parent = 0, os.getppid()
    while time.time() < until and os.getppid() == parent:
        rounds += 1
        slots, progress = divmod((time.time() - begin) / slot_seconds, 1)
        slot = base / f"slot-{int(slots)}"
        # If the next one is not ready, the last one goes on.
        while not (slot / "ready").exists():
            slots, progress = slots - 1, 1
            slot = base / f"slot-{int(slots)}"
        act = rng.random()
        if act < 0.5:
            one_model(rng, judge, rng.choice((own, base / "pool")), f"{name}r{rounds}", keys, slot / "trust.toml")
        elif act < 0.65:
            sharer.sign_common(slot)
        elif act < 0.8:
            sharer.edit_store(slot)
        else:
            sharer.update_state(slot, progress)
    found = {"count": judge.count, "codes": judge.codes, "wrong": judge.wrong, "rounds": rounds}
    found |= {"edits": sharer.edits, "updates": sharer.updates}
    (base / f"{name}.json").write_text(json.dumps(found))


def row(name, what, found, target, holds, why=None):
    fields = {"id": f"soak/{name}", "what": what, "found": found, "target": target, "holds": holds}
    print("row:", json.dumps(fields | ({"why": why} if why else {})), flush=True)


def judge_resident(path: pathlib.Path, span: str):
    """Rows of the long-lived process: the medians of the first and of the last fifth of its samples."""
    what = "a process that signs, verifies and loads all the time: memory at its end and at its beginning"
    target = "growth below 5 % + 1 MiB"
    descriptors = "the same process: open descriptors at its end and at its beginning"
    if not os.environ.get("WEIGHTSEAL_PYTHON"):
        why = "WEIGHTSEAL_PYTHON names no Python that has the package"
        row("memory", what, "not run", target, None, why)
        row("descriptors", descriptors, "not run", "the same", None, why)
        return 0, []
    result = json.loads(path.read_text())
    fifth = max(1, len(result["samples"]) // 5)
    first, last = (
        [statistics.median(sample[at] for sample in part) for at in range(2)]
        for part in (result["samples"][:fifth], result["samples"][-fifth:])
    )
    before, after = first[0] / 1024, last[0] / 1024
    found = f"{before:.1f} MiB, then {after:.1f} MiB, {result['rounds']:,} rounds in {span}"
    row("memory", what, found, target, after < before * 1.05 + 1)
    found = f"{first[1]:g}, then {last[1]:g}, {result['rounds']:,} rounds in {span}"
    row("descriptors", descriptors, found, "the same", first[1] == last[1])
    peak = max(sample[0] for sample in result["samples"]) / 1024
    print(f"resident: {len(result['samples'])} samples, peak {peak:.1f} MiB", file=sys.stderr)
    return 4 * result["rounds"], result["wrong"]


def soak(base: pathlib.Path, arguments, children: list):
    minutes = arguments.minutes or (0.5 if arguments.short else 60)
    slot_seconds = min(120, minutes * 60 / 3)
    keys = base / "keys"
    keys.mkdir()
    (base / "pool").mkdir()
    make_keys(keys)
    slot = 0

    def next_slot():
        nonlocal slot
        make_slot(base / f"slot-{slot}", keys)
        (base / f"slot-{slot}" / "ready").touch()
        slot += 1

    next_slot()
    begin = time.time()
    until = begin + minutes * 60
    for number in range(arguments.workers):
        words = ["--worker", str(number), "--base", str(base), "--seed", str(arguments.seed)]
        words += ["--span", str(begin), str(until), str(slot_seconds)]
        # A group of its own, so that Ctrl-C reaches this process alone, which then ends the others.
        children.append(subprocess.Popen([sys.executable, __file__, *words], process_group=0))
    if os.environ.get("WEIGHTSEAL_PYTHON"):
        words = [HERE / "soak_resident.py", base / "resident", keys, until, base / "resident.json"]
        # Large blocks go back to the system at once, as they do until glibc has learned another threshold: that would be
        # a step, at some time, by nobody's fault.
        settings = os.environ | {"MALLOC_MMAP_THRESHOLD_": str(256 << 10)}
        words = [os.environ["WEIGHTSEAL_PYTHON"], *map(str, words)]
        children.append(subprocess.Popen(words, env=settings, process_group=0))
    while any(child.poll() is None for child in children):
        if time.time() < until and slot * slot_seconds < time.time() - begin + 10:
            next_slot()
        if any(child.poll() for child in children):
            raise SystemExit("a process of the soak broke")
        time.sleep(0.2)
    if any(child.returncode for child in children):
        raise SystemExit("a process of the soak broke")

    results = [json.loads((base / f"w{number}.json").read_text()) for number in range(arguments.workers)]
    span = f"{minutes:g} min"
    count, resident_wrong = judge_resident(base / "resident.json", span)
    for line in resident_wrong:
        print("resident:", line, file=sys.stderr)
    wrong = sum(len(result["wrong"]) for result in results) + len(resident_wrong)
    count += sum(result["count"] for result in results)
    what = f"sign, verify, tamper, verify by {arguments.workers} processes that share folders: wrong verdicts"
    row("verdicts", what, f"{wrong} of {count:,} in {span}", "0", wrong == 0)
    edits = [edit for result in results for edit in result["edits"]]
    updates = [update for result in results for update in result["updates"]]
    lost = judge_slots(base, edits, updates)
    for line in lost:
        print("stores:", line, file=sys.stderr)
    what = "trust stores and state files that all processes write at once: edits lost, steps back"
    found = f"{len(lost)} of {len(edits):,} edits and {len(updates):,} state updates in {span}"
    row("stores", what, found, "0", not lost)
    codes = {}
    for result in results:
        for code, number in result["codes"].items():
            codes[code] = codes.get(code, 0) + number
    print("codes:", json.dumps(dict(sorted(codes.items()))), file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="half a minute")
    parser.add_argument("--minutes", type=float, help="how long [default: 60]")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--base", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--span", type=float, nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker is not None:
        work(arguments.base, arguments.worker, arguments.seed, *arguments.span)
        return
    os.environ.setdefault("SOAK_KEPT", tempfile.gettempdir())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    children = []
    base = pathlib.Path(tempfile.mkdtemp(prefix="weightseal-soak-"))
    # The loader's private copies go there too, and with it away.
    os.environ["TMPDIR"] = str(base)
    try:
        soak(base, arguments, children)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        for child in children:
            # Also what it has started.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
