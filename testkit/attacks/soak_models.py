"""Models for the soak: random ones are made, signed with random options, and tampered with in random ways.

Every way of tampering says which codes may answer it (docs/spec/result.md), and can be undone.
"""

import base64
import json
import os
import pathlib
import random
import shutil
import subprocess

SIGNER = "base@soak"
ALGORITHMS = ("rsa-2048", "rsa-4096", "ecdsa-p256", "ed25519")
KINDS = ("file", "file", "bundle", "folder", "oms-file")
CONTENT = {"hash-mismatch", "size-mismatch", "chunk-root-mismatch"}
BROKEN = {"malformed-json", "malformed-manifest", "malformed-bundle", "unsupported-format", "unsupported-media-type"}
MIB = 1 << 20


def command(*words, timeout=300):
    """Runs the command: its exit status, its JSON, and the whole call for a report. A hang has the status "hang"."""
    call = [os.environ["WEIGHTSEAL_BIN"], *map(str, words), "--json"]
    try:
        done = subprocess.run(call, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return "hang", {"code": "hang"}, call
    try:
        return done.returncode, json.loads(done.stdout), call
    except ValueError:
        return done.returncode, {"code": f"no JSON: {done.stdout[:200]!r} {done.stderr[:300]!r}"}, call


def make_keys(folder: pathlib.Path):
    """Two keys of each algorithm: the first ones are trusted, the others are a stranger's."""
    for whose in ("base", "stranger"):
        for algorithm in ALGORITHMS:
            words = ("--algorithm", algorithm, "--no-passphrase", "--output", folder / f"{whose}-{algorithm}.pem")
            status, result, call = command("keygen", *words)
            if status != 0:
                raise SystemExit(f"no key: {call} {result}")


def random_size(rng: random.Random, chunked=False):
    if chunked:
        return 16 * MIB + rng.choice((0, 1, rng.randrange(2 * MIB)))
    return rng.choice((0, 1, rng.randrange(4096), rng.randrange(300_000), MIB - 1, MIB, MIB + 1, rng.randrange(4 * MIB)))


class Model:
    """A signed model: where it lies, how it was signed, and how it is verified."""

    def __init__(self, rng, place: pathlib.Path, name: str, keys: pathlib.Path):
        self.rng, self.keys = rng, keys
        self.kind = rng.choice(KINDS)
        # All of it lies in one folder, which is what is put aside if something goes wrong.
        self.folder = place / name
        self.folder.mkdir()
        self.algorithm = rng.choice(ALGORITHMS)
        self.signing, self.asking = [], []
        chunked = rng.random() < 0.06
        if self.kind in ("file", "oms-file"):
            self.target = self.folder / f"base_{name}.bin"
            self.files = [self.target]
            ending = ".manifest.json" if self.kind == "file" else ".bin.sig"
            self.signature = self.folder / f"base_{name}{ending}"
        elif self.kind == "bundle":
            self.target = self.signature = self.folder / f"base_{name}.manifest.json"
            self.files = [self.folder / f"part-{at}.bin" for at in range(rng.randint(1, 4))]
        else:
            self.target = self.folder / f"base_{name}"
            self.signature = self.target / "model.sig"
            self.files = [self.target / rng.choice(("", "sub")) / f"part-{at}" for at in range(rng.randint(1, 5))]
        for at, path in enumerate(self.files):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(rng.randbytes(random_size(rng, chunked and at == 0)))
        self._options(chunked)

    def _options(self, chunked):
        rng, oms = self.rng, self.kind in ("folder", "oms-file")
        if oms:
            self.signing += ["--format", "oms"]
        if not oms or rng.random() < 0.7:
            self.signing += ["--signer", SIGNER]
            self.asking += ["--signer", SIGNER] if rng.random() < 0.4 else []
        if rng.random() < 0.4:
            version = rng.randint(1, 9)
            self.signing += ["--model-version", version]
            self.asking += ["--model-version-at-least", version] if rng.random() < 0.5 else []
        for chance, words in (
            (0.3, ["--key-version", rng.randint(1, 9)]),
            (0.3, ["--expires", "30d"]),
            (0.3, ["--annotate", f"run={rng.randrange(10**9)}"]),
            (0.3, ["--threads", rng.randint(1, 4)]),
        ):
            self.signing += words if rng.random() < chance else []
        if oms:
            if rng.random() < 0.5:
                self.signing += ["--hash", rng.choice(("sha256", "blake2b", "blake3"))]
            if all(path.stat().st_size for path in self.files) and rng.random() < 0.3:
                self.signing += ["--shard-size", rng.choice((65536, "1MiB", 1_000_003))]
        else:
            if rng.random() < 0.3:
                self.signing += ["--pss-salt", "digest"]
            if rng.random() < 0.3:
                self.signing += ["--no-compat-signature"]
            self.asking += ["--require-authenticated"] if rng.random() < 0.3 else []
        self.signing += ["--chunk-list"] if chunked and rng.random() < 0.5 else []
        self.asking += ["--max-age", "1d"] if rng.random() < 0.3 else []
        self.asking += ["--whole"] if rng.random() < 0.3 else []
        self.asking += ["--threads", rng.randint(1, 4)] if rng.random() < 0.3 else []

    def sign(self, whose="base", algorithm=None):
        words = ["--key", self.keys / f"{whose}-{algorithm or self.algorithm}.pem", *self.signing]
        if self.kind == "bundle":
            return command("sign", *self.files, "--bundle", self.signature, *words)
        return command("sign", self.target, *words)

    def verify(self, store=None):
        """With the key, or with a trust store; now and then a copy is kept, which has to be the model."""
        trust = ["--trust", store] if store else ["--key", self.keys / f"base-{self.algorithm}.pub"]
        copy = None
        if self.kind in ("file", "oms-file") and self.rng.random() < 0.3:
            copy = self.folder / "copy"
            trust += ["--copy-to", copy]
        status, result, call = command("verify", self.target, *trust, *self.asking)
        if copy is not None:
            if (status == 0) != copy.exists() or (status == 0 and copy.read_bytes() != self.target.read_bytes()):
                result = {"code": f"the copy is not the model (exit status {status}, {result.get('code')})"}
            copy.unlink(missing_ok=True)
        return status, result, call

    def saved(self, *paths):
        """What puts these paths back as they are now."""
        kept = [(path, path.read_bytes() if path.exists() else None) for path in paths]

        def undo():
            for path, content in kept:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
                if content is not None:
                    path.write_bytes(content)

        return undo

    def tamper(self):
        """Changes something at random: what was done, which codes may answer it, and the function that undoes it."""
        rng, victim = self.rng, self.rng.choice(self.files)
        size = victim.stat().st_size
        ways = ["append", "delete", "no-signature", "bad-signature", "cut-signature", "stranger", "other", "odd"]
        ways += ["bit", "bit", "truncate", "swap"] if size else []
        ways += ["extra", "rename"] if self.kind == "folder" else []
        way = rng.choice(ways)
        undo = self.saved(victim, self.signature)
        return f"{way} {victim.name}", *getattr(self, "_" + way.replace("-", "_"))(victim, size, undo)

    def _bit(self, victim, size, undo):
        at = self.rng.randrange(size)
        with open(victim, "r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1 << self.rng.randrange(8)]))
        return CONTENT, undo

    def _truncate(self, victim, size, undo):
        os.truncate(victim, self.rng.randrange(size))
        return CONTENT, undo

    def _append(self, victim, size, undo):
        with open(victim, "ab") as file:
            file.write(self.rng.randbytes(self.rng.randint(1, 70_000)))
        return CONTENT, undo

    def _swap(self, victim, size, undo):
        others = [path for path in self.files if path != victim and path.read_bytes() != victim.read_bytes()]
        if others:
            other = self.rng.choice(others)
            undo = self.saved(victim, other, self.signature)
            first, second = victim.read_bytes(), other.read_bytes()
            victim.write_bytes(second)
            other.write_bytes(first)
            return CONTENT | {"renamed-file"}, undo
        fresh = victim.with_name("fresh")
        fresh.write_bytes(bytes(byte ^ 0xFF for byte in victim.read_bytes()[:1]) + self.rng.randbytes(size - 1))
        os.replace(fresh, victim)
        return CONTENT, undo

    def _delete(self, victim, size, undo):
        victim.unlink()
        return {"file": {"not-found"}, "oms-file": {"not-found"}}.get(self.kind, {"missing-file"}), undo

    def _odd(self, victim, size, undo):
        """A folder or a pipe in the place of the file: told apart, and never waited for."""
        victim.unlink()
        self.rng.choice((os.mkdir, os.mkfifo))(victim)
        # A signature beside the folder might be looked for in it: the verdict then is about that.
        # And no copy is made of a folder (usage).
        codes = {"not-a-regular-file", "type-changed", "missing-file", "unsigned", "wrong-container", "usage"}
        return CONTENT | codes, undo

    def _extra(self, victim, size, undo):
        extra = self.target / "planted"
        extra.write_bytes(b"x")
        return {"extra-file"}, lambda: extra.unlink()

    def _rename(self, victim, size, undo):
        other = victim.with_name("renamed")
        victim.rename(other)
        return {"renamed-file", "missing-file", "extra-file"}, lambda: other.rename(victim)

    def _no_signature(self, victim, size, undo):
        self.signature.unlink()
        return ({"not-found", "unsigned"} if self.kind == "bundle" else {"unsigned"}), undo

    def _cut_signature(self, victim, size, undo):
        os.truncate(self.signature, self.rng.randrange(self.signature.stat().st_size - 2))
        return BROKEN, undo

    def _bad_signature(self, victim, size, undo):
        """One bit of the signature itself. White space and the like would change nothing that is reported."""
        shown = json.loads(self.signature.read_text())
        holder = (shown.get("envelope") or shown["dsseEnvelope"])["signatures"][0]
        value = bytearray(base64.b64decode(holder["sig"]))
        value[self.rng.randrange(len(value))] ^= 1 << self.rng.randrange(8)
        holder["sig"] = base64.b64encode(value).decode()
        self.signature.write_text(json.dumps(shown))
        return {"invalid-signature"}, undo

    def _stranger(self, victim, size, undo):
        """The same model, signed by somebody who is not trusted."""
        self.signature.unlink()
        if self.sign("stranger", self.rng.choice(ALGORITHMS))[0] != 0:
            return {"the stranger could not sign"}, undo
        return {"untrusted-key", "invalid-signature"}, undo

    def _other(self, victim, size, undo):
        """A good signature of another model, by the right key. Half of those models have the same name."""
        place = self.folder / "other"
        place.mkdir()
        name = self.rng.choice((self.folder.name, "o"))
        other = Model(self.rng, place, name, self.keys)
        while other.kind != self.kind:
            shutil.rmtree(other.folder)
            other = Model(self.rng, place, name, self.keys)
        other.files[0].write_bytes(self.rng.randbytes(64))
        if other.sign(algorithm=self.algorithm)[0] != 0:
            return {"the other model could not be signed"}, undo
        shutil.copyfile(other.signature, self.signature)
        shutil.rmtree(place)
        # Its options are not those that are asked for, either. The manifest of another name is none of this model.
        asked = {"model-version-too-low", "model-version-missing", "signer-missing", "unsigned"}
        return CONTENT | asked | {"wrong-model", "missing-file", "extra-file", "renamed-file", "type-changed"}, undo
