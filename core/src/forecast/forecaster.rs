//! Forecasts that are kept: fitted once, brought up to date value by value, asked at any time.
//!
//! In: a long table to fit on, then tables of new rows. Out: the columns of [`table`](super::table()) from the state
//! alone. An update takes one step of the fitted recursion: O(1) in the history (O(season) for complex smoothing),
//! the same bits as rolling the fitted parameters along the whole series. No history is kept.
//!
//! Sizes: [`Forecaster::to_bytes`] takes about 115 bytes a series (a name of six letters) with exponential smoothing, 150 with
//! Theta, and 8 per period of its season (16 for complex smoothing), 4 per period of `h`, and 396 for the shape of the
//! errors where a series is long enough to have its own. `auto` keeps all models that share, `adida` and `imapa` all values.
//!
//! Drift: a two-sided cumulative sum of one-step errors in standard deviations, slack 1/2, threshold 8, errors cut off
//! at ±4. Simulated: a level that moved by one deviation is told after 16 values, by two after 6; undisturbed normal
//! errors raise it once in 9,000 values, those of Student's t with 6 degrees of freedom in 6,600. Source: Page (1954);
//! Hawkins & Olwell, *Cumulative Sum Charts* (1998), ch. 3.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::counts::{self, Common, CountPool};
use super::select::{self, Mixture};
use super::smooth::Roll;
use super::table::{Gaps, Kind, Series, Step, TableParams, Times, bad_row, fill, group, group_each, push_forecast};
use super::ways::Law;
use super::{
    Forecast, MAX_PERIODS, Model, Options, Pool, as_counts, check_count, count_pool, demand, in_common, interval,
    interval_at, names, suits_counts,
};
use crate::base::{Column, Error, Interner, Result, Table, Task};

/// The version of the bytes of a state.
pub const STATE_VERSION: u8 = 1;

const MAGIC: &[u8; 4] = b"TRFS";
const SLACK: f64 = 0.5;
const THRESHOLD: f64 = 8.0;
const MOST: f64 = 4.0;

/// How to fit and keep forecasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ForecasterParams {
    /// Periods ahead whose spread is measured; beyond them it grows with the square root of time.
    pub h: usize,
    /// Step between periods, as in [`TableParams`]; by default it is read off the table.
    pub freq: Option<String>,
    /// Periods in a season; 1 for none, 0 for that of the step.
    pub season: usize,
    /// The columns of forecasts, as in [`TableParams`].
    pub models: Vec<String>,
    /// Models that `auto` chooses among.
    pub candidates: Vec<Model>,
    /// Which models `auto` tries where none are named.
    pub pool: Pool,
    /// Rolling-origin windows on which the models are scored.
    pub windows: usize,
    /// Whether a series without negative values gets no negative forecast.
    pub non_negative: bool,
    /// Column of the series' names.
    pub id_column: String,
    /// Column of the times.
    pub time_column: String,
    /// Column of the values.
    pub target_column: String,
    /// Column of the share of each period, 0–1, in which the item could be bought.
    pub in_stock: Option<String>,
    /// What a period without a row means.
    pub gaps: Gaps,
    /// After so many periods a series is due to be fitted anew; none for never.
    pub refit_every: Option<usize>,
    /// Whether a series that drifted is due to be fitted anew.
    pub refit_on_drift: bool,
}

impl Default for ForecasterParams {
    fn default() -> Self {
        let TableParams { h, freq, season, candidates, pool, windows, non_negative, .. } = TableParams::default();
        let TableParams { id_column, time_column, target_column, in_stock, gaps, .. } = TableParams::default();
        ForecasterParams {
            h,
            freq,
            season,
            models: vec![names::AUTO.into()],
            candidates,
            pool,
            windows,
            non_negative,
            id_column,
            time_column,
            target_column,
            in_stock,
            gaps,
            refit_every: None,
            refit_on_drift: true,
        }
    }
}

