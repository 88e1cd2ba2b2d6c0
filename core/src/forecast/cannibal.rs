//! Cannibalisation: the share of a new product's sales that is taken from its siblings.
//!
//! Each group is followed in pairs of windows: what the established siblings sold in the later one falls short of what
//! they sold in the earlier one, moved as the other groups moved, by q = 1 − after / expected; meanwhile the newcomers of
//! the group sold z more, in units of expected, less what the newcomers of the other groups sold more, in units of what
//! the established ones there sold: they took their part there. The share b of a group is the regression q = b·z + e
//! without intercept; pairs without a launch say how large e is. The shares of the groups are normal about μ, and μ is drawn to a prior
//! (empirical Bayes; the spread by DerSimonian & Laird 1986, eq. 8; shrinkage as in Morris 1983).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::table::{Series, TableParams, Times, group};
use super::{MAX_PERIODS, check_count};
use crate::base::{Column, Error, Interner, Result, Table, Task};

/// How to estimate cannibalisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CannibalParams {
    /// Periods that are compared before and after a launch.
    pub window: usize,
    /// The share that is expected where nothing is known, −1 … 1: an assumption, not a measurement.
    pub prior_share: f64,
    /// Its standard deviation, above 0.
    pub prior_sd: f64,
    /// Column of what are siblings; where the frame lacks it, all series are.
    pub group_column: String,
    /// Column of the series' names.
    pub id_column: String,
    /// Column of the times.
    pub time_column: String,
    /// Column of the values, at least 0.
    pub target_column: String,
}

impl Default for CannibalParams {
    fn default() -> Self {
        CannibalParams {
            window: 28,
            prior_share: PRIOR_SHARE,
            prior_sd: PRIOR_SD,
            group_column: "group".into(),
            id_column: "unique_id".into(),
            time_column: "ds".into(),
            target_column: "y".into(),
        }
    }
}

/// Periods times series that are kept.
const LARGEST: usize = 50_000_000;
const PRIOR_SHARE: f64 = 0.25;
const PRIOR_SD: f64 = 0.25;
/// Shares of groups differ by this variance at least.
const LEAST_SPREAD: f64 = 0.01;
/// The panel's error counts for so many pairs of windows of a group.
const PRIOR: f64 = 5.0;
/// An error of 10 % counts for one pair of windows of the panel.
const USUAL: f64 = 0.01;
const Z95: f64 = 1.959_963_984_540_054;

impl CannibalParams {
    /// Answers whether the parameters make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_count("window", self.window, MAX_PERIODS)?;
        if !(-1.0..=1.0).contains(&self.prior_share) {
            return Err(Error::argument("prior_share", "in -1 … 1", self.prior_share));
        }
        if !(self.prior_sd > 0.0 && self.prior_sd <= 10.0) {
            return Err(Error::argument("prior_sd", "above 0, at most 10", self.prior_sd));
        }
        Ok(())
    }

    fn columns(&self) -> TableParams {
        TableParams {
            id_column: self.id_column.clone(),
            time_column: self.time_column.clone(),
            target_column: self.target_column.clone(),
            ..TableParams::default()
        }
    }
}

/// Estimates which share of a new product's sales was taken from its siblings, by group and over all.
///
/// In: `df` with name, time, value and group; a period without a row is 0; a series launches with its first sale, if that
/// is not in the first period of `df`. Or `launches`, name and first period of sale: then no other series is a launch. Out:
/// `group`, `share`, `lo-95`, `hi-95`, `launches`, how many were used: those with `window` periods before and after. The
/// first row, whose group is empty, is the mean over the groups; a group without a launch is told what is expected of it.
/// Without any launch that is the prior. Siblings that a launch lifts have a share below 0. O(rows + series · periods +
/// series · groups · windows).
///
/// # Errors
/// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`, `DUPLICATE_TIME`; `INVALID_ARGUMENT` for parameters, values below 0 and
/// more than 50 million periods of all series; `CANCELLED`.
///
/// ```
/// use trousse::{Column, Table, Task, forecast};
/// let sales = Table::default()
///     .with("unique_id", Column::Text(["old", "old", "old", "new"].map(String::from).into()))?
///     .with("ds", Column::Integer(vec![0, 1, 2, 2]))?
///     .with("y", Column::Integer(vec![100, 100, 80, 40]))?;
/// let params = forecast::CannibalParams { window: 1, ..Default::default() };
/// let told = forecast::cannibalisation(&sales, None, &params, &Task::default())?;
/// // 20 of 40 were taken: 0.5, drawn to the prior's 0.25
/// assert!((told.floats("share")?[0] - 0.4086).abs() < 0.0001 && told.integers("launches")? == [1, 1]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn cannibalisation(df: &Table, launches: Option<&Table>, params: &CannibalParams, task: &Task) -> Result<Table> {
    params.check()?;
    let panel = Panel::read(df, launches, params)?;
    task.expect(panel.groups.len());
    let mut found = Vec::with_capacity(panel.groups.len());
    for group in 0..panel.groups.len() {
        task.tick()?;
        found.push(panel.pairs(group, params.window));
    }
    let shares = Shares::of(&found, params);
    let launched = |found: &Pairs| found.launches;
    let every = (shares.mean, shares.variance, found.iter().map(launched).sum());
    let rows: Vec<(f64, f64, i64)> = [every].into_iter().chain(found.iter().map(|own| shares.of_group(own))).collect();
    let column = |value: &dyn Fn(&(f64, f64, i64)) -> f64| Column::Float(rows.iter().map(value).collect());
    let mut names = vec![String::new()];
    names.extend(panel.groups);
    let mut out = Table::default();
    out.push(params.group_column.clone(), Column::Text(names))?;
    out.with("share", column(&|row| row.0))?
        .with("lo-95", column(&|row| row.0 - Z95 * row.1.sqrt()))?
        .with("hi-95", column(&|row| row.0 + Z95 * row.1.sqrt()))?
        .with("launches", Column::Integer(rows.iter().map(|row| row.2).collect()))
}

