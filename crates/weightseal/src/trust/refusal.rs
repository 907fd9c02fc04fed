//! Why a properly signed model is still not accepted.

use std::fmt;

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
    #[error("the manifest names key {}, which is not {}", .named.short(), among(.given))]
    UntrustedKey {
        /// The key that the manifest names.
        named: KeyId,
        /// The keys that were given.
        given: Vec<KeyId>,
    },
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

impl Refusal {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::UntrustedKey { .. } => "untrusted-key",
            Self::NotAuthenticated { .. } => "not-authenticated",
            Self::Expired { .. } => "expired",
            Self::TooOld { .. } => "too-old",
            Self::SignedInTheFuture { .. } => "signed-in-the-future",
            Self::WrongSigner { .. } => "wrong-signer",
            Self::ModelVersionTooLow { .. } => "model-version-too-low",
            Self::ModelVersionMissing { .. } => "model-version-missing",
        }
    }

    /// One line of advice, where there is any. It never says to trust more or to check less.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
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
            Self::WrongSigner { .. } => {
                "the holder of this key signs under another name: ask them, or compare with what you expect".to_owned()
            }
        })
    }
}

fn among(given: &[KeyId]) -> String {
    match given {
        [one] => format!("the key given, {}", one.short()),
        many => format!("among the {} keys given", many.len()),
    }
}
