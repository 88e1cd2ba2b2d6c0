//! The pool of count models and their weights.

use serde::{Deserialize, Serialize};

use super::common::Common;
use super::filter::{CountFilter, CountModel};
use super::law::{CountKind, CountLaw, Movement, ln_choose};
use super::mixture::Counts;
use crate::forecast::MAX_PERIODS;

/// One series as the pool reads it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// Demand per period, `NaN` where unknown; what was seen in part of a period, scaled up.
    pub(crate) demand: Vec<f64>,
    /// What was seen.
    pub(crate) seen: Vec<f64>,
    /// Trust: the share in stock.
    pub(crate) weight: Vec<f64>,
}

/// Discounts of the two means of a level.
const SPEEDS: [(f64, f64); 4] = [(0.7, 0.95), (0.8, 1.0), (0.92, 1.0), (1.0, 1.0)];
const SHAPES: [f64; 5] = [0.15, 0.4, 1.0, 3.0, 20.0];
const SIZE_SHAPES: [f64; 2] = [0.6, 3.0];
const SIZE_SPEEDS: [(f64, f64); 2] = [(0.9, 0.9), (1.0, 1.0)];
const LOG_SPEEDS: [(f64, f64); 2] = [(0.7, 0.95), (0.85, 1.0)];
const LOG_SCALES: [f64; 3] = [0.3, 0.5, 0.8];

/// The first origin has seen this many periods.
const BURN: usize = 8;
/// At most so many origins and periods ahead are scored, evenly spread.
const ORIGINS: usize = 60;
const AHEAD: usize = 12;
/// The log scores count for this much: neighbouring origins foretell the same periods, and no model is true.
const TEMPER: f64 = 0.3;
/// Lighter parts are left out.
const LEAST_WEIGHT: f64 = 0.004;

fn models() -> Vec<CountModel> {
    let of = |kind, (fast, slow): (f64, f64), (size_fast, size_slow): (f64, f64), shape| CountModel {
        kind,
        fast,
        slow,
        size_fast,
        size_slow,
        shape,
    };
    let mut models = Vec::new();
    for speed in SPEEDS {
        models.extend(SHAPES.map(|shape| of(CountKind::NegativeBinomial, speed, (1.0, 1.0), shape)));
        for size in SIZE_SPEEDS {
            models.extend(SIZE_SHAPES.map(|shape| of(CountKind::ZeroInflated, speed, size, shape)));
        }
        for size in LOG_SPEEDS {
            models.extend(LOG_SCALES.map(|scale| of(CountKind::LogLogistic, speed, size, scale)));
        }
    }
    models
}

/// Mean absolute errors over the scored origins: of the mixture's mean, and of the (seasonal) naive forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Errors {
    pub(crate) own: f64,
    pub(crate) naive: f64,
}

/// The weighted models of a pool after the values seen so far, with the season that moves them; what the panel had in
/// common at the last origin stays as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CountPool {
    parts: Vec<(f64, CountFilter)>,
    season: Vec<Movement>,
    at: usize,
}

impl CountPool {
    /// Whether updates can have led to this state: one that was read is not trusted.
    pub(crate) fn is_sound(&self) -> bool {
        let movement = |m: &Movement| [m.mean, m.sells, m.size].into_iter().all(f64::is_finite);
        !self.parts.is_empty()
            && self.parts.iter().all(|(weight, filter)| *weight > 0.0 && filter.is_sound())
            && self.season.iter().all(movement)
            && self.at < self.season.len()
            && self.season.len() <= MAX_PERIODS
    }

    /// The pool with these weights and this season before the first of `periods` values that led to now.
    pub(crate) fn begun(&self, periods: usize) -> CountPool {
        let n = self.season.len();
        let parts = self.parts.iter().map(|(weight, filter)| (*weight, filter.begun())).collect();
        CountPool { parts, season: self.season.clone(), at: (self.at + n - periods % n) % n }
    }

