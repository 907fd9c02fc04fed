//! Just enough of Rust's grammar to find the paths in a file.

/// A file as tokens: words, `::`, and single characters. Comments and literals are gone.
pub(crate) struct Source {
    tokens: Vec<Token>,
}

struct Token {
    text: String,
    line: usize,
}

/// One path, with braces taken apart: `use crate::{a, b::c}` holds two.
pub(crate) struct Reference {
    /// Where its last word stands.
    pub(crate) line: usize,
    /// Its parts as written; `*` for a glob.
    pub(crate) path: Vec<String>,
    /// Followed by `as`.
    pub(crate) renamed: bool,
    /// It names the crate's root itself.
    pub(crate) at_root: bool,
    /// What it names in the crate's root, where it leads through the root.
    pub(crate) from_root: Option<String>,
}

impl Source {
    pub(crate) fn read(text: &str) -> Self {
        Self { tokens: tokens(text) }
    }

    /// Every word, with its line.
    pub(crate) fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        self.tokens.iter().map(|token| (token.line, token.text.as_str()))
    }

    /// Every word before an exclamation mark, with its line.
    pub(crate) fn macros(&self) -> impl Iterator<Item = (usize, &str)> {
        let pairs = self.tokens.windows(2).filter(|pair| pair[1].text == "!");
        pairs.map(|pair| (pair[0].line, pair[0].text.as_str()))
    }

    /// Every path, seen from a file that holds the module `module`.
    pub(crate) fn references(&self, module: &[String]) -> Vec<Reference> {
        let mut here = module.to_vec();
        let mut inner_modules = Vec::new();
        let mut depth = 0_usize;
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            match self.text(at) {
                "mod" if is_word(self.text(at + 1)) && self.text(at + 2) == "{" => {
                    here.push(self.text(at + 1).to_owned());
                    inner_modules.push(depth);
                    depth += 1;
                    at += 3;
                }
                "{" => {
                    depth += 1;
                    at += 1;
                }
                "}" => {
                    depth = depth.saturating_sub(1);
                    if inner_modules.last() == Some(&depth) {
                        inner_modules.pop();
                        here.pop();
                    }
                    at += 1;
                }
                text if is_word(text) && self.text(at.wrapping_sub(1)) != "." => {
                    at = self.path(at, &[], &here, &mut found);
                }
                _ => at += 1,
            }
        }
        found
    }

    /// Reads one path with its groups and returns the position behind it.
    fn path(&self, mut at: usize, before: &[String], here: &[String], found: &mut Vec<Reference>) -> usize {
        let mut path = before.to_vec();
        loop {
            match self.text(at) {
                "{" => return self.group(at + 1, &path, here, found),
                text if is_word(text) || text == "*" => path.push(text.to_owned()),
                _ => break,
            }
            at += 1;
            let continues = is_word(self.text(at + 1)) || matches!(self.text(at + 1), "{" | "*");
            if self.text(at) != "::" || !continues {
                break;
            }
            at += 1;
        }
        let (at_root, from_root) = through_root(&path, here);
        let line = self.tokens[at.saturating_sub(1)].line;
        found.push(Reference { line, path, renamed: self.text(at) == "as", at_root, from_root });
        at
    }

    /// Reads `a, b::c as d}` and returns the position behind the brace.
    fn group(&self, mut at: usize, before: &[String], here: &[String], found: &mut Vec<Reference>) -> usize {
        while at < self.tokens.len() {
            match self.text(at) {
                "}" => return at + 1,
                "," => at += 1,
                "as" => at += 2,
                text if is_word(text) || matches!(text, "*" | "{") => {
                    at = self.path(at, before, here, found);
                }
                _ => at += 1,
            }
        }
        at
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }
}

/// Whether a path, read in the module `here`, names the crate's root, and what it names in it.
fn through_root(path: &[String], here: &[String]) -> (bool, Option<String>) {
    let Some(first) = path.first() else { return (false, None) };
    if !matches!(first.as_str(), "crate" | "super" | "self") {
        return (false, None);
    }
    let mut position = here.to_vec();
    for part in path {
        match part.as_str() {
            "crate" => position.clear(),
            "self" => {}
            "super" => {
                position.pop();
            }
            name if position.is_empty() => return (false, Some(name.to_owned())),
            _ => return (false, None),
        }
    }
    (position.is_empty(), None)
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        at = match (chars[at], chars.get(at + 1).copied()) {
            ('/', Some('/')) => position(&chars, at, |rest| rest[0] == '\n'),
            ('/', Some('*')) => end_of_comment(&chars, at),
            ('"', _) => end_of_string(&chars, at + 1, '"'),
            ('\'', next) => {
                let literal = next == Some('\\') || chars.get(at + 2) == Some(&'\'');
                if literal { end_of_string(&chars, at + 1, '\'') } else { end_of_word(&chars, at + 1) }
            }
            ('r', Some('#')) if chars.get(at + 2).is_some_and(|c| c.is_alphabetic()) => at + 2,
            (c, _) if c.is_alphanumeric() || c == '_' => {
                let end = end_of_word(&chars, at);
                let word: String = chars[at..end].iter().collect();
                let raw = matches!(word.as_str(), "r" | "br" | "cr");
                match end_of_raw_string(&chars, end) {
                    Some(end) if raw => end,
                    _ => {
                        tokens.push(Token { text: word, line });
                        end
                    }
                }
            }
            (':', Some(':')) => {
                tokens.push(Token { text: "::".to_owned(), line });
                at + 2
            }
            (c, _) => {
                if !c.is_whitespace() {
                    tokens.push(Token { text: c.to_string(), line });
                }
                at + 1
            }
        };
        line += chars[start..at].iter().filter(|&&c| c == '\n').count();
    }
    tokens
}

/// The first position from `at` whose rest fulfils a condition, or the end.
fn position(chars: &[char], at: usize, condition: impl Fn(&[char]) -> bool) -> usize {
    (at..chars.len()).find(|&at| condition(&chars[at..])).unwrap_or(chars.len())
}

fn end_of_word(chars: &[char], at: usize) -> usize {
    position(chars, at, |rest| !rest[0].is_alphanumeric() && rest[0] != '_')
}

fn end_of_string(chars: &[char], mut at: usize, quote: char) -> usize {
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// The end of `"…"` or `##"…"##`, where one starts here.
fn end_of_raw_string(chars: &[char], at: usize) -> Option<usize> {
    let quote = position(chars, at, |rest| rest[0] != '#');
    let mut end = vec!['"'];
    end.resize(1 + quote - at, '#');
    (chars.get(quote) == Some(&'"'))
        .then(|| (position(chars, quote + 1, |rest| rest.starts_with(&end)) + end.len()).min(chars.len()))
}

fn end_of_comment(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}
