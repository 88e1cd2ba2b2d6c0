//! Futures as paths: whole courses of demand, of which each period has the quantiles of the forecast and the sums have
//! the spread of cumulated demand.
//!
//! A path of a smooth model goes from period to period with the correlation that `sd` and `total_sd` leave: with S the
//! sum of errors so far and T its variance, cov(e, S) = (T′ − T − s²) / 2. What is drawn is a normal score, read as the
//! quantile of that period (a Gaussian copula). A path of counts keeps to one model of the pool. Where `intervals` asks for
//! the bootstrap, paths are the model run on with errors of the past, and ranks choose among those.
//!
//! Paths of one call belong together: path `k` of every series is the same future. The chance of path `k` in period `h` is
//! the rank of the same past period in the changes of each series (the rank template of Clark et al. 2004, the *Schaake
//! shuffle*), so that items that moved together do so ahead, and sums over items need no assumption. Reconciled column
//! by column, the paths of all nodes add up (Panagiotelis et al. 2023).

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::counts::{PATHS, Random, sum_quantiles};
use super::drivers::{DriverParams, Learned, Sheet};
use super::table::{TableParams, ahead, fill, group_each, judged, push_errors, push_ids, raise};
use super::ways::{Intervals, Law};
use super::{Forecast, LARGE_COUNT, Model, check_count};
use crate::base::numeric::{CountSums, normal_cdf, normal_quantile};
use crate::base::{Column, Error, Panel, Result, Table, Task};

/// Fewer changes of the past tell nothing of how series move together.
const LEAST_CHANGES: usize = 8;

impl Forecast {
    /// Simulates `count` paths of the horizon, one after the other. Same seed, same bits.
    ///
    /// ```
    /// use trousse::forecast::{Options, auto};
    /// let ahead = auto(&[4.0, 6.0, 5.0, 5.0, 4.0, 6.0, 5.0, 5.0], None, &Options { horizon: 3, ..Default::default() })?;
    /// let paths = ahead.paths(100, 7);
    /// assert_eq!((paths.len(), paths == ahead.paths(100, 7)), (300, true));
    /// # Ok::<(), trousse::Error>(())
    /// ```
    pub fn paths(&self, count: usize, seed: u64) -> Vec<f64> {
        self.paths_by(self.mean.len(), count, &mut Random(seed), &mut |random, _, _| random.unit())
    }

    fn paths_by(
        &self,
        horizon: usize,
        count: usize,
        random: &mut Random,
        uniform: &mut dyn FnMut(&mut Random, usize, usize) -> f64,
    ) -> Vec<f64> {
        if let Law::Bootstrap(sampled) = &self.law {
            return sampled.paths_by(horizon, count, random, uniform);
        }
        if let Some(counts) = &self.counts {
            return counts.paths_by(horizon, count, random, uniform);
        }
        let mut quantiles: Vec<Quantiles<'_>> = (0..horizon).map(|step| Quantiles::of(self, step)).collect();
        let mut paths = Vec::with_capacity(horizon * count);
        for path in 0..count {
            let (mut sum, mut variance) = (0.0, 0.0_f64);
            for (step, own) in quantiles.iter_mut().enumerate() {
                let drawn = normal_quantile(uniform(random, path, step).clamp(1e-9, 1.0 - 1e-9));
                let (sd, before) = (self.sd[step], variance.sqrt());
                let both = (self.total_sd[step].powi(2) - variance - sd * sd) / 2.0;
                let alike = if sd * before > 0.0 { (both / (sd * before)).clamp(-1.0, 1.0) } else { 0.0 };
                let past = if before > 0.0 { sum / before } else { 0.0 };
                let score = alike * past + (1.0 - alike * alike).sqrt() * drawn;
                sum += sd * score;
                variance += sd * sd + 2.0 * alike * sd * before;
                let sure = sd == 0.0 && !matches!(self.law, Law::Logs(_));
                paths.push(if sure { self.mean[step] } else { own.at(normal_cdf(score)) });
            }
        }
        paths
    }

