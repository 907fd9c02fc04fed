//! Hashing against the plainest implementation there is: one file after the other, one hasher, all bytes in memory.

use std::convert::Infallible;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use weightseal::digest::{CHUNK_SIZE, ContentDigest, ContentHasher, Digest, HashAlgorithm, chunk_root};
use weightseal::file::{FileError, Links, OpenedFile, Staged};
use weightseal::hash::{
    ChunkList, ChunkStream, Chunks, ContentDigests, Cut, Engine, HashError, Hashed, Observer, Plan, Reading,
    Sink, Source, hash_all, hash_and_copy, hash_file, hash_files, hash_opened, hash_range, hash_reader,
    read_listed_range,
};

const MIB: usize = 1024 * 1024;

/// Sizes at which something ends or begins: blocks, stages, chunks, subtrees, reading ahead.
const SIZES: [usize; 16] = [
    0,
    1,
    63,
    64,
    4096,
    32 * 1024 - 1,
    32 * 1024 + 1,
    256 * 1024,
    512 * 1024 + 7,
    MIB - 1,
    MIB,
    MIB + 1,
    4 * MIB - 1,
    4 * MIB + 1,
    7 * MIB,
    19 * MIB + 12_345,
];

fn bytes(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

fn written(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("written");
    path
}

fn opened(path: &Path) -> OpenedFile {
    OpenedFile::open(path, Links::Refuse).expect("opened")
}

fn digest(algorithm: HashAlgorithm, bytes: &[u8]) -> ContentDigest {
    let mut hasher = ContentHasher::new(algorithm);
    hasher.update(bytes);
    hasher.finish()
}

/// What a plan says, done plainly.
fn expected(plan: Plan, bytes: &[u8]) -> ContentDigests {
    let digests = match plan.cut {
        Cut::Whole | Cut::WholeAndChunks => vec![digest(plan.algorithm, bytes)],
        Cut::Shards(size) => bytes
            .chunks(usize::try_from(size.get()).expect("small"))
            .map(|shard| digest(plan.algorithm, shard))
            .collect(),
        Cut::Chunks => Vec::new(),
    };
    let of_chunks = || {
        let list: Vec<Digest> = bytes.chunks(MIB).map(Digest::of).collect();
        let root = chunk_root(bytes.len() as u64, &list);
        Chunks { root, digests: (plan.chunk_list == ChunkList::Keep).then_some(list) }
    };
    let chunks = matches!(plan.cut, Cut::Chunks | Cut::WholeAndChunks).then(of_chunks);
    ContentDigests { digests, chunks, size: bytes.len() as u64 }
}

fn plans() -> Vec<Plan> {
    let shards = |size| Cut::Shards(NonZeroU64::new(size).expect("not zero"));
    let mut plans = Vec::new();
    for algorithm in HashAlgorithm::ALL {
        for cut in [Cut::Whole, shards(1_000_000), shards(65_536)] {
            plans.push(Plan { algorithm, cut, ..Plan::default() });
        }
    }
    for chunk_list in [ChunkList::Drop, ChunkList::Keep] {
        for cut in [Cut::Chunks, Cut::WholeAndChunks] {
            plans.push(Plan { cut, chunk_list, ..Plan::default() });
        }
    }
    plans
}

fn engines() -> Vec<Engine> {
    let engine = |threads, reading| Engine { threads: NonZeroUsize::new(threads), reading };
    vec![
        Engine::default(),
        engine(1, Reading::Cached),
        engine(3, Reading::Cached),
        engine(7, Reading::Cached),
        engine(2, Reading::Direct),
    ]
}

#[test]
fn every_plan_of_every_size_on_every_engine_is_what_it_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let contents: Vec<Vec<u8>> = SIZES.iter().zip(0..).map(|(size, seed)| bytes(*size, seed)).collect();
    let paths: Vec<PathBuf> = contents
        .iter()
        .enumerate()
        .map(|(at, content)| written(folder.path(), &format!("f{at}"), content))
        .collect();
    for plan in plans() {
        let expected: Vec<_> = contents.iter().map(|content| expected(plan, content)).collect();
        for engine in engines() {
            // All at once, so that lanes of many sizes lie side by side, and the largest is left alone at the end.
            let found = hash_files(&paths, Links::Refuse, &|_| plan, engine, &());
            for (at, found) in found.into_iter().enumerate() {
                let found = found.expect("hashed");
                assert_eq!(found.digests, expected[at], "{} bytes, {plan:?}, {engine:?}", SIZES[at]);
                assert!(!found.source_changed && !found.hard_linked);
            }
        }
        let (last, path) = (expected.last().expect("some"), paths.last().expect("some"));
        for engine in engines() {
            let alone = hash_opened(opened(path), plan, engine, &()).expect("hashed");
            assert_eq!(alone.digests, *last, "alone, {plan:?}, {engine:?}");
        }
    }
}

