//! What hashing has in common: the result, what can go wrong, and how it is watched and ended.

use std::io;

use crate::digest::Digest;
use crate::file::FileError;

/// Watches a long hash, and may end it. `()` watches nothing.
pub trait Observer: Sync {
    /// Called before a file is hashed with the number of bytes it has.
    fn expects(&self, bytes: u64) {
        let _ = bytes;
    }

    /// Called after each block with the number of bytes it had, from any thread.
    fn advanced(&self, bytes: u64) {
        let _ = bytes;
    }

    /// Asked before each block; `true` ends the work with [`HashError::Cancelled`].
    fn cancelled(&self) -> bool {
        false
    }
}

impl Observer for () {}

/// The digest of a file, and how many bytes it was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileDigest {
    /// The SHA-256 digest.
    pub digest: Digest,
    /// The number of bytes.
    pub size: u64,
}

/// Why there is no digest.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The file could not be read, or its copy not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A stream that is not a file could not be read.
    #[error("cannot read the input")]
    Read(#[source] io::Error),
    /// The [`Observer`] ended the work.
    #[error("cancelled")]
    Cancelled,
}

impl HashError {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Read(_) => "unreadable",
            Self::Cancelled => "interrupted",
        }
    }

    /// One line of advice, where there is any.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Read(_) | Self::Cancelled => None,
        }
    }
}
