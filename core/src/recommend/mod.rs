//! Recommendations: what a person is shown, from exact counts of what people like.
//!
//! [`Taste`] folds interactions into integers that any person can be subtracted from; [`Content`] compares
//! attributes; [`Model::rank`] filters hard and scores by taste × trend × availability; [`table()`] does it for
//! many users of a frame at once. Floats exist at query time only.
//!
//! Deliberately absent: stock, expiry and consent. The engine says through [`Candidate`] what may be shown.

pub mod content;
pub mod rank;
pub mod table;
pub mod taste;

pub use content::{Attributes, Content, Profile, violates};
pub use rank::{Candidate, Model, Pick, Reason, ReasonKind, Request, ScoreParams, Trend, Withheld};
pub use table::{TableParams, table};
pub use taste::{CHOSEN, HISTORY_LIMIT, Interaction, Item, Observed, Pair, Seen, Taste};
