//! Forecasts of demand: a few honest models, one selector, intervals that were tested.
//!
//! In: a series of demand per period in time order and, where known, `in_stock` (the share of
//! each period, 0–1, in which the item could be bought). Out: mean and spread per period ahead.
//! [`auto()`] fits its candidates, scores each on periods it has not seen (rolling origin) and averages
//! the good ones; [`panel()`] does so for many series at once and [`table()`] for a long table
//! `unique_id, ds, y`. One model alone, with its state, is fitted by [`ets`], [`theta`],
//! [`ces`] or [`arima()`]; [`mstl()`] takes a series with several seasons apart.
//!
//! Censoring: of a period that was in stock for a share `s`, what sold is kept and the rest is filled with the
//! demand that the other periods and what sold let expect ([`recover_demand`]); it counts for `s`. Below `s` = 0.1 a
//! period is missing. An empty shelf never reads as no demand.
//!
//! Counts: whole numbers that come seldom, unevenly or few at a time ([`demand_class`]) are forecast by a pool of
//! count models ([`counts()`]), and their quantiles are whole numbers.
//!
//! Hierarchies: [`aggregate()`] sums series up, [`reconcile()`] makes forecasts of all levels add up.
//!
//! Drivers that are known ahead (price, deal, advert, holiday): [`with_drivers`] forecasts a panel by any model with their
//! effects, pooled and shrunk over its series; [`driver_effects`] tells them. [`calendar_drivers`] and [`signal_drivers`] make such columns of
//! events and of feedback.
//!
//! New products: [`forecast_new`] takes the curve and the scale of their launches from similar ones, [`shade_split`] their
//! shares; [`cannibalisation`] estimates what they take from their siblings, [`cannibalised`] by how much those fall.
//!
//! Intervals are those of errors of the past; others are made where [`Intervals`] names them.
//!
//! A [`Forecaster`] keeps fitted series and takes new values in one by one, without their history.
//!
//! Deliberately absent: a clock, randomness without a seed. Same input, same bits, with
//! any number of threads.

pub mod arima;
mod backtest;
mod bytes;
pub mod calls;
mod cannibal;
pub mod ces;
mod class;
pub mod counts;
pub mod demand;
mod drivers;
pub mod ets;
mod forecaster;
mod freq;
pub mod intermittent;
pub mod interval;
mod launch;
mod minimise;
mod mstl;
mod names;
mod paths;
mod reconcile;
mod recover;
mod season;
pub mod select;
pub mod smooth;
mod table;
pub mod theta;
mod ways;
mod window;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::base::numeric::{count_quantile, normal_quantile};
use crate::base::{Error, Panel, Result, Task};
use counts::{Common, CountPool};
use ways::{Fitted, Law};

pub use arima::{Arima, Order, arima, auto_arima};
#[cfg(feature = "schema")]
pub use backtest::CrossValidationParams;
pub use backtest::{EvaluateParams, Origins, cross_validation, cross_validation_with_drivers, evaluate};
pub use cannibal::{CannibalParams, TakenParams, cannibalisation, cannibalised};
pub use ces::{Ces, auto_ces, ces};
pub use class::{CV2_CUT, DemandClass, DemandKind, INTERVAL_CUT, demand_class};
pub use counts::{CountFilter, CountKind, CountLaw, CountModel, Counts, counts};
#[cfg(feature = "schema")]
pub use drivers::ForecastFrameParams;
pub use drivers::{
    CalendarParams, DriverParams, SignalParams, calendar_drivers, driver_effects, signal_drivers, with_drivers,
};
pub use ets::{Ets, Fit, auto_ets, ets};
pub use forecaster::{Forecaster, ForecasterParams, STATE_VERSION};
pub use intermittent::{Croston, Tsb, adida, croston, imapa, sba, tsb};
pub use launch::{LaunchCurve, LaunchParams, ShadeSplit, ShadeSplitParams, forecast_new, shade_split};
pub use mstl::{Decomposition, mstl};
pub use paths::{
    Draws, Totals, forecast_paths, forecast_paths_with_drivers, forecast_totals, forecast_totals_with_drivers,
};
#[cfg(feature = "schema")]
pub use paths::{ForecastPathsParams, ForecastTotalsParams};
pub use reconcile::{AggregateParams, MAX_ENTRIES, ReconcileMethod, ReconcileParams, aggregate, reconcile};
pub use recover::{Recovered, SlotSales, recover_demand, recover_panel};
pub use smooth::{HoltWinters, holt_winters, naive, ses};
pub use table::{Gaps, OnError, TableParams, table};
pub use theta::{Theta, auto_theta, theta};
pub use ways::Intervals;

