//! Public keys: read from PEM or DER, identified, and used to check signatures.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA256_ASN1,
    ECDSA_P521_SHA512_ASN1, ED25519, ParsedPublicKey, RSA_PSS_2048_8192_SHA256, RsaParameters,
    RsaPssSaltLength, UnparsedPublicKey, VerificationAlgorithm,
};
use der::asn1::{BitStringRef, UintRef};
use der::oid::ObjectIdentifier;
use der::{AnyRef, Decode as _, Encode as _};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::{Algorithm, KeyError, Weakness, pem, small_order, weak};
use crate::digest::{Digest, NotADigest};

pub(super) const RSA_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(super) const EC_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(super) const ED25519_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const P256_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// RSA-PSS with a salt as long as the digest: 32 bytes.
static PSS_DIGEST_SALT: RsaParameters = RSA_PSS_2048_8192_SHA256;
/// RSA-PSS with the longest salt that fits: 478 bytes for 4096 bits.
static PSS_MAX_SALT: RsaParameters = RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);

/// The SHA-256 digest of a public key's SPKI DER: names a key, and says nothing about trust.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(Digest);

impl KeyId {
    /// The first four and the last two hex digits, as shown where space is short.
    pub fn short(&self) -> String {
        let text = self.to_string();
        format!("{}…{}", text.get(..4).unwrap_or(&text), text.get(62..).unwrap_or_default())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for KeyId {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        text.parse().map(Self)
    }
}

/// The signature does not fit the message and the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not fit")]
pub struct BadSignature;

/// A public key that passed every check for known weaknesses.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: Algorithm,
    bits: u64,
    /// What the library wants: PKCS#1 DER, an uncompressed point, or 32 bytes.
    raw: Vec<u8>,
    /// The canonical SubjectPublicKeyInfo.
    spki: Vec<u8>,
    id: KeyId,
}

impl PublicKey {
    /// Reads the one public key in a PEM file: `PUBLIC KEY` (SPKI) or `RSA PUBLIC KEY` (PKCS#1).
    ///
    /// # Errors
    /// A [`KeyError`] that tells apart everything else a file may hold.
    pub fn from_pem(bytes: &[u8]) -> Result<Self, KeyError> {
        let block = pem::the_only_block(bytes)?;
        match block.label.as_str() {
            "PUBLIC KEY" => Self::from_spki_der(&block.der),
            "RSA PUBLIC KEY" => Self::from_pkcs1_der(&block.der),
            "CERTIFICATE" | "TRUSTED CERTIFICATE" | "X509 CERTIFICATE" => Err(KeyError::Certificate),
            label if label.ends_with("PRIVATE KEY") => Err(KeyError::PrivateGiven),
            _ => Err(KeyError::UnknownLabel { label: block.label.clone() }),
        }
    }

