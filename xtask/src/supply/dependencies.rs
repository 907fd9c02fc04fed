//! How many packages weightseal is made of, and the limits: a change that adds one has to raise the limit here, with the
//! reason in the root `Cargo.toml` beside the new dependency.

use std::collections::BTreeSet;
use std::fs;

use super::row;
use crate::Failure;
use crate::command::{cargo, root};

/// Our packages, what people call them, and of how many others each may be made.
const LIMITS: [(&str, &str, usize); 3] = [
    ("weightseal-cli", "the command", 142),
    ("weightseal", "the library", 115),
    ("weightseal-python", "the Python extension", 147),
];

/// The platform that is counted for, so that the count is the same on all.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// Prints the row.
pub(crate) fn run() -> Result<(), Failure> {
    let mut found = Vec::new();
    let mut target = Vec::new();
    let mut holds = true;
    for (package, name, limit) in LIMITS {
        let parts = parts(package)?;
        found.push(format!("{name} {}", parts.len()));
        target.push(format!("at most {limit}"));
        holds &= parts.len() <= limit;
        if parts.len() > limit {
            eprintln!("{name} is made of {} packages, where {limit} are allowed:", parts.len());
            eprintln!("  {}", parts.into_iter().collect::<Vec<_>>().join(", "));
        } else if parts.len() < limit {
            eprintln!("{name} is made of {} packages: lower its limit of {limit}", parts.len());
        }
    }
    let python = python_packages()?;
    found.push(format!("Python packages {python}"));
    target.push("0".to_owned());
    holds &= python == 0;
    let what = "packages that each product is made of, beside our own";
    row::print("supply/dependencies", what, &found.join(", "), &target.join(", "), holds);
    Ok(())
}

/// What a package is linked with or expanded by, with versions; not what only its build script or its tests use.
fn parts(package: &str) -> Result<BTreeSet<String>, Failure> {
    let mut tree = cargo(&["tree", "--locked", "--prefix", "none", "--no-dedupe", "--edges", "normal"]);
    tree.args(["--format", "{p}", "--target", PLATFORM, "--package", package]);
    let output = tree.output().map_err(|error| Failure::new("cargo tree", error))?;
    if !output.status.success() {
        return Err(Failure::new("cargo tree", String::from_utf8_lossy(&output.stderr)));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // `serde v1.0.229`, `ctor v0.2.9 (proc-macro)`; our own have their folder in brackets.
    let others = text.lines().filter(|line| !line.is_empty() && !line.contains(" (/"));
    let names = others.map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "));
    Ok(names.collect())
}

/// What pip would install along with the wheel: the list in pyproject.toml.
fn python_packages() -> Result<usize, Failure> {
    let path = root().join("pyproject.toml");
    let text = fs::read_to_string(&path).map_err(|error| Failure::new("pyproject.toml", error))?;
    let after = text.split_once("\ndependencies = [").map(|(_, after)| after);
    let list = after.and_then(|after| after.split_once(']')).map(|(list, _)| list);
    let list = list.ok_or_else(|| Failure::new("pyproject.toml", "it has no list `dependencies`"))?;
    Ok(list.split(',').filter(|entry| !entry.trim().is_empty()).count())
}
