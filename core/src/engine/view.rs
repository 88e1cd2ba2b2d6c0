//! What can be asked: an immutable view of the world at an instant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Position;
use super::world::World;
use crate::base::{Day, Error, LocationId, Result, SkuId, Timestamp};
use crate::demand::DemandDay;
use crate::event::Line;
use crate::expiry::is_sellable;
use crate::feedback::{PhantomParams, SignalKind, phantom_posterior};
use crate::ledger::{HoldState, Shelf};
use crate::recommend::{Attributes, Candidate, Content, Model, Pick, Request, ScoreParams, Trend, Withheld, violates};

/// An immutable view of everything, cheap to take and safe to share between threads.
#[derive(Debug, Clone)]
pub struct View {
    world: World,
    position: Position,
    now: Timestamp,
    today: Day,
    due: BTreeMap<(SkuId, LocationId), i64>,
}

macro_rules! params {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident : $type:ty = $default:expr),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $($(#[$fdoc])* pub $field: $type),* }
        impl Default for $name {
            fn default() -> Self {
                $name { $($field: $default),* }
            }
        }
    )*};
}
pub(super) use params;

params! {
    /// Which stock to show.
    StockParams {
        /// Only this SKU.
        sku: Option<String> = None,
        /// Only this location.
        location: Option<String> = None,
    }
    /// Which lots to show.
    ExpiringParams {
        /// Lots with at most this many days left, 0 … 36,500.
        within_days: i32 = 90,
        /// Only this location.
        location: Option<String> = None,
    }
    /// Which signals to show.
    SignalsParams {
        /// Only this SKU.
        sku: Option<String> = None,
        /// Only from this day on.
        from: Option<Day> = None,
        /// Signals of people are shown from this number on, at least 1.
        min_n: i64 = 5,
    }
}

/// Which stock to sum up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AvailabilityParams {
    /// The SKU.
    pub sku: String,
    /// Only this location; else all.
    #[serde(default)]
    pub location: Option<String>,
}

/// Which demand to show.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DemandParams {
    /// The SKU.
    pub sku: String,
    /// The location.
    pub location: String,
}

/// For whom to recommend what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecommendParams {
    /// The person; a stranger where nobody knows them.
    pub subject: String,
    /// How many picks at most, 1 … 1,000.
    #[serde(default = "ten")]
    pub k: i64,
    /// Only what can be had at this location; else anywhere.
    #[serde(default)]
    pub location: Option<String>,
    /// Leaves out what the person bought or rated.
    #[serde(default = "yes")]
    pub exclude_seen: bool,
    /// Fills `reasons` and `why`.
    #[serde(default = "yes")]
    pub explain: bool,
    /// Most picks of one brand; 0 for no limit.
    #[serde(default)]
    pub max_per_brand: i64,
}

fn ten() -> i64 {
    10
}

fn yes() -> bool {
    true
}

impl Default for RecommendParams {
    fn default() -> Self {
        let (subject, location) = (String::new(), None);
        RecommendParams { subject, k: ten(), location, exclude_seen: true, explain: true, max_per_brand: 0 }
    }
}

/// For whom to say what is withheld.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WithheldParams {
    /// The person.
    pub subject: String,
    /// Only what can be had at this location; else anywhere.
    #[serde(default)]
    pub location: Option<String>,
}

/// One lot on one shelf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StockRow {
    /// The SKU.
    pub sku: String,
    /// Where.
    pub location: String,
    /// The lot; empty where goods carry none.
    pub lot: String,
    /// Last good day.
    pub expires_on: Option<Day>,
    /// Days from today to the last good day; negative once passed.
    pub days_left: Option<i32>,
    /// Units there, in any condition.
    pub on_hand: i64,
    /// Units in quarantine.
    pub quarantined: i64,
    /// Units under holds: they leave first.
    pub held: i64,
    /// Units that may be promised.
    pub available: i64,
    /// Whether the lot was recalled.
    pub recalled: bool,
}

/// What may be promised of a SKU.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Availability {
    /// The SKU.
    pub sku: String,
    /// Units in any condition.
    pub on_hand: i64,
    /// Units that may be sold, before holds.
    pub sellable: i64,
    /// Units under holds.
    pub held: i64,
    /// Units ordered and not yet received.
    pub incoming: i64,
    /// Units that may be promised now.
    pub available_to_promise: i64,
    /// Belief that the shelf is empty in truth, 0–1; over several shelves weighted by their units.
    pub p_phantom: f64,
}