struct Panel {
    /// Names of the groups in the order of their first rows.
    groups: Vec<String>,
    /// The series of each group.
    members: Vec<Vec<usize>>,
    /// Sums of sales up to each period, from 0 on, by series.
    sums: Vec<Vec<f64>>,
    /// First period of sale by series; 0 if it was on sale from the start.
    first: Vec<usize>,
    periods: usize,
}

impl Panel {
    fn read(df: &Table, launches: Option<&Table>, params: &CannibalParams) -> Result<Panel> {
        let (columns, times) = (params.columns(), Times::read(df, &params.time_column)?);
        let y = df.floats(&params.target_column)?;
        if let Some(row) = y.iter().position(|y| !(0.0..1e150).contains(y)) {
            return Err(Error::argument(format!("{}[{row}]", params.target_column), "at least 0", y[row]));
        }
        let series = group(df, &columns, &times)?;
        let step = times.step(&series);
        let (start, end) = times.value.iter().fold((i64::MAX, i64::MIN), |(a, b), time| (a.min(*time), b.max(*time)));
        let place = |time: i64| step.between(start, time).max(0) as usize;
        let periods = if y.is_empty() { 0 } else { place(end) + 1 };
        let cells = periods.saturating_mul(series.len());
        if cells > LARGEST {
            return Err(Error::argument(params.time_column.clone(), "at most 50 million periods of all series", cells));
        }
        let dated = launches.map(|launches| dated(launches, &times, params)).transpose()?;
        let labels = labels(df, params)?;
        let (mut names, mut groups, mut members) = (Interner::default(), Vec::new(), Vec::<Vec<usize>>::new());
        let (mut sums, mut first) = (Vec::new(), Vec::new());
        for (i, one) in series.iter().enumerate() {
            let label = &labels[one.rows[0]];
            let at = names.intern(label) as usize;
            if at == groups.len() {
                groups.push(label.clone());
                members.push(Vec::new());
            }
            members[at].push(i);
            sums.push(summed(one, &y, periods, |row| place(times.value[row])));
            first.push(match &dated {
                Some(dated) => dated.get(&one.name).map_or(0, |time| place(*time)),
                None => one.rows.iter().find(|row| y[**row] > 0.0).map_or(0, |row| place(times.value[*row])),
            });
        }
        Ok(Panel { groups, members, sums, first, periods })
    }

    fn sold(&self, series: usize, from: usize, to: usize) -> f64 {
        self.sums[series][to] - self.sums[series][from]
    }

    /// Whether a series was on sale before a window.
    fn is_established(&self, series: usize, window: usize) -> bool {
        self.first[series] == 0 || self.first[series] < window
    }

