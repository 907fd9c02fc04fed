//! How TOML is laid out: where a new table or value goes, and where comments stay.

use toml_edit::{Array, ArrayOfTables, Datetime, DocumentMut, InlineTable, Item, Table, TableLike, Value};
use weightseal::time::{Instant, Timestamp};

use super::text::TextError;

/// Whether an entry of a list gets a line of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Indent {
    None,
    Line,
}

/// The tables of this name, written as `[[name]]` or as a list of inline tables.
pub(super) fn tables<'a>(
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
pub(super) fn push_table(
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
pub(super) fn push_value(list: &mut Array, value: Value) {
    let prefix = |value: &Value| value.decor().prefix().and_then(|raw| raw.as_str()).unwrap_or("").to_owned();
    match list.iter().last().map(prefix) {
        Some(prefix) if prefix.contains('\n') => push_line(list, value),
        _ if list.trailing().as_str().is_some_and(|text| text.contains('\n')) => push_line(list, value),
        _ => list.push(value),
    }
}

/// Adds a value to a list, on a line of its own.
pub(super) fn push_line(list: &mut Array, value: Value) {
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

/// Puts a value in the place of another one; what stands around it stays.
pub(super) fn replace(old: &mut Value, new: Value) {
    let decor = old.decor().clone();
    *old = new;
    *old.decor_mut() = decor;
}

pub(super) fn integer(number: u64, field: &'static str) -> Result<Value, TextError> {
    i64::try_from(number).map(Value::from).map_err(|_| TextError::Shape { field })
}

/// A text of several lines, which begins on a line of its own.
pub(super) fn block(text: &str) -> Value {
    Value::from(format!("{}\n", text.trim()))
}

/// A time in TOML, in whole seconds.
pub(super) fn datetime(time: Instant) -> Result<Datetime, TextError> {
    let text = Timestamp::from_instant(time).to_seconds();
    text.parse().map_err(|_| TextError::Time { time: text })
}

/// Where new tables were put between others, gives the comment right below the table above, which the parser counts to
/// the next one, to the new one: it stays where it was.
///
/// A comment belongs to what stands above it if it follows without a blank line, and one comes after it.
pub(super) fn keep_comments(document: &mut DocumentMut) {
    // New tables have no position, and are written after the table before them.
    let mut places = Vec::new();
    after_what(document, &mut |after, _| places.push(after));
    for place in places {
        let Some(comment) = take_comment(document, place) else { continue };
        after_what(document, &mut |after, table| {
            if after == place {
                table.decor_mut().set_prefix(format!("{comment}\n"));
            }
        });
    }
}

/// Every new table that follows one that was there, with that one's position.
fn after_what(document: &mut DocumentMut, look: &mut dyn FnMut(isize, &mut Table)) {
    let mut last = None;
    visit(document.as_table_mut(), &mut |table| match (table.position(), last) {
        (None, Some(after)) => {
            look(after, table);
            last = None;
        }
        (position, _) => last = position,
    });
}

/// Takes away the comment that stands right below the table at this position.
fn take_comment(document: &mut DocumentMut, after: isize) -> Option<String> {
    let mut next: Option<isize> = None;
    visit(document.as_table_mut(), &mut |table| {
        let position = table.position().filter(|position| *position > after);
        next = next.min(position).or(next).or(position);
    });
    let Some(next) = next else {
        let (above, below) = split_comment(document.trailing().as_str()?);
        document.set_trailing(below);
        return above;
    };
    let mut comment = None;
    visit(document.as_table_mut(), &mut |table| {
        if table.position() == Some(next) {
            let (above, below) =
                split_comment(table.decor().prefix().and_then(|raw| raw.as_str()).unwrap_or(""));
            table.decor_mut().set_prefix(below);
            comment = above;
        }
    });
    comment
}

/// The lines before the first blank one, if there is a comment among them and a blank line after them, and the rest.
fn split_comment(text: &str) -> (Option<String>, String) {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            let (above, below) = text.split_at(end);
            return (Some(above.to_owned()).filter(|above| !above.is_empty()), below.to_owned());
        }
        end += line.len();
    }
    (None, text.to_owned())
}

/// Every table below the top, in the order of the tree.
fn visit(table: &mut Table, look: &mut dyn FnMut(&mut Table)) {
    for (_, item) in table.iter_mut() {
        match item {
            // Dotted keys are no table of their own, and nothing is written before them.
            Item::Table(below) if below.is_dotted() => {}
            Item::Table(below) => {
                look(below);
                visit(below, look);
            }
            Item::ArrayOfTables(tables) => {
                for below in tables.iter_mut() {
                    look(below);
                    visit(below, look);
                }
            }
            Item::Value(_) | Item::None => {}
        }
    }
}
