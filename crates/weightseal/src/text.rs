//! Words shown to people: untrusted text is escaped before it reaches a terminal or a message.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use std::fmt::{self, Write as _};
use std::path::Path;

/// Displays untrusted text with everything escaped that could move a cursor, hide text or reorder it.
///
/// Letters of every script pass. Control characters, bidirectional overrides, zero-width characters and
/// backticks (which frame names in our messages) are written as `\u{..}`.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

/// Longest text shown, in characters: names have 255 bytes, and nobody reads more of anything else.
const LONGEST: usize = 512;

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        characters.by_ref().take(LONGEST).try_for_each(|c| write_escaped(c, f))?;
        match characters.count() {
            0 => Ok(()),
            more => write!(f, "… ({more} more)"),
        }
    }
}

fn write_escaped(c: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if is_deceptive(c) { write!(f, "\\u{{{:x}}}", u32::from(c)) } else { f.write_char(c) }
}

/// Displays a path like [`Escaped`]; bytes that are not UTF-8 are shown as `\xNN`.
#[derive(Clone, Copy, Debug)]
pub struct EscapedPath<'a>(pub &'a Path);

impl fmt::Display for EscapedPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.as_os_str().as_encoded_bytes().utf8_chunks() {
            chunk.valid().chars().try_for_each(|c| write_escaped(c, f))?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Whether a character has no honest place in a name that is printed: controls, what Unicode calls default
/// ignorable (DerivedCoreProperties, 16.0), blanks other than the space, and the backtick that frames names.
pub(crate) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c, '`'
            | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Decodes canonical base64 in the standard or the URL-safe alphabet: padding required, no white space, no stray bits.
/// DSSE allows either.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_escapes_and_overrides_are_spelled_out() {
        assert_eq!(Escaped("a\u{1b}[2Jb\u{202e}c`").to_string(), "a\\u{1b}[2Jb\\u{202e}c\\u{60}");
        assert_eq!(Escaped("模型 é").to_string(), "模型 é");
        assert_eq!(Escaped("te\u{3164}am\u{a0}").to_string(), "te\\u{3164}am\\u{a0}");
        assert!(Escaped(&"x".repeat(1_000_000)).to_string().ends_with("x… (999488 more)"));
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_not_text_are_shown_as_bytes() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"a\xffb\n"));
        assert_eq!(EscapedPath(path).to_string(), "a\\xffb\\u{a}");
    }
}
