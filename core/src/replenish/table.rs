//! Proposals for a table with one row per SKU.

use serde::{Deserialize, Serialize};

use super::plan::{Item, PlanParams, Proposal, arrange, inside, propose};
use crate::base::units::MAX_EXACT;
use crate::base::{Column, Error, Quantity, Result, Table, Task};

/// What holds for rows whose column is absent or empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "PlanPurchasesFrameParams"))]
#[serde(default, deny_unknown_fields)]
pub struct TableParams {
    /// Days from order to receipt.
    pub lead_time_days: u32,
    /// Days until the next order can be placed.
    pub review_days: u32,
    /// Probability with which demand has to be covered, between 0 and 1.
    pub service_level: f64,
    /// The least that may be ordered; 0 for no such rule.
    pub min_order_qty: Quantity,
    /// Orders are multiples of this.
    pub pack_size: Quantity,
    /// Days of life that have to remain when it is sold.
    pub min_remaining_days: u32,
    /// Whether rows that need no order are listed too, with a quantity of 0.
    pub include_zero: bool,
    /// An order is capped at the demand of this probability before its shelf life ends.
    pub expiry_quantile: f64,
}

impl Default for TableParams {
    fn default() -> Self {
        let (item, plan) = (Item::default(), PlanParams::default());
        TableParams {
            lead_time_days: item.lead_time_days,
            review_days: item.review_days,
            service_level: item.service_level,
            min_order_qty: item.min_order_qty,
            pack_size: item.pack_size,
            min_remaining_days: item.min_remaining_days,
            include_zero: plan.include_zero,
            expiry_quantile: plan.expiry_quantile,
        }
    }
}

impl TableParams {
    /// Answers whether the parameters make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        self.plan().check()?;
        Item { demand_mean: vec![0.0], demand_sd: vec![0.0], ..self.item() }.check()
    }

    fn plan(&self) -> PlanParams {
        PlanParams { include_zero: self.include_zero, expiry_quantile: self.expiry_quantile }
    }

    fn item(&self) -> Item {
        Item {
            lead_time_days: self.lead_time_days,
            review_days: self.review_days,
            service_level: self.service_level,
            min_order_qty: self.min_order_qty,
            pack_size: self.pack_size,
            min_remaining_days: self.min_remaining_days,
            ..Item::default()
        }
    }
}

/// Proposes what to buy for each row.
///
/// Columns: `sku`, `available`, `demand_mean` (per day); and where they are there `demand_sd` (per day; else
/// that of a Poisson count), `location`, `supplier`, `incoming`, `lead_time_days`, `review_days`,
/// `service_level`, `min_order_qty`, `pack_size`, `max_order_qty`, `shelf_life_days`, `min_remaining_days`,
/// `unit_cost_minor`, `p_phantom`. An absent column or `NaN` means the default. Other columns are ignored.
///
/// Out: `supplier, sku, location, quantity, need, order_up_to, expected_demand, cover_days, risk_stockout,
/// risk_expiry, cost_minor, binding_rule, why`, sorted by the first three; what is unknown is `NaN`.
///
/// # Errors
/// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `INVALID_ARGUMENT` naming column and row, or a parameter; `CANCELLED`.
///
/// ```
/// use trousse::{Column, Table, Task, replenish};
/// let stock = Table::default()
///     .with("sku", Column::Text(vec!["LIP-01".into()]))?
///     .with("available", Column::Integer(vec![9]))?
///     .with("demand_mean", Column::Float(vec![2.0]))?;
/// let orders = replenish::table(&stock, &replenish::TableParams::default(), &Task::default())?;
/// assert_eq!(orders.integers("quantity")?, [28]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn table(table: &Table, params: &TableParams, task: &Task) -> Result<Table> {
    params.check()?;
    let items = read(table, params)?;
    task.expect(items.len());
    let plan = params.plan();
    let mut proposals = Vec::with_capacity(items.len());
    for (row, item) in items.iter().enumerate() {
        task.tick()?;
        item.check().map_err(|error| inside(&format!("row {row}"), error))?;
        proposals.push(propose(item, &plan));
    }
    arrange(&mut proposals, &plan);
    write(&proposals)
}

/// The numbers of an optional column; `NaN` for a missing one.
struct Numbers {
    name: &'static str,
    values: Option<Vec<f64>>,
}

impl Numbers {
    fn read(table: &Table, name: &'static str) -> Result<Numbers> {
        let values = table.get(name).map(|_| table.floats(name)).transpose()?;
        Ok(Numbers { name, values })
    }
    fn get(&self, row: usize) -> Option<f64> {
        self.values.as_ref().map(|values| values[row]).filter(|x| !x.is_nan())
    }
    fn whole(&self, row: usize) -> Result<Option<i64>> {
        let Some(x) = self.get(row) else { return Ok(None) };
        if x.fract() == 0.0 && x.abs() <= MAX_EXACT as f64 {
            return Ok(Some(x as i64));
        }
        Err(Error::argument(format!("{}[{row}]", self.name), "a whole number", x))
    }
    fn days(&self, row: usize) -> Result<Option<u32>> {
        let Some(days) = self.whole(row)? else { return Ok(None) };
        let rule = || Error::argument(format!("{}[{row}]", self.name), "a whole number of at least 0", days);
        u32::try_from(days).map(Some).map_err(|_| rule())
    }
    fn quantity(&self, row: usize) -> Result<Option<Quantity>> {
        Ok(self.whole(row)?.map(Quantity))
    }
}

