//! Results as JSON (docs/spec/result.md) and errors as text: one form for the command and for Python.

#![expect(clippy::indexing_slicing, reason = "fields of JSON objects that are made here")]

use std::error::Error;
use std::path::PathBuf;

use serde_json::{Value, json};
use weightseal::digest::ContentDigest;
use weightseal::envelope::Container;
use weightseal::format::{ChunkListFault, Fault};
use weightseal::text::{Escaped, EscapedPath};
use weightseal::trust::{CertificateRefusal, Refusal, SigstoreRefusal};
use weightseal::verify::{
    Beside, Checked, CountersignatureFact, Coverage, Facts, FileStatus, MethodFact, Outcome, Reason,
    TrustFact, Weakening,
};

pub use crate::commands::inspect::{inspected, to_json as inspection_json};
pub use crate::commands::sign::{file_json as signed_file_json, notes as signing_notes};
pub use crate::commands::trust::store_json;

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
        Reason::ShardMismatch { name, range, expected, found } => {
            value["file"] = json!(name);
            value["range"] = json!([range.start, range.end]);
            value["expected"] = json!(expected.to_string());
            value["found"] = json!(found.to_string());
        }
        Reason::ChunkRootMismatch { name, expected, found } => {
            value["file"] = json!(name);
            value["expected"] = json!(expected.to_string());
            value["found"] = json!(found.to_string());
        }
        Reason::ChunkMismatch { name, range, expected, found } => {
            value["file"] = json!(name);
            value["range"] = json!([range.start, range.end]);
            value["expected"] = json!(expected.to_string());
            value["found"] = json!(found.to_string());
        }
        Reason::ChunkListMismatch { list, fault } => {
            value["file"] = json!(list.to_string_lossy());
            if let ChunkListFault::Root { expected, found } = fault {
                value["expected"] = json!(expected.to_string());
                value["found"] = json!(found.to_string());
            }
        }
        Reason::MissingFile { name, .. } | Reason::NotListed { name } => value["file"] = json!(name),
        Reason::Renamed { name, found } => {
            value["file"] = json!(name);
            value["found"] = json!(found);
        }
        Reason::TypeChanged { name, found } => {
            value["file"] = json!(name);
            value["found"] = json!(found.to_string());
        }
        Reason::Extra { name, found, .. } => {
            value["file"] = json!(name.to_string_lossy());
            value["found"] = json!(found.to_string());
        }
        Reason::Excluded { name } => value["file"] = json!(name.to_string_lossy()),
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
        Refusal::UnknownFingerprint { fingerprint, given } => {
            value["expected"] = given.iter().map(|key| json!(key.to_string())).collect();
            value["found"] = json!(fingerprint);
        }
        Refusal::WrongMethod { signed } | Refusal::NobodySignsSo { signed } => value["found"] = json!(signed),
        Refusal::SignerMissing { expected } => value["expected"] = json!(expected),
        Refusal::Certificate(refusal) => {
            if let CertificateRefusal::WrongIdentity { expected, found, .. } = &**refusal {
                value["expected"] = json!(expected);
                value["found"] = json!(found);
            }
        }
        Refusal::Sigstore(refusal) => {
            if let SigstoreRefusal::WrongIdentity { expected, found }
            | SigstoreRefusal::WrongIssuer { expected, found } = &**refusal
            {
                value["expected"] = json!(expected);
                value["found"] = json!(found);
            }
        }
        Refusal::SeveralSigners { one, other } => value["found"] = json!([one, other]),
        Refusal::NotInStore { named } => value["found"] = json!(named),
        Refusal::Revoked { signer, reason, compromised_since } => {
            value["signer"] = json!(signer);
            value["reason"] = json!(reason);
            value["compromised_since"] = json!(compromised_since.map(|time| time.to_string()));
        }
        Refusal::KeyTrustEnded { until } => value["until"] = json!(until.to_string()),
        Refusal::KeyNotYetValid { signed_at, from } => {
            value["signed_at"] = json!(signed_at.as_str());
            value["from"] = json!(from.to_string());
        }
        Refusal::KeyRetired { signed_at, until } => {
            value["signed_at"] = json!(signed_at.as_str());
            value["until"] = json!(until.to_string());
        }
        Refusal::SignedAsAnother { claimed, owner } => {
            value["expected"] = json!(owner);
            value["found"] = json!(claimed);
        }
        Refusal::WrongName { expected, signed } => {
            value["expected"] = json!(expected);
            value["found"] = json!(signed);
        }
        Refusal::NoRule { name } => value["name"] = json!(name),
        Refusal::UntrustedSigner { signer, name, allowed } => {
            value["name"] = json!(name);
            value["expected"] = json!(allowed);
            value["found"] = json!(signer);
        }
        Refusal::FormatNotAllowed { found, allowed } => {
            value["expected"] = json!(allowed);
            value["found"] = json!(found);
        }
        Refusal::ThresholdNotMet { n, signed, of } => {
            value["threshold"] = json!(n);
            value["expected"] = json!(of);
            value["found"] = json!(signed);
        }
        Refusal::NotListed { model } => value["file"] = json!(model),
        Refusal::RolledBack { remembered, found } => {
            value["expected"] = json!(remembered);
            value["found"] = json!(found);
        }
        Refusal::OtherStatement { version, remembered } => {
            value["version"] = json!(version);
            value["expected"] = json!(remembered.to_string());
        }
        Refusal::SetNotSigned
        | Refusal::TimeMissing
        | Refusal::NotAuthenticated { .. }
        | Refusal::SigningTimeNeeded => {}
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
        Outcome::Tolerated(_) => "tolerated",
    }
}

