//! The rows of a panel with its drivers and what is made of them.

use serde::{Deserialize, Serialize};

use super::DriverParams;
use super::sheet::Window;
use crate::base::Interner;

/// One series: its known rows and those ahead, in time order.
#[derive(Clone, Default)]
pub(super) struct Item {
    pub(super) group: usize,
    pub(super) market: usize,
    /// Rows of the history; the rest is ahead.
    pub(super) known: usize,
    /// Periods from the first of the panel to place 0, or whole seasons more.
    pub(super) start: i64,
    pub(super) places: Vec<usize>,
    pub(super) times: Vec<i64>,
    /// Which row of its line each is.
    pub(super) rows: Vec<usize>,
    /// Number of each row's time among all times of the panel.
    pub(super) slots: Vec<usize>,
    /// Demand as it came, and its log.
    pub(super) y: Vec<f64>,
    pub(super) log: Vec<f64>,
    /// What was seen of the demand, and how far each value is trusted: the share in stock.
    pub(super) seen: Vec<f64>,
    pub(super) weight: Vec<f64>,
    /// Terms by row.
    pub(super) x: Vec<f64>,
    /// Mean absolute first difference, by which errors are divided.
    pub(super) scale: f64,
    pub(super) nothing: bool,
    /// Whether all known values are whole numbers.
    pub(super) count: bool,
    /// Rows ahead on which it is not on sale.
    pub(super) off: Vec<bool>,
}

impl Item {
    pub(super) fn floor(&self, log: f64) -> f64 {
        if self.nothing { 0.0 } else { log.min(700.0).exp() }
    }

    /// The largest demand that was seen.
    pub(super) fn largest(&self) -> f64 {
        self.y.iter().copied().fold(0.0, f64::max)
    }

    /// The phase of the season in which a row is, the same for all series of a time.
    pub(super) fn phase(&self, row: usize, season: usize) -> usize {
        self.phase_at(self.places[row], season)
    }

    /// The phase of a place.
    pub(super) fn phase_at(&self, place: usize, season: usize) -> usize {
        (self.start.rem_euclid(season as i64) as usize + place) % season
    }

    /// Periods from the last that is known, which is −1, to a row ahead.
    pub(super) fn step(&self, row: usize) -> usize {
        self.places[row].saturating_sub(self.places[self.known - 1] + 1)
    }
}

/// How a term is made of drivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum How {
    Itself,
    Product,
    Before,
    OthersOfMarket,
    OthersOfGroup,
}

pub(super) struct Term {
    pub(super) name: String,
    pub(super) how: How,
    pub(super) log: bool,
    /// The drivers that it is made of.
    pub(super) of: Vec<usize>,
    /// What the driver was divided by.
    pub(super) unit: f64,
}

impl Term {
    fn made(&self, how: How, name: &str) -> Term {
        Term { name: format!("{} {name}", self.name), how, log: self.log, of: self.of.clone(), unit: self.unit }
    }
}

pub(super) struct Data {
    pub(super) items: Vec<Item>,
    /// Which drivers are looked at; the first terms are they, one after the other.
    pub(super) drivers: Vec<usize>,
    pub(super) terms: Vec<Term>,
    /// Kinds of terms made of the drivers.
    pub(super) made: Vec<Vec<usize>>,
    /// The series of each group.
    pub(super) groups: Vec<Vec<usize>>,
    /// Different times.
    pub(super) slots: usize,
    pub(super) horizon: usize,
}

