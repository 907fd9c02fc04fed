//! Tests of OMS statements: what was written is read back, and what differs from the specification is refused.

use serde_json::{Value, json};

use super::oms::{OmsForm, OmsStatement};
use super::oms_write::{ShardDialect, reference_root_of};
use super::statement::MAX_ENTRIES;
use crate::digest::Digest;

fn root(digests: &[&str]) -> String {
    let bytes: Vec<u8> = digests.iter().flat_map(|digest| hex::decode(digest).expect("hex")).collect();
    Digest::of(&bytes).to_string()
}

fn digest(text: &str) -> String {
    Digest::of(text.as_bytes()).to_string()
}

/// A statement over these entries: name, digest, algorithm.
fn statement(serialization: Value, entries: &[(&str, &str, &str)]) -> Value {
    let digests: Vec<&str> = entries.iter().map(|(_, digest, _)| *digest).collect();
    let resources: Vec<Value> = entries
        .iter()
        .map(|(name, digest, algorithm)| json!({"name": name, "digest": digest, "algorithm": algorithm}))
        .collect();
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "model", "digest": {"sha256": root(&digests)}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {"serialization": serialization, "resources": resources},
    })
}

fn files() -> Value {
    json!({"method": "files", "hash_type": "sha256", "allow_symlinks": false})
}

fn shards(size: Value) -> Value {
    json!({"method": "shards", "hash_type": "sha256", "allow_symlinks": false, "shard_size": size})
}

fn parse(value: &Value) -> Result<OmsStatement, &'static str> {
    OmsStatement::parse(value.to_string().as_bytes(), MAX_ENTRIES).map_err(|fault| fault.code())
}

#[test]
fn either_order_is_read_and_the_root_is_that_of_the_list() {
    let (a, b, c) = (digest("a"), digest("b"), digest("c"));
    // `a-b` stands before `a/b` as text, and behind it component by component.
    for names in [["a-b", "a/b", "c"], ["a/b", "a-b", "c"]] {
        let entries: Vec<_> =
            names.iter().zip([&a, &b, &c]).map(|(n, d)| (*n, d.as_str(), "sha256")).collect();
        let read = parse(&statement(files(), &entries)).expect(names[0]);
        assert_eq!(read.files.iter().map(|file| file.shown_name()).collect::<Vec<_>>(), ["a-b", "a/b", "c"]);
        assert_eq!(read.form, OmsForm::V1);
    }
    let entries = [("b", a.as_str(), "sha256"), ("a", &b, "sha256")];
    assert_eq!(parse(&statement(files(), &entries)), Err("unsorted-entries"));
    let entries = [("a", a.as_str(), "sha256"), ("a", &a, "sha256")];
    assert_eq!(parse(&statement(files(), &entries)), Err("duplicate-entry"));
}

#[test]
fn shards_cover_a_file_from_end_to_end() {
    let d = digest("x");
    let read = |size: Value, names: &[&str], algorithm: &str| {
        let entries: Vec<_> = names.iter().map(|name| (*name, d.as_str(), algorithm)).collect();
        parse(&statement(shards(size), &entries)).map(|read| read.files[0].size)
    };
    let good = ["a:0:8", "a:16:18", "a:8:16"];
    assert_eq!(read(json!(8), &good, "sha256"), Ok(Some(18)));
    assert_eq!(read(json!(8.0), &["a:0:8", "a:8:16", "a:16:18"], "sha256-sharded-8"), Ok(Some(18)));
    assert_eq!(read(json!(8), &good, "sha256-sharded-9"), Err("algorithm-mismatch"));
    assert_eq!(read(json!(8), &["a:0:8", "a:9:16"], "sha256"), Err("shard-gap"));
    assert_eq!(read(json!(8), &["a:8:16"], "sha256"), Err("shard-gap"));
    assert_eq!(read(json!(8), &["a:0:8", "a:7:15"], "sha256"), Err("shard-overlap"));
    assert_eq!(read(json!(8), &["a:0:7", "a:7:15"], "sha256"), Err("shard-size"));
    assert_eq!(read(json!(8), &["a:0:9"], "sha256"), Err("shard-size"));
    assert_eq!(read(json!(8), &["a"], "sha256"), Err("malformed-shard"));
    assert_eq!(read(json!(8), &["a:0:0"], "sha256"), Err("malformed-shard"));
    assert_eq!(read(json!(8.5), &good, "sha256"), Err("malformed-statement"));
    assert_eq!(read(json!(0), &good, "sha256"), Err("malformed-statement"));
}

