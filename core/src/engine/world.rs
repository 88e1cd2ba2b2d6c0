//! The world: one closed struct of folds with one fixed order of application.
//!
//! Stock changes before the demand that it censors. Each part is shared by reference count with
//! the views that were taken, and copied only if it changes while a view holds it.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::people::People;
use crate::base::{Day, Timestamp};
use crate::catalog::Catalog;
use crate::demand::Demand;
use crate::event::{Body, CatalogEvent, Event, Fact, PeopleEvent, StockEvent, StockKind};
use crate::feedback::{SignalKind, Signals};
use crate::ledger::{self, Ledger, Policy, Touched};
use crate::recommend::{Content, Trend};

/// What is derived from the world at the first question and kept until the world changes. No part
/// of the state: two worlds are equal whatever their caches hold.
#[derive(Debug)]
pub struct Cache<T>(Arc<OnceLock<T>>);

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Cache(Arc::default())
    }
}

impl<T> Clone for Cache<T> {
    fn clone(&self) -> Self {
        Cache(self.0.clone())
    }
}

impl<T> PartialEq for Cache<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Cache<T> {
    /// The value, made where there is none.
    pub fn get(&self, make: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(make)
    }

    /// A cell that a view shares is left to it even while empty: the view may fill it with what it sees.
    fn forget(&mut self) {
        if self.0.get().is_some() || Arc::strong_count(&self.0) > 1 {
            *self = Cache::default();
        }
    }
}

/// Everything that is known, as a deterministic function of the journal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct World {
    /// Products, SKUs, suppliers.
    pub catalog: Arc<Catalog>,
    /// Stock.
    pub ledger: Arc<Ledger>,
    /// Daily demand of each shelf.
    pub demand: Arc<Demand>,
    /// Signals that are stock facts.
    pub signals: Arc<Signals>,
    /// Persons, tastes, their signals.
    pub people: Arc<People>,
    /// Stock facts about SKUs that the catalogue does not know yet, with the day on which they came.
    pub unresolved: Arc<Vec<(Day, Fact)>>,
    /// The latest instant of any event; `now` is never before it.
    pub now: Timestamp,
    /// Attributes of the catalogue, ready to compare.
    pub content: Cache<Content>,
    /// Demand and norms of a day, ready to rank with.
    pub trend: Cache<(Day, Trend)>,
}

impl World {
    /// The business day of the shop at an instant.
    pub fn day(&self, at: Timestamp) -> Day {
        at.day(self.catalog.utc_offset_minutes())
    }

