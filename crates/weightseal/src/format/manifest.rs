//! The manifest of one file: what people read, and the envelope that signs it.

use serde::{Serialize, Serializer};
use serde_json::json;

use super::Fault;
use crate::digest::Digest;
use crate::envelope::{Envelope, Statement, check_signer, decode_base64, encode_base64};
use crate::json::{FieldError, FieldProblem, Fields, Value};
use crate::key::KeyId;
use crate::listing::{SafeName, UnsafeName};
use crate::time::Timestamp;

/// The fields of a manifest, or of one entry of a bundle manifest, that people see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visible {
    /// The model's file name; in a bundle, its path relative to the bundle manifest.
    pub model_file: SafeName,
    /// The model's SHA-256 digest.
    pub sha256: Digest,
    /// The signature over the 64 hex digits of the digest; only RSA keys have it.
    pub signature: Option<Vec<u8>>,
    /// Who signs.
    pub signer: String,
    /// When.
    pub signed_at: Timestamp,
    /// The algorithm's name.
    pub algorithm: String,
    /// The key's size in bits.
    pub key_size: u64,
    /// Which of the signer's keys.
    pub key_version: Option<u64>,
    /// The signing key; only beside an envelope.
    pub key_id: Option<KeyId>,
}

/// Longest name of an algorithm in bytes: three times our own longest.
const MAX_ALGORITHM: usize = 64;

/// The envelope and what was read from its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The envelope as received.
    pub envelope: Envelope,
    /// Its payload, parsed.
    pub statement: Statement,
}

/// A manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// What people see.
    pub visible: Visible,
    /// What was signed, if there is an envelope.
    pub signed: Option<Signed>,
    /// Fields without meaning, in a manifest without envelope: name and JSON value.
    pub ignored: Vec<(String, String)>,
}

impl Manifest {
    pub(super) fn from_json(value: Value) -> Result<Self, Fault> {
        let mut fields = Fields::of(value, "the manifest")?;
        let signed = Signed::take(&mut fields)?;
        let visible = Visible::take(&mut fields, signed.is_some())?;
        if !visible.model_file.is_single() {
            // A manifest lies beside its model; a path would lead to a file that nobody expects.
            let name = visible.model_file.as_str().to_owned();
            return Err(UnsafeName { name, reason: "is a path, where a file name is needed" }.into());
        }
        let ignored = rest(fields, signed.is_some())?;
        Ok(Self { visible, signed, ignored })
    }

    /// The file's text: JSON, indented by 2, with a final line end.
    pub fn to_text(&self) -> String {
        #[derive(Serialize)]
        struct Text<'a> {
            #[serde(flatten)]
            visible: &'a Visible,
            #[serde(skip_serializing_if = "Option::is_none")]
            envelope: Option<serde_json::Value>,
        }
        pretty(&Text {
            visible: &self.visible,
            envelope: self.signed.as_ref().map(|signed| signed.envelope.to_json()),
        })
    }
}

impl Signed {
    /// Takes the field `envelope` and parses its payload.
    pub(super) fn take(fields: &mut Fields) -> Result<Option<Self>, Fault> {
        let Some(value) = fields.take("envelope") else { return Ok(None) };
        let envelope = Envelope::from_json(value).map_err(|error| error.within("envelope"))?;
        let statement = Statement::parse(&envelope.payload)?;
        Ok(Some(Self { envelope, statement }))
    }
}

