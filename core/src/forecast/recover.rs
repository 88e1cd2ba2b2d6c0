//! Demand lost to stock-outs, recovered from sales by hour.
//!
//! In: sales per slot of the day (hours, or the day as one slot) and the share of each slot in stock. Out: the
//! expected demand of each day given what sold while there was stock. A day is a gamma-distributed multiple of an
//! expected day, a slot's sales are a quasi-Poisson count of its share: a shelf that is empty at noon after a busy
//! morning lost more than the hour's average. Because stock-outs fall on busy days, the late hours that were seen
//! belong to quiet ones; the profile is therefore estimated by exposure (day multiples), not by plain means.
//!
//! The slot in which the shelf ran empty counts as three quarters in stock, where its share says 1.
//!
//! Source: gamma–Poisson posterior mean, Efron & Morris (1973); the profile by ECM (Meng & Rubin 1993). O(rounds · n).
//! Invariants: demand ≥ sales; a day in stock throughout is its sales; scale-equivariant.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::base::{Error, Result};

/// Sales of one item by slot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SlotSales {
    /// Slots of a day: 24 for hours, 1 for whole days.
    pub slots: usize,
    /// Sales of each slot, day after day, in any unit, at least 0.
    pub sales: Vec<f64>,
    /// Share of each slot in stock, 0–1. What sold in a slot with share 0 counts as sold all the same.
    pub in_stock: Vec<f64>,
    /// Share of a day's sales by slot that other items show; none draws towards even slots.
    #[serde(default)]
    pub profile: Option<Vec<f64>>,
}

/// Demand behind the sales.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recovered {
    /// Expected demand of each day; sales where the day was in stock throughout.
    pub demand: Vec<f64>,
    /// Share of each day's expected demand that fell into stocked time, 0–1: the `in_stock` of a daily series.
    pub in_stock: Vec<f64>,
    /// Share of a day's demand by slot.
    pub profile: Vec<f64>,
}

const ROUNDS: usize = 15;
/// Days' worth of trust in the profile of the others.
const PROFILE_DAYS: f64 = 20.0;
/// Share of the slot in which the shelf ran empty that counts as stocked.
const LAST_SLOT: f64 = 0.75;
/// Weight of days at a distance, per day, for the level about a day; and of the mean level.
const NEAR: f64 = 0.8;
const NEAR_PRIOR: f64 = 3.0;
/// Days' worth of trust in equal weekdays.
const WEEKDAY_DAYS: f64 = 4.0;
/// Bounds of the precision of a day's multiple (1 / its squared coefficient of variation).
const PRECISION: (f64, f64) = (1.0, 200.0);

impl SlotSales {
    /// Answers whether the series makes sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field and position.
    pub fn check(&self) -> Result<()> {
        super::check_count("slots", self.slots, 1_440)?;
        if self.sales.is_empty() || self.sales.len() % self.slots != 0 {
            return Err(Error::argument("sales", format!("whole days of {} slots", self.slots), self.sales.len()));
        }
        if self.in_stock.len() != self.sales.len() {
            return Err(Error::argument("in_stock", format!("{} values long", self.sales.len()), self.in_stock.len()));
        }
        if let Some(i) = self.sales.iter().position(|y| !(*y >= 0.0 && *y < 1e150)) {
            return Err(Error::argument(format!("sales[{i}]"), "a number of at least 0", self.sales[i]));
        }
        if let Some(i) = self.in_stock.iter().position(|share| !(0.0..=1.0).contains(share)) {
            return Err(Error::argument(format!("in_stock[{i}]"), "between 0 and 1", self.in_stock[i]));
        }
        let Some(profile) = &self.profile else { return Ok(()) };
        let sum: f64 = profile.iter().sum();
        if profile.len() != self.slots || !(sum > 0.0 && sum < 1e150) || profile.iter().any(|share| *share < 0.0) {
            return Err(Error::argument("profile", format!("{} shares of at least 0", self.slots), profile.len()));
        }
        Ok(())
    }
}

/// Recovers the demand of one item.
///
/// # Errors
/// `INVALID_ARGUMENT` naming field and position.
///
/// ```
/// use trousse::forecast::{SlotSales, recover_demand};
/// // mornings and afternoons sell 2 each; on the third day the shelf was empty in the afternoon
/// let sales = vec![2.0, 2.0, 2.0, 2.0, 2.0, 0.0, 2.0, 2.0];
/// let in_stock = vec![1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0];
/// let found = recover_demand(&SlotSales { slots: 2, sales, in_stock, profile: None })?;
/// assert_eq!(found.demand[0], 4.0);
/// assert!((found.demand[2] - 4.6).abs() < 0.2);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn recover_demand(series: &SlotSales) -> Result<Recovered> {
    series.check()?;
    let even = vec![1.0 / series.slots as f64; series.slots];
    Ok(Fit::new(series).run(&normalised(series.profile.as_ref().unwrap_or(&even))))
}

