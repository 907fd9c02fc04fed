//! `cargo xtask test`: everything that has to hold before a change lands.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::command::{cargo, root, shown, succeed, weightseal};
use crate::python;
use crate::scoreboard;
use crate::venv::Venv;

/// How much is tested.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope {
    /// All steps.
    Full,
    /// What needs neither a release build nor other programs.
    Quick,
}

/// Where the interop tests are, from the root.
const INTEROP: &str = "testkit/python";

/// Runs the steps; the first that fails is the last.
pub(crate) fn run(scope: Scope) -> Result<(), Failure> {
    let mut steps = Steps::default();
    let outcome = match scope {
        Scope::Full => full(&mut steps),
        Scope::Quick => quick(&mut steps),
    };
    steps.print_table();
    outcome
}

fn quick(steps: &mut Steps) -> Result<(), Failure> {
    steps.command("fmt", cargo(&["fmt", "--all", "--check"]))?;
    steps.command("clippy", clippy())?;
    steps.command("test", rust_tests())
}

fn full(steps: &mut Steps) -> Result<(), Failure> {
    steps.command("openssl", openssl()).map_err(|failure| {
        failure.hint("the interop tests need the command `openssl`: on Debian, `apt-get install openssl`")
    })?;
    steps.command("fmt", cargo(&["fmt", "--all", "--check"]))?;
    steps.command("clippy", clippy())?;
    steps.command("doc", documents())?;
    steps.command("build", release_build())?;
    steps.command("test", rust_tests())?;
    if !root().join(INTEROP).is_dir() {
        println!("\n==> SKIPPED: interop: the folder {INTEROP} does not exist yet");
        return Ok(());
    }
    let interop = Venv::interop();
    let python = steps.step("venv", "a Python environment for the interop tests", || interop.ready())?;
    let reference = Venv::model_signing();
    let reference =
        steps.step("reference", "another one, with the reference implementation of OMS", || {
            reference.ready()
        })?;
    steps.command("interop", interop_tests(&python, &reference))?;

    let wheel =
        steps.step("wheel", "the Python package, as `pip install .` builds it", python::build_wheel)?;
    steps.step("smoke", "the wheel in empty environments", || python::smoke(&wheel))?;
    let package = steps
        .step("install", "the wheel for the tests without frameworks", || python::with_package(&wheel))?;
    steps.step("core", "the Python package without frameworks", || python::core_tests(&package))?;
    steps
        .step("frameworks", "the Python package with torch and others", || python::framework_tests(&wheel))?;
    steps.step("scoreboard", "attacks, faults and floods, in their short form", || {
        scoreboard::short(&python, &package)
    })
}

/// The tests against other implementations; what is not there to be tested against is skipped, and said at the end.
fn interop_tests(python: &Path, reference: &Path) -> Command {
    let mut pytest = Command::new(python);
    // The vectors are a row of the scoreboard.
    let without_vectors = format!("--ignore={INTEROP}/test_vectors.py");
    pytest.args(["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", &without_vectors, INTEROP]);
    pytest.current_dir(root());
    pytest.env("WEIGHTSEAL_BIN", weightseal()).env("WEIGHTSEAL_MODEL_SIGNING", reference);
    with_signatures_of_others(&mut pytest);
    pytest
}

fn rust_tests() -> Command {
    let mut tests = cargo(&["test", "--workspace"]);
    with_signatures_of_others(&mut tests);
    tests
}

/// Tells tests where signatures of other implementations are.
pub(crate) fn with_signatures_of_others(tests: &mut Command) {
    match signatures_of_others() {
        Some(folder) => {
            tests.env(VECTORS, folder);
        }
        None => println!(
            "\n==> NOT TESTED: signatures of other implementations, the schemas of the specification and x509-limbo: \
             {VECTORS} is not set, and beside `{}` there is no folder that has `vectors/oms`",
            root().display()
        ),
    }
}

/// Where the signatures lie that other implementations made; they are not part of the repository.
const VECTORS: &str = "WEIGHTSEAL_VECTORS";

/// The folder in the variable, else the folder `vectors` of some folder beside the checkout.
fn signatures_of_others() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(VECTORS).filter(|folder| !folder.is_empty()) {
        return Some(std::env::current_dir().unwrap_or_default().join(folder));
    }
    let beside = fs::read_dir(root().parent()?).ok()?.flatten().map(|entry| entry.path().join("vectors"));
    let mut found: Vec<PathBuf> = beside.filter(|folder| folder.join("oms").is_dir()).collect();
    found.sort();
    found.into_iter().next()
}

/// Measures verification of OMS signatures beside the reference implementation.
pub(crate) fn oms_figures() -> Result<(), Failure> {
    succeed(&mut release_build())?;
    let reference = Venv::model_signing().ready()?;
    let mut figures = Command::new(&reference);
    figures.arg(root().join("testkit/oms_figures.py")).arg(weightseal());
    figures.arg(reference.with_file_name("model_signing"));
    succeed(&mut figures)
}

/// Optimised, as it is shipped.
pub(crate) fn release_build() -> Command {
    crate::release::settings::build_command(&crate::release::settings::Place::here())
}

fn clippy() -> Command {
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

fn documents() -> Command {
    let mut command = cargo(&["doc", "--workspace", "--no-deps"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

fn openssl() -> Command {
    let mut command = Command::new("openssl");
    command.arg("version");
    command
}

/// The steps so far, with the time that each took.
#[derive(Default)]
struct Steps {
    done: Vec<(&'static str, Duration)>,
}

impl Steps {
    fn command(&mut self, name: &'static str, mut command: Command) -> Result<(), Failure> {
        self.step(name, &shown(&command), || succeed(&mut command))
    }

    fn step<T>(
        &mut self,
        name: &'static str,
        what: &str,
        work: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        println!("\n==> {name}: {what}");
        let start = Instant::now();
        let outcome = work();
        self.done.push((name, start.elapsed()));
        outcome.map_err(|mut failure| {
            failure.what = format!("step `{name}` failed: {}", failure.what);
            failure
        })
    }

    fn print_table(&self) {
        println!("\n{:<10}{:>8}", "step", "seconds");
        for (name, took) in &self.done {
            println!("{name:<10}{:>8.1}", took.as_secs_f64());
        }
        println!();
    }
}
