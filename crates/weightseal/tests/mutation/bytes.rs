//! Every bit of every small signature file, and every place where a byte can be lost, doubled or added.

use crate::common::Random;
use crate::scene::{Scene, Tally};
use crate::{Job, full_or, grouped, on_all_cores, row};
use weightseal::sign::CompatSignature;

/// The bytes that are inserted: nothing, blanks, what structures JSON, what is base64 and hex, no UTF-8.
const INSERTED: [u8; 8] = [0, b' ', b'\n', b'"', b',', b'0', b'A', 0xc3];

/// Makes a scene, on the thread that works with it.
type Make = fn() -> Scene;

const PAYLOAD: &[&str] = &["envelope", "payload"];
const SIGNATURE: &[&str] = &["envelope", "signatures", "0", "sig"];
const OMS_PAYLOAD: &[&str] = &["dsseEnvelope", "payload"];
const OMS_SIGNATURE: &[&str] = &["dsseEnvelope", "signatures", "0", "sig"];
const CERTIFICATES: [&[&str]; 2] = [
    &["verificationMaterial", "x509CertificateChain", "certificates", "0", "rawBytes"],
    &["verificationMaterial", "x509CertificateChain", "certificates", "1", "rawBytes"],
];

fn manifest(kind: &str) -> Scene {
    Scene::manifest_of(kind, CompatSignature::Write)
}

/// Every small file that is signed or that a signature is checked with, the longest work first.
const SCENES: [Make; 28] = [
    || Scene::bundle_of("rsa4096"),
    || manifest("rsa4096"),
    Scene::oms_with_certificate,
    || Scene::oms_of("rsa4096"),
    || Scene::bundle_of("p256"),
    || Scene::bundle_of("ed25519"),
    || Scene::oms_of("p256"),
    || Scene::oms_of("ed25519"),
    || manifest("rsa2048"),
    || manifest("p256"),
    || manifest("ed25519"),
    || {
        let mut scene = manifest("p256");
        scene.target.signature = None;
        scene.what += " that is looked for";
        scene
    },
    Scene::renewed,
    || Scene::countersignature_of(manifest("ed25519")),
    || Scene::countersignature_of(Scene::oms_of("ed25519")),
    || Scene::countersignature_of(Scene::bundle_of("ed25519")),
    Scene::chunk_list,
    || manifest("rsa4096").inside("the payload", PAYLOAD),
    || manifest("ed25519").inside("the payload", PAYLOAD),
    || Scene::oms_of("p256").inside("the payload", OMS_PAYLOAD),
    || Scene::oms_with_certificate().inside("the payload", OMS_PAYLOAD),
    || manifest("rsa4096").inside("the signature", SIGNATURE),
    || manifest("p256").inside("the signature", SIGNATURE),
    || manifest("ed25519").inside("the signature", SIGNATURE),
    || Scene::oms_of("p256").inside("the signature", OMS_SIGNATURE),
    || Scene::oms_with_certificate().inside("the signature", OMS_SIGNATURE),
    || Scene::oms_with_certificate().inside("the signer's certificate", CERTIFICATES[0]),
    || Scene::oms_with_certificate().inside("the authority's certificate", CERTIFICATES[1]),
];

/// Does the same with each scene, and adds up what came out.
fn with_each(what: &'static str, work: fn(&Scene) -> Tally) -> Tally {
    let jobs = SCENES.map(|make| -> Job<Tally> {
        Box::new(move || {
            let scene = make();
            let tally = work(&scene);
            tally.report(&format!("{what} of {}", scene.what));
            tally
        })
    });
    on_all_cores(jobs.into()).into_iter().fold(Tally::default(), Tally::add)
}

#[test]
fn every_bit_is_refused_or_changes_nothing() {
    let tally = with_each("bit flips", |scene| {
        let mut tally = Tally::default();
        for at in 0..scene.original.len() {
            // In the short form one bit of each byte, another one each time.
            let bits = full_or(0..8, at * 5 % 8..at * 5 % 8 + 1);
            for bit in bits {
                let mut bytes = scene.original.clone();
                bytes[at] ^= 1 << bit;
                let what = || format!("{}, byte {at}, bit {bit}: {}", scene.what, around(&bytes, at));
                tally.enter(scene.try_bytes(&bytes), &what);
            }
        }
        tally
    });
    let what = "one bit of a signature file flipped: accepted with another meaning";
    row("mutation/bits", what, tally.figures(), &rest(&tally));
}

#[test]
fn every_byte_is_missed_or_means_nothing() {
    let tally = with_each("cuts, deletions, doublings and insertions", |scene| {
        let (mut tally, original, mut random) = (Tally::default(), &scene.original, Random(0xb17e));
        for at in 0..original.len() {
            let (before, after) = original.split_at(at);
            let mut changes = vec![
                ("cut at", before.to_vec()),
                ("deleted", [before, &after[1..]].concat()),
                ("doubled", [before, &after[..1], after].concat()),
            ];
            for byte in INSERTED {
                changes.push(("inserted", [before, &[byte], after].concat()));
            }
            if let Some(index) = full_or(None, Some(random.below(changes.len()))) {
                changes = vec![changes.swap_remove(index)];
            }
            for (how, bytes) in changes {
                let what = || format!("{}, byte {at} {how}: {}", scene.what, around(&bytes, at));
                tally.enter(scene.try_bytes(&bytes), &what);
            }
        }
        for byte in INSERTED {
            let bytes = [&original[..], &[byte]].concat();
            tally.enter(scene.try_bytes(&bytes), &|| format!("{}, {byte:#04x} appended", scene.what));
        }
        tally
    });
    let what = "a signature file cut, or a byte deleted, doubled or inserted: accepted with another meaning";
    row("mutation/bytes", what, tally.figures(), &rest(&tally));
}

/// What a flipped bit can never do is checked where it is known: white space is the only text of a manifest without
/// meaning, and no bit turns one kind of it into another.
#[test]
fn no_bit_of_a_manifest_is_without_meaning() {
    let scene = manifest("ed25519");
    for at in 0..scene.original.len() {
        let mut bytes = scene.original.clone();
        bytes[at] ^= 1 << (at % 8);
        assert!(scene.verdict(&bytes).is_err(), "byte {at}: {}", around(&bytes, at));
    }
}

fn rest(tally: &Tally) -> String {
    format!(
        "; {} refused, {} accepted with the same facts",
        grouped(tally.rejected()),
        grouped(tally.accepted)
    )
}

fn around(bytes: &[u8], at: usize) -> String {
    let end = (at + 20).min(bytes.len());
    String::from_utf8_lossy(&bytes[at.saturating_sub(20).min(end)..end]).into_owned()
}
