//! The commands that make and edit a trust store: nothing is lost, nothing is half done, and what is refused changes
//! nothing.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use weightseal::file::Staged;
use weightseal::key::{KeySpec, PrivateKey, load_public};
use weightseal::trust::{Means, TrustStore, Unreadable};

/// A folder of its own, and the command in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("text")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weightseal"));
        command.args(arguments).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the command runs")
    }

    /// Runs it, and gives the JSON object.
    fn json(&self, arguments: &[&str], status: i32) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(status), "{arguments:?}\n{stdout}\n{stderr}");
        serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}\n{stdout}\n{stderr}"))
    }

    fn ok(&self, arguments: &[&str]) -> Value {
        self.json(arguments, 0)
    }

    /// Runs what has to fail with this code, and change nothing.
    fn refused(&self, arguments: &[&str], code: &str) {
        let before = self.listing();
        let value = self.json(arguments, 2);
        assert_eq!(value["code"], code, "{arguments:?}: {value}");
        assert_eq!(before, self.listing(), "{arguments:?}");
    }

    /// The content of every file, so that what is left over or changed is seen.
    fn listing(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(self.0.path(), &mut files);
        files.sort();
        files
    }

    /// A key pair, `NAME.pem` and `NAME.pub`; its key id.
    fn key(&self, name: &str) -> String {
        let key = PrivateKey::generate(KeySpec::Ed25519).expect("a key");
        self.write(&format!("{name}.pem"), &key.to_plain_pem());
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(self.path(&format!("{name}.pem")), private).expect("its mode");
        self.write(&format!("{name}.pub"), &key.public().to_pem());
        key.public().id().to_string()
    }

    fn sign(&self, model: &str, key: &str, more: &[&str]) {
        self.write(model, model);
        let key = format!("{key}.pem");
        self.ok(&[&["sign", model, "--key", &key, "--signer", "team"], more].concat());
    }

    /// The store as the library reads it.
    fn store(&self) -> TrustStore {
        let nothing = |path: &str| {
            let message = format!("no file was expected, and `{path}` is named");
            Err(Unreadable { message, code: "not-found", hint: None })
        };
        TrustStore::parse(self.read("trust.toml").as_bytes(), &nothing).expect("a sound store")
    }
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => collect(&path, files),
            false => files.push((path.clone(), fs::read(&path).expect("a file"))),
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A signer `team` with one key.
fn with_one_key() -> (Place, String) {
    let place = Place::new();
    let id = place.key("old");
    place.ok(&["trust", "init", "--from-keys", "old.pub", "--signer", "team"]);
    (place, id)
}

#[test]
fn a_new_store_refuses_everything_and_replaces_nothing() {
    let place = Place::new();
    let value = place.ok(&["trust", "init"]);
    assert_eq!((&value["schema"], &value["serial"]), (&"weightseal.trust/1".into(), &1.into()));
    assert!(place.store().signers().is_empty() && place.store().rules().is_empty());
    place.refused(&["trust", "init"], "already-exists");
    place.refused(&["trust", "init", "--trust", "missing/trust.toml"], "not-found");
    place.refused(&["trust", "init", "--trust", "new.toml", "--expires", "2020-01-01"], "usage");
    place.refused(&["trust", "init", "--trust", "new.toml", "--expires", "soon"], "usage");
    // A link that leads nowhere is something, too.
    symlink("nowhere", place.path("link.toml")).expect("a link");
    let output = place.run(&["trust", "init", "--trust", "link.toml"]);
    assert!(output.status.code() == Some(2) && !place.path("nowhere").exists(), "{output:?}");
    assert_eq!(fs::metadata(place.path("trust.toml")).expect("there").permissions().mode() & 0o022, 0);
}

