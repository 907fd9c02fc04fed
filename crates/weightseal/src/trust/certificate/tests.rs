//! Chains made on the spot, and what is said about them.

use core::net::{IpAddr, Ipv4Addr};

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose as Purpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose as Usage,
    NameConstraints, RsaKeySize, SanType, SignatureAlgorithm, date_time_ymd,
};

use super::*;
use crate::key::Algorithm;

/// A certificate with its key, which can issue others.
struct Made {
    params: CertificateParams,
    key: KeyPair,
    der: Vec<u8>,
    pem: String,
}

fn key(algorithm: &'static SignatureAlgorithm) -> KeyPair {
    if algorithm == &rcgen::PKCS_RSA_SHA256 {
        return KeyPair::generate_rsa_for(algorithm, RsaKeySize::_2048).expect("an RSA key");
    }
    KeyPair::generate_for(algorithm).expect("a key")
}

fn params(name: &str, is_ca: IsCa, usages: &[Usage]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params.is_ca = is_ca;
    params.key_usages = usages.to_vec();
    params
}

fn authority(name: &str) -> CertificateParams {
    params(name, IsCa::Ca(BasicConstraints::Unconstrained), &[Usage::KeyCertSign, Usage::CrlSign])
}

fn signer(name: &str) -> CertificateParams {
    let mut params = params(name, IsCa::ExplicitNoCa, &[Usage::DigitalSignature]);
    params.extended_key_usages = vec![Purpose::CodeSigning];
    params.subject_alt_names = vec![email("alice@example.org")];
    params
}

fn email(text: &str) -> SanType {
    SanType::Rfc822Name(text.try_into().expect("ASCII"))
}

fn dns(text: &str) -> SanType {
    SanType::DnsName(text.try_into().expect("ASCII"))
}

fn root_with(params: CertificateParams, algorithm: &'static SignatureAlgorithm) -> Made {
    let key = key(algorithm);
    let certificate = params.self_signed(&key).expect("a certificate");
    Made { der: certificate.der().to_vec(), pem: certificate.pem(), params, key }
}

fn root(params: CertificateParams) -> Made {
    root_with(params, &rcgen::PKCS_ECDSA_P256_SHA256)
}

impl Made {
    fn issue_with(&self, params: CertificateParams, algorithm: &'static SignatureAlgorithm) -> Self {
        let key = key(algorithm);
        let issuer = Issuer::from_params(&self.params, &self.key);
        let certificate = params.signed_by(&key, &issuer).expect("a certificate");
        Self { der: certificate.der().to_vec(), pem: certificate.pem(), params, key }
    }

    fn issue(&self, params: CertificateParams) -> Self {
        self.issue_with(params, &rcgen::PKCS_ECDSA_P256_SHA256)
    }
}

fn rules(roots: &[&Made]) -> CertificateRules {
    let pem: String = roots.iter().map(|root| root.pem.as_str()).collect();
    CertificateRules {
        roots: CertificateRoots::from_pem(pem.as_bytes()).expect("roots"),
        identity: Some("alice@example.org".to_owned()),
        ..Default::default()
    }
}

fn chain(certificates: &[&Made]) -> Vec<Vec<u8>> {
    certificates.iter().map(|made| made.der.clone()).collect()
}

const NOW: &str = "2026-06-01T00:00:00Z";

fn judge_at(
    chain: &[Vec<u8>],
    rules: &CertificateRules,
    at: &str,
) -> Result<CertificateFacts, Vec<CertificateRefusal>> {
    let judged = judge_chain(chain, rules, at.parse().expect("a time"));
    for refusal in judged.as_ref().err().into_iter().flatten() {
        assert!(!refusal.to_string().ends_with('.') && refusal.hint().is_some(), "{refusal}");
    }
    judged
}

fn judge(
    certificates: &[&Made],
    rules: &CertificateRules,
) -> Result<CertificateFacts, Vec<CertificateRefusal>> {
    judge_at(&chain(certificates), rules, NOW)
}

