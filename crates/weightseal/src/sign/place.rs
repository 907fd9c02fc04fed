//! Where a manifest goes, and what it may replace there.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::SignError;
use crate::envelope::Claims;
use crate::file::{
    FileError, Links, MAX_TREE, Stamp, entries, exists, folder_of, is_folder, is_same_place, is_there,
    or_here, place_below, read_bounded, resolve,
};
use crate::format::{
    Fault, MAX_SIGNATURE_FILE, OMS_NAME, OMS_SUFFIX, SignatureFile, is_manifest_name, is_oms_name,
    manifest_names,
};
use crate::key::{KeyDocument, KeyError, MAX_KEY_FILE};
use crate::listing::{SafeName, UnsafeName};

/// What stands at the place of a manifest.
enum Occupant {
    Nobody,
    ThisModels,
    AnotherModels(Option<String>),
    /// What verification would take for a damaged manifest of this model.
    Damaged,
    /// What stands beside a signature, and is none by itself.
    Countersignature,
    SomethingElse,
}

/// The place of a model's manifest: the one it has already, else the usual name.
#[expect(clippy::indexing_slicing, reason = "a model always has names for its manifest")]
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
        Occupant::Damaged | Occupant::Countersignature | Occupant::SomethingElse => {
            Err(SignError::NotReplaceable { path: place })
        }
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
#[expect(clippy::indexing_slicing, reason = "a model always has names for its manifest")]
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
    let oms = names[0].with_file_name(format!("{}{OMS_SUFFIX}", name.as_str()));
    Ok(is_or_was_oms(&oms)?.then_some(oms))
}

/// The place of an OMS signature: in the folder, or beside the file. It may replace an OMS signature, and nothing else.
pub(super) fn for_oms(model: &Path, output: Option<&Path>) -> Result<PathBuf, SignError> {
    let (usual, others) = oms_places(model)?;
    let place = output.map_or(usual, Path::to_owned);
    if place.file_name().is_none() || is_same_place(&place, model) {
        return Err(SignError::NotReplaceable { path: place });
    }
    let is_inside = is_folder(model)? && place_below(&place, model)?.is_some();
    if is_inside && !place.file_name().and_then(OsStr::to_str).is_some_and(is_oms_name) {
        // The place is left out of what is signed; under a name that some loader reads, anything could lie there later.
        return Err(SignError::OutputInModel { path: place });
    }
    match is_there(&place)?.then(|| read(&place)).transpose()? {
        // In the model's own folder it is this model's, even if the folder was renamed.
        Some(Ok(SignatureFile::Oms(oms))) if oms.statement.claims.iter().any(countersigns) => {
            return Err(SignError::NotReplaceable { path: place });
        }
        Some(Ok(SignatureFile::Oms(oms))) if !is_inside && !is_of(&oms.statement.name, model) => {
            return Err(SignError::AnotherModels {
                path: place,
                of: Some(oms.statement.name),
                propose: None,
            });
        }
        None | Some(Ok(SignatureFile::Oms(_))) => {}
        Some(Ok(SignatureFile::Manifest(manifest))) => {
            let of = Some(manifest.visible.model_file.as_str().to_owned());
            return Err(SignError::AnotherModels { path: place, of, propose: None });
        }
        Some(Ok(SignatureFile::Bundle(_))) => {
            return Err(SignError::AnotherModels { path: place, of: None, propose: None });
        }
        Some(Err(_)) => return Err(SignError::NotReplaceable { path: place }),
    }
    // Whoever names the place will name it when verifying as well.
    if output.is_none() {
        if let Some(other) = other_of_folder(model)? {
            return Err(SignError::SecondManifest { path: place, other });
        }
        for other in others.iter().filter(|other| !is_same_place(other, &place)) {
            if is_or_was_oms(other)? {
                return Err(SignError::SecondManifest { path: place, other: other.clone() });
            }
        }
        if !is_folder(model)? {
            let name = SafeName::of_file(model)?;
            for other in manifest_names(name.as_str()).iter().map(|file| model.with_file_name(file)) {
                if matches!(occupant(&other, &name)?, Occupant::ThisModels | Occupant::Damaged) {
                    return Err(SignError::SecondManifest { path: place, other });
                }
            }
        }
    }
    Ok(place)
}

/// Whether a statement with this subject may be of this model. Others than weightseal write what they like.
fn is_of(subject: &str, model: &Path) -> bool {
    let place = resolve(or_here(model)).ok();
    let name = place.as_deref().and_then(Path::file_name);
    let own = model.file_name();
    subject.is_empty() || [name, own].into_iter().flatten().any(|name| name == OsStr::new(subject))
}

