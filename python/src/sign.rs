//! Signing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pyo3::prelude::*;
use serde_json::{Value, json};
use weightseal::digest::HashAlgorithm;
use weightseal::key::{PrivateKey, PssSalt};
use weightseal::sign::{CompatSignature, Options, Serialization, SignedFiles};
use weightseal::text::Escaped;
use weightseal::time::{Instant, Timestamp, parse_expiry};
use weightseal_cli::args::{ListingArguments, ShardDialectArgument, parse_size};
use weightseal_cli::result::{signed_file_json, signing_notes};
use weightseal_cli::serialization;
use weightseal_cli::trust::read_certificates;

use crate::error::Error;
use crate::{json, keys, watch};

/// Whose key signs, and what is said with it: a dictionary made by `weightseal/_options.py`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Signing {
    private_key: PathBuf,
    passphrase: Option<keys::Secret>,
    signer: Option<String>,
    key_version: Option<u64>,
    model_version: Option<u64>,
    expires: Option<String>,
    annotations: BTreeMap<String, String>,
    pss_salt: String,
    compat_signature: bool,
}

impl Signing {
    /// What is to be said, and the key to say it with.
    pub(crate) fn prepare(self, py: Python<'_>) -> PyResult<(Options, PrivateKey)> {
        let options = self.options().map_err(|error| error.raise(py))?;
        Ok((options, keys::unlock(py, &self.private_key, self.passphrase)?))
    }

    fn options(&self) -> Result<Options, Error> {
        let now = Instant::now();
        let expiry = |text: &String| {
            let message = || format!("expires `{}` is neither a duration nor a date", Escaped(text));
            parse_expiry(text, now).ok_or_else(|| Error::usage(message()))
        };
        Ok(Options {
            key_version: self.key_version,
            model_version: self.model_version,
            expires_at: self.expires.as_ref().map(expiry).transpose()?,
            annotations: self.annotations.clone(),
            pss_salt: match self.pss_salt.as_str() {
                "max" => PssSalt::Max,
                "digest" => PssSalt::Digest,
                other => {
                    let message = format!("pss_salt `{}` is neither max nor digest", Escaped(other));
                    return Err(Error::usage(message));
                }
            },
            compat_signature: match self.compat_signature {
                true => CompatSignature::Write,
                false => CompatSignature::Omit,
            },
            signer: self.signer.clone(),
            ..Options::unnamed(Timestamp::from_instant(now))
        })
    }
}

/// How files are found and hashed for an OMS signature: a dictionary made by `weightseal/_options.py`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Listing {
    hash: String,
    shard_size: Option<String>,
    shard_dialect: String,
    ignore: Vec<String>,
    allow_symlinks: bool,
    default_excludes: bool,
    max_signature_size: Option<String>,
}

impl Listing {
    fn prepare(self) -> Result<Serialization, Error> {
        let hash = self.hash.parse::<HashAlgorithm>().map_err(|_| {
            let known: Vec<&str> = HashAlgorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
            Error::usage(format!("hash `{}` is none of {}", Escaped(&self.hash), known.join(", ")))
        })?;
        let shard_dialect = match self.shard_dialect.as_str() {
            "specification" => ShardDialectArgument::Specification,
            "reference" => ShardDialectArgument::Reference,
            other => {
                let message =
                    format!("shard_dialect `{}` is neither specification nor reference", Escaped(other));
                return Err(Error::usage(message));
            }
        };
        Ok(serialization(&ListingArguments {
            hash: Some(hash),
            shard_size: self.shard_size.map(|text| size("shard_size", &text)).transpose()?,
            shard_dialect: Some(shard_dialect),
            ignore: self.ignore,
            allow_symlinks: self.allow_symlinks,
            no_default_excludes: !self.default_excludes,
            max_signature_size: self
                .max_signature_size
                .map(|text| size("max_signature_size", &text))
                .transpose()?,
        })?)
    }
}

/// Reads a number of bytes.
pub(crate) fn size(name: &str, text: &str) -> Result<u64, Error> {
    parse_size(text).map_err(|problem| Error::usage(format!("{name} `{}` is {problem}", Escaped(text))))
}

