//! The Sigstore method of OpenSSF Model Signing, verified offline: Fulcio certificates, Rekor entries, RFC 3161 time stamps.
//!
//! The only file that names the Sigstore library. The library reads the system's clock in three places, always to
//! refuse what lies in the future: a log's time, and a log's or stamping authority's validity. What is accepted under
//! one clock is accepted under every later one. [`trusted_time`] and [`describe`] read no clock.

mod facts;
mod refusal;
mod strict;

use std::fmt;
use std::sync::Arc;

use sigstore_verify::bundle::Error as BundleError;
use sigstore_verify::crypto::{KeyAlgorithm, parse_certificate_info, verify_signature};
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot as Root};
use sigstore_verify::tsa::{Error as TsaError, verify_timestamp_for_authority};
use sigstore_verify::types::{
    Artifact, Bundle, DsseEnvelope, KindVersion, Sha256Hash, SignatureBytes, SignatureContent, Statement,
    TimestampToken, TransparencyLogEntry, TsaAuthority,
};
use sigstore_verify::{
    CertificateError, Error, IdentityMatcher, TimestampError, TransparencyLogError, VerificationPolicy,
    Verifier,
};

use crate::digest::Digest;
use crate::envelope::{Envelope, PAYLOAD_TYPE};
use crate::json;
use crate::text::Escaped;
use crate::time::Instant;

use refusal::foreign;

pub use facts::{SigstoreClaims, SigstoreFacts, SigstoreRules};
pub use refusal::{LogProblem, SigstoreRefusal, TrustedRootError};
pub use strict::MAX_PROOFS;

const CLIENT_TRUST_CONFIG: &str = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json";
const ROOT_MEDIA_TYPES: &[&str] = &[
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];

/// The logs, authorities and time stampers to trust: a Sigstore trusted root.
#[derive(Clone)]
pub struct TrustedRoot {
    root: Arc<Root>,
    verifier: Arc<Verifier>,
}

impl TrustedRoot {
    /// The public Sigstore instance, as it was when the library was released.
    ///
    /// # Errors
    /// None that a release could have: the root is part of the program, and a test reads it.
    pub fn production() -> Result<Self, TrustedRootError> {
        Self::from_json(SIGSTORE_PRODUCTION_TRUSTED_ROOT.as_bytes())
    }

    /// Reads a trusted root, or the one within a client trust config.
    ///
    /// # Errors
    /// [`TrustedRootError`], also for keys, certificates and validities in it that are not usable.
    pub fn from_json(bytes: &[u8]) -> Result<Self, TrustedRootError> {
        // What is trusted has one reading: first without duplicate keys, then as the library reads it.
        json::parse(bytes).map_err(|error| TrustedRootError { problem: format!("it {error}") })?;
        let mut value: serde_json::Value = serde_json::from_slice(bytes).map_err(unusable)?;
        if kind_of(&value) == CLIENT_TRUST_CONFIG {
            value = value.get_mut("trustedRoot").map(serde_json::Value::take).unwrap_or_default();
        }
        let kind = kind_of(&value);
        if !ROOT_MEDIA_TYPES.contains(&kind) {
            return Err(TrustedRootError { problem: format!("its `mediaType` is `{}`", Escaped(kind)) });
        }
        let root: Root = serde_json::from_value(value).map_err(unusable)?;
        let verifier = Verifier::new(&root).map_err(unusable)?;
        Ok(Self { root: Arc::new(root), verifier: Arc::new(verifier) })
    }

    /// Its time stampers. Unlike the library's, this list does not depend on the clock.
    fn stampers(&self) -> impl Iterator<Item = TsaAuthority> {
        self.root.timestamp_authorities.iter().filter_map(|authority| {
            let mut chain = authority.cert_chain.certificates.iter().map(|entry| entry.raw_bytes.clone());
            let leaf = chain.next()?;
            let mut rest: Vec<_> = chain.collect();
            let root = rest.pop().unwrap_or_else(|| leaf.clone());
            Some(TsaAuthority::new(leaf, rest, root, authority.valid_for))
        })
    }
}

