//! Certificates, alone and in chains: what is read is written as it was; a chain that leads to a root of the testkit is
//! refused where that root is not given, and every refusal can be shown.
//!
//! The input is PEM text, or `C` and certificates in DER, one behind the other, the signer's first.

use std::sync::LazyLock;

use weightseal::key::KeyDocument;
use weightseal::time::Instant;
use weightseal::trust::{
    CertificateRoots, CertificateRules, OmsCompat, certificates_from_pem, certificates_to_pem, judge_chain,
    judge_issuers, judge_leaf, leaf_facts,
};

use super::pem_pkcs8::to_pem;

const ROOTS: [&[u8]; 2] = [
    include_bytes!("../../../testkit/decisions/stores/keys/root.pem"),
    include_bytes!("../../../testkit/vectors/oms-certificate/ok-chain/root.pem"),
];

static RULES: LazyLock<CertificateRules> = LazyLock::new(|| {
    let mut roots = CertificateRoots::default();
    ROOTS.iter().for_each(|pem| roots.extend(CertificateRoots::from_pem(pem).expect("a root")));
    CertificateRules { roots, compat: OmsCompat::On, ..CertificateRules::default() }
});

/// See above.
pub fn run(bytes: &[u8]) {
    let pem = match bytes.split_first() {
        Some((b'C', der)) => certificates(der).flat_map(|der| to_pem("CERTIFICATE", der)).collect(),
        _ => bytes.to_vec(),
    };
    if let Ok(KeyDocument::Certificate(summary)) = KeyDocument::from_pem(&pem) {
        assert!(!summary.not_after.is_empty());
    }
    let chain = match certificates_from_pem(&pem) {
        Ok(chain) => chain,
        Err(error) => return super::is_fit_to_show(error),
    };
    assert_eq!(certificates_from_pem(certificates_to_pem(&chain).as_bytes()).as_ref(), Ok(&chain));
    let (own, others) = CertificateRoots::split_pem(&pem).expect("just read");
    assert!(own.len() + others.len() <= chain.len());
    own.facts().for_each(|root| assert!(root.subject.len() < 1 << 20));
    let at: Instant = "2026-06-01T00:00:00Z".parse().expect("a time");
    judge(&chain, &RULES, at);
    judge(&chain, &CertificateRules { roots: own, ..RULES.clone() }, at);
    if let Some(leaf) = chain.first() {
        if let Err(refusals) = judge_leaf(leaf, at) {
            refusals.iter().for_each(super::is_fit_to_show);
        }
        if let Err(refusal) = leaf_facts(leaf) {
            super::is_fit_to_show(refusal);
        }
    }
    if let Err(refusal) = judge_issuers(&chain, at) {
        super::is_fit_to_show(refusal);
    }
}

fn judge(chain: &[Vec<u8>], rules: &CertificateRules, at: Instant) {
    let nobody = CertificateRules { roots: CertificateRoots::default(), ..rules.clone() };
    assert!(judge_chain(chain, &nobody, at).is_err());
    let strict = CertificateRules { compat: OmsCompat::Off, ..rules.clone() };
    // Without an identity only the compatibility mode accepts anything.
    assert!(judge_chain(chain, &strict, at).is_err());
    match judge_chain(chain, rules, at) {
        Err(refusals) => {
            assert!(!refusals.is_empty());
            refusals.iter().for_each(super::is_fit_to_show);
        }
        Ok(facts) => {
            assert_eq!(facts.identity, None);
            let wrong = CertificateRules { identity: Some("nobody@example.com".to_owned()), ..rules.clone() };
            assert!(judge_chain(chain, &wrong, at).is_err());
            let early = "1990-01-01T00:00:00Z".parse().expect("a time");
            assert!(judge_chain(chain, rules, early).is_err());
        }
    }
}

/// Cuts DER at the ends of its outermost values.
fn certificates(mut der: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let header = match der {
            [] => return None,
            [_, length @ 0..=0x7f, ..] => 2 + usize::from(*length),
            [_, 0x81, length, ..] => 3 + usize::from(*length),
            [_, 0x82, high, low, ..] => 4 + usize::from(*high) * 256 + usize::from(*low),
            _ => der.len(),
        };
        let (one, rest) = der.split_at(header.min(der.len()));
        der = rest;
        Some(one)
    })
}
