//! Complex exponential smoothing: level and a hidden "potential" smoothed together as one complex number, so that one
//! model covers flat, trending and seasonal series.
//!
//! In: values in time order, `NaN` = unknown, anywhere. Out: a state that takes a value in O(1). Forms: `N` without a
//! season, `S` one complex level per phase, `P` an added real season, `F` an added complex season. First states come
//! from running the filter forward and backward once (backcasting); 2–4 parameters by a simplex search, O(n) each.
//!
//! Source: Svetunkov, Kourentzes & Ord (2022), *Complex exponential smoothing*, Naval Research Logistics 69, eq. 6–8
//! and 17–19.

use serde::{Deserialize, Serialize};

use super::bytes::{Reader, Writer};
use super::ets::{Fit, aicc};
use super::minimise::{Bounds, simplex};
use super::season;
use super::smooth::Roll;
use super::{MAX_PERIODS, check_count};
use crate::base::{Error, Result};

/// The forms, in the order in which equal ones win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// No season.
    None,
    /// One complex level per phase.
    Simple,
    /// A real season added to one level.
    Partial,
    /// A complex season added to one level.
    Full,
}

const FORMS: [(&str, Form); 4] = [("N", Form::None), ("S", Form::Simple), ("P", Form::Partial), ("F", Form::Full)];

impl Form {
    fn rates(self) -> usize {
        match self {
            Form::None | Form::Simple => 2,
            Form::Partial => 3,
            Form::Full => 4,
        }
    }
}

/// Two numbers that are smoothed together: what is seen and its potential.
type Pair = [f64; 2];

/// A fitted model after the values seen so far. 128 bytes and 16 per period of the season.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ces {
    /// Structure.
    pub form: Form,
    /// Smoothing of the level: real and imaginary part.
    pub alpha: [f64; 2],
    /// Smoothing of the season: real and imaginary part.
    pub beta: [f64; 2],
    /// Variance of the one-step errors.
    pub variance: f64,
    level: Pair,
    /// Levels or seasons by phase.
    seasonal: Box<[Pair]>,
    at: u32,
}

fn smoothed(old: Pair, rate: [f64; 2], error: f64) -> Pair {
    let [a, b] = rate;
    [old[0] - (1.0 - b) * old[1] + (a - b) * error, old[0] + (1.0 - a) * old[1] + (a + b) * error]
}

impl Ces {
    /// Writes what forecasts of the form need: a level but for `S`, real seasons for `P` and complex ones for `S` and `F`.
    pub(crate) fn save(&self, out: &mut Writer) {
        out.byte(self.form as u8);
        out.floats(&self.alpha);
        if self.form != Form::Simple {
            out.floats(&self.level);
        }
        match self.form {
            Form::None => return,
            Form::Simple => {}
            Form::Partial => out.float(self.beta[0]),
            Form::Full => out.floats(&self.beta),
        }
        out.whole(self.seasonal.len() as u64);
        out.whole(self.at.into());
        match self.form {
            Form::Partial => self.seasonal.iter().for_each(|pair| out.float(pair[0])),
            _ => self.seasonal.iter().for_each(|pair| out.floats(pair)),
        }
    }

    pub(crate) fn load(read: &mut Reader<'_>) -> Option<Ces> {
        let form = FORMS.get(usize::from(read.byte()?)).map(|(_, form)| *form)?;
        let pair = |read: &mut Reader<'_>| Some([read.float()?, read.float()?]);
        let alpha = pair(read)?;
        let level = if form == Form::Simple { [0.0; 2] } else { pair(read)? };
        let mut ces = Ces { form, alpha, beta: [0.0; 2], variance: 0.0, level, seasonal: Box::new([[0.0; 2]]), at: 0 };
        match form {
            Form::None => return Some(ces),
            Form::Simple => {}
            Form::Partial => ces.beta[0] = read.float()?,
            Form::Full => ces.beta = pair(read)?,
        }
        let (season, at) = (read.index()?, u32::try_from(read.whole()?).ok()?);
        if at as usize >= season || season > MAX_PERIODS {
            return None;
        }
        let phase = |_| if form == Form::Partial { Some([read.float()?, 0.0]) } else { pair(read) };
        let seasonal: Option<Box<[Pair]>> = (0..season).map(phase).collect();
        (ces.seasonal, ces.at) = (seasonal?, at);
        Some(ces)
    }

    fn next(&self) -> f64 {
        let season = self.seasonal[self.at as usize][0];
        match self.form {
            Form::None => self.level[0],
            Form::Simple => season,
            Form::Partial | Form::Full => self.level[0] + season,
        }
    }

