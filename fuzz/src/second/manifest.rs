//! Manifests and bundle manifests with an envelope, as docs/spec/manifest.md has them, for one key that is not RSA.

use std::collections::BTreeMap;

use super::json::{self, Json};
use super::{base64, time};

/// The one key that is trusted.
pub struct Key {
    /// SHA-256 of its SubjectPublicKeyInfo, in hex.
    pub id: &'static str,
    /// Its name in 3.5.
    pub algorithm: &'static str,
    /// Its size in 3.5.
    pub size: i64,
    /// Whether a signature fits a message.
    pub fits: fn(&[u8], &[u8]) -> bool,
    /// SHA-256.
    pub sha256: fn(&[u8]) -> [u8; 32],
}

/// What is signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The subject's name.
    pub name: String,
    /// The annotations that are texts.
    pub texts: BTreeMap<String, String>,
    /// The annotations that are numbers.
    pub numbers: BTreeMap<String, i64>,
    /// Name, digest, size and chunk root of each file, in the order of their names.
    pub files: Vec<(String, String, Option<i64>, Option<String>)>,
}

const TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://model_signing/signature/v1.0";
const PAYLOAD: &str = "application/vnd.in-toto+json";
const VISIBLE: [&str; 9] = [
    "model_file",
    "sha256",
    "signature",
    "signer",
    "signed_at",
    "algorithm",
    "key_size",
    "key_version",
    "key_id",
];

/// What a file says that this key signed; `None`: it is none, or not in order.
pub fn accept(bytes: &[u8], key: &Key) -> Option<Facts> {
    let file = json::parse(bytes)?;
    let payload = envelope(file.get("envelope")?, key, false)?;
    match file.get("artifacts") {
        Some(list) => bundle(&file, list.list()?, &payload, key),
        None => manifest(&file, &payload, key),
    }
}

fn manifest(file: &Json, payload: &[u8], key: &Key) -> Option<Facts> {
    let facts = statement(payload, key, "manifest")?;
    let known: Vec<&str> = VISIBLE.into_iter().chain(["envelope"]).collect();
    let [(name, digest, ..)] = facts.files.as_slice() else { return None };
    let shown = visible(file, &facts, key)?;
    let fits = name == "." && shown == (facts.name.clone(), digest.clone());
    (fits && file.has_only(&known) && !shown.0.contains('/')).then_some(facts)
}

fn bundle(file: &Json, list: &[Json], payload: &[u8], key: &Key) -> Option<Facts> {
    let facts = statement(payload, key, "bundle")?;
    let fields = ["artifacts", "bundle_signed_at", "artifact_count", "envelope"];
    let count = usize::try_from(file.get("artifact_count")?.number(0)?).ok()?;
    let at = file.get("bundle_signed_at")?.text()?;
    let listed = facts.files.iter().map(|(name, digest, ..)| (name.clone(), digest.clone()));
    let mut shown = Vec::new();
    for entry in list {
        shown.push(visible(entry, &facts, key).filter(|_| entry.has_only(&VISIBLE))?);
    }
    let in_order = count == list.len() && list.len() <= 10_000 && Some(at) == facts.text("signed_at");
    let same = shown == listed.collect::<Vec<_>>() && shown.iter().all(|(name, _)| name != ".");
    (in_order && same && file.has_only(&fields)).then_some(facts)
}

/// The name and the digest that are shown, if every other field that is shown is signed.
fn visible(entry: &Json, facts: &Facts, key: &Key) -> Option<(String, String)> {
    let text = |field: &str| entry.get(field)?.text();
    let version = match entry.get("key_version") {
        Some(version) => Some(version.number(1)?),
        None => None,
    };
    let fits = entry.get("signature").is_none()
        && text("signer")? == facts.text("signer")?
        && text("signed_at")? == facts.text("signed_at")?
        && text("key_id")? == facts.text("key_id")?
        && version == facts.numbers.get("key_version").copied()
        && text("algorithm")? == key.algorithm
        && entry.get("key_size")?.number(1)? == key.size;
    let (name, digest) = (text("model_file")?.to_owned(), hex(text("sha256")?)?);
    (fits && is_safe(&name)).then_some((name, digest))
}

/// The payload of an envelope that the key signed.
pub fn envelope(value: &Json, key: &Key, only_one: bool) -> Option<Vec<u8>> {
    let signatures = value.get("signatures")?.list()?;
    let in_order = value.has_only(&["payloadType", "payload", "signatures"])
        && value.get("payloadType")?.text()? == PAYLOAD
        && (1..=if only_one { 1 } else { 16 }).contains(&signatures.len());
    let payload = base64::either(value.get("payload")?.text()?).filter(|_| in_order)?;
    let head = format!("DSSEv1 {} {PAYLOAD} {} ", PAYLOAD.len(), payload.len());
    let message = [head.as_bytes(), &payload].concat();
    let mut first = None;
    for item in signatures {
        let sig = base64::either(item.get("sig")?.text()?).filter(|_| item.has_only(&["sig", "keyid"]))?;
        let keyid = match item.get("keyid") {
            None | Some(Json::Null) => "",
            Some(text) => text.text()?,
        };
        if first.is_none() && (key.fits)(&message, &sig) {
            first = Some(keyid);
        }
    }
    first.filter(|keyid| only_one || keyid.is_empty() || *keyid == key.id).map(|_| payload)
}