fn codes(certificates: &[&Made], rules: &CertificateRules) -> Vec<&'static str> {
    codes_at(certificates, rules, NOW)
}

fn codes_at(certificates: &[&Made], rules: &CertificateRules, at: &str) -> Vec<&'static str> {
    let judged = judge_at(&chain(certificates), rules, at);
    judged.err().unwrap_or_default().iter().map(CertificateRefusal::code).collect()
}

fn the_role(refusals: Result<CertificateFacts, Vec<CertificateRefusal>>) -> CertificateRole {
    match refusals.expect_err("a refusal").remove(0) {
        CertificateRefusal::Expired { certificate, .. }
        | CertificateRefusal::NotYetValid { certificate, .. }
        | CertificateRefusal::WrongUsage { certificate, .. }
        | CertificateRefusal::Unsupported { certificate, .. }
        | CertificateRefusal::Untrusted { certificate, .. }
        | CertificateRefusal::Constraint { certificate, .. } => certificate.role,
        other => panic!("{other}"),
    }
}

#[test]
fn good_chains_of_every_algorithm_pass() {
    let leaves: [(&'static SignatureAlgorithm, Algorithm); 5] = [
        (&rcgen::PKCS_ECDSA_P256_SHA256, Algorithm::EcdsaP256),
        (&rcgen::PKCS_ECDSA_P384_SHA384, Algorithm::EcdsaP384),
        (&rcgen::PKCS_ECDSA_P521_SHA512, Algorithm::EcdsaP521),
        (&rcgen::PKCS_RSA_SHA256, Algorithm::Rsa),
        (&rcgen::PKCS_ED25519, Algorithm::Ed25519),
    ];
    for root_algorithm in [&rcgen::PKCS_RSA_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384] {
        let root = root_with(authority("root"), root_algorithm);
        let middle = root.issue(authority("middle"));
        for (algorithm, expected) in leaves {
            let leaf = middle.issue_with(signer("alice"), algorithm);
            let facts = judge(&[&leaf, &middle], &rules(&[&root])).expect("a good chain");
            assert_eq!(facts.key.algorithm(), expected);
            assert_eq!((facts.subject.as_str(), facts.issuer.as_str()), ("CN=alice", "CN=middle"));
            assert_eq!(facts.names, ["alice@example.org"]);
            assert_eq!(facts.identity.as_deref(), Some("alice@example.org"));
            assert_eq!(facts.fingerprint, crate::digest::Digest::of(&leaf.der));
            assert_eq!(facts.not_after.to_string(), "2027-01-01T00:00:00Z");
            assert!(facts.tolerated.is_empty());
            assert_eq!(leaf_facts(&leaf.der).expect("facts").serial, facts.serial);
        }
        let direct = root.issue(signer("alice"));
        assert!(judge(&[&direct], &rules(&[&root])).is_ok());
        assert!(judge(&[&direct, &root, &middle], &rules(&[&root])).is_ok(), "more than needed");
    }
}

#[test]
fn nobody_vouches_without_a_path() {
    let (root, stranger) = (root(authority("root")), root(authority("stranger")));
    let namesake = self::root(authority("root"));
    let middle = root.issue(authority("middle"));
    let leaf = middle.issue(signer("alice"));
    assert_eq!(codes(&[&leaf], &rules(&[&root])), ["untrusted-certificate"]);
    let with_middle = CertificateRules { intermediates: vec![middle.der.clone()], ..rules(&[&root]) };
    assert!(judge(&[&leaf], &with_middle).is_ok());
    assert_eq!(codes(&[&leaf, &middle], &rules(&[&stranger])), ["untrusted-certificate"]);
    assert_eq!(codes(&[&leaf, &middle, &root], &rules(&[&stranger])), ["untrusted-certificate"]);
    assert_eq!(
        codes(&[&leaf, &middle], &CertificateRules { roots: Default::default(), ..with_middle.clone() }),
        ["untrusted-certificate"]
    );
    let refused = judge(&[&leaf, &middle], &rules(&[&namesake])).expect_err("another key");
    assert!(matches!(
        refused.as_slice(),
        [CertificateRefusal::Untrusted { certificate, why: Distrust::BadSignature { .. } }]
            if certificate.role == CertificateRole::Intermediate
    ));
    assert!(judge(&[&leaf, &middle], &rules(&[&namesake, &root])).is_ok(), "two roots of one name");
}

#[test]
fn usages_are_kept_on_the_whole_path() {
    let root = root(authority("root"));
    let edit = |change: fn(&mut CertificateParams)| {
        let mut params = signer("alice");
        change(&mut params);
        codes(&[&root.issue(params)], &rules(&[&root]))
    };
    let wrong = ["wrong-certificate-usage"];
    assert_eq!(edit(|p| p.extended_key_usages = vec![Purpose::ServerAuth]), wrong);
    assert_eq!(edit(|p| p.extended_key_usages = vec![Purpose::Any]), wrong);
    assert_eq!(edit(|p| p.extended_key_usages = Vec::new()), wrong);
    assert_eq!(edit(|p| p.key_usages = vec![Usage::KeyEncipherment]), wrong);
    assert_eq!(edit(|p| p.key_usages = Vec::new()), wrong);
    assert!(edit(|p| p.extended_key_usages.push(Purpose::ServerAuth)).is_empty());
    for change in [
        (|p| p.extended_key_usages = vec![Purpose::ServerAuth]) as fn(&mut CertificateParams),
        |p| p.key_usages = vec![Usage::DigitalSignature],
        |p| p.is_ca = IsCa::ExplicitNoCa,
        |p| p.is_ca = IsCa::NoCa,
    ] {
        let mut params = authority("middle");
        change(&mut params);
        let middle = root.issue(params.clone());
        let judged = judge(&[&middle.issue(signer("alice")), &middle], &rules(&[&root]));
        assert_eq!(codes(&[&middle.issue(signer("alice")), &middle], &rules(&[&root])), wrong);
        assert_eq!(the_role(judged), CertificateRole::Intermediate);
        let odd_root = self::root(params);
        let judged = judge(&[&odd_root.issue(signer("alice"))], &rules(&[&odd_root]));
        assert_eq!(the_role(judged), CertificateRole::Root);
    }
}

#[test]
fn every_certificate_is_valid_at_the_time() {
    let short = |mut params: CertificateParams| {
        params.not_before = date_time_ymd(2026, 5, 1);
        params.not_after = date_time_ymd(2026, 7, 1);
        params
    };
    let (long_root, short_root) = (root(authority("root")), root(short(authority("root"))));
    let (long_middle, short_middle) =
        (long_root.issue(authority("middle")), long_root.issue(short(authority("middle"))));
    let under_short = short_root.issue(authority("middle"));
    let cases = [
        (long_middle.issue(short(signer("alice"))), &long_middle, &long_root, CertificateRole::Signer),
        (short_middle.issue(signer("alice")), &short_middle, &long_root, CertificateRole::Intermediate),
        (under_short.issue(signer("alice")), &under_short, &short_root, CertificateRole::Root),
    ];
    for (leaf, middle, root, role) in &cases {
        let (path, rules) = ([leaf, *middle], rules(&[root]));
        for good in ["2026-05-01T00:00:00Z", "2026-07-01T00:00:00Z", "2026-07-01T00:00:00.9Z"] {
            assert_eq!(codes_at(&path, &rules, good), [""; 0], "{role:?} {good}");
        }
        assert_eq!(codes_at(&path, &rules, "2026-07-01T00:00:01Z"), ["certificate-expired"]);
        assert_eq!(codes_at(&path, &rules, "2026-04-30T23:59:59.9Z"), ["certificate-not-yet-valid"]);
        let judged = judge_at(&chain(&path), &rules, "2026-08-01T00:00:00Z");
        assert_eq!(the_role(judged), *role);
    }
    let judged = judge_at(&chain(&[&cases[0].0, cases[0].1]), &rules(&[&long_root]), "1969-12-31T00:00:00Z");
    let refusals = judged.expect_err("before everything");
    assert!(refusals.iter().all(|refusal| refusal.code() == "certificate-not-yet-valid"), "{refusals:?}");
    let mut endless = signer("alice");
    endless.not_after = date_time_ymd(9999, 12, 31);
    let facts = judge(&[&long_root.issue(endless)], &rules(&[&long_root])).expect("valid");
    assert_eq!(facts.not_after, Instant::MAX);
}

#[test]
fn the_valid_one_of_two_paths_is_found() {
    let root = root(authority("root"));
    let middle = root.issue(authority("middle"));
    let mut old = authority("middle");
    old.not_after = date_time_ymd(2026, 2, 1);
    let issuer = Issuer::from_params(&root.params, &root.key);
    let old = old.signed_by(&middle.key, &issuer).expect("a certificate").der().to_vec();
    let leaf = middle.issue(signer("alice"));
    let at: Instant = NOW.parse().expect("a time");
    let both = [leaf.der.clone(), old.clone(), middle.der.clone()];
    assert!(judge_chain(&both, &rules(&[&root]), at).is_ok());
    let refused = judge_chain(&[leaf.der.clone(), old], &rules(&[&root]), at).expect_err("expired");
    assert_eq!(refused[0].code(), "certificate-expired");
}

fn constrained(permitted: Vec<GeneralSubtree>, excluded: Vec<GeneralSubtree>) -> CertificateParams {
    let mut params = authority("root");
    params.name_constraints =
        Some(NameConstraints { permitted_subtrees: permitted, excluded_subtrees: excluded });
    params
}

#[test]
fn constraints_on_names_are_kept_or_the_path_is_refused() {
    let with = |root: &Made, name: SanType| {
        let mut params = signer("alice");
        params.subject_alt_names = vec![email("alice@example.org"), name];
        codes(&[&root.issue(params)], &rules(&[root]))
    };
    let refused = ["certificate-constraint"];
    let only = |tree| root(constrained(vec![tree], vec![]));
    let hosts = only(GeneralSubtree::DnsName("example.org".to_owned()));
    assert!(with(&hosts, dns("a.example.org")).is_empty());
    assert_eq!(with(&hosts, dns("a.example.com")), refused);
    let addresses = only(GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([10, 0, 0, 0], 8)));
    let ip = |first| SanType::IpAddress(IpAddr::V4(Ipv4Addr::new(first, 0, 0, 1)));
    assert!(with(&addresses, ip(10)).is_empty());
    assert_eq!(with(&addresses, ip(11)), refused);
    // webpki compares neither of these kinds, and refuses what would fit as well.
    let mails = only(GeneralSubtree::Rfc822Name("example.org".to_owned()));
    assert_eq!(with(&mails, dns("a.example.org")), refused);
    let mails = root(constrained(vec![], vec![GeneralSubtree::Rfc822Name("example.com".to_owned())]));
    assert_eq!(with(&mails, dns("a.example.org")), refused);
    let mut directory = DistinguishedName::new();
    directory.push(DnType::CommonName, "alice");
    let directories = only(GeneralSubtree::DirectoryName(directory));
    assert_eq!(with(&directories, dns("a.example.org")), refused);
    // An address in the subject is a name as well.
    let mut params = signer("alice");
    params.subject_alt_names = vec![dns("a.example.org")];
    params.distinguished_name.push(DnType::CustomDnType(vec![1, 2, 840, 113549, 1, 9, 1]), "bob@example.com");
    let asked = CertificateRules { identity: Some("a.example.org".to_owned()), ..rules(&[&mails]) };
    assert_eq!(codes(&[&mails.issue(params)], &asked), refused);
}

