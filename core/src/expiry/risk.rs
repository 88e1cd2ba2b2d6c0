//! The expiry calendar: what expires when, how much of it will not sell in time, and what that is worth.
//!
//! In: lots with units and cost, and a demand forecast per shelf (units/day from today on). Out: a row per lot
//! and a row per horizon. Units and money are exact integers. O(n log n) in lots + length of the forecasts.
//!
//! Model: on each shelf the demand of a day, today's included, is met first expired first out by lots that may
//! still be sold on that day. With D(n) the demand of the first n days and nᵢ the days of sale that lot i has
//! left, lot i sells sᵢ = min(qᵢ, max(0, D(nᵢ) − Σⱼ₍ⱼ<ᵢ₎ sⱼ)), and qᵢ − ⌊sᵢ⌋ units are at risk: part of a unit
//! is never sold. A shelf without a forecast sells nothing.
//!
//! Invariants: 0 ≤ units at risk ≤ units; more demand never puts more units at risk.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MAX_DAYS, fefo_key, in_range};
use crate::base::units::{MAX_EXACT, MAX_QUANTITY};
use crate::base::{Day, Error, Quantity, Result};

/// What floats may lack to a whole unit: 30 days of 0.1 are 3 units.
const TOLERANCE: f64 = 1e-6;

/// Units of a lot at a location, as [`expiry_risk`] takes them; leave recalled lots out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StockedLot {
    /// The SKU.
    pub sku: String,
    /// Where it is.
    pub location: String,
    /// The lot's key.
    pub lot: String,
    /// Units there.
    pub quantity: Quantity,
    /// Last good day; none for goods that do not expire.
    #[serde(default)]
    pub expires_on: Option<Day>,
    /// The day on which it arrived: of lots that expire on one day the first received is sold first.
    #[serde(default)]
    pub received_on: Option<Day>,
    /// Cost of one unit in minor units of one currency, at least 0; 0 where it is not known.
    #[serde(default)]
    pub unit_cost_minor: i64,
    /// Days that must remain on a sale, 0 … 36,500.
    #[serde(default)]
    pub min_remaining_days: i32,
}

/// What a shelf is forecast to sell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ShelfDemand {
    /// The SKU.
    pub sku: String,
    /// Where it is sold.
    pub location: String,
    /// Units per day from today on, each 0 … 1,000,000,000; the last one goes on for ever.
    pub units_per_day: Vec<f64>,
}

/// Today at a location.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LocationDay {
    /// The location.
    pub location: String,
    /// The day that it is there.
    pub today: Day,
}

/// Arguments of [`expiry_risk`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExpiryRiskParams {
    /// The lots.
    pub lots: Vec<StockedLot>,
    /// The day of the question, which is still a day of sale.
    pub today: Day,
    /// Locations where it is another day, one entry a location.
    #[serde(default)]
    pub locations: Vec<LocationDay>,
    /// What shelves are forecast to sell, one entry a shelf; without one a shelf sells nothing.
    #[serde(default)]
    pub demand: Vec<ShelfDemand>,
    /// Days ahead to sum up, each 0 … 36,500.
    #[serde(default = "default_horizons")]
    pub horizons_days: Vec<i32>,
}

fn default_horizons() -> Vec<i32> {
    vec![30, 60, 90]
}

/// What becomes of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LotRisk {
    /// The SKU.
    pub sku: String,
    /// Where it is.
    pub location: String,
    /// The lot's key.
    pub lot: String,
    /// Units there.
    pub quantity: Quantity,
    /// Last good day.
    pub expires_on: Option<Day>,
    /// Days from today to the last good day: 0 on that day, negative after it.
    pub days_left: Option<i32>,
    /// Last day on which it may be sold.
    pub sell_until: Option<Day>,
    /// Whole days, today included, whose demand this lot and those before it meet; none if over 36,500.
    pub days_of_cover: Option<i32>,
    /// Units that will not be sold in time, part of a unit counted as one.
    pub units_at_risk: Quantity,
    /// What they cost.
    pub value_at_risk_minor: i64,
    /// The shortest horizon that the lot falls in; none if it expires after all of them or not at all.
    pub horizon_days: Option<i32>,
}

/// What expires within a horizon, expired stock and shorter horizons included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HorizonRisk {
    /// Days ahead: lots with at most this many days left.
    pub within_days: i32,
    /// How many lots.
    pub lots: i64,
    /// Their units.
    pub units: Quantity,
    /// What those cost.
    pub value_minor: i64,
    /// The units that will not be sold in time.
    pub units_at_risk: Quantity,
    /// What those cost.
    pub value_at_risk_minor: i64,
}

/// What [`expiry_risk`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExpiryRisk {
    /// A row per lot: by last good day, SKU, location and key.
    pub lots: Vec<LotRisk>,
    /// A row per horizon, the shortest first; each contains those before it.
    pub horizons: Vec<HorizonRisk>,
}

