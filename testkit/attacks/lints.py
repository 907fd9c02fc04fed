"""Counts the places in the source that could end a program by a panic, and sees that no other can come in unnoticed.

Clippy refuses every other place, since the lints below are on in each crate that reads what others wrote, and warnings are
errors in `cargo xtask test`. Each exception is an `#[expect(...)]` with a reason, next to the code.
"""

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CRATES = ("crates/weightseal", "crates/weightseal-cli", "python")
LINTS = ("expect_used", "get_unwrap", "indexing_slicing", "panic", "string_slice", "unreachable")
# Modules that take others' bytes apart: their arithmetic is watched, too.
PARSERS = ("digest/mod.rs", "json.rs", "key/mod.rs", "text.rs", "time.rs", "listing/mod.rs", "envelope/mod.rs", "format/mod.rs", "trust/mod.rs")
WATCHED = (*LINTS, "arithmetic_side_effects", "unwrap_used")


def main():
    missing = []
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    if manifest["workspace"]["lints"]["clippy"].get("unwrap_used") != "warn":
        missing.append("unwrap_used in Cargo.toml")
    if manifest["profile"]["release"].get("overflow-checks") is not True:
        missing.append("overflow-checks of the release build")
    justified, without_reason = 0, []
    for crate in CRATES:
        # Lints are switched on before the first module, in one attribute.
        head = (ROOT / crate / "src/lib.rs").read_text(encoding="utf-8").partition("mod ")[0]
        missing += [f"{lint} in {crate}" for lint in LINTS if f"clippy::{lint}" not in head]
        for path in sorted((ROOT / crate / "src").rglob("*.rs")):
            for attribute in re.findall(r"#!?\[(?:expect|allow)\((.*?)\)\]", path.read_text(encoding="utf-8"), re.DOTALL):
                if any(f"clippy::{lint}" in attribute for lint in WATCHED):
                    justified += 1
                    if not re.search(r'reason\s*=\s*"[^"]{10,}', attribute):
                        without_reason.append(str(path.relative_to(ROOT)))
    for module in PARSERS:
        text = (ROOT / "crates/weightseal/src" / module).read_text(encoding="utf-8")
        if "warn(clippy::arithmetic_side_effects)" not in text:
            missing.append(f"arithmetic_side_effects in {module}")
    found = f"{justified} exceptions, {len(without_reason)} without a reason, {len(missing)} lints off"
    if missing or without_reason:
        found += ": " + ", ".join(missing + without_reason)
    row = {
        "id": "panics/lints",
        "what": "functions and files that may index, expect or overflow, against lints that refuse it",
        "found": found,
        "target": "every exception has its reason, no lint is off",
        "holds": not missing and not without_reason and justified > 0,
    }
    print("row: " + json.dumps(row))


main()
