//! What can be wrong with a signature file, told apart. Each of these rejects.

use crate::envelope::{Container, OmsFault, StatementError};
use crate::json::{FieldError, JsonError};
use crate::key::{KeyId, Mistake};
use crate::listing::UnsafeName;
use crate::text::Escaped;

/// Which of the two signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covered {
    /// The one over the hex digest (the field `signature`).
    HexDigest,
    /// The one over the statement (the field `envelope`).
    Statement,
}

/// Why a signature file is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No strict JSON.
    #[error("the signature file {0}")]
    Json(#[from] JsonError),
    /// A field of the manifest is wrong.
    #[error("in the manifest, {0}")]
    Field(#[from] FieldError),
    /// A name leads elsewhere.
    #[error("the name {0}")]
    Name(#[from] UnsafeName),
    /// The signed statement is wrong, though it may be properly signed.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A field of an OMS signature is wrong.
    #[error("in the Sigstore bundle, {0}")]
    Bundle(#[source] FieldError),
    /// A Sigstore bundle of another version or kind.
    #[error("the bundle is of the media type `{}`, not a Sigstore bundle v0.3", Escaped(.found))]
    MediaType {
        /// What it says.
        found: String,
    },
    /// An envelope around something else than a statement.
    #[error("the envelope holds `{}`, not an in-toto statement", Escaped(.found))]
    PayloadType {
        /// What it says.
        found: String,
    },
    /// Not exactly one signature in a Sigstore bundle.
    #[error("the bundle has {count} signatures, where exactly 1 is allowed")]
    SignatureCount {
        /// How many there are.
        count: usize,
    },
    /// The signed statement of an OMS signature is wrong, though it may be properly signed.
    #[error(transparent)]
    Oms(#[from] OmsFault),
    /// A signature of a form that is read only where the caller says so.
    #[error("the signature has the form of version 0.2.0, which the specification of today does not allow")]
    Legacy,
    /// The statement names another key than the one that signed.
    #[error("the signed statement names key {}, but key {} signed it", .stated.short(), .key.short())]
    WrongKeyId {
        /// The key that the statement names.
        stated: KeyId,
        /// The key that the signature fits.
        key: KeyId,
    },
    /// Another format.
    #[error("no signature file, but {looks_like}")]
    NotASignature {
        /// What it looks like.
        looks_like: &'static str,
    },
    /// A statement made for another kind of signature file.
    #[error("the signed statement was made for a {}, not for a {}", .found.name(), .expected.name())]
    WrongContainer {
        /// The kind of file it stands in.
        expected: Container,
        /// The kind it was signed for.
        found: Container,
    },
    /// A signature does not fit.
    #[error("{}", invalid_signature(*.covered, .key, .artifact.as_deref()))]
    InvalidSignature {
        /// Which one.
        covered: Covered,
        /// The key it was held against.
        key: KeyId,
        /// The file of a bundle that it belongs to.
        artifact: Option<String>,
        /// How it was made, when that was found out.
        mistake: Option<Mistake>,
    },
    /// `algorithm` or `key_size` contradict the key.
    #[error("the manifest's `{}` is `{}`, but the key's is `{expected}`", Escaped(.field), Escaped(.found))]
    KeyMismatch {
        /// The field.
        field: String,
        /// What the key has.
        expected: String,
        /// What the manifest says.
        found: String,
    },
    /// A visible field differs from what was signed.
    #[error("the field `{}` is {}, where the signature says {}", Escaped(.field), shown(.found.as_deref()), shown(.signed.as_deref()))]
    FieldMismatch {
        /// The field.
        field: String,
        /// What was signed; `None` if nothing.
        signed: Option<String>,
        /// What the manifest shows; `None` if nothing.
        found: Option<String>,
    },
    /// A file of the signed set is not in the bundle.
    #[error("`{}` belongs to the signed set, but its entry was removed", Escaped(.name))]
    EntryRemoved {
        /// The file.
        name: String,
    },
    /// A file in the bundle is not part of the signed set.
    #[error("`{}` does not belong to the signed set, but has an entry", Escaped(.name))]
    EntryAdded {
        /// The file.
        name: String,
    },
    /// A file is listed twice.
    #[error("`{}` is listed twice", Escaped(.name))]
    DuplicateEntry {
        /// The file.
        name: String,
    },
    /// `artifact_count` is not the number of entries.
    #[error("`artifact_count` is {found}, but there are {expected} entries")]
    WrongCount {
        /// The number of entries.
        expected: u64,
        /// What the field says.
        found: u64,
    },
}

impl Fault {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "malformed-json",
            Self::Field(_) => "malformed-manifest",
            Self::Name(_) | Self::Statement(StatementError::Name(_)) => "unsafe-name",
            Self::Statement(_) => "malformed-statement",
            Self::Bundle(_) => "malformed-bundle",
            Self::MediaType { .. } => "unsupported-media-type",
            Self::PayloadType { .. } => "unsupported-payload-type",
            Self::SignatureCount { .. } => "signature-count",
            Self::Oms(fault) => fault.code(),
            Self::Legacy => "legacy-signature",
            Self::NotASignature { .. } => "unsupported-format",
            Self::WrongContainer { .. } => "wrong-container",
            Self::InvalidSignature { .. } => "invalid-signature",
            Self::KeyMismatch { .. } | Self::WrongKeyId { .. } => "key-mismatch",
            Self::FieldMismatch { .. } => "field-mismatch",
            Self::EntryRemoved { .. } => "entry-removed",
            Self::EntryAdded { .. } => "entry-added",
            Self::DuplicateEntry { .. } => "duplicate-entry",
            Self::WrongCount { .. } => "wrong-count",
        }
    }

    /// One line of advice, where there is any.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Statement(StatementError::Name(_)) | Self::Name(_) => {
                "no honest tool writes such a name; ask whoever gave you this signature file".to_owned()
            }
            Self::Json(_) | Self::Field(_) | Self::Statement(_) => {
                "fetch the signature file again from where it was published; if it stays so, ask the signer".to_owned()
            }
            Self::NotASignature { .. } => "signature files are manifests (`*.manifest.json`) and OMS signatures (`model.sig`)".to_owned(),
            Self::Bundle(_) | Self::MediaType { .. } | Self::PayloadType { .. } | Self::SignatureCount { .. } => {
                "fetch the signature file again from where it was published; if it stays so, ask the signer".to_owned()
            }
            Self::Oms(fault) => fault.hint().to_owned(),
            Self::Legacy => "ask the signer to sign again with a tool of today".to_owned(),
            Self::WrongKeyId { .. } => {
                "somebody re-signed a statement that was made with another key: ask the signer".to_owned()
            }
            Self::InvalidSignature { mistake: Some(mistake), .. } => format!(
                "it was made as {mistake}; the signer has to sign again with RSA-PSS (MGF1-SHA256, salt of maximum \
                 or digest length) over the 64 hex digits"
            ),
            Self::InvalidSignature { mistake: None, .. } => {
                "either another key signed, or the signature file was changed after signing: ask the signer for both".to_owned()
            }
            Self::KeyMismatch { field, found, .. } if field.ends_with("key_size") && found == "4096" => {
                "some signing scripts write 4096 whatever the key: sign again, or have the signer correct `key_size`".to_owned()
            }
            Self::KeyMismatch { .. } => "the manifest belongs to another key, or was edited: ask the signer".to_owned(),
            Self::FieldMismatch { .. } => "somebody edited the manifest after signing; `weightseal inspect` shows what was signed".to_owned(),
            Self::EntryRemoved { .. } | Self::EntryAdded { .. } | Self::DuplicateEntry { .. } | Self::WrongCount { .. } => {
                "somebody changed the set after signing; fetch the bundle manifest again from where it was published".to_owned()
            }
            Self::WrongContainer { expected: Container::File, found: Container::Folder } => {
                "the signature is of the whole folder: verify the folder, with --only for a part of it".to_owned()
            }
            Self::WrongContainer { expected: Container::Folder, found: Container::File } => {
                "the signature is of one file: name that file".to_owned()
            }
            Self::WrongContainer { .. } => {
                "somebody moved a signed statement into another file; fetch the signature file again".to_owned()
            }
        })
    }
}

fn invalid_signature(covered: Covered, key: &KeyId, artifact: Option<&str>) -> String {
    let what = match covered {
        Covered::HexDigest => "signature over the digest",
        Covered::Statement => "signature over the statement",
    };
    let of = artifact.map(|name| format!(" of `{}`", Escaped(name))).unwrap_or_default();
    format!("the {what}{of} does not verify with key {}", key.short())
}

fn shown(text: Option<&str>) -> String {
    text.map_or_else(|| "not there".to_owned(), |text| format!("`{}`", Escaped(text)))
}
