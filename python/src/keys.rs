//! Keys: making pairs, reading the ones to verify with, unlocking the one to sign with.

use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use weightseal::hash::HashError;
use weightseal::key::{
    KeyFileError, KeyPairFiles, KeySpec, Passphrase, PrivateKey, PrivateKeyFile, Protection, PublicKey,
    load_public,
};
use weightseal::text::{Escaped, EscapedPath};
use weightseal::trust::KeyRing;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::watch;

/// A public key as the caller gives it.
pub(crate) enum KeyArgument {
    Pem(Vec<u8>),
    Path(PathBuf),
}

impl<'a, 'py> FromPyObject<'a, 'py> for KeyArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        // Before paths: the file system would take bytes for a path.
        match object.cast::<PyBytes>() {
            Ok(pem) => Ok(Self::Pem(pem.as_bytes().to_owned())),
            Err(_) => Ok(Self::Path(object.extract()?)),
        }
    }
}

/// Reads the keys to verify with.
pub(crate) fn ring(arguments: &[KeyArgument]) -> Result<KeyRing, Error> {
    Ok(KeyRing::new(read(arguments)?))
}

/// Reads public keys.
pub(crate) fn read(arguments: &[KeyArgument]) -> Result<Vec<PublicKey>, Error> {
    let keys = arguments.iter().map(|argument| match argument {
        KeyArgument::Path(path) => load_public(path),
        KeyArgument::Pem(pem) => PublicKey::from_pem(pem)
            .map_err(|error| KeyFileError::Key { path: PathBuf::from("public_key"), error }),
    });
    Ok(keys.collect::<Result<Vec<_>, _>>()?)
}

/// The bytes of a passphrase, wiped when dropped; the caller's own cannot be.
pub(crate) struct Secret(Zeroizing<Vec<u8>>);

impl<'a, 'py> FromPyObject<'a, 'py> for Secret {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(Zeroizing::new(object.cast::<PyBytes>()?.as_bytes().to_owned())))
    }
}

fn passphrase(secret: Option<Secret>) -> Result<Option<Passphrase>, Error> {
    Ok(secret.map(|mut secret| Passphrase::new(std::mem::take(&mut *secret.0))).transpose()?)
}

/// Reads a private key and unlocks it; what is weak about its file goes into the log.
pub(crate) fn unlock(py: Python<'_>, path: &Path, passphrase: Option<Secret>) -> PyResult<PrivateKey> {
    let raise = |error: Error| error.raise(py);
    let passphrase = self::passphrase(passphrase).map_err(raise)?;
    let file = PrivateKeyFile::read(path).map_err(|error| raise(error.into()))?;
    let shown = EscapedPath(path);
    if let (true, Some(mode)) = (file.permissions().open_to_group(), file.permissions().mode()) {
        warn(
            py,
            &format!("private key `{shown}` is open to its group (mode {mode:04o}); chmod 600 repairs it"),
        )?;
    }
    if let Protection::Passphrase { kdf, weak: true, .. } = file.protection() {
        warn(
            py,
            &format!(
                "private key `{shown}` is weakly protected ({kdf}); `weightseal key change-passphrase` upgrades it"
            ),
        )?;
    }
    // Deriving a key from a passphrase takes a good part of a second.
    py.detach(|| file.unlock(passphrase.as_ref())).map_err(|error| raise(error.into()))
}

fn warn(py: Python<'_>, message: &str) -> PyResult<()> {
    py.import("weightseal._log")?.getattr("warning")?.call1((message,))?;
    Ok(())
}

/// Writes a key pair and returns its key id.
#[pyfunction]
pub(crate) fn generate_key_pair(
    private: PathBuf,
    public: PathBuf,
    passphrase: Option<Secret>,
    algorithm: &str,
    overwrite: bool,
    py: Python<'_>,
) -> PyResult<String> {
    let raise = |error: Error| error.raise(py);
    let spec: KeySpec = algorithm.parse().map_err(|_| {
        let known: Vec<&str> = KeySpec::ALL.iter().map(|spec| spec.name()).collect();
        raise(Error::usage(format!("algorithm `{}` is none of {}", Escaped(algorithm), known.join(", "))))
    })?;
    let passphrase = self::passphrase(passphrase).map_err(raise)?;
    let files = KeyPairFiles { private, public };
    if !overwrite {
        files.ensure_free().map_err(|error| raise(error.into()))?;
    }
    let generated = watch::run(py, None, |observer| -> Result<String, Error> {
        let key = PrivateKey::generate(spec)?;
        // Generating cannot be stopped; but whoever gave up meanwhile wants no files.
        if observer.cancelled() {
            return Err(HashError::Cancelled.into());
        }
        match overwrite {
            true => files.overwrite(&key, passphrase.as_ref())?,
            false => files.write(&key, passphrase.as_ref())?,
        }
        Ok(key.public().id().to_string())
    })?;
    generated.map_err(raise)
}
