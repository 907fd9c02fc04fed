//! Files that decide about trust: read only if nobody else can have changed them (docs/spec/trust.md, section 1).
//!
//! The way to the file is walked component by component, through every symbolic link: whoever could rename something
//! on the way could put another file there. The file at its end has to be the one that was read.

use std::path::Path;

use super::{FileError, Links, OpenedFile};

/// How often a file is read that is replaced meanwhile.
const MOST_ATTEMPTS: usize = 8;

/// Reads a file that nobody else can write, neither itself nor any folder or link on the way to it. Symbolic links are
/// followed. On systems without POSIX permissions nothing is asked.
///
/// # Errors
/// [`FileError::WritableByOthers`], and any other [`FileError`].
pub fn read_protected(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    // Somebody puts a new file in place, such as another verification its state: each is whole, and so is the next.
    for _ in 1..MOST_ATTEMPTS {
        match read_once(path, limit) {
            Err(FileError::Changed { .. }) => {}
            other => return other,
        }
    }
    read_once(path, limit)
}

fn read_once(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let opened = OpenedFile::open(path, Links::Follow)?;
    let bytes = opened.read_whole(limit, &mut |_, _| true)?;
    // Afterwards: whatever was swapped before has to be back now, and others cannot give a file to its owner.
    #[cfg(unix)]
    if unix::walk(path)? != opened.identity()? {
        return Err(opened.changed());
    }
    Ok(bytes)
}

/// Makes sure that nobody else can write this file or folder, or put something else into its place.
///
/// # Errors
/// [`FileError::WritableByOthers`], and any other [`FileError`].
pub fn ensure_protected(path: &Path) -> Result<(), FileError> {
    #[cfg(unix)]
    return unix::walk(path).map(drop);
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
    use std::io;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Component, Path, PathBuf};

    use super::super::or_here;
    use super::FileError;

    /// As many links as Linux follows on one way.
    const MOST_LINKS: usize = 40;

    /// Walks to the end, and says which file or folder that is: device and inode.
    pub(super) fn walk(path: &Path) -> Result<(u64, u64), FileError> {
        let failed = |error| FileError::read(path, error);
        let absolute = std::path::absolute(or_here(path)).map_err(failed)?;
        // What is still to be walked, the next at the end.
        let mut ahead = parts(&absolute);
        let mut here = PathBuf::from("/");
        let mut links = 0;
        // What lies at the folders that were entered, the last one at the end: `..` leads back to them.
        let mut entered = vec![judged(&here, path)?.identity()];
        while let Some(part) = ahead.pop() {
            if part == ".." {
                here.pop();
                entered.truncate((entered.len() - 1).max(1));
                continue;
            }
            here.push(&part);
            let seen = judged(&here, path)?;
            let Some(target) = seen.target else {
                entered.push(seen.identity());
                continue;
            };
            links += 1;
            if links > MOST_LINKS {
                return Err(FileError::BrokenLink { path: path.to_owned(), looping: true });
            }
            here.pop();
            if target.is_absolute() {
                here = PathBuf::from("/");
                entered.truncate(1);
            }
            ahead.extend(parts(&target));
        }
        Ok(entered.last().copied().unwrap_or_default())
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

    /// One component of the way, all of it seen at once.
    struct Seen {
        metadata: Metadata,
        /// Where it leads, if it is a link.
        target: Option<PathBuf>,
        is_read_only: bool,
    }

    impl Seen {
        fn identity(&self) -> (u64, u64) {
            (self.metadata.dev(), self.metadata.ino())
        }
    }

    /// Looks at `here`, which is on the way of `path`, and refuses it if others can write it.
    fn judged(here: &Path, path: &Path) -> Result<Seen, FileError> {
        let seen = look(here).map_err(|error| FileError::read(path, error))?;
        match who_can_write(here, &seen.metadata) {
            // What cannot be written by anybody is nobody's to change.
            Some(who) if !seen.is_read_only => {
                Err(FileError::WritableByOthers { path: here.to_owned(), who })
            }
            _ => Ok(seen),
        }
    }

    fn who_can_write(path: &Path, metadata: &Metadata) -> Option<&'static str> {
        let owner = metadata.uid();
        if owner != 0 && owner != rustix::process::geteuid().as_raw() {
            return Some("belongs to another user");
        }
        let mode = metadata.mode();
        // The permissions of a link mean nothing. In a sticky folder everybody can make entries, and change their own
        // only; each entry on the way has been, or will be, asked whose it is.
        if metadata.is_symlink() || (metadata.is_dir() && mode & 0o1000 != 0) {
            return None;
        }
        if mode & 0o002 != 0 {
            return Some("can be written by every user");
        }
        if mode & 0o020 != 0 {
            // A user's private group has the user's number.
            if metadata.gid() != owner {
                return Some("can be written by its group");
            }
            // With an access list these bits are not the group's, but the most that anybody on the list has.
            if has_access_list(path) {
                return Some("can be written by those on its access list");
            }
        }
        None
    }

    /// Through one handle: what has this name cannot become something else between two questions.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn look(path: &Path) -> io::Result<Seen> {
        use rustix::fs::{CWD, OFlags, StatVfsMountFlags, fstatvfs, readlinkat};
        use std::os::unix::ffi::OsStringExt as _;
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = crate::file::beneath::openat_again(CWD, path, flags)?;
        let file = std::fs::File::from(handle);
        let metadata = file.metadata()?;
        let is_read_only = fstatvfs(&file).is_ok_and(|it| it.f_flag.contains(StatVfsMountFlags::RDONLY));
        let target = match metadata.is_symlink() {
            true => Some(PathBuf::from(OsString::from_vec(readlinkat(&file, "", Vec::new())?.into_bytes()))),
            false => None,
        };
        Ok(Seen { metadata, target, is_read_only })
    }

    /// By name: only if nothing was swapped meanwhile, it counts as read-only.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn look(path: &Path) -> io::Result<Seen> {
        use rustix::fs::{StatVfsMountFlags, statvfs};
        let metadata = path.symlink_metadata()?;
        let target = if metadata.is_symlink() { Some(path.read_link()?) } else { None };
        // The question would follow a link, so its folder is asked.
        let place = if target.is_some() { path.parent().unwrap_or(path) } else { path };
        let is_read_only = statvfs(place).is_ok_and(|it| it.f_flag.contains(StatVfsMountFlags::RDONLY));
        let again = path.symlink_metadata()?;
        let is_same = (metadata.dev(), metadata.ino()) == (again.dev(), again.ino());
        Ok(Seen { metadata, target, is_read_only: is_read_only && is_same })
    }

    /// Whether a POSIX access list names further users or groups. What cannot be found out counts as one.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn has_access_list(path: &Path) -> bool {
        use rustix::io::Errno;
        // By name, which is safe here: it is the user's own or root's, so nobody else can swap it.
        let found = rustix::fs::lgetxattr(path, "system.posix_acl_access", &mut [0_u8; 0][..]);
        !matches!(found, Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOSYS))
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn has_access_list(_: &Path) -> bool {
        false
    }
}
