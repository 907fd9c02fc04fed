//! Asking the trust store: whose key it is, who else has signed, and what the rules say (docs/spec/trust.md).

#![expect(clippy::indexing_slicing, reason = "positions in the bundle and in the store at hand")]

use std::path::Path;

use super::facts::{CountersignatureFact, MethodFact, TrustFact};
use super::find::{self, countersignature_places};
use super::manifests::Subject;
use super::reason::Reason;
use super::run::Run;
use crate::digest::Digest;
use crate::envelope::{OmsForm, OmsStatement, Statement};
use crate::file::{exists, size_of};
use crate::format::{Limits, OmsSignature, SignatureFile, Visible};
use crate::key::{KeyId, PublicKey};
use crate::time::Instant;
use crate::trust::{
    Evidence, KeyPlace, Memory, Refusal, Said, Signatory, SignatureFormat, TrustStore, judge,
    judge_countersigner,
};

/// Bytes that a countersignature may have beyond twice the first signature: keys of other sizes, annotations.
const MOST_MORE: u64 = 64 * 1024;

/// A signature that a key of the store verifies, about to be judged.
pub(super) struct Presented<'a> {
    pub(super) by: KeyPlace,
    pub(super) key: Option<KeyId>,
    pub(super) format: SignatureFormat,
    pub(super) expected: String,
    pub(super) said: Said<'a>,
    pub(super) vouched: Option<Instant>,
    /// Where the signature file lies, and what it says, to find what stands beside it.
    pub(super) at: &'a Path,
    /// The model, if it is a folder with an OMS signature.
    pub(super) folder: Option<&'a Path>,
    pub(super) content: Option<Content<'a>>,
}

/// What a statement says about files.
#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    /// Of a manifest or bundle manifest.
    Manifest(&'a Statement),
    /// Of an OMS signature.
    Oms(&'a OmsStatement),
}

impl<'a> Content<'a> {
    fn of(file: &'a SignatureFile) -> Option<Self> {
        match file {
            SignatureFile::Manifest(_) | SignatureFile::Bundle(_) => {
                Some(Self::Manifest(&file.signed()?.statement))
            }
            SignatureFile::Oms(oms) => Some(Self::Oms(&oms.statement)),
        }
    }

    /// The same files under the same name, listed in the same way.
    fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Manifest(one), Self::Manifest(other)) => {
                one.name == other.name
                    && one.claims.container == other.claims.container
                    && one.resources == other.resources
            }
            (Self::Oms(one), Self::Oms(other)) => {
                let container = |statement: &OmsStatement| statement.claims.as_ref().map(|it| it.container);
                let containers = container(one).zip(container(other));
                one.form == OmsForm::V1
                    && other.form == OmsForm::V1
                    && containers.is_none_or(|(one, other)| one == other)
                    && (&one.name, one.algorithm, one.shard_size)
                        == (&other.name, other.algorithm, other.shard_size)
                    && (one.allow_symlinks, &one.ignored) == (other.allow_symlinks, &other.ignored)
                    && one.files == other.files
            }
            _ => false,
        }
    }
}

/// What is to be remembered of a model once everything went well.
pub(super) struct ToRemember {
    name: String,
    signer: String,
    version: Option<u64>,
    statement: Option<Digest>,
    renews: Option<Digest>,
}

impl ToRemember {
    /// What an up-to-date memory has against it.
    pub(super) fn judge(&self, memory: &Memory) -> Option<Refusal> {
        memory.judge(&self.name, &self.signer, self.version, self.statement, self.renews)
    }

    pub(super) fn enter(&self, memory: &mut Memory) {
        if let (Some(version), Some(statement)) = (self.version, self.statement) {
            memory.remember_model(&self.name, &self.signer, version, statement);
        }
    }
}