    /// What some series sold in the windows before and after a period.
    fn change<'a>(&self, series: impl Iterator<Item = &'a usize>, at: usize, window: usize) -> Change {
        let mut change = Change::default();
        for series in series {
            let (before, after) = (self.sold(*series, at - window, at), self.sold(*series, at, at + window));
            if self.is_established(*series, at - window) {
                change.before += before;
                change.after += after;
            } else {
                change.gained += after - before;
                change.launches += i64::from((at..at + window).contains(&self.first[*series]));
            }
        }
        change
    }

    /// The pairs of windows of a group: one at each launch, and as many without a launch as fit between.
    fn pairs(&self, group: usize, window: usize) -> Pairs {
        let members = &self.members[group];
        let starts: BTreeSet<usize> =
            members.iter().map(|series| self.first[*series]).filter(|first| *first > 0).collect();
        let mut pairs = Pairs::default();
        let mut at = window;
        while at + window <= self.periods {
            if !starts.contains(&at) && starts.range(at..at + window).next().is_some() {
                at += 1;
                continue;
            }
            let own = self.change(members.iter(), at, window);
            let others = self.members.iter().enumerate().filter(|(other, _)| *other != group).flat_map(|(_, own)| own);
            let others = self.change(others, at, window);
            let (moved, theirs) = if others.before > 0.0 && others.after > 0.0 {
                (others.after / others.before, others.gained / others.after)
            } else {
                (1.0, 0.0)
            };
            let expected = own.before * moved;
            if expected > 0.0 {
                pairs.add(1.0 - own.after / expected, own.gained / expected - theirs);
                pairs.launches += own.launches;
            }
            at += window;
        }
        pairs
    }
}

/// What the established series of some groups sold before and after, and what their newcomers sold more.
#[derive(Default)]
struct Change {
    before: f64,
    after: f64,
    gained: f64,
    launches: i64,
}

/// First periods of sale by name.
fn dated(launches: &Table, times: &Times, params: &CannibalParams) -> Result<BTreeMap<String, i64>> {
    let starts = Times::read(launches, &params.time_column)?;
    if !starts.is_kind_of(times) {
        let expected = "times of the same kind as in df".to_string();
        let got = launches.column(&params.time_column)?.kind().into();
        return Err(Error::WrongColumnType { column: params.time_column.clone(), expected, got });
    }
    Ok(launches.texts(&params.id_column)?.into_iter().zip(starts.value).collect())
}

fn labels(table: &Table, params: &CannibalParams) -> Result<Vec<String>> {
    match table.get(&params.group_column) {
        Some(_) => table.texts(&params.group_column),
        None => Ok(vec![params.group_column.clone(); table.rows()]),
    }
}

fn summed(series: &Series, y: &[f64], periods: usize, place: impl Fn(usize) -> usize) -> Vec<f64> {
    let mut sums = vec![0.0; periods + 1];
    series.rows.iter().for_each(|row| sums[place(*row) + 1] += y[*row]);
    (0..periods).for_each(|t| sums[t + 1] += sums[t]);
    sums
}

/// Sums of the pairs of windows of a group.
#[derive(Default)]
struct Pairs {
    n: f64,
    zz: f64,
    zq: f64,
    qq: f64,
    launches: i64,
}

impl Pairs {
    fn add(&mut self, q: f64, z: f64) {
        self.n += 1.0;
        self.zz += z * z;
        self.zq += z * q;
        self.qq += q * q;
    }

    /// The share of a group that had a launch.
    fn share(&self) -> Option<f64> {
        (self.launches > 0 && self.zz > 1e-12).then(|| self.zq / self.zz)
    }

    /// The square of what the regression leaves, and its degrees of freedom.
    fn rest(&self) -> (f64, f64) {
        match self.share() {
            Some(share) => ((self.qq - share * self.zq).max(0.0), self.n - 1.0),
            None => (self.qq, self.n),
        }
    }
}

/// What the groups have in common.
struct Shares {
    mean: f64,
    /// Variance of the mean.
    variance: f64,
    /// Variance of the groups about it.
    spread: f64,
    /// Variance of a relative change that is no launch's.
    noise: f64,
}

impl Shares {
    fn of(groups: &[Pairs], params: &CannibalParams) -> Shares {
        let (square, free) =
            groups.iter().map(Pairs::rest).fold((0.0, 0.0), |sum, rest| (sum.0 + rest.0, sum.1 + rest.1));
        let noise = (square + USUAL) / (free + 1.0);
        let mut shares = Shares { mean: 0.0, variance: 0.0, spread: LEAST_SPREAD, noise };
        let known: Vec<(f64, f64)> =
            groups.iter().filter_map(|own| own.share().map(|share| (share, shares.error(own)))).collect();
        shares.spread = spread(&known).max(LEAST_SPREAD);
        let prior = params.prior_sd.powi(-2);
        let (mut sum, mut weight) = (params.prior_share * prior, prior);
        for (share, error) in known {
            let own = 1.0 / (error + shares.spread);
            (sum, weight) = (sum + own * share, weight + own);
        }
        (shares.mean, shares.variance) = (sum / weight, 1.0 / weight);
        shares
    }

