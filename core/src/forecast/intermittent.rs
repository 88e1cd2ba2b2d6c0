//! Intermittent demand: Croston, SBA, TSB, ADIDA and IMAPA for items that sell in few periods.
//!
//! In: demand per period. Out: a rate per period, the same for each period ahead. `NaN` is unknown and takes no
//! time: an interval counts the time in stock, not the time on the calendar, so that an empty shelf does not make
//! an item look slow. [`Croston`] and [`Tsb`] are updated in O(1); ADIDA and IMAPA aggregate anew, O(n) a level.
//!
//! Source: Croston (1972); Syntetos & Boylan (2005), whose factor 1 − α/2 removes Croston's bias; Teunter,
//! Syntetos & Babai (2011), eq. 4; Nikolopoulos et al. (2011) for ADIDA; Petropoulos & Kourentzes (2015) for IMAPA.
//! Golden: statsforecast 2.1.0, to 1e-9 (`forecast/tests.rs`).
//! Invariants: rate ≥ 0 for demand ≥ 0; a known prefix and updates give the bits of the whole series.

use super::bytes::{Reader, Writer};
use super::check_rate;
use super::smooth::Roll;
use crate::base::Result;

/// Smoothed size and interval of demand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Intervals {
    alpha: f64,
    factor: f64,
    size: f64,
    interval: f64,
    since: f64,
}

impl Intervals {
    pub(crate) fn save(&self, out: &mut Writer) {
        out.floats(&[self.alpha, self.factor, self.size, self.interval]);
        out.number(self.since);
    }

    pub(crate) fn load(read: &mut Reader<'_>) -> Option<Intervals> {
        let (alpha, factor, size, interval) = (read.float()?, read.float()?, read.float()?, read.float()?);
        Some(Intervals { alpha, factor, size, interval, since: read.number()? })
    }
}

impl Roll for Intervals {
    fn update(&mut self, y: f64, weight: f64) {
        if y.is_nan() {
            return;
        }
        self.since += weight;
        if y != 0.0 {
            self.size += self.alpha * (y - self.size);
            self.interval += self.alpha * (self.since - self.interval);
            self.since = 0.0;
        }
    }
    fn ahead(&self, _: usize) -> f64 {
        self.factor * self.size / self.interval.max(1e-9)
    }
}

/// Croston's method as a state: smoothed size and interval of demand, updated in O(1).
///
/// ```
/// use trousse::forecast::Croston;
/// let mut state = Croston::new(0.1, false)?;
/// [0.0, 0.0, 6.0, f64::NAN, 0.0, 0.0, 6.0].iter().for_each(|y| state.update(*y));
/// assert_eq!(state.rate(), 2.0); // 6 units each 3 known periods
/// # Ok::<(), trousse::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Croston {
    alpha: f64,
    factor: f64,
    size: f64,
    interval: f64,
    since: f64,
}

impl Croston {
    /// The state before the first period; `alpha` in [0, 1] smooths, `corrected` takes the factor 1 − α/2 (SBA).
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming `alpha`.
    pub fn new(alpha: f64, corrected: bool) -> Result<Self> {
        check_rate("alpha", alpha, 0.0, 1.0)?;
        let factor = if corrected { 1.0 - alpha / 2.0 } else { 1.0 };
        Ok(Croston { alpha, factor, size: 0.0, interval: 0.0, since: 0.0 })
    }
    /// Takes the demand of the next period in; `NaN` is unknown and changes nothing.
    pub fn update(&mut self, y: f64) {
        if y.is_nan() {
            return;
        }
        self.since += 1.0;
        if y == 0.0 {
            return;
        }
        let alpha = if self.interval == 0.0 { 1.0 } else { self.alpha };
        self.size += alpha * (y - self.size);
        self.interval += alpha * (self.since - self.interval);
        self.since = 0.0;
    }
    /// The rate per period; 0 before the first demand.
    pub fn rate(&self) -> f64 {
        if self.interval > 0.0 { self.factor * self.size / self.interval } else { 0.0 }
    }
}

/// The method of Teunter, Syntetos and Babai as a state, updated in O(1): a smoothed size and a smoothed
/// probability of demand, which falls while nothing sells, so that an item that goes out of use is seen to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tsb {
    alpha: f64,
    beta: f64,
    size: f64,
    chance: f64,
}

impl Tsb {
    /// The state before the first period; `alpha` smooths the size, `beta` the probability, both in [0, 1].
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn new(alpha: f64, beta: f64) -> Result<Self> {
        check_rate("alpha", alpha, 0.0, 1.0)?;
        check_rate("beta", beta, 0.0, 1.0)?;
        Ok(Tsb { alpha, beta, size: f64::NAN, chance: f64::NAN })
    }
    /// Takes the demand of the next period in; `NaN` is unknown and changes nothing.
    pub fn update(&mut self, y: f64) {
        if y.is_nan() {
            return;
        }
        let sold = if y == 0.0 { 0.0 } else { 1.0 };
        self.chance = if self.chance.is_nan() { sold } else { self.beta * sold + (1.0 - self.beta) * self.chance };
        if y != 0.0 {
            self.size = if self.size.is_nan() { y } else { self.alpha * y + (1.0 - self.alpha) * self.size };
        }
    }
    /// The rate per period; 0 before the first demand.
    pub fn rate(&self) -> f64 {
        if self.size.is_nan() { 0.0 } else { self.size * self.chance }
    }
}