impl ForecasterParams {
    /// Answers whether the parameters make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        self.table(self.h, &[]).check()?;
        if let Some(every) = self.refit_every {
            check_count("refit_every", every, u32::MAX as usize)?;
        }
        Ok(())
    }

    fn table(&self, h: usize, level: &[f64]) -> TableParams {
        TableParams {
            h,
            freq: self.freq.clone(),
            season: self.season,
            level: level.to_vec(),
            models: self.models.clone(),
            candidates: self.candidates.clone(),
            pool: self.pool,
            windows: self.windows,
            non_negative: self.non_negative,
            id_column: self.id_column.clone(),
            time_column: self.time_column.clone(),
            target_column: self.target_column.clone(),
            in_stock: self.in_stock.clone(),
            gaps: self.gaps,
            ..TableParams::default()
        }
    }
}

/// Fitted series and where each stands.
///
/// ```
/// use trousse::{Column, Table, Task, forecast::{Forecaster, ForecasterParams}};
/// let rows = |days: std::ops::Range<i64>, y: &[f64]| {
///     Table::default().with("ds", Column::Integer(days.collect()))?.with("y", Column::Float(y.to_vec()))
/// };
/// let params = ForecasterParams { models: vec!["naive".into()], ..Default::default() };
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
}

/// One series: the time of its last value, what was wrong with it, and a state for each model.
#[derive(Debug, Clone, PartialEq)]
struct One {
    last: i64,
    error: String,
    states: Vec<State>,
}

/// A fitted model after the values seen so far.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    model: Model,
    filter: Mixture,
    /// The pool of count models in the place of all below but `drift` and `since`, where `auto` chose it.
    pool: Option<CountPool>,
    /// Whether the spread is relative to the forecast.
    relative: bool,
    /// Standard deviation per period ahead.
    spread: Box<[f32]>,
    /// Quantiles of the standardised error; empty for the normal distribution.
    shape: Box<[f32]>,
    /// Whether all values were counts, and none negative.
    count: bool,
    floor: bool,
    largest: f64,
    /// Cumulative sums of the errors: upwards and downwards.
    drift: [f64; 2],
    /// Periods since it was fitted.
    since: u32,
}

impl State {
    pub(super) fn fit(demand: &demand::Demand, length: usize, common: Option<&Common>, options: &Options) -> State {
        if suits_counts(demand, options) {
            return State {
                model: Model::Counts,
                filter: Mixture(Vec::new()),
                pool: Some(count_pool(demand, length, common, options).0),
                relative: false,
                spread: Box::new([0.0]),
                shape: Box::new([]),
                count: true,
                floor: true,
                largest: demand.largest,
                drift: [0.0; 2],
                since: 0,
            };
        }
        let choice = select::choose(demand, options);
        let spread = interval::spread(&choice, demand, options.horizon);
        State {
            model: choice.model,
            relative: spread.relative,
            spread: spread.step.iter().map(|sd| *sd as f32).collect(),
            shape: spread.shape.iter().map(|quantile| *quantile as f32).collect(),
            count: demand.count && options.non_negative,
            floor: options.non_negative && !demand.negative,
            largest: demand.largest,
            filter: choice.end,
            pool: None,
            drift: [0.0; 2],
            since: 0,
        }
    }

