//! Why a model is rejected, told apart.

use std::path::PathBuf;

use unicode_normalization::UnicodeNormalization as _;

use crate::digest::{ContentDigest, Digest};
use crate::file::Kind;
use crate::format::{ChunkListFault, Fault};
use crate::listing::Layout;
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
        expected: Box<ContentDigest>,
        /// What is there.
        found: Box<ContentDigest>,
    },
    /// The bytes that were signed by their digest, and others by their chunk root.
    #[error("the chunk root that was signed for `{}` is not that of the file, whose digest was signed", Escaped(.name))]
    ChunkRootMismatch {
        /// The file.
        name: String,
        /// What was signed.
        expected: Digest,
        /// What is there.
        found: Digest,
    },
    /// Other bytes in a chunk than those in the list.
    #[error("hash mismatch: bytes {} to {} of `{}` are not those that were signed", .range.start, .range.end, Escaped(.name))]
    ChunkMismatch {
        /// The file.
        name: String,
        /// Which bytes, the end exclusive.
        range: std::ops::Range<u64>,
        /// What the list says, which hashes to the signed root.
        expected: Digest,
        /// What is there.
        found: Digest,
    },
    /// The chunk list is not that of the signature.
    #[error("the chunk list `{}` {fault}", EscapedPath(.list))]
    ChunkListMismatch {
        /// The list.
        list: PathBuf,
        /// What is wrong with it.
        fault: ChunkListFault,
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
    /// Other bytes in a shard than those signed.
    #[error("hash mismatch: bytes {} to {} of `{}` are not those that were signed", .range.start, .range.end, Escaped(.name))]
    ShardMismatch {
        /// The file.
        name: String,
        /// Which bytes, the end exclusive.
        range: std::ops::Range<u64>,
        /// What was signed.
        expected: Box<ContentDigest>,
        /// What is there.
        found: Box<ContentDigest>,
    },
    /// A signed file has another name here.
    #[error("`{}` was signed as `{}`, and has another name here{}", Escaped(.found), Escaped(.name), alike(.name, .found))]
    Renamed {
        /// The signed name.
        name: String,
        /// Its name here.
        found: String,
    },
    /// Something else than a regular file has the name of a signed one.
    #[error("`{}` was signed as a file, and is {found}", Escaped(.name))]
    TypeChanged {
        /// The file.
        name: String,
        /// What it is.
        found: Found,
    },
    /// Something in the folder that nobody signed.
    #[error("`{}` is {found} that nobody signed", EscapedPath(.name))]
    Extra {
        /// Its path below the folder.
        name: PathBuf,
        /// What it is.
        found: Found,
        /// The layout whose rule accepts exactly such files.
        layout: Option<Layout>,
    },
    /// Something that is always left out, where the caller does not want it left out.
    #[error("`{}` is left out by default, and so nobody signed it", EscapedPath(.name))]
    Excluded {
        /// Its path below the folder.
        name: PathBuf,
    },
    /// A part was asked for that the signature does not list.
    #[error("`{}` is not among the signed files", Escaped(.name))]
    NotListed {
        /// What was asked for.
        name: String,
    },
    /// No signature was found.
    #[error("`{}` is unsigned: no signature beside it", EscapedPath(.model))]
    Unsigned {
        /// The model.
        model: PathBuf,
        /// The paths that were tried.
        looked_for: Vec<PathBuf>,
        /// Manifests that are there, but of something else.
        others: Vec<PathBuf>,
    },
    /// No bundle manifest was found in a folder.
    #[error("`{}` is unsigned: no signature in it or beside it", EscapedPath(.folder))]
    UnsignedFolder {
        /// The folder.
        folder: PathBuf,
        /// Manifests that are there, but of single files.
        others: Vec<PathBuf>,
    },
    /// Countersignatures were found, and not the signature that they stand beside.
    #[error(
        "`{}` is unsigned: `{}` is a countersignature, which is no signature by itself",
        EscapedPath(.model), EscapedPath(.countersignature)
    )]
    OnlyCountersigned {
        /// The model.
        model: PathBuf,
        /// The first of them.
        countersignature: PathBuf,
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
    #[error("the signature is of `{}`, not of `{}`", Escaped(.manifest_of), Escaped(.asked))]
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

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A regular file.
    File,
    /// A symbolic link.
    Symlink,
    /// A folder, pipe, socket or device.
    Other(Kind),
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File => f.write_str("a file"),
            Self::Symlink => f.write_str("a symbolic link"),
            Self::Other(kind) => kind.fmt(f),
        }
    }
}

/// Two names that a person cannot tell apart.
fn alike(name: &str, found: &str) -> &'static str {
    match name.nfc().eq(found.nfc()) {
        true => ": the same letters in another Unicode normal form (NFC, NFD)",
        false => "",
    }
}

fn how_many(manifests: usize) -> String {
    match manifests {
        2 => "two signatures, and neither is chosen by chance".to_owned(),
        more => format!("{more} signatures, and none is chosen by chance"),
    }
}

