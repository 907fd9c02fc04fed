//! Which signature counts (docs/spec/manifest.md, "Finding the manifest").

use std::path::{Path, PathBuf};

use super::{Reason, Trouble};
use crate::file::{
    FileError, Links, MAX_TREE, entries, exists, folder_of, is_there, or_here, place_below, read_watched,
    resolve,
};
use crate::format::{
    COUNTERSIGNATURES, Fault, Limits, OMS_NAME, OMS_SUFFIX, SignatureFile, countersignature_name,
    is_manifest_name, is_oms_name, manifest_names, may_become_a_signature,
};
use crate::listing::SafeName;

/// A signature file that was found and read.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) content: Result<SignatureFile, Reason>,
    /// The bytes as they were read; none of an OMS signature that can be verified without them.
    pub(super) bytes: Vec<u8>,
}

/// Reads the signature file at `path`. What is wrong with its content is for the caller to report.
pub(super) fn read(path: &Path, limits: Limits) -> Result<Found, Trouble> {
    let mut watch = may_become_a_signature();
    let (content, bytes) = match read_watched(path, Links::Refuse, limits.bytes, &mut watch) {
        Ok((bytes, _)) => match SignatureFile::parse_owned(bytes, limits) {
            Ok((file, bytes)) => (Ok(file), bytes),
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
    match (is_there(&model).map_err(Trouble::Signature)?, name == OMS_NAME) {
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

/// What was found where a signature of a model is looked for.
#[derive(Default)]
pub(super) struct Candidates {
    /// What may be its signature.
    pub(super) found: Vec<Found>,
    /// What is a signature of something else, or none.
    others: Vec<PathBuf>,
    /// What stands beside a signature, and is none by itself.
    countersignatures: Vec<PathBuf>,
    /// The paths that were tried.
    looked_for: Vec<PathBuf>,
}

impl Candidates {
    /// Takes a file if it may be the signature; a countersignature never is, whatever it is called.
    fn take(&mut self, candidate: Found, may_be: impl FnOnce(&Result<SignatureFile, Reason>) -> MayBe) {
        let countersigns = candidate.content.as_ref().is_ok_and(|file| file.countersigns().is_some());
        match may_be(&candidate.content) {
            MayBe::Another => self.others.push(candidate.path),
            MayBe::Its if countersigns => self.countersignatures.push(candidate.path),
            MayBe::Its => self.found.push(candidate),
        }
    }

    /// Where there is no signature, a countersignature that has lost it is worth a word. What cannot be read is not.
    fn look_for_countersignatures(&mut self, firsts: &[PathBuf], name: Option<&SafeName>, limits: Limits) {
        if !self.found.is_empty() || !self.countersignatures.is_empty() {
            return;
        }
        let is_one = |path: &PathBuf| {
            let content = exists(path).then(|| read(path, limits).ok()?.content.ok()).flatten();
            content.is_some_and(|file| match &file {
                SignatureFile::Manifest(manifest) => {
                    file.countersigns().is_some() && Some(&manifest.visible.model_file) == name
                }
                SignatureFile::Bundle(_) => false,
                SignatureFile::Oms(_) => file.countersigns().is_some(),
            })
        };
        let numbered = firsts.iter().flat_map(|first| {
            let name = first.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            COUNTERSIGNATURES
                .filter_map(move |number| Some(first.with_file_name(countersignature_name(name, number)?)))
        });
        self.countersignatures.extend(numbered.into_iter().find(is_one));
    }

    /// The one candidate; with several, none is chosen by chance.
    fn the_only(mut self, model: &Path, unsigned: impl FnOnce(Self) -> Reason) -> Result<Found, Reason> {
        let model = model.to_owned();
        if self.found.len() > 1 {
            let candidates = self.found.into_iter().map(|candidate| candidate.path).collect();
            return Err(Reason::Ambiguous { model, candidates });
        }
        match (self.found.pop(), self.countersignatures.first()) {
            (Some(found), _) => Ok(found),
            (None, None) => Err(unsigned(self)),
            (None, Some(first)) => Err(Reason::OnlyCountersigned { model, countersignature: first.clone() }),
        }
    }
}

/// Whether a file may be the signature that is looked for.
enum MayBe {
    Its,
    Another,
}

/// Where the countersignatures of a first signature lie, in the order of their numbers: beside it, or beside the folder
/// that it is in and of. Nowhere, if it is not called as a first signature there is. `model` is the folder or file that an
/// OMS signature is of (docs/spec/trust.md, section 7).
///
/// # Errors
/// A [`FileError`] for a folder that cannot be found.
pub fn countersignature_places(model: &Path, first: &Path) -> Result<Vec<PathBuf>, FileError> {
    let name = first.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_inside =
        is_oms_name(name) && model.is_dir() && place_below(first, model).is_ok_and(|below| below.is_some());
    if !is_inside {
        let names = COUNTERSIGNATURES.filter_map(|number| countersignature_name(name, number));
        return Ok(names.map(|name| first.with_file_name(name)).collect());
    }
    // In the folder itself it would be one file too many. Beside it, it is called like the folder, and not like a link to
    // it: whoever verifies may come by another way.
    let place = resolve(or_here(model))?;
    let Some(own) = place.file_name().and_then(|own| own.to_str()).filter(|_| name == OMS_NAME) else {
        return Ok(Vec::new());
    };
    let folder = folder_beside(model, &place);
    let at = |name: String| if folder == Path::new(".") { name.into() } else { folder.join(name) };
    Ok(COUNTERSIGNATURES.map(|number| at(format!("{own}.{number}{OMS_SUFFIX}"))).collect())
}

/// Looks for the one signature of a folder: an OMS signature in it or beside it, or a bundle manifest in it.
///
/// The manifest of a single file is no candidate; one that cannot be understood is, since it may be the bundle
/// manifest, damaged on purpose.
pub(super) fn inside(
    folder: &Path,
    expected: Option<&str>,
    limits: Limits,
) -> Result<Result<Found, Reason>, Trouble> {
    let is_manifest = |name: &std::ffi::OsStr| name.to_str().is_some_and(is_manifest_name);
    let mut candidates = Candidates::default();
    for path in entries(folder, MAX_TREE, &is_manifest)? {
        candidates.take(read(&path, limits)?, |content| match content {
            Ok(SignatureFile::Manifest(_)) | Err(Reason::Fault(Fault::NotASignature { .. })) => {
                MayBe::Another
            }
            Ok(SignatureFile::Bundle(_) | SignatureFile::Oms(_)) | Err(_) => MayBe::Its,
        });
        // Two are as many as too many.
        if candidates.found.len() == 2 {
            break;
        }
    }
    oms_of_folder(folder, expected, limits, &mut candidates)?;
    let firsts = candidates.looked_for.clone();
    candidates.look_for_countersignatures(&firsts, None, limits);
    Ok(candidates.the_only(folder, |candidates| Reason::UnsignedFolder {
        folder: folder.to_owned(),
        others: candidates.others,
    }))
}

/// Looks for OMS signatures of a folder: in it, and beside it under its name as the file system knows it.
pub(super) fn oms_of_folder(
    folder: &Path,
    expected: Option<&str>,
    limits: Limits,
    candidates: &mut Candidates,
) -> Result<(), Trouble> {
    let own = folder.join(OMS_NAME);
    if is_there(&own).map_err(Trouble::Signature)? {
        candidates.take(read(&own, limits)?, |_| MayBe::Its);
    }
    if let Ok(place) = resolve(or_here(folder))
        && let Some(name) = place.file_name().and_then(|name| name.to_str())
    {
        let mut beside = Candidates::default();
        oms_beside(&folder_beside(folder, &place), name, expected.unwrap_or(name), limits, &mut beside)?;
        candidates.found.extend(beside.found);
        candidates.countersignatures.extend(beside.countersignatures);
        candidates.looked_for.extend(beside.looked_for);
    }
    Ok(())
}

/// The folder above, written as the caller wrote it where that is possible.
fn folder_beside(folder: &Path, place: &Path) -> PathBuf {
    match folder.file_name() {
        Some(name) if Some(name) == place.file_name() => folder_of(folder).to_owned(),
        _ => folder_of(place).to_owned(),
    }
}

/// Looks for OMS signatures of `name` in the folder that it lies in: `NAME.sig`, and `model.sig` if that is about
/// something that is signed under the expected name.
fn oms_beside(
    folder: &Path,
    name: &str,
    signed_as: &str,
    limits: Limits,
    candidates: &mut Candidates,
) -> Result<(), Trouble> {
    let place = |name: &str| if folder == Path::new(".") { PathBuf::from(name) } else { folder.join(name) };
    let own_name = format!("{name}{OMS_SUFFIX}");
    let mut looked_for = vec![place(&own_name), place(OMS_NAME)];
    looked_for.dedup();
    for (at, path) in looked_for.iter().enumerate() {
        if !is_there(path).map_err(Trouble::Signature)? {
            continue;
        }
        let by_name = at == 0;
        candidates.take(read(path, limits)?, |content| match content {
            Ok(SignatureFile::Oms(oms)) if by_name || oms.statement.name == signed_as => MayBe::Its,
            // Something called after the model, but of another kind, is not its signature; what cannot be
            // understood may be, damaged on purpose.
            Err(Reason::Fault(Fault::NotASignature { .. })) => MayBe::Another,
            Err(_) if by_name => MayBe::Its,
            _ => MayBe::Another,
        });
    }
    candidates.looked_for.extend(looked_for);
    Ok(())
}

/// Looks for the one signature beside a model file that is called `name`, and signed under the expected name if that is
/// another one.
pub(super) fn beside(
    model: &Path,
    name: &SafeName,
    expected: Option<&str>,
    limits: Limits,
) -> Result<Result<Found, Reason>, Trouble> {
    let mut candidates = all_beside(model, name, expected, limits)?;
    let firsts = candidates.looked_for.clone();
    candidates.look_for_countersignatures(&firsts, Some(name), limits);
    Ok(candidates.the_only(model, |candidates| Reason::Unsigned {
        model: model.to_owned(),
        looked_for: candidates.looked_for,
        others: candidates.others,
    }))
}

/// Looks for signatures beside a model file.
///
/// A manifest that says it is of another model is no candidate; one that cannot be understood is, since it may
/// be this model's, damaged on purpose.
pub(super) fn all_beside(
    model: &Path,
    name: &SafeName,
    expected: Option<&str>,
    limits: Limits,
) -> Result<Candidates, Trouble> {
    let signed_as = expected.unwrap_or(name.as_str());
    let mut candidates = Candidates {
        looked_for: manifest_names(name.as_str()).iter().map(|file| model.with_file_name(file)).collect(),
        ..Candidates::default()
    };
    for path in &candidates.looked_for.clone() {
        if !is_there(path).map_err(Trouble::Signature)? {
            continue;
        }
        candidates.take(read(path, limits)?, |content| match content {
            Ok(SignatureFile::Manifest(manifest))
                if [signed_as, name.as_str()].contains(&manifest.visible.model_file.as_str()) =>
            {
                MayBe::Its
            }
            Ok(_) | Err(Reason::Fault(Fault::NotASignature { .. })) => MayBe::Another,
            Err(_) => MayBe::Its,
        });
    }
    oms_beside(folder_of(model), name.as_str(), signed_as, limits, &mut candidates)?;
    Ok(candidates)
}
