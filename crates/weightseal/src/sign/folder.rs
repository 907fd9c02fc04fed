//! Signing a folder, or a file, with an OMS signature (OpenSSF Model Signing v1.0, section 6).

use std::convert::Infallible;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::content::{ListPlace, StagedList, plan_of};
use super::run::stage_large;
use super::{Options, SignError, place};
use crate::digest::{Digest, HashAlgorithm};
use crate::envelope::{
    Container, Envelope, EnvelopeSignature, OmsForm, OmsStatement, ShardDialect, SignedDigests, SignedFile,
    Statement, root_of,
};
use crate::file::{
    EntryKind, FileError, Follow, Links, OpenedFile, Tree, TreeEntry, is_folder, or_here, place_below,
    resolve,
};
use crate::format::{KeyHint, Limits, Method, OmsSignature, SignatureFile};
use crate::hash::{
    ChunkList, Chunks, ContentDigests, Cut, Engine, Observer, Plan, Source, hash_all, hash_opened,
};
use crate::key::PrivateKey;
use crate::listing::{Exclusions, SafeName, find_collision, parse_ignored};
use crate::text::EscapedPath;
use crate::trust::{CertificateRefusal, judge_issuers, judge_leaf};

/// How the files of a model are found and hashed.
#[derive(Clone, Debug, Default)]
pub struct Serialization {
    /// The algorithm.
    pub algorithm: HashAlgorithm,
    /// The size of a shard in bytes; `None`: files are hashed as a whole.
    pub shard_size: Option<NonZeroU64>,
    /// How the algorithm of a shard is written.
    pub dialect: ShardDialect,
    /// Paths that are left out, recorded in the signature.
    pub ignore: Vec<SafeName>,
    /// Whether `.git` and its like are left out.
    pub default_excludes: SignExcludes,
    /// Which symbolic links are followed.
    pub follow: Follow,
    /// How large the signature may become; whoever verifies has to allow as much.
    pub limits: Limits,
}

impl Serialization {
    fn plan(&self) -> Plan {
        let cut = Cut::by_shards(self.shard_size);
        Plan { algorithm: self.algorithm, cut, ..Plan::default() }
    }
}

/// What becomes of the paths that are left out by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignExcludes {
    /// They are left out, and recorded.
    #[default]
    LeaveOut,
    /// They are signed like everything else.
    Sign,
}

/// What was signed, and where the signature is.
#[derive(Clone, Debug)]
pub struct SignedModel {
    /// The signature file.
    pub signature: PathBuf,
    /// The root digest, which does not bind names.
    pub root: Digest,
    /// The files.
    pub files: Vec<SignedFile>,
    /// The digest of the signed statement.
    pub statement: Digest,
    /// What lies in the folder and was left out.
    pub left_out: Vec<String>,
    /// Symbolic links that were followed out of the folder.
    pub links_outside: Vec<String>,
    /// Files with other names elsewhere on their file system (hard links).
    pub hard_linked: Vec<String>,
    /// The list of chunk digests, where one was asked for and a file is large enough to have one.
    pub chunk_list: Option<PathBuf>,
    /// What was written.
    pub file: SignatureFile,
}

/// A model as it was found.
struct Listed {
    name: String,
    container: Container,
    files: Vec<SignedFile>,
    /// The chunks of the files whose chunk root is signed, in their order.
    chunks: Vec<Chunks>,
    ignored: Vec<SafeName>,
    left_out: Vec<String>,
    links_outside: Vec<String>,
    hard_linked: Vec<String>,
}

/// The files of a folder, hashed.
struct HashedFiles {
    files: Vec<SignedFile>,
    chunks: Vec<Chunks>,
    hard_linked: Vec<String>,
}

/// The files of a folder or one file, hashed as a signature lists them, without signing anything.
#[derive(Clone, Debug)]
pub struct ListedModel {
    /// Its name.
    pub name: String,
    /// The files, sorted by name.
    pub files: Vec<SignedFile>,
    /// What lies in the folder and was left out.
    pub left_out: Vec<String>,
}

