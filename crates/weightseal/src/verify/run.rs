//! The road: find the signature, hash the files, hold the signature against the keys, ask trust.

use std::path::Path;

use super::by_store::ToRemember;
use super::facts::{Check, Facts, FileFact, FileStatus};
use super::find::{self, Found};
use super::manifests::position_in;
use super::outcome::{
    Accept, Coverage, Failure, Inconclusive, Outcome, Partial, Rejected, SignatureRead, Tolerated, Trouble,
    Verified, Weaker,
};
use super::policy::{Policy, Target};
use super::reason::Reason;
use crate::envelope::Claims;
use crate::file::{FileError, Filling, Keeper, Kind, Links, OpenedFile, Replace, Staged, or_here, resolve};
use crate::format::{BundleManifest, Manifest, SignatureFile, Visible, is_manifest_name, is_oms_name};
use crate::hash::Observer;
use crate::listing::SafeName;
use crate::time::CLOCK_SKEW;
use crate::trust::{Memory, Question, Refusal, decide};

/// Verifies a model file, or what a manifest or bundle manifest describes.
///
/// # Errors
/// [`Failure::Rejected`] with every reason, or [`Failure::Inconclusive`] when it could not be carried out.
pub fn verify(target: &Target, policy: &Policy, observer: &dyn Observer) -> Result<Outcome, Failure> {
    verify_accepting(target, policy, Accept::ANY, observer)
}

/// Like [`verify`], for whoever takes every outcome for a success: those that are not accepted are failures.
///
/// # Errors
/// Also [`Trouble::OnlyAPart`] and [`Trouble::OnlyTolerated`].
pub fn verify_accepting(
    target: &Target,
    policy: &Policy,
    accept: Accept,
    observer: &dyn Observer,
) -> Result<Outcome, Failure> {
    Ok(to_the_end(Run::new(target, policy, observer, Mode::Verify), accept)?.0)
}

/// Like [`verify_accepting`], and begins a copy of every file with `keeper`, in the same pass over its bytes.
pub(crate) fn verify_and_keep(
    target: &Target,
    policy: &Policy,
    keeper: &Keeper,
    accept: Accept,
    observer: &dyn Observer,
) -> Result<(Outcome, Vec<Filling>), Failure> {
    let run = Run::new(target, policy, observer, Mode::Verify);
    to_the_end(Run { keeper: Some(keeper), ..run }, accept)
}

/// Verifies, and collects the bytes of a range.
pub(super) fn verify_and_collect(
    target: &Target,
    policy: &Policy,
    accept: Accept,
    collected: &mut Vec<u8>,
    observer: &dyn Observer,
) -> Result<Outcome, Failure> {
    let run = Run::new(target, policy, observer, Mode::Verify);
    Ok(to_the_end(Run { collected: Some(collected), ..run }, accept)?.0)
}

fn to_the_end(mut run: Run<'_>, accept: Accept) -> Result<(Outcome, Vec<Filling>), Failure> {
    match run.carry_out() {
        Ok(shown) => run.conclude(shown, accept),
        Err(trouble) => Err(Box::new(Inconclusive { trouble, facts: run.facts }).into()),
    }
}

/// What would be shown if no reason speaks against it.
pub(super) struct Shown {
    pub(super) whole: bool,
    pub(super) signature: Option<SignatureRead>,
    pub(super) placed: Option<Staged>,
    pub(super) kept: Vec<Filling>,
}

pub(super) struct Run<'a> {
    pub(super) target: &'a Target,
    pub(super) policy: &'a Policy,
    pub(super) keeper: Option<&'a Keeper>,
    /// Takes the bytes of a range, once.
    pub(super) collected: Option<&'a mut Vec<u8>>,
    pub(super) observer: &'a dyn Observer,
    pub(super) facts: Facts,
    pub(super) reasons: Vec<Reason>,
    /// What a rule of the store only warns about.
    pub(super) tolerated: Vec<Reason>,
    /// What is remembered if everything goes well.
    pub(super) to_remember: Vec<ToRemember>,
    /// What was remembered when the run began.
    pub(super) memory: Option<Memory>,
    pub(super) mode: Mode,
}

/// How far a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// To the end.
    Verify,
    /// Until the signature has been judged: no file is looked at, and no outcome ever comes of it.
    Judge,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        target: &'a Target,
        policy: &'a Policy,
        observer: &'a dyn Observer,
        mode: Mode,
    ) -> Self {
        Self {
            target,
            policy,
            keeper: None,
            collected: None,
            observer,
            facts: Facts::about(target.path.clone()),
            reasons: Vec::new(),
            tolerated: Vec::new(),
            to_remember: Vec::new(),
            memory: None,
            mode,
        }
    }
}

