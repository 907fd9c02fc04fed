//! The outcomes: verified, a part of it, rejected, or not carried out.

use std::path::PathBuf;

use super::{Facts, Reason};
use crate::file::FileError;
use crate::format::SignatureFile;
use crate::hash::HashError;
use crate::listing::UnsafeName;
use crate::text::EscapedPath;
use crate::trust::{MemoryError, OldStore, StoreExpired};

/// The signature file that was verified, as it was read.
#[derive(Clone, Debug)]
pub struct SignatureRead {
    /// What it says.
    pub file: SignatureFile,
    /// Its bytes; none of an OMS signature, which can be very large.
    pub bytes: Vec<u8>,
}

/// A model whose every byte is what the signer signed. Only [`super::verify`] makes one.
#[derive(Clone, Debug)]
pub struct Verified {
    facts: Facts,
    signature: SignatureRead,
}

impl Verified {
    pub(super) fn new(facts: Facts, signature: SignatureRead) -> Self {
        Self { facts, signature }
    }

    /// What was verified.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The signature file, as it was read and verified.
    pub fn signature(&self) -> &SignatureRead {
        &self.signature
    }
}

/// Some files of a signed set are what the signer signed; the others were not looked at. A type of its own, so
/// that it is never taken for the whole.
#[derive(Clone, Debug)]
pub struct Partial {
    facts: Facts,
    signature: SignatureRead,
}

impl Partial {
    pub(super) fn new(facts: Facts, signature: SignatureRead) -> Self {
        Self { facts, signature }
    }

    /// What was verified; the other files are listed as not checked.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The signature file, as it was read and verified.
    pub fn signature(&self) -> &SignatureRead {
        &self.signature
    }
}

/// How much of a signed set was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All of it.
    Whole,
    /// What was asked for.
    Part,
}

/// A model that is what the signer signed, and that a rule of the trust store would reject if it did not only warn. A type of
/// its own, so that it is never taken for a verified one.
#[derive(Clone, Debug)]
pub struct Tolerated {
    facts: Facts,
    signature: SignatureRead,
    tolerated: Vec<Reason>,
    coverage: Coverage,
}

impl Tolerated {
    pub(super) fn new(
        facts: Facts,
        signature: SignatureRead,
        mut tolerated: Vec<Reason>,
        coverage: Coverage,
    ) -> Self {
        tolerated.sort_by_key(Reason::rank);
        Self { facts, signature, tolerated, coverage }
    }

    /// What was verified.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The signature file, as it was read and verified.
    pub fn signature(&self) -> &SignatureRead {
        &self.signature
    }

    /// What was let pass, the most specific first; at least one.
    pub fn tolerated(&self) -> &[Reason] {
        &self.tolerated
    }

    /// Whether all files were looked at.
    pub fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// Why nothing is done with it, where nobody said that this will do.
    #[expect(clippy::indexing_slicing, reason = "made with at least one reason")]
    pub(crate) fn refuse(&self) -> Box<Inconclusive> {
        // There is at least one: it would be verified otherwise.
        let reason = Box::new(self.tolerated[0].clone());
        Box::new(Inconclusive { trouble: Trouble::OnlyTolerated { reason }, facts: self.facts.clone() })
    }
}

/// What a verification that did not fail has shown.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The whole model.
    Verified(Verified),
    /// Some files of a set, because only those were asked for.
    Partial(Partial),
    /// The model or a part of it, against what a rule says that only warns.
    Tolerated(Tolerated),
}

impl Outcome {
    /// What was verified.
    pub fn facts(&self) -> &Facts {
        match self {
            Self::Verified(verified) => verified.facts(),
            Self::Partial(partial) => partial.facts(),
            Self::Tolerated(tolerated) => tolerated.facts(),
        }
    }

    /// The signature file, as it was read and verified.
    pub fn signature(&self) -> &SignatureRead {
        match self {
            Self::Verified(verified) => verified.signature(),
            Self::Partial(partial) => partial.signature(),
            Self::Tolerated(tolerated) => tolerated.signature(),
        }
    }

    /// How much of a signed set was looked at.
    pub fn coverage(&self) -> Coverage {
        match self {
            Self::Verified(_) => Coverage::Whole,
            Self::Partial(_) => Coverage::Part,
            Self::Tolerated(tolerated) => tolerated.coverage(),
        }
    }

    /// What a rule of the trust store let pass.
    pub fn tolerated(&self) -> &[Reason] {
        match self {
            Self::Verified(_) | Self::Partial(_) => &[],
            Self::Tolerated(tolerated) => tolerated.tolerated(),
        }
    }
}

/// Which outcomes will do beside a whole, verified model. The default is none. What will not do is
/// [`Trouble::OnlyAPart`] or [`Trouble::OnlyTolerated`], and nothing is remembered of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Accept {
    /// A part of a signed set.
    pub part: Weaker,
    /// What a rule of the trust store only warns about.
    pub tolerated: Weaker,
}

