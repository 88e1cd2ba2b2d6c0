//! What the drivers leave of demand, forecast by any model, and the drivers put back: regression with the errors of
//! that model, in two stages.
//!
//! The demand of each period is divided by the factor of its drivers about their mean, `exp(x'b − mean)`, forecast, and
//! mean and spread are multiplied by the factors of the periods ahead.
//!
//! Source: regression with ARIMA errors, Hyndman & Athanasopoulos, *Forecasting: Principles and Practice* (2021), ch. 10.
//! There both parts are fitted together to one series; here the effects come first, from the panel, because one series
//! seldom tells them. O(rows) beside the model.

use rayon::prelude::*;

use super::super::counts::CountPool;
use super::super::table::TableParams;
use super::super::ways::Law;
use super::super::{Forecast, Intervals, Model, Options, bound, in_turn, interval_at};
use super::counts::{Moves, forecast, is_count, kept};
use super::data::{Data, Item};
use super::effects::Level;
use super::learn::Found;
use super::logs::Logs;
use super::sheet::{Known, Window};
use super::{DriverParams, settled};
use crate::base::{Panel, Result, Task};

/// By what a series with drivers is forecast: a model of what they leave, the level and they in logs, or the count models
/// with their factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::forecast) enum By {
    Rest,
    Logs,
    Counts,
}

/// What was learned of a window: it tells the periods ahead.
pub(in crate::forecast) struct Learned {
    window: Window,
    data: Data,
    found: Found,
    moves: Moves,
    factors: Vec<Vec<f64>>,
    /// Demand without the drivers.
    rest: Panel,
    season: usize,
}

impl Learned {
    pub(in crate::forecast) fn of(
        window: Window,
        params: &TableParams,
        drivers: &DriverParams,
        season: usize,
        task: &Task,
    ) -> Result<Learned> {
        let (data, found) = settled(&window, params.h, drivers, season, task)?;
        let moves = Moves::of(&data, &found, season);
        let factors: Vec<Vec<f64>> =
            (data.items.iter().enumerate()).map(|(i, item)| on_sale(item, moves.factors(i))).collect();
        let (mut names, mut values, mut shares, mut offsets) = (Vec::new(), Vec::new(), Vec::new(), vec![0]);
        for (known, factors) in window.sound().zip(&factors) {
            names.push(known.name.clone());
            let from = values.len();
            values.resize(from + known.seen, f64::NAN);
            shares.resize(from + known.seen, 0.0);
            let item = &known.item;
            for (row, factor) in (0..item.known).zip(factors) {
                values[from + item.places[row]] = item.seen[row] / factor;
                shares[from + item.places[row]] = item.weight[row];
            }
            offsets.push(values.len());
        }
        let rest = Panel::new(names, values, offsets)?.with_in_stock(shares)?;
        Ok(Learned { window, data, found, moves, factors, rest, season })
    }

    pub(super) fn data(&self) -> &Data {
        &self.data
    }

    pub(super) fn found(&self) -> &Found {
        &self.found
    }

    /// What the log effects of a series are multiplied by.
    pub(super) fn slope(&self, i: usize) -> f64 {
        self.moves.slope(i)
    }

    pub(super) fn season(&self) -> usize {
        self.season
    }

    pub(in crate::forecast) fn series(&self) -> &[Result<Known>] {
        &self.window.series
    }

    /// The most periods ahead that are asked for.
    pub(super) fn ahead(&self) -> usize {
        self.window.ahead()
    }

    /// Demand without the drivers; nothing of series that cannot be forecast.
    pub(in crate::forecast) fn past(&self) -> Result<Panel> {
        let (mut values, mut offsets, mut sound) = (Vec::new(), vec![0], 0);
        for known in &self.window.series {
            if known.is_ok() {
                values.extend_from_slice(self.rest.series(sound));
                sound += 1;
            }
            offsets.push(values.len());
        }
        Panel::new(vec![String::new(); self.window.series.len()], values, offsets)
    }

    /// By what a series is forecast.
    pub(in crate::forecast) fn by(&self, i: usize, options: &Options) -> By {
        let own = options.models.is_empty() && options.seasons.is_empty();
        let counts = !self.found.terms.is_empty() && options.models == [Model::Counts] && options.non_negative;
        match own {
            true if self.moves.is_few(i) => By::Counts,
            true => By::Logs,
            false if counts && is_count(&self.data.items[i]) => By::Counts,
            false => By::Rest,
        }
    }

    /// The pool of count models of a series after its history, and whether that suffices for analytic intervals.
    pub(in crate::forecast) fn pool(&self, i: usize, options: &Options) -> (CountPool, bool) {
        let seen = self.rest.series(i).len();
        kept(&self.data.items[i], &self.factors[i], seen, options)
    }

    /// The level of a series after its history, in logs.
    pub(in crate::forecast) fn level(&self, i: usize) -> Level {
        self.found.fit.items[i].end.clone()
    }

    /// Demand without the drivers, of the series that can be forecast.
    pub(in crate::forecast) fn rest(&self) -> &Panel {
        &self.rest
    }