/// Signs a folder or a file and writes the OMS signature: by default into the folder as `model.sig`, or beside the
/// file as `NAME.sig`. With a chain of certificates (DER, the signer's first) its method is `certificate`.
///
/// # Errors
/// [`SignError`]; nothing is written then, and a signature that was there is untouched.
pub fn sign_model(
    model: &Path,
    output: Option<&Path>,
    key: &PrivateKey,
    chain: Option<&[Vec<u8>]>,
    serialization: &Serialization,
    options: &Options,
    observer: &dyn Observer,
) -> Result<SignedModel, SignError> {
    options.check()?;
    let method = method_of(key, chain, options)?;
    let (output, before) = place::for_oms_stamped(model, output)?;
    let list_place = ListPlace::find(model, &output, options.chunk_list)?;
    let roots = ChunkRoots::Sign(options.chunk_list);
    let listed = list(model, Some(&output), serialization, roots, options.engine, observer)?;
    ensure_covered(&listed.name, &listed.files)?;
    let Listed { name, container, files, chunks, ignored, left_out, links_outside, hard_linked } = listed;
    let root = root_of(&files, serialization.shard_size);
    // A list of 100 000 files is large: while what was written is read again, it stands in the statement alone.
    let sizes: Vec<Option<u64>> = files.iter().map(|file| file.size).collect();
    let statement = OmsStatement {
        form: OmsForm::V1,
        name,
        claims: Some(options.claims(container, key)),
        algorithm: serialization.algorithm,
        shard_size: serialization.shard_size,
        allow_symlinks: serialization.follow != Follow::Refuse,
        ignored,
        root,
        files: files.into_iter().map(|file| as_written(file, serialization)).collect(),
    };
    let (file, statement_digest) = seal_oms(statement, serialization.dialect, method, key)?;
    let still_ours = || place::ensure_oms_still(model, &output, before);
    let (staged, file) =
        stage_large(&output, file, &statement_digest, key, serialization.limits, &still_ours)?;
    let list = list_place.stage(&chunks)?;
    let chunk_list = list.map(StagedList::put_in_place).transpose()?;
    staged.put_in_place()?;
    let with_size = |(file, size): (&SignedFile, _)| SignedFile { size, ..file.clone() };
    let files = listed_in(&file).iter().zip(sizes).map(with_size).collect();
    Ok(SignedModel {
        signature: output,
        root,
        files,
        statement: statement_digest,
        left_out,
        links_outside,
        hard_linked,
        chunk_list,
        file,
    })
}

/// Signs an OMS statement. The second result is its digest.
pub(super) fn seal_oms(
    statement: OmsStatement,
    dialect: ShardDialect,
    method: Method,
    key: &PrivateKey,
) -> Result<(SignatureFile, Digest), SignError> {
    let mut envelope = Envelope { payload: statement.to_payload(dialect), signatures: Vec::new() };
    let sig = key.sign(&envelope.pae())?;
    envelope.signatures.push(EnvelopeSignature { sig, keyid: None });
    let digest = Statement::digest(&envelope.payload);
    let oms = OmsSignature { method, timestamps: Vec::new(), envelope, statement };
    Ok((SignatureFile::Oms(Box::new(oms)), digest))
}

/// A file as the statement will have it: the size stands beside SHA-256 alone, and is known of shards by their names.
fn as_written(file: SignedFile, serialization: &Serialization) -> SignedFile {
    let has_size = serialization.shard_size.is_some() || serialization.algorithm == HashAlgorithm::Sha256;
    SignedFile { size: file.size.filter(|_| has_size), ..file }
}

fn listed_in(file: &SignatureFile) -> &[SignedFile] {
    match file {
        SignatureFile::Oms(oms) => &oms.statement.files,
        _ => &[],
    }
}

