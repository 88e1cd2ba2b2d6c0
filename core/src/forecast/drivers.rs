//! Forecasts of a panel whose drivers (price, deal, advert, holiday …) are known ahead.
//!
//! The log of demand is a level plus the drivers times their effects. All columns pass the one-step filter of
//! exponential smoothing, which leaves the regression with white errors (Harvey 1989, ch. 7). The effects of a series are
//! drawn from those of its group: an empirical Bayes regression by EM (Laird & Ware 1982), bounded against outliers
//! (Huber 1964). Terms, smoothing and shrinkage are those that err least on the last windows of the history.
//!
//! In: a long table with a column a driver, and one of the periods ahead. Out: as [`super::table()`] answers.
//! Cost: O(rows · terms²) a fit; about terms² · windows fits.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::ets;
use super::smooth::Roll;
use super::table::{Gaps, Series, Step, TableParams, Times, group, places};
use super::{MAX_PERIODS, check_count};
use crate::base::numeric::normal_quantile;
use crate::base::{Column, Error, Interner, Result, Table, Task};

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
    /// Column of what is alike (a brand, a category): effects are shrunk to those of the group.
    pub group_column: Option<String>,
    /// Column of what is bought in one place (a store): the mean of the others' drivers there may act too.
    pub market_column: Option<String>,
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
/// whichever erred less on the last windows of the history.
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
    let data = Data::read(table, Some(future), params)?;
    let found = learn(&data, params, task)?;
    let ahead = found.ahead(&data);
    let (mut ids, mut ds, mut mean, mut ends) =
        (Vec::new(), Vec::new(), Vec::new(), vec![Vec::new(); 2 * params.level.len()]);
    for (item, told) in data.items.iter().zip(&ahead) {
        for (row, at) in (item.known..item.places.len()).zip(told) {
            ids.push(item.name.clone());
            ds.push(item.times[row]);
            mean.push(item.floor(at.log + found.tune.lift * at.sd * at.sd / 2.0));
            for (k, level) in params.level.iter().enumerate() {
                let reach = found.reach(*level) * at.sd;
                ends[2 * k].push(item.floor(at.log - reach));
                ends[2 * k + 1].push(item.floor(at.log + reach));
            }
        }
    }
    let model = if found.terms.is_empty() { "level" } else { "drivers" };
    let rows = ids.len();
    let mut out = Table::default();
    out.push(params.id_column.clone(), Column::Text(ids))?;
    out.push(params.time_column.clone(), data.times.column(ds))?;
    out.push("auto", Column::Float(mean))?;
    for (k, level) in params.level.iter().enumerate() {
        out.push(format!("auto-lo-{level}"), Column::Float(std::mem::take(&mut ends[2 * k])))?;
        out.push(format!("auto-hi-{level}"), Column::Float(std::mem::take(&mut ends[2 * k + 1])))?;
    }
    out.push("model", Column::Text(vec![model.to_string(); rows]))?;
    Ok(out)
}

/// What the drivers do, over all series: `driver, kind, effect, lo-95, hi-95, kept`.
///
/// An `elasticity` is the change of demand in percent for 1 % more; a `factor` is what one more multiplies demand by.
/// A driver that did not lower the error on the last windows is listed with what it would have been, and `kept` false.
/// After the drivers come the terms made of them that were kept: `a × b`, `a before`, `a of others`.
///
/// # Errors
/// As [`with_drivers`].
pub fn driver_effects(table: &Table, params: &DriverParams, task: &Task) -> Result<Table> {
    params.check()?;
    let data = Data::read(table, None, params)?;
    let found = learn(&data, params, task)?;
    let whole: Vec<usize> = data.items.iter().map(|item| item.known).collect();
    let (mut names, mut kinds, mut effect, mut low, mut high, mut kept) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let made = found.terms.iter().copied().filter(|term| *term >= params.drivers.len());
    for term in (0..params.drivers.len()).chain(made) {
        let is_kept = found.terms.contains(&term);
        let mut terms = found.terms.clone();
        if !is_kept {
            terms.push(term);
        }
        let fit = fit(&data, &whole, &terms, &found.tune, params.season);
        let at = terms.iter().position(|own| *own == term).unwrap_or_default();
        let (b, sd) = (fit.mean[at], fit.error[at]);
        let unit = data.terms[term].unit;
        let log = data.terms[term].log;
        let told = |b: f64| if log { b / unit } else { (b / unit).exp() };
        names.push(data.terms[term].name.clone());
        kinds.push(if log { "elasticity" } else { "factor" }.to_string());
        effect.push(told(b));
        low.push(told(b - 1.959_963_984_540_054 * sd));
        high.push(told(b + 1.959_963_984_540_054 * sd));
        kept.push(is_kept);
    }
    Table::default()
        .with("driver", Column::Text(names))?
        .with("kind", Column::Text(kinds))?
        .with("effect", Column::Float(effect))?
        .with("lo-95", Column::Float(low))?
        .with("hi-95", Column::Float(high))?
        .with("kept", Column::Bool(kept))
}

