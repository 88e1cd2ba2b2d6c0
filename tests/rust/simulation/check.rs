//! Compares all that can be asked of an engine with the model.

use trousse::engine::{
    AvailabilityParams, ChangesParams, HoldParams, StockParams, StockRow, TraceLotParams, TraceOrderParams, TraceRow,
    View,
};
use trousse::ledger::EntryKind;
use trousse::{Accepted, Day, Engine, Error, Outcome, Outside, Rejected, Timestamp};

use super::dice::Dice;
use super::model::{
    AVAILABLE, CONDITIONS, DAMAGED, EXPIRED, HELD, Model, Moved, QUARANTINED, Side, TESTER, TRANSIT, sums,
};

pub type Verdict = Result<(), String>;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, engine: &T, model: &T) -> Verdict {
    if engine == model {
        return Ok(());
    }
    Err(format!("{what}: the engine says {engine:?}, the model {model:?}"))
}

fn same_rows(what: &str, engine: &[String], model: &[String]) -> Verdict {
    if engine == model {
        return Ok(());
    }
    let only = |own: &[String], other: &[String]| -> Vec<String> {
        own.iter().filter(|row| !other.contains(row)).cloned().collect()
    };
    Err(format!("{what}: only the engine has {:?}, only the model {:?}", only(engine, model), only(model, engine)))
}

fn asked<T>(what: &str, answer: trousse::Result<T>) -> Result<T, String> {
    answer.map_err(|error| format!("{what}: {error}"))
}

/// Everything there is, and a few long questions that the dice choose; all of them if `all`.
pub fn check(engine: &Engine, model: &Model, dice: &mut Dice, all: bool) -> Verdict {
    if let Some(broken) = engine.world().ledger.broken_invariant() {
        return Err(format!("broken invariant: {broken}"));
    }
    let view = engine.view();
    ids(engine, model)?;
    catalogue(engine, model)?;
    let today = |place: &str| model.today_at(place);
    same_rows("stock", &stock_rows(&view, &StockParams::default())?, &rows(model, &model.units, today, (None, None)))?;
    balances(engine, model)?;
    holds(&view, model)?;
    availability(&view, model)?;
    purchases(&view, model)?;
    on_the_way(&view, model)?;
    for (subject, gone) in super::world::PEOPLE.iter().map(|own| (own, !model.people.contains_key(*own))) {
        same(&format!("nothing known of {subject}"), &engine.world().people.get(subject).is_none(), &gone)?;
    }
    as_of(&view, model, dice, all)?;
    traces(&view, model, dice, all)?;
    if all || dice.one_in(4) {
        super::costs::check(&view, model, dice)?;
    }
    if all { changes(&view, model) } else { Ok(()) }
}

fn ids(engine: &Engine, model: &Model) -> Verdict {
    let docs = engine.world().ledger.docs();
    if let Some(id) = model.docs.keys().find(|id| docs.find(id).is_none()) {
        return Err(format!("the id {id} was lost"));
    }
    same("ids", &docs.len(), &model.docs.len())
}

fn catalogue(engine: &Engine, model: &Model) -> Verdict {
    let world = engine.world();
    for sku in model.skus.values() {
        same(&format!("entry of {}", sku.sku), &world.catalog.get(&sku.sku), &Some(sku))?;
    }
    same("SKUs", &world.catalog.skus().len(), &model.skus.len())?;
    same("channels", world.ledger.channels(), &model.channels)?;
    for place in &model.places {
        let own = world.ledger.location(place).map(|location| i64::from(world.ledger.offset(location)));
        same(&format!("calendar of {place}"), &own, &Some(model.offset(place)))?;
    }
    same("locations", &world.ledger.locations().len(), &model.places.len())
}

fn stock_rows(view: &View, params: &StockParams) -> Result<Vec<String>, String> {
    Ok(asked("stock", view.stock(params))?.iter().map(spell).collect())
}

