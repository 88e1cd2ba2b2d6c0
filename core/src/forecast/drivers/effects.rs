//! Effects of the terms by series, group and panel, and the level of what they leave.
//!
//! The effects of a series are drawn from those of its group, and the group's from those of the panel. Errors of one
//! period are alike within a group, so that a group's rows are worth fewer than they are (Kish 1965, the design effect).

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::data::{Data, Item, median};
use super::learn::Tune;
use super::season::{seasons, still};

/// One series' effects, level and error.
pub(super) struct Own {
    pub(super) effects: Vec<f64>,
    /// Its season by phase; nothing for none.
    pub(super) phases: Vec<f64>,
    /// Mean of what drivers and season leave.
    pub(super) mean: f64,
    pub(super) end: Level,
    /// Level and season of the rows ahead.
    level: Vec<f64>,
    known: usize,
}

/// The level of what the drivers leave after the rows so far: its own part and what its group has in common.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(in crate::forecast) struct Level {
    parts: [f64; 2],
    rows: u32,
    /// Deviation of the one-step error.
    pub(super) sd: f64,
}

impl Level {
    /// Takes what is left of a row and what the group has in common in it.
    pub(in crate::forecast) fn take(&mut self, rest: f64, shared: f64, [own, common]: [f64; 2]) {
        let least = 1.0 / (f64::from(self.rows) + 1.0);
        let values = [rest - shared, shared];
        self.rows = self.rows.saturating_add(1);
        if self.rows == 1 {
            self.parts = values;
            return;
        }
        for (part, (value, gain)) in self.parts.iter_mut().zip(values.into_iter().zip([own, common])) {
            *part += gain.max(least) * (value - *part);
        }
    }

    /// Whether updates can have led to it.
    pub(in crate::forecast) fn is_sound(&self) -> bool {
        [self.parts[0], self.parts[1], self.sd].into_iter().all(f64::is_finite)
    }

    pub(super) fn value(&self) -> f64 {
        self.parts[0] + self.parts[1]
    }

    /// What is expected of the next row, and its deviation.
    pub(in crate::forecast) fn next(&self) -> (f64, f64) {
        (self.value(), self.sd)
    }

    /// What is expected of some rows ahead, given their season and drivers.
    pub(super) fn ahead(&self, moved: impl Iterator<Item = f64>, alpha: f64) -> Vec<Ahead> {
        let row = |(step, by)| Ahead { log: by, sd: self.sd * (1.0 + step as f64 * alpha * alpha).sqrt() };
        moved.enumerate().map(row).collect()
    }
}

/// Log demand of a row ahead, and the deviation of its error.
pub(super) struct Ahead {
    pub(super) log: f64,
    pub(super) sd: f64,
}

impl Own {
    /// What the drivers of a row add to its log demand.
    pub(super) fn driven(&self, item: &Item, row: usize, terms: &[usize]) -> f64 {
        dot(item, row, terms, &self.effects)
    }

    /// Log demand of the rows after those known.
    pub(super) fn ahead(&self, item: &Item, terms: &[usize], tune: &Tune) -> Vec<Ahead> {
        let log = |(step, level): (usize, &f64)| level + dot(item, self.known + step, terms, &self.effects);
        self.end.ahead(self.level.iter().enumerate().map(log), tune.level)
    }
}

fn dot(item: &Item, row: usize, terms: &[usize], effects: &[f64]) -> f64 {
    let width = item.x.len() / item.places.len().max(1);
    terms.iter().zip(effects).map(|(term, b)| item.x[row * width + term] * b).sum()
}

pub(super) struct Fit {
    pub(super) items: Vec<Own>,
    /// Mean effect over the groups, and its standard error.
    pub(super) mean: Vec<f64>,
    pub(super) error: Vec<f64>,
}

/// Filtered rows of one series: log demand, then the terms, without their season.
fn filtered(item: &Item, known: usize, terms: &[usize], alpha: f64, season: usize) -> Vec<f64> {
    let width = item.x.len() / item.places.len().max(1);
    let value = |row: usize, column: usize| match column {
        0 => item.log[row],
        column => item.x[row * width + terms[column - 1]],
    };
    let columns = terms.len() + 1;
    let mut rows = Vec::with_capacity(known.saturating_sub(1) * columns);
    let Some(1..) = Some(known) else { return rows };
    let mut level: Vec<f64> = (0..columns).map(|column| value(0, column)).collect();
    for row in 1..known {
        let gain = alpha.max(1.0 / (row + 1) as f64);
        for (column, level) in level.iter_mut().enumerate() {
            let error = value(row, column) - *level;
            *level += gain * error;
            rows.push(error);
        }
    }
    still(&mut rows, columns, item, known, season);
    rows
}

