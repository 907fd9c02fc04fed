//! Strict JSON (RFC 8259, restricted as in docs/spec/manifest.md): what is signed has exactly one reading.
//!
//! Refused are duplicate keys at any depth, numbers that are not integers of magnitude up to 2^53, nesting
//! deeper than [`MAX_DEPTH`], byte order marks, encodings other than UTF-8, lone surrogates and anything
//! behind the value. General parsers take the last of two equal keys in silence; an attacker who can make
//! two programs read different things from one file has won, so there is no lenient mode.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

/// Deepest nesting of arrays and objects. Our formats need 8; the rest is room for annotations.
pub const MAX_DEPTH: usize = 64;

/// Most values in one document: 11 for each of the 250 000 entries a signature may have. Bounds the memory
/// that a small hostile file (`[[],[],…`) can claim.
pub const MAX_VALUES: usize = 2_750_000;

/// Longest string of a statement in bytes: names and texts of ours have 4096, and those of others pass unread.
pub const MAX_STRING: usize = 64 * 1024;

/// Most values in an element of a list that is read element by element: a subject with every annotation it may have.
pub const MAX_ELEMENT: usize = MAX_FIELDS + 100;

/// Most fields in one object. Only free annotations have a number without bound, and people write those.
pub const MAX_FIELDS: usize = 10_000;

/// The one field, in documents that are read with [`parse_with_lists`], in which a number may be written as a float with
/// an integral value: the reference implementation of OpenSSF Model Signing writes `1000000000.0`.
const INTEGRAL: &str = "shard_size";

/// Largest magnitude of an integer: beyond 2^53 common parsers disagree about the value (RFC 8259, section 6).
pub const MAX_INTEGER: i64 = 1 << 53;

/// A JSON value. Numbers are integers, objects keep the order of their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer of magnitude up to 2^53.
    Integer(i64),
    /// Text.
    String(String),
    /// The bytes of a long payload, which [`parse_signature`] decodes at once: as text it would stand in memory twice.
    Decoded(Vec<u8>),
    /// A list.
    Array(Vec<Value>),
    /// Fields in the order written, each name once.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The kind of value, as named in messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) => "a number",
            Self::String(_) | Self::Decoded(_) => "a string",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Why bytes are not one strict JSON value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The file starts with a byte order mark or is UTF-16 or UTF-32.
    #[error("is encoded as {0}, not as plain UTF-8")]
    Encoding(&'static str),
    /// Bytes that are not UTF-8.
    #[error("is not UTF-8 (from byte {0} on, counted from 0)")]
    NotUtf8(usize),
    /// More than any document of its kind has: then it is not parsed at all.
    #[error("has more than {limit} {what}")]
    TooMuch {
        /// How many there may be.
        limit: u64,
        /// Of what.
        what: &'static str,
    },
    /// The parser's complaint: no JSON, cut short, lone surrogate, trailing bytes, one of our restrictions.
    #[error("is not strict JSON: {what} (line {line}, column {column})")]
    Syntax {
        /// What is wrong.
        what: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
}

/// Parses one strict JSON value.
///
/// # Errors
/// [`JsonError`] for anything that is not exactly one value under the restrictions of this module.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    read(bytes, &[], MAX_VALUES, None, Payload::Keep, usize::MAX)
}

/// Like [`parse`], for a statement: with `most` in the place of [`MAX_VALUES`], and no string longer than [`MAX_STRING`].
///
/// # Errors
/// [`JsonError`].
pub fn parse_up_to(bytes: &[u8], most: usize) -> Result<Value, JsonError> {
    read(bytes, &[], most, None, Payload::Keep, MAX_STRING)
}

/// Like [`parse_up_to`], for a signature file: a long payload of an envelope becomes [`Value::Decoded`].
///
/// # Errors
/// [`JsonError`].
pub fn parse_signature(bytes: &[u8], most: usize) -> Result<Value, JsonError> {
    read(bytes, &[], most, None, Payload::Decode, usize::MAX)
}

