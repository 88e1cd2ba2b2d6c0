//! Forecasts of a panel whose drivers (price, deal, advert, holiday …) are known ahead.
//!
//! The log of demand is a level plus the drivers times their effects. All columns pass the one-step filter of
//! exponential smoothing, which leaves the regression with white errors (Harvey 1989, ch. 7). The effects of a series are
//! drawn from those of its group, those of the group from the panel's: an empirical Bayes regression by EM (Laird & Ware
//! 1982), bounded against outliers (Huber 1964). Terms, smoothing and shrinkage are those that err least on the last windows of the history.
//!
//! In: a long table with a column a driver, and one of the periods ahead. Out: as [`super::table()`] answers.
//! Cost: O(rows · terms²) a fit; about terms² · windows fits.

mod columns;
mod counts;
mod data;
mod effects;
mod learn;

use serde::{Deserialize, Serialize};

use super::table::{Gaps, TableParams};
use super::{MAX_PERIODS, check_count};
use crate::base::{Column, Error, Result, Table, Task};
pub use columns::{CalendarParams, SignalParams, calendar_drivers, signal_drivers};
use data::Data;
use effects::fit;
use learn::{Found, learn};

/// How to forecast a long table with drivers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DriverParams {
    /// Columns of the drivers, 1 … 16, numbers without gaps in both frames. One that is above 0 throughout and has more
    /// than two values acts by the log of its ratio to the series' median; any other as it is.
    pub drivers: Vec<String>,
    /// Periods to forecast, for each of which every series has a row in `future`; none for the rows that are there.
    pub h: Option<usize>,
    /// Periods in a season (7 for days, 12 for months); 1 for none.
    pub season: usize,
    /// Levels of the intervals in percent, each between 0 and 100.
    pub level: Vec<f64>,
    /// Column of what is alike (a brand, a category): effects are shrunk to those of the group, whose level and drivers
    /// may act in common.
    pub group_column: Option<String>,
    /// Column of what is bought in one place (a store): the mean of the others' drivers there may act too.
    pub market_column: Option<String>,
    /// Column of whether it is on sale, 0 or 1, in both frames: what sold on other days is unknown, ahead nothing will.
    pub on_sale: Option<String>,
    /// Column of the series' names; where the table lacks it, all rows are one series.
    pub id_column: String,
    /// Column of the times: dates, instants, ISO texts or integers.
    pub time_column: String,
    /// Column of the values, at least 0; `NaN` is unknown.
    pub target_column: String,
}

impl Default for DriverParams {
    fn default() -> Self {
        DriverParams {
            drivers: Vec::new(),
            h: None,
            season: 1,
            level: vec![80.0],
            group_column: None,
            market_column: None,
            on_sale: None,
            id_column: "unique_id".into(),
            time_column: "ds".into(),
            target_column: "y".into(),
        }
    }
}

impl DriverParams {
    /// Answers whether the parameters make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_count("drivers", self.drivers.len(), 16)?;
        if let Some(h) = self.h {
            check_count("h", h, MAX_PERIODS)?;
        }
        if let Some(at) = (1..self.drivers.len()).find(|at| self.drivers[..*at].contains(&self.drivers[*at])) {
            return Err(Error::argument(format!("drivers[{at}]"), "a column once", &self.drivers[at]));
        }
        self.columns().check()
    }

    fn columns(&self) -> TableParams {
        TableParams {
            h: self.h.unwrap_or(1),
            season: self.season,
            level: self.level.clone(),
            id_column: self.id_column.clone(),
            time_column: self.time_column.clone(),
            target_column: self.target_column.clone(),
            gaps: Gaps::Missing,
            ..TableParams::default()
        }
    }
}