/// The models that [`auto()`] chooses from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// The last value.
    Naive,
    /// The value one season ago.
    SeasonalNaive,
    /// Simple exponential smoothing.
    Ses,
    /// Exponential smoothing with a damped trend and an additive or multiplicative season, as the data ask for.
    HoltWinters,
    /// Croston's method for items that sell in few periods.
    Croston,
    /// Croston's method with the correction of Syntetos and Boylan.
    Sba,
    /// The pool of count models ([`counts()`]): integer quantiles for items that sell seldom, unevenly or few at a time.
    Counts,
    /// Exponential smoothing of any form, chosen by AICc.
    Ets,
    /// The dynamic optimised Theta model; `dotm` is read as the same.
    #[serde(alias = "dotm")]
    Theta,
    /// Complex exponential smoothing of the form that AICc prefers.
    Ces,
    /// ARIMA with a season, the average of at most ten models near the least AICc ([`auto_arima`] is the one of the least): some ten
    /// milliseconds a series, so only where it is named.
    Arima,
    /// The last value and the mean change per period so far.
    Drift,
    /// The mean of the last known values, as many as forecast best.
    WindowAverage,
    /// The mean of the last known values of the same phase of the season, as many as forecast best.
    SeasonalWindowAverage,
    /// Exponential smoothing with a straight trend, without a season.
    Holt,
    /// Exponential smoothing with a damped trend, without a season.
    DampedHolt,
    /// The standard Theta model: half a line, half simple smoothing.
    StandardTheta,
    /// The optimised Theta model, whose line stays that of the whole series.
    OptimisedTheta,
    /// The one of the four Theta models with the least squared errors.
    AutoTheta,
    /// Several seasons taken out by LOESS, each going on as in its last cycle; exponential smoothing of the rest.
    Mstl,
    /// The method of Teunter, Syntetos and Babai for items that go out of use.
    Tsb,
    /// The sum over the mean interval between demands, smoothed.
    Adida,
    /// The mean of smoothed sums over one period up to the mean interval between demands.
    Imapa,
    /// The average of the candidates, weighted by their backtest error. Never a candidate itself.
    Blend,
}

impl Model {
    /// The name as it is written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Model::Naive => "naive",
            Model::SeasonalNaive => "seasonal_naive",
            Model::Ses => "ses",
            Model::HoltWinters => "holt_winters",
            Model::Croston => "croston",
            Model::Sba => "sba",
            Model::Counts => "counts",
            Model::Ets => "ets",
            Model::Theta => "theta",
            Model::Ces => "ces",
            Model::Arima => "arima",
            Model::Drift => "drift",
            Model::WindowAverage => "window_average",
            Model::SeasonalWindowAverage => "seasonal_window_average",
            Model::Holt => "holt",
            Model::DampedHolt => "damped_holt",
            Model::StandardTheta => "standard_theta",
            Model::OptimisedTheta => "optimised_theta",
            Model::AutoTheta => "auto_theta",
            Model::Mstl => "mstl",
            Model::Tsb => "tsb",
            Model::Adida => "adida",
            Model::Imapa => "imapa",
            Model::Blend => "blend",
        }
    }
}

/// What a series may cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Pool {
    /// Naive ones, simple smoothing and Theta: under half a millisecond for a hundred values, for millions of series.
    Fast,
    /// Naive ones, Theta, exponential smoothing of fifteen forms and complex smoothing: some milliseconds.
    #[default]
    Standard,
}

