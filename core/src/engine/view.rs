//! What can be asked: an immutable view of the world at an instant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Position;
use super::world::World;
use crate::base::{Day, Error, LocationId, LotId, Result, SkuId, Timestamp};
use crate::demand::{self, DemandRow, Period};
use crate::event::{Condition, Purpose};
use crate::expiry::{LotState, is_sellable};
use crate::feedback::{PhantomParams, SignalKind, phantom_posterior};
use crate::journal::Head;
use crate::ledger::{HoldState, LotStock, Shelf, balances};
use crate::recommend::{Attributes, Candidate, Content, Model, Pick, Request, ScoreParams, Trend, Withheld, violates};

/// An immutable view of everything, cheap to take and safe to share between threads.
#[derive(Debug, Clone)]
pub struct View {
    pub(super) world: World,
    head: Head,
    pub(super) now: Timestamp,
    pub(super) today: Day,
    /// Units of holds whose deadline has passed at the view's instant, by shelf and lot.
    due: BTreeMap<(u32, Option<LotId>), i64>,
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
        /// As it was recorded at this instant; holds and expiry are those of then.
        as_of: Option<Timestamp> = None,
        /// As it was at the end of this business day, late facts included.
        as_of_day: Option<Day> = None,
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
    /// Through this channel: its own minimum of remaining days and what is kept for the others count.
    #[serde(default)]
    pub channel: Option<String>,
}

/// Which demand to show.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DemandParams {
    /// The SKU.
    pub sku: String,
    /// The location; else all together.
    #[serde(default)]
    pub location: Option<String>,
    /// How days are summed up.
    #[serde(default)]
    pub period: Period,
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
    /// Free units of a lot that may be sold; below zero where more was sold than the books held.
    pub available: i64,
    /// Units under holds.
    pub held: i64,
    /// Units in quarantine.
    pub quarantined: i64,
    /// Damaged units.
    pub damaged: i64,
    /// Expired units, and free ones that keep too short to be sold.
    pub expired: i64,
    /// Units on their way to the location.
    pub in_transit: i64,
    /// Opened units.
    pub tester: i64,
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
    /// Units promised beyond the books.
    pub backordered: i64,
    /// Units that are never promised.
    pub safety_stock: i64,
    /// Units ordered and not yet received, and units on their way.
    pub incoming: i64,
    /// Units that may be promised now.
    pub available_to_promise: i64,
    /// What may be promised from each day on which a purchase with a promised day comes in.
    pub promise: Vec<Promised>,
    /// Belief that the shelf is empty in truth, 0–1; over several shelves weighted by their units.
    pub p_phantom: f64,
}

/// What may be promised from a day on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Promised {
    /// The day.
    pub day: Day,
    /// Units that may be promised from then on, where the purchases come as promised and nothing else happens.
    pub available_to_promise: i64,
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
    /// Units ordered.
    pub ordered: i64,
    /// Units received.
    pub received: i64,
    /// Units received beyond what was ordered and tolerated.
    pub over: i64,
    /// When it shall arrive.
    pub expected_on: Option<Day>,
}

impl View {
    pub(super) fn new(world: World, head: Head, now: Timestamp) -> View {
        let now = now.max(world.now);
        let today = world.day(now);
        let mut due = BTreeMap::new();
        if world.ledger.has_due_holds(now) {
            for line in world.ledger.due_holds(now).into_iter().flat_map(|hold| &hold.lines) {
                *due.entry((line.shelf, line.lot)).or_default() += line.quantity;
            }
        }
        View { world, head, now, today, due }
    }

    /// The world that the view shows.
    pub fn world(&self) -> &World {
        &self.world
    }
    /// Where the journal stood when the view was taken.
    pub fn position(&self) -> Position {
        Position::of(&self.head, self.world.now)
    }
    /// The instant of the view.
    pub fn now(&self) -> Timestamp {
        self.now
    }
    /// The business day of the shop.
    pub fn today(&self) -> Day {
        self.today
    }

