"""What holds for all modules for frameworks: arguments arrive, and nothing is needed before it is used."""

import ast
import inspect
import json
import os
import pathlib
import shutil
import subprocess
import sys
from datetime import timedelta

import joblib
import numpy
import pytest
import torch
from support import SIGNER, run_python

import weightseal
import weightseal.joblib
import weightseal.numpy
import weightseal.onnxruntime
import weightseal.pickle
import weightseal.safetensors
import weightseal.torch
import weightseal.transformers
from weightseal import errors

pytestmark = [
    pytest.mark.usefixtures("scratch"),
    pytest.mark.filterwarnings("ignore:.*torch.jit.load.*deprecated"),
]


def linear():
    return torch.nn.Linear(3, 2)


def load_state(path, public_key, **options):
    return weightseal.torch.load_verified_model(linear(), path, public_key, **options)


def save_state(path, private_key, *, signer, passphrase, **options):
    return weightseal.torch.save_signed_model(linear(), path, private_key, passphrase, signer, **options)


def config(folder, public_key, **options):
    import transformers

    return weightseal.transformers.from_pretrained(transformers.AutoConfig, folder, public_key, **options)


def inference(path, public_key, **options):
    return weightseal.onnxruntime.InferenceSession(path, public_key, **options)


def inference_in_folder(path, public_key, **options):
    return weightseal.onnxruntime.InferenceSession(path, public_key, model="silero_vad_16k_op15.onnx", **options)


# By name: what loads, and what is defined in the package.
LOADERS = {
    "torch.load": weightseal.torch.load,
    "torch.load_verified_model": load_state,
    "torch.jit_load": weightseal.torch.jit_load,
    "safetensors.load_file": weightseal.safetensors.load_file,
    "safetensors.safe_open": weightseal.safetensors.safe_open,
    "numpy.load": weightseal.numpy.load,
    "joblib.load": weightseal.joblib.load,
    "pickle.load": weightseal.pickle.load,
    "onnxruntime.InferenceSession": inference,
    "onnxruntime.InferenceSession, a folder": inference_in_folder,
    "transformers.from_pretrained": config,
}
FOLDERS = {"onnxruntime.InferenceSession, a folder", "transformers.from_pretrained"}

SAVERS = {
    "torch.save": lambda path, **options: weightseal.torch.save({"a": torch.ones(2)}, path, **options),
    "torch.save_signed_model": save_state,
    "safetensors.save_file": lambda path, **options: weightseal.safetensors.save_file(
        {"a": torch.ones(2)}, path, **options
    ),
    "numpy.save": lambda path, **options: weightseal.numpy.save(path, [1, 2], **options),
    "numpy.savez": lambda path, **options: weightseal.numpy.savez(path, {"a": [1, 2]}, **options),
    "joblib.dump": lambda path, **options: weightseal.joblib.dump([1, 2], path, **options),
    "pickle.dump": lambda path, **options: weightseal.pickle.dump([1, 2], path, **options),
}


@pytest.fixture(params=LOADERS)
def loader(request):
    return request.param


@pytest.fixture
def model(loader, tmp_path, silero, minilm):
    """A file, or a folder, for the loader, and the files to be signed."""
    place = tmp_path / "models"
    place.mkdir()
    if loader.startswith("torch.jit"):
        path = place / "silero_vad.jit"
        shutil.copyfile(silero / path.name, path)
    elif loader.startswith("torch"):
        path = place / "model.pt"
        torch.save(linear().state_dict(), path)
    elif loader.startswith("safetensors"):
        path = place / "silero_vad_16k.safetensors"
        shutil.copyfile(silero / path.name, path)
    elif loader.startswith("numpy"):
        path = place / "model.npy"
        numpy.save(path, numpy.ones(5))
    elif loader.startswith("joblib") or loader.startswith("pickle"):
        path = place / "model.pkl"
        joblib.dump({"a": 1}, path)
    elif loader.startswith("transformers"):
        shutil.copyfile(minilm / "config.json", place / "config.json")
        path = place
    else:
        path = place / "silero_vad_16k_op15.onnx"
        shutil.copyfile(silero / path.name, path)
        path = place if loader in FOLDERS else path
    return path


@pytest.fixture
def sign(loader, model, keys):
    """Signs the model, as a file or as a set."""

    def signed(output=None, **said):
        if loader in FOLDERS:
            paths = [path for path in model.iterdir() if not path.name.endswith(".json") or path.name == "config.json"]
            output = output or model / "model.manifest.json"
            return keys.sign_bundle(paths, output, base=model, **said)
        return keys.sign(model, output_path=output, **said)

    return signed


