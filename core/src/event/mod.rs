//! Placeholder, replaced in the next step.
use serde::{Deserialize, Serialize};
/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Rejected {
    /// The id was used before with other content.
    #[error("id {id} was used before with other content")]
    Conflict {
        /// The id.
        id: String,
    },
}
impl Rejected {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        "CONFLICT"
    }
}
