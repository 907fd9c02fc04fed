//! The kernels, and which one is best for how many messages. Public for tests and benchmarks only: what is in here may
//! change at any time.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
#[cfg(target_arch = "x86_64")]
mod sha_ni;
#[cfg(target_arch = "x86_64")]
mod x86_64;

use crate::hasher::{Block, State};
use crate::schedule::Work;
use crate::{Input, Sha256, many};

#[cfg(target_arch = "x86_64")]
use x86_64 as cpu;

/// How many lanes the widest kernel has.
pub(crate) const LANES: usize = 16;

/// How blocks are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// One message after the other, by the crate `sha2`.
    Portable,
    /// x86-64, SHA extensions: up to so many messages interleaved, one to six.
    ShaNi(usize),
    /// The same with the 32 registers of AVX-512.
    ShaNiAvx512(usize),
    /// The same with rotates in place of the instruction `sha256msg1`.
    ShaNiRotates(usize),
    /// x86-64, AVX2: eight lanes.
    Avx2,
    /// x86-64, AVX-512: sixteen lanes.
    Avx512,
    /// The same with one more addition a round, and a shorter path from round to round.
    Avx512Short,
}

impl Kernel {
    /// Those that this CPU can run.
    pub fn available() -> Vec<Self> {
        let widths = 1..=6;
        [Self::Portable, Self::Avx2, Self::Avx512, Self::Avx512Short]
            .into_iter()
            .chain(widths.clone().map(Self::ShaNi))
            .chain(widths.clone().map(Self::ShaNiAvx512))
            .chain(widths.map(Self::ShaNiRotates))
            .filter(|kernel| kernel.is_available())
            .collect()
    }

    /// Whether this CPU can run it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            _ => cpu::can_run(self),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The fastest on this CPU, where so many lanes are in use.
    pub(crate) fn best(lanes: usize) -> Self {
        #[cfg(target_arch = "x86_64")]
        return cpu::best(lanes);
        #[cfg(not(target_arch = "x86_64"))]
        {
            let _ = lanes;
            Self::Portable
        }
    }

    /// Compresses the next `count` blocks of each lane, and takes them away from its work.
    ///
    /// # Panics
    /// Where this CPU cannot run the kernel, or a lane has fewer blocks.
    pub(crate) fn compress(self, lanes: &mut [Work<'_>], count: usize) {
        match self {
            Self::Portable => {
                for work in &mut *lanes {
                    portable::compress(work.state, &work.blocks[..count]);
                }
            }
            #[cfg(target_arch = "x86_64")]
            _ => cpu::compress(self, lanes, count),
            #[cfg(not(target_arch = "x86_64"))]
            _ => panic!("this CPU cannot run {self:?}"),
        }
        for work in lanes {
            work.blocks = &work.blocks[count..];
        }
    }
}

/// Compresses blocks of one message, by the kernel that is best for one.
pub(crate) fn compress(state: &mut State, blocks: &[Block]) {
    if blocks.is_empty() {
        return;
    }
    match Kernel::best(1) {
        Kernel::Portable => portable::compress(state, blocks),
        kernel => kernel.compress(&mut [Work { state, blocks, then: &[] }], blocks.len()),
    }
}

/// As [`update_many`](crate::update_many), by this kernel alone.
///
/// # Panics
/// Where this CPU cannot run it.
pub fn update_many_with(kernel: Kernel, inputs: &mut [Input<'_>]) {
    many::update(Some(kernel), inputs);
}

/// As [`finish_many`](crate::finish_many), by this kernel alone.
///
/// # Panics
/// Where this CPU cannot run it.
pub fn finish_many_with(kernel: Kernel, hashers: Vec<Sha256>) -> Vec<[u8; 32]> {
    many::finish(Some(kernel), hashers)
}
