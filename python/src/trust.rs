//! The trust store: reading it once to be asked many times, explaining what it says, adding a key to it.

#![expect(
    clippy::indexing_slicing,
    reason = "fields of JSON objects that are made here; one that is not there is null"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::Value;
use weightseal::text::{Escaped, EscapedPath};
use weightseal::time::{Instant, parse_expiry};
use weightseal_cli::result::store_json;
use weightseal_cli::trust::{AddedKeys, NewKey, add_keys, read_store};

use crate::error::Error;
use crate::json;
use crate::keys::{self, KeyArgument};
use crate::verify::{Question, advised};

/// A trust store as it was read: who may sign which models. It does not change when its file does.
#[pyclass(frozen, module = "weightseal")]
#[derive(Debug)]
pub(crate) struct TrustStore {
    path: PathBuf,
    store: Arc<weightseal::trust::TrustStore>,
}

impl TrustStore {
    fn read(path: &Path) -> Result<Self, Error> {
        let store = Arc::new(read_store(path)?);
        // A program may go to another folder later.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Ok(Self { path, store })
    }

    fn facts(&self) -> Value {
        store_json(&self.store, &self.path, Instant::now())
    }
}

/// A trust store as the caller gives it.
pub(crate) enum StoreArgument {
    /// One that was read before.
    Read(Arc<weightseal::trust::TrustStore>),
    /// A file, read now.
    Path(PathBuf),
}

impl<'a, 'py> FromPyObject<'a, 'py> for StoreArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        match object.cast::<TrustStore>() {
            Ok(store) => Ok(Self::Read(Arc::clone(&store.get().store))),
            Err(_) => Ok(Self::Path(object.extract()?)),
        }
    }
}

impl StoreArgument {
    /// The store: one reading of it, by which everything is decided.
    pub(crate) fn read(self) -> Result<Arc<weightseal::trust::TrustStore>, Error> {
        match self {
            Self::Read(store) => Ok(store),
            Self::Path(path) => Ok(Arc::new(read_store(&path)?)),
        }
    }
}

/// Whose key is added, and for what: a dictionary made by `weightseal/_options.py`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Addition {
    signer: String,
    public_keys: Vec<KeyArgument>,
    key_version: Option<u64>,
    signs_from: Option<String>,
    signs_until: Option<String>,
    trusted_until: Option<String>,
    models: Vec<String>,
}

impl Addition {
    fn carry_out(self, path: &Path) -> Result<AddedKeys, Error> {
        let now = Instant::now();
        let time = |name: &str, text: &Option<String>| {
            let Some(text) = text else { return Ok(None) };
            let message = || format!("{name} `{}` is neither a span of time nor a date", Escaped(text));
            let time = parse_expiry(text, now).ok_or_else(|| Error::usage(message()))?;
            Ok::<_, Error>(Some(time.instant()))
        };
        let signs_from = time("signs_from", &self.signs_from)?;
        let signs_until = time("signs_until", &self.signs_until)?;
        let trusted_until = time("trusted_until", &self.trusted_until)?;
        let keys = keys::read(&self.public_keys)?;
        match (keys.len(), self.key_version) {
            (0, _) => return Err(Error::usage("no public key was given")),
            (1, _) | (_, None) => {}
            _ => {
                let message = "key_version is the version of one key, and several were given";
                return Err(Error::usage(message));
            }
        }
        let key =
            |key| NewKey { signs_from, signs_until, trusted_until, ..NewKey::bare(key, self.key_version) };
        let keys: Vec<NewKey> = keys.into_iter().map(key).collect();
        Ok(add_keys(path, &self.signer, &keys, &self.models)?)
    }
}

#[pymethods]
impl TrustStore {
    /// Reads a trust store and the files that it names. Nobody else may be able to write any of them.
    #[staticmethod]
    fn load(path: PathBuf, py: Python<'_>) -> PyResult<Self> {
        py.detach(|| Self::read(&path)).map_err(|error| error.raise(py))
    }

    /// Its path.
    #[getter]
    fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// Its number, raised by every change.
    #[getter]
    fn serial(&self) -> u64 {
        self.store.serial()
    }

    /// From when on it decides nothing, as RFC 3339 text.
    #[getter]
    fn expires_at(&self) -> String {
        self.store.expires_at().to_string()
    }

    /// The names of those who sign.
    #[getter]
    fn signers(&self) -> Vec<String> {
        self.store.signers().iter().map(|signer| signer.name.clone()).collect()
    }

    /// Their keys, each with `signer`, `kind`, `key_id`, times, revocation and present `state`.
    #[getter]
    fn keys(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        json::to_python(py, &self.facts()["keys"])
    }

    /// The rules, each with `models`, `signers`, `level` and what else it asks.
    #[getter]
    fn rules(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        json::to_python(py, &self.facts()["rules"])
    }

    /// Everything, as `weightseal trust list --json` prints it (docs/spec/result.md).
    fn to_dict(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        json::to_python(py, &self.facts())
    }

