//! Purchase proposals: order up to a quantile of demand, within the supplier's rules and the shelf life.
//!
//! An order placed today arrives after the lead time, the next one can be placed after the review period:
//! today's order has to last for both together (the protection interval). The level is the quantile of that
//! demand at the service level; what is missing to it is the need. Where simulated totals of that interval are given
//! it is theirs, else that of a count with the forecast's mean and variance.
//!
//! Source: order-up-to (R, S) policy, Silver, Pyke & Thomas, *Inventory and Production Management in Supply
//! Chains* (2017), ch. 6. Invariants: a proposal is whole packs; it covers the need unless a cap binds.

use serde::{Deserialize, Serialize};

use super::quantity::{OrderRule, rounded, whole_packs};
use crate::base::numeric::{count_quantile, normal_cdf};
use crate::base::units::MAX_EXACT;
use crate::base::{Error, Quantity, Result};

/// One SKU at one location: its stock, its supplier's rules and what is expected to sell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Item {
    /// The SKU's key.
    pub sku: String,
    /// The location's key.
    pub location: String,
    /// The supplier's key.
    pub supplier: String,
    /// Sellable stock that is not held, in base units; below 0 where more is promised than there is.
    pub available: Quantity,
    /// Ordered and not yet received, in base units.
    pub incoming: Quantity,
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
    /// The most that may be ordered.
    pub max_order_qty: Option<Quantity>,
    /// Days of life of what arrives; absent where it does not expire.
    pub shelf_life_days: Option<u32>,
    /// Days of life that have to remain when it is sold.
    pub min_remaining_days: u32,
    /// Cost of a base unit in minor units of money.
    pub unit_cost_minor: Option<i64>,
    /// Length of one forecast period in days.
    pub period_days: f64,
    /// Expected demand per period from today; beyond its end their mean goes on.
    pub demand_mean: Vec<f64>,
    /// Standard deviation of the demand per period, as long as `demand_mean`.
    pub demand_sd: Vec<f64>,
    /// Standard deviation of the demand cumulated up to each period (as a forecast gives it); empty for
    /// errors that are independent from period to period.
    pub demand_total_sd: Vec<f64>,
    /// The demand of lead time and review together in each of many simulated futures, in any order (`totals` of a
    /// forecast): the order-up-to level is their quantile. Empty: that of a count with mean and variance of the above.
    pub demand_totals: Vec<f64>,
    /// Probability 0–1 that the recorded stock is not there; it is trusted for the rest only.
    pub p_phantom: f64,
}

impl Default for Item {
    fn default() -> Self {
        Item {
            sku: String::new(),
            location: String::new(),
            supplier: String::new(),
            available: Quantity(0),
            incoming: Quantity(0),
            lead_time_days: 7,
            review_days: 7,
            service_level: 0.95,
            min_order_qty: Quantity(0),
            pack_size: Quantity(1),
            max_order_qty: None,
            shelf_life_days: None,
            min_remaining_days: 0,
            unit_cost_minor: None,
            period_days: 1.0,
            demand_mean: Vec::new(),
            demand_sd: Vec::new(),
            demand_total_sd: Vec::new(),
            demand_totals: Vec::new(),
            p_phantom: 0.0,
        }
    }
}

/// The longest lead time, review period and shelf life that are accepted.
const MAX_DAYS: u32 = 36_500;
/// The most simulated futures that are accepted.
const MAX_TOTALS: usize = 100_000;
/// The largest demand of a period that is accepted.
const MAX_DEMAND: f64 = 1e9;

