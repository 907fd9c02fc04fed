//! Hashing what somebody writes, piece by piece, without knowing how much there will be.

use sha256_mb::Sha256;

use super::plan::{CHUNK, CHUNKS, digest_chunks};
use super::{Chunks, FileDigest};
use crate::digest::{Digest, chunk_root};

/// Computes the digest of a whole file, piece by piece. What another core has just written is hashed at full speed.
#[derive(Clone, Debug)]
pub struct FileStream {
    hasher: Sha256,
    size: u64,
}

impl FileStream {
    /// Starts with no bytes.
    #[expect(clippy::new_without_default, reason = "a hasher is started, not defaulted")]
    pub fn new() -> Self {
        Self { hasher: Sha256::new(), size: 0 }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// The digest of everything added.
    pub fn finish(self) -> FileDigest {
        FileDigest { digest: Digest::from_bytes(self.hasher.finish()), size: self.size }
    }
}

/// Computes the chunk root of a file, piece by piece. Takes 16 MiB of memory.
#[derive(Debug)]
pub struct ChunkStream {
    /// Bytes that are not hashed yet.
    waiting: Vec<u8>,
    digests: Vec<Digest>,
    size: u64,
}

impl ChunkStream {
    /// Starts with no bytes.
    #[expect(clippy::new_without_default, reason = "a hasher is started, not defaulted")]
    pub fn new() -> Self {
        Self { waiting: Vec::new(), digests: Vec::new(), size: 0 }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let mut left = bytes;
        while !left.is_empty() {
            let room = CHUNKS * CHUNK - self.waiting.len();
            let (now, later) = left.split_at(left.len().min(room));
            self.waiting.extend_from_slice(now);
            self.size += now.len() as u64;
            left = later;
            if self.waiting.len() == CHUNKS * CHUNK {
                self.hash();
            }
        }
    }

    /// The chunks of everything added, with their digests.
    pub fn finish(mut self) -> Chunks {
        self.hash();
        // The size is part of the root, and was not known before.
        let root = chunk_root(self.size, &self.digests);
        Chunks { root, digests: Some(self.digests) }
    }

    fn hash(&mut self) {
        let chunks: Vec<&[u8]> = self.waiting.chunks(CHUNK).collect();
        self.digests.extend(digest_chunks(&chunks));
        self.waiting.clear();
    }
}
