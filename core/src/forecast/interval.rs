//! How far off the forecast may be: spread per period ahead and the shape of the errors.
//!
//! The fitted model is rolled along the past and looks ahead from many origins; the mean squared error per
//! period ahead, made to rise with the distance, is the variance. The backtest, whose parameters had not seen
//! the data, scales it up where the past was fitted too well. A model with a multiplying season has errors
//! relative to the forecast.
//!
//! What is measured is told in the few bytes that a saved state has for it (see [`Curve`] and [`Shape`]), before and after
//! saving alike. Beside full precision the MSIS of three horizons held out within the training rows changed by −.2 … +.3 %
//! (tourism months and M4 weeks, November 2026).

use std::sync::LazyLock;

use super::bytes::{Reader, Writer};
use super::demand::Demand;
use super::select::{Choice, recent};
use super::smooth::Roll;
use crate::base::numeric::student_quantile;

/// Origins that are looked ahead from.
const MAX_ORIGINS: usize = 120;
/// Errors further back than this are of another time, and an error this many periods older counts half: with 120 and
/// no halving, what was held out within the training rows was scored worse (MSIS 14.7 → 14.2 and 25.1 → 24.3, November 2026).
const LOOK_BACK: usize = 60;
const HALF_LIFE: f64 = 30.0;
/// Degrees of freedom of the errors' distribution: over the same rows the 80 % interval of the normal one held too much
/// where that of 95 % held too little.
const DEGREES: f64 = 6.0;
/// The errors of the past are those of parameters that have seen them.
const WIDER: f64 = 1.04;
/// How many errors that distribution counts as.
const PRIOR_ERRORS: f64 = 80.0;
/// Standardised errors needed before their own shape counts beside the normal one.
const SHAPE_ERRORS: usize = 40;

/// Spread of the errors: absolute, or relative to the forecast.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spread {
    pub(crate) relative: bool,
    pub(crate) curve: Curve,
    step: Vec<f64>,
    total: Vec<f64>,
    pub(crate) shape: Shape,
}

/// Standard deviations per period ahead: at six of the periods as powers of 129/128, between them the variance goes on along a
/// line. Mostly seven bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Curve {
    periods: usize,
    knots: Box<[i32]>,
}

const KNOTS: usize = 6;
const BASE: f64 = 129.0 / 128.0;
/// The largest power either way: 10^±203.
const MOST_POWER: i32 = 60_000;

impl Curve {
    fn of(sd: &[f64]) -> Curve {
        let code = |sd: f64| match (sd.ln() / BASE.ln()).round() as i32 {
            _ if sd <= 0.0 => 0,
            power if power >= 0 => power.min(MOST_POWER) + 1,
            power => power.max(-MOST_POWER),
        };
        Curve { periods: sd.len(), knots: places(sd.len()).into_iter().map(|at| code(sd[at])).collect() }
    }

    /// That of the next period.
    pub(crate) fn first(&self) -> f64 {
        deviation(self.knots[0])
    }

    /// Those of all periods.
    pub(crate) fn steps(&self) -> Vec<f64> {
        let places = places(self.periods);
        let mut out = vec![self.first(); self.periods];
        for (at, codes) in places.windows(2).zip(self.knots.windows(2)) {
            let (low, high) = (deviation(codes[0]), deviation(codes[1]));
            for (step, out) in out.iter_mut().enumerate().take(at[1] + 1).skip(at[0] + 1) {
                let part = (step - at[0]) as f64 / (at[1] - at[0]) as f64;
                *out = if step == at[1] { high } else { (low * low + part * (high * high - low * low)).sqrt() };
            }
        }
        out
    }

    pub(crate) fn save(&self, out: &mut Writer) {
        out.whole(self.periods as u64);
        let mut before = 0;
        for knot in &self.knots {
            out.signed(i64::from(knot - before));
            before = *knot;
        }
    }

