"""weightseal.onnxruntime with the real runtime, on a real model and on models with tensors in other files."""

import gc
import os
import shutil

import numpy
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from support import SIGNER, flip_bit, swapping

import weightseal
from weightseal.errors import UnsupportedFramework, WeightsealError
from weightseal.onnxruntime import InferenceSession

pytestmark = pytest.mark.usefixtures("scratch")

KEEPS = ["auto", "memory", "disk"]
WIDTH = 64


@pytest.fixture(params=KEEPS)
def keep(request):
    return request.param


@pytest.fixture
def vad(tmp_path, silero, keys):
    """A copy of Silero's model, signed."""
    path = tmp_path / "silero_vad.onnx"
    shutil.copyfile(silero / path.name, path)
    keys.sign(path)
    return path


def hear(session):
    """Runs three steps of voice detection on a made-up sound."""
    state, found = numpy.zeros((2, 1, 128), dtype="float32"), []
    for step in range(3):
        sound = numpy.sin(numpy.arange(512, dtype="float32") * (0.1 + step)).reshape(1, -1)
        output, state = session.run(None, {"input": sound, "state": state, "sr": numpy.array(16000)})
        found.append(float(output[0, 0]))
    return found


def multiplication(location, factor=1.0):
    """A model that multiplies by a matrix which lies in another file, and the content of that file."""
    matrix = (numpy.arange(WIDTH * WIDTH, dtype="float32") % 7 * factor).reshape(WIDTH, WIDTH)
    tensor = numpy_helper.from_array(matrix, "matrix")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", str(location)), ("offset", "0"), ("length", str(matrix.nbytes))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "matrix"], ["y"])],
        "multiplication",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, WIDTH])],
        [tensor],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString(), matrix.tobytes()


def multiplies(session, factor=1.0):
    x = numpy.linspace(0, 1, WIDTH, dtype="float32").reshape(1, -1)
    matrix = numpy.frombuffer(multiplication("", factor)[1], dtype="float32").reshape(WIDTH, WIDTH)
    return numpy.allclose(session.run(None, {"x": x})[0], x @ matrix)


