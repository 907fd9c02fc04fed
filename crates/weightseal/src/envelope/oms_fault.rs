//! What can be wrong with the statement of an OMS signature, told apart.

use crate::digest::{Digest, HashAlgorithm};
use crate::json::{FieldError, JsonError};
use crate::listing::UnsafeName;
use crate::text::Escaped;

/// Why a payload is not an OMS statement that we accept, though it may be properly signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OmsFault {
    /// No strict JSON.
    #[error("the signed statement {0}")]
    Json(#[from] JsonError),
    /// A field is wrong.
    #[error("in the signed statement, {0}")]
    Field(#[from] FieldError),
    /// A name leads elsewhere.
    #[error("in the signed statement, {0}")]
    Name(#[from] UnsafeName),
    /// Another type of statement.
    #[error("the signed statement is of the type `{}`, not an in-toto Statement v1", Escaped(.found))]
    StatementType {
        /// What it says.
        found: String,
    },
    /// Another type of predicate.
    #[error("the signed statement is about `{}`, not about a model", Escaped(.found))]
    PredicateType {
        /// What it says.
        found: String,
    },
    /// Not exactly one subject.
    #[error("the signed statement has {count} subjects, where exactly 1 is needed")]
    SubjectCount {
        /// How many there are.
        count: usize,
    },
    /// No files.
    #[error("the signed statement lists no file")]
    Empty,
    /// More entries than are read.
    #[error("the signed statement has {count} entries, more than the {limit} that are read")]
    TooMany {
        /// How many there are.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// A way of serialisation that we do not know.
    #[error("the files were serialised by the method `{}`, which is not known", Escaped(.found))]
    Method {
        /// What it says.
        found: String,
    },
    /// A hash that we do not know.
    #[error("the files were hashed with `{}`, which is not known", Escaped(.found))]
    HashType {
        /// What it says.
        found: String,
    },
    /// A path to be ignored that would leave out more than it says.
    #[error("in the signed statement, the ignored path {0}")]
    IgnoredPath(#[source] UnsafeName),
    /// An entry is listed twice.
    #[error("`{}` is listed twice", Escaped(.name))]
    Duplicate {
        /// The entry.
        name: String,
    },
    /// The entries are in no order.
    #[error("the entries are sorted neither by name nor by component")]
    Unsorted,
    /// The one file of a statement stands among others.
    #[error("the name `.` stands among others, though it means the only file")]
    DotAmongOthers,
    /// A digest is not one.
    #[error("the digest of `{}` is not one of its algorithm, in lower-case hex digits", Escaped(.name))]
    Digest {
        /// The entry.
        name: String,
    },
    /// An entry hashed in another way than the statement says.
    #[error("`{}` was hashed with `{}`, where the statement says {expected}", Escaped(.name), Escaped(.found))]
    Algorithm {
        /// The entry.
        name: String,
        /// What it says.
        found: String,
        /// What the statement says.
        expected: HashAlgorithm,
    },
    /// The name of a shard that is not one.
    #[error("`{}` is not the name of a shard, `PATH:START:END`", Escaped(.name))]
    ShardName {
        /// The entry.
        name: String,
    },
    /// Bytes of a file that no shard covers.
    #[error("before `{}`, the bytes from {from} on are in no shard", Escaped(.name))]
    ShardGap {
        /// The shard after the gap.
        name: String,
        /// Where the gap begins.
        from: u64,
    },
    /// Bytes of a file in two shards.
    #[error("`{}` overlaps the shard before it", Escaped(.name))]
    ShardOverlap {
        /// The second shard.
        name: String,
    },
    /// A shard of another size than the statement says.
    #[error("`{}` has not the {expected} bytes of a shard", Escaped(.name))]
    ShardSize {
        /// The shard.
        name: String,
        /// The size of a shard in bytes.
        expected: u64,
    },
    /// The subject's digest is not the root over the digests listed.
    #[error("the signed root digest is not that of the signed list: expected {expected}, found {found}")]
    Root {
        /// What the subject says.
        expected: Digest,
        /// What the entries add up to.
        found: Digest,
    },
}

impl OmsFault {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(_) | Self::Field(_) => "malformed-statement",
            Self::Name(_) => "unsafe-name",
            Self::StatementType { .. } => "unsupported-statement-type",
            Self::PredicateType { .. } => "unsupported-predicate-type",
            Self::SubjectCount { .. } => "subject-count",
            Self::Empty => "empty-model",
            Self::TooMany { .. } => "too-many-entries",
            Self::Method { .. } | Self::HashType { .. } => "unsupported-serialization",
            Self::IgnoredPath(_) => "unsafe-ignored-path",
            Self::Duplicate { .. } => "duplicate-entry",
            Self::Unsorted => "unsorted-entries",
            Self::DotAmongOthers => "wrong-container",
            Self::Digest { .. } => "malformed-digest",
            Self::Algorithm { .. } => "algorithm-mismatch",
            Self::ShardName { .. } => "malformed-shard",
            Self::ShardGap { .. } => "shard-gap",
            Self::ShardOverlap { .. } => "shard-overlap",
            Self::ShardSize { .. } => "shard-size",
            Self::Root { .. } => "root-mismatch",
        }
    }

    /// One line of advice.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Name(_) => {
                "such a name could lead elsewhere or deceive; ask the signer to rename the file and to sign again"
            }
            Self::StatementType { .. } | Self::PredicateType { .. } => {
                "the signature is about something else than a model; fetch the model's own signature"
            }
            Self::TooMany { .. } => {
                "raise the limit with --max-signature-size if the model really has so many files"
            }
            Self::IgnoredPath(_) => {
                "such an entry would hide files from verification; ask the signer to sign without it"
            }
            _ => {
                "fetch the signature file again from where it was published; if it stays so, ask the signer to sign again"
            }
        }
    }

    /// The same fault, seen from the list of entries.
    pub(super) fn at(self, position: usize) -> Self {
        match self {
            Self::Field(error) => error.within(&format!("predicate.resources[{position}]")).into(),
            other => other,
        }
    }
}
