//! What a failing disk does to the command, as far as no special rights are needed to see it; `testkit/attacks` has the rest.

#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Output};

fn weightseal(folder: &Path, arguments: &str) -> Output {
    shell(folder, &format!("exec \"$0\" {arguments}"))
}

fn shell(folder: &Path, script: &str) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_weightseal")]).current_dir(folder);
    command.output().expect("a shell")
}

fn names_in(folder: &Path) -> Vec<String> {
    let names = folder.read_dir().expect("listed").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

const KEYGEN: &str = "keygen --algorithm ecdsa-p256 --no-passphrase -o out.pem";

/// It used to be the end by SIGXFSZ, without a word, and with the staged file left behind.
#[test]
fn past_the_limit_of_a_files_size_nothing_is_left_and_the_error_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = shell(folder.path(), &format!("ulimit -f 0; exec \"$0\" {KEYGEN}"));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("`out.pem`") && stderr.contains("[unwritable-output]"), "{stderr}");
    assert!(names_in(folder.path()).is_empty());
}

/// A run that was killed between the names of the two keys: the next one finishes its work.
#[test]
fn half_a_key_pair_is_completed_by_the_next_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    assert!(weightseal(folder.path(), KEYGEN).status.success());
    let public = std::fs::read(path("out.pub")).expect("read");
    std::fs::rename(path("out.pub"), path(".out.pub.weightseal-tmp")).expect("renamed");

    let again = weightseal(folder.path(), KEYGEN);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("[already-exists]"));
    assert_eq!(std::fs::read(path("out.pub")).expect("placed"), public);
    assert_eq!(names_in(folder.path()), ["out.pem", "out.pub"]);
}

/// What is staged and does not belong to the private key never gets the name of its public key.
#[test]
fn a_public_key_that_does_not_fit_is_not_placed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    assert!(weightseal(folder.path(), KEYGEN).status.success());
    std::fs::rename(path("out.pub"), path(".out.pub.weightseal-tmp")).expect("renamed");
    std::fs::remove_file(path("out.pem")).expect("removed");
    assert!(weightseal(folder.path(), &KEYGEN.replace("out.pem", "other.pem")).status.success());
    std::fs::rename(path("other.pem"), path("out.pem")).expect("renamed");

    let again = weightseal(folder.path(), KEYGEN);
    assert!(String::from_utf8_lossy(&again.stderr).contains("[already-exists]"));
    assert!(!path("out.pub").exists());
}