#[test]
fn keys_of_the_published_kind_become_versions() {
    let place = Place::new();
    let ids =
        ["signing_key_v1", "signing_key_v10", "signing_key_v2", "signing_key"].map(|name| place.key(name));
    place.key("other_v3");
    let init = ["trust", "init", "--signer", "team", "--from-keys"];
    place.ok(&[&init[..], &["signing_key_v*.pub", "signing_key.pub", "--models", "a_*", "b"]].concat());
    let store = place.store();
    let keys: Vec<_> = store.signers()[0].keys.iter().map(|key| (key.version, id_of(&key.means))).collect();
    let expected = [(Some(1), &ids[0]), (Some(2), &ids[2]), (Some(10), &ids[1]), (None, &ids[3])];
    assert_eq!(keys, expected.map(|(version, id)| (version, id.clone())));
    assert!(store.rules()[0].applies_to("a_1") && store.rules()[0].applies_to("b"));
    assert!(!store.rules()[0].applies_to("c"));

    fs::remove_file(place.path("trust.toml")).expect("removed");
    place.ok(&[&init[..], &["./signing_key_v?.pub"]].concat());
    assert_eq!(place.store().signers()[0].keys.len(), 2);
    assert!(place.store().rules()[0].applies_to("anything"));

    fs::remove_file(place.path("trust.toml")).expect("removed");
    place.refused(&[&init[..], &["nothing_*.pub"]].concat(), "not-found");
    place.refused(&[&init[..], &["signing_key_v1.pub", "signing_key_v1.pub"]].concat(), "usage");
    place.refused(&[&init[..], &["signing_key_v1.pem"]].concat(), "public-key-expected");
    fs::copy(place.path("signing_key_v1.pub"), place.path("again.pub")).expect("a copy");
    place.refused(&[&init[..], &["signing_key_v1.pub", "again.pub"]].concat(), "malformed-trust-store");
}

fn id_of(means: &Means) -> String {
    match means {
        Means::Key(key) => key.id().to_string(),
        Means::Certificate(_) | Means::Sigstore(_) => String::new(),
    }
}

/// Everything that the commands can change, on a store with comments everywhere.
#[test]
fn edits_keep_every_line_that_they_do_not_change() {
    let place = Place::new();
    let id = place.key("one");
    place.key("two");
    place.key("three");
    let store = r#"# The store of the team.

  serial = 41   # raised by every change
expires_at = 2099-01-01   # a date

# Who trains.
[[signer]] # a table
name = 'team' # single quotes

  [[signer.key]]   # indented
  public_key = 'one.pub'
  version = 0x1   # hexadecimal

# Who looks.
[[signer]]
key = [ { public_key = "two.pub" } ]   # on one line
name = "people"

[[rule]] # for all
signers = [
  "team", # first
  # and nobody else
]
models = ["*"]

# The end.
"#;
    place.write("trust.toml", store);
    place.ok(&["trust", "add", "--signer", "people", "--key", "three.pub", "--models", "*"]);
    place.ok(&[
        "trust",
        "add",
        "--signer",
        "new",
        "--certificate-identity",
        "a@b",
        "--certificate-oidc-issuer",
        "https://i",
    ]);
    place.ok(&["key", "rotate", "--key", "one.pem", "-o", "four.pem", "--overlap", "9d", "--no-passphrase"]);
    place.ok(&["trust", "retire", &id[..8], "--at", "1d"]);
    place.ok(&["trust", "revoke", "one.pub", "--reason", "it's \"lost\" \\ gone\u{1b}"]);
    let edited = place.read("trust.toml");
    let mut lines = edited.lines();
    for line in store.lines().filter(|line| !line.contains("serial") && !line.contains("on one line")) {
        assert!(lines.any(|found| found == line), "{line:?} is missing, or not in its place:\n{edited}");
    }
    assert!(edited.contains("\n  serial = 46   # raised by every change\n"), "{edited}");
    assert!(
        edited.contains(" } ]   # on one line\n") || edited.contains(" }]   # on one line\n"),
        "{edited}"
    );
    let listed = place.ok(&["trust", "list"]);
    assert_eq!((&listed["serial"], listed["keys"].as_array().map(Vec::len)), (&46.into(), Some(5)));
    assert_eq!(listed["keys"][0]["revoked"]["reason"], "it's \"lost\" \\ gone\u{1b}");
    assert_eq!(listed["rules"][0]["signers"], serde_json::json!(["team", "people"]));
    assert_eq!(listed["keys"][0]["state"], "revoked");
    assert_eq!(listed["keys"][1]["version"], 2);
    // What stands in a reason cannot write to the terminal.
    assert!(!text(&place.run(&["trust", "list"]).stdout).contains('\u{1b}'));
}

