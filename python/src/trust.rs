//! The trust store: reading it once, to be asked many times.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use weightseal::text::EscapedPath;
use weightseal_cli::trust::read_store;

use crate::error::Error;

/// A trust store as it was read: who may sign which models. It does not change when its file does.
#[pyclass(frozen, module = "weightseal")]
#[derive(Debug)]
pub(crate) struct TrustStore {
    path: PathBuf,
    store: Arc<weightseal::trust::TrustStore>,
}

impl TrustStore {
    fn read(path: PathBuf) -> Result<Self, Error> {
        let store = Arc::new(read_store(&path)?);
        Ok(Self { path, store })
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

#[pymethods]
impl TrustStore {
    /// Reads a trust store and the files that it names. Nobody else may be able to write any of them.
    #[staticmethod]
    fn load(path: PathBuf, py: Python<'_>) -> PyResult<Self> {
        py.detach(|| Self::read(path)).map_err(|error| error.raise(py))
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

    fn __repr__(&self) -> String {
        let path = EscapedPath(&self.path);
        format!("<weightseal.TrustStore `{path}`: serial {}, expires {}>", self.serial(), self.expires_at())
    }
}
