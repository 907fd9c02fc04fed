//! Holding a signature file against a key: both signatures, and every visible field against what was signed.
//!
//! Everything wrong is collected, so that a person sees all of it at once.

use std::collections::{BTreeMap, BTreeSet};

use super::{BundleManifest, Covered, Fault, Manifest, OmsSignature, SignatureFile, Signed, Visible};
use crate::digest::Digest;
use crate::envelope::{Container, EnvelopeSignature, Resource, StatementError};
use crate::json::FieldError;
use crate::key::PublicKey;

/// Everything that is wrong with a signature file under this key; nothing, if it is signed by it.
pub fn check(file: &SignatureFile, key: &PublicKey) -> Vec<Fault> {
    match file {
        SignatureFile::Manifest(manifest) => check_manifest(manifest, key),
        SignatureFile::Bundle(bundle) => check_bundle(bundle, key),
        SignatureFile::Oms(oms) => check_oms(oms, key),
    }
}

/// Everything that is wrong with an OMS signature under this key, wherever the key comes from. What is signed must
/// name the very key, where it names one.
pub fn check_oms(oms: &OmsSignature, key: &PublicKey) -> Vec<Fault> {
    if oms.verify(key).is_err() {
        let covered = Covered::Statement;
        return vec![Fault::InvalidSignature { covered, key: key.id(), artifact: None, mistake: None }];
    }
    let stated = oms.statement.claims.as_ref().map(|claims| claims.key_id);
    let wrong = stated.filter(|stated| *stated != key.id());
    wrong.into_iter().map(|stated| Fault::WrongKeyId { stated, key: key.id() }).collect()
}

fn check_manifest(manifest: &Manifest, key: &PublicKey) -> Vec<Fault> {
    let mut faults = Vec::from_iter(check_hex_signature(&manifest.visible, key, None, Explain::Yes));
    faults.extend(check_key_fields(&manifest.visible, key, ""));
    if let Some(signed) = &manifest.signed {
        faults.extend(check_signed(signed, key, || compare_manifest(manifest, signed)));
    }
    faults
}

fn check_bundle(bundle: &BundleManifest, key: &PublicKey) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut explain = Explain::Yes;
    for (at, entry) in bundle.artifacts.iter().enumerate() {
        if let Some(fault) = check_hex_signature(entry, key, Some(entry.model_file.as_str()), explain) {
            faults.push(fault);
            explain = Explain::No;
        }
        faults.extend(check_key_fields(entry, key, &format!("artifacts[{at}].")));
    }
    faults.extend(check_list(bundle));
    if let Some(signed) = &bundle.signed {
        faults.extend(check_signed(signed, key, || compare_bundle(bundle, signed)));
    }
    faults
}

/// The envelope's signature, and only under a good one a comparison with what it says: an attacker's statement
/// could differ in a quarter of a million points, none of them worth a word.
fn check_signed(signed: &Signed, key: &PublicKey, compare: impl FnOnce() -> Vec<Fault>) -> Vec<Fault> {
    match check_envelope(signed, key) {
        Some(fault @ Fault::InvalidSignature { .. }) => vec![fault],
        other => {
            let (claimed, id) = (signed.statement.claims.key_id.to_string(), key.id().to_string());
            let wrong_key = mismatch("envelope: key_id", Some(&id), Some(&claimed));
            other.into_iter().chain(wrong_key).chain(compare()).collect()
        }
    }
}

/// Whether this key looks like the one to hold a file against that names none: its first signature fits. A bundle
/// may have ten thousand more.
pub fn seems_signed_by(file: &SignatureFile, key: &PublicKey) -> bool {
    if let Some(signed) = file.signed() {
        return !matches!(check_envelope(signed, key), Some(Fault::InvalidSignature { .. }));
    }
    let first = match file {
        SignatureFile::Manifest(manifest) => Some(&manifest.visible),
        SignatureFile::Bundle(bundle) => bundle.artifacts.first(),
        SignatureFile::Oms(oms) => return oms.verify(key).is_ok(),
    };
    first.is_some_and(|visible| check_hex_signature(visible, key, None, Explain::No).is_none())
}

