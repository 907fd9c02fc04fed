//! Holding the files of a model against an OMS signature (OpenSSF Model Signing v1.0, section 8.4): every one that is
//! listed, and nothing else but what is left out by rule. All differences are found, not only the first.

#![expect(
    clippy::indexing_slicing,
    reason = "positions in the statement at hand, with one fact for each of its files"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::content::{Copy, SignedBytes};
use super::facts::{Checked, FileFact, FileStatus, ShardFact, Weakening};
use super::oms_trust::OmsModel;
use super::outcome::{SignatureRead, Trouble};
use super::policy::{DefaultExcludes, SignedLinks, UnsignedFiles};
use super::range::Listed;
use super::reason::{Found, Reason};
use super::run::{Mode, Run, Shown, name_of, nothing_shown};
use crate::digest::ContentDigest;
use crate::envelope::{Container, OmsStatement, SignedDigests, SignedFile};
use crate::file::{
    EntryKind, FileError, Filling, Follow, Kind, Links, OpenedFile, Tree, TreeEntry, fingerprint, place_below,
};
use crate::format::{OMS_SUFFIX, OmsSignature, SignatureFile};
use crate::hash::{ContentDigests, Cut, HashError, Hashed, Plan, Source, hash_all};
use crate::listing::{Exclusions, Layout, SafeName};
use crate::trust::OmsCompat;

/// Most extra files that are hashed to see whether one is a signed file under another name.
const MOST_RENAMED: usize = 1_000;

/// What is left out, and by whose word.
struct Rules<'a> {
    default: Exclusions,
    signed: Exclusions,
    caller: Exclusions,
    signature: &'a Path,
}

/// What a folder has, held against what was signed. Positions are those of the signed files.
#[derive(Default)]
struct Matched {
    present: Vec<usize>,
    missing: Vec<usize>,
    extra: Vec<(PathBuf, Found)>,
    trouble: Option<FileError>,
}

