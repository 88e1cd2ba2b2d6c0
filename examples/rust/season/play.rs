//! A season as inputs of the engine, and the player that puts them through its two doors.
//!
//! In: a [`Script`]: catalogue, suppliers, and commands and facts in order of time; [`generated`] makes one of a
//! generated shop, one event of the shop to one fact or one to two commands. Out: [`Played`]: the view at the end, what
//! was refused, and what a few inputs changed, measured by a view before and one after.
//!
//! Each input has its own instant; the engine is lent to its writer thread ([`Shared`]), so that one flush of the
//! journal serves all inputs that wait.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use trousse::base::units::DAY_MS;
use trousse::demand::DemandRow;
use trousse::engine::{AvailabilityParams, DemandParams, Position, RecommendParams};
use trousse::{
    Command, Commit, Complaint, ComplaintKind, Consent, Count, Day, Engine, Fact, Interest, Line, Money, Move, Outcome,
    Profile, Purchase, Purpose, Quantity, Rating, Recall, Receive, Release, Reserve, Result, Return, Review, Sale,
    Shared, Sku, Supplier, Timestamp, View,
};

use super::generate::{self, Shop, ShopEvent, What};
use super::page::Change;

/// Something to put through one of the doors.
#[derive(Debug, Clone)]
pub enum Input {
    /// May be refused.
    Command(Command),
    /// Is recorded.
    Fact(Fact),
}

/// A season to play.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// Name of the shop.
    pub shop: String,
    /// `generated, seed 7`, or the names of the files.
    pub source: String,
    /// ISO 4217 code of all prices; empty where there are none.
    pub currency: String,
    /// First day.
    pub from: Day,
    /// The day after the last.
    pub today: Day,
    /// What was left out or limited.
    pub left: Vec<String>,
    /// What is assumed, and other words for the reader.
    pub notes: Vec<String>,
    /// The catalogue.
    pub skus: Vec<Sku>,
    /// Suppliers.
    pub suppliers: Vec<Supplier>,
    /// Promotions: first day, last day, SKUs.
    pub promotions: Vec<(Day, Day, Vec<String>)>,
    /// Commands and facts in order of time.
    pub inputs: Vec<(Timestamp, Input)>,
    /// Positions of the inputs before and after which a view is taken.
    pub witnesses: Vec<usize>,
    /// Persons to recommend to, at a place or anywhere.
    pub people: Vec<(String, Option<String>)>,
    /// Days between two purchases.
    pub review_days: i64,
    /// Whether the stock at the end is assumed.
    pub assumed_stock: bool,
}

/// A season that was played.
#[derive(Debug)]
pub struct Played {
    /// The world at the end.
    pub view: View,
    /// Where the journal stands.
    pub position: Position,
    /// Inputs by kind.
    pub inputs: BTreeMap<&'static str, u64>,
    /// Refusals by code: how many, and the words of the first.
    pub refused: BTreeMap<String, (u64, String)>,
    /// Units sold beyond the books.
    pub missing_units: i64,
    /// What the witnessed inputs changed, most first.
    pub changes: Vec<Change>,
}

/// What the answers add up to.
#[derive(Debug, Default)]
struct Tally {
    inputs: BTreeMap<&'static str, u64>,
    refused: BTreeMap<String, (u64, String)>,
    missing_units: i64,
    error: Option<trousse::Error>,
}

impl Tally {
    fn refuse(&mut self, code: &str, words: String) {
        let entry = self.refused.entry(code.to_string()).or_insert((0, words));
        entry.0 += 1;
    }
}

/// Plays a script on an engine; `progress` gets the inputs queued and the share that is durable at each day's end.
///
/// # Errors
/// The first error of the engine that is not a refusal.
pub fn play(engine: Engine, script: &Script, progress: &mut dyn FnMut(u64)) -> Result<Played> {
    let shared = Shared::new(engine)?;
    let start = script.inputs.first().map_or(script.from.start(0), |(at, _)| (*at).min(script.from.start(0)));
    let (suppliers, skus) = (script.suppliers.clone(), script.skus.clone());
    shared.call(move |engine| engine.upsert_suppliers(suppliers, start))?;
    shared.call(move |engine| engine.upsert_skus(skus, start))?;
    let tally = Arc::new(Mutex::new(Tally::default()));
    let mut changes = Vec::new();
    for (at, input) in script.inputs.iter().enumerate() {
        if script.witnesses.contains(&at) {
            changes.extend(witness(&shared, input, &tally)?);
        } else {
            send(&shared, input, &tally);
        }
        if at % 2_048 == 2_047 {
            shared.call(|_| Ok(()))?;
            progress(at as u64 + 1);
        }
    }
    let end = script.today.start(0);
    shared.call(move |engine| engine.advance(end))?;
    let (view, position) = shared.read(|engine| Ok((engine.view(), engine.position())))?;
    shared.close();
    let tally = std::mem::take(&mut *tally.lock().unwrap_or_else(PoisonError::into_inner));
    if let Some(error) = tally.error {
        return Err(error);
    }
    changes.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    Ok(Played {
        view,
        position,
        inputs: tally.inputs,
        refused: tally.refused,
        missing_units: tally.missing_units,
        changes: best(changes),
    })
}

