//! Throughput on bytes that another core has just written: `cargo run --release -p sha256-mb --example handoff`.
#![expect(clippy::print_stdout, reason = "it shows figures to whoever runs it")]

use std::hint::black_box;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{Context, SHA256};
use sha256_mb::{Input, Sha256, update_many};

/// What is handed over at a time, in bytes.
const BUFFER: usize = 512 * 1024;

type Candidate = (&'static str, fn(&[u8]));

const CANDIDATES: [Candidate; 4] = [
    ("aws-lc-rs", aws_lc),
    ("update", update),
    ("16 lanes of 32 KiB", lanes::<16>),
    ("4 lanes of 128 KiB", lanes::<4>),
];

fn main() {
    let rounds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(200);
    let (empty_out, empty_in) = sync_channel::<Vec<u8>>(1);
    let (full_out, full_in) = sync_channel::<Vec<u8>>(1);
    let filler = thread::spawn(move || {
        for (mut buffer, value) in empty_in.into_iter().zip((0..=255).cycle()) {
            buffer.fill(value);
            if full_out.send(buffer).is_err() {
                return;
            }
        }
    });
    let mut buffer = vec![0; BUFFER];
    let mut times = [const { Vec::new() }; 2 * CANDIDATES.len()];
    for _ in 0..rounds {
        for (index, (_, run)) in CANDIDATES.iter().enumerate() {
            empty_out.send(buffer).expect("the other thread waits");
            buffer = full_in.recv().expect("the other thread answers");
            // First from the other core, then from this one.
            for times in &mut times[2 * index..][..2] {
                let start = Instant::now();
                run(black_box(&buffer));
                times.push(start.elapsed());
            }
        }
    }
    drop(empty_out);
    filler.join().expect("the other thread ends");
    for (times, (name, _)) in times.chunks_mut(2).zip(CANDIDATES) {
        let [from_other, from_own] = [0, 1].map(|index| speed(&mut times[index]));
        println!("{name:<20} {from_other:6.2} GB/s from the other core, {from_own:6.2} GB/s again");
    }
}

fn speed(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    BUFFER as f64 / times[times.len() / 2].as_secs_f64() / 1e9
}

fn aws_lc(bytes: &[u8]) {
    let mut context = Context::new(&SHA256);
    context.update(bytes);
    black_box(context);
}

fn update(bytes: &[u8]) {
    let mut hasher = Sha256::new();
    hasher.update(bytes);
    black_box(hasher);
}

fn lanes<const N: usize>(bytes: &[u8]) {
    let mut hashers = [const { Sha256::new() }; N];
    let mut inputs: Vec<_> = hashers
        .iter_mut()
        .zip(bytes.chunks(BUFFER / N))
        .map(|(hasher, bytes)| Input { hasher, bytes })
        .collect();
    update_many(&mut inputs);
    black_box(hashers);
}
