//! What signatures say beside the files: who, when, with which key, and how the files were found.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::envelope::{Claims, OmsForm};
use crate::format::{BundleManifest, KeyHint, Method, OmsSignature, SignatureFile, Visible};
use crate::trust::{describe, leaf_facts};

/// Something that a signature says. Algorithm and shard size of the files are not among them: where they differ, there
/// is no comparison.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// What kind of signature file it is.
    Format,
    /// The method of an OMS signature.
    Method,
    /// Whether a manifest has an envelope.
    Envelope,
    /// The name of the model or of the set.
    Name,
    /// Who signs.
    Signer,
    /// The identity in a certificate.
    Identity,
    /// Who vouched for that identity.
    Issuer,
    /// When it was signed, by the signer's word.
    SignedAt,
    /// When a log took it in.
    LoggedAt,
    /// From when on it must not be accepted.
    ExpiresAt,
    /// The signing key.
    KeyId,
    /// What an OMS signature says about its key beside the statement.
    KeyHint,
    /// Which of the signer's keys.
    KeyVersion,
    /// The algorithm of the signature, in a manifest.
    Algorithm,
    /// The size of the key in bits, in a manifest.
    KeySize,
    /// The SHA-256 digest of the signer's certificate.
    Certificate,
    /// Which version of the model.
    ModelVersion,
    /// The statement that it stands beside.
    Countersigns,
    /// The statement that it took the place of.
    Renews,
    /// Whether symbolic links were followed.
    Symlinks,
    /// A path that was left out.
    IgnoredPath(String),
    /// A signed annotation.
    Annotation(String),
}

impl Field {
    /// The word in results.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Method => "method",
            Self::Envelope => "envelope",
            Self::Name => "name",
            Self::Signer => "signer",
            Self::Identity => "identity",
            Self::Issuer => "issuer",
            Self::SignedAt => "signed_at",
            Self::LoggedAt => "logged_at",
            Self::ExpiresAt => "expires_at",
            Self::KeyId => "key_id",
            Self::KeyHint => "key_hint",
            Self::KeyVersion => "key_version",
            Self::Algorithm => "algorithm",
            Self::KeySize => "key_size",
            Self::Certificate => "certificate",
            Self::ModelVersion => "model_version",
            Self::Countersigns => "countersigns",
            Self::Renews => "renews",
            Self::Symlinks => "symlinks",
            Self::IgnoredPath(_) => "ignored_path",
            Self::Annotation(_) => "annotation",
        }
    }

    /// Which path or annotation it is.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::IgnoredPath(key) | Self::Annotation(key) => Some(key),
            _ => None,
        }
    }
}

/// Something that two signatures say differently, or that only one says. Untrusted text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataChange {
    /// What it is about.
    pub field: Field,
    /// What the first signature says.
    pub old: Option<String>,
    /// What the second one says.
    pub new: Option<String>,
}

/// Everything that a signature says.
pub(super) type Metadata = BTreeMap<Field, String>;

/// What differs, in the order of the fields.
pub(super) fn compare(old: &Metadata, new: &Metadata) -> Vec<MetadataChange> {
    let fields: BTreeSet<&Field> = old.keys().chain(new.keys()).collect();
    let change = |field: &Field| MetadataChange {
        field: field.clone(),
        old: old.get(field).cloned(),
        new: new.get(field).cloned(),
    };
    fields.into_iter().filter(|field| old.get(field) != new.get(field)).map(change).collect()
}

/// Collects what a signature file says; `bytes` are its own.
pub(super) fn of(file: &SignatureFile, bytes: &[u8]) -> Metadata {
    let mut found = Found::default();
    match file {
        SignatureFile::Manifest(manifest) => {
            found.put(Field::Format, "manifest");
            found.put(Field::Name, manifest.visible.model_file.as_str());
            found.entries(std::slice::from_ref(&manifest.visible));
        }
        SignatureFile::Bundle(bundle) => {
            let BundleManifest { artifacts, bundle_signed_at, .. } = &**bundle;
            found.put(Field::Format, "bundle-manifest");
            found.maybe(Field::Name, bundle.signed.as_ref().map(|signed| &signed.statement.name));
            found.entries(artifacts);
            found.put(Field::SignedAt, bundle_signed_at.as_str());
        }
        SignatureFile::Oms(oms) => found.oms(oms, bytes),
    }
    if !matches!(file, SignatureFile::Oms(_)) {
        found.put(Field::Envelope, if file.signed().is_some() { "present" } else { "absent" });
    }
    if let Some(signed) = file.signed() {
        found.claims(&signed.statement.claims);
    }
    found.0
}

