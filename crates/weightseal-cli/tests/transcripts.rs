//! Transcripts: what a person types and sees, as tests. Each file in `tests/transcripts` is a page of Markdown
//! whose `console` blocks are run, each block in a fresh folder, and compared with what stands there.
//!
//! In a block, `$TESTKIT` is the folder of keys and vectors, `[TIME]` stands for any time, `[DIGEST]` for a statement's, and a line
//! `[exit status N]` follows output that ended with another status than 0. To write what the command really
//! prints into the pages (and then to read them): `TRANSCRIPTS=write cargo test --test transcripts`.
//!
//! `docs/rotation.md` is one long story: all its blocks share a folder, and it shows what was really printed, times and
//! key ids included. It is compared by `alike`, and written only where it is not alike any more.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn the_pages_show_what_the_command_prints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut pages: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder of pages")
        .map(|entry| entry.expect("a page").path())
        .collect();
    pages.sort();
    assert!(pages.len() >= 3, "pages are missing from {}", folder.display());
    let write = std::env::var_os("TRANSCRIPTS").is_some_and(|value| value == "write");
    let mut commands = 0;
    let mut differences = Vec::new();
    for page in pages {
        let expected = fs::read_to_string(&page).expect("a page of text");
        let found = play(&expected, &mut commands, None);
        if write {
            fs::write(&page, &found).expect("the page is writable");
        } else if expected != found {
            differences.push(format!("{}:\n{}", page.display(), first_difference(&expected, &found)));
        }
    }
    assert!(commands > 60, "only {commands} commands in all pages");
    assert!(
        differences.is_empty(),
        "{}\n(TRANSCRIPTS=write cargo test --test transcripts)",
        differences.join("\n")
    );
}

#[test]
fn the_page_about_rotation_shows_what_the_command_prints() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rotation.md");
    let expected = fs::read_to_string(&page).expect("a page of text");
    let mut commands = 0;
    let found = play(&expected, &mut commands, Some(&Session::new()));
    assert!(commands > 60, "only {commands} commands on the page");
    if alike(&expected) == alike(&found) {
        return;
    }
    if std::env::var_os("TRANSCRIPTS").is_some_and(|value| value == "write") {
        fs::write(&page, &found).expect("the page is writable");
        return;
    }
    let difference = first_difference(&alike(&expected), &alike(&found));
    panic!("{}:\n{difference}\n(TRANSCRIPTS=write cargo test --test transcripts)", page.display());
}

#[test]
fn pages_are_alike_where_only_times_and_keys_differ() {
    let (id, other) = ("0123456789abcdef".repeat(4), "f123456789abcdef".repeat(4));
    let pem = |line: &str| format!("-----BEGIN X-----\n{line}\n-----END X-----");
    let page = format!("a 2026-01-02T03:04:05Z  key 0123…ef\n{}\nid {id}", pem("AB"));
    let later = format!("a 2027-11-12T13:14:15.5+00:00  key f123…ef\n{}\nid {other}", pem("CD"));
    assert_eq!(alike(&page), alike(&later));
    assert_eq!(alike(&page), "a [TIME]  key [KEY 1]\n-----BEGIN X-----\n-----END X-----\nid [ID 1]\n");
    for (word, another) in
        [("a ", "b "), ("key ", "by "), ("2026-01-02T03:04:05Z", "never"), ("-----END X-----", "")]
    {
        assert_ne!(alike(&page), alike(&page.replace(word, another)), "{word}");
    }
    // What was the same key stays the same key.
    assert_eq!(alike(&format!("{id} {other} {id}")), "[ID 1] [ID 2] [ID 1]\n");
    assert_ne!(alike("0123…ef f123…ef 0123…ef"), alike("0123…ef f123…ef f123…ef"));
}

/// Every code that a vector expects is shown in a transcript: nobody meets a message that no one has read.
#[test]
fn every_code_of_the_vectors_has_a_transcript() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let shown: String = fs::read_dir(pages)
        .expect("the folder of pages")
        .map(|entry| fs::read_to_string(entry.expect("a page").path()).expect("a page of text"))
        .collect();
    let mut missing = std::collections::BTreeSet::new();
    let mut cases = 0;
    for case in walk(&testkit().join("vectors")).into_iter().filter(|path| path.ends_with("case.json")) {
        cases += 1;
        let text = fs::read_to_string(&case).expect("a case");
        let case: serde_json::Value = serde_json::from_str(&text).expect("a case is JSON");
        let code = case["code"].as_str().unwrap_or("verified");
        // What goes well is shown by its word.
        let word = if code == "tolerated" { "tolerated: ".to_owned() } else { format!("[{code}]") };
        if !matches!(code, "verified" | "partial") && !shown.contains(&word) {
            missing.insert(code.to_owned());
        }
    }
    assert!(cases > 300, "only {cases} vectors");
    assert!(missing.is_empty(), "no transcript for {missing:?}");
}

/// The page with every command's output as it is now: in this session and as printed, or each block in one of its own
/// and masked.
fn play(page: &str, commands: &mut u32, whole: Option<&Session>) -> String {
    let mut out = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        if line != "```console" {
            continue;
        }
        let own = whole.is_none().then(Session::new);
        let session = whole.or(own.as_ref()).expect("one of the two");
        while let Some(line) = lines.next().filter(|line| *line != "```") {
            let Some(command) = line.strip_prefix("$ ") else { continue };
            // A long one goes on in lines that begin as a shell shows them.
            let mut command = command.to_owned();
            while let Some(more) = lines.next_if(|line| command.ends_with('\\') && line.starts_with("> ")) {
                command.push_str(&format!("\n{more}"));
            }
            *commands += 1;
            let printed = session.run(&command.replace("\\\n> ", "\\\n"));
            let printed = if own.is_some() { without_statements(&without_times(&printed)) } else { printed };
            out.push_str(&format!("$ {command}\n{printed}"));
        }
        out.push_str("```\n");
    }
    out
}