/// The changes of the one complaint or rating that changed most, and those of recalls.
fn best(changes: Vec<(f64, Vec<Change>)>) -> Vec<Change> {
    let recalls = changes.iter().filter(|(size, _)| size.is_infinite()).flat_map(|(_, rows)| rows.clone());
    let most = changes.iter().find(|(size, _)| size.is_finite()).into_iter().flat_map(|(_, rows)| rows.clone());
    most.chain(recalls).collect()
}

fn send(shared: &Shared, (at, input): &(Timestamp, Input), tally: &Arc<Mutex<Tally>>) {
    let (own, now, kind) = (tally.clone(), *at, kind(input));
    let note = move |answer: Result<Answer>| note(&own, kind, answer);
    match input.clone() {
        Input::Command(command) => shared.send(
            move |engine| engine.submit(command, now).map(|outcome| Answer::Outcome(Box::new(outcome))),
            Box::new(note),
        ),
        Input::Fact(fact) => shared.send(
            move |engine| {
                let recorded = engine.record(fact, now)?;
                Ok(Answer::Missing(recorded.missing.iter().map(|line| line.quantity.0).sum()))
            },
            Box::new(note),
        ),
    }
}

enum Answer {
    Outcome(Box<Outcome>),
    Missing(i64),
}

fn note(tally: &Mutex<Tally>, kind: &'static str, answer: Result<Answer>) {
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    *tally.inputs.entry(kind).or_default() += 1;
    match answer {
        Ok(Answer::Outcome(outcome)) => {
            if let Some(why) = outcome.rejected() {
                tally.refuse(why.code(), why.to_string());
            }
        }
        Ok(Answer::Missing(units)) => tally.missing_units += units,
        Err(error) => {
            tally.error.get_or_insert(error);
        }
    }
}

fn kind(input: &Input) -> &'static str {
    match input {
        Input::Command(Command::Reserve(_)) => "reserve",
        Input::Command(Command::Commit(_)) => "commit",
        Input::Command(Command::Release(_)) => "release",
        Input::Command(Command::Move(_)) => "move",
        Input::Command(Command::Purchase(_)) => "purchase",
        Input::Command(_) => "command",
        Input::Fact(Fact::Receive(_)) => "receive",
        Input::Fact(Fact::Sale(_)) => "sale",
        Input::Fact(Fact::Return(_)) => "return",
        Input::Fact(Fact::Count(_)) => "count",
        Input::Fact(Fact::Recall(_)) => "recall",
        Input::Fact(Fact::View(_)) => "view",
        Input::Fact(Fact::Click(_)) => "click",
        Input::Fact(Fact::Cart(_)) => "cart",
        Input::Fact(Fact::Rating(_)) => "rating",
        Input::Fact(Fact::Review(_)) => "review",
        Input::Fact(Fact::Answer(_)) => "answer",
        Input::Fact(Fact::Complaint(_)) => "complaint",
        Input::Fact(Fact::Profile(_)) => "profile",
        Input::Fact(Fact::Consent(_)) => "consent",
    }
}

// ---- what one input changed -----------------------------------------------------------------------------------------

/// Sends one input between two views, and says what differs: the size of the change and its rows.
fn witness(
    shared: &Shared,
    input: &(Timestamp, Input),
    tally: &Arc<Mutex<Tally>>,
) -> Result<Option<(f64, Vec<Change>)>> {
    let now = input.0;
    shared.call(move |engine| engine.advance(now))?;
    let before = shared.read(|engine| Ok(engine.view_at(now)))?;
    send(shared, input, tally);
    shared.call(|_| Ok(()))?;
    let after = shared.read(|engine| Ok(engine.view_at(now)))?;
    let Input::Fact(fact) = &input.1 else { return Ok(None) };
    Ok(match fact {
        Fact::Complaint(said) => said.location.as_deref().map(|place| complained(&before, &after, said, place)),
        Fact::Rating(said) => disliked(&before, &after, said),
        Fact::Recall(said) => Some(recalled(&before, &after, said)),
        _ => None,
    })
}

