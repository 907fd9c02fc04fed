//! The statement of an OMS signature: in-toto Statement v1 with the predicate of OpenSSF Model Signing v1.0, in every
//! dialect that was ever written, and that of its version 0.2.0.
//!
//! Read strictly where a difference could change what is meant, leniently where the specification says so: fields
//! that it does not know in subjects and resources are ignored.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroU64;

use super::claims::Claims;
use super::oms_fault::OmsFault;
use super::statement::{MAX_ENTRIES, PREDICATE_TYPE, STATEMENT_TYPE, read_annotations};
use crate::digest::{ContentDigest, Digest, HashAlgorithm};
use crate::json::{self, FieldError, Fields, Value};
use crate::listing::{SafeName, content_root, parse_ignored, split_shard};

/// The predicate of version 0.2.0.
const LEGACY_PREDICATE_TYPE: &str = "https://model_signing/Digests/v0.1";

/// The lists that grow with the number of files: in version 0.2.0 the subjects were that.
const LISTS: &[&[&str]] = &[&["predicate", "resources"], &["subject"]];

/// Most values beside those lists: as many ignored paths as entries, and room for the rest.
const MAX_BESIDE_LISTS: usize = MAX_ENTRIES + 10_000;

/// What one entry after the other becomes, until one is at fault or there are too many.
#[derive(Default)]
struct Entries {
    taken: Vec<Entry>,
    count: usize,
    fault: Option<OmsFault>,
}

impl Entries {
    fn take(&mut self, value: Value, most: usize, read: impl FnOnce(Value) -> Result<Entry, OmsFault>) {
        let at = self.count;
        self.count = at.saturating_add(1);
        if self.fault.is_some() || self.count > most {
            return;
        }
        match read(value) {
            Ok(entry) => self.taken.push(entry),
            Err(fault) => self.fault = Some(fault.at(at)),
        }
    }

    fn finish(self, most: usize) -> Result<Vec<Entry>, OmsFault> {
        match self.fault {
            Some(fault) => Err(fault),
            None if self.count > most => Err(OmsFault::TooMany { count: self.count, limit: most }),
            None if self.count == 0 => Err(OmsFault::Empty),
            None => Ok(self.taken),
        }
    }
}

/// What an OMS signature says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OmsStatement {
    /// Which form it has.
    pub form: OmsForm,
    /// The subject's name: of the model, by the signer's word. The specification gives it no meaning.
    pub name: String,
    /// What the signer says, where weightseal made the statement.
    pub claims: Option<Claims>,
    /// How the files were hashed.
    pub algorithm: HashAlgorithm,
    /// The size of a shard in bytes; `None`: files were hashed as a whole.
    pub shard_size: Option<NonZeroU64>,
    /// Whether symbolic links were followed.
    pub allow_symlinks: bool,
    /// The paths that were left out, as far as they are recorded.
    pub ignored: Vec<SafeName>,
    /// The root digest over the entries in the order listed.
    pub root: Digest,
    /// The files, sorted by name.
    pub files: Vec<SignedFile>,
}

/// The forms of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OmsForm {
    /// Version 1.0 of the specification, which tools write since 0.3.1.
    V1,
    /// What version 0.2.0 of the reference implementation wrote.
    Legacy,
}

/// A file as it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedFile {
    /// `None` stands for the name `.`: the one file that the statement is about.
    pub name: Option<SafeName>,
    /// Its digests.
    pub digests: SignedDigests,
    /// Its size in bytes, where that is signed.
    pub size: Option<u64>,
    /// The root over its chunk digests, where the signer wrote it down.
    pub chunk_root: Option<Digest>,
}

/// The digests of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedDigests {
    /// One of the whole.
    Whole(ContentDigest),
    /// One of each shard, from the start.
    Shards(Vec<ContentDigest>),
}

impl SignedDigests {
    /// The digests, from the start of the file.
    pub fn as_slice(&self) -> &[ContentDigest] {
        match self {
            Self::Whole(digest) => std::slice::from_ref(digest),
            Self::Shards(digests) => digests,
        }
    }
}

