//! Anything in PEM is a key document or an error that can be shown; a private key that is read is written as it was
//! meant, and signs. Encrypted ones are opened if that is cheap: the library's own bound is seconds of work.
//!
//! The input is PEM text, or a letter and DER: `K` for PKCS#8, `E` for encrypted PKCS#8, `R` for PKCS#1, `S` for SEC 1.

use weightseal::envelope::encode_base64;
use weightseal::key::{Algorithm, EncryptedKey, KeyDocument, Passphrase, PrivateKey, Protection};

/// The most that is spent on a passphrase: PBKDF2 iterations, or N·r·p of scrypt.
const CHEAP: u64 = 5_000;

/// See above.
pub fn run(bytes: &[u8]) {
    let label = match bytes.first() {
        Some(b'K') => Some("PRIVATE KEY"),
        Some(b'E') => Some("ENCRYPTED PRIVATE KEY"),
        Some(b'R') => Some("RSA PRIVATE KEY"),
        Some(b'S') => Some("EC PRIVATE KEY"),
        _ => None,
    };
    let pem = label.map_or_else(|| bytes.to_vec(), |label| to_pem(label, &bytes[1..]));
    match KeyDocument::from_pem(&pem) {
        Ok(KeyDocument::Private(key)) => is_usable(&key),
        Ok(KeyDocument::Encrypted(key)) => open(&key),
        Ok(KeyDocument::Public(key)) => assert_eq!(key.id().to_string().len(), 64),
        Ok(KeyDocument::Certificate(summary)) => assert!(!format!("{summary:?}").is_empty()),
        Err(error) => {
            super::is_fit_to_show(&error);
            error.hint("key.pem".as_ref()).iter().for_each(super::is_fit_to_show);
            assert!(!error.code().is_empty());
        }
    }
}

fn is_usable(key: &PrivateKey) {
    let written = key.to_plain_pem();
    match KeyDocument::from_pem(written.as_bytes()) {
        Ok(KeyDocument::Private(again)) => assert_eq!(again.public(), key.public()),
        other => panic!("it does not read what it writes: {other:?}"),
    }
    assert!(!format!("{key:?}").contains(written.lines().nth(1).expect("a line of base64")));
    // RSA takes milliseconds: its key was checked when it was read.
    if key.public().algorithm() != Algorithm::Rsa {
        let signature = key.sign(b"a message").expect("a key that was read signs");
        assert!(key.public().verify(b"a message", &signature).is_ok());
        assert!(key.public().verify(b"another message", &signature).is_err());
    }
}

fn open(key: &EncryptedKey) {
    super::is_fit_to_show(key.protection());
    let Protection::Passphrase { kdf, .. } = key.protection() else {
        panic!("encrypted without a passphrase")
    };
    if cost(kdf) > CHEAP {
        return;
    }
    let passphrase = Passphrase::new(b"correct horse".to_vec()).expect("not empty");
    match key.unlock(&passphrase) {
        Ok(key) => is_usable(&key),
        Err(error) => super::is_fit_to_show(error),
    }
}

/// The product of all numbers that stand alone in the words of the library: iterations, or N, r and p.
fn cost(kdf: &str) -> u64 {
    let words = kdf.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter_map(|word| word.parse::<u64>().ok()).fold(1, u64::saturating_mul)
}

/// DER in PEM (RFC 7468).
pub fn to_pem(label: &str, der: &[u8]) -> Vec<u8> {
    let text = encode_base64(der);
    let mut pem = format!("-----BEGIN {label}-----\n").into_bytes();
    for line in text.as_bytes().chunks(64) {
        pem.extend_from_slice(line);
        pem.push(b'\n');
    }
    pem.extend_from_slice(format!("-----END {label}-----\n").as_bytes());
    pem
}