fn complained(before: &View, after: &View, said: &Complaint, place: &str) -> (f64, Vec<Change>) {
    let belief = |view: &View| availability(view, &said.sku, Some(place)).map_or(0.0, |a| a.p_phantom);
    let share = |view: &View| yesterday(view, &said.sku, place).map_or(f64::NAN, |day| day.in_stock);
    let someone = said.subject.clone().unwrap_or_default();
    let rank = |view: &View| rank(view, &someone, Some(place), &said.sku);
    let row = |touched: String, was: String, is: String| Change {
        day: after.today(),
        signal: format!("“not available”: {} at {place}", said.sku),
        touched,
        before: was,
        after: is,
    };
    let rows = vec![
        row(
            "belief that the shelf is empty in truth".into(),
            format!("{:.2}", belief(before)),
            format!("{:.2}", belief(after)),
        ),
        row(
            "share of yesterday in stock that the forecast is fed with".into(),
            format!("{:.2}", share(before)),
            format!("{:.2}", share(after)),
        ),
        row(format!("rank for {someone} at {place}"), ranked(rank(before)), ranked(rank(after))),
    ];
    (belief(after) - belief(before), rows)
}

fn disliked(before: &View, after: &View, said: &Rating) -> Option<(f64, Vec<Change>)> {
    let rank = |view: &View| rank(view, &said.subject, None, &said.sku);
    let was = rank(before)?;
    let row = Change {
        day: after.today(),
        signal: format!("{} of 5 stars by {}", said.value, said.subject),
        touched: format!("rank of {} for {}", said.sku, said.subject),
        before: ranked(Some(was)),
        after: ranked(rank(after)),
    };
    Some((1.0 / was as f64, vec![row]))
}

fn recalled(before: &View, after: &View, said: &Recall) -> (f64, Vec<Change>) {
    let sellable = |view: &View| availability(view, &said.sku, None).map_or(0, |a| a.sellable).to_string();
    let row = Change {
        day: after.today(),
        signal: format!("recall of lot {} of {}", said.lot, said.sku),
        touched: "units that may be sold".into(),
        before: sellable(before),
        after: sellable(after),
    };
    (f64::INFINITY, vec![row])
}

fn ranked(rank: Option<usize>) -> String {
    rank.map_or("not shown".into(), |rank| rank.to_string())
}

fn availability(view: &View, sku: &str, location: Option<&str>) -> Result<trousse::engine::Availability> {
    view.availability(&AvailabilityParams {
        sku: sku.into(),
        location: location.map(String::from),
        ..Default::default()
    })
}

fn yesterday(view: &View, sku: &str, location: &str) -> Option<DemandRow> {
    let days = view
        .demand(&DemandParams { sku: sku.into(), location: Some(location.into()), ..DemandParams::default() })
        .ok()?;
    days.into_iter().rfind(|day| day.ds < view.today())
}

/// The place of a SKU in what a person would be shown, from 1.
fn rank(view: &View, subject: &str, location: Option<&str>, sku: &str) -> Option<usize> {
    let wish = RecommendParams {
        subject: subject.into(),
        k: 1_000,
        location: location.map(String::from),
        exclude_seen: false,
        explain: false,
        max_per_brand: 0,
    };
    let picks = view.recommend(&wish).ok()?;
    picks.iter().position(|pick| pick.sku == sku).map(|at| at + 1)
}

// ---- the generated shop ---------------------------------------------------------------------------------------------

/// Milliseconds from the hold of a basket to its payment.
const PAYS_AFTER_MS: i64 = 90_000;
/// Milliseconds after which an abandoned basket is given back, where it does not simply run out.
const LEAVES_AFTER_MS: i64 = 300_000;