fn spell(row: &StockRow) -> String {
    let StockRow { sku, location, lot, on_hand, available, held, quarantined, damaged, expired, .. } = row;
    let StockRow { in_transit, tester, recalled, expires_on, .. } = row;
    let until = expires_on.map(|day| day.0);
    format!(
        "{sku}@{location}/{lot} until {until:?}: {on_hand} = {available}a {held}h {quarantined}q {damaged}d {expired}x {in_transit}t {tester}o {recalled}"
    )
}

/// The rows of balances as the model sees them, in the order of SKU, location and leaving.
fn rows(
    model: &Model,
    balances: &std::collections::BTreeMap<(String, String, String), [i64; CONDITIONS]>,
    today: impl Fn(&str) -> i32,
    (at, day): (Option<i64>, Option<i32>),
) -> Vec<String> {
    let mut found: Vec<(_, String)> = Vec::new();
    for ((sku, place, key), units) in balances.iter().filter(|(_, units)| **units != [0; CONDITIONS]) {
        let lot = model.lot(sku, key);
        let free = units[AVAILABLE];
        // A recall that came later leaves an earlier answer as it was.
        let is_before = |(came, late): (i64, i32)| {
            let on = model.day_at(place, came) - late;
            at.is_none_or(|at| came <= at) && day.is_none_or(|day| on <= day)
        };
        let recalled = lot.recalled_at.is_some_and(is_before);
        let today = today(place);
        let keeps = lot.expires.is_none_or(|last| today + model.min_days(sku, today) <= last);
        let good = free < 0 || (keeps && !recalled);
        let (available, rest) = if good { (free, 0) } else { (0, free) };
        let (blocked, late) = if recalled { (rest, 0) } else { (0, rest) };
        let on_hand: i64 = units.iter().sum::<i64>() - units[TRANSIT];
        let text = format!(
            "{sku}@{place}/{key} until {:?}: {on_hand} = {available}a {}h {}q {}d {}x {}t {}o {}",
            lot.expires,
            units[HELD],
            units[QUARANTINED] + blocked,
            units[DAMAGED],
            units[EXPIRED] + late,
            units[TRANSIT],
            units[TESTER],
            recalled,
        );
        let leaves = (lot.expires.unwrap_or(i32::MAX), lot.received.unwrap_or(i32::MAX), key.clone());
        found.push(((sku.clone(), place.clone(), leaves), text));
    }
    found.sort();
    found.into_iter().map(|(_, text)| text).collect()
}

/// Double entry: what left the accounts outside is what all conditions hold, and both are the fold of the flat list.
fn balances(engine: &Engine, model: &Model) -> Verdict {
    let ledger = &engine.world().ledger;
    let mut units = model.units.clone();
    units.retain(|_, own| *own != [0; CONDITIONS]);
    same("the model's own fold", &units, &model.fold(|_| true))?;
    for sku in model.skus.keys() {
        let Some(id) = ledger.sku(sku) else { return Err(format!("{sku} is not in the ledger")) };
        let accounts = [
            (Outside::Supplier, "supplier"),
            (Outside::Customer, "customer"),
            (Outside::Scrap, "scrap"),
            (Outside::CountDifference, "count_difference"),
            (Outside::Assembly, "assembly"),
        ];
        let mut sum: i64 =
            units.iter().filter(|((own, ..), _)| own == sku).map(|(_, own)| own.iter().sum::<i64>()).sum();
        for (account, name) in accounts {
            let there = ledger.outside(id, account);
            same(&format!("{sku} at {name}"), &there, &model.outside(sku, name))?;
            sum += there;
        }
        same(&format!("all of {sku}"), &sum, &0)?;
    }
    same("movements", &ledger.book().len(), &model.moves.len())
}

fn hold_lines<'a>(lines: impl Iterator<Item = (&'a str, &'a str, Option<&'a str>, i64)>) -> String {
    lines.map(|(sku, place, lot, units)| format!("{units} {sku}@{place}/{lot:?}")).collect::<Vec<_>>().join(", ")
}