# --- Loading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", ["auto", "memory", "disk"])
def test_every_loader_asks_what_it_is_asked(loader, model, sign, keys, other_keys, tmp_path, keep):
    load = LOADERS[loader]
    sign(model_version=3, annotations={"run": "7"})
    assert load(model, keys.public, keep=keep) is not None
    asked = {"signer": SIGNER, "model_version_at_least": 3, "max_age": "1d", "signature": None}
    assert load(model, [other_keys.public, keys.public.read_bytes()], keep=keep, **asked) is not None
    for options, kind in (
        ({"signer": "someone@else"}, errors.WrongSigner),
        ({"model_version_at_least": 4}, errors.ModelVersionTooLow),
        ({"max_age": timedelta(microseconds=1)}, errors.TooOld),
    ):
        with pytest.raises(kind):
            load(model, keys.public, keep=keep, **options)
    with pytest.raises(errors.UntrustedKey):
        load(model, other_keys.public, keep=keep)
    with pytest.raises(errors.KeyFileError):
        load(model, b"no key", keep=keep)


def test_every_loader_asks_a_trust_store(loader, model, sign, keys, tmp_path):
    load, store, state = LOADERS[loader], tmp_path / "trust.toml", tmp_path / "state.json"
    sign(model_version=3)

    def stored(rule):
        store.write_text(keys.trust_store(rule))
        return store

    asked = {"name": "model"} if loader in FOLDERS else {}
    stored("minimum_model_version = 3")
    assert load(model, None, trust=store, **asked) is not None
    trust = weightseal.TrustStore.load(store)
    assert load(model, None, trust=trust, state=state, init_state=True, **asked) is not None
    [remembered] = json.loads(state.read_text())["models"]
    assert (remembered["signer"], remembered["model_version"]) == (SIGNER, 3)
    assert load(model, None, trust=trust, at="2098-12-31", **asked) is not None
    for options, kind in (
        ({"at": "2099-01-01"}, errors.TrustStoreError),
        ({"name": "other"}, errors.WrongModel),
        ({"signer": "someone@else"}, errors.WrongSigner),
        ({"trust": stored('allowed_formats = ["oms"]')}, errors.UntrustedSigner),
        ({"state": tmp_path / "missing.json"}, errors.StateFileError),
    ):
        with pytest.raises(kind):
            load(model, None, **{"trust": trust, **asked, **options})
    with pytest.raises(errors.UsageError, match="a trust store decides alone"):
        load(model, keys.public, trust=trust, **asked)
    stored('minimum_model_version = 4\nlevel = "warn"')
    with pytest.raises(errors.ToleratedModel):
        load(model, None, trust=store, **asked)
    assert load(model, None, trust=store, allow_tolerated=True, **asked) is not None


@pytest.mark.parametrize("keep", ["memory", "disk"])
def test_no_loader_goes_back_to_the_path(loader, model, sign, keys, monkeypatch, keep):
    """In the moment after the verification the model goes away: nothing of it is needed any more."""
    sign()
    module = sys.modules["weightseal." + loader.split(".")[0]]
    removed = []

    def then_removed(verify):
        def verified(*arguments, **options):
            held = verify(*arguments, **options)
            shutil.rmtree(model.parent if loader not in FOLDERS else model)
            removed.append(model)
            return held

        return verified

    for name in ("open_verified", "verified_dir"):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, then_removed(getattr(module, name)))
    assert LOADERS[loader](model, keys.public, keep=keep) is not None
    assert removed == [model]


def test_every_loader_takes_a_manifest_from_elsewhere(loader, model, sign, keys, tmp_path):
    manifest = sign(tmp_path / "elsewhere.manifest.json")
    with pytest.raises(FileNotFoundError):
        LOADERS[loader](model, keys.public)
    assert LOADERS[loader](model, keys.public, signature=manifest) is not None


@pytest.mark.parametrize("keep", ["memory", "disk"])
def test_every_loader_reports_its_progress(loader, model, sign, keys, keep):
    sign()
    files = [model] if loader not in FOLDERS else [path for path in model.iterdir() if "manifest" not in path.name]
    size = sum(path.stat().st_size for path in files)
    told = []
    LOADERS[loader](model, keys.public, progress=told.append, keep=keep)
    assert sum(told) == size

    class Stop(Exception):
        pass

    def stop(count):
        raise Stop

    with pytest.raises(Stop):
        LOADERS[loader](model, keys.public, progress=stop, keep=keep)


