//! Entries of the catalogue, as events carry them.

use serde::{Deserialize, Serialize};

use super::{Units, check_key};
use crate::base::{Error, Money, Quantity, Result};

/// A unit that a SKU is bought or sold in, as an exact ratio to its base unit.
///
/// A case of 12 is 12/1 base units; a decant of a tenth is 1/10, and a line of it must come to whole base units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its name, such as `case`.
    pub unit: String,
    /// Base units of `per` of it, 1 … 1,000,000.
    pub base_units: i64,
    /// How many of it make `base_units`, 1 … 1,000,000.
    #[serde(default = "one")]
    pub per: i64,
}

/// The least remaining life that one channel asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChannelMinimum {
    /// The channel, such as `wholesale`.
    pub channel: String,
    /// Days that must remain on a sale there, 0 … 36,500.
    pub min_remaining_days: i32,
}

/// What becomes of a receipt that keeps too short.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ShortReceipt {
    /// It is recorded, and the goods go into quarantine.
    #[default]
    Quarantine,
    /// It is refused with `LIFE_TOO_SHORT`: the goods go back.
    Refuse,
}

/// Somebody who sells: a web shop, a marketplace, a store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// The key.
    pub channel: String,
    /// Days that must remain at a sale through it, where more than the SKU asks for.
    #[serde(default)]
    pub min_remaining_days: i32,
    /// Units of each shelf that are kept for it: the other channels do not get them.
    #[serde(default)]
    pub kept: Vec<Units>,
}

impl Channel {
    /// Answers whether the entry is well formed.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_key("channel", &self.channel)?;
        if !(0..=36_500).contains(&self.min_remaining_days) {
            let field = format!("{}.min_remaining_days", self.channel);
            return Err(Error::argument(field, "0 to 36500", self.min_remaining_days));
        }
        for (i, kept) in self.kept.iter().enumerate() {
            check_key(&format!("{}.kept[{i}].sku", self.channel), &kept.sku)?;
            kept.quantity.check_positive(&format!("{}.kept[{i}].quantity", self.channel))?;
        }
        Ok(())
    }
}

/// A place that holds stock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// The key.
    pub location: String,
    /// Minutes east of UTC at which its business day begins, −840 … 840; by default the shop's.
    #[serde(default)]
    pub utc_offset_minutes: Option<i32>,
}

impl Location {
    /// Answers whether the entry is well formed.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_key("location", &self.location)?;
        match self.utc_offset_minutes.filter(|offset| !(-840..=840).contains(offset)) {
            Some(offset) => {
                Err(Error::argument(format!("{}.utc_offset_minutes", self.location), "-840 to 840", offset))
            }
            None => Ok(()),
        }
    }
}

