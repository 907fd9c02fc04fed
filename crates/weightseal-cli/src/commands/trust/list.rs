//! `weightseal trust list`: who signs what, with which keys, until when.

use serde_json::{Value, json};
use weightseal::text::{Escaped, EscapedPath};
use weightseal::time::Instant;
use weightseal::trust::{Level, Means, Rule, TrustStore, TrustedKey};

use crate::args_trust::TrustListArguments;
use crate::output::Output;
use crate::problem::Problem;
use crate::store::{KeyState, edited, key_json, seconds};

pub(crate) fn run(arguments: &TrustListArguments, output: &mut Output) -> Result<(), Problem> {
    let path = &arguments.store.trust;
    let store = crate::store::read(path)?;
    let now = Instant::now();
    let end = match store.expires_at() <= now {
        true => format!("EXPIRED since {}", seconds(store.expires_at())),
        false => format!("expires {}", seconds(store.expires_at())),
    };
    let mut text = format!("{}: serial {}, {end}\n", EscapedPath(path), store.serial());
    for signer in store.signers() {
        text.push_str(&format!("\n{}\n", Escaped(&signer.name)));
        for key in &signer.keys {
            text.push_str(&format!("  {}\n", key_line(key, now)));
        }
    }
    if store.signers().is_empty() {
        text.push_str("\nnobody signs anything: everything is refused\n");
    }
    if !store.rules().is_empty() {
        text.push_str("\nrules, of which all that match have to hold\n");
    }
    for rule in store.rules() {
        text.push_str(&format!("  {}\n", rule_line(&store, rule)));
    }
    if !store.unauthenticated().is_empty() {
        text.push_str(&format!("\nmanifests without envelope: {} listed\n", store.unauthenticated().len()));
    }
    output.text(&text);
    output.json_of(|| to_json(&store, path, now));
    Ok(())
}

fn key_line(key: &TrustedKey, now: Instant) -> String {
    let kind = match &key.means {
        Means::Key(key) => format!("  {}, {} bits", key.algorithm().key_name(), key.bits()),
        Means::Certificate(means) => {
            let roots: Vec<String> = means.rules.roots.facts().map(|root| root.subject).collect();
            format!("  below {}", Escaped(&roots.join("; ")))
        }
        Means::Sigstore(_) => String::new(),
    };
    let mut parts = vec![format!("{}{kind}", crate::store::key_name(key))];
    parts.push(state(key, now));
    if !key.frozen.is_empty() {
        parts.push(format!("{} frozen", key.frozen.len()));
    }
    parts.join("  ")
}

/// What the key is good for, and until when.
fn state(key: &TrustedKey, now: Instant) -> String {
    let until = |what: &str, time: Option<Instant>| match time {
        Some(time) if time > now => format!(", {what} until {}", seconds(time)),
        _ => String::new(),
    };
    let trusted = until("trusted", key.trusted_until);
    let shown = |time: Option<Instant>| time.map(seconds).unwrap_or_default();
    match (KeyState::of(key, now), &key.revoked) {
        (_, Some(revoked)) => {
            let since = match revoked.compromised_since {
                Some(since) => format!(", compromised since {}", seconds(since)),
                None => String::new(),
            };
            format!("REVOKED at {} ({}){since}", seconds(revoked.at), Escaped(&revoked.reason))
        }
        (KeyState::Ended, None) => format!("trusted until {}", shown(key.trusted_until)),
        (KeyState::Retired, None) => format!("retired since {}{trusted}", shown(key.signs_until)),
        (KeyState::NotYet, None) => {
            format!("signs from {}{}{trusted}", shown(key.signs_from), until("signs", key.signs_until))
        }
        (KeyState::Signs | KeyState::Revoked, None) => match key.signs_until {
            Some(end) => format!("signs until {}{trusted}", seconds(end)),
            None => format!("signs{trusted}"),
        },
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "fields of JSON objects that are made here, and places in the store at hand"
)]
fn rule_line(store: &TrustStore, rule: &Rule) -> String {
    let names = |signers: &std::collections::BTreeSet<usize>| {
        let names: Vec<String> =
            signers.iter().map(|at| Escaped(&store.signers()[*at].name).to_string()).collect();
        names.join(", ")
    };
    let models: Vec<String> = rule.models.iter().map(|it| format!("`{}`", Escaped(it.as_str()))).collect();
    let mut asks = Vec::new();
    asks.extend(rule.signers.as_ref().map(|signers| format!("signed by {}", names(signers))));
    let threshold = rule.threshold.as_ref();
    asks.extend(threshold.map(|threshold| format!("by {} of {}", threshold.n, names(&threshold.of))));
    asks.extend(rule.minimum_model_version.map(|version| format!("version {version} or later")));
    asks.extend(rule.max_age.as_ref().map(|age| format!("at most {age} old")));
    if let Some(formats) = &rule.allowed_formats {
        let formats: Vec<&str> = formats.iter().map(|format| format.name()).collect();
        asks.push(format!("as {}", formats.join(" or ")));
    }
    let level = if rule.level == Level::Warn { "  (warns about age and version)" } else { "" };
    format!("{}: {}{level}", models.join(", "), asks.join("; "))
}

/// The store in the words of `trust list --json`.
#[expect(
    clippy::indexing_slicing,
    reason = "fields of JSON objects that are made here, and places in the store at hand"
)]
pub fn to_json(store: &TrustStore, path: &std::path::Path, now: Instant) -> Value {
    let mut value = edited("list", path, store);
    let keys = store
        .signers()
        .iter()
        .flat_map(|signer| signer.keys.iter().map(|key| key_json(&signer.name, key, now)));
    value["keys"] = keys.collect();
    value["signers"] = store.signers().iter().map(|signer| json!(signer.name)).collect();
    value["expired"] = json!(store.expires_at() <= now);
    let name = |at: &usize| json!(store.signers()[*at].name);
    let rules = store.rules().iter().map(|rule| {
        json!({
            "models": rule.models.iter().map(|pattern| pattern.as_str()).collect::<Vec<_>>(),
            "signers": rule.signers.as_ref().map(|signers| signers.iter().map(name).collect::<Value>()),
            "threshold": rule.threshold.as_ref().map(|threshold| json!({
                "n": threshold.n,
                "of": threshold.of.iter().map(name).collect::<Value>(),
            })),
            "minimum_model_version": rule.minimum_model_version,
            "max_age": rule.max_age.as_ref().map(ToString::to_string),
            "allowed_formats": rule.allowed_formats.as_ref().map(|formats| {
                formats.iter().map(|format| json!(format.name())).collect::<Value>()
            }),
            "level": match rule.level {
                Level::Enforce => "enforce",
                Level::Warn => "warn",
            },
        })
    });
    value["rules"] = rules.collect();
    let listed = store.unauthenticated().iter().map(|entry| {
        json!({ "model": entry.model, "sha256": entry.sha256.to_string(), "key": entry.key.to_string() })
    });
    value["unauthenticated"] = listed.collect();
    value
}
