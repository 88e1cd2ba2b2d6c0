//! Forecasts that are kept: fitted once, brought up to date value by value, asked at any time.
//!
//! In: a long table to fit on, then tables of new rows. Out: the columns of [`table`](super::table()) from the state
//! alone. An update takes one step of the fitted recursion: O(1) in the history (O(season) for complex smoothing),
//! the same bits as rolling the fitted parameters along the whole series. No history is kept.
//!
//! Sizes: of a series with a name of six letters [`Forecaster::to_bytes`] takes, whatever `h`, beside 8 bytes per period of its
//! season at most 51 for `naive`, `seasonal_naive` and `ses`, 53 for `drift`, 66 for `croston`, `sba` and `tsb`, 78 for `holt`,
//! `damped_holt` and `mstl`, 96 for `ets` and `holt_winters`, 110 for `theta` in all its forms, and 92 for `ces`, where a phase is
//! a complex number, hence 16. Others hold more numbers than one per phase: `arima` the states of up to ten models and, until
//! those are known, their covariances, the window averages the values they average, `adida` and `imapa` all values, `auto` all models that share.
//!
//! With drivers a state is that of what they leave of demand; `auto` is the level in logs (some 40 bytes) or the count models. Each
//! series keeps its effects besides, some 100 bytes and 8 per term and per period of its season. What is told by other
//! series (`a of others`, the level that a group has in common) is read from the rows that come in one table.
//!
//! Drift: a two-sided cumulative sum of one-step errors in standard deviations, slack 1/2, threshold 8, errors cut off
//! at ±4. Simulated: a level that moved by one deviation is told after 16 values, by two after 6; undisturbed normal
//! errors raise it once in 9,000 values, those of Student's t with 6 degrees of freedom in 6,600. Source: Page (1954);
//! Hawkins & Olwell, *Cumulative Sum Charts* (1998), ch. 3.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::bytes::{Reader, Writer};
use super::counts::{self, Common, CountPool};
use super::drivers::{DriverParams, Effects, Terms};
use super::interval::{self, Curve, Shape};
use super::select::{self, Mixture};
use super::smooth::Roll;
use super::table::{
    Gaps, Kind, Series, Step, TableParams, Times, Ways, bad_row, fill, group, group_each, push_forecast,
};
use super::ways::{self, Intervals, Law, Source};
use super::{
    Forecast, MAX_PERIODS, Model, Options, as_counts, check_count, count_pool, demand, in_common, interval_at, names,
    suits_counts,
};
use crate::base::{Column, Error, Interner, Result, Table, Task, json};
use driven::Kept;

mod driven;

/// The version of the bytes of a state.
pub const STATE_VERSION: u8 = 2;

const MAGIC: &[u8; 4] = b"TRFS";
const SLACK: f64 = 0.5;
const THRESHOLD: f64 = 8.0;
const MOST: f64 = 4.0;

/// How to fit and keep forecasts.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecasterParams {
    /// As for [`table`](super::table()). `h` are the periods ahead whose spread is measured; beyond them it grows with the square
    /// root of time. `intervals` are `auto` or `analytic`: the others need errors of the past, which are not kept. `level`
    /// and `on_error` are not read, and no arguments in JSON.
    pub forecast: TableParams,
    /// As for [`with_drivers`](super::with_drivers); none by default. Frames that come in have the columns of the drivers and
    /// of `on_sale`; those of the periods ahead are told to [`Forecaster::predict_with_drivers`].
    pub drivers: DriverParams,
    /// After so many periods a series is due to be fitted anew; none for never.
    pub refit_every: Option<usize>,
    /// Whether a series that drifted is due to be fitted anew.
    pub refit_on_drift: bool,
}

impl Default for ForecasterParams {
    fn default() -> Self {
        let (forecast, drivers) = (TableParams::default(), DriverParams::default());
        ForecasterParams { forecast, drivers, refit_every: None, refit_on_drift: true }
    }
}

/// What of [`TableParams`] a forecaster is not told when it is made.
const LATER: [&str; 2] = ["level", "on_error"];

/// What it is told besides.
#[derive(Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Refits {
    refit_every: Option<usize>,
    refit_on_drift: bool,
}

impl Default for Refits {
    fn default() -> Self {
        Refits { refit_every: None, refit_on_drift: true }
    }
}

