//! Exponential smoothing with a damped trend and a season, and the naive forecasts.
//!
//! In: values in time order with `NaN` where unknown, and weights 0–1 that scale each update.
//! Out: a filter that was fitted, can be rolled along the series and looks any number of periods ahead.
//! Parameters minimise the one-step errors (Nelder–Mead, deterministic); the structure minimises AICc.
//!
//! Source: Hyndman, Koehler, Ord & Snyder, *Forecasting with Exponential Smoothing* (2008), ch. 2 and 5;
//! Gardner & McKenzie (1985) for the damped trend.

use super::{MAX_PERIODS, check_count, check_rate};
use crate::base::Result;

/// A forecaster that is rolled along a series.
pub(crate) trait Roll {
    /// Takes the next value in; `NaN` is unknown and only time passes.
    fn update(&mut self, y: f64, weight: f64);
    /// The value expected `ahead` periods from the last update (1 = the next).
    fn ahead(&self, ahead: usize) -> f64;
}

/// The last value of each phase of the season.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LastValues {
    values: Vec<f64>,
    last: f64,
    at: usize,
}

impl LastValues {
    pub(crate) fn new(season: usize) -> Self {
        LastValues { values: vec![f64::NAN; season.max(1)], last: 0.0, at: 0 }
    }
}

impl Roll for LastValues {
    fn update(&mut self, y: f64, weight: f64) {
        let at = self.at;
        self.at = (at + 1) % self.values.len();
        if y.is_nan() {
            return;
        }
        let old = self.values[at];
        self.values[at] = if old.is_nan() { y } else { old + weight * (y - old) };
        self.last = y;
    }
    fn ahead(&self, ahead: usize) -> f64 {
        let value = self.values[(self.at + ahead - 1) % self.values.len()];
        if value.is_nan() { self.last } else { value }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Season {
    None,
    Additive,
    Multiplicative,
}

/// Smoothing parameters: `beta` and `gamma` as they enter the error-correction form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    alpha: f64,
    beta: f64,
    gamma: f64,
    phi: f64,
}

/// Level, slope and season in error-correction form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Smoother {
    rates: Rates,
    season: Season,
    level: f64,
    slope: f64,
    seasonal: Vec<f64>,
    at: usize,
}

impl Roll for Smoother {
    fn update(&mut self, y: f64, weight: f64) {
        let Rates { alpha, beta, gamma, phi } = self.rates;
        let slope = phi * self.slope;
        let trend = self.level + slope;
        let at = self.at;
        self.at = if at + 1 == self.seasonal.len() { 0 } else { at + 1 };
        let seasonal = self.seasonal[at];
        let error = match (y.is_nan(), self.season) {
            (true, _) => 0.0,
            (_, Season::Multiplicative) => weight * (y - trend * seasonal),
            _ => weight * (y - trend - seasonal),
        };
        let (by_level, by_season) = match self.season {
            Season::None => (error, 0.0),
            Season::Additive => (error, error),
            Season::Multiplicative => (error / seasonal.max(0.01), error / away_from_zero(trend)),
        };
        self.level = trend + alpha * by_level;
        self.slope = slope + beta * by_level;
        self.seasonal[at] = seasonal + gamma * by_season;
    }
    fn ahead(&self, ahead: usize) -> f64 {
        let phi = self.rates.phi;
        let damped = if phi < 1.0 { phi * (1.0 - phi.powi(ahead as i32)) / (1.0 - phi) } else { ahead as f64 };
        let trend = self.level + damped * self.slope;
        let seasonal = self.seasonal[(self.at + ahead - 1) % self.seasonal.len()];
        if self.season == Season::Multiplicative { trend * seasonal } else { trend + seasonal }
    }
}

fn away_from_zero(x: f64) -> f64 {
    if x.abs() < 1e-9 { 1e-9_f64.copysign(x) } else { x }
}

impl Smoother {
    fn next(&self) -> f64 {
        let trend = self.level + self.rates.phi * self.slope;
        let seasonal = self.seasonal[self.at];
        if self.season == Season::Multiplicative { trend * seasonal } else { trend + seasonal }
    }
}

/// Forecasts by the last value, or with a `season` above 1 by the value one season ago.
///
/// # Errors
/// `INVALID_ARGUMENT` for a season or horizon outside 1 … 2000.
///
/// ```
/// assert_eq!(trousse::forecast::naive(&[1.0, 2.0, 3.0], 2, 3)?, [2.0, 3.0, 2.0]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn naive(y: &[f64], season: usize, horizon: usize) -> Result<Vec<f64>> {
    check_count("season", season, MAX_PERIODS)?;
    check_count("horizon", horizon, MAX_PERIODS)?;
    Ok(rolled(LastValues::new(season), y, horizon))
}

