//! Forty kinds of change to folders drawn at random, each signed in two formats: what comes out is what the table in
//! `kinds.rs` says.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use weightseal::digest::HashAlgorithm;
use weightseal::key::PrivateKey;
use weightseal::sign::{Serialization, sign_bundle, sign_model};
use weightseal::trust::Unauthenticated;
use weightseal::verify::{Facts, Failure, Outcome, Target, verify};

use crate::common::{Random, alone, key, policy};
use crate::kinds::{Expected, KINDS, Place};
use crate::scene::{options, write};
use crate::{Job, full_or, grouped, on_all_cores, row};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Oms,
    Bundle,
}

/// A folder drawn at random, signed; what is verified, and what that reports.
struct Tree {
    keep: TempDir,
    place: Place,
    target: Target,
    facts: Facts,
}

/// Two signed folders of the same seed are alike, but for their contents where `other` is set.
fn draw(root: &Path, seed: u64, other: bool) -> (Place, Vec<PathBuf>) {
    let mut random = Random(seed);
    let word = |random: &mut Random| -> String {
        (0..1 + random.below(6))
            .map(|_| char::from(b'a' + u8::try_from(random.below(26)).expect("a letter")))
            .collect()
    };
    let model = root.join("model");
    let folder = model.join(format!("sub-{}", word(&mut random)));
    let place = Place {
        outside: root.join("outside"),
        top: model.join(format!("config {}.json", word(&mut random))),
        inner: folder.join(format!("weights-{}.bin", word(&mut random))),
        twin: folder.join(format!("twin-{}.bin", word(&mut random))),
        accented: folder.join(format!("deep/é{}.txt", word(&mut random))),
        hollow: folder.join("hollow"),
        ignored: model.join(format!("notes-{}", word(&mut random))),
        signature: PathBuf::new(),
        of_another_model: PathBuf::new(),
        by_another_key: PathBuf::new(),
        folder,
        model,
    };
    fs::create_dir_all(&place.outside).expect("made");
    let content = |tag: &[u8], random: &mut Random| {
        let size = [0, 1, 63, 64, 65, 1_000, 5_000][random.below(7)];
        [tag, &[u8::from(other)], &random.bytes(size)].concat()
    };
    let inner = content(b"inner", &mut random);
    let mut files = vec![
        (place.top.clone(), content(b"top", &mut random)),
        (place.inner.clone(), inner.clone()),
        (place.twin.clone(), inner),
        (place.accented.clone(), content(b"accented", &mut random)),
        (place.model.join(".hidden"), content(b"hidden", &mut random)),
        (place.folder.join("nothing in it"), Vec::new()),
    ];
    for number in 0..random.below(7) {
        let depth = ["", "a/", "a/b/c/", "模型/"][random.below(4)];
        let name = format!("{depth}{}-{number}", word(&mut random));
        files.push((place.model.join(name), content(&[u8::try_from(number).expect("small")], &mut random)));
    }
    files.iter().for_each(|(path, bytes)| write(path, bytes));
    fs::create_dir_all(&place.hollow).expect("made");
    write(&place.ignored.join("a.log"), b"log");
    write(&place.model.join(".git/HEAD"), b"ref: refs/heads/main");
    (place, files.into_iter().map(|(path, _)| path).collect())
}

impl Tree {
    fn new(seed: u64, format: Format) -> Self {
        let keep = tempfile::tempdir().expect("a folder");
        let (place, files) = draw(keep.path(), seed, false);
        let (another, other_files) = draw(&keep.path().join("another"), seed, true);
        let algorithm = HashAlgorithm::ALL[usize::try_from(seed % 3).expect("small")];
        let sign = |place: &Place, files: &[PathBuf], key: &PrivateKey| match format {
            Format::Oms => {
                let ignored = place.ignored.file_name().and_then(|name| name.to_str()).expect("text");
                let ignore = vec![ignored.parse().expect("a name")];
                let listing = Serialization { algorithm, ignore, ..Serialization::default() };
                let signed = sign_model(&place.model, None, key, None, &listing, &options(), &());
                signed.expect("signed").signature
            }
            Format::Bundle => {
                let manifest = place.model.join("set.manifest.json");
                sign_bundle(files, &manifest, None, key, &options(), &()).expect("signed").manifest
            }
        };
        let mut place = place;
        // The other signatures are made first, and put where changes take them from.
        place.by_another_key = keep.path().join("outside/stranger");
        fs::rename(sign(&place, &files, key("p256")), &place.by_another_key).expect("moved");
        place.of_another_model = keep.path().join("outside/other");
        fs::rename(sign(&another, &other_files, key("ed25519")), &place.of_another_model).expect("moved");
        place.signature = sign(&place, &files, key("ed25519"));
        let target = alone(if format == Format::Oms { &place.model } else { &place.signature });
        let facts = match verify_it(&target) {
            Ok(Outcome::Verified(verified)) => verified.facts().clone(),
            other => panic!("seed {seed}: {other:?}"),
        };
        Self { keep, place, target, facts }
    }
}

