//! What holds for every model, key and manifest: what was signed verifies and is reported as signed. What is changed
//! afterwards is the matter of `mutation.rs`.
//!
//! All randomness comes from fixed seeds.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use common::{KINDS, Random, alone, explicit, headline, key, policy};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use weightseal::digest::Digest;
use weightseal::envelope::Container;
use weightseal::format::SignatureFile;
use weightseal::inspect::{Inspection, inspect};
use weightseal::key::{Algorithm, PrivateKey, PssSalt};
use weightseal::sign::{CompatSignature, Options, sign_bundle, sign_file};
use weightseal::time::{Instant, Timestamp};
use weightseal::trust::Unauthenticated;
use weightseal::verify::{Facts, FileStatus, Outcome, Policy, Target, verify};

mod common;

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
