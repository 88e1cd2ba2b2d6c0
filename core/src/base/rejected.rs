//! Refusals: a command that stock does not allow gets one of these as its answer.

use serde::{Deserialize, Serialize};

use super::units::{Quantity, Timestamp};

/// Why a command was refused, in the order in which the reasons are looked for.
///
/// ```
/// use trousse::{Engine, Reserve, Line, Timestamp};
/// let mut shop = Engine::memory(Default::default());
/// let wish = Reserve { id: "o-1".into(), lines: vec![Line::new("LIP-01", 1)], location: "paris".into(), ..Default::default() };
/// let outcome = shop.submit(wish.into(), Timestamp(0))?;
/// assert_eq!(outcome.rejected().map(|why| why.code()), Some("UNKNOWN_SKU"));
/// # Ok::<(), trousse::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Rejected {
    /// The id was used before with other content.
    #[error("id {id} was used before with other content")]
    Conflict {
        /// The id.
        id: String,
    },
    /// The catalogue does not know the SKU.
    #[error("unknown SKU {sku}")]
    UnknownSku {
        /// The SKU.
        sku: String,
    },
    /// No stock was ever seen at the location.
    #[error("unknown location {location}")]
    UnknownLocation {
        /// The location.
        location: String,
    },
    /// No hold has this id.
    #[error("unknown hold {hold}")]
    UnknownHold {
        /// The hold.
        hold: String,
    },
    /// The hold's deadline has passed.
    #[error("hold {hold} expired at {deadline}")]
    HoldExpired {
        /// The hold.
        hold: String,
        /// When it fell.
        deadline: Timestamp,
    },
    /// The hold was committed or released before.
    #[error("hold {hold} is closed: it was {state}")]
    HoldClosed {
        /// The hold.
        hold: String,
        /// `committed` or `released`.
        state: String,
    },
    /// Less is available than asked for.
    #[error("{sku} at {location}: {available} available, {requested} requested")]
    InsufficientStock {
        /// The SKU.
        sku: String,
        /// The location.
        location: String,
        /// Units asked for.
        requested: Quantity,
        /// Units that could be had.
        available: Quantity,
    },
}

impl Rejected {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Rejected::Conflict { .. } => "CONFLICT",
            Rejected::UnknownSku { .. } => "UNKNOWN_SKU",
            Rejected::UnknownLocation { .. } => "UNKNOWN_LOCATION",
            Rejected::UnknownHold { .. } => "UNKNOWN_HOLD",
            Rejected::HoldExpired { .. } => "HOLD_EXPIRED",
            Rejected::HoldClosed { .. } => "HOLD_CLOSED",
            Rejected::InsufficientStock { .. } => "INSUFFICIENT_STOCK",
        }
    }
}
