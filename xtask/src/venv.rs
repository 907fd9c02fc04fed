//! Python environments: each is made once and used again as long as it works.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::command::{shown, succeed, target, works};

/// The interpreter that the system has.
pub(crate) const SYSTEM_PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// An environment with some packages.
pub(crate) struct Venv {
    folder: PathBuf,
    /// What is installed, as pip wants it.
    packages: &'static [&'static str],
    /// What can then be imported.
    modules: &'static str,
}

impl Venv {
    /// For checking keys and signatures against other implementations.
    pub(crate) fn interop() -> Self {
        Self {
            folder: target().join("venv-interop"),
            packages: &["cryptography", "cryptography_vectors", "pytest", "jsonschema", "referencing"],
            modules: "cryptography, cryptography_vectors, pytest, jsonschema, referencing",
        }
    }

    /// The reference implementation of OpenSSF Model Signing. It needs pyOpenSSL for certificates, and does not say so.
    pub(crate) fn model_signing() -> Self {
        Self {
            folder: target().join("venv-model-signing-1.1.1"),
            packages: &["model-signing==1.1.1", "pyOpenSSL"],
            modules: "model_signing, OpenSSL, blake3",
        }
    }

    /// For checking bills of materials against the schema of CycloneDX.
    pub(crate) fn cyclonedx() -> Self {
        Self {
            folder: cache().join("tools").join("venv-cyclonedx-11.12.0"),
            packages: &["cyclonedx-python-lib[json-validation]==11.12.0"],
            modules: "cyclonedx, jsonschema",
        }
    }

    /// For the tests of the Python package that need no framework.
    pub(crate) fn python() -> Self {
        Self {
            folder: target().join("venv-python"),
            packages: &["pytest", "mypy", "tqdm", "cryptography"],
            modules: "pytest, mypy, tqdm, cryptography",
        }
    }

    /// For the tests with the real frameworks. It has 6 GB, and so lies outside the tree, where all checkouts share it.
    pub(crate) fn frameworks() -> Self {
        Self {
            folder: cache().join("venv-frameworks"),
            packages: &[
                "torch>=2.6",
                "safetensors",
                "transformers",
                "onnxruntime",
                "onnx",
                "joblib",
                "numpy",
                "cryptography",
                "pytest",
                "mypy",
                "tqdm",
            ],
            modules: "torch, safetensors.torch, transformers, onnxruntime, onnx, joblib, numpy, cryptography, pytest",
        }
    }

    /// An environment for one interpreter, with nothing in it.
    pub(crate) fn empty(name: &str, interpreter: &Path) -> Result<Self, Failure> {
        let folder = target().join(name);
        remove(&folder)?;
        create(&folder, interpreter)?;
        Ok(Self { folder, packages: &[], modules: "sys" })
    }

    /// The interpreter, whether or not it exists.
    pub(crate) fn python_path(&self) -> PathBuf {
        self.program("python")
    }

    /// A program that was installed with a package.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        match cfg!(windows) {
            true => self.folder.join("Scripts").join(format!("{name}.exe")),
            false => self.folder.join("bin").join(name),
        }
    }

    /// The interpreter of a working environment: the one that is there, or a new one.
    pub(crate) fn ready(&self) -> Result<PathBuf, Failure> {
        let python = self.python_path();
        if works(Command::new(&python).arg("-c").arg(format!("import {}", self.modules))) {
            println!("reused: `{}` has {}", self.folder.display(), self.modules);
            return Ok(python);
        }
        if fs::symlink_metadata(&self.folder).is_ok() {
            println!("`{}` does not work: it is made again", self.folder.display());
            remove(&self.folder)?;
        }
        create(&self.folder, Path::new(SYSTEM_PYTHON))?;
        let mut install = pip(&python, &["install"]);
        install.args(self.packages);
        println!("{}", shown(&install));
        succeed(&mut install)?;
        Ok(python)
    }
}

/// What is too large to be made for each checkout: in `WEIGHTSEAL_CACHE`, else in the user's cache folder, else under the
/// build folder.
pub(crate) fn cache() -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("WEIGHTSEAL_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|cache| cache.join("weightseal")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache").join("weightseal")))
        .filter(|cache| fs::create_dir_all(cache).is_ok())
        .unwrap_or_else(target)
}

/// `pip` of an interpreter, without its chatter.
pub(crate) fn pip(python: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "-q", "--disable-pip-version-check"]).args(arguments);
    command
}

/// An interpreter that can download packages: the environment's, or the system's.
pub(crate) fn with_pip() -> Option<PathBuf> {
    let candidates = [Venv::interop().python_path(), PathBuf::from(SYSTEM_PYTHON)];
    candidates.into_iter().find(|python| works(Command::new(python).args(["-m", "pip", "--version"])))
}

/// Every interpreter from Python 3.11 on that this machine has, one of each version: those in the search path, and
/// those that pyenv manages.
pub(crate) fn interpreters() -> Vec<(String, PathBuf)> {
    let mut candidates: Vec<PathBuf> =
        (11..30).map(|minor| PathBuf::from(format!("python3.{minor}"))).collect();
    candidates.insert(0, PathBuf::from(SYSTEM_PYTHON));
    let pyenv = std::env::var_os("PYENV_ROOT").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME")?;
        Some(Path::new(&home).join(".pyenv"))
    });
    let versions = pyenv.map(|root| root.join("versions")).and_then(|versions| fs::read_dir(versions).ok());
    let mut managed: Vec<PathBuf> = versions
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin").join("python3"))
        .collect();
    managed.sort();
    candidates.extend(managed);

    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for candidate in candidates {
        let version = version_of(&candidate);
        if let Some(version) = version.filter(|version| found.iter().all(|(known, _)| known != version)) {
            found.push((version, candidate));
        }
    }
    found
}

/// `3.12`, from 3.11 on.
fn version_of(python: &Path) -> Option<String> {
    let script =
        "import sys, venv; print('%d.%d' % sys.version_info[:2]); sys.exit(sys.version_info < (3, 11))";
    let output = Command::new(python).args(["-c", script]).output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| version.trim().to_owned())
}

pub(crate) fn create(folder: &Path, python: &Path) -> Result<(), Failure> {
    let mut create = Command::new(python);
    create.args(["-m", "venv"]).arg(folder);
    println!("{}", shown(&create));
    succeed(&mut create).map_err(|failure| {
        failure.hint("Python with venv is needed: on Debian, the packages python3 and python3-venv")
    })
}

fn remove(folder: &Path) -> Result<(), Failure> {
    let removed = match fs::symlink_metadata(folder) {
        Err(_) => return Ok(()),
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(folder),
        Ok(_) => fs::remove_file(folder),
    };
    removed.map_err(|error| Failure::new(format!("remove `{}`", folder.display()), error))
}
