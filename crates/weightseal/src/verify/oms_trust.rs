//! Holding an OMS signature against what the caller trusts: keys, roots, identities (OpenSSF Model Signing v1.0,
//! section 8.2), and asking trust about what was signed along.

use super::facts::{Check, KeyFact, ListingFact, MethodFact, Weakening};
use super::reason::Reason;
use super::run::{Claimed, Run};
use crate::envelope::{Container, OmsForm, Statement};
use crate::format::{Covered, Fault, KeyHint, Method, OmsSignature, check_oms};
use crate::key::PublicKey;
use crate::time::{Instant, Timestamp};
use crate::trust::{
    OmsCompat, Refusal, decide_unclaimed, judge_chain, judge_sigstore, leaf_facts, trusted_time,
};

/// Who signed, and when that is proven to have been.
struct Signer {
    method: MethodFact,
    key: Option<KeyFact>,
    time: Option<Instant>,
}

impl Run<'_> {
    /// Judges signature, signer and claims. `bytes` is the signature file.
    ///
    /// `false`: nobody whom the caller trusts signed such a statement. Files are then not even looked at: what it says
    /// about them is worth nothing, and whoever wrote it would decide how much work we do.
    pub(super) fn hold_oms(&mut self, oms: &OmsSignature, bytes: &[u8], container: Container) -> bool {
        self.facts.container = Some(container);
        self.hold_signature(oms, bytes, container);
        self.facts.authenticated == Some(true)
    }

    fn hold_signature(&mut self, oms: &OmsSignature, bytes: &[u8], container: Container) {
        let statement = &oms.statement;
        if let Some(found) = other_container(oms, container) {
            self.reasons.push(Fault::WrongContainer { expected: container, found }.into());
            return;
        }
        if statement.form == OmsForm::Legacy {
            if self.policy.folder.compat == OmsCompat::Off {
                self.reasons.push(Fault::Legacy.into());
                return;
            }
            self.facts.weakened.push(Weakening::LegacyForm);
        }
        let before = self.reasons.len();
        let signer = match &oms.method {
            Method::Key(hint) => self.by_key(oms, hint),
            Method::Certificate { chain } => self.by_certificate(oms, chain),
            Method::Sigstore { .. } => self.by_sigstore(oms, bytes),
        };
        let Some(signer) = signer.filter(|_| self.reasons.len() == before) else { return };
        self.facts.checks.signature = Check::Passed;
        self.facts.authenticated = Some(true);
        self.facts.key = signer.key;
        self.facts.method = Some(signer.method);
        self.facts.checks.envelope = Check::Passed;
        self.facts.name = Some(statement.name.clone());
        self.facts.statement = Some(Statement::digest(&oms.envelope.payload));
        self.facts.listing = Some(ListingFact {
            algorithm: statement.algorithm,
            shard_size: statement.shard_size.map(std::num::NonZeroU64::get),
            root: statement.root,
        });
        match &statement.claims {
            Some(claims) => {
                let claimed = Claimed {
                    signer: claims.signer.clone(),
                    signed_at: claims.signed_at.clone(),
                    key_version: claims.key_version,
                };
                self.judge(Some(claims), &claimed);
            }
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
        // The hint is signed by nobody: it may spare a try, but it decides nothing.
        let mut in_order: Vec<&PublicKey> = keys.iter().collect();
        in_order.sort_by_key(|key| !hint.fits(key));
        if let Some(key) = in_order.iter().find(|key| oms.verify(key).is_ok()) {
            self.facts.checks.signer = Check::Passed;
            self.take_faults(check_oms(oms, key));
            return Some(Signer { method: MethodFact::Key, key: Some(KeyFact::of(key)), time: None });
        }
        let first = in_order.first().copied()?;
        if hint.fits(first) {
            self.facts.checks.signature = Check::Failed;
            self.facts.key = Some(KeyFact::of(first));
            let covered = Covered::Statement;
            self.reasons.push(
                Fault::InvalidSignature { covered, key: first.id(), artifact: None, mistake: None }.into(),
            );
            return None;
        }
        let given = keys.iter().map(PublicKey::id).collect();
        match hint {
            KeyHint::Embedded(named) => self.refuse(Refusal::UntrustedKey { named: *named, given }),
            KeyHint::Fingerprint(text) => {
                self.refuse(Refusal::UnknownFingerprint { fingerprint: text.clone(), given })
            }
            KeyHint::Unknown => None,
        }
    }

    fn by_certificate(&mut self, oms: &OmsSignature, chain: &[Vec<u8>]) -> Option<Signer> {
        let Some(rules) = &self.policy.certificates else {
            return self.refuse(Refusal::WrongMethod { signed: "certificate" });
        };
        let time = match &self.policy.time_stampers {
            None => None,
            Some(root) => {
                let signature = oms.envelope.signatures.first().map_or(&[][..], |it| it.sig.as_slice());
                match trusted_time(&oms.timestamps, signature, root) {
                    Ok(time) => time,
                    Err(refusal) => return self.refuse(refusal.into()),
                }
            }
        };
        match judge_chain(chain, rules, time.unwrap_or(self.policy.now)) {
            Ok(facts) => {
                self.facts.checks.signer = Check::Passed;
                self.facts.weakened.extend(facts.tolerated.iter().map(|it| Weakening::Certificate(*it)));
                self.take_faults(check_oms(oms, &facts.key));
                let key = Some(KeyFact::of(&facts.key));
                Some(Signer { method: MethodFact::Certificate(Box::new(facts)), key, time })
            }
            Err(refusals) => {
                self.facts.checks.signer = Check::Failed;
                self.reasons.extend(refusals.into_iter().map(|it| Reason::from(Refusal::from(it))));
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
                let time = facts.integrated_time.into_iter().chain(facts.timestamps.iter().copied()).min();
                Some(Signer { method: MethodFact::Sigstore(Box::new(facts)), key: None, time })
            }
            Err(refusal) => self.refuse(refusal.into()),
        }
    }

    fn refuse(&mut self, refusal: Refusal) -> Option<Signer> {
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
