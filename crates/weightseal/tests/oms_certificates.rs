//! The chains of the reference implementation's own signatures (OpenSSF Model Signing, method `certificate`):
//! they pass in the compatibility mode, and only there.
//!
//! The signatures are not in this repository: the variable WEIGHTSEAL_VECTORS names a folder with `oms` in it.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use weightseal::key::Algorithm;
use weightseal::time::Instant;
use weightseal::trust::{
    CertificateRefusal, CertificateRoots, CertificateRules, OmsCompat, Tolerated, judge_chain,
};

#[test]
fn chains_of_the_reference_pass_in_the_compatibility_mode_only() {
    let Some(folder) = std::env::var_os("WEIGHTSEAL_VECTORS") else {
        // Directly, as the test harness shows what a passing test prints to nobody.
        let missing = "WEIGHTSEAL_VECTORS does not name the folder of published vectors";
        writeln!(std::io::stderr(), "NOT RUN: chains of the reference, because {missing}")
            .expect("standard error is open");
        return;
    };
    let folder = PathBuf::from(folder).join("oms");
    let read = |name: &str| fs::read(folder.join(name)).expect("the vectors are readable");
    let rules = |root: &str, compat| CertificateRules {
        roots: CertificateRoots::from_pem(&read(root)).expect("a root"),
        compat,
        ..Default::default()
    };
    let root = "keys/certificate/ca-cert.pem";
    let codes = |chain: &[Vec<u8>], rules: &CertificateRules, at: &str| -> Vec<&'static str> {
        let at: Instant = at.parse().expect("a time");
        let refusals = judge_chain(chain, rules, at).expect_err("a refusal");
        refusals.iter().map(CertificateRefusal::code).collect()
    };
    for version in ["v0.2.0", "v0.3.1", "v1.0.1", "v1.1.0"] {
        let chain = chain(&read(&format!("{version}-certificate/model.sig")));
        let (strict, compat) = (rules(root, OmsCompat::Off), rules(root, OmsCompat::On));
        let now = "2026-11-22T00:00:00Z";
        let facts = judge_chain(&chain, &compat, now.parse().expect("a time")).expect("it passes");
        assert_eq!(facts.tolerated, [Tolerated::LeafIsAuthority, Tolerated::IdentityNotAsked]);
        assert_eq!(
            (facts.subject.as_str(), facts.issuer.as_str()),
            ("CN=intermediate-ca", "CN=intermediate-ca")
        );
        assert_eq!(facts.key.algorithm(), Algorithm::EcdsaP384);
        assert_eq!(codes(&chain, &strict, now), ["certificate-is-authority", "identity-needed"]);
        let named = CertificateRules { identity: Some("CN=intermediate-ca".to_owned()), ..strict };
        assert_eq!(codes(&chain, &named, now), ["certificate-is-authority"]);
        let named = CertificateRules { identity: Some("CN=somebody".to_owned()), ..compat.clone() };
        assert_eq!(codes(&chain, &named, now), ["wrong-identity"]);
        // An end of the whole chain: the signer's, the intermediate's and the root's are the same.
        assert_eq!(codes(&chain, &compat, "2035-05-01T00:00:00Z"), ["certificate-expired"; 3]);
        assert_eq!(codes(&chain, &compat, "2025-05-01T00:00:00Z"), ["certificate-not-yet-valid"; 3]);
        assert_eq!(codes(&chain[..1], &compat, now), ["untrusted-certificate"]);
        let other = rules("keys/certificate/signing-key-cert.pem", OmsCompat::On);
        assert_eq!(codes(&chain, &other, now), ["untrusted-certificate"]);
    }
}

fn chain(signature: &[u8]) -> Vec<Vec<u8>> {
    let signature: Value = serde_json::from_slice(signature).expect("JSON");
    let chain = &signature["verificationMaterial"]["x509CertificateChain"]["certificates"];
    let certificates = chain.as_array().expect("a chain").iter();
    let der = |certificate: &Value| BASE64_STANDARD.decode(certificate["rawBytes"].as_str().expect("text"));
    certificates.map(|certificate| der(certificate).expect("base64")).collect()
}
