//! Writing a model and signing it in the same pass.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use weightseal::key::PrivateKey;
use weightseal::sign::Options;
use weightseal::time::{Instant, Timestamp};

use crate::buffer::Bytes;
use crate::error::Error;
use crate::sign::{Signing, report};

/// A file that frameworks write a model to. It appears under its name when it is signed, and not before.
///
/// Used in a `with` statement: what is not finished at its end is removed.
#[pyclass(frozen, module = "weightseal")]
pub(crate) struct ModelWriter {
    /// Taken while it is used: a writer that failed, or that two threads want, cannot be used any more.
    writer: Mutex<Option<weightseal::sign::ModelWriter>>,
    options: Options,
    key: PrivateKey,
    /// Why writing failed. Frameworks go on and then fail for reasons of their own; this is the one that counts.
    failure: Mutex<Option<PyErr>>,
    process: u32,
}

impl ModelWriter {
    fn take(&self, py: Python<'_>) -> PyResult<weightseal::sign::ModelWriter> {
        if self.process != std::process::id() {
            return Err(PyValueError::new_err("the model is written by the process that began it"));
        }
        if let Some(failure) = self.failure(py) {
            return Err(failure);
        }
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer
            .take()
            .ok_or_else(|| PyValueError::new_err("the model is written already, or by another thread"))
    }

    fn failure(&self, py: Python<'_>) -> Option<PyErr> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.as_ref().map(|failure| failure.clone_ref(py))
    }

    /// Remembers why writing failed.
    fn fail(&self, py: Python<'_>, failure: PyErr) -> PyErr {
        let kept = failure.clone_ref(py);
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        failure
    }

    fn put_back(&self, writer: weightseal::sign::ModelWriter) {
        *self.writer.lock().unwrap_or_else(PoisonError::into_inner) = Some(writer);
    }

    /// The time of signing is that of the end.
    fn options(&self) -> Options {
        Options { signed_at: Timestamp::from_instant(Instant::now()), ..self.options.clone() }
    }
}

#[pymethods]
impl ModelWriter {
    #[new]
    fn new(model: PathBuf, manifest: Option<PathBuf>, signing: Signing, py: Python<'_>) -> PyResult<Self> {
        // Whatever is wrong with key and options is found before a big model is written for nothing.
        let (options, key) = signing.prepare(py)?;
        let writer = py.detach(|| {
            options.check()?;
            weightseal::sign::ModelWriter::create(&model, manifest.as_deref())
        });
        let writer = writer.map_err(|error| Error::from(error).raise(py))?;
        let (writer, failure) = (Mutex::new(Some(writer)), Mutex::new(None));
        Ok(Self { writer, options, key, failure, process: std::process::id() })
    }

    /// Appends bytes; returns their number.
    #[expect(clippy::indexing_slicing, reason = "never more than the spare room")]
    fn write(&self, data: &Bound<'_, PyAny>, py: Python<'_>) -> PyResult<usize> {
        let bytes = Bytes::of(data)?;
        let mut writer = self.take(py)?;
        let mut offset = 0;
        while offset < bytes.len() {
            // Copied with the interpreter's lock, since others may write to the buffer without it; written and
            // hashed, from that copy, without.
            let spare = writer.spare();
            let count = spare.len().min(bytes.len() - offset);
            bytes.read(py, offset, &mut spare[..count]);
            py.detach(|| writer.advance(count))
                .map_err(|error| self.fail(py, Error::from(error).raise(py)))?;
            py.check_signals().map_err(|error| self.fail(py, error))?;
            offset += count;
        }
        self.put_back(writer);
        Ok(offset)
    }

    /// The number of bytes so far.
    fn tell(&self, py: Python<'_>) -> PyResult<u64> {
        let writer = self.take(py)?;
        let position = writer.position();
        self.put_back(writer);
        Ok(position)
    }

    fn flush(&self) {}

    fn writable(&self) -> bool {
        true
    }

    fn readable(&self) -> bool {
        false
    }

    fn seekable(&self) -> bool {
        false
    }

    /// Signs what was written, and puts model and manifest in place.
    fn finish(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let writer = self.take(py)?;
        let signed = py.detach(|| writer.finish(&self.key, &self.options()));
        report(py, &signed.map_err(|error| Error::from(error).raise(py))?)
    }

    fn __enter__<'a, 'py>(slf: &'a Bound<'py, Self>) -> &'a Bound<'py, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyAny>, py: Python<'_>) -> PyResult<()> {
        let unfinished = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop(unfinished));
        self.failure(py).map_or(Ok(()), Err)
    }
}