impl Item {
    /// Answers whether the item makes sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        self.rule().check()?;
        self.incoming.check_non_negative("incoming")?;
        within("available", self.available.0 as f64, -(MAX_EXACT as f64), MAX_EXACT as f64)?;
        within("lead_time_days", f64::from(self.lead_time_days), 0.0, f64::from(MAX_DAYS))?;
        within("review_days", f64::from(self.review_days), 0.0, f64::from(MAX_DAYS))?;
        within("shelf_life_days", f64::from(self.shelf_life_days.unwrap_or(0)), 0.0, f64::from(MAX_DAYS))?;
        within("unit_cost_minor", self.unit_cost_minor.unwrap_or(0) as f64, 0.0, MAX_EXACT as f64)?;
        within("p_phantom", self.p_phantom, 0.0, 1.0)?;
        check_probability("service_level", self.service_level)?;
        if !(self.period_days >= 1.0 / 24.0 && self.period_days <= 366.0) {
            return Err(Error::argument("period_days", "between an hour and a year", self.period_days));
        }
        self.check_demand()
    }

    fn check_demand(&self) -> Result<()> {
        let periods = self.demand_mean.len();
        if periods == 0 {
            return Err(Error::argument("demand_mean", "at least one period long", 0));
        }
        for (field, values, may_be_empty) in [
            ("demand_mean", &self.demand_mean, false),
            ("demand_sd", &self.demand_sd, false),
            ("demand_total_sd", &self.demand_total_sd, true),
        ] {
            if values.len() != periods && !(may_be_empty && values.is_empty()) {
                return Err(Error::argument(field, format!("{periods} periods long"), values.len()));
            }
            for (i, value) in values.iter().enumerate() {
                let most = if may_be_empty { MAX_DEMAND * periods as f64 } else { MAX_DEMAND };
                within(&format!("{field}[{i}]"), *value, 0.0, most)?;
            }
        }
        if self.demand_totals.len() > MAX_TOTALS {
            return Err(Error::argument("demand_totals", format!("at most {MAX_TOTALS}"), self.demand_totals.len()));
        }
        for (i, total) in self.demand_totals.iter().enumerate() {
            within(&format!("demand_totals[{i}]"), *total, 0.0, MAX_EXACT as f64)?;
        }
        Ok(())
    }

    fn rule(&self) -> OrderRule {
        OrderRule { min_order_qty: self.min_order_qty, pack_size: self.pack_size, max_order_qty: self.max_order_qty }
    }

    /// Mean and variance of the demand of the next `days` days. Part of a period counts in proportion.
    fn demand(&self, days: u32) -> (f64, f64) {
        let periods = f64::from(days) / self.period_days;
        let whole = (periods as usize).min(self.demand_mean.len());
        let (mut mean, mut variance) = (0.0, 0.0);
        for t in 0..whole {
            mean += self.demand_mean[t];
            variance = self.total_variance(t, variance);
        }
        let rest = periods - whole as f64;
        let next = whole.min(self.demand_mean.len() - 1);
        let step = if whole < self.demand_mean.len() {
            (self.total_variance(next, variance) - variance).max(0.0)
        } else {
            variance / whole as f64
        };
        let rate = if whole < self.demand_mean.len() { self.demand_mean[next] } else { self.mean_rate() };
        (mean + rest * rate, variance + rest * step)
    }

    /// Expected demand of a period beyond the last one: the last alone may be a quiet day of a week.
    fn mean_rate(&self) -> f64 {
        self.demand_mean.iter().sum::<f64>() / self.demand_mean.len() as f64
    }

    /// Variance of the demand up to and including period `t`, given that of the periods before.
    fn total_variance(&self, t: usize, before: f64) -> f64 {
        match self.demand_total_sd.get(t) {
            Some(sd) => sd * sd,
            None => before + self.demand_sd[t].powi(2),
        }
    }

    /// Days until a quantity has sold as expected; `None` where it never does.
    fn cover_days(&self, quantity: f64) -> Option<f64> {
        let mut left = quantity.max(0.0);
        for (t, mean) in self.demand_mean.iter().enumerate() {
            if left < *mean {
                return Some((t as f64 + left / mean) * self.period_days);
            }
            left -= mean;
        }
        let rate = self.mean_rate();
        (rate > 0.0).then(|| (self.demand_mean.len() as f64 + left / rate) * self.period_days)
    }
}

fn within(field: &str, value: f64, least: f64, most: f64) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::argument(field, format!("in [{least}, {most}]"), value))
}

