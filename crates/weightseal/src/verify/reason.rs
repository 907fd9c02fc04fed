//! Why a model is rejected, told apart.

use std::path::PathBuf;

use crate::digest::Digest;
use crate::format::Fault;
use crate::text::{Escaped, EscapedPath};
use crate::trust::Refusal;

/// One reason to reject.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Reason {
    /// The signature file is at fault.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The signature is valid, but not accepted.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// Other bytes than those signed.
    #[error("hash mismatch: `{}` is not the file that was signed", Escaped(.name))]
    HashMismatch {
        /// The file.
        name: String,
        /// What was signed.
        expected: Digest,
        /// What is there.
        found: Digest,
    },
    /// Another number of bytes than signed.
    #[error("`{}` has {found} bytes, and {expected} were signed", Escaped(.name))]
    SizeMismatch {
        /// The file.
        name: String,
        /// What was signed.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// A file of the signed set is not there.
    #[error("`{}` belongs to the signed set and is missing", Escaped(.name))]
    MissingFile {
        /// The file.
        name: String,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// No signature was found.
    #[error("`{}` is unsigned: no manifest beside it", EscapedPath(.model))]
    Unsigned {
        /// The model.
        model: PathBuf,
        /// The paths that were tried.
        looked_for: Vec<PathBuf>,
        /// Manifests that are there, but of something else.
        others: Vec<PathBuf>,
    },
    /// No bundle manifest was found in a folder.
    #[error("`{}` is unsigned: no bundle manifest in it", EscapedPath(.folder))]
    UnsignedFolder {
        /// The folder.
        folder: PathBuf,
        /// Manifests that are there, but of single files.
        others: Vec<PathBuf>,
    },
    /// More than one signature was found.
    #[error("`{}` has {}", EscapedPath(.model), how_many(.candidates.len()))]
    Ambiguous {
        /// The model.
        model: PathBuf,
        /// The signatures.
        candidates: Vec<PathBuf>,
    },
    /// The manifest is that of another model.
    #[error("the manifest is of `{}`, not of `{}`", Escaped(.manifest_of), Escaped(.asked))]
    WrongModel {
        /// The name in the manifest.
        manifest_of: String,
        /// The model's name.
        asked: String,
    },
    /// The bundle manifest does not list the file.
    #[error("`{}` is not in the bundle `{}`", EscapedPath(.model), EscapedPath(.bundle))]
    NotInBundle {
        /// The file.
        model: PathBuf,
        /// The bundle manifest.
        bundle: PathBuf,
    },
    /// The signature file is larger than any honest one.
    #[error("the signature file has {size} bytes, more than the {limit} that are read")]
    SignatureTooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
}

fn how_many(manifests: usize) -> String {
    match manifests {
        2 => "two manifests, and neither is chosen by chance".to_owned(),
        more => format!("{more} manifests, and none is chosen by chance"),
    }
}

impl Reason {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fault(fault) => fault.code(),
            Self::Refusal(refusal) => refusal.code(),
            Self::HashMismatch { .. } => "hash-mismatch",
            Self::SizeMismatch { .. } => "size-mismatch",
            Self::MissingFile { .. } => "missing-file",
            Self::Unsigned { .. } | Self::UnsignedFolder { .. } => "unsigned",
            Self::Ambiguous { .. } => "ambiguous-signature",
            Self::WrongModel { .. } => "wrong-model",
            Self::NotInBundle { .. } => "not-in-bundle",
            Self::SignatureTooLarge { .. } => "signature-too-large",
        }
    }

    /// One line of advice, where there is any. It never says to trust more or to check less.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Fault(fault) => return fault.hint(),
            Self::Refusal(refusal) => return refusal.hint(),
            Self::HashMismatch { .. } | Self::SizeMismatch { .. } | Self::MissingFile { .. } => {
                "do not load it; fetch the file again from where it was published".to_owned()
            }
            Self::Unsigned { others, looked_for, .. } => {
                let names: Vec<_> =
                    looked_for.iter().map(|path| format!("`{}`", EscapedPath(path))).collect();
                let there = others
                    .first()
                    .map(|other| format!(" (`{}` is there, but is not its manifest)", EscapedPath(other)));
                format!(
                    "looked for {}{}; name another manifest, or the bundle it is in, with --signature",
                    names.join(" and "),
                    there.unwrap_or_default()
                )
            }
            Self::UnsignedFolder { others, .. } => {
                let there = others
                    .first()
                    .map(|other| format!("`{}` is there, but is of one file; ", EscapedPath(other)));
                format!("{}name one file, or the bundle manifest with --signature", there.unwrap_or_default())
            }
            Self::Ambiguous { candidates, .. } => {
                let names: Vec<_> =
                    candidates.iter().map(|path| format!("`{}`", EscapedPath(path))).collect();
                format!("{}: say which with --signature", names.join(" and "))
            }
            Self::WrongModel { manifest_of, .. } => {
                format!("a renamed file keeps its signed name; it was signed as `{}`", Escaped(manifest_of))
            }
            Self::NotInBundle { .. } => {
                "names in a bundle are relative to it (or to --base DIR); `weightseal inspect` lists them"
                    .to_owned()
            }
            Self::SignatureTooLarge { .. } => {
                "this is no manifest that any tool wrote; fetch it again".to_owned()
            }
        })
    }

    /// Lower is more specific: what explains the others comes before what follows from it.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::SignatureTooLarge { .. }
            | Self::Unsigned { .. }
            | Self::UnsignedFolder { .. }
            | Self::Ambiguous { .. } => 0,
            Self::Fault(
                Fault::Json(_)
                | Fault::Field(_)
                | Fault::Name(_)
                | Fault::Statement(_)
                | Fault::NotASignature { .. },
            ) => 1,
            Self::WrongModel { .. } => 2,
            Self::Fault(Fault::DuplicateEntry { .. }) => 3,
            Self::MissingFile { .. } => 4,
            Self::HashMismatch { .. } => 5,
            Self::SizeMismatch { .. } => 6,
            Self::Refusal(Refusal::UntrustedKey { .. }) => 7,
            Self::Fault(
                Fault::WrongContainer { .. }
                | Fault::EntryAdded { .. }
                | Fault::EntryRemoved { .. }
                | Fault::WrongCount { .. },
            ) => 8,
            Self::NotInBundle { .. } => 9,
            Self::Fault(Fault::InvalidSignature { .. }) => 10,
            Self::Fault(Fault::KeyMismatch { .. }) => 11,
            Self::Fault(Fault::FieldMismatch { .. }) => 12,
            Self::Refusal(_) => 13,
        }
    }
}
