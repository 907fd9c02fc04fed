//! The only door to the file system: opening what may be hostile, and writing so that nothing is lost.
//!
//! Everything here follows POSIX.1-2017; what only Linux has (renaming without
//! replacing, sealed memory, control groups, `openat2`) stands in one place each: `write.rs`, `held.rs`, `room.rs`,
//! `beneath.rs`.

#[cfg(unix)]
mod beneath;
mod entry;
mod error;
mod held;
mod look;
mod open;
mod private;
mod protected;
#[cfg(target_os = "linux")]
mod room;
#[cfg(unix)]
mod tree;
#[cfg(not(unix))]
#[path = "tree_plain.rs"]
mod tree;
mod write;

pub use entry::{EntryKind, Follow, MAX_TREE, TreeEntry, fingerprint};
pub use error::{FileError, Kind};
pub use held::{Filling, Held, Keep, Keeper};
pub(crate) use look::Stamp;
pub use look::{entries, exists, is_folder, is_there};
pub use open::{
    DIRECT_ALIGNMENT, Links, OpenedFile, Permissions, companion, folder_of, is_same, is_same_place,
    most_open_files, or_here, permissions_of, place_below, read_bounded, read_watched, resolve, size_of,
};
pub use private::PrivateFolder;
pub use protected::{ensure_protected, read_protected};
pub use tree::Tree;
pub use write::{Replace, Staged, place_abandoned, remove_quietly, staged_path};
