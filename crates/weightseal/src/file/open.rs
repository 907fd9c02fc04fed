//! Opening files that an attacker may have put there: never a device that hangs, never a link by surprise,
//! never more bytes than asked for.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::look::is_folder;
use super::{FileError, Kind};

/// Whether a symbolic link as the last component of a path is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// Followed: for files that the caller owns, such as keys (mounted secrets are links).
    Follow,
    /// Refused: for models and signatures, where a link may have been put by somebody else.
    Refuse,
}

/// What offsets, sizes and addresses are multiples of when a file is read past the page cache: the largest block of
/// today's disks.
pub const DIRECT_ALIGNMENT: usize = 4096;

/// How much of a file is shown at once to whoever watches while it is read.
const WATCHED_BLOCK: u64 = 256 * 1024;

/// A regular file, open for reading, with what it looked like when it was opened.
#[derive(Debug)]
pub struct OpenedFile {
    file: File,
    path: PathBuf,
    before: Snapshot,
    links: u64,
}

impl OpenedFile {
    /// Opens a regular file.
    ///
    /// # Errors
    /// A [`FileError`] for anything else: missing, a link (unless followed), folder, pipe, socket, device.
    pub fn open(path: &Path, links: Links) -> Result<Self, FileError> {
        let file = open_without_waiting(path, links).map_err(|error| explain(path, links, error))?;
        Self::regular(file, path)
    }

    /// Opens a regular file below `folder`, following no symbolic link on the way: names in a signature file must
    /// not lead out of the folder that they are relative to.
    ///
    /// # Errors
    /// A [`FileError`], as for [`OpenedFile::open`]; a link on the way is [`FileError::Symlink`].
    pub fn open_below<'a>(
        folder: &Path,
        components: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, FileError> {
        let mut path = folder.to_owned();
        path.extend(components);
        let file = open_beneath(folder, &path)?;
        Self::regular(file, &path)
    }

    pub(super) fn regular(file: File, path: &Path) -> Result<Self, FileError> {
        let metadata = file.metadata().map_err(|error| FileError::read(path, error))?;
        if !metadata.is_file() {
            return Err(FileError::NotRegular { path: path.to_owned(), kind: kind_of(&metadata) });
        }
        #[cfg(unix)]
        let links = std::os::unix::fs::MetadataExt::nlink(&metadata);
        #[cfg(not(unix))]
        let links = 1;
        Ok(Self { file, path: path.to_owned(), before: Snapshot::of(&metadata), links })
    }

    /// Its size in bytes when it was opened.
    pub fn size(&self) -> u64 {
        self.before.size
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it has other names on its file system (POSIX hard links), as of when it was opened.
    pub fn is_hard_linked(&self) -> bool {
        self.links > 1
    }

    /// Asks the system to read these bytes ahead, without waiting for them.
    pub fn will_need(&self, range: std::ops::Range<u64>) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Some(length) = std::num::NonZeroU64::new(range.end.saturating_sub(range.start)) {
            // It is only advice: without it, reading is slower.
            let advice = rustix::fs::Advice::WillNeed;
            let _ = rustix::fs::fadvise(&self.file, range.start, Some(length), advice);
        }
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let _ = range;
    }

