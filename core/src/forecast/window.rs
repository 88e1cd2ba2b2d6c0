//! Drift and averages of the last values, plain and by phase of the season.
//!
//! In: values in time order, `NaN` = unknown, anywhere. Out: states that take a value in O(1). The number of values that
//! are averaged is the one with the least squared one-step errors. O(n) for each number that is tried.
//!
//! Source: Hyndman & Athanasopoulos, *Forecasting: Principles and Practice* (2021), ch. 5.2.

use std::collections::VecDeque;

use super::bytes::{Reader, Writer};
use super::smooth::Roll;

/// The last value and the mean change per period from the first known value to it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Drift {
    first: Option<(f64, f64)>,
    last: (f64, f64),
    now: f64,
}

impl Drift {
    pub(crate) fn save(&self, out: &mut Writer) {
        out.byte(u8::from(self.first.is_some()));
        out.number(self.now);
        for (time, value) in self.first.into_iter().chain([self.last]) {
            out.number(time);
            out.float(value);
        }
    }

    pub(crate) fn load(read: &mut Reader<'_>) -> Option<Drift> {
        let begun = read.byte().filter(|begun| *begun < 2)? == 1;
        let now = read.number()?;
        let mut point = || Some((read.number()?, read.float()?));
        Some(Drift { first: if begun { Some(point()?) } else { None }, last: point()?, now })
    }
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
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WindowAverage {
    length: usize,
    phases: Vec<VecDeque<(f64, f64)>>,
    at: usize,
}

impl WindowAverage {
    pub(crate) fn save(&self, out: &mut Writer) {
        let plain = self.phases.iter().flatten().all(|(_, weight)| *weight == 1.0);
        out.byte(u8::from(plain));
        [self.length, self.phases.len(), self.at].iter().for_each(|n| out.whole(*n as u64));
        for phase in &self.phases {
            out.whole(phase.len() as u64);
            for (y, weight) in phase {
                out.float(*y);
                if !plain {
                    out.float(*weight);
                }
            }
        }
    }

    pub(crate) fn load(read: &mut Reader<'_>) -> Option<WindowAverage> {
        let plain = read.byte().filter(|plain| *plain < 2)? == 1;
        let (length, season, at) = (read.index()?, read.index()?, read.index()?);
        if at >= season || season > super::MAX_PERIODS {
            return None;
        }
        let mut phase = || {
            let count = read.count(8).filter(|count| *count <= length)?;
            let mut value = || Some((read.float()?, if plain { 1.0 } else { read.float()? }));
            (0..count).map(|_| value()).collect::<Option<VecDeque<_>>>()
        };
        let phases: Option<Vec<VecDeque<(f64, f64)>>> = (0..season).map(|_| phase()).collect();
        Some(WindowAverage { length, phases: phases?, at })
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
