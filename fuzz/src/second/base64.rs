//! Base64 (RFC 4648) in its one canonical spelling: padded, no white space, no stray bits.

/// The alphabets that DSSE allows; one text is in one of them.
const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Standard base64.
pub fn standard(text: &str) -> Option<Vec<u8>> {
    decode(text, STANDARD)
}

/// Either alphabet.
pub fn either(text: &str) -> Option<Vec<u8>> {
    decode(text, STANDARD).or_else(|| decode(text, URL_SAFE))
}

fn decode(text: &str, alphabet: &[u8; 64]) -> Option<Vec<u8>> {
    let whole = text.trim_end_matches('=');
    let padding = text.len() - whole.len();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for letter in whole.bytes() {
        let value = alphabet.iter().position(|known| *known == letter)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    let stray = bits & ((1 << count) - 1);
    (stray == 0).then_some(bytes)
}
