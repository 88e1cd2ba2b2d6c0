//! The oracle: a naive twin of the shop, written from the documented rules and from no line of the ledger.
//!
//! Everything is a `BTreeMap` keyed by text, a list that is searched from end to end, or a fold over one flat list of
//! movements. It is fed with inputs and answers what the engine has to answer. Restarts and erasures are inputs too.

use std::collections::{BTreeMap, BTreeSet};

use trousse::{
    Arrive, Assemble, Channel, Command, Commit, ComplaintKind, Condition, Count, Day, Fact, Line, Location, Move,
    OpenTester, Purchase, Recall, Receive, Reclassify, Release, Reserve, Return, Sale, ShortReceipt, Sku, Strategy,
    WriteOff,
};

pub const AVAILABLE: usize = 0;
pub const HELD: usize = 1;
pub const QUARANTINED: usize = 2;
pub const DAMAGED: usize = 3;
pub const EXPIRED: usize = 4;
pub const TRANSIT: usize = 5;
pub const TESTER: usize = 6;
pub const CONDITIONS: usize = 7;

const NEVER: i32 = i32::MAX;

/// One side of a movement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// A condition at a location.
    At(String, usize),
    /// An account outside.
    Out(&'static str),
}

/// A line of the flat list.
#[derive(Debug, Clone)]
pub struct Moved {
    pub at: i64,
    pub day: i32,
    pub kind: &'static str,
    pub sku: String,
    pub lot: String,
    pub quantity: i64,
    pub from: Side,
    pub to: Side,
    pub id: Option<String>,
    pub order: Option<String>,
    /// What a unit cost, of a receipt.
    pub cost: Option<i64>,
}

/// Units that go from one side to another, before they are entered.
type Shift = (String, String, i64, Side, Side);

#[derive(Debug, Clone, Default)]
pub struct Lot {
    pub expires: Option<i32>,
    pub received: Option<i32>,
    pub recalled: bool,
    /// When the first recall came, and how many days late.
    pub recalled_at: Option<(i64, i32)>,
    /// In which order lots came up.
    pub number: usize,
    /// The last good day that was seen to pass.
    fired: Option<i32>,
}

/// Units of a hold: SKU, location, lot (none: beyond the books).
pub type HoldLine = (String, String, Option<String>, i64);

#[derive(Debug, Clone)]
pub struct Hold {
    pub lines: Vec<HoldLine>,
    pub deadline: i64,
    remaining: i32,
    pub state: &'static str,
    number: usize,
}

#[derive(Debug, Clone)]
pub struct Doc {
    pub input: Input,
    pub answer: String,
    /// Whose erasure takes the id with it.
    subject: Option<String>,
}

#[derive(Debug, Clone)]
pub struct PurchaseOrder {
    pub location: String,
    pub lines: Vec<(String, i64, i64)>,
    under: i64,
    over: i64,
}

impl PurchaseOrder {
    pub fn open(&self, ordered: i64, received: i64) -> i64 {
        if received >= ordered - ordered * self.under / 100 { 0 } else { ordered - received }
    }
    pub fn beyond(&self, ordered: i64, received: i64) -> i64 {
        (received - ordered - ordered * self.over / 100).max(0)
    }
}

#[derive(Debug, Clone)]
pub struct Transfer {
    pub to: String,
    /// SKU, lot, condition in which they left, units still on their way.
    pub lines: Vec<(String, String, usize, i64)>,
    /// In which order they left.
    number: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    Command(Command),
    Fact(Fact),
}

/// Something that happens to the shop.
#[derive(Debug, Clone)]
pub enum Step {
    Restart,
    Skus(Vec<Sku>),
    Channels(Vec<Channel>),
    Locations(Vec<Location>),
    Commands(Vec<Command>),
    Facts(Vec<Fact>),
    Advance,
    Erase(String),
}

/// The shop as it must be.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub offset_minutes: i64,
    /// Offsets of locations that have one of their own.
    pub offsets: BTreeMap<String, i64>,
    pub now: i64,
    /// Instants of all events, with the person whose erasure takes them away.
    instants: Vec<(i64, Option<String>)>,
    pub skus: BTreeMap<String, Sku>,
    pub channels: BTreeMap<String, Channel>,
    pub moves: Vec<Moved>,
    /// Units by SKU, location and lot: the fold of `moves`, kept at hand.
    pub units: BTreeMap<(String, String, String), [i64; CONDITIONS]>,
    /// Locations in the order in which they came up.
    pub places: Vec<String>,
    pub shelves: BTreeSet<(String, String)>,
    pub lots: BTreeMap<(String, String), Lot>,
    pub holds: BTreeMap<String, Hold>,
    pub docs: BTreeMap<String, Doc>,
    pub purchases: BTreeMap<String, PurchaseOrder>,
    pub transfers: BTreeMap<String, Transfer>,
    /// SKU, location, lot, units and last good day of opened goods.
    pub testers: Vec<(String, String, String, i64, Option<i32>)>,
    frozen: Option<i32>,
    waiting: Vec<(i32, Fact)>,
    waiting_people: Vec<(i32, Fact)>,
    /// Instants of what is kept of each person.
    pub people: BTreeMap<String, Vec<i64>>,
}

struct Event {
    at: i64,
    /// Days between the instant and the day to which it belongs.
    late: i32,
    kind: &'static str,
    id: Option<String>,
    order: Option<String>,
}

type Touched = Vec<(String, String)>;

/// A demand: SKU, location, lot, units, first line.
type Need = (String, String, Option<String>, i64, usize);

fn touch(touched: &mut Touched, sku: &str, place: &str) {
    let shelf = (sku.to_string(), place.to_string());
    if !touched.contains(&shelf) {
        touched.push(shelf);
    }
}

fn needs(lines: &[Line], place: &str) -> Vec<Need> {
    let mut found: Vec<Need> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let own = line.location.as_deref().unwrap_or(place);
        match found.iter_mut().find(|need| need.0 == line.sku && need.1 == own && need.2 == line.lot) {
            Some(need) => need.3 += line.quantity.0,
            None => found.push((line.sku.clone(), own.into(), line.lot.clone(), line.quantity.0, at)),
        }
    }
    // Who names a lot gets it before those who take any.
    let (named, any): (Vec<Need>, Vec<Need>) = found.into_iter().partition(|need| need.2.is_some());
    named.into_iter().chain(any).collect()
}

fn short(sku: &str, place: &str, wanted: i64, there: i64) -> String {
    format!("INSUFFICIENT_STOCK {sku}@{place} {there} of {wanted}")
}

/// Adds which lines of a basket failed: the first failing one, the others with it.
fn in_basket(why: &str, failing: usize, count: usize) -> String {
    let codes: String = (0..count).map(|line| if line == failing { '!' } else { '-' }).collect();
    format!("{why} [{}]", if count > 1 { &codes } else { "" })
}

fn day(at: i64, offset_minutes: i64) -> i32 {
    (at + offset_minutes * 60_000).div_euclid(86_400_000) as i32
}

fn condition(condition: Condition) -> usize {
    condition as usize
}

fn out(side: &Side) -> bool {
    matches!(side, Side::Out(_))
}

impl Model {
    pub fn new(offset_minutes: i64) -> Model {
        Model { offset_minutes, ..Model::default() }
    }

    /// Lets a step happen and answers what the engine must answer to it.
    pub fn apply(&mut self, step: &Step, now: i64) -> Vec<String> {
        match step {
            Step::Restart => {
                self.now = self.instants.iter().map(|(at, _)| *at).max().unwrap_or(0);
                Vec::new()
            }
            Step::Skus(skus) => self.enter_skus(skus, now),
            Step::Channels(channels) => {
                self.begin(now);
                self.happened(self.now, None);
                for channel in channels {
                    self.channels.insert(channel.channel.clone(), channel.clone());
                }
                Vec::new()
            }
            Step::Locations(locations) => {
                self.begin(now);
                self.happened(self.now, None);
                for own in locations {
                    self.know_place(&own.location);
                    self.offsets.remove(&own.location);
                    let offset = own.utc_offset_minutes.map(i64::from);
                    self.offsets.extend(offset.map(|offset| (own.location.clone(), offset)));
                }
                Vec::new()
            }
            Step::Commands(commands) => commands.iter().map(|command| self.command(command, now)).collect(),
            Step::Facts(facts) => facts.iter().map(|fact| self.fact(fact, now)).collect(),
            Step::Advance => vec![self.begin(now).to_string()],
            Step::Erase(subject) => vec![self.erase(subject).to_string()],
        }
    }

    /// The shop's day.
    pub fn day(&self, at: i64) -> i32 {
        day(at, self.offset_minutes)
    }

    pub fn today(&self) -> i32 {
        self.day(self.now)
    }

    pub fn offset(&self, place: &str) -> i64 {
        self.offsets.get(place).copied().unwrap_or(self.offset_minutes)
    }

    /// The day at a location.
    pub fn day_at(&self, place: &str, at: i64) -> i32 {
        day(at, self.offset(place))
    }

