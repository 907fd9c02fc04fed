//! `weightseal trust explain`: rule by rule, why a model is accepted or not.

use crate::args_trust::TrustExplainArguments;
use crate::output::Output;
use crate::problem::Problem;

pub(crate) fn run(_arguments: &TrustExplainArguments, _output: &mut Output) -> Result<(), Problem> {
    Err(Problem::usage("this is not there yet", None))
}
