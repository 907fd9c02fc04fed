"""weightseal.safetensors with the real library, on a real model."""

import gc
import json
import os
import shutil
import struct

import numpy
import pytest
import safetensors
import safetensors.numpy
import safetensors.torch
import torch
from support import SIGNER, flip_bit, scribbling, swapping

import weightseal
from weightseal.errors import NotReplaceable, UsageError, WeightsealError, WrongPassphrase
from weightseal.safetensors import SafeOpen, load_file, safe_open, save_file

pytestmark = pytest.mark.usefixtures("scratch")

KEEPS = ["auto", "memory", "disk"]


@pytest.fixture(params=KEEPS)
def keep(request):
    return request.param


@pytest.fixture
def model(tmp_path, silero, keys):
    """A copy of Silero's weights, signed."""
    path = tmp_path / "silero_vad_16k.safetensors"
    shutil.copyfile(silero / path.name, path)
    keys.sign(path)
    return path


def same(one, other):
    """Whether two dicts hold the same tensors, or the same arrays."""
    assert sorted(one) == sorted(other) and one
    return all((one[name] == other[name]).all() and one[name].dtype == other[name].dtype for name in one)


def contents(folder):
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


def test_real_weights(model, keys, keep):
    plain = safetensors.torch.load_file(model)
    assert same(load_file(model, keys.public, signer=SIGNER, keep=keep), plain)
    assert same(load_file(model, keys.public, framework="torch", device="cpu", keep=keep), plain)
    arrays = load_file(model, keys.public, framework="np", keep=keep)
    assert same(arrays, safetensors.numpy.load_file(model))
    assert all(isinstance(array, numpy.ndarray) for array in arrays.values())


def test_tensors_outlive_the_file(model, keys, scratch, keep):
    # Loaded from the path, they would be read from there whenever they are looked at.
    plain = {name: tensor.clone() for name, tensor in safetensors.torch.load_file(model).items()}
    found = load_file(model, keys.public, keep=keep)
    arrays = load_file(model, keys.public, framework="numpy", keep=keep)
    size = model.stat().st_size
    with open(model, "r+b") as file:
        file.write(bytes(size))
    model.unlink()
    gc.collect()
    assert not list(scratch.iterdir())
    assert same(found, plain)
    assert all((arrays[name] == plain[name].numpy()).all() for name in plain)


def test_lazy_reading(model, keys, scratch, keep):
    plain = {name: tensor.clone() for name, tensor in safetensors.torch.load_file(model).items()}
    name = max(plain, key=lambda name: plain[name].numel())
    with safe_open(model, keys.public, keep=keep) as file:
        assert isinstance(file, SafeOpen)
        assert sorted(file.keys()) == sorted(plain)
        assert file.metadata() == safetensors.safe_open(model, "pt").metadata()
        assert file.verified_file.verified.signer == SIGNER
        # What is read now does not come from the path any more.
        content = model.read_bytes()
        model.write_bytes(content[:8] + bytes(len(content) - 8))
        tensor = file.get_tensor(name)
        part = file.get_slice(name)[:1]
    gc.collect()
    assert not list(scratch.iterdir())
    assert torch.equal(tensor, plain[name]) and torch.equal(part, plain[name][:1])
    assert file.verified_file.closed

    model.write_bytes(content)
    with safe_open(model, keys.public, framework="numpy", keep=keep) as file:
        assert (file.get_tensor(name) == plain[name].numpy()).all()
    # Without a `with`, it is open for as long as it is there.
    file = safe_open(model, keys.public, "pt", "cpu", keep=keep)
    assert torch.equal(file.get_tensor(name), plain[name])
    del file


def test_anything_changed(model, keys, other_keys, keep):
    with pytest.raises(weightseal.errors.UntrustedKey):
        load_file(model, other_keys.public, keep=keep)
    content = model.read_bytes()
    for at in (0, 0.5, 1):
        model.write_bytes(content)
        flip_bit(model, at)
        for call in (load_file, safe_open):
            with pytest.raises(weightseal.HashMismatch):
                call(model, keys.public, keep=keep)
    model.write_bytes(content)
    model.with_suffix(".manifest.json").unlink()
    for call in (load_file, safe_open):
        with pytest.raises(FileNotFoundError):
            call(model, keys.public, keep=keep)


def test_a_signed_file_that_is_no_safetensors(tmp_path, keys, keep):
    """A signature does not make a file well-formed; what safetensors says of it is what is raised."""
    header = json.dumps({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 999999]}}).encode()
    path = tmp_path / "model.safetensors"
    for content in (b"", b"not a header", struct.pack("<Q", len(header)) + header):
        path.write_bytes(content)
        keys.sign(path)
        for call in (load_file, safe_open):
            with pytest.raises(safetensors.SafetensorError):
                call(path, keys.public, keep=keep)


