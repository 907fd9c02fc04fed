//! What the signer's certificate says (RFC 5280, section 4), for showing it.

use super::compat::Tolerated;
use super::parsed::Parsed;
use super::refusal::{CertificateOrigin, CertificateRefusal, CertificateRole, Unsupported};
use crate::digest::Digest;
use crate::key::PublicKey;
use crate::time::Instant;

/// The signer's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The subject's name (RFC 4514).
    pub subject: String,
    /// The issuer's name (RFC 4514).
    pub issuer: String,
    /// The serial number in hex, without leading zeros.
    pub serial: String,
    /// First moment of validity.
    pub not_before: Instant,
    /// Last second of validity. Times that the calendar here does not reach are its end.
    pub not_after: Instant,
    /// The alternative names that an identity is compared with: e-mail addresses, URIs, DNS names, IP addresses
    /// and the names that Fulcio gives to machines.
    pub names: Vec<String>,
    /// The name or the subject that is the one asked for. `None` if nobody asked.
    pub identity: Option<String>,
    /// The key that signs.
    pub key: PublicKey,
    /// The SHA-256 digest of the certificate.
    pub fingerprint: Digest,
    /// What only the compatibility mode let pass.
    pub tolerated: Vec<Tolerated>,
}

impl CertificateFacts {
    pub(super) fn of(leaf: &Parsed) -> Result<Self, CertificateRefusal> {
        let key = leaf.key().map_err(|error| CertificateRefusal::Unsupported {
            certificate: leaf.label(CertificateRole::Signer),
            why: Unsupported::Key(error),
        })?;
        Ok(Self {
            subject: leaf.subject(),
            issuer: leaf.issuer(),
            serial: leaf.serial(),
            not_before: leaf.not_before(),
            not_after: leaf.not_after(),
            names: leaf.names().to_vec(),
            identity: None,
            key,
            fingerprint: leaf.fingerprint(),
            tolerated: Vec::new(),
        })
    }
}

/// What a certificate (DER) says about itself. Nothing is decided about trust.
///
/// # Errors
/// A [`CertificateRefusal`] if it is damaged, or holds a key that is not used here.
pub fn leaf_facts(der: &[u8]) -> Result<CertificateFacts, CertificateRefusal> {
    let origin = CertificateOrigin::Chain { position: 1 };
    let leaf = Parsed::from_der(der).map_err(|what| CertificateRefusal::Malformed { origin, what })?;
    CertificateFacts::of(&leaf)
}
