//! Demand: what was sold each day, and how much of the day's demand could be served.
//!
//! A fold over stock events, one daily series a shelf (SKU × location). Sales are censored by empty shelves; each time
//! without stock is kept to the millisecond. What such a time costs is read from the hours in which the shelf sells
//! ([`HourProfile`]): an hour counts by its share of a day's units, not by the clock. Since the last proof of stock (a
//! sale, a receipt, a count) the record may be wrong: the belief that the shelf is empty in truth (phantom stock)
//! censors those days too.
//!
//! Kept apart from what the forecast is fed with: bulk orders ([`DemandRow::bulk`]) and returns. Counts, write-offs,
//! moves and assembled kits are no demand.
//!
//! A series keeps at least the last 1,096 days.

mod hours;
mod period;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::base::units::{DAY_MS, HISTORY_DAYS};
use crate::base::{Chunked, Day, LocationId, Timestamp};
use crate::event::{Account, ComplaintKind, Condition, Event, StockEvent, StockKind};
use crate::ledger::{EventDay, Ledger, Touched};
use hours::{HourSales, Today};

pub use hours::HourProfile;
pub use period::{Period, together};

/// Days of sales from which the usual daily rate is estimated.
const RATE_DAYS: usize = 56;

/// An order of at least so many units, and so many times the usual order, is a bulk order …
const BULK_UNITS: i64 = 10;
const BULK_TIMES: i64 = 10;
/// … once so many orders have told the usual one.
const BULK_ORDERS: u32 = 20;

/// The demand of one shelf.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ShelfDemand {
    first_day: Option<Day>,
    /// Units sold on each day from the first on, bulk orders aside.
    units: Vec<i64>,
    /// What else there was, on the days that had any, in order.
    apart: Vec<Apart>,
    usual_order: UsualOrder,
    /// Times without stock that are over: disjoint, in order.
    spells: Vec<Spell>,
    hours: HourSales,
    today: Today,
    empty_since: Option<Timestamp>,
    /// The last day on which a lot that is there may be sold, where that ends.
    good_until: Option<Day>,
    proven_on: Day,
    complaints: i64,
}

/// What is kept apart of a day, in units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Apart {
    day: Day,
    returned: i64,
    bulk: i64,
    in_kits: i64,
}

/// The median size of the orders of a shelf, tracked with one number.
///
/// Source: Ma, Muthukrishnan & Sandler (2013), *Frugal Streaming for Estimating Quantiles*, Frugal-1U at the median, with
/// steps of an eighth. A bulk order moves it by one step, whatever its size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct UsualOrder {
    /// In eighths of a unit.
    size: i64,
    orders: u32,
}

impl UsualOrder {
    fn is_bulk(&self, units: i64) -> bool {
        let size = units.saturating_mul(8);
        self.orders >= BULK_ORDERS && units >= BULK_UNITS && size > BULK_TIMES.saturating_mul(self.size)
    }

    fn learn(&mut self, units: i64) {
        let size = units.saturating_mul(8);
        let step = (self.size / 8).max(1).min((size - self.size).abs());
        self.size = if self.orders == 0 { size } else { self.size + step * (size - self.size).signum() };
        self.orders = self.orders.saturating_add(1);
    }
}

/// A time without stock, in milliseconds of the location's own clock since 1970-01-01T00:00 there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Spell {
    from: i64,
    to: i64,
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

