"""What the Python package costs, side by side with torch alone, in one run: `cargo xtask figures`.

Medians of rounds in which the candidates take turns, since machines are noisy: compare the ratios, not the seconds.
Before each measurement as much memory is taken and given back: virtual machines hand free memory back to their host,
and whoever takes it first would pay for fetching it.
"""

import argparse
import gc
import hashlib
import mmap
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

GIB = 1 << 30


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=float, default=2, help="size of the state dict in GiB (2)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each measurement (7)")
    parser.add_argument("--folder", type=Path, help="where files are written (the folder for temporary files)")
    arguments = parser.parse_args()
    report_import()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        report_torch(Path(folder), arguments.gib, arguments.rounds)
    in_memory = Path("/dev/shm")
    if in_memory.is_dir() and os.statvfs(in_memory).f_bavail * os.statvfs(in_memory).f_frsize > 4 * arguments.gib * GIB:
        with tempfile.TemporaryDirectory(dir=in_memory) as folder:
            report_save(Path(folder), arguments.gib, arguments.rounds, "in memory (/dev/shm: no disk limits)")
    else:
        print("save in memory: NOT MEASURED, /dev/shm is missing or too small")


def seconds(work, memory):
    gc.collect()
    if memory:
        fetched = mmap.mmap(-1, memory)
        for page in range(0, memory, mmap.PAGESIZE):
            fetched[page] = 1
        fetched.close()
    start = time.perf_counter()
    result = work()
    elapsed = time.perf_counter() - start
    del result
    return elapsed


def take_turns(rounds, memory=0, **candidates):
    """The median of each candidate; so many bytes of memory are fetched before each."""
    times = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, work in candidates.items():
            times[name].append(seconds(work, memory))
    for name, values in times.items():
        values = sorted(values)
        print(f"  {name:<34} median {statistics.median(values):8.4f} s   {values[0]:.4f} to {values[-1]:.4f}")
    return {name: statistics.median(values) for name, values in times.items()}


def report_import():
    print("import")
    start = [sys.executable, "-c"]
    medians = take_turns(
        31,
        interpreter=lambda: subprocess.run([*start, "pass"], check=True),
        weightseal=lambda: subprocess.run([*start, "import weightseal"], check=True),
    )
    print(f"  import weightseal: {1000 * (medians['weightseal'] - medians['interpreter']):.1f} ms (promised: under 10)")


def a_model(gib):
    import torch

    torch.manual_seed(0)
    blocks = 16
    count = int(gib * GIB / 4 / blocks)
    model = torch.nn.Module()
    for at in range(blocks):
        values = torch.randint(-(2**31), 2**31 - 1, (count,), dtype=torch.int32).view(torch.float32)
        model.register_parameter(f"block{at}", torch.nn.Parameter(values))
    return model


def touch(state):
    """Reads every page, so that nothing is left to be loaded later."""
    import torch

    for tensor in state.values():
        tensor.view(torch.int32)[::1024].sum()


def keys(folder):
    import weightseal

    private, public = folder / "key.pem", folder / "key.pub"
    weightseal.generate_key_pair(private, public, None, algorithm="rsa-2048")
    return private, public


def report_torch(folder, gib, rounds):
    import torch

    from weightseal.torch import load_verified_model, save_signed_model

    print(f"load: a state dict of {gib} GiB from the page cache, torch {torch.__version__}, {os.cpu_count()} cores")
    private, public = keys(folder)
    model, path = a_model(gib), folder / "model.pt"
    save_signed_model(model, path, private, None, "figures@example.org")

    def sha256():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256")

    def plain():
        state = torch.load(path, weights_only=True)
        touch(state)
        return state

    def verify_first():
        # What people do without us: read everything twice, and race.
        sha256()
        model.load_state_dict(torch.load(path, weights_only=True))

    sha256()
    medians = take_turns(
        rounds,
        int(2.2 * path.stat().st_size),
        torch_load_touched=plain,
        sha256_alone=sha256,
        load_verified_model=lambda: load_verified_model(model, path, public),
        hash_then_load=verify_first,
    )
    longer = max(medians["torch_load_touched"], medians["sha256_alone"])
    ours = medians["load_verified_model"]
    print(f"  load_verified_model / the longer of the two: {ours / longer:.3f} (promised: at most 1.15)")
    print(f"  load_verified_model / hashing and then loading: {ours / medians['hash_then_load']:.3f}")

    size = path.stat().st_size
    grown = growth(lambda: load_verified_model(model, path, public))
    print(f"  memory grows by {grown / 2**20:.0f} MiB for {size / 2**20:.0f} MiB (promised: at most {size / 2**20 + 64:.0f})")
    report_save(folder, gib, rounds, "on disk", model)


def report_save(folder, gib, rounds, where, model=None):
    import torch

    from weightseal.torch import save_signed_model

    print(f"save: {gib} GiB {where}")
    model = a_model(gib) if model is None else model
    private, _ = keys(folder) if not (folder / "key.pem").exists() else (folder / "key.pem", None)
    plain, signed = folder / "plain.pt", folder / "signed.pt"

    def torch_save():
        torch.save(model.state_dict(), plain)

    def torch_save_synced():
        torch_save()
        with plain.open("rb+") as file:
            os.fsync(file)

    def sha256():
        with plain.open("rb") as file:
            return hashlib.file_digest(file, "sha256")

    torch_save()
    medians = take_turns(
        max(3, rounds // 2),
        int(2.2 * plain.stat().st_size),
        torch_save=torch_save,
        torch_save_and_fsync=torch_save_synced,
        sha256_alone=sha256,
        save_signed_model=lambda: save_signed_model(model, signed, private, None, "figures@example.org"),
    )
    ours = medians["save_signed_model"]
    print(f"  save_signed_model / torch.save: {ours / medians['torch_save']:.3f}")
    limit = max(("torch_save_and_fsync", "sha256_alone"), key=medians.get)
    print(f"  save_signed_model / {limit}, which limits: {ours / medians[limit]:.3f} (promised: at most 1.15)")
    plain.unlink()
    signed.unlink()


def growth(work):
    """The most bytes that a call takes beyond what there was: anonymous memory of the process, and shared memory of the
    machine, which sealed memory is counted as."""

    def taken():
        status = Path("/proc/self/status").read_text()
        shared = Path("/proc/meminfo").read_text()
        return 1024 * (field(status, "RssAnon:") + field(shared, "Shmem:"))

    def field(text, name):
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(name))

    gc.collect()
    before, most, done = taken(), 0, threading.Event()

    def sample():
        nonlocal most
        while not done.wait(0.003):
            most = max(most, taken())

    sampler = threading.Thread(target=sample)
    sampler.start()
    work()
    done.set()
    sampler.join()
    return max(most, taken()) - before


main()
