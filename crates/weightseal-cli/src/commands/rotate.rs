//! `weightseal key rotate`: a new key beside the old one in the trust store, and the end of the old one.

use serde_json::json;
use weightseal::file::remove_quietly;
use weightseal::key::{Algorithm, KeyId, KeyPairFiles, KeySpec, PrivateKey, PrivateKeyFile, PublicKey};
use weightseal::text::{Escaped, EscapedPath};
use weightseal::time::Instant;
use weightseal::trust::{KeyPlace, Signer, TrustStore};

use crate::args_trust::RotateArguments;
use crate::commands::keygen::{Protected, describe, free_pair};
use crate::output::Output;
use crate::problem::Problem;
use crate::store::{
    CommitError, KeyState, NewKey, SelectError, StoreEdit, Unfit, edited, key_json, key_name, key_of,
    seconds, up_to_seconds,
};
use crate::{interrupt, passphrase};

/// What was written.
struct Rotated {
    store: TrustStore,
    old: KeyPlace,
    new: KeyPlace,
    /// Files that the store names, which have to be distributed with it.
    files: Vec<String>,
}

pub(crate) fn run(arguments: &RotateArguments, output: &mut Output) -> Result<(), Problem> {
    let now = Instant::now();
    let end = arguments.overlap.after(now).map(up_to_seconds).ok_or_else(|| {
        Problem::usage(format!("--overlap {} reaches beyond the calendar", arguments.overlap), None)
    })?;
    let files = free_pair(&arguments.output)?;
    let path = &arguments.store.trust;
    let store = crate::store::read(path)?;
    let old = PrivateKeyFile::read(&arguments.key)?;
    let old = passphrase::unlock_file(old, &arguments.key, &arguments.passphrase, output)?;
    // Asked before a passphrase is typed for nothing, and once more when the store cannot change any more.
    find_old(&store, arguments, old.public().id(), now)?;
    let new_passphrase = match arguments.no_passphrase {
        true => None,
        false => Some(passphrase::for_changed_key(arguments.new_passphrase_file.as_ref(), &files.private)?),
    };
    let new = PrivateKey::generate(arguments.algorithm.unwrap_or_else(|| kind_of(old.public())))?;
    interrupt::check()?;

    let edit = StoreEdit::begin(path)?;
    let old_place = find_old(&edit.store, arguments, old.public().id(), now)?;
    let mut edit = with_new_key(edit, old_place, new.public(), now, end)?;
    let named = edit.text.named_files()?;
    files.write(&new, new_passphrase.as_ref())?;
    let store = edit.commit().map_err(|error| {
        // Both or neither: a pair that nobody trusts would only be in the way of the next attempt.
        if let CommitError::Untouched(_) = error {
            remove_quietly(&files.private);
            remove_quietly(&files.public);
        }
        Problem::from(error)
    })?;
    let new_place = store.find(&new.public().id()).unwrap_or(old_place);
    let rotated = Rotated { store, old: old_place, new: new_place, files: named };
    report(arguments, &files, (&new, Protected::by(new_passphrase.as_ref())), &rotated, now, output);
    Ok(())
}

/// The old key in the store, if it is one that still signs.
fn find_old(
    store: &TrustStore,
    arguments: &RotateArguments,
    id: KeyId,
    now: Instant,
) -> Result<KeyPlace, Problem> {
    let Some(place) = store.find(&id) else {
        let (named, id) = (arguments.key.clone(), id.to_string());
        return Err(SelectError::NotThere { named, id }.into());
    };
    let key = store.key(place);
    let shown = key_name(key);
    let unfit = match (KeyState::of(key, now), &key.revoked, key.trusted_until, key.signs_until) {
        (_, Some(revoked), ..) => Unfit::Revoked { key: shown, at: revoked.at },
        (KeyState::Ended, None, Some(until), _) => Unfit::Ended { key: shown, until },
        (KeyState::Retired, None, _, Some(until)) => Unfit::Retired { key: shown, until },
        _ => return Ok(place),
    };
    Err(unfit.into())
}