    /// The business day of what happens at an instant: that of its location, else the shop's.
    pub fn day_of(&self, bodies: &[Body<'_>], at: Timestamp) -> Day {
        let stock = bodies.iter().find_map(|body| match body {
            Body::Stock(stock) => Some(stock),
            _ => None,
        });
        self.ledger.day_at(stock.and_then(ledger::home), at)
    }

    /// Applies one event and answers the shelves that it touched. Total.
    pub fn apply(&mut self, event: &Event<'_>) -> Touched {
        self.now = self.now.max(event.at);
        if let Body::Stock(change) = &event.body {
            return self.apply_stock(event, change);
        }
        let doc = event.origin.as_ref().map(|origin| Arc::make_mut(&mut self.ledger).enter(origin));
        match &event.body {
            Body::Catalog(change) => {
                self.content.forget();
                self.trend.forget();
                self.apply_catalog(event.at, change);
            }
            Body::Stock(_) => {}
            Body::People(subject, change) => {
                self.trend.forget();
                if let (Some(doc), PeopleEvent::Unresolved(_)) = (doc, change) {
                    Arc::make_mut(&mut self.ledger).wait(doc);
                }
                let catalog = &self.catalog;
                Arc::make_mut(&mut self.people).apply(subject, change, event.day, |sku| catalog.id(sku));
            }
        }
        Touched::new()
    }

    fn apply_catalog(&mut self, at: Timestamp, change: &CatalogEvent) {
        Arc::make_mut(&mut self.catalog).apply(change);
        let ledger = Arc::make_mut(&mut self.ledger);
        match change {
            CatalogEvent::Skus(_) | CatalogEvent::Entries(_) => {
                for sku in &*change.skus() {
                    ledger.describe(at, &sku.sku, Policy::from(sku));
                }
                self.stop_waiting();
            }
            CatalogEvent::Channels(channels) => channels.iter().for_each(|channel| ledger.put_channel(at, channel)),
            CatalogEvent::Locations(locations) => locations.iter().for_each(|entry| ledger.put_location(entry)),
            CatalogEvent::BusinessDay { utc_offset_minutes } => ledger.put_offset(*utc_offset_minutes),
            CatalogEvent::Suppliers(_) => {}
        }
    }

    /// Facts of which the catalogue knows all SKUs wait no longer: their events are in the same batch.
    fn stop_waiting(&mut self) {
        let catalog = &self.catalog;
        let waits = |(_, fact): &(Day, Fact)| fact.skus().iter().any(|sku| catalog.id(sku).is_none());
        if self.unresolved.iter().any(|fact| !waits(fact)) {
            Arc::make_mut(&mut self.unresolved).retain(waits);
        }
        if self.people.unresolved.iter().any(|fact| !waits(fact)) {
            Arc::make_mut(&mut self.people).unresolved.retain(waits);
        }
    }

    fn apply_stock(&mut self, event: &Event<'_>, change: &StockEvent<'_>) -> Touched {
        let ledger = Arc::make_mut(&mut self.ledger);
        let doc = event.origin.as_ref().map(|origin| ledger.enter(origin));
        let touched = ledger.apply(event, change, doc);
        if let StockKind::Unresolved(fact) = &change.kind {
            Arc::make_mut(&mut self.unresolved).push((event.day, (**fact).clone()));
            return touched;
        }
        if Demand::concerns(&change.kind) {
            Arc::make_mut(&mut self.demand).apply(event, change, &touched, &self.ledger);
        }
        match &change.kind {
            StockKind::Returned { .. } => {
                for movement in &change.movements {
                    self.count(movement.sku, SignalKind::Return, event.day, movement.quantity);
                }
            }
            StockKind::Complained { sku, kind, .. } => self.count(sku, SignalKind::from(*kind), event.day, 1),
            _ => {}
        }
        touched
    }

    fn count(&mut self, sku: &str, kind: SignalKind, day: Day, n: i64) {
        if let Some(sku) = self.catalog.id(sku) {
            Arc::make_mut(&mut self.signals).count(sku, kind, day, n, 0);
        }
    }
}

/// The world as a snapshot keeps it: the parts in this order, the event form's version before them.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u8,
    catalog: Arc<Catalog>,
    ledger: Arc<Ledger>,
    demand: Arc<Demand>,
    signals: Arc<Signals>,
    people: Arc<People>,
    unresolved: Arc<Vec<(Day, Fact)>>,
    now: Timestamp,
}

/// Changes whenever the form of any part does: a snapshot of another version is thrown away.
const SNAPSHOT_VERSION: u8 = 4;

impl World {
    /// The bytes of a snapshot.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let World { catalog, ledger, demand, signals, people, unresolved, now, .. } = self.clone();
        let version = SNAPSHOT_VERSION;
        postcard::to_stdvec(&Stored { version, catalog, ledger, demand, signals, people, unresolved, now }).ok()
    }

    /// The world of a snapshot; `None` where the bytes are none of this version.
    pub fn from_bytes(bytes: &[u8]) -> Option<World> {
        if bytes.first() != Some(&SNAPSHOT_VERSION) {
            return None;
        }
        let Stored { catalog, ledger, demand, signals, people, unresolved, now, .. } =
            postcard::from_bytes(bytes).ok()?;
        Some(World { catalog, ledger, demand, signals, people, unresolved, now, ..World::default() })
    }
}
