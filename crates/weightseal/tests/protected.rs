//! Attacks on the files that decide about trust: who can write them, what leads to them, what stands in their place
//! (docs/spec/trust.md, section 1).
//!
//! What only root can set up, such as a file of another owner, is skipped elsewhere, and says so on standard error.

#![cfg(unix)]
#![expect(clippy::print_stderr, reason = "a test that was not run says so")]

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use weightseal::file::{FileError, ensure_protected, read_protected};

const LIMIT: u64 = 1000;
const TEXT: &[u8] = b"serial = 1\n";
/// A user and group that nobody here is.
const OTHER: u32 = 54_321;

/// A folder of one's own, with `own/trust.toml` in it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir();
        let place = Self(folder.expect("a folder"));
        ensure_protected(place.0.path())
            .expect("these tests need a folder for temporary files that nobody else owns");
        place.folder("own", 0o755);
        place.file("own/trust.toml", 0o644);
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn store(&self) -> PathBuf {
        self.at("own/trust.toml")
    }

    /// Whatever the umask says.
    fn mode(&self, name: &str, mode: u32) -> PathBuf {
        let path = self.at(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
        path
    }

    fn folder(&self, name: &str, mode: u32) -> PathBuf {
        fs::create_dir(self.at(name)).expect("a new folder");
        self.mode(name, mode)
    }

    fn file(&self, name: &str, mode: u32) -> PathBuf {
        fs::write(self.at(name), TEXT).expect("a new file");
        self.mode(name, mode)
    }

    fn link(&self, target: impl AsRef<Path>, name: &str) -> PathBuf {
        symlink(target, self.at(name)).expect("a new link");
        self.at(name)
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Says whether a test of what only root can set up is run.
fn as_root(what: &str) -> bool {
    if !is_root() {
        eprintln!("NOT TESTED: {what}: only root can set it up");
    }
    is_root()
}

/// The code, and what is refused by which words.
fn outcome(path: &Path) -> Result<(), (&'static str, String)> {
    let refused = |error: &FileError| {
        let who = match error {
            FileError::WritableByOthers { path, who } => format!("{} {who}", path.display()),
            other => other.to_string(),
        };
        (error.code(), who)
    };
    let read =
        read_protected(path, LIMIT).map_err(|error| refused(&error)).map(|bytes| assert_eq!(bytes, TEXT));
    match ensure_protected(path) {
        Err(FileError::WritableByOthers { .. }) => {
            assert_eq!(read.as_ref().map_err(|(code, _)| *code), Err("writable-by-others"))
        }
        Err(_) => assert!(read.is_err(), "{}", path.display()),
        Ok(()) => {}
    }
    read
}

fn accepted(path: &Path) {
    assert_eq!(outcome(path), Ok(()), "{}", path.display());
}

fn code(path: &Path) -> &'static str {
    outcome(path).expect_err("it was read").0
}

/// Refused because others can write `what`, by these words.
fn refused(path: &Path, what: &Path, words: &str) {
    let what = fs::canonicalize(what.parent().expect("not the top"))
        .map(|folder| folder.join(what.file_name().expect("a name")))
        .expect("it is there");
    assert_eq!(outcome(path), Err(("writable-by-others", format!("{} {words}", what.display()))));
}

const EVERYBODY: &str = "can be written by every user";
const GROUP: &str = "can be written by its group";
const OWNER: &str = "belongs to another user";

#[test]
fn modes_of_the_file() {
    let place = Place::new();
    let store = place.store();
    for mode in [0o400, 0o444, 0o600, 0o644, 0o744, 0o755] {
        place.mode("own/trust.toml", mode);
        accepted(&store);
    }
    for mode in [0o666, 0o646, 0o602, 0o622, 0o777, 0o1666, 0o1602] {
        place.mode("own/trust.toml", mode);
        refused(&store, &store, EVERYBODY);
    }
}

#[test]
fn groups() {
    let place = Place::new();
    let owner = fs::metadata(place.store()).expect("it is there").uid();
    if as_root("a file of another group") {
        for (name, mode) in
            [("own/trust.toml", 0o664), ("own", 0o775), ("own/trust.toml", 0o620), ("own", 0o770)]
        {
            let path = place.mode(name, mode);
            chown(&path, None, Some(OTHER)).expect("root may");
            refused(&place.store(), &path, GROUP);
            chown(&path, None, Some(owner)).expect("root may");
            accepted(&place.store());
            place.mode(name, mode & !0o020);
        }
        // A group that may only read is no writer.
        chown(place.store(), None, Some(OTHER)).expect("root may");
        place.mode("own/trust.toml", 0o644);
        accepted(&place.store());
    }
    let path = place.mode("own/trust.toml", 0o664);
    match fs::metadata(&path).expect("it is there").gid() == owner {
        true => accepted(&path),
        false => refused(&path, &path, GROUP),
    }
}

#[test]
fn folders_on_the_way() {
    let place = Place::new();
    place.folder("top", 0o755);
    place.folder("top/middle", 0o755);
    place.folder("top/middle/bottom", 0o755);
    let store = place.file("top/middle/bottom/trust.toml", 0o644);
    accepted(&store);
    for folder in ["top", "top/middle", "top/middle/bottom"] {
        for mode in [0o777, 0o757, 0o703, 0o733] {
            let open = place.mode(folder, mode);
            refused(&store, &open, EVERYBODY);
        }
        // Others can make entries there, and not touch those of the owner.
        for mode in [0o1777, 0o1757] {
            place.mode(folder, mode);
            accepted(&store);
        }
        place.mode(folder, 0o755);
        if as_root("a folder of another owner") {
            for mode in [0o700, 0o755, 0o1777] {
                let open = place.mode(folder, mode);
                chown(&open, Some(OTHER), None).expect("root may");
                refused(&store, &open, OWNER);
                chown(&open, Some(0), None).expect("root may");
            }
            place.mode(folder, 0o755);
        }
    }
}

#[test]
fn entries_of_others_in_a_sticky_folder() {
    if !as_root("entries of another owner") {
        return;
    }
    let place = Place::new();
    place.folder("sticky", 0o1777);
    let file = place.file("sticky/trust.toml", 0o644);
    accepted(&file);
    chown(&file, Some(OTHER), None).expect("root may");
    refused(&file, &file, OWNER);
    let link = place.link("../own/trust.toml", "sticky/link");
    accepted(&link);
    lchown(&link, Some(OTHER), None).expect("root may");
    refused(&link, &link, OWNER);
    let folder = place.folder("sticky/folder", 0o755);
    let below = place.file("sticky/folder/trust.toml", 0o644);
    accepted(&below);
    chown(&folder, Some(OTHER), None).expect("root may");
    refused(&below, &folder, OWNER);
}

#[test]
fn chains_of_links() {
    let place = Place::new();
    place.folder("links", 0o755);
    accepted(&place.link("../own/trust.toml", "links/relative"));
    accepted(&place.link(place.store(), "links/absolute"));
    accepted(&place.link("./../links/../own/./trust.toml", "links/around"));
    place.link("../own", "links/folder");
    accepted(&place.at("links/folder/trust.toml"));
    // After a link, `..` leads out of what it leads to, and not back.
    place.folder("own/deep", 0o755);
    place.link("../own/deep", "links/deep");
    accepted(&place.at("links/deep/../trust.toml"));
    place.link("relative", "links/1");
    for number in 2..=40 {
        place.link((number - 1).to_string(), &format!("links/{number}"));
    }
    accepted(&place.at("links/39"));
    assert_eq!(
        code(&place.at("links/40")),
        FileError::BrokenLink { path: PathBuf::new(), looping: true }.code()
    );
    let tall = "/../".repeat(40);
    accepted(Path::new(&format!("{tall}{}", place.store().display())));
}

#[test]
fn links_that_lead_nowhere() {
    let place = Place::new();
    let broken = FileError::BrokenLink { path: PathBuf::new(), looping: true }.code();
    place.link("b", "a");
    place.link("a", "b");
    place.link("self", "self");
    for name in ["a", "b", "self"] {
        assert_eq!(code(&place.at(name)), broken);
        assert!(matches!(
            ensure_protected(&place.at(name)),
            Err(FileError::BrokenLink { looping: true, .. })
        ));
    }
    assert!(outcome(&place.link("own/nothing", "dangling")).is_err());
    assert!(ensure_protected(&place.at("dangling")).is_err());
}

#[test]
fn links_and_folders_that_others_can_change() {
    let place = Place::new();
    let open = place.folder("open", 0o777);
    // The target is safe, and the link is anybody's.
    refused(&place.link("../own/trust.toml", "open/link"), &open, EVERYBODY);
    // A safe link that leads through it, there and back again, or by way of another link.
    refused(&place.link("open/link", "to-link"), &open, EVERYBODY);
    refused(&place.link("open/../own/trust.toml", "and-back"), &open, EVERYBODY);
    refused(&place.link(place.at("open/link"), "absolute"), &open, EVERYBODY);
    place.link("open", "renamed");
    refused(&place.at("renamed/link"), &open, EVERYBODY);
    // Named with other words.
    refused(&place.at("own/../open/./link"), &open, EVERYBODY);
}

#[test]
fn other_things_in_its_place() {
    let place = Place::new();
    let code = |path: &Path| read_protected(path, LIMIT).expect_err("it was read").code();
    assert_eq!(code(&place.at("own")), "not-a-regular-file");
    assert_eq!(code(&place.at("nothing")), "not-found");
    assert_eq!(code(&place.at("own/trust.toml/below")), "not-found");
    assert_eq!(code(Path::new("/dev/zero")), "not-a-regular-file");
    assert_eq!(code(&place.link("/dev/zero", "device")), "not-a-regular-file");
    let made = Command::new("mkfifo").arg(place.at("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    assert_eq!(code(&place.at("pipe")), "not-a-regular-file");
    assert_eq!(code(&place.link("pipe", "to-pipe")), "not-a-regular-file");
    fs::write(place.at("large"), vec![b'#'; 1001]).expect("written");
    assert_eq!(code(&place.at("large")), "too-large");
    assert!(ensure_protected(&place.at("own")).is_ok(), "a folder is fine where a folder is asked about");
}

#[test]
fn a_second_name_is_judged_by_its_own_way() {
    let place = Place::new();
    let open = place.folder("open", 0o777);
    fs::hard_link(place.store(), place.at("open/second")).expect("a second name");
    accepted(&place.store());
    refused(&place.at("open/second"), &open, EVERYBODY);
    place.mode("open/second", 0o666);
    refused(&place.store(), &place.store(), EVERYBODY);
}

#[test]
#[cfg(target_os = "linux")]
fn access_lists() {
    // Version 2, and the owner, user 54321, the group, the mask and all others (acl(5), `acl_ea_header`).
    fn list(user: u16, mask: u16) -> Vec<u8> {
        let entries = [
            (1_u16, 6_u16, u32::MAX),
            (2, user, OTHER),
            (4, 4, u32::MAX),
            (16, mask, u32::MAX),
            (32, 4, u32::MAX),
        ];
        let mut bytes = 2_u32.to_le_bytes().to_vec();
        for (tag, permissions, id) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(permissions.to_le_bytes());
            bytes.extend(id.to_le_bytes());
        }
        bytes
    }
    let place = Place::new();
    let store = place.store();
    let own = fs::metadata(&store).expect("it is there");
    if own.gid() != own.uid() {
        eprintln!("NOT TESTED: access lists where the group is private: it is not");
        return;
    }
    let set = |list: &[u8]| {
        rustix::fs::setxattr(&store, "system.posix_acl_access", list, rustix::fs::XattrFlags::empty())
    };
    if set(&list(6, 6)).is_err() {
        eprintln!("NOT TESTED: access lists: this file system has none");
        return;
    }
    assert_eq!(fs::metadata(&store).expect("it is there").mode() & 0o777, 0o664);
    refused(&store, &store, "can be written by those on its access list");
    set(&list(4, 4)).expect("it could before");
    accepted(&store);
}

#[test]
fn what_is_swapped_while_it_is_read() {
    const FOREIGN: &[u8] = b"serial = 9\n";
    let place = Place::new();
    let (store, own) = (place.store(), place.file("own/mine", 0o644));
    let foreign = place.file("own/foreign", 0o666);
    fs::write(&foreign, FOREIGN).expect("written");
    let done = AtomicBool::new(false);
    let (mut read, mut refused, mut foreign_read) = (0, 0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // As somebody does who can: a file of their own in its place, and the right one back again.
            while !done.load(Ordering::Relaxed) {
                for from in [&foreign, &own] {
                    let next = place.at("own/next");
                    fs::hard_link(from, &next).expect("a second name");
                    fs::rename(&next, &store).expect("in place");
                    // Where both were the same file, nothing was renamed.
                    let _ = fs::remove_file(&next);
                }
            }
        });
        let end = Instant::now() + Duration::from_millis(500);
        while Instant::now() < end {
            match read_protected(&store, LIMIT) {
                Ok(bytes) if bytes == FOREIGN => foreign_read += 1,
                Ok(_) => read += 1,
                Err(_) => refused += 1,
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(foreign_read, 0, "{read} read, {refused} refused");
    assert!(read + refused > 100, "{read} read, {refused} refused");
}

/// Runs one of the tests below in a process of its own.
fn inner(test: &str, before: &[&str], folder: &Path) -> std::process::Output {
    let me = std::env::current_exe().expect("this test");
    let mut words: Vec<std::ffi::OsString> = before.iter().map(Into::into).collect();
    words.push(me.into());
    words.extend(["--exact", test, "--ignored", "--nocapture"].map(Into::into));
    Command::new(&words[0]).args(&words[1..]).current_dir(folder).output().expect("it runs")
}

fn passes(output: &std::process::Output) {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn paths_from_here() {
    let place = Place::new();
    place.file("trust.toml", 0o644);
    passes(&inner("from_here", &[], place.0.path()));
    place.folder("open", 0o777);
    place.file("open/trust.toml", 0o644);
    let refused = inner("from_here", &[], &place.at("open"));
    assert!(
        !refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("WritableByOthers")
    );
}

#[test]
#[ignore = "run by `paths_from_here`, in its folder"]
fn from_here() {
    for name in ["trust.toml", "./trust.toml"] {
        assert_eq!(read_protected(Path::new(name), LIMIT).expect("protected"), TEXT);
    }
    for name in ["", ".", "trust.toml"] {
        ensure_protected(Path::new(name)).expect("protected");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn read_only_mounts() {
    let can_mount =
        || Command::new("unshare").args(["--mount", "true"]).status().is_ok_and(|it| it.success());
    if !as_root("a read-only mount") {
        return;
    }
    if !can_mount() {
        eprintln!("NOT TESTED: read-only mounts: `unshare --mount` does not work here");
        return;
    }
    let place = Place::new();
    place.folder("mounted", 0o755);
    passes(&inner("on_a_read_only_mount", &["unshare", "--mount"], place.0.path()));
}

#[test]
#[ignore = "run by `read_only_mounts`, where what is mounted is seen by nobody else"]
#[cfg(target_os = "linux")]
fn on_a_read_only_mount() {
    let run = |words: &[&str]| {
        assert!(Command::new(words[0]).args(&words[1..]).status().expect("it runs").success(), "{words:?}");
    };
    run(&["mount", "-t", "tmpfs", "none", "mounted"]);
    let file = Path::new("mounted/trust.toml");
    fs::write(file, TEXT).expect("written");
    fs::set_permissions(file, fs::Permissions::from_mode(0o666)).expect("set");
    chown(file, Some(OTHER), Some(OTHER)).expect("root may");
    assert_eq!(code(file), "writable-by-others");
    run(&["mount", "-o", "remount,ro", "mounted"]);
    accepted(file);
    // What lies beside it is not read-only: a link of somebody else that leads there.
    fs::create_dir("sticky").expect("a folder");
    fs::set_permissions("sticky", fs::Permissions::from_mode(0o1777)).expect("set");
    symlink("../mounted/trust.toml", "sticky/link").expect("a link");
    accepted(Path::new("sticky/link"));
    lchown("sticky/link", Some(OTHER), None).expect("root may");
    assert_eq!(code(Path::new("sticky/link")), "writable-by-others");
    symlink("../mounted", "sticky/folder").expect("a link");
    lchown("sticky/folder", Some(OTHER), None).expect("root may");
    assert_eq!(code(Path::new("sticky/folder/trust.toml")), "writable-by-others");
}
