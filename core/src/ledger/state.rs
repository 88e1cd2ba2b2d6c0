//! The ledger's columns and their total `apply`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::book::{Book, Entry, EntryKind, Place};
use super::days::{EventDay, Offsets};
use super::docs::{DocId, Docs, NONE, Outcome};
use super::mutant::{Rule, holds};
use crate::base::{Chunked, Day, Interner, LocationId, LotId, Quantity, SkuId, Timestamp};
use crate::event::{
    Account, Channel, Condition, Event, LotCard, Movement, Origin, Outside, Sku, StockEvent, StockKind, Taken,
};
use crate::expiry::{ChannelMinimum, LifeMoment, LotState, RemainingLife, fefo_key, is_sellable};

/// A lot of one SKU, wherever its units are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lot {
    /// The SKU.
    pub sku: SkuId,
    /// The maker's key; empty where goods carry none.
    pub key: SmolStr,
    /// Expiry, receipt and recall.
    pub state: LotState,
    /// Day of production.
    pub produced_on: Option<Day>,
    /// The supplier's own key.
    pub supplier_lot: Option<Box<str>>,
    /// When it was recalled, as recorded and by business day.
    pub recalled_at: Option<(Timestamp, Day)>,
    /// Its last entry in the book.
    pub last_entry: u32,
}

/// The units of one lot on one shelf, by condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotStock {
    /// The lot.
    pub lot: LotId,
    /// Units by the number of their condition. Free units may be negative: more was sold than the books held.
    pub units: [i64; Condition::COUNT],
}

impl LotStock {
    /// Units of a condition.
    pub fn of(&self, condition: Condition) -> i64 {
        self.units[condition as usize]
    }
    /// Units there in any condition; those on their way are not there yet.
    pub fn on_hand(&self) -> i64 {
        self.units.iter().sum::<i64>() - self.of(Condition::InTransit)
    }
    /// Free and held units.
    pub fn good(&self) -> i64 {
        self.of(Condition::Available) + self.of(Condition::Held)
    }
}

/// How many free units a shelf has, as alerts tell it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StockLevel {
    /// More was sold than the books held.
    Negative,
    /// Nothing free.
    StockOut,
    /// At or below the SKU's `low_stock`.
    LowStock,
    /// More than that.
    #[default]
    InStock,
}

/// A shelf came to another level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// How many entries the book had then.
    pub cursor: u32,
    /// When.
    pub at: Timestamp,
    /// The shelf.
    pub shelf: u32,
    /// Its new level.
    pub level: StockLevel,
    /// Its free units then.
    pub free: i64,
}

/// One SKU at one location.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shelf {
    /// The SKU.
    pub sku: SkuId,
    /// The location.
    pub location: LocationId,
    /// Lots with units, in the order in which they leave: expiry, receipt, key.
    pub lots: SmallVec<[LotStock; 1]>,
    /// Units ordered and not yet received.
    pub incoming: i64,
    /// Units promised beyond the books.
    pub backordered: i64,
    /// The business day of its last count.
    pub counted_on: Option<Day>,
    /// The level that was last told.
    pub level: StockLevel,
}

impl Shelf {
    /// Units of a condition.
    pub fn of(&self, condition: Condition) -> i64 {
        self.lots.iter().map(|lot| lot.of(condition)).sum()
    }
    /// Units there in any condition.
    pub fn on_hand(&self) -> i64 {
        self.lots.iter().map(LotStock::on_hand).sum()
    }
    /// Units sold beyond the books, as a positive number.
    pub fn debt(&self) -> i64 {
        -self.lots.iter().map(|lot| lot.of(Condition::Available).min(0)).sum::<i64>()
    }
    /// The units of a lot.
    pub fn lot(&self, lot: LotId) -> Option<&LotStock> {
        self.lots.iter().find(|own| own.lot == lot)
    }
}

/// What became of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// Its units are held.
    Live,
    /// It was shipped.
    Committed,
    /// It was given back.
    Released,
    /// Its deadline passed.
    Expired,
    /// All its units were lost to it: their lots were blocked and nothing could stand in.
    Lost,
}

/// Units of one lot that a hold has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldLine {
    /// The shelf.
    pub shelf: u32,
    /// The lot; none while the units are promised beyond the books.
    pub lot: Option<LotId>,
    /// Units.
    pub quantity: i64,
}

/// A hold: units of lots promised to a basket until a deadline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// Its document.
    pub doc: DocId,
    /// What it has now.
    pub lines: SmallVec<[HoldLine; 1]>,
    /// Until when.
    pub deadline: Timestamp,
    /// Days that must remain of lots that it gets.
    pub remaining_days: i32,
    /// Units by shelf that were promised beyond the books when it was made: its answer says so for ever.
    pub beyond: Option<Box<[(u32, i64)]>>,
    /// Units by shelf that are parts of kits and not shipped yet: they ship first.
    pub in_kits: Option<Box<[(u32, i64)]>>,
    /// What became of it.
    pub state: HoldState,
}

/// A line of a purchase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PurchaseLine {
    /// The SKU.
    pub sku: SkuId,
    /// Units ordered.
    pub ordered: i64,
    /// Units received.
    pub received: i64,
}

/// A purchase and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenPurchase {
    /// The supplier.
    pub supplier: String,
    /// Where it shall arrive.
    pub location: LocationId,
    /// What was ordered, one line a SKU.
    pub lines: Vec<PurchaseLine>,
    /// When it shall arrive.
    pub expected_on: Option<Day>,
    /// Percent of a line that may be missing.
    pub under_percent: i32,
    /// Percent of a line that may come beyond it.
    pub over_percent: i32,
}

impl OpenPurchase {
    /// Units of a line that are still to come; none where what is missing lies within the tolerance.
    pub fn open(&self, line: &PurchaseLine) -> i64 {
        let enough = line.ordered - line.ordered * i64::from(self.under_percent) / 100;
        if line.received >= enough { 0 } else { line.ordered - line.received }
    }
    /// Units of a line beyond what was ordered and tolerated.
    pub fn over(&self, line: &PurchaseLine) -> i64 {
        let most = line.ordered + line.ordered * i64::from(self.over_percent) / 100;
        (line.received - most).max(0)
    }
}

/// Goods on their way between locations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    /// Where they go.
    pub to: LocationId,
    /// The condition in which they left.
    pub condition: Condition,
    /// What is still on its way.
    pub lines: Vec<(LotId, i64)>,
}

/// Opened units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tester {
    /// The shelf.
    pub shelf: u32,
    /// The lot.
    pub lot: LotId,
    /// Units.
    pub quantity: i64,
    /// When they were opened.
    pub opened_on: Day,
    /// Their last good day: the lot's, or the end of the period after opening.
    pub good_until: Option<Day>,
}

/// What the catalogue says of a SKU, as far as stock is concerned.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// What its sale asks of the days that remain.
    pub life: RemainingLife,
    /// Days that must remain at its sale in a channel.
    pub channels: Vec<ChannelMinimum>,
    /// Units of each shelf that are never promised.
    pub safety_stock: i64,
    /// At or below so many free units a shelf is low.
    pub low_stock: i64,
    /// Units of each shelf that may be promised beyond the books.
    pub backorder_limit: i64,
    /// Months it keeps after opening.
    pub pao_months: Option<i32>,
    /// Whether it is sold as its parts.
    pub is_kit: bool,
}