impl Run<'_> {
    pub(super) fn carry_out(&mut self) -> Result<Shown, Trouble> {
        if self.policy.trusts_nobody() {
            return Err(Trouble::NoKey);
        }
        if self.policy.trusts_twice() {
            return Err(Trouble::StoreAndOthers);
        }
        if let Some(store) = &self.policy.store {
            store.ensure_current(self.policy.now)?;
            self.memory = self.policy.state.as_ref().map(|state| state.read(store)).transpose()?;
        }
        let path = &self.target.path;
        let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let stands_for_others = match &self.target.signature {
            None => is_manifest_name(file_name) || (is_oms_name(file_name) && path.is_file()),
            Some(signature) => signature == path,
        };
        if stands_for_others {
            let found = find::read(path, self.target.limits)?;
            if matches!(&found.content, Ok(SignatureFile::Oms(_)))
                && let Some(model) = find::model_of(path)?
            {
                return self.whole_model(&model, Ok(found));
            }
            return self.with_signature(found, None);
        }
        let path = path.clone();
        if path.is_dir() {
            let found = match &self.target.signature {
                None => find::inside(&path, self.target.name.as_deref(), self.target.limits)?,
                Some(signature) => Ok(find::read(signature, self.target.limits)?),
            };
            return self.whole_model(&path, found);
        }
        // A model that is not there is the caller's mistake; only one that is there can be unsigned.
        let opened = OpenedFile::open(&path, Links::Refuse)?;
        let name = SafeName::of_file(&path)?;
        let found = match &self.target.signature {
            Some(signature) => Ok(find::read(signature, self.target.limits)?),
            None => find::beside(&path, &name, self.target.name.as_deref(), self.target.limits)?,
        };
        match found {
            Ok(found) => self.with_signature(found, Some((opened, name))),
            Err(reason) => Ok(self.reject(reason)),
        }
    }

    /// A model whose signature has been found, or not.
    #[expect(clippy::unreachable, reason = "as its comment says; else a panic, and no verdict")]
    fn whole_model(&mut self, path: &Path, found: Result<Found, Reason>) -> Result<Shown, Trouble> {
        let found = match found {
            Ok(found) => found,
            Err(reason) => return Ok(self.reject(reason)),
        };
        match &found.content {
            Ok(SignatureFile::Oms(_)) if path.is_dir() => {
                self.facts.signature_file = Some(found.path.clone());
                let Ok(SignatureFile::Oms(oms)) = found.content else {
                    unreachable!("it was one a moment ago")
                };
                self.oms_folder(*oms, found.bytes, path, &found.path)
            }
            Ok(SignatureFile::Oms(_)) => {
                let opened = OpenedFile::open(path, Links::Refuse)?;
                let name = SafeName::of_file(path)?;
                self.with_signature(found, Some((opened, name)))
            }
            _ => self.folder(path, found),
        }
    }

    /// A folder stands for the set that a bundle manifest describes, with names relative to the folder.
    fn folder(&mut self, path: &Path, found: Found) -> Result<Shown, Trouble> {
        let no_file = || FileError::NotRegular { path: path.to_owned(), kind: Kind::Directory };
        match &found.content {
            Ok(SignatureFile::Manifest(_)) => return Err(no_file().into()),
            Ok(SignatureFile::Bundle(bundle)) => {
                let base = self.target.base.as_deref().or(found.path.parent()).unwrap_or(Path::new(""));
                // A folder in the place of a file of the set is that file, gone wrong.
                if resolve(or_here(base)).is_ok() && position_in(bundle, path, base)?.is_some() {
                    return Err(no_file().into());
                }
            }
            Ok(SignatureFile::Oms(_)) | Err(_) => {}
        }
        self.with_signature(found, None)
    }

    fn with_signature(
        &mut self,
        found: Found,
        model: Option<(OpenedFile, SafeName)>,
    ) -> Result<Shown, Trouble> {
        self.facts.signature_file = Some(found.path.clone());
        let file = match found.content {
            Err(reason) => return Ok(self.reject(reason)),
            Ok(file) => file,
        };
        match (file, model) {
            (SignatureFile::Oms(oms), Some((opened, name))) => self.oms_file(*oms, found.bytes, opened, name),
            // A signature whose model is not where it should be by its name.
            (SignatureFile::Oms(_), None) => {
                Err(FileError::NotFound { path: found.path.with_extension("") }.into())
            }
            _ if !self.target.only.is_empty() => Err(Trouble::OnlyOfFolder),
            (file, model) => self.of_manifests(file, found.bytes, &found.path, model),
        }
    }

    /// Asks trust.
    pub(super) fn judge(&mut self, claims: Option<&Claims>, claimed: &Claimed) {
        let mut refusals = decide(claims, &self.policy.requirements, self.policy.now);
        if claims.is_none() && self.target.name.is_some() {
            refusals.push(Refusal::NotAuthenticated { asked: Question::Name });
        }
        self.take_refusals(refusals, claims.is_some());
        self.take_claims(claims, claimed);
    }

    /// Only what the signature covers, or is plainly called claimed, becomes a fact.
    pub(super) fn take_claims(&mut self, claims: Option<&Claims>, claimed: &Claimed) {
        let now = self.policy.now;
        self.facts.signer.clone_from(&claimed.signer);
        self.facts.signed_at = Some(claimed.signed_at.clone());
        if let Some(key) = &mut self.facts.key {
            key.version = claimed.key_version;
        }
        self.facts.signed_in_the_future = claimed.signed_at.instant().duration_since(now) > CLOCK_SKEW;
        if let Some(claims) = claims {
            self.facts.expires_at = claims.expires_at.clone();
            self.facts.model_version = claims.model_version;
            (self.facts.countersigns, self.facts.renews) = (claims.countersigns, claims.renews);
            self.facts.annotations = claims.annotations.clone();
        }
    }

    /// What the caller's requirements have to say, check by check.
    pub(super) fn take_refusals(&mut self, refusals: Vec<Refusal>, has_times: bool) {
        let of_signer = |refusal: &Refusal| {
            matches!(
                refusal,
                Refusal::WrongSigner { .. }
                    | Refusal::SignerMissing { .. }
                    | Refusal::NotAuthenticated { asked: Question::Signer }
                    | Refusal::Revoked { .. }
                    | Refusal::KeyTrustEnded { .. }
                    | Refusal::KeyNotYetValid { .. }
                    | Refusal::KeyRetired { .. }
                    | Refusal::SigningTimeNeeded
                    | Refusal::SignedAsAnother { .. }
                    | Refusal::NoRule { .. }
                    | Refusal::UntrustedSigner { .. }
                    | Refusal::FormatNotAllowed { .. }
                    | Refusal::ThresholdNotMet { .. }
                    | Refusal::NotListed { .. }
                    | Refusal::SetNotSigned
            )
        };
        // The name belongs to the content.
        let of_time =
            |refusal: &&Refusal| !of_signer(refusal) && !matches!(refusal, Refusal::WrongName { .. });
        let failed = |check: Check, failed: bool| {
            if check == Check::Failed { check } else { Check::failed_if(failed) }
        };
        let checks = &mut self.facts.checks;
        checks.signer = failed(checks.signer, refusals.iter().any(of_signer));
        let stale = refusals.iter().any(|refusal| of_time(&refusal));
        if has_times || stale {
            checks.freshness = failed(checks.freshness, stale);
        }
        self.reasons.extend(refusals.into_iter().map(Reason::from));
    }

    pub(super) fn reject(&mut self, reason: Reason) -> Shown {
        self.reasons.push(reason);
        nothing_shown()
    }

    /// Names, digests and sizes together.
    fn judge_content(&self) -> Check {
        let misnamed = |reason: &Reason| {
            matches!(
                reason,
                Reason::WrongModel { .. }
                    | Reason::Refusal(Refusal::WrongName { .. })
                    | Reason::NotInBundle { .. }
                    | Reason::NotListed { .. }
                    | Reason::Extra { .. }
                    | Reason::Excluded { .. }
            )
        };
        let has = |wanted: &[FileStatus]| self.facts.files.iter().any(|file| wanted.contains(&file.status));
        let bad = [FileStatus::Changed, FileStatus::Missing, FileStatus::Renamed, FileStatus::TypeChanged];
        if has(&bad) || self.reasons.iter().any(misnamed) {
            Check::Failed
        } else if has(&[FileStatus::Unchanged, FileStatus::PartlyChecked]) {
            Check::Passed
        } else {
            Check::NotChecked
        }
    }

    /// What will not do for the caller, though nothing speaks against the model.
    fn too_weak(&self, shown: &Shown, accept: Accept) -> Option<Trouble> {
        let most_telling = self.tolerated.iter().min_by_key(|reason| reason.rank());
        if let (Some(reason), Weaker::Refuse) = (most_telling, accept.tolerated) {
            return Some(Trouble::OnlyTolerated { reason: Box::new(reason.clone()) });
        }
        let files = &self.facts.files;
        if (shown.whole, accept.part) == (false, Weaker::Refuse) {
            let checked = files.iter().filter(|file| file.status == FileStatus::Unchanged).count();
            return Some(Trouble::OnlyAPart { checked, count: files.len() });
        }
        let in_part = |file: &&FileFact| file.status == FileStatus::PartlyChecked;
        let file = self.keeper.and_then(|_| files.iter().find(in_part))?;
        Some(Trouble::ShardOnly { name: file.name.clone() })
    }

    #[expect(clippy::expect_used, reason = "as its comment says; else a panic, and no verdict")]
    fn conclude(mut self, shown: Shown, accept: Accept) -> Result<(Outcome, Vec<Filling>), Failure> {
        self.facts.checks.content = self.judge_content();
        let mut reasons = std::mem::take(&mut self.reasons).into_iter();
        if let Some(first) = reasons.next() {
            // The copies, if there are any, are dropped here and so removed.
            return Err(Rejected::new(first, reasons, self.facts).into());
        }
        // Before anything is remembered: what the caller does not take was not accepted.
        if let Some(trouble) = self.too_weak(&shown, accept) {
            return Err(Box::new(Inconclusive { trouble, facts: self.facts }).into());
        }
        if let Some((store, state)) = self.policy.store.as_deref().zip(self.policy.state.as_ref()) {
            // What is only tolerated says nothing of the versions that will do: it may not even be this model.
            let models = if self.tolerated.is_empty() { self.to_remember.as_slice() } else { &[] };
            match state.remember(store, models) {
                Ok(None) => {}
                // Another verification has accepted something newer meanwhile.
                Ok(Some(refusal)) => return Err(Rejected::new(refusal.into(), [], self.facts).into()),
                Err(trouble) => return Err(Box::new(Inconclusive { trouble, facts: self.facts }).into()),
            }
        }
        if let Some(copy) = shown.placed
            && let Err(error) = copy.put_in_place(Replace::Existing)
        {
            return Err(Box::new(Inconclusive { trouble: error.into(), facts: self.facts }).into());
        }
        // Where there is no signature file, there is a reason to reject.
        let signature = shown.signature.expect("a signature file, since nothing was rejected");
        let outcome = match (shown.whole, self.tolerated.is_empty()) {
            (true, true) => Outcome::Verified(Verified::new(self.facts, signature)),
            (false, true) => Outcome::Partial(Partial::new(self.facts, signature)),
            (whole, false) => {
                let coverage = if whole { Coverage::Whole } else { Coverage::Part };
                Outcome::Tolerated(Tolerated::new(self.facts, signature, self.tolerated, coverage))
            }
        };
        Ok((outcome, shown.kept))
    }
}

