//! Expiry: how long a lot is good, who may still be sold it, which lots leave first, what will be thrown away.
//!
//! One rule holds everywhere: expiry is a calendar day at the location, and **the expiry day is the last good
//! day**. A [`Day`] has no time of day and no offset, so nothing shifts between Paris and Tokyo; text with a
//! time in it is no `Day`.
//!
//! | question | function |
//! |---|---|
//! | until when is a lot good, and what must its label show? | [`shelf_life`] |
//! | how many months does `12M` in the open jar say? | [`parse_pao`] |
//! | until when is an opened unit good? | [`open_jar`] |
//! | how many days must remain on a day of sale or receipt? | [`required_remaining_days`] |
//! | may this lot be sold today? | [`is_sellable`]: the one predicate of list, hold, pick and ship |
//! | which lots leave, how many of each? | [`pick`] (FEFO, FIFO, LIFO) |
//! | what will expire unsold, and what is it worth? | [`expiry_risk`] |
//!
//! All are pure functions on plain data: `today` is an argument, money is integers, nothing is stored.
//! Invariants: no lot is picked beyond its units, on a day that leaves it less than the days asked for, or
//! recalled; picks + short = what was asked for.
//!
//! Deliberately absent: reading GS1 labels, and stability estimates (who makes the goods says how long they last).

mod label;
mod opened;
mod pick;
mod policy;
mod risk;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::base::{Day, Error, Result};

pub use crate::base::PrintedDate;
pub use crate::event::Strategy;
pub use label::{ExpirySource, LabelMark, PaoParams, ShelfLife, ShelfLifeParams, parse_pao, shelf_life};
pub use opened::{OpenJar, OpenJarLimit, OpenJarParams, open_jar};
pub use pick::{LotOnShelf, LotPick, PickParams, Picks, fefo_key, pick};
pub use policy::{
    ChannelMinimum, ExpiryPolicy, LifeMoment, RemainingLife, RemainingLifeParams, required_remaining_days,
};
pub use risk::{ExpiryRisk, ExpiryRiskParams, HorizonRisk, LocationDay, LotRisk, ShelfDemand, StockedLot, expiry_risk};

/// The most days that a life, a buffer or a horizon may have: a hundred years, as in the catalogue.
pub const MAX_DAYS: i32 = 36_500;

/// The most months that a life or a period after opening may have: a hundred years, as in the catalogue.
pub const MAX_MONTHS: i32 = 1_200;

/// What decides whether a lot may be sold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LotState {
    /// Last good day; none for goods that do not expire.
    pub expires_on: Option<Day>,
    /// Day of its first receipt, where it is known.
    pub received_on: Option<Day>,
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
/// The expiry day itself has 0 days left. [`required_remaining_days`] reduces a policy to this one number.
///
/// ```
/// use trousse::expiry::{LotState, is_sellable};
/// let lot = LotState { expires_on: Some("2027-06-30".parse()?), ..LotState::default() };
/// assert!(is_sellable(&lot, "2027-06-30".parse()?, 0));
/// assert!(!is_sellable(&lot, "2027-07-01".parse()?, 0));
/// assert!(!is_sellable(&lot, "2027-06-01".parse()?, 30));
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn is_sellable(lot: &LotState, day: Day, min_remaining_days: i32) -> bool {
    !lot.recalled && lot.expires_on.is_none_or(|last| day + min_remaining_days <= last)
}

/// Refuses a number outside `min ..= max`.
fn in_range(field: &str, value: i32, min: i32, max: i32) -> Result<()> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(Error::argument(field, format!("a whole number from {min} to {max}"), value))
}

/// Refuses a number outside `min ..= max` where one was given.
fn in_range_if_given(field: &str, value: Option<i32>, min: i32, max: i32) -> Result<()> {
    value.map_or(Ok(()), |value| in_range(field, value, min, max))
}
