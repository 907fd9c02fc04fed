//! Keys of a trust store in words and as JSON.

use std::path::Path;

use serde_json::{Value, json};
use weightseal::text::Escaped;
use weightseal::time::{Instant, Timestamp};
use weightseal::trust::{Means, TrustStore, TrustedKey};

/// What a key is good for at a time (docs/spec/trust.md, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyState {
    /// It signs.
    Signs,
    /// It will sign.
    NotYet,
    /// It signs no more; what it has signed stays accepted.
    Retired,
    /// Nothing that it has signed is accepted any more.
    Ended,
    /// It is revoked.
    Revoked,
}

impl KeyState {
    /// The state of a key at a time.
    pub(crate) fn of(key: &TrustedKey, now: Instant) -> Self {
        let past = |time: Option<Instant>| time.is_some_and(|time| time <= now);
        if key.revoked.is_some() {
            Self::Revoked
        } else if past(key.trusted_until) {
            Self::Ended
        } else if past(key.signs_until) {
            Self::Retired
        } else if key.signs_from.is_some_and(|from| from > now) {
            Self::NotYet
        } else {
            Self::Signs
        }
    }

    /// The word in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Signs => "signs",
            Self::NotYet => "not-yet",
            Self::Retired => "retired",
            Self::Ended => "ended",
            Self::Revoked => "revoked",
        }
    }
}

/// UTC with whole seconds.
pub(crate) fn seconds(time: Instant) -> String {
    Timestamp::from_instant(time).to_seconds()
}

/// The first whole second that is not before `time`: a store has no fractions.
pub(crate) fn up_to_seconds(time: Instant) -> Instant {
    let seconds = time.as_second() + i64::from(time.subsec_nanosecond() > 0);
    Instant::from_second(seconds).unwrap_or(time)
}

/// Whether two entries stand for the same key, whatever else is said of it.
pub(crate) fn same_key(one: &TrustedKey, other: &TrustedKey) -> bool {
    match (&one.means, &other.means) {
        (Means::Key(one), Means::Key(other)) => one.id() == other.id(),
        (Means::Certificate(one), Means::Certificate(other)) => {
            one.rules.identity == other.rules.identity
                && one.rules.roots.fingerprints().eq(other.rules.roots.fingerprints())
        }
        (Means::Sigstore(one), Means::Sigstore(other)) => {
            (&one.identity, &one.issuer) == (&other.identity, &other.issuer)
        }
        _ => false,
    }
}

/// A key in a few words, without its signer.
pub(crate) fn key_name(key: &TrustedKey) -> String {
    let version = key.version.map(|version| format!(" (version {version})")).unwrap_or_default();
    match &key.means {
        Means::Key(key) => format!("key {}{version}", key.id().short()),
        Means::Certificate(means) => {
            let identity = means.rules.identity.as_deref().unwrap_or_default();
            format!("certificate of {}{version}", Escaped(identity))
        }
        Means::Sigstore(rules) => {
            format!("{} by the word of {}{version}", Escaped(&rules.identity), Escaped(&rules.issuer))
        }
    }
}

/// A key in a few words, with its signer.
pub(crate) fn key_of(signer: &str, key: &TrustedKey) -> String {
    match &key.means {
        Means::Key(_) => format!("{} of {}", key_name(key), Escaped(signer)),
        Means::Certificate(_) | Means::Sigstore(_) => format!("{}, for {}", key_name(key), Escaped(signer)),
    }
}

/// A key as JSON.
#[expect(clippy::indexing_slicing, reason = "fields of JSON objects that are made here")]
pub(crate) fn key_json(signer: &str, key: &TrustedKey, now: Instant) -> Value {
    let mut value = json!({
        "signer": signer,
        "version": key.version,
        "kind": null,
        "key_id": null,
        "algorithm": null,
        "key_size": null,
        "identity": null,
        "issuer": null,
        "roots": [],
        "signs_from": key.signs_from.map(seconds),
        "signs_until": key.signs_until.map(seconds),
        "trusted_until": key.trusted_until.map(seconds),
        "revoked": key.revoked.as_ref().map(|revoked| json!({
            "at": seconds(revoked.at),
            "reason": revoked.reason,
            "compromised_since": revoked.compromised_since.map(seconds),
        })),
        "frozen": key.frozen.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "state": KeyState::of(key, now).word(),
    });
    match &key.means {
        Means::Key(key) => {
            value["kind"] = json!("key");
            value["key_id"] = json!(key.id().to_string());
            value["algorithm"] = json!(key.algorithm().manifest_name());
            value["key_size"] = json!(key.bits());
        }
        Means::Certificate(means) => {
            value["kind"] = json!("certificate");
            value["identity"] = json!(means.rules.identity);
            let roots = means.rules.roots.facts().map(|root| {
                json!({
                    "subject": root.subject,
                    "not_before": seconds(root.not_before),
                    "not_after": seconds(root.not_after),
                    "sha256": root.fingerprint.to_string(),
                })
            });
            value["roots"] = roots.collect();
        }
        Means::Sigstore(rules) => {
            value["kind"] = json!("sigstore");
            value["identity"] = json!(rules.identity);
            value["issuer"] = json!(rules.issuer);
        }
    }
    value
}

/// What every command that changes a store says of it as JSON.
pub(crate) fn edited(action: &str, path: &Path, store: &TrustStore) -> Value {
    json!({
        "schema": "weightseal.trust/1",
        "action": action,
        "trust": path.to_string_lossy(),
        "serial": store.serial(),
        "expires_at": seconds(store.expires_at()),
    })
}
