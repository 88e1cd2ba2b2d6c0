//! Real data as a season: what files say is recorded as it is, and what they do not say is assumed and labelled so.
//!
//! Sales: the largest series go through the ledger, one sale a step on the step's first day (spreading a week over its
//! days would hide the variation that safety stock is for). An empty shelf is a count of 0. No file tells when goods
//! came, so receipts are assumed. Interactions: every row is a fact of its person; stock of items without any is assumed.
//!
//! Out: a [`Script`] for the engine, and the [`Series`] on their own steps for the forecasts of the page.

use std::collections::{BTreeMap, BTreeSet};

use trousse::base::units::{DAY_MS, HISTORY_DAYS, MAX_QUANTITY};
use trousse::{
    Count, Day, Error, Fact, Interest, Line, Money, Profile, Purchase, Quantity, Rating, Receive, Result, Sale, Sku,
    Supplier, Timestamp,
};

use super::datasets::{Interaction, Item, Loaded, SalesSeries, User};
use super::play::{Input, Script, into_day, stars};
use super::report::Series;

/// Series that are played and forecast, at most.
pub const SERIES_MAX: usize = 60;
/// Units assumed of an item that the files give no stock of.
const ASSUMED_UNITS: i64 = 20;
/// Days before the end on which assumed stock comes.
const ASSUMED_DAYS: i32 = 28;
/// Who is assumed to deliver.
const ASSUMED_SUPPLIER: &str = "the assumed supplier";
/// Lead time of the assumed supplier, and days between purchases.
const LEAD_DAYS: i32 = 14;
const REVIEW_DAYS: i64 = 7;
/// Steps that an assumed receipt lasts for.
const RECEIPT_STEPS: usize = 4;
/// Low ratings after which a view is taken.
const WITNESSES: usize = 12;
/// What the first person of the page is assumed to avoid.
const AVOIDED: [&str; 2] = ["Linalool", "Limonene"];
/// Where items lie that no file names a place for.
const SHOP: &str = "shop";
/// Malformed rows named on the page.
const MALFORMED_SHOWN: usize = 8;

type Inputs = Vec<(Timestamp, Input)>;

/// Makes a season of what a folder held.
///
/// # Errors
/// `INVALID_ARGUMENT` where nothing in the folder can be played.
pub fn script(folder: &str, mut loaded: Loaded) -> Result<(Script, Vec<Series>)> {
    let cleaned = clean(&mut loaded);
    tell_apart(&mut loaded);
    let loaded = &loaded;
    if loaded.series.is_empty() && loaded.interactions.is_empty() {
        return Err(nothing(folder, loaded));
    }
    let chosen = loaded.largest(SERIES_MAX);
    let shift = shifts(&chosen);
    let today = end(&chosen, &shift, &loaded.interactions);
    let mut inputs = Inputs::new();
    for series in &chosen {
        sales(series, shift[&*series.dataset], today, loaded, &mut inputs);
    }
    let ignored = persons(loaded, &mut inputs);
    assumed_stock(loaded, today, &mut inputs);
    let people = three(loaded);
    inputs.extend(avoider(&people, loaded, today));
    inputs.sort_by_key(|(at, _)| *at);
    let from = inputs.first().map_or(today, |(at, _)| at.day(0));
    let script = Script {
        shop: format!("What {folder} tells"),
        source: sources(loaded),
        currency: loaded.items.iter().map(|item| item.currency.clone()).find(|c| !c.is_empty()).unwrap_or_default(),
        from,
        today,
        left: left(loaded, chosen.len(), cleaned, &ignored),
        assumed_stock: loaded.stock.is_empty(),
        notes: notes(loaded, &chosen, &shift),
        skus: catalogue(loaded, &chosen),
        suppliers: suppliers(&chosen),
        promotions: Vec::new(),
        witnesses: witnesses(&inputs),
        people: people.into_iter().map(|subject| (subject, None)).collect(),
        review_days: REVIEW_DAYS,
        inputs,
    };
    Ok((script, chosen.into_iter().map(series_of).collect()))
}

