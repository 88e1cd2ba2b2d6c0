//! The book: every movement that was ever made, in order, with the chains that a trace follows.
//!
//! Append-only columns; 64 bytes an entry. Nothing in it is ever changed: what was true at an instant or on a business
//! day is a question to it (`history`).

use serde::{Deserialize, Serialize};

use super::docs::{DocId, NONE};
use crate::base::{Chunked, Day, LocationId, LotId, Money, Timestamp};
use crate::event::{Account, Condition, Outside};

/// Why units moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// They arrived from a supplier.
    Received,
    /// They were promised to a hold.
    Held,
    /// They were shipped.
    Committed,
    /// A hold was given back.
    Released,
    /// A hold fell.
    HoldExpired,
    /// A hold got other lots, or lost units.
    Reallocated,
    /// They were sold over a till.
    Sold,
    /// They were sold over a till beyond what the books held.
    Oversold,
    /// A customer brought them back.
    Returned,
    /// They moved.
    Moved,
    /// They arrived from another location.
    Arrived,
    /// A count found or missed them.
    Counted,
    /// They got another condition.
    Reclassified,
    /// They were scrapped.
    WrittenOff,
    /// They were opened as testers.
    TesterOpened,
    /// Their lot was recalled.
    Recalled,
    /// Their lot's last good day passed.
    LotExpired,
    /// A kit was made.
    Assembled,
}

/// One side of an entry: a condition at a location, or an account outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place(u32);

const OUTSIDE: u32 = u32::MAX - 15;

impl Place {
    /// A condition at a location.
    pub fn at(location: LocationId, condition: Condition) -> Place {
        Place(location.0 << 4 | condition as u32)
    }
    /// An account outside.
    pub fn outside(account: Outside) -> Place {
        Place(OUTSIDE | account as u32)
    }
    /// Location and condition, where it is a location.
    pub fn location(self) -> Option<(LocationId, Condition)> {
        (self.0 < OUTSIDE).then(|| (LocationId(self.0 >> 4), Condition::ALL[(self.0 & 15) as usize]))
    }
    /// The account outside, where it is one.
    pub fn account(self) -> Option<Outside> {
        (self.0 >= OUTSIDE).then(|| Outside::ALL[(self.0 & 15) as usize])
    }
    /// As an event spells it.
    pub fn spell(self, locations: &crate::base::Interner) -> Account<'_> {
        match self.location() {
            Some((location, condition)) => Account::At(locations.key(location.0), condition),
            None => Account::Outside(self.account().unwrap_or(Outside::Scrap)),
        }
    }
}

/// One movement of units of one lot.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was recorded.
    pub at: Timestamp,
    /// Units.
    pub quantity: i64,
    /// The business day that it belongs to.
    pub day: Day,
    /// The lot.
    pub lot: LotId,
    /// Where they left.
    pub from: Place,
    /// Where they went.
    pub to: Place,
    /// The document that made it; `NONE` for what time brought about.
    pub doc: DocId,
    /// The hold, order or transfer that it concerns; else its own document.
    pub order: DocId,
    /// The entry of the lot before this one.
    pub before_of_lot: u32,
    /// The entry of the order before this one.
    pub before_of_order: u32,
    /// Why.
    pub kind: EntryKind,
}

/// All entries, and the unit costs of those that have one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Book {
    entries: Chunked<Entry>,
    costs: Chunked<(u32, Money)>,
}

impl Book {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
    /// An entry.
    pub fn get(&self, entry: u32) -> &Entry {
        &self.entries[entry as usize]
    }
    /// The entries in order, from one on.
    pub fn iter_from(&self, first: usize) -> impl Iterator<Item = &Entry> {
        self.entries.iter_from(first)
    }
    /// The cost of a unit of an entry, where it was given. O(log costs).
    pub fn cost(&self, entry: u32) -> Option<Money> {
        let (mut low, mut high) = (0, self.costs.len());
        while low < high {
            let middle = (low + high) / 2;
            if self.costs[middle].0 < entry { low = middle + 1 } else { high = middle }
        }
        self.costs.get(low).filter(|(own, _)| *own == entry).map(|(_, cost)| *cost)
    }
    /// The entries of a chain, the newest first: `last` is where it ends, `before` how it goes on.
    pub fn chain(&self, last: u32, before: impl Fn(&Entry) -> u32) -> impl Iterator<Item = (u32, &Entry)> {
        let first = (last != NONE).then_some(last);
        std::iter::successors(first, move |entry| Some(before(self.get(*entry))).filter(|next| *next != NONE))
            .map(|entry| (entry, self.get(entry)))
    }
    pub(super) fn push(&mut self, entry: Entry) -> u32 {
        self.entries.push(entry) as u32
    }
    pub(super) fn push_cost(&mut self, entry: u32, cost: Money) {
        self.costs.push((entry, cost));
    }
}
