//! The Theta method in its four state-space forms: standard, optimised, and both with a line that is refitted each
//! period (dynamic).
//!
//! In: values in time order, `NaN` = unknown, anywhere. A significant season is taken out by classical decomposition
//! first. Out: a state that takes a value in O(1). For a given smoothing rate the forecasts are linear in the first
//! level and in 1 − 1/θ, so the search has one variable: O(n) per evaluation, 24 evaluations.
//!
//! Source: Fiorucci, Pellegrini, Louzada, Petropoulos & Koehler (2016), *Models for optimising the theta method*,
//! eq. 8–19; Assimakopoulos & Nikolopoulos (2000).

use serde::{Deserialize, Serialize};

use super::bytes::{Reader, Writer};
use super::ets::{Fit, aicc};
use super::minimise::line;
use super::season;
use super::smooth::Roll;
use super::{MAX_PERIODS, check_count};
use crate::base::{Error, Result};

/// A fitted Theta model after the values seen so far. 128 bytes and 8 per period of the season.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Theta {
    /// Smoothing of the level, 0.1–0.99.
    pub alpha: f64,
    /// The share of the line in the forecast, 1 − 1/θ, 0–1: 0.5 for the standard model's θ = 2.
    pub line_share: f64,
    /// Level of the series without its season.
    pub level: f64,
    /// Indices of the season by phase; one neutral value without a season.
    pub seasonal: Box<[f64]>,
    /// Variance of the one-step errors of the series without its season.
    pub variance: f64,
    line: Line,
    /// (1 − α)^periods.
    decay: f64,
    dynamic: bool,
    ratio: bool,
    at: u32,
}

/// A least-squares line through the points so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Line {
    now: f64,
    weight: f64,
    time: f64,
    mean: f64,
    spread: f64,
    slope: f64,
}

impl Line {
    fn add(&mut self, y: f64, weight: f64) {
        self.now += 1.0;
        if weight <= 0.0 {
            return;
        }
        let total = self.weight + weight;
        let (dt, dy, share) = (self.now - self.time, y - self.mean, weight / total);
        let spread = self.spread + weight * (1.0 - share) * dt * dt;
        // the slope moves as the cross product does, divided by the spread of the times
        if spread > 0.0 {
            self.slope = (self.slope * self.spread + weight * (1.0 - share) * dt * dy) / spread;
        }
        self.spread = spread;
        self.time += share * dt;
        self.mean += share * dy;
        self.weight = total;
    }
    fn intercept(&self) -> f64 {
        self.mean - self.slope * self.time
    }
}

impl Theta {
    /// Writes what forecasts need: all but the variance, and of a line that stays as it is where it lies.
    pub(crate) fn save(&self, out: &mut Writer) {
        out.byte(u8::from(self.dynamic) | u8::from(self.ratio) << 1);
        out.floats(&[self.alpha, self.line_share, self.level, self.decay]);
        let Line { now, weight, time, mean, spread, slope } = self.line;
        out.floats(&[time, mean, slope]);
        if self.dynamic {
            out.number(now);
            out.number(weight);
            out.float(spread);
        }
        out.list(&self.seasonal);
        out.whole(self.at.into());
    }

    pub(crate) fn load(read: &mut Reader<'_>) -> Option<Theta> {
        let form = read.byte().filter(|form| *form < 4)?;
        let (dynamic, ratio) = (form & 1 == 1, form >> 1 == 1);
        let (alpha, line_share, level, decay) = (read.float()?, read.float()?, read.float()?, read.float()?);
        let mut line = Line { time: read.float()?, mean: read.float()?, slope: read.float()?, ..Line::default() };
        if dynamic {
            (line.now, line.weight, line.spread) = (read.number()?, read.number()?, read.float()?);
        }
        let (seasonal, at): (Box<[f64]>, _) = (read.list()?.into(), u32::try_from(read.whole()?).ok()?);
        let sound = (at as usize) < seasonal.len() && seasonal.len() <= MAX_PERIODS;
        sound.then_some(Theta { alpha, line_share, level, seasonal, variance: 0.0, line, decay, dynamic, ratio, at })
    }

    /// Whether a season multiplies.
    pub(crate) fn multiplies(&self) -> bool {
        self.ratio && self.seasonal.len() > 1
    }