impl fmt::Debug for TrustedRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let logs = self.root.tlogs.iter().map(|log| &log.base_url);
        f.write_str("TrustedRoot ")?;
        f.debug_list().entries(logs).finish()
    }
}

fn kind_of(root: &serde_json::Value) -> &str {
    root.get("mediaType").and_then(serde_json::Value::as_str).unwrap_or_default()
}

fn unusable(problem: impl fmt::Display) -> TrustedRootError {
    TrustedRootError { problem: foreign(problem) }
}

/// Judges a whole signature file of the Sigstore method. `payload` is the DSSE payload as the caller has read it from
/// that file, `root` the digest that its statement is about.
///
/// # Errors
/// The first [`SigstoreRefusal`] found. A signature that is not one of the certificate's key comes first, identity and
/// issuer after the certificate, the log after these.
pub fn judge_sigstore(
    bundle_json: &[u8],
    payload: &[u8],
    root: &Digest,
    rules: &SigstoreRules,
) -> Result<SigstoreFacts, SigstoreRefusal> {
    let here = strict::read(bundle_json)?;
    let bundle: Bundle =
        serde_json::from_slice(bundle_json).map_err(|error| SigstoreRefusal::malformed(foreign(error)))?;
    let envelope = one_reading(&bundle, &here, payload)?;
    for entry in &bundle.verification_material.tlog_entries {
        entry_is_proven(entry)?;
    }
    let artifact = Artifact::from_digest(Sha256Hash::new(*root.as_bytes()));
    let policy =
        VerificationPolicy::new(IdentityMatcher::Exact(rules.identity.clone()), rules.issuer.clone());
    let verified = rules
        .trusted_root
        .verifier
        .verify(artifact, &bundle, &policy)
        .map_err(|error| why_refused(error, &bundle, envelope, root, &rules.trusted_root))?;
    let all_done = verified.certificate_verified()
        && verified.sct_verified()
        && verified.tlog_verified()
        && verified.identity_policy_checked();
    let stamps = bundle.verification_material.timestamp_verification_data.rfc3161_timestamps.len();
    // The library lists the times of all stamps, in their order, before those of the logs.
    match (verified.certificate(), verified.verified_timestamps().get(..stamps)) {
        (Some(certificate), Some(timestamps)) if all_done => Ok(SigstoreFacts {
            identity: rules.identity.clone(),
            issuer: rules.issuer.clone(),
            integrated_time: verified.integrated_time(),
            timestamps: timestamps.to_vec(),
            log_indices: signed_indices(&bundle),
            key_algorithm: algorithm_name(certificate.key_algorithm),
            certificate_not_before: certificate.not_before,
            certificate_not_after: certificate.not_after,
        }),
        _ => Err(SigstoreRefusal::unsupported("the library has left a check out")),
    }
}

/// The earliest time that an RFC 3161 token over `signature` proves, by a time stamper of the trusted root; `None`
/// without a token.
///
/// # Errors
/// [`SigstoreRefusal::InvalidTimestamp`] if any token does not verify.
pub fn trusted_time(
    tokens: &[Vec<u8>],
    signature: &[u8],
    root: &TrustedRoot,
) -> Result<Option<Instant>, SigstoreRefusal> {
    if tokens.len() > MAX_PROOFS {
        return Err(SigstoreRefusal::InvalidTimestamp {
            problem: strict::too_many("time stamps", tokens.len()),
        });
    }
    let times = tokens.iter().map(|token| stamped_time(&TimestampToken::from_bytes(token), signature, root));
    Ok(times.collect::<Result<Vec<_>, _>>()?.into_iter().min())
}

