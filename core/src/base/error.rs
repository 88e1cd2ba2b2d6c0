//! One error type with stable codes, the same in Rust, Python and Node.
//!
//! A message says what, where, the rule and what came; the fields carry the same facts for
//! programs. Codes are part of the contract: they are listed in `tests/surface.json`.

use serde::{Deserialize, Serialize};

/// A result whose error is [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, with the fields that name the culprit.
///
/// ```
/// let error = trousse::Error::argument("alpha", "in (0, 1]", 1.3);
/// assert_eq!(error.code(), "INVALID_ARGUMENT");
/// assert_eq!(error.to_string(), "alpha must be in (0, 1], got 1.3");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Error {
    /// An argument is outside its domain.
    #[error("{field} must be {rule}, got {got}")]
    InvalidArgument {
        /// Path of the argument, as the caller spelled it.
        field: String,
        /// What it has to be.
        rule: String,
        /// What came.
        got: String,
    },
    /// Text (JSON, CSV) that cannot be read.
    #[error("line {line}: {message}")]
    Malformed {
        /// 1-based line.
        line: u64,
        /// What is wrong there.
        message: String,
    },
    /// No operation has this name.
    #[error("there is no operation named {operation}")]
    UnknownOperation {
        /// The name that came.
        operation: String,
    },
    /// The catalogue does not know this SKU.
    #[error("unknown SKU {sku}")]
    UnknownSku {
        /// The key that came.
        sku: String,
    },
    /// No event named this location yet.
    #[error("unknown location {location}")]
    UnknownLocation {
        /// The key that came.
        location: String,
    },
    /// No receipt, return or recall named this lot yet.
    #[error("unknown lot {lot} of {sku}")]
    UnknownLot {
        /// The SKU.
        sku: String,
        /// The key that came.
        lot: String,
    },
    /// No input with this id moved anything.
    #[error("unknown order {order}")]
    UnknownOrder {
        /// The id that came.
        order: String,
    },
    /// A value of a series is infinite or too large to reckon with.
    #[error("series {series}: y[{index}] must be a number below 1e150 in size, got {got}")]
    NanInSeries {
        /// Name of the series.
        series: String,
        /// 0-based position in the series, in time order.
        index: usize,
        /// `inf`, `-inf`, or the number.
        got: String,
    },
    /// Two rows of one series have the same time.
    #[error("series {series}: {ds} occurs twice")]
    DuplicateTime {
        /// Name of the series.
        series: String,
        /// The time that occurs twice.
        ds: String,
    },
    /// A series is too short for what was asked.
    #[error("series {series} has {got} observations, needs {need}")]
    SeriesTooShort {
        /// Name of the series.
        series: String,
        /// Observations needed.
        need: usize,
        /// Observations there.
        got: usize,
    },
    /// A table lacks a column.
    #[error("column {column} is missing; there are {found}")]
    MissingColumn {
        /// The column asked for.
        column: String,
        /// The columns that are there.
        found: String,
    },
    /// A column has another type than needed.
    #[error("column {column} must be {expected}, got {got}")]
    WrongColumnType {
        /// The column.
        column: String,
        /// The type it has to have.
        expected: String,
        /// The type it has.
        got: String,
    },
    /// The disk, or another outside thing, said no.
    #[error("{operation}: {message}")]
    Io {
        /// What was tried.
        operation: String,
        /// What the system answered.
        message: String,
    },
    /// The disk has no space left: what was durable before is intact.
    #[error("{operation}: the disk is full ({message})")]
    DiskFull {
        /// What was tried.
        operation: String,
        /// What the system answered.
        message: String,
    },
    /// Nothing may be written there.
    #[error("{operation}: it may not be written ({message})")]
    ReadOnly {
        /// What was tried.
        operation: String,
        /// What the system answered.
        message: String,
    },
    /// A journal is damaged before its tail.
    #[error("journal damaged in segment {segment} at byte {offset}: {message}")]
    JournalCorrupt {
        /// Number of the segment, which its file is named by.
        segment: u64,
        /// Byte offset in its file of the first bad frame.
        offset: u64,
        /// What does not fit.
        message: String,
    },
    /// A write or flush failed before: nothing may be appended until the journal is opened anew.
    #[error("journal poisoned by an earlier failure: {message}")]
    JournalPoisoned {
        /// The first failure.
        message: String,
    },
    /// Another process holds the journal.
    #[error("journal {path} is held by another process")]
    JournalLocked {
        /// Where it is.
        path: String,
    },
    /// A journal written by a version that this one cannot read.
    #[error("journal has format {found}, this version reads {supported}")]
    JournalVersion {
        /// The format found.
        found: u32,
        /// The format this version reads.
        supported: u32,
    },
    /// Somebody else appended since the caller looked.
    #[error("journal head is {actual}, expected {expected}")]
    HeadMoved {
        /// The head the caller knew.
        expected: u64,
        /// The head there is.
        actual: u64,
    },
    /// Goods that arrive keep too short for what their SKU's entry asks at receipt.
    #[error(
        "lot {lot} of {sku} keeps until {expires_on}: {remaining_days} days remain, a receipt asks for {required_days}"
    )]
    LifeTooShort {
        /// The SKU.
        sku: String,
        /// The lot.
        lot: String,
        /// Its last good day.
        expires_on: super::units::Day,
        /// Days from the receipt to that day.
        remaining_days: i32,
        /// Days that must remain.
        required_days: i32,
    },
    /// Bytes that are no state of a forecaster, or a damaged one.
    #[error("the state is damaged: {message}")]
    StateCorrupt {
        /// What does not fit.
        message: String,
    },
    /// A state written by a version that this one cannot read.
    #[error("the state has format {found}, this version reads {supported}")]
    StateVersion {
        /// The format found.
        found: u32,
        /// The format this version reads.
        supported: u32,
    },
    /// The caller cancelled the work.
    #[error("cancelled")]
    Cancelled,
    /// The engine was closed.
    #[error("the engine is closed")]
    Closed,
    /// A command was refused.
    #[error(transparent)]
    Rejected(#[from] super::rejected::Rejected),
    /// A broken invariant: please report it.
    #[error("internal error, please report it: {message}")]
    Internal {
        /// What was found.
        message: String,
    },
}

