//! Holding an OMS signature against what the caller trusts: keys, roots, identities (OpenSSF Model Signing v1.0,
//! section 8.2), and asking trust about what was signed along.

use std::path::Path;

use super::by_store::{Content, Presented, Whose};
use super::facts::{Check, KeyFact, ListingFact, MethodFact, Weakening};
use super::reason::Reason;
use super::run::{Claimed, Run};
use crate::envelope::{Container, OmsForm, Statement};
use crate::format::{Covered, Fault, KeyHint, Method, OmsSignature, check_oms};
use crate::key::PublicKey;
use crate::time::{Instant, Timestamp};
use crate::trust::{
    CertificateFacts, CertificateRules, KeyPlace, Means, OmsCompat, Refusal, Said, SignatureFormat,
    SigstoreFacts, TrustStore, TrustedRoot, decide_unclaimed, describe, judge_chain, judge_sigstore,
    leaf_facts, trusted_time,
};

/// Bytes of statements that are hashed to find out whose key has signed: two seconds.
const MOST_TRIED: usize = 1024 * 1024 * 1024;

/// Who signed, and when that is proven to have been.
struct Signer {
    method: MethodFact,
    key: Option<KeyFact>,
    time: Option<Instant>,
    /// Where in the store, if one decides.
    by: Option<KeyPlace>,
}

/// What an OMS signature is held against.
pub(super) struct OmsModel<'a> {
    pub(super) container: Container,
    /// The name that the caller expects, or the model's own.
    pub(super) expected: String,
    /// The model, if it is a folder.
    pub(super) folder: Option<&'a Path>,
}

