"""Writes the scoreboard: as a table for the terminal, as JSON, and as docs/scoreboard.md."""

import json
import os
import platform
from pathlib import Path

from run import HOLDS

HEAD = """# The scoreboard

How weightseal was attacked, and what came of it. Each row has a figure, the target that it has to meet, and the command
that repeats it from the root of a checkout, after `cargo build --release -p weightseal-cli` and
`export WEIGHTSEAL_BIN=$PWD/target/release/weightseal`. Some rows need more: `WEIGHTSEAL_PYTHON`, a Python that has the package;
`pip install cryptography cryptography_vectors pytest`; `WEIGHTSEAL_VECTORS` and the other variables of
[testkit/README.md](../testkit/README.md); strace, gcc, root rights. `cargo xtask scoreboard --only AREA` prepares the Python
environments by itself.

`cargo xtask scoreboard` runs everything, for hours, and writes this page and the JSON files in `docs/scoreboard/`, one for
each release. `cargo xtask scoreboard --short` runs a smaller form within minutes, as `cargo xtask test` does, and exits with 1
when a row misses its target. `--only AREA` runs one area. *Not run* is not *held*: the row says why.

A *wrong outcome* is a success for bytes that were not signed, a program that hangs, or an answer that does not fit what was
done. Words in brackets are verdicts and codes of [spec/result.md](spec/result.md), with how often each came.
"""


def machine():
    """The machine in words, without its name."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else ""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel = platform.release().partition("-")[0]
    cores = os.cpu_count()
    return f"{cores} cores{f' ({model})' if model else ''}, {memory:.0f} GiB, {platform.system()} {kernel}"


def table(rows):
    """For a terminal: one row, one line, and why below it."""
    width = max((len(row.id) for row in rows), default=0)
    lines = []
    for row in rows:
        lines.append(f"{HOLDS[row.holds]:<8} {row.id:<{width}}  {row.found}  (target: {row.target})")
        if row.holds is not True and row.why:
            lines.append(f"{'':<8} {'':<{width}}  {row.why}")
    return "\n".join(lines)


def summary(rows):
    counts = {word: sum(1 for row in rows if HOLDS[row.holds] == word) for word in HOLDS.values()}
    return f"{len(rows)} rows: {counts['held']} held, {counts['MISSED']} missed, {counts['not run']} not run"


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def markdown(folder):
    """The page, made of the JSON files in a folder, the newest release first."""
    parts = [HEAD]
    releases = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    for release in sorted(releases, key=lambda release: numbers(release["version"]), reverse=True):
        rows = release["rows"]
        held = sum(1 for row in rows if row["holds"] is True)
        machines = "; ".join(dict.fromkeys(row["machine"] for row in rows if row["machine"]))
        parts.append(f"## {release['version']}\n\n{machines}. {len(rows)} rows, {held} held.\n")
        for area in dict.fromkeys(row["id"].partition("/")[0] for row in rows):
            parts.append(f"### {area}\n\n| row | found | target | |\n|---|---|---|---|")
            here = [row for row in rows if row["id"].partition("/")[0] == area]
            for row in here:
                what = f"`{row['id'].partition('/')[2]}`: {row['what']}"
                verdict = HOLDS[row["holds"]] + (f": {row['why']}" if row["why"] and row["holds"] is not True else "")
                parts.append("| " + " | ".join(cell(text) for text in (what, row["found"], row["target"], verdict)) + " |")
            parts.append("")
            for repeat in dict.fromkeys(row["repeat"] for row in here):
                row = next(row for row in here if row["repeat"] == repeat)
                when = f"{row['seconds']:.0f} s, {row['date']}, commit {row['commit']}" if row["machine"] else "not run for this version"
                parts.append(f"- `{repeat}`: {when}")
            parts.append("")
    return "\n".join(parts).rstrip("\n") + "\n"


def numbers(version):
    return [int(part) if part.isdigit() else 0 for part in version.replace("-", ".").split(".")]
