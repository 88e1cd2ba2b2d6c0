//! Intervals by name: analytic, bootstrap, conformal.
//!
//! In: a fitted filter before the first value and after the last, and the values. Out: the ends of a forecast's intervals,
//! and by which way each was made.
//!
//! A way that a past does not suffice for leaves the intervals as they are without it. Ends of counts are whole and not
//! below 0.
//!
//! - Analytic (from 8 one-step errors on): the error of `h` periods ahead is the sum over those periods of what the
//!   innovation of each changes in the forecast of the last, so that its variance is σ²·(1 + Σ cⱼ²). The responses cⱼ are
//!   taken from the filter itself: half its path after an innovation of +σ less that after −σ. Exact for filters that are
//!   linear in the innovation (then cⱼ are the ψ-weights of Box & Jenkins 1976, ch. 5, and of Hyndman, Koehler, Ord & Snyder
//!   2008, ch. 6), of first order for others; parameters count as known. O(h²) steps of the filter. Counts have the negative
//!   binomial of that variance, those of the count models their own law.
//! - Bootstrap (from 8 on): one-step errors of the past, drawn with a fixed seed, are fed through the filter; ends are
//!   quantiles of the paths, which stay within ten times what was seen. Where models are averaged, the path without errors
//!   is put back on what they forecast.
//! - Conformal: parameters are fitted on what lies before the last origins (100 and `h` of them, at most half of the series),
//!   the filter is rolled on, and the end is the ⌈(n + 1)·level⌉-th smallest of its n absolute errors of that many periods
//!   ahead; they suffice where (n + 1)·(1 − level) ≥ 1. The count models keep the weights of the whole. Vovk, Gammerman &
//!   Shafer (2005), *Algorithmic Learning in a Random World*, ch. 2 and 4; Stankevičiūtė, Alaa & van der Schaar (2021),
//!   *Conformal time-series forecasting*. Errors of neighbouring origins are alike, so the guarantee of independent errors
//!   is only approached.

use serde::{Deserialize, Serialize};

use super::counts::{CountPool, Random};
use super::demand::Demand;
use super::drivers::Logs;
use super::select::{Choice, Mixture, recent, refitted};
use super::smooth::Roll;
use super::{Forecast, Interval, LARGEST, Options, bound, interval_at};

/// How intervals are made.
///
/// Sources: Hyndman, Koehler, Ord & Snyder (2008), ch. 6, for `analytic`; Vovk, Gammerman & Shafer (2005) and Stankevičiūtė,
/// Alaa & van der Schaar (2021) for `conformal`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Intervals {
    /// Errors of the past per period ahead, the recent ones counting more, drawn to Student's t; counts have their models.
    #[default]
    Auto,
    /// The normal distribution with the variance that the model's recursion makes of its one-step errors.
    Analytic,
    /// Quantiles of 1,000 paths on which one-step errors of the past are drawn anew, with a fixed seed.
    Bootstrap,
    /// Quantiles of absolute errors as far ahead that parameters fitted before them made (split conformal).
    Conformal,
}

impl Intervals {
    /// The name as it is written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Intervals::Auto => "auto",
            Intervals::Analytic => "analytic",
            Intervals::Bootstrap => "bootstrap",
            Intervals::Conformal => "conformal",
        }
    }
}

/// How a forecast tells its quantiles.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Law {
    #[default]
    Auto,
    Analytic,
    Bootstrap(Box<Sampled>),
    /// How many errors there are per period ahead.
    Conformal(Box<[usize]>),
    /// Drivers and the level in logs.
    Logs(Box<Logs>),
}

impl Law {
    /// Where each period ahead is so many times as large; whether they are counts may be known better by then.
    pub(super) fn times(&mut self, factors: &[f64], count: bool) {
        if let Law::Bootstrap(sampled) = self {
            (sampled.factors, sampled.whole) = (factors.to_vec(), count);
        }
    }

