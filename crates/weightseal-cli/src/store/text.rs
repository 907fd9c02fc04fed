//! The text of a trust store (docs/spec/trust.md, TOML 1.0) while it is edited: what is not changed stays as it was
//! written, comments and order among it.

use std::collections::BTreeSet;

use toml_edit::{Array, DocumentMut, InlineTable, Item, TableLike, Value};
use weightseal::digest::Digest;
use weightseal::text::Escaped;
use weightseal::time::Instant;
use weightseal::trust::Unenveloped;

use super::layout::{
    Indent, datetime, integer, keep_comments, push_line, push_table, push_value, replace, tables,
};
use super::new_key::NewKey;

/// Why a text could not be edited. What the parser of the library accepts can be edited, so these are rare.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TextError {
    /// It is no TOML.
    #[error("the trust store is not TOML: {}", Escaped(.reason))]
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
        push_table(&mut **signer, "key", fields, Indent::None)?;
        keep_comments(&mut self.document);
        Ok(())
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
        keep_comments(&mut self.document);
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

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
