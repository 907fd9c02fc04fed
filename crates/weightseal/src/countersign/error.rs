//! Why a model was not countersigned.

use std::path::PathBuf;

use crate::key::KeyId;
use crate::sign::SignError;
use crate::text::EscapedPath;
use crate::verify::{Failure, Inconclusive, Rejected, Trouble};

/// Why a model was not countersigned. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum CountersignError {
    /// The model is not what the first signature lists, or that was rejected.
    #[error(transparent)]
    Rejected(Box<Rejected>),
    /// The model could not be held against the first signature.
    #[error(transparent)]
    Inconclusive(Box<Inconclusive>),
    /// One file of a set.
    #[error("only a part of what `{}` signs was named", EscapedPath(.first))]
    OnlyAPart {
        /// The first signature.
        first: PathBuf,
    },
    /// A manifest without an envelope.
    #[error("`{}` has no envelope, and so no statement that could be countersigned", EscapedPath(.first))]
    NoStatement {
        /// The first signature.
        first: PathBuf,
    },
    /// An OMS signature of version 0.2.0.
    #[error("`{}` has the form of version 0.2.0, which is not countersigned", EscapedPath(.first))]
    Legacy {
        /// The first signature.
        first: PathBuf,
    },
    /// It stands beside the first signature.
    #[error("`{}` is a countersignature itself", EscapedPath(.first))]
    OfACountersignature {
        /// The signature that was to be countersigned.
        first: PathBuf,
    },
    /// The first signature is by the same key.
    #[error("`{}` is signed by the same key, {}, and a key counts once", EscapedPath(.first), .key.short())]
    SameKey {
        /// The first signature.
        first: PathBuf,
        /// The key.
        key: KeyId,
    },
    /// A manifest says who signs.
    #[error("beside `{}` there can only be a manifest, which says who signs", EscapedPath(.first))]
    NoSigner {
        /// The first signature.
        first: PathBuf,
    },
    /// The first signature is not called like one.
    #[error("`{}` is not called as first signatures are, and so its countersignature has no name", EscapedPath(.first))]
    NoName {
        /// The first signature.
        first: PathBuf,
    },
    /// All names are taken.
    #[error("all {count} names for countersignatures of `{}` are taken", EscapedPath(.first))]
    NoPlace {
        /// The first signature.
        first: PathBuf,
        /// How many there are.
        count: usize,
    },
    /// It was to be written into the folder that is signed.
    #[error("`{}` lies in the model, where it would be a file that nobody signed", EscapedPath(.path))]
    InModel {
        /// Where it was to be written.
        path: PathBuf,
    },
    /// It could not be made or written.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl From<Failure> for CountersignError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rejected(rejected) => Self::Rejected(rejected),
            Failure::Inconclusive(inconclusive)
                if matches!(inconclusive.trouble, Trouble::OnlyAPart { .. }) =>
            {
                let Inconclusive { facts, .. } = *inconclusive;
                Self::OnlyAPart { first: facts.signature_file.unwrap_or(facts.target) }
            }
            Failure::Inconclusive(inconclusive) => Self::Inconclusive(inconclusive),
        }
    }
}

impl CountersignError {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rejected(rejected) => rejected.headline().code(),
            Self::Inconclusive(inconclusive) => inconclusive.trouble.code(),
            Self::OnlyAPart { .. } => "partial",
            Self::NoStatement { .. } => "no-statement",
            Self::Legacy { .. } => "legacy-signature",
            Self::OfACountersignature { .. } => "countersignature",
            Self::SameKey { .. } => "same-key",
            Self::NoSigner { .. } | Self::NoName { .. } | Self::InModel { .. } => "usage",
            Self::NoPlace { .. } => "no-place",
            Self::Sign(error) => error.code(),
        }
    }

    /// One line of advice, where there is any.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Rejected(rejected) => return rejected.headline().hint(),
            Self::Inconclusive(inconclusive) => return inconclusive.trouble.hint(),
            Self::OnlyAPart { .. } => "name the bundle manifest".to_owned(),
            Self::NoStatement { .. } => "have its signer renew it, then countersign".to_owned(),
            Self::Legacy { .. } => "have its signer sign the model again, then countersign".to_owned(),
            Self::OfACountersignature { .. } => {
                "name the model, or its first signature with --signature".to_owned()
            }
            Self::SameKey { .. } => "countersign with the key of another signer".to_owned(),
            Self::NoSigner { .. } => "name the second signer with --signer".to_owned(),
            Self::NoName { .. } => "say where to write it with --output".to_owned(),
            Self::NoPlace { .. } => "remove those that stand beside no signature any more".to_owned(),
            Self::InModel { .. } => "write it beside the folder".to_owned(),
            Self::Sign(error) => return error.hint(),
        })
    }
}