/// Forecasts by simple exponential smoothing with `alpha` in [0, 1]; the first value starts the level.
/// `NaN` is skipped.
///
/// # Errors
/// `INVALID_ARGUMENT` naming `alpha` or `horizon`.
///
/// # Source
/// Brown (1959); level ← level + α·(y − level).
///
/// ```
/// assert_eq!(trousse::forecast::ses(&[10.0, 20.0], 0.5, 2)?, [15.0, 15.0]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn ses(y: &[f64], alpha: f64, horizon: usize) -> Result<Vec<f64>> {
    check_rate("alpha", alpha, 0.0, 1.0)?;
    check_count("horizon", horizon, MAX_PERIODS)?;
    let level = y.iter().copied().find(|x| !x.is_nan()).unwrap_or(0.0);
    let rates = Rates { alpha, beta: 0.0, gamma: 0.0, phi: 1.0 };
    let start = Smoother { rates, season: Season::None, level, slope: 0.0, seasonal: vec![0.0], at: 0 };
    Ok(rolled(start, y, horizon))
}

/// Parameters of [`holt_winters`] in error-correction form.
#[derive(Debug, Clone, PartialEq)]
pub struct HoltWinters {
    /// Periods in a season; 1 for none.
    pub season: usize,
    /// Smoothing of the level, 0–1.
    pub alpha: f64,
    /// Smoothing of the slope, 0–`alpha`.
    pub beta: f64,
    /// Smoothing of the season, 0–(1 − `alpha`).
    pub gamma: f64,
    /// Damping of the slope, 0–1; 1 for a straight trend.
    pub phi: f64,
    /// Whether the season multiplies the level (all values above 0) rather than adds to it.
    pub multiplicative: bool,
}

impl Default for HoltWinters {
    fn default() -> Self {
        HoltWinters { season: 1, alpha: 0.3, beta: 0.03, gamma: 0.1, phi: 0.95, multiplicative: false }
    }
}

impl HoltWinters {
    /// Answers whether the parameters make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_count("season", self.season, MAX_PERIODS)?;
        check_rate("alpha", self.alpha, 0.0, 1.0)?;
        check_rate("beta", self.beta, 0.0, self.alpha)?;
        check_rate("gamma", self.gamma, 0.0, 1.0 - self.alpha)?;
        check_rate("phi", self.phi, 0.0, 1.0)
    }
}

/// Forecasts by Holt's damped trend with Winters' season and given parameters; `NaN` is skipped. The
/// start comes from a decomposition of the first seasons; without two whole seasons there is no season.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field.
///
/// ```
/// use trousse::forecast::{HoltWinters, holt_winters};
/// let line: Vec<f64> = (0..20).map(f64::from).collect();
/// let ahead = holt_winters(&line, &HoltWinters { phi: 1.0, ..Default::default() }, 2)?;
/// assert!((ahead[0] - 20.0).abs() < 1e-9 && (ahead[1] - 21.0).abs() < 1e-9);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn holt_winters(y: &[f64], params: &HoltWinters, horizon: usize) -> Result<Vec<f64>> {
    params.check()?;
    check_count("horizon", horizon, MAX_PERIODS)?;
    let seasonal = params.season > 1 && y.len() >= 2 * params.season;
    let season = match (seasonal, params.multiplicative) {
        (false, _) => Season::None,
        (true, true) => Season::Multiplicative,
        (true, false) => Season::Additive,
    };
    let HoltWinters { alpha, beta, gamma, phi, .. } = *params;
    let mut start = start(y, params.season, season, true);
    start.rates = Rates { alpha, beta, gamma, phi };
    Ok(rolled(start, y, horizon))
}

fn rolled(mut filter: impl Roll, y: &[f64], horizon: usize) -> Vec<f64> {
    y.iter().for_each(|value| filter.update(*value, 1.0));
    (1..=horizon).map(|ahead| filter.ahead(ahead)).collect()
}

/// Fits simple exponential smoothing; the filter stands before the first value.
pub(crate) fn fit_ses(y: &[f64], weight: &[f64]) -> Smoother {
    fit(y, weight, 1, Season::None, false).0
}

