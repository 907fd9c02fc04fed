//! Changing a trust store: its text, its file, which of its keys somebody means, and how keys are shown.

mod file;
mod layout;
mod new_key;
mod overlap;
mod select;
mod show;
mod text;
mod unfit;

pub(crate) use file::{CommitError, StoreEdit, create, read};
pub use new_key::{NewKey, NewMeans};
pub(crate) use overlap::overlap;
pub(crate) use select::{SelectError, select};
pub(crate) use show::{KeyState, edited, key_json, key_name, key_of, same_key, seconds, up_to_seconds};
pub(crate) use text::{RuleEdit, StoreText};
pub(crate) use unfit::Unfit;
