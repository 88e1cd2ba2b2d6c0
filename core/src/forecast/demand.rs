//! Demand behind censored sales: what would have sold had the shelf been full.
//!
//! In: sales per period and the share of the period in stock. Out: demand and its weight.
//! `NaN` is unknown, whatever the share says: time passes and nothing is learned.
//! A short stock-out is filled with what the item's other days let expect after what sold before it
//! (`forecast::recover_demand` with the day as one slot) and is trusted less; a long one is missing.
//! Measured gain and its limits: filling censored days removes the bias, not the error. Scaling sales up by the
//! share instead overstates days that sold out because they were busy by 11 % (`benches/RESULTS.md`).

use super::recover::{SlotSales, recover_days};
use crate::base::{Error, Result};

/// Below this share of the period in stock nothing is learned from its sales.
pub const MIN_SHARE: f64 = 0.1;

/// Sales are never scaled by more than the inverse of this share, where they are scaled.
pub const SCALE_FLOOR: f64 = 0.25;

/// A series ready for the models.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// Demand per period; `NaN` where it is unknown. Begins with a known value.
    pub value: Vec<f64>,
    /// What was sold; `NaN` where the demand is unknown.
    pub seen: Vec<f64>,
    /// Trust in each value: the share in stock, 0 where it is unknown.
    pub weight: Vec<f64>,
    /// Whether all sales are whole numbers of at least 0.
    pub count: bool,
    /// Whether any value is negative.
    pub negative: bool,
    /// Share of zeros among the known values.
    pub zeros: f64,
    /// How many values are known.
    pub known: usize,
    /// The largest known value, at least 0.
    pub largest: f64,
}

/// Reads demand from sales and the share of each period in stock.
///
/// # Errors
/// `NAN_IN_SERIES` for an infinite value or one of 1e150 and beyond; `INVALID_ARGUMENT` for a share outside
/// 0–1 or another length; `SERIES_TOO_SHORT` where nothing is known.
///
/// ```
/// use trousse::forecast::demand::uncensor;
/// let demand = uncensor("LIP-01", &[6.0, 3.0, 0.0], Some(&[1.0, 0.5, 0.0]))?;
/// assert_eq!(demand.value[..2], [6.0, 6.0]);
/// assert_eq!(demand.weight, [1.0, 0.5, 0.0]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn uncensor(series: &str, y: &[f64], in_stock: Option<&[f64]>) -> Result<Demand> {
    check(series, y, in_stock)?;
    let share = |i: usize| in_stock.map_or(1.0, |shares| shares[i]);
    let known: Vec<usize> = (0..y.len()).filter(|i| share(*i) >= MIN_SHARE && !y[*i].is_nan()).collect();
    let Some(first) = known.first().copied() else {
        return Err(Error::SeriesTooShort { series: series.into(), need: 1, got: 0 });
    };
    let (mut value, mut weight) = (vec![f64::NAN; y.len() - first], vec![0.0; y.len() - first]);
    let mut seen = value.clone();
    for i in &known {
        value[i - first] = y[*i] / share(*i).max(SCALE_FLOOR);
        seen[i - first] = y[*i];
        weight[i - first] = share(*i);
    }
    if known.iter().any(|i| share(*i) < 1.0) && known.iter().all(|i| y[*i] >= 0.0) {
        fill(&mut value, &seen, &weight);
    }
    let among = |test: fn(f64) -> bool| known.iter().filter(|i| test(y[**i])).count();
    Ok(Demand {
        count: among(|x| x >= 0.0 && x.fract() == 0.0) == known.len(),
        negative: among(|x| x < 0.0) > 0,
        zeros: among(|x| x == 0.0) as f64 / known.len() as f64,
        known: known.len(),
        largest: value.iter().copied().filter(|x| !x.is_nan()).fold(0.0, f64::max),
        value,
        seen,
        weight,
    })
}

/// Puts the expected demand in the place of sales of part of a period.
fn fill(value: &mut [f64], seen: &[f64], weight: &[f64]) {
    let sales = seen.iter().map(|y| if y.is_nan() { 0.0 } else { *y }).collect();
    let days = SlotSales { slots: 1, sales, in_stock: weight.to_vec(), profile: None };
    for (own, demand) in value.iter_mut().zip(recover_days(&days)) {
        if !own.is_nan() {
            *own = demand;
        }
    }
}

fn check(series: &str, y: &[f64], in_stock: Option<&[f64]>) -> Result<()> {
    if let Some(shares) = in_stock {
        if shares.len() != y.len() {
            return Err(Error::argument("in_stock", format!("{} values long", y.len()), shares.len()));
        }
        if let Some(index) = shares.iter().position(|share| !(0.0..=1.0).contains(share)) {
            return Err(Error::argument(format!("in_stock[{index}]"), "between 0 and 1", shares[index]));
        }
    }
    match y.iter().position(|value| value.abs() >= super::LARGEST) {
        Some(index) => Err(Error::NanInSeries { series: series.into(), index, got: format!("{:?}", y[index]) }),
        None => Ok(()),
    }
}
