//! What people like, as exact integers: bounded histories and the counts that follow from them.
//!
//! In: interactions of subjects with SKUs, each on a day. Kept: one [`Seen`] an item and subject, and
//! sums over them: item pairs, item norms, daily demand. Every sum is a function of the histories alone,
//! so a change, an eviction or an erasure subtracts exactly what it had added.
//! Deliberately absent: floats, clocks and a window that one subject's events could move for another.
//!
//! Invariants: all counts equal those of a fold over the kept histories; no zero is stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::fold::{Fold, Merge};
use crate::base::{Day, Lookup, SkuId, SubjectId};

/// Items kept a subject. Beyond it the oldest item that was only viewed or clicked goes, else the oldest.
pub const HISTORY_LIMIT: usize = 100;

/// The strength from which an item counts as chosen: bought, or rated 4 or 5.
pub const CHOSEN: i8 = 4;

/// What a subject did with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Interaction {
    /// Looked at the item: strength 1.
    View,
    /// Followed a link to it: strength 2.
    Click,
    /// Put it into a cart: strength 3.
    Cart,
    /// Bought it: strength 4.
    Purchase,
    /// Rated it 1–5: strengths −5, −3, 1, 4, 5. Other numbers are ignored.
    Rating(u8),
    /// Sent it back: strength −2.
    Return,
}

impl Interaction {
    fn strength(self) -> i8 {
        match self {
            Interaction::View => 1,
            Interaction::Click => 2,
            Interaction::Cart => 3,
            Interaction::Purchase => 4,
            Interaction::Rating(stars) => rating_strength(stars),
            Interaction::Return => -2,
        }
    }
    fn is_ignored(self) -> bool {
        matches!(self, Interaction::Rating(stars) if !(1..=5).contains(&stars))
    }
    /// Whether it moves the day of an item that is already held more strongly.
    fn always_dates(self) -> bool {
        matches!(self, Interaction::Purchase | Interaction::Rating(_) | Interaction::Return)
    }
}

fn rating_strength(stars: u8) -> i8 {
    match stars {
        1 => -5,
        2 => -3,
        3 => 1,
        4 => 4,
        5 => 5,
        _ => 0,
    }
}

/// What is kept of a subject and an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The item.
    pub sku: SkuId,
    /// The latest rating, 1–5; 0 for none.
    pub rating: u8,
    /// The day of that rating.
    pub rated_on: Day,
    /// The strongest implicit strength, 1–4; −2 after a return until it is bought again; 0 for none.
    pub implicit: i8,
    /// The latest day on which the strength was earned.
    pub day: Day,
}

impl Seen {
    fn new(sku: SkuId, day: Day) -> Seen {
        Seen { sku, rating: 0, rated_on: day, implicit: 0, day }
    }
    /// The strength: of the latest rating if there is one, else of the strongest implicit interaction.
    pub fn strength(&self) -> i8 {
        if self.rating > 0 { rating_strength(self.rating) } else { self.implicit }
    }
    /// Whether the item was rated, bought or sent back.
    pub fn is_settled(&self) -> bool {
        self.rating > 0 || self.implicit >= CHOSEN || self.implicit < 0
    }
    fn is_weak(&self) -> bool {
        self.rating == 0 && (0..=2).contains(&self.implicit)
    }
    fn positive(&self) -> i64 {
        i64::from(self.strength().max(0))
    }
    fn chosen(&self) -> i32 {
        i32::from(self.strength() >= CHOSEN)
    }

    fn after(mut self, interaction: Interaction, day: Day) -> Seen {
        match interaction {
            Interaction::Rating(stars) if self.rating == 0 || day >= self.rated_on => {
                (self.rating, self.rated_on) = (stars, day);
            }
            Interaction::Rating(_) => {}
            Interaction::Return => self.implicit = -2,
            Interaction::Purchase => self.implicit = 4,
            weak if self.implicit >= 0 => self.implicit = self.implicit.max(weak.strength()),
            _ => {}
        }
        let strength = self.strength();
        if interaction.always_dates() || strength > 0 && interaction.strength() >= strength {
            self.day = self.day.max(day);
        }
        self
    }

    fn joined(mut self, other: &Seen) -> Seen {
        if other.rating > 0 && (self.rating == 0 || other.rated_on >= self.rated_on) {
            (self.rating, self.rated_on) = (other.rating, other.rated_on);
        }
        let returned = self.implicit < 0 || other.implicit < 0;
        self.implicit = if returned { -2 } else { self.implicit.max(other.implicit) };
        self.day = self.day.max(other.day);
        self
    }
}

