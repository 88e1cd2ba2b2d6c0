//! The search of the orders of an ARIMA model.
//!
//! Differences by the KPSS test and the strength of the season. Where others may forecast better, models with these are
//! searched too, and counted by their errors over the last two seasons: a likelihood cannot compare them.
//! Within given differences a stepwise search finds the least AICc, and those near it ([`Arimas`]).

use super::average::Arimas;
use super::{
    Arima, BRIEF, CHOSEN, Found, LEAST_WEIGHT, LONG, MOST, Order, Series, Target, difference, fill, settle, trimmed,
};
use crate::forecast::season;
use crate::forecast::smooth::Roll;

/// The highest seasonal order that a search tries, and the highest sum of all: without that, AICc falls and forecasts get worse.
const MOST_SEASONAL: usize = 2;
const MOST_TOGETHER: usize = 5;
/// Fits that one search of orders may take.
const FITS: usize = 94;
/// Longer seasons are not modelled by [`auto_arima`].
const LONGEST_SEASON: usize = 120;
/// KPSS for a level at 5 %.
const KPSS: f64 = 0.463;
/// The strength of a season from which it is differenced, and from which that is tried.
const STRONG: f64 = 0.64;
const FAINT: f64 = 0.4;
/// Origins a season from which competing differences are judged.
const ORIGINS: usize = 6;
/// Models whose AICc is so much above the least, or that so many are nearer than, do not count.
const FAR: f64 = 8.0;
const MOST_NEAR: usize = 9;
/// Seasons that a season is smoothed over.
const SPAN: usize = 11;

/// The number of differences that bring the KPSS statistic down to `most`.
fn differences(y: &[f64]) -> usize {
    let mut w = y.to_vec();
    for d in 0..2 {
        if w.len() < 8 || kpss(&w) <= KPSS {
            return d;
        }
        w = difference(&w, 1);
    }
    2
}

/// The KPSS statistic for a level, lags ⌊3√n/13⌋.
fn kpss(y: &[f64]) -> f64 {
    let n = y.len() as f64;
    let mean = y.iter().sum::<f64>() / n;
    let e: Vec<f64> = y.iter().map(|y| y - mean).collect();
    let lags = (3.0 * n.sqrt() / 13.0) as usize;
    let product = |lag: usize| e[lag..].iter().zip(&e).map(|(a, b)| a * b).sum::<f64>();
    let later = (1..=lags).map(|lag| 2.0 * (1.0 - lag as f64 / (lags as f64 + 1.0)) * product(lag)).sum::<f64>();
    let spread = product(0) + later;
    let mut sum = 0.0;
    let sums: f64 = e
        .iter()
        .map(|e| {
            sum += e;
            sum * sum
        })
        .sum();
    if spread > 0.0 { sums / (n * spread) } else { 0.0 }
}

/// The share of the variance around the trend that the season explains: 1 − var(rest) / var(season + rest). Trend by
/// a moving average, season by smoothing the values of each phase over 11 seasons, as STL does.
fn strength(y: &[f64], season: usize) -> f64 {
    let trend = season::moving_average(y, season);
    let both: Vec<f64> = y.iter().zip(&trend).filter(|(_, m)| !m.is_nan()).map(|(y, m)| y - m).collect();
    let smooth = |t: usize| {
        let (i, count) = (t / season, (both.len() - t % season).div_ceil(season));
        let from = i.saturating_sub(SPAN / 2).min(count.saturating_sub(SPAN));
        let to = (from + SPAN).min(count);
        let reach = (i - from).max(to - 1 - i).max(1) as f64 + SPAN.saturating_sub(count) as f64 / 2.0;
        let (mut sum, mut total) = (0.0, 0.0);
        for k in from..to {
            let weight = (1.0 - (k.abs_diff(i) as f64 / reach).powi(3)).powi(3);
            sum += weight * both[t % season + k * season];
            total += weight;
        }
        sum / total
    };
    let rest: Vec<f64> = both.iter().enumerate().map(|(t, x)| x - smooth(t)).collect();
    let (whole, rest) = (variance(&both), variance(&rest));
    if whole > 0.0 { (1.0 - rest / whole).max(0.0) } else { 0.0 }
}

fn variance(x: &[f64]) -> f64 {
    let n = x.len().max(1) as f64;
    let mean = x.iter().sum::<f64>() / n;
    x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n
}

/// Angles for a neighbouring order: those that both have, and a little for what is new.
fn carried(from: &Found, order: &Order) -> Vec<f64> {
    let mut rest = &from.angles[..];
    let mut out = Vec::with_capacity(order.coefficients());
    let pairs = [
        (from.order.ar, order.ar),
        (from.order.ma, order.ma),
        (from.order.seasonal_ar, order.seasonal_ar),
        (from.order.seasonal_ma, order.seasonal_ma),
    ];
    for (had, has) in pairs {
        let (own, later) = rest.split_at(had);
        out.extend((0..has).map(|i| own.get(i).map_or(0.1, |angle| angle.clamp(-1.3, 1.3))));
        rest = later;
    }
    out
}

