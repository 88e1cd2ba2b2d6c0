//! Backtests: forecasts from several past days, and how far they and any other forecasts were off.
//!
//! [`cross_validation`] forecasts each series of a long table from rolling origins: every window sees only what came
//! before its cutoff. [`evaluate`] scores the columns of such a table, or of anybody's forecasts beside the truth.
//!
//! Sources: Hyndman & Koehler (2006) for MASE; Makridakis, Spiliotis & Assimakopoulos (2020 and 2022) for sMAPE as in
//! M4 and RMSSE as in M5; Gneiting & Raftery (2007) for the interval score and the pinball loss.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::demand::uncensor;
use super::drivers::{Learned, Sheet};
use super::forecaster::{State, no_errors_kept};
use super::table::{Course, TableParams, Times, fill, group_each, places, tell};
use super::{CHUNK, DriverParams, Forecast, MAX_PERIODS, Options, check_count, in_turn};
use crate::base::{Column, Error, Interner, Panel, Result, Table, Task};

/// From where to forecast: the last window ends with the series, each one before it ends `step_size` periods earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Origins {
    /// How many windows, 1 … 1,000.
    pub n_windows: usize,
    /// Periods between their cutoffs; `h` by default.
    pub step_size: Option<usize>,
    /// Whether models are chosen and fitted anew for each window; otherwise those of a series' first window take the
    /// values up to the next ones in, as a [`Forecaster`](super::Forecaster) does; `intervals` are `auto` or `analytic` then.
    pub refit: bool,
}

impl Default for Origins {
    fn default() -> Self {
        Origins { n_windows: 1, step_size: None, refit: true }
    }
}

/// The parameters of [`cross_validation`] as faces take them: in one.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[allow(dead_code)] // for its schema only
pub struct CrossValidationParams {
    #[serde(flatten)]
    forecast: TableParams,
    #[serde(flatten)]
    drivers: DriverParams,
    #[serde(flatten)]
    origins: Origins,
}

/// Forecasts each series from past origins: `unique_id, ds, cutoff, y, auto, auto-lo-80 …, model, error`, where `cutoff`
/// is the last time that a window saw and `y` what came then (`NaN` where that is not known). Models are chosen and
/// fitted anew for each window. A series too short for a window, which must leave it one period, is left out of that
/// window; one that cannot be forecast keeps its rows, as in [`table`](super::table()).
///
/// # Errors
/// As [`table`](super::table()); `SERIES_TOO_SHORT` where no series is long enough for any window.
///
/// ```
/// use trousse::{Column, Table, Task, forecast::{self, Origins, TableParams}};
/// let sales = Table::default()
///     .with("ds", Column::Integer((0..6).collect()))?
///     .with("y", Column::Float(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))?;
/// let params = TableParams { h: 1, models: vec!["naive".into()], ..Default::default() };
/// let origins = Origins { n_windows: 2, ..Default::default() };
/// let past = forecast::cross_validation(&sales, &params, &origins, &Task::default())?;
/// assert_eq!(past.integers("cutoff")?, [3, 4]);
/// assert_eq!((past.floats("y")?, past.floats("naive")?), (vec![5.0, 6.0], vec![4.0, 5.0]));
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn cross_validation(table: &Table, params: &TableParams, origins: &Origins, task: &Task) -> Result<Table> {
    rolled(table, params, None, origins, task)
}

/// Forecasts each series from past origins with drivers, as [`with_drivers`](super::with_drivers) does: the rows after a
/// cutoff are its window's future, and effects are learned from what the window saw. A period without a row has no
/// forecast.
///
/// # Errors
/// As [`with_drivers`](super::with_drivers) and [`cross_validation`]; `INVALID_ARGUMENT` for `refit` = false.
pub fn cross_validation_with_drivers(
    table: &Table,
    params: &TableParams,
    drivers: &DriverParams,
    origins: &Origins,
    task: &Task,
) -> Result<Table> {
    drivers.check()?;
    if !origins.refit {
        return Err(Error::argument("refit", "true with drivers", "false"));
    }
    rolled(table, params, Some(drivers), origins, task)
}