impl Serialize for ForecasterParams {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'a> {
            #[serde(flatten)]
            forecast: &'a TableParams,
            #[serde(flatten)]
            drivers: &'a DriverParams,
            #[serde(flatten)]
            refits: Refits,
        }
        let refits = Refits { refit_every: self.refit_every, refit_on_drift: self.refit_on_drift };
        let flat = serde_json::to_value(Flat { forecast: &self.forecast, drivers: &self.drivers, refits });
        let flat = flat.and_then(serde_json::from_value::<BTreeMap<String, Value>>);
        // by name, whatever order maps of JSON keep: a saved state has the same bytes from every face
        let mut fields = flat.map_err(serde::ser::Error::custom)?;
        let driven = !self.drivers.is_empty();
        fields.retain(|name, _| !LATER.contains(&&name[..]) && (driven || !DriverParams::NAMES.contains(&&name[..])));
        fields.serialize(serializer)
    }
}

impl ForecasterParams {
    /// Reads the fields of [`TableParams`] and these, from one JSON object.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field that is unknown or does not fit.
    pub fn read(value: Value) -> Result<ForecasterParams> {
        let Value::Object(mut rest) = value else { return Err(Error::argument("params", "an object", value)) };
        if let Some(name) = LATER.into_iter().find(|name| rest.contains_key(*name)) {
            return Err(Error::argument(name, "left out where a forecaster is made", &rest[name]));
        }
        let mut apart = |names: &[&str]| {
            let own = names.iter().filter_map(|name| rest.remove(*name).map(|value| (name.to_string(), value)));
            Value::Object(own.collect())
        };
        let Refits { refit_every, refit_on_drift } = json::fit(apart(&["refit_every", "refit_on_drift"]))?;
        let drivers = json::fit(apart(&DriverParams::NAMES))?;
        Ok(ForecasterParams { forecast: json::fit(Value::Object(rest))?, drivers, refit_every, refit_on_drift })
    }

    /// Answers whether the parameters make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        self.forecast.check()?;
        no_errors_kept("intervals", self.forecast.intervals)?;
        if !self.drivers.is_empty() {
            self.drivers.check()?;
        }
        if let Some(every) = self.refit_every {
            check_count("refit_every", every, u32::MAX as usize)?;
        }
        Ok(())
    }
}

/// Refuses ways to make intervals that a state cannot serve.
pub(super) fn no_errors_kept(field: &str, intervals: Intervals) -> Result<()> {
    match intervals {
        Intervals::Auto | Intervals::Analytic => Ok(()),
        Intervals::Bootstrap | Intervals::Conformal => {
            Err(Error::argument(field, "auto or analytic, where no errors of the past are kept", intervals.name()))
        }
    }
}

/// Fitted series and where each stands.
///
/// ```
/// use trousse::{Column, Table, Task, forecast::{Forecaster, ForecasterParams, TableParams}};
/// let rows = |days: std::ops::Range<i64>, y: &[f64]| {
///     Table::default().with("ds", Column::Integer(days.collect()))?.with("y", Column::Float(y.to_vec()))
/// };
/// let forecast = TableParams { models: vec!["naive".into()], ..Default::default() };
/// let params = ForecasterParams { forecast, ..Default::default() };
/// let mut sales = Forecaster::fit(params, &rows(0..3, &[4.0, 5.0, 6.0])?, &Task::default())?;
/// sales.update(&rows(3..4, &[9.0])?)?;
/// let sales = Forecaster::from_bytes(&sales.to_bytes()?)?;
/// let ahead = sales.predict(2, &[80.0], &Task::default())?;
/// assert_eq!((ahead.integers("ds")?, ahead.floats("naive")?), (vec![4, 5], vec![9.0, 9.0]));
/// # Ok::<(), trousse::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Forecaster {
    params: ForecasterParams,
    kind: Kind,
    step: Step,
    season: usize,
    names: Interner,
    series: Vec<One>,
    /// The terms of each fit that a series stands on.
    fits: Vec<Terms>,
}

/// One series: the time of its last value, what was wrong with it, a state for each model, and the effects of its drivers.
#[derive(Debug, Clone, PartialEq)]
struct One {
    last: i64,
    error: String,
    states: Vec<Kept>,
    effects: Option<Effects>,
}

