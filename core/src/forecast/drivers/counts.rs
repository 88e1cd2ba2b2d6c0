//! Counts with drivers: the pool of count models, moved by the drivers' factors period by period.

use rayon::prelude::*;

use super::data::{Data, Item};
use super::effects::mean;
use super::kept::{about, factor};
use super::learn::Found;
use crate::forecast::counts::{self, Common, CountPool, Series};
use crate::forecast::demand::Demand;
use crate::forecast::ways::{Fitted, Intervals, suffices};
use crate::forecast::{CV2_CUT, DemandKind, Forecast, Options, as_counts, demand_class, few_at_a_time, unforeseen};

/// Fewer known periods say too little.
const LEAST: usize = 4;
/// Slopes of the log effects that are tried, in twentieths.
const SLOPES: i32 = 60;

/// What the drivers do to the demand of each series.
pub(super) struct Moves {
    /// Log effects of each row, about their mean over the history.
    by: Vec<Vec<f64>>,
    /// Whether it is a count that comes seldom, unevenly or few at a time once the drivers are taken out.
    few: Vec<bool>,
    /// What the log effects of those are multiplied by.
    slope: f64,
}

impl Moves {
    pub(super) fn of(data: &Data, found: &Found, season: usize) -> Moves {
        let moved = |(item, i): (&Item, usize)| about_mean(item, &found.moves(data, i));
        let by: Vec<Vec<f64>> = data.items.par_iter().zip(0..data.items.len()).map(moved).collect();
        let few: Vec<bool> = data.items.par_iter().zip(&by).map(|(item, by)| is_few(item, by, season)).collect();
        let those = data.items.iter().zip(&by).zip(&few).filter(|(_, few)| **few).map(|(pair, _)| pair);
        let slope = if found.terms.is_empty() { 0.0 } else { slope(&those.collect::<Vec<_>>()) };
        Moves { by, few, slope }
    }

    pub(super) fn is_few(&self, series: usize) -> bool {
        self.few[series]
    }

    /// The factor of each row of a series.
    pub(super) fn factors(&self, series: usize) -> Vec<f64> {
        let slope = self.slope(series);
        self.by[series].iter().map(|by| factor(*by, slope)).collect()
    }

    pub(super) fn slope(&self, series: usize) -> f64 {
        if self.few[series] { self.slope } else { 1.0 }
    }
}

fn about_mean(item: &Item, moves: &[f64]) -> Vec<f64> {
    let mean = mean(&moves[..item.known]);
    moves.iter().map(|by| about(*by, mean)).collect()
}

fn is_few(item: &Item, moves: &[f64], season: usize) -> bool {
    if !is_count(item) {
        return false;
    }
    let still: Vec<f64> = item.y.iter().zip(moves).map(|(y, by)| y / by.exp()).collect();
    match demand_class(&still).class {
        DemandKind::Smooth | DemandKind::New => few_at_a_time(&still),
        DemandKind::Erratic => unforeseen(&still, season) > CV2_CUT,
        DemandKind::Intermittent | DemandKind::Lumpy | DemandKind::Ended => true,
    }
}

/// What the log effects are multiplied by: logs of counts with zeros hide a part of them. The likeliest slope given
/// each series' total, where its counts are Poisson (a multinomial likelihood, which needs no level).
fn slope(few: &[(&Item, &Vec<f64>)]) -> f64 {
    let likelihood = |slope: f64| -> f64 {
        let one = |(item, moves): &(&Item, &Vec<f64>)| {
            let (mut inner, mut total, mut whole) = (0.0f64, 0.0f64, 0.0f64);
            for (y, by) in item.y.iter().zip(*moves) {
                inner += y * by * slope;
                total += y;
                whole += (by * slope).exp();
            }
            inner - total * whole.ln()
        };
        few.iter().map(one).sum()
    };
    let mut best = (f64::NEG_INFINITY, 1.0);
    for twentieth in 0..=SLOPES {
        let slope = f64::from(twentieth) / 20.0;
        let own = likelihood(slope);
        if own > best.0 {
            best = (own, slope);
        }
    }
    best.1
}

/// Whether the pool of count models can forecast it.
pub(super) fn is_count(item: &Item) -> bool {
    item.count && !item.nothing && item.known >= LEAST
}

/// The pool of count models, moved by the factors of the rows, and the demand it was fitted to. `horizon` periods after the
/// last that is known are foretold.
fn pool(
    item: &Item,
    factors_of: &[f64],
    season: usize,
    horizon: usize,
) -> (CountPool, counts::Errors, Demand, Vec<f64>) {
    let n = item.places[item.known - 1] + 1;
    let (mut value, mut seen, mut weight) = (vec![f64::NAN; n], vec![f64::NAN; n], vec![0.0; n]);
    let mut factors = vec![1.0; n + horizon];
    for (row, place) in item.places.iter().enumerate() {
        factors[*place] = factors_of[row];
        if row < item.known {
            (value[*place], seen[*place], weight[*place]) = (item.y[row], item.seen[row], item.weight[row]);
        }
    }
    let zeros = item.y.iter().filter(|y| **y == 0.0).count() as f64 / item.known as f64;
    let (count, negative, known, largest) = (item.count, false, item.known, item.largest());
    let demand = Demand { value, seen, weight, count, negative, zeros, known, largest };
    let series = Series::of(&demand, n);
    let (common, index) = Common::driven(&series, &factors, season);
    let (pool, errors) = counts::fit(&series, &common, horizon);
    (pool, errors, demand, index)
}

/// A forecast by the pool of count models, moved by the factors of the rows.
pub(super) fn forecast(item: &Item, factors_of: &[f64], season: usize, options: &Options) -> Forecast {
    let steps: Vec<usize> = (item.known..item.places.len()).map(|row| item.step(row)).collect();
    let horizon = steps.last().map_or(1, |last| last + 1);
    let (pool, errors, demand, _) = pool(item, factors_of, season, horizon);
    let options = Options { horizon, season, ..options.clone() };
    let mut told = as_counts(pool.ahead(horizon), &errors, &options);
    if options.intervals != Intervals::Auto {
        Fitted::of_counts(&pool, &demand).tell(&mut told, &options);
    }
    told.pick(&steps)
}

/// The pool after the periods `seen`, without the drivers of any, and whether the past suffices for analytic intervals.
pub(super) fn kept(item: &Item, factors_of: &[f64], seen: usize, options: &Options) -> (CountPool, bool) {
    let beyond = seen - (item.places[item.known - 1] + 1);
    let (pool, _, demand, index) = pool(item, factors_of, options.season, beyond + options.horizon);
    (pool.by_season(&index, seen), suffices(&demand, options))
}
