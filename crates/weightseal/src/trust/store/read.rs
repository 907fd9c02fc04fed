//! From text to a store (docs/spec/trust.md, sections 1, 2, 4 and 6).

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::table::{Lines, Node, Table};
use super::{
    CertificateMeans, KeyPlace, Level, MAX_TRUST_STORE, Means, Revocation, Rule, SignatureFormat, Signer,
    Threshold, TrustStore, TrustStoreError, TrustedKey, Unenveloped, Unreadable,
};
use crate::digest::Digest;
use crate::envelope::check_signer;
use crate::json::FieldProblem;
use crate::key::{KeyId, PublicKey};
use crate::listing::SafeName;
use crate::trust::certificate::{CertificateRoots, CertificateRules, OmsCompat, certificates_from_pem};
use crate::trust::sigstore::{SigstoreRules, TrustedRoot};

/// What a store may have of each kind. Ten times a large company's; the size bounds it further.
const MAX_SIGNERS: usize = 10_000;
const MAX_KEYS: usize = 100_000;
const MAX_RULES: usize = 100_000;
const MAX_LISTED: usize = 1_000_000;

type Read<'a> = dyn Fn(&str) -> Result<Vec<u8>, Unreadable> + 'a;

pub(super) fn store(bytes: &[u8], read: &Read<'_>) -> Result<TrustStore, TrustStoreError> {
    let size = bytes.len() as u64;
    if size > MAX_TRUST_STORE {
        return Err(TrustStoreError::TooLarge { size, limit: MAX_TRUST_STORE });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.iter().take(error.valid_up_to());
        let line = valid.filter(|byte| **byte == b'\n').count().saturating_add(1);
        TrustStoreError::Syntax { line, what: "it is not UTF-8".to_owned() }
    })?;
    let lines = Lines::of(text);
    let document = toml_edit::Document::parse(text).map_err(|error| TrustStoreError::Syntax {
        line: lines.at(error.span()).max(1),
        what: error.message().trim_end().replace('\n', ", "),
    })?;
    let mut top = Table::top(document.as_table(), &lines)?;
    let serial = top.require("serial")?.integer()?;
    let expires_at = top.require("expires_at")?.time()?;
    let mut reader =
        Reader { read, by_key: HashMap::new(), names: HashMap::new(), identities: HashMap::new(), keys: 0 };
    let signers = match top.take("signer") {
        Some(node) => reader.signers(&node)?,
        None => Vec::new(),
    };
    let rules = match top.take("rule") {
        Some(node) => {
            bounded(&node, MAX_RULES)?.iter().map(|rule| reader.rule(rule)).collect::<Result<_, _>>()?
        }
        None => Vec::new(),
    };
    let unauthenticated = match top.take("unauthenticated") {
        Some(node) => reader.unauthenticated(&node)?,
        None => Vec::new(),
    };
    top.finish()?;
    let listed = unauthenticated.iter().cloned().collect();
    Ok(TrustStore { serial, expires_at, signers, rules, unauthenticated, by_key: reader.by_key, listed })
}

fn bounded<'a>(node: &Node<'a>, most: usize) -> Result<Vec<Node<'a>>, TrustStoreError> {
    let list = node.list()?;
    match list.len() {
        count if count > most => Err(node.value(format_args!("has {count} entries, more than {most}"))),
        _ => Ok(list),
    }
}

/// What is known of the store so far.
struct Reader<'a> {
    read: &'a Read<'a>,
    by_key: HashMap<KeyId, KeyPlace>,
    names: HashMap<String, usize>,
    /// Identities with what vouches for them: a root's or the issuer's, and whose they are.
    identities: HashMap<(String, String), usize>,
    keys: usize,
}

