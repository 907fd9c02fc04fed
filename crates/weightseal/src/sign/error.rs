//! Why nothing was signed.

use std::path::PathBuf;

use crate::file::FileError;
use crate::format::Fault;
use crate::hash::HashError;
use crate::key::{KeyError, KeyId};
use crate::listing::UnsafeName;
use crate::text::{Escaped, EscapedPath};
use crate::trust::CertificateRefusal;

/// Why nothing was signed. What was there before is untouched.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A model could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The key failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A model's name can stand in no manifest.
    #[error("the name {0}")]
    Name(#[from] UnsafeName),
    /// Something to be signed is not acceptable.
    #[error("{what} `{}` {problem}", Escaped(.value))]
    Claim {
        /// What it is: `signer`, `annotation`.
        what: &'static str,
        /// Its text.
        value: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The manifest's name is taken by another model's manifest.
    #[error("`{}` is {}", EscapedPath(.path), owner(.of.as_deref()))]
    AnotherModels {
        /// The manifest.
        path: PathBuf,
        /// The model it is of; `None` for a set of files.
        of: Option<String>,
        /// A name that is free for this purpose.
        propose: Option<PathBuf>,
    },
    /// The other name that verification looks for is taken by a manifest of this model, or by a damaged one.
    #[error("`{}` would be a second manifest beside `{}`, and verification would choose neither", EscapedPath(.path), EscapedPath(.other))]
    SecondManifest {
        /// The manifest to be written.
        path: PathBuf,
        /// The one that is there.
        other: PathBuf,
    },
    /// The manifest's name is taken by something else.
    #[error("`{}` is taken by something that must not be replaced", EscapedPath(.path))]
    NotReplaceable {
        /// The file.
        path: PathBuf,
    },
    /// A file of a bundle does not lie below the folder that its names are relative to.
    #[error("`{}` does not lie below `{}`", EscapedPath(.path), EscapedPath(.base))]
    OutsideBase {
        /// The file.
        path: PathBuf,
        /// The folder.
        base: PathBuf,
    },
    /// A file was given twice.
    #[error("`{}` was given twice", Escaped(.name))]
    Duplicate {
        /// The file.
        name: String,
    },
    /// The bundle manifest would list itself.
    #[error("`{}` is the bundle manifest itself", EscapedPath(.path))]
    SignsItself {
        /// The bundle manifest.
        path: PathBuf,
    },
    /// No file, or more than a bundle manifest may list.
    #[error("{count} files, where 1 to {limit} can be signed in one bundle manifest")]
    Count {
        /// How many were given.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A signature was to be written into its model under a name that loaders may read.
    #[error("`{}` lies in the model, and is not called like a signature", EscapedPath(.path))]
    OutputInModel {
        /// The file.
        path: PathBuf,
    },
    /// There is no file to sign.
    #[error("`{}` has no file to sign", EscapedPath(.model))]
    Empty {
        /// The folder.
        model: PathBuf,
    },
    /// An empty file, which no shard would cover.
    #[error("`{}` is empty, and a signature by shards does not cover empty files", Escaped(.name))]
    Uncovered {
        /// The file.
        name: String,
    },
    /// Two names that are one on some file systems.
    #[error("`{}` and `{}` are one name on file systems that do not tell them apart", Escaped(.one), Escaped(.other))]
    Collision {
        /// One of them.
        one: String,
        /// The other.
        other: String,
    },
    /// Something in the folder cannot be read.
    #[error("{0}")]
    Unreadable(String, &'static str),
    /// A certificate was to be used, and there is none.
    #[error("no certificate was given to sign with")]
    NoCertificate,
    /// A certificate that verification would refuse.
    #[error(transparent)]
    Certificate(Box<CertificateRefusal>),
    /// The certificate is of another key.
    #[error("the certificate is of key {}, and the private key is {}", .certificate.short(), .key.short())]
    CertificateOfAnotherKey {
        /// The key to sign with.
        key: KeyId,
        /// The key in the certificate.
        certificate: KeyId,
    },
    /// A manifest to be saved is one that verification would refuse.
    #[error("the manifest cannot be saved: {0}")]
    Malformed(#[source] Fault),
    /// The signature file would have more of something than verification reads (docs/spec/manifest.md, 12).
    #[error("the signature file would have more than {limit} {what}")]
    TooMuch {
        /// How many it may have.
        limit: u64,
        /// Of what.
        what: &'static str,
    },
    /// What was written does not verify: a fault of this program or of the machine.
    #[error("the signature file does not verify after writing: {}", .fault.as_ref().map_or_else(|| "it reads back differently".to_owned(), ToString::to_string))]
    SelfCheck {
        /// What the check found.
        fault: Option<Fault>,
    },
}

impl SignError {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Hash(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::Name(_) => "unsafe-name",
            Self::Claim { .. } | Self::Duplicate { .. } | Self::Count { .. } | Self::SignsItself { .. } => {
                "usage"
            }
            Self::Empty { .. } => "empty-model",
            Self::Uncovered { .. } => "uncovered-file",
            Self::Collision { .. } => "colliding-names",
            Self::Unreadable(_, code) => code,
            Self::NoCertificate | Self::OutputInModel { .. } => "usage",
            Self::Certificate(refusal) => refusal.code(),
            Self::CertificateOfAnotherKey { .. } => "certificate-of-another-key",
            Self::AnotherModels { .. } => "manifest-of-another-model",
            Self::NotReplaceable { .. } => "not-replaceable",
            Self::SecondManifest { .. } => "second-manifest",
            Self::OutsideBase { .. } => "outside-base",
            Self::Malformed(fault) => fault.code(),
            Self::TooMuch { .. } => "too-large",
            Self::SelfCheck { .. } => "self-check",
        }
    }

    /// One line of advice, where there is any.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::File(error) => return error.hint(),
            Self::Hash(error) => return error.hint(),
            Self::Name(_) => "rename the file".to_owned(),
            Self::AnotherModels { propose: Some(path), .. } => {
                format!("write to another name, which verification finds too: --output {}", EscapedPath(path))
            }
            Self::AnotherModels { propose: None, .. } => "write to another name".to_owned(),
            Self::SecondManifest { .. } => "remove one of the two, then sign again".to_owned(),
            Self::NotReplaceable { .. } => "move it away, or write to another name".to_owned(),
            Self::OutsideBase { .. } => "name a folder above all files with --base".to_owned(),
            Self::Count { .. } => "sign larger sets in several bundles".to_owned(),
            Self::TooMuch { .. } => {
                "sign larger sets in several bundles, or as a folder; shorten names and annotations".to_owned()
            }
            Self::SelfCheck { .. } => {
                "nothing was put in place; check this machine's memory and disk, and report it if it happens again".to_owned()
            }
            Self::Malformed(Fault::NotASignature { .. }) => "save what signing returned, unchanged".to_owned(),
            Self::Malformed(_) => {
                "nothing can be added or changed once a manifest is signed; say it when signing, as an annotation"
                    .to_owned()
            }
            Self::Empty { .. } => "name a folder with files in it; what is left out does not count".to_owned(),
            Self::Uncovered { .. } => "sign whole files: leave out --shard-size".to_owned(),
            Self::Collision { .. } => "rename one of the two".to_owned(),
            Self::OutputInModel { .. } => "call it NAME.sig, or write it beside the model".to_owned(),
            Self::Certificate(_) => {
                "sign with a certificate that verification accepts: valid now, no authority, key usage \
                 digitalSignature, extended key usage codeSigning"
                    .to_owned()
            }
            Self::CertificateOfAnotherKey { .. } => {
                "give the private key that the certificate was issued for".to_owned()
            }
            Self::Unreadable(..) | Self::NoCertificate => return None,
            Self::Key(_) | Self::Claim { .. } | Self::Duplicate { .. } | Self::SignsItself { .. } => return None,
        })
    }
}

fn owner(of: Option<&str>) -> String {
    of.map_or_else(
        || "the bundle manifest of a set of files".to_owned(),
        |of| format!("the signature of `{}`", Escaped(of)),
    )
}