    /// Gives the forecast of each series of the sheet to `take`, of the periods that are asked for, or what is wrong with it.
    pub(in crate::forecast) fn tell(
        &self,
        options: &Options,
        task: &Task,
        take: &mut dyn FnMut(Result<Forecast>),
    ) -> Result<()> {
        let mut series = self.window.series.iter();
        let mut give = |forecast: Option<Result<Forecast>>| {
            for known in series.by_ref() {
                match (known, &forecast) {
                    (Err(error), _) => take(Err(error.clone())),
                    (Ok(_), Some(_)) => break,
                    (Ok(_), None) => {}
                }
            }
            forecast.into_iter().for_each(&mut *take);
        };
        if options.models.is_empty() && options.seasons.is_empty() {
            self.own(options).into_iter().for_each(|forecast| give(Some(Ok(forecast))));
        } else {
            let ahead = |known: &Known| known.steps().last().map_or(1, |last| last + 1);
            let horizon = self.window.sound().map(ahead).max().unwrap_or(1);
            let options = Options { horizon, season: self.season, ..options.clone() };
            let mut sound = self.window.sound().enumerate();
            in_turn(&self.rest, &options, task, &mut |forecast| {
                let put = |forecast| sound.next().map(|(i, known)| self.put_back(i, known, forecast, &options));
                give(forecast.map(put).transpose());
            })?;
        }
        give(None);
        Ok(())
    }

    /// The level and the drivers in logs, or the pool of count models with the drivers' factors.
    fn own(&self, options: &Options) -> Vec<Forecast> {
        let plain = if self.found.terms.is_empty() { "level" } else { "drivers" };
        let analytic = options.intervals == Intervals::Analytic;
        let of = |i: usize| {
            let item = &self.data.items[i];
            if self.by(i, options) == By::Counts {
                return self.counted(i, options);
            }
            let tune = &self.found.tune;
            let told = self.found.fit.items[i].ahead(item, &self.found.terms, tune);
            let errors = (!analytic).then_some(&self.found.errors);
            let logs = Logs::new(plain, &told, &item.off, errors, item.count, item.largest());
            logs.forecast(tune.lift, tune.level, options)
        };
        (0..self.data.items.len()).into_par_iter().map(of).collect()
    }

    /// The pool of count models with the drivers' factors.
    fn counted(&self, i: usize, options: &Options) -> Forecast {
        forecast(&self.data.items[i], &self.factors[i], self.season, options)
    }

    /// A forecast of what the drivers leave, with the drivers of the periods that are asked for.
    fn put_back(&self, i: usize, known: &Known, forecast: Forecast, options: &Options) -> Forecast {
        let item = &self.data.items[i];
        if self.by(i, options) == By::Counts {
            return self.counted(i, options);
        }
        let forecast = forecast.pick(&known.steps());
        if self.found.terms.is_empty() && !item.off.contains(&true) {
            return forecast;
        }
        forecast.times(&self.factors[i][item.known..], item.count, 2.0 * item.largest(), options)
    }
}

impl Forecast {
    /// Some of the periods ahead.
    pub(super) fn pick(mut self, steps: &[usize]) -> Forecast {
        if steps.iter().copied().eq(0..self.mean.len()) {
            return self;
        }
        let own = |values: &mut Vec<f64>| *values = steps.iter().map(|step| values[*step]).collect();
        [&mut self.mean, &mut self.sd, &mut self.total_sd].into_iter().for_each(own);
        self.intervals.iter_mut().flat_map(|one| [&mut one.low, &mut one.high]).for_each(own);
        self.counts = self.counts.map(|counts| counts.times(steps, &vec![1.0; steps.len()]));
        self.law.pick(steps);
        self
    }

    /// The forecast of a demand that is so many times as large in each period; of counts no more than `most` is likely.
    pub(in crate::forecast) fn times(mut self, factors: &[f64], count: bool, most: f64, options: &Options) -> Forecast {
        let each = |values: &[f64]| values.iter().zip(factors).map(|(y, factor)| y * factor).collect::<Vec<f64>>();
        let sd = each(&self.sd);
        self.total_sd = totals(&self.sd, &self.total_sd, &sd);
        (self.mean, self.sd, self.count) = (each(&self.mean), sd, count && options.non_negative);
        self.law.times(factors, self.count);
        if let Some(counts) = self.counts.take() {
            let counts = counts.times(&(0..factors.len()).collect::<Vec<usize>>(), factors);
            self.mean = (0..factors.len()).map(|step| counts.mean(step)).collect();
            self.counts = Some(counts);
        } else if self.count {
            bound(&mut self.sd, &mut self.total_sd, &self.mean, most);
        }
        if let Law::Conformal(_) = self.law {
            let whole = |y: f64| if self.count { y.round() } else { y };
            let end = |values: &mut Vec<f64>| *values = each(values).into_iter().map(whole).collect();
            self.intervals.iter_mut().flat_map(|one| [&mut one.low, &mut one.high]).for_each(end);
        } else {
            self.intervals = options.levels.iter().map(|level| interval_at(&self, *level)).collect();
        }
        self
    }
}

/// Deviations of demand so far where those of the periods are others and errors are as alike as before.
fn totals(sd: &[f64], total_sd: &[f64], moved: &[f64]) -> Vec<f64> {
    let (mut before, mut square, mut out) = (0.0, 0.0_f64, Vec::with_capacity(sd.len()));
    for ((sd, total), moved) in sd.iter().zip(total_sd).zip(moved) {
        let size = sd * f64::sqrt(before);
        let alike = if size > 0.0 { ((total * total - before - sd * sd) / 2.0 / size).clamp(-1.0, 1.0) } else { 0.0 };
        (before, square) = (total * total, square + moved * moved + 2.0 * alike * moved * square.sqrt());
        out.push(square.max(0.0).sqrt());
    }
    out
}

/// Nothing is sold in the periods ahead in which it is not on sale.
fn on_sale(item: &Item, mut factors: Vec<f64>) -> Vec<f64> {
    factors[item.known..].iter_mut().zip(&item.off).filter(|(_, off)| **off).for_each(|(factor, _)| *factor = 0.0);
    factors
}
