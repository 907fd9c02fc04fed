//! The normative pages say what the code does: their examples are test vectors, and every code has its row.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// The stores of the worked examples decide about real signatures as their tables say.
#[test]
fn the_worked_examples_of_the_trust_page_decide_as_they_say() {
    let page = read("docs/spec/trust.md");
    let (_, examples) = page.split_once("\n## Worked examples\n").expect("worked examples");
    let mut lines = 0;
    for example in examples.split("\n### ").skip(1) {
        let title = example.lines().next().unwrap_or_default();
        let store =
            example.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a store");
        for line in example.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
            let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
            lines += 1;
            assert_eq!(code_with(store, cells[2]), cells[3], "{title}: {}", cells[1]);
        }
    }
    assert!(lines > 25, "only {lines} lines in all tables");
}

/// What the command says of a vector's model with another store in the place of its own.
fn code_with(store: &str, vector: &str) -> String {
    let testkit = root().join("testkit");
    let vector = testkit.join("vectors/trust").join(vector);
    let folder = tempfile::tempdir().expect("a folder");
    copy(&vector, folder.path());
    copy(&testkit.join("decisions/stores/keys"), &folder.path().join("keys"));
    let own = fs::read_to_string(vector.join("trust.toml")).expect("the vector's store");
    let frozen = own.split("frozen = [\"").nth(1).map_or("", |rest| &rest[..64]);
    fs::write(folder.path().join("trust.toml"), store.replace(&"a".repeat(64), frozen)).expect("a store");
    let case = fs::read_to_string(vector.join("case.json")).expect("a case");
    let case: serde_json::Value = serde_json::from_str(&case).expect("the case is JSON");
    let args = case["args"].as_array().expect("arguments").iter().filter_map(serde_json::Value::as_str);
    let output = Command::new(env!("CARGO_BIN_EXE_weightseal"))
        .args(args)
        .arg("--json")
        .current_dir(folder.path())
        .output()
        .expect("the command runs");
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the result is JSON");
    result["code"].as_str().expect("a code").to_owned()
}

/// Copies what is in a folder, without modes: who may write a store is a question of its own.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let from = entry.expect("an entry").path();
        let to = to.join(from.file_name().expect("a name"));
        if from.is_dir() {
            copy(&from, &to);
            continue;
        }
        fs::write(&to, fs::read(&from).expect("a file")).expect("a copy");
    }
}

/// What the pages call a vector of the trust store is one.
#[test]
fn the_vectors_that_pages_name_are_there() {
    let vectors: BTreeSet<String> = fs::read_dir(root().join("testkit/vectors/trust"))
        .expect("the vectors")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    // `threshold-not-met` looks like one and is a code.
    let codes = read("docs/spec/result.md");
    let groups: BTreeSet<&str> = vectors.iter().filter_map(|name| Some(name.split_once('-')?.0)).collect();
    for (page, section) in
        [("docs/spec/trust.md", "\n## Worked examples\n"), ("docs/verified.md", "\n## 14 ")]
    {
        let text = read(page);
        let (_, text) =
            text.split_once(section).unwrap_or_else(|| panic!("{page} has no section {section:?}"));
        let named: Vec<&str> = text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|word| groups.contains(word.split('-').next().unwrap_or_default()) && word.contains('-'))
            .filter(|word| !codes.contains(&format!("| `{word}` |")))
            .collect();
        assert!(named.len() > 20, "{page} names only {named:?}");
        let missing: Vec<_> = named.iter().filter(|name| !vectors.contains(**name)).collect();
        assert!(missing.is_empty(), "{page}: no vectors {missing:?}");
    }
}

/// What the page says of attacks on a trust store is what the vectors expect.
#[test]
fn the_attacks_that_the_page_lists_have_the_codes_of_their_vectors() {
    let page = read("docs/verified.md");
    let (_, attacks) = page.split_once("\n## 15 ").expect("the attacks");
    let mut vectors = 0;
    for row in attacks.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        assert_eq!(cells.len(), 4, "{row}");
        let words =
            |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
        let mut found = BTreeSet::new();
        for vector in words(cells[3]) {
            let case = read(&format!("testkit/vectors/trust/{vector}/case.json"));
            let case: serde_json::Value = serde_json::from_str(&case).expect("the case is JSON");
            found.insert(case["code"].as_str().expect("a code").to_owned());
            vectors += 1;
        }
        assert_eq!(words(cells[2]), found, "{row}");
    }
    assert!(vectors > 50, "only {vectors} vectors in the table");
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
