//! Signing: hash, sign, write beside the model, read back, verify, and only then put in place.

mod again;
mod content;
mod error;
mod folder;
mod place;
mod run;
mod save;

pub(crate) use again::{FoundBytes, sign_again};
pub use error::SignError;
pub use folder::{
    ListedModel, Serialization, SignExcludes, SignedModel, list_for_comparison, list_model, sign_model,
};
pub(crate) use run::stage;
pub use run::{CompatSignature, Options, SignedFiles, SignedManifest, make_manifest, sign_bundle, sign_file};
pub use save::{ModelWriter, save_manifest};
