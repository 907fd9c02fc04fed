//! What a large signature file can look like at all, seen while it is read, before anything of it is built in memory.
//!
//! Only the payload of an OMS signature grows with the number of files; everything else of it is small, and so are manifests.
//! A hostile file of 64 MiB is refused after its first few MiB, and never becomes a tree of millions of values.

use crate::json::{JsonError, MAX_DEPTH};

/// Most values of a signature file, its payload counting as one: 10 000 entries of a bundle manifest with some 13 each.
pub(crate) const MAX_FILE_VALUES: usize = 150_000;

/// Most bytes of a manifest or bundle manifest: 10 000 entries of 2.4 kB each, which a key of 8192 bits makes.
pub(crate) const MAX_MANIFEST: u64 = 24 << 20;

/// Most bytes of an OMS signature beside its payload, in files larger than this: chains and time stamps.
pub(crate) const MAX_BESIDE_PAYLOAD: u64 = 4 << 20;

/// The longest key of interest is `artifacts`.
const KEY: usize = 12;

/// Looks at a file in blocks, in order. It follows strings and brackets and nothing else: what passes here is parsed
/// strictly afterwards.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// Bytes in all, and those inside the payload.
    bytes: u64,
    payload: u64,
    values: usize,
    depth: usize,
    string: Option<Inside>,
    escaped: bool,
    /// The last string, as far as it fits.
    last: ([u8; KEY], usize),
    /// The next string is the value of a key `payload`.
    payload_next: bool,
    has_payload: bool,
    /// It has the keys of a manifest, or may have them.
    is_manifest: bool,
}

/// Kinds of strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Payload,
    Other,
}

impl Shape {
    pub(crate) fn new() -> Self {
        Self {
            bytes: 0,
            payload: 0,
            values: 1,
            depth: 0,
            string: None,
            escaped: false,
            last: ([0; KEY], 0),
            payload_next: false,
            has_payload: false,
            is_manifest: false,
        }
    }

    /// Takes the next block.
    ///
    /// # Errors
    /// [`JsonError::TooMuch`] once it is clear that this is no signature file.
    pub(crate) fn take(&mut self, block: &[u8]) -> Result<(), JsonError> {
        let mut rest = block;
        while !rest.is_empty() {
            let taken = match self.string {
                Some(inside) => self.within(inside, rest),
                None => self.between(rest)?,
            };
            self.bytes = self.bytes.saturating_add(taken as u64);
            rest = rest.get(taken..).unwrap_or_default();
        }
        let beside = self.bytes.saturating_sub(self.payload);
        if self.is_manifest && self.bytes > MAX_MANIFEST {
            return Err(JsonError::TooMuch { limit: MAX_MANIFEST, what: "bytes for a manifest" });
        }
        if !self.is_manifest && beside > MAX_BESIDE_PAYLOAD {
            return Err(JsonError::TooMuch { limit: MAX_BESIDE_PAYLOAD, what: "bytes beside a payload" });
        }
        Ok(())
    }

    /// Goes on in a string; says how many bytes of `rest` that takes.
    fn within(&mut self, inside: Inside, rest: &[u8]) -> usize {
        let mut taken = 0_usize;
        for byte in rest {
            taken = taken.saturating_add(1);
            if std::mem::take(&mut self.escaped) {
                continue;
            }
            match byte {
                b'"' => {
                    self.string = None;
                    break;
                }
                b'\\' => {
                    self.escaped = true;
                    // A key that is not spelled plainly: it may be any.
                    self.last.1 = usize::MAX;
                }
                byte => {
                    if let Some(place) = self.last.0.get_mut(self.last.1) {
                        *place = *byte;
                    }
                    self.last.1 = self.last.1.saturating_add(1);
                }
            }
        }
        if inside == Inside::Payload {
            self.payload = self.payload.saturating_add(taken as u64);
        }
        taken
    }

