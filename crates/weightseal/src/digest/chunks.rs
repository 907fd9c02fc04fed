//! The chunk root (docs/spec/chunks.md): one digest over the digests of a file's chunks, so that all cores can hash one
//! file at once.

use super::{Digest, Hasher};

/// The size of a chunk in bytes; the last one of a file may be smaller.
pub const CHUNK_SIZE: u64 = 1_048_576;

/// The size in bytes from which on a signature states the chunk root of a file: below, one core is fast enough.
pub const CHUNKED_FROM: u64 = 16 * CHUNK_SIZE;

/// What no other text begins with that is hashed here.
const DOMAIN: &[u8; 24] = b"weightseal-chunk-root-v1";

/// How many chunks a file of `size` bytes has.
pub fn chunk_count(size: u64) -> u64 {
    size.div_ceil(CHUNK_SIZE)
}

/// Computes a chunk root out of the digests of the chunks, in their order.
#[derive(Clone, Debug)]
pub struct ChunkRootHasher(Hasher);

impl ChunkRootHasher {
    /// Starts, for a file of `size` bytes.
    pub fn new(size: u64) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(DOMAIN);
        hasher.update(&CHUNK_SIZE.to_be_bytes());
        hasher.update(&size.to_be_bytes());
        Self(hasher)
    }

    /// Adds the digest of the next chunk.
    pub fn add(&mut self, chunk: &Digest) {
        self.0.update(chunk.as_bytes());
    }

    /// The root of all that was added.
    pub fn finish(self) -> Digest {
        self.0.finish()
    }
}

/// The chunk root of a file of `size` bytes whose chunks have these digests.
pub fn chunk_root<'a>(size: u64, chunks: impl IntoIterator<Item = &'a Digest>) -> Digest {
    let mut root = ChunkRootHasher::new(size);
    chunks.into_iter().for_each(|chunk| root.add(chunk));
    root.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_digest_of_domain_sizes_and_chunks() {
        let (one, two) = (Digest::of(b"one"), Digest::of(b"two"));
        let mut text = DOMAIN.to_vec();
        text.extend([0, 0, 0, 0, 0, 0x10, 0, 0]);
        text.extend([0, 0, 0, 0, 0, 0x10, 0, 1]);
        text.extend(one.as_bytes().iter().chain(two.as_bytes()));
        assert_eq!(chunk_root(1_048_577, [&one, &two]), Digest::of(&text));
        assert_eq!(
            chunk_root(0, []),
            Digest::of(&[&DOMAIN[..], &[0, 0, 0, 0, 0, 0x10, 0, 0], &[0; 8]].concat())
        );
        let counts = [0, 1, CHUNK_SIZE, CHUNK_SIZE + 1, u64::MAX].map(chunk_count);
        assert_eq!(counts, [0, 1, 1, 2, 1 << 44]);
    }
}