    /// Reads past the page cache from now on (O_DIRECT, Linux), where the file system can; offsets, sizes and addresses
    /// have to be multiples of [`DIRECT_ALIGNMENT`] then. Says whether it will.
    pub fn read_directly(&self) -> bool {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
            let flags = fcntl_getfl(&self.file).map(|flags| flags | OFlags::DIRECT);
            flags.and_then(|flags| fcntl_setfl(&self.file, flags)).is_ok()
        }
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        false
    }

    /// Who may read it.
    ///
    /// # Errors
    /// A [`FileError`] when the system does not say.
    pub fn permissions(&self) -> Result<Permissions, FileError> {
        let metadata = self.file.metadata().map_err(|error| FileError::read(&self.path, error))?;
        Ok(Permissions::of(&metadata))
    }

    /// Reads bytes from `offset` on; 0 means the end.
    ///
    /// # Errors
    /// A [`FileError`] with the offset when the system fails.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, FileError> {
        loop {
            #[cfg(unix)]
            let result = std::os::unix::fs::FileExt::read_at(&self.file, buffer, offset);
            #[cfg(windows)]
            let result = std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset);
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other.map_err(|error| FileError::read_at(&self.path, offset, error)),
            }
        }
    }

    /// Reads bytes from `offset` on until the buffer is full or the file ends, however little comes at a time.
    ///
    /// # Errors
    /// A [`FileError`] with the offset when the system fails.
    pub fn read_full_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, FileError> {
        let mut filled = 0;
        while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.read_at(room, offset.saturating_add(filled as u64))? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }

    /// All bytes, refusing before the first when there are more than `limit`; fewer once `watch` has seen enough.
    pub(super) fn read_whole(
        &self,
        limit: u64,
        watch: &mut dyn FnMut(u64, &[u8]) -> bool,
    ) -> Result<Vec<u8>, FileError> {
        let too_large = |size| FileError::TooLarge { path: self.path.clone(), size, limit };
        if self.size() > limit {
            return Err(too_large(self.size()));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(self.size()).unwrap_or(0));
        // One byte more than allowed, to notice growth. Files under /proc say they are empty, and so count as changed.
        // Straight into their place: what is read can be a private key, and no copy of it should stay elsewhere.
        let mut reader = (&self.file).take(limit.saturating_add(1));
        loop {
            let before = bytes.len();
            let count = (&mut reader)
                .take(WATCHED_BLOCK)
                .read_to_end(&mut bytes)
                .map_err(|error| FileError::read(&self.path, error))?;
            if count == 0 {
                break;
            }
            if !watch(before as u64, bytes.get(before..).unwrap_or_default()) {
                return Ok(bytes);
            }
        }
        let count = bytes.len() as u64;
        if count > limit {
            return Err(too_large(count));
        }
        self.ensure_unchanged(count)?;
        Ok(bytes)
    }

    /// The handle alone.
    pub(super) fn into_file(self) -> File {
        self.file
    }

    /// Which file it is: device and inode.
    #[cfg(unix)]
    pub(super) fn identity(&self) -> Result<(u64, u64), FileError> {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = self.file.metadata().map_err(|error| FileError::read(&self.path, error))?;
        Ok((metadata.dev(), metadata.ino()))
    }

    /// The error for a file that is not what it was when it was opened.
    pub fn changed(&self) -> FileError {
        FileError::Changed { path: self.path.clone() }
    }

    /// Makes sure, after reading `count` bytes to the end, that this was the file that was opened.
    ///
    /// Compares size, modification and change time. A write through a memory map made earlier can escape
    /// this (the kernel stamps the file late); `--copy-to` and verified loading do not depend on it.
    ///
    /// # Errors
    /// [`FileError::Changed`].
    pub fn ensure_unchanged(&self, count: u64) -> Result<(), FileError> {
        let metadata = self.file.metadata().map_err(|error| FileError::read(&self.path, error))?;
        if count == self.before.size && Snapshot::of(&metadata) == self.before {
            Ok(())
        } else {
            Err(self.changed())
        }
    }
}

/// Reads a whole small file, refusing before the first byte when it is larger than `limit` bytes.
///
/// # Errors
/// A [`FileError`]; [`FileError::TooLarge`] at once for sparse giants.
pub fn read_bounded(path: &Path, links: Links, limit: u64) -> Result<(Vec<u8>, Permissions), FileError> {
    read_watched(path, links, limit, &mut |_, _| true)
}

/// Like [`read_bounded`], and shows `watch` each block with its offset as it is read. Once `watch` says false, the bytes
/// so far are all that is returned: whoever watches knows then what to do with them. A second attempt begins at 0 again.
///
/// # Errors
/// [`FileError`].
pub fn read_watched(
    path: &Path,
    links: Links,
    limit: u64,
    watch: &mut dyn FnMut(u64, &[u8]) -> bool,
) -> Result<(Vec<u8>, Permissions), FileError> {
    match read_once(path, links, limit, watch) {
        // Somebody put a new file in place just now, which stamps the old one too: the new one is whole.
        Err(FileError::Changed { .. }) => read_once(path, links, limit, watch),
        other => other,
    }
}

fn read_once(
    path: &Path,
    links: Links,
    limit: u64,
    watch: &mut dyn FnMut(u64, &[u8]) -> bool,
) -> Result<(Vec<u8>, Permissions), FileError> {
    let opened = match OpenedFile::open(path, links) {
        // In a Hugging Face cache every file is such a link.
        Err(error @ FileError::Symlink { .. }) => open_in_cache(path).ok_or(error)?,
        other => other?,
    };
    let permissions = opened.permissions()?;
    Ok((opened.read_whole(limit, watch)?, permissions))
}

