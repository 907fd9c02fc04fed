//! Bytes that are held so that nobody can change them: filled once while they are hashed, then sealed.
//!
//! On Linux they lie in sealed memory (memfd_create(2), F_SEAL_*), which loaders can map without another copy.
//! Elsewhere, where memory lacks, or where it is asked for, they lie in a file in a private folder.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::write::write_all_at;
use super::{FileError, PrivateFolder};

/// Where copies are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Keep {
    /// In sealed memory where the system has it and there is room, else on disk.
    #[default]
    Auto,
    /// In sealed memory.
    Memory,
    /// In a private folder on disk.
    Disk,
}

/// Memory that stays free beside the copies: what a loader needs beside the model itself.
#[cfg(target_os = "linux")]
const MARGIN: u64 = 64 * 1024 * 1024;

/// Most files held in memory at once: each needs a file descriptor, and programs often have only 1024.
const MOST_IN_MEMORY: usize = 128;

/// Holds the files of one model.
#[derive(Debug)]
pub struct Keeper {
    keep: Keep,
    parent: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    folder: Option<Arc<PrivateFolder>>,
    in_memory: usize,
    /// Bytes of memory that may still be used; asked for once, before the first file.
    room: Option<u64>,
}

impl Keeper {
    /// Holds copies as asked; what goes to disk goes to a private folder below `parent`.
    pub fn new(keep: Keep, parent: impl Into<PathBuf>) -> Self {
        Self { keep, parent: parent.into(), state: Mutex::default() }
    }

    /// Begins a copy of `size` bytes with a relative name.
    ///
    /// # Errors
    /// A [`FileError`].
    pub fn begin(&self, name: &Path, size: u64) -> Result<Filling, FileError> {
        if self.takes_memory(name, size)? {
            match sealable(name) {
                Ok(file) => {
                    return Ok(Filling { file: Some(file), name: name.to_owned(), on_disk: None });
                }
                // No file descriptor, or no name for it below /proc: on disk it needs neither.
                Err(_) if self.keep == Keep::Auto => {}
                Err(error) => return Err(error),
            }
        }
        let folder = self.folder()?;
        let path = folder.place(name)?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| FileError::keep(name, error))?;
        Ok(Filling { file: Some(file), name: name.to_owned(), on_disk: Some((path, folder)) })
    }

    /// The private folder, made when it is first needed.
    ///
    /// # Errors
    /// A [`FileError`].
    pub fn folder(&self) -> Result<Arc<PrivateFolder>, FileError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A process that was forked makes one of its own: its parent removes the other.
        if let Some(folder) = state.folder.as_ref().filter(|folder| folder.is_ours()) {
            return Ok(Arc::clone(folder));
        }
        let folder = Arc::new(PrivateFolder::create(&self.parent)?);
        state.folder = Some(Arc::clone(&folder));
        Ok(folder)
    }

    #[cfg(target_os = "linux")]
    fn takes_memory(&self, _: &Path, size: u64) -> Result<bool, FileError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match self.keep {
            Keep::Disk => return Ok(false),
            Keep::Memory => return Ok(true),
            Keep::Auto if state.in_memory >= MOST_IN_MEMORY => return Ok(false),
            Keep::Auto => {}
        }
        let room =
            state.room.unwrap_or_else(|| super::room::memory_room().unwrap_or(0).saturating_sub(MARGIN));
        state.room = Some(room.saturating_sub(size));
        if size > room {
            state.room = Some(room);
            return Ok(false);
        }
        state.in_memory += 1;
        Ok(true)
    }

    #[cfg(not(target_os = "linux"))]
    fn takes_memory(&self, name: &Path, _: u64) -> Result<bool, FileError> {
        match self.keep {
            Keep::Memory => Err(FileError::NoSealedMemory { path: name.to_owned() }),
            Keep::Auto | Keep::Disk => Ok(false),
        }
    }
}

/// A copy that is being made. Dropped, nothing of it stays.
#[derive(Debug)]
pub struct Filling {
    // `None` once a copy on disk is complete: thousands of them would need as many file descriptors.
    file: Option<File>,
    name: PathBuf,
    on_disk: Option<(PathBuf, Arc<PrivateFolder>)>,
}

impl Filling {
    /// Writes bytes at `offset`, in any order.
    ///
    /// # Errors
    /// A [`FileError`], for example when memory or disk are full.
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> Result<(), FileError> {
        let closed = io::Error::other("the copy is complete");
        let file = self.file.as_ref().ok_or_else(|| FileError::keep(&self.name, closed))?;
        write_all_at(file, bytes, offset).map_err(|error| FileError::keep(&self.name, error))
    }

    /// Says that nothing more will be written.
    ///
    /// # Errors
    /// A [`FileError`].
    pub fn complete(&mut self) -> Result<(), FileError> {
        match &self.file {
            Some(file) if self.on_disk.is_some() => {
                make_read_only(file).map_err(|error| FileError::keep(&self.name, error))?;
                self.file = None;
            }
            _ => {}
        }
        Ok(())
    }

