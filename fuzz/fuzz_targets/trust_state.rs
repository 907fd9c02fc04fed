//! See `src/targets/trust_state.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weightseal_fuzz::targets::trust_state::run(bytes));
