"""Looks for passphrases and private keys where they must not be: in what the command prints and writes, in what other
processes see of it, in core dumps, and in its memory after it has used them.

Every documented way of giving a passphrase is taken (file, descriptor, environment, prompt), in successes and in
failures. The needles are the passphrase and the numbers of the private key, forwards, backwards, in hexadecimal and in base64.
"""

import argparse
import base64
import json
import os
import pty
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

BIN = os.path.abspath(os.environ["WEIGHTSEAL_BIN"])
OLD, NEW, WRONG = "Korrekt-Pferd-Batterie-7391", "Heftklammer-Zebra-4826-neu", "Falsch-Falsch-Falsch-5518"
ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "RUST_BACKTRACE": "full", "RUST_LOG": "trace", "LC_ALL": "C"}
# The numbers of a private key have at least so many bytes; shorter ones could stand anywhere by chance.
SHORTEST = 24


def row(name, what, found, target, holds, why=None):
    fields = {"id": f"secrets/{name}", "what": what, "found": found, "target": target, "holds": holds}
    print("row: " + json.dumps(fields | ({"why": why} if why else {})), flush=True)


def der_parts(der):
    """Integers and octet strings of a PKCS#8 key, as deep as they are nested."""
    at = 0
    while at + 2 <= len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at : at + size]), at + size
        body, at = der[at : at + length], at + length
        if tag in (0x02, 0x04):
            yield tag, body
        if tag in (0x30, 0x04):
            yield from der_parts(body)


def needles_of(pem_path):
    """What of an unencrypted private key must not be seen: everything but the modulus and the public point."""
    text = Path(pem_path).read_text()
    der = base64.b64decode("".join(line for line in text.splitlines() if "-----" not in line))
    numbers = [body.lstrip(b"\0") for tag, body in der_parts(der) if tag == 0x02]
    if len(numbers) > 5:  # RSA: version, version, n, e, d, p, q, dp, dq, qinv; the modulus is public
        secrets = [number for number in numbers[3:] if len(number) >= SHORTEST]
    else:  # the scalar or seed is the innermost octet string of its length
        secrets = [body for tag, body in der_parts(der) if tag == 0x04 and len(body) in (32, 48, 66)]
    if not secrets:
        raise SystemExit(f"no private numbers found in {pem_path}")
    return secrets


def forms(secret):
    """A secret as it may stand somewhere. Long ones by their middle: prefixes could be dropped."""
    core = secret[4:-4] if len(secret) > SHORTEST else secret
    coded = [base64.b64encode(core[shift:])[4:-6] for shift in range(3)]
    return [core, core[::-1], core.hex().encode(), core.hex().upper().encode(), *coded]


class Search:
    def __init__(self, passphrases, numbers):
        words = [form for word in passphrases for form in (word.encode(), *forms(word.encode()))]
        self.passphrases = words
        self.numbers = [form for number in numbers for form in forms(number)]

    def count(self, data, words):
        return sum(data.count(word) for word in words)

    def hits(self, data):
        return self.count(data, self.passphrases) + self.count(data, self.numbers)


