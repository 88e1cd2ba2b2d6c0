//! Retention by purpose, with the writer going on: what runs out is found, the segments that hold it are written anew
//! beside themselves and the world is folded without it, all outside the writer; then one input exchanges both.
//!
//! A purchase that only marketing keeps is no taste and no count any more: it goes on as an order without lines, its day
//! and worth, and its event is dropped. Those orders are written before anything is dropped. A power cut between the two
//! leaves both, so that an order counts twice in segments until the next retention, which finds the pair by its instant.

use super::{RetainParams, Retained, Writer};
use crate::base::{Day, Error, Result, Task, Timestamp};
use crate::engine::door::Bodies;
use crate::engine::people::purposes;
use crate::engine::{Engine, People, World};
use crate::event::{Body, Event, PeopleEvent, Purpose};
use crate::journal::{Disk, Entry, Reading};

/// How often it is tried beside a writer that exchanges keys or segments meanwhile, before the writer has to wait.
const TRIES: usize = 3;

/// So many events or fewer may be left to fold while the writer waits.
const REST: u64 = 1_000;

/// Passes over what came while the world was folded.
const PASSES: usize = 8;

/// A purchase of which only day and worth are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Order {
    subject: String,
    at: Timestamp,
    day: Day,
    value_minor: i64,
}

/// What was found in the log.
enum Found {
    /// No purpose keeps it.
    Gone(u64),
    /// Only marketing keeps it.
    Reduced(u64, Order),
    /// The order that such a purchase went on as.
    Order(Order),
}

/// What is to be exchanged, made beside the writer.
struct Work {
    exchanges: u64,
    run_out: Vec<u64>,
    orders: Vec<Order>,
    /// The segments that were written anew beside themselves.
    aside: Vec<usize>,
    /// The segment that may have grown since, if anything is dropped from it.
    last: Option<usize>,
    world: World,
    /// The event before which the world stands.
    from: u64,
}

/// Retains what is left of people's events; see [`Engine::retain`].
pub fn retain(writer: &mut impl Writer, params: &RetainParams, now: Timestamp, task: &Task) -> Result<Retained> {
    params.check()?;
    for _ in 0..TRIES {
        if let Some(retained) = beside(writer, params, now, task)? {
            return Ok(retained);
        }
    }
    let (params, undone) = (*params, || Error::Internal { message: "a retention was disturbed by nobody".into() });
    writer.run(move |engine| beside(engine, &params, now, &Task::default())?.ok_or_else(undone))
}

/// One try; `None` if keys or segments were exchanged meanwhile.
fn beside(writer: &mut impl Writer, params: &RetainParams, now: Timestamp, task: &Task) -> Result<Option<Retained>> {
    let (today, mut reading, people, mut disk, had_snapshot) = writer.run(move |engine| {
        let today = engine.world.day(engine.clamp(now)?);
        engine.sync()?;
        let (reading, disk) = (engine.journal.reading()?, engine.journal.aside()?);
        Ok((today, reading, engine.world.people.clone(), disk, engine.journal.has_snapshot()))
    })?;
    task.expect(3 * reading.pieces()?);
    let pick = &mut |entry: Entry<'_>| found(params, today, &people, &entry);
    let (run_out, orders) = sorted_out(reading.collect(None, task, pick)?);
    if run_out.is_empty() {
        return Ok(Some(Retained { dropped: 0, reduced: 0 }));
    }
    let done = exchange(writer, &mut reading, run_out, orders, disk.as_mut(), task);
    let retained = match done {
        Ok(Some(retained)) => retained,
        Err(error) if !is_stale(writer, &error, reading.exchanges())? => {
            reading.remove_aside(disk.as_mut())?;
            return Err(error);
        }
        _ => {
            reading.remove_aside(disk.as_mut())?;
            return Ok(None);
        }
    };
    if had_snapshot {
        snapshot(writer, disk.as_mut())?;
    }
    Ok(Some(retained))
}

/// Whether damage was met because something was exchanged while it was read.
fn is_stale(writer: &mut impl Writer, error: &Error, exchanges: u64) -> Result<bool> {
    let damage = matches!(error, Error::JournalCorrupt { .. });
    Ok(damage && writer.run(|engine| Ok(engine.journal.exchanges()))? != exchanges)
}

