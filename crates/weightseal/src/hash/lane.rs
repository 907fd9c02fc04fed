//! A lane: one part of one file, hashed block by block.

use blake3::hazmat::HasherExt as _;
use sha256_mb::{Input, Sha256};

use super::plan::ChunkCollector;
use super::{ChunkList, Chunks, Cut, Plan};
use crate::digest::{CHUNK_SIZE, ContentDigest, ContentHasher, Digest, HashAlgorithm};

/// What computes the digests of a part.
#[derive(Debug)]
pub(super) enum LaneHasher {
    /// Of a file, a shard or a chunk by SHA-256.
    Sha256(Sha256),
    /// Of a whole file and its chunks, of the very same blocks.
    Both(Box<Both>),
    /// Of a file or a shard by another algorithm.
    Other(ContentHasher),
    /// Of a piece of a file by BLAKE3, to be merged with its neighbours.
    Subtree(Box<blake3::Hasher>),
}

#[derive(Debug)]
pub(super) struct Both {
    whole: Sha256,
    chunk: Sha256,
    /// How many bytes of the chunk at hand were added.
    in_chunk: u64,
    chunks: ChunkCollector,
}

/// What came of a part.
#[derive(Debug)]
pub(super) enum PartDigest {
    Content(ContentDigest),
    Both(Digest, Chunks),
    Subtree(blake3::hazmat::ChainingValue),
}

impl LaneHasher {
    pub(super) fn new(plan: Plan, size: u64, offset: u64, is_subtree: bool) -> Self {
        match (plan.algorithm, plan.cut) {
            (HashAlgorithm::Sha256, Cut::WholeAndChunks) => {
                Self::Both(Box::new(Both::new(size, plan.chunk_list)))
            }
            (HashAlgorithm::Sha256, _) | (_, Cut::Chunks) => Self::Sha256(Sha256::new()),
            (HashAlgorithm::Blake3, _) if is_subtree => {
                let mut hasher = blake3::Hasher::new();
                hasher.set_input_offset(offset);
                Self::Subtree(Box::new(hasher))
            }
            (other, _) => Self::Other(ContentHasher::new(other)),
        }
    }

    /// Most bytes that may be added at once.
    pub(super) fn most(&self) -> u64 {
        match self {
            Self::Both(both) => both.left_in_chunk(),
            Self::Sha256(_) | Self::Other(_) | Self::Subtree(_) => u64::MAX,
        }
    }

    /// Whether another way of hashing can go on from here.
    pub(super) fn is_between_chunks(&self) -> bool {
        !matches!(self, Self::Both(both) if both.in_chunk > 0)
    }

    /// Adds a block: what SHA-256 is to be computed of joins the inputs, to be computed for all lanes at once.
    pub(super) fn absorb<'a>(&'a mut self, bytes: &'a [u8], inputs: &mut Vec<Input<'a>>) {
        match self {
            Self::Sha256(hasher) => inputs.push(Input { hasher, bytes }),
            Self::Both(both) => both.absorb(bytes, inputs),
            Self::Other(hasher) => hasher.update(bytes),
            Self::Subtree(hasher) => {
                hasher.update(bytes);
            }
        }
    }

    /// To be called once the inputs of a block were computed.
    pub(super) fn absorbed(&mut self) {
        if let Self::Both(both) = self {
            both.absorbed();
        }
    }

    /// The digest of what was added.
    pub(super) fn finish(self) -> PartDigest {
        match self {
            Self::Sha256(hasher) => PartDigest::Content(Digest::from_bytes(hasher.finish()).into()),
            Self::Both(both) => {
                let (whole, chunks) = both.finish();
                PartDigest::Both(whole, chunks)
            }
            Self::Other(hasher) => PartDigest::Content(hasher.finish()),
            Self::Subtree(hasher) => PartDigest::Subtree(hasher.finalize_non_root()),
        }
    }
}

impl Both {
    fn new(size: u64, list: ChunkList) -> Self {
        let (whole, chunk) = (Sha256::new(), Sha256::new());
        Self { whole, chunk, in_chunk: 0, chunks: ChunkCollector::new(size, list) }
    }

    /// What the whole file is hashed by, and what collects its chunks: between two chunks, others may go on with them.
    pub(super) fn parts(&mut self) -> (&mut Sha256, &mut ChunkCollector) {
        debug_assert_eq!(self.in_chunk, 0, "a chunk is under way");
        (&mut self.whole, &mut self.chunks)
    }

    /// Most bytes that may be added at once.
    fn left_in_chunk(&self) -> u64 {
        CHUNK_SIZE - self.in_chunk
    }

    fn absorb<'a>(&'a mut self, bytes: &'a [u8], inputs: &mut Vec<Input<'a>>) {
        self.in_chunk += bytes.len() as u64;
        inputs.push(Input { hasher: &mut self.whole, bytes });
        inputs.push(Input { hasher: &mut self.chunk, bytes });
    }

    fn absorbed(&mut self) {
        if self.in_chunk == CHUNK_SIZE {
            self.end_chunk();
        }
    }

    fn finish(mut self) -> (Digest, Chunks) {
        self.end_chunk();
        (Digest::from_bytes(self.whole.finish()), self.chunks.finish())
    }

    /// An empty chunk is none.
    fn end_chunk(&mut self) {
        if self.in_chunk > 0 {
            self.in_chunk = 0;
            let chunk = std::mem::take(&mut self.chunk);
            self.chunks.add(Digest::from_bytes(chunk.finish()));
        }
    }
}
