//! The kernel for every CPU: the crate `sha2`, which itself uses the SHA-2 instructions of AArch64 and others.

use crate::hasher::{Block, State};

pub(crate) fn compress(state: &mut State, blocks: &[Block]) {
    sha2::block_api::compress256(state, blocks);
}
