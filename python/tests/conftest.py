"""What tests share: a key pair, an empty place for copies, the real models."""

from __future__ import annotations

import gc
import pathlib
import sys
import tempfile

import pytest

# However pytest was called: `import models` and `import support` work.
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import models  # noqa: E402
import support  # noqa: E402


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """An RSA-2048 key pair, as `support.Keys`."""
    return support.Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def other_keys(tmp_path_factory):
    """Somebody else's."""
    return support.Keys(tmp_path_factory.mktemp("other-keys"))


@pytest.fixture
def scratch(tmp_path_factory, monkeypatch):
    """The folder that copies on disk go to. Nothing is left in it when the test ends."""
    folder = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    if any(folder.iterdir()):
        # Takes long where torch is loaded.
        gc.collect()
    # Names that are kept, empty, until the process ends.
    wrapper = sys.modules.get("weightseal.transformers")
    reserved = {path for _, path in wrapper._reserved} if wrapper else set()
    left = sorted({str(path) for path in folder.rglob("*")} - reserved)
    assert not left, f"left behind: {left}"


@pytest.fixture(scope="session")
def lpips():
    return models.lpips()


@pytest.fixture(scope="session")
def silero():
    return models.silero()


@pytest.fixture(scope="session")
def minilm():
    return models.minilm()
