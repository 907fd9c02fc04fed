//! What the fuzz targets do, as plain functions of bytes: cargo-fuzz calls them with what it finds, and
//! `crates/weightseal/tests/corpus.rs` with what was found before.

pub mod ed25519;
pub mod second;
pub mod signed;
pub mod targets;
