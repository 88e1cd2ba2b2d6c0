//! The doors: from a command or a fact to the events of one atomic batch.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::world::World;
use crate::base::{Day, Error, Rejected, Result, Timestamp};
use crate::event::{
    Account, Body, Command, Commit, Complaint, ComplaintKind, Condition, Fact, Line, Outside, PeopleEvent, Receive,
    Return, ShortReceipt, Sku, StockEvent, StockKind, Units,
};
use crate::expiry::{LifeMoment, RemainingLife, ShelfLifeParams, shelf_life};
use crate::ledger::{self, Receipt};

/// The events of one input: most have one or two.
pub type Bodies<'a> = SmallVec<[Body<'a>; 2]>;

/// A command in base units, kits as their parts.
///
/// # Errors
/// `INVALID_ARGUMENT` for a unit that the SKU lacks or a quantity that is no whole number of base units.
pub fn plain_command<'a>(world: &World, command: &'a Command) -> Result<Cow<'a, Command>> {
    let plain =
        match command {
            Command::Reserve(c) => plain_lines(world, &c.lines, true)?
                .map(|lines| Command::from(crate::event::Reserve { lines, ..c.clone() })),
            Command::Commit(c) => {
                plain_lines(world, &c.lines, true)?.map(|lines| Command::from(Commit { lines, ..c.clone() }))
            }
            Command::Release(c) => plain_lines(world, &c.lines, true)?
                .map(|lines| Command::from(crate::event::Release { lines, ..c.clone() })),
            Command::Purchase(c) => plain_lines(world, &c.lines, false)?
                .map(|lines| Command::from(crate::event::Purchase { lines, ..c.clone() })),
            Command::Move(c) if c.unit.is_some() => {
                let quantity = in_base_units(world, &c.sku, c.quantity, c.unit.as_deref())?;
                Some(Command::from(crate::event::Move { quantity, unit: None, ..c.clone() }))
            }
            _ => None,
        };
    Ok(plain.map_or(Cow::Borrowed(command), Cow::Owned))
}

fn in_base_units(
    world: &World,
    sku: &str,
    quantity: crate::base::Quantity,
    unit: Option<&str>,
) -> Result<crate::base::Quantity> {
    match world.catalog.get(sku) {
        Some(sku) => sku.base_units(quantity, unit),
        None if unit.is_some() => {
            Err(Error::argument("unit", format!("a unit of {sku}, which is not known"), unit.unwrap_or("")))
        }
        None => Ok(quantity),
    }
}

/// Lines in base units; `None` where they are so already.
fn plain_lines(world: &World, lines: &[Line], kits: bool) -> Result<Option<Vec<Line>>> {
    let is_kit = |line: &Line| world.ledger.sku(&line.sku).is_some_and(|sku| world.ledger.policy(sku).is_kit);
    if !lines.iter().any(|line| line.unit.is_some() || (kits && is_kit(line))) {
        return Ok(None);
    }
    let mut plain = Vec::with_capacity(lines.len());
    for (i, line) in lines.iter().enumerate() {
        let named = |error| match error {
            Error::InvalidArgument { field, rule, got } => Error::argument(format!("lines[{i}].{field}"), rule, got),
            other => other,
        };
        let quantity = in_base_units(world, &line.sku, line.quantity, line.unit.as_deref()).map_err(named)?;
        let whole = Line { quantity, unit: None, ..line.clone() };
        match world.catalog.get(&line.sku).filter(|sku| kits && !sku.kit.is_empty()) {
            Some(sku) => {
                for part in &sku.kit {
                    let quantity = crate::base::Quantity(part.quantity.0.saturating_mul(quantity.0));
                    quantity.check_positive("quantity").map_err(named)?;
                    plain.push(Line { sku: part.sku.clone(), quantity, lot: None, ..whole.clone() });
                }
            }
            None => plain.push(whole),
        }
    }
    Ok(Some(plain))
}