def test_every_loader_knows_where_copies_are_held(loader, model, sign, keys):
    sign()
    with pytest.raises(errors.UsageError, match="keep"):
        LOADERS[loader](model, keys.public, keep="cloud")


def keywords(function):
    """The keyword-only arguments by name; those that are passed on are of the class in `_options.py`."""
    parameters = inspect.signature(function).parameters.values()
    found = {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}
    passed_on = [each for each in parameters if each.kind is each.VAR_KEYWORD and "Unpack" in str(each.annotation)]
    return found, passed_on[0].annotation.removeprefix("Unpack[").removesuffix("]") if passed_on else None


def fields(name):
    """The fields of a TypedDict that exists for type checkers only."""
    tree = ast.parse(pathlib.Path(weightseal._options.__file__).read_text(encoding="utf-8"))
    [found] = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name]
    return {node.target.id for node in found.body if isinstance(node, ast.AnnAssign)}


def test_every_loader_has_the_arguments_of_open_verified():
    common, _ = keywords(weightseal.open_verified)
    assert fields("Asked") == set(common)
    for function in (
        weightseal.torch.load,
        weightseal.torch.load_verified_model,
        weightseal.torch.jit_load,
        weightseal.safetensors.load_file,
        weightseal.safetensors.safe_open,
        weightseal.numpy.load,
        weightseal.joblib.load,
        weightseal.pickle.load,
    ):
        found, passed_on = keywords(function)
        assert passed_on == "Asked" and not set(found) & set(common), function
        with pytest.raises(TypeError, match="weights_only"):
            function("model", "key", *["key"] * (function is weightseal.torch.load_verified_model), weights_only=False)
    # These pass on what is their framework's.
    for function, absent in {
        weightseal.onnxruntime.InferenceSession: set(),
        # A part of a folder is no model.
        weightseal.transformers.from_pretrained: {"allow_partial"},
    }.items():
        found, _ = keywords(function)
        assert {name: default for name, default in common.items() if name not in absent}.items() <= found.items()
        assert not absent & set(found)


# --- Saving -----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=SAVERS)
def save(request):
    return SAVERS[request.param]


def test_every_saver_says_what_it_is_told(save, keys, tmp_path):
    path, manifest = tmp_path / "model.bin", tmp_path / "model.bin.manifest.json"
    said = {"key_version": 5, "model_version": 9, "expires": "30d", "annotations": {"run": "é"}}
    save(path, **keys.signing, **said)
    found = weightseal.verify(path, keys.public, signer=SIGNER, model_version_at_least=9)
    assert (found.key_version, found.model_version, found.annotations) == (5, 9, {"run": "é"})
    assert found.expires_at is not None and found.name == "model.bin"
    written = json.loads((tmp_path / "model.manifest.json").read_text())
    assert "signature" in written and "envelope" in written

    save(path, **keys.signing, compat_signature=False, pss_salt="digest")
    found = weightseal.verify(path, keys.public)
    assert (found.key_version, found.model_version, found.annotations) == (None, None, {})
    assert "signature" not in json.loads((tmp_path / "model.manifest.json").read_text())
    before = {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()}
    assert len(before) == 2 and not manifest.exists()
    for wrong in ({"pss_salt": "none"}, {"expires": "yesterday"}, {"model_version": 0}, {"key_version": -1}):
        with pytest.raises(errors.UsageError):
            save(path, **keys.signing, **wrong)
    with pytest.raises(FileNotFoundError):
        save(path, **{**keys.signing, "private_key": tmp_path / "nowhere.pem"})
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == before


def test_every_saver_takes_the_passphrase_from_the_environment(save, keys, tmp_path, monkeypatch):
    said = {"private_key": keys.locked, "signer": SIGNER}
    from_environment = inspect.signature(weightseal.sign).parameters["passphrase"].default
    monkeypatch.setenv("WEIGHTSEAL_PASSPHRASE", keys.passphrase)
    save(tmp_path / "model.bin", **said, passphrase=from_environment)
    weightseal.verify(tmp_path / "model.bin", keys.public)
    monkeypatch.delenv("WEIGHTSEAL_PASSPHRASE")
    with pytest.raises(errors.PassphraseNeeded):
        save(tmp_path / "other.bin", **said, passphrase=from_environment)
    assert not (tmp_path / "other.bin").exists()