fn read(table: &Table, params: &TableParams) -> Result<Vec<Item>> {
    let skus = table.texts("sku")?;
    let available = table.integers("available")?;
    let mean = table.floats("demand_mean")?;
    let texts = |name: &str| match table.get(name) {
        Some(_) => table.texts(name),
        None => Ok(vec![String::new(); skus.len()]),
    };
    let (locations, suppliers) = (texts("location")?, texts("supplier")?);
    let numbers = |name| Numbers::read(table, name);
    let (sd, incoming, phantom) = (numbers("demand_sd")?, numbers("incoming")?, numbers("p_phantom")?);
    let (lead, review, level) = (numbers("lead_time_days")?, numbers("review_days")?, numbers("service_level")?);
    let (min, pack, max) = (numbers("min_order_qty")?, numbers("pack_size")?, numbers("max_order_qty")?);
    let (life, remaining) = (numbers("shelf_life_days")?, numbers("min_remaining_days")?);
    let cost = numbers("unit_cost_minor")?;
    let default = params.item();
    (0..skus.len())
        .map(|row| {
            Ok(Item {
                sku: skus[row].clone(),
                location: locations[row].clone(),
                supplier: suppliers[row].clone(),
                available: Quantity(available[row]),
                incoming: incoming.quantity(row)?.unwrap_or_default(),
                lead_time_days: lead.days(row)?.unwrap_or(default.lead_time_days),
                review_days: review.days(row)?.unwrap_or(default.review_days),
                service_level: level.get(row).unwrap_or(default.service_level),
                min_order_qty: min.quantity(row)?.unwrap_or(default.min_order_qty),
                pack_size: pack.quantity(row)?.unwrap_or(default.pack_size),
                max_order_qty: max.quantity(row)?,
                shelf_life_days: life.days(row)?,
                min_remaining_days: remaining.days(row)?.unwrap_or(default.min_remaining_days),
                unit_cost_minor: cost.whole(row)?,
                demand_mean: vec![mean[row]],
                demand_sd: vec![sd.get(row).unwrap_or(mean[row].max(0.0).sqrt())],
                p_phantom: phantom.get(row).unwrap_or(0.0),
                ..Item::default()
            })
        })
        .collect()
}

fn write(proposals: &[Proposal]) -> Result<Table> {
    let texts = |of: fn(&Proposal) -> &str| Column::Text(proposals.iter().map(|p| of(p).to_string()).collect());
    let wholes = |of: fn(&Proposal) -> Quantity| Column::Integer(proposals.iter().map(|p| of(p).0).collect());
    let floats = |of: fn(&Proposal) -> f64| Column::Float(proposals.iter().map(of).collect());
    Table::default()
        .with("supplier", texts(|p| &p.supplier))?
        .with("sku", texts(|p| &p.sku))?
        .with("location", texts(|p| &p.location))?
        .with("quantity", wholes(|p| p.quantity))?
        .with("need", wholes(|p| p.need))?
        .with("order_up_to", wholes(|p| p.order_up_to))?
        .with("expected_demand", floats(|p| p.expected_demand))?
        .with("cover_days", floats(|p| p.cover_days.unwrap_or(f64::NAN)))?
        .with("risk_stockout", floats(|p| p.risk_stockout))?
        .with("risk_expiry", floats(|p| p.risk_expiry))?
        .with("cost_minor", floats(|p| p.cost_minor.map_or(f64::NAN, |cost| cost as f64)))?
        .with("binding_rule", texts(|p| p.binding_rule.name()))?
        .with("why", texts(|p| &p.why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stock() -> Table {
        let texts = |v: &[&str]| Column::Text(v.iter().map(|t| t.to_string()).collect());
        Table::default()
            .with("sku", texts(&["SER-30", "LIP-01", "OIL-05"]))
            .and_then(|t| t.with("supplier", texts(&["b", "a", "a"])))
            .and_then(|t| t.with("available", Column::Integer(vec![0, 9, 500])))
            .and_then(|t| t.with("demand_mean", Column::Float(vec![2.0, 2.0, 2.0])))
            .and_then(|t| t.with("pack_size", Column::Float(vec![12.0, f64::NAN, f64::NAN])))
            .and_then(|t| t.with("unit_cost_minor", Column::Float(vec![250.0, f64::NAN, f64::NAN])))
            .unwrap()
    }

    #[test]
    fn rows_become_sorted_proposals() {
        let got = table(&stock(), &TableParams::default(), &Task::default()).unwrap();
        assert_eq!(got.texts("sku").unwrap(), ["LIP-01", "SER-30"]);
        assert_eq!(got.integers("quantity").unwrap(), [28, 48]);
        assert_eq!(got.texts("binding_rule").unwrap(), ["none", "pack"]);
        let cost = got.floats("cost_minor").unwrap();
        assert!(cost[0].is_nan() && cost[1] == 12_000.0);
        let all = TableParams { include_zero: true, ..Default::default() };
        assert_eq!(table(&stock(), &all, &Task::default()).unwrap().rows(), 3);
    }

    #[test]
    fn bad_cells_are_named() {
        let half = stock().with("incoming", Column::Float(vec![0.0, 0.5, 0.0])).unwrap();
        let error = table(&half, &TableParams::default(), &Task::default()).unwrap_err();
        assert_eq!(error.to_string(), "incoming[1] must be a whole number, got 0.5");
        let huge = stock().with("lead_time_days", Column::Integer(vec![-1, 0, 0])).unwrap();
        assert_eq!(table(&huge, &TableParams::default(), &Task::default()).unwrap_err().code(), "INVALID_ARGUMENT");
        let error = table(&Table::default(), &TableParams::default(), &Task::default()).unwrap_err();
        assert_eq!(error.code(), "MISSING_COLUMN");
        let bad = TableParams { service_level: 0.0, ..Default::default() };
        assert_eq!(
            table(&stock(), &bad, &Task::default()).unwrap_err().to_string(),
            "service_level must be in (0, 1), got 0"
        );
    }
}
