//! The bundle manifest: several files, and the set of them, signed at once.

use serde::Serialize;

use super::Fault;
use super::manifest::{Signed, Visible, pretty, rest};
use crate::json::{FieldError, Fields, Value};
use crate::time::Timestamp;

/// Most files in one bundle manifest: it is meant to be read by people. Larger sets are folders.
pub const MAX_ARTIFACTS: usize = 10_000;

/// A bundle manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleManifest {
    /// One entry a file.
    pub artifacts: Vec<Visible>,
    /// When the set was signed.
    pub bundle_signed_at: Timestamp,
    /// How many entries there should be.
    pub artifact_count: u64,
    /// What was signed, if there is an envelope.
    pub signed: Option<Signed>,
    /// Fields without meaning, in a bundle manifest without envelope: name and JSON value.
    pub ignored: Vec<(String, String)>,
}

impl BundleManifest {
    pub(super) fn from_json(value: Value) -> Result<Self, Fault> {
        let mut fields = Fields::of(value, "the bundle manifest")?;
        let signed = Signed::take(&mut fields)?;
        let has_envelope = signed.is_some();
        let list = fields.array("artifacts")?;
        let signed_at = fields.string("bundle_signed_at")?;
        let bundle_signed_at = signed_at
            .parse()
            .map_err(|error| FieldError::value("bundle_signed_at", format_args!("is {error}")))?;
        let artifact_count = fields.integer("artifact_count", 0)?;
        let mut ignored = rest(fields, has_envelope)?;
        if list.is_empty() || list.len() > MAX_ARTIFACTS {
            let problem = format!("has {} entries, where 1 to {MAX_ARTIFACTS} are allowed", list.len());
            return Err(FieldError::value("artifacts", problem).into());
        }
        let mut artifacts = Vec::with_capacity(list.len());
        for (at, value) in list.into_iter().enumerate() {
            let place = format!("artifacts[{at}]");
            let inside = |fault: Fault| match fault {
                Fault::Field(error) => Fault::Field(error.within(&place)),
                other => other,
            };
            let mut entry = Fields::of(value, &place)?;
            if entry.has("envelope") {
                // One envelope signs the set; one of an entry's own would be a second truth.
                return Err(FieldError::value(
                    format!("{place}.envelope"),
                    "is not allowed inside an entry of a bundle",
                )
                .into());
            }
            artifacts.push(Visible::take(&mut entry, has_envelope).map_err(inside)?);
            ignored.extend(rest(entry, has_envelope).map_err(inside)?);
        }
        Ok(Self { artifacts, bundle_signed_at, artifact_count, signed, ignored })
    }

    /// The file's text: JSON, indented by 2, with a final line end.
    pub fn to_text(&self) -> String {
        #[derive(Serialize)]
        struct Text<'a> {
            artifacts: &'a [Visible],
            bundle_signed_at: &'a str,
            artifact_count: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            envelope: Option<serde_json::Value>,
        }
        pretty(&Text {
            artifacts: &self.artifacts,
            bundle_signed_at: self.bundle_signed_at.as_str(),
            artifact_count: self.artifact_count,
            envelope: self.signed.as_ref().map(|signed| signed.envelope.to_json()),
        })
    }
}