    /// What the demand of the first `periods` periods together does not exceed with each probability, from 2,000 paths:
    /// quantiles of sums, not sums of quantiles. `periods` beyond the horizon count as the horizon.
    ///
    /// ```
    /// use trousse::forecast::{Model, Options, auto};
    /// let options = Options { horizon: 7, models: vec![Model::Naive], ..Default::default() };
    /// let total = auto(&[5.0; 20], None, &options)?.total_quantiles(7, &[0.5, 0.99], 1);
    /// assert_eq!(total, [35.0, 35.0]);
    /// # Ok::<(), trousse::Error>(())
    /// ```
    pub fn total_quantiles(&self, periods: usize, levels: &[f64], seed: u64) -> Vec<f64> {
        let horizon = self.mean.len();
        let periods = periods.min(horizon);
        if periods == 0 {
            return vec![0.0; levels.len()];
        }
        sum_quantiles(&self.first_paths(periods, PATHS, seed), periods, levels)
    }

    /// The demand of the first `periods` periods together in each of `count` paths; `periods` beyond the horizon count as
    /// the horizon.
    ///
    /// ```
    /// use trousse::forecast::{Model, Options, auto};
    /// let options = Options { horizon: 7, models: vec![Model::Naive], ..Default::default() };
    /// let totals = auto(&[5.0; 20], None, &options)?.totals(4, 3, 1);
    /// assert_eq!(totals, [20.0, 20.0, 20.0]);
    /// # Ok::<(), trousse::Error>(())
    /// ```
    pub fn totals(&self, periods: usize, count: usize, seed: u64) -> Vec<f64> {
        match periods.min(self.mean.len()) {
            0 => vec![0.0; count],
            periods => self.first_paths(periods, count, seed).chunks(periods).map(|path| path.iter().sum()).collect(),
        }
    }

    /// The mean of the demand of all periods together.
    fn total_mean(&self) -> f64 {
        match &self.law {
            Law::Logs(logs) => logs.means().sum(),
            _ => self.mean.iter().sum(),
        }
    }

    fn first_paths(&self, periods: usize, count: usize, seed: u64) -> Vec<f64> {
        self.paths_by(periods, count, &mut Random(seed), &mut |random, _, _| random.unit())
    }
}

/// The quantiles of one period ahead; those of a count from sums that are kept, as far as they were asked for.
struct Quantiles<'a> {
    forecast: &'a Forecast,
    step: usize,
    sums: Option<CountSums>,
    table: Vec<f64>,
}

/// So many sums are kept.
const TABLED: usize = 1_024;

impl<'a> Quantiles<'a> {
    fn of(forecast: &'a Forecast, step: usize) -> Quantiles<'a> {
        let (mean, sd) = (forecast.mean[step], forecast.sd[step]);
        let counted = forecast.count && mean > 0.0 && mean <= LARGE_COUNT;
        Quantiles { forecast, step, sums: counted.then(|| CountSums::new(mean, sd * sd)), table: Vec::new() }
    }

    /// [`Forecast::quantile`] of the step.
    fn at(&mut self, p: f64) -> f64 {
        let Some(sums) = &mut self.sums else { return self.forecast.quantile(self.step, p) };
        let least = p.clamp(1e-6, 1.0 - 1e-6);
        while self.table.last().is_none_or(|below| *below < least) {
            if self.table.len() == TABLED {
                return self.forecast.quantile(self.step, p);
            }
            self.table.extend(sums.next());
        }
        self.table.partition_point(|below| *below < least) as f64
    }
}

/// How many paths to simulate, and their seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Draws {
    /// How many paths, 1 … 10,000.
    pub n_paths: usize,
    /// Seed: the same gives the same paths.
    pub seed: u64,
}

impl Default for Draws {
    fn default() -> Self {
        Draws { n_paths: 100, seed: 0 }
    }
}

impl Draws {
    fn check(&self) -> Result<()> {
        check_count("n_paths", self.n_paths, 10_000)
    }
}

/// The parameters of [`forecast_paths`] as faces take them: in one.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[allow(dead_code)] // for its schema only
pub struct ForecastPathsParams {
    #[serde(flatten)]
    forecast: TableParams,
    #[serde(flatten)]
    drivers: DriverParams,
    #[serde(flatten)]
    draws: Draws,
}

