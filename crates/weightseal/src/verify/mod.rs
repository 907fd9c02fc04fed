//! Verifying: the digest first, then the signature, then trust. docs/verified.md says what the result proves.
//!
//! Everything that is wrong is reported, the most specific first. Nothing here returns a truth value:
//! [`Verified`] can be made by [`verify`] alone, and holds facts, never a handle to bytes that could change.

mod below;
mod by_store;
mod compare;
mod content;
mod explain;
mod facts;
mod find;
mod manifests;
mod oms;
mod oms_part;
mod oms_trust;
mod outcome;
mod policy;
mod range;
mod reason;
mod run;
mod state;

pub use below::{SignedPlace, find_signed};
pub(crate) use compare::Unjudged;
pub use explain::{Explanation, explain};
pub use facts::{
    Beside, Check, Checked, Checks, CountersignatureFact, Facts, FileFact, FileStatus, KeyFact, ListingFact,
    MethodFact, ShardFact, TrustFact, Weakening,
};
pub use find::countersignature_places;
pub use outcome::{
    Accept, Coverage, Failure, Inconclusive, Outcome, Partial, Rejected, SignatureRead, Tolerated, Trouble,
    Verified, Weaker,
};
pub use policy::{DefaultExcludes, FolderRules, Policy, SignedLinks, Target, UnsignedFiles, WholeDigest};
pub use range::{RangeTarget, verify_range};
pub use reason::{Found, Reason};
pub(crate) use run::verify_and_keep;
pub use run::{verify, verify_accepting};
pub use state::{MissingState, StateFile};
