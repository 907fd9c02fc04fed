//! `weightseal inspect` of an OMS signature: method, key or certificate, identity, log entry, time stamps, files.

use std::path::Path;

use serde_json::{Value, json};
use weightseal::envelope::{OmsForm, OmsStatement, SignedFile, Statement};
use weightseal::format::{KeyHint, Method, OmsSignature};
use weightseal::listing::SafeName;
use weightseal::text::{Escaped, EscapedPath};
use weightseal::trust::{describe, leaf_facts};

use super::inspect::{claim_lines, lines};
use super::sign::file_json;

pub(super) fn explain(path: &Path, oms: &OmsSignature, bytes: &[u8]) -> String {
    let mut text = format!("{}: OMS signature, method {}\n", EscapedPath(path), oms.method.name());
    text.push_str("\nSays who signed (`weightseal verify` finds out whether that is so):\n");
    lines(&mut text, &method_lines(oms, bytes));
    text.push_str("\nStated under signature:\n");
    lines(&mut text, &statement_lines(&oms.statement, &oms.envelope.payload));
    lines(&mut text, &oms.statement.claims.as_ref().map(claim_lines).unwrap_or_default());
    text.push_str(&format!("\nFiles ({}):\n", oms.statement.files.len()));
    for file in &oms.statement.files {
        text.push_str(&format!("  {}\n", file_line(file)));
    }
    text.push_str("\nNothing was verified here.\n");
    text
}

fn method_lines(oms: &OmsSignature, bytes: &[u8]) -> Vec<(&'static str, String)> {
    let mut list = Vec::new();
    match &oms.method {
        Method::Key(KeyHint::Fingerprint(text)) => list.push(("key hint", Escaped(text).to_string())),
        Method::Key(KeyHint::Embedded(id)) => list.push(("key id", format!("{id} (of the key in the file)"))),
        Method::Key(KeyHint::Unknown) => list.push(("key", "not named".to_owned())),
        Method::Certificate { chain } => {
            for (at, der) in chain.iter().enumerate() {
                let name = if at == 0 { "certificate" } else { "issued by" };
                list.push((name, certificate_line(der)));
            }
        }
        Method::Sigstore { .. } => {
            let claims = describe(bytes);
            let or_unreadable = |text: Option<String>| text.unwrap_or_else(|| "cannot be read".to_owned());
            list.push(("identity", or_unreadable(claims.identity.map(|it| Escaped(&it).to_string()))));
            list.push(("issuer", or_unreadable(claims.issuer.map(|it| Escaped(&it).to_string()))));
            list.push(("logged at", or_unreadable(claims.integrated_time.map(|it| it.to_string()))));
            let indices: Vec<String> = claims.log_indices.iter().map(ToString::to_string).collect();
            list.push(("log entry", indices.join(", ")));
        }
    }
    if !oms.timestamps.is_empty() {
        list.push(("time stamps", oms.timestamps.len().to_string()));
    }
    list
}

fn certificate_line(der: &[u8]) -> String {
    match leaf_facts(der) {
        Ok(facts) => {
            let names = match facts.names.is_empty() {
                true => String::new(),
                false => format!(", names {}", Escaped(&facts.names.join(", "))),
            };
            let (subject, issuer) = (Escaped(&facts.subject), Escaped(&facts.issuer));
            format!("{subject}{names}, issuer {issuer}, valid {} to {}", facts.not_before, facts.not_after)
        }
        Err(refusal) => refusal.to_string(),
    }
}

fn statement_lines(statement: &OmsStatement, payload: &[u8]) -> Vec<(&'static str, String)> {
    let hashed = match statement.shard_size {
        None => format!("{}, whole files", statement.algorithm),
        Some(size) => format!("{}, shards of {size} bytes", statement.algorithm),
    };
    let ignored: Vec<String> = statement.ignored.iter().map(SafeName::to_string).collect();
    let mut list = vec![
        ("name", Escaped(&statement.name).to_string()),
        ("root digest", statement.root.to_string()),
        ("hashed", hashed),
        ("symlinks", if statement.allow_symlinks { "followed" } else { "not followed" }.to_owned()),
    ];
    if statement.form == OmsForm::Legacy {
        list.push(("form", "of version 0.2.0, which signs no root digest".to_owned()));
    }
    if !ignored.is_empty() {
        list.push(("left out", ignored.join(", ")));
    }
    list.push(("statement", format!("sha256 {}", Statement::digest(payload))));
    list
}