/// Forecasts each series of a long table from its level and the drivers of the periods ahead.
///
/// In: `df` with name, time, value and drivers, `future` with name, time and drivers. Out: as [`super::table()`], a row
/// for each period ahead; `model` is `drivers`, or `level` where no driver helped. `auto` is the median or the mean,
/// whichever erred less on the last windows of the history. Whole numbers have whole ends. Those that come seldom,
/// unevenly or few at a time once the drivers are taken out are forecast by the pool of count models with the drivers'
/// factors (`model` is `counts`, `auto` the mean).
///
/// A driver of which no term helps is taken out and the choice made again: the forecast is the one without it, bit for bit.
///
/// # Errors
/// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `DUPLICATE_TIME`; `NAN_IN_SERIES` for a driver that is not finite or an
/// infinite value; `SERIES_TOO_SHORT` for a series without a known value; `INVALID_ARGUMENT` for parameters, negative
/// values and periods that `future` lacks; `CANCELLED`.
///
/// ```
/// use trousse::{Column, Table, Task, forecast};
/// let deal: Vec<i64> = (0..30).map(|t| i64::from(t % 3 == 0)).collect();
/// let y = deal.iter().map(|deal| if *deal == 1 { 20.0 } else { 10.0 }).collect();
/// let sales = Table::default()
///     .with("ds", Column::Integer((0..30).collect()))?
///     .with("y", Column::Float(y))?
///     .with("deal", Column::Integer(deal))?;
/// let ahead = Table::default().with("ds", Column::Integer(vec![30, 31]))?.with("deal", Column::Integer(vec![0, 1]))?;
/// let params = forecast::DriverParams { drivers: vec!["deal".into()], ..Default::default() };
/// let told = forecast::with_drivers(&sales, &ahead, &params, &Task::default())?;
/// assert!((told.floats("auto")?[0] - 10.0).abs() < 1e-3 && (told.floats("auto")?[1] - 20.0).abs() < 1e-3);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn with_drivers(table: &Table, future: &Table, params: &DriverParams, task: &Task) -> Result<Table> {
    params.check()?;
    let (data, found) = settled(table, Some(future), params, task)?;
    let (ahead, counts) = (found.ahead(&data), counts::driven(&data, &found, params.season));
    let (mut ids, mut ds, mut mean, mut models, mut ends) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), vec![Vec::new(); 2 * params.level.len()]);
    let plain = if found.terms.is_empty() { "level" } else { "drivers" };
    for ((item, told), counts) in data.items.iter().zip(&ahead).zip(&counts) {
        for ((row, at), off) in (item.known..item.places.len()).zip(told).zip(&item.off) {
            ids.push(item.name.clone());
            ds.push(item.times[row]);
            models.push(if counts.is_some() { "counts" } else { plain }.to_string());
            let sold = |value: f64| if *off { 0.0 } else { value };
            let step = item.step(row);
            let log = at.log + found.tune.lift * at.sd * at.sd / 2.0;
            mean.push(sold(counts.as_ref().map_or_else(|| item.floor(log), |counts| counts.mean(step))));
            for (k, level) in params.level.iter().enumerate() {
                let reach = found.reach(*level) * at.sd;
                for (side, log) in [at.log - reach, at.log + reach].into_iter().enumerate() {
                    let p = 0.5 + (side as f64 - 0.5) * level / 100.0;
                    let end = counts.as_ref().map_or_else(|| item.end(log), |counts| counts.quantile(step, p));
                    ends[2 * k + side].push(sold(end));
                }
            }
        }
    }
    let mut out = Table::default();
    out.push(params.id_column.clone(), Column::Text(ids))?;
    out.push(params.time_column.clone(), data.times.column(ds))?;
    out.push("auto", Column::Float(mean))?;
    for (k, level) in params.level.iter().enumerate() {
        out.push(format!("auto-lo-{level}"), Column::Float(std::mem::take(&mut ends[2 * k])))?;
        out.push(format!("auto-hi-{level}"), Column::Float(std::mem::take(&mut ends[2 * k + 1])))?;
    }
    out.push("model", Column::Text(models))?;
    Ok(out)
}

/// What the drivers do, over all series: `driver, kind, effect, lo-95, hi-95, kept`.
///
/// An `elasticity` is the change of demand in percent for 1 % more; a `factor` is what one more multiplies demand by.
/// A driver that did not lower the error on the last windows is listed with what it would have been, and `kept` false.
/// After the drivers come the terms made of them that were kept: `a × b`, `a before`, `a of others` (in the market),
/// `a of the group`.
///
/// # Errors
/// As [`with_drivers`].
pub fn driver_effects(table: &Table, params: &DriverParams, task: &Task) -> Result<Table> {
    params.check()?;
    let every = Data::read(table, None, params)?;
    let (data, found) = settled(table, None, params, task)?;
    let kept_names: Vec<&str> = found.terms.iter().map(|term| data.terms[*term].name.as_str()).collect();
    let whole: Vec<usize> = every.items.iter().map(|item| item.known).collect();
    let (mut names, mut kinds, mut effect, mut low, mut high, mut kept) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let is_kept = |term: usize| kept_names.contains(&every.terms[term].name.as_str());
    let helpful: Vec<usize> = (0..every.terms.len()).filter(|term| is_kept(*term)).collect();
    let fitted = fit(&every, &whole, &helpful, &found.tune, params.season);
    let made = helpful.iter().copied().filter(|term| *term >= params.drivers.len());
    for term in (0..params.drivers.len()).chain(made) {
        let (terms, alone);
        let (terms, fit) = if is_kept(term) {
            (&helpful, &fitted)
        } else {
            let others = helpful.iter().copied().filter(|other| !every.terms[*other].of.contains(&term));
            terms = others.chain([term]).collect::<Vec<usize>>();
            alone = fit(&every, &whole, &terms, &found.tune, params.season);
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

/// What is learned of a panel without the drivers that do not help.
fn settled(table: &Table, future: Option<&Table>, params: &DriverParams, task: &Task) -> Result<(Data, Found)> {
    let mut params = params.clone();
    loop {
        let data = Data::read(table, future, &params)?;
        let found = learn(&data, &params, task)?;
        let helps = |driver: usize| found.terms.iter().any(|term| data.terms[*term].of.contains(&driver));
        let kept: Vec<String> =
            params.drivers.iter().enumerate().filter(|(d, _)| helps(*d)).map(|(_, name)| name.clone()).collect();
        if kept.len() == params.drivers.len() {
            return Ok((data, found));
        }
        params.drivers = kept;
    }
}

#[cfg(test)]
mod tests;
