//! See `src/targets/statement.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weightseal_fuzz::targets::statement::run(bytes));