    fn advance(&mut self, y: f64, weight: f64) {
        self.level += self.alpha * weight * (y - self.level);
        self.decay *= 1.0 - self.alpha;
        if self.dynamic {
            self.line.add(y, weight);
        }
    }
    fn seasoned(&self, value: f64, at: usize) -> f64 {
        if self.ratio { value * self.seasonal[at] } else { value + self.seasonal[at] }
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

    /// Variances of the next `horizon` periods, those of the smoothed level: σ²·(1 + (h − 1)·α²), in the season's scale.
    pub fn variance(&self, horizon: usize) -> Vec<f64> {
        let m = self.seasonal.len();
        let scale = |h: usize| if self.ratio { self.seasonal[(self.at as usize + h) % m] } else { 1.0 };
        (0..horizon).map(|h| self.variance * (1.0 + h as f64 * self.alpha.powi(2)) * scale(h).powi(2)).collect()
    }
}

fn lift(line: &Line, alpha: f64, decay: f64) -> f64 {
    decay * line.intercept() + (1.0 - decay * (1.0 - alpha)) / alpha * line.slope
}

impl Roll for Theta {
    fn update(&mut self, y: f64, weight: f64) {
        let at = self.at as usize;
        self.at = if at + 1 == self.seasonal.len() { 0 } else { at as u32 + 1 };
        let plain = if self.ratio { y / self.seasonal[at] } else { y - self.seasonal[at] };
        if y.is_nan() { self.advance(0.0, 0.0) } else { self.advance(plain, weight) }
    }
    fn ahead(&self, ahead: usize) -> f64 {
        self.path(ahead)[ahead - 1]
    }
    fn path(&self, horizon: usize) -> Vec<f64> {
        let (m, mut level, mut decay, mut line) = (self.seasonal.len(), self.level, self.decay, self.line);
        let step = |h: usize| {
            let next = level + self.line_share * lift(&line, self.alpha, decay);
            level += self.alpha * (next - level);
            decay *= 1.0 - self.alpha;
            if self.dynamic {
                line.add(next, 1.0);
            }
            self.seasoned(next, (self.at as usize + h) % m)
        };
        (0..horizon).map(step).collect()
    }
}

/// Which of the four forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) optimised: bool,
    pub(crate) dynamic: bool,
}

/// The forms by name, in the order in which equal ones win.
const FORMS: [(&str, Form); 4] = [
    ("STM", Form { optimised: false, dynamic: false }),
    ("OTM", Form { optimised: true, dynamic: false }),
    ("DSTM", Form { optimised: false, dynamic: true }),
    ("DOTM", Form { optimised: true, dynamic: true }),
];

pub(crate) const STANDARD: Form = FORMS[0].1;
pub(crate) const OPTIMISED: Form = FORMS[1].1;
pub(crate) const DYNAMIC: Form = FORMS[3].1;
pub(crate) const ALL: [Form; 4] = [STANDARD, OPTIMISED, FORMS[2].1, DYNAMIC];

/// Errors of the first periods are not counted: there the line is not yet one.
const WARM_UP: usize = 3;
/// Weight of the belief that the first level is the first value; it counts only where the data don't say.
const FIRST_LEVEL: f64 = 1e-4;

/// The best first level and share of the line for one smoothing rate, with the sum of squares.
fn solve(y: &[f64], weight: &[f64], form: Form, whole: &Line, alpha: f64) -> (f64, f64, f64) {
    let (mut level, mut first, mut decay) = (0.0, 1.0, 1.0);
    let mut line = if form.dynamic { Line::default() } else { *whole };
    let (mut pp, mut pd, mut dd, mut pz, mut dz, mut zz) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    let mut begun: Option<f64> = None;
    let warm_up = if y.len() > 2 * WARM_UP { WARM_UP } else { 0 };
    for (t, (y, w)) in y.iter().zip(weight).enumerate() {
        let (y, w) = if y.is_nan() { (0.0, 0.0) } else { (*y, *w) };
        if w > 0.0 && t >= warm_up {
            let (z, d) = (y - level, lift(&line, alpha, decay));
            pp += w * first * first;
            pd += w * first * d;
            dd += w * d * d;
            pz += w * first * z;
            dz += w * d * z;
            zz += w * z * z;
        }
        if w > 0.0 && begun.is_none() {
            begun = Some(y);
        }
        let rate = alpha * w;
        level += rate * (y - level);
        first *= 1.0 - rate;
        decay *= 1.0 - alpha;
        if form.dynamic {
            line.add(y, w);
        }
    }
    let begun = begun.unwrap_or(0.0);
    pp += FIRST_LEVEL;
    pz += FIRST_LEVEL * begun;
    zz += FIRST_LEVEL * begun * begun;
    let determinant = pp * dd - pd * pd;
    let mut share = 0.5;
    if form.optimised {
        let free = (pp * dz - pd * pz) / determinant;
        share = if determinant > 1e-12 * pp * dd { free.clamp(0.0, 1.0) } else { 0.0 };
    }
    let begin = (pz - share * pd) / pp;
    let squares =
        zz - 2.0 * (begin * pz + share * dz) + begin * begin * pp + 2.0 * begin * share * pd + share * share * dd;
    (begin, share, squares.max(0.0))
}