fn file_line(file: &SignedFile) -> String {
    let size = file.size.map(|size| format!("  {size} bytes")).unwrap_or_default();
    let name = Escaped(file.shown_name());
    match file.digests.as_slice() {
        [digest] => {
            let root = file.chunk_root.map(|root| format!("  chunk root {root}")).unwrap_or_default();
            format!("{digest}  {name}{size}{root}")
        }
        several => format!("{} shards  {name}{size}", several.len()),
    }
}

/// What an OMS signature says, as JSON.
#[expect(clippy::indexing_slicing, reason = "fields of JSON objects that are made here")]
pub(super) fn to_json(path: &Path, oms: &OmsSignature, bytes: &[u8]) -> Value {
    let statement = &oms.statement;
    let mut value = json!({
        "schema": "weightseal.inspect/1",
        "file": path.to_string_lossy(),
        "kind": "oms",
        "method": oms.method.name(),
        "timestamps": oms.timestamps.len(),
        "signed": {
            "name": statement.name,
            "root_sha256": statement.root.to_string(),
            "algorithm": statement.algorithm.name(),
            "shard_size": statement.shard_size,
            "allow_symlinks": statement.allow_symlinks,
            "ignored": statement.ignored.iter().map(SafeName::as_str).collect::<Vec<_>>(),
            "legacy": statement.form == OmsForm::Legacy,
            "files": statement.files.iter().map(file_json).collect::<Vec<_>>(),
            "statement_sha256": Statement::digest(&oms.envelope.payload).to_string(),
        },
        "verified": false,
    });
    if let Some(claims) = &statement.claims {
        let signed = &mut value["signed"];
        signed["container"] = json!(claims.container.name());
        signed["signer"] = json!(claims.signer);
        signed["signed_at"] = json!(claims.signed_at.as_str());
        signed["key_id"] = json!(claims.key_id.to_string());
        signed["key_version"] = json!(claims.key_version);
        signed["model_version"] = json!(claims.model_version);
        signed["expires_at"] = json!(claims.expires_at.as_ref().map(|time| time.as_str()));
        signed["countersigns"] = json!(claims.countersigns.map(|digest| digest.to_string()));
        signed["renews"] = json!(claims.renews.map(|digest| digest.to_string()));
        signed["annotations"] = json!(claims.annotations);
    }
    match &oms.method {
        Method::Key(KeyHint::Fingerprint(text)) => value["key_hint"] = json!(text),
        Method::Key(KeyHint::Embedded(id)) => value["key_id"] = json!(id.to_string()),
        Method::Key(KeyHint::Unknown) => {}
        Method::Certificate { chain } => {
            value["certificates"] = chain.iter().map(|der| certificate_json(der)).collect();
        }
        Method::Sigstore { .. } => {
            let claims = describe(bytes);
            value["sigstore"] = json!({
                "identity": claims.identity,
                "issuer": claims.issuer,
                "integrated_time": claims.integrated_time.map(|time| time.to_string()),
                "log_indices": claims.log_indices,
            });
        }
    }
    value
}

fn certificate_json(der: &[u8]) -> Value {
    match leaf_facts(der) {
        Ok(facts) => json!({
            "subject": facts.subject,
            "issuer": facts.issuer,
            "serial": facts.serial,
            "names": facts.names,
            "not_before": facts.not_before.to_string(),
            "not_after": facts.not_after.to_string(),
            "key_id": facts.key.id().to_string(),
            "sha256": facts.fingerprint.to_string(),
        }),
        Err(refusal) => json!({ "problem": refusal.to_string() }),
    }
}
