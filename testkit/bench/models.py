"""Folders with files to hash, their keys and signatures; and whether what a command printed about them is right."""

import base64
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess

from candidates import MIB

SEED = "weightseal bench 1"
PER_FOLDER = 1000


class Model:
    """The files of one workload in a folder of their own: made once, and kept for the next time."""

    def __init__(self, workload, work):
        self.workload = workload
        self.folder = work / f"{workload.key}-{workload.count}x{workload.size}"
        self.files = [self.folder / self._name(at) for at in range(workload.count)]
        self.digests = {}

    def _name(self, at):
        if self.workload.count == 1:
            return "model.bin"
        part = f"part-{at // PER_FOLDER:02d}/" if self.workload.count > PER_FOLDER else ""
        return f"{part}model-{at:05d}.bin"

    def missing(self):
        """What is not there in its full size, by number."""
        size = self.workload.size
        return [at for at, path in enumerate(self.files) if not path.is_file() or path.stat().st_size != size]

    def make(self):
        """Writes what is missing: pseudo-random bytes, the same each time."""
        for at in self.missing():
            path = self.files[at]
            path.parent.mkdir(parents=True, exist_ok=True)
            source = random.Random(f"{SEED} {self.workload.key} {at}")
            unfinished = path.with_name(path.name + ".new")
            with open(unfinished, "wb") as file:
                for begin in range(0, self.workload.size, MIB):
                    file.write(source.randbytes(min(MIB, self.workload.size - begin)))
            unfinished.rename(path)
        wanted = set(self.files)
        for path in self.folder.rglob("*"):
            if not path.is_dir() and path not in wanted:
                path.unlink()

    def check(self, candidate, output):
        """Whether a command printed what it should, and the same as every other that computes the same."""
        text = output.decode(errors="replace")
        match candidate.answer:
            case "verified" | "signed":
                good = text.startswith(f"{candidate.answer}: ")
            case "succeeded":
                good = "Verification succeeded" in text
            case "listing":
                printed = [line.split()[0] for line in text.splitlines() if line.endswith(" (listing)")]
                good = len(printed) == 1 and self._listing() in (None, *printed)
            case algorithm:
                found = self._parse(text)
                good = len(found) == len(self.files) and found == self.digests.setdefault(algorithm, found)
        if not good:
            raise SystemExit(f"bench: wrong answer of `{candidate.label}`, {self.workload.title}:\n{text[:2000]}")

    def _parse(self, text):
        """Digests by name, from lines of `sha256sum`."""
        lines = (line.split(" ", 1) for line in text.splitlines())
        return {os.path.relpath(name[1:], self.folder): digest for digest, name in lines}

    def _listing(self):
        """What binds names and contents, from the digests that other tools printed; None before any did."""
        if (digests := self.digests.get("sha256")) is None:
            return None
        lines = [f"{digests[name]}  {name}\n" for name in sorted(digests, key=os.fsencode)]
        return hashlib.sha256("".join(lines).encode()).hexdigest()


class Signatures:
    """Keys and signatures in a folder of their own, made anew at each run."""

    def __init__(self, tools, work):
        self.tools, self.folder = tools, work / "signatures"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.private, self.public = self.folder / "key.pem", self.folder / "key.pub"
        self._weightseal("keygen", "--algorithm", "ecdsa-p256", "--no-passphrase", "-o", self.private)

    def sign(self, model):
        """Every signature of a model that a candidate may want, by the name that its words have for it."""
        key, single = model.workload.key, model.workload.count == 1
        paths = {"signature": self.folder / f"{key}.sig", "manifest": self.folder / f"{key}.manifest.json"}
        self._weightseal("sign", model.folder, "--format", "oms", "--key", self.private, "-o", paths["signature"])
        if single:
            signer = ["--key", self.private, "--signer", "bench", "-o", paths["manifest"]]
            self._weightseal("sign", model.files[0], *signer)
        if self.tools["python"]:
            for name, form in [("shards", "shards"), ("shards_small", "shards-small"), ("blake3", "blake3")]:
                paths[name] = self.folder / f"{key}-{form}.sig"
                if single or name == "blake3":
                    words = [self.tools["python"], self.tools["driver"], "sign", form, model.folder, paths[name], self.private]
                    subprocess.run(words, check=True)
        return paths

    def _weightseal(self, *words):
        subprocess.run([self.tools["weightseal"], *words, "--quiet"], check=True)


def speaks_of_chunks(signature):
    """Whether a signature file has anything about chunks, in itself or in what is signed in it."""
    content = json.loads(pathlib.Path(signature).read_text(encoding="utf-8"))
    return "chunk" in json.dumps(content).lower() or any("chunk" in payload for payload in payloads(content))


def payloads(value):
    """The signed documents somewhere in a signature file, in lower case."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for name, part in value.items():
            if name == "payload" and isinstance(part, str):
                yield base64.b64decode(part).decode(errors="replace").lower()
            yield from payloads(part)
