//! Several seasons at once: decomposition by LOESS, repeated over the seasons (MSTL), and a forecast from it.
//!
//! In: values in time order, `NaN` = unknown, anywhere, and season lengths such as 24 and 168. Out: a trend, one
//! component per season and the remainder, which add up to the values. The forecast is that of the values without
//! their seasons by non-seasonal exponential smoothing, plus the last cycle of each season.
//!
//! Windows as in R's `forecast::mstl` and `stl`: seasons over 11, 15, 19 … values by a mean, trend and low pass by
//! lines, each fitted at every tenth of its window and joined by lines; two inner loops, no robustness weights, two
//! rounds over the seasons. What is unknown is filled along a line, decomposed, filled anew with trend and seasons, and
//! decomposed again. O(n · window / 10) per smoothing.
//!
//! Source: Bandara, Hyndman & Bergmeir (2021), *MSTL: A Seasonal-Trend Decomposition Algorithm for Time Series with
//! Multiple Seasonal Patterns*, algorithm 1; Cleveland, Cleveland, McRae & Terpenning (1990), *STL*.

use super::bytes::{Reader, Writer};
use super::ets::{self, Ets};
use super::smooth::Roll;
use super::{MAX_PERIODS, check_count};
use crate::base::{Error, Result};

const INNER_LOOPS: usize = 2;
const ROUNDS: usize = 2;
/// Rounds of filling what is unknown.
const FILLINGS: usize = 2;

/// What a series is made of; at each period the parts add up to the value.
#[derive(Debug, Clone, PartialEq)]
pub struct Decomposition {
    /// The trend.
    pub trend: Vec<f64>,
    /// The length of each season and its component, the shortest first.
    pub seasonal: Vec<(usize, Vec<f64>)>,
    /// What is left; `NaN` where the value is unknown.
    pub remainder: Vec<f64>,
}

/// A local regression: values in its window, degree 0 or 1, and the distance of the points where it is fitted.
#[derive(Debug, Clone, Copy)]
struct Loess {
    window: usize,
    line: bool,
    jump: usize,
}

impl Loess {
    fn new(window: usize, line: bool) -> Self {
        Loess { window, line, jump: window.div_ceil(10) }
    }

    /// The regression at `at` (0-based, perhaps outside) on the values `from` … `to`; none where all weights are 0.
    fn at(&self, y: &[f64], at: f64, from: usize, to: usize) -> Option<f64> {
        let n = y.len();
        let mut reach = (at - from as f64).max(to as f64 - at);
        if self.window > n {
            reach += ((self.window - n) / 2) as f64;
        }
        let weight = |j: usize| {
            let distance = (j as f64 - at).abs();
            if distance > 0.999 * reach {
                0.0
            } else if distance <= 0.001 * reach {
                1.0
            } else {
                (1.0 - (distance / reach).powi(3)).powi(3)
            }
        };
        let (mut total, mut time, mut value) = (0.0, 0.0, 0.0);
        let near = || y[from..=to].iter().enumerate().map(|(i, y)| (weight(from + i), (from + i) as f64, y));
        for (w, t, y) in near() {
            total += w;
            time += w * t;
            value += w * y;
        }
        if total <= 0.0 {
            return None;
        }
        let (time, value) = (time / total, value / total);
        if !self.line || reach <= 0.0 {
            return Some(value);
        }
        let (mut spread, mut both) = (0.0, 0.0);
        for (w, t, y) in near() {
            let (off, share) = (t - time, w / total);
            spread += share * off * off;
            both += share * off * y;
        }
        let enough = spread.sqrt() > 0.001 * (n as f64 - 1.0);
        Some(if enough { value + (at - time) * both / spread } else { value })
    }

    /// The first and last value of the window around a point.
    fn span(&self, i: usize, n: usize) -> (usize, usize) {
        if self.window >= n {
            return (0, n - 1);
        }
        let from = i.saturating_sub(self.window.div_ceil(2) - 1).min(n - self.window);
        (from, from + self.window - 1)
    }

    fn smooth(&self, y: &[f64], out: &mut [f64]) {
        let n = y.len();
        if n < 2 {
            out[..n].copy_from_slice(y);
            return;
        }
        let jump = self.jump.min(n - 1);
        let fit = |i: usize, around: usize| {
            let (from, to) = self.span(around, n);
            self.at(y, i as f64, from, to).unwrap_or(y[i])
        };
        let mut before = 0;
        out[0] = fit(0, 0);
        while before + 1 < n {
            let next = (before + jump).min(n - 1);
            // a last step that is shorter keeps the window, as the published code does
            out[next] = fit(next, if next - before < jump { before } else { next });
            let step = (out[next] - out[before]) / (next - before) as f64;
            for i in before + 1..next {
                out[i] = out[before] + step * (i - before) as f64;
            }
            before = next;
        }
    }
}

