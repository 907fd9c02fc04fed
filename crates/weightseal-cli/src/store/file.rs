//! The file of a trust store while it is changed: locked from reading to writing, replaced in one step, and never by
//! a text that the library would not read.

use std::path::{Path, PathBuf};

use weightseal::file::{FileError, Replace, Staged, exists, read_protected, resolve};
use weightseal::trust::{MAX_TRUST_STORE, TrustStore};

use super::StoreText;
use super::text::TextError;
use crate::interrupt;
use crate::problem::Problem;
use crate::trust::{parse_store, read_store};

/// Mode bits of a new store: everybody who verifies may read it.
const MODE: u32 = 0o644;

/// A store that is being changed. Dropped, it is as it was.
pub(crate) struct StoreEdit {
    path: PathBuf,
    /// The file itself: a link keeps pointing to it.
    target: PathBuf,
    staged: Staged,
    before: Vec<u8>,
    /// What the store says now.
    pub(crate) store: TrustStore,
    /// Its text, to be changed.
    pub(crate) text: StoreText,
}

/// Why a change did not come about, or not safely.
#[derive(Debug)]
pub(crate) enum CommitError {
    /// The store is as it was.
    Untouched(Problem),
    /// The new store is in place, whole, but may not survive a power cut.
    NotDurable(Problem),
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Untouched(problem) => problem,
            CommitError::NotDurable(problem) => {
                let hint = "the change is in place, but a power cut might undo it".to_owned();
                Self { hint: Some(hint), ..problem }
            }
        }
    }
}

impl From<TextError> for Problem {
    fn from(error: TextError) -> Self {
        Self { code: error.code(), ..Self::usage(error.to_string(), error.hint().as_deref()) }
    }
}

impl StoreEdit {
    /// Locks the store at `path` and reads it.
    ///
    /// # Errors
    /// The store is missing, unsound or open to others, or somebody else has been changing it for ten seconds.
    pub(crate) fn begin(path: &Path) -> Result<Self, Problem> {
        let target = resolve(path).map_err(|error| missing(path, error))?;
        // First of all: what is read after this is what the next one to change it will replace.
        let staged = Staged::create(&target, MODE)?;
        let before = read_protected(path, MAX_TRUST_STORE)?;
        let store = parse_store(path, &before)?;
        let text = StoreText::parse(&String::from_utf8_lossy(&before))?;
        Ok(Self { path: path.to_owned(), target, staged, before, store, text })
    }

    /// Raises the serial number, and puts the changed store in place.
    ///
    /// # Errors
    /// [`CommitError`], which says whether the old store is still there.
    pub(crate) fn commit(mut self) -> Result<TrustStore, CommitError> {
        let (store, text) = self.stage().map_err(CommitError::Untouched)?;
        let Self { target, staged, .. } = self;
        staged.put_in_place(Replace::Existing).map_err(|error| {
            let placed = read_protected(&target, MAX_TRUST_STORE).is_ok_and(|now| now == text.as_bytes());
            let problem = Problem::from(error);
            if placed { CommitError::NotDurable(problem) } else { CommitError::Untouched(problem) }
        })?;
        Ok(store)
    }

    fn stage(&mut self) -> Result<(TrustStore, String), Problem> {
        self.text.raise_serial()?;
        let text = self.text.to_text();
        let store = parse_store(&self.path, text.as_bytes()).map_err(would_be_refused)?;
        self.staged.keep_owner()?;
        self.staged.keep_mode()?;
        self.staged.write(text.as_bytes())?;
        if self.staged.read_back()? != text.as_bytes() {
            return Err(FileError::Changed { path: self.target.clone() }.into());
        }
        interrupt::check()?;
        // An editor knows nothing of the lock; what it has written meanwhile is not to be lost.
        if read_protected(&self.path, MAX_TRUST_STORE)? != self.before {
            return Err(FileError::Changed { path: self.path.clone() }.into());
        }
        Ok((store, text))
    }
}