#[test]
fn path_lengths_are_kept_by_roots_too() {
    let limited =
        |name: &str, most| params(name, IsCa::Ca(BasicConstraints::Constrained(most)), &[Usage::KeyCertSign]);
    for (root_most, middle_most, good) in [(2, 1, true), (1, 1, false), (2, 0, false)] {
        let root = root(limited("root", root_most));
        let upper = root.issue(limited("upper", middle_most));
        let lower = upper.issue(limited("lower", 0));
        let leaf = lower.issue(signer("alice"));
        let expected: &[&str] = if good { &[] } else { &["certificate-constraint"] };
        assert_eq!(codes(&[&leaf, &lower, &upper], &rules(&[&root])), expected);
    }
    let mut path = vec![root(authority("authority 0"))];
    for n in 1..=7 {
        let next = path[n - 1].issue(authority(&format!("authority {n}")));
        path.push(next);
    }
    for (last, expected) in [(6, &[][..]), (7, &["untrusted-certificate"])] {
        let leaf = path[last].issue(signer("alice"));
        let mut sent = vec![&leaf];
        sent.extend(path[1..=last].iter().rev());
        assert_eq!(codes(&sent, &rules(&[&path[0]])), expected, "{last} intermediate certificates");
    }
}

#[test]
fn a_signer_is_no_authority_and_does_not_vouch_for_itself() {
    let root = root(authority("root"));
    let alone = self::root(signer("alice"));
    assert_eq!(codes(&[&alone], &rules(&[&root])), ["self-signed-certificate"]);
    assert_eq!(codes(&[&alone], &rules(&[&alone])), ["self-signed-certificate"]);
    assert_eq!(codes(&[&alone, &root], &rules(&[&alone, &root])), ["self-signed-certificate"]);
    let compat = CertificateRules { compat: OmsCompat::On, ..rules(&[&alone]) };
    assert_eq!(codes(&[&alone], &compat), ["self-signed-certificate"]);
    let codes_of_root = codes(&[&root], &rules(&[&root]));
    assert_eq!(codes_of_root[0], "self-signed-certificate");
    let mut params = signer("alice");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    assert_eq!(codes(&[&root.issue(params)], &rules(&[&root])), ["certificate-is-authority"]);
}