/// Weighted sums of squares and products of one series' filtered rows.
struct Sums {
    xx: Vec<f64>,
    xy: Vec<f64>,
    yy: f64,
    n: f64,
}

fn sums(rows: &[f64], p: usize, weight: impl Fn(f64) -> f64, effects: &[f64]) -> Sums {
    let mut sums = Sums { xx: vec![0.0; p * p], xy: vec![0.0; p], yy: 0.0, n: 0.0 };
    for row in rows.chunks_exact(p + 1) {
        let (y, x) = (row[0], &row[1..]);
        let error = y - x.iter().zip(effects).map(|(x, b)| x * b).sum::<f64>();
        let w = weight(error);
        for a in 0..p {
            let wx = w * x[a];
            sums.xy[a] += wx * y;
            sums.xx[a * p + a..(a + 1) * p].iter_mut().zip(&x[a..]).for_each(|(xx, x)| *xx += wx * x);
        }
        sums.yy += w * y * y;
        sums.n += w;
    }
    for a in 0..p {
        (0..a).for_each(|b| sums.xx[a * p + b] = sums.xx[b * p + a]);
    }
    sums
}

/// The inverse of a positive definite matrix.
fn inverse(matrix: &[f64], p: usize) -> Vec<f64> {
    let mut a = matrix.to_vec();
    for k in 0..p {
        let pivot = if a[k * p + k].abs() > 1e-300 { a[k * p + k] } else { 1e-300 };
        a[k * p + k] = 1.0;
        (0..p).for_each(|j| a[k * p + j] /= pivot);
        for i in (0..p).filter(|i| *i != k) {
            let factor = std::mem::replace(&mut a[i * p + k], 0.0);
            (0..p).for_each(|j| a[i * p + j] -= factor * a[k * p + j]);
        }
    }
    a
}

fn times(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    let p = vector.len();
    (0..p).map(|i| (0..p).map(|j| matrix[i * p + j] * vector[j]).sum()).collect()
}

/// What the panel lets expect of a group.
struct Prior {
    mean: Vec<f64>,
    spread: Vec<f64>,
    variance: f64,
    /// What a row of the group is worth.
    worth: f64,
}

/// Effects of a group: their mean, spread and error variance, and each series' own with its covariance.
struct Group<'a> {
    mean: Vec<f64>,
    spread: Vec<f64>,
    variance: f64,
    own: Vec<(Vec<f64>, Vec<f64>)>,
    prior: Option<&'a Prior>,
}

/// The least variance of effects within a group.
const LEAST_SPREAD: f64 = 1e-5;

