//! What can be asked of the books: holds, traces, changes, alerts, values, what to count next.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::view::{StockRow, View, params};
use crate::base::{Currency, Day, Error, LotId, Money, Result, Timestamp};
use crate::event::Condition;
use crate::expiry::fefo_key;
use crate::ledger::{CostMethod, Entry, EntryKind, Hold, HoldState, NONE, Place, StockLevel, valued};

params! {
    /// From where on to follow the stock.
    ChangesParams {
        /// The cursor of the last answer; 0 from the beginning.
        since: i64 = 0,
        /// Most touches of a shelf to look at, 1 … 1,000,000.
        limit: i64 = 10_000,
    }
    /// Which alerts to show.
    AlertsParams {
        /// The cursor of the last answer; 0 from the beginning.
        since: i64 = 0,
        /// Only this location.
        location: Option<String> = None,
    }
    /// What to value.
    StockValueParams {
        /// As of the end of this business day; today by default, the latest that it is at any location.
        as_of_day: Option<Day> = None,
        /// How.
        method: CostMethod = CostMethod::Fifo,
        /// Only this SKU.
        sku: Option<String> = None,
    }
    /// What to propose for counting.
    CycleCountParams {
        /// Only this location.
        location: Option<String> = None,
        /// Most shelves, 1 … 10,000.
        n: i64 = 20,
    }
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$fdoc])* pub $field: String),* }
    )*};
}

keys! {
    /// Which lot to trace.
    TraceLotParams {
        /// The SKU.
        sku,
        /// The lot.
        lot,
    }
    /// Which order to trace.
    TraceOrderParams {
        /// The id of a hold, sale, return, transfer or of any other input that moved units.
        order,
    }
    /// Which hold to show.
    HoldParams {
        /// The hold.
        hold,
    }
}

/// Units of a lot that a hold has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeldLot {
    /// The SKU.
    pub sku: String,
    /// Where.
    pub location: String,
    /// The lot; none for units that are promised beyond the books.
    pub lot: Option<String>,
    /// Units.
    pub quantity: i64,
    /// Last good day of the lot.
    pub expires_on: Option<Day>,
}

/// A hold and what it has now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HoldRow {
    /// The hold.
    pub hold: String,
    /// What became of it.
    pub state: HoldState,
    /// When it falls, or would have fallen.
    pub expires_at: Timestamp,
    /// What it has now.
    pub lots: Vec<HeldLot>,
}

/// One movement of a trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TraceRow {
    /// When it was recorded.
    pub at: Timestamp,
    /// The business day that it belongs to.
    pub day: Day,
    /// Why.
    pub kind: EntryKind,
    /// The SKU.
    pub sku: String,
    /// The lot.
    pub lot: String,
    /// Units.
    pub quantity: i64,
    /// Where they left: a location, or `supplier`, `customer`, `scrap`, `count_difference`, `assembly`.
    pub from_account: String,
    /// In which condition they left; none outside.
    pub from_condition: Option<Condition>,
    /// Where they went.
    pub to_account: String,
    /// In which condition they arrived; none outside.
    pub to_condition: Option<Condition>,
    /// The id of the input that moved them; none for what time brought about.
    pub id: Option<String>,
    /// The hold, order or transfer that it concerns, where that is another id.
    pub order: Option<String>,
}

/// Everything about one lot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LotTrace {
    /// The SKU.
    pub sku: String,
    /// The lot.
    pub lot: String,
    /// The supplier's own key.
    pub supplier_lot: Option<String>,
    /// Day of production.
    pub produced_on: Option<Day>,
    /// Last good day.
    pub expires_on: Option<Day>,
    /// Day of the first receipt.
    pub received_on: Option<Day>,
    /// Whether it was recalled.
    pub recalled: bool,
    /// Where it is now.
    pub stock: Vec<StockRow>,
    /// Live holds that have units of it.
    pub holds: Vec<String>,
    /// Orders that were shipped or sold with it.
    pub orders: Vec<String>,
    /// Every movement, the oldest first.
    pub movements: Vec<TraceRow>,
}

/// Everything about one order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderTrace {
    /// The id.
    pub order: String,
    /// Units of each lot that went to the customer and did not come back.
    pub lots: Vec<crate::event::Taken>,
    /// Every movement, the oldest first.
    pub movements: Vec<TraceRow>,
}

