//! Why a file is not a trust store that anything is decided by.

use crate::json::FieldError;
use crate::key::KeyError;
use crate::text::Escaped;
use crate::trust::certificate::CertificateError;
use crate::trust::sigstore::TrustedRootError;

/// Why a file that a store names could not be read, by the word of whoever reads files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unreadable {
    /// What is wrong.
    pub message: String,
    /// The stable code.
    pub code: &'static str,
    /// One line of advice.
    pub hint: Option<String>,
}

/// What is wrong with a trust store. Lines are counted from 1.
#[derive(Debug, thiserror::Error)]
pub enum TrustStoreError {
    /// More bytes than are read.
    #[error("it has {size} bytes, more than the {limit} that are read")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// No TOML.
    #[error("line {line}: {}", Escaped(.what))]
    Syntax {
        /// The line.
        line: usize,
        /// The parser's complaint.
        what: String,
    },
    /// A field is wrong.
    #[error("line {line}: {error}")]
    Field {
        /// The line.
        line: usize,
        /// The field, and what is wrong with it.
        error: FieldError,
    },
    /// A file that the store names cannot be read.
    #[error("line {line}: `{field}`: {error}")]
    File {
        /// The line.
        line: usize,
        /// The field.
        field: String,
        /// What is wrong with the file.
        error: Unreadable,
    },
    /// A public key cannot be used.
    #[error("line {line}: `{field}` is no usable public key: {error}")]
    Key {
        /// The line.
        line: usize,
        /// The field.
        field: String,
        /// What is wrong with the key.
        error: KeyError,
    },
    /// A certificate cannot be used.
    #[error("line {line}: `{field}`: {error}")]
    Certificate {
        /// The line.
        line: usize,
        /// The field.
        field: String,
        /// What is wrong with the certificate.
        error: CertificateError,
    },
    /// A Sigstore trusted root cannot be used.
    #[error("line {line}: `{field}`: {error}")]
    TrustedRoot {
        /// The line.
        line: usize,
        /// The field.
        field: String,
        /// What is wrong with it.
        error: TrustedRootError,
    },
    /// One key stands there twice.
    #[error("line {line}: this key of `{}` is already a key of `{}`", Escaped(.signer), Escaped(.first))]
    SameKey {
        /// The line.
        line: usize,
        /// Whose key it is the second time.
        signer: String,
        /// Whose key it is the first time.
        first: String,
    },
}

impl TrustStoreError {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { error: error @ Unreadable { code: "writable-by-others", .. }, .. } => error.code,
            _ => "malformed-trust-store",
        }
    }

    /// One line of advice, where there is any.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File { error, .. } => error.hint.clone(),
            Self::SameKey { .. } => {
                Some("one key belongs to one signer: otherwise nobody could say who signed".to_owned())
            }
            _ => Some(
                "nothing is verified with a store that is not sound; docs/spec/trust.md is its page"
                    .to_owned(),
            ),
        }
    }
}
