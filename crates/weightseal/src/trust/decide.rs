//! The decision: a pure function of what was signed, what the caller asks, and a time.

use super::refusal::{Question, Refusal};
use crate::envelope::Claims;
use crate::key::{KeyId, PublicKey};
use crate::time::{Age, CLOCK_SKEW};

/// The keys that the caller trusts, given by hand.
#[derive(Clone, Debug, Default)]
pub struct KeyRing(Vec<PublicKey>);

impl KeyRing {
    /// The same key given twice counts once.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        let mut ring: Vec<PublicKey> = Vec::new();
        for key in keys {
            if !ring.contains(&key) {
                ring.push(key);
            }
        }
        Self(ring)
    }

    /// The keys to hold a signature against: those it names, or each if it names none. Whether what it names
    /// agrees with itself is for the check against the key to find out.
    ///
    /// # Errors
    /// [`Refusal::UntrustedKey`].
    pub fn candidates(&self, named: &[KeyId]) -> Result<Vec<&PublicKey>, Refusal> {
        let Some(first) = named.first() else { return Ok(self.0.iter().collect()) };
        let keys: Vec<_> = self.0.iter().filter(|key| named.contains(&key.id())).collect();
        if keys.is_empty() {
            return Err(Refusal::UntrustedKey {
                named: *first,
                given: self.0.iter().map(PublicKey::id).collect(),
            });
        }
        Ok(keys)
    }

    /// The keys.
    pub fn iter(&self) -> impl Iterator<Item = &PublicKey> {
        self.0.iter()
    }

    /// Whether no key was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What to do with a manifest that has no envelope: only its digest is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Unauthenticated {
    /// Refuse it.
    #[default]
    Refuse,
    /// Accept it, with the outcome saying that nothing but the digest is authenticated.
    Accept,
}

/// What the caller asks beyond a valid signature.
#[derive(Clone, Debug, Default)]
pub struct Requirements {
    /// Who has to be the signer.
    pub signer: Option<String>,
    /// The lowest acceptable model version.
    pub least_model_version: Option<u64>,
    /// The longest acceptable time since signing.
    pub max_age: Option<Age>,
    /// Whether a manifest without envelope will do.
    pub unauthenticated: Unauthenticated,
}

/// Everything that speaks against accepting, given what was signed (`None` without an envelope).
pub fn decide(claims: Option<&Claims>, asked: &Requirements, now: crate::time::Instant) -> Vec<Refusal> {
    match claims {
        Some(claims) => judge(claims, asked, now),
        None => not_authenticated(asked),
    }
}

fn judge(claims: &Claims, asked: &Requirements, now: crate::time::Instant) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if let Some(at) = claims.expires_at.as_ref().filter(|at| at.instant() <= now) {
        refusals.push(Refusal::Expired { at: at.clone() });
    }
    if let Some(max_age) = &asked.max_age {
        refusals.extend(judge_age(claims, max_age, now));
    }
    match (&asked.signer, &claims.signer) {
        (Some(expected), Some(found)) if found != expected => {
            refusals.push(Refusal::WrongSigner { expected: expected.clone(), found: found.clone() });
        }
        (Some(expected), None) => refusals.push(Refusal::SignerMissing { expected: expected.clone() }),
        _ => {}
    }
    match (asked.least_model_version, claims.model_version) {
        (Some(least), Some(found)) if found < least => {
            refusals.push(Refusal::ModelVersionTooLow { least, found })
        }
        (Some(least), None) => refusals.push(Refusal::ModelVersionMissing { least }),
        _ => {}
    }
    refusals
}

fn judge_age(claims: &Claims, max_age: &Age, now: crate::time::Instant) -> Option<Refusal> {
    judge_time(&claims.signed_at, max_age, now)
}

fn judge_time(
    signed_at: &crate::time::Timestamp,
    max_age: &Age,
    now: crate::time::Instant,
) -> Option<Refusal> {
    let signed_at = signed_at.clone();
    if signed_at.instant().duration_since(now) > CLOCK_SKEW {
        return Some(Refusal::SignedInTheFuture { signed_at });
    }
    // A span that reaches back before the calendar begins allows everything.
    let oldest = max_age.before(now)?;
    (signed_at.instant() < oldest).then(|| Refusal::TooOld { signed_at, max_age: max_age.clone() })
}

