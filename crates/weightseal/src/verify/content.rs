//! Holding the bytes of files against what was signed of them: by the chunk root where one was signed, else by the
//! digest of the whole file (docs/spec/chunks.md).

#![expect(clippy::indexing_slicing, reason = "one fact and one list of digests for each entry of the bundle")]

use std::path::{Path, PathBuf};

use super::facts::{Checked, FileFact, FileStatus};
use super::outcome::Trouble;
use super::policy::WholeDigest;
use super::reason::Reason;
use super::run::Run;
use crate::digest::{CHUNKED_FROM, ContentDigest, Digest};
use crate::envelope::{Resource, SignedFile};
use crate::file::{FileError, Filling, OpenedFile, Staged, is_same, size_of};
use crate::format::BundleManifest;
use crate::hash::{
    ContentDigests, Cut, HashError, Hashed, Plan, Sink, Source, hash_all, hash_and_copy, hash_opened,
};
use crate::listing::SafeName;

/// Bytes beyond the signed size of a file that are still read, to name the digest: a tenth of a second.
const MOST_SURPLUS: u64 = 64 * 1024 * 1024;

/// What was signed of the bytes of a file beside their digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SignedBytes {
    pub(super) size: Option<u64>,
    pub(super) chunk_root: Option<Digest>,
}

impl From<&Resource> for SignedBytes {
    fn from(resource: &Resource) -> Self {
        Self { size: resource.size, chunk_root: resource.chunk_root }
    }
}

impl From<&SignedFile> for SignedBytes {
    fn from(file: &SignedFile) -> Self {
        Self { size: file.size, chunk_root: file.chunk_root }
    }
}

/// A copy that is made while a file is hashed.
#[derive(Debug)]
pub(super) enum Copy {
    /// To be put where the caller said.
    Placed(Staged),
    /// To be loaded from.
    Kept(Filling),
}

impl Sink for Copy {
    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<(), FileError> {
        match self {
            Self::Placed(staged) => staged.write_at(bytes, offset),
            Self::Kept(filling) => filling.write_at(bytes, offset),
        }
    }

    fn complete(&mut self) -> Result<(), FileError> {
        match self {
            Self::Placed(_) => Ok(()),
            Self::Kept(filling) => filling.complete(),
        }
    }
}

impl Copy {
    pub(super) fn split(copy: Option<Self>) -> (Option<Staged>, Option<Filling>) {
        match copy {
            Some(Self::Placed(staged)) => (Some(staged), None),
            Some(Self::Kept(filling)) => (None, Some(filling)),
            None => (None, None),
        }
    }
}

