//! Pieces of many messages, added in any order, together or alone, give the digests of the messages.

mod common;

use common::expected;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use sha256_mb::kernels::{Kernel, finish_many_with, update_many_with};
use sha256_mb::{Input, Sha256, finish_many, update_many};

/// Adds a piece to each of the first so many messages, or to one alone.
#[derive(Clone, Debug)]
enum Step {
    Together(Option<Index>, Vec<Vec<u8>>),
    Alone(Index, Vec<u8>),
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![3 => vec(any::<u8>(), 0..200), 1 => vec(any::<u8>(), 0..2000)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<Option<Index>>(), vec(piece(), 0..40)).prop_map(|(kernel, pieces)| Step::Together(kernel, pieces)),
        1 => (any::<Index>(), piece()).prop_map(|(message, piece)| Step::Alone(message, piece)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn any_interleaving(steps in vec(step(), 1..8), end in any::<Option<Index>>()) {
        let kernels = Kernel::available();
        let mut messages = vec![Vec::new(); 40];
        let mut hashers = vec![Sha256::new(); 40];
        for step in steps {
            match step {
                Step::Together(kernel, pieces) => {
                    let mut inputs: Vec<_> =
                        hashers.iter_mut().zip(&pieces).map(|(hasher, bytes)| Input { hasher, bytes }).collect();
                    match kernel {
                        Some(kernel) => update_many_with(*kernel.get(&kernels), &mut inputs),
                        None => update_many(&mut inputs),
                    }
                    for (message, piece) in messages.iter_mut().zip(pieces) {
                        message.extend(piece);
                    }
                }
                Step::Alone(message, piece) => {
                    hashers[message.index(40)].update(&piece);
                    messages[message.index(40)].extend(piece);
                }
            }
        }
        let digests = match end {
            Some(kernel) => finish_many_with(*kernel.get(&kernels), hashers),
            None => finish_many(hashers),
        };
        for (message, digest) in messages.iter().zip(digests) {
            prop_assert_eq!(expected(message), digest);
        }
    }
}