impl Run<'_> {
    /// One file with a signature of its own.
    pub(super) fn oms_file(
        &mut self,
        oms: OmsSignature,
        bytes: Vec<u8>,
        opened: OpenedFile,
        asked: SafeName,
    ) -> Result<Shown, Trouble> {
        if self.target.base.is_some() {
            return Err(Trouble::BaseOfOne);
        }
        if !self.target.only.is_empty() {
            return Err(Trouble::OnlyOfFolder);
        }
        let expected = self.target.name.clone().unwrap_or_else(|| asked.as_str().to_owned());
        let model = OmsModel { container: Container::File, expected, folder: None };
        let holds = self.hold_oms(&oms, &bytes, &model);
        // Of a hundred thousand files it is 20 MB.
        drop(bytes);
        let statement = &oms.statement;
        let ([file], true) = (statement.files.as_slice(), holds) else { return Ok(nothing_shown()) };
        if self.mode == Mode::Judge {
            return Ok(nothing_shown());
        }
        if let Some(name) = file.name.as_ref().filter(|name| name.as_str() != model.expected) {
            let (manifest_of, asked) = (name.as_str().to_owned(), model.expected.clone());
            self.reasons.push(Reason::WrongModel { manifest_of, asked });
        }
        let mut fact = fact_of(file, asked.as_str(), opened.path().to_owned());
        if let Some(range) = &self.target.range {
            let at = self.facts.signature_file.clone().unwrap_or_default();
            let listed = Listed::new(&statement.files, 0);
            let path = opened.path().to_owned();
            let shown = self.range_of(range, &opened, &mut fact, &listed, (&path, &at));
            self.facts.files.push(fact);
            let signature = SignatureRead { file: SignatureFile::Oms(Box::new(oms)), bytes: Vec::new() };
            return Ok(Shown { signature: Some(signature), ..shown? });
        }
        let path = opened.path().to_owned();
        let hashed = self.hash_one(opened, &asked, file.into(), plan_of(statement))?;
        let Hashed { digests, source_changed, copy, hard_linked } = hashed;
        if hard_linked {
            self.facts.hard_linked.push(asked.as_str().to_owned());
        }
        let again = || OpenedFile::open(&path, Links::Refuse);
        let compared = self.compare_planned(&mut fact, file, statement, digests, source_changed, &again);
        self.facts.files.push(fact);
        compared?;
        let signature = SignatureRead { file: SignatureFile::Oms(Box::new(oms)), bytes: Vec::new() };
        let (placed, kept) = Copy::split(copy);
        Ok(Shown { whole: true, signature: Some(signature), placed, kept: kept.into_iter().collect() })
    }

    /// A folder, whole or in part.
    pub(super) fn oms_folder(
        &mut self,
        oms: OmsSignature,
        bytes: Vec<u8>,
        folder: &Path,
        at: &Path,
    ) -> Result<Shown, Trouble> {
        if self.target.base.is_some() {
            return Err(Trouble::BaseOfOne);
        }
        if self.target.copy_to.is_some() && self.target.range.is_none() {
            return Err(Trouble::CopyOfMany);
        }
        if let Some(state) = &self.policy.state
            && place_below(&state.path, folder).is_ok_and(|below| below.is_some())
        {
            return Err(Trouble::StateInModel { path: state.path.clone() });
        }
        let model = OmsModel {
            container: Container::Folder,
            expected: self.target.name.clone().unwrap_or_else(|| name_of(folder)),
            folder: Some(folder),
        };
        if !self.hold_oms(&oms, &bytes, &model) || self.mode == Mode::Judge {
            return Ok(nothing_shown());
        }
        // Of a hundred thousand files it is 20 MB.
        drop(bytes);
        let statement = &oms.statement;
        let tree = Tree::open(folder, self.follow(statement))?;
        if let Some(range) = &self.target.range {
            let shown = self.range_in_folder(range, statement, &tree, at)?;
            let signature = SignatureRead { file: SignatureFile::Oms(Box::new(oms)), bytes: Vec::new() };
            return Ok(Shown { signature: Some(signature), ..shown });
        }
        let (kept, whole) = if self.target.only.is_empty() {
            (self.whole_folder(statement, &tree, at)?, true)
        } else {
            (self.part_of_folder(statement, &tree)?, false)
        };
        let signature = SignatureRead { file: SignatureFile::Oms(Box::new(oms)), bytes: Vec::new() };
        Ok(Shown { whole, signature: Some(signature), placed: None, kept })
    }

    pub(super) fn follow(&mut self, statement: &OmsStatement) -> Follow {
        match (statement.allow_symlinks, self.policy.folder.links) {
            (false, _) => Follow::Refuse,
            (true, SignedLinks::Beneath) => Follow::Beneath,
            (true, SignedLinks::Anywhere) => Follow::Anywhere,
        }
    }

    pub(super) fn whole_folder(
        &mut self,
        statement: &OmsStatement,
        tree: &Tree,
        at: &Path,
    ) -> Result<Vec<Filling>, Trouble> {
        let entries = tree.list()?;
        self.facts.files = facts_of(statement, tree.root());
        let mut matched = self.match_entries(statement, tree, &entries, at);
        let before = fingerprint(&entries);
        drop(entries);
        let (kept, trouble) = self.hash_files(statement, tree, &matched.present);
        let trouble = matched.trouble.take().map(HashError::from).or(trouble);
        self.find_renamed(statement, tree, &mut matched);
        self.report(statement, tree, matched);
        // Names that come and go while files are hashed were in nobody's list.
        let changed = fingerprint(&tree.list()?) != before;
        let trouble =
            trouble.or_else(|| changed.then(|| FileError::Changed { path: tree.root().to_owned() }.into()));
        self.settle(trouble, kept)
    }

    /// Holds the two lists against each other; both are sorted by name.
    fn match_entries(
        &mut self,
        statement: &OmsStatement,
        tree: &Tree,
        entries: &[TreeEntry],
        signature: &Path,
    ) -> Matched {
        let mut matched = Matched::default();
        let rules = Rules {
            default: Exclusions::defaults(),
            signed: Exclusions::new(statement.ignored.iter().cloned()),
            caller: Exclusions::new(self.policy.folder.ignore.iter().cloned()),
            signature,
        };
        let mut next = 0;
        for (position, file) in statement.files.iter().enumerate() {
            let name = OsStr::new(file.shown_name());
            while next < entries.len() && *entries[next].name < *name {
                self.judge_unlisted(&rules, tree, &entries[next], &mut matched);
                next += 1;
            }
            match entries.get(next).filter(|entry| entry.name == name) {
                Some(entry) => {
                    self.judge_listed(position, entry, &mut matched);
                    next += 1;
                }
                None => matched.missing.push(position),
            }
        }
        for entry in &entries[next..] {
            self.judge_unlisted(&rules, tree, entry, &mut matched);
        }
        matched
    }

    fn judge_listed(&mut self, position: usize, entry: &TreeEntry, matched: &mut Matched) {
        let fact = &mut self.facts.files[position];
        let found = match &entry.kind {
            EntryKind::FollowedLink { outside: true } => {
                if !self.facts.weakened.contains(&Weakening::Links) {
                    self.facts.weakened.push(Weakening::Links);
                }
                return matched.present.push(position);
            }
            kind if kind.is_file() => return matched.present.push(position),
            EntryKind::Unreadable(error) if !is_broken_link(error) => {
                fact.status = FileStatus::Unreadable;
                matched.trouble.get_or_insert_with(|| again(error));
                return;
            }
            kind => found(kind),
        };
        fact.status = FileStatus::TypeChanged;
        self.reasons.push(Reason::TypeChanged { name: fact.name.clone(), found });
    }

    /// Something that the signature does not list: left out by a rule, or one too many.
    fn judge_unlisted(
        &mut self,
        left_out: &Rules<'_>,
        tree: &Tree,
        entry: &TreeEntry,
        matched: &mut Matched,
    ) {
        let rules = &self.policy.folder;
        let shown = entry.name.to_string_lossy().into_owned();
        let name = entry.name.to_str();
        match tree.is_same_file(Path::new(&entry.name), left_out.signature) {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => {
                matched.trouble.get_or_insert_with(|| again(&error));
                return;
            }
        }
        let by = |paths: &Exclusions| {
            let path = name.and_then(|name| paths.of(name));
            // The recorded place of a signature is that of a file: nothing hides below it, and no link.
            path.is_some_and(|path| {
                let is_signature = path.as_str().ends_with(OMS_SUFFIX);
                !is_signature || (name == Some(path.as_str()) && matches!(entry.kind, EntryKind::File))
            })
        };
        let by_default = by(&left_out.default);
        let beside = &mut self.facts.beside;
        if by_default && rules.default_excludes == DefaultExcludes::Reject {
            self.reasons.push(Reason::Excluded { name: PathBuf::from(&entry.name) });
        } else if by_default {
            beside.excluded.push(shown);
        } else if by(&left_out.signed) {
            beside.ignored.push(shown);
        } else if by(&left_out.caller) {
            beside.ignored_by_caller.push(shown);
        } else if matches!(entry.kind, EntryKind::File)
            && name.is_some_and(|name| rules.layouts.iter().any(|layout| layout.wrote(name)))
        {
            beside.layout.push(shown);
        } else if let EntryKind::Unreadable(error) = &entry.kind
            && !is_broken_link(error)
        {
            matched.trouble.get_or_insert_with(|| again(error));
        } else if rules.unsigned_files == UnsignedFiles::List {
            beside.unsigned.push(shown);
        } else {
            matched.extra.push((PathBuf::from(&entry.name), found(&entry.kind)));
        }
    }

    /// Hashes the files at these positions. The second result is what stood in the way of some.
    pub(super) fn hash_files(
        &mut self,
        statement: &OmsStatement,
        tree: &Tree,
        positions: &[usize],
    ) -> (Vec<Filling>, Option<HashError>) {
        let names: Vec<&Path> = positions.iter().map(|at| path_of(&statement.files[*at])).collect();
        let signed: Vec<SignedBytes> = positions.iter().map(|at| (&statement.files[*at]).into()).collect();
        let judge = |at: usize, hashed: Result<Hashed<Filling>, HashError>| match hashed {
            Ok(hashed) if is_as_signed(&statement.files[positions[at]], &hashed.digests) => {
                let Hashed { digests, hard_linked, copy, .. } = hashed;
                let checked = Checked::by(&digests);
                Judged::AsSigned { size: digests.size, checked, hard_linked, copy: copy.map(Box::new) }
            }
            other => Judged::Other(Box::new(other)),
        };
        let results = {
            let plan = plan_of(statement);
            let source = FolderSource { run: self, tree, names: &names, signed: &signed, plan };
            hash_all(names.len(), &source, self.target.engine, self.observer, &judge)
        };
        let mut facts = std::mem::take(&mut self.facts.files);
        let (mut kept, mut trouble) = (Vec::new(), None);
        for (position, result) in positions.iter().zip(results) {
            let (fact, file) = (&mut facts[*position], &statement.files[*position]);
            let is_hard_linked = match result {
                Judged::AsSigned { size, checked, hard_linked, copy } => {
                    fact.status = FileStatus::Unchanged;
                    fact.size = Some(size);
                    fact.checked = checked;
                    fact.chunk_root = file
                        .chunk_root
                        .filter(|_| matches!(checked, Some(Checked::ChunkRoot | Checked::Both)));
                    // No digest is reported that was not computed.
                    fact.found = fact.expected.filter(|_| checked != Some(Checked::ChunkRoot));
                    if let Some(shards) = &mut fact.shards {
                        shards.checked = shards.count;
                    }
                    kept.extend(copy.map(|copy| *copy));
                    hard_linked
                }
                Judged::Other(other) => match *other {
                    Ok(Hashed { digests, source_changed, hard_linked, copy }) => {
                        let again = || tree.open_file(path_of(file));
                        let compared =
                            self.compare_planned(fact, file, statement, digests, source_changed, &again);
                        match compared {
                            Ok(()) => kept.extend(copy),
                            Err(error) => trouble = trouble.or(Some(error)),
                        }
                        hard_linked
                    }
                    Err(error) => {
                        self.not_hashed(fact, error, &mut trouble);
                        false
                    }
                },
            };
            if is_hard_linked {
                self.facts.hard_linked.push(fact.name.clone());
            }
        }
        self.facts.files = facts;
        (kept, trouble)
    }

    /// A signed file that cannot be opened: it is gone, it is something else, or it cannot be read.
    pub(super) fn not_hashed(
        &mut self,
        fact: &mut FileFact,
        error: HashError,
        trouble: &mut Option<HashError>,
    ) {
        match error {
            HashError::File(FileError::NotFound { .. }) => {
                fact.status = FileStatus::Missing;
                let (name, path) = (fact.name.clone(), fact.path.clone());
                self.reasons.push(Reason::MissingFile { name, path });
            }
            HashError::File(FileError::Symlink { .. }) => {
                fact.status = FileStatus::TypeChanged;
                let (name, found) = (fact.name.clone(), Found::Symlink);
                self.reasons.push(Reason::TypeChanged { name, found });
            }
            HashError::File(FileError::NotRegular { kind, .. }) => {
                fact.status = FileStatus::TypeChanged;
                let (name, found) = (fact.name.clone(), Found::Other(kind));
                self.reasons.push(Reason::TypeChanged { name, found });
            }
            error => {
                fact.status = FileStatus::Unreadable;
                *trouble = trouble.take().or(Some(error));
            }
        }
    }

    /// Compares what was read with what was signed.
    pub(super) fn compare_planned(
        &mut self,
        fact: &mut FileFact,
        file: &SignedFile,
        statement: &OmsStatement,
        found: ContentDigests,
        source_changed: bool,
        again: &dyn Fn() -> Result<OpenedFile, FileError>,
    ) -> Result<(), HashError> {
        match &file.digests {
            SignedDigests::Whole(_) => self.compare_whole(fact, file.into(), &found, source_changed, again),
            SignedDigests::Shards(expected) => {
                self.compare_shards(fact, file, expected, statement, &found, source_changed)
            }
        }
    }

    fn compare_shards(
        &mut self,
        fact: &mut FileFact,
        file: &SignedFile,
        expected: &[ContentDigest],
        statement: &OmsStatement,
        found: &ContentDigests,
        source_changed: bool,
    ) -> Result<(), HashError> {
        let differs = |at: usize| found.digests.get(at).is_some_and(|digest| *digest != expected[at]);
        let bad: Vec<usize> = (0..expected.len()).filter(|at| differs(*at)).collect();
        let wrong_size = file.size.filter(|size| *size != found.size);
        let is_as_signed = bad.is_empty() && wrong_size.is_none();
        // A shard that was not hashed is not as signed.
        let compared = found.digests.len() == expected.len();
        if (source_changed && !is_as_signed) || (is_as_signed && !compared) {
            return Err(FileError::Changed { path: fact.path.clone() }.into());
        }
        fact.size = Some(found.size);
        fact.checked = Checked::by(found);
        fact.status = if is_as_signed { FileStatus::Unchanged } else { FileStatus::Changed };
        let mut shards = ShardFact {
            count: expected.len(),
            checked: found.digests.len().min(expected.len()),
            changed: Vec::new(),
        };
        for at in bad {
            let range = range_of(statement, file, at);
            shards.changed.push(range.clone());
            let (name, expected) = (fact.name.clone(), expected[at].into());
            let found = found.digests[at].into();
            self.reasons.push(Reason::ShardMismatch { name, range, expected, found });
        }
        fact.shards = Some(Box::new(shards));
        if let Some(expected) = wrong_size {
            let (name, found) = (fact.name.clone(), found.size);
            self.reasons.push(Reason::SizeMismatch { name, expected, found });
        }
        Ok(())
    }

    /// Among what is too many, looks for what is missing.
    fn find_renamed(&mut self, statement: &OmsStatement, tree: &Tree, matched: &mut Matched) {
        let files: Vec<usize> =
            (0..matched.extra.len()).filter(|at| matched.extra[*at].1 == Found::File).collect();
        if matched.missing.is_empty() || files.is_empty() || files.len() > MOST_RENAMED {
            return;
        }
        let names: Vec<&Path> = files.iter().map(|at| matched.extra[*at].0.as_path()).collect();
        // Sizes tell at once, and keep a giant from being read for nothing.
        let sizes: Option<BTreeSet<u64>> =
            matched.missing.iter().map(|position| statement.files[*position].size).collect();
        let source = ExtraSource { tree, names: &names, sizes, plan: plan_of(statement) };
        let digests = |_, hashed: Result<Hashed<Infallible>, HashError>| Some(hashed.ok()?.digests.digests);
        let hashed = hash_all(names.len(), &source, self.target.engine, self.observer, &digests);
        let mut by_digest: BTreeMap<Vec<ContentDigest>, usize> = files
            .iter()
            .zip(hashed)
            .filter_map(|(at, digests)| Some((digests?, *at)))
            .filter(|(digests, _)| !digests.is_empty())
            .collect();
        let mut taken = BTreeSet::new();
        let mut still_missing = Vec::new();
        for position in std::mem::take(&mut matched.missing) {
            match by_digest.remove(statement.files[position].digests.as_slice()) {
                None => still_missing.push(position),
                Some(at) => {
                    taken.insert(at);
                    let found = matched.extra[at].0.to_string_lossy().into_owned();
                    let fact = &mut self.facts.files[position];
                    fact.status = FileStatus::Renamed;
                    self.reasons.push(Reason::Renamed { name: fact.name.clone(), found });
                }
            }
        }
        matched.missing = still_missing;
        let mut at = 0;
        matched.extra.retain(|_| {
            at += 1;
            !taken.contains(&(at - 1))
        });
    }

    /// What is missing, and what is too many.
    fn report(&mut self, statement: &OmsStatement, tree: &Tree, matched: Matched) {
        for position in matched.missing {
            let fact = &mut self.facts.files[position];
            let (name, path) = (fact.name.clone(), fact.path.clone());
            if path.is_dir() {
                fact.status = FileStatus::TypeChanged;
                self.reasons.push(Reason::TypeChanged { name, found: Found::Other(Kind::Directory) });
            } else {
                fact.status = FileStatus::Missing;
                self.reasons.push(Reason::MissingFile { name, path });
            }
        }
        let compat = self.policy.folder.compat == OmsCompat::On && statement.shard_size.is_some();
        // The rule is named only where it would settle everything.
        let wrote = |layout: &Layout| {
            let by_tool = |name: &Path| name.to_str().is_some_and(|name| layout.wrote(name));
            matched.extra.iter().all(|(name, found)| *found == Found::File && by_tool(name))
        };
        let layout = Layout::ALL.into_iter().find(wrote).filter(|_| self.reasons.is_empty());
        for (name, found) in matched.extra {
            // The reference implementation leaves empty files out of a signature by shards.
            let path = tree.root().join(&name);
            if compat && found == Found::File && path.metadata().is_ok_and(|file| file.len() == 0) {
                self.facts.beside.uncovered.push(name.to_string_lossy().into_owned());
                continue;
            }
            self.reasons.push(Reason::Extra { name, found, layout });
        }
        let beside = &self.facts.beside;
        let weakened = [
            (!beside.unsigned.is_empty(), Weakening::UnsignedFiles),
            (!beside.ignored_by_caller.is_empty(), Weakening::Ignored),
            (!beside.layout.is_empty(), Weakening::Layout),
            (!beside.uncovered.is_empty(), Weakening::UncoveredFiles),
        ];
        self.facts.weakened.extend(weakened.into_iter().filter(|(is, _)| *is).map(|(_, it)| it));
    }
}

