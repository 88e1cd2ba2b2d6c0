//! What the runnable examples share: real data by a mapping of columns, a generated shop, and the page people look at.
//!
//! The generator, the reader and the page stand on plain structs and know nothing of the engine; `play` and `real`
//! translate into its commands and facts, `report` its answers back.
#![forbid(unsafe_code)]

/// The parts of the `season` demo.
pub mod season {
    mod catalogue;
    pub mod datasets;
    pub mod generate;
    pub mod page;
    pub mod play;
    pub mod real;
    pub mod report;
    pub mod svg;
    pub mod terminal;
}
