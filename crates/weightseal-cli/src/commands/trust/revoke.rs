//! `weightseal trust revoke`: take the trust in a key back.

use std::collections::BTreeSet;

use serde_json::json;
use weightseal::digest::Digest;
use weightseal::text::EscapedPath;
use weightseal::time::Instant;
use weightseal::trust::{Means, TrustStore, TrustedKey};

use super::freeze::{self, Frozen, count};
use super::parse_time;
use crate::args_trust::TrustRevokeArguments;
use crate::output::Output;
use crate::problem::Problem;
use crate::store::{StoreEdit, Unfit, edited, key_json, key_name, key_of, same_key, seconds, select};

#[expect(
    clippy::indexing_slicing,
    reason = "fields of JSON objects that are made here, and places in the store at hand"
)]
pub(crate) fn run(arguments: &TrustRevokeArguments, output: &mut Output) -> Result<(), Problem> {
    let path = &arguments.store.trust;
    let now = Instant::now();
    let since = since(arguments, now)?;
    let before = crate::store::read(path)?;
    let key = before.key(select(&before, &arguments.key)?).clone();
    ensure_not_revoked(&key, since, arguments)?;
    let frozen = match &arguments.freeze[..] {
        [] => None,
        paths => Some(freeze::collect(paths, &key, since, now, arguments.hashing.engine(), output)?),
    };

    // Only now: models can be large, and others may want to change the store meanwhile.
    let mut edit = StoreEdit::begin(path)?;
    let place = select(&edit.store, &arguments.key)?;
    let there = edit.store.key(place);
    if !same_key(there, &key) {
        return Err(freeze::changed(path));
    }
    ensure_not_revoked(there, since, arguments)?;
    let new = frozen.as_ref().map(|frozen| frozen.new_in(there)).unwrap_or_default();
    let earlier = Earlier::of(there, frozen.as_ref());
    let revoked_before = there.revoked.is_some();
    let mut text = edit.text.key(place.signer, place.key)?;
    if !revoked_before {
        text.revoke(now, &arguments.reason, since)?;
    }
    text.thaw(&earlier.refuted)?;
    text.freeze(&new)?;
    let store = match revoked_before && new.is_empty() && earlier.refuted.is_empty() {
        true => before,
        false => edit.commit()?,
    };

    let (signer, key) = (&store.signers()[place.signer].name, store.key(place));
    let at = format!("{}, serial {}", EscapedPath(path), store.serial());
    output.text(&format!("revoked: {}  -> {at}\n", key_of(signer, key)));
    if let Some(frozen) = &frozen {
        frozen.report(new.len(), output);
    }
    consequences(&store, key, since, &earlier, output);
    output.json_of(|| {
        let mut value = edited("revoke", path, &store);
        value["key"] = key_json(signer, key, now);
        value["taken_out"] = earlier.refuted.iter().map(|digest| json!(digest.to_string())).collect();
        value["unauthenticated"] = json!(listed(&store, key));
        if let Some(frozen) = &frozen {
            frozen.put_into(&new, &mut value);
        }
        value
    });
    frozen.as_ref().map_or(Ok(()), Frozen::end)
}

/// Statements that had been frozen when nobody knew of a theft.
struct Earlier {
    /// Those that were found now, and say that they are from after it.
    refuted: BTreeSet<Digest>,
    /// How many were not found now.
    open: usize,
}

impl Earlier {
    fn of(key: &TrustedKey, found: Option<&Frozen>) -> Self {
        let found_in = |set: fn(&Frozen) -> &BTreeSet<Digest>| {
            let found = found.map(set);
            move |digest: &Digest| found.is_some_and(|found| found.contains(digest))
        };
        let (refuted, kept) = (found_in(|found| &found.after_theft), found_in(|found| &found.statements));
        Self {
            refuted: key.frozen.iter().copied().filter(&refuted).collect(),
            open: key.frozen.iter().filter(|digest| !refuted(digest) && !kept(digest)).count(),
        }
    }
}

/// What is accepted of this key from now on.
fn consequences(
    store: &TrustStore,
    key: &TrustedKey,
    since: Option<Instant>,
    earlier: &Earlier,
    output: &mut Output,
) {
    let Some(since) = since else {
        output.note("nothing that it has signed is accepted any more, whenever it was signed");
        return;
    };
    let mut kept = vec![count(key.frozen.len(), "frozen statement")];
    if !matches!(key.means, Means::Key(_)) {
        kept.push(format!("what a log or a time stamp proves to be older than {}", seconds(since)));
    }
    let listed = listed(store, key);
    if listed > 0 {
        kept.push(format!("{} without envelope", count(listed, "listed manifest")));
    }
    output.note(&format!("of what it has signed, this alone stays accepted: {}", kept.join(", ")));
    if !earlier.refuted.is_empty() {
        let count = count(earlier.refuted.len(), "statement");
        output.text(&format!("taken out: {count}, frozen before, but by its own word signed after that\n"));
    }
    if earlier.open > 0 {
        let count = count(earlier.open, "statement");
        output.warning(&format!(
            "frozen before and still accepted: {count}; look whether that was before {}",
            seconds(since)
        ));
    }
    if listed > 0 {
        output.warning(&format!(
            "take out of `unauthenticated` whatever was not signed before {}: such manifests have no time",
            seconds(since)
        ));
    }
}

/// How many manifests without envelope are accepted because of this key.
fn listed(store: &TrustStore, key: &TrustedKey) -> usize {
    let Means::Key(key) = &key.means else { return 0 };
    store.unauthenticated().iter().filter(|entry| entry.key == key.id()).count()
}

fn since(arguments: &TrustRevokeArguments, now: Instant) -> Result<Option<Instant>, Problem> {
    let Some(text) = &arguments.compromised_since else { return Ok(None) };
    let since = parse_time("--compromised-since", text, now)?;
    if since > now {
        return Err(Problem::usage(
            "--compromised-since lies in the future",
            Some("name the first moment at which somebody else may have had the key"),
        ));
    }
    // In whole seconds, as in the store.
    Ok(Some(Instant::from_second(since.as_second()).unwrap_or(since)))
}

/// A revoked key can get more frozen statements, by the same time. Whatever else is to change about a revocation is
/// decided by hand: what was frozen by another time would have to be looked through again.
fn ensure_not_revoked(
    key: &TrustedKey,
    since: Option<Instant>,
    arguments: &TrustRevokeArguments,
) -> Result<(), Problem> {
    match &key.revoked {
        None => Ok(()),
        Some(revoked)
            if !arguments.freeze.is_empty()
                && revoked.compromised_since.map(seconds) == since.map(seconds) =>
        {
            Ok(())
        }
        Some(revoked) => {
            let hint =
                "what else is to change about a revocation is decided by hand: look through `frozen` then";
            let problem = Problem::from(Unfit::Revoked { key: key_name(key), at: revoked.at });
            Err(Problem { hint: Some(hint.to_owned()), ..problem })
        }
    }
}