/// A file of a snapshot in a Hugging Face cache.
fn open_in_cache(path: &Path) -> Option<OpenedFile> {
    let tree = super::Tree::open(folder_of(path), super::Follow::Refuse).ok()?;
    tree.open_file(Path::new(path.file_name()?)).ok()
}

/// Makes sure that what is to be replaced at `path`, if anything is there, is a regular file.
pub(super) fn ensure_replaceable(path: &Path) -> Result<(), FileError> {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => Err(FileError::symlink(path, path)),
        Ok(metadata) if !metadata.is_file() => {
            Err(FileError::NotRegular { path: path.to_owned(), kind: kind_of(&metadata) })
        }
        // What cannot be looked at fails when it is written.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Whether two paths lead to the same existing file.
pub fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Whether two paths name the same entry of a folder, whether it exists or not, however the folder is written.
pub fn is_same_place(one: &Path, other: &Path) -> bool {
    let folder = |path: &Path| resolve(folder_of(path)).ok();
    one.file_name() == other.file_name() && folder(one).is_some_and(|one| Some(one) == folder(other))
}

/// Who may read and write the file at `path`, if there is one.
pub fn permissions_of(path: &Path) -> Option<Permissions> {
    path.metadata().ok().map(|metadata| Permissions::of(&metadata))
}

/// The size in bytes that a file seems to have, for progress displays.
pub fn size_of(path: &Path) -> Option<u64> {
    path.metadata().ok().map(|metadata| metadata.len())
}

/// The absolute path without symbolic links.
///
/// # Errors
/// A [`FileError`], among others when nothing has this path.
pub fn resolve(path: &Path) -> Result<PathBuf, FileError> {
    path.canonicalize().map_err(|error| FileError::read(path, error))
}

/// The folder that a file lies in.
pub fn folder_of(path: &Path) -> &Path {
    or_here(path.parent().unwrap_or(Path::new("")))
}

/// The empty path is how [`Path`] says "the current folder".
pub fn or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// The real place of the file at `path` below the folder `base`, links on the way resolved; `None` when it lies
/// elsewhere. The file itself is not looked at.
///
/// # Errors
/// A [`FileError`] when one of the two folders does not exist.
pub fn place_below(path: &Path, base: &Path) -> Result<Option<PathBuf>, FileError> {
    let (folder, base) = (resolve(folder_of(path))?, resolve(or_here(base))?);
    Ok(folder.strip_prefix(base).ok().zip(path.file_name()).map(|(below, name)| below.join(name)))
}

/// How many files this process may have open at once, where the system has such a limit.
pub fn most_open_files() -> Option<u64> {
    #[cfg(unix)]
    return rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    None
}

/// Where something lies that goes with a model and its signature: called like the model with `suffix`, beside the
/// signature, but never inside a folder that is the model. A bundle manifest stands for both. `None` for the top of the
/// file system, which has no name.
///
/// # Errors
/// A [`FileError`] for a folder that has no name in its path, and cannot be found.
pub fn companion(model: &Path, signature: &Path, suffix: &str) -> Result<Option<PathBuf>, FileError> {
    let with_suffix = |name: &OsStr| {
        let mut name = name.to_owned();
        name.push(suffix);
        name
    };
    if model == signature {
        return Ok(Some(with_suffix(model.as_os_str()).into()));
    }
    let named = match model.file_name() {
        Some(_) => model.to_owned(),
        None => resolve(or_here(model))?,
    };
    let Some(name) = named.file_name() else { return Ok(None) };
    let is_inside = is_folder(model)? && place_below(signature, model)?.is_some();
    let folder = folder_of(if is_inside { &named } else { signature });
    let name = with_suffix(name);
    Ok(Some(if folder == Path::new(".") { name.into() } else { folder.join(name) }))
}

/// Who may read and write a file, by its mode bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions {
    mode: Option<u32>,
}

impl Permissions {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let mode = Some(std::os::unix::fs::MetadataExt::mode(metadata) & 0o7777);
        #[cfg(not(unix))]
        let mode = {
            let _ = metadata;
            None
        };
        Self { mode }
    }

    /// The mode bits (POSIX), `None` where the system has none.
    pub fn mode(self) -> Option<u32> {
        self.mode
    }

    /// Whether every user of the machine can read or write it.
    pub fn open_to_everybody(self) -> bool {
        self.mode.is_some_and(|mode| mode & 0o006 != 0)
    }

    /// Whether the file's group can read or write it.
    pub fn open_to_group(self) -> bool {
        self.mode.is_some_and(|mode| mode & 0o060 != 0)
    }
}

