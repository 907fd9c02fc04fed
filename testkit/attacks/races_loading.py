"""Loads what others change, with the Python package: each load prints one line, how it ended and what was wrong with it.

Arguments: the model, `key` or `trust` and its file, how many loads. The first line of standard input has the way in which
the model is changed, and says for each signed statement where the signed bytes lie. With the way `stopped` each load waits
for a line.
"""

import json
import mmap
import pathlib
import sys

import weightseal
from weightseal.errors import WeightsealError

KEEPS = ("memory", "disk", "auto")


def look(file, content, at):
    """Reads what was loaded in every way there is."""
    faults = []
    file.seek(0)
    if file.read() != content:
        faults.append("read() gives other bytes")
    with memoryview(file) as view:
        if bytes(view) != content:
            faults.append("the buffer has other bytes")
    start = at * 7919 % max(1, len(content))
    file.seek(start)
    if file.read(1000) != content[start : start + 1000]:
        faults.append("a part has other bytes")
    if at % 3 == 0:
        with open(file.path, "rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            if mapped[:] != content:
                faults.append("the mapped path has other bytes")
    return faults


def load_one(model, asked, content, at, kept):
    keep = KEEPS[at % 3]
    file = weightseal.open_verified(model, keep=keep, whole=at % 4 == 0, **asked)
    content = content[file.verified.statement_sha256]
    faults = look(file, content, at)
    # Some are kept open, and looked at again while the model is changed on and on.
    kept.append((file, content))
    if len(kept) > 4:
        old, content = kept.pop(0)
        with old:
            faults += [f"later: {fault}" for fault in look(old, content, at)]
    return [f"{keep}: {fault}" for fault in faults]


def load_folder(model, asked, files, at, kept):
    keep, faults = KEEPS[at % 3], []
    with weightseal.verified_dir(model, keep=keep, **asked) as folder:
        files = files[folder.verified.statement_sha256]
        if set(folder.files) != set(files):
            faults.append(f"loaded {sorted(folder.files)}")
        on_disk = {str(path.relative_to(folder.path)) for path in folder.path.rglob("*") if not path.is_dir()}
        if on_disk != set(files):
            faults.append(f"the folder has {sorted(on_disk)}")
        for name, content in files.items():
            if folder[name].read() != content or (folder.path / name).read_bytes() != content:
                faults.append(f"{name} has other bytes")
    return [f"{keep}: {fault}" for fault in faults]


def main():
    model, how, trust, count = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    # Of each statement that may be accepted, the files.
    way, signed = json.loads(sys.stdin.readline())
    for files in signed.values():
        files.update({name: pathlib.Path(file).read_bytes() for name, file in files.items()})
    asked = {"trust": trust} if how == "trust" else {"public_key": trust}
    load, kept = load_folder, []
    if way not in ("folder", "bundle"):
        load, signed = load_one, {statement: files["m.bin"] for statement, files in signed.items()}
    for at in range(count):
        if way == "stopped":
            print(json.dumps("waiting"), flush=True)
            sys.stdin.readline()
        try:
            outcome = {"code": "loaded", "faults": load(model, asked, signed, at, kept)}
        except WeightsealError as error:
            outcome = {"code": error.code, "faults": []}
        except Exception as error:
            outcome = {"code": type(error).__name__, "faults": [f"{type(error).__name__}: {error}"]}
        print(json.dumps(outcome), flush=True)


main()