/// What is remembered of a file that was hashed.
enum Judged {
    AsSigned { size: u64, checked: Option<Checked>, hard_linked: bool, copy: Option<Box<Filling>> },
    Other(Box<Result<Hashed<Filling>, HashError>>),
}

fn is_as_signed(file: &SignedFile, found: &ContentDigests) -> bool {
    let digests = match (&file.digests, &found.chunks) {
        // The root alone was computed, and is compared below.
        (SignedDigests::Whole(_), Some(_)) if found.digests.is_empty() => true,
        (digests, _) => !found.digests.is_empty() && digests.as_slice() == found.digests,
    };
    let root = found.chunks.as_ref().is_none_or(|chunks| Some(chunks.root) == file.chunk_root);
    digests && root && file.size.is_none_or(|size| size == found.size)
}

/// How the files of a statement were hashed.
pub(super) fn plan_of(statement: &OmsStatement) -> Plan {
    let cut = Cut::by_shards(statement.shard_size);
    Plan { algorithm: statement.algorithm, cut, ..Plan::default() }
}

/// Which bytes the shard at this position covers.
pub(super) fn range_of(statement: &OmsStatement, file: &SignedFile, at: usize) -> std::ops::Range<u64> {
    let shard = statement.shard_size.map_or(u64::MAX, std::num::NonZeroU64::get);
    let start = shard.saturating_mul(at as u64);
    start..start.saturating_add(shard).min(file.size.unwrap_or(u64::MAX))
}

