//! How far off the forecast may be: spread per period ahead and the shape of the errors.
//!
//! The fitted model is rolled along the past and looks ahead from many origins; the mean squared error per
//! period ahead, made to rise with the distance, is the variance. The backtest, whose parameters had not seen
//! the data, scales it up where the past was fitted too well. A model with a multiplying season has errors
//! relative to the forecast.

use super::demand::Demand;
use super::select::{Choice, recent};
use super::smooth::Roll;
use crate::base::numeric::{normal_quantile, sorted_quantile};

/// Origins that are looked ahead from.
const MAX_ORIGINS: usize = 120;
/// Errors further back than this are of another time: weekly series of twenty years had intervals of 80 % that held
/// 90 % with all of them, 82 % with these (training rows, November 2026).
const LOOK_BACK: usize = 120;
/// How many errors the normal shape counts as.
const NORMAL_ERRORS: f64 = 80.0;
/// Standardised errors needed before their own shape counts beside the normal one.
const SHAPE_ERRORS: usize = 40;

/// Spread of the errors: absolute, or relative to the forecast.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spread {
    relative: bool,
    step: Vec<f64>,
    total: Vec<f64>,
    /// Quantiles 1 % … 99 % of the standardised errors; empty for the normal distribution.
    pub(crate) shape: Vec<f64>,
}

impl Spread {
    /// Standard deviations per period ahead and of the cumulated demand, for a forecast.
    pub(crate) fn scaled(&self, mean: &[f64]) -> (Vec<f64>, Vec<f64>) {
        if !self.relative {
            return (self.step.clone(), self.total.clone());
        }
        let mut sum = 0.0;
        let total = self.total.iter().zip(mean).map(|(s, m)| {
            sum += m.abs();
            s * sum
        });
        let total = total.collect();
        (self.step.iter().zip(mean).map(|(s, m)| s * m.abs()).collect(), total)
    }
}

/// Measures the spread of a choice on the series it was chosen for.
pub(crate) fn spread(choice: &Choice, demand: &Demand, horizon: usize) -> Spread {
    let (value, weight) = recent(&demand.value, &demand.weight);
    let relative = value.iter().all(|y| y.is_nan() || *y > 0.0) && value.len() > 1;
    let errors = look_ahead(choice, value, weight, horizon, relative);
    let prior = prior_variance(value, relative);
    let wider = optimism(choice, &errors);
    let variance: Vec<f64> = rising(&errors.step, prior).iter().map(|v| v * wider).collect();
    let mut total: Vec<f64> = rising_totals(&errors.total, &variance, relative).iter().map(|v| v * wider).collect();
    floor_totals(&mut total, &variance, relative);
    let step: Vec<f64> = variance.iter().map(|v| v.sqrt()).collect();
    let shape = shape(&errors.step, &step, wider.sqrt());
    Spread { relative, step, total: total.iter().map(|v| v.sqrt()).collect(), shape }
}

struct Errors {
    /// Errors per period ahead.
    step: Vec<Vec<f64>>,
    /// Errors of the demand cumulated up to each period ahead.
    total: Vec<Vec<f64>>,
    /// Squared absolute errors at targets within the backtest windows: sum and count.
    late: (f64, f64),
}

fn look_ahead(choice: &Choice, value: &[f64], weight: &[f64], horizon: usize, relative: bool) -> Errors {
    let n = value.len();
    let burn = (n / 3).max(n.saturating_sub(LOOK_BACK)).min(choice.first_origin).max(1).min(n);
    let every = (n - burn).div_ceil(MAX_ORIGINS).max(1);
    let mut errors = Errors { step: vec![Vec::new(); horizon], total: vec![Vec::new(); horizon], late: (0.0, 0.0) };
    let mut filter = choice.start.clone();
    for origin in 0..n {
        if origin >= burn && (n - 1 - origin).is_multiple_of(every) {
            look_from(&filter, &value[origin..], horizon, relative, origin >= choice.first_origin, &mut errors);
        }
        filter.update(value[origin], weight[origin]);
    }
    errors
}

fn look_from(filter: &impl Roll, future: &[f64], horizon: usize, relative: bool, late: bool, errors: &mut Errors) {
    let (mut sum, mut expected_sum) = (0.0, 0.0);
    for (h, (y, expected)) in future.iter().zip(filter.path(horizon.min(future.len()))).enumerate() {
        let error = y - expected;
        sum += error;
        expected_sum += expected.abs();
        let scale = if relative { expected.abs().max(1e-9) } else { 1.0 };
        if !error.is_nan() {
            errors.step[h].push((error / scale).clamp(-1e6, 1e6));
            if late {
                errors.late.0 += error * error;
                errors.late.1 += 1.0;
            }
        }
        if !sum.is_nan() {
            let scale = if relative { expected_sum.max(1e-9) } else { 1.0 };
            errors.total[h].push((sum / scale).clamp(-1e6, 1e6));
        }
    }
}

