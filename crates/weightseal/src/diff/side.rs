//! One side of a comparison: what it is.

use std::path::{Path, PathBuf};

use super::files::Stated;
use super::{ComparedFile, DiffError};
use crate::file::{FileError, Links, read_bounded};
use crate::format::{Fault, MAX_SIGNATURE_FILE, SignatureFile, differences, is_manifest_name, is_oms_name};

/// One of the two things that were compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Where it is, as the caller wrote it.
    pub path: PathBuf,
    /// What it is.
    pub kind: SideKind,
    /// How many files it has.
    pub files: usize,
    /// What lies in the folder and was left out.
    pub left_out: Vec<String>,
}

/// What can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SideKind {
    /// The manifest of one file.
    Manifest,
    /// The bundle manifest of several files.
    Bundle,
    /// An OMS signature.
    Oms,
    /// A model that is a folder.
    Folder,
    /// A model that is one file.
    File,
}

impl SideKind {
    /// The word in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Bundle => "bundle-manifest",
            Self::Oms => "oms",
            Self::Folder => "folder",
            Self::File => "file",
        }
    }
}

/// What a path turned out to be.
pub(super) enum Content {
    Signature(Box<Stated>),
    Model(ModelKind),
}

#[derive(Clone, Copy)]
pub(super) enum ModelKind {
    Folder,
    File,
}

/// The files of a side.
pub(super) struct Listed {
    pub(super) files: Vec<ComparedFile>,
    pub(super) names: Names,
    pub(super) kind: SideKind,
    pub(super) left_out: Vec<String>,
}

/// What the names of a side mean.
#[derive(Clone, Copy)]
pub(super) enum Names {
    /// Those of several files, below the same folder.
    OfSeveral,
    /// That of the one file, where there can be no other.
    OfOne(OwnName),
}

/// What the name of a model that is one file means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnName {
    /// It is signed, and verification insists on it: a manifest.
    Binding,
    /// It is what the file is called.
    Called,
    /// It is a word of the signer's without a meaning: an OMS signature of the file `.`.
    Meaningless,
}

impl Names {
    pub(super) fn of_one(self) -> Option<OwnName> {
        match self {
            Self::OfSeveral => None,
            Self::OfOne(name) => Some(name),
        }
    }
}

impl OwnName {
    /// Whether it is a difference if the two names differ: only where a manifest says what the name has to be.
    pub(super) fn tell_apart(self, other: Self) -> bool {
        let one_binds = self == Self::Binding || other == Self::Binding;
        one_binds && self != Self::Meaningless && other != Self::Meaningless
    }
}

impl Listed {
    pub(super) fn side(&self, path: &Path) -> Side {
        let (path, left_out) = (path.to_owned(), self.left_out.clone());
        Side { path, kind: self.kind, files: self.files.len(), left_out }
    }

    pub(super) fn new(kind: SideKind, names: Names, files: Vec<ComparedFile>) -> Self {
        Self { files, names, kind, left_out: Vec::new() }
    }
}

/// Finds out what a path is.
///
/// A name that a signature file has makes it one, damaged or not. Under any other name, only what is a signature file
/// without a fault, or with one that only a signature file can have, is taken for one.
pub(super) fn recognise(path: &Path) -> Result<Content, DiffError> {
    if path.is_dir() {
        return Ok(Content::Model(ModelKind::Folder));
    }
    let is_signature_name = |name: &str| is_oms_name(name) || is_manifest_name(name);
    let has_its_name = path.file_name().and_then(|name| name.to_str()).is_some_and(is_signature_name);
    let bytes = match read_bounded(path, Links::Refuse, MAX_SIGNATURE_FILE) {
        Ok((bytes, _)) => bytes,
        Err(FileError::TooLarge { .. }) if !has_its_name => return Ok(Content::Model(ModelKind::File)),
        Err(error) => return Err(error.into()),
    };
    let refused = |fault| DiffError::Signature { path: path.to_owned(), fault };
    match SignatureFile::parse(&bytes) {
        Ok(file) => match differences(&file).into_iter().next() {
            // What is shown and what is signed are two lists, and comparing either would be a guess.
            Some(fault) => Err(refused(fault)),
            None => Ok(Content::Signature(Box::new(Stated::new(&file, &bytes)))),
        },
        Err(Fault::NotASignature { .. } | Fault::Json(_)) if !has_its_name => {
            Ok(Content::Model(ModelKind::File))
        }
        Err(fault) => Err(refused(fault)),
    }
}
