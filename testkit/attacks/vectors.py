"""Runs all vectors of the testkit through the command and through the Python package, and counts.

The command is WEIGHTSEAL_BIN; the package is that of the interpreter WEIGHTSEAL_PYTHON, which needs pytest too. The Rust
library has its own test, crates/weightseal/tests/vectors.rs.
"""

import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def main():
    os.environ["WEIGHTSEAL_BIN"] = str((ROOT / os.environ["WEIGHTSEAL_BIN"]).absolute())
    run("vectors/command", "vectors through the command", sys.executable, "testkit/python", "test_vectors.py")
    package = os.environ.get("WEIGHTSEAL_PYTHON")
    if package is None:
        row("vectors/python", "vectors through the Python package", None, None, why="WEIGHTSEAL_PYTHON is not set")
    else:
        run("vectors/python", "vectors through the Python package", package, "python/tests", "test_python_vectors.py")


def run(identity, what, python, folder, file):
    """Runs one file of tests in its folder; each vector is a test of it."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        words = [python, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", f"--junitxml={report}", file]
        subprocess.run(words, cwd=ROOT / folder, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
        if not report.exists():
            sys.exit(f"pytest wrote no report: {' '.join(words)}")
        suite = xml.parse(report).getroot().find("testsuite")
    counts = {name: int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")}
    wrong = counts["failures"] + counts["errors"]
    ran = counts["tests"] - counts["skipped"]
    row(identity, what, f"{wrong:,} of {ran:,} tests differ", wrong == 0 and ran > 1000)


def row(identity, what, found, holds, why=None):
    target = "0 differ, more than 1,000 run"
    print("row: " + json.dumps({"id": identity, "what": what, "found": found, "target": target, "holds": holds, "why": why}))


main()