fn holds(view: &View, model: &Model) -> Verdict {
    let mut expected: Vec<(i64, String, String)> = Vec::new();
    for (key, hold) in &model.holds {
        // What is promised beyond the books comes last.
        let mut own: Vec<_> = hold.lines.iter().collect();
        own.sort_by_key(|line| line.2.is_none());
        let lines = hold_lines(own.into_iter().map(|(s, p, l, n)| (s.as_str(), p.as_str(), l.as_deref(), *n)));
        let row = asked("hold", view.hold(&HoldParams { hold: key.clone() }))?;
        let state = format!("{:?}", row.state).to_lowercase();
        same(&format!("state of hold {key}"), &state.as_str(), &hold.state)?;
        let own = row.lots.iter().map(|l| (l.sku.as_str(), l.location.as_str(), l.lot.as_deref(), l.quantity));
        same(&format!("lots of hold {key}"), &hold_lines(own), &lines)?;
        same(&format!("deadline of hold {key}"), &row.expires_at.0, &hold.deadline)?;
        if hold.state == "live" {
            expected.push((hold.deadline, key.clone(), lines));
        }
    }
    expected.sort();
    let live: Vec<String> = view.holds().into_iter().map(|row| row.hold).collect();
    same("live holds", &live, &expected.into_iter().map(|(_, key, _)| key).collect())
}

fn availability(view: &View, model: &Model) -> Verdict {
    for (sku, place) in &model.shelves {
        let today = model.today_at(place);
        for channel in
            [None, Some("web")].into_iter().filter(|own| own.is_none_or(|own| model.channels.contains_key(own)))
        {
            let params = AvailabilityParams {
                sku: sku.clone(),
                location: Some(place.clone()),
                channel: channel.map(String::from),
            };
            let answer = asked("availability", view.availability(&params))?;
            let lots = model.on_shelf(sku, place);
            let sum = |condition: usize| lots.iter().map(|(_, units)| units[condition]).sum::<i64>();
            let on_hand: i64 = (0..CONDITIONS).filter(|own| *own != TRANSIT).map(sum).sum();
            let engine = (
                (answer.on_hand, answer.held, answer.sellable),
                (answer.backordered, answer.incoming, answer.available_to_promise),
            );
            let own = (
                (on_hand, sum(HELD), model.sellable(sku, place, today)),
                (
                    model.owed(sku, place),
                    model.incoming(sku, place) + sum(TRANSIT),
                    promised(model, sku, place, channel),
                ),
            );
            same(&format!("availability of {sku} at {place} through {channel:?}"), &engine, &own)?;
        }
    }
    Ok(())
}

fn promised(model: &Model, sku: &str, place: &str, channel: Option<&str>) -> i64 {
    let of = |sku: &str| {
        if !model.shelves.contains(&(sku.to_string(), place.to_string())) {
            return 0;
        }
        let today = model.today_at(place);
        model.promisable(sku, place, today, model.days_for(sku, today, channel), channel)
    };
    let kit = model.skus.get(sku).map_or(&[][..], |sku| &sku.kit);
    kit.iter().map(|part| of(&part.sku) / part.quantity.0).min().unwrap_or_else(|| of(sku))
}

fn purchases(view: &View, model: &Model) -> Verdict {
    let engine: Vec<String> = view
        .purchase_lines()
        .into_iter()
        .map(|row| {
            format!(
                "{} {}@{} {}/{} +{} open {}",
                row.purchase, row.sku, row.location, row.received, row.ordered, row.over, row.quantity
            )
        })
        .collect();
    let mut own = Vec::new();
    for (key, order) in &model.purchases {
        for (sku, ordered, received) in &order.lines {
            let (open, over) = (order.open(*ordered, *received), order.beyond(*ordered, *received));
            own.push(format!("{key} {sku}@{} {received}/{ordered} +{over} open {open}", order.location));
        }
    }
    same_rows("purchases", &engine, &own)
}

