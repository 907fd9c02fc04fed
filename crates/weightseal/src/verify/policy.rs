//! What to verify, and whom and what to accept.

use std::path::PathBuf;
use std::sync::Arc;

use super::range::RangeTarget;
use super::state::StateFile;
use crate::format::Limits;
use crate::hash::Engine;
use crate::listing::{Layout, SafeName};
use crate::trust::{
    CertificateRules, KeyRing, OmsCompat, Requirements, SigstoreRules, TrustStore, TrustedRoot,
};

/// What to verify.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// A model file; or a manifest or bundle manifest, standing for what it describes (whatever its name, if it is given
    /// as the signature as well); or a folder, standing for what the one bundle manifest in it describes.
    pub path: PathBuf,
    /// The signature file, where it is not to be looked for.
    pub signature: Option<PathBuf>,
    /// The name under which the model is expected to be signed, where that is not the last component of its path.
    pub name: Option<String>,
    /// The folder that names in a bundle manifest are relative to, where it is not the bundle manifest's own.
    pub base: Option<PathBuf>,
    /// Where to put a private copy of exactly the bytes that were hashed, once they are verified.
    pub copy_to: Option<PathBuf>,
    /// The signed names of the only files (or shards, or folders) to verify, where not the whole model is asked for.
    pub only: Vec<String>,
    /// How much of a signature file is read.
    pub limits: Limits,
    /// Whether the digest of the whole file is computed where a chunk root was signed.
    pub whole: WholeDigest,
    /// How hashing uses the machine.
    pub engine: Engine,
    /// The only bytes of one file to verify, where not all of it is asked for.
    pub range: Option<RangeTarget>,
}

/// Whether the digest of a whole file is computed where its chunk root was signed as well (docs/spec/chunks.md).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WholeDigest {
    /// The root is enough.
    #[default]
    IfNeeded,
    /// Both have to be as signed.
    Always,
    /// The same; and of a large file without a signed root the root is computed as well, in the same pass, for whoever
    /// signs it again.
    AlwaysBoth,
}

/// Whom and what to accept, and what time it is.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The keys that are trusted.
    pub keys: KeyRing,
    /// The roots and the identity that are trusted, for signatures with a certificate.
    pub certificates: Option<CertificateRules>,
    /// The identity that is trusted, for signatures through Sigstore.
    pub sigstore: Option<SigstoreRules>,
    /// Whose time stamps are believed, for signatures with a certificate.
    pub time_stampers: Option<TrustedRoot>,
    /// The store that decides, in the place of keys, roots and identities.
    pub store: Option<Arc<TrustStore>>,
    /// Where the verifier remembers what was accepted, if a store decides.
    pub state: Option<StateFile>,
    /// What may lie in a folder beside the signed files.
    pub folder: FolderRules,
    /// What is asked beyond a valid signature.
    pub requirements: Requirements,
    /// The time to judge expiry and age by.
    pub now: crate::time::Instant,
}

/// What may lie in a folder beside the signed files, and how old a signature may be in form. The default is the
/// strictest.
#[derive(Clone, Debug, Default)]
pub struct FolderRules {
    /// Whether files that nobody signed reject the model.
    pub unsigned_files: UnsignedFiles,
    /// Paths that are left out though the signature does not say so.
    pub ignore: Vec<SafeName>,
    /// Tools whose own files are left out.
    pub layouts: Vec<Layout>,
    /// What becomes of `.git` and its like.
    pub default_excludes: DefaultExcludes,
    /// Which links a signature may have followed.
    pub links: SignedLinks,
    /// Whether signatures of old and odd forms pass.
    pub compat: OmsCompat,
}

/// Whether files that nobody signed reject the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnsignedFiles {
    /// They do.
    #[default]
    Reject,
    /// They are listed.
    List,
}

/// What becomes of the paths that are left out by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DefaultExcludes {
    /// What is there is listed.
    #[default]
    List,
    /// What is there rejects the model.
    Reject,
}

/// Which links are followed where the signature says that links were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignedLinks {
    /// Those that stay in the folder.
    #[default]
    Beneath,
    /// Every one.
    Anywhere,
}

impl Policy {
    /// Trust in keys alone.
    pub fn of_keys(keys: KeyRing, requirements: Requirements, now: crate::time::Instant) -> Self {
        Self {
            keys,
            certificates: None,
            sigstore: None,
            time_stampers: None,
            store: None,
            state: None,
            folder: FolderRules::default(),
            requirements,
            now,
        }
    }

    /// A store decides.
    pub fn of_store(store: Arc<TrustStore>, requirements: Requirements, now: crate::time::Instant) -> Self {
        Self { store: Some(store), ..Self::of_keys(KeyRing::default(), requirements, now) }
    }

    pub(super) fn trusts_nobody(&self) -> bool {
        self.keys.is_empty() && self.certificates.is_none() && self.sigstore.is_none() && self.store.is_none()
    }

    /// With a store, nobody else may be trusted: whoever is named beside it would not be judged by it.
    pub(super) fn trusts_twice(&self) -> bool {
        let others = !self.keys.is_empty() || self.certificates.is_some() || self.sigstore.is_some();
        match self.store {
            Some(_) => others || self.folder.compat == OmsCompat::On,
            None => self.state.is_some(),
        }
    }
}
