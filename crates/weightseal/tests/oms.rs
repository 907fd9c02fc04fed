//! OMS signatures on real folders: every kind of difference, odd entries, links, layouts, parts and swaps. Every bit of one is
//! the matter of `mutation.rs`.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroU64;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;
use weightseal::digest::HashAlgorithm;
use weightseal::file::{Follow, Keep, Keeper};
use weightseal::key::{KeySpec, PrivateKey};
use weightseal::listing::Layout;
use weightseal::load::{Accept, Weaker, load};
use weightseal::sign::{Options, Serialization, SignError, SignedModel, sign_model};
use weightseal::time::Timestamp;
use weightseal::trust::{KeyRing, OmsCompat, Requirements};
use weightseal::verify::{
    DefaultExcludes, Facts, Failure, FileStatus, Outcome, Policy, Target, UnsignedFiles, verify,
};

fn key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| PrivateKey::generate(KeySpec::Ed25519).expect("generated"))
}

fn policy() -> Policy {
    let now = "2026-06-01T00:00:00Z".parse().expect("a time");
    Policy::of_keys(KeyRing::new([key().public().clone()]), Requirements::default(), now)
}

fn options() -> Options {
    let at: weightseal::time::Instant = "2026-05-01T00:00:00Z".parse().expect("a time");
    Options::unnamed(Timestamp::from_instant(at))
}

fn sign_as(model: &Path, serialization: &Serialization) -> Result<SignedModel, SignError> {
    sign_model(model, None, key(), None, serialization, &options(), &())
}

fn sign(model: &Path) -> SignedModel {
    sign_as(model, &Serialization::default()).expect("signed")
}

/// A model of a few files in folders.
fn model() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let model = folder.path().join("model");
    fs::create_dir_all(model.join("sub/deep")).expect("made");
    for (name, bytes) in
        [("config.json", "{}"), ("weights.bin", "0123456789"), ("sub/a", "a"), ("sub/deep/empty", "")]
    {
        fs::write(model.join(name), bytes).expect("written");
    }
    (folder, model)
}

fn target(model: &Path) -> Target {
    Target { path: model.to_owned(), ..Target::default() }
}

fn verified(model: &Path, policy: &Policy) -> Facts {
    match verify(&target(model), policy, &()) {
        Ok(Outcome::Verified(verified)) => verified.facts().clone(),
        other => panic!("{other:?}"),
    }
}

/// The codes of every reason, without repetition.
fn codes(target: &Target, policy: &Policy) -> Vec<&'static str> {
    match verify(target, policy, &()) {
        Ok(outcome) => panic!("{:?}", outcome.facts()),
        Err(Failure::Rejected(rejected)) => {
            let codes: BTreeSet<_> = rejected.reasons().iter().map(|reason| reason.code()).collect();
            codes.into_iter().collect()
        }
        Err(Failure::Inconclusive(inconclusive)) => vec![inconclusive.trouble.code()],
    }
}

fn rejected(model: &Path) -> Vec<&'static str> {
    codes(&target(model), &policy())
}

#[test]
fn a_folder_verifies_under_every_way_of_hashing() {
    for algorithm in HashAlgorithm::ALL {
        for shard_size in [None, NonZeroU64::new(3)] {
            let (_keep, model) = model();
            fs::write(model.join("sub/deep/empty"), "no more").expect("written");
            let signed = sign_as(&model, &Serialization { algorithm, shard_size, ..Default::default() });
            assert_eq!(signed.expect("signed").signature, model.join("model.sig"));
            let facts = verified(&model, &policy());
            assert_eq!(facts.files.len(), 4);
            assert_eq!(facts.method.map(|method| method.name()), Some("key"));
            fs::write(model.join("weights.bin"), "0123x56789").expect("written");
            assert_eq!(rejected(&model), ["hash-mismatch"]);
            fs::write(model.join("weights.bin"), "012345678").expect("written");
            let has_size = algorithm == HashAlgorithm::Sha256 || shard_size.is_some();
            let expected = if has_size { "size-mismatch" } else { "hash-mismatch" };
            assert!(rejected(&model).contains(&expected));
        }
    }
}

