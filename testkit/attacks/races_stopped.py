"""Races whose outcome is known: the program is stopped (SIGSTOP) in the middle of its reading, and the file is changed.

Then it goes on. /proc says how much the program has read, so it is known what was read already (behind) and what was not
(ahead). What was changed ahead must never be verified or loaded. What was changed behind shows in the times of the file,
and then nothing is verified; but for a change through a memory map, which may not show, and for loading, where the copy is
what counts.
"""

import json
import mmap
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time

from races_models import HANG, SIGNER, digest, done, parsed

HERE = pathlib.Path(__file__).resolve().parent
MIB = 1 << 20
CHANGED = "changed-while-reading"
OTHER = {"hash-mismatch", "chunk-root-mismatch", "size-mismatch", CHANGED}


class Sparse:
    """A model of zeros, but for its first and last block: large, and quickly made anew."""

    def __init__(self, base, keys, size):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="stopped-", dir=base))
        self.size, self.model, self.copy = size, self.path / "m.bin", self.path / "copy"
        rng = random.Random(3)
        self.head, self.tail = rng.randbytes(4096), rng.randbytes(4096)
        self.content = self.head + bytes(size - 8192) + self.tail
        self.digest, self.view = digest(self.content), None
        self.restore()
        signed = done("sign", self.model, "--key", keys / "base.pem", "--signer", SIGNER)
        self.statement = signed["statement_sha256"]
        (self.path / "b").write_bytes(b"b" * size)

    def restore(self):
        if self.view is not None:
            self.view.close()
        self.model.unlink(missing_ok=True)
        with open(self.model, "wb") as file:
            file.truncate(self.size)
            os.pwrite(file.fileno(), self.head, 0)
            os.pwrite(file.fileno(), self.tail, self.size - len(self.tail))
        # Pages that were written to through a map already are written to again without a trace in the file's times.
        with open(self.model, "r+b") as file:
            self.view = mmap.mmap(file.fileno(), 0)
        for offset in (0, self.size - 1):
            self.view[offset] = self.content[offset]

    def put(self, make):
        """Something else takes the name; the file that was opened stays as it is."""
        step = self.path / "step"
        make(step)
        os.replace(step, self.model)

    def write(self, offset, content=b"tampered", times=False):
        before = self.model.stat()
        with open(self.model, "r+b", buffering=0) as file:
            os.pwrite(file.fileno(), content, offset % (self.size + 1))
        if times:
            os.utime(self.model, ns=(before.st_atime_ns, before.st_mtime_ns))

    def write_mapped(self, offset):
        self.view[offset] ^= 1

    def cut(self, size):
        os.truncate(self.model, size)
        # Zeros stand where the last block stood.
        os.truncate(self.model, self.size)


def acts(model: Sparse, good):
    """What is done while the program is stopped, and how it may end. `good` is the outcome of the signed bytes."""
    behind, ahead = 100, model.size - 100
    same = {good, CHANGED}
    # The copy that is loaded was made before (docs/verified.md, 11.1).
    shows = {CHANGED} if good == "verified" else same
    return {
        "replaced": (lambda: model.put(lambda step: os.link(model.path / "b", step)), same),
        "removed": (lambda: model.model.unlink(), same),
        "replaced by a pipe": (lambda: model.put(os.mkfifo), same),
        "replaced by a link": (lambda: model.put(lambda step: step.symlink_to("b")), same),
        "written ahead": (lambda: model.write(ahead), OTHER),
        "written ahead, times set back": (lambda: model.write(ahead, times=True), OTHER),
        "written behind": (lambda: model.write(behind), shows),
        "written behind, times set back": (lambda: model.write(behind, times=True), shows),
        "written behind and back": (
            lambda: (model.write(behind), model.write(behind, model.content[behind : behind + 8])),
            shows,
        ),
        "mapped ahead": (lambda: model.write_mapped(ahead), OTHER),
        "mapped behind": (lambda: model.write_mapped(behind), same),
        "extended": (lambda: model.write(model.size), {CHANGED}),
        "emptied": (lambda: os.truncate(model.model, 0), {CHANGED}),
        "cut off": (lambda: os.truncate(model.model, model.size - 50), {CHANGED}),
        "cut off and extended": (lambda: model.cut(model.size - 50), OTHER),
    }


def has_read(pid):
    try:
        lines = pathlib.Path(f"/proc/{pid}/io").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(dict(line.split(": ") for line in lines)["rchar"])


def stop_at(pid, begin, size, fraction):
    """Stops the process when it has read so much. Whether that was in the middle of its reading."""
    until = time.monotonic() + HANG
    while time.monotonic() < until:
        count = has_read(pid)
        if count is None:
            return False
        if count - begin >= size * fraction:
            break
    else:
        return False
    try:
        os.kill(pid, signal.SIGSTOP)
        while pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "TZ":
            time.sleep(0.0002)
    except (FileNotFoundError, ProcessLookupError):
        return False
    count = has_read(pid)
    # Sixteen chunks are read side by side by each thread: near the end, what lies ahead may be read already.
    return count is not None and count - begin < size * 0.75


