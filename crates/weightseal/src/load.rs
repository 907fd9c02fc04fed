//! Loading: the bytes that were verified are the bytes that are handed out.
//!
//! Each file is read once. While it is hashed it is copied into sealed memory (or into a private folder on disk),
//! and only that copy is ever handed out: whoever changes or replaces the file afterwards changes nothing.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::file::{FileError, Held, Keeper, PrivateFolder};
use crate::hash::Observer;
pub use crate::verify::{Accept, Weaker};
use crate::verify::{Failure, FileStatus, Inconclusive, Outcome, Policy, Target, Trouble, verify_and_keep};

/// Verified bytes, held for as long as this lives.
#[derive(Debug)]
pub struct Loaded {
    outcome: Outcome,
    // In this order they go: the folder's links must not outlive what they lead to.
    folder: Mutex<Option<Arc<PrivateFolder>>>,
    keeper: Keeper,
    files: Vec<Held>,
}

/// Verifies a model and holds exactly the bytes that were verified.
///
/// [`Target::copy_to`] is not for this: the copies are in [`Loaded`].
///
/// # Errors
/// A [`Failure`] as for [`crate::verify::verify`]; [`Trouble::OnlyAPart`] and [`Trouble::OnlyTolerated`] where the caller did
/// not say by name that this will do.
pub fn load(
    target: &Target,
    policy: &Policy,
    keeper: Keeper,
    accept: Accept,
    observer: &dyn Observer,
) -> Result<Loaded, Failure> {
    let target = Target { copy_to: None, ..target.clone() };
    let (outcome, kept) = verify_and_keep(&target, policy, &keeper, accept, observer)?;
    let inconclusive = |trouble: Trouble| {
        let facts = outcome.facts().clone();
        Failure::from(Box::new(Inconclusive { trouble, facts }))
    };
    let files = kept
        .into_iter()
        .map(|filling| filling.seal())
        .collect::<Result<Vec<Held>, FileError>>()
        .map_err(|error| inconclusive(error.into()))?;
    // Every file that was verified is there, and no other; whatever went wrong otherwise, nothing is handed out.
    let verified = outcome.facts().files.iter().filter(|file| file.status == FileStatus::Unchanged);
    let names: BTreeSet<PathBuf> = verified.map(|file| file.name.split('/').collect()).collect();
    let held: BTreeSet<PathBuf> = files.iter().map(|file| file.name().to_owned()).collect();
    if names != held || names.len() != files.len() {
        return Err(inconclusive(Trouble::NotHeld { verified: names.len(), held: files.len() }));
    }
    Ok(Loaded { outcome, folder: Mutex::new(None), keeper, files })
}

impl Loaded {
    /// What was verified.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The files, in the order of the signature file.
    pub fn files(&self) -> &[Held] {
        &self.files
    }

    /// A read-only folder that only we can enter, in which every file has its signed name, and nothing else is.
    ///
    /// # Errors
    /// A [`FileError`].
    pub fn folder(&self) -> Result<PathBuf, FileError> {
        Ok(self.filled()?.content())
    }

    fn filled(&self) -> Result<Arc<PrivateFolder>, FileError> {
        let mut filled = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        // A process that was forked lays out its own: its parent's goes away with the parent.
        if let Some(folder) = filled.as_ref().filter(|folder| folder.is_ours()) {
            return Ok(Arc::clone(folder));
        }
        let folder = self.keeper.folder()?;
        folder.fill(&self.files)?;
        Ok(Arc::clone(filled.insert(folder)))
    }

    /// A path with the file's own name, under which this process and its children can open it.
    ///
    /// # Errors
    /// A [`FileError`].
    pub fn path_of(&self, file: &Held) -> Result<PathBuf, FileError> {
        match self.filled() {
            Ok(folder) => Ok(folder.content().join(file.name())),
            // Where nothing can be written (a read-only container) the bytes still have a path, if no name.
            Err(
                FileError::NotFound { .. } | FileError::PermissionDenied { .. } | FileError::Write { .. },
            ) if file.is_in_memory() => file.path(),
            Err(error) => Err(error),
        }
    }
}