fn rolled(
    table: &Table,
    params: &TableParams,
    drivers: Option<&DriverParams>,
    origins: &Origins,
    task: &Task,
) -> Result<Table> {
    params.check()?;
    check_count("n_windows", origins.n_windows, 1_000)?;
    let step_size = origins.step_size.unwrap_or(params.h);
    check_count("step_size", step_size, MAX_PERIODS)?;
    if !origins.refit {
        no_errors_kept("intervals", params.intervals)?;
    }
    let times = params.times(table)?;
    let mut series = group_each(table, params, &times)?;
    let (step, season) = params.rhythm(&times, &series)?;
    let whole = fill(table, params, &times, &mut series, step)?;
    let grids: Vec<Vec<usize>> = series.iter().map(|one| places(one, &times, step)).collect();
    let time_at = |at: usize, place: usize| match grids[at].binary_search(&place) {
        Ok(row) => times.value[series[at].rows[row]],
        Err(_) => step.after(times.value[series[at].rows[0]], place as i64),
    };
    let mut windows: Vec<(usize, usize)> = Vec::new(); // series and how many periods of it the window sees
    for at in 0..series.len() {
        let length = whole.series(at).len();
        let seen = |window: usize| length.checked_sub(params.h + window * step_size).filter(|seen| *seen > 0);
        windows.extend((0..origins.n_windows).rev().filter_map(seen).map(|seen| (at, seen)));
    }
    let Some(_) = windows.first() else {
        let named = series.first().map_or_else(String::new, |one| one.name.clone());
        let length = if series.is_empty() { 0 } else { whole.series(0).len() };
        return Err(Error::SeriesTooShort { series: named, need: params.h + 1, got: length });
    };
    let (mut ids, mut ds, mut cutoffs, mut y) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (at, seen) in &windows {
        for place in *seen..*seen + params.h {
            ids.push(series[*at].name.clone());
            ds.push(time_at(*at, place));
            cutoffs.push(time_at(*at, seen - 1));
            y.push(whole.series(*at)[place]);
        }
    }
    let mut out = Table::default();
    out.push(params.id_column.clone(), Column::Text(ids))?;
    out.push(params.time_column.clone(), times.column(ds))?;
    out.push("cutoff", times.column(cutoffs))?;
    out.push(params.target_column.clone(), Column::Float(y))?;
    let faults = windows.iter().map(|(at, _)| series[*at].fault.clone()).collect();
    task.expect(windows.len() * params.models.len());
    let periods = |_: usize| params.h;
    if let Some(drivers) = drivers {
        let sheet = Sheet::read(table, None, params, drivers)?;
        let driven = driven(&sheet, &windows, params, drivers, task)?;
        tell(&mut out, faults, &periods, params, season, &|options, take| {
            told(&driven, &windows, params.h, options, task, take)
        })?;
    } else if origins.refit {
        let panel = cut(&whole, &windows)?;
        tell(&mut out, faults, &periods, params, season, &|options, take| {
            in_turn(&panel, options, task, &mut |forecast| take(forecast.map(Course::from)))
        })?;
    } else {
        let runs: Vec<&[(usize, usize)]> = windows.chunk_by(|a, b| a.0 == b.0).collect();
        tell(&mut out, faults, &periods, params, season, &|options, take| {
            for runs in runs.chunks(CHUNK) {
                let told: Vec<Vec<Result<Forecast>>> =
                    runs.par_iter().map(|run| kept(&whole, run, options, task)).collect::<Result<_>>()?;
                told.into_iter().flatten().for_each(|forecast| take(forecast.map(Course::from)));
            }
            Ok(())
        })?;
    }
    Ok(out)
}

/// The windows of one series, forecast by the models that its first window chose.
fn kept(whole: &Panel, run: &[(usize, usize)], options: &Options, task: &Task) -> Result<Vec<Result<Forecast>>> {
    let mut state: Option<State> = None;
    let mut before = 0;
    run.iter()
        .map(|(at, seen)| {
            task.tick()?;
            let (y, share) = (whole.series(*at), whole.in_stock(*at));
            let mut now = match state.take() {
                Some(state) => state,
                None => match uncensor(whole.id(*at), &y[..*seen], share.map(|share| &share[..*seen])) {
                    Ok(demand) => {
                        before = *seen;
                        State::fit(&demand, *seen, None, options)
                    }
                    Err(error) => return Ok(Err(error)),
                },
            };
            (before..*seen).for_each(|t| now.see(y[t], share.map_or(1.0, |share| share[t])));
            before = *seen;
            let told = now.ahead(options.horizon, &options.levels);
            state = Some(now);
            Ok(Ok(told))
        })
        .collect()
}

