//! Whose Sigstore signature is accepted, and what it says: proven (a Fulcio certificate, Rekor entries, RFC 3161 time stamps), or only claimed.

use super::TrustedRoot;
use crate::time::Instant;

/// Whose signature the caller accepts.
#[derive(Clone, Debug)]
pub struct SigstoreRules {
    /// The signer's email address or URI, compared exactly.
    pub identity: String,
    /// Who vouched for it: the URL of the OpenID Connect provider, compared exactly.
    pub issuer: String,
    /// What proofs may end in.
    pub trusted_root: TrustedRoot,
}

/// What a verified signature says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigstoreFacts {
    /// The signer.
    pub identity: String,
    /// Who vouched for the signer.
    pub issuer: String,
    /// The earliest time at which a log says it has taken the signature in, if one signed such a time.
    pub integrated_time: Option<Instant>,
    /// What the RFC 3161 time stamps say, in the bundle's order.
    pub timestamps: Vec<Instant>,
    /// Where in the logs the signature stands. Only indices that a log has signed.
    pub log_indices: Vec<u64>,
    /// The algorithm of the signer's key: `ECDSA P-256`.
    pub key_algorithm: &'static str,
    /// The first moment of the signer's certificate.
    pub certificate_not_before: Instant,
    /// The last moment of the signer's certificate.
    pub certificate_not_after: Instant,
}

/// What a bundle claims, without any of it being verified. What cannot be read is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SigstoreClaims {
    /// Whom the certificate names.
    pub identity: Option<String>,
    /// Who is said to have vouched for the signer.
    pub issuer: Option<String>,
    /// The earliest time at which a log is said to have taken the signature in.
    pub integrated_time: Option<Instant>,
    /// How many RFC 3161 time stamps there are.
    pub timestamps: usize,
    /// Where in the logs the signature is said to stand.
    pub log_indices: Vec<u64>,
    /// The algorithm of the certificate's key.
    pub key_algorithm: Option<&'static str>,
    /// The first moment of the certificate.
    pub certificate_not_before: Option<Instant>,
    /// The last moment of the certificate.
    pub certificate_not_after: Option<Instant>,
}
