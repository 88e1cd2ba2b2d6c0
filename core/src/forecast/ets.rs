//! Exponential smoothing in state-space form: the fifteen stable models, chosen by AICc, with analytic variances.
//!
//! In: values in time order, `NaN` = unknown, anywhere; weights 0–1 scale each update and each error. Out: a small
//! state that takes a value in O(1) and looks any number of periods ahead. A model is written like `MAdM`: error
//! (A, M), trend (N, A, Ad), season (N, A, M); multiplying errors and seasons need values above 0.
//!
//! The likelihood is concentrated in the error variance; its exact gradient in all parameters and first states comes
//! from one pass back along the series, whatever their number, and feeds a bounded quasi-Newton search. First all
//! models are fitted roughly with the season of a decomposition, then the few that can still win in full.
//! O(n) per evaluation, about 1,000 evaluations a choice.
//!
//! Source: Hyndman, Koehler, Ord & Snyder, *Forecasting with Exponential Smoothing* (2008): table 2.3 (models), eq. 5.3
//! (likelihood), ch. 6 (variances), ch. 7 (choice).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::bytes::{Reader, Writer};
use super::minimise::{Bounds, bfgs};
use super::smooth::Roll;
use super::{MAX_PERIODS, check_count};
use crate::base::{Error, Result};

/// Whether a component adds or multiplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// It adds.
    Additive,
    /// It multiplies.
    Multiplicative,
}

/// The trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trend {
    /// None.
    None,
    /// A straight line.
    Additive,
    /// A line that flattens.
    Damped,
}

/// The structure of a model, written like `MAdM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// How errors enter.
    pub error: Kind,
    /// The trend.
    pub trend: Trend,
    /// The season; `None` without one.
    pub season: Option<Kind>,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = |kind: Kind| if kind == Kind::Additive { "A" } else { "M" };
        let trend = match self.trend {
            Trend::None => "N",
            Trend::Additive => "A",
            Trend::Damped => "Ad",
        };
        write!(f, "{}{trend}{}", kind(self.error), self.season.map_or("N", kind))
    }
}

impl Form {
    /// Reads `ANN`, `MAdM` …; the models whose variance is infinite (`ANM`, `AAM`, `AAdM`) are refused.
    fn parse(text: &str) -> Option<Form> {
        FORMS.into_iter().find(|form| form.to_string() == text)
    }
    fn all_multiply(self) -> bool {
        self.error == Kind::Multiplicative || self.season == Some(Kind::Multiplicative)
    }
    /// Smoothing parameters.
    fn rates(self) -> usize {
        let trend = match self.trend {
            Trend::None => 0,
            Trend::Additive => 1,
            Trend::Damped => 2,
        };
        1 + trend + usize::from(self.season.is_some())
    }
    /// All that is estimated: smoothing parameters, first states, variance.
    fn parameters(self, season: usize) -> usize {
        let states = 1 + usize::from(self.trend != Trend::None) + self.season.map_or(0, |_| season - 1);
        self.rates() + states + 1
    }
}

const fn form(error: Kind, trend: Trend, season: Option<Kind>) -> Form {
    Form { error, trend, season }
}

/// The fifteen models with finite variance, the cheapest first; a model comes after the one that it starts from.
const FORMS: [Form; 15] = {
    use Kind::{Additive as A, Multiplicative as M};
    [
        form(A, Trend::None, None),
        form(M, Trend::None, None),
        form(A, Trend::Additive, None),
        form(M, Trend::Additive, None),
        form(A, Trend::Damped, None),
        form(M, Trend::Damped, None),
        form(A, Trend::None, Some(A)),
        form(M, Trend::None, Some(A)),
        form(M, Trend::None, Some(M)),
        form(A, Trend::Additive, Some(A)),
        form(M, Trend::Additive, Some(A)),
        form(M, Trend::Additive, Some(M)),
        form(A, Trend::Damped, Some(A)),
        form(M, Trend::Damped, Some(A)),
        form(M, Trend::Damped, Some(M)),
    ]
};

/// A fitted model: level, slope and season after the values seen so far. 128 bytes and 8 per period of the season.
///
/// ```
/// use trousse::forecast::ets;
/// let mut state = ets(&[3.0, 5.0, 4.0, 6.0, 5.0, 7.0, 6.0, 8.0], "AAN", 1)?.state;
/// let before = state.mean(2);
/// state.update(7.0);
/// assert!((state.mean(1)[0] - before[1]).abs() < 1.0);
/// # Ok::<(), trousse::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ets {
    /// Structure.
    pub form: Form,
    /// Smoothing of the level, 0–1.
    pub alpha: f64,
    /// Smoothing of the slope, 0–`alpha`.
    pub beta: f64,
    /// Smoothing of the season, 0–(1 − `alpha`).
    pub gamma: f64,
    /// Damping of the slope; 1 for a straight trend.
    pub phi: f64,
    /// Level.
    pub level: f64,
    /// Change of the level per period.
    pub slope: f64,
    /// Season by phase; one neutral value without a season.
    pub seasonal: Box<[f64]>,
    /// Variance of the one-step errors; of relative ones where the error multiplies.
    pub variance: f64,
    pub(super) at: u32,
}