/// A sellable shade or size of a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sku {
    /// The key.
    pub sku: String,
    /// Name of the product.
    #[serde(default)]
    pub product: String,
    /// Brand.
    #[serde(default)]
    pub brand: String,
    /// Category.
    #[serde(default)]
    pub category: String,
    /// Name of the shade.
    #[serde(default)]
    pub shade: String,
    /// Colour of the shade as `#rrggbb`.
    #[serde(default)]
    pub shade_hex: String,
    /// INCI names in the order of the label; empty means not known, and not known is not safe.
    #[serde(default)]
    pub ingredients: Vec<String>,
    /// Traits such as `finish:matte`, `skin:dry`.
    #[serde(default)]
    pub attributes: Vec<String>,
    /// Days from production, or else from receipt, to the last good day, for receipts that do not say, 1 … 36,500.
    #[serde(default)]
    pub shelf_life_days: Option<i32>,
    /// Months it keeps after opening, 1 … 1,200: for testers, and the longest that a use period can be.
    #[serde(default)]
    pub pao_months: Option<i32>,
    /// Days that must remain on any sale, 0 … 36,500. The largest of this, the channel's, `sell_by_buffer_days` and the
    /// use period holds.
    #[serde(default)]
    pub min_remaining_days: i32,
    /// Days that must remain at receipt, where more than a sale on the same day asks for; `short_receipt` says what
    /// becomes of goods that have fewer.
    #[serde(default)]
    pub min_receipt_days: i32,
    /// Units it is bought or sold in, beside its base unit.
    #[serde(default)]
    pub units: Vec<Unit>,
    /// The parts of one unit, where it is a kit that is sold as its parts.
    #[serde(default)]
    pub kit: Vec<Units>,
    /// Units of each shelf that are never promised.
    #[serde(default)]
    pub safety_stock: i64,
    /// At or below so many free units a shelf is low.
    #[serde(default)]
    pub low_stock: i64,
    /// Units of each shelf that may be promised beyond what there is.
    #[serde(default)]
    pub backorder_limit: i64,
    /// Price to the customer.
    #[serde(default)]
    pub price: Option<Money>,
    /// Cost of a unit.
    #[serde(default)]
    pub cost: Option<Money>,
    /// The supplier.
    #[serde(default)]
    pub supplier: String,
    /// Least quantity of a purchase line.
    #[serde(default)]
    pub min_order_qty: i64,
    /// Purchase lines are multiples of this.
    #[serde(default = "one")]
    pub pack_size: i64,
    /// Calendar months instead of `shelf_life_days`, 1 … 1,200.
    #[serde(default)]
    pub shelf_life_months: Option<i32>,
    /// Days before the last good day on which a lot is sold for the last time, 0 … 36,500.
    #[serde(default)]
    pub sell_by_buffer_days: i32,
    /// Days that a customer needs to use it up, 0 … 36,500; at most the calendar days of `pao_months`.
    #[serde(default)]
    pub use_period_days: Option<i32>,
    /// Days that must remain on a sale in a channel, one entry a channel; what the channel's own entry asks for holds too.
    #[serde(default)]
    pub channels: Vec<ChannelMinimum>,
    /// What becomes of a receipt that keeps too short.
    #[serde(default)]
    pub short_receipt: ShortReceipt,
}

fn one() -> i64 {
    1
}

/// Somebody we buy from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Supplier {
    /// The key.
    pub supplier: String,
    /// Days from purchase to receipt.
    #[serde(default = "fortnight")]
    pub lead_time_days: i32,
}

fn fortnight() -> i32 {
    14
}

impl Default for Supplier {
    fn default() -> Self {
        Supplier { supplier: String::new(), lead_time_days: fortnight() }
    }
}

impl Default for Sku {
    fn default() -> Self {
        Sku {
            sku: String::new(),
            product: String::new(),
            brand: String::new(),
            category: String::new(),
            shade: String::new(),
            shade_hex: String::new(),
            ingredients: Vec::new(),
            attributes: Vec::new(),
            shelf_life_days: None,
            pao_months: None,
            min_remaining_days: 0,
            min_receipt_days: 0,
            units: Vec::new(),
            kit: Vec::new(),
            safety_stock: 0,
            low_stock: 0,
            backorder_limit: 0,
            price: None,
            cost: None,
            supplier: String::new(),
            min_order_qty: 0,
            pack_size: one(),
            shelf_life_months: None,
            sell_by_buffer_days: 0,
            use_period_days: None,
            channels: Vec::new(),
            short_receipt: ShortReceipt::Quarantine,
        }
    }
}