/// Every difference between what a signature file shows and what its envelope says, whoever signed that.
pub fn differences(file: &SignatureFile) -> Vec<Fault> {
    match file {
        SignatureFile::Manifest(manifest) => {
            manifest.signed.iter().flat_map(|signed| compare_manifest(manifest, signed)).collect()
        }
        SignatureFile::Oms(_) => Vec::new(),
        SignatureFile::Bundle(bundle) => {
            let mut faults = check_list(bundle);
            faults.extend(bundle.signed.iter().flat_map(|signed| compare_bundle(bundle, signed)));
            faults
        }
    }
}

fn compare_manifest(manifest: &Manifest, signed: &Signed) -> Vec<Fault> {
    if let Some(fault) = check_container(signed, Container::Manifest) {
        return vec![fault];
    }
    let mut faults = Vec::new();
    let (visible, statement) = (&manifest.visible, &signed.statement);
    match statement.resources.as_slice() {
        [Resource { name: None, digest, .. }] => {
            faults.extend(mismatch("model_file", Some(&statement.name), Some(visible.model_file.as_str())));
            faults.extend(mismatch("sha256", Some(&digest.to_string()), Some(&visible.sha256.to_string())));
        }
        _ => faults.push(statement_fault("predicate.resources", "is not the one resource `.` of a manifest")),
    }
    faults.extend(check_claims(visible, signed, ""));
    faults
}

fn compare_bundle(bundle: &BundleManifest, signed: &Signed) -> Vec<Fault> {
    if let Some(fault) = check_container(signed, Container::Bundle) {
        return vec![fault];
    }
    let mut faults = Vec::new();
    faults.extend(mismatch(
        "bundle_signed_at",
        Some(signed.statement.claims.signed_at.as_str()),
        Some(bundle.bundle_signed_at.as_str()),
    ));
    faults.extend(check_set(bundle, signed));
    for (at, entry) in bundle.artifacts.iter().enumerate() {
        faults.extend(check_claims(entry, signed, &format!("artifacts[{at}].")));
    }
    faults
}

/// Each file once, and as many as the count says.
fn check_list(bundle: &BundleManifest) -> Vec<Fault> {
    let mut names = BTreeSet::new();
    let twice =
        bundle.artifacts.iter().map(|entry| entry.model_file.as_str()).filter(|name| !names.insert(*name));
    let mut faults: Vec<Fault> = twice.map(|name| Fault::DuplicateEntry { name: name.to_owned() }).collect();
    let count = bundle.artifacts.len() as u64;
    if bundle.artifact_count != count {
        faults.push(Fault::WrongCount { expected: count, found: bundle.artifact_count });
    }
    faults
}

/// The entries are exactly the signed set, in the signed order.
fn check_set(bundle: &BundleManifest, signed: &Signed) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut set: BTreeMap<&str, &Digest> = BTreeMap::new();
    for resource in &signed.statement.resources {
        match &resource.name {
            None => faults
                .push(statement_fault("predicate.resources", "has the name `.`, which is no file of a set")),
            Some(name) => {
                set.insert(name.as_str(), &resource.digest);
            }
        }
    }
    let entry_names = || bundle.artifacts.iter().map(|entry| entry.model_file.as_str());
    for (at, entry) in bundle.artifacts.iter().enumerate() {
        match set.get(entry.model_file.as_str()) {
            None => faults.push(Fault::EntryAdded { name: entry.model_file.as_str().to_owned() }),
            Some(digest) => faults.extend(mismatch(
                &format!("artifacts[{at}].sha256"),
                Some(&digest.to_string()),
                Some(&entry.sha256.to_string()),
            )),
        }
    }
    let listed: BTreeSet<&str> = entry_names().collect();
    let removed = set.keys().filter(|name| !listed.contains(*name));
    faults.extend(removed.map(|name| Fault::EntryRemoved { name: (*name).to_owned() }));
    // An entry that stands twice is refused as such, and moves all behind it: no further reason.
    if faults.is_empty() && listed.len() == bundle.artifacts.len() {
        let signed_names = signed.statement.resources.iter().filter_map(|resource| resource.name.as_ref());
        let moved =
            signed_names.map(|name| name.as_str()).zip(entry_names()).enumerate().find(|(_, (a, b))| a != b);
        faults.extend(moved.and_then(|(at, (signed, found))| {
            mismatch(&format!("artifacts[{at}].model_file"), Some(signed), Some(found))
        }));
    }
    faults
}

