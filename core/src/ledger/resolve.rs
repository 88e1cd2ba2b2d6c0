//! From a fact to the event that carries what the fact left open: lots, expiry, deltas.

use super::decide::{merged, pick, sellable_on};
use super::state::Ledger;
use crate::base::{Day, Quantity};
use crate::event::{Count, Delta, Line, Receive, Return, Sale, StockEvent, Taken};
use crate::expiry::is_sellable;

/// A receipt; its last good day is the paper's, else the shelf life counted from the day it arrived.
/// Goods without a lot are kept by that day, which stands in for the lot: mixed, all would expire with the oldest.
pub fn receive(fact: &Receive, shelf_life_days: Option<i32>, today: Day) -> StockEvent {
    let expires_on = fact.expires_on.or(shelf_life_days.map(|days| today + days));
    let lot = match expires_on {
        Some(day) if fact.lot.is_empty() => day.to_string(),
        _ => fact.lot.clone(),
    };
    let goods = Taken { sku: fact.sku.clone(), lot, quantity: fact.quantity, expires_on };
    StockEvent::Received {
        goods,
        location: fact.location.clone(),
        purchase: fact.purchase.clone(),
        unit_cost: fact.unit_cost,
    }
}

/// A till sale: sellable lots leave first expired first out, then the others; the rest is missing in the books.
pub fn sale(ledger: &Ledger, fact: &Sale, today: Day) -> StockEvent {
    let mut taken = Vec::new();
    let mut missing = Vec::new();
    for line in merged(&fact.lines) {
        let (lots, left) = pick(ledger, &line, &fact.location, sellable_on(today));
        taken.extend(lots);
        let rest = Line { quantity: Quantity(left), ..line };
        let (lots, left) = pick(ledger, &rest, &fact.location, |lot, days| !is_sellable(lot, today, days));
        taken.extend(lots);
        if left > 0 {
            missing.push(Line { quantity: Quantity(left), ..rest });
        }
    }
    StockEvent::Sold { location: fact.location.clone(), taken, missing }
}

/// The lot that units of no known lot join: the first to leave of the shelf, else the first of the SKU to
/// expire, so that nothing is sold later than its papers allow; else none.
fn likely_lot(ledger: &Ledger, sku: &str, location: &str, today: Day) -> String {
    let Some(sku) = ledger.sku(sku) else { return String::new() };
    let shelf = ledger.location(location).and_then(|location| ledger.shelf(sku, location));
    let on_shelf = shelf.and_then(|shelf| Some(ledger.lot(ledger.fefo(shelf).first()?.lot)));
    on_shelf.or_else(|| ledger.first_to_expire(sku, today)).map_or_else(String::new, |lot| lot.key.clone())
}

/// A return into good stock or quarantine, with the lot's known expiry.
pub fn returned(ledger: &Ledger, fact: &Return, today: Day) -> StockEvent {
    let key = match fact.lot.as_str() {
        "" => likely_lot(ledger, &fact.sku, &fact.location, today),
        known => known.to_string(),
    };
    let lot = ledger.sku(&fact.sku).and_then(|sku| ledger.lot_of(sku, &key));
    let goods = Taken {
        sku: fact.sku.clone(),
        expires_on: lot.and_then(|lot| lot.state.expires_on),
        lot: key,
        quantity: fact.quantity,
    };
    StockEvent::Returned {
        goods,
        location: fact.location.clone(),
        reason: fact.reason.clone(),
        resellable: fact.resellable,
    }
}

/// A count: missing units leave the lots that expire first; found units join the lot that expires first.
pub fn count(ledger: &Ledger, fact: &Count, today: Day) -> StockEvent {
    let shelf = ledger.sku(&fact.sku).zip(ledger.location(&fact.location)).and_then(|(s, l)| ledger.shelf(s, l));
    let lots: Vec<(String, i64)> = match shelf {
        Some(shelf) => ledger.fefo(shelf).iter().map(|own| (ledger.lot(own.lot).key.clone(), own.good)).collect(),
        None => Vec::new(),
    };
    let counted: Vec<(String, i64)> = match &fact.lot {
        Some(lot) => lots.into_iter().filter(|(key, _)| key == lot).collect(),
        None => lots,
    };
    let book: i64 = counted.iter().map(|(_, good)| good).sum();
    let likely = || likely_lot(ledger, &fact.sku, &fact.location, today);
    let fallback = fact.lot.clone().unwrap_or_else(likely);
    let deltas = deltas(&counted, fact.quantity.0 - book, &fallback);
    StockEvent::Counted { sku: fact.sku.clone(), location: fact.location.clone(), deltas }
}

fn deltas(lots: &[(String, i64)], difference: i64, fallback: &str) -> Vec<Delta> {
    if difference > 0 {
        let lot = lots.first().map_or(fallback, |(key, _)| key);
        return vec![Delta { lot: lot.into(), quantity: difference }];
    }
    let mut left = -difference;
    let mut deltas = Vec::new();
    for (lot, good) in lots {
        let part = (*good).min(left);
        if part > 0 {
            left -= part;
            deltas.push(Delta { lot: lot.clone(), quantity: -part });
        }
    }
    deltas
}
