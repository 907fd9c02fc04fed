//! The Sigstore method on signatures made by other programs, and on what an attacker makes of them.
//!
//! The signatures are not part of this repository: `WEIGHTSEAL_VECTORS` names the folder that holds `oms/`.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use weightseal::digest::Digest;
use weightseal::envelope::{decode_base64, encode_base64};
use weightseal::time::Instant;
use weightseal::trust::{
    SigstoreClaims, SigstoreFacts, SigstoreRefusal, SigstoreRules, TrustedRoot, describe, judge_sigstore,
    trusted_time,
};

const VERSIONS: [&str; 3] = ["v0.3.1-sigstore", "v1.0.1-sigstore", "v1.1.0-sigstore"];
const IDENTITY: &str = "stefanb@us.ibm.com";
const ISSUER: &str = "https://sigstore.verify.ibm.com/oauth2";
const ROOT: &str = "61d4849d9d90076d6215f4d525f13d6574af8e3f67aef3e6f36fc40a14fdd226";

/// The bytes of a file below `oms/`, or nothing with a loud word.
fn vector(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("WEIGHTSEAL_VECTORS").map(PathBuf::from);
    let bytes = folder.and_then(|folder| std::fs::read(folder.join("oms").join(name)).ok());
    if bytes.is_none() {
        // Not `println`: the test harness would swallow it.
        let _ = writeln!(
            std::io::stderr(),
            "NOT TESTED: `oms/{name}` is not there. WEIGHTSEAL_VECTORS names the folder that holds `oms`"
        );
    }
    bytes
}

fn bundle(version: &str) -> Option<Value> {
    vector(&format!("{version}/model.sig")).map(|bytes| serde_json::from_slice(&bytes).expect("JSON"))
}

fn production() -> TrustedRoot {
    TrustedRoot::production().expect("the root that is part of the library")
}

fn rules() -> SigstoreRules {
    SigstoreRules { identity: IDENTITY.to_owned(), issuer: ISSUER.to_owned(), trusted_root: production() }
}

fn root() -> Digest {
    ROOT.parse().expect("a digest")
}

fn bytes_at(bundle: &Value, pointer: &str) -> Vec<u8> {
    let text = bundle.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}"));
    decode_base64(text).expect("base64")
}

const PAYLOAD: &str = "/dsseEnvelope/payload";
const SIGNATURE: &str = "/dsseEnvelope/signatures/0/sig";
const ENTRY: &str = "/verificationMaterial/tlogEntries/0";
const STAMP: &str = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
const CERTIFICATE: &str = "/verificationMaterial/certificate/rawBytes";

/// Judges with the payload that the bundle has.
fn judge(bundle: &Value, rules: &SigstoreRules) -> Result<SigstoreFacts, SigstoreRefusal> {
    judge_sigstore(&text(bundle), &bytes_at(bundle, PAYLOAD), &root(), rules)
}

fn text(bundle: &Value) -> Vec<u8> {
    serde_json::to_vec(bundle).expect("JSON")
}

fn code(result: Result<SigstoreFacts, SigstoreRefusal>) -> &'static str {
    let Err(refusal) = result else { return "accepted" };
    let message = refusal.to_string();
    assert!(!message.ends_with('.') && message.starts_with(char::is_lowercase), "{message}");
    assert!(refusal.hint().is_some_and(|hint| !hint.contains("trust more")));
    refusal.code()
}

#[test]
fn signatures_of_three_releases_verify_under_both_roots() {
    let Some(config) = vector("sigstore_client_trust_config.json") else { return };
    let from_file = TrustedRoot::from_json(&config).expect("a trusted root");
    for version in VERSIONS {
        let Some(bundle) = bundle(version) else { return };
        for trusted_root in [production(), from_file.clone()] {
            let facts = judge(&bundle, &SigstoreRules { trusted_root, ..rules() }).expect(version);
            assert_eq!((facts.identity.as_str(), facts.issuer.as_str()), (IDENTITY, ISSUER));
            assert_eq!(facts.key_algorithm, "ECDSA P-256");
            assert_eq!(facts.timestamps.len(), usize::from(version == "v1.1.0-sigstore"));
            let all = facts.timestamps.iter().chain(&facts.integrated_time);
            let validity = facts.certificate_not_before..=facts.certificate_not_after;
            assert!(all.clone().count() > 0 && all.clone().all(|time| validity.contains(time)));
            assert_eq!(claims_of(&facts), describe(&text(&bundle)), "{version}");
        }
    }
    let Some(facts) = bundle("v1.1.0-sigstore").map(|bundle| judge(&bundle, &rules()).expect("good")) else {
        return;
    };
    let second = |seconds| Instant::from_second(seconds).expect("a time");
    assert_eq!(facts.integrated_time, Some(second(1_760_062_340)));
    assert_eq!(facts.log_indices, [598_151_086]);
}

