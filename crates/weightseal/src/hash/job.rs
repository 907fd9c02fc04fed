//! One file that is being hashed: which parts of it are still to be done, and what came of the others.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what is read fits the block that was asked for it: else a panic, and no verdict"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use blake3::hazmat::{ChainingValue, Mode, merge_subtrees_non_root, merge_subtrees_root};

use super::lane::{LaneHasher, PartDigest};
use super::plan::{ChunkCollector, Chunks};
use super::{ContentDigests, Cut, HashError, Hashed, Plan, Reading, Sink};
use crate::digest::{CHUNK_SIZE, ContentDigest, HashAlgorithm};
use crate::file::{DIRECT_ALIGNMENT, FileError, OpenedFile};

/// Bytes of a file by BLAKE3 that are hashed apart: a subtree, whose size has to be a power of two.
const SUBTREE: u64 = 1024 * 1024;

/// A file that is being hashed.
#[derive(Debug)]
pub(super) struct Job<C> {
    pub(super) at: usize,
    file: OpenedFile,
    /// Written to by all lanes at once, and taken away at the end.
    copy: RwLock<Option<C>>,
    plan: Plan,
    part_size: u64,
    parts: u64,
    /// Whether it is read past the page cache.
    direct: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The next part to be begun.
    next: u64,
    /// How many were begun and are not done.
    under_way: usize,
    error: Option<HashError>,
    done: Collected,
}

/// What came of the parts, in their order.
#[derive(Debug, Default)]
struct Collected {
    next: u64,
    /// Parts that were done before one in front of them.
    early: BTreeMap<u64, PartDigest>,
    digests: Vec<ContentDigest>,
    chunks: Option<ChunkCollector>,
    both: Option<Chunks>,
    subtrees: Vec<ChainingValue>,
}

/// A part that is being hashed.
#[derive(Debug)]
pub(super) struct Lane<C> {
    pub(super) job: Arc<Job<C>>,
    pub(super) hasher: LaneHasher,
    /// Where the next block begins.
    pub(super) offset: u64,
    /// Where the part ends.
    pub(super) end: u64,
    part: u64,
}

impl<C: Sink> Job<C> {
    pub(super) fn new(at: usize, file: OpenedFile, copy: Option<C>, plan: Plan, reading: Reading) -> Self {
        let size = file.size();
        let (part_size, parts) = match (plan.cut, plan.algorithm) {
            (Cut::Whole, HashAlgorithm::Blake3) if size > SUBTREE => (SUBTREE, size.div_ceil(SUBTREE)),
            // An empty file has a digest as well.
            (Cut::Whole | Cut::WholeAndChunks, _) => (size, 1),
            (Cut::Shards(shard), _) => (shard.get(), size.div_ceil(shard.get())),
            (Cut::Chunks, _) => (CHUNK_SIZE, size.div_ceil(CHUNK_SIZE)),
        };
        let chunks = (plan.cut == Cut::Chunks).then(|| ChunkCollector::new(size, plan.chunk_list));
        let done = Collected { chunks, ..Collected::default() };
        let state = Mutex::new(State { next: 0, under_way: 0, error: None, done });
        // Where the file system cannot, or a part begins where it cannot, it is read as always.
        let aligned = parts == 1 || part_size.is_multiple_of(DIRECT_ALIGNMENT as u64);
        let direct = reading == Reading::Direct && aligned && parts > 0 && file.read_directly();
        Self { at, file, copy: RwLock::new(copy), plan, part_size, parts, direct, state }
    }

    /// How many parts it has.
    pub(super) fn parts(&self) -> u64 {
        self.parts
    }

    /// Whether several lanes side by side are faster than one after the other.
    pub(super) fn gains_by_lanes(&self) -> bool {
        self.plan.algorithm == HashAlgorithm::Sha256
    }

    /// The next part, if there is one.
    pub(super) fn begin_part(self: &Arc<Self>) -> Option<Lane<C>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.next == self.parts {
            return None;
        }
        let part = state.next;
        state.next += 1;
        state.under_way += 1;
        drop(state);
        let offset = part * self.part_size;
        let end = offset.saturating_add(self.part_size).min(self.file.size());
        let is_subtree = self.plan.cut == Cut::Whole && self.parts > 1;
        let hasher = LaneHasher::new(self.plan, self.file.size(), offset, is_subtree);
        if self.parts > 1 && !self.direct {
            self.file.will_need(offset..end);
        }
        Some(Lane { job: Arc::clone(self), hasher, offset, end, part })
    }

    /// Takes what came of a part. Whether it was the last one.
    fn end_part(&self, part: u64, result: Result<PartDigest, HashError>) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.under_way -= 1;
        match result {
            Ok(digest) => state.done.put(part, digest),
            Err(error) => {
                state.error.get_or_insert(error);
                // Nothing of it is begun any more, also once the error was taken away.
                state.next = self.parts;
            }
        }
        state.under_way == 0 && state.next == self.parts
    }

    /// Reads the `count` bytes from `offset` on. Where the file has to end behind them, it is seen to: a file that has grown
    /// or shrunk since it was opened is not the one that was opened.
    fn read(&self, block: &mut [u8], offset: u64, count: usize) -> Result<(), HashError> {
        let ask = match (offset + count as u64 == self.file.size(), self.direct) {
            (false, _) => count,
            (true, false) => count + 1,
            (true, true) => (count + 1).next_multiple_of(DIRECT_ALIGNMENT),
        };
        let mut filled = 0;
        loop {
            let more = self.file.read_at(&mut block[filled..ask], offset + filled as u64)?;
            filled += more;
            let is_early_end = more == 0 || (self.direct && !filled.is_multiple_of(DIRECT_ALIGNMENT));
            if filled > count || (filled < count && is_early_end) {
                return Err(self.file.changed().into());
            }
            if filled == count {
                return Ok(());
            }
        }
    }

    /// Writes what was read to the copy, if there is one.
    fn copy(&self, bytes: &[u8], offset: u64) -> Result<(), HashError> {
        match &*self.copy.read().unwrap_or_else(PoisonError::into_inner) {
            Some(copy) => Ok(copy.write_at(bytes, offset)?),
            None => Ok(()),
        }
    }

    /// What came of all parts. To be called once, when none is left.
    pub(super) fn conclude(&self) -> Result<Hashed<C>, HashError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = state.error.take() {
            return Err(error);
        }
        // Else the rest of the file would pass without what is missing.
        assert_eq!(state.done.next, self.parts, "each part is done once");
        if self.parts == 0 {
            // Nobody has read from it yet: it only says that it is empty.
            self.read(&mut [0], 0, 0)?;
        }
        let mut copy = self.copy.write().unwrap_or_else(PoisonError::into_inner).take();
        let size = self.file.size();
        let source_changed = match (self.file.ensure_unchanged(size), &copy) {
            (Ok(()), _) => false,
            // What was hashed is in the copy, whatever became of the file.
            (Err(FileError::Changed { .. }), Some(_)) => true,
            (Err(error), _) => return Err(error.into()),
        };
        if let Some(copy) = &mut copy {
            copy.complete()?;
        }
        let digests = std::mem::take(&mut state.done).finish(size);
        Ok(Hashed { digests, source_changed, hard_linked: self.file.is_hard_linked(), copy })
    }
}

