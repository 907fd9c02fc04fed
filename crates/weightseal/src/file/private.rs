//! A folder that only its owner can enter, for copies and links that a loader opens by path.
//!
//! It goes away with the value that holds it. A process that was killed leaves its folder behind; the folder
//! is locked while somebody uses it, so the next run on the same host recognises an abandoned one and removes it.

use std::fs::{DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};

use super::write::{is_still, lock};
use super::{FileError, resolve};
use crate::digest::Digest;

/// How the names of all such folders begin.
const PREFIX: &str = "weightseal-";

/// Random bytes in a name: nobody can take it before us.
const RANDOM: usize = 16;

/// Entries of the parent that are looked at for abandoned folders: tidying must stay cheap where thousands live.
const MOST_ENTRIES: usize = 10_000;

/// Below the private folder, the folder whose entries a loader sees.
const CONTENT: &str = "model";

/// A private folder. Dropped by the process that made it, it is removed with everything in it.
#[derive(Debug)]
pub struct PrivateFolder {
    path: PathBuf,
    /// Holds the lock.
    handle: File,
    process: u32,
}

impl PrivateFolder {
    /// Makes a private folder below `parent`, and removes those that killed processes left there.
    ///
    /// # Errors
    /// A [`FileError`]; [`FileError::SharedFolder`] where others could replace the folder under our hands.
    pub fn create(parent: &Path) -> Result<Self, FileError> {
        let parent = resolve(parent)?;
        ensure_unshared(&parent)?;
        let failed = |error| FileError::write(&parent, error);
        loop {
            let path = parent.join(format!("{}{}", prefix(), random()?));
            match new_folder(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(failed(error)),
            }
            // Between making and locking, another run may take the folder for an abandoned one.
            let handle = match File::open(&path) {
                Ok(handle) => handle,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(error)),
            };
            if lock(&handle) && is_still(&handle, &path) {
                let folder = Self { path, handle, process: std::process::id() };
                new_folder(&folder.content()).map_err(failed)?;
                remove_abandoned(&parent, &folder.handle);
                return Ok(folder);
            }
        }
    }

    /// The folder for the loader. It has only what was placed in it.
    pub fn content(&self) -> PathBuf {
        self.path.join(CONTENT)
    }

    /// Whether the calling process made it; a forked one must not rely on its parent.
    pub fn is_ours(&self) -> bool {
        self.process == std::process::id()
    }

    /// The path for a new entry with this relative name, the folders on the way made.
    pub(super) fn place(&self, name: &Path) -> Result<PathBuf, FileError> {
        let path = self.content().join(name);
        for folder in name.ancestors().skip(1).collect::<Vec<_>>().into_iter().rev() {
            let folder = self.content().join(folder);
            match new_folder(&folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(FileError::write(&folder, error));
                }
                _ => {}
            }
        }
        Ok(path)
    }

    /// Takes away the permission to write from the content's folders.
    pub(super) fn make_read_only(&self) -> Result<(), FileError> {
        set_modes(&self.content(), 0o500).map_err(|error| FileError::write(&self.path, error))
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        if self.is_ours() {
            remove(&self.path);
        }
    }
}

/// With the host in it: on storage that several share, a lock may be seen by its own host only.
fn prefix() -> String {
    #[cfg(unix)]
    let host = rustix::system::uname().nodename().to_bytes().to_owned();
    #[cfg(not(unix))]
    let host = Vec::new();
    format!("{PREFIX}{}-", hex::encode(&Digest::of(&host).as_bytes()[..4]))
}

fn random() -> Result<String, FileError> {
    let mut random = [0; RANDOM];
    aws_lc_rs::rand::fill(&mut random)
        .map_err(|_| FileError::write(Path::new(PREFIX), io::Error::other("no random numbers")))?;
    Ok(hex::encode(random))
}

fn new_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Whoever owns a folder on the way, or may write to it, could put another folder in place of ours: only we and
/// root may, or nobody may rename what is not theirs (the sticky bit).
fn ensure_unshared(parent: &Path) -> Result<(), FileError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let ours = rustix::process::geteuid().as_raw();
        for folder in parent.ancestors() {
            let metadata = folder.metadata().map_err(|error| FileError::read(folder, error))?;
            let (mode, owner) = (metadata.mode() & 0o7777, metadata.uid());
            let is_open = mode & 0o022 != 0 && mode & 0o1000 == 0;
            if is_open || (owner != ours && owner != 0) {
                return Err(FileError::SharedFolder { path: folder.to_owned(), mode, owner });
            }
        }
    }
    let _ = parent;
    Ok(())
}

