//! What an x86-64 CPU can run, and which kernel is best on it. The only door to the kernels with unsafe code: everything
//! that they rely on is checked here.

use std::arch::x86_64::{__cpuid, _MM_HINT_T0, _mm_prefetch};
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use super::{Kernel, avx2, avx512, sha_ni};
use crate::schedule::Work;

/// How many messages the kernels with SHA instructions can interleave.
const WIDTHS: RangeInclusive<usize> = 1..=6;

/// From how many lanes in use on the 16 lanes of AVX-512 are faster than interleaved SHA instructions. Measured on Intel
/// Granite Rapids: 2.40 GB/s by SHA instructions whatever the number; by AVX-512 2.36 with 9 lanes in use, 2.62 with 10.
/// What is known of AMD Zen 5 (3.6 GB/s, and 5.2 to 7 with 16 lanes in use) puts it between 9 and 11 there.
const AVX512_FROM: usize = 10;

/// The same, compared with one message after the other without SHA instructions: there 0.37 GB/s, and by AVX-512 0.26
/// for each lane in use.
const AVX512_FROM_WITHOUT_SHA: usize = 2;

/// From how many lanes in use on AVX2 is faster than that: 0.19 GB/s for each lane in use.
const AVX2_FROM: usize = 3;

/// What the CPU has, as far as a kernel asks for it.
struct Cpu {
    /// SHA, with SSSE3 and SSE4.1.
    sha: bool,
    avx2: bool,
    /// F and BW, and VL for the narrow forms.
    avx512: bool,
    /// Whether AMD made it. Its CPUs can start `sha256rnds2` every two cycles and do four vector operations at once, but
    /// Zen 5 needs two cycles for each. Those of Intel start `sha256rnds2` every three cycles, later if `sha256msg1`
    /// comes between, and do two operations of 512 bits at once, in one cycle each.
    amd: bool,
}

static CPU: LazyLock<Cpu> = LazyLock::new(|| Cpu {
    sha: is_x86_feature_detected!("sha")
        && is_x86_feature_detected!("ssse3")
        && is_x86_feature_detected!("sse4.1"),
    avx2: is_x86_feature_detected!("avx2"),
    avx512: is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl"),
    amd: {
        let vendor = __cpuid(0);
        [vendor.ebx, vendor.edx, vendor.ecx] == [*b"Auth", *b"enti", *b"cAMD"].map(u32::from_le_bytes)
    },
});

pub(super) fn can_run(kernel: Kernel) -> bool {
    match kernel {
        Kernel::Portable => true,
        Kernel::ShaNi(width) => CPU.sha && WIDTHS.contains(&width),
        Kernel::ShaNiAvx512(width) | Kernel::ShaNiRotates(width) => {
            CPU.sha && CPU.avx512 && WIDTHS.contains(&width)
        }
        Kernel::Avx2 => CPU.avx2,
        Kernel::Avx512 | Kernel::Avx512Short => CPU.avx512,
    }
}

pub(super) fn best(lanes: usize) -> Kernel {
    match *CPU {
        Cpu { sha: true, avx512: true, amd, .. } => match (lanes, amd) {
            (AVX512_FROM.., false) => Kernel::Avx512,
            (AVX512_FROM.., true) => Kernel::Avx512Short,
            (2.., false) => Kernel::ShaNiRotates(6),
            _ => Kernel::ShaNiAvx512(6),
        },
        // More than three need more registers than there are.
        Cpu { sha: true, .. } => Kernel::ShaNi(3),
        Cpu { avx512: true, .. } if lanes >= AVX512_FROM_WITHOUT_SHA => Kernel::Avx512,
        Cpu { avx2: true, .. } if lanes >= AVX2_FROM => Kernel::Avx2,
        _ => Kernel::Portable,
    }
}

/// Compresses the next `count` blocks of each lane.
///
/// # Panics
/// Where this CPU cannot run the kernel, or a lane has fewer blocks.
pub(super) fn compress(kernel: Kernel, lanes: &mut [Work<'_>], count: usize) {
    assert!(can_run(kernel), "this CPU cannot run {kernel:?}");
    match kernel {
        Kernel::Portable => unreachable!("it is no kernel of x86-64"),
        Kernel::ShaNi(width) => in_groups(width, lanes, |group| {
            // SAFETY: `can_run` found SHA, SSSE3 and SSE4.1.
            unsafe { sha_ni::sse::compress(group, count) }
        }),
        Kernel::ShaNiAvx512(width) => in_groups(width, lanes, |group| {
            // SAFETY: `can_run` found SHA, and of AVX-512 F, BW and VL.
            unsafe { sha_ni::avx512::compress(group, count) }
        }),
        Kernel::ShaNiRotates(width) => in_groups(width, lanes, |group| {
            // SAFETY: `can_run` found SHA, and of AVX-512 F, BW and VL.
            unsafe { sha_ni::rotates::compress(group, count) }
        }),
        Kernel::Avx2 => in_groups(8, lanes, |group| {
            // SAFETY: `can_run` found AVX2.
            unsafe { avx2::compress(group, count) }
        }),
        Kernel::Avx512 => in_groups(16, lanes, |group| {
            // SAFETY: `can_run` found of AVX-512 F and BW.
            unsafe { avx512::compress::<false>(group, count) }
        }),
        Kernel::Avx512Short => in_groups(16, lanes, |group| {
            // SAFETY: `can_run` found of AVX-512 F and BW.
            unsafe { avx512::compress::<true>(group, count) }
        }),
    }
}

/// Calls the kernel on as few groups of lanes as there can be, of sizes as equal as can be.
fn in_groups<'a>(width: usize, mut lanes: &mut [Work<'a>], kernel: impl Fn(&mut [Work<'a>])) {
    for groups in (1..=lanes.len().div_ceil(width)).rev() {
        let (group, rest) = lanes.split_at_mut(lanes.len().div_ceil(groups));
        kernel(group);
        lanes = rest;
    }
}

/// Asks for the cache line of an address, which may be any. The prefetcher of the CPU stops at the end of a page, and
/// starts slowly after it, most of all on bytes that another core has just written.
#[target_feature(enable = "sse")]
pub(super) fn prefetch(address: *const u8) {
    _mm_prefetch::<_MM_HINT_T0>(address.cast());
}
