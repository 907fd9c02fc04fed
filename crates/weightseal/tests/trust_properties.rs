//! What holds for every trust store, signature and time: a restriction accepts no more than before, order means nothing, time
//! heals nothing, and what is remembered is never undercut (docs/spec/trust.md).
//!
//! Stores are written as TOML, as people write them, and read. All randomness comes from a fixed seed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use proptest::test_runner::RngSeed;
use weightseal::digest::Digest;
use weightseal::envelope::{Claims, Container};
use weightseal::key::{KeyId, PublicKey};
use weightseal::time::{Instant, Timestamp};
use weightseal::trust::{
    Evidence, Level, Means, Memory, Refusal, Requirements, Said, Signatory, SignatureFormat, TrustStore,
    Unauthenticated, Unreadable, judge, judge_countersigner,
};

/// The keys, and whose they are: Alice has two.
const KEYS: [(&str, &str); 5] =
    [("alice-1", "alice"), ("alice-2", "alice"), ("bob", "bob"), ("dora", "dora"), ("mallory", "mallory")];
const SIGNERS: [&str; 4] = ["alice", "bob", "dora", "mallory"];
const NAMES: [&str; 4] = ["model.pt", "model_prod.pt", "other.pt", "sub/model.pt"];
const PATTERNS: [&str; 7] = ["*", "model*", "*.pt", "model.pt", "*_prod.pt", "sub/*", "other.pt"];
const FORMATS: [SignatureFormat; 3] =
    [SignatureFormat::Manifest, SignatureFormat::BundleManifest, SignatureFormat::Oms];

static PUBLIC: LazyLock<Vec<(String, KeyId)>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testkit/decisions/stores/keys");
    let read = |(name, _): &(&str, &str)| {
        let pem = std::fs::read_to_string(folder.join(format!("{name}.pub"))).expect("a key of the testkit");
        let id = PublicKey::from_pem(pem.as_bytes()).expect("a good key").id();
        (pem, id)
    };
    KEYS.iter().map(read).collect()
});

fn digest(number: u8) -> Digest {
    Digest::from_bytes([number; 32])
}

/// The first moment of a month, counted from January 2025.
fn month(number: u32) -> String {
    format!("{}-{:02}-01T00:00:00Z", 2025 + number / 12, number % 12 + 1)
}

fn instant(number: u32) -> Instant {
    month(number).parse().expect("a time")
}

// ------------------------------------------------------------------------------------------------ what is written

#[derive(Clone, Debug, Default)]
struct KeyText {
    from: Option<u32>,
    until: Option<u32>,
    trusted: Option<u32>,
    /// Revoked, and since when it may have been stolen.
    revoked: Option<Option<u32>>,
    frozen: BTreeSet<u8>,
}

#[derive(Clone, Debug)]
struct RuleText {
    models: Vec<&'static str>,
    signers: Option<BTreeSet<&'static str>>,
    threshold: Option<(usize, BTreeSet<&'static str>)>,
    least: Option<u64>,
    /// In months of 30 days.
    age: Option<u32>,
    formats: Option<BTreeSet<SignatureFormat>>,
    level: Level,
}

#[derive(Clone, Debug)]
struct StoreText {
    keys: Vec<KeyText>,
    rules: Vec<RuleText>,
    /// Name, digest and key of manifests without envelope.
    listed: BTreeSet<(&'static str, u8, usize)>,
}

/// Puts things into another order, or leaves them as they are.
struct Order(Option<u64>);

impl Order {
    fn of<T>(&mut self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        let mut items: Vec<T> = items.into_iter().collect();
        if let Some(state) = &mut self.0 {
            for at in (1..items.len()).rev() {
                *state =
                    state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let other = usize::try_from((*state >> 33) % (at as u64 + 1)).expect("it is small");
                items.swap(at, other);
            }
        }
        items
    }
}

impl StoreText {
    fn to_toml(&self, order: &mut Order) -> String {
        let list = |items: Vec<String>| format!("[{}]", items.join(", "));
        let quoted = |order: &mut Order, items: Vec<&str>| {
            list(order.of(items).iter().map(|item| format!("{item:?}")).collect())
        };
        let mut text = order.of(["serial = 7".to_owned(), format!("expires_at = {}", month(120))]).join("\n");
        if !self.listed.is_empty() {
            let entries = order.of(&self.listed).into_iter().map(|(model, sha256, key)| {
                let (sha256, key) = (digest(*sha256), &PUBLIC[*key].1);
                format!("{{ model = {model:?}, sha256 = \"{sha256}\", key = \"{key}\" }}")
            });
            let _ = write!(text, "\nunauthenticated = {}", list(entries.collect()));
        }
        text.push('\n');
        let mut tables: Vec<String> = Vec::new();
        for signer in order.of(SIGNERS) {
            let mut table = format!("[[signer]]\nname = {signer:?}\n");
            for at in order.of((0..KEYS.len()).filter(|at| KEYS[*at].1 == signer)) {
                let (key, pem) = (&self.keys[at], &PUBLIC[at].0);
                let time = |name: &str, value: Option<u32>| value.map(|it| format!("{name} = {}", month(it)));
                let revoked = key.revoked.map(|since| {
                    let since = since.map(|it| format!(", compromised_since = {}", month(it)));
                    format!(
                        "revoked = {{ at = {}, reason = \"lost\"{} }}",
                        month(100),
                        since.unwrap_or_default()
                    )
                });
                let frozen = order.of(&key.frozen).into_iter().map(|it| format!("\"{}\"", digest(*it)));
                let frozen = Some(frozen.collect::<Vec<_>>()).filter(|it| !it.is_empty());
                let fields = [
                    Some(format!("public_key = \"\"\"\n{pem}\"\"\"")),
                    time("signs_from", key.from),
                    time("signs_until", key.until),
                    time("trusted_until", key.trusted),
                    revoked,
                    frozen.map(|it| format!("frozen = {}", list(it))),
                ];
                let _ =
                    writeln!(table, "[[signer.key]]\n{}", order.of(fields.into_iter().flatten()).join("\n"));
            }
            tables.push(table);
        }
        for rule in order.of(&self.rules) {
            let threshold = rule.threshold.as_ref().map(|(n, of)| {
                let of = quoted(order, of.iter().copied().collect());
                format!(
                    "threshold = {{ {} }}",
                    order.of([format!("n = {n}"), format!("of = {of}")]).join(", ")
                )
            });
            let fields = [
                Some(format!("models = {}", quoted(order, rule.models.clone()))),
                rule.signers
                    .as_ref()
                    .map(|it| format!("signers = {}", quoted(order, it.iter().copied().collect()))),
                threshold,
                rule.least.map(|it| format!("minimum_model_version = {it}")),
                rule.age.map(|it| format!("max_age = \"{}d\"", 30 * it)),
                rule.formats.as_ref().map(|it| {
                    format!("allowed_formats = {}", quoted(order, it.iter().map(|it| it.name()).collect()))
                }),
                (rule.level == Level::Warn).then(|| "level = \"warn\"".to_owned()),
            ];
            tables.push(format!("[[rule]]\n{}\n", order.of(fields.into_iter().flatten()).join("\n")));
        }
        for table in order.of(tables) {
            text.push_str(&table);
        }
        text
    }

    fn parse(&self, order: Option<u64>) -> TrustStore {
        parse(&self.to_toml(&mut Order(order)))
    }

    fn rules_for<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a RuleText> {
        let fits = |pattern: &&str| pattern.parse::<weightseal::trust::Pattern>().expect("one").matches(name);
        self.rules.iter().filter(move |rule| rule.models.iter().any(fits))
    }