/// Variance to believe in before there are errors: that of the values, or of one value its square.
fn prior_variance(value: &[f64], relative: bool) -> f64 {
    let known: Vec<f64> = value.iter().copied().filter(|y| !y.is_nan()).collect();
    let n = known.len().max(1) as f64;
    let mean = known.iter().sum::<f64>() / n;
    if known.len() < 2 {
        return mean * mean;
    }
    let variance = known.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / (n - 1.0);
    if relative { variance / (mean * mean).max(1e-18) } else { variance }
}

/// How much larger squared errors were on unseen periods: 1 … 3, drawn towards 1 where there were few.
fn optimism(choice: &Choice, errors: &Errors) -> f64 {
    let (unseen, count) = choice.squared;
    if errors.late.1 < 1.0 || errors.late.0 <= 0.0 || count == 0 {
        return 1.0;
    }
    let ratio = unseen / (errors.late.0 / errors.late.1);
    let trust = count as f64 / (count as f64 + 6.0);
    (1.0 + trust * (ratio - 1.0)).clamp(1.0, 3.0)
}

/// Mean squares per period ahead, with the prior counting as one error where there are few, made to rise by
/// pooling neighbours that fall (isotonic regression).
fn rising(step: &[Vec<f64>], prior: f64) -> Vec<f64> {
    let means: Vec<(f64, f64)> = step.iter().map(|errors| mean_square(errors, prior)).collect();
    isotonic(&means)
}

fn mean_square(errors: &[f64], prior: f64) -> (f64, f64) {
    let n = errors.len() as f64;
    let trust_in_prior = if errors.len() < 8 { 1.0 } else { 0.0 };
    let squares: f64 = errors.iter().map(|e| e * e).sum();
    ((squares + trust_in_prior * prior) / (n + trust_in_prior), n.max(1e-3))
}

fn rising_totals(total: &[Vec<f64>], variance: &[f64], relative: bool) -> Vec<f64> {
    let mut sum = 0.0;
    let per_step: Vec<(f64, f64)> = total
        .iter()
        .zip(variance)
        .enumerate()
        .map(|(h, (errors, v))| {
            sum += v;
            let periods = (h + 1) as f64;
            let independent = if relative { sum / (periods * periods) } else { sum };
            let (mean, n) = mean_square(errors, independent);
            // per period, so that pooling compares like with like
            (if relative { mean } else { mean / periods }, n)
        })
        .collect();
    if relative {
        return per_step.iter().map(|(mean, _)| *mean).collect();
    }
    isotonic(&per_step).iter().enumerate().map(|(h, v)| v * (h + 1) as f64).collect()
}

/// Cumulated demand is never surer than independent errors would make it.
fn floor_totals(total: &mut [f64], variance: &[f64], relative: bool) {
    let mut sum = 0.0;
    for (h, (total, v)) in total.iter_mut().zip(variance).enumerate() {
        sum += v;
        let periods = (h + 1) as f64;
        *total = total.max(if relative { sum / (periods * periods) } else { sum });
    }
}

/// Pool-adjacent-violators on (mean, weight).
fn isotonic(points: &[(f64, f64)]) -> Vec<f64> {
    let mut blocks: Vec<(f64, f64, usize)> = Vec::with_capacity(points.len());
    for (mean, weight) in points {
        let mut block = (*mean, *weight, 1);
        while let Some(last) = blocks.last().copied().filter(|last| last.0 > block.0) {
            let weight = last.1 + block.1;
            block = ((last.0 * last.1 + block.0 * block.1) / weight, weight, last.2 + block.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    blocks.iter().flat_map(|(mean, _, length)| std::iter::repeat_n(*mean, *length)).collect()
}

/// Quantiles of the standardised errors, their own mixed with the normal ones.
fn shape(step: &[Vec<f64>], sd: &[f64], wider: f64) -> Vec<f64> {
    let mut all: Vec<f64> = Vec::new();
    for (errors, sd) in step.iter().zip(sd) {
        if *sd > 0.0 {
            all.extend(errors.iter().map(|e| e * wider / sd));
        }
    }
    let origins = step.first().map_or(0, Vec::len);
    if origins < SHAPE_ERRORS {
        return Vec::new();
    }
    let own = origins as f64 / (origins as f64 + NORMAL_ERRORS);
    all.sort_by(f64::total_cmp);
    (1..100)
        .map(|percent| f64::from(percent) / 100.0)
        .map(|p| own * sorted_quantile(&all, p) + (1.0 - own) * normal_quantile(p))
        .collect()
}
