//! `weightseal trust explain`: rule by rule, why a model is accepted or not.

use std::sync::Arc;

use weightseal::format::Limits;
use weightseal::time::Instant;
use weightseal::trust::{Requirements, Unauthenticated};
use weightseal::verify::{Failure, MissingState, Policy, StateFile, Target};

use crate::Status;
use crate::args_trust::TrustExplainArguments;
use crate::explain::{json, text, verdict};
use crate::output::Output;
use crate::problem::Problem;

pub(crate) fn run(arguments: &TrustExplainArguments, output: &mut Output) -> Result<(), Problem> {
    let store = Arc::new(crate::store::read(&arguments.store.trust)?);
    // Whether a manifest without envelope will do, the store says.
    let requirements = Requirements { unauthenticated: Unauthenticated::Accept, ..Requirements::default() };
    let now = arguments.at.unwrap_or_else(Instant::now);
    let missing = MissingState::Refuse;
    let state = arguments.state.clone().map(|path| StateFile { path, missing });
    let policy = Policy { state, ..Policy::of_store(Arc::clone(&store), requirements, now) };
    let target = Target {
        path: arguments.file.clone(),
        signature: arguments.signature.clone(),
        name: arguments.name.clone(),
        base: arguments.base.clone(),
        limits: Limits::default(),
        ..Target::default()
    };
    let explanation = match weightseal::verify::explain(&target, &policy) {
        Ok(explanation) => explanation,
        Err(Failure::Inconclusive(inconclusive)) => return Err(Problem::from(&*inconclusive)),
        // An explanation rejects nothing by itself.
        Err(Failure::Rejected(rejected)) => {
            return Err(Problem::usage(rejected.to_string(), None));
        }
    };
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