def test_what_was_saved_is_loaded(tmp_path, keys, keep):
    tensors = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(0, dtype=torch.int8), "c": torch.tensor(True)}
    path = tmp_path / "model.safetensors"
    signed = save_file(tensors, path, metadata={"format": "pt"}, **keys.signing, model_version=2)
    assert signed["manifest"] == str(tmp_path / "model.manifest.json")
    assert signed["files"] == [
        {"name": "model.safetensors", "sha256": weightseal.hash_file(path), "size": path.stat().st_size}
    ]
    assert sorted(contents(tmp_path)) == ["model.manifest.json", "model.safetensors"]
    found = load_file(path, keys.public, model_version_at_least=2, keep=keep)
    assert all(torch.equal(found[name], tensors[name]) for name in tensors) and len(found) == 3
    with safe_open(path, keys.public, keep=keep) as file:
        assert file.metadata() == {"format": "pt"}
    # Others may read it as they may read any new file.
    (tmp_path / "plain").touch()
    assert os.stat(path).st_mode == os.stat(tmp_path / "plain").st_mode

    arrays = {"a": numpy.arange(5, dtype="int16")}
    save_file(arrays, path, framework="np", **keys.signing)
    assert same(load_file(path, keys.public, framework="np", keep=keep), arrays)


def test_saving_that_fails_changes_nothing(tmp_path, keys):
    path = tmp_path / "model.safetensors"
    save_file({"a": torch.ones(3)}, path, **keys.signing)
    (tmp_path / "other.bin").write_bytes(b"another model")
    keys.sign(tmp_path / "other.bin")
    before = contents(tmp_path)
    shared = torch.ones(5)
    for target in (path, tmp_path / "new.safetensors"):
        # safetensors refuses tensors that share memory, and whatever is none.
        with pytest.raises(RuntimeError):
            save_file({"a": shared, "b": shared}, target, **keys.signing)
        with pytest.raises(ValueError):
            save_file({"a": "no tensor"}, target, **keys.signing)
        with pytest.raises(WrongPassphrase):
            save_file({"a": shared}, target, **keys.wrongly)
        assert contents(tmp_path) == before
    with pytest.raises(NotReplaceable):
        save_file({"a": shared}, tmp_path / "other.safetensors", **keys.signing)
    assert contents(tmp_path) == before


def test_a_framework_that_is_none(model, keys):
    for call in (
        lambda: load_file(model, keys.public, framework="caffe"),
        lambda: save_file({}, model, framework="caffe", **keys.signing),
    ):
        with pytest.raises(UsageError, match="caffe"):
            call()


def test_a_manifest_without_envelope(model, keys, keep):
    keys.sign_as_published(model, model.with_suffix(".manifest.json"))
    with pytest.raises(weightseal.errors.NotAuthenticated):
        load_file(model, keys.public, keep=keep)
    with pytest.warns(weightseal.NotAuthenticatedWarning) as told:
        load_file(model, keys.public, keep=keep, allow_unauthenticated=True)
        with safe_open(model, keys.public, keep=keep, allow_unauthenticated=True):
            pass
    assert [warning.filename for warning in told] == [__file__] * 2


def test_a_model_that_is_replaced_while_it_is_loaded(tmp_path, keys):
    path = tmp_path / "model.safetensors"
    good, evil = ({"a": torch.full((5000,), value)} for value in (1.0, 666.0))
    safetensors.torch.save_file(evil, path)
    evil_bytes = path.read_bytes()
    save_file(good, path, **keys.signing)
    loads, outcomes = 400, {"loaded": 0}
    with swapping(path, path.read_bytes(), evil_bytes):
        for at in range(loads):
            try:
                with safe_open(path, keys.public, keep=KEEPS[at % 3]) as file:
                    tensor = file.get_tensor("a")
                    again = file.get_slice("a")[:]
            except WeightsealError as error:
                outcomes[error.code] = outcomes.get(error.code, 0) + 1
            else:
                assert torch.equal(tensor, good["a"]) and torch.equal(again, good["a"]), f"load {at}: {outcomes}"
                outcomes["loaded"] += 1
    print(f"\nreplaced while loaded: {outcomes}")
    assert 0 < outcomes["loaded"] < loads, outcomes
    assert set(outcomes) <= {"loaded", "hash-mismatch", "changed-while-reading"}, outcomes


def test_a_file_that_is_written_through_a_map_while_it_is_loaded(tmp_path, keys):
    path = tmp_path / "model.safetensors"
    good = {"a": torch.arange(1_200_000.0)}
    save_file(good, path, **keys.signing)
    loads, outcomes = 200, {"loaded": 0}
    with scribbling(path):
        for at in range(loads):
            try:
                found = load_file(path, keys.public, keep=KEEPS[at % 3])
            except (weightseal.HashMismatch, weightseal.ChangedWhileReading) as error:
                outcomes[error.code] = outcomes.get(error.code, 0) + 1
            else:
                assert same(found, good), f"load {at} gave something that nobody signed; before: {outcomes}"
                outcomes["loaded"] += 1
    print(f"\nwritten through a map while loaded: {outcomes}")
    assert 0 < outcomes["loaded"] < loads, outcomes