impl<C: Sink> Lane<C> {
    /// Reads the next block, of `most` bytes at most, and copies it where it is to be copied to. There has to be room for
    /// what direct reading reads besides.
    pub(super) fn read<'a>(&self, block: &'a mut [u8], most: usize) -> Result<&'a [u8], HashError> {
        let most = usize::try_from(self.hasher.most()).unwrap_or(most).min(most);
        let count = self.reader().read(block, most)?;
        Ok(&block[..count])
    }

    /// Reads what is left of the part.
    pub(super) fn reader(&self) -> Reader<C> {
        Reader { job: Arc::clone(&self.job), offset: self.offset, end: self.end }
    }

    /// Ends the part. The job comes back if it was its last one.
    pub(super) fn finish(self) -> Option<Arc<Job<C>>> {
        let digest = self.hasher.finish();
        let is_last = self.job.end_part(self.part, Ok(digest));
        is_last.then_some(self.job)
    }

    /// Gives up.
    pub(super) fn fail(self, error: HashError) -> Option<Arc<Job<C>>> {
        let is_last = self.job.end_part(self.part, Err(error));
        is_last.then_some(self.job)
    }
}

/// Reads a part block by block, and copies each where it is to be copied to.
pub(super) struct Reader<C> {
    job: Arc<Job<C>>,
    offset: u64,
    end: u64,
}

impl<C: Sink> Reader<C> {
    /// Whether the end of the part is reached.
    pub(super) fn is_done(&self) -> bool {
        self.offset == self.end
    }

    /// Reads the next block, of `most` bytes at most, and says how many there were.
    pub(super) fn read(&mut self, block: &mut [u8], most: usize) -> Result<usize, HashError> {
        let count = usize::try_from(self.end - self.offset).unwrap_or(most).min(most);
        self.job.read(block, self.offset, count)?;
        self.job.copy(&block[..count], self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}

impl Collected {
    fn put(&mut self, part: u64, digest: PartDigest) {
        if part != self.next {
            self.early.insert(part, digest);
            return;
        }
        self.append(digest);
        while let Some(digest) = self.early.remove(&self.next) {
            self.append(digest);
        }
    }

    fn append(&mut self, digest: PartDigest) {
        self.next += 1;
        match (digest, &mut self.chunks) {
            (PartDigest::Content(digest), Some(chunks)) => {
                // Chunks are hashed by SHA-256 only (`LaneHasher::new`).
                chunks.add(digest.to_sha256().expect("a SHA-256 digest"));
            }
            (PartDigest::Content(digest), None) => self.digests.push(digest),
            (PartDigest::Both(whole, chunks), _) => {
                self.digests.push(whole.into());
                self.both = Some(chunks);
            }
            (PartDigest::Subtree(subtree), _) => self.subtrees.push(subtree),
        }
    }

    fn finish(self, size: u64) -> ContentDigests {
        let mut digests = self.digests;
        if !self.subtrees.is_empty() {
            digests.push(merge(&self.subtrees));
        }
        ContentDigests { digests, chunks: self.chunks.map(ChunkCollector::finish).or(self.both), size }
    }
}

/// The BLAKE3 digest of a file out of at least two subtrees, all of the same size but for the last one.
fn merge(subtrees: &[ChainingValue]) -> ContentDigest {
    let (left, right) = subtrees.split_at(left_count(subtrees.len()));
    let root = merge_subtrees_root(&chain(left), &chain(right), Mode::Hash);
    ContentDigest::from_bytes(HashAlgorithm::Blake3, root.as_bytes()).expect("BLAKE3 digests have 32 bytes")
}

fn chain(subtrees: &[ChainingValue]) -> ChainingValue {
    match subtrees {
        [only] => *only,
        several => {
            let (left, right) = several.split_at(left_count(several.len()));
            merge_subtrees_non_root(&chain(left), &chain(right), Mode::Hash)
        }
    }
}

/// The left side of at least two subtrees of a BLAKE3 tree is the largest full one that leaves something for the right.
fn left_count(count: usize) -> usize {
    count.next_power_of_two() / 2
}
