//! The digest of a listing that binds the names: SHA-256 over what sha256sum (GNU coreutils) prints for the files.

use crate::digest::{ContentDigest, Digest, Hasher};

/// SHA-256 over the lines `DIGEST  NAME` of these files, sorted by the bytes of the name. Over SHA-256 digests that is
/// what this prints in the folder:
///
/// ```text
/// find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum -- | sha256sum
/// ```
pub fn sums_digest<'a>(files: impl IntoIterator<Item = (&'a str, &'a ContentDigest)>) -> Digest {
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_by_key(|(name, _)| *name);
    let mut hasher = Hasher::new();
    for (name, digest) in files {
        let (mark, name) = escaped_name(name.as_bytes());
        hasher.update(format!("{mark}{digest}  ").as_bytes());
        hasher.update(&name);
        hasher.update(b"\n");
    }
    hasher.finish()
}

/// A name as sha256sum prints it, and the mark before the line: a backslash if the name had to be escaped.
pub fn escaped_name(name: &[u8]) -> (&'static str, Vec<u8>) {
    let mut escaped = Vec::with_capacity(name.len());
    for byte in name {
        match byte {
            b'\\' => escaped.extend(b"\\\\"),
            b'\n' => escaped.extend(b"\\n"),
            b'\r' => escaped.extend(b"\\r"),
            _ => escaped.push(*byte),
        }
    }
    (if escaped == name { "" } else { "\\" }, escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_those_of_sha256sum() {
        let (one, two) = (Digest::of(b"1").into(), Digest::of(b"2").into());
        let text = format!("{two}  B\n\\{one}  a\\\\b\n");
        assert_eq!(sums_digest([("a\\b", &one), ("B", &two)]), Digest::of(text.as_bytes()));
        assert_ne!(sums_digest([("a", &one), ("b", &two)]), sums_digest([("a", &two), ("b", &one)]));
        assert_eq!(escaped_name(b"a\nb\r"), ("\\", b"a\\nb\\r".to_vec()));
    }
}
