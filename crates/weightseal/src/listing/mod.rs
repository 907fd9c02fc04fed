//! What is signed: safe relative names, shards, what is left out, and the root digest over a listing.
//!
//! The root digest follows OpenSSF Model Signing v1.0: SHA-256 over the raw digests in the order listed. It
//! does not bind the names; the signature over the whole statement does.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod collision;
mod exclusion;
mod name;
mod shard;
mod sums;

pub use collision::find_collision;
pub use exclusion::{DEFAULT_EXCLUDES, Exclusions, Layout, is_at_or_below, parse_ignored};
pub use name::{MAX_NAME, SafeName, UnsafeName};
pub use shard::{shard_name, split_shard};
pub use sums::{escaped_name, sums_digest};

use crate::digest::{ContentDigest, Digest, Hasher};

/// The root digest over entries in the order given.
pub fn root_digest<'a>(digests: impl IntoIterator<Item = &'a Digest>) -> Digest {
    let mut hasher = Hasher::new();
    for digest in digests {
        hasher.update(digest.as_bytes());
    }
    hasher.finish()
}

/// The root digest over entries in the order given, whatever algorithm made their digests.
pub fn content_root<'a>(digests: impl IntoIterator<Item = &'a ContentDigest>) -> Digest {
    let mut hasher = Hasher::new();
    for digest in digests {
        hasher.update(digest.as_bytes());
    }
    hasher.finish()
}
