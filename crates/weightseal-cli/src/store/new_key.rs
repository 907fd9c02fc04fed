//! A key that is to be trusted, and the fields that it becomes in a store (docs/spec/trust.md, section 2).

use toml_edit::Value;
use weightseal::key::PublicKey;
use weightseal::time::Instant;

use super::layout::{block, datetime, integer};
use super::text::TextError;

/// How a key that is to be trusted is recognised.
#[derive(Clone, Debug)]
pub enum NewMeans {
    /// A public key.
    Key(PublicKey),
    /// A certificate below these roots (PEM) for exactly this identity.
    Certificate {
        /// The roots.
        ca_root: String,
        /// What may stand between.
        intermediates: Option<String>,
        /// For whom the certificate is.
        identity: String,
    },
    /// An identity by the word of a provider.
    Sigstore {
        /// Who.
        identity: String,
        /// By whose word.
        issuer: String,
    },
}

/// A key that is to be trusted.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// How it is recognised.
    pub means: NewMeans,
    /// A Sigstore trusted root (JSON), for all but public keys.
    pub trusted_root: Option<String>,
    /// Which of the signer's keys it is.
    pub version: Option<u64>,
    /// From when on it signs.
    pub signs_from: Option<Instant>,
    /// Until when it signs.
    pub signs_until: Option<Instant>,
    /// Until when it is trusted.
    pub trusted_until: Option<Instant>,
}

impl NewKey {
    /// A public key, without any limits.
    pub fn bare(key: PublicKey, version: Option<u64>) -> Self {
        let means = NewMeans::Key(key);
        Self { means, trusted_root: None, version, signs_from: None, signs_until: None, trusted_until: None }
    }

    /// The fields of its table, in the order of the specification.
    pub(super) fn fields(&self) -> Result<Vec<(&'static str, Value)>, TextError> {
        let mut fields = Vec::new();
        if let Some(version) = self.version {
            fields.push(("version", integer(version, "version")?));
        }
        match &self.means {
            NewMeans::Key(key) => fields.push(("public_key", block(&key.to_pem()))),
            NewMeans::Certificate { ca_root, intermediates, identity } => {
                fields.push(("identity", identity.as_str().into()));
                fields.push(("ca_root", block(ca_root)));
                fields.extend(intermediates.as_deref().map(|pem| ("intermediates", block(pem))));
            }
            NewMeans::Sigstore { identity, issuer } => {
                fields.push(("identity", identity.as_str().into()));
                fields.push(("issuer", issuer.as_str().into()));
            }
        }
        fields.extend(self.trusted_root.as_deref().map(|json| ("trusted_root", block(json))));
        let times = [
            ("signs_from", self.signs_from),
            ("signs_until", self.signs_until),
            ("trusted_until", self.trusted_until),
        ];
        for (name, time) in times {
            if let Some(time) = time {
                fields.push((name, Value::from(datetime(time)?)));
            }
        }
        Ok(fields)
    }
}