fn on_the_way(view: &View, model: &Model) -> Verdict {
    let mut engine: Vec<String> = view
        .transfers()
        .into_iter()
        .map(|row| format!("{} to {}: {} {}/{}", row.transfer, row.to, row.quantity, row.sku, row.lot))
        .collect();
    let mut own = Vec::new();
    for (key, transfer) in &model.transfers {
        let line = |(sku, lot, _, units): &(String, String, usize, i64)| {
            format!("{key} to {}: {units} {sku}/{lot}", transfer.to)
        };
        own.extend(transfer.lines.iter().map(line));
    }
    engine.sort();
    own.sort();
    same_rows("transfers", &engine, &own)?;
    let rows = view.testers().into_iter().map(|row| {
        let until = row.good_until.map(|day| day.0);
        format!("{} {}@{}/{} until {until:?}", row.quantity, row.sku, row.location, row.lot)
    });
    let mut engine: Vec<String> = rows.collect();
    let spelled = model
        .testers
        .iter()
        .map(|(sku, place, lot, units, until)| format!("{units} {sku}@{place}/{lot} until {until:?}"));
    let mut own: Vec<String> = spelled.collect();
    engine.sort();
    own.sort();
    same_rows("testers", &engine, &own)
}

/// What was there at instants and on business days.
fn as_of(view: &View, model: &Model, dice: &mut Dice, all: bool) -> Verdict {
    if model.moves.is_empty() {
        return Ok(());
    }
    for _ in 0..if all { 4 } else { 1 } {
        let own = &model.moves[dice.below(model.moves.len() as u64) as usize];
        let (at, day) = (own.at, own.day);
        let params = StockParams { as_of: Some(Timestamp(at)), ..StockParams::default() };
        let expected =
            rows(model, &model.fold(|own| own.at <= at), |place: &str| model.day_at(place, at), (Some(at), None));
        same_rows("stock as of an instant", &stock_rows(view, &params)?, &expected)?;
        let params = StockParams { as_of_day: Some(Day(day)), ..StockParams::default() };
        let expected = rows(model, &model.fold(|own| own.day <= day), |_: &str| day, (None, Some(day)));
        same_rows("stock as of a business day", &stock_rows(view, &params)?, &expected)?;
        let (sku, at) = (own.sku.clone(), at - 1);
        let params = StockParams {
            sku: Some(sku.clone()),
            as_of: Some(Timestamp(at)),
            as_of_day: Some(Day(day)),
            ..StockParams::default()
        };
        let counts = |own: &Moved| own.sku == sku && own.at <= at && own.day <= day;
        let expected = rows(model, &model.fold(counts), |_: &str| day, (Some(at), Some(day)));
        same_rows("stock of a SKU as of both", &stock_rows(view, &params)?, &expected)?;
    }
    Ok(())
}

fn kind(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Received => "received",
        EntryKind::Held => "held",
        EntryKind::Committed => "committed",
        EntryKind::Released => "released",
        EntryKind::HoldExpired => "hold_expired",
        EntryKind::Reallocated => "reallocated",
        EntryKind::Sold => "sold",
        EntryKind::Oversold => "oversold",
        EntryKind::Returned => "returned",
        EntryKind::Moved => "moved",
        EntryKind::Arrived => "arrived",
        EntryKind::Counted => "counted",
        EntryKind::Reclassified => "reclassified",
        EntryKind::WrittenOff => "written_off",
        EntryKind::TesterOpened => "tester_opened",
        EntryKind::Recalled => "recalled",
        EntryKind::LotExpired => "lot_expired",
        EntryKind::Assembled => "assembled",
    }
}

const NAMES: [&str; CONDITIONS] = ["available", "held", "quarantined", "damaged", "expired", "in_transit", "tester"];

fn spell_trace(row: &TraceRow) -> String {
    let side = |place: &str, condition: Option<trousse::Condition>| match condition {
        Some(own) => format!("{place}:{}", NAMES[own as usize]),
        None => place.to_string(),
    };
    let (from, to) = (side(&row.from_account, row.from_condition), side(&row.to_account, row.to_condition));
    let order = row.order.as_ref().or(row.id.as_ref());
    let (at, day, sku, lot, units) = (row.at.0, row.day.0, &row.sku, &row.lot, row.quantity);
    format!("{at} {day} {} {units} {sku}/{lot} {from} > {to} by {:?} for {order:?}", kind(row.kind), row.id)
}

