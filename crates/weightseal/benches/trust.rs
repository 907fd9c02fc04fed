//! What a decision by a large trust store costs, and reading the store: `cargo bench -p weightseal --bench trust`.
//!
//! The store has 1 000 keys of 250 signers and 10 000 patterns in 1 000 rules.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use weightseal::digest::Digest;
use weightseal::envelope::{Claims, Container};
use weightseal::key::{KeyId, KeySpec, PrivateKey};
use weightseal::time::Instant;
use weightseal::trust::{
    Evidence, Requirements, Said, Signatory, SignatureFormat, TrustStore, Unreadable, judge,
    judge_countersigner,
};

const SIGNERS: usize = 250;
const KEYS: usize = 1000;
const RULES: usize = 1000;

struct Fixture {
    text: String,
    ids: Vec<KeyId>,
}

/// Half of the patterns are exact, a quarter ends with a star, a quarter begins with one or has two.
fn pattern(number: usize) -> String {
    match number % 4 {
        0 | 1 => format!("team-{}/model-{number}.safetensors", number % 97),
        2 => format!("team-{}/model-{number}-*", number % 97),
        _ if number % 8 == 3 => format!("*-{number}.safetensors"),
        _ => format!("team-{}/*-{number}_*.pt", number % 97),
    }
}

fn fixture() -> Fixture {
    let mut text = "serial = 1\nexpires_at = 2099-01-01T00:00:00Z\n".to_owned();
    let keys: Vec<PrivateKey> =
        (0..KEYS).map(|_| PrivateKey::generate(KeySpec::Ed25519).expect("a key")).collect();
    for (at, keys) in keys.chunks(KEYS / SIGNERS).enumerate() {
        let _ = writeln!(text, "[[signer]]\nname = \"signer-{at}\"");
        for key in keys {
            let _ = writeln!(text, "[[signer.key]]\npublic_key = \"\"\"\n{}\"\"\"", key.public().to_pem());
        }
    }
    for rule in 0..RULES {
        let models: Vec<String> = (0..10).map(|at| format!("{:?}", pattern(10 * rule + at))).collect();
        let _ = writeln!(text, "[[rule]]\nmodels = [{}]\nsigners = [\"signer-0\"]", models.join(", "));
    }
    for _ in 0..100 {
        text.push_str("[[rule]]\nmodels = \"many/*\"\nsigners = [\"signer-0\"]\nmax_age = \"10y\"\n");
    }
    let of: Vec<String> = (0..17).map(|at| format!("\"signer-{at}\"")).collect();
    let _ = writeln!(
        text,
        "[[rule]]\nmodels = \"signed-by-17/*\"\nthreshold = {{ n = 17, of = [{}] }}",
        of.join(", ")
    );
    Fixture { text, ids: keys.iter().map(|key| key.public().id()).collect() }
}

fn none(_: &str) -> Result<Vec<u8>, Unreadable> {
    Err(Unreadable { message: "is not there".to_owned(), code: "not-found", hint: None })
}

fn trust(criterion: &mut Criterion) {
    let fixture = fixture();
    let store = TrustStore::parse(fixture.text.as_bytes(), &none).expect("a store");
    let now: Instant = "2026-06-01T00:00:00Z".parse().expect("a time");
    let claims = Claims {
        container: Container::Manifest,
        signer: None,
        signed_at: "2026-05-01T00:00:00Z".parse().expect("a time"),
        key_version: None,
        key_id: fixture.ids[0],
        model_version: Some(1),
        expires_at: None,
        countersigns: None,
        renews: None,
        annotations: Default::default(),
    };
    let decide = |name: &str, signed: usize, countersigned: &[usize]| {
        let said = Said::Statement { name, digest: Digest::from_bytes([1; 32]), claims: Some(&claims) };
        let evidence = |key: usize, countersigners| Evidence {
            by: store.find(&fixture.ids[key]).expect("in the store"),
            key: Some(fixture.ids[key]),
            format: SignatureFormat::Manifest,
            expected_name: name,
            said,
            vouched: None,
            countersigners,
        };
        let counted: Vec<Signatory> = countersigned
            .iter()
            .filter(|key| judge_countersigner(&store, &evidence(**key, &[]), now).is_empty())
            .map(|key| Signatory { signer: key / (KEYS / SIGNERS), key: Some(fixture.ids[*key]) })
            .collect();
        judge(&store, &evidence(signed, &counted), &Requirements::default(), None, now)
    };
    let last = format!("team-{}/x-9999_x.pt", 9999 % 97);
    let others: Vec<usize> = (1..17).map(|signer| signer * (KEYS / SIGNERS)).collect();
    let cases: [(&str, &str, &[usize], bool); 4] = [
        ("the last of 10 000 patterns", &last, &[], true),
        ("none of 10 000 patterns", "team-1/model-1-nothing", &[], false),
        ("100 rules", "many/model", &[], true),
        ("16 countersignatures", "signed-by-17/model", &others, true),
    ];
    for (what, name, others, accepts) in cases {
        assert_eq!(decide(name, 0, others).refusals().is_empty(), accepts, "{what}");
        criterion.bench_function(&format!("decide: {what}"), |bench| {
            bench.iter(|| decide(black_box(name), 0, others).refusals());
        });
    }
    let mut group = criterion.benchmark_group("stores");
    group.sample_size(10);
    group.bench_function("read 1 000 keys and 10 000 patterns", |bench| {
        bench.iter(|| TrustStore::parse(black_box(fixture.text.as_bytes()), &none).expect("a store"));
    });
}

criterion_group!(benches, trust);
criterion_main!(benches);
