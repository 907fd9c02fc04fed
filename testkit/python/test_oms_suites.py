"""Runs public suites of OMS signatures that lie outside the repository: see `oms_suites.py` in the folder above."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_public_suites(command):
    folders = os.environ.get("WEIGHTSEAL_OMS_SUITES", "")
    if not folders:
        pytest.skip("NOT TESTED: WEIGHTSEAL_OMS_SUITES has to be folders with public suites of OMS signatures")
    script = Path(__file__).parents[1] / "oms_suites.py"
    run = subprocess.run([sys.executable, "-B", str(script)], capture_output=True, text=True, timeout=500)
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr
