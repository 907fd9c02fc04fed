//! `cargo xtask supply`: what weightseal is made of, and whether others can make the same: docs/release.md.

mod deny;
mod dependencies;
mod reproducible;
mod row;
mod unsafe_code;

use crate::Failure;
use crate::release;

/// Runs all checks, or those that are asked for.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    let short = match options {
        [] => false,
        ["--short"] => true,
        ["--reproducible"] => return reproducible::run(),
        _ => return Err(Failure::new("supply", format!("there is no option `{}`", options.join(" ")))),
    };
    deny::run(!short)?;
    dependencies::run()?;
    unsafe_code::run()?;
    release_files()?;
    if !short {
        reproducible::run()?;
    }
    Ok(())
}

/// The release files are built, signed and tried. If they cannot be built, nothing is known about them.
fn release_files() -> Result<(), Failure> {
    let (_, proof) = release::dry_run()?;
    let what = "release files: signed, verified, refused after a change or a loss";
    row::print(
        "supply/release",
        what,
        &proof.to_string(),
        "all verified, all changes refused",
        proof.holds(),
    );
    Ok(())
}
