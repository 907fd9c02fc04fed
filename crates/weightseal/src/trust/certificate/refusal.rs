//! Why a chain of certificates (RFC 5280, section 6) does not prove who signed.

use std::fmt;

use crate::digest::Digest;
use crate::key::KeyError;
use crate::text::Escaped;
use crate::time::{Instant, Timestamp};

/// Which place a certificate has on the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateRole {
    /// It holds the key that signed.
    Signer,
    /// It stands between the signer's and a root.
    Intermediate,
    /// The caller trusts it.
    Root,
}

/// A certificate, as it is called in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateLabel {
    /// Its place on the path.
    pub role: CertificateRole,
    /// The subject's name (RFC 4514).
    pub subject: String,
    /// The SHA-256 digest of the certificate.
    pub fingerprint: Digest,
}

impl fmt::Display for CertificateLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = match self.role {
            CertificateRole::Signer => "signing",
            CertificateRole::Intermediate => "intermediate",
            CertificateRole::Root => "root",
        };
        write!(f, "the {role} certificate `{}`", Escaped(&self.subject))
    }
}

/// Where a certificate comes from that could not even be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateOrigin {
    /// The chain in the signature file.
    Chain {
        /// Which, from 1 on.
        position: usize,
    },
    /// The intermediate certificates that the caller gave.
    Given {
        /// Which, from 1 on.
        position: usize,
    },
}

impl fmt::Display for CertificateOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain { position } => write!(f, "certificate {position} of the chain"),
            Self::Given { position } => write!(f, "given intermediate certificate {position}"),
        }
    }
}

/// Why no root vouches for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// Its issuer is neither among the roots nor in the chain.
    UnknownIssuer {
        /// The issuer's name (RFC 4514).
        issuer: String,
    },
    /// A certificate with its issuer's name is there, and did not sign it.
    BadSignature {
        /// The issuer's name (RFC 4514).
        issuer: String,
    },
    /// The path does not end soon enough.
    TooLong {
        /// How many intermediate certificates are allowed.
        most: usize,
    },
    /// There are more possible paths than any honest chain has.
    TooComplex,
    /// The library for certificates refuses it for a reason that has no word here.
    Other {
        /// In its words.
        reason: String,
    },
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownIssuer { issuer } => {
                write!(f, "its issuer `{}` is neither a given root nor in the chain", Escaped(issuer))
            }
            Self::BadSignature { issuer } => {
                write!(f, "it is not signed by the key of the `{}` that is there", Escaped(issuer))
            }
            Self::TooLong { most } => {
                write!(f, "more than {most} intermediate certificates up to a given root")
            }
            Self::TooComplex => f.write_str("too many ways from it to a given root"),
            Self::Other { reason } => f.write_str(reason),
        }
    }
}

/// What a certificate is used for without permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateUsage {
    /// Signing code, which its extended key usage does not list.
    NotForCode {
        /// What it lists, as object identifiers; empty without that extension.
        found: Vec<String>,
    },
    /// Signing anything but certificates.
    NotForSignatures,
    /// Signing certificates.
    NotForCertificates,
}

impl fmt::Display for CertificateUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotForCode { found } if found.is_empty() => {
                f.write_str("does not say that it may sign code (no extended key usage)")
            }
            Self::NotForCode { found } => {
                write!(f, "may not sign code, its extended key usage is {}", Escaped(&found.join(", ")))
            }
            Self::NotForSignatures => f.write_str("lacks the key usage digitalSignature"),
            Self::NotForCertificates => f.write_str("may not sign certificates"),
        }
    }
}

/// How a path goes beyond what a certificate above allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathConstraint {
    /// Too many certificates of authorities stand below it.
    Length {
        /// How many it allows.
        most: u8,
        /// How many there are.
        found: usize,
    },
    /// A name below is outside of what it allows, or of a kind that is not compared here.
    Names,
    /// It constrains names in a way that is not checked for such a path.
    NamesUnchecked,
}

