//! The in-toto Statement v1 with the predicate of OpenSSF Model Signing v1.0, read strictly and written
//! deterministically: compact JSON, keys sorted.

use serde_json::json;

use super::claims::Claims;
use crate::digest::{CHUNK_SIZE, Digest};
use crate::json::{self, FieldError, FieldProblem, Fields, JsonError, Value};
use crate::listing::{SafeName, UnsafeName, root_digest};

pub(super) const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
pub(super) const PREDICATE_TYPE: &str = "https://model_signing/signature/v1.0";

/// Most entries in one signature (docs/spec/manifest.md, limits).
pub const MAX_ENTRIES: usize = 250_000;

/// Most JSON values of the statement of a manifest or bundle manifest: 11 for each of 10 000 files, and the annotations.
const MAX_STATEMENT_VALUES: usize = 150_000;

/// What was signed: which bytes, and what the signer says about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The subject's name.
    pub name: String,
    /// The signed annotations of the subject.
    pub claims: Claims,
    /// The files, in the order listed.
    pub resources: Vec<Resource>,
}

/// One file of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// `None` stands for the name `.`: the one file that the statement is about.
    pub name: Option<SafeName>,
    /// Its SHA-256 digest.
    pub digest: Digest,
    /// Its size in bytes, where the signer wrote it down.
    pub size: Option<u64>,
    /// The root over its chunk digests, where the signer wrote it down.
    pub chunk_root: Option<Digest>,
}

/// Why a payload is not a statement that we accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// No strict JSON.
    #[error("the signed statement {0}")]
    Json(#[from] JsonError),
    /// A field is wrong.
    #[error("in the signed statement, {0}")]
    Field(#[from] FieldError),
    /// A name leads elsewhere.
    #[error("in the signed statement, {0}")]
    Name(#[from] UnsafeName),
    /// The subject's digest is not the root over the digests listed.
    #[error(
        "the signed statement's root digest is not that of its own list: expected {expected}, found {found}"
    )]
    Root {
        /// What the subject says.
        expected: Digest,
        /// What the resources add up to.
        found: Digest,
    },
}

impl Statement {
    /// Parses the payload of an envelope.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn parse(payload: &[u8]) -> Result<Self, StatementError> {
        let mut top = Fields::of(json::parse_up_to(payload, MAX_STATEMENT_VALUES)?, "the statement")?;
        constant(&mut top, "_type", STATEMENT_TYPE)?;
        constant(&mut top, "predicateType", PREDICATE_TYPE)?;
        let subjects = top.array("subject")?;
        let predicate = top.require("predicate")?;
        top.finish()?;

        let [subject]: [Value; 1] = subjects.try_into().map_err(|subjects: Vec<Value>| {
            FieldError::value(
                "subject",
                format_args!("has {} entries, where exactly 1 is needed", subjects.len()),
            )
        })?;
        let (name, expected, claims) = read_subject(subject).map_err(|error| error.within("subject[0]"))?;
        let resources = read_predicate(predicate)?;
        let found = root_digest(resources.iter().map(|resource| &resource.digest));
        if expected != found {
            return Err(StatementError::Root { expected, found });
        }
        Ok(Self { name, claims, resources })
    }

    /// Writes the payload of an envelope.
    pub fn to_payload(&self) -> Vec<u8> {
        let resources: Vec<_> = self.resources.iter().map(Resource::to_json).collect();
        let root = root_digest(self.resources.iter().map(|resource| &resource.digest));
        let statement = json!({
            "_type": STATEMENT_TYPE,
            "subject": [{
                "name": self.name,
                "digest": { "sha256": root.to_string() },
                "annotations": self.claims.to_json(),
            }],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "serialization": { "method": "files", "hash_type": "sha256", "allow_symlinks": false, "ignore_paths": [] },
                "resources": resources,
            },
        });
        // A JSON value made of strings and integers always serialises; its map keeps keys sorted.
        statement.to_string().into_bytes()
    }

    /// The digest of the payload: names this very statement.
    pub fn digest(payload: &[u8]) -> Digest {
        Digest::of(payload)
    }
}

impl Resource {
    fn to_json(&self) -> serde_json::Value {
        let name = self.name.as_ref().map_or(".", SafeName::as_str);
        let mut resource = serde_json::Map::new();
        resource.insert("name".to_owned(), name.into());
        resource.insert("digest".to_owned(), self.digest.to_string().into());
        resource.insert("algorithm".to_owned(), "sha256".into());
        let mut annotations = serde_json::Map::new();
        if let Some(size) = self.size {
            annotations.insert("size".to_owned(), json!(size));
        }
        if let Some(root) = &self.chunk_root {
            annotations.insert("chunks".to_owned(), json!({ "size": CHUNK_SIZE, "root": root.to_string() }));
        }
        if !annotations.is_empty() {
            resource.insert("annotations".to_owned(), annotations.into());
        }
        resource.into()
    }

