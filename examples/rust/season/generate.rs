//! A season of a cosmetics shop, generated from a seed: catalogue, persons, and every event in order of time.
//!
//! The shop is invented and says so; its troubles are the real ones: stock-outs and overstock from a crude weekly
//! review, lots that expire, units that vanish from a shelf without a record, a bad lot that is recalled, a promotion,
//! a launch. What a till or a web shop would know goes into [`Shop::events`]; what nobody in the shop knows (lost
//! demand, vanished units) is kept apart in [`Shop::truth`], to measure against.
//!
//! Invariants: the same seed gives the same events; goods leave a place only after they came; per SKU, received =
//! sold − resold returns + expired + recalled + vanished + on hand.

use std::collections::BTreeMap;

use trousse::base::units::DAY_MS;
use trousse::{Day, Timestamp};

use super::catalogue::{LAUNCH, PRODUCTS, Product, SUPPLIERS};

/// What to generate.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// Seed of every draw.
    pub seed: u64,
    /// First day of the season.
    pub start: Day,
    /// Length of the season in days.
    pub days: i32,
    /// Persons.
    pub customers: usize,
    /// Visits to the web shop on an average day.
    pub web_visits: f64,
    /// Tickets at the till on an average day.
    pub till_tickets: f64,
}

impl Default for Params {
    fn default() -> Self {
        Params { seed: 7, start: Day(20_598), days: 180, customers: 300, web_visits: 42.0, till_tickets: 20.0 }
    }
}

/// A generated shop and its season.
#[derive(Debug, Clone, PartialEq)]
pub struct Shop {
    /// `generated, seed 7`.
    pub source: String,
    /// Name of the shop.
    pub name: &'static str,
    /// ISO 4217 code of all prices.
    pub currency: &'static str,
    /// First day.
    pub start: Day,
    /// The day after the last: the demo's today.
    pub today: Day,
    /// Two warehouses and a store.
    pub locations: Vec<Location>,
    /// Suppliers.
    pub suppliers: Vec<Supplier>,
    /// SKUs, by product and shade.
    pub skus: Vec<Sku>,
    /// Persons.
    pub customers: Vec<Customer>,
    /// Promotions, with their days known ahead.
    pub promotions: Vec<Promotion>,
    /// What happened, in order of time.
    pub events: Vec<ShopEvent>,
    /// What nobody in the shop knows.
    pub truth: Truth,
}

/// A place with stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Key.
    pub id: &'static str,
    /// Name.
    pub name: &'static str,
    /// Whether customers stand before its shelves.
    pub is_store: bool,
}

/// Who delivers.
#[derive(Debug, Clone, PartialEq)]
pub struct Supplier {
    /// Key.
    pub id: &'static str,
    /// Name.
    pub name: &'static str,
    /// Days from order to receipt.
    pub lead_time_days: i32,
    /// How far a receipt may be early or late, in days.
    pub spread_days: i32,
    /// Weekday of the weekly order, Monday 0.
    pub order_weekday: i32,
    /// Smallest value of an order in minor units.
    pub minimum_order_minor: i64,
}

/// A sellable shade or size.
#[derive(Debug, Clone, PartialEq)]
pub struct Sku {
    /// Key.
    pub id: String,
    /// Product key, shared by its shades.
    pub product: String,
    /// Name with the shade.
    pub name: String,
    /// Brand.
    pub brand: &'static str,
    /// Category.
    pub category: &'static str,
    /// Shade's name, or empty.
    pub shade: &'static str,
    /// Shade's colour as `#rrggbb`.
    pub shade_hex: Option<&'static str>,
    /// INCI names in order.
    pub ingredients: Vec<&'static str>,
    /// Skin types it is made for; empty for all.
    pub skin_types: Vec<&'static str>,
    /// Shelf life, unopened, in months.
    pub shelf_life_months: i32,
    /// Period after opening in months.
    pub pao_months: i32,
    /// Price in minor units.
    pub price_minor: i64,
    /// Cost in minor units.
    pub cost_minor: i64,
    /// Key of the supplier.
    pub supplier: &'static str,
    /// Smallest quantity that the supplier sends.
    pub minimum_quantity: i64,
    /// Units in a carton.
    pub pack_size: i64,
    /// First day of sale, where it is launched within the season.
    pub launched_on: Option<Day>,
}

/// A person.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    /// Key.
    pub id: String,
    /// Skin type.
    pub skin_type: &'static str,
    /// Ingredients (INCI) that the person must not get.
    pub avoids: Vec<&'static str>,
    /// Whether the person's behaviour may be learned from.
    pub consents: bool,
    /// Warehouse that serves the person.
    pub location: &'static str,
}

/// A promotion.
#[derive(Debug, Clone, PartialEq)]
pub struct Promotion {
    /// Name.
    pub name: &'static str,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// SKUs on offer.
    pub skus: Vec<String>,
    /// Discount in percent.
    pub percent: i32,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct ShopEvent {
    /// When.
    pub at: Timestamp,
    /// Key of the event, never used twice.
    pub id: String,
    /// What.
    pub what: What,
}

/// A SKU and how many of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The SKU.
    pub sku: String,
    /// Units.
    pub quantity: i64,
}

/// What became of a basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Paid and shipped.
    Paid,
    /// Left: its hold runs out.
    Abandoned,
}