#[test]
fn an_identity_is_one_name_exactly() {
    let root = root(authority("root"));
    let mut params = signer("alice");
    params.distinguished_name.push(DnType::OrganizationName, "A, B");
    params.subject_alt_names = vec![
        email("alice@example.org"),
        SanType::URI("https://example.org/w.yml@refs/heads/main".try_into().expect("ASCII")),
        dns("build.example.org"),
        SanType::IpAddress(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1))),
        SanType::OtherName((vec![1, 3, 6, 1, 4, 1, 57264, 1, 7], "alice!example.org".into())),
        SanType::OtherName((vec![1, 2, 3], "bob!example.org".into())),
        dns("10.0.0.2"),
        email("https://example.com/"),
    ];
    let leaf = root.issue(params);
    let judged = |identity: Option<&str>| {
        let asked = CertificateRules { identity: identity.map(str::to_owned), ..rules(&[&root]) };
        judge(&[&leaf], &asked).map(|facts| facts.identity).map_err(|refusals| refusals[0].code())
    };
    for good in [
        "alice@example.org",
        "https://example.org/w.yml@refs/heads/main",
        "build.example.org",
        "10.0.0.1",
        "alice!example.org",
        "O=A\\, B,CN=alice",
    ] {
        assert_eq!(judged(Some(good)), Ok(Some(good.to_owned())));
    }
    for bad in [
        "",
        "alice",
        "CN=alice",
        "Alice@example.org",
        "alice@example.org ",
        "lice@example.org",
        "*",
        "bob!example.org",
        "10.0.0.2",
        "https://example.com/",
    ] {
        assert_eq!(judged(Some(bad)), Err("wrong-identity"), "{bad}");
    }
    assert_eq!(judged(None), Err("identity-needed"));
}

