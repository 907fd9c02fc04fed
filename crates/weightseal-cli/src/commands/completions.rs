//! `weightseal completions`: a completion script for a shell.

use clap::CommandFactory as _;

use crate::args::{Arguments, CompletionsArguments};
use crate::output::Output;
use crate::problem::Problem;

pub(crate) fn run(arguments: &CompletionsArguments, output: &mut Output) -> Result<(), Problem> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "weightseal", &mut script);
    output.data(&script);
    Ok(())
}