def contents(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# --- One file ---------------------------------------------------------------------------------------------------------


def test_a_real_model_infers(vad, keys, scratch, keep):
    expected = hear(onnxruntime.InferenceSession(vad))
    session = InferenceSession(vad, keys.public, signer=SIGNER, keep=keep)
    assert type(session) is onnxruntime.InferenceSession
    assert [entry.name for entry in session.get_inputs()] == ["input", "state", "sr"]
    size = vad.stat().st_size
    with open(vad, "r+b") as file:
        file.write(bytes(size))
    vad.unlink()
    gc.collect()
    assert hear(session) == expected
    # The runtime opens the model once more, and still finds what was verified.
    session.set_providers(["CPUExecutionProvider"])
    assert hear(session) == expected
    # The copy goes away with the session.
    assert contents(scratch)
    del session
    gc.collect()
    assert contents(scratch) == []


def test_arguments_are_handed_on(vad, keys, keep):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = InferenceSession(vad, keys.public, options, ["CPUExecutionProvider"], keep=keep)
    assert session.get_session_options().intra_op_num_threads == 1
    session = InferenceSession(vad, keys.public, sess_options=options, providers=["CPUExecutionProvider"], keep=keep)
    assert session.get_providers() == ["CPUExecutionProvider"]
    assert session.get_session_options().log_severity_level == 4


def test_anything_changed(vad, keys, other_keys, keep):
    with pytest.raises(weightseal.errors.UntrustedKey):
        InferenceSession(vad, other_keys.public, keep=keep)
    with pytest.raises(weightseal.errors.WrongSigner):
        InferenceSession(vad, keys.public, signer="someone@else", keep=keep)
    content = vad.read_bytes()
    for at in (0, 0.5, 1):
        vad.write_bytes(content)
        flip_bit(vad, at)
        with pytest.raises(weightseal.HashMismatch):
            InferenceSession(vad, keys.public, keep=keep)
    vad.write_bytes(content)
    vad.with_suffix(".manifest.json").unlink()
    with pytest.raises(FileNotFoundError):
        InferenceSession(vad, keys.public, keep=keep)


def test_a_signed_file_that_is_no_model(tmp_path, keys, keep, scratch):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not a model")
    keys.sign(path)
    with pytest.raises(Exception, match="INVALID_PROTOBUF"):
        InferenceSession(path, keys.public, keep=keep)
    gc.collect()
    assert contents(scratch) == []


def test_a_manifest_without_envelope(vad, keys, keep):
    keys.sign_as_published(vad, vad.with_suffix(".manifest.json"))
    with pytest.raises(weightseal.errors.NotAuthenticated):
        InferenceSession(vad, keys.public, keep=keep)
    with pytest.warns(weightseal.NotAuthenticatedWarning) as told:
        InferenceSession(vad, keys.public, allow_unauthenticated=True, keep=keep)
    assert [warning.filename for warning in told] == [__file__]


@pytest.mark.parametrize("version", ["1.23.2", "1.9.0", "1.23.0.dev20260101"])
def test_an_old_runtime_loads_nothing(keys, monkeypatch, version):
    """Before 1.24 it read tensors from any path that a model names."""
    monkeypatch.setattr(onnxruntime, "__version__", version)
    for options in ({}, {"model": "model.onnx"}):
        # No file is there: whoever looked for one would have said so.
        with pytest.raises(UnsupportedFramework, match="1.24"):
            InferenceSession("nowhere.onnx", keys.public, **options)


# --- Tensors in other files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["beside", "above", "absolute", "below"])
def test_a_single_file_reaches_no_other(tmp_path, keys, keep, monkeypatch, place):
    """The tensors are not signed. They lie wherever the runtime might look: there it finds none, or refuses."""
    folder = tmp_path / "a" / "models"
    folder.mkdir(parents=True)
    working = tmp_path / "working"
    working.mkdir()
    (folder / "sub").mkdir()
    (working / "sub").mkdir()
    locations = {
        "beside": "matrix.bin",
        "above": "../matrix.bin",
        "absolute": folder / "matrix.bin",
        "below": "sub/matrix.bin",
    }
    model, matrix = multiplication(locations[place])
    path = folder / "model.onnx"
    path.write_bytes(model)
    for near in (folder, folder.parent, folder / "sub", working, working / "sub", tmp_path):
        (near / "matrix.bin").write_bytes(matrix)
    keys.sign(path)
    monkeypatch.chdir(working)
    with pytest.raises(Exception) as caught:
        InferenceSession(path, keys.public, keep=keep)
    assert type(caught.value).__module__.startswith("onnxruntime")
    if place in ("beside", "below"):
        # The runtime alone takes them.
        assert multiplies(onnxruntime.InferenceSession(path))


@pytest.fixture
def release(tmp_path, keys):
    """A model with its tensors in another file, in a folder below, signed as a set."""
    folder = tmp_path / "release"
    (folder / "tensors").mkdir(parents=True)
    model, matrix = multiplication("tensors/matrix.bin")
    (folder / "model.onnx").write_bytes(model)
    (folder / "tensors" / "matrix.bin").write_bytes(matrix)
    files = [folder / "model.onnx", folder / "tensors" / "matrix.bin"]
    keys.sign_bundle(files, folder / "release.manifest.json")
    return folder


@pytest.mark.parametrize("keep", ["auto", "disk"])
def test_a_model_in_several_files(release, keys, scratch, keep):
    sessions = [
        InferenceSession(release, keys.public, model="model.onnx", signer=SIGNER, keep=keep),
        InferenceSession(release / "release.manifest.json", keys.public, model="model.onnx", keep=keep),
    ]
    shutil.rmtree(release)
    gc.collect()
    for session in sessions:
        assert multiplies(session)
        session.set_providers(["CPUExecutionProvider"])
        assert multiplies(session)
    del sessions, session
    gc.collect()
    assert contents(scratch) == []


def test_a_folder_with_an_oms_signature(release, keys, scratch):
    for manifest in release.glob("*.manifest.json"):
        manifest.unlink()
    weightseal.sign_model(release, **keys.signing)
    assert multiplies(InferenceSession(release, keys.public, model="model.onnx", signer=SIGNER))
    (release / "notes.txt").write_text("nobody signed it")
    with pytest.raises(weightseal.errors.ExtraFile):
        InferenceSession(release, keys.public, model="model.onnx")
    assert multiplies(InferenceSession(release, keys.public, model="model.onnx", ignore=["notes.txt"]))


def test_the_manifest_may_lie_elsewhere(release, tmp_path, keys):
    manifest = tmp_path / "release.manifest.json"
    (release / "release.manifest.json").rename(manifest)
    assert multiplies(InferenceSession(release, keys.public, model="model.onnx", signature=manifest))
    assert multiplies(InferenceSession(manifest, keys.public, model="model.onnx", base=release))


def test_a_model_in_several_files_held_in_memory(release, keys, scratch):
    """Sealed memory has its names by links, and the runtime takes no tensors from behind links that lead elsewhere."""
    with pytest.raises(Exception) as caught:
        InferenceSession(release, keys.public, model="model.onnx", keep="memory")
    assert type(caught.value).__module__.startswith("onnxruntime")
    del caught
    gc.collect()
    assert contents(scratch) == []


def test_tensors_that_were_changed_or_exchanged(release, keys):
    def refused(kind):
        for path in (release, release / "release.manifest.json"):
            with pytest.raises(kind):
                InferenceSession(path, keys.public, model="model.onnx")

    matrix = release / "tensors" / "matrix.bin"
    content = matrix.read_bytes()
    flip_bit(matrix)
    refused(weightseal.HashMismatch)
    matrix.write_bytes(multiplication("", factor=2.0)[1])
    refused(weightseal.HashMismatch)
    matrix.unlink()
    refused(weightseal.errors.MissingFile)
    other = release / "other.bin"
    other.write_bytes(content)
    os.symlink("../other.bin", matrix)
    refused(WeightsealError)
    matrix.unlink()
    matrix.write_bytes(content)
    assert multiplies(InferenceSession(release, keys.public, model="model.onnx"))


def test_a_model_that_is_not_in_the_set(release, keys, scratch):
    model, matrix = multiplication("tensors/matrix.bin", factor=2.0)
    (release / "evil.onnx").write_bytes(model)
    for name in ("evil.onnx", "release.manifest.json", "../evil.onnx", "tensors/../model.onnx", "/etc/passwd", ""):
        with pytest.raises(KeyError):
            InferenceSession(release, keys.public, model=name)
    gc.collect()
    assert contents(scratch) == []


def test_one_file_of_a_set(release, keys, keep):
    """By itself it is not loaded; and if that is asked for, it does not find its tensors."""
    manifest = release / "release.manifest.json"
    with pytest.raises(weightseal.errors.PartialModel):
        InferenceSession(release / "model.onnx", keys.public, signature=manifest, keep=keep)
    with pytest.raises(Exception) as caught:
        InferenceSession(release / "model.onnx", keys.public, signature=manifest, allow_partial=True, keep=keep)
    assert type(caught.value).__module__.startswith("onnxruntime")


def test_tensors_that_are_replaced_while_they_are_loaded(release, keys):
    matrix = release / "tensors" / "matrix.bin"
    loads, outcomes = 200, {"loaded": 0}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    with swapping(matrix, matrix.read_bytes(), multiplication("", factor=2.0)[1]):
        for at in range(loads):
            try:
                session = InferenceSession(release, keys.public, options, model="model.onnx")
            except WeightsealError as error:
                outcomes[error.code] = outcomes.get(error.code, 0) + 1
            else:
                assert multiplies(session), f"load {at} gave something that nobody signed; before: {outcomes}"
                outcomes["loaded"] += 1
    print(f"\nreplaced while loaded: {outcomes}")
    assert 0 < outcomes["loaded"] < loads, outcomes
