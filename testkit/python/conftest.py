"""What the tests of the command share: the command itself."""

import os
import shlex
from pathlib import Path

import pytest

import oms_models


@pytest.fixture(scope="session")
def command():
    words = shlex.split(os.environ.get("WEIGHTSEAL_BIN", ""))
    if not words:
        pytest.fail("set WEIGHTSEAL_BIN to the command under test, such as target/release/weightseal")
    return [str(Path(word).resolve()) if os.path.exists(word) else word for word in words]


@pytest.fixture(scope="session")
def weightseal(command):
    return oms_models.Command(command)


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    return oms_models.Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def model_signing():
    """The reference implementation of OpenSSF Model Signing."""
    python = os.environ.get("WEIGHTSEAL_MODEL_SIGNING", "")
    if not python:
        pytest.skip("NOT TESTED: WEIGHTSEAL_MODEL_SIGNING has to be a Python that has model-signing 1.1.1 and pyOpenSSL")
    reference = oms_models.Reference(python)
    yield reference
    reference.close()


@pytest.fixture(scope="session")
def signatures_of_others():
    """The folder `oms` of the vectors that are kept outside the repository."""
    folder = os.environ.get("WEIGHTSEAL_VECTORS", "")
    if not folder:
        pytest.skip("NOT TESTED: WEIGHTSEAL_VECTORS has to be the folder with OMS signatures of other implementations")
    found = Path(folder).resolve() / "oms"
    assert found.is_dir(), f"WEIGHTSEAL_VECTORS: there is no folder {found}"
    return found


@pytest.fixture
def signing(keys, request):
    """A key, or what the parameter names: one of `oms_models.METHODS`."""
    return oms_models.Signing(keys, getattr(request, "param", "key p256"))


@pytest.fixture
def model(tmp_path):
    """Makes a folder of the files in a mapping."""
    return lambda files, name="model": oms_models.write_model(tmp_path / name, files)