/// What `describe` says of a bundle whose facts are these.
fn claims_of(facts: &SigstoreFacts) -> SigstoreClaims {
    SigstoreClaims {
        identity: Some(facts.identity.clone()),
        issuer: Some(facts.issuer.clone()),
        integrated_time: facts.integrated_time,
        timestamps: facts.timestamps.len(),
        log_indices: facts.log_indices.clone(),
        key_algorithm: Some(facts.key_algorithm),
        certificate_not_before: Some(facts.certificate_not_before),
        certificate_not_after: Some(facts.certificate_not_after),
    }
}

#[test]
fn what_the_caller_asks_is_compared_exactly() {
    for version in VERSIONS {
        let Some(bundle) = bundle(version) else { return };
        for identity in ["", "Stefanb@us.ibm.com", "stefanb@us.ibm.com.example.org", "us.ibm.com", ".*"] {
            let asked = SigstoreRules { identity: identity.to_owned(), ..rules() };
            let refusal = judge(&bundle, &asked).expect_err(identity);
            let (expected, found) = (identity.to_owned(), Some(IDENTITY.to_owned()));
            assert_eq!(refusal, SigstoreRefusal::WrongIdentity { expected, found });
        }
        for issuer in ["", "https://sigstore.verify.ibm.com/oauth2/", "https://accounts.google.com"] {
            let asked = SigstoreRules { issuer: issuer.to_owned(), ..rules() };
            assert_eq!(code(judge(&bundle, &asked)), "wrong-issuer");
        }
        let payload = bytes_at(&bundle, PAYLOAD);
        let judged = |payload: &[u8], root: Digest| judge_sigstore(&text(&bundle), payload, &root, &rules());
        assert_eq!(code(judged(&payload, Digest::of(b"another model"))), "invalid-signature");
        assert_eq!(code(judged(b"{}", root())), "malformed-bundle");
    }
}

/// Flips one bit in the middle of what stands there in base64.
fn flip(bundle: &mut Value, pointer: &str) {
    let mut bytes = bytes_at(bundle, pointer);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    set(bundle, pointer, json!(encode_base64(&bytes)));
}

fn set(bundle: &mut Value, pointer: &str, value: Value) {
    *bundle.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
}

fn remove(bundle: &mut Value, pointer: &str, field: &str) {
    let object = bundle.pointer_mut(pointer).and_then(Value::as_object_mut).expect("an object");
    object.remove(field).unwrap_or_else(|| panic!("{pointer}/{field}"));
}

fn entry(rest: &str) -> String {
    format!("{ENTRY}/{rest}")
}

type Change = fn(&mut Value);

