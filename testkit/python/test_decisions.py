"""The second implementation decides every row of the decision table as the table says."""

import pytest

import decisions

ROWS = decisions.rows()


def test_there_are_rows():
    refused = [row for row in ROWS if row["verdict"] in ("rejected", "inconclusive")]
    assert len(ROWS) > 300 and len(refused) > len(ROWS) / 2


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_row(row):
    found = decisions.judge(row)
    assert (found.verdict, found.code) == (row["verdict"], row["code"]), f"{row['what']} {found}"
    assert found.also == row["also"], row["what"]
    assert found.tolerated == row["tolerated"], row["what"]
    if found.remembers is not None:
        assert found.remembers == row["remembers"], row["what"]
