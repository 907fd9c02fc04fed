"""Trust stores, signatures and questions drawn at random: the command decides as the second implementation does."""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

import decisions
import make_trust
import random_trust
import vectors

CASES = int(os.environ.get("WEIGHTSEAL_RANDOM_CASES", "200"))
FROM = int(os.environ.get("WEIGHTSEAL_RANDOM_FROM", "0"))


@pytest.mark.parametrize("seed", range(FROM, FROM + CASES))
def test_random(seed, command, tmp_path):
    row = random_trust.draw(seed)
    files, words, known = make_trust.build(row | {"at": row["at"] or ""})
    lay_out(tmp_path, files)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WEIGHTSEAL_")}
    run = subprocess.run([*command, *words, "--json"], cwd=tmp_path, env=clean, capture_output=True, timeout=20)
    found = json.loads(run.stdout)
    expected = decisions.judge(row | {"at": row["at"] or datetime.now(UTC).isoformat()})
    story = f"{row['text']}\n{json.dumps(row, indent=2)}\n{run.stdout.decode()}\n{expected}"
    assert (found["verdict"], found["code"]) == (expected.verdict, expected.code), story
    assert codes(found.get("tolerated")) == (set(expected.tolerated) if run.returncode == 0 else set()), story
    if run.returncode == 1:
        others = codes(found["reasons"][1:]) if "reasons" in found else codes(found["also"])
        assert others | {found["code"]} == {expected.code, *expected.also}, story
    if row["memory"] is not None:
        assert state_after(tmp_path) == state_expected(row, expected, known), story


def lay_out(folder, files):
    for name, content in files.items():
        path = Path(folder, name)
        if content is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(vectors.text(content) if isinstance(content, dict) else content)


def codes(reasons):
    """The reference says the codes alone."""
    return {reason if isinstance(reason, str) else reason["code"] for reason in reasons or []}


def state_after(folder):
    path = folder / "state.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def state_expected(row, expected, known):
    state = expected.remembers or (row["memory"] if row["memory"] != "new" else None)
    return json.loads(make_trust.replaced(json.dumps(state), known))
