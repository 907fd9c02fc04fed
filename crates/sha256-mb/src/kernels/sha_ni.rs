//! One to six messages by the SHA extensions of x86-64, their instructions interleaved.
//!
//! `sha256rnds2` does two rounds and takes four cycles, but the next can start after two (AMD) or three (Intel). One
//! message waits for each result; others fill the gaps.
//!
//! The state is kept as the instructions want it: one register with the words a, b, e, f, one with c, d, g, h, the
//! first in the highest position.

use std::arch::x86_64::*;
use std::array::from_fn;

use super::x86_64::prefetch;
use crate::constants::K;
use crate::hasher::BLOCK;
use crate::schedule::Work;

/// How far ahead of the block under work a block is asked for, in bytes. The prefetcher of the CPU stops at the end of
/// a page, and starts slowly after it, most of all on bytes that another core has just written.
const AHEAD: usize = 2048;

/// Makes the module `$name` with the kernel for CPUs with `$features`, where `$message1` does what `sha256msg1` does. Its
/// code is the same for all of them, but not the instructions that it becomes: with AVX-512 there are 32 registers for
/// all but the SHA instructions themselves.
macro_rules! sha_ni {
    ($name:ident, $features:literal, $message1:ident) => {
        pub(super) mod $name {
            use super::*;

            /// Compresses `count` blocks of one to six lanes.
            ///
            /// # Panics
            /// Where there are more or fewer lanes, or a lane has fewer blocks.
            #[target_feature(enable = $features)]
            pub(in super::super) fn compress(lanes: &mut [Work<'_>], count: usize) {
                match lanes.len() {
                    1 => lanes_of::<1>(lanes, count),
                    2 => lanes_of::<2>(lanes, count),
                    3 => lanes_of::<3>(lanes, count),
                    4 => lanes_of::<4>(lanes, count),
                    5 => lanes_of::<5>(lanes, count),
                    6 => lanes_of::<6>(lanes, count),
                    other => panic!("{other} lanes"),
                }
            }

            #[target_feature(enable = $features)]
            fn lanes_of<const N: usize>(lanes: &mut [Work<'_>], count: usize) {
                let lanes: &mut [Work<'_>; N] = lanes.try_into().expect("the caller counted them");
                let starts: [*const u8; N] = from_fn(|lane| lanes[lane].blocks[..count].as_ptr().cast());
                // Byte swap of each 32-bit word.
                let swap = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
                let mut abef = [_mm_setzero_si128(); N];
                let mut cdgh = [_mm_setzero_si128(); N];
                for lane in 0..N {
                    let [a, b, c, d, e, f, g, h] = lanes[lane].state.map(u32::cast_signed);
                    abef[lane] = _mm_set_epi32(a, b, e, f);
                    cdgh[lane] = _mm_set_epi32(c, d, g, h);
                }

                for block in 0..count {
                    let before = (abef, cdgh);
                    let mut w = [[_mm_setzero_si128(); N]; 4];

                    // Loads four words of each lane and does their rounds.
                    macro_rules! load {
                                ($quad:literal) => {
                                    let k = k($quad);
                                    for lane in 0..N {
                                        let at = starts[lane].wrapping_add(block * BLOCK + $quad * 16);
                                        // SAFETY: `block` is below `count`, and `starts` points to so many blocks, of which
                                        // this is a quarter.
                                        let words = unsafe { _mm_loadu_si128(at.cast()) };
                                        w[$quad][lane] = _mm_shuffle_epi8(words, swap);
                                        rounds!(lane, w[$quad][lane], k);
                                    }
                                };
                            }
                    // Computes the next four words of each lane (FIPS 180-4, section 6.2.2, step 1) and does their
                    // rounds.
                    macro_rules! extend {
                        ($quad:literal) => {
                            let k = k($quad);
                            for lane in 0..N {
                                let [w0, w1, w2, w3] = from_fn(|i| w[($quad + i) % 4][lane]);
                                let sum =
                                    _mm_add_epi32($message1(w0, w1), _mm_alignr_epi8(w3, w2, 4));
                                w[$quad % 4][lane] = _mm_sha256msg2_epu32(sum, w3);
                                rounds!(lane, w[$quad % 4][lane], k);
                            }
                        };
                    }
                    macro_rules! rounds {
                        ($lane:ident, $words:expr, $k:ident) => {
                            let sum = _mm_add_epi32($words, $k);
                            cdgh[$lane] = _mm_sha256rnds2_epu32(cdgh[$lane], abef[$lane], sum);
                            let high = _mm_shuffle_epi32(sum, 0x0e);
                            abef[$lane] = _mm_sha256rnds2_epu32(abef[$lane], cdgh[$lane], high);
                        };
                    }
                    for start in starts {
                        prefetch(start.wrapping_add(block * BLOCK + AHEAD));
                    }
                    load!(0);
                    load!(1);
                    load!(2);
                    load!(3);
                    extend!(4);
                    extend!(5);
                    extend!(6);
                    extend!(7);
                    extend!(8);
                    extend!(9);
                    extend!(10);
                    extend!(11);
                    extend!(12);
                    extend!(13);
                    extend!(14);
                    extend!(15);

                    for lane in 0..N {
                        abef[lane] = _mm_add_epi32(abef[lane], before.0[lane]);
                        cdgh[lane] = _mm_add_epi32(cdgh[lane], before.1[lane]);
                    }
                }

                for lane in 0..N {
                    let [f, e, b, a] = words(abef[lane]);
                    let [h, g, d, c] = words(cdgh[lane]);
                    *lanes[lane].state = [a, b, c, d, e, f, g, h];
                }
            }
        }
    };
}

sha_ni!(sse, "sha,ssse3,sse4.1", message1);
sha_ni!(avx512, "sha,avx512f,avx512bw,avx512vl", message1);
sha_ni!(rotates, "sha,avx512f,avx512bw,avx512vl", message1_by_rotates);

/// The first half of the schedule for four words: of each word, itself and sigma 0 of the word after it.
#[target_feature(enable = "sha")]
fn message1(w0: __m128i, w1: __m128i) -> __m128i {
    _mm_sha256msg1_epu32(w0, w1)
}

/// The same without `sha256msg1`. Where that keeps `sha256rnds2` from its unit, six other instructions are faster.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn message1_by_rotates(w0: __m128i, w1: __m128i) -> __m128i {
    let next = _mm_alignr_epi8::<4>(w1, w0);
    let (seven, eighteen) = (_mm_ror_epi32::<7>(next), _mm_ror_epi32::<18>(next));
    _mm_add_epi32(w0, _mm_ternarylogic_epi32::<0x96>(seven, eighteen, _mm_srli_epi32::<3>(next)))
}

/// The constants of four rounds.
#[target_feature(enable = "sse2")]
fn k(quad: usize) -> __m128i {
    let [k0, k1, k2, k3] = from_fn(|i| K.0[4 * quad + i].cast_signed());
    _mm_set_epi32(k3, k2, k1, k0)
}

/// The words of a register, the lowest first.
#[target_feature(enable = "sse4.1")]
fn words(register: __m128i) -> [u32; 4] {
    let low = _mm_cvtsi128_si64(register).cast_unsigned();
    let high = _mm_extract_epi64::<1>(register).cast_unsigned();
    [low as u32, (low >> 32) as u32, high as u32, (high >> 32) as u32]
}