/// Simulates the future of each series of a long table: `unique_id, ds, path-1 … path-n, error`. A column is one future of all
/// series; `reconcile` makes its nodes add up, and sums over rows or series are read off each column by itself.
///
/// # Errors
/// As [`table`](super::table()); `INVALID_ARGUMENT` for `n_paths`, several `models` or conformal `intervals`.
///
/// ```
/// use trousse::{Column, Table, Task, forecast::{self, Draws, TableParams}};
/// let sales = Table::default().with("ds", Column::Integer((0..6).collect()))?.with("y", Column::Float(vec![5.0; 6]))?;
/// let draws = Draws { n_paths: 2, seed: 1 };
/// let paths = forecast::forecast_paths(&sales, &TableParams { h: 2, ..Default::default() }, &draws, &Task::default())?;
/// assert_eq!(paths.floats("path-2")?, [5.0, 5.0]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn forecast_paths(table: &Table, params: &TableParams, draws: &Draws, task: &Task) -> Result<Table> {
    draws.check()?;
    Told::of(table, params, task)?.paths(params, draws)
}

/// Simulates the future of each series as [`forecast_paths`] does where drivers are known ahead; `df`, `future` and `drivers`
/// are as in [`with_drivers`](super::with_drivers), `h` at least 1. Series go on together as they did once the drivers were
/// taken out.
///
/// # Errors
/// As [`with_drivers`](super::with_drivers) and [`forecast_paths`].
///
/// ```
/// use trousse::{Column, Table, Task, forecast::{self, Draws, DriverParams, TableParams}};
/// let deal = |t: i64| i64::from(t % 3 == 0);
/// let sales = Table::default()
///     .with("ds", Column::Integer((0..30).collect()))?
///     .with("y", Column::Float((0..30).map(|t| 10.0 * (1 + deal(t)) as f64).collect()))?
///     .with("deal", Column::Integer((0..30).map(deal).collect()))?;
/// let ahead = Table::default().with("ds", Column::Integer(vec![30, 31]))?.with("deal", Column::Integer(vec![1, 0]))?;
/// let (params, draws) = (TableParams { h: 2, ..Default::default() }, Draws { n_paths: 2, seed: 1 });
/// let drivers = DriverParams { drivers: vec!["deal".into()], ..Default::default() };
/// let paths = forecast::forecast_paths_with_drivers(&sales, &ahead, &params, &drivers, &draws, &Task::default())?;
/// assert_eq!(paths.floats("path-2")?, [20.0, 10.0]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn forecast_paths_with_drivers(
    table: &Table,
    future: &Table,
    params: &TableParams,
    drivers: &DriverParams,
    draws: &Draws,
    task: &Task,
) -> Result<Table> {
    draws.check()?;
    Told::driven(table, future, params, drivers, task)?.paths(params, draws)
}

/// The series of a table, each with its forecast by one model or with what is wrong with it.
struct Told {
    names: Vec<String>,
    ds: Column,
    season: usize,
    /// Their past; with drivers what those leave of it.
    past: Panel,
    errors: Vec<Option<Error>>,
    forecasts: Vec<Option<Forecast>>,
}

impl Told {
    fn of(table: &Table, params: &TableParams, task: &Task) -> Result<Told> {
        let models = models(params)?;
        let times = params.times(table)?;
        let mut series = group_each(table, params, &times)?;
        let (step, season) = params.rhythm(&times, &series)?;
        let past = fill(table, params, &times, &mut series, step)?;
        let ds = ahead(params, &times, &series, step);
        let mut errors: Vec<Option<Error>> = series.iter().map(|one| one.fault.clone()).collect();
        task.expect(past.len());
        let forecasts = judged(&past, &models, &mut errors, params, season, task)?;
        let names = series.into_iter().map(|one| one.name).collect();
        Ok(Told { names, ds, season, past, errors, forecasts })
    }

    fn driven(
        table: &Table,
        future: &Table,
        params: &TableParams,
        drivers: &DriverParams,
        task: &Task,
    ) -> Result<Told> {
        let models = models(params)?;
        drivers.check()?;
        let sheet = Sheet::read(table, Some(future), params, drivers)?;
        let learned = Learned::of(sheet.whole(), params, drivers, sheet.season, task)?;
        let times = sheet.lines.iter().flat_map(|line| line.expected(sheet.step, params.h)).collect();
        let ds = sheet.times.column(times);
        let (mut errors, mut forecasts) = (Vec::new(), Vec::new());
        learned.tell(&params.options(&models, sheet.season), task, &mut |forecast| {
            errors.push(forecast.as_ref().err().cloned());
            forecasts.push(forecast.ok());
        })?;
        raise(&errors, params)?;
        let names = sheet.lines.into_iter().map(|line| line.name).collect();
        Ok(Told { names, ds, season: sheet.season, past: learned.past()?, errors, forecasts })
    }

