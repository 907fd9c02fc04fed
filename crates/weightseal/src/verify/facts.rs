//! What a verification found out. Facts that were not checked are absent, never guessed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use crate::digest::{ContentDigest, Digest, HashAlgorithm};
use crate::envelope::Container;
use crate::hash::ContentDigests;
use crate::key::{Algorithm, KeyId, PublicKey};
use crate::time::{Instant, Timestamp};
use crate::trust::{CertificateFacts, Judgement, SigstoreFacts, Tolerated};

/// One check among several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Check {
    /// It was made and went well.
    Passed,
    /// It was made and speaks against the model.
    Failed,
    /// It was not made: there was nothing to check, or something before it failed.
    #[default]
    NotChecked,
}

impl Check {
    /// The word in the JSON result.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotChecked => "not-checked",
        }
    }

    pub(super) fn failed_if(failed: bool) -> Self {
        if failed { Self::Failed } else { Self::Passed }
    }
}

/// Every check apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Checks {
    /// Names, digests and sizes of the files.
    pub content: Check,
    /// Every signature in the signature file, under a key that the caller gave.
    pub signature: Check,
    /// The statement agrees with what the signature file shows; not checked where there is no envelope.
    pub envelope: Check,
    /// Expiry, age and model version; not checked where there is no envelope.
    pub freshness: Check,
    /// The key is one of those given, and the signer is the one asked for.
    pub signer: Check,
}

/// What became of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileStatus {
    /// The bytes that were signed.
    Unchanged,
    /// Other bytes.
    Changed,
    /// Not there.
    Missing,
    /// Not looked at: only a part was asked for.
    NotChecked,
    /// The shards of it that were asked for are those that were signed; the others were not looked at.
    PartlyChecked,
    /// There, but under another name.
    Renamed,
    /// Something else than a regular file has its name.
    TypeChanged,
    /// It could not be read.
    Unreadable,
}

impl FileStatus {
    /// The word in the JSON result.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::NotChecked => "not-checked",
            Self::PartlyChecked => "partly-checked",
            Self::Renamed => "renamed",
            Self::TypeChanged => "type-changed",
            Self::Unreadable => "unreadable",
        }
    }
}

/// By which signed digests the bytes of a file were checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The digest of the whole file, or those of its shards.
    Digest,
    /// The chunk root.
    ChunkRoot,
    /// The digest of the whole file and the chunk root.
    Both,
    /// Some chunks, by a list that hashes to the chunk root: only those that a range touches.
    Chunks,
}

impl Checked {
    pub(super) fn by(found: &ContentDigests) -> Option<Self> {
        Self::of(found.digests.first(), found.chunks.as_ref().map(|chunks| &chunks.root))
    }

    /// By what was computed.
    pub(super) fn of(digest: Option<&ContentDigest>, root: Option<&Digest>) -> Option<Self> {
        match (digest, root) {
            (None, None) => None,
            (Some(_), None) => Some(Self::Digest),
            (None, Some(_)) => Some(Self::ChunkRoot),
            (Some(_), Some(_)) => Some(Self::Both),
        }
    }

    /// The word in the JSON result.
    pub fn name(self) -> &'static str {
        match self {
            Self::Digest => "digest",
            Self::ChunkRoot => "chunk-root",
            Self::Both => "both",
            Self::Chunks => "chunks",
        }
    }
}

/// One file of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFact {
    /// Its name in the signature file.
    pub name: String,
    /// Where it was looked for.
    pub path: PathBuf,
    /// What became of it.
    pub status: FileStatus,
    /// The digest that the signature file lists; `None` where it lists several shards.
    pub expected: Option<ContentDigest>,
    /// The digest of the bytes that were read, if they were hashed as a whole.
    pub found: Option<ContentDigest>,
    /// By which of the signed digests its bytes were held against what was signed.
    pub checked: Option<Checked>,
    /// Its shards, where the signature file lists such.
    pub shards: Option<Box<ShardFact>>,
    /// The only bytes that were looked at, the end exclusive, where a range was asked for.
    pub range: Option<Range<u64>>,
    /// How many bytes were read; of a file of which a range was asked for, how many it has.
    pub size: Option<u64>,
}

impl FileFact {
    /// Nothing is known yet.
    pub(super) fn new(name: String, path: PathBuf, expected: Option<ContentDigest>) -> Self {
        Self {
            name,
            path,
            status: FileStatus::NotChecked,
            expected,
            found: None,
            checked: None,
            shards: None,
            range: None,
            size: None,
        }
    }
}

/// The shards of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardFact {
    /// How many were signed.
    pub count: usize,
    /// How many were looked at.
    pub checked: usize,
    /// Those that changed, as ranges of bytes.
    pub changed: Vec<Range<u64>>,
}

/// What a trust store had to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustFact {
    /// The store's number.
    pub serial: u64,
    /// The moment from which the store decides nothing.
    pub expires_at: Instant,
    /// The store's name for whoever signed.
    pub signer: String,
    /// Which of the signer's keys it is, by the store.
    pub key_version: Option<u64>,
    /// The name that the rules were matched with.
    pub expected_name: String,
    /// What lies beside the signature as a countersignature; looked for only where a rule asks for several signers.
    pub countersignatures: Vec<CountersignatureFact>,
    /// The decision; one for each file of a bundle manifest without envelope.
    pub judgements: Vec<Judgement>,
}

/// A file that lies where a countersignature may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountersignatureFact {
    /// Its path.
    pub path: PathBuf,
    /// Whose it is, if a key of the store verifies it.
    pub signer: Option<String>,
    /// Why it does not count, if it does not.
    pub reason: Option<String>,
}

