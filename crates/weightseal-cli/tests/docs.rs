//! The normative pages say what the code does: their example is a test vector, and every code has its row.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_example_of_the_manifest_page_is_a_vector() {
    let page = read("docs/spec/manifest.md");
    let block = page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let example: serde_json::Value = serde_json::from_str(block).expect("the example is JSON");
    let vector = read("testkit/vectors/manifest/ok-rsa2048/model.manifest.json");
    let vector: serde_json::Value = serde_json::from_str(&vector).expect("the vector is JSON");
    assert_eq!(example, vector);
}

#[test]
fn every_code_has_a_row_in_the_result_page() {
    let page = read("docs/spec/result.md");
    let mut codes = BTreeSet::new();
    for folder in ["crates/weightseal/src", "crates/weightseal-cli/src"] {
        collect(&root().join(folder), &mut codes);
    }
    assert!(codes.len() > 55, "only {} codes found: {codes:?}", codes.len());
    let missing: Vec<_> = codes.iter().filter(|code| !page.contains(&format!("| `{code}` |"))).collect();
    assert!(missing.is_empty(), "docs/spec/result.md has no row for {missing:?}");
}

/// The texts in the bodies of `fn code`, and those given for a field `code`.
fn collect(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, codes);
            continue;
        }
        let source = fs::read_to_string(&path).expect("source text");
        for body in source.split("fn code(&self) -> &'static str {").skip(1) {
            let body = body.split("\n    }\n").next().unwrap_or_default();
            codes.extend(body.split('"').skip(1).step_by(2).map(str::to_owned));
        }
        for rest in source.split("code: \"").skip(1) {
            codes.extend(rest.split('"').next().map(str::to_owned));
        }
    }
}
