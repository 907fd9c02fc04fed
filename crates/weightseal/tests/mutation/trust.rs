//! Changed trust stores and state files. Nobody signs them, so another number in one is another number. But no change of a
//! byte lets a stranger's signature in, or that of a revoked key; and a state file is refused or read as an independent
//! reader of JSON reads it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use weightseal::sign::{Options, sign_file};
use weightseal::trust::{Memory, Requirements, TrustStore, Unreadable};
use weightseal::verify::{Facts, MissingState, Outcome, Policy, StateFile, verify};

use crate::common::{Random, alone, headline, instant, key};
use crate::node::Node;
use crate::scene::{MODEL, Tally, Verdict, options};
use crate::shape::mutated;
use crate::{Job, full_or, grouped, on_all_cores, row};

/// Three models in a folder: by Alice, by Bob, whose key was stolen, and by Mallory, whom the store does not know.
struct Signed {
    folder: TempDir,
    models: [PathBuf; 3],
}

const SIGNERS: [(&str, &str); 3] = [("alice", "ed25519"), ("bob", "p256"), ("mallory", "p384")];

impl Signed {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let models = SIGNERS.map(|(signer, kind)| {
            let model = folder.path().join(format!("m-{signer}.pt"));
            fs::write(&model, MODEL).expect("written");
            let options = Options { signer: Some(signer.to_owned()), key_version: None, ..options() };
            sign_file(&model, None, key(kind), &options, &()).expect("signed");
            model
        });
        Self { folder, models }
    }
}

/// A store with every kind of entry. Bob's key has no comment in front of its revocation, which a lost line end would join to it.
fn store_text() -> String {
    let pem = |kind: &str| key(kind).public().to_pem();
    format!(
        "# Who signs what.\nserial = 5\nexpires_at = 2027-01-01T00:00:00Z\n\n\
         [[signer]]\nname = \"alice\"\n\n[[signer.key]]\nversion = 1\npublic_key = \"\"\"\n{}\"\"\"\n\
         signs_from = 2026-01-01T00:00:00Z\nsigns_until = 2026-12-01T00:00:00Z\n\n\
         [[signer]]\nname = \"bob\"\n\n[[signer.key]]\npublic_key = \"\"\"\n{}\"\"\"\n\
         revoked = {{ at = 2026-05-20T00:00:00Z, reason = \"stolen\" }}\n\n\
         [[rule]]\nmodels = [\"m*.pt\", \"n?\"]\nsigners = [\"alice\", \"bob\"]\nminimum_model_version = 7\n\
         max_age = \"1y\"\nallowed_formats = [\"manifest\", \"oms\"]\n",
        pem("ed25519"),
        pem("p256")
    )
}

fn parse(text: &[u8]) -> Result<TrustStore, &'static str> {
    let no_file =
        |_: &str| Err(Unreadable { message: "no such file".to_owned(), code: "not-found", hint: None });
    TrustStore::parse(text, &no_file).map_err(|error| error.code())
}

fn policy(store: TrustStore) -> Policy {
    Policy::of_store(Arc::new(store), Requirements::default(), instant("2026-06-01T00:00:00Z"))
}

/// What the signature says, without what the store says.
fn without_store(facts: &Facts) -> Facts {
    let mut facts = Facts { trust: None, ..facts.clone() };
    if let Some(key) = &mut facts.key {
        key.version = None;
    }
    facts
}

/// One change at each place, or all of them.
fn changes(text: &[u8], random: &mut Random) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for at in 0..text.len() {
        let (before, after) = text.split_at(at);
        let mut here = Vec::new();
        for bit in 0..8 {
            let mut bytes = text.to_vec();
            bytes[at] ^= 1 << bit;
            here.push((format!("byte {at}, bit {bit}"), bytes));
        }
        here.push((format!("cut at {at}"), before.to_vec()));
        here.push((format!("byte {at} deleted"), [before, &after[1..]].concat()));
        here.push((format!("byte {at} doubled"), [before, &after[..1], after].concat()));
        // A `#` would make a comment of what follows: whoever may write a store may do that.
        for byte in [0, b' ', b'\n', b'"', b'\'', b'[', b'0', b'*', 0xc3] {
            here.push((format!("{byte:#04x} inserted at {at}"), [before, &[byte], after].concat()));
        }
        match full_or(None, Some(random.below(here.len()))) {
            Some(index) => all.push(here.swap_remove(index)),
            None => all.extend(here),
        }
    }
    all
}

