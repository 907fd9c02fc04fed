//! `weightseal key`: show a key file, and change its passphrase.

use std::path::Path;

use serde_json::{Value, json};
use weightseal::file::Permissions;
use weightseal::key::{
    CertificateSummary, KeyDocument, PrivateKeyFile, Protection, PublicKey, read_document,
};
use weightseal::text::{Escaped, EscapedPath};

use crate::args::{ChangePassphraseArguments, KeyShowArguments};
use crate::output::Output;
use crate::passphrase;
use crate::problem::Problem;

pub(crate) fn show(arguments: &KeyShowArguments, output: &mut Output) -> Result<(), Problem> {
    let (mut document, permissions) = read_document(&arguments.file)?;
    let mut protection = None;
    if let KeyDocument::Encrypted(key) = &document {
        protection = Some(key.protection().clone());
        if let Some(passphrase) = passphrase::unasked(&arguments.passphrase)? {
            let key = key.unlock(&passphrase).map_err(|error| weightseal::key::KeyFileError::Key {
                path: arguments.file.clone(),
                error,
            })?;
            document = KeyDocument::Private(Box::new(key));
        }
    }
    print(&arguments.file, &document, protection, permissions, output);
    Ok(())
}

pub(crate) fn change_passphrase(
    arguments: &ChangePassphraseArguments,
    output: &mut Output,
) -> Result<(), Problem> {
    let path = &arguments.file;
    let file = PrivateKeyFile::read(path)?;
    let permissions = file.permissions();
    let key = match file.is_encrypted() {
        true => file.unlock(passphrase::existing(&arguments.passphrase, path)?.as_ref())?,
        false => file.unlock(None)?,
    };
    let new = match arguments.no_passphrase {
        true => None,
        false => Some(passphrase::for_changed_key(arguments.new_passphrase_file.as_ref(), path)?),
    };
    crate::interrupt::check()?;
    key.rewrite_file(path, permissions, new.as_ref())?;
    let now = match new {
        Some(_) => format!("encrypted with PBKDF2-HMAC-SHA256, {} iterations", weightseal::key::ITERATIONS),
        None => "NOT encrypted".to_owned(),
    };
    output.text(&format!("changed: {} is now {now}\n", EscapedPath(path)));
    output.json(&json!({
        "schema": "weightseal.key/1",
        "file": path.to_string_lossy(),
        "key_id": key.public().id().to_string(),
        "encrypted": new.is_some(),
    }));
    Ok(())
}

/// Prints what is known about a key file; used by `inspect` too.
pub(crate) fn print(
    path: &Path,
    document: &KeyDocument,
    protection: Option<Protection>,
    permissions: Permissions,
    output: &mut Output,
) {
    let (kind, key, protection) = match document {
        KeyDocument::Public(key) => ("public key", Some(key), None),
        KeyDocument::Private(key) => {
            ("private key", Some(key.public()), Some(protection.unwrap_or(Protection::None)))
        }
        KeyDocument::Encrypted(key) => ("private key", None, Some(key.protection().clone())),
        KeyDocument::Certificate(certificate) => ("certificate", certificate.key.as_ref(), None),
    };
    let mut lines = vec![("kind", kind.to_owned())];
    lines.extend(key_lines(key, kind));
    if let Some(protection) = &protection {
        lines.push(("encryption", passphrase::describe(protection)));
    }
    if let KeyDocument::Certificate(certificate) = document {
        lines.extend(certificate_lines(certificate));
    }
    if let Some(mode) = permissions.mode() {
        lines.push(("permissions", format!("{mode:04o}{}", judgement(kind, permissions))));
    }
    let mut text = format!("{}\n", EscapedPath(path));
    for (name, value) in &lines {
        text.push_str(&format!("  {name:<12} {value}\n"));
    }
    output.text(&text);
    output.json(&to_json(path, kind, key, protection.as_ref(), document, permissions));
}

fn key_lines(key: Option<&PublicKey>, kind: &str) -> Vec<(&'static str, String)> {
    match key {
        Some(key) => vec![
            ("algorithm", format!("{} ({} bits)", key.algorithm().key_name(), key.bits())),
            ("key id", key.id().to_string()),
        ],
        None if kind == "certificate" => vec![("algorithm", "not one that signs models here".to_owned())],
        None => vec![(
            "algorithm",
            "hidden by the encryption (give the passphrase to see it and the key id)".to_owned(),
        )],
    }
}

fn certificate_lines(certificate: &CertificateSummary) -> Vec<(&'static str, String)> {
    vec![
        ("subject", Escaped(&certificate.subject).to_string()),
        ("issuer", Escaped(&certificate.issuer).to_string()),
        ("valid", format!("{} to {}", certificate.not_before, certificate.not_after)),
        ("authority", if certificate.is_authority { "yes" } else { "no" }.to_owned()),
    ]
}

fn judgement(kind: &str, permissions: Permissions) -> &'static str {
    if kind != "private key" {
        ""
    } else if permissions.open_to_everybody() {
        " (open to every user: refused when signing)"
    } else if permissions.open_to_group() {
        " (open to its group)"
    } else {
        " (its owner only)"
    }
}

#[expect(clippy::indexing_slicing, reason = "fields of JSON objects that are made here")]
fn to_json(
    path: &Path,
    kind: &str,
    key: Option<&PublicKey>,
    protection: Option<&Protection>,
    document: &KeyDocument,
    permissions: Permissions,
) -> Value {
    let mut value = json!({
        "schema": "weightseal.key/1",
        "file": path.to_string_lossy(),
        "kind": kind,
        "algorithm": key.map(|key| key.algorithm().manifest_name()),
        "key_size": key.map(PublicKey::bits),
        "key_id": key.map(|key| key.id().to_string()),
        "permissions": permissions.mode().map(|mode| format!("{mode:04o}")),
    });
    if let Some(protection) = protection {
        value["encrypted"] = json!(*protection != Protection::None);
        value["encryption"] = json!(protection.to_string());
    }
    if let KeyDocument::Certificate(certificate) = document {
        value["subject"] = json!(certificate.subject);
        value["issuer"] = json!(certificate.issuer);
        value["not_before"] = json!(certificate.not_before);
        value["not_after"] = json!(certificate.not_after);
        value["authority"] = json!(certificate.is_authority);
    }
    value
}
