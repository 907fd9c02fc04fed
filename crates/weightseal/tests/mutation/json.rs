//! Neither parser nor check is fooled by a signature file of another shape: fields doubled, renamed, moved, retyped, nested,
//! in another spelling, or taken from another file that the same key has signed.

use std::fs;

use weightseal::envelope::{decode_base64, encode_base64};
use weightseal::sign::{CompatSignature, Options, Serialization, sign_bundle, sign_file, sign_model};

use crate::common::{Random, key};
use crate::node::Node;
use crate::scene::{Scene, Tally, Verdict, options};
use crate::shape::mutated;
use crate::{Job, full_or, grouped, on_all_cores, row};

/// A signed file, and another one by the same key.
struct Pair {
    scene: Scene,
    stranger: Node,
}

fn other_options() -> Options {
    Options { model_version: Some(8), signer: Some("somebody@else".to_owned()), ..options() }
}

/// The signature file of another model.
fn manifest(kind: &'static str) -> Pair {
    let folder = tempfile::tempdir().expect("a folder");
    let model = folder.path().join("other.pt");
    fs::write(&model, b"another model").expect("written");
    let signed = sign_file(&model, None, key(kind), &other_options(), &()).expect("signed");
    Pair { scene: Scene::manifest_of(kind, CompatSignature::Write), stranger: read(&signed.manifest) }
}

fn bundle(kind: &'static str) -> Pair {
    let folder = tempfile::tempdir().expect("a folder");
    let models = ["a.pt", "c.pt", "d.pt"].map(|name| folder.path().join(name));
    models.iter().for_each(|model| fs::write(model, b"another model").expect("written"));
    let place = folder.path().join("set.manifest.json");
    sign_bundle(&models, &place, None, key(kind), &other_options(), &()).expect("signed");
    Pair { scene: Scene::bundle_of(kind), stranger: read(&place) }
}

fn oms(kind: &'static str) -> Pair {
    let folder = tempfile::tempdir().expect("a folder");
    let model = folder.path().join("model");
    fs::create_dir(&model).expect("made");
    fs::write(model.join("config.json"), b"{ }").expect("written");
    let listing = Serialization::default();
    let signed = sign_model(&model, None, key(kind), None, &listing, &other_options(), &()).expect("signed");
    Pair { scene: Scene::oms_of(kind), stranger: read(&signed.signature) }
}

fn certificate() -> Pair {
    Pair { scene: Scene::oms_with_certificate(), ..oms("p256") }
}

fn read(path: &std::path::Path) -> Node {
    Node::read(&fs::read(path).expect("read"))
}

type Make = fn() -> Pair;

/// What is changed, and where in it a statement stands as base64, if that is changed.
type Family = (&'static str, [Make; 2], Option<[&'static str; 2]>);

const OURS: Option<[&str; 2]> = Some(["envelope", "payload"]);
const OMS: Option<[&str; 2]> = Some(["dsseEnvelope", "payload"]);

const FAMILIES: [Family; 7] = [
    ("manifests", [|| manifest("rsa2048"), || manifest("ed25519")], None),
    ("bundle manifests", [|| bundle("rsa2048"), || bundle("p256")], None),
    ("OMS signatures with a key", [|| oms("p256"), || oms("ed25519")], None),
    ("OMS signatures with a certificate", [certificate, certificate], None),
    ("statements of manifests", [|| manifest("rsa2048"), || manifest("ed25519")], OURS),
    ("statements of bundle manifests", [|| bundle("p256"), || bundle("ed25519")], OURS),
    ("statements of OMS signatures", [|| oms("p256"), || oms("ed25519")], OMS),
];

/// The statement that stands as base64 at a path.
fn statement(node: &mut Node, path: &[&str]) -> Node {
    Node::read(&decode_base64(node.at(path).text()).expect("base64"))
}

#[test]
fn another_shape_is_refused_or_means_the_same() {
    let each = full_or(10_000, 2_000);
    let jobs = FAMILIES.into_iter().enumerate().flat_map(|(number, (what, makes, path))| {
        makes.into_iter().enumerate().map(move |(half, make)| -> Job<Tally> {
            Box::new(move || {
                let seed = (number * 2 + half) as u64;
                let mut pair = make();
                pair.scene.strangers.push(other_options().signer);
                let tally = change(&pair, path, each / 2, &mut Random(0x5ea1 + (seed << 32)));
                tally.report(&format!("{what}, half {half}"));
                tally
            })
        })
    });
    let tally = on_all_cores(jobs.collect()).into_iter().fold(Tally::default(), Tally::add);
    assert_eq!(tally.tried(), each * FAMILIES.len());
    assert!(tally.accepted > 0, "a field at another position changes nothing");
    let what = "a signature file or its statement in another shape: accepted with another meaning";
    let rest = format!(
        " ({} of each of {} kinds); {} accepted with the same facts",
        grouped(each),
        FAMILIES.len(),
        grouped(tally.accepted)
    );
    row("mutation/json", what, tally.figures(), &rest);
}

fn change(pair: &Pair, path: Option<[&str; 2]>, count: usize, random: &mut Random) -> Tally {
    let mut tally = Tally::default();
    let mut whole = Node::read(&pair.scene.original);
    let (mut node, mut stranger) = (whole.clone(), pair.stranger.clone());
    if let Some(path) = path {
        (node, stranger) = (statement(&mut whole, &path), statement(&mut stranger, &path));
    }
    let signed = path.map(|path| whole.at(&path).clone());
    for round in 0..count {
        let (text, changes) = mutated(&node, &stranger, random);
        let file = match path {
            None => text.clone(),
            Some(path) => {
                *whole.at(&path) = Node::Text(encode_base64(text.as_bytes()));
                whole.to_text()
            }
        };
        let mut verdict = pair.scene.try_bytes(file.as_bytes());
        // Not one byte of a statement may be another one.
        if let (Verdict::Accepted, Some(path)) = (&verdict, path)
            && signed.as_ref() != Some(whole.at(&path))
        {
            verdict = Verdict::Changed("accepted, though another statement was signed".to_owned());
        }
        let short: String = text.chars().take(4_000).collect();
        tally.enter(verdict, &|| format!("{}, round {round}: {changes}\n{short}", pair.scene.what));
    }
    tally
}
