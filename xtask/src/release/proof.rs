//! The signature over the release files, and the trial: they verify, and after any change they do not.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::files::Release;
use super::{about, clean};
use crate::Failure;
use crate::command::succeed;

/// The signature over all other files.
pub(crate) const MANIFEST: &str = "release.manifest.json";

/// What the trial showed.
pub(crate) struct Proof {
    /// How many files are signed.
    pub(crate) signed: usize,
    /// How often one was changed or removed, or the signature itself.
    pub(crate) changes: usize,
    /// How many of these were refused, with exit status 1.
    pub(crate) refused: usize,
}

impl Proof {
    /// Signs the files, verifies them with the public key alone, and then tries copies with one change each.
    pub(crate) fn make(release: &Release, key: &Path, signer: &str, scratch: &Path) -> Result<Self, Failure> {
        let public = scratch.join("verifier.pub");
        copy_public(key, &public)?;
        let mut sign = Command::new(&release.command);
        sign.arg("sign").args(release.files.iter().map(|file| release.folder.join(file)));
        sign.arg("--bundle").arg(release.folder.join(MANIFEST));
        sign.arg("--key").arg(key).args(["--signer", signer]);
        succeed(&mut sign)?;

        let verify = |folder: &Path| {
            let mut verify = Command::new(&release.command);
            verify.arg("verify").arg(folder.join(MANIFEST)).arg("--key").arg(&public);
            verify.args(["--signer", signer, "--require-authenticated"]);
            verify
        };
        succeed(&mut verify(&release.folder))?;

        let mut proof = Self { signed: release.files.len(), changes: 0, refused: 0 };
        let copy = copy(release, &scratch.join("copy"))?;
        succeed(verify(&copy).stdout(Stdio::null()).stderr(Stdio::null()))?;
        for file in release.files.iter().map(String::as_str).chain([MANIFEST]) {
            let path = copy.join(file);
            let bytes = fs::read(&path).map_err(|error| about(&path, error))?;
            let mut changed = bytes.clone();
            let middle = changed.len() / 2;
            if let Some(byte) = changed.get_mut(middle) {
                *byte ^= 1;
            }
            for state in [Some(changed), None] {
                match &state {
                    Some(changed) => fs::write(&path, changed),
                    None => fs::remove_file(&path),
                }
                .map_err(|error| about(&path, error))?;
                let mut verify = verify(&copy);
                let status = verify.stdout(Stdio::null()).stderr(Stdio::null()).status();
                let status = status.map_err(|error| about(&release.command, error))?;
                // Without the signature there is nothing to verify: that is no verdict on the files.
                let expected = if state.is_none() && file == MANIFEST { 2 } else { 1 };
                proof.changes += 1;
                if status.code() == Some(expected) {
                    proof.refused += 1;
                } else {
                    let what = if state.is_some() { "with one bit changed" } else { "removed" };
                    eprintln!("release: `{file}` {what}: {status}, where {expected} was expected");
                }
            }
            fs::write(&path, bytes).map_err(|error| about(&path, error))?;
        }
        succeed(verify(&copy).stdout(Stdio::null()).stderr(Stdio::null()))?;
        Ok(proof)
    }

    /// Whether every change was refused.
    pub(crate) fn holds(&self) -> bool {
        self.refused == self.changes && self.signed > 0
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signed, changes, refused } = self;
        write!(f, "{signed} files signed and verified, {refused} of {changes} changes refused")
    }
}

/// A key for one run.
pub(crate) fn new_key(command: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    let key = folder.join("trial_key.pem");
    let mut generate = Command::new(command);
    generate.args(["keygen", "--algorithm", "ed25519", "--no-passphrase", "--quiet", "--output"]).arg(&key);
    succeed(&mut generate)?;
    Ok(key)
}

/// Whoever verifies has no more than the public key: `key.pub` beside `key.pem`, as `keygen` writes it.
fn copy_public(key: &Path, to: &Path) -> Result<(), Failure> {
    let beside = key.with_extension("pub");
    fs::copy(&beside, to).map(|_| ()).map_err(|error| {
        about(&beside, error).hint("the public key has to lie beside the private one, with the ending `.pub`")
    })
}

fn copy(release: &Release, to: &Path) -> Result<PathBuf, Failure> {
    let to = clean(to)?;
    for file in release.files.iter().map(String::as_str).chain([MANIFEST]) {
        fs::copy(release.folder.join(file), to.join(file)).map_err(|error| about(&to, error))?;
    }
    Ok(to)
}