/// Expected demand of each day of an item whose days are one slot each and were checked.
pub(super) fn recover_days(days: &SlotSales) -> Vec<f64> {
    Fit::new(days).run(&[1.0]).demand
}

/// Recovers the demand of many items of one number of slots, each drawn towards the profile of all; those that
/// bring a profile are drawn towards their own.
///
/// # Errors
/// As [`recover_demand`], with the position of the item.
pub fn recover_panel(panel: &[SlotSales]) -> Result<Vec<Recovered>> {
    let Some(first) = panel.first() else { return Ok(Vec::new()) };
    for (i, series) in panel.iter().enumerate() {
        let at = |field: &str| format!("[{i}].{field}");
        series.check().map_err(|error| match error {
            Error::InvalidArgument { field, rule, got } => Error::argument(at(&field), rule, got),
            other => other,
        })?;
        if series.slots != first.slots {
            return Err(Error::argument(at("slots"), first.slots.to_string(), series.slots));
        }
    }
    let mut pooled = vec![1.0 / first.slots as f64; first.slots];
    let mut found = Vec::new();
    for _ in 0..2 {
        found = panel
            .par_iter()
            .map(|series| Fit::new(series).run(&series.profile.as_ref().map_or(pooled.clone(), |own| normalised(own))))
            .collect::<Vec<Recovered>>();
        let mut sum = vec![0.0; first.slots];
        found.iter().for_each(|one| sum.iter_mut().zip(&one.profile).for_each(|(sum, share)| *sum += share));
        pooled = normalised(&sum);
    }
    Ok(found)
}

fn normalised(profile: &[f64]) -> Vec<f64> {
    let sum: f64 = profile.iter().sum();
    profile.iter().map(|share| if sum > 0.0 { share / sum } else { 1.0 / profile.len() as f64 }).collect()
}

struct Fit<'a> {
    series: &'a SlotSales,
    days: usize,
    /// Share of each slot that counts as stocked.
    stocked: Vec<f64>,
    /// Sales of each day.
    sold: Vec<f64>,
    /// Multiple of each day, and what it was expected to be.
    multiple: Vec<f64>,
    expected: Vec<f64>,
    /// Expected sales by slot of a day of multiple 1.
    rate: Vec<f64>,
    /// Variance of a slot's sales per unit of mean, and precision of the multiples.
    dispersion: f64,
    precision: f64,
}

impl<'a> Fit<'a> {
    fn new(series: &'a SlotSales) -> Self {
        let days = series.sales.len() / series.slots;
        let mut stocked = series.in_stock.clone();
        for day in stocked.chunks_mut(series.slots) {
            for slot in 1..day.len() {
                if day[slot] == 0.0 && day[slot - 1] == 1.0 {
                    day[slot - 1] = LAST_SLOT;
                }
            }
        }
        let sold = series.sales.chunks(series.slots).map(|day| day.iter().sum()).collect();
        let (multiple, expected, rate) = (vec![1.0; days], vec![1.0; days], vec![0.0; series.slots]);
        Fit { series, days, stocked, sold, multiple, expected, rate, dispersion: 1.0, precision: 5.0 }
    }

    fn run(mut self, profile: &[f64]) -> Recovered {
        for _ in 0..ROUNDS {
            self.learn_rates(profile);
            self.learn_expected();
            self.learn_spread();
            for day in 0..self.days {
                let seen = self.seen(day) / self.dispersion;
                let known = self.precision + self.sold[day] / self.dispersion;
                self.multiple[day] = self.expected[day] * known / (self.precision + self.expected[day] * seen);
            }
        }
        let whole: f64 = self.rate.iter().sum();
        let share = |day: usize| if whole > 0.0 { (self.seen(day) / whole).min(1.0) } else { 1.0 };
        let lost = |day: usize| self.multiple[day] * (whole - self.seen(day)).max(0.0);
        Recovered {
            demand: (0..self.days).map(|day| self.sold[day] + lost(day)).collect(),
            in_stock: (0..self.days).map(share).collect(),
            profile: normalised(&self.rate),
        }
    }

