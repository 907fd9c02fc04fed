//! One certificate, read once (RFC 5280, section 4): its fields, and the bytes that its signature covers.

use std::collections::BTreeSet;

use der::asn1::{BitStringRef, ObjectIdentifier};
use der::{Decode as _, Reader as _, SliceReader};
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, NameConstraints};

use super::names::SubjectNames;
use super::refusal::{CertificateLabel, CertificateRole};
use crate::digest::Digest;
use crate::key::{KeyError, PublicKey};
use crate::time::Instant;

/// A certificate whose parts are all understood, but for extensions that are named in it.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    der: Vec<u8>,
    raw: Raw,
    certificate: Certificate,
    basic: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
    purposes: Option<Vec<ObjectIdentifier>>,
    constraints: Option<NameConstraints>,
    names: Vec<String>,
    unknown: Option<ObjectIdentifier>,
}

/// The encoded parts that are compared or signed as bytes.
#[derive(Clone, Debug)]
struct Raw {
    signed: Vec<u8>,
    /// Without the outer tag and length, as webpki names algorithms.
    signature_algorithm: Vec<u8>,
    signature: Vec<u8>,
    issuer: Vec<u8>,
    subject: Vec<u8>,
    spki: Vec<u8>,
    /// Without the outer tag and length.
    key_algorithm: Vec<u8>,
    key_bits: Vec<u8>,
}

/// Why a signature by an issuer's key does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignatureFault {
    /// No such algorithm here.
    Unsupported,
    /// Another key signed, or something was changed.
    Wrong,
}

impl Parsed {
    /// Reads DER, all of it; the error says what is wrong.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, &'static str> {
        if der.len() > MAX_CERTIFICATE {
            return Err("longer than 64 KiB");
        }
        let certificate = Certificate::from_der(der).map_err(|_| "not a certificate in DER")?;
        let raw = Raw::split(der).map_err(|_| "not a certificate in DER")?;
        let tbs = certificate.tbs_certificate();
        if tbs.signature() != certificate.signature_algorithm() {
            return Err("it names two signature algorithms");
        }
        if tbs.issuer_unique_id().is_some() || tbs.subject_unique_id().is_some() {
            return Err("unique identifiers, which RFC 5280 forbids");
        }
        let extensions: &[Extension] = tbs.extensions().map_or(&[], Vec::as_slice);
        if !extensions.is_empty() && tbs.version() != Version::V3 {
            return Err("extensions in an old version");
        }
        // Which of two would count is a guess: each reader may make another one (RFC 5280, section 4.2).
        let kinds: BTreeSet<_> = extensions.iter().map(|extension| extension.extn_id).collect();
        if kinds.len() < extensions.len() {
            return Err("an extension stands twice in it");
        }
        let damaged = |_: der::Error| "a damaged extension";
        let purposes = tbs.get_extension::<ExtendedKeyUsage>().map_err(damaged)?;
        let names = tbs.get_extension::<SubjectNames>().map_err(damaged)?;
        let names = names.map_or_else(|| Ok(Vec::new()), |(_, names)| names.texts())?;
        let unknown = extensions.iter().find(|e| e.critical && !UNDERSTOOD.contains(&e.extn_id));
        Ok(Self {
            der: der.to_vec(),
            raw,
            basic: tbs.get_extension().map_err(damaged)?.map(|(_, basic)| basic),
            key_usage: tbs.get_extension().map_err(damaged)?.map(|(_, usage)| usage),
            purposes: purposes.map(|(_, purposes)| purposes.0),
            constraints: tbs.get_extension().map_err(damaged)?.map(|(_, constraints)| constraints),
            names,
            unknown: unknown.map(|extension| extension.extn_id),
            certificate,
        })
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn label(&self, role: CertificateRole) -> CertificateLabel {
        CertificateLabel { role, subject: self.subject(), fingerprint: self.fingerprint() }
    }

    pub(super) fn subject(&self) -> String {
        self.certificate.tbs_certificate().subject().to_string()
    }

    pub(super) fn issuer(&self) -> String {
        self.certificate.tbs_certificate().issuer().to_string()
    }

    pub(super) fn serial(&self) -> String {
        let text = hex::encode(self.certificate.tbs_certificate().serial_number().as_bytes());
        let shown = text.trim_start_matches('0');
        if shown.is_empty() { "0".to_owned() } else { shown.to_owned() }
    }

    pub(super) fn fingerprint(&self) -> Digest {
        Digest::of(&self.der)
    }

    pub(super) fn not_before(&self) -> Instant {
        instant(self.certificate.tbs_certificate().validity().not_before)
    }

