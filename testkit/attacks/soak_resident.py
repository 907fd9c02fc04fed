"""One long-lived process of the soak: it signs, verifies and loads with the Python package, and counts what it holds.

Arguments: a folder, the folder with the keys, until when (as time.time() says), and where to write what was found. Memory
and descriptors are counted between two rounds, when nothing is open.
"""

import gc
import json
import os
import pathlib
import random
import sys
import time

import weightseal
from weightseal.errors import VerificationError

SIZES = (0, 5000, 70_000, 300_000, 1 << 20, 3_000_001, (16 << 20) + 5)
SIGNER = "base@soak"


def held():
    """Kilobytes of memory and the number of descriptors, and of threads, of this process."""
    gc.collect()
    status = dict(line.split(":", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines())
    # Listing the folder takes a descriptor of its own, each time.
    return int(status["VmRSS"].split()[0]), len(os.listdir("/proc/self/fd")), int(status["Threads"])


def refused(call):
    try:
        call()
    except VerificationError:
        return True
    return False


def one_round(rng, place: pathlib.Path, keys: pathlib.Path, size: int, at: int):
    """Signs, verifies, loads, tampers and loads once more. Gives what went wrong."""
    algorithm = ("rsa-2048", "ecdsa-p256", "ed25519", "rsa-4096")[at % 4]
    private, public = keys / f"base-{algorithm}.pem", keys / f"base-{algorithm}.pub"
    content, model, wrong = rng.randbytes(size), place / "m.bin", []
    model.write_bytes(content)
    weightseal.sign(model, private, signer=SIGNER, passphrase=None)
    if weightseal.verify(model, public).verdict != "verified":
        wrong.append("not verified")
    with weightseal.open_verified(model, public, keep=("memory", "disk", "auto")[at % 3]) as file:
        if file.read() != content or (at % 4 == 0 and file.path.read_bytes() != content):
            wrong.append("other bytes were loaded")
        view = memoryview(file)
        if bytes(view[:100]) != content[:100]:
            wrong.append("other bytes were mapped")
        view.release()
    with open(model, "r+b") as file:
        file.seek(rng.randrange(size + 1))
        file.write(b"tampered")
    if model.read_bytes() != content and not (
        refused(lambda: weightseal.open_verified(model, public)) and refused(lambda: weightseal.verify(model, public))
    ):
        wrong.append("tampered, and not refused")
    folder = place / "folder"
    folder.mkdir(exist_ok=True)
    (folder / "weights").write_bytes(content[:400_000])
    weightseal.sign_model(folder, private, signer=SIGNER, passphrase=None)
    with weightseal.verified_dir(folder, public) as loaded:
        if loaded["weights"].read() != content[:400_000]:
            wrong.append("other bytes were loaded from a folder")
    (folder / "weights").write_bytes(b"tampered")
    (folder / "planted").write_bytes(b"")
    if not refused(lambda: weightseal.verified_dir(folder, public)):
        wrong.append("a tampered folder was not refused")
    (folder / "planted").unlink()
    (place / "m.manifest.json").write_text("{")
    if not refused(lambda: weightseal.open_verified(model, public)):
        wrong.append("a damaged manifest was not refused")
    (place / "m.manifest.json").unlink()
    return [f"round {at}, {size} bytes, {algorithm}: {what}" for what in wrong]


def main():
    place, keys, until, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    place.mkdir()
    rng, samples, wrong, rounds = random.Random(11), [], [], 0
    # What is made once (threads, buffers, modules) is made in the first rounds, and not counted as growth.
    while time.time() < until or rounds < 10 * len(SIZES):
        wrong += one_round(rng, place, keys, SIZES[rounds % len(SIZES)], rounds)
        rounds += 1
        # Each sample comes after the same sizes.
        if rounds % len(SIZES) == 0 and rounds > 3 * len(SIZES):
            samples.append(held())
    pathlib.Path(output).write_text(json.dumps({"samples": samples, "rounds": rounds, "wrong": wrong}))


main()