    /// Where some of the periods ahead are told only.
    pub(super) fn pick(&mut self, steps: &[usize]) {
        match self {
            Law::Conformal(known) => *known = steps.iter().map(|step| known[*step]).collect(),
            Law::Bootstrap(sampled) => sampled.pick(steps),
            Law::Auto | Law::Analytic | Law::Logs(_) => {}
        }
    }
}

/// Fewer one-step errors than these tell no distribution.
const LEAST_ERRORS: usize = 8;
/// Errors of periods in stock for a smaller share are left out.
const LEAST_TRUST: f64 = 0.5;
/// Paths of the bootstrap, and their seed.
const DRAWS: usize = 1_000;
const SEED: u64 = 0x7472_6F75_7373_6521;
/// How far beyond what was seen a path may go.
const REACH: f64 = 10.0;
/// Quantiles of each period ahead that are kept: 0, 1/200 … 1.
const KNOTS: usize = 200;
/// The most origins of the conformal way that have all periods ahead.
const ORIGINS: usize = 100;

/// What is rolled: models by their weights, or the pool of count models by its mean.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    Mixture(Mixture),
    Pool(CountPool),
}

impl Roll for Source {
    fn update(&mut self, y: f64, weight: f64) {
        match self {
            Source::Mixture(filter) => filter.update(y, weight),
            Source::Pool(pool) => pool.update(y, weight),
        }
    }
    fn ahead(&self, ahead: usize) -> f64 {
        match self {
            Source::Mixture(filter) => filter.ahead(ahead),
            Source::Pool(pool) => pool.ahead(ahead).mean(ahead - 1),
        }
    }
    fn path(&self, horizon: usize) -> Vec<f64> {
        match self {
            Source::Mixture(filter) => filter.path(horizon),
            Source::Pool(pool) => {
                let ahead = pool.ahead(horizon);
                (0..horizon).map(|step| ahead.mean(step)).collect()
            }
        }
    }
}

/// One-step errors of a filter along the values, relative to the forecast or not; those of the first season are left out.
fn errors(start: &Source, value: &[f64], weight: &[f64], season: usize, relative: bool) -> Vec<f64> {
    let (mut filter, burn) = (start.clone(), burn(season, value.len()));
    let mut errors = Vec::new();
    for (t, (y, w)) in value.iter().zip(weight).enumerate() {
        if t >= burn && !y.is_nan() && *w >= LEAST_TRUST {
            let expected = filter.ahead(1);
            errors.push((y - expected) / scale(expected, relative));
        }
        filter.update(*y, *w);
    }
    errors.retain(|error| error.is_finite());
    errors
}

/// Before so many values a filter has not seen enough.
fn burn(season: usize, n: usize) -> usize {
    (season + 2).min(n / 2)
}

fn scale(expected: f64, relative: bool) -> f64 {
    if relative { expected.abs().max(1e-9) } else { 1.0 }
}

/// The root mean square of the one-step errors, and whether they are relative; none where there are too few.
pub(crate) fn sigma(choice: &Choice, demand: &Demand, options: &Options) -> Option<(f64, bool)> {
    let fitted = Fitted::of(choice, demand);
    fitted.errors(options).map(|errors| (root_mean_square(&errors), fitted.relative))
}

/// Whether a series has as many one-step errors as they need.
pub(crate) fn suffices(demand: &Demand, options: &Options) -> bool {
    suffice(&demand.value, &demand.weight, options)
}

fn suffice(value: &[f64], weight: &[f64], options: &Options) -> bool {
    let known = value.iter().zip(weight).skip(burn(options.season, value.len()));
    known.filter(|(y, w)| !y.is_nan() && **w >= LEAST_TRUST).count() >= LEAST_ERRORS
}

fn root_mean_square(errors: &[f64]) -> f64 {
    (errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64).sqrt()
}

fn relative(filter: &Mixture, value: &[f64]) -> bool {
    let share: f64 = filter.0.iter().filter(|(_, filter)| filter.multiplies()).map(|(share, _)| share).sum();
    share > 0.0 && value.iter().all(|y| y.is_nan() || *y > 0.0)
}