/// Hashes a folder or a file as a signature would list it.
///
/// # Errors
/// [`SignError`], as for [`sign_model`].
pub fn list_model(
    model: &Path,
    signature: Option<&Path>,
    serialization: &Serialization,
    engine: Engine,
    observer: &dyn Observer,
) -> Result<ListedModel, SignError> {
    let listed = list_for_comparison(model, signature, serialization, engine, observer)?;
    ensure_covered(&listed.name, &listed.files)?;
    Ok(listed)
}

/// Hashes a folder or a file as [`list_model`] does, and lists an empty file that no shard covers without a digest.
/// That list can be looked at, and not be signed.
///
/// # Errors
/// [`SignError`], as for [`sign_model`].
pub fn list_for_comparison(
    model: &Path,
    signature: Option<&Path>,
    serialization: &Serialization,
    engine: Engine,
    observer: &dyn Observer,
) -> Result<ListedModel, SignError> {
    let listed = list(model, signature, serialization, ChunkRoots::Omit, engine, observer)?;
    let Listed { name, files, left_out, .. } = listed;
    Ok(ListedModel { name, files, left_out })
}

/// An empty file that no shard covers cannot be signed: nobody would notice if it were exchanged.
fn ensure_covered(model: &str, files: &[SignedFile]) -> Result<(), SignError> {
    match files.iter().find(|file| file.digests.as_slice().is_empty()) {
        None => Ok(()),
        Some(file) => {
            let name = file.name.as_ref().map_or(model, SafeName::as_str).to_owned();
            Err(SignError::Uncovered { name })
        }
    }
}

/// The certificate has to be the key's, and one that verification accepts.
fn method_of(key: &PrivateKey, chain: Option<&[Vec<u8>]>, options: &Options) -> Result<Method, SignError> {
    let Some(chain) = chain else { return Ok(Method::Key(KeyHint::of(key.public()))) };
    judge_issuers(chain, options.signed_at.instant())
        .map_err(|refusal| SignError::Certificate(Box::new(refusal)))?;
    let leaf = chain.first().ok_or(SignError::NoCertificate)?;
    let facts = judge_leaf(leaf, options.signed_at.instant()).map_err(|refusals| {
        let first = refusals.into_iter().next();
        first.map_or(SignError::NoCertificate, |refusal: CertificateRefusal| {
            SignError::Certificate(Box::new(refusal))
        })
    })?;
    if facts.key != *key.public() {
        let (key, certificate) = (key.public().id(), facts.key.id());
        return Err(SignError::CertificateOfAnotherKey { key, certificate });
    }
    Ok(Method::Certificate { chain: chain.to_vec() })
}

/// Whether chunk roots are computed.
#[derive(Clone, Copy, Debug)]
enum ChunkRoots {
    Sign(ChunkList),
    Omit,
}

impl ChunkRoots {
    /// How one file is hashed: only SHA-256 of whole files has a chunk root beside it.
    fn plan(self, file: &OpenedFile, plan: Plan) -> Plan {
        match self {
            Self::Sign(list) if plan == Plan::default() => plan_of(file, list),
            Self::Sign(_) | Self::Omit => plan,
        }
    }
}