impl SignedFile {
    /// The name as the statement writes it.
    pub fn shown_name(&self) -> &str {
        self.name.as_ref().map_or(".", SafeName::as_str)
    }
}

/// One entry as it is listed, before it is known how files were hashed.
struct Entry {
    name: String,
    digest: RawDigest,
    algorithm: Cow<'static, str>,
    size: Option<u64>,
    chunk_root: Option<Digest>,
    /// What is wrong with its annotations, which matters in our own statements only.
    fault: Option<Box<FieldError>>,
}

/// The bytes of a digest of a length that some algorithm has.
enum RawDigest {
    Short([u8; 32]),
    Long(Box<[u8; 64]>),
}

impl OmsStatement {
    /// Parses the payload of an envelope with at most `most` entries.
    ///
    /// # Errors
    /// [`OmsFault`].
    pub fn parse(payload: &[u8], most: usize) -> Result<Self, OmsFault> {
        let (mut resources, mut subjects, mut subject) = (Entries::default(), Entries::default(), None);
        let mut take = |list: usize, value: Value| match list {
            0 => resources.take(value, most, Entry::from_json),
            _ => {
                if subject.is_none() {
                    subject = Some(value.clone());
                }
                subjects.take(value, most, read_legacy_subject);
            }
        };
        let top = json::parse_with_lists(payload, LISTS, MAX_BESIDE_LISTS, &mut take)?;
        let mut top = Fields::of(top, "the statement")?;
        let kind = top.string("_type")?;
        if kind != STATEMENT_TYPE {
            return Err(OmsFault::StatementType { found: kind });
        }
        let predicate_type = top.string("predicateType")?;
        // It was handed out one by one, as the resources were; here it has only to be a list.
        top.array("subject")?;
        let predicate = top.require("predicate")?;
        top.finish()?;
        match predicate_type.as_str() {
            PREDICATE_TYPE => match (subject, subjects.count) {
                (Some(subject), 1) => Self::v1(subject, predicate, resources, most),
                (_, count) => Err(OmsFault::SubjectCount { count }),
            },
            LEGACY_PREDICATE_TYPE => Self::legacy(subjects, most),
            _ => Err(OmsFault::PredicateType { found: predicate_type }),
        }
    }

    fn v1(subject: Value, predicate: Value, resources: Entries, most: usize) -> Result<Self, OmsFault> {
        let (name, expected, claims) = read_subject(subject).map_err(|error| error.within("subject[0]"))?;
        let mut predicate = Fields::of(predicate, "predicate")?;
        let within = |error: FieldError| error.within("predicate");
        let serialization = predicate.require("serialization").map_err(within)?;
        predicate.array("resources").map_err(within)?;
        predicate.finish().map_err(within)?;
        let serialization = Serialization::from_json(serialization)?;
        let mut entries = resources.finish(most)?;
        settle_annotations(&mut entries, claims.is_some(), serialization.shard_size.is_some())?;
        let (files, root) = serialization.arrange(entries)?;
        if root != expected {
            return Err(OmsFault::Root { expected, found: root });
        }
        let Serialization { algorithm, shard_size, allow_symlinks, ignored } = serialization;
        Ok(Self {
            form: OmsForm::V1,
            name,
            claims,
            algorithm,
            shard_size,
            allow_symlinks,
            ignored,
            root,
            files,
        })
    }

    /// Version 0.2.0 listed the files as subjects and signed no root.
    fn legacy(subjects: Entries, most: usize) -> Result<Self, OmsFault> {
        let entries = subjects.finish(most)?;
        let (files, root) = Serialization::default().arrange(entries)?;
        Ok(Self {
            form: OmsForm::Legacy,
            name: String::new(),
            claims: None,
            algorithm: HashAlgorithm::Sha256,
            shard_size: None,
            allow_symlinks: false,
            ignored: Vec::new(),
            root,
            files,
        })
    }
}