/// A signal of a SKU on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignalRow {
    /// The SKU.
    pub sku: String,
    /// The day.
    pub ds: Day,
    /// What is counted.
    pub kind: SignalKind,
    /// How many.
    pub n: i64,
    /// Sum of their values, for ratings and reviews.
    pub sum: i64,
}

/// A SKU that a person is not shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WithheldRow {
    /// The SKU.
    pub sku: String,
    /// `out_of_stock`, `expired`, `recalled` or `hard_rule`.
    pub reason: String,
    /// The reason in words.
    pub why: String,
}

/// A purchase line with units still to come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenPurchaseRow {
    /// The purchase.
    pub purchase: String,
    /// The supplier.
    pub supplier: String,
    /// The SKU.
    pub sku: String,
    /// Where it shall arrive.
    pub location: String,
    /// Units still to come.
    pub quantity: i64,
    /// When it shall arrive.
    pub expected_on: Option<Day>,
}

impl View {
    pub(super) fn new(world: World, position: Position, now: Timestamp) -> View {
        let now = now.max(world.now);
        let today = world.day(now);
        let mut due = BTreeMap::new();
        for (_, hold) in world.ledger.due_holds(now) {
            for Line { sku, quantity } in &hold.lines {
                if let Some(key) = world.ledger.sku(sku).zip(world.ledger.location(&hold.location)) {
                    *due.entry(key).or_default() += quantity.0;
                }
            }
        }
        View { world, position, now, today, due }
    }

    /// The world that the view shows.
    pub fn world(&self) -> &World {
        &self.world
    }
    /// Where the journal stood when the view was taken.
    pub fn position(&self) -> &Position {
        &self.position
    }
    /// The instant of the view.
    pub fn now(&self) -> Timestamp {
        self.now
    }
    /// The business day of the view.
    pub fn today(&self) -> Day {
        self.today
    }

    pub(super) fn held(&self, shelf: &Shelf) -> i64 {
        shelf.held - self.due.get(&(shelf.sku, shelf.location)).copied().unwrap_or(0)
    }

    pub(super) fn available(&self, shelf: &Shelf) -> i64 {
        (self.world.ledger.sellable(shelf, self.today) - self.held(shelf)).max(0)
    }

    pub(super) fn known_sku(&self, sku: &str) -> Result<SkuId> {
        self.world.catalog.id(sku).ok_or_else(|| Error::UnknownSku { sku: sku.into() })
    }

    fn known_location(&self, location: &str) -> Result<LocationId> {
        let unknown = || Error::UnknownLocation { location: location.into() };
        self.world.ledger.location(location).ok_or_else(unknown)
    }

    /// Shelves by SKU and location key, with their index.
    pub(super) fn shelves(&self, sku: Option<&str>, location: Option<&str>) -> Result<Vec<(usize, &Shelf)>> {
        let sku = sku.map(|sku| self.known_sku(sku)).transpose()?;
        let location = location.map(|location| self.known_location(location)).transpose()?;
        let wanted = |shelf: &Shelf| {
            sku.is_none_or(|sku| shelf.sku == sku) && location.is_none_or(|location| shelf.location == location)
        };
        let ledger = &self.world.ledger;
        let mut shelves: Vec<(usize, &Shelf)> =
            ledger.shelves().iter().enumerate().filter(|(_, shelf)| wanted(shelf)).collect();
        shelves.sort_by_key(|(_, shelf)| (self.sku_key(shelf.sku), self.location_key(shelf.location)));
        Ok(shelves)
    }

    pub(super) fn sku_key(&self, sku: SkuId) -> &str {
        self.world.ledger.skus().key(sku.0)
    }
    pub(super) fn location_key(&self, location: LocationId) -> &str {
        self.world.ledger.locations().key(location.0)
    }

