//! Events: what was decided or recorded, with everything resolved, as the journal keeps it.

use serde::{Deserialize, Serialize};

use super::{ComplaintKind, Fact, Line, Purpose, Rejected, Sku, Supplier};
use crate::base::{Day, Error, Money, Quantity, Result, Timestamp};

/// Version of the binary form of an event; older ones are upcast when read.
pub const WIRE_VERSION: u8 = 0;

/// Which input an event answers to: a repeated id with the same fingerprint gets the first answer again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The caller's id.
    pub id: String,
    /// First 8 bytes of the BLAKE3 hash of the command or fact.
    pub fingerprint: u64,
}

/// Units of one lot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Taken {
    /// The SKU.
    pub sku: String,
    /// The lot; empty where goods carry none.
    pub lot: String,
    /// Units.
    pub quantity: Quantity,
    /// Last good day of the lot.
    pub expires_on: Option<Day>,
}

/// A correction of one lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// The lot.
    pub lot: String,
    /// Units found (positive) or missing (negative).
    pub quantity: i64,
}

/// Changes of the catalogue: the newest version wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CatalogEvent {
    /// SKUs were added or changed.
    Skus(Vec<Sku>),
    /// Suppliers were added or changed.
    Suppliers(Vec<Supplier>),
    /// Where the business day begins, as minutes from UTC.
    BusinessDay {
        /// Minutes east of UTC.
        utc_offset_minutes: i32,
    },
}

/// Changes of stock. No personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum StockEvent {
    /// Goods of a lot arrived.
    Received {
        /// The goods.
        goods: Taken,
        /// Where.
        location: String,
        /// The purchase they belong to.
        purchase: Option<String>,
        /// Cost of a unit.
        unit_cost: Option<Money>,
    },
    /// Stock was held.
    Held {
        /// The hold.
        hold: String,
        /// What.
        lines: Vec<Line>,
        /// Where.
        location: String,
        /// Until when.
        deadline: Timestamp,
    },
    /// A hold was shipped.
    Committed {
        /// The hold.
        hold: String,
        /// The lots that left.
        taken: Vec<Taken>,
    },
    /// A hold was given back.
    Released {
        /// The hold.
        hold: String,
    },
    /// A hold's deadline passed.
    HoldExpired {
        /// The hold.
        hold: String,
    },
    /// Goods went over a till.
    Sold {
        /// Where.
        location: String,
        /// The lots that left.
        taken: Vec<Taken>,
        /// Units sold beyond what the books held: the contradiction.
        missing: Vec<Line>,
    },
    /// Goods came back.
    Returned {
        /// The goods.
        goods: Taken,
        /// Where.
        location: String,
        /// Why.
        reason: String,
        /// Sellable again, or quarantined.
        resellable: bool,
    },
    /// Goods moved.
    Moved {
        /// From where.
        from: String,
        /// To where.
        to: String,
        /// The lots.
        taken: Vec<Taken>,
    },
    /// A shelf was counted.
    Counted {
        /// The SKU.
        sku: String,
        /// Where.
        location: String,
        /// What the count changed.
        deltas: Vec<Delta>,
    },
    /// A lot was recalled.
    Recalled {
        /// The SKU.
        sku: String,
        /// The lot.
        lot: String,
    },
    /// A lot's last good day passed.
    LotExpired {
        /// The SKU.
        sku: String,
        /// The lot.
        lot: String,
    },
    /// Goods were ordered from a supplier.
    Purchased {
        /// The purchase.
        purchase: String,
        /// The supplier.
        supplier: String,
        /// What.
        lines: Vec<Line>,
        /// Where it shall arrive.
        location: String,
        /// When it shall arrive.
        expected_on: Option<Day>,
    },
    /// Somebody complained; who is not said here.
    Complained {
        /// The SKU.
        sku: String,
        /// What about.
        kind: ComplaintKind,
        /// Where; everywhere if not given.
        location: Option<String>,
    },
    /// A command was refused: its id answers so for ever.
    Refused(Rejected),
    /// A fact about a SKU that the catalogue does not know yet.
    Unresolved(Box<Fact>),
}

/// What a person did or said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeopleEvent {
    /// Looked at a SKU.
    Viewed {
        /// The SKU.
        sku: String,
    },
    /// Clicked a SKU.
    Clicked {
        /// The SKU.
        sku: String,
    },
    /// Put a SKU into the cart.
    Carted {
        /// The SKU.
        sku: String,
    },
    /// Bought.
    Bought {
        /// What.
        lines: Vec<Line>,
        /// What it was worth by the catalogue's prices of that day, in minor units.
        value_minor: i64,
    },
    /// Brought back.
    Returned {
        /// The SKU.
        sku: String,
        /// Why.
        reason: String,
    },
    /// Rated.
    Rated {
        /// The SKU.
        sku: String,
        /// 1 to 5.
        value: u8,
    },
    /// Reviewed.
    Reviewed {
        /// The SKU.
        sku: String,
        /// The text.
        text: String,
        /// 1 to 5.
        value: Option<u8>,
    },
    /// Answered a poll.
    Answered {
        /// The poll.
        poll: String,
        /// The answer.
        answer: String,
        /// The SKU.
        sku: Option<String>,
    },
    /// Complained.
    Complained {
        /// The SKU.
        sku: String,
        /// What about.
        kind: ComplaintKind,
        /// In their own words.
        text: String,
    },
    /// Set rules and traits.
    Profiled {
        /// Ingredients never to be shown.
        avoid: Vec<String>,
        /// Traits.
        attributes: Vec<String>,
    },
    /// Gave or withdrew consent.
    Consented {
        /// To what.
        purpose: Purpose,
        /// Given or withdrawn.
        granted: bool,
    },
    /// A fact about a SKU that the catalogue does not know yet.
    Unresolved(Box<Fact>),
}

/// The body of an event, in one of the three streams.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Body {
    /// Catalogue.
    Catalog(CatalogEvent),
    /// Stock.
    Stock(StockEvent),
    /// People: the subject is the key of the stream.
    People(String, PeopleEvent),
}

/// One event: when, on which business day, in answer to what, and what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The instant, stamped at the door.
    pub at: Timestamp,
    /// The business day, stamped at the door.
    pub day: Day,
    /// The input it answers to; `None` for what time or another event brought about.
    pub origin: Option<Origin>,
    /// What happened.
    pub body: Body,
}

impl Event {
    /// Writes the binary form after `buffer`.
    ///
    /// # Errors
    /// `INTERNAL` where the serde form does not take the value, which no event can bring about.
    pub fn write(&self, buffer: Vec<u8>) -> Result<Vec<u8>> {
        let mut buffer = buffer;
        buffer.push(WIRE_VERSION);
        postcard::to_extend(self, buffer).map_err(|e| Error::Internal { message: format!("event not written: {e}") })
    }

    /// Reads the binary form.
    ///
    /// # Errors
    /// `JOURNAL_VERSION` for a version of another day, `JOURNAL_CORRUPT` for bytes that are no event.
    pub fn read(bytes: &[u8]) -> Result<Event> {
        match bytes.split_first() {
            Some((&WIRE_VERSION, rest)) => postcard::from_bytes(rest).map_err(|e| Error::JournalCorrupt {
                segment: 0,
                offset: 0,
                message: format!("event not readable: {e}"),
            }),
            Some((&found, _)) => {
                Err(Error::JournalVersion { found: u32::from(found), supported: u32::from(WIRE_VERSION) })
            }
            None => Err(Error::JournalCorrupt { segment: 0, offset: 0, message: "empty event".into() }),
        }
    }
}
