//! Our own rules for each certificate on a path (RFC 5280, section 6.1), beside those of webpki, which does not
//! look at roots nor at key usage.

use der::asn1::ObjectIdentifier;

use super::parsed::Parsed;
use super::refusal::{
    CertificateLabel, CertificateRefusal, CertificateRole, CertificateUsage, PathConstraint, Unsupported,
};
use crate::time::Instant;

/// What every certificate on a path has to be good for, as far as it is limited (RFC 5280, section 4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum PathUsage {
    /// The only one that signatures have.
    CodeSigning,
    /// For published test suites.
    ServerAuthentication,
    /// For published test suites.
    ClientAuthentication,
}

impl PathUsage {
    pub(super) fn oid(self) -> &'static ObjectIdentifier {
        match self {
            Self::CodeSigning => &CODE_SIGNING,
            Self::ServerAuthentication => &SERVER_AUTHENTICATION,
            Self::ClientAuthentication => &CLIENT_AUTHENTICATION,
        }
    }
}

/// Everything that a search for a path knows.
pub(super) struct Asked<'a> {
    pub(super) leaf: &'a Parsed,
    /// Those that may stand between; they are not trusted.
    pub(super) others: &'a [Parsed],
    pub(super) roots: &'a [Parsed],
    pub(super) at: Instant,
    pub(super) usage: PathUsage,
}

/// How a certificate on a complete path is called in messages.
#[expect(clippy::indexing_slicing, reason = "callers count along the path")]
pub(super) fn label_of(path: &[&Parsed], index: usize) -> CertificateLabel {
    path[index].label(role_of(index, path.len()))
}

/// The first is the signer's, the last the root.
fn role_of(index: usize, length: usize) -> CertificateRole {
    match index {
        0 => CertificateRole::Signer,
        last if last.checked_add(1) == Some(length) => CertificateRole::Root,
        _ => CertificateRole::Intermediate,
    }
}

/// What speaks against the certificates above the signer's on a path that ends with a root.
pub(super) fn judge_issuers(path: &[&Parsed], at: Instant, usage: PathUsage) -> Vec<CertificateRefusal> {
    let mut refusals = Vec::new();
    for (index, issuer) in path.iter().enumerate().skip(1) {
        let role = role_of(index, path.len());
        refusals.extend(judge_any_role(issuer, role, at, usage));
        let certificate = || issuer.label(role);
        let may_issue = issuer.is_authority() && issuer.key_usage().is_none_or(|usage| usage.key_cert_sign());
        if !may_issue {
            let why = CertificateUsage::NotForCertificates;
            refusals.push(CertificateRefusal::WrongUsage { certificate: certificate(), why });
        }
        // Those below that may issue themselves; the signer's is not counted. Ones that are named like their
        // issuer count too, unlike in RFC 5280, section 4.2.1.9, as they do in webpki.
        let below = index.saturating_sub(1);
        if let Some(most) = issuer.path_length().filter(|most| usize::from(*most) < below) {
            let why = PathConstraint::Length { most, found: below };
            refusals.push(CertificateRefusal::Constraint { certificate: certificate(), why });
        }
        // webpki compares constraints with alternative names only, but an address in the subject is one as well
        // (RFC 5280, section 4.2.1.10). Refused, whether it would fit or not, as webpki does with the others.
        if issuer.constrains_email() && path.iter().take(index).any(|below| below.has_email_in_subject()) {
            let why = PathConstraint::NamesUnchecked;
            refusals.push(CertificateRefusal::Constraint { certificate: certificate(), why });
        }
    }
    refusals
}

/// What speaks against a certificate wherever on the path it stands.
pub(super) fn judge_any_role(
    certificate: &Parsed,
    role: CertificateRole,
    at: Instant,
    usage: PathUsage,
) -> Vec<CertificateRefusal> {
    let label = certificate.label(role);
    let mut refusals = Vec::new();
    let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
    if at < not_before {
        let certificate = label.clone();
        refusals.push(CertificateRefusal::NotYetValid { certificate, at, not_before, not_after });
    } else if not_after < at && not_after.as_second() < at.as_second() {
        // The last second counts as a whole, as certificates have no smaller unit.
        let certificate = label.clone();
        refusals.push(CertificateRefusal::Expired { certificate, at, not_before, not_after });
    }
    if let Some(purposes) = certificate.purposes().filter(|purposes| !purposes.contains(usage.oid())) {
        let why = CertificateUsage::NotForCode { found: purposes.iter().map(ToString::to_string).collect() };
        refusals.push(CertificateRefusal::WrongUsage { certificate: label.clone(), why });
    }
    let unsupported = [
        certificate.unknown_critical().map(|oid| Unsupported::Extension(oid.to_string())),
        certificate.key().err().map(Unsupported::Key),
    ];
    for why in unsupported.into_iter().flatten() {
        refusals.push(CertificateRefusal::Unsupported { certificate: label.clone(), why });
    }
    refusals
}

static CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
static SERVER_AUTHENTICATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
static CLIENT_AUTHENTICATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
