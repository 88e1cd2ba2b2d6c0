//! The ledger's columns and their total `apply`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::base::fold::Fold;
use crate::base::{Day, Interner, LocationId, Lookup, LotId, SkuId, Timestamp};
use crate::event::{Line, StockEvent, Taken};
use crate::expiry::{LotState, fefo_key, is_sellable};

/// A lot of one SKU, wherever its units are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lot {
    /// The SKU.
    pub sku: SkuId,
    /// The maker's key; empty where goods carry none.
    pub key: String,
    /// Expiry and recall.
    pub state: LotState,
}

/// The units of one lot on one shelf, by condition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShelfLot {
    /// The lot.
    pub lot: LotId,
    /// Units in good condition.
    pub good: i64,
    /// Units in quarantine.
    pub quarantined: i64,
}

/// One SKU at one location.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shelf {
    /// The SKU.
    pub sku: SkuId,
    /// The location.
    pub location: LocationId,
    /// Lots with units, in no order that matters.
    pub lots: Vec<ShelfLot>,
    /// Units under live holds.
    pub held: i64,
    /// Units ordered and not yet received.
    pub incoming: i64,
}

impl Shelf {
    /// Units in good condition.
    pub fn good(&self) -> i64 {
        self.lots.iter().map(|lot| lot.good).sum()
    }
    /// Units in any condition.
    pub fn on_hand(&self) -> i64 {
        self.lots.iter().map(|lot| lot.good + lot.quarantined).sum()
    }
}

/// What became of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HoldState {
    /// Its units are held.
    Live,
    /// It was shipped.
    Committed,
    /// It was given back.
    Released,
    /// Its deadline passed.
    Expired,
}

/// A hold: units promised to a basket until a deadline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// What is held, one line a SKU.
    pub lines: Vec<Line>,
    /// Where.
    pub location: String,
    /// Until when.
    pub deadline: Timestamp,
    /// What became of it.
    pub state: HoldState,
}

/// A purchase with units still to come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenPurchase {
    /// The supplier.
    pub supplier: String,
    /// Where it shall arrive.
    pub location: String,
    /// Units still to come.
    pub open: Vec<Line>,
    /// When it shall arrive.
    pub expected_on: Option<Day>,
}

/// All movements of a SKU against the outside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Units received from suppliers.
    pub received: i64,
    /// Units sold or shipped.
    pub sold: i64,
    /// Units brought back.
    pub returned: i64,
    /// Units found less units missing at counts and sales.
    pub adjusted: i64,
}

/// The stock of all SKUs, locations and lots.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    pub(super) skus: Interner,
    min_remaining_days: Vec<i32>,
    pub(super) locations: Interner,
    lots: Vec<Lot>,
    sku_lots: Vec<BTreeMap<String, LotId>>,
    shelves: Vec<Shelf>,
    shelf_ids: Lookup<(SkuId, LocationId), u32>,
    sku_shelves: Vec<Vec<u32>>,
    holds: Lookup<String, Hold>,
    deadlines: BTreeSet<(Timestamp, String)>,
    expiries: BTreeSet<(Day, LotId)>,
    purchases: BTreeMap<String, OpenPurchase>,
    totals: Vec<Totals>,
}

impl Fold for Ledger {
    type Event = StockEvent;
    fn apply(&mut self, event: &StockEvent) {
        Ledger::apply(self, event);
    }
}

impl Ledger {
    /// Makes a SKU known, or changes how many days must remain at its sale. O(1).
    pub fn declare(&mut self, sku: &str, min_remaining_days: i32) -> SkuId {
        let id = self.skus.intern(sku) as usize;
        if id == self.totals.len() {
            self.min_remaining_days.push(min_remaining_days);
            self.sku_lots.push(BTreeMap::new());
            self.sku_shelves.push(Vec::new());
            self.totals.push(Totals::default());
        }
        self.min_remaining_days[id] = min_remaining_days;
        SkuId(id as u32)
    }

