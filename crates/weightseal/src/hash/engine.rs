//! How hashing uses the machine.

use std::num::NonZeroUsize;

/// How hashing uses the machine. The default takes what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Engine {
    /// How many threads work; `None`: as many as there are cores that this process may use.
    pub threads: Option<NonZeroUsize>,
    /// How files are read.
    pub reading: Reading,
}

/// How files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Reading {
    /// By way of the system's page cache: whoever loads the file afterwards finds it there.
    #[default]
    Cached,
    /// Past the page cache (O_DIRECT, Linux), where the file system can: for files that lie on the disk alone and are not
    /// read again soon.
    Direct,
}

impl Engine {
    /// Most threads: each has its memory, and more cores than that share one memory anyway.
    pub const MOST_THREADS: usize = 256;

    pub(super) fn threads(self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = self.threads.map_or_else(cores, usize::from);
        // Whoever waits for a disk does not need a core.
        let waiting = if self.reading == Reading::Direct { 2 } else { 1 };
        threads.saturating_mul(waiting).min(Self::MOST_THREADS).min(crate::parallel::affordable())
    }
}
