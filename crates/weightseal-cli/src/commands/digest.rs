//! `weightseal digest`: SHA-256 digests in the format of sha256sum, on all cores; of a folder the OMS root digest and
//! the digest of its listing.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use serde_json::json;
use weightseal::digest::Digest;
use weightseal::envelope::{SignedFile, reference_root_of, root_of};
use weightseal::file::Links;
use weightseal::format::OMS_NAME;
use weightseal::hash::{Engine, FileDigest, HashError, Observer, Plan, hash_files, hash_reader};
use weightseal::listing::{escaped_name, sums_digest};
use weightseal::sign::{Serialization, SignError, list_model};
use weightseal::text::EscapedPath;

use crate::args::{DigestArguments, OrderArgument};
use crate::output::Output;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::result::some_names;

/// What was computed for one argument.
enum Hashed {
    File(FileDigest),
    Folder(FolderDigests),
}

struct FolderDigests {
    root: Digest,
    listing: Digest,
    files: usize,
    left_out: Vec<String>,
}

#[expect(clippy::expect_used, reason = "by default the whole file is hashed, and so has a digest")]
pub(crate) fn run(arguments: &DigestArguments, output: &mut Output) -> Result<(), Problem> {
    let progress = Progress::new(output);
    let engine = arguments.hashing.engine();
    let is_stdin = |path: &Path| path == Path::new("-");
    let is_file = |path: &&PathBuf| !is_stdin(path) && !path.is_dir();
    // All files at once, since that fills all cores; each folder does so alone.
    let paths: Vec<PathBuf> = arguments.files.iter().filter(is_file).cloned().collect();
    let mut hashed = hash_files(&paths, Links::Follow, &|_| Plan::default(), engine, &progress)
        .into_iter()
        .map(|hashed| {
            // By default it is the whole file that is hashed, by SHA-256.
            Ok(hashed?.digests.file_digest().expect("the digest of a whole file"))
        });
    let mut paths = paths.iter().peekable();
    let mut results = Vec::with_capacity(arguments.files.len());
    for path in &arguments.files {
        let of_file = |result: Result<FileDigest, HashError>| result.map(Hashed::File).map_err(Problem::from);
        let result = if is_stdin(path) {
            of_file(hash_reader(io::stdin().lock(), &progress))
        } else {
            // The list has the files, in the order of the arguments; what is not next in it is a folder.
            match paths.next_if_eq(&path).and_then(|_| hashed.next()) {
                Some(result) => of_file(result),
                None => hash_folder(path, arguments.order, engine, &progress)
                    .map(Hashed::Folder)
                    .map_err(Problem::from),
            }
        };
        results.push((path, result));
    }
    drop(progress);
    print(results, arguments.order, output)
}

fn hash_folder(
    folder: &Path,
    order: OrderArgument,
    engine: Engine,
    observer: &dyn Observer,
) -> Result<FolderDigests, SignError> {
    let signature = folder.join(OMS_NAME);
    let model = list_model(folder, Some(&signature), &Serialization::default(), engine, observer)?;
    let root = match order {
        OrderArgument::Specification => root_of(&model.files, None),
        OrderArgument::Reference => reference_root_of(&model.files),
    };
    // Hashed as a whole, each file has one digest.
    let digest_of = |file: &SignedFile| file.digests.as_slice().first().copied();
    let digests: Vec<_> =
        model.files.iter().filter_map(|file| Some((file.shown_name(), digest_of(file)?))).collect();
    let listing = sums_digest(digests.iter().map(|(name, digest)| (*name, digest)));
    Ok(FolderDigests { root, listing, files: model.files.len(), left_out: model.left_out })
}

/// Prints what there is; the first argument without a digest decides the exit status.
fn print(
    results: Vec<(&PathBuf, Result<Hashed, Problem>)>,
    order: OrderArgument,
    output: &mut Output,
) -> Result<(), Problem> {
    let order = match order {
        OrderArgument::Specification => "specification",
        OrderArgument::Reference => "reference",
    };
    let mut first_problem = None;
    let (mut text, mut notes) = (Vec::new(), Vec::new());
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for (path, result) in results {
        let shown = path.to_string_lossy();
        match result {
            Ok(Hashed::File(FileDigest { digest, size })) => {
                text.push(line(path, &digest, ""));
                files.push(json!({ "file": shown, "sha256": digest.to_string(), "size": size }));
            }
            Ok(Hashed::Folder(FolderDigests { root, listing, files: count, left_out })) => {
                text.push(line(path, &root, &format!(" (OMS root, {order} order)")));
                text.push(line(path, &listing, " (listing)"));
                folders.push(json!({
                    "folder": shown, "root_sha256": root.to_string(), "listing_sha256": listing.to_string(),
                    "order": order, "files": count, "left_out": left_out,
                }));
                if !left_out.is_empty() {
                    notes.push(format!("left out of {}: {}", EscapedPath(path), some_names(&left_out)));
                }
            }
            Err(problem) => {
                output.failure("error", &problem.message, problem.code, &[], problem.hint.as_deref());
                first_problem.get_or_insert(Problem::reported(problem.status, problem.code));
            }
        }
    }
    if output.is_json() {
        output.json(&json!({ "schema": "weightseal.digest/1", "files": files, "folders": folders }));
    } else {
        output.data(&text.concat());
    }
    if !folders.is_empty() {
        notes.push(
            "the OMS root does not bind file names: two models whose files have other names can have the same \
             root; never use it as an identity, use the listing"
                .to_owned(),
        );
    }
    notes.iter().for_each(|note| output.note(note));
    first_problem.map_or(Ok(()), Err)
}

/// `DIGEST  NAME` as sha256sum prints it, for a folder with what it is a digest of.
fn line(path: &Path, digest: &Digest, of: &str) -> Vec<u8> {
    if io::stdout().is_terminal() {
        // A person reads this: a name must not move the cursor.
        return format!("{digest}  {}{of}\n", EscapedPath(path)).into_bytes();
    }
    let (mark, name) = escaped_name(path.as_os_str().as_encoded_bytes());
    let mut line = format!("{mark}{digest}  ").into_bytes();
    line.extend(name);
    line.extend(format!("{of}\n").into_bytes());
    line
}
