//! The two things that can be signed: one file, and a set of files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::content::{Content, ListPlace, StagedList, plan_of};
use super::{SignError, place};
use crate::digest::Digest;
use crate::envelope::{
    Claims, Container, Envelope, EnvelopeSignature, Resource, Statement, check_annotation, check_signer,
};
use crate::file::{FileError, Links, OpenedFile, Replace, Staged, exists};
use crate::format::{
    BundleManifest, Fault, Limits, MAX_ARTIFACTS, Manifest, SignatureFile, Signed, Visible, bundle_name,
    check,
};
use crate::hash::{ChunkList, Engine, FileDigest, HashError, Observer, hash_files, hash_opened};
use crate::json::JsonError;
use crate::key::{Algorithm, PrivateKey, PssSalt};
use crate::listing::SafeName;
use crate::time::Timestamp;

/// Whether RSA keys also write the signature over the hex digest that other programs verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CompatSignature {
    /// Written: the manifest verifies with every program of the published format.
    #[default]
    Write,
    /// Left out: a manifest stripped of its envelope then verifies nowhere.
    Omit,
}

/// What the signer says, and how it is signed.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who signs. A manifest needs it, an OMS signature may go without.
    pub signer: Option<String>,
    /// The time to be signed.
    pub signed_at: Timestamp,
    /// Which of the signer's keys, counted from 1.
    pub key_version: Option<u64>,
    /// Which version of the model, counted from 1.
    pub model_version: Option<u64>,
    /// From when on the signature must not be accepted.
    pub expires_at: Option<Timestamp>,
    /// The digest of the statement that this one stands beside, as a countersignature: verification never finds such a
    /// one by itself. `crate::countersign` makes sure of what it stands beside.
    pub countersigns: Option<Digest>,
    /// The digest of the statement that this one takes the place of.
    pub renews: Option<Digest>,
    /// Anything else to be signed.
    pub annotations: BTreeMap<String, String>,
    /// The salt of the signature over the hex digest.
    pub pss_salt: PssSalt,
    /// Whether that signature is written.
    pub compat_signature: CompatSignature,
    /// Whether the list of chunk digests is written beside the signature, for the files whose chunk root is signed.
    pub chunk_list: ChunkList,
    /// How hashing uses the machine.
    pub engine: Engine,
}

impl Options {
    /// Only the two things that every signature has.
    pub fn new(signer: impl Into<String>, signed_at: Timestamp) -> Self {
        Self {
            signer: Some(signer.into()),
            signed_at,
            key_version: None,
            model_version: None,
            expires_at: None,
            countersigns: None,
            renews: None,
            annotations: BTreeMap::new(),
            pss_salt: PssSalt::default(),
            compat_signature: CompatSignature::default(),
            chunk_list: ChunkList::default(),
            engine: Engine::default(),
        }
    }

    /// Without a name: for OMS signatures only.
    pub fn unnamed(signed_at: Timestamp) -> Self {
        Self { signer: None, ..Self::new("", signed_at) }
    }

    /// What is signed beside the files.
    pub(super) fn claims(&self, container: Container, key: &PrivateKey) -> Claims {
        Claims {
            container,
            signer: self.signer.clone(),
            signed_at: self.signed_at.clone(),
            key_version: self.key_version,
            key_id: key.public().id(),
            model_version: self.model_version,
            expires_at: self.expires_at.clone(),
            countersigns: self.countersigns,
            renews: self.renews,
            annotations: self.annotations.clone(),
        }
    }

    /// Refuses what verifying would.
    ///
    /// # Errors
    /// [`SignError::Claim`].
    pub fn check(&self) -> Result<(), SignError> {
        let claim = |what, value: &str| {
            let value = value.to_owned();
            move |problem| SignError::Claim { what, value, problem }
        };
        if let Some(signer) = &self.signer {
            check_signer(signer).map_err(claim("signer", signer))?;
        }
        // All annotations are fields of one object, with those of weightseal itself.
        let most = crate::json::MAX_FIELDS.saturating_sub(100);
        if self.annotations.len() > most {
            return Err(SignError::TooMuch { limit: most as u64, what: "annotations" });
        }
        for (name, value) in &self.annotations {
            check_annotation(name, value).map_err(claim("annotation", &format!("{name}={value}")))?;
        }
        let versions = [("key version", self.key_version), ("model version", self.model_version)];
        for (what, version) in versions {
            let limit = crate::json::MAX_INTEGER.unsigned_abs();
            if let Some(version) = version.filter(|version| *version == 0 || *version > limit) {
                return Err(claim(what, &version.to_string())("is not an integer from 1 to 2^53"));
            }
        }
        match &self.expires_at {
            Some(at) if at.instant() <= self.signed_at.instant() => {
                Err(claim("expiry", at.as_str())("is not later than the time of signing"))
            }
            _ => Ok(()),
        }
    }
}

