//! A long table with its drivers, read once, and what a window of it knows.

use std::collections::BTreeMap;

use super::super::demand::{Demand, uncensor};
use super::super::table::{Gaps, Series, Step, TableParams, Times, bad_row, group_each, places};
use super::DriverParams;
use super::data::Item;
use crate::base::{Error, Result, Table};

/// The series of a table in the order of their first rows, with their rows ahead.
pub(in crate::forecast) struct Sheet {
    pub(in crate::forecast) times: Times,
    pub(in crate::forecast) step: Step,
    pub(in crate::forecast) season: usize,
    pub(in crate::forecast) lines: Vec<Line>,
    drivers: Vec<String>,
    censored: bool,
}

/// One series: its rows in time order, first those of the history.
pub(in crate::forecast) struct Line {
    pub(in crate::forecast) name: String,
    pub(in crate::forecast) fault: Option<Error>,
    group: String,
    market: String,
    /// Periods of the history.
    pub(in crate::forecast) length: usize,
    places: Vec<usize>,
    pub(in crate::forecast) times: Vec<i64>,
    /// What was sold; `NaN` where that is unknown, as on days off sale and ahead.
    sold: Vec<f64>,
    share: Vec<f64>,
    on_sale: Vec<bool>,
    /// Where each row stands in its frame.
    frame_rows: Vec<usize>,
    /// The drivers of each row.
    drivers: Vec<Vec<f64>>,
}

/// What is read off each row of one table beside its time.
pub(in crate::forecast) struct Columns {
    drivers: Vec<Vec<f64>>,
    on_sale: Option<Vec<f64>>,
}

impl Columns {
    pub(in crate::forecast) fn read(table: &Table, drivers: &DriverParams) -> Result<Columns> {
        Ok(Columns {
            drivers: drivers.drivers.iter().map(|name| table.floats(name)).collect::<Result<_>>()?,
            on_sale: drivers.on_sale.as_deref().map(|name| table.floats(name)).transpose()?,
        })
    }

    /// The drivers of a row.
    pub(in crate::forecast) fn row(&self, row: usize) -> Vec<f64> {
        self.drivers.iter().map(|own| own[row]).collect()
    }

    pub(in crate::forecast) fn is_on_sale(&self, row: usize) -> bool {
        self.on_sale.as_ref().is_none_or(|on| on[row] != 0.0)
    }
}

impl Sheet {
    /// Reads a table and the rows ahead of it: for each of `h` periods, or where that is 0 those that are there.
    pub(in crate::forecast) fn read(
        table: &Table,
        future: Option<&Table>,
        params: &TableParams,
        drivers: &DriverParams,
    ) -> Result<Sheet> {
        let times = params.times(table)?;
        let series = group_each(table, params, &times)?;
        let rhythm = params.rhythm(&times, &series)?;
        Sheet::of(table, future, params, drivers, times, series, rhythm)
    }

    /// The same where the series and the step between their periods are known.
    pub(in crate::forecast) fn of(
        table: &Table,
        future: Option<&Table>,
        params: &TableParams,
        drivers: &DriverParams,
        times: Times,
        mut series: Vec<Series>,
        (step, season): (Step, usize),
    ) -> Result<Sheet> {
        let y = table.floats(&params.target_column)?;
        let share = params.in_stock.as_deref().map(|column| table.floats(column)).transpose()?;
        let columns = Columns::read(table, drivers)?;
        let groups = drivers.group_column.as_deref().map(|column| table.texts(column)).transpose()?;
        let markets = drivers.market_column.as_deref().map(|column| table.texts(column)).transpose()?;
        let later = future.map(|future| Later::read(future, params, drivers, &times)).transpose()?;
        let mut lines = Vec::with_capacity(series.len());
        for one in &mut series {
            let label = |of: &Option<Vec<String>>| of.as_ref().map_or_else(String::new, |of| of[one.rows[0]].clone());
            let mut line = Line::new(one, label(&groups), label(&markets));
            let negative = |row: &usize| y[*row] < 0.0 && columns.is_on_sale(*row);
            let below = one.rows.iter().copied().find(negative).map(|row| {
                let rule = format!("at least 0 with drivers, in series {}", one.name);
                Error::argument(format!("{}[{row}]", params.target_column), rule, y[row])
            });
            line.fault = one.fault.take().or_else(|| bad_row(one, &y, share.as_deref(), params)).or(below);
            let first = times.value[one.rows[0]];
            for (row, place) in one.rows.iter().copied().zip(places(one, &times, step)) {
                while params.gaps == Gaps::Zero && line.places.last().is_some_and(|last| last + 1 < place) {
                    line.repeat(step, first);
                }
                let on_sale = columns.is_on_sale(row);
                let share = share.as_ref().map_or(1.0, |share| share[row]);
                let sold = if on_sale { y[row] } else { f64::NAN };
                let drivers = columns.drivers.iter().map(|own| own[row]);
                line.push(place, times.value[row], row, (sold, share), on_sale, drivers);
            }
            line.length = line.places.last().map_or(0, |last| last + 1);
            if let (Some(later), None) = (&later, &line.fault) {
                line.fault = later.extend(&mut line, params.h, step).err();
            }
            lines.push(line);
        }
        Ok(Sheet { times, step, season, lines, drivers: drivers.drivers.clone(), censored: params.in_stock.is_some() })
    }

