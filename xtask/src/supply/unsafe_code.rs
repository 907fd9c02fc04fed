//! Where our own code says `unsafe`: only where CONTRIBUTING.md allows it. That each block has a SAFETY comment is a lint of
//! clippy's, which has to be switched on there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::row;
use crate::Failure;
use crate::command::root;

#[path = "../../../crates/weightseal/tests/layers/source.rs"]
#[expect(dead_code, reason = "the layer test uses the rest")]
mod source;

/// Where unsafe code may be.
const ALLOWED: [&str; 2] = ["crates/sha256-mb/src/kernels", "python/src/buffer.rs"];
/// The manifests of their crates.
const MANIFESTS: [&str; 2] = ["crates/sha256-mb/Cargo.toml", "python/Cargo.toml"];
const LINT: &str = "undocumented_unsafe_blocks = \"deny\"";

/// Our Rust code, tests and tools included.
const CODE: [&str; 5] = ["crates", "python", "xtask", "fuzz", "testkit"];

/// Prints the row.
pub(crate) fn run() -> Result<(), Failure> {
    let mut files = Vec::new();
    for folder in CODE {
        rust_files(&root().join(folder), &mut files)?;
    }
    files.sort();
    let mut allowed: BTreeMap<&str, usize> = ALLOWED.iter().map(|place| (*place, 0)).collect();
    let mut elsewhere = 0;
    for file in &files {
        let text = fs::read_to_string(file).map_err(|error| about(file, error))?;
        let lines = lines_with_unsafe(&text);
        let name = file.strip_prefix(root()).unwrap_or(file);
        match ALLOWED.iter().find(|place| name.starts_with(place)) {
            Some(place) => *allowed.entry(place).or_default() += lines.len(),
            None => {
                elsewhere += lines.len();
                lines.iter().for_each(|line| eprintln!("unsafe: {}:{line}", name.display()));
            }
        }
    }
    let mut checked = true;
    for manifest in MANIFESTS {
        let path = root().join(manifest);
        let text = fs::read_to_string(&path).map_err(|error| about(&path, error))?;
        if !text.contains(LINT) {
            eprintln!("{manifest} does not have the lint {LINT}");
            checked = false;
        }
    }
    let places: Vec<String> = allowed.iter().map(|(place, count)| format!("{count} in {place}")).collect();
    let comments =
        if checked { "clippy demands a SAFETY comment" } else { "clippy does not demand a SAFETY comment" };
    let found = format!("{elsewhere} in {} files; {}, where {comments}", files.len(), places.join(", "));
    let what = "places that say `unsafe` outside the SIMD kernels and the Python buffer protocol";
    row::print("supply/unsafe", what, &found, "0", elsewhere == 0 && checked);
    Ok(())
}

/// Where it is said in code: not in comments, strings or the names of lints.
fn lines_with_unsafe(text: &str) -> Vec<usize> {
    let source = source::Source::read(text);
    source.words().filter(|(_, word)| *word == "unsafe").map(|(line, _)| line).collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(|error| about(folder, error))? {
        let entry = entry.map_err(|error| about(folder, error))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(|error| about(&path, error))?;
        if kind.is_dir() && entry.file_name() != "target" {
            rust_files(&path, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

fn about(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(format!("`{}`", path.display()), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_counts() {
        let text = "// unsafe { }\n#![forbid(unsafe_code)]\nlet a = \"unsafe\"; /* unsafe */\n\
                    unsafe fn b() {}\nlet c = unsafe{ b() };\n#[unsafe(no_mangle)]\nunsafe impl Send for D {}\n";
        assert_eq!(lines_with_unsafe(text), [4, 5, 6, 7]);
    }
}
