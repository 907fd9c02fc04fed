//! A signed model with one file that is changed, and what its verification reports as long as it is not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use weightseal::countersign::{FirstSigner, countersign};
use weightseal::digest::CHUNKED_FROM;
use weightseal::envelope::{decode_base64, encode_base64};
use weightseal::hash::ChunkList;
use weightseal::key::PrivateKey;
use weightseal::renew::{Changes, renew};
use weightseal::sign::{CompatSignature, Options, Serialization, sign_bundle, sign_file, sign_model};
use weightseal::time::Timestamp;
use weightseal::trust::{
    CertificateRoots, CertificateRules, KeyRing, Requirements, TrustStore, Unauthenticated,
};
use weightseal::verify::{Facts, Failure, FolderRules, Outcome, Policy, RangeTarget, Target, verify};

use crate::common::{Random, alone, explicit, instant, key, policy};
use crate::node::Node;

pub(crate) const MODEL: &[u8] = b"sixteen bytes...and a few of the model's weights, all of them 1.0";

/// From what is changed to the bytes of the file.
type Wrap = Box<dyn Fn(&[u8]) -> Vec<u8> + Send>;

/// A signed model (or set, or folder), and what its verification reports.
pub(crate) struct Scene {
    pub(crate) what: String,
    pub(crate) folder: TempDir,
    pub(crate) target: Target,
    pub(crate) policy: Policy,
    /// The file that is changed.
    pub(crate) place: PathBuf,
    /// What is changed: all of the file, or a part of it, decoded.
    pub(crate) original: Vec<u8>,
    wrap: Wrap,
    pub(crate) facts: Facts,
    outcome: &'static str,
    /// Whoever else has signed what is put into the file.
    pub(crate) strangers: Vec<Option<String>>,
}

pub(crate) fn options() -> Options {
    let at = Timestamp::from_instant(instant("2026-05-01T01:02:03.456789Z"));
    let mut options = Options::new("training-pipeline@ml-team", at);
    options.key_version = Some(2);
    options.model_version = Some(7);
    options.expires_at = Some("2027-01-01T00:00:00+00:00".parse().expect("a time"));
    options.annotations.insert("commit".to_owned(), "9fceb02".to_owned());
    options
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub(crate) fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a folder above")).expect("made");
    fs::write(path, bytes).expect("written");
}

/// A folder model of three files.
fn folder_model(below: &Path) -> PathBuf {
    let model = below.join("model");
    write(&model.join("config.json"), b"{}\n");
    write(&model.join("sub/weights.bin"), MODEL);
    write(&model.join("sub/empty"), b"");
    model
}

impl Scene {
    pub(crate) fn manifest_of(kind: &str, compat: CompatSignature) -> Self {
        Self::manifest_by(key(kind), compat, &format!("a manifest by {kind}"))
    }

    pub(crate) fn manifest_by(key: &PrivateKey, compat: CompatSignature, what: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let model = folder.path().join("m.pt");
        fs::write(&model, MODEL).expect("written");
        let options = Options { compat_signature: compat, ..options() };
        let manifest = sign_file(&model, None, key, &options, &()).expect("signed").manifest;
        Self::of(what, folder, explicit(&model, &manifest), manifest, policy(key, Unauthenticated::Refuse))
    }

    /// The published format: what is left without envelope and key id.
    pub(crate) fn published_by(kind: &str) -> Self {
        let Self { folder, target, place, policy, original, .. } =
            Self::manifest_of(kind, CompatSignature::Write);
        let mut node = Node::read(&original);
        node.fields().retain(|(name, _)| !["envelope", "key_id"].contains(&name.as_str()));
        fs::write(&place, node.to_text()).expect("written");
        let requirements =
            Requirements { unauthenticated: Unauthenticated::Accept, ..policy.requirements.clone() };
        let policy = Policy { requirements, ..policy };
        Self::of("a published manifest", folder, target, place, policy)
    }

    pub(crate) fn bundle_of(kind: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = ["a.pt", "b.pt"].map(|name| folder.path().join(name));
        paths.iter().for_each(|path| fs::write(path, MODEL).expect("written"));
        let manifest = folder.path().join("set.manifest.json");
        sign_bundle(&paths, &manifest, None, key(kind), &options(), &()).expect("signed");
        let policy = policy(key(kind), Unauthenticated::Refuse);
        Self::of(&format!("a bundle manifest by {kind}"), folder, alone(&manifest), manifest, policy)
    }