#[test]
fn the_compatibility_mode_differs_in_three_things_only() {
    let root = root(authority("root"));
    let middle = root.issue(authority("middle"));
    let on = CertificateRules { compat: OmsCompat::On, identity: None, ..rules(&[&root]) };
    let usual = judge(&[&middle.issue(signer("alice")), &middle], &on).expect("a good chain");
    assert_eq!(usual.tolerated, [Tolerated::IdentityNotAsked]);
    let asked = CertificateRules { compat: OmsCompat::On, ..rules(&[&root]) };
    assert!(judge(&[&middle.issue(signer("alice")), &middle], &asked).expect("good").tolerated.is_empty());

    let like_fixtures = || {
        let mut params = signer("middle");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    };
    let leaf = middle.issue(like_fixtures());
    let facts = judge(&[&leaf, &middle], &on).expect("tolerated");
    assert_eq!(facts.tolerated, [Tolerated::LeafIsAuthority, Tolerated::IdentityNotAsked]);
    assert_eq!(codes(&[&leaf, &middle], &rules(&[&root])), ["certificate-is-authority"]);
    let other = CertificateRules { identity: Some("bob@example.org".to_owned()), ..on.clone() };
    assert_eq!(codes(&[&leaf, &middle], &other), ["wrong-identity"]);

    assert_eq!(codes(&[&leaf], &on), ["untrusted-certificate"]);
    assert_eq!(codes_at(&[&leaf, &middle], &on, "2028-01-01T00:00:00Z"), ["certificate-expired"; 3]);
    let changed = |change: fn(&mut CertificateParams)| {
        let mut params = like_fixtures();
        change(&mut params);
        codes(&[&middle.issue(params), &middle], &on)
    };
    assert_eq!(changed(|p| p.extended_key_usages = vec![Purpose::ServerAuth]), ["wrong-certificate-usage"]);
    let mut purposeless = signer("alice");
    purposeless.extended_key_usages.clear();
    let leaf = middle.issue(purposeless);
    let facts = judge(&[&leaf, &middle], &on).expect("tolerated");
    assert_eq!(facts.tolerated, [Tolerated::NoPurpose, Tolerated::IdentityNotAsked]);
    assert_eq!(codes(&[&leaf, &middle], &rules(&[&root])), ["wrong-certificate-usage"]);
    assert_eq!(changed(|p| p.key_usages = vec![Usage::KeyCertSign]), ["wrong-certificate-usage"]);
    assert_eq!(changed(|p| p.custom_extensions.push(unknown())), ["unsupported-certificate"]);
    let hosts = constrained(vec![GeneralSubtree::DnsName("example.org".to_owned())], vec![]);
    let hosts = self::root(hosts);
    let below = CertificateRules { compat: OmsCompat::On, identity: None, ..rules(&[&hosts]) };
    assert_eq!(codes(&[&hosts.issue(like_fixtures())], &below), ["certificate-constraint"]);
    let narrow =
        self::root(params("root", IsCa::Ca(BasicConstraints::Constrained(0)), &[Usage::KeyCertSign]));
    let middle = narrow.issue(authority("middle"));
    let below = CertificateRules { compat: OmsCompat::On, identity: None, ..rules(&[&narrow]) };
    assert_eq!(codes(&[&middle.issue(like_fixtures()), &middle], &below), ["certificate-constraint"]);
}

