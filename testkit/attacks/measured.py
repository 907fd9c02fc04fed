"""Runs the command and measures it: exit status, output, peak memory, processor time, and time.

A small launcher stands between: on Linux the peak memory of a process counts what its parent had when it was started, and
the attacks hold large files. It also sets limits, closes streams and interrupts.
"""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass

BIN = os.path.abspath(os.environ["WEIGHTSEAL_BIN"])

LAUNCHER = r"""
import json, os, resource, signal, sys, threading, time
how = json.loads(sys.argv[1])
started = time.monotonic()
pid = os.fork()
if pid == 0:
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for name, value in how["limits"].items():
            resource.setrlimit(getattr(resource, "RLIMIT_" + name), (value, value))
        for fd in how["closed"]:
            os.close(fd)
        if how["full"]:
            os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
        if how["user"]:
            os.setgroups([]), os.setgid(how["user"]), os.setuid(how["user"])
        os.execv(sys.argv[2], sys.argv[2:])
    finally:
        os._exit(99)
sent = None
def interrupt():
    global sent
    sent = time.monotonic()
    os.kill(pid, signal.SIGINT)
timer = None
if how["interrupt"]:
    timer = threading.Timer(how["interrupt"], interrupt)
    timer.start()
_, status, usage = os.wait4(pid, 0)
ended = time.monotonic()
if timer:
    timer.cancel()
os.write(how["report"], json.dumps({
    "status": os.waitstatus_to_exitcode(status), "memory": usage.ru_maxrss / 1024, "cpu": usage.ru_utime + usage.ru_stime,
    "seconds": ended - started, "after_interrupt": ended - sent if sent else None,
}).encode())
"""


@dataclass
class Run:
    status: int
    memory: float  # peak, MiB
    cpu: float  # seconds
    seconds: float
    after_interrupt: float | None
    out: str
    err: str

    @property
    def said(self):
        return (self.out + self.err).strip()


PANICS = []


def run(*arguments, cwd=None, limits=None, closed=(), full=False, user=None, interrupt=None, environment=None, stdin=None):
    """Runs the command once. A panic, and a death by a signal, is remembered."""
    arguments = [str(argument) for argument in arguments]
    reader, writer = os.pipe()
    how = {"limits": limits or {}, "closed": list(closed), "full": full, "user": user, "interrupt": interrupt, "report": writer}
    launcher = [sys.executable, "-S", "-E", "-c", LAUNCHER, json.dumps(how), BIN, *arguments]
    environment = {**os.environ, "WEIGHTSEAL_PASSPHRASE": "", **(environment or {})}
    process = subprocess.Popen(
        launcher, cwd=cwd, env=environment, pass_fds=(writer,), stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
    )
    os.close(writer)
    killer = threading.Timer(600, process.kill)
    killer.start()
    out, err = process.communicate()
    killer.cancel()
    report = os.read(reader, 65536)
    os.close(reader)
    if not report:
        raise SystemExit(f"the launcher of {arguments} broke: {err}")
    done = Run(**json.loads(report), out=out, err=err)
    if done.status == 101 or done.status < 0 or "panicked at" in err:
        PANICS.append(arguments)
        print(f"panic: {arguments} {how}: status {done.status}: {done.said[:2000]}", file=sys.stderr)
    return done


def row(identity, what, found, target, holds, why=None):
    fields = {"id": identity, "what": what, "found": found, "target": target, "holds": holds}
    print("row: " + json.dumps(fields | ({"why": why} if why else {})), flush=True)


class Bound:
    """Cases of one row: the most memory and time among them, and which were answered otherwise than they should be."""

    def __init__(self, identity, what):
        self.identity, self.what = identity, what
        self.cases, self.wrong, self.memory, self.cpu, self.after = 0, [], 0.0, 0.0, 0.0

    def case(self, name, done, status, *words, memory=None, cpu=None):
        """Holds one run against its bounds: exit status, words in its answer, peak memory in MiB, CPU seconds."""
        self.cases += 1
        self.memory, self.cpu = max(self.memory, done.memory), max(self.cpu, done.cpu)
        self.after = max(self.after, done.after_interrupt or 0)
        allowed = status if isinstance(status, tuple) else (status,)
        faults = []
        if done.status not in allowed:
            faults.append(f"exit status {done.status}")
        faults += [f"no word of {word!r}" for word in words if word not in done.said]
        if memory and done.memory > memory:
            faults.append(f"{done.memory:.0f} MiB")
        if cpu and done.cpu > cpu:
            faults.append(f"{done.cpu:.2f} s of CPU")
        if faults:
            self.wrong.append(name)
            print(f"{self.identity}: {name}: {', '.join(faults)}: {done.said[:400]}", file=sys.stderr)
        elif os.environ.get("BOUNDS_TALK"):
            print(f"{self.identity}: {name}: {done.memory:.0f} MiB {done.cpu:.2f} s: {done.said[:300]}", file=sys.stderr)
        return not faults

    def fault(self, name, text):
        self.wrong.append(name)
        print(f"{self.identity}: {name}: {text}", file=sys.stderr)

    def row(self, target, cpu=False):
        figures = f"at most {self.memory:.0f} MiB"
        figures += f", {self.cpu:.2f} s of CPU" if cpu else ""
        figures += f", {self.after:.2f} s after Ctrl-C" if self.after else ""
        found = f"{len(self.wrong)} of {self.cases} missed; {figures}"
        row(self.identity, self.what, found, target, not self.wrong)
