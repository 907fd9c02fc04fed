//! The alternative names of a certificate as text (RFC 5280, section 4.2.1.6), for comparing an identity with.
//!
//! An identity is text, without a kind. So that nobody passes off a name of one kind as one of another, which
//! the constraints of an authority may forbid, each text has to look like its own kind; else it is left out.

// The addresses alone: `core` has no sockets.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use der::asn1::{ObjectIdentifier, Utf8StringRef};
use x509_cert::ext::pkix::name::{GeneralName, GeneralNames};

/// The extension subjectAltName.
pub(super) struct SubjectNames(GeneralNames);

impl der::oid::AssociatedOid for SubjectNames {
    const OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
}

impl<'a> der::Decode<'a> for SubjectNames {
    type Error = der::Error;

    fn decode<R: der::Reader<'a>>(reader: &mut R) -> der::Result<Self> {
        GeneralNames::decode(reader).map(Self)
    }
}

impl SubjectNames {
    /// The names as text. Kinds that are no name of a signer (directory names, registered ids) are left out.
    pub(super) fn texts(&self) -> Result<Vec<String>, &'static str> {
        let texts = self.0.iter().map(text_of);
        Ok(texts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }
}

fn text_of(name: &GeneralName) -> Result<Option<String>, &'static str> {
    let text = match name {
        GeneralName::Rfc822Name(text) => Some(text.as_str().to_owned()).filter(|text| is_email(text)),
        GeneralName::DnsName(text) => Some(text.as_str().to_owned()).filter(|text| is_dns(text)),
        GeneralName::UniformResourceIdentifier(text) => {
            Some(text.as_str().to_owned()).filter(|text| is_uri(text))
        }
        GeneralName::IpAddress(address) => {
            let bytes = address.as_bytes();
            let v4 = <[u8; 4]>::try_from(bytes).map(|v4| Ipv4Addr::from(v4).to_string());
            let text = v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(|v6| Ipv6Addr::from(v6).to_string()));
            Some(text.map_err(|_| "an IP address of a wrong length")?)
        }
        GeneralName::OtherName(other) if other.type_id == FULCIO_NAME => {
            let text =
                Utf8StringRef::try_from(&other.value).map_err(|_| "a name of Fulcio's that is no text")?;
            Some(text.as_str().to_owned()).filter(|text| is_fulcio_name(text))
        }
        _ => None,
    };
    Ok(text)
}

/// `local@domain`. A colon would need quotation marks (RFC 5321, section 4.1.2), and would make it look like a URI. An
/// equals sign is allowed there, but would make it look like a subject (`CN=…`); nobody has it in an address.
fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(local, domain)| !local.is_empty() && is_dns(domain))
        && !text.contains([':', '/', '='])
}

/// Labels of letters, digits, hyphens and underscores, also with a star; never an address.
fn is_dns(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*' | '.');
    !text.is_empty() && text.chars().all(allowed) && text.parse::<IpAddr>().is_err()
}

/// `scheme:rest` (RFC 3986, section 3.1); `fe80::1` is an address.
fn is_uri(text: &str) -> bool {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(allowed)
        && text.parse::<IpAddr>().is_err()
}

/// `user!domain`.
fn is_fulcio_name(text: &str) -> bool {
    text.contains('!') && !text.contains(['@', ':'])
}

/// Users that are no e-mail addresses (Fulcio, `oid-info.md`).
const FULCIO_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.7");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_looks_like_one_kind_at_most() {
        let kinds: [fn(&str) -> bool; 5] =
            [is_email, is_dns, is_uri, is_fulcio_name, |text| text.parse::<IpAddr>().is_ok()];
        for (text, kind) in [
            ("alice@example.org", 0),
            ("a!b@example.org", 0),
            ("example.org", 1),
            ("*.example.org", 1),
            ("https://example.org/a@b", 2),
            ("mailto:alice@example.org", 2),
            ("urn:a!b", 2),
            ("alice!example.org", 3),
            ("127.0.0.1", 4),
            ("fe80::1", 4),
        ] {
            let found: Vec<_> = (0..kinds.len()).filter(|n| kinds[*n](text)).collect();
            assert_eq!(found, [kind], "{text}");
        }
        for text in ["", "@", "alice@", "alice@example.org\0", "a b", "1:2", "CN=example"] {
            assert!(kinds.iter().all(|is_kind| !is_kind(text)), "{text}");
        }
    }
}