/// Takes control characters, which no key may have, out of the texts of items; answers of how many.
fn clean(loaded: &mut Loaded) -> usize {
    let mut cleaned = 0;
    for item in &mut loaded.items {
        let single = [&mut item.sku, &mut item.name, &mut item.brand, &mut item.category];
        let many = item.attributes.iter_mut().chain(item.ingredients.iter_mut().flatten());
        let mut touched = false;
        for text in single.into_iter().chain(many).filter(|text| text.chars().any(char::is_control)) {
            text.retain(|letter| !letter.is_control());
            touched = true;
        }
        cleaned += usize::from(touched);
    }
    cleaned
}

/// Persons of several data sets may have the same key: all but the set that the known persons are of get its name in
/// front of theirs.
fn tell_apart(loaded: &mut Loaded) {
    let users: BTreeSet<&str> = loaded.users.iter().map(|user| &*user.subject).collect();
    let mut known: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for did in &loaded.interactions {
        let rows = known.entry(did.dataset.to_string()).or_default();
        *rows = (rows.0 + u64::from(users.contains(&*did.subject)), rows.1 + 1);
    }
    let share = |(known, all): &(u64, u64)| *known as f64 / *all as f64;
    let own = known.iter().max_by(|a, b| share(a.1).total_cmp(&share(b.1)).then_with(|| b.0.cmp(a.0)));
    let Some(own) = own.map(|(dataset, _)| dataset.clone()) else { return };
    for did in loaded.interactions.iter_mut().filter(|did| *did.dataset != *own) {
        did.subject = format!("{}/{}", did.dataset, did.subject).into();
    }
}

fn nothing(folder: &str, loaded: &Loaded) -> Error {
    let left: Vec<String> = loaded.left.iter().map(|(file, reason)| format!("{file}: {reason}")).collect();
    let malformed: Vec<String> = loaded.malformed.iter().take(MALFORMED_SHOWN).map(ToString::to_string).collect();
    let seen = left.into_iter().chain(malformed).collect::<Vec<_>>().join("; ");
    let got = if seen.is_empty() { format!("nothing in {folder}") } else { format!("in {folder}: {seen}") };
    Error::argument("folder", "a folder with sales or interactions in .csv or .csv.gz, by examples/datasets.toml", got)
}

fn sources(loaded: &Loaded) -> String {
    let files: Vec<String> =
        loaded.files.iter().map(|f| format!("{} ({} rows of {})", f.file, f.rows, f.kind)).collect();
    files.join(", ")
}

fn left(loaded: &Loaded, played: usize, cleaned: usize, ignored: &BTreeMap<String, u64>) -> Vec<String> {
    let mut out: Vec<String> = loaded.left.iter().map(|(file, reason)| format!("{file}: {reason}")).collect();
    if played < loaded.series.len() {
        out.push(format!(
            "{} of {} series are played and forecast: the largest of each file in turn",
            played,
            loaded.series.len()
        ));
    }
    if cleaned > 0 {
        out.push(format!("{cleaned} items whose text has control characters are played without these"));
    }
    out.extend(ignored.iter().map(|(kind, n)| format!("{n} interactions of the kind {kind}: not known")));
    out.extend(loaded.malformed.iter().take(MALFORMED_SHOWN).map(|row| format!("malformed {row}")));
    let shown = loaded.malformed.len().min(MALFORMED_SHOWN) as u64;
    if loaded.malformed_count > shown {
        out.push(format!("{} malformed rows more", loaded.malformed_count - shown));
    }
    for file in &loaded.files {
        out.extend(file.notes.iter().map(|note| format!("{}: {note}", file.file)));
    }
    out
}

