//! What a verification found out. Facts that were not checked are absent, never guessed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::digest::Digest;
use crate::envelope::Container;
use crate::key::{Algorithm, KeyId, PublicKey};
use crate::time::Timestamp;

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
}

impl FileStatus {
    /// The word in the JSON result.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::NotChecked => "not-checked",
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
    /// The digest that the signature file lists.
    pub expected: Digest,
    /// The digest of the bytes that were read.
    pub found: Option<Digest>,
    /// How many bytes were read.
    pub size: Option<u64>,
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
    /// What else the signer wrote down, signed.
    pub annotations: BTreeMap<String, String>,
    /// The digest of the signed statement: names this very signature's content.
    pub statement: Option<Digest>,
    /// Fields of a manifest without envelope that mean nothing.
    pub ignored: Vec<(String, String)>,
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
            annotations: BTreeMap::new(),
            statement: None,
            ignored: Vec::new(),
            signed_in_the_future: false,
        }
    }
}
