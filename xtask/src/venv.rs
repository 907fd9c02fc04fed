//! The Python environment of the interop tests, made once under the build folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::command::{shown, succeed, target, works};

/// What the interop tests import; package and module have the same name.
const PACKAGES: [&str; 2] = ["cryptography", "pytest"];

/// The interpreter that the system has.
pub(crate) const SYSTEM_PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// The interpreter of the environment, whether or not it exists.
pub(crate) fn python() -> PathBuf {
    let folder = target().join("venv-interop");
    if cfg!(windows) { folder.join("Scripts").join("python.exe") } else { folder.join("bin").join("python") }
}

/// The interpreter of a working environment: the one that is there, or a new one.
pub(crate) fn ready() -> Result<PathBuf, Failure> {
    let folder = target().join("venv-interop");
    let python = python();
    if works(Command::new(&python).arg("-c").arg(format!("import {}", PACKAGES.join(", ")))) {
        println!("reused: it has {}", PACKAGES.join(" and "));
        return Ok(python);
    }
    if fs::symlink_metadata(&folder).is_ok() {
        println!("`{}` does not work: it is made again", folder.display());
        remove(&folder)?;
    }
    create(&folder)?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "-q", "--disable-pip-version-check"]).args(PACKAGES);
    println!("{}", shown(&install));
    succeed(&mut install)?;
    Ok(python)
}

/// An interpreter that can download packages: the environment's, or the system's.
pub(crate) fn with_pip() -> Option<PathBuf> {
    let candidates = [python(), PathBuf::from(SYSTEM_PYTHON)];
    candidates.into_iter().find(|python| works(Command::new(python).args(["-m", "pip", "--version"])))
}

fn create(folder: &Path) -> Result<(), Failure> {
    let mut create = Command::new(SYSTEM_PYTHON);
    create.args(["-m", "venv"]).arg(folder);
    println!("{}", shown(&create));
    succeed(&mut create).map_err(|failure| {
        failure
            .hint("the interop tests need Python with venv: on Debian, the packages python3 and python3-venv")
    })
}

fn remove(folder: &Path) -> Result<(), Failure> {
    let removed = if folder.is_dir() { fs::remove_dir_all(folder) } else { fs::remove_file(folder) };
    removed.map_err(|error| Failure::new(format!("remove `{}`", folder.display()), error))
}
