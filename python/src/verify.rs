//! Verifying.

#![expect(
    clippy::indexing_slicing,
    reason = "fields of JSON objects that are made here; one that is not there is null"
)]

use std::path::PathBuf;

use pyo3::prelude::*;
use serde_json::Value;
use weightseal::format::{Limits, SignatureFile};
use weightseal::hash::Engine;
use weightseal::text::Escaped;
use weightseal::time::Age;
use weightseal::trust::{Requirements, Unauthenticated};
use weightseal::verify::{
    Accept, MissingState, Outcome, Policy, StateFile, Target, Weaker, WholeDigest, verify_accepting,
};
use weightseal_cli::args::{FolderArguments, LayoutArgument, TrustArguments, parse_time};
use weightseal_cli::result::accepted;
use weightseal_cli::trust::policy;

use crate::error::Error;
use crate::keys::{self, KeyArgument};
use crate::trust::StoreArgument;
use crate::{json, sign, watch};

/// What to verify, with which keys, and what is asked: a dictionary made by `weightseal/_options.py`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Question {
    path: PathBuf,
    public_keys: Vec<KeyArgument>,
    trust: Option<StoreArgument>,
    name: Option<String>,
    state: Option<PathBuf>,
    init_state: bool,
    at: Option<String>,
    signature: Option<PathBuf>,
    base: Option<PathBuf>,
    signer: Option<String>,
    model_version_at_least: Option<u64>,
    max_age: Option<String>,
    allow_unauthenticated: Option<bool>,
    ca_root: Vec<PathBuf>,
    intermediates: Vec<PathBuf>,
    certificate_identity: Option<String>,
    certificate_oidc_issuer: Option<String>,
    trusted_root: Option<PathBuf>,
    oms_compat: bool,
    only: Vec<String>,
    ignore_unsigned_files: bool,
    ignore: Vec<String>,
    layout: Vec<String>,
    default_excludes: bool,
    allow_symlinks: bool,
    max_signature_size: Option<String>,
    whole: bool,
}

impl Question {
    /// Target and policy, judged at the present time.
    pub(crate) fn prepare(self) -> Result<(Target, Policy), Error> {
        let max_age = |text: String| {
            let message = || format!("max_age `{}` is no positive span of time", Escaped(&text));
            text.parse::<Age>().map_err(|_| Error::usage(message()))
        };
        let requirements = Requirements {
            signer: self.signer,
            least_model_version: self.model_version_at_least,
            max_age: self.max_age.map(max_age).transpose()?,
            unauthenticated: match (self.allow_unauthenticated, &self.trust) {
                // A store accepts what it lists, and nothing else.
                (Some(true), _) | (None, Some(_)) => Unauthenticated::Accept,
                (Some(false), _) | (None, None) => Unauthenticated::Refuse,
            },
        };
        let at = |text: String| {
            parse_time(&text).map_err(|problem| Error::usage(format!("at `{}` is {problem}", Escaped(&text))))
        };
        // Keys are given as text as well.
        let keys = keys::ring(&self.public_keys)?;
        let trust = TrustArguments {
            key: Vec::new(),
            ca_root: self.ca_root,
            ca_chain: Vec::new(),
            intermediate: self.intermediates,
            certificate_identity: self.certificate_identity,
            certificate_oidc_issuer: self.certificate_oidc_issuer,
            trusted_root: self.trusted_root,
            oms_compat: self.oms_compat,
            at: self.at.map(at).transpose()?,
            // Put in below: it may have been read before.
            store: None,
            state: None,
            init_state: false,
        };
        let max_signature_size =
            self.max_signature_size.map(|text| sign::size("max_signature_size", &text)).transpose()?;
        let folder = FolderArguments {
            only: self.only.clone(),
            ignore_unsigned_files: self.ignore_unsigned_files,
            ignore: self.ignore,
            layout: self.layout.iter().map(|name| layout(name)).collect::<Result<_, _>>()?,
            no_default_excludes: !self.default_excludes,
            allow_symlinks: self.allow_symlinks,
            max_signature_size,
        };
        let store = self.trust.map(StoreArgument::read).transpose()?;
        let state = self.state.map(|path| StateFile {
            path,
            missing: if self.init_state { MissingState::Begin } else { MissingState::Refuse },
        });
        // Whoever trusts a store and something else is refused by the library.
        let policy = Policy { keys, store, state, ..policy(&trust, &folder, requirements)? };
        let target = Target {
            path: self.path,
            name: self.name,
            signature: self.signature,
            base: self.base,
            copy_to: None,
            only: self.only,
            limits: max_signature_size.map_or_else(Limits::default, Limits::for_size),
            whole: if self.whole { WholeDigest::Always } else { WholeDigest::IfNeeded },
            engine: Engine::default(),
            range: None,
        };
        Ok((target, policy))
    }
}