/// Reads the store at `path`.
///
/// # Errors
/// It is missing, unsound, or open to others.
pub(crate) fn read(path: &Path) -> Result<TrustStore, Problem> {
    resolve(path).map_err(|error| missing(path, error))?;
    read_store(path)
}

/// Writes a new store, never over anything.
///
/// # Errors
/// Something is there, or the text would make no sound store; nothing is written then.
pub(crate) fn create(path: &Path, text: &str) -> Result<TrustStore, Problem> {
    let exists_already = |path: &Path| {
        let hint = "a trust store is never overwritten; change it with `weightseal trust add` and the like";
        let error = FileError::Exists { path: path.to_owned() };
        Problem { hint: Some(hint.to_owned()), ..error.into() }
    };
    if exists(path) {
        return Err(exists_already(path));
    }
    let mut staged = Staged::create(path, MODE)?;
    let store = parse_store(path, text.as_bytes()).map_err(would_be_refused)?;
    staged.write(text.as_bytes())?;
    interrupt::check()?;
    staged.put_in_place(Replace::Never).map_err(|error| match error {
        FileError::Exists { path } => exists_already(&path),
        other => other.into(),
    })?;
    Ok(store)
}

fn would_be_refused(problem: Problem) -> Problem {
    let message = format!("nothing was changed, as the store would be refused: {}", problem.message);
    Problem { message, ..problem }
}

fn missing(path: &Path, error: FileError) -> Problem {
    let hint = "make one with `weightseal trust init`, or name another one with --trust";
    let hint = matches!(error, FileError::NotFound { .. }).then(|| hint.to_owned());
    let problem = Problem::from(error);
    Problem { hint: hint.or(problem.hint.clone()), path: Some(path.to_owned()), ..problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: &str = "# mine\nserial = 1\nexpires_at = 2099-01-01\n";

    fn place() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("trust.toml");
        std::fs::write(&path, STORE).expect("written");
        (folder, path)
    }

    fn left(folder: &tempfile::TempDir) -> usize {
        std::fs::read_dir(folder.path()).expect("listed").count()
    }

    #[test]
    fn an_edit_that_is_given_up_changes_nothing() {
        let (folder, path) = place();
        let mut edit = StoreEdit::begin(&path).expect("it begins");
        edit.text.raise_serial().expect("raised");
        drop(edit);
        assert_eq!(std::fs::read_to_string(&path).expect("read"), STORE);
        assert_eq!(left(&folder), 1);
    }

    #[test]
    fn what_an_editor_wrote_meanwhile_is_not_lost() {
        let (folder, path) = place();
        let edit = StoreEdit::begin(&path).expect("it begins");
        let other = STORE.replace("mine", "theirs");
        std::fs::write(&path, &other).expect("written");
        match edit.commit() {
            Err(CommitError::Untouched(problem)) => assert_eq!(problem.code, "changed-while-reading"),
            other => panic!("{:?}", other.map(|store| store.serial())),
        }
        assert_eq!(std::fs::read_to_string(&path).expect("read"), other);
        assert_eq!(left(&folder), 1);
        let store = StoreEdit::begin(&path).and_then(|edit| Ok(edit.commit()?)).expect("it works again");
        assert_eq!(store.serial(), 2);
        assert_eq!(std::fs::read_to_string(&path).expect("read"), other.replace("= 1", "= 2"));
    }

    #[test]
    fn a_store_that_would_be_refused_is_not_written() {
        let (folder, path) = place();
        let mut edit = StoreEdit::begin(&path).expect("it begins");
        edit.text.allow(&["*".to_owned()], "nobody").expect("a rule");
        let problem = match edit.commit() {
            Err(CommitError::Untouched(problem)) => problem,
            other => panic!("{:?}", other.map(|store| store.serial())),
        };
        assert_eq!(problem.code, "malformed-trust-store");
        assert!(problem.message.starts_with("nothing was changed"), "{}", problem.message);
        assert_eq!(std::fs::read_to_string(&path).expect("read"), STORE);
        assert_eq!(left(&folder), 1);
    }
}
