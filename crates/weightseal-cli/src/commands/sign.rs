//! `weightseal sign`: sign a file, a folder, or several files as one bundle.

#![expect(clippy::indexing_slicing, reason = "the arguments have at least one file")]

use std::num::NonZeroU64;
use std::path::Path;

use serde_json::{Value, json};
use weightseal::envelope::{ShardDialect, SignedFile};
use weightseal::file::{FileError, Follow, companion, exists};
use weightseal::format::{CHUNK_LIST_SUFFIX, Limits, OMS_NAME, OMS_SUFFIX, SignatureFile, is_manifest_name};
use weightseal::hash::ChunkList;
use weightseal::key::{Algorithm, PrivateKey};
use weightseal::listing::{DEFAULT_EXCLUDES, SafeName, is_at_or_below};
use weightseal::sign::{
    CompatSignature, Options, Serialization, SignExcludes, SignedFiles, SignedModel, sign_bundle, sign_file,
    sign_model,
};
use weightseal::text::{Escaped, EscapedPath};
use weightseal::time::{Instant, Timestamp, parse_expiry};

use crate::args::{FormatArgument, ListingArguments, ShardDialectArgument, SignArguments, parse_annotations};
use crate::output::Output;
use crate::passphrase;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::result::some_names;
use crate::trust::{ignored, read_certificates};

pub(crate) fn run(arguments: &SignArguments, output: &mut Output) -> Result<(), Problem> {
    if arguments.bundle.is_none() && arguments.files.len() > 1 {
        let hint = "sign several files as one set with --bundle NAME.manifest.json, or one after the other";
        return Err(Problem::usage("one signature is for one model", Some(hint)));
    }
    if let Some(bundle) = arguments.bundle.as_deref()
        && !bundle.file_name().and_then(|name| name.to_str()).is_some_and(is_manifest_name)
    {
        let message = format!("`{}` is not a name for a bundle manifest", EscapedPath(bundle));
        return Err(Problem::usage(
            message,
            Some("name it NAME.manifest.json, so that `verify` knows it for what it is"),
        ));
    }
    if let Some(missing) = arguments.files.iter().find(|file| !exists(file)) {
        return Err(FileError::NotFound { path: missing.clone() }.into());
    }
    match format(arguments)? {
        FormatArgument::Oms => sign_oms(arguments, output),
        FormatArgument::Manifest => sign_manifest(arguments, output),
    }
}

/// A folder gets an OMS signature, a file a manifest, unless asked otherwise.
fn format(arguments: &SignArguments) -> Result<FormatArgument, Problem> {
    let is_folder = arguments.files[0].is_dir();
    let asked = arguments.format.unwrap_or(match is_folder && arguments.bundle.is_none() {
        true => FormatArgument::Oms,
        false => FormatArgument::Manifest,
    });
    match asked {
        FormatArgument::Manifest if is_folder && arguments.bundle.is_none() => Err(Problem::usage(
            "a manifest is for one file, and this is a folder",
            Some("leave out --format, or sign its files as one set with --bundle NAME.manifest.json"),
        )),
        FormatArgument::Manifest if uses_listing(arguments) => Err(Problem::usage(
            "--hash, --shard-size, --ignore, --allow-symlinks, --no-default-excludes and --certificate are for OMS signatures",
            Some("add --format oms"),
        )),
        FormatArgument::Oms if arguments.bundle.is_some() => Err(Problem::usage(
            "--bundle writes a bundle manifest, not an OMS signature",
            Some("sign a folder instead"),
        )),
        FormatArgument::Oms if arguments.no_compat_signature => Err(Problem::usage(
            "--no-compat-signature is for manifests",
            Some("leave it out: an OMS signature has no second signature"),
        )),
        asked => Ok(asked),
    }
}

fn uses_listing(arguments: &SignArguments) -> bool {
    let ListingArguments {
        hash,
        shard_size,
        shard_dialect,
        ignore,
        allow_symlinks,
        no_default_excludes,
        max_signature_size,
    } = &arguments.listing;
    let listing = hash.is_some() || shard_size.is_some() || shard_dialect.is_some() || !ignore.is_empty();
    let listing = listing || max_signature_size.is_some();
    listing || *allow_symlinks || *no_default_excludes || arguments.certificate.is_some()
}

fn sign_manifest(arguments: &SignArguments, output: &mut Output) -> Result<(), Problem> {
    if arguments.signer.is_none() {
        return Err(Problem::usage(
            "a manifest says who signs, and --signer is missing",
            Some("for example --signer training-pipeline@ml-team"),
        ));
    }
    let options = options(arguments)?;
    let key = passphrase::unlock(&arguments.key, &arguments.passphrase, output)?;
    let progress = Progress::new(output);
    let signed = match &arguments.bundle {
        Some(bundle) => {
            sign_bundle(&arguments.files, bundle, arguments.base.as_deref(), &key, &options, &progress)
        }
        None => sign_file(&arguments.files[0], arguments.output.as_deref(), &key, &options, &progress),
    };
    drop(progress);
    let signed = signed?;
    report(&signed, arguments, &options, &key.public().id(), output);
    Ok(())
}