/// A refusal of a basket with a code for each line that the caller sent, not for each part of a kit.
fn as_asked(world: &World, command: &Command, why: Rejected) -> Rejected {
    let (Command::Reserve(c), Rejected::InsufficientStock { sku, location, requested, available, lines }) =
        (command, &why)
    else {
        return why;
    };
    let parts = |line: &Line| world.catalog.get(&line.sku).map_or(1, |sku| sku.kit.len().max(1));
    if lines.len() <= 1 || c.lines.iter().all(|line| parts(line) == 1) {
        return why;
    }
    let mut codes = lines.iter();
    let code = |line: &Line| {
        let own: Vec<&String> = codes.by_ref().take(parts(line)).collect();
        own.iter().find(|code| **code == why.code()).or(own.first()).map_or_else(String::new, |code| (**code).clone())
    };
    let lines = if c.lines.len() > 1 { c.lines.iter().map(code).collect() } else { Vec::new() };
    let (sku, location) = (sku.clone(), location.clone());
    Rejected::InsufficientStock { sku, location, requested: *requested, available: *available, lines }
}

/// A fact in base units, kits as their parts.
///
/// # Errors
/// As [`plain_command`].
pub fn plain_fact<'a>(world: &World, fact: &'a Fact) -> Result<Cow<'a, Fact>> {
    Ok(match fact {
        Fact::Receive(f) if f.unit.is_some() => {
            let quantity = in_base_units(world, &f.sku, f.quantity, f.unit.as_deref())?;
            Cow::Owned(Receive { quantity, unit: None, ..f.clone() }.into())
        }
        Fact::Sale(f) => match plain_lines(world, &f.lines, true)? {
            Some(lines) => Cow::Owned(crate::event::Sale { lines, ..f.clone() }.into()),
            None => Cow::Borrowed(fact),
        },
        _ => Cow::Borrowed(fact),
    })
}

/// The business day of a fact: today, or the day that it names; the first open one where that is closed.
///
/// # Errors
/// `INVALID_ARGUMENT` for a day after today or more than 10 years before it, and for a production after the receipt.
pub fn business_day(world: &World, fact: &Fact, today: Day) -> Result<Day> {
    let day = fact.occurred_on().unwrap_or(today);
    if !(today + -3_653..=today).contains(&day) {
        return Err(Error::argument("occurred_on", format!("at most 10 years before {today} and not after it"), day));
    }
    if let Fact::Receive(Receive { produced_on: Some(made), .. }) = fact
        && *made > day
    {
        return Err(Error::argument("produced_on", format!("{day}, the day of the receipt, or earlier"), made));
    }
    if fact.occurred_on().is_none() {
        return Ok(today);
    }
    Ok(world.ledger.frozen_until().map_or(day, |frozen| day.max(frozen + 1)))
}

/// The events of a command, `plain` in base units; a refusal is an event too.
pub fn of_command<'a>(world: &'a World, command: &'a Command, plain: &'a Command, now: Timestamp) -> Bodies<'a> {
    match ledger::decide(&world.ledger, plain, now) {
        Ok(event) => {
            let kits = match command {
                Command::Reserve(c) => in_kits(world, &c.id, &c.lines, &c.location),
                _ => None,
            };
            let people = bought(world, plain, &event);
            std::iter::once(Body::Stock(event)).chain(kits).chain(people).collect()
        }
        Err(why) => Bodies::from_iter([Body::of(StockKind::Refused(Box::new(as_asked(world, command, why))))]),
    }
}

/// What the lines of an order take as parts of kits.
fn in_kits<'a>(world: &'a World, order: &'a str, lines: &'a [Line], location: &'a str) -> Option<Body<'a>> {
    let mut units = Vec::new();
    for line in lines {
        let Some(kit) = world.catalog.get(&line.sku).filter(|sku| !sku.kit.is_empty()) else { continue };
        let quantity = kit.base_units(line.quantity, line.unit.as_deref()).map_or(0, |quantity| quantity.0);
        let place = line.location.as_deref().unwrap_or(location);
        let part = |part: &'a Units| (part.sku.as_str(), place, part.quantity.0.saturating_mul(quantity));
        units.extend(kit.kit.iter().map(part));
    }
    (!units.is_empty()).then(|| Body::of(StockKind::InKits { order, units }))
}