    fn from_json(value: Value) -> Result<Self, StatementError> {
        let mut fields = Fields::of(value, "it")?;
        let name = match fields.string("name")?.as_str() {
            "." => None,
            text => Some(text.parse::<SafeName>()?),
        };
        constant(&mut fields, "algorithm", "sha256")?;
        let digest = digest(&fields.string("digest")?, "digest")?;
        let annotations = fields.take("annotations");
        fields.finish()?;
        let (size, chunk_root) = match annotations {
            None => (None, None),
            Some(value) => read_annotations(value).map_err(|error| error.within("annotations"))?,
        };
        Ok(Self { name, digest, size, chunk_root })
    }
}

pub(super) fn read_annotations(value: Value) -> Result<(Option<u64>, Option<Digest>), FieldError> {
    let mut fields = Fields::of(value, "annotations")?;
    let size = fields.optional_integer("size", 0)?;
    let chunks = fields.take("chunks");
    fields.finish()?;
    let Some(chunks) = chunks else { return Ok((size, None)) };
    if size.is_none() {
        // Without the size the last chunk's length, and so the root, would not be determined.
        return Err(FieldError::value("chunks", "needs the field `size` beside it"));
    }
    let mut fields = Fields::of(chunks, "chunks")?;
    let read = |fields: &mut Fields| {
        if fields.integer("size", 1)? != CHUNK_SIZE {
            return Err(FieldError::value("size", format_args!("is not {CHUNK_SIZE}")));
        }
        digest(&fields.string("root")?, "root")
    };
    let root = read(&mut fields).and_then(|root| fields.finish().map(|()| root));
    Ok((size, Some(root.map_err(|error| error.within("chunks"))?)))
}

fn read_subject(value: Value) -> Result<(String, Digest, Claims), FieldError> {
    let mut subject = Fields::of(value, "it")?;
    let name = subject.string("name")?;
    let mut digests = Fields::of(subject.require("digest")?, "digest")?;
    let root = digest(&digests.string("sha256").map_err(|error| error.within("digest"))?, "digest.sha256")?;
    digests.finish().map_err(|error| error.within("digest"))?;
    let claims =
        Claims::from_json(subject.require("annotations")?).map_err(|error| error.within("annotations"))?;
    subject.finish()?;
    if claims.signer.is_none() {
        return Err(FieldError::new("annotations.signer", FieldProblem::Missing));
    }
    Ok((name, root, claims))
}

fn read_predicate(value: Value) -> Result<Vec<Resource>, StatementError> {
    let within = |error: FieldError| error.within("predicate");
    let mut predicate = Fields::of(value, "predicate")?;
    let serialization = predicate.require("serialization").map_err(within)?;
    let list = predicate.array("resources").map_err(within)?;
    predicate.finish().map_err(within)?;
    read_serialization(serialization).map_err(|error| error.within("predicate.serialization"))?;
    if list.is_empty() || list.len() > MAX_ENTRIES {
        let problem = format!("has {} entries, where 1 to {MAX_ENTRIES} are allowed", list.len());
        return Err(FieldError::value("predicate.resources", problem).into());
    }
    let resources: Vec<Resource> = list
        .into_iter()
        .enumerate()
        .map(|(at, value)| {
            Resource::from_json(value).map_err(|error| match error {
                StatementError::Field(error) => error.within(&format!("predicate.resources[{at}]")).into(),
                other => other,
            })
        })
        .collect::<Result<_, StatementError>>()?;
    if !is_sorted(&resources) {
        let problem = "is not sorted by name with each name once";
        return Err(FieldError::value("predicate.resources", problem).into());
    }
    Ok(resources)
}

/// Sorted by the name as text, as the specification says, or component by component, as its reference
/// implementation does. Two equal neighbours are sorted neither way.
fn is_sorted(resources: &[Resource]) -> bool {
    let names = || resources.iter().map(|resource| resource.name.as_ref().map_or(".", SafeName::as_str));
    names().is_sorted_by(|a, b| a < b) || names().is_sorted_by(|a, b| a.split('/').lt(b.split('/')))
}

/// Manifests hash whole files with SHA-256, follow no links and ignore nothing.
fn read_serialization(value: Value) -> Result<(), FieldError> {
    let mut fields = Fields::of(value, "serialization")?;
    constant(&mut fields, "method", "files")?;
    constant(&mut fields, "hash_type", "sha256")?;
    if fields.require("allow_symlinks")? != Value::Bool(false) {
        return Err(FieldError::value("allow_symlinks", "is not `false`"));
    }
    if fields.require("ignore_paths")? != Value::Array(vec![]) {
        return Err(FieldError::value("ignore_paths", "is not an empty list"));
    }
    fields.finish()
}

fn constant(fields: &mut Fields, name: &'static str, expected: &'static str) -> Result<(), FieldError> {
    let found = fields.string(name)?;
    if found == expected {
        Ok(())
    } else {
        Err(FieldError::new(name, FieldProblem::Value(format!("is not `{expected}`"))))
    }
}

fn digest(text: &str, name: &str) -> Result<Digest, FieldError> {
    text.parse().map_err(|error| FieldError::value(name, error))
}