fn change_store() -> Tally {
    let (signed, mut tally) = (Signed::new(), Tally::default());
    let text = store_text();
    let judge = |text: &[u8]| -> Result<[Result<Facts, &'static str>; 3], &'static str> {
        let policy = policy(parse(text)?);
        Ok(signed.models.each_ref().map(|model| match verify(&alone(model), &policy, &()) {
            Ok(outcome) => Ok(without_store(outcome.facts())),
            failure => Err(headline(&failure)),
        }))
    };
    let [alice, bob, mallory] = judge(text.as_bytes()).expect("a store");
    let alice = alice.expect("accepted");
    assert_eq!((bob, mallory), (Err("revoked"), Err("untrusted-key")));
    for (what, changed) in changes(text.as_bytes(), &mut Random(0x7257)) {
        let verdict = match judge(&changed) {
            Err(code) => Verdict::Rejected(code),
            Ok([_, Ok(_), _]) => Verdict::Changed("a revoked key is accepted".to_owned()),
            Ok([.., Ok(_)]) => Verdict::Changed("a stranger's key is accepted".to_owned()),
            Ok([Ok(facts), ..]) if facts != alice => Verdict::Changed(format!("other facts: {facts:?}")),
            Ok([Ok(_), ..]) => Verdict::Accepted,
            Ok([Err(code), ..]) => Verdict::Rejected(code),
        };
        tally.enter(verdict, &|| format!("trust store, {what}"));
    }
    tally.report("changed trust stores");
    tally
}

// ------------------------------------------------------------------------------------------------ state files

fn state_text() -> String {
    let digest = |digit: &str| digit.repeat(64);
    let entry = |name: &str, signer: &str, version: u64, digit: &str| {
        serde_json::json!({
            "name": name, "signer": signer, "model_version": version, "statement_sha256": digest(digit),
        })
    };
    let models = [
        entry("another.pt", "alice", 3, "a"),
        entry("m-alice.pt", "alice", 9, "b"),
        entry("m-alice.pt", "bob", 12, "c"),
    ];
    let state = serde_json::json!({ "schema": "weightseal.state/1", "store_serial": 5, "models": models });
    serde_json::to_string_pretty(&state).expect("JSON") + "\n"
}

/// By name and signer, version and digest.
type Remembered = BTreeMap<(String, String), (u64, String)>;

/// A second reading, by another reader of JSON.
fn read_otherwise(text: &[u8]) -> Option<(u64, Remembered)> {
    let state: Value = serde_json::from_slice(text).ok()?;
    let models = state["models"].as_array()?.iter().map(|model| {
        let text = |name: &str| model[name].as_str().map(str::to_owned);
        let what = (model["model_version"].as_u64()?, text("statement_sha256")?);
        Some(((text("name")?, text("signer")?), what))
    });
    Some((state["store_serial"].as_u64()?, models.collect::<Option<_>>()?))
}

fn read(memory: &Memory) -> (u64, Remembered) {
    let models = memory.models().map(|(name, signer, remembered)| {
        let what = (remembered.model_version, remembered.statement.to_string());
        ((name.to_owned(), signer.to_owned()), what)
    });
    (memory.store_serial(), models.collect())
}

struct States {
    signed: Signed,
    policy: Policy,
    place: PathBuf,
}

impl States {
    fn new() -> Self {
        let signed = Signed::new();
        let place = signed.folder.path().join("state.json");
        let state = StateFile { path: place.clone(), missing: MissingState::Refuse };
        let policy = policy(parse(store_text().as_bytes()).expect("a store"));
        Self { signed, policy: Policy { state: Some(state), ..policy }, place }
    }

    /// The model has version 7, and 9 is remembered: it is refused, unless the file plainly says something else.
    fn judge(&self, text: &[u8]) -> Verdict {
        write_protected(&self.place, text);
        let outcome = verify(&alone(&self.signed.models[0]), &self.policy, &());
        let memory = match Memory::parse(text) {
            Ok(memory) => read(&memory),
            Err(_) if outcome.is_err() => return Verdict::Rejected(headline(&outcome)),
            Err(error) => return Verdict::Changed(format!("accepted with a state that is none: {error}")),
        };
        if read_otherwise(text) != Some(memory.clone()) {
            return Verdict::Changed(format!("read otherwise: {memory:?}"));
        }
        let remembered = memory.1.get(&("m-alice.pt".to_owned(), "alice".to_owned()));
        match (&outcome, remembered) {
            (Ok(Outcome::Verified(_)), Some((version, _))) if *version >= 7 => {
                Verdict::Changed(format!("accepted though version {version} is remembered"))
            }
            (Ok(Outcome::Verified(_)), _) => Verdict::Accepted,
            (Ok(other), _) => Verdict::Changed(format!("{other:?}")),
            (Err(_), _) => Verdict::Rejected(headline(&outcome)),
        }
    }
}

/// For its owner alone, whatever the umask.
fn write_protected(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, bytes).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("changed");
}

fn change_state() -> Tally {
    let (states, mut tally) = (States::new(), Tally::default());
    let text = state_text();
    assert!(matches!(states.judge(text.as_bytes()), Verdict::Rejected("rolled-back")));
    for (what, changed) in changes(text.as_bytes(), &mut Random(0x57a7)) {
        tally.enter(states.judge(&changed), &|| format!("state file, {what}"));
    }
    tally.report("changed state files");
    tally
}

fn reshape_state() -> Tally {
    let (states, mut tally) = (States::new(), Tally::default());
    let (node, mut random) = (Node::read(state_text().as_bytes()), Random(0x57a8));
    for round in 0..full_or(10_000, 1_000) {
        let (text, changes) = mutated(&node, &node, &mut random);
        let short: String = text.chars().take(2_000).collect();
        tally.enter(states.judge(text.as_bytes()), &|| format!("round {round}: {changes}\n{short}"));
    }
    tally.report("state files of another shape");
    tally
}

#[test]
fn no_change_of_a_store_or_a_state_lets_anybody_in() {
    let jobs: Vec<Job<Tally>> = vec![Box::new(change_store), Box::new(change_state), Box::new(reshape_state)];
    let tally = on_all_cores(jobs).into_iter().fold(Tally::default(), Tally::add);
    let what = "a trust store or state file changed: a stranger or a stolen key let in, or read otherwise than written";
    let rest = format!(
        "; {} refused, {} accepted by what the changed file says",
        grouped(tally.rejected()),
        grouped(tally.accepted)
    );
    row("mutation/trust", what, tally.figures(), &rest);
}
