#!/usr/bin/env python3
"""Makes the test vectors in testkit/vectors and checks each against the reference verifier. See README.md.

`generate.py oms` makes those for OpenSSF Model Signing only, `generate.py chunks` those with chunk roots only,
`generate.py trust` those with trust stores only, `generate.py pss` those with RSA-PSS made by hand only, and
`generate.py check` makes none.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "python"))

import command  # noqa: E402
import keyring  # noqa: E402
import make_bundle  # noqa: E402
import make_chunks  # noqa: E402
import make_json  # noqa: E402
import make_keys  # noqa: E402
import make_manifest  # noqa: E402
import make_oms  # noqa: E402
import make_oms_certificate  # noqa: E402
import make_oms_chunks  # noqa: E402
import make_oms_folder  # noqa: E402
import make_oms_statement  # noqa: E402
import make_pss  # noqa: E402
import make_ranges  # noqa: E402
import make_signatures  # noqa: E402
import make_statement  # noqa: E402
import make_trust  # noqa: E402
import make_trust_files  # noqa: E402
import make_trust_signers  # noqa: E402
import place  # noqa: E402
import vectors  # noqa: E402

MANIFESTS = [make_manifest, make_signatures, make_statement, make_bundle, make_json, make_keys]
OMS = [make_oms, make_oms_statement, make_oms_folder, make_oms_certificate]
CHUNKS = [make_chunks, make_ranges, make_oms_chunks]
TRUST = [make_trust, make_trust_files, make_trust_signers]
PSS = [make_pss]


def main():
    keyring.make()
    parts = {"oms": OMS, "chunks": CHUNKS, "trust": TRUST, "pss": PSS, "check": []}
    for group in parts.get(" ".join(sys.argv[1:]), MANIFESTS + OMS + CHUNKS + TRUST + PSS):
        group.make()
    counts, complaints = Counter(), []
    for path in sorted(vectors.ROOT.glob("*/*/case.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        counts[path.parent.parent.name, "negative" if case["exit"] else "positive"] += 1
        if difference := check(path.parent, case):
            complaints.append(f"{path.parent.relative_to(vectors.ROOT)}: {difference}")
    for (group, kind), count in sorted(counts.items()):
        print(f"{group:15} {kind} {count:4}")
    print("\n".join(complaints) or "the reference verifier agrees with every case that verifies something")
    return bool(complaints)


def check(folder, case):
    """What the reference says otherwise: verdict, code, and that nothing but the intended thing is wrong."""
    if case["args"][0] != "verify":
        return None
    if case["code"] == "usage":
        return None if folder.parent.name != "trust" or is_usage(case["args"]) else "the arguments make sense"
    output = io.StringIO()
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as away:
        copy = Path(away, "case")
        place.lay_out(folder, case, copy)
        os.chdir(copy)
        try:
            with contextlib.redirect_stdout(output):
                status = command.main([*case["args"], "--json"])
        finally:
            os.chdir(before)
        after = {name: place.contents(copy / name) for name in case.get("after", {})}
    found = json.loads(output.getvalue()) | {"exit": status}
    expected = {name: case[name] for name in ["exit", "verdict", "code", "authenticated"]}
    expected |= {name: case[name] for name in ["beside", "weakened", "checked", "tolerated"] if name in case}
    expected |= {"after": case.get("after", {})}
    found |= {"after": after}
    found |= {"beside": {kind: names for kind, names in found.get("beside", {}).items() if names}}
    expected |= {"also": case.get("also", [])} if case["exit"] == 1 else {}
    wrong = {name: (value, found.get(name)) for name, value in expected.items() if found.get(name) != value}
    return f"expected and found {wrong}" if wrong else None


def is_usage(args):
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            command.parse(args)
        except SystemExit as ended:
            return ended.code == 2
    return False


if __name__ == "__main__":
    sys.exit(main())
