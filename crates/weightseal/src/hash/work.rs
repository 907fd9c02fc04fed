//! Hashing on all cores: one queue of parts (files, shards, chunks), and on each thread as many lanes side by side as
//! make it fast. SHA-256 of one text is a chain of steps, each waiting for the one before; a core that hashes sixteen
//! texts at once does several times the work.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, Scope};

use sha256_mb::update_many;

use super::ahead;
use super::job::{Job, Lane};
use super::stage::{Alignment, Stage};
use super::{ContentDigests, Engine, HashError, Hashed, Observer, Reading, Source};
use crate::file::most_open_files;

/// Most lanes of one thread: what the widest kernel of [`sha256_mb`] takes.
const LANES: usize = 16;

/// The blocks of one thread in bytes: 32 KiB for each of sixteen lanes. They stay in the second-level cache between
/// being read and being hashed.
const STAGE: usize = LANES * 32 * 1024;

/// The largest block in bytes: more brings nothing, and Ctrl-C has to be seen.
const BLOCK: usize = 256 * 1024;

/// The blocks of one thread where files are read past the page cache: the disk wants large ones.
const DIRECT_STAGE: usize = 4 * 1024 * 1024;
const DIRECT_BLOCK: usize = 1024 * 1024;

/// Memory of all threads together for direct reading, in bytes.
const DIRECT_MEMORY: usize = 24 * 1024 * 1024;

/// Of how many files that this process may have open we open one at most, at the same time: copies need as many again,
/// and others in this process have theirs.
const SHARE_OF_FILES: u64 = 5;

/// What is left of a lone lane from which on a second thread reads ahead for it, in bytes: below, starting it costs more.
const WORTH_READING_AHEAD: u64 = 4 * 1024 * 1024;

/// Hashes `count` files. What is to be remembered of each, `judge` says, and in their order it comes back.
pub fn hash_all<S: Source, T: Send>(
    count: usize,
    source: &S,
    engine: Engine,
    observer: &dyn Observer,
    judge: &(dyn Fn(usize, Result<Hashed<S::Copy>, HashError>) -> T + Sync),
) -> Vec<T> {
    (0..count).filter_map(|at| source.expected_size(at)).for_each(|size| observer.expects(size));
    let most_open = most_open_files().map_or(u64::MAX, |most| most / SHARE_OF_FILES).max(1);
    let most_open = usize::try_from(most_open).unwrap_or(usize::MAX);
    let work = Work {
        count,
        source,
        engine,
        // Each thread may open one file, however many are open.
        threads: engine.threads().min(most_open.div_ceil(2)),
        most_open,
        observer,
        judge,
        queue: Mutex::new(Queue { next: 0, opening: 0, waiting: 0, splitting: Vec::new(), parts: 0 }),
        opened: Condvar::new(),
        running: AtomicUsize::new(1),
        lanes: AtomicUsize::new(0),
        open: AtomicUsize::new(0),
        blocks_ahead: AtomicUsize::new(0),
        no_threads: AtomicBool::new(false),
        results: Mutex::new(Vec::with_capacity(count)),
    };
    std::thread::scope(|scope| work.run(scope));
    let mut results = work.results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(at, _)| *at);
    // Whoever called counts on it: else one file would be judged by the digests of another.
    assert!(results.iter().map(|(at, _)| *at).eq(0..count), "each file has one result");
    results.into_iter().map(|(_, result)| result).collect()
}

type Judge<'a, C, T> = dyn Fn(usize, Result<Hashed<C>, HashError>) -> T + Sync + 'a;

/// What all threads share.
struct Work<'a, S: Source, T> {
    count: usize,
    source: &'a S,
    engine: Engine,
    threads: usize,
    most_open: usize,
    observer: &'a dyn Observer,
    judge: &'a Judge<'a, S::Copy, T>,
    queue: Mutex<Queue<S::Copy>>,
    /// A file was opened, or could not be.
    opened: Condvar,
    /// How many threads work, those included that read ahead.
    running: AtomicUsize,
    /// How many lanes all of them have.
    lanes: AtomicUsize,
    /// How many files are open.
    open: AtomicUsize,
    /// How many blocks threads that read ahead have.
    blocks_ahead: AtomicUsize,
    /// The system starts no more threads.
    no_threads: AtomicBool,
    results: Mutex<Vec<(usize, T)>>,
}

struct Queue<C> {
    /// The next file to be opened.
    next: usize,
    /// How many are being opened: any of them may have thousands of parts.
    opening: usize,
    /// How many threads wait for one of these.
    waiting: usize,
    /// Files that may have parts left.
    splitting: Vec<Arc<Job<C>>>,
    /// About how many parts these have left.
    parts: u64,
}

enum Opened<C> {
    Job(Arc<Job<C>>),
    /// Nothing is to be hashed.
    Done(Result<Hashed<C>, HashError>),
}

