//! Loading: verified bytes as files and folders.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::{PyKeyError, PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use weightseal::file::{Held, Keep, Keeper};
use weightseal::load::{Accept, Loaded, Weaker, load};

use crate::buffer::{Bytes, SealedBytes};
use crate::error::Error;
use crate::verify::{Question, Verified};
use crate::watch;

/// Where copies are held, and what may be loaded: a dictionary made by `weightseal/_options.py`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Holding {
    keep: String,
    folder: PathBuf,
    allow_partial: bool,
    allow_tolerated: bool,
}

/// Verifies one file and holds it.
#[pyfunction]
pub(crate) fn load_file(
    question: Question,
    holding: Holding,
    progress: Option<&Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<Py<VerifiedFile>> {
    let loaded = carry_out(question, &holding, progress, py)?;
    match loaded.files().len() {
        1 => VerifiedFile::of(py, &Arc::new(loaded), 0),
        count => {
            let message = format!("{count} files are in this set; verified_dir holds them all");
            Err(Error::usage(message).raise(py))
        }
    }
}

/// Verifies all files of a model and holds them.
#[pyfunction]
pub(crate) fn load_dir(
    question: Question,
    holding: Holding,
    progress: Option<&Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<VerifiedDir> {
    let loaded = Arc::new(carry_out(question, &holding, progress, py)?);
    // Whatever is wrong with the place for it is found now.
    py.detach(|| loaded.folder()).map_err(|error| Error::from(error).raise(py))?;
    Ok(VerifiedDir { loaded: Mutex::new(Some(loaded)) })
}

fn carry_out(
    question: Question,
    holding: &Holding,
    progress: Option<&Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<Loaded> {
    let keep = match holding.keep.as_str() {
        "auto" => Keep::Auto,
        "memory" => Keep::Memory,
        "disk" => Keep::Disk,
        other => {
            let message = format!("keep `{other}` is none of auto, memory, disk");
            return Err(Error::usage(message).raise(py));
        }
    };
    let (target, policy) = py.detach(|| question.prepare()).map_err(|error| error.raise(py))?;
    let weaker = |allowed: bool| if allowed { Weaker::Take } else { Weaker::Refuse };
    let accept = Accept { part: weaker(holding.allow_partial), tolerated: weaker(holding.allow_tolerated) };
    let keeper = Keeper::new(keep, &holding.folder);
    watch::run(py, progress, |observer| load(&target, &policy, keeper, accept, observer))?
        .map_err(|failure| Error::from(failure).raise(py))
}

/// One verified file: a read-only binary file and a buffer of exactly the bytes that were hashed.
#[pyclass(frozen, extends = SealedBytes, module = "weightseal", weakref)]
#[derive(Debug)]
pub(crate) struct VerifiedFile {
    position: Mutex<u64>,
}

/// Bytes that are copied at once into a buffer of the caller.
const READ_STEP: usize = 1024 * 1024;

/// Bytes that are read at once to find the end of a line.
const LINE_STEP: usize = 8 * 1024;

impl VerifiedFile {
    fn of(py: Python<'_>, loaded: &Arc<Loaded>, index: usize) -> PyResult<Py<Self>> {
        let base = PyClassInitializer::from(SealedBytes::new(Arc::clone(loaded), index));
        Py::new(py, base.add_subclass(Self { position: Mutex::new(0) }))
    }

    fn base<'a>(slf: &'a Bound<'_, Self>) -> &'a SealedBytes {
        slf.as_super().get()
    }

    fn position(&self) -> u64 {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves from one position to another; not if it is another one already.
    fn move_on(&self, from: u64, to: u64) -> bool {
        let mut position = self.position.lock().unwrap_or_else(PoisonError::into_inner);
        let is_here = *position == from;
        if is_here {
            *position = to;
        }
        is_here
    }

    fn set_position(&self, position: u64) {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner) = position;
    }

    /// Takes `count` bytes at the present position, fewer at the end. The position moves first: of several threads
    /// that read at once, each gets other bytes, and none waits for the others with the interpreter's lock held.
    fn take<'py>(slf: &Bound<'py, Self>, count: u64) -> PyResult<Bound<'py, PyBytes>> {
        let loaded = Self::base(slf).loaded()?;
        let held = Self::base(slf).held(&loaded);
        let (start, count) = {
            let mut position = slf.get().position.lock().unwrap_or_else(PoisonError::into_inner);
            let count = count.min(held.size().saturating_sub(*position));
            *position += count;
            (*position - count, count)
        };
        read_at(slf.py(), held, start, count)
    }
}

fn read_at<'py>(py: Python<'py>, held: &Held, offset: u64, count: u64) -> PyResult<Bound<'py, PyBytes>> {
    let count =
        usize::try_from(count).map_err(|_| PyValueError::new_err("more bytes than fit into memory"))?;
    PyBytes::new_with(py, count, |bytes| {
        py.detach(|| read_exactly(held, bytes, offset)).map_err(|error| error.raise(py))
    })
}