/// Standard deviations per period ahead and of the cumulated demand, by the responses of a filter to its innovations.
pub(crate) fn analytic(end: &(impl Roll + Clone), sigma: f64, relative: bool, horizon: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut variance, mut total) = (vec![0.0; horizon], vec![0.0; horizon]);
    let mut filter = end.clone();
    for k in 0..horizon {
        let expected = filter.ahead(1);
        let size = sigma * scale(expected, relative);
        let [up, down] = [size, -size].map(|innovation| {
            let mut moved = filter.clone();
            moved.update(expected + innovation, 1.0);
            if k + 1 < horizon { moved.path(horizon - k - 1) } else { Vec::new() }
        });
        let mut sum = 0.0;
        let responses = std::iter::once(size).chain(up.iter().zip(&down).map(|(up, down)| (up - down) / 2.0));
        for ((variance, total), response) in variance[k..].iter_mut().zip(&mut total[k..]).zip(responses) {
            sum += response;
            *variance += response * response;
            *total += sum * sum;
        }
        filter.update(expected, 1.0);
    }
    let roots = |squares: Vec<f64>| squares.into_iter().map(|v| v.min(LARGEST * LARGEST).sqrt()).collect();
    (roots(variance), roots(total))
}

/// A filter whose one-step errors are drawn anew, and the quantiles of its paths.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sampled {
    filter: Source,
    /// Ascending.
    errors: Vec<f64>,
    relative: bool,
    floor: bool,
    count: bool,
    /// No path leaves these: ten times what was seen, and above a tenth of the least where all is above 0. A model that
    /// multiplies divides by its states, and near 0 they tell nothing.
    within: (f64, f64),
    /// The path without errors, and what is forecast in its place: models that are averaged and fed their average do not go
    /// on as each by itself does.
    still: Vec<f64>,
    mean: Vec<f64>,
    /// For each period ahead the quantiles 0, 1/200 … 1.
    knots: Vec<f64>,
    /// Which periods ahead are told, and what each is multiplied by.
    steps: Vec<usize>,
    factors: Vec<f64>,
    /// Whether that makes a count of it.
    whole: bool,
}

impl Sampled {
    /// Simulates paths, one after the other; `uniform` gives the rank of each error, a number of [0, 1).
    pub(crate) fn paths_by(
        &self,
        horizon: usize,
        count: usize,
        random: &mut Random,
        uniform: &mut dyn FnMut(&mut Random, usize, usize) -> f64,
    ) -> Vec<f64> {
        let mut paths = Vec::with_capacity(horizon * count);
        let periods = self.steps[..horizon].last().map_or(0, |last| last + 1);
        for path in 0..count {
            let (mut filter, mut at) = (self.filter.clone(), 0);
            for step in 0..periods {
                let expected = filter.ahead(1);
                let told = self.steps[at] == step;
                let chance = if told { uniform(random, path, at) } else { random.unit() };
                let rank = (chance * self.errors.len() as f64) as usize;
                let error = self.errors[rank.min(self.errors.len() - 1)];
                let y = self.possible(expected + error * scale(expected, self.relative));
                filter.update(y, 1.0);
                if told {
                    let (still, mean) = (self.still[step], self.mean[step]);
                    let y = if self.relative && still > 0.0 { mean * (y / still) } else { mean + (y - still) };
                    paths.push(self.moved(at, self.possible(y)));
                    at += 1;
                }
            }
        }
        paths
    }

    fn moved(&self, at: usize, y: f64) -> f64 {
        match self.factors.get(at) {
            Some(factor) if self.whole => (y * factor).round(),
            Some(factor) => y * factor,
            None => y,
        }
    }