    /// Says rule by rule what this store decides about a model's signature. No file of the model is looked at.
    #[pyo3(signature = (model, *, signature=None, base=None, name=None, at=None, state=None))]
    fn explain(
        slf: &Bound<'_, Self>,
        model: &Bound<'_, PyAny>,
        signature: Option<&Bound<'_, PyAny>>,
        base: Option<&Bound<'_, PyAny>>,
        name: Option<&Bound<'_, PyAny>>,
        at: Option<&Bound<'_, PyAny>>,
        state: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Explanation> {
        let py = slf.py();
        let asked = PyDict::new(py);
        asked.set_item("trust", slf)?;
        let others = [("signature", signature), ("base", base), ("name", name), ("at", at), ("state", state)];
        for (argument, value) in others {
            asked.set_item(argument, value)?;
        }
        let question = py.import("weightseal._options")?.getattr("question")?;
        let question: Question = question.call((model, py.None()), Some(&asked))?.extract()?;
        let store = Arc::clone(&slf.get().store);
        py.detach(|| Explanation::of(question, &store)).map_err(|error| error.raise(py))
    }

    /// Adds public keys to the file, as `weightseal trust add` does, and returns the store as it then is.
    #[pyo3(signature = (
        signer, public_key, *, key_version=None, signs_from=None, signs_until=None, trusted_until=None, models=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "as many as Python gives")]
    fn add(
        slf: &Bound<'_, Self>,
        signer: &Bound<'_, PyAny>,
        public_key: &Bound<'_, PyAny>,
        key_version: Option<&Bound<'_, PyAny>>,
        signs_from: Option<&Bound<'_, PyAny>>,
        signs_until: Option<&Bound<'_, PyAny>>,
        trusted_until: Option<&Bound<'_, PyAny>>,
        models: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let py = slf.py();
        let addition = py.import("weightseal._options")?.getattr("addition")?;
        let said = (signer, public_key, key_version, signs_from, signs_until, trusted_until, models);
        let addition: Addition = addition.call1(said)?.extract()?;
        let path = slf.get().path.clone();
        let added = py.detach(|| addition.carry_out(&path)).map_err(|error| error.raise(py))?;
        let AddedKeys { store, warnings, note, .. } = added;
        for text in warnings.into_iter().chain(note) {
            let text = py.import("weightseal.errors")?.getattr("_arguments")?.call1((text,))?;
            py.import("weightseal._log")?.getattr("warning")?.call1((text,))?;
        }
        Ok(Self { path, store: Arc::new(store) })
    }

    fn __repr__(&self) -> String {
        let path = EscapedPath(&self.path);
        format!("<weightseal.TrustStore `{path}`: serial {}, expires {}>", self.serial(), self.expires_at())
    }
}

/// What a trust store says about a model's signature. It says nothing about the files: it is no verification.
#[pyclass(frozen, module = "weightseal")]
#[derive(Debug)]
pub(crate) struct Explanation {
    facts: Value,
    text: String,
}

impl Explanation {
    fn of(question: Question, store: &weightseal::trust::TrustStore) -> Result<Self, Error> {
        let (target, policy) = question.prepare()?;
        let explanation = weightseal::verify::explain(&target, &policy).map_err(Error::from)?;
        let text = weightseal_cli::explain::text(&explanation, store);
        Ok(Self { facts: weightseal_cli::explain::json(&explanation, store), text })
    }
}

#[pymethods]
impl Explanation {
    /// What the store says, provided that the files are as signed: `accepted`, `tolerated` or `rejected`.
    #[getter]
    fn verdict(&self) -> &str {
        self.facts["verdict"].as_str().unwrap_or("rejected")
    }

    /// What speaks against the signature, each with `code`, `message` and `hint`, the most specific first.
    #[getter]
    fn reasons(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        advised(py, self.facts.get("reasons"))
    }

    /// What would, had a rule not said to warn only.
    #[getter]
    fn tolerated(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        advised(py, self.facts.get("tolerated"))
    }

    /// Every question that was asked: `by` whom, `rule`, `what`, the `answer`, and why, as `code` and `message`.
    #[getter]
    fn steps(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        json::to_python(py, &self.facts["steps"])
    }

    /// As `Verified.trust`; `None` if no key of the store verifies the signature.
    #[getter]
    fn trust(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        json::to_python(py, &self.facts["trust"])
    }

    /// Everything, as `weightseal trust explain --json` prints it (docs/spec/result.md).
    fn to_dict(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        json::to_python(py, &self.facts)
    }

    /// The text for people.
    fn __str__(&self) -> &str {
        self.text.trim_end()
    }

    fn __repr__(&self) -> String {
        let target = self.facts["target"].as_str().unwrap_or_default();
        format!("<weightseal.Explanation {}: {target:?}>", self.verdict())
    }

    /// Nobody may take an explanation for a yes.
    fn __bool__(&self) -> PyResult<bool> {
        Err(PyTypeError::new_err(
            "an explanation is no verification: look at its verdict, and verify the model",
        ))
    }
}
