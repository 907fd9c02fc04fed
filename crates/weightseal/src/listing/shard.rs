//! Names of shards: `PATH:START:END` (OpenSSF Model Signing v1.0, section 6.3.2).

use std::ops::Range;

/// Takes the name of a shard apart: path, and the range of bytes, its end exclusive. Names may have colons in them,
/// so the last two count.
///
/// Numbers have one spelling: no sign, no leading zero.
pub fn split_shard(text: &str) -> Option<(&str, Range<u64>)> {
    let (rest, end) = text.rsplit_once(':')?;
    let (path, start) = rest.rsplit_once(':')?;
    let (start, end) = (number(start)?, number(end)?);
    (start < end).then_some((path, start..end))
}

/// The name of a shard.
pub fn shard_name(path: &str, range: &Range<u64>) -> String {
    format!("{path}:{}:{}", range.start, range.end)
}

fn number(text: &str) -> Option<u64> {
    let canonical = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    let value: u64 = text.parse().ok()?;
    (canonical && value <= crate::json::MAX_INTEGER.unsigned_abs()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_colons_part_a_name() {
        assert_eq!(split_shard("a:0:8"), Some(("a", 0..8)));
        assert_eq!(split_shard("a:1:2:8:16"), Some(("a:1:2", 8..16)));
        assert_eq!(split_shard(&shard_name("x", &(3..4))), Some(("x", 3..4)));
        let bad = [
            "a",
            "a:0",
            "a:0:0",
            "a:8:0",
            "a:-1:8",
            "a:00:8",
            "a:0:08",
            "a:+0:8",
            "a:0:",
            "a:0:99999999999999999",
        ];
        assert!(bad.iter().all(|text| split_shard(text).is_none()));
    }
}
