//! `weightseal trust state`: what a verifier remembers, and how it forgets (docs/spec/trust.md, section 8).

use std::path::Path;

use serde_json::json;
use weightseal::file::{FileError, Replace, Staged, read_protected};
use weightseal::text::{Escaped, EscapedPath};
use weightseal::trust::{MAX_STATE, Memory, Remembered};

use crate::args_trust::{StateListArguments, StateResetArguments};
use crate::interrupt;
use crate::output::Output;
use crate::problem::Problem;

pub(crate) fn list(arguments: &StateListArguments, output: &mut Output) -> Result<(), Problem> {
    let path = &arguments.state;
    let memory = parse(path, &read(path)?)?;
    output.text(&match memory.store_serial() {
        0 => format!("{}: no trust store was used yet\n", EscapedPath(path)),
        serial => format!("{}: trust store up to serial {serial}\n", EscapedPath(path)),
    });
    for (name, signer, remembered) in memory.models() {
        output.text(&format!("  {}\n", line(name, signer, remembered)));
    }
    output.json_of(|| {
        let models = memory.models().map(|(name, signer, remembered)| entry(name, signer, remembered));
        json!({
            "schema": "weightseal.trust/1",
            "action": "state-list",
            "state": path.to_string_lossy(),
            "store_serial": memory.store_serial(),
            "models": models.collect::<Vec<_>>(),
        })
    });
    Ok(())
}

pub(crate) fn reset(arguments: &StateResetArguments, output: &mut Output) -> Result<(), Problem> {
    let (path, name) = (&arguments.state, arguments.name.as_str());
    // First of all: what is read after this is what the next one will replace.
    let mut staged = Staged::create(path, 0o600)?;
    let before = read(path)?;
    let mut memory = parse(path, &before)?;
    let gone = memory.forget(name, arguments.signer.as_deref());
    if gone.is_empty() {
        let signer = arguments.signer.as_deref().map(|signer| format!(" by `{}`", Escaped(signer)));
        return Err(Problem {
            code: "not-in-state",
            ..Problem::usage(
                format!("the state remembers no `{}`{}", Escaped(name), signer.unwrap_or_default()),
                Some("`weightseal trust state list` shows what it remembers"),
            )
        });
    }
    staged.keep_owner()?;
    staged.keep_mode()?;
    staged.write(memory.to_text().as_bytes())?;
    interrupt::check()?;
    // Whoever has changed it by hand meanwhile knew nothing of the lock.
    if read(path)? != before {
        return Err(FileError::Changed { path: path.clone() }.into());
    }
    staged.put_in_place(Replace::Existing)?;
    for (signer, remembered) in &gone {
        output.text(&format!("forgotten: {}\n", line(name, signer, remembered)));
    }
    output.note("the next version of it that is verified is remembered, also if it is older");
    output.json_of(|| {
        let models = gone.iter().map(|(signer, remembered)| entry(name, signer, remembered));
        json!({
            "schema": "weightseal.trust/1",
            "action": "state-reset",
            "state": path.to_string_lossy(),
            "forgotten": models.collect::<Vec<_>>(),
        })
    });
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    Ok(read_protected(path, MAX_STATE)?)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Memory, Problem> {
    Memory::parse(bytes).map_err(|error| Problem::of_file(path, &error, "malformed-state", None))
}

fn line(name: &str, signer: &str, remembered: &Remembered) -> String {
    format!("{}  version {} by {}", Escaped(name), remembered.model_version, Escaped(signer))
}

fn entry(name: &str, signer: &str, remembered: &Remembered) -> serde_json::Value {
    json!({
        "name": name,
        "signer": signer,
        "model_version": remembered.model_version,
        "statement_sha256": remembered.statement.to_string(),
    })
}