/// Best effort: what cannot be removed now may be removed by the next run.
fn remove_abandoned(parent: &Path, ours: &File) {
    let Ok(entries) = parent.read_dir() else { return };
    let prefix = prefix();
    for entry in entries.take(MOST_ENTRIES).flatten() {
        let name = entry.file_name();
        let is_named_so = name.to_str().is_some_and(|name| {
            name.strip_prefix(&prefix).is_some_and(|rest| {
                rest.len() == 2 * RANDOM && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
            })
        });
        if !is_named_so {
            continue;
        }
        let path = entry.path();
        // Opened without following a link, and looked at through the handle: the name may be a trap. A lock that the
        // file system cannot give says nothing, so there nothing is removed.
        if let Ok(handle) = open_folder(&path)
            && has_same_owner(&handle, ours)
            && !is_still(ours, &path)
            && handle.try_lock().is_ok()
            && is_still(&handle, &path)
        {
            remove(&path);
        }
    }
}

fn remove(path: &Path) {
    let content = path.join(CONTENT);
    // What killed processes leave is a folder; a link in its place is somebody's trap.
    if content.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
        let _ = set_modes(&content, 0o700);
    }
    let _ = std::fs::remove_dir_all(path);
}

#[cfg(unix)]
fn open_folder(path: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, OFlags};
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(File::from(super::beneath::openat_again(CWD, path, flags)?))
}

#[cfg(not(unix))]
fn open_folder(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn has_same_owner(one: &File, other: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    matches!((one.metadata(), other.metadata()), (Ok(one), Ok(other)) if one.uid() == other.uid())
}

#[cfg(not(unix))]
fn has_same_owner(_: &File, _: &File) -> bool {
    false
}

/// Sets the mode, which lets the owner read, of a folder and of the folders in it; links are not followed.
#[cfg(unix)]
fn set_modes(folder: &Path, mode: u32) -> io::Result<()> {
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    for entry in folder.read_dir()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            set_modes(&entry.path(), mode)?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn set_modes(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        path.symlink_metadata().expect("there").permissions().mode() & 0o7777
    }

    #[test]
    fn a_private_folder_is_ours_alone_and_goes_away() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = PrivateFolder::create(parent.path()).expect("made");
        let place = folder.place(Path::new("a/b/c.bin")).expect("placed");
        std::fs::write(&place, "x").expect("written");
        folder.make_read_only().expect("set");
        assert_eq!(mode(folder.path.as_path()), 0o700);
        assert_eq!(mode(&folder.content()), 0o500);
        assert_eq!(mode(place.parent().expect("a folder")), 0o500);
        drop(folder);
        assert_eq!(parent.path().read_dir().expect("listed").count(), 0);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_is_used_stays() {
        let parent = tempfile::tempdir().expect("a folder");
        let abandoned = parent.path().join(format!("{}{}", prefix(), "0a".repeat(RANDOM)));
        std::fs::create_dir_all(abandoned.join("model/sub")).expect("made");
        std::fs::write(abandoned.join("model/sub/file"), "x").expect("written");
        std::fs::set_permissions(abandoned.join("model/sub"), PermissionsExt::from_mode(0o500)).expect("set");
        let foreign = parent.path().join(format!("{PREFIX}notes"));
        std::fs::create_dir(&foreign).expect("made");
        let trap = parent.path().join(format!("{}{}", prefix(), "0c".repeat(RANDOM)));
        std::fs::create_dir(&trap).expect("made");
        std::os::unix::fs::symlink(&foreign, trap.join(CONTENT)).expect("linked");
        let other_hosts = parent.path().join(format!("{PREFIX}00000000-{}", "0d".repeat(RANDOM)));
        std::fs::create_dir(&other_hosts).expect("made");
        let link = parent.path().join(format!("{}{}", prefix(), "0b".repeat(RANDOM)));
        std::os::unix::fs::symlink(&foreign, &link).expect("linked");

        let used = PrivateFolder::create(parent.path()).expect("made");
        let second = PrivateFolder::create(parent.path()).expect("made");
        assert!(!abandoned.exists() && !trap.exists() && other_hosts.exists());
        assert!(foreign.exists() && mode(&foreign) != 0o700 && link.is_symlink());
        assert!(used.content().is_dir() && second.content().is_dir());
    }

    #[test]
    fn a_folder_that_others_write_is_refused_unless_it_is_sticky() {
        let above = tempfile::tempdir().expect("a folder");
        let parent = above.path().join("inside");
        std::fs::create_dir(&parent).expect("made");
        for (mode, refused) in [(0o777, true), (0o770, true), (0o1777, false), (0o755, false)] {
            for folder in [above.path(), &parent] {
                std::fs::set_permissions(folder, PermissionsExt::from_mode(mode)).expect("set");
                let made = PrivateFolder::create(&parent);
                let code = made.err().map(|error| error.code());
                assert_eq!(code, refused.then_some("shared-folder"), "{mode:o} of {folder:?}");
                std::fs::set_permissions(folder, PermissionsExt::from_mode(0o700)).expect("set");
            }
        }
    }

    #[test]
    fn many_threads_make_folders_at_once() {
        let parent = tempfile::tempdir().expect("a folder");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let folder = PrivateFolder::create(parent.path()).expect("made");
                        assert!(folder.content().is_dir());
                    }
                });
            }
        });
        assert_eq!(parent.path().read_dir().expect("listed").count(), 0);
    }
}
