//! Hashing several files on all cores. Results stand in the order of the paths.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::one::{copy_opened, hash_opened};
use super::{Copied, FileDigest, HashError, Observer};
use crate::file::{FileError, Filling, OpenedFile, size_of};

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

fn on_all_cores<T: Send>(
    paths: &[PathBuf],
    observer: &dyn Observer,
    work: &(dyn Fn(usize, &Path) -> T + Sync),
) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    // Everything at once, so that progress has a total; a file that is gone is reported when it is opened.
    paths.iter().filter_map(|path| size_of(path)).for_each(|size| observer.expects(size));
    let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores.min(paths.len()))
            .map(|_| {
                scope.spawn(|| {
                    let mut done = Vec::new();
                    while let Some((at, path)) = take_next(paths, &next) {
                        done.push((at, work(at, path)));
                    }
                    done
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

fn take_next<'a>(paths: &'a [PathBuf], next: &AtomicUsize) -> Option<(usize, &'a Path)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    paths.get(at).map(|path| (at, path.as_path()))
}
