//! The stock ledger: SKU × location × lot × condition, holds with deadlines, exact integers.
//!
//! [`decide`] answers a command with an event or a [`Rejected`](crate::event::Rejected), `resolve`
//! turns a fact into the event that carries what the fact left open (lots, deltas), and
//! [`Ledger::apply`] is total. Facts contradicting the books are recorded: what was sold beyond
//! them is booked as found and reported as `missing`.
//!
//! Invariants: for each SKU, received + returned + adjusted − sold = on hand over all shelves;
//! on hand = Σ lots = Σ conditions; held = Σ live holds; nothing is negative.

mod decide;
mod resolve;
mod state;

pub use decide::decide;
pub use resolve::{count, receive, returned, sale};
pub use state::{Hold, HoldState, Ledger, Lot, OpenPurchase, Shelf, ShelfLot, Totals};