fn spell_move(own: &Moved) -> String {
    let side = |side: &Side| match side {
        Side::At(place, condition) => format!("{place}:{}", NAMES[*condition]),
        Side::Out(account) => (*account).to_string(),
    };
    let Moved { at, day, kind, sku, lot, quantity, from, to, id, order, .. } = own;
    format!("{at} {day} {kind} {quantity} {sku}/{lot} {} > {} by {id:?} for {order:?}", side(from), side(to))
}

fn traced(rows: &[TraceRow]) -> Vec<String> {
    rows.iter().map(spell_trace).collect()
}

fn traces(view: &View, model: &Model, dice: &mut Dice, all: bool) -> Verdict {
    let lots: Vec<_> = model.lots.keys().collect();
    let chosen = |dice: &mut Dice, count: usize| -> Vec<usize> {
        if all { (0..count).collect() } else { (0..count.min(1)).map(|_| dice.below(count as u64) as usize).collect() }
    };
    for at in chosen(dice, lots.len()) {
        let (sku, lot) = lots[at];
        trace_lot(view, model, sku, lot)?;
    }
    let ids: Vec<_> = model.docs.keys().collect();
    for at in chosen(dice, ids.len()) {
        trace_order(view, model, ids[at])?;
    }
    Ok(())
}

fn trace_lot(view: &View, model: &Model, sku: &str, lot: &str) -> Verdict {
    let params = TraceLotParams { sku: sku.into(), lot: lot.into() };
    let trace = asked("trace of a lot", view.trace_lot(&params))?;
    let own: Vec<&Moved> = model.moves.iter().filter(|own| own.sku == sku && own.lot == lot).collect();
    let expected: Vec<String> = own.iter().map(|own| spell_move(own)).collect();
    same_rows(&format!("trace of {sku}/{lot}"), &traced(&trace.movements), &expected)?;
    let mut orders: Vec<String> = Vec::new();
    for order in own.iter().filter(|own| own.to == Side::Out("customer")).filter_map(|own| own.order.clone()) {
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    same(&format!("orders of {sku}/{lot}"), &trace.orders, &orders)?;
    let mut held: Vec<&String> = Vec::new();
    for (key, hold) in model.holds.iter().filter(|(_, hold)| hold.state == "live") {
        if hold.lines.iter().any(|line| line.0 == sku && line.2.as_deref() == Some(lot)) {
            held.push(key);
        }
    }
    let mut own: Vec<&String> = trace.holds.iter().collect();
    own.sort();
    held.sort();
    same(&format!("holds of {sku}/{lot}"), &own, &held)
}

fn trace_order(view: &View, model: &Model, id: &str) -> Verdict {
    let is = |own: &Option<String>| own.as_deref() == Some(id);
    let mut own: Vec<&Moved> = model.moves.iter().filter(|own| is(&own.order)).collect();
    if own.is_empty() {
        own = model.moves.iter().filter(|own| is(&own.id)).collect();
    }
    let params = TraceOrderParams { order: id.into() };
    let trace = match view.trace_order(&params) {
        Err(Error::UnknownOrder { .. }) if own.is_empty() => return Ok(()),
        other => asked("trace of an order", other)?,
    };
    let expected: Vec<String> = own.iter().map(|own| spell_move(own)).collect();
    same_rows(&format!("trace of {id}"), &traced(&trace.movements), &expected)?;
    let mut shipped: std::collections::BTreeMap<(String, String), i64> = Default::default();
    for own in own {
        let customer = Side::Out("customer");
        let units = own.quantity * (i64::from(own.to == customer) - i64::from(own.from == customer));
        *shipped.entry((own.sku.clone(), own.lot.clone())).or_default() += units;
    }
    shipped.retain(|_, units| *units != 0);
    let lots = trace.lots.into_iter().map(|own| ((own.sku, own.lot), own.quantity.0)).collect();
    same(&format!("lots of {id}"), &shipped, &lots)
}

/// The feed of changes tells of every shelf that ever moved, as it is now.
fn changes(view: &View, model: &Model) -> Verdict {
    let (mut cursor, mut told) = (0, std::collections::BTreeMap::new());
    loop {
        let page = asked("changes", view.changes(&ChangesParams { since: cursor, limit: 7 }))?;
        cursor = page.cursor;
        for row in page.rows {
            told.insert((row.sku, row.location), (row.on_hand, row.held, row.available_to_promise));
        }
        if !page.more {
            break;
        }
    }
    for ((sku, place), own) in &told {
        let lots = model.on_shelf(sku, place);
        let held: i64 = lots.iter().map(|(_, units)| units[HELD]).sum();
        let on_hand = lots.iter().map(|(_, units)| units.iter().sum::<i64>() - units[TRANSIT]).sum();
        let today = model.today_at(place);
        let free = model.promisable(sku, place, today, model.min_days(sku, today), None);
        same(&format!("change of {sku} at {place}"), own, &(on_hand, held, free))?;
    }
    for ((sku, place, _), _) in model.fold(|_| true) {
        if !told.contains_key(&(sku.clone(), place.clone())) {
            return Err(format!("no change told of {sku} at {place}"));
        }
    }
    Ok(())
}

// The engine's answers in the model's words.

fn lots(taken: &[trousse::event::Taken]) -> String {
    taken.iter().map(|own| format!("{} {}/{}", own.quantity, own.sku, own.lot)).collect::<Vec<_>>().join(", ")
}

fn units(units: &[trousse::Units]) -> String {
    sums(units.iter().map(|own| (own.sku.as_str(), own.quantity.0)))
}

pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Rejected(why) => refusal(why),
        Outcome::Accepted(Accepted::Held(own)) => {
            format!("held [{}] beyond [{}] until {}", units(&own.lines), units(&own.backordered), own.expires_at.0)
        }
        Outcome::Accepted(Accepted::Shipped(own)) => format!("shipped {}", lots(&own.lots)),
        Outcome::Accepted(Accepted::Released(_)) => "released".into(),
        Outcome::Accepted(Accepted::Moved(own)) => format!("moved {}", lots(&own.lots)),
        Outcome::Accepted(Accepted::Entered(_)) => "entered".into(),
    }
}