/// A fitted model after the values seen so far.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    model: Model,
    filter: Source,
    spread: Spread,
    /// Whether all values were counts, and none negative.
    count: bool,
    floor: bool,
    /// Of counts the largest.
    largest: f64,
    /// Cumulative sums of the errors: upwards and downwards.
    drift: [f32; 2],
    /// Periods since it was fitted.
    since: u32,
}

/// How far off the forecasts of a state may be.
#[derive(Debug, Clone, PartialEq)]
enum Spread {
    /// As errors of the past were, per period ahead; relative to the forecast or not.
    Measured { relative: bool, curve: Curve, shape: Shape },
    /// As the filter makes of one-step errors.
    Analytic { relative: bool, sigma: f64 },
    /// As the pool of count models says, whether asked for as analytic or not.
    Counts { analytic: bool },
}

impl State {
    pub(super) fn fit(demand: &demand::Demand, length: usize, common: Option<&Common>, options: &Options) -> State {
        let named = options.intervals == Intervals::Analytic;
        if suits_counts(demand, options) {
            return State {
                model: Model::Counts,
                filter: Source::Pool(count_pool(demand, length, common, options).0),
                spread: Spread::Counts { analytic: named && ways::suffices(demand, options) },
                count: true,
                floor: true,
                largest: demand.largest,
                drift: [0.0; 2],
                since: 0,
            };
        }
        let choice = select::choose(demand, options);
        let sigma = if named { ways::sigma(&choice, demand, options) } else { None };
        let spread = match sigma {
            Some((sigma, relative)) => Spread::Analytic { relative, sigma },
            None => {
                let interval::Spread { relative, curve, shape, .. } =
                    interval::spread(&choice, demand, options.horizon);
                Spread::Measured { relative, curve, shape }
            }
        };
        let count = demand.count && options.non_negative;
        State {
            model: choice.model,
            filter: Source::Mixture(choice.end),
            spread,
            count,
            floor: options.non_negative && !demand.negative,
            largest: if count { demand.largest } else { 0.0 },
            drift: [0.0; 2],
            since: 0,
        }
    }

    /// Standard deviations of the periods ahead.
    fn sd(&self, mean: &[f64]) -> Vec<f64> {
        let (relative, mut sd) = match &self.spread {
            Spread::Measured { relative, curve, .. } => (*relative, curve.steps()),
            Spread::Analytic { relative, sigma } => {
                return ways::analytic(&self.filter, *sigma, *relative, mean.len()).0;
            }
            Spread::Counts { .. } => return Vec::new(),
        };
        let (known, last) = (sd.len(), sd[sd.len() - 1]);
        sd.extend((known..mean.len()).map(|step| last * ((step + 1) as f64 / known as f64).sqrt()));
        sd.truncate(mean.len());
        if relative {
            sd.iter_mut().zip(mean).for_each(|(sd, mean)| *sd *= mean.abs());
        }
        sd
    }

    /// What is expected of the next period, and its standard deviation.
    fn next(&self) -> (f64, f64) {
        if let Source::Pool(pool) = &self.filter {
            let next = pool.ahead(1);
            return (next.mean(0), next.variances(1).0[0].sqrt());
        }
        let expected = self.filter.ahead(1);
        let (relative, sd) = match &self.spread {
            Spread::Measured { relative, curve, .. } => (*relative, curve.first()),
            Spread::Analytic { relative, sigma } => (*relative, *sigma),
            Spread::Counts { .. } => (false, 0.0),
        };
        (expected, if relative { sd * expected.abs() } else { sd })
    }

    /// Takes the sales of a period in which the item could be bought for a share.
    pub(super) fn see(&mut self, y: f64, share: f64) {
        if y.is_nan() || share < demand::MIN_SHARE {
            self.update(f64::NAN, 0.0);
        } else {
            self.update(y / share.max(demand::SCALE_FLOOR), share);
        }
    }

    fn update(&mut self, y: f64, weight: f64) {
        if !y.is_nan() {
            let (expected, sd) = self.next();
            let error = y - expected;
            self.drift = drifting(self.drift, error, sd);
            self.floor &= y >= 0.0;
            self.count &= y >= 0.0 && (weight < 1.0 || y.fract() == 0.0);
            self.largest = if self.count { self.largest.max(y) } else { 0.0 };
        }
        self.filter.update(y, weight);
        self.since = self.since.saturating_add(1);
    }

