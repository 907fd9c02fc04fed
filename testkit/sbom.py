"""Writes a software bill of materials of one of our packages: CycloneDX 1.6, JSON.

usage: python3 testkit/sbom.py PACKAGE PLATFORM FILE OUTPUT

PACKAGE is the cargo package, FILE what was built of it: its name and SHA-256 are in the bill. Which packages are in it says
`cargo tree`, so features that only tests switch on add none. What they are says `cargo metadata`, and which files they came
as says Cargo.lock. The same source and SOURCE_DATE_EPOCH give the same bytes. Standard library only; nothing is downloaded.
"""

import datetime
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tomllib
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def main() -> None:
    package, platform, built, output = sys.argv[1:]
    bill = bill_of(package, platform, pathlib.Path(built))
    check(bill)
    pathlib.Path(output).write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{output}: {len(bill['components'])} components")


def bill_of(package: str, platform: str, built: pathlib.Path) -> dict:
    linked = in_tree(package, platform, "normal")
    used = in_tree(package, platform, "normal,build")
    metadata = json.loads(cargo("metadata", "--locked", "--format-version", "1", "--filter-platform", platform))
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))
    checksums = {(entry["name"], entry["version"]): entry.get("checksum") for entry in lock["package"]}
    packages = {entry["id"]: entry for entry in metadata["packages"]}
    packages = {id: entry for id, entry in packages.items() if (entry["name"], entry["version"]) in used}

    product = next(entry for entry in packages.values() if entry["name"] == package)
    components = [
        component(entry, checksums, (entry["name"], entry["version"]) in linked)
        for entry in packages.values()
        if entry is not product
    ]
    dependencies = [
        {"ref": purl(packages[node["id"]]), "dependsOn": sorted(needed(node, packages))}
        for node in metadata["resolve"]["nodes"]
        if node["id"] in packages
    ]
    described = component(product, checksums, True) | {
        "type": "application",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(built.read_bytes()).hexdigest()}],
        "properties": [{"name": "weightseal:file", "value": built.name}, {"name": "weightseal:platform", "value": platform}],
    }
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": timestamp(),
            "component": described,
            "tools": {"components": [{"type": "application", "name": "weightseal testkit/sbom.py"}]},
        },
        "components": sorted(components, key=lambda component: component["bom-ref"]),
        "dependencies": sorted(dependencies, key=lambda dependency: dependency["ref"]),
    }
    # A number that is the same for the same content.
    content = json.dumps(bill, sort_keys=True)
    bill["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, content).urn
    return bill


def in_tree(package: str, platform: str, edges: str) -> set[tuple[str, str]]:
    """The packages that a build uses, by name and version."""
    arguments = ["--prefix", "none", "--no-dedupe", "--format", "{p}", "--edges", edges, "--target", platform]
    lines = cargo("tree", "--locked", "--package", package, *arguments).splitlines()
    words = [line.split() for line in lines if line]
    return {(name, version.removeprefix("v")) for name, version, *_ in words}


def component(package: dict, checksums: dict, linked: bool) -> dict:
    described = {
        "type": "library",
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        "purl": purl(package),
        # `excluded`: only build scripts use it, it is not in the product.
        "scope": "required" if linked else "excluded",
    }
    if package["license"]:
        # Old manifests separate alternatives by a slash, which SPDX does not know.
        expression = package["license"].replace(" / ", " OR ").replace("/", " OR ")
        described["licenses"] = [{"expression": expression}]
    if package["description"]:
        described["description"] = " ".join(package["description"].split())
    if package["repository"]:
        described["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    if checksum := checksums[package["name"], package["version"]]:
        # Of the file that the registry delivers.
        described["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return described


def needed(node: dict, packages: dict) -> set[str]:
    """What a package needs, without what only its tests need."""
    return {
        purl(packages[dependency["pkg"]])
        for dependency in node["deps"]
        if dependency["pkg"] in packages and any(kind["kind"] != "dev" for kind in dependency["dep_kinds"])
    }


def purl(package: dict) -> str:
    # `+` separates build metadata and has to be written in hexadecimal digits.
    return f"pkg:cargo/{package['name']}@{package['version'].replace('+', '%2B')}"


def timestamp() -> str:
    seconds = int(os.environ["SOURCE_DATE_EPOCH"])
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def check(bill: dict) -> None:
    """What the schema of CycloneDX does not ask for."""
    components = [bill["metadata"]["component"], *bill["components"]]
    refs = [component["bom-ref"] for component in components]
    assert len(set(refs)) == len(refs), "a component is there twice"
    ours = {"weightseal", "weightseal-cli", "weightseal-python", "sha256-mb"}
    for component in components:
        assert component.get("licenses"), f"{component['bom-ref']} has no licence"
        assert component["name"] in ours or component.get("hashes"), f"{component['bom-ref']} has no digest"
    edges = {dependency["ref"]: dependency["dependsOn"] for dependency in bill["dependencies"]}
    assert set(edges) == set(refs), "the graph has other packages than the list"
    reached, left = set(), [bill["metadata"]["component"]["bom-ref"]]
    while left:
        ref = left.pop()
        if ref not in reached:
            reached.add(ref)
            left.extend(edges[ref])
    assert reached == set(refs), f"nothing needs {sorted(set(refs) - reached)}"


def cargo(*arguments: str) -> str:
    command = [os.environ.get("CARGO", "cargo"), *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