def stop_command(tally, rounds, rng, base, keys):
    model = Sparse(base, keys, 64 * MIB)
    modes = (["--whole", "--threads", "1"], [], ["--copy-to", model.copy], ["--whole", "--copy-to", model.copy])
    for _ in range(rounds):
        # Two of them each time: each copy is written to the disk.
        for mode in rng.sample(modes, 2):
            for what, (act, codes) in acts(model, "verified").items():
                words = [os.environ["WEIGHTSEAL_BIN"], "verify", model.model, "--key", keys / "base.pub", "--json", *mode]
                status, result = one_command(model, [*map(str, words)], act, rng)
                if status is None:
                    tally.late += 1
                    continue
                tally.add(result.get("code"), judge(model, what, codes, status, result, mode), " ".join(map(str, words)))
        stop_twice(tally, model, keys, rng)


def stop_twice(tally, model, keys, rng):
    """A wrong chunk root has the file read once more, for the message: meanwhile it is what was signed again."""
    words = [os.environ["WEIGHTSEAL_BIN"], "verify", model.model, "--key", keys / "base.pub", "--json"]
    words = [*map(str, words)]

    def flip():
        model.write_mapped(model.size - 100)

    status, result = one_command(model, words, flip, rng, flip)
    if status is None:
        tally.late += 1
    else:
        faults = judge(model, "changed ahead, and back for the second reading", {CHANGED}, status, result, [])
        tally.add(result.get("code"), faults, " ".join(words))


def one_command(model, words, act, rng, second=None):
    for _ in range(5):
        model.restore()
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            in_the_middle = stop_at(process.pid, 0, model.size, 0.1 + 0.4 * rng.random())
            if in_the_middle:
                act()
            process.send_signal(signal.SIGCONT)
            if in_the_middle and second is not None:
                in_the_middle = stop_at(process.pid, model.size, model.size, 0.1 + 0.4 * rng.random())
                second() if in_the_middle else None
                process.send_signal(signal.SIGCONT)
            stdout, stderr = process.communicate(timeout=HANG)
        except subprocess.TimeoutExpired:
            return "hang", {"code": "hang"}
        finally:
            process.kill()
            process.wait()
        if in_the_middle:
            return process.returncode, parsed(stdout, stderr)
        model.copy.unlink(missing_ok=True)
    return None, None


def judge(model, what, codes, status, result, mode):
    code, faults = result.get("code"), []
    if code not in codes or status != (0 if code == "verified" else 2 if code == CHANGED else 1):
        faults.append(f"{what}: {code}, exit status {status}")
    if code == "verified":
        file = result["files"][0]
        if result["statement_sha256"] != model.statement or file["found_sha256"] not in (None, model.digest):
            faults.append(f"{what}: verified {file}")
    for reason in result.get("reasons", ()):
        if "expected" in reason and reason["expected"] == reason["found"]:
            faults.append(f"{what}: {reason['code']}, and what was found is what was expected")
    if "--copy-to" in mode:
        if model.copy.exists() != (status == 0):
            faults.append(f"{what}: exit status {status}, and a copy is {'there' if model.copy.exists() else 'not there'}")
        elif status == 0 and model.copy.read_bytes() != model.content:
            faults.append(f"{what}: the copy is not what was signed")
        model.copy.unlink(missing_ok=True)
    return faults


def stop_loading(tally, rounds, rng, base, keys, ended, with_limit):
    """The same with one process of the Python that has the package, which loads when it is told to."""
    model = Sparse(base, keys, 64 * MIB)
    (model.path / "a").write_bytes(model.content)
    todo = [item for _ in range(rounds) for item in acts(model, "loaded").items()]
    words = [os.environ["WEIGHTSEAL_PYTHON"], HERE / "races_loading.py", model.model, "key", keys / "base.pub", len(todo)]
    process = subprocess.Popen([*map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with ended(process):
        process.stdin.write(json.dumps(["stopped", {model.statement: {"m.bin": str(model.path / "a")}}]) + "\n")
        process.stdin.flush()
        for what, (act, codes) in todo:
            model.restore()
            if with_limit(process) != "waiting":
                raise SystemExit("the process that loads does not wait")
            begin = has_read(process.pid)
            process.stdin.write("\n")
            process.stdin.flush()
            in_the_middle = stop_at(process.pid, begin, model.size, 0.1 + 0.4 * rng.random())
            if in_the_middle:
                act()
            process.send_signal(signal.SIGCONT)
            outcome = with_limit(process)
            if not in_the_middle:
                tally.late += 1
                continue
            faults = [f"{what}: {fault}" for fault in outcome["faults"]]
            if outcome["code"] not in codes:
                faults.append(f"{what}: {outcome['code']}")
            tally.add(outcome["code"], faults, " ".join(map(str, words)))
            if outcome["code"] == "hang":
                return
