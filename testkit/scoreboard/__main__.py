"""`cargo xtask scoreboard`: runs all attacks, prints a table, and keeps it for the release.

Needs the environment that the chore prepares: WEIGHTSEAL_BIN, the release build of the command; WEIGHTSEAL_PYTHON, a Python
with the package; and this Python with `pip install cryptography pytest`.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import page  # noqa: E402
import run  # noqa: E402
from programs import PROGRAMS  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ROOT / "docs" / "scoreboard"
PAGE = ROOT / "docs" / "scoreboard.md"


def main():
    areas = sorted({program.area for program in PROGRAMS})
    parser = argparse.ArgumentParser(prog="cargo xtask scoreboard", description="Runs all attacks, and says what held.")
    parser.add_argument("--short", action="store_true", help="the smaller form, within minutes; nothing is kept")
    parser.add_argument("--only", metavar="AREA", action="append", choices=areas, help=f"one of: {', '.join(areas)}; repeatable")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the rows of this run there, too")
    parser.add_argument("--page", action="store_true", help="write docs/scoreboard.md anew from what is kept, and run nothing")
    options = parser.parse_args()
    if options.page:
        keep([])
        return 0
    if "WEIGHTSEAL_BIN" not in os.environ:
        parser.error("WEIGHTSEAL_BIN is not set: run `cargo xtask scoreboard`")
    os.environ["WEIGHTSEAL_BIN"] = str((ROOT / os.environ["WEIGHTSEAL_BIN"]).absolute())
    rows = attack(options)
    print(f"\n{page.table(rows)}\n\n{page.summary(rows)}")
    if options.json:
        options.json.write_text(json.dumps(run.as_json(rows), indent=2) + "\n", encoding="utf-8")
    if not options.short:
        keep(rows)
    return 1 if any(row.holds is False for row in rows) else 0


def attack(options):
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    # What is written by this program itself does not count as a change.
    changed = git("status", "--porcelain", "--", ".", ":!docs/scoreboard", ":!docs/scoreboard.md")
    commit = git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")
    rows = []
    for program in PROGRAMS:
        wanted = not options.only or program.area in options.only
        if wanted and program.words(options.short):
            rows += run.run(program, options.short, ROOT, commit, today, page.machine())
    return rows


def git(*words):
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def keep(rows):
    """Puts the rows among those of this version, in the place of older ones of the same programs."""
    version = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["version"]
    KEPT.mkdir(exist_ok=True)
    path = KEPT / f"{version}.json"
    kept = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    new = run.as_json(rows)
    repeated, fresh = {row["repeat"] for row in new}, {row["id"] for row in new}
    listed = {identity for program in PROGRAMS for identity in program.expected(False)}
    kept = [row for row in kept if row["id"] in listed and row["id"] not in fresh and row["repeat"] not in repeated]
    order = {identity: at for at, identity in enumerate(i for program in PROGRAMS for i in program.expected(False))}
    there = {row["id"] for row in kept + new}
    owed = [row for program in PROGRAMS for row in run.not_yet_run(program) if row.id not in there]
    everything = sorted(kept + new + run.as_json(owed), key=lambda row: order.get(row["id"], len(order)))
    whole = {"version": version, "rows": everything}
    path.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page.markdown(KEPT), encoding="utf-8")
    print(f"kept: {path.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")


sys.exit(main())
