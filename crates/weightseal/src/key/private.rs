//! Private keys: read, generated, and used to sign. Never printed; wiped when dropped.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PSS_SHA256, RsaKeyPair,
    RsaPssSaltLength, RsaSignatureEncoding,
};
use der::asn1::UintRef;
use der::oid::ObjectIdentifier;
use der::{AnyRef, Decode as _, Encode as _};
use pkcs8::PrivateKeyInfoRef;
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use super::public::{EC_OID, ED25519_OID, RSA_OID, curve, curve_of, name_of};
use super::{Algorithm, EncryptedKey, KeyError, KeySpec, Passphrase, PublicKey, pem, weak};
use crate::digest::Digest;

static PSS_DIGEST_SALT: RsaSignatureEncoding = RSA_PSS_SHA256;
static PSS_MAX_SALT: RsaSignatureEncoding = RSA_PSS_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);

/// How long the random salt of a manifest's own RSA-PSS signature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PssSalt {
    /// As long as fits: what the published format has (478 bytes for 4096 bits).
    #[default]
    Max,
    /// As long as the digest, 32 bytes: what key management services and hardware modules make.
    Digest,
}

/// A private key, unlocked and checked, with its public half.
pub struct PrivateKey {
    signer: Signer,
    public: PublicKey,
    /// PrivateKeyInfo, kept to be written again.
    pkcs8: Zeroizing<Vec<u8>>,
}

