//! What every domain shares: errors, units, ids, folds, panels, tables and tasks.
//!
//! Nothing here knows what a SKU is. Imports go downward only: this is the bottom.

pub mod chunked;
pub mod csv;
pub mod error;
pub mod fold;
pub mod ids;
pub mod json;
pub mod numeric;
pub mod panel;
pub mod printed;
pub mod rejected;
pub mod table;
pub mod task;
pub mod units;

pub use chunked::Chunked;
pub use error::{Error, Result};
pub use ids::{Interner, LocationId, Lookup, LotId, SkuId, SubjectId};
pub use panel::Panel;
pub use printed::PrintedDate;
pub use rejected::Rejected;
pub use table::{Column, Lent, Table, View};
pub use task::Task;
pub use units::{Currency, Day, Money, Quantity, Timestamp};
