//! What stops a command: message, code, advice and exit status, from every error of the library.

use std::error::Error;
use std::path::{Path, PathBuf};

use weightseal::diff::DiffError;
use weightseal::file::FileError;
use weightseal::hash::HashError;
use weightseal::inspect::InspectError;
use weightseal::key::{KeyError, KeyFileError};
use weightseal::listing::UnsafeName;
use weightseal::sign::SignError;
use weightseal::text::EscapedPath;
use weightseal::verify::Inconclusive;

use crate::Status;
use crate::result::with_causes;

/// Why a command was not carried out, or what it rejected.
#[derive(Debug)]
pub struct Problem {
    /// How the command ends.
    pub status: Status,
    /// The stable code (docs/spec/result.md).
    pub code: &'static str,
    /// What is wrong, on one line.
    pub message: String,
    /// One line of advice.
    pub hint: Option<String>,
    /// The file that it is about, where it is about one.
    pub path: Option<PathBuf>,
    /// Set when everything has been printed already.
    pub(crate) reported: bool,
}

impl Problem {
    /// A call that makes no sense.
    pub(crate) fn usage(message: impl Into<String>, hint: Option<&str>) -> Self {
        Self {
            status: Status::NotCarriedOut,
            code: "usage",
            message: message.into(),
            hint: hint.map(str::to_owned),
            path: None,
            reported: false,
        }
    }

    /// Ctrl-C.
    pub(crate) fn interrupted() -> Self {
        Self {
            status: Status::Interrupted,
            code: "interrupted",
            message: "interrupted; nothing was written".to_owned(),
            hint: None,
            path: None,
            reported: false,
        }
    }

    /// Two things were compared, and are not equal.
    pub(crate) fn different() -> Self {
        Self::reported(Status::Different, "different")
    }

    /// Everything has been said; only the exit status is left.
    pub(crate) fn reported(status: Status, code: &'static str) -> Self {
        Self { status, code, message: String::new(), hint: None, path: None, reported: true }
    }

    /// A file that was given for some purpose and cannot serve it.
    pub(crate) fn of_file(path: &Path, error: &dyn Error, code: &'static str, hint: Option<String>) -> Self {
        let problem = Self::new(error, code, hint);
        let message = format!("`{}`: {}", EscapedPath(path), problem.message);
        Self { message, path: Some(path.to_owned()), ..problem }
    }

    fn new(error: &dyn Error, code: &'static str, hint: Option<String>) -> Self {
        if code == "interrupted" {
            return Self::interrupted();
        }
        Self {
            status: Status::NotCarriedOut,
            code,
            message: with_causes(error),
            hint,
            path: None,
            reported: false,
        }
    }
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        Self { path: Some(error.path().to_owned()), ..Self::new(&error, error.code(), error.hint()) }
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        Self::new(&error, error.code(), error.hint())
    }
}

impl From<KeyFileError> for Problem {
    fn from(error: KeyFileError) -> Self {
        Self::new(&error, error.code(), error.hint())
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        Self::new(&error, error.code(), error.hint("KEY".as_ref()))
    }
}

impl From<UnsafeName> for Problem {
    fn from(error: UnsafeName) -> Self {
        let code = "unsafe-name";
        let hint = Some("name an exact path, relative to the folder, with `/`".to_owned());
        Self { message: format!("the path {error}"), ..Self::new(&error, code, hint) }
    }
}

impl From<SignError> for Problem {
    fn from(error: SignError) -> Self {
        Self::new(&error, error.code(), error.hint())
    }
}

impl From<DiffError> for Problem {
    fn from(error: DiffError) -> Self {
        Self::new(&error, error.code(), error.hint())
    }
}

impl From<&Inconclusive> for Problem {
    fn from(error: &Inconclusive) -> Self {
        Self::new(&error.trouble, error.trouble.code(), error.trouble.hint())
    }
}

impl From<InspectError> for Problem {
    fn from(error: InspectError) -> Self {
        let mut problem = Self::new(&error, error.code(), error.hint());
        // A file that is no signature is the file's fault, as for `verify`.
        if matches!(error, InspectError::Signature(_)) {
            problem.status = Status::Rejected;
        }
        problem
    }
}
