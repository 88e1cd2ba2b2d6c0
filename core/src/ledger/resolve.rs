//! From a fact to the event that carries what the fact left open: lots, expiry, differences.
//!
//! Quantities come in base units and kits as their parts: the door has seen to that.

use std::borrow::Cow;

use super::decide::{Need, Pick, given_back, needs};
use super::history::balances;
use super::state::{Hold, Ledger, LotStock, Shelf};
use crate::base::{Day, LotId, Timestamp};
use crate::event::{
    Account, Condition, Count, LotCard, Movement, Movements, Outside, Receive, Return, Sale, StockEvent, StockKind,
    Strategy,
};
use crate::expiry::{LotState, is_sellable};

/// What a receipt says of itself once the catalogue was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt<'a> {
    /// The fact, in base units.
    pub fact: &'a Receive,
    /// Its lot; goods without one are kept by their last good day, which stands in for it.
    pub lot: Cow<'a, str>,
    /// The last good day, of the paper or of the shelf life.
    pub expires_on: Option<Day>,
    /// Days that must remain at a receipt.
    pub min_receipt_days: i32,
}

/// The condition in which units of a lot land: recalled ones are blocked, expired ones are not for sale.
pub(super) fn landing(lot: &LotState, today: Day, wanted: Condition) -> Condition {
    match wanted {
        Condition::Available if lot.recalled => Condition::Quarantined,
        Condition::Available if lot.expires_on.is_some_and(|last| last < today) => Condition::Expired,
        wanted => wanted,
    }
}

/// Days from `day` that goods for sale keep, where a receipt asks for more. Where two papers disagree on the lot, the
/// earlier day counts.
pub fn too_short(ledger: &Ledger, receipt: &Receipt<'_>, day: Day) -> Option<(Day, i32)> {
    let known = ledger.sku(&receipt.fact.sku).and_then(|sku| ledger.lot_id(sku, &receipt.lot));
    let known = known.and_then(|lot| ledger.lot(lot).state.expires_on);
    let last = known.into_iter().chain(receipt.expires_on).min()?;
    let short = receipt.fact.condition == Condition::Available && day + receipt.min_receipt_days > last;
    short.then_some((last, last - day))
}

/// A receipt; what keeps too short for one, from the day on which it happened, goes into quarantine.
pub fn receive<'a>(ledger: &Ledger, receipt: &'a Receipt<'a>, today: Day, day: Day) -> StockEvent<'a> {
    let fact = receipt.fact;
    let known = ledger.sku(&fact.sku).and_then(|sku| Some(&ledger.lot(ledger.lot_id(sku, &receipt.lot)?).state));
    let expires_on = known.and_then(|lot| lot.expires_on).into_iter().chain(receipt.expires_on).min();
    let lot = LotState { expires_on, received_on: None, recalled: known.is_some_and(|lot| lot.recalled) };
    let condition = match landing(&lot, today, fact.condition) {
        Condition::Available if !is_sellable(&lot, day, receipt.min_receipt_days) => Condition::Quarantined,
        condition => condition,
    };
    let movement = Movement {
        sku: &fact.sku,
        lot: &receipt.lot,
        quantity: fact.quantity.0,
        from: Account::Outside(Outside::Supplier),
        to: Account::At(&fact.location, condition),
    };
    let card = LotCard {
        expires_on: receipt.expires_on,
        produced_on: fact.produced_on,
        received_on: Some(day),
        supplier_lot: fact.supplier_lot.as_deref(),
    };
    let kind = StockKind::Received { card, purchase: fact.purchase.as_deref(), unit_cost: fact.unit_cost };
    StockEvent { kind, movements: Movements::from_iter([movement]) }
}

/// A till sale: the scanned lot, or sellable lots first expired first out, then the others, then expired units; the
/// rest is beyond the books, which go below zero: a receipt or a count that comes late puts them right.
pub fn sale<'a>(ledger: &'a Ledger, fact: &'a Sale, now: Timestamp) -> StockEvent<'a> {
    let mut movements = Movements::new();
    let mut missing = Movements::new();
    for need in needs(&fact.lines, &fact.location) {
        let left = match ledger.shelf_at(need.sku, need.location) {
            Some(shelf) => sell(ledger, shelf, &need, ledger.day(shelf.location, now), &mut movements),
            None => need.quantity,
        };
        if left > 0 {
            missing.push(Movement {
                sku: need.sku,
                lot: need.lot.unwrap_or(""),
                quantity: left,
                from: Account::At(need.location, Condition::Available),
                to: Account::Outside(Outside::Customer),
            });
        }
    }
    let beyond = missing.len() as u32; // at most 1,000 lines and their parts
    movements.extend(missing);
    StockEvent { kind: StockKind::Sold { beyond }, movements }
}

