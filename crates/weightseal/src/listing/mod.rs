//! What is signed: safe relative names, the table of (name, digest, size), and its root digest.
//!
//! The root digest follows OpenSSF Model Signing v1.0: SHA-256 over the raw digests in the order listed. It
//! does not bind the names; the signature over the whole statement does.

mod name;

pub use name::{MAX_NAME, SafeName, UnsafeName};

use crate::digest::{Digest, Hasher};

/// The root digest over entries in the order given.
pub fn root_digest<'a>(digests: impl IntoIterator<Item = &'a Digest>) -> Digest {
    let mut hasher = Hasher::new();
    for digest in digests {
        hasher.update(digest.as_bytes());
    }
    hasher.finish()
}