impl<'a> Group<'a> {
    fn start(sums: &[Sums], p: usize, prior: Option<&'a Prior>) -> Group<'a> {
        let mut all = vec![0.0; p * p];
        let (mut xy, mut yy, mut n) = (vec![0.0; p], 0.0, 0.0f64);
        for one in sums {
            all.iter_mut().zip(&one.xx).for_each(|(all, own)| *all += own);
            xy.iter_mut().zip(&one.xy).for_each(|(all, own)| *all += own);
            yy += one.yy;
            n += one.n;
        }
        if let Some(prior) = prior {
            let scale = prior.worth / prior.variance;
            all.iter_mut().chain(&mut xy).for_each(|sum| *sum *= scale);
            for k in 0..p {
                all[k * p + k] += 1.0 / prior.spread[k];
                xy[k] += prior.mean[k] / prior.spread[k];
            }
            let (mean, spread) = (times(&inverse(&all, p), &xy), prior.spread.clone());
            return Group { mean, spread, variance: prior.variance, own: Vec::new(), prior: Some(prior) };
        }
        // no effect is e¹⁰⁰: terms that say the same share it
        (0..p).for_each(|k| all[k * p + k] += 1e-9 + 1e-4 * yy / n.max(1.0));
        let mean = times(&inverse(&all, p), &xy);
        let explained: f64 = mean.iter().zip(&xy).map(|(b, xy)| b * xy).sum();
        let variance = ((yy - explained) / n.max(1.0)).max(1e-12 * yy / n.max(1.0)).max(1e-14);
        Group { mean, spread: vec![0.1; p], variance, own: Vec::new(), prior: None }
    }

    /// Each series' effects given the group's; `spread` multiplies how far apart they may lie.
    fn expect(&mut self, sums: &[Sums], spread: f64) {
        let p = self.mean.len();
        let one = |sums: &Sums| {
            let mut precision: Vec<f64> = sums.xx.iter().map(|xx| xx / self.variance).collect();
            let mut right: Vec<f64> = sums.xy.iter().map(|xy| xy / self.variance).collect();
            for k in 0..p {
                let own = 1.0 / (self.spread[k] * spread);
                precision[k * p + k] += own;
                right[k] += own * self.mean[k];
            }
            let covariance = inverse(&precision, p);
            (times(&covariance, &right), covariance)
        };
        self.own = sums.par_iter().map(one).collect();
    }

    fn maximise(&mut self, sums: &[Sums]) {
        let p = self.mean.len();
        let n = self.own.len().max(1) as f64;
        self.mean = self.centre();
        for k in 0..p {
            let mean = self.mean[k];
            let of = |(own, covariance): &(Vec<f64>, Vec<f64>)| (own[k] - mean).powi(2) + covariance[k * p + k];
            self.spread[k] = (self.own.iter().map(of).sum::<f64>() / n).max(LEAST_SPREAD);
        }
        let (mut square, mut count, mut whole) = (0.0, 0.0f64, 0.0);
        for (sums, (own, covariance)) in sums.iter().zip(&self.own) {
            let inner = times(&sums.xx, own);
            let fitted: f64 = own.iter().zip(&inner).map(|(b, xx)| b * xx).sum();
            let cross: f64 = own.iter().zip(&sums.xy).map(|(b, xy)| b * xy).sum();
            let unsure: f64 = sums.xx.iter().zip(covariance).map(|(xx, c)| xx * c).sum();
            square += sums.yy - 2.0 * cross + fitted + unsure;
            whole += sums.yy;
            count += sums.n;
        }
        self.variance = (square / count.max(1.0)).max(1e-12 * whole / count.max(1.0)).max(1e-14);
    }

    /// The mean of the series' effects, drawn to the panel's where there is one.
    fn centre(&self) -> Vec<f64> {
        let p = self.mean.len();
        let n = self.own.len().max(1) as f64;
        let Some(prior) = self.prior else {
            return (0..p).map(|k| self.own.iter().map(|(own, _)| own[k]).sum::<f64>() / n).collect();
        };
        // information of the marginal likelihood, and its score: Σ D⁻¹ b − D⁻¹ C D⁻¹ m
        let mut right: Vec<f64> = (0..p).map(|k| prior.mean[k] / prior.spread[k]).collect();
        for (own, covariance) in &self.own {
            for a in 0..p {
                let inner = |b: usize| covariance[a * p + b] / self.spread[a] / self.spread[b] * self.mean[b];
                right[a] += prior.worth * (own[a] / self.spread[a] - (0..p).map(inner).sum::<f64>());
            }
        }
        times(&inverse(&self.certainty(prior.worth), p), &right)
    }

    /// The inverse of the mean's covariance: Σ (spread + own error)⁻¹, each series worth so much, and the panel's.
    fn certainty(&self, worth: f64) -> Vec<f64> {
        let p = self.mean.len();
        let mut sum = vec![0.0; p * p];
        for (_, covariance) in &self.own {
            for a in 0..p {
                for b in 0..p {
                    let own = if a == b { 1.0 / self.spread[a] } else { 0.0 };
                    sum[a * p + b] += worth * (own - covariance[a * p + b] / self.spread[a] / self.spread[b]);
                }
            }
        }
        if let Some(prior) = self.prior {
            (0..p).for_each(|k| sum[k * p + k] += 1.0 / prior.spread[k]);
        }
        sum
    }
}

fn error(row: &[f64], effects: &[f64]) -> f64 {
    row[0] - row[1..].iter().zip(effects).map(|(x, b)| x * b).sum::<f64>()
}

/// Effects of some series by EM, bounded against outliers.
fn pooled<'a>(members: &[usize], rows: &[Vec<f64>], p: usize, tune: &Tune, prior: Option<&'a Prior>) -> Group<'a> {
    let none = vec![0.0; p];
    let mut all: Vec<Sums> = members.par_iter().map(|i| sums(&rows[*i], p, |_| 1.0, &none)).collect();
    let mut found = Group::start(&all, p, prior);
    for _ in 0..if prior.is_some() { 4 } else { 8 } {
        found.expect(&all, 1.0);
        found.maximise(&all);
    }
    found.expect(&all, 1.0);
    for _ in 0..if tune.bound < 1e6 { 3 } else { 0 } {
        let off = |(i, (own, _)): (&usize, &(Vec<f64>, Vec<f64>))| {
            rows[*i].chunks_exact(p + 1).map(|row| error(row, own).abs()).collect::<Vec<f64>>()
        };
        let off: Vec<f64> = members.iter().zip(&found.own).flat_map(off).collect();
        if off.is_empty() {
            break;
        }
        let bound = (tune.bound * 1.4826 * median(&off)).max(1e-9);
        let weight = |error: f64| (bound / error.abs().max(1e-9)).min(1.0);
        all = members.par_iter().zip(&found.own).map(|(i, (own, _))| sums(&rows[*i], p, weight, own)).collect();
        for _ in 0..3 {
            found.maximise(&all);
            found.expect(&all, 1.0);
        }
    }
    if tune.spread != 1.0 {
        found.expect(&all, tune.spread);
    }
    found
}

