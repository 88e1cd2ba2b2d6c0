//! The closed loop: open, submit, record, advance, view, snapshot, erase. No algorithm of its own.
//!
//! Two doors. A command may be refused; a fact is recorded even where it contradicts the books.
//! Both become events of one journal, and every domain is a fold of them: a complaint changes a
//! stock belief, a forecast and a ranking in the same step.
//!
//! One writer. [`Engine`] is that writer, for programs with one thread; [`Shared`] lends it to many
//! threads and flushes once for all that wait (group commit).

mod batch;
mod books;
mod calendar;
mod care;
#[cfg(test)]
mod care_tests;
mod door;
mod fingerprint;
mod follow;
mod gather;
mod pending;
mod people;
mod report;
mod shared;
#[cfg(test)]
mod tests;
mod view;
mod world;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::base::{Day, Error, Quantity, Rejected, Result, Timestamp};
use crate::event::{
    Body, CatalogEvent, Channel, Command, Event, Fact, Location, Origin, Sku, StockKind, Supplier, Taken, Units,
};
use crate::journal::{Disk, Durability, Entry, FileDisk, Head, Journal, MemoryDisk, Resume};
use crate::ledger::{self, DocId, EntryKind, HoldState, Outcome as DocOutcome};

use door::{Asked, Bodies};
use fingerprint::Fingerprints;
use pending::Pending;

pub use books::{
    AlertRow, AlertsParams, ChangeRow, Changes, ChangesParams, CycleCountParams, CycleCountRow, HeldLot, HoldParams,
    HoldRow, LotTrace, OrderTrace, StockValueParams, StockValueRow, TesterRow, TraceLotParams, TraceOrderParams,
    TraceRow, TransferRow,
};
pub use calendar::ExpiryCalendarParams;
pub use care::{
    BackupParams, Copied, Damaged, LostRange, RetainParams, Retained, SalvageParams, Salvaged, Verified, VerifyParams,
    salvage, verify,
};
pub use follow::{Ask, Follow, Shop};
pub use people::{People, Person};
pub use report::{ForecastParams, PlanPurchasesParams, SegmentsParams};
pub use shared::{Reply, Shared};
pub use view::{
    Availability, AvailabilityParams, DemandParams, ExpiringParams, OpenPurchaseRow, Promised, RecommendParams,
    SignalRow, SignalsParams, StockParams, StockRow, View, WithheldParams, WithheldRow,
};
pub use world::World;

/// How an engine is opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Minutes east of UTC at which the business day begins, −840 … 840. It is kept in the journal: not given, it
    /// stays what it was, and 0 at first.
    pub utc_offset_minutes: Option<i32>,
    /// Whether a fact about an unknown SKU enters that SKU into the catalogue instead of waiting for it.
    pub open_catalog: bool,
    /// When an answer is given: `sync`, once it survives a power cut; `group`, where inputs wait for each other to share
    /// one flush; `os`, once it survives the end of the process.
    pub durability: Durability,
}

/// A hold that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Held {
    /// The hold's id: that of the command.
    pub id: String,
    /// What is held, one line a SKU.
    pub lines: Vec<Units>,
    /// What of it is promised beyond the books, one line a SKU.
    pub backordered: Vec<Units>,
    /// Where.
    pub location: String,
    /// When it falls.
    pub expires_at: Timestamp,
}

/// A hold that was shipped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shipped {
    /// The command's id.
    pub id: String,
    /// The hold.
    pub hold: String,
    /// The lots that left, first expired first out.
    pub lots: Vec<Taken>,
}

/// A hold that was given back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Released {
    /// The command's id.
    pub id: String,
    /// The hold.
    pub hold: String,
}

/// Units whose account changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Moved {
    /// The command's id.
    pub id: String,
    /// The lots.
    pub lots: Vec<Taken>,
}

/// What needs no more than a yes: a purchase that receipts may name, books that were closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entered {
    /// The command's id.
    pub id: String,
}