/// What two items have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The other item.
    pub sku: SkuId,
    /// Subjects who chose both (bought, or rated 4 or 5).
    pub people: u32,
    /// Sum over subjects of the product of their positive strengths.
    pub weight: i64,
}

/// The sums of one item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Subjects who chose it.
    pub people: u32,
    /// Sum over subjects of the square of their positive strengths.
    pub norm: i64,
    /// Sum over subjects of their positive strengths.
    pub weight: i64,
    /// Common counts with other items, by id.
    pub pairs: Vec<Pair>,
}

impl Item {
    fn is_empty(&self) -> bool {
        self.people == 0 && self.norm == 0 && self.weight == 0 && self.pairs.is_empty()
    }

    fn add_pair(&mut self, sku: SkuId, people: i32, weight: i64) {
        match self.pairs.binary_search_by_key(&sku, |pair| pair.sku) {
            Err(at) => self.pairs.insert(at, Pair { sku, people: 0u32.wrapping_add_signed(people), weight }),
            Ok(at) => {
                let pair = &mut self.pairs[at];
                pair.people = pair.people.wrapping_add_signed(people);
                pair.weight = pair.weight.wrapping_add(weight);
                if pair.people == 0 && pair.weight == 0 {
                    self.pairs.remove(at);
                }
            }
        }
    }
}

/// An interaction as an event of the fold: who, what, how, when.
pub type Observed = (SubjectId, SkuId, Interaction, Day);

/// An exact fold of interactions: bounded histories, co-occurrence counts and daily demand.
///
/// ```
/// use trousse::base::{Day, SkuId, SubjectId};
/// use trousse::recommend::{Interaction, Taste};
/// let (lip, serum) = (SkuId(0), SkuId(1));
/// let mut taste = Taste::default();
/// taste.observe(SubjectId(0), lip, Interaction::Rating(5), Day(1));
/// let without_bo = taste.clone();
/// taste.observe(SubjectId(1), lip, Interaction::Purchase, Day(2));
/// taste.observe(SubjectId(1), serum, Interaction::Purchase, Day(2));
/// assert_eq!(taste.together(lip, serum), 1);
/// assert_eq!(taste.demand_on(lip, Day(2)), 4);
/// taste.forget(SubjectId(1));
/// assert_eq!(taste, without_bo);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Taste {
    histories: Lookup<SubjectId, Vec<Seen>>,
    items: Lookup<SkuId, Item>,
    demand: BTreeMap<Day, BTreeMap<SkuId, i64>>,
}

impl Taste {
    /// Takes an interaction in. O(history).
    ///
    /// A subject's demand for an item counts once, by its strength, on the latest day that earned it.
    pub fn observe(&mut self, subject: SubjectId, sku: SkuId, interaction: Interaction, day: Day) {
        if interaction.is_ignored() {
            return;
        }
        let before = self.seen(subject, sku).copied();
        let after = before.unwrap_or_else(|| Seen::new(sku, day)).after(interaction, day);
        self.put(subject, after);
    }

    /// Subtracts everything of a subject: the state equals one that never saw them. O(history²).
    pub fn forget(&mut self, subject: SubjectId) {
        let Some(mut history) = self.histories.remove(&subject) else { return };
        while let Some(seen) = history.pop() {
            self.change(&history, Some(&seen), None);
        }
    }

    /// What is kept of a subject, the item touched last at the end; empty for a stranger.
    pub fn history(&self, subject: SubjectId) -> &[Seen] {
        self.histories.get(&subject).map_or(&[], Vec::as_slice)
    }
    /// How many subjects there are.
    pub fn subjects(&self) -> usize {
        self.histories.len()
    }
    /// A subject's strength on an item, −5 … 5; 0 for none.
    pub fn strength(&self, subject: SubjectId, sku: SkuId) -> i8 {
        self.seen(subject, sku).map_or(0, Seen::strength)
    }
    /// The sums of an item, if anybody liked it.
    pub fn item(&self, sku: SkuId) -> Option<&Item> {
        self.items.get(&sku)
    }
    /// How many subjects chose both items (bought, or rated 4 or 5).
    pub fn together(&self, one: SkuId, other: SkuId) -> u32 {
        self.pair(one, other).map_or(0, |pair| pair.people)
    }
    /// The common counts of two items.
    pub fn pair(&self, one: SkuId, other: SkuId) -> Option<&Pair> {
        let pairs = &self.items.get(&one)?.pairs;
        pairs.binary_search_by_key(&other, |pair| pair.sku).ok().map(|at| &pairs[at])
    }
    /// The demand of an item on a day: strengths of those who wanted it last on that day.
    pub fn demand_on(&self, sku: SkuId, day: Day) -> i64 {
        self.demand.get(&day).and_then(|items| items.get(&sku)).copied().unwrap_or(0)
    }
    /// The demand of all days, in order of days and ids.
    pub fn demand(&self) -> &BTreeMap<Day, BTreeMap<SkuId, i64>> {
        &self.demand
    }
    /// The latest day with demand.
    pub fn latest_day(&self) -> Option<Day> {
        self.demand.last_key_value().map(|(day, _)| *day)
    }

