//! docs/cli.md is what the argument definitions say, so that it cannot drift.
//! To write it anew: `CLI_MD=write cargo test --test cli_md`.

use std::fmt::Write as _;

use clap::CommandFactory as _;
use weightseal_cli::args::Arguments;

#[test]
fn the_reference_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
    let mut page = String::from(
        "# The command\n\nGenerated from the argument definitions in `crates/weightseal-cli/src/args.rs`; \
         do not edit.\nExit statuses and codes: [spec/result.md](spec/result.md).\n",
    );
    let mut command = Arguments::command().term_width(100);
    command.build();
    describe(&mut command, "weightseal", &mut page);
    if std::env::var_os("CLI_MD").is_some_and(|value| value == "write") {
        std::fs::write(path, &page).expect("docs/cli.md is writable");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == page, "docs/cli.md is out of date: CLI_MD=write cargo test --test cli_md");
}

fn describe(command: &mut clap::Command, name: &str, page: &mut String) {
    let help = command.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    write!(page, "\n## {name}\n\n```text\n{}\n```\n", help.join("\n").trim_end()).expect("text grows");
    let names: Vec<String> =
        command.get_subcommands().map(|subcommand| subcommand.get_name().to_owned()).collect();
    for subcommand in names.iter().filter(|subcommand| *subcommand != "help") {
        let command = command.find_subcommand_mut(subcommand).expect("a subcommand of this command");
        describe(command, &format!("{name} {subcommand}"), page);
    }
}
