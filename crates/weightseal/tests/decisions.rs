//! Every row of the decision table in testkit/decisions, put to the pure functions of `trust` (docs/spec/trust.md).
//!
//! The table was written with the second implementation in testkit/python, which shares no code with this one. What only
//! a verification with files can find out is found out here in its place; how often is counted and asserted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use weightseal::digest::Digest;
use weightseal::envelope::{Claims, Container};
use weightseal::key::{KeyId, PublicKey};
use weightseal::time::Instant;
use weightseal::trust::{
    Evidence, KeyPlace, Means, Memory, Refusal, Requirements, Said, Signatory, SignatureFormat, TrustStore,
    Unauthenticated, Unreadable, judge, judge_countersigner,
};

fn testkit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testkit/decisions")
}

fn table() -> Value {
    let text = fs::read_to_string(testkit().join("table.json")).expect("the table");
    serde_json::from_str(&text).expect("JSON")
}

/// `value` with what `defaults` says where it says nothing.
fn completed(defaults: &Value, value: &Value) -> Value {
    let mut full = defaults.as_object().expect("an object").clone();
    for (name, item) in value.as_object().expect("an object") {
        full.insert(name.clone(), item.clone());
    }
    Value::Object(full)
}

/// The rows with everything that they do not say.
fn rows() -> Vec<Value> {
    let table = table();
    let defaults = &table["defaults"];
    let complete = |row: &Value| {
        let mut full = completed(defaults, row);
        full["claims"] = match row.get("claims") {
            Some(claims) => completed(&defaults["claims"], claims),
            None => defaults["claims"].clone(),
        };
        let others = full["countersigners"].as_array().expect("a list").clone();
        full["countersigners"] =
            others.iter().map(|item| completed(&table["countersigner_defaults"], item)).collect();
        if full.get("expected_name").is_none() {
            full["expected_name"] = full["claims"]["name"].clone();
        }
        full
    };
    table["rows"].as_array().expect("a list").iter().map(complete).collect()
}

/// What the functions said to a row, and what this test had to say in the place of a verification with files.
#[derive(Debug, Default)]
struct Found {
    verdict: &'static str,
    code: &'static str,
    also: Vec<&'static str>,
    tolerated: Vec<&'static str>,
    /// The state file afterwards, if the model was accepted and there is one.
    remembers: Option<Value>,
    by_hand: Vec<ByHand>,
}

/// What is no question to the functions, but comes before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ByHand {
    /// The state file is missing: whether there is one is seen by whoever opens files.
    NoState,
    /// The certificate of the signature leads to the only entry of that kind: chains have their own tests.
    Certificate,
    /// A countersignature that names another statement, or none.
    OtherStatement,
    /// A countersignature of other files, of another name or format.
    OtherContent,
    /// A countersignature by a key that is not in the store.
    Stranger,
}