/// A model with how well it fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit<M> {
    /// The model before the first value.
    pub start: M,
    /// The model after the last value.
    pub state: M,
    /// One-step forecasts of the values.
    pub fitted: Vec<f64>,
    /// −2 log-likelihood.
    pub deviance: f64,
    /// Akaike's criterion corrected for short series; infinite where there are too few values.
    pub aicc: f64,
}

fn away_from_zero(x: f64) -> f64 {
    if x.abs() < 1e-9 { 1e-9_f64.copysign(x) } else { x }
}

impl Ets {
    /// The model of values that were measured in `unit`.
    fn in_units(mut self, unit: f64) -> Ets {
        self.level *= unit;
        self.slope *= unit;
        if !self.multiplies() {
            self.seasonal.iter_mut().for_each(|season| *season *= unit);
        }
        if self.form.error == Kind::Additive {
            self.variance *= unit * unit;
        }
        self
    }
    /// Writes what forecasts need: all but the variance, and of the numbers those that the form does not tell.
    pub(crate) fn save(&self, out: &mut Writer) {
        let multiplies = |kind: Kind| u8::from(kind == Kind::Multiplicative);
        let season = self.form.season.map_or(0, |kind| 1 + multiplies(kind));
        out.byte(multiplies(self.form.error) | (self.form.trend as u8) << 1 | season << 3);
        let plain = self.seasonal.len() == 1 && self.seasonal[0].to_bits() == 0;
        let own = self.rates().map(|(value, usual)| value.to_bits() != usual.to_bits());
        out.byte(own.iter().enumerate().fold(u8::from(!plain) << 4, |bits, (i, own)| bits | u8::from(*own) << i));
        out.floats(&[self.alpha, self.level]);
        self.rates().iter().zip(own).filter(|(_, own)| *own).for_each(|((value, _), _)| out.float(*value));
        if !plain {
            out.list(&self.seasonal);
            out.whole(self.at.into());
        }
    }

    /// Numbers that not every form has, with what they are then.
    fn rates(&self) -> [(f64, f64); 4] {
        [(self.beta, 0.0), (self.gamma, 0.0), (self.phi, 1.0), (self.slope, 0.0)]
    }

    pub(crate) fn load(read: &mut Reader<'_>) -> Option<Ets> {
        let (form, own) = (read.byte()?, read.byte()?);
        let kind = |bit: u8| if bit == 0 { Kind::Additive } else { Kind::Multiplicative };
        let form = Form {
            error: kind(form & 1),
            trend: [Trend::None, Trend::Additive, Trend::Damped].get(usize::from(form >> 1 & 3)).copied()?,
            season: [None, Some(Kind::Additive), Some(Kind::Multiplicative)].get(usize::from(form >> 3)).copied()?,
        };
        let (alpha, level) = (read.float()?, read.float()?);
        let mut rate = |bit: u8, usual: f64| if own >> bit & 1 == 1 { read.float() } else { Some(usual) };
        let (beta, gamma, phi, slope) = (rate(0, 0.0)?, rate(1, 0.0)?, rate(2, 1.0)?, rate(3, 0.0)?);
        let mut ets = Ets { alpha, beta, gamma, phi, slope, ..Ets::flat(form, level) };
        if own >> 4 & 1 == 1 {
            ets.seasonal = read.list()?.into();
            ets.at = u32::try_from(read.whole()?).ok()?;
        }
        ((ets.at as usize) < ets.seasonal.len() && ets.seasonal.len() <= super::MAX_PERIODS).then_some(ets)
    }

    /// A level that goes on, without anything else.
    pub(super) fn flat(form: Form, level: f64) -> Ets {
        let seasonal = Box::new([0.0]);
        Ets { form, alpha: 0.0, beta: 0.0, gamma: 0.0, phi: 1.0, level, slope: 0.0, seasonal, variance: 0.0, at: 0 }
    }

    fn next(&self) -> f64 {
        let trend = self.level + self.phi * self.slope;
        let seasonal = self.seasonal[self.at as usize];
        if self.multiplies() { trend * seasonal } else { trend + seasonal }
    }
    fn multiplies(&self) -> bool {
        self.form.season == Some(Kind::Multiplicative)
    }

    /// Takes the next value in; `NaN` is unknown and only time passes. O(1), the same bits as a filter run from the
    /// start with these parameters.
    pub fn update(&mut self, y: f64) {
        Roll::update(self, y, 1.0);
    }

    /// Expected values of the next `horizon` periods.
    pub fn mean(&self, horizon: usize) -> Vec<f64> {
        self.path(horizon)
    }

    /// Variances of the next `horizon` periods (Hyndman et al. 2008, eq. 6.1, 6.2 and 6.9; the last, for seasons that
    /// multiply, leaves out terms of a higher order).
    pub fn variance(&self, horizon: usize) -> Vec<f64> {
        let (m, v) = (self.seasonal.len(), self.variance);
        let mut weights = Vec::with_capacity(horizon);
        let mut damped = 0.0;
        for j in 1..horizon {
            damped += self.phi.powi(j as i32);
            let season = if self.form.season == Some(Kind::Additive) && j.is_multiple_of(m) { self.gamma } else { 0.0 };
            weights.push(self.alpha + self.beta * damped + season);
        }
        if self.form.error == Kind::Additive {
            let mut sum = 1.0;
            let later = weights.iter().map(|c| {
                sum += c * c;
                v * sum
            });
            return std::iter::once(v).chain(later).take(horizon).collect();
        }
        self.relative_variance(&weights, horizon)
    }

