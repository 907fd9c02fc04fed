//! Every signed model at or below a folder, for work on many at once. Nothing is verified here.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::find::{self, Candidates, Found};
use super::{Reason, Target, Trouble};
use crate::file::{
    EntryKind, FileError, Follow, Kind, Tree, TreeEntry, exists, is_same_place, or_here, resolve,
};
use crate::format::{Fault, Limits, OMS_NAME, OmsSignature, SignatureFile, is_manifest_name, is_oms_name};
use crate::listing::SafeName;

/// A signature file, and the model that it says it is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignedPlace {
    /// The signature file: a manifest, bundle manifest or OMS signature; a countersignature never is one.
    pub signature: PathBuf,
    /// A file, or a folder; of a bundle manifest, and of a signature that cannot be understood, the signature itself,
    /// which stands for what it describes.
    pub model: PathBuf,
}

impl SignedPlace {
    /// Of a signature that was found when `path` was verified.
    pub(crate) fn of(path: &Path, signature: PathBuf) -> Self {
        let named = is_same_place(path, &signature);
        let is_oms = signature.file_name().and_then(OsStr::to_str).is_some_and(is_oms_name);
        // Verification has found the very same, or it would not have come to an end.
        let model = (named && is_oms).then(|| find::model_of(&signature).ok().flatten()).flatten();
        Self { model: model.unwrap_or_else(|| path.to_owned()), signature }
    }

    /// What is to be verified.
    pub fn target(&self) -> Target {
        Target { path: self.model.clone(), signature: Some(self.signature.clone()), ..Target::default() }
    }
}

/// Finds the signatures of what is at `path`, sorted: of a file, or of a folder that is a model with an OMS signature,
/// its own; of any other folder, every one below it, at any depth. What is part of a signed folder is not looked at.
///
/// What looks like a damaged signature is one of them, so that nobody passes it over. No symbolic link is followed.
/// What has two signatures is there twice; verification refuses such a model, unless one of them is named.
///
/// # Errors
/// A [`FileError`] where something cannot be read.
pub fn find_signed(path: &Path, limits: Limits) -> Result<Vec<SignedPlace>, FileError> {
    let file_error = |trouble: Trouble| match trouble {
        Trouble::File(error) | Trouble::Signature(error) => error,
        // Nothing else goes wrong while a file is looked for.
        _ => FileError::NotRegular { path: path.to_owned(), kind: Kind::Other },
    };
    match path.is_dir() {
        true => of_folder(path, limits),
        false => of_file(path, limits),
    }
    .map_err(file_error)
}

/// A signed folder is one model; any other one is looked through.
fn of_folder(folder: &Path, limits: Limits) -> Result<Vec<SignedPlace>, Trouble> {
    let mut candidates = Candidates::default();
    find::oms_of_folder(folder, None, limits, &mut candidates)?;
    let inside = folder.join(OMS_NAME);
    let is_its = |found: &Found| match &found.content {
        Ok(SignatureFile::Oms(oms)) if found.path == inside => of_something_in(folder, oms).is_none(),
        Ok(_) | Err(_) => true,
    };
    let found = candidates.found.into_iter().filter(is_its);
    let mut own: Vec<SignedPlace> =
        found.map(|found| SignedPlace { signature: found.path, model: folder.to_owned() }).collect();
    own.sort();
    if own.is_empty() { below(folder, limits) } else { Ok(own) }
}

/// What `model.sig` in this folder is of by the signer's word, if that is something else than the folder: other tools
/// write it where they are called.
fn of_something_in(folder: &Path, oms: &OmsSignature) -> Option<SafeName> {
    let own = resolve(or_here(folder)).ok();
    let is_own = own.as_deref().and_then(Path::file_name) == Some(OsStr::new(&oms.statement.name));
    let name = oms.statement.name.parse::<SafeName>().ok()?;
    (!is_own && name.is_single() && exists(&folder.join(name.as_str()))).then_some(name)
}

/// A signature file stands for its model, every other file is one.
fn of_file(path: &Path, limits: Limits) -> Result<Vec<SignedPlace>, Trouble> {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    if is_manifest_name(name) || is_oms_name(name) {
        let found = find::read(path, limits)?;
        let model = match &found.content {
            Ok(SignatureFile::Manifest(manifest)) => {
                path.with_file_name(manifest.visible.model_file.as_str())
            }
            Ok(SignatureFile::Oms(_)) => find::model_of(path)?.unwrap_or_else(|| path.to_owned()),
            Ok(SignatureFile::Bundle(_)) | Err(_) => path.to_owned(),
        };
        return Ok(vec![SignedPlace { signature: path.to_owned(), model }]);
    }
    let Ok(name) = SafeName::of_file(path) else { return Ok(Vec::new()) };
    let found = find::all_beside(path, &name, None, limits)?.found;
    let mut places: Vec<SignedPlace> = found
        .into_iter()
        .map(|found| SignedPlace { signature: found.path, model: path.to_owned() })
        .collect();
    places.sort();
    Ok(places)
}

