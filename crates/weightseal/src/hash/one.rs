//! Hashing one file or stream: one pass, bounded memory, with or without a copy of what was hashed.

use std::io::{self, Read};
use std::sync::mpsc::sync_channel;

use super::plan::{Absorb, ContentDigests, Plan, PlanHasher};
use super::{FileDigest, HashError, Observer};
use crate::digest::{HashAlgorithm, Hasher};
use crate::file::{FileError, Filling, OpenedFile, Staged};

/// Bytes read at once: large enough that system calls do not count, small enough for the second-level cache.
const BLOCK: usize = 256 * 1024;

/// Takes a copy of what is hashed.
pub trait Sink: Send {
    /// Appends bytes.
    ///
    /// # Errors
    /// A [`FileError`], for example when the disk is full.
    fn write(&mut self, bytes: &[u8]) -> Result<(), FileError>;
}

impl Sink for Staged {
    fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        Staged::write(self, bytes)
    }
}

impl Sink for Filling {
    fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        Filling::write(self, bytes)
    }
}

/// What came of hashing a file while it was copied: the digest is that of the copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The digest of the bytes in the copy.
    pub digest: FileDigest,
    /// Whether somebody touched the file meanwhile. That leaves the copy what it is; it only explains a digest
    /// that nobody signed.
    pub source_changed: bool,
}

/// Hashes exactly the file that is open.
///
/// # Errors
/// [`HashError`]; a file that is not the same at the end as at the beginning is an error.
pub fn hash_file(file: OpenedFile, observer: &dyn Observer) -> Result<FileDigest, HashError> {
    observer.expects(file.size());
    hash_opened(file, observer)
}

/// Hashes exactly the file that is open, and writes what was hashed to `copy`, in one pass.
///
/// # Errors
/// [`HashError`].
pub fn hash_and_copy(
    file: OpenedFile,
    copy: &mut dyn Sink,
    observer: &dyn Observer,
) -> Result<Copied, HashError> {
    observer.expects(file.size());
    copy_opened(file, copy, observer)
}

pub(super) fn hash_opened(file: OpenedFile, observer: &dyn Observer) -> Result<FileDigest, HashError> {
    let mut hasher = Hasher::new();
    let size = read_into(file, &mut hasher, observer)?;
    Ok(FileDigest { digest: hasher.finish(), size })
}

/// Hashes exactly the file that is open, according to a plan.
///
/// # Errors
/// [`HashError`].
pub fn hash_planned(
    file: OpenedFile,
    plan: Plan,
    observer: &dyn Observer,
) -> Result<ContentDigests, HashError> {
    observer.expects(file.size());
    hash_by_plan(file, plan, observer)
}

/// Hashes exactly the file that is open according to a plan, and writes what was hashed to `copy`. The second result
/// says whether somebody touched the file meanwhile.
///
/// # Errors
/// [`HashError`].
pub fn copy_planned(
    file: OpenedFile,
    copy: &mut dyn Sink,
    plan: Plan,
    observer: &dyn Observer,
) -> Result<(ContentDigests, bool), HashError> {
    observer.expects(file.size());
    copy_by_plan(file, copy, plan, observer)
}

pub(super) fn hash_by_plan(
    file: OpenedFile,
    plan: Plan,
    observer: &dyn Observer,
) -> Result<ContentDigests, HashError> {
    let mut hasher = PlanHasher::new(plan);
    read_into(file, &mut hasher, observer)?;
    Ok(hasher.finish())
}

fn read_into(
    mut file: OpenedFile,
    hasher: &mut dyn Absorb,
    observer: &dyn Observer,
) -> Result<u64, HashError> {
    // Reading ahead on a second core was measured and brought nothing here: the bytes then cross between caches.
    let mut block = vec![0; block_size(&file)];
    let size = read_all(&mut file, &mut block, observer, &mut |block| {
        hasher.absorb(block);
        Ok(())
    })?;
    file.ensure_unchanged(size)?;
    Ok(size)
}

/// Hashes a range of the file that is open: `to` minus `from` bytes, of which there may be fewer.
///
/// # Errors
/// [`HashError`].
pub fn hash_range(
    mut file: OpenedFile,
    range: std::ops::Range<u64>,
    algorithm: HashAlgorithm,
    observer: &dyn Observer,
) -> Result<ContentDigests, HashError> {
    let mut hasher = PlanHasher::new(Plan { algorithm, shard_size: None });
    let mut block = vec![0; BLOCK];
    let mut left = range.end.saturating_sub(range.start);
    observer.expects(left);
    file.skip_to(range.start)?;
    while left > 0 {
        if observer.cancelled() {
            return Err(HashError::Cancelled);
        }
        let room = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
        let count = file.read(&mut block[..room])?;
        if count == 0 {
            break;
        }
        hasher.absorb(&block[..count]);
        left -= count as u64;
        observer.advanced(count as u64);
    }
    file.ensure_unchanged(file.size())?;
    Ok(hasher.finish())
}

/// Above this size a copy is written by a second thread while the first one hashes: below, starting it costs more.
const PIPELINED: u64 = 4 * 1024 * 1024;