#[test]
fn a_sparse_giant_in_the_place_of_a_file_is_not_read() {
    let (_keep, model) = model();
    sign(&model);
    let giant = fs::File::create(model.join("weights.bin")).expect("created");
    giant.set_len(100 << 40).or_else(|_| giant.set_len(100 << 30)).expect("sparse");
    assert_eq!(rejected(&model), ["size-mismatch"]);
}

#[test]
fn the_signature_is_the_same_each_time() {
    let (_keep, model) = model();
    let text = || {
        sign(&model);
        fs::read_to_string(model.join("model.sig")).expect("read")
    };
    assert_eq!(text(), text(), "Ed25519 and the time are the only things that could differ, and do not");
}

#[test]
fn every_difference_is_told_apart() {
    type Change = fn(&Path);
    let changes: [(Change, &[&str]); 9] = [
        (|m| fs::write(m.join("sub/a"), "b").expect("written"), &["hash-mismatch"]),
        (|m| fs::remove_file(m.join("sub/a")).expect("removed"), &["missing-file"]),
        (|m| fs::write(m.join("extra"), "").expect("written"), &["extra-file"]),
        (|m| fs::rename(m.join("sub/a"), m.join("sub/b")).expect("renamed"), &["renamed-file"]),
        (
            |m| {
                fs::remove_file(m.join("sub/a")).expect("removed");
                fs::create_dir(m.join("sub/a")).expect("made");
            },
            &["type-changed"],
        ),
        (
            |m| {
                fs::rename(m.join("sub/a"), m.join("../a")).expect("renamed");
                symlink("../../a", m.join("sub/a")).expect("linked");
            },
            &["type-changed"],
        ),
        (|m| symlink("config.json", m.join("link")).expect("linked"), &["extra-file"]),
        (|m| symlink("/", m.join("top")).expect("linked"), &["extra-file"]),
        (
            |m| {
                fs::rename(m.join("sub"), m.join("../sub")).expect("renamed");
                symlink("../sub", m.join("sub")).expect("linked");
            },
            &["extra-file", "missing-file"],
        ),
    ];
    for (at, (change, expected)) in changes.into_iter().enumerate() {
        let (_keep, model) = model();
        sign(&model);
        change(&model);
        assert_eq!(rejected(&model), expected, "change {at}");
    }
}

#[test]
fn pipes_sockets_and_names_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let special: [fn(&Path); 3] = [
        |path| rustix_fifo(path),
        |path| drop(std::os::unix::net::UnixListener::bind(path).expect("bound")),
        |path| {
            let name = std::ffi::OsStr::from_bytes(b"bad\xffname");
            fs::write(path.with_file_name(name), "x").expect("written");
        },
    ];
    for make in special {
        let (_keep, model) = model();
        sign(&model);
        make(&model.join("odd"));
        assert_eq!(rejected(&model), ["extra-file"]);
        fs::remove_file(model.join("model.sig")).expect("removed");
        let error = sign_as(&model, &Serialization::default()).expect_err("refused");
        assert!(["not-a-regular-file", "unsafe-name"].contains(&error.code()), "{error}");
        assert!(!error.to_string().contains('\u{fffd}'), "{error}");
    }
}

fn rustix_fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().expect("mkfifo runs");
    assert!(made.success());
}

