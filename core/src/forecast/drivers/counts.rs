//! Counts with drivers: the pool of count models, moved by the drivers' factors period by period.

use rayon::prelude::*;

use super::data::{Data, Item};
use super::learn::Found;
use crate::forecast::counts::{self, Common, Counts, Series};
use crate::forecast::{CV2_CUT, DemandKind, demand_class, few_at_a_time, unforeseen};

/// Fewer known periods say too little.
const LEAST: usize = 4;
/// No driver moves a count by more than e⁵ from its usual.
const MOST: f64 = 5.0;
/// Slopes of the log effects that are tried, in twentieths.
const SLOPES: i32 = 60;

/// For each series of counts that come seldom, unevenly or few at a time, what is expected of the periods ahead.
pub(super) fn driven(data: &Data, found: &Found, season: usize) -> Vec<Option<Counts>> {
    let moved = |(item, i): (&Item, usize)| about_mean(item, &found.moves(data, i));
    let moves: Vec<Vec<f64>> = data.items.par_iter().zip(0..data.items.len()).map(moved).collect();
    let suits: Vec<bool> = data.items.par_iter().zip(&moves).map(|(item, moves)| is_few(item, moves, season)).collect();
    let few = || data.items.iter().zip(&moves).zip(&suits).filter(|(_, suits)| **suits).map(|(pair, _)| pair);
    let slope = if found.terms.is_empty() { 0.0 } else { slope(&few().collect::<Vec<_>>()) };
    let of = |((item, moves), suits): ((&Item, &Vec<f64>), &bool)| suits.then(|| pool(item, moves, slope, season));
    data.items.par_iter().zip(&moves).zip(&suits).map(of).collect()
}

fn about_mean(item: &Item, moves: &[f64]) -> Vec<f64> {
    let mean = moves[..item.known].iter().sum::<f64>() / item.known.max(1) as f64;
    moves.iter().map(|by| (by - mean).clamp(-MOST, MOST)).collect()
}

fn is_few(item: &Item, moves: &[f64], season: usize) -> bool {
    if !item.count || item.nothing || item.known < LEAST {
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

fn pool(item: &Item, moves: &[f64], slope: f64, season: usize) -> Counts {
    let n = item.places[item.known - 1] + 1;
    let horizon = item.places.last().map_or(0, |last| last + 1 - n);
    let mut series = Series { demand: vec![f64::NAN; n], seen: vec![f64::NAN; n], weight: vec![0.0; n] };
    let mut factors = vec![1.0; n + horizon];
    for (row, place) in item.places.iter().enumerate() {
        factors[*place] = (moves[row] * slope).exp();
        if let Some(y) = item.y.get(row) {
            (series.demand[*place], series.seen[*place], series.weight[*place]) = (*y, *y, 1.0);
        }
    }
    let horizon = horizon.max(1);
    counts::fit(&series, &Common::driven(&series, &factors, season), horizon).0.ahead(horizon)
}
