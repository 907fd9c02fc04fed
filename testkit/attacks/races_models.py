"""What the races are about: a signed model `a`, bytes `b` of the same length, and a process that puts one for the other."""

import contextlib
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SIGNER = "races@soak"
# One block, several, and enough for a chunk root.
SIZES = (5_000, 3_000_000, (16 << 20) + 4097)
# Only a program that waits for a pipe needs as long.
HANG = 30


def command(*words):
    """Exit status, JSON, and the call. The status of what does not end is "hang"."""
    call = [os.environ["WEIGHTSEAL_BIN"], *map(str, words), "--json"]
    try:
        done = subprocess.run(call, capture_output=True, text=True, timeout=HANG, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return "hang", {"code": "hang"}, call
    return done.returncode, parsed(done.stdout, done.stderr), call


def parsed(stdout, stderr):
    try:
        return json.loads(stdout)
    except ValueError:
        return {"code": f"no JSON: {stdout[:200]!r} {stderr[:300]!r}"}


def done(*words):
    status, result, call = command(*words)
    if status != 0:
        raise SystemExit(f"the races could not be prepared: {call} {result}")
    return result


def digest(content: bytes):
    return hashlib.sha256(content).hexdigest()


class Place:
    """A folder with everything that one race needs."""

    def __init__(self, base: pathlib.Path, keys: pathlib.Path, size: int, way: str):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix=f"{way}-", dir=base))
        self.keys, self.size, self.way = keys, size, way
        rng = random.Random(size)
        self.a, self.b = rng.randbytes(size), rng.randbytes(size)
        (self.path / "a").write_bytes(self.a)
        (self.path / "b").write_bytes(self.b)
        self.model, self.manifest = self.path / "m.bin", self.path / "m.manifest.json"
        shutil.copyfile(self.path / "a", self.model)
        self.words = ["--key", keys / "base.pub"]
        if way in ("folder", "bundle"):
            self._folder()
            return
        # What may be verified, by the digest of the signed statement: the files, by their names.
        self.signed = {self._sign("base", "--chunk-list")["statement_sha256"]: {"m.bin": self.a}}
        if way == "signature":
            self._signatures()
        elif way == "pair":
            self._pair()
        elif way == "store":
            self._stores()

    def _sign(self, key, *words):
        return done("sign", self.model, "--key", self.keys / f"{key}.pem", "--signer", SIGNER, *words)

    def _signatures(self):
        """The good signature, and others: a stranger's, one of b by the right key, garbage, and nothing at all."""
        good = self.manifest.read_bytes()
        (self.path / "good").write_bytes(good)
        self._sign("stranger")
        self.manifest.rename(self.path / "bad-stranger")
        self.model.write_bytes(self.b)
        self._sign("base")
        self.manifest.rename(self.path / "bad-of-b")
        self.model.write_bytes(self.a)
        (self.path / "bad-garbage").write_bytes(random.Random(1).randbytes(len(good)))
        (self.path / "bad-empty").write_bytes(b"")
        self.manifest.write_bytes(good)

    def _pair(self):
        shutil.copyfile(self.manifest, self.path / "a.manifest.json")
        self.model.write_bytes(self.b)
        self.signed[self._sign("base")["statement_sha256"]] = {"m.bin": self.b}
        shutil.copyfile(self.manifest, self.path / "b.manifest.json")

    def _stores(self):
        """A store that lets the key sign, and a later one in which it is revoked."""
        store = self.path / "permissive"
        words = ("--from-keys", self.keys / "base.pub", "--signer", SIGNER, "--models", "m.bin")
        done("trust", "init", "--trust", store, *words)
        shutil.copyfile(store, self.path / "strict")
        done("trust", "revoke", "--trust", self.path / "strict", "--reason", "races", self.keys / "base.pub")
        shutil.copyfile(store, self.path / "trust.toml")
        self.words = ["--trust", self.path / "trust.toml"]

    def _folder(self):
        """The folder with its signature, and elsewhere the same files, to which links lead."""
        self.model.unlink()
        self.model = self.path / "m"
        third = self.size // 3
        self.files = {"w1": self.a[:third], "w2": self.a[third : 2 * third], "sub/w3": self.a[2 * third :]}
        for top in (self.model, self.path / "elsewhere"):
            (top / "sub").mkdir(parents=True)
            for name, content in self.files.items():
                (top / name).write_bytes(content)
        words = [self.model, "--key", self.keys / "base.pem", "--signer", SIGNER]
        if self.way == "bundle":
            self.model = self.model / "release.manifest.json"
            words[:1] = [*(self.path / "m" / name for name in self.files), "--bundle", self.model]
        self.signed = {done("sign", *words)["statement_sha256"]: self.files}

    def for_loader(self):
        """What races_loading.py has to know: for each statement, where the signed bytes lie."""
        originals = {}
        for statement, files in self.signed.items():
            of = {"m.bin": str(self.path / ("a" if files.get("m.bin") == self.a else "b"))}
            if "m.bin" not in files:
                of = {name: str(self.path / "elsewhere" / name) for name in files}
            originals[statement] = of
        return json.dumps([self.way, originals]) + "\n"

    @contextlib.contextmanager
    def changing(self):
        """Another process changes it, until the block ends."""
        words = [sys.executable, HERE / "races_writer.py", self.way, self.path]
        # Its working folder is the place, so that links which lead to a name lead there.
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=self.path, process_group=0)
        try:
            if process.stdout.readline() != "ready\n":
                raise SystemExit(f"the writer `{self.way}` broke")
            yield
            if process.poll() is not None:
                raise SystemExit(f"the writer `{self.way}` broke")
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