/// What must stay the same while a file is read.
#[derive(Debug, PartialEq, Eq)]
struct Snapshot {
    size: u64,
    #[cfg(unix)]
    times: (i64, i64, i64, i64),
    #[cfg(not(unix))]
    times: Option<std::time::SystemTime>,
}

impl Snapshot {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let times = {
            use std::os::unix::fs::MetadataExt as _;
            (metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec())
        };
        #[cfg(not(unix))]
        let times = metadata.modified().ok();
        Self { size: metadata.len(), times }
    }
}

#[cfg(unix)]
fn open_without_waiting(path: &Path, links: Links) -> io::Result<File> {
    use rustix::fs::{CWD, OFlags};
    // Without NONBLOCK a named pipe would hang us before we can see what it is.
    let mut flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    if links == Links::Refuse {
        flags |= OFlags::NOFOLLOW;
    }
    Ok(File::from(super::beneath::openat_again(CWD, path, flags)?))
}

/// Opens `path`, which begins with `folder`, following no link below it.
#[cfg(unix)]
fn open_beneath(folder: &Path, path: &Path) -> Result<File, FileError> {
    use super::beneath;
    use rustix::fs::CWD;
    let top = or_here(folder);
    let handle =
        beneath::openat_again(CWD, top, beneath::WALK).map_err(|error| FileError::read(top, error.into()))?;
    let below = path.strip_prefix(folder).unwrap_or(path);
    match beneath::open(&handle, below, beneath::READ, beneath::Links::Refuse) {
        Ok(file) => Ok(file.into()),
        Err(error) => Err(explain_beneath(path, error.into())),
    }
}

/// Like [`explain`], where a link may also stand on the way.
#[cfg(unix)]
pub(super) fn explain_beneath(path: &Path, error: io::Error) -> FileError {
    if !is_loop(&error) || path.is_symlink() {
        return explain(path, Links::Refuse, error);
    }
    match path.ancestors().find(|above| above.is_symlink()) {
        Some(link) => FileError::symlink(link, link.strip_prefix(".").unwrap_or(link)),
        None => FileError::read(path, error),
    }
}

#[cfg(not(unix))]
fn open_beneath(_: &Path, path: &Path) -> Result<File, FileError> {
    open_without_waiting(path, Links::Refuse).map_err(|error| explain(path, Links::Refuse, error))
}

#[cfg(not(unix))]
fn open_without_waiting(path: &Path, links: Links) -> io::Result<File> {
    if links == Links::Refuse && path.symlink_metadata()?.is_symlink() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    File::open(path)
}

/// Finds the reason behind a failed open. Only words depend on what is seen here: the refusal stands.
fn explain(path: &Path, links: Links, error: io::Error) -> FileError {
    let Ok(metadata) = path.symlink_metadata() else {
        return FileError::read(path, error);
    };
    let owned = path.to_owned();
    if is_loop(&error) && !metadata.is_symlink() {
        // It was a link when it was opened.
        return FileError::Changed { path: owned };
    }
    if metadata.is_symlink() {
        return match path.metadata() {
            Err(inner) if inner.kind() == io::ErrorKind::NotFound => {
                FileError::BrokenLink { path: owned, looping: false }
            }
            Err(inner) if is_loop(&inner) => FileError::BrokenLink { path: owned, looping: true },
            _ if links == Links::Refuse => FileError::symlink(path, path),
            _ => FileError::read(path, error),
        };
    }
    // A socket cannot even be opened.
    match kind_of(&metadata) {
        Kind::Other => FileError::read(path, error),
        kind => FileError::NotRegular { path: owned, kind },
    }
}

fn is_loop(error: &io::Error) -> bool {
    #[cfg(unix)]
    return error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    #[cfg(not(unix))]
    {
        let _ = error;
        false
    }
}

fn kind_of(metadata: &Metadata) -> Kind {
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Kind::Directory;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return Kind::Fifo;
        }
        if kind.is_socket() {
            return Kind::Socket;
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Kind::Device;
        }
    }
    Kind::Other
}
