//! Verifying.

use std::path::PathBuf;

use pyo3::prelude::*;
use serde_json::Value;
use weightseal::format::SignatureFile;
use weightseal::text::Escaped;
use weightseal::time::{Age, Instant};
use weightseal::trust::{Requirements, Unauthenticated};
use weightseal::verify::{Outcome, Policy, Target};
use weightseal_cli::result::accepted;

use crate::error::Error;
use crate::keys::{self, KeyArgument};
use crate::{json, watch};

/// What to verify, with which keys, and what is asked: a dictionary made by `weightseal/_options.py`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Question {
    path: PathBuf,
    public_keys: Vec<KeyArgument>,
    signature: Option<PathBuf>,
    base: Option<PathBuf>,
    signer: Option<String>,
    model_version_at_least: Option<u64>,
    max_age: Option<String>,
    allow_unauthenticated: bool,
}

impl Question {
    /// Target and policy, judged at the present time.
    pub(crate) fn prepare(self) -> Result<(Target, Policy), Error> {
        let max_age = |text: String| {
            let message = || format!("max_age `{}` is no positive span of time", Escaped(&text));
            text.parse::<Age>().map_err(|_| Error::usage(message()))
        };
        let policy = Policy {
            keys: keys::ring(&self.public_keys)?,
            requirements: Requirements {
                signer: self.signer,
                least_model_version: self.model_version_at_least,
                max_age: self.max_age.map(max_age).transpose()?,
                unauthenticated: match self.allow_unauthenticated {
                    true => Unauthenticated::Accept,
                    false => Unauthenticated::Refuse,
                },
            },
            now: Instant::now(),
        };
        let target = Target { path: self.path, signature: self.signature, base: self.base, copy_to: None };
        Ok((target, policy))
    }
}

/// What a successful verification has shown. Only a verification makes one.
#[pyclass(frozen, module = "weightseal")]
#[derive(Debug)]
pub(crate) struct Verified(Value);

impl Verified {
    pub(crate) fn of(outcome: &Outcome) -> Self {
        Self(accepted(outcome))
    }

    fn get(&self, py: Python<'_>, name: &str) -> PyResult<Py<PyAny>> {
        json::to_python(py, &self.0[name])
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or("-")
    }
}

#[pymethods]
impl Verified {
    /// `verified`: every file of the model. `partial`: the files that were asked for.
    #[getter]
    fn verdict(&self) -> &str {
        self.text("verdict")
    }

    /// Whether name, signer, time and versions are signed.
    #[getter]
    fn authenticated(&self) -> bool {
        self.0["authenticated"] == true
    }

    /// The signed name of the model or the set; `None` if not authenticated.
    #[getter]
    fn name(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get(py, "name")
    }

    /// Who signs, by the key holder's word; `None` if not authenticated.
    #[getter]
    fn signer(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get(py, "signer")
    }

    /// When, as RFC 3339 text; `None` if not authenticated.
    #[getter]
    fn signed_at(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get(py, "signed_at")
    }

    /// From when on the signature is not accepted, as RFC 3339 text.
    #[getter]
    fn expires_at(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get(py, "expires_at")
    }

    /// Which version of the model.
    #[getter]
    fn model_version(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get(py, "model_version")
    }

    /// Which of the signer's keys; `None` if not authenticated.
    #[getter]
    fn key_version(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        json::to_python(py, &self.0["key"]["version"])
    }

    /// The verifying key's fingerprint: SHA-256 of its SPKI DER, in hex.
    #[getter]
    fn key_id(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        json::to_python(py, &self.0["key"]["id"])
    }

    /// What else the signer wrote down, signed.
    #[getter]
    fn annotations(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get(py, "annotations")
    }

    /// SHA-256 of the signed statement, in hex; `None` if not authenticated.
    #[getter]
    fn statement_sha256(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get(py, "statement_sha256")
    }

    /// The signature file's path.
    #[getter]
    fn signature_file(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get(py, "signature_file")
    }

    /// The verified files: name and SHA-256 digest in hex.
    #[getter]
    fn files<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyDict>> {
        let files = pyo3::types::PyDict::new(py);
        for file in self.0["files"].as_array().into_iter().flatten() {
            if file["status"] == "unchanged" {
                files.set_item(
                    json::to_python(py, &file["name"])?,
                    json::to_python(py, &file["found_sha256"])?,
                )?;
            }
        }
        Ok(files)
    }

    /// All facts, as `weightseal verify --json` prints them (docs/spec/result.md).
    fn to_dict(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        json::to_python(py, &self.0)
    }

    fn __repr__(&self) -> String {
        let signer = match self.authenticated() {
            true => format!("signer={:?}, signed_at={:?}", self.text("signer"), self.text("signed_at")),
            false => "not authenticated".to_owned(),
        };
        format!("<weightseal.Verified {}: {:?}, {signer}>", self.verdict(), self.text("target"))
    }
}

/// Verifies a model file, or what a manifest or bundle manifest describes.
#[pyfunction]
pub(crate) fn verify(
    question: Question,
    progress: Option<&Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<Verified> {
    Ok(Verified::of(&carry_out(question, progress, py)?))
}

/// Verifies, and returns with the facts the text of the very signature file that was verified.
#[pyfunction]
pub(crate) fn verify_published(
    question: Question,
    is_bundle: bool,
    progress: Option<&Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<(Verified, String)> {
    let outcome = carry_out(question, progress, py)?;
    let wrong = match (&outcome.signature().file, is_bundle) {
        (SignatureFile::Manifest(_), false) | (SignatureFile::Bundle(_), true) => None,
        (SignatureFile::Manifest(_), true) => Some("the manifest of one file: verify_artifact verifies it"),
        (SignatureFile::Bundle(_), false) => Some("a bundle manifest: verify_artifact_bundle verifies it"),
    };
    if let Some(wrong) = wrong {
        return Err(Error::usage(format!("this is {wrong}")).raise(py));
    }
    Ok((Verified::of(&outcome), String::from_utf8_lossy(&outcome.signature().bytes).into_owned()))
}

fn carry_out(question: Question, progress: Option<&Bound<'_, PyAny>>, py: Python<'_>) -> PyResult<Outcome> {
    let (target, policy) = question.prepare().map_err(|error| error.raise(py))?;
    watch::run(py, progress, |observer| weightseal::verify::verify(&target, &policy, observer))?
        .map_err(|failure| Error::from(failure).raise(py))
}