/// The result of a verification that went well.
pub fn accepted(outcome: &Outcome) -> Value {
    let word = verdict(outcome);
    let facts = outcome.facts();
    let mut value = to_json(word, word, facts);
    value["notes"] = notes(facts).into_iter().chain(warnings(facts)).map(Value::from).collect();
    if let Outcome::Tolerated(tolerated) = outcome {
        value["tolerated"] = tolerated.tolerated().iter().map(reason_json).collect();
        value["partial"] = json!(tolerated.coverage() == Coverage::Part);
    }
    value
}

/// How many names are shown to a person.
const MOST_NAMES: usize = 8;

/// Some names and the number of the others.
pub(crate) fn some_names(names: &[String]) -> String {
    let shown: Vec<String> =
        names.iter().take(MOST_NAMES).map(|name| format!("`{}`", Escaped(name))).collect();
    let more = match names.len().saturating_sub(MOST_NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}

/// What a person must know about a verification that went well only because the caller gave something up.
pub fn warnings(facts: &Facts) -> Vec<String> {
    let warning = |weakening: &Weakening| match weakening {
        Weakening::UnsignedFiles => format!(
            "accepted by --ignore-unsigned-files, though nobody signed {}: {}",
            them(&facts.beside.unsigned),
            some_names(&facts.beside.unsigned)
        ),
        Weakening::Ignored => {
            format!("left out by --ignore, and not verified: {}", some_names(&facts.beside.ignored_by_caller))
        }
        Weakening::Layout => format!(
            "accepted by --layout, though nobody signed {}: {}",
            them(&facts.beside.layout),
            some_names(&facts.beside.layout)
        ),
        Weakening::Links => "symbolic links that lead out of the folder were followed".to_owned(),
        Weakening::LegacyForm => {
            "the signature has the form of version 0.2.0, accepted by --oms-compat".to_owned()
        }
        Weakening::UncoveredFiles => format!(
            "empty files that the signature does not cover, accepted by --oms-compat: {}",
            some_names(&facts.beside.uncovered)
        ),
        Weakening::Certificate(tolerated) => format!("accepted by --oms-compat: {tolerated}"),
    };
    facts.weakened.iter().map(warning).collect()
}

fn them(names: &[String]) -> &'static str {
    if names.len() == 1 { "it" } else { "them" }
}

