//! The embedded engine for cosmetics commerce: stock, expiry, forecasts, purchases, recommendations
//! and feedback over one journal.
//!
//! ```
//! use trousse::{Command, Commit, Engine, Line, Receive, Reserve, Sku, Timestamp};
//!
//! let now: Timestamp = "2026-11-23T09:00:00Z".parse()?;
//! let mut shop = Engine::memory(Default::default()); // Engine::open("shop.trousse", …) keeps it
//! shop.upsert_skus(vec![Sku { sku: "LIP-01".into(), ..Default::default() }], now)?;
//! for (lot, expires_on, quantity) in [("B7", "2027-09-30", 48), ("A1", "2027-06-30", 1)] {
//!     let receipt = Receive {
//!         id: format!("asn-{lot}"), sku: "LIP-01".into(), lot: lot.into(), location: "paris".into(),
//!         expires_on: Some(expires_on.parse()?), quantity: trousse::Quantity(quantity), ..Default::default()
//!     };
//!     shop.record(receipt.into(), now)?;
//! }
//! let wish = Reserve {
//!     id: "order-1001".into(), lines: vec![Line::new("LIP-01", 2)], location: "paris".into(), ..Default::default()
//! };
//! shop.submit(wish.into(), now)?.accepted()?;
//! let pay = Commit { id: "pay-1001".into(), hold: "order-1001".into(), subject: Some("ana".into()), ..Default::default() };
//! let trousse::Accepted::Shipped(shipped) = shop.submit(pay.into(), now)?.accepted()? else { panic!() };
//! let lots: Vec<_> = shipped.lots.iter().map(|taken| (taken.lot.as_str(), taken.quantity.0)).collect();
//! assert_eq!(lots, [("A1", 1), ("B7", 1)]); // first expired, first out
//! # Ok::<(), trousse::Error>(())
//! ```
//!
//! | module | what it is for |
//! |---|---|
//! | [`engine`] | the closed loop: open, submit, record, advance, view, snapshot, erase |
//! | [`ledger`] | stock by SKU, location, lot and condition; holds with deadlines |
//! | [`expiry`] | labels and open jars; one `is_sellable`; which lots leave first; what will expire unsold |
//! | [`demand`] | daily demand, censored by empty shelves |
//! | [`forecast`] | what will sell, with intervals |
//! | [`replenish`] | what to order |
//! | [`recommend`] | what to show whom |
//! | [`segment`] | RFM and k-means |
//! | [`feedback`] | signals and the belief in phantom stock |
//! | [`journal`] | the durable log that everything folds from |
//! | [`event`], [`catalog`], [`base`] | the words they share |
//! | [`ops`] | every operation by name, for the Python and Node faces |
#![forbid(unsafe_code)]

pub mod base;
pub mod catalog;
pub mod demand;
pub mod engine;
pub mod event;
pub mod expiry;
pub mod feedback;
pub mod forecast;
pub mod journal;
pub mod ledger;
pub mod ops;
pub mod recommend;
pub mod replenish;
pub mod segment;

pub use base::{Column, Day, Error, Interner, Money, Panel, Quantity, Rejected, Result, Table, Task, Timestamp};
pub use catalog::{Sku, Supplier};
pub use engine::{Accepted, Engine, Follow, Options, Outcome, Shared, View};
pub use event::{
    Answer, Arrive, Assemble, Channel, ChannelMinimum, Command, Commit, Complaint, ComplaintKind, Condition, Consent,
    Count, Fact, Freeze, Interest, Line, Location, Move, OpenTester, Outside, Profile, Purchase, Purpose, Rating,
    Recall, Receive, Reclassify, Release, Reserve, Return, Review, Sale, ShortReceipt, Strategy, Unit, Units, WriteOff,
};
pub use journal::Durability;

/// The README's Rust example, compiled and run with the doctests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
