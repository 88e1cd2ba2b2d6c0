//! The closed loop: open, submit, record, advance, view, snapshot, erase. No algorithm of its own.
//!
//! Two doors. A command may be refused; a fact is recorded even where it contradicts the books.
//! Both become events of one journal, and every domain is a fold of them: a complaint changes a
//! stock belief, a forecast and a ranking in the same step.
//!
//! One writer. [`Engine`] is that writer, for programs with one thread; [`Shared`] lends it to many
//! threads and flushes once for all that wait (group commit).

mod door;
mod people;
mod report;
mod shared;
#[cfg(test)]
mod tests;
mod view;
mod world;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::base::{Error, Quantity, Rejected, Result, Timestamp};
use crate::event::{
    Body, CatalogEvent, Command, Event, Fact, Line, Origin, PeopleEvent, Sku, StockEvent, Supplier, Taken,
};
use crate::journal::{Disk, Entry, FileDisk, Head, Journal, MemoryDisk, Record, Resume, Stream};

pub use people::{People, Person};
pub use report::{ForecastParams, PlanPurchasesParams, SegmentsParams};
pub use shared::{Reply, Shared};
pub use view::{
    Availability, AvailabilityParams, DemandParams, ExpiringParams, OpenPurchaseRow, RecommendParams, SignalRow,
    SignalsParams, StockParams, StockRow, View, WithheldParams, WithheldRow,
};
pub use world::{Answered, First, World};

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
}

/// A hold that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Held {
    /// The hold's id: that of the command.
    pub id: String,
    /// What is held, one line a SKU.
    pub lines: Vec<Line>,
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

/// Goods that moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Moved {
    /// The command's id.
    pub id: String,
    /// The lots that moved.
    pub lots: Vec<Taken>,
}