    /// Goes on outside of strings, to the next string.
    fn between(&mut self, rest: &[u8]) -> Result<usize, JsonError> {
        for (at, byte) in rest.iter().enumerate() {
            match byte {
                b'"' => {
                    let is_payload = std::mem::take(&mut self.payload_next) && !self.has_payload;
                    self.has_payload |= is_payload;
                    self.string = Some(if is_payload { Inside::Payload } else { Inside::Other });
                    self.last.1 = 0;
                    return Ok(at.saturating_add(1));
                }
                b':' => {
                    let key = self.last.0.get(..self.last.1);
                    self.payload_next = self.depth == 2 && key == Some(b"payload");
                    self.is_manifest |= self.depth == 1
                        && (self.last.1 == usize::MAX || matches!(key, Some(b"artifacts" | b"envelope")));
                }
                b'[' | b'{' => {
                    self.payload_next = false;
                    self.depth = self.depth.saturating_add(1);
                    self.values = self.values.saturating_add(1);
                    if self.depth > MAX_DEPTH {
                        return Err(JsonError::TooMuch {
                            limit: MAX_DEPTH as u64,
                            what: "levels of nesting",
                        });
                    }
                }
                b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                b',' => self.values = self.values.saturating_add(1),
                _ => {}
            }
            // Brackets and commas are at least as many as values, and at most twice as many.
            if self.values > 2 * MAX_FILE_VALUES {
                return Err(JsonError::TooMuch { limit: MAX_FILE_VALUES as u64, what: "values" });
            }
        }
        Ok(rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &[u8], block: usize) -> Result<(), JsonError> {
        let mut shape = Shape::new();
        text.chunks(block).try_for_each(|block| shape.take(block))
    }

    #[test]
    fn only_the_payload_may_be_long() {
        let long = "A".repeat(5 << 20);
        let limit = |text: &str| match seen(text.as_bytes(), 65_536) {
            Ok(()) => 0,
            Err(JsonError::TooMuch { limit, .. }) => limit,
            Err(other) => panic!("{other}"),
        };
        assert_eq!(limit(&format!(r#"{{"dsseEnvelope":{{"payload":"{long}"}}}}"#)), 0);
        assert_eq!(limit(&format!(r#"{{"dsseEnvelope":{{"payload" : "{long}\""}}}}"#)), 0);
        assert_eq!(limit(&format!(r#"{{"artifacts":["{long}"]}}"#)), 0);
        assert_eq!(limit(&format!(r#"{{"\u0061rtifacts":["{long}"]}}"#)), 0);
        for other in [
            format!(r#"{{"payload":"{long}"}}"#),
            format!(r#"{{"a":{{"payload":"","payload":"{long}"}}}}"#),
            format!(r#"{{"a":{{"b":["payload","{long}"]}}}}"#),
            format!(r#"{{"a":{{"payload":["{long}"]}}}}"#),
            format!(r#"{{"a":{{"\u0070ayload":"{long}"}}}}"#),
            format!("{{}}{}", long.replace('A', " ")),
            format!("[{long}"),
        ] {
            assert_eq!(limit(&other), MAX_BESIDE_PAYLOAD, "{}", &other[..40]);
        }
        let manifest = format!(r#"{{"envelope":{{"payload":"{}"}}}}"#, long.repeat(5));
        assert_eq!(limit(&manifest), MAX_MANIFEST);
        assert_eq!(limit(&"[".repeat(65)), 64);
        assert_eq!(limit(&format!("[{}", "[],".repeat(MAX_FILE_VALUES))), MAX_FILE_VALUES as u64);
    }

    #[test]
    fn blocks_may_end_anywhere() {
        let text = br#"{"a\"":["\\","x"],"dsseEnvelope":{"payload":"A\/B"}}"#;
        for block in 1..text.len() {
            let mut shape = Shape::new();
            assert!(text.chunks(block).all(|block| shape.take(block).is_ok()));
            assert_eq!((shape.bytes, shape.payload, shape.depth), (text.len() as u64, 5, 0), "{block}");
        }
    }
}
