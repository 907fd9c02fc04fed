//! The test of the test: each form of breach is seen, and what is allowed is not.

use std::path::Path;

use super::violations_in;

#[test]
fn every_form_of_breach_is_seen() {
    let cases = [
        ("a higher module", "hash/mod.rs", "use crate::verify::Verified;", "`verify`"),
        ("one on the same line", "json.rs", "use crate::time::Time;", "`time`"),
        ("inside braces", "key/mod.rs", "use crate::{text, format::Manifest};", "`format`"),
        ("inside nested braces", "key/pem.rs", "use crate::{text::{A, B}, sign::{self, C}};", "`sign`"),
        ("renamed inside braces", "key/pem.rs", "use crate::{text as t, trust as u};", "`trust`"),
        ("over several lines", "key/pem.rs", "use crate::{\n    text,\n    trust,\n};", "`trust`"),
        ("in an expression", "file/open.rs", "fn f() { crate::hash::digest(1) }", "`hash`"),
        ("in a type", "time.rs", "fn f(x: &crate::file::FileError) {}", "`file`"),
        ("in a macro", "time.rs", "macro_rules! m { () => { $crate::key::f() } }", "`key`"),
        ("in a qualified type", "time.rs", "type T = <crate::key::K as Iterator>::Item;", "`key`"),
        ("visibility does not hide it", "text.rs", "pub(crate) use crate::json;", "`json`"),
        ("super from a top-level file", "text.rs", "use super::json;", "`json`"),
        ("super in braces", "text.rs", "use super::{json::Value};", "`json`"),
        ("super from a folder's root", "file/mod.rs", "use super::hash;", "`hash`"),
        ("super twice", "file/open.rs", "use super::super::hash;", "`hash`"),
        ("super inside braces", "file/open.rs", "use super::{super::hash, Kind};", "`hash`"),
        ("self first", "file/open.rs", "use self::super::super::hash;", "`hash`"),
        ("super from a test module", "text.rs", "mod tests { use super::super::json; }", "`json`"),
        ("behind a test module", "text.rs", "mod t { fn f() { if a { b } } } use super::json;", "`json`"),
        ("a glob of the root", "file/mod.rs", "use crate::*;", "everything"),
        ("a glob through super", "text.rs", "use super::*;", "everything"),
        ("another name for the root", "file/mod.rs", "use crate as root;", "another name"),
        ("another name in braces", "file/mod.rs", "use crate::{self as root};", "another name"),
        ("a re-export", "hash/mod.rs", "use crate::Verified;", "`Verified`"),
        ("an unknown module used", "verify.rs", "use crate::util::x;", "`util` has no level"),
        ("an unknown module", "util.rs", "", "tests/layers.rs"),
        ("an unknown folder", "util/mod.rs", "", "ARCHITECTURE.md"),
        ("a silent module opens files", "format/mod.rs", "use crate::file::read_bounded;", "`file`"),
        ("std::fs", "listing/mod.rs", "use std::fs;", "`std::fs`"),
        ("std::io in braces", "trust/mod.rs", "use std::{fmt, io::Read};", "`std::io`"),
        ("std::process", "envelope/mod.rs", "fn f() { ::std::process::exit(1) }", "`std::process`"),
        ("a glob of std", "envelope/mod.rs", "use std::*;", "`std::fs`"),
        ("another name for std", "envelope/mod.rs", "use std as s;", "another name"),
        ("rustix", "format/mod.rs", "fn f() { rustix::fs::open() }", "`rustix`"),
        ("its tests as well", "format/mod.rs", "#[cfg(test)]\nmod tests { use std::fs; }", "`std::fs`"),
        ("the environment", "key/mod.rs", "fn f() { std::env::var(\"X\") }", "`std::env`"),
        ("the environment in the root", "lib.rs", "use std::env;", "`std::env`"),
        ("the network", "file/mod.rs", "use std::{net::TcpStream};", "`std::net`"),
        ("the clock", "verify.rs", "fn f() { SystemTime::now() }", "wall clock"),
        ("the clock by its path", "time.rs", "fn f() { std::time::SystemTime::now() }", "wall clock"),
        ("the clock of jiff", "time.rs", "fn f() { jiff::Timestamp::now() }", "wall clock"),
        ("the clock with a zone", "time.rs", "fn f() { jiff::Zoned::now() }", "wall clock"),
        ("printing", "sign.rs", "fn f() { println!(\"x\") }", "`println!`"),
        ("printing errors", "lib.rs", "fn f() { std::eprintln!(\"x\") }", "`eprintln!`"),
        ("unsafe", "hash/mod.rs", "fn f() { unsafe { g() } }", "unsafe"),
        ("behind a string", "text.rs", "const A: &str = \"\\\"//\"; use crate::json;", "`json`"),
        ("behind a raw string", "text.rs", "const A: &str = r#\"\"/*\"#; use crate::json;", "`json`"),
        ("behind a lifetime", "text.rs", "fn f<'a>(c: char) { c == '\"'; crate::json::f() }", "`json`"),
    ];
    for (form, file, source, expected) in cases {
        let found = violations_in(Path::new(file), source);
        assert!(
            found.iter().any(|(_, problem)| problem.contains(expected)),
            "{form}: `{source}` in {file} gave {found:?}"
        );
    }
}

#[test]
fn what_is_allowed_is_not_reported() {
    let cases = [
        ("lower modules", "verify/mod.rs", "use crate::{file, key::{self, PublicKey}, text::Escaped};"),
        ("the module itself", "file/open.rs", "use super::FileError; use crate::file::Kind;"),
        ("its test module", "file/open.rs", "mod tests { use super::*; use super::super::Kind; }"),
        ("its own parts", "file/mod.rs", "mod open; pub use open::Links; use self::open::x;"),
        ("visibility", "file/mod.rs", "pub(crate) fn f() {} pub(in crate::file) fn g() {}"),
        ("visibility in the root's children", "text.rs", "pub(super) fn f() {}"),
        ("files where they belong", "file/open.rs", "use std::{fs, io}; fn f() { rustix::fs::open() }"),
        ("other parts of std", "format/mod.rs", "use std::{collections::HashSet, fmt, path::Path};"),
        ("fields and methods", "trust/mod.rs", "fn f() { self.now(); x.std::<u8>(); }"),
        ("comments", "text.rs", "// crate::verify\n/// [`crate::sign`]\n/* std::env /* */ unsafe */"),
        ("text", "text.rs", "const A: &str = \"crate::verify\"; const B: &str = r#\"std::env\"#;"),
        ("a character", "text.rs", "const A: char = '\\''; const B: u8 = b'\"'; // crate::verify\n"),
        ("the lint's name", "lib.rs", "#![forbid(unsafe_code)]"),
        ("the root exports all", "lib.rs", "pub mod file; pub use crate::verify::Verified;"),
    ];
    for (form, file, source) in cases {
        let found = violations_in(Path::new(file), source);
        assert!(found.is_empty(), "{form}: `{source}` in {file} gave {found:?}");
    }
}

#[test]
fn the_line_is_the_right_one() {
    let source = "//! x\n/* a\nb */\nconst A: &str = \"\n\";\nuse crate::{\n    text,\n    sign,\n};\n";
    let lines: Vec<usize> =
        violations_in(Path::new("key/mod.rs"), source).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [8]);
}
