//! Where passphrases come from: a file, a descriptor, the environment, a person. Never an argument.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use weightseal::key::{Passphrase, PrivateKey, PrivateKeyFile, Protection};
use weightseal::text::EscapedPath;

use crate::args::PassphraseArguments;
use crate::interrupt;
use crate::output::Output;
use crate::problem::Problem;

/// The variable for the passphrase of a key that is there.
const VARIABLE: &str = "WEIGHTSEAL_PASSPHRASE";
/// The variable for the passphrase that a key shall get.
const NEW_VARIABLE: &str = "WEIGHTSEAL_NEW_PASSPHRASE";

/// Longest passphrase that is read: a file this large is a mistake.
const MAX_BYTES: u64 = 64 * 1024;

/// Unlocks the private key at `path`, asking for its passphrase where one is needed, and warns of weak protection.
pub(crate) fn unlock(
    path: &Path,
    given: &PassphraseArguments,
    output: &Output,
) -> Result<PrivateKey, Problem> {
    unlock_file(PrivateKeyFile::read(path)?, path, given, output)
}

/// Like [`unlock`], for a key file that has been read.
pub(crate) fn unlock_file(
    file: PrivateKeyFile,
    path: &Path,
    given: &PassphraseArguments,
    output: &Output,
) -> Result<PrivateKey, Problem> {
    let shown = EscapedPath(path);
    if let (true, Some(mode)) = (file.permissions().open_to_group(), file.permissions().mode()) {
        output.warning(&format!(
            "private key `{shown}` is open to its group (mode {mode:04o}); repair: chmod 600 {shown}"
        ));
    }
    if let Protection::Passphrase { kdf, weak: true, .. } = file.protection() {
        output.warning(&format!(
            "private key `{shown}` is weakly protected ({kdf}); upgrade: weightseal key change-passphrase {shown}"
        ));
    }
    if !file.is_encrypted() {
        return Ok(file.unlock(None)?);
    }
    let passphrase = existing(given, path)?;
    Ok(file.unlock(passphrase.as_ref())?)
}

/// The passphrase of a key that is there; `None` when there is no way to get one.
pub(crate) fn existing(given: &PassphraseArguments, path: &Path) -> Result<Option<Passphrase>, Problem> {
    match unasked(given)? {
        Some(passphrase) => Ok(Some(passphrase)),
        None if can_ask() => ask(&format!("Passphrase of {}: ", EscapedPath(path))).map(Some),
        None => Ok(None),
    }
}

/// A passphrase that is there without asking anybody.
pub(crate) fn unasked(given: &PassphraseArguments) -> Result<Option<Passphrase>, Problem> {
    if let Some(path) = &given.passphrase_file {
        return from_file(path).map(Some);
    }
    if let Some(descriptor) = given.passphrase_fd {
        return from_descriptor(descriptor).map(Some);
    }
    from_environment(VARIABLE)
}

/// The passphrase that a new key shall get.
pub(crate) fn for_new_key(given: &PassphraseArguments, path: &Path) -> Result<Passphrase, Problem> {
    match unasked(given)? {
        Some(passphrase) => Ok(passphrase),
        None => ask_twice(path),
    }
}

/// The passphrase that an existing key shall get instead of its present one.
pub(crate) fn for_changed_key(file: Option<&PathBuf>, path: &Path) -> Result<Passphrase, Problem> {
    if let Some(file) = file {
        return from_file(file);
    }
    match from_environment(NEW_VARIABLE)? {
        Some(passphrase) => Ok(passphrase),
        None if can_ask() => ask_twice(path),
        None => Err(Problem {
            code: "passphrase-needed",
            ..Problem::usage(
                "no new passphrase was given",
                Some(
                    "give it with --new-passphrase-file FILE or the environment variable WEIGHTSEAL_NEW_PASSPHRASE",
                ),
            )
        }),
    }
}

fn ask_twice(path: &Path) -> Result<Passphrase, Problem> {
    if !can_ask() {
        let error = weightseal::key::KeyError::PassphraseNeeded;
        let hint = error.hint(path).map(|hint| format!("{hint}; --no-passphrase writes an unencrypted key"));
        return Err(Problem {
            code: error.code(),
            hint,
            ..Problem::usage("a passphrase for the new key is needed", None)
        });
    }
    let first = ask(&format!("New passphrase for {}: ", EscapedPath(path)))?;
    let second = ask("The same once more: ")?;
    if first == second {
        Ok(first)
    } else {
        Err(Problem {
            code: "passphrase-mismatch",
            ..Problem::usage("the two passphrases differ", Some("try again"))
        })
    }
}

/// A person can be asked only where the question can be seen.
fn can_ask() -> bool {
    io::stderr().is_terminal()
}

fn ask(question: &str) -> Result<Passphrase, Problem> {
    let answer = interrupt::prompting(|| rpassword::prompt_password(question));
    interrupt::check()?;
    match answer {
        Ok(text) => Ok(Passphrase::new(text.into_bytes())?),
        Err(error) => Err(Problem {
            code: "passphrase-needed",
            ..Problem::usage(format!("cannot ask for the passphrase: {error}"), None)
        }),
    }
}

fn from_environment(variable: &str) -> Result<Option<Passphrase>, Problem> {
    // An empty variable is how scripts unset one.
    match std::env::var_os(variable) {
        Some(text) if !text.is_empty() => Ok(Some(Passphrase::new(text.into_encoded_bytes())?)),
        _ => Ok(None),
    }
}

fn from_file(path: &Path) -> Result<Passphrase, Problem> {
    // Opened as it is, a pipe included: `--passphrase-file <(pass show signing)` is the caller's own.
    let read = std::fs::File::open(path).and_then(read_to_end);
    let unreadable = |error: io::Error| Problem {
        code: "passphrase-unreadable",
        ..Problem::usage(format!("cannot read the passphrase from `{}`: {error}", EscapedPath(path)), None)
    };
    Passphrase::from_file_contents(read.map_err(unreadable)?).map_err(|error| Problem {
        code: error.code(),
        ..Problem::usage(format!("the passphrase in `{}` is empty", EscapedPath(path)), None)
    })
}

fn from_descriptor(descriptor: u32) -> Result<Passphrase, Problem> {
    if descriptor == 0 {
        let unreadable = |error: io::Error| Problem {
            code: "passphrase-unreadable",
            ..Problem::usage(format!("cannot read the passphrase from standard input: {error}"), None)
        };
        return Ok(Passphrase::from_file_contents(read_to_end(io::stdin()).map_err(unreadable)?)?);
    }
    from_file(Path::new(&format!("/dev/fd/{descriptor}")))
}

fn read_to_end(reader: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1024);
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "more than 64 KiB"));
    }
    Ok(bytes)
}

/// The words for a key file's protection.
pub(crate) fn describe(protection: &Protection) -> String {
    match protection {
        Protection::None => "not encrypted".to_owned(),
        Protection::Passphrase { weak: true, .. } => format!("{protection} (weak)"),
        Protection::Passphrase { .. } => protection.to_string(),
    }
}
