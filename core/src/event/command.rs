//! Commands: they change stock only if stock allows, else they answer with a [`Rejected`](super::Rejected).

use serde::{Deserialize, Serialize};

use super::{Condition, Strategy, Units, check_key, check_lines, check_lot, check_optional_key, check_word};
use crate::base::{Day, Error, Quantity, Result};

/// A line of a basket, a sale or a purchase.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The SKU; a kit stands for its parts.
    pub sku: String,
    /// Whole number of `unit`, at least 1.
    pub quantity: Quantity,
    /// A unit of the SKU's entry such as `case`; by default its base unit.
    #[serde(default)]
    pub unit: Option<String>,
    /// Only this lot: what a scanner read.
    #[serde(default)]
    pub lot: Option<String>,
    /// Another location than that of the basket.
    #[serde(default)]
    pub location: Option<String>,
}

impl Line {
    /// A line of `quantity` base units of `sku`.
    pub fn new(sku: &str, quantity: i64) -> Line {
        Line { sku: sku.into(), quantity: Quantity(quantity), ..Line::default() }
    }
}

/// Holds stock for a basket until a deadline. The hold's id is the command's id.
///
/// Lines of one SKU, and the parts of kits, sum their demand. All is held or nothing, unless `up_to` says otherwise.
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
    /// Holds what there is of each line, at most its quantity, and at least one unit in all.
    #[serde(default)]
    pub up_to: bool,
    /// The channel that sells: its own minimum of remaining days and what is kept for the others count.
    #[serde(default)]
    pub channel: Option<String>,
    /// Days that must remain, where more than the SKU and the channel ask for, 0 … 36,500.
    #[serde(default)]
    pub min_remaining_days: i32,
    /// Which lots are taken first.
    #[serde(default)]
    pub strategy: Strategy,
}

fn quarter_hour() -> i64 {
    900
}

/// Turns a hold into a shipment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// Idempotency key.
    pub id: String,
    /// The hold's id.
    pub hold: String,
    /// Ships only this part; the rest stays held. By default all that is held.
    #[serde(default)]
    pub lines: Vec<Line>,
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
    /// Gives back only this part. By default all that is held.
    #[serde(default)]
    pub lines: Vec<Line>,
}

/// Moves stock from one location to another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Idempotency key; `arrive` names it.
    pub id: String,
    /// The SKU.
    pub sku: String,
    /// Whole number of `unit`, at least 1.
    pub quantity: Quantity,
    /// Where it leaves.
    pub from: String,
    /// Where it arrives.
    pub to: String,
    /// A unit of the SKU's entry; by default its base unit.
    #[serde(default)]
    pub unit: Option<String>,
    /// Only this lot; by default sellable lots, first expired first out.
    #[serde(default)]
    pub lot: Option<String>,
    /// Which units: free ones by default; expired, quarantined or damaged ones can be moved too.
    #[serde(default)]
    pub condition: Condition,
    /// Whether it is on its way until `arrive` says that it is there.
    #[serde(default)]
    pub in_transit: bool,
}

/// Says that goods of a move arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Arrive {
    /// Idempotency key.
    pub id: String,
    /// The id of the move that sent them.
    pub transfer: String,
    /// Units that arrived, at least 1; by default all that are still on their way.
    #[serde(default)]
    pub quantity: Option<Quantity>,
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
    /// The day that the supplier promised.
    #[serde(default)]
    pub expected_on: Option<Day>,
    /// Percent of a line that may be missing for it to count as done, 0 … 100.
    #[serde(default)]
    pub under_percent: i32,
    /// Percent of a line that may come beyond it, 0 … 100; what is more is flagged as `over`.
    #[serde(default)]
    pub over_percent: i32,
}

/// Gives units another condition: into quarantine and out of it, damaged, expired, back to free.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reclassify {
    /// Idempotency key.
    pub id: String,
    /// The SKU.
    pub sku: String,
    /// The lot; empty where goods carry none.
    #[serde(default)]
    pub lot: String,
    /// Where.
    pub location: String,
    /// Units, at least 1.
    pub quantity: Quantity,
    /// The condition they have.
    #[serde(default)]
    pub from: Condition,
    /// The condition they get.
    pub to: Condition,
    /// Why, as a word of the shop's own list; at most 64 bytes, no free text.
    #[serde(default)]
    pub reason: String,
}