/// Keeps what it is given, and where.
#[derive(Debug, Default)]
struct Memory(Mutex<(Vec<u8>, u32)>);

impl Sink for Memory {
    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<(), FileError> {
        let mut memory = self.0.lock().expect("no panic");
        let start = usize::try_from(offset).expect("small");
        if memory.0.len() < start + bytes.len() {
            memory.0.resize(start + bytes.len(), 0);
        }
        memory.0[start..start + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn complete(&mut self) -> Result<(), FileError> {
        self.0.get_mut().expect("no panic").1 += 1;
        Ok(())
    }
}

#[test]
fn a_copy_has_the_bytes_that_were_hashed() {
    let folder = tempfile::tempdir().expect("a folder");
    for size in [0, 1, 300_000, 5 * MIB + 1, 19 * MIB + 3] {
        let content = bytes(size, 77);
        let path = written(folder.path(), "m", &content);
        for plan in plans() {
            for engine in engines() {
                let copy = Some(Memory::default());
                let hashed = hash_and_copy(opened(&path), copy, plan, engine, &()).expect("hashed");
                assert_eq!(hashed.digests, expected(plan, &content));
                let (copied, completed) = hashed.copy.expect("a copy").0.into_inner().expect("no panic");
                assert!(copied == content && completed == 1, "{size} bytes, {plan:?}, {engine:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn many_files_of_any_size(sizes in proptest::collection::vec(0..3 * MIB, 0..60), threads in 1..5usize, which in 0..13usize) {
        let folder = tempfile::tempdir().expect("a folder");
        let plan = plans()[which];
        let engine = Engine { threads: NonZeroUsize::new(threads), ..Engine::default() };
        let contents: Vec<Vec<u8>> = sizes.iter().zip(9..).map(|(size, seed)| bytes(*size / 7, seed)).collect();
        let paths: Vec<PathBuf> = contents
            .iter()
            .enumerate()
            .map(|(at, content)| written(folder.path(), &format!("f{at}"), content))
            .collect();
        for (content, found) in contents.iter().zip(hash_files(&paths, Links::Refuse, &|_| plan, engine, &())) {
            prop_assert_eq!(found.expect("hashed").digests, expected(plan, content));
        }
    }

    #[test]
    fn a_stream_in_any_pieces(size in 0..40 * MIB, cuts in proptest::collection::vec(1..700_000usize, 1..20)) {
        let content = bytes(size, 5);
        let mut hasher = ChunkStream::new();
        let (mut left, mut cuts) = (&content[..], cuts.into_iter().cycle());
        while !left.is_empty() {
            let (now, later) = left.split_at(left.len().min(cuts.next().expect("endless")));
            hasher.update(now);
            left = later;
        }
        let plan = Plan { cut: Cut::WholeAndChunks, chunk_list: ChunkList::Keep, ..Plan::default() };
        prop_assert_eq!(Some(hasher.finish()), expected(plan, &content).chunks);
        let whole = hash_reader(&content[..], &()).expect("hashed").digest;
        prop_assert_eq!(Some(whole.into()), expected(plan, &content).whole());
    }

    #[test]
    fn a_range_is_handed_out_only_as_listed(size in 1..5 * MIB, ends in (any::<u64>(), any::<u64>()), flip in any::<u64>()) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut content = bytes(size, 6);
        let list: Vec<Digest> = content.chunks(MIB).map(Digest::of).collect();
        let length = size as u64;
        let (one, two) = (ends.0 % length, ends.1 % length);
        let range = one.min(two)..one.max(two) + 1;
        let at = usize::try_from(flip % length).expect("small");
        let read = |content: &[u8]| {
            let file = opened(&written(folder.path(), "m", content));
            let mut taken = Vec::new();
            let mut take = |bytes: &[u8]| { taken.extend_from_slice(bytes); Ok(()) };
            let touched = usize::try_from(range.start / CHUNK_SIZE).expect("small")
                ..usize::try_from(range.end.div_ceil(CHUNK_SIZE)).expect("small");
            let list = &list[touched];
            let mismatches = read_listed_range(&file, length, range.clone(), list, &(), &mut take).expect("read");
            (mismatches, taken)
        };
        let (mismatches, taken) = read(&content);
        let slice = usize::try_from(range.start).expect("small")..usize::try_from(range.end).expect("small");
        prop_assert!(mismatches.is_empty() && taken == content[slice.clone()]);

        let original = content.clone();
        content[at] ^= 1;
        let (mismatches, taken) = read(&content);
        let chunk = flip % length / CHUNK_SIZE;
        let touched = range.start / CHUNK_SIZE <= chunk && chunk <= (range.end - 1) / CHUNK_SIZE;
        prop_assert_eq!(mismatches.len(), usize::from(touched));
        prop_assert!(original[slice].starts_with(&taken), "a byte that is not as listed was handed out");
        if touched {
            prop_assert_eq!(mismatches[0].range.start, chunk * CHUNK_SIZE);
        }
    }
}

struct StopAfter(AtomicU64, u64);

impl Observer for StopAfter {
    fn advanced(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
    fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= self.1
    }
}

#[test]
fn a_cancelled_hash_ends_early_and_removes_its_copy() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = written(folder.path(), "big", &bytes(40 * MIB, 1));
    for plan in plans() {
        for engine in engines() {
            let observer = StopAfter(AtomicU64::new(0), 1_000_000);
            let copy = Staged::create(&folder.path().join("copy"), 0o600).expect("created");
            let result = hash_and_copy(opened(&path), Some(copy), plan, engine, &observer);
            assert_eq!(result.expect_err("cancelled").code(), "interrupted");
            // The blocks that were under way are still counted.
            assert!(observer.0.load(Ordering::Relaxed) < 16_000_000);
            assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1);
        }
    }
    let paths = vec![path; 5];
    let observer = StopAfter(AtomicU64::new(0), 1_000_000);
    let results = hash_files(&paths, Links::Refuse, &|_| Plan::default(), Engine::default(), &observer);
    assert_eq!(results.len(), 5);
    assert!(results.iter().all(|result| matches!(result, Err(HashError::Cancelled))));
}

/// Changes the file once, at the first block.
struct Change<'a>(&'a (dyn Fn() + Sync), AtomicU64);

impl Observer for Change<'_> {
    fn advanced(&self, _: u64) {
        if self.1.fetch_add(1, Ordering::Relaxed) == 0 {
            (self.0)();
        }
    }
}

