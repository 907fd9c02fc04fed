//! See `src/targets/differential.rs`. The mutator changes the payload as often as what is around it, and signs it again.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use weightseal_fuzz::{ed25519, signed, targets::differential};

fuzz_target!(|bytes: &[u8]| differential::run(bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let Some(parts) = signed::Parts::of(&data[..size]).filter(|_| !seed.is_multiple_of(8)) else {
        return fuzzer_mutate(data, size, max_size);
    };
    let mut file = data[..size].to_vec();
    if seed.is_multiple_of(3) {
        file.resize(max_size, 0);
        let length = fuzzer_mutate(&mut file, size, max_size);
        file.truncate(length);
    }
    let mut payload = parts.payload.clone();
    if !seed.is_multiple_of(3) {
        let room = max_size.saturating_sub(size) / 2 + payload.len();
        let length = payload.len();
        payload.resize(room.max(length), 0);
        let length = fuzzer_mutate(&mut payload, length, room.max(length));
        payload.truncate(length);
        if seed.is_multiple_of(2) {
            payload = signed::with_right_root(&payload).unwrap_or(payload);
        }
    }
    let file = signed::sign(&file, &parts, &payload, |message| ed25519::sign(&signed::SEED, message));
    if file.len() > max_size {
        return size;
    }
    data[..file.len()].copy_from_slice(&file);
    file.len()
});
