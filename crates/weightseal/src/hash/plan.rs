//! How the bytes of a file become digests: one of the whole, one of each shard (OpenSSF Model Signing v1.0, section
//! 6.3), the chunk root (docs/spec/chunks.md), or two of these.

use std::num::NonZeroU64;

use sha256_mb::digest_many;

use super::FileDigest;
use crate::digest::{CHUNK_SIZE, ChunkRootHasher, ContentDigest, Digest, HashAlgorithm};

/// How a file is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Plan {
    /// The algorithm. Of chunks it is always SHA-256.
    pub algorithm: HashAlgorithm,
    /// What there is a digest of.
    pub cut: Cut,
    /// Whether the digests of the chunks are kept beside the root: 32 bytes for each MiB of the file.
    pub chunk_list: ChunkList,
}

/// Whether the digests of chunks are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ChunkList {
    /// The root alone is.
    #[default]
    Drop,
    /// They are.
    Keep,
}

/// What there is a digest of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Cut {
    /// The whole file.
    #[default]
    Whole,
    /// Each shard of so many bytes.
    Shards(NonZeroU64),
    /// The chunks, and the chunk root over them.
    Chunks,
    /// The whole file, and the chunks as well.
    WholeAndChunks,
}

impl Cut {
    /// Shards of this size; without one the whole file.
    pub fn by_shards(size: Option<NonZeroU64>) -> Self {
        size.map_or(Self::Whole, Self::Shards)
    }

    /// The size of its shards, if it has such.
    pub fn shard_size(self) -> Option<NonZeroU64> {
        match self {
            Self::Shards(size) => Some(size),
            Self::Whole | Self::Chunks | Self::WholeAndChunks => None,
        }
    }
}

/// What a file hashes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentDigests {
    /// That of the whole file alone, or those of its shards: an empty file has no shard. None if only chunks were asked for.
    pub digests: Vec<ContentDigest>,
    /// The chunks, if they were asked for.
    pub chunks: Option<Chunks>,
    /// How many bytes were hashed.
    pub size: u64,
}

impl ContentDigests {
    /// Of a file that nobody wants to have hashed.
    pub(super) fn none(size: u64) -> Self {
        Self { digests: Vec::new(), chunks: None, size }
    }

    /// The SHA-256 digest of the whole file, if it was asked for.
    pub fn file_digest(&self) -> Option<FileDigest> {
        Some(FileDigest { digest: self.whole()?.to_sha256()?, size: self.size })
    }

    /// That of the whole file.
    pub fn whole(&self) -> Option<ContentDigest> {
        self.digests.first().copied()
    }
}

/// The chunks of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunks {
    /// The chunk root.
    pub root: Digest,
    /// The digest of each chunk, in their order, if they were to be kept.
    pub digests: Option<Vec<Digest>>,
}

/// Takes the digests of chunks in their order.
#[derive(Debug)]
pub(super) struct ChunkCollector {
    root: ChunkRootHasher,
    digests: Option<Vec<Digest>>,
}

impl ChunkCollector {
    pub(super) fn new(size: u64, list: ChunkList) -> Self {
        let digests = (list == ChunkList::Keep).then(Vec::new);
        Self { root: ChunkRootHasher::new(size), digests }
    }

    pub(super) fn add(&mut self, digest: Digest) {
        self.root.add(&digest);
        self.digests.iter_mut().for_each(|digests| digests.push(digest));
    }

    pub(super) fn finish(self) -> Chunks {
        Chunks { root: self.root.finish(), digests: self.digests }
    }
}

/// The size of a chunk in memory, in bytes.
pub(super) const CHUNK: usize = 1024 * 1024;
const _: () = assert!(CHUNK as u64 == CHUNK_SIZE);

/// Chunks that are hashed side by side: as many as the widest kernel of [`sha256_mb`] takes.
pub(super) const CHUNKS: usize = 16;

/// The digests of chunks, side by side.
pub(super) fn digest_chunks(chunks: &[&[u8]]) -> impl Iterator<Item = Digest> {
    digest_many(chunks).into_iter().map(Digest::from_bytes)
}
