//! Reads the form of a Sigstore bundle (v0.1 to v0.3) strictly, before the verifying library does: one reading, and limits.

use super::refusal::{LogProblem, SigstoreRefusal};
use crate::envelope::Envelope;
use crate::json::{self, FieldError, Fields, Value};
use crate::text::Escaped;

/// Most log entries, time stamps and certificates, each: a hostile file would have us do a public-key operation or
/// more for every one. Signers write one or two.
pub const MAX_PROOFS: usize = 16;

const MEDIA_TYPES: &[&str] = &[
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
];
/// Kinds of Rekor entries that cover a DSSE envelope; the last is that of Rekor v2.
const KINDS: &[(&str, &str)] = &[("dsse", "0.0.1"), ("intoto", "0.0.2"), ("hashedrekord", "0.0.2")];

/// The fields of an entry beside its kind.
const ENTRY_FIELDS: &[&str] =
    &["logIndex", "logId", "integratedTime", "inclusionPromise", "inclusionProof", "canonicalizedBody"];

/// Reads what decides about the form with the strict parser, before the library's, which takes the last of two equal
/// keys and passes over unknown ones.
pub(super) fn read(bundle_json: &[u8]) -> Result<Envelope, SigstoreRefusal> {
    let value =
        json::parse(bundle_json).map_err(|error| SigstoreRefusal::malformed(format_args!("it {error}")))?;
    let mut fields = Fields::of(value, "bundle").map_err(SigstoreRefusal::malformed)?;
    let media_type = fields.string("mediaType").map_err(SigstoreRefusal::malformed)?;
    if !MEDIA_TYPES.contains(&media_type.as_str()) {
        return Err(SigstoreRefusal::unsupported(format_args!("media type `{}`", Escaped(&media_type))));
    }
    if fields.has("messageSignature") {
        return Err(SigstoreRefusal::unsupported("a signature over bare bytes, not over a statement"));
    }
    let material = fields.require("verificationMaterial").map_err(SigstoreRefusal::malformed)?;
    let envelope = fields.require("dsseEnvelope").map_err(SigstoreRefusal::malformed)?;
    fields.finish().map_err(SigstoreRefusal::malformed)?;
    check_material(material)?;
    Envelope::from_json(envelope).map_err(|error| SigstoreRefusal::malformed(error.within("dsseEnvelope")))
}

fn check_material(material: Value) -> Result<(), SigstoreRefusal> {
    let within = |error: FieldError| SigstoreRefusal::malformed(error.within("verificationMaterial"));
    let mut fields = Fields::of(material, "it").map_err(within)?;
    if fields.has("publicKey") {
        return Err(SigstoreRefusal::unsupported("a public key, not a certificate"));
    }
    let certificates = match (fields.take("certificate"), fields.take("x509CertificateChain")) {
        (Some(_), None) => 1,
        (None, Some(chain)) => {
            let chain = Fields::of(chain, "x509CertificateChain").and_then(|mut it| it.array("certificates"));
            chain.map_err(within)?.len()
        }
        (Some(_), Some(_)) => {
            return Err(SigstoreRefusal::malformed("a certificate and a chain, where one of them is needed"));
        }
        (None, None) => return Err(SigstoreRefusal::malformed("no certificate")),
    };
    if certificates > MAX_PROOFS {
        return Err(SigstoreRefusal::malformed(too_many("certificates", certificates)));
    }
    let entries = match fields.take("tlogEntries") {
        Some(Value::Array(entries)) => entries,
        Some(other) => {
            return Err(SigstoreRefusal::malformed(format_args!("`tlogEntries` is {}", other.kind())));
        }
        None => Vec::new(),
    };
    let stamps = fields.take("timestampVerificationData");
    // A proof under another name would be passed over in silence.
    fields.finish().map_err(within)?;
    if entries.is_empty() {
        return Err(SigstoreRefusal::log_entry(LogProblem::None, ""));
    }
    if entries.len() > MAX_PROOFS {
        return Err(SigstoreRefusal::malformed(too_many("log entries", entries.len())));
    }
    entries.into_iter().try_for_each(check_entry)?;
    match stamps {
        None | Some(Value::Null) => Ok(()),
        Some(stamps) => check_stamps(stamps),
    }
}

fn check_entry(entry: Value) -> Result<(), SigstoreRefusal> {
    let read = |entry| {
        let mut fields = Fields::of(entry, "it")?;
        let mut format = Fields::of(fields.require("kindVersion")?, "kindVersion")?;
        ENTRY_FIELDS.iter().for_each(|name| drop(fields.take(name)));
        fields.finish()?;
        Ok((format.string("kind")?, format.string("version")?))
    };
    let (kind, version) =
        read(entry).map_err(|error: FieldError| SigstoreRefusal::malformed(error.within("tlogEntries")))?;
    if KINDS.contains(&(kind.as_str(), version.as_str())) {
        return Ok(());
    }
    Err(SigstoreRefusal::unsupported(format_args!(
        "a log entry of kind `{}` `{}`",
        Escaped(&kind),
        Escaped(&version)
    )))
}

fn check_stamps(stamps: Value) -> Result<(), SigstoreRefusal> {
    let within = |error: FieldError| SigstoreRefusal::malformed(error.within("timestampVerificationData"));
    let mut fields = Fields::of(stamps, "it").map_err(within)?;
    let stamps = fields.take("rfc3161Timestamps");
    fields.finish().map_err(within)?;
    match stamps {
        Some(Value::Array(stamps)) if stamps.len() > MAX_PROOFS => {
            Err(SigstoreRefusal::malformed(too_many("time stamps", stamps.len())))
        }
        // Anything but a list is refused by the library.
        _ => Ok(()),
    }
}

pub(super) fn too_many(what: &str, found: usize) -> String {
    format!("{found} {what}, where at most {MAX_PROOFS} are allowed")
}
