//! Proposals for a table with one row per SKU.

use std::collections::BTreeMap;

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
    /// Days of a row of `paths`: 7 where they are weekly.
    pub period_days: f64,
    /// Column of the SKUs in `paths`.
    pub id_column: String,
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
            period_days: item.period_days,
            id_column: "unique_id".into(),
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
        let periods =
            Item { demand_mean: vec![0.0], demand_sd: vec![0.0], period_days: self.period_days, ..self.item() };
        periods.check()
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
/// Columns: `sku`, `available`, `demand_mean` (per day); and where they are there `demand_sd` (per day; else that of a
/// Poisson count), `location`, `supplier`, `incoming`, `lead_time_days`, `review_days`,
/// `service_level`, `min_order_qty`, `pack_size`, `max_order_qty`, `shelf_life_days`, `min_remaining_days`,
/// `unit_cost_minor`, `p_phantom`. An absent column or `NaN` means the default. Other columns are ignored.
///
/// `paths` are simulated futures as [`forecast_paths`](crate::forecast::forecast_paths()) answers them, the periods of a SKU in
/// order: of the SKUs in it they are the demand, and the order-up-to level is a quantile of what the futures sell over lead time
/// and review together. Where all are in it `demand_mean` may be absent.
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
/// let orders = replenish::table(&stock, None, &replenish::TableParams::default(), &Task::default())?;
/// assert_eq!(orders.integers("quantity")?, [28]);
/// let paths = Table::default()
///     .with("unique_id", Column::Text(vec!["LIP-01".into(); 2]))?
///     .with("path-1", Column::Float(vec![10.0, 20.0]))?
///     .with("path-2", Column::Float(vec![15.0, 5.0]))?;
/// let weekly = replenish::TableParams { period_days: 7.0, service_level: 0.5, ..Default::default() };
/// let orders = replenish::table(&stock, Some(&paths), &weekly, &Task::default())?;
/// assert_eq!((orders.integers("order_up_to")?, orders.floats("expected_demand")?), (vec![20], vec![25.0]));
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn table(table: &Table, paths: Option<&Table>, params: &TableParams, task: &Task) -> Result<Table> {
    params.check()?;
    let futures = paths.map(|paths| Futures::read(paths, params)).transpose()?;
    let items = read(table, futures.as_ref(), params)?;
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

/// Simulated demand of each SKU.
struct Futures {
    /// The rows of a SKU, a period each.
    rows: BTreeMap<String, Vec<usize>>,
    /// A column a future.
    paths: Vec<Vec<f64>>,
}

impl Futures {
    fn read(table: &Table, params: &TableParams) -> Result<Futures> {
        let mut rows = BTreeMap::<String, Vec<usize>>::new();
        for (row, sku) in table.texts(&params.id_column)?.into_iter().enumerate() {
            rows.entry(sku).or_default().push(row);
        }
        let mut paths = Vec::new();
        for (name, _) in table.columns().iter().filter(|(name, _)| name.starts_with("path-")) {
            let path = table.floats(name)?;
            if let Some(row) = path.iter().position(|units| !(0.0..=MAX_EXACT as f64).contains(units)) {
                return Err(Error::argument(format!("{name}[{row}]"), "in [0, 9007199254740991]", path[row]));
            }
            paths.push(path);
        }
        if paths.is_empty() {
            table.column("path-1")?;
        }
        Ok(Futures { rows, paths })
    }

    /// The item with the demand of its futures, if it has any.
    fn put(&self, item: &mut Item, period_days: f64) -> Result<bool> {
        let Some(rows) = self.rows.get(&item.sku) else { return Ok(false) };
        item.period_days = period_days;
        let periods = f64::from(item.lead_time_days + item.review_days) / item.period_days;
        if periods > rows.len() as f64 {
            let rule = format!("as long as lead time and review of {}: {} periods", item.sku, periods.ceil());
            return Err(Error::argument("paths", rule, rows.len()));
        }
        let n = self.paths.len() as f64;
        let moments = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / n;
            (mean, (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt())
        };
        let (mut sums, mut totals) = (vec![0.0; self.paths.len()], vec![0.0; self.paths.len()]);
        (item.demand_mean, item.demand_sd, item.demand_total_sd) = (Vec::new(), Vec::new(), Vec::new());
        for (period, row) in rows.iter().enumerate() {
            let share = (periods - period as f64).clamp(0.0, 1.0);
            let units: Vec<f64> = self.paths.iter().map(|path| path[*row]).collect();
            for ((sum, total), units) in sums.iter_mut().zip(&mut totals).zip(&units) {
                *sum += units;
                *total += share * units;
            }
            let (mean, sd) = moments(&units);
            item.demand_mean.push(mean);
            item.demand_sd.push(sd);
            item.demand_total_sd.push(moments(&sums).1);
        }
        item.demand_totals = totals;
        Ok(true)
    }
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

fn read(table: &Table, futures: Option<&Futures>, params: &TableParams) -> Result<Vec<Item>> {
    let skus = table.texts("sku")?;
    let available = table.integers("available")?;
    let told = futures.is_some_and(|futures| skus.iter().all(|sku| futures.rows.contains_key(sku)));
    let mean = if told { Vec::new() } else { table.floats("demand_mean")? };
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
            let mut item = Item {
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
                p_phantom: phantom.get(row).unwrap_or(0.0),
                ..Item::default()
            };
            let told = match futures {
                Some(futures) => futures.put(&mut item, params.period_days)?,
                None => false,
            };
            if !told {
                item.demand_mean = vec![mean[row]];
                item.demand_sd = vec![sd.get(row).unwrap_or(mean[row].max(0.0).sqrt())];
            }
            Ok(item)
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
        let got = table(&stock(), None, &TableParams::default(), &Task::default()).unwrap();
        assert_eq!(got.texts("sku").unwrap(), ["LIP-01", "SER-30"]);
        assert_eq!(got.integers("quantity").unwrap(), [28, 48]);
        assert_eq!(got.texts("binding_rule").unwrap(), ["none", "pack"]);
        let cost = got.floats("cost_minor").unwrap();
        assert!(cost[0].is_nan() && cost[1] == 12_000.0);
        let all = TableParams { include_zero: true, ..Default::default() };
        assert_eq!(table(&stock(), None, &all, &Task::default()).unwrap().rows(), 3);
    }

    #[test]
    fn bad_cells_are_named() {
        let half = stock().with("incoming", Column::Float(vec![0.0, 0.5, 0.0])).unwrap();
        let error = table(&half, None, &TableParams::default(), &Task::default()).unwrap_err();
        assert_eq!(error.to_string(), "incoming[1] must be a whole number, got 0.5");
        let huge = stock().with("lead_time_days", Column::Integer(vec![-1, 0, 0])).unwrap();
        assert_eq!(
            table(&huge, None, &TableParams::default(), &Task::default()).unwrap_err().code(),
            "INVALID_ARGUMENT"
        );
        let error = table(&Table::default(), None, &TableParams::default(), &Task::default()).unwrap_err();
        assert_eq!(error.code(), "MISSING_COLUMN");
        let bad = TableParams { service_level: 0.0, ..Default::default() };
        assert_eq!(
            table(&stock(), None, &bad, &Task::default()).unwrap_err().to_string(),
            "service_level must be in (0, 1), got 0"
        );
    }
}