impl Accept {
    /// Every outcome, for whoever looks at which it is.
    pub const ANY: Self = Self { part: Weaker::Take, tolerated: Weaker::Take };
}

/// Whether a weaker outcome will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Weaker {
    /// It will not.
    #[default]
    Refuse,
    /// It will, because the caller says so by name.
    Take,
}

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The model or its signature is at fault.
    #[error(transparent)]
    Rejected(#[from] Box<Rejected>),
    /// The verification could not be carried out.
    #[error(transparent)]
    Inconclusive(#[from] Box<Inconclusive>),
}

/// The model must not be used.
#[derive(Debug, thiserror::Error)]
#[error("{}", .reasons.first().map(ToString::to_string).unwrap_or_default())]
pub struct Rejected {
    reasons: Vec<Reason>,
    facts: Facts,
}

impl Rejected {
    /// Sorts the reasons, the most specific first. There is at least one.
    pub(super) fn new(first: Reason, others: impl IntoIterator<Item = Reason>, facts: Facts) -> Box<Self> {
        let mut reasons = vec![first];
        reasons.extend(others);
        reasons.sort_by_key(Reason::rank);
        Box::new(Self { reasons, facts })
    }

    /// The most specific reason.
    #[expect(clippy::indexing_slicing, reason = "made with at least one reason")]
    pub fn headline(&self) -> &Reason {
        &self.reasons[0]
    }

    /// Every reason, the most specific first.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// What is known nevertheless.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }
}

/// The verification could not be carried out; this says nothing about the model.
#[derive(Debug, thiserror::Error)]
#[error("{trouble}")]
pub struct Inconclusive {
    /// What stood in the way.
    #[source]
    pub trouble: Trouble,
    /// What is known nevertheless.
    pub facts: Facts,
}

/// What can stand in the way of a verification.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The signature file could not be read.
    #[error(transparent)]
    Signature(FileError),
    /// A file could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The model's own name can stand in no manifest.
    #[error("the model's name {0}")]
    Name(#[from] UnsafeName),
    /// No key was given.
    #[error("nothing was given to verify with: no key, no root, no identity")]
    NoKey,
    /// A trust store decides, and something that is trusted was given besides; or a state without a store.
    #[error("a trust store decides alone: no key, root or identity goes with it, and no state goes without")]
    StoreAndOthers,
    /// The trust store decides nothing any more.
    #[error(transparent)]
    StoreExpired(#[from] StoreExpired),
    /// The trust store is older than one that was used before.
    #[error(transparent)]
    OldStore(#[from] OldStore),
    /// There is no state file.
    #[error("the state file `{}` does not exist", EscapedPath(.path))]
    NoState {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The state file lies in the model, which it would change.
    #[error("the state file `{}` would lie in the model itself", EscapedPath(.path))]
    StateInModel {
        /// Its path.
        path: PathBuf,
    },
    /// The state file is damaged.
    #[error("the state file `{}` cannot be used: {error}", EscapedPath(.path))]
    State {
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        error: MemoryError,
    },
    /// A rule only tolerates it, and the caller did not say that this will do.
    #[error("a rule of the trust store that only warns let it pass: {reason}")]
    OnlyTolerated {
        /// The first of what was let pass.
        reason: Box<Reason>,
    },
    /// A folder for names was given, and a manifest has no names in folders.
    #[error("a base folder is for bundle manifests, and this signature is none")]
    BaseOfOne,
    /// The copy would replace a file that is being verified.
    #[error("a copy to `{}` would replace a file that is being verified", crate::text::EscapedPath(.path))]
    CopyOverInput {
        /// The file.
        path: std::path::PathBuf,
    },
    /// One file of a set was to be loaded, without saying that a part will do.
    #[error("only a part of the signed set was asked for: {checked} of {count} files")]
    OnlyAPart {
        /// The files that were verified.
        checked: usize,
        /// The files of the set.
        count: usize,
    },
    /// A shard was to be loaded, and what is loaded are files.
    #[error("only a shard of `{}` was asked for, and files are loaded as a whole", crate::text::Escaped(.name))]
    ShardOnly {
        /// The file.
        name: String,
    },
    /// The copies that were made are not those of the verified files: a fault of this program.
    #[error("{held} copies were made of {verified} verified files")]
    NotHeld {
        /// The files that were verified.
        verified: usize,
        /// The copies.
        held: usize,
    },
    /// A signature that was named as what to verify could be of two models.
    #[error(
        "`{}` could be of `{}` and of the folder `{}`",
        EscapedPath(.signature), EscapedPath(.model), EscapedPath(.folder)
    )]
    WhichModel {
        /// The signature.
        signature: PathBuf,
        /// What it would be of by its name.
        model: PathBuf,
        /// What it would be of by its place.
        folder: PathBuf,
    },
    /// A part was asked for of something that is no signed folder.
    #[error("parts are named of a folder with an OMS signature only")]
    OnlyOfFolder,
    /// A range was asked for of more than one file.
    #[error("a range of bytes can be verified of one file only")]
    RangeOfMany,
    /// A range was asked for of a file whose chunk root nobody signed.
    #[error("the signature states no chunk root of `{}`, by which a part of it could be verified", crate::text::Escaped(.name))]
    NoChunkRoot {
        /// The file.
        name: String,
    },
    /// A range was asked for, and the chunk list is not there.
    #[error("the chunk list `{}` does not exist", EscapedPath(.path))]
    NoChunkList {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A range that is empty, or ends beyond the signed size.
    #[error("{}:{} is no range in the {size} bytes that were signed", .range.start, .range.end)]
    RangeOutside {
        /// What was asked for, in bytes.
        range: std::ops::Range<u64>,
        /// The signed size in bytes.
        size: u64,
    },
    /// A copy was asked for of more than one file.
    #[error("a copy can be made of one file only")]
    CopyOfMany,
}

impl Trouble {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) | Self::Signature(error) => error.code(),
            Self::Hash(error) => error.code(),
            Self::Name(_) => "unsafe-name",
            Self::OnlyAPart { .. } => "partial",
            Self::OnlyTolerated { .. } => "tolerated",
            Self::StoreExpired(_) => "trust-store-expired",
            Self::OldStore(_) => "trust-store-rolled-back",
            Self::NoState { .. } => "no-state",
            Self::State { .. } => "malformed-state",
            Self::NotHeld { .. } => "self-check",
            Self::NoChunkRoot { .. } => "no-chunk-root",
            Self::NoChunkList { .. } => "no-chunk-list",
            Self::RangeOutside { .. } => "range-outside",
            Self::NoKey
            | Self::StateInModel { .. }
            | Self::StoreAndOthers
            | Self::BaseOfOne
            | Self::CopyOverInput { .. }
            | Self::OnlyOfFolder
            | Self::WhichModel { .. }
            | Self::ShardOnly { .. }
            | Self::RangeOfMany
            | Self::CopyOfMany => "usage",
        }
    }

    /// One line of advice, where there is any.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) | Self::Signature(error) => error.hint(),
            Self::Hash(error) => error.hint(),
            Self::Name(_) => Some("rename the file".to_owned()),
            Self::CopyOverInput { .. } => Some("name another place with --copy-to".to_owned()),
            Self::BaseOfOne => {
                Some("leave out --base, or name the bundle manifest with --signature".to_owned())
            }
            Self::WhichModel { .. } => Some("name the model, and the signature with --signature".to_owned()),
            Self::OnlyOfFolder => {
                Some("leave out --only; name one file of a bundle, and the bundle with --signature".to_owned())
            }
            Self::ShardOnly { .. } => Some("name the file without a range".to_owned()),
            Self::OnlyAPart { .. } => Some("load the whole set".to_owned()),
            Self::OnlyTolerated { .. } => {
                Some("do not load it; ask the signer for a fresh signature, or fetch the newer model".to_owned())
            }
            Self::StateInModel { .. } => Some("name another place with --state".to_owned()),
            Self::StoreAndOthers => Some("put it into the store, or leave the store out".to_owned()),
            Self::StoreExpired(_) => Some(
                "fetch the current store from whoever keeps it; they look it through and set a new `expires_at`"
                    .to_owned(),
            ),
            Self::OldStore(_) => Some(
                "an old store was put back, or the current one has not arrived: fetch it again".to_owned(),
            ),
            Self::NoState { .. } => Some(
                "if nothing was ever verified here, begin one with --init-state; otherwise find out who removed it"
                    .to_owned(),
            ),
            Self::State { .. } => Some(
                "put a copy of it back; beginning anew with --init-state forgets which versions were accepted"
                    .to_owned(),
            ),
            Self::NotHeld { .. } => Some("nothing was loaded; please report it".to_owned()),
            Self::NoKey => Some(
                "give the signer's public key with --key, or a trust store with --trust, or a root with --ca-root, or an \
                 identity with --certificate-identity and --certificate-oidc-issuer"
                    .to_owned(),
            ),
            Self::RangeOfMany => Some(
                "name one file: of a folder with an OMS signature with --only NAME; of a bundle itself, and the bundle \
                 with --signature"
                    .to_owned(),
            ),
            Self::NoChunkRoot { .. } => Some(
                "verify the whole file; weightseal states chunk roots of files of 16 MiB or more, hashed by SHA-256 as a \
                 whole, and a manifest without an envelope has none"
                    .to_owned(),
            ),
            Self::NoChunkList { .. } => Some(
                "get it from where the model was published (`weightseal sign --chunk-list` writes it beside the \
                 signature), name its place with --chunk-list, or verify the whole file"
                    .to_owned(),
            ),
            Self::RangeOutside { .. } => Some("START is below END, and END at most the size".to_owned()),
            Self::CopyOfMany => {
                Some("verify one file of the set: `verify FILE --signature BUNDLE --copy-to F`".to_owned())
            }
        }
    }
}