/// What a row of some series is worth, at most 1: errors of one period that are alike tell the same thing again.
fn worth(data: &Data, groups: &[Vec<usize>], rows: &[Vec<f64>], effects: &[Vec<f64>]) -> f64 {
    let (mut square, mut n, mut alike, mut pairs, mut weight) = (0.0, 0.0f64, 0.0, 0.0f64, 0.0);
    for members in groups {
        let mut slots = vec![(0.0, 0.0, 0.0f64); data.slots];
        for i in members {
            let p = effects[*i].len();
            for (row, slot) in rows[*i].chunks_exact(p + 1).zip(&data.items[*i].slots[1..]) {
                let off = error(row, &effects[*i]);
                let sum = &mut slots[*slot];
                *sum = (sum.0 + off, sum.1 + off * off, sum.2 + 1.0);
            }
        }
        for (sum, own, count) in slots {
            square += own;
            n += count;
            alike += sum * sum - own;
            pairs += count * (count - 1.0);
            weight += count * count;
        }
    }
    if pairs < 1.0 || square <= 0.0 {
        return 1.0;
    }
    let correlation = (alike / pairs / (square / n)).clamp(0.0, 1.0);
    1.0 / (1.0 + (weight / n - 1.0) * correlation)
}

pub(super) fn fit(data: &Data, upto: &[usize], terms: &[usize], tune: &Tune, season: usize) -> Fit {
    let p = terms.len();
    let rows: Vec<Vec<f64>> = data
        .items
        .par_iter()
        .zip(upto)
        .map(|(item, known)| filtered(item, *known, terms, tune.filter, season))
        .collect();
    let everyone: Vec<usize> = (0..data.items.len()).collect();
    let mut whole = pooled(&everyone, &rows, p, tune, None);
    let own = std::mem::take(&mut whole.own);
    let mut effects: Vec<Vec<f64>> = own.iter().map(|(own, _)| own.clone()).collect();
    let worth = if p > 0 { worth(data, &data.groups, &rows, &effects) } else { 1.0 };
    let (mut mean, mut error, mut series) = (vec![0.0; p], vec![0.0; p], 0.0f64);
    let prior = Prior { mean: whole.mean.clone(), spread: whole.spread.clone(), variance: whole.variance, worth };
    for members in data.groups.iter().filter(|_| p > 0) {
        let found = if data.groups.len() > 1 {
            pooled(members, &rows, p, tune, Some(&prior))
        } else {
            Group { mean: whole.mean.clone(), spread: whole.spread.clone(), own: own.clone(), ..whole }
        };
        let covariance = inverse(&found.certainty(worth), p);
        let share = members.len() as f64;
        for k in 0..p {
            mean[k] += share * found.mean[k];
            error[k] += share * share * covariance[k * p + k].max(0.0);
        }
        series += share;
        for (i, (own, _)) in members.iter().zip(found.own) {
            effects[*i] = own;
        }
    }
    mean.iter_mut().for_each(|mean| *mean /= series.max(1.0));
    error.iter_mut().for_each(|error| *error = error.sqrt() / series.max(1.0));
    Fit { items: levels(data, upto, terms, effects, tune, season), mean, error }
}

