//! What holds for every model, key and manifest: what was signed verifies and is reported as signed; whatever is
//! changed afterwards is refused, or changes nothing that is reported.
//!
//! All randomness comes from fixed seeds. The counts are printed: `cargo test --test properties -- --nocapture`.

#![expect(clippy::print_stdout, reason = "how many changes were tried is part of what the test says")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use weightseal::digest::Digest;
use weightseal::envelope::{Container, Envelope, EnvelopeSignature, decode_base64, encode_base64};
use weightseal::format::SignatureFile;
use weightseal::inspect::{Inspection, inspect};
use weightseal::json::{self, Value};
use weightseal::key::{Algorithm, KeyDocument, PrivateKey, PssSalt};
use weightseal::sign::{CompatSignature, Options, sign_bundle, sign_file};
use weightseal::time::{Instant, Timestamp};
use weightseal::trust::{KeyRing, Requirements, Unauthenticated};
use weightseal::verify::{Facts, Failure, FileStatus, Outcome, Policy, Target, verify};

// ---------------------------------------------------------------- keys and small helpers

const KINDS: [&str; 8] = ["ed25519", "p256", "p384", "p521", "rsa2048", "rsa2048-e3", "rsa3072", "rsa4096"];

fn key(kind: &str) -> &'static PrivateKey {
    static KEYS: OnceLock<BTreeMap<&'static str, PrivateKey>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| KINDS.iter().map(|kind| (*kind, read_key(kind))).collect());
    &keys[kind]
}

fn read_key(kind: &str) -> PrivateKey {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testkit/keys");
    let pem = fs::read(folder.join(format!("{kind}.pem"))).expect("a key of the testkit");
    match KeyDocument::from_pem(&pem).expect("a key that we read") {
        KeyDocument::Private(key) => *key,
        other => panic!("{kind}: {other:?}"),
    }
}

/// A small generator (SplitMix64): the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("below a limit that fits")
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        std::iter::repeat_with(|| self.next().to_le_bytes()).flatten().take(count).collect()
    }
}

fn instant(text: &str) -> Instant {
    text.parse().expect("a time")
}

/// Accepts what it may: also manifests without an envelope.
fn policy(key: &PrivateKey, unauthenticated: Unauthenticated) -> Policy {
    let requirements = Requirements { unauthenticated, ..Requirements::default() };
    Policy::of_keys(KeyRing::new([key.public().clone()]), requirements, instant("2026-06-01T00:00:00Z"))
}

fn options() -> Options {
    let mut options = Options::new(
        "training-pipeline@ml-team",
        Timestamp::from_instant(instant("2026-05-01T01:02:03.456789Z")),
    );
    options.key_version = Some(2);
    options.model_version = Some(7);
    options.expires_at = Some("2027-01-01T00:00:00+00:00".parse().expect("a time"));
    options.annotations.insert("commit".to_owned(), "9fceb02".to_owned());
    options
}

fn explicit(model: &Path, signature: &Path) -> Target {
    Target { path: model.to_owned(), signature: Some(signature.to_owned()), ..Target::default() }
}

fn alone(path: &Path) -> Target {
    Target { path: path.to_owned(), ..Target::default() }
}

// ---------------------------------------------------------------- what was signed is what is reported

/// Runs a property on a fixed seed.
fn check<S: Strategy>(
    cases: u32,
    seed: u64,
    strategy: S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    };
    if let Err(error) = TestRunner::new(config).run(&strategy, test) {
        panic!("{error}");
    }
}

/// A file name that every Unix file system takes and a manifest may name.
fn name() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "..a",
        "a..",
        ".hidden",
        "-",
        "--key",
        "a b",
        "a\\b",
        "a\"b",
        "`a`",
        "模型.pt",
        "e\u{301}.pt",
        "é.pt",
        "a\u{202e}b",
        "tar.gz.pt",
    ]);
    let any = prop::collection::vec(any::<char>(), 1..40)
        .prop_map(|chars| chars.into_iter().filter(|c| !c.is_control() && *c != '/').collect::<String>());
    prop_oneof![1 => odd.prop_map(str::to_owned), 2 => any, 1 => "[a-z]{1,12}(\\.[a-z]{1,5}){0,2}"]
        .prop_filter("no name, or the name of a manifest", |name| {
            !name.is_empty() && name != "." && name != ".." && !name.ends_with(".manifest.json")
        })
}

fn words(longest: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>(), 0..longest)
        .prop_map(|chars| chars.into_iter().filter(|c| !c.is_control()).collect())
}

fn any_options() -> impl Strategy<Value = Options> {
    let signer = words(60).prop_filter("empty", |signer| !signer.trim().is_empty());
    let version = || prop::option::of(prop_oneof![1..=9u64, 1..=1u64 << 53, Just(1u64 << 53)]);
    let reserved = [
        "container",
        "signer",
        "signed_at",
        "key_version",
        "key_id",
        "model_version",
        "expires_at",
        "countersigns",
        "renews",
    ];
    let annotations =
        prop::collection::btree_map("[A-Za-z0-9._/:-]{1,20}", words(60), 0..5).prop_map(move |mut map| {
            map.retain(|name, _| !reserved.contains(&name.as_str()));
            map
        });
    // From 1990 to 2090, with microseconds.
    let signed_at = 631_152_000_000_000i64..3_786_912_000_000_000;
    let life = prop::option::of(1..10_000_000_000_000i64);
    (signer, version(), version(), annotations, signed_at, life, any::<[bool; 2]>()).prop_map(
        |(signer, key_version, model_version, annotations, signed_at, life, [max_salt, compat])| {
            let at = |micros| Timestamp::from_instant(Instant::from_microsecond(micros).expect("in range"));
            let mut options = Options::new(signer, at(signed_at));
            options.key_version = key_version;
            options.model_version = model_version;
            options.annotations = annotations;
            // What countersigns another one is never found as a first signature: `countersign.rs` has that.
            options.renews = max_salt.then(|| Digest::of(b"an old statement"));
            options.expires_at = life.map(|life| at(signed_at + life));
            options.pss_salt = if max_salt { PssSalt::Max } else { PssSalt::Digest };
            options.compat_signature = if compat { CompatSignature::Write } else { CompatSignature::Omit };
            options
        },
    )
}

