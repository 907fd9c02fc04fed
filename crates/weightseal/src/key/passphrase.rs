//! A passphrase: wiped from memory when dropped, never printed.

use std::fmt;

use zeroize::Zeroizing;

use super::KeyError;

/// The bytes that unlock an encrypted private key. Never empty.
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// Takes the bytes as they are.
    ///
    /// # Errors
    /// [`KeyError::EmptyPassphrase`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(bytes);
        if bytes.is_empty() { Err(KeyError::EmptyPassphrase) } else { Ok(Self(bytes)) }
    }

    /// Takes the contents of a passphrase file: one line end at the end does not belong to the passphrase.
    ///
    /// # Errors
    /// [`KeyError::EmptyPassphrase`].
    pub fn from_file_contents(mut bytes: Vec<u8>) -> Result<Self, KeyError> {
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        }
        Self::new(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for Passphrase {
    /// Compares two passphrases typed by the same person; not meant for secrets of different owners.
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_not_part_of_it() {
        let of = |text: &str| Passphrase::from_file_contents(text.as_bytes().to_vec());
        assert_eq!(of("secret\n"), of("secret"));
        assert_eq!(of("secret\r\n"), of("secret"));
        assert_ne!(of("secret\n\n"), of("secret"));
        assert_eq!(of("\n"), Err(KeyError::EmptyPassphrase));
        assert!(!format!("{:?}", of("secret")).contains("secret"));
    }
}
