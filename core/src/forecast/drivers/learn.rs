//! What is chosen on the last windows of the history: terms, smoothing, shrinkage.

use std::sync::Arc;

use super::data::{Data, Item};
use super::effects::{Fit, Own, fit};
use crate::base::{Result, Task};

/// What is chosen on the last windows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tune {
    /// Smoothing of the regression's filter.
    pub(super) filter: f64,
    /// Smoothing of the level: of a series' own part, and of what its group has in common.
    pub(super) level: f64,
    pub(super) common: f64,
    /// Errors beyond so many deviations count in proportion to their size only.
    pub(super) bound: f64,
    /// Spread of the effects as a multiple of what EM finds.
    pub(super) spread: f64,
    /// 0 for the median, 1 for the mean.
    pub(super) lift: f64,
}

pub(super) struct Found {
    pub(super) terms: Vec<usize>,
    pub(super) tune: Tune,
    pub(super) fit: Fit,
    /// Sizes of the windows' standardised errors, ascending; none where they are few.
    pub(super) errors: Arc<[f64]>,
}

/// Fewer errors tell no law, of more than the most so many quantiles are kept.
const LEAST_ERRORS: usize = 50;
const MOST_ERRORS: usize = 1_000;

fn few_of(sorted: Vec<f64>) -> Vec<f64> {
    match sorted.len() {
        0..LEAST_ERRORS => Vec::new(),
        LEAST_ERRORS..=MOST_ERRORS => sorted,
        n => (1..=MOST_ERRORS).map(|k| sorted[(k * n).div_ceil(MOST_ERRORS) - 1]).collect(),
    }
}

impl Found {
    /// What the drivers add to the log demand of each row of a series.
    pub(super) fn moves(&self, data: &Data, series: usize) -> Vec<f64> {
        let (item, own) = (&data.items[series], &self.fit.items[series]);
        (0..item.places.len()).map(|row| own.driven(item, row, &self.terms)).collect()
    }
}

/// Row counts of the history before each window.
fn windows(data: &Data) -> Vec<Vec<usize>> {
    let longest = data.items.iter().map(|item| item.known).max().unwrap_or(0);
    let horizon = data.horizon.min(longest / 4).max(1);
    let most = if longest >= 8 { (longest / 2 / horizon).clamp(1, WINDOWS) } else { 0 };
    let before = |window: usize| {
        data.items.iter().map(|item| item.known.saturating_sub(window * horizon)).collect::<Vec<usize>>()
    };
    (1..=most).map(before).collect()
}

const WINDOWS: usize = 5;

/// A kind of made terms has to lower the error by this share to be looked at, a term raises it by that if it is left out.
const GAIN: f64 = 0.002;
const SLACK: f64 = 0.0005;
/// A parameter leaves its usual value only where that lowers the error by this share.
const DOUBT: f64 = 0.003;
/// A driver stays where the fall of the error is more than so many of its standard errors.
const SURE: f64 = 2.0;

pub(super) fn learn(data: &Data, drivers: usize, season: usize, task: &Task) -> Result<Found> {
    let windows = windows(data);
    let start = Tune { filter: 0.2, level: 0.1, common: 0.03, bound: 1.5, spread: 1.0, lift: 0.0 };
    let mut tune = start.clone();
    let plain = |upto: &Vec<usize>| window_loss(data, upto, &[], &start, season);
    let plain: Vec<f64> = windows.iter().map(plain).collect();
    // each window counts as much as another: its error is divided by that of the level alone
    let loss = |terms: &[usize], tune: &Tune| -> Result<f64> {
        task.tick()?;
        let of = |(upto, plain): (&Vec<usize>, &f64)| {
            window_loss(data, upto, terms, tune, season) / if *plain > 0.0 { *plain } else { 1.0 }
        };
        Ok(windows.iter().zip(&plain).map(of).sum::<f64>() / windows.len().max(1) as f64)
    };
    let mut terms: Vec<usize> = if windows.is_empty() { Vec::new() } else { (0..drivers).collect() };
    if !windows.is_empty() {
        terms = chosen(data, terms, &tune, &loss)?;
        let losses = |terms: &[usize]| -> Result<Vec<f64>> {
            task.tick()?;
            let of = |upto: &Vec<usize>| window_losses(data, upto, terms, &tune, season);
            Ok(windows.iter().flat_map(of).flatten().collect())
        };
        terms = proven(data, terms, drivers, &losses)?;
        tune = tuned(&terms, tune, &loss)?;
    }
    let whole: Vec<usize> = data.items.iter().map(|item| item.known).collect();
    let mut errors = Vec::new();
    for upto in &windows {
        let fit = fit(data, upto, &terms, &tune, season);
        for ((item, own), from) in data.items.iter().zip(&fit.items).zip(upto).filter(|(_, from)| **from > 0) {
            let told = own.ahead(item, &terms, &tune);
            let known = told.iter().zip(&item.log[(*from).min(item.known)..]).take(data.horizon);
            errors.extend(known.filter(|(told, _)| told.sd > 0.0).map(|(told, y)| ((y - told.log) / told.sd).abs()));
        }
    }
    errors.sort_by(f64::total_cmp);
    let errors = few_of(errors);
    let fit = fit(data, &whole, &terms, &tune, season);
    Ok(Found { terms, tune, fit, errors: errors.into() })
}

