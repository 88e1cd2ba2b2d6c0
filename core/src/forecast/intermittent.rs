//! Intermittent demand: Croston and SBA for items that sell in few periods.
//!
//! In: demand per period and weights (share of the period in stock). Out: a rate per period.
//! Sizes and intervals are smoothed apart; an interval counts the time in stock, not the time on the
//! calendar, so that an empty shelf does not make an item look slow.
//!
//! Source: Croston (1972); Syntetos & Boylan (2005), whose factor 1 − α/2 removes Croston's bias.
//! Invariants: rate ≥ 0 for demand ≥ 0.

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
    check_rate("alpha", alpha, 0.0, 1.0)?;
    Ok(rate(y, alpha, 1.0))
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
    check_rate("alpha", alpha, 0.0, 1.0)?;
    Ok(rate(y, alpha, 1.0 - alpha / 2.0))
}

fn rate(y: &[f64], alpha: f64, factor: f64) -> f64 {
    let known: Vec<f64> = y.iter().copied().filter(|x| !x.is_nan()).collect();
    let Some(first) = known.iter().position(|x| *x != 0.0) else { return 0.0 };
    let mut filter = Intervals { alpha, factor, size: known[first], interval: first as f64 + 1.0, since: 0.0 };
    known[first + 1..].iter().for_each(|value| filter.update(*value, 1.0));
    filter.ahead(1)
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

fn squares(mut filter: Intervals, y: &[f64], weight: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (value, weight) in y.iter().zip(weight) {
        if !value.is_nan() {
            sum += weight * (value - filter.ahead(1)).powi(2);
        }
        filter.update(*value, *weight);
    }
    sum
}