fn run(row: &Value) -> Found {
    let mut by_hand = Vec::new();
    let inconclusive = |code, by_hand| Found { verdict: "inconclusive", code, by_hand, ..Found::default() };
    let store = match TrustStore::parse(store_text(row).as_bytes(), &read_named) {
        Ok(store) => store,
        Err(error) => return inconclusive(error.code(), by_hand),
    };
    let memory = match memory_of(&row["memory"]) {
        Ok(memory) => memory,
        Err(code) => {
            if code == "no-state" {
                by_hand.push(ByHand::NoState);
            }
            return inconclusive(code, by_hand);
        }
    };
    let now = time(&row["at"]).expect("every row has a time");
    if store.ensure_current(now).is_err() {
        return inconclusive("trust-store-expired", by_hand);
    }
    if memory.as_ref().is_some_and(|memory| memory.ensure_not_older(&store).is_err()) {
        return inconclusive("trust-store-rolled-back", by_hand);
    }
    let (by, key) = match whose(&store, row, &mut by_hand) {
        Ok(found) => found,
        Err(refusal) => {
            return Found { verdict: "rejected", code: refusal.code(), by_hand, ..Found::default() };
        }
    };
    let claims = claims_of(&row["claims"], container(row), key);
    let name = text(&row["claims"]["name"]);
    let statement = digest(&row["claims"]["statement_sha256"]);
    let said = match row["envelope"].as_bool().expect("true or false") {
        true => Said::Statement { name, digest: statement, claims: claims.as_ref() },
        false => Said::Digest { name, sha256: digest(&row["claims"]["sha256"]) },
    };
    let others = row["countersigners"].as_array().expect("a list");
    let countersigners: Vec<Signatory> =
        others.iter().filter_map(|item| countersigner(&store, row, item, now, &mut by_hand)).collect();
    let evidence = Evidence {
        by,
        key: Some(key),
        format: format(row),
        expected_name: text(&row["expected_name"]),
        said,
        vouched: time(&row["vouched"]),
        countersigners: &countersigners,
    };
    let judgement = judge(&store, &evidence, &asked(&row["asked"]), memory.as_ref(), now);
    let codes = |refusals: Vec<Refusal>| refusals.iter().map(Refusal::code).collect::<Vec<_>>();
    let (refused, tolerated) = (codes(judgement.refusals()), codes(judgement.tolerated()));
    if let Some((code, also)) = refused.split_first() {
        return Found {
            verdict: "rejected",
            code,
            also: also.to_vec(),
            tolerated,
            by_hand,
            ..Found::default()
        };
    }
    let verdict = match (tolerated.is_empty(), row["part"].as_bool().expect("true or false")) {
        (false, _) => "tolerated",
        (true, true) => "partial",
        (true, false) => "verified",
    };
    let remembers = memory.map(|mut memory| {
        memory.remember_store(&store);
        let version = claims.as_ref().and_then(|claims| claims.model_version);
        if let (Some(version), Said::Statement { digest, .. }, true) = (version, said, tolerated.is_empty()) {
            memory.remember_model(evidence.expected_name, &store.signers()[by.signer].name, version, digest);
        }
        let text = memory.to_text();
        assert_eq!(Memory::parse(text.as_bytes()).as_ref(), Ok(&memory), "it reads what it writes");
        serde_json::from_str(&text).expect("JSON")
    });
    Found { verdict, code: verdict, also: Vec::new(), tolerated, remembers, by_hand }
}

/// The store with the replacements of the row.
fn store_text(row: &Value) -> String {
    let path = testkit().join("stores").join(format!("{}.toml", text(&row["store"])));
    let mut store = fs::read_to_string(path).expect("a store of the testkit");
    for pair in row.get("replace").and_then(Value::as_array).into_iter().flatten() {
        let (old, new) = (text(&pair[0]), with_files(text(&pair[1])));
        assert_eq!(store.matches(old).count(), 1, "{}: {old:?}", row["id"]);
        store = store.replace(old, &new);
    }
    store
}

/// `{NAME.pub}` stands for the content of that key file.
fn with_files(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let name = rest[start + 1..].split('}').next().unwrap_or_default();
        let is_name = name.ends_with(".pub")
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        out.push_str(&rest[..start]);
        if is_name {
            out.push_str(&fs::read_to_string(testkit().join("stores/keys").join(name)).expect("a key"));
            rest = &rest[start + name.len() + 2..];
        } else {
            out.push('{');
            rest = &rest[start + 1..];
        }
    }
    out + rest
}

fn read_named(name: &str) -> Result<Vec<u8>, Unreadable> {
    fs::read(testkit().join("stores").join(name)).map_err(|error| Unreadable {
        message: error.to_string(),
        code: "not-found",
        hint: None,
    })
}

/// What is remembered, if there is a state file.
fn memory_of(value: &Value) -> Result<Option<Memory>, &'static str> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(word) if word == "missing" => return Err("no-state"),
        Value::String(word) if word == "new" => return Ok(Some(Memory::default())),
        Value::Object(fields) if fields.contains_key("text") => text(&fields["text"]).to_owned(),
        other => other.to_string(),
    };
    Memory::parse(text.as_bytes()).map(Some).map_err(|_| "malformed-state")
}