fn layout(name: &str) -> Result<LayoutArgument, Error> {
    match name {
        "hf" => Ok(LayoutArgument::Hf),
        "mlflow" => Ok(LayoutArgument::Mlflow),
        other => Err(Error::usage(format!("layout `{}` is neither hf nor mlflow", Escaped(other)))),
    }
}

/// Reasons as `VerificationError.reasons` has them, with advice for people who write Python.
pub(crate) fn advised(py: Python<'_>, reasons: Option<&Value>) -> PyResult<Py<PyAny>> {
    let reasons = json::to_python(py, reasons.unwrap_or(&Value::Array(Vec::new())))?;
    Ok(py.import("weightseal.errors")?.getattr("_advised")?.call1((reasons,))?.unbind())
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

    fn get_or(&self, py: Python<'_>, name: &str, otherwise: &Value) -> PyResult<Py<PyAny>> {
        json::to_python(py, self.0.get(name).unwrap_or(otherwise))
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or("-")
    }
}

#[pymethods]
impl Verified {
    /// `verified`: every file of the model. `partial`: the files that were asked for. `tolerated`: a rule of the trust store
    /// that only warns let something pass.
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

    /// Who signs: by the trust store, or else by the key holder's word; `None` if not authenticated.
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

    /// The verifying key's fingerprint: SHA-256 of its SPKI DER, in hex; `None` for a signature through Sigstore.
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

    /// The verified files: name and SHA-256 digest in hex; `None` where they were hashed otherwise, or in shards.
    #[getter]
    fn files<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyDict>> {
        let files = pyo3::types::PyDict::new(py);
        for file in self.0["files"].as_array().into_iter().flatten() {
            let shards = &file["shards"];
            // Of a file of which only some shards were asked for, nothing is known as a whole.
            if file["status"] == "unchanged" && shards["checked"] == shards["count"] {
                files.set_item(
                    json::to_python(py, &file["name"])?,
                    json::to_python(py, &file["found_sha256"])?,
                )?;
            }
        }
        Ok(files)
    }

    /// By what the signer of an OMS signature was recognised: `key`, `certificate` or `sigstore`; `None` for manifests.
    #[getter]
    fn method(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get(py, "method")
    }

    /// The signer's certificate: subject, issuer, names, the identity asked for; `None` for other methods.
    #[getter]
    fn certificate(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get(py, "certificate")
    }

    /// Who signed through Sigstore, who vouched for the identity, and when; `None` for other methods.
    #[getter]
    fn sigstore(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get(py, "sigstore")
    }

    /// How an OMS signature lists its files: algorithm, shard size, root digest; `None` for manifests.
    #[getter]
    fn listing(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get(py, "listing")
    }

    /// What lies in the folder beside the signed files, by the rule that left it out; empty for manifests.
    #[getter]
    fn beside(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get_or(py, "beside", &Value::Object(serde_json::Map::new()))
    }

    /// What was given up by arguments of the call, as far as it made a difference: a list of words.
    #[getter]
    fn weakened(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get_or(py, "weakened", &Value::Array(Vec::new()))
    }

