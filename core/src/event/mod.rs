//! What happens: commands that may be refused, facts that are recorded, events that are applied.
//!
//! Three streams, each with one key: `catalog` (broadcast), `stock` (by SKU, no personal data,
//! kept for ever) and `people` (by subject, erasable). An order is split at the door into a stock
//! event and a people event; both are one atomic batch of the journal.
//!
//! Commands and facts are the caller's words; events carry what was resolved when they happened
//! (lots, expiry, deltas), so that replay never asks the catalogue of another day. On disk an
//! event is versioned postcard; JSON is for the faces.

mod account;
mod command;
mod entry;
mod fact;
mod former;
mod stored;

pub use crate::base::Rejected;
pub use account::{Account, Condition, Movement, Movements, Outside, Strategy, Units};
pub use command::{
    Arrive, Assemble, Command, Commit, Freeze, Line, Move, OpenTester, Purchase, Reclassify, Release, Reserve, WriteOff,
};
pub use entry::{Channel, ChannelMinimum, Location, ShortReceipt, Sku, Supplier, Unit};
pub use fact::{
    Answer, Complaint, ComplaintKind, Consent, Count, Fact, Interest, Profile, Purpose, Rating, Recall, Receive,
    Return, Review, Sale,
};
pub use former::FirstSku;
pub use stored::{
    Body, CatalogEvent, Event, Fingerprint, LotCard, Origin, PeopleEvent, StockEvent, StockKind, Taken, WIRE_VERSION,
};

use crate::base::{Error, Result};

/// The longest id, key or text that is accepted, in bytes.
pub const MAX_TEXT_BYTES: usize = 65_536;
/// The longest key (id, SKU, lot, location, subject) that is accepted, in bytes.
pub const MAX_KEY_BYTES: usize = 512;

fn check_key(field: &str, key: &str) -> Result<()> {
    let printable =
        !key.bytes().any(|byte| byte < 0x20 || byte == 0x7f) && (key.is_ascii() || !key.chars().any(char::is_control));
    if !key.is_empty() && key.len() <= MAX_KEY_BYTES && printable {
        return Ok(());
    }
    let rule = format!("1 to {MAX_KEY_BYTES} bytes without control characters");
    Err(Error::argument(field, rule, format!("{} bytes", key.len())))
}

fn check_optional_key(field: &str, key: Option<&str>) -> Result<()> {
    key.map_or(Ok(()), |key| check_key(field, key))
}

fn check_text(field: &str, text: &str) -> Result<()> {
    if text.len() <= MAX_TEXT_BYTES {
        return Ok(());
    }
    Err(Error::argument(field, format!("at most {MAX_TEXT_BYTES} bytes"), format!("{} bytes", text.len())))
}

fn check_lines(lines: &[Line]) -> Result<()> {
    if lines.is_empty() || lines.len() > 1_000 {
        return Err(Error::argument("lines", "1 to 1000 lines", lines.len()));
    }
    for (i, line) in lines.iter().enumerate() {
        check_line(line).map_err(|error| match error {
            Error::InvalidArgument { field, rule, got } => Error::argument(format!("lines[{i}].{field}"), rule, got),
            other => other,
        })?;
    }
    Ok(())
}

fn check_line(line: &Line) -> Result<()> {
    check_key("sku", &line.sku)?;
    line.quantity.check_positive("quantity")?;
    check_optional_key("unit", line.unit.as_deref())?;
    check_optional_key("location", line.location.as_deref())?;
    line.lot.as_deref().map_or(Ok(()), check_lot)
}

fn check_lot(lot: &str) -> Result<()> {
    if lot.is_empty() { Ok(()) } else { check_key("lot", lot) }
}

/// A word of the shop's own list, such as a reason: it is kept in the stock stream, where no free text may be.
fn check_word(field: &str, word: &str) -> Result<()> {
    if word.len() <= 64 && !word.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Error::argument(field, "a word of at most 64 bytes", format!("{} bytes", word.len())))
}
