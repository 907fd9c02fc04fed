"""What the tests of the command share: the command itself."""

import os
import shlex
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def command():
    words = shlex.split(os.environ.get("WEIGHTSEAL_BIN", ""))
    if not words:
        pytest.fail("set WEIGHTSEAL_BIN to the command under test, such as target/release/weightseal")
    return [str(Path(word).resolve()) if os.path.exists(word) else word for word in words]
