//! A command that may hold a passphrase or a private key leaves no core dump, whatever the caller's limits are.

#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn signing_switches_core_dumps_off() {
    let keep = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weightseal"));
        command.args(arguments).current_dir(keep.path()).stdin(Stdio::null());
        command
    };
    let made = run(&["keygen", "--algorithm", "ed25519", "--no-passphrase", "--quiet"]).status();
    assert!(made.expect("started").success());
    let model = File::create(keep.path().join("m.bin")).expect("created");
    model.set_len(100 << 40).or_else(|_| model.set_len(100 << 30)).expect("sparse");
    let mut signing = run(&["sign", "m.bin", "--key", "signing_key.pem", "--signer", "team"]);
    let mut child = signing.stderr(Stdio::null()).spawn().expect("started");
    let (started, mut found) = (Instant::now(), Vec::new());
    // The limit is set before the key is read; the hashing that follows does not end.
    while found != ["0", "0"] && started.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(10));
        let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).expect("limits");
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a line");
        // The soft limit, and the hard one.
        found = line.split_whitespace().skip(4).take(2).map(str::to_owned).collect();
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert_eq!(found, ["0", "0"]);
}
