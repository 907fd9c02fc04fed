//! An envelope is read as the documents say: the same fields, the same bytes out of base64, and it is written as it was.

use weightseal::envelope::{Envelope, PAYLOAD_TYPE, decode_base64, encode_base64};
use weightseal::json;

use crate::second::base64;
use crate::second::json::Json;

/// See above.
pub fn run(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let ours = decode_base64(text);
        assert_eq!(ours, base64::standard(text));
        assert!(ours.is_none_or(|decoded| encode_base64(&decoded) == text));
    }
    let Ok(value) = json::parse(bytes) else { return };
    let ours = Envelope::from_json(value);
    if let Err(error) = &ours {
        super::is_fit_to_show(error);
    }
    let theirs = crate::second::json::parse(bytes).and_then(|value| read(&value));
    let found = ours.as_ref().ok().map(|envelope| {
        let signatures = envelope.signatures.iter();
        let signatures =
            signatures.map(|it| (it.sig.clone(), it.keyid.clone().unwrap_or_default())).collect();
        (envelope.payload.clone(), signatures)
    });
    assert_eq!(found, theirs);
    let Ok(envelope) = ours else { return };
    let text = envelope.to_json().to_string();
    let again = json::parse(text.as_bytes()).expect("it writes JSON");
    assert_eq!(Envelope::from_json(again), Ok(envelope));
}

type Read = (Vec<u8>, Vec<(Vec<u8>, String)>);

fn read(value: &Json) -> Option<Read> {
    let list = value.get("signatures")?.list()?;
    let in_order = value.has_only(&["payloadType", "payload", "signatures"])
        && value.get("payloadType")?.text()? == PAYLOAD_TYPE
        && (1..=16).contains(&list.len());
    let mut signatures = Vec::new();
    for item in list {
        let keyid = match item.get("keyid") {
            None | Some(Json::Null) => "",
            Some(keyid) => keyid.text()?,
        };
        let sig = base64::either(item.get("sig")?.text()?).filter(|_| item.has_only(&["sig", "keyid"]))?;
        signatures.push((sig, keyid.to_owned()));
    }
    in_order.then(|| Some((base64::either(value.get("payload")?.text()?)?, signatures)))?
}
