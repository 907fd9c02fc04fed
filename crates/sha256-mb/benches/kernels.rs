//! Throughput of every kernel at every number of lanes: `cargo bench -p sha256-mb`. Beside it, a single stream by
//! aws-lc-rs.
//!
//! Each lane gets pieces of 32 KiB from buffers that start a multiple of a power of two apart, or staggered by three
//! cache lines. For ratios, take `cargo run --release -p sha256-mb --example ratios`: it lets the candidates take turns.

use std::hint::black_box;

use aws_lc_rs::digest::{Context, SHA256};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sha256_mb::kernels::{Kernel, update_many_with};
use sha256_mb::{Input, Sha256, update_many};

/// What each lane gets per call, in bytes.
const PIECE: usize = 32 * 1024;

fn single(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("single stream");
    group.throughput(Throughput::Bytes(PIECE as u64));
    let bytes = vec![7; PIECE];
    let mut hasher = Sha256::new();
    group.bench_function("update", |bench| bench.iter(|| hasher.update(black_box(&bytes))));
    let mut context = Context::new(&SHA256);
    group.bench_function("aws-lc-rs", |bench| bench.iter(|| context.update(black_box(&bytes))));
}

fn many(criterion: &mut Criterion) {
    for (name, stride) in [("staggered", PIECE + 192), ("power of two", PIECE)] {
        let bytes = vec![7; 16 * stride + 4096];
        let pieces: Vec<&[u8]> = bytes[bytes.as_ptr().align_offset(4096)..]
            .chunks(stride)
            .take(16)
            .map(|piece| &piece[..PIECE])
            .collect();
        let kernels = Kernel::available().into_iter().map(Some).chain([None]);
        for kernel in kernels {
            let label = kernel.map_or("best".to_owned(), |kernel| format!("{kernel:?}"));
            let mut group = criterion.benchmark_group(format!("{label}, {name}"));
            for lanes in lanes(kernel) {
                group.throughput(Throughput::Bytes((lanes * PIECE) as u64));
                let mut hashers = vec![Sha256::new(); lanes];
                group.bench_function(format!("{lanes} lanes"), |bench| {
                    bench.iter(|| {
                        let mut inputs: Vec<_> = hashers
                            .iter_mut()
                            .zip(&pieces)
                            .map(|(hasher, bytes)| Input { hasher, bytes: black_box(bytes) })
                            .collect();
                        match kernel {
                            Some(kernel) => update_many_with(kernel, &mut inputs),
                            None => update_many(&mut inputs),
                        }
                    });
                });
            }
        }
    }
}

/// At how many lanes a kernel is of interest.
fn lanes(kernel: Option<Kernel>) -> Vec<usize> {
    match kernel {
        Some(Kernel::Portable) => vec![1],
        Some(Kernel::ShaNi(width) | Kernel::ShaNiAvx512(width) | Kernel::ShaNiRotates(width)) => vec![width],
        Some(Kernel::Avx2) => vec![2, 3, 4, 8],
        Some(Kernel::Avx512 | Kernel::Avx512Short) => vec![2, 3, 4, 8, 9, 10, 12, 16],
        None => (1..=16).collect(),
    }
}

criterion_group!(benches, single, many);
criterion_main!(benches);
