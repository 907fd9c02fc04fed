//! From every error of the library to an exception. The classes are defined in Python (`weightseal/errors.py`),
//! which also decides which of them a code gets.

use std::path::PathBuf;

use pyo3::prelude::*;
use serde_json::{Value, json};
use weightseal::file::FileError;
use weightseal::hash::HashError;
use weightseal::inspect::InspectError;
use weightseal::key::{KeyError, KeyFileError};
use weightseal::sign::SignError;
use weightseal::verify::{Failure, Trouble};
use weightseal_cli::result::{reason_json, to_json, with_causes};
use weightseal_cli::{Problem, Status};

/// What an exception is made of.
#[derive(Debug)]
pub(crate) struct Error {
    /// Whether the model or its signature is at fault, rather than the call.
    rejected: bool,
    code: &'static str,
    message: String,
    hint: Option<String>,
    path: Option<PathBuf>,
    /// Whether `path` is that of a signature file, rather than of a model or a key.
    of_signature_file: bool,
    /// The result of verification, with all reasons.
    result: Option<Box<Value>>,
}

impl Error {
    /// A call that makes no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            rejected: false,
            code: "usage",
            message,
            hint: None,
            path: None,
            of_signature_file: false,
            result: None,
        }
    }

    fn new(error: &dyn std::error::Error, code: &'static str, hint: Option<String>) -> Self {
        Self { code, hint, ..Self::usage(with_causes(error)) }
    }

    fn at(self, path: Option<PathBuf>) -> Self {
        Self { path, ..self }
    }

    /// The exception.
    pub(crate) fn raise(self, py: Python<'_>) -> PyErr {
        self.build(py).unwrap_or_else(|error| error)
    }

    fn build(self, py: Python<'_>) -> PyResult<PyErr> {
        let result = self.result.map(|value| crate::json::to_python(py, &value)).transpose()?;
        let path = self.path.map(|path| path.into_os_string());
        let make = py.import("weightseal.errors")?.getattr("_make")?;
        let arguments =
            (self.rejected, self.code, self.message, self.hint, path, result, self.of_signature_file);
        Ok(PyErr::from_value(make.call1(arguments)?))
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::new(&error, error.code(), error.hint()).at(Some(error.path().to_owned()))
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        let Problem { status, code, message, hint, path, .. } = problem;
        Self { rejected: status == Status::Rejected, code, hint, path, ..Self::usage(message) }
    }
}

impl From<HashError> for Error {
    fn from(error: HashError) -> Self {
        Self::new(&error, error.code(), error.hint()).at(path_of_hash(&error))
    }
}

impl From<KeyFileError> for Error {
    fn from(error: KeyFileError) -> Self {
        let path = match &error {
            KeyFileError::File(error) => Some(error.path().to_owned()),
            KeyFileError::Key { path, .. } | KeyFileError::OpenToEverybody { path, .. } => Some(path.clone()),
        };
        Self::new(&error, error.code(), error.hint()).at(path)
    }
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        Self::new(&error, error.code(), error.hint("KEY".as_ref()))
    }
}

impl From<SignError> for Error {
    fn from(error: SignError) -> Self {
        let path = match &error {
            SignError::File(error) => Some(error.path().to_owned()),
            SignError::Hash(error) => path_of_hash(error),
            SignError::AnotherModels { path, .. }
            | SignError::SecondManifest { path, .. }
            | SignError::NotReplaceable { path }
            | SignError::OutsideBase { path, .. }
            | SignError::SignsItself { path } => Some(path.clone()),
            SignError::Empty { model } => Some(model.clone()),
            _ => None,
        };
        let rejected = matches!(error, SignError::Malformed(_));
        Self { rejected, ..Self::new(&error, error.code(), error.hint()).at(path) }
    }
}

impl From<InspectError> for Error {
    fn from(error: InspectError) -> Self {
        let path = match &error {
            InspectError::File(error) => Some(error.path().to_owned()),
            InspectError::Signature(_) | InspectError::Key(_) => None,
        };
        let rejected = matches!(error, InspectError::Signature(_));
        Self { rejected, ..Self::new(&error, error.code(), error.hint()).at(path) }
    }
}

impl From<Failure> for Error {
    #[expect(clippy::indexing_slicing, reason = "fields of JSON objects that are made here")]
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rejected(rejected) => {
                let headline = rejected.headline();
                let mut result = to_json("rejected", headline.code(), rejected.facts());
                result["message"] = json!(headline.to_string());
                result["hint"] = json!(headline.hint());
                result["reasons"] = rejected.reasons().iter().map(reason_json).collect();
                Self {
                    rejected: true,
                    code: headline.code(),
                    message: headline.to_string(),
                    hint: headline.hint(),
                    path: Some(rejected.facts().target.clone()),
                    of_signature_file: false,
                    result: Some(Box::new(result)),
                }
            }
            Failure::Inconclusive(inconclusive) => {
                let trouble = &inconclusive.trouble;
                let path = match trouble {
                    Trouble::File(error) | Trouble::Signature(error) => Some(error.path().to_owned()),
                    Trouble::Hash(error) => path_of_hash(error),
                    Trouble::NoState { path } | Trouble::State { path, .. } => Some(path.clone()),
                    _ => None,
                };
                let result = to_json("inconclusive", trouble.code(), &inconclusive.facts);
                let error = Self::new(trouble, trouble.code(), trouble.hint()).at(path);
                let of_signature_file = matches!(trouble, Trouble::Signature(_));
                Self { result: Some(Box::new(result)), of_signature_file, ..error }
            }
        }
    }
}

fn path_of_hash(error: &HashError) -> Option<PathBuf> {
    match error {
        HashError::File(error) => Some(error.path().to_owned()),
        HashError::Read(_) | HashError::Cancelled => None,
    }
}
