"""`open_verified`: a file and a buffer of exactly the bytes that were hashed."""

from __future__ import annotations

import copy
import ctypes
import gc
import gzip
import hashlib
import io
import json
import os
import pickle
import random
import re
import shutil
import struct
import tarfile
import threading
import typing
import weakref
import zipfile

import pytest
from core_fixtures import KEEP, LINES, copies, ed25519, flip_bit, load, model, no_passphrase_around  # noqa: F401

import weightseal
from weightseal import errors


def descriptors() -> int:
    """How many descriptors of this process lead to memory that we hold."""

    def target(name):
        try:
            return os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:  # the one that listed the folder
            return ""

    return sum("memfd:weightseal" in target(name) for name in os.listdir("/proc/self/fd"))


def maps() -> int:
    """How many maps of such memory, or of a copy on disk, this process has."""
    with open("/proc/self/maps") as lines:
        return sum("memfd:weightseal" in line or "/weightseal-" in line for line in lines)


# --- A file ---------------------------------------------------------------------------------------------------


def seek(file, *where):
    try:
        return file.seek(*where)
    except ValueError:
        return "refused"


def fill(file, size, start=0):
    """Reads into a part of a buffer; all of the buffer is compared."""
    buffer = bytearray(b"#" * (size + 2 * start))
    return file.readinto(memoryview(buffer)[start : start + size]), bytes(buffer)


def some_call(chance: random.Random, length: int) -> tuple[str, typing.Callable]:
    """Something to do with a file of that length, and its name for the failing test."""
    size = chance.choice([0, 1, 7, 100, 8191, 8192, 8193, length, length + 5, -1, -2, None])
    place, step, room = chance.randrange(-3, length + 9), chance.randrange(-9000, 9000), chance.randrange(10_000)
    calls = {
        f"read({size})": lambda file: file.read(size),
        "read()": lambda file: file.read(),
        f"readline({size})": lambda file: file.readline(size),
        "readline()": lambda file: file.readline(),
        "next": lambda file: next(file, "end"),
        f"readinto {room}": lambda file: fill(file, room),
        f"readinto a part of {room}": lambda file: fill(file, room, 5),
        f"seek({place})": lambda file: seek(file, place),
        f"seek({step}, 1)": lambda file: seek(file, step, 1),
        f"seek({step}, 2)": lambda file: seek(file, step, 2),
    }
    return chance.choice(list(calls.items()))


@pytest.mark.parametrize("keep", KEEP)
@pytest.mark.parametrize(
    "content", [b"", b"\n", LINES, bytes(range(256)) * 300], ids=["nothing", "line", "lines", "bytes"]
)
def test_any_sequence_of_calls_does_what_it_does_to_bytesio(content, keep, load):
    chance = random.Random(len(content))
    file, twin = load(content, keep), io.BytesIO(content)
    done = []
    for _ in range(3000):
        name, call = some_call(chance, len(content))
        done.append(name)
        assert call(file) == call(twin), done[-5:]
        assert file.tell() == twin.tell(), done[-5:]


def test_it_says_what_kind_of_file_it_is(load):
    file = load(b"12345")
    assert (file.readable(), file.seekable(), file.writable(), file.isatty()) == (True, True, False, False)
    assert (file.mode, file.name, file.size, len(file), bool(load(b"", name="empty.bin"))) == (
        "rb",
        "model.bin",
        5,
        5,
        True,
    )
    assert file.flush() is None and not file.closed
    assert repr(file) == '<weightseal.VerifiedFile "model.bin", 5 bytes>'
    assert list(file) == [b"12345"] and file.__iter__() is file
    assert file.verified.verdict == "verified" and file.verified.files == {
        "model.bin": hashlib.sha256(b"12345").hexdigest()
    }


