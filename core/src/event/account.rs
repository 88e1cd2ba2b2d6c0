//! Accounts: where units are, and where they come from and go to. Every movement is between two of them.

use serde::{Deserialize, Serialize};

use crate::base::Quantity;

/// The condition of units at a location.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Free: may be promised while its lot may be sold.
    #[default]
    Available,
    /// Promised to a hold.
    Held,
    /// Blocked: suspected, recalled, being examined.
    Quarantined,
    /// Damaged.
    Damaged,
    /// Past its last good day.
    Expired,
    /// On its way to the location.
    InTransit,
    /// Opened for trying.
    Tester,
}

impl Condition {
    /// How many there are.
    pub const COUNT: usize = 7;
    /// All of them, in the order of their numbers.
    pub const ALL: [Condition; Condition::COUNT] = [
        Condition::Available,
        Condition::Held,
        Condition::Quarantined,
        Condition::Damaged,
        Condition::Expired,
        Condition::InTransit,
        Condition::Tester,
    ];

    /// Its name, as the faces spell it.
    pub fn name(self) -> &'static str {
        match self {
            Condition::Available => "available",
            Condition::Held => "held",
            Condition::Quarantined => "quarantined",
            Condition::Damaged => "damaged",
            Condition::Expired => "expired",
            Condition::InTransit => "in_transit",
            Condition::Tester => "tester",
        }
    }
}

/// Accounts outside of all locations: their balance of a SKU is what came from them, negative, or went to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    /// Suppliers.
    Supplier,
    /// Customers.
    Customer,
    /// What was scrapped or given away.
    Scrap,
    /// What counts found and missed.
    CountDifference,
    /// Parts that became kits, and the kits.
    Assembly,
}

impl Outside {
    /// How many there are.
    pub const COUNT: usize = 5;
    /// All of them, in the order of their numbers.
    pub const ALL: [Outside; Outside::COUNT] =
        [Outside::Supplier, Outside::Customer, Outside::Scrap, Outside::CountDifference, Outside::Assembly];

    /// Its name, as the faces spell it.
    pub fn name(self) -> &'static str {
        match self {
            Outside::Supplier => "supplier",
            Outside::Customer => "customer",
            Outside::Scrap => "scrap",
            Outside::CountDifference => "count_difference",
            Outside::Assembly => "assembly",
        }
    }
}

/// One side of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Account<'a> {
    /// Units of one condition at a location.
    At(&'a str, Condition),
    /// Outside of all locations.
    Outside(Outside),
}

impl<'a> Account<'a> {
    /// The location, where it is at one.
    pub fn place(&self) -> Option<&'a str> {
        match self {
            Account::At(location, _) => Some(location),
            Account::Outside(_) => None,
        }
    }
}

/// Units of one lot that go from one account to another. Double entry: what one side loses, the other gains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement<'a> {
    /// The SKU.
    pub sku: &'a str,
    /// The lot; empty where goods carry none.
    pub lot: &'a str,
    /// Units, at least 1.
    pub quantity: i64,
    /// Where they leave.
    #[serde(borrow)]
    pub from: Account<'a>,
    /// Where they go.
    #[serde(borrow)]
    pub to: Account<'a>,
}

/// The movements of one event; most have one, which fits without an allocation.
pub type Movements<'a> = smallvec::SmallVec<[Movement<'a>; 1]>;

/// Units of a SKU.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Units {
    /// The SKU.
    pub sku: String,
    /// Whole number of its base unit, at least 1.
    pub quantity: Quantity,
}

impl Units {
    /// `quantity` base units of `sku`.
    pub fn new(sku: &str, quantity: i64) -> Units {
        Units { sku: sku.into(), quantity: Quantity(quantity) }
    }
}

/// Which lots of a shelf leave first; ties by expiry, receipt and the lot's key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// First expired first out; goods that never expire come last.
    #[default]
    Fefo,
    /// First in first out, by the day of receipt.
    Fifo,
    /// Last in first out, by the day of receipt.
    Lifo,
}
