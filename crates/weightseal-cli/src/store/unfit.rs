//! Why a key of a store is not one that can be retired, revoked or replaced.

use weightseal::time::Instant;

use super::show::seconds;
use crate::problem::Problem;

/// What a key has behind it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// It is revoked.
    #[error("{key} is revoked, since {}", seconds(*.at))]
    Revoked {
        /// The key, in words without untrusted characters.
        key: String,
        /// When that was decided.
        at: Instant,
    },
    /// It signs no more, or ends sooner than is asked for.
    #[error("{key} signs only until {}", seconds(*.until))]
    Retired {
        /// The key, in words.
        key: String,
        /// Until when it signs.
        until: Instant,
    },
    /// Nothing that it has signed is accepted any more.
    #[error("{key} is trusted only until {}", seconds(*.until))]
    Ended {
        /// The key, in words.
        key: String,
        /// Until when it is trusted.
        until: Instant,
    },
}

impl Unfit {
    /// The stable code (docs/spec/result.md).
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Revoked { .. } => "already-revoked",
            Self::Retired { .. } | Self::Ended { .. } => "already-retired",
        }
    }
}

impl From<Unfit> for Problem {
    fn from(error: Unfit) -> Self {
        Self { code: error.code(), ..Self::usage(error.to_string(), None) }
    }
}