    /// Variance of a group's own share: its error is drawn to the panel's.
    fn error(&self, group: &Pairs) -> f64 {
        let (square, free) = group.rest();
        (square + PRIOR * self.noise) / (free + PRIOR) / group.zz
    }

    /// Mean and variance of a group's share, and its launches.
    fn of_group(&self, group: &Pairs) -> (f64, f64, i64) {
        let Some(share) = group.share() else { return (self.mean, self.spread + self.variance, group.launches) };
        let error = self.error(group);
        let own = self.spread / (self.spread + error);
        let mean = own * share + (1.0 - own) * self.mean;
        (mean, own * error + (1.0 - own).powi(2) * self.variance, group.launches)
    }
}

/// Variance between groups by moments.
fn spread(known: &[(f64, f64)]) -> f64 {
    let sum = |of: &dyn Fn(f64, f64) -> f64| known.iter().map(|(share, error)| of(*share, 1.0 / error)).sum::<f64>();
    let weight = sum(&|_, w| w);
    let centre = sum(&|share, w| w * share) / weight.max(1e-300);
    let off = sum(&|share, w| w * (share - centre).powi(2));
    let scale = weight - sum(&|_, w| w * w) / weight.max(1e-300);
    if known.len() < 2 || scale <= 0.0 { 0.0 } else { (off - (known.len() - 1) as f64) / scale }
}

/// Columns of [`cannibalised`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TakenParams {
    /// Column of the forecasts, at least 0, in both frames.
    pub forecast_column: String,
    /// Column of what are siblings in all frames; where a frame of forecasts lacks it, all series are.
    pub group_column: String,
    /// Column of the times.
    pub time_column: String,
}

impl Default for TakenParams {
    fn default() -> Self {
        let CannibalParams { group_column, time_column, .. } = CannibalParams::default();
        TakenParams { forecast_column: "auto".into(), group_column, time_column }
    }
}

/// Answers by how much the forecasts of siblings fall when new products are launched.
///
/// In: `df`, forecasts of what is on sale (`ds`, `auto`, `group`); `products`, those of new products, as
/// [`forecast_new`](super::forecast_new) answers, with their group; `shares`, as [`cannibalisation`] answers; without it,
/// or for a group that it lacks, the mean over all, and without that the prior (0.25, −0.24 … 0.74). Out: `df` with
/// `taken`, `taken-lo-95`, `taken-hi-95`: the share times what the new products of the group sell in that period, split
/// over the siblings in proportion to their forecasts, from 0 to the whole forecast. A share below 0 counts as 0.
///
/// # Errors
/// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `INVALID_ARGUMENT` for a forecast below 0 and a share that is not finite.
///
/// ```
/// use trousse::{Column, Table, forecast};
/// let of = |auto: Vec<f64>| Table::default().with("ds", Column::Integer(vec![1; auto.len()]))?.with("auto", Column::Float(auto));
/// let told = forecast::cannibalised(&of(vec![30.0, 10.0])?, &of(vec![16.0])?, None, &Default::default())?;
/// assert_eq!(told.floats("taken")?, [3.0, 1.0]); // a quarter of 16
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn cannibalised(df: &Table, products: &Table, shares: Option<&Table>, params: &TakenParams) -> Result<Table> {
    let (times, later) = (Times::read(df, &params.time_column)?, Times::read(products, &params.time_column)?);
    if !later.is_kind_of(&times) {
        let expected = "times of the same kind as in df".to_string();
        let got = products.column(&params.time_column)?.kind().into();
        return Err(Error::WrongColumnType { column: params.time_column.clone(), expected, got });
    }
    let known = shares.map(|shares| known_shares(shares, params)).transpose()?.unwrap_or_default();
    let usual = [PRIOR_SHARE, PRIOR_SHARE - Z95 * PRIOR_SD, PRIOR_SHARE + Z95 * PRIOR_SD];
    let usual = known.get("").copied().unwrap_or(usual);
    let columns = CannibalParams { group_column: params.group_column.clone(), ..CannibalParams::default() };
    let sums = |table: &Table, times: &Times, name: &str| -> Result<_> {
        let (groups, value) = (labels(table, &columns)?, table.floats(&params.forecast_column)?);
        if let Some(row) = value.iter().position(|value| !(0.0..1e150).contains(value)) {
            let field = format!("{name}.{}[{row}]", params.forecast_column);
            return Err(Error::argument(field, "at least 0", value[row]));
        }
        let mut sums = BTreeMap::<(String, i64), f64>::new();
        for ((group, time), value) in groups.iter().zip(&times.value).zip(&value) {
            *sums.entry((group.clone(), *time)).or_default() += value;
        }
        Ok((groups, value, sums))
    };
    let (groups, value, all) = sums(df, &times, "df")?;
    let (_, _, sold) = sums(products, &later, "products")?;
    let taken = |at: usize| {
        let of = |row: usize| {
            let key = (groups[row].clone(), times.value[row]);
            let share = known.get(&groups[row]).unwrap_or(&usual)[at].clamp(0.0, 1.0);
            let lost = (share * sold.get(&key).copied().unwrap_or(0.0)).min(all[&key]);
            if value[row] > 0.0 { lost * (value[row] / all[&key]) } else { 0.0 }
        };
        Column::Float((0..value.len()).map(of).collect())
    };
    df.clone().with("taken", taken(0))?.with("taken-lo-95", taken(1))?.with("taken-hi-95", taken(2))
}