fn sign_oms(arguments: &SignArguments, output: &mut Output) -> Result<(), Problem> {
    let options = options(arguments)?;
    let serialization = serialization(&arguments.listing)?;
    let chain = match &arguments.certificate {
        Some(leaf) => {
            let mut chain = read_certificates(std::slice::from_ref(leaf))?;
            chain.extend(read_certificates(&arguments.intermediate)?);
            Some(chain)
        }
        None => None,
    };
    let key = passphrase::unlock(&arguments.key, &arguments.passphrase, output)?;
    let progress = Progress::new(output);
    let (model, place) = (&arguments.files[0], arguments.output.as_deref());
    let signed = sign_model(model, place, &key, chain.as_deref(), &serialization, &options, &progress);
    drop(progress);
    report_model(&signed?, arguments, &options, &key, output);
    Ok(())
}

/// How the arguments want files to be listed.
///
/// # Errors
/// A path to be left out that cannot be one.
pub fn serialization(listing: &ListingArguments) -> Result<Serialization, Problem> {
    Ok(Serialization {
        algorithm: listing.hash.unwrap_or_default(),
        shard_size: listing.shard_size.and_then(NonZeroU64::new),
        dialect: match listing.shard_dialect.unwrap_or_default() {
            ShardDialectArgument::Specification => ShardDialect::Specification,
            ShardDialectArgument::Reference => ShardDialect::Reference,
        },
        ignore: ignored(&listing.ignore)?,
        default_excludes: match listing.no_default_excludes {
            true => SignExcludes::Sign,
            false => SignExcludes::LeaveOut,
        },
        follow: if listing.allow_symlinks { Follow::Anywhere } else { Follow::Refuse },
        limits: listing.max_signature_size.map_or_else(Limits::default, Limits::for_size),
    })
}

/// What a person should know about a signature that was just made.
pub fn notes(signed: &SignedModel, key: &PrivateKey) -> Vec<String> {
    let mut notes = Vec::new();
    if matches!(key.public().algorithm(), Algorithm::Rsa | Algorithm::Ed25519) {
        let kind = key.public().algorithm().key_name();
        notes.push(format!(
            "the reference implementation (model-signing) cannot verify signatures with {kind} keys"
        ));
    }
    let idle = ignored_for_nothing(signed);
    if !idle.is_empty() {
        notes.push(format!("nothing lies at what was to be left out: {}", some_names(&idle)));
    }
    if signed.files.iter().any(|file| file.shown_name() == OMS_NAME) {
        notes.push(format!(
            "`{OMS_NAME}` in the folder is signed as one of its files: changing it breaks this signature"
        ));
    }
    if !signed.left_out.is_empty() {
        notes.push(format!("left out, and not signed: {}", some_names(&signed.left_out)));
    }
    if !signed.links_outside.is_empty() {
        notes.push(format!(
            "these symbolic links lead out of the folder, and will not verify without --allow-symlinks: {}",
            some_names(&signed.links_outside)
        ));
    }
    if !signed.hard_linked.is_empty() {
        notes.push(format!(
            "these files have other names elsewhere (hard links): {}",
            some_names(&signed.hard_linked)
        ));
    }
    notes
}

fn report_model(
    signed: &SignedModel,
    arguments: &SignArguments,
    options: &Options,
    key: &PrivateKey,
    output: &mut Output,
) {
    let model = EscapedPath(&arguments.files[0]);
    let what = match arguments.files[0].is_dir() {
        true => format!("{model} ({})", count_of(signed.files.len())),
        false => model.to_string(),
    };
    let signer = options.signer.as_deref().map(|signer| format!(", as {}", Escaped(signer)));
    let signer = signer.unwrap_or_default();
    let (key_id, place) = (key.public().id(), EscapedPath(&signed.signature));
    output.verdict("signed", &format!("{what}  key {}{signer}  -> {place}", key_id.short()));
    let mut notes = notes(signed, key);
    notes.extend(notes_of_list(
        signed.chunk_list.as_deref(),
        options,
        &arguments.files[0],
        &signed.signature,
    ));
    for note in &notes {
        output.note(note);
    }
    output.json_of(|| {
        json!({
            "schema": "weightseal.sign/1",
            "signature": signed.signature.to_string_lossy(),
            "files": signed.files.iter().map(file_json).collect::<Vec<_>>(),
            "root_sha256": signed.root.to_string(),
            "signer": options.signer,
            "signed_at": options.signed_at.as_str(),
            "key_id": key_id.to_string(),
            "statement_sha256": signed.statement.to_string(),
            "chunk_list": signed.chunk_list.as_ref().map(|path| path.to_string_lossy()),
            "left_out": signed.left_out,
            "notes": notes,
        })
    });
}

/// Paths to be left out that nothing lies at: somebody mistyped, and what was meant is signed.
fn ignored_for_nothing(signed: &SignedModel) -> Vec<String> {
    let SignatureFile::Oms(oms) = &signed.file else { return Vec::new() };
    let ignored = oms.statement.ignored.iter().map(SafeName::as_str);
    // The default ones need not be there, and the signature's own place never is.
    let asked = ignored.filter(|path| !DEFAULT_EXCLUDES.contains(path) && !path.ends_with(OMS_SUFFIX));
    let hits = |path: &str| signed.left_out.iter().any(|name| is_at_or_below(name, path));
    asked.filter(|path| !hits(path)).map(str::to_owned).collect()
}