    /// Ends the copy: from now on nobody can change it.
    ///
    /// # Errors
    /// A [`FileError`].
    pub fn seal(mut self) -> Result<Held, FileError> {
        self.complete()?;
        let failed = |error| FileError::keep(&self.name, error);
        let (size, file) = match (self.file, &self.on_disk) {
            (Some(file), _) => {
                seal(&file).map_err(failed)?;
                (file.metadata().map_err(failed)?.len(), OnceLock::from(file))
            }
            (None, Some((path, _))) => (path.metadata().map_err(failed)?.len(), OnceLock::new()),
            (None, None) => return Err(failed(io::Error::other("there is no copy"))),
        };
        Ok(Held { file, name: self.name, size, on_disk: self.on_disk })
    }
}

fn make_read_only(file: &File) -> io::Result<()> {
    let mut permissions = file.metadata()?.permissions();
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o400);
    #[cfg(not(unix))]
    permissions.set_readonly(true);
    file.set_permissions(permissions)
}

/// A copy that nobody can change.
#[derive(Debug)]
pub struct Held {
    // A copy on disk is opened when it is first read.
    file: OnceLock<File>,
    name: PathBuf,
    size: u64,
    // The folder lives as long as one of its files.
    on_disk: Option<(PathBuf, Arc<PrivateFolder>)>,
}

impl Held {
    /// Its relative name.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether it lies in sealed memory rather than on disk.
    pub fn is_in_memory(&self) -> bool {
        self.on_disk.is_none()
    }

    /// The open copy, to be mapped: sealed memory cannot shrink under a map.
    ///
    /// # Errors
    /// A [`FileError`] when a copy on disk cannot be opened.
    pub fn file(&self) -> Result<&File, FileError> {
        match (self.file.get(), &self.on_disk) {
            (Some(file), _) => Ok(file),
            (None, Some((path, _))) => {
                let file = File::open(path).map_err(|error| FileError::read(path, error))?;
                Ok(self.file.get_or_init(|| file))
            }
            (None, None) => Err(FileError::NoSealedMemory { path: self.name.clone() }),
        }
    }

    /// A path under which this process and its children can open it for as long as it lives.
    ///
    /// # Errors
    /// [`FileError::NoSealedMemory`] where the system's names for descriptors lead elsewhere (a process in a new PID
    /// namespace that still sees the old /proc).
    pub fn path(&self) -> Result<PathBuf, FileError> {
        match &self.on_disk {
            Some((path, _)) => Ok(path.clone()),
            None => descriptor_path(self.file()?)
                .ok_or_else(|| FileError::NoSealedMemory { path: self.name.clone() }),
        }
    }

    /// Reads bytes from `offset` on; 0 means the end.
    ///
    /// # Errors
    /// A [`FileError`] when the system fails.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, FileError> {
        let file = self.file()?;
        loop {
            #[cfg(unix)]
            let result = std::os::unix::fs::FileExt::read_at(file, buffer, offset);
            #[cfg(windows)]
            let result = std::os::windows::fs::FileExt::seek_read(file, buffer, offset);
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other.map_err(|error| FileError::read(&self.name, error)),
            }
        }
    }

    /// Gives it its name in the content of a private folder, if it has none there yet.
    fn link_into(&self, folder: &PrivateFolder) -> Result<(), FileError> {
        let path = folder.place(&self.name)?;
        let target = self.path()?;
        if target != path {
            #[cfg(unix)]
            std::os::unix::fs::symlink(target, &path).map_err(|error| FileError::write(&path, error))?;
        }
        Ok(())
    }
}

impl PrivateFolder {
    /// Links all files into the content and makes it read-only.
    ///
    /// # Errors
    /// A [`FileError`].
    pub fn fill<'a>(&self, files: impl IntoIterator<Item = &'a Held>) -> Result<(), FileError> {
        for file in files {
            file.link_into(self)?;
        }
        self.make_read_only()
    }
}

/// From this size on, memory is given back on a thread of its own: the system takes a tenth of a second for a GiB.
const BIG: u64 = 256 * 1024 * 1024;

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(file) = self.file.take().filter(|_| self.is_in_memory() && self.size >= BIG) {
            // Without a thread the file is closed here and now.
            let _ = std::thread::Builder::new().spawn(move || drop(file));
        }
    }
}

/// The name by process number, so that children that were started anew find it too. `None` where that name leads to
/// another file: /proc may be that of another PID namespace.
#[cfg(unix)]
fn descriptor_path(file: &File) -> Option<PathBuf> {
    use std::os::fd::AsRawFd as _;
    let path = PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()));
    let (ours, named) = (rustix::fs::fstat(file).ok()?, rustix::fs::stat(&path).ok()?);
    ((ours.st_dev, ours.st_ino) == (named.st_dev, named.st_ino)).then_some(path)
}

#[cfg(not(unix))]
fn descriptor_path(_: &File) -> Option<PathBuf> {
    // Only sealed memory has no path of its own, and only Linux has that.
    None
}

