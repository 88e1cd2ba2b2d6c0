//! Autoregressive integrated moving averages with a season, ARIMA(p,d,q)(P,D,Q)m, and the search of their orders.
//!
//! In: values in time order, `NaN` = unknown, anywhere. Out: a state that takes a value in O(state). Differences by a
//! test for a unit root (KPSS) and by the strength of the season, where these are in doubt by errors out of sample, the
//! other orders by a stepwise search of the least AICc. Coefficients by the conditional sum of squares, then by the exact Gaussian likelihood; they are searched as
//! sines of partial autocorrelations, so that every point is stationary and invertible.
//!
//! Without gaps the likelihood comes from Chandrasekhar recursions on the differenced series, O(n·r) with
//! r = max(p + mP, q + mQ + 1), and from the plain recursion once the gain has converged. With gaps the orders are
//! chosen and the search begun on the series with its gaps filled by neighbours and season; the coefficients then
//! maximise the exact likelihood of what is known by a Kalman filter whose state holds the last d + mD values.
//!
//! Source: Hyndman & Khandakar (2008), *Automatic time series forecasting*, J. Stat. Software 27(3); Kwiatkowski,
//! Phillips, Schmidt & Shin (1992); Wang, Smith & Hyndman (2006) for the strength of a season, here with a trend
//! by moving average; Morf, Sidhu & Kailath (1974) for the recursions; Harvey (1989), ch. 3; Monahan (1984) for the
//! transform; Durbin & Koopman (2012), ch. 2.7 and 5, for gaps and unknown first values.

mod average;
mod search;

use serde::{Deserialize, Serialize};

use super::bytes::{Reader, Writer};
use super::ets::{Fit, aicc};
use super::minimise::{Bounds, bfgs};
use super::season;
use super::smooth::Roll;
use super::{MAX_PERIODS, check_count};
use crate::base::{Error, Result};
pub(crate) use average::Arimas;
pub(crate) use search::average;
use search::{Near, best};

/// The highest order of a search.
const MOST: usize = 5;
/// The most values a state may hold.
const LARGEST_STATE: usize = 500;
/// Coefficients are searched as sines of angles up to this.
const WIDEST: f64 = 1.54;
/// Step of a forward difference of the likelihood.
const STEP: f64 = 1e-7;
/// Variance of an unknown first value, in variances of an error, and the variance from which an error tells only of it.
const DIFFUSE: f64 = 1e8;
const UNTOLD: f64 = 1e6;
/// The filter is steady once its variances are this close to their limits.
const STEADY: f64 = 1e-9;
/// Coefficients of lag k are at most this to the power of k times those of the unit circle, so that a model that is
/// chosen has no root within 1.01; a model of given orders may have one.
const CHOSEN: f64 = 1.0 / 1.01;
const GIVEN: f64 = 1.0;
/// First partial autocorrelations that a descent may begin with, autoregressive and of the moving average: the
/// likelihood has local optima where the two cancel.
const STARTS: [(f64, f64); 5] = [(0.97, -0.85), (0.9, -0.4), (0.3, -0.9), (0.5, 0.3), (-0.5, 0.1)];
/// Values that count for less than this are unknown.
const LEAST_WEIGHT: f64 = 0.5;

/// The orders of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Autoregressive order p.
    pub ar: usize,
    /// Differences d.
    pub differences: usize,
    /// Order of the moving average q.
    pub ma: usize,
    /// Seasonal autoregressive order P.
    pub seasonal_ar: usize,
    /// Seasonal differences D.
    pub seasonal_differences: usize,
    /// Order of the seasonal moving average Q.
    pub seasonal_ma: usize,
    /// Periods in a season; 1 for none.
    pub season: usize,
    /// Whether the differenced series has a mean of its own (a drift where d + D = 1).
    pub constant: bool,
}

impl Default for Order {
    fn default() -> Self {
        Order {
            ar: 0,
            differences: 0,
            ma: 0,
            seasonal_ar: 0,
            seasonal_differences: 0,
            seasonal_ma: 0,
            season: 1,
            constant: false,
        }
    }
}

impl Order {
    /// Answers whether the orders make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_count("season", self.season, MAX_PERIODS)?;
        let most = |field: &str, got: usize, most: usize| {
            if got <= most { Ok(()) } else { Err(Error::argument(field, format!("at most {most}"), got)) }
        };
        most("ar", self.ar, 100)?;
        most("differences", self.differences, 2)?;
        most("ma", self.ma, 100)?;
        let seasonal = if self.season > 1 { 20 } else { 0 };
        most("seasonal_ar", self.seasonal_ar, seasonal)?;
        most("seasonal_differences", self.seasonal_differences, seasonal.min(1))?;
        most("seasonal_ma", self.seasonal_ma, seasonal)?;
        if self.constant && self.differenced() > 1 {
            return Err(Error::argument("constant", "false where the series is differenced twice", true));
        }
        let state = self.lags().0.max(self.lags().1 + 1) + self.lost();
        if state > LARGEST_STATE {
            let rule = format!("so short that the orders need at most {LARGEST_STATE} values");
            return Err(Error::argument("season", rule, self.season));
        }
        Ok(())
    }
    fn differenced(&self) -> usize {
        self.differences + self.seasonal_differences
    }
    /// Values that the differences take.
    fn lost(&self) -> usize {
        self.differences + self.season * self.seasonal_differences
    }
    fn coefficients(&self) -> usize {
        self.ar + self.ma + self.seasonal_ar + self.seasonal_ma
    }
    /// The longest lags of the two polynomials.
    fn lags(&self) -> (usize, usize) {
        (self.ar + self.season * self.seasonal_ar, self.ma + self.season * self.seasonal_ma)
    }
    /// Parameters that AICc counts: coefficients, constant, variance.
    fn parameters(&self) -> usize {
        self.coefficients() + usize::from(self.constant) + 1
    }
}