/// One change each, and the code that it has to lead to.
const CHANGES: &[(&str, Change, &str)] = &[
    ("another signature", |it| flip(it, SIGNATURE), "invalid-signature"),
    ("another payload", longer_payload, "invalid-signature"),
    ("another signature of the authority", |it| flip_last(it, CERTIFICATE), "untrusted-certificate"),
    ("half a certificate", |it| set(it, CERTIFICATE, json!("MIIC")), "malformed-bundle"),
    ("another body", |it| flip(it, &entry("canonicalizedBody")), "invalid-log-entry"),
    ("another promise", |it| flip(it, &entry("inclusionPromise/signedEntryTimestamp")), "invalid-log-entry"),
    ("another time", |it| set(it, &entry("integratedTime"), json!("1746234603")), "invalid-log-entry"),
    ("another index", |it| set(it, &entry("logIndex"), json!("7")), "invalid-log-entry"),
    ("another log", |it| flip(it, &entry("logId/keyId")), "invalid-log-entry"),
    ("another path", |it| flip(it, &entry("inclusionProof/hashes/1")), "invalid-log-entry"),
    ("another place", |it| set(it, &entry("inclusionProof/logIndex"), json!("9")), "invalid-log-entry"),
    ("another root", |it| flip(it, &entry("inclusionProof/rootHash")), "invalid-log-entry"),
    (
        "another size",
        |it| set(it, &entry("inclusionProof/treeSize"), json!("9999999999")),
        "invalid-log-entry",
    ),
    (
        "another log's state",
        |it| set(it, &entry("inclusionProof/checkpoint/envelope"), json!("")),
        "invalid-log-entry",
    ),
    ("another signature of the state", forged_checkpoint, "invalid-log-entry"),
    ("no proof", |it| remove(it, ENTRY, "inclusionProof"), "invalid-log-entry"),
    ("no proof, in version 0.1", no_proof_in_the_first_version, "invalid-log-entry"),
    ("a second entry without proof", second_entry_without_proof, "invalid-log-entry"),
    ("no entry", |it| set(it, "/verificationMaterial/tlogEntries", json!([])), "invalid-log-entry"),
    ("no list of entries", |it| remove(it, "/verificationMaterial", "tlogEntries"), "invalid-log-entry"),
    ("seventeen entries", seventeen_entries, "malformed-bundle"),
    (
        "an entry of another kind",
        |it| set(it, &entry("kindVersion/kind"), json!("rfc3161")),
        "unsupported-bundle",
    ),
    (
        "an entry for bare bytes",
        |it| set(it, &entry("kindVersion/kind"), json!("hashedrekord")),
        "unsupported-bundle",
    ),
    (
        "a later version",
        |it| set(it, "/mediaType", json!("application/vnd.dev.sigstore.bundle.v0.4+json")),
        "unsupported-bundle",
    ),
    ("no version", |it| remove(it, "", "mediaType"), "malformed-bundle"),
    ("bare bytes signed", |it| it["messageSignature"] = json!({"signature": "AA=="}), "unsupported-bundle"),
    ("an unknown field", |it| it["dsse_envelope"] = json!({}), "malformed-bundle"),
    (
        "a key beside the certificate",
        |it| it["verificationMaterial"]["publicKey"] = json!({"hint": ""}),
        "unsupported-bundle",
    ),
    ("no certificate", |it| remove(it, "/verificationMaterial", "certificate"), "malformed-bundle"),
    (
        "a chain beside the certificate",
        |it| it["verificationMaterial"]["x509CertificateChain"] = json!({"certificates": []}),
        "malformed-bundle",
    ),
    ("an empty chain", empty_chain, "malformed-bundle"),
    ("two signatures", two_signatures, "malformed-bundle"),
    (
        "a token that is none",
        |it| {
            it["verificationMaterial"]["timestampVerificationData"] =
                json!({"rfc3161Timestamps": [{"signedTimestamp": "MAA="}]})
        },
        "invalid-timestamp",
    ),
];

fn flip_last(bundle: &mut Value, pointer: &str) {
    let mut bytes = bytes_at(bundle, pointer);
    *bytes.last_mut().expect("not empty") ^= 1;
    set(bundle, pointer, json!(encode_base64(&bytes)));
}

fn longer_payload(bundle: &mut Value) {
    let mut payload = bytes_at(bundle, PAYLOAD);
    payload.push(b' ');
    set(bundle, PAYLOAD, json!(encode_base64(&payload)));
}

fn forged_checkpoint(bundle: &mut Value) {
    let pointer = entry("inclusionProof/checkpoint/envelope");
    let text = bundle.pointer(&pointer).and_then(Value::as_str).expect("text").to_owned();
    let (state, signed) = text.split_once("\u{2014} ").expect("a signature");
    let signature = signed.split_whitespace().nth(1).expect("behind the name");
    let mut forged = decode_base64(signature).expect("base64");
    *forged.last_mut().expect("not empty") ^= 1;
    let forged = encode_base64(&forged);
    set(bundle, &pointer, json!(format!("{state}\u{2014} rekor.sigstore.dev {forged}\n")));
}