impl Sku {
    /// Answers whether the entry is well formed.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        let sku = &self.sku;
        if sku.is_empty() || sku.len() > super::MAX_KEY_BYTES || sku.chars().any(char::is_control) {
            return Err(Error::argument("sku", "1 to 512 bytes without control characters", format!("{sku:?}")));
        }
        let in_range = |field: &str, value: i64, low: i64, high: i64| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            Err(Error::argument(format!("{sku}.{field}"), format!("{low} to {high}"), value))
        };
        in_range("shelf_life_days", self.shelf_life_days.unwrap_or(1).into(), 1, 36_500)?;
        in_range("shelf_life_months", self.shelf_life_months.unwrap_or(1).into(), 1, 1_200)?;
        if let (Some(months), Some(_)) = (self.shelf_life_months, self.shelf_life_days) {
            let rule = "left out where shelf_life_days is given";
            return Err(Error::argument(format!("{sku}.shelf_life_months"), rule, months));
        }
        in_range("pao_months", self.pao_months.unwrap_or(1).into(), 1, 1_200)?;
        in_range("min_remaining_days", self.min_remaining_days.into(), 0, 36_500)?;
        in_range("min_receipt_days", self.min_receipt_days.into(), 0, 36_500)?;
        in_range("sell_by_buffer_days", self.sell_by_buffer_days.into(), 0, 36_500)?;
        in_range("use_period_days", self.use_period_days.unwrap_or(0).into(), 0, 36_500)?;
        in_range("channels", self.channels.len() as i64, 0, 1_000)?;
        for (i, own) in self.channels.iter().enumerate() {
            check_key(&format!("{sku}.channels[{i}].channel"), &own.channel)?;
            in_range(&format!("channels[{i}].min_remaining_days"), own.min_remaining_days.into(), 0, 36_500)?;
            if self.channels[..i].iter().any(|other| other.channel == own.channel) {
                return Err(Error::argument(format!("{sku}.channels[{i}].channel"), "named once", &own.channel));
            }
        }
        in_range("safety_stock", self.safety_stock, 0, 1_000_000_000)?;
        in_range("low_stock", self.low_stock, 0, 1_000_000_000)?;
        in_range("backorder_limit", self.backorder_limit, 0, 1_000_000_000)?;
        in_range("kit", self.kit.len() as i64, 0, 100)?;
        in_range("units", self.units.len() as i64, 0, 100)?;
        for part in &self.kit {
            check_key("kit.sku", &part.sku)?;
            in_range("kit.quantity", part.quantity.0, 1, 1_000_000)?;
            if part.sku == *sku {
                return Err(Error::argument(format!("{sku}.kit"), "parts that are other SKUs", &part.sku));
            }
        }
        for unit in &self.units {
            check_key("units.unit", &unit.unit)?;
            in_range("units.base_units", unit.base_units, 1, 1_000_000)?;
            in_range("units.per", unit.per, 1, 1_000_000)?;
        }
        in_range("min_order_qty", self.min_order_qty, 0, 1_000_000_000)?;
        in_range("pack_size", self.pack_size, 1, 1_000_000_000)?;
        in_range("price", self.price.map_or(0, |m| m.minor), 0, 1_000_000_000_000)?;
        in_range("cost", self.cost.map_or(0, |m| m.minor), 0, 1_000_000_000_000)?;
        let hex = self.shade_hex.strip_prefix('#').unwrap_or(&self.shade_hex);
        if !self.shade_hex.is_empty() && (hex.len() != 6 || !hex.bytes().all(|b| b.is_ascii_hexdigit())) {
            return Err(Error::argument(format!("{sku}.shade_hex"), "a colour such as #c68642", &self.shade_hex));
        }
        Ok(())
    }

    /// Base units of a quantity of one of its units; exact, so a quantity that is no whole number of them is refused.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming `unit` or `quantity`.
    pub fn base_units(&self, quantity: Quantity, unit: Option<&str>) -> Result<Quantity> {
        let Some(name) = unit else { return Ok(quantity) };
        let unit = self.units.iter().find(|unit| unit.unit == name);
        let unit = unit.ok_or_else(|| Error::argument("unit", format!("a unit of {}", self.sku), name))?;
        let whole = quantity.0.saturating_mul(unit.base_units);
        if whole % unit.per != 0 {
            let rule = format!("a whole number of base units of {} ({}/{})", self.sku, unit.base_units, unit.per);
            return Err(Error::argument("quantity", rule, quantity));
        }
        let base = Quantity(whole / unit.per);
        base.check_positive("quantity")?;
        Ok(base)
    }

    /// The traits that likeness is judged by: brand, category and the entry's own attributes.
    pub fn traits(&self) -> Vec<String> {
        let named = [("brand", &self.brand), ("category", &self.category)];
        let named = named.into_iter().filter(|(_, value)| !value.is_empty());
        named.map(|(name, value)| format!("{name}:{value}")).chain(self.attributes.iter().cloned()).collect()
    }
}

impl Supplier {
    /// Answers whether the entry is well formed.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        if self.supplier.is_empty() || self.supplier.len() > super::MAX_KEY_BYTES {
            return Err(Error::argument("supplier", "1 to 512 bytes", &self.supplier));
        }
        if !(0..=3_650).contains(&self.lead_time_days) {
            let field = format!("{}.lead_time_days", self.supplier);
            return Err(Error::argument(field, "0 to 3650", self.lead_time_days));
        }
        Ok(())
    }
}