/// How to forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Periods in a season (7 for days, 12 for months); 1 for none.
    pub season: usize,
    /// Further seasons, each longer than the one before (365 beside 7, 168 beside 24): read by `mstl`, which joins the
    /// candidates where two of the first of them are known. At most five.
    pub seasons: Vec<usize>,
    /// Periods to forecast.
    pub horizon: usize,
    /// Levels of the intervals in percent, each between 0 and 100.
    pub levels: Vec<f64>,
    /// How intervals are made.
    pub intervals: Intervals,
    /// Models to choose among; empty for all of the pool that suit the series. `blend` averages those.
    pub models: Vec<Model>,
    /// Which models are tried where none are named.
    pub pool: Pool,
    /// Rolling-origin windows on which the models are scored.
    pub windows: usize,
    /// Whether a series without negative values gets no negative forecast.
    pub non_negative: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            season: 1,
            seasons: Vec::new(),
            horizon: 14,
            levels: vec![80.0],
            intervals: Intervals::Auto,
            models: Vec::new(),
            pool: Pool::Standard,
            windows: 3,
            non_negative: true,
        }
    }
}

/// The longest horizon and season that are accepted.
pub const MAX_PERIODS: usize = 2_000;
/// The most further seasons.
const MOST_SEASONS: usize = 5;

impl Options {
    /// All seasons, the shortest first.
    pub(crate) fn all_seasons(&self) -> Vec<usize> {
        std::iter::once(self.season).filter(|season| *season > 1).chain(self.seasons.iter().copied()).collect()
    }

    /// Answers whether the options make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_count("season", self.season, MAX_PERIODS)?;
        let mut before = self.season;
        for (i, season) in self.seasons.iter().enumerate() {
            if *season <= before || *season > MAX_PERIODS {
                let rule = format!("longer than the season before ({before}) and at most {MAX_PERIODS}");
                return Err(Error::argument(format!("seasons[{i}]"), rule, season));
            }
            before = *season;
        }
        if self.seasons.len() > MOST_SEASONS {
            return Err(Error::argument("seasons", format!("at most {MOST_SEASONS} seasons"), self.seasons.len()));
        }
        check_count("horizon", self.horizon, MAX_PERIODS)?;
        check_count("windows", self.windows, 100)?;
        for (i, level) in self.levels.iter().enumerate() {
            if !(*level > 0.0 && *level < 100.0) {
                return Err(Error::argument(format!("levels[{i}]"), "in (0, 100)", level));
            }
        }
        Ok(())
    }
}

/// Values of this size and beyond are refused: their squares have no number.
const LARGEST: f64 = 1e150;

/// Counts the known values of a series that models are fitted to.
fn check_values(y: &[f64]) -> Result<usize> {
    if let Some(index) = y.iter().position(|x| x.abs() >= LARGEST) {
        return Err(Error::NanInSeries { series: "y".into(), index, got: format!("{:?}", y[index]) });
    }
    match y.iter().filter(|x| !x.is_nan()).count() {
        0 => Err(Error::SeriesTooShort { series: "y".into(), need: 1, got: 0 }),
        known => Ok(known),
    }
}

/// Rolls a fitted model along its series.
fn fitted<M: smooth::Roll + Clone>(start: M, y: &[f64], deviance: f64, aicc: f64) -> Fit<M> {
    let mut state = start.clone();
    let step = |y: &f64| {
        let expected = state.ahead(1);
        state.update(*y, 1.0);
        expected
    };
    let fitted = y.iter().map(step).collect();
    Fit { start, state, fitted, deviance, aicc }
}

fn check_rate(field: &str, rate: f64, least: f64, most: f64) -> Result<()> {
    if (least..=most).contains(&rate) {
        return Ok(());
    }
    Err(Error::argument(field, format!("in [{least}, {most}]"), rate))
}

fn check_count(field: &str, got: usize, most: usize) -> Result<()> {
    if (1..=most).contains(&got) {
        return Ok(());
    }
    Err(Error::argument(field, format!("in 1 … {most}"), got))
}

