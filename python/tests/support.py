"""Helpers of the tests: signing, the published functions, changing files while they are loaded."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pathlib
import subprocess
import sys
import threading

import weightseal

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SIGNER = "training-pipeline@ml-team"


class Keys:
    """A key pair in a folder of its own; the private key once encrypted, and once not, since opening it takes 0.1 s."""

    passphrase = "correct horse"

    def __init__(self, folder: pathlib.Path) -> None:
        self.locked = folder / "signing_key.pem"
        self.private = folder / "open_key.pem"
        self.public = folder / "signing_key.pub"
        weightseal.generate_key_pair(self.locked, self.public, self.passphrase, algorithm="rsa-2048")
        code = published()
        key = code.load_private_key(self.locked, self.passphrase.encode())
        code.write_key_pair(key, self.private, folder / "open_key.pub")

    @property
    def signing(self):
        """The arguments of every function that signs: `save(..., **keys.signing)`."""
        return {"private_key": self.private, "passphrase": None, "signer": SIGNER}

    @property
    def wrongly(self):
        """The same, with a passphrase that is not the key's."""
        return {"private_key": self.locked, "passphrase": "wrong", "signer": SIGNER}

    def sign(self, path, **said):
        """Signs a file; returns the path of the manifest."""
        return pathlib.Path(weightseal.sign(path, **{**self.signing, **said})["manifest"])

    def sign_bundle(self, paths, output, **said):
        return pathlib.Path(weightseal.sign_bundle(paths, output, **{**self.signing, **said})["manifest"])

    def trust_store(self, rule):
        """The text of a trust store in which this key may sign everything, as far as the rule lets it."""
        signer = f'[[signer]]\nname = "{SIGNER}"\n[[signer.key]]\npublic_key = """\n{self.public.read_text()}"""\n'
        return f'serial = 1\nexpires_at = 2099-01-01\n{signer}[[rule]]\nmodels = "*"\nsigners = ["{SIGNER}"]\n{rule}\n'

    def sign_as_published(self, path, manifest):
        """A manifest without envelope, made by the code that people already have."""
        code = published()
        code.save_manifest(code.sign_artifact(path, self.private, SIGNER), manifest)
        return manifest


def published():
    """The published functions, as testkit/python has them: nothing of weightseal is in there."""
    path = REPOSITORY / "testkit" / "python" / "published.py"
    spec = importlib.util.spec_from_file_location("published", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def flip_bit(path, at: float = 0.5) -> None:
    """Changes one bit of a file, at a fraction of its length."""
    content = bytearray(path.read_bytes())
    content[min(int(len(content) * at), len(content) - 1)] ^= 1
    path.write_bytes(content)


def run_python(script: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a script in a process of its own. Whatever it prints on failure is in the assertion."""
    words = [sys.executable, "-c", script, *map(str, arguments)]
    run = subprocess.run(words, env={**os.environ, **environment}, capture_output=True, text=True, timeout=100)
    assert run.returncode == 0, f"exit status {run.returncode}\n{run.stdout}{run.stderr}"
    return run


@contextlib.contextmanager
def swapping(path: pathlib.Path, *contents: bytes, place: pathlib.Path | None = None):
    """Puts files with these contents at `path`, one after the other, as fast as it goes, until the block ends. They come
    from the folder `place`, by default the one that they go to.
    """
    place = place or path.parent
    sources = []
    for at, content in enumerate(contents):
        sources.append(place / f"source-{at}")
        sources[-1].write_bytes(content)
    step = place / "step"
    ended = threading.Event()
    failures = []

    def swap():
        try:
            while not ended.is_set():
                for source in sources:
                    # The same file again and again: what was opened before may be in place once more.
                    os.link(source, step)
                    os.replace(step, path)
        except OSError as error:
            failures.append(error)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    assert not failures, failures


# Changes bytes of a file through a map that it opened before, and changes them back.
_SCRIBBLER = """
import mmap, random, sys, time
chance = random.Random(7)
with open(sys.argv[1], "r+b") as file, mmap.mmap(file.fileno(), 0) as view:
    print("ready", flush=True)
    while True:
        at = chance.randrange(len(view))
        view[at] ^= 0x40
        time.sleep(chance.random() * 0.003)
        view[at] ^= 0x40
        time.sleep(chance.random() * 0.012)
"""


@contextlib.contextmanager
def scribbling(path: pathlib.Path):
    """Another process changes single bytes of the file and changes them back, until the block ends."""
    words = [sys.executable, "-c", _SCRIBBLER, str(path)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        yield
        assert process.poll() is None, "the other process ended early"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
