//! The files of one side: as a signature states them, or as a model is hashed.

use std::collections::BTreeSet;
use std::path::Path;

use super::metadata::{self, Metadata};
use super::side::{Listed, ModelKind, Names, OwnName, SideKind};
use super::{ComparedFile, DiffError};
use crate::envelope::{OmsStatement, SignedDigests, SignedFile};
use crate::file::Follow;
use crate::format::{BundleManifest, Manifest, OMS_NAME, SignatureFile};
use crate::hash::{Cut, Engine, Observer, Plan};
use crate::listing::{Exclusions, SafeName};
use crate::sign::{Serialization, SignExcludes, list_for_comparison};

/// What a signature file says.
pub(super) struct Stated {
    pub(super) plan: Plan,
    pub(super) listed: Listed,
    pub(super) metadata: Metadata,
    ignored: Vec<SafeName>,
    follow: Follow,
}

impl Stated {
    pub(super) fn new(file: &SignatureFile, bytes: &[u8]) -> Self {
        let metadata = metadata::of(file, bytes);
        let (plan, listed, ignored, follow) = match file {
            SignatureFile::Manifest(manifest) => {
                (Plan::default(), list_manifest(manifest), Vec::new(), Follow::Refuse)
            }
            SignatureFile::Bundle(bundle) => {
                (Plan::default(), list_bundle(bundle), Vec::new(), Follow::Refuse)
            }
            SignatureFile::Oms(oms) => {
                let OmsStatement { algorithm, shard_size, allow_symlinks, ignored, .. } = &oms.statement;
                let follow = if *allow_symlinks { Follow::Beneath } else { Follow::Refuse };
                let plan =
                    Plan { algorithm: *algorithm, cut: Cut::by_shards(*shard_size), ..Plan::default() };
                (plan, list_oms(&oms.statement), ignored.clone(), follow)
            }
        };
        Self { plan, listed, metadata, ignored, follow }
    }
}

fn list_manifest(manifest: &Manifest) -> Listed {
    let (visible, signed) = (&manifest.visible, &manifest.signed);
    let size = signed.as_ref().and_then(|signed| signed.statement.resources.first()?.size);
    let name = visible.model_file.as_str().to_owned();
    let file = ComparedFile { name, digests: SignedDigests::Whole(visible.sha256.into()), size };
    Listed::new(SideKind::Manifest, Names::OfOne(OwnName::Binding), vec![file])
}

fn list_bundle(bundle: &BundleManifest) -> Listed {
    // Both lists were found to be the same, entry by entry; only the signed one has sizes.
    let resources = bundle.signed.iter().flat_map(|signed| &signed.statement.resources);
    let sizes = resources.map(|resource| resource.size).chain(std::iter::repeat(None));
    let files = bundle.artifacts.iter().zip(sizes).map(|(entry, size)| ComparedFile {
        name: entry.model_file.as_str().to_owned(),
        digests: SignedDigests::Whole(entry.sha256.into()),
        size,
    });
    Listed::new(SideKind::Bundle, Names::OfSeveral, files.collect())
}

fn list_oms(statement: &OmsStatement) -> Listed {
    let names = match statement.files.as_slice() {
        [SignedFile { name: None, .. }] => Names::OfOne(OwnName::Meaningless),
        _ => Names::OfSeveral,
    };
    let called = if statement.name.is_empty() { "." } else { &statement.name };
    let files = statement.files.iter().map(|file| compared(file.clone(), called)).collect();
    Listed::new(SideKind::Oms, names, files)
}

fn compared(file: SignedFile, called: &str) -> ComparedFile {
    let name = file.name.as_ref().map_or(called, SafeName::as_str).to_owned();
    ComparedFile { name, digests: file.digests, size: file.size }
}

/// Hashes a model, as the signature on the other side wants it if there is one.
pub(super) fn hash_model(
    path: &Path,
    kind: ModelKind,
    against: Option<(&Path, &Stated)>,
    engine: Engine,
    observer: &dyn Observer,
) -> Result<Listed, DiffError> {
    let stated = against.map(|(_, stated)| stated);
    let plan = stated.map_or_else(Plan::default, |stated| stated.plan);
    let serialization = Serialization {
        algorithm: plan.algorithm,
        shard_size: plan.cut.shard_size(),
        ignore: left_out_of(stated),
        // They stand among those to be ignored, except where they are signed.
        default_excludes: SignExcludes::Sign,
        follow: stated.map_or(Follow::Refuse, |stated| stated.follow),
        ..Serialization::default()
    };
    // A signature that lies in the folder under a name of its own is no part of the model either.
    let signature = against.map_or_else(|| path.join(OMS_NAME), |(signature, _)| signature.to_owned());
    let model = list_for_comparison(path, Some(&signature), &serialization, engine, observer)?;
    let files = model.files.into_iter().map(|file| compared(file, &model.name)).collect();
    let (names, kind) = match kind {
        ModelKind::Folder => (Names::OfSeveral, SideKind::Folder),
        ModelKind::File => (Names::OfOne(OwnName::Called), SideKind::File),
    };
    let left_out = model.left_out.into_iter().filter(|name| name != OMS_NAME).collect();
    Ok(Listed { files, names, kind, left_out })
}

/// What a signature leaves out, and what is left out by default: `.git` and its like, and `model.sig`. What the
/// signature lists is never left out.
fn left_out_of(stated: Option<&Stated>) -> Vec<SafeName> {
    let listed: BTreeSet<&str> = match stated {
        Some(stated) => stated.listed.files.iter().map(|file| file.name.as_str()).collect(),
        None => BTreeSet::new(),
    };
    let is_listed = |path: &SafeName| {
        let below = format!("{path}/", path = path.as_str());
        let first_below = listed.range(below.as_str()..).next();
        listed.contains(path.as_str()) || first_below.is_some_and(|name| name.starts_with(&below))
    };
    let defaults = Exclusions::default_names().chain(OMS_NAME.parse());
    let ignored = stated.map_or(&[][..], |stated| &stated.ignored);
    defaults.chain(ignored.iter().cloned()).filter(|path| !is_listed(path)).collect()
}
