//! A mixture of count laws per period ahead: quantiles, moments, paths.

use serde::{Deserialize, Serialize};

use super::law::{CountLaw, Movement};

/// What is expected of a count, period by period: a weighted mixture of laws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Weights, summing to 1, and laws.
    parts: Vec<(f64, CountLaw)>,
    /// How each period ahead is moved; they recur.
    steps: Vec<Movement>,
}

/// The largest quantile.
const MOST: f64 = 1e12;
/// No log-logistic size is given a larger squared coefficient of variation than e² − 1.
const LOG_VARIANCE: f64 = 2.0;

impl Counts {
    pub(super) fn new(mut parts: Vec<(f64, CountLaw)>, steps: Vec<Movement>) -> Self {
        parts.retain(|(weight, _)| *weight > 0.0);
        Counts { parts, steps }
    }

    /// Weights, summing to 1, and laws of the parts.
    pub fn parts(&self) -> &[(f64, CountLaw)] {
        &self.parts
    }

    /// How many periods ahead differ; after them they recur.
    pub fn period(&self) -> usize {
        self.steps.len()
    }

    fn moved(&self, step: usize) -> Vec<(f64, CountLaw)> {
        let by = &self.steps[step % self.steps.len()];
        self.parts.iter().map(|(weight, law)| (*weight, law.moved(by))).collect()
    }

    /// The same of some of the periods ahead, of which each is so many times as large.
    pub(crate) fn times(self, steps: &[usize], factors: &[f64]) -> Counts {
        let own = |(step, factor): (&usize, &f64)| self.steps[step % self.steps.len()].times(&Movement::of(*factor));
        let steps = steps.iter().zip(factors).map(own).collect();
        Counts { parts: self.parts, steps }
    }

    /// P(Y ≤ y) in period `step` ahead (0-based).
    pub fn cdf(&self, step: usize, y: f64) -> f64 {
        cdf(&self.moved(step), y)
    }

    /// The smallest count that is not exceeded with probability `p` in period `step` ahead (0-based).
    pub fn quantile(&self, step: usize, p: f64) -> f64 {
        smallest(&self.moved(step), p)
    }

    /// The expected demand of period `step` ahead (0-based).
    pub fn mean(&self, step: usize) -> f64 {
        let by = &self.steps[step % self.steps.len()];
        self.parts.iter().map(|(weight, law)| weight * law.moved(by).mean()).sum()
    }

    /// Variances of each period ahead and of the demand cumulated up to it: the models of the mixture disagree
    /// about the level, and that part of the variance grows with the square of time.
    pub(crate) fn variances(&self, horizon: usize) -> (Vec<f64>, Vec<f64>) {
        let mut sums: Vec<(f64, f64)> = vec![(0.0, 0.0); self.parts.len()];
        let (mut each, mut total) = (Vec::with_capacity(horizon), Vec::with_capacity(horizon));
        let spread = |sums: &[(f64, f64)]| {
            let over = |f: fn(&(f64, f64)) -> f64| -> f64 {
                self.parts.iter().zip(sums).map(|((weight, _), sum)| weight * f(sum)).sum()
            };
            over(|s| s.1) + (over(|s| s.0 * s.0) - over(|s| s.0).powi(2)).max(0.0)
        };
        for step in 0..horizon {
            let now: Vec<(f64, f64)> = self.moved(step).iter().map(|(_, law)| (law.mean(), variance(law))).collect();
            each.push(spread(&now));
            sums.iter_mut().zip(&now).for_each(|(sum, now)| *sum = (sum.0 + now.0, sum.1 + now.1));
            total.push(spread(&sums));
        }
        (each, total)
    }

    /// Simulates `count` paths of `horizon` periods, one after the other. A path keeps to one model of the mixture,
    /// so its periods go up and down together; each period by itself has the quantiles of [`Counts::quantile`].
    ///
    /// ```
    /// let ahead = trousse::forecast::counts(&[0.0, 1.0, 0.0, 2.0, 0.0, 0.0, 1.0, 0.0], None, 1, 3)?;
    /// let paths = ahead.paths(3, 100, 7);
    /// assert_eq!(paths.len(), 300);
    /// assert_eq!(paths, ahead.paths(3, 100, 7));
    /// # Ok::<(), trousse::Error>(())
    /// ```
    pub fn paths(&self, horizon: usize, count: usize, seed: u64) -> Vec<f64> {
        self.paths_by(horizon, count, &mut Random(seed), &mut |random, _, _| random.unit())
    }