/// A fact that was recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recorded {
    /// The fact's id.
    pub id: String,
    /// False while it waits for the catalogue to know its SKUs.
    pub resolved: bool,
    /// The lots that a sale took.
    pub lots: Vec<Taken>,
    /// What a sale took beyond the books.
    pub missing: Vec<Units>,
    /// The business day on which it is booked, where it moved units: a late fact's own day, or the first open one.
    pub booked_on: Option<Day>,
}

/// What an accepted command did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Accepted {
    /// Stock is held.
    Held(Held),
    /// A hold was shipped.
    Shipped(Shipped),
    /// A hold was given back.
    Released(Released),
    /// Units moved, or got another condition.
    Moved(Moved),
    /// It was entered.
    Entered(Entered),
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It was done.
    Accepted(Accepted),
    /// It was refused; the refusal is journalled, and the id answers so for ever.
    Rejected(Rejected),
}

impl Outcome {
    /// What was done, with a refusal as an error.
    ///
    /// # Errors
    /// [`Error::Rejected`].
    pub fn accepted(self) -> Result<Accepted> {
        match self {
            Outcome::Accepted(accepted) => Ok(accepted),
            Outcome::Rejected(why) => Err(Error::Rejected(why)),
        }
    }

    /// The refusal, if it is one.
    pub fn rejected(&self) -> Option<&Rejected> {
        match self {
            Outcome::Rejected(why) => Some(why),
            Outcome::Accepted(_) => None,
        }
    }
}

/// What time brought about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Advanced {
    /// The latest instant that the engine knows.
    pub now: Timestamp,
    /// Holds that fell.
    pub holds_expired: Vec<String>,
    /// Lots whose last good day passed.
    pub lots_expired: Vec<ExpiredLot>,
}

/// A lot whose last good day passed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExpiredLot {
    /// The SKU.
    pub sku: String,
    /// The lot.
    pub lot: String,
    /// Where good units of it were left. A lot is told at the midnight of each of these locations, and once more at
    /// the last midnight of all.
    pub locations: Vec<String>,
}

/// Where the journal stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Position {
    /// Events so far.
    pub sequence: i64,
    /// Chain hash over all of them, in hexadecimal: equal digests have equal histories. Every journal begins
    /// with a random id of its own, so two journals fed alike differ.
    pub digest: String,
    /// The latest instant that the engine knows.
    pub now: Timestamp,
}

/// The engine: the one writer of a journal and of the world that folds from it.
///
/// ```
/// use trousse::{Engine, Fact, Line, Outcome, Receive, Reserve, Sku, Timestamp};
/// let now: Timestamp = "2026-11-23T09:00:00Z".parse()?;
/// let mut shop = Engine::memory(Default::default());
/// shop.upsert_skus(vec![Sku { sku: "LIP-01".into(), ..Default::default() }], now)?;
/// let receipt = Receive { id: "asn-7:1".into(), sku: "LIP-01".into(), lot: "A1".into(),
///     quantity: trousse::Quantity(48), location: "paris".into(), ..Default::default() };
/// shop.record(receipt.into(), now)?;
/// let wish = Reserve { id: "order-1001".into(), lines: vec![Line::new("LIP-01", 50)],
///     location: "paris".into(), ..Default::default() };
/// let Outcome::Rejected(why) = shop.submit(wish.into(), now)? else { panic!("50 of 48") };
/// assert_eq!(why.to_string(), "LIP-01 at paris: 48 available, 50 requested");
/// # Ok::<(), trousse::Error>(())
/// ```
pub struct Engine {
    world: World,
    journal: Journal,
    options: Options,
    deferred: bool,
    pending: Pending,
    fingerprints: Fingerprints,
    waits: bool,
}

struct Replay {
    world: World,
}

impl Resume for Replay {
    fn restore(&mut self, _head: &Head, snapshot: &[u8]) -> Result<bool> {
        match World::from_bytes(snapshot) {
            Some(world) => self.world = world,
            None => return Ok(false),
        }
        Ok(true)
    }
    fn apply(&mut self, entry: Entry<'_>) -> Result<()> {
        self.world.apply(&Event::read(entry.payload)?);
        Ok(())
    }
}