/// A shelf that changed, as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangeRow {
    /// The SKU.
    pub sku: String,
    /// Where.
    pub location: String,
    /// Units in any condition.
    pub on_hand: i64,
    /// Units under holds.
    pub held: i64,
    /// Units that may be promised.
    pub available_to_promise: i64,
    /// How many free units that is, in a word.
    pub level: StockLevel,
}

/// Shelves that changed, and from where to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Changes {
    /// What to ask for next.
    pub cursor: i64,
    /// Whether there is more already.
    pub more: bool,
    /// Each shelf once, by SKU and location.
    pub rows: Vec<ChangeRow>,
}

/// A shelf came to another level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AlertRow {
    /// What to ask for next, so that this alert does not come again.
    pub cursor: i64,
    /// When.
    pub at: Timestamp,
    /// The SKU.
    pub sku: String,
    /// Where.
    pub location: String,
    /// Its new level.
    pub level: StockLevel,
    /// Its free units then, less what is owed.
    pub free: i64,
}

/// What the stock of a SKU was worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StockValueRow {
    /// The SKU.
    pub sku: String,
    /// Units owned, those on their way between locations included.
    pub units: i64,
    /// Their worth.
    pub value: Money,
    /// Units of no known cost: they count as worth nothing.
    pub unvalued: i64,
}

/// A shelf to count. Counts are blind: what the books say is not shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CycleCountRow {
    /// The SKU.
    pub sku: String,
    /// Where.
    pub location: String,
    /// The business day of its last count.
    pub counted_on: Option<Day>,
    /// `negative`, `phantom` or `due`.
    pub reason: String,
}

/// Opened units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TesterRow {
    /// The SKU.
    pub sku: String,
    /// Where.
    pub location: String,
    /// The lot.
    pub lot: String,
    /// Units.
    pub quantity: i64,
    /// When they were opened.
    pub opened_on: Day,
    /// Their last good day.
    pub good_until: Option<Day>,
    /// Days from today to that day; negative once passed.
    pub days_left: Option<i32>,
}

/// Goods on their way between locations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TransferRow {
    /// The move that sent them.
    pub transfer: String,
    /// Where they go.
    pub to: String,
    /// The SKU.
    pub sku: String,
    /// The lot.
    pub lot: String,
    /// Units still on their way.
    pub quantity: i64,
}

/// The belief in phantom stock from which on a shelf is proposed for counting.
const PHANTOM_COUNT: f64 = 0.3;

impl View {
    /// Shows a hold.
    ///
    /// # Errors
    /// `UNKNOWN_HOLD`.
    pub fn hold(&self, params: &HoldParams) -> Result<HoldRow> {
        let unknown = || Error::Rejected(crate::base::Rejected::UnknownHold { hold: params.hold.clone() });
        Ok(self.hold_row(self.world.ledger.hold(&params.hold).ok_or_else(unknown)?))
    }

    /// Shows live holds, the first to fall first.
    pub fn holds(&self) -> Vec<HoldRow> {
        let live = |hold: &&Hold| hold.state == HoldState::Live && hold.deadline > self.now;
        let mut holds: Vec<&Hold> = self.world.ledger.holds().iter().filter(live).collect();
        holds.sort_by_key(|hold| (hold.deadline, self.world.ledger.hold_key(hold)));
        holds.into_iter().map(|hold| self.hold_row(hold)).collect()
    }

    fn hold_row(&self, hold: &Hold) -> HoldRow {
        let ledger = &self.world.ledger;
        let fallen = hold.state == HoldState::Live && hold.deadline <= self.now;
        let lot = |line: &crate::ledger::HoldLine| {
            let shelf = &ledger.shelves()[line.shelf as usize];
            let lot = line.lot.map(|lot| ledger.lot(lot));
            HeldLot {
                sku: self.sku_key(shelf.sku).into(),
                location: self.location_key(shelf.location).into(),
                lot: lot.map(|lot| lot.key.to_string()),
                quantity: line.quantity,
                expires_on: lot.and_then(|lot| lot.state.expires_on),
            }
        };
        let mut lots: Vec<HeldLot> = if fallen { Vec::new() } else { hold.lines.iter().map(lot).collect() };
        lots.sort_by_key(|own| own.lot.is_none());
        HoldRow {
            hold: ledger.hold_key(hold).into(),
            state: if fallen { HoldState::Expired } else { hold.state },
            expires_at: hold.deadline,
            lots,
        }
    }