/// The terms that help: kinds of made terms one after the other, then those are dropped without which the error is no
/// larger, a product before its drivers.
fn chosen(
    data: &Data,
    mut terms: Vec<usize>,
    tune: &Tune,
    loss: &impl Fn(&[usize], &Tune) -> Result<f64>,
) -> Result<Vec<usize>> {
    let mut best = loss(&terms, tune)?;
    let mut kinds = data.made.clone();
    loop {
        let mut least = (f64::INFINITY, 0);
        for (at, kind) in kinds.iter().enumerate() {
            let own = loss(&[&terms[..], kind].concat(), tune)?;
            if own < least.0 {
                least = (own, at);
            }
        }
        if least.0 >= best * (1.0 - GAIN) - 1e-6 {
            break;
        }
        best = least.0;
        terms.extend(kinds.remove(least.1));
    }
    while !terms.is_empty() {
        let mut least = (f64::INFINITY, 0);
        let of_product = |term: &usize| {
            let within = |other: &usize| data.terms[*other].of.len() > 1 && data.terms[*other].of.contains(term);
            terms.iter().any(within)
        };
        for at in (0..terms.len()).filter(|at| !of_product(&terms[*at])) {
            let rest: Vec<usize> = terms.iter().copied().filter(|term| *term != terms[at]).collect();
            let own = loss(&rest, tune)?;
            if own < least.0 {
                least = (own, at);
            }
        }
        if least.0 > best * (1.0 + SLACK) + 1e-6 {
            break;
        }
        best = best.min(least.0);
        terms.remove(least.1);
    }
    Ok(terms)
}

type Field = fn(&mut Tune) -> &mut f64;

/// One parameter at a time, the value that errs least.
fn tuned(terms: &[usize], mut tune: Tune, loss: &impl Fn(&[usize], &Tune) -> Result<f64>) -> Result<Tune> {
    let set: [(Field, &[f64]); 6] = [
        (|tune| &mut tune.level, &[0.02, 0.05, 0.08, 0.12, 0.2, 0.35, 0.6]),
        (|tune| &mut tune.common, &[0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.35, 0.6]),
        (|tune| &mut tune.filter, &[0.05, 0.08, 0.12, 0.2, 0.35]),
        (|tune| &mut tune.bound, &[1.0, 1.5, 2.5, 1e9]),
        (|tune| &mut tune.spread, &[0.1, 0.3, 1.0, 3.0]),
        (|tune| &mut tune.lift, &[0.0, 1.0]),
    ];
    let mut best = loss(terms, &tune)?;
    for (field, values) in set {
        let (own, usual) = (*field(&mut tune), best);
        let mut chosen = own;
        for value in values.iter().copied().filter(|value| *value != own) {
            *field(&mut tune) = value;
            let found = loss(terms, &tune)?;
            if found < best.min(usual * (1.0 - DOUBT)) - 1e-9 {
                (best, chosen) = (found, value);
            }
        }
        *field(&mut tune) = chosen;
    }
    Ok(tune)
}

/// Mean over the series of [`window_losses`].
fn window_loss(data: &Data, upto: &[usize], terms: &[usize], tune: &Tune, season: usize) -> f64 {
    let losses: Vec<f64> = window_losses(data, upto, terms, tune, season).into_iter().flatten().collect();
    losses.iter().sum::<f64>() / losses.len().max(1) as f64
}

/// For each series the absolute error after its known rows divided by the mean absolute first difference.
fn window_losses(data: &Data, upto: &[usize], terms: &[usize], tune: &Tune, season: usize) -> Vec<Option<f64>> {
    let fit = fit(data, upto, terms, tune, season);
    let one = |((item, own), from): ((&Item, &Own), &usize)| {
        let truth = &item.y[*from..];
        let count = truth.len().min(data.horizon);
        if *from == 0 || item.scale <= 0.0 || count == 0 {
            return None;
        }
        let told = own.ahead(item, terms, tune);
        let off = told.iter().zip(truth).take(count);
        let off: f64 =
            off.map(|(told, y)| (item.floor(told.log + tune.lift * told.sd * told.sd / 2.0) - y).abs()).sum();
        Some(off / count as f64 / item.scale)
    };
    data.items.iter().zip(&fit.items).zip(upto).map(one).collect()
}

/// The terms without those of drivers whose help may be chance: over series and windows, the mean fall of the error has
/// to be more than [`SURE`] of its standard errors.
fn proven(
    data: &Data,
    mut terms: Vec<usize>,
    drivers: usize,
    losses: &impl Fn(&[usize]) -> Result<Vec<f64>>,
) -> Result<Vec<usize>> {
    loop {
        let all = losses(&terms)?;
        let mut least = (SURE, Vec::new());
        for driver in 0..drivers {
            let rest: Vec<usize> =
                terms.iter().copied().filter(|term| !data.terms[*term].of.contains(&driver)).collect();
            if rest.len() == terms.len() {
                continue;
            }
            let falls: Vec<f64> = losses(&rest)?.iter().zip(&all).map(|(rest, all)| rest - all).collect();
            let errors = standard_errors(&falls);
            if errors < least.0 {
                least = (errors, rest);
            }
        }
        if least.0 >= SURE {
            return Ok(terms);
        }
        terms = least.1;
    }
}

/// The mean in units of its standard error.
fn standard_errors(values: &[f64]) -> f64 {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    if mean <= 0.0 { 0.0 } else { mean / (square / n).sqrt().max(1e-12 * mean) }
}
