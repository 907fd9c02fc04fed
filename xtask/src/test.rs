//! `cargo xtask test`: everything that has to hold before a change lands.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::command::{cargo, root, shown, succeed, weightseal};
use crate::python;
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
    steps.command("test", cargo(&["test", "--workspace"]))
}

fn full(steps: &mut Steps) -> Result<(), Failure> {
    steps.command("openssl", openssl()).map_err(|failure| {
        failure.hint("the interop tests need the command `openssl`: on Debian, `apt-get install openssl`")
    })?;
    steps.command("fmt", cargo(&["fmt", "--all", "--check"]))?;
    steps.command("clippy", clippy())?;
    steps.command("doc", documents())?;
    steps.command("build", release_build())?;
    steps.command("test", cargo(&["test", "--workspace"]))?;
    if !root().join(INTEROP).is_dir() {
        println!("\n==> SKIPPED: interop: the folder {INTEROP} does not exist yet");
        return Ok(());
    }
    let interop = Venv::interop();
    let python = steps.step("venv", "a Python environment for the interop tests", || interop.ready())?;
    let mut pytest = Command::new(python);
    pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", INTEROP]);
    pytest.env("WEIGHTSEAL_BIN", weightseal()).current_dir(root());
    steps.command("interop", pytest)?;

    let wheel =
        steps.step("wheel", "the Python package, as `pip install .` builds it", python::build_wheel)?;
    steps.step("smoke", "the wheel in empty environments", || python::smoke(&wheel))?;
    steps.step("core", "the Python package without frameworks", || python::core_tests(&wheel))?;
    steps.step("frameworks", "the Python package with torch and others", || python::framework_tests(&wheel))
}

/// Optimised, as it is shipped.
pub(crate) fn release_build() -> Command {
    cargo(&["build", "--release", "-p", "weightseal-cli"])
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
