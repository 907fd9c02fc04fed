"""Every command that writes, for attacks on writing: what it starts from, its arguments, and how its result is judged.

A case starts from a copy of a prepared folder. Afterwards each file that it writes is the old one or a complete new
one, and success was only said if it is the new one. `judge` returns what is wrong with that as a list of sentences.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from common import command, must, run

SIGNER = "training-pipeline@ml-team"
SECOND = "release-managers@ml-team"
#: From this size on a file has a chunk list.
LARGE = 16 << 20


@dataclass
class Writer:
    """A command that writes."""

    name: str
    arguments: list[str]
    #: Judges a folder: the template, the folder, whether success was said.
    check: Callable[[Path, Path, bool], list[str]]
    #: Files that it may write or replace.
    writes: list[str]
    #: Files of the template that are not there when it starts.
    without: list[str] = field(default_factory=list)
    #: A killed run may leave its work half done where the next one finishes it first.
    finished_by_next: bool = False


def prepare(folder: Path) -> Path:
    """Makes the folder that all cases start from: keys, models with old signatures, a trust store, a state."""
    ws, place = command(), folder / "template"
    place.mkdir()
    for name in ("k", "k2"):
        must([ws, "keygen", "--algorithm", "ecdsa-p256", "--no-passphrase", "-o", f"{name}.pem"], place)
    for name, size in (("m.bin", 5000), ("a.bin", 3000), ("b.bin", 100)):
        (place / name).write_bytes(bytes(n * n % 251 for n in range(size)))
    make_large(place / "large.bin")
    (place / "oms").mkdir()
    for name in ("a.bin", "b.bin"):
        shutil.copy(place / name, place / "oms" / name)
    key = ["--key", "k.pem", "--signer", SIGNER]
    must([ws, "trust", "init", "--from-keys", "k.pub", "--signer", SIGNER], place)
    must([ws, "sign", "m.bin", *key, "--model-version", "2"], place)
    must([ws, "verify", "m.bin", "--trust", "trust.toml", "--state", "state.json", "--init-state"], place)
    shutil.copy(place / "m.manifest.json", place / "version2.json")
    must([ws, "sign", "m.bin", *key, "--model-version", "3"], place)
    must([ws, "sign", "a.bin", "b.bin", "--bundle", "set.manifest.json", *key], place)
    must([ws, "sign", "oms", *key], place)
    must([ws, "sign", "large.bin", *key, "--chunk-list"], place)
    return place


def make_large(path: Path) -> None:
    """A model that has a chunk list, and takes no room."""
    with path.open("wb") as file:
        file.write(b"large")
        file.truncate(LARGE + 5)


def copy_of(template: Path, folder: Path, writer: Writer) -> None:
    """Makes `folder` a fresh copy of the template."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    (folder / "oms").mkdir()
    (folder / "tmp").mkdir()
    for name in names_in(template):
        if name in writer.without:
            continue
        if name == "large.bin":
            make_large(folder / name)
        else:
            shutil.copy2(template / name, folder / name)


def names_in(folder: Path) -> list[str]:
    """All files in it, also below it."""
    return sorted(str((Path(top) / name).relative_to(folder)) for top, _, files in os.walk(folder) for name in files)


def is_untouched(template: Path, folder: Path, writer: Writer) -> bool:
    """Whether the folder is exactly what the case started from."""
    if names_in(folder) != [name for name in names_in(template) if name not in writer.without]:
        return False
    return all((folder / name).read_bytes() == (template / name).read_bytes()
               for name in names_in(folder) if name != "large.bin")


def litter(template: Path, folder: Path, writer: Writer) -> list[str]:
    """Files that no run of this command should leave."""
    expected = {*names_in(template), *writer.writes}
    return [name for name in names_in(folder) if name not in expected] + os.listdir(folder / "tmp")


def judge(writer: Writer, template: Path, folder: Path, status: int, stderr: str, killed: bool = False) -> list[str]:
    """What is wrong with a run that ended so."""
    faults = []
    if not killed:
        if status not in (0, 2):
            faults.append(f"exit status {status}: {stderr.strip()[:200]}")
        elif status == 2 and not names_a_file(stderr, writer, template):
            faults.append(f"the error names no file: {stderr.strip()[:200]}")
    for name in names_in(template):
        if name not in writer.writes and (folder / name).exists() != (name not in writer.without):
            faults.append(f"{name} is gone or new")
    for name in names_in(folder):
        # Also half of a private key is one.
        if ("pem" in name) and (folder / name).stat().st_mode & 0o077:
            faults.append(f"{name} can be read by others: {stat.filemode((folder / name).stat().st_mode)}")
    if status == 0 or not is_untouched(template, folder, writer):
        faults += writer.check(template, folder, status == 0)
    return faults