/// Coefficients of an expanded polynomial that are not 0, by lag.
type Terms = Box<[(usize, f64)]>;

fn terms(dense: &[f64]) -> Terms {
    dense.iter().enumerate().filter(|(_, c)| **c != 0.0).map(|(i, c)| (i + 1, *c)).collect()
}

/// A fitted model after the values seen so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arima {
    /// The orders.
    pub order: Order,
    /// Autoregressive coefficients φ.
    pub ar: Box<[f64]>,
    /// Coefficients θ of the moving average, written 1 + θB.
    pub ma: Box<[f64]>,
    /// Seasonal autoregressive coefficients Φ.
    pub seasonal_ar: Box<[f64]>,
    /// Coefficients Θ of the seasonal moving average.
    pub seasonal_ma: Box<[f64]>,
    /// Mean of the differenced series.
    pub constant: f64,
    /// Variance of the one-step errors: the sum of squares by the number of values.
    pub variance: f64,
    phi: Terms,
    delta: Terms,
    /// How an error moves the state.
    response: Box<[f64]>,
    /// Expectations of the ARMA part for now and r − 1 periods ahead, then the last d + mD values, the last first.
    state: Box<[f64]>,
    /// Covariance of the state in variances of an error; none once all of it is known.
    covariance: Option<Box<[f64]>>,
    /// How many of the first d + mD values have been taken in.
    begun: usize,
    /// What is expected before anything is known.
    origin: f64,
}

/// The coefficients of a multiplicative model.
#[derive(Debug, Clone, PartialEq)]
struct Coefficients {
    ar: Vec<f64>,
    ma: Vec<f64>,
    seasonal_ar: Vec<f64>,
    seasonal_ma: Vec<f64>,
    phi: Vec<f64>,
    theta: Vec<f64>,
}

/// Autoregressive coefficients from the angles of partial autocorrelations (Durbin–Levinson), drawn from the circle.
fn from_angles(angles: &[f64], sign: f64, reach: f64) -> Vec<f64> {
    let mut out = Vec::with_capacity(angles.len());
    angles.iter().for_each(|angle| step_up(&mut out, sign * angle.sin()));
    let mut factor = sign;
    for c in &mut out {
        factor *= reach;
        *c *= factor;
    }
    out
}

fn step_up(phi: &mut Vec<f64>, partial: f64) {
    let before = phi.clone();
    let k = before.len();
    (0..k).for_each(|j| phi[j] = before[j] - partial * before[k - 1 - j]);
    phi.push(partial);
}

/// The partial autocorrelations of a polynomial; none where it is not stationary.
fn partials(phi: &[f64]) -> Option<Vec<f64>> {
    let mut now = phi.to_vec();
    let mut out = vec![0.0; phi.len()];
    for k in (0..phi.len()).rev() {
        let last = now[k];
        if last.abs() >= 1.0 || last.is_nan() {
            return None;
        }
        out[k] = last;
        let before: Vec<f64> = (0..k).map(|j| (now[j] + last * now[k - 1 - j]) / (1.0 - last * last)).collect();
        now = before;
    }
    Some(out)
}

/// Multiplies (1 + sΣaᵢBⁱ)(1 + sΣbⱼBʲᵐ) and answers the coefficients of 1 + sΣcₖBᵏ.
fn multiplied(a: &[f64], b: &[f64], season: usize, sign: f64) -> Vec<f64> {
    let mut out = vec![0.0; a.len() + season * b.len()];
    out[..a.len()].copy_from_slice(a);
    for (j, b) in b.iter().enumerate() {
        let lag = season * (j + 1);
        out[lag - 1] += b;
        a.iter().enumerate().for_each(|(i, a)| out[lag + i] += sign * a * b);
    }
    out
}

