//! The text of a trust store (docs/spec/trust.md, TOML 1.0) while it is edited: what is not changed stays as it was
//! written, comments and order among it.

use std::collections::BTreeSet;

use toml_edit::{Array, ArrayOfTables, Datetime, DocumentMut, InlineTable, Item, Table, TableLike, Value};
use weightseal::digest::Digest;
use weightseal::key::PublicKey;
use weightseal::text::Escaped;
use weightseal::time::{Instant, Timestamp};
use weightseal::trust::Unenveloped;

/// Why a text could not be edited. What the parser of the library accepts can be edited, so these are rare.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TextError {
    /// It is no TOML.
    #[error("the trust store is not TOML: {reason}")]
    NotToml {
        /// What the parser says, on one line.
        reason: String,
    },
    /// A field is missing, or is not what it has to be.
    #[error("`{field}` is missing from the trust store, or is not what it has to be")]
    Shape {
        /// The field.
        field: &'static str,
    },
    /// A time that TOML has no way to write.
    #[error("`{}` cannot be written as a time in a trust store", Escaped(.time))]
    Time {
        /// The time.
        time: String,
    },
    /// A rule for these models leaves the choice of signers to a threshold.
    #[error("a rule for `{}` has a threshold and no `signers`", Escaped(.models))]
    Threshold {
        /// The patterns of that rule.
        models: String,
    },
}

impl TextError {
    /// The stable code (docs/spec/result.md).
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotToml { .. } | Self::Shape { .. } => "malformed-trust-store",
            Self::Time { .. } => "usage",
            Self::Threshold { .. } => "conflicting-rules",
        }
    }

    /// One line of advice, where there is any.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::NotToml { .. } | Self::Shape { .. } => None,
            Self::Time { .. } => Some("name a time between the years 1 and 9999".to_owned()),
            Self::Threshold { .. } => Some(
                "decide by hand who signs these models: a further signer stands in the `of` of that threshold"
                    .to_owned(),
            ),
        }
    }
}

/// How a key that is to be trusted is recognised.
#[derive(Clone, Debug)]
pub(crate) enum NewMeans {
    /// A public key.
    Key(PublicKey),
    /// A certificate below these roots (PEM) for exactly this identity.
    Certificate {
        /// The roots.
        ca_root: String,
        /// What may stand between.
        intermediates: Option<String>,
        /// For whom the certificate is.
        identity: String,
    },
    /// An identity by the word of a provider.
    Sigstore {
        /// Who.
        identity: String,
        /// By whose word.
        issuer: String,
    },
}

/// A key that is to be trusted.
#[derive(Clone, Debug)]
pub(crate) struct NewKey {
    /// How it is recognised.
    pub(crate) means: NewMeans,
    /// A Sigstore trusted root (JSON), for all but public keys.
    pub(crate) trusted_root: Option<String>,
    /// Which of the signer's keys it is.
    pub(crate) version: Option<u64>,
    /// From when on it signs.
    pub(crate) signs_from: Option<Instant>,
    /// Until when it signs.
    pub(crate) signs_until: Option<Instant>,
    /// Until when it is trusted.
    pub(crate) trusted_until: Option<Instant>,
}

impl NewKey {
    /// A public key, without any limits.
    pub(crate) fn bare(key: PublicKey, version: Option<u64>) -> Self {
        let means = NewMeans::Key(key);
        Self { means, trusted_root: None, version, signs_from: None, signs_until: None, trusted_until: None }
    }

