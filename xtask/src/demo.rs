//! `cargo xtask demo`: a real model is signed, verified, changed by one bit and refused.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::Failure;
use crate::command::{quoted, shown, status, succeed, weightseal};
use crate::sample::{self, Models};
use crate::test::release_build;

/// The key of the demo lives for a minute; so may its passphrase be read by everybody.
const PASSPHRASE: &str = "correct horse battery staple";

const BUNDLE: &str = "release_bundle.manifest.json";

const SIGNER: &str = "training-pipeline@ml-team";

/// Exit statuses of `weightseal`: verified (or done), and rejected.
const DONE: i32 = 0;
const REJECTED: i32 = 1;

/// Builds the command, fetches the models and plays the demo in a temporary folder.
pub(crate) fn run() -> Result<(), Failure> {
    let start = Instant::now();
    caption("Building the command (the first time takes minutes).");
    let mut build = release_build();
    println!("$ {}", shown(&build));
    succeed(&mut build)?;

    let folder = TemporaryFolder::create()?;
    let stage = Stage::set(&folder.path)?;
    caption("A model in three file formats, in a folder of its own.");
    let models = sample::models(&folder.path)?;
    println!("$ cd {}", quoted(&folder.path.to_string_lossy()));
    play(&stage, &models)?;

    folder.remove()?;
    println!("\nThat was the demo, in {:.0} seconds. Its folder is removed.", start.elapsed().as_secs_f64());
    Ok(())
}

fn play(stage: &Stage<'_>, models: &Models) -> Result<(), Failure> {
    let Models { jit, onnx, safetensors } = models;
    let manifest = Path::new(safetensors).with_extension("manifest.json").to_string_lossy().into_owned();

    caption("A key. The private half is encrypted with the passphrase, the public half is for everybody.");
    println!("$ export WEIGHTSEAL_PASSPHRASE={}", quoted(PASSPHRASE));
    stage.weightseal(&["keygen"], DONE)?;

    caption("Sign the three files as one release.");
    let three = ["sign", jit, onnx, safetensors, "--bundle", BUNDLE, "--key", "signing_key.pem"];
    let facts = ["--signer", SIGNER, "--key-version", "1", "--model-version", "1"];
    stage.weightseal(&[&three[..], &facts[..]].concat(), DONE)?;

    caption("Whoever has the public key can verify the release.");
    stage.weightseal(&["verify", BUNDLE, "--key", "signing_key.pub"], DONE)?;

    caption("Sign one file alone: its manifest lies beside it.");
    stage.weightseal(&["sign", safetensors, "--key", "signing_key.pem", "--signer", SIGNER], DONE)?;
    stage.weightseal(&["verify", safetensors, "--key", "signing_key.pub"], DONE)?;

    caption("Now somebody changes the model.");
    change_one_bit(&stage.folder.join(safetensors))?;

    caption("It is refused, alone and as part of the release.");
    stage.weightseal(&["verify", safetensors, "--key", "signing_key.pub"], REJECTED)?;
    stage.weightseal(&["verify", BUNDLE, "--key", "signing_key.pub"], REJECTED)?;

    caption("What does the manifest say? No key is needed to look.");
    stage.weightseal(&["inspect", &manifest], DONE)?;

    caption("A whole folder gets a signature in the format of OpenSSF Model Signing.");
    let folder = "as_a_folder";
    let inside = stage.folder.join(folder);
    let about = |error| Failure::new(format!("`{}`", inside.display()), error);
    fs::create_dir(&inside).map_err(about)?;
    for file in [jit, onnx] {
        println!("$ mkdir -p {folder}; mv {} {folder}", quoted(file));
        fs::rename(stage.folder.join(file), inside.join(file)).map_err(about)?;
    }
    stage.weightseal(&["keygen", "--algorithm", "ecdsa-p256", "--output", "oms_key.pem"], DONE)?;
    stage.weightseal(&["sign", folder, "--key", "oms_key.pem", "--signer", SIGNER], DONE)?;
    stage.weightseal(&["verify", folder, "--key", "oms_key.pub"], DONE)?;

    caption("Somebody adds a file, which a loader might run.");
    println!("$ echo 'print(1)' > {folder}/modeling.py");
    fs::write(inside.join("modeling.py"), "print(1)\n").map_err(about)?;
    stage.weightseal(&["verify", folder, "--key", "oms_key.pub"], REJECTED)
}

fn caption(text: &str) {
    println!("\n# {text}");
}

fn change_one_bit(path: &Path) -> Result<(), Failure> {
    let about = |error| Failure::new(format!("`{}`", path.display()), error);
    let mut bytes = fs::read(path).map_err(about)?;
    let middle = bytes.len() / 2;
    let before = bytes[middle];
    bytes[middle] ^= 1;
    fs::write(path, &bytes).map_err(about)?;
    println!(
        "{}: byte {middle} of {} was 0x{before:02x}, now it is 0x{:02x}",
        path.file_name().unwrap_or_default().to_string_lossy(),
        bytes.len(),
        bytes[middle]
    );
    Ok(())
}

/// Where the commands run, and what they find there.
struct Stage<'a> {
    folder: &'a Path,
    search_path: OsString,
}

impl<'a> Stage<'a> {
    fn set(folder: &'a Path) -> Result<Self, Failure> {
        let mut folders = vec![weightseal().parent().unwrap_or(Path::new("")).to_owned()];
        folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let search_path = std::env::join_paths(folders).map_err(|error| Failure::new("PATH", error))?;
        Ok(Self { folder, search_path })
    }

    /// Runs one command as a user would type it, and insists on how it ends.
    fn weightseal(&self, arguments: &[&str], expected: i32) -> Result<(), Failure> {
        let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
        println!("$ weightseal {}", words.join(" "));
        let mut command = Command::new(weightseal());
        command.args(arguments).current_dir(self.folder);
        command.env("PATH", &self.search_path).env("WEIGHTSEAL_PASSPHRASE", PASSPHRASE);
        let status = status(&mut command)?;
        if status.code() != Some(expected) {
            let what = format!("weightseal {}", words.join(" "));
            return Err(Failure::new(what, format!("{status}, but {expected} was expected")));
        }
        if expected != DONE {
            println!("exit status {expected}");
        }
        Ok(())
    }
}

/// A folder of our own that goes away with its owner, also when the demo fails.
struct TemporaryFolder {
    path: PathBuf,
}

impl TemporaryFolder {
    fn create() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("weightseal-demo-{}", std::process::id()));
        // Creating it fails when the name is taken: nobody else's folder is ever used or removed.
        fs::create_dir(&path).map_err(|error| Failure::new(format!("`{}`", path.display()), error))?;
        Ok(Self { path })
    }

    fn remove(self) -> Result<(), Failure> {
        fs::remove_dir_all(&self.path)
            .map_err(|error| Failure::new(format!("remove `{}`", self.path.display()), error))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // It is gone already when the demo went well; otherwise this is the second failure, and the first
        // one is told.
        let _ = fs::remove_dir_all(&self.path);
    }
}