    fn paths(self, params: &TableParams, draws: &Draws) -> Result<Table> {
        let Told { names, ds, season, past, errors, forecasts } = self;
        let back = template(draws, params.h, (0..past.len()).map(|i| past.series(i).len()).max().unwrap_or(0));
        let paths: Vec<Vec<f64>> = forecasts
            .par_iter()
            .enumerate()
            .map(|(i, forecast)| {
                let Some(forecast) = forecast else { return vec![f64::NAN; params.h * draws.n_paths] };
                let changes = Changes::of(past.series(i), season);
                let mut random = Random(draws.seed ^ (i as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03));
                let mut uniform = |random: &mut Random, path: usize, step: usize| {
                    changes.chance(back[path * params.h + step], random.unit())
                };
                forecast.paths_by(params.h, draws.n_paths, &mut random, &mut uniform)
            })
            .collect();
        let mut out = Table::default();
        push_ids(&mut out, params, names)?;
        out.push(params.time_column.clone(), ds)?;
        for path in 0..draws.n_paths {
            let own = paths.iter().flat_map(|all| all[path * params.h..(path + 1) * params.h].iter().copied());
            out.push(format!("path-{}", path + 1), Column::Float(own.collect()))?;
        }
        push_errors(&mut out, params, &errors, &|_| params.h)?;
        Ok(out)
    }

    fn totals(self, params: &TableParams, totals: &Totals) -> Result<Table> {
        let Told { names, errors, forecasts, .. } = self;
        let found: Vec<Vec<f64>> = forecasts
            .par_iter()
            .enumerate()
            .map(|(i, forecast)| match forecast {
                Some(forecast) => forecast.total_quantiles(params.h, &totals.quantiles, totals.seed ^ i as u64),
                None => vec![f64::NAN; totals.quantiles.len()],
            })
            .collect();
        let mut out = Table::default().with(&params.id_column, Column::Text(names))?;
        let mean = |forecast: &Option<Forecast>| forecast.as_ref().map_or(f64::NAN, Forecast::total_mean);
        out.push("mean", Column::Float(forecasts.iter().map(mean).collect()))?;
        for (k, p) in totals.quantiles.iter().enumerate() {
            out.push(format!("q-{p}"), Column::Float(found.iter().map(|own| own[k]).collect()))?;
        }
        push_errors(&mut out, params, &errors, &|_| 1)?;
        Ok(out)
    }
}

/// The models of one forecast that has paths.
fn models(params: &TableParams) -> Result<Vec<Model>> {
    params.check()?;
    if params.intervals == Intervals::Conformal {
        return Err(Error::argument("intervals", "auto, analytic or bootstrap, which have paths", "conformal"));
    }
    params.one_model()
}

/// How many periods before its end the past period lies that each path and period ahead takes its rank from.
fn template(draws: &Draws, horizon: usize, longest: usize) -> Vec<usize> {
    let mut random = Random(draws.seed);
    (0..draws.n_paths * horizon).map(|_| (random.unit() * longest as f64) as usize).collect()
}

/// The ranks of the changes of a series, counted back from its end.
struct Changes {
    /// Rank among the known ones, from 0; none where the change is unknown.
    rank: Vec<Option<usize>>,
    known: usize,
}

impl Changes {
    fn of(y: &[f64], season: usize) -> Changes {
        let seasonal = season > 1 && y.len() >= 3 * season;
        let level = |t: usize| if seasonal { y[t] - y[t - season] } else { y[t] };
        let first = if seasonal { season + 1 } else { 1 };
        let change = |t: usize| if t >= first { level(t) - level(t - 1) } else { f64::NAN };
        let all: Vec<f64> = (0..y.len()).rev().map(change).collect();
        let mut order: Vec<usize> = (0..all.len()).filter(|i| !all[*i].is_nan()).collect();
        order.sort_by(|a, b| all[*a].total_cmp(&all[*b]));
        let mut rank = vec![None; all.len()];
        if order.len() >= LEAST_CHANGES {
            order.iter().enumerate().for_each(|(at, i)| rank[*i] = Some(at));
        }
        Changes { rank, known: order.len() }
    }

