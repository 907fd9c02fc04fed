//! Sixteen messages by AVX-512: each register holds the same word of sixteen messages.

use std::arch::asm;
use std::arch::x86_64::*;
use std::array::from_fn;

use super::x86_64::prefetch;
use crate::constants::K;
use crate::hasher::BLOCK;
use crate::schedule::Work;

/// How far ahead of the block under work a block is asked for, in bytes.
const AHEAD: usize = 512;

/// Compresses `count` blocks of one to sixteen lanes. It takes as long for one as for sixteen.
///
/// There are two ways to do the additions of a round. With `SHORT` they are eight, and the path from round to round is
/// three operations long; else they are seven, and it is four. The first is for CPUs that do four operations at once
/// and need two cycles for each, the second for those that do two at once.
///
/// # Panics
/// Where there are more or fewer lanes, or a lane has fewer blocks.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn compress<const SHORT: bool>(lanes: &mut [Work<'_>], count: usize) {
    assert!((1..=16).contains(&lanes.len()), "{} lanes", lanes.len());
    // Lanes without work do that of the first, which is in the cache, and forget the outcome.
    let starts: [*const u8; 16] =
        from_fn(|lane| lanes.get(lane).unwrap_or(&lanes[0]).blocks[..count].as_ptr().cast());
    let mut state = load_state(lanes);

    for block in 0..count {
        let before = state;
        // SAFETY: `starts` are those of slices of `count` blocks.
        let mut w = unsafe { load_block(&starts, block) };

        // One round (FIPS 180-4, section 6.2.2, step 3). The words of the state stay where they are; their names go
        // round instead. The next round waits for e and for a, so that what is known early is added first.
        macro_rules! round {
            ($t:literal, $k:expr) => {
                let [a, b, c, d, e, f, g, h] = from_fn(|i| (i + 16 - $t) % 8);
                let choice = _mm512_ternarylogic_epi32::<0xca>(state[e], state[f], state[g]);
                let majority = _mm512_ternarylogic_epi32::<0xe8>(state[a], state[b], state[c]);
                let sigma1 = big_sigma1(state[e]);
                let early = add(state[h], add(w[$t], _mm512_set1_epi32($k.cast_signed())));
                let early = add_here(early, choice);
                let sum = add_here(early, sigma1);
                state[d] =
                    if SHORT { add_here(add_here(state[d], early), sigma1) } else { add_here(state[d], sum) };
                state[h] = add_here(add_here(sum, majority), big_sigma0(state[a]));
            };
        }
        // The word of the round 16 later takes the place of this round's (step 1).
        macro_rules! extend {
            ($t:literal) => {
                w[$t] = add(
                    add(w[$t], small_sigma0(w[($t + 1) % 16])),
                    add(w[($t + 9) % 16], small_sigma1(w[($t + 14) % 16])),
                );
            };
        }
        macro_rules! all {
            ($each:ident) => {
                $each!(0);
                $each!(1);
                $each!(2);
                $each!(3);
                $each!(4);
                $each!(5);
                $each!(6);
                $each!(7);
                $each!(8);
                $each!(9);
                $each!(10);
                $each!(11);
                $each!(12);
                $each!(13);
                $each!(14);
                $each!(15);
            };
        }
        let (quarters, _) = K.0.as_chunks::<16>();
        for k in &quarters[..3] {
            macro_rules! both {
                ($t:literal) => {
                    round!($t, k[$t]);
                    extend!($t);
                };
            }
            all!(both);
        }
        macro_rules! last {
            ($t:literal) => {
                round!($t, quarters[3][$t]);
                // One lane a round, because only so many lines can be under way at a time.
                prefetch(starts[$t].wrapping_add(block * BLOCK + AHEAD));
            };
        }
        all!(last);

        for (word, before) in state.iter_mut().zip(before) {
            *word = add(*word, before);
        }
    }

    store_state(lanes, state);
}

/// The words of block `block` of each lane.
///
/// # Safety
/// Each of `starts` points to more than `block` blocks.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn load_block(starts: &[*const u8; 16], block: usize) -> [__m512i; 16] {
    let swap = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203));
    let rows = from_fn(|lane| {
        let at = starts[lane].wrapping_add(block * BLOCK);
        // SAFETY: the caller sees to it that there is such a block.
        unsafe { _mm512_loadu_si512(at.cast()) }
    });
    let mut words = transpose(rows);
    for word in &mut words {
        *word = _mm512_shuffle_epi8(*word, swap);
    }
    words
}