impl Coefficients {
    fn of(order: &Order, angles: &[f64], reach: f64) -> Self {
        let (ar, rest) = angles.split_at(order.ar);
        let (ma, rest) = rest.split_at(order.ma);
        let (seasonal_ar, seasonal_ma) = rest.split_at(order.seasonal_ar);
        let (ar, seasonal_ar) = (from_angles(ar, 1.0, reach), from_angles(seasonal_ar, 1.0, reach));
        let seasonal_ma = from_angles(&seasonal_ma[..order.seasonal_ma], -1.0, reach);
        Coefficients::new(order, ar, from_angles(ma, -1.0, reach), seasonal_ar, seasonal_ma)
    }
    fn new(order: &Order, ar: Vec<f64>, ma: Vec<f64>, seasonal_ar: Vec<f64>, seasonal_ma: Vec<f64>) -> Self {
        let phi = multiplied(&ar, &seasonal_ar, order.season, -1.0);
        let theta = multiplied(&ma, &seasonal_ma, order.season, 1.0);
        Coefficients { ar, ma, seasonal_ar, seasonal_ma, phi, theta }
    }
    fn size(&self) -> usize {
        self.phi.len().max(self.theta.len() + 1)
    }
    /// Autocovariances at the lags 0 … `lags` in variances of an error; none where they are not finite.
    fn autocovariances(&self, lags: usize) -> Option<Vec<f64>> {
        let (phi, theta) = (&self.phi, &self.theta);
        let partials = partials(phi)?;
        let reach = lags + theta.len();
        let mut error: f64 = 1.0 / partials.iter().map(|r| 1.0 - r * r).product::<f64>();
        let mut plain = Vec::with_capacity(reach + 1);
        plain.push(error);
        let mut low = Vec::with_capacity(phi.len());
        for (k, partial) in partials.iter().enumerate() {
            let own: f64 = low.iter().enumerate().map(|(j, c): (usize, &f64)| c * plain[k - j]).sum();
            plain.push(own + partial * error);
            error *= 1.0 - partial * partial;
            step_up(&mut low, *partial);
        }
        let sparse = terms(phi);
        for k in plain.len()..=reach {
            plain.push(sparse.iter().map(|(lag, c)| c * plain[k - lag]).sum());
        }
        if !plain[0].is_finite() {
            return None;
        }
        let at = |i: usize| if i == 0 { 1.0 } else { theta[i - 1] };
        let product =
            |l: usize| (0..=theta.len() - l).filter(|i| at(*i) != 0.0).map(|i| at(i) * at(i + l)).sum::<f64>();
        let products: Vec<(usize, f64)> =
            (1..=theta.len()).map(|l| (l, product(l))).filter(|(_, c)| *c != 0.0).collect();
        let first = product(0);
        let sum = |k: usize| {
            let both = products.iter().map(|(l, c)| c * (plain[k + l] + plain[k.abs_diff(*l)]));
            first * plain[k] + both.sum::<f64>()
        };
        Some((0..=lags).map(sum).collect())
    }
    /// Responses to one error over the periods 0 … `count` − 1.
    fn responses(&self, count: usize) -> Vec<f64> {
        let mut out = vec![0.0; count];
        for k in 0..count {
            let own = if k == 0 { 1.0 } else { self.theta.get(k - 1).copied().unwrap_or(0.0) };
            out[k] = own + self.phi.iter().take(k).enumerate().map(|(j, c)| c * out[k - 1 - j]).sum::<f64>();
        }
        out
    }
}

/// What a likelihood is made of: the sum of squares, the sum of the logarithms of the variances, the mean.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Score {
    squares: f64,
    logs: f64,
    mean: f64,
    count: f64,
}

impl Score {
    fn deviance(&self) -> f64 {
        let normal = (2.0 * std::f64::consts::PI).ln() + 1.0;
        self.count * ((self.squares / self.count).max(1e-300).ln() + normal) + self.logs
    }
}

/// One period of the ARMA state ahead, plus an error times a gain.
fn shift(state: &mut [f64], phi: &[(usize, f64)], gain: &[f64], error: f64) {
    let r = state.len();
    let last: f64 = phi.iter().map(|(lag, c)| c * state[r - lag]).sum();
    state.copy_within(1.., 0);
    state[r - 1] = last;
    state.iter_mut().zip(gain).for_each(|(state, gain)| *state += gain * error);
}

/// The exact likelihood of a series without gaps, by Chandrasekhar recursions until the gain has converged.
fn exact(w: &[f64], coefficients: &Coefficients, constant: bool) -> Option<Score> {
    let r = coefficients.size();
    let covariance = coefficients.autocovariances(r)?;
    let (phi, theta) = (terms(&coefficients.phi), terms(&coefficients.theta));
    let mut spread = covariance[0];
    let mut gain = covariance[1..].to_vec();
    let mut change = gain.clone();
    let (mut state, mut ones) = (vec![0.0; r], vec![0.0; if constant { r } else { 0 }]);
    let (mut errors, mut unit) = (Vec::with_capacity(w.len()), Vec::with_capacity(w.len()));
    let (mut ww, mut wx, mut xx, mut determinant, mut logs) = (0.0, 0.0, 0.0, 1.0_f64, 0.0);
    let mut t = 0;
    while t < w.len() && spread > 1.0 + STEADY {
        let error = w[t] - state[0];
        errors.push(error);
        ww += error * error / spread;
        shift(&mut state, &phi, &gain, error / spread);
        if constant {
            let x = 1.0 - ones[0];
            unit.push(x);
            wx += x * error / spread;
            xx += x * x / spread;
            shift(&mut ones, &phi, &gain, x / spread);
        }
        determinant *= spread;
        if !(1e-200..1e200).contains(&determinant) {
            logs += determinant.ln();
            determinant = 1.0;
        }
        let share = change[0] / spread;
        spread -= change[0] * share;
        let last: f64 = phi.iter().map(|(lag, c)| c * change[r - lag]).sum();
        change.copy_within(1.., 0);
        change[r - 1] = last;
        for (change, gain) in change.iter_mut().zip(&mut gain) {
            let moved = *change;
            *change -= share * *gain;
            *gain -= share * moved;
        }
        t += 1;
    }
    for t in t..w.len() {
        let error = w[t] - recent(&phi, w, t) - recent(&theta, &errors, t);
        errors.push(error);
        ww += error * error;
        if constant {
            let known: f64 = phi.iter().filter(|(lag, _)| *lag <= t).map(|(_, c)| c).sum();
            let x = 1.0 - known - recent(&theta, &unit, t);
            unit.push(x);
            wx += x * error;
            xx += x * x;
        }
    }
    let mean = if xx > 0.0 { wx / xx } else { 0.0 };
    let squares = ww - mean * wx;
    squares.is_finite().then_some(Score {
        squares: squares.max(0.0),
        logs: logs + determinant.ln(),
        mean,
        count: w.len() as f64,
    })
}