/// What a person should know about a verification that went well.
pub fn notes(facts: &Facts) -> Vec<String> {
    let mut notes = Vec::new();
    if facts.container == Some(Container::Bundle) {
        notes.push("files that the bundle does not list were not looked at".to_owned());
    }
    let is_part = facts
        .files
        .iter()
        .any(|file| matches!(file.status, FileStatus::NotChecked | FileStatus::PartlyChecked));
    if facts.container == Some(Container::Folder) && is_part {
        notes.push(
            "only the part that was asked for was looked at; the rest of the folder was not".to_owned(),
        );
    }
    for file in facts.trust.iter().flat_map(|trust| &trust.countersignatures) {
        if let (None, Some(signer)) = (&file.reason, &file.signer) {
            notes.push(format!("countersigned by {}: `{}`", Escaped(signer), EscapedPath(&file.path)));
        }
    }
    let beside = &facts.beside;
    for (names, why) in [(&beside.excluded, "by default"), (&beside.ignored, "as the signature says")] {
        if !names.is_empty() {
            notes.push(format!("left out {why}, and not verified: {}", some_names(names)));
        }
    }
    if !facts.hard_linked.is_empty() {
        notes.push(format!(
            "these files have other names elsewhere (hard links): {}",
            some_names(&facts.hard_linked)
        ));
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
            let sha256 = |digest: Option<ContentDigest>| Some(digest?.to_sha256()?.to_string());
            let mut value = json!({
                "name": file.name,
                "path": file.path.to_string_lossy(),
                "status": file.status.name(),
                "expected_sha256": sha256(file.expected),
                "found_sha256": sha256(file.found),
                "size": file.size,
                "checked": file.checked.map(Checked::name),
            });
            if let Some(range) = &file.range {
                value["range"] = json!([range.start, range.end]);
            }
            if let Some(digest) = file.expected.filter(|digest| digest.to_sha256().is_none()) {
                value["algorithm"] = json!(digest.algorithm().name());
                value["expected"] = json!(digest.to_string());
                value["found"] = json!(file.found.map(|digest| digest.to_string()));
            }
            if let Some(shards) = &file.shards {
                let changed: Vec<_> =
                    shards.changed.iter().map(|range| json!([range.start, range.end])).collect();
                value["shards"] =
                    json!({ "count": shards.count, "checked": shards.checked, "changed": changed });
            }
            value
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
            Container::Manifest => "manifest",
            Container::Folder | Container::File => "oms",
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
        "countersigns": facts.countersigns.map(|digest| digest.to_string()),
        "renews": facts.renews.map(|digest| digest.to_string()),
        "annotations": facts.annotations,
        "statement_sha256": facts.statement.map(|digest| digest.to_string()),
    });
    if matches!(facts.container, Some(Container::Folder | Container::File)) {
        add_oms(facts, &mut value);
    }
    if let Some(trust) = &facts.trust {
        value["trust"] = trust_json(trust);
        // The store's name, whatever was signed along.
        value["signer"] = json!(trust.signer);
        if facts.key.is_some() {
            value["key"]["version"] = json!(trust.key_version);
        }
    }
    if facts.authenticated == Some(false) {
        // Under names of their own, so that nobody takes a claim for a fact.
        value["claimed_signer"] = json!(facts.signer);
        value["claimed_signed_at"] = json!(facts.signed_at.as_ref().map(|time| time.as_str()));
        value["claimed_key_version"] = json!(facts.key.as_ref().and_then(|key| key.version));
    }
    value
}

/// What a trust store had to say.
pub(crate) fn trust_json(trust: &TrustFact) -> Value {
    let countersignature = |it: &CountersignatureFact| json!({ "file": it.path.to_string_lossy(), "signer": it.signer, "counts": it.reason.is_none(), "reason": it.reason });
    let mut rules: Vec<usize> = trust.judgements.iter().flat_map(|it| it.rules.iter().copied()).collect();
    rules.sort_unstable();
    rules.dedup();
    json!({
        "serial": trust.serial,
        "expires_at": trust.expires_at.to_string(),
        "signer": trust.signer,
        "key_version": trust.key_version,
        "name": trust.expected_name,
        "rules": rules,
        "countersignatures": trust.countersignatures.iter().map(countersignature).collect::<Vec<_>>(),
    })
}

/// What only OMS signatures have.
fn add_oms(facts: &Facts, value: &mut Value) {
    let time = |instant: weightseal::time::Instant| instant.to_string();
    value["method"] = json!(facts.method.as_ref().map(MethodFact::name));
    match &facts.method {
        Some(MethodFact::Certificate(certificate)) => {
            value["certificate"] = json!({
                "subject": certificate.subject,
                "issuer": certificate.issuer,
                "serial": certificate.serial,
                "not_before": time(certificate.not_before),
                "not_after": time(certificate.not_after),
                "names": certificate.names,
                "identity": certificate.identity,
                "sha256": certificate.fingerprint.to_string(),
            });
        }
        Some(MethodFact::Sigstore(sigstore)) => {
            value["sigstore"] = json!({
                "identity": sigstore.identity,
                "issuer": sigstore.issuer,
                "integrated_time": sigstore.integrated_time.map(time),
                "timestamps": sigstore.timestamps.iter().copied().map(time).collect::<Vec<_>>(),
                "log_indices": sigstore.log_indices,
            });
        }
        _ => {}
    }
    value["listing"] = json!(facts.listing.as_ref().map(|listing| {
        json!({
            "algorithm": listing.algorithm.name(),
            "shard_size": listing.shard_size,
            "root_sha256": listing.root.to_string(),
        })
    }));
    let Beside { excluded, ignored, ignored_by_caller, layout, unsigned, uncovered } = &facts.beside;
    value["beside"] = json!({
        "excluded": excluded,
        "ignored": ignored,
        "ignored_by_caller": ignored_by_caller,
        "layout": layout,
        "unsigned": unsigned,
        "uncovered": uncovered,
    });
    value["weakened"] = facts.weakened.iter().map(|weakening| json!(weakening.code())).collect();
    value["hard_linked"] = json!(facts.hard_linked);
}
