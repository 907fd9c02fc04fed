//! One module for each kind of bytes from outside. What they assert beside "no panic" stands at their top.

pub mod certificate;
pub mod chunk_list;
pub mod differential;
pub mod dsse;
pub mod json;
pub mod paths;
pub mod pem_pkcs8;
pub mod public_key;
pub mod signature_file;
pub mod statement;
pub mod time;
pub mod trust_state;
pub mod trust_store;
pub mod trusted_root;

/// A target: what it does with an input.
pub type Target = fn(&[u8]);

/// All of them. `manifest`, `bundle_manifest` and `sigstore_bundle` differ in what they start from: the library tells
/// the kinds apart by what is in a file.
pub const TARGETS: [(&str, Target); 16] = [
    ("bundle_manifest", signature_file::run),
    ("certificate", certificate::run),
    ("chunk_list", chunk_list::run),
    ("differential", differential::run),
    ("dsse", dsse::run),
    ("json", json::run),
    ("manifest", signature_file::run),
    ("paths", paths::run),
    ("pem_pkcs8", pem_pkcs8::run),
    ("public_key", public_key::run),
    ("sigstore_bundle", signature_file::run),
    ("statement", statement::run),
    ("time", time::run),
    ("trust_state", trust_state::run),
    ("trust_store", trust_store::run),
    ("trusted_root", trusted_root::run),
];

/// What a person is shown has no control characters in it, and an end: it goes to terminals and logs.
pub fn is_fit_to_show(text: impl std::fmt::Display) {
    let text = text.to_string();
    assert!(!text.chars().any(char::is_control), "control characters: {text:?}");
    assert!(text.len() <= 16 * 1024, "{} bytes: {}", text.len(), text.chars().take(200).collect::<String>());
}