fn sell<'a>(ledger: &'a Ledger, shelf: &'a Shelf, need: &Need<'a>, today: Day, out: &mut Movements<'a>) -> i64 {
    let days = ledger.min_remaining_days(shelf.sku, today);
    let pick = Pick { ledger, shelf, location: need.location, days, today, strategy: Strategy::Fefo, lot: need.lot };
    let customer = Account::Outside(Outside::Customer);
    let mut left = need.quantity;
    let fits = |own: &LotStock| need.lot.is_none_or(|key| *ledger.lot(own.lot).key == *key);
    let may = |own: &LotStock| is_sellable(&ledger.lot(own.lot).state, today, days);
    for (condition, sellable) in
        [(Condition::Available, true), (Condition::Available, false), (Condition::Expired, false)]
    {
        for own in shelf.lots.iter().filter(|own| fits(own) && (!is_free(condition) || may(own) == sellable)) {
            let part = taken_before(ledger, own, condition, need, out).min(left);
            if part > 0 {
                left -= part;
                out.push(pick.movement(own.lot, part, condition, customer));
            }
        }
    }
    left
}

fn is_free(condition: Condition) -> bool {
    condition == Condition::Available
}

/// Units of a lot that earlier lines of the sale left.
fn taken_before(ledger: &Ledger, own: &LotStock, condition: Condition, need: &Need<'_>, out: &Movements<'_>) -> i64 {
    let (key, from) = (&*ledger.lot(own.lot).key, Account::At(need.location, condition));
    let same = |m: &&Movement<'_>| m.sku == need.sku && m.lot == key && m.from == from;
    own.of(condition) - out.iter().filter(same).map(|movement| movement.quantity).sum::<i64>()
}

/// The lot that units of no known lot join: the first to leave of the shelf, else the first of the SKU to
/// expire, so that nothing is sold later than its papers allow; else none.
fn likely_lot<'a>(ledger: &'a Ledger, sku: &str, location: &str, today: Day) -> &'a str {
    let Some(sku) = ledger.sku(sku) else { return "" };
    let shelf = ledger.location(location).and_then(|location| ledger.shelf(sku, location));
    let first = shelf.and_then(|shelf| shelf.lots.iter().find(|own| own.good() > 0));
    let on_shelf = first.map(|own| ledger.lot(own.lot));
    on_shelf.or_else(|| ledger.first_to_expire(sku, today)).map_or("", |lot| &lot.key)
}

/// The lots of a SKU that an order shipped, the last first, with the units of each that did not come back.
fn shipped_lots(ledger: &Ledger, sku: &str, order: Option<&str>) -> Vec<(LotId, i64)> {
    let Some((doc, sku)) = order.and_then(|order| ledger.docs().find(order)).zip(ledger.sku(sku)) else {
        return Vec::new();
    };
    let customer = super::book::Place::outside(Outside::Customer);
    let chain = ledger.book().chain(ledger.docs().get(doc).last_of_order, |entry| entry.before_of_order);
    let mut lots: Vec<(LotId, i64)> = Vec::new();
    let mut back: Vec<(LotId, i64)> = Vec::new();
    let add = |sums: &mut Vec<(LotId, i64)>, lot, quantity| match sums.iter_mut().find(|(own, _)| *own == lot) {
        Some((_, sum)) => *sum += quantity,
        None => sums.push((lot, quantity)),
    };
    for (_, entry) in chain.filter(|(_, entry)| ledger.lot(entry.lot).sku == sku) {
        if entry.to == customer {
            add(&mut lots, entry.lot, entry.quantity);
        } else if entry.from == customer {
            add(&mut back, entry.lot, entry.quantity);
        }
    }
    for (lot, quantity) in back {
        lots.iter_mut().filter(|(own, _)| *own == lot).for_each(|(_, left)| *left = (*left - quantity).max(0));
    }
    lots
}

