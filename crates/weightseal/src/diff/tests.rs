//! Comparing lists of files.

use super::compare::compare;
use super::side::{Listed, Names, OwnName, SideKind};
use super::{Change, ComparedFile};
use crate::digest::Digest;
use crate::envelope::SignedDigests;

fn file(name: &str, content: &str) -> ComparedFile {
    let digests = SignedDigests::Whole(Digest::of(content.as_bytes()).into());
    ComparedFile { name: name.to_owned(), digests, size: Some(content.len() as u64) }
}

fn listed(files: &[(&str, &str)], names: Names) -> Listed {
    Listed::new(SideKind::Oms, names, files.iter().map(|(name, content)| file(name, content)).collect())
}

/// What differs, as short text.
fn shown(old: &[(&str, &str)], new: &[(&str, &str)]) -> (Vec<String>, usize) {
    let (changes, unchanged) = compare(listed(old, Names::OfSeveral), listed(new, Names::OfSeveral));
    (changes.iter().map(show).collect(), unchanged)
}

fn show(change: &Change) -> String {
    match change {
        Change::Changed { old, new } => format!("changed {} {}", old.name, new.name),
        Change::Added(file) => format!("added {}", file.name),
        Change::Removed(file) => format!("removed {}", file.name),
        Change::Renamed { old, new } => format!("renamed {} {}", old.name, new.name),
    }
}

#[test]
fn every_kind_of_change_is_told_apart() {
    let old = [("d/moved", "m"), ("gone", "g"), ("same", "s"), ("was", "w"), ("x", "1")];
    let new = [("e/moved", "m"), ("fresh", "f"), ("is", "w"), ("same", "s"), ("x", "2")];
    let expected =
        ["renamed d/moved e/moved", "added fresh", "removed gone", "renamed was is", "changed x x"];
    assert_eq!(shown(&old, &new), (expected.map(str::to_owned).to_vec(), 1));
    assert_eq!(shown(&old, &old), (Vec::new(), 5));
    assert_eq!(shown(&[("b", "1"), ("a", "2")], &[("a", "2"), ("b", "1")]), (Vec::new(), 2));
}

#[test]
fn two_files_that_were_swapped_are_two_changes() {
    let (changes, unchanged) = shown(&[("a", "1"), ("b", "2")], &[("a", "2"), ("b", "1")]);
    assert_eq!((changes, unchanged), (vec!["changed a a".to_owned(), "changed b b".to_owned()], 0));
}

#[test]
fn among_equal_files_the_last_component_decides_which_was_renamed() {
    let (changes, _) =
        shown(&[("a/one", ""), ("a/two", "")], &[("b/two", ""), ("c/one", ""), ("d/three", "")]);
    assert_eq!(changes, ["renamed a/one c/one", "renamed a/two b/two", "added d/three"]);
}

#[test]
fn sizes_that_contradict_each_other_are_a_change() {
    let (one, mut other) = (file("a", "1"), file("a", "1"));
    other.size = None;
    let compare_one = |other: &ComparedFile| {
        let side = |file: &ComparedFile| Listed::new(SideKind::Oms, Names::OfSeveral, vec![file.clone()]);
        compare(side(&one), side(other)).0
    };
    assert_eq!(compare_one(&other), []);
    other.size = Some(2);
    assert_eq!(compare_one(&other).iter().map(show).collect::<Vec<_>>(), ["changed a a"]);
}

#[test]
fn one_file_is_compared_with_one_file_whatever_they_are_called() {
    let side = |name, content, own| listed(&[(name, content)], Names::OfOne(own));
    let show_all = |old, new| compare(old, new).0.iter().map(show).collect::<Vec<_>>();
    let (binding, called, meaningless) = (OwnName::Binding, OwnName::Called, OwnName::Meaningless);
    for (one, other, expected) in [
        (called, called, &[][..]),
        (called, meaningless, &[]),
        (meaningless, meaningless, &[]),
        (binding, meaningless, &[]),
        (binding, called, &["renamed a b"]),
        (called, binding, &["renamed a b"]),
        (binding, binding, &["renamed a b"]),
    ] {
        assert_eq!(show_all(side("a", "1", one), side("b", "1", other)), expected);
        assert_eq!(show_all(side("a", "1", one), side("b", "2", other)), ["changed a b"]);
    }
    let folder = listed(&[("a", "1"), ("c", "3")], Names::OfSeveral);
    assert_eq!(show_all(side("a", "1", called), folder), ["added c"]);
}

#[test]
fn very_many_files_are_compared_at_once() {
    let side = |prefix: &str, content: &str| {
        let files = (0..100_000).map(|at| file(&format!("{prefix}{at}"), content));
        Listed::new(SideKind::Oms, Names::OfSeveral, files.collect())
    };
    let (changes, unchanged) = compare(side("a", "same for all"), side("b", "same for all"));
    assert_eq!((changes.len(), unchanged), (100_000, 0));
    assert!(changes.iter().all(|change| matches!(change, Change::Renamed { .. })));
}
