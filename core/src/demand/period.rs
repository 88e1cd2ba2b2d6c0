//! Demand by week and month, of one shelf or of several together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::DemandRow;
use crate::base::Day;

/// How days are summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Not at all.
    #[default]
    Day,
    /// From Monday to Sunday (ISO 8601).
    Week,
    /// By calendar month.
    Month,
}

impl Period {
    /// The first day of the period that a day lies in.
    ///
    /// ```
    /// use trousse::{Day, demand::Period};
    /// let day: Day = "2026-11-26".parse()?; // a Thursday
    /// assert_eq!(Period::Week.start(day).to_string(), "2026-11-23");
    /// assert_eq!(Period::Month.start(day).to_string(), "2026-11-01");
    /// # Ok::<(), trousse::Error>(())
    /// ```
    pub fn start(self, day: Day) -> Day {
        match self {
            Period::Day => day,
            Period::Week => day + -(day.0 + 3).rem_euclid(7), // 1970-01-01 was a Thursday
            Period::Month => day + (1 - i32::from(day.ymd().2)),
        }
    }
}

/// Sums of one period.
#[derive(Default)]
struct Sum {
    row: [i64; 5],
    share: f64,
    weight: f64,
    plain: f64,
    rows: f64,
    days: i32,
    last: Option<Day>,
}

/// Sums daily series up by period, several shelves together. Units add up; a shelf's share in stock counts by what it usually
/// sells a day while in stock, so that an empty small store weighs little. Days of a period count alike, and a shelf
/// counts from its first day on. O(days).
pub fn together(shelves: &[Vec<DemandRow>], period: Period) -> Vec<DemandRow> {
    let mut by_day: Vec<(&DemandRow, f64)> = Vec::with_capacity(shelves.iter().map(Vec::len).sum());
    for days in shelves {
        let usual = usual_units(days);
        by_day.extend(days.iter().map(|day| (day, usual)));
    }
    by_day.sort_by_key(|(day, _)| day.ds); // stable: the same order of sums, whatever the machine
    let mut sums: BTreeMap<Day, Sum> = BTreeMap::new();
    for (day, usual) in by_day {
        let sum = sums.entry(period.start(day.ds)).or_default();
        let own = [day.y, day.units, day.in_kits, day.returned, day.bulk];
        sum.row.iter_mut().zip(own).for_each(|(sum, units)| *sum += units);
        sum.share += usual * day.in_stock;
        sum.weight += usual;
        sum.plain += day.in_stock;
        sum.rows += 1.0;
        sum.days += i32::from(sum.last != Some(day.ds));
        sum.last = Some(day.ds);
    }
    let row = |(ds, sum): (Day, Sum)| {
        let [y, units, in_kits, returned, bulk] = sum.row;
        let in_stock = if sum.weight > 0.0 { sum.share / sum.weight } else { sum.plain / sum.rows };
        DemandRow { ds, y, units, in_kits, returned, bulk, in_stock, days: sum.days }
    };
    sums.into_iter().map(row).collect()
}

/// Mean units of a day that was in stock for more than half of its demand; 0 where there was none.
fn usual_units(days: &[DemandRow]) -> f64 {
    let stocked = days.iter().filter(|day| day.in_stock > 0.5);
    let (units, count) = stocked.fold((0, 0), |(units, count), day| (units + day.y, count + 1));
    if count == 0 { 0.0 } else { units as f64 / f64::from(count) }
}