    pub(super) fn ahead(&self, h: usize, level: &[f64]) -> Forecast {
        if let Source::Pool(pool) = &self.filter {
            let options = Options { horizon: h, levels: level.to_vec(), ..Options::default() };
            let mut forecast = as_counts(pool.ahead(h), &counts::Errors { own: 0.0, naive: 0.0 }, &options);
            forecast.law = if self.spread == (Spread::Counts { analytic: true }) { Law::Analytic } else { Law::Auto };
            return forecast;
        }
        let mut mean = self.filter.path(h);
        if self.floor {
            mean.iter_mut().for_each(|m| *m = m.max(0.0));
        }
        let mut sd = self.sd(&mean);
        if self.count {
            sd.iter_mut().zip(&mean).for_each(|(sd, mean)| *sd = sd.min((2.0 * self.largest * mean).sqrt()));
        }
        let (law, shape) = match &self.spread {
            Spread::Measured { shape, .. } => (Law::Auto, shape.quantiles()),
            Spread::Analytic { .. } | Spread::Counts { .. } => (Law::Analytic, Vec::new()),
        };
        let mut forecast = Forecast {
            model: self.model,
            mean,
            total_sd: Vec::new(),
            sd,
            intervals: Vec::new(),
            count: self.count,
            error: 0.0,
            naive_error: 0.0,
            candidates: Vec::new(),
            shape,
            non_negative: self.floor,
            counts: None,
            law,
        };
        forecast.intervals = level.iter().map(|level| interval_at(&forecast, *level)).collect();
        forecast
    }

    fn save(&self, out: &mut Writer) -> Result<()> {
        let (kind, relative) = match &self.spread {
            Spread::Measured { relative, .. } => (0, *relative),
            Spread::Analytic { relative, .. } => (1, *relative),
            Spread::Counts { analytic } => (2, *analytic),
        };
        let shaped = matches!(&self.spread, Spread::Measured { shape, .. } if !shape.is_empty());
        let flags = [relative, shaped, self.count, self.floor].into_iter().enumerate();
        out.byte(flags.fold(kind, |bits, (i, flag)| bits | u8::from(flag) << (2 + i)));
        out.byte(MODELS.iter().position(|model| *model == self.model).map_or(u8::MAX, |at| at as u8));
        match &self.filter {
            Source::Mixture(filter) => filter.save(out),
            Source::Pool(pool) => driven::write(out, pool)?,
        }
        match &self.spread {
            Spread::Measured { curve, shape, .. } => {
                curve.save(out);
                shape.save(out);
            }
            Spread::Analytic { sigma, .. } => out.float(*sigma),
            Spread::Counts { .. } => {}
        }
        if self.count {
            out.number(self.largest);
        }
        self.drift.iter().for_each(|drift| out.single(*drift));
        out.whole(self.since.into());
        Ok(())
    }

    fn load(bits: u8, read: &mut Reader<'_>) -> Option<State> {
        let [relative, shaped, count, floor] = [2, 3, 4, 5].map(|bit| bits >> bit & 1 == 1);
        let model = *MODELS.get(usize::from(read.byte()?))?;
        let filter = match bits & 3 {
            2 => Source::Pool(driven::read(read)?),
            _ => Source::Mixture(Mixture::load(read)?),
        };
        let spread = match bits & 3 {
            0 => {
                let curve = Curve::load(read)?;
                Spread::Measured { relative, curve, shape: if shaped { Shape::load(read)? } else { Shape::default() } }
            }
            1 => Spread::Analytic { relative, sigma: read.float()? },
            2 => Spread::Counts { analytic: relative },
            _ => return None,
        };
        let largest = if count { read.number()? } else { 0.0 };
        let (drift, since) = ([read.single()?, read.single()?], u32::try_from(read.whole()?).ok()?);
        let sound = bits < 1 << 6 && !matches!(&filter, Source::Pool(pool) if !pool.is_sound());
        sound.then_some(State { model, filter, spread, count, floor, largest, drift, since })
    }
}

