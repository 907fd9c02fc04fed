//! See `src/targets/chunk_list.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weightseal_fuzz::targets::chunk_list::run(bytes));