fn check_probability(field: &str, p: f64) -> Result<()> {
    if p > 0.0 && p < 1.0 { Ok(()) } else { Err(Error::argument(field, "in (0, 1)", p)) }
}

/// What to propose, and how careful to be about expiry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PlanParams {
    /// Whether items that need no order are listed too, with a quantity of 0.
    pub include_zero: bool,
    /// An order is capped at the demand of this probability before its shelf life ends: 0.5 for an even
    /// chance that all of it sells, less to be more careful.
    pub expiry_quantile: f64,
}

impl Default for PlanParams {
    fn default() -> Self {
        PlanParams { include_zero: false, expiry_quantile: 0.5 }
    }
}

impl PlanParams {
    /// Answers whether the parameters make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_probability("expiry_quantile", self.expiry_quantile)
    }
}

/// The rule that made the order differ from the need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BindingRule {
    /// None: the order is the need.
    None,
    /// Raised to the supplier's minimum.
    MinOrder,
    /// Rounded up to whole packs.
    Pack,
    /// Cut to the supplier's maximum.
    MaxOrder,
    /// Cut to what sells before its shelf life ends.
    ShelfLife,
}

impl BindingRule {
    /// The name as it is written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            BindingRule::None => "none",
            BindingRule::MinOrder => "min_order",
            BindingRule::Pack => "pack",
            BindingRule::MaxOrder => "max_order",
            BindingRule::ShelfLife => "shelf_life",
        }
    }
}

/// A proposal to buy, with its reasons and risks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Proposal {
    /// The supplier's key.
    pub supplier: String,
    /// The SKU's key.
    pub sku: String,
    /// The location's key.
    pub location: String,
    /// Base units to order.
    pub quantity: Quantity,
    /// Base units missing to the order-up-to level.
    pub need: Quantity,
    /// The level to order up to: demand over lead time and review period at the service level.
    pub order_up_to: Quantity,
    /// Expected demand over lead time and review period.
    pub expected_demand: f64,
    /// Days that stock and order together last at the expected demand; absent where nothing is expected to sell.
    pub cover_days: Option<f64>,
    /// Probability that demand over lead time and review period exceeds stock and order together.
    pub risk_stockout: f64,
    /// Probability that part of the order is unsold when its shelf life ends; 0 where it does not expire.
    pub risk_expiry: f64,
    /// Cost of the order in minor units, where the unit cost is known.
    pub cost_minor: Option<i64>,
    /// The rule that made the quantity differ from the need.
    pub binding_rule: BindingRule,
    /// The reasons in one sentence.
    pub why: String,
}

/// Answers the stock to order up to: the smallest whole quantity that covers demand with probability
/// `service_level`, for demand of the given mean and variance (negative binomial, or Poisson).
///
/// # Errors
/// `INVALID_ARGUMENT` naming the argument.
///
/// ```
/// use trousse::{Quantity, replenish::order_up_to};
/// assert_eq!(order_up_to(28.0, 28.0, 0.95)?, Quantity(37));
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn order_up_to(demand_mean: f64, demand_variance: f64, service_level: f64) -> Result<Quantity> {
    within("demand_mean", demand_mean, 0.0, 1e15)?;
    within("demand_variance", demand_variance, 0.0, 1e30)?;
    check_probability("service_level", service_level)?;
    Ok(level(demand_mean, demand_variance, service_level))
}

/// The smallest whole number that a share of at least `p` of the totals does not exceed. O(n).
fn smallest_of(totals: &[f64], p: f64) -> Quantity {
    let rank = ((p * totals.len() as f64).ceil() as usize).clamp(1, totals.len()) - 1;
    let mut totals = totals.to_vec();
    let (_, found, _) = totals.select_nth_unstable_by(rank, f64::total_cmp);
    Quantity(found.ceil().min(MAX_EXACT as f64) as i64)
}

fn level(mean: f64, variance: f64, p: f64) -> Quantity {
    Quantity(count_quantile(mean, variance, p).min(MAX_EXACT as f64) as i64)
}

