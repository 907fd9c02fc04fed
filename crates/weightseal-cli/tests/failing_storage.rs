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

/// Nothing ties a staged public key to a private key that is encrypted: it may be that of another run.
#[test]
fn no_public_key_is_placed_beside_an_encrypted_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let encrypted =
        "export WEIGHTSEAL_PASSPHRASE=horse; exec \"$0\" keygen --algorithm ecdsa-p256 -o out.pem";
    assert!(shell(folder.path(), encrypted).status.success());
    std::fs::remove_file(path("out.pub")).expect("removed");
    assert!(weightseal(folder.path(), &KEYGEN.replace("out.pem", "other.pem")).status.success());
    std::fs::rename(path("other.pub"), path(".out.pub.weightseal-tmp")).expect("renamed");

    let again = weightseal(folder.path(), KEYGEN);
    assert!(String::from_utf8_lossy(&again.stderr).contains("[already-exists]"));
    assert!(!path("out.pub").exists());
}

/// What is left out need not be readable: here a path that is longer than the system takes.
#[test]
fn what_is_left_out_of_a_folder_need_not_be_looked_at() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(weightseal(folder.path(), KEYGEN).status.success());
    let script = "mkdir m && echo weights > m/w.bin && \"$0\" sign m --key out.pem --signer team && cd m && mkdir ign && \
        cd ign && part=$(printf 'x%.0s' $(seq 249)) && for i in $(seq 16); do mkdir $part && cd $part; done && \
        : > $(printf 'y%.0s' $(seq 200))";
    let made = shell(folder.path(), script);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let verified = weightseal(folder.path(), "verify m --key out.pub --ignore ign");
    let stderr = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success(), "{stderr}");
}

/// What verification would refuse for its size is refused when it is signed, and the machine is not blamed.
#[test]
fn a_signature_that_would_be_too_large_is_named_as_such() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(weightseal(folder.path(), KEYGEN).status.success());
    let script = "echo weights > m.pt; exec \"$0\" sign m.pt --key out.pem --signer team $(seq -f '--annotate a%g=b' 9901)";
    let refused = shell(folder.path(), script);
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(stderr.contains("more than 9900 annotations [too-large]"), "{stderr}");
    assert_eq!(names_in(folder.path()), ["m.pt", "out.pem", "out.pub"]);
}
