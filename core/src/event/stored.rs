//! Events: what was decided or recorded, with everything resolved, as the journal keeps it.
//!
//! A stock event is what happened ([`StockKind`]) and the movements that it made: double entry, so that no rule of
//! its own is needed to keep the books balanced. Keys are borrowed from the bytes that are read: replay allocates
//! nothing for them. On disk an event is one byte of version and the postcard form of [`Event`]; the form is part of
//! journal format v1 and described in ARCHITECTURE.md.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Channel, ComplaintKind, Fact, FirstSku, Location, Movements, Purpose, Rejected, Sku, Supplier, Units};
use crate::base::{Day, Error, Money, Quantity, Result, Timestamp};

/// Version of the binary form of an event; older ones are upcast when read.
pub const WIRE_VERSION: u8 = 1;

/// What the content of an input is compared by: a hash of all of it, and a byte for each field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// A hash over the binary form of all fields.
    pub whole: u64,
    /// One byte for each of the first 16 fields, which names the field that differs.
    pub fields: [u8; 16],
}

/// Which input an event answers to: a repeated id with the same fingerprint gets the first answer again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin<'a> {
    /// The caller's id.
    pub id: &'a str,
    /// What its content is compared by.
    pub fingerprint: Fingerprint,
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

/// What a receipt or an assembly says of its lot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotCard<'a> {
    /// Last good day.
    pub expires_on: Option<Day>,
    /// Day of production.
    pub produced_on: Option<Day>,
    /// Day of the receipt.
    pub received_on: Option<Day>,
    /// The supplier's own key of the lot.
    pub supplier_lot: Option<&'a str>,
}

/// Changes of the catalogue: the newest version wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CatalogEvent {
    /// SKUs were added or changed, in the form that v1 began with: read, not written any more.
    Skus(Vec<FirstSku>),
    /// Suppliers were added or changed.
    Suppliers(Vec<Supplier>),
    /// Channels were added or changed.
    Channels(Vec<Channel>),
    /// Where the business day begins, as minutes from UTC.
    BusinessDay {
        /// Minutes east of UTC.
        utc_offset_minutes: i32,
    },
    /// SKUs were added or changed.
    Entries(Vec<Sku>),
    /// Locations were added or changed.
    Locations(Vec<Location>),
}

impl CatalogEvent {
    /// The SKUs that were added or changed, in today's form.
    pub fn skus(&self) -> Cow<'_, [Sku]> {
        match self {
            CatalogEvent::Skus(skus) => skus.iter().map(Sku::from).collect(),
            CatalogEvent::Entries(skus) => Cow::Borrowed(skus),
            _ => Cow::Borrowed(&[]),
        }
    }
}

/// Changes of stock. No personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockEvent<'a> {
    /// What happened.
    #[serde(borrow)]
    pub kind: StockKind<'a>,
    /// What moved.
    #[serde(borrow)]
    pub movements: Movements<'a>,
}