/// Fits each structure that the data allow and keeps the one with the least AICc.
pub(crate) fn fit_holt_winters(y: &[f64], weight: &[f64], season: usize) -> Smoother {
    let known = y.iter().filter(|x| !x.is_nan()).count();
    let seasonal = season > 1 && known >= 2 * season + 2;
    let positive = y.iter().all(|x| x.is_nan() || *x > 0.0);
    let mut structures = vec![(Season::None, known >= 6)];
    if seasonal {
        structures = vec![(Season::Additive, false), (Season::Additive, true)];
        if positive {
            structures.extend([(Season::Multiplicative, false), (Season::Multiplicative, true)]);
        }
    }
    let fitted = structures.into_iter().map(|(shape, trend)| fit(y, weight, season, shape, trend));
    let least = |best: (Smoother, f64), next: (Smoother, f64)| if next.1 < best.1 { next } else { best };
    fitted.reduce(least).map_or_else(|| fit_ses(y, weight), |(smoother, _)| smoother)
}

fn fit(y: &[f64], weight: &[f64], season: usize, shape: Season, trend: bool) -> (Smoother, f64) {
    let start = start(y, season, shape, trend);
    let dimensions = 1 + 2 * usize::from(trend) + usize::from(shape != Season::None);
    let mut work = start.clone();
    let mut cost = |x: &[f64]| {
        work.clone_from(&start);
        work.rates = rates(x, shape, trend);
        fit_cost(&mut work, y, weight)
    };
    let from: &[f64] = if trend { &[-0.8, -2.0, 1.0, -1.8] } else { &[-0.8, -1.8] };
    let (x, value) = nelder_mead(&mut cost, &from[..dimensions], 30 * dimensions);
    let mut fitted = start.clone();
    fitted.rates = rates(&x, shape, trend);
    let states = 1 + usize::from(trend) + if shape == Season::None { 0 } else { season };
    let known = y.iter().filter(|x| !x.is_nan()).count() as f64;
    let free = (dimensions + states) as f64;
    let corrected = if known > free + 2.0 { 2.0 * free * known / (known - free - 1.0) } else { 1e9 * free };
    (fitted, value + corrected)
}

/// −2 log-likelihood up to a constant: n·ln(mean square error), for a multiplicative season of relative errors.
fn fit_cost(filter: &mut Smoother, y: &[f64], weight: &[f64]) -> f64 {
    let relative = filter.season == Season::Multiplicative;
    let (mut squares, mut count, mut logs) = (0.0, 0.0, 0.0);
    for (value, weight) in y.iter().zip(weight) {
        if !value.is_nan() {
            let expected = filter.next();
            let error = value - expected;
            if relative {
                let scale = expected.abs().max(1e-9);
                squares += weight * (error / scale).powi(2);
                logs += scale.ln();
            } else {
                squares += weight * error * error;
            }
            count += weight;
        }
        filter.update(*value, *weight);
    }
    let cost = y.len() as f64 * (squares / count.max(1e-9)).max(1e-30).ln() + 2.0 * logs;
    if cost.is_finite() { cost } else { f64::MAX }
}

fn rates(x: &[f64], shape: Season, trend: bool) -> Rates {
    let unit = |x: f64| 1.0 / (1.0 + (-x).exp());
    let alpha = 0.001 + 0.989 * unit(x[0]);
    let (beta, phi) = if trend { (alpha * unit(x[1]) * 0.9, 0.8 + 0.18 * unit(x[2])) } else { (0.0, 1.0) };
    let gamma = if shape == Season::None { 0.0 } else { (1.0 - alpha) * unit(x[if trend { 3 } else { 1 }]) };
    Rates { alpha, beta, gamma, phi }
}

/// The state before the first value: season by a decomposition of the first years, level and slope by a line
/// through the first deseasonalised values.
fn start(y: &[f64], season: usize, shape: Season, trend: bool) -> Smoother {
    let seasonal = if shape == Season::None { vec![0.0] } else { seasonal_start(y, season, shape) };
    let first = if trend { (2 * season).clamp(10, 60) } else { season.clamp(6, 60) };
    let points: Vec<(f64, f64)> = y
        .iter()
        .enumerate()
        .filter(|(_, x)| !x.is_nan())
        .take(first)
        .map(|(i, x)| {
            let s = seasonal[i % seasonal.len()];
            (i as f64 + 1.0, if shape == Season::Multiplicative { x / s.max(0.01) } else { x - s })
        })
        .collect();
    let (level, slope) = if trend { line(&points) } else { (line_mean(&points), 0.0) };
    let rates = Rates { alpha: 0.3, beta: 0.0, gamma: 0.0, phi: 1.0 };
    Smoother { rates, season: shape, level, slope, seasonal, at: 0 }
}

