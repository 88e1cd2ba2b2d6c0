//! The stock ledger: double entry over SKU × location × lot × condition, holds with deadlines, exact integers.
//!
//! Every movement takes units from one account and gives them to another: conditions at locations
//! ([`Condition`](crate::event::Condition)), or suppliers, customers, scrap, count differences and kit assembly outside
//! ([`Outside`](crate::event::Outside)). For each SKU all accounts sum to zero, by construction and as a test.
//!
//! [`decide`] answers a command with an event or a [`Rejected`](crate::event::Rejected); [`receive`], [`sale`],
//! [`returned`] and [`count`] turn a fact into the event that carries what the fact left open (lots, differences), and
//! [`Ledger::apply`] is total. Facts contradicting the books are recorded: what was sold beyond them drives the free
//! units below zero, until a late receipt or a count puts them right.
//!
//! Holds have units of lots, first expired first out. Where a lot is recalled or expires, others stand in.
//!
//! Invariants: all accounts of a SKU sum to zero; the held units of a lot are those of live holds; only free units may
//! be below zero; lots of a shelf stand in the order in which they leave.

mod book;
mod days;
mod decide;
mod docs;
mod history;
#[cfg(not(any(test, feature = "simulation")))]
mod mutant;
#[cfg(any(test, feature = "simulation"))]
#[doc(hidden)]
pub mod mutant;
mod resolve;
mod state;

pub use book::{Book, Entry, EntryKind, Place};
pub use days::{EventDay, home};
pub use decide::{decide, is_hold};
pub use docs::{Doc, DocId, Docs, NONE, Outcome};
pub use history::{CostMethod, Valued, balances, valued};
pub use resolve::{
    Receipt, blocked, count, fallen, filled, is_blocked_on, reallocated, receive, returned, sale, too_short,
};
pub use state::{
    Alert, Hold, HoldLine, HoldState, Ledger, Lot, LotStock, OpenPurchase, Policy, PurchaseLine, Shelf, StockLevel,
    Tester, Touch, Touched, Transfer,
};