/// What else verification would take for a signature of a folder: a bundle manifest in it, `model.sig` beside it.
fn other_of_folder(model: &Path) -> Result<Option<PathBuf>, SignError> {
    if !is_folder(model)? {
        return Ok(None);
    }
    let is_manifest = |name: &std::ffi::OsStr| name.to_str().is_some_and(is_manifest_name);
    for other in entries(model, MAX_TREE, &is_manifest)? {
        match read(&other)? {
            Ok(file @ SignatureFile::Bundle(_)) if file.countersigns().is_none() => return Ok(Some(other)),
            _ => {}
        }
    }
    let folder = named(model)?;
    let (Some(name), above) = (folder.file_name(), folder_of(&folder)) else { return Ok(None) };
    let beside = if above == Path::new(".") { OMS_NAME.into() } else { above.join(OMS_NAME) };
    let is_own = name == OsStr::new("model");
    if is_own || !exists(&beside) {
        return Ok(None);
    }
    match read(&beside)? {
        Ok(SignatureFile::Oms(oms))
            if name == OsStr::new(&oms.statement.name) && !oms.statement.claims.iter().any(countersigns) =>
        {
            Ok(Some(beside))
        }
        _ => Ok(None),
    }
}

/// Makes sure that `place` is still where the signature goes.
pub(super) fn ensure_oms_still(model: &Path, place: &Path, before: Option<Stamp>) -> Result<(), SignError> {
    // An old signature of a large folder costs as much memory as the new one: it is not read a second time.
    if before.is_some() && Stamp::of(place) == before {
        return Ok(());
    }
    for_oms(model, Some(place)).map(|_| ())
}

/// Like [`for_oms`], with the stamp of what is there, taken before it was looked at.
pub(super) fn for_oms_stamped(
    model: &Path,
    output: Option<&Path>,
) -> Result<(PathBuf, Option<Stamp>), SignError> {
    let before = match output {
        Some(output) => Stamp::of(output),
        None => Stamp::of(&oms_places(model)?.0),
    };
    Ok((for_oms(model, output)?, before))
}

/// Where verification looks for OMS signatures of a model, the usual place first.
fn oms_places(model: &Path) -> Result<(PathBuf, Vec<PathBuf>), SignError> {
    let beside = |place: &Path| {
        let name = place.file_name().map(|name| {
            let mut name = name.to_owned();
            name.push(OMS_SUFFIX);
            name
        });
        name.map(|name| place.with_file_name(name))
    };
    if is_folder(model)? {
        let inside = model.join(OMS_NAME);
        let places = [Some(inside.clone()), beside(&named(model)?)];
        return Ok((inside, places.into_iter().flatten().collect()));
    }
    let name = SafeName::of_file(model)?;
    let place = model.with_file_name(format!("{}{OMS_SUFFIX}", name.as_str()));
    Ok((place.clone(), vec![place]))
}

/// The path of a folder with its name at the end: as it was given, if it has one there.
fn named(folder: &Path) -> Result<PathBuf, FileError> {
    if folder.file_name().is_some() { Ok(folder.to_owned()) } else { resolve(or_here(folder)) }
}

/// Whether something is an OMS signature, or what verification would take for a damaged one.
fn is_or_was_oms(path: &Path) -> Result<bool, FileError> {
    if !is_there(path)? {
        return Ok(false);
    }
    Ok(match read(path)? {
        Err(Some(Fault::NotASignature { .. })) => false,
        Ok(SignatureFile::Manifest(_) | SignatureFile::Bundle(_)) => false,
        Ok(file @ SignatureFile::Oms(_)) => file.countersigns().is_none(),
        Err(_) => true,
    })
}

/// Whether it says that it stands beside a first signature. Such a file is replaced by nothing but another one of its
/// kind: `crate::countersign` sees to that.
fn countersigns(claims: &Claims) -> bool {
    claims.countersigns.is_some()
}

/// A bundle manifest may replace a bundle manifest, and nothing else.
pub(super) fn for_bundle(output: &Path) -> Result<(), SignError> {
    if !is_there(output)? {
        return Ok(());
    }
    match read(output)? {
        Ok(file @ SignatureFile::Bundle(_)) if file.countersigns().is_some() => {
            Err(SignError::NotReplaceable { path: output.to_owned() })
        }
        Ok(SignatureFile::Bundle(_)) => Ok(()),
        Ok(SignatureFile::Oms(_)) => Err(SignError::NotReplaceable { path: output.to_owned() }),
        Ok(SignatureFile::Manifest(manifest)) => Err(SignError::AnotherModels {
            path: output.to_owned(),
            of: Some(manifest.visible.model_file.as_str().to_owned()),
            propose: None,
        }),
        Err(_) => Err(SignError::NotReplaceable { path: output.to_owned() }),
    }
}

fn occupant(path: &Path, name: &SafeName) -> Result<Occupant, SignError> {
    if !is_there(path)? {
        return Ok(Occupant::Nobody);
    }
    Ok(match read(path)? {
        Ok(SignatureFile::Manifest(manifest)) if manifest.visible.model_file == *name => {
            match manifest.signed.iter().any(|signed| countersigns(&signed.statement.claims)) {
                true => Occupant::Countersignature,
                false => Occupant::ThisModels,
            }
        }
        Ok(SignatureFile::Manifest(manifest)) => {
            Occupant::AnotherModels(Some(manifest.visible.model_file.as_str().to_owned()))
        }
        Ok(SignatureFile::Bundle(_)) => Occupant::AnotherModels(None),
        Ok(SignatureFile::Oms(_)) => Occupant::SomethingElse,
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
