//! What can go wrong with a file, told apart.

use std::io;
use std::path::{Path, PathBuf};

use crate::text::EscapedPath;

/// What a path turned out to be, where a regular file is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Directory,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character or block device.
    Device,
    /// Something else that is not a regular file.
    Other,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Directory => "a folder",
            Self::Fifo => "a named pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::Other => "not a file",
        })
    }
}

/// Why a file could not be read or written. None of these says anything about a signature.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Nothing has this path.
    #[error("`{}` does not exist", EscapedPath(.path))]
    NotFound {
        /// The path as given.
        path: PathBuf,
    },
    /// A symbolic link that leads nowhere or in a circle.
    #[error("`{}` is a symbolic link that leads {}", EscapedPath(.path), if *.looping { "in a circle" } else { "nowhere" })]
    BrokenLink {
        /// The path as given.
        path: PathBuf,
        /// In a circle rather than nowhere.
        looping: bool,
    },
    /// A symbolic link where the file itself is needed.
    #[error("`{}` is a symbolic link to `{}`", EscapedPath(.path), EscapedPath(.target))]
    Symlink {
        /// The path as given.
        path: PathBuf,
        /// What the link says.
        target: PathBuf,
    },
    /// Something that is not a regular file.
    #[error("`{}` is {kind}, not a regular file", EscapedPath(.path))]
    NotRegular {
        /// The path as given.
        path: PathBuf,
        /// What it is.
        kind: Kind,
    },
    /// The operating system refuses the access.
    #[error("no permission to {action} `{}`", EscapedPath(.path))]
    PermissionDenied {
        /// The path as given.
        path: PathBuf,
        /// `read`, `write` or the like.
        action: &'static str,
    },
    /// More bytes than this kind of file may have.
    #[error("`{}` has {size} bytes, more than the {limit} that are read", EscapedPath(.path))]
    TooLarge {
        /// The path as given.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A folder with more entries than are looked through.
    #[error("`{}` has more than {limit} entries", EscapedPath(.path))]
    TooManyEntries {
        /// The path as given.
        path: PathBuf,
        /// The limit.
        limit: usize,
    },
    /// The file was not the same at the end of reading as at its beginning.
    #[error("`{}` changed while it was read", EscapedPath(.path))]
    Changed {
        /// The path as given.
        path: PathBuf,
    },
    /// Reading failed.
    #[error("cannot read `{}`", EscapedPath(.path))]
    Read {
        /// The path as given.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// Reading failed in the middle of the file.
    #[error("cannot read `{}` at byte {offset}", EscapedPath(.path))]
    ReadAt {
        /// The path as given.
        path: PathBuf,
        /// Where, in bytes from the beginning.
        offset: u64,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// Writing failed: disk full, quota, read-only file system, input/output error.
    #[error("cannot write `{}`", EscapedPath(.path))]
    Write {
        /// The path of the file that was to be written.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The verified copy that a loader gets could not be made: memory or disk full.
    #[error("cannot keep a private copy of `{}`", EscapedPath(.path))]
    Keep {
        /// The name of the file that was to be copied.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// Private copies were to be made in a folder where others could replace them.
    #[error("`{}` belongs to others or can be written by them (owner {owner}, mode {mode:04o}): no private folder can be made below it", EscapedPath(.path))]
    SharedFolder {
        /// The folder, or one above it.
        path: PathBuf,
        /// Its mode bits (POSIX).
        mode: u32,
        /// Its owner's number.
        owner: u32,
    },
    /// A file that decides about trust could have been changed by others.
    #[error("`{}` {who}, so that others decide who is trusted", EscapedPath(.path))]
    WritableByOthers {
        /// The file, or a folder or link on the way to it.
        path: PathBuf,
        /// By whom.
        who: &'static str,
    },
    /// Sealed memory was asked for, and this system has none.
    #[error("this system has no sealed memory to keep `{}` in", EscapedPath(.path))]
    NoSealedMemory {
        /// The name of the file that was to be copied.
        path: PathBuf,
    },
    /// The file exists and must not be overwritten.
    #[error("`{}` already exists", EscapedPath(.path))]
    Exists {
        /// The path of the file that was to be written.
        path: PathBuf,
    },
    /// Another process is writing the same file at this moment.
    #[error("another process is writing `{}`", EscapedPath(.path))]
    Busy {
        /// The path of the file that was to be written.
        path: PathBuf,
    },
}

impl FileError {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not-found",
            Self::BrokenLink { .. } => "broken-symlink",
            Self::Symlink { .. } => "symlink",
            Self::NotRegular { .. } => "not-a-regular-file",
            Self::PermissionDenied { .. } => "permission-denied",
            Self::TooLarge { .. } | Self::TooManyEntries { .. } => "too-large",
            Self::Changed { .. } => "changed-while-reading",
            Self::Read { .. } | Self::ReadAt { .. } => "unreadable",
            Self::Write { .. } | Self::Keep { .. } => "unwritable-output",
            Self::SharedFolder { .. } => "shared-folder",
            Self::WritableByOthers { .. } => "writable-by-others",
            Self::NoSealedMemory { .. } => "no-sealed-memory",
            Self::Exists { .. } => "already-exists",
            Self::Busy { .. } => "busy",
        }
    }

    /// One line of advice, where there is any.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Symlink { .. } => {
                "links are not followed here; put what it leads to in its place, or name that".to_owned()
            }
            Self::Changed { .. } => {
                "something writes to this file; try again when the writer is done, or work on a copy"
                    .to_owned()
            }
            Self::NotRegular { kind: Kind::Directory, .. } => "name one file inside the folder".to_owned(),
            Self::PermissionDenied { action: "write", .. } => {
                "make the folder writable, or write somewhere else".to_owned()
            }
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space; what was there before is untouched".to_owned()
            }
            Self::Busy { .. } => "wait until it is done, then try again".to_owned(),
            Self::Keep { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space, or keep the copy elsewhere: in memory, or on another disk".to_owned()
            }
            Self::TooManyEntries { .. } => {
                "take away what does not belong to the model".to_owned()
            }
            Self::SharedFolder { .. } => {
                "name a folder of your own, in folders of your own or root's, as the one for temporary files (TMPDIR)"
                    .to_owned()
            }
            Self::WritableByOthers { who: "belongs to another user", path } => {
                format!("make it your own or root's: chown \"$USER\" {}", EscapedPath(path))
            }
            Self::WritableByOthers { path, .. } => {
                format!("look whether it is as it should be, then: chmod go-w {}", EscapedPath(path))
            }
            Self::NoSealedMemory { .. } => "keep the copy on disk".to_owned(),
            _ => return None,
        })
    }

    /// The path it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::NotFound { path }
            | Self::BrokenLink { path, .. }
            | Self::Symlink { path, .. }
            | Self::NotRegular { path, .. }
            | Self::PermissionDenied { path, .. }
            | Self::TooLarge { path, .. }
            | Self::TooManyEntries { path, .. }
            | Self::Changed { path }
            | Self::Read { path, .. }
            | Self::ReadAt { path, .. }
            | Self::Write { path, .. }
            | Self::Keep { path, .. }
            | Self::SharedFolder { path, .. }
            | Self::WritableByOthers { path, .. }
            | Self::NoSealedMemory { path }
            | Self::Exists { path }
            | Self::Busy { path } => path,
        }
    }

    /// A link at `path`, called `shown` in messages.
    pub(super) fn symlink(path: &Path, shown: &Path) -> Self {
        Self::Symlink { path: shown.to_owned(), target: path.read_link().unwrap_or_default() }
    }

    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NotFound { path },
            io::ErrorKind::PermissionDenied => Self::PermissionDenied { path, action: "read" },
            _ => Self::Read { path, source },
        }
    }

    pub(super) fn read_at(path: &Path, offset: u64, source: io::Error) -> Self {
        Self::ReadAt { path: path.to_owned(), offset, source }
    }

    pub(super) fn keep(name: &Path, source: io::Error) -> Self {
        Self::Keep { path: name.to_owned(), source }
    }

    pub(crate) fn write(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied => Self::PermissionDenied { path, action: "write" },
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            _ => Self::Write { path, source },
        }
    }
}
