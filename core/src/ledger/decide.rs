//! `decide`: a command becomes an event, or a refusal whose reasons are looked for in one order.
//!
//! Quantities come in base units and kits as their parts: the door has seen to that.

use super::docs::Outcome;
use super::state::{Hold, HoldState, Ledger, LotStock, Shelf};
use crate::base::{Day, LotId, Quantity, Rejected, Timestamp};
use crate::event::{
    Account, Arrive, Assemble, Command, Commit, Condition, Freeze, Line, LotCard, Move, Movement, Movements,
    OpenTester, Outside, Purchase, Reclassify, Release, Reserve, StockEvent, StockKind, Strategy, WriteOff,
};
use crate::expiry::is_sellable;

/// Decides a command against the ledger as it stands. Pure; the ids' first answers are the engine's matter.
///
/// # Errors
/// The first [`Rejected`] in the order in which the enum lists them.
pub fn decide<'a>(ledger: &'a Ledger, command: &'a Command, now: Timestamp) -> Result<StockEvent<'a>, Rejected> {
    match command {
        Command::Reserve(c) => reserve(ledger, c, now),
        Command::Commit(c) => commit(ledger, c, now),
        Command::Release(c) => release(ledger, c),
        Command::Move(c) => movement(ledger, c, now),
        Command::Arrive(c) => arrive(ledger, c, now),
        Command::Purchase(c) => purchase(ledger, c),
        Command::Reclassify(c) => reclassify(ledger, c),
        Command::WriteOff(c) => write_off(ledger, c),
        Command::OpenTester(c) => open_tester(ledger, c, now),
        Command::Assemble(c) => assemble(ledger, c, now),
        Command::Freeze(c) => freeze(ledger, c, now),
    }
}

/// What a line asks for, with its own location; one a SKU, location and lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need<'a> {
    pub sku: &'a str,
    pub location: &'a str,
    pub lot: Option<&'a str>,
    pub quantity: i64,
    /// The first line that asks for it.
    pub line: usize,
}

