//! Many models at once, for `trust import` and `--freeze`: each is verified, what is refused is said and counted.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use weightseal::file::resolve;
use weightseal::format::Limits;
use weightseal::hash::Engine;
use weightseal::inspect::{Inspection, inspect};
use weightseal::text::EscapedPath;
use weightseal::verify::{Failure, Outcome, Policy, SignedPlace, Target, find_signed, verify};

use crate::Status;
use crate::output::Output;
use crate::problem::Problem;
use crate::progress::Progress;

/// What came of the models that did not verify.
#[derive(Debug, Default)]
pub(super) struct Refused {
    rejected: Vec<Value>,
    not_carried_out: Vec<Value>,
}

impl Refused {
    /// The exit status: what could not be looked at weighs more than what was rejected.
    pub(super) fn end(&self) -> Result<(), Problem> {
        if !self.not_carried_out.is_empty() {
            Err(Problem::reported(Status::NotCarriedOut, "not-carried-out"))
        } else if !self.rejected.is_empty() {
            Err(Problem::reported(Status::Rejected, "rejected"))
        } else {
            Ok(())
        }
    }

    /// How many models were rejected.
    pub(super) fn rejected(&self) -> usize {
        self.rejected.len()
    }

    /// How many could not be looked at.
    pub(super) fn not_carried_out(&self) -> usize {
        self.not_carried_out.len()
    }

    /// Adds them to a result.
    pub(super) fn put_into(&self, value: &mut Value) {
        value["rejected"] = json!(self.rejected);
        value["not_carried_out"] = json!(self.not_carried_out);
    }

    /// Says and counts a model that is refused.
    pub(super) fn reject(
        &mut self,
        model: &Path,
        message: &str,
        code: &str,
        hint: Option<&str>,
        output: &Output,
    ) {
        let line = format!("`{}`: {message}", EscapedPath(model));
        // Advice that stood there already helps nobody.
        let hint = hint.filter(|_| self.rejected.iter().all(|entry| entry["code"] != code));
        output.failure("rejected", &line, code, &[], hint);
        self.rejected.push(entry(model, message, code));
    }

    /// Says and counts what a verification ended with, unless the user has ended it.
    pub(super) fn add(&mut self, model: &Path, failure: &Failure, output: &Output) -> Result<(), Problem> {
        match failure {
            Failure::Rejected(rejected) => {
                let reason = rejected.headline();
                self.reject(model, &reason.to_string(), reason.code(), reason.hint().as_deref(), output);
            }
            Failure::Inconclusive(inconclusive) => {
                let problem = Problem::from(&**inconclusive);
                if problem.status == Status::Interrupted {
                    return Err(problem);
                }
                let line = format!("`{}`: {}", EscapedPath(model), problem.message);
                output.failure("error", &line, problem.code, &[], problem.hint.as_deref());
                self.not_carried_out.push(entry(model, &problem.message, problem.code));
            }
        }
        Ok(())
    }
}

fn entry(model: &Path, message: &str, code: &str) -> Value {
    json!({ "path": model.to_string_lossy(), "code": code, "message": message })
}

/// Every signature at or below these paths, each once.
pub(super) fn places(paths: &[PathBuf]) -> Result<Vec<SignedPlace>, Problem> {
    let mut places = Vec::new();
    for path in paths {
        // A name that is mistyped is no folder without models.
        resolve(path)?;
        places.extend(find_signed(path, Limits::default())?);
    }
    places.sort();
    places.dedup();
    Ok(places)
}

/// Verifies one of them.
pub(super) fn judge(
    place: &SignedPlace,
    policy: &Policy,
    engine: Engine,
    output: &Output,
) -> Result<Outcome, Failure> {
    let target = Target { engine, ..place.target() };
    verify(&target, policy, &Progress::new(output))
}

/// Whether more than a digest is signed. What cannot be read is for the verification to say.
pub(super) fn has_envelope(place: &SignedPlace) -> bool {
    use weightseal::format::SignatureFile::{Bundle, Manifest, Oms};
    match inspect(&place.signature) {
        Ok(Inspection::Signature(file, _)) => match &file {
            Manifest(_) | Bundle(_) => file.signed().is_some(),
            Oms(_) => true,
        },
        _ => false,
    }
}