    fn relative_variance(&self, weights: &[f64], horizon: usize) -> Vec<f64> {
        let (m, v) = (self.seasonal.len(), self.variance);
        let whole = self.mean(horizon);
        let factor = |h: usize| self.seasonal[(self.at as usize + h) % m];
        let mean: Vec<f64> =
            whole.iter().enumerate().map(|(h, x)| if self.multiplies() { x / factor(h) } else { *x }).collect();
        let mut theta: Vec<f64> = Vec::with_capacity(horizon);
        for h in 0..horizon {
            let past: f64 = (0..h).map(|j| weights[j].powi(2) * theta[h - 1 - j]).sum();
            theta.push(mean[h] * mean[h] + v * past);
        }
        (0..horizon)
            .map(|h| {
                if !self.multiplies() {
                    return (1.0 + v) * theta[h] - mean[h] * mean[h];
                }
                let seasons = (1.0 + self.gamma * self.gamma * v).powi((h / m) as i32);
                factor(h).powi(2) * (theta[h] * (1.0 + v) * seasons - mean[h] * mean[h])
            })
            .collect()
    }

    /// A possible future: the model run on with errors that `normal` draws from the standard normal distribution.
    pub fn simulate(&self, horizon: usize, normal: &mut impl FnMut() -> f64) -> Vec<f64> {
        let mut state = self.clone();
        let sd = self.variance.sqrt();
        let step = |_| {
            let (mean, error) = (state.next(), sd * normal());
            let y = if state.form.error == Kind::Additive { mean + error } else { mean * (1.0 + error) };
            state.update(y);
            y
        };
        (0..horizon).map(step).collect()
    }
}

impl Roll for Ets {
    fn update(&mut self, y: f64, weight: f64) {
        let slope = self.phi * self.slope;
        let trend = self.level + slope;
        let at = self.at as usize;
        self.at = if at + 1 == self.seasonal.len() { 0 } else { at as u32 + 1 };
        let seasonal = self.seasonal[at];
        let multiplies = self.multiplies();
        let error = match (y.is_nan(), multiplies) {
            (true, _) => 0.0,
            (_, true) => weight * (y - trend * seasonal),
            _ => weight * (y - (trend + seasonal)),
        };
        let (by_level, by_season) =
            if multiplies { (error / away_from_zero(seasonal), error / away_from_zero(trend)) } else { (error, error) };
        self.level = trend + self.alpha * by_level;
        self.slope = slope + self.beta * by_level;
        if self.form.season.is_some() {
            self.seasonal[at] = seasonal + self.gamma * by_season;
        }
    }

    fn ahead(&self, ahead: usize) -> f64 {
        self.path(ahead)[ahead - 1]
    }

    fn path(&self, horizon: usize) -> Vec<f64> {
        let (mut damping, mut damped, mut at) = (1.0, 0.0, self.at as usize);
        let step = |_| {
            damping *= self.phi;
            damped += damping;
            let trend = self.level + damped * self.slope;
            let seasonal = self.seasonal[at];
            at = if at + 1 == self.seasonal.len() { 0 } else { at + 1 };
            if self.multiplies() { trend * seasonal } else { trend + seasonal }
        };
        (0..horizon).map(step).collect()
    }
}

/// Values, 0 where unknown, and weights, 0 there; what the fitting loops run on.
struct Data {
    y: Vec<f64>,
    weight: Vec<f64>,
    known: f64,
    positive: bool,
}

impl Data {
    fn new(y: &[f64], weight: &[f64]) -> Data {
        let weight: Vec<f64> = y.iter().zip(weight).map(|(y, w)| if y.is_nan() { 0.0 } else { *w }).collect();
        let known = weight.iter().sum();
        let positive = y.iter().all(|y| y.is_nan() || *y > 0.0);
        Data { y: y.iter().map(|y| if y.is_nan() { 0.0 } else { *y }).collect(), weight, known, positive }
    }
}

/// What one pass forward leaves for the pass back.
#[derive(Default)]
struct Trace {
    trend: Vec<f64>,
    slope: Vec<f64>,
    seasonal: Vec<f64>,
    error: Vec<f64>,
    season: Vec<f64>,
    /// Adjoints of the season.
    back: Vec<f64>,
}

/// Derivatives of the deviance per value.
struct Gradient {
    alpha: f64,
    beta: f64,
    gamma: f64,
    phi: f64,
    level: f64,
    slope: f64,
}

const NONE: u8 = 0;
const ADDS: u8 = 1;
const MULTIPLIES: u8 = 2;

