//! Changes of the model, of what nobody signs, and of statements that the very key signs again; and mixtures of files by
//! several trusted keys.

use std::fs;

use weightseal::digest::Digest;
use weightseal::envelope::{Envelope, EnvelopeSignature, decode_base64, encode_base64};
use weightseal::format::SignatureFile;
use weightseal::json;
use weightseal::sign::CompatSignature;
use weightseal::trust::{KeyRing, Requirements, Unauthenticated};
use weightseal::verify::{Facts, Failure, Policy, verify};

use crate::common::{Random, headline, key, read_key};
use crate::node::Node;
use crate::scene::{MODEL, Scene, Verdict};
use crate::shape::mutated;

/// Without an envelope only the digest is signed; what else is changed is claimed, and never called authenticated.
#[test]
fn a_changed_published_manifest_is_never_authenticated() {
    let scene = Scene::published_by("rsa2048");
    assert_eq!(scene.facts.authenticated, Some(false));
    let (mut refused, mut claims) = (0, 0);
    for at in 0..scene.original.len() {
        for bit in 0..8 {
            let mut bytes = scene.original.clone();
            bytes[at] ^= 1 << bit;
            let what = format!("byte {at}, bit {bit}");
            match scene.verdict(&bytes) {
                Ok(outcome) => {
                    let facts = outcome.facts();
                    assert_eq!(facts.authenticated, Some(false), "{what}");
                    assert_eq!(
                        (&facts.files, &facts.key.as_ref().map(|key| key.id)),
                        (&scene.facts.files, &scene.facts.key.as_ref().map(|key| key.id)),
                        "{what}"
                    );
                    assert_eq!((facts.statement, facts.model_version), (None, None), "{what}");
                    claims += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    println!("bit flips of a published manifest: {refused} refused, {claims} accepted as claimed only");
    assert!(refused > 0 && claims > 0);
    // Who asks for more than the digest refuses every one of them, unchanged as well.
    let strict = Policy { requirements: Requirements::default(), ..scene.policy.clone() };
    fs::write(&scene.place, &scene.original).expect("written");
    assert_eq!(headline(&verify(&scene.target, &strict, &())), "not-authenticated");
}

#[test]
fn every_bit_of_a_model_counts() {
    let mut refused = 0;
    for scene in [Scene::manifest_of("ed25519", CompatSignature::Write), Scene::published_by("rsa2048")] {
        let model = scene.folder.path().join("m.pt");
        let mut refuse = |bytes: &[u8]| {
            fs::write(&model, bytes).expect("written");
            let Err(Failure::Rejected(rejected)) = verify(&scene.target, &scene.policy, &()) else {
                panic!("accepted: {bytes:?}")
            };
            assert_eq!(rejected.headline().code(), "hash-mismatch");
            let same_size = bytes.len() == MODEL.len() || scene.facts.authenticated == Some(false);
            assert_eq!(rejected.reasons().len(), if same_size { 1 } else { 2 });
            assert_eq!(rejected.facts().files[0].found, Some(Digest::of(bytes).into()));
            assert_eq!(rejected.facts().files[0].expected, Some(Digest::of(MODEL).into()));
            refused += 1;
        };
        for at in 0..MODEL.len() {
            for bit in 0..8 {
                let mut bytes = MODEL.to_vec();
                bytes[at] ^= 1 << bit;
                refuse(&bytes);
            }
            refuse(&MODEL[..at]);
            refuse(&[&MODEL[..at], &[0], &MODEL[at..]].concat());
        }
        fs::write(&model, MODEL).expect("written");
        assert_eq!(headline(&verify(&scene.target, &scene.policy, &())), "verified");
    }
    println!("models with a flipped bit, cut, or with a byte more: {refused} refused");
}

/// The same where nothing but the digest is asked for: a signed manifest may come out as a published one, and
/// then is not authenticated and has no statement; it never comes out as authenticated with other facts.
#[test]
fn stripping_is_the_only_structural_change_that_shows() {
    let mut random = Random(0x57a1);
    let mut scene = Scene::manifest_of("rsa2048", CompatSignature::Write);
    scene.policy.requirements.unauthenticated = Unauthenticated::Accept;
    let (mut same, mut stripped, mut refused) = (0, 0, 0);
    for round in 0..1_000 {
        let mut node = Node::read(&scene.original);
        if round % 2 == 0 {
            node.fields().retain(|(name, _)| !["envelope", "key_id"].contains(&name.as_str()));
        }
        let (text, changes) = mutated(&node, &node, &mut random);
        match scene.verdict(text.as_bytes()) {
            Ok(outcome) if outcome.facts().authenticated == Some(true) => {
                assert_eq!(*outcome.facts(), scene.facts, "{changes}");
                same += 1;
            }
            Ok(outcome) => {
                let facts = outcome.facts();
                assert_eq!((facts.authenticated, facts.statement), (Some(false), None), "{changes}");
                assert_eq!((&facts.model_version, &facts.expires_at), (&None, &None), "{changes}");
                assert_eq!(facts.files, scene.facts.files, "{changes}");
                stripped += 1;
            }
            Err(_) => refused += 1,
        }
    }
    println!(
        "structural changes with only the digest asked for: {refused} refused, {same} the same, {stripped} stripped"
    );
    assert!(same > 0 && stripped > 0 && refused > 0);
}

/// Changes inside the signed statement. Signed by nobody they are all refused. Signed again by the very key, they
/// are refused too or mean nothing, except for what only the statement says.
#[test]
fn changes_of_the_statement_are_refused_unless_signed() {
    let mut random = Random(0xd55e);
    for kind in ["ed25519", "rsa2048"] {
        let key = key(kind);
        let scene = Scene::manifest_of(kind, CompatSignature::Write);
        let (mut unsigned, mut accepted, mut refused) = (0, 0, 0);
        for _ in 0..1_000 {
            let mut node = Node::read(&scene.original);
            let payload = node.at(&["envelope", "payload"]);
            let statement = Node::read(&decode_base64(payload.text()).expect("base64"));
            let (text, changes) = mutated(&statement, &statement, &mut random);
            if text == statement.to_text() {
                continue;
            }
            let mut envelope = Envelope { payload: text.into_bytes(), signatures: Vec::new() };
            *payload = Node::Text(encode_base64(&envelope.payload));
            match scene.try_bytes(node.to_text().as_bytes()) {
                Verdict::Rejected(_) => unsigned += 1,
                _ => panic!("an unsigned statement was accepted: {changes}"),
            }
            let sig = key.sign(&envelope.pae()).expect("signed");
            envelope.signatures.push(EnvelopeSignature { sig, keyid: None });
            let parsed = json::parse(envelope.to_json().to_string().as_bytes()).expect("JSON");
            *node.at(&["envelope"]) = parsed.into();
            match scene.verdict(node.to_text().as_bytes()) {
                Ok(outcome) => {
                    let expected = Facts {
                        statement: Some(Digest::of(&envelope.payload)),
                        model_version: outcome.facts().model_version,
                        expires_at: outcome.facts().expires_at.clone(),
                        annotations: outcome.facts().annotations.clone(),
                        ..scene.facts.clone()
                    };
                    assert_eq!(*outcome.facts(), expected, "{changes}");
                    accepted += 1;
                }
                Err(_) => refused += 1,
            }
        }
        println!(
            "changes of the statement of {kind}: {unsigned} refused as they are; signed again by the key, \
             {refused} refused and {accepted} accepted as signed"
        );
        assert!(unsigned > 500 && accepted > 0 && refused > 0);
    }
}

/// Several trusted keys: each signs for itself, and no mixture is accepted.
#[test]
fn parts_of_manifests_by_several_trusted_keys_do_not_mix() {
    let (mut refused, mut accepted) = (0, 0);
    let kinds = ["ed25519", "p256", "rsa2048", "rsa2048-other"];
    let other = read_key("rsa2048-other");
    let by_name = |kind: &str| if kind == "rsa2048-other" { &other } else { key(kind) };
    let scenes = kinds.map(|kind| Scene::manifest_by(by_name(kind), CompatSignature::Write, kind));
    let keys = KeyRing::new(kinds.map(|kind| by_name(kind).public().clone()));
    for (a, scene) in scenes.iter().enumerate() {
        let policy = Policy { keys: keys.clone(), ..scene.policy.clone() };
        for (b, stranger) in scenes.iter().enumerate() {
            // Every choice of fields that is taken from the stranger's manifest.
            for choice in 0..1 << 5 {
                let (mut node, mut from) = (Node::read(&scene.original), Node::read(&stranger.original));
                let fields = node.fields();
                for (bit, name) in
                    ["key_id", "envelope", "signature", "algorithm", "key_size"].iter().enumerate()
                {
                    if choice & 1 << bit != 0 {
                        fields.retain(|(field, _)| field != name);
                        fields.extend(from.fields().iter().find(|(field, _)| field == name).cloned());
                    }
                }
                fs::write(&scene.place, node.to_text()).expect("written");
                match verify(&scene.target, &policy, &()) {
                    Ok(outcome) => {
                        let owner = outcome.facts().key.clone();
                        assert!(
                            [&scene.facts.key, &stranger.facts.key].contains(&&owner)
                                && outcome.facts().authenticated == Some(true),
                            "{} with parts of {}: {choice:b}",
                            kinds[a],
                            kinds[b]
                        );
                        // The envelope, the key id and the signature over the digest are of one key.
                        let Ok(SignatureFile::Manifest(manifest)) =
                            SignatureFile::parse(node.to_text().as_bytes())
                        else {
                            panic!("no manifest")
                        };
                        let owner = owner.expect("a key").id;
                        assert_eq!(manifest.visible.key_id, Some(owner));
                        let signed = manifest.signed.expect("an envelope");
                        assert_eq!(signed.statement.claims.key_id, owner);
                        if let Some(signature) = &manifest.visible.signature {
                            let owner =
                                kinds.iter().map(|kind| by_name(kind).public()).find(|key| key.id() == owner);
                            owner
                                .expect("one of them")
                                .verify_hex_digest(&manifest.visible.sha256, signature)
                                .expect("its own");
                        }
                        accepted += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
        }
    }
    println!(
        "mixtures of manifests by four trusted keys: {refused} refused, {accepted} accepted as one key's own"
    );
    assert!(refused > 0 && accepted > 0);
}
