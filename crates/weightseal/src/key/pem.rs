//! Finding the one PEM block (RFC 7468) in a key file, and saying what else is there when it is not alone.

use zeroize::Zeroizing;

use super::{KeyError, Legacy};

/// One decoded PEM block.
pub(super) struct Block {
    pub(super) label: String,
    pub(super) der: Zeroizing<Vec<u8>>,
}

/// The one key or certificate in a file.
pub(super) fn the_only_block(bytes: &[u8]) -> Result<Block, KeyError> {
    // Text around the blocks may be in any encoding; the blocks themselves are ASCII.
    let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    let mut blocks = split(&text);
    // `openssl ecparam -genkey` writes the curve's name in a block before the key; the key repeats it.
    blocks.retain(|block| block.label != "EC PARAMETERS" || !block.ended);
    let labels: Vec<_> = blocks.iter().map(|block| block.label).collect();
    match (blocks.as_slice(), labels.as_slice()) {
        ([], _) => Err(KeyError::NotPem),
        ([block], _) => decode(block),
        // A chain of certificates is still certificates given for a key.
        (_, labels) if labels.iter().all(|label| *label == "CERTIFICATE") => Err(KeyError::Certificate),
        (blocks, _) => Err(KeyError::Several { count: blocks.len() }),
    }
}

/// Every block of a file that holds nothing but certificates, decoded; what is in them is not looked at.
///
/// # Errors
/// [`KeyError::UnknownLabel`] for a block that is none, [`KeyError::NotPem`] if there is no block.
pub(crate) fn certificates(bytes: &[u8]) -> Result<Vec<Vec<u8>>, KeyError> {
    let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    let blocks = split(&text);
    if blocks.is_empty() {
        return Err(KeyError::NotPem);
    }
    let certificate = |block: &Raw<'_>| match block.label {
        "CERTIFICATE" => decode(block).map(|block| block.der.to_vec()),
        label => Err(KeyError::UnknownLabel { label: label.to_owned() }),
    };
    blocks.iter().map(certificate).collect()
}

/// One certificate as PEM.
pub(crate) fn certificate(der: &[u8]) -> String {
    encode("CERTIFICATE", der).to_string()
}

fn decode(block: &Raw<'_>) -> Result<Block, KeyError> {
    if block.body.contains("Proc-Type:") && block.body.contains("ENCRYPTED") {
        return Err(KeyError::LegacyEncryption(Legacy::ProcType));
    }
    let damaged = KeyError::Malformed { what: "PEM block" };
    if !block.ended {
        return Err(damaged);
    }
    // Line ends and widths differ between tools: the lines are joined and checked as base64.
    let mut body = Zeroizing::new(String::with_capacity(block.body.len()));
    block.body.lines().for_each(|line| body.push_str(line.trim()));
    let mut pem = Zeroizing::new(format!("-----BEGIN {}-----\n", block.label));
    for line in body.as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).map_err(|_| damaged.clone())?);
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {}-----\n", block.label));
    let (_, der) = pem_rfc7468::decode_vec(pem.as_bytes()).map_err(|_| damaged)?;
    Ok(Block { label: block.label.to_owned(), der: Zeroizing::new(der) })
}

/// Encodes one block with 64-column lines and a final line end.
#[expect(
    clippy::expect_used,
    reason = "only labels with forbidden characters, and lengths beyond memory, fail"
)]
pub(super) fn encode(label: &'static str, der: &[u8]) -> Zeroizing<String> {
    let text = pem_rfc7468::encode_string(label, pem_rfc7468::LineEnding::LF, der);
    // Only labels with forbidden characters and lengths beyond memory fail.
    Zeroizing::new(text.expect("a label of ours encodes"))
}

struct Raw<'a> {
    label: &'a str,
    body: &'a str,
    ended: bool,
}

/// Finds the blocks by their marker lines (RFC 7468, section 2). A marker anywhere else, or inside another block,
/// counts as a damaged block: other tools may take it for the beginning of the key, and the two readings differ.
fn split(text: &str) -> Vec<Raw<'_>> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((before, found)) = rest.split_once("-----BEGIN ") {
        let starts_line = before.is_empty() || before.ends_with(['\n', '\r']);
        let Some((label, after)) = found.split_once("-----") else { break };
        let ends_line = after.is_empty() || after.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']);
        let end = format!("-----END {label}-----");
        let (body, after) = match after.split_once(&end) {
            Some((body, after)) => (body, Some(after)),
            None => (after, None),
        };
        let ended = starts_line && ends_line && after.is_some() && !body.contains("-----");
        blocks.push(Raw { label, body, ended });
        rest = after.unwrap_or_default();
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(text: &str) -> Result<(String, Vec<u8>), KeyError> {
        the_only_block(text.as_bytes()).map(|block| (block.label, block.der.to_vec()))
    }

    #[test]
    fn one_block_is_found_whatever_surrounds_it() {
        let expected = Ok(("PUBLIC KEY".to_owned(), b"hello".to_vec()));
        for text in [
            "-----BEGIN PUBLIC KEY-----\naGVsbG8=\n-----END PUBLIC KEY-----\n",
            "-----BEGIN PUBLIC KEY-----\r\naGVs\r\nbG8=\r\n-----END PUBLIC KEY-----",
            "subject=x\n-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n\
             -----BEGIN PUBLIC KEY-----\naGVsbG8=\n-----END PUBLIC KEY-----\n",
        ] {
            assert_eq!(outcome(text), expected, "{text}");
        }
    }

    #[test]
    fn anything_else_is_told_apart() {
        let key = "-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n";
        let certificate = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        assert_eq!(outcome("hello"), Err(KeyError::NotPem));
        assert_eq!(outcome(&format!("{key}{key}")), Err(KeyError::Several { count: 2 }));
        assert_eq!(outcome(&format!("{key}{certificate}")), Err(KeyError::Several { count: 2 }));
        assert_eq!(outcome(&format!("{certificate}{certificate}")), Err(KeyError::Certificate));
        assert_eq!(outcome(&key.replace("END", "EMD")), Err(KeyError::Malformed { what: "PEM block" }));
        assert_eq!(outcome(&key.replace("aGV", "a!V")), Err(KeyError::Malformed { what: "PEM block" }));
        assert_eq!(outcome(&key.replace("G8=", "G9=")), Err(KeyError::Malformed { what: "PEM block" }));
        for hidden in [
            format!("x{key}"),
            key.replace("KEY-----\naG", "KEY----- x\naG"),
            format!("-----BEGIN EC PARAMETERS-----\n{key}-----END EC PARAMETERS-----\n"),
            "x-----BEGIN EC PARAMETERS-----\naGVsbG8=\n-----END EC PARAMETERS-----\n".to_owned(),
        ] {
            assert_eq!(outcome(&hidden), Err(KeyError::Malformed { what: "PEM block" }), "{hidden}");
        }
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\naGVsbG8=\n-----END RSA PRIVATE KEY-----";
        assert_eq!(outcome(old), Err(KeyError::LegacyEncryption(Legacy::ProcType)));
    }
}
