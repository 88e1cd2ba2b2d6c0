//! Placeholder, replaced in the next step.
#![forbid(unsafe_code)]

pub mod base;
pub mod event;
pub mod forecast;
pub mod replenish;

pub use base::{Column, Day, Error, Interner, Money, Panel, Quantity, Result, Table, Task, Timestamp};