/// Lines of one SKU, location and lot sum their demand. Those that name a lot come first: the others take what they
/// leave.
pub(super) fn needs<'a>(lines: &'a [Line], location: &'a str) -> smallvec::SmallVec<[Need<'a>; 4]> {
    let mut sums: smallvec::SmallVec<[Need<'a>; 4]> = smallvec::SmallVec::new();
    for (at, line) in lines.iter().enumerate() {
        let (sku, lot) = (line.sku.as_str(), line.lot.as_deref());
        let location = line.location.as_deref().unwrap_or(location);
        let same = |sum: &&mut Need<'_>| sum.sku == sku && sum.location == location && sum.lot == lot;
        match sums.iter_mut().find(same) {
            Some(sum) => sum.quantity = sum.quantity.saturating_add(line.quantity.0),
            None => sums.push(Need { sku, location, lot, quantity: line.quantity.0, line: at }),
        }
    }
    if sums.iter().any(|need| need.lot.is_some()) {
        sums.sort_by_key(|need| need.lot.is_none());
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

fn short(sku: &str, location: &str, requested: i64, available: i64) -> Rejected {
    Rejected::InsufficientStock {
        sku: sku.into(),
        location: location.into(),
        requested: Quantity(requested),
        available: Quantity(available.max(0)),
        lines: Vec::new(),
    }
}

/// The first failing line of a basket has its own code, the others failed with it.
fn in_basket(why: Rejected, failing: usize, count: usize) -> Rejected {
    match why {
        Rejected::InsufficientStock { sku, location, requested, available, .. } => {
            let code = |line| if line == failing { "INSUFFICIENT_STOCK" } else { "CHAIN_FAILED" };
            let lines = if count > 1 { (0..count).map(|line| code(line).to_string()).collect() } else { Vec::new() };
            Rejected::InsufficientStock { sku, location, requested, available, lines }
        }
        other => other,
    }
}

fn reserve<'a>(ledger: &'a Ledger, c: &'a Reserve, now: Timestamp) -> Result<StockEvent<'a>, Rejected> {
    known_skus(ledger, c.lines.iter().map(|line| line.sku.as_str()))?;
    known_location(ledger, &c.location)?;
    c.lines.iter().filter_map(|line| line.location.as_deref()).try_for_each(|own| known_location(ledger, own))?;
    if let Some(channel) = c.channel.as_deref().filter(|channel| !ledger.channels().contains_key(*channel)) {
        return Err(Rejected::UnknownChannel { channel: channel.into() });
    }
    let mut basket = Basket { movements: Movements::new(), backordered: Vec::new(), by_lot: false };
    let needs = needs(&c.lines, &c.location);
    basket.by_lot = needs.iter().any(|need| need.lot.is_some());
    for need in &needs {
        basket.add(ledger, c, need, now).map_err(|why| in_basket(why, need.line, c.lines.len()))?;
    }
    if basket.movements.is_empty() && basket.backordered.is_empty() {
        let need = needs.iter().min_by_key(|need| need.line).unwrap_or(&needs[0]);
        return Err(in_basket(short(need.sku, need.location, need.quantity, 0), need.line, c.lines.len()));
    }
    let deadline = now.plus_seconds(c.ttl_seconds);
    let remaining_days = days_asked(ledger, c);
    let Basket { movements, backordered, .. } = basket;
    Ok(StockEvent { kind: StockKind::Held { deadline, remaining_days, backordered }, movements })
}

/// Days that must remain by the basket's own wish and by its channel's: of several SKUs the most that one asks for.
fn days_asked(ledger: &Ledger, c: &Reserve) -> i32 {
    if c.channel.is_none() {
        return c.min_remaining_days;
    }
    let skus = c.lines.iter().filter_map(|line| ledger.sku(&line.sku));
    let asked = skus.map(|sku| ledger.channel_days(sku, c.channel.as_deref())).max();
    asked.unwrap_or(0).max(c.min_remaining_days)
}

struct Basket<'a> {
    movements: Movements<'a>,
    backordered: Vec<(&'a str, &'a str, i64)>,
    /// Whether some line names a lot: then lines may meet on one.
    by_lot: bool,
}

impl<'a> Basket<'a> {
    fn add(&mut self, ledger: &'a Ledger, c: &'a Reserve, need: &Need<'a>, now: Timestamp) -> Result<(), Rejected> {
        let refuse = |available| Err(short(need.sku, need.location, need.quantity, available));
        let Some(shelf) = ledger.shelf_at(need.sku, need.location) else {
            // Nothing was ever there: all of it is beyond the books.
            let limit = ledger.sku(need.sku).map_or(0, |sku| ledger.policy(sku).backorder_limit);
            return match c.up_to {
                true => Ok(()),
                false if need.lot.is_some() || need.quantity > limit => refuse(0),
                false => {
                    self.backordered.push((need.sku, need.location, need.quantity));
                    Ok(())
                }
            };
        };
        let (channel, today) = (c.channel.as_deref(), ledger.day(shelf.location, now));
        let days = ledger.remaining_days(shelf.sku, today, channel, c.min_remaining_days);
        let taken = self.taken(need.sku, need.location);
        let mut promisable = (ledger.promisable(shelf, today, days, channel) - taken).max(0);
        let pick = Pick { ledger, shelf, location: need.location, days, today, strategy: c.strategy, lot: need.lot };
        let free =
            |basket: &Basket<'_>, lot: &LotStock| lot.of(Condition::Available) - basket.taken_of(ledger, lot, need);
        if need.lot.is_some() {
            promisable = promisable.min(pick.lots().iter().map(|lot| free(self, lot).max(0)).sum());
        }
        let wanted = if c.up_to { need.quantity.min(promisable) } else { need.quantity };
        let beyond = (wanted - promisable).max(0);
        if beyond > 0 && (need.lot.is_some() || beyond > ledger.policy(shelf.sku).backorder_limit - shelf.backordered) {
            return refuse(promisable);
        }
        if beyond > 0 {
            self.backordered.push((need.sku, need.location, beyond));
        }
        let to = Account::At(need.location, Condition::Held);
        let mut left = wanted - beyond;
        for lot in pick.lots() {
            let part = free(self, lot).min(left);
            if part > 0 {
                left -= part;
                self.movements.push(pick.movement(lot.lot, part, Condition::Available, to));
            }
        }
        Ok(())
    }

    /// Units that lines before this one took from the same shelf.
    fn taken(&self, sku: &str, location: &str) -> i64 {
        if !self.by_lot {
            return 0;
        }
        let own = |m: &&Movement<'_>| m.sku == sku && m.from == Account::At(location, Condition::Available);
        self.movements.iter().filter(own).map(|movement| movement.quantity).sum()
    }

    fn taken_of(&self, ledger: &Ledger, lot: &LotStock, need: &Need<'_>) -> i64 {
        if !self.by_lot {
            return 0;
        }
        let key = &*ledger.lot(lot.lot).key;
        let from = Account::At(need.location, Condition::Available);
        let own = |m: &&Movement<'_>| m.sku == need.sku && m.lot == key && m.from == from;
        self.movements.iter().filter(own).map(|movement| movement.quantity).sum()
    }
}

/// Which lots of a shelf may be taken, and in which order.
#[derive(Clone, Copy)]
pub(super) struct Pick<'a> {
    pub ledger: &'a Ledger,
    pub shelf: &'a Shelf,
    pub location: &'a str,
    /// Days that must remain.
    pub days: i32,
    pub today: Day,
    pub strategy: Strategy,
    pub lot: Option<&'a str>,
}

impl<'a> Pick<'a> {
    /// Sellable lots with free units in the order in which they leave.
    pub fn lots(&self) -> smallvec::SmallVec<[&'a LotStock; 4]> {
        let may = |own: &&LotStock| own.of(Condition::Available) > 0 && self.may(own.lot);
        let mut lots: smallvec::SmallVec<[&'a LotStock; 4]> = self.shelf.lots.iter().filter(may).collect();
        let received = |own: &&LotStock| self.ledger.lot(own.lot).state.received_on;
        match self.strategy {
            Strategy::Fefo => {} // a shelf keeps its lots in this order
            Strategy::Fifo => lots.sort_by_key(|own| received(own).unwrap_or(Day(i32::MAX))),
            Strategy::Lifo => lots.sort_by_key(|own| std::cmp::Reverse(received(own))),
        }
        lots
    }

    fn may(&self, lot: LotId) -> bool {
        let lot = self.ledger.lot(lot);
        self.lot.is_none_or(|key| *lot.key == *key) && is_sellable(&lot.state, self.today, self.days)
    }

    /// Takes free units; answers those that nothing covers.
    pub fn take(&self, quantity: i64, to: Account<'a>, out: &mut Movements<'a>) -> i64 {
        let mut left = quantity;
        for own in self.lots() {
            let part = own.of(Condition::Available).min(left);
            if part > 0 {
                left -= part;
                out.push(self.movement(own.lot, part, Condition::Available, to));
            }
        }
        left
    }

    pub fn movement(&self, lot: LotId, quantity: i64, condition: Condition, to: Account<'a>) -> Movement<'a> {
        let sku = self.ledger.skus().key(self.shelf.sku.0);
        let from = Account::At(self.location, condition);
        Movement { sku, lot: &self.ledger.lot(lot).key, quantity, from, to }
    }
}

fn live<'a>(ledger: &'a Ledger, key: &str) -> Result<&'a Hold, Rejected> {
    let hold = ledger.hold(key).ok_or_else(|| Rejected::UnknownHold { hold: key.into() })?;
    let closed = |state: &str| Err(Rejected::HoldClosed { hold: key.into(), state: state.into() });
    match hold.state {
        HoldState::Live => Ok(hold),
        HoldState::Expired => Err(Rejected::HoldExpired { hold: key.into(), deadline: hold.deadline }),
        HoldState::Committed => closed("committed"),
        HoldState::Released => closed("released"),
        HoldState::Lost => closed("lost"),
    }
}

/// Units of each line of a hold that a part of it takes.
fn parts(ledger: &Ledger, hold: &Hold, lines: &[Line]) -> Result<Vec<i64>, Rejected> {
    let has = |line: &super::state::HoldLine| if line.lot.is_some() { line.quantity } else { 0 };
    if lines.is_empty() {
        return Ok(hold.lines.iter().map(has).collect());
    }
    let mut parts = vec![0; hold.lines.len()];
    for need in needs(lines, "") {
        let mut left = need.quantity;
        for (own, part) in hold.lines.iter().zip(&mut parts) {
            let shelf = &ledger.shelves()[own.shelf as usize];
            let fits = ledger.skus().key(shelf.sku.0) == need.sku
                && (need.location.is_empty() || ledger.locations().key(shelf.location.0) == need.location)
                && need.lot.is_none_or(|key| own.lot.is_some_and(|lot| *ledger.lot(lot).key == *key));
            let take = if fits { left.min(has(own) - *part) } else { 0 };
            *part += take;
            left -= take;
        }
        if left > 0 {
            return Err(short(need.sku, need.location, need.quantity, need.quantity - left));
        }
    }
    Ok(parts)
}

fn commit<'a>(ledger: &'a Ledger, c: &'a Commit, now: Timestamp) -> Result<StockEvent<'a>, Rejected> {
    let hold = live(ledger, &c.hold)?;
    let parts = parts(ledger, hold, &c.lines)?;
    let mut movements = Movements::new();
    for (line, quantity) in hold.lines.iter().zip(&parts).filter(|(_, quantity)| **quantity > 0) {
        let Some(lot) = line.lot else { continue };
        let quantity = *quantity;
        let shelf = &ledger.shelves()[line.shelf as usize];
        let (location, today) = (ledger.locations().key(shelf.location.0), ledger.day(shelf.location, now));
        let days = ledger.min_remaining_days(shelf.sku, today).max(hold.remaining_days);
        let pick = Pick { ledger, shelf, location, days, today, strategy: Strategy::Fefo, lot: None };
        let customer = Account::Outside(Outside::Customer);
        let refuse = |asked: i64, there: i64| Err(short(ledger.skus().key(shelf.sku.0), location, asked, there));
        // What left meanwhile over a till was there only once, whichever lots of the shelf it was.
        if shelf.debt() > 0 {
            let of_shelf = hold.lines.iter().zip(&parts).filter(|(own, _)| own.shelf == line.shelf);
            let (asked, there) = (of_shelf.map(|(_, part)| part).sum(), ledger.good(shelf, today));
            if there < asked {
                return refuse(asked, there);
            }
        }
        // The days that must remain counted when it was held; what may not be sold at all is replaced.
        if is_sellable(&ledger.lot(lot).state, today, 0) {
            movements.push(pick.movement(lot, quantity, Condition::Held, customer));
            continue;
        }
        movements.push(pick.movement(lot, quantity, Condition::Held, Account::At(location, Condition::Available)));
        let left = pick.take(quantity, customer, &mut movements);
        if left > 0 {
            return refuse(quantity, quantity - left);
        }
    }
    if movements.is_empty() {
        let owed = hold.lines.first().map(|line| &ledger.shelves()[line.shelf as usize]);
        let (sku, location) =
            owed.map_or(("", ""), |shelf| (ledger.skus().key(shelf.sku.0), ledger.locations().key(shelf.location.0)));
        return Err(short(sku, location, hold.lines.iter().map(|line| line.quantity).sum(), 0));
    }
    Ok(StockEvent { kind: StockKind::Committed { hold: &c.hold }, movements })
}

/// The movements that give units of a hold back.
pub(super) fn given_back<'a>(ledger: &'a Ledger, hold: &Hold, parts: &[i64]) -> Movements<'a> {
    let lines = hold.lines.iter().zip(parts).filter(|(_, quantity)| **quantity > 0);
    let movement = |(line, quantity): (&super::state::HoldLine, &i64)| {
        let lot = ledger.lot(line.lot?);
        let location = ledger.locations().key(ledger.shelves()[line.shelf as usize].location.0);
        Some(Movement {
            sku: ledger.skus().key(lot.sku.0),
            lot: &lot.key,
            quantity: *quantity,
            from: Account::At(location, Condition::Held),
            to: Account::At(location, Condition::Available),
        })
    };
    lines.filter_map(movement).collect()
}

