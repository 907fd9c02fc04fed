//! Certificates (RFC 5280), read to be shown. Nothing here decides about trust.

use der::Decode as _;
use x509_cert::Certificate;
use x509_cert::ext::pkix::BasicConstraints;

use super::{KeyError, PublicKey};

/// What a certificate says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateSummary {
    /// The subject's name (RFC 4514).
    pub subject: String,
    /// The issuer's name (RFC 4514).
    pub issuer: String,
    /// First moment of validity.
    pub not_before: String,
    /// Last moment of validity.
    pub not_after: String,
    /// Whether it may sign other certificates.
    pub is_authority: bool,
    /// The key in it, when it is one that we use.
    pub key: Option<PublicKey>,
}

impl CertificateSummary {
    pub(super) fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        const MALFORMED: KeyError = KeyError::Malformed { what: "certificate" };
        let certificate = Certificate::from_der(der).map_err(|_| MALFORMED)?;
        let facts = certificate.tbs_certificate();
        let spki = der::Encode::to_der(facts.subject_public_key_info()).map_err(|_| MALFORMED)?;
        let is_authority =
            matches!(facts.get_extension::<BasicConstraints>(), Ok(Some((_, constraints))) if constraints.ca);
        Ok(Self {
            subject: facts.subject().to_string(),
            issuer: facts.issuer().to_string(),
            not_before: facts.validity().not_before.to_string(),
            not_after: facts.validity().not_after.to_string(),
            is_authority,
            key: PublicKey::from_spki_der(&spki).ok(),
        })
    }
}
