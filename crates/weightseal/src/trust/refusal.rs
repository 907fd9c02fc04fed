//! Why a properly signed model is still not accepted.

use std::fmt;

use super::certificate::CertificateRefusal;
use super::sigstore::SigstoreRefusal;
use crate::digest::Digest;
use crate::key::KeyId;
use crate::text::Escaped;
use crate::time::{Age, Instant, Timestamp};

/// A question that only signed claims answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// That anything but the digest be signed.
    Everything,
    /// Who signed.
    Signer,
    /// Under which name it was signed.
    Name,
    /// Which version of the model it is.
    ModelVersion,
    /// When it was signed.
    Time,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Everything => "everything but the digest",
            Self::Signer => "the signer",
            Self::Name => "the name",
            Self::ModelVersion => "the model version",
            Self::Time => "the time of signing",
        })
    }
}

/// Why the caller's requirements are not met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The manifest names a key that was not given.
    #[error("the signature names key {}, which is not {}", .named.short(), among(.given))]
    UntrustedKey {
        /// The key that the manifest names.
        named: KeyId,
        /// The keys that were given.
        given: Vec<KeyId>,
    },
    /// The signature says by a fingerprint which key made it, and that key was not given.
    #[error("the signature names a key with the fingerprint `{}`, which is not {}", Escaped(.fingerprint), among(.given))]
    UnknownFingerprint {
        /// The fingerprint.
        fingerprint: String,
        /// The keys that were given.
        given: Vec<KeyId>,
    },
    /// Signed by another method than the caller knows how to trust.
    #[error("signed {}, which nothing that was given can verify", by_method(.signed))]
    WrongMethod {
        /// How it was signed: `key`, `certificate`, `sigstore`.
        signed: &'static str,
    },
    /// The chain of certificates is not accepted.
    #[error(transparent)]
    Certificate(Box<CertificateRefusal>),
    /// The Sigstore evidence is not accepted.
    #[error(transparent)]
    Sigstore(Box<SigstoreRefusal>),
    /// There is no envelope, and something was asked that only an envelope answers.
    #[error("the manifest has no envelope: {asked} is only claimed, not signed")]
    NotAuthenticated {
        /// What was asked.
        asked: Question,
    },
    /// The signature's own end has come.
    #[error("the signature expired at {}", .at.to_seconds())]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// Signed longer ago than the caller allows.
    #[error("signed at {}, longer ago than {max_age}", .signed_at.to_seconds())]
    TooOld {
        /// When it was signed.
        signed_at: Timestamp,
        /// What is allowed.
        max_age: Age,
    },
    /// Signed later than now, so that its age means nothing.
    #[error("signed at {}, which is in the future", .signed_at.to_seconds())]
    SignedInTheFuture {
        /// When it says it was signed.
        signed_at: Timestamp,
    },
    /// Another signer.
    #[error("signed as `{}`, not as `{}`", Escaped(.found), Escaped(.expected))]
    WrongSigner {
        /// Whom the caller expects.
        expected: String,
        /// Who signed.
        found: String,
    },
    /// The caller asks for a signer, and none was signed along.
    #[error("no signer's name was signed, and `{}` is asked for", Escaped(.expected))]
    SignerMissing {
        /// Whom the caller expects.
        expected: String,
    },
    /// The caller asks about the time of signing, and none was signed along.
    #[error("no time of signing was signed, and an age is asked about")]
    TimeMissing,
    /// An older version of the model.
    #[error("model version {found} is below {least}")]
    ModelVersionTooLow {
        /// What the caller asks for.
        least: u64,
        /// What was signed.
        found: u64,
    },
    /// No version was signed, and the caller asks for one.
    #[error("no model version was signed, and at least {least} is asked for")]
    ModelVersionMissing {
        /// What the caller asks for.
        least: u64,
    },
    /// Signed in a way in which nobody in the trust store signs.
    #[error("signed {}, and nobody in the trust store signs like that", by_method(.signed))]
    NobodySignsSo {
        /// How it was signed: `certificate`, `sigstore`.
        signed: &'static str,
    },
    /// The trust store does not have the key, the certificate's identity or the Sigstore identity.
    #[error("{}, which the trust store does not have", by_whom(.named.as_deref()))]
    NotInStore {
        /// What the signature names: a key id or a fingerprint.
        named: Option<String>,
    },
    /// The key was revoked.
    #[error("the key of `{}` was revoked: {}{}", Escaped(.signer), Escaped(.reason), since(.compromised_since.as_ref()))]
    Revoked {
        /// Whose key.
        signer: String,
        /// Why.
        reason: String,
        /// From when on somebody else may have had it; none: nothing of it is accepted.
        compromised_since: Option<Instant>,
    },
    /// One certificate stands for several signers.
    #[error("the certificate is that of `{}`, and that of `{}` as well", Escaped(.one), Escaped(.other))]
    SeveralSigners {
        /// One of them.
        one: String,
        /// Another.
        other: String,
    },
    /// The store says that the key is not to be trusted any longer.
    #[error("the key is trusted until {}, and no longer", shown(.until))]
    KeyTrustEnded {
        /// Until when.
        until: Instant,
    },
    /// Signed before the key's time.
    #[error("signed at {}, and the key signs from {} on", .signed_at.to_seconds(), shown(.from))]
    KeyNotYetValid {
        /// When it was signed.
        signed_at: Timestamp,
        /// From when on the key signs.
        from: Instant,
    },
    /// Signed after the key's time.
    #[error("signed at {}, and the key signs only until {}", .signed_at.to_seconds(), shown(.until))]
    KeyRetired {
        /// When it was signed.
        signed_at: Timestamp,
        /// Until when the key signs.
        until: Instant,
    },
    /// The key signs at certain times only, and nobody says when it did.
    #[error("no time of signing is signed or proven, and the key signs at certain times only")]
    SigningTimeNeeded,
    /// Signed under a name that belongs to another key.
    #[error("signed as `{}`, with a key of `{}`", Escaped(.claimed), Escaped(.owner))]
    SignedAsAnother {
        /// The signed name.
        claimed: String,
        /// Whose key it is.
        owner: String,
    },
    /// Signed under another name of the model.
    #[error("the signature is of `{}`, not of `{}`", Escaped(.signed), Escaped(.expected))]
    WrongName {
        /// The name that the caller expects.
        expected: String,
        /// The signed name.
        signed: String,
    },
    /// No rule is about such models.
    #[error("the trust store has no rule for `{}`", Escaped(.name))]
    NoRule {
        /// The expected name.
        name: String,
    },
    /// The signer has no right to sign this model.
    #[error("`{}` may not sign `{}`: {}", Escaped(.signer), Escaped(.name), may_sign(.allowed))]
    UntrustedSigner {
        /// Who signed.
        signer: String,
        /// The expected name.
        name: String,
        /// Who may.
        allowed: Vec<String>,
    },
    /// The rule wants another format.
    #[error("signed as `{found}`, where only {} may be used", .allowed.join(", "))]
    FormatNotAllowed {
        /// The format of the signature file.
        found: &'static str,
        /// What the rule allows.
        allowed: Vec<&'static str>,
    },
    /// Not enough different signers.
    #[error("{n} of {} have to sign, and {}", names(.of), have_signed(.signed))]
    ThresholdNotMet {
        /// How many have to.
        n: usize,
        /// Who counts.
        signed: Vec<String>,
        /// Out of whom.
        of: Vec<String>,
    },
    /// A manifest without envelope that nobody has listed.
    #[error("the manifest has no envelope, and `{}` with this digest and key is not in the trust store's list of such", Escaped(.model))]
    NotListed {
        /// The name in the manifest.
        model: String,
    },
    /// A set of files that nobody has signed as a set.
    #[error(
        "the bundle manifest has no envelope: nobody has signed which files belong together, or what the set is called"
    )]
    SetNotSigned,
    /// An older version than one that was accepted before.
    #[error("model version {found}, and version {remembered} was accepted before")]
    RolledBack {
        /// The highest version so far.
        remembered: u64,
        /// What was signed.
        found: u64,
    },
    /// The same version, and not the statement that was accepted before.
    #[error(
        "another statement says that it is version {version} of the model than the one that was accepted before"
    )]
    OtherStatement {
        /// The version.
        version: u64,
        /// The digest of the statement that was accepted before.
        remembered: Digest,
    },
}

