//! Whom to trust: decided from keys, claims, the caller's requirements and a time. No file, no clock.

mod decide;
mod refusal;

pub use decide::{KeyRing, Requirements, Unauthenticated, decide};
pub use refusal::{Question, Refusal};