/// The last component of a path: as it was given, if it has one there.
pub(super) fn name_of(path: &Path) -> String {
    let place = resolve(or_here(path)).ok();
    let name = path.file_name().or_else(|| place.as_deref().and_then(Path::file_name));
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Nothing was looked at beyond the signature.
pub(super) fn nothing_shown() -> Shown {
    Shown { whole: true, signature: None, placed: None, kept: Vec::new() }
}

/// What the visible part of a signature file claims; equal to what is signed, once that has been checked.
pub(super) struct Claimed {
    pub(super) signer: Option<String>,
    pub(super) signed_at: crate::time::Timestamp,
    pub(super) key_version: Option<u64>,
}

impl Claimed {
    /// What a statement says, which is signed.
    pub(super) fn signed(claims: &Claims) -> Self {
        Self {
            signer: claims.signer.clone(),
            signed_at: claims.signed_at.clone(),
            key_version: claims.key_version,
        }
    }

    pub(super) fn of(manifest: &Manifest) -> Self {
        let visible = &manifest.visible;
        Self {
            signer: Some(visible.signer.clone()),
            signed_at: visible.signed_at.clone(),
            key_version: visible.key_version,
        }
    }

    #[expect(clippy::indexing_slicing, reason = "as its comment says; else a panic, and no verdict")]
    pub(super) fn of_bundle(bundle: &BundleManifest) -> Self {
        // A bundle has at least one entry; without an envelope others may claim other signers.
        let first = &bundle.artifacts[0];
        let all =
            |same: fn(&Visible, &Visible) -> bool| bundle.artifacts.iter().all(|entry| same(entry, first));
        let one_signer = all(|entry, first| entry.signer == first.signer);
        let one_version = all(|entry, first| entry.key_version == first.key_version);
        Self {
            signer: Some(first.signer.clone()).filter(|_| one_signer),
            signed_at: bundle.bundle_signed_at.clone(),
            key_version: first.key_version.filter(|_| one_version),
        }
    }
}
