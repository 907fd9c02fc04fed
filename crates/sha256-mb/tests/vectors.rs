//! Published digests: the examples of FIPS 180-4 and of the NIST Cryptographic Algorithm Validation Program.

use sha256_mb::kernels::{Kernel, finish_many_with, update_many_with};
use sha256_mb::{Input, Sha256, digest_many};

/// Digests of short messages, in hex.
const SHORT: [(&[u8], &str); 5] = [
    (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (b"\xd3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
    (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
        b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ),
    (
        b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs\
          mnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
    ),
];

/// The digest of a million times the letter a.
const MILLION: &str = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

#[test]
fn one_after_the_other() {
    for (message, digest) in SHORT {
        let mut hasher = Sha256::new();
        hasher.update(message);
        assert_eq!(hex(hasher.finish()), digest);
    }
    let mut hasher = Sha256::default();
    for _ in 0..1000 {
        hasher.update(&[b'a'; 1000]);
    }
    assert_eq!(hex(hasher.finish()), MILLION);
}

#[test]
fn at_once() {
    let million = vec![b'a'; 1_000_000];
    let messages: Vec<&[u8]> = SHORT.iter().map(|(message, _)| *message).chain([&million[..]]).collect();
    let expected: Vec<&str> = SHORT.iter().map(|(_, digest)| *digest).chain([MILLION]).collect();
    assert_eq!(digest_many(&messages).into_iter().map(hex).collect::<Vec<_>>(), expected);
    for kernel in Kernel::available() {
        let mut hashers = vec![Sha256::new(); messages.len()];
        let mut inputs: Vec<_> =
            hashers.iter_mut().zip(&messages).map(|(hasher, bytes)| Input { hasher, bytes }).collect();
        update_many_with(kernel, &mut inputs);
        let digests = finish_many_with(kernel, hashers);
        assert_eq!(digests.into_iter().map(hex).collect::<Vec<_>>(), expected, "{kernel:?}");
    }
}

#[test]
fn nothing_at_all() {
    assert!(digest_many(&[]).is_empty());
    assert!(sha256_mb::finish_many(Vec::new()).is_empty());
    sha256_mb::update_many(&mut []);
}

#[test]
fn debug_shows_nothing_of_the_message() {
    let mut hasher = Sha256::new();
    hasher.update(b"secret");
    assert_eq!(format!("{hasher:?}"), "Sha256 { .. }");
}

fn hex(digest: [u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
