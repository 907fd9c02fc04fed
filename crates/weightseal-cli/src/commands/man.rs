//! `weightseal man`: the manual page, or all of them.

use std::io;
use std::path::Path;

use clap::CommandFactory as _;
use weightseal::file::{Replace, Staged};
use weightseal::text::EscapedPath;

use crate::args::{Arguments, ManArguments};
use crate::output::Output;
use crate::problem::Problem;

pub(crate) fn run(arguments: &ManArguments, output: &mut Output) -> Result<(), Problem> {
    let mut command = Arguments::command();
    command.build();
    match &arguments.output {
        None => output.data(&page(command).map_err(failed)?),
        Some(folder) => {
            write_all(&command, "weightseal", folder)?;
            output.text(&format!("manual pages written to {}\n", EscapedPath(folder)));
        }
    }
    Ok(())
}

fn write_all(command: &clap::Command, name: &str, folder: &Path) -> Result<(), Problem> {
    let page = page(command.clone().name(name.to_owned())).map_err(failed)?;
    let mut staged = Staged::create(&folder.join(format!("{name}.1")), 0o644)?;
    staged.write(&page)?;
    staged.put_in_place(Replace::Existing)?;
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        write_all(subcommand, &format!("{name}-{}", subcommand.get_name()), folder)?;
    }
    Ok(())
}

fn page(command: clap::Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(page)
}

fn failed(error: io::Error) -> Problem {
    Problem::usage(format!("cannot make the manual page: {error}"), None)
}
