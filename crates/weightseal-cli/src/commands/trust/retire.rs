//! `weightseal trust retire`: a key signs no more, and what it has signed stays accepted.

use weightseal::text::EscapedPath;
use weightseal::time::Instant;

use super::freeze::{self, Frozen};
use super::parse_time;
use crate::args_trust::TrustRetireArguments;
use crate::output::Output;
use crate::problem::Problem;
use crate::store::{
    StoreEdit, Unfit, edited, key_json, key_name, key_of, same_key, seconds, select, up_to_seconds,
};

#[expect(
    clippy::indexing_slicing,
    reason = "fields of JSON objects that are made here, and places in the store at hand"
)]
pub(crate) fn run(arguments: &TrustRetireArguments, output: &mut Output) -> Result<(), Problem> {
    let path = &arguments.store.trust;
    let now = Instant::now();
    let at = arguments.at.as_deref().map(|text| parse_time("--at", text, now)).transpose()?;
    let before = crate::store::read(path)?;
    let place = select(&before, &arguments.key)?;
    let key = before.key(place).clone();
    end_of(&key, at, now, arguments)?;
    let frozen = match &arguments.freeze[..] {
        [] => None,
        paths => Some(freeze::collect(paths, &key, None, now, arguments.hashing.engine(), output)?),
    };

    // Only now: models can be large, and others may want to change the store meanwhile.
    let mut edit = StoreEdit::begin(path)?;
    let place = select(&edit.store, &arguments.key)?;
    if !same_key(edit.store.key(place), &key) {
        return Err(freeze::changed(path));
    }
    let end = end_of(edit.store.key(place), at, now, arguments)?;
    let new = frozen.as_ref().map(|frozen| frozen.new_in(edit.store.key(place))).unwrap_or_default();
    let mut text = edit.text.key(place.signer, place.key)?;
    if let Some(end) = end {
        text.set_signs_until(end)?;
    }
    text.freeze(&new)?;
    // Nothing to be changed: a store with a higher serial would only have to be distributed for nothing.
    let store = match end.is_none() && new.is_empty() {
        true => before,
        false => edit.commit()?,
    };

    let (signer, key) = (&store.signers()[place.signer].name, store.key(place));
    let until = key.signs_until.map(seconds).unwrap_or_default();
    let place = format!("{}, serial {}", EscapedPath(path), store.serial());
    let what = format!("{} signs until {until}  -> {place}", key_of(signer, key));
    output.text(&format!("retired: {what}\n"));
    if let Some(frozen) = &frozen {
        frozen.report(new.len(), output);
    }
    output.json_of(|| {
        let mut value = edited("retire", path, &store);
        value["key"] = key_json(signer, key, now);
        if let Some(frozen) = &frozen {
            frozen.put_into(&new, &mut value);
        }
        value
    });
    frozen.as_ref().map_or(Ok(()), Frozen::end)
}

/// When the key is to end; `None` if it has ended, and only statements are to be frozen.
fn end_of(
    key: &weightseal::trust::TrustedKey,
    at: Option<Instant>,
    now: Instant,
    arguments: &TrustRetireArguments,
) -> Result<Option<Instant>, Problem> {
    if let Some(revoked) = &key.revoked {
        return Err(Unfit::Revoked { key: key_name(key), at: revoked.at }.into());
    }
    // In whole seconds, as in the store: what was signed in the second before has to stay valid.
    let end = up_to_seconds(at.unwrap_or(now));
    match key.signs_until {
        Some(until) if until <= end && at.is_none() && !arguments.freeze.is_empty() => Ok(None),
        Some(until) if until <= end => Err(Unfit::Retired { key: key_name(key), until }.into()),
        _ => Ok(Some(end)),
    }
}
