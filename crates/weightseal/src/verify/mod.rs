//! Verifying: the digest first, then the signature, then trust. docs/verified.md says what the result proves.
//!
//! Everything that is wrong is reported, the most specific first. Nothing here returns a truth value:
//! [`Verified`] can be made by [`verify`] alone, and holds facts, never a handle to bytes that could change.

mod facts;
mod find;
mod outcome;
mod reason;
mod run;

pub use facts::{Check, Checks, Facts, FileFact, FileStatus, KeyFact};
pub use outcome::{Failure, Inconclusive, Outcome, Partial, Rejected, SignatureRead, Trouble, Verified};
pub use reason::Reason;
pub(crate) use run::verify_and_keep;
pub use run::{Policy, Target, verify};