/// One series: its known rows and those ahead, in time order.
struct Item {
    name: String,
    group: usize,
    /// Rows of the history; the rest is ahead.
    known: usize,
    places: Vec<usize>,
    times: Vec<i64>,
    /// Demand as it came, and its log.
    y: Vec<f64>,
    log: Vec<f64>,
    /// Terms by row.
    x: Vec<f64>,
    /// Mean absolute first difference, by which errors are divided.
    scale: f64,
    nothing: bool,
}

impl Item {
    fn floor(&self, log: f64) -> f64 {
        if self.nothing { 0.0 } else { log.min(700.0).exp() }
    }
}

struct Term {
    name: String,
    log: bool,
    /// What the driver was divided by.
    unit: f64,
}

struct Data {
    items: Vec<Item>,
    terms: Vec<Term>,
    times: Times,
    groups: usize,
    horizon: usize,
}

impl Data {
    fn read(table: &Table, future: Option<&Table>, params: &DriverParams) -> Result<Data> {
        let columns = params.columns();
        let times = Times::read(table, &params.time_column)?;
        let series = group(table, &columns, &times)?;
        let step = times.step(&series);
        let y = table.floats(&params.target_column)?;
        let past = params.drivers.iter().map(|name| table.floats(name)).collect::<Result<Vec<_>>>()?;
        let groups = labels(table, params.group_column.as_deref())?;
        let markets = labels(table, params.market_column.as_deref())?;
        let later = future.map(|future| Later::read(future, params, &columns, &times)).transpose()?;
        let (mut items, mut market, mut raw) = (Vec::new(), Vec::new(), Vec::new());
        for one in &series {
            let grid = places(one, &times, step);
            let mut item = Item {
                name: one.name.clone(),
                group: groups[one.rows[0]],
                known: 0,
                places: Vec::new(),
                times: Vec::new(),
                y: Vec::new(),
                log: Vec::new(),
                x: Vec::new(),
                scale: 0.0,
                nothing: false,
            };
            let mut own = vec![Vec::new(); params.drivers.len()];
            for (index, (row, place)) in one.rows.iter().zip(grid).enumerate() {
                if y[*row].is_nan() {
                    continue;
                }
                if y[*row] < 0.0 {
                    let rule = format!("at least 0 in series {}", one.name);
                    return Err(Error::argument(params.target_column.clone(), rule, y[*row]));
                }
                if !y[*row].is_finite() {
                    return Err(Error::NanInSeries { series: one.name.clone(), index, got: y[*row].to_string() });
                }
                item.push(place, times.value[*row], y[*row]);
                for (driver, own) in past.iter().zip(&mut own) {
                    own.push(driver[*row]);
                }
            }
            check_finite(&own, one, params)?;
            item.known = item.y.len();
            if item.known == 0 {
                return Err(Error::SeriesTooShort { series: one.name.clone(), need: 1, got: 0 });
            }
            item.settle();
            if let Some(later) = &later {
                later.extend(&mut item, &mut own, one, params, &times, step)?;
            }
            market.push(markets[one.rows[0]]);
            raw.push(own);
            items.push(item);
        }
        let ahead = items.iter().map(|item| item.places.len() - item.known).max().unwrap_or(0);
        let horizon = params.h.unwrap_or(if ahead > 0 { ahead } else { 14 });
        let mut data = Data { items, terms: Vec::new(), times, groups: 0, horizon };
        data.groups = groups.iter().max().map_or(1, |most| most + 1);
        data.build(&raw, params, &market);
        Ok(data)
    }