/// Proposes what to buy, in the order of supplier, SKU and location.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the item and the field.
///
/// ```
/// use trousse::Quantity;
/// use trousse::replenish::{Item, PlanParams, plan};
/// let item = Item {
///     sku: "LIP-01".into(),
///     available: Quantity(9),
///     lead_time_days: 14,
///     review_days: 14,
///     pack_size: Quantity(12),
///     demand_mean: vec![1.0],
///     demand_sd: vec![1.0],
///     ..Default::default()
/// };
/// let proposals = plan(&[item], &PlanParams::default())?;
/// assert_eq!(proposals[0].quantity, Quantity(36));
/// assert_eq!(
///     proposals[0].why,
///     "covers 28 days: expected 28, 95 % up to 37, 9 available, 0 incoming; rounded up to packs of 12"
/// );
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn plan(items: &[Item], params: &PlanParams) -> Result<Vec<Proposal>> {
    params.check()?;
    let proposals: Result<Vec<Proposal>> = items
        .iter()
        .enumerate()
        .map(|(i, item)| {
            item.check().map_err(|error| inside(&format!("items[{i}]"), error))?;
            Ok(propose(item, params))
        })
        .collect();
    let mut proposals = proposals?;
    arrange(&mut proposals, params);
    Ok(proposals)
}

/// Drops empty proposals unless they were asked for and sorts the rest by their keys.
pub(super) fn arrange(proposals: &mut Vec<Proposal>, params: &PlanParams) {
    proposals.retain(|p| params.include_zero || p.quantity.0 > 0);
    proposals.sort_by(|a, b| (&a.supplier, &a.sku, &a.location).cmp(&(&b.supplier, &b.sku, &b.location)));
}

pub(super) fn inside(place: &str, error: Error) -> Error {
    match error {
        Error::InvalidArgument { field, rule, got } => {
            Error::InvalidArgument { field: format!("{place}.{field}"), rule, got }
        }
        other => other,
    }
}

/// The proposal for one item that was checked.
pub(super) fn propose(item: &Item, params: &PlanParams) -> Proposal {
    let days = item.lead_time_days + item.review_days;
    let (mean, variance) = item.demand(days);
    let up_to = match &item.demand_totals[..] {
        [] => level(mean, variance, item.service_level),
        totals => smallest_of(totals, item.service_level),
    };
    let position = position(item);
    let need = Quantity((up_to.0 as f64 - position).ceil().clamp(0.0, MAX_EXACT as f64) as i64);
    let life = Life::of(item, position);
    let (quantity, binding_rule) = decide(item, need, life.as_ref(), params);
    let stock = position + quantity.0 as f64;
    Proposal {
        supplier: item.supplier.clone(),
        sku: item.sku.clone(),
        location: item.location.clone(),
        quantity,
        need,
        order_up_to: up_to,
        expected_demand: mean,
        cover_days: item.cover_days(stock),
        risk_stockout: match &item.demand_totals[..] {
            [] => probability_above(mean, variance, stock),
            totals => totals.iter().filter(|total| **total > stock).count() as f64 / totals.len() as f64,
        },
        risk_expiry: if quantity.0 > 0 { life.map_or(0.0, |life| life.risk(quantity)) } else { 0.0 },
        cost_minor: item.unit_cost_minor.map(|cost| cost.saturating_mul(quantity.0)),
        binding_rule,
        why: why(item, mean, up_to, quantity, binding_rule),
    }
}

/// Stock that is trusted to be there, and what is on the way.
fn position(item: &Item) -> f64 {
    let trusted = if item.available.0 > 0 { 1.0 - item.p_phantom } else { 1.0 };
    item.available.0 as f64 * trusted + item.incoming.0 as f64
}

/// Demand until the order's shelf life ends, and the stock that sells before it.
struct Life {
    mean: f64,
    variance: f64,
    before: f64,
}

