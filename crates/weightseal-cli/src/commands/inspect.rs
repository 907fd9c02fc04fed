//! `weightseal inspect`: explain a file to a person, parting what is signed from what is only claimed.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use weightseal::envelope::{Claims, Statement};
use weightseal::format::{OMS_NAME, SignatureFile, Signed, Visible, differences};
use weightseal::inspect::{Inspection, inspect};
use weightseal::text::{Escaped, EscapedPath};

use crate::args::InspectArguments;
use crate::commands::{inspect_oms, key};
use crate::output::Output;
use crate::problem::Problem;

pub(crate) fn run(arguments: &InspectArguments, output: &mut Output) -> Result<(), Problem> {
    match inspect(&inspected(&arguments.file))? {
        Inspection::Key(document, permissions) => {
            key::print(&arguments.file, &document, None, permissions, output)
        }
        Inspection::Signature(file, bytes) => {
            let place = inspected(&arguments.file);
            if !output.is_json() {
                output.text(&match &file {
                    SignatureFile::Oms(oms) => inspect_oms::explain(&place, oms, &bytes),
                    SignatureFile::Manifest(_) | SignatureFile::Bundle(_) => explain(&place, &file),
                });
            }
            output.json_of(|| to_json(&place, &file, &bytes));
        }
    }
    Ok(())
}

/// A folder stands for the signature in it.
pub fn inspected(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(OMS_NAME) } else { path.to_owned() }
}

fn explain(path: &Path, file: &SignatureFile) -> String {
    let (kind, entries) = parts(file);
    let envelope = if file.signed().is_some() { "with an envelope" } else { "without an envelope" };
    let mut text = format!("{}: {kind}, {envelope}\n", EscapedPath(path));
    match file.signed() {
        Some(signed) => {
            text.push_str("\nStated under signature (`weightseal verify` checks it):\n");
            lines(&mut text, &signed_lines(signed));
            text.push_str("\nShown beside it, and equal to it when verified:\n");
        }
        None => text.push_str(
            "\nOnly the digests are signed. Everything else is claimed, and anybody can change it:\n",
        ),
    }
    for entry in entries {
        lines(&mut text, &visible_lines(entry));
    }
    if !file.ignored().is_empty() {
        text.push_str("\nFields without meaning, ignored:\n");
        for (name, value) in file.ignored() {
            text.push_str(&format!("  {} = {}\n", Escaped(name), Escaped(value)));
        }
    }
    let faults = differences(file);
    if !faults.is_empty() {
        text.push_str("\nDIFFERENT from what is signed:\n");
        for fault in &faults {
            text.push_str(&format!("  {fault} [{}]\n", fault.code()));
        }
    }
    text.push_str("\nNothing was verified here.\n");
    text
}

fn parts(file: &SignatureFile) -> (&'static str, &[Visible]) {
    match file {
        SignatureFile::Manifest(manifest) => {
            ("manifest of one file", std::slice::from_ref(&manifest.visible))
        }
        SignatureFile::Bundle(bundle) => ("bundle manifest", &bundle.artifacts),
        SignatureFile::Oms(_) => ("OMS signature", &[]),
    }
}

pub(super) fn lines(text: &mut String, lines: &[(&str, String)]) {
    for (name, value) in lines {
        text.push_str(&format!("  {name:<14} {value}\n"));
    }
}

fn signed_lines(signed: &Signed) -> Vec<(&'static str, String)> {
    let Statement { name, claims, resources } = &signed.statement;
    let mut list = vec![("name", Escaped(name).to_string())];
    for resource in resources {
        let size = resource.size.map(|size| format!("  {size} bytes")).unwrap_or_default();
        let file = resource.name.as_ref().map(|name| format!("{name}  ")).unwrap_or_default();
        list.push(("file", format!("{file}sha256 {}{size}", resource.digest)));
        list.extend(resource.chunk_root.map(|root| ("chunk root", root.to_string())));
    }
    list.extend(claim_lines(claims));
    list.push(("statement", format!("sha256 {}", Statement::digest(&signed.envelope.payload))));
    list
}