def names_a_file(stderr: str, writer: Writer, template: Path) -> bool:
    """Whether an error says which file it is about: one of the folder, or a path outside in backticks."""
    known = [Path(name).name for name in [*names_in(template), *writer.writes]]
    return any(name in stderr for name in [*known, "`oms", "`.`", "`/", "standard output"])


def old_or_new(name: str, verify: list[str]) -> Callable[[Path, Path, bool], list[str]]:
    """The signature at `name` is the old one, or a new one that verifies; after success a new one."""

    def check(template: Path, folder: Path, success: bool) -> list[str]:
        path, old = folder / name, template / name
        before = old.read_bytes() if old.exists() else None
        after = path.read_bytes() if path.exists() else None
        if after == before:
            return [f"success was said, and {name} is the old one"] if success else []
        if after is None:
            return [f"{name} is gone"]
        done = run([command(), "verify", *verify], folder)
        return [] if done.returncode == 0 else [f"{name} does not verify: {done.stderr.strip()[:200]}"]

    return check


def check_pair(private: str, public: str) -> Callable[[Path, Path, bool], list[str]]:
    """Both keys or none; they belong together, and the private one is its owner's alone."""

    def check(_: Path, folder: Path, success: bool) -> list[str]:
        there = [(folder / name).exists() for name in (private, public)]
        if there != [True, True]:
            if any(there):
                return [f"only one of {private} and {public} is there"]
            return ["success was said, and there are no keys"] if success else []
        shutil.copy(folder / "m.bin", folder / "tmp" / "try.bin")
        key = ["--key", f"../{private}"]
        done = run([command(), "sign", "try.bin", *key, "--signer", SIGNER], folder / "tmp")
        if done.returncode == 0:
            done = run([command(), "verify", "try.bin", "--key", f"../{public}"], folder / "tmp")
        for name in ("try.bin", "try.manifest.json"):
            (folder / "tmp" / name).unlink(missing_ok=True)
        return [] if done.returncode == 0 else [f"the keys do not fit: {done.stderr.strip()[:200]}"]

    return check


def check_key_file(template: Path, folder: Path, _: bool) -> list[str]:
    """The private key was written anew, and is the same one still."""
    return check_pair("k.pem", "k.pub")(template, folder, False)


def check_store(name: str, word: str) -> Callable[[Path, Path, bool], list[str]]:
    """The trust store is the old one, or reads and has `word` in it; after success the latter."""

    def check(template: Path, folder: Path, success: bool) -> list[str]:
        path, old = folder / name, template / name
        if (before := old.read_bytes() if old.exists() else None) == (path.read_bytes() if path.exists() else None):
            return [f"success was said, and {name} is as before"] if success else []
        if not path.exists():
            return [f"{name} is gone: {before is not None}"]
        if word not in path.read_text():
            return [f"{name} is neither the old nor the new one"]
        done = run([command(), "trust", "list", "--trust", name], folder)
        return [] if done.returncode == 0 else [f"{name} is no trust store: {done.stderr.strip()[:200]}"]

    return check


def check_rotation(template: Path, folder: Path, success: bool) -> list[str]:
    """Both new keys or none; the store old or new, and never one that trusts a key that is not there."""
    faults = check_pair("out.pem", "out.pub")(template, folder, success)
    faults += check_store("trust.toml", "version = 2")(template, folder, success)
    if (folder / "trust.toml").read_bytes() != (template / "trust.toml").read_bytes() and not (folder / "out.pem").exists():
        faults.append("the store trusts a new key that is not there")
    return faults


def check_state(template: Path, folder: Path, success: bool) -> list[str]:
    """The state reads, and remembers version 2, or 3 after success: nothing older passes any more."""
    path = folder / "state.json"
    try:
        remembered = json.loads(path.read_text())["models"][0]["model_version"]
    except (OSError, ValueError, LookupError) as error:
        return [f"the state is gone or unsound: {error!r}"]
    least = 3 if success else 2
    if remembered < least:
        return [f"the state remembers version {remembered}, not {least}"]
    if remembered == 3:
        done = run([command(), "verify", "m.bin", "--signature", "version2.json", "--trust", "trust.toml", "--state",
                    "state.json"], folder)
        if done.returncode != 1:
            return [f"an older version passes, or the state cannot be used: {done.stdout}{done.stderr}"]
    return []


