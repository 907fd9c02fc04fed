//! Which bytes: SHA-256 (FIPS 180-4) of one file or many, with progress and cancellation.

mod many;
mod observer;
mod one;

pub use many::{Copier, Opener, hash_and_keep_files, hash_files};
pub use observer::{FileDigest, HashError, Observer};
pub use one::{Copied, Sink, hash_and_copy, hash_file, hash_reader};
