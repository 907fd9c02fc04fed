//! Which bytes: digests of one file or many, as a whole or in shards, with progress and cancellation.

mod many;
mod observer;
mod one;
mod plan;

pub use many::{Copier, Opener, PlannedCopy, Source, hash_and_keep_files, hash_files, hash_tree};
pub use observer::{FileDigest, HashError, Observer};
pub use one::{Copied, Sink, copy_planned, hash_and_copy, hash_file, hash_planned, hash_range, hash_reader};
pub use plan::{ContentDigests, Plan};