    /// Traces a lot: receipts, locations, holds, orders, returns. O(movements of the lot).
    ///
    /// # Errors
    /// `UNKNOWN_SKU`, `UNKNOWN_LOT`.
    pub fn trace_lot(&self, params: &TraceLotParams) -> Result<LotTrace> {
        let ledger = &self.world.ledger;
        let sku = self.known_sku(&params.sku)?;
        let unknown = || Error::UnknownLot { sku: params.sku.clone(), lot: params.lot.clone() };
        let id = ledger.lot_id(sku, &params.lot).ok_or_else(unknown)?;
        let lot = ledger.lot(id);
        let mut chain: Vec<&Entry> =
            ledger.book().chain(lot.last_entry, |entry| entry.before_of_lot).map(|(_, entry)| entry).collect();
        chain.reverse();
        let mut stock = self.stock(&super::StockParams { sku: Some(params.sku.clone()), ..Default::default() })?;
        stock.retain(|row| row.lot == params.lot);
        let holds = ledger.live_holds(|line| line.lot == Some(id));
        Ok(LotTrace {
            sku: params.sku.clone(),
            lot: params.lot.clone(),
            supplier_lot: lot.supplier_lot.as_deref().map(Into::into),
            produced_on: lot.produced_on,
            expires_on: lot.state.expires_on,
            received_on: lot.state.received_on,
            recalled: lot.state.recalled,
            stock,
            holds: holds
                .into_iter()
                .filter(|hold| hold.deadline > self.now)
                .map(|hold| ledger.hold_key(hold).to_string())
                .collect(),
            orders: self.orders_of(&chain),
            movements: chain.into_iter().map(|entry| self.trace_row(entry)).collect(),
        })
    }

    /// The orders that took units of a chain to customers, in the order of their first shipment.
    fn orders_of(&self, chain: &[&Entry]) -> Vec<String> {
        let customer = Place::outside(crate::event::Outside::Customer);
        let mut seen = std::collections::BTreeSet::new();
        let sold = chain.iter().filter(|entry| entry.to == customer && entry.order != NONE);
        let first = sold.filter(|entry| seen.insert(entry.order)).map(|entry| entry.order);
        first.map(|doc| self.world.ledger.docs().id(doc).to_string()).collect()
    }

    fn trace_row(&self, entry: &Entry) -> TraceRow {
        let ledger = &self.world.ledger;
        let lot = ledger.lot(entry.lot);
        let side = |place: Place| match place.location() {
            Some((location, condition)) => (self.location_key(location).to_string(), Some(condition)),
            None => (place.account().map_or("", crate::event::Outside::name).to_string(), None),
        };
        let ((from_account, from_condition), (to_account, to_condition)) = (side(entry.from), side(entry.to));
        let id = |doc| (doc != NONE).then(|| ledger.docs().id(doc).to_string());
        TraceRow {
            at: entry.at,
            day: entry.day,
            kind: entry.kind,
            sku: self.sku_key(lot.sku).into(),
            lot: lot.key.to_string(),
            quantity: entry.quantity,
            from_account,
            from_condition,
            to_account,
            to_condition,
            id: id(entry.doc),
            order: if entry.order == entry.doc { None } else { id(entry.order) },
        }
    }