fn notes(loaded: &Loaded, chosen: &[&SalesSeries], shift: &BTreeMap<String, i32>) -> Vec<String> {
    let mut out = Vec::new();
    if !chosen.is_empty() {
        out.push(format!(
            "Assumed, because no file says it: receipts (each for up to {RECEIPT_STEPS} steps of sales, before a step that would run short), a supplier with {LEAD_DAYS} days of lead time, and where no file gives it a closing stock of two weeks of sales. Sales are recorded on the first day of their step; the ledger gets the last {HISTORY_DAYS} days, the forecasts all steps."
        ));
    }
    for (dataset, days) in shift.iter().filter(|(_, days)| **days != 0) {
        out.push(format!(
            "In the ledger the dates of {dataset} are {days} days later, so that all data sets end together; the pictures of its demand show its own dates."
        ));
    }
    if !loaded.interactions.is_empty() {
        out.push(format!(
            "Assumed, because no file says it: {ASSUMED_UNITS} units of every item in one place (only those of the picks are listed where there are no sales), and that the first person below avoids {}.",
            AVOIDED.join(" and ")
        ));
    }
    out
}

// ---- catalogue ------------------------------------------------------------------------------------------------------

fn catalogue(loaded: &Loaded, chosen: &[&SalesSeries]) -> Vec<Sku> {
    let supplied: BTreeSet<&str> = chosen.iter().map(|series| &*series.sku).collect();
    let mut known = BTreeSet::new();
    let mut skus: Vec<Sku> = Vec::new();
    for item in loaded.items.iter().filter(|item| known.insert(item.sku.as_str())) {
        skus.push(sku_of(item));
    }
    let others = chosen.iter().map(|s| &*s.sku).chain(loaded.interactions.iter().map(|i| &*i.sku));
    for sku in others {
        if known.insert(sku) {
            skus.push(Sku { sku: sku.into(), ..Sku::default() });
        }
    }
    for sku in skus.iter_mut().filter(|sku| supplied.contains(sku.sku.as_str())) {
        sku.supplier = ASSUMED_SUPPLIER.into();
    }
    skus
}

fn sku_of(item: &Item) -> Sku {
    let price = item.price_minor.map(|minor| Money { minor, currency: item.currency.parse().unwrap_or_default() });
    Sku {
        sku: item.sku.clone(),
        product: item.name.clone(),
        brand: item.brand.clone(),
        category: item.category.clone(),
        shade: item.shade.clone(),
        shade_hex: item.shade_hex.clone().unwrap_or_default(),
        ingredients: item.ingredients.clone().unwrap_or_default(),
        attributes: item.attributes.iter().flat_map(|attribute| attributes(attribute)).collect(),
        price,
        ..Sku::default()
    }
}

/// An attribute, and the skin types that it names: `Best for Dry, Combo, Normal Skin` speaks of three.
fn attributes(attribute: &str) -> Vec<String> {
    let named = attribute.strip_prefix("Best for ").and_then(|rest| rest.strip_suffix(" Skin"));
    let types = named.into_iter().flat_map(|types| types.split(", ")).map(|skin| match skin {
        "Combo" => "Combination".to_string(),
        other => other.to_string(),
    });
    std::iter::once(attribute.to_string()).chain(types).collect()
}

fn suppliers(chosen: &[&SalesSeries]) -> Vec<Supplier> {
    match chosen {
        [] => Vec::new(),
        _ => vec![Supplier { supplier: ASSUMED_SUPPLIER.into(), lead_time_days: LEAD_DAYS }],
    }
}

// ---- sales ----------------------------------------------------------------------------------------------------------

fn last_day(series: &SalesSeries) -> Day {
    series.days.last().map_or(Day(0), |day| *day + series.step_days)
}

/// Days by which the dates of each data set move, whole weeks, so that all end in one week.
fn shifts(chosen: &[&SalesSeries]) -> BTreeMap<String, i32> {
    let mut ends: BTreeMap<String, Day> = BTreeMap::new();
    for series in chosen {
        let end = ends.entry(series.dataset.to_string()).or_insert(Day(i32::MIN));
        *end = (*end).max(last_day(series));
    }
    let latest = ends.values().copied().max().unwrap_or(Day(0));
    ends.into_iter().map(|(dataset, end)| (dataset, (latest - end) / 7 * 7)).collect()
}

