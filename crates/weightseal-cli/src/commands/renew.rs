//! `weightseal renew`: sign what is signed already, in the place of its old signature; one model, or all below a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use weightseal::file::{FileError, exists, resolve};
use weightseal::format::Limits;
use weightseal::renew::{Changes, NewExpiry, RenewError, Renewed, renew};
use weightseal::sign::CompatSignature;
use weightseal::text::EscapedPath;
use weightseal::time::Timestamp;
use weightseal::trust::{Requirements, Unauthenticated};
use weightseal::verify::{Policy, SignedPlace, Target, find_signed};

use super::sign::{expiry, signing_time};
use super::verify::all_details;
use crate::args::{TrustArguments, parse_annotations};
use crate::args_renew::RenewArguments;
use crate::output::Output;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::result::{notes, warnings, with_causes};
use crate::{Status, interrupt, passphrase};

/// Something to be renewed, or why it was not found out what.
struct Work {
    model: PathBuf,
    signature: Option<PathBuf>,
    problem: Option<FileError>,
}

/// What became of the models.
#[derive(Default)]
struct Summary {
    renewed: usize,
    rejected: usize,
    not_carried_out: usize,
    models: Vec<Value>,
}

pub(crate) fn run(arguments: &RenewArguments, output: &mut Output) -> Result<(), Problem> {
    if let Some(missing) = arguments.models.iter().find(|model| !exists(model)) {
        return Err(FileError::NotFound { path: missing.clone() }.into());
    }
    let changes = changes(arguments)?;
    let policy = whom_to_trust(arguments)?;
    let limits = arguments.folder.max_signature_size.map_or_else(Limits::default, Limits::for_size);
    let all = all_work(&arguments.models, limits);
    let key = passphrase::unlock(&arguments.key, &arguments.passphrase, output)?;
    let mut summary = Summary::default();
    for (at, work) in all.iter().enumerate() {
        let result = match &work.problem {
            _ if interrupt::requested() => return Err(summary.interrupted(all.len() - at, output)),
            Some(problem) => Err(Told::of_file(problem)),
            None => {
                let target = Target {
                    path: work.model.clone(),
                    signature: work.signature.clone(),
                    limits,
                    engine: arguments.hashing.engine(),
                    ..Target::default()
                };
                let progress = Progress::new(output);
                let result = renew(&target, &policy, &key, &changes, &progress);
                drop(progress);
                result.map_err(|error| Told::of(&error))
            }
        };
        match result {
            Ok(renewed) => summary.take(&renewed, output),
            Err(told) if told.code == "interrupted" => {
                return Err(summary.interrupted(all.len() - at, output));
            }
            Err(told) => summary.fail(work, &told, output),
        }
    }
    summary.finish(output)
}

/// Who may have made the old signatures.
fn whom_to_trust(arguments: &RenewArguments) -> Result<Policy, Problem> {
    // Whoever says anew who signs takes nothing from an unsigned claim; and a store lists which of them were checked.
    let is_listed = arguments.store.is_some() && arguments.signer.is_some();
    let unauthenticated = match arguments.allow_unauthenticated || is_listed {
        true => Unauthenticated::Accept,
        false => Unauthenticated::Refuse,
    };
    let requirements = Requirements { unauthenticated, ..Requirements::default() };
    let trust = TrustArguments {
        key: arguments.verify_with.clone(),
        store: arguments.store.clone(),
        ..TrustArguments::default()
    };
    crate::trust::policy(&trust, &arguments.folder.for_verifying(), requirements)
}

fn changes(arguments: &RenewArguments) -> Result<Changes, Problem> {
    let now = signing_time()?;
    let annotations =
        parse_annotations(&arguments.annotations).map_err(|problem| Problem::usage(problem, None))?;
    Ok(Changes {
        signer: arguments.signer.clone(),
        key_version: arguments.key_version,
        model_version: arguments.model_version,
        expires_at: match arguments.expires.as_deref() {
            None => NewExpiry::AsBefore,
            Some("never") => NewExpiry::Never,
            Some(text) => NewExpiry::At(expiry(text, now)?),
        },
        annotations,
        pss_salt: arguments.pss_salt.into(),
        compat_signature: match arguments.no_compat_signature {
            true => CompatSignature::Omit,
            false => CompatSignature::Write,
        },
        ..Changes::at(Timestamp::from_instant(now))
    })
}

/// Everything that the arguments name, each signature once: the second time, it would be another one already.
fn all_work(models: &[PathBuf], limits: Limits) -> Vec<Work> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for model in models {
        let work = work_at(model, limits);
        all.extend(work.into_iter().filter(|work| {
            let place = work.signature.as_deref().unwrap_or(&work.model);
            seen.insert(resolve(place).unwrap_or_else(|_| place.to_owned()))
        }));
    }
    all
}