impl Data {
    /// What is known in a window and some of the drivers, by their positions; `horizon` is 0 for the rows ahead.
    pub(super) fn new(window: &Window, drivers: &DriverParams, kept: &[usize], horizon: usize) -> Data {
        let (mut groups, mut markets) = (Interner::default(), Interner::default());
        let (mut items, mut raw) = (Vec::new(), Vec::new());
        let begin = window.sound().map(|known| known.item.times[0]).min().unwrap_or(0);
        for known in window.sound() {
            let start = window.step.between(begin, known.item.times[0]) - known.item.places[0] as i64;
            let (group, market) = (groups.intern(&known.group) as usize, markets.intern(&known.market) as usize);
            items.push(Item { group, market, start, ..known.item.clone() });
            raw.push(kept.iter().map(|driver| &known.raw[*driver][..]).collect::<Vec<&[f64]>>());
        }
        let horizon = if horizon > 0 { horizon } else { window.ahead() };
        let (drivers_of, none) = (kept.to_vec(), Vec::new());
        let mut data =
            Data { items, drivers: drivers_of, terms: Vec::new(), made: none, groups: Vec::new(), slots: 0, horizon };
        data.group_up();
        let names: Vec<&String> = kept.iter().map(|driver| &drivers.drivers[*driver]).collect();
        data.build(&raw, &names, drivers.market_column.is_some(), drivers.group_column.is_some());
        data
    }

    /// The series of each group, and the slots of the times.
    fn group_up(&mut self) {
        let mut slots: Vec<i64> = self.items.iter().flat_map(|item| item.times.iter().copied()).collect();
        slots.sort_unstable();
        slots.dedup();
        self.slots = slots.len();
        for (i, item) in self.items.iter_mut().enumerate() {
            item.slots = item.times.iter().map(|time| slots.partition_point(|slot| slot < time)).collect();
            self.groups.resize(self.groups.len().max(item.group + 1), Vec::new());
            self.groups[item.group].push(i);
        }
    }

    /// The terms: drivers, their products in pairs, the period before, the others of the market and of the group.
    fn build(&mut self, raw: &[Vec<&[f64]>], names: &[&String], marketed: bool, grouped: bool) {
        let k = names.len();
        let mut values: Vec<Vec<Vec<f64>>> = Vec::new(); // driver, series, row
        for (d, name) in names.iter().enumerate() {
            let all = || raw.iter().flat_map(|own| own[d].iter().copied());
            let first = all().next().unwrap_or(0.0);
            let other = all().find(|v| *v != first).unwrap_or(first);
            let two = all().all(|v| v == first || v == other);
            let log = !two && all().all(|v| v > 0.0);
            let n = all().count().max(1) as f64;
            let mean = all().sum::<f64>() / n;
            let sd = (all().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            let zero_one = two && first * other == 0.0 && first + other == 1.0;
            let unit = if log || zero_one || sd <= 0.0 { 1.0 } else { sd };
            let relative = |(own, item): (&Vec<&[f64]>, &Item)| {
                let centre = if log { median(&own[d][..item.known]).ln() } else { 0.0 };
                own[d].iter().map(|v| if log { v.ln() - centre } else { v / unit }).collect::<Vec<f64>>()
            };
            values.push(raw.iter().zip(&self.items).map(relative).collect());
            self.terms.push(Term { name: name.to_string(), how: How::Itself, log, of: vec![d], unit });
        }
        for a in 0..k {
            for b in a + 1..k {
                let (one, two) = (&self.terms[a], &self.terms[b]);
                let term = Term {
                    name: format!("{} × {}", one.name, two.name),
                    how: How::Product,
                    log: one.log || two.log,
                    of: vec![a, b],
                    unit: one.unit * two.unit,
                };
                let product = |i: usize| values[a][i].iter().zip(&values[b][i]).map(|(x, y)| x * y).collect();
                let product: Vec<Vec<f64>> = (0..self.items.len()).map(product).collect();
                if !is_like(&product, &values[a]) && !is_like(&product, &values[b]) {
                    values.push(product);
                    self.terms.push(term);
                }
            }
        }
        let mut ends = vec![k, self.terms.len()];
        for d in 0..k {
            let before = |(item, own): (&Item, &Vec<f64>)| {
                let at = |row: usize| {
                    let last = row.checked_sub(1).filter(|last| item.places[*last] + 1 == item.places[row]);
                    last.map_or(0.0, |last| own[last])
                };
                (0..own.len()).map(at).collect()
            };
            let lagged = self.items.iter().zip(&values[d]).map(before).collect();
            values.push(lagged);
            self.terms.push(self.terms[d].made(How::Before, "before"));
        }
        ends.push(self.terms.len());
        if marketed {
            for d in 0..k {
                values.push(self.of_others(&values[d], |item| item.market));
                self.terms.push(self.terms[d].made(How::OthersOfMarket, "of others"));
            }
        }
        ends.push(self.terms.len());
        if grouped {
            for d in 0..k {
                values.push(self.of_others(&values[d], |item| item.group));
                self.terms.push(self.terms[d].made(How::OthersOfGroup, "of the group"));
            }
        }
        ends.push(self.terms.len());
        self.made = ends
            .windows(2)
            .map(|pair| (pair[0]..pair[1]).collect())
            .filter(|kind: &Vec<usize>| !kind.is_empty())
            .collect();
        for (i, item) in self.items.iter_mut().enumerate() {
            item.x = (0..item.places.len()).flat_map(|row| values.iter().map(move |own| own[i][row])).collect();
        }
    }

    fn of_others(&self, own: &[Vec<f64>], place: fn(&Item) -> usize) -> Vec<Vec<f64>> {
        let rows = self.items.iter().zip(own).map(|(item, own)| (place(item), &item.times[..], &own[..]));
        of_others(rows)
    }
}

/// The mean of the others' values of each row in the same place at the same time; 0 without any.
pub(super) fn of_others<'a, P: Ord + Copy>(
    rows: impl Iterator<Item = (P, &'a [i64], &'a [f64])> + Clone,
) -> Vec<Vec<f64>> {
    let mut sums = std::collections::BTreeMap::<(P, i64), (f64, f64)>::new();
    for (place, times, values) in rows.clone() {
        for (time, value) in times.iter().zip(values) {
            let sum = sums.entry((place, *time)).or_default();
            *sum = (sum.0 + value, sum.1 + 1.0);
        }
    }
    let mean = |(place, times, values): (P, &[i64], &[f64])| {
        let at = |(time, value): (&i64, &f64)| match sums.get(&(place, *time)) {
            Some((sum, n)) if *n > 1.0 => (sum - value) / (n - 1.0),
            _ => 0.0,
        };
        times.iter().zip(values).map(at).collect()
    };
    rows.map(mean).collect()
}

