//! What a forecaster keeps of drivers: the effects of each series, and what is read from its new rows and those ahead.
//!
//! In: rows of new periods, or of periods ahead, with their drivers. Out: what those do to demand in each row ([`Moved`]).
//! What a row is told by other series (`a of others`, the level in common) is read from the rows that come with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::data::{How, median, of_others};
use super::effects::{Ahead, Level, in_common};
use super::learn::Found;
use super::logs::Logs;
use super::rest::Learned;
use super::sheet::Known;
use crate::base::{Error, Result};
use crate::forecast::{Forecast, LARGEST, Options};

/// A driver, and how it acts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Driver {
    /// Its position among those asked for.
    at: usize,
    log: bool,
    unit: f64,
}

/// What series that were fitted together have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::forecast) struct Terms {
    drivers: Vec<Driver>,
    /// How each term is made, of which drivers.
    terms: Vec<(How, Vec<usize>)>,
    /// Smoothing of the level and of what a group has in common.
    gains: [f64; 2],
    lift: f64,
    errors: Arc<[f64]>,
}

/// The effects of one series, and what its next row follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::forecast) struct Effects {
    /// Which terms.
    pub(in crate::forecast) of: usize,
    group: usize,
    market: usize,
    /// Log of the median of each driver that acts by its log; else 0.
    centre: Vec<f64>,
    effects: Vec<f64>,
    /// Mean over the history of what the drivers add to the log, and what that is multiplied by about it.
    mean: f64,
    slope: f64,
    /// What the log is taken of where nothing sold.
    least: f64,
    /// Mean of what drivers and season leave.
    rest: f64,
    phases: Vec<f64>,
    phase: usize,
    /// The drivers of the last period, whether it is known, and on sale.
    last: Vec<f64>,
    follows: bool,
    pub(in crate::forecast) on_sale: bool,
    pub(in crate::forecast) count: bool,
    pub(in crate::forecast) largest: f64,
}

/// A row of one series: its time, the drivers as they act, and whether the row before it is that of the period before.
#[derive(Debug, Clone)]
pub(in crate::forecast) struct Row {
    pub(in crate::forecast) time: i64,
    pub(in crate::forecast) values: Vec<f64>,
    pub(in crate::forecast) follows: bool,
    /// Whether it counts for others: its demand is known, or it lies ahead.
    pub(in crate::forecast) counts: bool,
}

/// What the drivers do to one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::forecast) struct Moved {
    /// What they add to the log of demand.
    by: f64,
    /// What demand is multiplied by, about its mean; 0 where it is not on sale ahead.
    pub(in crate::forecast) factor: f64,
    /// What drivers and season leave of the log of a demand that is known, and what the group has in common of it.
    pub(in crate::forecast) rest: f64,
    pub(in crate::forecast) shared: f64,
}

impl Moved {
    /// Without drivers.
    pub(in crate::forecast) const NONE: Moved = Moved { by: 0.0, factor: 1.0, rest: 0.0, shared: 0.0 };

    pub(in crate::forecast) fn is_finite(&self) -> bool {
        [self.by, self.factor, self.rest, self.shared].into_iter().all(f64::is_finite)
    }
}

/// No driver moves demand by more than e⁵ from its usual.
const MOST: f64 = 5.0;

/// What drivers add to the log of demand, about the mean of that.
pub(super) fn about(by: f64, mean: f64) -> f64 {
    (by - mean).clamp(-MOST, MOST)
}

/// What demand is multiplied by.
pub(super) fn factor(about: f64, slope: f64) -> f64 {
    (about * slope).exp()
}

impl Terms {
    /// Whether updates can have led to this: what was read is not trusted.
    pub(in crate::forecast) fn is_sound(&self, drivers: usize) -> bool {
        let numbers = self.gains.iter().chain([&self.lift]).chain(self.errors.iter());
        numbers.copied().all(f64::is_finite)
            && self.drivers.iter().all(|driver| driver.at < drivers && driver.unit.is_finite() && driver.unit != 0.0)
            && self.terms.iter().all(|(how, of)| {
                of.len() == if *how == How::Product { 2 } else { 1 } && of.iter().all(|at| *at < self.drivers.len())
            })
            && self.errors.windows(2).all(|pair| pair[0] <= pair[1])
    }

