//! Expiry: how long a lot is good, who may still be sold it, which lots leave first, what will be thrown away.
//!
//! One rule holds everywhere: expiry is a calendar day at the location, and **the expiry day is the last good
//! day**. A [`Day`] has no time of day and no offset, so nothing shifts between Paris and Tokyo; text with a
//! time in it is no `Day`.
//!
//! | question | function |
//! |---|---|
//! | may this lot be sold today? | [`is_sellable`]: the one predicate of list, hold, pick and ship |
//! | which lots leave, how many of each? | [`pick`] (FEFO, FIFO, LIFO) |
//!
//! All are pure functions on plain data: `today` is an argument, money is integers, nothing is stored.
//! Invariants: no lot is picked beyond its units, on a day that leaves it less than the days asked for, or
//! recalled; picks + short = what was asked for.
//!
//! Deliberately absent: reading GS1 labels, and stability estimates (who makes the goods says how long they last).

mod pick;

use serde::{Deserialize, Serialize};

use crate::base::Day;

pub use pick::{LotOnShelf, LotPick, PickParams, PickStrategy, Picks, fefo_key, pick};

/// What decides whether a lot may be sold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LotState {
    /// Last good day; none for goods that do not expire.
    pub expires_on: Option<Day>,
    /// Whether the lot was recalled.
    pub recalled: bool,
}

/// Arguments of [`is_sellable`] for faces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SellableParams {
    /// The day of the sale.
    pub day: Day,
    /// Last good day of the lot; none for goods that do not expire.
    #[serde(default)]
    pub expires_on: Option<Day>,
    /// Whether the lot was recalled.
    #[serde(default)]
    pub recalled: bool,
    /// Days that must remain.
    #[serde(default)]
    pub min_remaining_days: i32,
}

/// Answers whether a lot may be sold on a day with at least `min_remaining_days` left.
///
/// The expiry day itself has 0 days left.
///
/// ```
/// use trousse::expiry::{LotState, is_sellable};
/// let lot = LotState { expires_on: Some("2027-06-30".parse()?), recalled: false };
/// assert!(is_sellable(&lot, "2027-06-30".parse()?, 0));
/// assert!(!is_sellable(&lot, "2027-07-01".parse()?, 0));
/// assert!(!is_sellable(&lot, "2027-06-01".parse()?, 30));
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn is_sellable(lot: &LotState, day: Day, min_remaining_days: i32) -> bool {
    !lot.recalled && lot.expires_on.is_none_or(|last| day + min_remaining_days <= last)
}