/// What happened, in plain words and numbers.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // The fields are the columns of the sentence above each variant.
pub enum What {
    /// A lot came in, for the order with this id where there was one.
    Receive {
        sku: String,
        lot: String,
        expires_on: Day,
        quantity: i64,
        location: &'static str,
        supplier: &'static str,
        order: Option<String>,
    },
    /// The planner of the shop ordered from a supplier.
    Order { sku: String, quantity: i64, location: &'static str, supplier: &'static str, expected_on: Day },
    /// A web basket was held, then paid or left.
    Basket { subject: String, lines: Vec<Line>, location: &'static str, outcome: Outcome },
    /// A ticket at the till; nobody knows whose.
    TillSale { lines: Vec<Line>, location: &'static str },
    /// A person sent something back; `order` is the id of the basket, `lot` what is printed on the goods.
    Return {
        subject: String,
        order: String,
        sku: String,
        lot: String,
        quantity: i64,
        location: &'static str,
        reason: &'static str,
        resellable: bool,
    },
    /// Stars from 1 to 5.
    Rating { subject: String, sku: String, value: i64 },
    /// Words, with their stars.
    Review { subject: String, sku: String, value: i64, text: String },
    /// A product page was seen.
    View { subject: String, sku: String },
    /// A picture in a list was clicked.
    Click { subject: String, sku: String },
    /// A person said that something was wrong, such as `not_available`.
    Complaint { subject: String, sku: String, location: &'static str, kind: &'static str },
    /// A shelf was counted, by lot.
    Count { sku: String, location: &'static str, counted: i64, lots: Vec<(String, i64)> },
    /// A lot must not be sold any more.
    Recall { sku: String, lot: String, reason: &'static str },
    /// Units went from one place to another.
    Move { sku: String, lot: String, quantity: i64, from: &'static str, to: &'static str },
}

/// What nobody in the shop knows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Truth {
    /// Units wanted by SKU and day of the season, whether or not they were there.
    pub demand: BTreeMap<String, Vec<i64>>,
    /// Units sold by SKU and day of the season.
    pub sold: BTreeMap<String, Vec<i64>>,
    /// Whether any unit could be bought anywhere, by SKU and day of the season.
    pub in_stock: BTreeMap<String, Vec<bool>>,
    /// Units that vanished: SKU, location, day, units.
    pub vanished: Vec<(String, &'static str, Day, i64)>,
    /// Units that expired on the shelf: SKU, location, lot, day, units.
    pub expired: Vec<(String, &'static str, String, Day, i64)>,
    /// Units on hand in the end: (SKU, location, lot) → units, the recalled included.
    pub on_hand: BTreeMap<(String, &'static str, String), i64>,
}

/// Generates a shop and its season.
///
/// ```
/// use trousse_examples::season::generate::{Params, shop};
/// let shop = shop(&Params { days: 28, ..Params::default() });
/// assert_eq!(shop.source, "generated, seed 7");
/// assert_eq!(shop.start.to_string(), "2026-05-25");
/// ```
pub fn shop(params: &Params) -> Shop {
    let skus = skus(params.start);
    let mut dice = Dice(params.seed ^ 0x7e57_ab1e);
    let people: Vec<Person> = (0..params.customers).map(|n| person(n, &skus, &mut dice)).collect();
    let promotions = promotions(params.start, &skus);
    let mut season = Season::new(params, &skus, &people, &promotions, dice);
    season.play();
    let Season { mut events, truth, .. } = season;
    events.sort_by_key(|event| event.at);
    Shop {
        source: format!("generated, seed {}", params.seed),
        name: "Maison Trousse",
        currency: "EUR",
        start: params.start,
        today: params.start + params.days,
        locations: LOCATIONS.to_vec(),
        suppliers: SUPPLIERS.to_vec(),
        customers: people.into_iter().map(|p| p.customer).collect(),
        skus,
        promotions,
        events,
        truth,
    }
}

/// The two warehouses and the store.
const LOCATIONS: [Location; 3] = [
    Location { id: "paris-dc", name: "Paris warehouse", is_store: false },
    Location { id: "lyon-dc", name: "Lyon warehouse", is_store: false },
    Location { id: "paris-store", name: "Paris store", is_store: true },
];
const PARIS: &str = "paris-dc";
const LYON: &str = "lyon-dc";
const STORE: &str = "paris-store";

/// Lot of the recalled serum, and the days of its receipt and recall.
const BAD_SKU: &str = "SER-VITC-30";
const RECALL_DAY: i32 = 150;

/// Demand of a weekday, Monday first; its mean is 1.
const WEEKDAY: [f64; 7] = [0.84, 0.86, 0.92, 0.97, 1.12, 1.34, 0.95];

/// SplitMix64: tiny, seeded, the same everywhere.
#[derive(Debug, Clone)]
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in 0 … n − 1.
    fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    fn within(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1).max(1) as usize) as i32
    }

    fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    fn poisson(&mut self, mean: f64) -> usize {
        let (limit, mut product, mut n) = ((-mean).exp(), self.unit(), 0);
        while product > limit {
            product *= self.unit();
            n += 1;
        }
        n
    }

    /// The position drawn with these weights; `None` where all are zero.
    fn weighted(&mut self, weights: &[f64]) -> Option<usize> {
        let total: f64 = weights.iter().sum();
        if total <= 0.0 {
            return None;
        }
        let mut left = self.unit() * total;
        for (at, &weight) in weights.iter().enumerate() {
            if weight > 0.0 && left < weight {
                return Some(at);
            }
            left -= weight;
        }
        weights.iter().rposition(|&weight| weight > 0.0)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

// ---- catalogue and persons ------------------------------------------------------------------------------------------

fn skus(start: Day) -> Vec<Sku> {
    PRODUCTS.iter().flat_map(|product| product_skus(product, start)).collect()
}

fn product_skus(product: &'static Product, start: Day) -> Vec<Sku> {
    let one = |suffix: &str, shade: &'static str, hex: Option<&'static str>| Sku {
        id: format!("{}{suffix}", product.id),
        product: product.id.to_string(),
        name: if shade.is_empty() { product.name.to_string() } else { format!("{} {shade}", product.name) },
        brand: product.brand,
        category: product.category,
        shade,
        shade_hex: hex,
        ingredients: product.ingredients.split(", ").collect(),
        skin_types: product.skin_types.to_vec(),
        shelf_life_months: product.shelf_life_months,
        pao_months: product.pao_months,
        price_minor: product.price_minor,
        cost_minor: product.cost_minor,
        supplier: product.supplier,
        minimum_quantity: product.minimum_quantity,
        pack_size: product.pack_size,
        launched_on: (product.id == LAUNCH.0).then_some(start + LAUNCH.1),
    };
    if product.shades.is_empty() {
        return vec![one("", "", None)];
    }
    let shaded =
        |(at, (name, hex)): (usize, &(&'static str, &'static str))| one(&format!("-{:02}", at + 1), name, Some(hex));
    product.shades.iter().enumerate().map(shaded).collect()
}

/// A person with the tastes that only the generator knows.
#[derive(Debug, Clone)]
struct Person {
    customer: Customer,
    activity: f64,
    /// Liking of each SKU, 0 for what the person must not get.
    liking: Vec<f64>,
}

const AVOIDED: [&str; 6] = ["Linalool", "Limonene", "Parfum", "Geraniol", "Retinol", "Lanolin"];
const SKIN: [&str; 4] = ["dry", "normal", "combination", "oily"];

fn person(number: usize, skus: &[Sku], dice: &mut Dice) -> Person {
    let skin_type = dice.pick(&SKIN);
    let mut avoids = Vec::new();
    if dice.chance(0.18) {
        avoids.push(dice.pick(&AVOIDED));
        let second = dice.pick(&AVOIDED);
        if dice.chance(0.3) && second != avoids[0] {
            avoids.push(second);
        }
    }
    let mut by_category: BTreeMap<&str, f64> = BTreeMap::new();
    let mut by_brand: BTreeMap<&str, f64> = BTreeMap::new();
    for sku in skus {
        by_category.entry(sku.category).or_insert_with(|| (1.1 * dice.normal()).exp());
        by_brand.entry(sku.brand).or_insert_with(|| (0.6 * dice.normal()).exp());
    }
    let depth = dice.unit();
    let liking = skus.iter().map(|sku| liking(sku, skin_type, &avoids, depth, &by_category, &by_brand)).collect();
    let customer = Customer {
        id: format!("c{:03}", number + 1),
        skin_type,
        avoids,
        consents: dice.chance(0.93),
        location: if dice.chance(0.62) { PARIS } else { LYON },
    };
    Person { customer, activity: (0.8 * dice.normal()).exp(), liking }
}

fn liking(
    sku: &Sku,
    skin_type: &str,
    avoids: &[&str],
    depth: f64,
    by_category: &BTreeMap<&str, f64>,
    by_brand: &BTreeMap<&str, f64>,
) -> f64 {
    if sku.ingredients.iter().any(|i| avoids.contains(i)) {
        return 0.0;
    }
    let fits_skin = sku.skin_types.is_empty() || sku.skin_types.contains(&skin_type);
    let shade = sku.shade_hex.map_or(1.0, |hex| (-8.0 * (lightness(hex) - (0.9 - 0.6 * depth)).powi(2)).exp());
    let taste = by_category.get(sku.category).unwrap_or(&1.0) * by_brand.get(sku.brand).unwrap_or(&1.0);
    taste * shade * if fits_skin { 1.4 } else { 0.5 }
}

/// Rough lightness of `#rrggbb`, 0–1.
fn lightness(hex: &str) -> f64 {
    let channel = |at: usize| hex.get(at..at + 2).and_then(|h| u8::from_str_radix(h, 16).ok()).unwrap_or(128);
    (0.3 * f64::from(channel(1)) + 0.59 * f64::from(channel(3)) + 0.11 * f64::from(channel(5))) / 255.0
}

fn promotions(start: Day, skus: &[Sku]) -> Vec<Promotion> {
    let of = |wanted: &dyn Fn(&Sku) -> bool| skus.iter().filter(|s| wanted(s)).map(|s| s.id.clone()).collect();
    vec![
        Promotion {
            name: "Summer care",
            from: start + 54,
            to: start + 63,
            skus: of(&|s| s.category == "sun care" || s.brand == "Océane"),
            percent: 20,
        },
        Promotion {
            name: "Autumn colours",
            from: start + 138,
            to: start + 147,
            skus: of(&|s| s.category == "lips" || s.category == "nails"),
            percent: 25,
        },
    ]
}

// ---- the season -----------------------------------------------------------------------------------------------------

/// Units of one lot at one place.
#[derive(Debug, Clone)]
struct Pile {
    lot: String,
    expires_on: Day,
    units: i64,
}

/// A purchase on its way.
#[derive(Debug, Clone)]
struct Coming {
    order: String,
    arrives: i32,
    sku: usize,
    location: usize,
    units: i64,
}

/// Something a person will do on a later day.
#[derive(Debug, Clone)]
struct Later {
    day: i32,
    person: usize,
    sku: usize,
    order: String,
    location: &'static str,
    lot: String,
    kind: LaterKind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum LaterKind {
    SendBack,
    Rate,
}

struct Season<'a> {
    params: &'a Params,
    skus: &'a [Sku],
    people: &'a [Person],
    promotions: &'a [Promotion],
    dice: Dice,
    events: Vec<ShopEvent>,
    truth: Truth,
    /// What really lies there, by SKU and location, first to expire first.
    shelf: Vec<[Vec<Pile>; 3]>,
    /// Units gone from a shelf that the books still count, by SKU and location.
    missing: Vec<[i64; 3]>,
    coming: Vec<Coming>,
    later: Vec<Later>,
    recalled: Vec<String>,
    /// Units sold by SKU, location and day.
    sold: Vec<[Vec<i64>; 3]>,
    popularity: Vec<f64>,
    next_id: u64,
}

impl<'a> Season<'a> {
    fn new(
        params: &'a Params,
        skus: &'a [Sku],
        people: &'a [Person],
        promotions: &'a [Promotion],
        mut dice: Dice,
    ) -> Season<'a> {
        let popularity = skus.iter().map(|sku| product(sku).popularity * (0.35 * dice.normal()).exp()).collect();
        let days = params.days.max(0) as usize;
        let mut truth = Truth::default();
        for sku in skus {
            truth.demand.insert(sku.id.clone(), vec![0; days]);
            truth.sold.insert(sku.id.clone(), vec![0; days]);
            truth.in_stock.insert(sku.id.clone(), vec![false; days]);
        }
        Season {
            params,
            skus,
            people,
            promotions,
            dice,
            events: Vec::new(),
            truth,
            shelf: vec![Default::default(); skus.len()],
            missing: vec![[0; 3]; skus.len()],
            coming: Vec::new(),
            later: Vec::new(),
            recalled: Vec::new(),
            sold: vec![std::array::from_fn(|_| vec![0; days]); skus.len()],
            popularity,
            next_id: 0,
        }
    }

    fn play(&mut self) {
        self.open();
        for day in 0..self.params.days {
            self.receive_due(day);
            self.expire(day);
            self.recall(day);
            self.restock_store(day);
            self.note_in_stock(day);
            self.web(day);
            self.till(day);
            self.vanish(day);
            self.afterwards(day);
            self.count(day);
            self.order(day);
        }
        self.settle();
    }

    fn day(&self, day: i32) -> Day {
        self.params.start + day
    }

    /// An instant of a day: minutes after midnight and a second drawn.
    fn instant(&mut self, day: i32, minute: i32) -> Timestamp {
        let second = self.dice.below(60) as i64;
        Timestamp(i64::from(self.day(day).0) * DAY_MS + i64::from(minute) * 60_000 + second * 1000)
    }

    fn emit(&mut self, at: Timestamp, prefix: &str, what: What) -> String {
        self.next_id += 1;
        let id = format!("{prefix}-{:05}", self.next_id);
        self.events.push(ShopEvent { at, id: id.clone(), what });
        id
    }

    // Goods.

    /// The stock of the first day: some of it old, as in any shop.
    fn open(&mut self) {
        for sku in 0..self.skus.len() {
            if self.skus[sku].launched_on.is_some() {
                continue;
            }
            let weekly = self.expected_daily(sku) * 7.0;
            for (location, weeks) in [(0, 4.5), (1, 4.0), (2, 3.0)] {
                let share = SHARE[location];
                let old = (weekly * share * 1.2).ceil() as i64;
                let fresh = (weekly * share * weeks * (0.7 + 0.6 * self.dice.unit())).ceil() as i64 + 2;
                let slow = self.popularity[sku] < 0.9 && location != 2;
                let old_age = self.skus[sku].shelf_life_months * 30 - self.dice.within(35, 330);
                self.receive(0, sku, location, old * if slow { 7 } else { 1 }, old_age, None);
                let age = self.dice.within(40, 150);
                self.receive(0, sku, location, fresh, age, None);
            }
        }
    }

    fn receive_due(&mut self, day: i32) {
        let due: Vec<Coming> = self.coming.iter().filter(|c| c.arrives == day).cloned().collect();
        self.coming.retain(|c| c.arrives > day);
        self.short_dated(day);
        for coming in due {
            let old_stock = self.dice.chance(0.12);
            let age = if old_stock { self.dice.within(200, 300) } else { self.dice.within(25, 110) };
            self.receive(day, coming.sku, coming.location, coming.units, age, Some(coming.order));
        }
    }

    /// The buyer takes what a supplier offers cheaply because it will expire soon.
    fn short_dated(&mut self, day: i32) {
        for &(_, name, location, weeks, days_left) in SHORT_DATED.iter().filter(|offer| offer.0 == day) {
            if let Some(sku) = self.skus.iter().position(|s| s.id == name) {
                let units = (self.expected_daily(sku) * SHARE[location] * 7.0 * weeks).ceil() as i64;
                self.receive(day, sku, location, units, self.skus[sku].shelf_life_months * 30 - days_left, None);
            }
        }
    }

    fn receive(&mut self, day: i32, sku: usize, location: usize, units: i64, age_days: i32, order: Option<String>) {
        if units <= 0 {
            return;
        }
        let item = &self.skus[sku];
        let made_on = self.day(day) + -age_days;
        let expires_on = made_on.add_months(item.shelf_life_months);
        let (year, month, day_of_month) = made_on.ymd();
        let lot = format!("{}{:02}{:02}{:02}", item.supplier.to_uppercase(), year % 100, month, day_of_month);
        let what = What::Receive {
            sku: item.id.clone(),
            lot: lot.clone(),
            expires_on,
            quantity: units,
            location: LOCATIONS[location].id,
            supplier: item.supplier,
            order,
        };
        let minute = self.dice.within(6 * 60, 7 * 60 + 30);
        let at = self.instant(day, minute);
        self.emit(at, "asn", what);
        add(&mut self.shelf[sku][location], Pile { lot, expires_on, units });
    }

    /// Units whose last good day was yesterday are taken off the shelf.
    fn expire(&mut self, day: i32) {
        let today = self.day(day);
        for sku in 0..self.skus.len() {
            for (location, piles) in self.shelf[sku].iter_mut().enumerate() {
                let id = &self.skus[sku].id;
                let truth = &mut self.truth;
                piles.retain(|pile| {
                    let gone = pile.expires_on < today;
                    if gone {
                        let place = LOCATIONS[location].id;
                        truth.expired.push((id.clone(), place, pile.lot.clone(), today, pile.units));
                    }
                    !gone
                });
            }
        }
    }

    fn available(&self, sku: usize, location: usize, day: i32) -> i64 {
        let today = self.day(day);
        let good = |pile: &&Pile| pile.expires_on >= today && !self.is_recalled(sku, &pile.lot);
        self.shelf[sku][location].iter().filter(good).map(|pile| pile.units).sum()
    }

    fn is_recalled(&self, sku: usize, lot: &str) -> bool {
        self.skus[sku].id == BAD_SKU && self.recalled.iter().any(|r| r == lot)
    }

    /// Takes units, first to expire first; answers the lots they came from.
    fn take(&mut self, sku: usize, location: usize, units: i64, day: i32) -> Vec<(String, Day, i64)> {
        let today = self.day(day);
        let recalled = if self.skus[sku].id == BAD_SKU { self.recalled.clone() } else { Vec::new() };
        let (mut left, mut taken) = (units, Vec::new());
        for pile in &mut self.shelf[sku][location] {
            if left == 0 || pile.expires_on < today || recalled.contains(&pile.lot) {
                continue;
            }
            let some = left.min(pile.units);
            pile.units -= some;
            left -= some;
            taken.push((pile.lot.clone(), pile.expires_on, some));
        }
        self.shelf[sku][location].retain(|pile| pile.units > 0);
        taken
    }

    /// The store is filled up from the Paris warehouse on Tuesdays and Fridays, by what the books say it has.
    fn restock_store(&mut self, day: i32) {
        if !matches!(self.weekday(day), 1 | 4) {
            return;
        }
        for sku in 0..self.skus.len() {
            let wanted = (self.expected_daily(sku) * SHARE[2] * 12.0).ceil() as i64 + 2;
            let book = self.available(sku, 2, day) + self.missing[sku][2];
            let units = (wanted - book).min(self.available(sku, 0, day) - 2);
            if units < 2 || self.skus[sku].launched_on.is_some_and(|launch| self.day(day) < launch + -2) {
                continue;
            }
            for (lot, expires_on, some) in self.take(sku, 0, units, day) {
                let what = What::Move {
                    sku: self.skus[sku].id.clone(),
                    lot: lot.clone(),
                    quantity: some,
                    from: PARIS,
                    to: STORE,
                };
                let at = self.instant(day, 8 * 60 + 10);
                self.emit(at, "move", what);
                add(&mut self.shelf[sku][2], Pile { lot, expires_on, units: some });
            }
        }
    }

    /// The weekly review of each supplier: a crude planner that looks four weeks back and orders up to a level.
    fn order(&mut self, day: i32) {
        for supplier in &SUPPLIERS {
            if self.weekday(day) != supplier.order_weekday {
                continue;
            }
            for sku in (0..self.skus.len()).filter(|&s| self.skus[s].supplier == supplier.id) {
                for location in [0, 1] {
                    self.order_one(day, sku, location, supplier);
                }
            }
        }
    }

    fn order_one(&mut self, day: i32, sku: usize, location: usize, supplier: &Supplier) {
        let item = &self.skus[sku];
        let launch = item.launched_on.map(|launch| launch - self.params.start);
        if launch.is_some_and(|launch| day < launch - supplier.lead_time_days - 7) {
            return;
        }
        let served = if location == 0 { [0, 2].as_slice() } else { [1].as_slice() };
        let looked_back = 28.min(day + 1);
        let since = (day + 1 - looked_back).max(0) as usize;
        let sold: i64 = served.iter().map(|&l| self.sold[sku][l][since..=day as usize].iter().sum::<i64>()).sum();
        let mut daily = sold as f64 / f64::from(looked_back.max(1));
        if day < 21 || launch.is_some_and(|launch| day < launch + 14) {
            daily = self.expected_daily(sku) * served.iter().map(|&l| SHARE[l]).sum::<f64>();
        }
        // The planner's bias: some items are loved too much, some forgotten.
        let bias = 0.75 + 0.6 * (sku * 7919 % 101) as f64 / 100.0;
        let target = daily * bias * f64::from(supplier.lead_time_days + 7 + 12);
        let on_way: i64 = self.coming.iter().filter(|c| c.sku == sku && c.location == location).map(|c| c.units).sum();
        let have: i64 = served.iter().map(|&l| self.available(sku, l, day) + self.missing[sku][l]).sum();
        let need = target.ceil() as i64 - have - on_way;
        if need <= 0 {
            return;
        }
        let packs = (need.max(item.minimum_quantity) + item.pack_size - 1) / item.pack_size;
        let late = self.dice.within(-supplier.spread_days, supplier.spread_days * 2);
        let arrives = day + (supplier.lead_time_days + late).max(1);
        let units = packs * item.pack_size;
        let what = What::Order {
            sku: item.id.clone(),
            quantity: units,
            location: LOCATIONS[location].id,
            supplier: supplier.id,
            expected_on: self.day(day + supplier.lead_time_days),
        };
        let at = Timestamp(i64::from(self.day(day).0) * DAY_MS + 17 * 3_600_000);
        let order = self.emit(at, "po", what);
        self.coming.push(Coming { order, arrives, sku, location, units });
    }

    /// Units leave the store's shelf unrecorded: now and then one, and three times a whole shelf.
    fn vanish(&mut self, day: i32) {
        for (name, on_day) in [("LIP-VELVET-02", 96), ("MASC-NOIR", 118), ("SPF-FLUID-50", 40)] {
            if day != on_day {
                continue;
            }
            if let Some(sku) = self.skus.iter().position(|s| s.id == name) {
                let all = self.available(sku, 2, day);
                self.lose(sku, day, all);
            }
        }
        let sku = self.dice.below(self.skus.len());
        if self.dice.chance(0.12) && self.available(sku, 2, day) > 1 {
            self.lose(sku, day, 1);
        }
    }

    fn lose(&mut self, sku: usize, day: i32, units: i64) {
        let lost: i64 = self.take(sku, 2, units, day).iter().map(|(_, _, units)| units).sum();
        if lost > 0 {
            self.missing[sku][2] += lost;
            self.truth.vanished.push((self.skus[sku].id.clone(), STORE, self.day(day), lost));
        }
    }

    /// A few shelves of the store are counted every second Sunday, so that each has its turn; two are never reached.
    fn count(&mut self, day: i32) {
        if self.weekday(day) != 6 || (day / 7) % 2 == 1 {
            return;
        }
        let turn = (day / 14) as usize;
        for sku in 0..self.skus.len() {
            let skipped = matches!(self.skus[sku].id.as_str(), "LIP-VELVET-02" | "MASC-NOIR");
            if sku % 6 != turn % 6 || skipped || self.skus[sku].launched_on.is_some_and(|l| self.day(day) < l) {
                continue;
            }
            let lots: Vec<(String, i64)> =
                self.shelf[sku][2].iter().map(|pile| (pile.lot.clone(), pile.units)).collect();
            let counted = lots.iter().map(|(_, units)| units).sum();
            self.missing[sku][2] = 0;
            let what = What::Count { sku: self.skus[sku].id.clone(), location: STORE, counted, lots };
            let at = self.instant(day, 20 * 60 + 30);
            self.emit(at, "count", what);
        }
    }

    /// The lot of the serum that most of the bad experiences came from is recalled.
    fn recall(&mut self, day: i32) {
        let bad = self.skus.iter().position(|s| s.id == BAD_SKU);
        let (Some(sku), true) = (bad, day == RECALL_DAY.min(self.params.days - 8)) else { return };
        if let Some(lot) = self.bad_lot(sku) {
            self.recalled.push(lot.clone());
            let what = What::Recall { sku: BAD_SKU.to_string(), lot, reason: "smell and skin reactions" };
            let at = self.instant(day, 9 * 60);
            self.emit(at, "recall", what);
        }
    }

    /// The lot of the bad serum: the one of which most lies on the shelves before the recall.
    fn bad_lot(&self, sku: usize) -> Option<String> {
        let mut units: BTreeMap<&str, i64> = BTreeMap::new();
        for pile in self.shelf[sku].iter().flatten() {
            *units.entry(&pile.lot).or_default() += pile.units;
        }
        units.into_iter().max_by_key(|(_, units)| *units).map(|(lot, _)| lot.to_string())
    }

    fn note_in_stock(&mut self, day: i32) {
        for sku in 0..self.skus.len() {
            let any = (0..3).any(|location| self.available(sku, location, day) > 0);
            if let Some(days) = self.truth.in_stock.get_mut(&self.skus[sku].id) {
                days[day as usize] = any;
            }
        }
    }

    // Demand.

    fn weekday(&self, day: i32) -> i32 {
        (self.day(day).0 + 3).rem_euclid(7)
    }

    /// Units a day over all places, as the planner of the first weeks would guess.
    fn expected_daily(&self, sku: usize) -> f64 {
        let total: f64 = self.popularity.iter().sum();
        let units = self.params.web_visits * 0.72 * 1.75 + self.params.till_tickets * 1.5;
        units * self.popularity[sku] / total
    }

    /// Pull of a SKU on a day: popularity, season, promotion, launch.
    fn pull(&self, sku: usize, day: i32) -> f64 {
        let item = &self.skus[sku];
        let today = self.day(day);
        let launch = match item.launched_on {
            Some(launch) if today < launch => 0.0,
            Some(launch) => 1.0 + 1.6 * (-f64::from(today - launch) / 12.0).exp(),
            None => 1.0,
        };
        let promoted = |p: &&Promotion| today >= p.from && today <= p.to && p.skus.contains(&item.id);
        let promotion = self.promotions.iter().find(promoted).map_or(1.0, |p| 1.0 + f64::from(p.percent) / 22.0);
        self.popularity[sku] * seasonal(item.category, today) * launch * promotion
    }

    fn visits(&mut self, day: i32, mean: f64) -> usize {
        let growth = 1.0 + 0.0012 * f64::from(day);
        let mean = mean * WEEKDAY[self.weekday(day) as usize] * growth;
        self.dice.poisson(mean)
    }

    fn web(&mut self, day: i32) {
        let pulls: Vec<f64> = (0..self.skus.len()).map(|sku| self.pull(sku, day)).collect();
        let activity: Vec<f64> = self.people.iter().map(|p| p.activity).collect();
        for _ in 0..self.visits(day, self.params.web_visits) {
            let Some(person) = self.dice.weighted(&activity) else { return };
            self.visit(day, person, &pulls);
        }
    }

    fn visit(&mut self, day: i32, person: usize, pulls: &[f64]) {
        let minute = self.dice.within(9 * 60, 21 * 60);
        let weights: Vec<f64> = pulls.iter().zip(&self.people[person].liking).map(|(p, l)| p * l).collect();
        let Some(first) = self.dice.weighted(&weights) else { return };
        self.look(day, minute, person, &weights, first);
        let buys = self.dice.chance(0.72);
        let abandons = !buys && self.dice.chance(0.5);
        if !buys && !abandons {
            return;
        }
        let location = if self.people[person].customer.location == PARIS { 0 } else { 1 };
        let wanted = self.basket(first, &weights);
        let lines = if buys {
            self.serve(day, location, &wanted, &weights)
        } else {
            wanted.iter().copied().filter(|(sku, units)| self.available(*sku, location, day) > *units + 3).collect()
        };
        self.check_out(day, minute, person, location, &lines, buys);
    }

    fn look(&mut self, day: i32, minute: i32, person: usize, weights: &[f64], first: usize) {
        let mut seen = vec![first];
        for _ in 0..self.dice.below(4) {
            seen.extend(self.dice.weighted(weights));
        }
        for sku in seen {
            let subject = self.people[person].customer.id.clone();
            let sku = self.skus[sku].id.clone();
            let at = self.instant(day, minute - 5);
            if self.dice.chance(0.35) {
                self.emit(at, "click", What::Click { subject: subject.clone(), sku: sku.clone() });
            }
            self.emit(at, "view", What::View { subject, sku });
        }
    }

    /// One to four lines; what goes with the first (same brand, or a routine of the face) is likelier.
    fn basket(&mut self, first: usize, weights: &[f64]) -> Vec<(usize, i64)> {
        let lines = self.dice.weighted(&[0.5, 0.3, 0.14, 0.06]).unwrap_or(0) + 1;
        let mut chosen = vec![first];
        while chosen.len() < lines {
            let near: Vec<f64> =
                (0..weights.len()).map(|sku| self.beside(first, sku, &chosen) * weights[sku]).collect();
            let Some(next) = self.dice.weighted(&near) else { break };
            chosen.push(next);
        }
        chosen.into_iter().map(|sku| (sku, if self.dice.chance(0.12) { 2 } else { 1 })).collect()
    }

    fn beside(&self, first: usize, sku: usize, chosen: &[usize]) -> f64 {
        let (a, b) = (&self.skus[first], &self.skus[sku]);
        if chosen.iter().any(|&c| self.skus[c].product == b.product) {
            return 0.0;
        }
        let brand = if a.brand == b.brand { 2.5 } else { 1.0 };
        let goes = PAIRS.iter().any(|&(x, y)| (x, y) == (a.category, b.category) || (y, x) == (a.category, b.category));
        brand * if goes { 4.0 } else { 1.0 }
    }

    /// What of the wish can be had; what cannot is sometimes replaced, else lost.
    fn serve(&mut self, day: i32, location: usize, wanted: &[(usize, i64)], weights: &[f64]) -> Vec<(usize, i64)> {
        let mut lines: Vec<(usize, i64)> = Vec::new();
        for &(sku, units) in wanted {
            self.want(sku, day, units);
            let had = self.available(sku, location, day);
            if had >= units {
                lines.push((sku, units));
            } else if self.dice.chance(0.4) {
                let here: Vec<f64> = (0..weights.len())
                    .map(|s| if self.skus[s].category == self.skus[sku].category { weights[s] } else { 0.0 })
                    .enumerate()
                    .map(|(s, w)| if s != sku && self.available(s, location, day) > 2 { w } else { 0.0 })
                    .collect();
                let other = self.dice.weighted(&here).filter(|s| lines.iter().all(|(l, _)| l != s));
                lines.extend(other.map(|s| (s, 1)));
            }
        }
        lines.sort_by_key(|(sku, _)| *sku);
        lines.dedup_by_key(|(sku, _)| *sku);
        lines
    }

    fn want(&mut self, sku: usize, day: i32, units: i64) {
        if let Some(days) = self.truth.demand.get_mut(&self.skus[sku].id) {
            days[day as usize] += units;
        }
    }

    fn sell(&mut self, sku: usize, location: usize, units: i64, day: i32) -> Vec<(String, Day, i64)> {
        self.sold[sku][location][day as usize] += units;
        if let Some(days) = self.truth.sold.get_mut(&self.skus[sku].id) {
            days[day as usize] += units;
        }
        self.take(sku, location, units, day)
    }

    fn lines(&self, lines: &[(usize, i64)]) -> Vec<Line> {
        lines.iter().map(|&(sku, quantity)| Line { sku: self.skus[sku].id.clone(), quantity }).collect()
    }

    fn check_out(&mut self, day: i32, minute: i32, person: usize, location: usize, lines: &[(usize, i64)], buys: bool) {
        if lines.is_empty() {
            return;
        }
        let outcome = if buys { Outcome::Paid } else { Outcome::Abandoned };
        let subject = self.people[person].customer.id.clone();
        let place = LOCATIONS[location].id;
        let what = What::Basket { subject, lines: self.lines(lines), location: place, outcome };
        let at = self.instant(day, minute);
        let order = self.emit(at, "order", what);
        if !buys {
            return;
        }
        for &(sku, units) in lines {
            let lots = self.sell(sku, location, units, day);
            let lot = lots.last().map_or(String::new(), |(lot, _, _)| lot.clone());
            self.remember(day, person, sku, &order, place, lot);
        }
    }

    /// Draws what the person will do later with what was bought.
    fn remember(&mut self, day: i32, person: usize, sku: usize, order: &str, location: &'static str, lot: String) {
        let bad = self.is_bad(sku, day);
        let shaded = self.skus[sku].shade_hex.is_some();
        let send_back = if bad {
            0.3
        } else if shaded {
            0.06
        } else {
            0.03
        };
        let rate = if bad { 0.55 } else { 0.24 };
        let mut later = |kind, days: i32, p: f64, dice: &mut Dice| {
            if dice.chance(p) {
                let later =
                    Later { day: day + days, person, sku, order: order.to_string(), location, lot: lot.clone(), kind };
                self.later.push(later);
            }
        };
        let mut dice = self.dice.clone();
        let (back_days, rate_days) = (dice.within(4, 16), dice.within(5, 21));
        later(LaterKind::SendBack, back_days, send_back, &mut dice);
        later(LaterKind::Rate, rate_days, rate, &mut dice);
        self.dice = dice;
    }

    /// The serum goes bad in the month before its recall.
    fn is_bad(&self, sku: usize, day: i32) -> bool {
        let recall = RECALL_DAY.min(self.params.days - 8);
        self.skus[sku].id == BAD_SKU && (recall - 32..recall).contains(&day)
    }

    fn till(&mut self, day: i32) {
        let pulls: Vec<f64> = (0..self.skus.len()).map(|sku| self.pull(sku, day)).collect();
        for _ in 0..self.visits(day, self.params.till_tickets) {
            let minute = self.dice.within(10 * 60, 19 * 60 + 30);
            let Some(first) = self.dice.weighted(&pulls) else { return };
            let wanted = self.basket(first, &pulls);
            let mut lines = Vec::new();
            for (sku, units) in wanted {
                self.want(sku, day, units);
                if self.available(sku, 2, day) >= units {
                    self.sell(sku, 2, units, day);
                    lines.push((sku, units));
                } else {
                    self.complain(day, minute, sku);
                }
            }
            if !lines.is_empty() {
                let what = What::TillSale { lines: self.lines(&lines), location: STORE };
                let at = self.instant(day, minute);
                self.emit(at, "till", what);
            }
        }
    }

    /// A person before an empty shelf sometimes says so; likelier where the web shop says that it is there.
    fn complain(&mut self, day: i32, minute: i32, sku: usize) {
        let promised = self.missing[sku][2] > 0;
        if self.dice.chance(if promised { 0.22 } else { 0.02 }) {
            let person = self.dice.below(self.people.len());
            let what = What::Complaint {
                subject: self.people[person].customer.id.clone(),
                sku: self.skus[sku].id.clone(),
                location: STORE,
                kind: "not_available",
            };
            let at = self.instant(day, minute);
            self.emit(at, "say", what);
        }
    }

    // Afterwards.

    fn afterwards(&mut self, day: i32) {
        let due: Vec<Later> = self.later.iter().filter(|l| l.day == day).cloned().collect();
        self.later.retain(|l| l.day > day);
        for later in due {
            match later.kind {
                LaterKind::SendBack => self.send_back(day, later),
                LaterKind::Rate => self.rate(day, later),
            }
        }
    }

    fn send_back(&mut self, day: i32, later: Later) {
        let bad = self.is_bad(later.sku, day) || self.is_bad(later.sku, day - 12);
        let reasons: &[&str] = match () {
            () if bad => &["irritation", "irritation", "smell"],
            () if self.skus[later.sku].shade_hex.is_some() => {
                &["wrong_shade", "wrong_shade", "changed_mind", "damaged"]
            }
            () => &["changed_mind", "damaged", "irritation", "not_as_described"],
        };
        let reason = self.dice.pick(reasons);
        let resellable = reason == "changed_mind";
        if resellable {
            self.put_back(&later, day);
        }
        let what = What::Return {
            subject: self.people[later.person].customer.id.clone(),
            order: later.order,
            sku: self.skus[later.sku].id.clone(),
            lot: later.lot,
            quantity: 1,
            location: later.location,
            reason,
            resellable,
        };
        let at = self.instant(day, 11 * 60);
        self.emit(at, "back", what);
    }

    fn put_back(&mut self, later: &Later, day: i32) {
        let location = if later.location == PARIS { 0 } else { 1 };
        let received = |e: &ShopEvent| match &e.what {
            What::Receive { sku, lot, expires_on, .. } if *sku == self.skus[later.sku].id && *lot == later.lot => {
                Some(*expires_on)
            }
            _ => None,
        };
        let expires_on = self.events.iter().find_map(received).unwrap_or(self.day(day));
        add(&mut self.shelf[later.sku][location], Pile { lot: later.lot.clone(), expires_on, units: 1 });
    }

    fn rate(&mut self, day: i32, later: Later) {
        let liking = self.people[later.person].liking[later.sku].max(0.05).ln();
        let bad = self.is_bad(later.sku, day) || self.is_bad(later.sku, day - 14);
        let mean = if bad { 1.7 } else { 4.05 + 0.35 * liking.clamp(-2.0, 2.0) };
        let value = (mean + 0.8 * self.dice.normal()).round().clamp(1.0, 5.0) as i64;
        let subject = self.people[later.person].customer.id.clone();
        let sku = self.skus[later.sku].id.clone();
        let minute = self.dice.within(12 * 60, 22 * 60);
        let at = self.instant(day, minute);
        if self.dice.chance(0.38) {
            let text = words(value, bad, self.skus[later.sku].category, &mut self.dice);
            self.emit(at, "review", What::Review { subject, sku, value, text });
        } else {
            self.emit(at, "rating", What::Rating { subject, sku, value });
        }
    }

    /// Writes down what is left, for the books of the truth.
    fn settle(&mut self) {
        for (sku, places) in self.shelf.iter().enumerate() {
            for (location, piles) in places.iter().enumerate() {
                for pile in piles {
                    let key = (self.skus[sku].id.clone(), LOCATIONS[location].id, pile.lot.clone());
                    *self.truth.on_hand.entry(key).or_default() += pile.units;
                }
            }
        }
    }
}

/// Share of the demand by location, as planned.
const SHARE: [f64; 3] = [0.40, 0.25, 0.35];

/// Cheap lots: day, SKU, location, weeks of cover, days to their expiry.
const SHORT_DATED: [(i32, &str, usize, f64, i32); 8] = [
    (12, "CRE-NUIT-50", 1, 15.0, 62),
    (30, "SUN-AFTER", 1, 18.0, 80),
    (66, "BODY-SCRUB", 1, 16.0, 75),
    (150, "CLE-OAT-150", 1, 34.0, 66),
    (158, "EYE-CAF-15", 1, 36.0, 74),
    (164, "SER-RET-30", 1, 24.0, 58),
    (166, "LIP-BALM", 0, 21.0, 71),
    (170, "SER-VITC-30", 0, 12.0, 49),
];

/// Categories that go into one basket.
const PAIRS: [(&str, &str); 7] = [
    ("cleansers", "moisturisers"),
    ("serums", "moisturisers"),
    ("face", "eyes"),
    ("lips", "eyes"),
    ("lips", "nails"),
    ("sun care", "body"),
    ("fragrance", "body"),
];

fn product(sku: &Sku) -> &'static Product {
    PRODUCTS.iter().find(|p| p.id == sku.product).unwrap_or(&PRODUCTS[0])
}

/// Adds a pile in order of expiry, onto the same lot where it is there.
fn add(piles: &mut Vec<Pile>, pile: Pile) {
    if let Some(same) = piles.iter_mut().find(|p| p.lot == pile.lot && p.expires_on == pile.expires_on) {
        same.units += pile.units;
        return;
    }
    piles.push(pile);
    piles.sort_by(|a, b| (a.expires_on, &a.lot).cmp(&(b.expires_on, &b.lot)));
}

/// Sun care sells in summer; fragrance, lips and rich care towards winter.
fn seasonal(category: &str, day: Day) -> f64 {
    let (year, _, _) = day.ymd();
    let new_year = Day::from_ymd(year, 1, 1).unwrap_or(day);
    let angle = std::f64::consts::TAU * f64::from(day - new_year) / 365.25;
    let summer = -(angle - 0.15).cos();
    match category {
        "sun care" => (1.1 * summer).exp(),
        "fragrance" | "lips" => (-0.3 * summer).exp(),
        "moisturisers" => (-0.2 * summer).exp(),
        _ => 1.0,
    }
}

/// The words of a review, by its stars.
fn words(value: i64, bad: bool, category: &str, dice: &mut Dice) -> String {
    let opening: &[&str] = match value {
        5 => &["Love it.", "Holy grail!", "Absolutely beautiful.", "Best I have tried this year."],
        4 => &["Really good.", "Very pleased.", "Works well for me."],
        3 => &["It is okay.", "Nothing special.", "Fine for the price."],
        2 => &["Not for me.", "Disappointed.", "Expected more."],
        _ => &["Terrible.", "Waste of money.", "Never again."],
    };
    let detail: &[&str] = match (bad, value, category) {
        (true, 1..=3, _) => &[
            "This bottle smells rancid and my cheeks went red within an hour.",
            "It smells off compared with my last one and it stung.",
            "I got a rash around the nose; the colour has gone dark as well.",
        ],
        (_, 4.., "lips") => {
            &["The shade is true to the picture and it stays on through lunch.", "Comfortable and not drying."]
        }
        (_, 4.., "face" | "eyes") => &["It blends well and does not crease.", "It lasts the whole day."],
        (_, 4.., "fragrance") => &["The scent stays until evening.", "I get compliments every time."],
        (_, 4.., _) => &["My skin feels soft and it sinks in quickly.", "No irritation, and the packaging is lovely."],
        (_, 3, _) => &["The texture is a little heavy.", "Delivery took a week."],
        (_, _, "lips" | "face") => &["The shade is much darker than on the screen.", "It dries my skin out."],
        _ => &["Too expensive for what it does.", "The pump broke after two days.", "It left my skin greasy."],
    };
    format!("{} {}", dice.pick(opening), dice.pick(detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(shop: &Shop, wanted: fn(&What) -> bool) -> usize {
        shop.events.iter().filter(|e| wanted(&e.what)).count()
    }

    #[test]
    fn the_same_seed_gives_the_same_season_and_another_does_not() {
        let params = Params { days: 60, ..Params::default() };
        let (first, again) = (shop(&params), shop(&params));
        assert_eq!(first, again);
        let other = shop(&Params { seed: 8, ..params });
        assert_ne!(first.events, other.events);
        assert_eq!(other.source, "generated, seed 8");
    }

    #[test]
    fn the_catalogue_is_whole() {
        let shop = shop(&Params { days: 1, ..Params::default() });
        assert!((36..=48).contains(&shop.skus.len()), "{}", shop.skus.len());
        let mut ids: Vec<&str> = shop.skus.iter().map(|s| s.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), shop.skus.len());
        for sku in &shop.skus {
            assert!(shop.suppliers.iter().any(|s| s.id == sku.supplier), "{}", sku.id);
            assert!(sku.cost_minor * 10 < sku.price_minor * 7 && sku.cost_minor > 0, "{}", sku.id);
            assert!((12..=36).contains(&sku.shelf_life_months) && sku.pao_months >= 3, "{}", sku.id);
            assert!(sku.ingredients.len() >= 6, "{}", sku.id);
            assert!(sku.minimum_quantity % sku.pack_size == 0, "{}", sku.id);
            assert!(sku.shade_hex.is_none_or(|h| h.len() == 7 && h.starts_with('#')), "{}", sku.id);
        }
        assert!(shop.skus.iter().filter(|s| s.ingredients.contains(&"Linalool")).count() >= 6);
        assert!(shop.customers.iter().filter(|c| !c.avoids.is_empty()).count() > 20);
    }

    #[test]
    fn a_season_has_every_kind_of_event_in_order_with_ids_of_their_own() {
        let shop = shop(&Params::default());
        assert!(shop.events.windows(2).all(|pair| pair[0].at <= pair[1].at));
        let mut ids: Vec<&str> = shop.events.iter().map(|e| e.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), shop.events.len());
        type Wanted = (&'static str, fn(&What) -> bool, usize);
        let kinds: [Wanted; 12] = [
            ("receive", |w| matches!(w, What::Receive { .. }), 300),
            ("paid", |w| matches!(w, What::Basket { outcome: Outcome::Paid, .. }), 3_000),
            ("abandoned", |w| matches!(w, What::Basket { outcome: Outcome::Abandoned, .. }), 300),
            ("till", |w| matches!(w, What::TillSale { .. }), 2_000),
            ("return", |w| matches!(w, What::Return { .. }), 100),
            ("rating", |w| matches!(w, What::Rating { .. }), 500),
            ("review", |w| matches!(w, What::Review { .. }), 300),
            ("view", |w| matches!(w, What::View { .. }), 10_000),
            ("complaint", |w| matches!(w, What::Complaint { .. }), 10),
            ("count", |w| matches!(w, What::Count { .. }), 40),
            ("recall", |w| matches!(w, What::Recall { .. }), 1),
            ("move", |w| matches!(w, What::Move { .. }), 200),
        ];
        for (name, wanted, least) in kinds {
            let found = count(&shop, wanted);
            assert!(found >= least, "{name}: {found}");
        }
        let last = Timestamp(i64::from(shop.today.0) * DAY_MS);
        assert!(shop.events.iter().all(|e| e.at < last));
    }

    #[test]
    fn units_are_conserved_and_leave_only_where_they_lie() {
        let shop = shop(&Params::default());
        let mut units: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        let mut vanished: BTreeMap<(&str, Day), i64> = BTreeMap::new();
        for (sku, _, day, lost) in &shop.truth.vanished {
            *vanished.entry((sku, *day)).or_default() += lost;
        }
        for event in &shop.events {
            match &event.what {
                What::Receive { sku, quantity, location, .. } => *units.entry((sku, location)).or_default() += quantity,
                What::Basket { lines, location, outcome: Outcome::Paid, .. } | What::TillSale { lines, location } => {
                    for line in lines {
                        *units.entry((&line.sku, location)).or_default() -= line.quantity;
                    }
                }
                What::Return { sku, quantity, location, resellable: true, .. } => {
                    *units.entry((sku, location)).or_default() += quantity
                }
                What::Move { sku, quantity, from, to, .. } => {
                    *units.entry((sku, from)).or_default() -= quantity;
                    *units.entry((sku, to)).or_default() += quantity;
                }
                _ => {}
            }
            assert!(units.values().all(|&u| u >= 0), "{} at {}", event.id, event.at);
        }
        for (sku, location, _, lost) in &shop.truth.vanished {
            *units.entry((sku, location)).or_default() -= lost;
        }
        for (sku, location, _, _, lost) in &shop.truth.expired {
            *units.entry((sku, location)).or_default() -= lost;
        }
        for ((sku, location, _), left) in &shop.truth.on_hand {
            *units.entry((sku, location)).or_default() -= left;
        }
        assert!(units.values().all(|&u| u == 0), "{units:?}");
    }

    #[test]
    fn the_season_has_the_troubles_of_a_real_shop() {
        let shop = shop(&Params::default());
        let sum = |of: &BTreeMap<String, Vec<i64>>| of.values().flatten().sum::<i64>() as f64;
        let fill = 1.0 - {
            let lost: i64 = shop
                .truth
                .demand
                .iter()
                .map(|(sku, wanted)| wanted.iter().zip(&shop.truth.sold[sku]).map(|(w, s)| (w - s).max(0)).sum::<i64>())
                .sum();
            lost as f64 / sum(&shop.truth.demand)
        };
        assert!((0.85..0.99).contains(&fill), "fill rate {fill}");
        let empty = shop.truth.in_stock.values().flatten().filter(|there| !**there).count();
        assert!(empty > 10, "{empty} days without stock");
        assert!(!shop.truth.expired.is_empty());
        let serum_before_recall =
            shop.events.iter().any(|e| matches!(&e.what, What::Review { text, .. } if text.contains("rancid")));
        assert!(serum_before_recall);
    }
}
