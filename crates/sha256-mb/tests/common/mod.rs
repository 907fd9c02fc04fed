//! The digests that other implementations give.

/// What the digest has to be. The crates `sha2` and `aws-lc-rs` agree on it.
pub(crate) fn expected(message: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(message);
    assert_eq!(digest[..], *aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, message).as_ref());
    digest.into()
}