    /// The terms: drivers, their products in pairs, the period before, the others of the market.
    fn build(&mut self, raw: &[Vec<Vec<f64>>], params: &DriverParams, market: &[usize]) {
        let k = params.drivers.len();
        let mut values: Vec<Vec<Vec<f64>>> = Vec::new(); // driver, series, row
        for (d, name) in params.drivers.iter().enumerate() {
            let all = || raw.iter().flat_map(|own| own[d].iter().copied());
            let first = all().next().unwrap_or(0.0);
            let other = all().find(|v| *v != first).unwrap_or(first);
            let two = all().all(|v| v == first || v == other);
            let log = !two && all().all(|v| v > 0.0);
            let n = all().count().max(1) as f64;
            let mean = all().sum::<f64>() / n;
            let sd = (all().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            let zero_one = two && first * other == 0.0 && first + other == 1.0;
            let unit = if log || zero_one || sd <= 0.0 { 1.0 } else { sd };
            let relative = |(own, item): (&Vec<Vec<f64>>, &Item)| {
                let centre = if log { median(&own[d][..item.known]).ln() } else { 0.0 };
                own[d].iter().map(|v| if log { v.ln() - centre } else { v / unit }).collect::<Vec<f64>>()
            };
            values.push(raw.iter().zip(&self.items).map(relative).collect());
            self.terms.push(Term { name: name.clone(), log, unit });
        }
        for a in 0..k {
            for b in a + 1..k {
                let (one, two) = (&self.terms[a], &self.terms[b]);
                let term = Term {
                    name: format!("{} × {}", one.name, two.name),
                    log: one.log || two.log,
                    unit: one.unit * two.unit,
                };
                let product = |i: usize| values[a][i].iter().zip(&values[b][i]).map(|(x, y)| x * y).collect();
                let product = (0..self.items.len()).map(product).collect();
                values.push(product);
                self.terms.push(term);
            }
        }
        for d in 0..k {
            let before = |(item, own): (&Item, &Vec<f64>)| {
                let at = |row: usize| {
                    let last = row.checked_sub(1).filter(|last| item.places[*last] + 1 == item.places[row]);
                    last.map_or(0.0, |last| own[last])
                };
                (0..own.len()).map(at).collect()
            };
            let lagged = self.items.iter().zip(&values[d]).map(before).collect();
            values.push(lagged);
            self.terms.push(Term { name: format!("{} before", self.terms[d].name), ..self.terms[d] });
        }
        if params.market_column.is_some() {
            for d in 0..k {
                values.push(self.of_others(&values[d], market));
                self.terms.push(Term { name: format!("{} of others", self.terms[d].name), ..self.terms[d] });
            }
        }
        for (i, item) in self.items.iter_mut().enumerate() {
            item.x = (0..item.places.len()).flat_map(|row| values.iter().map(move |own| own[i][row])).collect();
        }
    }

    fn of_others(&self, own: &[Vec<f64>], market: &[usize]) -> Vec<Vec<f64>> {
        let mut sums = std::collections::BTreeMap::<(usize, i64), (f64, f64)>::new();
        for ((item, own), market) in self.items.iter().zip(own).zip(market) {
            for (time, value) in item.times.iter().zip(own) {
                let sum = sums.entry((*market, *time)).or_default();
                *sum = (sum.0 + value, sum.1 + 1.0);
            }
        }
        let mean = |((item, own), market): ((&Item, &Vec<f64>), &usize)| {
            let at = |(time, value): (&i64, &f64)| match sums.get(&(*market, *time)) {
                Some((sum, n)) if *n > 1.0 => (sum - value) / (n - 1.0),
                _ => 0.0,
            };
            item.times.iter().zip(own).map(at).collect()
        };
        self.items.iter().zip(own).zip(market).map(mean).collect()
    }
}

impl Item {
    fn push(&mut self, place: usize, time: i64, y: f64) {
        self.places.push(place);
        self.times.push(time);
        self.y.push(y);
    }

    /// Logs, where nothing sold that of half the least that did.
    fn settle(&mut self) {
        let least = self.y.iter().copied().filter(|y| *y > 0.0).fold(f64::INFINITY, f64::min);
        self.nothing = least.is_infinite();
        let floor = if self.nothing { 1.0 } else { least / 2.0 };
        self.log = self.y.iter().map(|y| y.max(floor).ln()).collect();
        let steps = self.y.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>();
        self.scale = steps / (self.y.len().max(2) - 1) as f64;
    }
}

/// The rows ahead.
struct Later {
    times: Times,
    series: Vec<Series>,
    drivers: Vec<Vec<f64>>,
}

impl Later {
    fn read(future: &Table, params: &DriverParams, columns: &TableParams, past: &Times) -> Result<Later> {
        let times = Times::read(future, &params.time_column)?;
        if !times.is_kind_of(past) {
            let expected = "times of the same kind as in df".to_string();
            let got = future.column(&params.time_column)?.kind().into();
            return Err(Error::WrongColumnType { column: params.time_column.clone(), expected, got });
        }
        let series = group(future, columns, &times)?;
        let drivers = params.drivers.iter().map(|name| future.floats(name)).collect::<Result<Vec<_>>>()?;
        Ok(Later { times, series, drivers })
    }

