//! A folder that an attacker may have filled, read by handles: no path leads out of it, no link is followed unless
//! asked, and nothing that cannot be read is passed over in silence.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, Dir, FileType, OFlags, readlinkat, statat};
use rustix::io::{Errno, retry_on_intr};

use super::beneath::{self, Links};
use super::entry::{EntryKind, Follow, MAX_TREE, MAX_TREE_BYTES, TreeEntry};
use super::{FileError, Kind, OpenedFile, folder_of, resolve};
use crate::parallel::in_parallel;

/// A folder that stays the same one, whatever happens to its path.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    handle: OwnedFd,
    follow: Follow,
    /// Where the snapshots of a Hugging Face cache keep their bytes.
    blobs: Option<OwnedFd>,
}

/// A folder that is still to be listed, with those above it where links can lead back to one.
struct Pending {
    name: PathBuf,
    above: Option<Arc<Above>>,
    /// Whether a link led out of the folder on the way here.
    outside: bool,
}

struct Above {
    identity: (u64, u64),
    next: Option<Arc<Above>>,
}

impl Tree {
    /// Opens a folder. The path itself may be a link: it is the caller's own word.
    ///
    /// # Errors
    /// A [`FileError`].
    pub fn open(root: &Path, follow: Follow) -> Result<Self, FileError> {
        let shown = super::or_here(root);
        let failed = |error: Errno| FileError::read(shown, error.into());
        let handle = beneath::openat_again(CWD, shown, beneath::WALK).map_err(failed)?;
        let blobs = shown.canonicalize().ok().and_then(|place| blobs_of(&place));
        Ok(Self { root: root.to_owned(), handle, follow, blobs })
    }

    /// The path it was opened by.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Opens a regular file of the tree.
    ///
    /// # Errors
    /// A [`FileError`]; a link that is not followed is [`FileError::Symlink`].
    pub fn open_file(&self, name: &Path) -> Result<OpenedFile, FileError> {
        let path = self.root.join(name);
        let file = match beneath::open(&self.handle, name, beneath::READ, self.links()) {
            Err(Errno::LOOP) => self.open_blob(name).ok_or(Errno::LOOP),
            other => other,
        };
        match file {
            Ok(file) => OpenedFile::regular(file.into(), &path),
            Err(error) => Err(super::open::explain_beneath(&path, error.into())),
        }
    }

    /// Lists everything in the tree that is no folder, sorted by name.
    ///
    /// # Errors
    /// A [`FileError`] for the folder itself, and [`FileError::TooManyEntries`]; everything else stands in the list.
    #[expect(clippy::indexing_slicing, reason = "as many as the level has")]
    pub fn list(&self) -> Result<Vec<TreeEntry>, FileError> {
        let mut level =
            vec![Pending { name: PathBuf::new(), above: self.above(Path::new(""), None), outside: false }];
        let mut entries: Vec<TreeEntry> = Vec::new();
        let (mut folders, mut bytes) = (0, 0);
        while !level.is_empty() {
            folders += level.len();
            let room = MAX_TREE.saturating_sub(entries.len() + folders);
            let listed = in_parallel(level.len(), &|at| self.list_folder(&level[at], room));
            let mut next = Vec::new();
            for (folder, listed) in level.iter().zip(listed) {
                match listed {
                    Ok((found, below)) => {
                        bytes += found.iter().map(|entry| entry.name.len()).sum::<usize>();
                        bytes += below.iter().map(|folder| folder.name.as_os_str().len()).sum::<usize>();
                        entries.extend(found);
                        next.extend(below);
                    }
                    Err(error) if folder.name.as_os_str().is_empty() => return Err(error),
                    Err(error @ FileError::TooManyEntries { .. }) => return Err(error),
                    Err(error) => {
                        let name = folder.name.clone().into_os_string();
                        entries.push(TreeEntry { name, kind: EntryKind::Unreadable(error.into()) });
                    }
                }
            }
            if entries.len() + folders + next.len() > MAX_TREE || bytes > MAX_TREE_BYTES {
                return Err(self.too_many());
            }
            level = next;
        }
        entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    /// Whether this entry is the one at `path`.
    ///
    /// # Errors
    /// A [`FileError`] where that cannot be found out.
    pub fn is_same_file(&self, name: &Path, path: &Path) -> Result<bool, FileError> {
        let look = |folder: std::os::fd::BorrowedFd<'_>, name: &Path, shown: &Path| match statat(
            folder,
            name,
            AtFlags::SYMLINK_NOFOLLOW,
        ) {
            Ok(stat) => Ok(Some((stat.st_dev, stat.st_ino))),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(error) => Err(FileError::read(shown, error.into())),
        };
        let own = self.root.join(name);
        // A hard link to it under another name is another entry. It need not be looked at, and so may be unreadable.
        if own.file_name() != path.file_name() {
            return Ok(false);
        }
        let (here, there) = (look(self.handle.as_fd(), name, &own)?, look(CWD, path, path)?);
        if here.is_none() || here != there {
            return Ok(false);
        }
        let folder = |path: &Path| resolve(folder_of(path));
        Ok(folder(&own)? == folder(path)?)
    }

