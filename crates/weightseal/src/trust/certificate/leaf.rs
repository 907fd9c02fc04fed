//! What is asked of the signer's certificate alone (RFC 5280, section 4.2.1; OpenSSF Model Signing 1.0).

use super::parsed::Parsed;
use super::path::{self, PathUsage};
use super::refusal::{CertificateRefusal, CertificateRole, CertificateUsage};
use crate::time::Instant;

/// All that speaks against it as the certificate of somebody who signs code.
pub(super) fn judge(leaf: &Parsed, at: Instant) -> Vec<CertificateRefusal> {
    let mut refusals = judge_anywhere(leaf, at, PathUsage::CodeSigning);
    let label = leaf.label(CertificateRole::Signer);
    let mut wrong_usage =
        |why| refusals.push(CertificateRefusal::WrongUsage { certificate: label.clone(), why });
    // Without these extensions a certificate is good for everything, and nobody said that it may sign code.
    if leaf.purposes().is_none() {
        wrong_usage(CertificateUsage::NotForCode { found: Vec::new() });
    }
    if !leaf.key_usage().is_some_and(|usage| usage.digital_signature()) {
        wrong_usage(CertificateUsage::NotForSignatures);
    }
    refusals
}

/// All that speaks against it whatever it is used for.
pub(super) fn judge_anywhere(leaf: &Parsed, at: Instant, usage: PathUsage) -> Vec<CertificateRefusal> {
    let label = leaf.label(CertificateRole::Signer);
    let mut refusals = path::judge_any_role(leaf, CertificateRole::Signer, at, usage);
    // Also if it is one of the roots: a root vouches for others, not for itself.
    if leaf.check_signature(leaf).is_ok() {
        refusals.push(CertificateRefusal::SelfSigned { certificate: label.clone() });
    }
    if leaf.is_authority() {
        refusals.push(CertificateRefusal::IsAuthority { certificate: label });
    }
    refusals
}

/// The name or the subject that is the one asked for.
pub(super) fn identity(leaf: &Parsed, asked: Option<&str>) -> Result<String, CertificateRefusal> {
    let subject = leaf.subject();
    let names = leaf.names().iter().chain([&subject]).filter(|name| !name.is_empty());
    let found: Vec<String> = names.cloned().collect();
    match asked {
        None => Err(CertificateRefusal::IdentityNeeded { found }),
        Some(expected) if found.iter().any(|name| name == expected) => Ok(expected.to_owned()),
        Some(expected) => Err(CertificateRefusal::WrongIdentity { expected: expected.to_owned(), found }),
    }
}