impl Life {
    fn of(item: &Item, position: f64) -> Option<Life> {
        let sellable = item.shelf_life_days?.saturating_sub(item.min_remaining_days);
        let (mean, variance) = item.demand(item.lead_time_days + sellable);
        // Demand that finds the shelf empty before the order arrives is lost to it.
        let before = position.max(item.demand(item.lead_time_days).0);
        Some(Life { mean, variance, before })
    }
    fn most(&self, p: f64) -> i64 {
        let most = count_quantile(self.mean, self.variance, p) - self.before;
        most.floor().clamp(0.0, MAX_EXACT as f64) as i64
    }
    fn risk(&self, quantity: Quantity) -> f64 {
        1.0 - probability_above(self.mean, self.variance, self.before + quantity.0 as f64 - 1.0)
    }
}

fn decide(item: &Item, need: Quantity, life: Option<&Life>, params: &PlanParams) -> (Quantity, BindingRule) {
    let order = rounded(need, &item.rule());
    let pack = item.pack_size.0;
    if let Some(most) = life.map(|life| life.most(params.expiry_quantile)).filter(|most| order.0 > *most) {
        let sells = whole_packs(most, pack);
        let accepted = sells >= item.min_order_qty.0;
        return (Quantity(if accepted { sells } else { 0 }), BindingRule::ShelfLife);
    }
    let rule = match order.0 {
        0 if need.0 <= 0 => BindingRule::None,
        order if item.max_order_qty.is_some_and(|max| order < need.0.max(item.min_order_qty.0) && order <= max.0) => {
            BindingRule::MaxOrder
        }
        order if order == need.0 => BindingRule::None,
        _ if need.0 < item.min_order_qty.0 => BindingRule::MinOrder,
        _ => BindingRule::Pack,
    };
    (order, rule)
}

/// P(N > x) for a count with the given mean and variance, as `base::numeric::count_quantile` reads them.
fn probability_above(mean: f64, variance: f64, x: f64) -> f64 {
    if mean <= 0.0 || x < 0.0 {
        return if x < 0.0 { 1.0 } else { 0.0 };
    }
    if mean > 5_000.0 {
        return normal_cdf((mean - x.floor() - 0.5) / variance.max(mean).sqrt());
    }
    let over = variance > mean * (1.0 + 1e-9);
    let (r, q) = if over { (mean * mean / (variance - mean), 1.0 - mean / variance) } else { (0.0, 0.0) };
    let mut log_mass = if over { r * (1.0 - q).ln() } else { -mean };
    let mut below = 0.0;
    let last = x.floor().min(1e6) as u32;
    for k in 0..=last {
        below += log_mass.exp();
        let k = f64::from(k);
        log_mass += if over { (q * (k + r) / (k + 1.0)).ln() } else { (mean / (k + 1.0)).ln() };
        if k > mean && log_mass < -40.0 {
            break;
        }
    }
    (1.0 - below).clamp(0.0, 1.0)
}

fn why(item: &Item, mean: f64, up_to: Quantity, quantity: Quantity, rule: BindingRule) -> String {
    let days = item.lead_time_days + item.review_days;
    let level = number(item.service_level * 100.0);
    let mut text = format!("covers {days} days: expected {}, {level} % up to {up_to}", number(mean));
    text += &format!(", {} available", item.available);
    if item.p_phantom > 0.0 && item.available.0 > 0 {
        let trusted = number(item.available.0 as f64 * (1.0 - item.p_phantom));
        text += &format!(" of which {trusted} trusted ({} % phantom risk)", number(item.p_phantom * 100.0));
    }
    text += &format!(", {} incoming", item.incoming);
    text + &ending(item, quantity, rule)
}

fn ending(item: &Item, quantity: Quantity, rule: BindingRule) -> String {
    match rule {
        BindingRule::None if quantity.0 == 0 => "; no order needed".into(),
        BindingRule::None => String::new(),
        BindingRule::MinOrder => format!("; raised to the minimum order of {}", item.min_order_qty),
        BindingRule::Pack => format!("; rounded up to packs of {}", item.pack_size),
        BindingRule::MaxOrder => format!("; cut to the maximum order of {}", item.max_order_qty.unwrap_or_default()),
        BindingRule::ShelfLife => {
            let days = item.shelf_life_days.unwrap_or(0).saturating_sub(item.min_remaining_days);
            if quantity.0 > 0 {
                format!("; cut to what sells in {days} days of shelf life")
            } else {
                format!("; no order, since it would not sell in {days} days of shelf life")
            }
        }
    }
}