def check_copy(_: Path, folder: Path, success: bool) -> list[str]:
    """The copy is not there, or whole."""
    path = folder / "copy.bin"
    if not path.exists():
        return ["success was said, and there is no copy"] if success else []
    return [] if path.read_bytes() == (folder / "m.bin").read_bytes() else ["the copy is not what was verified"]


def check_chunks(template: Path, folder: Path, success: bool) -> list[str]:
    """Signature and chunk list fit together: a range verifies."""
    if success and (folder / "large.manifest.json").read_bytes() == (template / "large.manifest.json").read_bytes():
        return ["success was said, and the signature is the old one"]
    done = run([command(), "verify", "large.bin", "--key", "k.pub", "--range", "3:1000"], folder)
    return [] if done.returncode == 0 else [f"a range does not verify: {done.stderr.strip()[:200]}"]


def writers() -> list[Writer]:
    """All of them."""
    ws, key = command(), ["--key", "k.pem", "--signer", SIGNER]
    trusting = ["--trust", "trust.toml"]
    pair, store = ["out.pem", "out.pub"], ["trust.toml"]
    ecdsa = ["--algorithm", "ecdsa-p256", "--no-passphrase", "-o", "out.pem"]
    one, plain = ["m.manifest.json"], ["m.bin", "--key", "k.pub"]
    oms = ["oms/model.sig"]
    new_key = ["--key", "k2.pem", "--verify-with", "k.pub", "--signer", SECOND]
    second = ["m.bin", "--signature", "m.2.manifest.json", "--key", "k2.pub"]
    return [
        Writer("keygen", [ws, "keygen", *ecdsa], check_pair(*pair), pair, finished_by_next=True),
        Writer("sign-first", [ws, "sign", "m.bin", *key], _first, one, without=one),
        Writer("sign-file", [ws, "sign", "m.bin", *key], old_or_new(one[0], plain), one),
        Writer("sign-bundle", [ws, "sign", "a.bin", "b.bin", "--bundle", "set.manifest.json", *key],
               old_or_new("set.manifest.json", ["set.manifest.json", "--key", "k.pub"]), ["set.manifest.json"]),
        Writer("sign-oms", [ws, "sign", "oms", "--format", "oms", *key], old_or_new(oms[0], ["oms", "--key", "k.pub"]), oms),
        Writer("sign-chunk-list", [ws, "sign", "large.bin", "--chunk-list", "--threads", "1", *key], check_chunks,
               ["large.manifest.json", "large.bin.chunks"]),
        Writer("renew", [ws, "renew", "m.bin", *new_key],
               old_or_new(one[0], [*plain, "--key", "k2.pub"]), one),
        Writer("countersign", [ws, "countersign", "m.bin", *new_key], old_or_new("m.2.manifest.json", second),
               ["m.2.manifest.json", "m.3.manifest.json"]),
        Writer("trust-init", [ws, "trust", "init", "--from-keys", "k.pub", "--signer", SIGNER, "--trust", "trust2.toml"],
               check_store("trust2.toml", SIGNER), ["trust2.toml"]),
        Writer("trust-add", [ws, "trust", "add", "--signer", SECOND, "--key", "k2.pub", *trusting],
               check_store("trust.toml", SECOND), store),
        Writer("trust-revoke", [ws, "trust", "revoke", "k.pub", "--reason", "stolen", *trusting],
               check_store("trust.toml", "stolen"), store),
        Writer("key-rotate", [ws, "key", "rotate", "--key", "k.pem", "--overlap", "30d", *ecdsa[2:], *trusting],
               check_rotation, [*pair, *store], finished_by_next=True),
        Writer("change-passphrase", [ws, "key", "change-passphrase", "k.pem", "--no-passphrase"], check_key_file, ["k.pem"]),
        Writer("verify-state", [ws, "verify", "m.bin", "--state", "state.json", *trusting], check_state, ["state.json"]),
        Writer("verify-copy", [ws, "verify", *plain, "--copy-to", "copy.bin"], check_copy, ["copy.bin"]),
    ]


def _first(template: Path, folder: Path, success: bool) -> list[str]:
    if not (folder / "m.manifest.json").exists():
        return ["success was said, and there is no signature"] if success else []
    done = run([command(), "verify", "m.bin", "--key", "k.pub"], folder)
    return [] if done.returncode == 0 else [f"the signature does not verify: {done.stderr.strip()[:200]}"]