class Watch(threading.Thread):
    """Samples what other processes see of a child: its command line, its name, and its environment."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.seen, self.samples = pid, {"cmdline": set(), "comm": set(), "environ": set()}, 0

    def run(self):
        while True:
            for name, seen in self.seen.items():
                try:
                    data = Path(f"/proc/{self.pid}/{name}").read_bytes()
                except OSError:
                    return
                if data:
                    seen.add(data)
                    self.samples += 1
            time.sleep(0.001)


class Attack:
    def __init__(self, work):
        self.work, self.given = work / "work", work / "given"
        for folder in (self.work, self.given, self.work / "tmp"):
            folder.mkdir()
        for name, word in (("old", OLD), ("new", NEW), ("wrong", WRONG)):
            (self.given / name).write_text(word + "\n")
        self.streams, self.cmdlines, self.environs, self.samples, self.runs = [], [], [], 0, 0
        self.panics = 0
        self.environment = ENVIRONMENT | {"TMPDIR": str(self.work / "tmp"), "HOME": str(self.work)}

    def run(self, *arguments, way=None, word=OLD, expect=0, stdin=None):
        """Runs the command with a passphrase given in one of the ways, and keeps all that can be seen of it."""
        arguments, environment, fds = list(arguments), dict(self.environment), ()
        if way == "file":
            names = {OLD: "old", NEW: "new", WRONG: "wrong"}
            arguments += ["--passphrase-file", str(self.given / names[word])]
        elif way == "fd":
            reader, writer = os.pipe()
            os.write(writer, word.encode() + b"\n")
            os.close(writer)
            arguments, fds = arguments + ["--passphrase-fd", str(reader)], (reader,)
        elif way == "environment":
            environment["WEIGHTSEAL_PASSPHRASE"] = word
        elif way == "both":
            environment |= {"WEIGHTSEAL_PASSPHRASE": word, "WEIGHTSEAL_NEW_PASSPHRASE": NEW}
        if way == "prompt":
            return self.prompted(arguments, word, expect)
        process = subprocess.Popen(
            [BIN, *arguments], cwd=self.work, env=environment, pass_fds=fds,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        watch = Watch(process.pid)
        watch.start()
        out, err = process.communicate(stdin)
        for fd in fds:
            os.close(fd)
        self.saw(watch, arguments, out + err, process.returncode, expect, in_environment=way in ("environment", "both"))
        return out

    def prompted(self, arguments, words, expect):
        """The prompts of a terminal, each answered with the next word."""
        words = [words] if isinstance(words, str) else list(words)
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.work)
            os.execve(BIN, [BIN, *arguments], self.environment)
        watch, shown, asked = Watch(pid), b"", 0
        watch.start()
        while True:
            try:
                data = os.read(terminal, 4096)
            except OSError:
                break
            if not data:
                break
            shown += data
            if asked < len(words) and shown.count(b": ") > asked and shown.endswith(b": "):
                time.sleep(0.1)  # the echo is switched off after the question
                os.write(terminal, words[asked].encode() + b"\n")
                asked += 1
        os.close(terminal)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if asked != len(words):
            raise SystemExit(f"{arguments}: {asked} prompts were seen, not {len(words)}: {shown!r}")
        self.saw(watch, arguments, shown, status, expect, in_environment=False)
        return shown

    def saw(self, watch, arguments, shown, status, expect, in_environment):
        self.runs += 1
        watch.join(5)
        self.samples += watch.samples
        self.streams.append((arguments, shown))
        self.cmdlines += [(arguments, data) for name in ("cmdline", "comm") for data in watch.seen[name]]
        if not in_environment:
            self.environs += [(arguments, data) for data in watch.seen["environ"]]
        self.panics += status == 101
        if status != expect:
            raise SystemExit(f"{arguments}: exit status {status}, not {expect}: {shown.decode(errors='replace')}")


def exercise(attack, algorithms):
    """Keys made, used, shown, re-encrypted and replaced, in every way; and what goes wrong with passphrases."""
    (attack.work / "m.bin").write_bytes(b"weights\n" * 1000)
    for algorithm in algorithms:
        for way in ("file", "fd", "environment", "prompt"):
            key = f"{algorithm}-{way}.pem"
            attack.run("keygen", "--algorithm", algorithm, "-o", key, way=way, word=[OLD, OLD] if way == "prompt" else OLD)
            attack.run("sign", "m.bin", "--key", key, "--signer", "team", way=way)
            attack.run("sign", "m.bin", "--key", key, "--signer", "team", "--json", "-o", f"{key}.manifest.json", way=way)
            attack.run("sign", "m.bin", "--key", key, "--signer", "team", way=way, word=WRONG, expect=2)
            attack.run("key", "show", key, way=None if way == "prompt" else way)
            attack.run("inspect", key)
            # A verifier who names the private key by mistake.
            attack.run("verify", "m.bin", "--key", key, expect=2)
            # Cut short, and with a byte changed.
            text = (attack.work / key).read_text()
            (attack.work / "cut.pem").write_text(text[: len(text) // 2])
            (attack.work / "cut.pem").chmod(0o600)
            attack.run("sign", "m.bin", "--key", "cut.pem", "--signer", "team", way=way if way != "prompt" else None, expect=2)
            middle = len(text) * 3 // 5
            swapped = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
            (attack.work / "cut.pem").write_text(swapped)
            attack.run("sign", "m.bin", "--key", "cut.pem", "--signer", "team", way=way if way != "prompt" else "file", expect=2)
            words = [OLD, NEW, NEW]
            if way == "prompt":
                attack.run("key", "change-passphrase", key, way=way, word=words)
            elif way == "environment":
                attack.run("key", "change-passphrase", key, way="both")
            else:
                attack.run("key", "change-passphrase", key, "--new-passphrase-file", attack.given / "new", way=way)
            attack.run("sign", "m.bin", "--key", key, "--signer", "team", way=way, word=OLD, expect=2)
            attack.run("renew", "m.bin", "--key", key, "--verify-with", key.replace(".pem", ".pub"), way=way, word=NEW)
        # Without any way to ask, and with an argument that does not exist.
        attack.run("sign", "m.bin", "--key", key, "--signer", "team", expect=2)
        attack.run("sign", "m.bin", "--key", key, "--signer", "team", "--passphrase-fd", "77", expect=2)
        attack.run("sign", "m.bin", "--key", key, "--signer", "team", "--passphrase-fd", "0", stdin=NEW.encode())
        # Files that are no passphrases: too long, empty, a folder.
        (attack.given / "long").write_bytes(OLD.encode() * 4000)
        attack.run("sign", "m.bin", "--key", key, "--signer", "team", "--passphrase-file", attack.given / "long", expect=2)
    attack.run("keygen", "--algorithm", "ed25519", "-o", "twice.pem", way="prompt", word=[OLD, NEW], expect=2)


def private_numbers(attack):
    """Decrypts copies of the keys, outside of the folder that is searched."""
    numbers = []
    for key in sorted(attack.work.glob("*-*.pem")):
        copy = attack.given / key.name
        shutil.copy(key, copy)
        call = [BIN, "key", "change-passphrase", str(copy), "--no-passphrase", "--passphrase-file", str(attack.given / "new")]
        subprocess.run(call, check=True, capture_output=True)
        numbers += needles_of(copy)
    return numbers


def complain(what, where):
    print(f"secrets: {what} in {where}", file=sys.stderr)


def exposed(attack, search):
    """Everything printed, everything written, and everything that other processes could see."""
    leaks = [arguments for arguments, shown in attack.streams if search.hits(shown)]
    for arguments in leaks:
        complain("a secret in the output", arguments)
    files = [path for path in attack.work.rglob("*") if path.is_file()]
    bad = [path for path in files if search.hits(path.read_bytes())]
    for path in bad:
        complain("a secret in a file", path.name)
    found = f"{len(leaks) + len(bad)} of {len(attack.streams)} runs and {len(files)} files"
    row("output", "passphrases and private keys in what is printed and written", found, "0", not leaks and not bad)
    seen = attack.cmdlines + attack.environs
    leaks = [arguments for arguments, data in seen if search.hits(data)]
    for arguments in leaks:
        complain("a secret seen in /proc", arguments)
    if not any(data for _, data in attack.cmdlines):
        row("cmdline", "secrets in /proc/*/cmdline, comm and environ", "", "0", None, "there is no /proc to read")
        return
    found = f"{len(leaks)} of {attack.samples:,} samples of {attack.runs} runs"
    what = "secrets in /proc/*/cmdline and comm, and in environ where the caller put none there"
    row("cmdline", what, found, "0", not leaks)


def dumping():
    """In the child, before it starts: as much of a core dump as the system gives."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def core_files(folder):
    return [path for path in folder.rglob("*") if path.is_file() and path.name.startswith("core")]