impl Reason {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fault(fault) => fault.code(),
            Self::Refusal(refusal) => refusal.code(),
            Self::HashMismatch { .. } | Self::ShardMismatch { .. } => "hash-mismatch",
            Self::ChunkRootMismatch { .. } => "chunk-root-mismatch",
            Self::ChunkMismatch { .. } => "chunk-mismatch",
            Self::ChunkListMismatch { .. } => "chunk-list-mismatch",
            Self::Renamed { .. } => "renamed-file",
            Self::TypeChanged { .. } => "type-changed",
            Self::Extra { .. } => "extra-file",
            Self::Excluded { .. } => "excluded-file",
            Self::NotListed { .. } => "not-listed",
            Self::SizeMismatch { .. } => "size-mismatch",
            Self::MissingFile { .. } => "missing-file",
            Self::Unsigned { .. } | Self::UnsignedFolder { .. } | Self::OnlyCountersigned { .. } => {
                "unsigned"
            }
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
            Self::Extra { layout: Some(layout), .. } => {
                let (name, tool) = (layout.name(), layout.tool());
                format!("{tool} writes such files; `--layout {name}` accepts exactly those, and says so")
            }
            Self::Extra { .. } => {
                "do not load it; remove what does not belong to the model, or ask the signer to sign again"
                    .to_owned()
            }
            Self::Excluded { .. } => "remove it: it is no part of the model".to_owned(),
            Self::NotListed { .. } => {
                "`weightseal inspect` lists the signed names; a shard is written `PATH:START:END`".to_owned()
            }
            Self::Renamed { .. } => "give it its signed name again".to_owned(),
            Self::ChunkRootMismatch { .. } => {
                "do not load it; whoever signed stated two things that cannot both be true: ask them to sign again"
                    .to_owned()
            }
            Self::ChunkListMismatch { .. } => {
                "fetch the list again: it may belong to an earlier signature; without one, the whole file can be verified"
                    .to_owned()
            }
            Self::HashMismatch { .. }
            | Self::ChunkMismatch { .. }
            | Self::ShardMismatch { .. }
            | Self::TypeChanged { .. }
            | Self::SizeMismatch { .. }
            | Self::MissingFile { .. } => {
                "do not load it; fetch the file again from where it was published".to_owned()
            }
            Self::Unsigned { others, looked_for, .. } => {
                let names: Vec<_> =
                    looked_for.iter().map(|path| format!("`{}`", EscapedPath(path))).collect();
                let there = others
                    .first()
                    .map(|other| format!(" (`{}` is there, but is not its signature)", EscapedPath(other)));
                let (last, first) = names.split_last().map_or(("", &[][..]), |(last, first)| (last, first));
                format!(
                    "looked for {} and {last}{}; name another signature, or the bundle it is in, with --signature",
                    first.join(", "),
                    there.unwrap_or_default()
                )
            }
            Self::UnsignedFolder { others, .. } => {
                let there = others
                    .first()
                    .map(|other| format!("`{}` is there, but is of one file; ", EscapedPath(other)));
                format!(
                    "{}looked for `model.sig` and a bundle manifest in it, and for `NAME.sig` and `model.sig` beside it; name the signature with --signature",
                    there.unwrap_or_default()
                )
            }
            Self::OnlyCountersigned { .. } => {
                "do not load it; fetch the first signature from where the model was published".to_owned()
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
            | Self::OnlyCountersigned { .. }
            | Self::Ambiguous { .. } => 0,
            Self::Fault(
                Fault::Json(_)
                | Fault::Bundle(_)
                | Fault::MediaType { .. }
                | Fault::PayloadType { .. }
                | Fault::SignatureCount { .. }
                | Fault::Oms(_)
                | Fault::Legacy
                | Fault::Field(_)
                | Fault::Name(_)
                | Fault::Statement(_)
                | Fault::NotASignature { .. },
            ) => 1,
            Self::WrongModel { .. } | Self::Refusal(Refusal::WrongName { .. }) => 2,
            Self::Fault(Fault::DuplicateEntry { .. }) => 3,
            Self::MissingFile { .. }
            | Self::NotListed { .. }
            | Self::Renamed { .. }
            | Self::TypeChanged { .. } => 4,
            Self::HashMismatch { .. }
            | Self::ShardMismatch { .. }
            | Self::ChunkRootMismatch { .. }
            | Self::ChunkMismatch { .. }
            | Self::ChunkListMismatch { .. } => 5,
            Self::SizeMismatch { .. } | Self::Extra { .. } | Self::Excluded { .. } => 6,
            Self::Refusal(
                Refusal::UntrustedKey { .. }
                | Refusal::UnknownFingerprint { .. }
                | Refusal::WrongMethod { .. }
                | Refusal::NotInStore { .. }
                | Refusal::NobodySignsSo { .. }
                | Refusal::SeveralSigners { .. }
                | Refusal::Certificate(_)
                | Refusal::Sigstore(_),
            ) => 7,
            Self::Fault(
                Fault::WrongContainer { .. }
                | Fault::EntryAdded { .. }
                | Fault::EntryRemoved { .. }
                | Fault::WrongCount { .. },
            ) => 8,
            Self::NotInBundle { .. } => 9,
            Self::Fault(Fault::InvalidSignature { .. }) => 10,
            Self::Fault(Fault::KeyMismatch { .. } | Fault::WrongKeyId { .. }) => 11,
            Self::Fault(Fault::FieldMismatch { .. }) => 12,
            Self::Refusal(_) => 13,
        }
    }
}
