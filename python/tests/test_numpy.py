"""weightseal.numpy with the real NumPy."""

import gc
import pathlib
import pickle
import zipfile

import numpy
import pytest
from support import SIGNER, flip_bit, swapping

import weightseal
import weightseal.numpy
from weightseal.errors import NotReplaceable, UnsafeRequest, WeightsealError, WrongPassphrase
from weightseal.numpy import load, save, savez

pytestmark = pytest.mark.usefixtures("scratch")

KEEPS = ["auto", "memory", "disk"]
ARRAYS = {
    "matrix": numpy.arange(60_000.0).reshape(200, 300),
    "fortran": numpy.asfortranarray(numpy.arange(12, dtype=">i2").reshape(3, 4)),
    "scalar": numpy.array(7),
    "empty": numpy.zeros((0, 5), dtype="complex64"),
    "text": numpy.array(["a", "éé"]),
    "records": numpy.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
    "times": numpy.array(["2026-01-01"], dtype="datetime64[D]"),
}


@pytest.fixture(params=KEEPS)
def keep(request):
    return request.param


class Trace:
    """Unpickled, it makes a file."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return pathlib.Path.touch, (self.place,)


def equal(one, other):
    return one.dtype == other.dtype and one.shape == other.shape and bool((one == other).all())


def contents(folder):
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


@pytest.mark.parametrize("name", ARRAYS)
def test_what_was_saved_is_loaded(tmp_path, keys, scratch, keep, name):
    path = tmp_path / "array.npy"
    signed = save(path, ARRAYS[name], **keys.signing, model_version=2)
    assert signed["manifest"] == str(tmp_path / "array.manifest.json")
    assert equal(numpy.load(path), ARRAYS[name])
    array = load(path, keys.public, signer=SIGNER, model_version_at_least=2, keep=keep)
    path.unlink()
    assert type(array) is numpy.ndarray and equal(array, ARRAYS[name])
    # The copy is not kept once the array is made.
    assert not list(scratch.iterdir())


def test_names_are_taken_as_they_are(tmp_path, keys):
    save(tmp_path / "embeddings", [1, 2], **keys.signing)
    savez(tmp_path / "several", {"a": [1, 2]}, **keys.signing)
    assert sorted(contents(tmp_path)) == ["embeddings", "embeddings.manifest.json", "several", "several.manifest.json"]
    assert load(tmp_path / "embeddings", keys.public).tolist() == [1, 2]
    assert load(tmp_path / "several", keys.public)["a"].tolist() == [1, 2]


@pytest.mark.parametrize("mmap_mode", ["r", "c"])
def test_mapped_arrays(tmp_path, keys, scratch, keep, mmap_mode):
    path = tmp_path / "array.npy"
    for name in ("matrix", "fortran"):
        save(path, ARRAYS[name], **keys.signing)
        array = load(path, keys.public, mmap_mode=mmap_mode, keep=keep)
        assert isinstance(array, numpy.memmap)
        size = path.stat().st_size
        with open(path, "r+b") as file:
            file.write(bytes(size))
        path.unlink()
        gc.collect()
        assert not list(scratch.iterdir())
        assert equal(array, ARRAYS[name])
        if mmap_mode == "r":
            with pytest.raises(ValueError, match="read-only"):
                array[0, 0] = 5
        else:
            array[0, 0] = 5
            assert array[0, 0] == 5 and ARRAYS[name][0, 0] == 0


@pytest.mark.parametrize("mmap_mode", ["r+", "w+", "readwrite", "write", True, ""])
def test_maps_that_could_write(tmp_path, keys, keep, mmap_mode):
    save(tmp_path / "array.npy", [1], **keys.signing)
    with pytest.raises(UnsafeRequest):
        load(tmp_path / "array.npy", keys.public, mmap_mode=mmap_mode, keep=keep)


@pytest.mark.parametrize("compressed", [False, True])
def test_several_arrays(tmp_path, keys, scratch, keep, compressed):
    path = tmp_path / "arrays.npz"
    savez(path, ARRAYS, compressed=compressed, **keys.signing)
    assert sorted(contents(tmp_path)) == ["arrays.manifest.json", "arrays.npz"]
    with numpy.load(path) as plain:
        assert plain.files == list(ARRAYS) and all(equal(plain[name], ARRAYS[name]) for name in ARRAYS)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        kinds = {entry.compress_type for entry in archive.infolist()}
        assert kinds == {zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED}

    with load(path, keys.public, keep=keep) as found:
        # What is read now does not come from the path any more.
        path.unlink()
        assert found.files == list(ARRAYS)
        assert all(equal(found[name], ARRAYS[name]) for name in ARRAYS)
        assert equal(found["matrix"], found["matrix.npy"])
    del found
    gc.collect()
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("mmap_mode", ["r", "c"])
def test_several_arrays_are_never_mapped(tmp_path, keys, keep, mmap_mode):
    """NumPy takes the mode, and reads an .npz as ever."""
    path = tmp_path / "arrays.npz"
    savez(path, ARRAYS, **keys.signing)
    with load(path, keys.public, mmap_mode=mmap_mode, keep=keep) as found:
        path.unlink()
        gc.collect()
        assert all(equal(found[name], ARRAYS[name]) for name in ARRAYS)


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_with_odd_names(tmp_path, keys, compressed):
    """Whatever NumPy calls its own parameters."""
    names = ["file", "allow_pickle", "args", "kwds", "self", "a/b", "ü", "with space", "arr_0"]
    arrays = {name: numpy.array([at]) for at, name in enumerate(names)}
    path = tmp_path / "arrays.npz"
    savez(path, arrays, compressed=compressed, **keys.signing)
    with load(path, keys.public) as found:
        assert sorted(found.files) == sorted(names)
        assert {name: found[name].tolist() for name in names} == {name: [at] for at, name in enumerate(names)}


def test_objects_are_refused_both_ways(tmp_path, keys, keep):
    trace = tmp_path / "trace"
    value = numpy.array([Trace(trace)], dtype=object)
    with open(tmp_path / "object.npy", "wb") as file:
        numpy.save(file, value, allow_pickle=True)
    numpy.savez(tmp_path / "objects.npz", a=numpy.ones(3), b=value)
    (tmp_path / "pickle.npy").write_bytes(pickle.dumps(Trace(trace)))
    for name in ("object.npy", "objects.npz", "pickle.npy"):
        keys.sign(tmp_path / name)
    for name in ("object.npy", "pickle.npy"):
        for mmap_mode in (None, "r", "c"):
            with pytest.raises(ValueError):
                load(tmp_path / name, keys.public, mmap_mode=mmap_mode, keep=keep)
    with load(tmp_path / "objects.npz", keys.public, keep=keep) as found:
        assert found["a"].tolist() == [1, 1, 1]
        with pytest.raises(ValueError):
            found["b"]
    assert not trace.exists()
    with pytest.raises(TypeError):
        load(tmp_path / "object.npy", keys.public, allow_pickle=True)

    before = contents(tmp_path)
    with pytest.raises(ValueError):
        save(tmp_path / "new.npy", value, **keys.signing)
    for compressed in (False, True):
        with pytest.raises(ValueError):
            savez(tmp_path / "new.npz", {"a": [1], "b": value}, compressed=compressed, **keys.signing)
    assert contents(tmp_path) == before
    # They would have worked.
    numpy.load(tmp_path / "object.npy", allow_pickle=True)
    assert trace.exists()


@pytest.mark.parametrize("name", ["array.npy", "arrays.npz"])
def test_anything_changed(tmp_path, keys, other_keys, keep, name):
    path = tmp_path / name
    if name.endswith("z"):
        savez(path, ARRAYS, **keys.signing)
    else:
        save(path, ARRAYS["matrix"], **keys.signing)
    content = path.read_bytes()
    for mmap_mode in (None, "r"):
        for at in (0, 0.5, 1):
            path.write_bytes(content)
            flip_bit(path, at)
            with pytest.raises(weightseal.HashMismatch):
                load(path, keys.public, mmap_mode=mmap_mode, keep=keep)
        path.write_bytes(content)
        with pytest.raises(weightseal.errors.UntrustedKey):
            load(path, other_keys.public, mmap_mode=mmap_mode, keep=keep)
    path.with_suffix(".manifest.json").unlink()
    with pytest.raises(FileNotFoundError):
        load(path, keys.public, keep=keep)


def test_saving_that_fails_changes_nothing(tmp_path, keys):
    save(tmp_path / "a.npy", [1], **keys.signing)
    (tmp_path / "other.bin").write_bytes(b"another model")
    keys.sign(tmp_path / "other.bin")
    before = contents(tmp_path)
    for target in (tmp_path / "a.npy", tmp_path / "new.npz"):
        with pytest.raises(WrongPassphrase):
            save(target, [2], **keys.wrongly)
        with pytest.raises(WrongPassphrase):
            savez(target, {"a": [2]}, **keys.wrongly)
    for target in (tmp_path / "other.npy", tmp_path / "other.npz"):
        with pytest.raises(NotReplaceable):
            save(target, [2], **keys.signing)
        with pytest.raises(NotReplaceable):
            savez(target, {"a": [2]}, **keys.signing)
    assert contents(tmp_path) == before


def test_arrays_that_are_replaced_while_they_are_loaded(tmp_path, keys):
    path = tmp_path / "array.npy"
    good, evil = numpy.full(5000, 1.0), numpy.full(5000, 666.0)
    save(path, evil, **keys.signing)
    evil_bytes = path.read_bytes()
    save(path, good, **keys.signing)
    loads, outcomes = 300, {"loaded": 0}
    with swapping(path, path.read_bytes(), evil_bytes):
        for at in range(loads):
            try:
                array = load(path, keys.public, keep=KEEPS[at % 3], mmap_mode=(None, "r")[at % 2])
            except WeightsealError as error:
                outcomes[error.code] = outcomes.get(error.code, 0) + 1
            else:
                assert equal(array, good), f"load {at} gave something that nobody signed; before: {outcomes}"
                outcomes["loaded"] += 1
    print(f"\nreplaced while loaded: {outcomes}")
    assert 0 < outcomes["loaded"] < loads, outcomes
