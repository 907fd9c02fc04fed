//! Countersigning: a second signer's own, complete statement about a model that is signed already, in a file of its own
//! beside the first signature (docs/spec/trust.md, section 7).

mod error;
mod place;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use self::error::CountersignError;
use self::place::Place;
use crate::digest::Digest;
use crate::envelope::{Container, OmsForm};
use crate::file::FileError;
use crate::format::{COUNTERSIGNATURES, SignatureFile, seems_signed_by};
use crate::hash::Observer;
use crate::key::{PrivateKey, PublicKey};
use crate::sign::{Options, SignError, sign_again, stage};
use crate::verify::{Facts, FolderRules, Policy, Target, Unjudged};

/// Whether the first signature is judged. The bytes are held against what it lists either way.
#[derive(Clone, Copy, Debug)]
pub enum FirstSigner<'a> {
    /// It is, by this policy. That further signers are missing is no reason against it: here is one.
    Judged(&'a Policy),
    /// Who made it is nobody's business here: the second signer answers for the bytes alone.
    Unjudged(&'a FolderRules),
}

/// A countersignature, and what it stands beside.
#[derive(Clone, Debug)]
pub struct Countersigned {
    /// The first signature file.
    pub first: PathBuf,
    /// The digest of its statement.
    pub countersigns: Digest,
    /// The signer that both signatures name, if it is the same one: together they would count as one.
    pub same_signer: Option<String>,
    /// The countersignature.
    pub signature: PathBuf,
    /// The digest of its statement.
    pub statement: Digest,
    /// What was found out about the model.
    pub facts: Facts,
    /// What was said.
    pub options: Options,
    /// What was written.
    pub file: SignatureFile,
}

/// Reads every byte of a model, holds it against its first signature, and signs the same content beside that.
///
/// Of `options`, the version of the model and what it countersigns are those of the first signature, whatever stands
/// there. Of `target`, [`Target::whole`], [`Target::copy_to`] and [`Target::range`] mean nothing here.
///
/// # Errors
/// [`CountersignError`]; nothing is written then.
pub fn countersign(
    target: &Target,
    output: Option<&Path>,
    first_signer: FirstSigner<'_>,
    key: &PrivateKey,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Countersigned, CountersignError> {
    let target = &Target { copy_to: None, range: None, ..target.clone() };
    options.check()?;
    let first = Unjudged::find(target)?;
    // What can be said at once is said before hours of hashing.
    if options.signer.is_none() && !matches!(first.file, SignatureFile::Oms(_)) {
        return Err(CountersignError::NoSigner { first: first.path });
    }
    let countersigns = ensure_first(&first, key.public())?;
    Place::new(&first, &countersigns, key.public(), output, target.limits)?.choose()?;
    let folder = match first_signer {
        FirstSigner::Unjudged(folder) => folder,
        FirstSigner::Judged(policy) => {
            first.judge(target, policy)?;
            &policy.folder
        }
    };
    let facts = first.compare(target, folder, observer)?;
    let claims = first.file.claims();
    let options = Options {
        model_version: claims.and_then(|claims| claims.model_version),
        countersigns: Some(countersigns),
        renews: None,
        ..options.clone()
    };
    let container = facts.container.unwrap_or(Container::Manifest);
    // Exactly what the first one lists: nothing is added to it.
    let nothing = BTreeMap::new();
    let (file, statement) = sign_again(&first.file, &first.path, &nothing, container, key, &options)?;
    let place = Place::new(&first, &countersigns, key.public(), output, target.limits)?;
    let signature = put(&place, &file, key, target)?;
    let first_signer = claims.and_then(|claims| claims.signer.clone());
    let same_signer = first_signer.filter(|signer| options.signer.as_ref() == Some(signer));
    Ok(Countersigned {
        first: first.path,
        countersigns,
        same_signer,
        signature,
        statement,
        facts,
        options,
        file,
    })
}

/// The digest of a statement that this key can stand beside.
fn ensure_first(first: &Unjudged, key: &PublicKey) -> Result<Digest, CountersignError> {
    let path = || first.path.clone();
    let digest =
        first.file.statement_digest().ok_or_else(|| CountersignError::NoStatement { first: path() })?;
    if let SignatureFile::Oms(oms) = &first.file
        && oms.statement.form == OmsForm::Legacy
    {
        return Err(CountersignError::Legacy { first: path() });
    }
    if first.file.countersigns().is_some() {
        return Err(CountersignError::OfACountersignature { first: path() });
    }
    let names_it = first.file.claims().is_some_and(|claims| claims.key_id == key.id());
    if names_it || seems_signed_by(&first.file, key) {
        return Err(CountersignError::SameKey { first: path(), key: key.id() });
    }
    Ok(digest)
}

/// Writes it to the first place that is free. Another signer may take that in the same moment; then it is the next.
fn put(
    place: &Place<'_>,
    file: &SignatureFile,
    key: &PrivateKey,
    target: &Target,
) -> Result<PathBuf, CountersignError> {
    // Each round that fails has seen somebody else take a place.
    for _ in COUNTERSIGNATURES {
        let path = place.choose()?;
        let moved = std::cell::Cell::new(false);
        let still_free = || {
            let now = place.choose().ok();
            moved.set(now.as_ref() != Some(&path));
            match moved.get() {
                true => Err(SignError::NotReplaceable { path: path.clone() }),
                false => Ok(()),
            }
        };
        match stage(&path, file, key, target.limits, &still_free) {
            Ok(staged) => {
                staged.put_in_place().map_err(SignError::from)?;
                return Ok(path);
            }
            Err(_) if moved.get() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(SignError::from(FileError::Busy { path: place.choose()? }).into())
}
