//! Why two sides were not compared.

use std::path::PathBuf;

use crate::file::FileError;
use crate::format::Fault;
use crate::hash::{Cut, Plan};
use crate::sign::SignError;
use crate::text::EscapedPath;

/// Why two sides were not compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// A side cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A signature file is damaged, or shows something else than it has under signature.
    #[error("`{}`: {fault}", EscapedPath(.path))]
    Signature {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: Fault,
    },
    /// A model cannot be listed or hashed.
    #[error(transparent)]
    Model(#[from] SignError),
    /// Two signatures whose digests were made in different ways.
    #[error("one signature has digests of {}, the other of {}", plan_text(.old), plan_text(.new))]
    Incomparable {
        /// How the files of the first signature were hashed.
        old: Plan,
        /// How those of the second were.
        new: Plan,
    },
}

impl DiffError {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Signature { fault, .. } => fault.code(),
            Self::Model(error) => error.code(),
            Self::Incomparable { .. } => "incomparable",
        }
    }

    /// One line of advice, where there is any.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Signature { fault, .. } => fault.hint(),
            Self::Model(error) => error.hint(),
            Self::Incomparable { .. } => Some(
                "compare each of them with the model: its files are hashed as the signature says".to_owned(),
            ),
        }
    }
}

fn plan_text(plan: &Plan) -> String {
    match plan.cut {
        Cut::Shards(size) => format!("shards of {size} bytes ({})", plan.algorithm),
        Cut::Whole | Cut::Chunks | Cut::WholeAndChunks => format!("whole files ({})", plan.algorithm),
    }
}
