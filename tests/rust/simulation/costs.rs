//! What stock is worth, unit by unit: a naive twin of the three cost methods.

use std::collections::{BTreeMap, VecDeque};

use trousse::engine::{StockValueParams, View};
use trousse::ledger::CostMethod;
use trousse::{Day, Sku};

use super::check::Verdict;
use super::dice::Dice;
use super::model::{Model, Moved, Side};

/// Units, their worth, units of no known cost.
type Worth = (i64, i64, i64);
/// A lot: the costs of its units, units that left beyond the books, the last cost that was known.
type Queue = (VecDeque<Option<i64>>, i64, Option<i64>);

/// Asks for the worth of all SKUs today and on the day of some movement, by each method.
pub fn check(view: &View, model: &Model, dice: &mut Dice) -> Verdict {
    let some = (!model.moves.is_empty()).then(|| dice.of(&model.moves).day);
    for day in [None, some] {
        for method in [CostMethod::Fifo, CostMethod::Average, CostMethod::Standard] {
            let params = StockValueParams { as_of_day: day.map(Day), method, ..StockValueParams::default() };
            let rows = view.stock_value(&params).map_err(|error| format!("stock value: {error}"))?;
            let own: BTreeMap<String, Worth> =
                rows.into_iter().map(|row| (row.sku, (row.units, row.value.minor, row.unvalued))).collect();
            let mut expected = BTreeMap::new();
            for sku in model.skus.values() {
                let worth = worth(model, sku, day.unwrap_or(model.last_day()), method);
                if (worth.0, worth.1) != (0, 0) {
                    expected.insert(sku.sku.clone(), worth);
                }
            }
            if own != expected {
                return Err(format!("{method:?} of {day:?}: the engine says {own:?}, the model {expected:?}"));
            }
        }
    }
    Ok(())
}

fn worth(model: &Model, sku: &Sku, day: i32, method: CostMethod) -> Worth {
    let mut flows: Vec<(i64, &Moved)> = Vec::new();
    for own in model.moves.iter().filter(|own| own.sku == sku.sku && own.day <= day) {
        match (&own.from, &own.to) {
            (Side::Out(_), Side::At(..)) => flows.push((1, own)),
            (Side::At(..), Side::Out(_)) => flows.push((-1, own)),
            _ => {}
        }
    }
    flows.sort_by_key(|(_, own)| own.day); // those of one day stay as they were recorded
    let standard = sku.cost.map(|cost| cost.minor);
    match method {
        CostMethod::Fifo => fifo(model, &flows, standard),
        CostMethod::Average => average(&flows, standard),
        CostMethod::Standard => {
            let units: i64 = flows.iter().map(|(sign, own)| sign * own.quantity).sum();
            (units, units * standard.unwrap_or(0), if standard.is_some() { 0 } else { units.max(0) })
        }
    }
}

/// Every unit of a lot has its cost and stands in a queue; what left beyond the books is made up for by the next that comes.
fn fifo(model: &Model, flows: &[(i64, &Moved)], standard: Option<i64>) -> Worth {
    let mut lots: BTreeMap<usize, Queue> = BTreeMap::new();
    let mut last = standard;
    for (sign, own) in flows {
        last = own.cost.or(last);
        let (queue, debt, known) = lots.entry(model.lot(&own.sku, &own.lot).number).or_default();
        if *sign > 0 {
            *known = own.cost.or(*known);
        }
        for _ in 0..own.quantity {
            match *sign > 0 {
                true if *debt > 0 => *debt -= 1,
                true => queue.push_back(known.or(standard)),
                false if queue.pop_front().is_none() => *debt += 1,
                false => {}
            }
        }
    }
    let mut owed: i64 = lots.values().map(|(_, debt, _)| debt).sum();
    let mut sum = (0, 0, 0);
    for cost in lots.values().flat_map(|(queue, ..)| queue) {
        if owed > 0 {
            owed -= 1; // it left from another lot
            continue;
        }
        sum = (sum.0 + 1, sum.1 + cost.unwrap_or(0), sum.2 + i64::from(cost.is_none()));
    }
    (sum.0 - owed, sum.1 - owed * last.unwrap_or(0), sum.2)
}

/// The mean goes with what leaves, rounded half up; below zero all is worth what was last known of a unit.
fn average(flows: &[(i64, &Moved)], standard: Option<i64>) -> Worth {
    let (mut units, mut value, mut known) = (0, 0, standard);
    let share = |value: i64, part: i64, whole: i64| (2 * value * part + whole).div_euclid(2 * whole);
    for (sign, own) in flows {
        let mean = if units > 0 { Some(share(value, 1, units)) } else { known };
        known = own.cost.or(mean);
        let (one, after) = (own.cost.or(mean).unwrap_or(0), units + sign * own.quantity);
        value = match units < 0 || after <= 0 {
            true => one * after,
            false if *sign < 0 => value - share(value, own.quantity, units),
            false => value + one * own.quantity,
        };
        units = after;
    }
    (units, value, if known.is_none() { units.max(0) } else { 0 })
}
