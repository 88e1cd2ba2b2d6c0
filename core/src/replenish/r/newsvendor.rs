//! The newsvendor: stock for one period of uncertain demand, weighing a unit left against a unit short.
//!
//! Minimises h·E[(S − D)⁺] + p·E[(D − S)⁺]. With a lead time of L periods, D is the demand of L + 1 periods.
//!
//! Source: Snyder & Shen, *Fundamentals of Supply Chain Theory* (2nd ed., 2019), §4.3.

use serde::{Deserialize, Serialize};

use crate::base::numeric::{count_quantile, normal_quantile};
use crate::base::{Error, Result};

/// Costs and normal demand of [`newsvendor_normal`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct NewsvendorNormal {
    /// Cost of a unit left at the end of a period (h), above 0.
    pub holding_cost: f64,
    /// Cost of a unit short (p), above 0.
    pub stockout_cost: f64,
    /// Mean demand of a period (μ).
    pub demand_mean: f64,
    /// Standard deviation of the demand of a period (σ).
    pub demand_sd: f64,
    /// Periods between order and receipt (L).
    pub lead_time: f64,
}

impl Default for NewsvendorNormal {
    fn default() -> Self {
        NewsvendorNormal { holding_cost: 1.0, stockout_cost: 9.0, demand_mean: 0.0, demand_sd: 0.0, lead_time: 0.0 }
    }
}

impl NewsvendorNormal {
    /// Answers whether the parameters make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_costs(self.holding_cost, self.stockout_cost)?;
        non_negative("demand_mean", self.demand_mean)?;
        non_negative("demand_sd", self.demand_sd)?;
        non_negative("lead_time", self.lead_time)
    }
}

/// Costs and Poisson demand of [`newsvendor_poisson`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct NewsvendorPoisson {
    /// Cost of a unit left (h), above 0.
    pub holding_cost: f64,
    /// Cost of a unit short (p), above 0.
    pub stockout_cost: f64,
    /// Mean demand, at most 100,000.
    pub demand_mean: f64,
}

impl Default for NewsvendorPoisson {
    fn default() -> Self {
        NewsvendorPoisson { holding_cost: 1.0, stockout_cost: 9.0, demand_mean: 0.0 }
    }
}

/// The best stock and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Newsvendor {
    /// Stock to have (S*).
    pub base_stock_level: f64,
    /// Expected cost of a period with it.
    pub cost: f64,
}

/// Finds the best stock for normal demand.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field: costs have to be above 0, the rest at least 0.
///
/// # Source
/// Snyder & Shen (2019), example 4.3.
///
/// ```
/// use trousse::replenish::{NewsvendorNormal, newsvendor_normal};
/// let params = NewsvendorNormal { holding_cost: 0.18, stockout_cost: 0.7, demand_mean: 50.0, demand_sd: 8.0, lead_time: 0.0 };
/// let best = newsvendor_normal(&params)?;
/// assert!((best.base_stock_level - 56.604).abs() < 1e-3 && (best.cost - 1.9976).abs() < 1e-4);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn newsvendor_normal(params: &NewsvendorNormal) -> Result<Newsvendor> {
    params.check()?;
    let NewsvendorNormal { holding_cost, stockout_cost, demand_mean, demand_sd, lead_time } = *params;
    let z = normal_quantile(stockout_cost / (stockout_cost + holding_cost));
    let sd = demand_sd * (lead_time + 1.0).sqrt();
    let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    Ok(Newsvendor {
        base_stock_level: demand_mean * (lead_time + 1.0) + z * sd,
        cost: (holding_cost + stockout_cost) * density * sd,
    })
}

/// Finds the best whole stock for Poisson demand.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field.
///
/// # Source
/// Snyder & Shen (2019), example 4.7 without its fixed cost.
///
/// ```
/// use trousse::replenish::{NewsvendorPoisson, newsvendor_poisson};
/// let best = newsvendor_poisson(&NewsvendorPoisson { holding_cost: 1.0, stockout_cost: 4.0, demand_mean: 6.0 })?;
/// assert_eq!(best.base_stock_level, 8.0);
/// assert!((best.cost - 3.5701).abs() < 1e-4);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn newsvendor_poisson(params: &NewsvendorPoisson) -> Result<Newsvendor> {
    let NewsvendorPoisson { holding_cost, stockout_cost, demand_mean } = *params;
    check_costs(holding_cost, stockout_cost)?;
    non_negative("demand_mean", demand_mean)?;
    if demand_mean > 1e5 {
        return Err(Error::argument("demand_mean", "at most 100000", demand_mean));
    }
    let level = count_quantile(demand_mean, demand_mean, stockout_cost / (stockout_cost + holding_cost));
    let mut log_mass = -demand_mean;
    let mut left = 0.0;
    for k in 0..level as u32 {
        left += (level - f64::from(k)) * log_mass.exp();
        log_mass += (demand_mean / (f64::from(k) + 1.0)).ln();
    }
    let short = demand_mean - level + left;
    Ok(Newsvendor { base_stock_level: level, cost: holding_cost * left + stockout_cost * short })
}

fn check_costs(holding_cost: f64, stockout_cost: f64) -> Result<()> {
    for (field, cost) in [("holding_cost", holding_cost), ("stockout_cost", stockout_cost)] {
        if !(cost > 0.0 && cost < 1e150) {
            return Err(Error::argument(field, "above 0", cost));
        }
    }
    Ok(())
}

fn non_negative(field: &str, value: f64) -> Result<()> {
    if (0.0..1e150).contains(&value) { Ok(()) } else { Err(Error::argument(field, "at least 0", value)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn textbook_examples() {
        // Snyder & Shen (2019), examples 4.3 and 4.4: lead time → level, cost.
        for (lead_time, level, cost) in
            [(0.0, 56.60395592743389, 1.9976051931766445), (4.0, 264.76689437415484, 4.466781004149577)]
        {
            let params = NewsvendorNormal {
                holding_cost: 0.18,
                stockout_cost: 0.7,
                demand_mean: 50.0,
                demand_sd: 8.0,
                lead_time,
            };
            let best = newsvendor_normal(&params).unwrap();
            assert_relative_eq!(best.base_stock_level, level, max_relative = 1e-9);
            assert_relative_eq!(best.cost, cost, max_relative = 1e-9);
        }
        let poisson = NewsvendorPoisson { holding_cost: 1.0, stockout_cost: 4.0, demand_mean: 6.0 };
        assert_relative_eq!(newsvendor_poisson(&poisson).unwrap().cost, 3.5701069457709376, max_relative = 1e-9);
    }

    #[test]
    fn bad_costs_are_named() {
        let error = newsvendor_normal(&NewsvendorNormal { holding_cost: 0.0, ..Default::default() }).unwrap_err();
        assert_eq!(error.to_string(), "holding_cost must be above 0, got 0");
        assert!(newsvendor_normal(&NewsvendorNormal { demand_sd: f64::NAN, ..Default::default() }).is_err());
    }
}