/// What a sale takes as parts of kits; `asked` is the fact as it came, kits not yet taken apart.
pub fn sold_in_kits<'a>(world: &'a World, asked: &'a Fact) -> Option<Body<'a>> {
    match asked {
        Fact::Sale(f) => in_kits(world, &f.id, &f.lines, &f.location),
        _ => None,
    }
}

fn bought<'a>(world: &World, command: &'a Command, event: &StockEvent<'_>) -> Option<Body<'a>> {
    let (Command::Commit(commit), StockKind::Committed { .. }) = (command, &event.kind) else { return None };
    let subject = commit.subject.as_ref()?;
    Some(Body::People(subject, purchase_of(world, shipped(event))))
}

/// What went to customers, one line a SKU.
fn shipped(event: &StockEvent<'_>) -> Vec<Units> {
    let mut lines: Vec<Units> = Vec::new();
    for movement in event.movements.iter().filter(|movement| movement.to == Account::Outside(Outside::Customer)) {
        match lines.iter_mut().find(|line| line.sku == movement.sku) {
            Some(line) => line.quantity.0 += movement.quantity,
            None => lines.push(Units::new(movement.sku, movement.quantity)),
        }
    }
    lines
}

fn purchase_of(world: &World, lines: Vec<Units>) -> PeopleEvent {
    let price = |line: &Units| world.catalog.get(&line.sku).and_then(|sku| sku.price).map_or(0, |price| price.minor);
    let value = |line: &Units| price(line).saturating_mul(line.quantity.0);
    let value_minor = lines.iter().map(value).fold(0i64, i64::saturating_add);
    PeopleEvent::Bought { lines, value_minor }
}

/// What a fact needs of the catalogue before it becomes an event.
pub struct Asked<'a> {
    /// The fact in base units.
    pub fact: &'a Fact,
    receipt: Option<Receipt<'a>>,
    /// What comes back with a kit: its parts, as they were sold.
    parts: Vec<Return>,
}

impl<'a> Asked<'a> {
    /// Asks the catalogue; `day` is the fact's business day.
    pub fn new(world: &World, fact: &'a Fact, day: Day) -> Asked<'a> {
        let receipt = match fact {
            Fact::Receive(f) => Some(receipt_of(world, f, day)),
            _ => None,
        };
        let parts = match fact {
            Fact::Return(f) => returned_parts(world, f),
            _ => Vec::new(),
        };
        Asked { fact, receipt, parts }
    }

    /// Refuses a receipt that keeps too short, where the entry of its SKU says so.
    ///
    /// # Errors
    /// `LIFE_TOO_SHORT`.
    pub fn check(&self, world: &World, day: Day) -> Result<()> {
        let Some(receipt) = &self.receipt else { return Ok(()) };
        let fact = receipt.fact;
        let refuses = |sku: &Sku| sku.short_receipt == ShortReceipt::Refuse;
        if !world.catalog.get(&fact.sku).is_some_and(refuses) {
            return Ok(());
        }
        match ledger::too_short(&world.ledger, receipt, day) {
            Some((expires_on, remaining_days)) => Err(Error::LifeTooShort {
                sku: fact.sku.clone(),
                lot: fact.lot.clone(),
                expires_on,
                remaining_days,
                required_days: receipt.min_receipt_days,
            }),
            None => Ok(()),
        }
    }
}

/// Its last good day by [`shelf_life`]: the paper's, else counted from production, else from the day it arrived.
fn receipt_of<'a>(world: &World, fact: &'a Receive, day: Day) -> Receipt<'a> {
    let sku = world.catalog.get(&fact.sku);
    let known = ShelfLifeParams {
        expires_on: fact.expires_on.map(Into::into),
        produced_on: fact.produced_on,
        received_on: fact.produced_on.is_none().then_some(day),
        shelf_life_days: sku.and_then(|sku| sku.shelf_life_days),
        shelf_life_months: sku.and_then(|sku| sku.shelf_life_months),
        ..ShelfLifeParams::default()
    };
    // Journals of before hold papers that contradict themselves: the printed day holds.
    let expires_on = shelf_life(&known).map_or(fact.expires_on, |life| life.expires_on);
    let lot = match expires_on {
        Some(day) if fact.lot.is_empty() => Cow::Owned(day.to_string()),
        _ => Cow::Borrowed(fact.lot.as_str()),
    };
    let life = sku.map(|sku| RemainingLife::of_sku(sku, LifeMoment::Receipt));
    Receipt { fact, lot, expires_on, min_receipt_days: life.map_or(0, |life| life.days(day)) }
}

