//! See `src/targets/pem_pkcs8.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weightseal_fuzz::targets::pem_pkcs8::run(bytes));