    fn extend(
        &self,
        item: &mut Item,
        own: &mut [Vec<f64>],
        past: &Series,
        params: &DriverParams,
        times: &Times,
        step: Step,
    ) -> Result<()> {
        let last_row = past.rows.last().copied().unwrap_or_default();
        let (last, last_place) = (times.value[last_row], places(past, times, step).last().copied().unwrap_or_default());
        let rows = self.series.iter().find(|one| one.name == past.name).map_or(&[][..], |one| &one.rows[..]);
        let mut rows: Vec<usize> = rows.iter().copied().filter(|row| self.times.value[*row] > last).collect();
        if let Some(h) = params.h {
            let wanted: Vec<i64> = (1..=h as i64).map(|period| step.after(last, period)).collect();
            let lacking = wanted.iter().find(|time| !rows.iter().any(|row| self.times.value[*row] == **time));
            if let Some(time) = lacking {
                let rule = format!("a row for {} of series {}", self.times.spelled(*time), past.name);
                return Err(Error::argument("future", rule, "none"));
            }
            rows.retain(|row| wanted.contains(&self.times.value[*row]));
        }
        if rows.is_empty() {
            let rule = format!("a row after {} of series {}", times.spelled(last), past.name);
            return Err(Error::argument("future", rule, "none"));
        }
        for (index, row) in rows.iter().enumerate() {
            let time = self.times.value[*row];
            item.places.push(last_place + (step.between(last, time).max(1) as usize).max(index + 1));
            item.times.push(time);
            for (driver, own) in self.drivers.iter().zip(own.iter_mut()) {
                own.push(driver[*row]);
            }
        }
        check_finite(own, past, params)
    }
}

fn check_finite(own: &[Vec<f64>], series: &Series, params: &DriverParams) -> Result<()> {
    for (driver, name) in own.iter().zip(&params.drivers) {
        if let Some(index) = driver.iter().position(|v| !v.is_finite()) {
            let series = format!("{name} of {}", series.name);
            return Err(Error::NanInSeries { series, index, got: driver[index].to_string() });
        }
    }
    Ok(())
}

fn labels(table: &Table, column: Option<&str>) -> Result<Vec<usize>> {
    let Some(column) = column else { return Ok(vec![0; table.rows()]) };
    let mut names = Interner::default();
    Ok(table.texts(column)?.iter().map(|name| names.intern(name) as usize).collect())
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { (sorted[half - 1] + sorted[half]) / 2.0 }
}

/// What is chosen on the last windows.
#[derive(Debug, Clone, PartialEq)]
struct Tune {
    /// Smoothing of the regression's filter.
    filter: f64,
    /// Smoothing of the level.
    level: f64,
    /// Errors beyond so many deviations count in proportion to their size only.
    bound: f64,
    /// Spread of the effects as a multiple of what EM finds.
    spread: f64,
    /// 0 for the median, 1 for the mean.
    lift: f64,
}

struct Found {
    terms: Vec<usize>,
    tune: Tune,
    fit: Fit,
    /// Standardised errors of the windows by size.
    errors: Vec<f64>,
}

struct Ahead {
    log: f64,
    sd: f64,
}

impl Found {
    /// Deviations to either end of an interval: those of the windows' errors, of the normal law where they are few.
    fn reach(&self, level: f64) -> f64 {
        let n = self.errors.len();
        if n < 50 {
            return normal_quantile(0.5 + level / 200.0);
        }
        self.errors[((level / 100.0 * n as f64).ceil() as usize).clamp(1, n) - 1]
    }

