//! One message under way.

use std::fmt;

use crate::constants::INITIAL;
use crate::kernels;
use crate::schedule::Work;

/// The size of a block in bytes.
pub(crate) const BLOCK: usize = 64;

/// What the compression function takes at a time.
pub(crate) type Block = [u8; BLOCK];

/// The state between blocks.
pub(crate) type State = [u32; 8];

/// SHA-256 of one message that comes piece by piece.
///
/// ```
/// let mut hasher = sha256_mb::Sha256::new();
/// hasher.update(b"a");
/// hasher.update(b"bc");
/// assert_eq!(hasher.finish()[..4], [0xba, 0x78, 0x16, 0xbf]);
/// ```
#[derive(Clone)]
pub struct Sha256 {
    state: State,
    /// The last bytes, which do not make a block yet: `length % BLOCK` of them, then anything.
    tail: Block,
    /// How many bytes there were so far. FIPS 180-4 ends at 2^61 bytes, which nobody reaches.
    length: u64,
}

impl Sha256 {
    /// The hasher of the empty message.
    pub const fn new() -> Self {
        Self { state: INITIAL, tail: [0; BLOCK], length: 0 }
    }

    /// Adds bytes at the end of the message. For several messages at once, see [`update_many`](crate::update_many).
    pub fn update(&mut self, bytes: &[u8]) {
        let Work { state, blocks, then } = self.work(bytes);
        kernels::compress(state, blocks);
        kernels::compress(state, then);
        self.keep(bytes);
    }

    /// Ends the message and gives its digest.
    pub fn finish(self) -> [u8; 32] {
        let Self { mut state, tail, length } = self;
        kernels::compress(&mut state, Padding::new(&tail[..filled(length)], length).blocks());
        to_bytes(&state)
    }

    /// What to compress when these bytes are added: the tail, if they complete it, then the whole blocks after it. The
    /// caller compresses it, then calls [`keep`](Self::keep) with the same bytes.
    pub(crate) fn work<'a>(&'a mut self, bytes: &'a [u8]) -> Work<'a> {
        let filled = filled(self.length);
        let missing = BLOCK - filled;
        if filled == 0 {
            return Work { state: &mut self.state, blocks: bytes.as_chunks().0, then: &[] };
        }
        let Some((start, rest)) = bytes.split_at_checked(missing) else {
            return Work { state: &mut self.state, blocks: &[], then: &[] };
        };
        self.tail[filled..].copy_from_slice(start);
        Work { state: &mut self.state, blocks: std::slice::from_ref(&self.tail), then: rest.as_chunks().0 }
    }

    /// Keeps what [`work`](Self::work) left of these bytes, and counts all of them.
    pub(crate) fn keep(&mut self, bytes: &[u8]) {
        let before = filled(self.length);
        self.length += bytes.len() as u64;
        let after = filled(self.length);
        if before + bytes.len() < BLOCK {
            self.tail[before..after].copy_from_slice(bytes);
        } else {
            self.tail[..after].copy_from_slice(&bytes[bytes.len() - after..]);
        }
    }

    /// The state, and the last blocks.
    pub(crate) fn ending(&mut self) -> (&mut State, Padding) {
        let padding = Padding::new(&self.tail[..filled(self.length)], self.length);
        (&mut self.state, padding)
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows nothing of the message.
impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sha256").finish_non_exhaustive()
    }
}

/// The end of a message: its last bytes, a one, zeros, and the length in bits (FIPS 180-4, section 5.1.1).
pub(crate) struct Padding {
    blocks: [Block; 2],
    count: usize,
}

impl Padding {
    /// For a message of `length` bytes that ends in `tail`, which is shorter than a block.
    pub(crate) fn new(tail: &[u8], length: u64) -> Self {
        let mut blocks = [[0; BLOCK]; 2];
        let bytes = blocks.as_flattened_mut();
        bytes[..tail.len()].copy_from_slice(tail);
        bytes[tail.len()] = 0x80;
        // The one takes a byte and the length eight.
        let count = if tail.len() + 1 + 8 <= BLOCK { 1 } else { 2 };
        let end = count * BLOCK;
        bytes[end - 8..end].copy_from_slice(&(length << 3).to_be_bytes());
        Self { blocks, count }
    }

    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks[..self.count]
    }
}

/// The digest that is the state after the last block.
pub(crate) fn to_bytes(state: &State) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, word) in bytes.as_chunks_mut().0.iter_mut().zip(state) {
        *chunk = word.to_be_bytes();
    }
    bytes
}

/// How many bytes of the tail are in use after that many bytes.
fn filled(length: u64) -> usize {
    (length % BLOCK as u64) as usize
}
