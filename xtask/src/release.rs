//! `cargo xtask release`.
pub(crate) mod settings;