/// The low and high ends of one central interval, per period ahead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Interval {
    /// Level in percent.
    pub level: f64,
    /// Low ends.
    pub low: Vec<f64>,
    /// High ends.
    pub high: Vec<f64>,
}

/// What will sell, period by period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Forecast {
    /// The model that was chosen.
    pub model: Model,
    /// Expected demand per period ahead.
    pub mean: Vec<f64>,
    /// Standard deviation of the forecast error per period ahead.
    pub sd: Vec<f64>,
    /// Standard deviation of the error of demand cumulated up to each period ahead.
    pub total_sd: Vec<f64>,
    /// Intervals, in the order of the levels asked for.
    pub intervals: Vec<Interval>,
    /// Whether the history is whole numbers of at least 0, so that quantiles are those of a count.
    pub count: bool,
    /// Mean absolute error of the choice on the backtest windows; 0 where the series is too short for one.
    pub error: f64,
    /// Mean absolute error of the (seasonal) naive forecast on the same windows.
    pub naive_error: f64,
    /// Mean absolute backtest error of each candidate.
    pub candidates: Vec<(Model, f64)>,
    /// Quantiles 1 % … 99 % of the standardised error; empty for Student's t, and where another way made the intervals.
    pub shape: Vec<f64>,
    /// Whether no quantile may be below 0.
    pub non_negative: bool,
    /// The distribution that the pool of count models expects, where it was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub counts: Option<Counts>,
    /// How quantiles are told.
    #[serde(skip)]
    pub(crate) law: Law,
}

/// Counts above this mean have the rounded quantiles of the errors; the negative binomial takes O(mean) to sum up.
const LARGE_COUNT: f64 = 100.0;

impl Forecast {
    /// Mean and variance of the demand of the first `periods` periods together. Beyond the horizon the
    /// last period's rate goes on and the spread grows in the same proportion to the square root of time.
    ///
    /// ```
    /// use trousse::forecast::{Options, auto};
    /// let forecast = auto(&[4.0, 6.0, 5.0, 5.0, 4.0, 6.0, 5.0, 5.0], None, &Options::default())?;
    /// let (mean, variance) = forecast.total(7);
    /// assert!((mean - 35.0).abs() < 2.0 && variance > 0.0);
    /// # Ok::<(), trousse::Error>(())
    /// ```
    pub fn total(&self, periods: usize) -> (f64, f64) {
        let inside = periods.min(self.mean.len());
        let Some(last) = inside.checked_sub(1) else { return (0.0, 0.0) };
        let beyond = (periods - inside) as f64;
        let mean = self.mean[..inside].iter().sum::<f64>() + beyond * self.mean[last];
        let variance = self.total_sd[last].powi(2) * (periods as f64 / inside as f64);
        (mean, variance)
    }

    /// The name of the model, also of one that no caller asks for by name.
    fn model_name(&self) -> &'static str {
        match &self.law {
            Law::Logs(logs) => logs.model,
            _ => self.model.name(),
        }
    }

    /// The demand of period `step` ahead (0-based; beyond the horizon the last one) at probability `p`. Where the intervals
    /// are conformal, which are of the levels asked for only, as without.
    pub fn quantile(&self, step: usize, p: f64) -> f64 {
        let Some(last) = self.mean.len().checked_sub(1) else { return f64::NAN };
        let (mean, sd) = (self.mean[step.min(last)], self.sd[step.min(last)]);
        let p = p.clamp(1e-6, 1.0 - 1e-6);
        match &self.law {
            Law::Bootstrap(sampled) => return sampled.quantile(step.min(last), p),
            Law::Logs(logs) => return logs.quantile(step.min(last), p),
            Law::Auto | Law::Analytic | Law::Conformal(_) => {}
        }
        if let Some(counts) = &self.counts {
            return counts.quantile(step.min(last), p);
        }
        if self.count && mean <= LARGE_COUNT {
            return count_quantile(mean, sd * sd, p);
        }
        let standard = if self.law == Law::Analytic { normal_quantile(p) } else { standard_quantile(&self.shape, p) };
        let value = mean + sd * standard;
        let value = if self.count { value.round() } else { value };
        if self.non_negative { value.max(0.0) } else { value }
    }
}

