//! Reading TOML field by field, with the line of each; what is left over at the end is unknown.

use std::ops::Range;

use toml_edit::{Item, TableLike, Value};

use super::TrustStoreError;
use crate::json::{FieldError, FieldProblem, MAX_INTEGER};
use crate::time::{Age, Instant, Timestamp};

/// Where the lines of a text begin.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let breaks =
            text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at.saturating_add(1));
        Self(std::iter::once(0).chain(breaks).collect())
    }

    /// The line, from 1, in which a span begins.
    pub(super) fn at(&self, span: Option<Range<usize>>) -> usize {
        let start = span.map_or(0, |span| span.start);
        self.0.partition_point(|line| *line <= start)
    }
}

/// Something in the document: a value or a table, with its name for messages.
#[derive(Clone)]
pub(super) struct Node<'a> {
    lines: &'a Lines,
    /// The way to it from the top: `signer[0].key[1].pem`.
    pub(super) path: String,
    pub(super) line: usize,
    content: Content<'a>,
}

#[derive(Clone, Copy)]
enum Content<'a> {
    Value(&'a Value),
    Table(&'a dyn TableLike),
    Tables(&'a toml_edit::ArrayOfTables),
}

/// A table whose fields are taken one by one.
pub(super) struct Table<'a> {
    path: String,
    line: usize,
    fields: Vec<(&'a str, Node<'a>)>,
}

impl<'a> Table<'a> {
    /// The top of a document.
    pub(super) fn top(document: &'a toml_edit::Table, lines: &'a Lines) -> Result<Self, TrustStoreError> {
        Node { lines, path: String::new(), line: 1, content: Content::Table(document) }.table()
    }

    /// Takes a field out, if it is there.
    pub(super) fn take(&mut self, name: &str) -> Option<Node<'a>> {
        let at = self.fields.iter().position(|(field, _)| *field == name)?;
        Some(self.fields.swap_remove(at).1)
    }

    /// Takes a required field out.
    pub(super) fn require(&mut self, name: &str) -> Result<Node<'a>, TrustStoreError> {
        self.take(name).ok_or_else(|| self.wrong(name, FieldProblem::Missing))
    }

    /// Ends the reading: the format has no other field.
    pub(super) fn finish(self) -> Result<(), TrustStoreError> {
        match self.fields.iter().min_by_key(|(_, node)| node.line) {
            Some((_, node)) => Err(node.error(FieldProblem::Unknown)),
            None => Ok(()),
        }
    }

    /// An error about a field that is not there, or about several at once.
    pub(super) fn wrong(&self, name: &str, problem: FieldProblem) -> TrustStoreError {
        let error = FieldError { field: below(&self.path, name), problem };
        TrustStoreError::Field { line: self.line, error }
    }

    pub(super) fn line(&self) -> usize {
        self.line
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl<'a> Node<'a> {
    pub(super) fn table(&self) -> Result<Table<'a>, TrustStoreError> {
        let table: &dyn TableLike = match self.content {
            Content::Table(table) => table,
            Content::Value(Value::InlineTable(table)) => table,
            _ => return Err(self.kind("a table")),
        };
        let lines = self.lines;
        let fields = table.iter().map(|(name, item)| {
            let span = item.span().or_else(|| table.key(name).and_then(toml_edit::Key::span));
            (name, Node::of(item, lines, below(&self.path, name), lines.at(span).max(1)))
        });
        // Every item that was parsed is a value, a table or a list of tables.
        let fields = fields.filter_map(|(name, node)| Some((name, node?))).collect();
        Ok(Table { path: self.path.clone(), line: self.line, fields })
    }

    fn of(item: &'a Item, lines: &'a Lines, path: String, line: usize) -> Option<Self> {
        let content = match item {
            Item::None => return None,
            Item::Value(value) => Content::Value(value),
            Item::Table(table) => Content::Table(table),
            Item::ArrayOfTables(tables) => Content::Tables(tables),
        };
        Some(Self { lines, path, line, content })
    }

    /// The elements of a list, at least one.
    pub(super) fn list(&self) -> Result<Vec<Self>, TrustStoreError> {
        let element = |at: usize, content, span| Self {
            lines: self.lines,
            path: format!("{}[{at}]", self.path),
            line: self.lines.at(span).max(1),
            content,
        };
        let elements: Vec<Self> = match self.content {
            Content::Tables(tables) => {
                let tables = tables.iter().enumerate();
                tables.map(|(at, table)| element(at, Content::Table(table), table.span())).collect()
            }
            Content::Value(Value::Array(values)) => {
                let values = values.iter().enumerate();
                values.map(|(at, value)| element(at, Content::Value(value), value.span())).collect()
            }
            _ => return Err(self.kind("a list")),
        };
        if elements.is_empty() {
            return Err(self.value("is an empty list"));
        }
        Ok(elements)
    }

    /// One element alone, or a list.
    pub(super) fn one_or_more(&self) -> Result<Vec<Self>, TrustStoreError> {
        match self.content {
            Content::Value(Value::String(_)) => Ok(vec![self.clone()]),
            _ => self.list(),
        }
    }

    pub(super) fn text(&self) -> Result<&'a str, TrustStoreError> {
        match self.content {
            Content::Value(Value::String(text)) if text.value().trim().is_empty() => {
                Err(self.value("is an empty text"))
            }
            Content::Value(Value::String(text)) => Ok(text.value()),
            _ => Err(self.kind("a text in quotation marks")),
        }
    }

    pub(super) fn parsed<T>(&self) -> Result<T, TrustStoreError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        self.text()?.parse().map_err(|error: T::Err| self.value(error))
    }

    /// A number from 1 to 2^53.
    pub(super) fn integer(&self) -> Result<u64, TrustStoreError> {
        let Content::Value(Value::Integer(number)) = self.content else { return Err(self.kind("a number")) };
        match u64::try_from(*number.value()) {
            Ok(value) if (1..=MAX_INTEGER.unsigned_abs()).contains(&value) => Ok(value),
            _ => Err(self.value(format_args!("is {}, not a number from 1 to 2^53", number.value()))),
        }
    }

    /// A time with its offset, or a date: its first moment in UTC.
    pub(super) fn time(&self) -> Result<Instant, TrustStoreError> {
        let time = match self.content {
            Content::Value(Value::Datetime(time)) => time.value(),
            Content::Value(Value::String(_)) => {
                return Err(self.value("is a text: a time stands there without quotation marks"));
            }
            _ => return Err(self.kind("a time, such as 2027-06-30T00:00:00Z")),
        };
        let text = match (&time.date, &time.time, &time.offset) {
            (Some(_), Some(_), Some(_)) => time.to_string(),
            (Some(date), None, None) => format!("{date}T00:00:00Z"),
            (Some(_), Some(_), None) => return Err(self.value("has no offset: end it with Z for UTC")),
            _ => return Err(self.value("is a time of day, where a date is needed")),
        };
        text.parse::<Timestamp>()
            .map(|time| time.instant())
            .map_err(|error| self.value(format_args!("is {error}")))
    }

    pub(super) fn span(&self) -> Result<Age, TrustStoreError> {
        self.text()?.parse().map_err(|_| self.value("is not a span of time such as \"90d\" or \"1y\""))
    }

    pub(super) fn value(&self, what: impl std::fmt::Display) -> TrustStoreError {
        self.error(FieldProblem::Value(what.to_string()))
    }

    fn kind(&self, expected: &'static str) -> TrustStoreError {
        let found = match self.content {
            Content::Table(_) | Content::Value(Value::InlineTable(_)) => "a table",
            Content::Tables(_) | Content::Value(Value::Array(_)) => "a list",
            Content::Value(Value::String(_)) => "a text",
            Content::Value(Value::Integer(_)) => "a number",
            Content::Value(Value::Float(_)) => "a number with a point",
            Content::Value(Value::Boolean(_)) => "a boolean",
            Content::Value(Value::Datetime(_)) => "a time",
        };
        self.error(FieldProblem::Kind { expected, found })
    }

    fn error(&self, problem: FieldProblem) -> TrustStoreError {
        let error = FieldError { field: self.path.clone(), problem };
        TrustStoreError::Field { line: self.line, error }
    }
}
