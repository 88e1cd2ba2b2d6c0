//! Forecasts of a panel whose drivers (price, deal, advert, holiday …) are known ahead.
//!
//! The log of demand is a level plus the drivers times their effects. All columns pass the one-step filter of
//! exponential smoothing, which leaves the regression with white errors (Harvey 1989, ch. 7). The effects of a series are
//! drawn from those of its group, those of the group from the panel's: an empirical Bayes regression by EM (Laird & Ware
//! 1982), bounded against outliers (Huber 1964). Terms, smoothing and shrinkage are those that err least on the last windows of the history.
//! A season is drawn to that of the group and to none (`season`).
//!
//! Any other model forecasts the demand without those effects, which are then put back (`rest`).
//!
//! In: a long table with a column a driver, and one of the periods ahead. Out: as [`super::table()`] answers.
//! Cost: O(rows · terms²) a fit; about terms² · windows fits, with a season as without: with two drivers some 4 ms a series
//! of 120 days and 13 ms one of a year.

mod columns;
mod counts;
mod data;
mod effects;
mod kept;
mod learn;
mod logs;
mod rest;
mod season;
mod sheet;

use serde::{Deserialize, Serialize};

use super::check_count;
use super::table::{Course, TableParams, raise, tell};
use crate::base::{Column, Error, Result, Table, Task};
pub use columns::{CalendarParams, SignalParams, calendar_drivers, signal_drivers};
use data::Data;
pub(super) use effects::Level;
use effects::fit;
pub(super) use kept::{Effects, Moved, Row, Terms, kept, leave, moves};
use learn::{Found, learn};
pub(super) use logs::Logs;
pub(super) use rest::{By, Learned};
pub(super) use sheet::{Columns, Later, Sheet, Window};

/// The drivers of a long table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DriverParams {
    /// Columns of the drivers, at most 16, numbers without gaps in both frames. One that is above 0 throughout and has more
    /// than two values acts by the log of its ratio to the series' median; any other as it is.
    pub drivers: Vec<String>,
    /// Column of what is alike (a brand, a category): effects are shrunk to those of the group, whose level and drivers
    /// may act in common.
    pub group_column: Option<String>,
    /// Column of what is bought in one place (a store): the mean of the others' drivers there may act too.
    pub market_column: Option<String>,
    /// Column of whether it is on sale, 0 or 1, in both frames: what sold on other days is unknown, ahead nothing will.
    pub on_sale: Option<String>,
}

/// How to forecast a long table, and with which drivers.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[allow(dead_code)] // for its schema only
pub struct ForecastFrameParams {
    #[serde(flatten)]
    forecast: TableParams,
    #[serde(flatten)]
    drivers: DriverParams,
}

impl DriverParams {
    /// The names of the fields.
    pub(crate) const NAMES: [&'static str; 4] = ["drivers", "group_column", "market_column", "on_sale"];

    /// Answers whether the parameters make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_count("drivers", self.drivers.len(), 16)?;
        match (1..self.drivers.len()).find(|at| self.drivers[..*at].contains(&self.drivers[*at])) {
            Some(at) => Err(Error::argument(format!("drivers[{at}]"), "a column once", &self.drivers[at])),
            None => Ok(()),
        }
    }

    /// Whether nothing is said of drivers.
    pub(crate) fn is_empty(&self) -> bool {
        *self == DriverParams::default()
    }
}

