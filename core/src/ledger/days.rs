//! Business days: when the day of each location begins, and which day an event has at a location.
//!
//! Expiry is a calendar day at the location. A location has an offset from UTC of its own or the shop's. What happened
//! at one instant is on another day in Tokyo than in Paris; each location is told its own.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::state::{Ledger, Lot, Shelf};
use crate::base::{Day, LocationId, LotId, Timestamp};
use crate::event::{Condition, Event, Location, StockEvent, StockKind};

/// Minutes east of UTC at which the business day of each location begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Offsets {
    shop: i32,
    /// By location; those beyond the end have the shop's.
    own: Vec<Option<i32>>,
    /// The least and the greatest of all known locations.
    west: i32,
    east: i32,
}

impl Offsets {
    fn of(&self, location: LocationId) -> i32 {
        self.own.get(location.index()).copied().flatten().unwrap_or(self.shop)
    }

    /// Takes the extremes anew, of so many locations.
    pub fn span(&mut self, locations: usize) {
        let all = || (0..locations).map(|location| self.of(LocationId(location as u32)));
        let (west, east) = (all().min().unwrap_or(self.shop), all().max().unwrap_or(self.shop));
        (self.west, self.east) = (west, east);
    }

    fn is_one(&self) -> bool {
        self.west == self.east && self.west == self.shop
    }
}

/// The location whose business day an event has; where it has none, or all are concerned, the shop's holds.
pub fn home<'a>(stock: &StockEvent<'a>) -> Option<&'a str> {
    match &stock.kind {
        StockKind::Recalled { .. }
        | StockKind::LotExpired { .. }
        | StockKind::LotExpiredAt { .. }
        | StockKind::Frozen { .. }
        | StockKind::Refused(_)
        | StockKind::Unresolved(_) => None,
        StockKind::Counted { location, .. } | StockKind::Purchased { location, .. } => Some(location),
        StockKind::Complained { location, .. } => *location,
        StockKind::InKits { units, .. } => units.first().map(|part| part.1),
        StockKind::Held { backordered, .. } if stock.movements.is_empty() => backordered.first().map(|line| line.1),
        _ => stock.movements.first().and_then(|own| own.from.place().or(own.to.place())),
    }
}

/// How an event's business day reads at other locations.
#[derive(Debug, Clone, Copy)]
pub struct EventDay {
    at: Timestamp,
    day: Day,
    /// Days between the instant and the event's business day; none where all locations have one calendar.
    late: Option<i32>,
}

impl EventDay {
    /// The instant.
    pub fn instant(&self) -> Timestamp {
        self.at
    }

    /// The day at a location; the event's own where none is meant.
    pub fn at(&self, ledger: &Ledger, location: Option<LocationId>) -> Day {
        match (self.late, location) {
            (Some(late), Some(location)) => ledger.open_day(ledger.day(location, self.at) + -late),
            _ => self.day,
        }
    }
}

impl Ledger {
    /// Minutes east of UTC at which the business day of a location begins.
    pub fn offset(&self, location: LocationId) -> i32 {
        self.offsets.of(location)
    }

    /// The business day of an instant at a location. O(1).
    pub fn day(&self, location: LocationId, at: Timestamp) -> Day {
        at.day(self.offsets.of(location))
    }

    /// As [`Ledger::day`] by key; where the location is not known or none is meant, the shop's day.
    pub fn day_at(&self, location: Option<&str>, at: Timestamp) -> Day {
        let known = location.and_then(|key| self.location(key));
        known.map_or(at.day(self.offsets.shop), |location| self.day(location, at))
    }

    /// The earliest day that it is anywhere at an instant, and the latest.
    pub fn days(&self, at: Timestamp) -> (Day, Day) {
        let Offsets { shop, west, east, .. } = *self.offsets;
        (at.day(shop.min(west)), at.day(shop.max(east)))
    }

    /// Whether all locations have the shop's calendar.
    pub fn has_one_calendar(&self) -> bool {
        self.offsets.is_one()
    }

