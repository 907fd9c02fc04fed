//! `weightseal digest`: SHA-256 digests in the format of sha256sum, on all cores.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use weightseal::file::{Links, OpenedFile};
use weightseal::hash::{FileDigest, HashError, hash_files, hash_reader};
use weightseal::text::EscapedPath;

use crate::args::DigestArguments;
use crate::output::Output;
use crate::problem::Problem;
use crate::progress::Progress;

pub(crate) fn run(arguments: &DigestArguments, output: &mut Output) -> Result<(), Problem> {
    let progress = Progress::new(output);
    let is_stdin = |path: &Path| path == Path::new("-");
    let paths: Vec<PathBuf> = arguments.files.iter().filter(|path| !is_stdin(path)).cloned().collect();
    let mut hashed =
        hash_files(&paths, &|_, path| OpenedFile::open(path, Links::Follow), &progress).into_iter();
    let mut results = Vec::with_capacity(arguments.files.len());
    for path in &arguments.files {
        let result = if is_stdin(path) {
            Some(hash_reader(std::io::stdin().lock(), &progress))
        } else {
            hashed.next()
        };
        // `hash_files` has one result for each path.
        results.extend(result.map(|result| (path, result)));
    }
    drop(progress);
    print(results, output)
}

/// Prints what there is; the first file without a digest decides the exit status.
fn print(
    results: Vec<(&PathBuf, Result<FileDigest, HashError>)>,
    output: &mut Output,
) -> Result<(), Problem> {
    let mut first_problem = None;
    let mut text = Vec::new();
    let mut objects = Vec::new();
    for (path, result) in results {
        match result {
            Ok(digest) => {
                text.push(if io::stdout().is_terminal() {
                    // A person reads this: a name must not move the cursor.
                    format!("{}  {}\n", digest.digest, EscapedPath(path)).into_bytes()
                } else {
                    line(path, &digest)
                });
                objects.push(serde_json::json!({
                    "file": path.to_string_lossy(), "sha256": digest.digest.to_string(), "size": digest.size,
                }));
            }
            Err(error) => {
                let problem = Problem::from(error);
                output.failure("error", &problem.message, problem.code, &[], problem.hint.as_deref());
                first_problem.get_or_insert(Problem::reported(problem.status, problem.code));
            }
        }
    }
    if output.is_json() {
        output.json(&serde_json::json!({ "schema": "weightseal.digest/1", "files": objects }));
    } else {
        output.data(&text.concat());
    }
    first_problem.map_or(Ok(()), Err)
}

/// `DIGEST  NAME`; a name with a line end or a backslash is escaped, and a backslash before the line says so.
fn line(path: &Path, digest: &FileDigest) -> Vec<u8> {
    let name = path.as_os_str().as_encoded_bytes();
    let mut escaped = Vec::with_capacity(name.len());
    for byte in name {
        match byte {
            b'\\' => escaped.extend(b"\\\\"),
            b'\n' => escaped.extend(b"\\n"),
            b'\r' => escaped.extend(b"\\r"),
            _ => escaped.push(*byte),
        }
    }
    let mark = if escaped == name { "" } else { "\\" };
    let mut line = format!("{mark}{}  ", digest.digest).into_bytes();
    line.append(&mut escaped);
    line.push(b'\n');
    line
}