/// A return, free to be sold again or in quarantine. Where no lot is named its order tells them, the last shipped
/// first; what the order did not ship comes back as the lot that it shipped last, or as the likely one.
pub fn returned<'a>(ledger: &'a Ledger, fact: &'a Return, today: Day) -> StockEvent<'a> {
    let mut movements = Movements::new();
    let mut left = fact.quantity.0;
    let mut push = |lot: &'a str, quantity: i64| {
        let state = ledger.sku(&fact.sku).and_then(|sku| Some(&ledger.lot(ledger.lot_id(sku, lot)?).state));
        let wanted = if fact.resellable { Condition::Available } else { Condition::Quarantined };
        let condition = state.map_or(wanted, |state| landing(state, today, wanted));
        let (from, to) = (Account::Outside(Outside::Customer), Account::At(&fact.location, condition));
        movements.push(Movement { sku: &fact.sku, lot, quantity, from, to });
    };
    let order = fact.order.as_deref().filter(|_| fact.lot.is_empty());
    let shipped = shipped_lots(ledger, &fact.sku, order);
    let last = shipped.first().map(|(lot, _)| &*ledger.lot(*lot).key);
    for (lot, units) in shipped.into_iter().filter(|(_, units)| *units > 0) {
        let part = units.min(left);
        if part > 0 {
            left -= part;
            push(&ledger.lot(lot).key, part);
        }
    }
    if left > 0 {
        let likely = || last.unwrap_or_else(|| likely_lot(ledger, &fact.sku, &fact.location, today));
        push(if fact.lot.is_empty() { likely() } else { &fact.lot }, left);
    }
    let kind = StockKind::Returned { reason: &fact.reason, order: fact.order.as_deref() };
    StockEvent { kind, movements }
}

/// A count. What the books lack joins the lot that expires first; what they have too much leaves the lots that expire
/// first. Lots below zero are put right. Where fewer are there than are held, the books go below zero: holds stay,
/// and shipping them is refused once the shelf is empty.
pub fn count<'a>(ledger: &'a Ledger, fact: &'a Count, today: Day, day: Day) -> StockEvent<'a> {
    let mut movements = Movements::new();
    let good = is_free(fact.condition);
    let of = |own: &LotStock| if good { own.good() } else { own.of(fact.condition) };
    let shelf = ledger.shelf_at(&fact.sku, &fact.location);
    let fits = |own: &&LotStock| fact.lot.as_deref().is_none_or(|key| *ledger.lot(own.lot).key == *key);
    let lots: Vec<&LotStock> = shelf.map_or(&[][..], |shelf| &shelf.lots[..]).iter().filter(fits).collect();
    let mut book: i64 = lots.iter().map(|own| of(own)).sum();
    let day = fact.occurred_on.unwrap_or(day);
    let since = if day < today { book - book_of(ledger, fact, day, of) } else { 0 };
    let key = |lot: LotId| &*ledger.lot(lot).key;
    let mut push = |lot, quantity: i64| {
        if quantity != 0 {
            movements.push(difference(&fact.sku, &fact.location, lot, fact.condition, quantity));
        }
    };
    for own in lots.iter().filter(|own| good && own.of(Condition::Available) < 0) {
        book -= own.of(Condition::Available);
        push(key(own.lot), -own.of(Condition::Available));
    }
    let mut left = fact.quantity.0 + since - book; // only free units may fall below zero
    let first = lots.iter().find(|own| of(own) > 0).map(|own| key(own.lot));
    let joins = || {
        let lot = fact.lot.as_deref().or(first);
        lot.unwrap_or_else(|| likely_lot(ledger, &fact.sku, &fact.location, today))
    };
    if left > 0 {
        push(joins(), left);
    }
    for own in &lots {
        let part = own.of(fact.condition).max(0).min(-left.min(0));
        left += part;
        push(key(own.lot), -part);
    }
    if left < 0 && good {
        push(fact.lot.as_deref().unwrap_or(""), left);
    }
    StockEvent { kind: StockKind::Counted { sku: &fact.sku, location: &fact.location }, movements }
}

/// What the books of a day say of the units that a count is about. O(movements of the SKU).
fn book_of(ledger: &Ledger, fact: &Count, day: Day, of: impl Fn(&LotStock) -> i64) -> i64 {
    let (Some(sku), Some(location)) = (ledger.sku(&fact.sku), ledger.location(&fact.location)) else { return 0 };
    let then = balances(ledger, None, Some(day), Some(sku)).into_iter().filter(|((_, own), _)| *own == location);
    let lots = then.map(|((lot, _), units)| LotStock { lot, units });
    let fits = |own: &LotStock| fact.lot.as_deref().is_none_or(|key| *ledger.lot(own.lot).key == *key);
    lots.filter(fits).map(|own| of(&own)).sum()
}

/// Units that a count found (positive) or missed (negative).
fn difference<'a>(sku: &'a str, location: &'a str, lot: &'a str, condition: Condition, quantity: i64) -> Movement<'a> {
    let (shelf, outside) = (Account::At(location, condition), Account::Outside(Outside::CountDifference));
    let (from, to) = if quantity > 0 { (outside, shelf) } else { (shelf, outside) };
    Movement { sku, lot, quantity: quantity.abs(), from, to }
}

