//! Results as JSON (docs/spec/result.md) and errors as text: one form for the command and for Python.

use std::error::Error;
use std::path::PathBuf;

use serde_json::{Value, json};
use weightseal::envelope::Container;
use weightseal::format::Fault;
use weightseal::text::Escaped;
use weightseal::trust::Refusal;
use weightseal::verify::{Facts, Outcome, Reason};

pub use crate::commands::inspect::to_json as inspection_json;

/// The error and what caused it, on one line.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

/// One reason to reject, with its data.
pub fn reason_json(reason: &Reason) -> Value {
    let mut value = json!({ "code": reason.code(), "message": reason.to_string(), "hint": reason.hint() });
    match reason {
        Reason::HashMismatch { name, expected, found } => {
            value["file"] = json!(name);
            value["expected"] = json!(expected.to_string());
            value["found"] = json!(found.to_string());
        }
        Reason::SizeMismatch { name, expected, found } => {
            value["file"] = json!(name);
            value["expected"] = json!(expected);
            value["found"] = json!(found);
        }
        Reason::MissingFile { name, .. } => value["file"] = json!(name),
        Reason::Unsigned { looked_for, .. } => value["looked_for"] = paths(looked_for),
        Reason::Ambiguous { candidates, .. } => value["candidates"] = paths(candidates),
        Reason::WrongModel { manifest_of, asked } => {
            value["expected"] = json!(asked);
            value["found"] = json!(manifest_of);
        }
        Reason::Fault(Fault::FieldMismatch { field, signed, found }) => {
            value["field"] = json!(field);
            value["expected"] = json!(signed);
            value["found"] = json!(found);
        }
        Reason::Fault(Fault::KeyMismatch { field, expected, found }) => {
            value["field"] = json!(field);
            value["expected"] = json!(expected);
            value["found"] = json!(found);
        }
        Reason::Fault(Fault::WrongCount { expected, found }) => {
            value["expected"] = json!(expected);
            value["found"] = json!(found);
        }
        Reason::Fault(
            Fault::EntryAdded { name } | Fault::EntryRemoved { name } | Fault::DuplicateEntry { name },
        ) => value["file"] = json!(name),
        Reason::Refusal(refusal) => refusal_data(refusal, &mut value),
        _ => {}
    }
    value
}

fn refusal_data(refusal: &Refusal, value: &mut Value) {
    match refusal {
        Refusal::UntrustedKey { named, given } => {
            value["expected"] = given.iter().map(|key| json!(key.to_string())).collect();
            value["found"] = json!(named.to_string());
        }
        Refusal::WrongSigner { expected, found } => {
            value["expected"] = json!(expected);
            value["found"] = json!(found);
        }
        Refusal::ModelVersionTooLow { least, found } => {
            value["expected"] = json!(least);
            value["found"] = json!(found);
        }
        Refusal::ModelVersionMissing { least } => value["expected"] = json!(least),
        Refusal::Expired { at } => value["expired_at"] = json!(at.as_str()),
        Refusal::TooOld { signed_at, .. } | Refusal::SignedInTheFuture { signed_at } => {
            value["signed_at"] = json!(signed_at.as_str());
        }
        Refusal::NotAuthenticated { .. } => {}
    }
}

fn paths(paths: &[PathBuf]) -> Value {
    paths.iter().map(|path| json!(path.to_string_lossy())).collect()
}

/// The verdict word of an outcome.
pub fn verdict(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Verified(_) => "verified",
        Outcome::Partial(_) => "partial",
    }
}

/// The result of a verification that went well.
pub fn accepted(outcome: &Outcome) -> Value {
    let word = verdict(outcome);
    let mut value = to_json(word, word, outcome.facts());
    value["notes"] = json!(notes(outcome.facts()));
    value
}

/// What a person should know about a verification that went well.
pub fn notes(facts: &Facts) -> Vec<String> {
    let mut notes = Vec::new();
    if facts.container == Some(Container::Bundle) {
        notes.push("files that the bundle does not list were not looked at".to_owned());
    }
    if facts.signed_in_the_future {
        notes.push("the time of signing lies in the future by this machine's clock".to_owned());
    }
    if !facts.ignored.is_empty() {
        let names: Vec<String> =
            facts.ignored.iter().map(|(name, _)| format!("`{}`", Escaped(name))).collect();
        notes.push(format!("unknown fields that nobody signed were ignored: {}", names.join(", ")));
    }
    notes
}

/// A result of verification: verdict, code and facts.
pub fn to_json(verdict: &str, code: &str, facts: &Facts) -> Value {
    let is_signed = facts.authenticated == Some(true);
    let files: Vec<Value> = facts
        .files
        .iter()
        .map(|file| {
            json!({
                "name": file.name,
                "path": file.path.to_string_lossy(),
                "status": file.status.name(),
                "expected_sha256": file.expected.to_string(),
                "found_sha256": file.found.map(|digest| digest.to_string()),
                "size": file.size,
            })
        })
        .collect();
    let key = facts.key.as_ref().map(|key| {
        json!({
            "id": key.id.to_string(),
            "algorithm": key.algorithm.manifest_name(),
            "size": key.bits,
            "version": key.version.filter(|_| is_signed),
        })
    });
    let mut value = json!({
        "schema": "weightseal.result/1",
        "verdict": verdict,
        "code": code,
        "target": facts.target.to_string_lossy(),
        "signature_file": facts.signature_file.as_ref().map(|path| path.to_string_lossy()),
        "format": facts.container.map(|container| match container {
            Container::Bundle => "bundle-manifest",
            _ => "manifest",
        }),
        "authenticated": facts.authenticated,
        "checks": {
            "content": facts.checks.content.name(),
            "signature": facts.checks.signature.name(),
            "envelope": facts.checks.envelope.name(),
            "freshness": facts.checks.freshness.name(),
            "signer": facts.checks.signer.name(),
        },
        "files": files,
        "key": key,
        "name": facts.name,
        "signer": facts.signer.as_ref().filter(|_| is_signed),
        "signed_at": facts.signed_at.as_ref().filter(|_| is_signed).map(|time| time.as_str()),
        "expires_at": facts.expires_at.as_ref().map(|time| time.as_str()),
        "model_version": facts.model_version,
        "annotations": facts.annotations,
        "statement_sha256": facts.statement.map(|digest| digest.to_string()),
    });
    if facts.authenticated == Some(false) {
        // Under names of their own, so that nobody takes a claim for a fact.
        value["claimed_signer"] = json!(facts.signer);
        value["claimed_signed_at"] = json!(facts.signed_at.as_ref().map(|time| time.as_str()));
        value["claimed_key_version"] = json!(facts.key.as_ref().and_then(|key| key.version));
    }
    value
}