/// Runs the model forward; answers the mean of squared (relative) errors and of 2·ln|mean|, the first not finite where
/// a model that multiplies would leave the positive numbers.
fn forward<const SEASON: u8, const RELATIVE: bool>(model: &Ets, data: &Data, trace: &mut Trace) -> (f64, f64) {
    let n = data.y.len();
    for column in [&mut trace.trend, &mut trace.slope, &mut trace.seasonal, &mut trace.error] {
        column.resize(n, 0.0);
    }
    trace.season.clear();
    trace.season.extend_from_slice(&model.seasonal);
    let m = trace.season.len();
    let Ets { alpha, beta, gamma, phi, mut level, mut slope, .. } = *model;
    let (mut squares, mut logs, mut product, mut at) = (0.0, 0.0, 1.0_f64, 0);
    let columns = trace.trend.iter_mut().zip(&mut trace.slope).zip(&mut trace.seasonal).zip(&mut trace.error);
    for ((((trend_at, slope_at), seasonal_at), error_at), (y, w)) in columns.zip(data.y.iter().zip(&data.weight)) {
        *slope_at = slope;
        let trend = level + phi * slope;
        let seasonal = if SEASON == NONE { 0.0 } else { trace.season[at] };
        let mean = if SEASON == MULTIPLIES { trend * seasonal } else { trend + seasonal };
        let error = y - mean;
        (*trend_at, *seasonal_at, *error_at) = (trend, seasonal, error);
        let inside = mean > 0.0 && trend > 0.0;
        if (RELATIVE || SEASON == MULTIPLIES) && !inside {
            return (f64::INFINITY, 0.0);
        }
        if RELATIVE {
            let relative = error / mean;
            squares += w * relative * relative;
            if *w == 1.0 {
                product *= mean;
                if !(1e-100..1e100).contains(&product) {
                    logs += product.ln();
                    product = 1.0;
                }
            } else {
                logs += w * mean.ln();
            }
        } else {
            squares += w * error * error;
        }
        let error = w * error;
        if SEASON == MULTIPLIES {
            let by_level = error / seasonal;
            level = trend + alpha * by_level;
            slope = phi * slope + beta * by_level;
            trace.season[at] = seasonal + gamma * (error / trend);
        } else {
            level = trend + alpha * error;
            slope = phi * slope + beta * error;
            if SEASON == ADDS {
                trace.season[at] = seasonal + gamma * error;
            }
        }
        if SEASON != NONE {
            at = if at + 1 == m { 0 } else { at + 1 };
        }
    }
    logs += product.ln();
    (squares / data.known, 2.0 * logs / data.known)
}

/// The adjoint of [`forward`]: derivatives of ln(mean square) + mean of 2·ln|mean|. `trace.back` holds those of the
/// first season.
fn backward<const SEASON: u8, const RELATIVE: bool>(
    model: &Ets,
    data: &Data,
    square: f64,
    trace: &mut Trace,
) -> Gradient {
    let n = data.y.len();
    let m = trace.season.len();
    trace.back.clear();
    trace.back.resize(m, 0.0);
    let Ets { alpha, beta, gamma, phi, .. } = *model;
    let (by_square, by_log) = (2.0 / (square * data.known), 2.0 / data.known);
    let mut out = Gradient { alpha: 0.0, beta: 0.0, gamma: 0.0, phi: 0.0, level: 0.0, slope: 0.0 };
    let (mut level, mut slope) = (0.0, 0.0);
    let mut at = if n == 0 { 0 } else { (n - 1) % m };
    for t in (0..n).rev() {
        let (trend, seasonal, error, w) = (trace.trend[t], trace.seasonal[t], trace.error[t], data.weight[t]);
        let season = if SEASON == NONE { 0.0 } else { trace.back[at] };
        let (mut by_error, mut by_mean) = (0.0, 0.0);
        if RELATIVE {
            let mean = if SEASON == MULTIPLIES { trend * seasonal } else { trend + seasonal };
            let inverse = 1.0 / mean;
            let relative = error * inverse;
            by_error += by_square * w * relative * inverse;
            by_mean += w * inverse * (by_log - by_square * relative * relative);
        } else {
            by_error += by_square * w * error;
        }
        let we = w * error;
        let by_trend;
        let by_seasonal;
        if SEASON == MULTIPLIES {
            let (over_season, over_trend) = (1.0 / seasonal, 1.0 / trend);
            let (u, v) = (we * over_season, we * over_trend);
            let (by_u, by_v) = (alpha * level + beta * slope, gamma * season);
            out.alpha += u * level;
            out.beta += u * slope;
            out.gamma += v * season;
            by_error += w * (by_u * over_season + by_v * over_trend);
            by_mean -= by_error;
            by_trend = level + by_mean * seasonal - by_v * v * over_trend;
            by_seasonal = season + by_mean * trend - by_u * u * over_season;
        } else {
            out.alpha += we * level;
            out.beta += we * slope;
            by_error += w * (alpha * level + beta * slope);
            if SEASON == ADDS {
                out.gamma += we * season;
                by_error += w * gamma * season;
            }
            by_mean -= by_error;
            by_trend = level + by_mean;
            by_seasonal = season + by_mean;
        }
        if SEASON != NONE {
            trace.back[at] = by_seasonal;
            at = if at == 0 { m - 1 } else { at - 1 };
        }
        out.phi += trace.slope[t] * (slope + by_trend);
        level = by_trend;
        slope = phi * (slope + by_trend);
    }
    (out.level, out.slope) = (level, slope);
    out
}