#[test]
fn a_file_that_changes_meanwhile_has_no_digest() {
    let folder = tempfile::tempdir().expect("a folder");
    for size in [10, 3 * MIB, 20 * MIB] {
        let content = bytes(size, 2);
        let path = folder.path().join("changing");
        let file = || std::fs::OpenOptions::new().write(true).open(&path).expect("opened");
        let append = || {
            use std::io::Write as _;
            let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("opened");
            file.write_all(b"x").expect("written");
        };
        let touch = || file().set_modified(std::time::SystemTime::UNIX_EPOCH).expect("touched");
        let shorten = || file().set_len(size as u64 / 2).expect("shortened");
        let changes: [&(dyn Fn() + Sync); 3] = [&append, &touch, &shorten];
        for change in changes {
            for plan in plans() {
                for engine in engines() {
                    written(folder.path(), "changing", &content);
                    let observer = Change(change, AtomicU64::new(0));
                    let result = hash_opened(opened(&path), plan, engine, &observer);
                    let code = result.map(|_| ()).expect_err("changed").code();
                    assert_eq!(code, "changed-while-reading", "{size} bytes, {plan:?}, {engine:?}");
                }
            }
        }
    }
}

#[test]
fn with_a_copy_a_touched_file_is_only_said_to_be_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let content = bytes(3 * MIB, 3);
    let path = written(folder.path(), "touched", &content);
    let touch = || {
        let file = std::fs::OpenOptions::new().write(true).open(&path).expect("opened");
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("touched");
    };
    for plan in plans() {
        written(folder.path(), "touched", &content);
        let observer = Change(&touch, AtomicU64::new(0));
        let hashed =
            hash_and_copy(opened(&path), Some(Memory::default()), plan, Engine::default(), &observer)
                .expect("hashed");
        assert!(hashed.source_changed);
        assert_eq!(hashed.digests, expected(plan, &content));
    }
}

