//! What the view answers by way of other domains: forecasts, purchase proposals, segments of people.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::people::Person;
use super::view::{View, params};
use crate::base::{Column, Error, Panel, Quantity, Result, Table, Task};
use crate::demand::DemandRow;
use crate::event::{Purpose, Sku};
use crate::forecast::{self, Forecast};
use crate::ledger::Shelf;
use crate::replenish::{self, Item, PlanParams, Proposal};
use crate::segment::{self, RfmParams};

params! {
    /// What to forecast.
    ForecastParams {
        /// Days to forecast, 1 … 730.
        h: i64 = 28,
        /// Levels of the intervals in percent.
        level: Vec<f64> = vec![80.0],
        /// Only this SKU.
        sku: Option<String> = None,
        /// Only this location.
        location: Option<String> = None,
    }
    /// What to propose.
    PlanPurchasesParams {
        /// Days between two purchases, 1 … 365: an order has to last for the lead time and these.
        review_days: i64 = 28,
        /// Share of cycles without a stock-out that is aimed at, in (0, 1).
        service_level: f64 = 0.95,
        /// Only this location.
        location: Option<String> = None,
        /// Shows also what needs nothing.
        include_zero: bool = false,
    }
    /// How to segment people.
    SegmentsParams {
        /// Scores per dimension, 2 … 10.
        bins: i64 = 5,
    }
}

/// Days in a season of daily demand.
const SEASON_DAYS: usize = 7;

/// Simulated futures of a shelf that a purchase proposal is made from.
const FUTURES: usize = 1_000;