/// Signs a file and returns the text of its manifest, which is written nowhere.
#[pyfunction]
pub(crate) fn make_manifest(
    model: PathBuf,
    signing: Signing,
    progress: Option<&Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<String> {
    let (options, key) = signing.prepare(py)?;
    let made = watch::run(py, progress, |observer| {
        weightseal::sign::make_manifest(&model, &key, &options, observer)
    })?;
    Ok(made.map_err(|error| Error::from(error).raise(py))?.file.to_text())
}

/// Writes the text of a manifest that was made earlier.
#[pyfunction]
pub(crate) fn save_manifest(text: &str, output: PathBuf, py: Python<'_>) -> PyResult<()> {
    py.detach(|| weightseal::sign::save_manifest(text, &output)).map_err(|error| Error::from(error).raise(py))
}

/// Signs a file and writes its manifest.
#[pyfunction]
pub(crate) fn sign_file(
    model: PathBuf,
    output: Option<PathBuf>,
    signing: Signing,
    progress: Option<&Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<Py<PyAny>> {
    let (options, key) = signing.prepare(py)?;
    let signed = watch::run(py, progress, |observer| {
        weightseal::sign::sign_file(&model, output.as_deref(), &key, &options, observer)
    })?;
    report(py, &signed.map_err(|error| Error::from(error).raise(py))?)
}

/// Signs several files as one set and writes the bundle manifest.
#[pyfunction]
pub(crate) fn sign_bundle(
    models: Vec<PathBuf>,
    output: PathBuf,
    base: Option<PathBuf>,
    signing: Signing,
    progress: Option<&Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<Py<PyAny>> {
    let (options, key) = signing.prepare(py)?;
    let signed = watch::run(py, progress, |observer| {
        weightseal::sign::sign_bundle(&models, &output, base.as_deref(), &key, &options, observer)
    })?;
    report_with_text(py, &signed.map_err(|error| Error::from(error).raise(py))?)
}

/// Signs a folder or a file and writes an OMS signature, with the method of the certificate if there is one.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "as many as Python gives")]
pub(crate) fn sign_model(
    model: PathBuf,
    output: Option<PathBuf>,
    certificate: Option<PathBuf>,
    intermediates: Vec<PathBuf>,
    listing: Listing,
    signing: Signing,
    progress: Option<&Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<Py<PyAny>> {
    let raise = |error: Error| error.raise(py);
    let serialization = listing.prepare().map_err(raise)?;
    let chain = match certificate {
        Some(certificate) => {
            let files: Vec<PathBuf> = std::iter::once(certificate).chain(intermediates).collect();
            Some(read_certificates(&files).map_err(|problem| raise(problem.into()))?)
        }
        None if intermediates.is_empty() => None,
        None => return Err(raise(Error::usage("intermediates are for a certificate, and there is none"))),
    };
    let (options, key) = signing.prepare(py)?;
    let (output, chain) = (output.as_deref(), chain.as_deref());
    let signed = watch::run(py, progress, |observer| {
        weightseal::sign::sign_model(&model, output, &key, chain, &serialization, &options, observer)
    })?;
    let signed = signed.map_err(|error| raise(error.into()))?;
    let facts = json!({
        "signature": signed.signature.to_string_lossy(),
        "files": signed.files.iter().map(signed_file_json).collect::<Vec<_>>(),
        "root_sha256": signed.root.to_string(),
        "statement_sha256": signed.statement.to_string(),
        "left_out": signed.left_out,
        "links_outside": signed.links_outside,
        "notes": signing_notes(&signed, &key),
    });
    json::to_python(py, &facts)
}

/// What was signed, in the words of `weightseal sign --json`.
pub(crate) fn report(py: Python<'_>, signed: &SignedFiles) -> PyResult<Py<PyAny>> {
    json::to_python(py, &facts(signed))
}

/// The same, and the text that was written.
#[expect(clippy::indexing_slicing, reason = "fields of JSON objects that are made here")]
fn report_with_text(py: Python<'_>, signed: &SignedFiles) -> PyResult<Py<PyAny>> {
    let mut facts = facts(signed);
    facts["text"] = json!(signed.file.to_text());
    json::to_python(py, &facts)
}

fn facts(signed: &SignedFiles) -> Value {
    let files: Vec<_> = signed
        .files
        .iter()
        .map(|(name, digest)| {
            json!({ "name": name.as_str(), "sha256": digest.digest.to_string(), "size": digest.size })
        })
        .collect();
    json!({
        "manifest": signed.manifest.to_string_lossy(),
        "files": files,
        "statement_sha256": signed.statement.to_string(),
    })
}
