//! Renewing: what a signature says is verified, and signed anew in its place, with another key or another expiry.
//!
//! Every byte is read once, by the verification; the new signature has the digests that were compared then. Nothing that
//! nobody signed becomes signed: what was only claimed has to be said again.

mod error;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use self::error::RenewError;
use crate::digest::Digest;
use crate::envelope::Container;
use crate::file::{FileError, Links, exists, read_bounded};
use crate::format::{Limits, SignatureFile};
use crate::hash::Observer;
use crate::key::{PrivateKey, PssSalt};
use crate::sign::{CompatSignature, FoundBytes, Options, SignError, sign_again, stage};
use crate::time::{Instant, Timestamp};
use crate::trust::{Evidence, Refusal, Requirements, Said, SignatureFormat, TrustStore, judge};
use crate::verify::{
    Facts, Outcome, Policy, SignedPlace, Target, Verified, WholeDigest, countersignature_places, verify,
};

/// What is said with the new signature. What is not given is taken over from the old one, as far as that was signed.
#[derive(Clone, Debug)]
pub struct Changes {
    /// The time of the new signature.
    pub signed_at: Timestamp,
    /// Who signs.
    pub signer: Option<String>,
    /// Which of the signer's keys it is. It belongs to the key, and is never taken over.
    pub key_version: Option<u64>,
    /// Which version of the model it is.
    pub model_version: Option<u64>,
    /// From when on the new signature must not be accepted.
    pub expires_at: NewExpiry,
    /// Further annotations; one of a name that is there takes its place.
    pub annotations: BTreeMap<String, String>,
    /// The salt of the signature over the hex digest.
    pub pss_salt: PssSalt,
    /// Whether that signature is written.
    pub compat_signature: CompatSignature,
}

/// Until when a new signature may be accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NewExpiry {
    /// As long as the old one.
    #[default]
    AsBefore,
    /// For ever.
    Never,
    /// Until then.
    At(Timestamp),
}

impl Changes {
    /// None but the time of signing.
    pub fn at(signed_at: Timestamp) -> Self {
        Self {
            signed_at,
            signer: None,
            key_version: None,
            model_version: None,
            expires_at: NewExpiry::default(),
            annotations: BTreeMap::new(),
            pss_salt: PssSalt::default(),
            compat_signature: CompatSignature::default(),
        }
    }

    /// What is signed beside the files.
    fn options(&self, old: &Facts, renews: Option<Digest>) -> Options {
        let is_signed = old.authenticated == Some(true);
        let mut annotations = old.annotations.clone();
        annotations.extend(self.annotations.clone());
        Options {
            signer: self.signer.clone().or_else(|| old.signer.clone().filter(|_| is_signed)),
            key_version: self.key_version,
            model_version: self.model_version.or(old.model_version),
            expires_at: match &self.expires_at {
                NewExpiry::AsBefore => old.expires_at.clone(),
                NewExpiry::Never => None,
                NewExpiry::At(time) => Some(time.clone()),
            },
            annotations,
            renews,
            pss_salt: self.pss_salt,
            compat_signature: self.compat_signature,
            ..Options::unnamed(self.signed_at.clone())
        }
    }
}

/// A model with a new signature.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// What the verification of the old signature has found out.
    pub old: Facts,
    /// The model, and its signature, which is the new one now.
    pub place: SignedPlace,
    /// The digest of the new statement.
    pub statement: Digest,
    /// That of the old one; a manifest without an envelope had none.
    pub renews: Option<Digest>,
    /// Countersignatures of the old statement, which stand beside nothing now.
    pub countersignatures: Vec<PathBuf>,
    /// What was written.
    pub file: SignatureFile,
}

/// Verifies a model with its old signature, and puts a new one of the same content in its place, in one step.
///
/// Of `target`, [`Target::whole`], [`Target::copy_to`] and [`Target::range`] mean nothing here. Who may have made the old
/// signature, `policy` says. If it accepts a manifest without an envelope, the new one has nothing of it but the digest:
/// [`Changes::signer`] has to be there.
///
/// # Errors
/// [`RenewError`]; the old signature is untouched then.
pub fn renew(
    target: &Target,
    policy: &Policy,
    key: &PrivateKey,
    changes: &Changes,
    observer: &dyn Observer,
) -> Result<Renewed, RenewError> {
    let target = Target { whole: WholeDigest::AlwaysBoth, copy_to: None, range: None, ..target.clone() };
    match verify(&target, policy, observer)? {
        Outcome::Verified(verified) => replace(&verified, &target, policy, key, changes),
        Outcome::Tolerated(tolerated) => Err(RenewError::Inconclusive(tolerated.refuse())),
        Outcome::Partial(partial) => {
            let facts = partial.facts();
            Err(RenewError::OnlyAPart { signature: signature_of(facts) })
        }
    }
}

