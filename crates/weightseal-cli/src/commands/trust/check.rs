//! `weightseal trust check`: what of a trust store ends soon, and what has ended.

use std::collections::BTreeSet;

use serde_json::json;
use weightseal::text::{Escaped, EscapedPath};
use weightseal::time::Instant;
use weightseal::trust::{Means, Rule, TrustStore, TrustedKey};

use crate::Status;
use crate::args_trust::TrustCheckArguments;
use crate::output::Output;
use crate::problem::Problem;
use crate::store::{KeyState, edited, key_of, seconds};

/// Something that ends, or has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    /// What it is about, one word.
    kind: &'static str,
    /// When, where there is such a time.
    at: Option<Instant>,
    what: String,
}

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
struct Findings {
    /// These make the exit status 1.
    ends: Vec<Finding>,
    /// These are worth knowing.
    notes: Vec<Finding>,
}

#[expect(clippy::indexing_slicing, reason = "fields of JSON objects that are made here")]
pub(crate) fn run(arguments: &TrustCheckArguments, output: &mut Output) -> Result<(), Problem> {
    let path = &arguments.store.trust;
    let store = crate::store::read(path)?;
    let now = Instant::now();
    // A span that reaches beyond the calendar includes everything.
    let horizon = arguments.within.after(now).unwrap_or(Instant::MAX);
    let Findings { ends, notes } = find(&store, now, horizon);
    for finding in &ends {
        let at = finding.at.map(seconds).unwrap_or_default();
        output.text(&format!("{at}  {}\n", finding.what));
    }
    for note in &notes {
        output.note(&note.what);
    }
    if ends.is_empty() {
        output.text(&format!(
            "{}: nothing ends within {} (until {})\n",
            EscapedPath(path),
            arguments.within,
            seconds(horizon)
        ));
    }
    output.json_of(|| {
        let list = |findings: &[Finding]| {
            let entry =
                |it: &Finding| json!({ "kind": it.kind, "at": it.at.map(seconds), "message": it.what });
            findings.iter().map(entry).collect::<Vec<_>>()
        };
        let mut value = edited("check", path, &store);
        value["until"] = json!(seconds(horizon));
        value["ends"] = json!(list(&ends));
        value["notes"] = json!(list(&notes));
        value
    });
    if ends.is_empty() { Ok(()) } else { Err(Problem::reported(Status::Different, "ends-soon")) }
}

fn find(store: &TrustStore, now: Instant, horizon: Instant) -> Findings {
    let mut all = Findings::default();
    let mut add = |kind, at: Instant, ends: String, ended: Option<String>| {
        if at <= now {
            all.notes.extend(ended.map(|what| Finding { kind, at: Some(at), what }));
        } else if at <= horizon {
            all.ends.push(Finding { kind, at: Some(at), what: ends });
        }
    };
    for signer in store.signers() {
        let name = Escaped(&signer.name);
        for key in &signer.keys {
            // What is revoked or ended already ends no more.
            if matches!(KeyState::of(key, now), KeyState::Revoked | KeyState::Ended) {
                continue;
            }
            let shown = key_of(&signer.name, key);
            if let Some(until) = key.signs_until {
                add("signs-until", until, format!("{shown} signs no more from then on"), None);
            }
            if let Some(until) = key.trusted_until {
                let ends = format!("nothing signed with {shown} is accepted from then on");
                add("trusted-until", until, ends, None);
            }
            if let Means::Certificate(means) = &key.means {
                for root in means.rules.roots.facts() {
                    let root_name = Escaped(&root.subject).to_string();
                    let ends = format!("the root certificate `{root_name}` of {name} expires");
                    let ended = format!("the root certificate `{root_name}` of {name} has expired");
                    add("root-certificate", root.not_after, ends, Some(ended));
                }
            }
        }
    }
    let store_end = Finding {
        kind: "store",
        at: Some(store.expires_at()),
        what: match store.expires_at() <= now {
            true => "the store HAS EXPIRED: nothing is verified with it".to_owned(),
            false => "the store expires: nothing is verified with it from then on".to_owned(),
        },
    };
    if store.expires_at() <= horizon {
        all.ends.push(store_end);
    }
    all.ends.sort_by_key(|finding| finding.at);
    all.notes.extend(standing(store, now));
    all
}

