//! `weightseal trust add`: trust a key, a certificate or an identity as that of a signer.

use std::path::Path;

use serde_json::json;
use weightseal::file::{Links, read_bounded};
use weightseal::key::load_public;
use weightseal::text::{Escaped, EscapedPath};
use weightseal::time::Instant;
use weightseal::trust::{
    CertificateError, TrustStore, TrustedRoot, certificates_from_pem, certificates_to_pem,
};

use super::{in_the_way, parse_time};
use crate::args_trust::TrustAddArguments;
use crate::output::Output;
use crate::problem::Problem;
use crate::store::{NewKey, NewMeans, RuleEdit, StoreEdit, edited, key_json, key_of};

/// Largest file of certificates and largest trusted root that are read: hundreds of times an honest one.
const MAX_FILE: u64 = 4 * 1024 * 1024;

pub(crate) fn run(arguments: &TrustAddArguments, output: &mut Output) -> Result<(), Problem> {
    let now = Instant::now();
    let keys = keys(arguments, now)?;
    let added = add_keys(&arguments.store.trust, &arguments.signer, &keys, &arguments.models)?;
    report(arguments, &added, keys.len(), now, output);
    Ok(())
}

/// Trusts keys as those of a signer, and lets the signer sign these models, if there are any: changes the store at `path`.
///
/// # Errors
/// The store cannot be changed, or would not be sound; it is as it was then.
pub fn add_keys(path: &Path, signer: &str, keys: &[NewKey], models: &[String]) -> Result<AddedKeys, Problem> {
    let mut edit = StoreEdit::begin(path)?;
    for key in keys {
        ensure_new(&edit.store, key)?;
        edit.text.add_key(signer, key)?;
    }
    let rule = match models {
        [] => None,
        models => Some(edit.text.allow(models, signer)?),
    };
    let store = edit.commit()?;
    let warnings = in_the_way(&store, signer, models);
    let position = store.signers().iter().position(|entry| entry.name == *signer);
    let named = store.rules().iter().any(|rule| {
        let admitted = rule.signers.iter().chain(rule.threshold.as_ref().map(|threshold| &threshold.of));
        admitted.flatten().any(|named| Some(*named) == position)
    });
    let note = || format!("no rule names `{}`: what it signs is refused (--models)", Escaped(signer));
    Ok(AddedKeys { store, rule, warnings, note: (!named).then(note) })
}

/// A store to which keys were added.
#[derive(Debug)]
pub struct AddedKeys {
    /// The store as it is now.
    pub store: TrustStore,
    /// What stands in the way of the signer.
    pub warnings: Vec<String>,
    /// What a person may have forgotten.
    pub note: Option<String>,
    rule: Option<RuleEdit>,
}

#[expect(
    clippy::indexing_slicing,
    reason = "fields of JSON objects that are made here, and places in the store at hand"
)]
fn report(
    arguments: &TrustAddArguments,
    AddedKeys { store, rule, warnings, note }: &AddedKeys,
    count: usize,
    now: Instant,
    output: &mut Output,
) {
    let (path, name) = (&arguments.store.trust, &arguments.signer);
    let position = store.signers().iter().position(|signer| signer.name == *name);
    let Some(signer) = position.and_then(|at| store.signers().get(at)) else { return };
    // New ones stand at the end.
    let added = signer.keys.get(signer.keys.len().saturating_sub(count)..).unwrap_or_default();
    for key in added {
        let place = format!("{}, serial {}", EscapedPath(path), store.serial());
        output.text(&format!("added: {}  -> {place}\n", key_of(name, key)));
    }
    let models: Vec<String> = arguments.models.iter().map(|it| format!("`{}`", Escaped(it))).collect();
    let models = models.join(", ");
    match rule {
        Some(RuleEdit::Added) => output.text(&format!("rule:  {} may sign {models}\n", Escaped(name))),
        Some(RuleEdit::Extended) => {
            output.text(&format!("rule:  {} may sign {models} as well\n", Escaped(name)));
        }
        Some(RuleEdit::Unchanged) => {
            output.text(&format!("rule:  {} may sign {models} already\n", Escaped(name)))
        }
        None => {}
    }
    for warning in warnings {
        output.warning(warning);
    }
    if let Some(note) = note {
        output.note(note);
    }
    output.json_of(|| {
        let mut value = edited("add", path, store);
        value["keys"] = added.iter().map(|key| key_json(name, key, now)).collect();
        value["models"] = json!(arguments.models);
        value["warnings"] = json!(warnings);
        value
    });
}