    /// Traces an order: which lots went where. O(movements of the order).
    ///
    /// # Errors
    /// `UNKNOWN_ORDER` for an id that moved nothing.
    pub fn trace_order(&self, params: &TraceOrderParams) -> Result<OrderTrace> {
        let ledger = &self.world.ledger;
        let unknown = || Error::UnknownOrder { order: params.order.clone() };
        let doc = ledger.docs().find(&params.order).ok_or_else(unknown)?;
        let last = ledger.docs().get(doc).last_of_order;
        let mut chain: Vec<&Entry> =
            ledger.book().chain(last, |entry| entry.before_of_order).map(|(_, entry)| entry).collect();
        chain.reverse();
        if chain.is_empty() {
            let row = ledger.docs().get(doc);
            chain = ledger.book().iter_from(row.first_entry as usize).take(row.entries as usize).collect();
        }
        if chain.is_empty() {
            return Err(unknown());
        }
        let customer = Place::outside(crate::event::Outside::Customer);
        let mut sums: BTreeMap<LotId, i64> = BTreeMap::new();
        for entry in &chain {
            let units = i64::from(entry.to == customer) - i64::from(entry.from == customer);
            *sums.entry(entry.lot).or_default() += units * entry.quantity;
        }
        let mut lots: Vec<_> = sums.into_iter().filter(|(_, units)| *units != 0).collect();
        let key = |lot: &LotId| {
            let lot = ledger.lot(*lot);
            (self.sku_key(lot.sku), fefo_key(lot.state.expires_on, lot.state.received_on, &lot.key))
        };
        lots.sort_by(|(a, _), (b, _)| key(a).cmp(&key(b)));
        Ok(OrderTrace {
            order: params.order.clone(),
            lots: lots.into_iter().map(|(lot, units)| ledger.taken(lot, units)).collect(),
            movements: chain.into_iter().map(|entry| self.trace_row(entry)).collect(),
        })
    }

    /// Shows the shelves that changed since a cursor, as they are now: what a shop window, a till or a search index
    /// follows: whatever moved, was held, ordered or promised beyond the books, and what the catalogue changed. A change
    /// may be told twice, and none is left out; what midnight alone changes (a lot too old for one more sale) is no
    /// change of the books. O(touches looked at).
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a cursor that is ahead of the journal, or a limit outside 1 … 1,000,000.
    pub fn changes(&self, params: &ChangesParams) -> Result<Changes> {
        let ledger = &self.world.ledger;
        let end = ledger.touches().len() as i64;
        if !(0..=end).contains(&params.since) {
            return Err(Error::argument("since", format!("0 to {end}"), params.since));
        }
        if !(1..=1_000_000).contains(&params.limit) {
            return Err(Error::argument("limit", "1 to 1000000", params.limit));
        }
        let cursor = end.min(params.since + params.limit);
        let mut shelves = std::collections::BTreeSet::new();
        for index in ledger.touches().iter_from(params.since as usize).take((cursor - params.since) as usize) {
            let shelf = &ledger.shelves()[*index as usize];
            shelves.insert((self.sku_key(shelf.sku), self.location_key(shelf.location)));
        }
        let rows = shelves.into_iter().filter_map(|(sku, location)| self.change_row(sku, location)).collect();
        Ok(Changes { cursor, more: cursor < end, rows })
    }

    fn change_row(&self, sku: &str, location: &str) -> Option<ChangeRow> {
        let ledger = &self.world.ledger;
        let index = ledger.shelf_index(ledger.sku(sku)?, ledger.location(location)?)?;
        let shelf = self.at_now(index);
        Some(ChangeRow {
            sku: sku.into(),
            location: location.into(),
            on_hand: shelf.on_hand(),
            held: shelf.of(Condition::Held),
            available_to_promise: ledger.available(&shelf, self.today_at(shelf.location)),
            level: shelf.level,
        })
    }

    /// Shows the changes of shelves' levels since a cursor, the oldest first.
    ///
    /// # Errors
    /// `UNKNOWN_LOCATION`; `INVALID_ARGUMENT` for a cursor that is ahead.
    pub fn alerts(&self, params: &AlertsParams) -> Result<Vec<AlertRow>> {
        let ledger = &self.world.ledger;
        let location = params.location.as_deref().map(|location| self.known_location(location)).transpose()?;
        let end = ledger.alerts().len() as i64;
        if !(0..=end).contains(&params.since) {
            return Err(Error::argument("since", format!("0 to {end}"), params.since));
        }
        let rows = ledger.alerts().iter_from(params.since as usize).enumerate().filter_map(|(at, alert)| {
            let shelf = &ledger.shelves()[alert.shelf as usize];
            location.is_none_or(|location| location == shelf.location).then(|| AlertRow {
                cursor: params.since + at as i64 + 1,
                at: alert.at,
                sku: self.sku_key(shelf.sku).into(),
                location: self.location_key(shelf.location).into(),
                level: alert.level,
                free: alert.free,
            })
        });
        Ok(rows.collect())
    }

