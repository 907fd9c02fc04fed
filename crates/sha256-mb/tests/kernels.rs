//! Every kernel gives what other implementations give, for every length and every number of lanes.

mod common;

use common::expected;
use sha256_mb::kernels::{Kernel, finish_many_with, update_many_with};
use sha256_mb::{Input, Sha256, digest_many, finish_many, update_many};

#[test]
fn every_length() {
    let messages: Vec<_> = (0..=1100).map(|length| message(length, 1)).collect();
    every_way(&messages);
}

#[test]
fn long_messages() {
    let lengths = [4095, 4096, 4097, 10_000, 32_768, 65_535, 77_777, 100_001, 262_144, 300_000];
    let messages: Vec<_> = lengths.map(|length| message(length, 2)).into();
    every_way(&messages);
}

#[test]
fn every_number_of_lanes() {
    for lanes in 1..=40 {
        let different: Vec<_> =
            (0..lanes).map(|lane| message((lane * 97 + lanes * 31) % 1101, lane)).collect();
        every_way(&different);
        let equal: Vec<_> = (0..lanes).map(|lane| message(640, lane)).collect();
        every_way(&equal);
    }
}

/// Buffers as callers have them: anywhere in memory.
#[test]
fn every_alignment() {
    let bytes = message(64 + 64 * 7, 3);
    let messages: Vec<&[u8]> = (0..64).map(|start| &bytes[start..][..64 * 6 + 1]).collect();
    every_way(&messages);
}

/// Hashes the messages together, by every kernel and by the best.
fn every_way(messages: &[impl AsRef<[u8]>]) {
    let messages: Vec<&[u8]> = messages.iter().map(AsRef::as_ref).collect();
    let expected: Vec<_> = messages.iter().map(|message| expected(message)).collect();
    assert_eq!(digest_many(&messages), expected);
    assert_eq!(digests(&messages, update_many, finish_many), expected);
    for kernel in Kernel::available() {
        let update = |inputs: &mut [Input<'_>]| update_many_with(kernel, inputs);
        let finish = |hashers| finish_many_with(kernel, hashers);
        assert!(digests(&messages, update, finish) == expected, "{kernel:?}, {} messages", messages.len());
    }
    let alone = messages.iter().map(|message| {
        let mut hasher = Sha256::new();
        hasher.update(message);
        hasher.finish()
    });
    assert!(alone.eq(expected));
}

fn digests(
    messages: &[&[u8]],
    update: impl Fn(&mut [Input<'_>]),
    finish: impl Fn(Vec<Sha256>) -> Vec<[u8; 32]>,
) -> Vec<[u8; 32]> {
    let mut hashers = vec![Sha256::new(); messages.len()];
    let mut inputs: Vec<_> =
        hashers.iter_mut().zip(messages).map(|(hasher, bytes)| Input { hasher, bytes }).collect();
    update(&mut inputs);
    finish(hashers)
}

#[test]
fn a_kernel_that_this_cpu_cannot_run_is_refused() {
    let mut hasher = Sha256::new();
    let outcome = std::panic::catch_unwind(move || {
        update_many_with(Kernel::ShaNi(7), &mut [Input { hasher: &mut hasher, bytes: &[0; 64] }]);
    });
    assert!(outcome.is_err());
}

/// A message of that many bytes, in memory that ends where it ends, so that a tool sees a read after it.
fn message(length: usize, seed: usize) -> Box<[u8]> {
    let mut state = (length as u64) << 32 ^ seed as u64;
    let bytes: Vec<u8> = (0..length)
        .map(|_| {
            // A linear congruential generator (Knuth, The Art of Computer Programming, volume 2).
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect();
    bytes.into()
}
