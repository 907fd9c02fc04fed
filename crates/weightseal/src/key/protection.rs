//! Encrypted private keys: PBES2 (RFC 8018) around PKCS#8, with a ceiling on what trying a passphrase costs.

use std::fmt;

use der::asn1::{OctetStringRef, UintRef};
use der::oid::ObjectIdentifier;
use der::{AnyRef, Decode as _, Encode as _, Reader as _, Sequence, Tag, Tagged as _};
use pkcs5::EncryptionScheme;
use pkcs5::pbes2::{EncryptionScheme as Cipher, Kdf, Parameters, Pbkdf2Prf};
use pkcs8::{EncryptedPrivateKeyInfo, EncryptedPrivateKeyInfoRef};
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use super::{KeyError, Legacy, Passphrase, PrivateKey, pem};

/// PBKDF2-HMAC-SHA256 iterations of keys that we write (OWASP Password Storage Cheat Sheet, 2023).
pub const ITERATIONS: u32 = 600_000;

/// Fewer PBKDF2 iterations than this draw a warning: Python's `cryptography` and openssl write 2048.
const WEAK_BELOW: u32 = 100_000;

/// RFC 8018, section 4.2, calls ten million appropriate for especially critical keys: nobody needs more.
const MAX_ITERATIONS: u32 = 10_000_000;

/// scrypt's memory, 128·N·r bytes: RFC 7914's interactive and sensitive settings stay below it.
const MAX_SCRYPT_MEMORY: u64 = 256 * 1024 * 1024;

/// scrypt's parallelisation multiplies its time.
const MAX_SCRYPT_PARALLEL: u16 = 16;

const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
const SCRYPT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11591.4.11");
const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");

/// How a private key file is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Not at all.
    None,
    /// By a passphrase.
    Passphrase {
        /// The key derivation and its cost, for people.
        kdf: String,
        /// The cipher.
        cipher: &'static str,
        /// So cheap that guessing the passphrase is quick work.
        weak: bool,
    },
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Passphrase { kdf, cipher, .. } => write!(f, "{kdf}, {cipher}"),
        }
    }
}

/// A private key that its passphrase has not opened yet, of acceptable cost.
#[derive(Clone)]
pub struct EncryptedKey {
    der: Zeroizing<Vec<u8>>,
    protection: Protection,
}

/// The outer structure, read before anything inside is believed.
#[derive(Sequence)]
struct Outer<'a> {
    algorithm: AlgorithmIdentifierRef<'a>,
    data: &'a OctetStringRef,
}

impl EncryptedKey {
    /// Reads an EncryptedPrivateKeyInfo (RFC 5958, section 3) without opening it.
    ///
    /// # Errors
    /// A [`KeyError`] for outdated, unknown and hostile protections.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let outer =
            Outer::from_der(der).map_err(|_| KeyError::Malformed { what: "encrypted private key" })?;
        let oid = outer.algorithm.oid;
        if oid != PBES2 {
            return Err(if is_legacy(oid) {
                KeyError::LegacyEncryption(Legacy::Pbes1)
            } else {
                KeyError::UnknownEncryption { oid: oid.to_string() }
            });
        }
        // Before anything is handed to the library: some costs overflow there.
        judge_cost(outer.algorithm.parameters.ok_or(KeyError::Malformed { what: "encrypted private key" })?)?;
        let info = EncryptedPrivateKeyInfoRef::from_der(der).map_err(|_| KeyError::UnknownEncryption {
            oid: format!("{oid} (PBES2) with parameters that are not known"),
        })?;
        let EncryptionScheme::Pbes2(parameters) = &info.encryption_algorithm else {
            return Err(KeyError::LegacyEncryption(Legacy::Pbes1));
        };
        let protection = judge(parameters)?;
        Ok(Self { der: Zeroizing::new(der.to_vec()), protection })
    }

    /// How it is protected.
    pub fn protection(&self) -> &Protection {
        &self.protection
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`KeyError::WrongPassphrase`] for a wrong passphrase and for a damaged key alike: CBC padding comes out
    /// right by chance once in 256 times, so what is inside decides, and garbage inside means either.
    pub fn unlock(&self, passphrase: &Passphrase) -> Result<PrivateKey, KeyError> {
        let info = EncryptedPrivateKeyInfoRef::from_der(&self.der)
            .map_err(|_| KeyError::Malformed { what: "encrypted private key" })?;
        let plain = info.decrypt(passphrase.as_bytes()).map_err(|_| KeyError::WrongPassphrase)?;
        match PrivateKey::from_pkcs8_der(plain.as_bytes()) {
            Err(KeyError::Malformed { .. }) => Err(KeyError::WrongPassphrase),
            other => other,
        }
    }

    /// Encrypts a PrivateKeyInfo into PEM.
    pub(super) fn encrypt(pkcs8: &[u8], passphrase: &Passphrase) -> Result<Zeroizing<String>, KeyError> {
        const FAILED: KeyError = KeyError::Failed("encrypt the key");
        let (mut salt, mut iv) = ([0; 16], [0; 16]);
        aws_lc_rs::rand::fill(&mut salt).map_err(|_| FAILED)?;
        aws_lc_rs::rand::fill(&mut iv).map_err(|_| FAILED)?;
        let parameters =
            Parameters::generate_pbkdf2_sha256_aes256cbc(ITERATIONS, &salt, iv).map_err(|_| FAILED)?;
        let sealed = parameters.encrypt(passphrase.as_bytes(), pkcs8).map_err(|_| FAILED)?;
        let der = EncryptedPrivateKeyInfo {
            encryption_algorithm: parameters.into(),
            encrypted_data: OctetStringRef::new(&sealed).map_err(|_| FAILED)?,
        }
        .to_der()
        .map_err(|_| FAILED)?;
        Ok(pem::encode("ENCRYPTED PRIVATE KEY", &der))
    }
}