impl Visible {
    /// Takes the visible fields out of an object.
    pub(super) fn take(fields: &mut Fields, has_envelope: bool) -> Result<Self, Fault> {
        let model_file = fields.string("model_file")?.parse::<SafeName>()?;
        let sha256 = fields.string("sha256")?;
        let sha256 = sha256.parse().map_err(|error| FieldError::value("sha256", error))?;
        let signature = fields
            .optional_string("signature")?
            .map(|text| {
                decode_base64(&text).ok_or_else(|| FieldError::value("signature", "is not canonical base64"))
            })
            .transpose()?;
        let signer = fields.string("signer")?;
        check_signer(&signer).map_err(|problem| FieldError::value("signer", problem))?;
        let signed_at = fields.string("signed_at")?;
        let signed_at =
            signed_at.parse().map_err(|error| FieldError::value("signed_at", format_args!("is {error}")))?;
        let algorithm = fields.string("algorithm")?;
        if algorithm.len() > MAX_ALGORITHM {
            return Err(
                FieldError::value("algorithm", format_args!("is longer than {MAX_ALGORITHM} bytes")).into()
            );
        }
        let key_size = fields.integer("key_size", 1)?;
        let key_version = fields.optional_integer("key_version", 1)?;
        let key_id = fields
            .optional_string("key_id")?
            .map(|text| text.parse().map_err(|error| FieldError::value("key_id", error)))
            .transpose()?;
        if !has_envelope {
            if signature.is_none() {
                return Err(FieldError::new("signature", FieldProblem::Missing).into());
            }
            if key_id.is_some() {
                // Only we write key ids, and always with an envelope: it has been taken away.
                return Err(FieldError::value("key_id", "is not allowed without an `envelope`").into());
            }
        }
        Ok(Self {
            model_file,
            sha256,
            signature,
            signer,
            signed_at,
            algorithm,
            key_size,
            key_version,
            key_id,
        })
    }

    /// The fields in the order in which they are written.
    fn to_ordered(&self) -> Vec<(&'static str, serde_json::Value)> {
        let mut object =
            vec![("model_file", json!(self.model_file.as_str())), ("sha256", json!(self.sha256.to_string()))];
        if let Some(signature) = &self.signature {
            object.push(("signature", json!(encode_base64(signature))));
        }
        object.extend([
            ("signer", json!(self.signer)),
            ("signed_at", json!(self.signed_at.as_str())),
            ("algorithm", json!(self.algorithm)),
            ("key_size", json!(self.key_size)),
        ]);
        if let Some(version) = self.key_version {
            object.push(("key_version", json!(version)));
        }
        if let Some(id) = &self.key_id {
            object.push(("key_id", json!(id.to_string())));
        }
        object
    }
}

impl Serialize for Visible {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.to_ordered())
    }
}

/// Every field of a manifest and of a bundle manifest.
const FIELDS: [&str; 13] = [
    "model_file",
    "sha256",
    "signature",
    "signer",
    "signed_at",
    "algorithm",
    "key_size",
    "key_version",
    "key_id",
    "envelope",
    "artifacts",
    "bundle_signed_at",
    "artifact_count",
];

/// What is left of an object: malformed beside an envelope, ignored without one.
pub(super) fn rest(fields: Fields, has_envelope: bool) -> Result<Vec<(String, String)>, Fault> {
    if has_envelope {
        fields.finish()?;
        return Ok(Vec::new());
    }
    let mut ignored = Vec::new();
    for (name, value) in fields.rest() {
        // Some parsers do not tell `SHA256` from `sha256`: they would read another value than we do.
        if FIELDS.iter().any(|field| *field != name && field.eq_ignore_ascii_case(&name)) {
            return Err(FieldError::value(
                name,
                "differs from a field of this format only in upper and lower case",
            )
            .into());
        }
        ignored.push((name, render(&value)));
    }
    Ok(ignored)
}

/// JSON as people read it: indented by 2, with a final line end.
#[expect(clippy::expect_used, reason = "strings, integers, lists and maps with string keys always serialise")]
pub(super) fn pretty(object: &impl Serialize) -> String {
    // Strings, integers, lists and maps with string keys always serialise.
    let mut text = serde_json::to_string_pretty(object).expect("a manifest serialises");
    text.push('\n');
    text
}

/// A short JSON text of a value that has no meaning to us.
fn render(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::String(text) => text.chars().take(200).collect(),
        Value::Decoded(bytes) => format!("{} bytes", bytes.len()),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(fields) => format!("an object of {}", fields.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn without_an_envelope_other_fields_are_ignored_unless_they_look_like_ours() {
        let left = |text: &str| {
            let fields = Fields::of(parse(text.as_bytes()).expect("JSON"), "it").expect("an object");
            rest(fields, false).map_err(|fault| fault.code())
        };
        assert_eq!(left(r#"{"framework":"torch"}"#), Ok(vec![("framework".to_owned(), "torch".to_owned())]));
        assert_eq!(left(r#"{"artifact_count":1}"#), Ok(vec![("artifact_count".to_owned(), "1".to_owned())]));
        assert_eq!(left(r#"{"SHA256":"00"}"#), Err("malformed-manifest"));
        assert_eq!(left(r#"{"Model_File":"x"}"#), Err("malformed-manifest"));
    }
}
