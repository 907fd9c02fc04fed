//! What the fuzz targets were given before, once more, and some thousand cheap changes of it: no target panics. It
//! needs no fuzzing engine. `WEIGHTSEAL_MUTATIONS` says how many changes each target gets.
//!
//! The inputs are the files of `fuzz/corpus/TARGET`. Prints a row of the scoreboard (docs/scoreboard.md).

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[path = "../../../fuzz/src/second/mod.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz targets, a crate of its own")]
mod second;
#[path = "../../../fuzz/src/targets/mod.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz targets, a crate of its own")]
mod targets;

/// The key of the target `differential`. The fuzz targets check it with another library.
mod ed25519 {
    use aws_lc_rs::digest::{SHA256, digest};
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    pub(crate) fn fits(public: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, public).verify(message, signature).is_ok()
    }

    pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
        digest(&SHA256, bytes).as_ref().try_into().expect("32 bytes")
    }
}

/// Changes of each target's inputs where nobody says how many.
const MUTATIONS: usize = 300;

#[test]
fn what_was_fuzzed_before_panics_nowhere() {
    let asked = std::env::var("WEIGHTSEAL_MUTATIONS").ok();
    let mutations = asked.map_or(MUTATIONS, |number| number.parse().expect("a number"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let (mut inputs, mut crashes) = (0, Vec::new());
    for (name, target) in targets::TARGETS {
        let corpus = corpus(&folder.join(name));
        assert!(!corpus.is_empty(), "no inputs for {name}");
        let changed = Changed::new(&corpus, mutations);
        for (file, bytes) in corpus.iter().cloned().chain(changed) {
            inputs += 1;
            if catch_unwind(AssertUnwindSafe(|| target(&bytes))).is_err() {
                crashes.push(format!("{name}, from {file}: {}", hex::encode(&bytes)));
            }
        }
    }
    let row = serde_json::json!({
        "id": "fuzz/replay",
        "what": "inputs of the fuzz corpus, and changes of them, that make a parser panic",
        "found": format!("{inputs} inputs over {} targets, {} crashes", targets::TARGETS.len(), crashes.len()),
        "target": "0 crashes",
        "holds": crashes.is_empty(),
    });
    writeln!(std::io::stdout(), "\nrow: {row}").expect("standard output");
    assert!(crashes.is_empty(), "{crashes:#?}");
}

#[test]
fn every_corpus_belongs_to_a_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let found: BTreeSet<String> = fs::read_dir(folder)
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    assert_eq!(found, targets::TARGETS.map(|(name, _)| name.to_owned()).into_iter().collect());
}

type Input = (String, Vec<u8>);

fn corpus(folder: &Path) -> Vec<Input> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<Input> = entries
        .map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("UTF-8");
            (name, fs::read(entry.path()).expect("an input"))
        })
        .collect();
    inputs.sort();
    inputs
}

/// Changes of inputs: bits, bytes, pieces left out, doubled, or taken from another input. The same ones in every run.
struct Changed<'a> {
    corpus: &'a [Input],
    state: u64,
    left: usize,
}

impl<'a> Changed<'a> {
    fn new(corpus: &'a [Input], left: usize) -> Self {
        Self { corpus, state: 0x9e37_79b9_7f4a_7c15, left }
    }

    /// Below `limit`, by xorshift (Marsaglia 2003).
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state % (limit.max(1) as u64)).expect("below a usize")
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let (at, length) = (self.below(bytes.len()), self.below(16) + 1);
        let end = (at + length).min(bytes.len());
        match self.below(6) {
            _ if bytes.is_empty() => bytes.push(b'0'),
            0 => bytes[at] ^= 1 << self.below(8),
            1 => bytes[at] = b"\0\xff\"{}[]:,-0129\\ *=A"[self.below(19)],
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => bytes.truncate(at),
            _ => {
                let other = &self.corpus[self.below(self.corpus.len())].1;
                let from = self.below(other.len());
                let piece = other[from..(from + 4 * length).min(other.len())].to_vec();
                bytes.splice(at..end, piece);
            }
        }
    }
}

impl Iterator for Changed<'_> {
    type Item = Input;

    fn next(&mut self) -> Option<Input> {
        self.left = self.left.checked_sub(1)?;
        let (name, mut bytes) = self.corpus[self.below(self.corpus.len())].clone();
        for _ in 0..=self.below(3) {
            self.change(&mut bytes);
        }
        Some((name, bytes))
    }
}
