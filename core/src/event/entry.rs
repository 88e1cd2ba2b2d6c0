//! Entries of the catalogue, as events carry them.

use serde::{Deserialize, Serialize};

use crate::base::{Error, Money, Result};

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
    /// Days from receipt to the last good day, for receipts that do not say.
    #[serde(default)]
    pub shelf_life_days: Option<i32>,
    /// Months it keeps after opening.
    #[serde(default)]
    pub pao_months: Option<i32>,
    /// Days that must remain on the day of sale.
    #[serde(default)]
    pub min_remaining_days: i32,
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
            price: None,
            cost: None,
            supplier: String::new(),
            min_order_qty: 0,
            pack_size: one(),
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
        in_range("pao_months", self.pao_months.unwrap_or(1).into(), 1, 1_200)?;
        in_range("min_remaining_days", self.min_remaining_days.into(), 0, 36_500)?;
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
