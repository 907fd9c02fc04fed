//! Countersigning: every kind of signature, where the second one goes, what it is taken for, and attacks.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;
use weightseal::countersign::{CountersignError, Countersigned, FirstSigner, countersign};
use weightseal::digest::{CHUNKED_FROM, Digest};
use weightseal::envelope::ShardDialect;
use weightseal::format::{SignatureFile, check};
use weightseal::hash::Observer;
use weightseal::key::{KeySpec, PrivateKey};
use weightseal::sign::{Options, Serialization, sign_bundle, sign_file, sign_model};
use weightseal::time::Timestamp;
use weightseal::trust::{KeyRing, Requirements};
use weightseal::verify::{Facts, Failure, FolderRules, Outcome, Policy, Target, verify};

fn generated(spec: KeySpec) -> PrivateKey {
    PrivateKey::generate(spec).expect("generated")
}

fn first() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| generated(KeySpec::EcdsaP256))
}

fn second() -> &'static PrivateKey {
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

fn policy(key: &PrivateKey) -> Policy {
    let now = "2026-06-01T00:00:00Z".parse().expect("a time");
    Policy::of_keys(KeyRing::new([key.public().clone()]), Requirements::default(), now)
}

fn options() -> Options {
    Options {
        model_version: Some(7),
        expires_at: Some(time("2027-01-01T00:00:00Z")),
        annotations: BTreeMap::from([("git".to_owned(), "0f3a".to_owned())]),
        ..Options::new("team", time("2026-05-01T00:00:00Z"))
    }
}

fn reviewer() -> Options {
    Options { key_version: Some(3), ..Options::new("reviewer", time("2026-05-02T00:00:00Z")) }
}

fn target(path: &Path) -> Target {
    Target { path: path.to_owned(), ..Target::default() }
}

/// By the bytes alone.
fn beside_with(path: &Path, key: &PrivateKey) -> Result<Countersigned, CountersignError> {
    let rules = FolderRules::default();
    countersign(&target(path), None, FirstSigner::Unjudged(&rules), key, &reviewer(), &())
}

fn beside(path: &Path) -> Countersigned {
    beside_with(path, second()).expect("countersigned")
}

/// The path is called otherwise than the model: without the name it is refused, since the name is signed along.
fn beside_named(path: &Path, name: &str) -> Countersigned {
    assert_eq!(refused(path), "wrong-model");
    let named = Target { name: Some(name.to_owned()), ..target(path) };
    let rules = FolderRules::default();
    let by = FirstSigner::Unjudged(&rules);
    countersign(&named, None, by, second(), &reviewer(), &()).expect("countersigned")
}

fn refused(path: &Path) -> &'static str {
    beside_with(path, second()).expect_err("refused").code()
}

/// With the first signature verified.
fn judged(path: &Path, key: &PrivateKey) -> Result<Countersigned, CountersignError> {
    let policy = policy(key);
    countersign(&target(path), None, FirstSigner::Judged(&policy), second(), &reviewer(), &())
}

fn verified(target: &Target, key: &PrivateKey) -> Facts {
    match verify(target, &policy(key), &()) {
        Ok(Outcome::Verified(verified)) => verified.facts().clone(),
        other => panic!("{other:?}"),
    }
}

fn rejection(target: &Target, key: &PrivateKey) -> (&'static str, String) {
    match verify(target, &policy(key), &()) {
        Err(Failure::Rejected(rejected)) => (rejected.headline().code(), rejected.headline().to_string()),
        other => panic!("{other:?}"),
    }
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a folder above")).expect("made");
    fs::write(path, bytes).expect("written");
}

fn signed(bytes: &[u8]) -> (TempDir, PathBuf, PathBuf) {
    let keep = tempfile::tempdir().expect("a folder");
    let model = keep.path().join("model.pt");
    write(&model, bytes);
    let manifest = sign_file(&model, None, first(), &options(), &()).expect("signed").manifest;
    (keep, model, manifest)
}

