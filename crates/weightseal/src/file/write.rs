//! Writing a file so that at every moment either the old or the new one is there, whole and durable.
//!
//! The new bytes go into a staged file in the same folder, which is synchronised, renamed into place, and
//! the folder synchronised after it. The staged file has a fixed name and is locked while somebody works on
//! it: what a killed run left behind is recognised (its lock is gone) and removed by the next run.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::FileError;
use super::open::{Links, OpenedFile, ensure_replaceable, folder_of};
use crate::digest::Digest;

/// What happens to a file that already has the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// It is replaced in one step.
    Existing,
    /// It stays, and putting in place fails.
    Never,
}

/// How long another process may hold the staged file before we give up: signing holds it for milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the file that will become `target` is written.
pub fn staged_path(target: &Path) -> PathBuf {
    target.with_file_name(temporary_name(target.file_name().unwrap_or_default()))
}

/// A file being written beside its final place. Dropped without [`Staged::put_in_place`], it is removed.
#[derive(Debug)]
pub struct Staged {
    file: File,
    temporary: PathBuf,
    target: PathBuf,
    placed: bool,
    /// Who made it: a forked child must not remove its parent's file.
    process: u32,
}

impl Staged {
    /// Starts writing what will become `target`, created with the given POSIX mode bits.
    ///
    /// # Errors
    /// A [`FileError`]: the folder is missing or not writable, or another process writes the same file.
    pub fn create(target: &Path, mode: u32) -> Result<Self, FileError> {
        let name = target.file_name().ok_or_else(|| {
            FileError::write(target, io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"))
        })?;
        ensure_replaceable(target)?;
        let temporary = target.with_file_name(temporary_name(name));
        let file = create_locked(&temporary, target, mode)?;
        Ok(Self { file, temporary, target: target.to_owned(), placed: false, process: std::process::id() })
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// A [`FileError`], for example when the disk is full.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.file.write_all(bytes).map_err(|error| FileError::write(&self.target, error))
    }

    /// Writes bytes at `offset`, in any order.
    ///
    /// # Errors
    /// A [`FileError`], for example when the disk is full.
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> Result<(), FileError> {
        write_all_at(&self.file, bytes, offset).map_err(|error| FileError::write(&self.target, error))
    }

    /// Reads back everything written so far, from the file itself.
    ///
    /// # Errors
    /// A [`FileError`].
    pub fn read_back(&mut self) -> Result<Vec<u8>, FileError> {
        // Growing step by step would take up to twice the room.
        let size = self.file.metadata().map_or(0, |metadata| metadata.len());
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        self.file
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.file.read_to_end(&mut bytes))
            .map_err(|error| FileError::read(&self.target, error))?;
        Ok(bytes)
    }

    /// Makes the bytes durable; the file keeps its temporary name.
    ///
    /// # Errors
    /// A [`FileError`].
    pub fn make_durable(&self) -> Result<(), FileError> {
        self.file.sync_all().map_err(|error| FileError::write(&self.target, error))
    }

    /// Makes the bytes durable and gives the file its final name.
    ///
    /// # Errors
    /// A [`FileError`]; before the rename the old file is untouched. When only the last step fails (the
    /// folder cannot be synchronised) the new file is in place, whole, but may not survive a power cut.
    pub fn put_in_place(mut self, replace: Replace) -> Result<(), FileError> {
        self.place(replace)
    }

    /// Like [`Self::put_in_place`], never over another file. What was put in place and may not survive a power cut is no
    /// success, and is removed again; what others have put there is not touched.
    ///
    /// # Errors
    /// A [`FileError`].
    pub fn put_in_place_or_nothing(mut self) -> Result<(), FileError> {
        let done = self.place(Replace::Never);
        if done.is_err() && self.placed {
            remove_quietly(&self.target);
        }
        done
    }

    fn place(&mut self, replace: Replace) -> Result<(), FileError> {
        let failed = |error: io::Error| FileError::write(&self.target, error);
        self.file.sync_all().map_err(failed)?;
        // Opened first, so that only the synchronisation itself can still fail once the file is in place.
        let folder = open_folder(&self.target).map_err(failed)?;
        match replace {
            Replace::Existing => std::fs::rename(&self.temporary, &self.target).map_err(failed)?,
            Replace::Never => rename_to_new(&self.temporary, &self.target).map_err(failed)?,
        }
        self.placed = true;
        folder
            .map_or(Ok(()), |folder| sync_folder(&folder))
            .map_err(|error| FileError::write(&self.target, error))
    }