/// The share of each group and its ends.
fn known_shares(shares: &Table, params: &TakenParams) -> Result<BTreeMap<String, [f64; 3]>> {
    let names = shares.texts(&params.group_column)?;
    let (share, low, high) = (shares.floats("share")?, shares.floats("lo-95")?, shares.floats("hi-95")?);
    let one = |(row, name): (usize, String)| {
        let own = [share[row], low[row], high[row]];
        match own.iter().position(|value| !value.is_finite()) {
            Some(at) => {
                let column = ["share", "lo-95", "hi-95"][at];
                Err(Error::argument(format!("shares.{column}[{row}]"), "a finite number", own[at]))
            }
            None => Ok((name, own)),
        }
    };
    names.into_iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::numeric::normal_quantile;

    struct Random(u64);

    impl Random {
        fn normal(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            normal_quantile((((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1u64 << 53) as f64)
        }
    }

    /// 10 groups of 6 siblings over 104 weeks with a season, levels that wander and noise; 2 launches in each group, of
    /// which so much is taken from the siblings.
    fn panel(seed: u64, taken: f64) -> Table {
        let mut random = Random(seed);
        let (mut ids, mut ds, mut y, mut groups) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for g in 0..10 {
            let starts = [20 + 3 * g, 60 + 3 * g];
            let mut drift = 0.0;
            for t in 0..104 {
                drift += 0.01 * random.normal();
                let wave = 0.3 * (std::f64::consts::TAU * t as f64 / 52.0).sin();
                let sold = |start: i64| if t < start { 0.0 } else { 40.0 * f64::exp(wave) };
                let newcomers: f64 = starts.iter().map(|start| sold(*start)).sum();
                let mut add = |id: String, mean: f64| {
                    ids.push(id);
                    ds.push(t);
                    y.push((mean * (0.2 * random.normal()).exp()).round().max(0.0));
                    groups.push(format!("g{g}"));
                };
                let level = 20.0 * f64::exp(wave + drift) - taken * newcomers / 6.0;
                (0..6).for_each(|i| add(format!("g{g}s{i}"), level));
                starts.iter().for_each(|start| add(format!("g{g}n{start}"), sold(*start)));
            }
        }
        let table = Table::default().with("unique_id", Column::Text(ids)).unwrap();
        let table = table.with("ds", Column::Integer(ds)).unwrap().with("y", Column::Float(y)).unwrap();
        table.with("group", Column::Text(groups)).unwrap()
    }

    /// How often the interval of the mean, and those of the groups, hold the truth, and the mean share.
    fn told(truth: f64, worlds: u64) -> (f64, f64, f64) {
        let params = CannibalParams { window: 8, ..CannibalParams::default() };
        let (mut whole, mut own, mut mean) = (0.0, 0.0, 0.0);
        for seed in 0..worlds {
            let told = cannibalisation(&panel(seed, truth), None, &params, &Task::default()).unwrap();
            let (low, high) = (told.floats("lo-95").unwrap(), told.floats("hi-95").unwrap());
            let holds = |row: usize| f64::from(u8::from(low[row] <= truth && truth <= high[row]));
            assert_eq!(told.integers("launches").unwrap()[0], 20);
            mean += told.floats("share").unwrap()[0] / worlds as f64;
            whole += holds(0) / worlds as f64;
            own += (1..=10).map(holds).sum::<f64>() / 10.0 / worlds as f64;
        }
        (whole, own, mean)
    }

    #[test]
    fn a_share_is_found_again_and_none_where_there_is_none() {
        for truth in [0.4, 0.0] {
            let (whole, own, mean) = told(truth, 40);
            assert!(whole >= 0.9 && own >= 0.9, "{truth}: the mean held {whole}, the groups {own}, {mean}");
            assert!((mean - truth).abs() < 0.05, "{truth}: {mean}");
        }
    }
}