/// What a bundle claims, for display only: nothing is verified and nothing decided.
pub fn describe(bundle_json: &[u8]) -> SigstoreClaims {
    let Ok(bundle) = serde_json::from_slice::<Bundle>(bundle_json) else { return SigstoreClaims::default() };
    let material = &bundle.verification_material;
    let certificate = bundle.signing_certificate().and_then(|der| parse_certificate_info(der).ok());
    let certificate = certificate.as_ref();
    SigstoreClaims {
        identity: certificate.and_then(|it| it.identity.as_ref()).map(|name| name.as_str().to_owned()),
        issuer: certificate.and_then(|it| it.issuer.clone()),
        integrated_time: material.tlog_entries.iter().filter_map(|entry| entry.integrated_time).min(),
        timestamps: material.timestamp_verification_data.rfc3161_timestamps.len(),
        log_indices: material.tlog_entries.iter().map(|entry| entry.log_index.get()).collect(),
        key_algorithm: certificate.map(|it| algorithm_name(it.key_algorithm)),
        certificate_not_before: certificate.map(|it| it.not_before),
        certificate_not_after: certificate.map(|it| it.not_after),
    }
}

/// The envelope as the library reads it, if that is what this crate and the caller read.
fn one_reading<'a>(
    bundle: &'a Bundle,
    here: &Envelope,
    payload: &[u8],
) -> Result<&'a DsseEnvelope, SigstoreRefusal> {
    let SignatureContent::DsseEnvelope(envelope) = &bundle.content else {
        return Err(SigstoreRefusal::unsupported("no DSSE envelope"));
    };
    let same_payload = envelope.payload.as_bytes() == payload && here.payload == payload;
    let same_signature = match here.signatures.as_slice() {
        [only] => only.sig == envelope.signature.sig.as_bytes(),
        _ => false,
    };
    if !same_payload || !same_signature || envelope.payload_type != PAYLOAD_TYPE {
        return Err(SigstoreRefusal::malformed("its payload or signature has two readings"));
    }
    Ok(envelope)
}

/// The library is content if one entry has a proof, in version 0.1 with none; here each entry has one. It is also
/// content if the proof of Rekor v1 is for a tree of another size than the one that the log has signed.
fn entry_is_proven(entry: &TransparencyLogEntry) -> Result<(), SigstoreRefusal> {
    let Some(proof) = &entry.inclusion_proof else {
        return Err(SigstoreRefusal::log_entry(LogProblem::Proof, "it has no proof"));
    };
    let Some(checkpoint) = proof.checkpoint.checkpoint() else {
        return Err(SigstoreRefusal::log_entry(LogProblem::Checkpoint, "it has none"));
    };
    if !is_rekor_v2(entry) && proof.tree_size != checkpoint.tree_size() {
        return Err(SigstoreRefusal::log_entry(LogProblem::Checkpoint, "its size is another"));
    }
    Ok(())
}

fn is_rekor_v2(entry: &TransparencyLogEntry) -> bool {
    entry.kind_version == KindVersion::HashedRekordV002
}

/// In Rekor v1 the index is covered by the promise alone, in v2 by the proof.
fn signed_indices(bundle: &Bundle) -> Vec<u64> {
    let entries = bundle.verification_material.tlog_entries.iter();
    let signed = entries.filter(|entry| is_rekor_v2(entry) || entry.inclusion_promise.is_some());
    signed.map(|entry| entry.log_index.get()).collect()
}

/// The time in one token, if one of the time stampers signed it over `signature`, within its own validity.
fn stamped_time(
    token: &TimestampToken,
    signature: &[u8],
    root: &TrustedRoot,
) -> Result<Instant, SigstoreRefusal> {
    let signature = SignatureBytes::from_bytes(signature);
    let mut problem = "no time stamper is trusted".to_owned();
    let mut of_its_signer = false;
    for stamper in root.stampers() {
        match verify_timestamp_for_authority(token, &signature, &stamper) {
            Ok(time) => return Ok(time),
            // The stamper's own problem says more than that others did not sign it.
            Err(error) if !of_its_signer => {
                of_its_signer = matches!(error, TsaError::TimestampOutsideValidity { .. });
                problem = foreign(error);
            }
            Err(_) => {}
        }
    }
    Err(SigstoreRefusal::timestamp(problem))
}