    /// Whether no driver helps.
    pub(in crate::forecast) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub(in crate::forecast) fn gains(&self) -> [f64; 2] {
        self.gains
    }

    fn of(learned: &Learned) -> Terms {
        let (data, found) = (learned.data(), learned.found());
        let term = |at: &usize| (data.terms[*at].how, data.terms[*at].of.clone());
        let Found { tune, .. } = found;
        Terms {
            drivers: (data.drivers.iter().zip(&data.terms))
                .map(|(at, term)| Driver { at: *at, log: term.log, unit: term.unit })
                .collect(),
            terms: found.terms.iter().map(term).collect(),
            gains: [tune.level, tune.common],
            lift: tune.lift,
            errors: found.errors.clone(),
        }
    }
}

impl Effects {
    fn of(learned: &Learned, i: usize, known: &Known, terms: &Terms, season: usize) -> Effects {
        let (item, found) = (&learned.data().items[i], learned.found());
        let own = &found.fit.items[i];
        let centre = |driver: &Driver| if driver.log { median(&known.raw[driver.at][..item.known]).ln() } else { 0.0 };
        let mut effects = Effects {
            of: 0,
            group: item.group,
            market: item.market,
            centre: terms.drivers.iter().map(centre).collect(),
            effects: own.effects.clone(),
            mean: super::effects::mean(&found.moves(learned.data(), i)[..item.known]),
            slope: learned.slope(i),
            least: item.least(),
            rest: own.mean,
            phases: own.phases.clone(),
            phase: item.phase_at(known.seen, season),
            last: Vec::new(),
            follows: item.places[item.known - 1] + 1 == known.seen,
            on_sale: known.on_sale,
            count: item.count,
            largest: item.largest(),
        };
        // the drivers of a period of which nothing is known may be none
        let last = |raw: &[f64]| effects.acts(terms, raw).ok();
        let of_known = || known.raw.iter().map(|own| own[item.known - 1]).collect::<Vec<f64>>();
        effects.last = last(&known.last).or_else(|| last(&of_known())).unwrap_or(vec![0.0; terms.drivers.len()]);
        effects
    }

    /// Whether updates can have led to this, given the terms and the season.
    pub(in crate::forecast) fn is_sound(&self, terms: &[Terms], season: usize) -> bool {
        terms.get(self.of).is_some_and(|terms| {
            self.centre.len() == terms.drivers.len()
                && self.last.len() == terms.drivers.len()
                && self.effects.len() == terms.terms.len()
        }) && (self.phases.is_empty() || self.phases.len() == season)
            && self.phase < season
            && self.least > 0.0
            && [&self.centre, &self.effects, &self.phases, &self.last]
                .into_iter()
                .flatten()
                .copied()
                .all(f64::is_finite)
            && [self.mean, self.slope, self.least, self.rest, self.largest].into_iter().all(f64::is_finite)
    }

    /// The drivers of a row as they act, or which of them cannot.
    fn acts(&self, terms: &Terms, raw: &[f64]) -> std::result::Result<Vec<f64>, usize> {
        if let Some(at) = raw.iter().position(|value| value.is_nan() || value.abs() >= LARGEST) {
            return Err(at);
        }
        let of = |(driver, centre): (&Driver, &f64)| match raw[driver.at] {
            value if driver.log && value <= 0.0 => Err(driver.at),
            value if driver.log => Ok(value.ln() - centre),
            value => Some(value / driver.unit).filter(|value| value.abs() < LARGEST).ok_or(driver.at),
        };
        terms.drivers.iter().zip(&self.centre).map(of).collect()
    }

    /// The drivers of a row as they act. `field` names the cell of a driver.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for one that is not finite or beyond 1e150, or not above 0 where all were.
    pub(in crate::forecast) fn act(
        &self,
        terms: &Terms,
        raw: &[f64],
        series: &str,
        field: impl Fn(usize) -> String,
    ) -> Result<Vec<f64>> {
        self.acts(terms, raw).map_err(|at| {
            let rule = if raw[at] <= 0.0 { "above 0 as all that were fitted" } else { "a finite number" };
            Error::argument(field(at), format!("{rule}, in series {series}"), raw[at])
        })
    }

