//! Hashing several files on all cores. Results stand in the order of the paths.

use std::path::{Path, PathBuf};

use super::one::{copy_by_plan, copy_opened, hash_by_plan, hash_opened};
use super::plan::{ContentDigests, Plan};
use super::{Copied, FileDigest, HashError, Observer};
use crate::file::{FileError, Filling, OpenedFile, size_of};
use crate::parallel::in_parallel;

/// How each of several files is opened: given its position and its path.
pub type Opener<'a> = dyn Fn(usize, &Path) -> Result<OpenedFile, FileError> + Sync + 'a;

/// Where each of several files is copied to, given its position and the open file; `None`: nowhere.
pub type Copier<'a> = dyn Fn(usize, &OpenedFile) -> Result<Option<Filling>, FileError> + Sync + 'a;

/// Hashes several files.
pub fn hash_files(
    paths: &[PathBuf],
    open: &Opener<'_>,
    observer: &dyn Observer,
) -> Vec<Result<FileDigest, HashError>> {
    on_all_cores(paths, observer, &|at, path| hash_opened(open(at, path)?, observer))
}

/// Hashes several files and copies them in the same pass.
pub fn hash_and_keep_files(
    paths: &[PathBuf],
    open: &Opener<'_>,
    copy: &Copier<'_>,
    observer: &dyn Observer,
) -> Vec<Result<(Copied, Option<Filling>), HashError>> {
    on_all_cores(paths, observer, &|at, path| {
        let file = open(at, path)?;
        match copy(at, &file)? {
            Some(mut copy) => {
                let copied = copy_opened(file, &mut copy, observer)?;
                copy.complete()?;
                Ok((copied, Some(copy)))
            }
            None => {
                let digest = hash_opened(file, observer)?;
                Ok((Copied { digest, source_changed: false }, None))
            }
        }
    })
}

/// What came of hashing one file of a tree by a plan.
#[derive(Debug)]
pub struct PlannedCopy {
    /// The digests of the bytes that were read, and of those in the copy.
    pub digests: ContentDigests,
    /// Whether somebody touched the file meanwhile; without a copy that is an error instead.
    pub source_changed: bool,
    /// Whether the file has other names on its file system.
    pub hard_linked: bool,
    /// The copy, where one was begun.
    pub copy: Option<Filling>,
}

/// How the files of a tree are opened, and where they are copied to.
pub trait Source: Sync {
    /// Opens the file with this position.
    ///
    /// # Errors
    /// A [`FileError`].
    fn open(&self, at: usize) -> Result<OpenedFile, FileError>;

    /// Whether its bytes are of any interest; if not, only its size is known afterwards.
    fn wants(&self, _at: usize, _file: &OpenedFile) -> bool {
        true
    }

    /// Begins its copy; `None`: nowhere.
    ///
    /// # Errors
    /// A [`FileError`].
    fn copy(&self, at: usize, file: &OpenedFile) -> Result<Option<Filling>, FileError>;
}

/// Hashes `count` files by a plan, on all cores. What is to be remembered of each, `judge` says: of a hundred thousand
/// files that should not be much.
pub fn hash_tree<T: Send>(
    count: usize,
    plan: Plan,
    source: &dyn Source,
    observer: &dyn Observer,
    judge: &(dyn Fn(usize, Result<PlannedCopy, HashError>) -> T + Sync),
) -> Vec<T> {
    let hash = |at| -> Result<PlannedCopy, HashError> {
        let file = source.open(at)?;
        observer.expects(file.size());
        let hard_linked = file.is_hard_linked();
        if !source.wants(at, &file) {
            let digests = ContentDigests { digests: Vec::new(), size: file.size() };
            return Ok(PlannedCopy { digests, source_changed: false, hard_linked, copy: None });
        }
        match source.copy(at, &file)? {
            Some(mut copy) => {
                let (digests, source_changed) = copy_by_plan(file, &mut copy, plan, observer)?;
                copy.complete()?;
                Ok(PlannedCopy { digests, source_changed, hard_linked, copy: Some(copy) })
            }
            None => {
                let digests = hash_by_plan(file, plan, observer)?;
                Ok(PlannedCopy { digests, source_changed: false, hard_linked, copy: None })
            }
        }
    };
    in_parallel(count, &|at| judge(at, hash(at)))
}

fn on_all_cores<T: Send>(
    paths: &[PathBuf],
    observer: &dyn Observer,
    work: &(dyn Fn(usize, &Path) -> T + Sync),
) -> Vec<T> {
    // Everything at once, so that progress has a total; a file that is gone is reported when it is opened.
    paths.iter().filter_map(|path| size_of(path)).for_each(|size| observer.expects(size));
    in_parallel(paths.len(), &|at| work(at, &paths[at]))
}