fn folder(name: &str) -> (TempDir, PathBuf) {
    let keep = tempfile::tempdir().expect("a folder");
    let model = keep.path().join(name);
    write(&model.join("weights.bin"), b"0123456789");
    write(&model.join("sub/config.json"), b"{}");
    (keep, model)
}

fn read(path: &Path) -> SignatureFile {
    SignatureFile::parse(&fs::read(path).expect("read")).expect("parsed")
}

/// The second signature counts when it is named, and the first is found as if it were alone.
fn stands_beside(model: &Path, done: &Countersigned, statement: Digest) {
    assert_eq!(done.countersigns, statement);
    assert_eq!(read(&done.signature), done.file);
    assert!(check(&done.file, second().public()).is_empty());
    let facts = verified(&target(model), first());
    assert_eq!((facts.statement, facts.countersigns), (Some(statement), None));
    let named = Target { signature: Some(done.signature.clone()), ..target(model) };
    let facts = verified(&named, second());
    assert_eq!((facts.statement, facts.countersigns), (Some(done.statement), Some(statement)));
    assert_eq!((facts.signer.as_deref(), facts.model_version), (Some("reviewer"), Some(7)));
    assert_eq!((facts.expires_at, facts.annotations.len()), (None, 0));
    assert_eq!(facts.key.expect("a key").version, Some(3));
}

#[derive(Default)]
struct Counter(AtomicU64);

