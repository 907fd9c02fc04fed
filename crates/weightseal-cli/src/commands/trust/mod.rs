//! `weightseal trust`: make, change and look after a trust store (docs/spec/trust.md).

mod add;
mod check;
mod explain;
mod freeze;
mod import;
mod init;
mod list;
mod many;
mod retire;
mod revoke;
mod state;

use weightseal::time::{Instant, parse_expiry};
use weightseal::trust::{Pattern, TrustStore};

use crate::args_trust::{StateCommand, TrustCommand};
use crate::output::Output;
use crate::problem::Problem;
use crate::store::overlap;

pub use add::{AddedKeys, add_keys};
pub use list::to_json as store_json;

pub(crate) fn run(command: &TrustCommand, output: &mut Output) -> Result<(), Problem> {
    match command {
        TrustCommand::Init(arguments) => init::run(arguments, output),
        TrustCommand::Add(arguments) => add::run(arguments, output),
        TrustCommand::List(arguments) => list::run(arguments, output),
        TrustCommand::Import(arguments) => import::run(arguments, output),
        TrustCommand::Retire(arguments) => retire::run(arguments, output),
        TrustCommand::Revoke(arguments) => revoke::run(arguments, output),
        TrustCommand::Check(arguments) => check::run(arguments, output),
        TrustCommand::Explain(arguments) => explain::run(arguments, output),
        TrustCommand::State(StateCommand::List(arguments)) => state::list(arguments, output),
        TrustCommand::State(StateCommand::Reset(arguments)) => state::reset(arguments, output),
    }
}

/// A time as typed: a date, a time, or a span from now.
pub(super) fn parse_time(argument: &str, text: &str, now: Instant) -> Result<Instant, Problem> {
    let hint = "a date (2027-01-31), a time (2027-01-31T12:00:00Z), or a span from now (90d)";
    let time = parse_expiry(text, now);
    time.map(|time| time.instant()).ok_or_else(|| {
        let text = weightseal::text::Escaped(text);
        Problem::usage(format!("{argument} `{text}` is not a time"), Some(hint))
    })
}

/// Warnings about a signer's rule: other rules for some of the same models, which do not name the signer.
fn in_the_way(store: &TrustStore, signer: &str, models: &[String]) -> Vec<String> {
    let Some(position) = store.signers().iter().position(|entry| entry.name == signer) else {
        return Vec::new();
    };
    let patterns: Vec<Pattern> = models.iter().filter_map(|pattern| pattern.parse().ok()).collect();
    let mut warnings = Vec::new();
    for rule in store.rules() {
        let admitted = rule.signers.as_ref().or(rule.threshold.as_ref().map(|threshold| &threshold.of));
        if admitted.is_none_or(|admitted| admitted.contains(&position)) {
            continue;
        }
        let clash = rule
            .models
            .iter()
            .find_map(|there| patterns.iter().find(|here| overlap(here, there)).map(|here| (here, there)));
        if let Some((here, there)) = clash {
            warnings.push(format!(
                "models that match `{}` as well as `{}` stay refused: the rule for the latter does not name `{}`",
                weightseal::text::Escaped(here.as_str()),
                weightseal::text::Escaped(there.as_str()),
                weightseal::text::Escaped(signer),
            ));
        }
    }
    warnings
}
