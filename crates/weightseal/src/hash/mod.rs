//! Which bytes: SHA-256 (FIPS 180-4) of one file or many, with progress and cancellation.

mod files;

pub use files::{FileDigest, HashError, Observer, Opener, hash_file, hash_files, hash_reader};