    /// What is known of each series and its drivers ahead.
    pub(in crate::forecast) fn whole(&self) -> Window {
        let series = self.lines.iter().map(|line| self.known(line, line.length, usize::MAX)).collect();
        Window { series, step: self.step }
    }

    /// What was known of some series after so many periods, and the drivers of the `horizon` after them; the others have
    /// no place in the window.
    pub(in crate::forecast) fn window(&self, seen: &[Option<usize>], horizon: usize) -> Window {
        let of = |(line, seen): (&Line, &Option<usize>)| match seen {
            Some(seen) => self.known(line, *seen, seen + horizon),
            None => Err(Error::SeriesTooShort { series: line.name.clone(), need: horizon + 1, got: line.length }),
        };
        Window { series: self.lines.iter().zip(seen).map(of).collect(), step: self.step }
    }

    fn known(&self, line: &Line, seen: usize, until: usize) -> Result<Known> {
        if let Some(fault) = &line.fault {
            return Err(fault.clone());
        }
        let (begin, end) = (line.places.partition_point(|p| *p < seen), line.places.partition_point(|p| *p < until));
        let mut item = Item::default();
        let history: Vec<usize> = (0..begin).filter(|row| !line.sold[*row].is_nan()).collect();
        let demand = self.censored.then(|| line.demand(begin, seen)).transpose()?;
        for row in history {
            let place = line.places[row];
            let (y, seen, weight) = match &demand {
                None => (line.sold[row], line.sold[row], 1.0),
                Some((before, demand)) => match place.checked_sub(*before) {
                    Some(at) => (demand.value[at], demand.seen[at], demand.weight[at]),
                    None => continue,
                },
            };
            if !y.is_nan() {
                item.learn(place, line.times[row], row, [y, seen, weight]);
            }
        }
        if item.y.is_empty() {
            return Err(Error::SeriesTooShort { series: line.name.clone(), need: 1, got: 0 });
        }
        item.settle();
        for row in begin..end {
            item.expect(line.places[row], line.times[row], row, line.on_sale[row]);
        }
        for (driver, name) in line.drivers.iter().zip(&self.drivers) {
            if let Some(row) = item.rows.iter().find(|row| !driver[**row].is_finite()) {
                let frame = if line.places[*row] < line.length { "" } else { "future." };
                let field = format!("{frame}{name}[{}]", line.frame_rows[*row]);
                return Err(Error::argument(field, format!("a finite number, in series {}", line.name), driver[*row]));
            }
        }
        let raw = line.drivers.iter().map(|own| item.rows.iter().map(|row| own[*row]).collect()).collect();
        let (group, market, on_sale) = (line.group.clone(), line.market.clone(), line.on_sale[begin - 1]);
        let last = line.drivers.iter().map(|own| own[begin - 1]).collect();
        Ok(Known { name: line.name.clone(), item, raw, seen, last, on_sale, group, market })
    }
}

impl Line {
    fn new(series: &Series, group: String, market: String) -> Line {
        Line {
            name: series.name.clone(),
            fault: None,
            group,
            market,
            length: 0,
            places: Vec::new(),
            times: Vec::new(),
            sold: Vec::new(),
            share: Vec::new(),
            on_sale: Vec::new(),
            frame_rows: Vec::new(),
            drivers: Vec::new(),
        }
    }

    fn push(
        &mut self,
        place: usize,
        time: i64,
        frame_row: usize,
        (sold, share): (f64, f64),
        on_sale: bool,
        drivers: impl ExactSizeIterator<Item = f64>,
    ) {
        self.places.push(place);
        self.times.push(time);
        self.sold.push(sold);
        self.share.push(share);
        self.on_sale.push(on_sale);
        self.frame_rows.push(frame_row);
        self.drivers.resize(drivers.len(), Vec::new());
        self.drivers.iter_mut().zip(drivers).for_each(|(own, value)| own.push(value));
    }

    /// The times that would be told of a series that cannot be forecast: those of its rows ahead, else of `most` periods.
    pub(in crate::forecast) fn expected(&self, step: Step, most: usize) -> Vec<i64> {
        let history = self.places.partition_point(|place| *place < self.length);
        if history < self.times.len() {
            return self.times[history..].to_vec();
        }
        let last = self.times.last().copied().unwrap_or_default();
        (1..=most as i64).map(|period| step.after(last, period)).collect()
    }