    /// Gives the file the mode bits of the file it will replace, whatever the umask says.
    ///
    /// # Errors
    /// A [`FileError`].
    pub fn keep_mode(&self) -> Result<(), FileError> {
        #[cfg(unix)]
        {
            let failed = |error: io::Error| FileError::write(&self.target, error);
            let old = self.target.metadata().map_err(failed)?;
            self.file.set_permissions(old.permissions()).map_err(failed)?;
        }
        Ok(())
    }

    /// Gives the file the owner and group of the file it will replace, where they differ (a key changed by root).
    ///
    /// # Errors
    /// A [`FileError`].
    pub fn keep_owner(&self) -> Result<(), FileError> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let failed = |error: io::Error| FileError::write(&self.target, error);
            let (old, new) = (self.target.metadata().map_err(failed)?, self.file.metadata().map_err(failed)?);
            if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
                std::os::unix::fs::fchown(&self.file, Some(old.uid()), Some(old.gid())).map_err(failed)?;
            }
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.placed && self.process == std::process::id() {
            // Best effort: if this fails too, the next run removes it.
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

/// `.NAME.weightseal-tmp`; a name too long for that is replaced by its digest, so that it stays the same one.
fn temporary_name(name: &OsStr) -> OsString {
    const SUFFIX: &str = ".weightseal-tmp";
    const LONGEST: usize = 255; // NAME_MAX of common file systems
    let mut hidden = OsString::from(".");
    if name.len() + SUFFIX.len() < LONGEST {
        hidden.push(name);
    } else {
        hidden.push(Digest::of(name.as_encoded_bytes()).to_string());
    }
    hidden.push(SUFFIX);
    hidden
}

/// Gives what a killed run staged for `target` its final name, if nothing has that name and the bytes are `whole`.
///
/// # Errors
/// A [`FileError`]. It is no error that nothing is staged, or that somebody works on it.
pub fn place_abandoned(target: &Path, limit: u64, whole: &dyn Fn(&[u8]) -> bool) -> Result<(), FileError> {
    let temporary = staged_path(target);
    let Ok(opened) = OpenedFile::open(&temporary, Links::Refuse) else { return Ok(()) };
    let bytes = opened.read_whole(limit, &mut |_, _| true)?;
    let file = opened.into_file();
    if lock(&file) && is_still(&file, &temporary) && whole(&bytes) {
        let staged =
            Staged { file, temporary, target: target.to_owned(), placed: false, process: std::process::id() };
        return staged.put_in_place(Replace::Never);
    }
    Ok(())
}

/// Removes a file that a failed operation of ours has just written; failing to is no second error.
pub fn remove_quietly(path: &Path) {
    let _ = std::fs::remove_file(path);
}

/// Creates the temporary file and locks it; removes one that nobody holds any more.
fn create_locked(temporary: &Path, target: &Path, mode: u32) -> Result<File, FileError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory if !folder_of(target).is_dir() => {
            FileError::NotFound { path: folder_of(target).to_owned() }
        }
        _ => FileError::write(target, error),
    };
    let pause = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        match create_new(temporary, mode) {
            Ok(file) => {
                // Between creating and locking, another run may take the file for an abandoned one.
                if lock(&file) && is_still(&file, temporary) {
                    return Ok(file);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                remove_if_abandoned(temporary).map_err(failed)?
            }
            Err(error) => return Err(failed(error)),
        }
        if waited >= PATIENCE {
            return Err(FileError::Busy { path: target.to_owned() });
        }
        // The first rounds cost nothing: an abandoned file is gone at once.
        if waited > Duration::ZERO {
            std::thread::sleep(pause);
        }
        waited += pause;
    }
}

