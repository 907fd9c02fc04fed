//! Any bytes are a signature file or have a fault with a code; what is read is written as it was meant, and no key of
//! the testkit holds for what nobody signed with it. The Sigstore method refuses, or names what it was asked for.

use std::sync::LazyLock;

use weightseal::format::{Method, OmsSignature, SignatureFile, check, differences, seems_signed_by};
use weightseal::key::PublicKey;
use weightseal::trust::{
    CertificateRoots, CertificateRules, OmsCompat, SigstoreRules, TrustedRoot, describe, judge_chain,
    judge_sigstore, trusted_time,
};

static KEYS: LazyLock<Vec<PublicKey>> = LazyLock::new(|| {
    let files: [&[u8]; 3] = [
        include_bytes!("../../../testkit/keys/rsa2048.pub"),
        include_bytes!("../../../testkit/keys/p256.pub"),
        include_bytes!("../../../testkit/keys/ed25519.pub"),
    ];
    files.iter().map(|pem| PublicKey::from_pem(pem).expect("a key")).collect()
});

static ROOT: LazyLock<TrustedRoot> =
    LazyLock::new(|| TrustedRoot::production().expect("part of the program"));

static RULES: LazyLock<CertificateRules> = LazyLock::new(|| CertificateRules {
    roots: CertificateRoots::from_pem(include_bytes!("../../../testkit/decisions/stores/keys/root.pem"))
        .expect("a root"),
    identity: Some("release@example.com".to_owned()),
    ..CertificateRules::default()
});

/// See above.
pub fn run(bytes: &[u8]) {
    let file = match SignatureFile::parse(bytes) {
        Ok(file) => file,
        Err(fault) => {
            super::is_fit_to_show(&fault);
            fault.hint().iter().for_each(super::is_fit_to_show);
            assert!(!fault.code().is_empty());
            return;
        }
    };
    rewritten(&file);
    differences(&file).iter().for_each(super::is_fit_to_show);
    for key in KEYS.iter() {
        let faults = check(&file, key);
        faults.iter().for_each(super::is_fit_to_show);
        assert!(!faults.is_empty() || seems_signed_by(&file, key));
        assert_eq!(faults, check(&file, key));
    }
    if let SignatureFile::Oms(oms) = &file {
        of_method(oms, bytes);
    }
}

fn rewritten(file: &SignatureFile) {
    let text = file.to_text();
    let again = SignatureFile::parse(text.as_bytes()).expect("it reads what it writes");
    assert_eq!(again.to_text(), text);
    assert_eq!(again.claims(), file.claims());
    assert_eq!(again.statement_digest(), file.statement_digest());
    assert_eq!(again.named_keys(), file.named_keys());
    match (&again, file) {
        (SignatureFile::Manifest(again), SignatureFile::Manifest(file)) => {
            assert_eq!((&again.visible, &again.signed), (&file.visible, &file.signed));
        }
        (SignatureFile::Bundle(again), SignatureFile::Bundle(file)) => {
            assert_eq!((&again.artifacts, &again.signed), (&file.artifacts, &file.signed));
        }
        (SignatureFile::Oms(again), SignatureFile::Oms(file)) => {
            assert_eq!(again.statement, file.statement);
            assert_eq!(again.method.name(), file.method.name());
            assert_eq!(again.envelope.signatures[0].sig, file.envelope.signatures[0].sig);
        }
        _ => panic!("of another kind"),
    }
}

fn of_method(oms: &OmsSignature, bytes: &[u8]) {
    let at = "2026-06-01T00:00:00Z".parse().expect("a time");
    match &oms.method {
        Method::Key(_) => {}
        Method::Certificate { chain } => match judge_chain(chain, &RULES, at) {
            Ok(facts) => assert_eq!(facts.identity.as_deref(), RULES.identity.as_deref()),
            Err(refusals) => {
                assert!(!refusals.is_empty());
                refusals.iter().for_each(super::is_fit_to_show);
                let strict = CertificateRules { compat: OmsCompat::On, ..RULES.clone() };
                // What is never tolerated: another root.
                let nobody = CertificateRules { roots: CertificateRoots::default(), ..strict };
                assert!(judge_chain(chain, &nobody, at).is_err());
            }
        },
        Method::Sigstore { .. } => {
            let claims = describe(bytes);
            let rules = SigstoreRules {
                identity: claims.identity.unwrap_or_else(|| "nobody".to_owned()),
                issuer: claims.issuer.unwrap_or_else(|| "nobody".to_owned()),
                trusted_root: ROOT.clone(),
            };
            match judge_sigstore(bytes, &oms.envelope.payload, &oms.statement.root, &rules) {
                Ok(facts) => assert_eq!((&facts.identity, &facts.issuer), (&rules.identity, &rules.issuer)),
                Err(refusal) => super::is_fit_to_show(refusal),
            }
        }
    }
    if let Err(refusal) = trusted_time(&oms.timestamps, &oms.envelope.signatures[0].sig, &ROOT) {
        super::is_fit_to_show(refusal);
    }
}
