//! What is signed: safe relative names, the table of (name, digest, size), and its root digest.
//!
//! The root digest follows OpenSSF Model Signing v1.0: SHA-256 over the raw digests in the order listed. It
//! does not bind the names; the signature over the whole statement does.

mod name;

pub use name::{MAX_NAME, SafeName, UnsafeName};

use crate::digest::{Digest, Hasher};

/// One file in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The file's name, relative to whatever the listing describes.
    pub name: SafeName,
    /// Its SHA-256 digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// The root digest over entries in the order given.
pub fn root_digest<'a>(digests: impl IntoIterator<Item = &'a Digest>) -> Digest {
    let mut hasher = Hasher::new();
    for digest in digests {
        hasher.update(digest.as_bytes());
    }
    hasher.finish()
}
