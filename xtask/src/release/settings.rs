//! How a release is built, so that anybody who builds the same source gets the same bytes: docs/release.md.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::command::{cargo, root, target};

/// Where one build takes place. None of these folders may be seen in what is built.
pub(crate) struct Place {
    /// The source tree.
    pub(crate) source: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// Where cargo keeps the source of other crates.
    pub(crate) cargo_home: PathBuf,
}

impl Place {
    /// This checkout.
    pub(crate) fn here() -> Self {
        Self { source: root().to_owned(), target: target(), cargo_home: cargo_home() }
    }
}

/// The command, optimised, as it is shipped.
pub(crate) fn build_command(place: &Place) -> Command {
    let mut build = cargo(&["build", "--release", "--locked", "-p", "weightseal-cli"]);
    apply(&mut build, place);
    build
}

/// Sets what every release build has in common, be it of the command or of the wheel. Flags of the caller's are
/// replaced: they would be in the result.
pub(crate) fn apply(command: &mut Command, place: &Place) {
    // Panic messages name source files. A later mapping wins over an earlier one.
    let mut mappings = vec![
        (place.source.clone(), "/weightseal".to_owned()),
        (place.target.clone(), "/weightseal/target".to_owned()),
        (place.cargo_home.clone(), "/cargo".to_owned()),
    ];
    mappings.extend(standard_library());
    let flags: Vec<OsString> = mappings
        .into_iter()
        .map(|(from, to)| {
            let mut flag = OsString::from("--remap-path-prefix=");
            flag.push(from);
            flag.push(format!("={to}"));
            flag
        })
        .collect();
    // This form of the variable may hold spaces.
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join(std::ffi::OsStr::new("\u{1f}")));
    command.env_remove("RUSTFLAGS");
}

/// The platform that is built for, as Rust calls it.
pub(crate) fn platform() -> Result<String, Failure> {
    let version = compiler(&["-vV"]).unwrap_or_default();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::new("rustc -vV", "it does not say `host`"))
}

/// The standard library's own source, where it is installed: then the compiler names it by its place on this machine.
fn standard_library() -> Option<(PathBuf, String)> {
    let source = Path::new(compiler(&["--print", "sysroot"])?.trim()).join("lib/rustlib/src/rust");
    let version = compiler(&["-vV"])?;
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: "))?;
    source.is_dir().then(|| (source, format!("/rustc/{commit}")))
}

/// What the compiler says of itself.
fn compiler(arguments: &[&str]) -> Option<String> {
    let output = Command::new("rustc").args(arguments).current_dir(root()).output().ok()?;
    String::from_utf8(output.stdout).ok().filter(|_| output.status.success())
}

/// Where cargo keeps what it downloads.
pub(crate) fn cargo_home() -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("CARGO_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".cargo")))
        .unwrap_or_else(|| target().join("cargo-home"))
}