/// By what the signer was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MethodFact {
    /// A key that the caller gave.
    Key,
    /// A certificate below a root that the caller named.
    Certificate(Box<CertificateFacts>),
    /// An identity that Sigstore's authorities and logs witnessed.
    Sigstore(Box<SigstoreFacts>),
}

impl MethodFact {
    /// The word in results.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Certificate(_) => "certificate",
            Self::Sigstore(_) => "sigstore",
        }
    }
}

/// How the files of an OMS signature were hashed, and what it calls its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingFact {
    /// The algorithm.
    pub algorithm: HashAlgorithm,
    /// The size of a shard in bytes, if files were hashed in shards.
    pub shard_size: Option<u64>,
    /// The root digest. It does not bind the names of the files.
    pub root: Digest,
}

/// What lies in a folder beside the files that were verified, and was accepted nevertheless.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Files at or below a path that is always left out, such as `.git`.
    pub excluded: Vec<String>,
    /// Files at or below a path that the signature says to leave out.
    pub ignored: Vec<String>,
    /// Files at or below a path that the caller said to leave out.
    pub ignored_by_caller: Vec<String>,
    /// Files that a tool writes, which the caller named.
    pub layout: Vec<String>,
    /// Any other, where the caller accepts them.
    pub unsigned: Vec<String>,
    /// Empty files of a signature by shards, which cannot cover them.
    pub uncovered: Vec<String>,
}

/// Something that the caller said, and that let a signature pass which would not have passed without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakening {
    /// Files that nobody signed were accepted.
    UnsignedFiles,
    /// Paths were left out that the signature does not leave out.
    Ignored,
    /// Files of a tool were accepted.
    Layout,
    /// Symbolic links that lead out of the model were followed.
    Links,
    /// The form of version 0.2.0 was accepted.
    LegacyForm,
    /// Empty files were accepted that a signature by shards does not cover.
    UncoveredFiles,
    /// The chain of certificates passed only in compatibility.
    Certificate(Tolerated),
}

impl Weakening {
    /// The word in the JSON result.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnsignedFiles => "unsigned-files",
            Self::Ignored => "ignored-paths",
            Self::Layout => "layout",
            Self::Links => "symlinks",
            Self::LegacyForm => "legacy-signature",
            Self::UncoveredFiles => "uncovered-files",
            Self::Certificate(tolerated) => tolerated.code(),
        }
    }
}

/// The key that the signature was held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFact {
    /// Its fingerprint.
    pub id: KeyId,
    /// Its algorithm.
    pub algorithm: Algorithm,
    /// Its size in bits.
    pub bits: u64,
    /// Which of the signer's keys it is, by the signer's word.
    pub version: Option<u64>,
}

impl KeyFact {
    pub(super) fn of(key: &PublicKey) -> Self {
        Self { id: key.id(), algorithm: key.algorithm(), bits: key.bits(), version: None }
    }
}

/// What is known after a verification, whatever its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What was verified, as the caller named it.
    pub target: PathBuf,
    /// The signature file.
    pub signature_file: Option<PathBuf>,
    /// Its kind.
    pub container: Option<Container>,
    /// Whether signer, time, name and version are signed (with an envelope) or only claimed (without). Known
    /// once the signature has been checked.
    pub authenticated: Option<bool>,
    /// Every check apart.
    pub checks: Checks,
    /// The files of the model.
    pub files: Vec<FileFact>,
    /// The signed name: the model's file name, or that of the set.
    pub name: Option<String>,
    /// The key.
    pub key: Option<KeyFact>,
    /// Who signs, by the key holder's word; `None` as well where entries without an envelope claim several.
    pub signer: Option<String>,
    /// When, by the key holder's word.
    pub signed_at: Option<Timestamp>,
    /// Until when the signature may be accepted.
    pub expires_at: Option<Timestamp>,
    /// Which version of the model.
    pub model_version: Option<u64>,
    /// The statement that this one stands beside as a countersignature.
    pub countersigns: Option<Digest>,
    /// The statement that this one took the place of.
    pub renews: Option<Digest>,
    /// What else the signer wrote down, signed.
    pub annotations: BTreeMap<String, String>,
    /// The digest of the signed statement: names this very signature's content.
    pub statement: Option<Digest>,
    /// Fields of a manifest without envelope that mean nothing.
    pub ignored: Vec<(String, String)>,
    /// By what the signer was recognised. Known once the signature has been checked.
    pub method: Option<MethodFact>,
    /// What the trust store had to say, if one decided.
    pub trust: Option<Box<TrustFact>>,
    /// How an OMS signature lists its files.
    pub listing: Option<ListingFact>,
    /// What lies beside the signed files of a folder.
    pub beside: Beside,
    /// What the caller gave up, as far as it made a difference.
    pub weakened: Vec<Weakening>,
    /// Files with other names elsewhere on their file system (hard links).
    pub hard_linked: Vec<String>,
    /// Whether the time of signing lies in the future by the caller's clock, beyond the allowed skew.
    pub signed_in_the_future: bool,
}

impl Facts {
    pub(super) fn about(target: PathBuf) -> Self {
        Self {
            target,
            signature_file: None,
            container: None,
            authenticated: None,
            checks: Checks::default(),
            files: Vec::new(),
            name: None,
            key: None,
            signer: None,
            signed_at: None,
            expires_at: None,
            model_version: None,
            countersigns: None,
            renews: None,
            annotations: BTreeMap::new(),
            statement: None,
            ignored: Vec::new(),
            method: None,
            trust: None,
            listing: None,
            beside: Beside::default(),
            weakened: Vec::new(),
            hard_linked: Vec::new(),
            signed_in_the_future: false,
        }
    }
}
