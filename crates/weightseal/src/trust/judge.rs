//! The decision by a trust store: a pure function of one signature's evidence, the store, a memory and a time
//! (docs/spec/trust.md, sections 3 to 8).

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Unauthenticated;
use super::decide::Requirements;
use super::memory::Memory;
use super::refusal::{Question, Refusal};
use super::store::{KeyPlace, Level, Rule, SignatureFormat, Threshold, TrustStore, TrustedKey, Unenveloped};
use crate::digest::Digest;
use crate::envelope::Claims;
use crate::key::KeyId;
use crate::text::Escaped;
use crate::time::{CLOCK_SKEW, Instant, Timestamp};

/// What is known of one signature that a key of the store verifies.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// Whose key verifies it.
    pub by: KeyPlace,
    /// The very key; none where only an identity is known.
    pub key: Option<KeyId>,
    /// The format of the signature file.
    pub format: SignatureFormat,
    /// The name that the caller expects.
    pub expected_name: &'a str,
    /// What the signature covers.
    pub said: Said<'a>,
    /// The earliest time that a log or a time stamp proves.
    pub vouched: Option<Instant>,
    /// Who has countersigned, each judged by [`judge_countersigner`] already.
    pub countersigners: &'a [Signatory],
}

/// What a signature covers.
#[derive(Clone, Copy, Debug)]
pub enum Said<'a> {
    /// A statement.
    Statement {
        /// The signed name.
        name: &'a str,
        /// The statement's digest.
        digest: Digest,
        /// What the signer says; other tools say nothing.
        claims: Option<&'a Claims>,
    },
    /// Nothing but the digest of a file: a manifest without envelope, or an entry of such a bundle manifest.
    Digest {
        /// The name that stands beside it, signed by nobody.
        name: &'a str,
        /// The digest.
        sha256: Digest,
    },
}

/// Somebody who has signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signatory {
    /// The position of the signer in the store.
    pub signer: usize,
    /// The key; none where only an identity is known.
    pub key: Option<KeyId>,
}

/// Who asks something of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// The store's entry of the key.
    Key,
    /// The store, of every signature.
    Always,
    /// A rule, by its position.
    Rule(usize),
    /// The caller.
    Caller,
    /// What is remembered of earlier verifications.
    Memory,
}

/// One question and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who asks.
    pub by: Asker,
    /// What is asked, for people.
    pub what: String,
    /// The answer.
    pub answer: Answer,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is as asked.
    Holds,
    /// It is not, and the rule only warns.
    Tolerated(Refusal),
    /// It is not.
    Refused(Refusal),
}

/// The decision, question by question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// The rules that apply, by their positions.
    pub rules: Vec<usize>,
    /// The questions, in the order of the page.
    pub steps: Vec<Step>,
}

impl Judgement {
    /// What speaks against accepting, the most telling first. Nothing: it is accepted.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.collect(|answer| match answer {
            Answer::Refused(refusal) => Some(refusal.clone()),
            _ => None,
        })
    }

    /// What would speak against it, had a rule not said to warn only.
    pub fn tolerated(&self) -> Vec<Refusal> {
        self.collect(|answer| match answer {
            Answer::Tolerated(refusal) => Some(refusal.clone()),
            _ => None,
        })
    }

    fn collect(&self, take: impl Fn(&Answer) -> Option<Refusal>) -> Vec<Refusal> {
        let mut found: Vec<Refusal> = self.steps.iter().filter_map(|step| take(&step.answer)).collect();
        found.sort_by_key(Refusal::order);
        found
    }
}

/// Judges a signature. The store has to be current ([`TrustStore::ensure_current`]), and the memory not of a later one.
pub fn judge(
    store: &TrustStore,
    evidence: &Evidence<'_>,
    asked: &Requirements,
    memory: Option<&Memory>,
    now: Instant,
) -> Judgement {
    let rules = store.rules_for(evidence.expected_name);
    let warns = !rules.is_empty()
        && rules.iter().all(|at| store.rules().get(*at).is_some_and(|rule| rule.level == Level::Warn));
    let mut judge = Judge {
        store,
        evidence,
        now,
        level: if warns { Level::Warn } else { Level::Enforce },
        steps: Vec::new(),
    };
    judge.key();
    judge.always();
    judge.rules(&rules);
    judge.caller(asked);
    if let Some(memory) = memory {
        judge.memory(memory);
    }
    Judgement { rules, steps: judge.steps }
}

