//! Every test vector of `testkit/vectors` through the library alone, in one process: verdict, code, every further reason,
//! and what is reported about files. The command has the same vectors in `testkit/python/test_vectors.py`.
//!
//! It prints rows of the scoreboard: `cargo test --test vectors -- --nocapture`.

#![cfg(unix)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "rows are read by the scoreboard, misses by people"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

#[path = "vectors/call.rs"]
mod call;
#[path = "vectors/place.rs"]
mod place;

/// Cases that only the command can have, by the reason: a case more has to be added here by hand.
const LEFT_OUT: [(&str, usize); 3] = [
    ("arguments that exclude each other", 6),
    ("the command asks for more", 2),
    ("the text of an argument", 6),
];

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testkit/vectors")
}

/// The folders with a case, sorted.
fn cases() -> Vec<PathBuf> {
    let below = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
    };
    let groups = below(&vectors()).into_iter().filter(|group| group.is_dir());
    let mut cases: Vec<PathBuf> = groups.flat_map(|group| below(&group)).collect();
    cases.retain(|case| case.join("case.json").is_file());
    cases.sort();
    cases
}

fn read(case: &Path) -> Value {
    serde_json::from_slice(&fs::read(case.join("case.json")).expect("read")).expect("JSON")
}

/// What is unlike the case, in words; or why only the command can have it.
enum Told {
    Differences(Vec<String>),
    LeftOut(&'static str),
}

fn run(folder: &Path) -> Told {
    let case = read(folder);
    let keep = tempfile::tempdir().expect("a folder");
    let at = keep.path().join("case");
    place::lay_out(folder, &case, &at);
    let arguments: Vec<&str> =
        case["args"].as_array().expect("arguments").iter().map(|word| word.as_str().expect("text")).collect();
    match call::call(&at, &arguments, case["env"]["WEIGHTSEAL_PASSPHRASE"].as_str()) {
        Err(why) => Told::LeftOut(why),
        Ok(answer) => Told::Differences(compare(&case, &answer, &at)),
    }
}

fn compare(case: &Value, answer: &call::Answer, at: &Path) -> Vec<String> {
    let mut differences = Vec::new();
    let mut same = |what: &str, expected: &Value, found: Value| {
        if *expected != found {
            differences.push(format!("{what}: {expected} expected, {found} found"));
        }
    };
    same("exit", &case["exit"], json!(answer.exit));
    if case["args"][0] == "verify" || answer.exit != 0 {
        same("verdict", &case["verdict"], json!(answer.verdict));
        same("code", &case["code"], json!(answer.code));
    }
    let names = |list: Option<&Value>| -> Vec<Value> {
        let mut names = list.and_then(Value::as_array).cloned().unwrap_or_default();
        names.sort_by_key(Value::to_string);
        names.dedup();
        names
    };
    if answer.exit == 1 {
        let mut expected = names(case.get("also"));
        expected.push(case["code"].clone());
        same("all reasons", &json!(names(Some(&json!(expected)))), json!(answer.reasons));
    }
    if answer.exit != 0 || case["args"][0] != "verify" {
        return differences;
    }
    if !case["authenticated"].is_null() {
        same("authenticated", &case["authenticated"], json!(answer.authenticated));
    }
    same("tolerated", &json!(names(case.get("tolerated"))), json!(answer.reasons));
    for (field, found) in
        [("beside", &answer.beside), ("weakened", &answer.weakened), ("checked", &answer.checked)]
    {
        if let Some(expected) = case.get(field) {
            same(field, expected, found.clone());
        }
    }
    for (name, expected) in case.get("after").and_then(Value::as_object).into_iter().flatten() {
        let found = fs::read(at.join(name)).ok();
        let found = found.map_or(Value::Null, |text| serde_json::from_slice(&text).expect("JSON"));
        same(name, expected, found);
    }
    differences
}

#[test]
fn the_library_answers_as_each_vector_says() {
    let cases = cases();
    let next = AtomicUsize::new(0);
    let told = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let answer = run(case);
                    told.lock().expect("no panic elsewhere").push((case, answer));
                }
            });
        }
    });
    let (mut ran, mut differ, mut left_out) = (0, 0, BTreeMap::<&str, usize>::new());
    let told = told.into_inner().expect("no panic elsewhere");
    assert_eq!(told.len(), cases.len());
    for (case, told) in told {
        match told {
            Told::LeftOut(why) => *left_out.entry(why).or_default() += 1,
            Told::Differences(differences) => {
                ran += 1;
                differ += usize::from(!differences.is_empty());
                let name = case.strip_prefix(vectors()).expect("below").display();
                differences.iter().for_each(|difference| eprintln!("{name}: {difference}"));
            }
        }
    }
    let why: Vec<String> = left_out.iter().map(|(why, count)| format!("{count} for {why}")).collect();
    let count: usize = left_out.values().sum();
    let row = json!({
        "id": "vectors/library",
        "what": "test vectors through the library alone: verdict, code, every reason, what is reported of files",
        "found": format!("{differ} of {ran} differ; {count} of the command alone left out ({})", why.join(", ")),
        "target": "0 differ",
        "holds": differ == 0,
    });
    // On a line of its own, whatever the test harness has begun.
    println!("\nrow: {row}");
    assert_eq!(differ, 0, "differences stand above");
    assert_eq!(left_out, BTreeMap::from(LEFT_OUT));
}

#[test]
fn most_vectors_are_negative() {
    let cases = cases();
    let negative = cases.iter().filter(|case| read(case)["exit"] != 0).count();
    let per_cent = negative * 100 / cases.len();
    let row = json!({
        "id": "vectors/negative",
        "what": "test vectors, and how many of them must not be accepted",
        "found": format!("{}, {per_cent} % negative", cases.len()),
        "target": ">= 300, >= 80 % negative",
        "holds": cases.len() >= 300 && negative * 100 >= cases.len() * 80,
    });
    println!("\nrow: {row}");
    // Four in five, as testkit/README.md says.
    assert!(cases.len() >= 300 && negative * 100 >= cases.len() * 80);
}