impl Reader<'_> {
    fn signers(&mut self, node: &Node<'_>) -> Result<Vec<Signer>, TrustStoreError> {
        let mut signers: Vec<Signer> = Vec::new();
        for (at, node) in bounded(node, MAX_SIGNERS)?.iter().enumerate() {
            let mut table = node.table()?;
            let name_node = table.require("name")?;
            let name = name_node.text()?;
            check_signer(name).map_err(|problem| name_node.value(problem))?;
            if self.names.insert(name.to_owned(), at).is_some() {
                return Err(name_node.value("is the name of another signer as well"));
            }
            let keys = table.require("key")?;
            let mut signer = Signer { name: name.to_owned(), keys: Vec::new() };
            let mut versions = HashSet::new();
            for (position, key) in keys.list()?.iter().enumerate() {
                self.keys = self.keys.saturating_add(1);
                if self.keys > MAX_KEYS {
                    return Err(key.value(format_args!("is one key more than {MAX_KEYS}")));
                }
                let place = KeyPlace { signer: at, key: position };
                let trusted = self.key(key, place, &signers, name)?;
                if let Some(version) = trusted.version.filter(|version| !versions.insert(*version)) {
                    return Err(key.value(format_args!(
                        "has version {version}, and so has another key of this signer"
                    )));
                }
                signer.keys.push(trusted);
            }
            table.finish()?;
            signers.push(signer);
        }
        Ok(signers)
    }

    fn key(
        &mut self,
        node: &Node<'_>,
        place: KeyPlace,
        before: &[Signer],
        signer: &str,
    ) -> Result<TrustedKey, TrustStoreError> {
        let mut table = node.table()?;
        let means = self.means(&mut table)?;
        let version = table.take("version").map(|node| node.integer()).transpose()?;
        let signs_from = table.take("signs_from").map(|node| node.time()).transpose()?;
        let signs_until_node = table.take("signs_until");
        let signs_until = signs_until_node.as_ref().map(Node::time).transpose()?;
        if let (Some(node), Some(from), Some(until)) = (&signs_until_node, signs_from, signs_until)
            && from >= until
        {
            return Err(node.value("is not later than `signs_from`"));
        }
        let trusted_until = table.take("trusted_until").map(|node| node.time()).transpose()?;
        let revoked = table.take("revoked").map(|node| revocation(&node)).transpose()?;
        let frozen = match table.take("frozen") {
            Some(node) => frozen(&node)?,
            None => BTreeSet::new(),
        };
        let line = table.line();
        table.finish()?;
        let same = |first: usize| TrustStoreError::SameKey {
            line,
            signer: signer.to_owned(),
            first: before.get(first).map_or(signer, |signer| &signer.name).to_owned(),
        };
        match &means {
            Means::Key(key) => match self.by_key.entry(key.id()) {
                Entry::Occupied(first) => return Err(same(first.get().signer)),
                Entry::Vacant(free) => {
                    free.insert(place);
                }
            },
            Means::Certificate(means) => {
                let identity = means.rules.identity.clone().unwrap_or_default();
                for root in means.rules.roots.fingerprints() {
                    if let Some(first) =
                        self.identities.insert((root.to_string(), identity.clone()), place.signer)
                    {
                        return Err(same(first));
                    }
                }
            }
            Means::Sigstore(rules) => {
                let by = (format!("issuer {}", rules.issuer), rules.identity.clone());
                if let Some(first) = self.identities.insert(by, place.signer) {
                    return Err(same(first));
                }
            }
        }
        Ok(TrustedKey { means, version, signs_from, signs_until, trusted_until, revoked, frozen })
    }

    /// Exactly one of three ways.
    fn means(&self, table: &mut Table<'_>) -> Result<Means, TrustStoreError> {
        let (key, root, issuer) = (table.take("public_key"), table.take("ca_root"), table.take("issuer"));
        match (key, root, issuer) {
            (Some(node), None, None) => {
                let bytes = self.bytes(&node, "-----BEGIN")?;
                let (line, field) = (node.line, node.path.clone());
                let key = PublicKey::from_pem(&bytes);
                let key = key.map_err(|error| TrustStoreError::Key { line, field, error })?;
                Ok(Means::Key(key))
            }
            (None, Some(node), None) => {
                let certificate = |node: &Node<'_>, error| TrustStoreError::Certificate {
                    line: node.line,
                    field: node.path.clone(),
                    error,
                };
                let roots = CertificateRoots::from_pem(&self.bytes(&node, "-----BEGIN")?)
                    .map_err(|error| certificate(&node, error))?;
                let intermediates = match table.take("intermediates") {
                    Some(node) => certificates_from_pem(&self.bytes(&node, "-----BEGIN")?)
                        .map_err(|error| certificate(&node, error))?,
                    None => Vec::new(),
                };
                let identity = Some(table.require("identity")?.text()?.to_owned());
                let time_stampers =
                    table.take("trusted_root").map(|node| self.trusted_root(&node)).transpose()?;
                let rules = CertificateRules { roots, intermediates, identity, compat: OmsCompat::Off };
                Ok(Means::Certificate(Box::new(CertificateMeans { rules, time_stampers })))
            }
            (None, None, Some(node)) => {
                let issuer = node.text()?.to_owned();
                let identity = table.require("identity")?.text()?.to_owned();
                let trusted_root = match table.take("trusted_root") {
                    Some(node) => self.trusted_root(&node)?,
                    None => TrustedRoot::production().map_err(|error| TrustStoreError::TrustedRoot {
                        line: node.line,
                        field: "trusted_root".to_owned(),
                        error,
                    })?,
                };
                Ok(Means::Sigstore(Box::new(SigstoreRules { identity, issuer, trusted_root })))
            }
            (None, None, None) => Err(table.wrong("public_key", FieldProblem::Missing)),
            _ => Err(table.wrong(
                "public_key",
                FieldProblem::Value(
                    "is one of three ways, and only one of `public_key`, `ca_root`, `issuer` may be there"
                        .to_owned(),
                ),
            )),
        }
    }

    fn trusted_root(&self, node: &Node<'_>) -> Result<TrustedRoot, TrustStoreError> {
        TrustedRoot::from_json(&self.bytes(node, "{")?).map_err(|error| TrustStoreError::TrustedRoot {
            line: node.line,
            field: node.path.clone(),
            error,
        })
    }

    /// The thing itself, or what is in the file of that path.
    fn bytes(&self, node: &Node<'_>, sign: &str) -> Result<Vec<u8>, TrustStoreError> {
        let text = node.text()?;
        if text.trim_start().starts_with(sign) {
            return Ok(text.as_bytes().to_vec());
        }
        (self.read)(text).map_err(|error| TrustStoreError::File {
            line: node.line,
            field: node.path.clone(),
            error,
        })
    }

    fn rule(&self, node: &Node<'_>) -> Result<Rule, TrustStoreError> {
        let mut table = node.table()?;
        let models = table.require("models")?.one_or_more()?;
        let models = models.iter().map(Node::parsed).collect::<Result<_, _>>()?;
        let signers = table.take("signers").map(|node| self.names(&node)).transpose()?;
        let threshold = table.take("threshold").map(|node| self.threshold(&node)).transpose()?;
        let minimum_model_version =
            table.take("minimum_model_version").map(|node| node.integer()).transpose()?;
        let max_age = table.take("max_age").map(|node| node.span()).transpose()?;
        let allowed_formats = table.take("allowed_formats").map(|node| formats(&node)).transpose()?;
        let level = match table.take("level") {
            None => Level::default(),
            Some(node) => match node.text()? {
                "enforce" => Level::Enforce,
                "warn" => Level::Warn,
                _ => return Err(node.value("is neither \"enforce\" nor \"warn\"")),
            },
        };
        table.finish()?;
        let rule =
            Rule { models, signers, threshold, minimum_model_version, max_age, allowed_formats, level };
        let asks = rule.signers.is_some()
            || rule.threshold.is_some()
            || rule.minimum_model_version.is_some()
            || rule.max_age.is_some()
            || rule.allowed_formats.is_some();
        if asks { Ok(rule) } else { Err(node.value("asks for nothing")) }
    }

    /// Names of signers, each once.
    fn names(&self, node: &Node<'_>) -> Result<BTreeSet<usize>, TrustStoreError> {
        let mut names = BTreeSet::new();
        for name in bounded(node, MAX_SIGNERS)? {
            let Some(signer) = self.names.get(name.text()?) else {
                return Err(name.value(format_args!(
                    "is `{}`, and no signer has this name",
                    crate::text::Escaped(name.text()?)
                )));
            };
            if !names.insert(*signer) {
                return Err(name.value("is there twice"));
            }
        }
        Ok(names)
    }

    fn threshold(&self, node: &Node<'_>) -> Result<Threshold, TrustStoreError> {
        let mut table = node.table()?;
        let count = table.require("n")?;
        let n = count.integer()?;
        let of = self.names(&table.require("of")?)?;
        table.finish()?;
        match usize::try_from(n) {
            Ok(n) if n <= of.len() => Ok(Threshold { n, of }),
            _ => Err(count.value(format_args!("is {n}, and only {} could sign", of.len()))),
        }
    }

    fn unauthenticated(&self, node: &Node<'_>) -> Result<Vec<Unenveloped>, TrustStoreError> {
        let mut seen = HashSet::new();
        let mut entries = Vec::new();
        for node in bounded(node, MAX_LISTED)? {
            let mut table = node.table()?;
            let model: SafeName = table.require("model")?.parsed()?;
            let model = model.as_str().to_owned();
            let sha256: Digest = table.require("sha256")?.parsed()?;
            let key_node = table.require("key")?;
            let key: KeyId = key_node.parsed()?;
            table.finish()?;
            if !self.by_key.contains_key(&key) {
                return Err(key_node.value("is the id of no public key in this store"));
            }
            let entry = Unenveloped { model, sha256, key };
            if !seen.insert(entry.clone()) {
                return Err(node.value("is there twice"));
            }
            entries.push(entry);
        }
        Ok(entries)
    }
}

