//! Finding every signed model below a folder: real signatures of every kind, and what must not be taken for one.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use weightseal::digest::Digest;
use weightseal::file::FileError;
use weightseal::format::Limits;
use weightseal::key::{KeySpec, PrivateKey};
use weightseal::sign::{Options, Serialization, sign_bundle, sign_file, sign_model};
use weightseal::verify::{SignedPlace, find_signed, verify};
use weightseal::{trust::KeyRing, trust::Requirements, verify::Policy};

fn key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| PrivateKey::generate(KeySpec::Ed25519).expect("generated"))
}

fn options() -> Options {
    Options::new("team", "2026-05-01T00:00:00Z".parse().expect("a time"))
}

fn write(path: &Path, bytes: &str) {
    fs::create_dir_all(path.parent().expect("a folder above")).expect("made");
    fs::write(path, bytes).expect("written");
}

fn file(path: &Path) -> PathBuf {
    write(path, "weights");
    sign_file(path, None, key(), &options(), &()).expect("signed").manifest
}

fn oms(model: &Path, output: Option<&Path>) -> PathBuf {
    let how = Serialization::default();
    sign_model(model, output, key(), None, &how, &options(), &()).expect("signed").signature
}

fn places(path: &Path) -> Vec<SignedPlace> {
    find_signed(path, Limits::default()).expect("found")
}

/// The same, as pairs of names below the folder.
fn found(root: &Path) -> Vec<(String, String)> {
    let below = |path: &Path| path.strip_prefix(root).expect("below").display().to_string();
    places(root).iter().map(|place| (below(&place.signature), below(&place.model))).collect()
}

fn pair(signature: &str, model: &str) -> (String, String) {
    (signature.to_owned(), model.to_owned())
}

#[test]
fn every_kind_is_found_at_any_depth_and_verifies() {
    let keep = tempfile::tempdir().expect("a folder");
    let root = keep.path();
    file(&root.join("a.pt"));
    file(&root.join("deep/er/b.pt"));
    write(&root.join("set/one"), "1");
    write(&root.join("set/two"), "2");
    let both = [root.join("set/one"), root.join("set/two")];
    sign_bundle(&both, &root.join("set/all.manifest.json"), None, key(), &options(), &()).expect("signed");
    write(&root.join("folder/weights"), "1");
    oms(&root.join("folder"), None);
    write(&root.join("beside/weights"), "1");
    oms(&root.join("beside"), Some(&root.join("beside.sig")));
    write(&root.join("c.bin"), "1");
    oms(&root.join("c.bin"), None);
    assert_eq!(
        found(root),
        [
            pair("a.manifest.json", "a.pt"),
            pair("beside.sig", "beside"),
            pair("c.bin.sig", "c.bin"),
            pair("deep/er/b.manifest.json", "deep/er/b.pt"),
            pair("folder/model.sig", "folder"),
            pair("set/all.manifest.json", "set/all.manifest.json"),
        ]
    );
    let now = "2026-06-01T00:00:00Z".parse().expect("a time");
    let policy = Policy::of_keys(KeyRing::new([key().public().clone()]), Requirements::default(), now);
    for place in places(root) {
        verify(&place.target(), &policy, &()).expect("verified");
    }
}

#[test]
fn what_is_part_of_a_signed_folder_is_not_looked_at() {
    let keep = tempfile::tempdir().expect("a folder");
    let root = keep.path();
    for (model, output) in [("inside", None), ("outside", Some(root.join("outside.sig")))] {
        let model = root.join(model);
        file(&model.join("sub/part.pt"));
        write(&model.join("broken.manifest.json"), "{");
        write(&model.join("sub/folder/weights"), "1");
        oms(&model.join("sub/folder"), None);
        oms(&model, output.as_deref());
        let place =
            SignedPlace { signature: output.unwrap_or(model.join("model.sig")), model: model.clone() };
        assert_eq!(places(&model), [place]);
    }
    assert_eq!(found(root), [pair("inside/model.sig", "inside"), pair("outside.sig", "outside")]);
    // Where nobody may read the inside of a signed folder, that is for verification to say.
    fs::set_permissions(root.join("inside/sub"), PermissionsExt::from_mode(0o000)).expect("set");
    let still = find_signed(root, Limits::default()).map(|places| places.len());
    fs::set_permissions(root.join("inside/sub"), PermissionsExt::from_mode(0o755)).expect("set");
    assert_eq!(still.expect("found"), 2);
}