/// Forecasts a rate per period by Croston's method, `alpha` in [0, 1]; `NaN` is skipped. The first
/// demand and its interval start the estimates. A series without demand gives 0.
///
/// # Errors
/// `INVALID_ARGUMENT` naming `alpha`.
///
/// ```
/// // sizes 6, 6 at intervals of 3 periods
/// assert_eq!(trousse::forecast::croston(&[0.0, 0.0, 6.0, 0.0, 0.0, 6.0], 0.1)?, 2.0);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn croston(y: &[f64], alpha: f64) -> Result<f64> {
    let mut state = Croston::new(alpha, false)?;
    y.iter().for_each(|value| state.update(*value));
    Ok(state.rate())
}

/// Forecasts as [`croston`], times 1 − α/2.
///
/// # Errors
/// `INVALID_ARGUMENT` naming `alpha`.
///
/// ```
/// assert_eq!(trousse::forecast::sba(&[0.0, 0.0, 6.0, 0.0, 0.0, 6.0], 0.5)?, 1.5);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn sba(y: &[f64], alpha: f64) -> Result<f64> {
    let mut state = Croston::new(alpha, true)?;
    y.iter().for_each(|value| state.update(*value));
    Ok(state.rate())
}

/// Forecasts a rate per period by the method of Teunter, Syntetos and Babai: `alpha` smooths the sizes, `beta` the
/// probability of demand, both in [0, 1]; `NaN` is skipped. A series without demand gives 0.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field.
///
/// ```
/// // size 8; the probability falls from 1 to 1/2 and 1/4
/// assert_eq!(trousse::forecast::tsb(&[8.0, 0.0, 0.0], 0.5, 0.5)?, 2.0);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn tsb(y: &[f64], alpha: f64, beta: f64) -> Result<f64> {
    let mut state = Tsb::new(alpha, beta)?;
    y.iter().for_each(|value| state.update(*value));
    Ok(state.rate())
}

/// Forecasts a rate per period from sums over the mean interval between demands (rounded, half to even), smoothed
/// exponentially with the best rate in [0.1, 0.3]. Sums end with the last period; `NaN` is skipped.
///
/// ```
/// // demand each second period: sums 4, 4
/// assert_eq!(trousse::forecast::adida(&[0.0, 4.0, 0.0, 4.0]), 2.0);
/// ```
pub fn adida(y: &[f64]) -> f64 {
    let known = known(y);
    mean_interval(&known).map_or(0.0, |level| aggregated(&known, level, &mut Vec::new()))
}

/// Forecasts the mean of [`adida`] at each aggregation from one period up to the mean interval between demands.
///
/// ```
/// assert_eq!(trousse::forecast::imapa(&[2.0, 2.0, 2.0]), 2.0);
/// ```
pub fn imapa(y: &[f64]) -> f64 {
    let known = known(y);
    let Some(longest) = mean_interval(&known) else { return 0.0 };
    let mut sums = Vec::with_capacity(known.len());
    let total: f64 = (1..=longest).map(|level| aggregated(&known, level, &mut sums)).sum();
    total / longest as f64
}

fn known(y: &[f64]) -> Vec<f64> {
    y.iter().copied().filter(|value| !value.is_nan()).collect()
}

/// Mean number of periods up to a demand, rounded; `None` without demand.
fn mean_interval(known: &[f64]) -> Option<usize> {
    let last = known.iter().rposition(|value| *value != 0.0)?;
    let demands = known.iter().filter(|value| **value != 0.0).count();
    Some((((last + 1) as f64 / demands as f64).round_ties_even() as usize).max(1))
}

/// The smoothed sum of `level` periods, per period.
fn aggregated(known: &[f64], level: usize, sums: &mut Vec<f64>) -> f64 {
    sums.clear();
    sums.extend(known[known.len() % level..].chunks(level).map(|chunk| chunk.iter().sum::<f64>()));
    best_smoothing(sums) / level as f64
}

/// Simple exponential smoothing from the first value; the rate in [0.1, 0.3] with the least squared one-step
/// errors, found by golden section.
fn best_smoothing(x: &[f64]) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let squares = |alpha: f64| smoothed(x, alpha).1;
    let (mut low, mut high) = (0.1, 0.3);
    let (mut left, mut right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut at_left, mut at_right) = (squares(left), squares(right));
    while high - low > 1e-7 {
        if at_left < at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - GOLDEN * (high - low);
            at_left = squares(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + GOLDEN * (high - low);
            at_right = squares(right);
        }
    }
    smoothed(x, 0.5 * (low + high)).0
}