@pytest.mark.parametrize(
    "call",
    [
        lambda file: file.seek(-1),
        lambda file: file.seek(0, 3),
        lambda file: file.seek(0, -1),
        lambda file: file.seek(1.5),
        lambda file: file.seek("1"),
        lambda file: file.seek(2**70),
        lambda file: file.seek(),
        lambda file: file.read("x"),
        lambda file: file.read(1.5),
        lambda file: file.read(2**70),
        lambda file: file.readline("x"),
        lambda file: file.read(size=1),
        lambda file: file.readinto(None),
        lambda file: file.readinto(3),
    ],
)
def test_what_bytesio_refuses_is_refused_alike(call, load):
    with pytest.raises(Exception) as expected:
        call(io.BytesIO(b"12345"))
    file = load(b"12345")
    file.seek(2)
    with pytest.raises(expected.type):
        call(file)
    assert file.tell() == 2


@pytest.mark.parametrize("target", [b"12", "12", memoryview(b"12"), memoryview(bytearray(4))[::2]], ids=repr)
def test_what_cannot_be_filled_is_refused(target, load):
    file = load(b"12345")
    with pytest.raises((TypeError, BufferError)):
        file.readinto(target)
    assert file.tell() == 0


def test_a_place_far_behind_the_end_is_empty(load):
    file = load(b"12345")
    assert file.seek(2**63 - 1) == 2**63 - 1 and file.read() == b"" and file.readline() == b""
    assert file.seek(-2, 2) == 3 and file.read() == b"45"


def test_a_place_that_cannot_be_counted_is_refused_and_nothing_moves(load):
    file, twin = load(b"12345"), io.BytesIO(b"12345")
    for each in (twin, file):
        each.seek(2**63 - 1)
        with pytest.raises(OverflowError):
            each.seek(2**63 - 1, 1)
            each.seek(2**63 - 1, 1)
        assert each.read(1) == b""


def test_programs_that_want_a_file_take_it(load, tmp_path):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("inside.txt", "zipped" * 1000)
    with zipfile.ZipFile(load(archive.getvalue(), name="zip.zip")) as reader:
        assert reader.testzip() is None and reader.read("inside.txt") == b"zipped" * 1000

    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as writer:
        writer.addfile(tarfile.TarInfo("empty"))
    with tarfile.open(fileobj=load(archive.getvalue(), name="tar.tar")) as reader:
        assert reader.getnames() == ["empty"]

    assert gzip.GzipFile(fileobj=load(gzip.compress(LINES), name="gz.gz")).read() == LINES
    assert json.load(load(b'{"a": 1}', name="j.json")) == {"a": 1}
    assert pickle.load(load(pickle.dumps([1, LINES], 5), name="p.pickle")) == [1, LINES]
    assert io.BufferedReader(load(LINES, name="b.bin")).readlines() == io.BytesIO(LINES).readlines()
    assert io.TextIOWrapper(load("a\r\nß".encode(), name="c.txt"), "utf-8").readlines() == ["a\n", "ß"]
    shutil.copyfileobj(load(LINES, name="d.bin"), copied := io.BytesIO())
    assert copied.getvalue() == LINES
    assert hashlib.file_digest(load(LINES, name="e.bin"), "sha256").digest() == hashlib.sha256(LINES).digest()


def test_a_with_statement_closes_and_nothing_works_afterwards(load):
    with load(LINES) as file:
        assert file.read(5) == LINES[:5]
    assert file.closed and repr(file) == "<weightseal.VerifiedFile, closed>"
    file.close()
    for call in (
        file.read, file.readline, file.tell, lambda: file.seek(0), lambda: file.readinto(bytearray(1)), file.readable,
        file.seekable, file.writable, lambda: next(file), file.__enter__, lambda: memoryview(file), lambda: bytes(file),
        lambda: file.path, lambda: file._bare_path, lambda: file.size, lambda: len(file), lambda: file.name,
        lambda: file.kept, lambda: file.verified,
    ):  # fmt: skip
        with pytest.raises(ValueError, match="closed"):
            call()


