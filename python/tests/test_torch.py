"""weightseal.torch with the real PyTorch, on real models."""

import contextlib
import gc
import os
import pathlib
import pickle
import sys
import warnings

import pytest
import torch
from support import SIGNER, flip_bit, published, run_python, scribbling, swapping
from torch import nn

import weightseal
import weightseal.torch
from weightseal.errors import (
    ModelVersionTooLow,
    NotAuthenticated,
    NotReplaceable,
    ToleratedModel,
    UnsupportedFramework,
    UntrustedKey,
    WeightsealError,
    WrongPassphrase,
)
from weightseal.torch import jit_load, load, load_verified_model, save, save_signed_model

pytestmark = pytest.mark.usefixtures("scratch")

KEEPS = ["auto", "memory", "disk"]


class Classifier(nn.Module):
    """All kinds of state: parameters, statistics, a buffer of integers, two names for one tensor."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(40, 30)
        self.norm = nn.BatchNorm1d(30)
        self.last = nn.Linear(30, 30, dtype=torch.float64)
        self.tied = self.last
        self.register_buffer("classes", torch.arange(30))


class Alex(nn.Module):
    """What LPIPS puts on top of AlexNet: the module that the weights of alex.pth are for."""

    def __init__(self):
        super().__init__()
        for at, channels in enumerate((64, 192, 384, 256, 256)):
            layer = nn.Module()
            layer.model = nn.Sequential(nn.Dropout(), nn.Conv2d(channels, 1, 1, bias=False))
            self.add_module(f"lin{at}", layer)


@pytest.fixture(params=KEEPS)
def keep(request):
    return request.param


@pytest.fixture
def path(tmp_path):
    return tmp_path / "classifier_v1.pt"


@pytest.fixture
def signed(path, keys):
    """A model that was saved and signed: the module, its path is `path`."""
    model = Classifier()
    save_signed_model(model, path, keys.private, None, SIGNER)
    return model


def same(one, other):
    """Whether two state dicts hold the same tensors."""
    assert list(one) == list(other)
    return all(torch.equal(one[name], other[name]) and one[name].dtype == other[name].dtype for name in one)


def entries(folder):
    return sorted(entry.name for entry in folder.iterdir())


# --- Saving and loading -----------------------------------------------------------------------------------------------


def test_what_was_saved_is_loaded(tmp_path, path, keys, keep):
    model = Classifier()
    manifest = save_signed_model(model, path, keys.locked, keys.passphrase, SIGNER, model_version=3)
    assert isinstance(manifest, pathlib.Path)
    assert manifest == tmp_path / "classifier_v1.manifest.json"
    assert entries(tmp_path) == ["classifier_v1.manifest.json", "classifier_v1.pt"]
    # Neither of the two says more than other files do.
    assert path.stat().st_mode == manifest.stat().st_mode

    other = Classifier()
    assert not same(other.state_dict(), model.state_dict())
    loaded = load_verified_model(other, path, keys.public, model_version_at_least=3, signer=SIGNER, keep=keep)
    assert loaded is other
    assert not loaded.training and not any(module.training for module in loaded.modules())
    assert same(loaded.state_dict(), model.state_dict())


def test_the_published_functions_and_torch_read_what_was_saved(path, keys, signed):
    import json

    manifest = json.loads(path.with_suffix(".manifest.json").read_text())
    published().verify_artifact(path, manifest, keys.public)
    assert same(torch.load(path, weights_only=True), signed.state_dict())


@pytest.mark.parametrize("net", ["alex", "vgg", "squeeze"])
def test_real_weights_of_2021(tmp_path, keys, lpips, keep, net):
    """They lie on a GPU, in the format before the zip files."""
    path = tmp_path / f"{net}.pth"
    path.write_bytes((lpips / path.name).read_bytes())
    keys.sign(path)
    plain = torch.load(path, map_location="cpu", weights_only=True)
    assert plain and same(load(path, keys.public, map_location="cpu", keep=keep), plain)
    if net == "alex":
        model = load_verified_model(Alex(), path, keys.public, map_location="cpu", keep=keep)
        assert same(model.state_dict(), plain)


@pytest.mark.filterwarnings("ignore:.*torch.jit.load.*deprecated")
def test_a_real_torchscript_model(tmp_path, keys, silero, keep):
    path = tmp_path / "silero_vad.jit"
    path.write_bytes((silero / path.name).read_bytes())
    keys.sign(path)
    speech = torch.sin(torch.arange(512) / 9).unsqueeze(0)
    expected = torch.jit.load(str(path))(speech, 16000)
    model = jit_load(path, keys.public, map_location="cpu", signer=SIGNER, keep=keep)
    path.unlink()
    gc.collect()
    assert torch.equal(model(speech, 16000), expected)

    path.write_bytes((silero / path.name).read_bytes())
    # It is code, and so is nothing that `load` takes.
    with pytest.raises(RuntimeError, match="TorchScript"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        load(path, keys.public, keep=keep)
    flip_bit(path)
    with pytest.raises(weightseal.HashMismatch):
        jit_load(path, keys.public, keep=keep)


def test_weights_that_another_program_wrote_the_old_way(path, keys, keep):
    state = Classifier().state_dict()
    torch.save(state, path, _use_new_zipfile_serialization=False)
    keys.sign(path)
    assert same(load(path, keys.public, keep=keep), state)
    assert same(load(path, keys.public, keep=keep, mmap=False), state)
    with pytest.raises(RuntimeError, match="mmap"):
        load(path, keys.public, keep=keep, mmap=True)


def test_any_object_of_plain_values_and_tensors(tmp_path, keys, keep):
    checkpoint = {"epoch": 3, "weights": [torch.ones(3), torch.zeros(0)], "note": "é", "empty": {}}
    signed = save(checkpoint, tmp_path / "checkpoint", **keys.signing, output_path=tmp_path / "c.json")
    assert signed["manifest"] == str(tmp_path / "c.json")
    assert signed["files"][0]["size"] == (tmp_path / "checkpoint").stat().st_size
    loaded = load(tmp_path / "checkpoint", keys.public, signature=tmp_path / "c.json", keep=keep)
    assert torch.equal(loaded["weights"][0], torch.ones(3)) and loaded["weights"][1].shape == (0,)
    assert (loaded["epoch"], loaded["note"], loaded["empty"]) == (3, "é", {})


def test_one_file_of_a_set(tmp_path, path, keys, keep):
    torch.save({"a": torch.ones(3)}, path)
    (tmp_path / "notes.txt").write_text("one of two")
    manifest = keys.sign_bundle([path, tmp_path / "notes.txt"], tmp_path / "set.manifest.json")
    with pytest.raises(weightseal.errors.PartialModel):
        load(path, keys.public, signature=manifest, keep=keep)
    loaded = load(path, keys.public, signature=manifest, allow_partial=True, keep=keep)
    assert torch.equal(loaded["a"], torch.ones(3))


# --- How torch is asked -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mmap", [True, False, None])
@pytest.mark.parametrize("assign", [True, False])
def test_tensors_outlive_the_file(tmp_path, path, keys, signed, scratch, keep, mmap, assign):
    expected = {name: tensor.clone() for name, tensor in signed.state_dict().items()}
    model = load_verified_model(Classifier(), path, keys.public, mmap=mmap, assign=assign, keep=keep)
    state = load(path, keys.public, mmap=mmap, keep=keep)
    # Everything that they could still be read from goes away, or changes.
    size = path.stat().st_size
    with open(path, "r+b") as file:
        file.write(bytes(size))
    path.unlink()
    gc.collect()
    assert not entries(scratch)
    assert same(model.state_dict(), expected) and same(state, expected)
    # They can be written, as weights are when they are trained, and that changes nobody else's.
    with torch.no_grad():
        model.first.weight.zero_()
        state["first.weight"].fill_(7)
    assert not model.first.weight.any() and torch.all(state["first.weight"] == 7)


def is_mapped(tensor):
    """Whether a tensor lies in a mapped file (Linux)."""
    address = tensor.untyped_storage().data_ptr()
    with open("/proc/self/maps") as maps:
        for line in maps:
            span, *_, inode_and_name = line.split(maxsplit=4)
            start, end = (int(number, 16) for number in span.split("-"))
            if start <= address < end:
                return inode_and_name.split()[0] != "0"
    raise AssertionError("the tensor is nowhere")


def test_a_big_file_is_mapped_not_copied(path, keys, keep):
    torch.save({"a": torch.ones(300_000)}, path)
    keys.sign(path)
    assert is_mapped(load(path, keys.public, keep=keep)["a"])
    assert is_mapped(load(path, keys.public, keep=keep, mmap=True)["a"])
    assert not is_mapped(load(path, keys.public, keep=keep, mmap=False)["a"])


def test_shared_maps_asked_for_elsewhere_do_not_reach_the_verified_bytes(path, keys, signed, keep):
    """`torch.serialization.set_default_mmap_options(MAP_SHARED)`: tensors would be the file, and could be written."""
    import mmap

    with torch.serialization.set_default_mmap_options(mmap.MAP_SHARED):
        state = load(path, keys.public, keep=keep)
    assert same(state, signed.state_dict())
    state["first.weight"].fill_(7)
    assert same(load(path, keys.public, keep=keep), signed.state_dict())


def test_map_location_is_handed_on(tmp_path, path, keys, lpips, signed, keep):
    old = tmp_path / "alex.pth"
    old.write_bytes((lpips / old.name).read_bytes())
    keys.sign(old)
    for file in (old, path):
        for place in ("cpu", torch.device("cpu"), {"cuda:0": "cpu"}, lambda storage, _: storage):
            state = load(file, keys.public, map_location=place, keep=keep)
            assert {tensor.device.type for tensor in state.values()} == {"cpu"}
        state = load(file, keys.public, map_location="meta", keep=keep)
        assert {tensor.device.type for tensor in state.values()} == {"meta"}
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="CUDA"):
            load(old, keys.public, keep=keep)


def test_strict_is_handed_on(path, keys, signed):
    class Bigger(Classifier):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(30, 2)

    with pytest.raises(RuntimeError, match="head.weight"):
        load_verified_model(Bigger(), path, keys.public)
    model = load_verified_model(Bigger(), path, keys.public, strict=False)
    assert torch.equal(model.first.weight, signed.first.weight)


class Setting:
    """A class that a checkpoint may need, and that torch does not know."""

    def __init__(self, rate=0.1):
        self.rate = rate


def test_classes_are_loaded_only_when_they_are_named(path, keys, keep):
    save({"setting": Setting(0.5)}, path, **keys.signing)
    with pytest.raises(pickle.UnpicklingError, match="Setting"):
        load(path, keys.public, keep=keep)
    loaded = load(path, keys.public, safe_globals=[Setting], keep=keep)
    assert loaded["setting"].rate == 0.5
    # By another name as well, which torch takes as a pair.
    renamed = [(Setting, f"{Setting.__module__}.{Setting.__qualname__}")]
    assert load(path, keys.public, safe_globals=renamed, keep=keep)["setting"].rate == 0.5
    # Nothing of it stays behind for the next file.
    assert not {Setting, *renamed} & set(torch.serialization.get_safe_globals())
    with pytest.raises(pickle.UnpicklingError, match="Setting"):
        load(path, keys.public, keep=keep)


def test_what_the_program_allows_everywhere_stays_allowed(path, keys):
    save({"setting": Setting(0.5)}, path, **keys.signing)
    with torch.serialization.safe_globals([Setting]):
        assert load(path, keys.public)["setting"].rate == 0.5
        assert load(path, keys.public, safe_globals=[Setting, Setting])["setting"].rate == 0.5
        assert Setting in torch.serialization.get_safe_globals()
        assert load(path, keys.public)["setting"].rate == 0.5
    assert Setting not in torch.serialization.get_safe_globals()


@contextlib.contextmanager
def switching_often():
    """Threads take turns after 10 microseconds, so that what can come between two steps does."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.00001)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