    /// A number of [0, 1) from the rank of the change `back` periods before the last, or from chance alone.
    fn chance(&self, back: usize, own: f64) -> f64 {
        match self.rank.get(back).copied().flatten() {
            Some(rank) => (rank as f64 + own) / self.known as f64,
            None => own,
        }
    }
}

/// What is asked of the demand of all periods together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Totals {
    /// Probabilities of the quantiles, each in (0, 1).
    pub quantiles: Vec<f64>,
    /// Seed of the 2,000 paths.
    pub seed: u64,
}

impl Default for Totals {
    fn default() -> Self {
        Totals { quantiles: vec![0.1, 0.5, 0.9], seed: 0 }
    }
}

impl Totals {
    fn check(&self) -> Result<()> {
        match self.quantiles.iter().position(|p| !(*p > 0.0 && *p < 1.0)) {
            Some(i) => Err(Error::argument(format!("quantiles[{i}]"), "in (0, 1)", self.quantiles[i])),
            None => Ok(()),
        }
    }
}

/// The parameters of [`forecast_totals`] as faces take them: in one.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[allow(dead_code)] // for its schema only
pub struct ForecastTotalsParams {
    #[serde(flatten)]
    forecast: TableParams,
    #[serde(flatten)]
    drivers: DriverParams,
    #[serde(flatten)]
    totals: Totals,
}

/// Forecasts the demand of the next `h` periods together (a lead time): `unique_id, mean, q-0.1 …, error`, one row a series,
/// from 2,000 paths.
///
/// # Errors
/// As [`table`](super::table()); `INVALID_ARGUMENT` for a probability outside (0, 1), several `models` or
/// conformal `intervals`.
///
/// ```
/// use trousse::{Column, Table, Task, forecast::{self, TableParams, Totals}};
/// let sales = Table::default().with("ds", Column::Integer((0..6).collect()))?.with("y", Column::Float(vec![5.0; 6]))?;
/// let params = TableParams { h: 14, ..Default::default() };
/// let total = forecast::forecast_totals(&sales, &params, &Totals::default(), &Task::default())?;
/// assert_eq!((total.floats("mean")?, total.floats("q-0.9")?), (vec![70.0], vec![70.0]));
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn forecast_totals(table: &Table, params: &TableParams, totals: &Totals, task: &Task) -> Result<Table> {
    totals.check()?;
    Told::of(table, params, task)?.totals(params, totals)
}

/// Forecasts the demand of the next `h` periods together as [`forecast_totals`] does where drivers are known ahead; `df`,
/// `future` and `drivers` are as in [`with_drivers`](super::with_drivers), `h` at least 1. `mean` is that of what is drawn,
/// also where the forecast of a period tells the median.
///
/// # Errors
/// As [`with_drivers`](super::with_drivers) and [`forecast_totals`].
///
/// ```
/// use trousse::{Column, Table, Task, forecast::{self, DriverParams, TableParams, Totals}};
/// let deal = |t: i64| i64::from(t % 3 == 0);
/// let sales = Table::default()
///     .with("ds", Column::Integer((0..30).collect()))?
///     .with("y", Column::Float((0..30).map(|t| 10.0 * (1 + deal(t)) as f64).collect()))?
///     .with("deal", Column::Integer((0..30).map(deal).collect()))?;
/// let ahead = Table::default().with("ds", Column::Integer(vec![30, 31]))?.with("deal", Column::Integer(vec![1, 0]))?;
/// let params = TableParams { h: 2, ..Default::default() };
/// let drivers = DriverParams { drivers: vec!["deal".into()], ..Default::default() };
/// let total = forecast::forecast_totals_with_drivers(&sales, &ahead, &params, &drivers, &Totals::default(), &Task::default())?;
/// assert_eq!(total.floats("q-0.9")?, [30.0]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn forecast_totals_with_drivers(
    table: &Table,
    future: &Table,
    params: &TableParams,
    drivers: &DriverParams,
    totals: &Totals,
    task: &Task,
) -> Result<Table> {
    totals.check()?;
    Told::driven(table, future, params, drivers, task)?.totals(params, totals)
}