/// The script of a generated shop.
pub fn generated(shop: &Shop) -> Script {
    let mut inputs = opening(shop);
    shop.events.iter().for_each(|event| translate(event, &mut inputs));
    inputs.sort_by_key(|(at, _)| *at);
    let witnesses = (0..inputs.len()).filter(|at| is_witness(&inputs[*at].1)).collect();
    Script {
        shop: shop.name.into(),
        source: shop.source.clone(),
        currency: shop.currency.into(),
        from: shop.start,
        today: shop.today,
        left: Vec::new(),
        notes: vec![format!(
            "The shop, its persons and its events are generated ({}): nobody sold or bought this.",
            shop.source
        )],
        skus: shop.skus.iter().map(|sku| sku_entry(sku, shop.currency)).collect(),
        suppliers: shop.suppliers.iter().map(supplier_entry).collect(),
        promotions: shop.promotions.iter().map(|p| (p.from, p.to, p.skus.clone())).collect(),
        witnesses,
        people: three(shop, &inputs),
        inputs,
        review_days: 7,
        assumed_stock: false,
    }
}

fn is_witness(input: &Input) -> bool {
    match input {
        Input::Fact(Fact::Complaint(c)) => c.kind == ComplaintKind::NotAvailable && c.location.is_some(),
        Input::Fact(Fact::Recall(_)) => true,
        _ => false,
    }
}

/// Who the persons are: profiles and consents before the first event.
fn opening(shop: &Shop) -> Vec<(Timestamp, Input)> {
    let start = shop.start.start(0);
    let person = |c: &generate::Customer| {
        let profile = Profile {
            id: format!("profile-{}", c.id),
            subject: c.id.clone(),
            avoid: c.avoids.iter().map(|a| (*a).to_string()).collect(),
            attributes: vec![format!("skin:{}", c.skin_type)],
        };
        let refused = (!c.consents).then(|| Consent {
            id: format!("consent-{}", c.id),
            subject: c.id.clone(),
            purpose: Purpose::Personalisation,
            granted: false,
        });
        std::iter::once(Fact::from(profile)).chain(refused.map(Fact::from)).collect::<Vec<_>>()
    };
    shop.customers.iter().flat_map(person).map(|fact| (start, Input::Fact(fact))).collect()
}

/// Orders of a person who is known well, and to whom a small shop can still show something new.
const ORDERS_OF_INTEREST: u64 = 12;

/// The three persons of the page: one who avoids something, one who does not, and one who gave no consent.
fn three(shop: &Shop, inputs: &[(Timestamp, Input)]) -> Vec<(String, Option<String>)> {
    let mut orders: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, input) in inputs {
        if let Input::Command(Command::Commit(Commit { subject: Some(subject), .. })) = input {
            *orders.entry(subject).or_default() += 1;
        }
    }
    let one = |wanted: &dyn Fn(&generate::Customer) -> bool| {
        let found = shop.customers.iter().filter(|c| wanted(c));
        found.min_by_key(|c| {
            (orders.get(c.id.as_str()).map_or(u64::MAX, |n| n.abs_diff(ORDERS_OF_INTEREST)), c.id.clone())
        })
    };
    let chosen = [
        one(&|c| !c.avoids.is_empty() && c.consents),
        one(&|c| c.avoids.is_empty() && c.consents),
        one(&|c| !c.consents),
    ];
    chosen.into_iter().flatten().map(|c| (c.id.clone(), Some(c.location.to_string()))).collect()
}

fn sku_entry(sku: &generate::Sku, currency: &str) -> Sku {
    let money = |minor| Some(Money { minor, currency: currency.parse().unwrap_or_default() });
    Sku {
        sku: sku.id.clone(),
        product: sku.name.clone(),
        brand: sku.brand.into(),
        category: sku.category.into(),
        shade: sku.shade.into(),
        shade_hex: sku.shade_hex.unwrap_or_default().into(),
        ingredients: sku.ingredients.iter().map(|i| (*i).to_string()).collect(),
        attributes: sku.skin_types.iter().map(|skin| format!("skin:{skin}")).collect(),
        shelf_life_days: Some(sku.shelf_life_months * 30),
        pao_months: Some(sku.pao_months),
        min_remaining_days: 0,
        price: money(sku.price_minor),
        cost: money(sku.cost_minor),
        supplier: sku.supplier.into(),
        min_order_qty: sku.minimum_quantity,
        pack_size: sku.pack_size,
        ..Default::default()
    }
}

fn supplier_entry(supplier: &generate::Supplier) -> Supplier {
    Supplier { supplier: supplier.id.into(), lead_time_days: supplier.lead_time_days }
}

fn lines(of: &[generate::Line]) -> Vec<Line> {
    of.iter().map(|line| Line::new(&line.sku, line.quantity)).collect()
}