/// Takes units off the books: scrapped, destroyed, given away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WriteOff {
    /// Idempotency key.
    pub id: String,
    /// The SKU.
    pub sku: String,
    /// The lot; empty where goods carry none.
    #[serde(default)]
    pub lot: String,
    /// Where.
    pub location: String,
    /// Units, at least 1.
    pub quantity: Quantity,
    /// Which units, in any condition.
    #[serde(default)]
    pub condition: Condition,
    /// Why, as a word of the shop's own list; at most 64 bytes, no free text.
    #[serde(default)]
    pub reason: String,
}

/// Opens units as testers: their period after opening begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenTester {
    /// Idempotency key.
    pub id: String,
    /// The SKU.
    pub sku: String,
    /// The lot; by default the sellable one that expires first.
    #[serde(default)]
    pub lot: Option<String>,
    /// Where.
    pub location: String,
    /// Units, at least 1.
    #[serde(default = "one")]
    pub quantity: Quantity,
}

fn one() -> Quantity {
    Quantity(1)
}

/// Makes units of a kit from its parts: the kit's lot expires with the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Assemble {
    /// Idempotency key.
    pub id: String,
    /// The SKU that is made.
    pub sku: String,
    /// The lot that it becomes; empty where it carries none.
    #[serde(default)]
    pub lot: String,
    /// Units that are made, at least 1.
    pub quantity: Quantity,
    /// Where.
    pub location: String,
    /// The parts of one unit.
    pub parts: Vec<Units>,
}

/// Closes the books up to a day: later facts about those days are booked on the day after.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// Idempotency key.
    pub id: String,
    /// The last day that is closed; it lies before today and not before the one that is closed already.
    pub until: Day,
}

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// A wish that may be refused.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum Command {
            $($(#[$doc])* $name($name),)*
        }
        impl Command {
            /// The idempotency key.
            pub fn id(&self) -> &str {
                match self { $(Command::$name(command) => &command.id,)* }
            }
        }
        $(impl From<$name> for Command {
            fn from(command: $name) -> Command {
                Command::$name(command)
            }
        })*
    };
}

commands! {
    /// Holds stock for a basket until a deadline.
    Reserve,
    /// Turns a hold into a shipment.
    Commit,
    /// Gives a hold back.
    Release,
    /// Moves stock between locations.
    Move,
    /// Says that goods of a move arrived.
    Arrive,
    /// Orders from a supplier.
    Purchase,
    /// Gives units another condition.
    Reclassify,
    /// Takes units off the books.
    WriteOff,
    /// Opens testers.
    OpenTester,
    /// Makes a kit from its parts.
    Assemble,
    /// Closes the books up to a day.
    Freeze,
}

impl Command {
    /// Answers whether the command is well formed; whether stock allows it is `decide`'s question.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_key("id", self.id())?;
        match self {
            Command::Reserve(c) => check_reserve(c),
            Command::Commit(c) => {
                check_optional_key("subject", c.subject.as_deref())?;
                check_part(&c.lines)?;
                check_key("hold", &c.hold)
            }
            Command::Release(c) => check_part(&c.lines).and_then(|()| check_key("hold", &c.hold)),
            Command::Move(c) => check_move(c),
            Command::Arrive(c) => {
                c.quantity.map_or(Ok(()), |quantity| quantity.check_positive("quantity"))?;
                check_key("transfer", &c.transfer)
            }
            Command::Purchase(c) => check_purchase(c),
            Command::Reclassify(c) => {
                check_goods(&c.sku, &c.lot, &c.location, c.quantity)?;
                check_word("reason", &c.reason)?;
                check_free("from", c.from).and_then(|()| check_free("to", c.to))?;
                if c.from == c.to {
                    return Err(Error::argument("to", "another condition than from", c.to.name()));
                }
                Ok(())
            }
            Command::WriteOff(c) => {
                check_goods(&c.sku, &c.lot, &c.location, c.quantity)?;
                check_word("reason", &c.reason)?;
                if c.condition == Condition::Held {
                    return Err(Error::argument("condition", "another than held: release the hold first", "held"));
                }
                Ok(())
            }
            Command::OpenTester(c) => check_goods(&c.sku, c.lot.as_deref().unwrap_or(""), &c.location, c.quantity),
            Command::Assemble(c) => check_assemble(c),
            Command::Freeze(_) => Ok(()),
        }
    }
}