    fn sd(&self, step: usize, mean: f64) -> f64 {
        let last = self.spread.len() - 1;
        let grown = if step > last { ((step + 1) as f64 / (last + 1) as f64).sqrt() } else { 1.0 };
        f64::from(self.spread[step.min(last)]) * grown * if self.relative { mean.abs() } else { 1.0 }
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
            let (expected, sd) = match &self.pool {
                Some(pool) => {
                    let next = pool.ahead(1);
                    (next.mean(0), next.variances(1).0[0].sqrt())
                }
                None => (self.filter.ahead(1), self.sd(0, self.filter.ahead(1))),
            };
            let error = y - expected;
            let z = if error == 0.0 { 0.0 } else { (error / sd).clamp(-MOST, MOST) };
            self.drift = [(self.drift[0] + z - SLACK).max(0.0), (self.drift[1] - z - SLACK).max(0.0)];
            self.floor &= y >= 0.0;
            self.count &= y >= 0.0 && (weight < 1.0 || y.fract() == 0.0);
            self.largest = self.largest.max(y);
        }
        self.filter.update(y, weight);
        if let Some(pool) = &mut self.pool {
            pool.update(y, weight);
        }
        self.since = self.since.saturating_add(1);
    }

    pub(super) fn ahead(&self, h: usize, level: &[f64]) -> Forecast {
        if let Some(pool) = &self.pool {
            let options = Options { horizon: h, levels: level.to_vec(), ..Options::default() };
            return as_counts(pool, &counts::Errors { own: 0.0, naive: 0.0 }, &options);
        }
        let mut mean = self.filter.path(h);
        if self.floor {
            mean.iter_mut().for_each(|m| *m = m.max(0.0));
        }
        let most = |m: &f64| if self.count { (2.0 * self.largest * m).sqrt() } else { f64::INFINITY };
        let sd: Vec<f64> = mean.iter().enumerate().map(|(step, m)| self.sd(step, *m).min(most(m))).collect();
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
            shape: self.shape.iter().map(|quantile| f64::from(*quantile)).collect(),
            non_negative: self.floor,
            counts: None,
            law: Law::Auto,
        };
        forecast.intervals = level.iter().map(|level| interval_at(&forecast, *level)).collect();
        forecast
    }

    fn drifted(&self) -> bool {
        self.drift[0].max(self.drift[1]) > THRESHOLD
    }
}

impl Forecaster {
    /// Fits each series of a long table. One that cannot be fitted keeps its error and takes nothing from the others.
    ///
    /// # Errors
    /// As [`table`](super::table()).
    pub fn fit(params: ForecasterParams, table: &Table, task: &Task) -> Result<Forecaster> {
        params.check()?;
        let columns = params.table(params.h, &[]);
        let times = columns.times(table)?;
        let series = group_each(table, &columns, &times)?;
        let (step, season) = columns.rhythm(&times, &series)?;
        let mut empty =
            Forecaster { params, kind: times.kind(), step, season, names: Interner::default(), series: Vec::new() };
        empty.take(table, &times, series, task)?;
        Ok(empty)
    }

    /// Fits the series of a table anew, and those that are new; all others stay as they are.
    ///
    /// # Errors
    /// As [`Forecaster::fit`]; `INVALID_ARGUMENT` for times of another kind. Nothing is changed then.
    pub fn refit(&mut self, table: &Table, task: &Task) -> Result<()> {
        let times = self.times(table)?;
        let series = group_each(table, &self.params.table(self.params.h, &[]), &times)?;
        self.take(table, &times, series, task)
    }

    fn times(&self, table: &Table) -> Result<Times> {
        let times = Times::read(table, &self.params.time_column)?;
        if times.kind() == self.kind {
            return Ok(times);
        }
        Err(Error::argument(&self.params.time_column, "of the kind of the fitted times", "another kind of time"))
    }

