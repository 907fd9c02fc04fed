//! `weightseal sign`: sign a file, or several as one bundle.

use serde_json::json;
use weightseal::format::is_manifest_name;
use weightseal::sign::{CompatSignature, Options, SignedFiles, sign_bundle, sign_file};
use weightseal::text::EscapedPath;
use weightseal::time::{Instant, Timestamp, parse_expiry};

use crate::args::{SignArguments, parse_annotations};
use crate::output::Output;
use crate::passphrase;
use crate::problem::Problem;
use crate::progress::Progress;

pub(crate) fn run(arguments: &SignArguments, output: &mut Output) -> Result<(), Problem> {
    if arguments.bundle.is_none() && arguments.files.len() > 1 {
        let hint = "sign several files as one set with --bundle NAME.manifest.json, or one after the other";
        return Err(Problem::usage("one manifest is for one file", Some(hint)));
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

fn options(arguments: &SignArguments) -> Result<Options, Problem> {
    let now = Instant::now();
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
        ..Options::new(arguments.signer.clone(), Timestamp::from_instant(now))
    })
}

fn expiry(text: &str, now: Instant) -> Result<Timestamp, Problem> {
    let hint = "for example 90d, 1y, 2027-01-31 or 2027-01-31T12:00:00Z";
    parse_expiry(text, now).ok_or_else(|| {
        Problem::usage(
            format!("--expires `{}` is neither a duration nor a date", weightseal::text::Escaped(text)),
            Some(hint),
        )
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
        Some(_) if signed.files.len() == 1 => "1 file".to_owned(),
        Some(_) => format!("{} files", signed.files.len()),
        None => EscapedPath(&arguments.files[0]).to_string(),
    };
    output.verdict(
        "signed",
        &format!(
            "{what}  key {}, as {}  -> {}",
            key_id.short(),
            weightseal::text::Escaped(&options.signer),
            EscapedPath(&signed.manifest)
        ),
    );
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
    }));
}
