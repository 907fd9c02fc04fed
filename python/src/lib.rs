//! The extension module `weightseal._native`: the library's verbs as Python functions, and nothing more.
//!
//! The Python package around it (python/weightseal) has the public signatures, defaults and documentation.

// As in the library: what others wrote must not be able to end the interpreter's call by a panic.
#![warn(
    clippy::expect_used,
    clippy::get_unwrap,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unreachable
)]

mod buffer;
mod error;
mod json;
mod keys;
mod load;
mod sign;
mod trust;
mod verify;
mod watch;
mod writer;

use std::ffi::OsString;
use std::path::PathBuf;

use pyo3::prelude::*;
use weightseal::file::{Links, OpenedFile};
use weightseal_cli::Stdout;
use weightseal_cli::result::{inspected, inspection_json};

/// The verbs of weightseal.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::{hash_file, inspect, run_command};
    #[pymodule_export]
    use crate::buffer::SealedBytes;
    #[pymodule_export]
    use crate::keys::generate_key_pair;
    #[pymodule_export]
    use crate::load::{VerifiedDir, VerifiedFile, load_dir, load_file};
    #[pymodule_export]
    use crate::sign::{make_manifest, save_manifest, sign_bundle, sign_file, sign_model};
    #[pymodule_export]
    use crate::trust::{Explanation, TrustStore};
    #[pymodule_export]
    use crate::verify::{Verified, verify, verify_model, verify_published};
    #[pymodule_export]
    use crate::writer::ModelWriter;

    #[pymodule_init]
    fn init(module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        use pyo3::types::PyModuleMethods as _;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

/// The SHA-256 digest of a file, as 64 lower-case hex digits.
#[pyfunction]
fn hash_file(path: PathBuf, progress: Option<&Bound<'_, PyAny>>, py: Python<'_>) -> PyResult<String> {
    let hashed = watch::run(py, progress, |observer| {
        // Whoever hashes a file themselves may name it by a link.
        let opened = OpenedFile::open(&path, Links::Follow).map_err(error::Error::from)?;
        weightseal::hash::hash_file(opened, weightseal::hash::Engine::default(), observer)
            .map_err(error::Error::from)
    })?;
    Ok(hashed.map_err(|error| error.raise(py))?.digest.to_string())
}

/// What a signature file says, without verifying it.
#[pyfunction]
fn inspect(path: PathBuf, py: Python<'_>) -> PyResult<Py<PyAny>> {
    use weightseal::inspect::Inspection;
    let path = inspected(&path);
    let inspection =
        weightseal::inspect::inspect(&path).map_err(|error| error::Error::from(error).raise(py))?;
    match inspection {
        Inspection::Signature(file, bytes) => json::to_python(py, &inspection_json(&path, &file, &bytes)),
        Inspection::Key(..) => Err(error::Error::usage("this is a key, no signature file").raise(py)),
    }
}

/// Runs the command line; the arguments begin with the program's name.
#[pyfunction]
fn run_command(arguments: Vec<OsString>, stdout_is_open: bool, py: Python<'_>) -> u8 {
    let stdout = if stdout_is_open { Stdout::Open } else { Stdout::Closed };
    py.detach(|| weightseal_cli::run(arguments, stdout).code())
}