impl From<CertificateRefusal> for Refusal {
    fn from(refusal: CertificateRefusal) -> Self {
        Self::Certificate(Box::new(refusal))
    }
}

impl From<SigstoreRefusal> for Refusal {
    fn from(refusal: SigstoreRefusal) -> Self {
        Self::Sigstore(Box::new(refusal))
    }
}

impl Refusal {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::UntrustedKey { .. } | Self::UnknownFingerprint { .. } => "untrusted-key",
            Self::WrongMethod { .. } => "wrong-method",
            Self::Certificate(refusal) => refusal.code(),
            Self::Sigstore(refusal) => refusal.code(),
            Self::NotAuthenticated { .. } => "not-authenticated",
            Self::Expired { .. } => "expired",
            Self::TooOld { .. } => "too-old",
            Self::SignedInTheFuture { .. } => "signed-in-the-future",
            Self::WrongSigner { .. } => "wrong-signer",
            Self::SignerMissing { .. } => "signer-missing",
            Self::TimeMissing => "signing-time-missing",
            Self::ModelVersionTooLow { .. } => "model-version-too-low",
            Self::ModelVersionMissing { .. } => "model-version-missing",
            Self::NobodySignsSo { .. } => "wrong-method",
            Self::NotInStore { .. } => "untrusted-key",
            Self::SeveralSigners { .. } => "wrong-identity",
            Self::Revoked { .. } => "revoked",
            Self::KeyTrustEnded { .. } => "key-trust-ended",
            Self::KeyNotYetValid { .. } => "key-not-yet-valid",
            Self::KeyRetired { .. } => "key-retired",
            Self::SigningTimeNeeded => "signing-time-missing",
            Self::SignedAsAnother { .. } => "wrong-signer",
            Self::WrongName { .. } => "wrong-model",
            Self::NoRule { .. } => "no-matching-rule",
            Self::UntrustedSigner { .. } => "untrusted-signer",
            Self::FormatNotAllowed { .. } => "format-not-allowed",
            Self::ThresholdNotMet { .. } => "threshold-not-met",
            Self::NotListed { .. } | Self::SetNotSigned => "not-authenticated",
            Self::RolledBack { .. } | Self::OtherStatement { .. } => "rolled-back",
        }
    }

    /// Lower comes first among the refusals of one decision: what cannot be mended before what a fresh signature mends.
    pub(super) fn order(&self) -> usize {
        const ORDER: [&str; 17] = [
            "revoked",
            "key-trust-ended",
            "key-not-yet-valid",
            "key-retired",
            "wrong-signer",
            "no-matching-rule",
            "untrusted-signer",
            "format-not-allowed",
            "threshold-not-met",
            "not-authenticated",
            "rolled-back",
            "model-version-missing",
            "model-version-too-low",
            "signed-in-the-future",
            "signing-time-missing",
            "expired",
            "too-old",
        ];
        // The others come before: they say that the signature is not one to be judged.
        ORDER.iter().position(|code| *code == self.code()).map_or(0, |at| at.saturating_add(1))
    }

    /// One line of advice, where there is any. It never says to trust more or to check less.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::WrongMethod { signed: "key" } => "give the signer's public key with --key".to_owned(),
            Self::WrongMethod { signed: "certificate" } => {
                "name the root that you trust with --ca-root, and the signer with --certificate-identity".to_owned()
            }
            Self::WrongMethod { .. } => {
                "name the signer with --certificate-identity and --certificate-oidc-issuer".to_owned()
            }
            Self::Certificate(refusal) => return refusal.hint(),
            Self::Sigstore(refusal) => return refusal.hint().map(str::to_owned),
            Self::UnknownFingerprint { .. } => {
                "compare with the SHA-256 digest of the signer's public key as a PEM file (`sha256sum KEY.pub`)"
                    .to_owned()
            }
            Self::UntrustedKey { .. } => {
                "compare with the key id that the signer publishes; `weightseal inspect` shows who claims to have signed".to_owned()
            }
            Self::NotAuthenticated { .. } => {
                "ask the signer to sign again with `weightseal sign`, which signs name, signer, time and version too".to_owned()
            }
            Self::Expired { .. } | Self::TooOld { .. } => "ask the signer for a fresh signature".to_owned(),
            Self::SignedInTheFuture { .. } => "check the clocks of this machine and of the signing machine".to_owned(),
            Self::ModelVersionTooLow { .. } => {
                "an older model was put back, or the newer one has not arrived: fetch it again".to_owned()
            }
            Self::ModelVersionMissing { .. } => "ask the signer to sign with `--model-version N`".to_owned(),
            Self::NotInStore { .. } | Self::NobodySignsSo { .. } => {
                "`weightseal inspect` shows what the signature names; the store's owner decides whether it is added"
                    .to_owned()
            }
            Self::Revoked { compromised_since: None, .. } | Self::KeyTrustEnded { .. } => {
                "do not load it; ask the signer for a signature with a key that is trusted".to_owned()
            }
            Self::Revoked { .. } => {
                "do not load it: it may be the thief's; what is older stays accepted only if that is proven or was checked before"
                    .to_owned()
            }
            Self::SeveralSigners { .. } => {
                "the store's owner has to say which of the two such a certificate stands for".to_owned()
            }
            Self::KeyNotYetValid { .. } | Self::KeyRetired { .. } => {
                "ask the signer to sign with the key that is in use now, or check the clock of the signing machine"
                    .to_owned()
            }
            Self::SigningTimeNeeded => {
                "ask the signer to sign with `weightseal sign`, which signs the time too".to_owned()
            }
            Self::SignedAsAnother { .. } => {
                "the store's name for the key counts; ask its holder to sign under that name".to_owned()
            }
            Self::WrongName { .. } => {
                "compare with the name that you expect (--name); another model may have been put in its place".to_owned()
            }
            Self::NoRule { .. } => {
                "rules match the expected name (--name, or the last component of the path); `weightseal trust list` shows them"
                    .to_owned()
            }
            Self::UntrustedSigner { .. } => {
                "ask somebody who may sign this model for a signature; `weightseal trust explain` goes through the rules"
                    .to_owned()
            }
            Self::FormatNotAllowed { .. } => "ask the signer to sign in one of these formats".to_owned(),
            Self::ThresholdNotMet { .. } => {
                "further signers add theirs with `weightseal countersign`; `weightseal trust explain` says what became of those that are there"
                    .to_owned()
            }
            Self::NotListed { .. } => {
                "ask the signer to sign again with `weightseal sign`, or have the store's owner check it with `weightseal trust import`"
                    .to_owned()
            }
            Self::SetNotSigned => {
                "ask the signer to sign the set again with `weightseal sign --bundle`; a file of it can be verified by itself if it is listed: `verify FILE --signature BUNDLE`"
                    .to_owned()
            }
            Self::RolledBack { .. } => {
                "an older model was put back, or the newer one has not arrived: fetch it again".to_owned()
            }
            Self::OtherStatement { .. } => {
                "two models have the same version; ask the signer which one is right, and to count on".to_owned()
            }
            Self::SignerMissing { .. } => "ask the signer to sign with `--signer NAME`".to_owned(),
            Self::TimeMissing => "ask the signer to sign with `weightseal sign`, which signs the time too".to_owned(),
            Self::WrongSigner { .. } => {
                "the holder of this key signs under another name: ask them, or compare with what you expect".to_owned()
            }
        })
    }
}

