//! Where the bytes lie while they are hashed: memory of one thread, small enough for the second-level cache.

use crate::file::DIRECT_ALIGNMENT;

/// How the lanes of one thread share its memory.
#[derive(Debug)]
pub(super) struct Stage {
    bytes: Vec<u8>,
    /// Where the first block begins: addresses of direct reading are aligned.
    start: usize,
    /// How many bytes there are in all blocks.
    size: usize,
}

/// Between the blocks of two lanes. Blocks at equal places of the cache's ways would push each other out, and a block
/// needs room for one byte more than asked for, by which a file is seen to have grown.
const GAP: usize = DIRECT_ALIGNMENT + 320;

impl Stage {
    pub(super) fn new(size: usize, lanes: usize) -> Self {
        // Direct reading needs gaps that are aligned; these are two of them at most.
        let bytes = vec![0; size + (lanes + 1) * 2 * DIRECT_ALIGNMENT];
        let start = bytes.as_ptr().align_offset(DIRECT_ALIGNMENT);
        Self { bytes, start, size }
    }

    /// As many blocks of equal size, and that size: what may be asked for in one of them. A power of two, so that no block
    /// lies across the end of a chunk.
    #[expect(
        clippy::indexing_slicing,
        reason = "the start lies within one alignment, for which there is room"
    )]
    pub(super) fn blocks(&mut self, count: usize, most: usize, aligned: Alignment) -> (usize, Blocks<'_>) {
        let fair = (self.size / count.max(1)).max(DIRECT_ALIGNMENT);
        let size = (1 << fair.ilog2()).min(most);
        let gap = match aligned {
            Alignment::Any => GAP,
            Alignment::Direct => DIRECT_ALIGNMENT,
        };
        (size, self.bytes[self.start..].chunks_mut(size + gap))
    }
}

pub(super) type Blocks<'a> = std::slice::ChunksMut<'a, u8>;

/// What the addresses of blocks are multiples of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alignment {
    /// Nothing.
    Any,
    /// [`DIRECT_ALIGNMENT`].
    Direct,
}