def killed(attack, arguments, number, folder, ready=0.6):
    """Starts work that never ends, kills it, and says whether the system says that a core was dumped, and its bytes."""
    process = subprocess.Popen(
        arguments, cwd=folder, env=attack.environment, preexec_fn=dumping, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    time.sleep(ready)
    if process.poll() is not None:
        raise SystemExit(f"{arguments} ended by itself: {process.returncode}")
    ended, status = 0, 0
    while not ended:
        # Rust takes the first SIGSEGV that somebody sends for a fault of its own, and waits for it to come again.
        os.kill(process.pid, number)
        time.sleep(0.1)
        ended, status = os.waitpid(process.pid, os.WNOHANG)
    process.returncode = status
    dumped = os.WCOREDUMP(status)
    data = b"".join(path.read_bytes() for path in core_files(folder))
    for path in core_files(folder):
        path.unlink()
    return dumped, data


def endless_sign(attack, folder):
    """A call that has unlocked its key and then hashes a file without end."""
    key = next(attack.work.glob("rsa*-file.pem"))
    model = folder / "endless.bin"
    if not model.exists():
        with open(model, "wb") as file:
            try:
                file.truncate(1 << 43)
            except OSError:
                file.truncate(1 << 40)
    return [BIN, "sign", str(model), "--key", str(key), "--signer", "team", "--passphrase-file", str(attack.given / "new")]


def dumps(attack, search, rounds):
    what = "secrets in core dumps of a command that is killed with its key unlocked"
    folder = attack.given / "cores"
    folder.mkdir()
    # What the system does with a program that does not protect itself: else nothing would be shown.
    code = f"import time; word = {OLD[::-1]!r}[::-1]; time.sleep(60)"
    control, _ = killed(attack, [sys.executable, "-c", code], signal.SIGABRT, folder)
    if not control:
        row("core", what, "", "0 dumps", None, "this system writes no core dumps of any program (limit of zero)")
        return
    dumped = leaked = done = 0
    for number in (signal.SIGABRT, signal.SIGSEGV, signal.SIGQUIT, signal.SIGBUS) * rounds:
        was_dumped, data = killed(attack, endless_sign(attack, folder), number, folder)
        dumped, leaked, done = dumped + was_dumped, leaked + bool(search.hits(data)), done + 1
    if dumped:
        complain(f"{dumped} core dumps, {leaked} with secrets", "dumps")
    row("core", what, f"{dumped} dumps, {leaked} with secrets, of {done} kills", "0 dumps", not dumped and not leaked)


def memory_of(pid):
    """All readable memory of a process."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            where, rights = line.split()[:2]
            if "r" not in rights or line.rstrip().endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            start, end = (int(part, 16) for part in where.split("-"))
            try:
                memory.seek(start)
                yield memory.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue


def remains(attack, search):
    """What stands in memory while the key is in use, and when the command is about to end."""
    what = "copies of passphrase and private key left in memory, while hashing and at the exit"
    folder = attack.given / "cores"
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        endless_sign(attack, folder), cwd=folder, env=attack.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(0.6)
        data = b"\0".join(memory_of(process.pid))
    except PermissionError:
        row("memory-after", what, "", "0", None, "only root may read the memory of a command that protects itself")
        return
    finally:
        process.kill()
        process.wait()
    words_during = search.count(data, search.passphrases)
    if not search.count(data, search.numbers):
        # Else the search would be blind: the key is in use, so its numbers have to be there.
        row("memory-after", what, "", "0", None, "the key in use was not found in memory, so its absence would show nothing")
        return
    if not shutil.which("strace"):
        row("memory-after", what, "", "0", None, "strace is not installed")
        return
    small = folder / "small.bin"
    small.write_bytes(b"weights")
    call = endless_sign(attack, folder)
    call[2] = str(small)
    strace = ["strace", "-f", "-qq", "-e", "trace=exit_group", "-e", "inject=exit_group:delay_enter=4000000", "-o", "/dev/null"]
    process = subprocess.Popen([*strace, *call], cwd=folder, env=attack.environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        signature = folder / "small.manifest.json"
        while not signature.exists() and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.02)
        time.sleep(1.0)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        data = b"\0".join(memory_of(children[0])) if children else b""
    finally:
        process.kill()
        process.wait()
    if not data:
        row("memory-after", what, "", "0", None, "strace could not hold the command at its exit")
        return
    words, numbers = search.count(data, search.passphrases), search.count(data, search.numbers)
    found = f"passphrase {words_during} while hashing, {words} at exit; numbers of the key {numbers} at exit"
    row("memory-after", what, found, "0", not (words_during or words or numbers))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="fewer kinds of keys")
    short = parser.parse_args().short
    algorithms = ["rsa-2048", "ed25519"] if short else ["rsa-4096", "rsa-2048", "ecdsa-p256", "ecdsa-p521", "ed25519"]
    with tempfile.TemporaryDirectory(prefix="weightseal-secrets-") as folder:
        attack = Attack(Path(folder))
        exercise(attack, algorithms)
        search = Search([OLD, NEW, WRONG], private_numbers(attack))
        exposed(attack, search)
        dumps(attack, search, 1 if short else 5)
        remains(attack, search)
        if attack.panics:
            complain("a panic", "runs")


if __name__ == "__main__":
    main()
