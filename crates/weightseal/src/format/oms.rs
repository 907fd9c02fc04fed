//! The OMS signature, `model.sig`: a Sigstore bundle v0.3 (sigstore_bundle.proto) around a DSSE envelope, as OpenSSF
//! Model Signing v1.0, section 4, profiles it.

use serde_json::json;

use super::Fault;
use crate::digest::Digest;
use crate::envelope::{
    Envelope, OmsForm, OmsStatement, PAYLOAD_TYPE, decode_base64, encode_base64, encode_base64_into,
};
use crate::json::{FieldError, Fields, Value, as_string};
use crate::key::{BadSignature, KeyId, PublicKey};

/// The media type that is written.
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The media types of version 0.3 that are read.
const MEDIA_TYPES: [&str; 2] = [MEDIA_TYPE, "application/vnd.dev.sigstore.bundle+json;version=0.3"];

/// Stands first in the text of a signature whose payload is not put in yet: keys are sorted.
const EMPTY_PAYLOAD: &str = "\"payload\":\"\"";

/// Most certificates and time stamps in one bundle that are kept. A chain has three or four.
const MAX_MATERIAL: usize = 32;

/// An OMS signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OmsSignature {
    /// How it was made.
    pub method: Method,
    /// RFC 3161 time stamps over the signature, in DER.
    pub timestamps: Vec<Vec<u8>>,
    /// The envelope, with exactly one signature (sigstore_bundle.proto).
    pub envelope: Envelope,
    /// Its payload, parsed.
    pub statement: OmsStatement,
}

/// The methods of signing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// With a key that whoever verifies has already.
    Key(KeyHint),
    /// With a key whose certificate leads to an authority.
    Certificate {
        /// The certificates in DER, the signer's first.
        chain: Vec<Vec<u8>>,
    },
    /// Without a lasting key: Sigstore, with a log entry.
    Sigstore {
        /// The verification material as it stands in the file.
        material: Value,
    },
}

impl Method {
    /// The word on the command line and in results.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Certificate { .. } => "certificate",
            Self::Sigstore { .. } => "sigstore",
        }
    }
}

/// What a signature says about its key; a help for finding it, and nothing to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyHint {
    /// Nothing that we understand.
    Unknown,
    /// A fingerprint: that of the PEM text, from the reference implementation.
    Fingerprint(String),
    /// The key itself, as versions before 1.1 wrote it.
    Embedded(KeyId),
}

impl KeyHint {
    /// The hint that names this key: SHA-256 over its SPKI in PEM, lines of 64 columns, with the final line end.
    pub fn of(key: &PublicKey) -> Self {
        Self::Fingerprint(Digest::of(key.to_pem().as_bytes()).to_string())
    }

    /// Whether it may mean this key.
    pub fn fits(&self, key: &PublicKey) -> bool {
        match self {
            Self::Unknown => true,
            // Of the DER, as other tools count.
            Self::Fingerprint(text) => *self == Self::of(key) || *text == key.id().to_string(),
            Self::Embedded(id) => *id == key.id(),
        }
    }
}

impl OmsSignature {
    pub(super) fn from_json(value: Value, most_entries: usize) -> Result<Self, Fault> {
        let mut fields = Fields::of(value, "the bundle").map_err(Fault::Bundle)?;
        let media_type = fields.string("mediaType").map_err(Fault::Bundle)?;
        if !MEDIA_TYPES.contains(&media_type.as_str()) {
            return Err(Fault::MediaType { found: media_type });
        }
        let material = fields.require("verificationMaterial").map_err(Fault::Bundle)?;
        let envelope = fields.require("dsseEnvelope").map_err(Fault::Bundle)?;
        fields.finish().map_err(Fault::Bundle)?;
        let envelope = read_envelope(envelope)?;
        let (method, timestamps) =
            read_material(material).map_err(|error| Fault::Bundle(error.within("verificationMaterial")))?;
        let statement = OmsStatement::parse(&envelope.payload, most_entries).map_err(Fault::Oms)?;
        Ok(Self { method, timestamps, envelope, statement })
    }

