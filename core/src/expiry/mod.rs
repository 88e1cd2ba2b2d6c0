//! Expiry: one `is_sellable` for list, hold, pick and ship, and first-expired-first-out picks.
//!
//! Expiry is a calendar day at the location, and the expiry day is the last good day.

use serde::{Deserialize, Serialize};

use crate::base::{Day, Error, Quantity, Result};

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

/// Answers whether a lot may be sold on a day with at least `min_remaining_days` left.
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

/// A lot on a shelf, as [`fefo`] takes it.
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

/// Arguments of [`fefo`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FefoParams {
    /// The lots on the shelf.
    pub lots: Vec<LotOnShelf>,
    /// Units wanted, at least 1.
    pub quantity: Quantity,
    /// The day of the pick.
    pub day: Day,
    /// Days that must remain.
    #[serde(default)]
    pub min_remaining_days: i32,
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

/// What [`fefo`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Picks {
    /// What to take, in order.
    pub picks: Vec<LotPick>,
    /// Units that no sellable lot covers.
    pub short: Quantity,
}

/// Picks sellable lots, first expired first out; lots without expiry come last, ties by lot key. O(n log n).
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field.
///
/// ```
/// use trousse::{Quantity, expiry::{FefoParams, LotOnShelf, fefo}};
/// let lot = |lot: &str, quantity, expires_on: &str| LotOnShelf {
///     lot: lot.into(), quantity: Quantity(quantity), expires_on: expires_on.parse().ok(), recalled: false };
/// let params = FefoParams {
///     lots: vec![lot("B", 5, "2027-09-30"), lot("A", 3, "2027-06-30"), lot("old", 9, "2026-01-01")],
///     quantity: Quantity(4), day: "2026-11-23".parse()?, min_remaining_days: 0 };
/// let answer = fefo(&params)?;
/// let taken: Vec<_> = answer.picks.iter().map(|p| (p.lot.as_str(), p.quantity.0)).collect();
/// assert_eq!((taken, answer.short.0), (vec![("A", 3), ("B", 1)], 0));
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn fefo(params: &FefoParams) -> Result<Picks> {
    params.quantity.check_positive("quantity")?;
    for (i, lot) in params.lots.iter().enumerate() {
        lot.quantity.check_non_negative(&format!("lots[{i}].quantity"))?;
    }
    if params.min_remaining_days < 0 {
        return Err(Error::argument("min_remaining_days", "at least 0", params.min_remaining_days));
    }
    let sellable = |lot: &&LotOnShelf| {
        let state = LotState { expires_on: lot.expires_on, received_on: None, recalled: lot.recalled };
        lot.quantity.0 > 0 && is_sellable(&state, params.day, params.min_remaining_days)
    };
    let mut lots: Vec<&LotOnShelf> = params.lots.iter().filter(sellable).collect();
    lots.sort_by(|a, b| fefo_key(a.expires_on, None, &a.lot).cmp(&fefo_key(b.expires_on, None, &b.lot)));
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

/// The order in which lots leave: earliest expiry, then earliest receipt, then the lot's key; no date comes last.
pub fn fefo_key(expires_on: Option<Day>, received_on: Option<Day>, lot: &str) -> (Day, Day, &str) {
    (expires_on.unwrap_or(Day(i32::MAX)), received_on.unwrap_or(Day(i32::MAX)), lot)
}