    /// The same with the uniform number of each path and period from outside.
    pub(crate) fn paths_by(
        &self,
        horizon: usize,
        count: usize,
        random: &mut Random,
        uniform: &mut dyn FnMut(&mut Random, usize, usize) -> f64,
    ) -> Vec<f64> {
        let moved: Vec<Vec<(f64, CountLaw)>> = (0..self.steps.len()).map(|step| self.moved(step)).collect();
        let mut tables = vec![Vec::new(); moved.len() * self.parts.len()];
        let mut paths = Vec::with_capacity(horizon * count);
        for path in 0..count {
            let part = self.drawn(random.unit());
            for step in 0..horizon {
                let at = step % moved.len();
                let table = &mut tables[at * self.parts.len() + part];
                paths.push(read(table, moved[at][part].1, uniform(random, path, step)));
            }
        }
        paths
    }

    fn drawn(&self, at: f64) -> usize {
        let mut below = 0.0;
        for (i, (weight, _)) in self.parts.iter().enumerate() {
            below += weight;
            if at < below {
                return i;
            }
        }
        self.parts.len() - 1
    }

    /// The smallest count that demand over the first `periods` does not exceed with each probability, from 2,000
    /// simulated paths (the sum of a path, not a sum of quantiles).
    pub fn total_quantiles(&self, periods: usize, levels: &[f64], seed: u64) -> Vec<f64> {
        sum_quantiles(&self.paths(periods, PATHS, seed), periods, levels)
    }
}

/// How many paths tell the quantiles of a sum.
pub(crate) const PATHS: usize = 2_000;

/// Quantiles of the sums of [`PATHS`] paths.
pub(crate) fn sum_quantiles(paths: &[f64], periods: usize, levels: &[f64]) -> Vec<f64> {
    let mut sums: Vec<f64> = match periods {
        0 => vec![0.0; PATHS],
        _ => paths.chunks(periods).map(|path| path.iter().sum()).collect(),
    };
    sums.sort_by(f64::total_cmp);
    let rank = |p: &f64| ((p.clamp(0.0, 1.0) * sums.len() as f64).ceil() as usize).clamp(1, sums.len()) - 1;
    levels.iter().map(|p| sums[rank(p)]).collect()
}

fn variance(law: &CountLaw) -> f64 {
    let of_chance = |sells: f64, size: f64, of_size: f64| sells * (of_size + size * size * (1.0 - sells));
    match *law {
        CountLaw::NegativeBinomial { mean, shape } => mean + mean * mean / shape,
        CountLaw::ZeroInflated { sells, size, shape } => {
            let over = (size - 1.0).max(0.0);
            of_chance(sells.min(1.0), size, over + over * over / shape)
        }
        CountLaw::LogLogistic { sells, scale, size, .. } => {
            let log = (scale * std::f64::consts::PI).powi(2) / 3.0;
            of_chance(sells.min(1.0), size, size * size * log.min(LOG_VARIANCE).exp_m1())
        }
    }
}

fn cdf(laws: &[(f64, CountLaw)], y: f64) -> f64 {
    laws.iter().map(|(weight, law)| weight * law.cdf(y)).sum()
}

/// Smallest count with at least probability `p` up to it, by doubling and halving.
fn smallest(laws: &[(f64, CountLaw)], p: f64) -> f64 {
    let p = p.min(1.0 - 1e-9);
    let enough = |y: f64| cdf(laws, y) >= p;
    if enough(0.0) {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while !enough(high) {
        (low, high) = (high, high * 2.0);
        if high > MOST {
            return MOST;
        }
    }
    while high - low > 1.0 {
        let middle = ((low + high) / 2.0).floor();
        if enough(middle) { high = middle } else { low = middle }
    }
    high
}

/// So many sums of a law are kept while paths are drawn; larger counts are looked for one by one.
const TABLED: usize = 256;

/// [`smallest`] of one law, from a table that grows as far as it is asked.
fn read(table: &mut Vec<f64>, law: CountLaw, p: f64) -> f64 {
    let p = p.min(1.0 - 1e-9);
    while table.last().is_none_or(|below| *below < p) {
        if table.len() == TABLED {
            return smallest(&[(1.0, law)], p);
        }
        table.push(cdf(&[(1.0, law)], table.len() as f64));
    }
    table.partition_point(|below| *below < p) as f64
}

/// SplitMix64 (Steele, Lea & Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next number of [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}