#[test]
fn edits_at_the_same_time_lose_nothing() {
    const EACH: usize = 20;
    let (place, _) = with_one_key();
    let names: Vec<String> = (0..2 * EACH).map(|number| format!("k{number}")).collect();
    names.iter().for_each(|name| _ = place.key(name));
    std::thread::scope(|scope| {
        for half in names.chunks(EACH) {
            let place = &place;
            scope.spawn(move || {
                for name in half {
                    let key = format!("{name}.pub");
                    place.ok(&["trust", "add", "--signer", name, "--key", &key, "--models", "m_*"]);
                }
            });
        }
    });
    let store = place.store();
    assert_eq!(store.serial(), 1 + 2 * EACH as u64);
    for name in &names {
        assert!(store.signers().iter().any(|signer| signer.name == *name), "{name} was lost");
    }
    let rule = store.rules().iter().find(|rule| rule.applies_to("m_1") && !rule.applies_to("x"));
    assert_eq!(rule.and_then(|rule| rule.signers.as_ref()).map(|signers| signers.len()), Some(2 * EACH));
}

#[test]
fn an_edit_waits_for_the_one_before_it_and_takes_no_notice_of_one_that_was_killed() {
    let (place, _) = with_one_key();
    place.key("new");
    let add = ["trust", "add", "--signer", "new", "--key", "new.pub"];
    let staged = Staged::create(&place.path("trust.toml"), 0o644).expect("the lock");
    std::thread::scope(|scope| {
        let edit = scope.spawn(|| place.run(&add));
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(!edit.is_finished(), "the store was changed under the lock");
        drop(staged);
        assert_eq!(edit.join().expect("it ends").status.code(), Some(0));
    });
    assert_eq!(place.store().serial(), 2);
    place.write(".trust.toml.weightseal-tmp", "half a store");
    place.ok(&["trust", "retire", "new"]);
    assert_eq!(place.store().serial(), 3);
    assert!(!place.path(".trust.toml.weightseal-tmp").exists());
}