    fn list_folder(
        &self,
        folder: &Pending,
        room: usize,
    ) -> Result<(Vec<TreeEntry>, Vec<Pending>), FileError> {
        let path = self.root.join(&folder.name);
        let failed = |error: Errno| FileError::read(&path, error.into());
        let here = if folder.name.as_os_str().is_empty() { Path::new(".") } else { &folder.name };
        let handle = beneath::open(&self.handle, here, beneath::LIST, self.links()).map_err(failed)?;
        let (mut entries, mut below) = (Vec::new(), Vec::new());
        for entry in retry_on_intr(|| Dir::read_from(&handle)).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let own = OsStr::from_bytes(entry.file_name().to_bytes());
            if own == "." || own == ".." {
                continue;
            }
            if entries.len() + below.len() >= room {
                return Err(self.too_many());
            }
            let name = folder.name.join(own);
            let kind = match entry.file_type() {
                FileType::Unknown => statat(&handle, own, AtFlags::SYMLINK_NOFOLLOW)
                    .map(|stat| FileType::from_raw_mode(stat.st_mode))
                    .map_err(failed)?,
                known => known,
            };
            match self.judge(kind, &handle, own, &name, folder) {
                Judged::Entry(kind) => entries.push(TreeEntry { name: name.into_os_string(), kind }),
                Judged::Folder(above, outside) => below.push(Pending { name, above, outside }),
            }
        }
        Ok((entries, below))
    }

    fn judge(&self, kind: FileType, handle: &OwnedFd, own: &OsStr, name: &Path, folder: &Pending) -> Judged {
        let special = match kind {
            FileType::RegularFile if folder.outside => {
                return Judged::Entry(EntryKind::FollowedLink { outside: true });
            }
            FileType::RegularFile => return Judged::Entry(EntryKind::File),
            FileType::Directory => {
                return Judged::Folder(self.above(name, folder.above.clone()), folder.outside);
            }
            FileType::Symlink => return self.judge_link(handle, own, name, folder),
            FileType::Fifo => Kind::Fifo,
            FileType::Socket => Kind::Socket,
            FileType::CharacterDevice | FileType::BlockDevice => Kind::Device,
            _ => Kind::Other,
        };
        Judged::Entry(EntryKind::Special(special))
    }

    fn judge_link(&self, handle: &OwnedFd, own: &OsStr, name: &Path, folder: &Pending) -> Judged {
        let path = || self.root.join(name);
        let unreadable = |error: Errno| {
            Judged::Entry(EntryKind::Unreadable(FileError::read(&path(), error.into()).into()))
        };
        let target = match readlinkat(handle, own, Vec::new()) {
            Ok(target) => PathBuf::from(OsString::from_vec(target.into_bytes())),
            Err(error) => return unreadable(error),
        };
        if self.blobs.is_some() && blob_name(name, &target).is_some() {
            return Judged::Entry(EntryKind::Blob);
        }
        let target = target.into_boxed_path();
        if self.follow == Follow::Refuse {
            return Judged::Entry(EntryKind::Symlink { target });
        }
        let look = |links| beneath::open(&self.handle, name, beneath::LOOK, links);
        let (opened, outside) = match look(Links::Beneath) {
            Err(Errno::XDEV) if self.follow == Follow::Anywhere => (look(Links::Anywhere), true),
            other => (other, false),
        };
        let opened = match opened {
            Ok(opened) => opened,
            Err(Errno::XDEV) => return Judged::Entry(EntryKind::Symlink { target }),
            Err(error) => {
                let error = super::open::explain_beneath(&path(), error.into());
                return Judged::Entry(EntryKind::Unreadable(error.into()));
            }
        };
        match rustix::fs::fstat(&opened).map(|stat| FileType::from_raw_mode(stat.st_mode)) {
            Ok(FileType::RegularFile) => {
                Judged::Entry(EntryKind::FollowedLink { outside: outside || folder.outside })
            }
            Ok(FileType::Directory) => {
                let above = self.above(name, folder.above.clone());
                match above.as_ref().is_some_and(|above| above.is_circle()) {
                    true => Judged::Entry(EntryKind::Unreadable(Box::new(FileError::BrokenLink {
                        path: path(),
                        looping: true,
                    }))),
                    false => Judged::Folder(above, outside || folder.outside),
                }
            }
            Ok(FileType::Fifo) => Judged::Entry(EntryKind::Special(Kind::Fifo)),
            Ok(FileType::Socket) => Judged::Entry(EntryKind::Special(Kind::Socket)),
            Ok(_) => Judged::Entry(EntryKind::Special(Kind::Device)),
            Err(error) => unreadable(error),
        }
    }

    /// Only links can lead back to a folder above.
    fn above(&self, name: &Path, next: Option<Arc<Above>>) -> Option<Arc<Above>> {
        if self.follow == Follow::Refuse {
            return None;
        }
        let here = if name.as_os_str().is_empty() { Path::new(".") } else { name };
        let stat = beneath::open(&self.handle, here, beneath::LOOK, self.links())
            .and_then(|handle| rustix::fs::fstat(&handle))
            .ok()?;
        Some(Arc::new(Above { identity: (stat.st_dev, stat.st_ino), next }))
    }

    fn links(&self) -> Links {
        match self.follow {
            Follow::Refuse => Links::Refuse,
            Follow::Beneath => Links::Beneath,
            Follow::Anywhere => Links::Anywhere,
        }
    }

    fn open_blob(&self, name: &Path) -> Option<OwnedFd> {
        let blobs = self.blobs.as_ref()?;
        let link = beneath::open(&self.handle, name, beneath::LINK, Links::Refuse).ok()?;
        let target = readlinkat(&link, "", Vec::new()).ok()?;
        let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
        let blob = blob_name(name, &target)?;
        beneath::open(blobs, Path::new(&blob), beneath::READ, Links::Refuse).ok()
    }

    fn too_many(&self) -> FileError {
        FileError::TooManyEntries { path: self.root.clone(), limit: MAX_TREE }
    }
}