    /// A period without a row, in which nothing was sold, has the drivers of the one before.
    fn repeat(&mut self, step: Step, first: i64) {
        let last = self.places.len() - 1;
        let place = self.places[last] + 1;
        let on_sale = self.on_sale[last];
        let drivers: Vec<f64> = self.drivers.iter().map(|own| own[last]).collect();
        let sold = if on_sale { 0.0 } else { f64::NAN };
        let frame_row = self.frame_rows[last];
        self.push(place, step.after(first, place as i64), frame_row, (sold, 1.0), on_sale, drivers.into_iter());
    }

    /// Demand behind the sales of the first periods, and how many unknown ones come before it.
    fn demand(&self, rows: usize, seen: usize) -> Result<(usize, Demand)> {
        let (mut sold, mut share) = (vec![f64::NAN; seen], vec![0.0; seen]);
        for row in 0..rows {
            (sold[self.places[row]], share[self.places[row]]) = (self.sold[row], self.share[row]);
        }
        let demand = uncensor(&self.name, &sold, Some(&share))?;
        Ok((seen - demand.value.len(), demand))
    }
}

/// The rows ahead.
pub(in crate::forecast) struct Later {
    times: Times,
    series: BTreeMap<String, Series>,
    pub(in crate::forecast) columns: Columns,
}

impl Later {
    pub(in crate::forecast) fn read(
        future: &Table,
        params: &TableParams,
        drivers: &DriverParams,
        past: &Times,
    ) -> Result<Later> {
        let times = Times::read(future, &params.time_column)?;
        if !times.is_kind_of(past) {
            let expected = "times of the same kind as in df".to_string();
            let got = future.column(&params.time_column)?.kind().into();
            return Err(Error::WrongColumnType { column: params.time_column.clone(), expected, got });
        }
        let series = group_each(future, params, &times)?.into_iter().map(|one| (one.name.clone(), one)).collect();
        Ok(Later { times, series, columns: Columns::read(future, drivers)? })
    }

    /// The rows of a series after its last: for each of `h` periods, or where that is 0 those that are there.
    pub(in crate::forecast) fn rows(&self, name: &str, last: i64, h: usize, step: Step) -> Result<Vec<usize>> {
        let own = self.series.get(name);
        if let Some(fault) = own.and_then(|own| own.fault.clone()) {
            return Err(fault);
        }
        let time_of = |row: &usize| self.times.value[*row];
        let rows = own.map_or(&[][..], |own| &own.rows[own.rows.partition_point(|row| time_of(row) <= last)..]);
        let mut rows = rows.to_vec();
        if h > 0 {
            let at = |period: i64| {
                let time = step.after(last, period);
                rows.binary_search_by_key(&time, time_of).map(|at| rows[at]).map_err(|_| {
                    let rule = format!("a row for {} of series {name}", self.times.spelled(time));
                    Error::argument("future", rule, "none")
                })
            };
            rows = (1..=h as i64).map(at).collect::<Result<_>>()?;
        }
        if rows.is_empty() {
            let rule = format!("a row after {} of series {name}", self.times.spelled(last));
            return Err(Error::argument("future", rule, "none"));
        }
        Ok(rows)
    }

    fn extend(&self, line: &mut Line, h: usize, step: Step) -> Result<()> {
        let last = line.times.last().copied().unwrap_or_default();
        let rows = self.rows(&line.name, last, h, step)?;
        for (index, row) in rows.into_iter().enumerate() {
            let time = self.times.value[row];
            let place = line.length - 1 + (step.between(last, time).max(1) as usize).max(index + 1);
            let drivers = self.columns.row(row).into_iter();
            line.push(place, time, row, (f64::NAN, 1.0), self.columns.is_on_sale(row), drivers);
        }
        Ok(())
    }
}

/// What is known of one series at the end of a window.
pub(in crate::forecast) struct Known {
    pub(super) name: String,
    pub(super) item: Item,
    /// The drivers of each row of the item.
    pub(super) raw: Vec<Vec<f64>>,
    /// Periods of the history that the window sees.
    pub(super) seen: usize,
    /// The drivers of its last row in the history, and whether it was on sale then.
    pub(super) last: Vec<f64>,
    pub(super) on_sale: bool,
    pub(super) group: String,
    pub(super) market: String,
}

impl Known {
    /// The periods after the window that are asked for, from 0.
    pub(in crate::forecast) fn steps(&self) -> Vec<usize> {
        self.item.places[self.item.known..].iter().map(|place| place - self.seen).collect()
    }

    /// The times of the periods that are asked for.
    pub(in crate::forecast) fn times(&self) -> &[i64] {
        &self.item.times[self.item.known..]
    }
}

/// A window of a sheet: of each series what is known, or what is wrong with it.
pub(in crate::forecast) struct Window {
    pub(in crate::forecast) series: Vec<Result<Known>>,
    pub(super) step: Step,
}

impl Window {
    pub(super) fn sound(&self) -> impl Iterator<Item = &Known> {
        self.series.iter().filter_map(|known| known.as_ref().ok())
    }

    /// The most rows ahead of a series.
    pub(super) fn ahead(&self) -> usize {
        self.sound().map(|known| known.item.places.len() - known.item.known).max().unwrap_or(0)
    }
}
