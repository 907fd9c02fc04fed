//! `weightseal trust explain`: rule by rule, why a model is accepted or not. No file of the model is looked at.

use std::sync::Arc;

use weightseal::time::Instant;
use weightseal::trust::Requirements;
use weightseal::verify::{Failure, MissingState, Policy, StateFile, Target, explain};

use crate::Status;
use crate::args_trust::TrustExplainArguments;
use crate::explain::{json, text, verdict};
use crate::output::Output;
use crate::problem::Problem;

pub(crate) fn run(arguments: &TrustExplainArguments, output: &mut Output) -> Result<(), Problem> {
    let store = Arc::new(crate::store::read(&arguments.store.trust)?);
    let now = arguments.at.unwrap_or_else(Instant::now);
    let state = arguments.state.clone().map(|path| StateFile { path, missing: MissingState::Refuse });
    let policy = Policy { state, ..Policy::of_store(store.clone(), Requirements::default(), now) };
    let target = Target {
        path: arguments.file.clone(),
        signature: arguments.signature.clone(),
        name: arguments.name.clone(),
        base: arguments.base.clone(),
        ..Target::default()
    };
    let explanation = explain(&target, &policy).map_err(|failure| match failure {
        Failure::Inconclusive(inconclusive) => Problem::from(&*inconclusive),
        // What speaks against a signature is part of the explanation.
        Failure::Rejected(rejected) => Problem {
            status: Status::Rejected,
            code: rejected.headline().code(),
            ..Problem::usage(rejected.to_string(), rejected.headline().hint().as_deref())
        },
    })?;
    output.text(&text(&explanation, &store));
    output.json_of(|| json(&explanation, &store));
    // Whoever only looks at the exit status must not take a rejection for the contrary.
    match explanation.reasons.first() {
        Some(reason) if verdict(&explanation) == "rejected" => {
            Err(Problem::reported(Status::Rejected, reason.code()))
        }
        _ => Ok(()),
    }
}