/// One event of the shop as inputs of the engine.
fn translate(event: &ShopEvent, out: &mut Vec<(Timestamp, Input)>) {
    match &event.what {
        What::Basket { subject, lines: of, location, outcome } => basket(event, subject, of, location, *outcome, out),
        What::Move { sku, quantity, from, to, .. } => {
            let (id, sku, quantity) = (event.id.clone(), sku.clone(), Quantity(*quantity));
            let moved = Move { id, sku, quantity, from: (*from).into(), to: (*to).into(), ..Default::default() };
            out.push((event.at, Input::Command(moved.into())));
        }
        What::Order { sku, quantity, location, supplier, expected_on } => {
            let order = Purchase {
                id: event.id.clone(),
                supplier: (*supplier).into(),
                lines: vec![Line::new(sku, *quantity)],
                location: (*location).into(),
                expected_on: Some(*expected_on),
                ..Default::default()
            };
            out.push((event.at, Input::Command(order.into())));
        }
        _ => out.extend(fact(event).map(|fact| (event.at, Input::Fact(fact)))),
    }
}

/// A basket is held, then paid; or it is left, and every second one is given back before its hold runs out.
fn basket(
    event: &ShopEvent,
    subject: &str,
    of: &[generate::Line],
    location: &str,
    outcome: generate::Outcome,
    out: &mut Vec<(Timestamp, Input)>,
) {
    let hold = event.id.clone();
    let reserve = Reserve { id: hold.clone(), lines: lines(of), location: location.into(), ..Reserve::default() };
    out.push((event.at, Input::Command(reserve.into())));
    let gives_back = hold.bytes().last().is_some_and(|digit| digit % 2 == 0);
    match outcome {
        generate::Outcome::Paid => {
            let pay = Commit { id: format!("pay-{hold}"), hold, subject: Some(subject.into()), ..Default::default() };
            out.push((Timestamp(event.at.0 + PAYS_AFTER_MS), Input::Command(pay.into())));
        }
        generate::Outcome::Abandoned if gives_back => {
            let leave = Release { id: format!("leave-{hold}"), hold, ..Default::default() };
            out.push((Timestamp(event.at.0 + LEAVES_AFTER_MS), Input::Command(leave.into())));
        }
        generate::Outcome::Abandoned => {}
    }
}

fn fact(event: &ShopEvent) -> Option<Fact> {
    let id = event.id.clone();
    Some(match event.what.clone() {
        What::Receive { sku, lot, expires_on, quantity, location, order, .. } => Receive {
            id,
            sku,
            quantity: Quantity(quantity),
            location: location.into(),
            lot,
            expires_on: Some(expires_on),
            purchase: order,
            unit_cost: None,
            ..Default::default()
        }
        .into(),
        What::TillSale { lines: of, location } => {
            Sale { id, lines: lines(&of), location: location.into(), subject: None, ..Default::default() }.into()
        }
        What::Return { subject, sku, lot, quantity, location, reason, resellable, .. } => Return {
            id,
            sku,
            quantity: Quantity(quantity),
            location: location.into(),
            lot,
            reason: reason.into(),
            resellable,
            subject: Some(subject),
            ..Default::default()
        }
        .into(),
        What::Rating { subject, sku, value } => Rating { id, subject, sku, value: stars(value) }.into(),
        What::Review { subject, sku, value, text } => {
            Review { id, subject, sku, text, value: Some(stars(value)) }.into()
        }
        What::View { subject, sku } => Fact::View(Interest { id, subject, sku }),
        What::Click { subject, sku } => Fact::Click(Interest { id, subject, sku }),
        What::Complaint { subject, sku, location, kind } => Complaint {
            id,
            sku,
            kind: if kind == "not_available" { ComplaintKind::NotAvailable } else { ComplaintKind::Other },
            location: Some(location.into()),
            subject: Some(subject),
            text: String::new(),
        }
        .into(),
        What::Count { sku, location, counted, .. } => {
            Count { id, sku, location: location.into(), quantity: Quantity(counted), lot: None, ..Default::default() }
                .into()
        }
        What::Recall { sku, lot, .. } => Recall { id, sku, lot }.into(),
        What::Basket { .. } | What::Move { .. } | What::Order { .. } => return None,
    })
}

/// Stars as the engine takes them.
pub fn stars(value: i64) -> u8 {
    value.clamp(1, 5) as u8
}

/// The instant `ms` milliseconds into a day.
pub fn into_day(day: Day, ms: i64) -> Timestamp {
    Timestamp(day.start(0).0.saturating_add(ms.clamp(0, DAY_MS - 1)))
}