#[test]
fn colliding_names_and_empty_models_are_not_signed() {
    let (_keep, model) = model();
    fs::write(model.join("CONFIG.json"), "x").expect("written");
    let code = |model: &Path, serialization: &Serialization| {
        sign_as(model, serialization).map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(code(&model, &Serialization::default()), Err("colliding-names"));
    let shards = Serialization { shard_size: NonZeroU64::new(8), ..Default::default() };
    fs::remove_file(model.join("CONFIG.json")).expect("removed");
    assert_eq!(code(&model, &shards), Err("uncovered-file"));
    let empty = model.join("nothing");
    fs::create_dir(&empty).expect("made");
    fs::create_dir(empty.join(".git")).expect("made");
    fs::write(empty.join(".git/config"), "x").expect("written");
    assert_eq!(code(&empty, &Serialization::default()), Err("empty-model"));
    symlink("config.json", model.join("link")).expect("linked");
    assert_eq!(code(&model, &Serialization::default()), Err("symlink"));
    assert!(!model.join("model.sig").exists());
}

#[test]
fn what_is_left_out_is_listed() {
    let (_keep, model) = model();
    fs::create_dir(model.join(".git")).expect("made");
    fs::write(model.join(".git/config"), "x").expect("written");
    fs::write(model.join("notes.txt"), "x").expect("written");
    let ignore = vec!["notes.txt".parse().expect("a name")];
    sign_as(&model, &Serialization { ignore, ..Default::default() }).expect("signed");
    let facts = verified(&model, &policy());
    assert_eq!(facts.beside.excluded, [".git/config"]);
    assert_eq!(facts.beside.ignored, ["notes.txt"]);
    assert!(facts.weakened.is_empty());

    fs::hard_link(model.join("model.sig"), model.join("evil.json")).expect("linked");
    assert_eq!(rejected(&model), ["extra-file"]);
    fs::remove_file(model.join("evil.json")).expect("removed");
    let mut strict = policy();
    strict.folder.default_excludes = DefaultExcludes::Reject;
    assert_eq!(codes(&target(&model), &strict), ["excluded-file"]);
    fs::create_dir(model.join("sub/.git")).expect("made");
    fs::write(model.join("sub/.git/config"), "x").expect("written");
    assert_eq!(rejected(&model), ["extra-file"]);
    let mut lax = policy();
    lax.folder.unsigned_files = UnsignedFiles::List;
    let facts = verified(&model, &lax);
    assert_eq!(facts.beside.unsigned, ["sub/.git/config"]);
    assert_eq!(facts.weakened.iter().map(|it| it.code()).collect::<Vec<_>>(), ["unsigned-files"]);
    let mut ignoring = policy();
    ignoring.folder.ignore = vec!["sub/.git".parse().expect("a name")];
    assert_eq!(verified(&model, &ignoring).beside.ignored_by_caller, ["sub/.git/config"]);
}

#[test]
fn a_layout_accepts_what_its_tool_writes_and_nothing_else() {
    let (_keep, model) = model();
    sign(&model);
    let cache = model.join(".cache/huggingface/download");
    fs::create_dir_all(&cache).expect("made");
    fs::write(cache.join("config.json.metadata"), "x").expect("written");
    let error = verify(&target(&model), &policy(), &()).expect_err("rejected");
    let Failure::Rejected(first) = error else { panic!("not rejected") };
    assert!(first.headline().hint().expect("a hint").contains("--layout hf"));
    let mut with = policy();
    with.folder.layouts = vec![Layout::HuggingFace];
    assert_eq!(verified(&model, &with).beside.layout, [".cache/huggingface/download/config.json.metadata"]);
    fs::write(cache.join("evil.py"), "x").expect("written");
    assert_eq!(codes(&target(&model), &with), ["extra-file"]);
}

#[test]
fn a_snapshot_of_a_hugging_face_cache_needs_no_flag() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("hub/models--org--name");
    let snapshot = cache.join("snapshots/0123456789");
    fs::create_dir_all(snapshot.join("sub")).expect("made");
    fs::create_dir(cache.join("blobs")).expect("made");
    let blob = "a".repeat(64);
    fs::write(cache.join("blobs").join(&blob), "weights").expect("written");
    symlink(format!("../../blobs/{blob}"), snapshot.join("model.bin")).expect("linked");
    symlink(format!("../../../blobs/{blob}"), snapshot.join("sub/copy.bin")).expect("linked");
    sign(&snapshot);
    assert_eq!(verified(&snapshot, &policy()).files.len(), 2);

    // The same bytes as plain files verify with the same signature.
    let plain = folder.path().join("plain");
    fs::create_dir_all(plain.join("sub")).expect("made");
    for name in ["model.bin", "sub/copy.bin", "model.sig"] {
        fs::copy(snapshot.join(name), plain.join(name)).expect("copied");
    }
    verified(&plain, &policy());

    // As it is after a download: the signature itself is such a link.
    let blob_of_signature = "c".repeat(40);
    let place = snapshot.join("model.sig");
    fs::rename(&place, cache.join("blobs").join(&blob_of_signature)).expect("moved");
    symlink(format!("../../blobs/{blob_of_signature}"), &place).expect("linked");
    assert_eq!(verified(&snapshot, &policy()).files.len(), 2);

    fs::write(cache.join("blobs").join(&blob), "other").expect("written");
    assert_eq!(rejected(&snapshot), ["hash-mismatch", "size-mismatch"]);
    fs::write(cache.join("blobs").join(&blob), "weights").expect("written");
    // Elsewhere, in another model's blobs, or a link to a link: not followed.
    let secret = folder.path().join("secret");
    fs::write(&secret, "weights").expect("written");
    for to in ["../../../secret", "/etc/passwd", "../../blobs/../blobs/x", "../../blobs/short"] {
        fs::remove_file(snapshot.join("model.bin")).expect("removed");
        symlink(to, snapshot.join("model.bin")).expect("linked");
        assert_eq!(rejected(&snapshot), ["type-changed"], "{to}");
    }
    fs::remove_file(snapshot.join("model.bin")).expect("removed");
    symlink(format!("../../blobs/{}", "b".repeat(64)), snapshot.join("model.bin")).expect("linked");
    symlink(&secret, cache.join("blobs").join("b".repeat(64))).expect("linked");
    assert_ne!(rejected(&snapshot), Vec::<&str>::new());
}