fn by_method(method: &str) -> &'static str {
    match method {
        "key" => "with a key",
        "certificate" => "with a certificate",
        _ => "through Sigstore",
    }
}

fn by_whom(named: Option<&str>) -> String {
    match named {
        Some(named) => format!("the signature names `{}`", Escaped(named)),
        None => "the signature is by somebody".to_owned(),
    }
}

fn names(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", Escaped(name))).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "nobody".to_owned(),
    }
}

fn may_sign(allowed: &[String]) -> String {
    match allowed {
        [] => "no rule says who may".to_owned(),
        allowed => format!("only {} may", names(allowed)),
    }
}

fn have_signed(signed: &[String]) -> String {
    match signed {
        [] => "none of them has".to_owned(),
        [one] => format!("only `{}` has", Escaped(one)),
        some => format!("only {} have", names(some)),
    }
}

fn since(compromised_since: Option<&Instant>) -> String {
    compromised_since
        .map(|since| {
            format!(" (compromised since {}; nothing proves that this signature is older)", shown(since))
        })
        .unwrap_or_default()
}

fn shown(time: &Instant) -> String {
    Timestamp::from_instant(*time).to_seconds()
}

fn among(given: &[KeyId]) -> String {
    match given {
        [one] => format!("the key given, {}", one.short()),
        many => format!("among the {} keys given", many.len()),
    }
}