/// Whether to look for the mistake behind a signature that does not fit: dozens of public-key operations, so
/// once a file and not for each of ten thousand entries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Explain {
    Yes,
    No,
}

/// The signature over the hex digest, if the entry has one.
fn check_hex_signature(
    visible: &Visible,
    key: &PublicKey,
    artifact: Option<&str>,
    explain: Explain,
) -> Option<Fault> {
    let signature = visible.signature.as_ref()?;
    key.verify_hex_digest(&visible.sha256, signature).err().map(|_| Fault::InvalidSignature {
        covered: Covered::HexDigest,
        key: key.id(),
        artifact: artifact.map(str::to_owned),
        mistake: (explain == Explain::Yes).then(|| key.find_mistake(&visible.sha256, signature)).flatten(),
    })
}

fn check_key_fields(visible: &Visible, key: &PublicKey, place: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut expect = |field, expected: String, found: String| {
        if expected != found {
            faults.push(Fault::KeyMismatch { field: format!("{place}{field}"), expected, found });
        }
    };
    expect("algorithm", key.algorithm().manifest_name().to_owned(), visible.algorithm.clone());
    expect("key_size", key.bits().to_string(), visible.key_size.to_string());
    faults
}

/// At least one signature of the envelope is this key's.
fn check_envelope(signed: &Signed, key: &PublicKey) -> Option<Fault> {
    let pae = signed.envelope.pae();
    let made_by_key =
        signed.envelope.signatures.iter().find(|signature| key.verify(&pae, &signature.sig).is_ok());
    match made_by_key {
        None => Some(Fault::InvalidSignature {
            covered: Covered::Statement,
            key: key.id(),
            artifact: None,
            mistake: None,
        }),
        Some(EnvelopeSignature { keyid: Some(keyid), .. }) => {
            mismatch("envelope.signatures.keyid", Some(&key.id().to_string()), Some(keyid))
        }
        Some(_) => None,
    }
}

/// The statement was made for this kind of file.
fn check_container(signed: &Signed, expected: Container) -> Option<Fault> {
    let found = signed.statement.claims.container;
    (found != expected).then_some(Fault::WrongContainer { expected, found })
}

/// The visible fields are those of the signed annotations; one that stands on one side only is a difference.
fn check_claims(visible: &Visible, signed: &Signed, place: &str) -> Vec<Fault> {
    let claims = &signed.statement.claims;
    let version = |version: Option<u64>| version.map(|number| number.to_string());
    [
        mismatch(&format!("{place}signer"), claims.signer.as_deref(), Some(&visible.signer)),
        mismatch(
            &format!("{place}signed_at"),
            Some(claims.signed_at.as_str()),
            Some(visible.signed_at.as_str()),
        ),
        mismatch(
            &format!("{place}key_version"),
            version(claims.key_version).as_deref(),
            version(visible.key_version).as_deref(),
        ),
        mismatch(
            &format!("{place}key_id"),
            Some(&claims.key_id.to_string()),
            visible.key_id.map(|id| id.to_string()).as_deref(),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn mismatch(field: &str, signed: Option<&str>, found: Option<&str>) -> Option<Fault> {
    (signed != found).then(|| Fault::FieldMismatch {
        field: field.to_owned(),
        signed: signed.map(str::to_owned),
        found: found.map(str::to_owned),
    })
}

fn statement_fault(field: &str, problem: &'static str) -> Fault {
    Fault::Statement(StatementError::Field(FieldError::value(field, problem)))
}
