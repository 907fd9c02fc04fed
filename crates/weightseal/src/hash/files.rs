//! The common cases: one file that is open, several by their paths, a stream.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "one result for each file, and never more bytes than the block has: else a panic, and no verdict"
)]

use std::convert::Infallible;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::{Engine, FileDigest, HashError, Hashed, Observer, Plan, Sink, Source, hash_all};
use crate::digest::Hasher;
use crate::file::{FileError, Links, OpenedFile, size_of};

/// Bytes of a stream that are read at once.
const BLOCK: usize = 256 * 1024;

/// The SHA-256 digest of exactly the file that is open.
///
/// # Errors
/// [`HashError`]; a file that is not the same at the end as at the beginning is an error.
pub fn hash_file(file: OpenedFile, engine: Engine, observer: &dyn Observer) -> Result<FileDigest, HashError> {
    let hashed = hash_opened(file, Plan::default(), engine, observer)?;
    // By default it is the whole file that is hashed, by SHA-256.
    Ok(hashed.digests.file_digest().expect("the digest of a whole file"))
}

/// Hashes exactly the file that is open, according to a plan.
///
/// # Errors
/// [`HashError`].
pub fn hash_opened(
    file: OpenedFile,
    plan: Plan,
    engine: Engine,
    observer: &dyn Observer,
) -> Result<Hashed<Infallible>, HashError> {
    hash_and_copy(file, None, plan, engine, observer)
}

/// Hashes exactly the file that is open according to a plan, and writes what was hashed to `copy`, in one pass.
///
/// # Errors
/// [`HashError`].
pub fn hash_and_copy<C: Sink>(
    file: OpenedFile,
    copy: Option<C>,
    plan: Plan,
    engine: Engine,
    observer: &dyn Observer,
) -> Result<Hashed<C>, HashError> {
    let source = One { plan, taken: Mutex::new(Some((file, copy))), copy: Mutex::new(None) };
    let mut results = hash_all(1, &source, engine, observer, &|_, hashed| hashed);
    results.pop().expect("one result for one file")
}

/// The SHA-256 digests of several files. Links are followed or not.
pub fn hash_files(
    paths: &[PathBuf],
    links: Links,
    plan: &(dyn Fn(&OpenedFile) -> Plan + Sync),
    engine: Engine,
    observer: &dyn Observer,
) -> Vec<Result<Hashed<Infallible>, HashError>> {
    let sizes = paths.iter().map(|path| size_of(path)).collect();
    let source = Paths { paths, links, plan, sizes };
    hash_all(paths.len(), &source, engine, observer, &|_, hashed| hashed)
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

struct One<C> {
    plan: Plan,
    /// Until it is opened, and until its copy is begun.
    taken: Mutex<Option<(OpenedFile, Option<C>)>>,
    copy: Mutex<Option<C>>,
}

impl<C: Sink> Source for One<C> {
    type Copy = C;

    fn open(&self, _: usize) -> Result<OpenedFile, FileError> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (file, copy) = taken.expect("one file is opened once");
        *self.copy.lock().unwrap_or_else(PoisonError::into_inner) = copy;
        Ok(file)
    }

    fn plan(&self, _: usize, _: &OpenedFile) -> Option<Plan> {
        Some(self.plan)
    }

    fn copy(&self, _: usize, _: &OpenedFile) -> Result<Option<C>, FileError> {
        Ok(self.copy.lock().unwrap_or_else(PoisonError::into_inner).take())
    }
}

struct Paths<'a> {
    paths: &'a [PathBuf],
    links: Links,
    plan: &'a (dyn Fn(&OpenedFile) -> Plan + Sync),
    sizes: Vec<Option<u64>>,
}

impl Source for Paths<'_> {
    type Copy = Infallible;

    fn open(&self, at: usize) -> Result<OpenedFile, FileError> {
        OpenedFile::open(&self.paths[at], self.links)
    }

    fn plan(&self, _: usize, file: &OpenedFile) -> Option<Plan> {
        Some((self.plan)(file))
    }

    fn copy(&self, _: usize, _: &OpenedFile) -> Result<Option<Infallible>, FileError> {
        Ok(None)
    }

    fn expected_size(&self, at: usize) -> Option<u64> {
        self.sizes[at]
    }
}