def test_only_a_verification_makes_one(load):
    file = load(b"12345")
    for kind in (weightseal.VerifiedFile, weightseal.VerifiedDir, weightseal.Verified, weightseal.SealedBytes):
        with pytest.raises(TypeError):
            kind()
        with pytest.raises(TypeError):
            object.__new__(kind)
    for thing in (file, file.verified):
        for call in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="cannot pickle"):
                call(thing)
        with pytest.raises(AttributeError):
            thing.name = "another"
    for kind in (weightseal.VerifiedFile, weightseal.VerifiedDir, weightseal.Verified):
        with pytest.raises(TypeError):
            type("Mine", (kind,), {})


@pytest.mark.parametrize("keep", KEEP)
def test_threads_with_places_of_their_own_read_at_once(keep, load):
    content = random.Random(1).randbytes(3_000_000)
    files = [load(content, keep, name=f"{number}.bin") for number in range(4)]
    shared = files[0]
    wrong = []

    def work(number):
        chance = random.Random(number)
        with memoryview(shared) as view:
            for _ in range(200):
                start, size = chance.randrange(len(content)), chance.randrange(50_000)
                files[number].seek(start)
                if files[number].read(size) != content[start : start + size] or view[start] != content[start]:
                    wrong.append((number, start, size))

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_threads_that_share_a_file_get_every_byte_once(load):
    """As with files of Python: what one thread has read, no other gets."""
    size, step = 40_000_000, 1_000_003
    file = load(bytes(size))
    pieces = []

    def work():
        while piece := file.read(step):
            pieces.append(len(piece))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(pieces) == size


# --- A buffer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", KEEP)
def test_it_is_a_read_only_buffer_of_bytes(keep, load):
    file = load(LINES, keep)
    view = memoryview(file)
    assert (view.readonly, view.format, view.itemsize, view.ndim, view.nbytes) == (True, "B", 1, 1, len(LINES))
    assert view.contiguous and view.obj is file and view == LINES == bytes(file) == b"".join([file])
    assert hashlib.sha256(file).digest() == hashlib.sha256(LINES).digest()
    assert struct.unpack_from("<H", file, 0) == struct.unpack_from("<H", LINES, 0)
    assert re.search(rb"x{20000}\n", file).start() == LINES.index(b"x" * 20_000)
    assert io.BytesIO(file).getvalue() == LINES and zipfile.crc32(file) == zipfile.crc32(LINES)
    assert isinstance(file, weightseal.SealedBytes)
    with pytest.raises(TypeError, match="read-only"):
        view[0] = 1
    with pytest.raises(TypeError):
        ctypes.c_char.from_buffer(file)
    with pytest.raises(TypeError):
        io.BytesIO(b"xxxxx").readinto(file)


@pytest.mark.parametrize("keep", KEEP)
def test_many_views_are_one_map_that_goes_away_with_the_last(keep, load):
    before = maps()
    file = load(LINES, keep)
    assert maps() == before
    views = [memoryview(file) for _ in range(1000)]
    slices = [view[number : number + 5].cast("c") for number, view in enumerate(views)]
    assert maps() == before + 1
    file.close()
    assert file.closed and maps() == before + 1
    assert views[999] == LINES and slices[0][0] == LINES[:1]
    with pytest.raises(ValueError):
        memoryview(file)
    while slices:
        slices.pop().release()
    while views:
        assert views[-1] == LINES and maps() == before + 1
        views.pop().release()
    assert maps() == before


@pytest.mark.parametrize("keep", KEEP)
def test_a_view_outlives_its_file(keep, load, ed25519, tmp_path):
    load(LINES, keep).close()
    before = maps(), descriptors()
    view = memoryview(weightseal.open_verified(tmp_path / "model.bin", ed25519.public, keep=keep))
    gc.collect()
    assert view == LINES
    del view
    gc.collect()
    assert (maps(), descriptors()) == before


def test_views_come_and_go_in_many_threads(load):
    file = load(LINES)
    before = maps()
    wrong = []

    def work():
        for _ in range(2000):
            with memoryview(file) as view:
                if view[-1] != LINES[-1]:
                    wrong.append(view[-1])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file.close()
    assert not wrong and maps() <= before


