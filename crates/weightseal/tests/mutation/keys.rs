//! Changed key files. Nothing in a public key can show that it was changed: what counts is that whatever is read out of the
//! file is the very key, or verifies nothing that the key has signed.
//!
//! A damaged private key must not sign: half a wrong number in it can give the key away (Boneh, DeMillo, Lipton, 1997). It
//! is refused or is the same key; but a file with an Ed25519 seed alone (RFC 8410, section 7, without the public key) has
//! nothing that a changed seed could be held against: another, whole key comes out, whose signatures nobody accepts for
//! the old key's.

use pkcs5::pbes2::Parameters;
use pkcs8::EncryptedPrivateKeyInfo;
use weightseal::key::{KeyDocument, Passphrase, PrivateKey, PublicKey};
use weightseal::trust::CertificateRoots;
use weightseal::verify::Policy;

use crate::common::{KINDS, Random, key};
use crate::scene::{Scene, Tally, Verdict};
use crate::{Job, full_or, grouped, is_full, on_all_cores, row};

const MESSAGE: &[u8] = b"a statement";

/// What came out of changed key files.
#[derive(Default)]
struct Count {
    tally: Tally,
    /// Whole keys that are others: of Ed25519 seeds and of public keys.
    others: usize,
}

/// What a changed file is read as.
enum Read {
    Refused(&'static str),
    Same,
    Another,
    Wrong(String),
}

impl Count {
    fn enter(&mut self, read: Read, what: &dyn Fn() -> String) {
        self.others += usize::from(matches!(read, Read::Another));
        let verdict = match read {
            Read::Refused(code) => Verdict::Rejected(code),
            Read::Same => Verdict::Accepted,
            Read::Another => Verdict::Rejected("another key"),
            Read::Wrong(how) => Verdict::Changed(how),
        };
        self.tally.enter(verdict, what);
    }
}

/// Changes each byte in each way, or in the short form some of them, and says how each comes out.
fn change(bytes: &[u8], most: usize, random: &mut Random, each: &mut dyn FnMut(&[u8], String)) {
    let ways = 8 + 5;
    let all = bytes.len() * ways;
    for number in 0..all.min(most) {
        let number = if all <= most { number } else { random.below(all) };
        let (at, way) = (number / ways, number % ways);
        let mut changed = bytes.to_vec();
        match way {
            0..8 => changed[at] ^= 1 << way,
            8 => changed.truncate(at),
            9 => drop(changed.remove(at)),
            10 => changed.insert(at, bytes[at]),
            11 => changed.insert(at, b'A'),
            _ => changed.insert(at, 0),
        }
        each(&changed, format!("byte {at}, way {way}"));
    }
}

/// The PEM text of DER bytes.
fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    pem_rfc7468::encode_string(label, pem_rfc7468::LineEnding::LF, der).expect("encodes").into_bytes()
}

fn der(pem: &[u8]) -> Vec<u8> {
    pem_rfc7468::decode_vec(pem).expect("PEM").1
}

fn read_public(text: &[u8], owner: &PrivateKey, signature: &[u8]) -> Read {
    match PublicKey::from_pem(text) {
        Err(error) => Read::Refused(error.code()),
        Ok(read) if read == *owner.public() => Read::Same,
        Ok(read) if read.id() == owner.public().id() => Read::Wrong("another key of the same id".to_owned()),
        Ok(read) => match read.verify(MESSAGE, signature) {
            Ok(()) => Read::Wrong("another key that verifies the same signature".to_owned()),
            Err(_) => Read::Another,
        },
    }
}

fn read_private(text: &[u8], owner: &PrivateKey, passphrase: Option<&Passphrase>) -> Read {
    let read = match (KeyDocument::from_pem(text), passphrase) {
        (Ok(KeyDocument::Private(key)), None) => *key,
        (Ok(KeyDocument::Encrypted(key)), Some(passphrase)) => match key.unlock(passphrase) {
            Ok(key) => key,
            Err(error) => return Read::Refused(error.code()),
        },
        (Ok(other), _) => return Read::Wrong(format!("{other:?}")),
        (Err(error), _) => return Read::Refused(error.code()),
    };
    let Ok(signature) = read.sign(MESSAGE) else { return Read::Wrong("a key that does not sign".to_owned()) };
    if read.public().verify(MESSAGE, &signature).is_err() {
        return Read::Wrong("half a key: its signatures do not fit itself".to_owned());
    }
    match read.public() == owner.public() {
        true => Read::Same,
        false if owner.public().verify(MESSAGE, &signature).is_ok() => {
            Read::Wrong("another key that signs as the old one".to_owned())
        }
        // The one form without anything to hold the key against.
        false if read.public().algorithm() == weightseal::key::Algorithm::Ed25519 => Read::Another,
        false => Read::Wrong("another key".to_owned()),
    }
}

fn public(kind: &'static str) -> Count {
    let (owner, mut count) = (key(kind), Count::default());
    let signature = owner.sign(MESSAGE).expect("signed");
    let text = owner.public().to_pem().into_bytes();
    let mut random = Random(0x9b1);
    let most = full_or(usize::MAX, 1_500);
    change(&text, most, &mut random, &mut |changed, what| {
        count.enter(read_public(changed, owner, &signature), &|| format!("public key of {kind}, {what}"));
    });
    change(&der(&text), most, &mut random, &mut |changed, what| {
        let read = read_public(&pem("PUBLIC KEY", changed), owner, &signature);
        count.enter(read, &|| format!("public key of {kind}, decoded, {what}"));
    });
    count
}