/// Like [`parse`], but hands out the elements of the lists at `paths` one by one, as they are read, with the position of
/// the path; the lists themselves then stay empty. So a list of 250 000 entries never stands in memory as JSON. `most`
/// takes the place of [`MAX_VALUES`] and does not count what is inside the lists: each of their elements has at most
/// [`MAX_ELEMENT`] values. No string is longer than [`MAX_STRING`].
///
/// # Errors
/// [`JsonError`]; elements may have been handed out before.
pub fn parse_with_lists<'s>(
    bytes: &[u8],
    paths: &'s [&'s [&'s str]],
    most: usize,
    each: &'s mut dyn FnMut(usize, Value),
) -> Result<Value, JsonError> {
    read(bytes, paths, most, Some(each), Payload::Keep, MAX_STRING)
}

fn read<'s>(
    bytes: &[u8],
    paths: &'s [&'s [&'s str]],
    most: usize,
    each: Option<&'s mut dyn FnMut(usize, Value)>,
    payload: Payload,
    longest: usize,
) -> Result<Value, JsonError> {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => return Err(JsonError::Encoding("UTF-8 with a byte order mark")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => {
            return Err(JsonError::Encoding("UTF-16 or UTF-32"));
        }
        _ => {}
    }
    let text = std::str::from_utf8(bytes).map_err(|error| JsonError::NotUtf8(error.valid_up_to()))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let way = each.is_some().then_some((None, 0));
    let mut state = State { values: 0, most, paths, each, payload, longest };
    let value = Strict { depth: 0, way, integral: false, decode: false, state: &mut state }
        .deserialize(&mut reader)
        .map_err(syntax)?;
    reader.end().map_err(syntax)?;
    Ok(value)
}

fn syntax(error: serde_json::Error) -> JsonError {
    let (line, column) = (error.line(), error.column());
    let full = error.to_string();
    let what = full.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&full).to_owned();
    JsonError::Syntax { what, line, column }
}

struct State<'s> {
    values: usize,
    most: usize,
    paths: &'s [&'s [&'s str]],
    each: Option<&'s mut dyn FnMut(usize, Value)>,
    payload: Payload,
    longest: usize,
}

/// What becomes of a long `payload` in an object of the top object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Payload {
    Keep,
    Decode,
}

/// From this length on a payload is decoded at once.
const LONG_PAYLOAD: usize = 64 * 1024;

/// Which path leads here, `None` while it may be any, and how many of its fields have been passed.
type Way = Option<(Option<usize>, usize)>;

struct Strict<'a, 's> {
    depth: usize,
    /// How the fields of a path lead here, if nothing but they do.
    way: Way,
    /// Whether this number may be written like `8.0`.
    integral: bool,
    /// Whether this string is a payload.
    decode: bool,
    state: &'a mut State<'s>,
}

impl<'de> DeserializeSeed<'de> for Strict<'_, '_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.state.values = self.state.values.saturating_add(1);
        if self.state.values > self.state.most {
            return Err(serde::de::Error::custom(format_args!("more than {} values", self.state.most)));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'s> Strict<'_, 's> {
    /// The path of a list of whose elements each is handed out, if this is one.
    fn list(&self) -> Option<usize> {
        let (path, passed) = self.way?;
        path.filter(|path| self.state.paths.get(*path).is_some_and(|fields| fields.len() == passed))
    }

    /// The way on through a field.
    fn through(&self, field: &str) -> Way {
        let (path, passed) = self.way?;
        let leads = |at: &usize| {
            path.is_none_or(|path| path == *at)
                && self.state.paths.get(*at).and_then(|fields| fields.get(passed)) == Some(&field)
        };
        (0..self.state.paths.len()).find(leads).map(|at| (Some(at), passed.saturating_add(1)))
    }

    fn deeper<E: serde::de::Error>(&mut self, way: Way) -> Result<Strict<'_, 's>, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(Strict {
            depth: self.depth.saturating_add(1),
            way,
            integral: false,
            decode: false,
            state: self.state,
        })
    }
}

