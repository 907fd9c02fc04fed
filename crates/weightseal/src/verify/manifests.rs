//! Manifests and bundle manifests: held against the keys, then the files against them (docs/spec/manifest.md).

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "one fact and one list of digests for each entry of the bundle, and there is a key"
)]

use std::collections::HashMap;
use std::path::Path;

use super::content::{Copy, SignedBytes};
use super::facts::{Check, FileFact, KeyFact, MethodFact};
use super::outcome::{SignatureRead, Trouble};
use super::range::Listed;
use super::reason::Reason;
use super::run::{Claimed, Mode, Run, Shown, name_of, nothing_shown};
use crate::envelope::{Container, Resource, Statement};
use crate::file::{Links, OpenedFile, or_here, place_below, resolve};
use crate::format::{
    BundleManifest, Covered, Fault, Manifest, SignatureFile, bundle_name, check, manifest_names,
    seems_signed_by,
};
use crate::hash::{Hashed, Plan};
use crate::key::PublicKey;
use crate::listing::SafeName;
use crate::trust::Refusal;

/// What of a signature file is verified.
pub(super) enum Subject {
    /// All that it describes.
    Model {
        /// The name that the caller expects.
        expected: String,
    },
    /// One entry of a bundle.
    Entry {
        /// The name that the caller expects.
        expected: String,
        /// The position of the entry.
        at: usize,
    },
    /// Nothing: the file is not in the bundle.
    Nothing,
}

