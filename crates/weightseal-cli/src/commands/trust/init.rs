//! `weightseal trust init`: a new trust store, empty or with the keys of one signer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;
use weightseal::file::{FileError, entries, exists, folder_of};
use weightseal::key::load_public;
use weightseal::text::{Escaped, EscapedPath};
use weightseal::time::Instant;

use super::parse_time;
use crate::args_trust::TrustInitArguments;
use crate::output::Output;
use crate::problem::Problem;
use crate::store::{NewKey, StoreText, create, edited, key_json, seconds};

/// A folder with more entries than this is no folder of keys.
const MOST_ENTRIES: usize = 100_000;

/// The new store up to its first table. `TIME` is replaced by the end of its validity.
const HEAD: &str = "\
# Who signs which models, with which keys, from when until when.
# `weightseal trust` edits this file, and keeps comments. By hand: raise `serial` with every change.

serial = 1
# From this moment on nothing is verified with this store. Look through it, then write a later one.
expires_at = TIME
";

/// What stands in a store without signers.
const EXAMPLE: &str = "
# Without signers, and without a rule that says what they may sign, everything is refused.
#
#   weightseal trust add --signer training-pipeline@ml-team --key signing_key.pub --models 'classifier_*'
#
# writes this, with the key itself in the place of its file's name; either will do:
#
# [[signer]]
# name = \"training-pipeline@ml-team\"
#
# [[signer.key]]
# version = 1
# public_key = \"signing_key.pub\"
#
# [[rule]]
# models = \"classifier_*\"
# signers = [\"training-pipeline@ml-team\"]
#
# All rules that match a model's name have to hold. A rule can ask for more:
#
# max_age = \"1y\"
# minimum_model_version = 3
";

#[expect(clippy::indexing_slicing, reason = "fields of JSON objects that are made here")]
pub(crate) fn run(arguments: &TrustInitArguments, output: &mut Output) -> Result<(), Problem> {
    let path = &arguments.store.trust;
    let now = Instant::now();
    let expires = parse_time("--expires", &arguments.expires, now)?;
    if expires <= now {
        return Err(Problem::usage("--expires lies in the past: the store would decide nothing", None));
    }
    let head = HEAD.replace("TIME", &seconds(expires));
    let mut models = arguments.models.clone();
    let text = match &arguments.signer {
        Some(signer) => {
            if models.is_empty() {
                models.push("*".to_owned());
            }
            with_keys(&head, signer, &keys(&arguments.from_keys)?, &models)?
        }
        None => format!("{head}{EXAMPLE}"),
    };
    let store = create(path, &text)?;
    let (serial, end) = (store.serial(), seconds(store.expires_at()));
    output.text(&format!("created: {}  serial {serial}, expires {end}\n", EscapedPath(path)));
    match store.signers().first() {
        Some(signer) => {
            let shown: Vec<String> = models.iter().map(|pattern| format!("`{}`", Escaped(pattern))).collect();
            output.text(&format!("{} signs {} with:\n", Escaped(&signer.name), shown.join(", ")));
            for key in &signer.keys {
                output.text(&format!("  {}\n", crate::store::key_name(key)));
            }
            if signer.keys.len() > 1 {
                output.note("all of these keys may sign; `weightseal trust retire` ends the old ones");
            }
        }
        None => output.note("it refuses everything until `weightseal trust add` adds a signer"),
    }
    output.json_of(|| {
        let mut value = edited("init", path, &store);
        value["keys"] = store
            .signers()
            .iter()
            .flat_map(|signer| signer.keys.iter().map(|key| key_json(&signer.name, key, now)))
            .collect();
        value["models"] = json!(models);
        value
    });
    Ok(())
}

fn with_keys(head: &str, signer: &str, keys: &[NewKey], models: &[String]) -> Result<String, Problem> {
    let mut text = StoreText::parse(head)?;
    for key in keys {
        text.add_key(signer, key)?;
    }
    text.allow(models, signer)?;
    Ok(text.to_text())
}