    /// Takes the demand of the next period in, which counts for `weight`; `NaN` is unknown. O(models).
    pub(crate) fn update(&mut self, demand: f64, weight: f64) {
        let moved = self.season[self.at];
        self.parts.iter_mut().for_each(|(_, filter)| filter.take(demand, weight, &moved));
        self.at = (self.at + 1) % self.season.len();
    }

    /// The same after so many periods, moved by a season alone; drivers are told period by period.
    pub(crate) fn by_season(self, index: &[f64], periods: usize) -> CountPool {
        let season: Vec<Movement> = index.iter().copied().map(Movement::of).collect();
        CountPool { parts: self.parts, at: periods % season.len(), season }
    }

    fn driven(&self, ahead: usize, factor: f64) -> Movement {
        Movement::of(factor * self.season[(self.at + ahead) % self.season.len()].mean)
    }

    /// Takes the demand of the next period in where drivers make it so many times as large.
    pub(crate) fn update_by(&mut self, demand: f64, weight: f64, factor: f64) {
        let moved = self.driven(0, factor);
        self.parts.iter_mut().for_each(|(_, filter)| filter.take(demand, weight, &moved));
        self.at = (self.at + 1) % self.season.len();
    }

    /// What is expected of the periods ahead where drivers make each so many times as large.
    pub(crate) fn ahead_by(&self, factors: &[f64]) -> Counts {
        let steps = factors.iter().enumerate().map(|(k, factor)| self.driven(k, *factor)).collect();
        Counts::new(self.parts.iter().map(|(weight, filter)| (*weight, filter.law())).collect(), steps)
    }

    /// What is expected of the periods ahead.
    pub(crate) fn ahead(&self, horizon: usize) -> Counts {
        let n = self.season.len();
        let steps = (0..horizon.clamp(1, n)).map(|k| self.season[(self.at + k) % n]).collect();
        Counts::new(self.parts.iter().map(|(weight, filter)| (*weight, filter.law())).collect(), steps)
    }
}

/// Fits the pool to a series: its state after the last period. O(n · models), and the scores of 60 origins.
pub(crate) fn fit(series: &Series, common: &Common, horizon: usize) -> (CountPool, Errors) {
    let end = series.demand.len();
    let mut filters: Vec<CountFilter> = models().into_iter().filter_map(|model| CountFilter::new(model).ok()).collect();
    let first = series.demand.iter().position(|y| !y.is_nan()).unwrap_or(0);
    let burn = first + BURN.min((end - first) / 2).max(1);
    let every = end.saturating_sub(burn).div_ceil(ORIGINS).max(1);
    let past = Past { series, common, table: Table::of(series, end), targets: targets(horizon) };
    let mut scores = vec![0.0; filters.len()];
    let mut means: Vec<(usize, Vec<f64>)> = Vec::new();
    for t in first..end {
        if t >= burn && (end - 1 - t) % every == 0 {
            let laws: Vec<CountLaw> = filters.iter().map(CountFilter::law).collect();
            for ((law, score), row) in laws.iter().zip(&mut scores).zip(&past.table.of_model) {
                *score += every as f64 * past.score(law, *row, t);
            }
            let next = common.ahead(t, 1);
            means.push((t, laws.iter().map(|law| law.moved(&next).mean()).collect()));
        }
        let Some(moved) = common.past(t) else { continue };
        filters.iter_mut().for_each(|filter| filter.take(series.demand[t], series.weight[t], moved));
    }
    let weights = weights(&scores);
    let errors = past.errors(&weights, &means);
    let parts = weights.into_iter().zip(filters).filter(|(weight, _)| *weight > 0.0).collect();
    let span = if common.has_season() { common.season_length() } else { 1 };
    (CountPool { parts, season: (1..=span).map(|ahead| common.ahead(end, ahead)).collect(), at: 0 }, errors)
}

/// Periods ahead that are scored.
fn targets(horizon: usize) -> Vec<usize> {
    let count = horizon.min(AHEAD);
    (1..=count).map(|k| (k * horizon).div_ceil(count)).collect()
}

