//! `weightseal trust import`: manifests without envelope are verified once, and listed as accepted
//! (docs/spec/trust.md, section 6).

use std::collections::BTreeSet;

use serde_json::json;
use weightseal::text::{Escaped, EscapedPath};
use weightseal::time::Instant;
use weightseal::trust::{KeyRing, Means, Requirements, TrustStore, Unauthenticated, Unenveloped};
use weightseal::verify::{Facts, FileStatus, Policy};

use super::freeze::count;
use super::many::{Refused, has_envelope, judge, places};
use crate::args_trust::TrustImportArguments;
use crate::interrupt;
use crate::output::Output;
use crate::problem::Problem;
use crate::store::{StoreEdit, edited};

#[expect(clippy::indexing_slicing, reason = "fields of JSON objects that are made here")]
pub(crate) fn run(arguments: &TrustImportArguments, output: &mut Output) -> Result<(), Problem> {
    let path = &arguments.store.trust;
    let before = crate::store::read(path)?;
    let requirements = Requirements { unauthenticated: Unauthenticated::Accept, ..Requirements::default() };
    let policy = Policy::of_keys(KeyRing::new(usable(&before)), requirements, Instant::now());
    if policy.keys.is_empty() {
        return Err(Problem {
            code: "not-in-trust-store",
            ..Problem::usage(
                "the trust store has no public key that is not revoked",
                Some("add the key of these manifests first, with `weightseal trust add`"),
            )
        });
    }
    let mut found: BTreeSet<Unenveloped> = BTreeSet::new();
    let mut with_envelope = 0_usize;
    let mut refused = Refused::default();
    for place in places(&arguments.paths)? {
        interrupt::check()?;
        if has_envelope(&place) {
            with_envelope += 1;
            continue;
        }
        match judge(&place, &policy, arguments.hashing.engine(), output) {
            // The file could have been replaced by one with an envelope, which is not what is listed here.
            Ok(outcome) if outcome.facts().authenticated == Some(false) => {
                found.extend(entries(outcome.facts()))
            }
            Ok(_) => with_envelope += 1,
            Err(failure) => refused.add(&place.signature, &failure, output)?,
        }
    }

    // Only now: models can be large, and others may want to change the store meanwhile.
    let mut edit = StoreEdit::begin(path)?;
    let still: BTreeSet<_> = usable(&edit.store).iter().map(weightseal::key::PublicKey::id).collect();
    let new: Vec<Unenveloped> = found
        .iter()
        .filter(|entry| still.contains(&entry.key) && !edit.store.lists(entry))
        .cloned()
        .collect();
    let known = found.iter().filter(|entry| edit.store.lists(entry)).count();
    edit.text.list(&new)?;
    let store = if new.is_empty() { edit.store } else { edit.commit()? };

    for warning in same_bytes(&new, &store) {
        output.warning(&warning);
    }
    for entry in &new {
        output.text(&format!("  {}  {}  key {}\n", entry.sha256, Escaped(&entry.model), entry.key.short()));
    }
    let mut parts = vec![count(new.len(), "file")];
    parts.extend((known > 0).then(|| format!("{known} listed before")));
    parts.extend((with_envelope > 0).then(|| format!("{with_envelope} with envelope left alone")));
    parts.extend((refused.rejected() > 0).then(|| format!("{} rejected", refused.rejected())));
    parts.extend(
        (refused.not_carried_out() > 0).then(|| format!("{} not looked at", refused.not_carried_out())),
    );
    let place = format!("{}, serial {}", EscapedPath(path), store.serial());
    output.text(&format!("imported: {}  -> {place}\n", parts.join(", ")));
    output.json_of(|| {
        let mut value = edited("import", path, &store);
        value["imported"] = new.iter().map(|entry| {
            json!({ "model": entry.model, "sha256": entry.sha256.to_string(), "key": entry.key.to_string() })
        }).collect();
        value["known"] = json!(known);
        value["with_envelope"] = json!(with_envelope);
        refused.put_into(&mut value);
        value
    });
    refused.end()
}

/// The public keys that are not revoked: whoever has a stolen key could make such a manifest today.
fn usable(store: &TrustStore) -> Vec<weightseal::key::PublicKey> {
    let keys = store.keys().filter(|(_, key)| key.revoked.is_none());
    let public = keys.filter_map(|(_, key)| match &key.means {
        Means::Key(key) => Some(key.clone()),
        Means::Certificate(_) | Means::Sigstore(_) => None,
    });
    public.collect()
}

/// What is to be listed: every file of the manifest.
fn entries(facts: &Facts) -> Vec<Unenveloped> {
    let Some(key) = &facts.key else { return Vec::new() };
    let files = facts.files.iter().filter(|file| file.status == FileStatus::Unchanged);
    let entry = |file: &weightseal::verify::FileFact| {
        let sha256 = file.expected.as_ref()?.to_sha256()?;
        Some(Unenveloped { model: file.name.to_string(), sha256, key: key.id })
    };
    files.filter_map(entry).collect()
}

/// The same bytes under several names: nobody has signed which of them is right.
fn same_bytes(new: &[Unenveloped], store: &TrustStore) -> Vec<String> {
    let other = |entry: &Unenveloped| {
        let listed = store.unauthenticated().iter();
        listed
            .filter(|it| it.sha256 == entry.sha256 && it.model != entry.model)
            .map(|it| it.model.clone())
            .min()
    };
    let warning = |entry: &Unenveloped| {
        let other = other(entry)?;
        Some(format!(
            "`{}` has the very bytes of `{}`, which is listed as well: nobody has signed these names, so take out the wrong one",
            Escaped(&entry.model),
            Escaped(&other)
        ))
    };
    new.iter().filter_map(warning).collect()
}