fn unknown() -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
    extension.set_criticality(true);
    extension
}

#[test]
fn what_is_not_understood_is_refused() {
    let plain = root(authority("root"));
    let mut params = signer("alice");
    params.custom_extensions.push(unknown());
    assert_eq!(codes(&[&plain.issue(params.clone())], &rules(&[&plain])), ["unsupported-certificate"]);
    params.custom_extensions[0].set_criticality(false);
    assert!(codes(&[&plain.issue(params.clone())], &rules(&[&plain])).is_empty());
    params.custom_extensions.push(params.custom_extensions[0].clone());
    assert_eq!(codes(&[&plain.issue(params)], &rules(&[&plain])), ["malformed-certificate"]);
    let mut odd = authority("root");
    odd.custom_extensions.push(unknown());
    let odd = root(odd);
    assert_eq!(the_role(judge(&[&odd.issue(signer("alice"))], &rules(&[&odd]))), CertificateRole::Root);
}

#[test]
fn damaged_and_endless_chains_are_refused() {
    let root = root(authority("root"));
    let leaf = root.issue(signer("alice"));
    let (good, asked) = (leaf.der.clone(), rules(&[&root]));
    let code = |chain: &[Vec<u8>]| {
        judge_at(chain, &asked, NOW).err().map(|refusals| refusals[0].code()).unwrap_or_default()
    };
    let malformed = "malformed-certificate";
    assert_eq!(code(&[]), malformed);
    assert_eq!(code(&vec![good.clone(); 11]), malformed);
    assert_eq!(code(&vec![good.clone(); 10]), "");
    assert_eq!(code(&[b"hello".to_vec()]), malformed);
    assert_eq!(code(&[Vec::new()]), malformed);
    assert_eq!(code(&[vec![0x30; 70_000]]), malformed);
    assert_eq!(code(&[[good.as_slice(), b"\0"].concat()]), malformed);
    assert_eq!(code(&[good.clone(), good[..good.len() - 1].to_vec()]), malformed);
    let given = CertificateRules { intermediates: vec![vec![0]], ..asked.clone() };
    assert_eq!(codes(&[&leaf], &given), [malformed]);
    // Every changed byte is noticed: it is signed, or it is the signature.
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 1;
        assert_ne!(code(&[changed]), "", "byte {at}");
    }
}

