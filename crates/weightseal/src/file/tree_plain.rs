//! A folder tree where there are no folder handles: read by paths, with every component looked at before it is used.
//! Somebody who exchanges folders at the right moment is not kept out here; what is hashed is still what is judged.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::entry::{EntryKind, Follow, MAX_TREE, TreeEntry};
use super::{FileError, Kind, Links, OpenedFile, is_same, or_here};

/// A folder.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// Opens a folder. Links below it are never followed here.
    ///
    /// # Errors
    /// A [`FileError`].
    pub fn open(root: &Path, _: Follow) -> Result<Self, FileError> {
        fs::read_dir(or_here(root)).map_err(|error| FileError::read(root, error))?;
        Ok(Self { root: root.to_owned() })
    }

    /// The path it was opened by.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Opens a regular file of the tree.
    ///
    /// # Errors
    /// A [`FileError`]; a link on the way is [`FileError::Symlink`].
    pub fn open_file(&self, name: &Path) -> Result<OpenedFile, FileError> {
        let mut path = self.root.clone();
        for component in name.components() {
            path.push(component);
            if path.is_symlink() {
                return Err(FileError::symlink(&path, &path));
            }
        }
        OpenedFile::open(&path, Links::Refuse)
    }

    /// Lists everything in the tree that is no folder, sorted by name.
    ///
    /// # Errors
    /// A [`FileError`] for the folder itself, and [`FileError::TooManyEntries`].
    pub fn list(&self) -> Result<Vec<TreeEntry>, FileError> {
        let mut entries = Vec::new();
        let mut folders = vec![(self.root.clone(), OsString::new())];
        let mut seen = 0;
        while let Some((path, name)) = folders.pop() {
            let listed = match fs::read_dir(or_here(&path)) {
                Ok(listed) => listed,
                Err(error) if name.is_empty() => return Err(FileError::read(&path, error)),
                Err(error) => {
                    let kind = EntryKind::Unreadable(FileError::read(&path, error).into());
                    entries.push(TreeEntry { name, kind });
                    continue;
                }
            };
            for entry in listed {
                let entry = entry.map_err(|error| FileError::read(&path, error))?;
                seen += 1;
                if seen > MAX_TREE {
                    return Err(FileError::TooManyEntries { path: self.root.clone(), limit: MAX_TREE });
                }
                let mut below = name.clone();
                if !below.is_empty() {
                    below.push("/");
                }
                below.push(entry.file_name());
                let kind = match entry.file_type() {
                    Ok(kind) if kind.is_dir() => {
                        folders.push((entry.path(), below));
                        continue;
                    }
                    Ok(kind) if kind.is_file() => EntryKind::File,
                    Ok(kind) if kind.is_symlink() => EntryKind::Symlink {
                        target: entry.path().read_link().unwrap_or_default().into_boxed_path(),
                    },
                    Ok(_) => EntryKind::Special(Kind::Other),
                    Err(error) => EntryKind::Unreadable(FileError::read(&entry.path(), error).into()),
                };
                entries.push(TreeEntry { name: below, kind });
            }
        }
        entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    /// Whether this entry and the file at `path` are the same file.
    ///
    /// # Errors
    /// None here.
    pub fn is_same_file(&self, name: &Path, path: &Path) -> Result<bool, FileError> {
        Ok(is_same(&self.root.join(name), path))
    }
}