/// Nothing is known yet about any file.
pub(super) fn facts_of(statement: &OmsStatement, root: &Path) -> Vec<FileFact> {
    let fact = |file: &SignedFile| fact_of(file, file.shown_name(), root.join(file.shown_name()));
    statement.files.iter().map(fact).collect()
}

pub(super) fn fact_of(file: &SignedFile, name: &str, path: PathBuf) -> FileFact {
    let (expected, shards) = match &file.digests {
        SignedDigests::Whole(digest) => (Some(*digest), None),
        SignedDigests::Shards(digests) => {
            (None, Some(Box::new(ShardFact { count: digests.len(), checked: 0, changed: Vec::new() })))
        }
    };
    FileFact { shards, ..FileFact::new(name.to_owned(), path, expected) }
}

fn path_of(file: &SignedFile) -> &Path {
    Path::new(file.shown_name())
}

fn found(kind: &EntryKind) -> Found {
    match kind {
        EntryKind::Symlink { .. } => Found::Symlink,
        EntryKind::Special(kind) => Found::Other(*kind),
        EntryKind::Unreadable(error) if is_broken_link(error) => Found::Symlink,
        EntryKind::Unreadable(_) => Found::Other(Kind::Other),
        EntryKind::File | EntryKind::FollowedLink { .. } | EntryKind::Blob => Found::File,
    }
}

