//! Verifying a part of a folder, because only that was asked for: some files, folders or shards by their signed names.

#![expect(
    clippy::indexing_slicing,
    reason = "positions in the statement at hand, with one fact for each of its files"
)]

use std::collections::BTreeMap;
use std::path::Path;

use super::facts::{Checked, FileStatus};
use super::oms::{facts_of, plan_of, range_of};
use super::outcome::Trouble;
use super::range::{Listed, RangeTarget};
use super::reason::Reason;
use super::run::{Run, Shown};
use crate::envelope::{OmsStatement, SignedFile};
use crate::file::{Filling, Tree};
use crate::hash::{HashError, hash_range};
use crate::listing::{is_at_or_below, split_shard};

impl Run<'_> {
    /// Only what was asked for is looked at; what else lies in the folder is not.
    pub(super) fn part_of_folder(
        &mut self,
        statement: &OmsStatement,
        tree: &Tree,
    ) -> Result<Vec<Filling>, Trouble> {
        self.facts.files = facts_of(statement, tree.root());
        let mut whole = Vec::new();
        let mut shards: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for asked in &self.target.only {
            let asked = asked.trim_end_matches('/');
            let below = |file: &SignedFile| is_at_or_below(file.shown_name(), asked);
            let files = statement.files.iter().enumerate().filter(|(_, file)| below(file));
            let positions: Vec<usize> = files.map(|(at, _)| at).collect();
            if !positions.is_empty() {
                whole.extend(positions);
            } else if let Some((position, shard)) = find_shard(statement, asked) {
                shards.entry(position).or_default().push(shard);
            } else {
                self.reasons.push(Reason::NotListed { name: asked.to_owned() });
            }
        }
        whole.sort_unstable();
        whole.dedup();
        let (kept, mut trouble) = self.hash_files(statement, tree, &whole);
        for (position, parts) in shards {
            if whole.binary_search(&position).is_err() {
                self.hash_shards(statement, tree, position, parts, &mut trouble);
            }
        }
        self.settle(trouble, kept)
    }

    /// A range of the bytes of the one file that was asked for.
    pub(super) fn range_in_folder(
        &mut self,
        range: &RangeTarget,
        statement: &OmsStatement,
        tree: &Tree,
        signature: &Path,
    ) -> Result<Shown, Trouble> {
        self.facts.files = facts_of(statement, tree.root());
        let [asked] = self.target.only.as_slice() else { return Err(Trouble::RangeOfMany) };
        let nothing = Shown { whole: false, signature: None, placed: None, kept: Vec::new() };
        let position = statement.files.iter().position(|file| file.shown_name() == asked);
        let is_folder = |file: &SignedFile| is_at_or_below(file.shown_name(), asked.trim_end_matches('/'));
        if position.is_none() && statement.files.iter().any(is_folder) {
            return Err(Trouble::RangeOfMany);
        }
        let Some(position) = position else {
            self.reasons.push(Reason::NotListed { name: asked.to_owned() });
            return Ok(nothing);
        };
        let mut fact = self.facts.files[position].clone();
        let result = match tree.open_file(Path::new(asked)) {
            Ok(opened) => {
                let listed = Listed::new(&statement.files, position);
                self.range_of(range, &opened, &mut fact, &listed, (tree.root(), signature))
            }
            Err(error) => {
                let mut trouble = None;
                self.not_hashed(&mut fact, error.into(), &mut trouble);
                trouble.map_or(Ok(nothing), |error| Err(error.into()))
            }
        };
        self.facts.files[position] = fact;
        result
    }

    fn hash_shards(
        &mut self,
        statement: &OmsStatement,
        tree: &Tree,
        position: usize,
        mut parts: Vec<usize>,
        trouble: &mut Option<HashError>,
    ) {
        parts.sort_unstable();
        parts.dedup();
        let file = &statement.files[position];
        let mut fact = self.facts.files[position].clone();
        fact.status = FileStatus::PartlyChecked;
        for at in parts {
            let range = range_of(statement, file, at);
            let opened = tree.open_file(Path::new(file.shown_name()));
            let algorithm = plan_of(statement).algorithm;
            let hashed = opened
                .map_err(HashError::from)
                .and_then(|opened| hash_range(&opened, range.clone(), algorithm, self.observer));
            let (found, size) = match hashed {
                Ok(hashed) => hashed,
                Err(error) => {
                    self.not_hashed(&mut fact, error, trouble);
                    break;
                }
            };
            let expected = file.digests.as_slice()[at];
            fact.checked = Some(Checked::Digest);
            if let Some(shards) = &mut fact.shards {
                shards.checked += 1;
                if found != expected {
                    shards.changed.push(range.clone());
                }
            }
            if found != expected || size != range.end - range.start {
                fact.status = FileStatus::Changed;
                let (name, expected, found) = (fact.name.clone(), expected.into(), found.into());
                self.reasons.push(Reason::ShardMismatch { name, range, expected, found });
            }
        }
        self.facts.files[position] = fact;
    }
}

fn find_shard(statement: &OmsStatement, asked: &str) -> Option<(usize, usize)> {
    let (path, range) = split_shard(asked)?;
    let position = statement.files.iter().position(|file| file.shown_name() == path)?;
    let file = &statement.files[position];
    let count = file.digests.as_slice().len();
    let at = (0..count).find(|at| range_of(statement, file, *at) == range)?;
    statement.shard_size.map(|_| (position, at))
}