/// What speaks against counting a countersignature, as far as trust is concerned: key, signer and times. Nothing relaxes
/// this.
pub fn judge_countersigner(store: &TrustStore, evidence: &Evidence<'_>, now: Instant) -> Vec<Refusal> {
    let mut judge = Judge { store, evidence, now, level: Level::Enforce, steps: Vec::new() };
    judge.key();
    judge.signer_name();
    judge.times();
    Judgement { rules: Vec::new(), steps: judge.steps }.refusals()
}

struct Judge<'a> {
    store: &'a TrustStore,
    evidence: &'a Evidence<'a>,
    now: Instant,
    /// Of all rules together: only if every one warns, what is always asked is relaxed.
    level: Level,
    steps: Vec<Step>,
}

impl Judge<'_> {
    fn step(&mut self, by: Asker, what: impl Into<String>, refusal: Option<Refusal>) {
        self.relaxed(by, what, refusal, Level::Enforce);
    }

    /// A question that a rule may only warn about.
    fn relaxed(&mut self, by: Asker, what: impl Into<String>, refusal: Option<Refusal>, level: Level) {
        let answer = match (refusal, level) {
            (None, _) => Answer::Holds,
            (Some(refusal), Level::Warn) => Answer::Tolerated(refusal),
            (Some(refusal), Level::Enforce) => Answer::Refused(refusal),
        };
        self.steps.push(Step { by, what: what.into(), answer });
    }

    fn claims(&self) -> Option<&Claims> {
        match self.evidence.said {
            Said::Statement { claims, .. } => claims,
            Said::Digest { .. } => None,
        }
    }

    fn is_enveloped(&self) -> bool {
        matches!(self.evidence.said, Said::Statement { .. })
    }

    fn signed_name(&self) -> &str {
        match self.evidence.said {
            Said::Statement { name, .. } | Said::Digest { name, .. } => name,
        }
    }

    #[expect(clippy::indexing_slicing, reason = "positions in the store that is asked")]
    fn owner(&self) -> &str {
        &self.store.signers()[self.evidence.by.signer].name
    }

    /// `signed_at`, or where nobody says that, what is proven.
    fn signed_time(&self) -> Option<Timestamp> {
        match self.claims() {
            Some(claims) => Some(claims.signed_at.clone()),
            None if self.is_enveloped() => self.evidence.vouched.map(Timestamp::from_instant),
            None => None,
        }
    }

    /// Whether somebody has looked at exactly this and written it down in the store.
    fn is_pinned(&self, key: &TrustedKey) -> bool {
        match self.evidence.said {
            Said::Statement { digest, .. } => key.frozen.contains(&digest),
            Said::Digest { .. } => self.is_listed(),
        }
    }

    fn is_listed(&self) -> bool {
        match (self.evidence.said, self.evidence.key) {
            (Said::Digest { name, sha256 }, Some(key)) => {
                self.store.lists(&Unenveloped { model: name.to_owned(), sha256, key })
            }
            _ => false,
        }
    }

    /// Section 5.
    fn key(&mut self) {
        let store = self.store;
        let key = store.key(self.evidence.by);
        let is_pinned = self.is_pinned(key);
        match &key.revoked {
            None => self.step(Asker::Key, "the key is not revoked", None),
            Some(revoked) => {
                let is_older = match (revoked.compromised_since, self.evidence.vouched) {
                    (Some(since), Some(vouched)) => vouched < since,
                    _ => false,
                };
                let stays = revoked.compromised_since.is_some() && (is_older || is_pinned);
                let refusal = Refusal::Revoked {
                    signer: self.owner().to_owned(),
                    reason: revoked.reason.clone(),
                    compromised_since: revoked.compromised_since,
                };
                let what = match (is_older, is_pinned) {
                    (true, _) => "the key is revoked, but this signature is proven to be older",
                    (_, true) => "the key is revoked, but this very signature was checked and frozen",
                    _ => "the key is not revoked",
                };
                self.step(
                    Asker::Key,
                    if stays { what } else { "the key is not revoked" },
                    (!stays).then_some(refusal),
                );
            }
        }
        if let Some(until) = key.trusted_until {
            let ended = (until <= self.now).then_some(Refusal::KeyTrustEnded { until });
            self.step(Asker::Key, format!("the key is trusted until {}", shown(until)), ended);
        }
        if key.signs_from.is_none() && key.signs_until.is_none() {
            return;
        }
        let Some(signed_at) = self.signed_time() else {
            let what = "the key may sign at certain times only, and it is known when it did";
            let what = if is_pinned {
                "the key may sign at certain times only, and this signature was checked and frozen"
            } else {
                what
            };
            return self.step(Asker::Key, what, (!is_pinned).then_some(Refusal::SigningTimeNeeded));
        };
        let at = signed_at.instant();
        if let Some(from) = key.signs_from {
            let refusal = (at < from).then(|| Refusal::KeyNotYetValid { signed_at: signed_at.clone(), from });
            self.step(Asker::Key, format!("signed at {}, not before {}", shown(at), shown(from)), refusal);
        }
        if let Some(until) = key.signs_until {
            let refusal = (at >= until).then(|| Refusal::KeyRetired { signed_at: signed_at.clone(), until });
            self.step(Asker::Key, format!("signed at {}, before {}", shown(at), shown(until)), refusal);
        }
    }

    fn always(&mut self) {
        self.signer_name();
        if !self.is_enveloped() {
            let name = self.signed_name().to_owned();
            let refusal = (!self.is_listed()).then_some(Refusal::NotListed { model: name });
            self.step(Asker::Always, "a manifest without envelope is listed in `unauthenticated`", refusal);
        }
        let (expected, signed) = (self.evidence.expected_name, self.signed_name());
        let refusal = (expected != signed)
            .then(|| Refusal::WrongName { expected: expected.to_owned(), signed: signed.to_owned() });
        let what = format!("signed under the expected name, `{}`", Escaped(expected));
        self.relaxed(Asker::Always, what, refusal, self.level);
        self.times();
    }

    fn signer_name(&mut self) {
        let owner = self.owner().to_owned();
        let claimed = self.claims().and_then(|claims| claims.signer.clone());
        let refusal = claimed
            .filter(|claimed| *claimed != owner)
            .map(|claimed| Refusal::SignedAsAnother { claimed, owner: owner.clone() });
        self.step(Asker::Always, format!("signed as the owner of the key, `{}`", Escaped(&owner)), refusal);
    }

    /// The clock, and the signature's own end.
    fn times(&mut self) {
        if let Some(signed_at) = self.signed_time() {
            let is_ahead = signed_at.instant().duration_since(self.now) > CLOCK_SKEW;
            let refusal = is_ahead.then_some(Refusal::SignedInTheFuture { signed_at });
            self.relaxed(Asker::Always, "not signed in the future", refusal, self.level);
        }
        if let Some(at) = self.claims().and_then(|claims| claims.expires_at.clone()) {
            let what = format!("the signature is good until {}", at.to_seconds());
            let refusal = (at.instant() <= self.now).then_some(Refusal::Expired { at });
            self.relaxed(Asker::Always, what, refusal, self.level);
        }
    }

    fn rules(&mut self, applying: &[usize]) {
        let name = self.evidence.expected_name.to_owned();
        if applying.is_empty() {
            let what = format!("there is a rule for `{}`", Escaped(&name));
            return self.step(Asker::Always, what, Some(Refusal::NoRule { name }));
        }
        let store = self.store;
        let rules = || applying.iter().filter_map(|at| Some((*at, store.rules().get(*at)?)));
        if rules().all(|(_, rule)| rule.signers.is_none() && rule.threshold.is_none()) {
            let signer = self.owner().to_owned();
            let what = "a rule says who may sign it";
            self.step(
                Asker::Always,
                what,
                Some(Refusal::UntrustedSigner { signer, name: name.clone(), allowed: Vec::new() }),
            );
        }
        for (at, rule) in rules() {
            self.rule(at, rule, &name);
        }
    }

    fn rule(&mut self, at: usize, rule: &Rule, name: &str) {
        let by = Asker::Rule(at);
        let first = self.evidence.by.signer;
        if let Some(signers) = rule.signers.as_ref().or(rule.threshold.as_ref().map(|it| &it.of)) {
            let allowed = self.names(signers.iter().copied());
            let what = format!("signed by one of {}", listed(&allowed));
            let refusal = (!signers.contains(&first)).then(|| Refusal::UntrustedSigner {
                signer: self.owner().to_owned(),
                name: name.to_owned(),
                allowed,
            });
            self.step(by, what, refusal);
        }
        if let Some(formats) = &rule.allowed_formats {
            let allowed: Vec<&'static str> = formats.iter().map(|format| format.name()).collect();
            // Whoever asks for a format asks for one that signs more than a digest.
            let found = match self.is_enveloped() {
                true => Some(self.evidence.format),
                false => None,
            };
            let what = format!("in a format out of {}", allowed.join(", "));
            let is_allowed = found.is_some_and(|found| formats.contains(&found));
            let found = found.map_or("manifest without envelope", SignatureFormat::name);
            let refusal =
                (!is_allowed).then(|| Refusal::FormatNotAllowed { found, allowed: allowed.clone() });
            self.step(by, what, refusal);
        }
        if let Some(threshold) = &rule.threshold {
            self.threshold(by, threshold);
        }
        if let Some(least) = rule.minimum_model_version {
            let what = format!("model version {least} or later");
            let refusal = self.too_low(least);
            // Without an envelope nothing answers, and no warning helps.
            let level = if self.is_enveloped() { rule.level } else { Level::Enforce };
            self.relaxed(by, what, refusal, level);
        }
        if let Some(max_age) = &rule.max_age {
            let refusal = self.too_old(max_age);
            let level = if self.is_enveloped() { rule.level } else { Level::Enforce };
            self.relaxed(by, format!("signed no longer ago than {max_age}"), refusal, level);
        }
    }

    fn threshold(&mut self, by: Asker, threshold: &Threshold) {
        let own = Signatory { signer: self.evidence.by.signer, key: self.evidence.key };
        // With a threshold of one nobody looks for others. They do not count either if another rule has them looked
        // for: that rule would let pass what this one alone refuses. And without an envelope nobody's word but the
        // key's own says that anything was signed along.
        let counts_others = threshold.n > 1 && self.is_enveloped();
        let others = self.evidence.countersigners.iter().filter(|_| counts_others);
        let named: Vec<Signatory> = std::iter::once(&own)
            .chain(others)
            .filter(|it| threshold.of.contains(&it.signer))
            .copied()
            .collect();
        let counted = with_a_key_each(&named);
        let of = self.names(threshold.of.iter().copied());
        let what = format!("signed by {} of {}", threshold.n, listed(&of));
        let signed = self.names(counted.iter().copied());
        let refusal =
            (counted.len() < threshold.n).then_some(Refusal::ThresholdNotMet { n: threshold.n, signed, of });
        self.step(by, what, refusal);
    }

    fn caller(&mut self, asked: &Requirements) {
        if let Some(expected) = &asked.signer {
            let owner = self.owner().to_owned();
            let refusal = match self.is_enveloped() {
                // The key is the owner's; that its holder signed as somebody, nobody has signed.
                false => Some(Refusal::NotAuthenticated { asked: Question::Signer }),
                true => (*expected != owner)
                    .then_some(Refusal::WrongSigner { expected: expected.clone(), found: owner }),
            };
            self.step(Asker::Caller, format!("signed by `{}`", Escaped(expected)), refusal);
        }
        if asked.unauthenticated == Unauthenticated::Refuse && !self.is_enveloped() {
            let refusal = Refusal::NotAuthenticated { asked: Question::Everything };
            self.step(Asker::Caller, "everything is signed, not only the digest", Some(refusal));
        }
        if let Some(least) = asked.least_model_version {
            let refusal = self.too_low(least);
            self.step(Asker::Caller, format!("model version {least} or later"), refusal);
        }
        if let Some(max_age) = &asked.max_age {
            let refusal = self.too_old(max_age);
            self.step(Asker::Caller, format!("signed no longer ago than {max_age}"), refusal);
        }
    }

    fn memory(&mut self, memory: &Memory) {
        let (digest, renews) = match self.evidence.said {
            Said::Statement { digest, claims, .. } => (Some(digest), claims.and_then(|claims| claims.renews)),
            Said::Digest { .. } => (None, None),
        };
        let version = self.claims().and_then(|claims| claims.model_version);
        let refusal = memory.judge(self.evidence.expected_name, self.owner(), version, digest, renews);
        self.step(Asker::Memory, "no older than what was accepted before", refusal);
    }

    fn too_low(&self, least: u64) -> Option<Refusal> {
        match self.claims().map(|claims| claims.model_version) {
            Some(Some(found)) if found < least => Some(Refusal::ModelVersionTooLow { least, found }),
            Some(Some(_)) => None,
            Some(None) => Some(Refusal::ModelVersionMissing { least }),
            None if self.is_enveloped() => Some(Refusal::ModelVersionMissing { least }),
            None => Some(Refusal::NotAuthenticated { asked: Question::ModelVersion }),
        }
    }

    fn too_old(&self, max_age: &crate::time::Age) -> Option<Refusal> {
        let Some(signed_at) = self.signed_time() else {
            return Some(match self.is_enveloped() {
                true => Refusal::TimeMissing,
                false => Refusal::NotAuthenticated { asked: Question::Time },
            });
        };
        // A span that reaches back before the calendar begins allows everything.
        let oldest = max_age.before(self.now)?;
        (signed_at.instant() < oldest).then(|| Refusal::TooOld { signed_at, max_age: max_age.clone() })
    }

    #[expect(clippy::indexing_slicing, reason = "positions in the store that is asked")]
    fn names(&self, signers: impl Iterator<Item = usize>) -> Vec<String> {
        signers.map(|at| self.store.signers()[at].name.clone()).collect()
    }
}