#[test]
fn files_hold_certificates_and_nothing_else() {
    let (one, two) = (root(authority("one")), root(authority("two")));
    let both = format!("subject=one\n{}{}{}", one.pem, two.pem, one.pem);
    assert_eq!(CertificateRoots::from_pem(both.as_bytes()).expect("two").len(), 2);
    assert_eq!(certificates_from_pem(both.as_bytes()).expect("three").len(), 3);
    let mut merged = CertificateRoots::from_pem(one.pem.as_bytes()).expect("one");
    merged.extend(CertificateRoots::from_pem(both.as_bytes()).expect("two"));
    assert_eq!((merged.len(), merged.is_empty()), (2, false));
    let trailing = crate::key::certificate_blocks(one.pem.as_bytes()).expect("a block").remove(0);
    assert_eq!(trailing, one.der);
    for (text, code) in [
        (String::new(), "malformed-certificate"),
        ("hello".to_owned(), "malformed-certificate"),
        (one.pem.replace("END", "EMD"), "malformed-certificate"),
        (
            "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n".to_owned(),
            "malformed-certificate",
        ),
        (format!("{}{}", one.pem, one.key.serialize_pem()), "certificate-expected"),
        (one.pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), "certificate-expected"),
        (one.pem.repeat(1001), "malformed-certificate"),
    ] {
        let error = CertificateRoots::from_pem(text.as_bytes()).expect_err("refused");
        assert_eq!(error.code(), code, "{error}");
        assert!(error.hint().is_some());
        assert_eq!(certificates_from_pem(text.as_bytes()).expect_err("refused"), error);
    }
}

#[test]
fn only_what_signs_itself_is_a_root_of_a_mixed_file() {
    let one = root(authority("one"));
    // The second has the name of its issuer, and another key: it does not sign itself.
    let (middle, namesake) = (one.issue(authority("middle")), one.issue(authority("one")));
    let leaf = middle.issue(signer("leaf"));
    let mixed = format!("{}{}{}{}", leaf.pem, middle.pem, one.pem, namesake.pem);
    let (roots, others) = CertificateRoots::split_pem(mixed.as_bytes()).expect("certificates");
    assert_eq!(roots.certificates().iter().map(Parsed::der).collect::<Vec<_>>(), [one.der.as_slice()]);
    assert_eq!(others, chain(&[&leaf, &middle, &namesake]));
    let rules = CertificateRules { roots, intermediates: others, ..rules(&[&one]) };
    judge(&[&leaf], &rules).expect("accepted");
    let without = CertificateRoots::split_pem(format!("{}{}", leaf.pem, middle.pem).as_bytes());
    assert!(without.expect("certificates").0.is_empty());
}
