//! Many messages at once.

use crate::constants::INITIAL;
use crate::hasher::{Padding, Sha256, to_bytes};
use crate::kernels::Kernel;
use crate::schedule::{self, Work};

/// Bytes to add to a message.
#[derive(Debug)]
pub struct Input<'a> {
    /// The message.
    pub hasher: &'a mut Sha256,
    /// What is added at its end.
    pub bytes: &'a [u8],
}

/// Adds bytes to many messages at once: any number of inputs, of any lengths.
///
/// Best are 16 messages or more, with equally many bytes each and some kilobytes per call. On some CPUs it is slower where
/// the buffers start a multiple of 4096 bytes apart, because a cache keeps only few lines with such addresses; 64 or
/// 192 bytes more between them are enough.
///
/// It allocates no memory.
pub fn update_many(inputs: &mut [Input<'_>]) {
    if let [input] = inputs {
        return input.hasher.update(input.bytes);
    }
    update(None, inputs);
}

/// Ends many messages at once. The digests are in the order of the messages.
pub fn finish_many(hashers: Vec<Sha256>) -> Vec<[u8; 32]> {
    finish(None, hashers)
}

/// The digests of whole messages, in their order.
pub fn digest_many(messages: &[&[u8]]) -> Vec<[u8; 32]> {
    let mut states = vec![INITIAL; messages.len()];
    let endings: Vec<_> = messages
        .iter()
        .map(|message| {
            let (blocks, tail) = message.as_chunks();
            (blocks, Padding::new(tail, message.len() as u64))
        })
        .collect();
    let mut works = states.iter_mut().zip(&endings).map(|(state, (blocks, padding))| Work {
        state,
        blocks,
        then: padding.blocks(),
    });
    schedule::run(None, &mut works);
    drop(works);
    states.iter().map(to_bytes).collect()
}

pub(crate) fn update(pinned: Option<Kernel>, inputs: &mut [Input<'_>]) {
    schedule::run(pinned, &mut inputs.iter_mut().map(|input| input.hasher.work(input.bytes)));
    for input in inputs {
        input.hasher.keep(input.bytes);
    }
}

pub(crate) fn finish(pinned: Option<Kernel>, mut hashers: Vec<Sha256>) -> Vec<[u8; 32]> {
    let mut endings: Vec<_> = hashers.iter_mut().map(Sha256::ending).collect();
    let mut works =
        endings.iter_mut().map(|(state, padding)| Work { state, blocks: padding.blocks(), then: &[] });
    schedule::run(pinned, &mut works);
    drop(works);
    endings.iter().map(|(state, _)| to_bytes(state)).collect()
}