fn release<'a>(ledger: &'a Ledger, c: &'a Release) -> Result<StockEvent<'a>, Rejected> {
    let hold = live(ledger, &c.hold)?;
    let movements = given_back(ledger, hold, &parts(ledger, hold, &c.lines)?);
    Ok(StockEvent { kind: StockKind::Released { hold: &c.hold }, movements })
}

fn movement<'a>(ledger: &'a Ledger, c: &'a Move, now: Timestamp) -> Result<StockEvent<'a>, Rejected> {
    known_skus(ledger, [c.sku.as_str()].into_iter())?;
    known_location(ledger, &c.from)?;
    let landing = if c.in_transit { Condition::InTransit } else { c.condition };
    let to = Account::At(&c.to, landing);
    let quantity = c.quantity.0;
    let Some(shelf) = ledger.shelf_at(&c.sku, &c.from) else { return Err(short(&c.sku, &c.from, quantity, 0)) };
    let mut movements = Movements::new();
    if c.condition != Condition::Available || c.lot.is_some() {
        let there = take_of(ledger, shelf, &c.from, c.lot.as_deref(), c.condition, quantity, to, &mut movements);
        return match there {
            Ok(()) => Ok(moved(ledger, movements, now)),
            Err(there) => Err(short(&c.sku, &c.from, quantity, there)),
        };
    }
    let today = ledger.day(shelf.location, now);
    let days = ledger.min_remaining_days(shelf.sku, today);
    // The safety stock is not promised, but it may stand elsewhere.
    let free = (ledger.free(shelf, today, days, None) - shelf.backordered).max(0);
    let pick = Pick { ledger, shelf, location: &c.from, days, today, strategy: Strategy::Fefo, lot: None };
    if free < quantity || pick.take(quantity, to, &mut movements) > 0 {
        return Err(short(&c.sku, &c.from, quantity, free));
    }
    Ok(moved(ledger, movements, now))
}

