"""The scoreboard's own honesty: a row that does not come, a program that breaks, and what was not run are never `held`."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "testkit" / "scoreboard"))

import page  # noqa: E402
import run  # noqa: E402
from programs import PROGRAMS, Program  # noqa: E402

ROW = {"id": "area/one", "what": "something", "found": "0 of 7", "target": "0", "holds": True}


def rows_of(text, rows=("area/one",)):
    words = (sys.executable, "-c", text)
    return {row.id: row for row in run.run(Program("area", words, words, rows), True, ROOT, "c0ffee", "2026-01-01", "a machine")}


def says(row):
    return f"print('row: ' + {json.dumps(json.dumps(row))})"


def test_a_row_is_taken_as_it_is():
    rows = rows_of(says(ROW))
    assert list(rows) == ["area/one"]
    assert rows["area/one"].holds is True and rows["area/one"].found == "0 of 7"


def test_a_row_is_found_behind_the_dots_of_a_test_runner():
    assert rows_of("print('...', end='');" + says(ROW))["area/one"].holds is True


@pytest.mark.parametrize(
    "text",
    [
        "pass",
        "import sys; sys.exit(3)",
        "print('row: {')",
        says({**ROW, "holds": "yes"}),
        says({**ROW, "holds": None}),
        says({**ROW, "found": ""}),
        says({"id": "area/one"}),
    ],
)
def test_a_row_that_does_not_come_is_a_miss(text):
    assert rows_of(text)["area/one"].holds is False


def test_a_program_that_breaks_behind_its_rows_is_a_miss():
    rows = rows_of(says(ROW) + "; raise SystemExit(1)")
    assert rows["area/one"].holds is True and rows["area/the-program"].holds is False


def test_a_program_that_hangs_is_ended_with_its_children_and_is_a_miss(monkeypatch):
    monkeypatch.setattr(run, "PATIENCE_SHORT", 1)
    rows = rows_of("import subprocess; subprocess.run(['sleep', '60'])")
    assert "longer than 1 s" in rows["area/the-program"].why and rows["area/one"].holds is False
    assert rows["area/one"].seconds < 30


def test_a_row_that_nobody_expects_is_a_miss():
    assert rows_of(says(ROW), rows=())["area/one"].holds is False


def test_what_was_not_run_is_not_held():
    row = rows_of(says({**ROW, "found": None, "holds": None, "why": "there is no root here"}))["area/one"]
    assert row.holds is None and "not run" in page.table([row])


def test_programs_are_there_and_rows_have_one_program():
    rows = [identity for program in PROGRAMS for identity in program.rows + program.full_rows]
    assert rows and len(rows) == len(set(rows))
    for program in PROGRAMS:
        for words in (program.short, program.full):
            if words and words[0] == "python3":
                assert (ROOT / words[1]).is_file(), words[1]


def test_the_page_is_what_is_kept():
    kept = ROOT / "docs" / "scoreboard"
    assert list(kept.glob("*.json")), "no release has a scoreboard"
    assert (ROOT / "docs" / "scoreboard.md").read_text(encoding="utf-8") == page.markdown(kept)
    for path in kept.glob("*.json"):
        rows = {row["id"]: row for row in json.loads(path.read_text(encoding="utf-8"))["rows"]}
        expected = {identity for program in PROGRAMS for identity in program.expected(False)}
        assert expected <= set(rows), f"run `cargo xtask scoreboard`: there is no {sorted(expected - set(rows))}"