/// Means of `length` neighbours.
fn averages(y: &[f64], length: usize) -> Vec<f64> {
    let mut sum: f64 = y[..length].iter().sum();
    let mut out = Vec::with_capacity(y.len() + 1 - length);
    out.push(sum / length as f64);
    for i in length..y.len() {
        sum += y[i] - y[i - length];
        out.push(sum / length as f64);
    }
    out
}

/// The smoothed values of each phase, one season beyond both ends.
fn phases(y: &[f64], season: usize, loess: &Loess) -> Vec<f64> {
    let mut out = vec![0.0; y.len() + 2 * season];
    for phase in 0..season {
        let own: Vec<f64> = y.iter().skip(phase).step_by(season).copied().collect();
        let n = own.len();
        let mut smooth = vec![0.0; n];
        loess.smooth(&own, &mut smooth);
        let before = loess.at(&own, -1.0, 0, loess.window.min(n) - 1).unwrap_or(smooth[0]);
        let after = loess.at(&own, n as f64, n.saturating_sub(loess.window), n - 1).unwrap_or(smooth[n - 1]);
        let all = std::iter::once(before).chain(smooth).chain(std::iter::once(after));
        out.iter_mut().skip(phase).step_by(season).zip(all).for_each(|(out, value)| *out = value);
    }
    out
}

fn odd(x: usize) -> usize {
    x + 1 - x % 2
}

/// One season and the trend.
fn stl(y: &[f64], season: usize, window: usize) -> (Vec<f64>, Vec<f64>) {
    let n = y.len();
    let long = (1.5 * season as f64 / (1.0 - 1.5 / window as f64)).ceil() as usize;
    let (own, low, trending) = (Loess::new(window, false), Loess::new(odd(season), true), Loess::new(odd(long), true));
    let (mut trend, mut seasonal, mut slow) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    for _ in 0..INNER_LOOPS {
        let plain: Vec<f64> = y.iter().zip(&trend).map(|(y, trend)| y - trend).collect();
        let cycle = phases(&plain, season, &own);
        low.smooth(&averages(&averages(&averages(&cycle, season), season), 3), &mut slow);
        for t in 0..n {
            seasonal[t] = cycle[season + t] - slow[t];
        }
        let plain: Vec<f64> = y.iter().zip(&seasonal).map(|(y, seasonal)| y - seasonal).collect();
        trending.smooth(&plain, &mut trend);
    }
    (seasonal, trend)
}

/// The parts of a series without gaps.
fn decomposed(y: &[f64], seasons: &[usize]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = y.len();
    let mut rest = y.to_vec();
    let mut parts = vec![vec![0.0; n]; seasons.len()];
    let mut trend = Vec::new();
    for _ in 0..if seasons.len() > 1 { ROUNDS } else { 1 } {
        for (i, (season, part)) in seasons.iter().zip(&mut parts).enumerate() {
            rest.iter_mut().zip(part.iter()).for_each(|(rest, part)| *rest += part);
            (*part, trend) = stl(&rest, *season, 11 + 4 * i);
            rest.iter_mut().zip(part.iter()).for_each(|(rest, part)| *rest -= part);
        }
    }
    if seasons.is_empty() {
        trend = vec![0.0; n];
        let window = odd((n / 2).max(7));
        Loess::new(window, true).smooth(y, &mut trend);
    }
    (trend, parts)
}

/// Joins what is known by lines; the ends go on level.
fn joined(y: &[f64]) -> Vec<f64> {
    let known: Vec<usize> = (0..y.len()).filter(|t| !y[*t].is_nan()).collect();
    let mut out = y.to_vec();
    let (Some(first), Some(last)) = (known.first(), known.last()) else { return vec![0.0; y.len()] };
    out[..*first].fill(y[*first]);
    out[*last..].fill(y[*last]);
    for pair in known.windows(2) {
        let step = (y[pair[1]] - y[pair[0]]) / (pair[1] - pair[0]) as f64;
        (pair[0] + 1..pair[1]).for_each(|t| out[t] = y[pair[0]] + step * (t - pair[0]) as f64);
    }
    out
}

fn parts(y: &[f64], seasons: &[usize]) -> Decomposition {
    let mut whole = joined(y);
    let gaps = y.iter().any(|y| y.is_nan());
    let (mut trend, mut parts) = decomposed(&whole, seasons);
    for _ in 0..if gaps { FILLINGS } else { 0 } {
        for t in (0..y.len()).filter(|t| y[*t].is_nan()) {
            whole[t] = trend[t] + parts.iter().map(|part| part[t]).sum::<f64>();
        }
        (trend, parts) = decomposed(&whole, seasons);
    }
    let rest = |t: usize| parts.iter().fold(y[t] - trend[t], |rest, part| rest - part[t]);
    let remainder = (0..y.len()).map(rest).collect();
    Decomposition { trend, remainder, seasonal: seasons.iter().copied().zip(parts).collect() }
}

