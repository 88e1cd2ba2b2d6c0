//! Replenishment: how much to order, why, and what may go wrong.
//!
//! In: stock on the shelf and on the way, the supplier's rules, a forecast per period. Out: a purchase
//! proposal with its risks and one sentence of reasons. [`plan()`] takes items, [`table()`] a table with one
//! row per SKU; [`order_quantity`], [`order_up_to`] and the newsvendors are the formulas alone.
//!
//! Model: periodic review, order up to the quantile of demand over lead time + review period.
//! Quantities are whole base units; demand is a count (negative binomial, or Poisson).
//!
//! Deliberately absent: budgets across items, supplier calendars, several echelons.

mod newsvendor;
mod plan;
mod quantity;
mod table;

pub use newsvendor::{Newsvendor, NewsvendorNormal, NewsvendorPoisson, newsvendor_normal, newsvendor_poisson};
pub use plan::{BindingRule, Item, PlanParams, Proposal, order_up_to, plan};
pub use quantity::{OrderRule, order_quantity};
pub use table::{TableParams, table};