    fn seen(&self, subject: SubjectId, sku: SkuId) -> Option<&Seen> {
        self.history(subject).iter().find(|seen| seen.sku == sku)
    }

    /// Puts an entry at the end of a history, in place of the item's earlier one or of an evicted one.
    fn put(&mut self, subject: SubjectId, after: Seen) {
        let mut history = std::mem::take(self.histories.entry(subject));
        let at = history.iter().position(|seen| seen.sku == after.sku);
        let before = at.map(|at| history.remove(at));
        if history.len() >= HISTORY_LIMIT {
            let weakest = history.iter().position(Seen::is_weak).unwrap_or(0);
            let evicted = history.remove(weakest);
            self.change(&history, Some(&evicted), None);
        }
        self.change(&history, before.as_ref(), Some(&after));
        history.push(after);
        self.histories.insert(subject, history);
    }

    /// Moves every count from one entry of an item to another, given the rest of its subject's history.
    fn change(&mut self, rest: &[Seen], before: Option<&Seen>, after: Option<&Seen>) {
        let Some(sku) = before.or(after).map(|seen| seen.sku) else { return };
        let positive = |seen: Option<&Seen>| seen.map_or(0, Seen::positive);
        let chosen = |seen: Option<&Seen>| seen.map_or(0, Seen::chosen);
        let (old, new) = (positive(before), positive(after));
        self.move_demand(sku, before, -1);
        self.move_demand(sku, after, 1);
        if old == new {
            return; // equal strengths are equally chosen
        }
        let (weight, people) = (new - old, chosen(after) - chosen(before));
        let mut own = std::mem::take(self.items.entry(sku));
        own.people = own.people.wrapping_add_signed(people);
        own.norm = own.norm.wrapping_add(new * new - old * old);
        own.weight = own.weight.wrapping_add(weight);
        for other in rest.iter().filter(|other| other.positive() > 0) {
            let (weight, people) = (weight * other.positive(), people * other.chosen());
            own.add_pair(other.sku, people, weight);
            let counterpart = self.items.entry(other.sku);
            counterpart.add_pair(sku, people, weight);
        }
        if own.is_empty() {
            self.items.remove(&sku);
        } else {
            self.items.insert(sku, own);
        }
    }

    fn move_demand(&mut self, sku: SkuId, seen: Option<&Seen>, sign: i64) {
        let Some(seen) = seen.filter(|seen| seen.positive() > 0) else { return };
        let items = self.demand.entry(seen.day).or_default();
        let units = items.entry(sku).or_default();
        *units = units.wrapping_add(sign * seen.positive());
        if *units == 0 {
            items.remove(&sku);
        }
        if items.is_empty() {
            self.demand.remove(&seen.day);
        }
    }
}

impl Fold for Taste {
    type Event = Observed;
    fn apply(&mut self, &(subject, sku, interaction, day): &Observed) {
        self.observe(subject, sku, interaction, day);
    }
}

