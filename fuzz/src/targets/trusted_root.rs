//! A Sigstore trusted root is read or has a problem that can be shown; one that was read can be asked.

use weightseal::trust::{TrustedRoot, trusted_time};

/// See above.
pub fn run(bytes: &[u8]) {
    match TrustedRoot::from_json(bytes) {
        Ok(root) => {
            assert!(trusted_time(&[b"no time stamp".to_vec()], b"signature", &root).is_err());
            assert_eq!(trusted_time(&[], b"signature", &root), Ok(None));
        }
        Err(error) => super::is_fit_to_show(error),
    }
}