/// A model is a seed and a length, so that shrinking is quick.
fn model() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![Just(0), 1..100usize, 100..100_000usize];
    (any::<u64>(), length).prop_map(|(seed, length)| Random(seed).bytes(length))
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&KINDS[..])
}

/// Everything that the signer said, as the verification reports it.
fn is_what_was_said(
    facts: &Facts,
    key: &PrivateKey,
    options: &Options,
    container: Container,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(facts.container, Some(container));
    prop_assert_eq!(facts.authenticated, Some(true));
    prop_assert_eq!(&facts.signer, &options.signer);
    prop_assert_eq!(facts.signed_at.as_ref(), Some(&options.signed_at));
    prop_assert_eq!(&facts.expires_at, &options.expires_at);
    prop_assert_eq!(facts.model_version, options.model_version);
    prop_assert_eq!((facts.countersigns, facts.renews), (options.countersigns, options.renews));
    prop_assert_eq!(&facts.annotations, &options.annotations);
    let fact = facts.key.as_ref().expect("a key");
    prop_assert_eq!(fact.id, key.public().id());
    prop_assert_eq!((fact.algorithm, fact.bits), (key.public().algorithm(), key.public().bits()));
    prop_assert_eq!(fact.version, options.key_version);
    prop_assert_eq!(&facts.ignored, &vec![]);
    Ok(())
}

fn at_signing(key: &PrivateKey, options: &Options) -> Policy {
    Policy { now: options.signed_at.instant(), ..policy(key, Unauthenticated::Refuse) }
}

#[test]
fn a_signed_file_verifies_as_what_was_signed() {
    check(160, 1, (name(), model(), kind(), any_options()), |(name, bytes, kind, options)| {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, key) = (folder.path().join(&name), key(kind));
        fs::write(&path, &bytes).expect("written");
        let signed = sign_file(&path, None, key, &options, &()).expect("signed");
        prop_assert_eq!(signed.files[0].0.as_str(), &name);
        prop_assert_eq!(
            fs::read_dir(folder.path()).expect("listed").count(),
            2,
            "the model and its manifest"
        );

        let copy = folder.path().join("a copy");
        let mut policy = at_signing(key, &options);
        policy.requirements.signer = options.signer.clone();
        policy.requirements.least_model_version = options.model_version;
        for target in [
            alone(&path),
            alone(&signed.manifest),
            explicit(&path, &signed.manifest),
            Target { copy_to: Some(copy.clone()), ..alone(&path) },
        ] {
            let outcome =
                verify(&target, &policy, &()).map_err(|failure| TestCaseError::fail(failure.to_string()))?;
            prop_assert!(matches!(outcome, Outcome::Verified(_)));
            let facts = outcome.facts();
            is_what_was_said(facts, key, &options, Container::Manifest)?;
            prop_assert_eq!(facts.statement, Some(signed.statement));
            prop_assert_eq!(facts.files.len(), 1);
            let file = &facts.files[0];
            prop_assert_eq!((&file.name, file.status), (&name, FileStatus::Unchanged));
            let digest = Some(Digest::of(&bytes).into());
            prop_assert_eq!(file.found, digest);
            prop_assert_eq!((file.expected, file.size), (digest, Some(bytes.len() as u64)));
        }
        prop_assert_eq!(fs::read(&copy).expect("read"), &bytes[..]);

        let Ok(Inspection::Signature(SignatureFile::Manifest(manifest), _)) = inspect(&signed.manifest)
        else {
            return Err(TestCaseError::fail("no manifest"));
        };
        let has_compat =
            key.public().algorithm() == Algorithm::Rsa && options.compat_signature == CompatSignature::Write;
        prop_assert_eq!(manifest.visible.signature.is_some(), has_compat);
        prop_assert_eq!(manifest.visible.model_file.as_str(), &name);

        // Another model under the name, another key, and a moment too late.
        let mut other = bytes.clone();
        other.push(0);
        fs::write(&path, &other).expect("written");
        prop_assert_eq!(headline(&verify(&alone(&path), &policy, &())), "hash-mismatch");
        fs::write(&path, &bytes).expect("written");
        let stranger = key_other_than(kind);
        prop_assert_eq!(
            headline(&verify(&alone(&path), &at_signing(stranger, &options), &())),
            "untrusted-key"
        );
        if let Some(expiry) = &options.expires_at {
            policy.now = expiry.instant();
            prop_assert_eq!(headline(&verify(&alone(&path), &policy, &())), "expired");
        }
        Ok(())
    });
}

fn key_other_than(kind: &str) -> &'static PrivateKey {
    key(KINDS.iter().find(|other| **other != kind).expect("several kinds"))
}

