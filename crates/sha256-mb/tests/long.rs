//! A message of more than 2^32 bits, whose length needs more than one word.

use aws_lc_rs::digest::{Context, SHA256};
use sha256_mb::{Input, Sha256, finish_many, update_many};

#[test]
fn more_than_four_gibibits() {
    let mebibyte = vec![b'w'; 1 << 20];
    let (mut hasher, mut context) = (Sha256::new(), Context::new(&SHA256));
    for _ in 0..512 {
        hasher.update(&mebibyte);
        context.update(&mebibyte);
    }
    // Twenty messages that go on differently.
    let mut hashers = vec![hasher; 20];
    let mut inputs: Vec<_> = hashers
        .iter_mut()
        .enumerate()
        .map(|(index, hasher)| Input { hasher, bytes: &mebibyte[..index * 13] })
        .collect();
    update_many(&mut inputs);
    for (index, digest) in finish_many(hashers).into_iter().enumerate() {
        let mut context = context.clone();
        context.update(&mebibyte[..index * 13]);
        assert_eq!(digest, context.finish().as_ref());
    }
}