/// Forecasts each series of a long table from what it sold and the drivers of the periods ahead.
///
/// In: `df` as in [`super::table()`] with a column a driver; `future` with name, time and drivers, a row for each of
/// `h` periods, or with `h` = 0 the rows that are there. Out: as [`super::table()`].
///
/// `auto` is the level and the drivers in logs, its median or its mean, whichever erred less on the last windows of the
/// history; `model` is `drivers`, or `level` where no driver helped. Counts that come seldom, unevenly or few at a time once
/// the drivers are taken out are forecast by the pool of count models with the drivers' factors (`model` is `counts`,
/// `auto` the mean). With `candidates` or `seasons`, `auto` is the choice among models as any other of `models` is made:
/// on the demand without the drivers' effects, which are put back period by period (regression with that model's errors
/// in two stages; Hyndman & Athanasopoulos 2021, ch. 10). Whole numbers have whole ends.
///
/// A driver of which no term helps is taken out and the choice made again: the forecast is the one without it, bit for bit;
/// without any, models answer as [`super::table()`] does. Demand of periods in stock for a part is filled as there; a gap
/// that means nothing sold has the drivers of the period before.
///
/// # Errors
/// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `INVALID_ARGUMENT` for parameters; `CANCELLED`. Of a series, raised as
/// [`OnError`](super::OnError) says: those of [`super::table()`]; `INVALID_ARGUMENT` for a
/// negative value, a driver that is not finite (`deal[31]`, `future.deal[2]`) and a period that `future` lacks; `DUPLICATE_TIME` of `future`.
///
/// ```
/// use trousse::{Column, Table, Task, forecast::{self, DriverParams, TableParams}};
/// let deal: Vec<i64> = (0..30).map(|t| i64::from(t % 3 == 0)).collect();
/// let y = deal.iter().map(|deal| if *deal == 1 { 20.0 } else { 10.0 }).collect();
/// let sales = Table::default()
///     .with("ds", Column::Integer((0..30).collect()))?
///     .with("y", Column::Float(y))?
///     .with("deal", Column::Integer(deal))?;
/// let ahead = Table::default().with("ds", Column::Integer(vec![30, 31]))?.with("deal", Column::Integer(vec![1, 0]))?;
/// let params = TableParams { h: 2, models: vec!["auto".into(), "naive".into()], ..Default::default() };
/// let drivers = DriverParams { drivers: vec!["deal".into()], ..Default::default() };
/// let told = forecast::with_drivers(&sales, &ahead, &params, &drivers, &Task::default())?;
/// for model in ["auto", "naive"] {
///     assert!((told.floats(model)?[0] - 20.0).abs() < 1e-3 && (told.floats(model)?[1] - 10.0).abs() < 1e-3);
/// }
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn with_drivers(
    table: &Table,
    future: &Table,
    params: &TableParams,
    drivers: &DriverParams,
    task: &Task,
) -> Result<Table> {
    checked(params, drivers)?;
    let sheet = Sheet::read(table, Some(future), params, drivers)?;
    let learned = Learned::of(sheet.whole(), params, drivers, sheet.season, task)?;
    let most = if params.h > 0 { params.h } else { learned.ahead() };
    let times: Vec<Vec<i64>> = sheet
        .lines
        .iter()
        .zip(learned.series())
        .map(|(line, known)| match known {
            Ok(known) => known.times().to_vec(),
            Err(_) => line.expected(sheet.step, most),
        })
        .collect();
    let mut out = Table::default();
    let ids = (0..times.len()).flat_map(|at| std::iter::repeat_n(at as u32, times[at].len())).collect();
    let names = sheet.lines.iter().map(|line| line.name.clone()).collect();
    out.push(params.id_column.clone(), Column::Category(ids, names))?;
    out.push(params.time_column.clone(), sheet.times.column(times.concat()))?;
    let faults = vec![None; times.len()];
    tell(&mut out, faults, &|at| times[at].len(), params, sheet.season, &|options, take| {
        learned.tell(options, task, &mut |forecast| take(forecast.map(Course::from)))
    })?;
    Ok(out)
}

/// Answers whether the parameters make sense together; `h` may be 0.
fn checked(params: &TableParams, drivers: &DriverParams) -> Result<()> {
    drivers.check()?;
    TableParams { h: params.h.max(1), ..params.clone() }.check()
}