/// What was signed, and where the signature is.
#[derive(Clone, Debug)]
pub struct SignedFiles {
    /// The manifest or bundle manifest.
    pub manifest: PathBuf,
    /// Each file's name in it, digest and size.
    pub files: Vec<(SafeName, FileDigest)>,
    /// The digest of the signed statement.
    pub statement: Digest,
    /// The list of chunk digests, where one was asked for and a file is large enough to have one.
    pub chunk_list: Option<PathBuf>,
    /// What was written.
    pub file: SignatureFile,
}

/// Signs one file and writes its manifest, by default beside it.
///
/// # Errors
/// [`SignError`]; nothing is written then, and a manifest that was there is untouched.
pub fn sign_file(
    model: &Path,
    output: Option<&Path>,
    key: &PrivateKey,
    options: &Options,
    observer: &dyn Observer,
) -> Result<SignedFiles, SignError> {
    options.check()?;
    let opened = OpenedFile::open(model, Links::Refuse)?;
    let name = SafeName::of_file(model)?;
    let manifest_path = place::for_manifest(model, &name, output)?;
    let list = ListPlace::find(model, &manifest_path, options.chunk_list)?;
    let content = hash_to_sign(opened, options, observer)?;
    let signed = sign_content(&name, &content, key, options)?;
    let staged = stage(&manifest_path, &signed.file, key, Limits::default(), &|| {
        place::ensure_still(&manifest_path, model, &name, output)
    })?;
    let list = list.stage(&content.chunks)?;
    let chunk_list = list.map(StagedList::put_in_place).transpose()?;
    staged.put_in_place()?;
    let SignedManifest { file, statement } = signed;
    let files = vec![(name, content.digest)];
    Ok(SignedFiles { manifest: manifest_path, files, statement, chunk_list, file })
}

