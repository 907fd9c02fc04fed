//! Signing anew what a signature file lists: in its place, or beside it. That the files are what it lists, the caller has
//! made sure of: nothing is hashed here.

use std::collections::BTreeMap;
use std::path::Path;

use super::folder::seal_oms;
use super::run::{seal, visible};
use super::{Options, SignError};
use crate::digest::{Digest, HashAlgorithm};
use crate::envelope::{Container, OmsForm, OmsStatement, Resource, SignedFile, Statement, root_of};
use crate::format::{
    BundleManifest, KeyHint, Manifest, Method, OmsSignature, SignatureFile, Visible, bundle_name,
};
use crate::key::PrivateKey;
use crate::listing::SafeName;

/// What was found out about the bytes of a file while they were held against its digest.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FoundBytes {
    pub(crate) size: Option<u64>,
    pub(crate) chunk_root: Option<Digest>,
}

/// Signs what `old` lists with another key and other claims. What `old` does not say about a file is taken from `found`,
/// by the file's name; a model of one file has one entry there, whatever its name. `at` is where `old` lies: a set
/// without an envelope has no other name. The second result is the digest of the new statement.
///
/// The signatures in `old` are not looked at, and none of them is taken over.
pub(crate) fn sign_again(
    old: &SignatureFile,
    at: &Path,
    found: &BTreeMap<String, FoundBytes>,
    container: Container,
    key: &PrivateKey,
    options: &Options,
) -> Result<(SignatureFile, Digest), SignError> {
    options.check()?;
    match old {
        SignatureFile::Manifest(manifest) => manifest_again(manifest, found, key, options),
        SignatureFile::Bundle(bundle) => bundle_again(bundle, at, found, key, options),
        SignatureFile::Oms(oms) => oms_again(oms, found, container, key, options),
    }
}

fn manifest_again(
    old: &Manifest,
    found: &BTreeMap<String, FoundBytes>,
    key: &PrivateKey,
    options: &Options,
) -> Result<(SignatureFile, Digest), SignError> {
    let Visible { model_file, sha256, .. } = &old.visible;
    let listed = old.signed.iter().flat_map(|signed| &signed.statement.resources).next().cloned();
    let unlisted = Resource { name: None, digest: *sha256, size: None, chunk_root: None };
    let resource = completed(listed.unwrap_or(unlisted), the_only(found));
    let signed = seal(key, options, Container::Manifest, model_file.as_str(), vec![resource])?;
    let visible = visible(key, options, model_file, sha256)?;
    let statement = Statement::digest(&signed.envelope.payload);
    let manifest = Manifest { visible, signed: Some(signed), ignored: Vec::new() };
    Ok((SignatureFile::Manifest(Box::new(manifest)), statement))
}

fn bundle_again(
    old: &BundleManifest,
    at: &Path,
    found: &BTreeMap<String, FoundBytes>,
    key: &PrivateKey,
    options: &Options,
) -> Result<(SignatureFile, Digest), SignError> {
    let (name, listed) = match &old.signed {
        Some(signed) => (signed.statement.name.clone(), signed.statement.resources.clone()),
        None => {
            let file_name = SafeName::of_file(at)?;
            let mut entries: Vec<(&SafeName, &Digest)> =
                old.artifacts.iter().map(|entry| (&entry.model_file, &entry.sha256)).collect();
            entries.sort();
            let resource = |(name, digest): (&SafeName, &Digest)| Resource {
                name: Some(name.clone()),
                digest: *digest,
                size: None,
                chunk_root: None,
            };
            (bundle_name(file_name.as_str()).to_owned(), entries.into_iter().map(resource).collect())
        }
    };
    let known = |name: &SafeName| found.get(name.as_str()).copied().unwrap_or_default();
    let with_name = |resource: Resource| Some((resource.name.clone()?, resource));
    // Every entry of a set has a name, and it stands in the same order on both sides.
    let resources: Vec<(SafeName, Resource)> = listed
        .into_iter()
        .filter_map(with_name)
        .map(|(name, resource)| {
            let bytes = known(&name);
            (name, completed(resource, bytes))
        })
        .collect();
    let artifacts = resources
        .iter()
        .map(|(name, resource)| visible(key, options, name, &resource.digest))
        .collect::<Result<Vec<_>, _>>()?;
    let resources = resources.into_iter().map(|(_, resource)| resource).collect();
    let signed = seal(key, options, Container::Bundle, &name, resources)?;
    let statement = Statement::digest(&signed.envelope.payload);
    let bundle = BundleManifest {
        artifact_count: artifacts.len() as u64,
        artifacts,
        bundle_signed_at: options.signed_at.clone(),
        signed: Some(signed),
        ignored: Vec::new(),
    };
    Ok((SignatureFile::Bundle(Box::new(bundle)), statement))
}

fn oms_again(
    old: &OmsSignature,
    found: &BTreeMap<String, FoundBytes>,
    container: Container,
    key: &PrivateKey,
    options: &Options,
) -> Result<(SignatureFile, Digest), SignError> {
    let OmsSignature { statement, envelope, .. } = old;
    let dialect = statement.dialect_of(&envelope.payload);
    let is_plain = statement.shard_size.is_none() && statement.algorithm == HashAlgorithm::Sha256;
    let is_one = statement.files.len() == 1;
    let again = |file: &SignedFile| {
        let known =
            if is_one { the_only(found) } else { found.get(file.shown_name()).copied().unwrap_or_default() };
        // Beside shards, and beside other algorithms, neither is written.
        let known = if is_plain { known } else { FoundBytes::default() };
        let size = file.size.or(known.size);
        SignedFile { size, chunk_root: file.chunk_root.or(known.chunk_root), ..file.clone() }
    };
    let files: Vec<SignedFile> = statement.files.iter().map(again).collect();
    let statement = OmsStatement {
        form: OmsForm::V1,
        name: statement.name.clone(),
        claims: Some(options.claims(container, key)),
        algorithm: statement.algorithm,
        shard_size: statement.shard_size,
        allow_symlinks: statement.allow_symlinks,
        ignored: statement.ignored.clone(),
        root: root_of(&files, statement.shard_size),
        files,
    };
    seal_oms(statement, dialect, Method::Key(KeyHint::of(key.public())), key)
}

fn the_only(found: &BTreeMap<String, FoundBytes>) -> FoundBytes {
    found.values().next().copied().unwrap_or_default()
}

/// What was signed stands; what was not is added. A root stands beside a size only.
fn completed(resource: Resource, found: FoundBytes) -> Resource {
    let size = resource.size.or(found.size);
    let chunk_root = resource.chunk_root.or(found.chunk_root.filter(|_| size.is_some()));
    Resource { size, chunk_root, ..resource }
}
