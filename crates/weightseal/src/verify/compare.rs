//! Holding a model against what a signature file lists, whoever signed that: for a second signer, who answers for the
//! bytes and for nobody else's signature. Nothing here makes a [`super::Verified`]: what comes of it are facts.

use std::path::{Path, PathBuf};

use super::content::SignedBytes;
use super::explain::{Explanation, explain};
use super::facts::{Facts, FileFact};
use super::find::{self, Found};
use super::manifests::name_by_manifest;
use super::oms::{fact_of, plan_of};
use super::oms_trust::other_container;
use super::outcome::{Failure, Inconclusive, Rejected, Trouble};
use super::policy::{FolderRules, Policy, Target, WholeDigest};
use super::reason::Reason;
use super::run::{Mode, Run, name_of};
use crate::envelope::{Container, OmsForm};
use crate::file::{FileError, Kind, Links, OpenedFile, Tree, or_here, resolve};
use crate::format::{
    BundleManifest, Fault, Manifest, OmsSignature, SignatureFile, bundle_name, differences, is_manifest_name,
    is_oms_name,
};
use crate::hash::{Hashed, Observer, Plan};
use crate::listing::SafeName;
use crate::time::Instant;
use crate::trust::{KeyRing, Refusal, Requirements};

/// A signature file, and what it is of, before anybody asks who signed it.
#[derive(Debug)]
pub(crate) struct Unjudged {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it says.
    pub(crate) file: SignatureFile,
    /// The file or folder that it is of; of a manifest or bundle manifest, that itself may stand for it.
    pub(crate) model: PathBuf,
}

impl Unjudged {
    /// Finds the signature file of a target, just as a verification does.
    ///
    /// # Errors
    /// A [`Failure`]: there is none, or more than one, or it cannot be read or understood.
    pub(crate) fn find(target: &Target) -> Result<Self, Failure> {
        let (found, model) = match locate(target) {
            Ok(located) => located,
            Err(trouble) => return Err(inconclusive(trouble, Facts::about(target.path.clone()))),
        };
        let mut facts = Facts::about(target.path.clone());
        let found = found.map(|Found { path, content, .. }| {
            facts.signature_file = Some(path.clone());
            (path, content)
        });
        match found {
            Ok((path, Ok(file))) => Ok(Self { path, file, model }),
            Ok((_, Err(reason))) | Err(reason) => Err(Rejected::new(reason, [], facts).into()),
        }
    }

    /// Judges who signed it, as a verification does, but for one question, which a countersignature is there to answer:
    /// whether enough signers have signed.
    ///
    /// # Errors
    /// A [`Failure`], as for a verification; also where a rule of the store only warns.
    pub(crate) fn judge(&self, target: &Target, policy: &Policy) -> Result<(), Failure> {
        let target =
            Target { signature: Some(self.path.clone()), path: self.model.clone(), ..target.clone() };
        let Explanation { facts, reasons, tolerated } = explain(&target, policy)?;
        let asks_for_more =
            |reason: &Reason| matches!(reason, Reason::Refusal(Refusal::ThresholdNotMet { .. }));
        let mut against = reasons.into_iter().filter(|reason| !asks_for_more(reason)).chain(tolerated);
        if let Some(first) = against.next() {
            return Err(Rejected::new(first, against, facts).into());
        }
        // It is the very statement that is countersigned, and somebody who is trusted has signed it.
        let is_it = facts.statement.is_some() && facts.statement == self.file.statement_digest();
        if facts.authenticated != Some(true) || !is_it {
            return Err(inconclusive(FileError::Changed { path: self.path.clone() }.into(), facts));
        }
        Ok(())
    }