    pub fn today_at(&self, place: &str) -> i32 {
        self.day_at(place, self.now)
    }

    /// Offsets of the known locations, the farthest west first.
    fn calendars(&self) -> BTreeSet<i64> {
        let all: BTreeSet<i64> = self.places.iter().map(|place| self.offset(place)).collect();
        if all.is_empty() { BTreeSet::from([self.offset_minutes]) } else { all }
    }

    /// The earliest day that it is anywhere.
    pub fn first_day(&self, at: i64) -> i32 {
        let west = self.calendars().first().map_or(self.offset_minutes, |west| (*west).min(self.offset_minutes));
        day(at, west)
    }

    /// The latest day that it is anywhere.
    pub fn last_day(&self) -> i32 {
        let east = self.calendars().last().map_or(self.offset_minutes, |east| (*east).max(self.offset_minutes));
        day(self.now, east)
    }

    fn happened(&mut self, at: i64, subject: Option<&str>) {
        self.instants.push((at, subject.map(String::from)));
        self.now = self.now.max(at);
    }

    /// Lets the clock come to `now` and fires what is due on the way.
    fn begin(&mut self, now: i64) -> usize {
        let now = now.max(self.now);
        let mut fired = 0;
        let mut due: Vec<(i64, String)> =
            self.live().filter(|(_, h)| h.deadline <= now).map(|(k, h)| (h.deadline, k.clone())).collect();
        due.sort();
        let mut due = due.into_iter().peekable();
        loop {
            let over = self.lots.iter().filter(|(_, lot)| lot.expires != lot.fired);
            let next = over.filter_map(|(key, lot)| Some((self.midnight(key, lot.expires?), lot.number, key)));
            let next = next.filter(|(end, ..)| *end <= now).min();
            let end = next.map(|(end, _, key)| (end, key.clone()));
            match (due.peek().map(|(at, _)| *at), end) {
                (Some(at), end) if end.as_ref().is_none_or(|(end, _)| at <= *end) => {
                    let Some((_, hold)) = due.next() else { break };
                    if self.holds[&hold].state == "live" {
                        self.fall(&hold, at.max(self.now).min(now));
                        fired += 1;
                    }
                }
                (_, Some((end, (sku, lot)))) => {
                    self.expire(&sku, &lot, end.max(self.now).min(now));
                    fired += 1;
                }
                (_, None) => break,
            }
        }
        self.now = now;
        fired
    }

    /// The next midnight after a last good day: where good units are left, at last the one farthest west.
    fn midnight(&self, (sku, lot): &(String, String), last: i32) -> i64 {
        let good = |place: &&String| {
            let units = self.count(sku, place, lot);
            units[AVAILABLE] > 0 || units[HELD] > 0
        };
        let own = self.places.iter().filter(good).map(|place| self.offset(place)).max();
        let offset = own.or(self.calendars().first().copied()).unwrap_or(self.offset_minutes);
        (i64::from(last) + 1) * 86_400_000 - offset * 60_000
    }

    /// Whether a lot's last good day has passed at a location.
    fn is_over(&self, sku: &str, lot: &str, place: &str, at: i64) -> bool {
        self.lot(sku, lot).expires.is_some_and(|last| last < self.day_at(place, at))
    }

    fn live(&self) -> impl Iterator<Item = (&String, &Hold)> {
        self.holds.iter().filter(|(_, hold)| hold.state == "live")
    }

    /// Live holds in the order in which they were made.
    fn oldest_live(&self, has: impl Fn(&HoldLine) -> bool) -> Option<String> {
        let found = self.live().filter(|(_, hold)| hold.lines.iter().any(&has));
        found.min_by_key(|(_, hold)| hold.number).map(|(key, _)| key.clone())
    }

    fn fall(&mut self, hold: &str, at: i64) {
        let mut touched = Vec::new();
        let back = self.give_back(hold, None);
        self.enter(&self.of(at, "hold_expired", None, Some(hold)), back, Some(hold), &mut touched);
        self.drop_owed(hold, &mut touched);
        self.close(hold, "expired");
        self.fill(touched, at);
    }

    fn of(&self, at: i64, kind: &'static str, id: Option<&str>, order: Option<&str>) -> Event {
        let order = order.or(id).map(String::from);
        Event { at, late: 0, kind, id: id.map(String::from), order }
    }

    fn expire(&mut self, sku: &str, lot: &str, at: i64) {
        let mut touched = Vec::new();
        let mut shifts = self.blocked(sku, lot, EXPIRED);
        shifts.retain(|shift| matches!(&shift.3, Side::At(place, _) if self.is_over(sku, lot, place, at)));
        self.enter(&self.of(at, "lot_expired", None, None), shifts, None, &mut touched);
        let west = self.calendars().first().copied().unwrap_or(self.offset_minutes);
        let everywhere = self.lot(sku, lot).expires.is_some_and(|last| last < day(at, west));
        if let Some(own) = self.lots.get_mut(&(sku.into(), lot.into())).filter(|_| everywhere) {
            own.fired = own.expires;
        }
        self.touch_all(sku, &mut touched);
        self.fill(touched, at);
        self.replace(sku, lot, EXPIRED, at);
    }

    fn touch_all(&self, sku: &str, touched: &mut Touched) {
        for place in self.places.iter().filter(|place| self.shelves.contains(&(sku.into(), (*place).clone()))) {
            touch(touched, sku, place);
        }
    }

    /// All free units of a lot, wherever they are.
    fn blocked(&self, sku: &str, lot: &str, to: usize) -> Vec<Shift> {
        let mut shifts = Vec::new();
        for place in &self.places {
            let free = self.count(sku, place, lot)[AVAILABLE];
            if free > 0 {
                shifts.push((
                    sku.into(),
                    lot.into(),
                    free,
                    Side::At(place.clone(), AVAILABLE),
                    Side::At(place.clone(), to),
                ));
            }
        }
        shifts
    }

    /// Lets other lots stand in for a blocked one in all holds.
    fn replace(&mut self, sku: &str, lot: &str, blocked: usize, at: i64) {
        loop {
            let has = |line: &HoldLine| {
                let over = blocked != EXPIRED || self.is_over(sku, lot, &line.1, at);
                line.0 == sku && line.2.as_deref() == Some(lot) && over
            };
            let Some(hold) = self.oldest_live(has) else { break };
            let own = self.holds[&hold].clone();
            let mut shifts = Vec::new();
            for (sku, place, _, quantity) in own.lines.iter().filter(|line| has(line)) {
                let today = self.day_at(place, at);
                let held = Side::At(place.clone(), HELD);
                shifts.push((sku.clone(), lot.into(), *quantity, held.clone(), Side::At(place.clone(), blocked)));
                let days = self.min_days(sku, today).max(own.remaining);
                let free = self.promisable(sku, place, today, days, None).min(*quantity);
                self.take(sku, place, None, today, days, Strategy::Fefo, free, &held, &mut shifts);
            }
            self.reallocate(&hold, shifts, at);
        }
    }

    fn reallocate(&mut self, hold: &str, shifts: Vec<Shift>, at: i64) {
        let mut touched = Vec::new();
        let gained: Vec<Shift> = shifts.iter().filter(|shift| matches!(shift.4, Side::At(_, HELD))).cloned().collect();
        self.enter(&self.of(at, "reallocated", None, Some(hold)), shifts, Some(hold), &mut touched);
        // What a hold gets is no longer owed to it.
        for (sku, _, quantity, from, _) in gained {
            let Side::At(place, _) = from else { continue };
            let Some(own) = self.holds.get_mut(hold) else { continue };
            if let Some(line) = own.lines.iter_mut().find(|line| line.0 == sku && line.1 == place && line.2.is_none()) {
                line.3 -= quantity.min(line.3);
            }
            own.lines.retain(|line| line.3 != 0);
        }
        self.close(hold, "lost");
        self.fill(touched, at);
    }

    /// Fills what is owed beyond the books of the shelves that were touched, for the oldest hold that waits.
    fn fill(&mut self, touched: Touched, at: i64) {
        for (sku, place) in touched {
            loop {
                let owed = |line: &HoldLine| line.0 == sku && line.1 == place && line.2.is_none();
                let mut waiting: Vec<(usize, String)> = self
                    .live()
                    .filter(|(_, hold)| hold.lines.iter().any(owed))
                    .map(|(key, hold)| (hold.number, key.clone()))
                    .collect();
                waiting.sort();
                // A hold that cannot use what is there lets the next one have it.
                let found = waiting.into_iter().find_map(|(_, hold)| {
                    let shifts = self.fills(&self.holds[&hold], &sku, &place, self.day_at(&place, at));
                    (!shifts.is_empty()).then_some((hold, shifts))
                });
                let Some((hold, shifts)) = found else { break };
                let (gained, mut again) = (shifts.clone(), Vec::new());
                self.enter(&self.of(at, "reallocated", None, Some(&hold)), shifts, Some(&hold), &mut again);
                for (_, _, quantity, ..) in gained {
                    let Some(own) = self.holds.get_mut(&hold) else { continue };
                    if let Some(line) = own.lines.iter_mut().find(|line| owed(line)) {
                        line.3 -= quantity.min(line.3);
                    }
                    own.lines.retain(|line| line.3 != 0);
                }
            }
        }
    }

