//! Products, SKUs and suppliers: what can be sold and what it takes to get it.
//!
//! A SKU is the sellable shade or size of a product. The newest version of an entry wins.

use serde::{Deserialize, Serialize};

use crate::base::{Interner, SkuId};
use crate::event::CatalogEvent;
pub use crate::event::{Sku, Supplier};

/// The catalogue as a fold of its events.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    keys: Interner,
    skus: Vec<Sku>,
    traits: Vec<Vec<String>>,
    suppliers: std::collections::BTreeMap<String, Supplier>,
    utc_offset_minutes: i32,
}

impl Catalog {
    /// Applies a change; the newest version wins.
    pub fn apply(&mut self, event: &CatalogEvent) {
        match event {
            CatalogEvent::Skus(_) | CatalogEvent::Entries(_) => event.skus().iter().for_each(|sku| self.put(sku)),
            CatalogEvent::Suppliers(suppliers) => {
                for supplier in suppliers {
                    self.suppliers.insert(supplier.supplier.clone(), supplier.clone());
                }
            }
            CatalogEvent::Channels(_) | CatalogEvent::Locations(_) => {} // the ledger keeps them
            CatalogEvent::BusinessDay { utc_offset_minutes } => self.utc_offset_minutes = *utc_offset_minutes,
        }
    }

    fn put(&mut self, sku: &Sku) {
        let id = self.keys.intern(&sku.sku) as usize;
        if id == self.skus.len() {
            self.skus.push(sku.clone());
            self.traits.push(sku.traits());
        } else {
            self.skus[id] = sku.clone();
            self.traits[id] = sku.traits();
        }
    }

    /// The id of a SKU, if the catalogue knows it.
    pub fn id(&self, sku: &str) -> Option<SkuId> {
        self.keys.id(sku).map(SkuId)
    }
    /// The entry of an id.
    pub fn sku(&self, id: SkuId) -> &Sku {
        &self.skus[id.index()]
    }
    /// The entry of a key.
    pub fn get(&self, sku: &str) -> Option<&Sku> {
        self.id(sku).map(|id| self.sku(id))
    }
    /// The keys by id.
    pub fn keys(&self) -> &Interner {
        &self.keys
    }
    /// The traits of each SKU by id.
    pub fn traits(&self) -> &[Vec<String>] {
        &self.traits
    }
    /// A supplier; one that nobody entered has the default terms.
    pub fn supplier(&self, key: &str) -> Supplier {
        let unknown = || Supplier { supplier: key.into(), ..Supplier::default() };
        self.suppliers.get(key).cloned().unwrap_or_else(unknown)
    }
    /// Minutes east of UTC at which the business day begins.
    pub fn utc_offset_minutes(&self) -> i32 {
        self.utc_offset_minutes
    }
    /// The SKUs by id.
    pub fn skus(&self) -> &[Sku] {
        &self.skus
    }
}