/// At most one digit after the point, and none where it is 0.
fn number(x: f64) -> String {
    let tenths = (x * 10.0).round() / 10.0;
    tenths.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn item() -> Item {
        Item {
            sku: "LIP-01".into(),
            location: "paris".into(),
            supplier: "acme".into(),
            available: Quantity(9),
            lead_time_days: 14,
            review_days: 14,
            demand_mean: vec![1.0; 28],
            demand_sd: vec![1.0; 28],
            ..Default::default()
        }
    }

    fn one(item: Item) -> Proposal {
        plan(&[item], &PlanParams { include_zero: true, ..Default::default() }).unwrap().remove(0)
    }

    #[test]
    fn each_rule_binds_and_says_so() {
        // Poisson of mean 28: the 95 % quantile is 37, so 28 are missing to it.
        let q = Quantity;
        for (changed, quantity, rule) in [
            (item(), 28, BindingRule::None),
            (Item { available: q(40), ..item() }, 0, BindingRule::None),
            (Item { min_order_qty: q(50), ..item() }, 50, BindingRule::MinOrder),
            (Item { pack_size: q(12), ..item() }, 36, BindingRule::Pack),
            (Item { max_order_qty: Some(q(20)), ..item() }, 20, BindingRule::MaxOrder),
            (Item { shelf_life_days: Some(10), ..item() }, 10, BindingRule::ShelfLife),
            (Item { shelf_life_days: Some(40), min_remaining_days: 30, ..item() }, 10, BindingRule::ShelfLife),
            (Item { shelf_life_days: Some(10), min_order_qty: q(24), ..item() }, 0, BindingRule::ShelfLife),
            (Item { shelf_life_days: Some(720), ..item() }, 28, BindingRule::None),
        ] {
            let got = one(changed);
            assert_eq!((got.quantity, got.binding_rule), (Quantity(quantity), rule), "{}", got.why);
            assert!(got.why.starts_with("covers 28 days: expected 28, 95 % up to 37, "), "{}", got.why);
        }
    }

    #[test]
    fn phantom_stock_is_not_trusted() {
        let got = one(Item { p_phantom: 0.5, available: Quantity(10), ..item() });
        assert_eq!(got.need, Quantity(32));
        assert!(got.why.contains("10 available of which 5 trusted (50 % phantom risk)"), "{}", got.why);
    }

    #[test]
    fn risks_are_those_of_the_count() {
        let got = one(item());
        // P(N > 37) and P(N > 36) for a Poisson of mean 28, by direct summation.
        let above = |x: i32| {
            let mass =
                |k: i32| (-28.0 + f64::from(k) * 28f64.ln() - (1..=k).map(|i| f64::from(i).ln()).sum::<f64>()).exp();
            1.0 - (0..=x).map(mass).sum::<f64>()
        };
        assert!((got.risk_stockout - above(37)).abs() < 1e-12 && got.risk_stockout < 0.05);
        assert!(above(36) > 0.05);
        assert_eq!(got.cover_days, Some(37.0));
        assert_eq!(got.risk_expiry, 0.0);
        let short_lived = one(Item { shelf_life_days: Some(20), ..item() });
        assert!(short_lived.risk_expiry > 0.3 && short_lived.risk_expiry < 0.7, "{}", short_lived.risk_expiry);
    }

    #[test]
    fn a_quiet_last_day_does_not_stretch_the_cover() {
        let week = [4.0, 4.0, 4.0, 4.0, 4.0, 8.0, 0.01];
        let item = Item { demand_mean: week.to_vec(), demand_sd: vec![1.0; 7], ..item() };
        let days = item.cover_days(280.0).unwrap();
        assert!((days - 70.0).abs() < 0.1, "{days}");
    }

    #[test]
    fn periods_of_a_week_are_cut_in_proportion() {
        let weekly = Item { period_days: 7.0, demand_mean: vec![7.0; 2], demand_sd: vec![7f64.sqrt(); 2], ..item() };
        let (daily, weekly) = (one(item()), one(weekly));
        assert_eq!(daily.quantity, weekly.quantity);
        assert!((weekly.expected_demand - 28.0).abs() < 1e-9);
    }

    #[test]
    fn errors_that_hang_together_need_more_stock() {
        let total_sd = (1..=28).map(f64::from).collect();
        assert!(one(Item { demand_total_sd: total_sd, ..item() }).order_up_to > one(item()).order_up_to);
    }

    #[test]
    fn simulated_totals_tell_the_level_and_the_risk() {
        // 1 … 100, shuffled: 95 of them are at most 95, and 5 above it
        let demand_totals: Vec<f64> = (0..100).map(|i| f64::from(i * 37 % 100 + 1)).collect();
        let got = one(Item { demand_totals, ..item() });
        assert_eq!((got.order_up_to, got.need, got.expected_demand), (Quantity(95), Quantity(86), 28.0));
        assert_eq!(got.risk_stockout, 0.05);
        let bad = plan(&[Item { demand_totals: vec![-1.0], ..item() }], &PlanParams::default()).unwrap_err();
        assert_eq!(bad.to_string(), "items[0].demand_totals[0] must be in [0, 9007199254740991], got -1");
    }

    #[test]
    fn order_of_proposals_and_errors() {
        let at = |supplier: &str, sku: &str| Item { supplier: supplier.into(), sku: sku.into(), ..item() };
        let full = Item { available: Quantity(99), ..item() };
        let got = plan(&[at("b", "x"), at("a", "z"), full, at("a", "y")], &PlanParams::default()).unwrap();
        let keys: Vec<(&str, &str)> = got.iter().map(|p| (p.supplier.as_str(), p.sku.as_str())).collect();
        assert_eq!(keys, [("a", "y"), ("a", "z"), ("b", "x")]);
        let bad = plan(&[item(), Item { service_level: 1.0, ..item() }], &PlanParams::default()).unwrap_err();
        assert_eq!(bad.to_string(), "items[1].service_level must be in (0, 1), got 1");
        let bad = plan(&[Item { demand_sd: vec![f64::NAN; 28], ..item() }], &PlanParams::default()).unwrap_err();
        assert_eq!(bad.code(), "INVALID_ARGUMENT");
    }

    proptest! {
        #[test]
        fn a_proposal_is_packs_that_cover_the_need_unless_capped(
            available in -20i64..200, incoming in 0i64..100, rate in 0.0f64..20.0, ratio in 0.0f64..4.0,
            pack in 1i64..30, min in 0i64..100, max in proptest::option::of(0i64..400),
            life in proptest::option::of(0u32..400), phantom in 0.0f64..1.0, lead in 0u32..60,
        ) {
            let item = Item {
                available: Quantity(available),
                incoming: Quantity(incoming),
                demand_mean: vec![rate],
                demand_sd: vec![(rate * ratio).sqrt()],
                pack_size: Quantity(pack),
                min_order_qty: Quantity(min),
                max_order_qty: max.map(Quantity),
                shelf_life_days: life,
                p_phantom: phantom,
                lead_time_days: lead,
                ..item()
            };
            let got = one(item.clone());
            prop_assert_eq!(got.quantity.0 % pack, 0);
            let capped = matches!(got.binding_rule, BindingRule::MaxOrder | BindingRule::ShelfLife);
            prop_assert!(capped || got.quantity >= got.need, "{:?}", got);
            prop_assert!(got.quantity.0 == 0 || got.need.0 > 0);
            prop_assert!((0.0..=1.0).contains(&got.risk_stockout) && (0.0..=1.0).contains(&got.risk_expiry));
            if !capped {
                prop_assert!(got.risk_stockout <= 0.05 + 1e-9, "{:?}", got);
            }
            let richer = one(Item { available: Quantity(available + 10), p_phantom: 0.0, ..item.clone() });
            let trusting = one(Item { p_phantom: 0.0, ..item });
            prop_assert!(richer.need <= trusting.need && trusting.need <= got.need);
        }
    }
}