/// The cumulative sums after one more error.
fn drifting(drift: [f32; 2], error: f64, sd: f64) -> [f32; 2] {
    let z = if error == 0.0 { 0.0 } else { (error / sd).clamp(-MOST, MOST) };
    let grown = |drift: f32, by: f64| (f64::from(drift) + by - SLACK).max(0.0) as f32;
    [grown(drift[0], z), grown(drift[1], -z)]
}

/// The models by their bytes in a saved state: new ones come last.
pub(super) const MODELS: [Model; 24] = [
    Model::Naive,
    Model::SeasonalNaive,
    Model::Ses,
    Model::HoltWinters,
    Model::Croston,
    Model::Sba,
    Model::Counts,
    Model::Ets,
    Model::Theta,
    Model::Ces,
    Model::Arima,
    Model::Drift,
    Model::WindowAverage,
    Model::SeasonalWindowAverage,
    Model::Holt,
    Model::DampedHolt,
    Model::StandardTheta,
    Model::OptimisedTheta,
    Model::AutoTheta,
    Model::Mstl,
    Model::Tsb,
    Model::Adida,
    Model::Imapa,
    Model::Blend,
];

fn unwritten(error: &dyn std::fmt::Display) -> Error {
    Error::Internal { message: format!("state not written: {error}") }
}

impl Forecaster {
    /// Fits each series of a long table. One that cannot be fitted keeps its error and takes nothing from the others.
    ///
    /// # Errors
    /// As [`table`](super::table()).
    pub fn fit(params: ForecasterParams, table: &Table, task: &Task) -> Result<Forecaster> {
        params.check()?;
        let times = params.forecast.times(table)?;
        let series = group_each(table, &params.forecast, &times)?;
        let (step, season) = params.forecast.rhythm(&times, &series)?;
        let mut empty = Forecaster {
            params,
            kind: times.kind(),
            step,
            season,
            names: Interner::default(),
            series: Vec::new(),
            fits: Vec::new(),
        };
        empty.take(table, times, series, task)?;
        Ok(empty)
    }

    /// Fits the series of a table anew, and those that are new; all others stay as they are. Effects of drivers are learned
    /// from these series alone, which then have nothing in common with the others.
    ///
    /// # Errors
    /// As [`Forecaster::fit`]; `INVALID_ARGUMENT` for times of another kind. Nothing is changed then.
    pub fn refit(&mut self, table: &Table, task: &Task) -> Result<()> {
        let times = self.times(table)?;
        let series = group_each(table, &self.params.forecast, &times)?;
        self.take(table, times, series, task)
    }

    fn times(&self, table: &Table) -> Result<Times> {
        let times = Times::read(table, &self.params.forecast.time_column)?;
        if times.kind() == self.kind {
            return Ok(times);
        }
        Err(Error::argument(
            &self.params.forecast.time_column,
            "of the kind of the fitted times",
            "another kind of time",
        ))
    }

    /// What each of the models is fitted by.
    fn options(&self) -> Result<Vec<Options>> {
        let columns = &self.params.forecast;
        (columns.models.iter().enumerate())
            .map(|(at, name)| {
                let models = names::models(&format!("models[{at}]"), name, &columns.candidates)?;
                Ok(columns.options(&models, self.season))
            })
            .collect()
    }

    fn take(&mut self, table: &Table, times: Times, mut series: Vec<Series>, task: &Task) -> Result<()> {
        if !self.params.drivers.is_empty() {
            return self.take_driven(table, times, series, task);
        }
        let panel = fill(table, &self.params.forecast, &times, &mut series, self.step)?;
        let models = self.options()?;
        task.expect(series.len());
        let common: Vec<Option<Common>> = models.iter().map(|options| in_common(&panel, options)).collect();
        let states: Vec<Result<Vec<Kept>>> = (series.par_iter().enumerate())
            .map(|(i, one)| {
                task.tick()?;
                one.fault.clone().map_or(Ok(()), Err)?;
                let demand = demand::uncensor(&one.name, panel.series(i), panel.in_stock(i))?;
                let length = panel.series(i).len();
                let fit = |(options, common): (&Options, &Option<Common>)| {
                    Kept::Plain(State::fit(&demand, length, common.as_ref(), options))
                };
                Ok(models.iter().zip(&common).map(fit).collect())
            })
            .collect();
        let first = states.iter().find_map(|states| states.as_ref().err());
        match first {
            Some(Error::Cancelled) => return Err(Error::Cancelled),
            Some(error) if states.iter().all(Result::is_err) => return Err(error.clone()),
            _ if states.iter().any(|states| matches!(states, Err(Error::Cancelled))) => return Err(Error::Cancelled),
            _ => {}
        }
        for (one, states) in series.into_iter().zip(states) {
            let last = one.rows.last().map_or(0, |row| times.value[*row]);
            let (states, error) = match states {
                Ok(states) => (states, String::new()),
                Err(error) => (Vec::new(), format!("{}: {error}", error.code())),
            };
            self.put(&one.name, One { last, error, states, effects: None });
        }
        Ok(())
    }

