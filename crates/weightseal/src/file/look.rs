//! What is at a path, and what is in a folder; where the disk does not say, neither do we.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use super::{FileError, or_here};

/// Whether anything has this path, a broken link included.
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether a folder is at this path, links followed. Where the system does not say, neither do we: half an answer could
/// make a folder sign as a file.
///
/// # Errors
/// A [`FileError`], but not where nothing is there.
pub fn is_folder(path: &Path) -> Result<bool, FileError> {
    match or_here(path).metadata() {
        Ok(metadata) => Ok(metadata.is_dir()),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(error) => Err(FileError::read(path, error)),
    }
}

/// Whether anything has this path, a broken link included. Unlike [`exists`] it does not take a disk that fails for an
/// answer: where a signature or a state cannot be looked at, it is not missing.
///
/// # Errors
/// A [`FileError`], but not where nothing is or can be there.
pub fn is_there(path: &Path) -> Result<bool, FileError> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename => {
                Ok(false)
            }
            _ => Err(FileError::read(path, error)),
        },
    }
}

/// What tells one state of a path from another without reading anything: where the file lies, its size, its times; all
/// zeros where nothing is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp([i128; 5]);

impl Stamp {
    /// The stamp of what is at a path; `None` for a link, and where the system does not say.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let it = match path.symlink_metadata() {
                Ok(it) if it.is_symlink() => return None,
                Ok(it) => it,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(Self([0; 5])),
                Err(_) => return None,
            };
            let time = |seconds: i64, nanos: i64| i128::from(seconds) << 64 | i128::from(nanos);
            let times = [time(it.mtime(), it.mtime_nsec()), time(it.ctime(), it.ctime_nsec())];
            let [written, changed] = times;
            Some(Self([it.dev().into(), it.ino().into(), it.size().into(), written, changed]))
        }
        #[cfg(not(unix))]
        {
            let _ = path;
            None
        }
    }
}

/// The paths of a folder's entries whose names are wanted, sorted.
///
/// # Errors
/// A [`FileError`]; [`FileError::TooManyEntries`] rather than an answer from a part of them.
pub fn entries(
    folder: &Path,
    most: usize,
    wanted: &dyn Fn(&OsStr) -> bool,
) -> Result<Vec<PathBuf>, FileError> {
    let failed = |error| FileError::read(folder, error);
    let mut paths = Vec::new();
    for (count, name) in names_in(folder).map_err(failed)?.enumerate() {
        if count >= most {
            return Err(FileError::TooManyEntries { path: folder.to_owned(), limit: most });
        }
        let name = name.map_err(failed)?;
        if wanted(&name) {
            paths.push(folder.join(name));
        }
    }
    paths.sort();
    Ok(paths)
}

/// The names in a folder. The standard library panics where closing the folder fails, so that it is not asked.
#[cfg(unix)]
fn names_in(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<OsString>>> {
    use std::os::unix::ffi::OsStringExt as _;
    let handle = super::beneath::openat_again(rustix::fs::CWD, folder, super::beneath::LIST)?;
    let names = rustix::io::retry_on_intr(|| rustix::fs::Dir::read_from(&handle))?
        .map(|entry| Ok(entry?.file_name().to_bytes().to_owned()));
    let is_own = |name: &Vec<u8>| name != b"." && name != b"..";
    Ok(names.filter(move |name| name.as_ref().map_or(true, is_own)).map(|name| name.map(OsString::from_vec)))
}

#[cfg(not(unix))]
fn names_in(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<OsString>>> {
    Ok(folder.read_dir()?.map(|entry| Ok(entry?.file_name())))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_be_there_is_not_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("file"), "x").expect("written");
        std::os::unix::fs::symlink("loop", path("loop")).expect("linked");
        for (name, there, is_a_folder) in
            [("file", true, false), ("none", false, false), ("file/below", false, false), (".", true, true)]
        {
            assert_eq!(is_there(&path(name)).expect("known"), there, "{name}");
            assert_eq!(is_folder(&path(name)).expect("known"), is_a_folder, "{name}");
        }
        assert!(is_there(&path("loop")).expect("known"));
        assert!(!is_there(&path(&"n".repeat(300))).expect("known"));
        // The system cannot say what is behind it: that is no answer, and not the answer no.
        assert!(is_there(&path("loop/below")).is_err() && is_folder(&path("loop")).is_err());
    }
}