    fn advance(&mut self, error: f64) {
        let at = self.at as usize;
        self.at = if at + 1 == self.seasonal.len() { 0 } else { at as u32 + 1 };
        match self.form {
            Form::None => self.level = smoothed(self.level, self.alpha, error),
            Form::Simple => self.seasonal[at] = smoothed(self.seasonal[at], self.alpha, error),
            Form::Partial => {
                self.level = smoothed(self.level, self.alpha, error);
                self.seasonal[at][0] += self.beta[0] * error;
            }
            Form::Full => {
                self.level = smoothed(self.level, self.alpha, error);
                self.seasonal[at] = smoothed(self.seasonal[at], self.beta, error);
            }
        }
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

    /// Variances of the next `horizon` periods: σ² times the squared responses of the model to one error.
    pub fn variance(&self, horizon: usize) -> Vec<f64> {
        let mut echo = self.clone();
        echo.level = [0.0; 2];
        echo.seasonal.fill([0.0; 2]);
        echo.advance(1.0);
        let mut sum = 1.0;
        let response = echo.path(horizon.saturating_sub(1));
        let later = response.into_iter().map(|c| {
            sum += c * c;
            self.variance * sum
        });
        std::iter::once(self.variance).chain(later).take(horizon).collect()
    }
}

impl Roll for Ces {
    fn update(&mut self, y: f64, weight: f64) {
        let error = if y.is_nan() { 0.0 } else { weight * (y - self.next()) };
        self.advance(error);
    }
    fn ahead(&self, ahead: usize) -> f64 {
        self.path(ahead)[ahead - 1]
    }
    fn path(&self, horizon: usize) -> Vec<f64> {
        let mut state = self.clone();
        let step = |_| {
            let next = state.next();
            state.advance(0.0);
            next
        };
        (0..horizon).map(step).collect()
    }
}

const NONE: u8 = 0;
const SIMPLE: u8 = 1;
const PARTIAL: u8 = 2;
const FULL: u8 = 3;

/// Runs the filter along the values in place, as [`Roll::update`] does; answers the weighted sum of squared errors.
fn run<'a>(state: &mut Ces, values: impl Iterator<Item = (&'a f64, &'a f64)>) -> f64 {
    match state.form {
        Form::None => run_form::<NONE>(state, values),
        Form::Simple => run_form::<SIMPLE>(state, values),
        Form::Partial => run_form::<PARTIAL>(state, values),
        Form::Full => run_form::<FULL>(state, values),
    }
}

fn run_form<'a, const FORM: u8>(state: &mut Ces, values: impl Iterator<Item = (&'a f64, &'a f64)>) -> f64 {
    let Ces { alpha, beta, mut level, .. } = *state;
    let (mut at, m, mut squares) = (state.at as usize, state.seasonal.len(), 0.0);
    for (y, w) in values {
        let season = state.seasonal[at];
        let expected = match FORM {
            NONE => level[0],
            SIMPLE => season[0],
            _ => level[0] + season[0],
        };
        let error = y - expected;
        squares += w * error * error;
        let error = w * error;
        if FORM != SIMPLE {
            level = smoothed(level, alpha, error);
        }
        match FORM {
            SIMPLE => state.seasonal[at] = smoothed(season, alpha, error),
            PARTIAL => state.seasonal[at][0] = season[0] + beta[0] * error,
            FULL => state.seasonal[at] = smoothed(season, beta, error),
            _ => {}
        }
        at = if at + 1 == m { 0 } else { at + 1 };
    }
    (state.level, state.at) = (level, at as u32);
    squares
}

/// Turns the state after the last value into one that meets the values in reverse.
fn turn(state: &mut Ces) {
    let m = state.seasonal.len();
    (0..m).for_each(|_| state.advance(0.0));
    let at = state.at as usize;
    state.seasonal.rotate_left(at);
    state.seasonal.reverse();
    state.at = 0;
}

/// The first states by the mean and a decomposition.
fn begin(form: Form, y: &[f64], season: usize) -> Ces {
    const POTENTIAL: f64 = 1.0 / 1.1;
    let m = if form == Form::None { 1 } else { season };
    let known = |n: usize| -> Vec<f64> { y.iter().copied().filter(|y| !y.is_nan()).take(n).collect() };
    let head = known(if form == Form::None { 10 } else { m });
    let mean = head.iter().sum::<f64>() / head.len().max(1) as f64;
    let pair = |x: f64| [x, x * POTENTIAL];
    let index = if m > 1 { season::indices(y, m, false) } else { vec![0.0] };
    let seasonal: Box<[Pair]> = match form {
        Form::None => Box::new([[0.0; 2]]),
        Form::Simple => (0..m).map(|i| pair(if y[i].is_nan() { mean + index[i] } else { y[i] })).collect(),
        Form::Partial => index.iter().map(|s| [*s, 0.0]).collect(),
        Form::Full => index.iter().map(|s| pair(*s)).collect(),
    };
    Ces { form, alpha: [1.3, 1.0], beta: [0.1, 1.0], variance: 0.0, level: pair(mean), seasonal, at: 0 }
}

/// The state before the first value for given rates: forward, backward, and there it stands. O(n).
fn backcast(begin: &Ces, rates: &[f64], y: &[f64], weight: &[f64]) -> Ces {
    let mut state = begin.clone();
    set(&mut state, rates);
    run(&mut state, y.iter().zip(weight));
    turn(&mut state);
    run(&mut state, y.iter().zip(weight).rev());
    turn(&mut state);
    state
}

fn set(state: &mut Ces, rates: &[f64]) {
    state.alpha = [rates[0], rates[1]];
    state.beta = [rates.get(2).copied().unwrap_or(0.0), rates.get(3).copied().unwrap_or(0.0)];
}

