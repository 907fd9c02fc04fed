//! Strict JSON (docs/spec/manifest.md, rule 2.3), one character after the other.

use std::collections::BTreeSet;

const DEEPEST: usize = 64;
const MOST_VALUES: usize = 2_750_000;
const MOST_FIELDS: usize = 10_000;
const LARGEST: i64 = 9_007_199_254_740_992;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer.
    Number(i64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// Fields, as written.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The field of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The list, if it is one.
    pub fn list(&self) -> Option<&[Self]> {
        if let Self::List(list) = self { Some(list) } else { None }
    }

    /// The number, if it is one of at least `least`.
    pub fn number(&self, least: i64) -> Option<i64> {
        if let Self::Number(number) = self { Some(*number).filter(|number| *number >= least) } else { None }
    }

    /// Whether it is an object with no other fields than these.
    pub fn has_only(&self, known: &[&str]) -> bool {
        matches!(self, Self::Object(fields) if fields.iter().all(|(name, _)| known.contains(&name.as_str())))
    }
}

/// The one value in these bytes.
pub fn parse(bytes: &[u8]) -> Option<Json> {
    // UTF-16 and UTF-32 are told by their zero bytes (RFC 4627, section 3).
    if bytes.starts_with(b"\xef\xbb\xbf") || bytes.first() == Some(&0) || bytes.get(1) == Some(&0) {
        return None;
    }
    let text: Vec<char> = std::str::from_utf8(bytes).ok()?.chars().collect();
    let mut reader = Reader { text: &text, at: 0, values: 0 };
    let value = reader.value(0)?;
    reader.space();
    (reader.at == text.len()).then_some(value)
}

struct Reader<'a> {
    text: &'a [char],
    at: usize,
    values: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let found = self.peek();
        self.at += 1;
        found
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        word.chars().all(|expected| self.next() == Some(expected)).then_some(value)
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return None;
        }
        self.space();
        match self.peek()? {
            'n' => self.word("null", Json::Null),
            't' => self.word("true", Json::Bool(true)),
            'f' => self.word("false", Json::Bool(false)),
            '"' => self.string().map(Json::Text),
            '[' => self.list(depth + 1),
            '{' => self.object(depth + 1),
            _ => self.number(),
        }
    }

    fn number(&mut self) -> Option<Json> {
        let start = self.at;
        while matches!(self.peek(), Some('0'..='9' | '-' | '+' | '.' | 'e' | 'E')) {
            self.at += 1;
        }
        let text: String = self.text[start..self.at].iter().collect();
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let is_plain = !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit());
        if !is_plain || (digits.len() > 1 && digits.starts_with('0')) || text == "-0" {
            return None;
        }
        let number: i64 = text.parse().ok()?;
        (-LARGEST..=LARGEST).contains(&number).then_some(Json::Number(number))
    }

    fn string(&mut self) -> Option<String> {
        self.next().filter(|quote| *quote == '"')?;
        let mut text = String::new();
        loop {
            match self.next()? {
                '"' => return Some(text),
                '\\' => text.push(self.escape()?),
                control if control < ' ' => return None,
                other => text.push(other),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            '"' => '"',
            '\\' => '\\',
            '/' => '/',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => match self.unit()? {
                high @ 0xd800..=0xdbff => {
                    let low = (self.next()? == '\\' && self.next()? == 'u').then(|| self.unit())??;
                    let low = (0xdc00..=0xdfff).contains(&low).then(|| low - 0xdc00)?;
                    char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)?
                }
                unit => char::from_u32(unit)?,
            },
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |unit, _| Some(unit * 16 + self.next()?.to_digit(16)?))
    }

    fn list(&mut self, depth: usize) -> Option<Json> {
        self.at += 1;
        let mut list = Vec::new();
        self.space();
        if depth > DEEPEST {
            return None;
        }
        if self.peek()? == ']' {
            self.at += 1;
            return Some(Json::List(list));
        }
        loop {
            list.push(self.value(depth)?);
            self.space();
            match self.next()? {
                ',' => {}
                ']' => return Some(Json::List(list)),
                _ => return None,
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.at += 1;
        let (mut fields, mut names) = (Vec::new(), BTreeSet::new());
        self.space();
        if depth > DEEPEST {
            return None;
        }
        if self.peek()? == '}' {
            self.at += 1;
            return Some(Json::Object(fields));
        }
        while fields.len() < MOST_FIELDS {
            self.space();
            let name = self.string()?;
            self.space();
            self.next().filter(|colon| *colon == ':')?;
            let value = self.value(depth)?;
            if !names.insert(name.clone()) {
                return None;
            }
            fields.push((name, value));
            self.space();
            match self.next()? {
                ',' => {}
                '}' => return Some(Json::Object(fields)),
                _ => return None,
            }
        }
        None
    }
}
