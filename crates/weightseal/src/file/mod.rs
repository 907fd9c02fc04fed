//! The only door to the file system: opening what may be hostile, and writing so that nothing is lost.
//!
//! Everything here follows POSIX.1-2017; what only Linux has stands in one place each (`write.rs`).

mod error;
mod open;
mod write;

pub use error::{FileError, Kind};
pub use open::{
    Links, OpenedFile, Permissions, exists, folder_of, is_same, or_here, place_below, read_bounded, resolve,
    size_of,
};
pub use write::{Replace, Staged, remove_quietly};
