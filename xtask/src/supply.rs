//! `cargo xtask supply`: what weightseal is made of, and whether it can be made again.

mod reproducible;
mod row;

use crate::Failure;

/// Runs all checks, or those that are asked for.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    match options {
        ["--reproducible"] => reproducible::run(),
        _ => Err(Failure::new("supply", format!("unknown options `{}`", options.join(" ")))),
    }
}
