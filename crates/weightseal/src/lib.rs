//! Sign machine-learning models, and verify them before they are loaded.
//!
//! ```
//! use weightseal::key::{KeySpec, PrivateKey};
//! use weightseal::sign::{Options, sign_file};
//! use weightseal::verify::{Outcome, Policy, Target, verify};
//! use weightseal::{time::Timestamp, trust::{KeyRing, Requirements}};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let model = folder.path().join("classifier_v1.pt");
//! # std::fs::write(&model, b"weights")?;
//! # let now: weightseal::time::Instant = "2026-11-22T18:27:47Z".parse()?;
//! let key = PrivateKey::generate(KeySpec::EcdsaP256)?;
//! let options = Options::new("training-pipeline@ml-team", Timestamp::from_instant(now));
//! sign_file(&model, None, &key, &options, &())?;
//!
//! let keys = KeyRing::new([key.public().clone()]);
//! let policy = Policy::of_keys(keys, Requirements::default(), now);
//! let target = Target { path: model, ..Target::default() };
//! let Outcome::Verified(verified) = verify(&target, &policy, &())? else { unreachable!("one file is whole") };
//! assert_eq!(verified.facts().signer.as_deref(), Some("training-pipeline@ml-team"));
//! # Ok(()) }
//! ```
//!
//! The library never touches a terminal, an environment variable, a clock or the network. Modules use only
//! lower ones:
//!
//! ```text
//!    inspect  load  diff  renew  countersign
//!           sign     verify
//!                trust
//!               format
//!              envelope
//!               listing
//!            hash     key
//!                file
//!         digest  json  time
//!           parallel  text
//! ```
//!
//! The crate `sha256-mb` below them has the only unsafe code.

#![forbid(unsafe_code)]
// What others wrote must not be able to end a program: a panic is no verdict. Where one can be excluded, an
// expectation says why. Modules that take others' bytes apart watch their arithmetic too (`arithmetic_side_effects`);
// elsewhere the release build checks for overflow, and one ends the command instead of deciding anything.
#![cfg_attr(
    not(test),
    warn(
        clippy::expect_used,
        clippy::get_unwrap,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable
    )
)]

pub mod countersign;
pub mod diff;
pub mod digest;
pub mod envelope;
pub mod file;
pub mod format;
pub mod hash;
pub mod inspect;
pub mod json;
pub mod key;
pub mod listing;
pub mod load;
mod parallel;
pub mod renew;
pub mod sign;
pub mod text;
pub mod time;
pub mod trust;
pub mod verify;