/// Blocks under way between the two threads, and the size of each in bytes: waking the other thread costs more than
/// the caches gain by smaller ones.
const BLOCKS: usize = 4;
const BIG_BLOCK: usize = 1024 * 1024;

pub(super) fn copy_opened(
    file: OpenedFile,
    copy: &mut dyn Sink,
    observer: &dyn Observer,
) -> Result<Copied, HashError> {
    let mut hasher = Hasher::new();
    let (size, source_changed) = copy_into(file, copy, &mut hasher, observer)?;
    Ok(Copied { digest: FileDigest { digest: hasher.finish(), size }, source_changed })
}

pub(super) fn copy_by_plan(
    file: OpenedFile,
    copy: &mut dyn Sink,
    plan: Plan,
    observer: &dyn Observer,
) -> Result<(ContentDigests, bool), HashError> {
    let mut hasher = PlanHasher::new(plan);
    let (_, source_changed) = copy_into(file, copy, &mut hasher, observer)?;
    Ok((hasher.finish(), source_changed))
}

fn copy_into(
    mut file: OpenedFile,
    copy: &mut dyn Sink,
    hasher: &mut dyn Absorb,
    observer: &dyn Observer,
) -> Result<(u64, bool), HashError> {
    let size = if file.size() < PIPELINED {
        let mut block = vec![0; block_size(&file)];
        read_all(&mut file, &mut block, observer, &mut |block| {
            hasher.absorb(block);
            Ok(copy.write(block)?)
        })?
    } else {
        pipelined(&mut file, copy, hasher, observer)?
    };
    match file.ensure_unchanged(size) {
        Ok(()) => Ok((size, false)),
        Err(FileError::Changed { .. }) => Ok((size, true)),
        Err(error) => Err(error.into()),
    }
}

/// One thread reads and writes the copy, which costs about half of what hashing does; the other hashes the very
/// bytes that were written, out of the same blocks.
fn pipelined(
    file: &mut OpenedFile,
    copy: &mut dyn Sink,
    hasher: &mut dyn Absorb,
    observer: &dyn Observer,
) -> Result<u64, HashError> {
    std::thread::scope(|scope| {
        let (full_sender, full) = sync_channel::<(Vec<u8>, usize)>(BLOCKS);
        let (empty_sender, empty) = sync_channel::<Vec<u8>>(BLOCKS);
        for _ in 0..BLOCKS {
            empty_sender.send(vec![0; BIG_BLOCK]).expect("the channel has room for all blocks");
        }
        let reader = scope.spawn(move || -> Result<u64, HashError> {
            // Nobody takes blocks any more only when the other thread panics, which joining brings out.
            let mut next = empty.recv().unwrap_or_default();
            let mut size = 0;
            loop {
                let count = read_block(file, &mut next, size, observer)?;
                if count == 0 {
                    return Ok(size);
                }
                copy.write(&next[..count])?;
                size += count as u64;
                let sent = full_sender.send((next, count));
                match sent.ok().and_then(|()| empty.recv().ok()) {
                    Some(block) => next = block,
                    None => return Ok(size),
                }
            }
        });
        for (block, count) in full {
            hasher.absorb_from_afar(&block[..count]);
            observer.advanced(count as u64);
            // The reader is done with reading when it takes no more.
            let _ = empty_sender.send(block);
        }
        drop(empty_sender);
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn block_size(file: &OpenedFile) -> usize {
    BLOCK.min(usize::try_from(file.size()).unwrap_or(BLOCK).saturating_add(1))
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

fn read_all(
    file: &mut OpenedFile,
    block: &mut [u8],
    observer: &dyn Observer,
    absorb: &mut dyn FnMut(&[u8]) -> Result<(), HashError>,
) -> Result<u64, HashError> {
    let mut size = 0;
    loop {
        match read_block(file, block, size, observer)? {
            0 => return Ok(size),
            count => {
                absorb(&block[..count])?;
                size += count as u64;
                observer.advanced(count as u64);
            }
        }
    }
}

/// Reads the next block after `so_far` bytes; 0 means the end.
fn read_block(
    file: &mut OpenedFile,
    block: &mut [u8],
    so_far: u64,
    observer: &dyn Observer,
) -> Result<usize, HashError> {
    if observer.cancelled() {
        return Err(HashError::Cancelled);
    }
    let count = file.read(block)?;
    if so_far + count as u64 > file.size() {
        // Somebody appends; without this, they could keep us reading for ever.
        return Err(FileError::Changed { path: file.path().to_owned() }.into());
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::super::hash_files;
    use super::*;
    use crate::digest::Digest;
    use crate::file::Links;
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU64, Ordering};

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
        let error = hash_and_copy(opened, &mut copy, &observer).expect_err("cancelled");
        assert_eq!(error.code(), "interrupted");
        // The blocks that were under way are still counted.
        assert!(observer.0.load(Ordering::Relaxed) < 8_000_000);
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
            let error = hash_file(opened, &Bounded(Grow(path), AtomicU64::new(0))).expect_err("changed");
            assert_eq!(error.code(), "changed-while-reading");
        }
    }
}
