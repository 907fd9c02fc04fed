//! What the signer says about a model, signed: the annotations of the statement's subject.

use std::collections::BTreeMap;

use serde_json::json;

use crate::digest::Digest;
use crate::json::{FieldError, Fields, Value};
use crate::key::KeyId;
use crate::time::Timestamp;

/// Names that are never free annotations.
const RESERVED: [&str; 9] = [
    "container",
    "signer",
    "signed_at",
    "key_version",
    "key_id",
    "model_version",
    "expires_at",
    "countersigns",
    "renews",
];

/// Longest signer name and annotation in bytes: enough for every identity and URL, too short to hide a text.
const MAX_TEXT: usize = 4096;

/// What kind of file a statement was made for. Another kind refuses it, so that a statement cannot be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// The manifest of one file.
    Manifest,
    /// The bundle manifest of several files.
    Bundle,
    /// An OMS signature of a folder.
    Folder,
    /// An OMS signature of one file.
    File,
}

impl Container {
    const ALL: [Self; 4] = [Self::Manifest, Self::Bundle, Self::Folder, Self::File];

    /// The word in the annotation.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Bundle => "bundle",
            Self::Folder => "folder",
            Self::File => "file",
        }
    }
}

/// The signed annotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// What kind of file the statement was made for.
    pub container: Container,
    /// Who signs, by the key holder's word. A manifest always has it, an OMS signature may leave it out.
    pub signer: Option<String>,
    /// When, by the key holder's word.
    pub signed_at: Timestamp,
    /// Which of the signer's keys, counted from 1.
    pub key_version: Option<u64>,
    /// The signing key.
    pub key_id: KeyId,
    /// Which version of the model, counted from 1.
    pub model_version: Option<u64>,
    /// From when on the signature must not be accepted.
    pub expires_at: Option<Timestamp>,
    /// The statement that this one stands beside: it is no first signature, but a countersignature.
    pub countersigns: Option<Digest>,
    /// The statement that this one took the place of.
    pub renews: Option<Digest>,
    /// Anything else the signer wrote down.
    pub annotations: BTreeMap<String, String>,
}

impl Claims {
    pub(super) fn to_json(&self) -> serde_json::Value {
        let mut map = serde_json::Map::new();
        let mut put = |name: &str, value: serde_json::Value| map.insert(name.to_owned(), value);
        for (name, value) in &self.annotations {
            put(name, json!(value));
        }
        put("container", json!(self.container.name()));
        if let Some(signer) = &self.signer {
            put("signer", json!(signer));
        }
        put("signed_at", json!(self.signed_at.as_str()));
        put("key_id", json!(self.key_id.to_string()));
        if let Some(version) = self.key_version {
            put("key_version", json!(version));
        }
        if let Some(version) = self.model_version {
            put("model_version", json!(version));
        }
        if let Some(time) = &self.expires_at {
            put("expires_at", json!(time.as_str()));
        }
        for (name, statement) in [("countersigns", &self.countersigns), ("renews", &self.renews)] {
            if let Some(statement) = statement {
                put(name, json!(statement.to_string()));
            }
        }
        map.into()
    }

    pub(super) fn from_json(value: Value) -> Result<Self, FieldError> {
        let mut fields = Fields::of(value, "annotations")?;
        let container = fields.string("container")?;
        let container = Container::ALL
            .into_iter()
            .find(|kind| kind.name() == container)
            .ok_or_else(|| FieldError::value("container", "is not a kind of signature file"))?;
        let signer = fields.optional_string("signer")?;
        if let Some(signer) = &signer {
            check_signer(signer).map_err(|problem| FieldError::value("signer", problem))?;
        }
        let signed_at = time(&fields.string("signed_at")?, "signed_at")?;
        let key_version = fields.optional_integer("key_version", 1)?;
        let key_id = fields.string("key_id")?.parse().map_err(|error| FieldError::value("key_id", error))?;
        let model_version = fields.optional_integer("model_version", 1)?;
        let expires_at =
            fields.optional_string("expires_at")?.map(|text| time(&text, "expires_at")).transpose()?;
        let countersigns = statement(&mut fields, "countersigns")?;
        let renews = statement(&mut fields, "renews")?;
        let mut annotations = BTreeMap::new();
        for (name, value) in fields.rest() {
            let text = crate::json::as_string(value, &name)?;
            check_annotation(&name, &text).map_err(|problem| FieldError::value(&name, problem))?;
            annotations.insert(name, text);
        }
        Ok(Self {
            container,
            signer,
            signed_at,
            key_version,
            key_id,
            model_version,
            expires_at,
            countersigns,
            renews,
            annotations,
        })
    }
}

/// Whether text can be the name of a signer.
///
/// # Errors
/// What is wrong with it.
pub fn check_signer(text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() {
        return Err("is empty");
    }
    check_text(text)
}

/// Whether a free annotation may have this name and this value.
///
/// # Errors
/// What is wrong with it.
pub fn check_annotation(name: &str, value: &str) -> Result<(), &'static str> {
    if RESERVED.contains(&name) {
        return Err("is a reserved name");
    }
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/:".contains(&byte)) {
        return Err("is a name with characters other than letters, digits and . _ - / :");
    }
    check_text(value)
}

fn check_text(text: &str) -> Result<(), &'static str> {
    if text.len() > MAX_TEXT {
        Err("is longer than 4096 bytes")
    } else if text.chars().any(char::is_control) {
        Err("has control characters in it")
    } else {
        Ok(())
    }
}

/// The digest that names another statement.
fn statement(fields: &mut Fields, name: &'static str) -> Result<Option<Digest>, FieldError> {
    let text = fields.optional_string(name)?;
    text.map(|text| text.parse().map_err(|error| FieldError::value(name, error))).transpose()
}

fn time(text: &str, name: &str) -> Result<Timestamp, FieldError> {
    text.parse().map_err(|error| FieldError::value(name, format_args!("is {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &str) -> Result<Claims, FieldError> {
        let key_id = "00".repeat(32);
        let text = format!(
            r#"{{"container":"manifest","signer":"team","signed_at":"2026-01-10T00:00:00Z","key_id":"{key_id}"{more}}}"#
        );
        Claims::from_json(crate::json::parse(text.as_bytes()).expect("JSON"))
    }

    #[test]
    fn other_statements_are_named_by_their_digests_alone() {
        let digest = Digest::of(b"a statement");
        for name in ["countersigns", "renews"] {
            let claims = read(&format!(r#","{name}":"{digest}""#)).expect("read");
            let found = if name == "renews" { claims.renews } else { claims.countersigns };
            assert_eq!(found, Some(digest));
            assert!(claims.annotations.is_empty());
            assert_eq!(claims.to_json()[name], json!(digest.to_string()));
            let text = digest.to_string();
            for wrong in [text.to_uppercase(), text[1..].to_owned(), format!("{text}0"), String::new()] {
                assert!(read(&format!(r#","{name}":"{wrong}""#)).is_err(), "{wrong}");
            }
            for wrong in ["null", "7", "[]", "true"] {
                assert!(read(&format!(r#","{name}":{wrong}"#)).is_err(), "{wrong}");
            }
            assert_eq!(check_annotation(name, &text), Err("is a reserved name"));
        }
    }
}
