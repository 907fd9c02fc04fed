//! `cargo xtask release`: builds the release files, signs them with weightseal itself, and tries them: docs/release.md.
//! Nothing is published.

pub(crate) mod files;
mod proof;
pub(crate) mod settings;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::command::{root, target};
use files::Release;
use proof::Proof;

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Who signs, unless `--signer` names somebody else.
const SIGNER: &str = "releases@weightseal";

/// Which key signs.
enum Key<'a> {
    /// The project's. The tree has to be the tagged one.
    Given(&'a Path),
    /// One of this run alone, or one that is given for trying it out, for any tree.
    DryRun(Option<&'a Path>),
}

/// Carries out the chore.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    let mut dry_run = false;
    let mut key = None;
    let mut signer = SIGNER;
    let mut words = options.iter();
    while let Some(option) = words.next() {
        match (*option, words.as_slice().first()) {
            ("--dry-run", _) => dry_run = true,
            ("--key", Some(file)) => {
                key = Some(Path::new(*file));
                words.next();
            }
            ("--signer", Some(name)) => {
                signer = name;
                words.next();
            }
            _ => return Err(Failure::new("release", format!("`{option}` is no option, or needs a value"))),
        }
    }
    let key = match (dry_run, key) {
        (true, key) => Key::DryRun(key),
        (false, Some(key)) => Key::Given(key),
        (false, None) => {
            return Err(Failure::new("release", "no key is given with `--key FILE`").hint(
                "to try it out, `cargo xtask release --dry-run`; docs/release.md says how a release is made",
            ));
        }
    };
    let (release, proof) = carry_out(&key, signer)?;
    println!("\nin `{}`:", release.folder.display());
    for file in &release.files {
        println!("  {file}");
    }
    println!("  {}", proof::MANIFEST);
    println!("{proof}");
    print_next_steps(&key);
    Ok(())
}

/// The files and what their trial showed, with a key of this run alone.
pub(crate) fn dry_run() -> Result<(Release, Proof), Failure> {
    carry_out(&Key::DryRun(None), SIGNER)
}

fn carry_out(key: &Key<'_>, signer: &str) -> Result<(Release, Proof), Failure> {
    if let Key::Given(_) = key {
        demand_tagged()?;
    }
    let release = Release::build()?;
    let scratch = clean(&target().join("release-trial"))?;
    let proof = match key {
        Key::Given(key) | Key::DryRun(Some(key)) => Proof::make(&release, key, signer, &scratch),
        Key::DryRun(None) => {
            let key = proof::new_key(&release.command, &scratch)?;
            Proof::make(&release, &key, signer, &scratch)
        }
    }?;
    fs::remove_dir_all(&scratch).map_err(|error| about(&scratch, error))?;
    Ok((release, proof))
}

/// A release is made of what is committed and tagged, so that others can find its source.
fn demand_tagged() -> Result<(), Failure> {
    let tag = format!("v{VERSION}");
    let changed = git(&["status", "--porcelain"])?;
    if !changed.is_empty() {
        return Err(Failure::new(
            "release",
            format!("the tree has changes that are not committed:\n{changed}"),
        ));
    }
    if !git(&["tag", "--points-at", "HEAD"])?.lines().any(|found| found == tag) {
        return Err(Failure::new("release", format!("the commit does not have the tag `{tag}`"))
            .hint(format!("when everything else is done: git tag -s {tag}")));
    }
    Ok(())
}

fn print_next_steps(key: &Key<'_>) {
    if let Key::Given(_) = key {
        println!(
            "\nNext, as docs/release.md says: let somebody else rebuild and compare; then publish all files."
        );
        return;
    }
    println!(
        "\nThis was a trial. The release itself, which only a person can make:\n\
         \x20 1. cargo xtask test && cargo xtask supply      everything holds, two builds are the same\n\
         \x20 2. write the date into CHANGELOG.md, commit, git tag -s v{VERSION}\n\
         \x20 3. cargo xtask release --key FILE              with the project's key, which this machine should not keep\n\
         \x20 4. somebody else rebuilds the tag and compares SHA256SUMS\n\
         \x20 5. publish the files, the crates and the wheel; docs/release.md has the order"
    );
}

/// What git says in the root.
pub(crate) fn git(arguments: &[&str]) -> Result<String, Failure> {
    let mut command = Command::new("git");
    let output = command.args(arguments).current_dir(root()).output();
    let output = output.map_err(|error| Failure::new("git", error))?;
    if !output.status.success() {
        let what = format!("git {}", arguments.join(" "));
        return Err(Failure::new(what, String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A new, empty folder.
fn clean(folder: &Path) -> Result<PathBuf, Failure> {
    if fs::symlink_metadata(folder).is_ok() {
        fs::remove_dir_all(folder).map_err(|error| about(folder, error))?;
    }
    fs::create_dir_all(folder).map_err(|error| about(folder, error))?;
    Ok(folder.to_owned())
}

fn about(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(format!("`{}`", path.display()), error)
}

/// A file name as text: ours are.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(OsStr::new("")).to_string_lossy().into_owned()
}