impl From<&Sku> for Policy {
    fn from(sku: &Sku) -> Policy {
        Policy {
            life: RemainingLife::of_sku(sku, LifeMoment::Sale),
            channels: sku.channels.clone(),
            safety_stock: sku.safety_stock,
            low_stock: sku.low_stock,
            backorder_limit: sku.backorder_limit,
            pao_months: sku.pao_months,
            is_kit: !sku.kit.is_empty(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct SkuState {
    policy: Policy,
    lots: BTreeMap<SmolStr, LotId>,
    /// Shelves by location.
    shelves: SmallVec<[(LocationId, u32); 2]>,
    outside: [i64; Outside::COUNT],
}

/// A shelf that an event touched, and the units that customers took from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touch {
    /// The shelf.
    pub shelf: usize,
    /// Units sold or shipped.
    pub sold: i64,
    /// Units of this order that were sold or shipped as parts of kits.
    pub in_kits: i64,
}

/// The shelves that an event touched, each once.
pub type Touched = SmallVec<[Touch; 4]>;

/// Deadlines, the first first. Derived from the holds: closed ones leave it when their deadline comes up.
#[derive(Debug, Clone, Default)]
struct Deadlines(BinaryHeap<Reverse<(Timestamp, u32)>>);

impl PartialEq for Deadlines {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The stock of all SKUs, locations and lots.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Ledger {
    skus: Arc<Interner>,
    sku_states: Chunked<SkuState>,
    locations: Arc<Interner>,
    lots: Chunked<Lot>,
    shelves: Chunked<Shelf>,
    holds: Chunked<Hold>,
    docs: Docs,
    book: Book,
    alerts: Chunked<Alert>,
    /// Each time that a shelf was touched, in order: what those who follow the stock read.
    touches: Chunked<u32>,
    pub(super) expiries: Arc<BTreeSet<(Day, LotId)>>,
    purchases: Arc<BTreeMap<String, OpenPurchase>>,
    /// Units that came for purchases which nobody entered yet.
    early: Arc<BTreeMap<String, Vec<(SkuId, i64)>>>,
    transfers: Arc<BTreeMap<DocId, Transfer>>,
    testers: Arc<Vec<Tester>>,
    channels: Arc<BTreeMap<String, Channel>>,
    frozen_until: Option<Day>,
    pub(super) offsets: Arc<Offsets>,
    #[serde(skip)]
    deadlines: Deadlines,
}

/// A ledger as a snapshot keeps it: the deadlines are made anew.
#[derive(Deserialize)]
struct Stored {
    skus: Arc<Interner>,
    sku_states: Chunked<SkuState>,
    locations: Arc<Interner>,
    lots: Chunked<Lot>,
    shelves: Chunked<Shelf>,
    holds: Chunked<Hold>,
    docs: Docs,
    book: Book,
    alerts: Chunked<Alert>,
    /// Each time that a shelf was touched, in order: what those who follow the stock read.
    touches: Chunked<u32>,
    expiries: Arc<BTreeSet<(Day, LotId)>>,
    purchases: Arc<BTreeMap<String, OpenPurchase>>,
    /// Units that came for purchases which nobody entered yet.
    early: Arc<BTreeMap<String, Vec<(SkuId, i64)>>>,
    transfers: Arc<BTreeMap<DocId, Transfer>>,
    testers: Arc<Vec<Tester>>,
    channels: Arc<BTreeMap<String, Channel>>,
    frozen_until: Option<Day>,
    offsets: Arc<Offsets>,
}

impl From<Stored> for Ledger {
    fn from(stored: Stored) -> Ledger {
        let Stored { skus, sku_states, locations, lots, shelves, holds, docs, book, alerts, touches, .. } = stored;
        let Stored { expiries, purchases, early, transfers, testers, channels, frozen_until, offsets, .. } = stored;
        let live = holds.iter().enumerate().filter(|(_, hold)| hold.state == HoldState::Live);
        let deadlines = Deadlines(live.map(|(number, hold)| Reverse((hold.deadline, number as u32))).collect());
        Ledger {
            skus,
            sku_states,
            locations,
            lots,
            shelves,
            holds,
            docs,
            book,
            alerts,
            touches,
            expiries,
            purchases,
            early,
            transfers,
            testers,
            channels,
            frozen_until,
            offsets,
            deadlines,
        }
    }
}

/// Questions about what is there.
impl Ledger {
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
    /// What the catalogue says of a SKU, as far as stock is concerned.
    pub fn policy(&self, sku: SkuId) -> &Policy {
        &self.sku_states[sku.index()].policy
    }
    /// Days that must remain at the sale of a SKU on a day.
    pub fn min_remaining_days(&self, sku: SkuId, day: Day) -> i32 {
        self.policy(sku).life.days(day)
    }
    /// What went to an account outside, less what came from it.
    pub fn outside(&self, sku: SkuId, account: Outside) -> i64 {
        self.sku_states[sku.index()].outside[account as usize]
    }
    /// A lot.
    pub fn lot(&self, lot: LotId) -> &Lot {
        &self.lots[lot.index()]
    }
    /// The id of the lot of a SKU with a key.
    pub fn lot_id(&self, sku: SkuId, key: &str) -> Option<LotId> {
        self.sku_states[sku.index()].lots.get(key).copied()
    }
    /// The lots of a SKU, by key.
    pub fn lots_of(&self, sku: SkuId) -> impl Iterator<Item = (LotId, &Lot)> {
        self.sku_states[sku.index()].lots.values().map(|id| (*id, self.lot(*id)))
    }
    /// The lot of a SKU that expires first among those that may still be sold on a day, wherever it is. O(lots).
    pub fn first_to_expire(&self, sku: SkuId, day: Day) -> Option<&Lot> {
        let lots = self.lots_of(sku).map(|(_, lot)| lot);
        let sellable = lots.filter(|lot| lot.state.expires_on.is_some() && is_sellable(&lot.state, day, 0));
        sellable.min_by_key(|lot| fefo_key(lot.state.expires_on, lot.state.received_on, &lot.key))
    }
    /// All shelves, in the order in which they were first used.
    pub fn shelves(&self) -> &Chunked<Shelf> {
        &self.shelves
    }
    /// The shelves of a SKU, as indices into [`Ledger::shelves`].
    pub fn shelves_of(&self, sku: SkuId) -> impl ExactSizeIterator<Item = usize> + '_ {
        let state = self.sku_states.get(sku.index());
        state.map_or(&[][..], |state| &state.shelves[..]).iter().map(|(_, shelf)| *shelf as usize)
    }
    /// The index of a SKU's shelf at a location into [`Ledger::shelves`]. O(log locations of the SKU).
    pub fn shelf_index(&self, sku: SkuId, location: LocationId) -> Option<usize> {
        let shelves = &self.sku_states.get(sku.index())?.shelves;
        let at = shelves.binary_search_by_key(&location, |(own, _)| *own).ok()?;
        Some(shelves[at].1 as usize)
    }
    /// The shelf of a SKU at a location.
    pub fn shelf(&self, sku: SkuId, location: LocationId) -> Option<&Shelf> {
        self.shelf_index(sku, location).map(|id| &self.shelves[id])
    }
    /// The shelf of a SKU at a location, by their keys.
    pub fn shelf_at(&self, sku: &str, location: &str) -> Option<&Shelf> {
        self.shelf(self.sku(sku)?, self.location(location)?)
    }
    /// Every id that was ever used.
    pub fn docs(&self) -> &Docs {
        &self.docs
    }
    /// Every movement that was ever made.
    pub fn book(&self) -> &Book {
        &self.book
    }
    /// Every change of a shelf's level, in order.
    pub fn alerts(&self) -> &Chunked<Alert> {
        &self.alerts
    }
    /// Every time that an event or the catalogue touched a shelf, in order.
    pub fn touches(&self) -> &Chunked<u32> {
        &self.touches
    }
    /// A hold by its key.
    pub fn hold(&self, hold: &str) -> Option<&Hold> {
        match self.docs.get(self.docs.find(hold)?).outcome {
            Outcome::Hold(number) => Some(&self.holds[number as usize]),
            _ => None,
        }
    }
    /// A hold by its number.
    pub fn hold_of(&self, number: u32) -> &Hold {
        &self.holds[number as usize]
    }
    /// A hold's key.
    pub fn hold_key(&self, hold: &Hold) -> &str {
        self.docs.id(hold.doc)
    }
    /// All holds, in the order in which they were made.
    pub fn holds(&self) -> &Chunked<Hold> {
        &self.holds
    }
    /// Purchases by their key, done ones too.
    pub fn purchases(&self) -> &BTreeMap<String, OpenPurchase> {
        &self.purchases
    }
    /// Goods on their way, by the document of their move.
    pub fn transfers(&self) -> &BTreeMap<DocId, Transfer> {
        &self.transfers
    }
    /// Opened units.
    pub fn testers(&self) -> &[Tester] {
        &self.testers
    }
    /// The channels by key.
    pub fn channels(&self) -> &BTreeMap<String, Channel> {
        &self.channels
    }
    /// The last day that is closed.
    pub fn frozen_until(&self) -> Option<Day> {
        self.frozen_until
    }

    /// The live holds whose deadlines are at or before `now`, in the order of deadline and key. O(due).
    pub fn due_holds(&self, now: Timestamp) -> Vec<&Hold> {
        let heap = self.deadlines.0.as_slice();
        let mut found = Vec::new();
        let mut open = vec![0];
        while let Some(at) = open.pop() {
            let Some(Reverse((deadline, number))) = heap.get(at) else { continue };
            if *deadline <= now {
                found.push(self.hold_of(*number));
                open.extend([2 * at + 1, 2 * at + 2]);
            }
        }
        found.retain(|hold| hold.state == HoldState::Live);
        found.sort_by_key(|hold| (hold.deadline, self.hold_key(hold)));
        found
    }

    /// Whether some deadline is at or before `now`. O(1).
    pub fn has_due_holds(&self, now: Timestamp) -> bool {
        self.deadlines.0.peek().is_some_and(|Reverse((deadline, _))| *deadline <= now)
    }

    /// The live holds that have units of a lot, or of a shelf promised beyond the books, oldest first. O(live holds).
    pub fn live_holds(&self, of: impl Fn(&HoldLine) -> bool) -> Vec<&Hold> {
        let mut numbers: Vec<u32> = self.deadlines.0.iter().map(|Reverse((_, number))| *number).collect();
        numbers.sort_unstable();
        let holds = numbers.into_iter().map(|number| self.hold_of(number));
        holds.filter(|hold| hold.state == HoldState::Live && hold.lines.iter().any(&of)).collect()
    }

    /// Good units of a shelf that may be sold on a day, held ones included, less what was sold beyond the books.
    pub fn sellable(&self, shelf: &Shelf, day: Day) -> i64 {
        self.good_for(shelf, day, self.min_remaining_days(shelf.sku, day))
    }

    /// Good units of a shelf that are not past their last good day, held ones included, less what was sold beyond the
    /// books: what can be shipped to those who were promised it.
    pub fn good(&self, shelf: &Shelf, day: Day) -> i64 {
        self.good_for(shelf, day, 0)
    }

    fn good_for(&self, shelf: &Shelf, day: Day, remaining_days: i32) -> i64 {
        let may = |lot: &&LotStock| is_sellable(&self.lot(lot.lot).state, day, remaining_days);
        let good = |lot: &LotStock| lot.of(Condition::Available).max(0) + lot.of(Condition::Held);
        shelf.lots.iter().filter(may).map(good).sum::<i64>() - shelf.debt()
    }

    /// Units of a shelf that are kept for other channels.
    pub fn kept(&self, sku: SkuId, channel: Option<&str>) -> i64 {
        let own = |key: &str| channel == Some(key);
        let others = self.channels.values().filter(|other| !own(&other.channel));
        let key = self.skus.key(sku.0);
        let kept = others.flat_map(|other| &other.kept).filter(|kept| kept.sku == key);
        kept.map(|kept| kept.quantity.0).sum()
    }

    /// Units of a shelf that may be promised through a channel on a day: [`Ledger::free`] ones less what was promised
    /// beyond the books and the safety stock. At least 0.
    pub fn promisable(&self, shelf: &Shelf, day: Day, remaining_days: i32, channel: Option<&str>) -> i64 {
        let free = self.free(shelf, day, remaining_days, channel);
        (free - shelf.backordered - self.policy(shelf.sku).safety_stock).max(0)
    }

    /// Free units of the sellable lots of a shelf, less what was sold beyond the books and what is kept for other
    /// channels. Below zero where more was sold or is kept than there is.
    pub fn free(&self, shelf: &Shelf, day: Day, remaining_days: i32, channel: Option<&str>) -> i64 {
        let free = |lot: &LotStock| lot.of(Condition::Available).max(0);
        let may = |lot: &&LotStock| free(lot) > 0 && is_sellable(&self.lot(lot.lot).state, day, remaining_days);
        let sellable: i64 = shelf.lots.iter().filter(may).map(free).sum();
        let kept = if self.channels.is_empty() { 0 } else { self.kept(shelf.sku, channel) };
        sellable - shelf.debt() - kept
    }

    /// Days that must remain at a sale of a SKU through a channel on a day.
    pub fn remaining_days(&self, sku: SkuId, day: Day, channel: Option<&str>, own: i32) -> i32 {
        self.min_remaining_days(sku, day).max(self.channel_days(sku, channel)).max(own)
    }

    /// Days that must remain at a sale of a SKU because of the channel, by the channel's entry and by the SKU's.
    pub fn channel_days(&self, sku: SkuId, channel: Option<&str>) -> i32 {
        let Some(key) = channel else { return 0 };
        let of_sku = self.policy(sku).channels.iter().find(|own| own.channel == key);
        let days = of_sku.map_or(0, |own| own.min_remaining_days);
        self.channels.get(key).map_or(0, |channel| channel.min_remaining_days).max(days)
    }

    /// Units that may be promised where nobody says through which channel.
    pub fn available(&self, shelf: &Shelf, day: Day) -> i64 {
        self.promisable(shelf, day, self.min_remaining_days(shelf.sku, day), None)
    }

    /// The last day on which a good unit of a shelf may be sold; none where one never expires or there is none.
    pub fn good_until(&self, shelf: &Shelf) -> Option<Day> {
        let lots = shelf.lots.iter().filter(|own| own.good() > 0).map(|own| &self.lot(own.lot).state);
        let last = lots.filter(|lot| !lot.recalled).map(|lot| lot.expires_on.unwrap_or(Day(i32::MAX))).max()?;
        (last < Day(i32::MAX)).then(|| self.policy(shelf.sku).life.last_day(last))
    }

    /// Units of a lot as an answer spells them.
    pub fn taken(&self, lot: LotId, quantity: i64) -> Taken {
        let lot = self.lot(lot);
        Taken {
            sku: self.skus.key(lot.sku.0).into(),
            lot: lot.key.to_string(),
            quantity: Quantity(quantity),
            expires_on: lot.state.expires_on,
        }
    }
}

/// Changes.
impl Ledger {
    /// Takes what the catalogue says of a SKU; where that changes, its shelves are looked at anew.
    pub fn describe(&mut self, at: Timestamp, sku: &str, policy: Policy) {
        let before = self.sku(sku).map(|id| self.policy(id).clone());
        let id = self.declare(sku, policy);
        if before.is_some_and(|before| before != *self.policy(id)) {
            self.look_again(at, id);
        }
    }

    fn look_again(&mut self, at: Timestamp, sku: SkuId) {
        let shelves: Vec<usize> = self.shelves_of(sku).collect();
        shelves.into_iter().for_each(|shelf| self.tell(at, shelf));
    }

    /// Makes a SKU known, or changes what the catalogue says of it.
    fn declare(&mut self, sku: &str, policy: Policy) -> SkuId {
        let id = match self.sku(sku) {
            Some(id) => id,
            None => {
                self.sku_states.push(SkuState::default());
                SkuId(Arc::make_mut(&mut self.skus).intern(sku))
            }
        };
        self.sku_states.get_mut(id.index()).policy = policy;
        id
    }

    /// Enters a channel or replaces it; the shelves of which it keeps units are looked at anew.
    pub fn put_channel(&mut self, at: Timestamp, channel: &Channel) {
        let before = Arc::make_mut(&mut self.channels).insert(channel.channel.clone(), channel.clone());
        let kept = before.iter().chain([channel]).flat_map(|own| &own.kept);
        let mut skus: Vec<SkuId> = kept.filter_map(|kept| self.sku(&kept.sku)).collect();
        skus.sort_unstable();
        skus.dedup();
        skus.into_iter().for_each(|sku| self.look_again(at, sku));
    }

    /// Enters the id that an event answers to.
    pub fn enter(&mut self, origin: &Origin<'_>) -> DocId {
        let next = self.book.len() as u32;
        self.docs.enter(origin, next)
    }

    /// Says that a document's fact waits for the catalogue.
    pub fn wait(&mut self, doc: DocId) {
        self.docs.get_mut(doc).outcome = Outcome::Waiting;
    }

    /// Applies an event. Total: keys that were never declared are declared on the way. `doc` is that of its origin.
    pub fn apply(&mut self, event: &Event<'_>, stock: &StockEvent<'_>, doc: Option<DocId>) -> Touched {
        let order = self.order_of(&stock.kind, doc);
        let kind = entry_kind(&stock.kind);
        let mut touched = Touched::new();
        if let StockKind::Received { card, .. } | StockKind::Assembled { card } = &stock.kind {
            for goods in stock.movements.iter().filter(|movement| is_made(movement)) {
                self.card(goods, card);
            }
        }
        if let StockKind::Held { deadline, remaining_days, backordered } = &stock.kind {
            self.open_hold(doc, *deadline, *remaining_days, backordered, &mut touched);
        }
        let hold = self.hold_number(order);
        let beyond = match stock.kind {
            StockKind::Sold { beyond } => stock.movements.len().saturating_sub(beyond as usize),
            _ => usize::MAX,
        };
        let days = self.event_day(event, stock);
        for (i, movement) in stock.movements.iter().enumerate() {
            let (lot, shelves) = self.shift(movement, &mut touched);
            if let Some(kind) = kind {
                let kind = if i >= beyond { EntryKind::Oversold } else { kind };
                self.enter_movement(&days, movement, lot, shelves, (doc, order), kind);
            }
            if let Some(hold) = hold.filter(|_| holds(Rule::HeldUnits)) {
                self.shift_hold(hold, movement, lot, shelves);
            }
        }
        if let (Some(doc), Some(_)) = (doc, kind) {
            let count = stock.movements.len() as u32;
            let first = self.book.len() as u32 - count;
            let row = self.docs.get_mut(doc);
            if row.entries == 0 {
                row.first_entry = first; // a fact that waited made none when it came
            }
            row.entries += count;
        }
        self.finish(event, &stock.kind, &stock.movements, doc, hold, &mut touched);
        touched.iter().for_each(|touch| self.tell(event.at, touch.shelf));
        touched
    }

    fn order_of(&self, kind: &StockKind<'_>, doc: Option<DocId>) -> Option<DocId> {
        match kind {
            StockKind::Committed { hold }
            | StockKind::Released { hold }
            | StockKind::HoldExpired { hold }
            | StockKind::Reallocated { hold } => self.docs.find(hold),
            StockKind::Arrived { transfer } => self.docs.find(transfer),
            StockKind::Returned { order: Some(order), .. } => self.docs.find(order).or(doc),
            _ => doc,
        }
    }

    fn hold_number(&self, order: Option<DocId>) -> Option<u32> {
        match self.docs.get(order?).outcome {
            Outcome::Hold(number) => Some(number),
            _ => None,
        }
    }

    /// Moves units between the two sides; answers the lot and the shelves of both.
    fn shift(&mut self, movement: &Movement<'_>, touched: &mut Touched) -> (LotId, [Option<u32>; 2]) {
        let sku = self.known(movement.sku);
        let from = self.side(sku, &movement.from);
        let lot = match from.and_then(|shelf| self.lot_on(shelf, movement.lot)) {
            Some(lot) => lot,
            None => self.known_lot(sku, movement.lot),
        };
        let to = if same_location(&movement.from, &movement.to) { from } else { self.side(sku, &movement.to) };
        self.book_side(sku, lot, from, &movement.from, -movement.quantity);
        if holds(Rule::BothSides) {
            self.book_side(sku, lot, to, &movement.to, movement.quantity);
        }
        let customer = Account::Outside(Outside::Customer);
        if let Some(shelf) = from {
            touch(touched, shelf, if movement.to == customer { movement.quantity } else { 0 });
        }
        if let Some(shelf) = to {
            touch(touched, shelf, 0);
        }
        (lot, [from, to])
    }

    fn side(&mut self, sku: SkuId, account: &Account<'_>) -> Option<u32> {
        match account {
            Account::At(location, _) => Some(self.shelf_id(sku, location)),
            Account::Outside(_) => None,
        }
    }

    fn lot_on(&self, shelf: u32, key: &str) -> Option<LotId> {
        let lots = &self.shelves[shelf as usize].lots;
        lots.iter().map(|own| own.lot).find(|lot| *self.lot(*lot).key == *key)
    }

    fn book_side(&mut self, sku: SkuId, lot: LotId, shelf: Option<u32>, account: &Account<'_>, quantity: i64) {
        match (shelf, account) {
            (Some(shelf), Account::At(_, condition)) => self.put(shelf, lot, *condition, quantity),
            (_, Account::Outside(outside)) => {
                self.sku_states.get_mut(sku.index()).outside[*outside as usize] += quantity;
            }
            (None, Account::At(..)) => {}
        }
    }

    fn put(&mut self, shelf: u32, lot: LotId, condition: Condition, quantity: i64) {
        let own = self.shelves.get_mut(shelf as usize);
        let at = match own.lots.iter().position(|own| own.lot == lot) {
            Some(at) => at,
            None => {
                let at = leaves_after(&self.lots, &own.lots, lot);
                own.lots.insert(at, LotStock { lot, units: [0; Condition::COUNT] });
                at
            }
        };
        own.lots[at].units[condition as usize] += quantity;
        if own.lots[at].units == [0; Condition::COUNT] {
            own.lots.remove(at);
        }
    }

    fn enter_movement(
        &mut self,
        days: &EventDay,
        movement: &Movement<'_>,
        lot: LotId,
        shelves: [Option<u32>; 2],
        (doc, order): (Option<DocId>, Option<DocId>),
        kind: EntryKind,
    ) {
        let (from, to) = (self.place(&movement.from, shelves[0]), self.place(&movement.to, shelves[1]));
        let before_of_order = order.map_or(NONE, |order| self.docs.get(order).last_of_order);
        let entry = self.book.push(Entry {
            at: days.instant(),
            quantity: movement.quantity,
            day: days.at(self, from.location().or(to.location()).map(|(location, _)| location)),
            lot,
            from,
            to,
            doc: doc.unwrap_or(NONE),
            order: order.unwrap_or(NONE),
            before_of_lot: self.lot(lot).last_entry,
            before_of_order,
            kind,
        });
        self.lots.get_mut(lot.index()).last_entry = entry;
        if let Some(order) = order {
            self.docs.get_mut(order).last_of_order = entry;
        }
    }

    fn place(&self, account: &Account<'_>, shelf: Option<u32>) -> Place {
        match (account, shelf) {
            (Account::At(_, condition), Some(shelf)) => Place::at(self.shelves[shelf as usize].location, *condition),
            (Account::Outside(outside), _) => Place::outside(*outside),
            (Account::At(..), None) => Place::outside(Outside::Scrap), // a location always has a shelf by now
        }
    }

    fn shift_hold(&mut self, hold: u32, movement: &Movement<'_>, lot: LotId, shelves: [Option<u32>; 2]) {
        let held = |account: &Account<'_>| matches!(account, Account::At(_, Condition::Held));
        let hold = self.holds.get_mut(hold as usize);
        if let (true, Some(shelf)) = (held(&movement.from), shelves[0]) {
            give(hold, HoldLine { shelf, lot: Some(lot), quantity: -movement.quantity });
        }
        if let (true, Some(shelf)) = (held(&movement.to), shelves[1]) {
            give(hold, HoldLine { shelf, lot: Some(lot), quantity: movement.quantity });
        }
    }

    fn open_hold(
        &mut self,
        doc: Option<DocId>,
        deadline: Timestamp,
        remaining_days: i32,
        backordered: &[(&str, &str, i64)],
        touched: &mut Touched,
    ) {
        let Some(doc) = doc else { return };
        let mut hold = Hold {
            doc,
            lines: SmallVec::new(),
            deadline,
            remaining_days,
            beyond: None,
            in_kits: None,
            state: HoldState::Live,
        };
        for (sku, location, quantity) in backordered {
            let sku = self.known(sku);
            let shelf = self.shelf_id(sku, location);
            self.shelves.get_mut(shelf as usize).backordered += quantity;
            give(&mut hold, HoldLine { shelf, lot: None, quantity: *quantity });
            touch(touched, shelf, 0);
        }
        let beyond = hold.lines.iter().map(|line| (line.shelf, line.quantity));
        hold.beyond = (!hold.lines.is_empty()).then(|| beyond.collect());
        let number = self.holds.push(hold) as u32;
        self.docs.get_mut(doc).outcome = Outcome::Hold(number);
        self.deadlines.0.push(Reverse((deadline, number)));
    }

    /// What an event changes beside the units.
    fn finish(
        &mut self,
        event: &Event<'_>,
        kind: &StockKind<'_>,
        movements: &[Movement<'_>],
        doc: Option<DocId>,
        hold: Option<u32>,
        touched: &mut Touched,
    ) {
        match kind {
            StockKind::Received { purchase, unit_cost, .. } => {
                if let Some(cost) = unit_cost {
                    self.book.push_cost(self.book.len() as u32 - movements.len() as u32, *cost);
                }
                let Some(purchase) = purchase else { return };
                for goods in movements {
                    self.fulfil(purchase, self.known_sku(goods.sku), goods.quantity, touched);
                }
            }
            StockKind::Committed { .. } => {
                self.ship_kits(hold, touched);
                self.settle_hold(hold, HoldState::Committed);
            }
            StockKind::InKits { order, units } => self.keep_kits(order, units, touched),
            StockKind::Released { .. } => {
                self.settle_backorders(hold, movements.is_empty(), HoldState::Released, touched)
            }
            StockKind::HoldExpired { .. } => self.settle_backorders(hold, true, HoldState::Expired, touched),
            StockKind::Reallocated { .. } => self.refill(hold, movements),
            StockKind::Moved => {
                self.depart(doc, movements);
                self.close_testers(movements);
            }
            StockKind::Arrived { transfer } => self.arrive(transfer, movements),
            StockKind::Counted { sku, location } => {
                let sku = self.known(sku);
                let shelf = self.shelf_id(sku, location);
                let counted_on = &mut self.shelves.get_mut(shelf as usize).counted_on;
                *counted_on = (*counted_on).max(Some(event.day));
                touch(touched, shelf, 0);
                self.close_testers(movements);
            }
            StockKind::WrittenOff { .. } => {
                self.close_testers(movements);
                self.lose_transfers(movements);
            }
            StockKind::TesterOpened { good_until } => self.open_testers(event.day, *good_until, movements),
            StockKind::Recalled { sku, lot } => {
                let sku = self.known(sku);
                let lot = self.known_lot(sku, lot);
                let own = self.lots.get_mut(lot.index());
                own.state.recalled = true;
                own.recalled_at = own.recalled_at.or(Some((event.at, event.day)));
                self.touch_all(sku, touched);
            }
            StockKind::LotExpiredAt { sku, .. } => {
                let sku = self.known(sku);
                self.touch_all(sku, touched);
            }
            StockKind::LotExpired { sku, lot } => {
                let sku = self.known(sku);
                let lot = self.known_lot(sku, lot);
                if let Some(day) = self.lot(lot).state.expires_on {
                    Arc::make_mut(&mut self.expiries).remove(&(day, lot));
                }
                self.touch_all(sku, touched);
            }
            StockKind::Purchased { supplier, lines, location, expected_on, under_percent, over_percent } => {
                let Some(doc) = doc else { return };
                let location_id = LocationId(self.known_location(location));
                let lines = lines.iter().map(|(sku, ordered)| {
                    let sku = self.known(sku);
                    let shelf = self.shelf_id(sku, location);
                    self.shelves.get_mut(shelf as usize).incoming += ordered;
                    self.touches.push(shelf); // what is to come is no level yet
                    PurchaseLine { sku, ordered: *ordered, received: 0 }
                });
                let purchase = OpenPurchase {
                    supplier: (*supplier).into(),
                    lines: lines.collect(),
                    location: location_id,
                    expected_on: *expected_on,
                    under_percent: *under_percent,
                    over_percent: *over_percent,
                };
                let id = self.docs.id(doc).to_string();
                Arc::make_mut(&mut self.purchases).insert(id.clone(), purchase);
                if self.early.contains_key(&id) {
                    let came = Arc::make_mut(&mut self.early).remove(&id).unwrap_or_default();
                    came.into_iter().for_each(|(sku, quantity)| self.fulfil(&id, sku, quantity, touched));
                }
            }
            StockKind::Frozen { until } => self.frozen_until = Some(*until),
            StockKind::Complained { .. } => {}
            StockKind::Refused(why) => {
                if let Some(doc) = doc {
                    self.docs.refuse(doc, why);
                }
            }
            StockKind::Unresolved(_) => {
                if let Some(doc) = doc {
                    self.wait(doc);
                }
            }
            StockKind::Held { .. }
            | StockKind::Sold { .. }
            | StockKind::Returned { .. }
            | StockKind::Reclassified { .. }
            | StockKind::Assembled { .. } => {}
        }
    }

    /// A hold remembers its parts of kits until they ship; a sale has shipped them.
    fn keep_kits(&mut self, order: &str, units: &[(&str, &str, i64)], touched: &mut Touched) {
        let mut parts: Vec<(u32, i64)> = Vec::with_capacity(units.len());
        for (sku, location, quantity) in units {
            let sku = self.known(sku);
            parts.push((self.shelf_id(sku, location), *quantity));
        }
        if let Some(hold) = self.hold_number(self.docs.find(order)) {
            self.holds.get_mut(hold as usize).in_kits = Some(parts.into());
            return;
        }
        for (shelf, quantity) in parts {
            touch(touched, shelf, 0);
            touched.iter_mut().filter(|own| own.shelf == shelf as usize).for_each(|own| own.in_kits += quantity);
        }
    }

    fn ship_kits(&mut self, hold: Option<u32>, touched: &mut Touched) {
        let Some(number) = hold.filter(|number| self.holds[*number as usize].in_kits.is_some()) else { return };
        let parts = self.holds.get_mut(number as usize).in_kits.iter_mut().flat_map(|parts| parts.iter_mut());
        for (shelf, left) in parts {
            for own in touched.iter_mut().filter(|own| own.shelf == *shelf as usize) {
                let shipped = (*left).min(own.sold - own.in_kits).max(0);
                own.in_kits += shipped;
                *left -= shipped;
            }
        }
    }

    fn settle_hold(&mut self, hold: Option<u32>, state: HoldState) {
        let Some(hold) = hold else { return };
        let hold = self.holds.get_mut(hold as usize);
        if hold.lines.is_empty() {
            hold.state = state;
        }
        self.forget_closed();
    }

    /// Gives back what was promised beyond the books too, where the whole hold ends.
    fn settle_backorders(&mut self, hold: Option<u32>, whole: bool, state: HoldState, touched: &mut Touched) {
        let Some(number) = hold else { return };
        let owned = self.holds[number as usize].lines.iter().any(|line| line.lot.is_some());
        if whole || !owned {
            let lines = std::mem::take(&mut self.holds.get_mut(number as usize).lines);
            for line in lines.iter().filter(|line| line.lot.is_none()) {
                self.shelves.get_mut(line.shelf as usize).backordered -= line.quantity;
                touch(touched, line.shelf, 0);
            }
            self.holds.get_mut(number as usize).lines = lines.into_iter().filter(|line| line.lot.is_some()).collect();
        }
        self.settle_hold(hold, state);
    }

    /// What a hold got for units that were promised beyond the books is no longer owed; one that lost all is lost.
    fn refill(&mut self, hold: Option<u32>, movements: &[Movement<'_>]) {
        let Some(number) = hold else { return };
        let gained = |account: &Account<'_>| matches!(account, Account::At(_, Condition::Held));
        for movement in movements.iter().filter(|movement| gained(&movement.to)) {
            let Account::At(location, _) = movement.to else { continue };
            let shelf = self.shelf_id(self.known_sku(movement.sku), location);
            let hold = self.holds.get_mut(number as usize);
            let owed = hold.lines.iter_mut().find(|line| line.shelf == shelf && line.lot.is_none());
            let Some(owed) = owed else { continue };
            let part = owed.quantity.min(movement.quantity);
            owed.quantity -= part;
            hold.lines.retain(|line| line.quantity != 0);
            self.shelves.get_mut(shelf as usize).backordered -= part;
        }
        self.settle_hold(hold, HoldState::Lost);
    }

    /// Closed holds whose deadline comes first leave the heap; the others leave it when their turn comes.
    fn forget_closed(&mut self) {
        while let Some(Reverse((_, number))) = self.deadlines.0.peek() {
            if self.holds[*number as usize].state == HoldState::Live {
                return;
            }
            self.deadlines.0.pop();
        }
    }

    /// Units of a SKU came for a purchase; one that is entered later finds them.
    fn fulfil(&mut self, purchase: &str, sku: SkuId, quantity: i64, touched: &mut Touched) {
        if !self.purchases.contains_key(purchase) {
            Arc::make_mut(&mut self.early).entry(purchase.into()).or_default().push((sku, quantity));
            return;
        }
        let Some(order) = Arc::make_mut(&mut self.purchases).get_mut(purchase) else { return };
        let location = order.location;
        let Some(at) = order.lines.iter().position(|line| line.sku == sku) else { return };
        let before = order.open(&order.lines[at]);
        order.lines[at].received += quantity;
        let came = before - order.open(&order.lines[at]);
        if let Some(shelf) = self.shelf_index(sku, location) {
            self.shelves.get_mut(shelf).incoming -= came;
            touch(touched, shelf as u32, 0);
        }
    }

    fn depart(&mut self, doc: Option<DocId>, movements: &[Movement<'_>]) {
        let Some(doc) = doc else { return };
        for movement in movements {
            let (Account::At(to, Condition::InTransit), Account::At(_, condition)) = (movement.to, movement.from)
            else {
                continue;
            };
            let (to, sku) = (LocationId(self.known_location(to)), self.known_sku(movement.sku));
            let Some(lot) = self.lot_id(sku, movement.lot) else { continue };
            let transfers = Arc::make_mut(&mut self.transfers);
            let transfer = transfers.entry(doc).or_insert_with(|| Transfer { to, condition, lines: Vec::new() });
            transfer.lines.push((lot, movement.quantity));
        }
    }

    fn arrive(&mut self, transfer: &str, movements: &[Movement<'_>]) {
        let Some(doc) = self.docs.find(transfer) else { return };
        for movement in movements {
            let lot = self.lot_id(self.known_sku(movement.sku), movement.lot);
            self.shorten_transfer(doc, lot, movement.quantity);
        }
    }

    /// Units that were lost on their way: the oldest transfers of their lot to the location will not bring them.
    fn lose_transfers(&mut self, movements: &[Movement<'_>]) {
        for movement in movements {
            let Account::At(location, Condition::InTransit) = movement.from else { continue };
            let (to, lot) = (self.location(location), self.lot_id(self.known_sku(movement.sku), movement.lot));
            let docs: Vec<DocId> =
                self.transfers.iter().filter(|(_, own)| Some(own.to) == to).map(|(doc, _)| *doc).collect();
            docs.into_iter().fold(movement.quantity, |left, doc| left - self.shorten_transfer(doc, lot, left));
        }
    }

    /// Takes units of a lot off a transfer, as far as it has them; answers how many.
    fn shorten_transfer(&mut self, doc: DocId, lot: Option<LotId>, quantity: i64) -> i64 {
        let transfers = Arc::make_mut(&mut self.transfers);
        let Some(own) = transfers.get_mut(&doc) else { return 0 };
        let Some((_, left)) = own.lines.iter_mut().find(|(own, _)| Some(*own) == lot) else { return 0 };
        let part = quantity.min(*left);
        *left -= part;
        own.lines.retain(|(_, left)| *left > 0);
        if own.lines.is_empty() {
            transfers.remove(&doc);
        }
        part
    }

    /// Each unit is good until the end of its period after opening, or the last good day of its lot if that is earlier.
    fn open_testers(&mut self, opened_on: Day, period_ends: Option<Day>, movements: &[Movement<'_>]) {
        for movement in movements {
            let Some((shelf, lot)) = self.tester_at(movement.sku, movement.lot, &movement.to) else { continue };
            let good_until = earlier(self.lot(lot).state.expires_on, period_ends);
            let tester = Tester { shelf, lot, quantity: movement.quantity, opened_on, good_until };
            Arc::make_mut(&mut self.testers).push(tester);
        }
    }

    fn tester_at(&mut self, sku: &str, lot: &str, account: &Account<'_>) -> Option<(u32, LotId)> {
        let Account::At(location, Condition::Tester) = account else { return None };
        let sku = self.known_sku(sku);
        Some((self.shelf_id(sku, location), self.lot_id(sku, lot)?))
    }

    /// Testers that left, the longest opened first; those that only moved stay open elsewhere.
    fn close_testers(&mut self, movements: &[Movement<'_>]) {
        for movement in movements {
            let Some((shelf, lot)) = self.tester_at(movement.sku, movement.lot, &movement.from) else { continue };
            let moved = self.tester_at(movement.sku, movement.lot, &movement.to);
            let testers = Arc::make_mut(&mut self.testers);
            let mut left = movement.quantity;
            let mut elsewhere = Vec::new();
            for tester in testers.iter_mut().filter(|own| own.shelf == shelf && own.lot == lot) {
                let part = tester.quantity.min(left);
                tester.quantity -= part;
                left -= part;
                elsewhere.extend(moved.map(|(shelf, _)| Tester { shelf, quantity: part, ..tester.clone() }));
            }
            testers.extend(elsewhere);
            testers.retain(|tester| tester.quantity > 0);
        }
    }

    fn touch_all(&self, sku: SkuId, touched: &mut Touched) {
        self.shelves_of(sku).for_each(|shelf| touch(touched, shelf as u32, 0));
    }

    /// Notes that a shelf was touched, and where it came to another level.
    fn tell(&mut self, at: Timestamp, shelf: usize) {
        self.touches.push(shelf as u32);
        let own = &self.shelves[shelf];
        let free = own.of(Condition::Available) - own.backordered;
        let low = self.policy(own.sku).low_stock;
        let level = match free {
            free if free < 0 => StockLevel::Negative,
            0 => StockLevel::StockOut,
            free if free <= low => StockLevel::LowStock,
            _ => StockLevel::InStock,
        };
        if level != own.level {
            self.shelves.get_mut(shelf).level = level;
            self.alerts.push(Alert { cursor: self.book.len() as u32, at, shelf: shelf as u32, level, free });
        }
    }

    fn known(&mut self, sku: &str) -> SkuId {
        match self.sku(sku) {
            Some(id) => id,
            None => self.declare(sku, Policy::default()),
        }
    }

    /// A SKU that a movement named, so that it is known.
    fn known_sku(&self, sku: &str) -> SkuId {
        self.sku(sku).unwrap_or_default()
    }

    pub(super) fn known_location(&mut self, location: &str) -> u32 {
        match self.locations.id(location) {
            Some(id) => id,
            None => {
                let id = Arc::make_mut(&mut self.locations).intern(location);
                Arc::make_mut(&mut self.offsets).span(self.locations.len());
                id
            }
        }
    }

    fn known_lot(&mut self, sku: SkuId, key: &str) -> LotId {
        if let Some(id) = self.lot_id(sku, key) {
            return id;
        }
        let state = LotState::default();
        let (produced_on, supplier_lot, recalled_at) = (None, None, None);
        let lot = Lot { sku, key: key.into(), state, produced_on, supplier_lot, recalled_at, last_entry: NONE };
        let id = LotId(self.lots.push(lot) as u32);
        self.sku_states.get_mut(sku.index()).lots.insert(key.into(), id);
        id
    }

    /// What a receipt says of a lot: where two papers disagree on its last good day, the earlier one holds.
    fn card(&mut self, goods: &Movement<'_>, card: &LotCard<'_>) {
        let sku = self.known(goods.sku);
        let id = self.known_lot(sku, goods.lot);
        let lot = self.lots.get_mut(id.index());
        let before = lot.state.clone();
        lot.produced_on = lot.produced_on.or(card.produced_on);
        if lot.supplier_lot.is_none() {
            lot.supplier_lot = card.supplier_lot.map(Into::into);
        }
        lot.state.received_on = earlier(before.received_on, card.received_on);
        lot.state.expires_on = earlier(before.expires_on, card.expires_on);
        let after = lot.state.clone();
        if after.expires_on != before.expires_on {
            let expiries = Arc::make_mut(&mut self.expiries);
            before.expires_on.map(|day| expiries.remove(&(day, id)));
            after.expires_on.map(|day| expiries.insert((day, id)));
        }
        if (after.expires_on, after.received_on) != (before.expires_on, before.received_on) {
            self.reorder(sku, id);
        }
    }

    /// Puts a lot into its new place on the shelves where it is.
    fn reorder(&mut self, sku: SkuId, lot: LotId) {
        let shelves: Vec<usize> = self.shelves_of(sku).collect();
        for shelf in shelves {
            let Some(at) = self.shelves[shelf].lots.iter().position(|own| own.lot == lot) else { continue };
            let own = self.shelves.get_mut(shelf);
            let stock = own.lots.remove(at);
            let at = leaves_after(&self.lots, &own.lots, lot);
            own.lots.insert(at, stock);
        }
    }

    fn shelf_id(&mut self, sku: SkuId, location: &str) -> u32 {
        let location = LocationId(self.known_location(location));
        let shelves = &self.sku_states[sku.index()].shelves;
        match shelves.binary_search_by_key(&location, |(own, _)| *own) {
            Ok(at) => shelves[at].1,
            Err(at) => {
                let (lots, level) = (SmallVec::new(), StockLevel::InStock);
                let shelf = Shelf { sku, location, lots, incoming: 0, backordered: 0, counted_on: None, level };
                let id = self.shelves.push(shelf) as u32;
                self.sku_states.get_mut(sku.index()).shelves.insert(at, (location, id));
                id
            }
        }
    }
}

/// Checks.
impl Ledger {
    /// Answers the first invariant that does not hold, for tests and for `verify`. O(state).
    pub fn broken_invariant(&self) -> Option<String> {
        self.unbalanced().or_else(|| self.negative()).or_else(|| self.unheld()).or_else(|| self.disordered())
    }

    fn unbalanced(&self) -> Option<String> {
        let mut sums: Vec<i64> = self.sku_states.iter().map(|sku| sku.outside.iter().sum()).collect();
        for shelf in self.shelves.iter() {
            sums[shelf.sku.index()] += shelf.lots.iter().flat_map(|lot| lot.units).sum::<i64>();
        }
        let wrong = sums.iter().position(|sum| *sum != 0)?;
        Some(format!("{}: all accounts sum to {}", self.skus.key(wrong as u32), sums[wrong]))
    }

    fn name(&self, shelf: &Shelf) -> String {
        format!("{} at {}", self.skus.key(shelf.sku.0), self.locations.key(shelf.location.0))
    }

    fn negative(&self) -> Option<String> {
        let wrong = |lot: &&LotStock| lot.units[1..].iter().any(|units| *units < 0);
        self.shelves.iter().find_map(|shelf| {
            let lot = shelf.lots.iter().find(wrong);
            let counts = shelf.incoming < 0 || shelf.backordered < 0;
            (lot.is_some() || counts).then(|| format!("{}: negative: {shelf:?}", self.name(shelf)))
        })
    }

    fn unheld(&self) -> Option<String> {
        let mut held: BTreeMap<(u32, Option<LotId>), i64> = BTreeMap::new();
        for hold in self.holds.iter().filter(|hold| hold.state == HoldState::Live) {
            for line in &hold.lines {
                *held.entry((line.shelf, line.lot)).or_default() += line.quantity;
            }
        }
        for (index, shelf) in self.shelves.iter().enumerate() {
            for lot in &shelf.lots {
                let promised = held.remove(&(index as u32, Some(lot.lot))).unwrap_or(0);
                if lot.of(Condition::Held) != promised {
                    let (name, held) = (self.name(shelf), lot.of(Condition::Held));
                    return Some(format!("{name}: {held} held, live holds sum to {promised}"));
                }
            }
            let promised = held.remove(&(index as u32, None)).unwrap_or(0);
            if shelf.backordered != promised {
                return Some(format!("{}: {} backordered, holds say {promised}", self.name(shelf), shelf.backordered));
            }
        }
        held.into_iter()
            .find(|(_, units)| *units != 0)
            .map(|(line, units)| format!("{line:?}: {units} held of nothing"))
    }

    fn disordered(&self) -> Option<String> {
        let key = |own: &LotStock| order_key(self.lot(own.lot));
        let wrong = self.shelves.iter().find(|shelf| !shelf.lots.is_sorted_by(|a, b| key(a) < key(b)))?;
        Some(format!("{}: lots out of order", self.name(wrong)))
    }
}

fn order_key(lot: &Lot) -> (Day, Day, &str) {
    fefo_key(lot.state.expires_on, lot.state.received_on, &lot.key)
}

/// Where a lot stands among those of a shelf.
fn leaves_after(lots: &Chunked<Lot>, on_shelf: &[LotStock], lot: LotId) -> usize {
    let own = order_key(&lots[lot.index()]);
    if !holds(Rule::LeavingOrder) {
        return on_shelf.len();
    }
    on_shelf.iter().position(|other| order_key(&lots[other.lot.index()]) > own).unwrap_or(on_shelf.len())
}

fn earlier(known: Option<Day>, new: Option<Day>) -> Option<Day> {
    match (known, new) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (known, new) => known.or(new),
    }
}

fn same_location(a: &Account<'_>, b: &Account<'_>) -> bool {
    matches!((a, b), (Account::At(a, _), Account::At(b, _)) if a == b)
}

fn is_made(movement: &Movement<'_>) -> bool {
    matches!(movement.to, Account::At(..)) && matches!(movement.from, Account::Outside(_))
}

fn touch(touched: &mut Touched, shelf: u32, sold: i64) {
    match touched.iter_mut().find(|touch| touch.shelf == shelf as usize) {
        Some(touch) => touch.sold += sold,
        None => touched.push(Touch { shelf: shelf as usize, sold, in_kits: 0 }),
    }
}

fn give(hold: &mut Hold, part: HoldLine) {
    match hold.lines.iter_mut().find(|line| line.shelf == part.shelf && line.lot == part.lot) {
        Some(line) => line.quantity += part.quantity,
        None => hold.lines.push(part),
    }
    hold.lines.retain(|line| line.quantity != 0);
}

fn entry_kind(kind: &StockKind<'_>) -> Option<EntryKind> {
    Some(match kind {
        StockKind::Received { .. } => EntryKind::Received,
        StockKind::Held { .. } => EntryKind::Held,
        StockKind::Committed { .. } => EntryKind::Committed,
        StockKind::Released { .. } => EntryKind::Released,
        StockKind::HoldExpired { .. } => EntryKind::HoldExpired,
        StockKind::Reallocated { .. } => EntryKind::Reallocated,
        StockKind::Sold { .. } => EntryKind::Sold,
        StockKind::Returned { .. } => EntryKind::Returned,
        StockKind::Moved => EntryKind::Moved,
        StockKind::Arrived { .. } => EntryKind::Arrived,
        StockKind::Counted { .. } => EntryKind::Counted,
        StockKind::Reclassified { .. } => EntryKind::Reclassified,
        StockKind::WrittenOff { .. } => EntryKind::WrittenOff,
        StockKind::TesterOpened { .. } => EntryKind::TesterOpened,
        StockKind::Recalled { .. } => EntryKind::Recalled,
        StockKind::LotExpired { .. } | StockKind::LotExpiredAt { .. } => EntryKind::LotExpired,
        StockKind::Assembled { .. } => EntryKind::Assembled,
        StockKind::Purchased { .. }
        | StockKind::Frozen { .. }
        | StockKind::Complained { .. }
        | StockKind::Refused(_)
        | StockKind::Unresolved(_)
        | StockKind::InKits { .. } => return None,
    })
}
