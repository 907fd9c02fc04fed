//! Doing independent pieces of work on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;

/// Address space for one thread: its stack, its blocks, and the 64 MiB that the C library sets aside for what it allocates.
const ADDRESS_SPACE: u64 = 64 << 20;

/// How many threads there is address space for, where the caller limits it (`ulimit -v`). Beyond, an allocation fails, and
/// Rust ends the process where it stands.
pub(crate) fn affordable() -> usize {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        let limit = getrlimit(Resource::As).current.unwrap_or(u64::MAX);
        usize::try_from(limit / ADDRESS_SPACE).unwrap_or(usize::MAX).max(1)
    }
    #[cfg(not(unix))]
    usize::MAX
}

/// Does `count` pieces of work; the results stand in their order.
pub(crate) fn in_parallel<T: Send>(count: usize, work: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(affordable());
    if count <= 1 || cores == 1 {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return done;
            }
            done.push((at, work(at)));
        }
    };
    let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
        // Where the system starts no thread, those that are there do the work.
        let others: Vec<_> =
            (1..cores.min(count)).map_while(|_| Builder::new().spawn_scoped(scope, worker).ok()).collect();
        let mut results = worker();
        for other in others {
            results.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    });
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}
