//! Why a signature was not renewed.

use std::path::PathBuf;

use crate::sign::SignError;
use crate::text::EscapedPath;
use crate::trust::{Question, Refusal};
use crate::verify::{Failure, Inconclusive, Reason, Rejected};

/// Why a signature was not renewed. It is untouched.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// The model, or its old signature, was rejected.
    #[error(transparent)]
    Rejected(Box<Rejected>),
    /// The model could not be verified.
    #[error(transparent)]
    Inconclusive(Box<Inconclusive>),
    /// The signature is of more than was to be verified.
    #[error("only a part of what `{}` signs was named", EscapedPath(.signature))]
    OnlyAPart {
        /// The signature file.
        signature: PathBuf,
    },
    /// It stands beside the first signature.
    #[error("`{}` is a countersignature", EscapedPath(.signature))]
    Countersignature {
        /// The signature file.
        signature: PathBuf,
    },
    /// The trust store that has accepted the old signature would not accept the new one.
    #[error("the trust store would not accept the new signature: {0}")]
    WouldBeRefused(#[source] Box<Refusal>),
    /// The new signature could not be made or written.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl From<Failure> for RenewError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rejected(rejected) => Self::Rejected(rejected),
            Failure::Inconclusive(inconclusive) => Self::Inconclusive(inconclusive),
        }
    }
}

impl RenewError {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rejected(rejected) => rejected.headline().code(),
            Self::Inconclusive(inconclusive) => inconclusive.trouble.code(),
            Self::OnlyAPart { .. } => "partial",
            Self::Countersignature { .. } => "countersignature",
            Self::WouldBeRefused(_) => "new-signature-refused",
            Self::Sign(error) => error.code(),
        }
    }

    /// One line of advice, where there is any.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Rejected(rejected) => match rejected.headline() {
                Reason::Refusal(Refusal::NotAuthenticated { asked: Question::Everything }) => Some(
                    "what is only claimed is not taken over: say who signs it from now on, with --signer NAME and --allow-unauthenticated"
                        .to_owned(),
                ),
                headline => headline.hint(),
            },
            Self::Inconclusive(inconclusive) => inconclusive.trouble.hint(),
            Self::OnlyAPart { .. } => Some("name the signature file, or the whole model".to_owned()),
            Self::Countersignature { .. } => {
                Some("renew the first signature, then countersign that with the new key".to_owned())
            }
            Self::WouldBeRefused(_) => Some(
                "sign with a key that the store trusts for this model now, under its owner's name; or put the key into the store first"
                    .to_owned(),
            ),
            Self::Sign(error) => error.hint(),
        }
    }
}