    pub(super) fn not_after(&self) -> Instant {
        instant(self.certificate.tbs_certificate().validity().not_after)
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn key(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_spki_der(&self.raw.spki)
    }

    pub(super) fn is_authority(&self) -> bool {
        self.basic.as_ref().is_some_and(|basic| basic.ca)
    }

    /// How many certificates of authorities may stand below it.
    pub(super) fn path_length(&self) -> Option<u8> {
        self.basic.as_ref().and_then(|basic| basic.path_len_constraint)
    }

    pub(super) fn key_usage(&self) -> Option<KeyUsage> {
        self.key_usage
    }

    pub(super) fn purposes(&self) -> Option<&[ObjectIdentifier]> {
        self.purposes.as_deref()
    }

    pub(super) fn constrains_names(&self) -> bool {
        self.constraints.is_some()
    }

    /// Whether it constrains the e-mail addresses of certificates below it.
    pub(super) fn constrains_email(&self) -> bool {
        let Some(constraints) = &self.constraints else { return false };
        let both = [&constraints.permitted_subtrees, &constraints.excluded_subtrees];
        both.into_iter().flatten().flatten().any(|tree| matches!(tree.base, GeneralName::Rfc822Name(_)))
    }

    /// Whether the subject's name holds an e-mail address (RFC 5280, section 4.1.2.6).
    pub(super) fn has_email_in_subject(&self) -> bool {
        self.certificate.tbs_certificate().subject().iter().any(|attribute| attribute.oid == EMAIL_ADDRESS)
    }

    /// A critical extension that is not understood here.
    pub(super) fn unknown_critical(&self) -> Option<ObjectIdentifier> {
        self.unknown
    }

    /// The signature's algorithm.
    pub(super) fn signature_algorithm(&self) -> ObjectIdentifier {
        self.certificate.signature_algorithm().oid
    }

    /// Whether `issuer` is who this certificate names as its issuer. Names are compared as bytes, as webpki does.
    pub(super) fn names_as_issuer(&self, issuer: &Self) -> bool {
        self.raw.issuer == issuer.raw.subject
    }

    /// Whether two certificates are for the same name and the same key (RFC 4158, section 5.2).
    pub(super) fn is_same_entity(&self, other: &Self) -> bool {
        self.raw.subject == other.raw.subject && self.raw.spki == other.raw.spki
    }

    /// Checks this certificate's signature with another one's key.
    pub(super) fn check_signature(&self, issuer: &Self) -> Result<(), SignatureFault> {
        let algorithms = webpki::ALL_VERIFICATION_ALGS.iter();
        let mut named =
            algorithms.filter(|a| *a.signature_alg_id() == *self.raw.signature_algorithm).peekable();
        if named.peek().is_none() {
            return Err(SignatureFault::Unsupported);
        }
        let mut fitting = named.filter(|a| *a.public_key_alg_id() == *issuer.raw.key_algorithm);
        let holds = |algorithm: &&dyn pki_types::SignatureVerificationAlgorithm| {
            algorithm.verify_signature(&issuer.raw.key_bits, &self.raw.signed, &self.raw.signature).is_ok()
        };
        if fitting.any(holds) { Ok(()) } else { Err(SignatureFault::Wrong) }
    }
}

impl Raw {
    fn split(der: &[u8]) -> der::Result<Self> {
        let (signed, algorithm, signature) = SliceReader::new(der)?.sequence(|reader| {
            Ok::<_, der::Error>((reader.tlv_bytes()?, reader.tlv_bytes()?, BitStringRef::decode(reader)?))
        })?;
        let (issuer, subject, spki) = SliceReader::new(signed)?.sequence(|reader| {
            if reader.peek_byte() == Some(EXPLICIT_VERSION) {
                reader.tlv_bytes()?;
            }
            let [_serial, _algorithm, issuer, _validity, subject, spki] = [
                reader.tlv_bytes()?,
                reader.tlv_bytes()?,
                reader.tlv_bytes()?,
                reader.tlv_bytes()?,
                reader.tlv_bytes()?,
                reader.tlv_bytes()?,
            ];
            reader.drain(reader.remaining_len())?;
            Ok::<_, der::Error>((issuer, subject, spki))
        })?;
        let (key_algorithm, key_bits) = SliceReader::new(spki)?
            .sequence(|reader| Ok::<_, der::Error>((reader.tlv_bytes()?, BitStringRef::decode(reader)?)))?;
        Ok(Self {
            signed: signed.to_vec(),
            signature_algorithm: contents(algorithm)?,
            signature: whole_bytes(signature)?,
            issuer: issuer.to_vec(),
            subject: subject.to_vec(),
            spki: spki.to_vec(),
            key_algorithm: contents(key_algorithm)?,
            key_bits: whole_bytes(key_bits)?,
        })
    }
}

fn contents(sequence: &[u8]) -> der::Result<Vec<u8>> {
    SliceReader::new(sequence)?.sequence(|reader| Ok(reader.read_slice(reader.remaining_len())?.to_vec()))
}

fn whole_bytes(bits: BitStringRef<'_>) -> der::Result<Vec<u8>> {
    bits.as_bytes().map(<[u8]>::to_vec).ok_or_else(|| der::Tag::BitString.value_error().into())
}

/// Certificates without an end carry the year 9999 (RFC 5280, section 4.1.2.5), whose last day lies beyond the
/// calendar used here: that is the end of the calendar.
fn instant(time: x509_cert::time::Time) -> Instant {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    Instant::from_second(seconds).unwrap_or(Instant::MAX)
}

/// Some two to four thousand bytes are usual; with long lists of names, or keys and signatures of lattice
/// schemes, tens of thousands. webpki reads no longer ones.
const MAX_CERTIFICATE: usize = 64 * 1024;

/// The tag of the version field `[0]`, which version 1 leaves out.
const EXPLICIT_VERSION: u8 = 0xa0;

const EMAIL_ADDRESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");

/// keyUsage, subjectAltName, basicConstraints, nameConstraints, extKeyUsage: what is looked at here or by webpki.
const UNDERSTOOD: [ObjectIdentifier; 5] = [
    ObjectIdentifier::new_unwrap("2.5.29.15"),
    ObjectIdentifier::new_unwrap("2.5.29.17"),
    ObjectIdentifier::new_unwrap("2.5.29.19"),
    ObjectIdentifier::new_unwrap("2.5.29.30"),
    ObjectIdentifier::new_unwrap("2.5.29.37"),
];