impl Run<'_> {
    /// How a file is hashed that was signed by `plan` and perhaps a chunk root. A file of another size cannot have that
    /// root: its digest is what a message needs. `None`: it is so much longer than signed that its bytes are of no interest;
    /// whoever put a sparse giant in its place shall not keep us busy. A shard beyond the signed end has no digest to be
    /// compared with, and each costs memory.
    pub(super) fn plan(&self, signed: SignedBytes, file: &OpenedFile, plan: Plan) -> Option<Plan> {
        let surplus = signed.size.map_or(0, |size| file.size().saturating_sub(size));
        if surplus > MOST_SURPLUS || (surplus > 0 && plan.cut != Cut::Whole) {
            return None;
        }
        let cut = match (signed.chunk_root, self.target.whole) {
            (Some(_), _) if signed.size.is_some_and(|size| size != file.size()) => plan.cut,
            (Some(_), WholeDigest::IfNeeded) => Cut::Chunks,
            (Some(_), WholeDigest::Always | WholeDigest::AlwaysBoth) => Cut::WholeAndChunks,
            (None, WholeDigest::AlwaysBoth) if plan == Plan::default() && file.size() >= CHUNKED_FROM => {
                Cut::WholeAndChunks
            }
            (None, _) => plan.cut,
        };
        Some(Plan { cut, ..plan })
    }

    /// Hashes one file, making a copy if one was asked for and may still be wanted.
    pub(super) fn hash_one(
        &self,
        opened: OpenedFile,
        name: &SafeName,
        signed: SignedBytes,
        plan: Plan,
    ) -> Result<Hashed<Copy>, Trouble> {
        let Some(plan) = self.plan(signed, &opened, plan) else {
            let digests = ContentDigests { digests: Vec::new(), chunks: None, size: opened.size() };
            let hard_linked = opened.is_hard_linked();
            return Ok(Hashed { digests, source_changed: false, hard_linked, copy: None });
        };
        let size = signed.size;
        let source = opened.path().to_owned();
        let copy = match self.target.copy_to.as_ref().filter(|_| self.may_be_wanted(&opened, size)) {
            Some(path) => {
                self.ensure_not_an_input(path, &[opened.path()])?;
                Some(Copy::Placed(Staged::create(path, 0o600)?))
            }
            None => self.begin_to_keep(&opened, name, size)?.map(Copy::Kept),
        };
        let hashed = hash_and_copy(opened, copy, plan, self.target.engine, self.observer)?;
        // There the verdict is on the file as well, not on its copy alone.
        match &hashed.copy {
            Some(Copy::Placed(_)) if hashed.source_changed => Err(FileError::Changed { path: source }.into()),
            _ => Ok(hashed),
        }
    }

    /// Nothing is copied of what is rejected already.
    pub(super) fn may_be_wanted(&self, opened: &OpenedFile, size: Option<u64>) -> bool {
        self.reasons.is_empty() && size.is_none_or(|size| size == opened.size())
    }

    fn begin_to_keep(
        &self,
        opened: &OpenedFile,
        name: &SafeName,
        size: Option<u64>,
    ) -> Result<Option<Filling>, FileError> {
        self.keeper
            .filter(|_| self.may_be_wanted(opened, size))
            .map(|keeper| keeper.begin(&name.below(Path::new("")), opened.size()))
            .transpose()
    }

    /// A copy over one of the files that are being verified would destroy it.
    pub(super) fn ensure_not_an_input(&self, copy: &Path, read: &[&Path]) -> Result<(), Trouble> {
        let inputs = self.facts.signature_file.iter().map(PathBuf::as_path).chain(read.iter().copied());
        let files = self.facts.files.iter().map(|file| file.path.as_path());
        match inputs.chain(files).find(|input| is_same(copy, input)) {
            Some(input) => Err(Trouble::CopyOverInput { path: input.to_owned() }),
            None => Ok(()),
        }
    }

    /// Hashes all files of a bundle manifest.
    pub(super) fn hash_bundle(
        &mut self,
        bundle: &BundleManifest,
        base: &Path,
        signed: &[SignedBytes],
    ) -> Result<Vec<Filling>, Trouble> {
        if self.target.copy_to.is_some() {
            return Err(Trouble::CopyOfMany);
        }
        let results = {
            let source = BundleSource { run: self, bundle, base, signed };
            let engine = self.target.engine;
            hash_all(bundle.artifacts.len(), &source, engine, self.observer, &|_, hashed| hashed)
        };
        let mut facts = std::mem::take(&mut self.facts.files);
        let mut trouble = None;
        let mut kept = Vec::new();
        for (at, (fact, result)) in facts.iter_mut().zip(results).enumerate() {
            match result {
                Ok(Hashed { digests, source_changed, copy, .. }) => {
                    let name = &bundle.artifacts[at].model_file;
                    let again = || OpenedFile::open_below(base, name.components());
                    match self.compare_whole(fact, signed[at], &digests, source_changed, &again) {
                        Ok(()) => kept.extend(copy),
                        Err(error) => trouble = trouble.or(Some(error)),
                    }
                }
                Err(HashError::File(FileError::NotFound { .. })) => {
                    fact.status = FileStatus::Missing;
                    self.reasons
                        .push(Reason::MissingFile { name: fact.name.clone(), path: fact.path.clone() });
                }
                Err(error) => trouble = trouble.or(Some(error)),
            }
        }
        self.facts.files = facts;
        self.settle(trouble, kept)
    }

    /// A file that could not be read leaves the question open, unless another one has answered it.
    pub(super) fn settle(
        &self,
        trouble: Option<HashError>,
        kept: Vec<Filling>,
    ) -> Result<Vec<Filling>, Trouble> {
        match trouble {
            Some(error) if self.reasons.is_empty() || matches!(error, HashError::Cancelled) => {
                Err(error.into())
            }
            _ => Ok(kept),
        }
    }

    /// Compares what was read with what was signed as a whole. Bytes that are not the signed ones, out of a file that was
    /// written to meanwhile, say nothing about it: that is an error instead.
    pub(super) fn compare_whole(
        &mut self,
        fact: &mut FileFact,
        signed: SignedBytes,
        found: &ContentDigests,
        source_changed: bool,
        again: &dyn Fn() -> Result<OpenedFile, FileError>,
    ) -> Result<(), HashError> {
        let root = found.chunks.as_ref().map(|chunks| chunks.root);
        let wrong_root = signed.chunk_root.zip(root).filter(|(expected, found)| expected != found);
        let wrong_size = signed.size.filter(|size| *size != found.size);
        let changed = || FileError::Changed { path: fact.path.clone() }.into();
        let mut whole = found.whole();
        if wrong_root.is_some() && whole.is_none() {
            if source_changed {
                return Err(changed());
            }
            whole = Some(self.hash_for_message(again()?, root)?.ok_or_else(changed)?);
        }
        let differs = fact.expected.zip(whole).filter(|(expected, found)| expected != found);
        let is_as_signed = differs.is_none() && wrong_root.is_none() && wrong_size.is_none();
        // Where nothing was compared, nothing is as signed.
        let compared = whole.and(fact.expected).is_some() || signed.chunk_root.and(root).is_some();
        if (source_changed && !is_as_signed) || (is_as_signed && !compared) {
            return Err(changed());
        }
        fact.size = Some(found.size);
        fact.found = whole;
        fact.checked = Checked::of(whole.as_ref(), root.as_ref().filter(|_| signed.chunk_root.is_some()));
        fact.chunk_root = root;
        fact.status = if is_as_signed { FileStatus::Unchanged } else { FileStatus::Changed };
        let name = || fact.name.clone();
        if let Some((expected, found)) = differs {
            self.reasons.push(Reason::HashMismatch {
                name: name(),
                expected: expected.into(),
                found: found.into(),
            });
        } else if let Some((expected, found)) = wrong_root {
            self.reasons.push(Reason::ChunkRootMismatch { name: name(), expected, found });
        }
        if let Some(expected) = wrong_size {
            self.reasons.push(Reason::SizeMismatch { name: name(), expected, found: found.size });
        }
        Ok(())
    }

    /// The digest of a file whose chunk root is not the signed one; `None` if it has another root again by now.
    fn hash_for_message(
        &self,
        file: OpenedFile,
        root: Option<Digest>,
    ) -> Result<Option<ContentDigest>, HashError> {
        let plan = Plan { cut: Cut::WholeAndChunks, ..Plan::default() };
        let found = hash_opened(file, plan, self.target.engine, self.observer)?.digests;
        Ok(found.whole().filter(|_| found.chunks.is_some_and(|chunks| Some(chunks.root) == root)))
    }
}

struct BundleSource<'a, 'r> {
    run: &'a Run<'r>,
    bundle: &'a BundleManifest,
    base: &'a Path,
    signed: &'a [SignedBytes],
}

impl Source for BundleSource<'_, '_> {
    type Copy = Filling;

    fn open(&self, at: usize) -> Result<OpenedFile, FileError> {
        OpenedFile::open_below(self.base, self.bundle.artifacts[at].model_file.components())
    }

    fn plan(&self, at: usize, file: &OpenedFile) -> Option<Plan> {
        self.run.plan(self.signed[at], file, Plan::default())
    }

    fn copy(&self, at: usize, file: &OpenedFile) -> Result<Option<Filling>, FileError> {
        self.run.begin_to_keep(file, &self.bundle.artifacts[at].model_file, self.signed[at].size)
    }

    fn expected_size(&self, at: usize) -> Option<u64> {
        size_of(&self.run.facts.files[at].path)
    }
}
