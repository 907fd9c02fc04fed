//! What went wrong with an RSA signature that does not fit: the mistakes that people make when they write
//! signing code by hand. Used **only to word a hint**; whatever is found here stays rejected.

use std::fmt;

use aws_lc_rs::digest::{Digest as LibraryDigest, SHA256};
use aws_lc_rs::signature::{
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPssSaltLength, UnparsedPublicKey,
};

use super::{Algorithm, PublicKey};
use crate::digest::Digest;

/// A likely way in which a signature was made wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistake {
    scheme: &'static str,
    message: &'static str,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} over {}", self.scheme, self.message)
    }
}

const OVER_HEX: &str = "the hex digest";

/// Each scheme with the words for it. The two right ones stand first, for the wrong messages below.
static SCHEMES: [(&str, RsaParameters); 12] = [
    ("RSA-PSS with SHA-256", RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Max)),
    ("RSA-PSS with SHA-256", RSA_PSS_2048_8192_SHA256),
    (
        "RSA-PSS with a salt of 20 bytes",
        RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Custom(20)),
    ),
    ("RSA-PSS without a salt", RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Custom(0))),
    ("RSA-PSS with SHA-512", RSA_PSS_2048_8192_SHA512.with_pss_salt_length(RsaPssSaltLength::Max)),
    ("RSA-PSS with SHA-512", RSA_PSS_2048_8192_SHA512),
    ("RSA-PSS with SHA-384", RSA_PSS_2048_8192_SHA384.with_pss_salt_length(RsaPssSaltLength::Max)),
    ("RSA-PSS with SHA-384", RSA_PSS_2048_8192_SHA384),
    ("PKCS#1 v1.5 padding with SHA-256", RSA_PKCS1_2048_8192_SHA256),
    ("PKCS#1 v1.5 padding with SHA-512", RSA_PKCS1_2048_8192_SHA512),
    ("PKCS#1 v1.5 padding with SHA-384", RSA_PKCS1_2048_8192_SHA384),
    ("PKCS#1 v1.5 padding with SHA-1", RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
];

impl PublicKey {
    /// Looks for the way in which this signature of `digest` was made, when it is not the right way.
    pub fn find_mistake(&self, digest: &Digest, signature: &[u8]) -> Option<Mistake> {
        if self.algorithm() != Algorithm::Rsa {
            return None;
        }
        let hex = digest.to_string();
        let upper = hex.to_uppercase();
        let with_line_end = format!("{hex}\n");
        let messages: [(&'static str, &[u8]); 4] = [
            (OVER_HEX, hex.as_bytes()),
            ("the 32 raw bytes of the digest instead of its 64 hex digits", digest.as_bytes()),
            ("the hex digest in upper case", upper.as_bytes()),
            ("the hex digest with a line end", with_line_end.as_bytes()),
        ];
        for (at, (scheme, parameters)) in SCHEMES.iter().enumerate() {
            let key = UnparsedPublicKey::new(parameters, self.raw());
            for (message, bytes) in messages {
                let right = at < 2 && message == OVER_HEX;
                if !right && key.verify(bytes, signature).is_ok() {
                    return Some(Mistake { scheme, message });
                }
            }
            let uses_sha256 = matches!(at, 0..=3 | 8);
            let over_file = uses_sha256
                && LibraryDigest::import_less_safe(digest.as_bytes(), &SHA256)
                    .is_ok_and(|imported| key.verify_digest(&imported, signature).is_ok());
            if over_file {
                return Some(Mistake { scheme, message: "the file itself instead of its hex digest" });
            }
        }
        None
    }
}
