//! Files of certificates: one or several PEM blocks (RFC 7468) and nothing else.

use super::error::CertificateError;
use super::parsed::Parsed;
use crate::digest::Digest;
use crate::key;
use crate::time::Instant;

/// The certificates that the caller trusts to vouch for signers.
#[derive(Clone, Debug, Default)]
pub struct CertificateRoots(Vec<Parsed>);

impl CertificateRoots {
    /// Reads the certificates in a PEM file. All of them become roots.
    ///
    /// # Errors
    /// A [`CertificateError`] if anything in the file is not a certificate.
    pub fn from_pem(bytes: &[u8]) -> Result<Self, CertificateError> {
        let mut roots = Self::default();
        read(bytes)?.into_iter().for_each(|root| roots.add(root));
        Ok(roots)
    }

    /// Reads a PEM file in which roots stand together with what stands below them. Those that sign themselves become
    /// roots; the others are returned as DER, for [`CertificateRules::intermediates`](super::CertificateRules).
    ///
    /// # Errors
    /// A [`CertificateError`] if anything in the file is not a certificate.
    pub fn split_pem(bytes: &[u8]) -> Result<(Self, Vec<Vec<u8>>), CertificateError> {
        let mut roots = Self::default();
        let mut others = Vec::new();
        for certificate in read(bytes)? {
            // The name alone decides nothing: whoever writes a certificate chooses both names in it.
            if certificate.names_as_issuer(&certificate) && certificate.check_signature(&certificate).is_ok()
            {
                roots.add(certificate);
            } else {
                others.push(certificate.der().to_vec());
            }
        }
        Ok((roots, others))
    }

    /// Adds the roots of another file. The same certificate given twice counts once.
    pub fn extend(&mut self, others: Self) {
        others.0.into_iter().for_each(|root| self.add(root));
    }

    /// Whether no root was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many roots there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The SHA-256 digests of the roots.
    pub fn fingerprints(&self) -> impl Iterator<Item = Digest> {
        self.0.iter().map(Parsed::fingerprint)
    }

    /// What the roots say about themselves, for showing it.
    pub fn facts(&self) -> impl Iterator<Item = RootFacts> {
        self.0.iter().map(|root| RootFacts {
            subject: root.subject(),
            not_before: root.not_before(),
            not_after: root.not_after(),
            fingerprint: root.fingerprint(),
        })
    }

    pub(super) fn certificates(&self) -> &[Parsed] {
        &self.0
    }

    fn add(&mut self, root: Parsed) {
        if !self.0.iter().any(|known| known.der() == root.der()) {
            self.0.push(root);
        }
    }
}

/// A root certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootFacts {
    /// The subject's name (RFC 4514).
    pub subject: String,
    /// First moment of validity.
    pub not_before: Instant,
    /// Last second of validity.
    pub not_after: Instant,
    /// The SHA-256 digest of the certificate.
    pub fingerprint: Digest,
}

/// Writes certificates (DER) as PEM, one block after the other, as [`certificates_from_pem`] reads them.
pub fn certificates_to_pem(certificates: &[Vec<u8>]) -> String {
    certificates.iter().map(|der| key::certificate_block(der)).collect()
}

/// Reads the certificates in a PEM file, in its order, as DER. Nothing is said about trust.
///
/// # Errors
/// A [`CertificateError`] if anything in the file is not a certificate.
pub fn certificates_from_pem(bytes: &[u8]) -> Result<Vec<Vec<u8>>, CertificateError> {
    Ok(read(bytes)?.into_iter().map(|certificate| certificate.der().to_vec()).collect())
}

fn read(bytes: &[u8]) -> Result<Vec<Parsed>, CertificateError> {
    let blocks = key::certificate_blocks(bytes)?;
    if blocks.len() > MAX_IN_FILE {
        return Err(CertificateError::TooMany { found: blocks.len(), most: MAX_IN_FILE });
    }
    let parse = |(position, der): (usize, &Vec<u8>)| {
        Parsed::from_der(der).map_err(|what| CertificateError::Malformed { position, what })
    };
    (1..).zip(&blocks).map(parse).collect()
}

/// The largest bundles of public roots hold some 150 certificates.
const MAX_IN_FILE: usize = 1000;