/// What speaks against a signature by another tool, which says nothing of what the caller asks about. `signed_at` is
/// a time that a log or a time stamper proves.
pub fn decide_unclaimed(
    asked: &Requirements,
    signed_at: Option<crate::time::Instant>,
    now: crate::time::Instant,
) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    match (&asked.max_age, signed_at) {
        (Some(max_age), Some(at)) => {
            refusals.extend(judge_time(&crate::time::Timestamp::from_instant(at), max_age, now));
        }
        (Some(_), None) => refusals.push(Refusal::TimeMissing),
        (None, _) => {}
    }
    refusals.extend(asked.signer.clone().map(|expected| Refusal::SignerMissing { expected }));
    refusals.extend(asked.least_model_version.map(|least| Refusal::ModelVersionMissing { least }));
    refusals
}

/// Every question about a claim is refused: an answer from unsigned text would be worth nothing.
fn not_authenticated(asked: &Requirements) -> Vec<Refusal> {
    let questions = [
        (asked.unauthenticated == Unauthenticated::Refuse, Question::Everything),
        (asked.signer.is_some(), Question::Signer),
        (asked.least_model_version.is_some(), Question::ModelVersion),
        (asked.max_age.is_some(), Question::Time),
    ];
    let asked = questions.into_iter().filter(|(is_asked, _)| *is_asked);
    asked.map(|(_, asked)| Refusal::NotAuthenticated { asked }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::Container;

    fn claims() -> Claims {
        Claims {
            container: Container::Manifest,
            signer: Some("team".to_owned()),
            signed_at: "2026-01-10T00:00:00+00:00".parse().expect("a time"),
            key_version: None,
            key_id: "00".repeat(32).parse().expect("a key id"),
            model_version: Some(3),
            expires_at: Some("2026-02-10T00:00:00+00:00".parse().expect("a time")),
            countersigns: None,
            renews: None,
            annotations: Default::default(),
        }
    }

    fn codes(claims: Option<&Claims>, asked: &Requirements, now: &str) -> Vec<&'static str> {
        decide(claims, asked, now.parse().expect("a time")).iter().map(Refusal::code).collect()
    }

    #[test]
    fn an_expiry_ends_at_its_very_moment() {
        let asked = Requirements::default();
        assert!(codes(Some(&claims()), &asked, "2026-02-09T23:59:59Z").is_empty());
        assert_eq!(codes(Some(&claims()), &asked, "2026-02-10T00:00:00Z"), ["expired"]);
    }

    #[test]
    fn ages_are_judged_only_when_asked() {
        let asked =
            |age: &str| Requirements { max_age: Some(age.parse().expect("a span")), ..Default::default() };
        let now = "2026-01-20T00:00:00Z";
        assert!(codes(Some(&claims()), &asked("10d"), now).is_empty());
        assert_eq!(codes(Some(&claims()), &asked("9d"), now), ["too-old"]);
        assert!(codes(Some(&claims()), &asked("9d"), "2026-01-09T23:55:00Z").is_empty());
        assert_eq!(codes(Some(&claims()), &asked("9d"), "2026-01-09T23:54:59Z"), ["signed-in-the-future"]);
        assert!(codes(Some(&claims()), &Requirements::default(), "2025-01-01T00:00:00Z").is_empty());
    }

    #[test]
    fn signer_and_version_are_compared_exactly() {
        let now = "2026-01-20T00:00:00Z";
        let signer = |name: &str| Requirements { signer: Some(name.to_owned()), ..Default::default() };
        assert!(codes(Some(&claims()), &signer("team"), now).is_empty());
        assert_eq!(codes(Some(&claims()), &signer("Team"), now), ["wrong-signer"]);
        let version = |least| Requirements { least_model_version: Some(least), ..Default::default() };
        assert!(codes(Some(&claims()), &version(3), now).is_empty());
        assert_eq!(codes(Some(&claims()), &version(4), now), ["model-version-too-low"]);
        let without = Claims { model_version: None, ..claims() };
        assert_eq!(codes(Some(&without), &version(1), now), ["model-version-missing"]);
    }

    #[test]
    fn unsigned_text_answers_no_question() {
        let now = "2026-01-20T00:00:00Z";
        let accept = Requirements { unauthenticated: Unauthenticated::Accept, ..Default::default() };
        assert!(codes(None, &accept, now).is_empty());
        assert_eq!(codes(None, &Requirements::default(), now), ["not-authenticated"]);
        let asked = Requirements { signer: Some("team".to_owned()), least_model_version: Some(1), ..accept };
        assert_eq!(codes(None, &asked, now), ["not-authenticated", "not-authenticated"]);
    }
}
