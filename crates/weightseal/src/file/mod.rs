//! The only door to the file system: opening what may be hostile, and writing so that nothing is lost.
//!
//! Everything here follows POSIX.1-2017; what only Linux has (renaming without
//! replacing, sealed memory, control groups) stands in one place each: `write.rs`, `held.rs`, `room.rs`.

mod error;
mod held;
mod open;
mod private;
#[cfg(target_os = "linux")]
mod room;
mod write;

pub use error::{FileError, Kind};
pub use held::{Filling, Held, Keep, Keeper};
pub use open::{
    Links, OpenedFile, Permissions, entries, exists, folder_of, is_same, is_same_place, or_here,
    permissions_of, place_below, read_bounded, resolve, size_of,
};
pub use private::PrivateFolder;
pub use write::{Replace, Staged, remove_quietly};