fn replace(
    verified: &Verified,
    target: &Target,
    policy: &Policy,
    key: &PrivateKey,
    changes: &Changes,
) -> Result<Renewed, RenewError> {
    let (facts, old) = (verified.facts(), &verified.signature().file);
    let at = signature_of(facts);
    if old.countersigns().is_some() {
        return Err(RenewError::Countersignature { signature: at });
    }
    let renews = old.statement_digest();
    let options = changes.options(facts, renews);
    // Where verification found nothing, there are no files to sign.
    let container = facts.container.unwrap_or(Container::Manifest);
    let (file, statement) = sign_again(old, &at, &bytes_of(facts), container, key, &options)?;
    if let Some(store) = &policy.store {
        ensure_accepted(store, &file, key, policy.now)?;
    }
    let place = SignedPlace::of(&target.path, at);
    let still_the_old = || match read(&place.signature, target.limits)? {
        Some(file) if file == *old => Ok(()),
        _ => Err(FileError::Changed { path: place.signature.clone() }.into()),
    };
    stage(&place.signature, &file, key, target.limits, &still_the_old)?
        .put_in_place()
        .map_err(SignError::from)?;
    let countersignatures = renews.map(|old| orphans(&place, &old, target.limits)).unwrap_or_default();
    Ok(Renewed { old: facts.clone(), place, statement, renews, countersignatures, file })
}

/// Makes sure that the store which has accepted the old signature accepts the new one. Only how many signers there are is
/// not asked: whoever has countersigned the old one has to do it again.
fn ensure_accepted(
    store: &TrustStore,
    file: &SignatureFile,
    key: &PrivateKey,
    now: Instant,
) -> Result<(), RenewError> {
    let id = key.public().id();
    let refused = |refusal: Refusal| Err(RenewError::WouldBeRefused(Box::new(refusal)));
    let (name, format) = match file {
        SignatureFile::Manifest(_) => (file.signed().map(|it| &it.statement.name), SignatureFormat::Manifest),
        SignatureFile::Bundle(_) => {
            (file.signed().map(|it| &it.statement.name), SignatureFormat::BundleManifest)
        }
        SignatureFile::Oms(oms) => (Some(&oms.statement.name), SignatureFormat::Oms),
    };
    let Some(by) = store.find(&id) else {
        return refused(Refusal::NotInStore { named: Some(id.to_string()) });
    };
    // It was just made, with a statement.
    let (Some(name), Some(digest)) = (name, file.statement_digest()) else { return Ok(()) };
    let evidence = Evidence {
        by,
        key: Some(id),
        format,
        expected_name: name,
        said: Said::Statement { name, digest, claims: file.claims() },
        vouched: None,
        countersigners: &[],
    };
    let is_of_others = |refusal: &Refusal| matches!(refusal, Refusal::ThresholdNotMet { .. });
    let judgement = judge(store, &evidence, &Requirements::default(), None, now);
    match judgement.refusals().into_iter().find(|refusal| !is_of_others(refusal)) {
        Some(refusal) => refused(refusal),
        None => Ok(()),
    }
}

/// A verification that came to an end has read a signature file.
fn signature_of(facts: &Facts) -> PathBuf {
    facts.signature_file.clone().unwrap_or_else(|| facts.target.clone())
}

/// What was found out about each file beside the digests that were compared.
fn bytes_of(facts: &Facts) -> BTreeMap<String, FoundBytes> {
    let bytes = |size, chunk_root| FoundBytes { size, chunk_root };
    facts.files.iter().map(|file| (file.name.clone(), bytes(file.size, file.chunk_root))).collect()
}

/// The signature file as it is now; `None` if it is none any more.
fn read(path: &Path, limits: Limits) -> Result<Option<SignatureFile>, FileError> {
    let (bytes, _) = read_bounded(path, Links::Refuse, limits.bytes)?;
    Ok(SignatureFile::parse_within(&bytes, limits).ok())
}

/// The countersignatures of a statement that is gone. They are worth a word and no error.
fn orphans(place: &SignedPlace, old: &Digest, limits: Limits) -> Vec<PathBuf> {
    let places = countersignature_places(&place.model, &place.signature).unwrap_or_default();
    let is_one = |path: &PathBuf| {
        let file = exists(path).then(|| read(path, limits).ok().flatten()).flatten();
        file.is_some_and(|file| file.countersigns().as_ref() == Some(old))
    };
    places.into_iter().filter(is_one).collect()
}