    pub(crate) fn load(read: &mut Reader<'_>) -> Option<Curve> {
        let periods = read.index().filter(|periods| (1..=super::MAX_PERIODS).contains(periods))?;
        let mut before = 0_i64;
        let mut next = || {
            before = before.checked_add(read.signed()?)?;
            let knot = i32::try_from(before).ok()?;
            (-MOST_POWER..=MOST_POWER + 1).contains(&knot).then_some(knot)
        };
        let knots: Option<Box<[i32]>> = (0..places(periods).len()).map(|_| next()).collect();
        Some(Curve { periods, knots: knots? })
    }
}

/// The periods, from 0, at which a curve is told: the nearer the denser.
fn places(periods: usize) -> Vec<usize> {
    if periods <= KNOTS {
        return (0..periods).collect();
    }
    let last = KNOTS - 1;
    let mut places: Vec<usize> = (0..KNOTS).map(|k| ((periods - 1) * k * k).div_ceil(last * last)).collect();
    (1..KNOTS).for_each(|k| places[k] = places[k].max(places[k - 1] + 1));
    places
}

/// The standard deviation of a code: 0 for none, else a power, those from 0 on one higher. By squaring, so that the bits
/// are the same on every machine.
fn deviation(code: i32) -> f64 {
    if code == 0 {
        return 0.0;
    }
    let power = if code > 0 { code - 1 } else { code };
    let (mut left, mut square, mut value) = (power.unsigned_abs(), BASE, 1.0);
    while left > 0 {
        if left & 1 == 1 {
            value *= square;
        }
        square *= square;
        left >>= 1;
    }
    if power < 0 { 1.0 / value } else { value }
}

/// By how much the quantiles of the standardised error are above those of Student's t, in 32nds, at eleven probabilities; empty
/// for nothing. Eleven bytes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Shape(Box<[i8]>);

const SHAPE_AT: [f64; 11] = [1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 97.5, 99.0];
const SHAPE_STEP: f64 = 1.0 / 32.0;

/// Quantiles 1 % … 99 % before errors tell their own.
static PRIOR: LazyLock<[f64; 99]> = LazyLock::new(|| std::array::from_fn(|i| error_quantile((i + 1) as f64 / 100.0)));

impl Shape {
    fn of(quantile: impl Fn(f64) -> f64) -> Shape {
        let code = |percent: &f64| {
            let p = percent / 100.0;
            ((quantile(p) - error_quantile(p)) / SHAPE_STEP).round().clamp(-127.0, 127.0) as i8
        };
        Shape(SHAPE_AT.iter().map(code).collect())
    }

    /// Quantiles 1 % … 99 %, which never fall; empty for Student's t.
    pub(crate) fn quantiles(&self) -> Vec<f64> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let (mut knot, mut most) = (0, f64::NEG_INFINITY);
        let quantile = |i: usize| {
            let percent = (i + 1) as f64;
            while knot + 2 < SHAPE_AT.len() && SHAPE_AT[knot + 1] < percent {
                knot += 1;
            }
            let part = (percent - SHAPE_AT[knot]) / (SHAPE_AT[knot + 1] - SHAPE_AT[knot]);
            let [low, high] = [f64::from(self.0[knot]), f64::from(self.0[knot + 1])];
            most = (PRIOR[i] + SHAPE_STEP * (low + part * (high - low))).max(most);
            most
        };
        (0..99).map(quantile).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn save(&self, out: &mut Writer) {
        self.0.iter().for_each(|code| out.byte(*code as u8));
    }

    pub(crate) fn load(read: &mut Reader<'_>) -> Option<Shape> {
        let codes: Option<Box<[i8]>> = SHAPE_AT.iter().map(|_| read.byte().map(|byte| byte as i8)).collect();
        codes.map(Shape)
    }
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
    let curve = Curve::of(&variance.iter().map(|v| v.sqrt()).collect::<Vec<f64>>());
    let step = curve.steps();
    floor_totals(&mut total, &step.iter().map(|sd| sd * sd).collect::<Vec<f64>>(), relative);
    let shape = shape(&errors.step, &step, wider.sqrt());
    Spread { relative, curve, step, total: total.iter().map(|v| v.sqrt()).collect(), shape }
}