/// The deviance per value without constants and, where `gradient` asks for it, its derivatives.
fn evaluate(model: &Ets, data: &Data, trace: &mut Trace, gradient: bool) -> (f64, Option<Gradient>) {
    fn run<const SEASON: u8, const RELATIVE: bool>(
        model: &Ets,
        data: &Data,
        trace: &mut Trace,
        gradient: bool,
    ) -> (f64, Option<Gradient>) {
        let (square, logs) = forward::<SEASON, RELATIVE>(model, data, trace);
        let square = square.max(1e-300);
        let value = square.ln() + if RELATIVE { logs } else { 0.0 };
        let wanted = gradient && value.is_finite();
        (value, wanted.then(|| backward::<SEASON, RELATIVE>(model, data, square, trace)))
    }
    let relative = model.form.error == Kind::Multiplicative;
    match (model.form.season, relative) {
        (None, false) => run::<NONE, false>(model, data, trace, gradient),
        (None, true) => run::<NONE, true>(model, data, trace, gradient),
        (Some(Kind::Additive), false) => run::<ADDS, false>(model, data, trace, gradient),
        (Some(Kind::Additive), true) => run::<ADDS, true>(model, data, trace, gradient),
        (Some(Kind::Multiplicative), false) => run::<MULTIPLIES, false>(model, data, trace, gradient),
        (Some(Kind::Multiplicative), true) => run::<MULTIPLIES, true>(model, data, trace, gradient),
    }
}

/// Ends of the rates relative to their range.
const LEAST: f64 = 1e-4;
/// Damping lies in 0.8 … 0.98: below it the trend is none, above it is straight.
const DAMPING: (f64, f64) = (0.8, 0.18);

/// How the free numbers of a model are laid out in the vector that is searched, each scaled to a like curvature.
struct Layout {
    form: Form,
    /// Scales of level, slope and season.
    scale: [f64; 3],
    season: bool,
}

impl Layout {
    /// `error` is the size of the one-step errors.
    fn new(model: &Ets, data: &Data, error: f64, season: bool) -> Layout {
        let level = error * (data.known.min(60.0) / 4.0).sqrt().max(1.0);
        let m = model.seasonal.len() as f64;
        let relative = if model.multiplies() { 1.0 / away_from_zero(model.level.abs()) } else { 1.0 };
        let seasonal = error * relative * (m / 2.0).sqrt();
        Layout {
            form: model.form,
            scale: [level, 0.3 * level, seasonal],
            season: season && model.form.season.is_some(),
        }
    }

    fn bounds(&self, model: &Ets) -> Bounds {
        let rates = self.form.rates();
        let states = 1 + usize::from(self.form.trend != Trend::None);
        let seasons = if self.season { model.seasonal.len() } else { 0 };
        let (mut low, mut high) = (vec![LEAST; rates], vec![1.0 - LEAST; rates]);
        if self.form.trend == Trend::Damped {
            (low[2], high[2]) = (0.0, 1.0);
        }
        low.resize(rates + states + seasons, -1e6);
        high.resize(rates + states + seasons, 1e6);
        Bounds { low, high }
    }

    fn pack(&self, model: &Ets) -> Vec<f64> {
        let mut x = vec![model.alpha];
        if self.form.trend != Trend::None {
            x.push(model.beta / model.alpha);
        }
        if self.form.trend == Trend::Damped {
            x.push((model.phi - DAMPING.0) / DAMPING.1);
        }
        if self.form.season.is_some() {
            x.push(model.gamma / (1.0 - model.alpha));
        }
        x.push(model.level / self.scale[0]);
        if self.form.trend != Trend::None {
            x.push(model.slope / self.scale[1]);
        }
        if self.season {
            x.extend(model.seasonal.iter().map(|s| s / self.scale[2]));
        }
        x
    }

    fn unpack(&self, x: &[f64], model: &mut Ets) {
        let mut next = x.iter().copied();
        let mut take = || next.next().unwrap_or(0.0);
        model.alpha = take();
        if self.form.trend != Trend::None {
            model.beta = model.alpha * take();
        }
        if self.form.trend == Trend::Damped {
            model.phi = DAMPING.0 + DAMPING.1 * take();
        }
        if self.form.season.is_some() {
            model.gamma = (1.0 - model.alpha) * take();
        }
        model.level = self.scale[0] * take();
        if self.form.trend != Trend::None {
            model.slope = self.scale[1] * take();
        }
        if self.season {
            model.seasonal.iter_mut().for_each(|s| *s = self.scale[2] * take());
        }
    }