    /// Keeps some of the periods ahead.
    fn pick(&mut self, steps: &[usize]) {
        let width = KNOTS + 1;
        self.knots = steps.iter().flat_map(|at| self.knots[at * width..(at + 1) * width].iter().copied()).collect();
        self.steps = steps.iter().map(|at| self.steps[*at]).collect();
    }

    fn possible(&self, y: f64) -> f64 {
        let y = if self.count { y.round() } else { y }.clamp(self.within.0, self.within.1);
        if self.floor { y.max(0.0) } else { y }
    }

    /// Keeps the quantiles of the paths; answers the standard deviations per period ahead and of the cumulated demand.
    fn settle(&mut self) -> (Vec<f64>, Vec<f64>) {
        let horizon = self.mean.len();
        let mut filter = self.filter.clone();
        for _ in 0..horizon {
            let expected = if self.floor { filter.ahead(1).max(0.0) } else { filter.ahead(1) };
            filter.update(expected, 1.0);
            self.still.push(expected);
        }
        let paths = self.paths_by(horizon, DRAWS, &mut Random(SEED), &mut |random, _, _| random.unit());
        let (mut squares, mut total) = (vec![0.0; horizon], vec![0.0; horizon]);
        for path in paths.chunks(horizon) {
            let mut sum = 0.0;
            for (h, (y, mean)) in path.iter().zip(&self.mean).enumerate() {
                let error = y - mean;
                sum += error;
                squares[h] += error * error;
                total[h] += sum * sum;
            }
        }
        for step in 0..horizon {
            let mut own: Vec<f64> = paths.iter().skip(step).step_by(horizon).copied().collect();
            own.sort_by(f64::total_cmp);
            self.knots.extend((0..=KNOTS).map(|k| if self.count { smallest(&own, k) } else { between(&own, k) }));
        }
        let roots = |squares: Vec<f64>| squares.into_iter().map(|v| (v / DRAWS as f64).sqrt()).collect();
        (roots(squares), roots(total))
    }

    /// The quantile of a period ahead: of counts a whole number.
    pub(crate) fn quantile(&self, step: usize, p: f64) -> f64 {
        let own = &self.knots[step * (KNOTS + 1)..(step + 1) * (KNOTS + 1)];
        let at = (p * KNOTS as f64).clamp(0.0, KNOTS as f64);
        let whole = at.round();
        if (at - whole).abs() < 1e-9 {
            return self.moved(step, own[whole as usize]);
        }
        let low = at as usize;
        let part = if self.count { 1.0 } else { at - low as f64 };
        self.moved(step, own[low] + part * (own[low + 1] - own[low]))
    }
}

/// The smallest of sorted values with at least k/200 of them up to it.
fn smallest(sorted: &[f64], k: usize) -> f64 {
    sorted[(k * sorted.len()).div_ceil(KNOTS).max(1) - 1]
}

/// The quantile k/200 of sorted values, on the line between two.
fn between(sorted: &[f64], k: usize) -> f64 {
    let at = (sorted.len() - 1) as f64 * k as f64 / KNOTS as f64;
    let (low, part) = (at as usize, at.fract());
    let next = sorted[(low + 1).min(sorted.len() - 1)];
    sorted[low] + part * (next - sorted[low])
}

/// A fitted model on its values, as the ways read it.
pub(crate) struct Fitted<'a> {
    value: &'a [f64],
    weight: &'a [f64],
    start: Source,
    end: Source,
    relative: bool,
    largest: f64,
    /// The choice to be fitted anew; the pool of count models keeps its weights.
    choice: Option<&'a Choice>,
}

