//! One long text on two threads: one reads ahead, and copies where it is to be copied; the other hashes the very bytes
//! that were read, out of the same blocks. Where chunks are wanted too, the first one hashes those.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "blocks are numbered as they are made, and nothing reads more than their length"
)]

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Builder;

use super::job::{Lane, Reader};
use super::lane::LaneHasher;
use super::plan::{CHUNK, CHUNKS, ChunkCollector, digest_chunks};
use super::{HashError, Observer, Sink};
use crate::file::DIRECT_ALIGNMENT;

/// The size of a block in bytes, which is that of a chunk: waking the other thread costs more than the caches gain by
/// smaller ones.
const BLOCK: usize = CHUNK;

/// Blocks under way between the two threads.
const BLOCKS: usize = 4;

/// Blocks under way where chunks are hashed too: what the one thread hashes, and what the other needs meanwhile.
const BLOCKS_WITH_CHUNKS: usize = CHUNKS + 6;

/// Blocks of all that read ahead together: memory has to stay small, however many cores there are.
pub(super) const MOST_BLOCKS: usize = BLOCKS_WITH_CHUNKS;

/// How many blocks reading ahead for this lane takes.
pub(super) fn blocks_for<C>(lane: &Lane<C>) -> usize {
    match lane.hasher {
        LaneHasher::Both(_) => BLOCKS_WITH_CHUNKS,
        LaneHasher::Sha256(_) | LaneHasher::Other(_) | LaneHasher::Subtree(_) => BLOCKS,
    }
}

/// Hashes what is left of a lane, which then is at its end. `None`: no thread can be started, and the lane is as it was.
pub(super) fn hash_rest<C: Sink>(
    lane: &mut Lane<C>,
    observer: &dyn Observer,
) -> Option<Result<(), HashError>> {
    let reader = lane.reader();
    let result = match &mut lane.hasher {
        LaneHasher::Sha256(hasher) => both(reader, None, observer, &mut |bytes| hasher.update(bytes)),
        LaneHasher::Both(of_both) => {
            let (whole, chunks) = of_both.parts();
            both(reader, Some(chunks), observer, &mut |bytes| whole.update(bytes))
        }
        LaneHasher::Other(hasher) => both(reader, None, observer, &mut |bytes| hasher.update(bytes)),
        LaneHasher::Subtree(hasher) => both(reader, None, observer, &mut |bytes| {
            hasher.update(bytes);
        }),
    };
    if result.is_some() {
        lane.offset = lane.end;
    }
    result
}

/// Runs the two threads; `None` if there cannot be two. The chunks, if they are wanted, begin where the reader is.
fn both<C: Sink>(
    mut reader: Reader<C>,
    chunks: Option<&mut ChunkCollector>,
    observer: &dyn Observer,
    hash: &mut dyn FnMut(&[u8]),
) -> Option<Result<(), HashError>> {
    std::thread::scope(|scope| {
        let count = if chunks.is_some() { BLOCKS_WITH_CHUNKS } else { BLOCKS };
        let (full_sender, full) = sync_channel::<(Arc<Block>, usize)>(count);
        let (done_sender, done) = sync_channel::<()>(count);
        let read = move || {
            let ring = Ring { blocks: Vec::new(), most: count, next: 0, full: full_sender, done };
            ring.fill(&mut reader, chunks, observer)
        };
        let reading = Builder::new().spawn_scoped(scope, read).ok()?;
        let mut cancelled = false;
        for (block, count) in full {
            // What is under way is taken, but not hashed any more.
            cancelled = cancelled || observer.cancelled();
            if !cancelled {
                hash(&block.bytes()[..count]);
                observer.advanced(count as u64);
            }
            drop(block);
            // Where there is no room for it, enough is there to wake the reader. It may also be done with reading.
            let _ = done_sender.try_send(());
        }
        drop(done_sender);
        let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // The reader may have been done before.
        Some(if cancelled { Err(HashError::Cancelled) } else { read })
    })
}

/// The reader's blocks, one after the other. A block is filled again once both threads are done with it.
struct Ring {
    blocks: Vec<Arc<Block>>,
    most: usize,
    next: usize,
    full: SyncSender<(Arc<Block>, usize)>,
    /// Says that the other thread is done with a block.
    done: Receiver<()>,
}

impl Ring {
    fn fill<C: Sink>(
        mut self,
        reader: &mut Reader<C>,
        mut chunks: Option<&mut ChunkCollector>,
        observer: &dyn Observer,
    ) -> Result<(), HashError> {
        // Blocks whose chunks are still to be hashed: where they are, and how many bytes they have.
        let mut waiting: Vec<(usize, usize)> = Vec::new();
        while !reader.is_done() {
            if observer.cancelled() {
                return Err(HashError::Cancelled);
            }
            let at = self.next;
            if self.blocks.len() < self.most {
                self.blocks.push(Arc::new(Block::new()));
            }
            while Arc::get_mut(&mut self.blocks[at]).is_none() {
                // Nobody is done any more only when the other thread panicked, which its end brings out.
                if self.done.recv().is_err() {
                    return Ok(());
                }
            }
            let block = Arc::get_mut(&mut self.blocks[at]).expect("nobody else has it");
            let count = reader.read(block.bytes_mut(), BLOCK)?;
            if self.full.send((Arc::clone(&self.blocks[at]), count)).is_err() {
                return Ok(());
            }
            self.next = (at + 1) % self.most;
            if let Some(chunks) = &mut chunks {
                waiting.push((at, count));
                if waiting.len() == CHUNKS {
                    self.hash_chunks(&mut waiting, chunks);
                }
            }
        }
        if let Some(chunks) = chunks {
            self.hash_chunks(&mut waiting, chunks);
        }
        Ok(())
    }

    fn hash_chunks(&self, waiting: &mut Vec<(usize, usize)>, chunks: &mut ChunkCollector) {
        let bytes: Vec<&[u8]> =
            waiting.iter().map(|(at, count)| &self.blocks[*at].bytes()[..*count]).collect();
        digest_chunks(&bytes).for_each(|digest| chunks.add(digest));
        waiting.clear();
    }
}

/// A block at an address for direct reading, with room for what is read besides.
struct Block {
    bytes: Vec<u8>,
    start: usize,
}

impl Block {
    fn new() -> Self {
        let bytes = vec![0; BLOCK + 2 * DIRECT_ALIGNMENT];
        let start = bytes.as_ptr().align_offset(DIRECT_ALIGNMENT);
        Self { bytes, start }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..]
    }
}