    /// What fills the units of a shelf that are owed to a hold; the safety stock stays.
    fn fills(&self, hold: &Hold, sku: &str, place: &str, today: i32) -> Vec<Shift> {
        let owed = hold.lines.iter().filter(|line| line.0 == sku && line.1 == place && line.2.is_none());
        let wanted: i64 = owed.map(|line| line.3).sum();
        let days = self.min_days(sku, today).max(hold.remaining);
        let there = self.sellable_free(sku, place, today, days) - self.debt(sku, place);
        let free = there - self.skus[sku].safety_stock - self.kept(sku, None);
        let (part, to, mut shifts) = (wanted.min(free).max(0), Side::At(place.into(), HELD), Vec::new());
        self.take(sku, place, None, today, days, Strategy::Fefo, part, &to, &mut shifts);
        shifts
    }

    fn close(&mut self, hold: &str, state: &'static str) {
        if let Some(own) = self.holds.get_mut(hold).filter(|own| own.lines.is_empty()) {
            own.state = state;
        }
    }

    fn drop_owed(&mut self, hold: &str, touched: &mut Touched) {
        let Some(own) = self.holds.get_mut(hold) else { return };
        for line in own.lines.iter().filter(|line| line.2.is_none()) {
            touch(touched, &line.0, &line.1);
        }
        own.lines.retain(|line| line.2.is_some());
    }

    // Questions.

    pub fn count(&self, sku: &str, place: &str, lot: &str) -> [i64; CONDITIONS] {
        self.units.get(&(sku.to_string(), place.to_string(), lot.to_string())).copied().unwrap_or_default()
    }

    /// Lots with units on a shelf, in the order in which they leave.
    pub fn on_shelf(&self, sku: &str, place: &str) -> Vec<(String, [i64; CONDITIONS])> {
        let own = self.units.iter().filter(|((s, p, _), units)| s == sku && p == place && **units != [0; CONDITIONS]);
        let mut found: Vec<(String, [i64; CONDITIONS])> =
            own.map(|((_, _, lot), units)| (lot.clone(), *units)).collect();
        found.sort_by_key(|(lot, _)| self.leaves(sku, lot));
        found
    }

    fn leaves(&self, sku: &str, lot: &str) -> (i32, i32, String) {
        let own = self.lot(sku, lot);
        (own.expires.unwrap_or(NEVER), own.received.unwrap_or(NEVER), lot.to_string())
    }

    pub fn lot(&self, sku: &str, lot: &str) -> Lot {
        self.lots.get(&(sku.to_string(), lot.to_string())).cloned().unwrap_or_default()
    }

    pub fn may_sell(&self, sku: &str, lot: &str, today: i32, days: i32) -> bool {
        let own = self.lot(sku, lot);
        !own.recalled && own.expires.is_none_or(|last| today + days <= last)
    }

    /// Days that must remain on a sale: the most that anybody asks for.
    pub fn min_days(&self, sku: &str, today: i32) -> i32 {
        let Some(sku) = self.skus.get(sku) else { return 0 };
        // Who needs days to use it up has at most the months after opening.
        let opened = sku.pao_months.map_or(NEVER, |months| Day(today).add_months(months).0 - today);
        let used_up = sku.use_period_days.map_or(0, |days| days.min(opened));
        sku.min_remaining_days.max(sku.sell_by_buffer_days).max(used_up)
    }

    fn channel_days(&self, sku: &str, channel: Option<&str>) -> i32 {
        let Some(key) = channel else { return 0 };
        let of_channel = self.channels.get(key).map_or(0, |own| own.min_remaining_days);
        let own = self.skus.get(sku).and_then(|sku| sku.channels.iter().find(|own| own.channel == key));
        own.map_or(0, |own| own.min_remaining_days).max(of_channel)
    }

    fn debt(&self, sku: &str, place: &str) -> i64 {
        self.on_shelf(sku, place).iter().map(|(_, units)| (-units[AVAILABLE]).max(0)).sum()
    }

    fn sellable_free(&self, sku: &str, place: &str, today: i32, days: i32) -> i64 {
        let lots = self.on_shelf(sku, place);
        let may = lots.iter().filter(|(lot, _)| self.may_sell(sku, lot, today, days));
        may.map(|(_, units)| units[AVAILABLE].max(0)).sum()
    }

    /// Good units that may be sold, held ones included.
    pub fn sellable(&self, sku: &str, place: &str, today: i32) -> i64 {
        self.good(sku, place, today, self.min_days(sku, today))
    }

    fn good(&self, sku: &str, place: &str, today: i32, days: i32) -> i64 {
        let lots = self.on_shelf(sku, place);
        let may = lots.iter().filter(|(lot, _)| self.may_sell(sku, lot, today, days));
        may.map(|(_, units)| units[AVAILABLE].max(0) + units[HELD]).sum::<i64>() - self.debt(sku, place)
    }

    pub fn kept(&self, sku: &str, channel: Option<&str>) -> i64 {
        let others = self.channels.values().filter(|other| channel != Some(other.channel.as_str()));
        others.flat_map(|other| &other.kept).filter(|kept| kept.sku == sku).map(|kept| kept.quantity.0).sum()
    }

    pub fn owed(&self, sku: &str, place: &str) -> i64 {
        let lines = self.live().flat_map(|(_, hold)| &hold.lines);
        lines.filter(|line| line.0 == sku && line.1 == place && line.2.is_none()).map(|line| line.3).sum()
    }

    fn safety(&self, sku: &str) -> i64 {
        self.skus.get(sku).map_or(0, |sku| sku.safety_stock)
    }

    /// What may be promised, the safety stock included, as it is: below zero where more is owed than there is.
    fn unpromised(&self, sku: &str, place: &str, today: i32, days: i32, channel: Option<&str>) -> i64 {
        let free = self.sellable_free(sku, place, today, days);
        free - self.debt(sku, place) - self.owed(sku, place) - self.kept(sku, channel)
    }

    pub fn promisable(&self, sku: &str, place: &str, today: i32, days: i32, channel: Option<&str>) -> i64 {
        (self.unpromised(sku, place, today, days, channel) - self.safety(sku)).max(0)
    }

    pub fn days_for(&self, sku: &str, today: i32, channel: Option<&str>) -> i32 {
        self.min_days(sku, today).max(self.channel_days(sku, channel))
    }

    pub fn incoming(&self, sku: &str, place: &str) -> i64 {
        let orders = self.purchases.values().filter(|order| order.location == place);
        let open = |order: &PurchaseOrder| {
            let lines = order.lines.iter().filter(|line| line.0 == sku);
            lines.map(|(_, ordered, received)| order.open(*ordered, *received)).sum::<i64>()
        };
        orders.map(open).sum()
    }

    fn known_place(&self, place: &str) -> Result<(), String> {
        if self.places.iter().any(|own| own == place) { Ok(()) } else { Err(format!("UNKNOWN_LOCATION {place}")) }
    }

    fn known_sku(&self, sku: &str) -> Result<(), String> {
        if self.skus.contains_key(sku) { Ok(()) } else { Err(format!("UNKNOWN_SKU {sku}")) }
    }

    fn shelf(&self, sku: &str, place: &str) -> bool {
        self.shelves.contains(&(sku.to_string(), place.to_string()))
    }

    /// Sellable lots with free units, in the order of a strategy.
    fn pick(
        &self,
        sku: &str,
        place: &str,
        lot: Option<&str>,
        today: i32,
        days: i32,
        strategy: Strategy,
    ) -> Vec<(String, i64)> {
        let lots = self.on_shelf(sku, place).into_iter();
        let may = lots.filter(|(key, units)| {
            units[AVAILABLE] > 0 && lot.is_none_or(|lot| lot == key) && self.may_sell(sku, key, today, days)
        });
        let mut found: Vec<(String, i64)> = may.map(|(key, units)| (key, units[AVAILABLE])).collect();
        let received = |key: &str| self.lot(sku, key).received;
        match strategy {
            Strategy::Fefo => {}
            Strategy::Fifo => found.sort_by_key(|(key, _)| received(key).unwrap_or(NEVER)),
            Strategy::Lifo => found.sort_by_key(|(key, _)| std::cmp::Reverse(received(key).unwrap_or(i32::MIN))),
        }
        found
    }

    /// Takes free units in order; answers what nothing covers.
    #[allow(clippy::too_many_arguments)]
    fn take(
        &self,
        sku: &str,
        place: &str,
        lot: Option<&str>,
        today: i32,
        days: i32,
        strategy: Strategy,
        quantity: i64,
        to: &Side,
        shifts: &mut Vec<Shift>,
    ) -> i64 {
        let mut left = quantity;
        for (key, free) in self.pick(sku, place, lot, today, days, strategy) {
            let part = free.min(left);
            if part > 0 {
                left -= part;
                shifts.push((sku.into(), key, part, Side::At(place.into(), AVAILABLE), to.clone()));
            }
        }
        left
    }