fn line_mean(points: &[(f64, f64)]) -> f64 {
    points.iter().map(|(_, y)| y).sum::<f64>() / points.len().max(1) as f64
}

/// Intercept and slope of the least-squares line.
fn line(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len().max(1) as f64;
    let (x0, y0) = (points.iter().map(|(x, _)| x).sum::<f64>() / n, line_mean(points));
    let sxx: f64 = points.iter().map(|(x, _)| (x - x0).powi(2)).sum();
    let sxy: f64 = points.iter().map(|(x, y)| (x - x0) * (y - y0)).sum();
    let slope = if sxx > 0.0 { sxy / sxx } else { 0.0 };
    (y0 - slope * x0, slope)
}

/// Classical decomposition of the first four seasons: mean deviation from a centred moving average per phase.
fn seasonal_start(y: &[f64], season: usize, shape: Season) -> Vec<f64> {
    let y = &y[..y.len().min(4 * season + 1)];
    let ratio = shape == Season::Multiplicative;
    let (mut sum, mut count) = (vec![0.0; season], vec![0.0; season]);
    let half = season / 2;
    for t in 0..y.len() {
        let from = t.saturating_sub(half);
        let to = (t + half).min(y.len() - 1);
        let edge = if season.is_multiple_of(2) { 0.5 } else { 1.0 };
        let (mut total, mut weights) = (0.0, 0.0);
        for (i, value) in y[from..=to].iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            let weight = if from + i + half == t || from + i == t + half { edge } else { 1.0 };
            total += weight * value;
            weights += weight;
        }
        let whole = t >= half && t + half < y.len();
        if y[t].is_nan() || weights == 0.0 || !whole {
            continue;
        }
        let middle = total / weights;
        sum[t % season] += if ratio { y[t] / away_from_zero(middle) } else { y[t] - middle };
        count[t % season] += 1.0;
    }
    let neutral = if ratio { 1.0 } else { 0.0 };
    let mut seasonal: Vec<f64> = sum.iter().zip(&count).map(|(s, n)| if *n > 0.0 { s / n } else { neutral }).collect();
    let mean = seasonal.iter().sum::<f64>() / season as f64;
    seasonal.iter_mut().for_each(|s| *s = if ratio { (*s / away_from_zero(mean)).max(0.01) } else { *s - mean });
    seasonal
}

/// Minimises `f` from `start` by the simplex of Nelder and Mead (1965) within a number of evaluations.
fn nelder_mead(f: &mut impl FnMut(&[f64]) -> f64, start: &[f64], evaluations: usize) -> (Vec<f64>, f64) {
    let n = start.len();
    let mut simplex: Vec<(Vec<f64>, f64)> = Vec::with_capacity(n + 1);
    for vertex in 0..=n {
        let mut x = start.to_vec();
        if vertex > 0 {
            x[vertex - 1] += 1.0;
        }
        let value = f(&x);
        simplex.push((x, value));
    }
    let mut used = n + 1;
    while used < evaluations {
        simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
        if simplex[n].1 - simplex[0].1 < 1e-5 {
            break;
        }
        let centre: Vec<f64> = (0..n).map(|d| simplex[..n].iter().map(|(x, _)| x[d]).sum::<f64>() / n as f64).collect();
        let worst = simplex[n].clone();
        let mut try_at = |step: f64| {
            let x: Vec<f64> = (0..n).map(|d| (centre[d] + step * (worst.0[d] - centre[d])).clamp(-8.0, 8.0)).collect();
            let value = f(&x);
            (x, value)
        };
        let reflected = try_at(-1.0);
        used += 1;
        let next = if reflected.1 < simplex[0].1 {
            used += 1;
            let expanded = try_at(-2.0);
            if expanded.1 < reflected.1 { expanded } else { reflected }
        } else if reflected.1 < simplex[n - 1].1 {
            reflected
        } else {
            used += 1;
            try_at(if reflected.1 < worst.1 { -0.5 } else { 0.5 })
        };
        if next.1 < worst.1 {
            simplex[n] = next;
            continue;
        }
        let best = simplex[0].0.clone();
        for (x, value) in &mut simplex[1..] {
            x.iter_mut().zip(&best).for_each(|(x, b)| *x = b + 0.5 * (*x - b));
            *value = f(x);
        }
        used += n;
    }
    simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
    simplex.swap_remove(0)
}