/// The day after the last of everything that is played.
fn end(chosen: &[&SalesSeries], shift: &BTreeMap<String, i32>, interactions: &[Interaction]) -> Day {
    let sales = chosen.iter().map(|series| last_day(series) + shift[&*series.dataset]);
    let persons = interactions.iter().map(|i| i.day + 1);
    sales.chain(persons).max().unwrap_or(Day(0))
}

fn quantity(units: i64) -> Quantity {
    Quantity(units.clamp(0, MAX_QUANTITY))
}

/// The inputs of one series.
struct Shelf<'a> {
    series: &'a SalesSeries,
    shift: i32,
    key: String,
    book: i64,
    out: &'a mut Inputs,
}

fn sales(series: &SalesSeries, shift: i32, today: Day, loaded: &Loaded, out: &mut Inputs) {
    let key = format!("{}/{}/{}", series.dataset, series.sku, series.location);
    let mut shelf = Shelf { series, shift, key, book: 0, out };
    let first = today + -(HISTORY_DAYS as i32);
    for at in (0..series.days.len()).filter(|at| series.days[*at] + shift >= first) {
        shelf.step(at);
    }
    let known = loaded.stock.iter().find(|row| row.sku == series.sku && row.location == series.location);
    match known {
        Some(row) => {
            shelf.counted(Timestamp(today.start(0).0 - 1_000), row.on_hand, "closing");
            for (week, units) in row.in_transit.iter().enumerate().filter(|(_, units)| **units > 0) {
                shelf.ordered(today, week as i32, *units);
            }
        }
        None => shelf.close(today),
    }
}

impl Shelf<'_> {
    fn share(&self, at: usize) -> f64 {
        self.series.in_stock.as_ref().and_then(|shares| shares.get(at)).copied().unwrap_or(1.0)
    }

    /// One step: goods come where they would run short, the step's units are sold, an empty shelf is counted.
    fn step(&mut self, at: usize) {
        let (day, units, share) = (self.series.days[at] + self.shift, self.series.units[at], self.share(at));
        let length = i64::from(self.series.step_days.max(1)) * DAY_MS;
        let gone = (share.clamp(0.0, 1.0) * length as f64) as i64;
        if share > 0.0 && self.book < units + i64::from(share >= 1.0) {
            self.receive(day.start(0), self.block(at) - self.book);
        }
        if share <= 0.0 {
            self.counted(Timestamp(day.start(0).0 + 1_000), 0, "empty");
        }
        if units > 0 {
            let noon = if share > 0.0 { (gone / 2).min(DAY_MS / 2) } else { 2_000 };
            self.sale(Timestamp(day.start(0).0 + noon), at, units);
        }
        if share > 0.0 && share < 1.0 {
            self.counted(Timestamp(day.start(0).0 + gone), 0, "empty");
        }
    }

    /// Units sold from a step on until the shelf is next empty, of so many steps at most.
    fn block(&self, at: usize) -> i64 {
        let mut sum = 0i64;
        for step in at..(at + RECEIPT_STEPS).min(self.series.units.len()) {
            if self.share(step) <= 0.0 {
                return sum;
            }
            sum = sum.saturating_add(self.series.units[step]);
            if self.share(step) < 1.0 {
                return sum;
            }
        }
        sum.saturating_add(1)
    }

    fn id(&self, what: &str, at: Timestamp) -> String {
        format!("{what}/{}/{}", self.key, at.0)
    }

    fn receive(&mut self, at: Timestamp, units: i64) {
        let units = quantity(units);
        if units.0 == 0 {
            return;
        }
        let receipt = Receive {
            id: self.id("assumed-receipt", at),
            sku: self.series.sku.to_string(),
            quantity: units,
            location: self.series.location.to_string(),
            ..Receive::default()
        };
        self.book += units.0;
        self.out.push((at, Input::Fact(receipt.into())));
    }

    fn sale(&mut self, at: Timestamp, step: usize, units: i64) {
        let units = quantity(units);
        let sale = Sale {
            id: format!("sale/{}/{step}", self.key),
            lines: vec![Line { sku: self.series.sku.to_string(), quantity: units, ..Default::default() }],
            location: self.series.location.to_string(),
            subject: None,
            ..Default::default()
        };
        self.book = (self.book - units.0).max(0);
        self.out.push((at, Input::Fact(sale.into())));
    }

    fn counted(&mut self, at: Timestamp, units: i64, why: &str) {
        let count = Count {
            id: self.id(why, at),
            sku: self.series.sku.to_string(),
            location: self.series.location.to_string(),
            quantity: quantity(units),
            lot: None,
            ..Default::default()
        };
        self.book = units;
        self.out.push((at, Input::Fact(count.into())));
    }

    /// What is on its way by the files, as an open purchase.
    fn ordered(&mut self, today: Day, week: i32, units: i64) {
        let at = Timestamp(today.start(0).0 - 500);
        let order = Purchase {
            id: format!("in-transit/{}/{week}", self.key),
            supplier: ASSUMED_SUPPLIER.into(),
            lines: vec![Line { sku: self.series.sku.to_string(), quantity: quantity(units), ..Default::default() }],
            location: self.series.location.to_string(),
            expected_on: Some(today + 7 * (week + 1)),
            ..Default::default()
        };
        self.out.push((at, Input::Command(order.into())));
    }

    /// The assumed closing stock: two weeks of the mean of the last steps.
    fn close(&mut self, today: Day) {
        let units = &self.series.units[self.series.units.len().saturating_sub(8)..];
        let mean = units.iter().map(|u| *u as f64).sum::<f64>() / units.len().max(1) as f64;
        let wanted = (mean * 14.0 / f64::from(self.series.step_days.max(1))).ceil() as i64;
        let at = Timestamp(today.start(0).0 - 1_000);
        self.counted(at, wanted.max(0), "assumed-closing");
    }
}