    fn ahead(&self, data: &Data) -> Vec<Vec<Ahead>> {
        data.items.iter().zip(&self.fit.items).map(|(item, own)| own.ahead(item, &self.terms, &self.tune)).collect()
    }
}

/// One series' effects, level and error.
struct Own {
    effects: Vec<f64>,
    level: Vec<f64>,
    sd: f64,
    known: usize,
}

impl Own {
    /// Log demand of the rows after those known.
    fn ahead(&self, item: &Item, terms: &[usize], tune: &Tune) -> Vec<Ahead> {
        let row = |(step, level): (usize, &f64)| {
            let log = level + dot(item, self.known + step, terms, &self.effects);
            Ahead { log, sd: self.sd * (1.0 + step as f64 * tune.level * tune.level).sqrt() }
        };
        self.level.iter().enumerate().map(row).collect()
    }
}

fn dot(item: &Item, row: usize, terms: &[usize], effects: &[f64]) -> f64 {
    let width = item.x.len() / item.places.len().max(1);
    terms.iter().zip(effects).map(|(term, b)| item.x[row * width + term] * b).sum()
}

struct Fit {
    items: Vec<Own>,
    /// Mean effect over the groups, and its standard error.
    mean: Vec<f64>,
    error: Vec<f64>,
}

/// Row counts of the history before each window.
fn windows(data: &Data) -> Vec<Vec<usize>> {
    let longest = data.items.iter().map(|item| item.known).max().unwrap_or(0);
    let horizon = data.horizon.min(longest / 4).max(1);
    let most = if longest >= 8 { (longest / 2 / horizon).clamp(1, WINDOWS) } else { 0 };
    let before = |window: usize| {
        data.items.iter().map(|item| item.known.saturating_sub(window * horizon)).collect::<Vec<usize>>()
    };
    (1..=most).map(before).collect()
}

const WINDOWS: usize = 3;

/// A term made of drivers has to lower the error by this share, a driver by that.
const GAIN: f64 = 0.002;
const SLACK: f64 = 0.0005;

fn learn(data: &Data, params: &DriverParams, task: &Task) -> Result<Found> {
    let windows = windows(data);
    let start = Tune { filter: 0.1, level: 0.1, bound: 1.5, spread: 1.0, lift: 0.0 };
    let mut tune = start.clone();
    let plain = |upto: &Vec<usize>| window_loss(data, upto, &[], &start, params.season);
    let plain: Vec<f64> = windows.iter().map(plain).collect();
    // each window counts as much as another: its error is divided by that of the level alone
    let loss = |terms: &[usize], tune: &Tune| -> Result<f64> {
        task.tick()?;
        let of = |(upto, plain): (&Vec<usize>, &f64)| {
            window_loss(data, upto, terms, tune, params.season) / if *plain > 0.0 { *plain } else { 1.0 }
        };
        Ok(windows.iter().zip(&plain).map(of).sum::<f64>() / windows.len().max(1) as f64)
    };
    let drivers = params.drivers.len();
    let mut terms: Vec<usize> = if windows.is_empty() { Vec::new() } else { (0..drivers).collect() };
    if !windows.is_empty() {
        tune = tuned(&terms, tune, &loss)?;
        let mut best = loss(&terms, &tune)?;
        while !terms.is_empty() {
            let mut least = (f64::INFINITY, 0);
            for at in 0..terms.len() {
                let rest: Vec<usize> = terms.iter().copied().filter(|term| *term != terms[at]).collect();
                let own = loss(&rest, &tune)?;
                if own < least.0 {
                    least = (own, at);
                }
            }
            if least.0 > best * (1.0 + SLACK) + 1e-6 {
                break;
            }
            best = least.0;
            terms.remove(least.1);
        }
        loop {
            let mut least = (f64::INFINITY, 0);
            for term in (drivers..data.terms.len()).filter(|term| !terms.contains(term)) {
                let own = loss(&[&terms[..], &[term]].concat(), &tune)?;
                if own < least.0 {
                    least = (own, term);
                }
            }
            if least.0 >= best * (1.0 - GAIN) - 1e-6 {
                break;
            }
            best = least.0;
            terms.push(least.1);
        }
        tune = tuned(&terms, tune, &loss)?;
    }
    let whole: Vec<usize> = data.items.iter().map(|item| item.known).collect();
    let mut errors = Vec::new();
    for upto in &windows {
        let fit = fit(data, upto, &terms, &tune, params.season);
        for ((item, own), from) in data.items.iter().zip(&fit.items).zip(upto) {
            let told = own.ahead(item, &terms, &tune);
            let known = told.iter().zip(&item.log[(*from).min(item.known)..]).take(data.horizon);
            errors.extend(known.filter(|(told, _)| told.sd > 0.0).map(|(told, y)| ((y - told.log) / told.sd).abs()));
        }
    }
    errors.sort_by(f64::total_cmp);
    let fit = fit(data, &whole, &terms, &tune, params.season);
    Ok(Found { terms, tune, fit, errors })
}

type Field = fn(&mut Tune) -> &mut f64;

/// One parameter at a time, the value that errs least.
fn tuned(terms: &[usize], mut tune: Tune, loss: &impl Fn(&[usize], &Tune) -> Result<f64>) -> Result<Tune> {
    let set: [(Field, &[f64]); 5] = [
        (|tune| &mut tune.level, &[0.02, 0.05, 0.08, 0.12, 0.2, 0.35, 0.6]),
        (|tune| &mut tune.filter, &[0.05, 0.08, 0.12, 0.2, 0.35]),
        (|tune| &mut tune.bound, &[1.0, 1.5, 2.5, 1e9]),
        (|tune| &mut tune.spread, &[0.1, 0.3, 1.0, 3.0]),
        (|tune| &mut tune.lift, &[0.0, 1.0]),
    ];
    let mut best = loss(terms, &tune)?;
    for (field, values) in set {
        let own = *field(&mut tune);
        let mut chosen = own;
        for value in values.iter().copied().filter(|value| *value != own) {
            *field(&mut tune) = value;
            let found = loss(terms, &tune)?;
            if found < best - 1e-9 {
                (best, chosen) = (found, value);
            }
        }
        *field(&mut tune) = chosen;
    }
    Ok(tune)
}

/// Mean over the series of the absolute error divided by the mean absolute first difference.
fn window_loss(data: &Data, upto: &[usize], terms: &[usize], tune: &Tune, season: usize) -> f64 {
    let fit = fit(data, upto, terms, tune, season);
    let (mut sum, mut n) = (0.0, 0.0f64);
    for ((item, own), from) in data.items.iter().zip(&fit.items).zip(upto) {
        if *from == 0 || item.scale <= 0.0 {
            continue;
        }
        let told = own.ahead(item, terms, tune);
        let truth = &item.y[*from..];
        let count = truth.len().min(data.horizon);
        let off = told.iter().zip(truth).take(count);
        let off: f64 =
            off.map(|(told, y)| (item.floor(told.log + tune.lift * told.sd * told.sd / 2.0) - y).abs()).sum();
        if count > 0 {
            sum += off / count as f64 / item.scale;
            n += 1.0;
        }
    }
    sum / n.max(1.0)
}

/// Filtered rows of one series: log demand, then the terms.
fn filtered(item: &Item, known: usize, terms: &[usize], alpha: f64) -> Vec<f64> {
    let width = item.x.len() / item.places.len().max(1);
    let value = |row: usize, column: usize| match column {
        0 => item.log[row],
        column => item.x[row * width + terms[column - 1]],
    };
    let columns = terms.len() + 1;
    let mut rows = Vec::with_capacity(known.saturating_sub(1) * columns);
    let Some(1..) = Some(known) else { return rows };
    let mut level: Vec<f64> = (0..columns).map(|column| value(0, column)).collect();
    for row in 1..known {
        let gain = alpha.max(1.0 / (row + 1) as f64);
        for (column, level) in level.iter_mut().enumerate() {
            let error = value(row, column) - *level;
            *level += gain * error;
            rows.push(error);
        }
    }
    rows
}

/// Weighted sums of squares and products of one series' filtered rows.
struct Sums {
    xx: Vec<f64>,
    xy: Vec<f64>,
    yy: f64,
    n: f64,
}

fn sums(rows: &[f64], p: usize, weight: impl Fn(f64) -> f64, effects: &[f64]) -> Sums {
    let mut sums = Sums { xx: vec![0.0; p * p], xy: vec![0.0; p], yy: 0.0, n: 0.0 };
    for row in rows.chunks_exact(p + 1) {
        let (y, x) = (row[0], &row[1..]);
        let error = y - x.iter().zip(effects).map(|(x, b)| x * b).sum::<f64>();
        let w = weight(error);
        for a in 0..p {
            let wx = w * x[a];
            sums.xy[a] += wx * y;
            sums.xx[a * p..(a + 1) * p].iter_mut().zip(x).for_each(|(xx, x)| *xx += wx * x);
        }
        sums.yy += w * y * y;
        sums.n += w;
    }
    sums
}

/// The inverse of a positive definite matrix.
fn inverse(matrix: &[f64], p: usize) -> Vec<f64> {
    let mut a = matrix.to_vec();
    for k in 0..p {
        let pivot = if a[k * p + k].abs() > 1e-300 { a[k * p + k] } else { 1e-300 };
        a[k * p + k] = 1.0;
        (0..p).for_each(|j| a[k * p + j] /= pivot);
        for i in (0..p).filter(|i| *i != k) {
            let factor = std::mem::replace(&mut a[i * p + k], 0.0);
            (0..p).for_each(|j| a[i * p + j] -= factor * a[k * p + j]);
        }
    }
    a
}

fn times(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    let p = vector.len();
    (0..p).map(|i| (0..p).map(|j| matrix[i * p + j] * vector[j]).sum()).collect()
}

/// Effects of a group: their mean, spread and error variance, and each series' own with its covariance.
struct Group {
    mean: Vec<f64>,
    spread: Vec<f64>,
    variance: f64,
    own: Vec<(Vec<f64>, Vec<f64>)>,
}

/// The least variance of effects within a group.
const LEAST_SPREAD: f64 = 1e-5;

impl Group {
    fn start(sums: &[Sums], p: usize) -> Group {
        let mut all = vec![0.0; p * p];
        let (mut xy, mut yy, mut n) = (vec![0.0; p], 0.0, 0.0f64);
        for one in sums {
            all.iter_mut().zip(&one.xx).for_each(|(all, own)| *all += own);
            xy.iter_mut().zip(&one.xy).for_each(|(all, own)| *all += own);
            yy += one.yy;
            n += one.n;
        }
        let trace = (0..p).map(|k| all[k * p + k]).sum::<f64>();
        (0..p).for_each(|k| all[k * p + k] += 1e-9 + 1e-9 * trace / p.max(1) as f64);
        let mean = times(&inverse(&all, p), &xy);
        let explained: f64 = mean.iter().zip(&xy).map(|(b, xy)| b * xy).sum();
        let variance = ((yy - explained) / n.max(1.0)).max(1e-12 * yy / n.max(1.0)).max(1e-14);
        Group { mean, spread: vec![0.1; p], variance, own: Vec::new() }
    }