    /// Whether some rule says who may sign models of this name.
    fn says_who(&self, name: &str) -> bool {
        self.rules_for(name).any(|rule| rule.signers.is_some() || rule.threshold.is_some())
    }
}

fn nothing(_: &str) -> Result<Vec<u8>, Unreadable> {
    Err(Unreadable { message: "is not there".to_owned(), code: "not-found", hint: None })
}

fn parse(text: &str) -> TrustStore {
    TrustStore::parse(text.as_bytes(), &nothing).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The facts of a store that was read, written anew.
fn rendered(store: &TrustStore) -> String {
    let time = |at: &Instant| Timestamp::from_instant(*at).as_str().to_owned();
    let mut text = format!("serial = {}\nexpires_at = {}\n", store.serial(), time(&store.expires_at()));
    if !store.unauthenticated().is_empty() {
        let entries: Vec<String> = store
            .unauthenticated()
            .iter()
            .map(|it| format!("{{model = {:?}, sha256 = \"{}\", key = \"{}\"}}", it.model, it.sha256, it.key))
            .collect();
        let _ = writeln!(text, "unauthenticated = [{}]", entries.join(","));
    }
    for signer in store.signers() {
        let _ = writeln!(text, "[[signer]]\nname = {:?}", signer.name);
        for key in &signer.keys {
            let Means::Key(public) = &key.means else { panic!("there are only keys here") };
            let _ = writeln!(text, "[[signer.key]]\npublic_key = {:?}", public.to_pem());
            for (name, at) in [
                ("signs_from", &key.signs_from),
                ("signs_until", &key.signs_until),
                ("trusted_until", &key.trusted_until),
            ] {
                if let Some(at) = at {
                    let _ = writeln!(text, "{name} = {}", time(at));
                }
            }
            if let Some(it) = &key.revoked {
                let since = it.compromised_since.map(|at| format!(", compromised_since = {}", time(&at)));
                let since = since.unwrap_or_default();
                let _ =
                    writeln!(text, "revoked = {{at = {}, reason = {:?}{since}}}", time(&it.at), it.reason);
            }
            if !key.frozen.is_empty() {
                let frozen: Vec<String> = key.frozen.iter().map(Digest::to_string).collect();
                let _ = writeln!(text, "frozen = {frozen:?}");
            }
        }
    }
    for rule in store.rules() {
        let names = |of: &BTreeSet<usize>| {
            format!("{:?}", of.iter().map(|at| store.signers()[*at].name.clone()).collect::<Vec<_>>())
        };
        let models: Vec<&str> = rule.models.iter().map(|pattern| pattern.as_str()).collect();
        let _ = writeln!(text, "[[rule]]\nmodels = {models:?}");
        let formats = |it: &BTreeSet<SignatureFormat>| it.iter().map(|it| it.name()).collect::<Vec<_>>();
        let fields = [
            rule.signers.as_ref().map(|it| format!("signers = {}", names(it))),
            rule.threshold.as_ref().map(|it| format!("threshold = {{n = {}, of = {}}}", it.n, names(&it.of))),
            rule.minimum_model_version.map(|it| format!("minimum_model_version = {it}")),
            rule.max_age.as_ref().map(|it| format!("max_age = \"{it}\"")),
            rule.allowed_formats.as_ref().map(|it| format!("allowed_formats = {:?}", formats(it))),
            (rule.level == Level::Warn).then(|| "level = \"warn\"".to_owned()),
        ];
        for field in fields.into_iter().flatten() {
            let _ = writeln!(text, "{field}");
        }
    }
    text
}

// ------------------------------------------------------------------------------------------------ what is judged

#[derive(Clone, Debug)]
struct Signature {
    key: usize,
    format: SignatureFormat,
    expected: &'static str,
    signed: &'static str,
    /// Without: only the digest is signed.
    has_envelope: bool,
    /// Without: another tool's.
    has_claims: bool,
    /// The store's name of the holder, or another.
    claimed: Option<&'static str>,
    at: u32,
    expires: Option<u32>,
    version: Option<u64>,
    statement: u8,
    vouched: Option<u32>,
    countersigned: Vec<usize>,
    least: Option<u64>,
    remembered: Option<u64>,
    now: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Decided {
    refused: Vec<&'static str>,
    tolerated: Vec<&'static str>,
}

impl Decided {
    /// Refused, tolerated, accepted: more is more.
    fn worth(&self) -> u8 {
        match (self.refused.is_empty(), self.tolerated.is_empty()) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => 2,
        }
    }
}

impl Signature {
    fn claims(&self, key: usize, at: u32, signer: Option<&str>) -> Claims {
        Claims {
            container: Container::Manifest,
            signer: signer.map(str::to_owned),
            signed_at: Timestamp::from_instant(instant(at)),
            key_version: None,
            key_id: PUBLIC[key].1,
            model_version: self.version,
            expires_at: self.expires.map(|at| Timestamp::from_instant(instant(at))),
            countersigns: None,
            renews: None,
            annotations: BTreeMap::new(),
        }
    }

    fn judged(&self, store: &TrustStore) -> Decided {
        let signer_of = |key: usize| store.find(&PUBLIC[key].1).expect("every store has every key");
        let now = instant(self.now);
        // All of them long before any time that is asked about.
        let counts = |key: &usize| {
            let claims = Claims { expires_at: None, ..self.claims(*key, 2, None) };
            let by = signer_of(*key);
            let said = Said::Statement { name: self.signed, digest: digest(9), claims: Some(&claims) };
            let evidence = Evidence {
                by,
                key: Some(PUBLIC[*key].1),
                format: self.format,
                expected_name: self.expected,
                said,
                vouched: None,
                countersigners: &[],
            };
            let refusals = judge_countersigner(store, &evidence, now);
            refusals.is_empty().then_some(Signatory { signer: by.signer, key: Some(PUBLIC[*key].1) })
        };
        // As verification does: only where a rule with a threshold of more than one applies, they are looked for.
        let are_looked_for = store
            .rules_for(self.expected)
            .into_iter()
            .any(|at| store.rules()[at].threshold.as_ref().is_some_and(|threshold| threshold.n > 1));
        let others = self.countersigned.iter().filter(|_| are_looked_for);
        let countersigners: Vec<Signatory> = others.filter_map(counts).collect();
        let claims = self.claims(self.key, self.at, self.claimed);
        let said = match self.has_envelope {
            true => Said::Statement {
                name: self.signed,
                digest: digest(self.statement),
                claims: self.has_claims.then_some(&claims),
            },
            false => Said::Digest { name: self.signed, sha256: digest(self.statement) },
        };
        let evidence = Evidence {
            by: signer_of(self.key),
            key: Some(PUBLIC[self.key].1),
            format: self.format,
            expected_name: self.expected,
            said,
            vouched: self.vouched.map(instant),
            countersigners: &countersigners,
        };
        let asked = Requirements {
            least_model_version: self.least,
            unauthenticated: Unauthenticated::Accept,
            ..Requirements::default()
        };
        let memory = self.remembered.map(|version| {
            let mut memory = Memory::default();
            memory.remember_model(self.expected, KEYS[self.key].1, version, digest(1));
            memory
        });
        let judgement = judge(store, &evidence, &asked, memory.as_ref(), now);
        let codes = |refusals: Vec<Refusal>| {
            let mut codes: Vec<_> = refusals.iter().map(Refusal::code).collect();
            codes.sort_unstable();
            codes
        };
        Decided { refused: codes(judgement.refusals()), tolerated: codes(judgement.tolerated()) }
    }
}

// ------------------------------------------------------------------------------------------------ restrictions

/// A change after which a store accepts no more signatures than before. What is none of them:
///
/// - a rule, `signers` or a `threshold` for a name where no rule said who may sign: nothing was accepted, now something is;
/// - `signers` beside a `threshold` that names others than `of`: without `signers`, `of` says who may sign first;
/// - another `n` than 1 where the first signer is not in `of`: with 1 no countersignature counts, with 2 all do.
#[derive(Clone, Debug)]
enum Restriction {
    AddRule(RuleText),
    NarrowSigners(BTreeSet<&'static str>),
    NarrowOf(BTreeSet<&'static str>),
    Threshold(usize, BTreeSet<&'static str>),
    Least(u64),
    Age(u32),
    Formats(BTreeSet<SignatureFormat>),
    Enforce,
    From(u32),
    Until(u32),
    Trusted(u32),
    Revoke(Option<u32>),
    Unfreeze,
    Unlist,
}

/// The store with the restriction put on rule and key number `at`; `None` where it would be none.
fn restricted(store: &StoreText, change: &Restriction, at: &Index, asked: &Signature) -> Option<StoreText> {
    let mut new = store.clone();
    let says_who = store.says_who(asked.expected);
    let first = KEYS[asked.key].1;
    match change {
        Restriction::AddRule(rule) => {
            new.rules.insert(at.index(new.rules.len() + 1), rule.clone());
            return says_who.then_some(new);
        }
        Restriction::From(_)
        | Restriction::Until(_)
        | Restriction::Trusted(_)
        | Restriction::Revoke(_)
        | Restriction::Unfreeze => {
            let key = &mut new.keys[at.index(KEYS.len())];
            match change {
                Restriction::From(from) => key.from = key.from.max(Some(*from)),
                Restriction::Until(until) => key.until = Some(key.until.map_or(*until, |it| it.min(*until))),
                Restriction::Trusted(at) => key.trusted = Some(key.trusted.map_or(*at, |it| it.min(*at))),
                Restriction::Revoke(since) => {
                    // Stolen earlier, or altogether.
                    key.revoked = Some(match (key.revoked, since) {
                        (Some(None), _) | (_, None) => None,
                        (Some(Some(old)), Some(new)) => Some(old.min(*new)),
                        (None, Some(new)) => Some(*new),
                    });
                }
                _ => drop(key.frozen.pop_first()?),
            }
            let is_sound = key.from.zip(key.until).is_none_or(|(from, until)| from < until);
            return is_sound.then_some(new);
        }
        Restriction::Unlist => {
            let entry = *new.listed.iter().nth(at.index(new.listed.len().max(1)))?;
            new.listed.remove(&entry);
            return Some(new);
        }
        _ => {}
    }
    if new.rules.is_empty() {
        return None;
    }
    let place = at.index(new.rules.len());
    let rule = &mut new.rules[place];
    match change {
        Restriction::NarrowSigners(names) => {
            let before = rule.signers.as_ref().or(rule.threshold.as_ref().map(|(_, of)| of));
            let narrower: BTreeSet<_> = match before {
                Some(before) => before.intersection(names).copied().collect(),
                None if says_who => names.clone(),
                None => return None,
            };
            rule.signers = Some(narrower).filter(|it| !it.is_empty());
            rule.signers.as_ref()?;
        }
        Restriction::NarrowOf(names) => {
            let (n, of) = rule.threshold.as_mut()?;
            of.retain(|name| names.contains(name));
            if of.len() < *n {
                return None;
            }
        }
        Restriction::Threshold(n, names) => {
            if *n > names.len() || rule.signers.is_none() && rule.threshold.is_none() && !says_who {
                return None;
            }
            match &mut rule.threshold {
                Some((before, of)) => {
                    let higher = *n.max(before);
                    if higher > of.len() || *before == 1 && !of.contains(first) {
                        return None;
                    }
                    *before = higher;
                }
                none => *none = Some((*n, names.clone())),
            }
        }
        Restriction::Least(least) => rule.least = rule.least.max(Some(*least)),
        Restriction::Age(age) => rule.age = Some(rule.age.map_or(*age, |it| it.min(*age))),
        Restriction::Formats(formats) => {
            let narrower: BTreeSet<_> = match &rule.formats {
                Some(before) => before.intersection(formats).copied().collect(),
                None => formats.clone(),
            };
            rule.formats = Some(narrower).filter(|it| !it.is_empty());
            rule.formats.as_ref()?;
        }
        _ => rule.level = Level::Enforce,
    }
    Some(new)
}

// ------------------------------------------------------------------------------------------------ randomness

fn maybe<T: std::fmt::Debug + Clone + 'static>(
    strategy: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Option<T>> {
    prop_oneof![2 => Just(None), 1 => strategy.prop_map(Some)].boxed()
}

fn rarely<T: std::fmt::Debug + Clone + 'static>(
    strategy: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Option<T>> {
    prop_oneof![5 => Just(None), 1 => strategy.prop_map(Some)].boxed()
}

fn names() -> BoxedStrategy<BTreeSet<&'static str>> {
    subsequence(SIGNERS.to_vec(), 1..=4).prop_map(|it| it.into_iter().collect()).boxed()
}

fn formats() -> BoxedStrategy<BTreeSet<SignatureFormat>> {
    subsequence(FORMATS.to_vec(), 1..=3).prop_map(|it| it.into_iter().collect()).boxed()
}

fn key_text() -> impl Strategy<Value = KeyText> {
    let times = (maybe(0_u32..10), maybe(11_u32..24), maybe(12_u32..40));
    let revoked = prop_oneof![4 => Just(None), 1 => maybe(4_u32..20).prop_map(Some)];
    let frozen = subsequence(vec![1_u8, 2, 9], 0..=2);
    let any = (times, revoked, frozen).prop_map(|((from, until, trusted), revoked, frozen)| KeyText {
        from,
        until,
        trusted,
        revoked,
        frozen: frozen.into_iter().collect(),
    });
    prop_oneof![2 => Just(KeyText::default()), 1 => any]
}

fn rule_text() -> impl Strategy<Value = RuleText> {
    let threshold = (1_usize..4, names()).prop_map(|(n, of)| (n.min(of.len()), of));
    let level = prop_oneof![2 => Just(Level::Enforce), 1 => Just(Level::Warn)];
    let models = subsequence(PATTERNS.to_vec(), 1..=2);
    let most = subsequence(SIGNERS.to_vec(), 2..=4).prop_map(|it| it.into_iter().collect());
    let signers = prop_oneof![1 => Just(None), 3 => most.prop_map(Some)];
    (models, signers, maybe(threshold), rarely(1_u64..4), rarely(6_u32..30), rarely(formats()), level)
        .prop_map(|(models, signers, threshold, least, age, formats, level)| {
            let asks = threshold.is_some() || least.is_some() || age.is_some() || formats.is_some();
            let signers = if asks { signers } else { signers.or(Some(BTreeSet::from(["alice"]))) };
            RuleText { models, signers, threshold, least, age, formats, level }
        })
}

fn store_text() -> impl Strategy<Value = StoreText> {
    let listed = prop::collection::btree_set((select(NAMES.to_vec()), 1_u8..3, 0..KEYS.len()), 0..6);
    // Mostly somebody may sign: otherwise nothing would ever be accepted.
    let any_rule = RuleText {
        models: vec!["*", "sub/*"],
        signers: Some(SIGNERS.into_iter().collect()),
        threshold: None,
        least: None,
        age: None,
        formats: None,
        level: Level::Enforce,
    };
    let warning = RuleText { level: Level::Warn, ..any_rule.clone() };
    let any_rule = select(vec![Some(any_rule.clone()), Some(warning.clone()), Some(warning), None]);
    (
        prop::collection::vec(key_text(), KEYS.len()),
        prop::collection::vec(rule_text(), 0..4),
        any_rule,
        listed,
    )
        .prop_map(|(keys, mut rules, any_rule, listed)| {
            rules.extend(any_rule);
            StoreText { keys, rules, listed }
        })
}

fn signature() -> impl Strategy<Value = Signature> {
    let names =
        (select(NAMES.to_vec()), prop_oneof![5 => Just(None), 1 => select(NAMES.to_vec()).prop_map(Some)]);
    let has = (prop::bool::weighted(0.9), prop::bool::weighted(0.9), prop::bool::weighted(0.05));
    let times = (8_u32..20, maybe(10_u32..40), maybe(0_u32..30), 16_u32..32);
    let more = (
        prop_oneof![1 => Just(None), 3 => (1_u64..6).prop_map(Some)],
        1_u8..3,
        subsequence((0..KEYS.len()).collect::<Vec<_>>(), 0..=5),
        rarely(1_u64..5),
        rarely(1_u64..4),
    );
    ((0..KEYS.len(), select(FORMATS.to_vec())), names, has, times, more).prop_map(
        |(
            (key, format),
            (expected, signed),
            (envelope, claims, other),
            (at, expires, vouched, now),
            more,
        )| {
            let (version, statement, countersigned, least, remembered) = more;
            Signature {
                key,
                format,
                expected,
                signed: signed.unwrap_or(expected),
                has_envelope: envelope,
                has_claims: claims,
                claimed: if other { Some("somebody") } else { Some(KEYS[key].1) },
                at,
                expires,
                version,
                statement,
                vouched,
                countersigned,
                least,
                remembered: remembered.filter(|_| version.is_some()),
                now,
            }
        },
    )
}

fn restriction() -> impl Strategy<Value = Restriction> {
    prop_oneof![
        4 => rule_text().prop_map(Restriction::AddRule),
        2 => names().prop_map(Restriction::NarrowSigners),
        1 => names().prop_map(Restriction::NarrowOf),
        2 => (1_usize..4, names()).prop_map(|(n, of)| Restriction::Threshold(n, of)),
        1 => (1_u64..6).prop_map(Restriction::Least),
        1 => (1_u32..30).prop_map(Restriction::Age),
        1 => formats().prop_map(Restriction::Formats),
        2 => Just(Restriction::Enforce),
        1 => (0_u32..24).prop_map(Restriction::From),
        1 => (0_u32..24).prop_map(Restriction::Until),
        1 => (0_u32..40).prop_map(Restriction::Trusted),
        1 => maybe(0_u32..20).prop_map(Restriction::Revoke),
        1 => Just(Restriction::Unfreeze),
        1 => Just(Restriction::Unlist),
    ]
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        max_global_rejects: 100_000,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(8000))]

    #[test]
    fn a_restriction_never_accepts_more(
        store in store_text(), asked in signature(), change in restriction(), at in any::<Index>(),
    ) {
        let new = restricted(&store, &change, &at, &asked);
        prop_assume!(new.is_some());
        let new = new.expect("just seen");
        let (before, after) = (asked.judged(&store.parse(None)), asked.judged(&new.parse(None)));
        prop_assert!(after.worth() <= before.worth(), "{before:?} became {after:?}");
    }

}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn order_means_nothing(store in store_text(), asked in signature(), order in any::<u64>()) {
        prop_assert_eq!(asked.judged(&store.parse(None)), asked.judged(&store.parse(Some(order))));
    }

    /// The one thing that passes by itself is that something was signed in the future. All countersignatures here are old.
    #[test]
    fn time_heals_nothing(store in store_text(), asked in signature(), later in 1_u32..40) {
        let store = store.parse(None);
        let (early, late) = (asked.judged(&store), Signature { now: asked.now + later, ..asked }.judged(&store));
        for (early, late) in [(early.refused, late.refused), (early.tolerated, late.tolerated)] {
            let mut left = late;
            for code in early.into_iter().filter(|code| *code != "signed-in-the-future") {
                let at = left.iter().position(|other| *other == code);
                prop_assert!(at.is_some(), "{code} is gone");
                left.remove(at.expect("just seen"));
            }
        }
    }

    #[test]
    fn what_was_read_is_written_and_read_alike(store in store_text(), asked in signature()) {
        let store = store.parse(None);
        let again = parse(&rendered(&store));
        prop_assert_eq!(asked.judged(&store), asked.judged(&again));
        prop_assert_eq!((store.serial(), store.expires_at()), (again.serial(), again.expires_at()));
    }

    #[test]
    fn another_countersignature_does_no_harm(store in store_text(), asked in signature(), key in 0..KEYS.len()) {
        let store = store.parse(None);
        let (before, mut more) = (asked.judged(&store), asked);
        more.countersigned.insert(0, key);
        prop_assert!(more.judged(&store).worth() >= before.worth());
    }

    /// Tokens of stores in any order, and one store with a piece cut out or put in.
    #[test]
    fn any_text_is_a_store_or_an_error(
        tokens in prop::collection::vec(select(vec![
            "serial = 1\n", "expires_at = 2030-01-01\n", "[[signer]]\n", "[[signer.key]]\n", "[[rule]]\n", "name = \"a\"\n",
            "public_key", " = ", "\"x\"", "[", "]", "{", "}", "\n", "\"\"\"", "'", "models = \"*\"\n", "signers = [\"a\"]\n",
            "threshold = { n = 1, of = [\"a\"] }\n", "2025-01-01", "level = \"warn\"\n", "\u{0}", "ü", "#", ".", ",",
        ]), 0..30),
        store in store_text(), from in any::<Index>(), length in 0_usize..60, put in "\\PC{0,20}",
    ) {
        let _ = TrustStore::parse(tokens.concat().as_bytes(), &nothing);
        let mut bytes = store.to_toml(&mut Order(None)).into_bytes();
        let from = from.index(bytes.len());
        let to = bytes.len().min(from + length);
        bytes.splice(from..to, put.into_bytes());
        let _ = TrustStore::parse(&bytes, &nothing);
    }

    #[test]
    fn no_lower_version_is_ever_accepted(
        steps in prop::collection::vec((0_usize..2, 0_usize..2, maybe(1_u64..5), 1_u8..4, maybe(1_u8..4)), 1..40),
    ) {
        let mut memory = Memory::default();
        memory.remember_store(&parse("serial = 1\nexpires_at = 2030-01-01\n"));
        let mut highest: BTreeMap<(usize, usize), (u64, u8)> = BTreeMap::new();
        for (name, signer, version, statement, renews) in steps {
            let (model, owner) = (NAMES[name], SIGNERS[signer]);
            let refusal =
                memory.judge(model, owner, version, Some(digest(statement)), renews.map(digest));
            let known = highest.get(&(name, signer)).copied();
            let expected = match (known, version) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some((most, _)), Some(version)) if version != most => version > most,
                (Some((_, last)), Some(_)) => statement == last || renews == Some(last),
            };
            prop_assert_eq!(refusal.is_none(), expected);
            if let (None, Some(version)) = (refusal, version) {
                prop_assert!(known.is_none_or(|(most, _)| version >= most));
                memory.remember_model(model, owner, version, digest(statement));
                highest.insert((name, signer), (version, statement));
            }
            let text = memory.to_text();
            let read = Memory::parse(text.as_bytes()).expect("it reads what it writes");
            prop_assert_eq!(&read, &memory);
            memory = read;
        }
    }
}

/// Without this, the properties could hold because nothing is ever accepted.
#[test]
fn every_outcome_is_met_by_restrictions() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::new(config(1));
    let (mut worth, mut changed) = ([0; 3], 0);
    for _ in 0..2000 {
        let strategy = (store_text(), signature(), restriction(), any::<Index>());
        let (store, asked, change, at) = strategy.new_tree(&mut runner).expect("a value").current();
        let before = asked.judged(&store.parse(None)).worth();
        worth[usize::from(before)] += 1;
        if let Some(new) = restricted(&store, &change, &at, &asked) {
            changed += usize::from(asked.judged(&new.parse(None)).worth() < before);
        }
    }
    assert!(worth.iter().all(|count| *count >= 40) && changed >= 20, "{worth:?}, {changed} changed");
}
