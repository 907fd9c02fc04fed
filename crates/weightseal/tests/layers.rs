//! The layer test: modules use only lower modules, and the silent ones stay away from files, clocks and
//! terminals. It reads the source text, so it also sees code that is compiled out on this machine.
//!
//! Comments and string literals do not count. Test modules obey the same rules as the code they test.

use std::fs;
use std::path::{Path, PathBuf};

use source::{Reference, Source};

#[path = "layers/itself.rs"]
mod itself;
#[path = "layers/source.rs"]
mod source;

/// The modules, lowest level first. Those on one line do not use each other. A new top-level module is
/// added here and to the drawing in ARCHITECTURE.md.
const LEVELS: &[&[&str]] = &[
    &["parallel", "text"],
    &["digest", "json", "time"],
    &["file"],
    &["hash", "key"],
    &["listing"],
    &["envelope"],
    &["format"],
    &["trust"],
    &["sign", "verify"],
    &["inspect", "load", "diff", "renew", "countersign"],
];

/// Modules that take bytes and a time, and find out nothing by themselves.
const SILENT: &[&str] = &["listing", "envelope", "format", "trust"];

/// What no silent module names. A path is forbidden with everything below it.
const FORBIDDEN_IN_SILENT: &[&[&str]] =
    &[&["std", "fs"], &["std", "io"], &["std", "env"], &["std", "net"], &["std", "process"], &["rustix"]];

/// What no module names: surroundings are the caller's business.
const FORBIDDEN: &[&[&str]] = &[&["std", "env"], &["std", "net"]];

/// The wall clock, under whatever path.
const CLOCKS: &[[&str; 2]] = &[["SystemTime", "now"], ["Timestamp", "now"], ["Zoned", "now"]];

/// Macros that write to the terminal.
const PRINTING: &[&str] = &["println", "eprintln", "print", "eprint", "dbg"];

#[test]
fn modules_use_only_lower_modules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(!files.is_empty(), "no source file below `{}`", root.display());
    files.sort();

    let mut violations = Vec::new();
    for path in &files {
        let text = fs::read_to_string(path).expect("a source file is readable UTF-8");
        let relative = path.strip_prefix(&root).expect("it was found below the root");
        for (line, problem) in violations_in(relative, &text) {
            violations.push(format!("src/{}:{line}: {problem}", relative.display()));
        }
    }
    assert!(violations.is_empty(), "the layers are broken:\n{}", violations.join("\n"));
}

#[test]
fn the_library_forbids_unsafe_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let text = fs::read_to_string(path).expect("src/lib.rs is readable");
    assert!(
        text.lines().any(|line| line.trim() == "#![forbid(unsafe_code)]"),
        "src/lib.rs lacks the line #![forbid(unsafe_code)]"
    );
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a source folder is readable") {
        let path = entry.expect("its entries are readable").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Every breach of the rules in one file, with its line; `relative` is its path below `src`.
fn violations_in(relative: &Path, text: &str) -> Vec<(usize, String)> {
    let module = module_path(relative);
    let source = Source::read(text);
    let mut found = Vec::new();
    let own = module.first().map(String::as_str);
    if let Some(own) = own
        && level(own).is_none()
    {
        found.push((1, unknown_module(own)));
        return found;
    }
    for (line, word) in source.words() {
        if word == "unsafe" {
            found.push((line, "unsafe code has no place in this crate".to_owned()));
        }
    }
    for (line, name) in source.macros() {
        if PRINTING.contains(&name) {
            found.push((line, format!("`{name}!` writes to the terminal: return the text instead")));
        }
    }
    for reference in source.references(&module) {
        let line = reference.line;
        found.extend(forbidden_path(own, &reference).map(|problem| (line, problem)));
        if let Some(own) = own {
            found.extend(wrong_level(own, &reference).map(|problem| (line, problem)));
        }
    }
    found
}

/// The path of the module that a file holds: `file/open.rs` is `file::open`, `lib.rs` the empty path.
fn module_path(relative: &Path) -> Vec<String> {
    let mut path: Vec<String> =
        relative.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if path.last().is_some_and(|last| last == "mod") || path == ["lib"] {
        path.pop();
    }
    path
}

fn level(module: &str) -> Option<usize> {
    LEVELS.iter().position(|modules| modules.contains(&module))
}

fn unknown_module(name: &str) -> String {
    format!("`{name}` has no level: add it to LEVELS in tests/layers.rs and to ARCHITECTURE.md")
}

/// Whether a reference through the crate's root reaches a module that is not below `own`.
fn wrong_level(own: &str, reference: &Reference) -> Option<String> {
    if reference.at_root && reference.renamed {
        return Some("the crate's root gets another name, which hides what is used".to_owned());
    }
    let target = reference.from_root.as_deref()?;
    if target == own {
        return None;
    }
    if target == "*" {
        return Some("everything in the crate's root is imported: name the modules".to_owned());
    }
    if !target.starts_with(|c: char| c.is_lowercase()) {
        return Some(format!("`{target}` is taken from the crate's root: name the module that owns it"));
    }
    let Some(theirs) = level(target) else { return Some(unknown_module(target)) };
    if target == "file" && SILENT.contains(&own) {
        return Some(format!("`{own}` takes bytes, it does not use `file`"));
    }
    (level(own) <= Some(theirs)).then(|| format!("`{own}` uses `{target}`, which is not below it"))
}

fn forbidden_path(own: Option<&str>, reference: &Reference) -> Option<String> {
    let silent = own.is_some_and(|own| SILENT.contains(&own));
    let list = if silent { FORBIDDEN_IN_SILENT } else { FORBIDDEN };
    let path = &reference.path;
    if reference.renamed && path == &["std"] {
        return Some("`std` gets another name, which hides what is used".to_owned());
    }
    if let Some(hit) = list.iter().find(|forbidden| begins_with(path, forbidden)) {
        return Some(format!("`{}` is not for this module", hit.join("::")));
    }
    let clock = CLOCKS.iter().find(|clock| path.windows(2).any(|pair| pair == clock.as_slice()))?;
    Some(format!("`{}::{}` asks the wall clock: take the time from the caller", clock[0], clock[1]))
}

/// Whether a path lies at or below a forbidden one; a glob counts as everything it may bring.
fn begins_with(path: &[String], forbidden: &[&str]) -> bool {
    let same = path.iter().zip(forbidden).all(|(part, expected)| part == expected || part == "*");
    same && (path.len() >= forbidden.len() || path.last().is_some_and(|last| last == "*"))
}
