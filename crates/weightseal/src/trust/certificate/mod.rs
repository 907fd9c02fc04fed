//! Certificates as proof of who signed: a chain from the signer's certificate to a root that the caller names
//! (RFC 5280, section 6), for OpenSSF Model Signing's method `certificate`.
//!
//! Two checks have to agree: `webpki` looks for a path, and our own rules judge each certificate on it. What
//! neither can decide is refused. Nothing here asks whether a certificate was revoked: that needs a network.

mod compat;
mod error;
mod facts;
mod leaf;
mod names;
mod parsed;
mod path;
mod refusal;
mod roots;
mod search;
#[cfg(test)]
mod tests;
mod webpki_path;

pub use compat::{OmsCompat, Tolerated};
pub use error::CertificateError;
pub use facts::{CertificateFacts, leaf_facts};
pub use path::PathUsage;
pub use refusal::{
    CertificateLabel, CertificateOrigin, CertificateRefusal, CertificateRole, CertificateUsage, Distrust,
    PathConstraint, Unsupported,
};
pub use roots::{CertificateRoots, RootFacts, certificates_from_pem, certificates_to_pem};

use crate::time::Instant;
use parsed::Parsed;

/// What the caller asks of a chain of certificates.
#[derive(Clone, Debug, Default)]
pub struct CertificateRules {
    /// Whom the caller trusts. Nobody else is trusted: the system's roots are never asked.
    pub roots: CertificateRoots,
    /// More certificates (DER) that may stand between signer and root. They are not trusted: each has to be
    /// signed by the next.
    pub intermediates: Vec<Vec<u8>>,
    /// Who has to be the signer: one of the certificate's alternative names, or its subject (RFC 4514).
    pub identity: Option<String>,
    /// Whether chains like those of the reference implementation's own tests pass.
    pub compat: OmsCompat,
}

/// Judges a chain as it stands in a signature file (DER, the signer's certificate first) at a time.
///
/// Which of the certificates form the path is searched for; those that are not needed are ignored.
///
/// # Errors
/// Everything that speaks against it, the most telling first; never an empty list.
pub fn judge_chain(
    chain: &[Vec<u8>],
    rules: &CertificateRules,
    at: Instant,
) -> Result<CertificateFacts, Vec<CertificateRefusal>> {
    let material = Material::read(chain, rules)?;
    let leaf = &material.leaf;
    let mut tolerated = Vec::new();
    let mut refusals = leaf::judge(leaf, at);
    if rules.compat == OmsCompat::On {
        compat::tolerate(&mut refusals, &mut tolerated);
    }
    refusals.extend(material.path_refusals(rules, at, PathUsage::CodeSigning, &refusals));
    let identity = match leaf::identity(leaf, rules.identity.as_deref()) {
        Ok(identity) => Some(identity),
        Err(CertificateRefusal::IdentityNeeded { .. }) if rules.compat == OmsCompat::On => {
            tolerated.push(Tolerated::IdentityNotAsked);
            None
        }
        Err(refusal) => {
            refusals.push(refusal);
            None
        }
    };
    if refusals.is_empty() {
        let facts = CertificateFacts::of(leaf).map_err(|refusal| vec![refusal])?;
        return Ok(CertificateFacts { identity, tolerated, ..facts });
    }
    refusals.sort_by_key(CertificateRefusal::rank);
    Err(refusals)
}

/// Judges the signer's certificate alone, before anything is signed with it: whom it leads to is not asked.
///
/// # Errors
/// As [`judge_chain`], as far as the certificate by itself can speak against it.
pub fn judge_leaf(der: &[u8], at: Instant) -> Result<CertificateFacts, Vec<CertificateRefusal>> {
    let material = Material::read(&[der.to_vec()], &CertificateRules::default())?;
    let refusals = leaf::judge(&material.leaf, at);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    CertificateFacts::of(&material.leaf).map_err(|refusal| vec![refusal])
}