fn headline(verdict: &Result<Outcome, Failure>) -> &'static str {
    match verdict {
        Ok(Outcome::Verified(_)) => "verified",
        Ok(Outcome::Partial(_)) => "partial",
        Ok(Outcome::Tolerated(_)) => "tolerated",
        Err(Failure::Rejected(rejected)) => rejected.headline().code(),
        Err(Failure::Inconclusive(inconclusive)) => inconclusive.trouble.code(),
    }
}

#[test]
fn a_signed_set_verifies_as_what_was_signed_and_so_does_each_part() {
    let files = prop::collection::btree_map((0..3usize, name()), model(), 1..6);
    check(60, 2, (files, kind(), any_options(), any::<u64>()), |(files, kind, options, seed)| {
        let folder = tempfile::tempdir().expect("a folder");
        let (root, key, mut random) = (folder.path(), key(kind), Random(seed));
        // A name of a file must not be that of a folder.
        let place = |depth: usize, name: &str| format!("{}{name}", ["", "#/", "#/# #/"][depth]);
        fs::create_dir_all(root.join("#/# #")).expect("created");
        let mut models: Vec<(String, &Vec<u8>)> = files
            .iter()
            .filter(|((_, name), _)| !["#", "# #"].contains(&name.as_str()))
            .map(|((depth, name), bytes)| (place(*depth, name), bytes))
            .collect();
        prop_assume!(!models.is_empty());
        models.iter().for_each(|(name, bytes)| fs::write(root.join(name), bytes).expect("written"));
        let manifest = root.join("a set.manifest.json");
        // Whatever the order of the arguments.
        for at in (1..models.len()).rev() {
            models.swap(at, random.below(at + 1));
        }
        let paths: Vec<PathBuf> = models.iter().map(|(name, _)| root.join(name)).collect();
        let signed = sign_bundle(&paths, &manifest, None, key, &options, &()).expect("signed");
        models.sort();

        let policy = at_signing(key, &options);
        let reported = |facts: &Facts, asked: &BTreeSet<&str>| {
            is_what_was_said(facts, key, &options, Container::Bundle)?;
            prop_assert_eq!(facts.statement, Some(signed.statement));
            prop_assert_eq!(facts.files.len(), models.len());
            for (file, (name, bytes)) in facts.files.iter().zip(&models) {
                prop_assert_eq!((&file.name, file.expected), (name, Some(Digest::of(bytes).into())));
                let (status, found, size) = match asked.contains(name.as_str()) {
                    true => (FileStatus::Unchanged, Some(Digest::of(bytes).into()), Some(bytes.len() as u64)),
                    false => (FileStatus::NotChecked, None, None),
                };
                prop_assert_eq!((file.status, file.found, file.size), (status, found, size));
            }
            Ok(())
        };
        let outcome = verify(&alone(&manifest), &policy, &())
            .map_err(|failure| TestCaseError::fail(failure.to_string()))?;
        prop_assert!(matches!(outcome, Outcome::Verified(_)));
        reported(outcome.facts(), &models.iter().map(|(name, _)| name.as_str()).collect())?;

        // A part, while another file is changed or gone.
        let at = random.below(models.len());
        let (part, broken) = (&models[at].0, &models[(at + 1) % models.len()].0);
        if part != broken {
            fs::remove_file(root.join(broken)).expect("removed");
            prop_assert_eq!(headline(&verify(&alone(&manifest), &policy, &())), "missing-file");
            fs::write(root.join(broken), b"something else").expect("written");
            prop_assert_eq!(headline(&verify(&alone(&manifest), &policy, &())), "hash-mismatch");
        }
        let copy = root.join("a copy");
        let target = Target { copy_to: Some(copy.clone()), ..explicit(&root.join(part), &manifest) };
        let outcome =
            verify(&target, &policy, &()).map_err(|failure| TestCaseError::fail(failure.to_string()))?;
        prop_assert_eq!(
            matches!(outcome, Outcome::Verified(_)),
            models.len() == 1,
            "only the whole is verified"
        );
        reported(outcome.facts(), &BTreeSet::from([part.as_str()]))?;
        prop_assert_eq!(fs::read(copy).expect("read"), &models[at].1[..]);
        if part != broken {
            let target = explicit(&root.join(broken), &manifest);
            prop_assert_eq!(headline(&verify(&target, &policy, &())), "hash-mismatch");
        }
        Ok(())
    });
}

// ---------------------------------------------------------------- what was changed is refused or changes nothing

/// A signed model (or set) in a folder, and what its verification reports.
struct Scene {
    folder: tempfile::TempDir,
    target: Target,
    manifest: PathBuf,
    original: Vec<u8>,
    policy: Policy,
    facts: Facts,
}

const MODEL: &[u8] = b"sixteen bytes...and a few of the model's weights, all of them 1.0";