    /// An OMS signature with a key.
    pub(crate) fn oms_of(kind: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let model = folder_model(folder.path());
        let signed = sign_model(&model, None, key(kind), None, &Serialization::default(), &options(), &())
            .expect("signed");
        let policy = policy(key(kind), Unauthenticated::Refuse);
        Self::of(&format!("an OMS signature by {kind}"), folder, alone(&model), signed.signature, policy)
    }

    /// An OMS signature with a certificate: one of the test vectors.
    pub(crate) fn oms_with_certificate() -> Self {
        let from =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testkit/vectors/oms-certificate/ok-chain");
        let folder = tempfile::tempdir().expect("a folder");
        let model = folder.path().join("model");
        copy(&from.join("model"), &model);
        let root = fs::read(from.join("root.pem")).expect("read");
        let rules = CertificateRules {
            roots: CertificateRoots::from_pem(&root).expect("a root"),
            identity: Some("release@example.com".to_owned()),
            ..CertificateRules::default()
        };
        let now = instant("2026-06-01T00:00:00Z");
        let policy = Policy {
            certificates: Some(rules),
            ..Policy::of_keys(KeyRing::default(), Requirements::default(), now)
        };
        let place = model.join("model.sig");
        Self::of("an OMS signature with a certificate", folder, alone(&model), place, policy)
    }

    /// What another key has signed again, in its place.
    pub(crate) fn renewed() -> Self {
        let Self { folder, target, place, policy: old, .. } =
            Self::manifest_of("p256", CompatSignature::Write);
        let changes = Changes::at(time("2026-06-01T00:00:00Z"));
        renew(&target, &old, key("ed25519"), &changes, &()).expect("renewed");
        let policy = policy(key("ed25519"), Unauthenticated::Refuse);
        Self::of("a renewed manifest", folder, target, place, policy)
    }

    /// The second of two signatures that a store asks for.
    pub(crate) fn countersignature_of(first: Self) -> Self {
        let Self { what, folder, target, .. } = first;
        let rules = FolderRules::default();
        let by = FirstSigner::Unjudged(&rules);
        let reviewer = Options::new("reviewer", time("2026-05-02T00:00:00Z"));
        let unnamed = Target { signature: None, ..target };
        let done = countersign(&unnamed, None, by, key("p256"), &reviewer, &()).expect("countersigned");
        let signers = [("training-pipeline@ml-team", "ed25519"), ("reviewer", "p256")];
        let mut text = "serial = 1\nexpires_at = 2099-01-01T00:00:00Z\n".to_owned();
        for (name, kind) in signers {
            let pem = key(kind).public().to_pem();
            text +=
                &format!("[[signer]]\nname = {name:?}\n[[signer.key]]\npublic_key = \"\"\"\n{pem}\"\"\"\n");
        }
        text += "[[rule]]\nmodels = \"*\"\nthreshold = { n = 2, of = [\"reviewer\", \"training-pipeline@ml-team\"] }\n";
        let store =
            TrustStore::parse(text.as_bytes(), &|_| unreachable!("no file is named")).expect("a store");
        let now = instant("2026-06-01T00:00:00Z");
        let policy = Policy::of_store(Arc::new(store), Requirements::default(), now);
        Self::of(&format!("the countersignature of {what}"), folder, unnamed, done.signature, policy)
    }