/// Whether a lot that may not be sold any more is blocked on a shelf: a recalled one is everywhere, an expired one where
/// its last good day has passed.
pub fn is_blocked_on(ledger: &Ledger, lot: LotId, shelf: &Shelf, condition: Condition, now: Timestamp) -> bool {
    condition != Condition::Expired || ledger.is_over(ledger.lot(lot), shelf.location, now)
}

/// Blocks all free units of a lot, wherever it is blocked: it was recalled, or its last good day passed.
pub fn blocked<'a>(ledger: &'a Ledger, lot: LotId, condition: Condition, now: Timestamp) -> Movements<'a> {
    let own = ledger.lot(lot);
    let shelves = ledger.shelves_of(own.sku).map(|shelf| &ledger.shelves()[shelf]);
    let shelves = shelves.filter(|shelf| is_blocked_on(ledger, lot, shelf, condition, now));
    let movement = |shelf: &'a Shelf| {
        let quantity = shelf.lot(lot)?.of(Condition::Available);
        let location = ledger.locations().key(shelf.location.0);
        let (from, to) = (Account::At(location, Condition::Available), Account::At(location, condition));
        let sku = ledger.skus().key(own.sku.0);
        (quantity > 0).then_some(Movement { sku, lot: &own.key, quantity, from, to })
    };
    shelves.filter_map(movement).collect()
}

/// What a hold does whose lot may not be sold any more: other lots stand in for its units as far as there are any.
pub fn reallocated<'a>(
    ledger: &'a Ledger,
    hold: &Hold,
    lot: LotId,
    condition: Condition,
    now: Timestamp,
) -> StockEvent<'a> {
    let mut movements = Movements::new();
    for line in hold.lines.iter().filter(|line| line.lot == Some(lot)) {
        let shelf = &ledger.shelves()[line.shelf as usize];
        if !is_blocked_on(ledger, lot, shelf, condition, now) {
            continue;
        }
        let (location, today) = (ledger.locations().key(shelf.location.0), ledger.day(shelf.location, now));
        let days = ledger.min_remaining_days(shelf.sku, today).max(hold.remaining_days);
        let pick = Pick { ledger, shelf, location, days, today, strategy: Strategy::Fefo, lot: None };
        movements.push(pick.movement(lot, line.quantity, Condition::Held, Account::At(location, condition)));
        let free = ledger.promisable(shelf, today, days, None).min(line.quantity);
        pick.take(free, Account::At(location, Condition::Held), &mut movements);
    }
    StockEvent { kind: StockKind::Reallocated { hold: ledger.hold_key(hold) }, movements }
}

/// What fills the units of a shelf that were promised beyond the books, for the oldest hold that waits for such lots;
/// `None` where nothing is free or nobody waits. The safety stock stays free.
pub fn filled<'a>(ledger: &'a Ledger, shelf_index: usize, now: Timestamp) -> Option<StockEvent<'a>> {
    let shelf = &ledger.shelves()[shelf_index];
    if shelf.backordered == 0 {
        return None;
    }
    let owed = |line: &super::state::HoldLine| line.shelf as usize == shelf_index && line.lot.is_none();
    let (location, today) = (ledger.locations().key(shelf.location.0), ledger.day(shelf.location, now));
    let safety = ledger.policy(shelf.sku).safety_stock;
    ledger.live_holds(owed).into_iter().find_map(|hold| {
        let days = ledger.min_remaining_days(shelf.sku, today).max(hold.remaining_days);
        let free = ledger.free(shelf, today, days, None) - safety;
        let wanted: i64 = hold.lines.iter().filter(|line| owed(line)).map(|line| line.quantity).sum();
        let pick = Pick { ledger, shelf, location, days, today, strategy: Strategy::Fefo, lot: None };
        let mut movements = Movements::new();
        pick.take(wanted.min(free), Account::At(location, Condition::Held), &mut movements);
        let kind = StockKind::Reallocated { hold: ledger.hold_key(hold) };
        (!movements.is_empty()).then_some(StockEvent { kind, movements })
    })
}

/// A hold whose deadline passed.
pub fn fallen<'a>(ledger: &'a Ledger, hold: &Hold) -> StockEvent<'a> {
    let parts: Vec<i64> = hold.lines.iter().map(|line| line.quantity).collect();
    let movements = given_back(ledger, hold, &parts);
    StockEvent { kind: StockKind::HoldExpired { hold: ledger.hold_key(hold) }, movements }
}