/// A signed file with its digests.
pub fn file_json(file: &SignedFile) -> Value {
    let digests = file.digests.as_slice();
    let algorithm = digests.first().map(|digest| digest.algorithm().name());
    let digests: Vec<String> = digests.iter().map(ToString::to_string).collect();
    json!({
        "name": file.shown_name(), "algorithm": algorithm, "digests": digests, "size": file.size,
        "chunk_root": file.chunk_root.map(|root| root.to_string()),
    })
}

fn count_of(files: usize) -> String {
    format!("{files} {}", if files == 1 { "file" } else { "files" })
}

fn options(arguments: &SignArguments) -> Result<Options, Problem> {
    let now = signing_time()?;
    let annotations =
        parse_annotations(&arguments.annotations).map_err(|problem| Problem::usage(problem, None))?;
    Ok(Options {
        key_version: arguments.key_version,
        model_version: arguments.model_version,
        expires_at: arguments.expires.as_deref().map(|text| expiry(text, now)).transpose()?,
        annotations,
        pss_salt: arguments.pss_salt.into(),
        compat_signature: match arguments.no_compat_signature {
            true => CompatSignature::Omit,
            false => CompatSignature::Write,
        },
        signer: arguments.signer.clone(),
        chunk_list: if arguments.chunk_list { ChunkList::Keep } else { ChunkList::Drop },
        engine: arguments.hashing.engine(),
        ..Options::unnamed(Timestamp::from_instant(now))
    })
}

/// Now, or the time that builds which are to be repeatable have agreed on (reproducible-builds.org).
pub(super) fn signing_time() -> Result<Instant, Problem> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH") else { return Ok(Instant::now()) };
    let seconds = text.to_str().and_then(|text| text.parse::<i64>().ok());
    seconds.and_then(|seconds| Instant::from_second(seconds).ok()).ok_or_else(|| {
        Problem::usage(
            "the environment variable SOURCE_DATE_EPOCH is no number of seconds",
            Some("unset it, or give it seconds since 1970"),
        )
    })
}

pub(super) fn expiry(text: &str, now: Instant) -> Result<Timestamp, Problem> {
    let hint = "for example 90d, 1y, 2027-01-31 or 2027-01-31T12:00:00Z";
    parse_expiry(text, now).ok_or_else(|| {
        Problem::usage(format!("--expires `{}` is neither a duration nor a date", Escaped(text)), Some(hint))
    })
}

fn report(
    signed: &SignedFiles,
    arguments: &SignArguments,
    options: &Options,
    key_id: &weightseal::key::KeyId,
    output: &mut Output,
) {
    let what = match &arguments.bundle {
        Some(_) => count_of(signed.files.len()),
        None => EscapedPath(&arguments.files[0]).to_string(),
    };
    output.verdict(
        "signed",
        &format!(
            "{what}  key {}, as {}  -> {}",
            key_id.short(),
            Escaped(options.signer.as_deref().unwrap_or_default()),
            EscapedPath(&signed.manifest)
        ),
    );
    let model = if arguments.bundle.is_some() { &signed.manifest } else { &arguments.files[0] };
    let notes = notes_of_list(signed.chunk_list.as_deref(), options, model, &signed.manifest);
    notes.iter().for_each(|note| output.note(note));
    let files: Vec<_> = signed
        .files
        .iter()
        .map(|(name, digest)| json!({ "name": name.as_str(), "sha256": digest.digest.to_string(), "size": digest.size }))
        .collect();
    output.json(&json!({
        "schema": "weightseal.sign/1",
        "manifest": signed.manifest.to_string_lossy(),
        "files": files,
        "signer": options.signer,
        "signed_at": options.signed_at.as_str(),
        "key_id": key_id.to_string(),
        "statement_sha256": signed.statement.to_string(),
        "chunk_list": signed.chunk_list.as_ref().map(|path| path.to_string_lossy()),
    }));
}

/// What became of the chunk list, if one was asked for, and of an earlier one.
fn notes_of_list(list: Option<&Path>, options: &Options, model: &Path, signature: &Path) -> Vec<String> {
    let mut notes = Vec::new();
    match (options.chunk_list, list) {
        (ChunkList::Drop, _) => {}
        (ChunkList::Keep, Some(list)) => notes.push(format!("the chunk list is `{}`", EscapedPath(list))),
        (ChunkList::Keep, None) => notes.push(
            "no chunk list was written: only files of 16 MiB or more, hashed by SHA-256 as a whole, have a chunk root"
                .to_owned(),
        ),
    }
    let place = companion(model, signature, CHUNK_LIST_SUFFIX).ok().flatten();
    if let Some(place) = place.filter(|place| list.is_none() && exists(place)) {
        notes.push(format!(
            "`{}` is not of this signature: sign with --chunk-list to renew it, or remove it",
            EscapedPath(&place)
        ));
    }
    notes
}
