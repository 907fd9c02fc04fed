//! Comparing signatures and models as they lie on a disk.

#![cfg(unix)]

use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use weightseal::diff::{Change, Diff, DiffError, Field, SideKind, diff};
use weightseal::digest::HashAlgorithm;
use weightseal::hash::Engine;
use weightseal::key::{KeyDocument, PrivateKey};
use weightseal::sign::{Options, Serialization, sign_bundle, sign_file, sign_model};
use weightseal::time::Timestamp;

fn key(kind: &str) -> PrivateKey {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testkit/keys");
    let pem = fs::read(folder.join(format!("{kind}.pem"))).expect("a key of the testkit");
    match KeyDocument::from_pem(&pem).expect("a key that we read") {
        KeyDocument::Private(key) => *key,
        other => panic!("{kind}: {other:?}"),
    }
}

fn options() -> Options {
    let at: Timestamp = "2025-03-04T05:06:07+00:00".parse().expect("a time");
    Options::new("training-pipeline@ml-team", at)
}

/// A place for models and signatures.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder");
        fs::write(&path, content).expect("a file");
        path
    }

    /// A model of three files in a folder.
    fn model(&self, name: &str) -> PathBuf {
        for (file, content) in [("config.json", "{}"), ("d/weights.bin", "0123456789"), ("readme", "read me")]
        {
            self.write(&format!("{name}/{file}"), content);
        }
        self.path(name)
    }

    fn sign(&self, model: &Path, to: &str, serialization: &Serialization) -> PathBuf {
        let path = self.path(to);
        sign_model(model, Some(&path), &key("p256"), None, serialization, &options(), &())
            .expect("it can be signed");
        path
    }

    fn diff(&self, old: &str, new: &str) -> Diff {
        diff(&self.path(old), &self.path(new), Engine::default(), &()).expect("they can be compared")
    }

    fn refused(&self, old: &str, new: &str) -> DiffError {
        diff(&self.path(old), &self.path(new), Engine::default(), &()).expect_err("they cannot be compared")
    }
}

fn shards(size: u64) -> Serialization {
    Serialization { shard_size: NonZeroU64::new(size), ..Serialization::default() }
}

/// What differs, as short text: sizes and all.
fn shown(diff: &Diff) -> Vec<String> {
    let size = |size: Option<u64>| size.map_or_else(|| "?".to_owned(), |size| size.to_string());
    let show = |change: &Change| match change {
        Change::Changed { old, new } => {
            format!("changed {} {} -> {}", old.name, size(old.size), size(new.size))
        }
        Change::Added(file) => format!("added {} {}", file.name, size(file.size)),
        Change::Removed(file) => format!("removed {} {}", file.name, size(file.size)),
        Change::Renamed { old, new } => format!("renamed {} -> {} {}", old.name, new.name, size(new.size)),
    };
    diff.changes.iter().map(show).collect()
}

fn fields(diff: &Diff) -> Vec<&Field> {
    diff.metadata.iter().map(|change| &change.field).collect()
}

#[test]
fn a_folder_is_compared_with_a_folder() {
    let place = Place::new();
    place.model("one");
    place.model("two");
    assert!(place.diff("one", "two").is_equal());
    place.write("two/config.json", "{ }");
    place.write("two/empty", "");
    fs::rename(place.path("two/readme"), place.path("two/README.md")).expect("a new name");
    let diff = place.diff("one", "two");
    let expected = ["changed config.json 2 -> 3", "added empty 0", "renamed readme -> README.md 7"];
    assert_eq!(shown(&diff), expected);
    assert_eq!((diff.unchanged, diff.new.files, diff.new.kind), (1, 4, SideKind::Folder));
}

#[test]
fn the_folders_own_signature_and_git_are_no_part_of_the_model() {
    let place = Place::new();
    let one = place.model("one");
    place.model("two");
    place.write("two/.git/config", "");
    place.write("two/model.sig", "damaged");
    sign_model(&one, None, &key("p256"), None, &Serialization::default(), &options(), &()).expect("signed");
    let diff = place.diff("one", "two");
    assert!(diff.is_equal());
    assert_eq!((diff.old.left_out, diff.new.left_out), (Vec::new(), vec![".git/config".to_owned()]));
    assert!(place.diff("one/model.sig", "one").is_equal());
    assert!(place.diff("two", "one/model.sig").is_equal());
}

