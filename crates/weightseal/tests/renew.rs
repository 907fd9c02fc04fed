//! Renewing: every kind of signature, what is kept and what is not, attacks, and each byte read once.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;
use weightseal::countersign::{FirstSigner, countersign};
use weightseal::digest::{CHUNKED_FROM, Digest, HashAlgorithm, chunk_root};
use weightseal::envelope::ShardDialect;
use weightseal::format::{Limits, SignatureFile};
use weightseal::hash::{ChunkList, Observer};
use weightseal::key::{KeySpec, PrivateKey};
use weightseal::renew::{Changes, NewExpiry, RenewError, Renewed, renew};
use weightseal::sign::{
    CompatSignature, Options, Serialization, SignExcludes, sign_bundle, sign_file, sign_model,
};
use weightseal::time::Timestamp;
use weightseal::trust::{KeyRing, Requirements, Unauthenticated};
use weightseal::verify::{
    Checked, Facts, Failure, Outcome, Policy, Target, WholeDigest, find_signed, verify,
};

fn generated(spec: KeySpec) -> PrivateKey {
    PrivateKey::generate(spec).expect("generated")
}

/// The key that signed until now.
fn old() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| generated(KeySpec::EcdsaP256))
}

/// The key that signs from now on.
fn new() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| generated(KeySpec::Ed25519))
}

fn rsa() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| generated(KeySpec::Rsa2048))
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn policy_of(keys: &[&PrivateKey]) -> Policy {
    let keys = KeyRing::new(keys.iter().map(|key| key.public().clone()));
    Policy::of_keys(keys, Requirements::default(), "2026-06-01T00:00:00Z".parse().expect("a time"))
}

fn options() -> Options {
    Options {
        key_version: Some(1),
        model_version: Some(7),
        expires_at: Some(time("2027-01-01T00:00:00Z")),
        annotations: BTreeMap::from([("git".to_owned(), "0f3a".to_owned())]),
        ..Options::new("team", time("2026-05-01T00:00:00Z"))
    }
}

fn changes() -> Changes {
    Changes::at(time("2026-06-01T00:00:00Z"))
}

fn target(path: &Path) -> Target {
    Target { path: path.to_owned(), ..Target::default() }
}

fn renewed(path: &Path) -> Renewed {
    renew(&target(path), &policy_of(&[old()]), new(), &changes(), &()).expect("renewed")
}

fn code(path: &Path) -> &'static str {
    renew(&target(path), &policy_of(&[old()]), new(), &changes(), &()).expect_err("refused").code()
}

fn verified(path: &Path, key: &PrivateKey) -> Facts {
    let target = Target { whole: WholeDigest::Always, ..target(path) };
    match verify(&target, &policy_of(&[key]), &()) {
        Ok(Outcome::Verified(verified)) => verified.facts().clone(),
        other => panic!("{other:?}"),
    }
}

fn rejected(path: &Path, key: &PrivateKey) -> &'static str {
    match verify(&target(path), &policy_of(&[key]), &()) {
        Err(Failure::Rejected(rejected)) => rejected.headline().code(),
        other => panic!("{other:?}"),
    }
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a folder above")).expect("made");
    fs::write(path, bytes).expect("written");
}

fn model(bytes: &[u8]) -> (TempDir, PathBuf) {
    let keep = tempfile::tempdir().expect("a folder");
    let model = keep.path().join("model.pt");
    write(&model, bytes);
    (keep, model)
}

fn signed(bytes: &[u8]) -> (TempDir, PathBuf, PathBuf) {
    let (keep, model) = model(bytes);
    let manifest = sign_file(&model, None, old(), &options(), &()).expect("signed").manifest;
    (keep, model, manifest)
}

fn read(path: &Path) -> SignatureFile {
    SignatureFile::parse(&fs::read(path).expect("read")).expect("parsed")
}

/// How many bytes were read.
#[derive(Default)]
struct Counter(AtomicU64);