/// A kit is sold as its parts, and so it comes back; a lot that was named cannot be that of all of them.
fn returned_parts(world: &World, fact: &Return) -> Vec<Return> {
    let kit = world.catalog.get(&fact.sku).map_or(&[][..], |sku| &sku.kit[..]);
    let part = |own: &Units| {
        let quantity = crate::base::Quantity(own.quantity.0.saturating_mul(fact.quantity.0));
        Return { sku: own.sku.clone(), lot: String::new(), quantity, ..fact.clone() }
    };
    kit.iter().map(part).collect()
}

/// The events of a fact: a stock part without the person, and a people part.
pub fn of_fact<'a>(world: &'a World, asked: &'a Asked<'a>, now: Timestamp, day: Day) -> Bodies<'a> {
    let fact = asked.fact;
    if is_known(world, fact) {
        return stock_part(world, asked, now, day).into_iter().chain(people_part(world, fact)).collect();
    }
    let stock = is_stock(fact).then(|| Body::of(StockKind::Unresolved(Box::new(without_person(fact)))));
    let person = fact.subject().map(|s| Body::People(s, PeopleEvent::Unresolved(Box::new(fact.clone()))));
    stock.into_iter().chain(person).collect()
}

/// Whether the catalogue knows all SKUs of a fact. The ledger knows the same ones.
pub fn is_known(world: &World, fact: &Fact) -> bool {
    let known = |sku: &str| world.ledger.sku(sku).is_some();
    match fact {
        Fact::Sale(f) => f.lines.iter().all(|line| known(&line.sku)),
        Fact::Receive(f) => known(&f.sku),
        other => other.skus().into_iter().all(known),
    }
}

/// Bare entries of the SKUs of a fact that the catalogue does not know, each once.
pub fn unknown(world: &World, fact: &Fact) -> Vec<Sku> {
    let unknown = |sku: &&str| world.ledger.sku(sku).is_none();
    let mut keys: Vec<&str> = fact.skus().into_iter().filter(unknown).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter().map(|sku| Sku { sku: sku.into(), ..Sku::default() }).collect()
}

/// Facts that wait for the catalogue and of which it knows all SKUs now: whether they are stock facts, and their day.
pub fn settled(world: &World, skus: &[Sku]) -> Vec<(bool, Day, Fact)> {
    let known = |sku: &str| world.catalog.id(sku).is_some() || skus.iter().any(|new| new.sku == sku);
    let settles = |(_, fact): &&(Day, Fact)| fact.skus().into_iter().all(known);
    let stock = world.unresolved.iter().filter(settles).map(|(day, fact)| (true, *day, fact.clone()));
    let people = world.people.unresolved.iter().filter(settles).map(|(day, fact)| (false, *day, fact.clone()));
    stock.chain(people).collect()
}

fn is_stock(fact: &Fact) -> bool {
    match fact {
        Fact::Receive(_) | Fact::Sale(_) | Fact::Return(_) | Fact::Count(_) | Fact::Recall(_) => true,
        Fact::Complaint(f) => f.kind == ComplaintKind::NotAvailable || f.subject.is_none(),
        _ => false,
    }
}

/// The fact as the stock stream may keep it: no subject, no free text.
pub fn without_person(fact: &Fact) -> Fact {
    match fact.clone() {
        Fact::Sale(f) => Fact::Sale(crate::event::Sale { subject: None, ..f }),
        Fact::Return(f) => Fact::Return(crate::event::Return { subject: None, ..f }),
        Fact::Complaint(f) => Fact::Complaint(Complaint { subject: None, text: String::new(), ..f }),
        other => other,
    }
}

