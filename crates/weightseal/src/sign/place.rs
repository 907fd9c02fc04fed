//! Where a manifest goes, and what it may replace there.

use std::path::{Path, PathBuf};

use super::SignError;
use crate::file::{FileError, Links, exists, read_bounded, resolve};
use crate::format::{MAX_SIGNATURE_FILE, SignatureFile, manifest_names};
use crate::listing::{SafeName, UnsafeName};

/// What stands at the place of a manifest.
enum Occupant {
    Nobody,
    ThisModels,
    AnotherModels(String),
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
        Occupant::Nobody | Occupant::ThisModels => Ok(place),
        Occupant::AnotherModels(of) => {
            let free = |path: &&PathBuf| **path != place && !exists(path);
            Err(SignError::AnotherModels { propose: names.iter().find(free).cloned(), path: place, of })
        }
        Occupant::SomethingElse => Err(SignError::NotReplaceable { path: place }),
    }
}

/// A bundle manifest may replace a bundle manifest, and nothing else.
pub(super) fn for_bundle(output: &Path) -> Result<(), SignError> {
    if !exists(output) {
        return Ok(());
    }
    match read(output)? {
        Some(SignatureFile::Bundle(_)) => Ok(()),
        Some(SignatureFile::Manifest(manifest)) => Err(SignError::AnotherModels {
            path: output.to_owned(),
            of: manifest.visible.model_file.as_str().to_owned(),
            propose: None,
        }),
        None => Err(SignError::NotReplaceable { path: output.to_owned() }),
    }
}

fn occupant(path: &Path, name: &SafeName) -> Result<Occupant, SignError> {
    if !exists(path) {
        return Ok(Occupant::Nobody);
    }
    Ok(match read(path)? {
        Some(SignatureFile::Manifest(manifest)) if manifest.visible.model_file == *name => {
            Occupant::ThisModels
        }
        Some(SignatureFile::Manifest(manifest)) => {
            Occupant::AnotherModels(manifest.visible.model_file.as_str().to_owned())
        }
        Some(SignatureFile::Bundle(_)) => Occupant::AnotherModels("a bundle".to_owned()),
        None => Occupant::SomethingElse,
    })
}

fn read(path: &Path) -> Result<Option<SignatureFile>, FileError> {
    match read_bounded(path, Links::Refuse, MAX_SIGNATURE_FILE) {
        Ok((bytes, _)) => Ok(SignatureFile::parse(&bytes).ok()),
        Err(FileError::TooLarge { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The model's file name, if it can stand in a manifest.
pub(super) fn model_name(path: &Path) -> Result<SafeName, UnsafeName> {
    let shown = || crate::text::EscapedPath(path).to_string();
    match path.file_name().map(|name| name.to_str()) {
        Some(Some(name)) => name.parse(),
        Some(None) => Err(UnsafeName { name: shown(), reason: "is not UTF-8" }),
        None => Err(UnsafeName { name: shown(), reason: "names no file" }),
    }
}

/// The name of a file of a bundle: its path below the base, without symbolic links on the way.
pub(super) fn name_below(path: &Path, base: &Path) -> Result<SafeName, SignError> {
    let folder =
        |path: &Path| if path.as_os_str().is_empty() { resolve(Path::new(".")) } else { resolve(path) };
    let file_name = model_name(path)?;
    let resolved = folder(path.parent().unwrap_or(Path::new("")))?;
    let Ok(below) = resolved.strip_prefix(folder(base)?) else {
        return Err(SignError::OutsideBase { path: path.to_owned(), base: base.to_owned() });
    };
    let mut name = String::new();
    for component in below.components() {
        let text = component.as_os_str().to_str().ok_or_else(|| UnsafeName {
            name: crate::text::EscapedPath(below).to_string(),
            reason: "is not UTF-8",
        })?;
        name.push_str(text);
        name.push('/');
    }
    name.push_str(file_name.as_str());
    Ok(name.parse::<SafeName>()?)
}