    // Entering.

    fn know_place(&mut self, place: &str) {
        if !self.places.iter().any(|own| own == place) {
            self.places.push(place.into());
        }
    }

    fn know_shelf(&mut self, sku: &str, place: &str) {
        self.know_place(place);
        self.shelves.insert((sku.into(), place.into()));
    }

    fn know_lot(&mut self, sku: &str, lot: &str) -> &mut Lot {
        let number = self.lots.len();
        self.lots.entry((sku.into(), lot.into())).or_insert_with(|| Lot { number, ..Lot::default() })
    }

    /// Enters an event's movements into the flat list.
    fn enter(&mut self, event: &Event, shifts: Vec<Shift>, hold: Option<&str>, touched: &mut Touched) {
        self.happened(event.at, None);
        for (sku, lot, quantity, from, to) in shifts {
            for side in [&from, &to] {
                if let Side::At(place, _) = side {
                    self.know_shelf(&sku, place);
                    touch(touched, &sku, place);
                }
            }
            self.know_lot(&sku, &lot);
            for (side, sign) in [(&from, -1), (&to, 1)] {
                let Side::At(place, condition) = side else { continue };
                self.units.entry((sku.clone(), place.clone(), lot.clone())).or_default()[*condition] += sign * quantity;
                if let (HELD, Some(own)) = (*condition, hold.and_then(|hold| self.holds.get_mut(hold))) {
                    let same =
                        |line: &&mut HoldLine| line.0 == sku && line.1 == *place && line.2.as_deref() == Some(&lot);
                    match own.lines.iter_mut().find(same) {
                        Some(line) => line.3 += sign * quantity,
                        None => own.lines.push((sku.clone(), place.clone(), Some(lot.clone()), sign * quantity)),
                    }
                    own.lines.retain(|line| line.3 != 0);
                }
            }
            let Event { at, late, kind, .. } = *event;
            let place = [&from, &to].into_iter().find_map(|side| match side {
                Side::At(place, _) => Some(place),
                Side::Out(_) => None,
            });
            let day = place.map_or(self.day(at), |place| self.day_at(place, at)) - late;
            let day = self.frozen.map_or(day, |frozen| day.max(frozen + 1));
            let (id, order) = (event.id.clone(), event.order.clone());
            self.moves.push(Moved { at, day, kind, sku, lot, quantity, from, to, id, order, cost: None });
        }
    }

    // Inputs.

    fn answered(&self, id: &str, input: &Input) -> Option<String> {
        let doc = self.docs.get(id)?;
        Some(if doc.input == *input { doc.answer.clone() } else { format!("CONFLICT {id}") })
    }

    fn answer(&mut self, id: &str, input: Input, answer: String, subject: Option<&str>) -> String {
        self.docs.insert(id.into(), Doc { input, answer: answer.clone(), subject: subject.map(String::from) });
        answer
    }

