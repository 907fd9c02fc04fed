//! Two clean release builds of the committed source, which share nothing but the compiler and the downloaded crates:
//! in folders with names of different length, with another home, temporary folder, language and time zone each. The
//! commands that they make have to be the same, byte for byte.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::row;
use crate::Failure;
use crate::command::{cargo, root, shown, succeed};
use crate::release::settings::{self, Place};

const ID: &str = "supply/reproducible";
const WHAT: &str = "two clean release builds in different places: SHA-256 of the command";
const TARGET: &str = "the same";

/// What differs between the builds.
struct Surroundings {
    folder: &'static str,
    language: &'static str,
    time_zone: &'static str,
}

const BUILDS: [Surroundings; 2] = [
    Surroundings {
        folder: "another place, with a longer name/b",
        language: "C.UTF-8",
        time_zone: "Pacific/Chatham",
    },
    Surroundings { folder: "a", language: "C", time_zone: "UTC" },
];

/// Builds twice and prints the row.
pub(crate) fn run() -> Result<(), Failure> {
    let mut commit = Command::new("git");
    commit.args(["rev-parse", "HEAD"]).current_dir(root());
    let commit = commit.output().ok().filter(|output| output.status.success());
    let Some(commit) = commit.and_then(|output| String::from_utf8(output.stdout).ok()) else {
        row::print_not_run(
            ID,
            WHAT,
            TARGET,
            "this is no git checkout, so there is no committed source to build",
        );
        return Ok(());
    };
    succeed(&mut cargo(&["fetch", "--locked"]))?;
    let scratch = Scratch::new()?;
    let mut commands = Vec::new();
    for surroundings in &BUILDS {
        let built = build(&scratch.0.join(surroundings.folder), surroundings, commit.trim())?;
        let bytes = fs::read(&built).map_err(|error| about(&built, error))?;
        commands.push((digest(&built)?, bytes));
    }
    let [(first, first_bytes), (second, second_bytes)] = &commands[..] else {
        return Err(Failure::new(WHAT, "two builds were expected"));
    };
    let found = format!("{} and {}", &first[..16], &second[..16]);
    eprintln!("commit {}\n  {first}\n  {second}", commit.trim());
    let same = first == second && first_bytes == second_bytes;
    if !same {
        let differing = first_bytes.iter().zip(second_bytes).filter(|(a, b)| a != b).count();
        eprintln!("{} and {} bytes, {differing} differ", first_bytes.len(), second_bytes.len());
        eprintln!("both builds are kept in `{}`", scratch.0.display());
        std::mem::forget(scratch);
    }
    row::print(ID, WHAT, &found, TARGET, same);
    Ok(())
}

/// One clean build; returns the command that it made.
fn build(folder: &Path, surroundings: &Surroundings, commit: &str) -> Result<PathBuf, Failure> {
    let place = Place {
        source: folder.join("source"),
        target: folder.join("built"),
        cargo_home: folder.join("cargo-home"),
    };
    let home = folder.join("home");
    let temporary = folder.join("tmp");
    for new in [&place.source, &place.cargo_home, &home, &temporary] {
        fs::create_dir_all(new).map_err(|error| about(new, error))?;
    }
    export(commit, &place.source)?;
    copy_downloads(&place.cargo_home)?;

    let mut build = settings::build_command(&place);
    build.arg("--offline").current_dir(&place.source);
    // Nothing else of our surroundings reaches the build.
    let flags = build.get_envs().find(|(name, _)| *name == "CARGO_ENCODED_RUSTFLAGS");
    let flags = flags.and_then(|(_, value)| value.map(OsString::from));
    build.env_clear();
    build.envs(flags.map(|flags| ("CARGO_ENCODED_RUSTFLAGS", flags)));
    for name in ["PATH", "RUSTUP_TOOLCHAIN"] {
        build.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    build.envs(rustup_home().map(|home| ("RUSTUP_HOME", home)));
    build.env("HOME", &home).env("CARGO_HOME", &place.cargo_home).env("CARGO_TARGET_DIR", &place.target);
    build.env("TMPDIR", &temporary).env("LC_ALL", surroundings.language).env("TZ", surroundings.time_zone);
    eprintln!("in `{}`: {}", place.source.display(), shown(&build));
    succeed(&mut build)?;
    Ok(place.target.join("release").join(format!("weightseal{}", std::env::consts::EXE_SUFFIX)))
}

/// The source of a commit, and nothing else.
fn export(commit: &str, to: &Path) -> Result<(), Failure> {
    let archive = to.with_extension("tar");
    let mut export = Command::new("git");
    export.args(["archive", "--format=tar", "-o"]).arg(&archive).arg(commit).current_dir(root());
    succeed(&mut export)?;
    succeed(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(to))
}

/// The downloaded crates as they came, and cargo's settings. Each build unpacks the crates anew.
fn copy_downloads(to: &Path) -> Result<(), Failure> {
    let from = settings::cargo_home();
    let registry = to.join("registry");
    fs::create_dir_all(&registry).map_err(|error| about(&registry, error))?;
    for folder in ["cache", "index"] {
        succeed(Command::new("cp").arg("-R").arg(from.join("registry").join(folder)).arg(&registry))?;
    }
    let settings = from.join("config.toml");
    if settings.is_file() {
        fs::copy(&settings, to.join("config.toml")).map_err(|error| about(&settings, error))?;
    }
    Ok(())
}

/// Where rustup keeps its compilers: the build has another home.
fn rustup_home() -> Option<OsString> {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".rustup").into_os_string());
    std::env::var_os("RUSTUP_HOME").or_else(home)
}

/// The SHA-256 of a command, by itself.
fn digest(command: &Path) -> Result<String, Failure> {
    let output = Command::new(command).arg("digest").arg(command).output();
    let output = output.map_err(|error| about(command, error))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let digest = text.split_whitespace().find(|word| word.len() == 64);
    digest.map(str::to_owned).ok_or_else(|| Failure::new("weightseal digest", output.status))
}

/// A temporary folder, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("weightseal-reproducible-{}", std::process::id()));
        fs::create_dir(&folder).map_err(|error| about(&folder, error))?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn about(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(format!("`{}`", path.display()), error)
}