/// Judges the certificates above the signer's that are to be put into a signature: their number, and their times.
/// Whom they lead to is not asked.
///
/// # Errors
/// The first [`CertificateRefusal`].
pub fn judge_issuers(chain: &[Vec<u8>], at: Instant) -> Result<(), CertificateRefusal> {
    let material = match Material::read(chain, &CertificateRules::default()) {
        Ok(material) => material,
        Err(refusals) => return refusals.into_iter().next().map_or(Ok(()), Err),
    };
    let usage = PathUsage::CodeSigning;
    let judge = |issuer| path::judge_any_role(issuer, CertificateRole::Intermediate, at, usage);
    let of_time = |refusal: &CertificateRefusal| {
        matches!(refusal, CertificateRefusal::Expired { .. } | CertificateRefusal::NotYetValid { .. })
    };
    material.others.iter().flat_map(judge).find(of_time).map_or(Ok(()), Err)
}

/// Judges only the path, for another usage than code signing and whoever the signer is: the published test
/// suites are about servers. Not for deciding about signatures, which [`judge_chain`] alone does.
///
/// # Errors
/// As [`judge_chain`], without what it asks of the signer's certificate in particular.
#[doc(hidden)]
pub fn judge_path(
    chain: &[Vec<u8>],
    rules: &CertificateRules,
    at: Instant,
    usage: PathUsage,
) -> Result<(), Vec<CertificateRefusal>> {
    let material = Material::read(chain, rules)?;
    let mut refusals = leaf::judge_anywhere(&material.leaf, at, usage);
    refusals.extend(material.path_refusals(rules, at, usage, &refusals));
    refusals.sort_by_key(CertificateRefusal::rank);
    if refusals.is_empty() { Ok(()) } else { Err(refusals) }
}

/// The signer's certificate, and those that may stand above it.
struct Material {
    leaf: Parsed,
    others: Vec<Parsed>,
}

impl Material {
    fn read(chain: &[Vec<u8>], rules: &CertificateRules) -> Result<Self, Vec<CertificateRefusal>> {
        let length = chain.len();
        let Some((leaf, above)) = chain.split_first().filter(|_| length <= MAX_CHAIN) else {
            return Err(vec![CertificateRefusal::ChainLength { found: length, most: MAX_CHAIN }]);
        };
        let read = |der: &Vec<u8>, origin: CertificateOrigin| {
            Parsed::from_der(der).map_err(|what| CertificateRefusal::Malformed { origin, what })
        };
        let leaf = read(leaf, CertificateOrigin::Chain { position: 1 }).map_err(|refusal| vec![refusal])?;
        let above = (2..).zip(above).map(|(position, der)| (CertificateOrigin::Chain { position }, der));
        let given = (1..).zip(&rules.intermediates);
        let given = given.map(|(position, der)| (CertificateOrigin::Given { position }, der));
        let (mut others, mut refusals) = (Vec::new(), Vec::new());
        for (origin, der) in above.chain(given) {
            match read(der, origin) {
                Ok(parsed) => others.push(parsed),
                Err(refusal) => refusals.push(refusal),
            }
        }
        if refusals.is_empty() { Ok(Self { leaf, others }) } else { Err(refusals) }
    }

    /// What speaks against every path, given what already speaks against the signer's certificate.
    fn path_refusals(
        &self,
        rules: &CertificateRules,
        at: Instant,
        usage: PathUsage,
        leaf_refusals: &[CertificateRefusal],
    ) -> Vec<CertificateRefusal> {
        // Who signed for itself has nobody above: to look for an issuer would only repeat that.
        if leaf_refusals.iter().any(|refusal| matches!(refusal, CertificateRefusal::SelfSigned { .. })) {
            return Vec::new();
        }
        let asked = path::Asked {
            leaf: &self.leaf,
            others: &self.others,
            roots: rules.roots.certificates(),
            at,
            usage,
        };
        let refusals = match (self.leaf.is_authority(), leaf_refusals) {
            // webpki has no place for such a leaf; without the compatibility mode it is refused as what it is.
            (true, _) => compat::path_to_root(&asked),
            (false, []) => webpki_path::path_to_root(&asked),
            // It is refused already, and webpki would only repeat why. What is wrong above is still told.
            (false, _) => search::search(&asked).map(|_| ()),
        };
        refusals.err().unwrap_or_default()
    }
}

/// A chain of the web has two to four certificates, and no path here is longer than eight. The rest is for
/// certificates that a signer sends along without need.
const MAX_CHAIN: usize = 10;