/// Between the tabled quantiles a line, beyond them the normal tail stretched to meet the last.
fn standard_quantile(shape: &[f64], p: f64) -> f64 {
    let normal = interval::error_quantile(p);
    let ([first, .., last], 99) = (shape, shape.len()) else { return normal };
    let at = p * 100.0 - 1.0;
    if at < 0.0 {
        return first + (normal - interval::error_quantile(0.01)) * (first / interval::error_quantile(0.01)).max(0.0);
    }
    if at >= 98.0 {
        return last + (normal - interval::error_quantile(0.99)) * (last / interval::error_quantile(0.99)).max(0.0);
    }
    let low = at as usize;
    shape[low] + (at - low as f64) * (shape[low + 1] - shape[low])
}

/// Forecasts one series with the models that did best on its own past.
///
/// `y` is demand per period in time order; `in_stock` the share of each period, 0–1, in which the item
/// could be bought. A missing value is `NaN`: nothing is known of its period.
///
/// # Errors
/// `INVALID_ARGUMENT` for bad options or shares; `NAN_IN_SERIES` for an infinite value or one of 1e150 and beyond;
/// `SERIES_TOO_SHORT` where nothing was observed. One observation is enough.
///
/// ```
/// use trousse::forecast::{Model, Options, auto};
/// let sales: Vec<f64> = (0..70).map(|day| if day % 7 < 5 { 10.0 } else { 30.0 }).collect();
/// let options = Options { season: 7, horizon: 7, models: vec![Model::SeasonalNaive], ..Default::default() };
/// let forecast = auto(&sales, None, &options)?;
/// assert_eq!(forecast.mean, [10.0, 10.0, 10.0, 10.0, 10.0, 30.0, 30.0]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn auto(y: &[f64], in_stock: Option<&[f64]>, options: &Options) -> Result<Forecast> {
    options.check()?;
    named("y", y, in_stock, options, None)
}

fn named(
    name: &str,
    y: &[f64],
    in_stock: Option<&[f64]>,
    options: &Options,
    common: Option<&Common>,
) -> Result<Forecast> {
    let demand = demand::uncensor(name, y, in_stock)?;
    if suits_counts(&demand, options) {
        let (pool, errors) = count_pool(&demand, y.len(), common, options);
        let mut forecast = as_counts(pool.ahead(options.horizon), &errors, options);
        if options.intervals != Intervals::Auto {
            Fitted::of_counts(&pool, &demand).tell(&mut forecast, options);
        }
        return Ok(forecast);
    }
    let choice = select::choose(&demand, options);
    let floor = options.non_negative && !demand.negative;
    let spread = interval::spread(&choice, &demand, options.horizon);
    let mut mean = choice.forecast(options.horizon);
    if floor {
        mean.iter_mut().for_each(|m| *m = m.max(0.0));
    }
    let (mut sd, mut total_sd) = spread.scaled(&mean);
    let count = demand.count && options.non_negative;
    if count {
        bound(&mut sd, &mut total_sd, &mean, 2.0 * demand.largest);
    }
    let mut forecast = Forecast {
        model: choice.model,
        mean,
        sd,
        total_sd,
        intervals: Vec::new(),
        count,
        error: choice.error,
        naive_error: choice.naive_error,
        candidates: choice.candidates.clone(),
        shape: spread.shape.quantiles(),
        non_negative: floor,
        counts: None,
        law: Law::Auto,
    };
    forecast.intervals = options.levels.iter().map(|level| interval_at(&forecast, *level)).collect();
    if options.intervals != Intervals::Auto {
        Fitted::of(&choice, &demand).tell(&mut forecast, options);
    }
    Ok(forecast)
}

/// Items that sell this much at a time, often and evenly, are left to the smoothing models.
const FEW: f64 = 10.0;

/// A variance below this share of the mean is steadier than any model of the pool.
const STEADY: f64 = 0.7;