def test_every_saver_has_the_arguments_of_sign():
    common, _ = keywords(weightseal.sign)
    rest = {"signer", "passphrase", "output_path", "progress"}
    assert fields("Claims") == set(common) - rest
    for function, absent in {
        weightseal.torch.save: {"progress"},
        weightseal.safetensors.save_file: set(),
        weightseal.numpy.save: {"progress"},
        weightseal.numpy.savez: {"progress"},
        weightseal.joblib.dump: {"progress"},
        weightseal.pickle.dump: {"progress"},
        weightseal.torch.save_signed_model: rest,
    }.items():
        found, passed_on = keywords(function)
        assert passed_on == "Claims", function
        assert {name: common[name] for name in rest - absent}.items() <= found.items(), function


@pytest.mark.parametrize("bar", [False, True])
def test_safetensors_reports_its_progress(keys, tmp_path, bar):
    class Bar:
        total = None

        def __init__(self):
            self.told = []

        def update(self, count):
            self.told.append(count)

    watched = Bar()
    path = tmp_path / "model.safetensors"
    tensors = {"a": torch.ones(700_000)}
    progress = watched if bar else watched.told.append
    weightseal.safetensors.save_file(tensors, path, **keys.signing, progress=progress)
    assert sum(watched.told) == path.stat().st_size and len(watched.told) > 1
    assert watched.total == (path.stat().st_size if bar else None)


# --- Without frameworks -----------------------------------------------------------------------------------------------

_BLOCKED = """
import importlib, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

BLOCKED = set(sys.argv[1].split())
sys.meta_path.insert(0, Blocker())
import weightseal
from weightseal.errors import UnsupportedFramework

def refused(call, package):
    try:
        call()
    except UnsupportedFramework as error:
        assert isinstance(error, ImportError) and error.code == "unsupported-framework", error
        assert package in str(error) and error.hint == f"pip install {package}", (str(error), error.hint)
    else:
        raise AssertionError(f"{package} is not there, and nobody noticed")
"""


def test_modules_are_imported_without_any_framework(tmp_path, keys):
    """Using one says what is missing, before any file is looked at."""
    script = (
        _BLOCKED
        + """
import weightseal.torch, weightseal.safetensors, weightseal.transformers, weightseal.onnxruntime
import weightseal.joblib, weightseal.pickle, weightseal.numpy
assert not BLOCKED & set(sys.modules), BLOCKED & set(sys.modules)

private, public, folder = sys.argv[2:]
said = {"private_key": private, "signer": "x", "passphrase": "correct horse"}
path = folder + "/model"

class Model:
    def state_dict(self):
        return {}

refused(lambda: weightseal.torch.load(path, public), "torch")
refused(lambda: weightseal.torch.jit_load(path, public), "torch")
refused(lambda: weightseal.torch.load_verified_model(Model(), path, public), "torch")
refused(lambda: weightseal.torch.save({}, path, **said), "torch")
refused(lambda: weightseal.torch.save_signed_model(Model(), path, private, "correct horse", "x"), "torch")
refused(lambda: weightseal.safetensors.load_file(path, public), "safetensors")
refused(lambda: weightseal.safetensors.load_file(path, public, framework="np"), "safetensors")
refused(lambda: weightseal.safetensors.safe_open(path, public), "safetensors")
refused(lambda: weightseal.safetensors.save_file({}, path, **said), "safetensors")
refused(lambda: weightseal.transformers.from_pretrained(Model, path, public), "transformers")
refused(lambda: weightseal.onnxruntime.InferenceSession(path, public), "onnxruntime")
refused(lambda: weightseal.joblib.load(path, public), "joblib")
refused(lambda: weightseal.joblib.dump({}, path, **said), "joblib")
refused(lambda: weightseal.numpy.load(path, public), "numpy")
refused(lambda: weightseal.numpy.save(path, [], **said), "numpy")
refused(lambda: weightseal.numpy.savez(path, {}, **said), "numpy")

# pickle is always there.
weightseal.pickle.dump({"a": 1}, path, **said)
assert weightseal.pickle.load(path, public) == {"a": 1}
import os
assert sorted(os.listdir(folder)) == ["model", "model.manifest.json"], os.listdir(folder)
"""
    )
    names = "torch safetensors transformers onnxruntime joblib numpy"
    run_python(script, names, keys.locked, keys.public, tmp_path)


