"""Writes the licences and notices of everything that is linked into one of our packages: they have to go along with it.

usage: python3 testkit/notices.py PACKAGE PLATFORM OUTPUT

The texts are those in the source of each crate, as downloaded, and each stands there once, under the crates that have it.
A crate without any such file is listed with its licence's name; its text then stands under others. Standard library only.
"""

import json
import pathlib
import sys

from sbom import cargo, in_tree

# As authors call such files; and what is no such file all the same.
PREFIXES = ("license", "licence", "copying", "copyright", "notice", "unlicense")
CODE = {".rs", ".c", ".h", ".py", ".toml", ".go", ".json"}
RULE = "=" * 100
INTRODUCTION = """\
This product contains the Rust standard library (MIT OR Apache-2.0) and the following crates.
Their licences and notices follow."""


def main() -> None:
    package, platform, output = sys.argv[1:]
    linked = in_tree(package, platform, "normal")
    metadata = json.loads(cargo("metadata", "--locked", "--format-version", "1", "--filter-platform", platform))
    crates = [entry for entry in metadata["packages"] if (entry["name"], entry["version"]) in linked and entry["source"]]
    crates.sort(key=lambda entry: (entry["name"], entry["version"]))

    owners: dict[str, list[str]] = {}
    listed = []
    for crate in crates:
        name = f"{crate['name']} {crate['version']}"
        texts = texts_of(pathlib.Path(crate["manifest_path"]).parent)
        listed.append(f"{name}: {crate['license']}" + ("" if texts else " (its source has no such file)"))
        for text in texts:
            owners.setdefault(text, []).append(name)
    assert listed, "nothing is linked"
    parts = [INTRODUCTION, "\n".join(listed)]
    for text, names in owners.items():
        parts.append(f"{RULE}\n{', '.join(names)}\n{RULE}\n\n{text}")
    pathlib.Path(output).write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print(f"{output}: {len(listed)} crates, {len(owners)} texts")


def texts_of(folder: pathlib.Path) -> list[str]:
    """The texts of a crate and of what it holds of others, without differences in spaces at line ends."""
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if any(part.lower().startswith(PREFIXES) for part in path.relative_to(folder).parts)
        and path.suffix.lower() not in CODE
        and path.is_file()
    ]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in found]
    lines = ["\n".join(line.rstrip() for line in text.splitlines()).strip("\n") for text in texts]
    return list(dict.fromkeys(text for text in lines if text))


if __name__ == "__main__":
    main()