    /// The id of a SKU, if it is known.
    pub fn sku(&self, sku: &str) -> Option<SkuId> {
        self.skus.id(sku).map(SkuId)
    }
    /// The SKUs' keys by id.
    pub fn skus(&self) -> &Interner {
        &self.skus
    }
    /// The locations' keys by id.
    pub fn locations(&self) -> &Interner {
        &self.locations
    }
    /// The id of a location, if stock was ever seen there.
    pub fn location(&self, location: &str) -> Option<LocationId> {
        self.locations.id(location).map(LocationId)
    }
    /// Days that must remain at the sale of a SKU.
    pub fn min_remaining_days(&self, sku: SkuId) -> i32 {
        self.min_remaining_days[sku.index()]
    }
    /// A lot.
    pub fn lot(&self, lot: LotId) -> &Lot {
        &self.lots[lot.index()]
    }
    /// The lot of a SKU with a key.
    pub fn lot_of(&self, sku: SkuId, key: &str) -> Option<&Lot> {
        self.sku_lots[sku.index()].get(key).map(|id| self.lot(*id))
    }
    /// The lot of a SKU that expires first among those that may still be sold on a day, wherever it is. O(lots).
    pub fn first_to_expire(&self, sku: SkuId, day: Day) -> Option<&Lot> {
        let lots = self.sku_lots[sku.index()].values().map(|id| self.lot(*id));
        let sellable = lots.filter(|lot| lot.state.expires_on.is_some() && is_sellable(&lot.state, day, 0));
        sellable.min_by_key(|lot| fefo_key(lot.state.expires_on, None, &lot.key))
    }
    /// All shelves, in the order in which they were first used.
    pub fn shelves(&self) -> &[Shelf] {
        &self.shelves
    }
    /// The shelves of a SKU, as indices into [`Ledger::shelves`].
    pub fn shelves_of(&self, sku: SkuId) -> &[u32] {
        self.sku_shelves.get(sku.index()).map_or(&[], Vec::as_slice)
    }
    /// The index of a SKU's shelf at a location into [`Ledger::shelves`]. O(1).
    pub fn shelf_index(&self, sku: SkuId, location: LocationId) -> Option<usize> {
        self.shelf_ids.get(&(sku, location)).map(|id| *id as usize)
    }
    /// The shelf of a SKU at a location. O(1).
    pub fn shelf(&self, sku: SkuId, location: LocationId) -> Option<&Shelf> {
        self.shelf_index(sku, location).map(|id| &self.shelves[id])
    }
    /// A hold.
    pub fn hold(&self, hold: &str) -> Option<&Hold> {
        self.holds.get(hold)
    }
    /// Purchases with units still to come, by their key.
    pub fn purchases(&self) -> &BTreeMap<String, OpenPurchase> {
        &self.purchases
    }
    /// All movements of a SKU against the outside.
    pub fn totals(&self, sku: SkuId) -> Totals {
        self.totals[sku.index()]
    }

    /// The live hold whose deadline passes first, if that is at or before `now`.
    pub fn next_deadline(&self, now: Timestamp) -> Option<(Timestamp, &str)> {
        let (deadline, hold) = self.deadlines.first()?;
        (*deadline <= now).then_some((*deadline, hold.as_str()))
    }

    /// The live holds whose deadlines are at or before `now`, in the order of their deadlines.
    pub fn due_holds(&self, now: Timestamp) -> impl Iterator<Item = (&str, &Hold)> {
        let due = self.deadlines.iter().take_while(move |(deadline, _)| *deadline <= now);
        due.filter_map(|(_, key)| Some((key.as_str(), self.holds.get(key)?)))
    }

    /// The lot that expires first, if its last good day lies before `today`.
    pub fn next_expiry(&self, today: Day) -> Option<(Day, &Lot)> {
        let (day, lot) = self.expiries.first()?;
        (*day < today).then(|| (*day, self.lot(*lot)))
    }