#[test]
fn links_are_followed_where_signer_and_verifier_agree() {
    let (keep, model) = model();
    fs::write(keep.path().join("outside"), "o").expect("written");
    symlink("config.json", model.join("inside")).expect("linked");
    symlink("sub", model.join("folder")).expect("linked");
    let follow = Serialization { follow: Follow::Anywhere, ..Default::default() };
    assert!(sign_as(&model, &follow).expect("signed").links_outside.is_empty());
    let names: Vec<String> = verified(&model, &policy()).files.into_iter().map(|file| file.name).collect();
    assert!(names.contains(&"inside".to_owned()) && names.contains(&"folder/deep/empty".to_owned()));

    symlink("../outside", model.join("out")).expect("linked");
    assert_eq!(sign_as(&model, &follow).expect("signed").links_outside, ["out"]);
    assert_eq!(rejected(&model), ["type-changed"]);
    let mut anywhere = policy();
    anywhere.folder.links = weightseal::verify::SignedLinks::Anywhere;
    assert_eq!(verified(&model, &anywhere).weakened.len(), 1);

    symlink("..", model.join("sub/circle")).expect("linked");
    assert_eq!(sign_as(&model, &follow).expect_err("a circle").code(), "broken-symlink");
}

#[test]
fn a_part_is_a_part() {
    let (_keep, model) = model();
    fs::write(model.join("sub/deep/empty"), "no more").expect("written");
    let shards = Serialization { shard_size: NonZeroU64::new(4), ..Default::default() };
    sign_as(&model, &shards).expect("signed");
    fs::write(model.join("weights.bin"), "0123x56789").expect("written");
    fs::write(model.join("extra"), "x").expect("written");
    let part = |only: &[&str]| Target {
        only: only.iter().map(|name| (*name).to_owned()).collect(),
        ..target(&model)
    };
    let count = |only: &[&str]| match verify(&part(only), &policy(), &()) {
        Ok(Outcome::Partial(partial)) => {
            let seen = [FileStatus::Unchanged, FileStatus::PartlyChecked];
            partial.facts().files.iter().filter(|file| seen.contains(&file.status)).count()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(count(&["config.json"]), 1);
    assert_eq!(count(&["sub/", "config.json"]), 3);
    assert_eq!(count(&["weights.bin:0:4", "weights.bin:8:10"]), 1);
    assert_eq!(codes(&part(&["weights.bin:4:8"]), &policy()), ["hash-mismatch"]);
    assert_eq!(codes(&part(&["weights.bin"]), &policy()), ["hash-mismatch"]);
    assert_eq!(codes(&part(&["weights.bin:0:5"]), &policy()), ["not-listed"]);
    assert_eq!(codes(&part(&["extra"]), &policy()), ["not-listed"]);
    let keeper = || Keeper::new(Keep::Memory, std::env::temp_dir());
    let refused =
        load(&part(&["config.json"]), &policy(), keeper(), Accept::default(), &()).expect_err("a part");
    let Failure::Inconclusive(refused) = refused else { panic!("not refused") };
    assert_eq!(refused.trouble.code(), "partial");
    load(
        &part(&["config.json"]),
        &policy(),
        keeper(),
        Accept { part: Weaker::Take, ..Accept::default() },
        &(),
    )
    .expect("a part is asked for");
    let shards = part(&["weights.bin:0:4"]);
    assert!(
        load(&shards, &policy(), keeper(), Accept { part: Weaker::Take, ..Accept::default() }, &()).is_err(),
        "shards are no file to be handed out"
    );
}

#[test]
fn a_model_that_is_swapped_meanwhile_is_never_taken_for_the_signed_one() {
    let (keep, model) = model();
    sign(&model);
    let other = keep.path().join("other");
    fs::create_dir(&other).expect("made");
    for name in ["config.json", "weights.bin"] {
        fs::write(other.join(name), "evil").expect("written");
    }
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (good, bad) = (keep.path().join("good.bin"), other.join("weights.bin"));
            fs::copy(model.join("weights.bin"), &good).expect("copied");
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let step = keep.path().join("step");
                for from in [&bad, &good] {
                    fs::copy(from, &step).expect("copied");
                    fs::rename(&step, model.join("weights.bin")).expect("renamed");
                }
            }
        });
        let (mut loaded, mut refused) = (0, 0);
        for _ in 0..300 {
            match load(
                &target(&model),
                &policy(),
                Keeper::new(Keep::Memory, std::env::temp_dir()),
                Accept::default(),
                &(),
            ) {
                Err(_) => refused += 1,
                Ok(held) => {
                    loaded += 1;
                    let folder = held.folder().expect("laid out");
                    assert_eq!(fs::read(folder.join("weights.bin")).expect("read"), b"0123456789");
                }
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(loaded + refused, 300);
    });
}