impl Run<'_> {
    /// Judges signature, signer and claims. `bytes` is the signature file.
    ///
    /// `false`: nobody whom the caller trusts signed such a statement. Files are then not even looked at: what it says
    /// about them is worth nothing, and whoever wrote it would decide how much work we do.
    pub(super) fn hold_oms(&mut self, oms: &OmsSignature, bytes: &[u8], model: &OmsModel<'_>) -> bool {
        self.facts.container = Some(model.container);
        self.hold_signature(oms, bytes, model);
        self.facts.authenticated == Some(true)
    }

    fn hold_signature(&mut self, oms: &OmsSignature, bytes: &[u8], model: &OmsModel<'_>) {
        let statement = &oms.statement;
        if let Some(found) = other_container(oms, model.container) {
            self.reasons.push(Fault::WrongContainer { expected: model.container, found }.into());
            return;
        }
        // A store asks for the name itself, and may only warn.
        if self.policy.store.is_none() && self.target.name.is_some() && statement.name != model.expected {
            let (manifest_of, asked) = (statement.name.clone(), model.expected.clone());
            self.reasons.push(Reason::WrongModel { manifest_of, asked });
        }
        if statement.form == OmsForm::Legacy {
            if self.policy.folder.compat == OmsCompat::Off {
                self.reasons.push(Fault::Legacy.into());
                return;
            }
            self.facts.weakened.push(Weakening::LegacyForm);
        }
        let before = self.reasons.len();
        let signer = match (&self.policy.store, &oms.method) {
            (Some(store), _) => self.oms_by_store(store, oms, bytes).map(Signer::from),
            (None, Method::Key(hint)) => self.by_key(oms, hint),
            (None, Method::Certificate { chain }) => self.by_certificate(oms, chain),
            (None, Method::Sigstore { .. }) => self.by_sigstore(oms, bytes),
        };
        let Some(signer) = signer.filter(|_| self.reasons.len() == before) else { return };
        self.facts.checks.signature = Check::Passed;
        self.facts.authenticated = Some(true);
        let key = signer.key.as_ref().map(|key| key.id);
        self.facts.key = signer.key;
        self.facts.method = Some(signer.method);
        self.facts.checks.envelope = Check::Passed;
        self.facts.name = Some(statement.name.clone());
        // The payload can have tens of megabytes: its digest is made once.
        let digest = Statement::digest(&oms.envelope.payload);
        self.facts.statement = Some(digest);
        self.facts.listing = Some(ListingFact {
            algorithm: statement.algorithm,
            shard_size: statement.shard_size.map(std::num::NonZeroU64::get),
            root: statement.root,
        });
        if let Some((store, by)) = self.policy.store.as_deref().zip(signer.by) {
            let at = self.facts.signature_file.clone().unwrap_or_default();
            let claims = statement.claims.as_ref();
            let claimed = claims.map(Claimed::signed);
            match &claimed {
                Some(claimed) => self.take_claims(claims, claimed),
                None => self.facts.signed_at = signer.time.map(Timestamp::from_instant),
            }
            let presented = Presented {
                by,
                key,
                format: SignatureFormat::Oms,
                expected: model.expected.clone(),
                said: Said::Statement { name: &statement.name, digest, claims },
                vouched: signer.time,
                at: &at,
                folder: model.folder,
                content: Some(Content::Oms(statement)),
            };
            return self.judge_by_store(store, &presented);
        }
        match &statement.claims {
            Some(claims) => self.judge(Some(claims), &Claimed::signed(claims)),
            None => {
                self.facts.signed_at = signer.time.map(Timestamp::from_instant);
                let refusals = decide_unclaimed(&self.policy.requirements, signer.time, self.policy.now);
                self.take_refusals(refusals, signer.time.is_some());
            }
        }
    }

    fn by_key(&mut self, oms: &OmsSignature, hint: &KeyHint) -> Option<Signer> {
        let keys = &self.policy.keys;
        if keys.is_empty() {
            return self.refuse(Refusal::WrongMethod { signed: "key" });
        }
        let keys: Vec<&PublicKey> = keys.iter().collect();
        let key = self.key_of(oms, hint, &keys)?;
        Some(Signer { method: MethodFact::Key, key: Some(KeyFact::of(key)), time: None, by: None })
    }

    /// The one of these keys that has signed; else it is said why there is none.
    pub(super) fn key_of<'k>(
        &mut self,
        oms: &OmsSignature,
        hint: &KeyHint,
        keys: &[&'k PublicKey],
    ) -> Option<&'k PublicKey> {
        // What is named, by the hint or in the statement, is signed by nobody yet: it may spare a try, but it decides
        // nothing.
        let stated = oms.statement.claims.as_ref().map(|claims| claims.key_id);
        let mut in_order = keys.to_vec();
        in_order.sort_by_cached_key(|key| !(stated == Some(key.id()) || hint.fits(key)));
        // Each try hashes the whole statement. Whoever names nobody shall not keep us busy with all of a large store.
        let most = (MOST_TRIED / oms.envelope.payload.len().max(1)).max(1);
        if let Some(key) = in_order.iter().take(most).find(|key| oms.verify(key).is_ok()) {
            self.facts.checks.signer = Check::Passed;
            self.take_faults(check_oms(oms, key));
            return Some(key);
        }
        if let Some(first) = in_order.into_iter().find(|key| hint.fits(key)) {
            self.facts.checks.signature = Check::Failed;
            self.facts.key = Some(KeyFact::of(first));
            let covered = Covered::Statement;
            self.reasons.push(
                Fault::InvalidSignature { covered, key: first.id(), artifact: None, mistake: None }.into(),
            );
            return None;
        }
        if self.policy.store.is_some() {
            let named = match hint {
                KeyHint::Embedded(named) => Some(named.to_string()),
                KeyHint::Fingerprint(text) => Some(text.clone()),
                KeyHint::Unknown => None,
            };
            return self.refuse(Refusal::NotInStore { named });
        }
        let given = keys.iter().map(|key| key.id()).collect();
        match hint {
            KeyHint::Embedded(named) => self.refuse(Refusal::UntrustedKey { named: *named, given }),
            KeyHint::Fingerprint(text) => {
                self.refuse(Refusal::UnknownFingerprint { fingerprint: text.clone(), given })
            }
            KeyHint::Unknown => None,
        }
    }

    /// The certificate means of the store under which the chain is accepted. If none is, what speaks against the one
    /// that comes closest is said.
    #[expect(clippy::indexing_slicing, reason = "positions in the store at hand")]
    pub(super) fn certificate_of(
        &mut self,
        store: &TrustStore,
        oms: &OmsSignature,
        chain: &[Vec<u8>],
    ) -> Option<Whose> {
        let mut closest: Option<Vec<Refusal>> = None;
        let mut found: Option<Whose> = None;
        for (by, trusted) in store.keys() {
            let Means::Certificate(means) = &trusted.means else { continue };
            match judge_certificate(oms, chain, &means.rules, means.time_stampers.as_ref(), self.policy.now) {
                // The order in the store shall not decide who signed.
                Ok(_) if let Some(first) = &found => {
                    let name = |by: KeyPlace| store.signers()[by.signer].name.clone();
                    let (one, other) = (name(first.by), name(by));
                    return self.refuse(Refusal::SeveralSigners { one, other });
                }
                Ok((facts, time)) => {
                    let (key, public) = (Some(facts.key.id()), Some(facts.key.clone()));
                    found = Some(Whose {
                        by,
                        key,
                        time,
                        method: MethodFact::Certificate(Box::new(facts)),
                        public,
                    });
                }
                Err(refusals) => {
                    if closest.as_ref().is_none_or(|known| refusals.len() < known.len()) {
                        closest = Some(refusals);
                    }
                }
            }
        }
        if let Some(whose) = found {
            self.facts.checks.signer = Check::Passed;
            self.take_faults(whose.public.as_ref().map(|key| check_oms(oms, key)).unwrap_or_default());
            return Some(whose);
        }
        self.facts.checks.signer = Check::Failed;
        let refusals = closest.unwrap_or_else(|| vec![Refusal::NobodySignsSo { signed: "certificate" }]);
        self.reasons.extend(refusals.into_iter().map(Reason::from));
        None
    }

    /// The identity of the store whose Sigstore signature this is.
    pub(super) fn identity_of(
        &mut self,
        store: &TrustStore,
        oms: &OmsSignature,
        bytes: &[u8],
    ) -> Option<Whose> {
        // What the file claims decides nothing: only whose proof is looked at, which takes its time.
        let claimed = describe(bytes);
        let mut has_any = false;
        for (by, trusted) in store.keys() {
            let Means::Sigstore(rules) = &trusted.means else { continue };
            has_any = true;
            if claimed.identity.as_ref() != Some(&rules.identity)
                || claimed.issuer.as_ref() != Some(&rules.issuer)
            {
                continue;
            }
            return match judge_sigstore(bytes, &oms.envelope.payload, &oms.statement.root, rules) {
                Ok(facts) => {
                    self.facts.checks.signer = Check::Passed;
                    let time = proven_time(&facts);
                    let method = MethodFact::Sigstore(Box::new(facts));
                    Some(Whose { by, key: None, time, method, public: None })
                }
                Err(refusal) => self.refuse(refusal.into()),
            };
        }
        self.refuse(match has_any {
            true => Refusal::NotInStore { named: claimed.identity },
            false => Refusal::NobodySignsSo { signed: "sigstore" },
        })
    }

    fn by_certificate(&mut self, oms: &OmsSignature, chain: &[Vec<u8>]) -> Option<Signer> {
        let Some(rules) = &self.policy.certificates else {
            return self.refuse(Refusal::WrongMethod { signed: "certificate" });
        };
        let stampers = self.policy.time_stampers.as_ref();
        match judge_certificate(oms, chain, rules, stampers, self.policy.now) {
            Ok((facts, time)) => {
                self.facts.checks.signer = Check::Passed;
                self.facts.weakened.extend(facts.tolerated.iter().map(|it| Weakening::Certificate(*it)));
                self.take_faults(check_oms(oms, &facts.key));
                let key = Some(KeyFact::of(&facts.key));
                Some(Signer { method: MethodFact::Certificate(Box::new(facts)), key, time, by: None })
            }
            Err(refusals) => {
                self.facts.checks.signer = Check::Failed;
                let of_stamps = refusals.iter().any(|refusal| matches!(refusal, Refusal::Sigstore(_)));
                self.reasons.extend(refusals.into_iter().map(Reason::from));
                if of_stamps {
                    return None;
                }
                // A signature that does not even fit is worth knowing about as well.
                let leaf = chain.first().and_then(|der| leaf_facts(der).ok());
                self.take_faults(leaf.map(|leaf| check_oms(oms, &leaf.key)).unwrap_or_default());
                None
            }
        }
    }

    fn by_sigstore(&mut self, oms: &OmsSignature, bytes: &[u8]) -> Option<Signer> {
        let Some(rules) = &self.policy.sigstore else {
            return self.refuse(Refusal::WrongMethod { signed: "sigstore" });
        };
        match judge_sigstore(bytes, &oms.envelope.payload, &oms.statement.root, rules) {
            Ok(facts) => {
                self.facts.checks.signer = Check::Passed;
                let time = proven_time(&facts);
                Some(Signer { method: MethodFact::Sigstore(Box::new(facts)), key: None, time, by: None })
            }
            Err(refusal) => self.refuse(refusal.into()),
        }
    }

    fn refuse<T>(&mut self, refusal: Refusal) -> Option<T> {
        self.facts.checks.signer = Check::Failed;
        self.reasons.push(refusal.into());
        None
    }

    fn take_faults(&mut self, faults: Vec<Fault>) {
        if !faults.is_empty() {
            self.facts.checks.signature = Check::Failed;
        }
        self.reasons.extend(faults.into_iter().map(Reason::from));
    }
}