/// As many different signers as have each signed with a key of their own. A store gives a public key to one signer, but a
/// certificate can hold anybody's: so which key stands for whom is found by augmenting paths, not by who comes first.
fn with_a_key_each(signatories: &[Signatory]) -> BTreeSet<usize> {
    fn give(
        signer: usize,
        all: &[Signatory],
        holder: &mut HashMap<KeyId, usize>,
        tried: &mut HashSet<KeyId>,
    ) -> bool {
        let own = all.iter().filter(|it| it.signer == signer);
        own.into_iter().any(|it| match it.key {
            // Behind an identity stands another key each time.
            None => true,
            Some(key) if !tried.insert(key) => false,
            Some(key) => {
                let is_free = match holder.get(&key) {
                    Some(other) => give(*other, all, holder, tried),
                    None => true,
                };
                if is_free {
                    holder.insert(key, signer);
                }
                is_free
            }
        })
    }
    let mut holder = HashMap::new();
    let signers: BTreeSet<usize> = signatories.iter().map(|it| it.signer).collect();
    signers
        .into_iter()
        .filter(|signer| give(*signer, signatories, &mut holder, &mut HashSet::new()))
        .collect()
}

fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", Escaped(name))).collect();
    names.join(", ")
}

fn shown(time: Instant) -> String {
    Timestamp::from_instant(time).to_seconds()
}
