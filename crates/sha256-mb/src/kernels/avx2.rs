//! Eight messages by AVX2: each register holds the same word of eight messages. For CPUs without the SHA extensions.

use std::arch::x86_64::*;
use std::array::from_fn;

use crate::constants::K;
use crate::hasher::BLOCK;
use crate::schedule::Work;

/// Compresses `count` blocks of one to eight lanes. It takes as long for one as for eight.
///
/// # Panics
/// Where there are more or fewer lanes, or a lane has fewer blocks.
#[target_feature(enable = "avx2")]
pub(super) fn compress(lanes: &mut [Work<'_>], count: usize) {
    assert!((1..=8).contains(&lanes.len()), "{} lanes", lanes.len());
    // Lanes without work do that of the first, which is in the cache, and forget the outcome.
    let starts: [*const u8; 8] =
        from_fn(|lane| lanes.get(lane).unwrap_or(&lanes[0]).blocks[..count].as_ptr().cast());
    let mut state = load_state(lanes);

    for block in 0..count {
        let before = state;
        // SAFETY: `starts` are those of slices of `count` blocks.
        let mut w = unsafe { load_block(&starts, block) };
        for (quarter, k) in K.0.as_chunks::<16>().0.iter().enumerate() {
            for t in 0..16 {
                if quarter > 0 {
                    w[t] = add(
                        add(w[t], small_sigma0(w[(t + 1) % 16])),
                        add(w[(t + 9) % 16], small_sigma1(w[(t + 14) % 16])),
                    );
                }
                state = round(state, add(w[t], _mm256_set1_epi32(k[t].cast_signed())));
            }
        }
        for (word, before) in state.iter_mut().zip(before) {
            *word = add(*word, before);
        }
    }

    store_state(lanes, state);
}

/// One round (FIPS 180-4, section 6.2.2, step 3), with the sum of its word and its constant.
#[target_feature(enable = "avx2")]
fn round([a, b, c, d, e, f, g, h]: [__m256i; 8], wk: __m256i) -> [__m256i; 8] {
    // These forms of choice and majority are an operation shorter than those of the standard.
    let choice = xor(g, and(e, xor(f, g)));
    let majority = xor(and(xor(a, b), xor(b, c)), b);
    let sum = add(add(add(h, wk), choice), big_sigma1(e));
    [add(add(sum, big_sigma0(a)), majority), a, b, c, add(d, sum), e, f, g]
}

/// The words of block `block` of each lane.
///
/// # Safety
/// Each of `starts` points to more than `block` blocks.
#[target_feature(enable = "avx2")]
unsafe fn load_block(starts: &[*const u8; 8], block: usize) -> [__m256i; 16] {
    let swap = _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203));
    let half = |half: usize| {
        let rows = from_fn(|lane| {
            let at = starts[lane].wrapping_add(block * BLOCK + half * 32);
            // SAFETY: the caller sees to it that there is such a block, of which this is a half.
            _mm256_shuffle_epi8(unsafe { _mm256_loadu_si256(at.cast()) }, swap)
        });
        transpose(rows)
    };
    let (first, second) = (half(0), half(1));
    from_fn(|word| if word < 8 { first[word] } else { second[word - 8] })
}

/// The states of the lanes, word by word.
#[target_feature(enable = "avx2")]
fn load_state(lanes: &[Work<'_>]) -> [__m256i; 8] {
    transpose(from_fn(|lane| match lanes.get(lane) {
        // SAFETY: a state is 32 bytes.
        Some(work) => unsafe { _mm256_loadu_si256(work.state.as_ptr().cast()) },
        None => _mm256_setzero_si256(),
    }))
}

#[target_feature(enable = "avx2")]
fn store_state(lanes: &mut [Work<'_>], state: [__m256i; 8]) {
    for (work, row) in lanes.iter_mut().zip(transpose(state)) {
        // SAFETY: a state is 32 bytes.
        unsafe { _mm256_storeu_si256(work.state.as_mut_ptr().cast(), row) }
    }
}

/// Makes columns of rows: first in blocks of 4 by 4 words, then of 2 by 2 blocks.
#[target_feature(enable = "avx2")]
fn transpose(rows: [__m256i; 8]) -> [__m256i; 8] {
    let pairs: [__m256i; 8] = from_fn(|i| {
        let (upper, lower) = (rows[i / 4 * 4 + i % 2 * 2], rows[i / 4 * 4 + i % 2 * 2 + 1]);
        if i % 4 < 2 { _mm256_unpacklo_epi32(upper, lower) } else { _mm256_unpackhi_epi32(upper, lower) }
    });
    let fours: [__m256i; 8] = from_fn(|i| {
        let (upper, lower) = (pairs[i / 2 * 2], pairs[i / 2 * 2 + 1]);
        if i % 2 < 1 { _mm256_unpacklo_epi64(upper, lower) } else { _mm256_unpackhi_epi64(upper, lower) }
    });
    from_fn(|i| {
        let (upper, lower) = (fours[i % 4], fours[i % 4 + 4]);
        if i < 4 {
            _mm256_permute2x128_si256::<0x20>(upper, lower)
        } else {
            _mm256_permute2x128_si256::<0x31>(upper, lower)
        }
    })
}

#[target_feature(enable = "avx2")]
fn add(x: __m256i, y: __m256i) -> __m256i {
    _mm256_add_epi32(x, y)
}

#[target_feature(enable = "avx2")]
fn xor(x: __m256i, y: __m256i) -> __m256i {
    _mm256_xor_si256(x, y)
}

#[target_feature(enable = "avx2")]
fn and(x: __m256i, y: __m256i) -> __m256i {
    _mm256_and_si256(x, y)
}

/// Rotates each word right by `N` bits; `M` is 32 - `N`.
#[target_feature(enable = "avx2")]
fn rotate<const N: i32, const M: i32>(x: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_srli_epi32::<N>(x), _mm256_slli_epi32::<M>(x))
}

// FIPS 180-4, section 4.1.2.

#[target_feature(enable = "avx2")]
fn big_sigma0(x: __m256i) -> __m256i {
    xor(rotate::<2, 30>(x), xor(rotate::<13, 19>(x), rotate::<22, 10>(x)))
}

#[target_feature(enable = "avx2")]
fn big_sigma1(x: __m256i) -> __m256i {
    xor(rotate::<6, 26>(x), xor(rotate::<11, 21>(x), rotate::<25, 7>(x)))
}

#[target_feature(enable = "avx2")]
fn small_sigma0(x: __m256i) -> __m256i {
    xor(rotate::<7, 25>(x), xor(rotate::<18, 14>(x), _mm256_srli_epi32::<3>(x)))
}

#[target_feature(enable = "avx2")]
fn small_sigma1(x: __m256i) -> __m256i {
    xor(rotate::<17, 15>(x), xor(rotate::<19, 13>(x), _mm256_srli_epi32::<10>(x)))
}
