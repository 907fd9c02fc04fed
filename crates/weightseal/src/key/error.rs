//! What can be wrong with a key or its file, told apart.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::file::FileError;
use crate::text::EscapedPath;

/// Why bytes are not a key that we use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No PEM block at all.
    #[error("no PEM text (`-----BEGIN …-----`) in it")]
    NotPem,
    /// A PEM block that does not decode to what its label says.
    #[error("the {what} in it is damaged")]
    Malformed {
        /// Which structure.
        what: &'static str,
    },
    /// A PEM label that is no key.
    #[error("a PEM block `{}`, which is not a key", crate::text::Escaped(.label))]
    UnknownLabel {
        /// The label behind `BEGIN`.
        label: String,
    },
    /// More than one key or certificate.
    #[error("{count} keys or certificates in one file, where exactly one key is needed")]
    Several {
        /// How many.
        count: usize,
    },
    /// A certificate where a key is needed.
    #[error("a certificate, not a key")]
    Certificate,
    /// A certificate where the private key is needed.
    #[error("a certificate, where the private key is needed")]
    CertificateForSigning,
    /// A public key where a private one is needed.
    #[error("a public key, where the private key is needed")]
    PublicGiven,
    /// A private key where a public one is needed.
    #[error("a private key, where the public key is needed")]
    PrivateGiven,
    /// A way of encrypting keys that is too weak to be read.
    #[error("a key encrypted in an outdated way ({0})")]
    LegacyEncryption(Legacy),
    /// A way of encrypting keys that is not known.
    #[error("a key encrypted in an unknown way (algorithm {oid})")]
    UnknownEncryption {
        /// Its object identifier.
        oid: String,
    },
    /// Unlocking the key would cost more than any honest key does.
    #[error("a key whose passphrase would cost too much to try: {cost}, at most {limit}")]
    KdfTooCostly {
        /// What the file asks for.
        cost: String,
        /// What is allowed.
        limit: &'static str,
    },
    /// An algorithm or a curve that is not supported.
    #[error("a key of an unsupported kind ({kind})")]
    UnsupportedAlgorithm {
        /// Name or object identifier.
        kind: String,
    },
    /// A key with a known weakness.
    #[error("a weak key: {0}")]
    Weak(Weakness),
    /// The passphrase does not open the key, or the key is damaged: these cannot be told apart.
    #[error("wrong passphrase or damaged key")]
    WrongPassphrase,
    /// The key is encrypted and no passphrase is there.
    #[error("the key is encrypted and no passphrase was given")]
    PassphraseNeeded,
    /// An empty passphrase protects nothing.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// The operation that only RSA keys have was asked of another one.
    #[error("an RSA key is needed for a manifest without envelope")]
    NotRsa,
    /// The cryptographic library failed.
    #[error("the cryptographic library failed to {0}")]
    Failed(&'static str),
}

/// Outdated ways of encrypting private keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Legacy {
    /// PBES1 or the PKCS#12 schemes: MD5, SHA-1, DES, RC2.
    Pbes1,
    /// `Proc-Type: 4,ENCRYPTED` headers: one round of MD5.
    ProcType,
}

impl fmt::Display for Legacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pbes1 => "PBES1 or PKCS#12",
            Self::ProcType => "Proc-Type: 4,ENCRYPTED",
        })
    }
}

/// Known weaknesses of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// An RSA modulus outside 2048 to 8192 bits.
    ModulusSize(usize),
    /// An RSA modulus that is even or has a tiny prime factor.
    SmallFactor(u32),
    /// An RSA exponent that is even, below 3, or longer than 33 bits.
    Exponent,
    /// The two primes are so close that the modulus factors at once (Fermat).
    ClosePrimes,
    /// The modulus has the fingerprint of the broken generator of CVE-2017-15361 (ROCA).
    Roca,
    /// An Ed25519 point of small order or in a non-canonical encoding: some signatures fit any message.
    SmallOrder,
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ModulusSize(bits) => write!(f, "an RSA modulus of {bits} bits, outside 2048 to 8192"),
            Self::SmallFactor(prime) => write!(f, "its RSA modulus is divisible by {prime}"),
            Self::Exponent => f.write_str("its RSA exponent is even, below 3, or longer than 33 bits"),
            Self::ClosePrimes => f.write_str("its two primes are so close that anybody can compute them"),
            Self::Roca => {
                f.write_str("its modulus was made by the broken generator of CVE-2017-15361 (ROCA)")
            }
            Self::SmallOrder => f.write_str("an Ed25519 point of small order or in a non-canonical form"),
        }
    }
}