impl From<Whose> for Signer {
    fn from(whose: Whose) -> Self {
        let key = whose.public.as_ref().map(KeyFact::of);
        Self { method: whose.method, key, time: whose.time, by: Some(whose.by) }
    }
}

/// The signer's certificate, and the time that a time stamp proves.
fn judge_certificate(
    oms: &OmsSignature,
    chain: &[Vec<u8>],
    rules: &CertificateRules,
    stampers: Option<&TrustedRoot>,
    now: Instant,
) -> Result<(CertificateFacts, Option<Instant>), Vec<Refusal>> {
    let time = match stampers {
        None => None,
        Some(root) => {
            let signature = oms.envelope.signatures.first().map_or(&[][..], |it| it.sig.as_slice());
            trusted_time(&oms.timestamps, signature, root).map_err(|refusal| vec![refusal.into()])?
        }
    };
    let facts = judge_chain(chain, rules, time.unwrap_or(now));
    let facts = facts.map_err(|refusals| refusals.into_iter().map(Refusal::from).collect::<Vec<_>>())?;
    Ok((facts, time))
}

/// The earliest time that a log or a time stamp proves.
fn proven_time(facts: &SigstoreFacts) -> Option<Instant> {
    facts.integrated_time.into_iter().chain(facts.timestamps.iter().copied()).min()
}

/// What else the statement was made for, if not for this.
pub(super) fn other_container(oms: &OmsSignature, expected: Container) -> Option<Container> {
    let is_of_one = matches!(oms.statement.files.as_slice(), [file] if file.name.is_none());
    let stated = oms.statement.claims.as_ref().map(|claims| claims.container);
    match (stated, expected) {
        (Some(stated), expected) if stated != expected => Some(stated),
        // Other tools do not say; but the name `.` is a file and no folder.
        (_, Container::Folder) if is_of_one => Some(Container::File),
        (_, Container::File) if oms.statement.files.len() != 1 => Some(Container::Folder),
        _ => None,
    }
}