/// Log masses' costly part, per distinct shape and period.
struct Table {
    rows: Vec<Vec<f64>>,
    /// The row of each model.
    of_model: Vec<Option<usize>>,
}

impl Table {
    fn of(series: &Series, end: usize) -> Table {
        let mut keys: Vec<(f64, f64)> = Vec::new();
        let mut of_model = Vec::new();
        for model in models() {
            let key = match model.kind {
                CountKind::NegativeBinomial => Some((model.shape, 0.0)),
                CountKind::ZeroInflated => Some((model.shape, 1.0)),
                CountKind::LogLogistic => None,
            };
            of_model.push(key.map(|key| {
                keys.iter().position(|k| *k == key).unwrap_or_else(|| {
                    keys.push(key);
                    keys.len() - 1
                })
            }));
        }
        let choose = |y: f64, (shape, below): (f64, f64)| ln_choose((y - below).max(0.0), shape);
        let rows = keys.iter().map(|key| series.seen[..end].iter().map(|y| choose(*y, *key)).collect()).collect();
        Table { rows, of_model }
    }
}

/// What the models are scored on.
struct Past<'a> {
    series: &'a Series,
    common: &'a Common,
    table: Table,
    targets: Vec<usize>,
}

impl Past<'_> {
    /// Mean log score of a law over the periods ahead of an origin: the mass of what sold, or for a period that was
    /// partly out of stock the chance that at least so much was wanted. `row` is the model's row of the table.
    fn score(&self, law: &CountLaw, row: Option<usize>, origin: usize) -> f64 {
        let Past { series, common, .. } = self;
        let (mut sum, mut count) = (0.0, 0.0);
        let mut moved = law.moved(&common.ahead(origin, 1));
        let mut ready = moved.ready();
        for ahead in &self.targets {
            let t = origin + ahead - 1;
            if t >= series.demand.len() {
                break;
            }
            if series.demand[t].is_nan() || common.past(t).is_none() {
                continue;
            }
            if common.has_season() && *ahead > 1 {
                moved = law.moved(&common.ahead(origin, *ahead));
                ready = moved.ready();
            }
            sum += if series.weight[t] < 1.0 {
                (1.0 - moved.cdf(series.seen[t] - 1.0)).max(1e-12).ln()
            } else {
                ready.ln_mass(series.seen[t], row.map_or(0.0, |row| self.table.rows[row][t]))
            };
            count += 1.0;
        }
        if count > 0.0 { sum / count } else { 0.0 }
    }

    /// Errors at the scored origins, whose models' means are given.
    fn errors(&self, weights: &[f64], means: &[(usize, Vec<f64>)]) -> Errors {
        let (demand, season) = (&self.series.demand, self.common.season_length());
        let (mut own, mut naive, mut count, mut naive_count) = (0.0, 0.0, 0.0f64, 0.0f64);
        for (origin, of_model) in means {
            let mean: f64 = weights.iter().zip(of_model).map(|(weight, mean)| weight * mean).sum();
            for t in self.targets.iter().map(|ahead| origin + ahead - 1) {
                let Some(y) = demand.get(t).filter(|y| !y.is_nan()) else { continue };
                own += (y - mean).abs();
                count += 1.0;
                let back = (t - origin + 1).div_ceil(season) * season;
                let past = t.checked_sub(back).map_or(f64::NAN, |from| demand[from]);
                if !past.is_nan() {
                    naive += (y - past).abs();
                    naive_count += 1.0;
                }
            }
        }
        Errors { own: own / count.max(1.0), naive: naive / naive_count.max(1.0) }
    }
}

/// Weights in proportion to the tempered likelihood.
fn weights(scores: &[f64]) -> Vec<f64> {
    let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let raw: Vec<f64> = scores.iter().map(|score| (TEMPER * (score - best)).exp()).collect();
    let total: f64 = raw.iter().sum();
    let kept: Vec<f64> = raw.iter().map(|w| w / total).map(|w| if w < LEAST_WEIGHT { 0.0 } else { w }).collect();
    let total: f64 = kept.iter().sum();
    kept.iter().map(|w| w / total).collect()
}