impl fmt::Display for PathConstraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { most, found } => {
                write!(f, "allows {most} intermediate certificates below it, and there are {found}")
            }
            Self::Names => {
                f.write_str("has a name that one above does not allow, or that cannot be compared")
            }
            Self::NamesUnchecked => f.write_str("constrains names in a way that cannot be checked here"),
        }
    }
}

/// What is not supported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// A critical extension (object identifier).
    Extension(String),
    /// The algorithm that it is signed with (object identifier).
    SignatureAlgorithm(String),
    /// Its key.
    Key(KeyError),
    /// Something that the library for certificates does not support, in its words.
    Other(String),
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extension(oid) => write!(f, "a critical extension that is unknown here ({oid})"),
            Self::SignatureAlgorithm(oid) => write!(f, "signed with an unsupported algorithm ({oid})"),
            Self::Key(error) => fmt::Display::fmt(error, f),
            Self::Other(reason) => f.write_str(reason),
        }
    }
}

/// Why a chain is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateRefusal {
    /// A certificate that cannot be read.
    #[error("{origin} is damaged: {what}")]
    Malformed {
        /// Which.
        origin: CertificateOrigin,
        /// What is wrong.
        what: &'static str,
    },
    /// No certificate, or too many.
    #[error("{found} certificates in the chain, where 1 to {most} are expected")]
    ChainLength {
        /// How many.
        found: usize,
        /// What is allowed.
        most: usize,
    },
    /// The signer vouches for itself.
    #[error("{certificate} is signed with its own key: nobody vouches for it")]
    SelfSigned {
        /// Which.
        certificate: CertificateLabel,
    },
    /// No given root vouches for a certificate.
    #[error("{certificate} is not trusted: {why}")]
    Untrusted {
        /// Which.
        certificate: CertificateLabel,
        /// Why.
        why: Distrust,
    },
    /// Something that is not supported, and must not be ignored.
    #[error("{certificate} cannot be used: {why}")]
    Unsupported {
        /// Which.
        certificate: CertificateLabel,
        /// What.
        why: Unsupported,
    },
    /// A constraint of an authority is violated.
    #[error("{certificate} {why}")]
    Constraint {
        /// Whose constraint it is; for names, which certificate has them.
        certificate: CertificateLabel,
        /// Which constraint.
        why: PathConstraint,
    },
    /// A certificate has ended.
    #[error("{certificate} was valid until {}, which is before {}", seconds(.not_after), seconds(.at))]
    Expired {
        /// Which.
        certificate: CertificateLabel,
        /// The time that it is judged at.
        at: Instant,
        /// First moment of validity.
        not_before: Instant,
        /// Last second of validity.
        not_after: Instant,
    },
    /// A certificate has not begun.
    #[error("{certificate} is valid from {} on, which is after {}", seconds(.not_before), seconds(.at))]
    NotYetValid {
        /// Which.
        certificate: CertificateLabel,
        /// The time that it is judged at.
        at: Instant,
        /// First moment of validity.
        not_before: Instant,
        /// Last second of validity.
        not_after: Instant,
    },
    /// The signer's certificate is one of an authority.
    #[error("{certificate} is one of a certificate authority, not of a signer")]
    IsAuthority {
        /// Which.
        certificate: CertificateLabel,
    },
    /// A certificate is used for what it may not be used for.
    #[error("{certificate} {why}")]
    WrongUsage {
        /// Which.
        certificate: CertificateLabel,
        /// For what.
        why: CertificateUsage,
    },
    /// Nobody said who has to be the signer.
    #[error("it was not asked who has to be the signer: the certificate is for {}", listed(.found))]
    IdentityNeeded {
        /// The names and the subject of the signer's certificate.
        found: Vec<String>,
    },
    /// The certificate is for somebody else.
    #[error("the certificate is for {}, not for `{}`", listed(.found), Escaped(.expected))]
    WrongIdentity {
        /// Whom the caller expects.
        expected: String,
        /// The names and the subject of the signer's certificate.
        found: Vec<String>,
    },
}