/// The public keys in these files, the lowest version first.
fn keys(globs: &[PathBuf]) -> Result<Vec<NewKey>, Problem> {
    let mut keys: Vec<NewKey> = Vec::new();
    let mut versions: BTreeMap<u64, PathBuf> = BTreeMap::new();
    for glob in globs {
        for path in expand(glob)? {
            let version = version_of(&path)?;
            if let Some(version) = version
                && let Some(other) = versions.insert(version, path.clone())
            {
                let (one, other) = (EscapedPath(&path), EscapedPath(&other));
                return Err(Problem::usage(
                    format!("`{other}` and `{one}` would both be version {version} of the key"),
                    Some("name only one of them"),
                ));
            }
            keys.push(NewKey::bare(load_public(&path)?, version));
        }
    }
    keys.sort_by_key(|key| (key.version.is_none(), key.version));
    Ok(keys)
}

/// The files that a pattern stands for, sorted. What exists under this very name is no pattern.
fn expand(glob: &Path) -> Result<Vec<PathBuf>, Problem> {
    let pattern = glob.file_name().and_then(|name| name.to_str()).filter(|name| name.contains(['*', '?']));
    let Some(pattern) = pattern.filter(|_| !exists(glob)) else { return Ok(vec![glob.to_owned()]) };
    let pattern: Vec<char> = pattern.chars().collect();
    let fits = |name: &std::ffi::OsStr| {
        name.to_str().is_some_and(|name| {
            // As in a shell, a star does not stand for the dot that hides a file.
            (!name.starts_with('.') || pattern.starts_with(&['.'])) && matches(&pattern, name)
        })
    };
    let strip = |path: PathBuf| path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
    let found = entries(folder_of(glob), MOST_ENTRIES, &fits)?;
    if found.is_empty() {
        return Err(FileError::NotFound { path: glob.to_owned() }.into());
    }
    Ok(if glob.starts_with(".") { found } else { found.into_iter().map(strip).collect() })
}

/// Whether a name fits a pattern with `*` (any characters) and `?` (one).
#[expect(clippy::indexing_slicing, reason = "one place more than the pattern has characters")]
fn matches(pattern: &[char], name: &str) -> bool {
    // Which beginnings of the pattern the name fits so far.
    let mut reached = vec![false; pattern.len() + 1];
    reached[0] = true;
    let over_stars = |reached: &mut [bool]| {
        for at in 0..pattern.len() {
            reached[at + 1] |= reached[at] && pattern[at] == '*';
        }
    };
    over_stars(&mut reached);
    for c in name.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for at in 0..pattern.len() {
            match pattern[at] {
                '*' => next[at] |= reached[at],
                '?' => next[at + 1] |= reached[at],
                wanted => next[at + 1] |= reached[at] && wanted == c,
            }
        }
        over_stars(&mut next);
        reached = next;
    }
    reached[pattern.len()]
}

/// The digits after the last `v` of a file's name: 2 in `signing_key_v2.pub`.
fn version_of(path: &Path) -> Result<Option<u64>, Problem> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((_, rest)) = name.rsplit_once('v') else { return Ok(None) };
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    if digits.is_empty() {
        return Ok(None);
    }
    match digits.parse() {
        Ok(version) if (1..=1 << 53).contains(&version) => Ok(Some(version)),
        _ => Err(Problem::usage(
            format!("the version in the name of `{}` is not a number from 1 to 2^53", EscapedPath(path)),
            Some("give the file another name"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_stands_after_the_last_v() {
        let version = |name: &str| version_of(Path::new(name)).map_err(|problem| problem.code);
        assert_eq!(version("keys/signing_key_v2.pub"), Ok(Some(2)));
        assert_eq!(version("v1/signing_key_v012.old.pub"), Ok(Some(12)));
        assert_eq!(version("signing_key.pub"), Ok(None));
        assert_eq!(version("key_v2_dev.pub"), Ok(None));
        assert_eq!(version("key_v0.pub"), Err("usage"));
        assert_eq!(version("key_v99999999999999999999.pub"), Err("usage"));
    }

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        let fits = |pattern: &str, name: &str| matches(&pattern.chars().collect::<Vec<_>>(), name);
        for name in ["signing_key_v1.pub", "signing_key_v10.pub", "signing_key_v.pub"] {
            assert!(fits("signing_key_v*.pub", name), "{name}");
        }
        for name in ["signing_key_v1.pem", "xsigning_key_v1.pub", "signing_key_1.pub", ""] {
            assert!(!fits("signing_key_v*.pub", name), "{name}");
        }
        assert!(fits("k?y*", "k\u{e4}y") && fits("*", "") && !fits("k?y", "ky") && !fits("k?y", "kaay"));
        assert!(fits("*a*b*", "xxaxxbxx") && !fits("*a*b*", "xxbxxaxx"));
    }
}
