//! `cargo xtask scoreboard`: everything that attacks weightseal, as one table.

use std::path::Path;
use std::process::Command;

use crate::Failure;
use crate::command::{cargo, root, succeed, target, weightseal};
use crate::python;
use crate::test::{release_build, with_signatures_of_others};
use crate::venv::Venv;

/// Prepares what the programs need, and runs those that the options name. The options are those of `testkit/scoreboard`.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    let interop = Venv::interop().ready()?;
    if options.contains(&"--page") || options.contains(&"--help") {
        return succeed(board(&interop).args(options));
    }
    succeed(&mut release_build())?;
    let wheel = python::build_wheel()?;
    let package = python::with_package(&wheel)?;
    attack(&interop, &package, options)
}

/// The short form with what the tests have built already.
pub(crate) fn short(interop: &Path, package: &Path) -> Result<(), Failure> {
    attack(interop, package, &["--short"])
}

fn attack(interop: &Path, package: &Path, options: &[&str]) -> Result<(), Failure> {
    // Built first, so that no row's seconds are those of the compiler.
    succeed(&mut cargo(&["test", "--workspace", "--no-run", "--quiet"]))?;
    let mut board = board(interop);
    board.env("WEIGHTSEAL_BIN", weightseal()).env("WEIGHTSEAL_PYTHON", package);
    board.env("CARGO_TARGET_DIR", target());
    with_signatures_of_others(&mut board);
    succeed(board.args(options))
}

fn board(python: &Path) -> Command {
    let mut board = Command::new(python);
    board.arg("-B").arg(root().join("testkit/scoreboard")).current_dir(root());
    board
}