fn why_refused(
    error: Error,
    bundle: &Bundle,
    envelope: &DsseEnvelope,
    root: &Digest,
    trusted: &TrustedRoot,
) -> SigstoreRefusal {
    // The library looks at the signature late. A changed one would be reported as a time stamp for something else.
    if let Some(problem) = wrong_signature(bundle, envelope) {
        return SigstoreRefusal::InvalidSignature { problem };
    }
    match error {
        Error::IdentityMismatch { expected, actual } => SigstoreRefusal::WrongIdentity {
            expected: expected.to_string(),
            found: actual.map(|name| name.as_str().to_owned()),
        },
        Error::IssuerMismatch { expected, actual } => {
            SigstoreRefusal::WrongIssuer { expected, found: actual }
        }
        Error::SignatureInvalid(problem) => SigstoreRefusal::InvalidSignature { problem: foreign(problem) },
        Error::ArtifactMismatch(_) if !is_subject(envelope, root) => {
            SigstoreRefusal::InvalidSignature { problem: format!("the statement is not about root {root}") }
        }
        Error::ArtifactMismatch(detail) => SigstoreRefusal::log_entry(LogProblem::Mismatch, foreign(detail)),
        Error::Certificate(error) => certificate_refusal(error, bundle, envelope, trusted),
        Error::TransparencyLog(error) => log_refusal(error),
        Error::Timestamp(error) => timestamp_refusal(error),
        Error::InvalidBundle(problem) => SigstoreRefusal::malformed(foreign(problem)),
        Error::UnsupportedBundle(problem) => SigstoreRefusal::unsupported(foreign(problem)),
        Error::Bundle(error) => bundle_refusal(error),
        // The trusted root has no log for what the certificate needs; the rest of it was checked when it was read.
        Error::InvalidTrustRoot(problem) => SigstoreRefusal::certificate(foreign(problem)),
        other => SigstoreRefusal::malformed(foreign(other)),
    }
}

/// What the certificate's own key says against the signature, whoever's certificate that is.
fn wrong_signature(bundle: &Bundle, envelope: &DsseEnvelope) -> Option<String> {
    let certificate = parse_certificate_info(bundle.signing_certificate()?).ok()?;
    let scheme = certificate.key_algorithm.default_signing_scheme();
    let checked = verify_signature(&certificate.public_key, &envelope.pae(), &envelope.signature.sig, scheme);
    checked.err().map(foreign)
}

fn is_subject(envelope: &DsseEnvelope, root: &Digest) -> bool {
    serde_json::from_slice::<Statement>(envelope.payload.as_bytes())
        .is_ok_and(|statement| statement.matches_sha256(&Sha256Hash::new(*root.as_bytes())))
}

fn certificate_refusal(
    error: CertificateError,
    bundle: &Bundle,
    envelope: &DsseEnvelope,
    trusted: &TrustedRoot,
) -> SigstoreRefusal {
    match error {
        CertificateError::Malformed(problem) => SigstoreRefusal::malformed(foreign(problem)),
        // The library finds a wrong time while it builds the chain, and says so in words only.
        other => outside_validity(bundle, envelope, trusted)
            .unwrap_or_else(|| SigstoreRefusal::certificate(foreign(other))),
    }
}