/// A link that leads nowhere needs no reading to be told from a file.
fn is_broken_link(error: &FileError) -> bool {
    matches!(error, FileError::BrokenLink { .. })
}

/// The same error once more: errors of the system cannot be cloned.
fn again(error: &FileError) -> FileError {
    match error {
        FileError::BrokenLink { path, looping } => {
            FileError::BrokenLink { path: path.clone(), looping: *looping }
        }
        FileError::PermissionDenied { path, action } => {
            FileError::PermissionDenied { path: path.clone(), action }
        }
        other => {
            let source = std::io::Error::other(other.to_string());
            FileError::Read { path: other.path().to_owned(), source }
        }
    }
}

struct FolderSource<'a, 'r> {
    run: &'a Run<'r>,
    tree: &'a Tree,
    names: &'a [&'a Path],
    signed: &'a [SignedBytes],
    plan: Plan,
}

impl Source for FolderSource<'_, '_> {
    type Copy = Filling;

    fn open(&self, at: usize) -> Result<OpenedFile, FileError> {
        self.tree.open_file(self.names[at])
    }

    fn plan(&self, at: usize, file: &OpenedFile) -> Option<Plan> {
        self.run.plan(self.signed[at], file, self.plan)
    }

    fn copy(&self, at: usize, file: &OpenedFile) -> Result<Option<Filling>, FileError> {
        match self.run.keeper.filter(|_| self.run.may_be_wanted(file, self.signed[at].size)) {
            Some(keeper) => keeper.begin(self.names[at], file.size()).map(Some),
            None => Ok(None),
        }
    }

    fn expected_size(&self, at: usize) -> Option<u64> {
        self.signed[at].size
    }
}

struct ExtraSource<'a> {
    tree: &'a Tree,
    names: &'a [&'a Path],
    /// The sizes of what is missing, if they are known of all.
    sizes: Option<BTreeSet<u64>>,
    plan: Plan,
}

impl Source for ExtraSource<'_> {
    type Copy = Infallible;

    fn open(&self, at: usize) -> Result<OpenedFile, FileError> {
        self.tree.open_file(self.names[at])
    }

    fn plan(&self, _: usize, file: &OpenedFile) -> Option<Plan> {
        let is_missing = |sizes: &BTreeSet<u64>| sizes.contains(&file.size());
        self.sizes.as_ref().is_none_or(is_missing).then_some(self.plan)
    }

    fn copy(&self, _: usize, _: &OpenedFile) -> Result<Option<Infallible>, FileError> {
        Ok(None)
    }
}
