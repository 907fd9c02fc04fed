//! Signing: hash, sign, write beside the model, read back, verify, and only then put in place.

mod error;
mod place;
mod run;

pub use error::SignError;
pub use run::{CompatSignature, Options, SignedFiles, sign_bundle, sign_file};
