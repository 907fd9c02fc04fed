//! What a verifier remembers of earlier verifications, so that nothing older is put back (docs/spec/trust.md, section 8).

use std::collections::BTreeMap;

use serde_json::json;

use super::refusal::Refusal;
use super::store::TrustStore;
use crate::digest::Digest;
use crate::json::{self, FieldError, Fields, JsonError};

/// Largest state file in bytes: some 60 000 models.
pub const MAX_STATE: u64 = 16 * 1024 * 1024;

const SCHEMA: &str = "weightseal.state/1";

/// The highest serial of a store, and the highest version of each model, that were accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    store_serial: u64,
    /// By the model's name and the signer's.
    models: BTreeMap<(String, String), Remembered>,
}

/// The highest version of a model that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The version.
    pub model_version: u64,
    /// Which statement said so.
    pub statement: Digest,
}

/// Why a file is no memory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// No strict JSON.
    #[error("it {0}")]
    Json(#[from] JsonError),
    /// A field is wrong.
    #[error("the field {0}")]
    Field(#[from] FieldError),
}

/// The store is older than one that was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the trust store has serial {found}, and one with serial {remembered} was used before")]
pub struct OldStore {
    /// The highest serial so far.
    pub remembered: u64,
    /// The store's.
    pub found: u64,
}

impl Memory {
    /// Reads a state file.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MemoryError> {
        let mut top = Fields::of(json::parse(bytes)?, "the state")?;
        if top.string("schema")? != SCHEMA {
            return Err(FieldError::value("schema", format_args!("is not {SCHEMA}")).into());
        }
        let store_serial = top.integer("store_serial", 1)?;
        let list = top.array("models")?;
        top.finish()?;
        let mut models = BTreeMap::new();
        for (at, value) in list.into_iter().enumerate() {
            let place = format!("models[{at}]");
            let mut entry = Fields::of(value, &place)?;
            let mut read = || {
                let key = (named(&mut entry, "name")?, named(&mut entry, "signer")?);
                let model_version = entry.integer("model_version", 1)?;
                let statement = entry.string("statement_sha256")?;
                let statement =
                    statement.parse().map_err(|error| FieldError::value("statement_sha256", error))?;
                Ok((key, Remembered { model_version, statement }))
            };
            let (key, remembered) = read().map_err(|error: FieldError| error.within(&place))?;
            entry.finish().map_err(|error| error.within(&place))?;
            if models.last_key_value().is_some_and(|(last, _)| *last >= key) {
                return Err(
                    FieldError::value(place, "is not sorted by name and signer, each pair once").into()
                );
            }
            models.insert(key, remembered);
        }
        Ok(Self { store_serial, models })
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let models: Vec<_> = self
            .models()
            .map(|(name, signer, remembered)| {
                json!({
                    "name": name,
                    "signer": signer,
                    "model_version": remembered.model_version,
                    "statement_sha256": remembered.statement.to_string(),
                })
            })
            .collect();
        let value = json!({ "schema": SCHEMA, "store_serial": self.store_serial, "models": models });
        // Strings, integers and lists always serialise.
        format!("{}\n", serde_json::to_string_pretty(&value).unwrap_or_default())
    }

    /// The highest serial of a store so far; 0 if none was used.
    pub fn store_serial(&self) -> u64 {
        self.store_serial
    }

    /// Name, signer, and what is remembered.
    pub fn models(&self) -> impl Iterator<Item = (&str, &str, &Remembered)> {
        self.models.iter().map(|((name, signer), remembered)| (name.as_str(), signer.as_str(), remembered))
    }

    /// Makes sure that the store is not an older one.
    ///
    /// # Errors
    /// [`OldStore`].
    pub fn ensure_not_older(&self, store: &TrustStore) -> Result<(), OldStore> {
        match store.serial() {
            found if found < self.store_serial => Err(OldStore { remembered: self.store_serial, found }),
            _ => Ok(()),
        }
    }

    /// What speaks against this version and statement of a model.
    pub fn judge(
        &self,
        name: &str,
        signer: &str,
        version: Option<u64>,
        statement: Option<Digest>,
        renews: Option<Digest>,
    ) -> Option<Refusal> {
        let known = self.models.get(&(name.to_owned(), signer.to_owned()))?;
        let remembered = known.model_version;
        match version {
            None => Some(Refusal::ModelVersionMissing { least: remembered }),
            Some(found) if found < remembered => Some(Refusal::RolledBack { remembered, found }),
            Some(found) if found > remembered => None,
            Some(_) if statement == Some(known.statement) || renews == Some(known.statement) => None,
            Some(version) => Some(Refusal::OtherStatement { version, remembered: known.statement }),
        }
    }

    /// Remembers which store decided.
    pub fn remember_store(&mut self, store: &TrustStore) {
        self.store_serial = self.store_serial.max(store.serial());
    }

    /// Remembers a version of a model that was accepted.
    pub fn remember_model(&mut self, name: &str, signer: &str, model_version: u64, statement: Digest) {
        self.models.insert((name.to_owned(), signer.to_owned()), Remembered { model_version, statement });
    }

    /// Forgets a model: of one signer, or of all. Says whose entries there were.
    pub fn forget(&mut self, name: &str, signer: Option<&str>) -> Vec<(String, Remembered)> {
        let is_meant = |key: &(String, String)| key.0 == name && signer.is_none_or(|signer| key.1 == signer);
        let gone: Vec<_> =
            self.models.iter().filter(|(key, _)| is_meant(key)).map(|(key, it)| (key.clone(), *it)).collect();
        self.models.retain(|key, _| !is_meant(key));
        gone.into_iter().map(|((_, signer), remembered)| (signer, remembered)).collect()
    }
}

/// A name, and no empty one: nothing is called so.
fn named(entry: &mut Fields, field: &str) -> Result<String, FieldError> {
    match entry.string(field)? {
        name if name.is_empty() => Err(FieldError::value(field, "is an empty text")),
        name => Ok(name),
    }
}