/// The steps of the search: changes of P, Q, p, q, and whether the constant is turned.
const MOVES: [(isize, isize, isize, isize, bool); 17] = [
    (-1, 0, 0, 0, false),
    (0, -1, 0, 0, false),
    (1, 0, 0, 0, false),
    (0, 1, 0, 0, false),
    (-1, -1, 0, 0, false),
    (-1, 1, 0, 0, false),
    (1, -1, 0, 0, false),
    (1, 1, 0, 0, false),
    (0, 0, -1, 0, false),
    (0, 0, 0, -1, false),
    (0, 0, 1, 0, false),
    (0, 0, 0, 1, false),
    (0, 0, -1, -1, false),
    (0, 0, -1, 1, false),
    (0, 0, 1, -1, false),
    (0, 0, 1, 1, false),
    (0, 0, 0, 0, true),
];

/// The search of the orders with the least AICc.
struct Search<'a> {
    series: &'a Series,
    tried: Vec<Order>,
    found: Vec<Found>,
    best: Option<Found>,
}

impl Search<'_> {
    /// Tries one order; answers whether it is the best so far.
    fn attempt(&mut self, order: Order, like: Option<&Found>) -> bool {
        if self.tried.len() >= FITS || self.tried.contains(&order) {
            return false;
        }
        self.tried.push(order);
        let longest = order.lags().0.max(order.lags().1);
        if self.series.w.len() <= longest.max(order.parameters() + 2) {
            return false;
        }
        let target = Target::new(self.series, order, CHOSEN);
        let angles = like.map_or_else(|| target.begin(), |like| carried(like, &order));
        let Some(found) = target.fit(target.elsewhere(angles), BRIEF) else { return false };
        if !found.aicc.is_finite() {
            return false;
        }
        self.found.push(found.clone());
        let better = self.best.as_ref().is_none_or(|best| found.aicc < best.aicc);
        if better {
            self.best = Some(found);
        }
        better
    }

    fn moved(order: &Order, by: (isize, isize, isize, isize, bool)) -> Option<Order> {
        let next = Order {
            seasonal_ar: order.seasonal_ar.checked_add_signed(by.0)?,
            seasonal_ma: order.seasonal_ma.checked_add_signed(by.1)?,
            ar: order.ar.checked_add_signed(by.2)?,
            ma: order.ma.checked_add_signed(by.3)?,
            constant: order.constant != by.4,
            ..*order
        };
        let seasonal = if next.season > 1 { MOST_SEASONAL } else { 0 };
        let fits = next.ar <= MOST
            && next.ma <= MOST
            && next.seasonal_ar <= seasonal
            && next.seasonal_ma <= seasonal
            && next.coefficients() <= MOST_TOGETHER
            && !(next.constant && next.differenced() > 1)
            && next.check().is_ok();
        fits.then_some(next)
    }

    fn run(&mut self, plain: Order) {
        let seasonal = usize::from(plain.season > 1);
        let with = |ar, ma, seasonal_ar, seasonal_ma| Order { ar, ma, seasonal_ar, seasonal_ma, ..plain };
        let firsts = [with(2, 2, seasonal, seasonal), plain, with(1, 0, seasonal, 0), with(0, 1, 0, seasonal)];
        for order in firsts.into_iter().chain([Order { constant: false, ..plain }]) {
            let fits = order.check().is_ok();
            if fits {
                self.attempt(order, None);
            }
        }
        while self.tried.len() < FITS {
            let Some(from) = self.best.clone() else { return };
            let next = MOVES.iter().filter_map(|by| Self::moved(&from.order, *by));
            if !next.into_iter().any(|order| self.attempt(order, Some(&from))) {
                return;
            }
        }
    }
}

/// Chooses the orders and fits them: the model of the least AICc. None where nothing is known.
pub(crate) fn best(y: &[f64], weight: &[f64], season: usize) -> Option<Near> {
    let found = found(y, weight, season).into_iter().reduce(|best, next| if next.0 < best.0 { next } else { best });
    found?.1.into_iter().next()
}

/// The average of the models near the least AICc; none where nothing is known.
pub(crate) fn average(y: &[f64], weight: &[f64], season: usize) -> Option<Arimas> {
    Arimas::of(found(y, weight, season))
}