    /// The drivers of the period before, which a row without its own repeats.
    pub(in crate::forecast) fn again(&self, before: Option<&Row>) -> Vec<f64> {
        before.map_or(&self.last, |row| &row.values).clone()
    }

    /// Whether the next period has the one before it.
    pub(in crate::forecast) fn follows(&self) -> bool {
        self.follows
    }

    fn phase_of(&self, period: usize) -> Option<f64> {
        let n = self.phases.len();
        (n > 0).then(|| self.phases[(self.phase + period) % n])
    }

    /// What is left of the log of demand in a period from now, from 0.
    fn rest_of(&self, demand: f64, period: usize, by: f64) -> f64 {
        let rest = demand.max(self.least).ln() - by;
        self.phase_of(period).map_or(rest, |phase| rest - phase)
    }

    /// Periods pass; the last of them had these drivers.
    pub(in crate::forecast) fn pass(&mut self, periods: usize, row: Option<&Row>, known: bool, season: usize) {
        self.phase = (self.phase + periods) % season.max(1);
        self.follows = known;
        if let Some(row) = row {
            self.last.clone_from(&row.values);
        }
    }

    /// Takes the demand of a period, of which so much was seen.
    pub(in crate::forecast) fn see(&mut self, demand: f64, seen: f64) {
        self.count &= seen.fract() == 0.0;
        self.largest = self.largest.max(demand);
    }

    /// The level and the drivers in logs.
    pub(in crate::forecast) fn in_logs(
        &self,
        terms: &Terms,
        level: &Level,
        moved: &[Moved],
        analytic: bool,
        options: &Options,
    ) -> Forecast {
        let of = |(step, moved): (usize, &Moved)| {
            let level = level.value();
            self.phase_of(step).map_or(level, |phase| level + phase) + moved.by
        };
        let told: Vec<Ahead> = level.ahead(moved.iter().enumerate().map(of), terms.gains[0]);
        let off: Vec<bool> = moved.iter().map(|moved| moved.factor == 0.0).collect();
        let name = if terms.is_empty() { "level" } else { "drivers" };
        let errors = (!analytic).then_some(&terms.errors);
        Logs::new(name, &told, &off, errors, self.count, self.largest).forecast(terms.lift, terms.gains[0], options)
    }
}

/// What the drivers do to the rows of some series, given beside their effects.
pub(in crate::forecast) fn moves(terms: &[Terms], series: &[(&Effects, &[Row])]) -> Vec<Vec<Moved>> {
    let mut of_fit: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    series.iter().enumerate().for_each(|(i, (effects, _))| of_fit.entry(effects.of).or_default().push(i));
    let mut made: Vec<Vec<Vec<f64>>> = series.iter().map(|_| Vec::new()).collect();
    for (of, those) in &of_fit {
        for (how, drivers) in &terms[*of].terms {
            let value = |row: &Row| row.values[drivers[0]];
            let plain = |i: &usize| series[*i].1.iter().map(value).collect::<Vec<f64>>();
            let values: Vec<Vec<f64>> = match how {
                How::Itself => those.iter().map(plain).collect(),
                How::Product => {
                    let product = |row: &Row| row.values[drivers[0]] * row.values[drivers[1]];
                    those.iter().map(|i| series[*i].1.iter().map(product).collect()).collect()
                }
                How::Before => {
                    let before = |i: &usize| {
                        let (effects, rows) = series[*i];
                        let last =
                            |at: usize| at.checked_sub(1).map_or(effects.last[drivers[0]], |at| value(&rows[at]));
                        let of = |(at, row): (usize, &Row)| if row.follows { last(at) } else { 0.0 };
                        rows.iter().enumerate().map(of).collect()
                    };
                    those.iter().map(before).collect()
                }
                How::OthersOfMarket | How::OthersOfGroup => {
                    let known = |i: &usize| series[*i].1.iter().filter(|row| row.counts);
                    let times: Vec<Vec<i64>> = those.iter().map(|i| known(i).map(|row| row.time).collect()).collect();
                    let values: Vec<Vec<f64>> = those.iter().map(|i| known(i).map(value).collect()).collect();
                    let place = |i: &usize| {
                        if *how == How::OthersOfGroup { series[*i].0.group } else { series[*i].0.market }
                    };
                    let rows = those.iter().zip(times.iter().zip(&values));
                    let mut others =
                        of_others(rows.map(|(i, (times, own))| (place(i), &times[..], &own[..]))).into_iter();
                    let mut spread = |i: &usize| {
                        let mut own = others.next().unwrap_or_default().into_iter();
                        let of = |row: &Row| if row.counts { own.next().unwrap_or(0.0) } else { 0.0 };
                        series[*i].1.iter().map(of).collect()
                    };
                    those.iter().map(&mut spread).collect()
                }
            };
            those.iter().zip(values).for_each(|(i, own)| made[*i].push(own));
        }
    }
    let of = |((effects, rows), made): (&(&Effects, &[Row]), &Vec<Vec<f64>>)| {
        let one = |row: usize| {
            let by: f64 = made.iter().zip(&effects.effects).map(|(own, b)| own[row] * b).sum();
            Moved { by, factor: factor(about(by, effects.mean), effects.slope), ..Moved::NONE }
        };
        (0..rows.len()).map(one).collect()
    };
    series.iter().zip(&made).map(of).collect()
}