fn verify_it(target: &Target) -> Result<Outcome, Failure> {
    verify(target, &policy(key("ed25519"), Unauthenticated::Refuse), &())
}

/// What is unlike the table, in words.
fn judge(before: &Facts, after: Result<Outcome, Failure>, expected: Expected) -> Result<(), String> {
    let code = match (&after, expected) {
        (Ok(Outcome::Verified(_)), Expected::Refused(codes)) => {
            return Err(format!("accepted, where {codes:?} was expected"));
        }
        (Ok(Outcome::Verified(verified)), _) => return compare(before, verified.facts(), expected),
        (Ok(other), _) => return Err(format!("another outcome: {other:?}")),
        (Err(Failure::Rejected(rejected)), _) => rejected.headline().code(),
        (Err(Failure::Inconclusive(inconclusive)), _) => inconclusive.trouble.code(),
    };
    match expected {
        Expected::Refused(codes) if codes.contains(&code) => Ok(()),
        other => Err(format!("{code}, where {other:?} was expected")),
    }
}

fn compare(before: &Facts, after: &Facts, expected: Expected) -> Result<(), String> {
    let (mut before, mut after) = (before.clone(), after.clone());
    fn list(facts: &mut Facts, expected: Expected) -> Vec<String> {
        match expected {
            Expected::Excluded => std::mem::take(&mut facts.beside.excluded),
            Expected::Ignored => std::mem::take(&mut facts.beside.ignored),
            Expected::HardLinked => std::mem::take(&mut facts.hard_linked),
            Expected::Same | Expected::Refused(_) => Vec::new(),
        }
    }
    let (listed, now) = (list(&mut before, expected), list(&mut after, expected));
    if !matches!(expected, Expected::Same) && now.len() != listed.len() + 1 {
        return Err(format!("{now:?} is listed, and {listed:?} was before"));
    }
    if before == after { Ok(()) } else { Err(format!("accepted with other facts: {after:?}")) }
}

/// How many kinds were tried on one tree, the names of those that this machine does not let, and what was unlike the table.
type Tried = (usize, Vec<&'static str>, Vec<String>);

fn try_all(seed: u64, format: Format) -> Tried {
    let (mut tried, mut not_run, mut wrong) = (0, Vec::new(), Vec::new());
    for kind in &KINDS {
        let tree = Tree::new(seed, format);
        if !(kind.change)(&tree.place) {
            not_run.push(kind.what);
            continue;
        }
        tried += 1;
        let expected = if format == Format::Oms { kind.oms } else { kind.bundle };
        if let Err(how) = judge(&tree.facts, verify_it(&tree.target), expected) {
            wrong.push(format!("seed {seed}, {format:?}, {}: {how}", kind.what));
        }
        drop(tree.keep);
    }
    (tried, not_run, wrong)
}

#[test]
fn each_change_of_a_folder_has_the_answer_of_the_table() {
    let trees = full_or(25, 4);
    let jobs = (0..trees).flat_map(|seed| {
        [Format::Oms, Format::Bundle].map(|format| -> Job<Tried> { Box::new(move || try_all(seed, format)) })
    });
    let (mut tried, mut missed, mut wrong) = (0, Vec::new(), 0);
    for (count, not_run, unlike) in on_all_cores(jobs.collect()) {
        tried += count;
        missed.extend(not_run);
        wrong += unlike.len();
        unlike.iter().for_each(|how| eprintln!("{how}"));
    }
    missed.sort_unstable();
    missed.dedup();
    // Only devices need more rights than a user has.
    assert!(missed.iter().all(|kind| kind.contains("device")), "{missed:?}");
    let missed = if missed.is_empty() { String::new() } else { format!("; not run: {}", missed.join(", ")) };
    let rest = format!(
        " ({} kinds on {trees} folders, each as OMS signature and bundle manifest){missed}",
        KINDS.len()
    );
    assert_eq!(missed.is_empty(), tried == KINDS.len() * 2 * usize::try_from(trees).expect("small"));
    let what = "changes of signed folders: another answer than the table says";
    row("mutation/folders", what, (wrong, tried), &rest);
    println!("{} changes of folders tried", grouped(tried));
}