impl<'a> Fitted<'a> {
    pub(crate) fn of(choice: &'a Choice, demand: &'a Demand) -> Fitted<'a> {
        let (value, weight) = recent(&demand.value, &demand.weight);
        Fitted {
            value,
            weight,
            start: Source::Mixture(choice.start.clone()),
            end: Source::Mixture(choice.end.clone()),
            relative: relative(&choice.start, value),
            largest: demand.largest,
            choice: Some(choice),
        }
    }

    pub(crate) fn of_counts(pool: &CountPool, demand: &'a Demand) -> Fitted<'a> {
        let (value, weight) = (&demand.value[..], &demand.weight[..]);
        let start = Source::Pool(pool.begun(value.len()));
        let (end, largest) = (Source::Pool(pool.clone()), demand.largest);
        Fitted { value, weight, start, end, relative: false, largest, choice: None }
    }

    /// Puts the intervals of the way that is asked for in the place of those of a forecast.
    pub(crate) fn tell(&self, forecast: &mut Forecast, options: &Options) {
        match options.intervals {
            Intervals::Auto => {}
            Intervals::Analytic => self.tell_analytic(forecast, options),
            Intervals::Bootstrap => self.tell_bootstrap(forecast, options),
            Intervals::Conformal => self.tell_conformal(forecast, options),
        }
    }

    fn errors(&self, options: &Options) -> Option<Vec<f64>> {
        let errors = errors(&self.start, self.value, self.weight, options.season, self.relative);
        (errors.len() >= LEAST_ERRORS).then_some(errors)
    }

    fn tell_analytic(&self, forecast: &mut Forecast, options: &Options) {
        if forecast.counts.is_some() {
            if suffice(self.value, self.weight, options) {
                forecast.law = Law::Analytic;
            }
            return;
        }
        let Some(errors) = self.errors(options) else { return };
        forecast.law = Law::Analytic;
        let sigma = root_mean_square(&errors);
        (forecast.sd, forecast.total_sd) = analytic(&self.end, sigma, self.relative, options.horizon);
        forecast.shape = Vec::new();
        if forecast.count {
            bound(&mut forecast.sd, &mut forecast.total_sd, &forecast.mean, 2.0 * self.largest);
        }
        forecast.intervals = options.levels.iter().map(|level| interval_at(forecast, *level)).collect();
    }

    fn tell_bootstrap(&self, forecast: &mut Forecast, options: &Options) {
        let Some(mut errors) = self.errors(options) else { return };
        errors.sort_by(f64::total_cmp);
        let (floor, count) = (forecast.non_negative, forecast.count);
        let (filter, relative) = (self.end.clone(), self.relative);
        let (mean, still, knots) = (forecast.mean.clone(), Vec::new(), Vec::new());
        let known = || self.value.iter().copied().filter(|y| !y.is_nan());
        let most = REACH * known().fold(0.0, |most, y| y.abs().max(most));
        let least = known().fold(f64::INFINITY, f64::min);
        let within = (if least > 0.0 && !count { least / REACH } else { -most }, most);
        let (steps, factors) = ((0..mean.len()).collect(), Vec::new());
        let mut sampled = Sampled {
            filter,
            errors,
            relative,
            floor,
            count,
            within,
            still,
            mean,
            knots,
            steps,
            factors,
            whole: count,
        };
        (forecast.sd, forecast.total_sd) = sampled.settle();
        forecast.shape = Vec::new();
        forecast.law = Law::Bootstrap(Box::new(sampled));
        forecast.intervals = options.levels.iter().map(|level| interval_at(forecast, *level)).collect();
    }

    fn tell_conformal(&self, forecast: &mut Forecast, options: &Options) {
        let misses = self.misses(options);
        for interval in &mut forecast.intervals {
            for (step, misses) in misses.iter().enumerate() {
                let Some(reach) = reach(misses, interval.level) else { continue };
                let mean = forecast.mean[step];
                let (mut low, mut high) = (mean - reach, mean + reach);
                if forecast.count {
                    // the whole numbers within, or the nearest one
                    let within = (low.ceil(), high.floor());
                    (low, high) = if within.0 <= within.1 { within } else { (mean.round(), mean.round()) };
                }
                let least = if forecast.non_negative { 0.0 } else { f64::NEG_INFINITY };
                (interval.low[step], interval.high[step]) = (low.max(least), high.max(least));
            }
        }
        nest(&mut forecast.intervals, &misses);
        forecast.law = Law::Conformal(misses.iter().map(Vec::len).collect());
    }

    /// Absolute errors per period ahead from the last origins, ascending, by parameters fitted before those.
    fn misses(&self, options: &Options) -> Vec<Vec<f64>> {
        let (n, horizon) = (self.value.len(), options.horizon);
        let first = n - (n / 2).min(ORIGINS + horizon);
        let known = |upto: usize| self.value[..upto].iter().any(|y| !y.is_nan());
        let mut misses = vec![Vec::new(); horizon];
        if !known(first) {
            return misses;
        }
        let mut filter = match self.choice {
            Some(choice) => Source::Mixture(refitted(choice, &self.value[..first], &self.weight[..first], options)),
            None => self.start.clone(),
        };
        for origin in 0..n {
            if origin >= first {
                let path = filter.path(horizon.min(n - origin));
                for (step, expected) in path.into_iter().enumerate() {
                    let miss = (self.value[origin + step] - expected).abs();
                    if miss.is_finite() && self.weight[origin + step] >= LEAST_TRUST {
                        misses[step].push(miss);
                    }
                }
            }
            filter.update(self.value[origin], self.weight[origin]);
        }
        misses.iter_mut().for_each(|own| own.sort_by(f64::total_cmp));
        misses
    }
}