fn list(
    model: &Path,
    signature: Option<&Path>,
    serialization: &Serialization,
    roots: ChunkRoots,
    engine: Engine,
    observer: &dyn Observer,
) -> Result<Listed, SignError> {
    if !is_folder(model)? {
        return one_file(model, serialization, roots, engine, observer);
    }
    let name = name_of_folder(model)?;
    let tree = Tree::open(model, serialization.follow)?;
    let ignored = Exclusions::new(match serialization.default_excludes {
        SignExcludes::LeaveOut => {
            Exclusions::default_names().chain(serialization.ignore.iter().cloned()).collect::<Vec<_>>()
        }
        SignExcludes::Sign => serialization.ignore.clone(),
    });
    let entries = tree.list()?;
    let staged = signature.map(crate::file::staged_path);
    let own_places = || signature.into_iter().chain(staged.as_deref());
    let is_signature = |entry: &TreeEntry| -> Result<bool, FileError> {
        own_places().try_fold(false, |is, path| Ok(is || tree.is_same_file(Path::new(&entry.name), path)?))
    };
    let (mut names, mut left_out, mut links_outside) = (Vec::new(), Vec::new(), Vec::new());
    for entry in &entries {
        if entry.name.to_str().is_some_and(|name| ignored.of(name).is_some()) {
            left_out.push(entry.name.to_string_lossy().into_owned());
        } else if !is_signature(entry)? {
            names.push(judge(entry, &tree)?);
            if matches!(entry.kind, EntryKind::FollowedLink { outside: true }) {
                links_outside.push(entry.name.to_string_lossy().into_owned());
            }
        }
    }
    if names.is_empty() {
        return Err(SignError::Empty { model: model.to_owned() });
    }
    if names.len() > serialization.limits.entries {
        let limit = serialization.limits.entries;
        return Err(FileError::TooManyEntries { path: model.to_owned(), limit }.into());
    }
    if let Some((one, other)) = find_collision(names.iter().map(SafeName::as_str)) {
        let (one, other) = (one.to_owned(), other.to_owned());
        return Err(SignError::Collision { one, other });
    }
    let HashedFiles { files, chunks, hard_linked } =
        hash(&tree, names, serialization, roots, engine, observer)?;
    // Other tools do not recognise the signature by its inode: it is recorded, as the specification advises.
    let own = signature.map(|path| place_below(path, model)).transpose()?.flatten();
    let own = own.and_then(|place| place.to_str().and_then(|name| parse_ignored(name).ok()));
    let ignored = Exclusions::new(ignored.names().iter().cloned().chain(own)).names().to_vec();
    Ok(Listed {
        name,
        container: Container::Folder,
        files,
        chunks,
        ignored,
        left_out,
        links_outside,
        hard_linked,
    })
}

/// The name of an entry that can be signed.
fn judge(entry: &TreeEntry, tree: &Tree) -> Result<SafeName, SignError> {
    let path = || tree.root().join(&entry.name);
    match &entry.kind {
        EntryKind::Symlink { target } => {
            Err(FileError::Symlink { path: path(), target: target.to_path_buf() }.into())
        }
        EntryKind::Special(kind) => Err(FileError::NotRegular { path: path(), kind: *kind }.into()),
        EntryKind::Unreadable(error) => {
            let reason = std::error::Error::source(&**error).map(|source| format!(": {source}"));
            Err(SignError::Unreadable(format!("{error}{}", reason.unwrap_or_default()), error.code()))
        }
        EntryKind::File | EntryKind::FollowedLink { .. } | EntryKind::Blob => match entry.name.to_str() {
            Some(name) => Ok(name.parse()?),
            None => Err(crate::listing::UnsafeName {
                name: EscapedPath(Path::new(&entry.name)).to_string(),
                reason: "is not UTF-8",
            }
            .into()),
        },
    }
}

fn hash(
    tree: &Tree,
    names: Vec<SafeName>,
    serialization: &Serialization,
    roots: ChunkRoots,
    engine: Engine,
    observer: &dyn Observer,
) -> Result<HashedFiles, SignError> {
    let plan = serialization.plan();
    let limit = serialization.limits.entries;
    let source = TreeSource { tree, names: &names, plan, roots, shards: AtomicU64::new(0), limit };
    let results = hash_all(names.len(), &source, engine, observer, &|_, hashed| {
        hashed.map(|hashed| (hashed.digests, hashed.hard_linked))
    });
    let mut files = Vec::with_capacity(names.len());
    let mut chunks = Vec::new();
    let mut hard_linked = Vec::new();
    for (name, result) in names.into_iter().zip(results) {
        let (mut digests, is_hard_linked) = result?;
        if is_hard_linked {
            hard_linked.push(name.as_str().to_owned());
        }
        let own = digests.chunks.take();
        files.push(signed_file(Some(name), digests, own.as_ref(), plan));
        chunks.extend(own);
    }
    Ok(HashedFiles { files, chunks, hard_linked })
}