    fn enter_skus(&mut self, skus: &[Sku], now: i64) -> Vec<String> {
        self.begin(now);
        self.happened(self.now, None);
        for sku in skus {
            self.skus.insert(sku.sku.clone(), sku.clone());
        }
        let knows = |own: &BTreeMap<String, Sku>, fact: &Fact| fact.skus().iter().all(|sku| own.contains_key(*sku));
        let (ready, wait) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(_, fact)| knows(&self.skus, fact));
        self.waiting = wait;
        let ready: Vec<(i32, Fact)> = ready;
        for (day, fact) in &ready {
            // Under its own id and on its own day, or the first open one.
            let open = self.frozen.map_or(*day, |frozen| (*day).max(frozen + 1));
            self.stock_fact(fact, Some(fact.id()), *day, Some(open));
        }
        let (ready, wait) =
            std::mem::take(&mut self.waiting_people).into_iter().partition(|(_, fact)| knows(&self.skus, fact));
        self.waiting_people = wait;
        let ready: Vec<(i32, Fact)> = ready;
        for (_, fact) in &ready {
            self.person(fact.subject());
        }
        Vec::new()
    }

    fn person(&mut self, subject: Option<&str>) {
        if let Some(subject) = subject {
            self.happened(self.now, Some(subject));
            self.people.entry(subject.into()).or_default().push(self.now);
        }
    }

    fn erase(&mut self, subject: &str) -> bool {
        let known = self.people.remove(subject).is_some();
        self.docs.retain(|_, doc| doc.subject.as_deref() != Some(subject));
        // What belonged to an id of theirs belongs to itself now, as if that had never been.
        for own in self.moves.iter_mut().filter(|own| own.order != own.id && own.id.is_some()) {
            if own.order.as_ref().is_some_and(|order| !self.docs.contains_key(order)) {
                own.order.clone_from(&own.id);
            }
        }
        self.instants.retain(|(_, own)| own.as_deref() != Some(subject));
        self.waiting_people.retain(|(_, fact)| fact.subject() != Some(subject));
        known
    }

    fn command(&mut self, command: &Command, now: i64) -> String {
        let mut plain = command.clone();
        if let Command::Commit(c) = &mut plain {
            c.subject = None;
        }
        let input = Input::Command(plain);
        let id = command.id().to_string();
        if let Some(answer) = self.answered(&id, &input) {
            return answer;
        }
        self.begin(now);
        let mut touched = Vec::new();
        let done = match command {
            Command::Reserve(c) => self.reserve(c, &mut touched),
            Command::Commit(c) => self.commit(c, &mut touched),
            Command::Release(c) => self.release(c, &mut touched),
            Command::Move(c) => self.relocate(c, &mut touched),
            Command::Arrive(c) => self.arrive(c, &mut touched),
            Command::Purchase(c) => self.purchase(c, &mut touched),
            Command::Reclassify(c) => self.reclassify(c, &mut touched),
            Command::WriteOff(c) => self.write_off(c, &mut touched),
            Command::OpenTester(c) => self.open_tester(c, &mut touched),
            Command::Assemble(c) => self.assemble(c, &mut touched),
            Command::Freeze(c) => {
                let today = self.first_day(self.now);
                if c.until.0 >= today || self.frozen.is_some_and(|frozen| c.until.0 < frozen) {
                    Err(format!("CANNOT_FREEZE {}", c.until.0))
                } else {
                    self.frozen = Some(c.until.0);
                    Ok("entered".into())
                }
            }
        };
        self.happened(self.now, None);
        if let (Command::Commit(c), Ok(_)) = (command, &done) {
            self.person(c.subject.as_deref());
        }
        let answer = self.answer(&id, input, done.unwrap_or_else(|why| why), None);
        self.fill(touched, self.now);
        answer
    }

    /// Kits become their parts.
    fn plain(&self, lines: &[Line]) -> Vec<Line> {
        let mut plain = Vec::new();
        for line in lines {
            let sku = self.skus.get(&line.sku);
            let unit = |unit: &str| sku.and_then(|sku| sku.units.iter().find(|own| own.unit == unit));
            let ratio =
                line.unit.as_deref().map_or((1, 1), |own| unit(own).map_or((1, 1), |own| (own.base_units, own.per)));
            let mut line = Line { unit: None, ..line.clone() };
            line.quantity.0 = line.quantity.0 * ratio.0 / ratio.1;
            match sku.filter(|sku| !sku.kit.is_empty()) {
                None => plain.push(line),
                Some(sku) => plain.extend(sku.kit.iter().map(|part| Line {
                    sku: part.sku.clone(),
                    quantity: trousse::Quantity(part.quantity.0 * line.quantity.0),
                    lot: None,
                    ..line.clone()
                })),
            }
        }
        plain
    }

    fn reserve(&mut self, c: &Reserve, touched: &mut Touched) -> Result<String, String> {
        let lines = self.plain(&c.lines);
        lines.iter().try_for_each(|line| self.known_sku(&line.sku))?;
        self.known_place(&c.location)?;
        lines.iter().filter_map(|line| line.location.as_deref()).try_for_each(|place| self.known_place(place))?;
        if let Some(channel) = c.channel.as_deref().filter(|channel| !self.channels.contains_key(*channel)) {
            return Err(format!("UNKNOWN_CHANNEL {channel}"));
        }
        let needs = needs(&lines, &c.location);
        let (mut shifts, mut owed): (Vec<Shift>, Vec<HoldLine>) = (Vec::new(), Vec::new());
        // A hold remembers one number, that of the SKU which asks for most through the channel.
        let of_channel = lines.iter().map(|line| self.channel_days(&line.sku, c.channel.as_deref())).max();
        let remaining = of_channel.unwrap_or(0).max(c.min_remaining_days);
        // Which line of the caller each plain one comes from.
        let parts = |line: &Line| self.skus.get(&line.sku).map_or(1, |sku| sku.kit.len().max(1));
        let asked: Vec<usize> =
            c.lines.iter().enumerate().flat_map(|(at, line)| std::iter::repeat_n(at, parts(line))).collect();
        for (sku, place, lot, quantity, line) in &needs {
            let fail = |there| Err(in_basket(&short(sku, place, *quantity, there), asked[*line], c.lines.len()));
            if !self.shelf(sku, place) {
                // Nothing was ever there: all of it is beyond the books.
                if c.up_to {
                    continue;
                }
                if lot.is_some() || *quantity > self.skus[sku].backorder_limit {
                    return fail(0);
                }
                owed.push((sku.clone(), place.clone(), None, *quantity));
                continue;
            }
            let (channel, today) = (c.channel.as_deref(), self.today_at(place));
            let days = self.days_for(sku, today, channel).max(c.min_remaining_days);
            let of_shelf = |shift: &&Shift| shift.0 == *sku && shift.3 == Side::At(place.clone(), AVAILABLE);
            let taken: i64 = shifts.iter().filter(of_shelf).map(|shift| shift.2).sum();
            let mut free = (self.promisable(sku, place, today, days, channel) - taken).max(0);
            let lots: Vec<(String, i64)> = self
                .pick(sku, place, lot.as_deref(), today, days, c.strategy)
                .into_iter()
                .map(|(key, there)| {
                    let before: i64 =
                        shifts.iter().filter(of_shelf).filter(|shift| shift.1 == key).map(|shift| shift.2).sum();
                    (key, (there - before).max(0))
                })
                .collect();
            if lot.is_some() {
                free = free.min(lots.iter().map(|(_, there)| there).sum());
            }
            let wanted = if c.up_to { free.min(*quantity) } else { *quantity };
            let beyond = (wanted - free).max(0);
            if beyond > 0 && (lot.is_some() || beyond > self.skus[sku].backorder_limit - self.owed(sku, place)) {
                return fail(free);
            }
            if beyond > 0 {
                owed.push((sku.clone(), place.clone(), None, beyond));
            }
            let mut left = wanted - beyond;
            for (key, there) in lots {
                let part = there.min(left);
                if part > 0 {
                    left -= part;
                    let (from, to) = (Side::At(place.clone(), AVAILABLE), Side::At(place.clone(), HELD));
                    shifts.push((sku.clone(), key, part, from, to));
                }
            }
        }
        if shifts.is_empty() && owed.is_empty() {
            let first = needs.iter().find(|need| need.4 == 0).unwrap_or(&needs[0]);
            return Err(in_basket(&short(&first.0, &first.1, first.3, 0), 0, c.lines.len()));
        }
        let got = sums(shifts.iter().map(|shift| (shift.0.as_str(), shift.2)));
        let promised = sums(owed.iter().map(|line| (line.0.as_str(), line.3)));
        let deadline = self.now + c.ttl_seconds * 1000;
        for line in &owed {
            self.know_shelf(&line.0, &line.1);
            touch(touched, &line.0, &line.1);
        }
        let number = self.holds.len();
        self.holds.insert(c.id.clone(), Hold { lines: owed, deadline, remaining, state: "live", number });
        self.enter(&self.of(self.now, "held", Some(&c.id), None), shifts, Some(&c.id), touched);
        Ok(format!("held [{got}] beyond [{promised}] until {deadline}"))
    }

    fn live_hold(&self, hold: &str) -> Result<Hold, String> {
        let own = self.holds.get(hold).ok_or_else(|| format!("UNKNOWN_HOLD {hold}"))?;
        match own.state {
            "live" => Ok(own.clone()),
            "expired" => Err(format!("HOLD_EXPIRED {hold} {}", own.deadline)),
            state => Err(format!("HOLD_CLOSED {hold} {state}")),
        }
    }

    /// Which units of each line of a hold a part of it names.
    fn part(&self, hold: &Hold, lines: &[Line]) -> Result<Vec<i64>, String> {
        let has = |line: &HoldLine| if line.2.is_some() { line.3 } else { 0 };
        if lines.is_empty() {
            return Ok(hold.lines.iter().map(has).collect());
        }
        let mut parts = vec![0; hold.lines.len()];
        for (sku, place, lot, quantity, _) in needs(&self.plain(lines), "") {
            let mut left = quantity;
            for (line, part) in hold.lines.iter().zip(&mut parts) {
                let fits = line.0 == sku && (place.is_empty() || line.1 == place) && (lot.is_none() || line.2 == lot);
                let more = if fits { left.min(has(line) - *part) } else { 0 };
                *part += more;
                left -= more;
            }
            if left > 0 {
                return Err(in_basket(&short(&sku, &place, quantity, quantity - left), 0, 1));
            }
        }
        Ok(parts)
    }

    fn give_back(&self, hold: &str, parts: Option<&[i64]>) -> Vec<Shift> {
        let lines = self.holds[hold].lines.iter().enumerate().filter_map(|(at, (sku, place, lot, quantity))| {
            let part = parts.map_or(*quantity, |parts| parts[at]);
            let (from, to) = (Side::At(place.clone(), HELD), Side::At(place.clone(), AVAILABLE));
            Some((sku.clone(), lot.clone()?, part, from, to)).filter(|_| part > 0)
        });
        lines.collect()
    }

    fn commit(&mut self, c: &Commit, touched: &mut Touched) -> Result<String, String> {
        let hold = self.live_hold(&c.hold)?;
        let parts = self.part(&hold, &c.lines)?;
        let mut shifts: Vec<Shift> = Vec::new();
        for ((sku, place, lot, _), part) in hold.lines.iter().zip(&parts).filter(|(_, part)| **part > 0) {
            let (Some(lot), part) = (lot, *part) else { continue };
            // What left meanwhile over a till was there only once, whichever lots of the shelf it was.
            let of_shelf = hold.lines.iter().zip(&parts).filter(|(own, _)| own.0 == *sku && own.1 == *place);
            let asked: i64 = of_shelf.map(|(_, part)| part).sum();
            let there = self.good(sku, place, self.today_at(place), 0);
            if self.debt(sku, place) > 0 && there < asked {
                return Err(in_basket(&short(sku, place, asked, there.max(0)), 0, 1));
            }
            shifts.push((sku.clone(), lot.clone(), part, Side::At(place.clone(), HELD), Side::Out("customer")));
        }
        if shifts.is_empty() {
            let (sku, place) = hold.lines.first().map_or(("", ""), |line| (&line.0, &line.1));
            return Err(in_basket(&short(sku, place, hold.lines.iter().map(|line| line.3).sum(), 0), 0, 1));
        }
        let answer = format!("shipped {}", lots_of(&shifts));
        self.enter(&self.of(self.now, "committed", Some(&c.id), Some(&c.hold)), shifts, Some(&c.hold), touched);
        self.close(&c.hold, "committed");
        Ok(answer)
    }

    fn release(&mut self, c: &Release, touched: &mut Touched) -> Result<String, String> {
        let hold = self.live_hold(&c.hold)?;
        let parts = self.part(&hold, &c.lines)?;
        let back = self.give_back(&c.hold, Some(&parts));
        let nothing = back.is_empty();
        self.enter(&self.of(self.now, "released", Some(&c.id), Some(&c.hold)), back, Some(&c.hold), touched);
        // Once nothing is held any more, what is owed is given up too.
        if nothing || self.holds[&c.hold].lines.iter().all(|line| line.2.is_none()) {
            self.drop_owed(&c.hold, touched);
        }
        self.close(&c.hold, "released");
        Ok("released".into())
    }

    fn relocate(&mut self, c: &Move, touched: &mut Touched) -> Result<String, String> {
        self.known_sku(&c.sku)?;
        self.known_place(&c.from)?;
        let from = condition(c.condition);
        let to = Side::At(c.to.clone(), if c.in_transit { TRANSIT } else { from });
        let line = Line { unit: c.unit.clone(), ..Line::new(&c.sku, c.quantity.0) };
        let quantity = self.plain(&[line]).first().map_or(0, |line| line.quantity.0);
        let fail = |there: i64| Err(in_basket(&short(&c.sku, &c.from, quantity, there.max(0)), 0, 1));
        let mut shifts = Vec::new();
        if from != AVAILABLE || c.lot.is_some() {
            let lots = self.on_shelf(&c.sku, &c.from).into_iter();
            let own = lots.filter(|(lot, units)| units[from] > 0 && c.lot.as_ref().is_none_or(|own| own == lot));
            let own: Vec<(String, i64)> = own.map(|(lot, units)| (lot, units[from])).collect();
            let there: i64 = own.iter().map(|(_, units)| units).sum();
            if there < quantity {
                return fail(there);
            }
            let mut left = quantity;
            for (lot, units) in own {
                let part = units.min(left);
                left -= part;
                if part > 0 {
                    shifts.push((c.sku.clone(), lot, part, Side::At(c.from.clone(), from), to.clone()));
                }
            }
        } else {
            let today = self.today_at(&c.from);
            let days = self.min_days(&c.sku, today);
            // The safety stock of a shelf may be moved, what is owed or kept may not.
            let free = self.unpromised(&c.sku, &c.from, today, days, None);
            if free < quantity {
                return fail(free);
            }
            self.take(&c.sku, &c.from, None, today, days, Strategy::Fefo, quantity, &to, &mut shifts);
        }
        // What is good where it leaves may be over where it arrives.
        for shift in shifts.iter_mut().filter(|shift| shift.4 == Side::At(c.to.clone(), AVAILABLE)) {
            let over = |place: &str| self.is_over(&c.sku, &shift.1, place, self.now);
            if over(&c.to) && !over(&c.from) {
                shift.4 = Side::At(c.to.clone(), EXPIRED);
            }
        }
        let answer = format!("moved {}", lots_of(&shifts));
        if c.in_transit {
            let lines = shifts.iter().map(|shift| (c.sku.clone(), shift.1.clone(), from, shift.2)).collect();
            let number = self.moves.len();
            self.transfers.insert(c.id.clone(), Transfer { to: c.to.clone(), lines, number });
        }
        self.enter(&self.of(self.now, "moved", Some(&c.id), None), shifts.clone(), None, touched);
        self.close_testers(&shifts);
        Ok(answer)
    }

    /// Free units of recalled lots are blocked wherever they land, those of expired ones are not for sale.
    fn landing(&self, sku: &str, lot: &str, today: i32, wanted: usize) -> usize {
        let own = self.lot(sku, lot);
        match wanted {
            AVAILABLE if own.recalled => QUARANTINED,
            AVAILABLE if own.expires.is_some_and(|last| last < today) => EXPIRED,
            wanted => wanted,
        }
    }

    fn arrive(&mut self, c: &Arrive, touched: &mut Touched) -> Result<String, String> {
        let Some(mut transfer) = self.transfers.get(&c.transfer).cloned() else {
            return Err(format!("UNKNOWN_TRANSFER {}", c.transfer));
        };
        let there: i64 = transfer.lines.iter().map(|line| line.3).sum();
        let mut left = c.quantity.map_or(there, |quantity| quantity.0);
        if left > there {
            return Err(in_basket(&short(&transfer.lines[0].0, &transfer.to, left, there), 0, 1));
        }
        let mut shifts = Vec::new();
        for (sku, lot, condition, units) in &mut transfer.lines {
            let part = left.min(*units);
            left -= part;
            *units -= part;
            if part > 0 {
                let to = self.landing(sku, lot, self.today_at(&transfer.to), *condition);
                let at = |condition| Side::At(transfer.to.clone(), condition);
                shifts.push((sku.clone(), lot.clone(), part, at(TRANSIT), at(to)));
            }
        }
        transfer.lines.retain(|line| line.3 > 0);
        if transfer.lines.is_empty() {
            self.transfers.remove(&c.transfer);
        } else {
            self.transfers.insert(c.transfer.clone(), transfer);
        }
        let answer = format!("moved {}", lots_of(&shifts));
        self.enter(&self.of(self.now, "arrived", Some(&c.id), Some(&c.transfer)), shifts, None, touched);
        Ok(answer)
    }

    fn purchase(&mut self, c: &Purchase, touched: &mut Touched) -> Result<String, String> {
        c.lines.iter().try_for_each(|line| self.known_sku(&line.sku))?;
        let mut lines: Vec<(String, i64, i64)> = Vec::new();
        self.know_place(&c.location);
        for line in &c.lines {
            self.know_shelf(&line.sku, &c.location);
            match lines.iter_mut().find(|own| own.0 == line.sku) {
                Some(own) => own.1 += line.quantity.0,
                None => lines.push((line.sku.clone(), line.quantity.0, 0)),
            }
        }
        let _ = touched;
        let (under, over) = (c.under_percent.into(), c.over_percent.into());
        self.purchases.insert(c.id.clone(), PurchaseOrder { location: c.location.clone(), lines, under, over });
        Ok("entered".into())
    }

    fn enough(&self, sku: &str, place: &str, lot: &str, condition: usize, quantity: i64) -> Result<(), String> {
        self.known_sku(sku)?;
        self.known_place(place)?;
        let there = self.count(sku, place, lot)[condition];
        if there < quantity { Err(in_basket(&short(sku, place, quantity, there.max(0)), 0, 1)) } else { Ok(()) }
    }

    fn reclassify(&mut self, c: &Reclassify, touched: &mut Touched) -> Result<String, String> {
        self.enough(&c.sku, &c.location, &c.lot, condition(c.from), c.quantity.0)?;
        if c.to == Condition::Available && self.lot(&c.sku, &c.lot).recalled {
            return Err(format!("LOT_RECALLED {}/{}", c.sku, c.lot));
        }
        let at = |own| Side::At(c.location.clone(), condition(own));
        let shifts = vec![(c.sku.clone(), c.lot.clone(), c.quantity.0, at(c.from), at(c.to))];
        let answer = format!("moved {}", lots_of(&shifts));
        self.enter(&self.of(self.now, "reclassified", Some(&c.id), None), shifts, None, touched);
        Ok(answer)
    }

    fn write_off(&mut self, c: &WriteOff, touched: &mut Touched) -> Result<String, String> {
        self.enough(&c.sku, &c.location, &c.lot, condition(c.condition), c.quantity.0)?;
        let from = Side::At(c.location.clone(), condition(c.condition));
        let shifts = vec![(c.sku.clone(), c.lot.clone(), c.quantity.0, from, Side::Out("scrap"))];
        let answer = format!("moved {}", lots_of(&shifts));
        self.enter(&self.of(self.now, "written_off", Some(&c.id), None), shifts.clone(), None, touched);
        self.close_testers(&shifts);
        self.lose(c);
        Ok(answer)
    }

    /// Testers that leave, the longest opened first; those that only move stay open elsewhere.
    fn close_testers(&mut self, shifts: &[Shift]) {
        for (sku, lot, quantity, from, to) in shifts {
            let Side::At(place, TESTER) = from else { continue };
            let (mut left, mut elsewhere) = (*quantity, Vec::new());
            for own in self.testers.iter_mut().filter(|own| own.0 == *sku && own.1 == *place && own.2 == *lot) {
                let part = own.3.min(left);
                own.3 -= part;
                left -= part;
                if let Side::At(place, TESTER) = to {
                    elsewhere.push((sku.clone(), place.clone(), lot.clone(), part, own.4));
                }
            }
            self.testers.extend(elsewhere);
            self.testers.retain(|own| own.3 > 0);
        }
    }

    /// Units that were lost on their way: the oldest transfers will not bring them.
    fn lose(&mut self, c: &WriteOff) {
        let mut left = if c.condition == Condition::InTransit { c.quantity.0 } else { 0 };
        let mut oldest: Vec<&mut Transfer> = self.transfers.values_mut().filter(|own| own.to == c.location).collect();
        oldest.sort_by_key(|own| own.number);
        for line in oldest.into_iter().flat_map(|own| &mut own.lines) {
            let part = if line.0 == c.sku && line.1 == c.lot { left.min(line.3) } else { 0 };
            line.3 -= part;
            left -= part;
        }
        for own in self.transfers.values_mut() {
            own.lines.retain(|line| line.3 > 0);
        }
        self.transfers.retain(|_, own| !own.lines.is_empty());
    }

    fn open_tester(&mut self, c: &OpenTester, touched: &mut Touched) -> Result<String, String> {
        self.known_sku(&c.sku)?;
        self.known_place(&c.location)?;
        let (mut shifts, to) = (Vec::new(), Side::At(c.location.clone(), TESTER));
        let left = self.take(
            &c.sku,
            &c.location,
            c.lot.as_deref(),
            self.today_at(&c.location),
            0,
            Strategy::Fefo,
            c.quantity.0,
            &to,
            &mut shifts,
        );
        if left > 0 {
            return Err(in_basket(&short(&c.sku, &c.location, c.quantity.0, c.quantity.0 - left), 0, 1));
        }
        for shift in &shifts {
            let opened =
                self.skus[&c.sku].pao_months.map(|months| Day(self.today_at(&c.location)).add_months(months).0);
            let until = self.lot(&c.sku, &shift.1).expires.into_iter().chain(opened).min();
            self.testers.push((c.sku.clone(), c.location.clone(), shift.1.clone(), shift.2, until));
        }
        let answer = format!("moved {}", lots_of(&shifts));
        self.enter(&self.of(self.now, "tester_opened", Some(&c.id), None), shifts, None, touched);
        Ok(answer)
    }

    fn assemble(&mut self, c: &Assemble, touched: &mut Touched) -> Result<String, String> {
        self.known_sku(&c.sku)?;
        c.parts.iter().try_for_each(|part| self.known_sku(&part.sku))?;
        self.known_place(&c.location)?;
        let today = self.today_at(&c.location);
        let mut shifts = Vec::new();
        let mut parts: Vec<(String, i64)> = Vec::new();
        for part in &c.parts {
            match parts.iter_mut().find(|own| own.0 == part.sku) {
                Some(own) => own.1 += part.quantity.0 * c.quantity.0,
                None => parts.push((part.sku.clone(), part.quantity.0 * c.quantity.0)),
            }
        }
        for (sku, quantity) in parts {
            let days = self.min_days(&sku, today);
            let free = self.promisable(&sku, &c.location, today, days, None);
            if free < quantity {
                return Err(in_basket(&short(&sku, &c.location, quantity, free), 0, 1));
            }
            self.take(
                &sku,
                &c.location,
                None,
                today,
                days,
                Strategy::Fefo,
                quantity,
                &Side::Out("assembly"),
                &mut shifts,
            );
        }
        let expires = shifts.iter().filter_map(|shift| self.lot(&shift.0, &shift.1).expires).min();
        self.card(&c.sku, &c.lot, expires, today);
        let made = (
            c.sku.clone(),
            c.lot.clone(),
            c.quantity.0,
            Side::Out("assembly"),
            Side::At(c.location.clone(), AVAILABLE),
        );
        shifts.push(made);
        let answer = format!("moved {}", lots_of(&shifts));
        self.enter(&self.of(self.now, "assembled", Some(&c.id), None), shifts, None, touched);
        Ok(answer)
    }

    /// What a paper says of a lot: where two disagree on its last good day, the earlier one holds.
    fn card(&mut self, sku: &str, lot: &str, expires: Option<i32>, received: i32) {
        let own = self.know_lot(sku, lot);
        own.expires = own.expires.into_iter().chain(expires).min();
        own.received = own.received.into_iter().chain([received]).min();
    }

    fn fact(&mut self, fact: &Fact, now: i64) -> String {
        let input = Input::Fact(anonymous(fact));
        let id = fact.id().to_string();
        if let Some(answer) = self.answered(&id, &input) {
            return answer;
        }
        let before = self.now;
        self.begin(now);
        let today = self.today_of(fact);
        let day = fact.occurred_on().map_or(today, |day| self.frozen.map_or(day.0, |frozen| day.0.max(frozen + 1)));
        let (on_stock, subject) = (is_stock(fact), fact.subject());
        let whose = if on_stock { None } else { subject };
        if fact.skus().iter().any(|sku| !self.skus.contains_key(*sku)) {
            if on_stock {
                self.happened(self.now, None);
                self.waiting.push((day, anonymous(fact)));
            }
            if subject.is_some() {
                self.person(subject);
                self.waiting_people.push((day, fact.clone()));
            }
            return self.answer(&id, input, "waits".into(), whose);
        }
        if let Some(refusal) = self.too_short(fact, day) {
            // Nothing was written: the clock stands where the last event left it.
            self.now = self.instants.iter().map(|(at, _)| *at).max().unwrap_or(0).max(before);
            return refusal;
        }
        let answer = if on_stock {
            self.stock_fact(fact, Some(&id), day, Some(day).filter(|_| fact.occurred_on().is_some()))
        } else {
            "recorded [] missing []".into()
        };
        let silent = matches!(fact, Fact::Complaint(f) if f.kind == ComplaintKind::NotAvailable);
        if !silent {
            self.person(subject);
        }
        let answer = self.answer(&id, input, answer, whose);
        if let Fact::Recall(f) = fact {
            self.replace(&f.sku, &f.lot, QUARANTINED, self.now);
        }
        answer
    }

    /// Where a fact happened, and what day it is there.
    fn today_of(&self, fact: &Fact) -> i32 {
        match fact {
            Fact::Receive(f) => self.today_at(&f.location),
            Fact::Sale(f) => self.today_at(&f.location),
            Fact::Return(f) => self.today_at(&f.location),
            Fact::Count(f) => self.today_at(&f.location),
            Fact::Complaint(f) => f.location.as_ref().map_or(self.today(), |place| self.today_at(place)),
            _ => self.today(),
        }
    }

    /// The stock part of a fact; `known_on` is the day of the paper, `booked` that of the booking where it is late: at
    /// the place that moves first, and by as many days at the others.
    fn stock_fact(&mut self, fact: &Fact, id: Option<&str>, known_on: i32, booked: Option<i32>) -> String {
        let mut touched = Vec::new();
        let first = self.moves.len();
        let mut home = self.today_of(fact);
        if let Fact::Sale(f) = fact {
            let (sold, missing) = self.sale(f);
            if let Some(Side::At(place, _)) = sold.iter().chain(&missing).next().map(|shift| &shift.3) {
                home = self.today_at(place);
            }
        }
        let late = booked.map_or(0, |day| home - day);
        let of = |own: &Model, kind, order: Option<&str>| Event { late, ..own.of(own.now, kind, id, order) };
        self.happened(self.now, None);
        let mut answer = "recorded [] missing []".to_string();
        match fact {
            Fact::Receive(f) => {
                let shift = self.receive(f, known_on);
                self.enter(&of(self, "received", None), vec![shift], None, &mut touched);
                if let Some(own) = self.moves.last_mut() {
                    own.cost = f.unit_cost.map(|cost| cost.minor);
                }
                self.fulfil(f, &mut touched);
            }
            Fact::Sale(f) => {
                let (sold, missing) = self.sale(f);
                let beyond = sums(missing.iter().map(|shift| (shift.0.as_str(), shift.2)));
                answer = format!("recorded [{}] missing [{beyond}]", lots_of(&sold));
                self.enter(&of(self, "sold", None), sold, None, &mut touched);
                self.enter(&of(self, "oversold", None), missing, None, &mut touched);
            }
            Fact::Return(f) => {
                let shifts = self.returned(f);
                let order = f.order.as_deref().filter(|order| self.docs.contains_key(*order));
                self.enter(&of(self, "returned", order), shifts, None, &mut touched);
            }
            Fact::Count(f) => {
                let shifts = self.counted(f, known_on);
                self.enter(&of(self, "counted", None), shifts.clone(), None, &mut touched);
                self.close_testers(&shifts);
                self.know_shelf(&f.sku, &f.location);
                touch(&mut touched, &f.sku, &f.location);
            }
            Fact::Recall(f) => self.recall(f, of(self, "recalled", None), &mut touched),
            _ => {}
        }
        if let Some(booked) = self.moves.get(first) {
            answer = format!("{answer} on {}", booked.day);
        }
        self.fill(touched, self.now);
        answer
    }

    /// Goods for sale that keep too short, where their entry sends such back.
    fn too_short(&self, fact: &Fact, day: i32) -> Option<String> {
        let Fact::Receive(f) = fact else { return None };
        let (expires, lot, min_days) = self.paper(f, day);
        let last = expires.into_iter().chain(self.lot(&f.sku, &lot).expires).min()?;
        let refuses = self.skus[&f.sku].short_receipt == ShortReceipt::Refuse && f.condition == Condition::Available;
        let text = || format!("LIFE_TOO_SHORT {}/{} {} of {min_days}", f.sku, f.lot, last - day);
        (refuses && day + min_days > last).then(text)
    }

    /// What a receipt says: the last good day, the lot, and the days that must remain.
    fn paper(&self, f: &Receive, day: i32) -> (Option<i32>, String, i32) {
        let sku = &self.skus[&f.sku];
        let made = f.produced_on.map_or(day, |day| day.0);
        let months = sku.shelf_life_months.map(|months| Day(made).add_months(months).0);
        let life = months.or(sku.shelf_life_days.map(|days| made + days));
        let min_days = sku.min_receipt_days.max(self.min_days(&f.sku, day));
        let expires = f.expires_on.map(|day| day.0).or(life);
        let lot = match expires {
            Some(day) if f.lot.is_empty() => Day(day).to_string(),
            _ => f.lot.clone(),
        };
        (expires, lot, min_days)
    }

    fn receive(&mut self, f: &Receive, day: i32) -> Shift {
        let line = Line { unit: f.unit.clone(), ..Line::new(&f.sku, f.quantity.0) };
        let quantity = self.plain_unit(&line);
        let (expires, lot, min_days) = self.paper(f, day);
        self.card(&f.sku, &lot, expires, day);
        let mut to = self.landing(&f.sku, &lot, self.today_at(&f.location), condition(f.condition));
        if to == AVAILABLE && !self.may_sell(&f.sku, &lot, day, min_days) {
            to = QUARANTINED;
        }
        (f.sku.clone(), lot, quantity, Side::Out("supplier"), Side::At(f.location.clone(), to))
    }

    fn plain_unit(&self, line: &Line) -> i64 {
        let units = self.skus.get(&line.sku).map_or(&[][..], |sku| &sku.units);
        let unit = units.iter().find(|own| line.unit.as_ref() == Some(&own.unit));
        unit.map_or(line.quantity.0, |own| line.quantity.0 * own.base_units / own.per)
    }

    fn fulfil(&mut self, f: &Receive, touched: &mut Touched) {
        let quantity = self.plain_unit(&Line { unit: f.unit.clone(), ..Line::new(&f.sku, f.quantity.0) });
        let Some(order) = f.purchase.as_ref().and_then(|key| self.purchases.get_mut(key)) else { return };
        if let Some(line) = order.lines.iter_mut().find(|line| line.0 == f.sku) {
            line.2 += quantity;
            touch(touched, &f.sku, &order.location);
        }
    }

    fn sale(&self, f: &Sale) -> (Vec<Shift>, Vec<Shift>) {
        let (mut sold, mut missing): (Vec<Shift>, Vec<Shift>) = (Vec::new(), Vec::new());
        for (sku, place, lot, quantity, _) in needs(&self.plain(&f.lines), &f.location) {
            let (mut left, today) = (quantity, self.today_at(&place));
            for (condition, good) in [(AVAILABLE, Some(true)), (AVAILABLE, Some(false)), (EXPIRED, None)] {
                for (key, units) in self.on_shelf(&sku, &place) {
                    let may = self.may_sell(&sku, &key, today, self.min_days(&sku, today));
                    if lot.as_ref().is_some_and(|lot| *lot != key) || good.is_some_and(|good| good != may) {
                        continue;
                    }
                    let from = Side::At(place.clone(), condition);
                    let before: i64 =
                        sold.iter().filter(|own| own.0 == sku && own.1 == key && own.3 == from).map(|own| own.2).sum();
                    let part = (units[condition] - before).min(left);
                    if part > 0 {
                        left -= part;
                        sold.push((sku.clone(), key, part, from, Side::Out("customer")));
                    }
                }
            }
            if left > 0 {
                let from = Side::At(place, AVAILABLE);
                missing.push((sku, lot.unwrap_or_default(), left, from, Side::Out("customer")));
            }
        }
        (sold, missing)
    }

    /// The lot that units of no known lot join.
    fn likely(&self, sku: &str, place: &str) -> String {
        let here = self.on_shelf(sku, place).into_iter().find(|(_, units)| units[AVAILABLE] + units[HELD] > 0);
        if let Some((lot, _)) = here {
            return lot;
        }
        let dated = self.lots.iter().filter(|((own, _), lot)| own == sku && lot.expires.is_some());
        let good = dated.filter(|((_, key), _)| self.may_sell(sku, key, self.today_at(place), 0));
        good.map(|((_, key), _)| key).min_by_key(|key| self.leaves(sku, key)).cloned().unwrap_or_default()
    }

    /// The lots of its order come back, the last shipped first and as many of each as did not come back yet.
    fn returned(&self, f: &Return) -> Vec<Shift> {
        let customer = Side::Out("customer");
        let mut shipped: Vec<(String, i64)> = Vec::new();
        let of_order = |own: &&Moved| f.order.is_some() && own.order == f.order && own.sku == f.sku;
        if f.lot.is_empty() {
            for own in self.moves.iter().rev().filter(of_order).filter(|own| own.to == customer) {
                match shipped.iter_mut().find(|lot| lot.0 == own.lot) {
                    Some(lot) => lot.1 += own.quantity,
                    None => shipped.push((own.lot.clone(), own.quantity)),
                }
            }
        }
        let mut back: Vec<(String, i64)> = Vec::new();
        let mut left = f.quantity.0;
        for (lot, units) in &shipped {
            let came = self.moves.iter().filter(of_order).filter(|own| own.from == customer && own.lot == *lot);
            let part = (units - came.map(|own| own.quantity).sum::<i64>()).max(0).min(left);
            left -= part;
            back.push((lot.clone(), part));
        }
        let rest = match shipped.first() {
            _ if !f.lot.is_empty() => f.lot.clone(),
            Some((last, _)) => last.clone(),
            None => self.likely(&f.sku, &f.location),
        };
        back.push((rest, left));
        let wanted = if f.resellable { AVAILABLE } else { QUARANTINED };
        let shift = |(lot, units): (String, i64)| {
            let to = Side::At(f.location.clone(), self.landing(&f.sku, &lot, self.today_at(&f.location), wanted));
            (f.sku.clone(), lot, units, customer.clone(), to)
        };
        back.into_iter().filter(|(_, units)| *units > 0).map(shift).collect()
    }

    /// A late count is compared with the books of its own day: what moved since moved after it.
    fn counted(&self, f: &Count, known_on: i32) -> Vec<Shift> {
        let own = condition(f.condition);
        let good = own == AVAILABLE;
        let mut lots = self.on_shelf(&f.sku, &f.location);
        lots.retain(|(lot, _)| f.lot.as_ref().is_none_or(|own| own == lot));
        let (shelf, books) = (Side::At(f.location.clone(), own), Side::Out("count_difference"));
        let mut shifts: Vec<Shift> = Vec::new();
        let found = |lot: &str, units: i64| (f.sku.clone(), lot.to_string(), units, books.clone(), shelf.clone());
        let missed = |lot: &str, units: i64| (f.sku.clone(), lot.to_string(), units, shelf.clone(), books.clone());
        let of = |units: &[i64; CONDITIONS]| if good { units[AVAILABLE] + units[HELD] } else { units[own] };
        let first = lots.iter().find(|(_, units)| of(units) > 0).map(|(lot, _)| lot.clone());
        let day = f.occurred_on.map_or(known_on, |day| day.0);
        let mut since = 0;
        if day < self.today_at(&f.location) {
            let named = |lot: &String| f.lot.as_ref().is_none_or(|own| own == lot);
            let then = self.fold(|own| own.day <= day && own.sku == f.sku && named(&own.lot));
            let then: i64 = then.iter().filter(|((_, place, _), _)| *place == f.location).map(|(_, own)| of(own)).sum();
            since = lots.iter().map(|(_, units)| of(units)).sum::<i64>() - then;
        }
        // Lots below zero are put right first.
        for (lot, units) in lots.iter_mut().filter(|(_, units)| good && units[AVAILABLE] < 0) {
            shifts.push(found(lot, -units[AVAILABLE]));
            units[AVAILABLE] = 0;
        }
        let mut more = f.quantity.0 + since - lots.iter().map(|(_, units)| of(units)).sum::<i64>();
        if more > 0 {
            let joins = f.lot.clone().or(first).unwrap_or_else(|| self.likely(&f.sku, &f.location));
            shifts.push(found(&joins, more));
        }
        for (lot, units) in &lots {
            let part = units[own].max(0).min((-more).max(0));
            if part > 0 {
                shifts.push(missed(lot, part));
                more += part;
            }
        }
        if more < 0 && good {
            shifts.push(missed(f.lot.as_deref().unwrap_or(""), -more));
        }
        shifts
    }

    fn recall(&mut self, f: &Recall, event: Event, touched: &mut Touched) {
        let shifts = if self.lots.contains_key(&(f.sku.clone(), f.lot.clone())) {
            self.blocked(&f.sku, &f.lot, QUARANTINED)
        } else {
            Vec::new()
        };
        self.enter(&event, shifts, None, touched);
        let own = self.know_lot(&f.sku, &f.lot);
        own.recalled = true;
        own.recalled_at = own.recalled_at.or(Some((event.at, event.late)));
        self.touch_all(&f.sku, touched);
    }

    // Folds over the flat list.

    /// Units by SKU, location and lot of the movements that count.
    pub fn fold(&self, counts: impl Fn(&Moved) -> bool) -> BTreeMap<(String, String, String), [i64; CONDITIONS]> {
        let mut sums: BTreeMap<(String, String, String), [i64; CONDITIONS]> = BTreeMap::new();
        for own in self.moves.iter().filter(|own| counts(own)) {
            for (side, sign) in [(&own.from, -1), (&own.to, 1)] {
                if let Side::At(place, condition) = side {
                    let key = (own.sku.clone(), place.clone(), own.lot.clone());
                    sums.entry(key).or_default()[*condition] += sign * own.quantity;
                }
            }
        }
        sums.retain(|_, units| *units != [0; CONDITIONS]);
        sums
    }

    /// What went to an account outside, less what came from it.
    pub fn outside(&self, sku: &str, account: &'static str) -> i64 {
        let side = Side::Out(account);
        let own = self.moves.iter().filter(|own| own.sku == sku && (out(&own.from) || out(&own.to)));
        own.map(|own| own.quantity * (i64::from(own.to == side) - i64::from(own.from == side))).sum()
    }
}

