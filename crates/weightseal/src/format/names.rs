//! Names of signature files.

use std::ops::RangeInclusive;
use std::path::Path;

/// How the name of every manifest and bundle manifest ends.
pub const MANIFEST_SUFFIX: &str = ".manifest.json";

/// The names under which the manifest of a model file is looked for, the usual one first: the last extension
/// replaced (`classifier_v1.manifest.json`), and the whole name kept (`classifier_v1.pt.manifest.json`).
pub fn manifest_names(model_file: &str) -> Vec<String> {
    let stem = Path::new(model_file).file_stem().and_then(|stem| stem.to_str()).unwrap_or(model_file);
    let mut names = vec![format!("{stem}{MANIFEST_SUFFIX}")];
    if stem != model_file {
        names.push(format!("{model_file}{MANIFEST_SUFFIX}"));
    }
    names
}

/// Whether a file is called like a manifest.
pub fn is_manifest_name(file_name: &str) -> bool {
    file_name.len() > MANIFEST_SUFFIX.len() && file_name.ends_with(MANIFEST_SUFFIX)
}

/// The name of an OMS signature inside the folder that it signs.
pub const OMS_NAME: &str = "model.sig";

/// How the names of OMS signatures end.
pub const OMS_SUFFIX: &str = ".sig";

/// Whether a file is called like an OMS signature.
pub fn is_oms_name(file_name: &str) -> bool {
    file_name.len() > OMS_SUFFIX.len() && file_name.ends_with(OMS_SUFFIX)
}

/// The name of the set that a bundle manifest signs: its file name without the ending.
pub fn bundle_name(file_name: &str) -> &str {
    file_name.strip_suffix(MANIFEST_SUFFIX).filter(|name| !name.is_empty()).unwrap_or(file_name)
}

/// The numbers of countersignatures: a model has at most 16 signatures (docs/spec/trust.md, section 7).
pub const COUNTERSIGNATURES: RangeInclusive<u8> = 2..=16;

/// The name of a countersignature beside a first signature of this name: `X.2.manifest.json`, `X.2.sig`. `None` for a
/// first signature that is called like none.
pub fn countersignature_name(first: &str, number: u8) -> Option<String> {
    let suffix = match (is_manifest_name(first), is_oms_name(first)) {
        (true, _) => MANIFEST_SUFFIX,
        (false, true) => OMS_SUFFIX,
        (false, false) => return None,
    };
    Some(format!("{}.{number}{suffix}", first.strip_suffix(suffix)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_named_after_their_models() {
        assert_eq!(
            manifest_names("classifier_v1.pt"),
            ["classifier_v1.manifest.json", "classifier_v1.pt.manifest.json"]
        );
        assert_eq!(manifest_names("model.tar.gz"), ["model.tar.manifest.json", "model.tar.gz.manifest.json"]);
        assert_eq!(manifest_names("model"), ["model.manifest.json"]);
        assert_eq!(manifest_names(".hidden"), [".hidden.manifest.json"]);
        assert_eq!(bundle_name("release_bundle.manifest.json"), "release_bundle");
        assert_eq!(countersignature_name("m.manifest.json", 2).as_deref(), Some("m.2.manifest.json"));
        assert_eq!(countersignature_name("m.pt.sig", 16).as_deref(), Some("m.pt.16.sig"));
        assert_eq!(
            [".manifest.json", ".sig", "m.json"].map(|name| countersignature_name(name, 2)),
            [None, None, None]
        );
        assert!(is_manifest_name("a.manifest.json") && !is_manifest_name(".manifest.json"));
    }
}
