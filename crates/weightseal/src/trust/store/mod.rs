//! The trust store: who signs which models, with which keys, until when (docs/spec/trust.md, sections 1, 2, 4 and 6).
//!
//! Read whole and strictly before anything is decided: a store with one error trusts nobody.

mod error;
mod pattern;
mod read;
mod table;

pub use error::{TrustStoreError, Unreadable};
pub use pattern::Pattern;

use std::collections::{BTreeSet, HashMap, HashSet};

use super::certificate::CertificateRules;
use super::refusal::Refusal;
use super::sigstore::{SigstoreRules, TrustedRoot};
use crate::digest::Digest;
use crate::key::{KeyId, PublicKey};
use crate::time::{Age, Instant, Timestamp};

/// Largest store in bytes: 10 000 keys of RSA-8192 fit four times.
pub const MAX_TRUST_STORE: u64 = 16 * 1024 * 1024;

/// A trust store that was read and is sound in itself.
#[derive(Clone, Debug)]
pub struct TrustStore {
    serial: u64,
    expires_at: Instant,
    signers: Vec<Signer>,
    rules: Vec<Rule>,
    unauthenticated: Vec<Unenveloped>,
    by_key: HashMap<KeyId, KeyPlace>,
    listed: HashSet<Unenveloped>,
}

/// The store decides nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the trust store expired at {}", Timestamp::from_instant(*.at).to_seconds())]
pub struct StoreExpired {
    /// When.
    pub at: Instant,
}

/// Somebody who signs.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The name, as signatures have it.
    pub name: String,
    /// The keys, at least one.
    pub keys: Vec<TrustedKey>,
}

/// A key of a signer, or what stands for one.
#[derive(Clone, Debug)]
pub struct TrustedKey {
    /// By what a signature is recognised.
    pub means: Means,
    /// Which of the signer's keys it is, counted from 1.
    pub version: Option<u64>,
    /// The first moment at which it signs.
    pub signs_from: Option<Instant>,
    /// The moment from which it signs no more.
    pub signs_until: Option<Instant>,
    /// The moment from which nothing that it has signed is accepted.
    pub trusted_until: Option<Instant>,
    /// Why it must not be trusted any more.
    pub revoked: Option<Revocation>,
    /// Statements that stay accepted after a theft.
    pub frozen: BTreeSet<Digest>,
}

/// By what a signature is recognised as a signer's.
#[derive(Clone, Debug)]
pub enum Means {
    /// A public key.
    Key(PublicKey),
    /// A certificate below given roots.
    Certificate(Box<CertificateMeans>),
    /// An identity that Sigstore witnesses.
    Sigstore(Box<SigstoreRules>),
}

/// A certificate below given roots.
#[derive(Clone, Debug)]
pub struct CertificateMeans {
    /// Roots, intermediates and the identity.
    pub rules: CertificateRules,
    /// Whose time stamps are believed.
    pub time_stampers: Option<TrustedRoot>,
}

/// That a key must not be trusted any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// When this was decided; for people.
    pub at: Instant,
    /// Why; for people.
    pub reason: String,
    /// From when on somebody else may have had the key, if older signatures shall stay accepted where that is proven.
    pub compromised_since: Option<Instant>,
}

/// What is asked of the models with certain names.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Which models.
    pub models: Vec<Pattern>,
    /// Who may sign them.
    pub signers: Option<BTreeSet<usize>>,
    /// How many have to.
    pub threshold: Option<Threshold>,
    /// The lowest acceptable version.
    pub minimum_model_version: Option<u64>,
    /// The longest acceptable time since signing.
    pub max_age: Option<Age>,
    /// The formats that are accepted; `None`: all.
    pub allowed_formats: Option<BTreeSet<SignatureFormat>>,
    /// What becomes of a model that is too old or of too low a version.
    pub level: Level,
}

impl Rule {
    /// Whether it applies to models of this name.
    pub fn applies_to(&self, name: &str) -> bool {
        self.models.iter().any(|pattern| pattern.matches(name))
    }
}

/// So many of these signers have to sign.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// How many.
    pub n: usize,
    /// Of whom: positions among the signers of the store.
    pub of: BTreeSet<usize>,
}

/// What a rule does with a model that does not hold to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// It rejects.
    #[default]
    Enforce,
    /// It reports age and version, and rejects everything else.
    Warn,
}

