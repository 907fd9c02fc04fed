//! Puts a test vector where it is run: a copy of its folder, with what git does not keep (testkit/README.md, `create`).

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::Value;

/// Copies the folder of a case to `place`, and adds to it what `create` and `modes` say.
pub(crate) fn lay_out(folder: &Path, case: &Value, place: &Path) {
    copy(folder, place);
    for (name, content) in case.get("create").and_then(Value::as_object).into_iter().flatten() {
        let path = place.join(name);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("made");
        if path.is_file() {
            fs::remove_file(&path).expect("removed"); // something else is to stand there
        }
        create(&path, content);
    }
    close(place);
    for (name, mode) in case.get("modes").and_then(Value::as_object).into_iter().flatten() {
        let mode = u32::from_str_radix(mode.as_str().expect("text"), 8).expect("octal digits");
        set_mode(&place.join(name), mode);
    }
}

fn create(path: &Path, content: &Value) {
    if let Some(text) = content.as_str().or(content["text"].as_str()) {
        fs::write(path, text).expect("written");
    } else if let Some(target) = content["link"].as_str() {
        symlink(target, path).expect("linked");
    } else if content.get("folder").is_some() {
        fs::create_dir_all(path).expect("made");
    } else if content.get("pipe").is_some() {
        let made = std::process::Command::new("mkfifo").arg(path).status().expect("mkfifo runs");
        assert!(made.success());
    } else {
        fs::write(path, large(content)).expect("written");
    }
}

/// The bytes of a text over and over; `changed` has others at some offsets.
fn large(content: &Value) -> Vec<u8> {
    let text = content["repeat"].as_str().expect("a text").as_bytes();
    let size = usize::try_from(content["size"].as_u64().expect("a size")).expect("a size that fits");
    let mut bytes = text.repeat(size / text.len() + 1);
    bytes.truncate(size);
    for (start, other) in content.get("changed").and_then(Value::as_object).into_iter().flatten() {
        let (start, other): (usize, _) = (start.parse().expect("an offset"), other.as_str().expect("a text"));
        bytes[start..start + other.len()].copy_from_slice(other.as_bytes());
    }
    bytes
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (kind, to) = (entry.file_type().expect("a kind"), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &to);
        } else if kind.is_symlink() {
            symlink(fs::read_link(entry.path()).expect("a link"), to).expect("linked");
        } else {
            fs::copy(entry.path(), to).expect("copied");
        }
    }
}

/// A checkout that its group may write is no matter of the case.
fn close(path: &Path) {
    let found = fs::symlink_metadata(path).expect("it is there");
    if found.is_symlink() {
        return;
    }
    set_mode(path, found.permissions().mode() & 0o7755);
    if found.is_dir() {
        fs::read_dir(path).expect("a folder").for_each(|entry| close(&entry.expect("an entry").path()));
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("changed");
}