def test_many_threads_load_at_once(tmp_path, keys):
    from concurrent.futures import ThreadPoolExecutor

    states = []
    for at in range(6):
        states.append({"a": torch.full((2000,), at), "setting": Setting(at)})
        save(states[-1], tmp_path / f"{at}.pt", **keys.signing)

    def one(at):
        found = load(tmp_path / f"{at % 6}.pt", keys.public, safe_globals=[Setting], keep="memory")
        return found["setting"].rate == at % 6 and torch.equal(found["a"], states[at % 6]["a"])

    with switching_often(), ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(400)))
    assert Setting not in torch.serialization.get_safe_globals()


# NEEDS RUST: `PrivateFolder::create` (crates/weightseal/src/file/private.rs) fails where another thread or process takes
# the folder for an abandoned one, in the moment between making and opening it.
def test_many_threads_hold_copies_on_disk(path, keys, signed):
    from concurrent.futures import ThreadPoolExecutor

    def one(_):
        with weightseal.open_verified(path, keys.public, keep="disk") as file:
            return file.read(4) == b"PK\3\4"

    with switching_often(), ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(3000)))


# --- What is refused --------------------------------------------------------------------------------------------------


def refused(kind, model, *arguments, **options):
    """`load_verified_model` raises, and the module is as it was."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.train()
    with pytest.raises(kind) as caught:
        load_verified_model(model, *arguments, **options)
    assert same(model.state_dict(), before)
    assert model.training
    return caught.value


@pytest.mark.parametrize("at", [0, 0.3, 0.6, 1])
def test_a_single_changed_bit(path, keys, signed, keep, at):
    flip_bit(path, at)
    error = refused(weightseal.HashMismatch, Classifier(), path, keys.public, keep=keep)
    assert error.code == "hash-mismatch"
    with pytest.raises(weightseal.HashMismatch):
        load(path, keys.public, keep=keep)


def test_a_file_cut_short_or_continued(path, keys, signed):
    content = path.read_bytes()
    for changed in (content[:-1], content + b"\0", b""):
        path.write_bytes(changed)
        refused(weightseal.VerificationError, Classifier(), path, keys.public)


def test_somebody_elses_key(tmp_path, path, keys, other_keys, signed):
    refused(UntrustedKey, Classifier(), path, other_keys.public)
    # Old and new key: one of them fits.
    load_verified_model(Classifier(), path, [other_keys.public, keys.public])
    # A manifest that names no key cannot say that it is another one.
    manifest = keys.sign_as_published(path, tmp_path / "published.json")
    refused(weightseal.InvalidSignature, Classifier(), path, other_keys.public, signature=manifest)


def test_no_manifest(tmp_path, path, keys, signed):
    path.with_suffix(".manifest.json").unlink()
    error = refused(FileNotFoundError, Classifier(), path, keys.public)
    assert isinstance(error, ValueError) and error.code == "unsigned"
    error = refused(FileNotFoundError, Classifier(), path, keys.public, signature=tmp_path / "elsewhere.json")
    assert isinstance(error, ValueError)


def test_what_is_asked_of_the_signature(path, keys, signed):
    refused(weightseal.errors.WrongSigner, Classifier(), path, keys.public, signer="someone@else")
    refused(weightseal.errors.ModelVersionTooLow, Classifier(), path, keys.public, model_version_at_least=1)


class Attack:
    """Unpickled, it runs a command that makes a file."""

    def __init__(self, victim):
        self.victim = victim

    def __reduce__(self):
        return os.system, (f"touch '{self.victim}'",)


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_signed_attack_runs_nothing(tmp_path, path, keys, keep, is_zip):
    """The holder of the key signed what somebody else had prepared: the signature is good, the pickle is not."""
    victim = tmp_path / "victim"
    torch.save({"first.weight": Attack(victim)}, path, _use_new_zipfile_serialization=is_zip)
    keys.sign(path)
    for mmap in (None, False, is_zip):
        with pytest.raises(pickle.UnpicklingError):
            load(path, keys.public, keep=keep, mmap=mmap)
    refused(pickle.UnpicklingError, Classifier(), path, keys.public, keep=keep)
    assert not victim.exists()
    # It would have worked.
    torch.load(path, weights_only=False)
    assert victim.exists()


def test_a_plain_pickle_that_is_signed_runs_nothing(tmp_path, path, keys, keep):
    victim = tmp_path / "victim"
    path.write_bytes(pickle.dumps(Attack(victim), protocol=2))
    keys.sign(path)
    with pytest.raises(pickle.UnpicklingError):
        load(path, keys.public, keep=keep)
    assert not victim.exists()


def test_the_environment_does_not_switch_weights_only_off(tmp_path, path, keys):
    victim = tmp_path / "victim"
    torch.save(Attack(victim), path)
    keys.sign(path)
    script = """