enum Signer {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl PrivateKey {
    /// Generates a key pair from the system's random numbers. RSA-4096 takes about a second.
    ///
    /// # Errors
    /// [`KeyError::Failed`] when the cryptographic library does.
    pub fn generate(spec: KeySpec) -> Result<Self, KeyError> {
        const WHAT: KeyError = KeyError::Failed("generate a key");
        let rsa = |size| {
            let pair = RsaKeyPair::generate(size).map_err(|_| WHAT)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| WHAT)?;
            Ok(Zeroizing::new(der.as_ref().to_vec()))
        };
        let ecdsa = |algorithm| {
            let pair = EcdsaKeyPair::generate(algorithm).map_err(|_| WHAT)?;
            let der = pair.to_pkcs8v1().map_err(|_| WHAT)?;
            Ok(Zeroizing::new(der.as_ref().to_vec()))
        };
        let pkcs8 = match spec {
            KeySpec::Rsa2048 => rsa(KeySize::Rsa2048)?,
            KeySpec::Rsa3072 => rsa(KeySize::Rsa3072)?,
            KeySpec::Rsa4096 => rsa(KeySize::Rsa4096)?,
            KeySpec::EcdsaP256 => ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING)?,
            KeySpec::EcdsaP384 => ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING)?,
            KeySpec::EcdsaP521 => ecdsa(&ECDSA_P521_SHA512_ASN1_SIGNING)?,
            KeySpec::Ed25519 => {
                let pair = Ed25519KeyPair::generate().map_err(|_| WHAT)?;
                let der = pair.to_pkcs8v1().map_err(|_| WHAT)?;
                Zeroizing::new(der.as_ref().to_vec())
            }
        };
        Self::from_pkcs8_der(&pkcs8)
    }

    /// Reads an unencrypted PrivateKeyInfo (RFC 5958) and checks that its halves belong together.
    ///
    /// # Errors
    /// A [`KeyError`].
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        const MALFORMED: KeyError = KeyError::Malformed { what: "private key" };
        let info = PrivateKeyInfoRef::from_der(der).map_err(|_| MALFORMED)?;
        let (signer, public) = match info.algorithm.oid {
            RSA_OID => {
                // Weak keys by their own name: the library refuses them as any other damage.
                let inner = pkcs1::RsaPrivateKey::<UintRef<'_>>::from_der(info.private_key.as_bytes())
                    .map_err(|_| MALFORMED)?;
                weak::judge_rsa(inner.modulus.as_bytes(), inner.public_exponent.as_bytes())
                    .map_err(KeyError::Weak)?;
                let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| MALFORMED)?;
                let public = PublicKey::from_pkcs1_der(pair.public_key().as_ref())?;
                (Signer::Rsa(Box::new(pair)), public)
            }
            EC_OID => {
                let algorithm = curve(&info.algorithm)?;
                let inner =
                    sec1::EcPrivateKey::from_der(info.private_key.as_bytes()).map_err(|_| MALFORMED)?;
                // RFC 5915, section 3. A shorter number is another key, if the rest of the file was lost.
                if inner.private_key.len() != scalar_length(algorithm) {
                    return Err(MALFORMED);
                }
                let pair = EcdsaKeyPair::from_pkcs8(ecdsa_signing(algorithm), der).map_err(|_| MALFORMED)?;
                let public = PublicKey::from_point(algorithm, pair.public_key().as_ref())?;
                (Signer::Ecdsa(pair), public)
            }
            ED25519_OID => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| MALFORMED)?;
                let public = PublicKey::from_ed25519(pair.public_key().as_ref())?;
                (Signer::Ed25519(pair), public)
            }
            oid => return Err(KeyError::UnsupportedAlgorithm { kind: name_of(oid) }),
        };
        Ok(Self { signer, public, pkcs8: Zeroizing::new(der.to_vec()) })
    }

    /// Reads an RSAPrivateKey (PKCS#1, RFC 8017) by wrapping it into PKCS#8.
    pub(super) fn from_pkcs1_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_wrapped(AlgorithmIdentifierRef { oid: RSA_OID, parameters: Some(AnyRef::NULL) }, der)
    }

    /// Reads an ECPrivateKey (SEC 1, RFC 5915) by wrapping it into PKCS#8.
    pub(super) fn from_sec1_der(der: &[u8]) -> Result<Self, KeyError> {
        let key =
            sec1::EcPrivateKey::from_der(der).map_err(|_| KeyError::Malformed { what: "EC private key" })?;
        let curve: ObjectIdentifier =
            key.parameters.and_then(|parameters| parameters.named_curve()).ok_or_else(|| {
                KeyError::UnsupportedAlgorithm { kind: "an elliptic curve without a name".to_owned() }
            })?;
        curve_of(curve)?;
        Self::from_wrapped(
            AlgorithmIdentifierRef { oid: EC_OID, parameters: Some(AnyRef::from(&curve)) },
            der,
        )
    }

    fn from_wrapped(algorithm: AlgorithmIdentifierRef<'_>, der: &[u8]) -> Result<Self, KeyError> {
        const MALFORMED: KeyError = KeyError::Malformed { what: "private key" };
        let octets = der::asn1::OctetStringRef::new(der).map_err(|_| MALFORMED)?;
        let info = PrivateKeyInfoRef::new(algorithm, octets);
        let wrapped = Zeroizing::new(info.to_der().map_err(|_| MALFORMED)?);
        Self::from_pkcs8_der(&wrapped)
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `message` (a DSSE PAE) as [`PublicKey::verify`] expects.
    ///
    /// # Errors
    /// [`KeyError::Failed`] when the cryptographic library does.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.signer {
            Signer::Rsa(pair) => sign_rsa(pair, &PSS_DIGEST_SALT, message),
            Signer::Ecdsa(pair) => Ok(pair
                .sign(&SystemRandom::new(), message)
                .map_err(|_| KeyError::Failed("sign"))?
                .as_ref()
                .to_vec()),
            Signer::Ed25519(pair) => {
                Ok(pair.try_sign(message).map_err(|_| KeyError::Failed("sign"))?.as_ref().to_vec())
            }
        }
    }

    /// Signs the 64 hex digits of a digest as [`PublicKey::verify_hex_digest`] expects.
    ///
    /// # Errors
    /// [`KeyError::NotRsa`] for other keys.
    pub fn sign_hex_digest(&self, digest: &Digest, salt: PssSalt) -> Result<Vec<u8>, KeyError> {
        let Signer::Rsa(pair) = &self.signer else { return Err(KeyError::NotRsa) };
        let encoding = match salt {
            PssSalt::Max => &PSS_MAX_SALT,
            PssSalt::Digest => &PSS_DIGEST_SALT,
        };
        sign_rsa(pair, encoding, digest.to_string().as_bytes())
    }

    /// PKCS#8 in PEM, unencrypted.
    pub fn to_plain_pem(&self) -> Zeroizing<String> {
        pem::encode("PRIVATE KEY", &self.pkcs8)
    }

    /// PKCS#8 in PEM, encrypted with PBKDF2-HMAC-SHA256 (600 000 iterations) and AES-256-CBC.
    ///
    /// # Errors
    /// [`KeyError::Failed`] when the system has no random numbers.
    pub fn to_encrypted_pem(&self, passphrase: &Passphrase) -> Result<Zeroizing<String>, KeyError> {
        EncryptedKey::encrypt(&self.pkcs8, passphrase)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("public", &self.public).finish_non_exhaustive()
    }
}

fn sign_rsa(
    pair: &RsaKeyPair,
    encoding: &'static RsaSignatureEncoding,
    message: &[u8],
) -> Result<Vec<u8>, KeyError> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message, &mut signature)
        .map_err(|_| KeyError::Failed("sign"))?;
    Ok(signature)
}

/// The length of the curve's order in bytes.
fn scalar_length(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::EcdsaP256 => 32,
        Algorithm::EcdsaP384 => 48,
        _ => 66,
    }
}

fn ecdsa_signing(algorithm: Algorithm) -> &'static EcdsaSigningAlgorithm {
    match algorithm {
        Algorithm::EcdsaP256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
        Algorithm::EcdsaP384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        _ => &ECDSA_P521_SHA512_ASN1_SIGNING,
    }
}