impl Engine {
    /// Opens the journal in a folder, made where there is none, and folds it.
    ///
    /// # Errors
    /// `JOURNAL_LOCKED`, `JOURNAL_CORRUPT`, `JOURNAL_VERSION`, `IO`; `INVALID_ARGUMENT` for bad options.
    pub fn open(folder: impl AsRef<Path>, options: Options) -> Result<Engine> {
        Engine::with_disk(Box::new(FileDisk::open(folder.as_ref())?), options)
    }

    /// An engine without a disk: its journal is in memory.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for bad options.
    pub fn try_memory(options: Options) -> Result<Engine> {
        Engine::on_disk(Box::new(MemoryDisk::reliable()), options)
    }

    /// As [`Engine::try_memory`]; an offset outside −840 … 840 is cut to it.
    pub fn memory(options: Options) -> Engine {
        let utc_offset_minutes = options.utc_offset_minutes.map(|minutes| minutes.clamp(-840, 840));
        let durability = gather::check(options.durability).map_or(Durability::Sync, |()| options.durability);
        match Engine::try_memory(Options { utc_offset_minutes, durability, ..options }) {
            Ok(engine) => engine,
            Err(error) => unreachable!("an empty simulated disk opens: {error}"),
        }
    }

    /// Whether answers wait for a disk.
    fn waits(&self) -> bool {
        self.waits
    }