pub fn refusal(why: &Rejected) -> String {
    let code = why.code();
    match why {
        Rejected::Conflict { id, .. } => format!("{code} {id}"),
        Rejected::UnknownSku { sku } => format!("{code} {sku}"),
        Rejected::UnknownLocation { location } => format!("{code} {location}"),
        Rejected::UnknownChannel { channel } => format!("{code} {channel}"),
        Rejected::UnknownTransfer { transfer } => format!("{code} {transfer}"),
        Rejected::UnknownHold { hold } => format!("{code} {hold}"),
        Rejected::HoldExpired { hold, deadline } => format!("{code} {hold} {}", deadline.0),
        Rejected::HoldClosed { hold, state } => format!("{code} {hold} {state}"),
        Rejected::LotRecalled { sku, lot } => format!("{code} {sku}/{lot}"),
        Rejected::CannotFreeze { until, .. } => format!("{code} {}", until.0),
        Rejected::InsufficientStock { sku, location, requested, available, lines } => {
            let codes: String = lines.iter().map(|line| if line == code { '!' } else { '-' }).collect();
            format!("{code} {sku}@{location} {available} of {requested} [{codes}]")
        }
        other => format!("{other:?}"),
    }
}

pub fn recorded(own: &trousse::engine::Recorded) -> String {
    if !own.resolved {
        return "waits".into();
    }
    let booked = own.booked_on.map_or(String::new(), |day| format!(" on {}", day.0));
    format!("recorded [{}] missing [{}]{booked}", lots(&own.lots), units(&own.missing))
}