/// What was learned at each origin, the earliest first, of the series that reach so far back.
fn driven(
    sheet: &Sheet,
    windows: &[(usize, usize)],
    params: &TableParams,
    drivers: &DriverParams,
    task: &Task,
) -> Result<Vec<Learned>> {
    let runs: Vec<&[(usize, usize)]> = windows.chunk_by(|a, b| a.0 == b.0).collect();
    let most = runs.iter().map(|run| run.len()).max().unwrap_or(0);
    let at = |back: usize| {
        let mut seen = vec![None; sheet.lines.len()];
        for run in &runs {
            let own = run.len().checked_sub(back + 1).map(|at| run[at]);
            own.into_iter().for_each(|(series, periods)| seen[series] = Some(periods));
        }
        Learned::of(sheet.window(&seen, params.h), params, drivers, sheet.season, task)
    };
    (0..most).rev().map(at).collect()
}

/// Gives the course of each window to `take`: all windows of a series, then those of the next.
fn told(
    driven: &[Learned],
    windows: &[(usize, usize)],
    horizon: usize,
    options: &Options,
    task: &Task,
    take: &mut dyn FnMut(Result<Course>),
) -> Result<()> {
    let mut courses: Vec<Vec<Option<Result<Course>>>> = Vec::with_capacity(driven.len());
    for learned in driven {
        let mut own = Vec::with_capacity(learned.series().len());
        learned.tell(options, task, &mut |forecast| {
            let known = learned.series()[own.len()].as_ref();
            own.push(Some(forecast.map(Course::from).map(|course| match known {
                Ok(known) => course.spread(&known.steps(), horizon),
                Err(_) => course,
            })));
        })?;
        courses.push(own);
    }
    for run in windows.chunk_by(|a, b| a.0 == b.0) {
        for own in &mut courses[driven.len() - run.len()..] {
            own[run[0].0].take().into_iter().for_each(&mut *take);
        }
    }
    Ok(())
}

/// The first periods of each window's series.
fn cut(whole: &Panel, windows: &[(usize, usize)]) -> Result<Panel> {
    let (mut values, mut shares, mut offsets) = (Vec::new(), Vec::new(), vec![0]);
    for (at, seen) in windows {
        values.extend_from_slice(&whole.series(*at)[..*seen]);
        shares.extend(whole.in_stock(*at).into_iter().flat_map(|share| &share[..*seen]));
        offsets.push(values.len());
    }
    let names = windows.iter().map(|(at, _)| whole.id(*at).to_string()).collect();
    let is_known = shares.len() == values.len();
    let panel = Panel::new(names, values, offsets)?;
    if is_known { panel.with_in_stock(shares) } else { Ok(panel) }
}

/// How to score forecasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct EvaluateParams {
    /// The lag of the seasonal naive forecast that MASE and the interval score are scaled with.
    pub season: usize,
    /// Column of the series' names; where a table lacks it, all rows are one series.
    pub id_column: String,
    /// Column of the times.
    pub time_column: String,
    /// Column of the truth.
    pub target_column: String,
    /// The model that the others have to beat, a column: they get `fva`.
    pub reference: Option<String>,
}

impl Default for EvaluateParams {
    fn default() -> Self {
        let (id_column, time_column, target_column) = ("unique_id".into(), "ds".into(), "y".into());
        EvaluateParams { season: 1, id_column, time_column, target_column, reference: None }
    }
}

/// One forecast column with its intervals: level in percent, low and high ends.
struct Scored<'a> {
    name: &'a str,
    mean: Vec<f64>,
    intervals: Vec<(String, f64, Vec<f64>, Vec<f64>)>,
}

/// What the in-sample rows of a window say of its size: mean absolute seasonal difference, mean squared and mean
/// absolute first difference from the first value that is not 0.
#[derive(Clone, Copy)]
struct Scale {
    seasonal: f64,
    squared: f64,
    absolute: f64,
}

