//! The algorithms, by their names in manifests and on the command line.

use std::fmt;
use std::str::FromStr;

/// What a key can do, without its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSA-PSS with SHA-256 and MGF1-SHA256 (RFC 8017), 2048 to 8192 bits.
    Rsa,
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384,
    /// ECDSA on P-521 with SHA-512.
    EcdsaP521,
    /// Ed25519 (RFC 8032), without pre-hashing.
    Ed25519,
}

impl Algorithm {
    /// The name in a manifest's `algorithm` field.
    pub fn manifest_name(self) -> &'static str {
        match self {
            Self::Rsa => "RSA-PSS-SHA256",
            Self::EcdsaP256 => "ECDSA-P256-SHA256",
            Self::EcdsaP384 => "ECDSA-P384-SHA384",
            Self::EcdsaP521 => "ECDSA-P521-SHA512",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// The name of the kind of key, as people say it.
    pub fn key_name(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::EcdsaP256 => "ECDSA P-256",
            Self::EcdsaP384 => "ECDSA P-384",
            Self::EcdsaP521 => "ECDSA P-521",
            Self::Ed25519 => "Ed25519",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.manifest_name())
    }
}

/// A kind and size of key to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum KeySpec {
    /// RSA with a modulus of 2048 bits.
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    #[default]
    Rsa4096,
    /// ECDSA on P-256.
    EcdsaP256,
    /// ECDSA on P-384.
    EcdsaP384,
    /// ECDSA on P-521.
    EcdsaP521,
    /// Ed25519.
    Ed25519,
}

impl KeySpec {
    /// All kinds, the default first.
    pub const ALL: [Self; 7] = [
        Self::Rsa4096,
        Self::Rsa3072,
        Self::Rsa2048,
        Self::EcdsaP256,
        Self::EcdsaP384,
        Self::EcdsaP521,
        Self::Ed25519,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa3072 => "rsa-3072",
            Self::Rsa4096 => "rsa-4096",
            Self::EcdsaP256 => "ecdsa-p256",
            Self::EcdsaP384 => "ecdsa-p384",
            Self::EcdsaP521 => "ecdsa-p521",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// The text names no kind of key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a kind of key; one of rsa-4096, rsa-3072, rsa-2048, ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519"
)]
pub struct UnknownKeySpec;

impl FromStr for KeySpec {
    type Err = UnknownKeySpec;

    fn from_str(text: &str) -> Result<Self, UnknownKeySpec> {
        Self::ALL.into_iter().find(|spec| spec.name() == text).ok_or(UnknownKeySpec)
    }
}