import pathlib, pickle, sys, torch
import weightseal.torch
path, public, victim = sys.argv[1:]
for mmap in (None, True, False):
    for keep in ("memory", "disk"):
        try:
            weightseal.torch.load(path, public, mmap=mmap, keep=keep)
        except pickle.UnpicklingError:
            pass
        else:
            sys.exit("it was loaded")
assert not pathlib.Path(victim).exists(), "it ran"
# The variable does what it says to those who ask for nothing.
torch.load(path)
assert pathlib.Path(victim).exists()
"""
    run_python(script, path, keys.public, victim, TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD="1")


@pytest.mark.parametrize("value", [True, False])
def test_weights_only_is_no_argument(path, keys, signed, value):
    for call in (load, jit_load):
        with pytest.raises(TypeError, match="weights_only"):
            call(path, keys.public, weights_only=value)
    refused(TypeError, Classifier(), path, keys.public, weights_only=value)


@pytest.mark.parametrize("version", ["2.5.1", "2.5.1+cu121", "1.13.1", "2.5.0a0+git123"])
def test_an_old_torch_loads_nothing(tmp_path, path, keys, monkeypatch, version):
    """CVE-2025-32434: before 2.6, weights_only=True could be made to run code."""
    monkeypatch.setattr(torch, "__version__", version)
    # No file is there: whoever looked for one would have said so.
    for call in (load, jit_load):
        with pytest.raises(UnsupportedFramework, match="2.6") as caught:
            call(path, keys.public)
        assert isinstance(caught.value, ImportError) and caught.value.data["found"] == version
    refused(UnsupportedFramework, Classifier(), path, keys.public)
    with pytest.raises(UnsupportedFramework):
        save_signed_model(Classifier(), path, keys.private, None, SIGNER)
    assert entries(tmp_path) == []


@pytest.mark.parametrize("version", ["2.6.0", "2.10.1+cpu", "3.0"])
def test_a_newer_torch_is_fine(path, keys, signed, monkeypatch, version):
    monkeypatch.setattr(torch, "__version__", version)
    assert same(load(path, keys.public), signed.state_dict())


# --- Manifests without envelope ---------------------------------------------------------------------------------------


def test_a_manifest_without_envelope(path, keys, keep):
    state = Classifier().state_dict()
    torch.save(state, path)
    keys.sign_as_published(path, path.with_suffix(".manifest.json"))
    with pytest.warns(weightseal.NotAuthenticatedWarning, match="only the digest") as told:
        model = load_verified_model(Classifier(), path, keys.public, keep=keep)
    assert same(model.state_dict(), state)
    # It tells the line that asked, not one of ours.
    assert [warning.filename for warning in told] == [__file__]

    with pytest.raises(NotAuthenticated):
        load(path, keys.public, keep=keep)
    with pytest.raises(NotAuthenticated):
        jit_load(path, keys.public, keep=keep)
    refused(NotAuthenticated, Classifier(), path, keys.public, allow_unauthenticated=False)
    # A signer that is asked for has to be signed.
    refused(NotAuthenticated, Classifier(), path, keys.public, signer=SIGNER)
    with pytest.warns(weightseal.NotAuthenticatedWarning):
        assert same(load(path, keys.public, keep=keep, allow_unauthenticated=True), state)

    flip_bit(path)
    refused(weightseal.HashMismatch, Classifier(), path, keys.public, keep=keep)


def test_a_trust_store_decides_about_state_dicts_and_scripts(path, keys, keep, tmp_path):
    state = Classifier().state_dict()
    save(state, path, keys.private, signer=SIGNER, passphrase=None, model_version=3)
    store = tmp_path / "trust.toml"
    store.write_text(keys.trust_store("minimum_model_version = 3"))
    model = load_verified_model(Classifier(), path, trust=store, keep=keep)
    assert same(model.state_dict(), state) and not model.training
    assert same(load(path, trust=weightseal.TrustStore.load(store), keep=keep), state)

    store.write_text(keys.trust_store('minimum_model_version = 4\nlevel = "warn"'))
    refused(ToleratedModel, Classifier(), path, trust=store, keep=keep)
    assert same(load_verified_model(Classifier(), path, trust=store, allow_tolerated=True).state_dict(), state)
    store.write_text(keys.trust_store("minimum_model_version = 4"))
    refused(ModelVersionTooLow, Classifier(), path, trust=store, allow_tolerated=True)
    for function in (load, jit_load):
        with pytest.raises(ModelVersionTooLow):
            function(path, trust=store, keep=keep)
    # What only the digest of is signed, the published function takes with a key, and not with a store.
    keys.sign_as_published(path, path.with_suffix(".manifest.json"))
    refused(NotAuthenticated, Classifier(), path, trust=store)


def test_warnings_as_errors_load_nothing(path, keys):
    torch.save(Classifier().state_dict(), path)
    keys.sign_as_published(path, path.with_suffix(".manifest.json"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", weightseal.NotAuthenticatedWarning)
        refused(weightseal.NotAuthenticatedWarning, Classifier(), path, keys.public)


# --- Saving -----------------------------------------------------------------------------------------------------------


def contents(folder):
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


def test_saving_again_replaces_both(tmp_path, path, keys, signed):
    before = contents(tmp_path)
    model = Classifier()
    save_signed_model(model, path, keys.private, None, SIGNER)
    after = contents(tmp_path)
    assert after.keys() == before.keys() and all(after[name] != before[name] for name in after)
    assert same(load(path, keys.public), model.state_dict())


def test_another_models_manifest_is_not_replaced(tmp_path, path, keys, signed):
    """classifier_v1.pt and classifier_v1.bin would have the same manifest."""
    other = tmp_path / "classifier_v1.bin"
    other.write_bytes(b"an older model")
    before = contents(tmp_path)
    with pytest.raises(NotReplaceable):
        save_signed_model(Classifier(), other, keys.private, None, SIGNER)
    assert contents(tmp_path) == before
    with pytest.raises(NotReplaceable):
        save({}, other, **keys.signing, output_path=path.with_suffix(".manifest.json"))
    assert contents(tmp_path) == before


class Fails:
    """What cannot be pickled."""

    def __reduce__(self):
        raise ZeroDivisionError("in the middle")


def test_saving_that_fails_changes_nothing(tmp_path, path, keys, signed):
    before = contents(tmp_path)
    for value in ([torch.ones(1_000_000), Fails()], Fails()):
        with pytest.raises(ZeroDivisionError):
            save(value, path, **keys.signing)
        assert contents(tmp_path) == before
        with pytest.raises(ZeroDivisionError):
            save(value, tmp_path / "new.pt", **keys.signing)
        assert contents(tmp_path) == before
    assert same(load(path, keys.public), signed.state_dict())


def test_a_wrong_passphrase_is_told_before_anything_is_written(tmp_path, path, keys, signed):
    before = contents(tmp_path)

    class Watched:
        def __reduce__(self):
            raise AssertionError("writing began")

    for target in (path, tmp_path / "new.pt"):
        with pytest.raises(WrongPassphrase):
            save(Watched(), target, **keys.wrongly)
        with pytest.raises(WrongPassphrase):
            save_signed_model(Classifier(), target, keys.locked, "wrong", SIGNER)
        assert contents(tmp_path) == before


def test_a_signer_is_needed(tmp_path, path, keys):
    with pytest.raises(TypeError, match="who signs"):
        save_signed_model(Classifier(), path, keys.private, None)
    assert entries(tmp_path) == []


def test_a_folder_that_does_not_exist(tmp_path, keys):
    with pytest.raises(FileNotFoundError):
        save_signed_model(Classifier(), tmp_path / "no" / "m.pt", keys.private, None, SIGNER)
    assert entries(tmp_path) == []


# --- Races ------------------------------------------------------------------------------------------------------------

LOADS = 1000


def test_a_model_that_is_replaced_while_it_is_loaded(path, keys):
    """Somebody puts a good and an evil file at the path in turn, thousands of times a second."""
    good, evil = ({"a": torch.full((5000,), value), "b": torch.arange(9.0)} for value in (1.0, 666.0))
    torch.save(evil, path)
    evil_bytes = path.read_bytes()
    save(good, path, **keys.signing)
    outcomes = {"loaded": 0}
    with swapping(path, path.read_bytes(), evil_bytes):
        for at in range(LOADS):
            try:
                state = load(path, keys.public, keep=KEEPS[at % 3], mmap=(None, False)[at % 2])
            except WeightsealError as error:
                outcomes[error.code] = outcomes.get(error.code, 0) + 1
            else:
                assert same(state, good), f"load {at} gave something that nobody signed; before: {outcomes}"
                outcomes["loaded"] += 1
    print(f"\nreplaced while loaded: {outcomes}")
    assert 0 < outcomes["loaded"] < LOADS, outcomes
    assert set(outcomes) <= {"loaded", "hash-mismatch", "size-mismatch", "changed-while-reading"}, outcomes


def test_raw_bytes_that_are_replaced_while_they_are_loaded(tmp_path, keys):
    path = tmp_path / "model.bin"
    # Of one size, so that only the digest tells them apart.
    good, evil = b"good" * 20_000, b"evil" * 20_000
    path.write_bytes(good)
    keys.sign(path)
    outcomes = {"loaded": 0}
    with swapping(path, good, evil):
        for at in range(LOADS):
            try:
                with weightseal.open_verified(path, keys.public, keep=KEEPS[at % 3]) as file:
                    assert file.read() == good and bytes(memoryview(file)) == good, f"load {at}; before: {outcomes}"
                    if at % 10 == 0:
                        assert file.path.read_bytes() == good, f"load {at}; before: {outcomes}"
                outcomes["loaded"] += 1
            except WeightsealError as error:
                outcomes[error.code] = outcomes.get(error.code, 0) + 1
    print(f"\nreplaced while read: {outcomes}")
    assert 0 < outcomes["loaded"] < LOADS, outcomes
    assert set(outcomes) <= {"loaded", "hash-mismatch", "changed-while-reading"}, outcomes


def test_a_file_that_is_written_through_a_map_while_it_is_loaded(path, keys):
    """Such writes leave no trace in the file's times until later. What is loaded was copied before it was hashed."""
    good = {"a": torch.arange(1_500_000.0), "b": torch.full((500_000,), 2.0)}
    save(good, path, **keys.signing)
    loads, outcomes, kept = 300, {"loaded": 0}, []
    with scribbling(path):
        for at in range(loads):
            try:
                state = load(path, keys.public, keep=KEEPS[at % 3], mmap=(None, False)[at % 2])
            except (weightseal.HashMismatch, weightseal.ChangedWhileReading) as error:
                outcomes[error.code] = outcomes.get(error.code, 0) + 1
            else:
                assert same(state, good), f"load {at} gave something that nobody signed; before: {outcomes}"
                outcomes["loaded"] += 1
                if len(kept) < 8:
                    kept.append(state)
        # Mapped tensors are read when they are used: nothing came in since.
        assert all(same(state, good) for state in kept)
    print(f"\nwritten through a map while loaded: {outcomes}")
    assert 0 < outcomes["loaded"] < loads, outcomes