fn create_new(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

fn remove_if_abandoned(path: &Path) -> io::Result<()> {
    // No run of ours makes a link; whoever did cannot have us write through it.
    if path.is_symlink() {
        return std::fs::remove_file(path);
    }
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.cast_signed());
    }
    let gone_is_fine =
        |error: io::Error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) };
    match options.open(path) {
        // Whoever holds the lock of the file with this name may remove it; another one may have taken its place.
        Ok(file) if lock(&file) && is_still(&file, path) => std::fs::remove_file(path).or_else(gone_is_fine),
        Ok(_) => Ok(()),
        Err(error) => gone_is_fine(error),
    }
}

/// Takes the lock without waiting. File systems that have no locks count as locked by us: there a second
/// writer is not noticed, but each still renames a whole file.
pub(super) fn lock(file: &File) -> bool {
    !matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock))
}

#[cfg(unix)]
pub(super) fn is_still(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(ours), Ok(named)) => (ours.dev(), ours.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
pub(super) fn is_still(_: &File, _: &Path) -> bool {
    true
}

#[cfg(target_os = "linux")]
fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems (older NFS, some FUSE ones) cannot do it in one step.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => link_to_new(from, to),
        other => Ok(other?),
    }
}

#[cfg(not(target_os = "linux"))]
fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
    link_to_new(from, to)
}

fn link_to_new(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::hard_link(from, to)?;
    std::fs::remove_file(from)
}

/// The target's folder, to be synchronised; `None` where it may be written but not opened, or not on this system.
fn open_folder(target: &Path) -> io::Result<Option<File>> {
    if cfg!(not(unix)) {
        return Ok(None);
    }
    match File::open(folder_of(target)) {
        Ok(folder) => Ok(Some(folder)),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(None),
        Err(error) => Err(error),
    }
}

fn sync_folder(folder: &File) -> io::Result<()> {
    match folder.sync_all() {
        // Some file systems have no way to synchronise a folder; there is nothing more to do then.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        other => other,
    }
}

pub(super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::write_all_at(file, bytes, offset);
    #[cfg(windows)]
    {
        let mut written = 0;
        while written < bytes.len() {
            let at = offset + written as u64;
            match std::os::windows::fs::FileExt::seek_write(file, &bytes[written..], at) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_file_leaves_nothing_and_a_placed_one_is_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("out.json");
        std::fs::write(&target, "old").expect("written");
        let mut staged = Staged::create(&target, 0o644).expect("created");
        staged.write(b"new").expect("written");
        drop(staged);
        assert_eq!(std::fs::read_to_string(&target).expect("read"), "old");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1);

        let mut staged = Staged::create(&target, 0o644).expect("created");
        staged.write(b"new").expect("written");
        assert_eq!(staged.read_back().expect("read"), b"new");
        staged.put_in_place(Replace::Existing).expect("placed");
        assert_eq!(std::fs::read_to_string(&target).expect("read"), "new");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1);
    }

    #[test]
    fn what_a_killed_run_left_is_removed_by_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("out.json");
        std::fs::write(folder.path().join(".out.json.weightseal-tmp"), "half").expect("written");
        let mut staged = Staged::create(&target, 0o644).expect("created");
        staged.write(b"whole").expect("written");
        staged.put_in_place(Replace::Never).expect("placed");
        assert_eq!(std::fs::read_to_string(&target).expect("read"), "whole");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1);
    }

    #[test]
    fn an_existing_file_is_kept_when_asked() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("key.pem");
        std::fs::write(&target, "old").expect("written");
        let staged = Staged::create(&target, 0o600).expect("created");
        let error = staged.put_in_place(Replace::Never).expect_err("exists");
        assert_eq!(error.code(), "already-exists");
        assert_eq!(std::fs::read_to_string(&target).expect("read"), "old");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1);
    }

    #[test]
    fn writers_of_the_same_file_take_turns() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("out.json");
        std::thread::scope(|scope| {
            for text in ["aaaa", "bbbb", "cccc", "dddd"] {
                let target = &target;
                scope.spawn(move || {
                    let mut staged = Staged::create(target, 0o644).expect("created");
                    staged.write(text.as_bytes()).expect("written");
                    staged.put_in_place(Replace::Existing).expect("placed");
                });
            }
        });
        assert_eq!(std::fs::read_to_string(&target).expect("read").len(), 4);
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1);
    }
}