fn series_of(series: &SalesSeries) -> Series {
    let horizon = match series.step_days {
        ..=1 => 28,
        2..=27 => 13,
        _ => 12,
    };
    let length = series.units.len();
    let hold_out = match series.test_from {
        Some(from) => length.saturating_sub(from),
        None if length >= 3 * horizon => horizon,
        None => 0,
    };
    let place = if &*series.location == "all" { String::new() } else { format!(" at {}", series.location) };
    Series {
        name: format!("{} {}{place}", series.dataset, series.sku),
        words: format!("{}{place}", series.sku),
        days: series.days.clone(),
        units: series.units.iter().map(|units| *units as f64).collect(),
        in_stock: series.in_stock.clone().unwrap_or_default(),
        promotion: series.promotion.clone().unwrap_or_default(),
        step_days: series.step_days,
        hold_out,
        worth: 1,
    }
}

// ---- persons --------------------------------------------------------------------------------------------------------

/// Profiles and interactions as facts; answers how many of a kind were not known.
fn persons(loaded: &Loaded, out: &mut Inputs) -> BTreeMap<String, u64> {
    let start = loaded.interactions.first().map_or(Day(0), |i| i.day).start(0);
    out.extend(loaded.users.iter().map(|user| (start, Input::Fact(profile(user, &[]).into()))));
    let mut ignored = BTreeMap::new();
    for (at, did) in loaded.interactions.iter().enumerate() {
        match fact(at, did) {
            Some(fact) => out.push((into_day(did.day, i64::from(did.second) * 1_000), Input::Fact(fact))),
            None => *ignored.entry(did.kind.to_string()).or_default() += 1,
        }
    }
    ignored
}