    /// Values the stock of each SKU as of the end of a business day, by SKU. O(movements).
    ///
    /// # Errors
    /// `UNKNOWN_SKU`.
    pub fn stock_value(&self, params: &StockValueParams) -> Result<Vec<StockValueRow>> {
        let only = params.sku.as_deref().map(|sku| self.known_sku(sku)).transpose()?;
        let ledger = &self.world.ledger;
        let day = params.as_of_day.unwrap_or(ledger.days(self.now).1);
        let ids = ledger.skus().ids_by_key().into_iter().map(crate::base::SkuId);
        let rows = ids.filter(|id| only.is_none_or(|only| only == *id)).filter_map(|id| {
            let key = self.sku_key(id);
            let standard = self.world.catalog.get(key).and_then(|sku| sku.cost);
            let own = valued(ledger, id, day, params.method, standard);
            let currency: Currency = own.currency;
            (own.units != 0 || own.value_minor != 0).then(|| StockValueRow {
                sku: key.into(),
                units: own.units,
                value: Money { minor: own.value_minor, currency },
                unvalued: own.unvalued,
            })
        });
        Ok(rows.collect())
    }

    /// Proposes shelves to count: below zero first, then those that are likely empty in truth, then the longest
    /// uncounted. What the books say is not shown, so that the count is blind.
    ///
    /// # Errors
    /// `UNKNOWN_LOCATION`; `INVALID_ARGUMENT` for `n` outside 1 … 10,000.
    pub fn cycle_count(&self, params: &CycleCountParams) -> Result<Vec<CycleCountRow>> {
        if !(1..=10_000).contains(&params.n) {
            return Err(Error::argument("n", "1 to 10000", params.n));
        }
        let mut rows: Vec<(u8, u64, Option<Day>, CycleCountRow)> = Vec::new();
        for (index, shelf) in self.shelves(None, params.location.as_deref())? {
            let belief = self.p_phantom(index);
            let (rank, reason) = match (shelf.debt() > 0, belief >= PHANTOM_COUNT, shelf.on_hand() > 0) {
                (true, ..) => (0, "negative"),
                (_, true, _) => (1, "phantom"),
                (.., true) => (2, "due"),
                _ => continue,
            };
            let doubt = if rank == 1 { 1_000_000 - (belief * 1e6) as u64 } else { 0 };
            let row = CycleCountRow {
                sku: self.sku_key(shelf.sku).into(),
                location: self.location_key(shelf.location).into(),
                counted_on: shelf.counted_on,
                reason: reason.into(),
            };
            rows.push((rank, doubt, shelf.counted_on, row));
        }
        rows.sort_by_key(|row| (row.0, row.1, row.2)); // stable: by SKU and location before
        Ok(rows.into_iter().take(params.n as usize).map(|(.., row)| row).collect())
    }

    /// Shows opened units, the first to run out first.
    pub fn testers(&self) -> Vec<TesterRow> {
        let ledger = &self.world.ledger;
        let row = |tester: &crate::ledger::Tester| {
            let shelf = &ledger.shelves()[tester.shelf as usize];
            TesterRow {
                sku: self.sku_key(shelf.sku).into(),
                location: self.location_key(shelf.location).into(),
                lot: ledger.lot(tester.lot).key.to_string(),
                quantity: tester.quantity,
                opened_on: tester.opened_on,
                good_until: tester.good_until,
                days_left: tester.good_until.map(|day| day - self.today_at(shelf.location)),
            }
        };
        let mut rows: Vec<TesterRow> = ledger.testers().iter().map(row).collect();
        let end = |row: &TesterRow| row.good_until.unwrap_or(Day(i32::MAX));
        rows.sort_by(|a, b| (end(a), &a.sku, &a.location, &a.lot).cmp(&(end(b), &b.sku, &b.location, &b.lot)));
        rows
    }

    /// Shows goods on their way between locations.
    pub fn transfers(&self) -> Vec<TransferRow> {
        let ledger = &self.world.ledger;
        let rows = ledger.transfers().iter().flat_map(|(doc, transfer)| {
            transfer.lines.iter().map(move |(lot, quantity)| {
                let own = ledger.lot(*lot);
                TransferRow {
                    transfer: ledger.docs().id(*doc).into(),
                    to: self.location_key(transfer.to).into(),
                    sku: self.sku_key(own.sku).into(),
                    lot: own.key.to_string(),
                    quantity: *quantity,
                }
            })
        });
        rows.collect()
    }
}