    fn put(&mut self, name: &str, one: One) {
        match self.series.get_mut(self.names.intern(name) as usize) {
            Some(old) => *old = one,
            None => self.series.push(one),
        }
    }

    /// Takes new rows in, each series' in time order after its last value; a period that is left out is a gap. O(1) a
    /// period. All rows or none. Rows of a series that could not be fitted are left.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the row, for a series that was not fitted, a time that is not later than the last one
    /// or over 2,000 periods later, a share outside 0–1; `DUPLICATE_TIME`, `NAN_IN_SERIES`, `MISSING_COLUMN`,
    /// `WRONG_COLUMN_TYPE`.
    pub fn update(&mut self, table: &Table) -> Result<()> {
        let columns = &self.params.forecast;
        let times = self.times(table)?;
        let y = table.floats(&columns.target_column)?;
        let share = columns.in_stock.as_deref().map(|column| table.floats(column)).transpose()?;
        let mut plan: Vec<driven::Plan> = Vec::new();
        for one in group(table, columns, &times)? {
            if let Some(error) = bad_row(&one, &y, share.as_deref(), columns) {
                return Err(error);
            }
            let field = |column: &str, row: usize| format!("{column}[{row}]");
            let Some(at) = self.names.id(&one.name).map(|id| id as usize) else {
                let row = one.rows.first().copied().unwrap_or(0);
                return Err(Error::argument(field(&columns.id_column, row), "a series that was fitted", &one.name));
            };
            let mut before = 0;
            let mut rows = Vec::with_capacity(one.rows.len());
            for row in &one.rows {
                let place = self.step.between(self.series[at].last, times.value[*row]);
                if place <= before || place - before > MAX_PERIODS as i64 {
                    let last = times.spelled(self.series[at].last);
                    let rule = format!("1 … {MAX_PERIODS} periods after the one before, the last is {last}");
                    let got = times.spelled(times.value[*row]);
                    return Err(Error::argument(field(&columns.time_column, *row), rule, got));
                }
                rows.push(((place - before) as usize, *row));
                before = place;
            }
            plan.push((at, rows));
        }
        if !self.params.drivers.is_empty() {
            return self.update_driven(table, &times, plan);
        }
        let (gap, gap_weight) = if columns.gaps == Gaps::Zero { (0.0, 1.0) } else { (f64::NAN, 0.0) };
        for (at, rows) in plan {
            let one = &mut self.series[at];
            for (periods, row) in rows {
                let share = share.as_ref().map_or(1.0, |share| share[row]);
                for state in one.states.iter_mut().filter_map(Kept::plain) {
                    (1..periods).for_each(|_| state.update(gap, gap_weight));
                    state.see(y[row], share);
                }
                one.last = times.value[row];
            }
        }
        Ok(())
    }

    /// Forecasts each series from where it stands: the columns of [`table`](super::table()).
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for `h` or a level; `CANCELLED`.
    pub fn predict(&self, h: usize, level: &[f64], task: &Task) -> Result<Table> {
        if !self.params.drivers.is_empty() {
            return Err(Error::argument("future", "a frame with the drivers of the periods ahead", "nothing"));
        }
        self.told(&self.asked(h, level)?, &vec![None; self.series.len()], task, &|series, at| {
            let state = self.series[series].states.get(at);
            state.and_then(Kept::as_plain).map(|state| state.ahead(h, level))
        })
    }