fn recent(terms: &[(usize, f64)], values: &[f64], t: usize) -> f64 {
    terms.iter().filter(|(lag, _)| *lag <= t).map(|(lag, c)| c * values[t - lag]).sum()
}

/// The mean squared error of the plain recursion begun with errors of 0.
fn conditional(w: &[f64], coefficients: &Coefficients) -> f64 {
    let (phi, theta) = (terms(&coefficients.phi), terms(&coefficients.theta));
    let from = coefficients.phi.len().min(w.len() / 2);
    let mut errors = vec![0.0; w.len()];
    let mut squares = 0.0;
    for t in from..w.len() {
        errors[t] = w[t] - recent(&phi, w, t) - recent(&theta, &errors, t);
        squares += errors[t] * errors[t];
    }
    squares / (w.len() - from) as f64
}

impl Arima {
    /// Writes what forecasts need: orders, coefficients, the state, and its covariance where that is not yet known.
    pub(crate) fn save(&self, out: &mut Writer) {
        let Order { ar, differences, ma, seasonal_ar, seasonal_differences, seasonal_ma, season, constant } =
            self.order;
        for n in [ar, differences, ma, seasonal_ar, seasonal_differences, seasonal_ma, season, self.begun] {
            out.whole(n as u64);
        }
        out.byte(u8::from(constant) | u8::from(self.covariance.is_some()) << 1);
        [&self.ar, &self.ma, &self.seasonal_ar, &self.seasonal_ma].iter().for_each(|own| out.floats(own));
        if constant {
            out.float(self.constant);
        }
        if self.begun < self.lost() {
            out.float(self.origin);
        }
        out.floats(&self.state);
        if let Some(covariance) = &self.covariance {
            out.floats(covariance);
        }
    }

    pub(crate) fn load(read: &mut Reader<'_>) -> Option<Arima> {
        let mut whole = || read.index();
        let (ar, differences, ma, seasonal_ar) = (whole()?, whole()?, whole()?, whole()?);
        let (seasonal_differences, seasonal_ma, season, begun) = (whole()?, whole()?, whole()?, whole()?);
        let flags = read.byte().filter(|flags| *flags < 4)?;
        let constant = flags & 1 == 1;
        let order = Order { ar, differences, ma, seasonal_ar, seasonal_differences, seasonal_ma, season, constant };
        order.check().ok().filter(|()| begun <= order.lost())?;
        let mut floats = |count: usize| read.floats(count);
        let (ar, ma, seasonal_ar, seasonal_ma) = (floats(ar)?, floats(ma)?, floats(seasonal_ar)?, floats(seasonal_ma)?);
        let coefficients = Coefficients::new(&order, ar, ma, seasonal_ar, seasonal_ma);
        let mean = if constant { read.float()? } else { 0.0 };
        let origin = if begun < order.lost() { read.float()? } else { 0.0 };
        let n = coefficients.size() + order.lost();
        let state = read.floats(n)?.into();
        let covariance = if flags >> 1 == 1 { Some(read.floats(n * n)?.into()) } else { None };
        Some(Arima { state, covariance, begun, origin, ..Arima::of(order, &coefficients, mean) })
    }

    /// The model before the first value.
    fn new(order: Order, coefficients: &Coefficients, constant: f64, variance: f64, origin: f64) -> Option<Arima> {
        let r = coefficients.size();
        let n = r + order.lost();
        let gamma = coefficients.autocovariances(r)?;
        let response = coefficients.responses(r);
        let mut covariance = vec![0.0; n * n];
        for lag in 0..r {
            let mut told = 0.0;
            for i in 0..r - lag {
                let own = gamma[lag] - told;
                covariance[i * n + i + lag] = own;
                covariance[(i + lag) * n + i] = own;
                told += response[i] * response[i + lag];
            }
        }
        Some(Arima {
            variance,
            covariance: Some(covariance.into()),
            origin,
            ..Arima::of(order, coefficients, constant)
        })
    }

