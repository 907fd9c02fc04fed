//! Explaining: who has signed and what the store's rules say, without a look at the files.

use super::facts::Facts;
use super::outcome::{Failure, Inconclusive};
use super::policy::{Policy, Target};
use super::reason::Reason;
use super::run::{Mode, Run};

/// What verification would decide about a signature. It says nothing about the files, and is no outcome.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What is known. No file was looked at.
    pub facts: Facts,
    /// What speaks against the signature, the most specific first.
    pub reasons: Vec<Reason>,
    /// What would, had a rule not said to warn only.
    pub tolerated: Vec<Reason>,
}

/// Finds the signature of a model and judges it as [`super::verify`] would, but looks at no file of the model and writes nothing.
///
/// # Errors
/// [`Failure::Inconclusive`] when it could not be carried out.
pub fn explain(target: &Target, policy: &Policy) -> Result<Explanation, Failure> {
    let mut run = Run::new(target, policy, &(), Mode::Judge);
    match run.carry_out() {
        Ok(_) => {
            let Run { facts, mut reasons, mut tolerated, .. } = run;
            reasons.sort_by_key(Reason::rank);
            tolerated.sort_by_key(Reason::rank);
            Ok(Explanation { facts, reasons, tolerated })
        }
        Err(trouble) => Err(Box::new(Inconclusive { trouble, facts: run.facts }).into()),
    }
}
