//! The compatibility mode for the reference implementation of OpenSSF Model Signing: what it lets pass beyond
//! the strict rules (RFC 5280, section 6), and nothing else.

use std::fmt;

use super::path::{Asked, label_of};
use super::refusal::{CertificateRefusal, CertificateUsage, PathConstraint};
use super::search::search;

/// Whether chains like those of the reference implementation's own tests pass.
///
/// There the signer's certificate says that it is a certificate authority and carries its issuer's name, and
/// nobody is asked who has to be the signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OmsCompat {
    /// The strict rules.
    #[default]
    Off,
    /// A signer's certificate may be one of an authority or say nothing of its purpose, and the identity need not be
    /// asked for.
    On,
}

/// What only the compatibility mode let pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerated {
    /// The signer's certificate is one of a certificate authority.
    LeafIsAuthority,
    /// The signer's certificate does not say what it is for (no extended key usage), as some that are in use do not.
    NoPurpose,
    /// It was not asked who has to be the signer.
    IdentityNotAsked,
}

impl Tolerated {
    /// The stable code (docs/spec/result.md): that of the refusal without the mode.
    pub fn code(self) -> &'static str {
        match self {
            Self::LeafIsAuthority => "certificate-is-authority",
            Self::NoPurpose => "wrong-certificate-usage",
            Self::IdentityNotAsked => "identity-needed",
        }
    }
}

impl fmt::Display for Tolerated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LeafIsAuthority => {
                "the signing certificate is one of a certificate authority, which could issue others in any name"
            }
            Self::NoPurpose => "the signing certificate does not say that it may sign code",
            Self::IdentityNotAsked => {
                "it was not asked who has to be the signer: every certificate below the given roots passes"
            }
        })
    }
}

/// Takes out what the mode tolerates of a signer's certificate.
pub(super) fn tolerate(refusals: &mut Vec<CertificateRefusal>, tolerated: &mut Vec<Tolerated>) {
    let before = refusals.len();
    refusals.retain(|refusal| !matches!(refusal, CertificateRefusal::IsAuthority { .. }));
    if refusals.len() < before {
        tolerated.push(Tolerated::LeafIsAuthority);
    }
    let before = refusals.len();
    refusals.retain(|refusal| {
        let CertificateRefusal::WrongUsage { why: CertificateUsage::NotForCode { found }, .. } = refusal
        else {
            return true;
        };
        !found.is_empty()
    });
    if refusals.len() < before {
        tolerated.push(Tolerated::NoPurpose);
    }
}

/// Our own check alone, for a signer's certificate that is one of an authority.
pub(super) fn path_to_root(asked: &Asked<'_>) -> Result<(), Vec<CertificateRefusal>> {
    let path = search(asked)?;
    // Names are compared with constraints by webpki alone, which does not take such a leaf.
    let constrained = path.iter().enumerate().skip(1).find(|(_, issuer)| issuer.constrains_names());
    match constrained {
        Some((index, _)) => {
            let certificate = label_of(&path, index);
            Err(vec![CertificateRefusal::Constraint { certificate, why: PathConstraint::NamesUnchecked }])
        }
        None => Ok(()),
    }
}
