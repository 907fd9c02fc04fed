"""Runs programs of the scoreboard and collects their rows."""

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass

# A program that hangs shall not take the others with it. Seconds.
PATIENCE_SHORT = 900
PATIENCE_FULL = 6 * 3600

HOLDS = {True: "held", False: "MISSED", None: "not run"}


@dataclass
class Row:
    """One line of the scoreboard. `holds` is None for what was not run, and `why` then says why."""

    id: str
    what: str
    found: str
    target: str
    holds: bool | None
    why: str | None
    seconds: float
    repeat: str
    commit: str
    date: str
    machine: str


def run(program, is_short, root, commit, date, machine):
    """The rows of one program; one is made for each that it owes and does not bring."""
    words = program.words(is_short)
    environment = os.environ | ({} if is_short else dict(program.full_env))
    if words[0] == "python3":
        words = (sys.executable, *words[1:])
    repeat = shlex.join([*(f"{name}={value}" for name, value in program.full_env if not is_short), *program.words(is_short)])
    print(f"\n==> {repeat}", flush=True)
    start = time.monotonic()
    lines, ending = follow(words, environment, root, PATIENCE_SHORT if is_short else PATIENCE_FULL)
    seconds = time.monotonic() - start
    facts = {"seconds": round(seconds, 1), "repeat": repeat, "commit": commit, "date": date, "machine": machine}
    rows, broken = [], ending
    for line in lines:
        try:
            rows.append(read_row(line, facts))
        except (ValueError, KeyError, TypeError) as error:
            broken = broken or f"it wrote a line that is no row ({error}): {line[:200]}"
    came = {row.id for row in rows}
    for missing in program.expected(is_short):
        if missing not in came:
            why = broken or "the program ended without it"
            rows.append(Row(missing, "the row did not come", "nothing", "a figure", False, why, **facts))
    for row in rows:
        if row.id not in program.expected(is_short):
            row.holds, row.why = False, "a row that is not listed in testkit/scoreboard/programs.py"
    if broken:
        identity = f"{program.area}/the-program"
        rows.append(Row(identity, f"{program.area}: the program itself", broken, "ends well", False, broken, **facts))
    return rows


def not_yet_run(program):
    """The rows of the full form as long as nobody has run it for this version."""
    why = "the full form was not run for this version"
    words = shlex.join(program.words(False))
    for identity in program.expected(False):
        yield Row(identity, "see the program", "nothing yet", "see the program", None, why, 0.0, words, "none", "never", "")


def follow(words, environment, root, patience):
    """Runs a program, shows what it says, and returns its row lines and what is wrong with its ending, if anything is."""
    lines = []
    try:
        child = subprocess.Popen(
            words,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # what it has started ends with it
        )
    except OSError as error:
        return lines, f"it could not be started: {error}"
    late = threading.Event()

    def end(*_):
        late.set()
        kill(child)

    timer = threading.Timer(patience, end)
    timer.start()
    try:
        with child:
            for line in child.stdout:
                print(line, end="", flush=True)
                # Test runners write dots before it, and no line end.
                _, mark, row = line.rpartition("row: {")
                if mark:
                    lines.append("{" + row)
            status = child.wait()
    except BaseException:
        kill(child)
        raise
    finally:
        timer.cancel()
    if late.is_set():
        return lines, f"it took longer than {patience} s"
    return lines, None if status == 0 else f"it ended with status {status}"


def kill(child):
    """Asked first, so that it can release what it holds, such as mounts; then ended with all that it has started."""
    for what, seconds in ((signal.SIGINT, 10), (signal.SIGKILL, 0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, what)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=seconds)


def read_row(line, facts):
    read = json.loads(line)
    holds = read["holds"]
    if holds not in (True, False, None) or (holds is None and not read.get("why")):
        raise ValueError("`holds` is true, false, or null with a reason in `why`")
    found = read.get("found") or ("not run" if holds is None else None)
    if not found:
        raise ValueError("nothing was found, not even 0")
    return Row(read["id"], read["what"], str(found), str(read["target"]), holds, read.get("why"), **facts)


def as_json(rows):
    return [asdict(row) for row in rows]
