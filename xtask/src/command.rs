//! Running other programs: where they run, how a command line is shown, and how a failure is told.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::Failure;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// Where cargo builds, as an absolute path.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => std::env::current_dir().unwrap_or_default().join(folder),
        None => root().join("target"),
    }
}

/// The release build of the command.
pub(crate) fn weightseal() -> PathBuf {
    target().join("release").join(format!("weightseal{}", std::env::consts::EXE_SUFFIX))
}

/// Cargo in the root. What the outer cargo says about this package is taken out of its surroundings, because
/// some build scripts would take it as a reason to build again.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    if std::env::var_os("CARGO_TARGET_DIR").is_some() {
        command.env("CARGO_TARGET_DIR", target());
    }
    command
}

/// A command as one would type it in the root.
pub(crate) fn shown(command: &Command) -> String {
    let mut words = Vec::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value
            && !["CARGO_TARGET_DIR", "CARGO_ENCODED_RUSTFLAGS"].iter().any(|known| name == *known)
        {
            words.push(format!("{}={}", name.to_string_lossy(), quoted(&from_root(value))));
        }
    }
    let cargo = std::env::var_os("CARGO").is_some_and(|cargo| cargo == command.get_program());
    words.push(if cargo { "cargo".to_owned() } else { quoted(&from_root(command.get_program())) });
    words.extend(command.get_args().map(|argument| quoted(&from_root(argument))));
    words.join(" ")
}

/// A word for the shell: in single quotes where it needs some.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Runs a command that shares our terminal, and waits for it.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus, Failure> {
    command.status().map_err(|error| Failure::new(shown(command), error))
}

/// Runs a command that has to succeed.
pub(crate) fn succeed(command: &mut Command) -> Result<(), Failure> {
    let status = status(command)?;
    if status.success() { Ok(()) } else { Err(Failure::new(shown(command), status)) }
}

/// Whether a command can be run and succeeds; what it says is not shown.
pub(crate) fn works(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// A word with the root of the repository taken off its front.
fn from_root(word: &OsStr) -> String {
    let path = Path::new(word);
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned()
}