#[cfg(target_os = "linux")]
fn sealable(name: &Path) -> Result<File, FileError> {
    use rustix::fs::{MemfdFlags, Mode, fchmod, memfd_create};
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // Kernels before 6.3 do not know NOEXEC_SEAL; there the mode alone forbids execution.
    let made = memfd_create("weightseal", flags | MemfdFlags::NOEXEC_SEAL)
        .or_else(|_| memfd_create("weightseal", flags));
    let file = made
        .and_then(|file| fchmod(&file, Mode::RUSR).map(|()| File::from(file)))
        .map_err(|error| FileError::keep(name, error.into()))?;
    match descriptor_path(&file) {
        Some(_) => Ok(file),
        None => Err(FileError::NoSealedMemory { path: name.to_owned() }),
    }
}

#[cfg(not(target_os = "linux"))]
fn sealable(name: &Path) -> Result<File, FileError> {
    Err(FileError::NoSealedMemory { path: name.to_owned() })
}

#[cfg(target_os = "linux")]
fn seal(file: &File) -> io::Result<()> {
    use rustix::fs::{SealFlags, fcntl_add_seals, fcntl_get_seals};
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(file, seals)?;
    if fcntl_get_seals(file)?.contains(seals) {
        Ok(())
    } else {
        Err(io::Error::other("the system did not seal the memory"))
    }
}

#[cfg(not(target_os = "linux"))]
fn seal(_: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    fn held(keep: Keep, parent: &Path, bytes: &[u8]) -> (Keeper, Held) {
        let keeper = Keeper::new(keep, parent);
        let filling = keeper.begin(Path::new("sub/m.pt"), bytes.len() as u64).expect("begun");
        filling.write_at(bytes, 0).expect("written");
        (keeper, filling.seal().expect("sealed"))
    }

    #[test]
    fn sealed_memory_cannot_be_changed_by_any_door() {
        let parent = tempfile::tempdir().expect("a folder");
        for keep in [Keep::Auto, Keep::Memory] {
            let (_, held) = held(keep, parent.path(), b"weights");
            assert!(held.is_in_memory());
            assert!((&mut held.file().expect("open")).write_all(b"x").is_err());
            assert!([0, 100].iter().all(|size| held.file().expect("open").set_len(*size).is_err()));
            // As root the mode forbids nothing; the seal does.
            if let Ok(mut file) = std::fs::OpenOptions::new().write(true).open(held.path().expect("a path")) {
                assert!(file.write_all(b"x").is_err());
            }
            let mode = held.file().expect("open").metadata().expect("there").permissions().mode();
            assert_eq!(mode & 0o7777, 0o400);
            assert_eq!(std::fs::read(held.path().expect("a path")).expect("read"), b"weights");
            assert!(
                rustix::fs::fcntl_add_seals(held.file().expect("open"), rustix::fs::SealFlags::empty())
                    .is_err()
            );
        }
        assert_eq!(parent.path().read_dir().expect("listed").count(), 0);
    }

    #[test]
    fn a_copy_on_disk_is_private_and_goes_away() {
        let parent = tempfile::tempdir().expect("a folder");
        let (keeper, held) = held(Keep::Disk, parent.path(), b"weights");
        assert!(!held.is_in_memory());
        assert_eq!(std::fs::read(held.path().expect("a path")).expect("read"), b"weights");
        let mode = held.path().expect("a path").metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o7777, 0o400);
        drop(keeper);
        assert!(held.path().expect("a path").exists());
        drop(held);
        assert_eq!(parent.path().read_dir().expect("listed").count(), 0);
    }

    #[test]
    fn what_does_not_fit_into_memory_goes_to_disk() {
        let parent = tempfile::tempdir().expect("a folder");
        let keeper = Keeper::new(Keep::Auto, parent.path());
        let huge = keeper.begin(Path::new("huge"), u64::MAX / 2).expect("begun").seal().expect("sealed");
        let tiny = keeper.begin(Path::new("tiny"), 1).expect("begun").seal().expect("sealed");
        assert!(!huge.is_in_memory() && tiny.is_in_memory());
        let many: Vec<_> = (0..MOST_IN_MEMORY)
            .map(|at| {
                let name = format!("f{at}");
                keeper.begin(Path::new(&name), 0).expect("begun").seal().expect("sealed")
            })
            .collect();
        assert_eq!(many.iter().filter(|held| !held.is_in_memory()).count(), 1);
    }

    #[test]
    fn a_folder_shows_every_copy_under_its_name() {
        let parent = tempfile::tempdir().expect("a folder");
        let (keeper, held) = held(Keep::Memory, parent.path(), b"weights");
        let folder = keeper.folder().expect("made");
        folder.fill([&held]).expect("filled");
        assert_eq!(std::fs::read(folder.content().join("sub/m.pt")).expect("read"), b"weights");
        let mut buffer = [0; 4];
        assert_eq!(held.read_at(&mut buffer, 5).expect("read"), 2);
        assert_eq!(&buffer[..2], b"ts");
    }
}