#[test]
fn what_is_refused_leaves_the_store_as_it_was() {
    let (place, id) = with_one_key();
    place.key("new");
    place.ok(&[
        "trust",
        "add",
        "--signer",
        "late",
        "--key",
        "new.pub",
        "--signs-from",
        "2098-01-01",
        "--key-version",
        "3",
    ]);
    place.key("next");
    let add = |more: &[&'static str]| [&["trust", "add", "--signer", "team"], more].concat();
    place.refused(&add(&["--key", "old.pub"]), "already-in-trust-store");
    place.refused(&add(&["--key", "next.pem"]), "public-key-expected");
    place.refused(&add(&["--key", "next.pub", "--models", ""]), "malformed-trust-store");
    place.refused(&add(&["--key", "next.pub", "--signs-until", "tomorrow"]), "usage");
    place.refused(&add(&["--key", "next.pub", "--signs-from", "2d", "--signs-until", "1d"]), "usage");
    place.refused(&add(&["--key", "next.pub", "next.pub", "--key-version", "2"]), "usage");
    place.refused(&add(&["--key", "next.pub", "next.pub"]), "malformed-trust-store");
    place.refused(&add(&[]), "usage");
    place.refused(&add(&["--certificate-identity", "a@b"]), "usage");
    place.refused(&add(&["--certificate-identity", "a@b", "--ca-root", "next.pub"]), "certificate-expected");
    place.refused(&["trust", "add", "--signer", "a\nb", "--key", "next.pub"], "malformed-trust-store");
    place.refused(
        &["trust", "add", "--signer", "late", "--key", "next.pub", "--key-version", "3"],
        "malformed-trust-store",
    );
    // It would end before it begins.
    place.refused(&["trust", "retire", "late:3"], "malformed-trust-store");
    place.refused(&["trust", "retire", "nobody"], "not-in-trust-store");
    place.refused(&["trust", "retire", "late:4"], "not-in-trust-store");
    place.refused(&["trust", "retire", &id[..7]], "not-in-trust-store");
    place.refused(&["trust", "retire", "next.pub"], "not-in-trust-store");
    place.refused(&["trust", "retire", "old.pem"], "public-key-expected");
    place.refused(&["trust", "retire", "team", "--freeze", "missing"], "not-found");
    let compromised = ["trust", "revoke", "team", "--reason", "r", "--compromised-since"];
    place.refused(&[&compromised[..], &["2098-01-01"]].concat(), "usage");
    place.refused(&["trust", "revoke", "team", "--reason", " "], "malformed-trust-store");
    place.refused(&["trust", "list", "--trust", "other.toml"], "not-found");
    let rotate = ["key", "rotate", "--overlap", "1d", "--no-passphrase", "-o"];
    place.refused(&[&rotate[..], &["x.pem", "--key", "next.pem"]].concat(), "not-in-trust-store");
    place.refused(&[&rotate[..], &["new.pem", "--key", "old.pem"]].concat(), "already-exists");

    // Freezing without a time of the theft would have no effect.
    let output = place.run(&["trust", "revoke", "team", "--reason", "r", "--freeze", "."]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(place.store().serial(), 2);

    place.ok(&["trust", "add", "--signer", "team", "--key", "next.pub"]);
    place.refused(&["trust", "retire", "team"], "ambiguous-key");
}

#[test]
fn a_store_that_others_can_write_is_not_edited() {
    let (place, _) = with_one_key();
    let set = |mode| {
        fs::set_permissions(place.path("trust.toml"), fs::Permissions::from_mode(mode)).expect("a mode")
    };
    set(0o666);
    place.refused(&["trust", "retire", "team"], "writable-by-others");
    place.refused(&["trust", "list"], "writable-by-others");
    // Whatever the umask is: who could read it can read the new one.
    set(0o600);
    place.ok(&["trust", "retire", "team", "--at", "30d"]);
    assert_eq!(fs::metadata(place.path("trust.toml")).expect("there").permissions().mode() & 0o7777, 0o600);
}

#[test]
fn a_link_to_a_store_keeps_pointing_to_it() {
    let (place, _) = with_one_key();
    fs::create_dir(place.path("real")).expect("a folder");
    fs::rename(place.path("trust.toml"), place.path("real/store.toml")).expect("moved");
    symlink("real/store.toml", place.path("trust.toml")).expect("a link");
    place.ok(&["trust", "retire", "team"]);
    assert!(place.path("trust.toml").is_symlink());
    assert_eq!(place.store().serial(), 2);
    assert_eq!(fs::read_dir(place.path("real")).expect("listed").count(), 1);
}

#[test]
fn a_certificate_becomes_part_of_the_store() {
    let (place, _) = with_one_key();
    let vectors =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testkit/vectors/oms-certificate/changed-file");
    let root = fs::read_to_string(vectors.join("root.pem")).expect("a certificate");
    place.write("root.pem", &format!("a comment \"\"\" \\u0000\n{root}"));
    let identity = ["--certificate-identity", "release@example.com"];
    let add = |more: &[&'static str]| [&["trust", "add", "--signer", "ca"][..], &identity, more].concat();
    let value = place.ok(&add(&["--ca-root", "root.pem", "--trusted-until", "2099-01-01"]));
    assert_eq!(value["keys"][0]["kind"], "certificate");
    assert_eq!(value["keys"][0]["trusted_until"], "2099-01-01T00:00:00Z");
    assert!(!place.read("trust.toml").contains("a comment"));
    place.refused(&add(&["--ca-root", "root.pem"]), "malformed-trust-store");
    let store = place.store();
    let Means::Certificate(means) = &store.signers()[1].keys[0].means else { panic!("another kind of key") };
    assert_eq!((means.rules.identity.as_deref(), means.rules.roots.len()), (Some("release@example.com"), 1));
    // It has no key id: it is named by its signer.
    place.ok(&["trust", "revoke", "ca", "--reason", "the authority is gone"]);
    assert_eq!(place.ok(&["trust", "list"])["keys"][1]["state"], "revoked");
}

#[test]
fn retiring_only_ever_shortens() {
    let (place, id) = with_one_key();
    let until = |place: &Place| place.ok(&["trust", "list"])["keys"][0]["signs_until"].clone();
    place.ok(&["trust", "retire", &id, "--at", "2090-01-01"]);
    place.refused(&["trust", "retire", &id, "--at", "2091-01-01"], "already-retired");
    assert_eq!(until(&place), "2090-01-01T00:00:00Z");
    place.ok(&["trust", "retire", &id, "--at", "2089-01-01T00:00:00.5+00:00"]);
    assert_eq!(until(&place), "2089-01-01T00:00:01Z");
    place.ok(&["trust", "retire", "team"]);
    assert_ne!(until(&place), "2089-01-01T00:00:01Z");
    place.refused(&["trust", "retire", "team"], "already-retired");
    place.ok(&["trust", "revoke", "team", "--reason", "r"]);
    place.refused(&["trust", "retire", "team", "--at", "2020-01-01"], "already-revoked");
    place.refused(&["trust", "revoke", "team", "--reason", "r"], "already-revoked");
}

#[test]
fn what_was_frozen_is_what_verifies_with_this_key() {
    let (place, _) = with_one_key();
    place.key("other");
    for model in ["models/a.pt", "models/deep/b.pt", "models/changed.pt"] {
        place.sign(model, "old", &[]);
    }
    place.sign("models/theirs.pt", "other", &[]);
    place.write("models/folder/x", "x");
    place.ok(&["sign", "models/folder", "--key", "old.pem"]);
    let value = place.json(&["trust", "retire", "team", "--freeze", "models"], 0);
    assert_eq!(value["frozen"].as_array().map(Vec::len), Some(4));
    assert_eq!((&value["of_others"], &value["serial"]), (&1.into(), &2.into()));

    // Once more: nothing is new, and the store stays as it is.
    let before = place.read("trust.toml");
    let value = place.ok(&["trust", "retire", "team", "--freeze", "models", "models/a.pt"]);
    assert_eq!(value["frozen"].as_array().map(Vec::len), Some(0));
    assert_eq!(before, place.read("trust.toml"));

    // What does not verify is refused, and the rest is frozen nevertheless.
    let (place, _) = with_one_key();
    place.sign("models/a.pt", "old", &[]);
    place.sign("models/changed.pt", "old", &[]);
    place.write("models/changed.pt", "something else");
    let value = place.json(&["trust", "retire", "team", "--freeze", "models"], 1);
    assert_eq!(value["frozen"].as_array().map(Vec::len), Some(1));
    assert_eq!(value["rejected"][0]["code"], "hash-mismatch");
    assert_eq!(place.store().signers()[0].keys[0].frozen.len(), 1);
}

#[test]
fn after_a_theft_only_what_is_from_before_is_frozen() {
    let (place, _) = with_one_key();
    place.sign("models/late.pt", "old", &[]);
    let now = place.ok(&["trust", "check"])["until"].clone();
    assert!(now.is_string());
    // Frozen when nobody knew of a theft; then it turns out that it was signed after it.
    place.ok(&["trust", "retire", "team", "--freeze", "models"]);
    assert_eq!(place.store().signers()[0].keys[0].frozen.len(), 1);
    let revoke = ["trust", "revoke", "team", "--reason", "stolen", "--compromised-since"];
    let value = place.json(&[&revoke[..], &["2020-01-01", "--freeze", "models"]].concat(), 1);
    assert_eq!(value["rejected"][0]["code"], "signed-after-compromise");
    assert_eq!(value["taken_out"].as_array().map(Vec::len), Some(1));
    let key = place.store().signers()[0].keys[0].clone();
    assert!(key.frozen.is_empty() && key.revoked.is_some());

    // More can be frozen by the same time, and by no other.
    let (place, _) = with_one_key();
    place.sign("models/a.pt", "old", &[]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let since = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let value = place.ok(&[&revoke[..], &[&since]].concat());
    assert_eq!(value["key"]["revoked"]["compromised_since"], since.as_str());
    place.refused(&[&revoke[..], &[&since]].concat(), "already-revoked");
    place.refused(&[&revoke[..], &["2020-01-01", "--freeze", "models"]].concat(), "already-revoked");
    let value = place.ok(&[&revoke[..], &[&since, "--freeze", "models"]].concat());
    assert_eq!((&value["serial"], value["frozen"].as_array().map(Vec::len)), (&3.into(), Some(1)));
    let check = place.ok(&["trust", "check"]);
    assert!(!check["notes"].to_string().contains("nothing-frozen"), "{check}");
}

/// A countersignature is a statement of its own, and its key another one.
#[test]
fn countersignatures_are_frozen_as_well() {
    let (place, _) = with_one_key();
    place.key("other");
    place.ok(&["trust", "add", "--signer", "others", "--key", "other.pub", "--models", "*"]);
    place.sign("models/a.pt", "other", &[]);
    place.write("models/folder/x", "x");
    place.ok(&["sign", "models/folder", "--key", "other.pem", "--signer", "others"]);
    place.write("models/b.bin", "b");
    place.write("models/c.bin", "c");
    let set = [
        "sign",
        "models/b.bin",
        "models/c.bin",
        "--bundle",
        "models/set.manifest.json",
        "--key",
        "other.pem",
    ];
    place.ok(&[&set[..], &["--signer", "others"]].concat());
    for model in ["models/a.pt", "models/folder", "models/set.manifest.json"] {
        place.ok(&[
            "countersign",
            model,
            "--key",
            "old.pem",
            "--signer",
            "team",
            "--verify-with",
            "other.pub",
        ]);
    }
    let value = place.ok(&["trust", "retire", "team", "--freeze", "models"]);
    assert_eq!(value["frozen"].as_array().map(Vec::len), Some(3), "{value}");
    assert_eq!(value["of_others"], 3);
    // A model whose manifest is called like a countersignature of another one.
    place.sign("more/m.pt", "old", &[]);
    place.sign("more/m.2.pt", "old", &[]);
    let value = place.ok(&["trust", "retire", "team", "--freeze", "more"]);
    assert_eq!(value["frozen"].as_array().map(Vec::len), Some(2), "{value}");
}

/// The other end: verification goes by what these commands write.
#[test]
fn verification_goes_by_what_was_written() {
    let (place, _) = with_one_key();
    let verify = |model: &str, status: i32| {
        place.json(&["verify", model, "--trust", "trust.toml"], status)["code"].clone()
    };
    place.sign("models/a.pt", "old", &[]);
    place.sign("models/b.pt", "old", &[]);
    assert_eq!(verify("models/a.pt", 0), "verified");
    place.ok(&["key", "rotate", "--key", "old.pem", "-o", "new.pem", "--overlap", "1d", "--no-passphrase"]);
    place.sign("models/new.pt", "new", &["--key-version", "2"]);
    assert_eq!(verify("models/a.pt", 0), "verified");
    assert_eq!(verify("models/new.pt", 0), "verified");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let since = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    place.ok(&["trust", "retire", "team:1"]);
    assert_eq!(verify("models/a.pt", 0), "verified");
    place.sign("models/late.pt", "old", &["--model-version", "1"]);
    let revoke = ["trust", "revoke", "team:1", "--reason", "stolen", "--compromised-since", &since];
    place.ok(&[&revoke[..], &["--freeze", "models/a.pt"]].concat());
    assert_eq!(verify("models/a.pt", 0), "verified");
    assert_eq!(verify("models/b.pt", 1), "revoked");
    assert_eq!(verify("models/late.pt", 1), "revoked");
    assert_eq!(verify("models/new.pt", 0), "verified");
    place.json(&["trust", "explain", "models/b.pt"], 1);
    place.json(&["trust", "explain", "models/a.pt"], 0);

    // Manifests of the published kind, once they are listed.
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testkit/vectors/bundle/published");
    copy(&published, &place.path("published"));
    place.ok(&["trust", "add", "--signer", "past", "--key", &testkit_key("rsa2048.pub"), "--models", "p/*"]);
    let text = place.read("trust.toml").replace("signers = [\"team\"]", "signers = [\"team\", \"past\"]");
    place.write(
        "trust.toml",
        &text
            .replace("models = \"*\"", "models = [\"*\", \"*/*\"]")
            .replace("models = \"p/*\"", "models = \"*/*\""),
    );
    let set = "published/release.manifest.json";
    assert_eq!(verify(set, 1), "not-authenticated");
    place.ok(&["trust", "import", "published"]);
    // Nobody has signed the set; a file of it is another matter.
    assert_eq!(verify(set, 1), "not-authenticated");
    let names: Vec<String> = fs::read_dir(place.path("published"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .filter(|name| name.ends_with(".bin"))
        .collect();
    assert!(!names.is_empty());
    for name in names {
        let file = format!("published/{name}");
        place.ok(&["verify", &file, "--signature", set, "--trust", "trust.toml"]);
    }
}

#[test]
fn manifests_without_envelope_are_listed_once_each_is_verified() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testkit/vectors");
    let place = Place::new();
    place.ok(&["trust", "init"]);
    place.write("models/.keep", "");
    place.refused(&["trust", "import", "models"], "not-in-trust-store");
    let key = testkit_key("rsa2048.pub");
    place.ok(&["trust", "add", "--signer", "team", "--key", &key]);
    copy(&vectors.join("bundle/published"), &place.path("models/set"));
    copy(&vectors.join("chunks/ok-no-envelope"), &place.path("models/one"));
    copy(&vectors.join("manifest/ok-rsa2048"), &place.path("models/enveloped"));
    let value = place.ok(&["trust", "import", "models"]);
    assert_eq!(value["imported"].as_array().map(Vec::len), Some(4));
    assert_eq!((&value["with_envelope"], &value["serial"]), (&1.into(), &3.into()));
    assert_eq!(place.store().unauthenticated().len(), 4);
    let before = place.read("trust.toml");
    let value = place.ok(&["trust", "import", "models/set", "models"]);
    assert_eq!((&value["known"], value["imported"].as_array().map(Vec::len)), (&4.into(), Some(0)));
    assert_eq!(before, place.read("trust.toml"));

    // Others are listed although one does not verify.
    copy(&vectors.join("bundle/published-mixed"), &place.path("more/good"));
    copy(&vectors.join("bundle/published-changed-file"), &place.path("more/bad"));
    let value = place.json(&["trust", "import", "more"], 1);
    assert_eq!(value["rejected"][0]["code"], "hash-mismatch");
    assert!(place.store().unauthenticated().len() > 4);

    // Nothing that a revoked key has signed.
    place.ok(&["trust", "revoke", "team", "--reason", "stolen", "--compromised-since", "2020-01-01"]);
    place.refused(&["trust", "import", "models"], "not-in-trust-store");
}

#[test]
fn an_interrupted_import_leaves_the_store_as_it_was() {
    let place = Place::new();
    place.ok(&["trust", "init", "--from-keys", &testkit_key("rsa2048.pub"), "--signer", "team"]);
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testkit/vectors");
    copy(&vectors.join("bundle/published"), &place.path("set"));
    // Nobody has signed its size: reading it takes longer than anybody waits.
    let endless = fs::File::create(place.path("set/b.bin")).expect("created");
    endless.set_len(100 << 40).or_else(|_| endless.set_len(100 << 30)).expect("sparse");
    let before = place.read("trust.toml");
    let mut command = place.command(&["trust", "import", "set", "--json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    std::thread::sleep(std::time::Duration::from_millis(700));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("sent");
    assert!(sent.success());
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(value["code"], "interrupted");
    assert_eq!(place.read("trust.toml"), before);
    assert_eq!(fs::read_dir(place.0.path()).expect("listed").count(), 2);
}

/// A Windows editor ends lines otherwise; a file has one kind of line end.
#[test]
fn line_ends_stay_what_they_are() {
    let (place, _) = with_one_key();
    place.key("new");
    let windows = place.read("trust.toml").replace('\n', "\r\n");
    place.write("trust.toml", &windows);
    place.ok(&["trust", "add", "--signer", "new", "--key", "new.pub", "--models", "*"]);
    let edited = place.read("trust.toml");
    assert_eq!(edited.matches('\n').count(), edited.matches("\r\n").count());
    assert!(edited.starts_with(&windows[..windows.find("serial").expect("a field")]));
    assert_eq!(place.store().signers().len(), 2);
}

fn testkit_key(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testkit/keys").join(name);
    path.to_str().expect("text").to_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to),
            false => _ = fs::copy(entry.path(), to).expect("copied"),
        }
    }
}

#[test]
fn a_rotation_makes_both_or_neither() {
    let (place, old) = with_one_key();
    let rotate = ["key", "rotate", "--key", "old.pem", "-o", "new.pem", "--overlap", "30d"];
    place.refused(&rotate, "passphrase-needed");
    let mut command = place.command(&[&rotate[..], &["--json"]].concat());
    let output = command.env("WEIGHTSEAL_NEW_PASSPHRASE", "a new one").output().expect("it runs");
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&value["old"]["key_id"], &value["old"]["version"]), (&old.into(), &1.into()));
    assert_eq!((&value["new"]["version"], &value["new"]["algorithm"]), (&2.into(), &"Ed25519".into()));
    assert_eq!(value["encrypted"], true);
    let mode = fs::metadata(place.path("new.pem")).expect("there").permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let new = load_public(&place.path("new.pub")).expect("a key").id();
    let store = place.store();
    let keys = &store.signers()[0].keys;
    assert_eq!(keys[1].version, Some(2));
    assert_eq!(id_of(&keys[1].means), new.to_string());
    let overlap =
        keys[0].signs_until.expect("an end").duration_since(keys[1].signs_from.expect("a beginning"));
    assert!((0..=1).contains(&(overlap.as_secs() - 30 * 86_400)), "{overlap}");

    // The new key signs.
    place.write("model.pt", "weights");
    let sign = ["sign", "model.pt", "--key", "new.pem", "--signer", "team", "--key-version", "2"];
    let output = place.command(&sign).env("WEIGHTSEAL_PASSPHRASE", "a new one").output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));

    // An end that was set before does not move away.
    let next = ["key", "rotate", "--key", "old.pem", "--no-passphrase", "--overlap"];
    let value = place.ok(&[&next[..], &["90d", "-o", "third.pem", "--algorithm", "ecdsa-p256"]].concat());
    assert_eq!(
        (&value["new"]["version"], &value["new"]["algorithm"]),
        (&3.into(), &"ECDSA-P256-SHA256".into())
    );
    assert_eq!(place.store().signers()[0].keys[0].signs_until, keys[0].signs_until);

    place.refused(&[&next[..], &["1d", "-o", "third.pem"]].concat(), "already-exists");
    place.ok(&["trust", "retire", "team:1", "--at", "2020-01-01"]);
    place.refused(&[&next[..], &["1d", "-o", "fourth.pem"]].concat(), "already-retired");
    place.ok(&["trust", "revoke", "team:1", "--reason", "gone"]);
    place.refused(&[&next[..], &["1d", "-o", "fourth.pem"]].concat(), "already-revoked");
}

