//! See `src/targets/trust_store.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weightseal_fuzz::targets::trust_store::run(bytes));
