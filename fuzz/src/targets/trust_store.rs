//! Any text is a trust store or an error, and a decision by what was read holds to what no store can change
//! (docs/spec/trust.md). The first line of the input is the name of the model, the rest is the store.

use std::sync::LazyLock;

use weightseal::digest::Digest;
use weightseal::envelope::{Claims, Container};
use weightseal::key::{KeyId, PublicKey};
use weightseal::time::Instant;
use weightseal::trust::{
    Evidence, KeyPlace, Level, Means, Memory, Refusal, Requirements, Rule, Said, Signatory, SignatureFormat,
    TrustStore, TrustedKey, Unauthenticated, Unenveloped, Unreadable, judge, judge_countersigner,
};

/// The files that the stores of the testkit name.
const FILES: [(&str, &[u8]); 10] = [
    ("keys/alice-1.pub", include_bytes!("../../../testkit/decisions/stores/keys/alice-1.pub")),
    ("keys/alice-2.pub", include_bytes!("../../../testkit/decisions/stores/keys/alice-2.pub")),
    ("keys/bob.pub", include_bytes!("../../../testkit/decisions/stores/keys/bob.pub")),
    ("keys/carol.pub", include_bytes!("../../../testkit/decisions/stores/keys/carol.pub")),
    ("keys/dora.pub", include_bytes!("../../../testkit/decisions/stores/keys/dora.pub")),
    ("keys/mallory.pub", include_bytes!("../../../testkit/decisions/stores/keys/mallory.pub")),
    ("keys/mallory-rsa.pub", include_bytes!("../../../testkit/decisions/stores/keys/mallory-rsa.pub")),
    ("keys/release.pub", include_bytes!("../../../testkit/decisions/stores/keys/release.pub")),
    ("keys/rsa1024.pub", include_bytes!("../../../testkit/decisions/stores/keys/rsa1024.pub")),
    ("keys/root.pem", include_bytes!("../../../testkit/decisions/stores/keys/root.pem")),
];

/// Keys that stand nowhere but here: for certificates and identities, whose keys a store does not have.
static STRANGER: LazyLock<KeyId> = LazyLock::new(|| PublicKey::from_pem(FILES[7].1).expect("a key").id());

fn read(name: &str) -> Result<Vec<u8>, Unreadable> {
    // Any other name is one of these files as well, so that a changed name is no dead end.
    let named = FILES.iter().find(|(known, _)| *known == name);
    let at = name.bytes().map(usize::from).sum::<usize>() % (FILES.len() + 1);
    match named.or_else(|| FILES.get(at)) {
        Some((_, bytes)) => Ok(bytes.to_vec()),
        None => Err(Unreadable { message: "is not there".to_owned(), code: "not-found", hint: None }),
    }
}

fn instant(text: &str) -> Instant {
    text.parse().expect("a time")
}

fn statement() -> Digest {
    Digest::from_bytes([0xaa; 32])
}

/// See above.
pub fn run(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let name = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let text = parts.next().unwrap_or_default();
    let Ok(store) = TrustStore::parse(text, &read) else { return };
    is_sound(&store);
    strictness(text);
    for now in [instant("2026-06-01T00:00:00Z"), instant("2031-01-01T00:00:00Z")] {
        for (place, key) in store.keys().take(8) {
            decisions(&store, place, key, &name, now);
        }
    }
}

/// What a store that was read never is.
fn is_sound(store: &TrustStore) {
    let end = store.expires_at();
    assert!(store.ensure_current(end).is_err() && store.ensure_current(Instant::MAX).is_err());
    assert!(store.ensure_current(Instant::MIN).is_ok() || end == Instant::MIN);
    assert!(store.serial() >= 1);
    for signer in store.signers() {
        assert!(!signer.keys.is_empty());
        assert_eq!(store.signers().iter().filter(|other| other.name == signer.name).count(), 1);
    }
    for (place, key) in store.keys() {
        if let Means::Key(key) = &key.means {
            assert_eq!(store.find(&key.id()), Some(place));
        }
        if let (Some(from), Some(until)) = (key.signs_from, key.signs_until) {
            assert!(from < until);
        }
        if let Some(since) = key.revoked.as_ref().and_then(|it| it.compromised_since) {
            assert!(since <= key.revoked.as_ref().expect("just seen").at);
        }
    }
    for rule in store.rules() {
        assert!(!rule.models.is_empty());
        if let Some(threshold) = &rule.threshold {
            assert!((1..=threshold.of.len()).contains(&threshold.n));
        }
        let named = rule.signers.iter().chain(rule.threshold.as_ref().map(|it| &it.of)).flatten();
        assert!(named.into_iter().all(|at| *at < store.signers().len()));
    }
}

/// A store that is read is read whole: what is added to it is understood or refused.
fn strictness(text: &[u8]) {
    let with = |more: &str| {
        let longer = [text, b"\n", more.as_bytes()].concat();
        TrustStore::parse(&longer, &read).is_ok()
    };
    assert!(with("# a comment"));
    for more in
        ["[zz]", "[[signer]]", "[[rule]]\nmodels = \"x\"", "[[signer.key.zz]]", "[unauthenticated]", "\u{0}"]
    {
        assert!(!with(more), "{more}");
    }
}

