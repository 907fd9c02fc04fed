//! What lies in a folder tree: its entries, and which links are followed to find them.

use std::ffi::OsString;
use std::path::Path;

use super::{FileError, Kind};
use crate::digest::{Digest, Hasher};

/// Most entries that are listed, folders included: four times what a signature may name. Bounds memory at about
/// 100 bytes each.
pub const MAX_TREE: usize = 1_000_000;

/// Most bytes of names that are listed: as many entries as are allowed with 128 bytes each. Links can make a few folders
/// look like very many with very long names.
pub(super) const MAX_TREE_BYTES: usize = 128 * MAX_TREE;

/// Which symbolic links are followed below the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Follow {
    /// None.
    #[default]
    Refuse,
    /// Those that stay below the folder.
    Beneath,
    /// Every one. For signing what the caller owns.
    Anywhere,
}

/// Something in the tree that is no folder.
#[derive(Debug)]
pub struct TreeEntry {
    /// Its path from the top, with `/`; as it is, which may be no UTF-8.
    pub name: OsString,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry is.
#[derive(Debug)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A symbolic link to a regular file, followed because the caller said so.
    FollowedLink {
        /// Whether it leads out of the folder.
        outside: bool,
    },
    /// A link of a Hugging Face cache to the file with the bytes, in the same model's `blobs`.
    Blob,
    /// A symbolic link that is not followed.
    Symlink {
        /// What it says.
        target: Box<Path>,
    },
    /// A pipe, socket or device.
    Special(Kind),
    /// A folder or link that cannot be looked into.
    Unreadable(Box<FileError>),
}

impl EntryKind {
    /// Whether there are bytes to hash.
    pub fn is_file(&self) -> bool {
        matches!(self, Self::File | Self::FollowedLink { .. } | Self::Blob)
    }
}

/// A digest over a listing, to see whether it is still the same later.
pub fn fingerprint(entries: &[TreeEntry]) -> Digest {
    let mut hasher = Hasher::new();
    for entry in entries {
        let kind: u8 = match &entry.kind {
            EntryKind::File => 0,
            EntryKind::FollowedLink { .. } => 1,
            EntryKind::Blob => 2,
            EntryKind::Symlink { .. } => 3,
            EntryKind::Special(_) => 4,
            EntryKind::Unreadable(_) => 5,
        };
        hasher.update(&[kind]);
        hasher.update(entry.name.as_encoded_bytes());
        // No name has this byte in it.
        hasher.update(&[0]);
    }
    hasher.finish()
}
