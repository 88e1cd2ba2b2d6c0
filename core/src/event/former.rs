//! Forms of entries that journals hold and nobody writes any more: they are read for ever.

use serde::{Deserialize, Serialize};

use super::{Sku, Unit, Units};
use crate::base::Money;

/// A SKU as format v1 began with; [`Sku`] says what the fields mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FirstSku {
    pub sku: String,
    pub product: String,
    pub brand: String,
    pub category: String,
    pub shade: String,
    pub shade_hex: String,
    pub ingredients: Vec<String>,
    pub attributes: Vec<String>,
    pub shelf_life_days: Option<i32>,
    pub pao_months: Option<i32>,
    pub min_remaining_days: i32,
    pub min_receipt_days: i32,
    pub units: Vec<Unit>,
    pub kit: Vec<Units>,
    pub safety_stock: i64,
    pub low_stock: i64,
    pub backorder_limit: i64,
    pub price: Option<Money>,
    pub cost: Option<Money>,
    pub supplier: String,
    pub min_order_qty: i64,
    pub pack_size: i64,
}

impl From<&FirstSku> for Sku {
    fn from(first: &FirstSku) -> Sku {
        let own = first.clone();
        Sku {
            sku: own.sku,
            product: own.product,
            brand: own.brand,
            category: own.category,
            shade: own.shade,
            shade_hex: own.shade_hex,
            ingredients: own.ingredients,
            attributes: own.attributes,
            shelf_life_days: own.shelf_life_days,
            pao_months: own.pao_months,
            min_remaining_days: own.min_remaining_days,
            min_receipt_days: own.min_receipt_days,
            units: own.units,
            kit: own.kit,
            safety_stock: own.safety_stock,
            low_stock: own.low_stock,
            backorder_limit: own.backorder_limit,
            price: own.price,
            cost: own.cost,
            supplier: own.supplier,
            min_order_qty: own.min_order_qty,
            pack_size: own.pack_size,
            ..Sku::default()
        }
    }
}