@pytest.mark.parametrize("keep", KEEP)
def test_an_empty_file_is_an_empty_buffer(keep, load):
    file = load(b"", keep)
    view = memoryview(file)
    assert bytes(view) == bytes(file) == file.read() == b"" and (view.nbytes, len(file), file.size) == (0, 0, 0)
    assert file.path.read_bytes() == b"" and list(file) == [] and file.readinto(bytearray(3)) == 0
    file.close()
    assert bytes(view) == b""


def test_memory_and_descriptors_are_given_back(load, ed25519, tmp_path):
    load(LINES).close()
    before = descriptors(), len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        with weightseal.open_verified(tmp_path / "model.bin", ed25519.public) as file:
            assert descriptors() == before[0] + 1 and file.path.is_file()
    weightseal.open_verified(tmp_path / "model.bin", ed25519.public)
    gc.collect()
    assert (descriptors(), len(os.listdir("/proc/self/fd"))) == before
    flip_bit(tmp_path / "model.bin")
    with pytest.raises(weightseal.HashMismatch):
        weightseal.open_verified(tmp_path / "model.bin", ed25519.public)
    assert descriptors() == before[0]


def test_it_can_be_referred_to_weakly(load, ed25519, tmp_path):
    load(LINES)
    file = weightseal.open_verified(tmp_path / "model.bin", ed25519.public)
    reference = weakref.ref(file)
    assert reference() is file
    del file
    gc.collect()
    assert reference() is None


# --- What is asked --------------------------------------------------------------------------------------------


def test_keep_has_three_values(load):
    assert load(b"x", keep="auto").kept == "memory"
    for wrong in ("cloud", "", None, True, 3):
        with pytest.raises(errors.UsageError, match="is none of auto, memory, disk"):
            load(b"x", keep=wrong)


def test_a_part_of_a_set_is_loaded_only_when_that_is_said(ed25519, tmp_path, copies):
    for name in ("a.bin", "b.bin"):
        (tmp_path / name).write_bytes(name.encode())
    bundle = ed25519.sign_bundle([tmp_path / "a.bin", tmp_path / "b.bin"], tmp_path / "set.manifest.json")
    with pytest.raises(
        errors.PartialModel, match="only a part of the signed set was asked for: 1 of 2 files"
    ) as caught:
        weightseal.open_verified(tmp_path / "a.bin", ed25519.public, signature=bundle)
    assert caught.value.code == "partial" and "verified_dir" in caught.value.hint
    assert not isinstance(caught.value, weightseal.VerificationError)
    with weightseal.open_verified(tmp_path / "a.bin", ed25519.public, signature=bundle, allow_partial=True) as file:
        assert file.read() == b"a.bin" and file.verified.verdict == "partial"
        assert list(file.verified.files) == ["a.bin"]
    # The whole set is more than one file.
    with pytest.raises(errors.UsageError, match="2 files are in this set; verified_dir holds them all"):
        weightseal.open_verified(bundle, ed25519.public, allow_partial=True)
    flip_bit(tmp_path / "a.bin")
    with pytest.raises(weightseal.HashMismatch):
        weightseal.open_verified(tmp_path / "a.bin", ed25519.public, signature=bundle, allow_partial=True)


def test_a_set_of_one_file_is_that_file(ed25519, tmp_path, copies):
    (tmp_path / "a.bin").write_bytes(b"a")
    bundle = ed25519.sign_bundle([tmp_path / "a.bin"], tmp_path / "set.manifest.json")
    for path, signature in ((bundle, None), (tmp_path, None), (tmp_path / "a.bin", bundle)):
        with weightseal.open_verified(path, ed25519.public, signature=signature) as file:
            assert file.read() == b"a" and file.verified.verdict == "verified"


def test_it_knows_its_signed_name_whatever_was_asked(ed25519, model, copies):
    manifest = ed25519.sign(model)
    with weightseal.open_verified(manifest, ed25519.public) as file:
        assert file.name == "model.bin" == file.path.name and file.read() == model.read_bytes()
