//! What the runnable examples share: real data by a mapping of columns, a generated shop, and the page people look at.
//!
//! Everything here stands on plain structs and knows nothing of the engine; the binaries translate.
#![forbid(unsafe_code)]

/// The parts of the `season` demo.
pub mod season {
    mod catalogue;
    pub mod datasets;
    pub mod generate;
    pub mod page;
    pub mod svg;
}