/// ⌈(n + 1)·level⌉, which is n at most where the errors suffice.
fn rank(n: usize, level: f64) -> usize {
    (((n + 1) as f64 * level / 100.0 - 1e-9).ceil() as usize).max(1)
}

/// The error of that rank; none where there are too few of them.
fn reach(sorted: &[f64], level: f64) -> Option<f64> {
    sorted.get(rank(sorted.len(), level) - 1).copied()
}

/// An interval that fell back holds those of smaller levels that did not.
fn nest(intervals: &mut [Interval], misses: &[Vec<f64>]) {
    let enough = |level: f64, step: usize| reach(&misses[step], level).is_some();
    for step in 0..misses.len() {
        let widest = intervals.iter().filter(|own| enough(own.level, step)).max_by(|a, b| a.level.total_cmp(&b.level));
        let Some((low, high)) = widest.map(|own| (own.low[step], own.high[step])) else { continue };
        for own in intervals.iter_mut().filter(|own| !enough(own.level, step)) {
            (own.low[step], own.high[step]) = (own.low[step].min(low), own.high[step].max(high));
        }
    }
}

impl Forecast {
    /// [`Forecast::way`] of each period ahead; none where all are `auto`.
    pub(crate) fn ways(&self) -> Vec<String> {
        let named = self.law != Law::Auto;
        (0..if named { self.mean.len() } else { 0 }).map(|step| self.way(step)).collect()
    }

    /// By which way the intervals of a period ahead (from 0) were made: `auto`, `analytic`, `bootstrap`, `conformal`, or
    /// `conformal; auto at 95` where there are too few errors for some of the levels.
    pub(crate) fn way(&self, step: usize) -> String {
        let known = match &self.law {
            Law::Auto => return Intervals::Auto.name().into(),
            Law::Analytic => return Intervals::Analytic.name().into(),
            Law::Bootstrap(_) => return Intervals::Bootstrap.name().into(),
            Law::Logs(logs) if logs.analytic => return Intervals::Analytic.name().into(),
            Law::Logs(_) => return Intervals::Auto.name().into(),
            Law::Conformal(known) => known[step],
        };
        let short = |interval: &&Interval| rank(known, interval.level) > known;
        let few: Vec<String> = self.intervals.iter().filter(short).map(|interval| interval.level.to_string()).collect();
        if few.is_empty() {
            "conformal".into()
        } else if few.len() == self.intervals.len() {
            "auto".into()
        } else {
            format!("conformal; auto at {}", few.join(", "))
        }
    }
}

#[cfg(test)]
#[path = "ways_tests.rs"]
mod tests;