/// What is good where it leaves may be over where it arrives, farther east.
fn moved<'a>(ledger: &Ledger, mut movements: Movements<'a>, now: Timestamp) -> StockEvent<'a> {
    if !ledger.has_one_calendar() {
        for movement in &mut movements {
            let lot = ledger.sku(movement.sku).and_then(|sku| ledger.lot_id(sku, movement.lot));
            if let (Account::At(to, Condition::Available), Some(lot)) = (movement.to, lot) {
                let (last, place) = (ledger.lot(lot).state.expires_on, movement.from.place());
                let over_at = |place| last.is_some_and(|last| last < ledger.day_at(place, now));
                if over_at(Some(to)) && !over_at(place) {
                    movement.to = Account::At(to, Condition::Expired);
                }
            }
        }
    }
    StockEvent { kind: StockKind::Moved, movements }
}

/// Takes units of one condition, of one lot or of those that expire first; answers how many there are where they
/// are too few.
#[allow(clippy::too_many_arguments)]
fn take_of<'a>(
    ledger: &'a Ledger,
    shelf: &'a Shelf,
    location: &'a str,
    lot: Option<&str>,
    condition: Condition,
    quantity: i64,
    to: Account<'a>,
    out: &mut Movements<'a>,
) -> Result<(), i64> {
    let fits = |own: &&LotStock| own.of(condition) > 0 && lot.is_none_or(|key| *ledger.lot(own.lot).key == *key);
    let there: i64 = shelf.lots.iter().filter(fits).map(|own| own.of(condition)).sum();
    if there < quantity {
        return Err(there);
    }
    let mut left = quantity;
    for own in shelf.lots.iter().filter(fits) {
        let part = own.of(condition).min(left);
        left -= part;
        if part > 0 {
            let (sku, lot) = (ledger.skus().key(shelf.sku.0), &*ledger.lot(own.lot).key);
            out.push(Movement { sku, lot, quantity: part, from: Account::At(location, condition), to });
        }
    }
    Ok(())
}