#[test]
fn a_signature_belongs_to_its_kind_of_model() {
    let (keep, model) = model();
    let file = model.join("weights.bin");
    let signed = sign(&file);
    assert_eq!(signed.signature, model.join("weights.bin.sig"));
    verified(&file, &policy());
    verified(&signed.signature, &policy());
    let moved = Target { signature: Some(signed.signature.clone()), ..target(&model) };
    assert_eq!(codes(&moved, &policy()), ["wrong-container"]);
    fs::rename(&signed.signature, keep.path().join("x.sig")).expect("renamed");
    let folder = sign(&model);
    let one = Target { signature: Some(folder.signature.clone()), ..target(&file) };
    assert_eq!(codes(&one, &policy()), ["wrong-container"]);
    assert_eq!(rejected(&file), ["unsigned"]);
    // Beside the folder, and then at both places.
    fs::rename(&folder.signature, keep.path().join("model.sig")).expect("renamed");
    verified(&model, &policy());
    let second = sign_as(&model, &Serialization::default()).expect_err("there would be two");
    assert_eq!(second.code(), "second-manifest");
    fs::copy(keep.path().join("model.sig"), model.join("model.sig")).expect("copied");
    assert_eq!(rejected(&model), ["ambiguous-signature"]);
    let mut compat = policy();
    compat.folder.compat = OmsCompat::On;
    assert_eq!(codes(&target(&model), &compat), ["ambiguous-signature"]);
}

#[test]
fn what_nobody_trusted_signed_decides_nothing() {
    let (_keep, model) = model();
    let shards = Serialization { shard_size: NonZeroU64::new(1), ..Default::default() };
    fs::write(model.join("sub/deep/empty"), "no more").expect("written");
    sign_as(&model, &shards).expect("signed");
    // A giant, of which every byte would have a digest.
    fs::File::create(model.join("weights.bin")).expect("created").set_len(1 << 40).expect("sparse");
    let strangers = PrivateKey::generate(KeySpec::Ed25519).expect("generated");
    let stranger = Policy { keys: KeyRing::new([strangers.public().clone()]), ..policy() };
    assert_eq!(codes(&target(&model), &stranger), ["untrusted-key"]);
    assert_eq!(rejected(&model), ["size-mismatch"]);
    let error = sign_as(&model, &shards).expect_err("too many shards");
    assert_eq!(error.code(), "too-large");
}

