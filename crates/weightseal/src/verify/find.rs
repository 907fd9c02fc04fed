//! Which signature counts (docs/spec/manifest.md, "Finding the manifest").

use std::path::{Path, PathBuf};

use super::{Reason, Trouble};
use crate::file::{FileError, Links, MAX_TREE, entries, exists, folder_of, or_here, read_bounded, resolve};
use crate::format::{Fault, Limits, OMS_NAME, OMS_SUFFIX, SignatureFile, is_manifest_name, manifest_names};
use crate::listing::SafeName;

/// A signature file that was found and read.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) content: Result<SignatureFile, Reason>,
    /// The bytes as they were read.
    pub(super) bytes: Vec<u8>,
}

/// Reads the signature file at `path`. What is wrong with its content is for the caller to report.
pub(super) fn read(path: &Path, limits: Limits) -> Result<Found, Trouble> {
    let (content, bytes) = match read_bounded(path, Links::Refuse, limits.bytes) {
        Ok((bytes, _)) => match SignatureFile::parse_within(&bytes, limits) {
            Ok(file) => (Ok(file), bytes),
            Err(fault) => (Err(fault.into()), Vec::new()),
        },
        // Reading would be possible; it is the file that is unreasonable.
        Err(FileError::TooLarge { size, limit, .. }) => {
            (Err(Reason::SignatureTooLarge { size, limit }), Vec::new())
        }
        Err(error) => return Err(Trouble::Signature(error)),
    };
    Ok(Found { path: path.to_owned(), content, bytes })
}

/// The model that an OMS signature is of, by the signature's own place: `NAME.sig` of `NAME` beside it, `model.sig` of
/// the folder that it lies in.
pub(super) fn model_of(signature: &Path) -> Result<Option<PathBuf>, Trouble> {
    let name = signature.file_name().and_then(|name| name.to_str());
    let Some((name, stem)) = name.and_then(|name| Some((name, name.strip_suffix(OMS_SUFFIX)?))) else {
        return Ok(None);
    };
    let model = signature.with_file_name(stem);
    match (exists(&model), name == OMS_NAME) {
        // Neither is chosen by chance: the one that was not meant may be somebody's bait.
        (true, true) => {
            let folder = folder_of(signature).to_owned();
            Err(Trouble::WhichModel { signature: signature.to_owned(), model, folder })
        }
        (true, false) => Ok(Some(model)),
        (false, true) => Ok(Some(folder_of(signature).to_owned())),
        (false, false) => Ok(None),
    }
}

/// Looks for the one signature of a folder: an OMS signature in it or beside it, or a bundle manifest in it.
///
/// The manifest of a single file is no candidate; one that cannot be understood is, since it may be the bundle
/// manifest, damaged on purpose.
pub(super) fn inside(folder: &Path, limits: Limits) -> Result<Result<Found, Reason>, Trouble> {
    let is_manifest = |name: &std::ffi::OsStr| name.to_str().is_some_and(is_manifest_name);
    let mut found = Vec::new();
    let mut others = Vec::new();
    for path in entries(folder, MAX_TREE, &is_manifest)? {
        let candidate = read(&path, limits)?;
        match &candidate.content {
            Ok(SignatureFile::Manifest(_)) | Err(Reason::Fault(Fault::NotASignature { .. })) => {
                others.push(path)
            }
            Ok(SignatureFile::Bundle(_) | SignatureFile::Oms(_)) | Err(_) => found.push(candidate),
        }
        // Two are as many as too many.
        if found.len() == 2 {
            break;
        }
    }
    let own = folder.join(OMS_NAME);
    if exists(&own) {
        found.push(read(&own, limits)?);
    }
    // Beside the folder, under its name as the file system knows it.
    if let Ok(place) = resolve(or_here(folder))
        && let Some(name) = place.file_name().and_then(|name| name.to_str())
    {
        let (_, signatures) = oms_beside(&folder_beside(folder, &place), name, limits)?;
        found.extend(signatures);
    }
    Ok(the_only(found, folder, || Reason::UnsignedFolder { folder: folder.to_owned(), others }))
}

/// The folder above, written as the caller wrote it where that is possible.
fn folder_beside(folder: &Path, place: &Path) -> PathBuf {
    match folder.file_name() {
        Some(name) if Some(name) == place.file_name() => folder_of(folder).to_owned(),
        _ => folder_of(place).to_owned(),
    }
}

/// Looks for OMS signatures of `name` in the folder that it lies in: `NAME.sig`, and `model.sig` if that is about
/// something of this name. The first result are the paths that were tried.
fn oms_beside(folder: &Path, name: &str, limits: Limits) -> Result<(Vec<PathBuf>, Vec<Found>), Trouble> {
    let place = |name: &str| if folder == Path::new(".") { PathBuf::from(name) } else { folder.join(name) };
    let own_name = format!("{name}{OMS_SUFFIX}");
    let mut looked_for = vec![place(&own_name), place(OMS_NAME)];
    looked_for.dedup();
    let mut found = Vec::new();
    for (at, path) in looked_for.iter().enumerate().filter(|(_, path)| exists(path)) {
        let candidate = read(path, limits)?;
        let by_name = at == 0;
        match &candidate.content {
            Ok(SignatureFile::Oms(oms)) if by_name || oms.statement.name == name => found.push(candidate),
            // Something called after the model, but of another kind, is not its signature; what cannot be
            // understood may be, damaged on purpose.
            Err(Reason::Fault(Fault::NotASignature { .. })) => {}
            Err(_) if by_name => found.push(candidate),
            _ => {}
        }
    }
    Ok((looked_for, found))
}

/// Looks for the one signature beside a model file.
///
/// A manifest that says it is of another model is no candidate; one that cannot be understood is, since it may
/// be this model's, damaged on purpose.
pub(super) fn beside(
    model: &Path,
    name: &SafeName,
    limits: Limits,
) -> Result<Result<Found, Reason>, Trouble> {
    let mut looked_for: Vec<PathBuf> =
        manifest_names(name.as_str()).iter().map(|candidate| model.with_file_name(candidate)).collect();
    let mut found = Vec::new();
    let mut others = Vec::new();
    for path in looked_for.iter().filter(|path| exists(path)) {
        let candidate = read(path, limits)?;
        match &candidate.content {
            Ok(SignatureFile::Manifest(manifest)) if manifest.visible.model_file == *name => {
                found.push(candidate)
            }
            Ok(_) | Err(Reason::Fault(Fault::NotASignature { .. })) => others.push(path.clone()),
            Err(_) => found.push(candidate),
        }
    }
    let (tried, signatures) = oms_beside(folder_of(model), name.as_str(), limits)?;
    others.extend(
        tried.iter().filter(|path| exists(path) && signatures.iter().all(|it| it.path != **path)).cloned(),
    );
    looked_for.extend(tried);
    found.extend(signatures);
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