    /// A state of nothing, in which all is known.
    fn of(order: Order, coefficients: &Coefficients, constant: f64) -> Arima {
        let (r, s) = (coefficients.size(), order.lost());
        let mut response = coefficients.responses(r);
        response.resize(r + s, 0.0);
        if s > 0 {
            response[r] = 1.0;
        }
        let boxed = |c: &[f64]| -> Box<[f64]> { c.into() };
        Arima {
            order,
            ar: boxed(&coefficients.ar),
            ma: boxed(&coefficients.ma),
            seasonal_ar: boxed(&coefficients.seasonal_ar),
            seasonal_ma: boxed(&coefficients.seasonal_ma),
            constant,
            variance: 0.0,
            phi: terms(&coefficients.phi),
            delta: differencing(&order),
            response: response.into(),
            state: vec![0.0; r + s].into(),
            covariance: None,
            begun: 0,
            origin: 0.0,
        }
    }

    fn lost(&self) -> usize {
        self.order.lost()
    }

    /// Where the value that is seen stands in the state.
    fn seen(&self) -> usize {
        if self.lost() > 0 { self.state.len() - self.lost() } else { 0 }
    }

    fn next(&self) -> f64 {
        let r = self.state.len() - self.lost();
        match self.begun {
            0 if self.lost() > 0 => self.origin,
            begun if begun < self.lost() => self.state[r],
            _ => {
                let own =
                    if r > 1 { self.state[1] } else { self.phi.iter().map(|(lag, c)| c * self.state[r - lag]).sum() };
                self.delta.iter().fold(own + self.constant, |sum, (lag, c)| sum + c * self.state[r + lag - 1])
            }
        }
    }

    /// Moves a state one period ahead.
    fn step(&self, state: &mut [f64], constant: f64) {
        let (s, n) = (self.lost(), state.len());
        let r = n - s;
        let last: f64 = self.phi.iter().map(|(lag, c)| c * state[r - lag]).sum();
        let value: f64 = self.delta.iter().map(|(lag, c)| c * state[r + lag - 1]).sum();
        state.copy_within(1..r, 0);
        state[r - 1] = last;
        if s > 0 {
            state.copy_within(r..n - 1, r + 1);
            state[r] = state[0] + constant + value;
        }
    }

    /// The covariance one period ahead, with the error of that period.
    fn spread(&self, before: Option<&[f64]>) -> Vec<f64> {
        let n = self.state.len();
        let r = n - self.lost();
        let mut out = vec![0.0; n * n];
        if let Some(before) = before {
            let mut moved = before.to_vec();
            moved.chunks_exact_mut(n).for_each(|row| self.step(row, 0.0));
            out[..(r - 1) * n].copy_from_slice(&moved[n..r * n]);
            let add = |out: &mut [f64], to: usize, from: usize, c: f64| {
                let row = &moved[from * n..(from + 1) * n];
                out[to * n..(to + 1) * n].iter_mut().zip(row).for_each(|(out, x)| *out += c * x);
            };
            self.phi.iter().for_each(|(lag, c)| add(&mut out, r - 1, r - lag, *c));
            if n > r {
                out[(r + 1) * n..].copy_from_slice(&moved[r * n..(n - 1) * n]);
                out.copy_within(..n, r * n);
                self.delta.iter().for_each(|(lag, c)| add(&mut out, r, r + lag - 1, *c));
            }
        }
        for (row, a) in out.chunks_exact_mut(n).zip(&self.response) {
            if *a != 0.0 {
                row.iter_mut().zip(&self.response).for_each(|(out, b)| *out += a * b);
            }
        }
        // a difference between the two triangles would grow from period to period
        (0..n).for_each(|i| (0..i).for_each(|j| out[j * n + i] = out[i * n + j]));
        out
    }

    /// Takes one of the first values in: it is known, or as good as unknown.
    fn begin(&mut self, y: f64) {
        let n = self.state.len();
        let r = n - self.lost();
        if self.begun == 0 && y.is_nan() {
            return;
        }
        let value = if y.is_nan() { self.state[r] } else { y };
        self.state.copy_within(r..n - 1, r + 1);
        self.state[r] = value;
        if let Some(covariance) = &mut self.covariance {
            (r + 1..n).rev().for_each(|i| covariance[i * n + i] = covariance[(i - 1) * n + i - 1]);
            covariance[r * n + r] = if y.is_nan() { DIFFUSE } else { 0.0 };
        }
        self.begun += 1;
    }

