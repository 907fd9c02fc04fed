//! The binary `weightseal`: everything is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    weightseal_cli::run(std::env::args_os()).into()
}
