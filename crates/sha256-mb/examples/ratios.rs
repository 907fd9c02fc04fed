//! Throughput of the kernels on this machine, side by side: `cargo run --release -p sha256-mb --example ratios`.
//!
//! All candidates take turns, for many rounds, and the medians are shown. So what else runs on the machine slows all of
//! them, and the ratios stay.
#![expect(clippy::print_stdout, reason = "it shows figures to whoever runs it")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{Context, SHA256};
use sha256_mb::kernels::{Kernel, update_many_with};
use sha256_mb::{Input, Sha256, update_many};

/// What each lane gets per call, in bytes.
const PIECE: usize = 32 * 1024;

/// By how much the starts of two buffers are moved against a multiple of `PIECE`.
const STAGGER: usize = 64 * 3;

type Candidate = (String, usize, Box<dyn FnMut()>);

fn main() {
    let rounds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(200);
    let mut candidates = vec![aws_lc(), single()];
    for kernel in Kernel::available() {
        let lanes = match kernel {
            Kernel::Portable => 1,
            Kernel::ShaNi(width) | Kernel::ShaNiAvx512(width) | Kernel::ShaNiRotates(width) => width,
            Kernel::Avx2 => 8,
            Kernel::Avx512 | Kernel::Avx512Short => 16,
        };
        candidates.push(many(Some(kernel), lanes, PIECE, STAGGER));
    }
    for lanes in 1..=16 {
        candidates.push(many(None, lanes, PIECE, STAGGER));
    }
    candidates.push(many(None, 16, PIECE, 0));
    for piece in [64, 256, 1024, 4096, 8192] {
        candidates.push(many(None, 16, piece, STAGGER));
    }
    let wanted: Vec<String> = std::env::args().skip(2).collect();
    if !wanted.is_empty() {
        let mut index = 0;
        candidates.retain(|(name, ..)| {
            index += 1;
            index <= 2 || wanted.iter().any(|word| name.contains(word.as_str()))
        });
    }
    measure(rounds, &mut candidates);
}

fn measure(rounds: usize, candidates: &mut [Candidate]) {
    let mut times = vec![Vec::new(); candidates.len()];
    for _ in 0..rounds {
        for ((_, _, run), times) in candidates.iter_mut().zip(&mut times) {
            let start = Instant::now();
            run();
            times.push(start.elapsed());
        }
    }
    let speeds: Vec<f64> = times
        .into_iter()
        .zip(&*candidates)
        .map(|(times, (_, bytes, _))| *bytes as f64 / median(times).as_secs_f64() / 1e9)
        .collect();
    for ((name, ..), speed) in candidates.iter().zip(&speeds) {
        println!("{name:<40} {speed:6.2} GB/s {:6.2} x update", speed / speeds[1]);
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn aws_lc() -> Candidate {
    let bytes = vec![7; 16 * PIECE];
    let mut context = Context::new(&SHA256);
    let run = move || bytes.chunks(PIECE).for_each(|piece| context.update(black_box(piece)));
    ("aws-lc-rs".to_owned(), 16 * PIECE, Box::new(run))
}

fn single() -> Candidate {
    let bytes = vec![7; 16 * PIECE];
    let mut hasher = Sha256::new();
    let run = move || bytes.chunks(PIECE).for_each(|piece| hasher.update(black_box(piece)));
    ("update".to_owned(), 16 * PIECE, Box::new(run))
}

fn many(kernel: Option<Kernel>, lanes: usize, piece: usize, stagger: usize) -> Candidate {
    let stride = piece + stagger;
    let bytes = vec![7; lanes * stride + 4096];
    let start = bytes.as_ptr().align_offset(4096);
    let mut hashers = vec![Sha256::new(); lanes];
    let run = move || {
        let pieces = bytes[start..].chunks(stride).map(|bytes| black_box(&bytes[..piece]));
        let mut inputs: Vec<_> =
            hashers.iter_mut().zip(pieces).map(|(hasher, bytes)| Input { hasher, bytes }).collect();
        match kernel {
            Some(kernel) => update_many_with(kernel, &mut inputs),
            None => update_many(&mut inputs),
        }
    };
    let name = kernel.map_or("best".to_owned(), |kernel| format!("{kernel:?}"));
    (format!("{name}, {lanes} lanes of {piece} + {stagger}"), lanes * piece, Box::new(run))
}
