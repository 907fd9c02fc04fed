//! `--freeze`: the statements that a key has signed below some folders, each verified with its model, so that they
//! outlive the key's revocation (docs/spec/trust.md, section 5).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use weightseal::digest::Digest;
use weightseal::hash::Engine;
use weightseal::inspect::{Inspection, inspect};
use weightseal::time::Instant;
use weightseal::trust::{KeyRing, Means, Requirements, TrustedKey, Unauthenticated};
use weightseal::verify::{Failure, Policy, SignedPlace, countersignature_places};

use super::many::{Refused, has_envelope, judge, places};
use crate::interrupt;
use crate::output::Output;
use crate::problem::Problem;
use crate::store::seconds;

/// Codes of a signature that somebody else has made.
const OF_ANOTHER: [&str; 5] =
    ["untrusted-key", "wrong-method", "wrong-identity", "wrong-issuer", "untrusted-certificate"];

/// What was found below the folders.
#[derive(Debug, Default)]
pub(super) struct Frozen {
    /// The statements that were verified with their models.
    pub(super) statements: BTreeSet<Digest>,
    /// Statements that say they were signed when somebody else may have had the key.
    pub(super) after_theft: BTreeSet<Digest>,
    /// How many of the others say nothing of when they were made.
    untimed: usize,
    /// How many signatures others have made.
    of_others: usize,
    /// How many have no statement that could be written down.
    without_envelope: usize,
    refused: Refused,
}

/// Why a statement that verifies is not written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not frozen: it says that it was signed at {}, and from {} on somebody else may have had the key", seconds(*.signed_at), seconds(*.since))]
struct AfterTheft {
    signed_at: Instant,
    since: Instant,
}

impl AfterTheft {
    fn code(&self) -> &'static str {
        "signed-after-compromise"
    }
}

/// Verifies what this key has signed below `paths`. Nothing that says it was signed at `since` or later is taken.
///
/// # Errors
/// A folder that cannot be looked through, or Ctrl-C; models that do not verify are said and counted.
pub(super) fn collect(
    paths: &[PathBuf],
    key: &TrustedKey,
    since: Option<Instant>,
    now: Instant,
    engine: Engine,
    output: &Output,
) -> Result<Frozen, Problem> {
    let mut frozen = Frozen::default();
    let policy = policy(&key.means, now);
    for place in with_countersignatures(places(paths)?)? {
        interrupt::check()?;
        if !has_envelope(&place) && is_readable(&place.signature) {
            frozen.without_envelope += 1;
            continue;
        }
        match judge(&place, &policy, engine, output) {
            Ok(outcome) => {
                let facts = outcome.facts();
                let signed_at = facts.signed_at.as_ref().map(weightseal::time::Timestamp::instant);
                match (facts.statement.filter(|_| facts.authenticated == Some(true)), signed_at.zip(since)) {
                    (None, _) => frozen.without_envelope += 1,
                    (Some(statement), Some((signed_at, since))) if signed_at >= since => {
                        let error = AfterTheft { signed_at, since };
                        let hint = "look where it comes from; sign it anew with another key if it is yours";
                        frozen.after_theft.insert(statement);
                        let message = error.to_string();
                        frozen.refused.reject(&place.signature, &message, error.code(), Some(hint), output);
                    }
                    (Some(statement), _) => {
                        frozen.untimed += usize::from(signed_at.is_none());
                        frozen.statements.insert(statement);
                    }
                }
            }
            Err(Failure::Rejected(rejected)) if OF_ANOTHER.contains(&rejected.headline().code()) => {
                frozen.of_others += 1;
            }
            Err(failure) => frozen.refused.add(&place.signature, &failure, output)?,
        }
    }
    Ok(frozen)
}

/// The same places, and what stands beside them as a countersignature: that is a statement of its own, which
/// counts only as long as its key does.
fn with_countersignatures(places: Vec<SignedPlace>) -> Result<Vec<SignedPlace>, Problem> {
    let mut all = Vec::new();
    for first in places {
        let beside = countersignature_places(&first.model, &first.signature)?;
        for signature in beside.into_iter().filter(|path| is_countersignature(path)) {
            // A bundle manifest stands for what it describes: so does its countersignature.
            let model = if first.model == first.signature { &signature } else { &first.model };
            all.push(SignedPlace { model: model.clone(), signature });
        }
        all.push(first);
    }
    all.sort();
    Ok(all)
}

/// What cannot be read as a signature is told by its verification.
fn is_readable(path: &Path) -> bool {
    matches!(inspect(path), Ok(Inspection::Signature(..)))
}

/// `m.2.manifest.json` can also be the manifest of `m.2.pt`, and is found as such.
fn is_countersignature(path: &Path) -> bool {
    let found = inspect(path);
    matches!(found, Ok(Inspection::Signature(file, _)) if file.countersigns().is_some())
}

/// This key alone, whatever else the store says of it.
fn policy(means: &Means, now: Instant) -> Policy {
    let requirements = Requirements { unauthenticated: Unauthenticated::Accept, ..Requirements::default() };
    let none = Policy::of_keys(KeyRing::default(), requirements, now);
    match means {
        Means::Key(key) => Policy { keys: KeyRing::new([key.clone()]), ..none },
        Means::Certificate(means) => Policy {
            certificates: Some(means.rules.clone()),
            time_stampers: means.time_stampers.clone(),
            ..none
        },
        Means::Sigstore(rules) => Policy { sigstore: Some((**rules).clone()), ..none },
    }
}

impl Frozen {
    /// The statements that are not in the store yet.
    pub(super) fn new_in(&self, key: &TrustedKey) -> Vec<Digest> {
        self.statements.difference(&key.frozen).copied().collect()
    }

    /// Says what was found.
    pub(super) fn report(&self, new: usize, output: &mut Output) {
        let known = match self.statements.len() - new {
            0 => String::new(),
            known => format!(", {known} more were already"),
        };
        output.text(&format!("frozen: {}{known}\n", count(new, "statement")));
        if self.untimed > 0 {
            let count = count(self.untimed, "frozen statement");
            output.note(&format!(
                "{count} without a time of signing: make sure that nobody else has made them"
            ));
        }
        if self.of_others > 0 {
            output.note(&format!("{} with other keys left alone", count(self.of_others, "signature")));
        }
        if self.without_envelope > 0 {
            let count = count(self.without_envelope, "manifest");
            output.note(&format!("{count} without envelope left alone: see `weightseal trust import`"));
        }
    }

    /// Adds what was found to a result.
    pub(super) fn put_into(&self, new: &[Digest], value: &mut Value) {
        value["frozen"] = json!(new.iter().map(ToString::to_string).collect::<Vec<_>>());
        value["of_others"] = json!(self.of_others);
        value["without_envelope"] = json!(self.without_envelope);
        self.refused.put_into(value);
    }

    /// The exit status.
    pub(super) fn end(&self) -> Result<(), Problem> {
        self.refused.end()
    }
}

/// `1 statement`, `2 statements`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The error where a store was changed in a way that matters while models were verified.
pub(super) fn changed(path: &Path) -> Problem {
    weightseal::file::FileError::Changed { path: path.to_owned() }.into()
}
