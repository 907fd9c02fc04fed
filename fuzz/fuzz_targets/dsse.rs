//! See `src/targets/dsse.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weightseal_fuzz::targets::dsse::run(bytes));