    /// What is asked of a forecast from where the series stand.
    fn asked(&self, h: usize, level: &[f64]) -> Result<TableParams> {
        let params = TableParams { h, level: level.to_vec(), ..self.params.forecast.clone() };
        params.check()?;
        Ok(params)
    }

    /// The columns of forecasts that `ahead` tells by series and model; `errors` are those that came up since the fit.
    fn told(
        &self,
        params: &TableParams,
        errors: &[Option<Error>],
        task: &Task,
        ahead: &(dyn Fn(usize, usize) -> Option<Forecast> + Sync),
    ) -> Result<Table> {
        let h = params.h;
        task.expect(self.series.len() * params.models.len());
        let times = Times::of(self.kind);
        let all = || self.series.iter().enumerate().flat_map(|(at, one)| (1..=h as i64).map(move |k| (at, one, k)));
        let mut out = Table::default();
        let ids = all().map(|(at, ..)| self.names.key(at as u32).to_string());
        out.push(params.id_column.clone(), Column::Text(ids.collect()))?;
        let ds = all().map(|(_, one, k)| self.step.after(one.last, k));
        out.push(params.time_column.clone(), times.column(ds.collect()))?;
        let (mut chosen, mut ways) = (None, Ways::new(self.series.len() * h, params));
        for (at, name) in params.models.iter().enumerate() {
            let told: Result<Vec<Option<Forecast>>> = (0..self.series.len())
                .into_par_iter()
                .map(|series| {
                    task.tick()?;
                    Ok(ahead(series, at))
                })
                .collect();
            let told = told?;
            for (series, forecast) in told.iter().enumerate() {
                ways.tell(name, series * h, h, forecast.as_ref().map(Forecast::ways).as_deref());
            }
            push_forecast(&mut out, name, params, &told)?;
            if name == names::AUTO {
                let model = |told: &Option<Forecast>| told.as_ref().map_or("", Forecast::model_name);
                chosen = Some(told.iter().map(model).collect::<Vec<&str>>());
            }
        }
        if let Some(chosen) = chosen {
            out.push("model", Column::Text(all().map(|(at, ..)| chosen[at].into()).collect()))?;
        }
        ways.push(&mut out)?;
        let error = |at: usize, one: &One| match &errors[at] {
            Some(error) => format!("{}: {error}", error.code()),
            None => one.error.clone(),
        };
        out.push("error", Column::Text(all().map(|(at, one, _)| error(at, one)).collect()))?;
        Ok(out)
    }

    /// How each series and model fares since it was fitted: `unique_id, model, updates, drift, drifted, due`. `drift` is
    /// the larger cumulative sum of its errors, `drifted` whether that is above 8, `due` whether it wants to be fitted
    /// anew by `refit_every` or `refit_on_drift`.
    ///
    /// # Errors
    /// None in practice: that of a table whose column has a name twice.
    pub fn drifted(&self) -> Result<Table> {
        let all = || {
            self.series.iter().enumerate().flat_map(|(at, one)| {
                self.params.forecast.models.iter().zip(&one.states).map(move |(name, state)| (at as u32, name, state))
            })
        };
        let due = |state: &Kept| {
            let old = self.params.refit_every.is_some_and(|every| state.since() as usize >= every);
            old || self.params.refit_on_drift && state.drift() > THRESHOLD
        };
        Table::default()
            .with(
                &self.params.forecast.id_column,
                Column::Text(all().map(|(at, ..)| self.names.key(at).into()).collect()),
            )?
            .with("model", Column::Text(all().map(|(_, name, _)| name.clone()).collect()))?
            .with("updates", Column::Integer(all().map(|(.., state)| i64::from(state.since())).collect()))?
            .with("drift", Column::Float(all().map(|(.., state)| state.drift()).collect()))?
            .with("drifted", Column::Bool(all().map(|(.., state)| state.drift() > THRESHOLD).collect()))?
            .with("due", Column::Bool(all().map(|(.., state)| due(state)).collect()))
    }

    /// How many series there are.
    pub fn len(&self) -> usize {
        self.series.len()
    }
    /// Whether there is no series.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }
    /// How it fits and keeps forecasts.
    pub fn params(&self) -> &ForecasterParams {
        &self.params
    }