fn profile(user: &User, avoid: &[&str]) -> Profile {
    let attribute = |(name, value): (&String, &String)| match name.as_str() {
        "skin_type" => capital(value),
        _ => format!("{name}:{value}"),
    };
    Profile {
        id: format!("profile{}/{}", if avoid.is_empty() { "" } else { "-assumed" }, user.subject),
        subject: user.subject.to_string(),
        avoid: avoid.iter().map(|a| (*a).to_string()).collect(),
        attributes: user.attributes.iter().map(attribute).collect(),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn fact(at: usize, did: &Interaction) -> Option<Fact> {
    let (id, subject, sku) = (format!("{}/{at}", did.kind), did.subject.to_string(), did.sku.to_string());
    Some(match &*did.kind {
        "rating" | "review" if (1.0..=5.0).contains(&did.value) => {
            Rating { id, subject, sku, value: stars(did.value.round() as i64) }.into()
        }
        "view" => Fact::View(Interest { id, subject, sku }),
        "click" => Fact::Click(Interest { id, subject, sku }),
        "cart" => Fact::Cart(Interest { id, subject, sku }),
        "purchase" | "sale" => {
            let lines = vec![Line { sku, quantity: quantity((did.value.round() as i64).max(1)), ..Default::default() }];
            Sale { id, lines, location: SHOP.into(), subject: Some(subject), ..Default::default() }.into()
        }
        _ => return None,
    })
}

/// Units of every item that persons could be shown, shortly before the end.
fn assumed_stock(loaded: &Loaded, today: Day, out: &mut Inputs) {
    if loaded.interactions.is_empty() {
        return;
    }
    let at = (today + -ASSUMED_DAYS).start(0);
    let sold: BTreeSet<&str> = loaded.series.iter().map(|series| &*series.sku).collect();
    let mut skus: BTreeSet<&str> = loaded.items.iter().map(|item| item.sku.as_str()).collect();
    skus.extend(loaded.interactions.iter().map(|i| &*i.sku));
    for sku in skus.into_iter().filter(|sku| !sold.contains(sku)) {
        let receipt = Receive {
            id: format!("assumed-stock/{sku}"),
            sku: sku.into(),
            quantity: Quantity(ASSUMED_UNITS),
            location: SHOP.into(),
            ..Receive::default()
        };
        out.push((at, Input::Fact(receipt.into())));
    }
}

/// Three persons: of the two data sets with most persons the busiest, then those that come next.
fn three(loaded: &Loaded) -> Vec<String> {
    let mut deeds: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for did in &loaded.interactions {
        *deeds.entry((&*did.dataset, &*did.subject)).or_default() += 1;
    }
    let mut sets: BTreeMap<&str, Vec<(u64, &str)>> = BTreeMap::new();
    for ((dataset, subject), n) in deeds {
        sets.entry(dataset).or_default().push((n, subject));
    }
    let mut ranked: Vec<Vec<(u64, &str)>> = sets.into_values().collect();
    ranked.iter_mut().for_each(|set| set.sort_by_key(|(n, subject)| (n.abs_diff(12), *subject)));
    ranked.sort_by_key(|set| std::cmp::Reverse(set.len()));
    let takes: &[(usize, usize)] = if ranked.len() > 1 { &[(0, 0), (0, 1), (1, 0)] } else { &[(0, 0), (0, 1), (0, 2)] };
    let chosen = takes.iter().filter_map(|(set, at)| ranked.get(*set)?.get(*at));
    chosen.map(|(_, subject)| (*subject).to_string()).collect()
}

/// The assumed rule of the first person.
fn avoider(people: &[String], loaded: &Loaded, today: Day) -> Option<(Timestamp, Input)> {
    let subject = people.first()?;
    let known = loaded.users.iter().find(|user| *user.subject == **subject).cloned();
    let user = known.unwrap_or(User { subject: subject.as_str().into(), attributes: BTreeMap::new() });
    Some(((today + -1).start(0), Input::Fact(profile(&user, &AVOIDED).into())))
}

/// The last low ratings while there is stock.
fn witnesses(inputs: &Inputs) -> Vec<usize> {
    let low = |at: &usize| matches!(&inputs[*at].1, Input::Fact(Fact::Rating(rating)) if rating.value <= 2);
    (0..inputs.len()).rev().filter(low).take(WITNESSES).collect()
}
