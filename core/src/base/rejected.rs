//! Refusals: a command that stock does not allow gets one of these as its answer.

use serde::{Deserialize, Serialize};

use super::units::{Day, Quantity, Timestamp};

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
    #[error("id {id} was used before with other content: {field} differs")]
    Conflict {
        /// The id.
        id: String,
        /// The first field that differs; `type` where it was another kind of input.
        field: String,
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
    /// The catalogue does not know the channel.
    #[error("unknown channel {channel}")]
    UnknownChannel {
        /// The channel.
        channel: String,
    },
    /// No move with goods on their way has this id.
    #[error("unknown transfer {transfer}, or all of it arrived")]
    UnknownTransfer {
        /// The move.
        transfer: String,
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
        /// `committed`, `released` or `lost`.
        state: String,
    },
    /// The lot was recalled: its units never become free again.
    #[error("lot {lot} of {sku} was recalled")]
    LotRecalled {
        /// The SKU.
        sku: String,
        /// The lot.
        lot: String,
    },
    /// The books can be closed up to a day before today, and never less far than they are.
    #[error("the books cannot be closed up to {until} on {today}")]
    CannotFreeze {
        /// The day that was asked for.
        until: Day,
        /// The last day that is closed.
        frozen_until: Option<Day>,
        /// Today.
        today: Day,
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
        /// For a basket of several lines the code of each: the first that fails has its own, the others `CHAIN_FAILED`.
        lines: Vec<String>,
    },
}

impl Rejected {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Rejected::Conflict { .. } => "CONFLICT",
            Rejected::UnknownSku { .. } => "UNKNOWN_SKU",
            Rejected::UnknownLocation { .. } => "UNKNOWN_LOCATION",
            Rejected::UnknownChannel { .. } => "UNKNOWN_CHANNEL",
            Rejected::UnknownTransfer { .. } => "UNKNOWN_TRANSFER",
            Rejected::UnknownHold { .. } => "UNKNOWN_HOLD",
            Rejected::HoldExpired { .. } => "HOLD_EXPIRED",
            Rejected::HoldClosed { .. } => "HOLD_CLOSED",
            Rejected::LotRecalled { .. } => "LOT_RECALLED",
            Rejected::CannotFreeze { .. } => "CANNOT_FREEZE",
            Rejected::InsufficientStock { .. } => "INSUFFICIENT_STOCK",
        }
    }
}
