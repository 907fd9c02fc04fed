#!/usr/bin/env python3
"""Runs the bundles of a checkout of sigstore-conformance through the client in testkit/conformance.

    conformance.py [CHECKOUT]

The checkout is the argument, or what WEIGHTSEAL_SIGSTORE_CONFORMANCE names; the client is the command in
WEIGHTSEAL_CONFORMANCE_BIN (`cargo build -p weightseal-conformance`). Each folder of `test/assets/bundle-verify` is run
twice, with the file and with its digest; a name that ends in `_fail` has to be refused with exit status 1. `--short`
makes no difference, as all of them take seconds. `--list` prints every verdict to stderr.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

IDENTITY = (
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/"
    ".github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main"
)
ISSUER = "https://token.actions.githubusercontent.com"
WHAT = "sigstore-conformance: bundles judged otherwise than the suite says"


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    checkout = words[0] if words else os.environ.get("WEIGHTSEAL_SIGSTORE_CONFORMANCE")
    client = os.environ.get("WEIGHTSEAL_CONFORMANCE_BIN")
    if not checkout:
        return say("not run", None, "no checkout: WEIGHTSEAL_SIGSTORE_CONFORMANCE names none")
    if not client:
        return say("not run", None, "WEIGHTSEAL_CONFORMANCE_BIN does not name the client")
    assets = Path(checkout, "test", "assets", "bundle-verify")
    folders = sorted(path.parent for path in assets.glob("*/bundle.sigstore.json"))
    if not folders:
        return say("not run", None, "the checkout has no bundles in test/assets/bundle-verify")
    runs, by, differ = 0, Counter(), []
    for folder in folders:
        for as_digest in (False, True):
            status, said = run(client.split(), folder, as_digest)
            expected = 1 if folder.name.endswith("_fail") else 0
            runs += 1
            by[said.split(":")[0], "refused" if status else "verified"] += 1
            if "--list" in sys.argv:
                print(f"{folder.name}, {'digest' if as_digest else 'file'}: {said}", file=sys.stderr)
            if status != expected:
                differ.append(folder.name)
                what = f"exit status {status}, not {expected}: {said}"
                print(f"{folder.name}, digest {as_digest}: {what}", file=sys.stderr)
    counts = ", ".join(f"{count} {verdict} by the {who}" for (who, verdict), count in sorted(by.items()))
    print(counts, file=sys.stderr)
    ours = sum(count for (who, _), count in by.items() if who == "adapter")
    found = f"{len(differ)} of {runs} runs of {len(folders)} bundles; {ours} by our adapter, others by the library alone"
    return say(found, not differ and ours > 0)


def run(client, folder, as_digest):
    """Exit status and what was said."""
    artifact = folder / "artifact"
    if not artifact.exists():
        artifact = folder.parent / "a.txt"
    words = [*client, "verify-bundle", "--bundle", str(folder / "bundle.sigstore.json")]
    if (folder / "key.pub").exists():
        words += ["--key", str(folder / "key.pub")]
    else:
        words += ["--certificate-identity", given(folder / "identity", IDENTITY)]
        words += ["--certificate-oidc-issuer", given(folder / "issuer", ISSUER)]
    if (folder / "trusted_root.json").exists():
        words += ["--trusted-root", str(folder / "trusted_root.json")]
    digest = f"sha256:{hashlib.sha256(artifact.read_bytes()).hexdigest()}"
    words.append(digest if as_digest else str(artifact))
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return done.returncode, (done.stdout or done.stderr).strip()


def given(path, default):
    return path.read_text(encoding="utf-8").strip() if path.exists() else default


def say(found, holds, why=None):
    row = {"id": "suites/sigstore-conformance", "what": WHAT, "found": found, "target": "0", "holds": holds}
    print("row: " + json.dumps(row | ({"why": why} if why else {})), flush=True)


if __name__ == "__main__":
    main()