/// Whose key it is, by the store, and which key.
fn whose(store: &TrustStore, row: &Value, by_hand: &mut Vec<ByHand>) -> Result<(KeyPlace, KeyId), Refusal> {
    let key = key_id(text(&row["key"]));
    if row["method"] == "certificate" {
        by_hand.push(ByHand::Certificate);
        let is_certificate =
            |(place, key): (KeyPlace, _)| matches!(key, &Means::Certificate(_)).then_some(place);
        let places: Vec<KeyPlace> =
            store.keys().map(|(place, key)| (place, &key.means)).filter_map(is_certificate).collect();
        let [place] = places[..] else { panic!("{}: {} certificates", row["id"], places.len()) };
        return Ok((place, key));
    }
    let candidates = store.candidates(&[key])?;
    assert_eq!(candidates.iter().map(|key| key.id()).collect::<Vec<_>>(), [key]);
    Ok((store.find(&key).expect("a candidate stands somewhere"), key))
}

fn key_id(name: &str) -> KeyId {
    let pem = fs::read(testkit().join(format!("stores/keys/{name}.pub"))).expect("a key of the testkit");
    PublicKey::from_pem(&pem).expect("a good key").id()
}

/// What the statement says; nothing where another tool signed.
fn claims_of(value: &Value, container: Container, key: KeyId) -> Option<Claims> {
    let Some(signed_at) = value["signed_at"].as_str() else {
        for field in ["signer", "expires_at", "model_version", "renews"] {
            assert!(value[field].is_null(), "a statement without time claims {field}");
        }
        return None;
    };
    Some(Claims {
        container,
        signer: value["signer"].as_str().map(str::to_owned),
        signed_at: signed_at.parse().expect("a time"),
        key_version: value["key_version"].as_u64(),
        key_id: key,
        model_version: value["model_version"].as_u64(),
        expires_at: value["expires_at"].as_str().map(|text| text.parse().expect("a time")),
        countersigns: value["countersigns"].as_str().map(|text| text.parse().expect("a digest")),
        renews: value["renews"].as_str().map(|text| text.parse().expect("a digest")),
        annotations: BTreeMap::new(),
    })
}

/// A countersignature that counts.
fn countersigner(
    store: &TrustStore,
    row: &Value,
    item: &Value,
    now: Instant,
    by_hand: &mut Vec<ByHand>,
) -> Option<Signatory> {
    if item["countersigns"] != row["claims"]["statement_sha256"] {
        by_hand.push(ByHand::OtherStatement);
        return None;
    }
    if !item["differs"].is_null() {
        assert!(["files", "name", "format"].contains(&text(&item["differs"])));
        by_hand.push(ByHand::OtherContent);
        return None;
    }
    let key = key_id(text(&item["key"]));
    let Some(by) = store.find(&key) else {
        by_hand.push(ByHand::Stranger);
        return None;
    };
    let claims = claims_of(item, container(row), key);
    let name = text(&row["claims"]["name"]);
    let evidence = Evidence {
        by,
        key: Some(key),
        format: format(row),
        expected_name: name,
        said: Said::Statement { name, digest: digest(&item["statement_sha256"]), claims: claims.as_ref() },
        vouched: time(&item["vouched"]),
        countersigners: &[],
    };
    let refusals = judge_countersigner(store, &evidence, now);
    refusals.is_empty().then_some(Signatory { signer: by.signer, key: Some(key) })
}

fn asked(value: &Value) -> Requirements {
    let known = ["name", "signer", "max_age", "model_version_at_least", "require_authenticated"];
    assert!(value.as_object().expect("an object").keys().all(|name| known.contains(&name.as_str())));
    Requirements {
        signer: value["signer"].as_str().map(str::to_owned),
        least_model_version: value["model_version_at_least"].as_u64(),
        max_age: value["max_age"].as_str().map(|text| text.parse().expect("a span")),
        unauthenticated: match value["require_authenticated"].as_bool() {
            Some(true) => Unauthenticated::Refuse,
            _ => Unauthenticated::Accept,
        },
    }
}

fn format(row: &Value) -> SignatureFormat {
    match text(&row["format"]) {
        "manifest" => SignatureFormat::Manifest,
        "bundle-manifest" => SignatureFormat::BundleManifest,
        "oms" => SignatureFormat::Oms,
        other => panic!("{other}"),
    }
}

