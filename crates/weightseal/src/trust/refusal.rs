//! Why a properly signed model is still not accepted.

use std::fmt;

use super::certificate::CertificateRefusal;
use super::sigstore::SigstoreRefusal;
use crate::key::KeyId;
use crate::text::Escaped;
use crate::time::{Age, Timestamp};

/// A question that only signed claims answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// That anything but the digest be signed.
    Everything,
    /// Who signed.
    Signer,
    /// Which version of the model it is.
    ModelVersion,
    /// When it was signed.
    Time,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Everything => "everything but the digest",
            Self::Signer => "the signer",
            Self::ModelVersion => "the model version",
            Self::Time => "the time of signing",
        })
    }
}

/// Why the caller's requirements are not met.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    /// The manifest names a key that was not given.
    #[error("the signature names key {}, which is not {}", .named.short(), among(.given))]
    UntrustedKey {
        /// The key that the manifest names.
        named: KeyId,
        /// The keys that were given.
        given: Vec<KeyId>,
    },
    /// The signature says by a fingerprint which key made it, and that key was not given.
    #[error("the signature names a key with the fingerprint `{}`, which is not {}", Escaped(.fingerprint), among(.given))]
    UnknownFingerprint {
        /// The fingerprint.
        fingerprint: String,
        /// The keys that were given.
        given: Vec<KeyId>,
    },
    /// Signed by another method than the caller knows how to trust.
    #[error("signed {}, which nothing that was given can verify", by_method(.signed))]
    WrongMethod {
        /// How it was signed: `key`, `certificate`, `sigstore`.
        signed: &'static str,
    },
    /// The chain of certificates is not accepted.
    #[error(transparent)]
    Certificate(Box<CertificateRefusal>),
    /// The Sigstore evidence is not accepted.
    #[error(transparent)]
    Sigstore(Box<SigstoreRefusal>),
    /// There is no envelope, and something was asked that only an envelope answers.
    #[error("the manifest has no envelope: {asked} is only claimed, not signed")]
    NotAuthenticated {
        /// What was asked.
        asked: Question,
    },
    /// The signature's own end has come.
    #[error("the signature expired at {}", .at.to_seconds())]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// Signed longer ago than the caller allows.
    #[error("signed at {}, longer ago than {max_age}", .signed_at.to_seconds())]
    TooOld {
        /// When it was signed.
        signed_at: Timestamp,
        /// What is allowed.
        max_age: Age,
    },
    /// Signed later than now, so that its age means nothing.
    #[error("signed at {}, which is in the future", .signed_at.to_seconds())]
    SignedInTheFuture {
        /// When it says it was signed.
        signed_at: Timestamp,
    },
    /// Another signer.
    #[error("signed as `{}`, not as `{}`", Escaped(.found), Escaped(.expected))]
    WrongSigner {
        /// Whom the caller expects.
        expected: String,
        /// Who signed.
        found: String,
    },
    /// The caller asks for a signer, and none was signed along.
    #[error("no signer's name was signed, and `{}` is asked for", Escaped(.expected))]
    SignerMissing {
        /// Whom the caller expects.
        expected: String,
    },
    /// The caller asks about the time of signing, and none was signed along.
    #[error("no time of signing was signed, and an age is asked about")]
    TimeMissing,
    /// An older version of the model.
    #[error("model version {found} is below {least}")]
    ModelVersionTooLow {
        /// What the caller asks for.
        least: u64,
        /// What was signed.
        found: u64,
    },
    /// No version was signed, and the caller asks for one.
    #[error("no model version was signed, and at least {least} is asked for")]
    ModelVersionMissing {
        /// What the caller asks for.
        least: u64,
    },
}

impl From<CertificateRefusal> for Refusal {
    fn from(refusal: CertificateRefusal) -> Self {
        Self::Certificate(Box::new(refusal))
    }
}

impl From<SigstoreRefusal> for Refusal {
    fn from(refusal: SigstoreRefusal) -> Self {
        Self::Sigstore(Box::new(refusal))
    }
}

impl Refusal {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::UntrustedKey { .. } | Self::UnknownFingerprint { .. } => "untrusted-key",
            Self::WrongMethod { .. } => "wrong-method",
            Self::Certificate(refusal) => refusal.code(),
            Self::Sigstore(refusal) => refusal.code(),
            Self::NotAuthenticated { .. } => "not-authenticated",
            Self::Expired { .. } => "expired",
            Self::TooOld { .. } => "too-old",
            Self::SignedInTheFuture { .. } => "signed-in-the-future",
            Self::WrongSigner { .. } => "wrong-signer",
            Self::SignerMissing { .. } => "signer-missing",
            Self::TimeMissing => "signing-time-missing",
            Self::ModelVersionTooLow { .. } => "model-version-too-low",
            Self::ModelVersionMissing { .. } => "model-version-missing",
        }
    }

    /// One line of advice, where there is any. It never says to trust more or to check less.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::WrongMethod { signed: "key" } => "give the signer's public key with --key".to_owned(),
            Self::WrongMethod { signed: "certificate" } => {
                "name the root that you trust with --ca-root, and the signer with --certificate-identity".to_owned()
            }
            Self::WrongMethod { .. } => {
                "name the signer with --certificate-identity and --certificate-oidc-issuer".to_owned()
            }
            Self::Certificate(refusal) => return refusal.hint(),
            Self::Sigstore(refusal) => return refusal.hint().map(str::to_owned),
            Self::UnknownFingerprint { .. } => {
                "compare with the SHA-256 digest of the signer's public key as a PEM file (`sha256sum KEY.pub`)"
                    .to_owned()
            }
            Self::UntrustedKey { .. } => {
                "compare with the key id that the signer publishes; `weightseal inspect` shows who claims to have signed".to_owned()
            }
            Self::NotAuthenticated { .. } => {
                "ask the signer to sign again with `weightseal sign`, which signs name, signer, time and version too".to_owned()
            }
            Self::Expired { .. } | Self::TooOld { .. } => "ask the signer for a fresh signature".to_owned(),
            Self::SignedInTheFuture { .. } => "check the clocks of this machine and of the signing machine".to_owned(),
            Self::ModelVersionTooLow { .. } => {
                "an older model was put back, or the newer one has not arrived: fetch it again".to_owned()
            }
            Self::ModelVersionMissing { .. } => "ask the signer to sign with `--model-version N`".to_owned(),
            Self::SignerMissing { .. } => "ask the signer to sign with `--signer NAME`".to_owned(),
            Self::TimeMissing => "ask the signer to sign with `weightseal sign`, which signs the time too".to_owned(),
            Self::WrongSigner { .. } => {
                "the holder of this key signs under another name: ask them, or compare with what you expect".to_owned()
            }
        })
    }
}

fn by_method(method: &str) -> &'static str {
    match method {
        "key" => "with a key",
        "certificate" => "with a certificate",
        _ => "through Sigstore",
    }
}

fn among(given: &[KeyId]) -> String {
    match given {
        [one] => format!("the key given, {}", one.short()),
        many => format!("among the {} keys given", many.len()),
    }
}