/// The futures of a shelf are the same in every plan: their seed is a hash (FNV-1a) of its keys.
fn seed_of(sku: &str, location: &str) -> u64 {
    let bytes = sku.bytes().chain([0]).chain(location.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl View {
    /// Forecasts the daily demand of each shelf from its complete days: columns `sku`, `location`, `ds`,
    /// `auto`, `auto-lo-80`, `auto-hi-80` …, `model`. Shelves without a complete day in stock are left out.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT`, `UNKNOWN_SKU`, `UNKNOWN_LOCATION`; `CANCELLED`.
    pub fn forecast(&self, params: &ForecastParams, task: &Task) -> Result<Table> {
        if !(1..=730).contains(&params.h) {
            return Err(Error::argument("h", "1 to 730", params.h));
        }
        let shelves = self.shelves(params.sku.as_deref(), params.location.as_deref())?;
        let forecasts = self.forecasts(&shelves, params.h as usize, &params.level, task)?;
        let mut rows = Rows { levels: params.level.clone(), ..Rows::default() };
        for (shelf, forecast) in &forecasts {
            rows.push(self, shelf, forecast);
        }
        rows.table()
    }

    pub(super) fn forecasts<'a>(
        &'a self,
        shelves: &[(usize, &'a Shelf)],
        horizon: usize,
        levels: &[f64],
        task: &Task,
    ) -> Result<Vec<(&'a Shelf, Forecast)>> {
        let mut ids = Vec::new();
        let mut known = Vec::new();
        let (mut values, mut shares, mut offsets) = (Vec::new(), Vec::new(), vec![0]);
        for (index, shelf) in shelves {
            let days = self.complete_days(*index);
            if days.iter().all(|day| day.in_stock < forecast::demand::MIN_SHARE) {
                continue;
            }
            values.extend(days.iter().map(|day| day.y as f64));
            shares.extend(days.iter().map(|day| day.in_stock));
            offsets.push(values.len());
            ids.push(format!("{} at {}", self.sku_key(shelf.sku), self.location_key(shelf.location)));
            known.push(*shelf);
        }
        let panel = Panel::new(ids, values, offsets)?.with_in_stock(shares)?;
        let options =
            forecast::Options { season: SEASON_DAYS, horizon, levels: levels.to_vec(), ..forecast::Options::default() };
        let forecasts = forecast::panel(&panel, &options, task)?;
        Ok(known.into_iter().zip(forecasts).collect())
    }

    fn complete_days(&self, shelf: usize) -> Vec<DemandRow> {
        let mut days = self.demand_of(shelf);
        let today = self.today_at(self.world().ledger.shelves()[shelf].location);
        days.retain(|day| day.ds < today);
        days
    }

    /// Proposes purchases: per shelf whose SKU names a supplier, up to the demand of lead time and
    /// review at the service level (the quantile of 1,000 simulated futures of the forecast), rounded to what the supplier sells, capped by shelf life.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT`, `UNKNOWN_LOCATION`; `CANCELLED`.
    pub fn plan_purchases(&self, params: &PlanPurchasesParams, task: &Task) -> Result<Vec<Proposal>> {
        if !(1..=365).contains(&params.review_days) {
            return Err(Error::argument("review_days", "1 to 365", params.review_days));
        }
        let shelves = self.shelves(None, params.location.as_deref())?;
        let supplied = |(_, shelf): &(usize, &Shelf)| !self.world().catalog.sku(shelf.sku).supplier.is_empty();
        let shelves: Vec<(usize, &Shelf)> = shelves.into_iter().filter(supplied).collect();
        let lead = |shelf: &Shelf| {
            let supplier = &self.world().catalog.sku(shelf.sku).supplier;
            self.world().catalog.supplier(supplier).lead_time_days
        };
        let longest = shelves.iter().map(|(_, shelf)| lead(shelf)).max().unwrap_or(0);
        let horizon = (i64::from(longest) + params.review_days).max(1) as usize;
        let forecasts = self.forecasts(&shelves, horizon, &[], task)?;
        let item = |(shelf, forecast): &(&Shelf, Forecast)| self.item(shelf, forecast, lead(shelf), params);
        let items: Vec<Item> = forecasts.par_iter().map(item).collect();
        replenish::plan(&items, &PlanParams { include_zero: params.include_zero, ..PlanParams::default() })
    }

    fn item(&self, shelf: &Shelf, forecast: &Forecast, lead_time_days: i32, params: &PlanPurchasesParams) -> Item {
        let sku = self.world().catalog.sku(shelf.sku);
        let index = self.world().ledger.shelf_index(shelf.sku, shelf.location).unwrap_or(usize::MAX);
        let location = self.location_key(shelf.location);
        let interval = (i64::from(lead_time_days.max(0)) + params.review_days) as usize;
        // Days that were all alike give futures that are all alike: a count of their mean is the safer level.
        let varies = forecast.sd.iter().any(|sd| *sd > 0.0);
        let totals = if varies { forecast.totals(interval, FUTURES, seed_of(&sku.sku, location)) } else { Vec::new() };
        Item {
            sku: sku.sku.clone(),
            location: location.into(),
            supplier: sku.supplier.clone(),
            available: Quantity(self.available(index)),
            incoming: Quantity(shelf.incoming),
            lead_time_days: lead_time_days.max(0) as u32,
            review_days: params.review_days as u32,
            service_level: params.service_level,
            min_order_qty: Quantity(sku.min_order_qty),
            pack_size: Quantity(sku.pack_size),
            shelf_life_days: self.shelf_life_days(sku).map(|days| days.max(0) as u32),
            min_remaining_days: self.world().ledger.min_remaining_days(shelf.sku, self.today_at(shelf.location)).max(0)
                as u32,
            unit_cost_minor: sku.cost.map(|cost| cost.minor),
            demand_mean: forecast.mean.clone(),
            demand_sd: forecast.sd.clone(),
            demand_total_sd: forecast.total_sd.clone(),
            demand_totals: totals.into_iter().map(|total| total.max(0.0)).collect(),
            p_phantom: self.p_phantom(index),
            ..Item::default()
        }
    }

    /// Days that goods made today keep.
    fn shelf_life_days(&self, sku: &Sku) -> Option<i32> {
        let months = sku.shelf_life_months.map(|months| self.today().add_months(months) - self.today());
        months.or(sku.shelf_life_days)
    }

    /// Segments the people who bought by recency, frequency and money, in the order of their keys.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for `bins` outside 2 … 10.
    pub fn segments(&self, params: &SegmentsParams) -> Result<Table> {
        if !(2..=10).contains(&params.bins) {
            return Err(Error::argument("bins", "2 to 10", params.bins));
        }
        let people = &self.world().people;
        let (mut customers, mut days, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let wanted = |person: &Person| person.allows(Purpose::Marketing) && person.allows(Purpose::Personalisation);
        for (id, person) in people.persons.iter().enumerate().filter(|(_, person)| wanted(person)) {
            for (day, value_minor) in &person.orders {
                customers.push(people.keys.key(id as u32).to_string());
                days.push(*day);
                values.push(*value_minor as f64);
            }
        }
        let purchases = Table::default()
            .with("customer", Column::Text(customers))?
            .with("ds", Column::Day(days))?
            .with("value", Column::Float(values))?;
        let today = Some(self.today());
        segment::rfm(&purchases, &RfmParams { today, bins: params.bins as u32, ..RfmParams::default() })
    }
}

#[derive(Default)]
struct Rows {
    levels: Vec<f64>,
    sku: Vec<String>,
    location: Vec<String>,
    ds: Vec<crate::base::Day>,
    mean: Vec<f64>,
    low: Vec<Vec<f64>>,
    high: Vec<Vec<f64>>,
    model: Vec<String>,
}

impl Rows {
    fn push(&mut self, view: &View, shelf: &Shelf, forecast: &Forecast) {
        self.low.resize(self.levels.len(), Vec::new());
        self.high.resize(self.levels.len(), Vec::new());
        for (step, mean) in forecast.mean.iter().enumerate() {
            self.sku.push(view.sku_key(shelf.sku).into());
            self.location.push(view.location_key(shelf.location).into());
            self.ds.push(view.today_at(shelf.location) + step as i32);
            self.mean.push(*mean);
            self.model.push(forecast.model.name().into());
            for (i, interval) in forecast.intervals.iter().enumerate() {
                self.low[i].push(interval.low[step]);
                self.high[i].push(interval.high[step]);
            }
        }
    }

    fn table(self) -> Result<Table> {
        let mut table = Table::default()
            .with("sku", Column::Text(self.sku))?
            .with("location", Column::Text(self.location))?
            .with("ds", Column::Day(self.ds))?
            .with("auto", Column::Float(self.mean))?;
        let empty = || std::iter::repeat_with(Vec::new);
        let low = self.low.into_iter().chain(empty());
        let high = self.high.into_iter().chain(empty());
        for ((level, low), high) in self.levels.iter().zip(low).zip(high) {
            table.push(format!("auto-lo-{level}"), Column::Float(low))?;
            table.push(format!("auto-hi-{level}"), Column::Float(high))?;
        }
        table.with("model", Column::Text(self.model))
    }
}