fn no_proof_in_the_first_version(bundle: &mut Value) {
    set(bundle, "/mediaType", json!("application/vnd.dev.sigstore.bundle+json;version=0.1"));
    remove(bundle, ENTRY, "inclusionProof");
}

fn second_entry_without_proof(bundle: &mut Value) {
    let mut second = bundle.pointer(ENTRY).expect("an entry").clone();
    let fields = second.as_object_mut().expect("an object");
    fields.remove("inclusionProof");
    fields.remove("inclusionPromise");
    fields.insert("logIndex".to_owned(), json!("12345"));
    bundle["verificationMaterial"]["tlogEntries"].as_array_mut().expect("a list").push(second);
}

fn seventeen_entries(bundle: &mut Value) {
    let one = bundle.pointer(ENTRY).expect("an entry").clone();
    set(bundle, "/verificationMaterial/tlogEntries", Value::Array(vec![one; 17]));
}

fn empty_chain(bundle: &mut Value) {
    set(bundle, "/mediaType", json!("application/vnd.dev.sigstore.bundle+json;version=0.2"));
    remove(bundle, "/verificationMaterial", "certificate");
    bundle["verificationMaterial"]["x509CertificateChain"] = json!({"certificates": []});
}

fn two_signatures(bundle: &mut Value) {
    let signatures = bundle["dsseEnvelope"]["signatures"].as_array_mut().expect("a list");
    signatures.push(signatures[0].clone());
}

#[test]
fn each_change_has_its_code() {
    let rules = rules();
    for version in VERSIONS {
        let Some(good) = bundle(version) else { return };
        for (what, change, expected) in CHANGES {
            let mut bad = good.clone();
            change(&mut bad);
            assert_eq!(code(judge(&bad, &rules)), *expected, "{version}: {what}");
        }
    }
}

#[test]
fn times_are_those_of_this_signature() {
    let (Some(early), Some(late)) = (bundle("v1.0.1-sigstore"), bundle("v1.1.0-sigstore")) else { return };
    let rules = rules();
    let with = |bundle: &Value, pointer, from: &Value| {
        let mut changed = bundle.clone();
        set(&mut changed, pointer, from.pointer(pointer).expect(pointer).clone());
        code(judge(&changed, &rules))
    };
    assert_eq!(with(&early, ENTRY, &late), "certificate-expired");
    assert_eq!(with(&late, ENTRY, &early), "certificate-not-yet-valid");
    assert_eq!(with(&late, CERTIFICATE, &early), "invalid-signature");
    let stamps = "/verificationMaterial/timestampVerificationData";
    assert_eq!(with(&early, stamps, &late), "invalid-timestamp");

    // A time stamp is a time too; without one, and without the log's word, there is none.
    let without_promise = |bundle: &Value| {
        let mut changed = bundle.clone();
        remove(&mut changed, ENTRY, "inclusionPromise");
        judge(&changed, &rules)
    };
    let facts = without_promise(&late).expect("it has a time stamp");
    assert_eq!((facts.integrated_time, facts.timestamps.len(), facts.log_indices.len()), (None, 1, 0));
    assert_eq!(code(without_promise(&early)), "invalid-timestamp");
}