/// Sizes and chunks mean something in our own statements only; there they have to be right.
fn settle_annotations(entries: &mut [Entry], are_ours: bool, in_shards: bool) -> Result<(), OmsFault> {
    for (at, entry) in entries.iter_mut().enumerate() {
        if !are_ours {
            (entry.size, entry.chunk_root) = (None, None);
        } else if let Some(error) = entry.fault.take() {
            return Err(OmsFault::from(*error).at(at));
        } else if in_shards && (entry.size.is_some() || entry.chunk_root.is_some()) {
            return Err(OmsFault::from(FieldError::value("annotations", "has sizes beside shards")).at(at));
        }
    }
    Ok(())
}

/// How the files were found and hashed.
#[derive(Default)]
struct Serialization {
    algorithm: HashAlgorithm,
    shard_size: Option<NonZeroU64>,
    allow_symlinks: bool,
    ignored: Vec<SafeName>,
}

impl Serialization {
    fn from_json(value: Value) -> Result<Self, OmsFault> {
        let place = "predicate.serialization";
        let within = |error: FieldError| error.within(place);
        let mut fields = Fields::of(value, place)?;
        let method = fields.string("method").map_err(within)?;
        let hash_type = fields.string("hash_type").map_err(within)?;
        let algorithm = hash_type.parse().map_err(|_| OmsFault::HashType { found: hash_type })?;
        let shard_size = fields.optional_integer("shard_size", 1).map_err(within)?;
        let shard_size = match (method.as_str(), shard_size) {
            ("files", None) => None,
            ("shards", Some(size)) => NonZeroU64::new(size),
            ("shards", None) => {
                return Err(
                    within(FieldError::value("shard_size", "is missing beside the method `shards`")).into()
                );
            }
            ("files", Some(_)) => {
                return Err(
                    within(FieldError::value("shard_size", "stands beside the method `files`")).into()
                );
            }
            _ => return Err(OmsFault::Method { found: method }),
        };
        let allow_symlinks = match fields.require("allow_symlinks").map_err(within)? {
            Value::Bool(allowed) => allowed,
            _ => return Err(within(FieldError::value("allow_symlinks", "is neither true nor false")).into()),
        };
        let ignored = match fields.has("ignore_paths") {
            true => fields.array("ignore_paths").map_err(within)?,
            false => Vec::new(),
        };
        fields.finish().map_err(within)?;
        if ignored.len() > MAX_ENTRIES {
            return Err(OmsFault::TooMany { count: ignored.len(), limit: MAX_ENTRIES });
        }
        let ignored = ignored
            .into_iter()
            .map(|path| {
                let path = json::as_string(path, "ignore_paths").map_err(within)?;
                parse_ignored(&path).map_err(OmsFault::IgnoredPath)
            })
            .collect::<Result<_, OmsFault>>()?;
        Ok(Self { algorithm, shard_size, allow_symlinks, ignored })
    }

    /// Checks the entries against each other, and puts together what belongs to one file.
    fn arrange(&self, entries: Vec<Entry>) -> Result<(Vec<SignedFile>, Digest), OmsFault> {
        let digests = entries.iter().map(|entry| self.digest(entry)).collect::<Result<Vec<_>, _>>()?;
        let root = content_root(&digests);
        let files = match self.shard_size {
            None => whole_files(&entries, digests)?,
            Some(size) => sharded_files(&entries, digests, size.get())?,
        };
        Ok((files, root))
    }

    fn digest(&self, entry: &Entry) -> Result<ContentDigest, OmsFault> {
        let stated = &entry.algorithm;
        let fits = stated.as_ref() == self.algorithm.name()
            || self.shard_size.is_some_and(|size| stated.as_ref() == sharded_name(self.algorithm, size));
        if !fits {
            return Err(OmsFault::Algorithm {
                name: entry.name.clone(),
                found: stated.clone().into_owned(),
                expected: self.algorithm,
            });
        }
        let bytes: &[u8] = match &entry.digest {
            RawDigest::Short(bytes) => bytes,
            RawDigest::Long(bytes) => &**bytes,
        };
        ContentDigest::from_bytes(self.algorithm, bytes)
            .ok_or_else(|| OmsFault::Digest { name: entry.name.clone() })
    }
}