impl Merge for Taste {
    /// Takes another partition in. Exact for partitions by subject; a subject in both keeps the later
    /// rating, the stronger interaction and the later day of each item.
    fn merge(&mut self, other: &Taste) {
        for (subject, history) in other.histories.sorted() {
            for seen in history {
                let own = self.seen(*subject, seen.sku).map_or(*seen, |own| own.joined(seen));
                self.put(*subject, own);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fold::laws;
    use proptest::prelude::*;

    fn interaction() -> impl Strategy<Value = Interaction> {
        prop_oneof![
            Just(Interaction::View),
            Just(Interaction::Click),
            Just(Interaction::Cart),
            Just(Interaction::Purchase),
            Just(Interaction::Return),
            (0u8..7).prop_map(Interaction::Rating),
        ]
    }

    fn events(subjects: u32, items: u32, most: usize) -> impl Strategy<Value = Vec<Observed>> {
        let event = (0..subjects, 0..items, interaction(), 0i32..40)
            .prop_map(|(subject, sku, interaction, day)| (SubjectId(subject), SkuId(sku), interaction, Day(day)));
        prop::collection::vec(event, 0..most)
    }

    /// The counts by their definition: a sum over the kept histories.
    fn naive_pair(taste: &Taste, subjects: u32, a: SkuId, b: SkuId) -> (u32, i64) {
        (0..subjects).map(SubjectId).fold((0, 0), |(people, weight), subject| {
            let (x, y) = (taste.strength(subject, a), taste.strength(subject, b));
            let both = u32::from(x >= CHOSEN && y >= CHOSEN);
            (people + both, weight + i64::from(x.max(0)) * i64::from(y.max(0)))
        })
    }

    #[test]
    fn strength_is_the_latest_rating_else_the_strongest_implicit() {
        use Interaction::*;
        for (steps, strength, day) in [
            (vec![(View, 1), (Click, 2), (View, 3)], 2, 2),
            (vec![(Purchase, 1), (View, 9)], 4, 1),
            (vec![(Purchase, 1), (Rating(1), 4)], -5, 4),
            (vec![(Rating(5), 4), (Rating(2), 3)], 5, 4),
            (vec![(Rating(5), 4), (Rating(2), 4)], -3, 4),
            (vec![(Purchase, 1), (Return, 5)], -2, 5),
            (vec![(Purchase, 1), (Return, 5), (Cart, 6)], -2, 5),
            (vec![(Return, 5), (Purchase, 6)], 4, 6),
            (vec![(Rating(3), 1), (Rating(4), 2), (Rating(9), 3)], 4, 2),
        ] {
            let mut taste = Taste::default();
            steps.iter().for_each(|(what, day)| taste.observe(SubjectId(0), SkuId(7), *what, Day(*day)));
            assert_eq!(taste.strength(SubjectId(0), SkuId(7)), strength, "{steps:?}");
            assert_eq!(taste.history(SubjectId(0))[0].day, Day(day), "{steps:?}");
        }
    }

    #[test]
    fn eviction_takes_what_was_only_looked_at_first() {
        let mut taste = Taste::default();
        let subject = SubjectId(0);
        for sku in 0..HISTORY_LIMIT as u32 {
            let what = if sku == 3 { Interaction::Click } else { Interaction::Purchase };
            taste.observe(subject, SkuId(sku), what, Day(1));
        }
        taste.observe(subject, SkuId(1000), Interaction::Purchase, Day(2));
        assert_eq!((taste.strength(subject, SkuId(3)), taste.strength(subject, SkuId(0))), (0, 4));
        taste.observe(subject, SkuId(1001), Interaction::Purchase, Day(2));
        assert_eq!((taste.strength(subject, SkuId(0)), taste.history(subject).len()), (0, HISTORY_LIMIT));
        assert!(taste.item(SkuId(0)).is_none() && taste.item(SkuId(3)).is_none());
    }

    proptest! {
        #[test]
        fn laws_hold(events in events(5, 8, 60), cut in 0usize..60) {
            laws::deterministic::<Taste>(&events, cut);
            laws::mergeable::<Taste>(&events, |event| event.0.index(), 3);
        }

        #[test]
        fn counts_equal_their_definition(events in events(4, 6, 60)) {
            let taste: Taste = laws::fold(&events);
            for (a, b) in (0..6).flat_map(|a| (0..6).map(move |b| (SkuId(a), SkuId(b)))) {
                let (people, weight) = naive_pair(&taste, 4, a, b);
                if a == b {
                    let item = taste.item(a).cloned().unwrap_or_default();
                    prop_assert_eq!((item.people, item.norm), (people, weight));
                } else {
                    let pair = taste.pair(a, b).map_or((0, 0), |pair| (pair.people, pair.weight));
                    prop_assert_eq!(pair, (people, weight));
                }
            }
        }

        #[test]
        fn forgetting_equals_never_having_seen(events in events(3, 140, 400), gone in 0u32..3) {
            let mut taste: Taste = laws::fold(&events);
            taste.forget(SubjectId(gone));
            let others: Vec<Observed> = events.into_iter().filter(|event| event.0 != SubjectId(gone)).collect();
            prop_assert_eq!(taste, laws::fold::<Taste>(&others));
        }

        #[test]
        fn survives_postcard(events in events(4, 6, 40)) {
            let taste: Taste = laws::fold(&events);
            let bytes = postcard::to_stdvec(&taste).unwrap();
            prop_assert_eq!(postcard::from_bytes::<Taste>(&bytes).unwrap(), taste);
        }
    }

    #[test]
    fn forgetting_everybody_leaves_nothing_after_evictions() {
        let mut taste = Taste::default();
        for step in 0..1_000u32 {
            let what = [Interaction::View, Interaction::Purchase, Interaction::Rating(5)][step as usize % 3];
            taste.observe(SubjectId(step % 2), SkuId(step * 7 % 263), what, Day((step / 10) as i32));
        }
        (0..2).for_each(|subject| taste.forget(SubjectId(subject)));
        assert_eq!(taste, Taste::default());
    }
}