    /// Shows stock by SKU, location and lot. Holds are shown on the lots that leave first.
    ///
    /// # Errors
    /// `UNKNOWN_SKU`, `UNKNOWN_LOCATION`.
    pub fn stock(&self, params: &StockParams) -> Result<Vec<StockRow>> {
        let shelves = self.shelves(params.sku.as_deref(), params.location.as_deref())?;
        Ok(shelves.into_iter().flat_map(|(_, shelf)| self.rows(shelf)).collect())
    }

    fn rows(&self, shelf: &Shelf) -> Vec<StockRow> {
        let ledger = &self.world.ledger;
        let mut lots: Vec<_> = shelf.lots.iter().map(|own| (ledger.lot(own.lot), own)).collect();
        lots.sort_by_key(|(lot, _)| crate::expiry::fefo_key(lot.state.expires_on, None, &lot.key));
        let mut held_left = self.held(shelf);
        let row = |(lot, own): (&crate::ledger::Lot, &crate::ledger::ShelfLot)| {
            let sellable = is_sellable(&lot.state, self.today, ledger.min_remaining_days(shelf.sku));
            let good = if sellable { own.good } else { 0 };
            let held = good.min(held_left);
            held_left -= held;
            StockRow {
                sku: self.sku_key(shelf.sku).into(),
                location: self.location_key(shelf.location).into(),
                lot: lot.key.clone(),
                expires_on: lot.state.expires_on,
                days_left: lot.state.expires_on.map(|day| day - self.today),
                on_hand: own.good + own.quarantined,
                quarantined: own.quarantined,
                held,
                available: good - held,
                recalled: lot.state.recalled,
            }
        };
        lots.into_iter().map(row).collect()
    }

    /// Sums up what may be promised of a SKU.
    ///
    /// # Errors
    /// `UNKNOWN_SKU`, `UNKNOWN_LOCATION`.
    pub fn availability(&self, params: &AvailabilityParams) -> Result<Availability> {
        let shelves = self.shelves(Some(&params.sku), params.location.as_deref())?;
        let mut sum = Availability { sku: params.sku.clone(), ..Availability::default() };
        let mut doubtful = 0.0;
        for (index, shelf) in shelves {
            let sellable = self.world.ledger.sellable(shelf, self.today);
            sum.on_hand += shelf.on_hand();
            sum.sellable += sellable;
            sum.held += self.held(shelf);
            sum.incoming += shelf.incoming;
            sum.available_to_promise += self.available(shelf);
            doubtful += self.p_phantom(index) * sellable as f64;
        }
        if sum.sellable > 0 {
            sum.p_phantom = doubtful / sum.sellable as f64;
        }
        Ok(sum)
    }

    /// The belief that a shelf with a positive record is empty in truth, by the ledger's index; 0 for an empty record.
    pub fn p_phantom(&self, shelf: usize) -> f64 {
        let ledger = &self.world.ledger;
        let recorded = ledger.shelves().get(shelf).map_or(0, |shelf| ledger.sellable(shelf, self.today));
        let Some(demand) = self.world.demand.shelf(shelf).filter(|_| recorded > 0) else { return 0.0 };
        let evidence = demand.evidence(self.today);
        let params = PhantomParams {
            daily_rate: evidence.daily_rate,
            zero_sale_days: evidence.zero_sale_days.clamp(0, 1_000_000),
            complaints: evidence.complaints.clamp(0, 1_000_000),
            ..PhantomParams::default()
        };
        phantom_posterior(&params).map_or(0.0, |belief| belief.posterior)
    }

    /// Shows lots that expire soon or did, the first first.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT`, `UNKNOWN_LOCATION`.
    pub fn expiring(&self, params: &ExpiringParams) -> Result<Vec<StockRow>> {
        if !(0..=36_500).contains(&params.within_days) {
            return Err(Error::argument("within_days", "0 to 36500", params.within_days));
        }
        let mut rows = self.stock(&StockParams { sku: None, location: params.location.clone() })?;
        rows.retain(|row| row.days_left.is_some_and(|days| days <= params.within_days));
        rows.sort_by(|a, b| {
            (a.expires_on, &a.sku, &a.location, &a.lot).cmp(&(b.expires_on, &b.sku, &b.location, &b.lot))
        });
        Ok(rows)
    }

