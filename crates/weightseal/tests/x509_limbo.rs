//! The suite x509-limbo (C2SP) against the check of certificate paths (RFC 5280, section 6).
//!
//! It is about servers, so paths are judged for server (or client) authentication and without the rules for the
//! signer's own certificate: [`judge_path`]. Names of servers are not compared. The suite is not in this
//! repository: the variable WEIGHTSEAL_VECTORS names a folder with `x509-limbo/limbo.json` in it.
//!
//! Groups and cases that cannot apply are listed with the reason. Where the verdict differs on purpose, the case
//! is in [`DIFFERENT`]; an entry that does not occur fails the test, as does any other difference.

#![expect(clippy::print_stdout, reason = "how many cases ran is part of what the test says")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use weightseal::time::Instant;
use weightseal::trust::{CertificateRoots, CertificateRules, PathUsage, certificates_from_pem, judge_path};

#[path = "x509_limbo/exceptions.rs"]
mod exceptions;

use exceptions::{DIFFERENT, NOT_APPLICABLE, NOT_APPLICABLE_GROUPS, Verdict};

/// Of cases without a time: within the validity of all their certificates.
const DEFAULT_TIME: &str = "2026-11-22T00:00:00Z";

const WHAT: &str = "x509-limbo: certificate paths judged otherwise";

#[test]
fn paths_are_judged_as_the_suite_says() {
    let Some(folder) = std::env::var_os("WEIGHTSEAL_VECTORS") else {
        // Directly, as the test harness shows what a passing test prints to nobody.
        let missing = "WEIGHTSEAL_VECTORS does not name the folder of published vectors";
        writeln!(std::io::stderr(), "NOT RUN: x509-limbo, because {missing}")
            .expect("standard error is open");
        let row = serde_json::json!({
            "id": "suites/x509-limbo",
            "what": WHAT,
            "found": "not run",
            "target": "0",
            "holds": null,
            "why": missing,
        });
        println!("row: {row}");
        return;
    };
    let path = PathBuf::from(folder).join("x509-limbo/limbo.json");
    let text = std::fs::read_to_string(&path).expect("the suite is readable");
    let suite: Value = serde_json::from_str(&text).expect("the suite is JSON");
    let cases = suite["testcases"].as_array().expect("the suite has cases");

    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for case in cases {
        let id = case["id"].as_str().expect("a case has an id");
        seen.insert(id);
        let group = id.split("::").next().unwrap_or_default();
        let skipped = NOT_APPLICABLE_GROUPS.iter().any(|(name, _)| *name == group)
            || NOT_APPLICABLE.iter().any(|(name, _)| *name == id);
        if skipped {
            *tally.entry("not applicable").or_default() += 1;
            continue;
        }
        let expected = match case["expected_result"].as_str() {
            Some("SUCCESS") => Verdict::Accept,
            Some("FAILURE") => Verdict::Refuse,
            other => panic!("{id}: unknown result {other:?}"),
        };
        let found = run(case);
        let verdict = if found.is_ok() { Verdict::Accept } else { Verdict::Refuse };
        let exception = DIFFERENT.iter().find(|exception| exception.id == id);
        match (verdict == expected, exception) {
            (true, None) => *tally.entry("as the suite says").or_default() += 1,
            (false, Some(exception)) if exception.verdict == verdict => {
                *tally.entry("different on purpose").or_default() += 1;
            }
            (true, Some(_)) => problems.push(format!("{id}: is as the suite says, and listed as different")),
            _ => problems.push(format!("{id}: the suite says {expected:?}, found {found:?}")),
        }
    }
    let listed = NOT_APPLICABLE.iter().map(|(id, _)| *id).chain(DIFFERENT.iter().map(|e| e.id));
    problems.extend(
        listed.filter(|id| !seen.contains(id)).map(|id| format!("{id}: listed, and not in the suite")),
    );
    println!("x509-limbo: {} cases: {tally:?}", cases.len());
    let count = |what: &str| tally.get(what).copied().unwrap_or_default();
    let judged = cases.len() - count("not applicable");
    let on_purpose = count("different on purpose");
    let row = serde_json::json!({
        "id": "suites/x509-limbo",
        "what": WHAT,
        "found": format!("{} of {judged} differ; {on_purpose} more on purpose, listed with reasons", problems.len()),
        "target": "0",
        "holds": problems.is_empty(),
    });
    println!("row: {row}");
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// The codes of the refusals. The same certificates sent in the chain and given by the caller have to lead to
/// the same verdict.
fn run(case: &Value) -> Result<(), Vec<String>> {
    let time = case["validation_time"].as_str().unwrap_or(DEFAULT_TIME);
    let at: Instant = time.parse().expect("a time");
    let usage = match case["validation_kind"].as_str() {
        Some("CLIENT") => PathUsage::ClientAuthentication,
        _ => PathUsage::ServerAuthentication,
    };
    let read = |pem: &Value| {
        let pem = pem.as_str().expect("PEM text");
        certificates_from_pem(pem.as_bytes()).map_err(|error| vec![format!("{}: {error}", error.code())])
    };
    let list = |name: &str| case[name].as_array().cloned().unwrap_or_default();
    let mut roots = CertificateRoots::default();
    for pem in list("trusted_certs") {
        let pem = pem.as_str().expect("PEM text").to_owned();
        // Nobody can trust what cannot be read; that others were given too makes no difference.
        if let Ok(more) = CertificateRoots::from_pem(pem.as_bytes()) {
            roots.extend(more);
        }
    }
    let leaf = read(&case["peer_certificate"])?;
    let mut intermediates = Vec::new();
    for pem in list("untrusted_intermediates") {
        intermediates.extend(read(&pem)?);
    }
    let codes = |chain: &[Vec<u8>], intermediates: &[Vec<u8>]| {
        let rules = CertificateRules {
            roots: roots.clone(),
            intermediates: intermediates.to_vec(),
            ..Default::default()
        };
        judge_path(chain, &rules, at, usage)
            .map_err(|refusals| refusals.iter().map(|r| format!("{}: {r}", r.code())).collect::<Vec<_>>())
    };
    let given = codes(&leaf, &intermediates);
    if intermediates.len() < 10 {
        let sent = codes(&[leaf, intermediates].concat(), &[]);
        assert_eq!(given.is_ok(), sent.is_ok(), "{}: {given:?} but {sent:?}", case["id"]);
    }
    given
}