    /// Opens the journal on any disk, for tests and simulations.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn with_disk(disk: Box<dyn Disk>, options: Options) -> Result<Engine> {
        let mut engine = Engine::on_disk(disk, options)?;
        engine.waits = true;
        Ok(engine)
    }

    fn on_disk(disk: Box<dyn Disk>, options: Options) -> Result<Engine> {
        if let Some(offset) = options.utc_offset_minutes.filter(|offset| !(-840..=840).contains(offset)) {
            return Err(Error::argument("utc_offset_minutes", "-840 to 840", offset));
        }
        gather::check(options.durability)?;
        let mut replay = Replay { world: World::default() };
        let journal = Journal::resume(disk, &mut replay)?;
        let (pending, fingerprints) = Default::default();
        let mut engine =
            Engine { world: replay.world, journal, options, deferred: false, pending, fingerprints, waits: false };
        let kept = engine.world.catalog.utc_offset_minutes();
        if let Some(offset) = options.utc_offset_minutes.filter(|offset| *offset != kept) {
            let change = CatalogEvent::BusinessDay { utc_offset_minutes: offset };
            engine.enter_catalog([change], engine.world.now)?;
            engine.durable()?;
        }
        Ok(engine)
    }

    /// Decides a command and answers what became of it, durably.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field; `IO`, `JOURNAL_POISONED` where it could not be made durable.
    pub fn submit(&mut self, command: Command, now: Timestamp) -> Result<Outcome> {
        command.check()?;
        let outcome = self.decide(&command, now)?;
        self.durable()?;
        Ok(outcome)
    }

    /// Decides commands in order, with one flush for all.
    ///
    /// # Errors
    /// As [`Engine::submit`]; a malformed command is found before any is decided, and named by its index.
    pub fn submit_many(&mut self, commands: &[Command], now: Timestamp) -> Result<Vec<Outcome>> {
        check_all(commands, Command::check)?;
        let outcomes: Result<Vec<Outcome>> = commands.iter().map(|command| self.decide(command, now)).collect();
        self.durable()?;
        outcomes
    }

    /// Records a fact, durably.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field; `CONFLICT` for an id used before with other content; `LIFE_TOO_SHORT` for a
    /// receipt that its SKU's entry refuses; `IO`, `JOURNAL_POISONED` where it could not be made durable.
    pub fn record(&mut self, fact: Fact, now: Timestamp) -> Result<Recorded> {
        fact.check()?;
        let recorded = self.enter(&fact, now);
        self.durable()?; // what was due has fired, whatever became of the fact
        recorded
    }

    /// Records facts in order, with one flush for all.
    ///
    /// # Errors
    /// As [`Engine::record`]; a malformed fact is found before any is recorded, and named by its index. On
    /// `CONFLICT` the facts before it stay recorded.
    pub fn record_many(&mut self, facts: &[Fact], now: Timestamp) -> Result<Vec<Recorded>> {
        check_all(facts, Fact::check)?;
        let recorded: Result<Vec<Recorded>> = facts.iter().map(|fact| self.enter(fact, now)).collect();
        self.durable()?;
        recorded
    }

    /// Adds SKUs or replaces their entries, and settles the facts that waited for them.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the SKU and field; `IO`, `JOURNAL_POISONED`.
    pub fn upsert_skus(&mut self, skus: Vec<Sku>, now: Timestamp) -> Result<()> {
        check_all(&skus, Sku::check)?;
        if skus.is_empty() {
            return Ok(());
        }
        let now = self.clamp(now)?;
        self.fire_due(now)?;
        self.enter_skus(&skus, now)?;
        self.durable()
    }

    /// Adds suppliers or replaces their terms.
    ///
    /// # Errors
    /// As [`Engine::upsert_skus`].
    pub fn upsert_suppliers(&mut self, suppliers: Vec<Supplier>, now: Timestamp) -> Result<()> {
        check_all(&suppliers, Supplier::check)?;
        if suppliers.is_empty() {
            return Ok(());
        }
        let now = self.clamp(now)?;
        self.fire_due(now)?;
        self.enter_catalog([CatalogEvent::Suppliers(suppliers)], now)?;
        self.durable()
    }

    /// Adds channels or replaces them.
    ///
    /// # Errors
    /// As [`Engine::upsert_skus`].
    pub fn upsert_channels(&mut self, channels: Vec<Channel>, now: Timestamp) -> Result<()> {
        check_all(&channels, Channel::check)?;
        if channels.is_empty() {
            return Ok(());
        }
        let now = self.clamp(now)?;
        self.fire_due(now)?;
        self.enter_catalog([CatalogEvent::Channels(channels)], now)?;
        self.durable()
    }

    /// Adds locations or replaces their entries: where the business day of each begins.
    ///
    /// # Errors
    /// As [`Engine::upsert_skus`].
    pub fn upsert_locations(&mut self, locations: Vec<Location>, now: Timestamp) -> Result<()> {
        check_all(&locations, Location::check)?;
        if locations.is_empty() {
            return Ok(());
        }
        let now = self.clamp(now)?;
        self.fire_due(now)?;
        self.enter_catalog([CatalogEvent::Locations(locations)], now)?;
        self.durable()
    }

    /// Fires what is due at an instant: hold deadlines and expiry days.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for an instant outside the years 1900–2200; `IO`, `JOURNAL_POISONED`.
    pub fn advance(&mut self, now: Timestamp) -> Result<Advanced> {
        let now = self.clamp(now)?;
        let mut advanced = self.fire_due(now)?;
        self.world.now = now;
        self.durable()?;
        advanced.now = now;
        Ok(advanced)
    }

    /// An immutable view of everything at the latest known instant. O(1).
    pub fn view(&self) -> View {
        self.view_at(self.world.now)
    }

    /// An immutable view at an instant: what is due then counts as fired. O(due holds).
    pub fn view_at(&self, now: Timestamp) -> View {
        View::new(self.world.clone(), self.journal.head().clone(), now)
    }

    /// Writes the world beside the journal, so that the next opening is faster. A cache: it is thrown
    /// away where it does not fit the journal.
    ///
    /// # Errors
    /// `IO`, `JOURNAL_POISONED`.
    pub fn snapshot(&mut self) -> Result<()> {
        let broken = || Error::Internal { message: "the world could not be written".into() };
        self.flush()?;
        self.journal.save_snapshot(&self.world.to_bytes().ok_or_else(broken)?)
    }

    /// Where the journal stands.
    pub fn position(&self) -> Position {
        Position::of(self.journal.head(), self.world.now)
    }

    /// The world as it stands.
    pub fn world(&self) -> &World {
        &self.world
    }

    fn clamp(&self, now: Timestamp) -> Result<Timestamp> {
        now.check("now")?;
        Ok(now.max(self.world.now))
    }

    fn durable(&mut self) -> Result<()> {
        if self.deferred { Ok(()) } else { self.flush() }
    }

    /// Runs inputs whose answers wait for one flush afterwards: group commit.
    fn defer(&mut self, deferred: bool) {
        self.deferred = deferred;
    }

    /// Whether the world in memory is no further than what was flushed.
    fn check_durable(&self) -> Result<()> {
        self.journal.check_poison()
    }

    /// Writes what is pending as one atomic batch and makes it durable.
    fn flush(&mut self) -> Result<()> {
        self.hand_over()?;
        self.journal.commit(self.options.durability)
    }

    fn hand_over(&mut self) -> Result<()> {
        self.pending.hand_over(&mut self.journal)
    }

    fn decide(&mut self, command: &Command, now: Timestamp) -> Result<Outcome> {
        Ok(match self.decide_doc(command, now)? {
            Ok(doc) => self.outcome(command, doc),
            Err(conflict) => Outcome::Rejected(conflict),
        })
    }

    /// Decides a command and answers its document, from which its answer is read; or that its id is in use.
    fn decide_doc(&mut self, command: &Command, now: Timestamp) -> Result<std::result::Result<DocId, Rejected>> {
        self.journal.check_poison()?;
        let now = self.clamp(now)?;
        let skip: &[&str] = if matches!(command, Command::Commit(_)) { &["subject"] } else { &[] };
        let origin = Origin { id: command.id(), fingerprint: self.fingerprints.of(command, skip) };
        if let Some(answer) = self.answered(&origin) {
            return Ok(answer);
        }
        self.fire_due(now)?;
        let plain = door::plain_command(&self.world, command)?;
        let bodies = door::of_command(&self.world, command, &plain, now);
        let day = self.world.day_of(&bodies, now);
        let from = self.pending.write(bodies, now, day, Some(origin))?;
        let doc = self.world.ledger.docs().len() as DocId;
        self.settle(from, now)?;
        Ok(Ok(doc))
    }

    fn enter(&mut self, fact: &Fact, now: Timestamp) -> Result<Recorded> {
        let doc = self.enter_doc(fact, now)?;
        Ok(self.recorded(doc))
    }

    /// Records a fact and answers its document.
    fn enter_doc(&mut self, fact: &Fact, now: Timestamp) -> Result<DocId> {
        self.journal.check_poison()?;
        let now = self.clamp(now)?;
        let origin = Origin { id: fact.id(), fingerprint: self.fingerprints.of(fact, door::personal_fields(fact)) };
        if let Some(answer) = self.answered(&origin) {
            return Ok(answer?);
        }
        self.fire_due(now)?;
        let day = door::business_day(&self.world, fact, door::today(&self.world, fact, now))?;
        let mut known = door::is_known(&self.world, fact);
        if !known && self.options.open_catalog {
            let unknown = door::unknown(&self.world, fact);
            self.enter_skus(&unknown, now)?;
            known = true;
        }
        let plain = if known { door::plain_fact(&self.world, fact)? } else { std::borrow::Cow::Borrowed(fact) };
        let asked = Asked::new(&self.world, &plain, day);
        asked.check(&self.world, day)?;
        let mut bodies = door::of_fact(&self.world, &asked, now, day);
        if known {
            bodies.extend(door::sold_in_kits(&self.world, fact));
        }
        let resolved = known && fact.occurred_on().is_none() && matches!(bodies.first(), Some(Body::Stock(_)));
        let day = if resolved { self.world.day_of(&bodies, now) } else { day };
        let from = self.pending.write(bodies, now, day, Some(origin))?;
        let doc = self.world.ledger.docs().len() as DocId;
        self.settle(from, now)?;
        if let Fact::Recall(recall) = fact {
            self.replace_in_holds(&recall.sku, &recall.lot, crate::event::Condition::Quarantined, now)?;
        }
        Ok(doc)
    }

    fn enter_catalog(&mut self, changes: impl IntoIterator<Item = CatalogEvent>, now: Timestamp) -> Result<()> {
        let bodies: Bodies<'_> = changes.into_iter().map(Body::Catalog).collect();
        let from = self.pending.write(bodies, now, self.world.day(now), None)?;
        self.settle(from, now)
    }

    /// Enters SKUs and settles the facts that waited for them, oldest first, stock before people. They are one
    /// batch: the entry ends the waiting, so no crash may come between.
    fn enter_skus(&mut self, skus: &[Sku], now: Timestamp) -> Result<()> {
        let waiting = door::settled(&self.world, skus);
        self.enter_catalog(skus.chunks(ENTRIES_PER_EVENT).map(|part| CatalogEvent::Entries(part.to_vec())), now)?;
        for (stock, day, fact) in &waiting {
            let plain = door::plain_fact(&self.world, fact).unwrap_or(std::borrow::Cow::Borrowed(fact));
            let asked = Asked::new(&self.world, &plain, *day);
            let body = if *stock {
                door::stock_part(&self.world, &asked, now, *day)
            } else {
                door::people_part(&self.world, &plain)
            };
            // Under its own id and on its own day, or the first open one.
            let docs = self.world.ledger.docs();
            let doc = docs.find(fact.id()).filter(|_| *stock);
            let origin = doc.map(|doc| Origin { id: fact.id(), fingerprint: docs.get(doc).fingerprint });
            let day = self.world.ledger.frozen_until().map_or(*day, |frozen| (*day).max(frozen + 1));
            let kits = if *stock { door::sold_in_kits(&self.world, fact) } else { None };
            let from = self.pending.write(body.into_iter().chain(kits).collect(), now, day, origin)?;
            self.settle(from, now)?;
        }
        Ok(())
    }

    /// Applies what was written and fills what was promised beyond the books where units came free.
    fn settle(&mut self, from: usize, now: Timestamp) -> Result<()> {
        let touched = self.pending.apply(from, &mut self.world)?;
        for touch in touched {
            loop {
                let Some(event) = ledger::filled(&self.world.ledger, touch.shelf, now) else { break };
                let bodies = Bodies::from_iter([Body::Stock(event)]);
                let day = self.world.day_of(&bodies, now);
                let from = self.pending.write(bodies, now, day, None)?;
                self.pending.apply(from, &mut self.world)?;
            }
        }
        if self.pending.is_full() { self.hand_over() } else { Ok(()) }
    }

    /// Lets other lots stand in for a blocked one in the holds that have units of it.
    fn replace_in_holds(&mut self, sku: &str, lot: &str, to: crate::event::Condition, now: Timestamp) -> Result<()> {
        let ledger = &self.world.ledger;
        let Some(lot) = ledger.sku(sku).and_then(|sku| ledger.lot_id(sku, lot)) else { return Ok(()) };
        loop {
            let ledger = &self.world.ledger;
            let blocked = |shelf: u32| ledger::is_blocked_on(ledger, lot, &ledger.shelves()[shelf as usize], to, now);
            let holds = ledger.live_holds(|line| line.lot == Some(lot) && blocked(line.shelf));
            let Some(hold) = holds.first() else { return Ok(()) };
            let event = ledger::reallocated(ledger, hold, lot, to, now);
            let bodies = Bodies::from_iter([Body::Stock(event)]);
            let day = self.world.day_of(&bodies, now);
            let from = self.pending.write(bodies, now, day, None)?;
            self.settle(from, now)?;
        }
    }

    fn answered(&self, origin: &Origin<'_>) -> Option<std::result::Result<DocId, Rejected>> {
        let docs = self.world.ledger.docs();
        let doc = docs.find(origin.id)?;
        let earlier = &docs.get(doc).fingerprint;
        if *earlier != origin.fingerprint {
            let field = self.fingerprints.differing(&origin.fingerprint, earlier).into();
            return Some(Err(Rejected::Conflict { id: origin.id.into(), field }));
        }
        Some(Ok(doc))
    }

    /// The entries that a document made at once.
    fn entries(&self, doc: DocId) -> impl Iterator<Item = &ledger::Entry> {
        let row = self.world.ledger.docs().get(doc);
        self.world.ledger.book().iter_from(row.first_entry as usize).take(row.entries as usize)
    }

    /// What a command was answered the first time, read from the book.
    fn outcome(&self, command: &Command, doc: DocId) -> Outcome {
        let books = &self.world.ledger;
        let id = command.id().to_string();
        if let DocOutcome::Refused(number) = books.docs().get(doc).outcome {
            return Outcome::Rejected(books.docs().refusal(number).clone());
        }
        let all = || self.entries(doc).map(|entry| books.taken(entry.lot, entry.quantity)).collect();
        let customer = |entry: &&ledger::Entry| entry.to.account() == Some(crate::event::Outside::Customer);
        Outcome::Accepted(match command {
            Command::Reserve(c) => Accepted::Held(self.held(c, doc)),
            Command::Commit(c) => {
                let shipped = self.entries(doc).filter(customer);
                let lots = shipped.map(|entry| books.taken(entry.lot, entry.quantity)).collect();
                Accepted::Shipped(Shipped { id, hold: c.hold.clone(), lots })
            }
            Command::Release(c) => Accepted::Released(Released { id, hold: c.hold.clone() }),
            Command::Purchase(_) | Command::Freeze(_) => Accepted::Entered(Entered { id }),
            Command::Move(_)
            | Command::Arrive(_)
            | Command::Reclassify(_)
            | Command::WriteOff(_)
            | Command::OpenTester(_)
            | Command::Assemble(_) => Accepted::Moved(Moved { id, lots: all() }),
        })
    }

    fn held(&self, command: &crate::event::Reserve, doc: DocId) -> Held {
        let books = &self.world.ledger;
        let mut lines: Vec<Units> = Vec::new();
        for entry in self.entries(doc) {
            add_units(&mut lines, books.skus().key(books.lot(entry.lot).sku.0), entry.quantity);
        }
        let (mut expires_at, mut backordered) = (self.world.now, Vec::new());
        if let DocOutcome::Hold(number) = books.docs().get(doc).outcome {
            let hold = books.hold_of(number);
            expires_at = hold.deadline;
            for (shelf, quantity) in hold.beyond.iter().flatten() {
                add_units(&mut backordered, books.skus().key(books.shelves()[*shelf as usize].sku.0), *quantity);
            }
        }
        Held { id: command.id.clone(), lines, backordered, location: command.location.clone(), expires_at }
    }

    /// What a fact was answered the first time, read from the book.
    fn recorded(&self, doc: DocId) -> Recorded {
        let books = &self.world.ledger;
        let (mut lots, mut missing) = (Vec::new(), Vec::new());
        let resolved = books.docs().get(doc).outcome != DocOutcome::Waiting;
        let entries = || self.entries(doc).filter(|_| resolved); // a fact that waited was answered before it made any
        for entry in entries() {
            match entry.kind {
                EntryKind::Sold => lots.push(books.taken(entry.lot, entry.quantity)),
                EntryKind::Oversold => {
                    add_units(&mut missing, books.skus().key(books.lot(entry.lot).sku.0), entry.quantity);
                }
                _ => {}
            }
        }
        let booked_on = entries().next().map(|entry| entry.day);
        Recorded { id: books.docs().id(doc).into(), resolved, lots, missing, booked_on }
    }

    /// Fires the deadlines and the ends of days that lie at or before `now`, in the order of their instants.
    fn fire_due(&mut self, now: Timestamp) -> Result<Advanced> {
        let mut fired = Advanced::default();
        let ledger = &self.world.ledger;
        if !ledger.has_due_holds(now) && ledger.next_expiry(now).is_none() {
            return Ok(fired);
        }
        let due = ledger.due_holds(now).into_iter().map(|hold| (hold.deadline, ledger.hold_key(hold).to_string()));
        let mut holds = due.collect::<Vec<_>>().into_iter().peekable();
        loop {
            let ends = self.world.ledger.next_expiry(now);
            match (holds.peek().map(|(at, _)| *at), ends) {
                (Some(at), end) if end.is_none_or(|(end, _)| at <= end) => {
                    let Some((at, hold)) = holds.next() else { return Ok(fired) };
                    if self.fall(&hold, at.clamp(self.world.now, now))? {
                        fired.holds_expired.push(hold);
                    }
                }
                (_, Some((at, lot))) => fired.lots_expired.push(self.expire(lot, at.clamp(self.world.now, now))?),
                (_, None) => return Ok(fired),
            }
        }
    }

    /// Lets a hold fall that is still live.
    fn fall(&mut self, hold: &str, at: Timestamp) -> Result<bool> {
        let ledger = &self.world.ledger;
        let Some(live) = ledger.hold(hold).filter(|hold| hold.state == HoldState::Live) else { return Ok(false) };
        let bodies = Bodies::from_iter([Body::Stock(ledger::fallen(ledger, live))]);
        let day = self.world.day_of(&bodies, at);
        let from = self.pending.write(bodies, at, day, None)?;
        self.settle(from, at)?;
        Ok(true)
    }

    /// Ends the last good day of a lot where it has passed: its free units expire, and others stand in for it in holds.
    fn expire(&mut self, lot: crate::base::LotId, at: Timestamp) -> Result<ExpiredLot> {
        let ledger = &self.world.ledger;
        let (sku, key) = (ledger.skus().key(ledger.lot(lot).sku.0), &*ledger.lot(lot).key);
        let over = ledger.over_on(lot, at).map(|shelf| ledger.locations().key(shelf.location.0).to_string());
        let mut expired = ExpiredLot { sku: sku.into(), lot: key.into(), locations: over.collect() };
        expired.locations.sort_unstable();
        let movements = ledger::blocked(ledger, lot, crate::event::Condition::Expired, at);
        let kind = match ledger.is_over_everywhere(lot, at) {
            true => StockKind::LotExpired { sku, lot: key },
            false => StockKind::LotExpiredAt { sku, lot: key },
        };
        let event = crate::event::StockEvent { kind, movements };
        let from = self.pending.write(Bodies::from_iter([Body::Stock(event)]), at, self.world.day(at), None)?;
        self.settle(from, at)?;
        self.replace_in_holds(&expired.sku, &expired.lot, crate::event::Condition::Expired, at)?;
        Ok(expired)
    }
}

