"""weightseal.pickle and weightseal.joblib: nothing is unpickled before everything is verified."""

import gc
import pathlib
import pickle

import joblib
import numpy
import pytest
from joblib.numpy_pickle_compat import NDArrayWrapper
from support import SIGNER, flip_bit, swapping

import weightseal
import weightseal.joblib
import weightseal.pickle
from weightseal.errors import NotReplaceable, WeightsealError, WrongPassphrase

pytestmark = pytest.mark.usefixtures("scratch")

KEEPS = ["auto", "memory", "disk"]


@pytest.fixture(params=KEEPS)
def keep(request):
    return request.param


@pytest.fixture(params=["pickle", "joblib"])
def module(request):
    return {"pickle": weightseal.pickle, "joblib": weightseal.joblib}[request.param]


class Trace:
    """Unpickled, it makes a file. It stands for whatever an attacker would have run."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return pathlib.Path.touch, (self.place,)


class Estimator:
    """A fitted model in the manner of scikit-learn."""

    def __init__(self):
        generator = numpy.random.default_rng(5)
        self.weights = generator.normal(size=(40, 30))
        self.order = numpy.asfortranarray(generator.integers(0, 9, size=(17, 9)))
        self.names = numpy.array(["a", "bé", ""], dtype=object)
        self.empty = numpy.zeros((0, 4), dtype="float32")
        self.options = {"rate": 0.1, "layers": [3, 4], "note": b"raw"}

    def __eq__(self, other):
        arrays = all((getattr(self, name) == getattr(other, name)).all() for name in ("weights", "order", "names"))
        return arrays and other.empty.shape == (0, 4) and self.options == other.options


def contents(folder):
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


# --- Loading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [0, 2, 5, None])
def test_what_was_dumped_is_loaded(tmp_path, keys, module, keep, protocol):
    path = tmp_path / "estimator.pkl"
    value = Estimator()
    signed = module.dump(value, path, protocol=protocol, **keys.signing, model_version=4)
    assert signed["manifest"] == str(tmp_path / "estimator.manifest.json")
    assert sorted(contents(tmp_path)) == ["estimator.manifest.json", "estimator.pkl"]
    loaded = module.load(path, keys.public, signer=SIGNER, model_version_at_least=4, keep=keep)
    assert loaded == value
    # It is what the library itself reads.
    plain = joblib.load(path) if module is weightseal.joblib else pickle.loads(path.read_bytes())
    assert plain == value


@pytest.mark.parametrize("compress", [0, 3, ("zlib", 9), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 1)])
def test_joblib_compressed_and_not(tmp_path, keys, scratch, keep, compress):
    path = tmp_path / "estimator.joblib"
    value = Estimator()
    weightseal.joblib.dump(value, path, compress=compress, **keys.signing)
    loaded = weightseal.joblib.load(path, keys.public, keep=keep)
    path.unlink()
    gc.collect()
    assert not list(scratch.iterdir())
    assert loaded == value
    # The same bytes as joblib writes by itself.
    joblib.dump(value, tmp_path / "plain", compress=compress)
    weightseal.joblib.dump(value, path, compress=compress, **keys.signing)
    written, plain = path.read_bytes(), (tmp_path / "plain").read_bytes()
    if compress in (0, 3, ("bz2", 3)):
        assert written == plain
    assert joblib.load(path) == value


def test_big_arrays_in_a_pickle(tmp_path, keys, module, keep):
    """Protocol 5 reads them straight into their memory."""
    path = tmp_path / "big.pkl"
    value = {"a": numpy.arange(400_000.0), "b": bytearray(b"xyz" * 100_000), "c": "ü" * 70_000}
    module.dump(value, path, protocol=5, **keys.signing)
    loaded = module.load(path, keys.public, keep=keep)
    assert (loaded["a"] == value["a"]).all() and loaded["b"] == value["b"] and loaded["c"] == value["c"]


def test_joblib_files_written_by_joblib(tmp_path, keys, keep):
    """Signed afterwards, as one does with what one has."""
    value = Estimator()
    for name, compress in (("plain.joblib", 0), ("gzip.joblib.gz", 3), ("zlib.joblib.z", 3), ("lzma.xz", 1)):
        joblib.dump(value, tmp_path / name, compress=compress)
        keys.sign(tmp_path / name)
        assert weightseal.joblib.load(tmp_path / name, keys.public, keep=keep) == value


# --- What is refused --------------------------------------------------------------------------------------------------


def test_nothing_is_unpickled_unless_it_is_verified(tmp_path, keys, other_keys, module, keep):
    path, trace = tmp_path / "model.pkl", tmp_path / "trace"
    module.dump({"first": Trace(trace), "second": list(range(500))}, path, **keys.signing)
    content = path.read_bytes()
    manifest = path.with_suffix(".manifest.json")

    def refused(kind, **options):
        with pytest.raises(kind):
            module.load(path, keys.public, keep=keep, **options)
        assert not trace.exists(), f"it ran, and {kind.__name__} came too late"

    # At the end, after everything that would run.
    for at in (1, 0.5, 0):
        path.write_bytes(content)
        flip_bit(path, at)
        refused(weightseal.HashMismatch)
    path.write_bytes(content + b"\0")
    refused(weightseal.VerificationError)
    path.write_bytes(content)
    refused(weightseal.errors.WrongSigner, signer="someone@else")
    refused(weightseal.errors.ModelVersionTooLow, model_version_at_least=2)
    with pytest.raises(weightseal.errors.UntrustedKey):
        module.load(path, other_keys.public, keep=keep)
    assert not trace.exists()
    text = manifest.read_text()
    manifest.unlink()
    refused(FileNotFoundError)
    keys.sign_as_published(path, manifest)
    refused(weightseal.errors.NotAuthenticated)
    refused(weightseal.VerificationError, signature=tmp_path / "nothing.json")

    # With everything as it was, it runs: this is what a signature does not protect from.
    manifest.write_text(text)
    module.load(path, keys.public, keep=keep)
    assert trace.exists()


def test_files_that_an_old_joblib_file_names_are_not_reached(tmp_path, keys, keep, monkeypatch):
    """Before 0.10 joblib put arrays into files of their own, which one signature does not cover. They are pickles."""
    trace = tmp_path / "trace"
    folder = tmp_path / "models"
    elsewhere = tmp_path / "working"
    folder.mkdir()
    elsewhere.mkdir()
    path = folder / "old.pkl"
    path.write_bytes(pickle.dumps(NDArrayWrapper("old.pkl_01.npy", numpy.ndarray)))
    keys.sign(path)
    for place in (folder, elsewhere):
        with open(place / "old.pkl_01.npy", "wb") as file:
            numpy.save(file, numpy.array([Trace(trace)], dtype=object), allow_pickle=True)
    monkeypatch.chdir(elsewhere)
    with pytest.raises(FileNotFoundError):
        weightseal.joblib.load(path, keys.public, keep=keep)
    assert not trace.exists()
    # joblib itself does load it.
    with pytest.warns(DeprecationWarning):
        joblib.load(path)
    assert trace.exists()


def test_dumping_that_fails_changes_nothing(tmp_path, keys, module):
    path = tmp_path / "model.pkl"
    module.dump([1, 2], path, **keys.signing)
    (tmp_path / "other.bin").write_bytes(b"another model")
    keys.sign(tmp_path / "other.bin")
    before = contents(tmp_path)

    def broken():
        yield from range(3)

    value = [numpy.ones(300_000), broken()]
    for target in (path, tmp_path / "new.pkl"):
        with pytest.raises((TypeError, pickle.PicklingError)):
            module.dump(value, target, **keys.signing)
        assert contents(tmp_path) == before
        with pytest.raises(WrongPassphrase):
            module.dump(value, target, **keys.wrongly)
        assert contents(tmp_path) == before
    with pytest.raises(NotReplaceable):
        module.dump([], tmp_path / "other.pkl", **keys.signing)
    assert contents(tmp_path) == before
    assert module.load(path, keys.public) == [1, 2]


def test_a_pickle_that_is_replaced_while_it_is_loaded(tmp_path, keys, module):
    path, trace = tmp_path / "model.pkl", tmp_path / "trace"
    module.dump({"a": numpy.arange(4000)}, path, **keys.signing)
    evil = pickle.dumps(Trace(trace))
    loads, outcomes = 300, {"loaded": 0}
    with swapping(path, path.read_bytes(), evil):
        for at in range(loads):
            try:
                value = module.load(path, keys.public, keep=KEEPS[at % 3])
            except WeightsealError as error:
                outcomes[error.code] = outcomes.get(error.code, 0) + 1
            else:
                assert (value["a"] == numpy.arange(4000)).all()
                outcomes["loaded"] += 1
    print(f"\nreplaced while loaded: {outcomes}")
    assert not trace.exists(), outcomes
    assert 0 < outcomes["loaded"] < loads, outcomes
