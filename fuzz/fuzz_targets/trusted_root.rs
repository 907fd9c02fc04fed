//! See `src/targets/trusted_root.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weightseal_fuzz::targets::trusted_root::run(bytes));