/// The store cannot take the new key: its version would be too high. The pair was written by then.
#[test]
fn a_rotation_that_the_store_refuses_leaves_no_key_behind() {
    let (place, _) = with_one_key();
    place.key("highest");
    let version = (1_u64 << 53).to_string();
    place.ok(&["trust", "add", "--signer", "team", "--key", "highest.pub", "--key-version", &version]);
    let rotate = ["key", "rotate", "--key", "old.pem", "-o", "new.pem", "--overlap", "1d", "--no-passphrase"];
    place.refused(&rotate, "malformed-trust-store");
}

#[test]
fn a_check_is_for_cron() {
    let (place, _) = with_one_key();
    assert_eq!(place.ok(&["trust", "check"])["ends"], serde_json::json!([]));
    place.ok(&["trust", "retire", "team", "--at", "20d"]);
    let value = place.json(&["trust", "check"], 1);
    assert_eq!(value["ends"][0]["kind"], "signs-until");
    place.ok(&["trust", "check", "--within", "10d"]);
    let value = place.json(&["trust", "check", "--within", "2y"], 1);
    assert_eq!(value["ends"][1]["kind"], "store");
    let text = place.read("trust.toml");
    let at = text.find("expires_at = ").expect("a field");
    let end = at + text[at..].find('\n').expect("a line");
    place.write("trust.toml", &format!("{}expires_at = 2020-01-01{}", &text[..at], &text[end..]));
    assert_eq!(place.json(&["trust", "check", "--within", "1d"], 1)["ends"][0]["kind"], "store");
    assert_eq!(place.ok(&["trust", "list"])["expired"], true);
}