/// What the drivers do, over all series: `driver, kind, effect, lo-95, hi-95, kept`.
///
/// An `elasticity` is the change of demand in percent for 1 % more; a `factor` is what one more multiplies demand by.
/// A driver that did not lower the error on the last windows is listed with what it would have been, and `kept` false.
/// After the drivers come the terms made of them that were kept: `a × b`, `a before`, `a of others` (in the market),
/// `a of the group`.
///
/// `params` are those of the forecast; series that it could not forecast are left out, where errors are kept.
///
/// # Errors
/// As [`with_drivers`].
pub fn driver_effects(table: &Table, params: &TableParams, drivers: &DriverParams, task: &Task) -> Result<Table> {
    drivers.check()?;
    params.check()?;
    let sheet = Sheet::read(table, None, params, drivers)?;
    let (window, season) = (sheet.whole(), sheet.season);
    let faults: Vec<Option<Error>> = window.series.iter().map(|known| known.as_ref().err().cloned()).collect();
    raise(&faults, params)?;
    let every = Data::new(&window, drivers, &(0..drivers.drivers.len()).collect::<Vec<usize>>(), params.h);
    let (data, found) = settled(&window, params.h, drivers, season, task)?;
    let kept_names: Vec<&str> = found.terms.iter().map(|term| data.terms[*term].name.as_str()).collect();
    let whole: Vec<usize> = every.items.iter().map(|item| item.known).collect();
    let (mut names, mut kinds, mut effect, mut low, mut high, mut kept) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let is_kept = |term: usize| kept_names.contains(&every.terms[term].name.as_str());
    let helpful: Vec<usize> = (0..every.terms.len()).filter(|term| is_kept(*term)).collect();
    let fitted = fit(&every, &whole, &helpful, &found.tune, season);
    let made = helpful.iter().copied().filter(|term| *term >= drivers.drivers.len());
    for term in (0..drivers.drivers.len()).chain(made) {
        let (terms, alone);
        let (terms, fit) = if is_kept(term) {
            (&helpful, &fitted)
        } else {
            let others = helpful.iter().copied().filter(|other| !every.terms[*other].of.contains(&term));
            terms = others.chain([term]).collect::<Vec<usize>>();
            alone = fit(&every, &whole, &terms, &found.tune, season);
            (&terms, &alone)
        };
        let at = terms.iter().position(|own| *own == term).unwrap_or_default();
        let (b, sd) = (fit.mean[at], fit.error[at]);
        let unit = every.terms[term].unit;
        let log = every.terms[term].log;
        let told = |b: f64| if log { b / unit } else { (b / unit).exp() };
        names.push(every.terms[term].name.clone());
        kinds.push(if log { "elasticity" } else { "factor" }.to_string());
        effect.push(told(b));
        low.push(told(b - 1.959_963_984_540_054 * sd));
        high.push(told(b + 1.959_963_984_540_054 * sd));
        kept.push(is_kept(term));
    }
    Table::default()
        .with("driver", Column::Text(names))?
        .with("kind", Column::Text(kinds))?
        .with("effect", Column::Float(effect))?
        .with("lo-95", Column::Float(low))?
        .with("hi-95", Column::Float(high))?
        .with("kept", Column::Bool(kept))
}

/// What is learned of a window without the drivers that do not help.
fn settled(
    window: &Window,
    horizon: usize,
    drivers: &DriverParams,
    season: usize,
    task: &Task,
) -> Result<(Data, Found)> {
    let mut kept: Vec<usize> = (0..drivers.drivers.len()).collect();
    loop {
        let data = Data::new(window, drivers, &kept, horizon);
        let found = learn(&data, kept.len(), season, task)?;
        let helps = |driver: &usize| found.terms.iter().any(|term| data.terms[*term].of.contains(driver));
        let helpful: Vec<usize> = (0..kept.len()).filter(helps).map(|at| kept[at]).collect();
        if helpful.len() == kept.len() {
            return Ok((data, found));
        }
        kept = helpful;
    }
}

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