fn private(kind: &'static str) -> Count {
    let (owner, mut count) = (key(kind), Count::default());
    let text = owner.to_plain_pem();
    let mut random = Random(0x9b2);
    // Each RSA key that is read is checked number by number.
    let most = full_or(4_000, 800);
    change(text.as_bytes(), most, &mut random, &mut |changed, what| {
        count.enter(read_private(changed, owner, None), &|| format!("private key of {kind}, {what}"));
    });
    change(&der(text.as_bytes()), most, &mut random, &mut |changed, what| {
        let read = read_private(&pem("PRIVATE KEY", changed), owner, None);
        count.enter(read, &|| format!("private key of {kind}, decoded, {what}"));
    });
    count
}

/// A key under a passphrase, with so few iterations that trying it is quick.
fn encrypted(kind: &'static str) -> Count {
    let (owner, mut count) = (key(kind), Count::default());
    let words = b"correct horse";
    let passphrase = Passphrase::new(words.to_vec()).expect("a passphrase");
    let plain = der(owner.to_plain_pem().as_bytes());
    let parameters = Parameters::generate_pbkdf2_sha256_aes256cbc(16, &[7; 16], [9; 16]).expect("parameters");
    let sealed = parameters.encrypt(words, &plain).expect("encrypted");
    let info = EncryptedPrivateKeyInfo {
        encryption_algorithm: parameters.into(),
        encrypted_data: der::asn1::OctetStringRef::new(&sealed).expect("bytes"),
    };
    let bytes = der::Encode::to_der(&info).expect("DER");
    let read =
        |changed: &[u8]| read_private(&pem("ENCRYPTED PRIVATE KEY", changed), owner, Some(&passphrase));
    assert!(matches!(read(&bytes), Read::Same));
    let (mut random, most) = (Random(0x9b3), full_or(4_000, 800));
    change(&bytes, most, &mut random, &mut |changed, what| {
        count.enter(read(changed), &|| format!("encrypted key of {kind}, {what}"));
    });
    change(&pem("ENCRYPTED PRIVATE KEY", &bytes), most, &mut random, &mut |changed, what| {
        let read = read_private(changed, owner, Some(&passphrase));
        count.enter(read, &|| format!("encrypted key of {kind} as text, {what}"));
    });
    count
}

/// A root certificate that the caller names: the signature is refused, or everything is as it was.
fn root() -> Count {
    let (scene, mut count) = (Scene::oms_with_certificate(), Count::default());
    let rules = scene.policy.certificates.clone().expect("rules");
    let text = std::fs::read(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../testkit/vectors/oms-certificate/ok-chain/root.pem"),
    )
    .expect("read");
    let read = |changed: &[u8]| match CertificateRoots::from_pem(changed) {
        Err(error) => Verdict::Rejected(error.code()),
        Ok(roots) => {
            let certificates = Some(weightseal::trust::CertificateRules { roots, ..rules.clone() });
            scene.try_policy(&Policy { certificates, ..scene.policy.clone() })
        }
    };
    let (mut random, most) = (Random(0x9b4), full_or(usize::MAX, 1_500));
    change(&text, most, &mut random, &mut |changed, what| {
        count.tally.enter(read(changed), &|| format!("a root certificate, {what}"));
    });
    change(&der(&text), most, &mut random, &mut |changed, what| {
        count
            .tally
            .enter(read(&pem("CERTIFICATE", changed)), &|| format!("a root certificate, decoded, {what}"));
    });
    count
}

#[test]
fn a_changed_key_is_refused_or_itself_or_nobody() {
    let mut jobs: Vec<(String, Job<Count>)> = vec![("a root certificate".to_owned(), Box::new(root))];
    for kind in KINDS.into_iter().rev().filter(|kind| is_full() || !["rsa3072", "rsa2048-e3"].contains(kind))
    {
        jobs.push((format!("private keys of {kind}"), Box::new(move || private(kind))));
        jobs.push((format!("public keys of {kind}"), Box::new(move || public(kind))));
    }
    for kind in ["rsa2048", "p256", "ed25519"] {
        jobs.push((format!("encrypted keys of {kind}"), Box::new(move || encrypted(kind))));
    }
    let jobs = jobs.into_iter().map(|(what, job)| -> Job<Count> {
        Box::new(move || {
            let count = job();
            count.tally.report(&format!("changed {what}"));
            count
        })
    });
    let (mut tally, mut others) = (Tally::default(), 0);
    for count in on_all_cores(jobs.collect()) {
        tally = tally.add(count.tally);
        others += count.others;
    }
    let what = "a key or certificate file changed: taken for the key that it was, or half a key";
    let rest = format!(
        "; {} refused, {} the same key, {} another whole key that verifies and signs nothing in its name",
        grouped(tally.rejected() - others),
        grouped(tally.accepted),
        grouped(others)
    );
    row("mutation/keys", what, tally.figures(), &rest);
}