fn found(params: &RetainParams, today: Day, people: &People, entry: &Entry<'_>) -> Result<Option<Found>> {
    let Some(subject) = entry.subject else { return Ok(None) };
    let event = Event::read(entry.payload)?;
    let Body::People(_, own) = &event.body else { return Ok(None) };
    let person = people.get(subject).map(|(_, person)| person);
    let keeps = |purpose: &Purpose| {
        let allowed = person.is_none_or(|person| person.allows(*purpose));
        allowed && params.days(*purpose).is_none_or(|days| today - event.day <= days)
    };
    let (mut kept, purposes) = (0, purposes(own));
    let mut marketing = false;
    for purpose in purposes.iter().filter(|purpose| keeps(purpose)) {
        kept += 1;
        marketing |= *purpose == Purpose::Marketing;
    }
    let order =
        |value_minor: &i64| Order { subject: subject.into(), at: event.at, day: event.day, value_minor: *value_minor };
    Ok(match own {
        _ if !purposes.is_empty() && kept == 0 => Some(Found::Gone(entry.sequence)),
        PeopleEvent::Bought { lines, value_minor } if lines.is_empty() => Some(Found::Order(order(value_minor))),
        PeopleEvent::Bought { value_minor, .. } if kept == 1 && marketing => {
            Some(Found::Reduced(entry.sequence, order(value_minor)))
        }
        _ => None,
    })
}

/// The sequences that run out, in order, and the orders that have to be written: those that are not there yet.
fn sorted_out(found: Vec<Found>) -> (Vec<u64>, Vec<Order>) {
    let (mut run_out, mut orders, mut there) = (Vec::new(), Vec::new(), Vec::new());
    for own in found {
        match own {
            Found::Gone(sequence) => run_out.push(sequence),
            Found::Reduced(sequence, order) => {
                run_out.push(sequence);
                orders.push(order);
            }
            Found::Order(order) => there.push(order),
        }
    }
    for order in there {
        if let Some(at) = orders.iter().position(|own| *own == order) {
            orders.remove(at);
        }
    }
    (run_out, orders)
}

fn exchange(
    writer: &mut impl Writer,
    reading: &mut Reading,
    run_out: Vec<u64>,
    orders: Vec<Order>,
    disk: &mut dyn Disk,
    task: &Task,
) -> Result<Option<Retained>> {
    let is_gone = |sequence: u64| run_out.binary_search(&sequence).is_ok();
    let (mut aside, last) = (reading.holding(&run_out), reading.last());
    let grows = aside.pop_if(|index| *index == last);
    for index in &aside {
        reading.rewrite_aside(*index, disk, task, &mut |sequence| is_gone(sequence))?;
    }
    let (exchanges, mut world, mut from) = (reading.exchanges(), World::default(), 0);
    let fold = |world: &mut World, reading: &Reading, from: u64| {
        reading.replay(from, task, &mut |entry| {
            if !is_gone(entry.sequence) {
                world.apply(&Event::read(entry.payload)?);
            }
            Ok(())
        })
    };
    fold(&mut world, reading, 0)?;
    for _ in 0..PASSES {
        from = from.max(reading.head().sequence);
        let later = writer.run(|engine| {
            engine.sync()?;
            engine.journal.reading()
        })?;
        if later.exchanges() != exchanges {
            return Ok(None);
        }
        if later.head().sequence - from <= REST {
            break;
        }
        fold(&mut world, &later, from)?;
        from = later.head().sequence;
    }
    let work = Work { exchanges, run_out, orders, aside, last: grows, world, from };
    writer.run(move |engine| finish(engine, work))
}

/// Exchanges segments and world; `None` if something else was exchanged since they were read.
fn finish(engine: &mut Engine, work: Work) -> Result<Option<Retained>> {
    let Work { exchanges, run_out, orders, aside, last, mut world, from } = work;
    engine.sync()?;
    if engine.journal.exchanges() != exchanges {
        return Ok(None);
    }
    engine.journal.replay(from, &mut |entry| {
        world.apply(&Event::read(entry.payload)?);
        Ok(())
    })?;
    for Order { subject, at, day, value_minor } in &orders {
        let event = PeopleEvent::Bought { lines: Vec::new(), value_minor: *value_minor };
        let first = engine.pending.write(Bodies::from_iter([Body::People(subject, event)]), *at, *day, None)?;
        engine.pending.apply(first, &mut engine.world)?;
        engine.pending.apply(first, &mut world)?;
    }
    engine.sync()?;
    engine.journal.exchange_aside(&aside, last, &mut |sequence| run_out.binary_search(&sequence).is_ok())?;
    world.now = world.now.max(engine.world.now);
    engine.world = world;
    let reduced = orders.len() as i64;
    Ok(Some(Retained { dropped: run_out.len() as i64 - reduced, reduced }))
}

/// Takes a snapshot of a world at rest: written beside the writer, and adopted if nothing was exchanged meanwhile.
fn snapshot(writer: &mut impl Writer, disk: &mut dyn Disk) -> Result<()> {
    let broken = || Error::Internal { message: "the world could not be written".into() };
    let (reading, world) = writer.run(|engine| {
        engine.sync()?;
        Ok((engine.journal.reading()?, engine.world.clone()))
    })?;
    reading.write_snapshot(disk, &world.to_bytes().ok_or_else(broken)?)?;
    let (head, exchanges) = (reading.head().clone(), reading.exchanges());
    writer.run(move |engine| engine.journal.adopt_snapshot(&head, exchanges)).map(drop)
}
