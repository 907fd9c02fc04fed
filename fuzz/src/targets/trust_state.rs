//! A state file that is read is written as it was meant, and never lets an older model pass than it remembers.

use weightseal::digest::Digest;
use weightseal::trust::{Memory, Remembered};

/// See above.
pub fn run(bytes: &[u8]) {
    let Ok(memory) = Memory::parse(bytes) else { return };
    let text = memory.to_text();
    let again = Memory::parse(text.as_bytes()).expect("it reads what it writes");
    assert_eq!(again, memory);
    assert_eq!(again.to_text(), text);
    let other = Digest::of(b"another statement");
    let known: Vec<(String, String, Remembered)> =
        memory.models().map(|(name, signer, known)| (name.to_owned(), signer.to_owned(), *known)).collect();
    for (name, signer, known) in &known {
        let ask = |version, statement, renews| memory.judge(name, signer, version, Some(statement), renews);
        let version = known.model_version;
        assert!(ask(None, known.statement, Some(known.statement)).is_some());
        assert!(ask(Some(version - 1), known.statement, Some(known.statement)).is_some());
        assert!(ask(Some(version), known.statement, None).is_none());
        assert_eq!(ask(Some(version), other, None).is_some(), other != known.statement);
        assert!(ask(Some(version), other, Some(known.statement)).is_none());
        assert!(ask(Some(version + 1), other, None).is_none());
    }
    // Accepting something forgets nothing.
    let mut later = memory.clone();
    if let Some((name, signer, first)) = known.first() {
        later.remember_model(name, signer, first.model_version + 1, other);
        assert!(later.judge(name, signer, Some(first.model_version), Some(first.statement), None).is_some());
    }
    for (name, signer, known) in known.iter().skip(1) {
        assert!(later.judge(name, signer, Some(known.model_version), Some(known.statement), None).is_none());
        assert!(
            later.judge(name, signer, Some(known.model_version - 1), Some(known.statement), None).is_some()
        );
    }
}
