//! The naive forecasts and exponential smoothing with given parameters.
//!
//! In: values in time order with `NaN` where unknown. Out: forecasts. Fitted models are in [`super::ets`].
//!
//! Source: Hyndman, Koehler, Ord & Snyder, *Forecasting with Exponential Smoothing* (2008), ch. 2;
//! Gardner & McKenzie (1985) for the damped trend.

use super::bytes::{Reader, Writer};
use super::ets::{self, Ets, Kind, Trend};
use super::{MAX_PERIODS, check_count, check_rate};
use crate::base::Result;

/// A forecaster that is rolled along a series.
pub(crate) trait Roll {
    /// Takes the next value in; `NaN` is unknown and only time passes.
    fn update(&mut self, y: f64, weight: f64);
    /// The value expected `ahead` periods from the last update (1 = the next).
    fn ahead(&self, ahead: usize) -> f64;
    /// The values expected for the next `horizon` periods.
    fn path(&self, horizon: usize) -> Vec<f64> {
        (1..=horizon).map(|ahead| self.ahead(ahead)).collect()
    }
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

    pub(crate) fn save(&self, out: &mut Writer) {
        out.list(&self.values);
        out.float(self.last);
        out.whole(self.at as u64);
    }

    pub(crate) fn load(read: &mut Reader<'_>) -> Option<LastValues> {
        let own = LastValues { values: read.list()?, last: read.float()?, at: read.index()? };
        (own.at < own.values.len() && own.values.len() <= MAX_PERIODS).then_some(own)
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
    let form = ets::Form { error: Kind::Additive, trend: Trend::None, season: None };
    Ok(rolled(Ets { alpha, ..Ets::flat(form, level) }, y, horizon))
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
    let kind = if params.multiplicative { Kind::Multiplicative } else { Kind::Additive };
    let form = ets::Form { error: Kind::Additive, trend: Trend::Damped, season: seasonal.then_some(kind) };
    let HoltWinters { alpha, beta, gamma, phi, .. } = *params;
    Ok(rolled(Ets { alpha, beta, gamma, phi, ..ets::begin(form, y, params.season, ets::Pace::Fast) }, y, horizon))
}

fn rolled(mut filter: impl Roll, y: &[f64], horizon: usize) -> Vec<f64> {
    y.iter().for_each(|value| filter.update(*value, 1.0));
    filter.path(horizon)
}