fn hash_to_sign(
    opened: OpenedFile,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Content, HashError> {
    let plan = plan_of(&opened, options.chunk_list);
    Ok(Content::of(hash_opened(opened, plan, options.engine, observer)?.digests))
}

/// A manifest that is written nowhere yet.
#[derive(Clone, Debug)]
pub struct SignedManifest {
    /// The manifest.
    pub file: SignatureFile,
    /// The digest of the signed statement.
    pub statement: Digest,
}

/// Signs one file and returns its manifest, to be written with [`super::save_manifest`].
///
/// # Errors
/// [`SignError`].
pub fn make_manifest(
    model: &Path,
    key: &PrivateKey,
    options: &Options,
    observer: &dyn Observer,
) -> Result<SignedManifest, SignError> {
    options.check()?;
    let opened = OpenedFile::open(model, Links::Refuse)?;
    let name = SafeName::of_file(model)?;
    let content = hash_to_sign(opened, options, observer)?;
    let signed = sign_content(&name, &content, key, options)?;
    check_own(&signed.file, key)?;
    Ok(signed)
}

/// Makes the manifest of a file with this name and content.
pub(super) fn sign_content(
    name: &SafeName,
    content: &Content,
    key: &PrivateKey,
    options: &Options,
) -> Result<SignedManifest, SignError> {
    let signed = seal(key, options, Container::Manifest, name.as_str(), vec![content.resource(None)])?;
    let visible = visible(key, options, name, &content.digest.digest)?;
    let statement = Statement::digest(&signed.envelope.payload);
    let manifest = Manifest { visible, signed: Some(signed), ignored: Vec::new() };
    Ok(SignedManifest { file: SignatureFile::Manifest(Box::new(manifest)), statement })
}

/// Signs several files as one set and writes the bundle manifest. Names are relative to `base`, by default the
/// bundle manifest's folder.
///
/// # Errors
/// [`SignError`]; nothing is written then, and a bundle manifest that was there is untouched.
pub fn sign_bundle(
    models: &[PathBuf],
    output: &Path,
    base: Option<&Path>,
    key: &PrivateKey,
    options: &Options,
    observer: &dyn Observer,
) -> Result<SignedFiles, SignError> {
    options.check()?;
    if models.is_empty() || models.len() > MAX_ARTIFACTS {
        return Err(SignError::Count { count: models.len(), limit: MAX_ARTIFACTS });
    }
    let output_name = SafeName::of_file(output)?;
    place::for_bundle(output)?;
    let base = base.unwrap_or_else(|| output.parent().unwrap_or(Path::new("")));
    let names = names_of(models, base, output)?;
    let list = ListPlace::find(output, output, options.chunk_list)?;
    let plan = |file: &OpenedFile| plan_of(file, options.chunk_list);
    let contents = hash_files(models, Links::Refuse, &plan, options.engine, observer)
        .into_iter()
        .map(|hashed| Ok(Content::of(hashed?.digests)))
        .collect::<Result<Vec<_>, HashError>>()?;
    // Sorted by name, so that the order of the arguments does not matter.
    let files: BTreeMap<SafeName, Content> = names.into_iter().zip(contents).collect();

    let resources = files.iter().map(|(name, content)| content.resource(Some(name.clone()))).collect();
    let signed = seal(key, options, Container::Bundle, bundle_name(output_name.as_str()), resources)?;
    let statement = Statement::digest(&signed.envelope.payload);
    let bundle = BundleManifest {
        artifacts: files
            .iter()
            .map(|(name, content)| visible(key, options, name, &content.digest.digest))
            .collect::<Result<_, _>>()?,
        bundle_signed_at: options.signed_at.clone(),
        artifact_count: files.len() as u64,
        signed: Some(signed),
        ignored: Vec::new(),
    };
    let file = SignatureFile::Bundle(Box::new(bundle));
    let staged = stage(output, &file, key, Limits::default(), &|| place::for_bundle(output))?;
    let chunks = files.values().filter_map(|content| content.chunks.as_ref());
    let list = list.stage(chunks)?;
    let chunk_list = list.map(StagedList::put_in_place).transpose()?;
    staged.put_in_place()?;
    let files = files.into_iter().map(|(name, content)| (name, content.digest)).collect();
    Ok(SignedFiles { manifest: output.to_owned(), files, statement, chunk_list, file })
}

fn names_of(models: &[PathBuf], base: &Path, output: &Path) -> Result<Vec<SafeName>, SignError> {
    let own = place::name_below(output, base).ok();
    let mut seen = BTreeSet::new();
    let mut names = Vec::with_capacity(models.len());
    for model in models {
        let name = place::name_below(model, base)?;
        if own.as_ref() == Some(&name) {
            return Err(SignError::SignsItself { path: output.to_owned() });
        }
        if !seen.insert(name.clone()) {
            return Err(SignError::Duplicate { name: name.as_str().to_owned() });
        }
        names.push(name);
    }
    Ok(names)
}

/// Makes the statement and signs it.
pub(super) fn seal(
    key: &PrivateKey,
    options: &Options,
    container: Container,
    name: &str,
    resources: Vec<Resource>,
) -> Result<Signed, SignError> {
    signer_of(options)?;
    let key_id = key.public().id();
    let claims = options.claims(container, key);
    let statement = Statement { name: name.to_owned(), claims, resources };
    let mut envelope = Envelope { payload: statement.to_payload(), signatures: Vec::new() };
    let sig = key.sign(&envelope.pae())?;
    envelope.signatures.push(EnvelopeSignature { sig, keyid: Some(key_id.to_string()) });
    Ok(Signed { envelope, statement })
}

/// A manifest without a signer's name would be read by nobody.
fn signer_of(options: &Options) -> Result<&str, SignError> {
    options.signer.as_deref().ok_or_else(|| SignError::Claim {
        what: "signer",
        value: String::new(),
        problem: "is needed in a manifest",
    })
}

/// The fields that people see, with the signature over the hex digest where the key has one.
pub(super) fn visible(
    key: &PrivateKey,
    options: &Options,
    name: &SafeName,
    digest: &Digest,
) -> Result<Visible, SignError> {
    let public = key.public();
    let has_compat =
        public.algorithm() == Algorithm::Rsa && options.compat_signature == CompatSignature::Write;
    let signature = has_compat.then(|| key.sign_hex_digest(digest, options.pss_salt)).transpose()?;
    Ok(Visible {
        model_file: name.clone(),
        sha256: *digest,
        signature,
        signer: signer_of(options)?.to_owned(),
        signed_at: options.signed_at.clone(),
        algorithm: public.algorithm().manifest_name().to_owned(),
        key_size: public.bits(),
        key_version: options.key_version,
        key_id: Some(public.id()),
    })
}

/// A signature file that has been written and verified, and waits for its name.
pub(crate) struct StagedSignature {
    staged: Staged,
    replace: Replace,
}

impl StagedSignature {
    fn create(path: &Path, still_ours: &dyn Fn() -> Result<(), SignError>) -> Result<Self, SignError> {
        let staged = Staged::create(path, 0o666)?;
        still_ours()?;
        let replace = if exists(path) { Replace::Existing } else { Replace::Never };
        Ok(Self { staged, replace })
    }

    pub(crate) fn put_in_place(self) -> Result<(), FileError> {
        self.staged.put_in_place(self.replace)
    }
}

/// Writes the file, reads it back and verifies it with the public half, if the place is still the right one: while
/// we hashed, somebody may have signed another model to the same name. The staged file locks the place against
/// other signers.
pub(crate) fn stage(
    path: &Path,
    file: &SignatureFile,
    key: &PrivateKey,
    limits: Limits,
    still_ours: &dyn Fn() -> Result<(), SignError>,
) -> Result<StagedSignature, SignError> {
    let mut staged = stage_text(path, &file.to_text(), limits, still_ours)?;
    let back = read_back(&mut staged, limits)?;
    check_own(&back, key)?;
    if back != *file {
        return Err(SignError::SelfCheck { fault: None });
    }
    Ok(staged)
}

/// Writes a text that shall become a signature file.
pub(super) fn stage_text(
    path: &Path,
    text: &str,
    limits: Limits,
    still_ours: &dyn Fn() -> Result<(), SignError>,
) -> Result<StagedSignature, SignError> {
    ensure_size(path, text, limits)?;
    let mut staged = StagedSignature::create(path, still_ours)?;
    staged.staged.write(text.as_bytes())?;
    Ok(staged)
}

/// Like [`stage`], for the signature of a folder, which can have tens of megabytes: its payload, the text and what is
/// read back never stand in memory all at once. `statement` is the digest of the statement.
pub(super) fn stage_large(
    path: &Path,
    mut file: SignatureFile,
    statement: &Digest,
    key: &PrivateKey,
    limits: Limits,
    still_ours: &dyn Fn() -> Result<(), SignError>,
) -> Result<(StagedSignature, SignatureFile), SignError> {
    let mut staged = StagedSignature::create(path, still_ours)?;
    let text = file.to_text();
    if let SignatureFile::Oms(oms) = &mut file {
        oms.envelope.payload = Vec::new();
    }
    ensure_size(path, &text, limits)?;
    staged.staged.write(text.as_bytes())?;
    drop(text);
    let mut back = read_back(&mut staged, limits)?;
    check_own(&back, key)?;
    if let (SignatureFile::Oms(back), SignatureFile::Oms(oms)) = (&mut back, &mut file) {
        let payload = std::mem::take(&mut back.envelope.payload);
        if back == oms && Statement::digest(&payload) == *statement {
            oms.envelope.payload = payload;
            return Ok((staged, file));
        }
    }
    Err(SignError::SelfCheck { fault: None })
}

fn ensure_size(path: &Path, text: &str, limits: Limits) -> Result<(), SignError> {
    let (size, limit) = (text.len() as u64, limits.bytes);
    match size > limit {
        true => Err(FileError::TooLarge { path: path.to_owned(), size, limit }.into()),
        false => Ok(()),
    }
}

/// What was written, as a verifier reads it. What it would refuse for its size or shape is the caller's to change; anything
/// else is a fault of this program or of the machine.
fn read_back(staged: &mut StagedSignature, limits: Limits) -> Result<SignatureFile, SignError> {
    match SignatureFile::parse_owned(staged.staged.read_back()?, limits) {
        Ok((file, _)) => Ok(file),
        Err(Fault::Json(JsonError::TooMuch { limit, what })) => Err(SignError::TooMuch { limit, what }),
        Err(fault) => Err(SignError::SelfCheck { fault: Some(fault) }),
    }
}

/// What we made has to verify with the key's public half.
fn check_own(file: &SignatureFile, key: &PrivateKey) -> Result<(), SignError> {
    match check(file, key.public()).into_iter().next() {
        Some(fault) => Err(SignError::SelfCheck { fault: Some(fault) }),
        None => Ok(()),
    }
}