#[test]
fn text_with_two_readings_is_refused() {
    let Some(good) = bundle("v1.0.1-sigstore") else { return };
    let payload = bytes_at(&good, PAYLOAD);
    let text = String::from_utf8(text(&good)).expect("text");
    let judged = |text: &str| code(judge_sigstore(text.as_bytes(), &payload, &root(), &rules()));
    assert_eq!(judged(&text), "accepted");
    assert_eq!(
        judged(&text.replacen(r#""dsseEnvelope":"#, r#""dsseEnvelope":{},"dsseEnvelope":"#, 1)),
        "malformed-bundle"
    );
    assert_eq!(
        judged(&text.replacen(r#""payload":"#, r#""payload":"e30=","payload":"#, 1)),
        "malformed-bundle"
    );
    // Padding left out, which the library would take.
    let signature = good.pointer(SIGNATURE).and_then(Value::as_str).expect("a signature");
    let bare = text.replace(
        &format!(r#""sig":"{signature}""#),
        &format!(r#""sig":"{}A""#, signature.trim_end_matches('=')),
    );
    assert_eq!(judged(&bare), "malformed-bundle");
    for text in ["", "{}", "[]", "null", "\u{feff}{}", &"[".repeat(100_000)] {
        assert_eq!(judged(text), "malformed-bundle");
        assert_eq!(describe(text.as_bytes()), SigstoreClaims::default());
    }
}

#[test]
fn everything_ends_in_the_trusted_root() {
    let (Some(config), Some(bundle)) =
        (vector("sigstore_client_trust_config.json"), bundle("v1.1.0-sigstore"))
    else {
        return;
    };
    let config: Value = serde_json::from_slice(&config).expect("JSON");
    let without = |field: &str| {
        let mut root = config["trustedRoot"].clone();
        root[field] = json!([]);
        let trusted_root = TrustedRoot::from_json(&text(&root)).expect("a trusted root");
        code(judge(&bundle, &SigstoreRules { trusted_root, ..rules() }))
    };
    assert_eq!(without("certificateAuthorities"), "untrusted-certificate");
    assert_eq!(without("ctlogs"), "untrusted-certificate");
    assert_eq!(without("tlogs"), "invalid-log-entry");
    assert_eq!(without("timestampAuthorities"), "invalid-timestamp");

    let mut bad = config.clone();
    set(&mut bad, "/trustedRoot/tlogs/0/publicKey/rawBytes", json!("MFkw"));
    let twice =
        r#"{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[],"tlogs":[]}"#;
    for bytes in [
        text(&bad),
        text(&bundle),
        twice.into(),
        b"{}".to_vec(),
        b"[]".to_vec(),
        b"null".to_vec(),
        Vec::new(),
        b"\xff".to_vec(),
    ] {
        let error = TrustedRoot::from_json(&bytes).expect_err("not a trusted root");
        assert_eq!(error.code(), "malformed-trusted-root");
    }
}

#[test]
fn a_token_proves_a_time_for_its_signature_alone() {
    let Some(bundle) = bundle("v1.1.0-sigstore") else { return };
    let (token, signature) = (bytes_at(&bundle, STAMP), bytes_at(&bundle, SIGNATURE));
    let facts = judge(&bundle, &rules()).expect("good");
    let root = production();
    assert_eq!(trusted_time(&[], &signature, &root), Ok(None));
    let token_twice = [token.clone(), token.clone()];
    assert_eq!(trusted_time(&token_twice, &signature, &root), Ok(Some(facts.timestamps[0])));
    let refused = |tokens: &[Vec<u8>], signature: &[u8]| {
        trusted_time(tokens, signature, &root).expect_err("refused").code()
    };
    assert_eq!(refused(&token_twice, b"another signature"), "invalid-timestamp");
    assert_eq!(refused(&[token.clone(), b"no token".to_vec()], &signature), "invalid-timestamp");
    assert_eq!(refused(&vec![token; 17], &signature), "invalid-timestamp");
}

/// Every seventh byte of the text, and every byte within certificate, token, body and signatures, is changed.
#[test]
fn no_changed_byte_panics_or_changes_a_fact() {
    let rules = rules();
    let Some(good) = bundle("v1.1.0-sigstore") else { return };
    let (good_text, payload) = (text(&good), bytes_at(&good, PAYLOAD));
    let facts = judge(&good, &rules).expect("good");
    let judged = |text: &[u8]| {
        describe(text);
        if let Ok(other) = judge_sigstore(text, &payload, &root(), &rules) {
            assert_eq!(other, facts);
        }
    };
    for at in (0..good_text.len()).step_by(7) {
        let mut bad = good_text.clone();
        bad[at] = if bad[at] == b'1' { b'2' } else { b'1' };
        judged(&bad);
        judged(&good_text[..at]);
    }
    let promise = entry("inclusionPromise/signedEntryTimestamp");
    for pointer in [CERTIFICATE, STAMP, SIGNATURE, &entry("canonicalizedBody"), &promise] {
        let bytes = bytes_at(&good, pointer);
        for at in 0..bytes.len() {
            let mut bad = good.clone();
            for byte in [0, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = byte;
                set(&mut bad, pointer, json!(encode_base64(&changed)));
                judged(&text(&bad));
            }
            set(&mut bad, pointer, json!(encode_base64(&bytes[..at])));
            judged(&text(&bad));
        }
    }
}