fn is_stock(fact: &Fact) -> bool {
    match fact {
        Fact::Receive(_) | Fact::Sale(_) | Fact::Return(_) | Fact::Count(_) | Fact::Recall(_) => true,
        Fact::Complaint(f) => f.kind == ComplaintKind::NotAvailable || f.subject.is_none(),
        _ => false,
    }
}

/// A fact as it is compared with a later one of its id: without the person.
fn anonymous(fact: &Fact) -> Fact {
    let mut fact = fact.clone();
    match &mut fact {
        Fact::Sale(f) => f.subject = None,
        Fact::Return(f) => f.subject = None,
        Fact::Complaint(f) => (f.subject, f.text) = (None, String::new()),
        _ => {}
    }
    fact
}

/// Units by SKU.
pub fn sums<'a>(units: impl Iterator<Item = (&'a str, i64)>) -> String {
    let mut found: Vec<(&str, i64)> = Vec::new();
    for (sku, quantity) in units {
        match found.iter_mut().find(|own| own.0 == sku) {
            Some(own) => own.1 += quantity,
            None => found.push((sku, quantity)),
        }
    }
    found.sort();
    found.iter().map(|(sku, units)| format!("{units} {sku}")).collect::<Vec<_>>().join(", ")
}

fn lots_of(shifts: &[Shift]) -> String {
    shifts.iter().map(|(sku, lot, units, ..)| format!("{units} {sku}/{lot}")).collect::<Vec<_>>().join(", ")
}
