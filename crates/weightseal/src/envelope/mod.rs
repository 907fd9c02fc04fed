//! What a signature covers, byte for byte: the DSSE envelope around an in-toto statement.
//!
//! DSSE v1 (secure-systems-lab), in-toto Statement v1, predicate of OpenSSF Model Signing v1.0. The payload is
//! verified as the bytes received, and those same bytes are parsed once, strictly.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod claims;
mod dsse;
mod oms;
mod oms_fault;
#[cfg(test)]
mod oms_tests;
mod oms_write;
mod statement;

pub use claims::{Claims, Container, check_annotation, check_signer};
pub(crate) use dsse::encode_base64_into;
pub use dsse::{
    Envelope, EnvelopeSignature, MAX_SIGNATURES, PAYLOAD_TYPE, decode_base64, encode_base64, pae,
};
pub use oms::{OmsForm, OmsStatement, SignedDigests, SignedFile};
pub use oms_fault::OmsFault;
pub use oms_write::{ShardDialect, reference_root_of, root_of};
pub use statement::{MAX_ENTRIES, Resource, Statement, StatementError};