/// Answers what expires when, how many units of it will not sell in time, and what they cost.
///
/// Today counts as a day of sale, and so does the last day on which a lot may be sold (its last good day less
/// `min_remaining_days`): a lot that expires today still meets today's demand. Horizons go by the last good day.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field: a number outside its domain, two forecasts of one shelf, or stock worth more
/// than 2⁵³ − 1 minor units.
///
/// ```
/// use trousse::{Quantity, expiry::{ExpiryRiskParams, ShelfDemand, StockedLot, expiry_risk}};
/// let lot = |lot: &str, quantity, expires_on: &str| StockedLot {
///     sku: "SER-30".into(), location: "paris".into(), lot: lot.into(), quantity: Quantity(quantity),
///     expires_on: expires_on.parse().ok(), unit_cost_minor: 450, ..Default::default() };
/// let demand = ShelfDemand { sku: "SER-30".into(), location: "paris".into(), units_per_day: vec![2.0] };
/// let answer = expiry_risk(&ExpiryRiskParams {
///     lots: vec![lot("B", 40, "2026-12-22"), lot("A", 30, "2026-12-02")],
///     today: "2026-11-23".parse()?, locations: vec![], demand: vec![demand], horizons_days: vec![14, 30] })?;
/// // A is sold on 10 days: 20 units. B is sold on the 20 days after those: all 40.
/// let at_risk: Vec<_> = answer.lots.iter().map(|l| (l.lot.as_str(), l.units_at_risk.0, l.value_at_risk_minor)).collect();
/// assert_eq!(at_risk, [("A", 10, 4_500), ("B", 0, 0)]);
/// assert_eq!((answer.horizons[1].units.0, answer.horizons[1].units_at_risk.0), (70, 10));
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn expiry_risk(params: &ExpiryRiskParams) -> Result<ExpiryRisk> {
    params.check()?;
    let mut horizons = params.horizons_days.clone();
    horizons.sort_unstable();
    horizons.dedup();
    let mut lots = Vec::with_capacity(params.lots.len());
    let demand = params.demand_by_shelf()?;
    let days = params.day_by_location()?;
    for (shelf, mut own) in params.lots_by_shelf() {
        own.sort_by(|a, b| leaves(a).cmp(&leaves(b)));
        let demand = demand.get(&shelf).map_or(&[][..], |units| units);
        let today = days.get(shelf.1).copied().unwrap_or(params.today);
        sell_off(&own, &Demand::new(demand), today, &horizons, &mut lots);
    }
    let calendar = |row: &LotRisk| row.expires_on.unwrap_or(Day(i32::MAX));
    lots.sort_by(|(a, _), (b, _)| {
        (calendar(a), &a.sku, &a.location, &a.lot).cmp(&(calendar(b), &b.sku, &b.location, &b.lot))
    });
    let horizons = horizons.into_iter().map(|within_days| sum_up(within_days, &lots)).collect();
    Ok(ExpiryRisk { lots: lots.into_iter().map(|(row, _)| row).collect(), horizons })
}

type ShelfKey<'a> = (&'a str, &'a str);

/// The last day on which a lot may be sold.
fn sell_until(lot: &StockedLot) -> Option<Day> {
    lot.expires_on.map(|day| day + -lot.min_remaining_days)
}

/// The order in which the lots of a shelf are sold; nothing that changes an answer is left to the order of the input.
fn leaves(lot: &StockedLot) -> impl Ord + '_ {
    (fefo_key(sell_until(lot), lot.received_on, &lot.lot), lot.expires_on, lot.quantity, lot.unit_cost_minor)
}

/// Follows the lots of a shelf, in the order in which they are sold, and adds a row and its unit cost for each.
fn sell_off(own: &[&StockedLot], demand: &Demand, today: Day, horizons: &[i32], rows: &mut Vec<(LotRisk, i64)>) {
    let mut sold_before = 0.0;
    for lot in own {
        let (quantity, until) = (lot.quantity.0, sell_until(lot));
        let days_left = lot.expires_on.map(|day| day - today);
        let all = quantity as f64;
        let sold = match until {
            Some(day) => (demand.through(i64::from(day - today) + 1) - sold_before).clamp(0.0, all),
            None => all,
        };
        let at_risk = quantity - ((sold + TOLERANCE).floor() as i64).min(quantity);
        rows.push((
            LotRisk {
                sku: lot.sku.clone(),
                location: lot.location.clone(),
                lot: lot.lot.clone(),
                quantity: lot.quantity,
                expires_on: lot.expires_on,
                days_left,
                sell_until: until,
                days_of_cover: demand.days_covered(sold_before + all),
                units_at_risk: Quantity(at_risk),
                value_at_risk_minor: at_risk * lot.unit_cost_minor,
                horizon_days: horizons.iter().copied().find(|within| days_left.is_some_and(|days| days <= *within)),
            },
            lot.unit_cost_minor,
        ));
        sold_before += sold;
    }
}