/// Scores the forecasts in the columns of a frame with the truth beside them: one row a model and metric,
/// `model, metric, value`. A model is a column of numbers; its intervals are the columns `model-lo-80`, `model-hi-80`.
/// Where there is a column `cutoff`, as [`cross_validation`] answers it, each series counts once a cutoff.
///
/// Over all points: `mae`, `rmse`, `wape`, `bias` (both divided by the sum of the absolute truth), `coverage-80`; with
/// intervals `crps`, twice the pinball loss over the ends told and the point forecast as the median, each weighted by the
/// probabilities nearest to it (the more levels, the closer to the integral); with a `reference` `fva`, the forecast
/// value added: the share of its mean absolute error that a model saves on the rows that both told.
/// Means over series: `smape` (in percent), and with `train` (the rows before, or up to the cutoff) `mase`, `rmsse`,
/// `msis-80` and `spl`, the pinball loss at the ends of all intervals and at the point forecast taken as the median,
/// divided by the mean absolute first difference. A series whose scale is 0 or unknown is left out of those. Rows whose
/// truth or forecast is `NaN` are left out. A value that no row gave is `NaN`.
///
/// # Errors
/// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `INVALID_ARGUMENT` for a season outside 1 … 2000, one end of an interval
/// without the other or a `reference` that is no model of the frame.
///
/// ```
/// use trousse::{Column, Table, forecast::{self, EvaluateParams}};
/// let told = Table::default()
///     .with("ds", Column::Integer(vec![4, 5]))?
///     .with("y", Column::Float(vec![10.0, 6.0]))?
///     .with("mine", Column::Float(vec![9.0, 9.0]))?;
/// let scores = forecast::evaluate(&told, None, &EvaluateParams::default())?;
/// assert_eq!(scores.texts("metric")?[..4], ["mae", "rmse", "wape", "bias"]);
/// assert_eq!(scores.floats("value")?[..4], [2.0, 5f64.sqrt(), 0.25, 0.125]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn evaluate(table: &Table, train: Option<&Table>, params: &EvaluateParams) -> Result<Table> {
    check_count("season", params.season, MAX_PERIODS)?;
    let y = table.floats(&params.target_column)?;
    let windows = windows(table, params)?;
    let scales = match train {
        Some(train) => Some(scales(train, &windows, table, params)?),
        None => None,
    };
    let told = scored(table, params)?;
    let reference = match &params.reference {
        Some(name) => match told.iter().find(|model| model.name == name) {
            Some(model) => Some(model),
            None => return Err(Error::argument("reference", "a model of the frame", name)),
        },
        None => None,
    };
    let (mut models, mut metrics, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for model in &told {
        let mut found = scores(model, &y, &windows, scales.as_deref());
        if let Some(reference) = reference.filter(|reference| reference.name != model.name) {
            found.push(("fva".into(), value_added(model, reference, &y)));
        }
        for (metric, value) in found {
            models.push(model.name.to_string());
            metrics.push(metric);
            values.push(value);
        }
    }
    Table::default()
        .with("model", Column::Text(models))?
        .with("metric", Column::Text(metrics))?
        .with("value", Column::Float(values))
}

/// The share of the reference's absolute error that a model saves.
fn value_added(model: &Scored<'_>, reference: &Scored<'_>, y: &[f64]) -> f64 {
    let (mut own, mut other) = (0.0, 0.0);
    for ((y, told), naive) in y.iter().zip(&model.mean).zip(&reference.mean) {
        if y.is_finite() && told.is_finite() && naive.is_finite() {
            own += (told - y).abs();
            other += (naive - y).abs();
        }
    }
    if other > 0.0 { 1.0 - own / other } else { f64::NAN }
}

/// Series, cutoff if there is one, and rows, in the order of their first rows.
type Window = (String, Option<i64>, Vec<usize>);

fn windows(table: &Table, params: &EvaluateParams) -> Result<Vec<Window>> {
    let ids = ids(table, params)?;
    let cutoffs = table.get("cutoff").map(|_| Times::read(table, "cutoff")).transpose()?;
    let mut keys = Interner::default();
    let mut windows: Vec<Window> = Vec::new();
    for (row, id) in ids.iter().enumerate() {
        let cutoff = cutoffs.as_ref().map(|cutoffs| cutoffs.value[row]);
        let at = keys.intern(&format!("{}\u{0}{id}", cutoff.unwrap_or(0))) as usize;
        if at == windows.len() {
            windows.push((id.clone(), cutoff, Vec::new()));
        }
        windows[at].2.push(row);
    }
    Ok(windows)
}

