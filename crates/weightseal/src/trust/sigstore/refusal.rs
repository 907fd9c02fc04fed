//! Why a Sigstore signature is not accepted (Sigstore bundle v0.1 to v0.3, RFC 3161), and why a trusted root is not one.

use std::fmt;

use crate::text::Escaped;
use crate::time::{Instant, Timestamp};

/// What is wrong with the entries of a transparency log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogProblem {
    /// There is no entry.
    None,
    /// The entry is in a log that is not among the trusted ones.
    UnknownLog,
    /// There is no proof that the entry is in the log, or it proves something else.
    Proof,
    /// The log's signed state is missing, not signed by a trusted log, or not the one that the proof ends in.
    Checkpoint,
    /// The log's signature over the entry and its time is missing or not its own.
    Promise,
    /// The entry is about something else: another signature, certificate or payload.
    Mismatch,
    /// The entry cannot be read.
    Malformed,
}

impl fmt::Display for LogProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "there is none",
            Self::UnknownLog => "it is in a log that is not trusted",
            Self::Proof => "it is not proven to be in the log",
            Self::Checkpoint => "no trusted log signed the state that the proof ends in",
            Self::Promise => "the log did not sign it",
            Self::Mismatch => "it is about something else",
            Self::Malformed => "it cannot be read",
        })
    }
}

/// Why a signature of the Sigstore method, or a time stamp, is not accepted. Problems
/// and details are safe to show: what they quote of the file is escaped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigstoreRefusal {
    /// The certificate is for someone else.
    #[error("signed by {}, not by `{}`", named(.found), Escaped(.expected))]
    WrongIdentity {
        /// Whom the caller expects.
        expected: String,
        /// Whom the certificate names, if anyone.
        found: Option<String>,
    },
    /// Someone else vouched for the identity.
    #[error("the signer's identity comes from {}, not from `{}`", named(.found), Escaped(.expected))]
    WrongIssuer {
        /// Whom the caller expects.
        expected: String,
        /// Whom the certificate names, if anyone.
        found: Option<String>,
    },
    /// The signature is not one of the certificate's key over this statement, or the statement is about another root.
    #[error("the signature does not cover this model: {problem}")]
    InvalidSignature {
        /// What does not fit.
        problem: String,
    },
    /// The certificate is not from a trusted authority, or was not published as it has to be.
    #[error("the signer's certificate is not from a trusted authority: {problem}")]
    UntrustedCertificate {
        /// What is missing.
        problem: String,
    },
    /// Signed after the certificate's end.
    #[error("the signer's certificate had expired: signed at {}, valid until {}", seconds(.at), seconds(.not_after))]
    CertificateExpired {
        /// When it was signed, as proven.
        at: Instant,
        /// The certificate's last moment.
        not_after: Instant,
    },
    /// Signed before the certificate's beginning.
    #[error("the signer's certificate was not yet valid: signed at {}, valid from {}", seconds(.at), seconds(.not_before))]
    CertificateNotYetValid {
        /// When it was signed, as proven.
        at: Instant,
        /// The certificate's first moment.
        not_before: Instant,
    },
    /// The signature is not in a trusted transparency log.
    #[error("no valid entry of a transparency log: {problem}{}", in_brackets(.detail))]
    InvalidLogEntry {
        /// What is wrong.
        problem: LogProblem,
        /// More about it, or nothing.
        detail: String,
    },
    /// A time stamp is wrong, or no time of signing is proven at all.
    #[error("the time of signing is not proven: {problem}")]
    InvalidTimestamp {
        /// What is wrong.
        problem: String,
    },
    /// A form of bundle that is not verified here.
    #[error("a Sigstore bundle that is not supported: {problem}")]
    UnsupportedBundle {
        /// Which form.
        problem: String,
    },
    /// Not a Sigstore bundle, or one that has two readings.
    #[error("not a proper Sigstore bundle: {problem}")]
    MalformedBundle {
        /// What is wrong.
        problem: String,
    },
}

impl SigstoreRefusal {
    pub(super) fn malformed(problem: impl fmt::Display) -> Self {
        Self::MalformedBundle { problem: problem.to_string() }
    }

    pub(super) fn unsupported(problem: impl fmt::Display) -> Self {
        Self::UnsupportedBundle { problem: problem.to_string() }
    }

    pub(super) fn log_entry(problem: LogProblem, detail: impl fmt::Display) -> Self {
        Self::InvalidLogEntry { problem, detail: detail.to_string() }
    }

    pub(super) fn certificate(problem: impl fmt::Display) -> Self {
        Self::UntrustedCertificate { problem: problem.to_string() }
    }

    pub(super) fn timestamp(problem: impl fmt::Display) -> Self {
        Self::InvalidTimestamp { problem: problem.to_string() }
    }

    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongIdentity { .. } => "wrong-identity",
            Self::WrongIssuer { .. } => "wrong-issuer",
            Self::InvalidSignature { .. } => "invalid-signature",
            Self::UntrustedCertificate { .. } => "untrusted-certificate",
            Self::CertificateExpired { .. } => "certificate-expired",
            Self::CertificateNotYetValid { .. } => "certificate-not-yet-valid",
            Self::InvalidLogEntry { .. } => "invalid-log-entry",
            Self::InvalidTimestamp { .. } => "invalid-timestamp",
            Self::UnsupportedBundle { .. } => "unsupported-bundle",
            Self::MalformedBundle { .. } => "malformed-bundle",
        }
    }

    /// One line of advice, where there is any. It never says to trust more or to check less.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::WrongIdentity { .. } | Self::WrongIssuer { .. } => {
                "compare with the identity and the issuer that the signer publishes, letter by letter"
            }
            Self::InvalidSignature { .. } | Self::MalformedBundle { .. } => {
                "fetch the signature again from where it was published; if it stays the same, tell the signer"
            }
            Self::UntrustedCertificate { .. } => {
                "ask the signer which Sigstore instance issued the certificate, and where its trusted root is published"
            }
            Self::CertificateExpired { .. } | Self::CertificateNotYetValid { .. } => {
                "ask the signer to sign again"
            }
            Self::InvalidLogEntry { .. } => {
                "fetch the signature again; if it stays the same, ask the signer to sign again with the log"
            }
            Self::InvalidTimestamp { .. } => {
                "check the clock of this machine, then ask the signer for a fresh signature"
            }
            Self::UnsupportedBundle { .. } => {
                "ask the signer for a signature of the Sigstore method in a bundle of version 0.3"
            }
        })
    }
}

/// A file is not a Sigstore trusted root.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a Sigstore trusted root: {problem}")]
pub struct TrustedRootError {
    /// What is wrong, safe to show.
    pub problem: String,
}

impl TrustedRootError {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        "malformed-trusted-root"
    }

    /// One line of advice.
    pub fn hint(&self) -> Option<&'static str> {
        Some(
            "give the file `trusted_root.json` as the Sigstore instance publishes it, or a client trust config",
        )
    }
}

/// Text of the verifying library, which may quote the file: escaped, and a fragment rather than a sentence.
pub(super) fn foreign(text: impl fmt::Display) -> String {
    // Its backticks are punctuation like ours, not worth an escape.
    Escaped(text.to_string().replace('`', "'").trim_end_matches('.')).to_string()
}

fn named(found: &Option<String>) -> String {
    match found {
        Some(name) => format!("`{}`", Escaped(name)),
        None => "nobody that the certificate names".to_owned(),
    }
}

fn seconds(instant: &Instant) -> String {
    Timestamp::from_instant(*instant).to_seconds()
}

/// A part of a message that may be empty.
fn in_brackets(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" ({text})") }
}