    fn open_day(&self, day: Day) -> Day {
        self.frozen_until().map_or(day, |frozen| day.max(frozen + 1))
    }

    /// How an event's business day reads at each location.
    pub fn event_day(&self, event: &Event<'_>, stock: &StockEvent<'_>) -> EventDay {
        let several = !self.has_one_calendar();
        let late = several.then(|| self.day_at(home(stock), event.at) - event.day);
        EventDay { at: event.at, day: event.day, late }
    }

    /// The day at a location of what was recorded at an instant on the shop's day `day`.
    pub fn day_there(&self, location: LocationId, at: Timestamp, day: Day) -> Day {
        if self.has_one_calendar() { day } else { day + (self.day(location, at) - self.day_at(None, at)) }
    }

    /// Whether the last good day of a lot has passed at a location.
    pub fn is_over(&self, lot: &Lot, location: LocationId, at: Timestamp) -> bool {
        lot.state.expires_on.is_some_and(|last| last < self.day(location, at))
    }

    /// Whether the last good day of a lot has passed at every known location.
    pub fn is_over_everywhere(&self, lot: LotId, at: Timestamp) -> bool {
        self.lot(lot).state.expires_on.is_some_and(|last| last < at.day(self.offsets.west))
    }

    /// The shelves on which the last good day of a lot has passed and free or held units of it are left, by index.
    pub fn over_on(&self, lot: LotId, at: Timestamp) -> impl Iterator<Item = &Shelf> {
        let own = self.lot(lot);
        let shelves = self.shelves_of(own.sku).map(|index| &self.shelves()[index]);
        shelves.filter(move |shelf| has_good(shelf, lot) && self.is_over(own, shelf.location, at))
    }

    /// The next midnight at which a lot's last good day has passed, and that lot: at each location where good units of
    /// it are left, and in the end, at the last midnight of all, for good. O(1) where all locations have one
    /// calendar; else O(shelves of the lots that expire between the first midnight and the last).
    pub fn next_expiry(&self, now: Timestamp) -> Option<(Timestamp, LotId)> {
        let Offsets { west, east, .. } = *self.offsets;
        let mut next: Option<(Timestamp, LotId)> = None;
        for (day, lot) in self.expiries.iter() {
            let first = (*day + 1).start(east);
            if first > now || next.is_some_and(|(at, _)| first > at) {
                break;
            }
            let end = if west == east { first } else { self.next_midnight(*day, *lot) };
            if end <= now && next.is_none_or(|next| (end, *lot) < next) {
                next = Some((end, *lot));
            }
            if west == east {
                break;
            }
        }
        next
    }

    fn next_midnight(&self, last: Day, lot: LotId) -> Timestamp {
        let shelves = self.shelves_of(self.lot(lot).sku).map(|index| &self.shelves()[index]);
        let good = shelves.filter(|shelf| has_good(shelf, lot)).map(|shelf| self.offset(shelf.location));
        (last + 1).start(good.max().unwrap_or(self.offsets.west))
    }

    /// Enters a location or replaces its entry.
    pub fn put_location(&mut self, entry: &Location) {
        let id = self.known_location(&entry.location) as usize;
        let locations = self.locations().len();
        let offsets = Arc::make_mut(&mut self.offsets);
        if offsets.own.len() <= id {
            offsets.own.resize(id + 1, None);
        }
        offsets.own[id] = entry.utc_offset_minutes;
        offsets.span(locations);
    }

    /// Says where the business day of the shop begins.
    pub fn put_offset(&mut self, utc_offset_minutes: i32) {
        let locations = self.locations().len();
        let offsets = Arc::make_mut(&mut self.offsets);
        offsets.shop = utc_offset_minutes;
        offsets.span(locations);
    }
}

fn has_good(shelf: &Shelf, lot: LotId) -> bool {
    shelf.lot(lot).is_some_and(|own| own.of(Condition::Available) > 0 || own.of(Condition::Held) > 0)
}