/// Puts the new key beside the old one, and an end to that.
#[expect(
    clippy::indexing_slicing,
    reason = "fields of JSON objects that are made here, and places in the store at hand"
)]
fn with_new_key(
    mut edit: StoreEdit,
    old: KeyPlace,
    new: &PublicKey,
    now: Instant,
    end: Instant,
) -> Result<StoreEdit, Problem> {
    let Signer { name, keys } = &edit.store.signers()[old.signer];
    let highest = keys.iter().filter_map(|key| key.version).max();
    let mut text = edit.text.key(old.signer, old.key)?;
    if highest.is_none() {
        text.set_version(1)?;
    }
    // An earlier end stays.
    let end = keys[old.key].signs_until.map_or(end, |until| until.min(end));
    text.set_signs_until(end)?;
    let version = highest.unwrap_or(1).saturating_add(1);
    let key = NewKey { signs_from: Some(now), ..NewKey::bare(new.clone(), Some(version)) };
    edit.text.add_key(name, &key)?;
    Ok(edit)
}

/// A key of the same kind as this one.
fn kind_of(key: &PublicKey) -> KeySpec {
    match (key.algorithm(), key.bits()) {
        (Algorithm::Rsa, 2048) => KeySpec::Rsa2048,
        (Algorithm::Rsa, 3072) => KeySpec::Rsa3072,
        (Algorithm::Rsa, _) => KeySpec::Rsa4096,
        (Algorithm::EcdsaP256, _) => KeySpec::EcdsaP256,
        (Algorithm::EcdsaP384, _) => KeySpec::EcdsaP384,
        (Algorithm::EcdsaP521, _) => KeySpec::EcdsaP521,
        (Algorithm::Ed25519, _) => KeySpec::Ed25519,
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "fields of JSON objects that are made here, and places in the store at hand"
)]
fn report(
    arguments: &RotateArguments,
    files: &KeyPairFiles,
    (new, protected): (&PrivateKey, Protected),
    rotated: &Rotated,
    now: Instant,
    output: &mut Output,
) {
    let Rotated { store, old, new: new_place, files: named } = rotated;
    let signer = &store.signers()[old.signer].name;
    let (old_key, new_key) = (store.key(*old), store.key(*new_place));
    let path = &arguments.store.trust;
    output.text(&describe(files, new.public(), protected));
    let end = old_key.signs_until.map(seconds).unwrap_or_default();
    let version = new_key.version.unwrap_or_default();
    output.text(&format!(
        "trust store: {}  serial {}: {} signs from {}, {} until {end}\n",
        EscapedPath(path),
        store.serial(),
        key_of(signer, new_key),
        new_key.signs_from.map(seconds).unwrap_or_default(),
        key_name(old_key),
    ));
    let with = match named.is_empty() {
        true => String::new(),
        false => {
            let named: Vec<String> = named.iter().map(|file| Escaped(file).to_string()).collect();
            format!(" (and the files that it names: {})", named.join(", "))
        }
    };
    output.text(&format!(
        "\nNext:\n  \
         1. Give {store_file}{with} to everybody who verifies, before anything is signed with the new key.\n  \
         2. Then sign with it: --key {new_file} --key-version {version}. Its public key for others is in {public}.\n  \
         3. The old key may sign until {end}. After that, destroy {old_file}: what it has signed stays accepted.\n  \
         4. Where an old signature should not depend on the old key any more: weightseal renew, with the new one.\n",
        store_file = EscapedPath(path),
        new_file = EscapedPath(&files.private),
        public = EscapedPath(&files.public),
        old_file = EscapedPath(&arguments.key),
    ));
    output.json_of(|| {
        let mut value = edited("rotate", path, store);
        value["signer"] = json!(signer);
        value["old"] = key_json(signer, old_key, now);
        value["new"] = key_json(signer, new_key, now);
        value["private_key"] = json!(files.private.to_string_lossy());
        value["public_key"] = json!(files.public.to_string_lossy());
        value["encrypted"] = json!(protected == Protected::ByPassphrase);
        value["named_files"] = json!(named);
        value
    });
}
