//! The distribution of one count: negative binomial, or zero-inflated with negative binomial or log-logistic sizes.

use serde::{Deserialize, Serialize};

use crate::base::numeric::{ln_gamma, negative_binomial_cdf};

/// How demand is distributed around its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CountKind {
    /// Negative binomial about the mean demand of a period.
    NegativeBinomial,
    /// Nothing, or 1 plus a negative binomial: chance and size have levels of their own.
    ZeroInflated,
    /// Nothing, or a size whose logarithm is logistic, rounded: for a few huge orders among small ones.
    LogLogistic,
}

/// A distribution over 0, 1, 2, …
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CountLaw {
    /// Variance = mean + mean²/shape.
    NegativeBinomial {
        /// Mean.
        mean: f64,
        /// Shape.
        shape: f64,
    },
    /// 0, or with chance `sells` 1 plus a negative binomial of mean `size` − 1.
    ZeroInflated {
        /// Chance of any demand.
        sells: f64,
        /// Mean demand where there is any.
        size: f64,
        /// Shape of the size.
        shape: f64,
    },
    /// 0, or with chance `sells` the rounded exponential of a logistic variable.
    LogLogistic {
        /// Chance of any demand.
        sells: f64,
        /// Location of the logarithm of the size.
        log_size: f64,
        /// Scale of the logarithm of the size.
        scale: f64,
        /// Mean demand where there is any, as observed (the law itself may have none).
        size: f64,
    },
}

/// What moves a law: factors of the mean and of the chance to sell, and a shift of the logarithm of the size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Movement {
    /// Factor of the mean demand.
    pub mean: f64,
    /// Factor of the chance to sell.
    pub sells: f64,
    /// Factor of the size.
    pub size: f64,
}

impl Movement {
    /// Nothing moves.
    pub const NONE: Movement = Movement { mean: 1.0, sells: 1.0, size: 1.0 };

    /// Demand that is so many times as large, half by the chance to sell and half by the size.
    pub(super) fn of(factor: f64) -> Movement {
        Movement { mean: factor, sells: factor.sqrt(), size: factor.sqrt() }
    }

    /// One movement after the other.
    pub(super) fn times(&self, other: &Movement) -> Movement {
        Movement { mean: self.mean * other.mean, sells: self.sells * other.sells, size: self.size * other.size }
    }
}

const LEAST_CHANCE: f64 = 1e-4;

fn chance(sells: f64) -> f64 {
    sells.clamp(LEAST_CHANCE, 1.0 - LEAST_CHANCE)
}

/// The part of a negative binomial's log mass that depends on count and shape only.
pub(super) fn ln_choose(y: f64, shape: f64) -> f64 {
    ln_gamma(y + shape) - ln_gamma(shape) - ln_gamma(y + 1.0)
}

/// A law made ready for many evaluations of its log mass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ready {
    /// Log chances of nothing and of something; the first is `NaN` for a plain negative binomial.
    zero: f64,
    any: f64,
    /// Constant and slope of a negative binomial's log mass.
    fixed: f64,
    slope: f64,
    log_logistic: Option<(f64, f64)>,
}

impl Ready {
    /// Log mass at a count, where `choose` is [`ln_choose`] of that count (less 1 for sizes).
    pub(super) fn ln_mass(&self, y: f64, choose: f64) -> f64 {
        if self.zero.is_nan() {
            return choose + self.fixed + y * self.slope;
        }
        if y == 0.0 {
            return self.zero;
        }
        match self.log_logistic {
            None => self.any + choose + self.fixed + (y - 1.0) * self.slope,
            Some((location, scale)) => {
                let below = if y > 1.0 { logistic(location, scale, y - 1.0) } else { 0.0 };
                self.any + (logistic(location, scale, y) - below).max(1e-12).ln()
            }
        }
    }
}

/// P(size ≤ y) of a rounded log-logistic size.
fn logistic(location: f64, scale: f64, y: f64) -> f64 {
    1.0 / (1.0 + ((location - (y + 0.5).ln()) / scale).exp())
}

