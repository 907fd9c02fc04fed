//! One file a subcommand.

pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod digest;
pub(crate) mod inspect;
pub(crate) mod inspect_oms;
pub(crate) mod key;
pub(crate) mod keygen;
pub(crate) mod man;
pub(crate) mod oms;
pub(crate) mod rotate;
pub(crate) mod sign;
pub(crate) mod trust;
pub(crate) mod verify;
