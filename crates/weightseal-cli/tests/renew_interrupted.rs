//! Ctrl-C while many models are renewed: what was renewed stays so and is said, and nothing is left half done.

#![cfg(unix)]

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use weightseal::format::SignatureFile;
use weightseal::key::{KeyPairFiles, KeySpec, PrivateKey};
use weightseal::sign::{Options, sign_file};

/// Signs a model without its size, and then makes it one that takes longer to read than anybody waits.
fn endless(model: &Path, key: &PrivateKey, options: &Options) {
    fs::write(model, b"weights").expect("written");
    let signed = sign_file(model, None, key, options, &()).expect("signed");
    let SignatureFile::Manifest(mut manifest) = signed.file else { panic!("no manifest") };
    let envelope = manifest.signed.as_mut().expect("an envelope");
    envelope.statement.resources[0].size = None;
    envelope.envelope.payload = envelope.statement.to_payload();
    envelope.envelope.signatures[0].sig = key.sign(&envelope.envelope.pae()).expect("signed");
    fs::write(&signed.manifest, SignatureFile::Manifest(manifest).to_text()).expect("written");
    let file = File::create(model).expect("created");
    file.set_len(100 << 40).or_else(|_| file.set_len(100 << 30)).expect("sparse");
}

#[test]
fn what_was_renewed_before_ctrl_c_stays_so_and_is_said() {
    let keep = tempfile::tempdir().expect("a folder");
    let root = keep.path();
    let key = PrivateKey::generate(KeySpec::Ed25519).expect("generated");
    KeyPairFiles::beside(&root.join("key.pem")).write(&key, None).expect("written");
    let options = Options::new("team", "2026-05-01T00:00:00Z".parse().expect("a time"));
    fs::create_dir(root.join("models")).expect("made");
    let names = ["a", "b", "c"].map(|name| root.join(format!("models/{name}.manifest.json")));
    for name in ["a", "c"] {
        let model = root.join(format!("models/{name}.pt"));
        fs::write(&model, name).expect("written");
        sign_file(&model, None, &key, &options, &()).expect("signed");
    }
    endless(&root.join("models/b.pt"), &key, &options);
    let before = names.each_ref().map(|name| fs::read(name).expect("read"));

    let arguments = ["renew", "models", "--key", "key.pem", "--verify-with", "key.pub", "--json"];
    let child = Command::new(env!("CARGO_BIN_EXE_weightseal"))
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let started = Instant::now();
    while fs::read(&names[0]).expect("read") == before[0] {
        assert!(started.elapsed() < Duration::from_secs(60), "the first model was not renewed");
        std::thread::sleep(Duration::from_millis(10));
    }
    // It is busy with the second one by now, or will be before the signal arrives.
    std::thread::sleep(Duration::from_millis(300));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("sent");
    assert!(sent.success());
    let output = child.wait_with_output().expect("ended");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(told.contains("interrupted; 2 models were left as they were [interrupted]"), "{told}");
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (&result["renewed"], &result["rejected"], &result["not_carried_out"]),
        (&1.into(), &0.into(), &0.into())
    );
    assert_eq!(result["models"][0]["model"], "models/a.pt");
    let after = names.each_ref().map(|name| fs::read(name).expect("read"));
    assert_ne!(after[0], before[0]);
    assert_eq!(after[1..], before[1..]);
    assert_eq!(fs::read_dir(root.join("models")).expect("listed").count(), 6);
}