    /// The file's text: compact JSON with sorted keys and a final line end.
    pub(super) fn to_text(&self) -> String {
        let material = match &self.method {
            Method::Key(hint) => {
                let hint = match hint {
                    KeyHint::Fingerprint(text) => text.clone(),
                    KeyHint::Embedded(id) => id.to_string(),
                    KeyHint::Unknown => String::new(),
                };
                json!({ "publicKey": { "hint": hint }, "tlogEntries": [] })
            }
            Method::Certificate { chain } => {
                let chain: Vec<_> =
                    chain.iter().map(|der| json!({ "rawBytes": encode_base64(der) })).collect();
                json!({ "x509CertificateChain": { "certificates": chain }, "tlogEntries": [] })
            }
            Method::Sigstore { material } => material.into(),
        };
        let sig = self.envelope.signatures.first().map(|signature| encode_base64(&signature.sig));
        // The payload can have tens of megabytes, and is put in last: inside JSON values it would stand there three times.
        let envelope = json!({
            "payload": "",
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{ "keyid": "", "sig": sig }],
        });
        let bundle = json!({
            "dsseEnvelope": envelope,
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": material,
        });
        let text = bundle.to_string();
        let (before, after) = text.split_once(EMPTY_PAYLOAD).unwrap_or((&text, ""));
        let payload = &self.envelope.payload;
        let room = payload
            .len()
            .div_ceil(3)
            .saturating_mul(4)
            .saturating_add(before.len())
            .saturating_add(after.len());
        let mut text = String::with_capacity(room.saturating_add(16));
        text.push_str(before);
        text.push_str("\"payload\":\"");
        encode_base64_into(payload, &mut text);
        text.push('"');
        text.push_str(after);
        text.push('\n');
        text
    }

    /// Checks the signature with a key.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, key: &PublicKey) -> Result<(), BadSignature> {
        let [signature] = self.envelope.signatures.as_slice() else { return Err(BadSignature) };
        match self.statement.form {
            OmsForm::V1 => key.verify(&self.envelope.pae(), &signature.sig),
            OmsForm::Legacy => {
                let covered = legacy_pae(&self.envelope.payload);
                // Version 0.2.0 took SHA-256 whatever the curve, with certificates at least.
                key.verify_with_sha256(&covered, &signature.sig)
                    .or_else(|_| key.verify(&covered, &signature.sig))
            }
        }
    }
}

fn read_envelope(value: Value) -> Result<Envelope, Fault> {
    if let Value::Object(fields) = &value {
        let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
        if let Some(Value::String(kind)) = field("payloadType")
            && kind != PAYLOAD_TYPE
        {
            return Err(Fault::PayloadType { found: kind.clone() });
        }
        if let Some(Value::Array(signatures)) = field("signatures")
            && signatures.len() != 1
        {
            return Err(Fault::SignatureCount { count: signatures.len() });
        }
    }
    Envelope::from_json(value).map_err(|error| Fault::Bundle(error.within("dsseEnvelope")))
}

fn read_material(value: Value) -> Result<(Method, Vec<Vec<u8>>), FieldError> {
    let whole = value.clone();
    let mut fields = Fields::of(value, "verificationMaterial")?;
    let key = fields.take("publicKey");
    let chain = fields.take("x509CertificateChain");
    let certificate = fields.take("certificate");
    let entries = match fields.has("tlogEntries") {
        true => fields.array("tlogEntries")?,
        false => Vec::new(),
    };
    let count = entries.len();
    for (at, entry) in entries.into_iter().enumerate() {
        Fields::of(entry, &format!("tlogEntries[{at}]"))?;
    }
    let timestamps = fields.take("timestampVerificationData").map(read_timestamps).transpose()?;
    fields.finish()?;
    let method = match (key, chain, certificate) {
        (Some(key), None, None) => Method::Key(read_key(key)?),
        (None, Some(chain), None) => Method::Certificate { chain: read_chain(chain)? },
        (None, None, Some(_)) if count == 0 => {
            return Err(FieldError::value(
                "tlogEntries",
                "is empty, where the method sigstore needs a log entry",
            ));
        }
        (None, None, Some(_)) => Method::Sigstore { material: whole },
        (None, None, None) => {
            return Err(FieldError::value(
                "publicKey",
                "is missing, and so are `x509CertificateChain` and `certificate`",
            ));
        }
        _ => {
            return Err(FieldError::value("publicKey", "stands beside a certificate: two methods at once"));
        }
    };
    Ok((method, timestamps.unwrap_or_default()))
}

fn read_key(value: Value) -> Result<KeyHint, FieldError> {
    let mut fields = Fields::of(value, "publicKey")?;
    let hint = fields.optional_string("hint").map_err(|error| error.within("publicKey"))?;
    let raw = fields.optional_string("rawBytes").map_err(|error| error.within("publicKey"))?;
    for (name, value) in fields.rest() {
        // What kind of key it is, by somebody's word.
        as_string(value, &name).map_err(|error| error.within("publicKey"))?;
    }
    if hint.is_none() && raw.is_none() {
        return Err(FieldError::value("publicKey", "has neither `hint` nor `rawBytes`"));
    }
    let raw = raw
        .map(|text| {
            decode_base64(&text)
                .ok_or_else(|| FieldError::value("publicKey.rawBytes", "is not canonical base64"))
        })
        .transpose()?;
    let embedded = || {
        let bytes = raw?;
        let key = PublicKey::from_pem(&bytes).or_else(|_| PublicKey::from_spki_der(&bytes)).ok()?;
        Some(KeyHint::Embedded(key.id()))
    };
    Ok(match hint {
        Some(text) if !text.is_empty() => KeyHint::Fingerprint(text.chars().take(300).collect()),
        _ => embedded().unwrap_or(KeyHint::Unknown),
    })
}