fn sum_up(within_days: i32, rows: &[(LotRisk, i64)]) -> HorizonRisk {
    let mut sum = HorizonRisk { within_days, ..HorizonRisk::default() };
    for (row, unit_cost_minor) in rows.iter().filter(|(row, _)| row.days_left.is_some_and(|days| days <= within_days)) {
        sum.lots += 1;
        sum.units.0 += row.quantity.0;
        sum.value_minor += row.quantity.0 * unit_cost_minor;
        sum.units_at_risk.0 += row.units_at_risk.0;
        sum.value_at_risk_minor += row.value_at_risk_minor;
    }
    sum
}

/// A forecast as the demand of its first 0, 1, 2 … days, and the rate that goes on after them.
struct Demand {
    first: Vec<f64>,
    rate: f64,
}

impl Demand {
    fn new(units_per_day: &[f64]) -> Demand {
        let mut first = vec![0.0];
        let mut sum = 0.0;
        for units in units_per_day {
            sum += units;
            first.push(sum);
        }
        Demand { first, rate: units_per_day.last().copied().unwrap_or(0.0) }
    }

    /// The demand of the first `days` days.
    fn through(&self, days: i64) -> f64 {
        let known = self.first.len() as i64 - 1;
        let days = days.max(0);
        self.first[days.min(known) as usize] + (days - known).max(0) as f64 * self.rate
    }

    /// The most days whose demand `units` meet.
    fn days_covered(&self, units: f64) -> Option<i32> {
        let enough = self.first.partition_point(|sum| *sum <= units + TOLERANCE) - 1;
        if enough + 1 < self.first.len() {
            return Some(enough as i32);
        }
        let after = (units + TOLERANCE - self.first[enough]) / self.rate;
        let days = enough as f64 + after.floor();
        (days <= f64::from(MAX_DAYS)).then_some(days as i32)
    }
}

impl ExpiryRiskParams {
    /// Answers whether the arguments lie in their domains.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        let mut worth = 0_i128;
        for (i, lot) in self.lots.iter().enumerate() {
            lot.quantity.check_non_negative(&format!("lots[{i}].quantity"))?;
            in_range(&format!("lots[{i}].min_remaining_days"), lot.min_remaining_days, 0, MAX_DAYS)?;
            worth += i128::from(lot.quantity.0) * i128::from(lot.unit_cost_minor);
            if lot.unit_cost_minor < 0 || worth > i128::from(MAX_EXACT) {
                let rule = format!("at least 0, and the stock be worth at most {MAX_EXACT}");
                return Err(Error::argument(format!("lots[{i}].unit_cost_minor"), rule, lot.unit_cost_minor));
            }
        }
        for (i, demand) in self.demand.iter().enumerate() {
            demand.check(&format!("demand[{i}].units_per_day"))?;
        }
        let mut horizons = self.horizons_days.iter().enumerate();
        horizons.try_for_each(|(i, days)| in_range(&format!("horizons_days[{i}]"), *days, 0, MAX_DAYS))
    }

    fn lots_by_shelf(&self) -> BTreeMap<ShelfKey<'_>, Vec<&StockedLot>> {
        let mut shelves: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for lot in &self.lots {
            shelves.entry((lot.sku.as_str(), lot.location.as_str())).or_default().push(lot);
        }
        shelves
    }

    fn day_by_location(&self) -> Result<BTreeMap<&str, Day>> {
        let mut days = BTreeMap::new();
        for (i, own) in self.locations.iter().enumerate() {
            if days.insert(own.location.as_str(), own.today).is_some() {
                return Err(Error::argument(format!("locations[{i}].location"), "named once", &own.location));
            }
        }
        Ok(days)
    }

    fn demand_by_shelf(&self) -> Result<BTreeMap<ShelfKey<'_>, &[f64]>> {
        let mut shelves = BTreeMap::new();
        for (i, own) in self.demand.iter().enumerate() {
            if shelves.insert((own.sku.as_str(), own.location.as_str()), own.units_per_day.as_slice()).is_some() {
                return Err(Error::argument(format!("demand[{i}].sku"), "named once a location", &own.sku));
            }
        }
        Ok(shelves)
    }
}

impl ShelfDemand {
    fn check(&self, field: &str) -> Result<()> {
        if !(1..=MAX_DAYS as usize).contains(&self.units_per_day.len()) {
            return Err(Error::argument(field, format!("1 to {MAX_DAYS} numbers"), self.units_per_day.len()));
        }
        let domain = 0.0..=MAX_QUANTITY as f64;
        match self.units_per_day.iter().enumerate().find(|(_, units)| !domain.contains(*units)) {
            Some((i, units)) => Err(Error::argument(format!("{field}[{i}]"), "a number from 0 to 1000000000", units)),
            None => Ok(()),
        }
    }
}
