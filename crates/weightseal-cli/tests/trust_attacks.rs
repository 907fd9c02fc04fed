//! Attacks on a trust store by somebody who can write models and what lies beside them, but not the store.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use weightseal::key::{KeySpec, PrivateKey};

/// A folder of its own, with the keys of `ops` (RSA) and `lab`, and a store: `ops` signs `prod*`, `lab` signs `dev*`.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a folder"));
        for name in ["ops", "lab"] {
            let key = PrivateKey::generate(KeySpec::Rsa2048).expect("a key");
            place.write(&format!("{name}.pem"), &key.to_plain_pem());
            let private = fs::Permissions::from_mode(0o600);
            fs::set_permissions(place.path(&format!("{name}.pem")), private).expect("its mode");
            place.write(&format!("{name}.pub"), &key.public().to_pem());
        }
        place.json(&["trust", "init"], 0);
        for (name, models) in [("ops", "prod*"), ("lab", "dev*")] {
            let key = format!("{name}.pub");
            place.json(&["trust", "add", "--signer", name, "--key", &key, "--models", models], 0);
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    }

    fn copy(&self, from: &str, to: &str) {
        fs::create_dir_all(self.path(to).parent().expect("a folder")).expect("a folder");
        fs::copy(self.path(from), self.path(to)).expect("copied");
    }

    fn status(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weightseal"));
        command.args(arguments).arg("--json").current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        let output = command.output().expect("the command runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn json(&self, arguments: &[&str], status: i32) -> Value {
        let (found, text) = self.status(arguments);
        assert_eq!(found, Some(status), "{arguments:?}\n{text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{text}"))
    }

    fn sign(&self, model: &str, signer: &str, more: &[&str]) {
        let key = format!("{signer}.pem");
        self.json(&[&["sign", model, "--key", &key, "--signer", signer], more].concat(), 0);
    }

    /// `dev.pt` of `lab` as it was signed before there were envelopes, in this folder.
    fn legacy(&self, folder: &str) -> Value {
        self.write(&format!("{folder}/dev.pt"), "of the lab");
        self.sign(&format!("{folder}/dev.pt"), "lab", &[]);
        let manifest = format!("{folder}/dev.manifest.json");
        let mut value = read(&self.path(&manifest));
        let fields = value.as_object_mut().expect("an object");
        fields.remove("envelope");
        fields.remove("key_id");
        self.write(&manifest, &value.to_string());
        value
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

fn set_of(entry: &Value) -> String {
    json!({ "artifacts": [entry], "bundle_signed_at": entry["signed_at"], "artifact_count": 1 }).to_string()
}

#[test]
fn a_listed_file_of_one_model_is_not_another_model() {
    let place = Place::new();
    let entry = place.legacy("old");
    place.json(&["trust", "import", "old"], 0);
    place.json(&["verify", "old/dev.pt", "--trust", "trust.toml"], 0);
    // The folder of another model, which only `ops` may sign.
    place.copy("old/dev.pt", "prod/dev.pt");
    place.write("prod/model.bin", "evil");
    place.write("prod/prod.manifest.json", &set_of(&entry));
    for more in [&["prod"][..], &["prod/prod.manifest.json"], &["prod", "--name", "prod"]] {
        let (status, text) = place.status(&[&["verify", "--trust", "trust.toml"], more].concat());
        assert_eq!(status, Some(1), "{more:?}: {text}");
    }
}

#[test]
fn renewing_signs_no_name_that_nobody_has_signed() {
    let place = Place::new();
    let entry = place.legacy("old");
    // With a key: the name of one file.
    place.copy("old/dev.pt", "one/prod.pt");
    let renamed = entry.to_string().replace("dev.pt", "prod.pt");
    place.write("one/prod.manifest.json", &renamed);
    place.status(&[
        "renew",
        "one/prod.pt",
        "--verify-with",
        "lab.pub",
        "--key",
        "ops.pem",
        "--signer",
        "ops",
    ]);
    let (status, text) = place.status(&["verify", "one/prod.pt", "--trust", "trust.toml"]);
    assert_eq!(status, Some(1), "{text}");
    // With a store: the name of a set.
    place.json(&["trust", "import", "old"], 0);
    place.copy("old/dev.pt", "set/dev.pt");
    place.write("set/prod.manifest.json", &set_of(&entry));
    place.status(&["renew", "set", "--trust", "trust.toml", "--key", "ops.pem", "--signer", "ops"]);
    let (status, text) = place.status(&["verify", "set/prod.manifest.json", "--trust", "trust.toml"]);
    assert_eq!(status, Some(1), "{text}");
}

#[test]
fn whoever_countersigns_one_model_does_not_sign_another() {
    let place = Place::new();
    place.write("prod/weights", "1");
    place.write("dev/weights", "1");
    place.sign("prod", "ops", &[]);
    place.copy("prod/model.sig", "dev/model.sig");
    for more in [&[][..], &["--verify-with", "ops.pub"]] {
        let countersign = ["countersign", "dev", "--key", "lab.pem", "--signer", "lab"];
        let (status, text) = place.status(&[&countersign, more].concat());
        assert_eq!(status, Some(1), "{more:?}: {text}");
        assert!(!place.path("dev.2.sig").exists(), "{more:?}");
    }
}

#[test]
fn hints_name_nobody_whom_the_store_does_not() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testkit/vectors");
    let place = Place::new();
    let mut found = 0;
    let mut folders = vec![vectors];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "sig") {
                let path = path.to_str().expect("text");
                let (status, text) = place.status(&["verify", path, "--trust", "trust.toml"]);
                assert_ne!(status, Some(0), "{path}");
                let value: Value = serde_json::from_str(&text).expect("JSON");
                let hint = value["hint"].as_str().unwrap_or_default();
                assert!(
                    !hint.contains("--ca-root") && !hint.contains("--certificate-identity"),
                    "{path}: {hint}"
                );
                found += 1;
            }
        }
    }
    assert!(found > 0);
}

