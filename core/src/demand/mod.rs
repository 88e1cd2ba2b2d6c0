//! Demand: what was sold each day, and how much of the day it could be bought.
//!
//! A fold over stock events, one daily series a shelf (SKU × location). Sales are censored by
//! empty shelves; the empty time of each day is kept in milliseconds, exactly. Since the last
//! proof of stock (a sale, a receipt, a count) the record may be wrong: the belief that the shelf
//! is empty in truth (phantom stock) censors those days too.
//!
//! A series keeps at least the last 1,096 days.

use serde::{Deserialize, Serialize};

use crate::base::units::{DAY_MS, HISTORY_DAYS};
use crate::base::{Chunked, Day, Timestamp};
use crate::event::{Account, ComplaintKind, Condition, Event, StockEvent, StockKind};
use crate::ledger::{EventDay, Ledger, Touched};

/// Days of sales from which the usual daily rate is estimated.
const RATE_DAYS: usize = 56;

/// The demand of one shelf.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ShelfDemand {
    first_day: Option<Day>,
    /// Each day from the first on.
    tallies: Vec<Tally>,
    empty_since: Option<Timestamp>,
    /// The last day on which a lot that is there may be sold, where that ends.
    good_until: Option<Day>,
    proven_on: Day,
    complaints: i64,
}

/// What is kept of a day: units sold, and how long the shelf was empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Tally {
    units: i64,
    empty_ms: i64,
}

/// What speaks for an empty shelf since stock was last proven by a sale, a receipt or a count.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Evidence {
    /// Units that usually sell a day.
    pub daily_rate: f64,
    /// Whole days without a sale.
    pub zero_sale_days: i64,
    /// "Was not available" complaints.
    pub complaints: i64,
}

/// One day of a shelf.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DemandDay {
    /// The day.
    pub ds: Day,
    /// Units sold.
    pub y: i64,
    /// Share of the day in which the shelf could be bought from, 0–1, belief in phantom stock included.
    pub in_stock: f64,
}

impl ShelfDemand {
    fn slot(&mut self, day: Day) -> usize {
        let first = *self.first_day.get_or_insert(day);
        if day < first {
            return self.slot_before(first, day);
        }
        let mut slot = (day - first) as usize;
        if slot >= 2 * HISTORY_DAYS {
            let dropped = slot + 1 - HISTORY_DAYS;
            self.tallies.drain(..dropped.min(self.tallies.len()));
            self.first_day = Some(first + dropped as i32);
            slot = HISTORY_DAYS - 1;
        }
        if slot >= self.tallies.len() {
            self.tallies.resize(slot + 1, Tally::default());
        }
        slot
    }

    /// A late fact of a day before the first: the series begins earlier, as far as its length allows.
    fn slot_before(&mut self, first: Day, day: Day) -> usize {
        let room = (2 * HISTORY_DAYS).saturating_sub(self.tallies.len());
        let missing = ((first - day) as usize).min(room);
        self.tallies.splice(0..0, std::iter::repeat_n(Tally::default(), missing));
        self.first_day = Some(first + -(missing as i32));
        0
    }

    /// How many days are kept.
    pub fn len(&self) -> usize {
        self.tallies.len()
    }

    /// Whether no day is kept.
    pub fn is_empty(&self) -> bool {
        self.tallies.is_empty()
    }

    fn prove(&mut self, day: Day) {
        self.proven_on = day;
        self.complaints = 0;
    }

    fn watch(&mut self, filled: bool, at: Timestamp, offset: i32) {
        match (filled, self.empty_since) {
            (true, Some(since)) => {
                self.spread(since, at, offset);
                self.empty_since = None;
            }
            (false, None) => self.empty_since = Some(at),
            _ => {}
        }
    }

    /// Since when nothing can be sold: since the last unit left, or the midnight at which the last lot ran out.
    fn empty_at(&self, now: Timestamp, offset: i32) -> Option<Timestamp> {
        let ran_out = self.good_until.map(|day| (day + 1).start(offset)).filter(|at| *at <= now);
        self.empty_since.or(ran_out)
    }

    fn spread(&mut self, since: Timestamp, until: Timestamp, offset: i32) {
        let last = until.day(offset);
        let mut day = since.day(offset).max(last + -(2 * HISTORY_DAYS as i32));
        while day <= last {
            let slot = self.slot(day);
            self.tallies[slot].empty_ms += overlap_ms(day, since, until, offset);
            day = day + 1;
        }
    }

    /// Mean units a day over the last days before `today` on which the books had stock, the quiet ones
    /// after the last event included.
    fn rate(&self, quiet_days: i64) -> f64 {
        let recorded = RATE_DAYS.saturating_sub(quiet_days as usize);
        let first = self.tallies.len().saturating_sub(recorded);
        let stocked = (first..self.tallies.len()).filter(|i| self.has_stock(*i));
        let (units, days) = stocked.fold((0, quiet_days), |(units, days), i| (units + self.tallies[i].units, days + 1));
        if days == 0 { 0.0 } else { units as f64 / days as f64 }
    }

    fn has_stock(&self, slot: usize) -> bool {
        self.tallies[slot].empty_ms * 2 < DAY_MS
    }