/// Fits one form; the model stands before the first value. With it the sum of squared errors.
pub(crate) fn fit(y: &[f64], weight: &[f64], season: usize, form: Form) -> (Theta, f64) {
    let ratio = y.iter().all(|y| y.is_nan() || *y > 0.0);
    let seasonal: Box<[f64]> = if season::is_seasonal(y, season) {
        season::indices(y, season, ratio).into()
    } else {
        Box::new([if ratio { 1.0 } else { 0.0 }])
    };
    let m = seasonal.len();
    let plain = |(t, y): (usize, &f64)| if ratio { y / seasonal[t % m] } else { y - seasonal[t % m] };
    let values: Vec<f64> = y.iter().enumerate().map(plain).collect();
    let mut whole = Line::default();
    values.iter().zip(weight).for_each(|(y, w)| if y.is_nan() { whole.add(0.0, 0.0) } else { whole.add(*y, *w) });
    let alpha = line(&mut |alpha| solve(&values, weight, form, &whole, alpha).2, 0.1, 0.99, 8, 13);
    let (level, line_share, squares) = solve(&values, weight, form, &whole, alpha);
    let known = whole.weight;
    let start = if form.dynamic { Line::default() } else { whole };
    let variance = squares / (known - 3.0).max(1.0);
    let dynamic = form.dynamic;
    (Theta { alpha, line_share, level, seasonal, variance, line: start, decay: 1.0, dynamic, ratio, at: 0 }, squares)
}

/// Fits the form with the least squared errors, the first among equals: the model, their sum, and the form.
pub(crate) fn least(y: &[f64], weight: &[f64], season: usize, forms: &[Form]) -> Option<(Theta, f64, Form)> {
    let fits = forms.iter().map(|form| {
        let (start, squares) = fit(y, weight, season, *form);
        (start, squares, *form)
    });
    fits.reduce(|best, next| if next.1 < best.1 { next } else { best })
}

/// Fits a Theta model: `STM`, `OTM`, `DSTM` or `DOTM`. `season` in periods (1 for none) is taken out where its
/// autocorrelation is significant, by ratios for values above 0, else by differences. `NaN` is unknown.
///
/// # Errors
/// `INVALID_ARGUMENT` naming `model` or `season`; `NAN_IN_SERIES` for an infinite value; `SERIES_TOO_SHORT` where
/// nothing is known.
///
/// # Source
/// Fiorucci et al. (2016).
///
/// ```
/// let line: Vec<f64> = (0..40).map(|t| 10.0 + 2.0 * t as f64).collect();
/// let fit = trousse::forecast::theta(&line, "DOTM", 1)?;
/// assert!((fit.state.mean(1)[0] - 90.0).abs() < 0.1);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn theta(y: &[f64], model: &str, season: usize) -> Result<Fit<Theta>> {
    let forms: Vec<Form> = FORMS.into_iter().filter(|(name, _)| *name == model).map(|(_, form)| form).collect();
    if forms.is_empty() {
        return Err(Error::argument("model", "STM, OTM, DSTM or DOTM", model));
    }
    best(y, &forms, season)
}

/// Fits the four Theta models and answers the one with the least squared errors.
///
/// # Errors
/// As [`theta`].
///
/// ```
/// let fit = trousse::forecast::auto_theta(&[5.0; 20], 1)?;
/// assert!((fit.state.mean(1)[0] - 5.0).abs() < 1e-9);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn auto_theta(y: &[f64], season: usize) -> Result<Fit<Theta>> {
    best(y, &ALL, season)
}

fn best(y: &[f64], forms: &[Form], season: usize) -> Result<Fit<Theta>> {
    check_count("season", season, MAX_PERIODS)?;
    let known = super::check_values(y)? as f64;
    let weight = vec![1.0; y.len()];
    let found = least(y, &weight, season, forms);
    let (start, squares, form) = found.ok_or_else(|| Error::argument("model", "a form", "none"))?;
    let deviance = known * ((squares / known).max(1e-300).ln() + (2.0 * std::f64::consts::PI).ln() + 1.0);
    let aicc = aicc(deviance, if form.optimised { 4 } else { 3 }, known);
    Ok(super::fitted(start, y, deviance, aicc))
}
