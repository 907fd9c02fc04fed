//! Taking a signed file apart, and signing it again with a key of the testkit.

use serde_json::Value;
use weightseal::envelope::{PAYLOAD_TYPE, decode_base64, encode_base64, pae};

use crate::ed25519;

/// The private half of `testkit/keys/ed25519.pem`, which is public.
pub const SEED: [u8; 32] = [
    250, 135, 95, 214, 38, 249, 72, 182, 248, 0, 68, 118, 212, 157, 85, 144, 139, 188, 178, 50, 7, 95, 119,
    91, 108, 54, 209, 138, 201, 189, 201, 163,
];

/// What stands in the envelope of a file.
pub struct Parts {
    /// The payload.
    pub payload: Vec<u8>,
    /// The payload as it stands there.
    text: String,
    /// The first signature as it stands there.
    sig: String,
}

impl Parts {
    /// The parts of a manifest, a bundle manifest or an OMS signature.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let file: Value = serde_json::from_slice(bytes).ok()?;
        let envelope = file.get("envelope").or_else(|| file.get("dsseEnvelope"))?;
        let text = envelope.get("payload")?.as_str()?.to_owned();
        let sig = envelope.pointer("/signatures/0/sig")?.as_str()?.to_owned();
        let payload = decode_base64(&text)?;
        Some(Self { payload, text, sig }).filter(|parts| parts.text.len() > 8 && parts.sig.len() > 8)
    }
}

/// The file with another payload, and a signature over it. Nothing else is touched: duplicates and spaces stay.
pub fn sign(file: &[u8], parts: &Parts, payload: &[u8], sign: impl Fn(&[u8]) -> [u8; 64]) -> Vec<u8> {
    let sig = encode_base64(&sign(&pae(PAYLOAD_TYPE, payload)));
    let file = replace(file, parts.text.as_bytes(), encode_base64(payload).as_bytes());
    replace(&file, parts.sig.as_bytes(), sig.as_bytes())
}

fn replace(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    match bytes.windows(old.len()).position(|window| window == old) {
        Some(at) => [&bytes[..at], new, &bytes[at + old.len()..]].concat(),
        None => bytes.to_vec(),
    }
}

/// The statement with the root digest of its own list, wherever it still is a statement.
pub fn with_right_root(payload: &[u8]) -> Option<Vec<u8>> {
    let statement: Value = serde_json::from_slice(payload).ok()?;
    let list = statement.pointer("/predicate/resources")?.as_array()?;
    let digests = list.iter().map(|item| item.get("digest")?.as_str().map(str::as_bytes));
    let mut bytes = Vec::new();
    for digest in digests {
        for pair in digest?.as_chunks::<2>().0 {
            bytes.push(u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?);
        }
    }
    let root: String = ed25519::sha256(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let old = statement.pointer("/subject/0/digest/sha256")?.as_str()?;
    (!old.is_empty()).then(|| replace(payload, old.as_bytes(), root.as_bytes()))
}
