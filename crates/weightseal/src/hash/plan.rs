//! How the bytes of a file become digests: one of the whole, or one of each shard (OpenSSF Model Signing v1.0,
//! section 6.3).

use std::num::NonZeroU64;

use crate::digest::{ContentDigest, ContentHasher, HashAlgorithm, Hasher};

/// How a file is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Plan {
    /// The algorithm.
    pub algorithm: HashAlgorithm,
    /// The size of a shard in bytes; `None`: the file is hashed as a whole.
    pub shard_size: Option<NonZeroU64>,
}

/// What a file hashes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentDigests {
    /// One, or one of each shard: none of an empty file then.
    pub digests: Vec<ContentDigest>,
    /// How many bytes were hashed.
    pub size: u64,
}

/// Takes the bytes of a file one after the other.
pub(super) trait Absorb: Send {
    fn absorb(&mut self, bytes: &[u8]);
    /// Bytes that another core has just written.
    fn absorb_from_afar(&mut self, bytes: &[u8]);
}

impl Absorb for Hasher {
    fn absorb(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }

    fn absorb_from_afar(&mut self, bytes: &[u8]) {
        self.update_from_afar(bytes);
    }
}

/// Hashes bytes according to a plan.
pub(super) struct PlanHasher {
    plan: Plan,
    hasher: ContentHasher,
    /// How many bytes the shard at hand has still room for.
    room: u64,
    digests: Vec<ContentDigest>,
    size: u64,
}

impl PlanHasher {
    pub(super) fn new(plan: Plan) -> Self {
        let room = plan.shard_size.map_or(u64::MAX, NonZeroU64::get);
        Self { plan, hasher: ContentHasher::new(plan.algorithm), room, digests: Vec::new(), size: 0 }
    }

    pub(super) fn finish(mut self) -> ContentDigests {
        let begun = self.plan.shard_size.is_some_and(|size| self.room < size.get());
        if self.plan.shard_size.is_none() || begun {
            self.digests.push(self.hasher.finish());
        }
        ContentDigests { digests: self.digests, size: self.size }
    }

    fn take(&mut self, mut bytes: &[u8], add: fn(&mut ContentHasher, &[u8])) {
        self.size += bytes.len() as u64;
        let Some(shard_size) = self.plan.shard_size else { return add(&mut self.hasher, bytes) };
        while !bytes.is_empty() {
            let count = usize::try_from(self.room).unwrap_or(usize::MAX).min(bytes.len());
            let (now, later) = bytes.split_at(count);
            add(&mut self.hasher, now);
            self.room -= count as u64;
            bytes = later;
            if self.room == 0 {
                let full = std::mem::replace(&mut self.hasher, ContentHasher::new(self.plan.algorithm));
                self.digests.push(full.finish());
                self.room = shard_size.get();
            }
        }
    }
}

impl Absorb for PlanHasher {
    fn absorb(&mut self, bytes: &[u8]) {
        self.take(bytes, ContentHasher::update);
    }

    fn absorb_from_afar(&mut self, bytes: &[u8]) {
        self.take(bytes, ContentHasher::update_from_afar);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(bytes: &[u8]) -> ContentDigest {
        crate::digest::Digest::of(bytes).into()
    }

    #[test]
    fn shards_are_cut_wherever_the_blocks_end() {
        let bytes: Vec<u8> = (0..100).collect();
        for size in [1, 7, 50, 99, 100, 101] {
            let plan = Plan { shard_size: NonZeroU64::new(size), ..Plan::default() };
            let expected: Vec<_> = bytes.chunks(usize::try_from(size).expect("small")).map(digest).collect();
            for step in [1, 3, 50, 100] {
                let mut hasher = PlanHasher::new(plan);
                bytes.chunks(step).for_each(|block| hasher.absorb(block));
                assert_eq!(hasher.finish(), ContentDigests { digests: expected.clone(), size: 100 });
            }
        }
    }

    #[test]
    fn an_empty_file_has_a_digest_but_no_shard() {
        assert_eq!(PlanHasher::new(Plan::default()).finish().digests, [digest(b"")]);
        let shards = Plan { shard_size: NonZeroU64::new(8), ..Plan::default() };
        assert!(PlanHasher::new(shards).finish().digests.is_empty());
    }
}