fn one_file(
    model: &Path,
    serialization: &Serialization,
    roots: ChunkRoots,
    engine: Engine,
    observer: &dyn Observer,
) -> Result<Listed, SignError> {
    let opened = OpenedFile::open(model, Links::Refuse)?;
    let name = SafeName::of_file(model)?;
    let plan = serialization.plan();
    let hard_linked = opened.is_hard_linked().then(|| name.as_str().to_owned());
    let limit = serialization.limits.entries;
    if shards_of(&opened, plan) > limit as u64 {
        return Err(FileError::TooManyEntries { path: model.to_owned(), limit }.into());
    }
    let of_file = roots.plan(&opened, plan);
    let mut digests = hash_opened(opened, of_file, engine, observer)?.digests;
    let chunks = digests.chunks.take();
    let files = vec![signed_file(None, digests, chunks.as_ref(), plan)];
    let ignored = match serialization.default_excludes {
        SignExcludes::LeaveOut => Exclusions::defaults().names().to_vec(),
        SignExcludes::Sign => Vec::new(),
    };
    Ok(Listed {
        name: name.as_str().to_owned(),
        container: Container::File,
        files,
        chunks: chunks.into_iter().collect(),
        ignored,
        left_out: Vec::new(),
        links_outside: Vec::new(),
        hard_linked: hard_linked.into_iter().collect(),
    })
}

fn signed_file(
    name: Option<SafeName>,
    hashed: ContentDigests,
    chunks: Option<&Chunks>,
    plan: Plan,
) -> SignedFile {
    let digests = match (plan.cut.shard_size(), hashed.digests.as_slice()) {
        (None, [digest]) => SignedDigests::Whole(*digest),
        _ => SignedDigests::Shards(hashed.digests),
    };
    SignedFile { name, digests, size: Some(hashed.size), chunk_root: chunks.map(|chunks| chunks.root) }
}

/// The folder's own name, also where it is called `.`.
fn name_of_folder(folder: &Path) -> Result<String, SignError> {
    let place = resolve(or_here(folder))?;
    // The top of the file system has no name.
    let name = folder.file_name().or(place.file_name()).unwrap_or("model".as_ref());
    let name = name.to_str().ok_or_else(|| crate::listing::UnsafeName {
        name: EscapedPath(folder).to_string(),
        reason: "is not UTF-8",
    })?;
    Ok(name.to_owned())
}

struct TreeSource<'a> {
    tree: &'a Tree,
    names: &'a [SafeName],
    plan: Plan,
    roots: ChunkRoots,
    /// How many shards there are so far.
    shards: AtomicU64,
    /// How many there may be.
    limit: usize,
}

impl Source for TreeSource<'_> {
    type Copy = Infallible;

    #[expect(clippy::indexing_slicing, reason = "one position for each name")]
    fn open(&self, at: usize) -> Result<OpenedFile, FileError> {
        let file = self.tree.open_file(Path::new(self.names[at].as_str()))?;
        let count = shards_of(&file, self.plan);
        // Before anything is hashed: each shard costs memory, and too many could not be verified anyway.
        if self.shards.fetch_add(count, Ordering::Relaxed).saturating_add(count) > self.limit as u64 {
            return Err(FileError::TooManyEntries { path: self.tree.root().to_owned(), limit: self.limit });
        }
        Ok(file)
    }

    fn plan(&self, _: usize, file: &OpenedFile) -> Option<Plan> {
        Some(self.roots.plan(file, self.plan))
    }

    fn copy(&self, _: usize, _: &OpenedFile) -> Result<Option<Infallible>, FileError> {
        Ok(None)
    }
}

/// How many digests a file will have.
fn shards_of(file: &OpenedFile, plan: Plan) -> u64 {
    plan.cut.shard_size().map_or(1, |size| file.size().div_ceil(size.get()))
}