/// The length of the line that begins at `start`, with its end, at most `limit`.
#[expect(clippy::indexing_slicing, reason = "never more than the block has")]
fn line_length(held: &Held, start: u64, limit: u64) -> Result<u64, Error> {
    let limit = limit.min(held.size().saturating_sub(start));
    let mut step = [0; LINE_STEP];
    let mut length = 0;
    while length < limit {
        let step = &mut step[..LINE_STEP.min(usize::try_from(limit - length).unwrap_or(LINE_STEP))];
        read_exactly(held, step, start + length)?;
        match step.iter().position(|byte| *byte == b'\n') {
            Some(end) => return Ok(length + end as u64 + 1),
            None => length += step.len() as u64,
        }
    }
    Ok(limit)
}

#[expect(clippy::indexing_slicing, reason = "never more than the block has")]
fn read_exactly(held: &Held, mut bytes: &mut [u8], mut offset: u64) -> Result<(), Error> {
    while !bytes.is_empty() {
        match held.read_at(bytes, offset)? {
            // Sealed memory cannot be cut off; a copy on disk can, by its owner.
            0 => return Err(Error::usage("the copy is shorter than it was")),
            count => {
                bytes = &mut bytes[count..];
                offset += count as u64;
            }
        }
    }
    Ok(())
}

