//! The DSSE v1 envelope and its pre-authentication encoding (PAE).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::json::{FieldError, Fields, Value};

/// The payload type of in-toto statements.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// Most signatures in one envelope: each costs an attacker nothing and us a public-key operation.
pub const MAX_SIGNATURES: usize = 16;

/// A payload with the signatures over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The bytes that were signed, exactly as received.
    pub payload: Vec<u8>,
    /// At least one.
    pub signatures: Vec<EnvelopeSignature>,
}

/// One signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeSignature {
    /// The signature over the PAE.
    pub sig: Vec<u8>,
    /// Which key made it, by its own word; absent, empty and null are the same.
    pub keyid: Option<String>,
}

impl Envelope {
    /// The bytes that the signatures cover.
    pub fn pae(&self) -> Vec<u8> {
        pae(PAYLOAD_TYPE, &self.payload)
    }

    /// Reads the JSON object `{"payloadType", "payload", "signatures"}`.
    ///
    /// # Errors
    /// A [`FieldError`] that names the field.
    pub fn from_json(value: Value) -> Result<Self, FieldError> {
        let mut fields = Fields::of(value, "envelope")?;
        let kind = fields.string("payloadType")?;
        if kind != PAYLOAD_TYPE {
            return Err(FieldError::value("payloadType", format_args!("is not `{PAYLOAD_TYPE}`")));
        }
        let payload = match fields.require("payload")? {
            Value::Decoded(bytes) => bytes,
            text => base64_field(&crate::json::as_string(text, "payload")?, "payload")?,
        };
        let list = fields.array("signatures")?;
        fields.finish()?;
        if list.is_empty() || list.len() > MAX_SIGNATURES {
            let problem = format!("has {} entries, where 1 to {MAX_SIGNATURES} are allowed", list.len());
            return Err(FieldError::value("signatures", problem));
        }
        let signatures = list
            .into_iter()
            .enumerate()
            .map(|(at, value)| {
                EnvelopeSignature::from_json(value)
                    .map_err(|error| error.within(&format!("signatures[{at}]")))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { payload, signatures })
    }

    /// Writes the JSON object.
    pub fn to_json(&self) -> serde_json::Value {
        let signatures: Vec<_> = self
            .signatures
            .iter()
            .map(|signature| {
                serde_json::json!({
                    "sig": encode_base64(&signature.sig),
                    "keyid": signature.keyid.as_deref().unwrap_or_default(),
                })
            })
            .collect();
        serde_json::json!({
            "payloadType": PAYLOAD_TYPE,
            "payload": encode_base64(&self.payload),
            "signatures": signatures,
        })
    }
}

impl EnvelopeSignature {
    fn from_json(value: Value) -> Result<Self, FieldError> {
        let mut fields = Fields::of(value, "it")?;
        let sig = base64_field(&fields.string("sig")?, "sig")?;
        let keyid = match fields.take("keyid") {
            None | Some(Value::Null) => None,
            Some(value) => Some(crate::json::as_string(value, "keyid")?).filter(|text| !text.is_empty()),
        };
        fields.finish()?;
        Ok(Self { sig, keyid })
    }
}

/// The pre-authentication encoding: `DSSEv1 LEN TYPE LEN PAYLOAD`.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// Encodes standard base64 with padding.
pub fn encode_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Like [`encode_base64`], at the end of a text.
pub(crate) fn encode_base64_into(bytes: &[u8], text: &mut String) {
    STANDARD.encode_string(bytes, text);
}

/// Decodes canonical standard base64: padding required, no white space, no stray bits.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// DSSE allows the standard and the URL-safe alphabet; either canonical.
fn base64_field(text: &str, name: &str) -> Result<Vec<u8>, FieldError> {
    crate::text::decode_base64(text).ok_or_else(|| FieldError::value(name, "is not canonical base64"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn pae_is_that_of_the_dsse_specification() {
        // The example of the DSSE protocol document.
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn envelopes_are_read_strictly() {
        let read = |text: &str| Envelope::from_json(parse(text.as_bytes()).expect("JSON"));
        let good = r#"{"payloadType":"application/vnd.in-toto+json","payload":"aGk_","signatures":[{"sig":"AA==","keyid":null}]}"#;
        let envelope = read(good).expect("read");
        assert_eq!(envelope.payload, b"hi?");
        assert_eq!(envelope.signatures, [EnvelopeSignature { sig: vec![0], keyid: None }]);
        for (from, to, field) in [
            ("in-toto+json", "in-toto", "payloadType"),
            ("aGk_", "aGk", "payload"),
            ("aGk_", "aG k_", "payload"),
            ("AA==", "AB==", "signatures[0].sig"),
            ("AA==", "AA", "signatures[0].sig"),
            (r#""keyid":null"#, r#""keyid":1"#, "signatures[0].keyid"),
            (r#""keyid":null"#, r#""key":"""#, "signatures[0].key"),
            (r#"{"sig":"AA==","keyid":null}"#, "", "signatures"),
        ] {
            let bad = good.replace(from, to);
            assert_eq!(read(&bad).expect_err(&bad).field, field, "{bad}");
        }
    }
}
