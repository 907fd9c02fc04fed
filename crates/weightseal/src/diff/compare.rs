//! Comparing two lists of files: by name first, and what is left over by content.

use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};

use super::side::Listed;
use super::{Change, ComparedFile};
use crate::digest::ContentDigest;

/// What differs, sorted by name, and how many files do not.
pub(super) fn compare(old: Listed, new: Listed) -> (Vec<Change>, usize) {
    if let (Some(one), Some(other)) = (old.names.of_one(), new.names.of_one()) {
        return compare_two_files(old.files, new.files, one.tell_apart(other));
    }
    let (mut changes, mut removed, mut added) = (Vec::new(), Vec::new(), Vec::new());
    let mut unchanged = 0;
    let (mut old, mut new) = (sorted(old.files).peekable(), sorted(new.files).peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => one.name.cmp(&other.name),
        };
        match order {
            Ordering::Less => removed.extend(old.next()),
            Ordering::Greater => added.extend(new.next()),
            Ordering::Equal => match old.next().zip(new.next()) {
                Some((one, other)) if one.has_content_of(&other) => unchanged += 1,
                pair => changes.extend(pair.map(|(old, new)| Change::Changed { old, new })),
            },
        }
    }
    // A file that was moved keeps its last component: among several of the same content, that one is meant.
    let moved = pair_up(&mut removed, &mut added, ComparedFile::last_component);
    let renamed = pair_up(&mut removed, &mut added, |_| "");
    changes.extend(moved.into_iter().chain(renamed).map(|(old, new)| Change::Renamed { old, new }));
    changes.extend(removed.into_iter().map(Change::Removed));
    changes.extend(added.into_iter().map(Change::Added));
    changes.sort_by(|one, other| one.name().cmp(other.name()));
    (changes, unchanged)
}

/// Each side is one file: these two are meant, whatever they are called.
fn compare_two_files(
    old: Vec<ComparedFile>,
    new: Vec<ComparedFile>,
    names_count: bool,
) -> (Vec<Change>, usize) {
    let mut changes = Vec::new();
    let mut unchanged = 0;
    for (old, new) in old.into_iter().zip(new) {
        if !old.has_content_of(&new) {
            changes.push(Change::Changed { old, new });
        } else if names_count && old.name != new.name {
            changes.push(Change::Renamed { old, new });
        } else {
            unchanged += 1;
        }
    }
    (changes, unchanged)
}

fn sorted(mut files: Vec<ComparedFile>) -> impl Iterator<Item = ComparedFile> {
    files.sort_by(|one, other| one.name.cmp(&other.name));
    files.into_iter()
}

/// Takes out of both lists the files with the same digests and the same part of the name: the first of one list with
/// the first of the other, the second with the second.
#[expect(clippy::indexing_slicing, reason = "`matching` gives positions in these lists")]
fn pair_up(
    removed: &mut Vec<ComparedFile>,
    added: &mut Vec<ComparedFile>,
    part: fn(&ComparedFile) -> &str,
) -> Vec<(ComparedFile, ComparedFile)> {
    let pairs = matching(removed, added, part);
    let mut old: Vec<Option<ComparedFile>> = removed.drain(..).map(Some).collect();
    let mut new: Vec<Option<ComparedFile>> = added.drain(..).map(Some).collect();
    let paired =
        pairs.into_iter().filter_map(|(one, other)| old[one].take().zip(new[other].take())).collect();
    removed.extend(old.into_iter().flatten());
    added.extend(new.into_iter().flatten());
    paired
}

/// The positions of files that belong together. A map, since a hostile signature may list very many.
fn matching(
    removed: &[ComparedFile],
    added: &[ComparedFile],
    part: fn(&ComparedFile) -> &str,
) -> Vec<(usize, usize)> {
    let mut places: HashMap<(&[ContentDigest], &str), VecDeque<usize>> = HashMap::new();
    for (at, file) in removed.iter().enumerate() {
        places.entry((file.digests.as_slice(), part(file))).or_default().push_back(at);
    }
    let mut pairs = Vec::new();
    for (new, file) in added.iter().enumerate() {
        let old = places.get_mut(&(file.digests.as_slice(), part(file))).and_then(VecDeque::pop_front);
        pairs.extend(old.map(|old| (old, new)));
    }
    pairs
}

impl ComparedFile {
    /// The digests decide; two sizes that contradict each other cannot belong to one content.
    fn has_content_of(&self, other: &Self) -> bool {
        let sizes_fit = self.size.zip(other.size).is_none_or(|(one, other)| one == other);
        self.digests == other.digests && sizes_fit
    }

    fn last_component(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }
}
