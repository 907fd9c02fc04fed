//! Which bytes: digests of one file or many, as a whole, in shards or in chunks, on all cores, with progress and
//! cancellation.

mod ahead;
mod engine;
mod files;
mod job;
mod lane;
mod observer;
mod plan;
mod range;
mod source;
mod stage;
mod stream;
mod work;

pub use engine::{Engine, Reading};
pub use files::{hash_and_copy, hash_file, hash_files, hash_opened, hash_reader};
pub use observer::{FileDigest, HashError, Observer};
pub use plan::{ChunkList, Chunks, ContentDigests, Cut, Plan};
pub use range::{ChunkMismatch, hash_range, read_listed_range};
pub use source::{Hashed, Sink, Source};
pub use stream::{ChunkStream, FileStream};
pub use work::hash_all;