#[test]
fn a_verifier_forgets_one_model() {
    let place = Place::new();
    let digest = "ab".repeat(32);
    let entry = |name: &str, signer: &str| {
        format!(
            r#"{{ "name": "{name}", "signer": "{signer}", "model_version": 4, "statement_sha256": "{digest}" }}"#
        )
    };
    let models = [entry("a", "x"), entry("a", "y"), entry("b", "x")].join(", ");
    let state = format!(r#"{{ "schema": "weightseal.state/1", "store_serial": 7, "models": [{models}] }}"#);
    place.write("state.json", &state);
    assert_eq!(place.ok(&["trust", "state", "list", "--state", "state.json"])["models"][2]["name"], "b");
    let reset = ["trust", "state", "reset", "--state", "state.json"];
    place.refused(&[&reset[..], &["c"]].concat(), "not-in-state");
    place.refused(&[&reset[..], &["b", "--signer", "y"]].concat(), "not-in-state");
    let value = place.ok(&[&reset[..], &["a", "--signer", "y"]].concat());
    assert_eq!(value["forgotten"][0]["signer"], "y");
    let value = place.ok(&[&reset[..], &["a"]].concat());
    assert_eq!(value["forgotten"].as_array().map(Vec::len), Some(1));
    let value = place.ok(&["trust", "state", "list", "--state", "state.json"]);
    assert_eq!((&value["store_serial"], value["models"].as_array().map(Vec::len)), (&7.into(), Some(1)));
    place.write("state.json", "{}");
    place.refused(&[&reset[..], &["a"]].concat(), "malformed-state");
    place.refused(&["trust", "state", "list", "--state", "none.json"], "not-found");
}
