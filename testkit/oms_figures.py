#!/usr/bin/env python3
"""Measures `weightseal verify` against the reference implementation on OMS signatures, in one run.

    oms_figures.py WEIGHTSEAL MODEL_SIGNING [--quick]

Both verify the same folders with the same signature, made by weightseal with an ECDSA P-256 key. They take turns, with the
files in the page cache; the figures are medians of the wall time and the largest resident memory of a run.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

KIB, MIB = 1024, 1024 * 1024
SHAPES = [
    ("tiny (1 file of 12 bytes)", 1, 12, 7),
    ("10 000 files of 4 KiB", 10_000, 4 * KIB, 5),
    ("100 000 files of 4 KiB", 100_000, 4 * KIB, 3),
    ("8 files of 256 MiB", 8, 256 * MIB, 3),
    ("1 file of 2 GiB", 1, 2048 * MIB, 3),
]


def make(folder, count, size):
    """Files of which no two are equal, a thousand in a folder."""
    block = os.urandom(min(size, 16 * MIB))
    for at in range(count):
        place = folder / f"part-{at // 1000:04d}"
        place.mkdir(parents=True, exist_ok=True)
        with open(place / f"file-{at:06d}.bin", "wb") as file:
            file.write(at.to_bytes(8, "little"))
            left = size - 8
            while left > 0:
                left -= file.write(block[: min(left, len(block))])


def run(words):
    """Wall time in seconds and largest resident memory in MiB."""
    begin = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = status
    if status != 0:
        raise SystemExit(f"{words} failed: {errors.decode(errors='replace')}")
    return seconds, usage.ru_maxrss / 1024


def measure(name, candidates, rounds):
    results = {who: [] for who in candidates}
    for words in candidates.values():
        run(words)
    for _ in range(rounds):
        for who, words in candidates.items():
            results[who].append(run(words))
    times = {who: statistics.median(seconds for seconds, _ in runs) for who, runs in results.items()}
    memory = {who: max(most for _, most in runs) for who, runs in results.items()}
    ratio = times["model_signing"] / times["weightseal"]
    print(
        f"| {name} | {times['weightseal']:.3f} s | {times['model_signing']:.3f} s | {ratio:.1f} × "
        f"| {memory['weightseal']:.0f} MiB | {memory['model_signing']:.0f} MiB |",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weightseal")
    parser.add_argument("model_signing")
    parser.add_argument("--quick", action="store_true", help="leave out what takes long")
    arguments = parser.parse_args()
    print("| model | weightseal | model_signing | faster | memory | memory of model_signing |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="oms-figures-") as folder:
        folder = pathlib.Path(folder)
        key, public = folder / "key.pem", folder / "key.pub"
        keygen = ["keygen", "--algorithm", "ecdsa-p256", "--no-passphrase", "--quiet", "-o", str(key)]
        run([arguments.weightseal, *keygen])
        for at, (name, count, size, rounds) in enumerate(SHAPES):
            if arguments.quick and count * size > 64 * MIB:
                continue
            model, signature = folder / f"model-{at}", folder / f"model-{at}.sig"
            make(model, count, size)
            sign = ["sign", str(model), "--key", str(key), "-o", str(signature), "--quiet"]
            run([arguments.weightseal, *sign])
            ours = ["verify", str(model), "--signature", str(signature), "--key", str(public)]
            theirs = ["verify", "key", str(model), "--signature", str(signature), "--public_key", str(public)]
            measure(
                name,
                {
                    "weightseal": [arguments.weightseal, *ours],
                    "model_signing": [arguments.model_signing, *theirs],
                },
                rounds,
            )
            subprocess.run(["rm", "-rf", str(model)], check=True)


if __name__ == "__main__":
    main()