/// What of each new row is left of the log of its demand (`NaN` where unknown), and what its group has in common of that.
/// `periods` are those of the rows from now, from 0.
pub(in crate::forecast) fn leave(
    terms: &[Terms],
    series: &[(&Effects, &[Row])],
    demand: &[Vec<f64>],
    periods: &[Vec<usize>],
    moved: &mut [Vec<Moved>],
) {
    let mut common: BTreeMap<(usize, usize, i64), Vec<f64>> = BTreeMap::new();
    for (i, (effects, rows)) in series.iter().enumerate() {
        for (at, row) in rows.iter().enumerate().filter(|(at, _)| !demand[i][*at].is_nan()) {
            let rest = effects.rest_of(demand[i][at], periods[i][at], moved[i][at].by);
            moved[i][at].rest = rest;
            let [own, shared] = terms[effects.of].gains;
            if own != shared {
                common.entry((effects.of, effects.group, row.time)).or_default().push(rest - effects.rest);
            }
        }
    }
    let shared: BTreeMap<(usize, usize, i64), f64> =
        common.into_iter().map(|(key, values)| (key, in_common(&values))).collect();
    for ((effects, rows), moved) in series.iter().zip(moved) {
        for (row, moved) in rows.iter().zip(moved) {
            moved.shared = shared.get(&(effects.of, effects.group, row.time)).copied().unwrap_or(0.0);
        }
    }
}

