//! The signature file on disk: manifests and bundle manifests (docs/spec/manifest.md) and OMS signatures, told apart, read
//! strictly, written, and held against a key. Bytes in, facts out: no file is opened here.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod bundle;
mod check;
mod chunk_list;
mod fault;
mod manifest;
mod names;
mod oms;
mod shape;

pub use bundle::{BundleManifest, MAX_ARTIFACTS};
pub use check::{check, check_oms, differences, seems_signed_by};
pub use chunk_list::{
    CHUNK_LIST_HEAD, CHUNK_LIST_SUFFIX, ChunkListFault, ChunkListReader, ChunkedFile, chunk_list_section,
    chunk_list_size, write_chunk_list,
};
pub use fault::{Covered, Fault};
pub use manifest::{Manifest, Signed, Visible};
pub use names::{
    COUNTERSIGNATURES, MANIFEST_SUFFIX, OMS_NAME, OMS_SUFFIX, bundle_name, countersignature_name,
    is_manifest_name, is_oms_name, manifest_names,
};
pub use oms::{KeyHint, Method, OmsSignature};

use crate::digest::Digest;
use crate::envelope::{Claims, MAX_ENTRIES, Statement};
use crate::json::{self, Value};
use crate::key::KeyId;

/// Largest signature file: 250 000 entries of about 250 bytes.
pub const MAX_SIGNATURE_FILE: u64 = 64 * 1024 * 1024;

/// How much of a signature file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Its size in bytes.
    pub bytes: u64,
    /// The entries in it.
    pub entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: MAX_SIGNATURE_FILE, entries: MAX_ENTRIES }
    }
}

impl Limits {
    /// Room for a file of this size, and for as many entries as fit into one: at most one in 200 bytes, since the
    /// digest alone takes 64 digits, and base64 a third more.
    pub fn for_size(bytes: u64) -> Self {
        let entries = usize::try_from(bytes / 200).unwrap_or(usize::MAX);
        Self { bytes, entries: entries.max(MAX_ENTRIES) }
    }
}

fn read_value(bytes: &[u8]) -> Result<Value, json::JsonError> {
    shape::Shape::new().take(bytes)?;
    json::parse_signature(bytes, shape::MAX_FILE_VALUES)
}

/// Looks at a signature file while it is read, block by block with its offset: false as soon as it is clear from its mere
/// size that [`SignatureFile::parse_within`] will refuse it. Reading on would only take memory.
pub(crate) fn may_become_a_signature() -> impl FnMut(u64, &[u8]) -> bool {
    let mut shape = shape::Shape::new();
    move |offset, block| {
        if offset == 0 {
            shape = shape::Shape::new();
        }
        shape.take(block).is_ok()
    }
}

/// A signature file of a kind that we read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureFile {
    /// The manifest of one file.
    Manifest(Box<Manifest>),
    /// The bundle manifest of several files.
    Bundle(Box<BundleManifest>),
    /// An OMS signature of a folder or a file.
    Oms(Box<OmsSignature>),
}

impl SignatureFile {
    /// Reads a signature file of whatever kind it is.
    ///
    /// # Errors
    /// A [`Fault`]: no strict JSON, no such kind, a field that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        Self::parse_within(bytes, Limits::default())
    }

    /// Reads a signature file with other limits; that of its size is for whoever reads the file.
    ///
    /// # Errors
    /// A [`Fault`], as for [`SignatureFile::parse`].
    pub fn parse_within(bytes: &[u8], limits: Limits) -> Result<Self, Fault> {
        Self::from_value(read_value(bytes)?, limits)
    }

    /// Like [`SignatureFile::parse_within`], for whoever needs the bytes as well. Those of an OMS signature are needed for
    /// the method sigstore alone: else they are dropped before the statement is read, which takes as much memory again.
    pub(crate) fn parse_owned(bytes: Vec<u8>, limits: Limits) -> Result<(Self, Vec<u8>), Fault> {
        let value = read_value(&bytes)?;
        let bytes = if oms::can_do_without_bytes(&value) {
            drop(bytes);
            Vec::new()
        } else {
            bytes
        };
        Self::from_value(value, limits).map(|file| (file, bytes))
    }

    fn from_value(value: Value, limits: Limits) -> Result<Self, Fault> {
        let Value::Object(fields) = &value else {
            return Err(Fault::NotASignature { looks_like: value.kind() });
        };
        let has = |name: &str| fields.iter().any(|(field, _)| field == name);
        if oms::is_bundle(fields) {
            OmsSignature::from_json(value, limits.entries).map(|oms| Self::Oms(Box::new(oms)))
        } else if has("payloadType") {
            Err(Fault::NotASignature { looks_like: "a bare DSSE envelope" })
        } else if has("artifacts") {
            BundleManifest::from_json(value).map(|bundle| Self::Bundle(Box::new(bundle)))
        } else if has("model_file") || has("sha256") || has("signature") || has("envelope") {
            Manifest::from_json(value).map(|manifest| Self::Manifest(Box::new(manifest)))
        } else {
            Err(Fault::NotASignature { looks_like: "some other JSON" })
        }
    }

    /// The file's text: JSON, indented by 2 where people read it, with a final line end.
    pub fn to_text(&self) -> String {
        match self {
            Self::Manifest(manifest) => manifest.to_text(),
            Self::Bundle(bundle) => bundle.to_text(),
            Self::Oms(oms) => oms.to_text(),
        }
    }

    /// The signed part, if this is a manifest or bundle manifest with an envelope.
    pub fn signed(&self) -> Option<&Signed> {
        match self {
            Self::Manifest(manifest) => manifest.signed.as_ref(),
            Self::Bundle(bundle) => bundle.signed.as_ref(),
            Self::Oms(_) => None,
        }
    }

    /// What the statement says beside the files, where weightseal made it; whoever signed it.
    pub fn claims(&self) -> Option<&Claims> {
        match self {
            Self::Oms(oms) => oms.statement.claims.as_ref(),
            Self::Manifest(_) | Self::Bundle(_) => Some(&self.signed()?.statement.claims),
        }
    }

    /// The digest that names the statement, if there is one; whoever signed it.
    pub fn statement_digest(&self) -> Option<Digest> {
        let envelope = match self {
            Self::Oms(oms) => &oms.envelope,
            Self::Manifest(_) | Self::Bundle(_) => &self.signed()?.envelope,
        };
        Some(Statement::digest(&envelope.payload))
    }

    /// The statement that this one says it stands beside: then it is a countersignature, and no first signature.
    pub fn countersigns(&self) -> Option<Digest> {
        self.claims()?.countersigns
    }

    /// The keys that the file names, signed or shown; more than one only if somebody changed it.
    pub fn named_keys(&self) -> Vec<KeyId> {
        let shown = match self {
            Self::Manifest(manifest) => manifest.visible.key_id,
            Self::Bundle(bundle) => bundle.artifacts.iter().find_map(|entry| entry.key_id),
            Self::Oms(_) => None,
        };
        self.signed().map(|signed| signed.statement.claims.key_id).into_iter().chain(shown).collect()
    }

    /// Fields without meaning in a manifest without envelope: listed as claimed, and ignored.
    pub fn ignored(&self) -> &[(String, String)] {
        match self {
            Self::Manifest(manifest) => &manifest.ignored,
            Self::Bundle(bundle) => &bundle.ignored,
            Self::Oms(_) => &[],
        }
    }
}