    /// Shows the daily demand of a shelf, today's incomplete day last: what the forecast is fed with.
    ///
    /// # Errors
    /// `UNKNOWN_SKU`, `UNKNOWN_LOCATION`.
    pub fn demand(&self, params: &DemandParams) -> Result<Vec<DemandDay>> {
        let shelves = self.shelves(Some(&params.sku), Some(&params.location))?;
        Ok(shelves.first().map_or_else(Vec::new, |(index, _)| self.demand_of(*index)))
    }

    pub(super) fn demand_of(&self, shelf: usize) -> Vec<DemandDay> {
        let Some(demand) = self.world.demand.shelf(shelf) else { return Vec::new() };
        let offset = self.world.catalog.utc_offset_minutes();
        demand.days(self.today, self.now, offset, self.p_phantom(shelf))
    }

    /// Shows signals per SKU, day and kind. Those of people are left out below `min_n`.
    ///
    /// # Errors
    /// `UNKNOWN_SKU`; `INVALID_ARGUMENT` for a `min_n` below 1.
    pub fn signals(&self, params: &SignalsParams) -> Result<Vec<SignalRow>> {
        if params.min_n < 1 {
            return Err(Error::argument("min_n", "at least 1", params.min_n));
        }
        let sku = params.sku.as_deref().map(|sku| self.known_sku(sku)).transpose()?;
        let both = self.world.signals.iter().map(|signal| (signal, 1));
        let both = both.chain(self.world.people.signals.iter().map(|signal| (signal, params.min_n)));
        let shown = both.filter(|((day, id, _, tally), min_n)| {
            tally.n >= *min_n && sku.is_none_or(|sku| sku == *id) && params.from.is_none_or(|from| *day >= from)
        });
        let mut sums: BTreeMap<(Day, &str, SignalKind), (i64, i64)> = BTreeMap::new();
        for ((day, id, kind, tally), _) in shown {
            let sum = sums.entry((day, self.sku_key(id), kind)).or_default();
            *sum = (sum.0 + tally.n, sum.1 + tally.sum);
        }
        let row = |((ds, sku, kind), (n, sum)): ((Day, &str, SignalKind), (i64, i64))| SignalRow {
            sku: sku.into(),
            ds,
            kind,
            n,
            sum,
        };
        Ok(sums.into_iter().map(row).collect())
    }

    /// Shows purchase lines with units still to come.
    pub fn open_purchases(&self) -> Vec<OpenPurchaseRow> {
        let rows = self.world.ledger.purchases().iter().flat_map(|(purchase, order)| {
            order.open.iter().map(move |line| OpenPurchaseRow {
                purchase: purchase.clone(),
                supplier: order.supplier.clone(),
                sku: line.sku.clone(),
                location: order.location.clone(),
                quantity: line.quantity.0,
                expected_on: order.expected_on,
            })
        });
        rows.collect()
    }

    /// Recommends SKUs to a person: nothing that is out of stock, recalled, expired or against the
    /// person's hard rules, by any path.
    ///
    /// A person who withdrew consent gets what a stranger gets, by the hard rules of their profile.
    ///
    /// # Errors
    /// `UNKNOWN_LOCATION`; `INVALID_ARGUMENT` for `k` outside 1 … 1,000.
    pub fn recommend(&self, params: &RecommendParams) -> Result<Vec<Pick>> {
        if !(1..=1_000).contains(&params.k) {
            return Err(Error::argument("k", "1 to 1000", params.k));
        }
        if !(0..=1_000).contains(&params.max_per_brand) {
            return Err(Error::argument("max_per_brand", "0 to 1000", params.max_per_brand));
        }
        let candidates = self.candidates(&params.subject, params.location.as_deref())?;
        let person = self.world.people.get(&params.subject).filter(|(_, person)| !person.withdrawn);
        let request = Request {
            subject: person.map(|(id, _)| id),
            k: params.k as usize,
            exclude_seen: params.exclude_seen,
            explain: params.explain,
            profile: person.map_or_else(Vec::new, |(_, person)| person.attributes.clone()),
            max_per_brand: params.max_per_brand as usize,
        };
        let catalog = &self.world.catalog;
        let taste = &self.world.people.taste;
        let blend = ScoreParams::default();
        let content = self.world.content.get(|| content_of(catalog));
        let fresh;
        let (day, kept) =
            self.world.trend.get(|| (self.today, Trend::new(taste, catalog.keys().len(), self.today, &blend)));
        let trend = if *day == self.today {
            kept
        } else {
            fresh = Trend::new(taste, catalog.keys().len(), self.today, &blend);
            &fresh
        };
        let model = Model { taste, content, skus: catalog.keys(), trend, params: &blend };
        Ok(model.rank(&request, &candidates))
    }