impl<'de> Visitor<'de> for Strict<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > MAX_INTEGER.unsigned_abs() {
            return Err(E::custom("a number beyond 2^53"));
        }
        Ok(Value::Integer(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value)
            .map_err(|_| E::custom("a number beyond 2^53"))
            .and_then(|value| self.visit_i64(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        // 2^53 and below: every integer there is exact as a float, and so is the cast.
        if self.integral && value.fract() == 0.0 && (0.0..=MAX_INTEGER as f64).contains(&value) {
            return Ok(Value::Integer(value as i64));
        }
        Err(E::custom("a number that is not an integer up to 2^53"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        if value.len() > self.state.longest {
            return Err(E::custom(format_args!("a string of more than {MAX_STRING} bytes")));
        }
        if !self.decode || value.len() < LONG_PAYLOAD {
            return Ok(Value::String(value.to_owned()));
        }
        // What is no base64 is refused for that, however long it is; so a short text serves in its place.
        let decoded = crate::text::decode_base64(value);
        Ok(decoded.map_or_else(|| Value::String("?".to_owned()), Value::Decoded))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::with_capacity(1);
        let Some(path) = self.list() else {
            while let Some(value) = items.next_element_seed(self.deeper(None)?)? {
                list.push(value);
            }
            return Ok(Value::Array(list));
        };
        let (values, most) = (self.state.values, self.state.most);
        loop {
            (self.state.values, self.state.most) = (0, MAX_ELEMENT);
            let Some(value) = items.next_element_seed(self.deeper(None)?)? else { break };
            if let Some(each) = self.state.each.as_mut() {
                each(path, value);
            }
        }
        (self.state.values, self.state.most) = (values, most);
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Value, A::Error> {
        // Most objects are small; growing would take room for four at once.
        let mut object: Vec<(String, Value)> = Vec::with_capacity(1);
        self.deeper::<A::Error>(None)?;
        while let Some(name) = fields.next_key::<String>()? {
            if object.len() == MAX_FIELDS {
                return Err(serde::de::Error::custom(format_args!(
                    "more than {MAX_FIELDS} fields in one object"
                )));
            }
            let way = self.through(&name);
            let integral = self.state.each.is_some() && name == INTEGRAL;
            let decode = self.state.payload == Payload::Decode && self.depth == 1 && name == "payload";
            let inner = Strict { integral, decode, ..self.deeper(way)? };
            let value = fields.next_value_seed(inner)?;
            object.push((name, value));
        }
        if let Some(name) = duplicate(&object) {
            let shown: String = name.chars().take(64).collect();
            return Err(serde::de::Error::custom(format_args!(
                "the key `{}` stands twice in one object",
                crate::text::Escaped(&shown)
            )));
        }
        Ok(Value::Object(object))
    }
}

/// A name that stands twice.
fn duplicate(fields: &[(String, Value)]) -> Option<&str> {
    let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.iter().zip(names.iter().skip(1)).find(|(one, next)| one == next).map(|(name, _)| *name)
}

/// What is wrong with one field of a JSON object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` {problem}", crate::text::Escaped(.field))]
pub struct FieldError {
    /// The field, as a path from the top of the document: `envelope.signatures[0].sig`.
    pub field: String,
    /// What is wrong with it.
    pub problem: FieldProblem,
}

/// The ways in which a field can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldProblem {
    /// A required field is not there.
    #[error("is missing")]
    Missing,
    /// A field that this format does not have.
    #[error("is not a field of this format")]
    Unknown,
    /// Another kind of value.
    #[error("is {found} where {expected} is needed")]
    Kind {
        /// What the format asks for.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// The right kind with a value that the format does not allow.
    #[error("{0}")]
    Value(String),
}

impl FieldError {
    pub(crate) fn new(field: impl Into<String>, problem: FieldProblem) -> Self {
        Self { field: field.into(), problem }
    }

    pub(crate) fn value(field: impl Into<String>, what: impl fmt::Display) -> Self {
        Self::new(field, FieldProblem::Value(what.to_string()))
    }

    /// The same error seen from the object that holds this one.
    pub(crate) fn within(self, parent: &str) -> Self {
        Self { field: format!("{parent}.{}", self.field), problem: self.problem }
    }
}

/// Takes the fields of an object one by one; what is left over at the end is unknown.
#[derive(Debug)]
pub struct Fields(Vec<(String, Option<Value>)>);

impl Fields {
    /// The fields of `value`, which must be an object; `name` is what messages call it.
    ///
    /// # Errors
    /// A [`FieldError`] when `value` is something else.
    pub fn of(value: Value, name: &str) -> Result<Self, FieldError> {
        match value {
            Value::Object(fields) => {
                Ok(Self(fields.into_iter().map(|(key, value)| (key, Some(value))).collect()))
            }
            other => Err(kind(name, "an object", &other)),
        }
    }

    /// Whether the object had this field, taken already or not.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// Takes a field out, if it is there.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.0.iter_mut().find(|(key, _)| key == name).and_then(|(_, value)| value.take())
    }

    /// Takes a required field out.
    ///
    /// # Errors
    /// A [`FieldError`] when it is missing.
    pub fn require(&mut self, name: &str) -> Result<Value, FieldError> {
        self.take(name).ok_or_else(|| FieldError::new(name, FieldProblem::Missing))
    }

    /// Takes a required string out.
    ///
    /// # Errors
    /// A [`FieldError`] when it is missing or not a string.
    pub fn string(&mut self, name: &str) -> Result<String, FieldError> {
        as_string(self.require(name)?, name)
    }

    /// Takes a string out, if the field is there.
    ///
    /// # Errors
    /// A [`FieldError`] when it is not a string; `null` is not a string.
    pub fn optional_string(&mut self, name: &str) -> Result<Option<String>, FieldError> {
        self.take(name).map(|value| as_string(value, name)).transpose()
    }

    /// Takes an integer of at least `least` out, if the field is there.
    ///
    /// # Errors
    /// A [`FieldError`] when it is not an integer or too small.
    pub fn optional_integer(&mut self, name: &str, least: u64) -> Result<Option<u64>, FieldError> {
        self.take(name).map(|value| as_integer(&value, name, least)).transpose()
    }

    /// Takes a required integer of at least `least` out.
    ///
    /// # Errors
    /// A [`FieldError`] when it is missing, not an integer or too small.
    pub fn integer(&mut self, name: &str, least: u64) -> Result<u64, FieldError> {
        as_integer(&self.require(name)?, name, least)
    }

    /// Takes a required list out.
    ///
    /// # Errors
    /// A [`FieldError`] when it is missing or not a list.
    pub fn array(&mut self, name: &str) -> Result<Vec<Value>, FieldError> {
        match self.require(name)? {
            Value::Array(items) => Ok(items),
            other => Err(kind(name, "a list", &other)),
        }
    }

    /// What has not been taken, in the order written.
    pub fn rest(self) -> impl Iterator<Item = (String, Value)> {
        self.0.into_iter().filter_map(|(key, value)| value.map(|value| (key, value)))
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// A [`FieldError`] when a field was not taken: the format does not have it.
    pub fn finish(self) -> Result<(), FieldError> {
        match self.rest().next() {
            Some((name, _)) => Err(FieldError::new(name, FieldProblem::Unknown)),
            None => Ok(()),
        }
    }
}

fn kind(name: &str, expected: &'static str, found: &Value) -> FieldError {
    FieldError::new(name, FieldProblem::Kind { expected, found: found.kind() })
}

pub(crate) fn as_string(value: Value, name: &str) -> Result<String, FieldError> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(kind(name, "a string", &other)),
    }
}

pub(crate) fn as_integer(value: &Value, name: &str, least: u64) -> Result<u64, FieldError> {
    match value {
        Value::Integer(number) => match u64::try_from(*number) {
            Ok(number) if number >= least => Ok(number),
            _ => Err(FieldError::value(name, format_args!("is {number}, below {least}"))),
        },
        other => Err(kind(name, "a number", other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        parse(text.as_bytes()).expect_err(text).to_string()
    }

    #[test]
    fn a_list_can_be_taken_element_by_element() {
        let text = br#"{"a":{"l":[1,[2],{"a":{"l":[3]}}],"m":[4]},"l":[5]}"#;
        let mut taken = Vec::new();
        let rest = parse_with_lists(text, &[&["l", "x"], &["a", "l"]], MAX_VALUES, &mut |at, value| {
            assert_eq!(at, 1);
            taken.push(value);
        })
        .expect("JSON");
        let expected = parse(br#"[1,[2],{"a":{"l":[3]}}]"#).expect("JSON");
        assert_eq!(Value::Array(taken), expected);
        assert_eq!(rest, parse(br#"{"a":{"l":[],"m":[4]},"l":[5]}"#).expect("JSON"));
        let float = |text: &str| {
            parse_with_lists(text.as_bytes(), &[&["l"]], MAX_VALUES, &mut |_, _| {})
                .map(|value| value == Value::Object(vec![("shard_size".to_owned(), Value::Integer(8))]))
        };
        assert_eq!(float(r#"{"shard_size":8.0}"#), Ok(true));
        for bad in ["8.5", "-8.0", "1e300", "-0.0e-1"] {
            assert!(float(&format!(r#"{{"shard_size":{bad}}}"#)) != Ok(true), "{bad}");
        }
        assert!(float(r#"{"size":8.0}"#).is_err());
        assert!(parse(br#"{"shard_size":8.0}"#).is_err());
        let twice = br#"{"a":{"l":[1],"l":[2]}}"#;
        assert!(parse_with_lists(twice, &[&["a", "l"]], MAX_VALUES, &mut |_, _| {}).is_err());
    }

    #[test]
    fn duplicate_keys_are_refused_at_every_depth() {
        assert!(refused(r#"{"a":1,"a":1}"#).contains("`a` stands twice"));
        assert!(refused(r#"[{"x":{"b":1,"c":2,"b":3}}]"#).contains("`b` stands twice"));
        assert!(refused(r#"{"a":1,"\u0061":1}"#).contains("`a` stands twice"));
    }

    #[test]
    fn numbers_are_integers_up_to_2_53() {
        assert_eq!(parse(b"9007199254740992"), Ok(Value::Integer(MAX_INTEGER)));
        assert_eq!(parse(b"-9007199254740992"), Ok(Value::Integer(-MAX_INTEGER)));
        for text in
            ["9007199254740993", "1.0", "1e3", "-0", "NaN", "Infinity", "18446744073709551616", "01", "+1"]
        {
            refused(text);
        }
    }

    #[test]
    fn nesting_has_a_floor() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert!(refused(&nested(MAX_DEPTH + 1)).contains("deeper than 64"));
        assert!(refused(&"{\"a\":".repeat(MAX_DEPTH + 1)).contains("deeper than 64"));
        refused(&"[".repeat(1_000_000));
    }

    #[test]
    fn only_utf_8_and_nothing_behind_the_value() {
        for bytes in [
            &b"\xef\xbb\xbf{}"[..],
            b"\xff\xfe{\0}\0",
            b"{\0}\0",
            b"\0{\0}",
            b"\"\xff\"",
            br#""\ud800""#,
            br#""\udc00\ud800""#,
            b"{} x",
            b"{}{}",
            b"{}\0",
            b"",
            b"{",
            b"{\"a\":1,}",
            b"[1,]",
            b"'a'",
            b"// c\n1",
            b"\"a\nb\"",
        ] {
            assert!(parse(bytes).is_err(), "{bytes:?}");
        }
        assert_eq!(parse(b" {} \n"), Ok(Value::Object(vec![])));
    }

    #[test]
    fn fields_that_nobody_took_are_unknown() {
        let value = parse(br#"{"a":"x","n":null,"b":2}"#).expect("JSON");
        let mut fields = Fields::of(value, "it").expect("an object");
        assert_eq!(fields.string("a").as_deref(), Ok("x"));
        assert_eq!(fields.string("n").expect_err("null").to_string(), "`n` is null where a string is needed");
        assert_eq!(fields.integer("c", 1).expect_err("missing").to_string(), "`c` is missing");
        assert_eq!(fields.finish().expect_err("b").to_string(), "`b` is not a field of this format");
    }
}