/// Some files that cannot be opened, some that nobody wants, among others.
struct Odd<'a> {
    paths: &'a [PathBuf],
}

impl Source for Odd<'_> {
    type Copy = Infallible;

    fn open(&self, at: usize) -> Result<OpenedFile, FileError> {
        OpenedFile::open(&self.paths[at], Links::Refuse)
    }

    fn plan(&self, at: usize, _: &OpenedFile) -> Option<Plan> {
        (at % 3 != 1).then(Plan::default)
    }

    fn copy(&self, _: usize, _: &OpenedFile) -> Result<Option<Infallible>, FileError> {
        Ok(None)
    }
}

#[test]
fn results_stand_in_order_whatever_becomes_of_the_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths: Vec<PathBuf> = (0..200)
        .map(|at| match at % 5 {
            0 => folder.path().join("missing"),
            _ => written(folder.path(), &format!("f{at}"), &bytes(at * 1000, at as u64)),
        })
        .collect();
    for engine in engines() {
        let judge = |at: usize, hashed: Result<Hashed<Infallible>, HashError>| (at, hashed);
        for (place, (at, hashed)) in
            hash_all(200, &Odd { paths: &paths }, engine, &(), &judge).into_iter().enumerate()
        {
            assert_eq!(place, at);
            match (at % 5, hashed) {
                (0, hashed) => assert_eq!(hashed.expect_err("missing").code(), "not-found"),
                (_, hashed) => {
                    let hashed = hashed.expect("hashed").digests;
                    assert_eq!(hashed.size, at as u64 * 1000);
                    let digest = (at % 3 != 1).then(|| Digest::of(&bytes(at * 1000, at as u64)).into());
                    assert_eq!(hashed.whole(), digest);
                }
            }
        }
    }
    assert!(hash_all(0, &Odd { paths: &[] }, Engine::default(), &(), &|at, _| at).is_empty());
}

#[test]
fn ranges_of_shards_are_those_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let content = bytes(700_000, 4);
    let file = opened(&written(folder.path(), "m", &content));
    for (range, end) in
        [(0..10, 10), (5..600_001, 600_001), (650_000..700_000, 700_000), (699_999..800_000, 700_000)]
    {
        for algorithm in HashAlgorithm::ALL {
            let found = hash_range(&file, range.clone(), algorithm, &()).expect("hashed");
            let start = usize::try_from(range.start).expect("small");
            assert_eq!(found, (digest(algorithm, &content[start..end]), (end - start) as u64));
        }
    }
}

#[test]
fn a_panic_does_not_leave_others_waiting() {
    struct Panics;
    impl Source for Panics {
        type Copy = Infallible;
        fn open(&self, _: usize) -> Result<OpenedFile, FileError> {
            panic!("on purpose")
        }
        fn plan(&self, _: usize, _: &OpenedFile) -> Option<Plan> {
            None
        }
        fn copy(&self, _: usize, _: &OpenedFile) -> Result<Option<Infallible>, FileError> {
            Ok(None)
        }
    }
    let engine = Engine { threads: NonZeroUsize::new(4), ..Engine::default() };
    let result = std::panic::catch_unwind(|| hash_all(10, &Panics, engine, &(), &|at, _| at));
    assert!(result.is_err());
}

#[test]
fn a_file_that_grew_before_it_was_read_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = written(folder.path(), "m", b"weights");
    let file = opened(&path);
    written(folder.path(), "m", b"weights and more");
    let code = hash_file(file, Engine::default(), &()).expect_err("changed").code();
    assert_eq!(code, "changed-while-reading");
}

