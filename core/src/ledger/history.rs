//! Questions to the book: what was there at an instant or on a business day, and what it was worth.
//!
//! Late facts are appended with the business day to which they belong. "As it was recorded" and "as it happened" are
//! two questions to the same entries; nothing is ever reposted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::book::{Entry, EntryKind};
use super::state::Ledger;
use crate::base::{Currency, Day, LocationId, Lookup, LotId, Money, SkuId, Timestamp};
use crate::event::{Condition, Outside};

/// Units by lot and location, by the number of their condition.
pub type Balances = BTreeMap<(LotId, LocationId), [i64; Condition::COUNT]>;

/// What was there: entries recorded at or before `recorded` and of business days up to `day`. One SKU: O(its entries);
/// else O(all entries).
pub fn balances(ledger: &Ledger, recorded: Option<Timestamp>, day: Option<Day>, sku: Option<SkuId>) -> Balances {
    let mut found: Lookup<(LotId, LocationId), [i64; Condition::COUNT]> = Lookup::default();
    let counts = |entry: &Entry| recorded.is_none_or(|at| entry.at <= at) && day.is_none_or(|day| entry.day <= day);
    let mut add = |entry: &Entry| {
        for (place, quantity) in [(entry.from, -entry.quantity), (entry.to, entry.quantity)] {
            if let Some((location, condition)) = place.location() {
                found.entry((entry.lot, location))[condition as usize] += quantity;
            }
        }
    };
    match sku {
        Some(sku) => of_sku(ledger, sku).filter(|(_, entry)| counts(entry)).for_each(|(_, entry)| add(entry)),
        None => ledger.book().iter_from(0).filter(|entry| counts(entry)).for_each(add),
    }
    let there = |(_, units): &(&(LotId, LocationId), &[i64; Condition::COUNT])| units.iter().any(|units| *units != 0);
    found.sorted().into_iter().filter(there).map(|(place, units)| (*place, *units)).collect()
}

fn of_sku(ledger: &Ledger, sku: SkuId) -> impl Iterator<Item = (u32, &Entry)> {
    ledger.lots_of(sku).flat_map(|(_, lot)| ledger.book().chain(lot.last_entry, |entry| entry.before_of_lot))
}

/// How units are valued.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CostMethod {
    /// Each lot at the costs of its own receipts, the oldest leaving first.
    #[default]
    Fifo,
    /// Each SKU at the moving average of its receipts.
    Average,
    /// Each SKU at the catalogue's cost.
    Standard,
}

/// What the units of a SKU were worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Valued {
    /// Units owned, those on their way between locations included.
    pub units: i64,
    /// Their worth in minor units.
    pub value_minor: i64,
    /// Units of no known cost: they count as worth nothing.
    pub unvalued: i64,
    /// The currency of the last cost that was given.
    pub currency: Currency,
}

/// Values a SKU as of the end of a business day. Returned and found units come back at the cost that was last known.
/// O(entries of the SKU · log).
pub fn valued(ledger: &Ledger, sku: SkuId, day: Day, method: CostMethod, standard: Option<Money>) -> Valued {
    let mut entries: Vec<(u32, &Entry)> = of_sku(ledger, sku).filter(|(_, entry)| entry.day <= day).collect();
    entries.sort_unstable_by_key(|(number, entry)| (entry.day, *number));
    let flows = entries.iter().filter_map(|(number, entry)| {
        let units = match (entry.from.account(), entry.to.account()) {
            (Some(_), None) => entry.quantity,
            (None, Some(_)) => -entry.quantity,
            _ => return None,
        };
        let bought = entry.kind == EntryKind::Received && entry.from.account() == Some(Outside::Supplier);
        Some(Flow { lot: entry.lot, units, cost: ledger.book().cost(*number).filter(|_| bought) })
    });
    match method {
        CostMethod::Fifo => fifo(flows, standard),
        CostMethod::Average => average(flows, standard),
        CostMethod::Standard => {
            let units = flows.map(|flow| flow.units).sum();
            worth(units, standard)
        }
    }
}

/// Units that came in (positive) or went out.
struct Flow {
    lot: LotId,
    units: i64,
    cost: Option<Money>,
}

fn worth(units: i64, cost: Option<Money>) -> Valued {
    match cost {
        Some(cost) => {
            Valued { units, value_minor: units.saturating_mul(cost.minor), unvalued: 0, currency: cost.currency }
        }
        None => Valued { units, value_minor: 0, unvalued: units.max(0), currency: Currency::default() },
    }
}

