//! Any pieces of any messages, added in any order by any kernels, give the digests of the messages.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sha2::Digest as _;
use sha256_mb::kernels::{Kernel, finish_many_with, update_many_with};
use sha256_mb::{Input, Sha256, finish_many, update_many};

/// How many messages there are. More than two times the lanes, so that lanes change hands.
const MESSAGES: usize = 40;

#[derive(Arbitrary, Debug)]
struct Case {
    steps: Vec<Step>,
    end: Choice,
}

#[derive(Arbitrary, Debug)]
enum Step {
    /// Adds a piece to each message from `first` on, and skips those whose piece is `None`.
    Together {
        choice: Choice,
        first: u8,
        pieces: Vec<Option<Piece>>,
    },
    Alone {
        message: u8,
        piece: Piece,
    },
    /// Goes on from a copy of another message.
    Clone {
        from: u8,
        to: u8,
    },
}

/// The best kernel, or one of the list.
#[derive(Arbitrary, Debug)]
struct Choice(Option<u8>);

impl Choice {
    fn kernel(&self) -> Option<Kernel> {
        let kernels = Kernel::available();
        self.0.map(|index| kernels[index as usize % kernels.len()])
    }
}

/// Bytes that are the same value over and over, or that the fuzzer chose.
#[derive(Arbitrary, Debug)]
enum Piece {
    Same { value: u8, length: u16 },
    Chosen(Vec<u8>),
}

impl Piece {
    /// In memory that ends where they end, so that a read after them is seen.
    fn bytes(&self) -> Box<[u8]> {
        match self {
            Self::Same { value, length } => vec![*value; usize::from(*length) % 3000].into(),
            Self::Chosen(bytes) => bytes.as_slice().into(),
        }
    }
}

fuzz_target!(|case: Case| {
    let mut messages = vec![Vec::new(); MESSAGES];
    let mut hashers = vec![Sha256::new(); MESSAGES];
    for step in &case.steps {
        match step {
            Step::Together { choice, first, pieces } => {
                let first = usize::from(*first) % MESSAGES;
                let pieces: Vec<(usize, Box<[u8]>)> = pieces
                    .iter()
                    .enumerate()
                    .filter_map(|(index, piece)| Some((first + index, piece.as_ref()?.bytes())))
                    .take_while(|(index, _)| *index < MESSAGES)
                    .collect();
                let mut chosen = pieces.iter().peekable();
                let mut inputs = Vec::new();
                for (index, hasher) in hashers.iter_mut().enumerate() {
                    if let Some((_, bytes)) = chosen.next_if(|(chosen, _)| *chosen == index) {
                        inputs.push(Input { hasher, bytes });
                    }
                }
                match choice.kernel() {
                    Some(kernel) => update_many_with(kernel, &mut inputs),
                    None => update_many(&mut inputs),
                }
                for (index, bytes) in &pieces {
                    messages[*index].extend_from_slice(bytes);
                }
            }
            Step::Alone { message, piece } => {
                let index = usize::from(*message) % MESSAGES;
                hashers[index].update(&piece.bytes());
                messages[index].extend_from_slice(&piece.bytes());
            }
            Step::Clone { from, to } => {
                let (from, to) = (usize::from(*from) % MESSAGES, usize::from(*to) % MESSAGES);
                hashers[to] = hashers[from].clone();
                messages[to] = messages[from].clone();
            }
        }
    }
    let digests = match case.end.kernel() {
        Some(kernel) => finish_many_with(kernel, hashers),
        None => finish_many(hashers),
    };
    for (message, digest) in messages.iter().zip(digests) {
        assert_eq!(sha2::Sha256::digest(message)[..], digest);
    }
});