#[test]
fn nothing_hides_at_the_place_of_the_signature() {
    let (keep, model) = model();
    let elsewhere = keep.path().join("elsewhere.sig");
    sign(&model);
    fs::rename(model.join("model.sig"), &elsewhere).expect("moved");
    let named = Target { signature: Some(elsewhere), ..target(&model) };
    verify(&named, &policy(), &()).expect("verified");
    fs::create_dir(model.join("model.sig")).expect("made");
    fs::write(model.join("model.sig/evil.py"), "x").expect("written");
    assert_eq!(codes(&named, &policy()), ["extra-file"]);

    let index = model.join("model.index.json");
    let refused = sign_model(&model, Some(&index), key(), None, &Serialization::default(), &options(), &());
    assert_eq!(refused.expect_err("a name that loaders read").code(), "usage");
}

#[test]
fn a_signature_that_may_be_of_two_models_is_of_neither() {
    let (keep, model) = model();
    sign(&model);
    let beside = keep.path().join("model.sig");
    fs::rename(model.join("model.sig"), &beside).expect("moved");
    fs::write(keep.path().join("evil.py"), "x").expect("written");
    assert_eq!(codes(&target(&beside), &policy()), ["usage"]);
    verified(&model, &policy());
}

#[test]
fn another_models_signature_is_not_replaced() {
    let (keep, model) = model();
    let other = keep.path().join("other");
    fs::create_dir(&other).expect("made");
    fs::write(other.join("x"), "x").expect("written");
    let place = keep.path().join("kept.sig");
    let sign_to = |model: &Path| {
        sign_model(model, Some(&place), key(), None, &Serialization::default(), &options(), &())
            .map(|_| ())
            .map_err(|error| error.code())
    };
    assert_eq!(sign_to(&model), Ok(()));
    assert_eq!(sign_to(&model), Ok(()));
    assert_eq!(sign_to(&other), Err("manifest-of-another-model"));
}

/// Cuts the file while it is read, and then puts other bytes there.
struct CutForAMoment<'a> {
    calls: std::sync::atomic::AtomicUsize,
    path: &'a Path,
    evil: &'a [u8],
    cut: u64,
}

impl weightseal::hash::Observer for CutForAMoment<'_> {
    fn cancelled(&self) -> bool {
        match self.calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            1 => std::fs::OpenOptions::new()
                .write(true)
                .open(self.path)
                .and_then(|file| file.set_len(self.cut))
                .expect("cut"),
            2 => std::fs::write(self.path, self.evil).expect("written"),
            _ => {}
        }
        false
    }
}

#[test]
fn a_file_that_is_cut_for_a_moment_is_never_loaded() {
    use weightseal::digest::HashAlgorithm;
    use weightseal::file::{Keep, Keeper};
    use weightseal::load::{Accept, load};
    let size = 5 << 20;
    for (threads, algorithm) in
        [1, 2].into_iter().flat_map(|threads| HashAlgorithm::ALL.map(|it| (threads, it)))
    {
        for (shard_size, cut) in
            [(Some(32_768), 0), (Some(32_768), 16 * 32_768 - 1), (None, 0), (None, 70_000)]
        {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("m");
            std::fs::write(&path, vec![7; size]).expect("written");
            let key = PrivateKey::generate(weightseal::key::KeySpec::Ed25519).expect("a key");
            let at: weightseal::time::Instant = "2026-05-01T00:00:00Z".parse().expect("a time");
            let options = Options::unnamed(Timestamp::from_instant(at));
            let shard_size = shard_size.and_then(std::num::NonZeroU64::new);
            let serialization = Serialization { algorithm, shard_size, ..Serialization::default() };
            sign_model(&path, None, &key, None, &serialization, &options, &()).expect("signed");
            let mut evil = vec![7; 16 * 32_768];
            evil.resize(size, 0xEE);
            std::fs::write(&path, &evil).expect("written");
            let engine = weightseal::hash::Engine {
                threads: std::num::NonZeroUsize::new(threads),
                ..weightseal::hash::Engine::default()
            };
            let target = Target { path: path.clone(), engine, ..Target::default() };
            let keys = KeyRing::new([key.public().clone()]);
            let policy = Policy::of_keys(keys, Requirements::default(), at);
            let attack = CutForAMoment { calls: Default::default(), path: &path, evil: &evil, cut };
            let keeper = Keeper::new(Keep::Memory, folder.path());
            assert!(load(&target, &policy, keeper, Accept::default(), &attack).is_err());
        }
    }
}