/// Evaluations of the search per parameter: what a forecast needs, and what a likelihood needs that is to be quoted.
pub(crate) const BRIEF: usize = 40;
const LONG: usize = 150;

/// Fits one form; the model stands before the first value. With it the deviance.
fn fit(y: &[f64], weight: &[f64], season: usize, form: Form, evaluations: usize) -> Option<(Ces, f64)> {
    let begin = begin(form, y, season);
    let weight: Vec<f64> = y.iter().zip(weight).map(|(y, w)| if y.is_nan() { 0.0 } else { *w }).collect();
    let y: Vec<f64> = y.iter().map(|y| if y.is_nan() { 0.0 } else { *y }).collect();
    let known: f64 = weight.iter().sum();
    let normal = (2.0 * std::f64::consts::PI).ln() + 1.0;
    let mut cost = |rates: &[f64]| {
        let mut state = backcast(&begin, rates, &y, &weight);
        let squares = run(&mut state, y.iter().zip(&weight));
        if squares.is_finite() { known * ((squares / known).max(1e-300).ln() + normal) } else { f64::MAX }
    };
    let start = match form {
        Form::None | Form::Simple => vec![1.3, 1.0],
        Form::Partial => vec![1.3, 1.0, 0.1],
        Form::Full => vec![1.3, 1.0, 1.3, 1.0],
    };
    let n = start.len();
    let bounds = Bounds { low: vec![0.01; n], high: [1.8, 1.9, 1.5, 1.5][..n].to_vec() };
    let (rates, deviance) =
        simplex(&mut cost, &start, &bounds, 0.2, evaluations * n, if evaluations > BRIEF { 1e-6 } else { 1e-3 });
    let mut model = backcast(&begin, &rates, &y, &weight);
    model.variance = (deviance / known - normal).exp() * known / (known - n as f64 - 2.0).max(1.0);
    let finite = deviance < f64::MAX && model.path(2 * season).iter().all(|x| x.is_finite());
    finite.then_some((model, deviance))
}

/// Fits the forms that suit and keeps the one with the least AICc.
pub(crate) fn choose(
    y: &[f64],
    weight: &[f64],
    season: usize,
    forms: &[Form],
    evaluations: usize,
) -> Option<(Ces, f64, f64)> {
    let known: f64 = y.iter().zip(weight).filter(|(y, _)| !y.is_nan()).map(|(_, w)| w).sum();
    let seasonal = season > 1 && known >= 2.0 * season as f64;
    let suits = |form: &&Form| seasonal || **form == Form::None;
    let fits = forms.iter().filter(suits).filter_map(|form| {
        let (model, deviance) = fit(y, weight, season, *form, evaluations)?;
        Some((model, deviance, aicc(deviance, form.rates() + 1, known)))
    });
    fits.reduce(|best, next| if next.2 < best.2 { next } else { best })
}

/// Fits complex exponential smoothing: `N`, `S`, `P`, `F`, or `Z` for the one that AICc prefers; `season` in periods (1
/// for none). `NaN` is unknown. Under two whole seasons only `N` suits.
///
/// # Errors
/// `INVALID_ARGUMENT` naming `model` or `season`; `NAN_IN_SERIES` for an infinite value; `SERIES_TOO_SHORT` where no
/// form can be fitted.
///
/// # Source
/// Svetunkov, Kourentzes & Ord (2022).
///
/// ```
/// let season: Vec<f64> = (0..36).map(|t| [10.0, 20.0, 30.0][t % 3]).collect();
/// let fit = trousse::forecast::ces(&season, "Z", 3)?;
/// assert!((fit.state.mean(2)[1] - 20.0).abs() < 0.1);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn ces(y: &[f64], model: &str, season: usize) -> Result<Fit<Ces>> {
    check_count("season", season, MAX_PERIODS)?;
    let wanted = FORMS.into_iter().filter(|(name, _)| model == "Z" || *name == model);
    let forms: Vec<Form> = wanted.map(|(_, form)| form).collect();
    if forms.is_empty() {
        return Err(Error::argument("model", "N, S, P, F or Z", model));
    }
    let known = super::check_values(y)?;
    let found = choose(y, &vec![1.0; y.len()], season, &forms, LONG);
    let (start, deviance, aicc) =
        found.ok_or_else(|| Error::SeriesTooShort { series: "y".into(), need: 2 * season, got: known })?;
    Ok(super::fitted(start, y, deviance, aicc))
}

/// Fits complex exponential smoothing of the form that AICc prefers: [`ces`] with `Z`.
///
/// # Errors
/// As [`ces`].
///
/// ```
/// let fit = trousse::forecast::auto_ces(&[5.0; 20], 1)?;
/// assert!((fit.state.mean(1)[0] - 5.0).abs() < 1e-6);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn auto_ces(y: &[f64], season: usize) -> Result<Fit<Ces>> {
    ces(y, "Z", season)
}

pub(crate) const ALL: [Form; 4] = [Form::None, Form::Simple, Form::Partial, Form::Full];