/// What has ended, or leads nowhere, without an end that is still to come.
fn standing(store: &TrustStore, now: Instant) -> Vec<Finding> {
    let mut notes = Vec::new();
    let mut able: BTreeSet<usize> = BTreeSet::new();
    for (at, signer) in store.signers().iter().enumerate() {
        let name = Escaped(&signer.name);
        if signer.keys.iter().any(|key| KeyState::of(key, now) == KeyState::Signs) {
            able.insert(at);
        } else {
            let what = format!("{name} has no key that can sign now");
            notes.push(Finding { kind: "signer", at: None, what });
        }
        for key in signer.keys.iter().filter(|key| keeps_nothing(key)) {
            let what = format!(
                "{} is revoked with `compromised_since`, but nothing is frozen: nothing that it has signed is accepted",
                key_of(&signer.name, key)
            );
            notes.push(Finding { kind: "nothing-frozen", at: None, what });
        }
    }
    for rule in store.rules().iter().filter(|rule| !can_be_met(rule, &able)) {
        let models: Vec<String> =
            rule.models.iter().map(|it| format!("`{}`", Escaped(it.as_str()))).collect();
        let what = format!("no new signature can meet the rule for {}", models.join(", "));
        notes.push(Finding { kind: "rule", at: None, what });
    }
    notes
}

/// Whether a key was revoked as of some time, and nothing shows what is from before.
fn keeps_nothing(key: &TrustedKey) -> bool {
    let of_a_time = key.revoked.as_ref().is_some_and(|revoked| revoked.compromised_since.is_some());
    of_a_time && key.frozen.is_empty() && matches!(key.means, Means::Key(_))
}

fn can_be_met(rule: &Rule, able: &BTreeSet<usize>) -> bool {
    let signers = rule.signers.as_ref().is_none_or(|signers| !signers.is_disjoint(able));
    let threshold = rule.threshold.as_ref();
    signers && threshold.is_none_or(|threshold| threshold.of.intersection(able).count() >= threshold.n)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

    fn found(key: &str, more: &str) -> Findings {
        let text = format!(
            "serial = 1\nexpires_at = 2027-01-01\n[[signer]]\nname = \"a\"\n[[signer.key]]\npublic_key = \"\"\"{KEY}\"\"\"\n{key}\n[[rule]]\nmodels = \"m\"\nsigners = [\"a\"]\n{more}"
        );
        let nothing = |_: &str| -> Result<Vec<u8>, weightseal::trust::Unreadable> { Ok(Vec::new()) };
        let store = TrustStore::parse(text.as_bytes(), &nothing).expect("a store");
        let time = |text: &str| text.parse::<Instant>().expect("a time");
        find(&store, time("2026-06-01T00:00:00Z"), time("2026-07-01T00:00:00Z"))
    }

    fn kinds(findings: &Findings) -> (Vec<&'static str>, Vec<&'static str>) {
        let kinds = |findings: &[Finding]| findings.iter().map(|finding| finding.kind).collect();
        (kinds(&findings.ends), kinds(&findings.notes))
    }

    #[test]
    fn only_what_ends_within_the_span_counts() {
        let of = |key: &str| {
            let findings = found(key, "");
            let (ends, notes) = kinds(&findings);
            (ends.join(" "), notes.join(" "))
        };
        let expect = |ends: &str, notes: &str| (ends.to_owned(), notes.to_owned());
        assert_eq!(of(""), expect("", ""));
        assert_eq!(of("signs_until = 2026-07-01T00:00:00Z"), expect("signs-until", ""));
        assert_eq!(of("signs_until = 2026-07-01T00:00:01Z"), expect("", ""));
        assert_eq!(of("signs_until = 2026-06-01"), expect("", "signer rule"));
        assert_eq!(of("signs_from = 2026-06-02"), expect("", "signer rule"));
        assert_eq!(
            of("signs_until = 2026-06-20\ntrusted_until = 2026-06-10"),
            expect("trusted-until signs-until", "")
        );
        assert_eq!(of("signs_until = 2026-06-20\ntrusted_until = 2026-05-10"), expect("", "signer rule"));
        assert_eq!(
            of(
                "revoked = { at = 2026-05-01, reason = \"r\", compromised_since = 2026-04-01 }\nsigns_until = 2026-06-20"
            ),
            expect("", "signer nothing-frozen rule")
        );
    }

    #[test]
    fn a_threshold_needs_enough_signers_who_can_sign() {
        let threshold = "[[rule]]\nmodels = \"n\"\nthreshold = { n = 1, of = [\"a\"] }\n";
        assert_eq!(kinds(&found("", threshold)), (vec![], vec![]));
        assert_eq!(kinds(&found("signs_until = 2026-05-01", threshold)).1, ["signer", "rule", "rule"]);
    }
}
