//! Patterns of model names: `*` stands for any number of characters other than `/` (docs/spec/trust.md, section 4).

use std::fmt;
use std::str::FromStr;

/// Longest pattern in bytes. Matching takes at most this times the length of a name.
const MAX_PATTERN: usize = 256;

/// A pattern of model names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern(String);

impl Pattern {
    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a name fits, as a whole.
    #[expect(clippy::arithmetic_side_effects, reason = "positions in texts that are in memory")]
    pub fn matches(&self, name: &str) -> bool {
        let (pattern, name) = (self.0.as_bytes(), name.as_bytes());
        let (mut at, mut in_name) = (0, 0);
        // Where the last star stands, and up to where in the name it reaches so far.
        let mut star: Option<(usize, usize)> = None;
        while let Some(letter) = name.get(in_name) {
            match pattern.get(at) {
                Some(b'*') => {
                    star = Some((at, in_name));
                    at += 1;
                }
                Some(byte) if byte == letter => {
                    at += 1;
                    in_name += 1;
                }
                // The last star takes one more. An earlier one could not do better: it would only take more of what
                // lies before the text that this one has found first.
                _ => match star {
                    Some((place, reach)) if name.get(reach).is_some_and(|taken| *taken != b'/') => {
                        star = Some((place, reach + 1));
                        (at, in_name) = (place + 1, reach + 1);
                    }
                    _ => return false,
                },
            }
        }
        pattern.iter().skip(at).all(|byte| *byte == b'*')
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text cannot be a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no pattern of 1 to {MAX_PATTERN} bytes")]
pub struct NotAPattern;

impl FromStr for Pattern {
    type Err = NotAPattern;

    fn from_str(text: &str) -> Result<Self, NotAPattern> {
        match text.len() {
            1..=MAX_PATTERN => Ok(Self(text.to_owned())),
            _ => Err(NotAPattern),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stay_within_a_component() {
        for (pattern, name, fits) in [
            ("*", "model.pt", true),
            ("*", "", true),
            ("*", "org/model", false),
            ("*/*", "org/model", true),
            ("*/*", "a/b/c", false),
            ("org/*", "org/", true),
            ("classifier_*", "classifier_v1.pt", true),
            ("classifier_*", "Classifier_v1.pt", false),
            ("*_v*.pt", "a_v_v1.pt", true),
            ("*_v*.pt", "a_v1.pth", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b", "a/b", false),
            ("*/b", "a/x/b", false),
            ("a*/b*", "ab/b/b", false),
            ("a**b", "aXb", true),
            ("model.pt", "model.pt", true),
            ("model.pt", "modelXpt", false),
            ("m?del", "model", false),
            ("ü*", "übung", true),
        ] {
            let parsed: Pattern = pattern.parse().expect("a pattern");
            assert_eq!(parsed.matches(name), fits, "{pattern} {name}");
        }
        assert!("".parse::<Pattern>().is_err());
        assert!("x".repeat(257).parse::<Pattern>().is_err());
    }

    proptest::proptest! {
        /// Against the plainest way to say it: split at slashes, and each component by trying every length.
        #[test]
        fn as_by_trying_everything(pattern in "[ab*/]{1,8}", name in "[ab/]{0,10}") {
            fn plainly(pattern: &[u8], name: &[u8]) -> bool {
                match pattern.split_first() {
                    None => name.is_empty(),
                    Some((b'*', rest)) => {
                        let most = name.iter().position(|byte| *byte == b'/').unwrap_or(name.len());
                        (0..=most).any(|taken| plainly(rest, &name[taken..]))
                    }
                    Some((byte, rest)) => name.first() == Some(byte) && plainly(rest, &name[1..]),
                }
            }
            let parsed: Pattern = pattern.parse().expect("a pattern");
            proptest::prop_assert_eq!(parsed.matches(&name), plainly(pattern.as_bytes(), name.as_bytes()));
        }
    }
}