    /// The fields of its table, in the order of the specification.
    fn fields(&self) -> Result<Vec<(&'static str, Value)>, TextError> {
        let mut fields = Vec::new();
        if let Some(version) = self.version {
            fields.push(("version", integer(version, "version")?));
        }
        match &self.means {
            NewMeans::Key(key) => fields.push(("public_key", block(&key.to_pem()))),
            NewMeans::Certificate { ca_root, intermediates, identity } => {
                fields.push(("identity", identity.as_str().into()));
                fields.push(("ca_root", block(ca_root)));
                fields.extend(intermediates.as_deref().map(|pem| ("intermediates", block(pem))));
            }
            NewMeans::Sigstore { identity, issuer } => {
                fields.push(("identity", identity.as_str().into()));
                fields.push(("issuer", issuer.as_str().into()));
            }
        }
        fields.extend(self.trusted_root.as_deref().map(|json| ("trusted_root", block(json))));
        let times = [
            ("signs_from", self.signs_from),
            ("signs_until", self.signs_until),
            ("trusted_until", self.trusted_until),
        ];
        for (name, time) in times {
            if let Some(time) = time {
                fields.push((name, Value::from(datetime(time)?)));
            }
        }
        Ok(fields)
    }
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleEdit {
    /// It is new.
    Added,
    /// A rule for the same models names one signer more.
    Extended,
    /// A rule for the same models named the signer already.
    Unchanged,
}

/// The text of a store, taken apart so that single fields can be changed.
#[derive(Clone, Debug)]
pub(crate) struct StoreText {
    document: DocumentMut,
    /// Whether its lines end as on Windows, all of them.
    carriage_returns: bool,
}

impl StoreText {
    /// Reads a store's text.
    ///
    /// # Errors
    /// [`TextError::NotToml`].
    pub(crate) fn parse(text: &str) -> Result<Self, TextError> {
        let document = text.parse::<DocumentMut>().map_err(|error| TextError::NotToml {
            reason: error.message().lines().collect::<Vec<_>>().join(", "),
        })?;
        let lines = text.matches('\n').count();
        Ok(Self { document, carriage_returns: lines > 0 && lines == text.matches("\r\n").count() })
    }

    /// The text as it is now.
    pub(crate) fn to_text(&self) -> String {
        let text = self.document.to_string();
        if self.carriage_returns { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text }
    }

    /// Raises `serial` by one.
    pub(crate) fn raise_serial(&mut self) -> Result<(), TextError> {
        const SHAPE: TextError = TextError::Shape { field: "serial" };
        let serial = self.document.get_mut("serial").and_then(Item::as_value_mut).ok_or(SHAPE)?;
        let raised = serial.as_integer().and_then(|serial| serial.checked_add(1)).ok_or(SHAPE)?;
        replace(serial, raised.into());
        Ok(())
    }

    /// Adds a key to the signer with this name, who is added as well if nobody has it.
    pub(crate) fn add_key(&mut self, signer: &str, key: &NewKey) -> Result<(), TextError> {
        let fields = key.fields()?;
        let root = self.document.as_table_mut();
        if !tables(root, "signer")?.iter().any(|table| has_name(&**table, signer)) {
            push_table(root, "signer", vec![("name", signer.into())], Indent::None)?;
        }
        let mut signers = tables(root, "signer")?;
        let found = signers.iter_mut().find(|table| has_name(&***table, signer));
        let signer = found.ok_or(TextError::Shape { field: "signer" })?;
        push_table(&mut **signer, "key", fields, Indent::None)
    }

    /// Lets a signer sign the models with these patterns.
    pub(crate) fn allow(&mut self, models: &[String], signer: &str) -> Result<RuleEdit, TextError> {
        let root = self.document.as_table_mut();
        let mut wanted: Vec<&str> = models.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        let mut threshold = false;
        for rule in tables(root, "rule")? {
            if patterns(&*rule) != wanted {
                continue;
            }
            match rule.get_mut("signers").and_then(Item::as_array_mut) {
                Some(signers) if signers.iter().any(|name| name.as_str() == Some(signer)) => {
                    return Ok(RuleEdit::Unchanged);
                }
                Some(signers) => {
                    push_value(signers, signer.into());
                    return Ok(RuleEdit::Extended);
                }
                None => threshold |= rule.contains_key("threshold"),
            }
        }
        if threshold {
            return Err(TextError::Threshold { models: wanted.join("`, `") });
        }
        let patterns = match models {
            [one] => one.as_str().into(),
            several => Value::from(several.iter().map(String::as_str).collect::<Array>()),
        };
        let signers: Array = [signer].into_iter().collect();
        push_table(root, "rule", vec![("models", patterns), ("signers", signers.into())], Indent::None)?;
        Ok(RuleEdit::Added)
    }