fn few_at_a_time(y: &[f64]) -> bool {
    let known = || y.iter().filter(|y| !y.is_nan());
    let n = known().count().max(1) as f64;
    let mean = known().sum::<f64>() / n;
    let variance = known().map(|y| (y - mean).powi(2)).sum::<f64>() / n;
    mean > 0.0 && mean < FEW && variance >= STEADY * mean
}

/// The squared coefficient of variation that neither the last value nor the season ago foretells: half the mean squared
/// difference, the lesser of the two, over the squared mean. That of noise is its own; that of a trend or a season is less.
fn unforeseen(y: &[f64], season: usize) -> f64 {
    let known = |values: &mut dyn Iterator<Item = f64>| {
        let (sum, n) = values.filter(|x| !x.is_nan()).fold((0.0, 0.0), |(sum, n), x| (sum + x, n + 1.0));
        if n > 0.0 { sum / n } else { f64::INFINITY }
    };
    let mean = known(&mut y.iter().copied());
    let half = |lag: usize| 0.5 * known(&mut y.iter().skip(lag).zip(y).map(|(y, past)| (y - past).powi(2)));
    half(1).min(half(season)) / (mean * mean)
}

/// Whether the pool of count models forecasts a series: whole numbers that come seldom, unevenly or few at a time, and
/// are known for long enough; or that were asked for it alone.
fn suits_counts(demand: &demand::Demand, options: &Options) -> bool {
    if !demand.count || !options.non_negative || demand.known < 4 {
        return false;
    }
    match options.models[..] {
        [Model::Counts] => true,
        [] => match demand_class(&demand.value).class {
            DemandKind::Smooth | DemandKind::New => few_at_a_time(&demand.value),
            DemandKind::Erratic => unforeseen(&demand.value, options.season) > CV2_CUT,
            DemandKind::Intermittent | DemandKind::Lumpy | DemandKind::Ended => true,
        },
        _ => false,
    }
}

/// What is common is measured on at most so many series, evenly spread.
const MOST_IN_COMMON: usize = 20_000;

/// What the counts of a panel whose series have one length do together.
fn in_common(panel: &Panel, options: &Options) -> Option<Common> {
    if panel.is_empty() {
        return None;
    }
    let length = panel.series(0).len();
    if (0..panel.len()).any(|i| panel.series(i).len() != length) {
        return None;
    }
    let read = |i: usize| demand::uncensor(panel.id(i), panel.series(i), panel.in_stock(i)).ok();
    let every = panel.len().div_ceil(MOST_IN_COMMON);
    let series: Vec<counts::Series> = (0..panel.len().div_ceil(every))
        .into_par_iter()
        .filter_map(|i| {
            let i = i * every;
            read(i).filter(|demand| suits_counts(demand, options)).map(|demand| counts::Series::of(&demand, length))
        })
        .collect();
    Common::of(&series, options.season)
}

/// Fits the pool of count models, with what the panel has in common.
fn count_pool(
    demand: &demand::Demand,
    length: usize,
    common: Option<&Common>,
    options: &Options,
) -> (CountPool, counts::Errors) {
    let series = counts::Series::of(demand, length);
    match common {
        Some(common) => counts::fit(&series, common, options.horizon),
        None => counts::fit(&series, &Common::own(&series, options.season), options.horizon),
    }
}

fn as_counts(counts: Counts, errors: &counts::Errors, options: &Options) -> Forecast {
    let (variance, total) = counts.variances(options.horizon);
    let sd = |variance: &[f64]| variance.iter().map(|v| v.sqrt()).collect::<Vec<f64>>();
    let mut forecast = Forecast {
        model: Model::Counts,
        mean: (0..options.horizon).map(|step| counts.mean(step)).collect(),
        sd: sd(&variance),
        total_sd: sd(&total),
        intervals: Vec::new(),
        count: true,
        error: errors.own,
        naive_error: errors.naive,
        candidates: vec![(Model::Counts, errors.own)],
        shape: Vec::new(),
        non_negative: true,
        counts: Some(counts),
        law: Law::Auto,
    };
    forecast.intervals = options.levels.iter().map(|level| interval_at(&forecast, *level)).collect();
    forecast
}

