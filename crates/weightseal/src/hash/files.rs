//! Hashing files: one pass, bounded memory, several files on all cores.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::digest::{Digest, Hasher};
use crate::file::{FileError, OpenedFile, Staged, size_of};

/// Bytes read at once: large enough that system calls do not count, small enough for the second-level cache.
const BLOCK: usize = 256 * 1024;

/// Watches a long hash, and may end it. `()` watches nothing.
pub trait Observer: Sync {
    /// Called before a file is hashed with the number of bytes it has.
    fn expects(&self, bytes: u64) {
        let _ = bytes;
    }

    /// Called after each block with the number of bytes it had, from any thread.
    fn advanced(&self, bytes: u64) {
        let _ = bytes;
    }

    /// Asked before each block; `true` ends the work with [`HashError::Cancelled`].
    fn cancelled(&self) -> bool {
        false
    }
}

impl Observer for () {}

/// The digest of a file, and how many bytes it was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileDigest {
    /// The SHA-256 digest.
    pub digest: Digest,
    /// The number of bytes.
    pub size: u64,
}

/// Why there is no digest.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The file could not be read, or its copy not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A stream that is not a file could not be read.
    #[error("cannot read the input")]
    Read(#[source] io::Error),
    /// The [`Observer`] ended the work.
    #[error("cancelled")]
    Cancelled,
}

impl HashError {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Read(_) => "unreadable",
            Self::Cancelled => "interrupted",
        }
    }

    /// One line of advice, where there is any.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Read(_) | Self::Cancelled => None,
        }
    }
}

/// Hashes exactly the file that is open, and writes what was hashed to `copy` if there is one.
///
/// # Errors
/// [`HashError`]; a file that is not the same at the end as at the beginning is an error.
pub fn hash_file(
    file: OpenedFile,
    copy: Option<&mut Staged>,
    observer: &dyn Observer,
) -> Result<FileDigest, HashError> {
    observer.expects(file.size());
    hash_opened(file, copy, observer)
}

fn hash_opened(
    mut file: OpenedFile,
    mut copy: Option<&mut Staged>,
    observer: &dyn Observer,
) -> Result<FileDigest, HashError> {
    let mut hasher = Hasher::new();
    let (expected, path) = (file.size(), file.path().to_owned());
    let mut total = 0;
    let mut absorb = |block: &[u8]| -> Result<(), HashError> {
        if observer.cancelled() {
            return Err(HashError::Cancelled);
        }
        total += block.len() as u64;
        if total > expected {
            // Somebody appends; without this, they could keep us reading for ever.
            return Err(FileError::Changed { path: path.clone() }.into());
        }
        hasher.update(block);
        if let Some(copy) = copy.as_deref_mut() {
            copy.write(block)?;
        }
        observer.advanced(block.len() as u64);
        Ok(())
    };
    // Reading ahead on a second core was measured and brought nothing here: the bytes then cross between caches.
    let mut block = vec![0; BLOCK.min(usize::try_from(expected).unwrap_or(BLOCK).saturating_add(1))];
    let size = read_all(&mut file, &mut block, &mut absorb)?;
    file.ensure_unchanged(size)?;
    Ok(FileDigest { digest: hasher.finish(), size })
}