    /// The state as bytes, the same on every machine.
    ///
    /// # Errors
    /// `INTERNAL` where they cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let head = Head { params: self.params.clone(), kind: self.kind, step: self.step, season: self.season };
        let mut out = Writer([&MAGIC[..], &[STATE_VERSION]].concat());
        out.text(&serde_json::to_string(&head).map_err(|error| unwritten(&error))?);
        if !self.params.drivers.is_empty() {
            driven::write(&mut out, &self.fits)?;
        }
        out.whole(self.series.len() as u64);
        let mut before = 0;
        for (at, one) in self.series.iter().enumerate() {
            out.text(self.names.key(at as u32));
            out.signed(one.last.wrapping_sub(before));
            before = one.last;
            out.byte(u8::from(!one.states.is_empty()));
            match &one.states[..] {
                [] => out.text(&one.error),
                states => {
                    one.effects.iter().try_for_each(|effects| driven::write(&mut out, effects))?;
                    states.iter().try_for_each(|state| state.save(&mut out))?;
                }
            }
        }
        let sum = crc32c::crc32c(&out.0);
        out.0.extend(sum.to_le_bytes());
        Ok(out.0)
    }

    /// The state that [`Forecaster::to_bytes`] wrote.
    ///
    /// # Errors
    /// `STATE_CORRUPT` for bytes that are none, cut off or damaged; `STATE_VERSION` for those of another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Forecaster> {
        let corrupt = |message: &str| Error::StateCorrupt { message: message.into() };
        let (head, sum) = bytes.split_last_chunk::<4>().ok_or_else(|| corrupt("too short"))?;
        let Some([version, body @ ..]) = head.strip_prefix(MAGIC) else { return Err(corrupt("not a forecaster")) };
        if *version != STATE_VERSION {
            return Err(Error::StateVersion { found: u32::from(*version), supported: u32::from(STATE_VERSION) });
        }
        if crc32c::crc32c(head) != u32::from_le_bytes(*sum) {
            return Err(corrupt("the checksum does not fit"));
        }
        let mut read = Reader(body);
        let head = read.text().and_then(|text| serde_json::from_str::<Head<Value>>(text).ok());
        let Head { params, kind, step, season } = head.ok_or_else(|| corrupt("its head"))?;
        let params = ForecasterParams::read(params).and_then(|params| params.check().map(|()| params));
        let params = params.map_err(|_| corrupt("its parameters"))?;
        let driven = !params.drivers.is_empty();
        let fits = if driven { driven::read(&mut read) } else { Some(Vec::new()) };
        let fits = fits.ok_or_else(|| corrupt("its drivers"))?;
        let count = read.count(4).filter(|_| (1..=MAX_PERIODS).contains(&season) && step.is_sound());
        let (mut names, mut series, mut before) = (Interner::default(), Vec::new(), 0);
        for _ in 0..count.ok_or_else(|| corrupt("its head"))? {
            let name = read.text().ok_or_else(|| corrupt("the name of a series"))?;
            let one = One::load(&mut read, before, params.forecast.models.len(), driven);
            let one = one.ok_or_else(|| corrupt(&format!("the series {name}")))?;
            if names.intern(name) as usize != series.len() {
                return Err(corrupt(&format!("the series {name} twice")));
            }
            before = one.last;
            series.push(one);
        }
        let own = Forecaster { params, kind, step, season, names, series, fits };
        match (read.0.is_empty(), own.is_sound()) {
            (true, true) => Ok(own),
            (false, _) => Err(corrupt("more than a state")),
            (true, false) => Err(corrupt("its drivers")),
        }
    }
}

impl One {
    fn load(read: &mut Reader<'_>, before: i64, models: usize, driven: bool) -> Option<One> {
        let last = before.wrapping_add(read.signed()?);
        if read.byte().filter(|fitted| *fitted < 2)? == 0 {
            return Some(One { last, error: read.text()?.into(), states: Vec::new(), effects: None });
        }
        let effects = if driven { Some(driven::read(read)?) } else { None };
        let states: Option<Vec<Kept>> = (0..models).map(|_| Kept::load(read, driven)).collect();
        Some(One { last, error: String::new(), states: states?, effects })
    }
}

/// What all series of a saved state have in common.
#[derive(Serialize, Deserialize)]
struct Head<P = ForecasterParams> {
    params: P,
    kind: Kind,
    step: Step,
    season: usize,
}
