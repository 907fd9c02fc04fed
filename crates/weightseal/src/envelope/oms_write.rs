//! Writing the statement of an OMS signature (OpenSSF Model Signing v1.0): compact JSON, keys sorted, entries sorted by
//! name, so that the same model always gives the same bytes.

use std::num::NonZeroU64;

use serde::Serialize;

use super::oms::{OmsStatement, SignedDigests, SignedFile, sharded_name};
use super::statement::{PREDICATE_TYPE, STATEMENT_TYPE};
use crate::digest::{CHUNK_SIZE, ContentDigest, Digest, HashAlgorithm};
use crate::listing::{SafeName, content_root, shard_name};

/// How the algorithm of a shard is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ShardDialect {
    /// `sha256`, as the specification says.
    #[default]
    Specification,
    /// `sha256-sharded-N`, which is all that the reference implementation reads.
    Reference,
}

// The fields of each object in alphabetical order.

#[derive(Serialize)]
struct Top<'a> {
    _type: &'static str,
    predicate: Predicate<'a>,
    #[serde(rename = "predicateType")]
    predicate_type: &'static str,
    subject: [Subject<'a>; 1],
}

#[derive(Serialize)]
struct Predicate<'a> {
    resources: Vec<Resource<'a>>,
    serialization: Serialization<'a>,
}

#[derive(Serialize)]
struct Resource<'a> {
    algorithm: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Annotations>,
    digest: String,
    name: std::borrow::Cow<'a, str>,
}

#[derive(Serialize)]
struct Annotations {
    #[serde(skip_serializing_if = "Option::is_none")]
    chunks: Option<Chunks>,
    size: u64,
}

#[derive(Serialize)]
struct Chunks {
    root: String,
    size: u64,
}

#[derive(Serialize)]
struct Serialization<'a> {
    allow_symlinks: bool,
    hash_type: &'static str,
    ignore_paths: Vec<&'a str>,
    method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    shard_size: Option<u64>,
}

#[derive(Serialize)]
struct Subject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<serde_json::Value>,
    digest: RootDigest,
    name: &'a str,
}

#[derive(Serialize)]
struct RootDigest {
    sha256: String,
}

/// The root digest over these files in the order in which the specification lists them.
pub fn root_of(files: &[SignedFile], shard_size: Option<NonZeroU64>) -> Digest {
    let mut entries = entries(files, shard_size);
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    content_root(entries.iter().map(|entry| entry.digest))
}

/// The root digest in the order of the reference implementation: component by component.
pub fn reference_root_of(files: &[SignedFile]) -> Digest {
    let mut files: Vec<&SignedFile> = files.iter().collect();
    files.sort_by(|one, other| one.shown_name().split('/').cmp(other.shown_name().split('/')));
    content_root(files.iter().flat_map(|file| file.digests.as_slice()))
}

struct Entry<'a> {
    name: std::borrow::Cow<'a, str>,
    digest: &'a ContentDigest,
    /// Of a whole file.
    size: Option<u64>,
    chunk_root: Option<Digest>,
}

/// Every file or shard.
fn entries(files: &[SignedFile], shard_size: Option<NonZeroU64>) -> Vec<Entry<'_>> {
    let mut entries = Vec::with_capacity(files.len());
    for file in files {
        match (&file.digests, shard_size) {
            (SignedDigests::Whole(digest), _) => {
                let (size, chunk_root) = (file.size, file.chunk_root);
                entries.push(Entry { name: file.shown_name().into(), digest, size, chunk_root });
            }
            (SignedDigests::Shards(digests), Some(shard)) => {
                let end = file.size.unwrap_or(u64::MAX);
                for (at, digest) in (0..).zip(digests) {
                    let start = shard.get().saturating_mul(at);
                    let range = start..end.min(start.saturating_add(shard.get()));
                    let name = shard_name(file.shown_name(), &range).into();
                    entries.push(Entry { name, digest, size: None, chunk_root: None });
                }
            }
            // Shards have a size.
            (SignedDigests::Shards(_), None) => {}
        }
    }
    entries
}

impl OmsStatement {
    /// How the payload that this was read from writes the algorithm of a shard.
    pub fn dialect_of(&self, payload: &[u8]) -> ShardDialect {
        let Some(size) = self.shard_size else { return ShardDialect::Specification };
        // Both are read; a file of this name would only have the other one written.
        let sharded = format!("\"{}\"", sharded_name(self.algorithm, size));
        match payload.windows(sharded.len()).any(|bytes| bytes == sharded.as_bytes()) {
            true => ShardDialect::Reference,
            false => ShardDialect::Specification,
        }
    }

    /// Writes the payload of an envelope. Form and root are not looked at: the form is that of version 1.0.
    #[expect(clippy::expect_used, reason = "structures of strings, integers and lists always serialise")]
    pub fn to_payload(&self, dialect: ShardDialect) -> Vec<u8> {
        let sharded = self.shard_size.map(|size| sharded_name(self.algorithm, size));
        let algorithm = match (&sharded, dialect) {
            (Some(name), ShardDialect::Reference) => name,
            _ => self.algorithm.name(),
        };
        let has_sizes = self.shard_size.is_none() && self.algorithm == HashAlgorithm::Sha256;
        let mut resources: Vec<Resource<'_>> = entries(&self.files, self.shard_size)
            .into_iter()
            .map(|Entry { name, digest, size, chunk_root }| Resource {
                algorithm,
                annotations: size.filter(|_| has_sizes).map(|size| Annotations {
                    chunks: chunk_root.map(|root| Chunks { root: root.to_string(), size: CHUNK_SIZE }),
                    size,
                }),
                digest: digest.to_string(),
                name,
            })
            .collect();
        resources.sort_by(|one, other| one.name.cmp(&other.name));
        let statement = Top {
            _type: STATEMENT_TYPE,
            predicate: Predicate {
                resources,
                serialization: Serialization {
                    allow_symlinks: self.allow_symlinks,
                    hash_type: self.algorithm.name(),
                    ignore_paths: self.ignored.iter().map(SafeName::as_str).collect(),
                    method: if self.shard_size.is_some() { "shards" } else { "files" },
                    shard_size: self.shard_size.map(NonZeroU64::get),
                },
            },
            predicate_type: PREDICATE_TYPE,
            subject: [Subject {
                annotations: self.claims.as_ref().map(super::Claims::to_json),
                digest: RootDigest { sha256: root_of(&self.files, self.shard_size).to_string() },
                name: &self.name,
            }],
        };
        // Structures of strings, integers and lists always serialise.
        serde_json::to_vec(&statement).expect("a statement serialises")
    }
}