impl fmt::Debug for EncryptedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedKey").field("protection", &self.protection).finish_non_exhaustive()
    }
}

/// PBES1 (PKCS#5 v1.5) and the PKCS#12 schemes.
fn is_legacy(oid: ObjectIdentifier) -> bool {
    let text = oid.to_string();
    text.starts_with("1.2.840.113549.1.12.1.")
        || ["1", "3", "4", "6", "10", "11"].iter().any(|last| text == format!("1.2.840.113549.1.5.{last}"))
}

/// The outer shape of PBES2's parameters.
#[derive(Sequence)]
struct Schemes<'a> {
    kdf: AlgorithmIdentifierRef<'a>,
    cipher: AlgorithmIdentifierRef<'a>,
}

/// Refuses what would cost too much, whatever size of number it is written in.
fn judge_cost(parameters: AnyRef<'_>) -> Result<(), KeyError> {
    const MALFORMED: KeyError = KeyError::Malformed { what: "encrypted private key" };
    let Schemes { kdf, cipher: _ } = parameters.decode_as().map_err(|_| MALFORMED)?;
    let costs = match (kdf.oid, kdf.parameters) {
        (PBKDF2 | SCRYPT, None) => return Err(MALFORMED),
        (PBKDF2 | SCRYPT, Some(parameters)) => numbers(parameters).map_err(|_| MALFORMED)?,
        // Another derivation is reported as unknown.
        _ => return Ok(()),
    };
    match (kdf.oid, costs.as_slice()) {
        (PBKDF2, [iterations, ..]) if *iterations > u128::from(MAX_ITERATIONS) => {
            Err(KeyError::KdfTooCostly { cost: format!("{iterations} PBKDF2 iterations"), limit: "10000000" })
        }
        (PBKDF2, [iterations, ..]) if *iterations > 0 => Ok(()),
        (SCRYPT, [n, r, p, ..]) => {
            let memory = n.saturating_mul(*r).saturating_mul(128);
            if memory > u128::from(MAX_SCRYPT_MEMORY) || *p > u128::from(MAX_SCRYPT_PARALLEL) {
                let (cost, limit) =
                    (format!("scrypt with N={n}, r={r}, p={p}"), "256 MiB (128·N·r) and p=16");
                return Err(KeyError::KdfTooCostly { cost, limit });
            }
            // RFC 7914, section 2: N is a power of two above 1.
            let is_sound = *n > 1 && n.is_power_of_two() && *r > 0 && *p > 0;
            if is_sound { Ok(()) } else { Err(MALFORMED) }
        }
        _ => Err(MALFORMED),
    }
}

/// The numbers of a key derivation, in their order; those beyond 128 bits count as the largest.
fn numbers(parameters: AnyRef<'_>) -> der::Result<Vec<u128>> {
    parameters.sequence(|reader| {
        let mut numbers = Vec::new();
        while !reader.is_finished() {
            let value = AnyRef::decode(reader)?;
            if value.tag() == Tag::Integer {
                let number = value.decode_as::<UintRef<'_>>()?;
                let digits = number.as_bytes();
                let small = digits.iter().fold(0u128, |sum, digit| sum << 8 | u128::from(*digit));
                numbers.push(if digits.len() > 16 { u128::MAX } else { small });
            }
        }
        Ok(numbers)
    })
}

/// Names what protects a key whose cost is acceptable.
fn judge(parameters: &Parameters) -> Result<Protection, KeyError> {
    let (kdf, weak) = match &parameters.kdf {
        Kdf::Pbkdf2(kdf) => {
            let iterations = kdf.iteration_count;
            let prf = match kdf.prf {
                Pbkdf2Prf::HmacWithSha1 => "SHA1",
                Pbkdf2Prf::HmacWithSha224 => "SHA224",
                Pbkdf2Prf::HmacWithSha256 => "SHA256",
                Pbkdf2Prf::HmacWithSha384 => "SHA384",
                Pbkdf2Prf::HmacWithSha512 => "SHA512",
                _ => "another hash",
            };
            (format!("PBKDF2-HMAC-{prf} with {iterations} iterations"), iterations < WEAK_BELOW)
        }
        Kdf::Scrypt(kdf) => {
            let (n, r, p) = (kdf.cost_parameter, kdf.block_size, kdf.parallelization);
            let memory = 128u64.saturating_mul(n).saturating_mul(u64::from(r));
            (format!("scrypt with N={n}, r={r}, p={p}"), memory < 128 * 16_384 * 8)
        }
        _ => return Err(KeyError::UnknownEncryption { oid: parameters.kdf.oid().to_string() }),
    };
    let cipher = match parameters.encryption {
        Cipher::Aes128Cbc { .. } => "AES-128-CBC",
        Cipher::Aes192Cbc { .. } => "AES-192-CBC",
        Cipher::Aes256Cbc { .. } => "AES-256-CBC",
        Cipher::Aes128Gcm { .. } => "AES-128-GCM",
        Cipher::Aes256Gcm { .. } => "AES-256-GCM",
        Cipher::DesEde3Cbc { .. } => "3DES-CBC",
        _ => "another cipher",
    };
    Ok(Protection::Passphrase { kdf, cipher, weak })
}
