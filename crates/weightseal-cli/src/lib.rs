//! The command `weightseal` as a library: arguments in, exit status out.
//!
//! Data goes to standard output, everything else to standard error. Exit status: 0 verified or done, 1 rejected
//! (the model or its signature is at fault) or different (what `diff` compared), 2 not carried out (the call is at
//! fault), 130 interrupted. The library underneath knows no terminal, no environment and no clock; all of that is here.

#![forbid(unsafe_code)]
// As in the library: what others wrote must not be able to end the command by a panic.
#![cfg_attr(
    not(test),
    warn(
        clippy::expect_used,
        clippy::get_unwrap,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable
    )
)]

pub mod args;
pub mod args_oms;
pub mod args_renew;
pub mod args_trust;
mod commands;
pub mod explain;
mod interrupt;
mod output;
mod passphrase;
mod problem;
mod progress;
pub mod result;
mod secrets;
mod store;
pub mod trust;

use std::ffi::OsString;

use clap::Parser as _;

use crate::args::{Arguments, Command, KeyCommand};
use crate::output::Output;

pub use crate::commands::sign::serialization;
pub use crate::problem::Problem;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Verified, or done: 0.
    Done,
    /// The model or its signature is at fault: 1.
    Rejected,
    /// What was compared is not equal: 1, as of diff(1).
    Different,
    /// The call is at fault: 2.
    NotCarriedOut,
    /// Ctrl-C: 130.
    Interrupted,
}

impl Status {
    /// The exit status as a number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Rejected | Self::Different => 1,
            Self::NotCarriedOut => 2,
            Self::Interrupted => 130,
        }
    }
}

impl From<Status> for std::process::ExitCode {
    fn from(status: Status) -> Self {
        status.code().into()
    }
}

/// Whether what is printed can arrive anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdout {
    /// As far as is known.
    Open,
    /// The caller closed it.
    Closed,
}

/// Runs the command with the given arguments, the first being the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, stdout: Stdout) -> Status {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error, stdout),
    };
    interrupt::install();
    secrets::protect(&arguments.command);
    let mut output = Output::new(arguments.json, arguments.quiet, stdout);
    let result = dispatch(arguments.command, &mut output);
    output.finish(result)
}

fn dispatch(command: Command, output: &mut Output) -> Result<(), Problem> {
    match command {
        Command::Keygen(arguments) => commands::keygen::run(&arguments, output),
        Command::Key(KeyCommand::Show(arguments)) => commands::key::show(&arguments, output),
        Command::Key(KeyCommand::ChangePassphrase(arguments)) => {
            commands::key::change_passphrase(&arguments, output)
        }
        Command::Key(KeyCommand::Rotate(arguments)) => commands::rotate::run(&arguments, output),
        Command::Trust(command) => commands::trust::run(&command, output),
        Command::Sign(arguments) => commands::sign::run(&arguments, output),
        Command::Verify(arguments) => commands::verify::run(&arguments, output),
        Command::Renew(arguments) => commands::renew::run(&arguments, output),
        Command::Countersign(arguments) => commands::countersign::run(&arguments, output),
        Command::Inspect(arguments) => commands::inspect::run(&arguments, output),
        Command::Diff(arguments) => commands::diff::run(&arguments, output),
        Command::Digest(arguments) => commands::digest::run(&arguments, output),
        Command::Oms(arguments) => commands::oms::run(&arguments, output),
        Command::Completions(arguments) => commands::completions::run(&arguments, output),
        Command::Man(arguments) => commands::man::run(&arguments, output),
    }
}

/// Help and version are data; everything else clap has to say is a usage error, exit status 2.
fn usage(error: &clap::Error, stdout: Stdout) -> Status {
    if error.use_stderr() {
        // What was typed stands in it, and may come from a file name that somebody else chose.
        let text = error.render().to_string();
        let shown: Vec<String> =
            text.lines().map(|line| weightseal::text::Escaped(line).to_string()).collect();
        output::stderr(&format!("{}\n", shown.join("\n").replace("\\u{60}", "`")));
        return Status::NotCarriedOut;
    }
    let written = error.print().and_then(|()| std::io::Write::flush(&mut std::io::stdout()));
    if written.is_err() || stdout == Stdout::Closed { Status::NotCarriedOut } else { Status::Done }
}