    /// Takes the next value in; answers its error and the variance of that, if there is one.
    fn take(&mut self, y: f64) -> Option<(f64, f64)> {
        if self.begun < self.lost() {
            self.begin(y);
            return None;
        }
        let (n, at) = (self.state.len(), self.seen());
        let error = y - self.next();
        let steady = self.covariance.is_none();
        let mut covariance = if steady && !y.is_nan() { None } else { Some(self.spread(self.covariance.as_deref())) };
        let mut state = std::mem::take(&mut self.state);
        self.step(&mut state, self.constant);
        let mut variance = 1.0;
        if !y.is_nan() {
            match &mut covariance {
                None => state.iter_mut().zip(&self.response).for_each(|(x, gain)| *x += gain * error),
                Some(covariance) => {
                    variance = covariance[at * n + at].max(1.0);
                    let gain: Vec<f64> = covariance[at * n..(at + 1) * n].iter().map(|c| c / variance).collect();
                    state.iter_mut().zip(&gain).for_each(|(x, gain)| *x += gain * error);
                    for (row, g) in covariance.chunks_exact_mut(n).zip(&gain) {
                        let share = g * variance;
                        row.iter_mut().zip(&gain).for_each(|(c, gain)| *c -= share * gain);
                        row[at] = 0.0;
                    }
                    covariance[at * n..(at + 1) * n].fill(0.0);
                }
            }
            state[at] = if self.lost() > 0 { y } else { y - self.constant };
        }
        self.state = state;
        self.covariance = covariance.filter(|c| c.iter().any(|c| c.abs() > STEADY)).map(Vec::into_boxed_slice);
        (!y.is_nan()).then_some((error, variance))
    }

    /// Takes the next value in; `NaN` is unknown and only time passes. O(state) once the filter is steady, O(state²)
    /// at the start and after a gap. The same bits as a filter run from the start with these parameters.
    pub fn update(&mut self, y: f64) {
        self.take(y);
    }

    /// Expected values of the next `horizon` periods.
    pub fn mean(&self, horizon: usize) -> Vec<f64> {
        self.path(horizon)
    }

    /// Variances of the next `horizon` periods, with what is uncertain of the state.
    pub fn variance(&self, horizon: usize) -> Vec<f64> {
        let mut ahead = self.clone();
        while ahead.begun < ahead.lost() {
            ahead.begin(if ahead.begun == 0 { ahead.origin } else { f64::NAN });
        }
        let at = ahead.seen() * (ahead.state.len() + 1);
        let step = |_| {
            let covariance = ahead.spread(ahead.covariance.as_deref());
            let variance = covariance[at] * ahead.variance;
            ahead.covariance = Some(covariance.into());
            variance
        };
        (0..horizon).map(step).collect()
    }
}

impl Roll for Arima {
    fn update(&mut self, y: f64, weight: f64) {
        self.take(if weight < LEAST_WEIGHT { f64::NAN } else { y });
    }
    fn ahead(&self, ahead: usize) -> f64 {
        if ahead == 1 { self.next() } else { self.path(ahead)[ahead - 1] }
    }
    fn path(&self, horizon: usize) -> Vec<f64> {
        if self.begun < self.lost() {
            return vec![self.next(); horizon];
        }
        let (at, mut state) = (self.seen(), self.state.clone());
        let added = if self.lost() > 0 { 0.0 } else { self.constant };
        let step = |_| {
            self.step(&mut state, self.constant);
            state[at] + added
        };
        (0..horizon).map(step).collect()
    }
}

/// The coefficients of 1 − (1 − B)ᵈ(1 − Bᵐ)ᴰ.
fn differencing(order: &Order) -> Terms {
    let mut left = vec![1.0];
    let mut by = |lag: usize| {
        let mut next = left.clone();
        next.resize(left.len() + lag, 0.0);
        left.iter().enumerate().for_each(|(i, c)| next[i + lag] -= c);
        left = next;
    };
    (0..order.differences).for_each(|_| by(1));
    (0..order.seasonal_differences).for_each(|_| by(order.season));
    terms(&left[1..].iter().map(|c| -c).collect::<Vec<f64>>())
}

fn difference(y: &[f64], lag: usize) -> Vec<f64> {
    y.iter().skip(lag).zip(y).map(|(a, b)| a - b).collect()
}

/// A differenced series without gaps, around its mean and in units of its largest deviation.
struct Series {
    w: Vec<f64>,
    mean: f64,
    scale: f64,
}

impl Series {
    fn of(y: &[f64], order: &Order) -> Series {
        let mut w = y.to_vec();
        (0..order.seasonal_differences).for_each(|_| w = difference(&w, order.season));
        (0..order.differences).for_each(|_| w = difference(&w, 1));
        let mean = if order.differenced() > 1 { 0.0 } else { w.iter().sum::<f64>() / w.len().max(1) as f64 };
        let scale = w.iter().fold(0.0_f64, |most, x| most.max((x - mean).abs()));
        let scale = if scale > 0.0 { scale } else { 1.0 };
        w.iter_mut().for_each(|x| *x = (*x - mean) / scale);
        Series { w, mean, scale }
    }
    /// The values to fit to: around 0 where the model has no mean.
    fn values(&self, constant: bool) -> Vec<f64> {
        let shift = if constant { 0.0 } else { self.mean / self.scale };
        self.w.iter().map(|x| x + shift).collect()
    }
}

/// A fit on the differenced series.
#[derive(Debug, Clone)]
struct Found {
    order: Order,
    angles: Vec<f64>,
    reach: f64,
    score: Score,
    aicc: f64,
}

/// How far a descent goes.
#[derive(Debug, Clone, Copy)]
struct Effort {
    gradients: usize,
    gain: f64,
}

const BRIEF: Effort = Effort { gradients: 30, gain: 0.005 };
const LONG: Effort = Effort { gradients: 200, gain: 1e-7 };