    /// The files that have other names elsewhere on their file system; looked at for OMS signatures only.
    #[getter]
    fn hard_linked(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get_or(py, "hard_linked", &Value::Array(Vec::new()))
    }

    /// What the trust store says: its serial number and end, signer, key version, expected name, rules,
    /// countersignatures; `None` without a store.
    #[getter]
    fn trust(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.get_or(py, "trust", &Value::Null)
    }

    /// What a rule that only warns let pass, each with `code`, `message` and `hint`; empty unless the verdict is
    /// `tolerated`.
    #[getter]
    fn tolerated(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        advised(py, self.0.get("tolerated"))
    }

    /// All facts, as `weightseal verify --json` prints them (docs/spec/result.md).
    fn to_dict(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        json::to_python(py, &self.0)
    }

    fn __repr__(&self) -> String {
        let mut parts = Vec::new();
        if !self.authenticated() {
            parts.push("not authenticated".to_owned());
        }
        let method = self.0["method"].as_str().filter(|method| *method != "key").unwrap_or_default();
        let facts = [
            ("identity", &self.0[method]["identity"]),
            ("signer", &self.0["signer"]),
            ("signed_at", &self.0["signed_at"]),
        ];
        for (name, value) in facts {
            parts.extend(value.as_str().map(|text| format!("{name}={text:?}")));
        }
        format!("<weightseal.Verified {}: {:?}, {}>", self.verdict(), self.text("target"), parts.join(", "))
    }
}

/// Verifies a model file, or what a manifest or bundle manifest describes.
#[pyfunction]
pub(crate) fn verify(
    question: Question,
    allow_tolerated: bool,
    progress: Option<&Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<Verified> {
    Ok(Verified::of(&carry_out(question, allow_tolerated, progress, py)?))
}

/// Verifies a folder or a file by its OMS signature.
#[pyfunction]
pub(crate) fn verify_model(
    question: Question,
    allow_tolerated: bool,
    progress: Option<&Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<Verified> {
    let outcome = carry_out(question, allow_tolerated, progress, py)?;
    let other = match &outcome.signature().file {
        SignatureFile::Oms(_) => return Ok(Verified::of(&outcome)),
        SignatureFile::Manifest(_) => "the manifest of one file",
        SignatureFile::Bundle(_) => "a bundle manifest",
    };
    Err(Error::usage(format!("this is {other}, no OMS signature: verify verifies it")).raise(py))
}

/// Verifies, and returns with the facts the text of the very signature file that was verified.
#[pyfunction]
pub(crate) fn verify_published(
    question: Question,
    is_bundle: bool,
    allow_tolerated: bool,
    progress: Option<&Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<(Verified, String)> {
    let outcome = carry_out(question, allow_tolerated, progress, py)?;
    let wrong = match (&outcome.signature().file, is_bundle) {
        (SignatureFile::Manifest(_), false) | (SignatureFile::Bundle(_), true) => None,
        (SignatureFile::Manifest(_), true) => Some("the manifest of one file: verify_artifact verifies it"),
        (SignatureFile::Bundle(_), false) => Some("a bundle manifest: verify_artifact_bundle verifies it"),
        (SignatureFile::Oms(_), _) => Some("an OMS signature: verify_model verifies it"),
    };
    if let Some(wrong) = wrong {
        return Err(Error::usage(format!("this is {wrong}")).raise(py));
    }
    Ok((Verified::of(&outcome), String::from_utf8_lossy(&outcome.signature().bytes).into_owned()))
}

fn carry_out(
    question: Question,
    allow_tolerated: bool,
    progress: Option<&Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<Outcome> {
    let (target, policy) = py.detach(|| question.prepare()).map_err(|error| error.raise(py))?;
    // Whoever only waits for an exception is not told that what a rule warns about is fine.
    let tolerated = if allow_tolerated { Weaker::Take } else { Weaker::Refuse };
    let accept = Accept { part: Weaker::Take, tolerated };
    watch::run(py, progress, |observer| verify_accepting(&target, &policy, accept, observer))?
        .map_err(|failure| Error::from(failure).raise(py))
}
