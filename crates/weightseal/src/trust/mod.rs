//! Whom to trust: decided from keys or certificates, claims, the caller's requirements and a time. No file, no
//! clock.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod certificate;
mod decide;
mod judge;
mod memory;
mod refusal;
mod sigstore;
mod store;

pub use certificate::{
    CertificateError, CertificateFacts, CertificateLabel, CertificateOrigin, CertificateRefusal,
    CertificateRole, CertificateRoots, CertificateRules, CertificateUsage, Distrust, OmsCompat,
    PathConstraint, PathUsage, RootFacts, Tolerated, Unsupported, certificates_from_pem, certificates_to_pem,
    judge_chain, judge_issuers, judge_leaf, judge_path, leaf_facts,
};
pub use decide::{KeyRing, Requirements, Unauthenticated, decide, decide_unclaimed};
pub use judge::{Answer, Asker, Evidence, Judgement, Said, Signatory, Step, judge, judge_countersigner};
pub use memory::{MAX_STATE, Memory, MemoryError, OldStore, Remembered};
pub use refusal::{Question, Refusal};
pub use sigstore::{
    LogProblem, MAX_PROOFS, SigstoreClaims, SigstoreFacts, SigstoreRefusal, SigstoreRules, TrustedRoot,
    TrustedRootError, describe, judge_sigstore, trusted_time,
};
pub use store::{
    CertificateMeans, KeyPlace, Level, MAX_TRUST_STORE, Means, Pattern, Revocation, Rule, SignatureFormat,
    Signer, StoreExpired, Threshold, TrustStore, TrustStoreError, TrustedKey, Unenveloped, Unreadable,
};
