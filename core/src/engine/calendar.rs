//! The expiry calendar of the books: stock, costs and forecasts on their way into [`expiry_risk`].

use serde::{Deserialize, Serialize};

use super::view::{View, params};
use crate::base::{Error, LocationId, Quantity, Result, Task};
use crate::event::{Condition, Outside};
use crate::expiry::{ExpiryRisk, ExpiryRiskParams, LocationDay, MAX_DAYS, ShelfDemand, StockedLot, expiry_risk};
use crate::forecast::Forecast;
use crate::ledger::{EntryKind, LotStock, Shelf};

params! {
    /// What to show of the expiry calendar.
    ExpiryCalendarParams {
        /// Days ahead to sum up, each 0 … 36,500: the shortest that a lot falls in is its alert.
        horizons_days: Vec<i32> = vec![30, 60, 90],
        /// Only lots with at most this many days left, 0 … 36,500; else all that expire.
        within_days: Option<i32> = None,
        /// Only this SKU.
        sku: Option<String> = None,
        /// Only this location.
        location: Option<String> = None,
    }
}

/// Weeks that demand is forecast for at most; from then on it goes on like the last of them.
const WEEKS: i32 = 26;
const DAYS_OF_WEEK: usize = 7;

impl View {
    /// Answers what expires when, how much of it the forecast demand will not take in time, what that is worth, and
    /// how many days the lots last.
    ///
    /// Free, held and expired units count; those in quarantine, damaged, opened or on their way do not, and neither do
    /// recalled lots. A unit is worth what it cost at its lot's last receipt, else by the catalogue.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT`, `UNKNOWN_SKU`, `UNKNOWN_LOCATION`; `CANCELLED`.
    pub fn expiry_calendar(&self, params: &ExpiryCalendarParams, task: &Task) -> Result<ExpiryRisk> {
        if let Some(days) = params.within_days.filter(|days| !(0..=MAX_DAYS).contains(days)) {
            return Err(Error::argument("within_days", "0 to 36500", days));
        }
        let (mut lots, mut shelves) = (Vec::new(), Vec::new());
        for (index, shelf) in self.shelves(params.sku.as_deref(), params.location.as_deref())? {
            let before = lots.len();
            lots.extend(self.at_now(index).lots.iter().filter_map(|own| self.stocked(shelf, own)));
            if lots.len() > before {
                shelves.push((index, shelf));
            }
        }
        let last = lots.iter().filter_map(|lot| lot.expires_on).max().unwrap_or(self.today);
        let weeks = ((last - self.today) / DAYS_OF_WEEK as i32 + 1).clamp(1, WEEKS) as usize;
        let forecasts = self.forecasts(&shelves, weeks * DAYS_OF_WEEK, &[], task)?;
        let demand = forecasts.iter().map(|(shelf, forecast)| self.shelf_demand(shelf, forecast)).collect();
        let horizons_days = params.horizons_days.clone();
        let places: std::collections::BTreeSet<_> = shelves.iter().map(|(_, shelf)| shelf.location).collect();
        let day = |location: LocationId| LocationDay {
            location: self.location_key(location).into(),
            today: self.today_at(location),
        };
        let locations = places.into_iter().map(day).collect();
        let mut risk = expiry_risk(&ExpiryRiskParams { lots, today: self.today, locations, demand, horizons_days })?;
        if let Some(within) = params.within_days {
            risk.lots.retain(|lot| lot.days_left.is_some_and(|days| days <= within));
        }
        Ok(risk)
    }

    fn stocked(&self, shelf: &Shelf, own: &LotStock) -> Option<StockedLot> {
        let lot = self.world.ledger.lot(own.lot);
        let units = [Condition::Available, Condition::Held, Condition::Expired].map(|condition| own.of(condition));
        let quantity = units.iter().sum::<i64>();
        if quantity <= 0 || lot.state.recalled {
            return None;
        }
        let life = self.world.ledger.policy(shelf.sku).life;
        let last = lot.state.expires_on?.min(self.today + MAX_DAYS);
        Some(StockedLot {
            sku: self.sku_key(shelf.sku).into(),
            location: self.location_key(shelf.location).into(),
            lot: lot.key.to_string(),
            quantity: Quantity(quantity),
            expires_on: Some(last),
            received_on: lot.state.received_on,
            unit_cost_minor: self.unit_cost_minor(shelf, own),
            min_remaining_days: (last - life.last_day(last)).clamp(0, MAX_DAYS),
        })
    }

    /// What a unit cost at the lot's last receipt, else by the catalogue, else nothing. O(movements since).
    fn unit_cost_minor(&self, shelf: &Shelf, own: &LotStock) -> i64 {
        let (ledger, catalog) = (&self.world.ledger, &self.world.catalog);
        let chain = ledger.book().chain(ledger.lot(own.lot).last_entry, |entry| entry.before_of_lot);
        let mut bought = chain
            .filter(|(_, entry)| entry.kind == EntryKind::Received && entry.from.account() == Some(Outside::Supplier));
        let paid = bought.find_map(|(number, _)| ledger.book().cost(number));
        paid.or(catalog.sku(shelf.sku).cost).map_or(0, |cost| cost.minor)
    }

    fn shelf_demand(&self, shelf: &Shelf, forecast: &Forecast) -> ShelfDemand {
        let mut units_per_day: Vec<f64> = forecast.mean.iter().map(|units| units.max(0.0)).collect();
        // What goes on for ever is a day of the last week's mean, not that week's last day.
        let last_week = units_per_day.iter().rev().take(DAYS_OF_WEEK);
        units_per_day.push(last_week.sum::<f64>() / DAYS_OF_WEEK as f64);
        let (sku, location) = (self.sku_key(shelf.sku).into(), self.location_key(shelf.location).into());
        ShelfDemand { sku, location, units_per_day }
    }
}
