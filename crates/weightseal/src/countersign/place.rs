//! Where a countersignature goes: to the lowest number that is free, or to where this key's own one stands.

use std::path::{Path, PathBuf};

use super::CountersignError;
use crate::digest::Digest;
use crate::file::{Links, exists, is_same_place, place_below, read_bounded};
use crate::format::{Limits, SignatureFile, seems_signed_by};
use crate::key::PublicKey;
use crate::sign::SignError;
use crate::verify::{Unjudged, countersignature_places};

/// The places that a countersignature may have.
pub(super) struct Place<'a> {
    first: &'a Path,
    countersigns: &'a Digest,
    key: &'a PublicKey,
    output: Option<&'a Path>,
    limits: Limits,
    places: Vec<PathBuf>,
}

/// What stands at one of them.
enum Occupant {
    Nobody,
    /// A countersignature of the same statement by the same key.
    Own,
    /// Something that must not be replaced.
    Other,
}

impl<'a> Place<'a> {
    pub(super) fn new(
        first: &'a Unjudged,
        countersigns: &'a Digest,
        key: &'a PublicKey,
        output: Option<&'a Path>,
        limits: Limits,
    ) -> Result<Self, CountersignError> {
        let places = match output {
            Some(output) => vec![output.to_owned()],
            None => countersignature_places(&first.model, &first.path).map_err(SignError::from)?,
        };
        if places.is_empty() {
            return Err(CountersignError::NoName { first: first.path.clone() });
        }
        let is_model = |path: &Path| is_same_place(path, &first.model);
        let in_model = |path: &Path| {
            matches!(first.file, SignatureFile::Oms(_))
                && first.model.is_dir()
                && place_below(path, &first.model).is_ok_and(|below| below.is_some())
        };
        if let Some(output) = output {
            // In the folder it would be one file too many.
            if in_model(output) {
                return Err(CountersignError::InModel { path: output.to_owned() });
            }
            if output.file_name().is_none() || is_model(output) {
                return Err(SignError::NotReplaceable { path: output.to_owned() }.into());
            }
        }
        Ok(Self { first: &first.path, countersigns, key, output, limits, places })
    }

    /// Where to write now.
    pub(super) fn choose(&self) -> Result<PathBuf, CountersignError> {
        let mut free = None;
        for place in &self.places {
            match self.occupant(place) {
                Occupant::Own => return Ok(place.clone()),
                Occupant::Nobody if free.is_none() => free = Some(place),
                Occupant::Nobody | Occupant::Other => {}
            }
        }
        match (free, self.output) {
            (Some(place), _) => Ok(place.clone()),
            (None, Some(output)) => Err(SignError::NotReplaceable { path: output.to_owned() }.into()),
            (None, None) => {
                Err(CountersignError::NoPlace { first: self.first.to_owned(), count: self.places.len() })
            }
        }
    }

    /// What cannot be read, or is larger than any signature, is not ours to replace.
    fn occupant(&self, path: &Path) -> Occupant {
        if !exists(path) {
            return Occupant::Nobody;
        }
        let read = read_bounded(path, Links::Refuse, self.limits.bytes).ok();
        let file = read.and_then(|(bytes, _)| SignatureFile::parse_within(&bytes, self.limits).ok());
        let is_own = file.is_some_and(|file| {
            file.countersigns().as_ref() == Some(self.countersigns) && seems_signed_by(&file, self.key)
        });
        if is_own { Occupant::Own } else { Occupant::Other }
    }
}