impl CountLaw {
    pub(super) fn ready(&self) -> Ready {
        let binomial = |mean: f64, shape: f64| {
            let mean = mean.max(1e-9);
            (shape * (shape / (shape + mean)).ln(), (mean / (shape + mean)).ln())
        };
        let of = |sells: f64| (1.0 - chance(sells), chance(sells).ln());
        match *self {
            CountLaw::NegativeBinomial { mean, shape } => {
                let (fixed, slope) = binomial(mean, shape);
                Ready { zero: f64::NAN, any: 0.0, fixed, slope, log_logistic: None }
            }
            CountLaw::ZeroInflated { sells, size, shape } => {
                let (fixed, slope) = binomial((size - 1.0).max(1e-3), shape);
                let (zero, any) = of(sells);
                Ready { zero: zero.ln(), any, fixed, slope, log_logistic: None }
            }
            CountLaw::LogLogistic { sells, log_size, scale, .. } => {
                let (zero, any) = of(sells);
                Ready { zero: zero.ln(), any, fixed: 0.0, slope: 0.0, log_logistic: Some((log_size, scale)) }
            }
        }
    }

    /// Shape of the negative binomial and how far its count lies below the demand; `None` for log-logistic sizes.
    pub(super) fn shape(&self) -> Option<(f64, f64)> {
        match *self {
            CountLaw::NegativeBinomial { shape, .. } => Some((shape, 0.0)),
            CountLaw::ZeroInflated { shape, .. } => Some((shape, 1.0)),
            CountLaw::LogLogistic { .. } => None,
        }
    }

    /// The logarithm of P(Y = y) for y = 0, 1, 2, …
    ///
    /// ```
    /// use trousse::forecast::CountLaw;
    /// let geometric = CountLaw::NegativeBinomial { mean: 1.0, shape: 1.0 };
    /// assert!((geometric.ln_mass(2.0) - 0.125f64.ln()).abs() < 1e-12);
    /// ```
    pub fn ln_mass(&self, y: f64) -> f64 {
        let choose = self.shape().map_or(0.0, |(shape, below)| ln_choose((y - below).max(0.0), shape));
        self.ready().ln_mass(y, choose)
    }

    /// P(Y ≤ y); 0 below 0.
    pub fn cdf(&self, y: f64) -> f64 {
        if y < 0.0 {
            return 0.0;
        }
        let y = y.floor();
        match *self {
            CountLaw::NegativeBinomial { mean: 0.0, .. } => 1.0,
            CountLaw::NegativeBinomial { mean, shape } => negative_binomial_cdf(y, mean.max(1e-9), shape),
            CountLaw::ZeroInflated { sells, size, shape } => {
                let sells = chance(sells);
                let any = if y < 1.0 { 0.0 } else { negative_binomial_cdf(y - 1.0, (size - 1.0).max(1e-3), shape) };
                1.0 - sells + sells * any
            }
            CountLaw::LogLogistic { sells, log_size, scale, .. } => {
                let sells = chance(sells);
                let any = if y < 1.0 { 0.0 } else { logistic(log_size, scale, y) };
                1.0 - sells + sells * any
            }
        }
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        match *self {
            CountLaw::NegativeBinomial { mean, .. } => mean,
            CountLaw::ZeroInflated { sells, size, .. } | CountLaw::LogLogistic { sells, size, .. } => sells * size,
        }
    }

    /// The law where the panel or the season moves it.
    pub fn moved(&self, by: &Movement) -> CountLaw {
        match *self {
            _ if by.mean == 0.0 => CountLaw::NegativeBinomial { mean: 0.0, shape: 1.0 },
            CountLaw::NegativeBinomial { mean, shape } => CountLaw::NegativeBinomial { mean: mean * by.mean, shape },
            CountLaw::ZeroInflated { sells, size, shape } => {
                CountLaw::ZeroInflated { sells: (sells * by.sells).min(1.0), size: (size * by.size).max(1.0), shape }
            }
            CountLaw::LogLogistic { sells, log_size, scale, size } => CountLaw::LogLogistic {
                sells: (sells * by.sells).min(1.0),
                log_size: log_size + by.size.ln(),
                scale,
                size: (size * by.size).max(1.0),
            },
        }
    }
}
