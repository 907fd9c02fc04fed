//! The chunk list (docs/spec/chunks.md, section 5): the digests of the chunks of all files whose chunk root a signature
//! states. Nobody signs it; it has to hash to the signed roots.

use std::ops::Range;

use crate::digest::{ChunkRootHasher, Digest, chunk_count};

/// How a chunk list begins.
pub const CHUNK_LIST_HEAD: &[u8; 24] = b"weightseal-chunk-list-v1";

/// How the name of a chunk list ends, after the name of the model file, the folder or the bundle manifest.
pub const CHUNK_LIST_SUFFIX: &str = ".chunks";

/// A chunk list: the digests of each file's chunks, in the order of the signature.
pub fn write_chunk_list<'a>(files: impl IntoIterator<Item = &'a [Digest]>) -> Vec<u8> {
    let mut bytes = CHUNK_LIST_HEAD.to_vec();
    for digest in files.into_iter().flatten() {
        bytes.extend_from_slice(digest.as_bytes());
    }
    bytes
}

/// A file whose chunk root is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkedFile {
    /// Its size in bytes.
    pub size: u64,
    /// Its chunk root.
    pub root: Digest,
}

impl ChunkedFile {
    /// How many bytes its digests take in a list.
    fn in_list(self) -> u64 {
        // At most 2^44 digests.
        chunk_count(self.size).saturating_mul(DIGEST as u64)
    }
}

/// The size of a SHA-256 digest in bytes.
const DIGEST: usize = 32;

/// The list is not that of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkListFault {
    /// It does not begin as such a list does.
    #[error("does not begin like a chunk list")]
    Head,
    /// It has another size than that of these files.
    #[error("has {found} bytes, and the list of the signed files has {expected}")]
    Size {
        /// What it should have.
        expected: u64,
        /// What it has.
        found: u64,
    },
    /// Its digests do not hash to the signed root.
    #[error("does not hash to the signed chunk root")]
    Root {
        /// What was signed.
        expected: Digest,
        /// What the list hashes to.
        found: Digest,
    },
}

/// The size of the list of these files in bytes.
pub fn chunk_list_size(files: &[ChunkedFile]) -> u64 {
    let digests = files.iter().map(|file| file.in_list());
    digests.fold(CHUNK_LIST_HEAD.len() as u64, u64::saturating_add)
}

/// Where the digests of the file at this position stand in the list of these files, in bytes. After
/// the last file there is nothing.
pub fn chunk_list_section(files: &[ChunkedFile], position: usize) -> Range<u64> {
    let (before, rest) = files.split_at(position.min(files.len()));
    let start = chunk_list_size(before);
    start..start.saturating_add(rest.first().map_or(0, |file| file.in_list()))
}

/// Reads the digests of one file out of a list, and keeps those of some chunks.
#[derive(Debug)]
pub struct ChunkListReader {
    file: ChunkedFile,
    root: ChunkRootHasher,
    keep: Range<u64>,
    kept: Vec<Digest>,
    next: u64,
    /// The beginning of a digest whose end has not come yet.
    begun: Vec<u8>,
}

impl ChunkListReader {
    /// For the digests of this file, to keep those of these chunks.
    pub fn new(file: ChunkedFile, keep: Range<u64>) -> Self {
        let root = ChunkRootHasher::new(file.size);
        Self { file, root, keep, kept: Vec::new(), next: 0, begun: Vec::new() }
    }

    /// Takes the next bytes of the file's section.
    pub fn add(&mut self, bytes: &[u8]) {
        self.begun.extend_from_slice(bytes);
        let (digests, rest) = self.begun.as_chunks::<DIGEST>();
        for digest in digests {
            let digest = Digest::from_bytes(*digest);
            self.root.add(&digest);
            if self.keep.contains(&self.next) {
                self.kept.push(digest);
            }
            self.next = self.next.saturating_add(1);
        }
        self.begun = rest.to_vec();
    }

    /// The digests that were kept.
    ///
    /// # Errors
    /// [`ChunkListFault`]: nothing in the list is believed then.
    pub fn finish(self) -> Result<Vec<Digest>, ChunkListFault> {
        let (expected, found) = (chunk_count(self.file.size), self.next);
        if expected != found || !self.begun.is_empty() {
            let found = found.saturating_mul(DIGEST as u64).saturating_add(self.begun.len() as u64);
            return Err(ChunkListFault::Size { expected: self.file.in_list(), found });
        }
        let (expected, found) = (self.file.root, self.root.finish());
        match expected == found {
            true => Ok(self.kept),
            false => Err(ChunkListFault::Root { expected, found }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{CHUNK_SIZE, chunk_root};

    fn read(
        list: &[u8],
        files: &[ChunkedFile],
        position: usize,
        step: usize,
    ) -> Result<Vec<Digest>, ChunkListFault> {
        let section = chunk_list_section(files, position);
        let at = |offset: u64| usize::try_from(offset).expect("small").min(list.len());
        let mut reader = ChunkListReader::new(files[position], 0..u64::MAX);
        list[at(section.start)..at(section.end)].chunks(step).for_each(|bytes| reader.add(bytes));
        reader.finish()
    }

    #[test]
    fn a_list_is_believed_only_as_a_whole() {
        let digests: Vec<Digest> = (0..5u8).map(|at| Digest::of(&[at])).collect();
        let (one, two) = digests.split_at(2);
        let files = [(CHUNK_SIZE + 1, one), (3 * CHUNK_SIZE, two)]
            .map(|(size, digests)| ChunkedFile { size, root: chunk_root(size, digests) });
        let list = write_chunk_list([one, two]);
        assert_eq!(list.len() as u64, chunk_list_size(&files));
        for step in [1, 31, 32, 33, 1000] {
            assert_eq!(read(&list, &files, 0, step), Ok(one.to_vec()));
            assert_eq!(read(&list, &files, 1, step), Ok(two.to_vec()));
        }
        let mut reader = ChunkListReader::new(files[1], 1..2);
        reader.add(&list[CHUNK_LIST_HEAD.len() + 2 * DIGEST..]);
        assert_eq!(reader.finish(), Ok(vec![two[1]]));

        let short = &list[..list.len() - 1];
        assert!(matches!(read(short, &files, 1, 32), Err(ChunkListFault::Size { .. })));
        for at in CHUNK_LIST_HEAD.len()..list.len() {
            let mut changed = list.clone();
            changed[at] ^= 1;
            let position = usize::from(at >= CHUNK_LIST_HEAD.len() + 2 * DIGEST);
            assert!(matches!(read(&changed, &files, position, 64), Err(ChunkListFault::Root { .. })), "{at}");
        }
    }

    #[test]
    fn sizes_that_nobody_has_are_counted_without_overflow() {
        let huge = ChunkedFile { size: u64::MAX, root: Digest::of(b"") };
        let files = vec![huge; 1 << 16];
        assert_eq!(chunk_list_section(&files, files.len() - 1).end, chunk_list_size(&files));
    }
}
