//! The path from the signer's certificate to a root (RFC 5280, section 6), found by `webpki`.

use std::ptr;
use std::time::Duration;

use pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, VerifiedPath};

use super::parsed::Parsed;
use super::path::{Asked, judge_issuers, label_of};
use super::refusal::{CertificateRefusal, CertificateUsage, Distrust, PathConstraint, Unsupported};
use super::search::search;

/// Whether there is a path that webpki and our own rules accept.
///
/// # Errors
/// What speaks against the best path there is.
pub(super) fn path_to_root(asked: &Asked<'_>) -> Result<(), Vec<CertificateRefusal>> {
    let (others, roots): (Vec<_>, Vec<_>) = (asked.others.iter().collect(), asked.roots.iter().collect());
    if accept(asked, &others, &roots).is_ok() {
        return Ok(());
    }
    // webpki tells one error for all paths together, and none of our own rules'. Our search finds the best path
    // and what is wrong with it; if that is something which webpki alone checks, it is asked about that path.
    let path = search(asked)?;
    let (root, issuers) = match path.as_slice() {
        [_leaf, issuers @ .., root] => (root, issuers),
        // A path has two certificates or more. One that has not leads nowhere.
        _ => return Err(vec![in_our_words(Error::UnknownIssuer, &path)]),
    };
    accept(asked, issuers, &[root]).map_err(|error| vec![in_our_words(error, &path)])
}

/// Asks webpki for a path by these certificates, each of which has to pass our own rules too.
fn accept(asked: &Asked<'_>, others: &[&Parsed], roots: &[&Parsed]) -> Result<(), Error> {
    let roots_der: Vec<_> = roots.iter().map(|root| CertificateDer::from(root.der())).collect();
    let others_der: Vec<_> = others.iter().map(|other| CertificateDer::from(other.der())).collect();
    let mut anchors: Vec<TrustAnchor<'_>> = Vec::new();
    let mut anchored: Vec<&Parsed> = Vec::new();
    for (der, root) in roots_der.iter().zip(roots) {
        // What webpki cannot use as a root vouches for nobody.
        if let Ok(anchor) = webpki::anchor_from_trusted_cert(der) {
            anchors.push(anchor);
            anchored.push(root);
        }
    }
    // Before 1970 no certificate is valid here.
    let seconds = u64::try_from(asked.at.as_second()).map_err(|_| Error::BadDerTime)?;
    let judge = |path: &VerifiedPath<'_>| {
        let trail = reassemble(path, asked.leaf, others, &anchors, &anchored).ok_or(Error::UnknownIssuer)?;
        let accepted = judge_issuers(&trail, asked.at, asked.usage).is_empty();
        if accepted { Ok(()) } else { Err(Error::UnknownIssuer) }
    };
    let leaf_der = CertificateDer::from(asked.leaf.der());
    let leaf = EndEntityCert::try_from(&leaf_der)?;
    leaf.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &anchors,
        &others_der,
        UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
        KeyUsage::required_if_present(asked.usage.oid().as_bytes()),
        None,
        Some(&judge),
    )
    .map(|_| ())
}

/// The certificates of a path of webpki's, as we have read them.
fn reassemble<'a>(
    path: &VerifiedPath<'_>,
    leaf: &'a Parsed,
    others: &[&'a Parsed],
    anchors: &[TrustAnchor<'_>],
    anchored: &[&'a Parsed],
) -> Option<Vec<&'a Parsed>> {
    let mut trail = vec![leaf];
    for issuer in path.intermediate_certificates() {
        trail.push(others.iter().copied().find(|other| other.der() == issuer.der().as_ref())?);
    }
    // By address: several roots may have the same name and key, and differ in the rest.
    let index = anchors.iter().position(|anchor| ptr::eq(anchor, path.anchor()))?;
    trail.push(anchored.get(index).copied()?);
    Some(trail)
}

/// What webpki says about a path that passes our own rules.
fn in_our_words(error: Error, path: &[&Parsed]) -> CertificateRefusal {
    let certificate = label_of(path, 0);
    match error {
        Error::NameConstraintViolation
        | Error::MalformedNameConstraint
        | Error::MalformedDnsIdentifier
        | Error::InvalidNetworkMaskConstraint
        | Error::MaximumNameConstraintComparisonsExceeded => {
            CertificateRefusal::Constraint { certificate, why: PathConstraint::Names }
        }
        Error::EmptyEkuExtension | Error::RequiredEkuNotFoundContext(_) => {
            let why = CertificateUsage::NotForCode { found: Vec::new() };
            CertificateRefusal::WrongUsage { certificate, why }
        }
        Error::UnsupportedCriticalExtension
        | Error::UnsupportedCertVersion
        | Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
        | Error::MalformedExtensions
        | Error::ExtensionValueInvalid
        | Error::TrailingData(_)
        | Error::BadDerTime
        | Error::BadDer => {
            let why = Unsupported::Other(format!("a form that is not supported ({error:?})"));
            CertificateRefusal::Unsupported { certificate, why }
        }
        // Our search has checked the signatures. webpki tried other certificates of the same name too, and ranks
        // their wrong signatures above the constraint.
        Error::InvalidSignatureForPublicKey
            if path.iter().skip(1).any(|issuer| issuer.constrains_names()) =>
        {
            CertificateRefusal::Constraint { certificate, why: PathConstraint::Names }
        }
        other => {
            let why = Distrust::Other { reason: format!("{other:?}") };
            CertificateRefusal::Untrusted { certificate, why }
        }
    }
}
