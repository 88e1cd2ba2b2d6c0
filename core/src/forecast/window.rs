//! Drift and averages of the last values, plain and by phase of the season.
//!
//! In: values in time order, `NaN` = unknown, anywhere. Out: states that take a value in O(1). The number of values that
//! are averaged is the one with the least squared one-step errors. O(n) for each number that is tried.
//!
//! Source: Hyndman & Athanasopoulos, *Forecasting: Principles and Practice* (2021), ch. 5.2.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::smooth::Roll;

/// The last value and the mean change per period from the first known value to it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Drift {
    first: Option<(f64, f64)>,
    last: (f64, f64),
    now: f64,
}

impl Roll for Drift {
    fn update(&mut self, y: f64, weight: f64) {
        self.now += 1.0;
        if y.is_nan() || weight <= 0.0 {
            return;
        }
        self.last = (self.now, y);
        self.first.get_or_insert(self.last);
    }
    fn ahead(&self, ahead: usize) -> f64 {
        let Some(first) = self.first else { return 0.0 };
        let time = self.last.0 - first.0;
        let slope = if time > 0.0 { (self.last.1 - first.1) / time } else { 0.0 };
        self.last.1 + slope * (self.now - self.last.0 + ahead as f64)
    }
}

/// Numbers of values that may be averaged.
const PLAIN: [usize; 8] = [2, 3, 4, 6, 8, 12, 20, 30];
const SEASONAL: [usize; 5] = [2, 3, 4, 6, 8];

/// The weighted mean of the last known values of each phase of a season.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WindowAverage {
    length: usize,
    phases: Vec<VecDeque<(f64, f64)>>,
    at: usize,
}

impl WindowAverage {
    /// Whether updates can have led to this state: one that was read is not trusted.
    pub(crate) fn is_sound(&self) -> bool {
        self.at < self.phases.len() && self.phases.len() <= super::MAX_PERIODS
    }

    fn new(season: usize, length: usize) -> Self {
        WindowAverage { length, phases: vec![VecDeque::new(); season.max(1)], at: 0 }
    }

    /// Before the first value, with the number of values that forecasts best; `season` 1 for an average of all phases.
    pub(crate) fn fit(y: &[f64], weight: &[f64], season: usize) -> Self {
        let lengths = if season > 1 { &SEASONAL[..] } else { &PLAIN[..] };
        // errors count from where the longest window could have looked back, so that all are scored on the same values
        let from = (lengths[lengths.len() - 1] * season).min(y.len() / 2);
        let squares = |length: usize| {
            let (mut filter, mut sum) = (WindowAverage::new(season, length), 0.0);
            for (t, (y, w)) in y.iter().zip(weight).enumerate() {
                if t >= from && !y.is_nan() {
                    sum += w * (y - filter.ahead(1)).powi(2);
                }
                filter.update(*y, *w);
            }
            sum
        };
        let scored = lengths.iter().map(|length| (squares(*length), *length));
        let best = scored.reduce(|best, next| if next.0 < best.0 { next } else { best });
        WindowAverage::new(season, best.map_or(1, |(_, length)| length))
    }

    fn mean<'a>(values: impl Iterator<Item = &'a (f64, f64)>) -> Option<f64> {
        let (sum, total) = values.fold((0.0, 0.0), |(sum, total), (y, w)| (sum + w * y, total + w));
        (total > 0.0).then(|| sum / total)
    }
}

impl Roll for WindowAverage {
    fn update(&mut self, y: f64, weight: f64) {
        let season = self.phases.len();
        let phase = &mut self.phases[self.at];
        self.at = (self.at + 1) % season;
        if y.is_nan() || weight <= 0.0 {
            return;
        }
        phase.push_back((y, weight));
        if phase.len() > self.length {
            phase.pop_front();
        }
    }
    fn ahead(&self, ahead: usize) -> f64 {
        let own = &self.phases[(self.at + ahead - 1) % self.phases.len()];
        Self::mean(own.iter()).or_else(|| Self::mean(self.phases.iter().flatten())).unwrap_or(0.0)
    }
}
