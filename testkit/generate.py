#!/usr/bin/env python3
"""Makes the test vectors in testkit/vectors and checks each against the reference verifier. See README.md."""

import contextlib
import io
import json
import os
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "python"))

import command  # noqa: E402
import keyring  # noqa: E402
import make_bundle  # noqa: E402
import make_json  # noqa: E402
import make_keys  # noqa: E402
import make_manifest  # noqa: E402
import make_signatures  # noqa: E402
import make_statement  # noqa: E402
import vectors  # noqa: E402


def main():
    keyring.make()
    for group in [make_manifest, make_signatures, make_statement, make_bundle, make_json, make_keys]:
        group.make()
    counts, complaints = Counter(), []
    for path in sorted(vectors.ROOT.glob("*/*/case.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        counts[path.parent.parent.name, "negative" if case["exit"] else "positive"] += 1
        if difference := check(path.parent, case):
            complaints.append(f"{path.parent.relative_to(vectors.ROOT)}: {difference}")
    for (group, kind), count in sorted(counts.items()):
        print(f"{group:10} {kind} {count:4}")
    print("\n".join(complaints) or "the reference verifier agrees with every case that verifies something")
    return bool(complaints)


def check(folder, case):
    """What the reference says otherwise: verdict, code, and that nothing but the intended thing is wrong."""
    if case["args"][0] != "verify" or case["code"] == "usage":
        return None
    output = io.StringIO()
    before = os.getcwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(output):
            status = command.main([*case["args"], "--json"])
    finally:
        os.chdir(before)
    found = json.loads(output.getvalue()) | {"exit": status}
    expected = {name: case[name] for name in ["exit", "verdict", "code", "authenticated"]}
    expected |= {"also": case.get("also", [])} if case["exit"] == 1 else {}
    wrong = {name: (value, found.get(name)) for name, value in expected.items() if found.get(name) != value}
    return f"expected and found {wrong}" if wrong else None


if __name__ == "__main__":
    sys.exit(main())
