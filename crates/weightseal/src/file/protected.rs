//! Files that decide about trust: read only if nobody else can have changed them (docs/spec/trust.md, section 1).
//!
//! The way to the file is walked component by component, through every symbolic link: whoever could rename something
//! on the way could put another file there.

use std::path::Path;

use super::{FileError, Links, read_bounded};

/// Reads a file that nobody else can write, neither itself nor any folder or link on the way to it. Symbolic links are
/// followed. On systems without POSIX permissions nothing is asked.
///
/// # Errors
/// [`FileError::WritableByOthers`], and any other [`FileError`].
pub fn read_protected(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let (bytes, _) = read_bounded(path, Links::Follow, limit)?;
    // Afterwards: whatever could have been swapped before is still seen to be open to that.
    ensure_protected(path)?;
    Ok(bytes)
}

/// Makes sure that nobody else can write this file or folder, or put something else into its place.
///
/// # Errors
/// [`FileError::WritableByOthers`], and any other [`FileError`].
pub fn ensure_protected(path: &Path) -> Result<(), FileError> {
    #[cfg(unix)]
    return unix::walk(path);
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsString;
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Component, Path, PathBuf};

    use super::FileError;

    /// As many links as Linux follows on one way.
    const MOST_LINKS: usize = 40;

    pub(super) fn walk(path: &Path) -> Result<(), FileError> {
        let failed = |error| FileError::read(path, error);
        let absolute = std::path::absolute(path).map_err(failed)?;
        // What is still to be walked, the next at the end.
        let mut ahead = parts(&absolute);
        let mut here = PathBuf::from("/");
        let mut links = 0;
        judge(&here, &here.symlink_metadata().map_err(failed)?)?;
        while let Some(part) = ahead.pop() {
            if part == ".." {
                here.pop();
                continue;
            }
            here.push(&part);
            let metadata = here.symlink_metadata().map_err(failed)?;
            judge(&here, &metadata)?;
            if metadata.is_symlink() {
                links += 1;
                if links > MOST_LINKS {
                    return Err(FileError::BrokenLink { path: path.to_owned(), looping: true });
                }
                let target = std::fs::read_link(&here).map_err(failed)?;
                here.pop();
                if target.is_absolute() {
                    here = PathBuf::from("/");
                }
                ahead.extend(parts(&target));
            }
        }
        Ok(())
    }

    /// The components of a path, the first at the end; `.` and the root left out.
    fn parts(path: &Path) -> Vec<OsString> {
        let parts = path.components().rev().filter_map(|component| match component {
            Component::Normal(part) => Some(part.to_owned()),
            Component::ParentDir => Some(OsString::from("..")),
            _ => None,
        });
        parts.collect()
    }

    fn judge(path: &Path, metadata: &Metadata) -> Result<(), FileError> {
        let refuse = |who: &'static str| {
            // What cannot be written by anybody is nobody's to change.
            match is_read_only(path) {
                true => Ok(()),
                false => Err(FileError::WritableByOthers { path: path.to_owned(), who }),
            }
        };
        let owner = metadata.uid();
        if owner != 0 && owner != rustix::process::geteuid().as_raw() {
            return refuse("belongs to another user");
        }
        let mode = metadata.mode();
        // The permissions of a link mean nothing. In a sticky folder everybody can make entries, and change their own
        // only; each entry on the way has been, or will be, asked whose it is.
        if metadata.is_symlink() || (metadata.is_dir() && mode & 0o1000 != 0) {
            return Ok(());
        }
        if mode & 0o002 != 0 {
            return refuse("can be written by every user");
        }
        // A user's private group has the user's number.
        if mode & 0o020 != 0 && metadata.gid() != owner {
            return refuse("can be written by its group");
        }
        Ok(())
    }

    fn is_read_only(path: &Path) -> bool {
        rustix::fs::statvfs(path).is_ok_and(|it| it.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY))
    }
}
