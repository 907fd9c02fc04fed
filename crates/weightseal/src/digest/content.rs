//! Digests of file content by any algorithm of the OpenSSF Model Signing registry: SHA-256 (FIPS 180-4), BLAKE2b with
//! 512 bits (RFC 7693) and BLAKE3 with 256 bits.

use std::fmt;
use std::str::FromStr;

use blake2::Digest as _;

use super::{Digest, Hasher};

/// How content is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum HashAlgorithm {
    /// SHA-256: 32 bytes.
    #[default]
    Sha256,
    /// BLAKE2b: 64 bytes.
    Blake2b,
    /// BLAKE3: 32 bytes.
    Blake3,
}

impl HashAlgorithm {
    /// All of them, the default first.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Blake2b, Self::Blake3];

    /// Its identifier in the registry, which is also its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Blake2b => "blake2b",
            Self::Blake3 => "blake3",
        }
    }

    /// The size of a digest in bytes.
    pub fn size(self) -> usize {
        match self {
            Self::Sha256 | Self::Blake3 => 32,
            Self::Blake2b => LONGEST,
        }
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no algorithm of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a hash algorithm; one of sha256, blake2b, blake3")]
pub struct UnknownHashAlgorithm;

impl FromStr for HashAlgorithm {
    type Err = UnknownHashAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownHashAlgorithm> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == text).ok_or(UnknownHashAlgorithm)
    }
}

/// The size of the longest digest in bytes.
const LONGEST: usize = 64;

/// A digest with the algorithm that made it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentDigest {
    algorithm: HashAlgorithm,
    /// As many as the algorithm has, then zeros.
    bytes: [u8; LONGEST],
}

impl ContentDigest {
    fn new(algorithm: HashAlgorithm, digest: &[u8]) -> Self {
        let mut bytes = [0; LONGEST];
        for (byte, of_digest) in bytes.iter_mut().zip(digest) {
            *byte = *of_digest;
        }
        Self { algorithm, bytes }
    }

    /// The digest with these bytes, if the algorithm has digests of that size.
    pub fn from_bytes(algorithm: HashAlgorithm, bytes: &[u8]) -> Option<Self> {
        (bytes.len() == algorithm.size()).then(|| Self::new(algorithm, bytes))
    }

    /// Reads lower-case hex digits, exactly as many as the algorithm has.
    ///
    /// # Errors
    /// [`NotAContentDigest`].
    pub fn parse(algorithm: HashAlgorithm, text: &str) -> Result<Self, NotAContentDigest> {
        // One digest has one spelling, as for SHA-256.
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(NotAContentDigest(algorithm));
        }
        let mut bytes = [0; LONGEST];
        hex::decode_to_slice(text, bytes.get_mut(..algorithm.size()).unwrap_or_default())
            .map_err(|_| NotAContentDigest(algorithm))?;
        Ok(Self { algorithm, bytes })
    }

    /// What made it.
    pub fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.algorithm.size()).unwrap_or(&self.bytes)
    }

    /// The same as a SHA-256 digest, if it is one.
    pub fn to_sha256(&self) -> Option<Digest> {
        let bytes = self.as_bytes().try_into().ok()?;
        (self.algorithm == HashAlgorithm::Sha256).then_some(Digest(bytes))
    }
}

impl From<Digest> for ContentDigest {
    fn from(digest: Digest) -> Self {
        Self::new(HashAlgorithm::Sha256, digest.as_bytes())
    }
}

impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.as_bytes()))
    }
}

impl fmt::Debug for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{self}", self.algorithm)
    }
}

/// The text is no digest of this algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a {} digest of {} lower-case hex digits", .0, .0.size() * 2)]
pub struct NotAContentDigest(pub HashAlgorithm);

/// Computes a digest piece by piece.
#[derive(Clone)]
pub struct ContentHasher(Inner);

#[derive(Clone)]
enum Inner {
    Sha256(Hasher),
    Blake2b(Box<blake2::Blake2b512>),
    Blake3(Box<blake3::Hasher>),
}

impl ContentHasher {
    /// Starts with no bytes.
    pub fn new(algorithm: HashAlgorithm) -> Self {
        Self(match algorithm {
            HashAlgorithm::Sha256 => Inner::Sha256(Hasher::new()),
            HashAlgorithm::Blake2b => Inner::Blake2b(Box::new(blake2::Blake2b512::new())),
            HashAlgorithm::Blake3 => Inner::Blake3(Box::new(blake3::Hasher::new())),
        })
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Inner::Sha256(hasher) => hasher.update(bytes),
            Inner::Blake2b(hasher) => hasher.update(bytes),
            Inner::Blake3(hasher) => {
                hasher.update(bytes);
            }
        }
    }

    /// The digest of everything added.
    pub fn finish(self) -> ContentDigest {
        match self.0 {
            Inner::Sha256(hasher) => hasher.finish().into(),
            Inner::Blake2b(hasher) => ContentDigest::new(HashAlgorithm::Blake2b, &hasher.finalize()),
            Inner::Blake3(hasher) => ContentDigest::new(HashAlgorithm::Blake3, hasher.finalize().as_bytes()),
        }
    }
}

impl fmt::Debug for ContentHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentHasher")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        // FIPS 180-4 example; RFC 7693, appendix A; the BLAKE3 team's own b3sum of `abc`.
        for (algorithm, expected) in [
            (HashAlgorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                HashAlgorithm::Blake2b,
                "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
            ),
            (HashAlgorithm::Blake3, "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"),
        ] {
            let mut hasher = ContentHasher::new(algorithm);
            hasher.update(b"a");
            hasher.update(b"bc");
            let digest = hasher.finish();
            assert_eq!(digest.to_string(), expected);
            assert_eq!(ContentDigest::parse(algorithm, expected), Ok(digest));
            assert_eq!(expected.len(), 2 * algorithm.size());
            for bad in [expected.to_uppercase().as_str(), &expected[2..], &format!("{expected}00"), ""] {
                assert_eq!(ContentDigest::parse(algorithm, bad), Err(NotAContentDigest(algorithm)));
            }
            assert_eq!(algorithm.name().parse(), Ok(algorithm));
        }
        assert_eq!(ContentDigest::from(Digest::of(b"abc")).to_sha256(), Some(Digest::of(b"abc")));
        assert_eq!(ContentHasher::new(HashAlgorithm::Blake3).finish().to_sha256(), None);
    }
}
