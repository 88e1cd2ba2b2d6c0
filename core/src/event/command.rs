//! Commands: they change stock only if stock allows, else they answer with a [`Rejected`].

use serde::{Deserialize, Serialize};

use super::{check_key, check_lines, check_optional_key};
use crate::base::{Day, Error, Quantity, Result};

/// A quantity of a SKU.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The SKU.
    pub sku: String,
    /// Whole number of the SKU's base unit, at least 1.
    pub quantity: Quantity,
}

impl Line {
    /// A line of `quantity` units of `sku`.
    pub fn new(sku: &str, quantity: i64) -> Line {
        Line { sku: sku.into(), quantity: Quantity(quantity) }
    }
}

/// Holds stock for a basket until a deadline. The hold's id is the command's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reserve {
    /// Idempotency key; also the id of the hold.
    pub id: String,
    /// What to hold: all of it or nothing.
    pub lines: Vec<Line>,
    /// Where.
    pub location: String,
    /// Seconds until the hold falls, 1 … 31,536,000.
    #[serde(default = "quarter_hour")]
    pub ttl_seconds: i64,
}

fn quarter_hour() -> i64 {
    900
}

/// Turns a hold into a shipment, first expired first out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// Idempotency key.
    pub id: String,
    /// The hold's id.
    pub hold: String,
    /// Who bought; goes into the people stream only.
    #[serde(default)]
    pub subject: Option<String>,
}

/// Gives a hold back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Idempotency key.
    pub id: String,
    /// The hold's id.
    pub hold: String,
}

/// Moves free stock from one location to another, first expired first out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Idempotency key.
    pub id: String,
    /// The SKU.
    pub sku: String,
    /// Whole number of the base unit, at least 1.
    pub quantity: Quantity,
    /// Where it leaves.
    pub from: String,
    /// Where it arrives.
    pub to: String,
}

/// Orders from a supplier: the quantity is incoming until receipts name this purchase.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Purchase {
    /// Idempotency key; receipts name it.
    pub id: String,
    /// The supplier.
    pub supplier: String,
    /// What is ordered.
    pub lines: Vec<Line>,
    /// Where it shall arrive.
    pub location: String,
    /// When it shall arrive.
    #[serde(default)]
    pub expected_on: Option<Day>,
}

/// A wish that may be refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Holds stock for a basket until a deadline.
    Reserve(Reserve),
    /// Turns a hold into a shipment.
    Commit(Commit),
    /// Gives a hold back.
    Release(Release),
    /// Moves stock between locations.
    Move(Move),
    /// Orders from a supplier.
    Purchase(Purchase),
}

impl Command {
    /// The idempotency key.
    pub fn id(&self) -> &str {
        match self {
            Command::Reserve(c) => &c.id,
            Command::Commit(c) => &c.id,
            Command::Release(c) => &c.id,
            Command::Move(c) => &c.id,
            Command::Purchase(c) => &c.id,
        }
    }

    /// Answers whether the command is well formed; whether stock allows it is `decide`'s question.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_key("id", self.id())?;
        match self {
            Command::Reserve(c) => {
                check_lines(&c.lines)?;
                check_key("location", &c.location)?;
                if !(1..=31_536_000).contains(&c.ttl_seconds) {
                    return Err(Error::argument("ttl_seconds", "1 to 31536000 seconds", c.ttl_seconds));
                }
                Ok(())
            }
            Command::Commit(c) => {
                check_optional_key("subject", c.subject.as_deref())?;
                check_key("hold", &c.hold)
            }
            Command::Release(c) => check_key("hold", &c.hold),
            Command::Move(c) => {
                check_key("sku", &c.sku)?;
                c.quantity.check_positive("quantity")?;
                check_key("from", &c.from)?;
                check_key("to", &c.to)?;
                if c.from == c.to {
                    return Err(Error::argument("to", "another location than from", &c.to));
                }
                Ok(())
            }
            Command::Purchase(c) => {
                check_key("supplier", &c.supplier)?;
                check_lines(&c.lines)?;
                check_key("location", &c.location)
            }
        }
    }
}

macro_rules! into_command {
    ($($name:ident),*) => {$(
        impl From<$name> for Command {
            fn from(command: $name) -> Command {
                Command::$name(command)
            }
        }
    )*};
}
into_command!(Reserve, Commit, Release, Move, Purchase);

impl Default for Reserve {
    fn default() -> Self {
        Reserve { id: String::new(), lines: Vec::new(), location: String::new(), ttl_seconds: quarter_hour() }
    }
}