/// What is to be trusted.
fn keys(arguments: &TrustAddArguments, now: Instant) -> Result<Vec<NewKey>, Problem> {
    let time = |argument, text: &Option<String>| {
        text.as_deref().map(|text| parse_time(argument, text, now)).transpose()
    };
    let signs_from = time("--signs-from", &arguments.signs_from)?;
    let signs_until = time("--signs-until", &arguments.signs_until)?;
    let trusted_until = time("--trusted-until", &arguments.trusted_until)?;
    if let (Some(from), Some(until)) = (signs_from, signs_until)
        && from >= until
    {
        return Err(Problem::usage("--signs-until is not later than --signs-from", None));
    }
    let mut means: Vec<NewMeans> = Vec::new();
    for path in &arguments.key {
        means.push(NewMeans::Key(load_public(path)?));
    }
    means.extend(identity(arguments)?);
    if means.len() > 1 && arguments.key_version.is_some() {
        return Err(Problem::usage(
            "--key-version is the version of one key, and several were given",
            Some("add them one by one"),
        ));
    }
    let trusted_root = arguments.trusted_root.as_deref().map(trusted_root).transpose()?;
    let key = |means| NewKey {
        means,
        trusted_root: trusted_root.clone(),
        version: arguments.key_version,
        signs_from,
        signs_until,
        trusted_until,
    };
    Ok(means.into_iter().map(key).collect())
}

/// A certificate or an identity, if that is what was given.
fn identity(arguments: &TrustAddArguments) -> Result<Option<NewMeans>, Problem> {
    let Some(identity) = arguments.certificate_identity.clone() else {
        return match arguments.key.is_empty() {
            true => Err(Problem::usage(
                "nothing says how this signer is recognised",
                Some("give --key, or --certificate-identity with --ca-root or --certificate-oidc-issuer"),
            )),
            false => Ok(None),
        };
    };
    match (&arguments.ca_root, &arguments.certificate_oidc_issuer) {
        (Some(root), _) => {
            let intermediates = arguments.intermediate.as_deref().map(certificates).transpose()?;
            Ok(Some(NewMeans::Certificate { ca_root: certificates(root)?, intermediates, identity }))
        }
        (None, Some(issuer)) => Ok(Some(NewMeans::Sigstore { identity, issuer: issuer.clone() })),
        (None, None) => Err(Problem::usage(
            "--certificate-identity says who, but nothing says how that is known",
            Some(
                "name the root that you trust with --ca-root, or the provider with --certificate-oidc-issuer",
            ),
        )),
    }
}

/// The certificates in a file, without whatever else stands there.
fn certificates(path: &Path) -> Result<String, Problem> {
    let bytes = read(path)?;
    let of_file = |error: CertificateError| Problem::of_file(path, &error, error.code(), error.hint());
    Ok(certificates_to_pem(&certificates_from_pem(&bytes).map_err(of_file)?))
}

/// A trusted root as it stands in the file.
fn trusted_root(path: &Path) -> Result<String, Problem> {
    let bytes = read(path)?;
    TrustedRoot::from_json(&bytes)
        .map_err(|error| Problem::of_file(path, &error, error.code(), error.hint().map(str::to_owned)))?;
    // JSON is UTF-8.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    Ok(read_bounded(path, Links::Follow, MAX_FILE)?.0)
}

/// A key belongs to one signer, once.
#[expect(
    clippy::indexing_slicing,
    reason = "fields of JSON objects that are made here, and places in the store at hand"
)]
fn ensure_new(store: &TrustStore, key: &NewKey) -> Result<(), Problem> {
    let NewMeans::Key(public) = &key.means else { return Ok(()) };
    let Some(place) = store.find(&public.id()) else { return Ok(()) };
    let there = key_of(&store.signers()[place.signer].name, store.key(place));
    Err(Problem {
        code: "already-in-trust-store",
        ..Problem::usage(
            format!("this key is in the trust store already: it is {there}"),
            Some("one key belongs to one signer: otherwise nobody could say who signed"),
        )
    })
}
