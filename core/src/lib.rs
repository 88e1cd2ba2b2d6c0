//! Placeholder, replaced in the next step.
#![forbid(unsafe_code)]

pub mod base;
pub mod event;
pub mod recommend;
pub mod segment;

pub use base::{Column, Day, Error, Interner, Money, Panel, Quantity, Result, Table, Task, Timestamp};
