//! Who signs: key pairs, their files, and the signatures they make and check.
//!
//! Algorithms: RSA-PSS (RFC 8017), ECDSA (FIPS 186-5), Ed25519 (RFC 8032). Files: PEM (RFC 7468) around
//! PKCS#8 (RFC 5958), PKCS#1, SEC 1 and SPKI (RFC 5280); passphrases by PBES2 (RFC 8018).

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod algorithm;
mod certificate;
mod error;
mod file;
mod mistakes;
mod passphrase;
mod pem;
mod private;
mod protection;
mod public;
mod small_order;
mod weak;

pub use algorithm::{Algorithm, KeySpec, UnknownKeySpec};
pub use certificate::CertificateSummary;
pub use error::{KeyError, KeyFileError, Legacy, Weakness};
pub use file::{
    KeyDocument, KeyPairFiles, MAX_KEY_FILE, PrivateKeyFile, load_public, public_path_for, read_document,
};
pub use mistakes::Mistake;
pub use passphrase::Passphrase;
pub(crate) use pem::{certificate as certificate_block, certificates as certificate_blocks};
pub use private::{PrivateKey, PssSalt};
pub use protection::{EncryptedKey, ITERATIONS, Protection};
pub use public::{BadSignature, KeyId, PublicKey};