    /// The table of one key, both counted from 0 in the order of the file.
    pub(crate) fn key(&mut self, signer: usize, key: usize) -> Result<KeyText<'_>, TextError> {
        let signer = tables(self.document.as_table_mut(), "signer")?.into_iter().nth(signer);
        let signer = signer.ok_or(TextError::Shape { field: "signer" })?;
        let key = tables(signer, "key")?.into_iter().nth(key);
        key.map(KeyText).ok_or(TextError::Shape { field: "signer.key" })
    }

    /// The files that the store names.
    pub(crate) fn named_files(&mut self) -> Result<Vec<String>, TextError> {
        const FIELDS: [&str; 4] = ["public_key", "ca_root", "intermediates", "trusted_root"];
        let mut files = Vec::new();
        for signer in tables(self.document.as_table_mut(), "signer")? {
            for key in tables(signer, "key")? {
                let texts = FIELDS.iter().filter_map(|field| key.get(field).and_then(Item::as_str));
                // As the library tells them apart (section 1).
                let is_file = |text: &&str| {
                    !text.trim_start().starts_with("-----BEGIN") && !text.trim_start().starts_with('{')
                };
                files.extend(texts.filter(is_file).map(str::to_owned));
            }
        }
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// Adds entries to `unauthenticated`.
    pub(crate) fn list(&mut self, entries: &[Unenveloped]) -> Result<(), TextError> {
        let root = self.document.as_table_mut();
        for entry in entries {
            let fields = vec![
                ("model", entry.model.as_str().into()),
                ("sha256", entry.sha256.to_string().into()),
                ("key", entry.key.to_string().into()),
            ];
            if !root.contains_key("unauthenticated") {
                root.insert("unauthenticated", Array::new().into());
            }
            push_table(root, "unauthenticated", fields, Indent::Line)?;
        }
        Ok(())
    }
}

/// The table of one key.
pub(crate) struct KeyText<'a>(&'a mut dyn TableLike);

impl KeyText<'_> {
    /// Says which of the signer's keys it is.
    pub(crate) fn set_version(&mut self, version: u64) -> Result<(), TextError> {
        self.set("version", integer(version, "version")?);
        Ok(())
    }

    /// Says until when it signs.
    pub(crate) fn set_signs_until(&mut self, time: Instant) -> Result<(), TextError> {
        self.set("signs_until", datetime(time)?.into());
        Ok(())
    }

    /// Revokes it.
    pub(crate) fn revoke(
        &mut self,
        at: Instant,
        reason: &str,
        compromised_since: Option<Instant>,
    ) -> Result<(), TextError> {
        let mut revoked = InlineTable::new();
        revoked.insert("at", datetime(at)?.into());
        revoked.insert("reason", reason.into());
        if let Some(since) = compromised_since {
            revoked.insert("compromised_since", datetime(since)?.into());
        }
        self.set("revoked", revoked.into());
        Ok(())
    }

    /// Adds digests of statements to `frozen`.
    pub(crate) fn freeze(&mut self, statements: &[Digest]) -> Result<(), TextError> {
        if statements.is_empty() {
            return Ok(());
        }
        if !self.0.contains_key("frozen") {
            self.0.insert("frozen", Array::new().into());
        }
        let frozen = self.0.get_mut("frozen").and_then(Item::as_array_mut);
        let frozen = frozen.ok_or(TextError::Shape { field: "frozen" })?;
        for statement in statements {
            push_line(frozen, statement.to_string().into());
        }
        Ok(())
    }

    /// Takes digests of statements out of `frozen`.
    pub(crate) fn thaw(&mut self, statements: &BTreeSet<Digest>) -> Result<(), TextError> {
        if statements.is_empty() {
            return Ok(());
        }
        let frozen = self.0.get_mut("frozen").and_then(Item::as_array_mut);
        let frozen = frozen.ok_or(TextError::Shape { field: "frozen" })?;
        let goes = |value: &Value| {
            value
                .as_str()
                .and_then(|text| text.parse().ok())
                .is_some_and(|digest| statements.contains(&digest))
        };
        frozen.retain(|value| !goes(value));
        // An empty list is none.
        if frozen.is_empty() {
            self.0.remove("frozen");
        }
        Ok(())
    }

    fn set(&mut self, field: &str, value: Value) {
        match self.0.get_mut(field).and_then(Item::as_value_mut) {
            Some(old) => replace(old, value),
            None => drop(self.0.insert(field, value.into())),
        }
    }
}