impl Item {
    /// A row of the history: its demand, what was seen of it and how far that is trusted.
    pub(super) fn learn(&mut self, place: usize, time: i64, row: usize, [y, seen, weight]: [f64; 3]) {
        self.places.push(place);
        self.times.push(time);
        self.rows.push(row);
        self.y.push(y);
        self.seen.push(seen);
        self.weight.push(weight);
    }

    /// A row ahead.
    pub(super) fn expect(&mut self, place: usize, time: i64, row: usize, on_sale: bool) {
        self.places.push(place);
        self.times.push(time);
        self.rows.push(row);
        self.off.push(!on_sale);
    }

    /// What the log is taken of where nothing sold: half the least that did.
    pub(super) fn least(&self) -> f64 {
        let least = self.y.iter().copied().filter(|y| *y > 0.0).fold(f64::INFINITY, f64::min);
        if least.is_infinite() { 1.0 } else { least / 2.0 }
    }

    /// The history is told.
    pub(super) fn settle(&mut self) {
        self.known = self.y.len();
        self.nothing = self.largest() == 0.0;
        self.count = self.seen.iter().all(|y| y.fract() == 0.0);
        let floor = self.least();
        self.log = self.y.iter().map(|y| y.max(floor).ln()).collect();
        let steps = self.y.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>();
        self.scale = steps / (self.y.len().max(2) - 1) as f64;
    }
}

/// Whether a product says hardly more than one of its drivers: deal × advert where no advert comes without a deal.
fn is_like(product: &[Vec<f64>], driver: &[Vec<f64>]) -> bool {
    let pairs = || product.iter().flatten().zip(driver.iter().flatten());
    let off: f64 = pairs().map(|(product, driver)| (product - driver).powi(2)).sum();
    off <= 1e-3 * pairs().map(|(_, driver)| driver * driver).sum::<f64>()
}

pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { (sorted[half - 1] + sorted[half]) / 2.0 }
}