/// Hashes a stream, for example standard input.
///
/// # Errors
/// [`HashError`].
pub fn hash_reader(mut reader: impl Read, observer: &dyn Observer) -> Result<FileDigest, HashError> {
    let mut hasher = Hasher::new();
    let mut block = vec![0; BLOCK];
    let mut size = 0;
    loop {
        if observer.cancelled() {
            return Err(HashError::Cancelled);
        }
        match reader.read(&mut block) {
            Ok(0) => return Ok(FileDigest { digest: hasher.finish(), size }),
            Ok(count) => {
                hasher.update(&block[..count]);
                size += count as u64;
                observer.advanced(count as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(HashError::Read(error)),
        }
    }
}

/// How each of several files is opened: given its position and its path.
pub type Opener<'a> = dyn Fn(usize, &Path) -> Result<OpenedFile, FileError> + Sync + 'a;

/// Hashes several files on all cores. The results stand in the order of `paths`.
pub fn hash_files(
    paths: &[PathBuf],
    open: &Opener<'_>,
    observer: &dyn Observer,
) -> Vec<Result<FileDigest, HashError>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    // Everything at once, so that progress has a total; a file that is gone is reported when it is opened.
    paths.iter().filter_map(|path| size_of(path)).for_each(|size| observer.expects(size));
    let hash = |at: usize, path: &Path| hash_opened(open(at, path)?, None, observer);
    let mut results: Vec<(usize, Result<FileDigest, HashError>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores.min(paths.len()))
            .map(|_| {
                scope.spawn(|| {
                    let mut done = Vec::new();
                    while let Some((at, path)) = take_next(paths, &next) {
                        done.push((at, hash(at, path)));
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

fn read_all(
    file: &mut OpenedFile,
    block: &mut [u8],
    absorb: &mut dyn FnMut(&[u8]) -> Result<(), HashError>,
) -> Result<u64, HashError> {
    let mut size = 0;
    loop {
        match file.read(block)? {
            0 => return Ok(size),
            count => {
                absorb(&block[..count])?;
                size += count as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::Links;
    use std::sync::atomic::AtomicU64;

    /// Many blocks.
    const BIG: usize = 32 * BLOCK;

    fn written(folder: &Path, name: &str, size: usize) -> (PathBuf, Vec<u8>) {
        let bytes: Vec<u8> = (0..size).map(|at| (at * 31 % 251) as u8).collect();
        let path = folder.join(name);
        std::fs::write(&path, &bytes).expect("written");
        (path, bytes)
    }

    #[test]
    fn every_size_hashes_to_the_digest_of_its_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let big = BIG;
        let sizes = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, big - 1, big, big + 12_345];
        let files: Vec<_> =
            sizes.iter().map(|size| written(folder.path(), &format!("f{size}"), *size)).collect();
        let paths: Vec<_> = files.iter().map(|(path, _)| path.clone()).collect();
        for ((_, bytes), found) in
            files.iter().zip(hash_files(&paths, &|_, path| OpenedFile::open(path, Links::Refuse), &()))
        {
            let expected = FileDigest { digest: Digest::of(bytes), size: bytes.len() as u64 };
            assert_eq!(found.expect("hashed"), expected);
            assert_eq!(hash_reader(&bytes[..], &()).expect("hashed"), expected);
        }
    }

    struct StopAfter(AtomicU64, u64);

    impl Observer for StopAfter {
        fn advanced(&self, bytes: u64) {
            self.0.fetch_add(bytes, Ordering::Relaxed);
        }
        fn cancelled(&self) -> bool {
            self.0.load(Ordering::Relaxed) >= self.1
        }
    }

    #[test]
    fn a_cancelled_hash_ends_early_and_removes_its_copy() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, _) = written(folder.path(), "big", 3 * BIG);
        let observer = StopAfter(AtomicU64::new(0), 1_000_000);
        let copy_path = folder.path().join("copy");
        let mut copy = Staged::create(&copy_path, 0o600).expect("created");
        let opened = OpenedFile::open(&path, Links::Refuse).expect("opened");
        let error = hash_file(opened, Some(&mut copy), &observer).expect_err("cancelled");
        assert_eq!(error.code(), "interrupted");
        assert!(observer.0.load(Ordering::Relaxed) < 2_000_000);
        drop(copy);
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1);
    }

    struct Grow(PathBuf);

    impl Observer for Grow {
        fn advanced(&self, _: u64) {
            use std::io::Write as _;
            let mut file = std::fs::OpenOptions::new().append(true).open(&self.0).expect("opened");
            file.write_all(b"x").expect("written");
        }
    }

    #[test]
    fn a_file_that_changes_meanwhile_has_no_digest() {
        let folder = tempfile::tempdir().expect("a folder");
        for size in [10, BIG] {
            let (path, _) = written(folder.path(), "growing", size);
            let opened = OpenedFile::open(&path, Links::Refuse).expect("opened");
            // Bounded: each block read appends one byte, and each byte is one more block at the end.
            struct Bounded(Grow, AtomicU64);
            impl Observer for Bounded {
                fn advanced(&self, bytes: u64) {
                    if self.1.fetch_add(1, Ordering::Relaxed) < 3 {
                        self.0.advanced(bytes);
                    }
                }
            }
            let error =
                hash_file(opened, None, &Bounded(Grow(path), AtomicU64::new(0))).expect_err("changed");
            assert_eq!(error.code(), "changed-while-reading");
        }
    }
}