/// Formats of signature files that a rule can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SignatureFormat {
    /// The manifest of one file.
    Manifest,
    /// A bundle manifest.
    BundleManifest,
    /// An OMS signature.
    Oms,
}

impl SignatureFormat {
    const ALL: [Self; 3] = [Self::Manifest, Self::BundleManifest, Self::Oms];

    /// The word in stores and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::BundleManifest => "bundle-manifest",
            Self::Oms => "oms",
        }
    }
}

/// A file with a manifest without envelope that somebody has checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unenveloped {
    /// The name in the manifest.
    pub model: String,
    /// The file's digest.
    pub sha256: Digest,
    /// The key that signed it.
    pub key: KeyId,
}

/// Where a key stands in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyPlace {
    /// The position of the signer.
    pub signer: usize,
    /// The position of the key among the signer's.
    pub key: usize,
}

impl TrustStore {
    /// Reads a store. `read` gives the bytes of a file that the store names, by its path as written there.
    ///
    /// # Errors
    /// [`TrustStoreError`] for anything that is not exactly as the format says.
    pub fn parse(
        text: &[u8],
        read: &dyn Fn(&str) -> Result<Vec<u8>, Unreadable>,
    ) -> Result<Self, TrustStoreError> {
        read::store(text, read)
    }

    /// Its number, raised by every change.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// The moment from which it decides nothing.
    pub fn expires_at(&self) -> Instant {
        self.expires_at
    }

    /// Makes sure that it still decides.
    ///
    /// # Errors
    /// [`StoreExpired`].
    pub fn ensure_current(&self, now: Instant) -> Result<(), StoreExpired> {
        let at = self.expires_at;
        if at <= now { Err(StoreExpired { at }) } else { Ok(()) }
    }

    /// The signers, in the order written.
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// The rules, in the order written.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The manifests without envelope that are accepted.
    pub fn unauthenticated(&self) -> &[Unenveloped] {
        &self.unauthenticated
    }

    /// Whether a manifest without envelope is listed.
    pub fn lists(&self, entry: &Unenveloped) -> bool {
        self.listed.contains(entry)
    }

    /// A key by its place.
    #[expect(clippy::indexing_slicing, reason = "a place is found in this store")]
    pub fn key(&self, at: KeyPlace) -> &TrustedKey {
        &self.signers[at.signer].keys[at.key]
    }

    /// Where a public key stands.
    pub fn find(&self, key: &KeyId) -> Option<KeyPlace> {
        self.by_key.get(key).copied()
    }

    /// The public keys to hold a signature against: those that it names, or each if it names none.
    ///
    /// # Errors
    /// [`Refusal::NotInStore`].
    pub fn candidates(&self, named: &[KeyId]) -> Result<Vec<&PublicKey>, Refusal> {
        let keys: Vec<&PublicKey> = match named {
            [] => self.public_keys().collect(),
            named => named.iter().filter_map(|id| self.public_key(id)).collect(),
        };
        match keys.is_empty() {
            true => Err(Refusal::NotInStore { named: named.first().map(KeyId::to_string) }),
            false => Ok(keys),
        }
    }

    fn public_key(&self, id: &KeyId) -> Option<&PublicKey> {
        match &self.key(self.find(id)?).means {
            Means::Key(key) => Some(key),
            Means::Certificate(_) | Means::Sigstore(_) => None,
        }
    }

    /// Every key, with its place.
    pub fn keys(&self) -> impl Iterator<Item = (KeyPlace, &TrustedKey)> {
        self.signers.iter().enumerate().flat_map(|(signer, entry)| {
            entry.keys.iter().enumerate().map(move |(key, trusted)| (KeyPlace { signer, key }, trusted))
        })
    }

    /// The public keys.
    pub fn public_keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.keys().filter_map(|(_, key)| match &key.means {
            Means::Key(key) => Some(key),
            Means::Certificate(_) | Means::Sigstore(_) => None,
        })
    }

    /// The positions of the rules that apply to models of this name.
    pub fn rules_for(&self, name: &str) -> Vec<usize> {
        self.rules.iter().enumerate().filter(|(_, rule)| rule.applies_to(name)).map(|(at, _)| at).collect()
    }
}
