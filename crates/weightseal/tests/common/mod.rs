//! What several tests begin with: the keys of the testkit, numbers from a seed, a policy that trusts one key.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use weightseal::key::{KeyDocument, PrivateKey};
use weightseal::time::Instant;
use weightseal::trust::{KeyRing, Requirements, Unauthenticated};
use weightseal::verify::{Failure, Outcome, Policy, Target};

pub(crate) const KINDS: [&str; 8] =
    ["ed25519", "p256", "p384", "p521", "rsa2048", "rsa2048-e3", "rsa3072", "rsa4096"];

pub(crate) fn key(kind: &str) -> &'static PrivateKey {
    static KEYS: OnceLock<BTreeMap<&'static str, PrivateKey>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| KINDS.iter().map(|kind| (*kind, read_key(kind))).collect());
    &keys[kind]
}

pub(crate) fn read_key(kind: &str) -> PrivateKey {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testkit/keys");
    let pem = fs::read(folder.join(format!("{kind}.pem"))).expect("a key of the testkit");
    match KeyDocument::from_pem(&pem).expect("a key that we read") {
        KeyDocument::Private(key) => *key,
        other => panic!("{kind}: {other:?}"),
    }
}

/// A small generator (SplitMix64): the same numbers on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("below a limit that fits")
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        std::iter::repeat_with(|| self.next().to_le_bytes()).flatten().take(count).collect()
    }
}

pub(crate) fn instant(text: &str) -> Instant {
    text.parse().expect("a time")
}

/// Trusts the one key, in June 2026.
pub(crate) fn policy(key: &PrivateKey, unauthenticated: Unauthenticated) -> Policy {
    let requirements = Requirements { unauthenticated, ..Requirements::default() };
    Policy::of_keys(KeyRing::new([key.public().clone()]), requirements, instant("2026-06-01T00:00:00Z"))
}

pub(crate) fn explicit(model: &Path, signature: &Path) -> Target {
    Target { path: model.to_owned(), signature: Some(signature.to_owned()), ..Target::default() }
}

pub(crate) fn alone(path: &Path) -> Target {
    Target { path: path.to_owned(), ..Target::default() }
}

pub(crate) fn headline(verdict: &Result<Outcome, Failure>) -> &'static str {
    match verdict {
        Ok(Outcome::Verified(_)) => "verified",
        Ok(Outcome::Partial(_)) => "partial",
        Ok(Outcome::Tolerated(_)) => "tolerated",
        Err(Failure::Rejected(rejected)) => rejected.headline().code(),
        Err(Failure::Inconclusive(inconclusive)) => inconclusive.trouble.code(),
    }
}
