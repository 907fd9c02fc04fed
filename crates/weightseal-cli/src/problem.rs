//! What stops a command: message, code, advice and exit status, from every error of the library.

use std::error::Error;

use weightseal::file::FileError;
use weightseal::hash::HashError;
use weightseal::inspect::InspectError;
use weightseal::key::{KeyError, KeyFileError};
use weightseal::sign::SignError;
use weightseal::verify::Inconclusive;

use crate::Status;
use crate::result::with_causes;

/// Why a command was not carried out, or what it rejected.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: Status,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
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
            reported: false,
        }
    }

    /// Everything has been said; only the exit status is left.
    pub(crate) fn reported(status: Status, code: &'static str) -> Self {
        Self { status, code, message: String::new(), hint: None, reported: true }
    }

    fn new(error: &dyn Error, code: &'static str, hint: Option<String>) -> Self {
        if code == "interrupted" {
            return Self::interrupted();
        }
        Self { status: Status::NotCarriedOut, code, message: with_causes(error), hint, reported: false }
    }
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        Self::new(&error, error.code(), error.hint())
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

impl From<SignError> for Problem {
    fn from(error: SignError) -> Self {
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