/// The states of the lanes, word by word.
#[target_feature(enable = "avx512f")]
fn load_state(lanes: &[Work<'_>]) -> [__m512i; 8] {
    let rows = from_fn(|lane| match lanes.get(lane) {
        // SAFETY: a state is 32 bytes.
        Some(work) => _mm512_zextsi256_si512(unsafe { _mm256_loadu_si256(work.state.as_ptr().cast()) }),
        None => _mm512_setzero_si512(),
    });
    let words = transpose(rows);
    from_fn(|word| words[word])
}

#[target_feature(enable = "avx512f")]
fn store_state(lanes: &mut [Work<'_>], state: [__m512i; 8]) {
    let words = from_fn(|word| state.get(word).copied().unwrap_or(_mm512_setzero_si512()));
    for (work, row) in lanes.iter_mut().zip(transpose(words)) {
        let row = _mm512_castsi512_si256(row);
        // SAFETY: a state is 32 bytes.
        unsafe { _mm256_storeu_si256(work.state.as_mut_ptr().cast(), row) }
    }
}

/// Makes columns of rows: first in blocks of 4 by 4 words, then of 4 by 4 blocks.
#[target_feature(enable = "avx512f")]
fn transpose(rows: [__m512i; 16]) -> [__m512i; 16] {
    let pairs: [__m512i; 16] = from_fn(|i| {
        let (upper, lower) = (rows[i / 4 * 4 + i % 2 * 2], rows[i / 4 * 4 + i % 2 * 2 + 1]);
        if i % 4 < 2 { _mm512_unpacklo_epi32(upper, lower) } else { _mm512_unpackhi_epi32(upper, lower) }
    });
    let fours: [__m512i; 16] = from_fn(|i| {
        let (upper, lower) = (pairs[i / 2 * 2], pairs[i / 2 * 2 + 1]);
        if i % 2 < 1 { _mm512_unpacklo_epi64(upper, lower) } else { _mm512_unpackhi_epi64(upper, lower) }
    });
    // Row i of `fours` now has, in its quarter q, the words of column 4q + i % 4, of the rows of group i / 4.
    let halves: [__m512i; 16] = from_fn(|i| {
        let (upper, lower) = (fours[i / 8 * 8 + i % 4], fours[i / 8 * 8 + i % 4 + 4]);
        if i % 8 < 4 {
            _mm512_shuffle_i32x4::<0b10_00_10_00>(upper, lower)
        } else {
            _mm512_shuffle_i32x4::<0b11_01_11_01>(upper, lower)
        }
    });
    from_fn(|i| {
        // Quarters 0 and 2 of `fours` are in the first half of each eight, 1 and 3 in the second.
        let (upper, lower) = (halves[i / 4 % 2 * 4 + i % 4], halves[i / 4 % 2 * 4 + i % 4 + 8]);
        if i < 8 {
            _mm512_shuffle_i32x4::<0b10_00_10_00>(upper, lower)
        } else {
            _mm512_shuffle_i32x4::<0b11_01_11_01>(upper, lower)
        }
    })
}

#[target_feature(enable = "avx512f")]
fn add(x: __m512i, y: __m512i) -> __m512i {
    _mm512_add_epi32(x, y)
}

/// A sum that the compiler computes just so. It moves other additions about as if all were equally early, which makes
/// the path from one round to the next longer.
#[target_feature(enable = "avx512f")]
fn add_here(x: __m512i, y: __m512i) -> __m512i {
    let sum;
    // SAFETY: this is one addition of registers, whose instruction the enabled feature brings. It changes nothing but
    // its outcome.
    unsafe {
        asm!("vpaddd {sum}, {x}, {y}", sum = lateout(zmm_reg) sum, x = in(zmm_reg) x, y = in(zmm_reg) y,
            options(pure, nomem, nostack, preserves_flags));
    }
    sum
}

#[target_feature(enable = "avx512f")]
fn xor3(x: __m512i, y: __m512i, z: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0x96>(x, y, z)
}

// FIPS 180-4, section 4.1.2.

#[target_feature(enable = "avx512f")]
fn big_sigma0(x: __m512i) -> __m512i {
    xor3(_mm512_ror_epi32::<2>(x), _mm512_ror_epi32::<13>(x), _mm512_ror_epi32::<22>(x))
}

#[target_feature(enable = "avx512f")]
fn big_sigma1(x: __m512i) -> __m512i {
    xor3(_mm512_ror_epi32::<6>(x), _mm512_ror_epi32::<11>(x), _mm512_ror_epi32::<25>(x))
}

#[target_feature(enable = "avx512f")]
fn small_sigma0(x: __m512i) -> __m512i {
    xor3(_mm512_ror_epi32::<7>(x), _mm512_ror_epi32::<18>(x), _mm512_srli_epi32::<3>(x))
}

#[target_feature(enable = "avx512f")]
fn small_sigma1(x: __m512i) -> __m512i {
    xor3(_mm512_ror_epi32::<17>(x), _mm512_ror_epi32::<19>(x), _mm512_srli_epi32::<10>(x))
}