/// Layers of one lot, the oldest first: units and what one of them cost.
#[derive(Default)]
struct Layers {
    layers: std::collections::VecDeque<(i64, Option<Money>)>,
    last: Option<Money>,
}

impl Layers {
    fn flow(&mut self, flow: &Flow, standard: Option<Money>) {
        if flow.units > 0 {
            self.last = flow.cost.or(self.last);
            self.layers.push_back((flow.units, flow.cost.or(self.last).or(standard)));
            self.net();
            return;
        }
        let mut left = -flow.units;
        while let Some(first) = self.layers.front_mut().filter(|(units, _)| left > 0 && *units > 0) {
            let part = first.0.min(left);
            first.0 -= part;
            left -= part;
            if first.0 == 0 {
                self.layers.pop_front();
            }
        }
        if left > 0 {
            self.layers.push_back((-left, self.last.or(standard)));
        }
    }

    /// What came late fills what was sold beyond the books.
    fn net(&mut self) {
        while let (Some(first), Some(last)) = (self.layers.front().copied(), self.layers.back().copied()) {
            if first.0 >= 0 || last.0 <= 0 {
                return;
            }
            let part = (-first.0).min(last.0);
            self.layers.front_mut().into_iter().for_each(|layer| layer.0 += part);
            self.layers.back_mut().into_iter().for_each(|layer| layer.0 -= part);
            self.layers.retain(|(units, _)| *units != 0);
        }
    }
}

/// Units sold beyond the books of one lot leave the oldest lots that have any.
fn fifo(flows: impl Iterator<Item = Flow>, standard: Option<Money>) -> Valued {
    let mut lots: BTreeMap<LotId, Layers> = BTreeMap::new();
    let (mut currency, mut last) = (standard.map_or_else(Currency::default, |cost| cost.currency), standard);
    for flow in flows {
        last = flow.cost.or(last);
        lots.entry(flow.lot).or_default().flow(&flow, standard);
    }
    let layers = || lots.values().flat_map(|lot| &lot.layers);
    let mut debt: i64 = layers().map(|(units, _)| -units.min(&0)).sum();
    let mut sum = Valued::default();
    for (units, cost) in layers().filter(|(units, _)| *units > 0) {
        let part = debt.min(*units);
        debt -= part;
        let left = worth(units - part, *cost);
        sum.units += left.units;
        sum.value_minor = sum.value_minor.saturating_add(left.value_minor);
        sum.unvalued += left.unvalued;
        currency = cost.map_or(currency, |cost| cost.currency);
    }
    let owed = worth(-debt, last);
    Valued {
        units: sum.units + owed.units,
        value_minor: sum.value_minor.saturating_add(owed.value_minor),
        unvalued: sum.unvalued,
        currency,
    }
}

/// The moving average: what leaves takes its share of the value, rounded half up; the rest stays exact. Units sold
/// beyond the books are worth what was last known of one; what comes late fills them at its own cost.
fn average(flows: impl Iterator<Item = Flow>, standard: Option<Money>) -> Valued {
    let (mut units, mut value, mut known) = (0i64, 0i128, standard.map(|cost| i128::from(cost.minor)));
    let mut currency = standard.map_or_else(Currency::default, |cost| cost.currency);
    for flow in flows {
        let mean = if units > 0 { Some((2 * value + i128::from(units)) / (2 * i128::from(units))) } else { known };
        if let Some(cost) = flow.cost {
            (known, currency) = (Some(i128::from(cost.minor)), cost.currency);
        } else if units > 0 {
            known = mean;
        }
        let own = flow.cost.map(|cost| i128::from(cost.minor)).or(mean).unwrap_or(0);
        let after = units + flow.units;
        value = if units < 0 || after <= 0 {
            own * i128::from(after)
        } else if flow.units < 0 {
            let out = i128::from(-flow.units);
            value - (2 * value * out + i128::from(units)) / (2 * i128::from(units))
        } else {
            value + own * i128::from(flow.units)
        };
        units = after;
    }
    let value_minor = i64::try_from(value).unwrap_or(if value > 0 { i64::MAX } else { i64::MIN });
    let unvalued = if known.is_none() { units.max(0) } else { 0 };
    Valued { units, value_minor, unvalued, currency }
}
