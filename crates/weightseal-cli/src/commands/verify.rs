//! `weightseal verify`: verify a model before it is loaded. The JSON result is described in docs/spec/result.md.

use serde_json::json;
use weightseal::envelope::Container;
use weightseal::format::{ChunkListFault, Covered, Fault, Limits, bundle_name};
use weightseal::text::{Escaped, EscapedPath};
use weightseal::trust::{Requirements, Unauthenticated};
use weightseal::verify::{
    Coverage, Facts, Failure, FileFact, FileStatus, MethodFact, Outcome, Policy, RangeTarget, Reason,
    Rejected, Target, WholeDigest, verify,
};

use crate::Status;
use crate::args::{TrustArguments, VerifyArguments};
use crate::output::Output;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::result::{accepted, notes, reason_json, to_json, verdict, warnings};

/// How many reasons behind the headline are shown to a person.
const MOST_REASONS: usize = 20;

pub(crate) fn run(arguments: &VerifyArguments, output: &mut Output) -> Result<(), Problem> {
    let requirements = Requirements {
        signer: arguments.signer.clone(),
        least_model_version: arguments.model_version_at_least,
        max_age: arguments.max_age.clone(),
        unauthenticated: match arguments.require_authenticated {
            true => Unauthenticated::Refuse,
            false => Unauthenticated::Accept,
        },
    };
    let policy = match crate::trust::policy(&arguments.trust, &arguments.folder, requirements) {
        Ok(policy) => policy,
        Err(problem) => return Err(not_carried_out(problem, None, output)),
    };
    let TrustArguments { key, ca_root, intermediate, trusted_root, store, state, .. } = &arguments.trust;
    let mut trusted =
        key.iter().chain(ca_root).chain(intermediate).chain(trusted_root).chain(store).chain(state);
    if let Some(copy) = &arguments.copy_to
        && let Some(file) = trusted.find(|file| weightseal::file::is_same(copy, file))
    {
        let message = format!("a copy to `{}` would replace the key", EscapedPath(file));
        return Err(not_carried_out(
            Problem::usage(message, Some("name another place with --copy-to")),
            None,
            output,
        ));
    }
    let target = Target {
        path: arguments.file.clone(),
        signature: arguments.signature.clone(),
        name: arguments.name.clone(),
        base: arguments.base.clone(),
        copy_to: arguments.copy_to.clone(),
        only: arguments.folder.only.clone(),
        limits: arguments.folder.max_signature_size.map_or_else(Limits::default, Limits::for_size),
        whole: if arguments.whole { WholeDigest::Always } else { WholeDigest::IfNeeded },
        engine: arguments.hashing.engine(),
        range: arguments
            .range
            .clone()
            .map(|bytes| RangeTarget { bytes, chunk_list: arguments.chunk_list.clone() }),
    };
    carry_out(&target, &policy, output)
}

/// Verifies and prints what came of it.
pub(crate) fn carry_out(target: &Target, policy: &Policy, output: &mut Output) -> Result<(), Problem> {
    let progress = Progress::new(output);
    let result = verify(target, policy, &progress);
    drop(progress);
    match result {
        Ok(outcome) => {
            accept(&outcome, output);
            Ok(())
        }
        Err(Failure::Rejected(rejected)) => Err(reject(&rejected, output)),
        Err(Failure::Inconclusive(inconclusive)) => {
            Err(not_carried_out(Problem::from(&*inconclusive), Some(&inconclusive.facts), output))
        }
    }
}

fn accept(outcome: &Outcome, output: &mut Output) {
    let facts = outcome.facts();
    output.verdict(verdict(outcome), &summary(outcome));
    for note in &notes(facts) {
        output.note(note);
    }
    for warning in &warnings(facts) {
        output.warning(warning);
    }
    for reason in outcome.tolerated() {
        output.warning(&format!("tolerated, since the rule only warns: {reason} [{}]", reason.code()));
    }
    if facts.authenticated == Some(false) && facts.trust.is_none() {
        let what = match facts.container {
            Some(Container::Bundle) => {
                "the bundle has no envelope: each file is signed by itself, but the set is not, and names, signer and time are only claimed"
            }
            _ => {
                "the manifest has no envelope: only the digest is signed, and name, signer and time are only claimed"
            }
        };
        output.warning(what);
    }
    output.json_of(|| accepted(outcome));
}