/// A copy that fails, or panics, where it is written to at one offset.
#[derive(Debug)]
struct FailsAt {
    offset: u64,
    how: Failure,
    path: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Error,
    Panic,
}

impl Sink for FailsAt {
    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<(), FileError> {
        if !(offset..offset + bytes.len() as u64).contains(&self.offset) {
            return Ok(());
        }
        assert_ne!(self.how, Failure::Panic, "on purpose");
        Err(FileError::Changed { path: self.path.clone() })
    }

    fn complete(&mut self) -> Result<(), FileError> {
        Ok(())
    }
}

/// Files of which each third one fails.
struct ThirdFails<'a> {
    paths: &'a [PathBuf],
    plan: Plan,
    offset: u64,
    how: Failure,
}

impl Source for ThirdFails<'_> {
    type Copy = FailsAt;

    fn open(&self, at: usize) -> Result<OpenedFile, FileError> {
        OpenedFile::open(&self.paths[at], Links::Refuse)
    }

    fn plan(&self, _: usize, _: &OpenedFile) -> Option<Plan> {
        Some(self.plan)
    }

    fn copy(&self, at: usize, _: &OpenedFile) -> Result<Option<FailsAt>, FileError> {
        let offset = if at % 3 == 1 { self.offset } else { u64::MAX };
        Ok(Some(FailsAt { offset, how: self.how, path: self.paths[at].clone() }))
    }
}

/// A part that fails makes its file fail, once, whatever the other lanes and threads do meanwhile: else the rest of the
/// file would pass without it.
#[test]
fn a_failed_part_fails_its_file_and_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let sizes = [0, 6 * MIB, 3, 5 * MIB + 1, MIB, 100, 7 * MIB, MIB + 1];
    let paths: Vec<PathBuf> = sizes
        .iter()
        .enumerate()
        .map(|(at, size)| written(folder.path(), &format!("f{at}"), &bytes(*size, 8)))
        .collect();
    let small = Cut::Shards(NonZeroU64::new(32 * 1024).expect("not zero"));
    let mut plans = plans();
    plans.push(Plan { cut: small, ..Plan::default() });
    for plan in plans {
        for engine in engines() {
            for offset in [0, 70_000, MIB as u64 + 5, 5 * MIB as u64, 6 * MIB as u64 - 1] {
                let source = ThirdFails { paths: &paths, plan, offset, how: Failure::Error };
                let judge = |at: usize, hashed: Result<Hashed<FailsAt>, HashError>| (at, hashed);
                let results = hash_all(paths.len(), &source, engine, &(), &judge);
                assert_eq!(results.len(), paths.len());
                for (place, (at, hashed)) in results.into_iter().enumerate() {
                    assert_eq!(place, at);
                    let fails = at % 3 == 1 && offset < sizes[at] as u64;
                    assert_eq!(hashed.is_err(), fails, "file {at}, {plan:?}, {engine:?}, {offset}");
                    let Ok(hashed) = hashed else { continue };
                    assert_eq!(hashed.digests, expected(plan, &bytes(sizes[at], 8)));
                }
            }
        }
    }
}

#[test]
fn a_panic_in_a_copy_comes_out_and_leaves_nobody_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths: Vec<PathBuf> =
        (0..7).map(|at| written(folder.path(), &format!("f{at}"), &bytes(at * MIB, 8))).collect();
    for plan in plans() {
        for engine in engines() {
            let source = ThirdFails { paths: &paths, plan, offset: 70_000, how: Failure::Panic };
            let hash = || hash_all(paths.len(), &source, engine, &(), &|at, _| at);
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(hash)).is_err());
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_only_says_it_is_empty_is_refused() {
    // Files of /proc say so, whatever is in them.
    let path = Path::new("/proc/self/environ");
    for plan in plans() {
        for engine in engines() {
            let code = hash_opened(opened(path), plan, engine, &()).map(|_| ()).expect_err("refused").code();
            assert!(matches!(code, "changed-while-reading" | "unreadable"), "{plan:?}: {code}");
        }
    }
}
