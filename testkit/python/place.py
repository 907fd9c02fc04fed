"""Puts a test vector where it is run: a copy of its folder, with what git does not keep (README.md, `create`)."""

import json
import os
import shutil


def large(repeat, size, changed=None):
    """The bytes of a text over and over, `size` of them; `changed` has others at some offsets."""
    text = repeat.encode("utf-8")
    content = bytearray((text * (size // len(text) + 1))[:size])
    for start, other in (changed or {}).items():
        content[int(start) : int(start) + len(other)] = other.encode("utf-8")
    return bytes(content)


def lay_out(folder, case, place):
    shutil.copytree(folder, place, symlinks=True)
    for name, content in case.get("create", {}).items():
        path = place / name
        kind = content if isinstance(content, dict) else {"text": content}
        if "folder" not in kind:
            path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            path.unlink()  # something else is to stand there
        if "link" in kind:
            path.symlink_to(kind["link"])
        elif "folder" in kind:
            path.mkdir(parents=True)
        elif "pipe" in kind:
            os.mkfifo(path)
        elif "repeat" in kind:
            path.write_bytes(large(**kind))
        else:
            path.write_text(kind["text"], encoding="utf-8")
    for path in [place, *place.rglob("*")]:  # a checkout that its group may write is no matter of the case
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o022)
    for name, mode in case.get("modes", {}).items():
        (place / name).chmod(int(mode, 8))


def contents(path):
    """The JSON in a file after a run; null where there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
