//! What the library accepts under a fixed Ed25519 key, a second implementation accepts, with the same facts; and for
//! manifests and signatures of whole files the other way round.
//!
//! The signature is checked by another library. What is mutated is signed again by the mutator (fuzz_targets/), or else
//! nearly nothing would ever be accepted.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use weightseal::envelope::{Claims, OmsForm, SignedDigests};
use weightseal::format::{Method, OmsSignature, SignatureFile, check};
use weightseal::key::PublicKey;

use crate::ed25519;
use crate::second::manifest::{self, Facts, Key};
use crate::second::oms::{self, Reading};

static KEY: LazyLock<PublicKey> = LazyLock::new(|| {
    PublicKey::from_pem(include_bytes!("../../../testkit/keys/ed25519.pub")).expect("a key")
});

/// The same key, as the second implementation has it: SHA-256 of its SPKI, and its 32 bytes.
const SECOND: Key = Key {
    id: "cfa6d49150a1eee1d27de426fa8185dc7ef903c36080449349f8b32491f97573",
    algorithm: "Ed25519",
    size: 256,
    fits: |message, signature| ed25519::fits(&PUBLIC, message, signature),
    sha256: ed25519::sha256,
};

/// The 32 bytes of the key.
pub const PUBLIC: [u8; 32] = [
    160, 163, 55, 129, 210, 119, 68, 32, 173, 35, 149, 140, 21, 136, 147, 148, 25, 164, 140, 189, 12, 185,
    226, 139, 80, 197, 12, 67, 43, 197, 120, 86,
];

/// See above.
pub fn run(bytes: &[u8]) {
    let file = SignatureFile::parse(bytes);
    let ours = file.as_ref().ok().filter(|file| check(file, &KEY).is_empty());
    match ours {
        Some(SignatureFile::Oms(oms)) => {
            let theirs = oms::accept(bytes, &SECOND);
            let is_read = oms.statement.form == OmsForm::V1 && oms.statement.shard_size.is_none();
            let is_of_key = matches!(oms.method, Method::Key(_));
            if is_read && is_of_key {
                assert_eq!(theirs, Reading::Accepted(Box::new(of_oms(oms))));
            }
        }
        Some(file) => {
            let theirs = manifest::accept(bytes, &SECOND);
            assert_eq!(theirs, Some(of_manifest(file)));
        }
        None => {
            assert_eq!(manifest::accept(bytes, &SECOND).filter(|_| !is_oms(&file)), None, "{file:?}");
            if !is_broken_beside(&file) {
                assert!(!matches!(oms::accept(bytes, &SECOND), Reading::Accepted(_)), "{file:?}");
            }
        }
    }
}

fn is_oms<E>(file: &Result<SignatureFile, E>) -> bool {
    matches!(file, Ok(SignatureFile::Oms(_)))
}

/// The second implementation does not look at logs, time stamps and the key that is named.
fn is_broken_beside<E: std::fmt::Display>(file: &Result<SignatureFile, E>) -> bool {
    matches!(file, Err(fault) if fault.to_string().contains("verificationMaterial"))
}

fn of_manifest(file: &SignatureFile) -> Facts {
    let statement = &file.signed().expect("no Ed25519 key signs without an envelope").statement;
    let mut facts = of_claims(&statement.name, Some(&statement.claims));
    facts.files = statement
        .resources
        .iter()
        .map(|it| {
            let name = it.name.as_ref().map_or(".", |name| name.as_str()).to_owned();
            (name, it.digest.to_string(), it.size.map(number), it.chunk_root.map(|root| root.to_string()))
        })
        .collect();
    facts
}

fn of_oms(oms: &OmsSignature) -> Facts {
    let statement = &oms.statement;
    let mut facts = of_claims(&statement.name, statement.claims.as_ref());
    for file in &statement.files {
        let SignedDigests::Whole(digest) = &file.digests else { panic!("shards without a size") };
        let root = file.chunk_root.map(|root| root.to_string());
        facts.files.push((file.shown_name().to_owned(), digest.to_string(), file.size.map(number), root));
    }
    facts.files.sort();
    facts
}

fn of_claims(name: &str, claims: Option<&Claims>) -> Facts {
    let Some(claims) = claims else { return Facts { name: name.to_owned(), ..Facts::default() } };
    let mut texts: BTreeMap<String, String> = claims.annotations.clone();
    let mut numbers = BTreeMap::new();
    let mut put = |name: &str, text: Option<String>| {
        texts.extend(text.map(|text| (name.to_owned(), text)));
    };
    put("container", Some(claims.container.name().to_owned()));
    put("signer", claims.signer.clone());
    put("signed_at", Some(claims.signed_at.as_str().to_owned()));
    put("expires_at", claims.expires_at.as_ref().map(|time| time.as_str().to_owned()));
    put("key_id", Some(claims.key_id.to_string()));
    put("countersigns", claims.countersigns.map(|digest| digest.to_string()));
    put("renews", claims.renews.map(|digest| digest.to_string()));
    numbers.extend(claims.key_version.map(|version| ("key_version".to_owned(), number(version))));
    numbers.extend(claims.model_version.map(|version| ("model_version".to_owned(), number(version))));
    Facts { name: name.to_owned(), texts, numbers, files: Vec::new() }
}

fn number(number: u64) -> i64 {
    i64::try_from(number).expect("at most 2^53")
}
