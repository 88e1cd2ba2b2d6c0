//! The rows of a panel with its drivers and what is made of them.

use super::super::table::{Series, Step, TableParams, Times, group, places};
use super::DriverParams;
use crate::base::{Error, Interner, Result, Table};

/// One series: its known rows and those ahead, in time order.
pub(super) struct Item {
    pub(super) name: String,
    pub(super) group: usize,
    /// Rows of the history; the rest is ahead.
    pub(super) known: usize,
    pub(super) places: Vec<usize>,
    pub(super) times: Vec<i64>,
    /// Number of each row's time among all times of the panel.
    pub(super) slots: Vec<usize>,
    /// Demand as it came, and its log.
    pub(super) y: Vec<f64>,
    pub(super) log: Vec<f64>,
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

    /// An end of an interval: a whole number where all values are.
    pub(super) fn end(&self, log: f64) -> f64 {
        if self.count { self.floor(log).round() } else { self.floor(log) }
    }

    /// Periods from the last that is known, which is −1, to a row ahead.
    pub(super) fn step(&self, row: usize) -> usize {
        self.places[row].saturating_sub(self.places[self.known - 1] + 1)
    }
}

pub(super) struct Term {
    pub(super) name: String,
    pub(super) log: bool,
    /// The drivers that it is made of.
    pub(super) of: Vec<usize>,
    /// What the driver was divided by.
    pub(super) unit: f64,
}

impl Term {
    fn made(&self, how: &str) -> Term {
        Term { name: format!("{} {how}", self.name), log: self.log, of: self.of.clone(), unit: self.unit }
    }
}

pub(super) struct Data {
    pub(super) items: Vec<Item>,
    pub(super) terms: Vec<Term>,
    /// Kinds of terms made of the drivers.
    pub(super) made: Vec<Vec<usize>>,
    pub(super) times: Times,
    /// The series of each group.
    pub(super) groups: Vec<Vec<usize>>,
    /// Different times.
    pub(super) slots: usize,
    pub(super) horizon: usize,
}

impl Data {
    pub(super) fn read(table: &Table, future: Option<&Table>, params: &DriverParams) -> Result<Data> {
        let columns = params.columns();
        let times = Times::read(table, &params.time_column)?;
        let series = group(table, &columns, &times)?;
        let step = times.step(&series);
        let y = table.floats(&params.target_column)?;
        let past = params.drivers.iter().map(|name| table.floats(name)).collect::<Result<Vec<_>>>()?;
        let on_sale = params.on_sale.as_deref().map(|name| table.floats(name)).transpose()?;
        let groups = labels(table, params.group_column.as_deref())?;
        let markets = labels(table, params.market_column.as_deref())?;
        let later = future.map(|future| Later::read(future, params, &columns, &times)).transpose()?;
        let (mut items, mut market, mut raw) = (Vec::new(), Vec::new(), Vec::new());
        for one in &series {
            let grid = places(one, &times, step);
            let mut item = Item {
                name: one.name.clone(),
                group: groups[one.rows[0]],
                known: 0,
                places: Vec::new(),
                times: Vec::new(),
                slots: Vec::new(),
                y: Vec::new(),
                log: Vec::new(),
                x: Vec::new(),
                scale: 0.0,
                nothing: false,
                count: false,
                off: Vec::new(),
            };
            let mut own = vec![Vec::new(); params.drivers.len()];
            for (index, (row, place)) in one.rows.iter().zip(grid).enumerate() {
                if y[*row].is_nan() || on_sale.as_ref().is_some_and(|on| on[*row] == 0.0) {
                    continue;
                }
                if y[*row] < 0.0 {
                    let rule = format!("at least 0 in series {}", one.name);
                    return Err(Error::argument(params.target_column.clone(), rule, y[*row]));
                }
                if !y[*row].is_finite() {
                    return Err(Error::NanInSeries { series: one.name.clone(), index, got: y[*row].to_string() });
                }
                item.push(place, times.value[*row], y[*row]);
                for (driver, own) in past.iter().zip(&mut own) {
                    own.push(driver[*row]);
                }
            }
            check_finite(&own, one, params)?;
            item.known = item.y.len();
            if item.known == 0 {
                return Err(Error::SeriesTooShort { series: one.name.clone(), need: 1, got: 0 });
            }
            item.settle();
            if let Some(later) = &later {
                later.extend(&mut item, &mut own, one, params, &times, step)?;
            }
            market.push(markets[one.rows[0]]);
            raw.push(own);
            items.push(item);
        }
        let ahead = items.iter().map(|item| item.places.len() - item.known).max().unwrap_or(0);
        let horizon = params.h.unwrap_or(if ahead > 0 { ahead } else { 14 });
        let mut data =
            Data { items, terms: Vec::new(), made: Vec::new(), times, groups: Vec::new(), slots: 0, horizon };
        data.group_up(params);
        data.build(&raw, params, &market);
        Ok(data)
    }