fn ids(table: &Table, params: &EvaluateParams) -> Result<Vec<String>> {
    match table.get(&params.id_column) {
        Some(_) => table.texts(&params.id_column),
        None => Ok(vec![String::new(); table.rows()]),
    }
}

fn scales(train: &Table, windows: &[Window], table: &Table, params: &EvaluateParams) -> Result<Vec<Option<Scale>>> {
    let (ids, y) = (ids(train, params)?, train.floats(&params.target_column)?);
    let times = Times::read(train, &params.time_column)?;
    if table.get("cutoff").is_some() && !times.is_kind_of(&Times::read(table, "cutoff")?) {
        return Err(Error::argument(&params.time_column, "of the kind of the cutoffs", "another kind of time"));
    }
    let mut names = Interner::default();
    let mut series: Vec<Vec<(i64, f64)>> = Vec::new();
    for (row, id) in ids.iter().enumerate() {
        let at = names.intern(id) as usize;
        if at == series.len() {
            series.push(Vec::new());
        }
        series[at].push((times.value[row], y[row]));
    }
    series.iter_mut().for_each(|rows| rows.sort_by_key(|(time, _)| *time));
    let scale = |(id, cutoff, _): &Window| {
        let rows = &series[names.id(id)? as usize];
        let seen = rows.iter().take_while(|(time, _)| cutoff.is_none_or(|cutoff| *time <= cutoff));
        Some(scale_of(&seen.map(|(_, y)| *y).collect::<Vec<f64>>(), params.season))
    };
    Ok(windows.iter().map(scale).collect())
}

fn scale_of(y: &[f64], season: usize) -> Scale {
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (sum, n) = values.filter(|v| !v.is_nan()).fold((0.0, 0.0), |(sum, n), v| (sum + v, n + 1.0));
        sum / n // NaN for none
    };
    let first = y.iter().position(|y| *y != 0.0 && !y.is_nan()).unwrap_or(y.len());
    let steps = || y[first..].windows(2).map(|pair| pair[1] - pair[0]);
    Scale {
        seasonal: mean(&mut y.iter().skip(season).zip(y).map(|(now, then)| (now - then).abs())),
        squared: mean(&mut steps().map(|step| step * step)),
        absolute: mean(&mut steps().map(f64::abs)),
    }
}

/// The models of a frame, in the order of its columns.
fn scored<'a>(table: &'a Table, params: &EvaluateParams) -> Result<Vec<Scored<'a>>> {
    let taken = [&params.id_column[..], &params.time_column, &params.target_column, "cutoff"];
    let end = |name: &str| name.contains("-lo-") || name.contains("-hi-");
    let mut models = Vec::new();
    for (name, column) in table.columns() {
        if !column.is_numeric() || end(name) || taken.contains(&name.as_str()) {
            continue;
        }
        let mut intervals = Vec::new();
        for (low, _) in table.columns() {
            let Some(level) = low.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix("-lo-")) else {
                continue;
            };
            let percent = level.parse().ok().filter(|level: &f64| *level > 0.0 && *level < 100.0);
            let percent = percent.ok_or_else(|| Error::argument(low, "a level between 0 and 100 at its end", level))?;
            let high = format!("{name}-hi-{level}");
            if table.get(&high).is_none() {
                return Err(Error::argument(low, format!("one of two ends: {high} is missing"), "one end"));
            }
            intervals.push((level.to_string(), percent, table.floats(low)?, table.floats(&high)?));
        }
        models.push(Scored { name, mean: table.floats(name)?, intervals });
    }
    Ok(models)
}

/// A mean that grows; `NaN` while empty.
#[derive(Default, Clone, Copy)]
struct Mean(f64, f64);

impl Mean {
    fn add(&mut self, value: f64) {
        if value.is_finite() {
            *self = Mean(self.0 + value, self.1 + 1.0);
        }
    }
    fn value(self) -> f64 {
        self.0 / self.1
    }
}