/// A folder in which commands run one after the other. What one exports, the next one has.
struct Session(tempfile::TempDir);

impl Session {
    fn new() -> Session {
        let home = tempfile::tempdir().expect("a folder");
        fs::create_dir(home.path().join("work")).expect("a folder in it");
        fs::write(home.path().join("exports"), "").expect("a file in it");
        Session(home)
    }

    fn run(&self, command: &str) -> String {
        let folder = self.0.path().join("work");
        let binaries = Path::new(env!("CARGO_BIN_EXE_weightseal")).parent().expect("a folder");
        let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap_or_default());
        let script = format!(
            "umask 022; . ../exports; {{ {command}\n}} 2>&1; status=$?; export -p > ../exports; exit $status"
        );
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(&folder)
            .env_clear()
            .env("PATH", path)
            .env("TESTKIT", testkit())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .output()
            .expect("sh runs");
        let mut text =
            String::from_utf8_lossy(&output.stdout).replace(&testkit().display().to_string(), "$TESTKIT");
        text = text.replace(&folder.display().to_string(), "$PWD");
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        match output.status.code() {
            Some(0) => text,
            Some(status) => format!("{text}[exit status {status}]\n"),
            None => format!("{text}[killed]\n"),
        }
    }
}

/// The page without what is another one each time: times, what stands in PEM, and each key id and digest by the order in
/// which they appear.
fn alike(page: &str) -> String {
    let mut out = String::new();
    let (mut keys, mut ids) = (Vec::new(), Vec::new());
    let mut in_pem = false;
    for line in without_times(page).lines() {
        in_pem &= !line.contains("-----END");
        if in_pem {
            continue;
        }
        in_pem = line.contains("-----BEGIN") && !line.contains("-----END");
        let mut rest = line;
        while let Some(next) = rest.chars().next() {
            let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
            let after = &rest[digits..];
            let short = digits == 4 && after.strip_prefix('…').is_some_and(|end| starts_with_hex(end, 2));
            let long = if short { digits + '…'.len_utf8() + 2 } else { digits.max(next.len_utf8()) };
            let word = &rest[..long];
            match (short, digits) {
                (true, _) => out.push_str(&format!("[KEY {}]", number(&mut keys, word))),
                (_, 64) => out.push_str(&format!("[ID {}]", number(&mut ids, word))),
                _ => out.push_str(word),
            }
            rest = &rest[long..];
        }
        out.push('\n');
    }
    out
}

fn starts_with_hex(text: &str, digits: usize) -> bool {
    text.len() >= digits && text.bytes().take(digits).all(|byte| byte.is_ascii_hexdigit())
}

/// Which word of those this is, counted from 1; it becomes one of them.
fn number(words: &mut Vec<String>, word: &str) -> usize {
    if !words.iter().any(|known| known == word) {
        words.push(word.to_owned());
    }
    words.iter().position(|known| known == word).map_or(0, |place| place + 1)
}

/// Writes `[TIME]` for every time (RFC 3339, with or without a fraction).
fn without_times(text: &str) -> String {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let fits = |rest: &[u8]| {
        rest.len() >= SHAPE.len()
            && SHAPE
                .iter()
                .zip(rest)
                .all(|(shape, byte)| if *shape == b'0' { byte.is_ascii_digit() } else { shape == byte })
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if fits(rest.as_bytes()) {
            out.push_str("[TIME]");
            rest = rest[SHAPE.len()..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
            rest = rest.strip_prefix("+00:00").or_else(|| rest.strip_prefix('Z')).unwrap_or(rest);
        } else {
            out.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    out
}

/// Writes `[DIGEST]` for the digest of a statement, which has the time of signing in it.
fn without_statements(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let digest = line.split(|c: char| !c.is_ascii_hexdigit()).find(|word| word.len() == 64);
        match digest {
            Some(digest) if NAMES_ONE.iter().any(|word| line.contains(word)) => {
                out.push_str(&line.replace(digest, "[DIGEST]"))
            }
            _ => out.push_str(line),
        }
    }
    out
}

/// What stands in a line with the digest of a statement.
const NAMES_ONE: [&str; 3] = ["statement", "countersigns", "renews"];

fn testkit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testkit").canonicalize().expect("the testkit")
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .flat_map(|entry| {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.is_symlink() { walk(&path) } else { vec![path] }
        })
        .collect()
}

fn first_difference(expected: &str, found: &str) -> String {
    let (mut expected, mut found) = (expected.lines(), found.lines());
    let mut context: Vec<&str> = Vec::new();
    loop {
        match (expected.next(), found.next()) {
            (None, None) => return "line ends differ".to_owned(),
            (left, right) if left == right => context.extend(left),
            (left, right) => {
                let before = context[context.len().saturating_sub(8)..].join("\n");
                let rest: Vec<&str> = right.into_iter().chain(found.take(6)).collect();
                return format!("{before}\n- {}\n+ {}", left.unwrap_or("(end)"), rest.join("\n+ "));
            }
        }
    }
}
