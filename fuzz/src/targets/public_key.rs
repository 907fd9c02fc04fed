//! A public key that is read has one identity, whatever form it came in, and no signature of anybody else's holds.
//!
//! The input is PEM text, or a letter and DER: `P` for SubjectPublicKeyInfo, `R` for PKCS#1.

use weightseal::key::{KeyDocument, PublicKey};

use super::pem_pkcs8::to_pem;

/// See above.
pub fn run(bytes: &[u8]) {
    let pem = match bytes.split_first() {
        Some((b'P', der)) => to_pem("PUBLIC KEY", der),
        Some((b'R', der)) => to_pem("RSA PUBLIC KEY", der),
        _ => bytes.to_vec(),
    };
    let key = match PublicKey::from_pem(&pem) {
        Ok(key) => key,
        Err(error) => {
            super::is_fit_to_show(&error);
            error.hint("key.pub".as_ref()).iter().for_each(super::is_fit_to_show);
            return;
        }
    };
    assert!(matches!(KeyDocument::from_pem(&pem), Ok(KeyDocument::Public(same)) if same == key));
    assert_eq!(PublicKey::from_spki_der(key.to_spki_der()).as_ref(), Ok(&key));
    assert_eq!(PublicKey::from_pem(key.to_pem().as_bytes()).as_ref(), Ok(&key));
    assert_eq!(key.id().to_string().parse(), Ok(key.id()));
    let tail = &bytes[bytes.len() - bytes.len().min(256)..];
    for signature in [&[][..], &[0; 64], &[0; 256], tail] {
        assert!(key.verify(b"a message", signature).is_err());
        assert!(key.verify_with_sha256(b"a message", signature).is_err());
    }
}
