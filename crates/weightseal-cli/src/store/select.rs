//! Which key of a store somebody means: by its id, by signer and version, or by a file that has it.

use std::path::{Path, PathBuf};

use weightseal::key::load_public;
use weightseal::text::EscapedPath;
use weightseal::trust::{KeyPlace, Means, TrustStore};

use super::show::key_of;
use crate::problem::Problem;

/// Shortest beginning of a key id that is looked up: eight digits are not alike by chance.
const LEAST_DIGITS: usize = 8;

/// Why a name stands for no one key of a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SelectError {
    /// No key of the store is meant.
    #[error("no key in the trust store is `{}`", EscapedPath(.named))]
    Unknown {
        /// What was typed.
        named: PathBuf,
    },
    /// The public key in this file is not in the store.
    #[error("the key in `{}` ({id}) is not in the trust store", EscapedPath(.named))]
    NotThere {
        /// The file.
        named: PathBuf,
        /// The key's id.
        id: String,
    },
    /// Several could be meant.
    #[error("`{}` can be {}", EscapedPath(.named), .found.join(" or "))]
    Several {
        /// What was typed.
        named: PathBuf,
        /// Which keys.
        found: Vec<String>,
    },
}

impl SelectError {
    /// The stable code (docs/spec/result.md).
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } | Self::NotThere { .. } => "not-in-trust-store",
            Self::Several { .. } => "ambiguous-key",
        }
    }

    /// One line of advice.
    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unknown { .. } => {
                "name a key id (eight digits or more), a file with the public key, or SIGNER:VERSION; \
                 `weightseal trust list` shows them"
                    .to_owned()
            }
            Self::NotThere { .. } => "`weightseal trust list` shows the keys that are".to_owned(),
            Self::Several { .. } => {
                "name one of them: by more digits of its id, or as SIGNER:VERSION".to_owned()
            }
        })
    }
}

impl From<SelectError> for Problem {
    fn from(error: SelectError) -> Self {
        Self { code: error.code(), ..Self::usage(error.to_string(), error.hint().as_deref()) }
    }
}

/// The one key that `named` stands for.
///
/// # Errors
/// None or several do, or a file that was named has no public key.
pub(crate) fn select(store: &TrustStore, named: &Path) -> Result<KeyPlace, Problem> {
    let text = named.to_str();
    let of_id = text.filter(|text| is_id(text)).map(|digits| by_id(store, digits));
    let of_id = of_id.filter(|places| !places.is_empty());
    if let Some(places) = of_id.or_else(|| by_signer(store, text?)) {
        return Ok(only(store, named, places)?);
    }
    if !weightseal::file::exists(named) {
        return Err(SelectError::Unknown { named: named.to_owned() }.into());
    }
    let id = load_public(named)?.id();
    let place = store.find(&id);
    Ok(place.ok_or_else(|| SelectError::NotThere { named: named.to_owned(), id: id.to_string() })?)
}

fn is_id(text: &str) -> bool {
    (LEAST_DIGITS..=64).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn by_id(store: &TrustStore, digits: &str) -> Vec<KeyPlace> {
    let fits = |means: &Means| matches!(means, Means::Key(key) if key.id().to_string().starts_with(digits));
    store.keys().filter(|(_, key)| fits(&key.means)).map(|(place, _)| place).collect()
}

/// The keys of `SIGNER:VERSION`, or of `SIGNER`; `None` if no signer has such a name.
fn by_signer(store: &TrustStore, text: &str) -> Option<Vec<KeyPlace>> {
    let position = |name: &str| store.signers().iter().position(|signer| signer.name == name);
    let of = |signer: usize, version: Option<u64>| {
        let keys = store.signers().get(signer).into_iter().flat_map(|signer| signer.keys.iter().enumerate());
        let wanted = keys.filter(|(_, key)| version.is_none() || key.version == version);
        wanted.map(|(key, _)| KeyPlace { signer, key }).collect()
    };
    if let Some(signer) = position(text) {
        return Some(of(signer, None));
    }
    let (name, version) = text.rsplit_once(':')?;
    Some(of(position(name)?, Some(version.parse().ok()?)))
}

fn only(store: &TrustStore, named: &Path, places: Vec<KeyPlace>) -> Result<KeyPlace, SelectError> {
    match places[..] {
        [] => Err(SelectError::Unknown { named: named.to_owned() }),
        [one] => Ok(one),
        _ => Err(SelectError::Several {
            named: named.to_owned(),
            found: places.iter().map(|place| name_with_signer(store, *place)).collect(),
        }),
    }
}

#[expect(clippy::indexing_slicing, reason = "places in the store at hand")]
fn name_with_signer(store: &TrustStore, place: KeyPlace) -> String {
    key_of(&store.signers()[place.signer].name, store.key(place))
}
