//! SHA-256 (FIPS 180-4) of many messages at once, as fast as one core can.
//!
//! One message cannot fill a core: each round of SHA-256 waits for the one before. Several messages can, because their
//! rounds do not wait for each other. This crate hashes up to 16 messages side by side, one in each *lane*, and gives
//! a lane to the next message as soon as one is used up.
//!
//! Whole messages in memory:
//!
//! ```
//! let digests = sha256_mb::digest_many(&[b"abc", b"", b"another message"]);
//! assert_eq!(digests[0][..4], [0xba, 0x78, 0x16, 0xbf]);
//! ```
//!
//! Messages that come in pieces, several at once:
//!
//! ```
//! use sha256_mb::{Input, Sha256, finish_many, update_many};
//!
//! let (mut first, mut second) = (Sha256::new(), Sha256::new());
//! update_many(&mut [
//!     Input { hasher: &mut first, bytes: b"a" },
//!     Input { hasher: &mut second, bytes: b"of another length" },
//! ]);
//! // One alone is as good.
//! first.update(b"bc");
//!
//! let digests = finish_many(vec![first, second]);
//! assert_eq!(digests[0], sha256_mb::digest_many(&[b"abc"])[0]);
//! ```
//!
//! # How
//!
//! What runs is decided by the CPU, when the program runs, and by how many messages are under way:
//!
//! - x86-64 with AVX-512: 16 lanes, each a 32-bit column of the 512-bit registers
//! - x86-64 with the SHA extensions: up to 6 lanes, whose instructions are interleaved
//! - x86-64 with AVX2 and without the SHA extensions: 8 lanes
//! - everything else: one message after the other, by the crate [`sha2`], with the instructions of the CPU where it
//!   knows them
//!
//! Time depends on the lengths of messages alone, not on their content.

mod constants;
mod hasher;
#[doc(hidden)]
pub mod kernels;
mod many;
mod schedule;

pub use hasher::Sha256;
pub use many::{Input, digest_many, finish_many, update_many};

/// Its examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