/// The demand of a day, a week or a month.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DemandRow {
    /// The first day: of a week its Monday, of a month its first.
    pub ds: Day,
    /// Units sold, bulk orders aside: what the forecast is fed with. Returns are not taken off.
    pub y: i64,
    /// Units sold, bulk orders among them.
    pub units: i64,
    /// Units of these that were sold as parts of kits.
    pub in_kits: i64,
    /// Units that came back, on the day of their return.
    pub returned: i64,
    /// Units of bulk orders: of at least 10 units and over ten times the shelf's usual order (the median, tracked), once 20 orders
    /// have told that.
    pub bulk: i64,
    /// Share of the expected demand that fell into hours with stock, 0–1, belief in phantom stock included.
    pub in_stock: f64,
    /// Days that are summed up: fewer than the period has where the series begins or ends within it.
    pub days: i32,
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
            self.units.drain(..dropped.min(self.units.len()));
            self.first_day = Some(first + dropped as i32);
            self.spells.drain(..self.first_spell(first + dropped as i32));
            self.apart.retain(|own| own.day >= first + dropped as i32);
            slot = HISTORY_DAYS - 1;
        }
        if slot >= self.units.len() {
            self.units.resize(slot + 1, 0);
        }
        slot
    }

    /// A late fact of a day before the first: the series begins earlier, as far as its length allows.
    fn slot_before(&mut self, first: Day, day: Day) -> usize {
        let room = (2 * HISTORY_DAYS).saturating_sub(self.units.len());
        let missing = ((first - day) as usize).min(room);
        self.units.splice(0..0, std::iter::repeat_n(0, missing));
        self.first_day = Some(first + -(missing as i32));
        0
    }

    /// How many days are kept.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether no day is kept.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// What is kept apart of a day.
    fn apart(&mut self, day: Day) -> &mut Apart {
        let at = match self.apart.binary_search_by_key(&day, |own| own.day) {
            Ok(at) => at,
            Err(at) => {
                self.apart.insert(at, Apart { day, ..Apart::default() });
                at
            }
        };
        &mut self.apart[at]
    }

    /// Counts an order; answers its units that are ordinary demand.
    fn sell(&mut self, day: Day, units: i64) -> i64 {
        let is_bulk = self.usual_order.is_bulk(units);
        self.usual_order.learn(units);
        if is_bulk {
            self.apart(day).bulk += units;
            return 0;
        }
        let slot = self.slot(day);
        self.units[slot] += units;
        units
    }

    fn prove(&mut self, day: Day) {
        self.proven_on = day;
        self.complaints = 0;
    }

    fn watch(&mut self, filled: bool, at: Timestamp, offset: i32) {
        match (filled, self.empty_since) {
            (true, Some(since)) => {
                self.close(since, at, offset);
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

    fn close(&mut self, since: Timestamp, until: Timestamp, offset: i32) {
        self.slot(until.day(offset));
        let from = clock(since, offset).max(self.spells.last().map_or(i64::MIN, |spell| spell.to));
        let to = clock(until, offset);
        if from < to {
            self.spells.push(Spell { from, to });
        }
    }

    /// The first spell that may reach into a day.
    fn first_spell(&self, day: Day) -> usize {
        let start = i64::from(day.0) * DAY_MS;
        self.spells.partition_point(|spell| spell.to <= start)
    }

    /// The times without stock on a day, from its start; `next` is the first spell that may reach into it, and days
    /// are asked in order.
    fn empty_times(&self, next: &mut usize, day: Day) -> impl Iterator<Item = Range<i64>> + '_ {
        let start = i64::from(day.0) * DAY_MS;
        *next += self.spells[*next..].iter().take_while(|spell| spell.to <= start).count();
        let of_day = self.spells[*next..].iter().take_while(move |spell| spell.from < start + DAY_MS);
        of_day.map(move |spell| (spell.from - start).max(0)..(spell.to - start).min(DAY_MS))
    }

    /// The slots among these on whose day there was stock for more than half the time.
    fn stocked(&self, slots: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let first = self.first_day.unwrap_or_default();
        let mut next = self.first_spell(first + slots.start as i32);
        slots.filter(move |slot| {
            let empty = self.empty_times(&mut next, first + *slot as i32).map(|time| time.end - time.start);
            empty.sum::<i64>() * 2 < DAY_MS
        })
    }

    /// Mean units a day over the last days before `today` on which the books had stock, the quiet ones
    /// after the last event included.
    fn rate(&self, quiet_days: i64) -> f64 {
        let recorded = RATE_DAYS.saturating_sub(quiet_days as usize);
        let first = self.units.len().saturating_sub(recorded);
        let stocked = self.stocked(first..self.units.len());
        let (units, days) = stocked.fold((0, quiet_days), |(units, days), i| (units + self.units[i], days + 1));
        if days == 0 { 0.0 } else { units as f64 / days as f64 }
    }

    /// Whether there was stock all day; nothing is known of the first day, which may have begun with a receipt.
    fn was_full(&self, day: Day, now: Timestamp, offset: i32) -> bool {
        if self.first_day.is_none_or(|first| day <= first) {
            return false;
        }
        let ran_empty = self.empty_at(now, offset).is_some_and(|since| since < (day + 1).start(offset));
        !ran_empty && self.empty_times(&mut self.first_spell(day), day).next().is_none()
    }

    /// What speaks for an empty shelf since stock was last proven. Days on which the books themselves say
    /// empty speak for nothing.
    pub fn evidence(&self, today: Day) -> Evidence {
        let Some(first_day) = self.first_day else { return Evidence::default() };
        let quiet_days = i64::from((today - (first_day + self.units.len() as i32)).max(0));
        let since = (self.proven_on + 1 - first_day).max(0) as usize;
        let until = self.units.len().min((today - first_day).max(0) as usize);
        let recorded = self.stocked(since.min(until)..until).count() as i64;
        let quiet_since_proof = quiet_days.min(i64::from((today - self.proven_on - 1).max(0)));
        Evidence {
            daily_rate: self.rate(quiet_days),
            zero_sale_days: recorded + quiet_since_proof,
            complaints: self.complaints,
        }
    }

    /// The days from the first to `today`, the latter not complete yet; an hour counts as `profile` says. O(days).
    pub fn days(
        &self,
        today: Day,
        now: Timestamp,
        offset: i32,
        p_phantom: f64,
        profile: &HourProfile,
    ) -> Vec<DemandRow> {
        let Some(first) = self.first_day else { return Vec::new() };
        let count = (today - first).saturating_add(1).max(0);
        let skipped = (count - 2 * HISTORY_DAYS as i32).max(0);
        let open = self.empty_at(now, offset).map(|since| clock(since, offset)..clock(now.max(since), offset));
        let mut next = self.first_spell(first + skipped);
        let mut apart = self.apart.iter().peekable();
        let row = |i: i32| {
            let day = first + i;
            let start = i64::from(day.0) * DAY_MS;
            let over = self.empty_times(&mut next, day);
            let open = open.iter().map(|open| (open.start - start).max(0)..(open.end - start).min(DAY_MS));
            let lost: f64 = over.chain(open).map(|time| profile.share(time)).sum();
            let trusted = if day > self.proven_on { 1.0 - p_phantom } else { 1.0 };
            let y = self.units.get(i as usize).copied().unwrap_or(0);
            while apart.next_if(|own| own.day < day).is_some() {}
            let Apart { returned, bulk, in_kits, .. } =
                apart.next_if(|own| own.day == day).copied().unwrap_or_default();
            let in_stock = (1.0 - lost).clamp(0.0, 1.0) * trusted;
            DemandRow { ds: day, y, units: y + bulk, in_kits, returned, bulk, in_stock, days: 1 }
        };
        (skipped..count).map(row).collect()
    }
}

/// Milliseconds on the clock of a place since 1970-01-01T00:00 there.
fn clock(at: Timestamp, offset: i32) -> i64 {
    at.0 + i64::from(offset) * 60_000
}

/// The demand of all shelves, indexed like [`Ledger::shelves`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Demand {
    shelves: Chunked<ShelfDemand>,
    /// By location.
    hours: Chunked<HourSales>,
}