/// What has no signature, or two of them, verification refuses; it is left to that.
fn work_at(path: &Path, limits: Limits) -> Vec<Work> {
    let work = |model: PathBuf, signature| Work { model, signature, problem: None };
    let places = match find_signed(path, limits) {
        Ok(places) if places.is_empty() => return vec![work(path.to_owned(), None)],
        Ok(places) => places,
        Err(error) => {
            return vec![Work { problem: Some(error), ..work(path.to_owned(), None) }];
        }
    };
    let mut by_model: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for SignedPlace { signature, model } in places {
        by_model.entry(model).or_default().push(signature);
    }
    by_model
        .into_iter()
        .map(|(model, mut signatures)| {
            let only = signatures.pop().filter(|_| signatures.is_empty());
            work(model, only)
        })
        .collect()
}

/// A failure, as it is told.
struct Told {
    status: Status,
    code: &'static str,
    message: String,
    hint: Option<String>,
    details: Vec<String>,
}

impl Told {
    fn of(error: &RenewError) -> Self {
        let (status, details) = match error {
            RenewError::Rejected(rejected) => (Status::Rejected, all_details(rejected)),
            _ => (Status::NotCarriedOut, Vec::new()),
        };
        Self { status, code: error.code(), message: with_causes(error), hint: error.hint(), details }
    }

    fn of_file(error: &FileError) -> Self {
        let (code, message, hint) = (error.code(), with_causes(error), error.hint());
        Self { status: Status::NotCarriedOut, code, message, hint, details: Vec::new() }
    }

    fn verdict(&self) -> &'static str {
        match self.status {
            Status::Rejected => "rejected",
            _ => "not-carried-out",
        }
    }
}

impl Summary {
    fn take(&mut self, renewed: &Renewed, output: &Output) {
        self.renewed += 1;
        let Renewed { old, place, statement, renews, countersignatures, .. } = renewed;
        let model = EscapedPath(&place.model);
        let mut notes = notes(old);
        notes.extend(countersignatures.iter().map(|path| {
            format!(
                "`{}` countersigns the old signature, and stands beside nothing now; have it made again",
                EscapedPath(path)
            )
        }));
        notes.iter().for_each(|note| output.note(&format!("`{model}`: {note}")));
        let mut warnings = warnings(old);
        if old.authenticated == Some(false) {
            warnings.push(
                "the old manifest had no envelope: only the digest was signed; the name that stood beside it, and what you gave, are signed from now on"
                    .to_owned(),
            );
        }
        warnings.iter().for_each(|warning| output.warning(&format!("`{model}`: {warning}")));
        self.models.push(json!({
            "model": place.model.to_string_lossy(),
            "signature": place.signature.to_string_lossy(),
            "verdict": "renewed",
            "code": "renewed",
            "message": Value::Null,
            "hint": Value::Null,
            "statement_sha256": statement.to_string(),
            "renews": renews.map(|digest| digest.to_string()),
            "notes": ([notes, warnings].concat()),
        }));
    }

    fn fail(&mut self, work: &Work, told: &Told, output: &Output) {
        let (count, word) = match told.status {
            Status::Rejected => (&mut self.rejected, "rejected"),
            _ => (&mut self.not_carried_out, "error"),
        };
        *count += 1;
        let Told { code, message, hint, details, .. } = told;
        let shown = format!("`{}`: {message}", EscapedPath(&work.model));
        output.failure(word, &shown, code, details, hint.as_deref());
        self.models.push(json!({
            "model": work.model.to_string_lossy(),
            "signature": work.signature.as_ref().map(|path| path.to_string_lossy()),
            "verdict": told.verdict(),
            "code": code,
            "message": message,
            "hint": hint,
            "statement_sha256": Value::Null,
            "renews": Value::Null,
            "notes": [],
        }));
    }

    fn finish(self, output: &mut Output) -> Result<(), Problem> {
        self.print(output);
        match (self.rejected, self.not_carried_out) {
            (0, 0) => Ok(()),
            (0, _) => Err(Problem::reported(Status::NotCarriedOut, "not-renewed")),
            (_, _) => Err(Problem::reported(Status::Rejected, "not-renewed")),
        }
    }

    /// What was renewed stays so, and is said.
    fn interrupted(self, left: usize, output: &mut Output) -> Problem {
        let message = match left {
            1 => "interrupted; 1 model was left as it was".to_owned(),
            left => format!("interrupted; {left} models were left as they were"),
        };
        output.failure("error", &message, "interrupted", &[], None);
        self.print(output);
        Problem::reported(Status::Interrupted, "interrupted")
    }

    fn print(&self, output: &mut Output) {
        let Self { renewed, rejected, not_carried_out, models } = self;
        let unit = if *renewed == 1 { "model" } else { "models" };
        let text = format!("{renewed} {unit}, {rejected} rejected, {not_carried_out} not carried out");
        output.verdict("renewed", &text);
        output.json(&json!({
            "schema": "weightseal.renew/1",
            "models": models,
            "renewed": renewed,
            "rejected": rejected,
            "not_carried_out": not_carried_out,
        }));
    }
}