impl Observer for Counter {
    fn advanced(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Calls a function once, when the first bytes have been read.
struct Meanwhile<F: Fn() + Sync>(F, AtomicU64);

impl<F: Fn() + Sync> Observer for Meanwhile<F> {
    fn advanced(&self, _: u64) {
        if self.1.fetch_add(1, Ordering::Relaxed) == 0 {
            (self.0)();
        }
    }
}

#[test]
fn a_manifest_is_renewed_in_its_place_with_what_was_signed() {
    let (_keep, model, manifest) = signed(b"weights");
    let before = read(&manifest);
    let done = renewed(&model);
    assert_eq!((&done.place.model, &done.place.signature), (&model, &manifest));
    assert_eq!(done.renews, before.statement_digest());
    assert_eq!(read(&manifest), done.file);
    assert_eq!(rejected(&model, old()), "untrusted-key");
    let facts = verified(&model, new());
    assert_eq!(facts.statement, Some(done.statement));
    assert_eq!((facts.renews, facts.countersigns), (before.statement_digest(), None));
    assert_eq!((facts.signer.as_deref(), facts.model_version), (Some("team"), Some(7)));
    assert_eq!(facts.expires_at, options().expires_at);
    assert_eq!(facts.annotations, options().annotations);
    assert_eq!(facts.signed_at, Some(changes().signed_at));
    // It belongs to the key.
    assert_eq!(facts.key.expect("a key").version, None);
    let files = |file: &SignatureFile| file.signed().expect("an envelope").statement.resources.clone();
    assert_eq!(files(&done.file), files(&before));
}

#[test]
fn what_is_given_takes_the_place_of_what_was_signed() {
    let (_keep, model, _) = signed(b"weights");
    let changes = Changes {
        signer: Some("other team".to_owned()),
        key_version: Some(2),
        model_version: Some(8),
        expires_at: NewExpiry::At(time("2028-01-01T00:00:00Z")),
        annotations: [("git", "1234"), ("run", "5")].map(|(name, text)| (name.into(), text.into())).into(),
        ..changes()
    };
    renew(&target(&model), &policy_of(&[old()]), new(), &changes, &()).expect("renewed");
    let facts = verified(&model, new());
    assert_eq!((facts.signer.as_deref(), facts.model_version), (Some("other team"), Some(8)));
    assert_eq!(facts.expires_at, Some(time("2028-01-01T00:00:00Z")));
    assert_eq!(facts.annotations, changes.annotations);
    assert_eq!(facts.key.expect("a key").version, Some(2));
    // The same key once more, for ever now.
    let never = Changes { expires_at: NewExpiry::Never, ..Changes::at(time("2026-06-01T00:00:00Z")) };
    renew(&target(&model), &policy_of(&[new()]), new(), &never, &()).expect("renewed");
    assert_eq!(verified(&model, new()).expires_at, None);
}

#[test]
fn an_rsa_key_writes_the_published_signature_unless_told_not_to() {
    let (_keep, model, manifest) = signed(b"weights");
    renew(&target(&model), &policy_of(&[old()]), rsa(), &changes(), &()).expect("renewed");
    let visible = |path: &Path| match read(path) {
        SignatureFile::Manifest(manifest) => manifest.visible.signature,
        other => panic!("{other:?}"),
    };
    assert!(visible(&manifest).is_some());
    verified(&model, rsa());
    let changes = Changes { compat_signature: CompatSignature::Omit, ..changes() };
    renew(&target(&model), &policy_of(&[rsa()]), rsa(), &changes, &()).expect("renewed");
    assert!(visible(&manifest).is_none());
    verified(&model, rsa());
}

#[test]
fn every_byte_is_read_once_and_large_files_get_the_chunk_root_that_they_lacked() {
    let bytes: Vec<u8> = (0..CHUNKED_FROM + 5).map(|at| (at % 251) as u8).collect();
    let digests: Vec<Digest> = bytes.chunks(1 << 20).map(Digest::of).collect();
    let root = chunk_root(bytes.len() as u64, &digests);
    let (_keep, model) = model(&bytes);
    let manifest = sign_file(&model, None, rsa(), &options(), &()).expect("signed").manifest;
    strip(&manifest);
    let policy = accepting(rsa());
    let named = Changes { signer: Some("team".to_owned()), ..changes() };
    let counter = Counter::default();
    let done = renew(&target(&model), &policy, new(), &named, &counter).expect("renewed");
    assert_eq!(counter.0.into_inner(), bytes.len() as u64);
    assert_eq!(done.old.files[0].checked, Some(Checked::Digest));
    let resource = |file: &SignatureFile| file.signed().expect("an envelope").statement.resources[0].clone();
    assert_eq!(resource(&done.file).chunk_root, Some(root));
    assert_eq!(resource(&done.file).size, Some(bytes.len() as u64));
    assert_eq!(verified(&model, new()).files[0].checked, Some(Checked::Both));

    // Now there is one, it is checked like the digest, and kept.
    let counter = Counter::default();
    let again = renew(&target(&model), &policy_of(&[new()]), old(), &changes(), &counter).expect("renewed");
    assert_eq!(counter.0.into_inner(), bytes.len() as u64);
    assert_eq!(again.old.files[0].checked, Some(Checked::Both));
    assert_eq!(resource(&again.file), resource(&done.file));
}

/// Takes the envelope away, and what only stands beside one.
fn strip(manifest: &Path) {
    let mut value: serde_json::Value =
        serde_json::from_slice(&fs::read(manifest).expect("read")).expect("JSON");
    let fields = value.as_object_mut().expect("an object");
    fields.remove("envelope");
    fields.remove("key_id");
    if let Some(entries) = fields.get_mut("artifacts").and_then(|entries| entries.as_array_mut()) {
        entries.iter_mut().for_each(|entry| drop(entry.as_object_mut().expect("an object").remove("key_id")));
    }
    fs::write(manifest, value.to_string()).expect("written");
}

fn accepting(key: &PrivateKey) -> Policy {
    let mut policy = policy_of(&[key]);
    policy.requirements.unauthenticated = Unauthenticated::Accept;
    policy
}

#[test]
fn nothing_that_was_only_claimed_becomes_signed() {
    let (_keep, model) = model(b"weights");
    let manifest = sign_file(&model, None, rsa(), &options(), &()).expect("signed").manifest;
    strip(&manifest);
    let before = fs::read(&manifest).expect("read");
    let refused = |policy: &Policy, changes: &Changes| {
        renew(&target(&model), policy, new(), changes, &()).expect_err("refused")
    };
    let error = refused(&policy_of(&[rsa()]), &changes());
    assert_eq!(error.code(), "not-authenticated");
    assert!(error.hint().expect("a hint").contains("--signer"));
    let error = refused(&accepting(rsa()), &changes());
    assert_eq!(error.code(), "usage");
    assert_eq!(fs::read(&manifest).expect("read"), before);
    let named = Changes { signer: Some("a".to_owned()), ..changes() };
    let done = renew(&target(&model), &accepting(rsa()), new(), &named, &()).expect("renewed");
    assert_eq!(done.renews, None);
    let facts = verified(&model, new());
    assert_eq!((facts.signer.as_deref(), facts.renews), (Some("a"), None));
    assert_eq!((facts.model_version, facts.expires_at), (None, None));
    assert!(facts.annotations.is_empty());
}

#[test]
fn a_bundle_stays_a_bundle_with_or_without_an_envelope() {
    let keep = tempfile::tempdir().expect("a folder");
    let files = ["a.bin", "sub/b.bin"].map(|name| keep.path().join(name));
    files.iter().for_each(|file| write(file, file.as_os_str().as_encoded_bytes()));
    let bundle = keep.path().join("release.manifest.json");
    sign_bundle(&files, &bundle, None, rsa(), &options(), &()).expect("signed");
    let before = read(&bundle);
    let from_rsa = |changes: &Changes| renew(&target(keep.path()), &accepting(rsa()), rsa(), changes, &());
    let done = from_rsa(&changes()).expect("renewed");
    assert_eq!(done.place.signature, bundle);
    let statement = |file: &SignatureFile| file.signed().expect("an envelope").statement.clone();
    assert_eq!(statement(&done.file).name, statement(&before).name);
    assert_eq!(statement(&done.file).resources, statement(&before).resources);
    strip(&bundle);
    let named = Changes { signer: Some("team".to_owned()), ..changes() };
    let done = from_rsa(&named).expect("renewed");
    assert_eq!(statement(&done.file).resources, statement(&before).resources);
    assert_eq!(statement(&done.file).name, "release");
    assert_eq!(verified(keep.path(), rsa()).files.len(), 2);
    let one = Target { signature: Some(bundle.clone()), ..target(&files[0]) };
    let error = renew(&one, &policy_of(&[rsa()]), new(), &changes(), &()).expect_err("refused");
    assert_eq!(error.code(), "partial");
    assert_eq!(read(&bundle), done.file);
}

#[test]
fn an_oms_signature_keeps_how_its_files_were_found_and_hashed() {
    let shards = NonZeroU64::new(5);
    let cases = [
        Serialization::default(),
        Serialization { algorithm: HashAlgorithm::Blake3, ..Default::default() },
        Serialization { shard_size: shards, dialect: ShardDialect::Reference, ..Default::default() },
        Serialization {
            shard_size: shards,
            default_excludes: SignExcludes::Sign,
            ignore: vec!["notes".parse().expect("a name")],
            ..Default::default()
        },
    ];
    for how in cases {
        for beside in [false, true] {
            let keep = tempfile::tempdir().expect("a folder");
            let model = keep.path().join("model");
            write(&model.join("weights.bin"), b"0123456789");
            write(&model.join("sub/config.json"), b"{}");
            let place = beside.then(|| keep.path().join("model.sig"));
            let first = sign_model(&model, place.as_deref(), old(), None, &how, &options(), &());
            let first = first.expect("signed");
            let done = renewed(&model);
            assert_eq!((&done.place.signature, &done.place.model), (&first.signature, &model));
            let (SignatureFile::Oms(before), SignatureFile::Oms(after)) = (&first.file, &done.file) else {
                panic!("no OMS signature")
            };
            let mut expected = before.statement.clone();
            expected.claims.clone_from(&after.statement.claims);
            assert_eq!(after.statement, expected);
            let dialect =
                |oms: &weightseal::format::OmsSignature| oms.statement.dialect_of(&oms.envelope.payload);
            assert_eq!((dialect(before), dialect(after)), (how.dialect, how.dialect));
            assert_eq!(verified(&model, new()).renews, Some(first.statement));
            assert_ne!(rejected(&model, old()), "ambiguous-signature");
        }
    }
}

#[test]
fn a_file_with_an_oms_signature_keeps_it() {
    let (_keep, model) = model(b"weights");
    let how = Serialization::default();
    let unnamed = Options::unnamed(time("2026-05-01T00:00:00Z"));
    let first = sign_model(&model, None, old(), None, &how, &unnamed, &()).expect("signed");
    let done = renew(&target(&first.signature), &policy_of(&[old()]), new(), &changes(), &());
    let done = done.expect("renewed");
    assert_eq!((&done.place.signature, &done.place.model), (&first.signature, &model));
    assert_eq!(verified(&model, new()).signer, None);
}

#[test]
fn an_oms_signature_of_another_tool_gets_claims_sizes_and_roots() {
    let bytes = vec![7; usize::try_from(CHUNKED_FROM).expect("a size")];
    let keep = tempfile::tempdir().expect("a folder");
    let folder = keep.path().join("model");
    write(&folder.join("large.bin"), &bytes);
    write(&folder.join("small.bin"), b"1");
    let how = Serialization::default();
    let first = sign_model(&folder, None, old(), None, &how, &options(), &()).expect("signed");
    let SignatureFile::Oms(mut oms) = first.file.clone() else { panic!("no OMS signature") };
    oms.statement.claims = None;
    for file in &mut oms.statement.files {
        (file.size, file.chunk_root) = (None, None);
    }
    oms.envelope.payload = oms.statement.to_payload(ShardDialect::Specification);
    oms.envelope.signatures[0].sig = old().sign(&oms.envelope.pae()).expect("signed");
    fs::write(&first.signature, SignatureFile::Oms(oms).to_text()).expect("written");
    assert_eq!(verified(&folder, old()).signer, None);
    let counter = Counter::default();
    let done = renew(&target(&folder), &policy_of(&[old()]), new(), &changes(), &counter).expect("renewed");
    assert_eq!(counter.0.into_inner(), bytes.len() as u64 + 1);
    let (SignatureFile::Oms(ours), SignatureFile::Oms(after)) = (&first.file, &done.file) else {
        panic!("no OMS signature")
    };
    assert_eq!(ours.statement.files, after.statement.files);
    let facts = verified(&folder, new());
    assert_eq!(facts.signed_at, Some(changes().signed_at));
    assert_eq!(facts.renews, done.renews);
}

#[test]
fn what_verification_refuses_is_not_renewed() {
    let (_keep, model, manifest) = signed(b"weights");
    let before = fs::read(&manifest).expect("read");
    let wrong_key = renew(&target(&model), &policy_of(&[new()]), new(), &changes(), &());
    assert_eq!(wrong_key.expect_err("refused").code(), "untrusted-key");
    let mut late = policy_of(&[old()]);
    late.now = "2027-01-01T00:00:00Z".parse().expect("a time");
    let expired = renew(&target(&model), &late, new(), &changes(), &());
    assert_eq!(expired.expect_err("refused").code(), "expired");
    fs::write(&model, b"weight5").expect("written");
    assert_eq!(code(&model), "hash-mismatch");
    fs::remove_file(&model).expect("removed");
    assert_eq!(code(&manifest), "not-found");
    assert_eq!(fs::read(&manifest).expect("read"), before);
    write(&model, b"weights");
    fs::copy(&manifest, model.with_file_name("model.pt.manifest.json")).expect("copied");
    assert_eq!(code(&model), "ambiguous-signature");
    assert_eq!(fs::read(&manifest).expect("read"), before);
}

#[test]
fn a_chunk_root_that_does_not_fit_is_seen_beside_a_digest_that_does() {
    let bytes = vec![3; usize::try_from(CHUNKED_FROM).expect("a size")];
    let (_keep, model, manifest) = signed(&bytes);
    let SignatureFile::Manifest(mut forged) = read(&manifest) else { panic!("no manifest") };
    let signed = forged.signed.as_mut().expect("an envelope");
    signed.statement.resources[0].chunk_root = Some(Digest::of(b"another"));
    signed.envelope.payload = signed.statement.to_payload();
    signed.envelope.signatures[0].sig = old().sign(&signed.envelope.pae()).expect("signed");
    let text = SignatureFile::Manifest(forged).to_text();
    fs::write(&manifest, &text).expect("written");
    assert_eq!(code(&model), "chunk-root-mismatch");
    assert_eq!(fs::read_to_string(&manifest).expect("read"), text);
}

#[test]
fn a_signature_that_changes_while_the_model_is_read_is_not_replaced() {
    let (_keep, model, manifest) = signed(&vec![1; 3 << 20]);
    let later = Options { model_version: Some(8), ..options() };
    let (_other, copy) = self::model(&vec![1; 3 << 20]);
    let newer = sign_file(&copy, None, old(), &later, &()).expect("signed").file.to_text();
    let meanwhile = Meanwhile(|| fs::write(&manifest, &newer).expect("written"), AtomicU64::new(0));
    let error = renew(&target(&model), &policy_of(&[old()]), new(), &changes(), &meanwhile);
    assert_eq!(error.expect_err("refused").code(), "changed-while-reading");
    assert_eq!(fs::read_to_string(&manifest).expect("read"), newer);
    assert_eq!(fs::read_dir(manifest.parent().expect("a folder")).expect("listed").count(), 2);

    let gone = Meanwhile(|| fs::remove_file(&manifest).expect("removed"), AtomicU64::new(0));
    let error = renew(&target(&model), &policy_of(&[old()]), new(), &changes(), &gone);
    assert_eq!(error.expect_err("refused").code(), "not-found");
    assert!(!manifest.exists());
}

#[test]
fn the_new_signature_covers_what_was_read_and_nothing_later() {
    let (_keep, model, _) = signed(b"weights");
    let done = renewed(&model);
    fs::write(&model, b"changed").expect("written");
    assert_eq!(rejected(&model, new()), "hash-mismatch");
    assert_eq!(done.old.files[0].found, Some(Digest::of(b"weights").into()));
}

#[test]
fn a_countersignature_is_not_renewed_and_one_of_the_old_statement_is_named() {
    let (_keep, model, manifest) = signed(b"weights");
    let second = Options::new("reviewer", time("2026-05-02T00:00:00Z"));
    let judge = policy_of(&[old()]);
    let by = FirstSigner::Judged(&judge);
    let third = generated(KeySpec::Ed25519);
    let beside = countersign(&target(&model), None, by, &third, &second, &()).expect("countersigned");
    let named = Target { signature: Some(beside.signature.clone()), ..target(&model) };
    let error = renew(&named, &policy_of(&[&third]), new(), &changes(), &()).expect_err("refused");
    assert!(matches!(error, RenewError::Countersignature { .. }), "{error:?}");
    assert_eq!(error.code(), "countersignature");
    assert_eq!(read(&beside.signature), beside.file);
    let done = renewed(&manifest);
    assert_eq!(done.countersignatures, std::slice::from_ref(&beside.signature));
    // It is of nothing now; the next renewal has nothing to say about it.
    let again = renew(&target(&model), &policy_of(&[new()]), old(), &changes(), &()).expect("renewed");
    assert!(again.countersignatures.is_empty());
}

#[test]
fn one_broken_model_among_many_stops_no_other() {
    let keep = tempfile::tempdir().expect("a folder");
    let root = keep.path();
    for name in ["a.pt", "b/b.pt", "c.pt"] {
        write(&root.join(name), name.as_bytes());
        sign_file(&root.join(name), None, old(), &options(), &()).expect("signed");
    }
    write(&root.join("d/weights"), b"1");
    let how = Serialization::default();
    sign_model(&root.join("d"), None, old(), None, &how, &options(), &()).expect("signed");
    write(&root.join("b/b.pt"), b"broken");
    let places = find_signed(root, Limits::default()).expect("found");
    let results: Vec<_> = places
        .iter()
        .map(|place| renew(&place.target(), &policy_of(&[old()]), new(), &changes(), &()))
        .map(|result| result.map_or_else(|error| error.code(), |_| "renewed"))
        .collect();
    assert_eq!(results, ["renewed", "hash-mismatch", "renewed", "renewed"]);
    assert_eq!(rejected(&root.join("b/b.pt"), old()), "hash-mismatch");
    for name in ["a.pt", "c.pt", "d"] {
        verified(&root.join(name), new());
    }
}

#[test]
fn a_chunk_list_stays_the_list_of_the_model() {
    let bytes = vec![9; usize::try_from(CHUNKED_FROM).expect("a size")];
    let (_keep, model) = model(&bytes);
    let with_list = Options { chunk_list: ChunkList::Keep, ..options() };
    let list = sign_file(&model, None, old(), &with_list, &()).expect("signed").chunk_list.expect("a list");
    let before = fs::read(&list).expect("read");
    renewed(&model);
    assert_eq!(fs::read(&list).expect("read"), before);
    let range = weightseal::verify::RangeTarget { bytes: 5..70, chunk_list: None };
    let part = Target { range: Some(range), ..target(&model) };
    assert!(matches!(verify(&part, &policy_of(&[new()]), &()), Ok(Outcome::Partial(_))));
}