/// The result on one line.
fn summary(outcome: &Outcome) -> String {
    let facts = outcome.facts();
    let checked = facts.files.iter().filter(|file| file.status == FileStatus::Unchanged).count();
    let mut parts = Vec::new();
    let range = facts.files.iter().find_map(|file| Some((file, file.range.as_ref()?)));
    parts.push(match (outcome, facts.container) {
        _ if let Some((FileFact { path, .. }, range)) = range => {
            format!("{}, bytes {}:{}", EscapedPath(path), range.start, range.end)
        }
        (_, Some(Container::Folder)) if outcome.coverage() == Coverage::Part => {
            format!("{}, {}{}", EscapedPath(&facts.target), part(facts), signed_as(facts))
        }
        (_, Some(Container::Folder)) => {
            format!("{} ({}){}", EscapedPath(&facts.target), count(checked), signed_as(facts))
        }
        (_, Some(Container::File)) => format!("{}{}", EscapedPath(&facts.target), signed_as(facts)),
        _ if outcome.coverage() == Coverage::Part => format!(
            "{}, {checked} of {} of {}{}",
            EscapedPath(&facts.target),
            count(facts.files.len()),
            EscapedPath(facts.signature_file.as_deref().unwrap_or(&facts.target)),
            renamed(facts),
        ),
        (_, Some(Container::Bundle)) => {
            format!("{} ({}){}", EscapedPath(&facts.target), count(checked), renamed(facts))
        }
        _ => EscapedPath(facts.files.first().map_or(&facts.target, |file| &file.path)).to_string(),
    });
    let version =
        facts.key.as_ref().and_then(|key| key.version).map(|version| format!(" (version {version})"));
    let version = version.unwrap_or_default();
    if let (Some(trust), Some(key)) = (&facts.trust, &facts.key)
        && facts.listing.is_none()
    {
        let how = if facts.authenticated == Some(true) { "" } else { ", not authenticated" };
        let time = facts.signed_at.as_ref().filter(|_| facts.authenticated == Some(true));
        parts.extend(time.map(weightseal::time::Timestamp::to_seconds));
        parts.push(format!("{}, key {}{version}{how}", Escaped(&trust.signer), key.id.short()));
        return parts.join("  ");
    }
    if facts.listing.is_some() {
        parts.extend(facts.signed_at.as_ref().map(weightseal::time::Timestamp::to_seconds));
        parts.push(signer_of(facts, &version));
        return parts.join("  ");
    }
    if let (Some(key), Some(time)) = (&facts.key, &facts.signed_at) {
        let (key, time) = (key.id.short(), time.to_seconds());
        match (facts.authenticated, facts.signer.as_deref().map(Escaped)) {
            (Some(true), Some(signer)) => {
                parts.extend([time, format!("key {key}{version}, signing as {signer}")])
            }
            // Nothing but the digest is signed: what is only claimed stands behind that word, and in quotes.
            (_, Some(signer)) => {
                parts.push(format!("key {key}, not authenticated, claimed by `{signer}`{version} at {time}"));
            }
            (_, None) => {
                parts.push(format!("key {key}, not authenticated, claimed by several signers at {time}"))
            }
        }
    }
    parts.join("  ")
}

/// Who signed an OMS signature.
fn signer_of(facts: &Facts, version: &str) -> String {
    if let Some(trust) = &facts.trust {
        let owner = Escaped(&trust.signer);
        return match (&facts.method, &facts.key) {
            (Some(MethodFact::Certificate(certificate)), _) => {
                format!("{owner}, certificate issued by {}", Escaped(&certificate.issuer))
            }
            (Some(MethodFact::Sigstore(sigstore)), _) => {
                format!("{owner}, by the word of {}", Escaped(&sigstore.issuer))
            }
            (_, Some(key)) => format!("{owner}, key {}{version}", key.id.short()),
            (_, None) => owner.to_string(),
        };
    }
    let name = facts.signer.as_deref().map(|signer| format!(", signing as {}", Escaped(signer)));
    let name = name.unwrap_or_default();
    match (&facts.method, &facts.key) {
        (Some(MethodFact::Certificate(certificate)), _) => {
            let who = certificate.identity.as_deref().unwrap_or(&certificate.subject);
            format!("certificate of {}, issued by {}{name}", Escaped(who), Escaped(&certificate.issuer))
        }
        (Some(MethodFact::Sigstore(sigstore)), _) => {
            format!("{} by the word of {}{name}", Escaped(&sigstore.identity), Escaped(&sigstore.issuer))
        }
        (_, Some(key)) => format!("key {}{version}{name}", key.id.short()),
        (_, None) => name,
    }
}

/// How much of a folder was looked at.
fn part(facts: &Facts) -> String {
    let with = |status: FileStatus| facts.files.iter().filter(move |file| file.status == status);
    let files = with(FileStatus::Unchanged).count();
    let shards: usize =
        with(FileStatus::PartlyChecked).filter_map(|file| Some(file.shards.as_ref()?.checked)).sum();
    let shards = match shards {
        0 => None,
        1 => Some("1 shard".to_owned()),
        shards => Some(format!("{shards} shards")),
    };
    let all = count(facts.files.len());
    match (files, shards) {
        (files, None) => format!("{files} of {all}"),
        (0, Some(shards)) => format!("{shards}, of {all}"),
        (files, Some(shards)) => format!("{files} of {all}, and {shards}"),
    }
}