    /// Reads a SubjectPublicKeyInfo (RFC 5280, section 4.1).
    ///
    /// # Errors
    /// A [`KeyError`]; weak keys are refused here, once for every caller.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let spki =
            SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyError::Malformed { what: "public key" })?;
        let bits = spki.subject_public_key.as_bytes().ok_or(KeyError::Malformed { what: "public key" })?;
        // RFC 3279, section 2.3.1, and RFC 8410, section 3: other parameters are other keys to other tools.
        let parameters_fit = match (spki.algorithm.oid, spki.algorithm.parameters) {
            (RSA_OID, Some(parameters)) => parameters == AnyRef::NULL,
            (ED25519_OID, parameters) => parameters.is_none(),
            _ => true,
        };
        if !parameters_fit {
            return Err(KeyError::Malformed { what: "public key" });
        }
        match spki.algorithm.oid {
            RSA_OID => Self::from_pkcs1_der(bits),
            EC_OID => Self::from_point(curve(&spki.algorithm)?, bits),
            ED25519_OID => Self::from_ed25519(bits),
            oid => Err(KeyError::UnsupportedAlgorithm { kind: name_of(oid) }),
        }
    }

    /// Reads an RSAPublicKey (RFC 8017, appendix A.1.1).
    pub(super) fn from_pkcs1_der(der: &[u8]) -> Result<Self, KeyError> {
        let malformed = KeyError::Malformed { what: "RSA public key" };
        let key = pkcs1::RsaPublicKey::<UintRef<'_>>::from_der(der).map_err(|_| malformed.clone())?;
        let bits = weak::judge_rsa(key.modulus.as_bytes(), key.public_exponent.as_bytes())
            .map_err(KeyError::Weak)?;
        let raw = key.to_der().map_err(|_| malformed.clone())?;
        ParsedPublicKey::new(&PSS_DIGEST_SALT, &raw).map_err(|_| malformed)?;
        Self::assemble(Algorithm::Rsa, bits, raw)
    }

    pub(super) fn from_point(algorithm: Algorithm, point: &[u8]) -> Result<Self, KeyError> {
        if matches!(point, [2 | 3, ..]) {
            return Err(KeyError::UnsupportedAlgorithm {
                kind: "an elliptic-curve point in compressed form".to_owned(),
            });
        }
        let (library, bits): (&'static dyn VerificationAlgorithm, u64) = match algorithm {
            Algorithm::EcdsaP256 => (&ECDSA_P256_SHA256_ASN1, 256),
            Algorithm::EcdsaP384 => (&ECDSA_P384_SHA384_ASN1, 384),
            _ => (&ECDSA_P521_SHA512_ASN1, 521),
        };
        // The first byte must be 4 (uncompressed); parsing checks that the point lies on the curve.
        let parsed = point.first() == Some(&4) && UnparsedPublicKey::new(library, point).parse().is_ok();
        if !parsed {
            return Err(KeyError::Malformed { what: "elliptic-curve public key" });
        }
        Self::assemble(algorithm, bits, point.to_vec())
    }

    pub(super) fn from_ed25519(bytes: &[u8]) -> Result<Self, KeyError> {
        let point: &[u8; 32] =
            bytes.try_into().map_err(|_| KeyError::Malformed { what: "Ed25519 public key" })?;
        if !small_order::is_proper_point(point) {
            return Err(KeyError::Weak(Weakness::SmallOrder));
        }
        if !small_order::is_on_curve(point) {
            return Err(KeyError::Malformed { what: "Ed25519 public key" });
        }
        Self::assemble(Algorithm::Ed25519, 256, bytes.to_vec())
    }

    /// One key has one SPKI, whatever form it was read from; the key id depends on it.
    fn assemble(algorithm: Algorithm, bits: u64, raw: Vec<u8>) -> Result<Self, KeyError> {
        let (oid, parameters) = match algorithm {
            Algorithm::Rsa => (RSA_OID, Some(AnyRef::NULL)),
            Algorithm::EcdsaP256 => (EC_OID, Some(AnyRef::from(&P256_OID))),
            Algorithm::EcdsaP384 => (EC_OID, Some(AnyRef::from(&P384_OID))),
            Algorithm::EcdsaP521 => (EC_OID, Some(AnyRef::from(&P521_OID))),
            Algorithm::Ed25519 => (ED25519_OID, None),
        };
        let spki = BitStringRef::from_bytes(&raw)
            .and_then(|bits| {
                SubjectPublicKeyInfoRef {
                    algorithm: AlgorithmIdentifierRef { oid, parameters },
                    subject_public_key: bits,
                }
                .to_der()
            })
            .map_err(|_| KeyError::Malformed { what: "public key" })?;
        let id = KeyId(Digest::of(&spki));
        Ok(Self { algorithm, bits, raw, spki, id })
    }

    /// The algorithm its signatures use.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its size in bits, as written in a manifest's `key_size`.
    pub fn bits(&self) -> u64 {
        self.bits
    }

    /// Its fingerprint.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// SPKI in PEM.
    pub fn to_pem(&self) -> String {
        pem::encode("PUBLIC KEY", &self.spki).to_string()
    }

    /// SPKI in DER.
    pub fn to_spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// Checks an envelope's signature over `message` (a DSSE PAE): RSA-PSS with a salt of 32 bytes, ECDSA as
    /// DER, or Ed25519.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        match self.algorithm {
            Algorithm::Rsa => self.check(&PSS_DIGEST_SALT, message, signature),
            Algorithm::EcdsaP256 => self.check(&ECDSA_P256_SHA256_ASN1, message, signature),
            Algorithm::EcdsaP384 => self.check(&ECDSA_P384_SHA384_ASN1, message, signature),
            Algorithm::EcdsaP521 => self.check(&ECDSA_P521_SHA512_ASN1, message, signature),
            Algorithm::Ed25519 => {
                let commitment = signature.first_chunk().ok_or(BadSignature)?;
                if !small_order::is_proper_point(commitment) {
                    return Err(BadSignature);
                }
                self.check(&ED25519, message, signature)
            }
        }
    }

    /// Like [`PublicKey::verify`], with SHA-256 whatever the curve. Only the oldest OMS signatures are made so.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify_with_sha256(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        match self.algorithm {
            Algorithm::EcdsaP384 => self.check(&ECDSA_P384_SHA256_ASN1, message, signature),
            Algorithm::EcdsaP521 => self.check(&ECDSA_P521_SHA256_ASN1, message, signature),
            _ => self.verify(message, signature),
        }
    }

    /// Checks a manifest's own signature over the hex digest: RSA-PSS with the longest salt or one of 32 bytes.
    ///
    /// # Errors
    /// [`BadSignature`], also for keys that are not RSA: they have no such signature.
    pub fn verify_hex_digest(&self, digest: &Digest, signature: &[u8]) -> Result<(), BadSignature> {
        if self.algorithm != Algorithm::Rsa {
            return Err(BadSignature);
        }
        let text = digest.to_string();
        self.check(&PSS_MAX_SALT, text.as_bytes(), signature)
            .or_else(|_| self.check(&PSS_DIGEST_SALT, text.as_bytes(), signature))
    }

    fn check(
        &self,
        library: &'static dyn VerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), BadSignature> {
        UnparsedPublicKey::new(library, &self.raw).verify(message, signature).map_err(|_| BadSignature)
    }

    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("algorithm", &self.algorithm)
            .field("bits", &self.bits)
            .field("id", &self.id)
            .finish()
    }
}

