//! `decide`: a command becomes an event, or a refusal whose reasons are looked for in one order.

use super::state::{Hold, HoldState, Ledger};
use crate::base::{Day, Quantity, Timestamp};
use crate::event::{Command, Commit, Line, Move, Purchase, Rejected, Release, Reserve, StockEvent, Taken};
use crate::expiry::{LotState, is_sellable};

/// Decides a command against the ledger as it stands. Pure; the ids' first answers are the engine's matter.
///
/// # Errors
/// The first [`Rejected`] in the order in which the enum lists them.
pub fn decide(ledger: &Ledger, command: &Command, now: Timestamp, today: Day) -> Result<StockEvent, Rejected> {
    match command {
        Command::Reserve(c) => reserve(ledger, c, now, today),
        Command::Commit(c) => commit(ledger, c, today),
        Command::Release(c) => release(ledger, c),
        Command::Move(c) => movement(ledger, c, today),
        Command::Purchase(c) => purchase(ledger, c),
    }
}

/// One line a SKU, in the order of their first mention.
pub(super) fn merged(lines: &[Line]) -> Vec<Line> {
    let mut sums: Vec<Line> = Vec::with_capacity(lines.len());
    for line in lines {
        match sums.iter_mut().find(|sum| sum.sku == line.sku) {
            Some(sum) => sum.quantity.0 = sum.quantity.0.saturating_add(line.quantity.0),
            None => sums.push(line.clone()),
        }
    }
    sums
}

fn known_skus<'a>(ledger: &Ledger, mut skus: impl Iterator<Item = &'a str>) -> Result<(), Rejected> {
    match skus.find(|sku| ledger.sku(sku).is_none()) {
        Some(sku) => Err(Rejected::UnknownSku { sku: sku.into() }),
        None => Ok(()),
    }
}

fn known_location(ledger: &Ledger, location: &str) -> Result<(), Rejected> {
    match ledger.location(location) {
        Some(_) => Ok(()),
        None => Err(Rejected::UnknownLocation { location: location.into() }),
    }
}

fn enough(ledger: &Ledger, line: &Line, location: &str, today: Day) -> Result<(), Rejected> {
    let ids = ledger.sku(&line.sku).zip(ledger.location(location));
    let available = ids.map_or(0, |(sku, location)| ledger.available(sku, location, today));
    if line.quantity.0 <= available {
        return Ok(());
    }
    Err(short(line, location, available))
}

fn short(line: &Line, location: &str, available: i64) -> Rejected {
    Rejected::InsufficientStock {
        sku: line.sku.clone(),
        location: location.into(),
        requested: line.quantity,
        available: Quantity(available),
    }
}

fn reserve(ledger: &Ledger, c: &Reserve, now: Timestamp, today: Day) -> Result<StockEvent, Rejected> {
    known_skus(ledger, c.lines.iter().map(|line| line.sku.as_str()))?;
    known_location(ledger, &c.location)?;
    let lines = merged(&c.lines);
    lines.iter().try_for_each(|line| enough(ledger, line, &c.location, today))?;
    let deadline = now.plus_seconds(c.ttl_seconds);
    Ok(StockEvent::Held { hold: c.id.clone(), lines, location: c.location.clone(), deadline })
}

fn live<'a>(ledger: &'a Ledger, key: &str) -> Result<&'a Hold, Rejected> {
    let hold = ledger.hold(key).ok_or_else(|| Rejected::UnknownHold { hold: key.into() })?;
    let closed = |state: &str| Err(Rejected::HoldClosed { hold: key.into(), state: state.into() });
    match hold.state {
        HoldState::Live => Ok(hold),
        HoldState::Expired => Err(Rejected::HoldExpired { hold: key.into(), deadline: hold.deadline }),
        HoldState::Committed => closed("committed"),
        HoldState::Released => closed("released"),
    }
}

fn commit(ledger: &Ledger, c: &Commit, today: Day) -> Result<StockEvent, Rejected> {
    let hold = live(ledger, &c.hold)?;
    let mut taken = Vec::with_capacity(hold.lines.len());
    for line in &hold.lines {
        let (lots, missing) = pick(ledger, line, &hold.location, sellable_on(today));
        if missing > 0 {
            return Err(short(line, &hold.location, line.quantity.0 - missing));
        }
        taken.extend(lots);
    }
    Ok(StockEvent::Committed { hold: c.hold.clone(), taken })
}

fn release(ledger: &Ledger, c: &Release) -> Result<StockEvent, Rejected> {
    live(ledger, &c.hold)?;
    Ok(StockEvent::Released { hold: c.hold.clone() })
}

fn movement(ledger: &Ledger, c: &Move, today: Day) -> Result<StockEvent, Rejected> {
    let line = Line { sku: c.sku.clone(), quantity: c.quantity };
    known_skus(ledger, [c.sku.as_str()].into_iter())?;
    known_location(ledger, &c.from)?;
    enough(ledger, &line, &c.from, today)?;
    let (taken, missing) = pick(ledger, &line, &c.from, sellable_on(today));
    if missing > 0 {
        return Err(short(&line, &c.from, line.quantity.0 - missing));
    }
    Ok(StockEvent::Moved { from: c.from.clone(), to: c.to.clone(), taken })
}

fn purchase(ledger: &Ledger, c: &Purchase) -> Result<StockEvent, Rejected> {
    known_skus(ledger, c.lines.iter().map(|line| line.sku.as_str()))?;
    Ok(StockEvent::Purchased {
        purchase: c.id.clone(),
        supplier: c.supplier.clone(),
        lines: merged(&c.lines),
        location: c.location.clone(),
        expected_on: c.expected_on,
    })
}

/// Takes units of a line first expired first out from the lots that `may` be taken. Answers the lots
/// and the units that none of them covers.
pub(super) fn pick(
    ledger: &Ledger,
    line: &Line,
    location: &str,
    may: impl Fn(&LotState, i32) -> bool,
) -> (Vec<Taken>, i64) {
    let shelf = ledger.sku(&line.sku).zip(ledger.location(location)).and_then(|(s, l)| ledger.shelf(s, l));
    let Some(shelf) = shelf else { return (Vec::new(), line.quantity.0) };
    let min_remaining_days = ledger.min_remaining_days(shelf.sku);
    let mut left = line.quantity.0;
    let mut taken = Vec::new();
    for own in ledger.fefo(shelf) {
        if left == 0 {
            break;
        }
        if may(&ledger.lot(own.lot).state, min_remaining_days) {
            let part = own.good.min(left);
            left -= part;
            taken.push(ledger.taken(own.lot, part));
        }
    }
    (taken, left)
}

pub(super) fn sellable_on(today: Day) -> impl Fn(&LotState, i32) -> bool {
    move |lot, min_remaining_days| is_sellable(lot, today, min_remaining_days)
}
