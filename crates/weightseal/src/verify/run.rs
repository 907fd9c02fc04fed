//! The road: find the signature, hash the files, hold the signature against the keys, ask trust.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::by_store::ToRemember;
use super::content::{Copy, SignedBytes};
use super::facts::{Check, Facts, FileFact, FileStatus, KeyFact, MethodFact};
use super::find::{self, Found};
use super::outcome::{
    Accept, Coverage, Failure, Inconclusive, Outcome, Partial, Rejected, SignatureRead, Tolerated, Trouble,
    Verified, Weaker,
};
use super::range::{Listed, RangeTarget};
use super::reason::Reason;
use super::state::StateFile;
use crate::envelope::{Claims, Container, Resource, Statement};
use crate::file::{
    FileError, Filling, Keeper, Kind, Links, OpenedFile, Replace, Staged, or_here, place_below, resolve,
};
use crate::format::{
    BundleManifest, Covered, Fault, Limits, Manifest, SignatureFile, Visible, bundle_name, check,
    is_manifest_name, is_oms_name, manifest_names, seems_signed_by,
};
use crate::hash::{Engine, Hashed, Observer, Plan};
use crate::key::PublicKey;
use crate::listing::{Layout, SafeName};
use crate::time::CLOCK_SKEW;
use crate::trust::{
    CertificateRules, KeyRing, Memory, OmsCompat, Question, Refusal, Requirements, SigstoreRules, TrustStore,
    TrustedRoot, decide,
};

/// What to verify.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// A model file; or a manifest or bundle manifest, standing for what it describes (whatever its name, if it is given
    /// as the signature as well); or a folder, standing for what the one bundle manifest in it describes.
    pub path: PathBuf,
    /// The signature file, where it is not to be looked for.
    pub signature: Option<PathBuf>,
    /// The name under which the model is expected to be signed, where that is not the last component of its path.
    pub name: Option<String>,
    /// The folder that names in a bundle manifest are relative to, where it is not the bundle manifest's own.
    pub base: Option<PathBuf>,
    /// Where to put a private copy of exactly the bytes that were hashed, once they are verified.
    pub copy_to: Option<PathBuf>,
    /// The signed names of the only files (or shards, or folders) to verify, where not the whole model is asked for.
    pub only: Vec<String>,
    /// How much of a signature file is read.
    pub limits: Limits,
    /// Whether the digest of the whole file is computed where a chunk root was signed.
    pub whole: WholeDigest,
    /// How hashing uses the machine.
    pub engine: Engine,
    /// The only bytes of one file to verify, where not all of it is asked for.
    pub range: Option<RangeTarget>,
}

/// Whether the digest of a whole file is computed where its chunk root was signed as well (docs/spec/chunks.md).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WholeDigest {
    /// The root is enough.
    #[default]
    IfNeeded,
    /// Both have to be as signed.
    Always,
    /// The same; and of a large file without a signed root the root is computed as well, in the same pass, for whoever
    /// signs it again.
    AlwaysBoth,
}

/// Whom and what to accept, and what time it is.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The keys that are trusted.
    pub keys: KeyRing,
    /// The roots and the identity that are trusted, for signatures with a certificate.
    pub certificates: Option<CertificateRules>,
    /// The identity that is trusted, for signatures through Sigstore.
    pub sigstore: Option<SigstoreRules>,
    /// Whose time stamps are believed, for signatures with a certificate.
    pub time_stampers: Option<TrustedRoot>,
    /// The store that decides, in the place of keys, roots and identities.
    pub store: Option<Arc<TrustStore>>,
    /// Where the verifier remembers what was accepted, if a store decides.
    pub state: Option<StateFile>,
    /// What may lie in a folder beside the signed files.
    pub folder: FolderRules,
    /// What is asked beyond a valid signature.
    pub requirements: Requirements,
    /// The time to judge expiry and age by.
    pub now: crate::time::Instant,
}

/// What may lie in a folder beside the signed files, and how old a signature may be in form. The default is the
/// strictest.
#[derive(Clone, Debug, Default)]
pub struct FolderRules {
    /// Whether files that nobody signed reject the model.
    pub unsigned_files: UnsignedFiles,
    /// Paths that are left out though the signature does not say so.
    pub ignore: Vec<SafeName>,
    /// Tools whose own files are left out.
    pub layouts: Vec<Layout>,
    /// What becomes of `.git` and its like.
    pub default_excludes: DefaultExcludes,
    /// Which links a signature may have followed.
    pub links: SignedLinks,
    /// Whether signatures of old and odd forms pass.
    pub compat: OmsCompat,
}

/// Whether files that nobody signed reject the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnsignedFiles {
    /// They do.
    #[default]
    Reject,
    /// They are listed.
    List,
}

/// What becomes of the paths that are left out by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DefaultExcludes {
    /// What is there is listed.
    #[default]
    List,
    /// What is there rejects the model.
    Reject,
}

/// Which links are followed where the signature says that links were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignedLinks {
    /// Those that stay in the folder.
    #[default]
    Beneath,
    /// Every one.
    Anywhere,
}

impl Policy {
    /// Trust in keys alone.
    pub fn of_keys(keys: KeyRing, requirements: Requirements, now: crate::time::Instant) -> Self {
        Self {
            keys,
            certificates: None,
            sigstore: None,
            time_stampers: None,
            store: None,
            state: None,
            folder: FolderRules::default(),
            requirements,
            now,
        }
    }

    /// A store decides.
    pub fn of_store(store: Arc<TrustStore>, requirements: Requirements, now: crate::time::Instant) -> Self {
        Self { store: Some(store), ..Self::of_keys(KeyRing::default(), requirements, now) }
    }

    fn trusts_nobody(&self) -> bool {
        self.keys.is_empty() && self.certificates.is_none() && self.sigstore.is_none() && self.store.is_none()
    }

    /// With a store, nobody else may be trusted: whoever is named beside it would not be judged by it.
    fn trusts_twice(&self) -> bool {
        let others = !self.keys.is_empty() || self.certificates.is_some() || self.sigstore.is_some();
        match self.store {
            Some(_) => others || self.folder.compat == OmsCompat::On,
            None => self.state.is_some(),
        }
    }
}

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

    fn of_manifests(
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
                let file = name_of(at);
                // What a manifest says of itself is no name that the caller expects, unless it is called after it.
                let is_called_so = manifest_names(name.as_str()).contains(&file);
                let own = match is_called_so || self.policy.store.is_none() {
                    true => name.as_str(),
                    false => bundle_name(&file),
                };
                asked_for = self.target.name.clone().unwrap_or_else(|| own.to_owned());
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
        Shown { whole: true, signature: None, placed: None, kept: Vec::new() }
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
            match state.remember(store, &self.to_remember) {
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

    fn of(manifest: &Manifest) -> Self {
        let visible = &manifest.visible;
        Self {
            signer: Some(visible.signer.clone()),
            signed_at: visible.signed_at.clone(),
            key_version: visible.key_version,
        }
    }

    fn of_bundle(bundle: &BundleManifest) -> Self {
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

/// The entry of a bundle that stands for the file at `path`: the one with its place below the base.
fn position_in(bundle: &BundleManifest, path: &Path, base: &Path) -> Result<Option<usize>, Trouble> {
    let Some(place) = place_below(path, base)? else { return Ok(None) };
    Ok(bundle.artifacts.iter().position(|entry| entry.model_file.below(Path::new("")) == place))
}
