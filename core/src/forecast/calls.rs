//! The functions on one series as the faces call them: a value that is missing is unknown.

use serde::{Deserialize, Serialize};

use super::{DemandClass, adida, counts, croston, demand_class, imapa, sba, tsb};
use crate::base::{Error, Result};

/// Arguments of `demand_class`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DemandClassParams {
    /// Demand per period in time order; none where unknown.
    pub y: Vec<Option<f64>>,
}

/// A method for intermittent demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum IntermittentMethod {
    /// Smoothed size over smoothed interval.
    Croston,
    /// Croston's rate times 1 − α/2.
    Sba,
    /// Smoothed size times smoothed probability.
    Tsb,
    /// Sums over the mean interval, smoothed.
    Adida,
    /// The mean of ADIDA at every aggregation up to the mean interval.
    Imapa,
}

/// Arguments of `intermittent`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IntermittentParams {
    /// Demand per period in time order; none where unknown.
    pub y: Vec<Option<f64>>,
    /// The method.
    pub method: IntermittentMethod,
    /// Smoothing of sizes (and intervals), 0–1; ADIDA and IMAPA find their own.
    #[serde(default = "tenth")]
    pub alpha: f64,
    /// Smoothing of the probability of TSB, 0–1.
    #[serde(default = "tenth")]
    pub beta: f64,
}

fn tenth() -> f64 {
    0.1
}

/// Arguments of `forecast_counts`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CountsParams {
    /// Units per period in time order, whole numbers of at least 0; none where unknown.
    pub y: Vec<Option<f64>>,
    /// Share of each period, 0–1, in which the item could be bought; none for always.
    pub in_stock: Option<Vec<f64>>,
    /// Periods in a season; 1 for none.
    pub season: usize,
    /// Periods to forecast.
    pub h: usize,
    /// Probabilities of the quantiles, each in (0, 1).
    pub quantiles: Vec<f64>,
    /// Periods whose demand together is wanted (a lead time), from simulated paths; 0 for none.
    pub total_periods: usize,
    /// Seed of the paths.
    pub seed: u64,
}

impl Default for CountsParams {
    fn default() -> Self {
        CountsParams {
            y: Vec::new(),
            in_stock: None,
            season: 1,
            h: 1,
            quantiles: vec![0.1, 0.5, 0.9],
            total_periods: 0,
            seed: 0,
        }
    }
}

/// A forecast of counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CountsForecast {
    /// Expected demand per period ahead.
    pub mean: Vec<f64>,
    /// For each probability asked for, the quantile per period ahead: whole numbers.
    pub quantiles: Vec<Vec<f64>>,
    /// For each probability asked for, the quantile of the demand of `total_periods` together; empty where none were asked.
    pub total: Vec<f64>,
}

fn known(y: &[Option<f64>]) -> Vec<f64> {
    y.iter().map(|value| value.unwrap_or(f64::NAN)).collect()
}

fn demands(y: &[Option<f64>]) -> Result<Vec<f64>> {
    match y.iter().position(|value| value.is_some_and(|value| !(0.0..1e150).contains(&value))) {
        Some(i) => Err(Error::argument(format!("y[{i}]"), "at least 0", y[i].unwrap_or(f64::NAN))),
        None => Ok(known(y)),
    }
}

/// Answers [`demand_class`].
///
/// # Errors
/// `INVALID_ARGUMENT` for demand below 0.
pub fn classified(params: &DemandClassParams) -> Result<DemandClass> {
    Ok(demand_class(&demands(&params.y)?))
}

/// Answers a rate per period by a method for intermittent demand.
///
/// # Errors
/// `INVALID_ARGUMENT` for demand below 0 or a smoothing outside 0–1.
pub fn intermittent_rate(params: &IntermittentParams) -> Result<f64> {
    let y = demands(&params.y)?;
    match params.method {
        IntermittentMethod::Croston => croston(&y, params.alpha),
        IntermittentMethod::Sba => sba(&y, params.alpha),
        IntermittentMethod::Tsb => tsb(&y, params.alpha, params.beta),
        IntermittentMethod::Adida => Ok(adida(&y)),
        IntermittentMethod::Imapa => Ok(imapa(&y)),
    }
}

/// Answers [`counts`]: means, quantiles, and quantiles of the total of a lead time.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field; `NAN_IN_SERIES` for a value that is not finite, `SERIES_TOO_SHORT` where nothing is known.
pub fn counts_forecast(params: &CountsParams) -> Result<CountsForecast> {
    for (i, p) in params.quantiles.iter().enumerate() {
        if !(*p > 0.0 && *p < 1.0) {
            return Err(Error::argument(format!("quantiles[{i}]"), "in (0, 1)", p));
        }
    }
    if params.total_periods > super::MAX_PERIODS {
        let rule = format!("at most {}", super::MAX_PERIODS);
        return Err(Error::argument("total_periods", rule, params.total_periods));
    }
    let ahead = counts(&known(&params.y), params.in_stock.as_deref(), params.season, params.h).map_err(spelled)?;
    let each = |p: &f64| {
        let differ = ahead.period().min(params.h);
        let ends: Vec<f64> = (0..differ).map(|step| ahead.quantile(step, *p)).collect();
        (0..params.h).map(|step| ends[step % differ]).collect()
    };
    Ok(CountsForecast {
        mean: (0..params.h).map(|step| ahead.mean(step)).collect(),
        quantiles: params.quantiles.iter().map(each).collect(),
        total: match params.total_periods {
            0 => Vec::new(),
            periods => ahead.total_quantiles(periods, &params.quantiles, params.seed),
        },
    })
}

fn spelled(error: Error) -> Error {
    match error {
        Error::InvalidArgument { field, rule, got } if field == "horizon" => {
            Error::InvalidArgument { field: "h".into(), rule, got }
        }
        other => other,
    }
}