    /// Derivatives by the searched numbers from those by the model's.
    fn chain(&self, x: &[f64], gradient: &Gradient, season: &[f64], out: &mut [f64]) {
        let mut i = 1;
        out[0] = gradient.alpha;
        if self.form.trend != Trend::None {
            out[0] += x[i] * gradient.beta;
            out[i] = x[0] * gradient.beta;
            i += 1;
        }
        if self.form.trend == Trend::Damped {
            out[i] = DAMPING.1 * gradient.phi;
            i += 1;
        }
        if self.form.season.is_some() {
            out[0] -= x[i] * gradient.gamma;
            out[i] = (1.0 - x[0]) * gradient.gamma;
            i += 1;
        }
        out[i] = self.scale[0] * gradient.level;
        i += 1;
        if self.form.trend != Trend::None {
            out[i] = self.scale[1] * gradient.slope;
            i += 1;
        }
        if self.season {
            for (out, by) in out[i..].iter_mut().zip(season) {
                *out = self.scale[2] * by;
            }
        }
    }
}

/// Moves a model to the nearest best one; answers its deviance per value without constants.
fn improve(model: &mut Ets, data: &Data, trace: &mut Trace, season: bool, evaluations: usize, tolerance: f64) -> f64 {
    let (begin, _) = evaluate(model, data, trace, false);
    let size = match model.form.error {
        Kind::Additive => begin.exp().sqrt(),
        Kind::Multiplicative => (begin / 2.0).exp(),
    };
    if !size.is_finite() || size <= 1e-140 {
        return begin;
    }
    let layout = Layout::new(model, data, size, season);
    let bounds = layout.bounds(model);
    let mut x = layout.pack(model);
    let mut tried = model.clone();
    let mut value = |x: &[f64], slope: &mut [f64]| {
        layout.unpack(x, &mut tried);
        let (value, gradient) = evaluate(&tried, data, trace, true);
        if let Some(gradient) = gradient {
            layout.chain(x, &gradient, &trace.back, slope);
        }
        if value.is_nan() { f64::INFINITY } else { value }
    };
    let best = bfgs(&mut value, &mut x, &bounds, evaluations, tolerance);
    if best.is_finite() {
        layout.unpack(&x, model);
        return best;
    }
    begin
}

/// Seasons beyond this length keep the first season of the decomposition.
const LONGEST_FREE_SEASON: usize = 120;

/// Akaike's criterion, corrected for short series.
pub(crate) fn aicc(deviance: f64, parameters: usize, known: f64) -> f64 {
    let k = parameters as f64;
    let room = known - k - 1.0;
    if room <= 0.0 { f64::INFINITY } else { deviance + 2.0 * k + 2.0 * k * (k + 1.0) / room }
}

/// The likelihood has a peak where the season stands still and often another where it moves: a search from each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// The season of the whole series, hardly moving.
    Slow,
    /// The season of the first four years, moving.
    Fast,
}

/// The first states by a decomposition, and rates to begin the search with.
pub(super) fn begin(form: Form, y: &[f64], season: usize, pace: Pace) -> Ets {
    let m = if form.season.is_some() { season } else { 1 };
    let seasonal: Vec<f64> = match form.season {
        None => vec![0.0],
        Some(kind) => {
            let whole = if pace == Pace::Slow { y } else { &y[..y.len().min(4 * m + 1)] };
            super::season::indices(whole, m, kind == Kind::Multiplicative)
        }
    };
    let first = if form.trend == Trend::None { m.clamp(6, 60) } else { (2 * m).clamp(10, 60) };
    let points: Vec<(f64, f64)> = y
        .iter()
        .enumerate()
        .filter(|(_, y)| !y.is_nan())
        .take(first)
        .map(|(t, y)| {
            let s = seasonal[t % m];
            (t as f64 + 1.0, if form.season == Some(Kind::Multiplicative) { y / s } else { y - s })
        })
        .collect();
    let (mut level, slope) = if form.trend == Trend::None { (mean_of(&points), 0.0) } else { line_of(&points) };
    if form.all_multiply() && level <= 0.0 {
        level = mean_of(&points);
    }
    let (alpha, beta, phi) = match form.trend {
        Trend::None => (0.3, 0.0, 1.0),
        Trend::Additive => (0.3, 0.03, 1.0),
        Trend::Damped => (0.3, 0.03, 0.95),
    };
    let gamma = match (form.season, pace) {
        (None, _) => 0.0,
        (_, Pace::Slow) => 0.05,
        (_, Pace::Fast) => 0.3,
    };
    let slope = if form.all_multiply() && level + slope * y.len() as f64 <= 0.1 * level { 0.0 } else { slope };
    Ets { form, alpha, beta, gamma, phi, level, slope, seasonal: seasonal.into(), variance: 0.0, at: 0 }
}

fn mean_of(points: &[(f64, f64)]) -> f64 {
    points.iter().map(|(_, y)| y).sum::<f64>() / points.len().max(1) as f64
}

/// Intercept and slope of the least-squares line.
fn line_of(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len().max(1) as f64;
    let (x0, y0) = (points.iter().map(|(x, _)| x).sum::<f64>() / n, mean_of(points));
    let sxx: f64 = points.iter().map(|(x, _)| (x - x0).powi(2)).sum();
    let sxy: f64 = points.iter().map(|(x, y)| (x - x0) * (y - y0)).sum();
    let slope = if sxx > 0.0 { sxy / sxx } else { 0.0 };
    (y0 - slope * x0, slope)
}

