#!/usr/bin/env python3
"""Makes the first inputs of the fuzz targets from the decision table in testkit: `python3 fuzz/seeds.py`.

They go to fuzz/corpus/TARGET, where cargo-fuzz adds what it finds. Needs `pip install cryptography`, as the testkit does.
"""

import hashlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "testkit" / "python"))

import decisions  # noqa: E402


def main():
    for row in decisions.rows():
        put("trust_store", f"{row['expected_name']}\n{decisions.store_text(row)}")
        memory = row["memory"]
        if isinstance(memory, dict):
            put("trust_state", memory.get("text", json.dumps(memory)))


def put(target, text):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    content = text.encode("utf-8")
    (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


main()
