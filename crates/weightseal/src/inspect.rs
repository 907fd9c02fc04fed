//! Explaining a file to a person: any manifest, bundle manifest, key or certificate. Nothing is verified here.

use std::path::Path;

use crate::file::{FileError, Links, Permissions, read_watched};
use crate::format::{Fault, Limits, MAX_SIGNATURE_FILE, SignatureFile, may_become_a_signature};
use crate::key::{KeyDocument, KeyError, KeyFileError};

/// What a file is.
#[derive(Debug)]
pub enum Inspection {
    /// A signature file, and the bytes of one whose method is Sigstore: of others the file says all there is.
    Signature(SignatureFile, Vec<u8>),
    /// A key or a certificate, with who may read the file.
    Key(KeyDocument, Permissions),
}

/// Why a file cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is no signature file.
    #[error(transparent)]
    Signature(#[from] Fault),
    /// It is no key that we read.
    #[error(transparent)]
    Key(#[from] KeyFileError),
}

impl InspectError {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Signature(fault) => fault.code(),
            Self::Key(error) => error.code(),
        }
    }

    /// One line of advice, where there is any.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Signature(fault) => fault.hint(),
            Self::Key(error) => error.hint(),
        }
    }
}

const NEITHER: &str = "something that is neither JSON nor PEM";

/// Reads a file and says what it is.
///
/// # Errors
/// [`InspectError`].
pub fn inspect(path: &Path) -> Result<Inspection, InspectError> {
    let mut seems_right = may_become_a_signature();
    // Other kinds of files are looked at as a whole.
    let mut is_json = false;
    let mut watch = |offset: u64, block: &[u8]| {
        if offset == 0 {
            // White space alone can become JSON yet.
            is_json = looks_like_json(block) || block.trim_ascii_start().is_empty();
        }
        !is_json || seems_right(offset, block)
    };
    let (bytes, permissions) = read_watched(path, Links::Follow, MAX_SIGNATURE_FILE, &mut watch)?;
    let mut bytes = zeroize::Zeroizing::new(bytes);
    // Neither is a key, so nothing has to be overwritten, which would touch all the room that was set aside.
    if bytes.trim_ascii_start().is_empty() {
        drop(std::mem::take(&mut *bytes));
        return Err(Fault::NotASignature { looks_like: NEITHER }.into());
    }
    if looks_like_json(&bytes) {
        let bytes = std::mem::take(&mut *bytes);
        let (file, bytes) = SignatureFile::parse_owned(bytes, Limits::default())?;
        return Ok(Inspection::Signature(file, bytes));
    }
    match KeyDocument::from_pem(&bytes) {
        Ok(key) => Ok(Inspection::Key(key, permissions)),
        Err(KeyError::NotPem) => Err(Fault::NotASignature { looks_like: NEITHER }.into()),
        Err(error) => Err(KeyFileError::Key { path: path.to_owned(), error }.into()),
    }
}

/// A file of another kind (a model, a key in DER) is better called that than a damaged signature file.
fn looks_like_json(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[' | 0xef | 0xfe | 0xff))
}