impl Above {
    /// Whether the first of these folders stands among the others as well.
    fn is_circle(&self) -> bool {
        let mut next = self.next.as_ref();
        while let Some(above) = next {
            if above.identity == self.identity {
                return true;
            }
            next = above.next.as_ref();
        }
        false
    }
}

enum Judged {
    Entry(EntryKind),
    Folder(Option<Arc<Above>>, bool),
}

/// The folder `blobs` that belongs to `…/models--ORG--NAME/snapshots/REVISION` in a cache of huggingface_hub.
fn blobs_of(snapshot: &Path) -> Option<OwnedFd> {
    let snapshots = snapshot.parent()?;
    let model = snapshots.parent()?;
    let name = |path: &Path| path.file_name().and_then(OsStr::to_str).map(str::to_owned);
    if name(snapshots)? != "snapshots" || !name(model)?.starts_with("models--") {
        return None;
    }
    let model = beneath::openat_again(CWD, model, beneath::WALK | OFlags::NOFOLLOW).ok()?;
    beneath::open(&model, Path::new("blobs"), beneath::WALK, Links::Refuse).ok()
}

/// The file in `blobs` that the link at `name` leads to, if it is written just as huggingface_hub writes it:
/// as many `..` as it takes to leave the snapshot and `snapshots`, then `blobs` and a hex digest.
fn blob_name(name: &Path, target: &Path) -> Option<String> {
    let up = name.components().count() + 1;
    let mut components = target.components();
    for _ in 0..up {
        if components.next()? != Component::ParentDir {
            return None;
        }
    }
    if components.next()? != Component::Normal(OsStr::new("blobs")) {
        return None;
    }
    let blob = components.next()?.as_os_str().to_str()?;
    let is_digest = matches!(blob.len(), 40 | 64) && blob.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_digest && components.next().is_none()).then(|| blob.to_owned())
}