    /// Sellable units of a shelf on a day, before holds.
    pub fn sellable(&self, shelf: &Shelf, day: Day) -> i64 {
        let remaining = self.min_remaining_days(shelf.sku);
        let may = |lot: &&ShelfLot| is_sellable(&self.lot(lot.lot).state, day, remaining);
        shelf.lots.iter().filter(may).map(|lot| lot.good).sum()
    }

    /// The last day on which a good unit of a shelf may be sold; none where one never expires or there is none.
    pub fn good_until(&self, shelf: &Shelf) -> Option<Day> {
        let remaining = self.min_remaining_days(shelf.sku);
        let lots = shelf.lots.iter().filter(|own| own.good > 0).map(|own| &self.lot(own.lot).state);
        let last = lots.filter(|lot| !lot.recalled).map(|lot| lot.expires_on.unwrap_or(Day(i32::MAX))).max()?;
        (last < Day(i32::MAX)).then(|| last + -remaining)
    }

    /// Units that may be promised: sellable less held, at least 0.
    pub fn available(&self, sku: SkuId, location: LocationId, day: Day) -> i64 {
        self.shelf(sku, location).map_or(0, |shelf| (self.sellable(shelf, day) - shelf.held).max(0))
    }

    /// The lots of a shelf with good units in the order in which they leave.
    pub(super) fn fefo(&self, shelf: &Shelf) -> Vec<ShelfLot> {
        let mut lots: Vec<ShelfLot> = shelf.lots.iter().filter(|lot| lot.good > 0).copied().collect();
        let key = |lot: &ShelfLot| {
            let lot = self.lot(lot.lot);
            fefo_key(lot.state.expires_on, None, &lot.key)
        };
        lots.sort_by(|a, b| key(a).cmp(&key(b)));
        lots
    }

    pub(super) fn taken(&self, lot: LotId, quantity: i64) -> Taken {
        let lot = self.lot(lot);
        Taken {
            sku: self.skus.key(lot.sku.0).into(),
            lot: lot.key.clone(),
            quantity: crate::base::Quantity(quantity),
            expires_on: lot.state.expires_on,
        }
    }

    /// Applies an event. Total: SKUs that were never declared are declared on the way.
    pub fn apply(&mut self, event: &StockEvent) {
        match event {
            StockEvent::Received { goods, location, purchase, .. } => {
                self.put(goods, location, goods.quantity.0, 0);
                self.total(&goods.sku).received += goods.quantity.0;
                self.fulfil(purchase.as_deref(), goods);
            }
            StockEvent::Held { hold, lines, location, deadline } => self.open_hold(hold, lines, location, *deadline),
            StockEvent::Committed { hold, taken } => {
                let location = self.close_hold(hold, HoldState::Committed);
                taken.iter().for_each(|goods| self.sell(goods, &location));
            }
            StockEvent::Released { hold } => {
                self.close_hold(hold, HoldState::Released);
            }
            StockEvent::HoldExpired { hold } => {
                self.close_hold(hold, HoldState::Expired);
            }
            StockEvent::Sold { location, taken, missing } => {
                self.locations.intern(location);
                taken.iter().for_each(|goods| self.sell(goods, location));
                for line in missing {
                    let sku = self.known(&line.sku);
                    self.shelf_id(sku, location); // its demand is kept by shelf
                    let totals = self.total(&line.sku);
                    totals.adjusted += line.quantity.0;
                    totals.sold += line.quantity.0;
                }
            }
            StockEvent::Returned { goods, location, resellable, .. } => {
                let (good, quarantined) = if *resellable { (goods.quantity.0, 0) } else { (0, goods.quantity.0) };
                self.put(goods, location, good, quarantined);
                self.total(&goods.sku).returned += goods.quantity.0;
            }
            StockEvent::Moved { from, to, taken } => {
                for goods in taken {
                    self.put(goods, from, -goods.quantity.0, 0);
                    self.put(goods, to, goods.quantity.0, 0);
                }
            }
            StockEvent::Counted { sku, location, deltas } => {
                for delta in deltas {
                    let lot = delta.lot.clone();
                    let goods = Taken { sku: sku.clone(), lot, ..Taken::default() };
                    self.put(&goods, location, delta.quantity, 0);
                    self.total(sku).adjusted += delta.quantity;
                }
                self.locations.intern(location);
            }
            StockEvent::Recalled { sku, lot } => {
                let id = self.lot_id(sku, lot, None);
                self.lots[id.index()].state.recalled = true;
            }
            StockEvent::LotExpired { sku, lot } => {
                let id = self.lot_id(sku, lot, None);
                if let Some(day) = self.lots[id.index()].state.expires_on {
                    self.expiries.remove(&(day, id));
                }
            }
            StockEvent::Purchased { purchase, supplier, lines, location, expected_on } => {
                self.open_purchase(purchase, supplier, lines, location, *expected_on);
            }
            StockEvent::Complained { .. } | StockEvent::Refused(_) | StockEvent::Unresolved(_) => {}
        }
    }

