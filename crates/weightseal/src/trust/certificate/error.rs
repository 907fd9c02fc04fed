//! What can be wrong with a file of certificates (RFC 7468, RFC 5280).

use crate::key::KeyError;
use crate::text::Escaped;

/// Why bytes are not certificates that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// No PEM block at all.
    #[error("no certificate (`-----BEGIN CERTIFICATE-----`) in it")]
    NotPem,
    /// Something else than certificates is in the file.
    #[error("a PEM block `{}`, where only certificates are expected", Escaped(.label))]
    NotACertificate {
        /// The label behind `BEGIN`.
        label: String,
    },
    /// A PEM block that does not decode.
    #[error("a PEM block in it is damaged")]
    DamagedPem,
    /// A block that is no certificate.
    #[error("certificate {position} in it is not one: {what}")]
    Malformed {
        /// Which, from 1 on.
        position: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// More certificates than any honest file has.
    #[error("{found} certificates, at most {most} are read")]
    TooMany {
        /// How many.
        found: usize,
        /// What is allowed.
        most: usize,
    },
}

impl CertificateError {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotACertificate { .. } => "certificate-expected",
            Self::NotPem | Self::DamagedPem | Self::Malformed { .. } | Self::TooMany { .. } => {
                "malformed-certificate"
            }
        }
    }

    /// One line of advice, where there is any.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotPem => {
                "if it is DER, convert it: openssl x509 -inform DER -in FILE -out certificate.pem".to_owned()
            }
            Self::NotACertificate { label } if label.ends_with("PRIVATE KEY") => {
                "private keys belong on the signing machine only, in a file of their own".to_owned()
            }
            Self::NotACertificate { label } if label == "TRUSTED CERTIFICATE" => {
                "openssl added trust settings, which are not read here: openssl x509 -in FILE -out certificate.pem"
                    .to_owned()
            }
            Self::NotACertificate { .. } => "put only certificates into the file".to_owned(),
            Self::DamagedPem | Self::Malformed { .. } => {
                "copy the certificate again from where it came, from the `-----BEGIN` line to the `-----END` line"
                    .to_owned()
            }
            Self::TooMany { .. } => "give only the certificates that the signer publishes".to_owned(),
        })
    }
}

impl From<KeyError> for CertificateError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::NotPem => Self::NotPem,
            KeyError::UnknownLabel { label } => Self::NotACertificate { label },
            _ => Self::DamagedPem,
        }
    }
}
