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

use super::super::table::{Course, TableParams};
use super::super::{Forecast, Model, Options, bound, in_turn, interval_at};
use super::counts::{Moves, is_count, pool};
use super::data::{Data, Item};
use super::effects::Ahead;
use super::learn::Found;
use super::sheet::{Known, Window};
use super::{DriverParams, settled};
use crate::base::{Panel, Result, Task};

/// What was learned of a window: it tells the periods ahead.
pub(in crate::forecast) struct Learned {
    window: Window,
    data: Data,
    found: Found,
    factors: Vec<Vec<f64>>,
    few: Vec<bool>,
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
        let factors: Vec<Vec<f64>> = (0..data.items.len()).map(|i| moves.factors(i)).collect();
        let few = (0..data.items.len()).map(|i| moves.is_few(i)).collect();
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
        Ok(Learned { window, data, found, factors, few, rest, season })
    }

    pub(in crate::forecast) fn series(&self) -> &[Result<Known>] {
        &self.window.series
    }

    /// The most periods ahead that are asked for.
    pub(super) fn ahead(&self) -> usize {
        self.window.ahead()
    }

    /// Gives the course of each series of the sheet to `take`, or what is wrong with it.
    pub(in crate::forecast) fn tell(
        &self,
        options: &Options,
        task: &Task,
        take: &mut dyn FnMut(Result<Course>),
    ) -> Result<()> {
        let mut courses = Vec::with_capacity(self.data.items.len());
        if options.models.is_empty() && options.seasons.is_empty() {
            courses.extend(self.own(options));
        } else {
            let ahead = |known: &Known| known.steps().last().map_or(1, |last| last + 1);
            let horizon = self.window.sound().map(ahead).max().unwrap_or(1);
            let options = Options { horizon, season: self.season, ..options.clone() };
            let sound: Vec<&Known> = self.window.sound().collect();
            in_turn(&self.rest, &options, task, &mut |forecast| {
                let i = courses.len();
                courses.push(forecast.map(|forecast| self.put_back(i, sound[i], forecast, &options)));
            })?;
        }
        let mut courses = courses.into_iter();
        for known in &self.window.series {
            match known {
                Ok(_) => courses.next().into_iter().for_each(&mut *take),
                Err(error) => take(Err(error.clone())),
            }
        }
        Ok(())
    }

    /// The level and the drivers in logs, or the pool of count models with the drivers' factors.
    fn own(&self, options: &Options) -> Vec<Result<Course>> {
        let plain = if self.found.terms.is_empty() { "level" } else { "drivers" };
        let of = |i: usize| {
            let item = &self.data.items[i];
            if self.few[i] {
                return Ok(self.counted(i, options));
            }
            let told = self.found.fit.items[i].ahead(item, &self.found.terms, &self.found.tune);
            let lift = |at: &Ahead| item.floor(at.log + self.found.tune.lift * at.sd * at.sd / 2.0);
            let ends = |level: &f64| {
                let reach = self.found.reach(*level);
                let end = |side: f64| told.iter().map(|at| item.end(at.log + side * (reach * at.sd))).collect();
                [end(-1.0), end(1.0)]
            };
            let course = Course {
                mean: told.iter().map(lift).collect(),
                ends: options.levels.iter().map(ends).collect(),
                model: plain,
                ways: Vec::new(),
            };
            Ok(on_sale(item, course))
        };
        (0..self.data.items.len()).into_par_iter().map(of).collect()
    }

    /// The pool of count models with the drivers' factors.
    fn counted(&self, i: usize, options: &Options) -> Course {
        let item = &self.data.items[i];
        let counts = pool(item, &self.factors[i], self.season);
        let steps = || (item.known..item.places.len()).map(|row| item.step(row));
        let ends = |level: &f64| {
            let at = |p: f64| steps().map(|step| counts.quantile(step, p)).collect();
            [at(0.5 - 0.5 * level / 100.0), at(0.5 + 0.5 * level / 100.0)]
        };
        let course = Course {
            mean: steps().map(|step| counts.mean(step)).collect(),
            ends: options.levels.iter().map(ends).collect(),
            model: Model::Counts.name(),
            ways: Vec::new(),
        };
        on_sale(item, course)
    }

    /// A forecast of what the drivers leave, with the drivers of the periods that are asked for.
    fn put_back(&self, i: usize, known: &Known, forecast: Forecast, options: &Options) -> Course {
        let (item, steps) = (&self.data.items[i], known.steps());
        let still = self.found.terms.is_empty();
        if !still && options.models == [Model::Counts] && options.non_negative && is_count(item) {
            return self.counted(i, options);
        }
        let pick = |values: &[f64]| steps.iter().map(|step| values[*step]).collect::<Vec<f64>>();
        if still {
            let ends = forecast.intervals.iter().map(|interval| [pick(&interval.low), pick(&interval.high)]).collect();
            let (mean, model) = (pick(&forecast.mean), forecast.model.name());
            return on_sale(item, Course { mean, ends, model, ways: Vec::new() });
        }
        let moved = |values: &[f64]| {
            let ahead = pick(values).into_iter().zip(&self.factors[i][item.known..]);
            ahead.map(|(value, factor)| value * factor).collect::<Vec<f64>>()
        };
        let (mean, mut sd, mut total_sd) = (moved(&forecast.mean), moved(&forecast.sd), moved(&forecast.total_sd));
        let count = item.count && options.non_negative;
        if count {
            bound(&mut sd, &mut total_sd, &mean, 2.0 * item.y.iter().copied().fold(0.0, f64::max));
        }
        let moved = Forecast { mean, sd, total_sd, count, counts: None, intervals: Vec::new(), ..forecast };
        let intervals = options.levels.iter().map(|level| interval_at(&moved, *level)).collect();
        on_sale(item, Course::from(Forecast { intervals, ..moved }))
    }
}

/// Nothing is sold in the periods ahead in which it is not on sale.
fn on_sale(item: &Item, mut course: Course) -> Course {
    for values in std::iter::once(&mut course.mean).chain(course.ends.iter_mut().flatten()) {
        values.iter_mut().zip(&item.off).filter(|(_, off)| **off).for_each(|(value, _)| *value = 0.0);
    }
    course
}