impl Scene {
    fn manifest_of(key: &PrivateKey, compat: CompatSignature) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let model = folder.path().join("m.pt");
        fs::write(&model, MODEL).expect("written");
        let options = Options { compat_signature: compat, ..options() };
        let manifest = sign_file(&model, None, key, &options, &()).expect("signed").manifest;
        let target = explicit(&model, &manifest);
        Self::of(folder, target, manifest, policy(key, Unauthenticated::Accept))
    }

    /// The published format: what is left without envelope and key id.
    fn published_by(key: &PrivateKey) -> Self {
        let scene = Self::manifest_of(key, CompatSignature::Write);
        let Value::Object(mut fields) = json::parse(&scene.original).expect("JSON") else {
            panic!("no object")
        };
        fields.retain(|(name, _)| !["envelope", "key_id"].contains(&name.as_str()));
        fs::write(&scene.manifest, Node::from(Value::Object(fields)).to_text()).expect("written");
        let Self { folder, target, manifest, policy, .. } = scene;
        Self::of(folder, target, manifest, policy)
    }

    fn bundle_of(key: &PrivateKey) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = ["a.pt", "b.pt"].map(|name| folder.path().join(name));
        paths.iter().for_each(|path| fs::write(path, MODEL).expect("written"));
        let manifest = folder.path().join("set.manifest.json");
        sign_bundle(&paths, &manifest, None, key, &options(), &()).expect("signed");
        let target = alone(&manifest);
        Self::of(folder, target, manifest, policy(key, Unauthenticated::Accept))
    }

    fn of(folder: tempfile::TempDir, target: Target, manifest: PathBuf, policy: Policy) -> Self {
        let original = fs::read(&manifest).expect("read");
        let facts = verify(&target, &policy, &()).expect("verified").facts().clone();
        Self { folder, target, manifest, original, policy, facts }
    }

    /// The verdict with these bytes as the signature file.
    fn verdict(&self, bytes: &[u8]) -> Result<Outcome, Failure> {
        fs::write(&self.manifest, bytes).expect("written");
        verify(&self.target, &self.policy, &())
    }

    /// Refused, or accepted with every fact the same: anything else panics.
    fn try_bytes(&self, bytes: &[u8], what: &dyn Fn() -> String) -> Verdict {
        match self.verdict(bytes) {
            Ok(outcome) => {
                assert_eq!(*outcome.facts(), self.facts, "accepted with changed facts: {}", what());
                Verdict::Accepted
            }
            Err(Failure::Rejected(rejected)) => {
                for reason in rejected.reasons() {
                    // Words for people are made of hostile text, too: no panic, no control characters.
                    let words = format!("{reason} {} {}", reason.code(), reason.hint().unwrap_or_default());
                    assert!(!words.chars().any(char::is_control), "{words:?}: {}", what());
                }
                let facts = rejected.facts();
                let known = self.facts.signer.as_ref();
                assert!(facts.signer.is_none() || facts.signer.as_ref() == known, "{}", what());
                assert!(facts.statement.is_none() || facts.statement == self.facts.statement, "{}", what());
                Verdict::Rejected(rejected.headline().code())
            }
            Err(Failure::Inconclusive(inconclusive)) => {
                // `verify X.manifest.json` looks for what the manifest names.
                Verdict::Rejected(inconclusive.trouble.code())
            }
        }
    }
}

enum Verdict {
    Accepted,
    Rejected(&'static str),
}

/// How often what came out.
#[derive(Default)]
struct Tally {
    accepted: usize,
    rejected: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn enter(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Accepted => self.accepted += 1,
            Verdict::Rejected(code) => *self.rejected.entry(code).or_default() += 1,
        }
    }

    fn report(&self, what: &str) {
        let rejected: usize = self.rejected.values().sum();
        println!(
            "{what}: {} tried, {rejected} refused, {} accepted with the same facts, 0 with changed facts; {:?}",
            rejected + self.accepted,
            self.accepted,
            self.rejected
        );
        assert!(rejected > 0, "{what}: nothing was refused");
    }
}

fn flip_every_bit(scene: &Scene, what: &str) -> Tally {
    let mut tally = Tally::default();
    for at in 0..scene.original.len() {
        for bit in 0..8 {
            let mut bytes = scene.original.clone();
            bytes[at] ^= 1 << bit;
            tally.enter(scene.try_bytes(&bytes, &|| format!("byte {at}, bit {bit}: {}", around(&bytes, at))));
        }
    }
    tally.report(what);
    assert_eq!(scene.original.len() * 8, tally.accepted + tally.rejected.values().sum::<usize>());
    tally
}

fn around(bytes: &[u8], at: usize) -> String {
    String::from_utf8_lossy(&bytes[at.saturating_sub(20)..(at + 20).min(bytes.len())]).into_owned()
}

/// Nothing in a signed manifest can be changed by one bit and stay good: white space is the only text without
/// meaning, and no bit turns one kind of it into another.
#[test]
fn every_bit_of_an_ed25519_manifest_counts() {
    let scene = Scene::manifest_of(key("ed25519"), CompatSignature::Write);
    assert_eq!(scene.facts.authenticated, Some(true));
    assert_eq!(flip_every_bit(&scene, "bit flips of a manifest by Ed25519").accepted, 0);
}

#[test]
fn every_bit_of_an_rsa_manifest_counts() {
    let scene = Scene::manifest_of(key("rsa2048"), CompatSignature::Write);
    assert_eq!(scene.facts.authenticated, Some(true));
    assert_eq!(
        flip_every_bit(&scene, "bit flips of a manifest by RSA-2048 with the published signature").accepted,
        0
    );
}

#[test]
fn every_bit_of_a_manifest_that_is_looked_for_counts() {
    let mut scene = Scene::manifest_of(key("p256"), CompatSignature::Write);
    scene.target.signature = None;
    assert_eq!(flip_every_bit(&scene, "bit flips of a manifest by P-256 that is looked for").accepted, 0);
}

#[test]
fn every_bit_of_a_bundle_manifest_counts() {
    let scene = Scene::bundle_of(key("ed25519"));
    assert_eq!(scene.facts.authenticated, Some(true));
    assert_eq!(flip_every_bit(&scene, "bit flips of a bundle manifest by Ed25519").accepted, 0);
}