/// What a fitted panel leaves to its forecaster: the terms, and the effects of each series or what is wrong with it.
pub(in crate::forecast) fn kept(learned: &Learned) -> (Terms, Vec<Result<Effects>>) {
    let terms = Terms::of(learned);
    let mut i = 0;
    let of = |known: &Result<Known>| match known {
        Ok(known) => {
            i += 1;
            Ok(Effects::of(learned, i - 1, known, &terms, learned.season()))
        }
        Err(error) => Err(error.clone()),
    };
    let effects = learned.series().iter().map(of).collect();
    (terms, effects)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(terms: Vec<(How, Vec<usize>)>) -> Terms {
        let driver = |at| Driver { at, log: at == 0, unit: [1.0, 2.0][at] };
        Terms { drivers: vec![driver(0), driver(1)], terms, gains: [0.5, 0.25], lift: 0.0, errors: Arc::new([]) }
    }

    fn effects(group: usize, effects: Vec<f64>) -> Effects {
        Effects {
            of: 0,
            group,
            market: group,
            centre: vec![2.0f64.ln(), 0.0],
            effects,
            mean: 1.0,
            slope: 0.5,
            least: 1.0,
            rest: 0.0,
            phases: vec![0.25, -0.25],
            phase: 1,
            last: vec![3.0, 4.0],
            follows: true,
            on_sale: true,
            count: false,
            largest: 9.0,
        }
    }

    fn row(time: i64, values: [f64; 2], follows: bool) -> Row {
        Row { time, values: values.into(), follows, counts: true }
    }

    #[test]
    fn a_driver_acts_by_its_log_or_its_unit() {
        let (own, terms) = (effects(0, Vec::new()), terms(Vec::new()));
        let act = |raw: &[f64]| own.act(&terms, raw, "a", |at| format!("x{at}"));
        assert_eq!(act(&[4.0, 3.0]).unwrap(), [4.0f64.ln() - 2.0f64.ln(), 1.5]);
        for (raw, field) in [([4.0, f64::NAN], "x1"), ([0.0, 3.0], "x0"), ([-1.0, 3.0], "x0")] {
            let error = act(&raw).unwrap_err();
            assert_eq!((error.code(), error.fields()["field"].as_str()), ("INVALID_ARGUMENT", Some(field)));
        }
    }

    #[test]
    fn terms_are_made_of_rows_as_they_are_of_a_panel() {
        use How::{Before, Itself, OthersOfGroup, Product};
        let all = [terms(vec![(Itself, vec![0]), (Product, vec![0, 1]), (Before, vec![1]), (OthersOfGroup, vec![0])])];
        let (a, b) = (effects(0, vec![1.0, 10.0, 100.0, 1000.0]), effects(0, vec![0.0, 0.0, 0.0, 1.0]));
        let rows = [row(1, [0.5, 2.0], true), row(2, [0.25, 1.0], true), row(4, [0.0, 0.0], false)];
        let others = [row(1, [7.0, 0.0], true), row(4, [9.0, 0.0], false)];
        let moved = moves(&all, &[(&a, &rows), (&b, &others)]);
        let by = |own: &[Moved]| own.iter().map(|moved| moved.by).collect::<Vec<f64>>();
        // itself + 10 · product + 100 · the second driver before + 1,000 · the first of the other
        assert_eq!(by(&moved[0]), [0.5 + 10.0 + 400.0 + 7000.0, 0.25 + 2.5 + 200.0, 9000.0]);
        assert_eq!(by(&moved[1]), [0.5, 0.0]);
        // half of what they add about the mean of 1, which is bounded by 5
        assert_eq!(moved[0][0].factor, 2.5f64.exp());
        assert_eq!(moved[1][0].factor, (-0.25f64).exp());
    }

    #[test]
    fn a_group_of_five_has_a_level_in_common() {
        let all = [terms(vec![(How::Itself, vec![1])])];
        let own: Vec<Effects> = (0..6).map(|i| effects(usize::from(i == 5), vec![0.5])).collect();
        let rows = [row(3, [0.0, 1.0], true)];
        let told = |known: usize| {
            let series: Vec<(&Effects, &[Row])> = own.iter().map(|own| (own, &rows[..])).collect();
            let demand = |i: usize| if i < known { (i as f64 + 1.0).exp() } else { f64::NAN };
            let demand: Vec<Vec<f64>> = (0..6).map(|i| vec![demand(i)]).collect();
            let mut moved = moves(&all, &series);
            leave(&all, &series, &demand, &vec![vec![0]; 6], &mut moved);
            moved
        };
        // log demand 1 … 5 less half the driver and the season of −1/4: the median is 2.75
        let moved = told(5);
        assert_eq!(moved.iter().map(|own| own[0].shared).collect::<Vec<f64>>(), [2.75, 2.75, 2.75, 2.75, 2.75, 0.0]);
        assert!((moved[0][0].rest - 0.75).abs() < 1e-12);
        assert!(told(4).iter().all(|own| own[0].shared == 0.0));
        // the level's own part is the mean of two, what is in common too
        let mut level = Level::default();
        level.take(2.0, 1.0, all[0].gains);
        level.take(moved[0][0].rest, moved[0][0].shared, all[0].gains);
        assert!((level.value() - (1.0 + 0.5 * (-2.0 - 1.0) + 1.0 + 0.5 * (2.75 - 1.0))).abs() < 1e-12);
        level.take(0.0, 0.0, all[0].gains);
        assert!((level.value() - (-0.5 * 0.5 + 1.875 * (2.0 / 3.0))).abs() < 1e-12);
    }
}