/// Fields of a fact that its fingerprint leaves out: the stock stream holds no trace of the person.
pub fn personal_fields(fact: &Fact) -> &'static [&'static str] {
    match fact {
        Fact::Sale(_) | Fact::Return(_) => &["subject"],
        Fact::Complaint(_) => &["subject", "text"],
        _ => &[],
    }
}

/// Where a fact happened.
fn place(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Receive(f) => Some(&f.location),
        Fact::Sale(f) => Some(&f.location),
        Fact::Return(f) => Some(&f.location),
        Fact::Count(f) => Some(&f.location),
        Fact::Complaint(f) => f.location.as_deref(),
        _ => None,
    }
}

/// Today where a fact happened.
pub fn today(world: &World, fact: &Fact, now: Timestamp) -> Day {
    world.ledger.day_at(place(fact), now)
}

/// The stock part of a fact.
pub fn stock_part<'a>(world: &'a World, asked: &'a Asked<'a>, now: Timestamp, day: Day) -> Option<Body<'a>> {
    let (books, today) = (&world.ledger, today(world, asked.fact, now));
    let event = match (asked.fact, &asked.receipt) {
        (Fact::Receive(_), Some(receipt)) => ledger::receive(books, receipt, today, day),
        (Fact::Sale(f), _) => ledger::sale(books, f, now),
        (Fact::Return(f), _) if asked.parts.is_empty() => ledger::returned(books, f, today),
        (Fact::Return(f), _) => {
            let parts = asked.parts.iter().flat_map(|part| ledger::returned(books, part, today).movements);
            let kind = StockKind::Returned { reason: &f.reason, order: f.order.as_deref() };
            StockEvent { kind, movements: parts.collect() }
        }
        (Fact::Count(f), _) => ledger::count(books, f, today, day),
        (Fact::Recall(f), _) => {
            let lot = books.sku(&f.sku).and_then(|sku| books.lot_id(sku, &f.lot));
            let movements = lot.map(|lot| ledger::blocked(books, lot, Condition::Quarantined, now)).unwrap_or_default();
            StockEvent { kind: StockKind::Recalled { sku: &f.sku, lot: &f.lot }, movements }
        }
        (Fact::Complaint(f), _) if is_stock(asked.fact) => {
            let location = f.location.as_deref();
            return Some(Body::of(StockKind::Complained { sku: &f.sku, kind: f.kind, location }));
        }
        _ => return None,
    };
    Some(Body::Stock(event))
}

/// The people part of a fact.
pub fn people_part<'a>(world: &World, fact: &'a Fact) -> Option<Body<'a>> {
    let subject = fact.subject()?;
    let event = match fact.clone() {
        Fact::Sale(f) => purchase_of(world, units_of(&f.lines)),
        Fact::Return(f) => PeopleEvent::Returned { sku: f.sku, reason: f.reason },
        Fact::View(f) => PeopleEvent::Viewed { sku: f.sku },
        Fact::Click(f) => PeopleEvent::Clicked { sku: f.sku },
        Fact::Cart(f) => PeopleEvent::Carted { sku: f.sku },
        Fact::Rating(f) => PeopleEvent::Rated { sku: f.sku, value: f.value },
        Fact::Review(f) => PeopleEvent::Reviewed { sku: f.sku, text: f.text, value: f.value },
        Fact::Answer(f) => PeopleEvent::Answered { poll: f.poll, answer: f.answer, sku: f.sku },
        Fact::Complaint(f) if f.kind == ComplaintKind::NotAvailable => return None,
        Fact::Complaint(f) => PeopleEvent::Complained { sku: f.sku, kind: f.kind, text: f.text },
        Fact::Profile(f) => PeopleEvent::Profiled { avoid: f.avoid, attributes: f.attributes },
        Fact::Consent(f) => PeopleEvent::Consented { purpose: f.purpose, granted: f.granted },
        Fact::Receive(_) | Fact::Count(_) | Fact::Recall(_) => return None,
    };
    Some(Body::People(subject, event))
}

fn units_of(lines: &[Line]) -> Vec<Units> {
    lines.iter().map(|line| Units::new(&line.sku, line.quantity.0)).collect()
}
