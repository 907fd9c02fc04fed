//! `weightseal countersign`: sign what another signer has signed, beside their signature.

use serde_json::json;
use weightseal::countersign::{CountersignError, Countersigned, FirstSigner, countersign};
use weightseal::format::Limits;
use weightseal::sign::{CompatSignature, Options};
use weightseal::text::{Escaped, EscapedPath};
use weightseal::time::Timestamp;
use weightseal::trust::Requirements;
use weightseal::verify::Target;

use super::sign::{expiry, signing_time};
use super::verify::all_details;
use crate::Status;
use crate::args::{TrustArguments, parse_annotations};
use crate::args_renew::CountersignArguments;
use crate::output::Output;
use crate::passphrase;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::result::{notes, warnings, with_causes};

pub(crate) fn run(arguments: &CountersignArguments, output: &mut Output) -> Result<(), Problem> {
    let options = options(arguments)?;
    let folder = arguments.folder.for_verifying();
    let policy = match is_judged(arguments) {
        false => None,
        true => {
            let trust = TrustArguments {
                key: arguments.verify_with.clone(),
                store: arguments.store.clone(),
                ..TrustArguments::default()
            };
            Some(crate::trust::policy(&trust, &folder, Requirements::default())?)
        }
    };
    let rules = crate::trust::folder_rules(&folder, Default::default())?;
    let first_signer = policy.as_ref().map_or(FirstSigner::Unjudged(&rules), FirstSigner::Judged);
    let target = Target {
        path: arguments.model.clone(),
        signature: arguments.signature.clone(),
        name: arguments.name.clone(),
        base: arguments.base.clone(),
        limits: arguments.folder.max_signature_size.map_or_else(Limits::default, Limits::for_size),
        engine: arguments.hashing.engine(),
        ..Target::default()
    };
    let key = passphrase::unlock(&arguments.key, &arguments.passphrase, output)?;
    let progress = Progress::new(output);
    let done = countersign(&target, arguments.output.as_deref(), first_signer, &key, &options, &progress);
    drop(progress);
    match done {
        Ok(done) => {
            report(&done, arguments, output);
            Ok(())
        }
        Err(error) => Err(problem(&error, output)),
    }
}

/// Whether the first signature is verified.
fn is_judged(arguments: &CountersignArguments) -> bool {
    arguments.store.is_some() || !arguments.verify_with.is_empty()
}

fn options(arguments: &CountersignArguments) -> Result<Options, Problem> {
    let now = signing_time()?;
    let annotations =
        parse_annotations(&arguments.annotations).map_err(|problem| Problem::usage(problem, None))?;
    Ok(Options {
        signer: arguments.signer.clone(),
        key_version: arguments.key_version,
        expires_at: arguments.expires.as_deref().map(|text| expiry(text, now)).transpose()?,
        annotations,
        pss_salt: arguments.pss_salt.into(),
        compat_signature: match arguments.no_compat_signature {
            true => CompatSignature::Omit,
            false => CompatSignature::Write,
        },
        ..Options::unnamed(Timestamp::from_instant(now))
    })
}

fn report(done: &Countersigned, arguments: &CountersignArguments, output: &mut Output) {
    let Countersigned { first, countersigns, signature, statement, facts, options, file, .. } = done;
    let key_id = file.claims().map(|claims| claims.key_id);
    let signer = options.signer.as_deref().map(|signer| format!(", as {}", Escaped(signer)));
    output.verdict(
        "countersigned",
        &format!(
            "{}{}  key {}{}  -> {}",
            EscapedPath(&arguments.model),
            options.model_version.map(|version| format!(", model version {version}")).unwrap_or_default(),
            key_id.map(|id| id.short()).unwrap_or_default(),
            signer.unwrap_or_default(),
            EscapedPath(signature)
        ),
    );
    let mut notes = notes(facts);
    if !is_judged(arguments) {
        notes.push(format!(
            "who signed `{}` was not judged: what is signed now is that these bytes are what it lists",
            EscapedPath(first)
        ));
    }
    notes.iter().for_each(|note| output.note(note));
    let mut warnings = warnings(facts);
    warnings.extend(done.same_signer.as_deref().map(|signer| {
        format!(
            "both signatures name `{}` as signer; where two signers are asked for, that is one",
            Escaped(signer)
        )
    }));
    warnings.iter().for_each(|warning| output.warning(warning));
    output.json(&json!({
        "schema": "weightseal.countersign/1",
        "model": arguments.model.to_string_lossy(),
        "signature": signature.to_string_lossy(),
        "first_signature": first.to_string_lossy(),
        "first_signature_verified": is_judged(arguments),
        "countersigns": countersigns.to_string(),
        "signer": options.signer,
        "signed_at": options.signed_at.as_str(),
        "model_version": options.model_version,
        "key_id": key_id.map(|id| id.to_string()),
        "statement_sha256": statement.to_string(),
        "notes": notes,
    }));
}

/// A rejection of the model is told as `verify` tells it.
fn problem(error: &CountersignError, output: &mut Output) -> Problem {
    let (code, hint) = (error.code(), error.hint());
    if code == "interrupted" {
        return Problem::interrupted();
    }
    let message = with_causes(error);
    let (word, details, status) = match error {
        CountersignError::Rejected(rejected) => ("rejected", all_details(rejected), Status::Rejected),
        _ => ("error", Vec::new(), Status::NotCarriedOut),
    };
    output.failure(word, &message, code, &details, hint.as_deref());
    output.json(&json!({ "schema": "weightseal.error/1", "code": code, "message": message, "hint": hint }));
    Problem::reported(status, code)
}
