//! The signature file on disk: manifests and bundle manifests (docs/spec/manifest.md), told apart, read
//! strictly, written, and held against a key. Bytes in, facts out: no file is opened here.

mod bundle;
mod check;
mod fault;
mod manifest;
mod names;

pub use bundle::{BundleManifest, MAX_ARTIFACTS};
pub use check::{check, differences, seems_signed_by};
pub use fault::{Covered, Fault};
pub use manifest::{Manifest, Signed, Visible};
pub use names::{MANIFEST_SUFFIX, bundle_name, is_manifest_name, manifest_names};

use crate::json::{self, Value};
use crate::key::KeyId;

/// Largest signature file: 250 000 entries of about 250 bytes.
pub const MAX_SIGNATURE_FILE: u64 = 64 * 1024 * 1024;

/// A signature file of a kind that we read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureFile {
    /// The manifest of one file.
    Manifest(Box<Manifest>),
    /// The bundle manifest of several files.
    Bundle(Box<BundleManifest>),
}

impl SignatureFile {
    /// Reads a signature file of whatever kind it is.
    ///
    /// # Errors
    /// A [`Fault`]: no strict JSON, no such kind, a field that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let value = json::parse(bytes)?;
        let Value::Object(fields) = &value else {
            return Err(Fault::NotASignature { looks_like: value.kind() });
        };
        let has = |name: &str| fields.iter().any(|(field, _)| field == name);
        if has("mediaType") || has("dsseEnvelope") || has("verificationMaterial") {
            Err(Fault::NotASignature { looks_like: "a Sigstore bundle (an OMS signature)" })
        } else if has("payloadType") {
            Err(Fault::NotASignature { looks_like: "a bare DSSE envelope" })
        } else if has("artifacts") {
            BundleManifest::from_json(value).map(|bundle| Self::Bundle(Box::new(bundle)))
        } else if has("model_file") || has("sha256") || has("signature") || has("envelope") {
            Manifest::from_json(value).map(|manifest| Self::Manifest(Box::new(manifest)))
        } else {
            Err(Fault::NotASignature { looks_like: "some other JSON" })
        }
    }

    /// The file's text: JSON, indented by 2, with a final line end.
    pub fn to_text(&self) -> String {
        match self {
            Self::Manifest(manifest) => manifest.to_text(),
            Self::Bundle(bundle) => bundle.to_text(),
        }
    }

    /// The signed part, if there is an envelope.
    pub fn signed(&self) -> Option<&Signed> {
        match self {
            Self::Manifest(manifest) => manifest.signed.as_ref(),
            Self::Bundle(bundle) => bundle.signed.as_ref(),
        }
    }

    /// The keys that the file names, signed or shown; more than one only if somebody changed it.
    pub fn named_keys(&self) -> Vec<KeyId> {
        let shown = match self {
            Self::Manifest(manifest) => manifest.visible.key_id,
            Self::Bundle(bundle) => bundle.artifacts.iter().find_map(|entry| entry.key_id),
        };
        self.signed().map(|signed| signed.statement.claims.key_id).into_iter().chain(shown).collect()
    }

    /// Fields without meaning in a manifest without envelope: listed as claimed, and ignored.
    pub fn ignored(&self) -> &[(String, String)] {
        match self {
            Self::Manifest(manifest) => &manifest.ignored,
            Self::Bundle(bundle) => &bundle.ignored,
        }
    }
}