fn read_chain(value: Value) -> Result<Vec<Vec<u8>>, FieldError> {
    let mut fields = Fields::of(value, "x509CertificateChain")?;
    let within = |error: FieldError| error.within("x509CertificateChain");
    let list = fields.array("certificates").map_err(within)?;
    fields.finish().map_err(within)?;
    read_list(list, "rawBytes", 1).map_err(|error| within(error.within("certificates")))
}

fn read_timestamps(value: Value) -> Result<Vec<Vec<u8>>, FieldError> {
    let mut fields = Fields::of(value, "timestampVerificationData")?;
    let within = |error: FieldError| error.within("timestampVerificationData");
    match fields.take("rfc3161Timestamps") {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => {
            read_list(list, "signedTimestamp", 0).map_err(|error| within(error.within("rfc3161Timestamps")))
        }
        Some(_) => Err(within(FieldError::value("rfc3161Timestamps", "is not a list"))),
    }
}

/// A list of objects with some bytes in each, and nothing else.
fn read_list(list: Vec<Value>, field: &str, least: usize) -> Result<Vec<Vec<u8>>, FieldError> {
    if list.len() < least || list.len() > MAX_MATERIAL {
        let problem = format!("is in {} entries, where {least} to {MAX_MATERIAL} are allowed", list.len());
        return Err(FieldError::value(field, problem));
    }
    list.into_iter()
        .map(|value| {
            let mut fields = Fields::of(value, field)?;
            let text = fields.string(field)?;
            fields.finish()?;
            decode_base64(&text).ok_or_else(|| FieldError::value(field, "is not canonical base64"))
        })
        .collect()
}

/// What version 0.2.0 signed: the pre-authentication encoding with a capital V and the payload as Python writes bytes.
fn legacy_pae(payload: &[u8]) -> Vec<u8> {
    let quote = if payload.contains(&b'\'') && !payload.contains(&b'"') { '"' } else { '\'' };
    let mut shown = format!("b{quote}");
    for byte in payload {
        match byte {
            b'\\' => shown.push_str("\\\\"),
            b'\n' => shown.push_str("\\n"),
            b'\r' => shown.push_str("\\r"),
            b'\t' => shown.push_str("\\t"),
            byte if char::from(*byte) == quote => shown.extend(['\\', quote]),
            0x20..=0x7e => shown.push(char::from(*byte)),
            byte => shown.push_str(&format!("\\x{byte:02x}")),
        }
    }
    shown.push(quote);
    format!("DSSEV1 {} {PAYLOAD_TYPE} {} {shown}", PAYLOAD_TYPE.len(), payload.len()).into_bytes()
}

impl From<&Value> for serde_json::Value {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => json!(value),
            Value::Integer(value) => json!(value),
            Value::String(text) => json!(text),
            Value::Decoded(bytes) => json!(encode_base64(bytes)),
            Value::Array(items) => items.iter().map(Self::from).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), Self::from(value))).collect()
            }
        }
    }
}

/// Whether this is an OMS signature of a method that needs nothing but what is parsed.
pub(super) fn can_do_without_bytes(value: &Value) -> bool {
    let Value::Object(fields) = value else { return false };
    let material = fields.iter().find(|(name, _)| name == "verificationMaterial").map(|(_, value)| value);
    let Some(Value::Object(material)) = material else { return false };
    is_bundle(fields) && !material.iter().any(|(name, _)| name == "certificate")
}

/// Whether bytes look like a Sigstore bundle of any version.
pub(super) fn is_bundle(fields: &[(String, Value)]) -> bool {
    let has = |name: &str| fields.iter().any(|(field, _)| field == name);
    has("mediaType") || has("dsseEnvelope") || has("verificationMaterial") || has("messageSignature")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_encoding_is_that_of_python() {
        let covered = legacy_pae(b"{\"a\": 'x'}\n\\\x00\xff");
        let expected = b"DSSEV1 28 application/vnd.in-toto+json 14 b'{\"a\": \\'x\\'}\\n\\\\\\x00\\xff'";
        assert_eq!(String::from_utf8_lossy(&covered), String::from_utf8_lossy(expected));
    }
}
