"""The other side of the races: changes a model, its signature, a trust store or a folder, until it is killed.

Arguments: the way, and a folder. In the folder lie `a` (what was signed) and `b` (as long, and not signed), and what is
changed. A pause of random length follows each step, so that what it does falls into every moment of a verification.
"""

import mmap
import os
import pathlib
import random
import sys
import time

CHANCE = random.Random(5)
PAUSES = (0, 0, 0.0003, 0.002, 0.006, 0.012)


def pause():
    time.sleep(CHANCE.choice(PAUSES) * CHANCE.random())


def put(source: pathlib.Path, path: pathlib.Path):
    """Puts this very file at the path, in one step: what was opened before may be in place once more."""
    step = path.with_name("step")
    os.link(source, step, follow_symlinks=False)
    os.replace(step, path)
    # Where both are the same file already, a rename does nothing.
    step.unlink(missing_ok=True)


def put_new(content: bytes, path: pathlib.Path):
    step = path.with_name("step")
    step.write_bytes(content)
    os.replace(step, path)


def rename(place, a, b, path):
    sources = place / "a", place / "b"
    while True:
        for source, content in zip(sources, (a, b)):
            if CHANCE.random() < 0.5:
                put(source, path)
            else:
                put_new(content, path)
            pause()
        yield


def write(place, a, b, path):
    """Pieces of b are written over a, and a again: between the steps the file is a mix of both."""
    with open(path, "r+b", buffering=0) as file:
        while True:
            if CHANCE.random() < 0.5:
                start = CHANCE.randrange(len(a))
                spans = [(start, start + 1)]
            else:
                step = max(1, len(a) // CHANCE.choice((1, 3, 20)))
                spans = [(at, at + step) for at in range(0, len(a), step)]
            for content in (b, a):
                for start, end in spans:
                    os.pwrite(file.fileno(), content[start:end], start)
                    pause() if CHANCE.random() < 0.3 else None
                pause()
            pause()
            yield


def mapped(place, a, b, path):
    """The same through a memory map, which leaves no trace in the file's times until later."""
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as view:
        while True:
            start = CHANCE.randrange(len(a))
            end = start + CHANCE.choice((1, 1, len(a) - start))
            for content in (b, a):
                view[start:end] = content[start:end]
                pause()
            pause()
            yield


def truncate(place, a, b, path):
    with open(path, "r+b", buffering=0) as file:
        while True:
            size = CHANCE.choice((0, CHANCE.randrange(len(a)), len(a) + CHANCE.randint(1, 5000)))
            file.truncate(size)
            pause()
            file.truncate(len(a))
            # What was cut off is zeros now.
            os.pwrite(file.fileno(), a[size:], size) if size < len(a) else None
            pause()
            pause()
            yield


def fifo(place, a, b, path):
    """A pipe that would hand out the signed bytes, if anybody read them from it; and one that nobody writes to."""
    pipes = place / "pipe", place / "empty"
    for pipe in pipes:
        os.mkfifo(pipe)
    feed = os.open(pipes[0], os.O_RDWR | os.O_NONBLOCK)
    while True:
        try:
            os.write(feed, a[: 1 << 16])
        except BlockingIOError:
            pass
        for source in (place / "a", CHANCE.choice(pipes)):
            put(source, path)
            pause()
        yield


def symlink(place, a, b, path):
    for name, target in (("to-a", "a"), ("to-b", "b"), ("to-nothing", "nothing"), ("loop", "loop")):
        (place / name).symlink_to(target)
    while True:
        for name in ("a", "to-a", CHANCE.choice(("to-b", "to-nothing", "loop", "b"))):
            put(place / name, path)
            pause()
        yield


def signature(place, a, b, path):
    """The signature file: the good one, others, none, and a mix of two."""
    good, others = place / "good", sorted(place.glob("bad-*"))
    path = place / "m.manifest.json"
    while True:
        put(good, path)
        pause()
        other = CHANCE.choice(others)
        how = CHANCE.randrange(4)
        if how == 0:
            path.unlink()
            pause()
        elif how == 1:
            put_new(good.read_bytes(), path)
            with open(path, "r+b", buffering=0) as file:
                half = other.stat().st_size // 2
                file.write(other.read_bytes()[:half])
                pause()
                file.truncate(half)
                pause()
        else:
            put(other, path)
            pause()
        yield


def pair(place, a, b, path):
    """Two models of one name, each with its good signature, take turns: never the one with the other's."""
    manifest = place / "m.manifest.json"
    while True:
        for name in ("b", "a"):
            steps = [(place / name, path), (place / f"{name}.manifest.json", manifest)]
            CHANCE.shuffle(steps)
            for source, target in steps:
                put(source, target)
                pause()
            pause()
            pause()
        yield


def store(place, a, b, path):
    path = place / "trust.toml"
    while True:
        for name in ("permissive", "strict"):
            if CHANCE.random() < 0.5:
                put(place / name, path)
            else:
                put_new((place / name).read_bytes(), path)
            pause()
        yield


def folder(place, a, b, path):
    """A folder: files renamed, added, removed, exchanged, and replaced by links and pipes; a subfolder by a link."""
    folder, aside = place / "m", place / "aside"
    for name in ("w1", "sub"):
        (place / f"to-{name}").symlink_to(place / "elsewhere" / name)
    os.mkfifo(place / "pipe")
    one, two = folder / "w1", folder / "w2"
    while True:
        how = CHANCE.randrange(7)
        if how == 0:
            one.rename(folder / "other")
            pause()
            (folder / "other").rename(one)
        elif how == 1:
            (folder / "planted.py").write_text("import os")
            pause()
            (folder / "planted.py").unlink()
        elif how == 2:
            one.rename(aside)
            pause()
            aside.rename(one)
        elif how == 3:
            one.rename(aside)
            two.rename(one)
            aside.rename(two)
            pause()
            one.rename(aside)
            two.rename(one)
            aside.rename(two)
        elif how in (4, 5):
            one.rename(aside)
            os.link(place / CHANCE.choice(("b", "to-w1", "pipe")), one, follow_symlinks=False)
            pause()
            os.replace(aside, one)
        else:
            (folder / "sub").rename(place / "sub-aside")
            os.rename(place / "to-sub", folder / "sub")
            pause()
            os.rename(folder / "sub", place / "to-sub")
            (place / "sub-aside").rename(folder / "sub")
        for _ in range(3):
            pause()
        yield


WAYS = {
    "rename": rename,
    "write": write,
    "mmap": mapped,
    "truncate": truncate,
    "fifo": fifo,
    "symlink": symlink,
    "signature": signature,
    "pair": pair,
    "store": store,
    "folder": folder,
    "bundle": folder,
}


def main():
    way, place = sys.argv[1], pathlib.Path(sys.argv[2])
    a, b = (place / "a").read_bytes(), (place / "b").read_bytes()
    parent = os.getppid()
    steps = WAYS[way](place, a, b, place / "m.bin")
    next(steps)
    print("ready", flush=True)
    for _ in steps:
        if os.getppid() != parent:
            return


if __name__ == "__main__":
    main()