    fn total(&mut self, sku: &str) -> &mut Totals {
        let id = self.known(sku);
        &mut self.totals[id.index()]
    }

    fn known(&mut self, sku: &str) -> SkuId {
        match self.sku(sku) {
            Some(id) => id,
            None => self.declare(sku, 0),
        }
    }

    fn lot_id(&mut self, sku: &str, key: &str, expires_on: Option<Day>) -> LotId {
        let sku = self.known(sku);
        if let Some(id) = self.sku_lots[sku.index()].get(key).copied() {
            self.tighten(id, expires_on);
            return id;
        }
        let id = LotId(self.lots.len() as u32);
        self.lots.push(Lot { sku, key: key.into(), state: LotState { expires_on, recalled: false } });
        self.sku_lots[sku.index()].insert(key.into(), id);
        if let Some(day) = expires_on {
            self.expiries.insert((day, id));
        }
        id
    }

    /// Where two papers disagree on a lot's last good day, the earlier one holds.
    fn tighten(&mut self, id: LotId, expires_on: Option<Day>) {
        let state = &mut self.lots[id.index()].state;
        let Some(day) = expires_on else { return };
        if state.expires_on.is_none_or(|known| day < known) {
            if let Some(known) = state.expires_on.replace(day) {
                self.expiries.remove(&(known, id));
            }
            self.expiries.insert((day, id));
        }
    }

    fn shelf_id(&mut self, sku: SkuId, location: &str) -> usize {
        let location = LocationId(self.locations.intern(location));
        if let Some(id) = self.shelf_ids.get(&(sku, location)) {
            return *id as usize;
        }
        let id = self.shelves.len();
        self.shelves.push(Shelf { sku, location, lots: Vec::new(), held: 0, incoming: 0 });
        self.shelf_ids.insert((sku, location), id as u32);
        self.sku_shelves[sku.index()].push(id as u32);
        id
    }

    fn put(&mut self, goods: &Taken, location: &str, good: i64, quarantined: i64) {
        let lot = self.lot_id(&goods.sku, &goods.lot, goods.expires_on);
        let sku = self.lots[lot.index()].sku;
        let shelf = self.shelf_id(sku, location);
        let lots = &mut self.shelves[shelf].lots;
        let at = lots.iter().position(|own| own.lot == lot).unwrap_or_else(|| {
            lots.push(ShelfLot { lot, ..ShelfLot::default() });
            lots.len() - 1
        });
        lots[at].good += good;
        lots[at].quarantined += quarantined;
        if lots[at].good == 0 && lots[at].quarantined == 0 {
            lots.swap_remove(at);
        }
    }

    fn sell(&mut self, goods: &Taken, location: &str) {
        self.put(goods, location, -goods.quantity.0, 0);
        self.total(&goods.sku).sold += goods.quantity.0;
    }