/// Which of our curves an algorithm identifier names.
pub(super) fn curve(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<Algorithm, KeyError> {
    let oid = algorithm.parameters_oid().map_err(|_| KeyError::UnsupportedAlgorithm {
        kind: "an elliptic curve without a name".to_owned(),
    })?;
    curve_of(oid)
}

pub(super) fn curve_of(oid: ObjectIdentifier) -> Result<Algorithm, KeyError> {
    match oid {
        P256_OID => Ok(Algorithm::EcdsaP256),
        P384_OID => Ok(Algorithm::EcdsaP384),
        P521_OID => Ok(Algorithm::EcdsaP521),
        other => Err(KeyError::UnsupportedAlgorithm { kind: name_of(other) }),
    }
}

/// The names of the kinds of key that people bring most often.
pub(super) fn name_of(oid: ObjectIdentifier) -> String {
    let name = match oid.to_string().as_str() {
        "1.2.840.113549.1.1.10" => "RSA restricted to PSS (id-RSASSA-PSS)",
        "1.3.132.0.10" => "curve secp256k1",
        "1.3.101.113" => "Ed448",
        "1.3.101.110" => "X25519",
        "1.2.840.10040.4.1" => "DSA",
        other => return format!("object identifier {other}"),
    };
    name.to_owned()
}