def test_safetensors_without_torch(tmp_path, keys, silero):
    """Its other half works."""
    path = tmp_path / "silero_vad_16k.safetensors"
    shutil.copyfile(silero / path.name, path)
    keys.sign(path)
    script = (
        _BLOCKED
        + """
import weightseal.safetensors as wrapper
path, public, private = sys.argv[2:]
refused(lambda: wrapper.load_file(path, public), "torch")
refused(lambda: wrapper.safe_open(path, public), "torch")
refused(lambda: wrapper.save_file({}, path, private, signer="x"), "torch")
arrays = wrapper.load_file(path, public, framework="np")
with wrapper.safe_open(path, public, "np") as file:
    assert all((file.get_tensor(name) == arrays[name]).all() for name in arrays) and arrays
"""
    )
    run_python(script, "torch", path, keys.public, keys.private)


def test_what_a_framework_lacks_itself_is_told_by_it(tmp_path, keys):
    """It is installed, but broken: saying that it is not would mislead."""
    (tmp_path / "joblib.py").write_text("import something_that_joblib_needs\n")
    script = """
import sys
sys.path.insert(0, sys.argv[1])
import weightseal.joblib
try:
    weightseal.joblib.load("nowhere", "nowhere.pub")
except ModuleNotFoundError as error:
    assert error.name == "something_that_joblib_needs", error
else:
    raise AssertionError("it was imported")
"""
    run_python(script, tmp_path)


# --- Fixtures for pytest ----------------------------------------------------------------------------------------------

_TESTS = '''
import pathlib
import pytest
import weightseal
import weightseal.pickle

seen = []


def test_a_key(signing_key, tmp_path):
    said = {"signer": "x", "passphrase": signing_key.passphrase}
    weightseal.pickle.dump([1], tmp_path / "m.pkl", signing_key.private_key, **said)
    assert weightseal.pickle.load(tmp_path / "m.pkl", signing_key.public_key) == [1]
    with pytest.raises(weightseal.errors.PassphraseNeeded):
        weightseal.sign(tmp_path / "m.pkl", signing_key.private_key, signer="x")
    seen.append(signing_key)


def test_a_signed_model(signed_model, signing_key):
    assert signing_key is seen[0] is signed_model.key
    assert signed_model.public_key == signing_key.public_key
    assert signed_model.manifest.is_file()
    with weightseal.open_verified(signed_model.path, signed_model.public_key, signer=signed_model.signer) as file:
        assert file.read() == signed_model.path.read_bytes() != b""
    signed_model.path.write_bytes(b"changed")
    weightseal.sign(signed_model.path, signing_key.private_key, signer="y", passphrase=signing_key.passphrase)
    assert weightseal.verify(signed_model.path, signing_key.public_key).signer == "y"


def test_a_tampered_model(tampered_model, signed_model):
    for call in (weightseal.open_verified, weightseal.verify, weightseal.pickle.load):
        with pytest.raises(weightseal.HashMismatch):
            call(tampered_model.path, tampered_model.public_key)
    weightseal.verify(signed_model.path, signed_model.public_key)
    one, other = signed_model.path.read_bytes(), tampered_model.path.read_bytes()
    assert sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True)) == 1


class TestMine:
    @pytest.fixture
    def signing_key(self):
        return "my own"

    def test_names_may_be_used_otherwise(self, signing_key):
        assert signing_key == "my own"


def test_that_fails(tampered_model):
    weightseal.verify(tampered_model.path, tampered_model.public_key)
'''


def test_the_fixtures_for_other_peoples_tests(tmp_path):
    (tmp_path / "test_mine.py").write_text(_TESTS)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "test_mine.py"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "WEIGHTSEAL_"))}
    run = subprocess.run(words, cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=100)
    assert "1 failed, 4 passed" in run.stdout, run.stdout + run.stderr
    # What a person reads who forgot the exception: the reason, and advice.
    assert "HashMismatch" in run.stdout and "test_that_fails" in run.stdout
    assert run.returncode == 1


def test_the_fixtures_are_announced(tmp_path):
    words = [sys.executable, "-m", "pytest", "--fixtures", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    for name in ("signing_key", "signed_model", "tampered_model"):
        assert f"{name} " in run.stdout or f"{name}\n" in run.stdout, run.stdout