    /// Says what a person is not shown, and why.
    ///
    /// # Errors
    /// `UNKNOWN_LOCATION`.
    pub fn withheld(&self, params: &WithheldParams) -> Result<Vec<WithheldRow>> {
        let mut rows: Vec<WithheldRow> = self
            .candidates(&params.subject, params.location.as_deref())?
            .into_iter()
            .filter_map(|candidate| {
                let why = candidate.allowed.err()?;
                let (reason, why) = match why {
                    Withheld::OutOfStock => ("out_of_stock", "nothing left to sell".to_string()),
                    Withheld::Expired => ("expired", "what is left has expired".to_string()),
                    Withheld::Recalled => ("recalled", "what is left was recalled".to_string()),
                    Withheld::HardRule(why) => ("hard_rule", why),
                };
                Some(WithheldRow { sku: self.sku_key(candidate.sku).into(), reason: reason.into(), why })
            })
            .collect();
        rows.sort_by(|a, b| a.sku.cmp(&b.sku));
        Ok(rows)
    }

    fn candidates(&self, subject: &str, location: Option<&str>) -> Result<Vec<Candidate>> {
        let location = location.map(|location| self.known_location(location)).transpose()?;
        let none = Vec::new();
        let avoid = self.world.people.get(subject).map_or(&none, |(_, person)| &person.avoid);
        let skus = self.world.catalog.skus().iter().enumerate();
        Ok(skus.map(|(id, sku)| self.candidate(SkuId(id as u32), &sku.ingredients, avoid, location)).collect())
    }

    fn candidate(&self, sku: SkuId, inci: &[String], avoid: &[String], at: Option<LocationId>) -> Candidate {
        let ledger = &self.world.ledger;
        let shelves = ledger.shelves_of(sku).iter().map(|index| (*index as usize, &ledger.shelves()[*index as usize]));
        let shelves: Vec<(usize, &Shelf)> =
            shelves.filter(|(_, shelf)| at.is_none_or(|location| shelf.location == location)).collect();
        let stocked = shelves.iter().filter(|(_, shelf)| self.available(shelf) > 0);
        let availability = stocked.map(|(index, _)| 1.0 - self.p_phantom(*index)).fold(f64::NAN, f64::max);
        let rule = violates(avoid, Some(inci).filter(|list| !list.is_empty()));
        let allowed = match rule {
            Some(why) => Err(Withheld::HardRule(why)),
            None if availability.is_nan() => Err(self.why_empty(&shelves)),
            None => Ok(()),
        };
        Candidate { sku, allowed, availability: if availability.is_nan() { 0.0 } else { availability } }
    }

    fn why_empty(&self, shelves: &[(usize, &Shelf)]) -> Withheld {
        let ledger = &self.world.ledger;
        let left = || shelves.iter().flat_map(|(_, shelf)| &shelf.lots).filter(|lot| lot.good > 0);
        if left().any(|own| ledger.lot(own.lot).state.recalled) {
            return Withheld::Recalled;
        }
        let expired = |own: &crate::ledger::ShelfLot| !is_sellable(&ledger.lot(own.lot).state, self.today, 0);
        if left().any(expired) { Withheld::Expired } else { Withheld::OutOfStock }
    }

    /// Whether a hold is live at the view's instant.
    pub fn is_held(&self, hold: &str) -> bool {
        let live = |hold: &&crate::ledger::Hold| hold.state == HoldState::Live && hold.deadline > self.now;
        self.world.ledger.hold(hold).filter(live).is_some()
    }
}

fn content_of(catalog: &crate::catalog::Catalog) -> Content {
    let traits = catalog.traits().iter().enumerate();
    let attributes: Vec<Attributes<'_>> =
        traits.map(|(id, texts)| Attributes { sku: SkuId(id as u32), texts }).collect();
    Content::new(catalog.keys().len(), &attributes)
}
