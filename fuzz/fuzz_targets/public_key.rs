//! See `src/targets/public_key.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weightseal_fuzz::targets::public_key::run(bytes));