#[test]
fn what_is_only_tolerated_under_another_name_does_not_block_the_model() {
    let place = Place::new();
    let store = fs::read_to_string(place.path("trust.toml")).expect("text");
    let rule = "signers = [\"ops\"]";
    assert!(store.contains(rule));
    place.write("trust.toml", &store.replace(rule, &format!("{rule}\nlevel = \"warn\"")));
    for (name, version) in [("prod", "5"), ("prod-other", "1000")] {
        place.write(&format!("{name}/weights"), name);
        place.sign(name, "ops", &["--model-version", version]);
    }
    let verify = ["verify", "prod", "--trust", "trust.toml", "--state", "state.json"];
    place.json(&[&verify[..], &["--init-state"]].concat(), 0);
    fs::rename(place.path("prod"), place.path("aside")).expect("moved");
    fs::rename(place.path("prod-other"), place.path("prod")).expect("moved");
    let value = place.json(&verify, 0);
    assert_eq!(value["verdict"], "tolerated");
    fs::remove_dir_all(place.path("prod")).expect("removed");
    fs::rename(place.path("aside"), place.path("prod")).expect("moved");
    place.json(&verify, 0);
}

#[test]
fn countersignatures_outlive_a_revocation_as_well() {
    let place = Place::new();
    place.write("prod/weights", "1");
    place.sign("prod", "ops", &[]);
    place.json(&["countersign", "prod", "--key", "lab.pem", "--signer", "lab"], 0);
    let store = fs::read_to_string(place.path("trust.toml")).expect("text");
    let rule = "[[rule]]\nmodels = \"prod\"\nthreshold = { n = 2, of = [\"ops\", \"lab\"] }\n";
    place.write("trust.toml", &format!("{store}\n{rule}"));
    place.json(&["verify", "prod", "--trust", "trust.toml"], 0);
    // In whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let since = weightseal::time::Timestamp::from_instant(weightseal::time::Instant::now()).to_seconds();
    let revoke = ["trust", "revoke", "lab", "--reason", "stolen", "--compromised-since", &since];
    let value = place.json(&[&revoke[..], &["--freeze", "."]].concat(), 0);
    assert_eq!(value["frozen"].as_array().map(Vec::len), Some(1), "{value}");
    place.json(&["verify", "prod", "--trust", "trust.toml"], 0);
}

#[test]
fn a_state_file_in_the_model_is_refused_before_it_spoils_the_model() {
    let place = Place::new();
    place.write("prod/weights", "1");
    place.sign("prod", "ops", &[]);
    let verify = ["verify", "prod", "--trust", "trust.toml", "--state", "prod/state.json", "--init-state"];
    place.json(&verify, 2);
    assert!(!place.path("prod/state.json").exists());
}