/// What there is below a folder that is no signed model itself.
fn below(root: &Path, limits: Limits) -> Result<Vec<SignedPlace>, Trouble> {
    let entries = Tree::open(root, Follow::Refuse)?.list()?;
    let mut named: Vec<&TreeEntry> = entries.iter().filter(|entry| is_called_like_one(entry)).collect();
    // A folder's own signature stands above everything in it, or is the first there.
    named.sort_by_cached_key(|entry| {
        let path = Path::new(&entry.name);
        (path.components().count(), path.file_name() != Some(OsStr::new(OMS_NAME)), path.to_owned())
    });
    let mut signed: BTreeSet<PathBuf> = BTreeSet::new();
    let is_part = |signed: &BTreeSet<PathBuf>, path: &Path| {
        path.ancestors().skip(1).any(|above| signed.contains(above))
    };
    let mut places = Vec::new();
    for entry in named {
        let path = Path::new(&entry.name);
        if is_part(&signed, path) {
            continue;
        }
        let Some(model) = model_below(root, path, &entries, limits)? else { continue };
        match kind_of(&entries, &model) {
            Some(Here::Folder) => _ = signed.insert(model.clone()),
            Some(Here::Link(target)) => {
                return Err(FileError::Symlink { path: at(root, &model), target: target.into() }.into());
            }
            Some(Here::File) | None => {}
        }
        let model = if model.as_os_str().is_empty() { root.to_owned() } else { at(root, &model) };
        places.push(SignedPlace { signature: at(root, path), model });
    }
    // In a folder that cannot be read there may be more of them.
    for TreeEntry { name, kind } in entries {
        if let EntryKind::Unreadable(error) = kind
            && !is_part(&signed, Path::new(&name))
        {
            return Err(Trouble::File(*error));
        }
    }
    places.sort();
    Ok(places)
}

/// The path of something below the root, as people write it.
fn at(root: &Path, path: &Path) -> PathBuf {
    if or_here(root) == Path::new(".") { path.to_owned() } else { root.join(path) }
}

fn is_called_like_one(entry: &TreeEntry) -> bool {
    let name = Path::new(&entry.name).file_name().and_then(OsStr::to_str).unwrap_or_default();
    // One that cannot be read is found with everything else that cannot be.
    !matches!(entry.kind, EntryKind::Unreadable(_)) && (is_manifest_name(name) || is_oms_name(name))
}

/// The model that the file at `path` signs, below the root; `None` where it is no first signature.
fn model_below(
    root: &Path,
    path: &Path,
    entries: &[TreeEntry],
    limits: Limits,
) -> Result<Option<PathBuf>, Trouble> {
    let content = find::read(&root.join(path), limits)?.content;
    if content.as_ref().is_ok_and(|file| file.countersigns().is_some()) {
        return Ok(None);
    }
    let is_manifest = path.to_str().is_some_and(is_manifest_name);
    let folder = path.parent().unwrap_or(Path::new(""));
    let in_its_folder = path.file_name() == Some(OsStr::new(OMS_NAME));
    // `NAME.sig` is of NAME; `model.sig` is as well, if there is such a thing, else of the folder.
    let by_name = || {
        let stem = path.with_extension("");
        if in_its_folder && kind_of(entries, &stem).is_none() { folder.to_owned() } else { stem }
    };
    Ok(match content {
        Err(Reason::Fault(Fault::NotASignature { .. })) => None,
        Ok(SignatureFile::Manifest(manifest)) => {
            Some(path.with_file_name(manifest.visible.model_file.as_str()))
        }
        Ok(SignatureFile::Bundle(_)) => Some(path.to_owned()),
        Ok(SignatureFile::Oms(oms)) if in_its_folder => {
            let other = of_something_in(&root.join(folder), &oms);
            Some(other.map_or_else(|| folder.to_owned(), |name| folder.join(name.as_str())))
        }
        Ok(SignatureFile::Oms(_)) => Some(by_name()),
        Err(_) if is_manifest => Some(path.to_owned()),
        // Many programs write files with this ending: it is ours if there is something that it could be of.
        Err(_) => Some(by_name()).filter(|model| kind_of(entries, model).is_some()),
    })
}

/// What lies at a path.
enum Here<'a> {
    File,
    Folder,
    Link(&'a Path),
}

/// Looks a path up in the sorted list of what is no folder; the empty path is the folder at the top.
fn kind_of<'a>(entries: &'a [TreeEntry], path: &Path) -> Option<Here<'a>> {
    if path.as_os_str().is_empty() {
        return Some(Here::Folder);
    }
    let place = entries.binary_search_by(|entry| entry.name.as_os_str().cmp(path.as_os_str()));
    if let Some(entry) = place.ok().and_then(|at| entries.get(at)) {
        return Some(match &entry.kind {
            EntryKind::Symlink { target } => Here::Link(target),
            _ => Here::File,
        });
    }
    let mut inside = path.as_os_str().to_owned();
    inside.push("/");
    let first = entries.partition_point(|entry| entry.name < inside);
    let is_inside = |entry: &TreeEntry| Path::new(&entry.name).starts_with(path);
    entries.get(first).is_some_and(is_inside).then_some(Here::Folder)
}