/// How much of a search is spent: evaluations of the rough and of the full fits, and how many are fitted in full.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) rough: usize,
    pub(crate) full: usize,
    pub(crate) finalists: usize,
}

impl Effort {
    pub(crate) const FULL: Effort = Effort { rough: 24, full: 150, finalists: 4 };
}

/// The power of two next to the largest value: measured in it a fit has the same bits whatever power of two its values are
/// multiplied by.
fn unit(y: &[f64]) -> f64 {
    let largest = y.iter().fold(0.0_f64, |most, y| if y.is_nan() { most } else { most.max(y.abs()) });
    if largest > 0.0 { 2.0_f64.powi(largest.log2().floor().max(-1e3) as i32) } else { 1.0 }
}

/// Chooses among `forms` by AICc and fits; `None` where none can be fitted.
pub(crate) fn choose(
    y: &[f64],
    weight: &[f64],
    season: usize,
    forms: &[Form],
    effort: Effort,
) -> Option<(Ets, f64, f64)> {
    let unit = unit(y);
    let y = &y.iter().map(|y| y / unit).collect::<Vec<f64>>()[..];
    let data = Data::new(y, weight);
    let mut trace = Trace::default();
    let seasons = data.known / season as f64;
    let suits = |form: &Form| {
        (data.positive || !form.all_multiply()) && (form.season.is_none() || season > 1 && seasons >= 2.0)
    };
    let deviance = |value: f64| data.known * (value + 2.0 * unit.ln() + (2.0 * std::f64::consts::PI).ln() + 1.0);
    let criterion = |value: f64, form: Form| aicc(deviance(value), form.parameters(season), data.known);
    let mut rough: Vec<(f64, f64, Ets)> = Vec::new();
    for pace in [Pace::Slow, Pace::Fast] {
        let mut seen: Vec<Ets> = Vec::new();
        let moves = |form: &Form| pace == Pace::Slow || form.season.is_some();
        for form in forms.iter().copied().filter(|form| suits(form) && moves(form)) {
            let mut model = match seen.iter().rev().find(|m| m.form.trend == form.trend && m.form.season == form.season)
            {
                Some(like) => Ets { form, ..like.clone() },
                None => begin(form, y, season, pace),
            };
            let value = improve(&mut model, &data, &mut trace, false, effort.rough, 1e-4);
            if value.is_finite() {
                seen.push(model.clone());
                rough.push((criterion(value, form), value, model));
            }
        }
    }
    rough.sort_by(|a, b| a.0.total_cmp(&b.0));
    let least = rough.first()?.0;
    let mut best: Option<(f64, f64, Ets)> = None;
    for (i, (crit, _, mut model)) in rough.into_iter().enumerate() {
        let far = i >= effort.finalists || crit > least + 12.0 + season as f64;
        if i > 0 && far && crit.is_finite() {
            break;
        }
        let free = season <= LONGEST_FREE_SEASON;
        let form = model.form;
        let value = improve(&mut model, &data, &mut trace, free, effort.full, 1e-7);
        let crit = criterion(value, form);
        if best.as_ref().is_none_or(|best| crit < best.0 || best.0.is_infinite() && value < best.1) {
            best = Some((crit, value, model));
        }
    }
    best.map(|(crit, value, mut model)| {
        let square = match model.form.error {
            Kind::Additive => value.exp(),
            Kind::Multiplicative => {
                let (square, _) = match model.form.season {
                    None => forward::<NONE, true>(&model, &data, &mut trace),
                    Some(Kind::Additive) => forward::<ADDS, true>(&model, &data, &mut trace),
                    Some(Kind::Multiplicative) => forward::<MULTIPLIES, true>(&model, &data, &mut trace),
                };
                square
            }
        };
        let spare = (data.known - model.form.parameters(season) as f64 + 1.0).max(1.0);
        model.variance = square * data.known / spare;
        (model.in_units(unit), deviance(value), crit)
    })
}

/// Fits simple exponential smoothing; the model stands before the first value.
pub(crate) fn simple(y: &[f64], weight: &[f64]) -> Ets {
    let simple = form(Kind::Additive, Trend::None, None);
    let found = choose(y, weight, 1, &[simple], Effort::FULL);
    found.map_or_else(|| begin(simple, y, 1, Pace::Slow), |(model, _, _)| model)
}

/// Fits Holt's damped trend, with the season that AICc prefers where two whole ones are known.
pub(crate) fn holt_winters(y: &[f64], weight: &[f64], season: usize) -> Ets {
    let names: &[&str] = if season > 1 { &["ANA", "AAdA", "MNM", "MAdM"] } else { &["AAdN"] };
    let forms: Vec<Form> = names.iter().filter_map(|name| Form::parse(name)).collect();
    let found = choose(y, weight, season, &forms, Effort::FULL);
    found.map_or_else(|| simple(y, weight), |(model, _, _)| model)
}

/// Fits Holt's trend without a season: straight, or damped.
pub(crate) fn holt(y: &[f64], weight: &[f64], damped: bool) -> Ets {
    let trend = if damped { Trend::Damped } else { Trend::Additive };
    let found = choose(y, weight, 1, &[form(Kind::Additive, trend, None)], Effort::FULL);
    found.map_or_else(|| simple(y, weight), |(model, _, _)| model)
}

