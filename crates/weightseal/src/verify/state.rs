//! The state file: read before, written after (docs/spec/trust.md, section 8).

use std::path::PathBuf;

use super::by_store::ToRemember;
use super::outcome::Trouble;
use crate::file::{
    FileError, Replace, Staged, ensure_protected, exists, folder_of, is_there, read_protected, resolve,
};
use crate::trust::{MAX_STATE, Memory, Refusal, TrustStore};

/// Where the verifier remembers what it has accepted.
#[derive(Clone, Debug)]
pub struct StateFile {
    /// Its path.
    pub path: PathBuf,
    /// What to do if it is not there.
    pub missing: MissingState,
}

/// What to do without a state file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingState {
    /// It is an error: somebody may have removed it, so that an old model passes.
    #[default]
    Refuse,
    /// Nothing is remembered yet.
    Begin,
}

impl StateFile {
    /// What is remembered, if the store is not an older one.
    pub(super) fn read(&self, store: &TrustStore) -> Result<Memory, Trouble> {
        let path = &self.path;
        let memory = if is_there(path)? {
            let bytes = read_protected(path, MAX_STATE)?;
            Memory::parse(&bytes).map_err(|error| Trouble::State { path: path.clone(), error })?
        } else if self.missing == MissingState::Begin {
            ensure_protected(folder_of(path))?;
            Memory::default()
        } else {
            return Err(Trouble::NoState { path: path.clone() });
        };
        memory.ensure_not_older(store)?;
        Ok(memory)
    }

    /// Remembers what was accepted. Other verifications may have written meanwhile: under the lock it is read and asked
    /// once more, and what speaks against the model then is returned.
    pub(super) fn remember(
        &self,
        store: &TrustStore,
        accepted: &[ToRemember],
    ) -> Result<Option<Refusal>, Trouble> {
        // What a link leads to is replaced, not the link.
        let place = resolve(&self.path).unwrap_or_else(|_| self.path.clone());
        let mut staged = Staged::create(&place, 0o600)?;
        let before = self.read(store)?;
        if let Some(refusal) = accepted.iter().find_map(|model| model.judge(&before)) {
            return Ok(Some(refusal));
        }
        let mut memory = before.clone();
        memory.remember_store(store);
        accepted.iter().for_each(|model| model.enter(&mut memory));
        if memory == before && exists(&self.path) {
            return Ok(None);
        }
        let text = memory.to_text();
        let (size, limit) = (text.len() as u64, MAX_STATE);
        if size > limit {
            return Err(FileError::TooLarge { path: self.path.clone(), size, limit }.into());
        }
        staged.write(text.as_bytes())?;
        staged.put_in_place(Replace::Existing)?;
        Ok(None)
    }
}