    fn open_hold(&mut self, hold: &str, lines: &[Line], location: &str, deadline: Timestamp) {
        for line in lines {
            let sku = self.known(&line.sku);
            let shelf = self.shelf_id(sku, location);
            self.shelves[shelf].held += line.quantity.0;
        }
        let state = HoldState::Live;
        self.holds.insert(hold.into(), Hold { lines: lines.to_vec(), location: location.into(), deadline, state });
        self.deadlines.insert((deadline, hold.into()));
    }

    fn close_hold(&mut self, hold: &str, state: HoldState) -> String {
        let Some(open) = self.holds.get_mut(hold) else { return String::new() };
        open.state = state;
        let (deadline, location, lines) = (open.deadline, open.location.clone(), open.lines.clone());
        self.deadlines.remove(&(deadline, hold.to_string()));
        for line in &lines {
            let sku = self.known(&line.sku);
            let shelf = self.shelf_id(sku, &location);
            self.shelves[shelf].held -= line.quantity.0;
        }
        location
    }

    fn open_purchase(&mut self, key: &str, supplier: &str, lines: &[Line], location: &str, day: Option<Day>) {
        for line in lines {
            let sku = self.known(&line.sku);
            let shelf = self.shelf_id(sku, location);
            self.shelves[shelf].incoming += line.quantity.0;
        }
        let open = OpenPurchase {
            supplier: supplier.into(),
            location: location.into(),
            open: lines.to_vec(),
            expected_on: day,
        };
        self.purchases.insert(key.into(), open);
    }

    fn fulfil(&mut self, purchase: Option<&str>, goods: &Taken) {
        let Some(order) = purchase.and_then(|key| self.purchases.get_mut(key)) else { return };
        let location = order.location.clone();
        let mut left = goods.quantity.0;
        let mut came = 0;
        for line in order.open.iter_mut().filter(|line| line.sku == goods.sku) {
            let part = left.min(line.quantity.0);
            line.quantity.0 -= part;
            left -= part;
            came += part;
        }
        order.open.retain(|line| line.quantity.0 > 0);
        let done = order.open.is_empty();
        let sku = self.known(&goods.sku);
        let shelf = self.shelf_id(sku, &location);
        self.shelves[shelf].incoming -= came;
        if let (true, Some(key)) = (done, purchase) {
            self.purchases.remove(key);
        }
    }

    /// Answers the first invariant that does not hold, for tests and for `verify`. O(state).
    pub fn broken_invariant(&self) -> Option<String> {
        let mut on_hand = vec![0i64; self.totals.len()];
        for shelf in &self.shelves {
            let name = || format!("{} at {}", self.skus.key(shelf.sku.0), self.locations.key(shelf.location.0));
            if shelf.held < 0 || shelf.incoming < 0 {
                return Some(format!("{}: {} held, {} incoming", name(), shelf.held, shelf.incoming));
            }
            if let Some(lot) = shelf.lots.iter().find(|lot| lot.good < 0 || lot.quarantined < 0) {
                return Some(format!("{}: lot {} has {}", name(), self.lot(lot.lot).key, lot.good));
            }
            on_hand[shelf.sku.index()] += shelf.on_hand();
        }
        for (id, totals) in self.totals.iter().enumerate() {
            let booked = totals.received + totals.returned + totals.adjusted - totals.sold;
            if booked != on_hand[id] {
                let sku = self.skus.key(id as u32);
                return Some(format!("{sku}: {} on hand, movements sum to {booked}", on_hand[id]));
            }
        }
        let mut held = vec![0i64; self.shelves.len()];
        for (_, hold) in self.holds.sorted().into_iter().filter(|(_, hold)| hold.state == HoldState::Live) {
            for line in &hold.lines {
                let key = self.sku(&line.sku).zip(self.location(&hold.location));
                if let Some(shelf) = key.and_then(|key| self.shelf_ids.get(&key)) {
                    held[*shelf as usize] += line.quantity.0;
                }
            }
        }
        let wrong = self.shelves.iter().zip(&held).find(|(shelf, held)| shelf.held != **held);
        wrong.map(|(shelf, held)| format!("{}: {} held, holds sum to {held}", shelf.sku.0, shelf.held))
    }
}