/// The seasons of which two are there, ascending.
fn those_that_fit(seasons: &[usize], n: usize) -> Vec<usize> {
    let mut out: Vec<usize> = seasons.iter().copied().filter(|season| *season > 1 && 2 * season <= n).collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// Takes a series apart into a trend, one component per season and the remainder. `NaN` is unknown.
///
/// # Errors
/// `INVALID_ARGUMENT` naming `seasons[i]` outside 2 … 2000; `NAN_IN_SERIES` for an infinite value; `SERIES_TOO_SHORT`
/// under two whole seasons of the longest, or where nothing is known.
///
/// # Source
/// Bandara, Hyndman & Bergmeir (2021).
///
/// ```
/// let y: Vec<f64> = (0..56).map(|t| 10.0 + [1.0, 0.0, -1.0, 0.0][t % 4] + if t % 14 < 7 { 2.0 } else { -2.0 }).collect();
/// let parts = trousse::forecast::mstl(&y, &[4, 14])?;
/// let sum = parts.trend[30] + parts.seasonal[0].1[30] + parts.seasonal[1].1[30] + parts.remainder[30];
/// assert!((sum - y[30]).abs() < 1e-9);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn mstl(y: &[f64], seasons: &[usize]) -> Result<Decomposition> {
    for (i, season) in seasons.iter().enumerate() {
        if *season < 2 {
            return Err(Error::argument(format!("seasons[{i}]"), format!("in 2 … {MAX_PERIODS}"), season));
        }
        check_count(&format!("seasons[{i}]"), *season, MAX_PERIODS)?;
    }
    super::check_values(y)?;
    let longest = seasons.iter().copied().max().unwrap_or(1);
    if y.len() < 2 * longest {
        return Err(Error::SeriesTooShort { series: "y".into(), need: 2 * longest, got: y.len() });
    }
    Ok(parts(y, &those_that_fit(seasons, y.len())))
}

/// The decomposition as a state: non-seasonal smoothing of the values without their seasons.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mstl {
    base: Ets,
    /// Each season's length and its component, up to the last fitted period.
    seasonal: Vec<(usize, Vec<f64>)>,
    /// How many periods were fitted.
    fitted: usize,
    /// Periods seen.
    now: usize,
}

impl Mstl {
    /// Writes a state that has seen the fitted periods: of each season the last cycle.
    pub(crate) fn save(&self, out: &mut Writer) {
        self.base.save(out);
        out.whole(self.now.saturating_sub(self.fitted) as u64);
        out.whole(self.seasonal.len() as u64);
        self.seasonal.iter().for_each(|(season, part)| out.list(&part[part.len() - season..]));
    }

    pub(crate) fn load(read: &mut Reader<'_>) -> Option<Mstl> {
        let (base, since) = (Ets::load(read)?, read.index().filter(|since| *since < usize::MAX / 2)?);
        let count = read.count(1)?;
        let mut cycle = || {
            let part = read.list().filter(|part| (1..=MAX_PERIODS).contains(&part.len()))?;
            Some((part.len(), part))
        };
        let seasonal: Option<Vec<(usize, Vec<f64>)>> = (0..count).map(|_| cycle()).collect();
        // as if the longest season was all that was fitted
        let fitted = MAX_PERIODS;
        Some(Mstl { base, seasonal: seasonal?, fitted, now: fitted + since })
    }

    /// Fits the smoothing to the values without the seasons of which two are there; the state stands before the first.
    pub(crate) fn fit(y: &[f64], weight: &[f64], seasons: &[usize]) -> Mstl {
        let parts = parts(y, &those_that_fit(seasons, y.len()));
        let plain: Vec<f64> =
            (0..y.len()).map(|t| parts.seasonal.iter().fold(y[t], |rest, (_, part)| rest - part[t])).collect();
        Mstl { base: ets::best(&plain, weight, 1), seasonal: parts.seasonal, fitted: y.len(), now: 0 }
    }
    /// The seasons of a period as far as they are known before `known`: those of the last cycle before that.
    fn seasons(&self, t: usize, known: usize) -> f64 {
        let of = |(season, part): &(usize, Vec<f64>)| {
            let known = known.min(self.fitted);
            let back = if t < known { 0 } else { (t - known) / season + 1 };
            let at = t.checked_sub(back * season).unwrap_or(t % season);
            part[at + part.len() - self.fitted]
        };
        self.seasonal.iter().map(of).sum()
    }
}

impl Roll for Mstl {
    fn update(&mut self, y: f64, weight: f64) {
        let plain = y - self.seasons(self.now, self.now + 1);
        Roll::update(&mut self.base, plain, weight);
        self.now += 1;
    }
    fn ahead(&self, ahead: usize) -> f64 {
        self.base.ahead(ahead) + self.seasons(self.now + ahead - 1, self.now)
    }
    fn path(&self, horizon: usize) -> Vec<f64> {
        let base = self.base.path(horizon).into_iter().enumerate();
        base.map(|(h, value)| value + self.seasons(self.now + h, self.now)).collect()
    }
}

#[cfg(test)]
#[path = "mstl_tests.rs"]
mod tests;
