//! One count model as a state: discounted means of chance and size, updated in O(1).

use serde::{Deserialize, Serialize};

use super::law::{CountKind, CountLaw, Movement};
use crate::base::Result;
use crate::forecast::check_rate;

/// Periods' worth of trust in the mean of the whole past, towards which a discounted mean is drawn.
const ANCHOR: f64 = 0.5;

/// A count model with fixed parameters.
///
/// A level is the average of two discounted means: a fast one that follows changes and a slow one that remembers.
/// With a discount d, an observation k periods old weighs d^k; 1 forgets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CountModel {
    /// How demand is distributed around its level.
    pub kind: CountKind,
    /// Discount of the fast mean of the demand (negative binomial) or of the chance to sell, in (0, 1].
    pub fast: f64,
    /// Discount of the slow mean, in (0, 1].
    pub slow: f64,
    /// Discount, by sales, of the fast mean of the size, in (0, 1].
    pub size_fast: f64,
    /// Discount, by sales, of the slow mean of the size, in (0, 1].
    pub size_slow: f64,
    /// Shape of the negative binomial, or scale of the logarithm of a log-logistic size; 0.01 … 1,000.
    pub shape: f64,
}

impl Default for CountModel {
    fn default() -> Self {
        CountModel {
            kind: CountKind::NegativeBinomial,
            fast: 0.8,
            slow: 1.0,
            size_fast: 0.85,
            size_slow: 1.0,
            shape: 1.0,
        }
    }
}

impl CountModel {
    /// Answers whether the parameters make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_rate("fast", self.fast, 0.01, 1.0)?;
        check_rate("slow", self.slow, 0.01, 1.0)?;
        check_rate("size_fast", self.size_fast, 0.01, 1.0)?;
        check_rate("size_slow", self.size_slow, 0.01, 1.0)?;
        check_rate("shape", self.shape, 0.01, 1_000.0)
    }
}

/// The state of a [`CountModel`] after some periods: 15 numbers beside the parameters.
///
/// ```
/// use trousse::forecast::{CountFilter, CountModel};
/// let mut filter = CountFilter::new(CountModel::default())?;
/// [2.0, 0.0, 4.0].iter().for_each(|y| filter.update(*y, 1.0));
/// let whole = CountFilter::over(CountModel::default(), &[2.0, 0.0, 4.0, 1.0], None)?;
/// filter.update(1.0, 1.0);
/// assert_eq!(filter, whole);
/// # Ok::<(), trousse::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CountFilter {
    model: CountModel,
    /// Discounted demand or sales, and the time they took: fast, slow.
    level: [f64; 2],
    time: [f64; 2],
    /// Discounted sizes (of log-logistic ones the logarithm), their number, and plain sizes.
    size: [f64; 2],
    sales: [f64; 2],
    plain: [f64; 2],
    /// Of the whole past: time, sales, sizes, logarithms of sizes; and the first size.
    total: [f64; 5],
}

impl CountFilter {
    /// The state before the first period: half an observation of demand with chance 1/2.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the parameter.
    pub fn new(model: CountModel) -> Result<Self> {
        model.check()?;
        Ok(CountFilter::before(model))
    }

    fn before(model: CountModel) -> Self {
        let (level, total) = ([0.0; 2], [0.0; 5]);
        CountFilter { model, level, time: level, size: level, sales: level, plain: level, total }
    }

    /// The state of the same model before the first period.
    pub(super) fn begun(&self) -> CountFilter {
        CountFilter::before(self.model)
    }

    pub(super) fn is_sound(&self) -> bool {
        self.model.check().is_ok()
    }

    /// The state after a series. `in_stock` is the share of each period, 0–1; sales of part of a period are read
    /// as demand y / share that counts for that share.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the parameter, or `in_stock` for another length.
    pub fn over(model: CountModel, y: &[f64], in_stock: Option<&[f64]>) -> Result<Self> {
        let mut filter = CountFilter::new(model)?;
        super::check_length(y, in_stock)?;
        for (t, value) in y.iter().enumerate() {
            filter.update(*value, in_stock.map_or(1.0, |shares| shares[t]));
        }
        Ok(filter)
    }

    /// Takes the sales of the next period in: units, and the share of the period in stock. `NaN` is unknown, and so
    /// is what sold in less than a tenth of the period: nothing changes.
    pub fn update(&mut self, y: f64, in_stock: f64) {
        if in_stock >= super::super::demand::MIN_SHARE {
            let share = in_stock.min(1.0);
            self.take(y / share.max(super::super::demand::SCALE_FLOOR), share, &Movement::NONE);
        }
    }

    /// Takes demand in that counts for `weight` and was moved by the panel or the season.
    pub(super) fn take(&mut self, demand: f64, weight: f64, moved: &Movement) {
        if demand.is_nan() {
            return;
        }
        let CountModel { kind, fast, slow, size_fast, size_slow, .. } = self.model;
        let sold = if demand > 0.0 { weight } else { 0.0 };
        let (amount, time) = match kind {
            CountKind::NegativeBinomial => (weight * demand, weight * moved.mean),
            CountKind::ZeroInflated | CountKind::LogLogistic => (sold, weight * moved.sells),
        };
        for (i, discount) in [fast, slow].into_iter().enumerate() {
            self.level[i] = discount * self.level[i] + amount;
            self.time[i] = discount * self.time[i] + time;
        }
        self.total[0] += weight;
        if sold == 0.0 {
            return;
        }
        let still = demand / moved.size;
        let log = still.ln();
        for (i, discount) in [size_fast, size_slow].into_iter().enumerate() {
            self.size[i] = discount * self.size[i] + weight * if kind == CountKind::LogLogistic { log } else { still };
            self.plain[i] = discount * self.plain[i] + weight * still;
            self.sales[i] = discount * self.sales[i] + weight;
        }
        self.total[1] += weight;
        self.total[2] += weight * still;
        self.total[3] += weight * log;
        if self.total[4] == 0.0 {
            self.total[4] = still;
        }
    }

    /// The distribution of the demand of a period ahead, the same for each.
    pub fn law(&self) -> CountLaw {
        let [time, sales, sizes, logs, first] = self.total;
        let first = if first > 0.0 { first } else { 1.0 };
        let near = |sum: &[f64; 2], mass: &[f64; 2], whole: f64| {
            let one = |i: usize| (sum[i] + ANCHOR * whole) / (mass[i] + ANCHOR);
            0.5 * (one(0) + one(1))
        };
        let whole_size = (sizes + 0.5 * first) / (sales + 0.5);
        let sells = near(&self.level, &self.time, (sales + 0.25) / (time + 0.5));
        let shape = self.model.shape;
        match self.model.kind {
            CountKind::NegativeBinomial => {
                let whole = (sizes + 0.25 * first) / (time + 0.5);
                CountLaw::NegativeBinomial { mean: near(&self.level, &self.time, whole), shape }
            }
            CountKind::ZeroInflated => {
                CountLaw::ZeroInflated { sells, size: near(&self.plain, &self.sales, whole_size), shape }
            }
            CountKind::LogLogistic => CountLaw::LogLogistic {
                sells,
                log_size: near(&self.size, &self.sales, (logs + 0.5 * first.ln()) / (sales + 0.5)),
                scale: shape,
                size: near(&self.plain, &self.sales, whole_size),
            },
        }
    }
}
