//! Our own search for a path (RFC 4158): it says what is wrong with the best one there is, certificate by
//! certificate.

use super::parsed::{Parsed, SignatureFault};
use super::path::{Asked, judge_issuers};
use super::refusal::{CertificateLabel, CertificateRefusal, CertificateRole, Distrust, Unsupported};

/// A path that nothing speaks against, the signer's certificate first, the root last.
///
/// # Errors
/// What speaks against the path that gets furthest.
pub(super) fn search<'a>(asked: &Asked<'a>) -> Result<Vec<&'a Parsed>, Vec<CertificateRefusal>> {
    let mut search = Search { asked, signatures_left: MAX_SIGNATURES, best: None };
    let mut path = vec![asked.leaf];
    if search.extend(&mut path) {
        return Ok(path);
    }
    let best = search.best.map(|(_, refusals)| refusals);
    // Every search that ends in vain has noted why; this is for the compiler.
    Err(best.unwrap_or_else(|| vec![untrusted(&[asked.leaf], Distrust::TooComplex)]))
}

/// How far a path got: comparable, the further the greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    NoIssuer { length: usize },
    BadSignature { length: usize },
    TooLong,
    TooComplex,
    AtRoot { fewer: std::cmp::Reverse<usize> },
}

struct Search<'s, 'a> {
    asked: &'s Asked<'a>,
    signatures_left: usize,
    best: Option<(Progress, Vec<CertificateRefusal>)>,
}

impl<'a> Search<'_, 'a> {
    /// Whether the path can be led to a root; then it is, else it stays as it was.
    fn extend(&mut self, path: &mut Vec<&'a Parsed>) -> bool {
        let Some(&head) = path.last() else { return false };
        let (roots, others) = (self.asked.roots, self.asked.others);
        let mut named = false;
        for root in roots.iter().filter(|root| head.names_as_issuer(root)) {
            named = true;
            if !self.is_signed(path, root) {
                continue;
            }
            path.push(root);
            let refusals = judge_issuers(path, self.asked.at, self.asked.usage);
            if refusals.is_empty() {
                return true;
            }
            path.pop();
            self.note(Progress::AtRoot { fewer: std::cmp::Reverse(refusals.len()) }, refusals);
        }
        for issuer in others.iter().filter(|issuer| head.names_as_issuer(issuer)) {
            if path.iter().any(|below| below.is_same_entity(issuer)) {
                continue;
            }
            named = true;
            if path.len() > MAX_INTERMEDIATES {
                let why = Distrust::TooLong { most: MAX_INTERMEDIATES };
                self.note(Progress::TooLong, vec![untrusted(path, why)]);
                continue;
            }
            if !self.is_signed(path, issuer) {
                continue;
            }
            path.push(issuer);
            if self.extend(path) {
                return true;
            }
            path.pop();
        }
        if !named {
            let why = Distrust::UnknownIssuer { issuer: head.issuer() };
            self.note(Progress::NoIssuer { length: path.len() }, vec![untrusted(path, why)]);
        }
        false
    }

    fn is_signed(&mut self, path: &[&'a Parsed], issuer: &Parsed) -> bool {
        let Some(&head) = path.last() else { return false };
        let Some(left) = self.signatures_left.checked_sub(1) else {
            self.note(Progress::TooComplex, vec![untrusted(path, Distrust::TooComplex)]);
            return false;
        };
        self.signatures_left = left;
        let fault = match head.check_signature(issuer) {
            Ok(()) => return true,
            Err(fault) => fault,
        };
        let refusal = match fault {
            SignatureFault::Wrong => untrusted(path, Distrust::BadSignature { issuer: head.issuer() }),
            SignatureFault::Unsupported => CertificateRefusal::Unsupported {
                certificate: head_label(path),
                why: Unsupported::SignatureAlgorithm(head.signature_algorithm().to_string()),
            },
        };
        self.note(Progress::BadSignature { length: path.len() }, vec![refusal]);
        false
    }

    fn note(&mut self, progress: Progress, refusals: Vec<CertificateRefusal>) {
        if self.best.as_ref().is_none_or(|(best, _)| *best < progress) {
            self.best = Some((progress, refusals));
        }
    }
}

/// What is wrong where a path ends that does not reach a root.
fn untrusted(path: &[&Parsed], why: Distrust) -> CertificateRefusal {
    CertificateRefusal::Untrusted { certificate: head_label(path), why }
}

#[expect(clippy::unreachable, reason = "a path begins with the signer's certificate")]
fn head_label(path: &[&Parsed]) -> CertificateLabel {
    let role = if path.len() == 1 { CertificateRole::Signer } else { CertificateRole::Intermediate };
    let [.., head] = path else { unreachable!("a path begins with the signer's certificate") };
    head.label(role)
}

/// As in webpki. Chains of the web have one or two.
const MAX_INTERMEDIATES: usize = 6;

/// As in webpki. Certificates of one name make the number of paths grow without end; ten of them have this many
/// pairs.
const MAX_SIGNATURES: usize = 100;
