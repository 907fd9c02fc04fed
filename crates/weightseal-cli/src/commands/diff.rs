//! `weightseal diff`: show what differs between two signatures, two models, or a signature and a model.

use serde_json::{Value, json};
use weightseal::diff::{Change, ComparedFile, Diff, MetadataChange, Side, SideKind, diff};
use weightseal::text::{Escaped, EscapedPath};

use crate::args::DiffArguments;
use crate::output::Output;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::result::some_names;

pub(crate) fn run(arguments: &DiffArguments, output: &mut Output) -> Result<(), Problem> {
    let progress = Progress::new(output);
    let diff = diff(&arguments.old, &arguments.new, arguments.hashing.engine(), &progress);
    drop(progress);
    let diff = diff?;
    output.text(&explain(&diff));
    // Of very many files, the object is made only where it is asked for.
    if output.is_json() {
        output.json(&to_json(&diff));
    }
    if diff.is_equal() { Ok(()) } else { Err(Problem::different()) }
}

fn explain(diff: &Diff) -> String {
    let mut text = String::new();
    for (word, side) in [("old", &diff.old), ("new", &diff.new)] {
        text.push_str(&format!("{word}: {}\n", side_line(side)));
    }
    if !diff.changes.is_empty() {
        text.push_str("\nFiles:\n");
        diff.changes.iter().for_each(|change| text.push_str(&format!("  {}\n", change_line(change))));
    }
    if !diff.metadata.is_empty() {
        text.push_str("\nStated differently:\n");
        diff.metadata.iter().for_each(|change| text.push_str(&format!("  {}\n", metadata_line(change))));
    }
    text.push_str(&format!("\n{}\nNothing was verified here.\n", summary(diff)));
    text
}

fn side_line(side: &Side) -> String {
    let what = match side.kind {
        SideKind::Manifest => "manifest of one file".to_owned(),
        SideKind::Bundle => format!("bundle manifest, {}", count_of(side.files)),
        SideKind::Oms => format!("OMS signature, {}", count_of(side.files)),
        SideKind::Folder => format!("folder, {}", count_of(side.files)),
        SideKind::File => "file".to_owned(),
    };
    let left_out = match side.left_out.as_slice() {
        [] => String::new(),
        names => format!(" (left out: {})", some_names(names)),
    };
    format!("{}, {what}{left_out}", EscapedPath(&side.path))
}

fn count_of(files: usize) -> String {
    format!("{files} {}", if files == 1 { "file" } else { "files" })
}

fn change_line(change: &Change) -> String {
    let one = |word: &str, file: &ComparedFile| {
        let size = file.size.map(|size| format!("  {size} bytes")).unwrap_or_default();
        format!("{word:<8} {}{size}", Escaped(&file.name))
    };
    let two = |word: &str, old: &ComparedFile, new: &ComparedFile| {
        let name = match old.name == new.name {
            true => Escaped(&old.name).to_string(),
            false => format!("{} -> {}", Escaped(&old.name), Escaped(&new.name)),
        };
        format!("{word:<8} {name}{}", sizes(old, new))
    };
    match change {
        Change::Added(file) => one("added", file),
        Change::Removed(file) => one("removed", file),
        Change::Renamed { old, new } => two("renamed", old, new),
        Change::Changed { old, new } => format!("{}{}", two("changed", old, new), shards(old, new)),
    }
}

fn sizes(old: &ComparedFile, new: &ComparedFile) -> String {
    match (old.size, new.size) {
        (None, None) => String::new(),
        (Some(one), Some(other)) if one == other => format!("  {one} bytes"),
        (Some(one), Some(other)) => format!("  {one} -> {other} bytes"),
        (Some(one), None) => format!("  {one} bytes -> size not stated"),
        (None, Some(other)) => format!("  size not stated -> {other} bytes"),
    }
}

/// How many shards differ, where there are several.
fn shards(old: &ComparedFile, new: &ComparedFile) -> String {
    let (one, other) = (old.digests.as_slice(), new.digests.as_slice());
    let count = one.len().max(other.len());
    let same = one.iter().zip(other).filter(|(one, other)| one == other).count();
    if count > 1 { format!(", {} of {count} shards", count - same) } else { String::new() }
}

fn metadata_line(change: &MetadataChange) -> String {
    let name = change.field.name().replace('_', " ");
    let key = change.field.key().map(|key| format!(" {}", Escaped(key))).unwrap_or_default();
    let value = |value: &Option<String>| match value {
        Some(value) => Escaped(value).to_string(),
        None => "(none)".to_owned(),
    };
    format!("{:<14} {} -> {}", name + &key, value(&change.old), value(&change.new))
}

fn summary(diff: &Diff) -> String {
    if diff.is_equal() {
        return format!("equal: {}", count_of(diff.unchanged));
    }
    let count = |kind: fn(&Change) -> bool| diff.changes.iter().filter(|change| kind(change)).count();
    format!(
        "different: {} changed, {} added, {} removed, {} renamed, {} unchanged",
        count(|change| matches!(change, Change::Changed { .. })),
        count(|change| matches!(change, Change::Added(_))),
        count(|change| matches!(change, Change::Removed(_))),
        count(|change| matches!(change, Change::Renamed { .. })),
        diff.unchanged
    )
}

fn to_json(diff: &Diff) -> Value {
    let (mut changed, mut added, mut removed, mut renamed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for change in &diff.changes {
        let pair = |old, new| json!({ "old": file_json(old), "new": file_json(new) });
        match change {
            Change::Changed { old, new } => changed.push(pair(old, new)),
            Change::Renamed { old, new } => renamed.push(pair(old, new)),
            Change::Added(file) => added.push(file_json(file)),
            Change::Removed(file) => removed.push(file_json(file)),
        }
    }
    let metadata: Vec<Value> = diff
        .metadata
        .iter()
        .map(|change| {
            let (field, key) = (change.field.name(), change.field.key());
            json!({ "field": field, "key": key, "old": change.old, "new": change.new })
        })
        .collect();
    json!({
        "schema": "weightseal.diff/1",
        "equal": diff.is_equal(),
        "old": side_json(&diff.old),
        "new": side_json(&diff.new),
        "algorithm": diff.plan.algorithm.name(),
        "shard_size": diff.plan.cut.shard_size(),
        "changed": changed,
        "added": added,
        "removed": removed,
        "renamed": renamed,
        "unchanged": diff.unchanged,
        "metadata": metadata,
        "verified": false,
    })
}

fn side_json(side: &Side) -> Value {
    json!({
        "path": side.path.to_string_lossy(),
        "kind": side.kind.name(),
        "files": side.files,
        "left_out": side.left_out,
    })
}

fn file_json(file: &ComparedFile) -> Value {
    let digests: Vec<String> = file.digests.as_slice().iter().map(ToString::to_string).collect();
    json!({ "name": file.name, "digests": digests, "size": file.size })
}
