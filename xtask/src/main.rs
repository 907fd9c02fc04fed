//! Chores of this repository, run as `cargo xtask CHORE`. They need nothing but the standard library.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these chores talk to the person who runs them"
)]

mod bench;
mod command;
mod demo;
mod python;
mod release;
mod sample;
mod scoreboard;
mod supply;
mod test;
mod venv;

use std::fmt;
use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask CHORE

  test           format, lints, documents, release build, all tests, interop with Python and openssl,
                 the Python package in empty environments and with the real frameworks
  test --quick   format, lints and the Rust tests only
  figures        measure loading and saving in Python, side by side with torch alone
  figures oms    measure the verification of OMS signatures, side by side with the reference implementation
  bench          measure whole commands beside openssl, b3sum and others; write docs/benchmarks.md and its chart
                 (--quick: an eighth of the bytes, printed only; --rounds N; --patience SECONDS; --to FOLDER)
  scoreboard     run every attack, for hours, and write docs/scoreboard.md (--short: within minutes, printed only;
                 --only AREA; --json FILE; --page: write the page anew, and run nothing)
  supply         licences, sources and number of the dependencies, `unsafe`, the release files; builds twice and compares
                 (--short: without the builds; --reproducible: the builds alone)
  release        build, sign and verify the release files (--key FILE; --dry-run: with a key of its own, from any tree)
  demo           sign a real model, verify it, change one bit of it, see it refused
";

fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        [] | ["help" | "-h" | "--help"] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        ["test"] => test::run(test::Scope::Full),
        ["test", "--quick"] => test::run(test::Scope::Quick),
        ["figures"] => python::build_wheel().and_then(|wheel| python::figures(&wheel)),
        ["figures", "oms"] => test::oms_figures(),
        ["bench", ref options @ ..] => bench::run(options),
        ["scoreboard", ref options @ ..] => scoreboard::run(options),
        ["supply", ref options @ ..] => supply::run(options),
        ["release", ref options @ ..] => release::run(options),
        ["demo"] => demo::run(),
        _ => {
            eprint!("xtask: there is no chore `{}`\n\n{HELP}", arguments.join(" "));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Why a chore stopped: what it was about, what went wrong, and what helps.
#[derive(Debug)]
struct Failure {
    what: String,
    cause: String,
    hint: Option<String>,
}

impl Failure {
    fn new(what: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self { what: what.into(), cause: cause.to_string(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.cause)?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}
