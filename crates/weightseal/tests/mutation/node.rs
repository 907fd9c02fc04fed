//! JSON that can also be wrong: doubled names, numbers in other spellings, text that is no JSON at all.

use weightseal::json::{self, Value};

use crate::common::Random;

/// One value.
#[derive(Clone, PartialEq)]
pub(crate) enum Node {
    /// Written as it stands here.
    Raw(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// In front of a name: every letter of it is to be written as an escape.
pub(crate) const ESCAPED: char = '\u{e000}';

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Raw("null".to_owned()),
            Value::Bool(value) => Self::Raw(value.to_string()),
            Value::Integer(value) => Self::Raw(value.to_string()),
            Value::String(text) => Self::Text(text),
            Value::Decoded(_) => unreachable!("only signature files have it"),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(fields) => {
                Self::Object(fields.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
        }
    }
}

pub(crate) fn quoted(text: &str) -> String {
    match text.strip_prefix(ESCAPED) {
        Some(text) => escaped(text),
        None => serde_json::to_string(text).expect("a string serialises"),
    }
}

/// The same text, with every letter written as an escape.
pub(crate) fn escaped(text: &str) -> String {
    let escapes: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    format!("\"{escapes}\"")
}

impl Node {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        json::parse(bytes).expect("JSON").into()
    }

    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Raw(text) => text.clone(),
            Self::Text(text) => quoted(text),
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::to_text).collect::<Vec<_>>().join(","))
            }
            Self::Object(fields) => {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, value)| format!("{}:{}", quoted(name), value.to_text()))
                    .collect();
                format!("{{{}}}", fields.join(","))
            }
        }
    }

    pub(crate) fn fields(&mut self) -> &mut Vec<(String, Self)> {
        let Self::Object(fields) = self else { panic!("no object") };
        fields
    }

    pub(crate) fn text(&self) -> &str {
        let Self::Text(text) = self else { panic!("no text") };
        text
    }

    /// What stands at this path: names of fields and positions in lists.
    pub(crate) fn at(&mut self, path: &[&str]) -> &mut Self {
        path.iter().fold(self, |node, step| match node {
            Self::List(items) => &mut items[step.parse::<usize>().expect("a position")],
            other => &mut other.fields().iter_mut().find(|(field, _)| field == step).expect("a field").1,
        })
    }

    /// Every value of a field of this name, wherever it stands.
    pub(crate) fn named<'a>(&'a self, name: &str, found: &mut Vec<&'a Self>) {
        match self {
            Self::List(items) => items.iter().for_each(|item| item.named(name, found)),
            Self::Object(fields) => {
                for (field, value) in fields {
                    if field == name {
                        found.push(value);
                    }
                    value.named(name, found);
                }
            }
            Self::Raw(_) | Self::Text(_) => {}
        }
    }

    /// How many objects and lists with something in them there are, this one included.
    pub(crate) fn containers(&self) -> usize {
        match self {
            Self::List(items) if !items.is_empty() => 1 + items.iter().map(Self::containers).sum::<usize>(),
            Self::Object(fields) if !fields.is_empty() => {
                1 + fields.iter().map(|(_, value)| value.containers()).sum::<usize>()
            }
            _ => 0,
        }
    }

    /// The container of this number, counted from the top.
    pub(crate) fn container(&mut self, number: &mut usize) -> Option<&mut Self> {
        let filled = match self {
            Self::List(items) => !items.is_empty(),
            Self::Object(fields) => !fields.is_empty(),
            _ => false,
        };
        if !filled {
            return None;
        }
        if *number == 0 {
            return Some(self);
        }
        *number -= 1;
        match self {
            Self::List(items) => items.iter_mut().find_map(|item| item.container(number)),
            Self::Object(fields) => fields.iter_mut().find_map(|(_, value)| value.container(number)),
            _ => None,
        }
    }

    /// In so many lists or objects.
    pub(crate) fn nested(self, depth: usize, random: &mut Random) -> Self {
        let (open, close) = [("[", "]"), ("{\"a\":", "}")][random.below(2)];
        Self::Raw(format!("{}{}{}", open.repeat(depth), self.to_text(), close.repeat(depth)))
    }
}