/// Fits the form of another model, where the values suffice for it.
pub(crate) fn like(model: &Ets, y: &[f64], weight: &[f64], season: usize) -> Ets {
    let found = choose(y, weight, season, &[model.form], Effort::FULL);
    found.map_or_else(|| simple(y, weight), |(model, _, _)| model)
}

/// Fits the form that AICc prefers.
pub(crate) fn best(y: &[f64], weight: &[f64], season: usize) -> Ets {
    let found = choose(y, weight, season, &FORMS, Effort::FULL);
    found.map_or_else(|| simple(y, weight), |(model, _, _)| model)
}

/// The forms that a text like `MAdM` stands for; `Z` in a place is any.
fn forms(model: &str) -> Vec<Form> {
    let fits = |form: &Form| {
        let text = form.to_string();
        let (trend, wanted) = (&text[1..text.len() - 1], &model[1..model.len() - 1]);
        let letter = |own: &str, wanted: &str| wanted == "Z" || own == wanted;
        letter(&text[..1], &model[..1])
            && letter(trend, wanted)
            && letter(&text[text.len() - 1..], &model[model.len() - 1..])
    };
    FORMS.into_iter().filter(fits).collect()
}

/// Fits an exponential smoothing model: `model` is written like `MAdM`, with `Z` for what AICc shall choose, `season`
/// in periods (1 for none). `NaN` is unknown. Under two whole seasons, or with values of 0 or less for what
/// multiplies, those models are left out.
///
/// # Errors
/// `INVALID_ARGUMENT` for a model that is none of the fifteen or a season outside 1 … 2000; `NAN_IN_SERIES` for an
/// infinite value; `SERIES_TOO_SHORT` where nothing is known or no model is left.
///
/// # Source
/// Hyndman, Koehler, Ord & Snyder (2008).
///
/// ```
/// use trousse::forecast::ets;
/// let sales: Vec<f64> = (0..48).map(|t| (100.0 + t as f64) * [0.5, 1.0, 1.5, 1.0][t % 4]).collect();
/// let fit = ets(&sales, "ZZZ", 4)?;
/// assert_eq!(fit.state.form.to_string(), "MAM");
/// assert!((fit.state.mean(1)[0] - 74.0).abs() < 0.5);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn ets(y: &[f64], model: &str, season: usize) -> Result<Fit<Ets>> {
    check_count("season", season, MAX_PERIODS)?;
    let wrong = || Error::argument("model", "like MAdM: A, M or Z, then N, A, Ad or Z, then N, A, M or Z", model);
    if !model.is_ascii() || !(3..=4).contains(&model.len()) {
        return Err(wrong());
    }
    let forms = forms(model);
    if forms.is_empty() {
        return Err(wrong());
    }
    let known = super::check_values(y)?;
    let weight = vec![1.0; y.len()];
    let found = choose(y, &weight, season, &forms, Effort::FULL);
    let (start, deviance, aicc) =
        found.ok_or_else(|| Error::SeriesTooShort { series: "y".into(), need: 2 * season, got: known })?;
    Ok(super::fitted(start, y, deviance, aicc))
}

/// Fits exponential smoothing of the form that AICc prefers: [`ets`] with `ZZZ`.
///
/// # Errors
/// As [`ets`].
///
/// ```
/// let fit = trousse::forecast::auto_ets(&[5.0; 20], 1)?;
/// assert_eq!(fit.state.mean(2), [5.0, 5.0]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn auto_ets(y: &[f64], season: usize) -> Result<Fit<Ets>> {
    ets(y, "ZZZ", season)
}

#[cfg(test)]
impl Form {
    /// The fifteen.
    pub(super) fn all() -> [Form; 15] {
        FORMS
    }
}

/// The largest difference between the gradient and finite differences, relative to the larger.
#[cfg(test)]
pub(super) fn gradient_error(form: Form, y: &[f64], season: usize) -> f64 {
    let data = Data::new(y, &vec![1.0; y.len()]);
    let mut trace = Trace::default();
    let model = begin(form, y, season, Pace::Fast);
    let layout = Layout::new(&model, &data, 5.0, true);
    let mut x = layout.pack(&model);
    let mut value = |x: &[f64], slope: &mut [f64]| {
        let mut tried = model.clone();
        layout.unpack(x, &mut tried);
        let (value, gradient) = evaluate(&tried, &data, &mut trace, true);
        layout.chain(x, &gradient.expect("finite"), &trace.back, slope);
        value
    };
    let (mut slope, mut unused, mut worst) = (vec![0.0; x.len()], vec![0.0; x.len()], 0.0_f64);
    value(&x, &mut slope);
    for i in 0..x.len() {
        let (at, step) = (x[i], 1e-6);
        x[i] = at + step;
        let above = value(&x, &mut unused);
        x[i] = at - step;
        let below = value(&x, &mut unused);
        x[i] = at;
        let difference = (above - below) / (2.0 * step);
        worst = worst.max((difference - slope[i]).abs() / slope[i].abs().max(1e-3));
    }
    worst
}