/// The proven time that lies outside the certificate's validity, as a refusal. All times of the bundle are proven
/// when the library looks at the chain.
fn outside_validity(
    bundle: &Bundle,
    envelope: &DsseEnvelope,
    trusted: &TrustedRoot,
) -> Option<SigstoreRefusal> {
    let certificate = parse_certificate_info(bundle.signing_certificate()?).ok()?;
    let material = &bundle.verification_material;
    let promised = material.tlog_entries.iter().filter(|entry| entry.inclusion_promise.is_some());
    let stamps = material.timestamp_verification_data.rfc3161_timestamps.iter();
    let signature = envelope.signature.sig.as_bytes();
    let stamped = stamps.filter_map(|it| stamped_time(&it.signed_timestamp, signature, trusted).ok());
    promised.filter_map(|entry| entry.integrated_time).chain(stamped).find_map(|at| {
        let (not_before, not_after) = (certificate.not_before, certificate.not_after);
        if at < not_before {
            Some(SigstoreRefusal::CertificateNotYetValid { at, not_before })
        } else if at > not_after {
            Some(SigstoreRefusal::CertificateExpired { at, not_after })
        } else {
            None
        }
    })
}

fn timestamp_refusal(error: TimestampError) -> SigstoreRefusal {
    match error {
        TimestampError::Invalid(problem) => SigstoreRefusal::timestamp(foreign(problem)),
        TimestampError::NoVerifiedTimestamp(_) => {
            SigstoreRefusal::timestamp("there is no time stamp, and no time that a log has signed")
        }
        other => SigstoreRefusal::timestamp(foreign(other)),
    }
}

fn log_refusal(error: TransparencyLogError) -> SigstoreRefusal {
    use TransparencyLogError as E;
    match error {
        E::UnknownLog { log_id } => SigstoreRefusal::log_entry(LogProblem::UnknownLog, foreign(log_id)),
        E::InclusionProof(detail) => SigstoreRefusal::log_entry(LogProblem::Proof, foreign(detail)),
        E::Checkpoint(detail) => SigstoreRefusal::log_entry(LogProblem::Checkpoint, foreign(detail)),
        E::InclusionPromise(detail) => SigstoreRefusal::log_entry(LogProblem::Promise, foreign(detail)),
        E::EntryMismatch(detail) => SigstoreRefusal::log_entry(LogProblem::Mismatch, foreign(detail)),
        E::IntegratedTime(problem) => SigstoreRefusal::timestamp(foreign(problem)),
        E::MalformedEntry(detail) => SigstoreRefusal::log_entry(LogProblem::Malformed, foreign(detail)),
        other => SigstoreRefusal::log_entry(LogProblem::Malformed, foreign(other)),
    }
}

fn bundle_refusal(error: BundleError) -> SigstoreRefusal {
    use BundleError as E;
    match error {
        E::UnsupportedMediaType(_) | E::UnsupportedVerificationMaterial => {
            SigstoreRefusal::unsupported(foreign(error))
        }
        E::MissingInclusionPromise(_) => SigstoreRefusal::log_entry(LogProblem::Promise, foreign(error)),
        E::MissingInclusionProof(_) | E::LogIndexOutOfRange { .. } => {
            SigstoreRefusal::log_entry(LogProblem::Proof, foreign(error))
        }
        E::MissingSigningTimeEvidence => SigstoreRefusal::log_entry(LogProblem::None, foreign(error)),
        E::MissingCheckpoint | E::CheckpointRootMismatch => {
            SigstoreRefusal::log_entry(LogProblem::Checkpoint, foreign(error))
        }
        other => SigstoreRefusal::malformed(foreign(other)),
    }
}

fn algorithm_name(algorithm: KeyAlgorithm) -> &'static str {
    match algorithm {
        KeyAlgorithm::EcdsaP256 => "ECDSA P-256",
        KeyAlgorithm::EcdsaP384 => "ECDSA P-384",
        KeyAlgorithm::Ed25519 => "Ed25519",
        KeyAlgorithm::Rsa => "RSA",
        KeyAlgorithm::MlDsa44 => "ML-DSA-44",
        KeyAlgorithm::MlDsa65 => "ML-DSA-65",
        KeyAlgorithm::MlDsa87 => "ML-DSA-87",
        _ => "unknown",
    }
}