/// Without an envelope only the digest is signed; what else is changed is claimed, and never called authenticated.
#[test]
fn a_changed_published_manifest_is_never_authenticated() {
    let scene = Scene::published_by(key("rsa2048"));
    assert_eq!(scene.facts.authenticated, Some(false));
    let (mut refused, mut claims) = (0, 0);
    for at in 0..scene.original.len() {
        for bit in 0..8 {
            let mut bytes = scene.original.clone();
            bytes[at] ^= 1 << bit;
            let what = format!("byte {at}, bit {bit}: {}", around(&bytes, at));
            match scene.verdict(&bytes) {
                Ok(outcome) => {
                    let facts = outcome.facts();
                    assert_eq!(facts.authenticated, Some(false), "{what}");
                    assert_eq!(
                        (&facts.files, &facts.key.as_ref().map(|key| key.id)),
                        (&scene.facts.files, &scene.facts.key.as_ref().map(|key| key.id)),
                        "{what}"
                    );
                    assert_eq!((facts.statement, facts.model_version), (None, None), "{what}");
                    claims += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    println!("bit flips of a published manifest: {refused} refused, {claims} accepted as claimed only");
    assert!(refused > 0 && claims > 0);
    // Who asks for more than the digest refuses every one of them, unchanged as well.
    let strict = Policy { requirements: Requirements::default(), ..scene.policy.clone() };
    fs::write(&scene.manifest, &scene.original).expect("written");
    assert_eq!(headline(&verify(&scene.target, &strict, &())), "not-authenticated");
}

/// Only the line end behind the last brace carries nothing.
#[test]
fn every_truncation_is_refused() {
    let mut tally = Tally::default();
    let mut tried = 0;
    for kind in ["ed25519", "rsa2048"] {
        for scene in [Scene::manifest_of(key(kind), CompatSignature::Write), Scene::bundle_of(key(kind))] {
            assert!(scene.original.ends_with(b"}\n"));
            for length in 0..scene.original.len() - 1 {
                tried += 1;
                tally.enter(
                    scene.try_bytes(&scene.original[..length], &|| format!("{kind}, cut at {length}")),
                );
            }
            let without_line_end = &scene.original[..scene.original.len() - 1];
            assert_eq!(headline(&scene.verdict(without_line_end)), "verified");
        }
    }
    tally.report("truncations of manifests and bundle manifests");
    assert_eq!((tally.accepted, tally.rejected["malformed-json"]), (0, tried));
}

#[test]
fn every_byte_that_is_deleted_or_doubled_is_noticed_or_blank() {
    for (what, scene) in [
        ("a manifest by RSA-2048", Scene::manifest_of(key("rsa2048"), CompatSignature::Write)),
        ("a manifest by Ed25519", Scene::manifest_of(key("ed25519"), CompatSignature::Write)),
        ("a bundle manifest by Ed25519", Scene::bundle_of(key("ed25519"))),
    ] {
        let (mut deleted, mut doubled) = (Tally::default(), Tally::default());
        for at in 0..scene.original.len() {
            let mut bytes = scene.original.clone();
            let byte = bytes.remove(at);
            let verdict = scene.try_bytes(&bytes, &|| format!("byte {at} deleted"));
            assert!(
                byte.is_ascii_whitespace() || matches!(verdict, Verdict::Rejected(_)),
                "byte {at} deleted"
            );
            deleted.enter(verdict);
            bytes.insert(at, byte);
            bytes.insert(at, byte);
            let verdict = scene.try_bytes(&bytes, &|| format!("byte {at} doubled"));
            assert!(
                byte.is_ascii_whitespace() || matches!(verdict, Verdict::Rejected(_)),
                "byte {at} doubled"
            );
            doubled.enter(verdict);
        }
        deleted.report(&format!("deletions of one byte of {what}"));
        doubled.report(&format!("duplications of one byte of {what}"));
    }
}

#[test]
fn every_bit_of_a_model_counts() {
    let mut refused = 0;
    for scene in
        [Scene::manifest_of(key("ed25519"), CompatSignature::Write), Scene::published_by(key("rsa2048"))]
    {
        let model = scene.folder.path().join("m.pt");
        let mut refuse = |bytes: &[u8]| {
            fs::write(&model, bytes).expect("written");
            let Err(Failure::Rejected(rejected)) = verify(&scene.target, &scene.policy, &()) else {
                panic!("accepted: {bytes:?}")
            };
            assert_eq!(rejected.headline().code(), "hash-mismatch");
            let same_size = bytes.len() == MODEL.len() || scene.facts.authenticated == Some(false);
            assert_eq!(rejected.reasons().len(), if same_size { 1 } else { 2 });
            assert_eq!(rejected.facts().files[0].found, Some(Digest::of(bytes).into()));
            assert_eq!(rejected.facts().files[0].expected, Some(Digest::of(MODEL).into()));
            refused += 1;
        };
        for at in 0..MODEL.len() {
            for bit in 0..8 {
                let mut bytes = MODEL.to_vec();
                bytes[at] ^= 1 << bit;
                refuse(&bytes);
            }
            refuse(&MODEL[..at]);
            refuse(&[&MODEL[..at], &[0], &MODEL[at..]].concat());
        }
        fs::write(&model, MODEL).expect("written");
        assert_eq!(headline(&verify(&scene.target, &scene.policy, &())), "verified");
    }
    println!("models with a flipped bit, cut, or with a byte more: {refused} refused");
}

// ---------------------------------------------------------------- structural changes

/// JSON that can also be wrong: duplicate keys, numbers as text.
#[derive(Clone)]
enum Node {
    Raw(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Raw("null".to_owned()),
            Value::Bool(value) => Self::Raw(value.to_string()),
            Value::Integer(value) => Self::Raw(value.to_string()),
            Value::String(text) => Self::Text(text),
            Value::Decoded(_) => unreachable!("only signature files have it"),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(fields) => {
                Self::Object(fields.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string serialises")
}

impl Node {
    fn read(bytes: &[u8]) -> Self {
        json::parse(bytes).expect("JSON").into()
    }

    fn to_text(&self) -> String {
        match self {
            Self::Raw(text) => text.clone(),
            Self::Text(text) => quoted(text),
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::to_text).collect::<Vec<_>>().join(","))
            }
            Self::Object(fields) => {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, value)| format!("{}:{}", quoted(name), value.to_text()))
                    .collect();
                format!("{{{}}}", fields.join(","))
            }
        }
    }

    fn field(&mut self, name: &str) -> &mut Self {
        let Self::Object(fields) = self else { panic!("no object") };
        &mut fields.iter_mut().find(|(field, _)| field == name).expect("a field").1
    }

    /// How many objects and lists with something in them there are, this one included.
    fn containers(&self) -> usize {
        match self {
            Self::List(items) if !items.is_empty() => 1 + items.iter().map(Self::containers).sum::<usize>(),
            Self::Object(fields) if !fields.is_empty() => {
                1 + fields.iter().map(|(_, value)| value.containers()).sum::<usize>()
            }
            _ => 0,
        }
    }

    /// The container of this number, counted from the top.
    fn container(&mut self, number: &mut usize) -> Option<&mut Self> {
        let filled = match self {
            Self::List(items) => !items.is_empty(),
            Self::Object(fields) => !fields.is_empty(),
            _ => false,
        };
        if !filled {
            return None;
        }
        if *number == 0 {
            return Some(self);
        }
        *number -= 1;
        match self {
            Self::List(items) => items.iter_mut().find_map(|item| item.container(number)),
            Self::Object(fields) => fields.iter_mut().find_map(|(_, value)| value.container(number)),
            _ => None,
        }
    }
}

/// Names that mean something somewhere.
const NAMES: [&str; 24] = [
    "model_file",
    "sha256",
    "signature",
    "signer",
    "signed_at",
    "algorithm",
    "key_size",
    "key_version",
    "key_id",
    "envelope",
    "payloadType",
    "payload",
    "signatures",
    "sig",
    "keyid",
    "artifacts",
    "bundle_signed_at",
    "artifact_count",
    "model_version",
    "annotations",
    "container",
    "countersigns",
    "renews",
    "mediaType",
];

/// Values that another reader could take for something.
const VALUES: [&str; 16] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "1.0",
    "1e3",
    "9007199254740993",
    "\"\"",
    "[]",
    "{}",
    "\"4096\"",
    "\"\\u0000\"",
];

fn change_text(text: &str, random: &mut Random) -> String {
    match random.below(9) {
        0 => format!("{text} "),
        1 => format!(" {text}"),
        2 => text.to_uppercase(),
        3 => format!("{text}\u{200b}"),
        4 => text.chars().rev().collect(),
        5 => text.replace('+', "-").replace('/', "_"),
        6 => format!("{text}="),
        7 => text.replacen("+00:00", "Z", 1),
        _ => String::new(),
    }
}

/// Makes one change somewhere and says which.
fn mutate(top: &mut Node, random: &mut Random) -> String {
    let mut number = random.below(top.containers());
    let stranger = NAMES[random.below(NAMES.len())].to_owned();
    let foreign = Node::Raw((*random.pick(&VALUES)).to_owned());
    match top.container(&mut number).expect("counted before") {
        Node::List(items) => {
            let at = random.below(items.len());
            match random.below(7) {
                0 => {
                    items.remove(at);
                    format!("item {at} dropped")
                }
                1 => {
                    items.push(items[at].clone());
                    format!("item {at} repeated at the end")
                }
                2 => {
                    items.insert(0, items[at].clone());
                    format!("item {at} repeated at the front")
                }
                3 => {
                    items[at] = foreign;
                    format!("item {at} retyped")
                }
                4 => {
                    items[at] = Node::List(vec![items[at].clone()]);
                    format!("item {at} put into a list")
                }
                5 => {
                    items.push(foreign);
                    "item added".to_owned()
                }
                _ => {
                    items.reverse();
                    "items reversed".to_owned()
                }
            }
        }
        Node::Object(fields) => {
            let at = random.below(fields.len());
            let other = random.below(fields.len());
            let name = fields[at].0.clone();
            match random.below(14) {
                0 | 1 => {
                    fields.remove(at);
                    format!("`{name}` dropped")
                }
                2 => {
                    fields.push(fields[at].clone());
                    format!("`{name}` doubled")
                }
                3 => {
                    fields.insert(0, (name.clone(), foreign));
                    format!("`{name}` doubled with another value in front")
                }
                4 => {
                    fields[at].0 = change_text(&name, random);
                    format!("`{name}` respelled")
                }
                5 => {
                    fields[at].0 = stranger;
                    format!("`{name}` renamed")
                }
                6 | 7 => {
                    fields[at].1 = foreign;
                    format!("`{name}` retyped")
                }
                8 => {
                    fields[at].1 = match &fields[at].1 {
                        Node::Raw(text) => Node::Text(text.clone()),
                        other => Node::List(vec![other.clone()]),
                    };
                    format!("`{name}` quoted or put into a list")
                }
                9 | 10 => match &mut fields[at].1 {
                    Node::Text(text) => {
                        *text = change_text(text, random);
                        format!("the text of `{name}` changed")
                    }
                    _ => {
                        fields.push((stranger, foreign));
                        "field added".to_owned()
                    }
                },
                11 => {
                    let value = fields[at].1.clone();
                    fields[at].1 = std::mem::replace(&mut fields[other].1, value);
                    format!("values of `{name}` and `{}` exchanged", fields[other].0)
                }
                12 => {
                    fields.swap(at, other);
                    format!("`{name}` moved")
                }
                _ => {
                    fields.push((stranger, foreign));
                    "field added".to_owned()
                }
            }
        }
        _ => panic!("only lists and objects are counted"),
    }
}

/// One to three changes, all below the field of a parsed text.
fn mutations(node: &mut Node, random: &mut Random) -> String {
    let count = 1 + random.below(3);
    let changes: Vec<_> = (0..count)
        .map(|_| if node.containers() > 0 { mutate(node, random) } else { "-".to_owned() })
        .collect();
    changes.join("; ")
}

/// Neither parser nor check is fooled by a manifest of another shape.
#[test]
fn structural_changes_are_noticed_or_mean_nothing() {
    let mut random = Random(0x5ea1);
    for (what, mut scene) in [
        ("a manifest by RSA-2048", Scene::manifest_of(key("rsa2048"), CompatSignature::Write)),
        ("a manifest by Ed25519", Scene::manifest_of(key("ed25519"), CompatSignature::Write)),
        ("a bundle manifest by P-256", Scene::bundle_of(key("p256"))),
        ("a bundle manifest by RSA-2048", Scene::bundle_of(key("rsa2048"))),
    ] {
        // Two changes together can make a published manifest out of a signed one. That is refused when asked.
        scene.policy.requirements = Requirements::default();
        let mut tally = Tally::default();
        for _ in 0..1_000 {
            let mut node = Node::read(&scene.original);
            let changes = mutations(&mut node, &mut random);
            let text = node.to_text();
            tally.enter(scene.try_bytes(text.as_bytes(), &|| format!("{changes}\n{text}")));
        }
        tally.report(&format!("structural changes of {what}"));
        assert!(tally.accepted > 0, "moving a field changes nothing");
    }
}

/// The same where nothing but the digest is asked for: a signed manifest may come out as a published one, and
/// then is not authenticated and has no statement; it never comes out as authenticated with other facts.
#[test]
fn stripping_is_the_only_structural_change_that_shows() {
    let mut random = Random(0x57a1);
    let scene = Scene::manifest_of(key("rsa2048"), CompatSignature::Write);
    let (mut same, mut stripped, mut refused) = (0, 0, 0);
    for round in 0..1_000 {
        let mut node = Node::read(&scene.original);
        if round % 2 == 0 {
            let Node::Object(fields) = &mut node else { panic!("no object") };
            fields.retain(|(name, _)| !["envelope", "key_id"].contains(&name.as_str()));
        }
        let changes = mutations(&mut node, &mut random);
        match scene.verdict(node.to_text().as_bytes()) {
            Ok(outcome) if outcome.facts().authenticated == Some(true) => {
                assert_eq!(*outcome.facts(), scene.facts, "{changes}");
                same += 1;
            }
            Ok(outcome) => {
                let facts = outcome.facts();
                assert_eq!((facts.authenticated, facts.statement), (Some(false), None), "{changes}");
                assert_eq!((&facts.model_version, &facts.expires_at), (&None, &None), "{changes}");
                assert_eq!(facts.files, scene.facts.files, "{changes}");
                stripped += 1;
            }
            Err(_) => refused += 1,
        }
    }
    println!(
        "structural changes with only the digest asked for: {refused} refused, {same} the same, {stripped} stripped"
    );
    assert!(same > 0 && stripped > 0 && refused > 0);
}

/// Changes inside the signed statement. Signed by nobody they are all refused. Signed again by the very key, they
/// are refused too or mean nothing, except for what only the statement says.
#[test]
fn changes_of_the_statement_are_refused_unless_signed() {
    let mut random = Random(0xd55e);
    for kind in ["ed25519", "rsa2048"] {
        let key = key(kind);
        let scene = Scene::manifest_of(key, CompatSignature::Write);
        let (mut unsigned, mut accepted, mut refused) = (0, 0, 0);
        for _ in 0..1_000 {
            let mut node = Node::read(&scene.original);
            let Node::Text(payload) = node.field("envelope").field("payload") else { panic!("no text") };
            let mut statement = Node::read(&decode_base64(payload).expect("base64"));
            let before = statement.to_text();
            let changes = mutations(&mut statement, &mut random);
            if statement.to_text() == before {
                continue;
            }
            let mut envelope = Envelope { payload: statement.to_text().into_bytes(), signatures: Vec::new() };
            *payload = encode_base64(&envelope.payload);
            match scene.try_bytes(node.to_text().as_bytes(), &|| changes.clone()) {
                Verdict::Rejected(_) => unsigned += 1,
                Verdict::Accepted => panic!("an unsigned statement was accepted: {changes}"),
            }
            let sig = key.sign(&envelope.pae()).expect("signed");
            envelope.signatures.push(EnvelopeSignature { sig, keyid: None });
            let parsed = json::parse(envelope.to_json().to_string().as_bytes()).expect("JSON");
            *node.field("envelope") = parsed.into();
            match scene.verdict(node.to_text().as_bytes()) {
                Ok(outcome) => {
                    let expected = Facts {
                        statement: Some(Digest::of(&envelope.payload)),
                        model_version: outcome.facts().model_version,
                        expires_at: outcome.facts().expires_at.clone(),
                        annotations: outcome.facts().annotations.clone(),
                        ..scene.facts.clone()
                    };
                    assert_eq!(*outcome.facts(), expected, "{changes}");
                    accepted += 1;
                }
                Err(_) => refused += 1,
            }
        }
        println!(
            "changes of the statement of {kind}: {unsigned} refused as they are; signed again by the key, \
             {refused} refused and {accepted} accepted as signed"
        );
        assert!(unsigned > 500 && accepted > 0 && refused > 0);
    }
}

/// Several trusted keys: each signs for itself, and no mixture is accepted.
#[test]
fn parts_of_manifests_by_several_trusted_keys_do_not_mix() {
    let (mut refused, mut accepted) = (0, 0);
    let kinds = ["ed25519", "p256", "rsa2048", "rsa2048-other"];
    let other = read_key("rsa2048-other");
    let by_name = |kind: &str| if kind == "rsa2048-other" { &other } else { key(kind) };
    let scenes = kinds.map(|kind| Scene::manifest_of(by_name(kind), CompatSignature::Write));
    let keys = KeyRing::new(kinds.map(|kind| by_name(kind).public().clone()));
    for (a, scene) in scenes.iter().enumerate() {
        let policy = Policy { keys: keys.clone(), ..scene.policy.clone() };
        for (b, stranger) in scenes.iter().enumerate() {
            // Every choice of fields that is taken from the stranger's manifest.
            for choice in 0..1 << 5 {
                let (mut node, mut from) = (Node::read(&scene.original), Node::read(&stranger.original));
                let Node::Object(fields) = &mut node else { panic!("no object") };
                for (bit, name) in
                    ["key_id", "envelope", "signature", "algorithm", "key_size"].iter().enumerate()
                {
                    if choice & 1 << bit != 0 {
                        fields.retain(|(field, _)| field != name);
                        if let Node::Object(theirs) = &mut from
                            && let Some(field) = theirs.iter().find(|(field, _)| field == name)
                        {
                            fields.push(field.clone());
                        }
                    }
                }
                fs::write(&scene.manifest, node.to_text()).expect("written");
                match verify(&scene.target, &policy, &()) {
                    Ok(outcome) => {
                        let owner = outcome.facts().key.clone();
                        assert!(
                            [&scene.facts.key, &stranger.facts.key].contains(&&owner)
                                && outcome.facts().authenticated == Some(true),
                            "{} with parts of {}: {choice:b}",
                            kinds[a],
                            kinds[b]
                        );
                        // The envelope, the key id and the signature over the digest are of one key.
                        let Ok(SignatureFile::Manifest(manifest)) =
                            SignatureFile::parse(node.to_text().as_bytes())
                        else {
                            panic!("no manifest")
                        };
                        let owner = owner.expect("a key").id;
                        assert_eq!(manifest.visible.key_id, Some(owner));
                        let signed = manifest.signed.expect("an envelope");
                        assert_eq!(signed.statement.claims.key_id, owner);
                        if let Some(signature) = &manifest.visible.signature {
                            let owner =
                                kinds.iter().map(|kind| by_name(kind).public()).find(|key| key.id() == owner);
                            owner
                                .expect("one of them")
                                .verify_hex_digest(&manifest.visible.sha256, signature)
                                .expect("its own");
                        }
                        accepted += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
        }
    }
    println!(
        "mixtures of manifests by four trusted keys: {refused} refused, {accepted} accepted as one key's own"
    );
    assert!(refused > 0 && accepted > 0);
}

// ---------------------------------------------------------------- private keys

/// A damaged private key must not sign: half a wrong number in it can give the key away (Boneh, DeMillo, Lipton,
/// 1997). Whatever still loads signs for the public key that it shows.
#[test]
fn a_damaged_private_key_is_refused_or_signs_for_itself() {
    for (kind, values) in [("ed25519", 8), ("p256", 4), ("p384", 2), ("p521", 2), ("rsa2048", 1)] {
        let pem = key(kind).to_plain_pem();
        let (_, der) = pem_rfc7468::decode_vec(pem.as_bytes()).expect("PEM");
        let (mut refused, mut same, mut another) = (0, 0, 0);
        for at in 0..der.len() {
            for bit in 0..values {
                let mut bytes = der.clone();
                bytes[at] ^= 1 << ((at + bit) % 8);
                let text = pem_rfc7468::encode_string("PRIVATE KEY", pem_rfc7468::LineEnding::LF, &bytes)
                    .expect("encodes");
                match KeyDocument::from_pem(text.as_bytes()) {
                    Ok(KeyDocument::Private(read)) => {
                        let signature = read.sign(b"a statement").expect("signs");
                        read.public().verify(b"a statement", &signature).expect("its own signature");
                        if read.public() == key(kind).public() { same += 1 } else { another += 1 }
                    }
                    Ok(other) => panic!("{kind}, byte {at}: {other:?}"),
                    Err(_) => refused += 1,
                }
            }
        }
        println!(
            "changed private keys of {kind}: {refused} refused, {same} the same key, {another} another whole key"
        );
        assert!(refused > 0);
    }
}