    /// Reads every byte of the model once, and holds it against what is listed: the digest of the whole, and the chunk
    /// root where there is one. Only what the statement says counts; a manifest without an envelope has none.
    ///
    /// # Errors
    /// A [`Failure`], as for a verification.
    pub(crate) fn compare(
        &self,
        target: &Target,
        folder: &FolderRules,
        observer: &dyn Observer,
    ) -> Result<Facts, Failure> {
        let target = Target { whole: WholeDigest::Always, copy_to: None, range: None, ..target.clone() };
        let policy = Policy {
            folder: folder.clone(),
            // Nobody is trusted, and no time is looked at.
            ..Policy::of_keys(KeyRing::new([]), Requirements::default(), Instant::UNIX_EPOCH)
        };
        let mut run = Run::new(&target, &policy, observer, Mode::Verify);
        run.facts.signature_file = Some(self.path.clone());
        let result = run.hold_content(self);
        let Run { facts, reasons, .. } = run;
        let mut reasons = reasons.into_iter();
        match (result, reasons.next()) {
            (Err(trouble), _) => Err(inconclusive(trouble, facts)),
            (Ok(()), Some(first)) => Err(Rejected::new(first, reasons, facts).into()),
            (Ok(()), None) => Ok(facts),
        }
    }
}

fn inconclusive(trouble: Trouble, facts: Facts) -> Failure {
    Box::new(Inconclusive { trouble, facts }).into()
}

/// The signature file, and the model as the target names it; a signature file that stands for its model is both.
fn locate(target: &Target) -> Result<(Result<Found, Reason>, PathBuf), Trouble> {
    let Target { path, signature, name, limits, .. } = target;
    let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let stands_for_others = match signature {
        None => is_manifest_name(file_name) || (is_oms_name(file_name) && path.is_file()),
        Some(signature) => signature == path,
    };
    if let Some(signature) = signature.as_ref().filter(|_| !stands_for_others) {
        return Ok((Ok(find::read(signature, *limits)?), path.clone()));
    }
    if stands_for_others {
        let found = find::read(path, *limits)?;
        let model = match &found.content {
            Ok(SignatureFile::Oms(_)) => find::model_of(path)?,
            _ => None,
        };
        return Ok((Ok(found), model.unwrap_or_else(|| path.clone())));
    }
    if path.is_dir() {
        return Ok((find::inside(path, name.as_deref(), *limits)?, path.clone()));
    }
    OpenedFile::open(path, Links::Refuse)?;
    let own = SafeName::of_file(path)?;
    Ok((find::beside(path, &own, name.as_deref(), *limits)?, path.clone()))
}