#[test]
fn every_part_is_checked() {
    let d = digest("x");
    let good = statement(files(), &[("a", &d, "sha256")]);
    assert!(parse(&good).is_ok());
    let upper = d.to_uppercase();
    for (pointer, value, code) in [
        ("/_type", json!("https://in-toto.io/Statement/v0.1"), "unsupported-statement-type"),
        ("/predicateType", json!("https://slsa.dev/provenance/v1"), "unsupported-predicate-type"),
        ("/subject", json!([good["subject"][0], good["subject"][0]]), "subject-count"),
        ("/subject", json!([]), "subject-count"),
        ("/subject/0/digest/sha256", json!(digest("other")), "root-mismatch"),
        ("/predicate/resources", json!([]), "empty-model"),
        ("/predicate/resources/0/digest", json!(upper), "malformed-digest"),
        ("/predicate/resources/0/digest", json!(&d[1..]), "malformed-digest"),
        ("/predicate/resources/0/algorithm", json!("blake3"), "algorithm-mismatch"),
        ("/predicate/resources/0/name", json!("../a"), "unsafe-name"),
        ("/predicate/resources/0/name", json!("/a"), "unsafe-name"),
        ("/predicate/resources/0/name", json!("./a"), "unsafe-name"),
        ("/predicate/resources/0/name", json!("a//b"), "unsafe-name"),
        ("/predicate/resources/0/name", json!("a/"), "unsafe-name"),
        ("/predicate/resources/0/name", json!(""), "unsafe-name"),
        ("/predicate/resources/0/name", json!("a\0"), "unsafe-name"),
        ("/predicate/serialization/hash_type", json!("md5"), "unsupported-serialization"),
        ("/predicate/serialization/method", json!("tar"), "unsupported-serialization"),
        ("/predicate/serialization/allow_symlinks", json!("no"), "malformed-statement"),
        ("/predicate/serialization", json!(null), "malformed-statement"),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).expect(pointer) = value.clone();
        assert_eq!(parse(&bad), Err(code), "{pointer} {value}");
    }
    for path in [".", "..", "../x", "*.py", "a?", "[x]", "/x", ""] {
        let mut bad = good.clone();
        bad["predicate"]["serialization"]["ignore_paths"] = json!([path]);
        assert_eq!(parse(&bad), Err("unsafe-ignored-path"), "{path}");
    }
    let mut extended = good.clone();
    extended["predicate"]["more"] = json!(1);
    assert_eq!(parse(&extended), Err("malformed-statement"));
    let mut extended = good;
    extended["subject"][0]["uri"] = json!("x");
    extended["predicate"]["resources"][0]["uri"] = json!("x");
    extended["predicate"]["resources"][0]["annotations"] = json!({"note": 1});
    assert!(parse(&extended).is_ok(), "unknown fields of subjects and resources are ignored");
}

#[test]
fn what_is_written_is_read_back() {
    let (a, b) = (digest("a"), digest("b"));
    let entries = [("a-b:0:8", a.as_str(), "sha256"), ("a/b:0:3", &b, "sha256")];
    let read = parse(&statement(shards(json!(8)), &entries)).expect("read");
    for dialect in [ShardDialect::Specification, ShardDialect::Reference] {
        let payload = read.to_payload(dialect);
        assert_eq!(OmsStatement::parse(&payload, MAX_ENTRIES).expect("read"), read);
        let text = String::from_utf8(payload).expect("UTF-8");
        assert_eq!(text.contains("sha256-sharded-8"), dialect == ShardDialect::Reference);
        let keys: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(keys.to_string(), text, "compact, with sorted keys");
    }
    assert_eq!(reference_root_of(&read.files).to_string(), root(&[&b, &a]));
}

#[test]
fn the_old_form_lists_files_as_subjects() {
    let d = digest("x");
    let annotations = json!({"actual_hash_algorithm": "file-sha256"});
    let old = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "a", "digest": {"sha256": d}, "annotations": annotations}],
        "predicateType": "https://model_signing/Digests/v0.1",
        "predicate": {"unused": "x"},
    });
    let read = parse(&old).expect("read");
    assert_eq!((read.form, read.files.len()), (OmsForm::Legacy, 1));
}