fn arrive<'a>(ledger: &'a Ledger, c: &'a Arrive, now: Timestamp) -> Result<StockEvent<'a>, Rejected> {
    let unknown = || Rejected::UnknownTransfer { transfer: c.transfer.clone() };
    let transfer = ledger.docs().find(&c.transfer).and_then(|doc| ledger.transfers().get(&doc)).ok_or_else(unknown)?;
    let (location, today) = (ledger.locations().key(transfer.to.0), ledger.day(transfer.to, now));
    let there: i64 = transfer.lines.iter().map(|(_, quantity)| quantity).sum();
    let mut left = c.quantity.map_or(there, |quantity| quantity.0);
    if left > there {
        let sku = transfer.lines.first().map_or("", |(lot, _)| ledger.skus().key(ledger.lot(*lot).sku.0));
        return Err(short(sku, location, left, there));
    }
    let mut movements = Movements::new();
    for (lot, quantity) in &transfer.lines {
        let part = left.min(*quantity);
        left -= part;
        if part > 0 {
            let lot = ledger.lot(*lot);
            movements.push(Movement {
                sku: ledger.skus().key(lot.sku.0),
                lot: &lot.key,
                quantity: part,
                from: Account::At(location, Condition::InTransit),
                to: Account::At(location, super::resolve::landing(&lot.state, today, transfer.condition)),
            });
        }
    }
    Ok(StockEvent { kind: StockKind::Arrived { transfer: &c.transfer }, movements })
}

