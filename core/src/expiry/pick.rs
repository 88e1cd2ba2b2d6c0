//! Which lots leave: first expired, first received or last received first out, over as many lots as it takes.
//!
//! In: the lots of a shelf, a quantity, a day and the days that must remain. Out: units per lot, in order, and
//! what is short. Use FEFO unless there is a reason; with `min_remaining_days` it is "the oldest lot that still
//! meets this remaining life". O(n log n).
//!
//! Invariants: the order does not depend on the order of the input; picks + short = quantity.

use serde::{Deserialize, Serialize};

use super::{LotState, Strategy, is_sellable};
use crate::base::{Day, Error, Quantity, Result};

/// A lot on a shelf to pick from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LotOnShelf {
    /// The lot's key.
    pub lot: String,
    /// Units there.
    pub quantity: Quantity,
    /// Last good day.
    #[serde(default)]
    pub expires_on: Option<Day>,
    /// The day on which it arrived.
    #[serde(default)]
    pub received_on: Option<Day>,
    /// Whether it was recalled.
    #[serde(default)]
    pub recalled: bool,
}

/// Units to take from a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LotPick {
    /// The lot's key.
    pub lot: String,
    /// Units to take.
    pub quantity: Quantity,
    /// Last good day.
    pub expires_on: Option<Day>,
}

/// What to pick from which lots: the arguments of `fefo`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PickParams {
    /// The lots on the shelf.
    pub lots: Vec<LotOnShelf>,
    /// Units wanted, at least 1.
    pub quantity: Quantity,
    /// The day of the pick.
    pub day: Day,
    /// Days that must remain.
    #[serde(default)]
    pub min_remaining_days: i32,
    /// Which lots leave first.
    #[serde(default)]
    pub strategy: Strategy,
}

/// What to take from which lots: the answer of `fefo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Picks {
    /// What to take, in order.
    pub picks: Vec<LotPick>,
    /// Units that no sellable lot covers.
    pub short: Quantity,
}

/// Picks sellable lots for a quantity, over as many lots as it takes: the operation `fefo` of the faces.
///
/// Only lots that [`is_sellable`] lets pass on that day with `min_remaining_days` are taken, whatever the strategy.
/// Two rows alike in days and key go by their quantity, the smaller first.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field.
///
/// ```
/// use trousse::{Quantity, expiry::{LotOnShelf, PickParams, Strategy, pick}};
/// let lot = |lot: &str, quantity, expires_on: &str, received_on: &str| LotOnShelf {
///     lot: lot.into(), quantity: Quantity(quantity), expires_on: expires_on.parse().ok(),
///     received_on: received_on.parse().ok(), recalled: false };
/// let params = PickParams {
///     lots: vec![lot("B", 5, "2027-09-30", "2026-03-01"), lot("A", 3, "2027-06-30", "2026-05-01")],
///     quantity: Quantity(4), day: "2026-11-23".parse()?, min_remaining_days: 0, strategy: Strategy::Fefo };
/// let taken = |params: &PickParams| pick(params)
///     .map(|answer| answer.picks.iter().map(|p| format!("{}{}", p.quantity, p.lot)).collect::<Vec<_>>());
/// assert_eq!(taken(&params)?, ["3A", "1B"]);
/// assert_eq!(taken(&PickParams { strategy: Strategy::Fifo, ..params.clone() })?, ["4B"]);
/// assert_eq!(taken(&PickParams { min_remaining_days: 300, ..params })?, ["4B"]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn pick(params: &PickParams) -> Result<Picks> {
    params.check()?;
    let mut lots: Vec<&LotOnShelf> = params.lots.iter().filter(|lot| params.may_take(lot)).collect();
    lots.sort_by(|a, b| (params.strategy.key(a), a.quantity).cmp(&(params.strategy.key(b), b.quantity)));
    let mut short = params.quantity.0;
    let mut picks = Vec::new();
    for lot in lots {
        let quantity = lot.quantity.0.min(short);
        if quantity == 0 {
            break;
        }
        short -= quantity;
        picks.push(LotPick { lot: lot.lot.clone(), quantity: Quantity(quantity), expires_on: lot.expires_on });
    }
    Ok(Picks { picks, short: Quantity(short) })
}

/// The order in which lots leave: earliest expiry, earliest receipt, then the lot's key; what is unknown comes last.
pub fn fefo_key(expires_on: Option<Day>, received_on: Option<Day>, lot: &str) -> (Day, Day, &str) {
    (or_last(expires_on), or_last(received_on), lot)
}

fn or_last(day: Option<Day>) -> Day {
    day.unwrap_or(Day(i32::MAX))
}

impl Strategy {
    fn key(self, lot: &LotOnShelf) -> (Day, Day, &str) {
        let newest_first = |day: Day| Day(day.0.saturating_neg());
        match self {
            Strategy::Fefo => fefo_key(lot.expires_on, lot.received_on, &lot.lot),
            Strategy::Fifo => (or_last(lot.received_on), or_last(lot.expires_on), &lot.lot),
            Strategy::Lifo => (or_last(lot.received_on.map(newest_first)), or_last(lot.expires_on), &lot.lot),
        }
    }
}

impl PickParams {
    /// Answers whether the arguments lie in their domains.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        self.quantity.check_positive("quantity")?;
        for (i, lot) in self.lots.iter().enumerate() {
            lot.quantity.check_non_negative(&format!("lots[{i}].quantity"))?;
        }
        if self.min_remaining_days < 0 {
            return Err(Error::argument("min_remaining_days", "at least 0", self.min_remaining_days));
        }
        Ok(())
    }

    fn may_take(&self, lot: &LotOnShelf) -> bool {
        let state = LotState { expires_on: lot.expires_on, received_on: lot.received_on, recalled: lot.recalled };
        lot.quantity.0 > 0 && is_sellable(&state, self.day, self.min_remaining_days)
    }
}