/// SKUs that one event enters at most: a record of the journal holds 16 MiB.
const ENTRIES_PER_EVENT: usize = 1_000;

impl Position {
    fn of(head: &Head, now: Timestamp) -> Position {
        let digest = head.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Position { sequence: head.sequence as i64, digest, now }
    }
}

fn add_units(sums: &mut Vec<Units>, sku: &str, quantity: i64) {
    match sums.iter_mut().find(|sum| sum.sku == sku) {
        Some(sum) => sum.quantity.0 += quantity,
        None => sums.push(Units::new(sku, quantity)),
    }
}

/// Names the index of the first item that is not well formed.
fn check_all<T>(items: &[T], check: impl Fn(&T) -> Result<()>) -> Result<()> {
    for (i, item) in items.iter().enumerate() {
        check(item).map_err(|error| match error {
            Error::InvalidArgument { field, rule, got } => {
                Error::InvalidArgument { field: format!("[{i}].{field}"), rule, got }
            }
            other => other,
        })?;
    }
    Ok(())
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let position = self.position();
        write!(f, "Engine {{ sequence: {}, digest: {} }}", position.sequence, position.digest)
    }
}

impl From<Quantity> for i64 {
    fn from(quantity: Quantity) -> i64 {
        quantity.0
    }
}