#[test]
fn a_model_is_hashed_as_the_signature_says() {
    let place = Place::new();
    let model = place.model("model");
    for algorithm in HashAlgorithm::ALL {
        for shard_size in [None, NonZeroU64::new(4)] {
            let serialization = Serialization { algorithm, shard_size, ..Serialization::default() };
            place.sign(&model, "s.sig", &serialization);
            let diff = place.diff("s.sig", "model");
            assert!(diff.is_equal(), "{algorithm} {shard_size:?}: {diff:?}");
            assert_eq!((diff.plan.algorithm, diff.plan.cut.shard_size()), (algorithm, shard_size));
            fs::remove_file(place.path("s.sig")).expect("removed");
        }
    }
}

#[test]
fn shards_tell_an_empty_file_and_the_place_of_a_change() {
    let place = Place::new();
    let model = place.model("model");
    place.sign(&model, "old.sig", &shards(4));
    place.write("model/d/weights.bin", "0123x56789ab");
    place.write("model/__init__.py", "");
    let diff = place.diff("old.sig", "model");
    assert_eq!(shown(&diff), ["added __init__.py 0", "changed d/weights.bin 10 -> 12"]);
    // The other way round what was added is removed.
    assert_eq!(
        shown(&place.diff("model", "old.sig")),
        ["removed __init__.py 0", "changed d/weights.bin 12 -> 10"]
    );
}

#[test]
fn two_files_that_changed_places_are_seen_though_the_roots_may_be_equal() {
    let place = Place::new();
    place.write("one/a", "first");
    place.write("one/b", "second");
    place.write("two/a", "second");
    place.write("two/b", "first");
    assert_eq!(shown(&place.diff("one", "two")), ["changed a 5 -> 6", "changed b 6 -> 5"]);
}

#[test]
fn what_a_signature_leaves_out_is_left_out_of_the_model() {
    let place = Place::new();
    let model = place.model("model");
    place.write("model/.gitignore", "*");
    place.write("model/logs/1", "log");
    let ignore = vec!["logs".parse().expect("a name")];
    place.sign(&model, "most.sig", &Serialization { ignore, ..Serialization::default() });
    let all =
        Serialization { default_excludes: weightseal::sign::SignExcludes::Sign, ..Serialization::default() };
    place.sign(&model, "all.sig", &all);
    assert!(place.diff("most.sig", "model").is_equal());
    assert!(place.diff("all.sig", "model").is_equal());
    let diff = place.diff("most.sig", "all.sig");
    assert_eq!(shown(&diff), ["added .gitignore 1", "added logs/1 3"]);
    assert!(fields(&diff).contains(&&Field::IgnoredPath("logs".to_owned())));
}

#[test]
fn two_signatures_differ_in_what_they_say() {
    let place = Place::new();
    let model = place.model("model");
    place.sign(&model, "one.sig", &Serialization::default());
    let later: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let mut other = Options { model_version: Some(4), ..Options::new("somebody-else", later) };
    other.annotations.insert("commit".to_owned(), "4f2a".to_owned());
    let to = place.path("two.sig");
    let serialization =
        Serialization { follow: weightseal::file::Follow::Beneath, ..Serialization::default() };
    sign_model(&model, Some(&to), &key("p384"), None, &serialization, &other, &()).expect("signed");
    let diff = place.diff("one.sig", "two.sig");
    assert!(diff.changes.iter().all(|change| change.name() == "one.sig"), "{:?}", diff.changes);
    let commit = Field::Annotation("commit".to_owned());
    let expected = [
        &Field::Signer,
        &Field::SignedAt,
        &Field::KeyId,
        &Field::KeyHint,
        &Field::ModelVersion,
        &Field::Symlinks,
        &commit,
    ];
    assert_eq!(fields(&diff), expected);
    let version = diff.metadata.iter().find(|change| change.field == Field::ModelVersion);
    assert_eq!(version.map(|change| (change.old.as_deref(), change.new.as_deref())), Some((None, Some("4"))));
    assert!(!diff.is_equal());
    assert!(place.diff("one.sig", "one.sig").is_equal());
}

