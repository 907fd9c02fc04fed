//! Forty kinds of change to a signed folder, and what has to come of each: the table of `folders.rs`.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::scene::write;

/// A signed folder, what lies in it, and room beside it.
pub(crate) struct Place {
    /// A folder outside of the model.
    pub(crate) outside: PathBuf,
    pub(crate) model: PathBuf,
    /// A file at the top, of which the letters have a case.
    pub(crate) top: PathBuf,
    /// A file in `folder`.
    pub(crate) inner: PathBuf,
    /// A file in `folder` with the bytes of `inner`.
    pub(crate) twin: PathBuf,
    /// A file whose name has a letter with an accent, in one code point.
    pub(crate) accented: PathBuf,
    pub(crate) folder: PathBuf,
    /// A folder without anything in it.
    pub(crate) hollow: PathBuf,
    /// A path that an OMS signature says to leave out.
    pub(crate) ignored: PathBuf,
    pub(crate) signature: PathBuf,
    /// The signature of another model with files of these names, by the same key.
    pub(crate) of_another_model: PathBuf,
    /// The signature of this model by another key.
    pub(crate) by_another_key: PathBuf,
}

/// What has to come of a change.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// No success, with one of these codes as the headline.
    Refused(&'static [&'static str]),
    /// Accepted with every fact as it was: what was changed is no part of what is signed.
    Same,
    /// Accepted with every other fact as it was, and listed as something that is left out by default.
    Excluded,
    /// The same, as something that the signature leaves out.
    Ignored,
    /// The same, as a file with other names elsewhere.
    HardLinked,
}

use Expected::{Excluded, HardLinked, Ignored, Refused, Same};

/// One kind of change.
pub(crate) struct Kind {
    pub(crate) what: &'static str,
    /// Changes the folder; false where this machine does not let it.
    pub(crate) change: fn(&Place) -> bool,
    pub(crate) oms: Expected,
    pub(crate) bundle: Expected,
}

const fn kind(what: &'static str, change: fn(&Place) -> bool, oms: Expected, bundle: Expected) -> Kind {
    Kind { what, change, oms, bundle }
}

const BYTES: Expected = Refused(&["hash-mismatch"]);
const SIZE: Expected = Refused(&["hash-mismatch", "size-mismatch"]);
const MISSING: Expected = Refused(&["missing-file"]);
const RENAMED: Expected = Refused(&["renamed-file"]);
const EXTRA: Expected = Refused(&["extra-file"]);
const TYPE: Expected = Refused(&["type-changed"]);
const LINK: Expected = Refused(&["symlink"]);
const SPECIAL: Expected = Refused(&["not-a-regular-file"]);