#[derive(Default)]
struct Found(Metadata);

impl Found {
    fn put(&mut self, field: Field, value: impl ToString) {
        self.0.insert(field, value.to_string());
    }

    fn maybe(&mut self, field: Field, value: Option<impl ToString>) {
        self.0.extend(value.map(|value| (field, value.to_string())));
    }

    fn claims(&mut self, claims: &Claims) {
        self.maybe(Field::Signer, claims.signer.as_ref());
        self.put(Field::SignedAt, claims.signed_at.as_str());
        self.maybe(Field::ExpiresAt, claims.expires_at.as_ref().map(|time| time.as_str()));
        self.put(Field::KeyId, claims.key_id);
        self.maybe(Field::KeyVersion, claims.key_version);
        self.maybe(Field::ModelVersion, claims.model_version);
        self.maybe(Field::Countersigns, claims.countersigns);
        self.maybe(Field::Renews, claims.renews);
        for (name, value) in &claims.annotations {
            self.put(Field::Annotation(name.clone()), value);
        }
    }

    /// What the entries of a manifest or bundle manifest show. Without an envelope each may say something else.
    fn entries(&mut self, entries: &[Visible]) {
        self.common(Field::Signer, entries, |entry| Some(entry.signer.clone()));
        self.common(Field::SignedAt, entries, |entry| Some(entry.signed_at.as_str().to_owned()));
        self.common(Field::Algorithm, entries, |entry| Some(entry.algorithm.clone()));
        self.common(Field::KeySize, entries, |entry| Some(entry.key_size.to_string()));
        self.common(Field::KeyVersion, entries, |entry| Some(entry.key_version?.to_string()));
        self.common(Field::KeyId, entries, |entry| Some(entry.key_id?.to_string()));
    }

    fn common(&mut self, field: Field, entries: &[Visible], value: fn(&Visible) -> Option<String>) {
        let values: BTreeSet<String> = entries.iter().filter_map(value).collect();
        if !values.is_empty() {
            self.put(field, values.into_iter().collect::<Vec<_>>().join(", "));
        }
    }

    fn oms(&mut self, oms: &OmsSignature, bytes: &[u8]) {
        let statement = &oms.statement;
        let version = if statement.form == OmsForm::Legacy { " 0.2.0" } else { "" };
        self.put(Field::Format, format!("oms{version}"));
        self.put(Field::Method, oms.method.name());
        self.maybe(Field::Name, Some(&statement.name).filter(|name| !name.is_empty()));
        self.put(Field::Symlinks, if statement.allow_symlinks { "followed" } else { "not followed" });
        for path in &statement.ignored {
            self.put(Field::IgnoredPath(path.as_str().to_owned()), "left out");
        }
        match &oms.method {
            Method::Key(KeyHint::Fingerprint(text)) => self.put(Field::KeyHint, text),
            Method::Key(KeyHint::Embedded(id)) => self.put(Field::KeyHint, id),
            Method::Key(KeyHint::Unknown) => {}
            Method::Certificate { chain } => {
                // Also of one that cannot be read: two of them may still be two.
                self.maybe(Field::Certificate, chain.first().map(|der| Digest::of(der)));
                if let Some(Ok(facts)) = chain.first().map(|der| leaf_facts(der)) {
                    let names = [vec![facts.subject], facts.names].concat();
                    self.put(Field::Identity, names.join(", "));
                    self.put(Field::Issuer, facts.issuer);
                }
            }
            Method::Sigstore { .. } => {
                let claims = describe(bytes);
                self.maybe(Field::Identity, claims.identity);
                self.maybe(Field::Issuer, claims.issuer);
                self.maybe(Field::LoggedAt, claims.integrated_time);
            }
        }
        if let Some(claims) = &statement.claims {
            self.claims(claims);
        }
    }
}