/// One order on a differenced series.
struct Target<'a> {
    series: &'a Series,
    order: Order,
    w: Vec<f64>,
    reach: f64,
}

impl<'a> Target<'a> {
    fn new(series: &'a Series, order: Order, reach: f64) -> Self {
        Target { series, order, w: series.values(order.constant), reach }
    }
    fn scale(&self) -> f64 {
        0.5 / self.w.len() as f64
    }
    fn score(&self, angles: &[f64]) -> Option<Score> {
        exact(&self.w, &Coefficients::of(&self.order, angles, self.reach), self.order.constant)
    }
    fn value(&self, angles: &[f64]) -> f64 {
        self.score(angles).map_or(f64::INFINITY, |score| self.scale() * score.deviance())
    }
    /// The minimum below some angles.
    fn fit(&self, mut angles: Vec<f64>, effort: Effort) -> Option<Found> {
        descend(|angles| self.value(angles), &mut angles, effort.gradients, effort.gain * self.scale());
        let score = self.score(&angles)?;
        let deviance = score.deviance() + 2.0 * score.count * self.series.scale.ln();
        let aicc = aicc(deviance, self.order.parameters(), score.count);
        Some(Found { order: self.order, angles, reach: self.reach, score, aicc })
    }
    /// Begins with the conditional sum of squares.
    fn begin(&self) -> Vec<f64> {
        let mut angles = vec![0.1; self.order.coefficients()];
        let value = |angles: &[f64]| {
            0.5 * conditional(&self.w, &Coefficients::of(&self.order, angles, self.reach)).max(1e-300).ln()
        };
        descend(value, &mut angles, BRIEF.gradients, BRIEF.gain / self.w.len() as f64);
        angles.iter_mut().for_each(|angle| *angle = angle.clamp(-1.3, 1.3));
        angles
    }
    /// Angles with the plain or the seasonal part exchanged for one of [`STARTS`].
    fn exchanged(&self, angles: &[f64], seasonal: bool) -> Vec<Vec<f64>> {
        let Order { ar, ma, seasonal_ar, seasonal_ma, .. } = self.order;
        let (from, ar, ma) = if seasonal { (ar + ma, seasonal_ar, seasonal_ma) } else { (0, ar, ma) };
        if ar == 0 || ma == 0 {
            return Vec::new();
        }
        let other = |(first, second): (f64, f64)| {
            let mut out = angles.to_vec();
            out[from..from + ar + ma].fill(0.0);
            (out[from], out[from + ar]) = (first.asin(), second.asin());
            out
        };
        STARTS.into_iter().map(other).collect()
    }
    /// The angles, or those with a part exchanged that are better.
    fn elsewhere(&self, angles: Vec<f64>) -> Vec<f64> {
        let mut best = (self.value(&angles), angles);
        for seasonal in [false, true] {
            let others = self.exchanged(&best.1, seasonal).into_iter().map(|other| (self.value(&other), other));
            best = others.fold(best, |best, next| if next.0 < best.0 { next } else { best });
        }
        best.1
    }
    /// The lowest of the minima below the conditional fit and below each of the others.
    fn lowest(&self) -> Option<Found> {
        let first = self.begin();
        let others = [false, true].into_iter().flat_map(|seasonal| self.exchanged(&first, seasonal));
        let found = std::iter::once(first.clone()).chain(others).filter_map(|angles| self.fit(angles, BRIEF));
        let best = found.reduce(|best, next| if next.aicc < best.aicc { next } else { best })?;
        self.fit(best.angles, LONG)
    }
}

/// Minimises by forward differences.
fn descend(value: impl Fn(&[f64]) -> f64, angles: &mut [f64], gradients: usize, tolerance: f64) {
    let n = angles.len();
    if n == 0 {
        return;
    }
    let bounds = Bounds { low: vec![-WIDEST; n], high: vec![WIDEST; n] };
    let mut near = angles.to_vec();
    let mut f = |x: &[f64], slope: &mut [f64]| {
        let here = value(x);
        if here.is_finite() {
            near.copy_from_slice(x);
            for i in 0..n {
                near[i] = x[i] + STEP;
                slope[i] = (value(&near) - here) / STEP;
                near[i] = x[i];
            }
        }
        here
    };
    bfgs(&mut f, angles, &bounds, gradients, tolerance);
}

/// Fills gaps along a line between the neighbours, with the season of the rest.
fn fill(y: &[f64], season: usize) -> Vec<f64> {
    let index = if season > 1 && y.len() >= 2 * season { season::indices(y, season, false) } else { vec![0.0] };
    let plain: Vec<f64> = y.iter().enumerate().map(|(t, y)| y - index[t % index.len()]).collect();
    let mut out = y.to_vec();
    let mut before: Option<usize> = None;
    for t in 0..y.len() {
        if y[t].is_nan() {
            continue;
        }
        if let Some(from) = before {
            for gap in from + 1..t {
                let share = (gap - from) as f64 / (t - from) as f64;
                out[gap] = plain[from] + share * (plain[t] - plain[from]) + index[gap % index.len()];
            }
        }
        before = Some(t);
    }
    out
}