    /// The shelf as it is once what is due at the view's instant has fired.
    pub(super) fn at_now(&self, index: usize) -> std::borrow::Cow<'_, Shelf> {
        let shelf = &self.world.ledger.shelves()[index];
        if self.due.is_empty() {
            return std::borrow::Cow::Borrowed(shelf);
        }
        let mut shelf = shelf.clone();
        for own in &mut shelf.lots {
            let back = self.due.get(&(index as u32, Some(own.lot))).copied().unwrap_or(0);
            own.units[Condition::Held as usize] -= back;
            own.units[Condition::Available as usize] += back;
        }
        shelf.backordered -= self.due.get(&(index as u32, None)).copied().unwrap_or(0);
        std::borrow::Cow::Owned(shelf)
    }

    pub(super) fn available(&self, index: usize) -> i64 {
        let shelf = self.at_now(index);
        self.world.ledger.available(&shelf, self.today_at(shelf.location))
    }

    /// The business day of a location.
    pub(super) fn today_at(&self, location: LocationId) -> Day {
        self.world.ledger.day(location, self.now)
    }

    pub(super) fn known_sku(&self, sku: &str) -> Result<SkuId> {
        self.world.catalog.id(sku).ok_or_else(|| Error::UnknownSku { sku: sku.into() })
    }

    pub(super) fn known_location(&self, location: &str) -> Result<LocationId> {
        let unknown = || Error::UnknownLocation { location: location.into() };
        self.world.ledger.location(location).ok_or_else(unknown)
    }

    /// Shelves by SKU and location key, by their index.
    pub(super) fn shelves(&self, sku: Option<&str>, location: Option<&str>) -> Result<Vec<(usize, &Shelf)>> {
        let sku = sku.map(|sku| self.known_sku(sku)).transpose()?;
        let location = location.map(|location| self.known_location(location)).transpose()?;
        let ledger = &self.world.ledger;
        let all = || (0..ledger.shelves().len()).collect::<Vec<_>>();
        let indices = match (sku, location) {
            (Some(sku), Some(location)) => ledger.shelf_index(sku, location).into_iter().collect(),
            (Some(sku), None) => ledger.shelves_of(sku).collect(),
            (None, _) => all(),
        };
        let shelves = indices.into_iter().map(|index| (index, &ledger.shelves()[index]));
        let wanted = |(_, shelf): &(usize, &Shelf)| location.is_none_or(|location| shelf.location == location);
        let mut shelves: Vec<(usize, &Shelf)> = shelves.filter(wanted).collect();
        shelves.sort_by_key(|(_, shelf)| (self.sku_key(shelf.sku), self.location_key(shelf.location)));
        Ok(shelves)
    }

    pub(super) fn sku_key(&self, sku: SkuId) -> &str {
        self.world.ledger.skus().key(sku.0)
    }
    pub(super) fn location_key(&self, location: LocationId) -> &str {
        self.world.ledger.locations().key(location.0)
    }

    /// Shows stock by SKU, location and lot, now or as of an instant or a business day.
    ///
    /// # Errors
    /// `UNKNOWN_SKU`, `UNKNOWN_LOCATION`.
    pub fn stock(&self, params: &StockParams) -> Result<Vec<StockRow>> {
        if params.as_of.is_some() || params.as_of_day.is_some() {
            return self.stock_as_of(params);
        }
        let shelves = self.shelves(params.sku.as_deref(), params.location.as_deref())?;
        Ok(shelves.into_iter().flat_map(|(index, _)| self.rows(&self.at_now(index))).collect())
    }

    fn rows(&self, shelf: &Shelf) -> Vec<StockRow> {
        let today = self.today_at(shelf.location);
        let row = |own| self.row(shelf.location, own, &self.world.ledger.lot(own.lot).state, today);
        shelf.lots.iter().map(row).collect()
    }

    fn row(&self, location: LocationId, own: &LotStock, state: &LotState, today: Day) -> StockRow {
        let ledger = &self.world.ledger;
        let lot = ledger.lot(own.lot);
        let free = own.of(Condition::Available);
        let sellable = free < 0 || is_sellable(state, today, ledger.min_remaining_days(lot.sku, today));
        let (available, unsold) = if sellable { (free, 0) } else { (0, free) };
        let recalled = state.recalled;
        StockRow {
            sku: self.sku_key(lot.sku).into(),
            location: self.location_key(location).into(),
            lot: lot.key.to_string(),
            expires_on: lot.state.expires_on,
            days_left: lot.state.expires_on.map(|day| day - today),
            on_hand: own.on_hand(),
            available,
            held: own.of(Condition::Held),
            quarantined: own.of(Condition::Quarantined) + if recalled { unsold } else { 0 },
            damaged: own.of(Condition::Damaged),
            expired: own.of(Condition::Expired) + if recalled { 0 } else { unsold },
            in_transit: own.of(Condition::InTransit),
            tester: own.of(Condition::Tester),
            recalled,
        }
    }

    fn stock_as_of(&self, params: &StockParams) -> Result<Vec<StockRow>> {
        let sku = params.sku.as_deref().map(|sku| self.known_sku(sku)).transpose()?;
        let location = params.location.as_deref().map(|location| self.known_location(location)).transpose()?;
        let then = params.as_of.unwrap_or(self.now);
        let today = |location| params.as_of_day.unwrap_or(self.world.ledger.day(location, then));
        let found = balances(&self.world.ledger, params.as_of, params.as_of_day, sku);
        let wanted = found.into_iter().filter(|((_, own), _)| location.is_none_or(|location| *own == location));
        // A recall that came later leaves the answer as it was.
        let recalled = |(at, day): (Timestamp, Day), location| {
            let day = self.world.ledger.day_there(location, at, day);
            params.as_of.is_none_or(|then| at <= then) && params.as_of_day.is_none_or(|then| day <= then)
        };
        let mut rows: Vec<(LotState, StockRow)> = wanted
            .map(|((lot, location), units)| {
                let own = self.world.ledger.lot(lot);
                let state = LotState {
                    recalled: own.recalled_at.is_some_and(|when| recalled(when, location)),
                    ..own.state.clone()
                };
                let row = self.row(location, &LotStock { lot, units }, &state, today(location));
                (state, row)
            })
            .collect();
        let key = |(state, row): &(LotState, StockRow)| {
            let (expires, received, lot) = crate::expiry::fefo_key(state.expires_on, state.received_on, &row.lot);
            (row.sku.clone(), row.location.clone(), expires, received, lot.to_string())
        };
        rows.sort_by_cached_key(key);
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// Sums up what may be promised of a SKU, now and with the purchases to come. Of a kit: what its parts make.
    ///
    /// # Errors
    /// `UNKNOWN_SKU`, `UNKNOWN_LOCATION`, `UNKNOWN_CHANNEL`.
    pub fn availability(&self, params: &AvailabilityParams) -> Result<Availability> {
        let id = self.known_sku(&params.sku)?;
        let unknown = |channel: &&str| !self.world.ledger.channels().contains_key(*channel);
        if let Some(channel) = params.channel.as_deref().filter(unknown) {
            return Err(Error::Rejected(crate::base::Rejected::UnknownChannel { channel: channel.into() }));
        }
        let mut sum = self.own_availability(params)?;
        let kit = &self.world.catalog.sku(id).kit;
        if !kit.is_empty() {
            let mut made = i64::MAX;
            for part in kit {
                let params = AvailabilityParams { sku: part.sku.clone(), ..params.clone() };
                let parts = self.known_sku(&part.sku).and_then(|_| self.own_availability(&params));
                made = made.min(parts.map_or(0, |parts| parts.available_to_promise) / part.quantity.0.max(1));
            }
            sum.available_to_promise = made;
        }
        Ok(sum)
    }

    fn own_availability(&self, params: &AvailabilityParams) -> Result<Availability> {
        let ledger = &self.world.ledger;
        let shelves = self.shelves(Some(&params.sku), params.location.as_deref())?;
        let mut sum = Availability { sku: params.sku.clone(), ..Availability::default() };
        let mut doubtful = 0.0;
        for (index, _) in &shelves {
            let shelf = self.at_now(*index);
            let today = self.today_at(shelf.location);
            let sellable = ledger.sellable(&shelf, today);
            let days = ledger.remaining_days(shelf.sku, today, params.channel.as_deref(), 0);
            sum.on_hand += shelf.on_hand();
            sum.sellable += sellable;
            sum.held += shelf.of(Condition::Held);
            sum.backordered += shelf.backordered;
            sum.safety_stock += ledger.policy(shelf.sku).safety_stock;
            sum.incoming += shelf.incoming + shelf.of(Condition::InTransit);
            sum.available_to_promise += ledger.promisable(&shelf, today, days, params.channel.as_deref());
            doubtful += self.p_phantom(*index) * sellable.max(0) as f64;
        }
        if sum.sellable > 0 {
            sum.p_phantom = doubtful / sum.sellable as f64;
        }
        sum.promise = self.promise(params, &sum);
        Ok(sum)
    }

    /// What comes in by day, added to what may be promised now. What is owed beyond the books comes off first.
    fn promise(&self, params: &AvailabilityParams, now: &Availability) -> Vec<Promised> {
        let mut by_day: BTreeMap<Day, i64> = BTreeMap::new();
        for row in self.open_purchases() {
            let here = params.location.as_deref().is_none_or(|location| row.location == location);
            if let Some(day) = row.expected_on.filter(|_| here && row.sku == params.sku) {
                *by_day.entry(day.max(self.world.ledger.day_at(Some(&row.location), self.now))).or_default() +=
                    row.quantity;
            }
        }
        let (mut sum, mut owed) = (now.available_to_promise, now.backordered);
        let promised = by_day.into_iter().map(|(day, quantity)| {
            let fills = owed.min(quantity);
            owed -= fills;
            sum += quantity - fills;
            Promised { day, available_to_promise: sum }
        });
        promised.collect()
    }

    /// The belief that a shelf with a positive record is empty in truth, by the ledger's index; 0 for an empty record.
    pub fn p_phantom(&self, shelf: usize) -> f64 {
        let ledger = &self.world.ledger;
        let Some(own) = ledger.shelves().get(shelf) else { return 0.0 };
        let today = self.today_at(own.location);
        let recorded = ledger.sellable(own, today);
        let Some(demand) = self.world.demand.shelf(shelf).filter(|_| recorded > 0) else { return 0.0 };
        let evidence = demand.evidence(today);
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
        let mut rows = self.stock(&StockParams { location: params.location.clone(), ..StockParams::default() })?;
        rows.retain(|row| row.days_left.is_some_and(|days| days <= params.within_days));
        rows.sort_by(|a, b| {
            (a.expires_on, &a.sku, &a.location, &a.lot).cmp(&(b.expires_on, &b.sku, &b.location, &b.lot))
        });
        Ok(rows)
    }

    /// Shows the demand of a shelf by day, week or month, the period of today, which is not over, last: days of one shelf are what the
    /// forecast is fed with. All locations together: units add up, and the share in stock of each counts by what it
    /// usually sells; a day is that of each location's own calendar.
    ///
    /// # Errors
    /// `UNKNOWN_SKU`, `UNKNOWN_LOCATION`.
    pub fn demand(&self, params: &DemandParams) -> Result<Vec<DemandRow>> {
        let shelves = self.shelves(Some(&params.sku), params.location.as_deref())?;
        let mut days: Vec<Vec<DemandRow>> = shelves.iter().map(|(index, _)| self.demand_of(*index)).collect();
        if let ([_], Period::Day) = (&days[..], params.period) {
            return Ok(days.remove(0));
        }
        Ok(demand::together(&days, params.period))
    }

    pub(super) fn demand_of(&self, shelf: usize) -> Vec<DemandRow> {
        let Some(demand) = self.world.demand.shelf(shelf) else { return Vec::new() };
        let location = self.world.ledger.shelves()[shelf].location;
        let (offset, profile) = (self.world.ledger.offset(location), self.world.demand.profile(demand, location));
        demand.days(self.today_at(location), self.now, offset, self.p_phantom(shelf), &profile)
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
        let mut rows = self.purchase_lines();
        rows.retain(|row| row.quantity > 0);
        rows
    }

    /// Shows purchase lines, done ones too.
    pub fn purchase_lines(&self) -> Vec<OpenPurchaseRow> {
        let rows = self.world.ledger.purchases().iter().flat_map(|(purchase, order)| {
            order.lines.iter().map(move |line| OpenPurchaseRow {
                purchase: purchase.clone(),
                supplier: order.supplier.clone(),
                sku: self.sku_key(line.sku).into(),
                location: self.location_key(order.location).into(),
                quantity: order.open(line),
                ordered: line.ordered,
                received: line.received,
                over: order.over(line),
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
        let person =
            self.world.people.get(&params.subject).filter(|(_, person)| person.allows(Purpose::Personalisation));
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
        let shelves = ledger.shelves_of(sku).map(|index| (index, &ledger.shelves()[index]));
        let shelves: Vec<(usize, &Shelf)> =
            shelves.filter(|(_, shelf)| at.is_none_or(|location| shelf.location == location)).collect();
        let stocked = shelves.iter().filter(|(index, _)| self.available(*index) > 0);
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
        let lots = || shelves.iter().flat_map(|(_, shelf)| shelf.lots.iter().map(|lot| (shelf.location, lot)));
        let left = || lots().filter(|(_, lot)| lot.on_hand() > 0);
        if left().any(|(_, own)| ledger.lot(own.lot).state.recalled) {
            return Withheld::Recalled;
        }
        let expired = |(location, own): (LocationId, &LotStock)| {
            !is_sellable(&ledger.lot(own.lot).state, self.today_at(location), 0)
        };
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