/// The quantile of a standardised error before errors tell their own.
pub(crate) fn error_quantile(p: f64) -> f64 {
    student_quantile(p, DEGREES)
}

struct Errors {
    /// Errors per period ahead, and how much each counts.
    step: Vec<Vec<(f64, f64)>>,
    /// Errors of the demand cumulated up to each period ahead.
    total: Vec<Vec<(f64, f64)>>,
    /// How much the errors seen from the present origin count.
    weight: f64,
    /// Squared absolute errors at targets within the backtest windows: sum and count.
    late: (f64, f64),
}

fn look_ahead(choice: &Choice, value: &[f64], weight: &[f64], horizon: usize, relative: bool) -> Errors {
    let n = value.len();
    let burn = (n / 3).max(n.saturating_sub(LOOK_BACK)).min(choice.first_origin).max(1).min(n);
    let every = (n - burn).div_ceil(MAX_ORIGINS).max(1);
    let mut errors =
        Errors { step: vec![Vec::new(); horizon], total: vec![Vec::new(); horizon], weight: 1.0, late: (0.0, 0.0) };
    let mut filter = choice.start.clone();
    for origin in 0..n {
        if origin >= burn && (n - 1 - origin).is_multiple_of(every) {
            errors.weight = 0.5_f64.powf((n - 1 - origin) as f64 / HALF_LIFE);
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
            errors.step[h].push(((error / scale).clamp(-1e6, 1e6), errors.weight));
            if late {
                errors.late.0 += error * error;
                errors.late.1 += 1.0;
            }
        }
        if !sum.is_nan() {
            let scale = if relative { expected_sum.max(1e-9) } else { 1.0 };
            errors.total[h].push(((sum / scale).clamp(-1e6, 1e6), errors.weight));
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
    (1.0 + trust * (ratio - 1.0)).clamp(1.0, 3.0) * WIDER * WIDER
}

/// Mean squares per period ahead, with the prior counting as one error where there are few, made to rise by
/// pooling neighbours that fall (isotonic regression).
fn rising(step: &[Vec<(f64, f64)>], prior: f64) -> Vec<f64> {
    let means: Vec<(f64, f64)> = step.iter().map(|errors| mean_square(errors, prior)).collect();
    isotonic(&means)
}

fn mean_square(errors: &[(f64, f64)], prior: f64) -> (f64, f64) {
    let n: f64 = errors.iter().map(|(_, w)| w).sum();
    let trust_in_prior = if errors.len() < 8 { 1.0 } else { 0.0 };
    let squares: f64 = errors.iter().map(|(e, w)| w * e * e).sum();
    ((squares + trust_in_prior * prior) / (n + trust_in_prior), n.max(1e-3))
}

fn rising_totals(total: &[Vec<(f64, f64)>], variance: &[f64], relative: bool) -> Vec<f64> {
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

/// Quantiles of the standardised errors, their own mixed with those of Student's t.
fn shape(step: &[Vec<(f64, f64)>], sd: &[f64], wider: f64) -> Shape {
    let mut all: Vec<(f64, f64)> = Vec::new();
    for (errors, sd) in step.iter().zip(sd) {
        if *sd > 0.0 {
            all.extend(errors.iter().map(|(e, w)| (e * wider / sd, *w)));
        }
    }
    let origins = step.first().map_or(0, Vec::len);
    if origins < SHAPE_ERRORS || all.len() < SHAPE_ERRORS {
        return Shape::default();
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut total = 0.0;
    for (_, weight) in &mut all {
        total += *weight;
        *weight = total - 0.5 * *weight;
    }
    let among = |p: f64| {
        let k = all.partition_point(|(_, below)| *below < p * total).clamp(1, all.len() - 1);
        let ((low, from), (high, to)) = (all[k - 1], all[k]);
        low + (high - low) * ((p * total - from) / (to - from)).clamp(0.0, 1.0)
    };
    let known: f64 = step.first().map_or(0.0, |errors| errors.iter().map(|(_, weight)| weight).sum());
    let own = known / (known + PRIOR_ERRORS);
    Shape::of(|p| own * among(p) + (1.0 - own) * error_quantile(p))
}