/// A purchase that was entered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Purchased {
    /// The command's id, which receipts name.
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
    pub missing: Vec<Line>,
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
    /// Goods moved.
    Moved(Moved),
    /// A purchase was entered.
    Purchased(Purchased),
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

    /// An engine without a disk. An offset outside −840 … 840 is cut to it.
    pub fn memory(options: Options) -> Engine {
        let utc_offset_minutes = options.utc_offset_minutes.map(|minutes| minutes.clamp(-840, 840));
        let options = Options { utc_offset_minutes, ..options };
        match Engine::with_disk(Box::new(MemoryDisk::new(0)), options) {
            Ok(engine) => engine,
            Err(error) => unreachable!("an empty simulated disk opens: {error}"),
        }
    }

    /// Opens the journal on any disk, for tests and simulations.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn with_disk(disk: Box<dyn Disk>, options: Options) -> Result<Engine> {
        if let Some(offset) = options.utc_offset_minutes.filter(|offset| !(-840..=840).contains(offset)) {
            return Err(Error::argument("utc_offset_minutes", "-840 to 840", offset));
        }
        let mut replay = Replay { world: World::default() };
        let journal = Journal::resume(disk, &mut replay)?;
        let mut engine = Engine { world: replay.world, journal, options, deferred: false };
        let kept = engine.world.catalog.utc_offset_minutes();
        if let Some(offset) = options.utc_offset_minutes.filter(|offset| *offset != kept) {
            let change = CatalogEvent::BusinessDay { utc_offset_minutes: offset };
            engine.append(vec![Body::Catalog(change)], engine.world.now, None)?;
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
    /// `INVALID_ARGUMENT` naming the field; `CONFLICT` for an id used before with other content; `IO`,
    /// `JOURNAL_POISONED` where it could not be made durable.
    pub fn record(&mut self, fact: Fact, now: Timestamp) -> Result<Recorded> {
        fact.check()?;
        let recorded = self.enter(&fact, now)?;
        self.durable()?;
        Ok(recorded)
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
        self.append(door::entered(&self.world, skus, now), now, None)?;
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
        self.append(vec![Body::Catalog(CatalogEvent::Suppliers(suppliers))], now, None)?;
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
        View::new(self.world.clone(), self.position(), now)
    }

    /// Writes the world beside the journal, so that the next opening is faster. A cache: it is thrown
    /// away where it does not fit the journal.
    ///
    /// # Errors
    /// `IO`, `JOURNAL_POISONED`.
    pub fn snapshot(&mut self) -> Result<()> {
        let broken = || Error::Internal { message: "the world could not be written".into() };
        self.journal.sync()?;
        self.journal.save_snapshot(&self.world.to_bytes().ok_or_else(broken)?)
    }

    /// Forgets a person: destroys their key, drops their ciphertext from the log and folds the world
    /// anew, equal to one that never saw them. Answers whether anything was known. O(journal).
    ///
    /// # Errors
    /// `IO`, `JOURNAL_POISONED`.
    pub fn erase(&mut self, subject: &str) -> Result<bool> {
        self.journal.sync()?;
        // The world too: it may know a person whose key went in a call that failed afterwards.
        let known = self.journal.erase(subject)? || self.world.people.get(subject).is_some();
        if known {
            let mut world = World::default();
            self.journal.replay(0, &mut |entry| {
                world.apply(&Event::read(entry.payload)?);
                Ok(())
            })?;
            world.now = world.now.max(self.world.now);
            self.world = world;
            self.journal.compact()?;
        }
        Ok(known)
    }

    /// Everything that is kept of a person, in order. O(journal).
    ///
    /// # Errors
    /// `IO`, `JOURNAL_CORRUPT`, `JOURNAL_POISONED`.
    pub fn export(&mut self, subject: &str) -> Result<Vec<(Timestamp, PeopleEvent)>> {
        self.journal.sync()?;
        let mut found = Vec::new();
        self.journal.replay(0, &mut |entry| {
            if entry.subject == Some(subject) {
                let event = Event::read(entry.payload)?;
                if let Body::People(_, people) = event.body {
                    found.push((event.at, people));
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Where the journal stands.
    pub fn position(&self) -> Position {
        let head = self.journal.head();
        let digest = head.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Position { sequence: head.sequence as i64, digest, now: self.world.now }
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
        if self.deferred { Ok(()) } else { self.journal.sync() }
    }

    /// Runs inputs whose answers wait for one flush afterwards: group commit.
    fn defer(&mut self, deferred: bool) {
        self.deferred = deferred;
    }

    /// Whether the world in memory is no further than what was flushed.
    fn check_durable(&self) -> Result<()> {
        self.journal.check_poison()
    }

    fn flush(&mut self) -> Result<()> {
        self.journal.sync()
    }

    fn decide(&mut self, command: &Command, now: Timestamp) -> Result<Outcome> {
        let now = self.clamp(now)?;
        let origin = Origin { id: command.id().into(), fingerprint: fingerprint(&without_buyer(command))? };
        if let Some(answer) = self.answered(&origin) {
            let again = answer.and_then(|first| self.outcome(command, first));
            return Ok(again.map_or_else(Outcome::Rejected, Outcome::Accepted));
        }
        self.fire_due(now)?;
        let bodies = door::of_command(&self.world, command, now, self.world.day(now));
        let events = self.append(bodies, now, Some(origin))?;
        if let Some(why) = door::refusal(&events) {
            return Ok(Outcome::Rejected(why.clone()));
        }
        let first = self.world.answers.get(command.id()).map(|answered| answered.first.clone());
        let accepted = self.outcome(command, first.unwrap_or(First::Done));
        Ok(accepted.map_or_else(Outcome::Rejected, Outcome::Accepted))
    }

    fn enter(&mut self, fact: &Fact, now: Timestamp) -> Result<Recorded> {
        let now = self.clamp(now)?;
        let origin = Origin { id: fact.id().into(), fingerprint: fingerprint(&door::without_person(fact))? };
        if let Some(answer) = self.answered(&origin) {
            return Ok(recorded(fact.id(), answer?));
        }
        self.fire_due(now)?;
        let unknown = door::unknown(&self.world, fact);
        if self.options.open_catalog && !unknown.is_empty() {
            self.append(door::entered(&self.world, unknown, now), now, None)?;
        }
        let bodies = door::of_fact(&self.world, fact, self.world.day(now));
        self.append(bodies, now, Some(origin))?;
        let first = self.world.answers.get(fact.id()).map(|answered| answered.first.clone());
        Ok(recorded(fact.id(), first.unwrap_or(First::Done)))
    }

    fn answered(&self, origin: &Origin) -> Option<std::result::Result<First, Rejected>> {
        let answered = self.world.answers.get(&origin.id)?;
        if answered.fingerprint != origin.fingerprint {
            return Some(Err(Rejected::Conflict { id: origin.id.clone() }));
        }
        Some(Ok(answered.first.clone()))
    }

    fn outcome(&self, command: &Command, first: First) -> std::result::Result<Accepted, Rejected> {
        let id = command.id().to_string();
        let lots = match first {
            First::Refused(why) => return Err(why),
            First::Lots(lots, _) => lots,
            First::Done | First::Unresolved => Vec::new(),
        };
        Ok(match command {
            Command::Reserve(c) => {
                let hold = self.world.ledger.hold(&id);
                let lines = hold.map_or_else(|| c.lines.clone(), |hold| hold.lines.clone());
                let expires_at = hold.map_or(self.world.now, |hold| hold.deadline);
                Accepted::Held(Held { id, lines, location: c.location.clone(), expires_at })
            }
            Command::Commit(c) => Accepted::Shipped(Shipped { id, hold: c.hold.clone(), lots }),
            Command::Release(c) => Accepted::Released(Released { id, hold: c.hold.clone() }),
            Command::Move(_) => Accepted::Moved(Moved { id, lots }),
            Command::Purchase(_) => Accepted::Purchased(Purchased { id }),
        })
    }

    fn fire_due(&mut self, now: Timestamp) -> Result<Advanced> {
        let mut fired = Advanced::default();
        while let Some((at, body)) = door::due(&self.world, now) {
            match &body {
                Body::Stock(StockEvent::HoldExpired { hold }) => fired.holds_expired.push(hold.clone()),
                Body::Stock(StockEvent::LotExpired { sku, lot }) => {
                    fired.lots_expired.push(ExpiredLot { sku: sku.clone(), lot: lot.clone() });
                }
                _ => {}
            }
            self.append(vec![body], at.clamp(self.world.now, now), None)?;
        }
        Ok(fired)
    }

    /// Appends one atomic batch and applies it.
    fn append(&mut self, bodies: Vec<Body>, now: Timestamp, origin: Option<Origin>) -> Result<Vec<Event>> {
        let events = door::stamp(bodies, now, self.world.day(now), origin);
        let payloads: Vec<Vec<u8>> = events.iter().map(|event| event.write(Vec::new())).collect::<Result<_>>()?;
        let records: Vec<Record<'_>> = events.iter().zip(&payloads).map(|(event, p)| record_of(event, p)).collect();
        if !records.is_empty() {
            self.journal.append(None, &records)?;
        }
        events.iter().for_each(|event| self.world.apply(event));
        Ok(events)
    }
}

fn record_of<'a>(event: &'a Event, payload: &'a [u8]) -> Record<'a> {
    let (stream, subject) = match &event.body {
        Body::Catalog(_) => (Stream::Catalog, None),
        Body::Stock(_) => (Stream::Stock, None),
        Body::People(subject, _) => (Stream::People, Some(subject.as_str())),
    };
    Record { stream, subject, payload }
}

fn recorded(id: &str, first: First) -> Recorded {
    let resolved = first != First::Unresolved;
    let (lots, missing) = match first {
        First::Lots(lots, missing) => (lots, missing),
        _ => (Vec::new(), Vec::new()),
    };
    Recorded { id: id.into(), resolved, lots, missing }
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

/// The command as the stock stream may know it; the buyer is no part of the fingerprint.
fn without_buyer(command: &Command) -> Command {
    match command.clone() {
        Command::Commit(c) => Command::Commit(crate::event::Commit { subject: None, ..c }),
        other => other,
    }
}

/// The first 8 bytes of the BLAKE3 hash of an input's binary form.
fn fingerprint(input: &impl Serialize) -> Result<u64> {
    let bytes = postcard::to_stdvec(input).map_err(|e| Error::Internal { message: format!("not hashed: {e}") })?;
    let hash = blake3::hash(&bytes);
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    Ok(u64::from_le_bytes(first))
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
