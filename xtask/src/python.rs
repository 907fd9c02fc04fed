//! The Python package: its wheel is built, installed into empty environments, and tested there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::command::{root, shown, succeed, target, weightseal};
use crate::release::files;
use crate::release::settings::{self, Place};
use crate::venv::{self, SYSTEM_PYTHON, Venv};

/// Largest wheel: what the project promises.
const MOST_BYTES: u64 = 6 * 1024 * 1024;

/// The tests with the vectors: the scoreboard runs them.
const VECTORS: &str = "test_python_vectors.py";

/// Tests that need a framework.
const WITH_FRAMEWORKS: [&str; 7] = [
    "test_numpy.py",
    "test_onnxruntime.py",
    "test_pickles.py",
    "test_safetensors.py",
    "test_torch.py",
    "test_transformers.py",
    "test_wrappers.py",
];

/// Builds the wheel as `pip install .` does.
pub(crate) fn build_wheel() -> Result<PathBuf, Failure> {
    let folder = target().join("wheels");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| about(&folder, error))?;
    }
    let package = root().join("python").join("weightseal");
    files::notices("weightseal-python", &settings::platform()?, &package.join(files::NOTICES))?;
    let mut build = venv::pip(Path::new(SYSTEM_PYTHON), &["wheel", ".", "--no-deps", "-w"]);
    build.arg(&folder).current_dir(root());
    settings::apply(&mut build, &Place::here());
    println!("{}", shown(&build));
    succeed(&mut build)?;
    let entries = fs::read_dir(&folder).map_err(|error| about(&folder, error))?;
    let wheels: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    let [wheel] = wheels.as_slice() else {
        return Err(Failure::new("pip wheel", format!("{} wheels, where one was expected", wheels.len())));
    };
    let size = fs::metadata(wheel).map_err(|error| about(wheel, error))?.len();
    println!("{}: {size} bytes", wheel.display());
    if size > MOST_BYTES {
        return Err(Failure::new("the wheel", format!("{size} bytes, more than {MOST_BYTES}")));
    }
    Ok(wheel.clone())
}

/// Installs the wheel, and nothing else, for every Python that the machine has, and uses it.
pub(crate) fn smoke(wheel: &Path) -> Result<(), Failure> {
    let interpreters = venv::interpreters();
    if interpreters.is_empty() {
        return Err(Failure::new("Python", "no Python from 3.11 on is here"));
    }
    for (version, interpreter) in interpreters {
        println!("\nPython {version}: {}", interpreter.display());
        let venv = Venv::empty(&format!("venv-empty-{version}"), &interpreter)?;
        install(&venv, wheel)?;
        let mut smoke = Command::new(venv.python_path());
        // Isolated: neither the checkout nor the user's packages are seen.
        smoke.args(["-I", "-W", "error"]).arg(tests().join("smoke.py")).arg(venv.program("weightseal"));
        succeed(smoke.current_dir(target()))?;
    }
    Ok(())
}

/// An interpreter that has the wheel, and what the tests without frameworks need.
pub(crate) fn with_package(wheel: &Path) -> Result<PathBuf, Failure> {
    let venv = Venv::python();
    venv.ready()?;
    install(&venv, wheel)?;
    Ok(venv.python_path())
}

/// The tests that need no framework, on the wheel; those with the vectors are a row of the scoreboard.
pub(crate) fn core_tests(python: &Path) -> Result<(), Failure> {
    let wanted = |name: &str| !WITH_FRAMEWORKS.contains(&name) && name != VECTORS;
    pytest(&mut Command::new(python), &test_files(wanted)?)
}

/// All other tests, on the wheel, with the real frameworks.
pub(crate) fn framework_tests(wheel: &Path) -> Result<(), Failure> {
    let python = Venv::frameworks().ready()?;
    let site = unpack(&python, wheel)?;
    let files = test_files(|name| WITH_FRAMEWORKS.contains(&name))?;
    if files.len() != WITH_FRAMEWORKS.len() {
        return Err(Failure::new("the tests with frameworks", "some were not found"));
    }
    pytest(&mut with_site(&python, &site), &files)
}

fn test_files(wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(tests()).map_err(|error| about(&tests(), error))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("test_") && name.ends_with(".py") && wanted(&name)
    });
    files.sort();
    Ok(files)
}

/// Measures what the package promises, side by side with the frameworks alone.
pub(crate) fn figures(wheel: &Path) -> Result<(), Failure> {
    let python = Venv::frameworks().ready()?;
    let site = unpack(&python, wheel)?;
    succeed(with_site(&python, &site).arg(root().join("python").join("benches").join("figures.py")))
}

fn tests() -> PathBuf {
    root().join("python").join("tests")
}

fn install(venv: &Venv, wheel: &Path) -> Result<(), Failure> {
    // No index: whatever else it needed would be missing here.
    let mut install = venv::pip(&venv.python_path(), &["install", "--no-index", "--force-reinstall"]);
    install.arg(wheel);
    println!("{}", shown(&install));
    succeed(&mut install)
}

/// Puts the wheel into a folder of this checkout: the shared environment stays as it is.
fn unpack(python: &Path, wheel: &Path) -> Result<PathBuf, Failure> {
    let site = target().join("site-wheel");
    if site.exists() {
        fs::remove_dir_all(&site).map_err(|error| about(&site, error))?;
    }
    let mut install = venv::pip(python, &["install", "--no-index", "--target"]);
    install.arg(&site).arg(wheel);
    println!("{}", shown(&install));
    succeed(&mut install)?;
    Ok(site)
}

fn with_site(python: &Path, site: &Path) -> Command {
    let mut command = Command::new(python);
    command.env("PYTHONPATH", site).env("HF_HUB_OFFLINE", "1");
    command
}

fn pytest(command: &mut Command, files: &[PathBuf]) -> Result<(), Failure> {
    command.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=5"]).args(files);
    // Not from the root: what is imported is what was installed, never the checkout.
    command.env("WEIGHTSEAL_BIN", weightseal()).current_dir(tests());
    succeed(command)
}

fn about(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(format!("`{}`", path.display()), error)
}