/// A file is being opened, until this is dropped, and be it by a panic: others wait for it.
struct Opening<'a, 'b, S: Source, T>(&'a Work<'b, S, T>);

impl<S: Source, T> Drop for Opening<'_, '_, S, T> {
    fn drop(&mut self) {
        let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.opening -= 1;
        // Waking nobody costs a system call as well.
        if queue.waiting > 0 {
            self.0.opened.notify_all();
        }
    }
}

/// One thread's own.
struct Worker<C, T> {
    lanes: Vec<Lane<C>>,
    results: Vec<(usize, T)>,
}

impl<S: Source, T: Send> Work<'_, S, T> {
    fn run<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let mut worker = Worker { lanes: Vec::with_capacity(LANES), results: Vec::new() };
        let mut stage = None;
        loop {
            self.refill(&mut worker);
            if worker.lanes.is_empty() {
                break;
            }
            self.call_for_help(scope);
            if self.read_ahead(&mut worker) {
                continue;
            }
            let stage = stage.get_or_insert_with(|| self.make_stage());
            self.advance(&mut worker, stage);
        }
        self.running.fetch_sub(1, Ordering::Relaxed);
        self.results.lock().unwrap_or_else(PoisonError::into_inner).append(&mut worker.results);
    }

    fn make_stage(&self) -> Stage {
        match self.engine.reading {
            Reading::Cached => Stage::new(STAGE, LANES),
            Reading::Direct => Stage::new(DIRECT_STAGE.min(DIRECT_MEMORY / self.threads), LANES),
        }
    }

    /// Takes as many parts as this thread should have lanes.
    fn refill(&self, worker: &mut Worker<S::Copy, T>) {
        loop {
            let wait = worker.lanes.is_empty();
            let Some(lane) = self.take(worker, wait) else { return };
            self.lanes.fetch_add(1, Ordering::Relaxed);
            worker.lanes.push(lane);
        }
    }

    /// The next part. `None`: there is none for this thread now; where it would wait, there will be none any more.
    fn take(&self, worker: &mut Worker<S::Copy, T>, wait: bool) -> Option<Lane<S::Copy>> {
        let mut queue = self.lock();
        loop {
            if !wait && worker.lanes.len() >= self.share(&queue, &worker.lanes) {
                return None;
            }
            while let Some(job) = queue.splitting.last() {
                if let Some(lane) = job.begin_part() {
                    queue.parts = queue.parts.saturating_sub(1);
                    return Some(lane);
                }
                queue.splitting.pop();
            }
            // Those of a file that failed are not done any more.
            queue.parts = 0;
            let may_open = wait || self.open.load(Ordering::Relaxed) < self.most_open;
            if queue.next < self.count && may_open {
                let at = queue.next;
                queue.next += 1;
                queue.opening += 1;
                drop(queue);
                let opening = Opening(self);
                let opened = self.open(at);
                queue = self.lock();
                let lane = match &opened {
                    Opened::Job(job) => {
                        // The first part is ours before anybody else sees the file.
                        let lane = job.begin_part();
                        if job.parts() > 1 {
                            queue.parts += job.parts() - 1;
                            queue.splitting.push(Arc::clone(job));
                        }
                        lane
                    }
                    Opened::Done(_) => None,
                };
                drop(queue);
                drop(opening);
                match (lane, opened) {
                    (Some(lane), _) => return Some(lane),
                    // An empty file has no parts where it is to be cut into some.
                    (None, Opened::Job(job)) => self.conclude(worker, &job),
                    (None, Opened::Done(result)) => worker.results.push((at, (self.judge)(at, result))),
                }
                queue = self.lock();
            } else if wait && queue.opening > 0 {
                queue.waiting += 1;
                queue = self.opened.wait(queue).unwrap_or_else(PoisonError::into_inner);
                queue.waiting -= 1;
            } else {
                return None;
            }
        }
    }

    /// How many lanes a thread should have: an even share of what there is.
    fn share(&self, queue: &Queue<S::Copy>, lanes: &[Lane<S::Copy>]) -> usize {
        if lanes.iter().any(|lane| !lane.job.gains_by_lanes()) {
            return 1;
        }
        let files = self.count - queue.next;
        let parts = usize::try_from(queue.parts).unwrap_or(usize::MAX);
        let all = files.saturating_add(parts).saturating_add(self.lanes.load(Ordering::Relaxed));
        all.div_ceil(self.threads).clamp(1, LANES)
    }

    fn open(&self, at: usize) -> Opened<S::Copy> {
        self.try_to_open(at).unwrap_or_else(|error| Opened::Done(Err(error)))
    }

    fn try_to_open(&self, at: usize) -> Result<Opened<S::Copy>, HashError> {
        if self.observer.cancelled() {
            return Err(HashError::Cancelled);
        }
        let file = self.source.open(at)?;
        if self.source.expected_size(at).is_none() {
            self.observer.expects(file.size());
        }
        let Some(plan) = self.source.plan(at, &file) else {
            let (digests, hard_linked) = (ContentDigests::none(file.size()), file.is_hard_linked());
            let hashed = Hashed { digests, source_changed: false, hard_linked, copy: None };
            return Ok(Opened::Done(Ok(hashed)));
        };
        let copy = self.source.copy(at, &file)?;
        self.open.fetch_add(1, Ordering::Relaxed);
        Ok(Opened::Job(Arc::new(Job::new(at, file, copy, plan, self.engine.reading))))
    }

    /// Starts another thread if there is work for one.
    fn call_for_help<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let queue = self.lock();
        let is_work_left = queue.next < self.count || queue.parts > 0;
        drop(queue);
        if is_work_left && self.hire() && Builder::new().spawn_scoped(scope, || self.run(scope)).is_err() {
            self.dismiss();
        }
    }

    fn hire(&self) -> bool {
        let more = |running| (running < self.threads).then_some(running + 1);
        !self.no_threads.load(Ordering::Relaxed)
            && self.running.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// The thread that was hired cannot be started: those that are there do the work.
    fn dismiss(&self) {
        self.no_threads.store(true, Ordering::Relaxed);
        self.running.fetch_sub(1, Ordering::Relaxed);
    }

    /// Hashes the rest of a lone lane, if another thread can read ahead for it.
    #[expect(
        clippy::expect_used,
        reason = "lanes are counted as they are read for: else a panic, and no verdict"
    )]
    fn read_ahead(&self, worker: &mut Worker<S::Copy, T>) -> bool {
        let [lane] = worker.lanes.as_mut_slice() else { return false };
        let is_worth_it = lane.end - lane.offset >= WORTH_READING_AHEAD && lane.hasher.is_between_chunks();
        let blocks = ahead::blocks_for(lane);
        let room = |used| (used + blocks <= ahead::MOST_BLOCKS).then_some(used + blocks);
        if !is_worth_it || self.blocks_ahead.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_err()
        {
            return false;
        }
        let mut done = false;
        if self.hire() {
            match ahead::hash_rest(lane, self.observer) {
                Some(result) => {
                    self.running.fetch_sub(1, Ordering::Relaxed);
                    let lane = worker.lanes.pop().expect("there is one");
                    self.end(worker, lane, result);
                    done = true;
                }
                None => self.dismiss(),
            }
        }
        self.blocks_ahead.fetch_sub(blocks, Ordering::Relaxed);
        done
    }

    /// Reads a block for each lane, and hashes them side by side.
    #[expect(
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "lanes are counted as they are read for: else a panic, and no verdict"
    )]
    fn advance(&self, worker: &mut Worker<S::Copy, T>, stage: &mut Stage) {
        let cancelled = self.observer.cancelled();
        let (most, alignment) = match self.engine.reading {
            Reading::Direct => (DIRECT_BLOCK, Alignment::Direct),
            Reading::Cached => (BLOCK, Alignment::Any),
        };
        let (size, blocks) = stage.blocks(worker.lanes.len(), most, alignment);
        let mut inputs = Vec::with_capacity(2 * LANES);
        let mut read = [const { None }; LANES];
        let mut advanced = 0;
        for ((lane, block), read) in worker.lanes.iter_mut().zip(blocks).zip(&mut read) {
            let result = match cancelled {
                true => Err(HashError::Cancelled),
                false => lane.read(block, size),
            };
            *read = Some(result.map(|bytes| {
                advanced += bytes.len() as u64;
                lane.hasher.absorb(bytes, &mut inputs);
                bytes.len() as u64
            }));
        }
        update_many(&mut inputs);
        drop(inputs);
        self.observer.advanced(advanced);
        for at in (0..worker.lanes.len()).rev() {
            let lane = &mut worker.lanes[at];
            let result = match read[at].take().expect("each lane was read for") {
                Ok(count) => {
                    lane.offset += count;
                    lane.hasher.absorbed();
                    if lane.offset < lane.end {
                        continue;
                    }
                    Ok(())
                }
                Err(error) => Err(error),
            };
            let lane = worker.lanes.swap_remove(at);
            self.end(worker, lane, result);
        }
    }

    fn end(&self, worker: &mut Worker<S::Copy, T>, lane: Lane<S::Copy>, result: Result<(), HashError>) {
        self.lanes.fetch_sub(1, Ordering::Relaxed);
        let job = match result {
            Ok(()) => lane.finish(),
            Err(error) => lane.fail(error),
        };
        if let Some(job) = job {
            self.conclude(worker, &job);
        }
    }

    fn conclude(&self, worker: &mut Worker<S::Copy, T>, job: &Job<S::Copy>) {
        let result = job.conclude();
        self.open.fetch_sub(1, Ordering::Relaxed);
        worker.results.push((job.at, (self.judge)(job.at, result)));
    }

    fn lock(&self) -> MutexGuard<'_, Queue<S::Copy>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
