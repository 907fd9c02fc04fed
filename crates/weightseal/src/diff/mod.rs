//! The verb: what differs between two signatures, two models, or a signature and a model. Nothing is verified here: a
//! forged signature is compared as it stands.

mod compare;
mod error;
mod files;
mod metadata;
mod side;
#[cfg(test)]
mod tests;

pub use error::DiffError;
pub use metadata::{Field, MetadataChange};
pub use side::{Side, SideKind};

use std::path::Path;

use crate::envelope::SignedDigests;
use crate::hash::{Engine, Observer, Plan};

use self::files::hash_model;
use self::side::{Content, recognise};

/// What differs between two sides, the old one and the new one.
#[derive(Clone, Debug)]
pub struct Diff {
    /// The first side.
    pub old: Side,
    /// The second side.
    pub new: Side,
    /// How the files of both were hashed.
    pub plan: Plan,
    /// Every file that differs, sorted by name; by the old one where there is one.
    pub changes: Vec<Change>,
    /// How many files are the same under the same name.
    pub unchanged: usize,
    /// What two signatures say differently beside the files; empty where one side is a model.
    pub metadata: Vec<MetadataChange>,
}

impl Diff {
    /// Whether nothing differs.
    pub fn is_equal(&self) -> bool {
        self.changes.is_empty() && self.metadata.is_empty()
    }
}

/// A file that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its content differs. The names differ only where each side is one file.
    Changed {
        /// The file of the first side.
        old: ComparedFile,
        /// The file of the second side.
        new: ComparedFile,
    },
    /// Only the second side has it.
    Added(ComparedFile),
    /// Only the first side has it.
    Removed(ComparedFile),
    /// The same digests under another name.
    Renamed {
        /// The file of the first side.
        old: ComparedFile,
        /// The file of the second side.
        new: ComparedFile,
    },
}

impl Change {
    /// The name that it is sorted by.
    pub fn name(&self) -> &str {
        match self {
            Self::Changed { old, .. } | Self::Renamed { old, .. } => &old.name,
            Self::Added(file) | Self::Removed(file) => &file.name,
        }
    }
}

/// A file of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedFile {
    /// Its name; untrusted text where it comes from a signature.
    pub name: String,
    /// Its digests; none at all of an empty file in shards.
    pub digests: SignedDigests,
    /// Its size in bytes, where that is known.
    pub size: Option<u64>,
}

/// Compares two sides, each a signature file of any kind, a folder or a file. A folder stands for the model in it and
/// not for its `model.sig`, which is left out as `.git` and its like are.
///
/// Two models are hashed with SHA-256, a model beside a signature as that signature says.
///
/// # Errors
/// [`DiffError`].
pub fn diff(old: &Path, new: &Path, engine: Engine, observer: &dyn Observer) -> Result<Diff, DiffError> {
    // Whatever cannot be compared is found out before anything is hashed.
    let (old_content, new_content) = (recognise(old)?, recognise(new)?);
    let plan = match (&old_content, &new_content) {
        (Content::Signature(one), Content::Signature(other)) if one.plan != other.plan => {
            return Err(DiffError::Incomparable { old: one.plan, new: other.plan });
        }
        (Content::Signature(stated), _) | (_, Content::Signature(stated)) => stated.plan,
        (Content::Model(_), Content::Model(_)) => Plan::default(),
    };
    let metadata = match (&old_content, &new_content) {
        (Content::Signature(one), Content::Signature(other)) => {
            metadata::compare(&one.metadata, &other.metadata)
        }
        _ => Vec::new(),
    };
    let (old_listed, new_listed) = match (old_content, new_content) {
        (Content::Signature(one), Content::Signature(other)) => (one.listed, other.listed),
        (Content::Signature(stated), Content::Model(kind)) => {
            let model = hash_model(new, kind, Some((old, &stated)), engine, observer)?;
            (stated.listed, model)
        }
        (Content::Model(kind), Content::Signature(stated)) => {
            let model = hash_model(old, kind, Some((new, &stated)), engine, observer)?;
            (model, stated.listed)
        }
        (Content::Model(one), Content::Model(other)) => {
            (hash_model(old, one, None, engine, observer)?, hash_model(new, other, None, engine, observer)?)
        }
    };
    let (old, new) = (old_listed.side(old), new_listed.side(new));
    let (changes, unchanged) = compare::compare(old_listed, new_listed);
    Ok(Diff { old, new, plan, changes, unchanged, metadata })
}