/// What happened to stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum StockKind<'a> {
    /// Goods of a lot arrived.
    Received {
        /// The lot.
        #[serde(borrow)]
        card: LotCard<'a>,
        /// The purchase they belong to.
        purchase: Option<&'a str>,
        /// Cost of a unit.
        unit_cost: Option<Money>,
    },
    /// Stock was held for the input's id.
    Held {
        /// Until when.
        deadline: Timestamp,
        /// Days that must remain when it ships.
        remaining_days: i32,
        /// Units promised beyond what there was: `(sku, location, quantity)`.
        #[serde(borrow)]
        backordered: Vec<(&'a str, &'a str, i64)>,
    },
    /// A hold was shipped, in full or in part.
    Committed {
        /// The hold.
        hold: &'a str,
    },
    /// A hold was given back, in full or in part.
    Released {
        /// The hold.
        hold: &'a str,
    },
    /// A hold's deadline passed.
    HoldExpired {
        /// The hold.
        hold: &'a str,
    },
    /// A hold's lots changed: others stand in for blocked ones, receipts fill what was promised beyond the books,
    /// or units are lost to it.
    Reallocated {
        /// The hold.
        hold: &'a str,
    },
    /// Goods went over a till.
    Sold {
        /// So many movements, the last ones, are of units beyond the books: the contradiction.
        beyond: u32,
    },
    /// Goods came back.
    Returned {
        /// Why.
        reason: &'a str,
        /// The order that they belonged to.
        order: Option<&'a str>,
    },
    /// Goods moved, or left for another location.
    Moved,
    /// Goods that were on their way arrived.
    Arrived {
        /// The move that sent them.
        transfer: &'a str,
    },
    /// A shelf was counted.
    Counted {
        /// The SKU.
        sku: &'a str,
        /// Where.
        location: &'a str,
    },
    /// Units got another condition.
    Reclassified {
        /// Why.
        reason: &'a str,
    },
    /// Units were scrapped.
    WrittenOff {
        /// Why.
        reason: &'a str,
    },
    /// Testers were opened.
    TesterOpened {
        /// Where their period after opening ends; each is good no longer than its lot.
        good_until: Option<Day>,
    },
    /// A lot was recalled.
    Recalled {
        /// The SKU.
        sku: &'a str,
        /// The lot.
        lot: &'a str,
    },
    /// A lot's last good day passed everywhere.
    LotExpired {
        /// The SKU.
        sku: &'a str,
        /// The lot.
        lot: &'a str,
    },
    /// Goods were ordered from a supplier.
    Purchased {
        /// The supplier.
        supplier: &'a str,
        /// What, by `(sku, quantity)`.
        #[serde(borrow)]
        lines: Vec<(&'a str, i64)>,
        /// Where it shall arrive.
        location: &'a str,
        /// The day that was promised.
        expected_on: Option<Day>,
        /// Percent that may be missing.
        under_percent: i32,
        /// Percent that may come beyond.
        over_percent: i32,
    },
    /// A kit was made.
    Assembled {
        /// The kit's lot.
        #[serde(borrow)]
        card: LotCard<'a>,
    },
    /// The books were closed up to a day.
    Frozen {
        /// The last closed day.
        until: Day,
    },
    /// Somebody complained; who is not said here.
    Complained {
        /// The SKU.
        sku: &'a str,
        /// What about.
        kind: ComplaintKind,
        /// Where; everywhere if not given.
        location: Option<&'a str>,
    },
    /// A command was refused: its id answers so for ever.
    Refused(Box<Rejected>),
    /// A fact about a SKU that the catalogue does not know yet.
    Unresolved(Box<Fact>),
    /// A lot's last good day passed at some locations, and not yet at those farther west.
    LotExpiredAt {
        /// The SKU.
        sku: &'a str,
        /// The lot.
        lot: &'a str,
    },
    /// Of what an order sold or held, so much went as parts of kits.
    InKits {
        /// The sale or hold.
        order: &'a str,
        /// Units of parts: `(sku, location, quantity)`.
        #[serde(borrow)]
        units: Vec<(&'a str, &'a str, i64)>,
    },
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
        lines: Vec<Units>,
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
pub enum Body<'a> {
    /// Catalogue.
    Catalog(CatalogEvent),
    /// Stock.
    #[serde(borrow)]
    Stock(StockEvent<'a>),
    /// People: the subject is the key of the stream.
    People(&'a str, PeopleEvent),
}

impl<'a> Body<'a> {
    /// A stock event without movements.
    pub fn of(kind: StockKind<'a>) -> Body<'a> {
        Body::Stock(StockEvent { kind, movements: Movements::new() })
    }
}

/// One event: when, on which business day, in answer to what, and what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event<'a> {
    /// The instant, stamped at the door.
    pub at: Timestamp,
    /// The business day that it belongs to: today, or the day on which a late fact happened.
    pub day: Day,
    /// The input it answers to; `None` for what time or another event brought about.
    #[serde(borrow)]
    pub origin: Option<Origin<'a>>,
    /// What happened.
    #[serde(borrow)]
    pub body: Body<'a>,
}

impl<'a> Event<'a> {
    /// Writes the binary form after what is in `buffer`.
    ///
    /// # Errors
    /// `INTERNAL` where the serde form does not take the value, which no event can bring about.
    pub fn write(&self, buffer: &mut Vec<u8>) -> Result<()> {
        Event::write_parts(self.at, self.day, self.origin.as_ref(), &self.body, buffer)
    }

    /// As [`Event::write`], from the parts.
    ///
    /// # Errors
    /// As [`Event::write`].
    pub fn write_parts(
        at: Timestamp,
        day: Day,
        origin: Option<&Origin<'_>>,
        body: &Body<'_>,
        buffer: &mut Vec<u8>,
    ) -> Result<()> {
        let mut own = std::mem::take(buffer);
        own.push(WIRE_VERSION);
        match postcard::to_extend(&(at, day, origin, body), own) {
            Ok(written) => {
                *buffer = written;
                Ok(())
            }
            Err(error) => Err(Error::Internal { message: format!("event not written: {error}") }),
        }
    }

    /// Reads the binary form; keys are borrowed from `bytes`.
    ///
    /// # Errors
    /// `JOURNAL_VERSION` for a version of another day, `JOURNAL_CORRUPT` for bytes that are no event.
    pub fn read(bytes: &'a [u8]) -> Result<Event<'a>> {
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