impl Run<'_> {
    /// Judges a manifest or bundle manifest that this key has signed.
    pub(super) fn judge_manifest(
        &mut self,
        store: &TrustStore,
        file: &SignatureFile,
        key: KeyId,
        subject: &Subject,
        at: &Path,
    ) {
        let Some(by) = store.find(&key) else {
            let named = Some(key.to_string());
            return self.reasons.push(Refusal::NotInStore { named }.into());
        };
        let (format, entries): (_, Vec<&Visible>) = match file {
            SignatureFile::Manifest(manifest) => (SignatureFormat::Manifest, vec![&manifest.visible]),
            SignatureFile::Bundle(bundle) => {
                (SignatureFormat::BundleManifest, bundle.artifacts.iter().collect())
            }
            SignatureFile::Oms(_) => return,
        };
        fn named(entry: &Visible) -> Said<'_> {
            Said::Digest { name: entry.model_file.as_str(), sha256: entry.sha256 }
        }
        let content = Content::of(file);
        let presented = |expected: &str, said| Presented {
            by,
            key: Some(key),
            format,
            expected: expected.to_owned(),
            said,
            vouched: None,
            at,
            folder: None,
            content,
        };
        match (file.signed(), subject) {
            // It is rejected already, and of nothing that was signed.
            (_, Subject::Nothing) => {}
            (Some(signed), subject) => {
                let digest = Statement::digest(&signed.envelope.payload);
                let (expected, name) = match subject {
                    Subject::Entry { expected, at } => (expected.as_str(), entries[*at].model_file.as_str()),
                    Subject::Model { expected } => (expected.as_str(), signed.statement.name.as_str()),
                    Subject::Nothing => return,
                };
                let said = Said::Statement { name, digest, claims: Some(&signed.statement.claims) };
                self.judge_by_store(store, &presented(expected, said));
            }
            (None, Subject::Entry { expected, at }) => {
                self.judge_by_store(store, &presented(expected, named(entries[*at])));
            }
            (None, Subject::Model { expected }) if format == SignatureFormat::Manifest => {
                self.judge_by_store(store, &presented(expected, named(entries[0])));
            }
            // Nobody has signed the set: whoever puts listed files of other models together would choose its name.
            (None, Subject::Model { .. }) => self.take_refusals(vec![Refusal::SetNotSigned], false),
        }
    }

    /// Judges a signature by the store, and takes what it has to say.
    pub(super) fn judge_by_store(&mut self, store: &TrustStore, presented: &Presented<'_>) {
        let needs_others = store
            .rules_for(&presented.expected)
            .into_iter()
            .any(|at| store.rules()[at].threshold.as_ref().is_some_and(|threshold| threshold.n > 1));
        let (facts, countersigners) = match (presented.content, presented.said) {
            (Some(content), Said::Statement { digest, .. }) if needs_others => {
                self.countersigners(store, presented, content, digest)
            }
            _ => (Vec::new(), Vec::new()),
        };
        let evidence = Evidence {
            by: presented.by,
            key: presented.key,
            format: presented.format,
            expected_name: &presented.expected,
            said: presented.said,
            vouched: presented.vouched,
            countersigners: &countersigners,
        };
        let now = self.policy.now;
        let judgement = judge(store, &evidence, &self.policy.requirements, self.memory.as_ref(), now);
        let (claims, statement) = match presented.said {
            Said::Statement { claims, digest, .. } => (claims, Some(digest)),
            Said::Digest { .. } => (None, None),
        };
        let signer = &store.signers()[presented.by.signer].name;
        let trusted = store.key(presented.by);
        self.to_remember.push(ToRemember {
            name: presented.expected.clone(),
            signer: signer.clone(),
            version: claims.and_then(|claims| claims.model_version),
            statement,
            renews: claims.and_then(|claims| claims.renews),
        });
        let has_times = claims.is_some() || presented.vouched.is_some();
        self.take_refusals(judgement.refusals(), has_times);
        self.tolerated.extend(judgement.tolerated().into_iter().map(Reason::from));
        if let Some(key) = &mut self.facts.key {
            key.version = trusted.version;
        }
        let trust = self.facts.trust.get_or_insert_with(|| {
            Box::new(TrustFact {
                serial: store.serial(),
                expires_at: store.expires_at(),
                signer: signer.clone(),
                key_version: trusted.version,
                expected_name: presented.expected.clone(),
                countersignatures: Vec::new(),
                judgements: Vec::new(),
            })
        });
        trust.countersignatures.extend(facts);
        trust.judgements.push(judgement);
    }

    /// Looks at every file where a countersignature may lie. What does not count does no harm.
    fn countersigners(
        &self,
        store: &TrustStore,
        presented: &Presented<'_>,
        content: Content<'_>,
        first: Digest,
    ) -> (Vec<CountersignatureFact>, Vec<Signatory>) {
        let (mut facts, mut counted) = (Vec::new(), Vec::new());
        let model = presented.folder.unwrap_or(&self.target.path);
        // Where the place of such files cannot even be told, there is none that counts.
        let places = countersignature_places(model, presented.at).unwrap_or_default();
        for path in places.into_iter().filter(|path| exists(path)) {
            let (signatory, reason) = match self.countersigner(store, presented, content, first, &path) {
                Ok(signatory) => (Some(signatory), None),
                Err((signatory, why)) => (signatory, Some(why)),
            };
            let signer = signatory.map(|it| store.signers()[it.signer].name.clone());
            facts.push(CountersignatureFact { path, signer, reason: reason.clone() });
            if reason.is_none() {
                counted.extend(signatory);
            }
        }
        (facts, counted)
    }

    /// Who has signed this file, if it counts; else why it does not, and who claims it if that is known.
    fn countersigner(
        &self,
        store: &TrustStore,
        presented: &Presented<'_>,
        content: Content<'_>,
        first: Digest,
        path: &Path,
    ) -> Result<Signatory, (Option<Signatory>, String)> {
        let unknown = |why: String| (None, why);
        // It says the same as the first one, and has not much more to say.
        let most = size_of(presented.at).unwrap_or_default().saturating_mul(2).saturating_add(MOST_MORE);
        let limits = Limits { bytes: self.target.limits.bytes.min(most), ..self.target.limits };
        let found = find::read(path, limits).map_err(|trouble| unknown(trouble.to_string()))?;
        let file = found.content.map_err(|reason| unknown(reason.to_string()))?;
        if file.countersigns() != Some(first) {
            return Err(unknown("it does not countersign this signature".to_owned()));
        }
        if !Content::of(&file).is_some_and(|other| content.is_same(other)) {
            return Err(unknown("it is not about the same files".to_owned()));
        }
        let signer = self.who_signed(store, &file, &found.bytes).map_err(unknown)?;
        let (signatory, vouched) = (Signatory { signer: signer.by.signer, key: signer.key }, signer.time);
        let name = presented.expected.as_str();
        let (claims, digest) = (file.claims(), file.statement_digest());
        let Some(digest) = digest else { return Err(unknown("it has no statement".to_owned())) };
        let evidence = Evidence {
            by: signer.by,
            key: signer.key,
            format: presented.format,
            expected_name: name,
            said: Said::Statement { name, digest, claims },
            vouched,
            countersigners: &[],
        };
        match judge_countersigner(store, &evidence, self.policy.now).into_iter().next() {
            Some(refusal) => Err((Some(signatory), refusal.to_string())),
            None => Ok(signatory),
        }
    }

    /// Whose key of the store verifies a signature file.
    fn who_signed(&self, store: &TrustStore, file: &SignatureFile, bytes: &[u8]) -> Result<Whose, String> {
        if let SignatureFile::Oms(oms) = file {
            let mut aside = self.aside();
            let whose = aside.oms_by_store(store, oms, bytes);
            return match (aside.reasons.into_iter().next(), whose) {
                (None, Some(whose)) => Ok(whose),
                (Some(reason), _) => Err(reason.to_string()),
                (None, None) => Err("nobody in the trust store has signed it".to_owned()),
            };
        }
        let (key, faults) = self.best_key(file).map_err(|refusal| refusal.to_string())?;
        if let Some(fault) = faults.into_iter().next() {
            return Err(fault.to_string());
        }
        let by = store.find(&key.id()).ok_or("nobody in the trust store has this key")?;
        Ok(Whose { by, key: Some(key.id()), time: None, method: MethodFact::Key, public: Some(key.clone()) })
    }

    /// A run that finds out something else, without a word about this one.
    fn aside(&self) -> Run<'_> {
        Run::new(self.target, self.policy, self.observer, self.mode)
    }

    /// Whose key, certificate or identity in the store verifies an OMS signature.
    pub(super) fn oms_by_store(
        &mut self,
        store: &TrustStore,
        oms: &OmsSignature,
        bytes: &[u8],
    ) -> Option<Whose> {
        use crate::format::Method;
        match &oms.method {
            Method::Key(hint) => {
                let keys: Vec<&PublicKey> = store.public_keys().collect();
                let key = self.key_of(oms, hint, &keys)?;
                let by = store.find(&key.id())?;
                let (key, public) = (Some(key.id()), Some(key.clone()));
                Some(Whose { by, key, time: None, method: MethodFact::Key, public })
            }
            Method::Certificate { chain } => self.certificate_of(store, oms, chain),
            Method::Sigstore { .. } => self.identity_of(store, oms, bytes),
        }
    }
}

/// Who signed, by the store.
pub(super) struct Whose {
    pub(super) by: KeyPlace,
    pub(super) key: Option<KeyId>,
    pub(super) time: Option<Instant>,
    pub(super) method: MethodFact,
    pub(super) public: Option<PublicKey>,
}