/// How the reference implementation calls the algorithm of a shard.
pub(super) fn sharded_name(algorithm: HashAlgorithm, size: NonZeroU64) -> String {
    format!("{algorithm}-sharded-{size}")
}

/// The name of a file; `.` is the file that the statement is about.
fn file_name(text: &str) -> Result<Option<SafeName>, OmsFault> {
    match text {
        "." => Ok(None),
        text => Ok(Some(text.parse()?)),
    }
}

fn whole_files(entries: &[Entry], digests: Vec<ContentDigest>) -> Result<Vec<SignedFile>, OmsFault> {
    let keys: Vec<(&str, u64)> = entries.iter().map(|entry| (entry.name.as_str(), 0)).collect();
    let names: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
    ensure_sorted(&names, &keys)?;
    let mut files = Vec::with_capacity(entries.len());
    for (entry, digest) in entries.iter().zip(digests) {
        files.push(SignedFile {
            name: file_name(&entry.name)?,
            digests: SignedDigests::Whole(digest),
            size: entry.size,
            chunk_root: entry.chunk_root,
        });
    }
    finish(files)
}

fn sharded_files(
    entries: &[Entry],
    digests: Vec<ContentDigest>,
    size: u64,
) -> Result<Vec<SignedFile>, OmsFault> {
    let malformed = |name: &str| OmsFault::ShardName { name: name.to_owned() };
    let mut shards: BTreeMap<&str, Vec<(std::ops::Range<u64>, ContentDigest)>> = BTreeMap::new();
    let mut keys = Vec::with_capacity(entries.len());
    for (entry, digest) in entries.iter().zip(digests) {
        let (path, range) = split_shard(&entry.name).ok_or_else(|| malformed(&entry.name))?;
        keys.push((path, range.start));
        shards.entry(path).or_default().push((range, digest));
    }
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    ensure_sorted(&names, &keys)?;
    let mut files = Vec::with_capacity(shards.len());
    for (path, mut parts) in shards {
        parts.sort_by_key(|(range, _)| range.start);
        let mut end = 0;
        let last = parts.len().saturating_sub(1);
        for (at, (range, _)) in parts.iter().enumerate() {
            let name = || crate::listing::shard_name(path, range);
            if range.start > end {
                return Err(OmsFault::ShardGap { name: name(), from: end });
            }
            if range.start < end {
                return Err(OmsFault::ShardOverlap { name: name() });
            }
            let length = range.end.saturating_sub(range.start);
            if length > size || (at < last && length != size) {
                return Err(OmsFault::ShardSize { name: name(), expected: size });
            }
            end = range.end;
        }
        files.push(SignedFile {
            name: file_name(path)?,
            digests: SignedDigests::Shards(parts.into_iter().map(|(_, digest)| digest).collect()),
            size: Some(end),
            chunk_root: None,
        });
    }
    finish(files)
}

/// Sorted by name for us; `.` only alone.
fn finish(mut files: Vec<SignedFile>) -> Result<Vec<SignedFile>, OmsFault> {
    files.sort_by(|one, other| one.name.cmp(&other.name));
    if files.len() > 1 && files.first().is_some_and(|first| first.name.is_none()) {
        return Err(OmsFault::DotAmongOthers);
    }
    Ok(files)
}

/// Sorted by the name as text, as the specification says, or component by component and then by the start of the
/// shard, as its reference implementation does; each name once.
fn ensure_sorted(names: &[&str], keys: &[(&str, u64)]) -> Result<(), OmsFault> {
    let by_component = |one: &(&str, u64), other: &(&str, u64)| match one.0.split('/').cmp(other.0.split('/'))
    {
        std::cmp::Ordering::Equal => one.1 < other.1,
        order => order.is_lt(),
    };
    if names.is_sorted_by(|one, other| one < other) || keys.is_sorted_by(by_component) {
        return Ok(());
    }
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    match sorted.iter().zip(sorted.iter().skip(1)).find(|(one, next)| one == next) {
        Some((name, _)) => Err(OmsFault::Duplicate { name: (*name).to_owned() }),
        None => Err(OmsFault::Unsorted),
    }
}

