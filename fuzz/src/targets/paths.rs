//! Names lead down, and only there; what is excluded, what a pattern fits and what collides is what the plainest reading
//! of the documents says. The input is lines: a name, a pattern, and paths.

use std::path::{Component, Path};

use weightseal::format::{bundle_name, countersignature_name, is_manifest_name, is_oms_name, manifest_names};
use weightseal::listing::{
    Exclusions, Layout, SafeName, escaped_name, find_collision, is_at_or_below, parse_ignored, shard_name,
    split_shard,
};
use weightseal::text::Escaped;
use weightseal::trust::Pattern;

use crate::second::manifest::is_safe;

/// See above.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let (name, pattern) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let others: Vec<&str> = lines.take(32).collect();
    super::is_fit_to_show(Escaped(&text));
    escaping(bytes);
    shards(name);
    files(name);
    matching(pattern, name);
    let parsed: Vec<SafeName> = [name].iter().chain(&others).filter_map(|text| safe(text)).collect();
    exclusions(&parsed, name, &others);
    collisions(&parsed);
}

fn safe(text: &str) -> Option<SafeName> {
    let parsed = text.parse::<SafeName>();
    assert_eq!(parsed.is_ok(), is_safe(text), "{text:?}");
    match parsed {
        Ok(name) => {
            super::is_fit_to_show(&name);
            assert_eq!(name.as_str(), text);
            let path = name.below(Path::new("/model"));
            let mut parts = path.strip_prefix("/model").expect("below").components();
            assert!(parts.all(|part| matches!(part, Component::Normal(_))));
            assert_eq!(name.is_single(), name.components().count() == 1);
            assert_eq!(name.components().last(), Some(name.file_name()));
            Some(name)
        }
        Err(error) => {
            super::is_fit_to_show(error);
            None
        }
    }
}

fn escaping(bytes: &[u8]) {
    let (mark, escaped) = escaped_name(bytes);
    assert!(!escaped.contains(&b'\n') && !escaped.contains(&b'\r'));
    assert_eq!(mark.is_empty(), escaped == bytes);
}

fn shards(name: &str) {
    if let Some((path, range)) = split_shard(name) {
        assert!(range.start < range.end);
        assert_eq!(shard_name(path, &range), name);
    }
    assert_eq!(split_shard(&shard_name(name, &(7..9))), Some((name, 7..9)));
}

/// Names of signature files.
fn files(name: &str) {
    if !is_safe(name) || name.contains('/') {
        return;
    }
    let manifests = manifest_names(name);
    assert!(
        (1..=2).contains(&manifests.len()) && manifests.iter().all(|it| is_manifest_name(it)),
        "{name:?}"
    );
    for first in manifests.iter().map(String::as_str).chain([name]) {
        let second = countersignature_name(first, 2);
        assert_eq!(second.is_some(), is_manifest_name(first) || is_oms_name(first));
        assert!(second.is_none_or(|second| second != first
            && bundle_name(&second).starts_with(bundle_name(first).trim_end_matches(".sig"))));
    }
    for layout in Layout::ALL {
        let runs = [".py", ".pyc", ".json"].iter().any(|it| name.to_ascii_lowercase().ends_with(it));
        assert!(!(runs && layout.wrote(name)));
        assert!(!layout.wrote(&format!(".cache/huggingface/download/__pycache__/{name}")));
        assert!(!layout.wrote(&format!(".cache/huggingface/download/{name}.py")));
    }
}

/// A star is any number of letters but `/`; everything else is itself.
fn matching(pattern: &str, name: &str) {
    let Ok(parsed) = pattern.parse::<Pattern>() else { return };
    assert_eq!(parsed.as_str(), pattern);
    if name.len() <= 300 && pattern.len() <= 300 {
        assert_eq!(parsed.matches(name), fits(pattern.as_bytes(), name.as_bytes()), "{pattern:?} {name:?}");
    }
}

/// By a table of all beginnings: row by row of the pattern, whether it fits the name up to each place.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for byte in pattern {
        let mut next = vec![false; name.len() + 1];
        for at in 0..=name.len() {
            next[at] = match byte {
                b'*' => reached[at] || (at > 0 && next[at - 1] && name[at - 1] != b'/'),
                _ => at > 0 && reached[at - 1] && name[at - 1] == *byte,
            };
        }
        reached = next;
    }
    reached[name.len()]
}

fn exclusions(parsed: &[SafeName], name: &str, others: &[&str]) {
    let ignored: Vec<SafeName> = others.iter().filter_map(|path| parse_ignored(path).ok()).collect();
    for path in others {
        let expected = is_safe(path) && !path.contains(['*', '?', '[']);
        assert_eq!(parse_ignored(path).is_ok(), expected, "{path:?}");
    }
    let excluded = Exclusions::new(ignored.iter().cloned());
    for candidate in parsed.iter().map(SafeName::as_str).chain([name]) {
        let expected = ignored.iter().any(|path| is_at_or_below(candidate, path.as_str()));
        assert_eq!(excluded.of(candidate).is_some(), expected, "{candidate:?}");
    }
}

fn collisions(parsed: &[SafeName]) {
    let names: Vec<&str> = parsed.iter().map(SafeName::as_str).collect();
    match find_collision(names.iter().copied()) {
        Some((one, other)) => assert_ne!(one, other),
        // No two that differ in the case of ASCII letters alone.
        None => {
            for one in &names {
                let same = |other: &&&str| one != *other && one.eq_ignore_ascii_case(other);
                assert!(names.iter().find(same).is_none(), "{one:?}");
            }
        }
    }
}
