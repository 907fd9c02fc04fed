//! Words shown to people: untrusted text is escaped before it reaches a terminal or a message.

use std::fmt::{self, Write as _};
use std::path::Path;

/// Displays untrusted text with everything escaped that could move a cursor, hide text or reorder it.
///
/// Letters of every script pass. Control characters, bidirectional overrides, zero-width characters and
/// backticks (which frame names in our messages) are written as `\u{..}`.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if is_deceptive(c) { write!(f, "\\u{{{:x}}}", u32::from(c))? } else { f.write_char(c)? }
        }
        Ok(())
    }
}

/// Displays a path like [`Escaped`]; bytes that are not UTF-8 are shown as `\xNN`.
#[derive(Clone, Copy, Debug)]
pub struct EscapedPath<'a>(pub &'a Path);

impl fmt::Display for EscapedPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.as_os_str().as_encoded_bytes().utf8_chunks() {
            write!(f, "{}", Escaped(chunk.valid()))?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Whether a character has no honest place in a name that is printed.
pub(crate) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '`'
            | '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_escapes_and_overrides_are_spelled_out() {
        assert_eq!(Escaped("a\u{1b}[2Jb\u{202e}c`").to_string(), "a\\u{1b}[2Jb\\u{202e}c\\u{60}");
        assert_eq!(Escaped("模型 é").to_string(), "模型 é");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_not_text_are_shown_as_bytes() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"a\xffb\n"));
        assert_eq!(EscapedPath(path).to_string(), "a\\xffb\\u{a}");
    }
}