fn statement(payload: &[u8], key: &Key, container: &str) -> Option<Facts> {
    let top = json::parse(payload)?;
    let [subject] = top.get("subject")?.list()? else { return None };
    let predicate = top.get("predicate")?;
    let serialization = predicate.get("serialization")?;
    let in_order = top.has_only(&["_type", "subject", "predicateType", "predicate"])
        && top.get("_type")?.text()? == TYPE
        && top.get("predicateType")?.text()? == PREDICATE
        && subject.has_only(&["name", "digest", "annotations"])
        && subject.get("digest")?.has_only(&["sha256"])
        && predicate.has_only(&["serialization", "resources"])
        && serialization.has_only(&["method", "hash_type", "allow_symlinks", "ignore_paths"])
        && serialization.get("method")?.text()? == "files"
        && serialization.get("hash_type")?.text()? == "sha256"
        && *serialization.get("allow_symlinks")? == Json::Bool(false)
        && serialization.get("ignore_paths")?.list()?.is_empty();
    let mut facts = Facts { name: subject.get("name")?.text()?.to_owned(), ..Facts::default() };
    facts.annotate(subject.get("annotations")?, key)?;
    let resources = predicate.get("resources")?.list()?;
    for item in resources {
        let name = item.get("name")?.text()?;
        let fits = item.has_only(&["name", "digest", "algorithm", "annotations"])
            && item.get("algorithm")?.text()? == "sha256"
            && (name == "." || is_safe(name));
        let digest = hex(item.get("digest")?.text()?).filter(|_| fits)?;
        let (size, root) = sizes(item.get("annotations"))?;
        facts.files.push((name.to_owned(), digest, size, root));
    }
    let root = hex(subject.get("digest")?.get("sha256")?.text()?)?;
    let names: Vec<&str> = facts.files.iter().map(|(name, ..)| name.as_str()).collect();
    let fits = in_order
        && (1..=250_000).contains(&names.len())
        && is_sorted(&names)
        && root == facts.root(key)?
        && facts.text("signer").is_some()
        && facts.text("container") == Some(container);
    fits.then_some(facts)
}

/// The annotations of a resource.
pub fn sizes(value: Option<&Json>) -> Option<(Option<i64>, Option<String>)> {
    let Some(value) = value else { return Some((None, None)) };
    let size = match value.get("size") {
        Some(size) => Some(size.number(0)?),
        None => None,
    };
    let root = match value.get("chunks") {
        Some(chunks) => {
            let fits = chunks.has_only(&["size", "root"]) && chunks.get("size")?.number(0)? == 1_048_576;
            Some(hex(chunks.get("root")?.text()?).filter(|_| fits && size.is_some())?)
        }
        None => None,
    };
    value.has_only(&["size", "chunks"]).then_some((size, root))
}

impl Facts {
    /// An annotation that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    /// Takes the annotations of a subject, as far as they do not depend on the kind of file.
    pub fn annotate(&mut self, value: &Json, key: &Key) -> Option<()> {
        let Json::Object(fields) = value else { return None };
        for (name, value) in fields {
            if matches!(name.as_str(), "key_version" | "model_version") {
                self.numbers.insert(name.clone(), value.number(1)?);
                continue;
            }
            let text = value.text()?;
            let fits = match name.as_str() {
                "container" => ["manifest", "bundle", "folder", "file"].contains(&text),
                "signer" => is_text(text) && !text.trim().is_empty(),
                "signed_at" | "expires_at" => is_time(text),
                "key_id" => text == key.id,
                "countersigns" | "renews" => hex(text).is_some(),
                _ => {
                    let is_free = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:".contains(&byte);
                    !name.is_empty() && name.bytes().all(is_free) && is_text(text)
                }
            };
            self.texts.insert(name.clone(), fits.then(|| text.to_owned())?);
        }
        ["container", "signed_at", "key_id"].iter().all(|name| self.texts.contains_key(*name)).then_some(())
    }

    /// The root digest over the files in the order in which they stand.
    pub fn root(&self, key: &Key) -> Option<String> {
        let bytes: Vec<u8> = self.files.iter().flat_map(|(_, digest, ..)| unhex(digest)).collect();
        Some((key.sha256)(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// By the bytes of the name, or by its components; no name twice.
pub fn is_sorted(names: &[&str]) -> bool {
    let parts = |name: &str| name.split('/').map(str::to_owned).collect::<Vec<_>>();
    names.windows(2).all(|pair| pair[0].as_bytes() < pair[1].as_bytes())
        || names.windows(2).all(|pair| parts(pair[0]) < parts(pair[1]))
}

/// A name as in 10.1.
pub fn is_safe(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    name.len() <= 4096
        && !name.chars().any(is_control)
        && parts.iter().all(|part| !matches!(*part, "" | "." | "..") && part.len() <= 255)
}

fn is_control(letter: char) -> bool {
    matches!(u32::from(letter), 0..=0x1f | 0x7f..=0x9f)
}

fn is_text(text: &str) -> bool {
    text.len() <= 4096 && !text.chars().any(is_control)
}

/// A time within the bounds of 3.4.
pub fn is_time(text: &str) -> bool {
    const FIRST: i128 = -62_135_596_800 * 1_000_000_000;
    const END: i128 = 253_402_207_201 * 1_000_000_000;
    time::parse(text).is_some_and(|time| (FIRST..END).contains(&time))
}

/// 64 lower-case hex digits.
pub fn hex(text: &str) -> Option<String> {
    let fits = text.len() == 64 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    fits.then(|| text.to_owned())
}

/// The bytes of hex digits.
pub fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.bytes().map(|digit| if digit > b'9' { digit - b'a' + 10 } else { digit - b'0' }).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
