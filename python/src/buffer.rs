//! The buffer protocol (PEP 3118) over held bytes. The only file with unsafe code: Python wants raw pointers.
#![expect(unsafe_code, reason = "the buffer protocol is raw pointers, and so is mapping a file")]

use std::ffi::c_int;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memmap2::{Mmap, MmapOptions};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyBufferError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;
use weightseal::file::Held;
use weightseal::load::Loaded;

/// Bytes that nobody can change, readable as a buffer without a copy.
#[pyclass(frozen, subclass, module = "weightseal")]
#[derive(Debug)]
pub(crate) struct SealedBytes {
    index: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// `None` once closed.
    loaded: Option<Arc<Loaded>>,
    map: Option<Mmap>,
    /// Buffers that Python has and has not released.
    exports: usize,
}

impl SealedBytes {
    pub(crate) fn new(loaded: Arc<Loaded>, index: usize) -> Self {
        Self { index, state: Mutex::new(State { loaded: Some(loaded), map: None, exports: 0 }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it belongs to; an error once closed.
    pub(crate) fn loaded(&self) -> PyResult<Arc<Loaded>> {
        let loaded = self.state().loaded.clone();
        loaded.ok_or_else(|| PyValueError::new_err("I/O operation on closed file."))
    }

    /// The copy itself.
    #[expect(clippy::indexing_slicing, reason = "the index was given to a copy of these")]
    pub(crate) fn held<'a>(&self, loaded: &'a Loaded) -> &'a Held {
        &loaded.files()[self.index]
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state().loaded.is_none()
    }

    /// Maps the bytes if that has not been done, and counts one more view of them.
    fn export(&self) -> PyResult<(*const u8, ffi::Py_ssize_t)> {
        let loaded = self.loaded()?;
        let held = self.held(&loaded);
        let length = ffi::Py_ssize_t::try_from(held.size())
            .map_err(|_| PyBufferError::new_err("more bytes than a buffer can have"))?;
        let mut mapped = None;
        loop {
            let mut state = self.state();
            if state.map.is_none() {
                // Made below, without the lock; somebody may have been faster, or have closed the file.
                state.map = mapped.take();
            }
            let pointer = match &state.map {
                Some(map) => map.as_ptr(),
                None if length == 0 => std::ptr::NonNull::<u8>::dangling().as_ptr().cast_const(),
                None => {
                    drop(state);
                    mapped = Some(map(held).map_err(|error| PyBufferError::new_err(error.to_string()))?);
                    continue;
                }
            };
            state.exports += 1;
            return Ok((pointer, length));
        }
    }

    fn release(&self) {
        let mut state = self.state();
        state.exports = state.exports.saturating_sub(1);
        if state.exports == 0 && state.loaded.is_none() {
            state.map = None;
        }
    }

    /// Lets the bytes go; buffers that are still in use keep them.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        if state.exports == 0 {
            state.map = None;
        }
        let loaded = state.loaded.take();
        drop(state);
        // Removing a folder takes its time.
        drop(loaded);
    }
}

#[pymethods]
impl SealedBytes {
    /// Fills in a read-only view.
    ///
    /// # Safety
    /// Called by the interpreter, with a valid `view`.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let this = slf.get();
        let (pointer, length) = this.export()?;
        // SAFETY: `view` is the interpreter's. The pointer stays valid until the view is released: the view holds a
        // reference to `slf`, and `exports` keeps the map in it. Read-only is 1, so a request for a writable view
        // is refused with a BufferError; nobody writes through the pointer. The lock is not held: filling in may
        // raise, and raising may collect garbage, which may release another view of the same bytes.
        let result = unsafe {
            ffi::PyBuffer_FillInfo(view, slf.as_ptr(), pointer.cast_mut().cast(), length, 1, flags)
        };
        if result != 0 {
            this.release();
            return Err(PyErr::fetch(slf.py()));
        }
        Ok(())
    }

    /// Counts a view that is not used any more.
    ///
    /// # Safety
    /// Called by the interpreter, once for each view that was filled in.
    unsafe fn __releasebuffer__(&self, _view: *mut ffi::Py_buffer) {
        self.release();
    }
}

/// Somebody else's buffer, as bytes in one piece.
pub(crate) struct Bytes(PyBuffer<u8>);

impl Bytes {
    /// The bytes of an object, whatever items it is made of.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = PyMemoryView::from(object)?.call_method1("cast", ("B",))?;
        let buffer = PyBuffer::<u8>::get(&bytes)?;
        match buffer.is_c_contiguous() {
            true => Ok(Self(buffer)),
            false => Err(PyBufferError::new_err("the bytes are scattered")),
        }
    }

    /// Like [`Bytes::of`], for bytes that can be written.
    pub(crate) fn writable(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        match Self::of(object)? {
            bytes if bytes.0.readonly() => Err(PyBufferError::new_err("a writable buffer is needed")),
            bytes => Ok(bytes),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len_bytes()
    }

    /// Copies the bytes from `offset` on out of it: as many as `to` has, which must be there.
    pub(crate) fn read(&self, _: Python<'_>, offset: usize, to: &mut [u8]) {
        assert!(offset.checked_add(to.len()).is_some_and(|end| end <= self.len()), "within the buffer");
        // SAFETY: the buffer is held, in one piece, and has that many bytes from there on. `to` is ours alone. Whoever
        // writes to the buffer meanwhile, without the interpreter's lock, races with every reader in Python.
        unsafe {
            let from = self.0.buf_ptr().cast::<u8>().cast_const().add(offset);
            std::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), to.len());
        }
    }

    /// Copies bytes into it, from `offset` on, where there must be room.
    pub(crate) fn write(&self, _: Python<'_>, offset: usize, from: &[u8]) {
        assert!(!self.0.readonly(), "a writable buffer");
        assert!(offset.checked_add(from.len()).is_some_and(|end| end <= self.len()), "within the buffer");
        // SAFETY: as above; the buffer may be written, and `from` is a Rust slice, which no Python buffer overlaps.
        unsafe {
            let to = self.0.buf_ptr().cast::<u8>().add(offset);
            std::ptr::copy_nonoverlapping(from.as_ptr(), to, from.len());
        }
    }
}

/// Maps the whole copy, privately: older kernels allow no shared map of memory that is sealed against writing. The
/// pages are those of the copy all the same, since nobody writes to the map.
fn map(held: &Held) -> std::io::Result<Mmap> {
    let file = held.file().map_err(std::io::Error::other)?;
    // SAFETY: a map must not change under those who read it. Sealed memory can neither be written nor truncated by
    // anybody, and a copy on disk is a read-only file in a folder that only its owner can enter.
    let map = unsafe { MmapOptions::new().map_copy_read_only(file)? };
    match map.len() as u64 == held.size() {
        true => Ok(map),
        false => Err(std::io::Error::other("the copy has another size than it had")),
    }
}