    fn take(&mut self, table: &Table, times: &Times, mut series: Vec<Series>, task: &Task) -> Result<()> {
        let columns = self.params.table(self.params.h, &[]);
        let panel = fill(table, &columns, times, &mut series, self.step)?;
        let models: Result<Vec<Options>> = (self.params.models.iter().enumerate())
            .map(|(at, name)| {
                let models = names::models(&format!("models[{at}]"), name, &self.params.candidates)?;
                Ok(columns.options(&models, self.season))
            })
            .collect();
        let models = models?;
        task.expect(series.len());
        let common: Vec<Option<Common>> = models.iter().map(|options| in_common(&panel, options)).collect();
        let states: Vec<Result<Vec<State>>> = (series.par_iter().enumerate())
            .map(|(i, one)| {
                task.tick()?;
                one.fault.clone().map_or(Ok(()), Err)?;
                let demand = demand::uncensor(&one.name, panel.series(i), panel.in_stock(i))?;
                let length = panel.series(i).len();
                let fit = |(options, common): (&Options, &Option<Common>)| {
                    State::fit(&demand, length, common.as_ref(), options)
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
            let at = self.names.intern(&one.name) as usize;
            let fitted = One { last, error, states };
            match self.series.get_mut(at) {
                Some(old) => *old = fitted,
                None => self.series.push(fitted),
            }
        }
        Ok(())
    }

    /// Takes new rows in, each series' in time order after its last value; a period that is left out is a gap. O(1) a
    /// period. All rows or none. Rows of a series that could not be fitted are left.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the row, for a series that was not fitted, a time that is not later than the last one
    /// or over 2,000 periods later, a share outside 0–1; `DUPLICATE_TIME`, `NAN_IN_SERIES`, `MISSING_COLUMN`,
    /// `WRONG_COLUMN_TYPE`.
    pub fn update(&mut self, table: &Table) -> Result<()> {
        let columns = self.params.table(self.params.h, &[]);
        let times = self.times(table)?;
        let y = table.floats(&columns.target_column)?;
        let share = columns.in_stock.as_deref().map(|column| table.floats(column)).transpose()?;
        let mut plan: Vec<(usize, Vec<(usize, usize)>)> = Vec::new();
        for one in group(table, &columns, &times)? {
            if let Some(error) = bad_row(&one, &y, share.as_deref(), &columns) {
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
        let (gap, gap_weight) = if columns.gaps == Gaps::Zero { (0.0, 1.0) } else { (f64::NAN, 0.0) };
        for (at, rows) in plan {
            let one = &mut self.series[at];
            for (periods, row) in rows {
                let share = share.as_ref().map_or(1.0, |share| share[row]);
                for state in &mut one.states {
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
        let params = self.params.table(h, level);
        params.check()?;
        task.expect(self.series.len() * params.models.len());
        let times = Times::of(self.kind);
        let all = || self.series.iter().enumerate().flat_map(|(at, one)| (1..=h as i64).map(move |k| (at, one, k)));
        let mut out = Table::default();
        let ids = all().map(|(at, ..)| self.names.key(at as u32).to_string());
        out.push(params.id_column.clone(), Column::Text(ids.collect()))?;
        let ds = all().map(|(_, one, k)| self.step.after(one.last, k));
        out.push(params.time_column.clone(), times.column(ds.collect()))?;
        let mut chosen = None;
        for (at, name) in params.models.iter().enumerate() {
            let told: Result<Vec<Option<Forecast>>> = (self.series.par_iter())
                .map(|one| {
                    task.tick()?;
                    Ok(one.states.get(at).map(|state| state.ahead(h, level)))
                })
                .collect();
            push_forecast(&mut out, name, &params, &told?)?;
            if name == names::AUTO {
                chosen = Some(at);
            }
        }
        if let Some(auto) = chosen {
            let model = |one: &One| one.states.get(auto).map_or(String::new(), |state| state.model.name().into());
            out.push("model", Column::Text(all().map(|(_, one, _)| model(one)).collect()))?;
        }
        out.push("error", Column::Text(all().map(|(_, one, _)| one.error.clone()).collect()))?;
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
                self.params.models.iter().zip(&one.states).map(move |(name, state)| (at as u32, name, state))
            })
        };
        let due = |state: &State| {
            let old = self.params.refit_every.is_some_and(|every| state.since as usize >= every);
            old || self.params.refit_on_drift && state.drifted()
        };
        Table::default()
            .with(&self.params.id_column, Column::Text(all().map(|(at, ..)| self.names.key(at).into()).collect()))?
            .with("model", Column::Text(all().map(|(_, name, _)| name.clone()).collect()))?
            .with("updates", Column::Integer(all().map(|(.., state)| i64::from(state.since)).collect()))?
            .with("drift", Column::Float(all().map(|(.., state)| state.drift[0].max(state.drift[1])).collect()))?
            .with("drifted", Column::Bool(all().map(|(.., state)| state.drifted()).collect()))?
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
        let each = |(at, one): (usize, &One)| {
            let states = one.states.iter().map(SavedState::of).collect();
            let name = self.names.key(at as u32).to_string();
            SavedOne { name, last: one.last, error: one.error.clone(), states }
        };
        let series = self.series.iter().enumerate().map(each).collect();
        let internal =
            |error: &dyn std::fmt::Display| Error::Internal { message: format!("state not written: {error}") };
        let params = serde_json::to_string(&self.params).map_err(|e| internal(&e))?;
        let saved = Saved { params, kind: self.kind, step: self.step, season: self.season, series };
        let mut bytes = [&MAGIC[..], &[STATE_VERSION]].concat();
        bytes.extend(postcard::to_stdvec(&saved).map_err(|e| internal(&e))?);
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        Ok(bytes)
    }

    /// The state that [`Forecaster::to_bytes`] wrote.
    ///
    /// # Errors
    /// `STATE_CORRUPT` for bytes that are none, cut off or damaged; `STATE_VERSION` for those of a later version.
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
        let (saved, rest): (Saved, _) = postcard::take_from_bytes(body).map_err(|_| corrupt("not readable"))?;
        let params: ForecasterParams = serde_json::from_str(&saved.params).map_err(|_| corrupt("its parameters"))?;
        params.check().map_err(|_| corrupt("its parameters"))?;
        if !rest.is_empty() || !(1..=MAX_PERIODS).contains(&saved.season) || !saved.step.is_sound() {
            return Err(corrupt("its head"));
        }
        let Saved { kind, step, season, .. } = saved;
        let (mut names, mut series) = (Interner::default(), Vec::new());
        for one in saved.series {
            let states: Option<Vec<State>> = one.states.into_iter().map(SavedState::state).collect();
            let states = states.filter(|states| states.is_empty() || states.len() == params.models.len());
            let states = states.ok_or_else(|| corrupt(&format!("the series {}", one.name)))?;
            if names.intern(&one.name) as usize != series.len() {
                return Err(corrupt(&format!("the series {} twice", one.name)));
            }
            series.push(One { last: one.last, error: one.error, states });
        }
        Ok(Forecaster { params, kind, step, season, names, series })
    }
}

#[derive(Serialize, Deserialize)]
struct Saved {
    params: String,
    kind: Kind,
    step: Step,
    season: usize,
    series: Vec<SavedOne>,
}

#[derive(Serialize, Deserialize)]
struct SavedOne {
    name: String,
    last: i64,
    error: String,
    states: Vec<SavedState>,
}

#[derive(Serialize, Deserialize)]
struct SavedState {
    model: String,
    filter: Mixture,
    pool: Option<CountPool>,
    relative: bool,
    spread: Vec<f32>,
    shape: Vec<f32>,
    count: bool,
    floor: bool,
    largest: f64,
    drift: [f64; 2],
    since: u32,
}

impl SavedState {
    fn of(state: &State) -> SavedState {
        SavedState {
            model: state.model.name().into(),
            filter: state.filter.clone(),
            pool: state.pool.clone(),
            relative: state.relative,
            spread: state.spread.to_vec(),
            shape: state.shape.to_vec(),
            count: state.count,
            floor: state.floor,
            largest: state.largest,
            drift: state.drift,
            since: state.since,
        }
    }

    fn state(self) -> Option<State> {
        let parts = &self.filter.0;
        let sound = parts.is_empty() == self.pool.is_some()
            && self.pool.as_ref().is_none_or(CountPool::is_sound)
            && parts.iter().all(|(_, filter)| filter.is_sound())
            && (1..=MAX_PERIODS).contains(&self.spread.len())
            && [0, 99].contains(&self.shape.len());
        sound.then_some(State {
            model: serde_json::from_value(self.model.into()).ok()?,
            filter: self.filter,
            pool: self.pool,
            relative: self.relative,
            spread: self.spread.into(),
            shape: self.shape.into(),
            count: self.count,
            floor: self.floor,
            largest: self.largest,
            drift: self.drift,
            since: self.since,
        })
    }
}