/// `1 file`, `2 files`.
fn count(files: usize) -> String {
    format!("{files} {}", if files == 1 { "file" } else { "files" })
}

/// The signed name of a model that is called otherwise here.
fn signed_as(facts: &Facts) -> String {
    let place = weightseal::file::resolve(weightseal::file::or_here(&facts.target)).ok();
    let here = place.as_deref().unwrap_or(&facts.target).file_name();
    match &facts.name {
        Some(name) if !name.is_empty() && here.is_none_or(|here| here != name.as_str()) => {
            format!(" [signed as `{}`]", Escaped(name))
        }
        _ => String::new(),
    }
}

/// The signed name of a set whose bundle manifest is called otherwise.
fn renamed(facts: &Facts) -> String {
    let file_name =
        facts.signature_file.as_deref().and_then(|path| path.file_name()?.to_str()).unwrap_or_default();
    match &facts.name {
        Some(name) if bundle_name(file_name) != name => format!(" [signed as `{}`]", Escaped(name)),
        _ => String::new(),
    }
}

/// What speaks against the model, in full, behind the headline.
pub(super) fn all_details(rejected: &Rejected) -> Vec<String> {
    let headline = rejected.headline();
    let mut details = self::details(headline);
    let others = rejected.reasons().get(1..).unwrap_or_default();
    for reason in others.iter().take(MOST_REASONS) {
        details.push(format!("also: {reason} [{}]", reason.code()));
        details.extend(self::details(reason).into_iter().map(|line| format!("  {line}")));
    }
    if others.len() > MOST_REASONS {
        details.push(format!("also: {} more reasons (--json lists all)", others.len() - MOST_REASONS));
    }
    if let Reason::Fault(Fault::InvalidSignature { covered: Covered::HexDigest, mistake: None, .. }) =
        headline
        && rejected.facts().files.iter().any(|file| file.status == FileStatus::Unchanged)
    {
        details.push(
            "the file has the digest that the manifest states: the digest may have been computed anew"
                .to_owned(),
        );
    }
    details
}

#[expect(clippy::indexing_slicing, reason = "fields of JSON objects that are made here")]
fn reject(rejected: &Rejected, output: &mut Output) -> Problem {
    let headline = rejected.headline();
    let details = all_details(rejected);
    let hint = headline.hint();
    output.failure("rejected", &headline.to_string(), headline.code(), &details, hint.as_deref());
    output.json_of(|| {
        let mut value = to_json("rejected", headline.code(), rejected.facts());
        value["message"] = json!(headline.to_string());
        value["hint"] = json!(hint);
        value["reasons"] = rejected.reasons().iter().map(reason_json).collect();
        value
    });
    Problem::reported(Status::Rejected, headline.code())
}

/// Prints why there was no verification.
#[expect(clippy::indexing_slicing, reason = "fields of JSON objects that are made here")]
pub(crate) fn not_carried_out(problem: Problem, facts: Option<&Facts>, output: &mut Output) -> Problem {
    output.failure("error", &problem.message, problem.code, &[], problem.hint.as_deref());
    output.json_of(|| {
        let mut value = match facts {
            Some(facts) => to_json("inconclusive", problem.code, facts),
            None => {
                json!({ "schema": "weightseal.result/1", "verdict": "inconclusive", "code": problem.code })
            }
        };
        value["message"] = json!(problem.message);
        value["hint"] = json!(problem.hint);
        value
    });
    Problem::reported(problem.status, problem.code)
}

/// Expected and found, in full, one under the other.
fn details(reason: &Reason) -> Vec<String> {
    match reason {
        Reason::HashMismatch { expected, found, .. } | Reason::ShardMismatch { expected, found, .. } => {
            vec![format!("expected {expected}"), format!("found    {found}")]
        }
        Reason::ChunkRootMismatch { expected, found, .. }
        | Reason::ChunkMismatch { expected, found, .. }
        | Reason::ChunkListMismatch { fault: ChunkListFault::Root { expected, found }, .. } => {
            vec![format!("expected {expected}"), format!("found    {found}")]
        }
        Reason::MissingFile { path, .. } => vec![format!("looked for `{}`", EscapedPath(path))],
        Reason::Refusal(weightseal::trust::Refusal::UntrustedKey { named, given }) => {
            let mut lines = vec![format!("named {named}")];
            lines.extend(given.iter().map(|key| format!("given {key}")));
            lines
        }
        _ => Vec::new(),
    }
}