/// Units of each SKU, in the order of their first mention.
fn sums<'a>(units: impl Iterator<Item = (&'a str, i64)>) -> Vec<(&'a str, i64)> {
    let mut sums: Vec<(&str, i64)> = Vec::new();
    for (sku, quantity) in units {
        match sums.iter_mut().find(|(own, _)| *own == sku) {
            Some((_, sum)) => *sum = sum.saturating_add(quantity),
            None => sums.push((sku, quantity)),
        }
    }
    sums
}

fn purchase<'a>(ledger: &'a Ledger, c: &'a Purchase) -> Result<StockEvent<'a>, Rejected> {
    known_skus(ledger, c.lines.iter().map(|line| line.sku.as_str()))?;
    let lines = sums(c.lines.iter().map(|line| (line.sku.as_str(), line.quantity.0)));
    let kind = StockKind::Purchased {
        supplier: &c.supplier,
        lines,
        location: &c.location,
        expected_on: c.expected_on,
        under_percent: c.under_percent,
        over_percent: c.over_percent,
    };
    Ok(StockEvent { kind, movements: Movements::new() })
}

/// The shelf and the units of a condition of a lot there, which have to be enough.
fn enough<'a>(
    ledger: &'a Ledger,
    (sku, location, lot): (&str, &str, &str),
    condition: Condition,
    quantity: i64,
) -> Result<(&'a Shelf, LotId), Rejected> {
    known_skus(ledger, [sku].into_iter())?;
    known_location(ledger, location)?;
    let shelf = ledger.shelf_at(sku, location);
    let own = shelf.and_then(|shelf| shelf.lots.iter().find(|own| *ledger.lot(own.lot).key == *lot));
    let there = own.map_or(0, |own| own.of(condition));
    match (shelf, own) {
        (Some(shelf), Some(own)) if there >= quantity => Ok((shelf, own.lot)),
        _ => Err(short(sku, location, quantity, there)),
    }
}

fn reclassify<'a>(ledger: &'a Ledger, c: &'a Reclassify) -> Result<StockEvent<'a>, Rejected> {
    let (_, lot) = enough(ledger, (&c.sku, &c.location, &c.lot), c.from, c.quantity.0)?;
    let state = &ledger.lot(lot).state;
    if c.to == Condition::Available && state.recalled {
        return Err(Rejected::LotRecalled { sku: c.sku.clone(), lot: c.lot.clone() });
    }
    let (from, to) = (Account::At(&c.location, c.from), Account::At(&c.location, c.to));
    let movement = Movement { sku: &c.sku, lot: &c.lot, quantity: c.quantity.0, from, to };
    Ok(StockEvent { kind: StockKind::Reclassified { reason: &c.reason }, movements: Movements::from_iter([movement]) })
}