/// What is expected of an OMS signature, and of a bundle manifest, which looks at the files that it lists and at nothing else.
#[rustfmt::skip]
pub(crate) const KINDS: [Kind; 40] = [
    kind("a bit flipped", |at| { let mut bytes = read(&at.top); bytes[0] ^= 4; put(&at.top, &bytes) }, BYTES, BYTES),
    kind("a byte appended", |at| put(&at.top, &[&read(&at.top)[..], b"x"].concat()), SIZE, SIZE),
    kind("the last byte cut off", |at| { let bytes = read(&at.inner); put(&at.inner, &bytes[..bytes.len() - 1]) }, SIZE, SIZE),
    kind("a gigabyte of nothing appended", |at| open(&at.top).set_len(1 << 30).is_ok(), SIZE, SIZE),
    kind("two files exchanged", exchange, SIZE, SIZE),
    // Not the inode, the time or the mode is signed, but the bytes.
    kind("the same bytes in a new file", |at| { let bytes = read(&at.top); remove(&at.top) && put(&at.top, &bytes) }, Same, Same),
    kind("another time of change", |at| open(&at.top).set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1)).is_ok(), Same, Same),
    kind("other modes", |at| fs::set_permissions(&at.top, Permissions::from_mode(0o700)).is_ok(), Same, Same),
    // The same bytes; that somebody else may have the file open for writing by another name is reported.
    kind("a hard link to the same bytes", |at| aside(&at.top, at) && fs::hard_link(at.outside.join("aside"), &at.top).is_ok(), HardLinked, Same),
    kind("renamed", |at| rename(&at.top, &at.model.join("other name")), RENAMED, MISSING),
    kind("renamed to another case", |at| rename(&at.top, &sibling(&at.top, |name| name.to_uppercase())), RENAMED, MISSING),
    kind("renamed to another normal form", |at| rename(&at.accented, &sibling(&at.accented, |name| name.replace('é', "e\u{301}"))), RENAMED, MISSING),
    kind("moved into a new folder", |at| make(&at.model.join("new")) && rename(&at.top, &at.model.join("new").join("file")), RENAMED, MISSING),
    kind("a folder renamed", |at| rename(&at.folder, &at.model.join("other folder")), RENAMED, MISSING),
    kind("a file deleted", |at| remove(&at.inner), MISSING, MISSING),
    kind("a folder deleted", |at| fs::remove_dir_all(&at.folder).is_ok(), MISSING, MISSING),
    kind("a hidden file added", |at| put(&at.model.join(".pth"), b"import os"), EXTRA, Same),
    kind("an empty file added", |at| put(&at.folder.join("__init__.py"), b""), EXTRA, Same),
    kind("a file added in new folders", |at| put(&at.model.join("new/__pycache__/a.pyc"), b"code"), EXTRA, Same),
    kind("a copy of a signed file added", |at| put(&at.model.join("copy"), &read(&at.top)), EXTRA, Same),
    kind("a file added whose name is no text", |at| put(&at.model.join(OsStr::from_bytes(b"bad\xff")), b"x"), EXTRA, Same),
    // Folders are not listed, so none is signed (docs/spec/oms.md, 7.1).
    kind("empty folders added", |at| fs::create_dir_all(at.model.join("new/empty")).is_ok(), Same, Same),
    kind("an empty folder removed", |at| fs::remove_dir(&at.hollow).is_ok(), Same, Same),
    kind("a link to the same bytes outside", |at| aside(&at.top, at) && symlink(at.outside.join("aside"), &at.top).is_ok(), TYPE, LINK),
    kind("a link to the same bytes in the model", |at| remove(&at.inner) && symlink(name(&at.twin), &at.inner).is_ok(), TYPE, LINK),
    kind("a link in the place of a folder", |at| aside(&at.folder, at) && symlink(at.outside.join("aside"), &at.folder).is_ok(), MISSING, LINK),
    kind("a link to a signed file added", |at| symlink(name(&at.top), at.model.join("link")).is_ok(), EXTRA, Same),
    kind("a pipe in the place of a file", |at| remove(&at.top) && run("mkfifo", &at.top, &[]), TYPE, SPECIAL),
    kind("a socket added", socket, EXTRA, Same),
    kind("a device in the place of a file", |at| remove(&at.top) && run("mknod", &at.top, &["c", "1", "3"]), TYPE, SPECIAL),
    kind("a folder in the place of a file", |at| remove(&at.top) && make(&at.top), TYPE, SPECIAL),
    kind("a file in the place of a folder", |at| aside(&at.folder, at) && put(&at.folder, b"x"), MISSING, MISSING),
    kind("the signature of another model", |at| rename(&at.of_another_model, &at.signature), SIZE, SIZE),
    kind("a signature by another key", |at| rename(&at.by_another_key, &at.signature), Refused(&["untrusted-key"]), Refused(&["untrusted-key"])),
    kind("the signature deleted", |at| remove(&at.signature), Refused(&["unsigned"]), Refused(&["not-found"])),
    // A bundle manifest was named itself: nothing has to be found.
    kind("a second signature beside", |at| put(&sibling(&at.model, |name| format!("{name}.sig")), &read(&at.signature)), Refused(&["ambiguous-signature"]), Same),
    // What tools and the signer leave out is listed, and not verified (docs/spec/oms.md, 7.7).
    kind("content of .git added", |at| put(&at.model.join(".git/hooks/post-checkout"), b"evil"), Excluded, Same),
    kind("content of an ignored path added", |at| put(&at.ignored.join("more.log"), b"x"), Ignored, Same),
    kind(".git below the top added", |at| put(&at.folder.join(".git/config"), b"x"), EXTRA, Same),
    kind("a path like an ignored one added", |at| put(&sibling(&at.ignored, |name| format!("{name}2")), b"x"), EXTRA, Same),
];

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).expect("read")
}

fn put(path: &Path, bytes: &[u8]) -> bool {
    write(path, bytes);
    true
}

fn open(path: &Path) -> File {
    File::options().write(true).open(path).expect("opened")
}

fn remove(path: &Path) -> bool {
    fs::remove_file(path).is_ok()
}

fn make(path: &Path) -> bool {
    fs::create_dir(path).is_ok()
}

fn rename(from: &Path, to: &Path) -> bool {
    assert!(!to.exists() || to.is_file(), "{}", to.display());
    fs::rename(from, to).is_ok()
}

fn aside(path: &Path, at: &Place) -> bool {
    fs::rename(path, at.outside.join("aside")).is_ok()
}

fn name(path: &Path) -> &OsStr {
    path.file_name().expect("a name")
}

fn sibling(path: &Path, change: impl Fn(&str) -> String) -> PathBuf {
    path.with_file_name(change(name(path).to_str().expect("text")))
}

fn exchange(at: &Place) -> bool {
    let between = at.outside.join("between");
    [(&at.top, &between), (&at.inner, &at.top), (&between, &at.inner)]
        .into_iter()
        .all(|(from, to)| fs::rename(from, to).is_ok())
}

/// Bound where its path is short, since a socket's may have some hundred bytes only.
fn socket(at: &Place) -> bool {
    let short = at.outside.join("s");
    UnixListener::bind(&short).is_ok() && fs::rename(short, at.model.join("socket")).is_ok()
}

fn run(program: &str, path: &Path, more: &[&str]) -> bool {
    let done = Command::new(program).arg(path).args(more).stderr(std::process::Stdio::null()).status();
    done.is_ok_and(|done| done.success())
}
