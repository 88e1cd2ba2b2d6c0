//! The doors: from a command or a fact to the events of one atomic batch.

use super::world::World;
use crate::base::{Day, Rejected, Timestamp};
use crate::event::{
    Body, CatalogEvent, Command, Complaint, ComplaintKind, Event, Fact, Line, Origin, PeopleEvent, Sku, StockEvent,
};
use crate::ledger;

/// The next due timer as an event and the instant at which it was due: a hold's deadline, or the
/// midnight after a lot's last good day.
pub fn due(world: &World, now: Timestamp) -> Option<(Timestamp, Body)> {
    let hold = world
        .ledger
        .next_deadline(now)
        .map(|(at, hold)| (at, Body::Stock(StockEvent::HoldExpired { hold: hold.into() })));
    let lot = world.ledger.next_expiry(world.day(now)).map(|(last, lot)| {
        let at = (last + 1).start(world.catalog.utc_offset_minutes());
        let sku = world.ledger.skus().key(lot.sku.0).into();
        (at, Body::Stock(StockEvent::LotExpired { sku, lot: lot.key.clone() }))
    });
    match (hold, lot) {
        (Some(hold), Some(lot)) => Some(if hold.0 <= lot.0 { hold } else { lot }),
        (hold, lot) => hold.or(lot),
    }
}

/// The events of a command; a refusal is an event too.
pub fn of_command(world: &World, command: &Command, now: Timestamp, today: Day) -> Vec<Body> {
    match ledger::decide(&world.ledger, command, now, today) {
        Ok(event) => {
            let people = bought(world, command, &event);
            std::iter::once(Body::Stock(event)).chain(people).collect()
        }
        Err(why) => vec![Body::Stock(StockEvent::Refused(why))],
    }
}

fn bought(world: &World, command: &Command, event: &StockEvent) -> Option<Body> {
    let (Command::Commit(commit), StockEvent::Committed { .. }) = (command, event) else { return None };
    let subject = commit.subject.as_ref()?;
    let lines = world.ledger.hold(&commit.hold)?.lines.clone();
    Some(Body::People(subject.clone(), purchase_of(world, lines)))
}

fn purchase_of(world: &World, lines: Vec<Line>) -> PeopleEvent {
    let price = |line: &Line| world.catalog.get(&line.sku).and_then(|sku| sku.price).map_or(0, |price| price.minor);
    let value = |line: &Line| price(line).saturating_mul(line.quantity.0);
    let value_minor = lines.iter().map(value).fold(0i64, i64::saturating_add);
    PeopleEvent::Bought { lines, value_minor }
}

/// The events of a fact: a stock part without the person, and a people part.
pub fn of_fact(world: &World, fact: &Fact, today: Day) -> Vec<Body> {
    if unknown(world, fact).is_empty() {
        return parts(world, fact, today);
    }
    let stock = is_stock(fact).then(|| Body::Stock(StockEvent::Unresolved(Box::new(without_person(fact)))));
    let person = fact.subject().map(|s| Body::People(s.into(), PeopleEvent::Unresolved(Box::new(fact.clone()))));
    stock.into_iter().chain(person).collect()
}

/// Bare entries of the SKUs of a fact that the catalogue does not know, each once.
pub fn unknown(world: &World, fact: &Fact) -> Vec<Sku> {
    let mut keys: Vec<&str> = fact.skus().into_iter().filter(|sku| world.catalog.id(sku).is_none()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter().map(|sku| Sku { sku: sku.into(), ..Sku::default() }).collect()
}

/// SKUs that one event enters at most: a record of the journal holds 16 MiB.
const ENTRIES_PER_EVENT: usize = 1_000;

/// The events that enter SKUs and settle the facts that waited for them, oldest first, stock before
/// people. They are one batch: the entry ends the waiting, so no crash may come between.
pub fn entered(world: &World, skus: Vec<Sku>, now: Timestamp) -> Vec<Body> {
    let waiting = settled(world, &skus);
    let entry = |part: &[Sku]| Body::Catalog(CatalogEvent::Skus(part.to_vec()));
    let mut bodies: Vec<Body> = skus.chunks(ENTRIES_PER_EVENT).map(entry).collect();
    if waiting.is_empty() {
        return bodies;
    }
    let (mut after, day) = (world.clone(), world.day(now));
    let apply = |after: &mut World, body: &Body| after.apply(&Event { at: now, day, origin: None, body: body.clone() });
    bodies.iter().for_each(|body| apply(&mut after, body));
    for (stock, came_on, fact) in waiting {
        let part = if stock { stock_part(&after, &fact, came_on) } else { people_part(&after, &fact) };
        if let Some(body) = part {
            apply(&mut after, &body);
            bodies.push(body);
        }
    }
    bodies
}

fn settled(world: &World, skus: &[Sku]) -> Vec<(bool, Day, Fact)> {
    let known = |sku: &str| world.catalog.id(sku).is_some() || skus.iter().any(|new| new.sku == sku);
    let settles = |(_, fact): &&(Day, Fact)| fact.skus().into_iter().all(known);
    let stock = world.unresolved.iter().filter(settles).map(|(day, fact)| (true, *day, fact.clone()));
    let people = world.people.unresolved.iter().filter(settles).map(|(day, fact)| (false, *day, fact.clone()));
    stock.chain(people).collect()
}

/// Both parts of a fact whose SKUs are known.
fn parts(world: &World, fact: &Fact, today: Day) -> Vec<Body> {
    stock_part(world, fact, today).into_iter().chain(people_part(world, fact)).collect()
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

/// The stock part of a fact.
fn stock_part(world: &World, fact: &Fact, today: Day) -> Option<Body> {
    let books = &world.ledger;
    let event = match fact {
        Fact::Receive(f) => {
            let shelf_life = world.catalog.get(&f.sku).and_then(|sku| sku.shelf_life_days);
            ledger::receive(f, shelf_life, today)
        }
        Fact::Sale(f) => ledger::sale(books, f, today),
        Fact::Return(f) => ledger::returned(books, f, today),
        Fact::Count(f) => ledger::count(books, f, today),
        Fact::Recall(f) => StockEvent::Recalled { sku: f.sku.clone(), lot: f.lot.clone() },
        Fact::Complaint(f) if is_stock(fact) => {
            StockEvent::Complained { sku: f.sku.clone(), kind: f.kind, location: f.location.clone() }
        }
        _ => return None,
    };
    Some(Body::Stock(event))
}

/// The people part of a fact.
fn people_part(world: &World, fact: &Fact) -> Option<Body> {
    let subject = fact.subject()?.to_string();
    let event = match fact.clone() {
        Fact::Sale(f) => purchase_of(world, f.lines),
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

/// Stamps the bodies of one batch; the first that is not the catalogue's carries the origin.
pub fn stamp(bodies: Vec<Body>, at: Timestamp, day: Day, mut origin: Option<Origin>) -> Vec<Event> {
    let stamp = |body: Body| {
        let origin = if matches!(body, Body::Catalog(_)) { None } else { origin.take() };
        Event { at, day, origin, body }
    };
    bodies.into_iter().map(stamp).collect()
}

/// A refusal in a batch, if it is one.
pub fn refusal(events: &[Event]) -> Option<&Rejected> {
    events.iter().find_map(|event| match &event.body {
        Body::Stock(StockEvent::Refused(why)) => Some(why),
        _ => None,
    })
}