    /// What speaks for an empty shelf since stock was last proven. Days on which the books themselves say
    /// empty speak for nothing.
    pub fn evidence(&self, today: Day) -> Evidence {
        let Some(first_day) = self.first_day else { return Evidence::default() };
        let quiet_days = i64::from((today - (first_day + self.tallies.len() as i32)).max(0));
        let since = (self.proven_on + 1 - first_day).max(0) as usize;
        let until = self.tallies.len().min((today - first_day).max(0) as usize);
        let recorded = (since..until).filter(|i| self.has_stock(*i)).count() as i64;
        let quiet_since_proof = quiet_days.min(i64::from((today - self.proven_on - 1).max(0)));
        Evidence {
            daily_rate: self.rate(quiet_days),
            zero_sale_days: recorded + quiet_since_proof,
            complaints: self.complaints,
        }
    }

    /// The days from the first to `today`, the latter not complete yet. O(days).
    pub fn days(&self, today: Day, now: Timestamp, offset: i32, p_phantom: f64) -> Vec<DemandDay> {
        let Some(first) = self.first_day else { return Vec::new() };
        let count = (today - first).saturating_add(1).max(0);
        let skipped = (count - 2 * HISTORY_DAYS as i32).max(0);
        (skipped..count).map(|i| self.day(first + i, now, offset, p_phantom)).collect()
    }

    fn day(&self, day: Day, now: Timestamp, offset: i32, p_phantom: f64) -> DemandDay {
        let slot = self.first_day.map_or(0, |first| (day - first).max(0) as usize);
        let open = self.empty_at(now, offset).map_or(0, |since| overlap_ms(day, since, now.max(since), offset));
        let tally = self.tallies.get(slot).copied().unwrap_or_default();
        let empty_ms = tally.empty_ms + open;
        let recorded = 1.0 - (empty_ms as f64 / DAY_MS as f64).clamp(0.0, 1.0);
        let trusted = if day > self.proven_on { 1.0 - p_phantom } else { 1.0 };
        DemandDay { ds: day, y: tally.units, in_stock: recorded * trusted }
    }
}

fn overlap_ms(day: Day, since: Timestamp, until: Timestamp, offset: i32) -> i64 {
    let start = day.start(offset).0.max(since.0);
    let end = (day + 1).start(offset).0.min(until.0);
    (end - start).max(0)
}

/// The demand of all shelves, indexed like [`Ledger::shelves`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Demand {
    shelves: Chunked<ShelfDemand>,
}

impl Demand {
    /// The demand of a shelf, by the ledger's index.
    pub fn shelf(&self, index: usize) -> Option<&ShelfDemand> {
        self.shelves.get(index)
    }

    /// Whether an event of this kind changes what is sold or whether it can be bought.
    pub fn concerns(kind: &StockKind<'_>) -> bool {
        !matches!(
            kind,
            StockKind::Held { .. }
                | StockKind::Released { .. }
                | StockKind::HoldExpired { .. }
                | StockKind::Purchased { .. }
                | StockKind::Frozen { .. }
                | StockKind::Refused(_)
                | StockKind::Unresolved(_)
        )
    }

    /// Applies a stock event, after the ledger took it: stock changes before the demand that it censors.
    pub fn apply(&mut self, event: &Event<'_>, stock: &StockEvent<'_>, touched: &Touched, ledger: &Ledger) {
        let days = ledger.event_day(event, stock);
        if let StockKind::Complained { sku, kind: ComplaintKind::NotAvailable, location } = &stock.kind {
            return self.complain(&days, sku, *location, ledger);
        }
        let in_transit = |account: &Account<'_>| matches!(account, Account::At(_, Condition::InTransit));
        let what = match &stock.kind {
            StockKind::Moved if stock.movements.iter().any(|movement| in_transit(&movement.to)) => What::Look,
            StockKind::Received { .. } | StockKind::Moved | StockKind::Arrived { .. } | StockKind::Counted { .. } => {
                What::Proof
            }
            _ => What::Look,
        };
        for touch in touched {
            let what = if touch.sold > 0 { What::Sold(touch.sold) } else { what };
            self.touch(touch.shelf, what, &days, ledger);
        }
    }

    fn complain(&mut self, days: &EventDay, sku: &str, location: Option<&str>, ledger: &Ledger) {
        let Some(sku) = ledger.sku(sku) else { return };
        let location = location.map(|location| ledger.location(location));
        let wanted = |shelf: &usize| location.is_none_or(|own| own == Some(ledger.shelves()[*shelf].location));
        for shelf in ledger.shelves_of(sku).filter(wanted) {
            self.touch(shelf, What::Complaint, days, ledger);
        }
    }

    fn touch(&mut self, index: usize, what: What, days: &EventDay, ledger: &Ledger) {
        while index >= self.shelves.len() {
            self.shelves.push(ShelfDemand::default());
        }
        let on_shelf = &ledger.shelves()[index];
        let (at, offset) = (days.instant(), ledger.offset(on_shelf.location));
        let day = days.at(ledger, Some(on_shelf.location));
        let shelf = self.shelves.get_mut(index);
        let slot = shelf.slot(day);
        match what {
            What::Sold(units) => {
                shelf.tallies[slot].units += units;
                shelf.prove(day);
            }
            What::Proof => shelf.prove(day),
            What::Complaint => shelf.complaints += 1,
            What::Look => {}
        }
        let filled = ledger.sellable(on_shelf, day) > 0;
        shelf.empty_since = shelf.empty_at(at, offset);
        shelf.watch(filled, at, offset);
        shelf.good_until = if filled { ledger.good_until(on_shelf) } else { None };
    }
}

#[derive(Clone, Copy)]
enum What {
    Sold(i64),
    Proof,
    Complaint,
    Look,
}