fn write_off<'a>(ledger: &'a Ledger, c: &'a WriteOff) -> Result<StockEvent<'a>, Rejected> {
    enough(ledger, (&c.sku, &c.location, &c.lot), c.condition, c.quantity.0)?;
    let (from, to) = (Account::At(&c.location, c.condition), Account::Outside(Outside::Scrap));
    let movement = Movement { sku: &c.sku, lot: &c.lot, quantity: c.quantity.0, from, to };
    Ok(StockEvent { kind: StockKind::WrittenOff { reason: &c.reason }, movements: Movements::from_iter([movement]) })
}

fn open_tester<'a>(ledger: &'a Ledger, c: &'a OpenTester, now: Timestamp) -> Result<StockEvent<'a>, Rejected> {
    known_skus(ledger, [c.sku.as_str()].into_iter())?;
    known_location(ledger, &c.location)?;
    let refuse = |there| Err(short(&c.sku, &c.location, c.quantity.0, there));
    let Some(shelf) = ledger.shelf_at(&c.sku, &c.location) else { return refuse(0) };
    let (lot, today) = (c.lot.as_deref(), ledger.day(shelf.location, now));
    let pick = Pick { ledger, shelf, location: &c.location, days: 0, today, strategy: Strategy::Fefo, lot };
    let mut movements = Movements::new();
    let left = pick.take(c.quantity.0, Account::At(&c.location, Condition::Tester), &mut movements);
    if left > 0 {
        return refuse(c.quantity.0 - left);
    }
    let good_until = ledger.policy(shelf.sku).pao_months.map(|months| today.add_months(months));
    Ok(StockEvent { kind: StockKind::TesterOpened { good_until }, movements })
}

fn assemble<'a>(ledger: &'a Ledger, c: &'a Assemble, now: Timestamp) -> Result<StockEvent<'a>, Rejected> {
    known_skus(ledger, std::iter::once(c.sku.as_str()).chain(c.parts.iter().map(|part| part.sku.as_str())))?;
    known_location(ledger, &c.location)?;
    let (assembly, today) = (Account::Outside(Outside::Assembly), ledger.day_at(Some(&c.location), now));
    let mut movements = Movements::new();
    for (sku, each) in sums(c.parts.iter().map(|part| (part.sku.as_str(), part.quantity.0))) {
        let quantity = each.saturating_mul(c.quantity.0);
        let Some(shelf) = ledger.shelf_at(sku, &c.location) else {
            return Err(short(sku, &c.location, quantity, 0));
        };
        let days = ledger.min_remaining_days(shelf.sku, today);
        let free = ledger.promisable(shelf, today, days, None);
        let pick = Pick { ledger, shelf, location: &c.location, days, today, strategy: Strategy::Fefo, lot: None };
        if free < quantity || pick.take(quantity, assembly, &mut movements) > 0 {
            return Err(short(sku, &c.location, quantity, free));
        }
    }
    let expiry = |m: &Movement<'_>| ledger.lot(ledger.lot_id(ledger.sku(m.sku)?, m.lot)?).state.expires_on;
    let expires_on = movements.iter().filter_map(expiry).min();
    let to = Account::At(&c.location, Condition::Available);
    movements.push(Movement { sku: &c.sku, lot: &c.lot, quantity: c.quantity.0, from: assembly, to });
    let card = LotCard { expires_on, produced_on: Some(today), received_on: Some(today), supplier_lot: None };
    Ok(StockEvent { kind: StockKind::Assembled { card }, movements })
}

fn freeze<'a>(ledger: &Ledger, c: &Freeze, now: Timestamp) -> Result<StockEvent<'a>, Rejected> {
    let (today, _) = ledger.days(now);
    if c.until >= today || ledger.frozen_until().is_some_and(|frozen| c.until < frozen) {
        return Err(Rejected::CannotFreeze { until: c.until, frozen_until: ledger.frozen_until(), today });
    }
    Ok(StockEvent { kind: StockKind::Frozen { until: c.until }, movements: Movements::new() })
}

/// Whether a document became a hold.
pub fn is_hold(ledger: &Ledger, id: &str) -> bool {
    ledger.docs().find(id).is_some_and(|doc| matches!(ledger.docs().get(doc).outcome, Outcome::Hold(_)))
}