/// Whether an entry of a list gets a line of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Indent {
    None,
    Line,
}

/// The tables of this name, written as `[[name]]` or as a list of inline tables.
fn tables<'a>(
    parent: &'a mut dyn TableLike,
    name: &'static str,
) -> Result<Vec<&'a mut dyn TableLike>, TextError> {
    let shape = || TextError::Shape { field: name };
    match parent.get_mut(name) {
        None | Some(Item::None) => Ok(Vec::new()),
        Some(Item::ArrayOfTables(tables)) => {
            Ok(tables.iter_mut().map(|table| table as &mut dyn TableLike).collect())
        }
        Some(Item::Value(Value::Array(tables))) => tables
            .iter_mut()
            .map(|value| match value {
                Value::InlineTable(table) => Ok(table as &mut dyn TableLike),
                _ => Err(shape()),
            })
            .collect(),
        Some(_) => Err(shape()),
    }
}

/// Adds a table after those of this name, written as they are.
fn push_table(
    parent: &mut dyn TableLike,
    name: &'static str,
    fields: Vec<(&'static str, Value)>,
    indent: Indent,
) -> Result<(), TextError> {
    match parent.get_mut(name) {
        Some(Item::Value(Value::Array(tables))) => {
            let table: InlineTable = fields.into_iter().collect();
            match indent {
                Indent::Line => push_line(tables, table.into()),
                Indent::None => push_value(tables, table.into()),
            }
            return Ok(());
        }
        Some(Item::ArrayOfTables(tables)) => tables.push(table_of(fields)),
        None | Some(Item::None) => {
            let mut tables = ArrayOfTables::new();
            tables.push(table_of(fields));
            parent.insert(name, Item::ArrayOfTables(tables));
        }
        Some(_) => return Err(TextError::Shape { field: name }),
    }
    Ok(())
}

fn table_of(fields: Vec<(&'static str, Value)>) -> Table {
    let mut table = Table::new();
    for (name, value) in fields {
        table.insert(name, value.into());
    }
    table.decor_mut().set_prefix("\n");
    table
}

/// Adds a value to a list, on a line of its own if the others have lines of their own.
fn push_value(list: &mut Array, value: Value) {
    let prefix = |value: &Value| value.decor().prefix().and_then(|raw| raw.as_str()).unwrap_or("").to_owned();
    match list.iter().last().map(prefix) {
        Some(prefix) if prefix.contains('\n') => push_line(list, value),
        _ if list.trailing().as_str().is_some_and(|text| text.contains('\n')) => push_line(list, value),
        _ => list.push(value),
    }
}

/// Adds a value to a list, on a line of its own.
fn push_line(list: &mut Array, value: Value) {
    // What stands after the last value, perhaps a comment about it, stays there.
    let after = list.trailing().as_str().unwrap_or("").trim_end().to_owned();
    let indent = list.iter().last().and_then(|value| {
        let prefix = value.decor().prefix()?.as_str()?;
        prefix.rsplit_once('\n').map(|(_, indent)| indent.to_owned())
    });
    let indent = indent.unwrap_or_else(|| "  ".to_owned());
    list.push_formatted(value.decorated(format!("{after}\n{indent}"), ""));
    list.set_trailing("\n");
    list.set_trailing_comma(true);
}

fn has_name(table: &dyn TableLike, name: &str) -> bool {
    table.get("name").and_then(Item::as_str) == Some(name)
}

/// The patterns of a rule, sorted.
fn patterns(rule: &dyn TableLike) -> Vec<&str> {
    let mut patterns: Vec<&str> = match rule.get("models") {
        Some(Item::Value(Value::Array(patterns))) => patterns.iter().filter_map(Value::as_str).collect(),
        Some(item) => item.as_str().into_iter().collect(),
        None => Vec::new(),
    };
    patterns.sort_unstable();
    patterns
}

/// Puts a value in the place of another one; what stands around it stays.
fn replace(old: &mut Value, new: Value) {
    let decor = old.decor().clone();
    *old = new;
    *old.decor_mut() = decor;
}

fn integer(number: u64, field: &'static str) -> Result<Value, TextError> {
    i64::try_from(number).map(Value::from).map_err(|_| TextError::Shape { field })
}

/// A text of several lines, which begins on a line of its own.
fn block(text: &str) -> Value {
    Value::from(format!("{}\n", text.trim()))
}

/// A time in TOML, in whole seconds.
pub(super) fn datetime(time: Instant) -> Result<Datetime, TextError> {
    let text = Timestamp::from_instant(time).to_seconds();
    text.parse().map_err(|_| TextError::Time { time: text })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: &str = r#"# Who may sign what.
serial = 7          # raised by every change
expires_at = 2027-06-30T00:00:00Z

# The pipeline.
[[signer]]
name = "pipeline"   # as in the annotation

[[signer.key]]
version = 1 # first
public_key = "keys/one.pub"
# ends soon

[[rule]]
models = ["b_*", "a_*"]
signers = ["pipeline"] # alone

[[signer]]
name = "people"
key = [{ public_key = "keys/two.pub" }]

# The end.
"#;

    fn edited(text: &str, edit: impl FnOnce(&mut StoreText) -> Result<(), TextError>) -> String {
        let mut store = StoreText::parse(text).expect("TOML");
        edit(&mut store).expect("can be edited");
        let text = store.to_text();
        StoreText::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        text
    }

    fn time(text: &str) -> Instant {
        text.parse().expect("a time")
    }

    fn identity(version: u64) -> NewKey {
        NewKey {
            means: NewMeans::Sigstore { identity: "a@b".into(), issuer: "https://i".into() },
            trusted_root: None,
            version: Some(version),
            signs_from: Some(time("2026-10-01T00:00:00.9Z")),
            signs_until: None,
            trusted_until: None,
        }
    }

    #[test]
    fn what_is_not_edited_stays_byte_for_byte() {
        assert_eq!(edited(STORE, |_| Ok(())), STORE);
        let raised = edited(STORE, StoreText::raise_serial);
        assert_eq!(raised, STORE.replace("serial = 7 ", "serial = 8 "));
        let windows = STORE.replace('\n', "\r\n");
        assert_eq!(edited(&windows, StoreText::raise_serial), raised.replace('\n', "\r\n"));
    }

    #[test]
    fn a_key_stands_after_the_others_of_its_signer() {
        let text = edited(STORE, |store| store.add_key("pipeline", &identity(2)));
        let added = "\n[[signer.key]]\nversion = 2\nidentity = \"a@b\"\nissuer = \"https://i\"\nsigns_from = 2026-10-01T00:00:00Z\n";
        let expected = STORE.replace("one.pub\"\n", &format!("one.pub\"\n{added}"));
        assert_eq!(text, expected);
        let text = edited(STORE, |store| store.add_key("people", &identity(1)));
        assert!(text.contains(
            "key = [{ public_key = \"keys/two.pub\" }, { version = 1, identity = \"a@b\", issuer = \"https://i\", signs_from = 2026-10-01T00:00:00Z }]\n"
        ), "{text}");
        let text = edited(STORE, |store| store.add_key("new", &identity(1)));
        assert!(
            text.contains("two.pub\" }]\n\n[[signer]]\nname = \"new\"\n\n[[signer.key]]\nversion = 1\n"),
            "{text}"
        );
        assert!(text.ends_with("\n\n# The end.\n"), "{text}");
    }

    #[test]
    fn a_rule_for_the_same_models_gets_one_signer_more() {
        let models = ["a_*".to_owned(), "b_*".to_owned()];
        let text = edited(STORE, |store| {
            assert_eq!(store.allow(&models, "pipeline")?, RuleEdit::Unchanged);
            assert_eq!(store.allow(&models, "people")?, RuleEdit::Extended);
            assert_eq!(store.allow(&models[..1], "people")?, RuleEdit::Added);
            Ok(())
        });
        assert!(text.contains("signers = [\"pipeline\", \"people\"] # alone\n"), "{text}");
        assert!(text.contains("[[rule]]\nmodels = \"a_*\"\nsigners = [\"people\"]\n"), "{text}");
        let threshold = "[[rule]]\nmodels = \"*\"\nthreshold = { n = 2, of = [\"a\", \"b\"] }\n";
        let error = StoreText::parse(threshold).expect("TOML").allow(&["*".to_owned()], "c");
        assert_eq!(error.expect_err("a conflict").code(), "conflicting-rules");
    }

    #[test]
    fn single_fields_of_a_key_are_set_and_replaced() {
        let text = edited(STORE, |store| {
            let mut key = store.key(0, 0)?;
            key.set_version(3)?;
            key.set_signs_until(time("2026-12-01T00:00:00Z"))?;
            key.set_signs_until(time("2026-11-01T00:00:00Z"))?;
            key.revoke(time("2026-11-02T00:00:00Z"), "lost \"it\"", Some(time("2026-10-02T00:00:00Z")))?;
            key.freeze(&[])?;
            key.freeze(&[Digest::of(b"one")])?;
            key.freeze(&[Digest::of(b"two"), Digest::of(b"three")])?;
            key.thaw(&[Digest::of(b"three"), Digest::of(b"four")].into())
        });
        assert!(text.contains("version = 3 # first\n"), "{text}");
        assert_eq!(text.matches("signs_until").count(), 1);
        assert!(text.contains("signs_until = 2026-11-01T00:00:00Z\n"), "{text}");
        assert!(text.contains(
            "revoked = { at = 2026-11-02T00:00:00Z, reason = 'lost \"it\"', compromised_since = 2026-10-02T00:00:00Z }\n"
        ), "{text}");
        let (one, two) = (Digest::of(b"one"), Digest::of(b"two"));
        assert!(text.contains(&format!("frozen = [\n  \"{one}\",\n  \"{two}\",\n]\n")), "{text}");
        assert!(text.contains("# ends soon\n\n[[rule]]"), "{text}");
        let thawed = edited(&text, |store| store.key(0, 0)?.thaw(&[one, two].into()));
        assert!(!thawed.contains("frozen"), "{thawed}");
        assert!(StoreText::parse(STORE).expect("TOML").key(0, 1).is_err());
    }

    #[test]
    fn comments_in_a_list_stay_with_what_they_are_about() {
        let listed = Unenveloped {
            model: "m.pt".into(),
            sha256: Digest::of(b"m"),
            key: "00".repeat(32).parse().expect("an id"),
        };
        let list = std::slice::from_ref(&listed);
        let text = edited(STORE, |store| store.list(list));
        let line =
            format!("{{ model = \"m.pt\", sha256 = \"{}\", key = \"{}\" }},\n", listed.sha256, listed.key);
        assert!(text.contains(&format!("unauthenticated = [\n  {line}]\n")), "{text}");
        let commented =
            format!("unauthenticated = [\n    {{ model = \"a\" }}, # about a\n    # the last\n]\n{STORE}");
        let text = edited(&commented, |store| store.list(list));
        let expected = format!("{{ model = \"a\" }}, # about a\n    # the last\n    {line}]\n");
        assert!(text.contains(&expected), "{text}");
    }

    #[test]
    fn a_public_key_is_written_as_a_block() {
        let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
        let key = NewKey::bare(PublicKey::from_pem(pem.as_bytes()).expect("a key"), None);
        let text = edited(STORE, |store| store.add_key("pipeline", &key));
        assert!(text.contains(&format!("\n[[signer.key]]\npublic_key = \"\"\"\n{pem}\"\"\"\n")), "{text}");
    }
}
