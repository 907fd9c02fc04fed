"""Runs every test vector against the command in WEIGHTSEAL_BIN (several words are allowed): see ../README.md.

The reference itself: WEIGHTSEAL_BIN="python3 testkit/python/command.py" pytest testkit/python/test_vectors.py
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from place import contents, lay_out

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
CASES = sorted(path.parent for path in VECTORS.glob("*/*/case.json"))


def test_there_are_vectors():
    assert len(CASES) > 150


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: str(folder.relative_to(VECTORS)))
def test_vector(folder, command, tmp_path):
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    if command[-1].endswith("command.py") and (case["args"][0] != "verify" or case["code"] == "usage"):
        pytest.skip("the reference only verifies")
    place = tmp_path / "case"  # a copy: some commands write
    lay_out(folder, case, place)
    words = [*command, *case["args"]] + (["--json"] if case["args"][0] == "verify" else [])
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WEIGHTSEAL_")}
    run = subprocess.run(
        words, cwd=place, env=clean | case.get("env", {}), stdin=subprocess.DEVNULL, capture_output=True, timeout=20
    )
    said = run.stdout.decode() + run.stderr.decode()
    assert run.returncode == case["exit"], f"{case['what']}\n{said}"
    if case["args"][0] != "verify" or case["code"] == "usage":
        return
    found = json.loads(run.stdout)
    for name, expected in case.get("after", {}).items():
        assert contents(place / name) == expected, f"{case['what']}\n{said}"
    assert (found["verdict"], found["code"]) == (case["verdict"], case["code"]), f"{case['what']}\n{said}"
    if case["authenticated"] is not None:
        assert found["authenticated"] is case["authenticated"], case["what"]
    if "beside" in case:
        assert {kind: names for kind, names in found["beside"].items() if names} == case["beside"], case["what"]
    if "weakened" in case:
        assert found["weakened"] == case["weakened"], case["what"]
    if case["exit"] == 0 and "--trust" in case["args"]:
        assert tolerated(found) == set(case.get("tolerated", [])), case["what"]
    if "checked" in case:
        assert checked(found) == case["checked"], case["what"]


def tolerated(found):
    """The codes of what was let pass; the reference says the code alone."""
    return {reason if isinstance(reason, str) else reason["code"] for reason in found.get("tolerated") or []}


def checked(found):
    """What was compared, by file; the reference says it by itself."""
    files = {file["name"]: file["checked"] for file in found.get("files", [])} | found.get("checked", {})
    return {name: word for name, word in files.items() if word}
