//! Explanations of a trust store's decision, as text and as JSON: one form for the command and for Python.

use serde_json::{Value, json};
use weightseal::text::{Escaped, EscapedPath};
use weightseal::trust::{Answer, Asker, Judgement, Step, TrustStore};
use weightseal::verify::{Explanation, Reason, TrustFact};

use crate::result::{reason_json, trust_json};

/// The word for what verification would say, if the files are as signed: `accepted`, `tolerated` or `rejected`.
pub fn verdict(explanation: &Explanation) -> &'static str {
    match (explanation.reasons.is_empty(), explanation.tolerated.is_empty()) {
        (false, _) => "rejected",
        (true, false) => "tolerated",
        (true, true) => "accepted",
    }
}

/// The whole explanation, for people.
pub fn text(explanation: &Explanation, store: &TrustStore) -> String {
    let facts = &explanation.facts;
    let mut text = format!("{}\n", EscapedPath(&facts.target));
    if let Some(signature) = &facts.signature_file {
        text.push_str(&format!("  signature   {}\n", EscapedPath(signature)));
    }
    match &facts.trust {
        Some(trust) => {
            text.push_str(&format!("  name        {}\n", Escaped(&trust.expected_name)));
            text.push_str(&format!(
                "  signed by   {}{}\n",
                Escaped(&trust.signer),
                with_key(explanation, trust)
            ));
            for judgement in &trust.judgements {
                text.push_str(&steps(judgement, store));
            }
            text.push_str(&countersignatures(trust));
        }
        None => text.push_str("  signed by   nobody whom the trust store knows, as far as can be told\n"),
    }
    text.push_str(&others(explanation));
    text.push_str(&conclusion(explanation));
    text
}

fn with_key(explanation: &Explanation, trust: &TrustFact) -> String {
    let facts = &explanation.facts;
    let version = trust.key_version.map(|version| format!(" (version {version})")).unwrap_or_default();
    let key = facts.key.as_ref().map(|key| format!(", key {}{version}", key.id.short())).unwrap_or_default();
    let time = facts.signed_at.as_ref().filter(|_| facts.authenticated == Some(true));
    let time = time.map(|time| format!(", at {}", time.to_seconds())).unwrap_or_default();
    format!("{key}{time}")
}

/// The questions, under whoever asks them.
fn steps(judgement: &Judgement, store: &TrustStore) -> String {
    let mut text = String::new();
    let mut last = None;
    for step in &judgement.steps {
        if last != Some(step.by) {
            text.push_str(&format!("\n{}\n", asker(step.by, store)));
            last = Some(step.by);
        }
        let (word, refusal) = match &step.answer {
            Answer::Holds => ("yes", None),
            Answer::Tolerated(refusal) => ("warns", Some(refusal)),
            Answer::Refused(refusal) => ("no", Some(refusal)),
        };
        text.push_str(&format!("  {word:<6} {}\n", step.what));
        if let Some(refusal) = refusal {
            text.push_str(&format!("         {refusal} [{}]\n", refusal.code()));
        }
    }
    let without = store.rules().len() - judgement.rules.len();
    match (without, judgement.rules.len()) {
        (0, _) => {}
        (1, _) => text.push_str("\n1 rule is not about this name\n"),
        (without, _) => text.push_str(&format!("\n{without} rules are not about this name\n")),
    }
    text
}

fn asker(by: Asker, store: &TrustStore) -> String {
    match by {
        Asker::Key => "the key".to_owned(),
        Asker::Always => "every signature".to_owned(),
        Asker::Rule(at) => {
            let models =
                models(store, at).iter().map(|model| format!("`{}`", Escaped(model))).collect::<Vec<_>>();
            format!("rule {} of {}, for {}", at + 1, store.rules().len(), models.join(", "))
        }
        Asker::Caller => "this call".to_owned(),
        Asker::Memory => "what was accepted before".to_owned(),
    }
}