    fn day<'b>(&self, values: &'b [f64], day: usize) -> &'b [f64] {
        &values[day * self.series.slots..(day + 1) * self.series.slots]
    }

    /// Expected sales in the stocked time of a day of multiple 1.
    fn seen(&self, day: usize) -> f64 {
        if self.day(&self.stocked, day).iter().all(|share| *share == 1.0) {
            return self.rate.iter().sum();
        }
        self.day(&self.stocked, day).iter().zip(&self.rate).map(|(share, rate)| share * rate).sum()
    }

    /// Rates by slot from sales over exposure, drawn towards the profile of the others.
    fn learn_rates(&mut self, profile: &[f64]) {
        let slots = self.series.slots;
        let (mut sales, mut exposure) = (vec![0.0; slots], vec![0.0; slots]);
        for day in 0..self.days {
            let own = self.day(&self.series.sales, day).iter().zip(self.day(&self.stocked, day));
            for (slot, (y, share)) in own.enumerate() {
                sales[slot] += y;
                exposure[slot] += share * self.multiple[day];
            }
        }
        // a day's total with the pooled profile in the slots that were hardly seen
        let seen: f64 = profile.iter().zip(&exposure).map(|(share, days)| share * days).sum();
        let total = if seen > 0.0 { sales.iter().sum::<f64>() / seen } else { 0.0 };
        for slot in 0..slots {
            let drawn = sales[slot] + PROFILE_DAYS * total * profile[slot];
            self.rate[slot] = drawn / (exposure[slot] + PROFILE_DAYS);
        }
    }

    /// What each day's multiple is expected to be: its weekday's, times the level of the days about it.
    fn learn_expected(&mut self) {
        let mut weekday = [(WEEKDAY_DAYS, WEEKDAY_DAYS); 7];
        for (day, multiple) in self.multiple.iter().enumerate() {
            weekday[day % 7].0 += multiple;
            weekday[day % 7].1 += 1.0;
        }
        let factor = |day: usize| weekday[day % 7].0 / weekday[day % 7].1;
        let level: Vec<f64> = (0..self.days).map(|day| self.multiple[day] / factor(day)).collect();
        let (mut sum, mut mass) = (vec![NEAR_PRIOR; self.days], vec![NEAR_PRIOR; self.days]);
        for ahead in [true, false] {
            let (mut near, mut weight) = (0.0, 0.0);
            for step in 0..self.days {
                let day = if ahead { step } else { self.days - 1 - step };
                sum[day] += near;
                mass[day] += weight;
                near = NEAR * (near + level[day]);
                weight = NEAR * (weight + 1.0);
            }
        }
        self.expected = (0..self.days).map(|day| factor(day) * sum[day] / mass[day]).collect();
    }

    /// Dispersion from the slots within days, precision from the days.
    fn learn_spread(&mut self) {
        let whole: f64 = self.rate.iter().sum();
        let least = 1e-4 * whole;
        let (mut squares, mut count) = (0.0, 0.0);
        for day in 0..self.days {
            let own = self.day(&self.series.sales, day).iter().zip(self.day(&self.stocked, day));
            for ((y, share), rate) in own.zip(&self.rate) {
                let mean = self.multiple[day] * rate;
                if *share == 1.0 && mean > least {
                    squares += (y - mean).powi(2) / mean;
                    count += 1.0;
                }
            }
        }
        // a day that is one slot says nothing of it: then sales are Poisson in their unit
        let freedom = if self.series.slots > 1 { count - self.days as f64 } else { 0.0 };
        let unit = self.smallest_sale();
        self.dispersion = if freedom >= 1.0 { (squares / freedom).max(0.05 * unit) } else { unit };
        let (mut excess, mut scale) = (0.0, 0.0);
        for day in 0..self.days {
            let mean = self.expected[day] * self.seen(day);
            if self.seen(day) > 0.5 * whole {
                excess += (self.sold[day] - mean).powi(2) - self.dispersion * mean;
                scale += mean * mean;
            }
        }
        let squared = if scale > 0.0 { excess / scale } else { 1.0 };
        self.precision = (1.0 / squared.max(1e-9)).clamp(PRECISION.0, PRECISION.1);
    }

    /// The smallest sale: the unit that the sales are counted in, at least nearly.
    fn smallest_sale(&self) -> f64 {
        let least = self.series.sales.iter().copied().filter(|y| *y > 0.0).fold(f64::INFINITY, f64::min);
        if least.is_finite() { least } else { 1.0 }
    }
}