/// The smoothed level after the last value and the sum of squared one-step errors.
fn smoothed(x: &[f64], alpha: f64) -> (f64, f64) {
    let (mut level, mut squares) = (x.first().copied().unwrap_or(0.0), 0.0);
    for value in x.iter().skip(1) {
        let error = value - level;
        squares += error * error;
        level += alpha * error;
    }
    (level, squares)
}

/// Fits `alpha` on the squared one-step errors; the filter stands before the first value and starts from the
/// mean size and interval, so that short histories do not hang on their first sale.
pub(crate) fn fit(y: &[f64], weight: &[f64], corrected: bool) -> Intervals {
    let pairs = || y.iter().zip(weight).filter(|(x, _)| !x.is_nan());
    let exposure: f64 = pairs().map(|(_, w)| w).sum();
    let sales = pairs().filter(|(x, _)| **x != 0.0).count() as f64;
    let size = pairs().map(|(x, _)| x).sum::<f64>() / sales.max(1.0);
    let interval = exposure / sales.max(1.0);
    let candidate = |alpha: f64| {
        let factor = if corrected { 1.0 - alpha / 2.0 } else { 1.0 };
        Intervals { alpha, factor, size, interval, since: 0.0 }
    };
    let fits = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3].map(|alpha| (alpha, squares(candidate(alpha), y, weight)));
    let best = fits.iter().skip(1).fold(fits[0], |best, next| if next.1 < best.1 { *next } else { best });
    candidate(best.0)
}

fn squares(mut filter: impl Roll, y: &[f64], weight: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (value, weight) in y.iter().zip(weight) {
        if !value.is_nan() {
            sum += weight * (value - filter.ahead(1)).powi(2);
        }
        filter.update(*value, *weight);
    }
    sum
}

/// Smoothed size and chance of demand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chances {
    alpha: f64,
    beta: f64,
    size: f64,
    chance: f64,
}

impl Chances {
    pub(crate) fn save(&self, out: &mut Writer) {
        out.floats(&[self.alpha, self.beta, self.size, self.chance]);
    }

    pub(crate) fn load(read: &mut Reader<'_>) -> Option<Chances> {
        Some(Chances { alpha: read.float()?, beta: read.float()?, size: read.float()?, chance: read.float()? })
    }
}

impl Roll for Chances {
    fn update(&mut self, y: f64, weight: f64) {
        if y.is_nan() {
            return;
        }
        let sold = if y == 0.0 { 0.0 } else { 1.0 };
        self.chance += self.beta * weight * (sold - self.chance);
        self.size += self.alpha * sold * (y - self.size);
    }
    fn ahead(&self, _: usize) -> f64 {
        self.size * self.chance
    }
}

/// Fits the rates of Teunter, Syntetos and Babai's method on the squared one-step errors; the filter stands before the
/// first value and starts from the mean size and chance.
pub(crate) fn fit_chances(y: &[f64], weight: &[f64]) -> Chances {
    const RATES: [f64; 6] = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3];
    let pairs = || y.iter().zip(weight).filter(|(x, _)| !x.is_nan());
    let exposure: f64 = pairs().map(|(_, w)| w).sum();
    let sales = pairs().filter(|(x, _)| **x != 0.0).count() as f64;
    let size = pairs().map(|(x, _)| x).sum::<f64>() / sales.max(1.0);
    let chance = if exposure > 0.0 { (sales / exposure).min(1.0) } else { 0.0 };
    let all = RATES.into_iter().flat_map(|alpha| RATES.map(|beta| Chances { alpha, beta, size, chance }));
    let scored = all.map(|filter| (squares(filter.clone(), y, weight), filter));
    let best = scored.reduce(|best, next| if next.0 < best.0 { next } else { best });
    best.map_or(Chances { alpha: 0.1, beta: 0.1, size, chance }, |(_, filter)| filter)
}

/// A history that is aggregated anew for each forecast.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aggregated {
    /// Whether the mean over all levels up to the mean interval is taken (IMAPA), not that interval alone (ADIDA).
    every_level: bool,
    seen: Vec<f64>,
}

impl Aggregated {
    pub(crate) fn new(every_level: bool) -> Self {
        Aggregated { every_level, seen: Vec::new() }
    }

    pub(crate) fn save(&self, out: &mut Writer) {
        out.byte(u8::from(self.every_level));
        out.list(&self.seen);
    }

    pub(crate) fn load(read: &mut Reader<'_>) -> Option<Aggregated> {
        Some(Aggregated { every_level: read.byte().filter(|every| *every < 2)? == 1, seen: read.list()? })
    }
}

impl Roll for Aggregated {
    fn update(&mut self, y: f64, weight: f64) {
        if !y.is_nan() && weight > 0.0 {
            self.seen.push(y);
        }
    }
    fn ahead(&self, _: usize) -> f64 {
        if self.every_level { imapa(&self.seen) } else { adida(&self.seen) }
    }
    fn path(&self, horizon: usize) -> Vec<f64> {
        vec![self.ahead(1); horizon]
    }
}