/// The panel's error counts for so many rows of each series.
const PRIOR: f64 = 5.0;

fn levels(
    data: &Data,
    upto: &[usize],
    terms: &[usize],
    effects: Vec<Vec<f64>>,
    tune: &Tune,
    season: usize,
) -> Vec<Own> {
    let rest = |((item, known), own): ((&Item, &usize), &Vec<f64>)| {
        (0..*known).map(|row| item.log[row] - dot(item, row, terms, own)).collect::<Vec<f64>>()
    };
    let mut rest: Vec<Vec<f64>> = data.items.par_iter().zip(upto).zip(&effects).map(rest).collect();
    let seasons = seasons(data, upto, &rest, season);
    for ((item, rest), own) in data.items.iter().zip(&mut rest).zip(&seasons) {
        rest.iter_mut().enumerate().for_each(|(row, value)| *value -= own[item.phase(row, season)]);
    }
    let shared = if tune.common != tune.level { common(data, &rest) } else { Vec::new() };
    let of = |(i, own): (usize, Vec<f64>)| {
        let item = &data.items[i];
        let group = shared.get(item.group).map_or(&[][..], |shared| &shared[..]);
        let mut own = level(item, upto[i], &rest[i], group, own, tune);
        if let Some(phases) = seasons.get(i) {
            let level = own.level.iter_mut().enumerate();
            level.for_each(|(step, level)| *level += phases[item.phase(upto[i] + step, season)]);
            own.phases.clone_from(phases);
        }
        own
    };
    let mut items: Vec<Own> = effects.into_par_iter().enumerate().map(of).collect();
    // a short series' error is drawn to the panel's
    let known = |(own, known): (&Own, &usize)| own.end.sd * own.end.sd * known.saturating_sub(1) as f64;
    let total = upto.iter().map(|known| known.saturating_sub(1)).sum::<usize>().max(1) as f64;
    let common = items.iter().zip(upto).map(known).sum::<f64>() / total;
    for (own, known) in items.iter_mut().zip(upto) {
        let n = known.saturating_sub(1) as f64;
        own.end.sd = ((own.end.sd * own.end.sd * n + PRIOR * common) / (n + PRIOR)).sqrt();
    }
    items
}

/// So many series of a group have to be known in a period for a level in common.
const LEAST_COMMON: usize = 5;

/// What a group has in common in a period: the median; 0 where few are known.
pub(super) fn in_common(values: &[f64]) -> f64 {
    if values.len() < LEAST_COMMON { 0.0 } else { median(values) }
}

/// What the drivers leave of a group in each period: the median over its series, each about its own mean; 0 where few
/// are known.
fn common(data: &Data, rest: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let of = |members: &Vec<usize>| {
        let mut slots = vec![Vec::new(); data.slots];
        for i in members {
            let mean = mean(&rest[*i]);
            rest[*i].iter().zip(&data.items[*i].slots).for_each(|(value, slot)| slots[*slot].push(value - mean));
        }
        slots.iter().map(|slot| in_common(slot)).collect()
    };
    data.groups.par_iter().map(of).collect()
}

/// The level of what the drivers leave, for the rows after those known, and its one-step error.
fn level(item: &Item, known: usize, rest: &[f64], common: &[f64], effects: Vec<f64>, tune: &Tune) -> Own {
    let ahead = item.places.len() - known;
    let shared = |row: usize| common.get(item.slots[row]).copied().unwrap_or(0.0);
    let (mut end, mut square) = (Level::default(), 0.0);
    for (row, value) in rest.iter().enumerate() {
        if row > 0 {
            square += (value - end.parts[0] - end.parts[1]).powi(2);
        }
        end.take(*value, shared(row), [tune.level, tune.common]);
    }
    let n = known.saturating_sub(1) as f64;
    end.sd = (square / n.max(1.0)).sqrt();
    Own { effects, phases: Vec::new(), mean: mean(rest), level: vec![end.value(); ahead], end, known }
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
