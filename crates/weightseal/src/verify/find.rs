//! Which signature counts (docs/spec/manifest.md, "Finding the manifest").

use std::path::{Path, PathBuf};

use super::{Reason, Trouble};
use crate::file::{FileError, Links, entries, exists, read_bounded};
use crate::format::{Fault, MAX_SIGNATURE_FILE, SignatureFile, is_manifest_name, manifest_names};
use crate::listing::SafeName;

/// A signature file that was found and read.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) content: Result<SignatureFile, Reason>,
    /// The bytes as they were read.
    pub(super) bytes: Vec<u8>,
}

/// Reads the signature file at `path`. What is wrong with its content is for the caller to report.
pub(super) fn read(path: &Path) -> Result<Found, Trouble> {
    let (content, bytes) = match read_bounded(path, Links::Refuse, MAX_SIGNATURE_FILE) {
        Ok((bytes, _)) => (SignatureFile::parse(&bytes).map_err(Reason::from), bytes),
        // Reading would be possible; it is the file that is unreasonable.
        Err(FileError::TooLarge { size, limit, .. }) => {
            (Err(Reason::SignatureTooLarge { size, limit }), Vec::new())
        }
        Err(error) => return Err(Trouble::Signature(error)),
    };
    Ok(Found { path: path.to_owned(), content, bytes })
}

/// Entries of a folder that are looked at for its bundle manifest.
const MOST_ENTRIES: usize = 100_000;

/// Looks for the one bundle manifest in a folder.
///
/// The manifest of a single file is no candidate; one that cannot be understood is, since it may be the bundle
/// manifest, damaged on purpose.
pub(super) fn inside(folder: &Path) -> Result<Result<Found, Reason>, Trouble> {
    let is_manifest = |name: &std::ffi::OsStr| name.to_str().is_some_and(is_manifest_name);
    let mut found = Vec::new();
    let mut others = Vec::new();
    for path in entries(folder, MOST_ENTRIES, &is_manifest)? {
        let candidate = read(&path)?;
        match &candidate.content {
            Ok(SignatureFile::Manifest(_)) | Err(Reason::Fault(Fault::NotASignature { .. })) => {
                others.push(path)
            }
            Ok(SignatureFile::Bundle(_)) | Err(_) => found.push(candidate),
        }
    }
    Ok(the_only(found, folder, || Reason::UnsignedFolder { folder: folder.to_owned(), others }))
}

/// Looks for the one manifest beside a model.
///
/// A manifest that says it is of another model is no candidate; one that cannot be understood is, since it may
/// be this model's, damaged on purpose.
pub(super) fn beside(model: &Path, name: &SafeName) -> Result<Result<Found, Reason>, Trouble> {
    let looked_for: Vec<PathBuf> =
        manifest_names(name.as_str()).iter().map(|candidate| model.with_file_name(candidate)).collect();
    let mut found = Vec::new();
    let mut others = Vec::new();
    for path in looked_for.iter().filter(|path| exists(path)) {
        let candidate = read(path)?;
        match &candidate.content {
            Ok(SignatureFile::Manifest(manifest)) if manifest.visible.model_file == *name => {
                found.push(candidate)
            }
            Ok(_) | Err(Reason::Fault(Fault::NotASignature { .. })) => others.push(path.clone()),
            Err(_) => found.push(candidate),
        }
    }
    Ok(the_only(found, model, || Reason::Unsigned { model: model.to_owned(), looked_for, others }))
}

/// The one candidate; with several, none is chosen by chance.
fn the_only(mut found: Vec<Found>, model: &Path, unsigned: impl FnOnce() -> Reason) -> Result<Found, Reason> {
    if found.len() > 1 {
        let candidates = found.into_iter().map(|candidate| candidate.path).collect();
        return Err(Reason::Ambiguous { model: model.to_owned(), candidates });
    }
    found.pop().ok_or_else(unsigned)
}