    /// Each series' effects given the group's; `spread` multiplies how far apart they may lie.
    fn expect(&mut self, sums: &[Sums], spread: f64) {
        let p = self.mean.len();
        let one = |sums: &Sums| {
            let mut precision: Vec<f64> = sums.xx.iter().map(|xx| xx / self.variance).collect();
            let mut right: Vec<f64> = sums.xy.iter().map(|xy| xy / self.variance).collect();
            for k in 0..p {
                let own = 1.0 / (self.spread[k] * spread);
                precision[k * p + k] += own;
                right[k] += own * self.mean[k];
            }
            let covariance = inverse(&precision, p);
            (times(&covariance, &right), covariance)
        };
        self.own = sums.iter().map(one).collect();
    }

    fn maximise(&mut self, sums: &[Sums]) {
        let p = self.mean.len();
        let n = self.own.len().max(1) as f64;
        for k in 0..p {
            let mean = self.own.iter().map(|(own, _)| own[k]).sum::<f64>() / n;
            self.mean[k] = mean;
            let of = |(own, covariance): &(Vec<f64>, Vec<f64>)| (own[k] - mean).powi(2) + covariance[k * p + k];
            self.spread[k] = (self.own.iter().map(of).sum::<f64>() / n).max(LEAST_SPREAD);
        }
        let (mut square, mut count, mut whole) = (0.0, 0.0f64, 0.0);
        for (sums, (own, covariance)) in sums.iter().zip(&self.own) {
            let inner = times(&sums.xx, own);
            let fitted: f64 = own.iter().zip(&inner).map(|(b, xx)| b * xx).sum();
            let cross: f64 = own.iter().zip(&sums.xy).map(|(b, xy)| b * xy).sum();
            let unsure: f64 = sums.xx.iter().zip(covariance).map(|(xx, c)| xx * c).sum();
            square += sums.yy - 2.0 * cross + fitted + unsure;
            whole += sums.yy;
            count += sums.n;
        }
        self.variance = (square / count.max(1.0)).max(1e-12 * whole / count.max(1.0)).max(1e-14);
    }

