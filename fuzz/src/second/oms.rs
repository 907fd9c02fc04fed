//! OMS signatures of the method key, as docs/spec/oms.md has them: files that were hashed as a whole, not in shards.

use super::json::{self, Json};
use super::manifest::{Facts, Key, envelope, hex, is_safe, is_sorted, sizes};

const MEDIA_TYPES: [&str; 2] =
    ["application/vnd.dev.sigstore.bundle.v0.3+json", "application/vnd.dev.sigstore.bundle+json;version=0.3"];

/// What a second reading has found.
#[derive(Debug, PartialEq, Eq)]
pub enum Reading {
    /// It is in order.
    Accepted(Box<Facts>),
    /// It is not.
    Refused,
    /// Shards, and the form of version 0.2.0, are not read here.
    NotRead,
}

/// What a bundle says that this key signed.
pub fn accept(bytes: &[u8], key: &Key) -> Reading {
    read(bytes, key).unwrap_or(Reading::Refused)
}

fn read(bytes: &[u8], key: &Key) -> Option<Reading> {
    let file = json::parse(bytes)?;
    let media_type = file.get("mediaType")?.text()?;
    let material = file.get("verificationMaterial")?;
    let beside = ["publicKey", "tlogEntries", "timestampVerificationData"];
    let public = material.get("publicKey")?;
    let in_order = file.has_only(&["mediaType", "verificationMaterial", "dsseEnvelope"])
        && MEDIA_TYPES.contains(&media_type)
        && material.has_only(&beside)
        && (public.get("hint").is_some() || public.get("rawBytes").is_some());
    // The form of version 0.2.0 is signed in its own way, and so asked for before the signature.
    let outer = file.get("dsseEnvelope")?;
    let payload = super::base64::either(outer.get("payload")?.text()?)?;
    let Some(top) = read_json(&payload) else { return Some(Reading::Refused) };
    if !in_order {
        return Some(Reading::Refused);
    }
    if top.get("predicateType")?.text()? == "https://model_signing/Digests/v0.1" {
        return Some(Reading::NotRead);
    }
    if top.get("predicate")?.get("serialization")?.get("method")?.text()? == "shards" {
        return Some(Reading::NotRead);
    }
    envelope(outer, key, true)?;
    statement(&top, key).map(|facts| Reading::Accepted(Box::new(facts)))
}

/// Strict JSON; the one number that may be written as a float belongs to shards, which are not read here.
fn read_json(payload: &[u8]) -> Option<Json> {
    json::parse(payload)
}

fn statement(top: &Json, key: &Key) -> Option<Facts> {
    let [subject] = top.get("subject")?.list()? else { return None };
    let predicate = top.get("predicate")?;
    let serialization = predicate.get("serialization")?;
    let in_order = top.has_only(&["_type", "subject", "predicateType", "predicate"])
        && top.get("_type")?.text()? == "https://in-toto.io/Statement/v1"
        && top.get("predicateType")?.text()? == "https://model_signing/signature/v1.0"
        && subject.get("digest")?.has_only(&["sha256"])
        && predicate.has_only(&["serialization", "resources"])
        && serialization.has_only(&["method", "hash_type", "allow_symlinks", "ignore_paths"])
        && serialization.get("method")?.text()? == "files"
        && matches!(serialization.get("allow_symlinks")?, Json::Bool(_));
    let hash = serialization.get("hash_type")?.text()?;
    let digits = match hash {
        "sha256" | "blake3" => 64,
        "blake2b" => 128,
        _ => return None,
    };
    if let Some(paths) = serialization.get("ignore_paths") {
        let is_plain =
            |path: &Json| path.text().is_some_and(|it| is_safe(it) && !it.contains(['*', '?', '[']));
        paths.list()?.iter().all(is_plain).then_some(())?;
    }
    let mut facts = Facts { name: subject.get("name")?.text()?.to_owned(), ..Facts::default() };
    let annotations = subject.get("annotations");
    let in_order = in_order && annotations.is_none_or(|it| matches!(it, Json::Object(_)));
    let is_ours = annotations.is_some_and(|it| it.get("container").is_some());
    if is_ours {
        facts.annotate(subject.get("annotations")?, key)?;
    }
    for item in predicate.get("resources")?.list()? {
        let (name, digest) = (item.get("name")?.text()?, item.get("digest")?.text()?);
        let is_digest =
            digest.len() == digits && digest.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let fits = is_digest && item.get("algorithm")?.text()? == hash && (name == "." || is_safe(name));
        let (size, root) = if is_ours { sizes(item.get("annotations"))? } else { (None, None) };
        let fits = fits && (root.is_none() || hash == "sha256");
        facts.files.push(fits.then(|| (name.to_owned(), digest.to_owned(), size, root))?);
    }
    let names: Vec<&str> = facts.files.iter().map(|(name, ..)| name.as_str()).collect();
    let fits = in_order
        && !facts.name.is_empty()
        && !names.is_empty()
        && is_sorted(&names)
        && (names.len() == 1 || !names.contains(&"."))
        && hex(subject.get("digest")?.get("sha256")?.text()?)? == facts.root(key)?;
    facts.files.sort();
    fits.then_some(facts)
}
