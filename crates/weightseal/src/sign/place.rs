//! Where a manifest goes, and what it may replace there.

use std::path::{Path, PathBuf};

use super::SignError;
use crate::file::{FileError, Links, exists, is_same_place, or_here, place_below, read_bounded};
use crate::format::{Fault, MAX_SIGNATURE_FILE, SignatureFile, is_manifest_name, manifest_names};
use crate::key::{KeyDocument, KeyError, MAX_KEY_FILE};
use crate::listing::{SafeName, UnsafeName};

/// What stands at the place of a manifest.
enum Occupant {
    Nobody,
    ThisModels,
    AnotherModels(Option<String>),
    /// What verification would take for a damaged manifest of this model.
    Damaged,
    SomethingElse,
}

/// The place of a model's manifest: the one it has already, else the usual name.
pub(super) fn for_manifest(
    model: &Path,
    name: &SafeName,
    output: Option<&Path>,
) -> Result<PathBuf, SignError> {
    let names: Vec<PathBuf> =
        manifest_names(name.as_str()).iter().map(|file| model.with_file_name(file)).collect();
    let place = match output {
        Some(output) => output.to_owned(),
        None => {
            let own = names.iter().find(|path| matches!(occupant(path, name), Ok(Occupant::ThisModels)));
            own.unwrap_or(&names[0]).clone()
        }
    };
    match occupant(&place, name)? {
        Occupant::Nobody | Occupant::ThisModels => match second_candidate(&names, &place, name)? {
            Some(other) => Err(SignError::SecondManifest { path: place, other }),
            None => Ok(place),
        },
        Occupant::AnotherModels(of) => {
            let free = |path: &&PathBuf| **path != place && !exists(path);
            Err(SignError::AnotherModels { propose: names.iter().find(free).cloned(), path: place, of })
        }
        Occupant::Damaged | Occupant::SomethingElse => Err(SignError::NotReplaceable { path: place }),
    }
}

/// Makes sure that writing a model to `model` destroys nothing but a model: no key, no signature file, and not its own
/// manifest.
pub(super) fn for_model(model: &Path, manifest: &Path) -> Result<(), SignError> {
    let refuse = || Err(SignError::NotReplaceable { path: model.to_owned() });
    if is_same_place(model, manifest) {
        return refuse();
    }
    match exists(model).then(|| read_bounded(model, Links::Refuse, MAX_KEY_FILE)) {
        // What is larger than any key is none; a signature file may be larger, and is told by its name.
        None | Some(Err(FileError::TooLarge { .. })) => {}
        Some(Err(error)) => return Err(error.into()),
        Some(Ok((bytes, _))) => {
            let bytes = zeroize::Zeroizing::new(bytes);
            let is_key = !matches!(KeyDocument::from_pem(&bytes), Err(KeyError::NotPem));
            if is_key || SignatureFile::parse(&bytes).is_ok() {
                return refuse();
            }
        }
    }
    match model.file_name().and_then(|name| name.to_str()).is_some_and(is_manifest_name) {
        true => refuse(),
        false => Ok(()),
    }
}

/// Makes sure that `place` is still where the manifest goes.
pub(super) fn ensure_still(
    place: &Path,
    model: &Path,
    name: &SafeName,
    output: Option<&Path>,
) -> Result<(), SignError> {
    match for_manifest(model, name, output)? {
        path if path == place => Ok(()),
        path => Err(SignError::SecondManifest { path: place.to_owned(), other: path }),
    }
}

/// Another file that verification would take for this model's manifest as well, were one written to `place`.
fn second_candidate(names: &[PathBuf], place: &Path, name: &SafeName) -> Result<Option<PathBuf>, SignError> {
    let is_place = |path: &PathBuf| is_same_place(path, place);
    if !names.iter().any(is_place) {
        return Ok(None);
    }
    for other in names.iter().filter(|path| !is_place(path)) {
        if matches!(occupant(other, name)?, Occupant::ThisModels | Occupant::Damaged) {
            return Ok(Some(other.clone()));
        }
    }
    Ok(None)
}

/// A bundle manifest may replace a bundle manifest, and nothing else.
pub(super) fn for_bundle(output: &Path) -> Result<(), SignError> {
    if !exists(output) {
        return Ok(());
    }
    match read(output)? {
        Ok(SignatureFile::Bundle(_)) => Ok(()),
        Ok(SignatureFile::Manifest(manifest)) => Err(SignError::AnotherModels {
            path: output.to_owned(),
            of: Some(manifest.visible.model_file.as_str().to_owned()),
            propose: None,
        }),
        Err(_) => Err(SignError::NotReplaceable { path: output.to_owned() }),
    }
}

fn occupant(path: &Path, name: &SafeName) -> Result<Occupant, SignError> {
    if !exists(path) {
        return Ok(Occupant::Nobody);
    }
    Ok(match read(path)? {
        Ok(SignatureFile::Manifest(manifest)) if manifest.visible.model_file == *name => Occupant::ThisModels,
        Ok(SignatureFile::Manifest(manifest)) => {
            Occupant::AnotherModels(Some(manifest.visible.model_file.as_str().to_owned()))
        }
        Ok(SignatureFile::Bundle(_)) => Occupant::AnotherModels(None),
        Err(Some(Fault::NotASignature { .. })) => Occupant::SomethingElse,
        Err(_) => Occupant::Damaged,
    })
}

/// What a file is as a signature; `None` stands for a file larger than any.
fn read(path: &Path) -> Result<Result<SignatureFile, Option<Fault>>, FileError> {
    match read_bounded(path, Links::Refuse, MAX_SIGNATURE_FILE) {
        Ok((bytes, _)) => Ok(SignatureFile::parse(&bytes).map_err(Some)),
        Err(FileError::TooLarge { .. }) => Ok(Err(None)),
        Err(error) => Err(error),
    }
}

/// The name of a file of a bundle: its path below the base, without symbolic links on the way.
pub(super) fn name_below(path: &Path, base: &Path) -> Result<SafeName, SignError> {
    // A path that names no file is told apart before its folder is looked for.
    SafeName::of_file(path)?;
    let Some(place) = place_below(path, base)? else {
        return Err(SignError::OutsideBase { path: path.to_owned(), base: or_here(base).to_owned() });
    };
    let names: Option<Vec<&str>> =
        place.components().map(|component| component.as_os_str().to_str()).collect();
    let name = names.ok_or_else(|| UnsafeName {
        name: crate::text::EscapedPath(&place).to_string(),
        reason: "is not UTF-8",
    })?;
    Ok(name.join("/").parse::<SafeName>()?)
}