impl Demand {
    /// The demand of a shelf, by the ledger's index.
    pub fn shelf(&self, index: usize) -> Option<&ShelfDemand> {
        self.shelves.get(index)
    }

    /// In which hours a shelf at a location sells.
    pub fn profile(&self, shelf: &ShelfDemand, location: LocationId) -> HourProfile {
        shelf.hours.profile(&self.hours.get(location.index()).copied().unwrap_or_default())
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
        if let StockKind::Returned { .. } = &stock.kind {
            self.count_returns(stock, &days, ledger);
        }
        for touch in touched {
            let what = if touch.sold > 0 { What::Sold(touch.sold) } else { what };
            self.touch(touch.shelf, what, &days, ledger);
            if touch.in_kits > 0 {
                let day = days.at(ledger, Some(ledger.shelves()[touch.shelf].location));
                self.entry(touch.shelf).apart(day).in_kits += touch.in_kits;
            }
        }
    }

    fn count_returns(&mut self, stock: &StockEvent<'_>, days: &EventDay, ledger: &Ledger) {
        for movement in &stock.movements {
            let location = movement.to.place().and_then(|key| ledger.location(key));
            let shelf = location.zip(ledger.sku(movement.sku)).and_then(|(at, sku)| ledger.shelf_index(sku, at));
            let Some(shelf) = shelf else { continue };
            let day = days.at(ledger, location);
            let own = self.entry(shelf);
            own.slot(day);
            own.apart(day).returned += movement.quantity;
        }
    }

    /// The demand of a shelf, to change.
    fn entry(&mut self, index: usize) -> &mut ShelfDemand {
        while index >= self.shelves.len() {
            self.shelves.push(ShelfDemand::default());
        }
        self.shelves.get_mut(index)
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
        let on_shelf = &ledger.shelves()[index];
        let (at, offset) = (days.instant(), ledger.offset(on_shelf.location));
        let day = days.at(ledger, Some(on_shelf.location));
        self.entry(index);
        let shelf = self.shelves.get_mut(index);
        shelf.slot(day);
        match what {
            What::Sold(units) => {
                let units = shelf.sell(day, units);
                shelf.prove(day);
                if units > 0 && day == at.day(offset) {
                    learn(&mut self.hours, shelf, on_shelf.location, at, offset);
                    shelf.today.add(clock(at, offset) - i64::from(day.0) * DAY_MS, units);
                }
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

/// Begins the day of an event; what sold by hour on the latest day before counts where the shelf was full all day.
fn learn(hours: &mut Chunked<HourSales>, shelf: &mut ShelfDemand, location: LocationId, at: Timestamp, offset: i32) {
    let day = at.day(offset);
    if shelf.today.day == day {
        return;
    }
    let over = std::mem::replace(&mut shelf.today, Today::of(day));
    if !shelf.was_full(over.day, at, offset) {
        return;
    }
    while location.index() >= hours.len() {
        hours.push(HourSales::default());
    }
    hours.get_mut(location.index()).add(&over);
    shelf.hours.add(&over);
}

#[derive(Clone, Copy)]
enum What {
    Sold(i64),
    Proof,
    Complaint,
    Look,
}
