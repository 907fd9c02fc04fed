//! Hashing bytes as somebody writes them: the digest of the whole and the chunk root, without knowing how many there
//! will be.

use sha256_mb::update_many;

use super::lane::Both;
use super::{ChunkList, Chunks, FileDigest};
use crate::digest::{Digest, chunk_root};

/// Bytes that are copied at once: half of a first-level cache.
const NEAR: usize = 16 * 1024;

/// Computes the digest of a whole file and its chunk root, piece by piece.
#[derive(Debug)]
pub struct StreamHasher {
    both: Box<Both>,
    near: Box<[u8]>,
    size: u64,
}

impl StreamHasher {
    /// Starts with no bytes.
    #[expect(clippy::new_without_default, reason = "a hasher is started, not defaulted")]
    pub fn new() -> Self {
        // The size is part of the root, and not known before the end: the root is computed then, of all chunks.
        let both = Box::new(Both::new(0, ChunkList::Keep));
        Self { both, near: vec![0; NEAR].into_boxed_slice(), size: 0 }
    }

    /// Adds bytes that another core has just written, by way of a copy in this core's cache: copying runs far ahead of
    /// where it is, while hashing waits at each page of the other cache.
    pub fn update(&mut self, bytes: &[u8]) {
        let mut left = bytes;
        while !left.is_empty() {
            let most = usize::try_from(self.both.left_in_chunk()).unwrap_or(NEAR).min(NEAR);
            let (now, later) = left.split_at(left.len().min(most));
            let here = &mut self.near[..now.len()];
            here.copy_from_slice(now);
            let mut inputs = Vec::with_capacity(2);
            self.both.absorb(here, &mut inputs);
            update_many(&mut inputs);
            self.both.absorbed();
            self.size += now.len() as u64;
            left = later;
        }
    }

    /// The digest of everything added, and its chunks.
    pub fn finish(self) -> (FileDigest, Chunks) {
        let size = self.size;
        let (digest, chunks): (Digest, Chunks) = self.both.finish();
        let digests = chunks.digests.unwrap_or_default();
        let root = chunk_root(size, &digests);
        (FileDigest { digest, size }, Chunks { root, digests: Some(digests) })
    }
}