    /// The inverse of the mean's covariance: Σ (spread + own error)⁻¹.
    fn certainty(&self) -> Vec<f64> {
        let p = self.mean.len();
        let mut sum = vec![0.0; p * p];
        for (_, covariance) in &self.own {
            for a in 0..p {
                for b in 0..p {
                    let own = if a == b { 1.0 / self.spread[a] } else { 0.0 };
                    sum[a * p + b] += own - covariance[a * p + b] / self.spread[a] / self.spread[b];
                }
            }
        }
        sum
    }
}

fn fit(data: &Data, upto: &[usize], terms: &[usize], tune: &Tune, season: usize) -> Fit {
    let p = terms.len();
    let rows: Vec<Vec<f64>> =
        data.items.par_iter().zip(upto).map(|(item, known)| filtered(item, *known, terms, tune.filter)).collect();
    let mut effects = vec![vec![0.0; p]; data.items.len()];
    let (mut mean, mut error, mut series) = (vec![0.0; p], vec![0.0; p], 0.0f64);
    for group in (0..data.groups).filter(|_| p > 0) {
        let members: Vec<usize> = (0..data.items.len()).filter(|i| data.items[*i].group == group).collect();
        if members.is_empty() {
            continue;
        }
        let mut all: Vec<Sums> = members.par_iter().map(|i| sums(&rows[*i], p, |_| 1.0, &effects[*i])).collect();
        let mut found = Group::start(&all, p);
        for _ in 0..8 {
            found.expect(&all, 1.0);
            found.maximise(&all);
        }
        found.expect(&all, 1.0);
        for _ in 0..if tune.bound < 1e6 { 3 } else { 0 } {
            let off = |(i, (own, _)): (&usize, &(Vec<f64>, Vec<f64>))| {
                let error = |row: &[f64]| (row[0] - row[1..].iter().zip(own).map(|(x, b)| x * b).sum::<f64>()).abs();
                rows[*i].chunks_exact(p + 1).map(error).collect::<Vec<f64>>()
            };
            let off: Vec<f64> = members.iter().zip(&found.own).flat_map(off).collect();
            if off.is_empty() {
                break;
            }
            let bound = (tune.bound * 1.4826 * median(&off)).max(1e-9);
            let weight = |error: f64| (bound / error.abs().max(1e-9)).min(1.0);
            all = members.par_iter().zip(&found.own).map(|(i, (own, _))| sums(&rows[*i], p, weight, own)).collect();
            for _ in 0..3 {
                found.maximise(&all);
                found.expect(&all, 1.0);
            }
        }
        let covariance = inverse(&found.certainty(), p);
        if tune.spread != 1.0 {
            found.expect(&all, tune.spread);
        }
        let share = members.len() as f64;
        for k in 0..p {
            mean[k] += share * found.mean[k];
            error[k] += share * share * covariance[k * p + k].max(0.0);
        }
        series += share;
        for (i, (own, _)) in members.iter().zip(found.own) {
            effects[*i] = own;
        }
    }
    mean.iter_mut().for_each(|mean| *mean /= series.max(1.0));
    error.iter_mut().for_each(|error| *error = error.sqrt() / series.max(1.0));
    let items = data.items.par_iter().zip(upto).zip(effects);
    let mut items: Vec<Own> = items.map(|((item, known), own)| level(item, *known, terms, own, tune, season)).collect();
    // a short series' error is drawn to the panel's
    let known = |(own, known): (&Own, &usize)| own.sd * own.sd * known.saturating_sub(1) as f64;
    let total = upto.iter().map(|known| known.saturating_sub(1)).sum::<usize>().max(1) as f64;
    let common = items.iter().zip(upto).map(known).sum::<f64>() / total;
    for (own, known) in items.iter_mut().zip(upto) {
        let n = known.saturating_sub(1) as f64;
        own.sd = ((own.sd * own.sd * n + PRIOR * common) / (n + PRIOR)).sqrt();
    }
    Fit { items, mean, error }
}

/// The panel's error counts for so many rows of each series.
const PRIOR: f64 = 5.0;

/// The level of what the drivers leave, for the rows after those known, and its one-step error.
fn level(item: &Item, known: usize, terms: &[usize], effects: Vec<f64>, tune: &Tune, season: usize) -> Own {
    let ahead = item.places.len() - known;
    let rest: Vec<f64> = (0..known).map(|row| item.log[row] - dot(item, row, terms, &effects)).collect();
    let (mut level, mut square) = (rest.first().copied().unwrap_or(0.0), 0.0);
    for (row, value) in rest.iter().enumerate().skip(1) {
        let error = value - level;
        square += error * error;
        level += tune.level.max(1.0 / (row + 1) as f64) * error;
    }
    let n = known.saturating_sub(1) as f64;
    let sd = (square / n.max(1.0)).sqrt();
    let path = if season > 1 && known > 0 { seasonal(item, known, &rest, season) } else { vec![level; ahead] };
    Own { effects, level: path, sd, known }
}

fn seasonal(item: &Item, known: usize, rest: &[f64], season: usize) -> Vec<f64> {
    let last = item.places[known - 1];
    let mut grid = vec![f64::NAN; last + 1];
    rest.iter().enumerate().for_each(|(row, value)| grid[item.places[row]] = *value);
    let weight: Vec<f64> = grid.iter().map(|value| if value.is_nan() { 0.0 } else { 1.0 }).collect();
    let mut model = ets::holt_winters(&grid, &weight, season);
    grid.iter().zip(&weight).for_each(|(value, weight)| Roll::update(&mut model, *value, *weight));
    item.places[known..].iter().map(|place| Roll::ahead(&model, (place - last).max(1))).collect()
}
