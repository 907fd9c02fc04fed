//! See `src/targets/signature_file.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weightseal_fuzz::targets::signature_file::run(bytes));