fn scores(model: &Scored<'_>, y: &[f64], windows: &[Window], scales: Option<&[Option<Scale>]>) -> Vec<(String, f64)> {
    let (mut absolute, mut squared, mut error, mut size) = (Mean::default(), Mean::default(), 0.0, 0.0);
    let [mut smape, mut mase, mut rmsse, mut spl] = [Mean::default(); 4];
    let mut covered = vec![Mean::default(); model.intervals.len()];
    let mut msis = covered.clone();
    let (mut crps, weights) = (Mean::default(), nearest(model));
    for (at, (_, _, rows)) in windows.iter().enumerate() {
        let scale = scales.and_then(|scales| scales[at]);
        let [mut own, mut own_squared, mut own_smape, mut own_pinball] = [Mean::default(); 4];
        let mut own_interval = vec![Mean::default(); model.intervals.len()];
        for row in rows.iter().copied().filter(|row| y[*row].is_finite() && model.mean[*row].is_finite()) {
            let (truth, told) = (y[row], model.mean[row]);
            let off = told - truth;
            own.add(off.abs());
            own_squared.add(off * off);
            let both = truth.abs() + told.abs();
            own_smape.add(if both == 0.0 { 0.0 } else { 200.0 * off.abs() / both });
            (error, size) = (error + off, size + truth.abs());
            absolute.add(off.abs());
            squared.add(off * off);
            own_pinball.add(pinball(truth, told, 0.5));
            let mut ranked = weights[0] * pinball(truth, told, 0.5);
            for (i, (_, level, low, high)) in model.intervals.iter().enumerate() {
                let (low, high, tail) = (low[row], high[row], (1.0 - level / 100.0) / 2.0);
                if !(low.is_finite() && high.is_finite()) {
                    continue;
                }
                covered[i].add(if (low..=high).contains(&truth) { 1.0 } else { 0.0 });
                own_interval[i].add(high - low + ((low - truth).max(0.0) + (truth - high).max(0.0)) / tail);
                own_pinball.add(pinball(truth, low, tail));
                own_pinball.add(pinball(truth, high, 1.0 - tail));
                ranked += weights[i + 1] * (pinball(truth, low, tail) + pinball(truth, high, 1.0 - tail));
            }
            if model.intervals.iter().all(|(_, _, low, high)| low[row].is_finite() && high[row].is_finite()) {
                crps.add(2.0 * ranked);
            }
        }
        smape.add(own_smape.value());
        if let Some(scale) = scale {
            mase.add(own.value() / scale.seasonal);
            rmsse.add((own_squared.value() / scale.squared).sqrt());
            spl.add(own_pinball.value() / scale.absolute);
            msis.iter_mut().zip(own_interval).for_each(|(all, own)| all.add(own.value() / scale.seasonal));
        }
    }
    let mut found: Vec<(String, f64)> = [
        ("mae", absolute.value()),
        ("rmse", squared.value().sqrt()),
        ("wape", absolute.0 / size),
        ("bias", error / size),
        ("smape", smape.value()),
    ]
    .map(|(metric, value)| (metric.to_string(), value))
    .into();
    if !model.intervals.is_empty() {
        found.push(("crps".into(), crps.value()));
    }
    if scales.is_some() {
        found.extend([("mase", mase), ("rmsse", rmsse), ("spl", spl)].map(|(name, mean)| (name.into(), mean.value())));
    }
    for (i, (level, ..)) in model.intervals.iter().enumerate() {
        found.push((format!("coverage-{level}"), covered[i].value()));
        if scales.is_some() {
            found.push((format!("msis-{level}"), msis[i].value()));
        }
    }
    found
}

/// The probabilities that lie nearest to the median and to each end of each interval; they sum to 1 over all.
fn nearest(model: &Scored<'_>) -> Vec<f64> {
    let tails: Vec<f64> = model.intervals.iter().map(|(_, level, ..)| (1.0 - level / 100.0) / 2.0).collect();
    let mut all: Vec<f64> = tails.iter().flat_map(|tail| [*tail, 1.0 - tail]).chain([0.5]).collect();
    all.sort_by(f64::total_cmp);
    let of = |u: f64| {
        let at = all.partition_point(|other| *other < u);
        let below = at.checked_sub(1).map_or(0.0, |i| (all[i] + u) / 2.0);
        let above = all.get(at + 1).map_or(1.0, |next| (next + u) / 2.0);
        above - below
    };
    std::iter::once(0.5).chain(tails).map(of).collect()
}

/// The loss of telling `told` as the quantile at probability `u` of what became `truth`.
fn pinball(truth: f64, told: f64, u: f64) -> f64 {
    let off = truth - told;
    if off >= 0.0 { u * off } else { (u - 1.0) * off }
}