    /// The chunk list by which a range is verified.
    pub(crate) fn chunk_list() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let model = folder.path().join("m.pt");
        let size = usize::try_from(CHUNKED_FROM).expect("a size that fits") + 5;
        fs::write(&model, Random(11).bytes(size)).expect("written");
        let options = Options { chunk_list: ChunkList::Keep, ..options() };
        let signed = sign_file(&model, None, key("ed25519"), &options, &()).expect("signed");
        let list = signed.chunk_list.expect("a list");
        let range = RangeTarget { bytes: 3..7, chunk_list: Some(list.clone()) };
        let target = Target { range: Some(range), ..explicit(&model, &signed.manifest) };
        let policy = policy(key("ed25519"), Unauthenticated::Refuse);
        Self::of("a chunk list", folder, target, list, policy)
    }

    fn of(what: &str, folder: TempDir, target: Target, place: PathBuf, policy: Policy) -> Self {
        let original = fs::read(&place).expect("read");
        let outcome = verify(&target, &policy, &()).expect("verified");
        let (facts, outcome) = (outcome.facts().clone(), name_of(&outcome));
        let wrap: Wrap = Box::new(<[u8]>::to_vec);
        Self {
            what: what.to_owned(),
            folder,
            target,
            policy,
            place,
            original,
            wrap,
            facts,
            outcome,
            strangers: Vec::new(),
        }
    }

    /// The same, where not the file is changed, but what stands as base64 at this path in it.
    pub(crate) fn inside(self, part: &str, path: &'static [&'static str]) -> Self {
        let whole = Node::read(&self.original);
        let mut node = whole.clone();
        let original = decode_base64(node.at(path).text()).expect("base64");
        let wrap: Wrap = Box::new(move |bytes| {
            let mut node = whole.clone();
            *node.at(path) = Node::Text(encode_base64(bytes));
            node.to_text().into_bytes()
        });
        let scene = Self { what: format!("{part} in {}", self.what), original, wrap, ..self };
        assert!(matches!(scene.try_bytes(&scene.original), Verdict::Accepted));
        scene
    }

    /// The verdict with these bytes in the place of what is changed.
    pub(crate) fn verdict(&self, bytes: &[u8]) -> Result<Outcome, Failure> {
        fs::write(&self.place, (self.wrap)(bytes)).expect("written");
        verify(&self.target, &self.policy, &())
    }

    /// Refused, or accepted with every fact the same; anything else is what must not be.
    pub(crate) fn try_bytes(&self, bytes: &[u8]) -> Verdict {
        self.judge(self.verdict(bytes))
    }

    /// The same with another policy, and nothing changed in the file.
    pub(crate) fn try_policy(&self, policy: &Policy) -> Verdict {
        self.judge(verify(&self.target, policy, &()))
    }

    fn judge(&self, outcome: Result<Outcome, Failure>) -> Verdict {
        match outcome {
            Ok(outcome) if *outcome.facts() != self.facts || name_of(&outcome) != self.outcome => {
                Verdict::Changed(format!("accepted with changed facts: {:?}", outcome.facts()))
            }
            Ok(_) => Verdict::Accepted,
            Err(Failure::Rejected(rejected)) => {
                for reason in rejected.reasons() {
                    // Words for people are made of hostile text, too: no panic, no control characters.
                    let words = format!("{reason} {} {}", reason.code(), reason.hint().unwrap_or_default());
                    if words.chars().any(char::is_control) {
                        return Verdict::Changed(format!("control characters in {words:?}"));
                    }
                }
                let facts = rejected.facts();
                let is_known = facts.signer == self.facts.signer || self.strangers.contains(&facts.signer);
                if facts.signer.is_some() && !is_known {
                    return Verdict::Changed(format!("rejected in the name of {:?}", facts.signer));
                }
                Verdict::Rejected(rejected.headline().code())
            }
            // `verify X.manifest.json` looks for what the manifest names.
            Err(Failure::Inconclusive(inconclusive)) => Verdict::Rejected(inconclusive.trouble.code()),
        }
    }
}

fn name_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Verified(_) => "verified",
        Outcome::Partial(_) => "partial",
        Outcome::Tolerated(_) => "tolerated",
    }
}

/// Copies a folder of files and folders.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).expect("copied")),
        }
    }
}

pub(crate) enum Verdict {
    Accepted,
    Rejected(&'static str),
    /// What must not be.
    Changed(String),
}

/// How often what came out.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) accepted: usize,
    pub(crate) changed: usize,
    rejected: BTreeMap<&'static str, usize>,
}

impl Tally {
    /// Enters a verdict, and says on standard error what must not be.
    pub(crate) fn enter(&mut self, verdict: Verdict, what: &dyn Fn() -> String) {
        match verdict {
            Verdict::Accepted => self.accepted += 1,
            Verdict::Rejected(code) => *self.rejected.entry(code).or_default() += 1,
            Verdict::Changed(how) => {
                self.changed += 1;
                eprintln!("{}: {how}", what());
            }
        }
    }

    pub(crate) fn rejected(&self) -> usize {
        self.rejected.values().sum()
    }

    pub(crate) fn tried(&self) -> usize {
        self.accepted + self.changed + self.rejected()
    }

    pub(crate) fn report(&self, what: &str) {
        println!(
            "{what}: {} tried, {} refused, {} accepted with the same facts, {} otherwise; {:?}",
            self.tried(),
            self.rejected(),
            self.accepted,
            self.changed,
            self.rejected
        );
        assert!(self.rejected() > 0, "{what}: nothing was refused");
    }

    pub(crate) fn add(mut self, other: Self) -> Self {
        self.accepted += other.accepted;
        self.changed += other.changed;
        for (code, count) in other.rejected {
            *self.rejected.entry(code).or_default() += count;
        }
        self
    }

    /// For a row: what must not be, and out of how many.
    pub(crate) fn figures(&self) -> (usize, usize) {
        (self.changed, self.tried())
    }
}