impl CertificateRefusal {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } | Self::ChainLength { .. } => "malformed-certificate",
            Self::SelfSigned { .. } => "self-signed-certificate",
            Self::Untrusted { .. } => "untrusted-certificate",
            Self::Unsupported { .. } => "unsupported-certificate",
            Self::Constraint { .. } => "certificate-constraint",
            Self::Expired { .. } => "certificate-expired",
            Self::NotYetValid { .. } => "certificate-not-yet-valid",
            Self::IsAuthority { .. } => "certificate-is-authority",
            Self::WrongUsage { .. } => "wrong-certificate-usage",
            Self::IdentityNeeded { .. } => "identity-needed",
            Self::WrongIdentity { .. } => "wrong-identity",
        }
    }

    /// One line of advice, where there is any. It never says to trust more or to check less.
    pub fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::Malformed { origin: CertificateOrigin::Given { .. }, .. } => {
                    "take the intermediate certificate again from where the signer publishes it"
                }
                Self::Malformed { .. } | Self::ChainLength { .. } => {
                    "the signature file is damaged or was made by a tool with a mistake: fetch it again, or ask the signer"
                }
                Self::SelfSigned { .. } => {
                    "ask the signer for a certificate of an authority, or to sign with a plain key that you know"
                }
                Self::Untrusted { why: Distrust::UnknownIssuer { .. }, .. } => {
                    "if an intermediate certificate is missing in the chain, give it with --intermediate; else compare \
                     with the root that the signer publishes"
                }
                Self::Untrusted { .. } => "compare with the certificates that the signer publishes",
                Self::Unsupported { why: Unsupported::Key(_), .. } => {
                    "supported: RSA (rsaEncryption), ECDSA on P-256, P-384 and P-521, Ed25519; ask the signer for such a certificate"
                }
                Self::Unsupported { .. } | Self::Constraint { .. } => {
                    "ask the signer, or whoever runs the certificate authority"
                }
                Self::Expired { certificate, .. } => match certificate.role {
                    CertificateRole::Signer => "ask the signer to sign again, with a certificate that is valid",
                    _ => "ask the signer to sign again, with a chain that is valid",
                },
                Self::NotYetValid { .. } => "check the clock of this machine, and ask the signer",
                Self::IsAuthority { .. } | Self::WrongUsage { .. } => {
                    "ask the signer for a signature with a certificate for code signing: no authority, key usage \
                     digitalSignature, extended key usage codeSigning"
                }
                Self::IdentityNeeded { .. } => "say who has to be the signer with --certificate-identity",
                Self::WrongIdentity { .. } => {
                    "somebody else has signed who has a certificate of the same authority: ask the signer, or compare \
                     with what you expect"
                }
            }
            .to_owned(),
        )
    }

    /// The order in a list of refusals: the lower, the more it says.
    pub(super) fn rank(&self) -> usize {
        match self {
            Self::Malformed { .. } | Self::ChainLength { .. } => 0,
            Self::SelfSigned { .. } => 1,
            Self::Untrusted { .. } => 2,
            Self::Unsupported { .. } => 3,
            Self::Constraint { .. } => 4,
            Self::Expired { .. } | Self::NotYetValid { .. } => 5,
            Self::IsAuthority { .. } => 6,
            Self::WrongUsage { .. } => 7,
            Self::IdentityNeeded { .. } | Self::WrongIdentity { .. } => 8,
        }
    }
}

fn seconds(instant: &Instant) -> String {
    Timestamp::from_instant(*instant).to_seconds()
}

/// The first few names: a certificate may hold thousands.
fn listed(names: &[String]) -> String {
    let shown: Vec<String> =
        names.iter().take(MOST_LISTED).map(|name| format!("`{}`", Escaped(name))).collect();
    match names.len().saturating_sub(MOST_LISTED) {
        0 if shown.is_empty() => "nobody in particular".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Certificates for signing have one or two names.
const MOST_LISTED: usize = 5;