/// No count within 0 … M has a larger variance than mean · (M − mean): without this bound one huge order of the
/// past gives a slow item a negative binomial whose tail reaches millions.
fn bound(sd: &mut [f64], total_sd: &mut [f64], mean: &[f64], largest: f64) {
    let mut sum = 0.0;
    for (h, m) in mean.iter().enumerate() {
        sum += m;
        sd[h] = sd[h].min((largest * m).sqrt());
        if let Some(total) = total_sd.get_mut(h) {
            *total = total.min((largest * (h + 1) as f64 * sum).sqrt());
        }
    }
}

fn interval_at(forecast: &Forecast, level: f64) -> Interval {
    let tail = (1.0 - level / 100.0) / 2.0;
    let differ =
        forecast.counts.as_ref().map_or(forecast.mean.len(), |counts| counts.period().min(forecast.mean.len()));
    let ends = |p: f64| {
        let ends: Vec<f64> = (0..differ).map(|step| forecast.quantile(step, p)).collect();
        (0..forecast.mean.len()).map(|step| ends[step % differ]).collect()
    };
    Interval { level, low: ends(tail), high: ends(1.0 - tail) }
}

/// Forecasts each series of a panel, in the panel's order, on all threads. A series that cannot be forecast has its
/// error in its place and takes nothing from the others.
///
/// Where all series have one length they are taken to share their calendar: 30 counts or more ([`Model::Counts`]) then
/// have a common level and season, and a period in which none of them sold says nothing of their demand.
///
/// # Errors
/// `INVALID_ARGUMENT` for options; `CANCELLED`. Of each series as [`auto()`], naming it.
///
/// ```
/// use trousse::{Panel, Task, forecast::{self, Options}};
/// let sales = Panel::new(vec!["a".into(), "b".into()], vec![f64::INFINITY, 2.0, 2.0], vec![0, 1, 3])?;
/// let ahead = forecast::each(&sales, &Options::default(), &Task::default())?;
/// assert_eq!(ahead[0].as_ref().unwrap_err().code(), "NAN_IN_SERIES");
/// assert_eq!(ahead[1].as_ref().unwrap().mean[0], 2.0);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn each(panel: &Panel, options: &Options, task: &Task) -> Result<Vec<Result<Forecast>>> {
    options.check()?;
    task.expect(panel.len());
    each_of(panel, options, task)
}

fn each_of(panel: &Panel, options: &Options, task: &Task) -> Result<Vec<Result<Forecast>>> {
    let mut forecasts = Vec::with_capacity(panel.len());
    in_turn(panel, options, task, &mut |forecast| forecasts.push(forecast))?;
    Ok(forecasts)
}

/// How many forecasts are held at once; those of the bootstrap are larger.
const CHUNK: usize = 4_096;
const SAMPLED_CHUNK: usize = 256;

/// Gives the forecasts of a panel to `take`, one after the other.
fn in_turn(panel: &Panel, options: &Options, task: &Task, take: &mut dyn FnMut(Result<Forecast>)) -> Result<()> {
    let common = in_common(panel, options);
    let chunk = if options.intervals == Intervals::Bootstrap { SAMPLED_CHUNK } else { CHUNK };
    for from in (0..panel.len()).step_by(chunk) {
        let forecasts: Vec<Result<Forecast>> = (from..panel.len().min(from + chunk))
            .into_par_iter()
            .map(|i| {
                task.tick()?;
                named(panel.id(i), panel.series(i), panel.in_stock(i), options, common.as_ref())
            })
            .collect();
        if forecasts.iter().any(|forecast| matches!(forecast, Err(Error::Cancelled))) {
            return Err(Error::Cancelled);
        }
        forecasts.into_iter().for_each(&mut *take);
    }
    Ok(())
}

/// Forecasts each series of a panel as [`each`] does, or none of them.
///
/// # Errors
/// As [`auto()`], naming the first series in order; `CANCELLED`.
pub fn panel(panel: &Panel, options: &Options, task: &Task) -> Result<Vec<Forecast>> {
    each(panel, options, task)?.into_iter().collect()
}

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod reconcile_tests;
#[cfg(test)]
mod tests;