pub(super) fn claim_lines(claims: &Claims) -> Vec<(&'static str, String)> {
    let mut list = vec![("signed at", claims.signed_at.to_string()), ("key id", claims.key_id.to_string())];
    if let Some(signer) = &claims.signer {
        list.insert(0, ("signer", Escaped(signer).to_string()));
    }
    list.extend(claims.key_version.map(|version| ("key version", version.to_string())));
    list.extend(claims.model_version.map(|version| ("model version", version.to_string())));
    list.extend(claims.expires_at.as_ref().map(|time| ("expires at", time.to_string())));
    list.extend(claims.countersigns.map(|digest| ("countersigns", digest.to_string())));
    list.extend(claims.renews.map(|digest| ("renews", digest.to_string())));
    let notes = claims.annotations.iter();
    list.extend(notes.map(|(name, value)| ("annotation", format!("{} = {}", Escaped(name), Escaped(value)))));
    list
}

fn visible_lines(visible: &Visible) -> Vec<(&'static str, String)> {
    let signature = match &visible.signature {
        Some(bytes) => format!("over the hex digest, {} bytes", bytes.len()),
        None => "none over the hex digest".to_owned(),
    };
    let mut list = vec![
        ("model file", visible.model_file.to_string()),
        ("sha256", visible.sha256.to_string()),
        ("signature", signature),
        ("signer", Escaped(&visible.signer).to_string()),
        ("signed at", visible.signed_at.to_string()),
        ("algorithm", format!("{}, key of {} bits", Escaped(&visible.algorithm), visible.key_size)),
    ];
    list.extend(visible.key_version.map(|version| ("key version", version.to_string())));
    list.extend(visible.key_id.map(|id| ("key id", id.to_string())));
    list
}

/// What a signature file says, signed apart from claimed. `bytes` are the file's own.
pub fn to_json(path: &Path, file: &SignatureFile, bytes: &[u8]) -> Value {
    if let SignatureFile::Oms(oms) = file {
        return inspect_oms::to_json(path, oms, bytes);
    }
    let (_, entries) = parts(file);
    let signed = file.signed().map(|signed| {
        let Statement { name, claims, resources } = &signed.statement;
        let files: Vec<Value> = resources
            .iter()
            .map(|resource| {
                json!({
                    "name": resource.name.as_ref().map_or(".", |name| name.as_str()),
                    "sha256": resource.digest.to_string(),
                    "size": resource.size,
                    "chunk_root": resource.chunk_root.map(|root| root.to_string()),
                })
            })
            .collect();
        json!({
            "name": name,
            "files": files,
            "container": claims.container.name(),
            "signer": claims.signer,
            "signed_at": claims.signed_at.as_str(),
            "key_id": claims.key_id.to_string(),
            "key_version": claims.key_version,
            "model_version": claims.model_version,
            "expires_at": claims.expires_at.as_ref().map(|time| time.as_str()),
            "countersigns": claims.countersigns.map(|digest| digest.to_string()),
            "renews": claims.renews.map(|digest| digest.to_string()),
            "annotations": claims.annotations,
            "statement_sha256": Statement::digest(&signed.envelope.payload).to_string(),
        })
    });
    let ignored: serde_json::Map<String, Value> =
        file.ignored().iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "schema": "weightseal.inspect/1",
        "file": path.to_string_lossy(),
        "kind": match file {
            SignatureFile::Manifest(_) => "manifest",
            SignatureFile::Bundle(_) => "bundle-manifest",
            SignatureFile::Oms(_) => "oms",
        },
        "signed": signed,
        "claimed": entries,
        "ignored": ignored,
        "differences": differences(file)
            .iter()
            .map(|fault| json!({ "code": fault.code(), "message": fault.to_string() }))
            .collect::<Vec<_>>(),
        "verified": false,
    })
}
