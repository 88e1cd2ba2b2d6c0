//! The world: one closed struct of folds with one fixed order of application.
//!
//! Stock changes before the demand that it censors. Each part is shared by reference count with
//! the views that were taken, and copied only if it changes while a view holds it.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::people::People;
use crate::base::{Day, Lookup, Rejected, Timestamp};
use crate::catalog::Catalog;
use crate::demand::Demand;
use crate::event::{Body, CatalogEvent, Event, Fact, Line, PeopleEvent, StockEvent, Taken};
use crate::feedback::{SignalKind, Signals};
use crate::ledger::Ledger;
use crate::recommend::{Content, Trend};

/// The first answer that an id got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum First {
    /// Nothing but yes.
    Done,
    /// Yes, and these lots left; beyond the books, these lines.
    Lots(Vec<Taken>, Vec<Line>),
    /// The fact waits for the catalogue.
    Unresolved,
    /// No.
    Refused(Rejected),
}

/// The fingerprint of an input and its first answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// Fingerprint of the input.
    pub fingerprint: u64,
    /// What it was answered.
    pub first: First,
}

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
    /// First answers by id.
    pub answers: Arc<Lookup<String, Answered>>,
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
    /// The business day of an instant.
    pub fn day(&self, at: Timestamp) -> Day {
        at.day(self.catalog.utc_offset_minutes())
    }

    /// Applies one event. Total.
    pub fn apply(&mut self, event: &Event) {
        self.now = self.now.max(event.at);
        match &event.body {
            Body::Catalog(change) => {
                self.content.forget();
                self.trend.forget();
                self.apply_catalog(change);
            }
            Body::Stock(change) => self.apply_stock(event, change),
            Body::People(subject, change) => {
                self.trend.forget();
                let catalog = &self.catalog;
                Arc::make_mut(&mut self.people).apply(subject, change, event.day, |sku| catalog.id(sku));
            }
        }
        if let Some(origin) = &event.origin {
            let answered = Answered { fingerprint: origin.fingerprint, first: first_answer(&event.body) };
            Arc::make_mut(&mut self.answers).insert(origin.id.clone(), answered);
        }
    }

    fn apply_catalog(&mut self, change: &CatalogEvent) {
        Arc::make_mut(&mut self.catalog).apply(change);
        let CatalogEvent::Skus(skus) = change else { return };
        let ledger = Arc::make_mut(&mut self.ledger);
        for sku in skus {
            ledger.declare(&sku.sku, sku.min_remaining_days);
        }
        let catalog = &self.catalog;
        let waits = |(_, fact): &(Day, Fact)| fact.skus().iter().any(|sku| catalog.id(sku).is_none());
        if self.unresolved.iter().any(|fact| !waits(fact)) {
            Arc::make_mut(&mut self.unresolved).retain(waits);
        }
        if self.people.unresolved.iter().any(|fact| !waits(fact)) {
            Arc::make_mut(&mut self.people).unresolved.retain(waits);
        }
    }

    fn apply_stock(&mut self, event: &Event, change: &StockEvent) {
        match change {
            StockEvent::Unresolved(fact) => {
                return Arc::make_mut(&mut self.unresolved).push((event.day, (**fact).clone()));
            }
            StockEvent::Refused(_) => return,
            _ => {}
        }
        Arc::make_mut(&mut self.ledger).apply(change);
        let offset = self.catalog.utc_offset_minutes();
        Arc::make_mut(&mut self.demand).apply(event, &self.ledger, offset);
        let signal = match change {
            StockEvent::Returned { goods, .. } => Some((&goods.sku, SignalKind::Return, goods.quantity.0)),
            StockEvent::Complained { sku, kind, .. } => Some((sku, SignalKind::from(*kind), 1)),
            _ => None,
        };
        if let Some((sku, kind, n)) = signal.and_then(|(sku, kind, n)| Some((self.catalog.id(sku)?, kind, n))) {
            Arc::make_mut(&mut self.signals).count(sku, kind, event.day, n, 0);
        }
    }
}

fn first_answer(body: &Body) -> First {
    match body {
        Body::Stock(StockEvent::Committed { taken, .. } | StockEvent::Moved { taken, .. }) => {
            First::Lots(taken.clone(), Vec::new())
        }
        Body::Stock(StockEvent::Sold { taken, missing, .. }) => First::Lots(taken.clone(), missing.clone()),
        Body::Stock(StockEvent::Refused(why)) => First::Refused(why.clone()),
        Body::Stock(StockEvent::Unresolved(_)) | Body::People(_, PeopleEvent::Unresolved(_)) => First::Unresolved,
        _ => First::Done,
    }
}

/// The world as a snapshot keeps it.
#[derive(Serialize, Deserialize)]
struct Stored {
    catalog: Catalog,
    ledger: Ledger,
    demand: Demand,
    signals: Signals,
    people: People,
    answers: Lookup<String, Answered>,
    unresolved: Vec<(Day, Fact)>,
    now: Timestamp,
}

impl World {
    /// The bytes of a snapshot.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let stored = Stored {
            catalog: (*self.catalog).clone(),
            ledger: (*self.ledger).clone(),
            demand: (*self.demand).clone(),
            signals: (*self.signals).clone(),
            people: (*self.people).clone(),
            answers: (*self.answers).clone(),
            unresolved: (*self.unresolved).clone(),
            now: self.now,
        };
        postcard::to_stdvec(&stored).ok()
    }

    /// The world of a snapshot; `None` where the bytes are none of this version.
    pub fn from_bytes(bytes: &[u8]) -> Option<World> {
        let stored: Stored = postcard::from_bytes(bytes).ok()?;
        Some(World {
            catalog: Arc::new(stored.catalog),
            ledger: Arc::new(stored.ledger),
            demand: Arc::new(stored.demand),
            signals: Arc::new(stored.signals),
            people: Arc::new(stored.people),
            answers: Arc::new(stored.answers),
            unresolved: Arc::new(stored.unresolved),
            now: stored.now,
            ..World::default()
        })
    }
}