    /// Groups without gaps in their numbers, and the slots of the times.
    fn group_up(&mut self, params: &DriverParams) {
        let mut slots: Vec<i64> = self.items.iter().flat_map(|item| item.times.iter().copied()).collect();
        slots.sort_unstable();
        slots.dedup();
        self.slots = slots.len();
        let most = self.items.iter().map(|item| item.group).max().unwrap_or(0);
        self.groups = vec![Vec::new(); if params.group_column.is_some() { most + 1 } else { 1 }];
        for (i, item) in self.items.iter_mut().enumerate() {
            item.slots = item.times.iter().map(|time| slots.partition_point(|slot| slot < time)).collect();
            self.groups[item.group].push(i);
        }
        self.groups.retain(|members| !members.is_empty());
        for (group, members) in self.groups.iter().enumerate() {
            members.iter().for_each(|i| self.items[*i].group = group);
        }
    }

    /// The terms: drivers, their products in pairs, the period before, the others of the market and of the group.
    fn build(&mut self, raw: &[Vec<Vec<f64>>], params: &DriverParams, market: &[usize]) {
        let k = params.drivers.len();
        let mut values: Vec<Vec<Vec<f64>>> = Vec::new(); // driver, series, row
        for (d, name) in params.drivers.iter().enumerate() {
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
            let relative = |(own, item): (&Vec<Vec<f64>>, &Item)| {
                let centre = if log { median(&own[d][..item.known]).ln() } else { 0.0 };
                own[d].iter().map(|v| if log { v.ln() - centre } else { v / unit }).collect::<Vec<f64>>()
            };
            values.push(raw.iter().zip(&self.items).map(relative).collect());
            self.terms.push(Term { name: name.clone(), log, of: vec![d], unit });
        }
        for a in 0..k {
            for b in a + 1..k {
                let (one, two) = (&self.terms[a], &self.terms[b]);
                let term = Term {
                    name: format!("{} × {}", one.name, two.name),
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
            self.terms.push(self.terms[d].made("before"));
        }
        ends.push(self.terms.len());
        if params.market_column.is_some() {
            for d in 0..k {
                values.push(self.of_others(&values[d], market));
                self.terms.push(self.terms[d].made("of others"));
            }
        }
        ends.push(self.terms.len());
        if params.group_column.is_some() {
            let group: Vec<usize> = self.items.iter().map(|item| item.group).collect();
            for d in 0..k {
                values.push(self.of_others(&values[d], &group));
                self.terms.push(self.terms[d].made("of the group"));
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

    fn of_others(&self, own: &[Vec<f64>], market: &[usize]) -> Vec<Vec<f64>> {
        let mut sums = std::collections::BTreeMap::<(usize, i64), (f64, f64)>::new();
        for ((item, own), market) in self.items.iter().zip(own).zip(market) {
            for (time, value) in item.times.iter().zip(own) {
                let sum = sums.entry((*market, *time)).or_default();
                *sum = (sum.0 + value, sum.1 + 1.0);
            }
        }
        let mean = |((item, own), market): ((&Item, &Vec<f64>), &usize)| {
            let at = |(time, value): (&i64, &f64)| match sums.get(&(*market, *time)) {
                Some((sum, n)) if *n > 1.0 => (sum - value) / (n - 1.0),
                _ => 0.0,
            };
            item.times.iter().zip(own).map(at).collect()
        };
        self.items.iter().zip(own).zip(market).map(mean).collect()
    }
}

impl Item {
    fn push(&mut self, place: usize, time: i64, y: f64) {
        self.places.push(place);
        self.times.push(time);
        self.y.push(y);
    }

    /// Logs, where nothing sold that of half the least that did.
    fn settle(&mut self) {
        let least = self.y.iter().copied().filter(|y| *y > 0.0).fold(f64::INFINITY, f64::min);
        self.nothing = least.is_infinite();
        self.count = self.y.iter().all(|y| y.fract() == 0.0);
        let floor = if self.nothing { 1.0 } else { least / 2.0 };
        self.log = self.y.iter().map(|y| y.max(floor).ln()).collect();
        let steps = self.y.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>();
        self.scale = steps / (self.y.len().max(2) - 1) as f64;
    }
}

/// The rows ahead.
pub(super) struct Later {
    pub(super) times: Times,
    pub(super) series: Vec<Series>,
    pub(super) drivers: Vec<Vec<f64>>,
    pub(super) on_sale: Option<Vec<f64>>,
}

impl Later {
    fn read(future: &Table, params: &DriverParams, columns: &TableParams, past: &Times) -> Result<Later> {
        let times = Times::read(future, &params.time_column)?;
        if !times.is_kind_of(past) {
            let expected = "times of the same kind as in df".to_string();
            let got = future.column(&params.time_column)?.kind().into();
            return Err(Error::WrongColumnType { column: params.time_column.clone(), expected, got });
        }
        let series = group(future, columns, &times)?;
        let drivers = params.drivers.iter().map(|name| future.floats(name)).collect::<Result<Vec<_>>>()?;
        let on_sale = params.on_sale.as_deref().map(|name| future.floats(name)).transpose()?;
        Ok(Later { times, series, drivers, on_sale })
    }

    fn extend(
        &self,
        item: &mut Item,
        own: &mut [Vec<f64>],
        past: &Series,
        params: &DriverParams,
        times: &Times,
        step: Step,
    ) -> Result<()> {
        let last_row = past.rows.last().copied().unwrap_or_default();
        let (last, last_place) = (times.value[last_row], places(past, times, step).last().copied().unwrap_or_default());
        let rows = self.series.iter().find(|one| one.name == past.name).map_or(&[][..], |one| &one.rows[..]);
        let mut rows: Vec<usize> = rows.iter().copied().filter(|row| self.times.value[*row] > last).collect();
        if let Some(h) = params.h {
            let wanted: Vec<i64> = (1..=h as i64).map(|period| step.after(last, period)).collect();
            let lacking = wanted.iter().find(|time| !rows.iter().any(|row| self.times.value[*row] == **time));
            if let Some(time) = lacking {
                let rule = format!("a row for {} of series {}", self.times.spelled(*time), past.name);
                return Err(Error::argument("future", rule, "none"));
            }
            rows.retain(|row| wanted.contains(&self.times.value[*row]));
        }
        if rows.is_empty() {
            let rule = format!("a row after {} of series {}", times.spelled(last), past.name);
            return Err(Error::argument("future", rule, "none"));
        }
        for (index, row) in rows.iter().enumerate() {
            let time = self.times.value[*row];
            item.places.push(last_place + (step.between(last, time).max(1) as usize).max(index + 1));
            item.times.push(time);
            item.off.push(self.on_sale.as_ref().is_some_and(|on| on[*row] == 0.0));
            for (driver, own) in self.drivers.iter().zip(own.iter_mut()) {
                own.push(driver[*row]);
            }
        }
        check_finite(own, past, params)
    }
}

pub(super) fn check_finite(own: &[Vec<f64>], series: &Series, params: &DriverParams) -> Result<()> {
    for (driver, name) in own.iter().zip(&params.drivers) {
        if let Some(index) = driver.iter().position(|v| !v.is_finite()) {
            let series = format!("{name} of {}", series.name);
            return Err(Error::NanInSeries { series, index, got: driver[index].to_string() });
        }
    }
    Ok(())
}

/// Whether a product says hardly more than one of its drivers: deal × advert where no advert comes without a deal.
fn is_like(product: &[Vec<f64>], driver: &[Vec<f64>]) -> bool {
    let pairs = || product.iter().flatten().zip(driver.iter().flatten());
    let off: f64 = pairs().map(|(product, driver)| (product - driver).powi(2)).sum();
    off <= 1e-3 * pairs().map(|(_, driver)| driver * driver).sum::<f64>()
}

fn labels(table: &Table, column: Option<&str>) -> Result<Vec<usize>> {
    let Some(column) = column else { return Ok(vec![0; table.rows()]) };
    let mut names = Interner::default();
    Ok(table.texts(column)?.iter().map(|name| names.intern(name) as usize).collect())
}

pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { (sorted[half - 1] + sorted[half]) / 2.0 }
}