/// For each of the competing differences the error out of sample, where it is known, and what the search came by.
fn found(y: &[f64], weight: &[f64], season: usize) -> Vec<(f64, Vec<Near>)> {
    let counted: Vec<f64> = y.iter().zip(weight).map(|(y, w)| if *w < LEAST_WEIGHT { f64::NAN } else { *y }).collect();
    let y = trimmed(&counted);
    if y.is_empty() {
        return Vec::new();
    }
    let long = season > 1 && season <= LONGEST_SEASON && y.len() > 2 * season + 4;
    let season = if long { season } else { 1 };
    let filled = fill(y, season);
    let orders = differencing_orders(&filled, season);
    let alone = orders.len() == 1;
    let mut all = Vec::with_capacity(orders.len());
    for (at, order) in orders.into_iter().enumerate() {
        let near = searched(y, &filled, order);
        let Some(first) = near.first() else { continue };
        // the differences that the tests ask for stay where there is too little to judge by
        let off = if alone { None } else { missed(&first.model, y) };
        let off = off.or((at == 0).then_some(0.0));
        all.extend(off.map(|off| (off, near)));
    }
    all
}

/// Differences to search the other orders with: those that the tests ask for, then those that may forecast better. Where a
/// season is differenced that is none besides; a season that the test only just lets pass is differenced.
pub(super) fn differencing_orders(y: &[f64], season: usize) -> Vec<Order> {
    let plain = |seasonal_differences: usize, most: usize| {
        let level = if seasonal_differences > 0 { difference(y, season) } else { y.to_vec() };
        let order =
            Order { season, seasonal_differences, differences: differences(&level).min(most), ..Order::default() };
        Order { constant: order.differenced() < 2, ..order }
    };
    let strength = if season > 1 { strength(y, season) } else { 0.0 };
    let mut orders = match strength {
        strong if strong > STRONG => vec![plain(1, 2), plain(1, 0)],
        faint if faint > FAINT => vec![plain(0, 2), plain(1, 2), plain(1, 0)],
        _ => vec![plain(0, 2)],
    };
    orders.dedup();
    orders
}

/// The mean absolute error over the next season from origins in the last two, by a model of these orders that was fitted to what
/// came before; none where that is less than two seasons.
pub(super) fn missed(model: &Arima, y: &[f64]) -> Option<f64> {
    let season = model.order.season;
    let cut = y.len().checked_sub(2 * season).filter(|cut| *cut > 2 * season + 4)?;
    let mut filter = like(model, &y[..cut], &vec![1.0; cut])?;
    y[..cut].iter().for_each(|y| filter.update(*y));
    let (mut off, mut count) = (0.0, 0.0);
    for origin in cut..y.len() {
        if (origin - cut).is_multiple_of((season / ORIGINS).max(1)) {
            for (told, y) in filter.path(season).iter().zip(&y[origin..]).filter(|(_, y)| !y.is_nan()) {
                off += (told - y).abs();
                count += 1.0;
            }
        }
        filter.update(y[origin]);
    }
    (count > 0.0).then_some(off / count)
}

/// A fitted model with its deviance and AICc.
#[derive(Debug, Clone)]
pub(crate) struct Near {
    pub(crate) model: Arima,
    pub(super) deviance: f64,
    pub(super) aicc: f64,
}

/// The models near the least AICc among those with the differences of a plain one, that of the least first, which alone is
/// fitted to the end.
pub(super) fn searched(y: &[f64], filled: &[f64], plain: Order) -> Vec<Near> {
    let series = Series::of(filled, &plain);
    let largest = filled.iter().fold(0.0_f64, |most, y| most.max(y.abs()));
    let flat = series.w.len() < 3 || series.scale <= 1e-10 * largest || series.w.iter().all(|x| *x == 0.0);
    let mut search = Search { series: &series, tried: Vec::new(), found: Vec::new(), best: None };
    if !flat {
        search.run(plain);
    }
    let Search { best, mut found, .. } = search;
    let first = match &best {
        Some(best) => Target::new(&series, best.order, CHOSEN).fit(best.angles.clone(), LONG),
        None => Target::new(&series, plain, CHOSEN).fit(Vec::new(), BRIEF),
    };
    let least = best.as_ref().map_or(f64::INFINITY, |best| best.aicc);
    found.retain(|own| own.aicc <= least + FAR && best.as_ref().is_some_and(|best| best.order != own.order));
    found.sort_by(|a, b| a.aicc.total_cmp(&b.aicc));
    first.iter().chain(found.iter().take(MOST_NEAR)).filter_map(|own| settle(y, &series, own)).collect()
}

/// Fits the orders of a fitted model to another part of the series; none where that is too short.
pub(crate) fn like(model: &Arima, y: &[f64], weight: &[f64]) -> Option<Arima> {
    let counted: Vec<f64> = y.iter().zip(weight).map(|(y, w)| if *w < LEAST_WEIGHT { f64::NAN } else { *y }).collect();
    let (y, order) = (trimmed(&counted), model.order);
    if y.len() <= order.lost() + order.parameters() {
        return None;
    }
    let series = Series::of(&fill(y, order.season), &order);
    let target = Target::new(&series, order, CHOSEN);
    let found = target.fit(target.elsewhere(target.begin()), BRIEF)?;
    settle(y, &series, &found).map(|near| near.model)
}