impl KeyError {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotPem | Self::Malformed { .. } | Self::UnknownLabel { .. } => "malformed-key",
            Self::Several { .. } => "several-keys",
            Self::Certificate | Self::CertificateForSigning => "certificate-given",
            Self::PublicGiven => "private-key-expected",
            Self::PrivateGiven => "public-key-expected",
            Self::LegacyEncryption(_) => "legacy-encryption",
            Self::UnknownEncryption { .. } => "unknown-encryption",
            Self::KdfTooCostly { .. } => "kdf-too-costly",
            Self::UnsupportedAlgorithm { .. } => "unsupported-key",
            Self::Weak(_) => "weak-key",
            Self::WrongPassphrase => "wrong-passphrase",
            Self::PassphraseNeeded => "passphrase-needed",
            Self::EmptyPassphrase => "empty-passphrase",
            Self::NotRsa => "rsa-key-needed",
            Self::Failed(_) => "crypto-failure",
        }
    }

    /// One line of advice, where there is any; `path` is how the key file was named.
    pub fn hint(&self, path: &Path) -> Option<String> {
        let path = EscapedPath(path);
        Some(match self {
            Self::NotPem => {
                format!(
                    "if it is DER, convert it: openssl pkey -inform DER -in {path} -out key.pem (public: add -pubin)"
                )
            }
            Self::Several { .. } => {
                "put each key in a file of its own; --key can be given several times to verify".to_owned()
            }
            Self::Certificate => {
                format!(
                    "if this very key is the one you mean, take it out: openssl x509 -in {path} -pubkey -noout -out key.pub"
                )
            }
            Self::CertificateForSigning => {
                "sign with the private key that belongs to it; a certificate holds only the public one"
                    .to_owned()
            }
            Self::PublicGiven => "sign with the private key (keygen writes it as `NAME.pem`)".to_owned(),
            Self::PrivateGiven => "verify with the public key (keygen writes it as `NAME.pub`); \
                                   private keys belong on the signing machine only"
                .to_owned(),
            Self::LegacyEncryption(Legacy::ProcType) => format!(
                "convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -in {path} -out new.pem"
            ),
            Self::LegacyEncryption(Legacy::Pbes1) => format!(
                "convert it: openssl pkcs8 -provider legacy -provider default -in {path} | \
                 openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -out new.pem"
            ),
            Self::KdfTooCostly { .. } => {
                "no honest tool writes such a key; ask whoever gave you this file".to_owned()
            }
            Self::Weak(_) => {
                "a new key is needed (`weightseal keygen`); when verifying, ask the signer for it".to_owned()
            }
            Self::PassphraseNeeded => {
                "give it with --passphrase-file FILE, --passphrase-fd N or the environment \
                                       variable WEIGHTSEAL_PASSPHRASE, or run in a terminal to be asked"
                    .to_owned()
            }
            Self::UnsupportedAlgorithm { .. } => {
                "supported: RSA (rsaEncryption), ECDSA on P-256, P-384 and P-521, Ed25519".to_owned()
            }
            Self::WrongPassphrase => {
                "check the passphrase and where it comes from; if it is the right one, take the \
                                      key file from a backup"
                    .to_owned()
            }
            Self::Malformed { .. } | Self::UnknownLabel { .. } => {
                "copy the key again from where it came, from the `-----BEGIN` line to the `-----END` line"
                    .to_owned()
            }
            Self::UnknownEncryption { .. } => format!(
                "convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -in {path} -out new.pem"
            ),
            _ => return None,
        })
    }
}

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is read, but is not the key that is needed.
    #[error("key file `{}`: {error}", EscapedPath(.path))]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: KeyError,
    },
    /// Everybody on this machine can read or change the private key.
    #[error("private key `{}` is open to every user of this machine (mode {mode:04o})", EscapedPath(.path))]
    OpenToEverybody {
        /// The file.
        path: PathBuf,
        /// Its mode bits.
        mode: u32,
    },
}

impl KeyFileError {
    /// The stable code (docs/spec/result.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Key { error, .. } => error.code(),
            Self::OpenToEverybody { .. } => "key-permissions",
        }
    }

    /// One line of advice, where there is any.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(FileError::PermissionDenied { path, action: "read" }) => Some(format!(
                "run as the user who owns `{0}`, or see who may read it: ls -l {0}",
                EscapedPath(path)
            )),
            Self::File(error) => error.hint(),
            Self::Key { path, error } => error.hint(path),
            Self::OpenToEverybody { path, .. } => Some(format!(
                "chmod 600 {}   (Kubernetes: set `defaultMode: 0400` on the mounted secret)",
                EscapedPath(path)
            )),
        }
    }
}
