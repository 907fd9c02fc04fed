//! What a signature costs, with the key unlocked: `cargo bench -p weightseal --bench signatures`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use weightseal::digest::Digest;
use weightseal::key::{KeySpec, Passphrase, PrivateKey, PssSalt};

fn signatures(criterion: &mut Criterion) {
    let message = vec![b'x'; 1024];
    for spec in [KeySpec::Rsa4096, KeySpec::Rsa2048, KeySpec::EcdsaP256, KeySpec::Ed25519] {
        let key = PrivateKey::generate(spec).expect("a key");
        let signature = key.sign(&message).expect("a signature");
        criterion.bench_function(&format!("sign envelope, {}", spec.name()), |bench| {
            bench.iter(|| key.sign(black_box(&message)).expect("a signature"));
        });
        criterion.bench_function(&format!("verify envelope, {}", spec.name()), |bench| {
            bench.iter(|| key.public().verify(black_box(&message), &signature).expect("it fits"));
        });
    }
    let key = PrivateKey::generate(KeySpec::Rsa4096).expect("a key");
    let digest = Digest::of(&message);
    criterion.bench_function("sign hex digest, rsa-4096", |bench| {
        bench.iter(|| key.sign_hex_digest(black_box(&digest), PssSalt::Max).expect("a signature"));
    });
}

fn key_files(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("key files");
    group.sample_size(10);
    let passphrase = Passphrase::new(b"correct horse".to_vec()).expect("not empty");
    let key = PrivateKey::generate(KeySpec::Rsa4096).expect("a key");
    group.bench_function("encrypt, 600000 iterations", |bench| {
        bench.iter(|| key.to_encrypted_pem(black_box(&passphrase)).expect("encrypted"));
    });
    let public = key.public().to_pem();
    group.bench_function("read a public key, with every check for weakness, rsa-4096", |bench| {
        bench.iter(|| weightseal::key::PublicKey::from_pem(black_box(public.as_bytes())).expect("a key"));
    });
}

criterion_group!(benches, signatures, key_files);
criterion_main!(benches);