impl Run<'_> {
    pub(super) fn of_manifests(
        &mut self,
        file: SignatureFile,
        bytes: Vec<u8>,
        at: &Path,
        model: Option<(OpenedFile, SafeName)>,
    ) -> Result<Shown, Trouble> {
        let shown = match &file {
            SignatureFile::Manifest(manifest) => self.manifest(&file, manifest, at, model)?,
            SignatureFile::Bundle(bundle) => self.bundle(&file, bundle, at, model)?,
            SignatureFile::Oms(_) => return Err(Trouble::OnlyOfFolder),
        };
        Ok(Shown { signature: Some(SignatureRead { file, bytes }), ..shown })
    }

    fn manifest(
        &mut self,
        file: &SignatureFile,
        manifest: &Manifest,
        at: &Path,
        model: Option<(OpenedFile, SafeName)>,
    ) -> Result<Shown, Trouble> {
        self.facts.container = Some(Container::Manifest);
        if self.target.base.is_some() {
            return Err(Trouble::BaseOfOne);
        }
        let name = &manifest.visible.model_file;
        let asked_for;
        let opened = match model {
            Some((opened, asked)) => {
                asked_for = self.target.name.clone().unwrap_or_else(|| asked.as_str().to_owned());
                opened
            }
            None => {
                let own = match self.policy.store {
                    Some(_) => name_by_manifest(at, name.as_str()),
                    None => name.as_str().to_owned(),
                };
                asked_for = self.target.name.clone().unwrap_or(own);
                OpenedFile::open(&at.with_file_name(name.as_str()), Links::Refuse)?
            }
        };
        // A store asks for the name itself, and may only warn.
        if asked_for != name.as_str() && self.policy.store.is_none() {
            let manifest_of = name.as_str().to_owned();
            self.reasons.push(Reason::WrongModel { manifest_of, asked: asked_for.clone() });
        }
        let expected = Some(manifest.visible.sha256.into());
        let mut fact = FileFact::new(name.as_str().to_owned(), opened.path().to_owned(), expected);
        // The cheap checks first: nothing is copied that is rejected already. The headline does not depend on it.
        self.hold_against_keys(file, &Claimed::of(manifest), &Subject::Model { expected: asked_for }, at);
        if self.mode == Mode::Judge {
            return Ok(nothing_shown());
        }
        if let Some(range) = &self.target.range {
            let resources = manifest.signed.as_ref().map_or(&[][..], |signed| &signed.statement.resources);
            let listed = Listed::new(resources, 0);
            let path = opened.path().to_owned();
            let shown = self.range_of(range, &opened, &mut fact, &listed, (&path, at));
            self.facts.files.push(fact);
            return shown;
        }
        let signed = self.signed_bytes(|| manifest.signed.as_ref()?.statement.resources.first());
        let hashed = self.hash_one(opened, name, signed, Plan::default())?;
        let Hashed { digests, source_changed, copy, .. } = hashed;
        let path = fact.path.clone();
        let again = || OpenedFile::open(&path, Links::Refuse);
        let compared = self.compare_whole(&mut fact, signed, &digests, source_changed, &again);
        self.facts.files.push(fact);
        compared?;
        let (placed, kept) = Copy::split(copy);
        Ok(Shown { whole: true, signature: None, placed, kept: kept.into_iter().collect() })
    }

    fn bundle(
        &mut self,
        file: &SignatureFile,
        bundle: &BundleManifest,
        at: &Path,
        model: Option<(OpenedFile, SafeName)>,
    ) -> Result<Shown, Trouble> {
        self.facts.container = Some(Container::Bundle);
        let base = match &self.target.base {
            Some(base) => base,
            None if model.is_none() && self.target.path.is_dir() => &self.target.path,
            None => at.parent().unwrap_or(Path::new("")),
        };
        // A base that is not there is the caller's mistake, not a set of missing files.
        resolve(or_here(base))?;
        self.facts.files = bundle
            .artifacts
            .iter()
            .map(|entry| {
                let (name, path) = (entry.model_file.as_str().to_owned(), entry.model_file.below(base));
                FileFact::new(name, path, Some(entry.sha256.into()))
            })
            .collect();
        let position = match &model {
            Some((opened, _)) => Some(position_in(bundle, opened.path(), base)?),
            None => None,
        };
        let subject = match position {
            None => {
                let own = match self.target.path.is_dir() {
                    true => name_of(&self.target.path),
                    false => bundle_name(&name_of(at)).to_owned(),
                };
                Subject::Model { expected: self.target.name.clone().unwrap_or(own) }
            }
            Some(Some(at)) => {
                let own = || name_of(&self.target.path);
                Subject::Entry { expected: self.target.name.clone().unwrap_or_else(own), at }
            }
            Some(None) => {
                let model = self.target.path.clone();
                self.reasons.push(Reason::NotInBundle { model, bundle: at.to_owned() });
                Subject::Nothing
            }
        };
        self.ensure_name(&subject, bundle);
        self.hold_against_keys(file, &Claimed::of_bundle(bundle), &subject, at);
        if self.mode == Mode::Judge {
            return Ok(nothing_shown());
        }
        let signed = self.signed_bytes_of(bundle);
        let whole = bundle.artifacts.len() == 1 || model.is_none();
        let mut placed = None;
        let mut kept = Vec::new();
        match (model, position.flatten()) {
            (None, _) if self.target.range.is_some() => return Err(Trouble::RangeOfMany),
            (None, _) => kept = self.hash_bundle(bundle, base, &signed)?,
            (Some((opened, _)), position) => match position {
                None => {}
                Some(position) => {
                    let name = &bundle.artifacts[position].model_file;
                    if let Some(range) = &self.target.range {
                        let resources =
                            bundle.signed.as_ref().map_or(&[][..], |signed| &signed.statement.resources);
                        let is_it = |resource: &Resource| resource.name.as_ref() == Some(name);
                        let at_resource = resources.iter().position(is_it).unwrap_or(usize::MAX);
                        let listed = Listed::new(resources, at_resource);
                        let mut fact = self.facts.files[position].clone();
                        let shown = self.range_of(range, &opened, &mut fact, &listed, (at, at));
                        self.facts.files[position] = fact;
                        return shown;
                    }
                    let hashed = self.hash_one(opened, name, signed[position], Plan::default())?;
                    let Hashed { digests, source_changed, copy, .. } = hashed;
                    let mut fact = self.facts.files[position].clone();
                    let again = || OpenedFile::open_below(base, name.components());
                    let compared =
                        self.compare_whole(&mut fact, signed[position], &digests, source_changed, &again);
                    self.facts.files[position] = fact;
                    let held;
                    (placed, held) = Copy::split(copy);
                    kept.extend(held);
                    compared?;
                }
            },
        }
        Ok(Shown { whole, signature: None, placed, kept })
    }

    /// What was signed beside the digest. What nobody signed counts for nothing: above all no chunk root.
    fn signed_bytes<'a>(&self, resource: impl FnOnce() -> Option<&'a Resource>) -> SignedBytes {
        let Some(resource) = resource() else { return SignedBytes::default() };
        let chunk_root = resource.chunk_root.filter(|_| self.facts.authenticated == Some(true));
        SignedBytes { size: resource.size, chunk_root }
    }

    /// The same of each entry of a bundle.
    fn signed_bytes_of(&self, bundle: &BundleManifest) -> Vec<SignedBytes> {
        let resources = bundle.signed.iter().flat_map(|signed| &signed.statement.resources);
        let by_name: HashMap<&SafeName, &Resource> =
            resources.filter_map(|resource| Some((resource.name.as_ref()?, resource))).collect();
        let entries = bundle.artifacts.iter();
        entries.map(|entry| self.signed_bytes(|| by_name.get(&entry.model_file).copied())).collect()
    }

    /// The name that a caller without a store expects of a bundle or of one file of it.
    fn ensure_name(&mut self, subject: &Subject, bundle: &BundleManifest) {
        if self.policy.store.is_some() || self.target.name.is_none() {
            return;
        }
        let (expected, signed) = match subject {
            Subject::Nothing => return,
            Subject::Model { expected } => {
                let statement = bundle.signed.as_ref().map(|signed| signed.statement.name.clone());
                (expected, statement.unwrap_or_default())
            }
            Subject::Entry { expected, at } => {
                (expected, bundle.artifacts[*at].model_file.as_str().to_owned())
            }
        };
        if *expected != signed {
            self.reasons.push(Reason::WrongModel { manifest_of: signed, asked: expected.clone() });
        }
    }

    /// Holds the signature file against the keys, and what was signed against the requirements.
    fn hold_against_keys(&mut self, file: &SignatureFile, claimed: &Claimed, subject: &Subject, at: &Path) {
        if self.policy.keys.is_empty() && self.policy.store.is_none() {
            self.facts.checks.signer = Check::Failed;
            self.reasons.push(Refusal::WrongMethod { signed: "key" }.into());
            return;
        }
        let (key, faults) = match self.best_key(file) {
            Ok(best) => best,
            Err(refusal) => {
                self.facts.checks.signer = Check::Failed;
                self.reasons.push(refusal.into());
                return;
            }
        };
        let of_signature =
            |fault: &Fault| matches!(fault, Fault::InvalidSignature { .. } | Fault::KeyMismatch { .. });
        let signed = file.signed();
        let id = key.id();
        self.facts.key = Some(KeyFact::of(key));
        self.facts.ignored = file.ignored().to_vec();
        self.facts.checks.signature = Check::failed_if(faults.iter().any(of_signature));
        let unsigned =
            |fault: &Fault| matches!(fault, Fault::InvalidSignature { covered: Covered::Statement, .. });
        let differs = faults.iter().any(|fault| !of_signature(fault));
        if signed.is_some() || differs {
            // An agreement with a statement that nobody signed would be worth nothing.
            let worthless = !differs && faults.iter().any(unsigned);
            self.facts.checks.envelope =
                if worthless { Check::NotChecked } else { Check::failed_if(differs) };
        }
        self.facts.authenticated = Some(signed.is_some() && faults.is_empty());
        if faults.is_empty() {
            self.facts.method = Some(MethodFact::Key);
            let claims = signed.map(|signed| &signed.statement.claims);
            match &self.policy.store {
                Some(store) => {
                    self.take_claims(claims, claimed);
                    self.judge_manifest(store, file, id, subject, at);
                }
                None => self.judge(claims, claimed),
            }
            self.facts.name = signed.map(|signed| signed.statement.name.clone());
            self.facts.statement = signed.map(|signed| Statement::digest(&signed.envelope.payload));
        }
        self.reasons.extend(faults.into_iter().map(Reason::from));
    }

    /// The key to hold the file against: the one that it names; where it names none, the first under which the
    /// file's first signature fits.
    pub(super) fn best_key(&self, file: &SignatureFile) -> Result<(&PublicKey, Vec<Fault>), Refusal> {
        let named = file.named_keys();
        let candidates = match &self.policy.store {
            Some(store) => store.candidates(&named)?,
            None => self.policy.keys.candidates(&named)?,
        };
        let seems_right = |key: &&&PublicKey| seems_signed_by(file, key);
        let key = match candidates.as_slice() {
            [only] => *only,
            // There is at least one key, and so one candidate (whoever calls, and `candidates`, see to it).
            several => several.iter().find(seems_right).or(several.first()).expect("at least one key"),
        };
        Ok((key, check(file, key)))
    }
}

/// The name that a caller expects who names the manifest of one file. What it says of itself is none, unless it is called
/// after that.
pub(super) fn name_by_manifest(at: &Path, model_file: &str) -> String {
    let file = name_of(at);
    let is_called_so = manifest_names(model_file).contains(&file);
    if is_called_so { model_file.to_owned() } else { bundle_name(&file).to_owned() }
}

/// The entry of a bundle that stands for the file at `path`: the one with its place below the base.
pub(super) fn position_in(
    bundle: &BundleManifest,
    path: &Path,
    base: &Path,
) -> Result<Option<usize>, Trouble> {
    let Some(place) = place_below(path, base)? else { return Ok(None) };
    Ok(bundle.artifacts.iter().position(|entry| entry.model_file.below(Path::new("")) == place))
}