fn said<'a>(name: &'a str, claims: &'a Claims) -> Said<'a> {
    Said::Statement { name, digest: statement(), claims: Some(claims) }
}

struct Case<'a> {
    store: &'a TrustStore,
    place: KeyPlace,
    key: Option<KeyId>,
    name: &'a str,
    now: Instant,
}

impl Case<'_> {
    fn evidence<'a>(&'a self, said: Said<'a>, countersigners: &'a [Signatory]) -> Evidence<'a> {
        Evidence {
            by: self.place,
            key: self.key,
            format: SignatureFormat::Manifest,
            expected_name: self.name,
            said,
            vouched: None,
            countersigners,
        }
    }

    fn refusals(
        &self,
        said: Said<'_>,
        countersigners: &[Signatory],
        memory: Option<&Memory>,
    ) -> Vec<Refusal> {
        let asked = Requirements { unauthenticated: Unauthenticated::Accept, ..Requirements::default() };
        let judgement = judge(self.store, &self.evidence(said, countersigners), &asked, memory, self.now);
        let tolerated = judgement.tolerated();
        let warns = self.rules().any(|rule| rule.level == Level::Warn);
        assert!(tolerated.is_empty() || warns);
        let relaxed = [
            "too-old",
            "signing-time-missing",
            "model-version-too-low",
            "model-version-missing",
            "expired",
            "signed-in-the-future",
            "wrong-model",
        ];
        assert!(tolerated.iter().all(|refusal| relaxed.contains(&refusal.code())));
        judgement.refusals()
    }

    fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.store.rules().iter().filter(|rule| rule.applies_to(self.name))
    }

    /// Somebody named this signer, and nobody who names signers leaves it out.
    fn is_named(&self) -> bool {
        let lists: Vec<_> = self
            .rules()
            .filter_map(|rule| rule.signers.as_ref().or(rule.threshold.as_ref().map(|it| &it.of)))
            .collect();
        !lists.is_empty() && lists.iter().all(|list| list.contains(&self.place.signer))
    }
}

fn decisions(store: &TrustStore, place: KeyPlace, key: &TrustedKey, name: &str, now: Instant) {
    let id = match &key.means {
        Means::Key(key) => Some(key.id()),
        Means::Certificate(_) => Some(*STRANGER),
        Means::Sigstore(_) => None,
    };
    let case = Case { store, place, key: id, name, now };
    let owner = &store.signers()[place.signer].name;
    let claims = |signer: &str, version| Claims {
        container: Container::Manifest,
        signer: Some(signer.to_owned()),
        signed_at: "2025-03-04T05:06:07Z".parse().expect("a time"),
        key_version: None,
        key_id: *STRANGER,
        model_version: version,
        expires_at: None,
        countersigns: None,
        renews: None,
        annotations: Default::default(),
    };
    let own = claims(owner, Some(4));
    let accepts = |said, others: &[Signatory]| case.refusals(said, others, None).is_empty();
    let everybody: Vec<Signatory> =
        store.keys().take(20).map(|(at, _)| Signatory { signer: at.signer, key: None }).collect();

    // Further signatures never do harm, and never make up for a right that the first does not have.
    let (alone, together) = (accepts(said(name, &own), &[]), accepts(said(name, &own), &everybody));
    assert!(together || !alone);
    for accepted in [alone, together] {
        assert!(!accepted || case.is_named());
        assert!(!accepted || key.trusted_until.is_none_or(|until| now < until));
        assert!(!accepted || key.signs_from.is_none_or(|from| from <= own.signed_at.instant()));
        assert!(!accepted || key.signs_until.is_none_or(|until| own.signed_at.instant() < until));
        if let Some(revoked) = key.revoked.as_ref().filter(|_| accepted) {
            assert!(revoked.compromised_since.is_some() && key.frozen.contains(&statement()));
        }
    }
    // Signing under another name than one's own never helps.
    let another = claims(&format!("{owner}x"), Some(4));
    assert!(!accepts(said(name, &another), &everybody));
    // Where the caller expects another name, it is accepted only if every rule warns.
    let other = format!("{name}x");
    let other = said(&other, &own);
    assert!(!accepts(other, &everybody) || case.rules().all(|rule| rule.level == Level::Warn));
    // Who takes the envelope away gains nothing, unless somebody has listed the file.
    let sha256 = Digest::from_bytes([0xbb; 32]);
    let stripped = accepts(Said::Digest { name, sha256 }, &everybody);
    let is_listed = id.is_some_and(|key| store.lists(&Unenveloped { model: name.to_owned(), sha256, key }));
    assert!(!stripped || is_listed);
    // What was accepted once is not put back.
    if together {
        let mut memory = Memory::default();
        memory.remember_store(store);
        memory.remember_model(name, owner, 4, statement());
        assert!(memory.ensure_not_older(store).is_ok());
        assert!(case.refusals(said(name, &own), &everybody, Some(&memory)).is_empty());
        for version in [None, Some(3)] {
            let older = claims(owner, version);
            assert!(!case.refusals(said(name, &older), &everybody, Some(&memory)).is_empty());
        }
    }
    // As a countersigner it is judged no less strictly in what is asked of both.
    let counts = judge_countersigner(store, &case.evidence(said(name, &own), &[]), now).is_empty();
    assert!(counts || !alone || case.rules().all(|rule| rule.level == Level::Warn));
}