impl Run<'_> {
    fn hold_content(&mut self, signature: &Unjudged) -> Result<(), Trouble> {
        if !self.target.only.is_empty() {
            return Err(Trouble::OnlyOfFolder);
        }
        self.reasons.extend(differences(&signature.file).into_iter().map(Reason::from));
        if !self.reasons.is_empty() {
            // What is listed is not even clear.
            return Ok(());
        }
        let (at, model) = (signature.path.as_path(), signature.model.as_path());
        self.hold_name(signature);
        match &signature.file {
            SignatureFile::Manifest(manifest) => self.hold_manifest(manifest, at, model),
            SignatureFile::Bundle(bundle) => self.hold_bundle(bundle, at, model),
            SignatureFile::Oms(oms) => self.hold_listing(oms, at, model),
        }
    }

    /// The signed name is the one that the caller expects: whoever signs beside it signs that as well.
    fn hold_name(&mut self, signature: &Unjudged) {
        let (signed, listed) = match &signature.file {
            SignatureFile::Oms(oms) => {
                let only = oms.statement.files.first().and_then(|file| file.name.as_ref());
                (oms.statement.name.as_str(), only.filter(|_| !signature.model.is_dir()))
            }
            file => match file.signed() {
                Some(signed) => (signed.statement.name.as_str(), None),
                None => return,
            },
        };
        let stands_for_itself = signature.model == signature.path;
        let own = match (&signature.file, stands_for_itself) {
            (SignatureFile::Manifest(manifest), true) => {
                name_by_manifest(&signature.path, manifest.visible.model_file.as_str())
            }
            (_, true) => bundle_name(&name_of(&signature.path)).to_owned(),
            (_, false) => name_of(&signature.model),
        };
        let asked = self.target.name.clone().unwrap_or(own);
        let other =
            [Some(signed), listed.map(SafeName::as_str)].into_iter().flatten().find(|name| *name != asked);
        if let Some(signed) = other {
            self.reasons.push(Reason::WrongModel { manifest_of: signed.to_owned(), asked });
        }
    }

    fn hold_manifest(&mut self, manifest: &Manifest, at: &Path, model: &Path) -> Result<(), Trouble> {
        self.facts.container = Some(Container::Manifest);
        if self.target.base.is_some() {
            return Err(Trouble::BaseOfOne);
        }
        let name = &manifest.visible.model_file;
        let path = if model == at { at.with_file_name(name.as_str()) } else { model.to_owned() };
        let opened = OpenedFile::open(&path, Links::Refuse)?;
        let resource = manifest.signed.iter().flat_map(|signed| &signed.statement.resources).next();
        let signed = resource.map(SignedBytes::from).unwrap_or_default();
        let mut fact =
            FileFact::new(name.as_str().to_owned(), path.clone(), Some(manifest.visible.sha256.into()));
        let Hashed { digests, source_changed, .. } = self.hash_one(opened, name, signed, Plan::default())?;
        let again = || OpenedFile::open(&path, Links::Refuse);
        let compared = self.compare_whole(&mut fact, signed, &digests, source_changed, &again);
        self.facts.files.push(fact);
        Ok(compared?)
    }

    fn hold_bundle(&mut self, bundle: &BundleManifest, at: &Path, model: &Path) -> Result<(), Trouble> {
        self.facts.container = Some(Container::Bundle);
        let base = match &self.target.base {
            Some(base) => base,
            None if model == at => at.parent().unwrap_or(Path::new("")),
            None if model.is_dir() => model,
            None => {
                return Err(Trouble::OnlyAPart { checked: 0, count: bundle.artifacts.len() });
            }
        };
        resolve(or_here(base))?;
        let fact =
            |name: &SafeName, digest| FileFact::new(name.as_str().to_owned(), name.below(base), Some(digest));
        let entries = bundle.artifacts.iter();
        self.facts.files = entries.map(|entry| fact(&entry.model_file, entry.sha256.into())).collect();
        // They stand in the order of the entries: otherwise there were a difference.
        let resources = bundle.signed.iter().flat_map(|signed| &signed.statement.resources);
        let mut signed: Vec<SignedBytes> = resources.map(SignedBytes::from).collect();
        signed.resize(bundle.artifacts.len(), SignedBytes::default());
        self.hash_bundle(bundle, base, &signed)?;
        Ok(())
    }

    fn hold_listing(&mut self, oms: &OmsSignature, at: &Path, model: &Path) -> Result<(), Trouble> {
        if self.target.base.is_some() {
            return Err(Trouble::BaseOfOne);
        }
        let statement = &oms.statement;
        let container = if model.is_dir() { Container::Folder } else { Container::File };
        self.facts.container = Some(container);
        if statement.form == OmsForm::Legacy {
            self.reasons.push(Fault::Legacy.into());
            return Ok(());
        }
        if let Some(found) = other_container(oms, container) {
            self.reasons.push(Fault::WrongContainer { expected: container, found }.into());
            return Ok(());
        }
        if container == Container::Folder {
            let tree = Tree::open(model, self.follow(statement))?;
            self.whole_folder(statement, &tree, at)?;
            return Ok(());
        }
        let opened = OpenedFile::open(model, Links::Refuse)?;
        let asked = SafeName::of_file(model)?;
        let [file] = statement.files.as_slice() else {
            return Err(FileError::NotRegular { path: model.to_owned(), kind: Kind::Other }.into());
        };
        let mut fact = fact_of(file, asked.as_str(), model.to_owned());
        let Hashed { digests, source_changed, hard_linked, .. } =
            self.hash_one(opened, &asked, file.into(), plan_of(statement))?;
        if hard_linked {
            self.facts.hard_linked.push(asked.as_str().to_owned());
        }
        let again = || OpenedFile::open(model, Links::Refuse);
        let compared = self.compare_planned(&mut fact, file, statement, digests, source_changed, &again);
        self.facts.files.push(fact);
        Ok(compared?)
    }
}