impl Observer for Counter {
    fn advanced(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[test]
fn a_manifest_gets_a_second_one_beside_it() {
    let (_keep, model, manifest) = signed(b"weights");
    let statement = read(&manifest).statement_digest().expect("a statement");
    let done = beside(&model);
    assert_eq!(done.signature, model.with_file_name("model.2.manifest.json"));
    assert_eq!(done.same_signer, None);
    stands_beside(&model, &done, statement);
    let resources = |file: &SignatureFile| file.signed().expect("an envelope").statement.resources.clone();
    assert_eq!(resources(&done.file), resources(&read(&manifest)));
    // By the manifest's own name as well, and judged.
    fs::remove_file(&done.signature).expect("removed");
    stands_beside(&model, &judged(&manifest, first()).expect("countersigned"), statement);
}

#[test]
fn an_rsa_key_writes_the_published_signature_too() {
    let (_keep, model, _) = signed(b"weights");
    let done = beside_with(&model, rsa()).expect("countersigned");
    let SignatureFile::Manifest(manifest) = &done.file else { panic!("no manifest") };
    assert!(manifest.visible.signature.is_some());
    verified(&Target { signature: Some(done.signature), ..target(&model) }, rsa());
}

#[test]
fn a_bundle_gets_a_second_one_beside_it() {
    let (_keep, model) = folder("set");
    let files = ["weights.bin", "sub/config.json"].map(|name| model.join(name));
    let bundle = model.join("release.manifest.json");
    let done = sign_bundle(&files, &bundle, None, first(), &options(), &()).expect("signed");
    for second in [beside_named(&model, "release"), beside(&bundle)] {
        assert_eq!(second.signature, model.join("release.2.manifest.json"));
        stands_beside(&model, &second, done.statement);
        assert_eq!(verified(&target(&bundle), first()).statement, Some(done.statement));
    }
    let one = Target { signature: Some(bundle), ..target(&files[0]) };
    let policy = policy(first());
    for by in [FirstSigner::Judged(&policy), FirstSigner::Unjudged(&FolderRules::default())] {
        let error = countersign(&one, None, by, second(), &reviewer(), &()).expect_err("refused");
        assert_eq!(error.code(), "partial");
    }
}

#[test]
fn folders_and_files_get_a_second_oms_signature_beside_them() {
    let shards = Serialization {
        shard_size: NonZeroU64::new(5),
        dialect: ShardDialect::Reference,
        ..Default::default()
    };
    for how in [Serialization::default(), shards] {
        let (keep, model) = folder("resnet");
        let first_one = sign_model(&model, None, first(), None, &how, &options(), &()).expect("signed");
        let done = beside(&model);
        assert_eq!(done.signature, keep.path().join("resnet.2.sig"));
        stands_beside(&model, &done, first_one.statement);
        let SignatureFile::Oms(oms) = &done.file else { panic!("no OMS signature") };
        assert_eq!(oms.statement.dialect_of(&oms.envelope.payload), how.dialect);

        fs::remove_file(&first_one.signature).expect("removed");
        fs::remove_file(&done.signature).expect("removed");
        let place = keep.path().join("resnet.sig");
        let first_one =
            sign_model(&model, Some(&place), first(), None, &how, &options(), &()).expect("signed");
        let done = judged(&model, first()).expect("countersigned");
        assert_eq!(done.signature, keep.path().join("resnet.2.sig"));
        stands_beside(&model, &done, first_one.statement);

        let file = keep.path().join("m.bin");
        write(&file, b"0123456789");
        let first_one = sign_model(&file, None, first(), None, &how, &options(), &()).expect("signed");
        let done = beside(&first_one.signature);
        assert_eq!(done.signature, keep.path().join("m.bin.2.sig"));
        stands_beside(&file, &done, first_one.statement);
    }
}

#[test]
fn a_folder_that_was_reached_by_a_link_has_its_own_name() {
    let (keep, model) = folder("resnet");
    let how = Serialization::default();
    let first_one = sign_model(&model, None, first(), None, &how, &options(), &()).expect("signed");
    let link = keep.path().join("link");
    std::os::unix::fs::symlink(&model, &link).expect("linked");
    let done = beside_named(&link, "resnet");
    let real = keep.path().canonicalize().expect("a folder").join("resnet.2.sig");
    assert_eq!(done.signature, real);
    stands_beside(&model, &done, first_one.statement);
    // In the folder, and called otherwise, it is found by nobody who does not know it; nor would the second one be.
    fs::rename(&first_one.signature, model.join("own.sig")).expect("renamed");
    let named = Target { signature: Some(model.join("own.sig")), ..target(&model) };
    let by = FirstSigner::Unjudged(&FolderRules::default());
    let error = countersign(&named, None, by, second(), &reviewer(), &()).expect_err("refused");
    assert!(matches!(error, CountersignError::NoName { .. }), "{error:?}");
}

#[test]
fn every_byte_is_read_once_and_held_against_digest_and_root() {
    let bytes = vec![3; usize::try_from(CHUNKED_FROM).expect("a size")];
    let (_keep, model, manifest) = signed(&bytes);
    let policy = policy(first());
    for by in [FirstSigner::Unjudged(&FolderRules::default()), FirstSigner::Judged(&policy)] {
        let counter = Counter::default();
        let done = countersign(&target(&model), None, by, second(), &reviewer(), &counter);
        assert_eq!(counter.0.into_inner(), CHUNKED_FROM);
        assert_eq!(done.expect("countersigned").facts.files[0].checked.map(|it| it.name()), Some("both"));
    }
    let SignatureFile::Manifest(mut forged) = read(&manifest) else { panic!("no manifest") };
    let signed = forged.signed.as_mut().expect("an envelope");
    signed.statement.resources[0].chunk_root = Some(Digest::of(b"another"));
    signed.envelope.payload = signed.statement.to_payload();
    fs::write(&manifest, SignatureFile::Manifest(forged).to_text()).expect("written");
    assert_eq!(refused(&model), "chunk-root-mismatch");
}

#[test]
fn what_the_first_signature_does_not_list_is_not_signed() {
    let (_keep, model, manifest) = signed(b"weights");
    fs::write(&model, b"weight5").expect("written");
    assert_eq!(refused(&model), "hash-mismatch");
    assert_eq!(judged(&model, first()).expect_err("refused").code(), "hash-mismatch");
    fs::write(&model, b"weights, and more").expect("written");
    assert_eq!(refused(&manifest), "hash-mismatch");
    fs::write(&model, b"weights").expect("written");
    fs::rename(&model, model.with_file_name("other.pt")).expect("renamed");
    let other = Target { signature: Some(manifest.clone()), ..target(&model.with_file_name("other.pt")) };
    let by = FirstSigner::Unjudged(&FolderRules::default());
    let error = countersign(&other, None, by, second(), &reviewer(), &()).expect_err("refused");
    assert_eq!(error.code(), "wrong-model");
    assert_eq!(refused(&manifest), "not-found");
    assert_eq!(fs::read_dir(model.parent().expect("a folder")).expect("listed").count(), 2);

    let (keep, model) = folder("resnet");
    let how = Serialization::default();
    sign_model(&model, None, first(), None, &how, &options(), &()).expect("signed");
    write(&model.join("extra"), b"1");
    assert_eq!(refused(&model), "extra-file");
    fs::remove_file(model.join("extra")).expect("removed");
    fs::remove_file(model.join("sub/config.json")).expect("removed");
    assert_eq!(refused(&model), "missing-file");
    assert_eq!(fs::read_dir(keep.path()).expect("listed").count(), 1);
}

#[test]
fn fields_that_differ_from_the_statement_are_seen_without_any_key() {
    let (_keep, model, manifest) = signed(b"weights");
    let text = fs::read_to_string(&manifest).expect("read").replace("\"team\"", "\"evil\"");
    fs::write(&manifest, text).expect("written");
    assert_eq!(refused(&model), "field-mismatch");
    // A first signature by nobody known is not judged, unless that is asked for.
    let (_keep, model, _) = signed(b"weights");
    assert_eq!(judged(&model, rsa()).expect_err("refused").code(), "untrusted-key");
    let mut late = policy(first());
    late.now = "2027-01-01T00:00:00Z".parse().expect("a time");
    let error = countersign(&target(&model), None, FirstSigner::Judged(&late), second(), &reviewer(), &());
    assert_eq!(error.expect_err("refused").code(), "expired");
    beside(&model);
}

#[test]
fn only_another_key_counts_and_only_first_signatures() {
    let (_keep, model, manifest) = signed(b"weights");
    assert_eq!(beside_with(&model, first()).expect_err("refused").code(), "same-key");
    let done = beside(&model);
    let named = Target { signature: Some(done.signature.clone()), ..target(&model) };
    let third = generated(KeySpec::EcdsaP384);
    let by = FirstSigner::Unjudged(&FolderRules::default());
    let error = countersign(&named, None, by, &third, &reviewer(), &()).expect_err("refused");
    assert_eq!(error.code(), "countersignature");
    // Without an envelope there is nothing to stand beside.
    let published = sign_file(&model, Some(&manifest), rsa(), &options(), &()).expect("signed").file;
    let SignatureFile::Manifest(mut bare) = published else { panic!("no manifest") };
    (bare.signed, bare.visible.key_id) = (None, None);
    fs::write(&manifest, SignatureFile::Manifest(bare).to_text()).expect("written");
    assert_eq!(refused(&model), "no-statement");
    let same = Options { signer: Some("team".to_owned()), ..reviewer() };
    sign_file(&model, Some(&manifest), first(), &options(), &()).expect("signed");
    let done = countersign(&target(&model), None, by, second(), &same, &()).expect("countersigned");
    assert_eq!(done.same_signer.as_deref(), Some("team"));
}

#[test]
fn a_place_that_is_taken_is_passed_over_and_ones_own_is_replaced() {
    let (_keep, model, manifest) = signed(b"weights");
    let place = |number: u8| model.with_file_name(format!("model.{number}.manifest.json"));
    // The first signature of another model, something else, a link, and a folder.
    let other = model.with_file_name("model.2.pt");
    write(&other, b"another model");
    sign_file(&other, None, first(), &options(), &()).expect("signed");
    write(&place(3), b"notes");
    std::os::unix::fs::symlink(&manifest, place(4)).expect("linked");
    fs::create_dir(place(5)).expect("made");
    let others = [2, 3].map(|number| fs::read(place(number)).expect("read"));
    assert_eq!(beside(&model).signature, place(6));
    assert_eq!(beside(&model).signature, place(6));
    let third = generated(KeySpec::EcdsaP384);
    assert_eq!(beside_with(&model, &third).expect("countersigned").signature, place(7));
    // A lower one that became free does not make a second one of one's own.
    fs::remove_file(place(3)).expect("removed");
    assert_eq!(beside(&model).signature, place(6));
    fs::write(place(3), &others[1]).expect("written");
    // Of another statement it is not one's own any more.
    sign_file(&model, None, first(), &Options { model_version: Some(8), ..options() }, &()).expect("signed");
    assert_eq!(beside(&model).signature, place(8));
    for number in 9..=16 {
        write(&place(number), b"taken");
    }
    fs::write(place(8), b"taken").expect("written");
    assert_eq!(refused(&model), "no-place");
    assert_eq!([2, 3].map(|number| fs::read(place(number)).expect("read")), others);
    assert!(place(4).is_symlink() && place(5).is_dir());
    verified(&target(&model), first());
    verified(&target(&other), first());
}

#[test]
fn a_place_of_ones_own_choice_replaces_nothing_else() {
    let (keep, model, manifest) = signed(b"weights");
    let by = FirstSigner::Unjudged(&FolderRules::default());
    let to = |path: &Path| {
        let done = countersign(&target(&model), Some(path), by, second(), &reviewer(), &());
        done.map(|done| done.signature).map_err(|error| error.code())
    };
    assert_eq!(to(&manifest), Err("not-replaceable"));
    assert_eq!(to(&model), Err("not-replaceable"));
    let own = keep.path().join("reviews/by-me");
    fs::create_dir(keep.path().join("reviews")).expect("made");
    assert_eq!(to(&own), Ok(own.clone()));
    assert_eq!(to(&own), Ok(own));
    let (keep, model) = folder("resnet");
    let how = Serialization::default();
    sign_model(&model, None, first(), None, &how, &options(), &()).expect("signed");
    let inside = countersign(&target(&model), Some(&model.join("2.sig")), by, second(), &reviewer(), &());
    assert!(matches!(inside, Err(CountersignError::InModel { .. })), "{inside:?}");
    assert_eq!(fs::read_dir(keep.path()).expect("listed").count(), 1);
}

#[test]
fn a_first_signature_that_is_exchanged_meanwhile_is_not_countersigned_unseen() {
    let (_keep, model, manifest) = signed(&vec![1; 3 << 20]);
    let before = read(&manifest).statement_digest().expect("a statement");
    let (_other, _, another) = signed(&vec![2; 3 << 20]);
    let another = fs::read(another).expect("read");
    struct Meanwhile<F: Fn() + Sync>(F);
    impl<F: Fn() + Sync> Observer for Meanwhile<F> {
        fn advanced(&self, _: u64) {
            (self.0)();
        }
    }
    let exchange = Meanwhile(|| fs::write(&manifest, &another).expect("written"));
    let by = FirstSigner::Unjudged(&FolderRules::default());
    let done = countersign(&target(&model), None, by, second(), &reviewer(), &exchange);
    // It stands beside what was read along with the bytes, and beside nothing else.
    let done = done.expect("countersigned");
    assert_eq!(done.countersigns, before);
    let listed = &done.file.signed().expect("an envelope").statement.resources[0];
    assert_eq!(listed.digest, Digest::of(&vec![1; 3 << 20]));
}

#[test]
fn a_countersignature_is_never_found_as_a_first_signature() {
    let (_keep, model, manifest) = signed(b"weights");
    let done = beside(&model);
    fs::remove_file(&manifest).expect("removed");
    for place in [&done.signature, &manifest] {
        if place != &done.signature {
            fs::rename(&done.signature, place).expect("renamed");
        }
        let (code, message) = rejection(&target(&model), second());
        assert_eq!(code, "unsigned");
        assert!(message.contains("is a countersignature"), "{message}");
        let named = Target { signature: Some(place.clone()), ..target(&model) };
        assert_eq!(verified(&named, second()).countersigns, Some(done.countersigns));
    }
    // Nor does signing write over it.
    let error = sign_file(&model, None, first(), &options(), &()).expect_err("refused");
    assert_eq!(error.code(), "not-replaceable");
    assert_eq!(read(&manifest), done.file);

    for inside in [true, false] {
        let (keep, model) = folder("resnet");
        let place = (!inside).then(|| keep.path().join("resnet.sig"));
        let how = Serialization::default();
        let signature = sign_model(&model, place.as_deref(), first(), None, &how, &options(), &());
        let signature = signature.expect("signed").signature;
        let done = beside(&model);
        fs::remove_file(&signature).expect("removed");
        assert_eq!(rejection(&target(&model), second()).0, "unsigned");
        fs::rename(&done.signature, &signature).expect("renamed");
        let (code, message) = rejection(&target(&model), second());
        assert_eq!(code, "unsigned");
        assert!(message.contains("is a countersignature"), "{message}");
        let again = sign_model(&model, place.as_deref(), first(), None, &how, &options(), &());
        assert_eq!(again.expect_err("refused").code(), "not-replaceable");
    }
    let (_keep, model) = folder("set");
    let files = ["weights.bin", "sub/config.json"].map(|name| model.join(name));
    let bundle = model.join("release.manifest.json");
    sign_bundle(&files, &bundle, None, first(), &options(), &()).expect("signed");
    let done = beside(&bundle);
    fs::rename(&done.signature, &bundle).expect("renamed");
    assert_eq!(rejection(&target(&model), second()).0, "unsigned");
    let again = sign_bundle(&files, &bundle, None, first(), &options(), &());
    assert_eq!(again.expect_err("refused").code(), "not-replaceable");
}

#[test]
fn a_name_between_two_models_is_neither_taken_nor_mistaken() {
    let (keep, model, _) = signed(b"weights");
    let done = beside(&model);
    // `model.2.manifest.json` would be the manifest of `model.2.pt`.
    let other = keep.path().join("model.2.pt");
    write(&other, b"another model");
    assert_eq!(rejection(&target(&other), first()).0, "unsigned");
    let error = sign_file(&other, None, first(), &options(), &()).expect_err("refused");
    assert_eq!(error.code(), "manifest-of-another-model");
    assert_eq!(read(&done.signature), done.file);
    let place = other.with_file_name("model.2.pt.manifest.json");
    sign_file(&other, Some(&place), first(), &options(), &()).expect("signed");
    verified(&target(&other), first());
    verified(&target(&model), first());

    // `resnet.2.sig` would be the signature of a folder `resnet.2`.
    let (keep, model) = folder("resnet");
    let how = Serialization::default();
    sign_model(&model, None, first(), None, &how, &options(), &()).expect("signed");
    let done = beside(&model);
    let other = keep.path().join("resnet.2");
    write(&other.join("weights"), b"another model");
    assert_eq!(rejection(&target(&other), second()).0, "unsigned");
    sign_model(&other, None, first(), None, &how, &options(), &()).expect("signed");
    verified(&target(&other), first());
    let error = sign_model(&other, Some(&done.signature), first(), None, &how, &options(), &());
    assert_eq!(error.expect_err("refused").code(), "not-replaceable");
    assert_eq!(read(&done.signature), done.file);
}

#[test]
fn two_signers_at_once_get_two_places() {
    let (_keep, model, _) = signed(b"weights");
    let keys: Vec<PrivateKey> = (0..4).map(|_| generated(KeySpec::Ed25519)).collect();
    let mut places: Vec<PathBuf> = std::thread::scope(|scope| {
        let work: Vec<_> = keys
            .iter()
            .map(|key| scope.spawn(|| beside_with(&model, key).expect("countersigned").signature))
            .collect();
        work.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    places.sort();
    let expected = [2, 3, 4, 5].map(|number| model.with_file_name(format!("model.{number}.manifest.json")));
    assert_eq!(places, expected);
    for (place, file) in places.iter().map(|place| (place, read(place))) {
        assert_eq!(keys.iter().filter(|key| check(&file, key.public()).is_empty()).count(), 1, "{place:?}");
    }
}