impl Entry {
    fn from_json(value: Value) -> Result<Self, OmsFault> {
        let mut fields = Fields::of(value, "it")?;
        let name = fields.string("name")?;
        let algorithm = interned(fields.string("algorithm")?);
        let digest = raw_digest(&fields.string("digest")?, &name)?;
        let read = fields.take("annotations").map(read_annotations);
        let (size, chunk_root, mut fault) = match read {
            None => (None, None, None),
            Some(Ok((size, chunk_root))) => (size, chunk_root, None),
            Some(Err(error)) => (None, None, Some(Box::new(error.within("annotations")))),
        };
        if chunk_root.is_some() && algorithm.as_ref() != HashAlgorithm::Sha256.name() {
            let error = FieldError::value("annotations.chunks", "stands beside another hash than SHA-256");
            fault = Some(Box::new(error));
        }
        Ok(Self { name, digest, algorithm, size, chunk_root, fault })
    }
}

/// The same text for every entry, wherever possible.
fn interned(text: String) -> Cow<'static, str> {
    match text.parse::<HashAlgorithm>() {
        Ok(algorithm) => algorithm.name().into(),
        Err(_) => text.into(),
    }
}

fn raw_digest(text: &str, name: &str) -> Result<RawDigest, OmsFault> {
    let fault = || OmsFault::Digest { name: name.chars().take(300).collect() };
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(fault());
    }
    let (mut short, mut long) = ([0; 32], [0; 64]);
    if hex::decode_to_slice(text, &mut short).is_ok() {
        Ok(RawDigest::Short(short))
    } else if hex::decode_to_slice(text, &mut long).is_ok() {
        Ok(RawDigest::Long(Box::new(long)))
    } else {
        Err(fault())
    }
}

fn read_subject(value: Value) -> Result<(String, Digest, Option<Claims>), FieldError> {
    let mut subject = Fields::of(value, "it")?;
    let name = subject.string("name")?;
    if name.is_empty() {
        return Err(FieldError::value("name", "is empty"));
    }
    let mut digests = Fields::of(subject.require("digest")?, "digest")?;
    let root = digests.string("sha256").map_err(|error| error.within("digest"))?;
    let root = root.parse().map_err(|error| FieldError::value("digest.sha256", error))?;
    let claims = match subject.take("annotations") {
        // Ours always say what they were made for; what others write there has no meaning to us.
        Some(Value::Object(fields)) if fields.iter().any(|(name, _)| name == "container") => {
            let claims = Claims::from_json(Value::Object(fields));
            Some(claims.map_err(|error| error.within("annotations"))?)
        }
        Some(others) => Fields::of(others, "annotations").map(|_| None)?,
        None => None,
    };
    Ok((name, root, claims))
}

fn read_legacy_subject(value: Value) -> Result<Entry, OmsFault> {
    let mut fields = Fields::of(value, "it")?;
    let name = fields.string("name")?;
    let mut digests = Fields::of(fields.require("digest")?, "digest")?;
    let digest = raw_digest(&digests.string("sha256").map_err(|error| error.within("digest"))?, &name)?;
    let algorithm = match fields.take("annotations") {
        None => None,
        Some(annotations) => {
            Fields::of(annotations, "annotations")?.optional_string("actual_hash_algorithm")?
        }
    };
    match algorithm.as_deref() {
        None | Some("file-sha256" | "sha256") => {}
        Some(found) => {
            let (found, expected) = (found.to_owned(), HashAlgorithm::Sha256);
            return Err(OmsFault::Algorithm { name, found, expected });
        }
    }
    Ok(Entry { name, digest, algorithm: "sha256".into(), size: None, chunk_root: None, fault: None })
}