#[pymethods]
impl VerifiedFile {
    /// Reads up to `size` bytes, all that are left without it.
    #[pyo3(signature = (size=-1, /))]
    fn read<'py>(slf: &Bound<'py, Self>, size: Option<i64>) -> PyResult<Bound<'py, PyBytes>> {
        Self::take(slf, size.and_then(|size| u64::try_from(size).ok()).unwrap_or(u64::MAX))
    }

    /// Fills a writable buffer; returns the number of bytes.
    fn readinto(slf: &Bound<'_, Self>, buffer: &Bound<'_, PyAny>) -> PyResult<usize> {
        let target = Bytes::writable(buffer)?;
        let mut filled = 0;
        while filled < target.len() {
            let step = (target.len() - filled).min(READ_STEP);
            let bytes = Self::take(slf, step as u64)?;
            let bytes = bytes.as_bytes();
            if bytes.is_empty() {
                break;
            }
            target.write(slf.py(), filled, bytes);
            filled += bytes.len();
        }
        Ok(filled)
    }

    /// Reads up to and with the next line end, at most `size` bytes.
    #[pyo3(signature = (size=-1, /))]
    fn readline<'py>(slf: &Bound<'py, Self>, size: Option<i64>) -> PyResult<Bound<'py, PyBytes>> {
        let limit = size.and_then(|size| u64::try_from(size).ok()).unwrap_or(u64::MAX);
        let py = slf.py();
        let loaded = Self::base(slf).loaded()?;
        let held = Self::base(slf).held(&loaded);
        loop {
            let start = slf.get().position();
            let length = py.detach(|| line_length(held, start, limit)).map_err(|error| error.raise(py))?;
            // Unless another thread has read on meanwhile.
            if slf.get().move_on(start, start + length) {
                return read_at(py, held, start, length);
            }
        }
    }

    fn __iter__<'a, 'py>(slf: &'a Bound<'py, Self>) -> &'a Bound<'py, Self> {
        slf
    }

    fn __next__<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let line = Self::readline(slf, None)?;
        Ok(Some(line).filter(|line| !line.as_bytes().is_empty()))
    }

    /// Moves to `offset`, counted from the beginning (0), the present position (1) or the end (2).
    #[pyo3(signature = (offset, whence=0, /))]
    fn seek(slf: &Bound<'_, Self>, offset: i64, whence: i32) -> PyResult<u64> {
        let loaded = Self::base(slf).loaded()?;
        let from = match whence {
            0 => 0,
            1 => slf.get().position(),
            2 => Self::base(slf).held(&loaded).size(),
            _ => {
                return Err(PyValueError::new_err(format!("invalid whence ({whence}, should be 0, 1 or 2)")));
            }
        };
        let position = i128::from(from) + i128::from(offset);
        if position < 0 && whence == 0 {
            return Err(PyValueError::new_err(format!("negative seek position {offset}")));
        }
        // As other files do: what is before the beginning is the beginning, and what nobody can count is an error.
        let position = i64::try_from(position.max(0))
            .map_err(|_| PyOverflowError::new_err("the position is too large"))?
            .cast_unsigned();
        slf.get().set_position(position);
        Ok(position)
    }

    /// The present position in bytes.
    fn tell(slf: &Bound<'_, Self>) -> PyResult<u64> {
        Self::base(slf).loaded()?;
        Ok(slf.get().position())
    }

    fn readable(slf: &Bound<'_, Self>) -> PyResult<bool> {
        Self::base(slf).loaded().map(|_| true)
    }

    fn seekable(slf: &Bound<'_, Self>) -> PyResult<bool> {
        Self::base(slf).loaded().map(|_| true)
    }

    fn writable(slf: &Bound<'_, Self>) -> PyResult<bool> {
        Self::base(slf).loaded().map(|_| false)
    }

    fn isatty(&self) -> bool {
        false
    }

    fn flush(&self) {}

    /// Lets the bytes and the path go.
    fn close(slf: &Bound<'_, Self>) {
        let base = Self::base(slf);
        slf.py().detach(|| base.close());
    }

    #[getter]
    fn closed(slf: &Bound<'_, Self>) -> bool {
        Self::base(slf).is_closed()
    }

    #[getter]
    fn mode(&self) -> &'static str {
        "rb"
    }

    /// The signed name of the file.
    #[getter]
    fn name(slf: &Bound<'_, Self>) -> PyResult<String> {
        let loaded = Self::base(slf).loaded()?;
        Ok(Self::base(slf).held(&loaded).name().to_string_lossy().into_owned())
    }

    /// Its size in bytes.
    #[getter]
    fn size(slf: &Bound<'_, Self>) -> PyResult<u64> {
        let loaded = Self::base(slf).loaded()?;
        Ok(Self::base(slf).held(&loaded).size())
    }

    /// A path, with the file's own name, that leads to these very bytes.
    #[getter]
    fn path(slf: &Bound<'_, Self>) -> PyResult<PathBuf> {
        let py = slf.py();
        let loaded = Self::base(slf).loaded()?;
        let held = Self::base(slf).held(&loaded);
        py.detach(|| loaded.path_of(held)).map_err(|error| Error::from(error).raise(py))
    }

    /// A path that leads to these very bytes, without a name of its own where they are held in memory: for
    /// loaders that do not look at names, since no folder has to be made for it.
    #[getter(_bare_path)]
    fn bare_path(slf: &Bound<'_, Self>) -> PyResult<PathBuf> {
        let loaded = Self::base(slf).loaded()?;
        Self::base(slf).held(&loaded).path().map_err(|error| Error::from(error).raise(slf.py()))
    }

    /// Where the bytes are held: `memory` or `disk`.
    #[getter]
    fn kept(slf: &Bound<'_, Self>) -> PyResult<&'static str> {
        let loaded = Self::base(slf).loaded()?;
        Ok(if Self::base(slf).held(&loaded).is_in_memory() { "memory" } else { "disk" })
    }

    /// What was verified.
    #[getter]
    fn verified(slf: &Bound<'_, Self>) -> PyResult<Verified> {
        Ok(Verified::of(Self::base(slf).loaded()?.outcome()))
    }

    fn __len__(slf: &Bound<'_, Self>) -> PyResult<usize> {
        usize::try_from(Self::size(slf)?)
            .map_err(|_| PyValueError::new_err("more bytes than fit into memory"))
    }

    fn __bool__(&self) -> bool {
        true
    }

    fn __enter__<'a, 'py>(slf: &'a Bound<'py, Self>) -> PyResult<&'a Bound<'py, Self>> {
        Self::base(slf).loaded()?;
        Ok(slf)
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(slf: &Bound<'_, Self>, _exception: &Bound<'_, PyAny>) {
        Self::close(slf);
    }

    fn __repr__(slf: &Bound<'_, Self>) -> String {
        match Self::base(slf).loaded() {
            Err(_) => "<weightseal.VerifiedFile, closed>".to_owned(),
            Ok(loaded) => {
                let held = Self::base(slf).held(&loaded);
                format!("<weightseal.VerifiedFile {:?}, {} bytes>", held.name(), held.size())
            }
        }
    }
}

/// The verified files of a model in a read-only folder that only we can enter, and nothing else in it.
#[pyclass(frozen, module = "weightseal", weakref)]
#[derive(Debug)]
pub(crate) struct VerifiedDir {
    /// `None` once closed.
    loaded: Mutex<Option<Arc<Loaded>>>,
}

impl VerifiedDir {
    fn loaded(&self) -> PyResult<Arc<Loaded>> {
        let loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clone();
        loaded.ok_or_else(|| PyValueError::new_err("the verified folder is closed"))
    }
}

#[pymethods]
impl VerifiedDir {
    /// The folder.
    #[getter]
    fn path(&self, py: Python<'_>) -> PyResult<PathBuf> {
        let loaded = self.loaded()?;
        py.detach(|| loaded.folder()).map_err(|error| Error::from(error).raise(py))
    }

    fn __fspath__(&self, py: Python<'_>) -> PyResult<std::ffi::OsString> {
        Ok(self.path(py)?.into_os_string())
    }

    /// The files by their names, with `/` between folders.
    #[getter]
    fn files<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let loaded = self.loaded()?;
        let files = PyDict::new(py);
        for (index, held) in loaded.files().iter().enumerate() {
            files.set_item(signed_name(held), VerifiedFile::of(py, &loaded, index)?)?;
        }
        Ok(files)
    }

    fn __getitem__(&self, name: &str, py: Python<'_>) -> PyResult<Py<VerifiedFile>> {
        let loaded = self.loaded()?;
        match loaded.files().iter().position(|held| signed_name(held) == name) {
            Some(index) => VerifiedFile::of(py, &loaded, index),
            None => Err(PyKeyError::new_err(name.to_owned())),
        }
    }

    fn __contains__(&self, name: &str) -> PyResult<bool> {
        Ok(self.loaded()?.files().iter().any(|held| signed_name(held) == name))
    }

    fn __len__(&self) -> PyResult<usize> {
        Ok(self.loaded()?.files().len())
    }

    /// What was verified.
    #[getter]
    fn verified(&self) -> PyResult<Verified> {
        Ok(Verified::of(self.loaded()?.outcome()))
    }

    /// Removes the folder, unless one of its files is still in use.
    fn close(&self, py: Python<'_>) {
        let loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop(loaded));
    }

    #[getter]
    fn closed(&self) -> bool {
        self.loaded().is_err()
    }

    fn __enter__<'a, 'py>(slf: &'a Bound<'py, Self>) -> PyResult<&'a Bound<'py, Self>> {
        slf.get().loaded()?;
        Ok(slf)
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyAny>, py: Python<'_>) {
        self.close(py);
    }

    fn __repr__(&self) -> String {
        match self.loaded() {
            Err(_) => "<weightseal.VerifiedDir, closed>".to_owned(),
            Ok(loaded) => {
                let facts = loaded.outcome().facts();
                format!("<weightseal.VerifiedDir of {:?}, {} files>", facts.target, loaded.files().len())
            }
        }
    }
}

/// The name as it was signed, with `/` between folders.
fn signed_name(held: &Held) -> String {
    let parts: Vec<_> = held.name().iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}