fn check_reserve(c: &Reserve) -> Result<()> {
    check_lines(&c.lines)?;
    check_key("location", &c.location)?;
    check_optional_key("channel", c.channel.as_deref())?;
    if !(1..=31_536_000).contains(&c.ttl_seconds) {
        return Err(Error::argument("ttl_seconds", "1 to 31536000 seconds", c.ttl_seconds));
    }
    if !(0..=36_500).contains(&c.min_remaining_days) {
        return Err(Error::argument("min_remaining_days", "0 to 36500", c.min_remaining_days));
    }
    Ok(())
}

fn check_part(lines: &[Line]) -> Result<()> {
    if lines.is_empty() { Ok(()) } else { check_lines(lines) }
}

fn check_move(c: &Move) -> Result<()> {
    check_goods(&c.sku, c.lot.as_deref().unwrap_or(""), &c.from, c.quantity)
        .map_err(|error| rename(error, "location", "from"))?;
    check_key("to", &c.to)?;
    if c.from == c.to {
        return Err(Error::argument("to", "another location than from", &c.to));
    }
    if c.in_transit && c.condition == Condition::Tester {
        return Err(Error::argument("condition", "another than tester for goods on their way", "tester"));
    }
    if matches!(c.condition, Condition::Held | Condition::InTransit) {
        return Err(Error::argument(
            "condition",
            "one of available, quarantined, damaged, expired, tester",
            c.condition.name(),
        ));
    }
    Ok(())
}

fn check_purchase(c: &Purchase) -> Result<()> {
    check_key("supplier", &c.supplier)?;
    check_lines(&c.lines)?;
    check_key("location", &c.location)?;
    for (field, percent) in [("under_percent", c.under_percent), ("over_percent", c.over_percent)] {
        if !(0..=100).contains(&percent) {
            return Err(Error::argument(field, "0 to 100", percent));
        }
    }
    Ok(())
}

fn check_assemble(c: &Assemble) -> Result<()> {
    check_goods(&c.sku, &c.lot, &c.location, c.quantity)?;
    if c.parts.is_empty() || c.parts.len() > 1_000 {
        return Err(Error::argument("parts", "1 to 1000 parts", c.parts.len()));
    }
    for (i, part) in c.parts.iter().enumerate() {
        check_key(&format!("parts[{i}].sku"), &part.sku)?;
        part.quantity.check_positive(&format!("parts[{i}].quantity"))?;
        if part.sku == c.sku {
            return Err(Error::argument(format!("parts[{i}].sku"), "another SKU than the kit", &part.sku));
        }
        let whole = part.quantity.0.saturating_mul(c.quantity.0);
        Quantity(whole).check_positive(&format!("parts[{i}].quantity"))?;
    }
    Ok(())
}

fn check_goods(sku: &str, lot: &str, location: &str, quantity: Quantity) -> Result<()> {
    check_key("sku", sku)?;
    check_lot(lot)?;
    check_key("location", location)?;
    quantity.check_positive("quantity")
}

/// A condition that units may be given or taken from by hand.
fn check_free(field: &str, condition: Condition) -> Result<()> {
    match condition {
        Condition::Held | Condition::InTransit | Condition::Tester => {
            Err(Error::argument(field, "one of available, quarantined, damaged, expired", condition.name()))
        }
        _ => Ok(()),
    }
}

fn rename(error: Error, from: &str, to: &str) -> Error {
    match error {
        Error::InvalidArgument { field, rule, got } if field == from => Error::argument(to, rule, got),
        other => other,
    }
}

impl Default for Reserve {
    fn default() -> Self {
        Reserve {
            id: String::new(),
            lines: Vec::new(),
            location: String::new(),
            ttl_seconds: quarter_hour(),
            up_to: false,
            channel: None,
            min_remaining_days: 0,
            strategy: Strategy::default(),
        }
    }
}