impl Error {
    /// An argument outside its domain: `{field} must be {rule}, got {got}`.
    pub fn argument(field: impl Into<String>, rule: impl Into<String>, got: impl ToString) -> Self {
        Error::InvalidArgument { field: field.into(), rule: rule.into(), got: got.to_string() }
    }

    /// A failure of the disk or another outside thing.
    pub fn io(operation: impl Into<String>, message: impl ToString) -> Self {
        Error::Io { operation: operation.into(), message: message.to_string() }
    }

    /// The stable code: the same string in Rust, Python (`err.code`) and Node (`err.code`).
    pub fn code(&self) -> &'static str {
        match self {
            Error::InvalidArgument { .. } => "INVALID_ARGUMENT",
            Error::Malformed { .. } => "MALFORMED",
            Error::UnknownOperation { .. } => "UNKNOWN_OPERATION",
            Error::UnknownSku { .. } => "UNKNOWN_SKU",
            Error::UnknownLocation { .. } => "UNKNOWN_LOCATION",
            Error::UnknownLot { .. } => "UNKNOWN_LOT",
            Error::UnknownOrder { .. } => "UNKNOWN_ORDER",
            Error::NanInSeries { .. } => "NAN_IN_SERIES",
            Error::DuplicateTime { .. } => "DUPLICATE_TIME",
            Error::SeriesTooShort { .. } => "SERIES_TOO_SHORT",
            Error::MissingColumn { .. } => "MISSING_COLUMN",
            Error::WrongColumnType { .. } => "WRONG_COLUMN_TYPE",
            Error::Io { .. } => "IO",
            Error::DiskFull { .. } => "DISK_FULL",
            Error::ReadOnly { .. } => "READ_ONLY",
            Error::JournalCorrupt { .. } => "JOURNAL_CORRUPT",
            Error::JournalPoisoned { .. } => "JOURNAL_POISONED",
            Error::JournalLocked { .. } => "JOURNAL_LOCKED",
            Error::JournalVersion { .. } => "JOURNAL_VERSION",
            Error::HeadMoved { .. } => "HEAD_MOVED",
            Error::LifeTooShort { .. } => "LIFE_TOO_SHORT",
            Error::StateCorrupt { .. } => "STATE_CORRUPT",
            Error::StateVersion { .. } => "STATE_VERSION",
            Error::Cancelled => "CANCELLED",
            Error::Closed => "CLOSED",
            Error::Rejected(why) => why.code(),
            Error::Internal { .. } => "INTERNAL",
        }
    }

    /// Every code that an operation may answer with, in alphabetical order.
    pub const CODES: &[&str] = &[
        "CANCELLED",
        "CANNOT_FREEZE",
        "CLOSED",
        "CONFLICT",
        "DISK_FULL",
        "DUPLICATE_TIME",
        "HEAD_MOVED",
        "HOLD_CLOSED",
        "HOLD_EXPIRED",
        "INSUFFICIENT_STOCK",
        "INTERNAL",
        "INVALID_ARGUMENT",
        "IO",
        "JOURNAL_CORRUPT",
        "JOURNAL_LOCKED",
        "JOURNAL_POISONED",
        "JOURNAL_VERSION",
        "LIFE_TOO_SHORT",
        "LOT_RECALLED",
        "MALFORMED",
        "MISSING_COLUMN",
        "NAN_IN_SERIES",
        "READ_ONLY",
        "SERIES_TOO_SHORT",
        "STATE_CORRUPT",
        "STATE_VERSION",
        "UNKNOWN_CHANNEL",
        "UNKNOWN_HOLD",
        "UNKNOWN_LOCATION",
        "UNKNOWN_LOT",
        "UNKNOWN_OPERATION",
        "UNKNOWN_ORDER",
        "UNKNOWN_SKU",
        "UNKNOWN_TRANSFER",
        "WRONG_COLUMN_TYPE",
    ];

    /// The fields of the error as a JSON object, for faces that hang them on their exceptions.
    pub fn fields(&self) -> serde_json::Map<String, serde_json::Value> {
        let value = match self {
            Error::Rejected(why) => serde_json::to_value(why),
            other => serde_json::to_value(other),
        };
        match value {
            Ok(serde_json::Value::Object(outer)) => match outer.into_iter().next() {
                Some((_, serde_json::Value::Object(fields))) => fields,
                _ => serde_json::Map::new(),
            },
            _ => serde_json::Map::new(),
        }
    }
}
