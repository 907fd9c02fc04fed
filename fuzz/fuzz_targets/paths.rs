//! See `src/targets/paths.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weightseal_fuzz::targets::paths::run(bytes));