#[expect(clippy::indexing_slicing, reason = "rules of the store at hand")]
fn models(store: &TrustStore, rule: usize) -> Vec<String> {
    store.rules()[rule].models.iter().map(ToString::to_string).collect()
}

fn countersignatures(trust: &TrustFact) -> String {
    if trust.countersignatures.is_empty() {
        return String::new();
    }
    let mut text = "\ncountersignatures\n".to_owned();
    for file in &trust.countersignatures {
        let path = EscapedPath(&file.path);
        let by = file.signer.as_deref().map(|signer| format!(" by {}", Escaped(signer))).unwrap_or_default();
        match &file.reason {
            None => text.push_str(&format!("  counts {path}{by}\n")),
            Some(why) => text.push_str(&format!("  no     {path}{by}: {why}\n")),
        }
    }
    text
}

/// What speaks against the signature beside the store.
fn others(explanation: &Explanation) -> String {
    let of_store =
        |reason: &&Reason| matches!(reason, Reason::Refusal(_)) && explanation.facts.trust.is_some();
    let others: Vec<_> = explanation.reasons.iter().filter(|reason| !of_store(reason)).collect();
    if others.is_empty() {
        return String::new();
    }
    let lines = others.iter().map(|reason| format!("  no     {reason} [{}]\n", reason.code()));
    format!("\nthe signature file\n{}", lines.collect::<String>())
}

fn conclusion(explanation: &Explanation) -> String {
    let listed = |reasons: &[Reason]| {
        let codes: Vec<&str> = reasons.iter().map(Reason::code).collect();
        let mut unique: Vec<&str> = Vec::new();
        codes.into_iter().for_each(|code| {
            if !unique.contains(&code) {
                unique.push(code);
            }
        });
        unique.join(", ")
    };
    let files = "no file of the model was looked at: `weightseal verify` does that";
    match verdict(explanation) {
        "rejected" => format!("\nrejected: {}\n", listed(&explanation.reasons)),
        "tolerated" => {
            format!("\ntolerated: {}, where the rule only warns; {files}\n", listed(&explanation.tolerated))
        }
        _ => format!("\naccepted; {files}\n"),
    }
}

/// The explanation for programs.
pub fn json(explanation: &Explanation, store: &TrustStore) -> Value {
    let facts = &explanation.facts;
    let judgements = facts.trust.iter().flat_map(|trust| &trust.judgements);
    let steps: Vec<Value> =
        judgements.flat_map(|judgement| &judgement.steps).map(|step| step_json(step, store)).collect();
    json!({
        "schema": "weightseal.explanation/1",
        "verdict": verdict(explanation),
        "code": explanation.reasons.first().or(explanation.tolerated.first()).map(Reason::code),
        "target": facts.target.to_string_lossy(),
        "signature_file": facts.signature_file.as_ref().map(|path| path.to_string_lossy()),
        "trust": facts.trust.as_deref().map(trust_json),
        "steps": steps,
        "reasons": explanation.reasons.iter().map(reason_json).collect::<Vec<_>>(),
        "tolerated": explanation.tolerated.iter().map(reason_json).collect::<Vec<_>>(),
    })
}

fn step_json(step: &Step, store: &TrustStore) -> Value {
    let (rule, by) = match step.by {
        Asker::Key => (None, "key"),
        Asker::Always => (None, "store"),
        Asker::Rule(at) => (Some(at), "rule"),
        Asker::Caller => (None, "caller"),
        Asker::Memory => (None, "state"),
    };
    let (answer, refusal) = match &step.answer {
        Answer::Holds => ("holds", None),
        Answer::Tolerated(refusal) => ("tolerated", Some(refusal)),
        Answer::Refused(refusal) => ("refused", Some(refusal)),
    };
    json!({
        "by": by,
        "rule": rule,
        "models": rule.map(|at| models(store, at)),
        "what": step.what,
        "answer": answer,
        "code": refusal.map(weightseal::trust::Refusal::code),
        "message": refusal.map(ToString::to_string),
    })
}