#[test]
fn a_manifest_is_compared_with_a_bundle_and_with_files() {
    let place = Place::new();
    let (one, two) = (place.write("a.pt", "weights"), place.write("b.pt", "more weights"));
    let rsa = key("rsa2048");
    sign_file(&one, None, &rsa, &options(), &()).expect("signed");
    sign_bundle(&[one, two], &place.path("set.manifest.json"), None, &rsa, &options(), &()).expect("signed");
    let diff = place.diff("a.manifest.json", "set.manifest.json");
    assert_eq!(shown(&diff), ["added b.pt 12"]);
    assert_eq!((diff.old.kind, diff.new.kind, diff.unchanged), (SideKind::Manifest, SideKind::Bundle, 1));
    assert_eq!(fields(&diff), [&Field::Format, &Field::Name]);

    assert!(place.diff("a.manifest.json", "a.pt").is_equal());
    assert_eq!(shown(&place.diff("a.manifest.json", "b.pt")), ["changed a.pt 7 -> 12"]);
    fs::copy(place.path("a.pt"), place.path("c.pt")).expect("a copy");
    assert_eq!(shown(&place.diff("a.manifest.json", "c.pt")), ["renamed a.pt -> c.pt 7"]);
    assert!(place.diff("a.pt", "c.pt").is_equal());
    // The bundle manifest that lies in the folder is no part of the model.
    let diff = place.diff("set.manifest.json", "");
    assert_eq!(diff.changes.iter().map(Change::name).collect::<Vec<_>>(), ["a.manifest.json", "c.pt"]);
}

#[test]
fn a_signature_of_one_file_is_compared_whatever_the_file_is_called() {
    let place = Place::new();
    let model = place.write("model.pt", "weights");
    place.sign(&model, "model.pt.sig", &Serialization::default());
    place.write("v2.pt", "weights of today");
    fs::copy(&model, place.path("renamed.pt")).expect("a copy");
    assert!(place.diff("model.pt.sig", "renamed.pt").is_equal());
    assert_eq!(shown(&place.diff("model.pt.sig", "v2.pt")), ["changed model.pt 7 -> 16"]);
}

#[test]
fn digests_that_were_made_in_different_ways_are_not_compared() {
    let place = Place::new();
    let model = place.model("model");
    let blake3 = Serialization { algorithm: HashAlgorithm::Blake3, ..Serialization::default() };
    for (name, serialization) in [("whole", &Serialization::default()), ("blake3", &blake3)] {
        place.sign(&model, &format!("{name}.sig"), serialization);
    }
    place.sign(&model, "four.sig", &shards(4));
    place.sign(&model, "five.sig", &shards(5));
    for (one, other) in [("whole", "blake3"), ("whole", "four"), ("four", "five")] {
        let error = place.refused(&format!("{one}.sig"), &format!("{other}.sig"));
        assert!(matches!(error, DiffError::Incomparable { .. }), "{error}");
        assert_eq!((error.code(), error.hint().is_some()), ("incomparable", true));
    }
}

#[test]
fn what_cannot_be_read_is_not_compared() {
    let place = Place::new();
    let model = place.model("model");
    place.model("other");
    assert_eq!(place.refused("model", "nothing").code(), "not-found");
    std::os::unix::fs::symlink("readme", place.path("other/link")).expect("a link");
    assert_eq!(place.refused("model", "other").code(), "symlink");
    place.write("damaged.sig", "{");
    place.write("not.manifest.json", "{}");
    assert_eq!(place.refused("damaged.sig", "model").code(), "malformed-json");
    assert_eq!(place.refused("not.manifest.json", "model").code(), "unsupported-format");
    fs::create_dir(place.path("empty")).expect("a folder");
    assert_eq!(place.refused("model", "empty").code(), "empty-model");

    // A manifest that shows something else than was signed has two answers.
    let file = model.join("readme");
    let manifest = sign_file(&file, None, &key("rsa2048"), &options(), &()).expect("signed").manifest;
    let text = fs::read_to_string(&manifest).expect("text").replace("training-pipeline", "another-pipeline");
    fs::write(&manifest, text).expect("written");
    assert_eq!(diff(&manifest, &file, Engine::default(), &()).expect_err("refused").code(), "field-mismatch");
}