fn revocation(node: &Node<'_>) -> Result<Revocation, TrustStoreError> {
    let mut table = node.table()?;
    let at = table.require("at")?.time()?;
    let reason = table.require("reason")?.text()?.to_owned();
    let since_node = table.take("compromised_since");
    let compromised_since = since_node.as_ref().map(Node::time).transpose()?;
    table.finish()?;
    match (&since_node, compromised_since) {
        (Some(node), Some(since)) if since > at => Err(node.value("is later than `at`")),
        _ => Ok(Revocation { at, reason, compromised_since }),
    }
}

fn frozen(node: &Node<'_>) -> Result<BTreeSet<Digest>, TrustStoreError> {
    let mut digests = BTreeSet::new();
    for node in bounded(node, MAX_LISTED)? {
        if !digests.insert(node.parsed()?) {
            return Err(node.value("is there twice"));
        }
    }
    Ok(digests)
}

fn formats(node: &Node<'_>) -> Result<BTreeSet<SignatureFormat>, TrustStoreError> {
    let mut formats = BTreeSet::new();
    for node in node.list()? {
        let text = node.text()?;
        let format = SignatureFormat::ALL.into_iter().find(|format| format.name() == text);
        let format =
            format.ok_or_else(|| node.value("is none of \"manifest\", \"bundle-manifest\" and \"oms\""))?;
        if !formats.insert(format) {
            return Err(node.value("is there twice"));
        }
    }
    Ok(formats)
}