#[test]
fn countersignatures_and_other_files_are_left_out_and_damage_is_not() {
    let keep = tempfile::tempdir().expect("a folder");
    let root = keep.path();
    file(&root.join("a.pt"));
    let second = Options { countersigns: Some(Digest::of(b"the first")), ..options() };
    let place = root.join("a.2.manifest.json");
    sign_file(&root.join("a.pt"), Some(&place), key(), &second, &()).expect("signed");
    write(&root.join("folder/weights"), "1");
    let place = root.join("folder.2.sig");
    let how = Serialization::default();
    sign_model(&root.join("folder"), Some(&place), key(), None, &how, &second, &()).expect("signed");
    write(&root.join("app.manifest.json"), "{\"name\": \"a web page\"}");
    write(&root.join("archive.tar.sig"), "some other program's");
    assert_eq!(found(root), [pair("a.manifest.json", "a.pt")]);

    write(&root.join("b.manifest.json"), "{\"model_file\": ");
    write(&root.join("archive.tar"), "now there is something that it may be of");
    write(&root.join("damaged/model.sig"), "{");
    assert_eq!(
        found(root),
        [
            pair("a.manifest.json", "a.pt"),
            pair("archive.tar.sig", "archive.tar"),
            pair("b.manifest.json", "b.manifest.json"),
            pair("damaged/model.sig", "damaged"),
        ]
    );
}

#[test]
fn a_signature_that_another_tool_wrote_where_it_was_called_is_of_what_it_names() {
    let keep = tempfile::tempdir().expect("a folder");
    let root = keep.path();
    write(&root.join("resnet/weights"), "1");
    let signature = oms(&root.join("resnet"), None);
    fs::rename(signature, root.join("model.sig")).expect("moved");
    file(&root.join("beside.pt"));
    assert_eq!(found(root), [pair("beside.manifest.json", "beside.pt"), pair("model.sig", "resnet")]);
    let place = SignedPlace { signature: root.join("model.sig"), model: root.join("resnet") };
    assert_eq!(places(&root.join("resnet")), [place]);
}

#[test]
fn links_and_folders_that_cannot_be_read_are_errors() {
    let keep = tempfile::tempdir().expect("a folder");
    let root = keep.path();
    let manifest = file(&root.join("a.pt"));
    // A link to somewhere else is not followed, and matters only if it is called like a signature.
    let elsewhere = tempfile::tempdir().expect("a folder");
    file(&elsewhere.path().join("b.pt"));
    symlink(elsewhere.path(), root.join("link")).expect("linked");
    assert_eq!(found(root).len(), 1);
    symlink(&manifest, root.join("b.manifest.json")).expect("linked");
    let error = find_signed(root, Limits::default());
    assert!(matches!(error, Err(FileError::Symlink { .. })), "{error:?}");
    fs::remove_file(root.join("b.manifest.json")).expect("removed");
    write(&elsewhere.path().join("folder/weights"), "1");
    let signature = oms(&elsewhere.path().join("folder"), Some(&root.join("other.sig")));
    symlink(elsewhere.path().join("folder"), root.join("other")).expect("linked");
    let error = find_signed(root, Limits::default());
    assert!(matches!(error, Err(FileError::Symlink { .. })), "{error:?}");
    fs::remove_file(signature).expect("removed");

    fs::create_dir(root.join("closed")).expect("made");
    fs::set_permissions(root.join("closed"), PermissionsExt::from_mode(0o000)).expect("set");
    let may_read_everything = fs::read_dir(root.join("closed")).is_ok();
    let result = find_signed(root, Limits::default());
    fs::set_permissions(root.join("closed"), PermissionsExt::from_mode(0o755)).expect("set");
    if !may_read_everything {
        assert!(matches!(result, Err(FileError::PermissionDenied { .. })), "{result:?}");
    }
    let missing = find_signed(&root.join("nothing/here.manifest.json"), Limits::default());
    assert!(matches!(missing, Err(FileError::NotFound { .. })));
}

#[test]
fn a_file_has_the_signatures_beside_it() {
    let keep = tempfile::tempdir().expect("a folder");
    let model = keep.path().join("a.pt");
    let manifest = file(&model);
    let only = [SignedPlace { signature: manifest.clone(), model: model.clone() }];
    assert_eq!(places(&model), only);
    assert_eq!(places(&manifest), only);
    fs::copy(&manifest, keep.path().join("a.pt.manifest.json")).expect("copied");
    assert_eq!(places(&model).len(), 2);
    write(&keep.path().join("b.pt"), "unsigned");
    assert!(places(&keep.path().join("b.pt")).is_empty());
}