fn container(row: &Value) -> Container {
    match format(row) {
        SignatureFormat::Manifest => Container::Manifest,
        SignatureFormat::BundleManifest => Container::Bundle,
        SignatureFormat::Oms => Container::Folder,
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn digest(value: &Value) -> Digest {
    text(value).parse().expect("a digest")
}

fn time(value: &Value) -> Option<Instant> {
    value.as_str().map(|text| text.parse().expect("a time"))
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().expect("a list").iter().map(text).collect()
}

#[test]
fn every_row_is_decided_as_the_table_says() {
    let rows = rows();
    let refused = rows.iter().filter(|row| ["rejected", "inconclusive"].contains(&text(&row["verdict"])));
    assert!(rows.len() >= 120 && 2 * refused.count() > rows.len(), "{} rows", rows.len());
    let mut ids = BTreeSet::new();
    let (mut wrong, mut by_hand) = (Vec::new(), BTreeMap::<ByHand, usize>::new());
    let mut remembering = 0;
    for row in &rows {
        assert!(ids.insert(text(&row["id"])), "{} is there twice", row["id"]);
        let found = run(row);
        // As often as they hold, in whatever order: only the headline has a place.
        let is_as_said = (found.verdict, found.code) == (text(&row["verdict"]), text(&row["code"]))
            && sorted(found.also.iter().copied()) == sorted(texts(&row["also"]))
            && sorted(found.tolerated.iter().copied()) == sorted(texts(&row["tolerated"]));
        if !is_as_said {
            wrong.push(format!("{}: {} {found:?}", text(&row["id"]), text(&row["what"])));
        }
        if let Some(remembers) = &found.remembers {
            remembering += 1;
            if is_as_said && remembers != &row["remembers"] {
                wrong.push(format!("{}: remembers {remembers}", text(&row["id"])));
            }
        }
        for kind in found.by_hand {
            *by_hand.entry(kind).or_default() += 1;
        }
    }
    assert!(wrong.is_empty(), "{} rows of {} differ:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    // Every row was run to its end. These steps were taken by the test in place of a verification with files.
    let expected = [
        (ByHand::NoState, 1),
        (ByHand::Certificate, 12),
        (ByHand::OtherStatement, 2),
        (ByHand::OtherContent, 3),
        (ByHand::Stranger, 2),
    ];
    assert_eq!(by_hand, BTreeMap::from(expected));
    assert!(remembering >= 10, "only {remembering} rows remember something");
}

/// What the page says that no row of this table can show, each with the tests that do.
const NOT_IN_THE_TABLE: [&str; 4] = [
    "writable-by-others", // who may write a file: tests/protected.rs and the vectors about files
    "wrong-identity",     // one certificate of two signers: the vectors about files
    "wrong-method",       // another way of signing than any in the store: the vectors about files
    "legacy-signature",   // OMS signatures of version 0.2.0: the vectors about files
];

#[test]
fn every_code_of_the_page_occurs() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec");
    let read = |name: &str| fs::read_to_string(docs.join(name)).expect("a page");
    let results = read("result.md");
    let known: BTreeSet<&str> = results
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter(|(_, rest)| ["1 |", "2 |"].iter().any(|status| rest.starts_with(status)))
        .map(|(code, _)| code)
        .collect();
    let page = read("trust.md");
    let named: BTreeSet<&str> =
        page.split('`').skip(1).step_by(2).filter(|word| known.contains(word)).collect();
    assert!(named.len() > 20, "the page names {named:?}");
    let rows = rows();
    let in_row = |row: &Value| {
        let mut codes = vec![text(&row["code"]).to_owned()];
        codes.extend(texts(&row["also"]).iter().chain(&texts(&row["tolerated"])).map(|it| (*it).to_owned()));
        codes
    };
    let occurring: BTreeSet<String> = rows.iter().flat_map(in_row).collect();
    let missing: Vec<&str> = named.iter().copied().filter(|code| !occurring.contains(*code)).collect();
    assert_eq!(sorted(missing), sorted(NOT_IN_THE_TABLE));
}