/// The part of a series from its first to its last known value.
fn trimmed(y: &[f64]) -> &[f64] {
    let known = |y: &f64| !y.is_nan();
    match (y.iter().position(known), y.iter().rposition(known)) {
        (Some(from), Some(to)) => &y[from..=to],
        _ => &[],
    }
}

/// The likelihood of what is known, by the filter with gaps.
fn with_gaps(start: &Arima, y: &[f64]) -> Score {
    let mut state = start.clone();
    let mut score = Score { squares: 0.0, logs: 0.0, mean: start.constant, count: 0.0 };
    for (error, variance) in y.iter().filter_map(|y| state.take(*y)).filter(|(_, variance)| *variance < UNTOLD) {
        score.squares += error * error / variance;
        score.logs += variance.ln();
        score.count += 1.0;
    }
    score.count = score.count.max(1.0);
    score
}

/// Settles a fit: the model before the first value and its deviance and AICc.
fn settle(y: &[f64], series: &Series, found: &Found) -> Option<Near> {
    let order = found.order;
    let Score { squares, count, mean, .. } = found.score;
    let mean = if order.constant { series.mean + series.scale * mean } else { 0.0 };
    let variance = squares / count * series.scale * series.scale;
    let deviance = found.score.deviance() + 2.0 * count * series.scale.ln();
    let start = Arima::new(order, &Coefficients::of(&order, &found.angles, found.reach), mean, variance, y[0])?;
    if y.iter().all(|y| !y.is_nan()) {
        return Some(Near { model: start, deviance, aicc: found.aicc });
    }
    let sd = variance.sqrt().max(1e-12 * series.scale);
    let at = |x: &[f64]| {
        let (angles, shift) = x.split_at(order.coefficients());
        let mean = shift.first().map_or(mean, |shift| mean + sd * shift);
        Arima::new(order, &Coefficients::of(&order, angles, found.reach), mean, variance, y[0])
    };
    let mut x = found.angles.clone();
    if order.constant {
        x.push(0.0);
    }
    let scale = 0.5 / count;
    let value = |x: &[f64]| at(x).map_or(f64::INFINITY, |start| scale * with_gaps(&start, y).deviance());
    descend(value, &mut x, BRIEF.gradients, BRIEF.gain * scale);
    let mut start = at(&x)?;
    let score = with_gaps(&start, y);
    start.variance = score.squares / score.count;
    let (deviance, aicc) = (score.deviance(), aicc(score.deviance(), order.parameters(), score.count));
    Some(Near { model: start, deviance, aicc })
}

/// Fits the model of the given orders; `NaN` is unknown.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the order; `NAN_IN_SERIES` for an infinite value; `SERIES_TOO_SHORT` where the
/// differenced series has no more values than the model has parameters.
///
/// # Source
/// Box & Jenkins (1970); see the head of the module.
///
/// ```
/// use trousse::forecast::{Order, arima};
/// let line: Vec<f64> = (0..20).map(|t| 5.0 + 2.0 * f64::from(t) + f64::from(t % 2)).collect();
/// let fit = arima(&line, &Order { differences: 1, constant: true, ..Order::default() })?;
/// assert!((fit.state.constant - 39.0 / 19.0).abs() < 1e-12);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn arima(y: &[f64], order: &Order) -> Result<Fit<Arima>> {
    order.check()?;
    let known = super::check_values(y)?;
    let short =
        || Error::SeriesTooShort { series: "y".into(), need: order.lost() + order.parameters() + 1, got: known };
    if known <= order.lost() + order.parameters() {
        return Err(short());
    }
    let part = trimmed(y);
    let series = Series::of(&fill(part, order.season), order);
    let found = Target::new(&series, *order, GIVEN).lowest().ok_or_else(short)?;
    let Near { model: start, deviance, aicc } = settle(part, &series, &found).ok_or_else(short)?;
    Ok(super::fitted(start, y, deviance, aicc))
}

/// Chooses the orders and fits them; `season` in periods (1 for none; beyond 120 it is not modelled). `NaN` is
/// unknown. At most 94 models with at most 30 gradients of the likelihood each, up to three times where the differences of a
/// seasonal series are in doubt; those that erred least over its last two seasons are taken.
///
/// # Errors
/// `INVALID_ARGUMENT` naming `season`; `NAN_IN_SERIES` for an infinite value; `SERIES_TOO_SHORT` where nothing is known.
///
/// # Source
/// Hyndman & Khandakar (2008), section 3.
///
/// ```
/// let line: Vec<f64> = (0..40).map(|t| 10.0 + 2.0 * f64::from(t)).collect();
/// let fit = trousse::forecast::auto_arima(&line, 1)?;
/// assert!((fit.state.mean(1)[0] - 90.0).abs() < 1e-9);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn auto_arima(y: &[f64], season: usize) -> Result<Fit<Arima>> {
    check_count("season", season, MAX_PERIODS)?;
    let known = super::check_values(y)?;
    let found = best(y, &vec![1.0; y.len()], season);
    let Near { model, deviance, aicc } =
        found.ok_or_else(|| Error::SeriesTooShort { series: "y".into(), need: 1, got: known })?;
    Ok(super::fitted(model, y, deviance, aicc))
}

#[cfg(test)]
mod tests;
