//! RFM: how recently, how often and for how much each customer bought, in quantile scores and named segments.
//!
//! In: one row a purchase (customer, day, value); a negative value is a refund, which lowers the sum only.
//! Out: a row a customer. Scores are 1 … bins, higher is better: 1 + ⌊bins · (below + equal / 2) / n⌋ with
//! the number of customers who are worse and those who are equal (itself included), so equal customers have equal
//! scores whatever the order of the rows, and a customer alone scores in the middle. O(n log n).
//!
//! The first row that fits names the segment (r, f, m as scores in fifths):
//!
//! | segment | rule |
//! |---|---|
//! | lost | no purchase, refunds only |
//! | new | one purchase, r 4–5 |
//! | promising | one purchase, r 3 |
//! | champions | r 4–5, f 4–5, m 4–5 |
//! | loyal | r 3–5, f 3–5 |
//! | promising | r 3–5 |
//! | at_risk | f 3–5, more than one purchase |
//! | sleeping | r 2 |
//! | lost | r 1 |
//!
//! Source: Hughes (1994), "Strategic Database Marketing" (quintile scores); the segment names are customary.

use serde::{Deserialize, Serialize};

use crate::base::{Column, Day, Error, Interner, Result, Table};

/// How to score customers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RfmParams {
    /// Column of customers: texts or integers.
    pub customer_column: String,
    /// Column of purchase days: days, instants or ISO texts.
    pub time_column: String,
    /// Column of values, in one currency.
    pub value_column: String,
    /// The day to look from; rows after it are left out. Default: the latest day of the data.
    pub today: Option<Day>,
    /// Scores run from 1 to this number, 2–100.
    pub bins: u32,
}

impl Default for RfmParams {
    fn default() -> Self {
        RfmParams {
            customer_column: "customer".into(),
            time_column: "ds".into(),
            value_column: "value".into(),
            today: None,
            bins: 5,
        }
    }
}

impl RfmParams {
    /// Answers whether every field is in its domain.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_bins(self.bins)
    }
}

fn check_bins(bins: u32) -> Result<()> {
    if (2..=100).contains(&bins) {
        return Ok(());
    }
    Err(Error::argument("bins", "between 2 and 100", bins))
}

/// A named group of customers; the module's table has the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// Bought lately, often and for much.
    Champions,
    /// Buys lately and often.
    Loyal,
    /// Bought once, a short while ago.
    New,
    /// Bought lately, not often yet.
    Promising,
    /// Bought often, but not lately.
    AtRisk,
    /// Bought seldom and a while ago.
    Sleeping,
    /// Bought seldom and long ago, or never kept anything.
    Lost,
}

impl Segment {
    /// The name as it is written in tables.
    pub fn name(self) -> &'static str {
        match self {
            Segment::Champions => "champions",
            Segment::Loyal => "loyal",
            Segment::New => "new",
            Segment::Promising => "promising",
            Segment::AtRisk => "at_risk",
            Segment::Sleeping => "sleeping",
            Segment::Lost => "lost",
        }
    }
}

/// A customer's recency, frequency and monetary value, with scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rfm {
    /// Index of the customer.
    pub customer: u32,
    /// Days since the latest purchase (since the latest refund of one who has only refunds).
    pub recency_days: i32,
    /// How many purchases: rows with a value of at least 0.
    pub frequency: u32,
    /// Sum of the values, refunds subtracted.
    pub monetary: f64,
    /// Score of recency, 1 … bins.
    pub r: u32,
    /// Score of frequency, 1 … bins.
    pub f: u32,
    /// Score of monetary value, 1 … bins.
    pub m: u32,
    /// The segment.
    pub segment: Segment,
}

/// Scores the customers of purchases given as columns of one length; rows after `today` are left out.
///
/// Answers one row a customer seen, by rising customer number.
///
/// # Errors
/// `INVALID_ARGUMENT` for columns of different lengths, a value that is not finite (naming the row) or `bins` outside 2–100.
///
/// ```
/// use trousse::base::Day;
/// use trousse::segment::{Segment, rfm_scores};
/// let rows = rfm_scores(&[0, 0, 0, 1], &[Day(1), Day(8), Day(9), Day(2)], &[20.0, 30.0, 25.0, 5.0], Day(10), 5)?;
/// assert_eq!((rows[0].recency_days, rows[0].frequency, rows[0].monetary), (1, 3, 75.0));
/// assert_eq!((rows[0].r, rows[1].r), (4, 2));
/// assert_eq!((rows[0].segment, rows[1].segment), (Segment::Champions, Segment::Sleeping));
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn rfm_scores(customers: &[u32], days: &[Day], values: &[f64], today: Day, bins: u32) -> Result<Vec<Rfm>> {
    check_bins(bins)?;
    check_columns(customers, days, values)?;
    let mut order: Vec<usize> = (0..customers.len()).filter(|row| days[*row] <= today).collect();
    order.sort_by_key(|row| (customers[*row], *row));
    let mut rows: Vec<Rfm> = order
        .chunk_by(|a, b| customers[*a] == customers[*b])
        .map(|own| summary(customers[own[0]], own, days, values, today))
        .collect();
    let recency: Vec<f64> = rows.iter().map(|row| -f64::from(row.recency_days)).collect();
    let frequency: Vec<f64> = rows.iter().map(|row| f64::from(row.frequency)).collect();
    let monetary: Vec<f64> = rows.iter().map(|row| row.monetary).collect();
    let scores = [recency, frequency, monetary].map(|measure| quantile_scores(&measure, bins));
    for (i, row) in rows.iter_mut().enumerate() {
        (row.r, row.f, row.m) = (scores[0][i], scores[1][i], scores[2][i]);
        row.segment = segment(row, bins);
    }
    Ok(rows)
}

/// Scores the customers of a table: `customer, recency_days, frequency, monetary, r, f, m, segment`, by customer key.
///
/// # Errors
/// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `INVALID_ARGUMENT` naming a parameter or `column[row]` of a bad value.
///
/// ```
/// use trousse::base::{Column, Table};
/// use trousse::segment::{RfmParams, rfm};
/// let text = |list: [&str; 3]| Column::Text(list.map(String::from).to_vec());
/// let purchases = Table::default()
///     .with("customer", text(["bo", "ana", "ana"]))?
///     .with("ds", text(["2026-01-03", "2026-11-01", "2026-11-20"]))?
///     .with("value", Column::Float(vec![12.5, 30.0, 45.0]))?;
/// let scores = rfm(&purchases, &RfmParams::default())?;
/// assert_eq!(scores.texts("customer")?, ["ana", "bo"]);
/// assert_eq!(scores.integers("recency_days")?, [0, 321]);
/// assert_eq!(scores.texts("segment")?, ["champions", "sleeping"]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn rfm(table: &Table, params: &RfmParams) -> Result<Table> {
    params.check()?;
    let keys = table.as_texts(&params.customer_column)?;
    let days = table.as_days(&params.time_column)?;
    let values = table.as_floats(&params.value_column)?;
    if let Some(row) = values.iter().position(|value| !value.is_finite()) {
        return Err(Error::argument(format!("{}[{row}]", params.value_column), "a finite number", values[row]));
    }
    let mut interner = Interner::default();
    keys.iter().for_each(|key| {
        interner.intern(key);
    });
    let by_key = interner.ids_by_key();
    let mut place = vec![0u32; by_key.len()];
    by_key.iter().zip(0..).for_each(|(id, at)| place[*id as usize] = at);
    let customers: Vec<u32> = keys.iter().filter_map(|key| interner.id(key)).map(|id| place[id as usize]).collect();
    let latest = days.iter().max().copied().unwrap_or_default();
    let rows = rfm_scores(&customers, &days, &values, params.today.unwrap_or(latest), params.bins)?;
    columns(&rows, |customer| interner.key(by_key[customer as usize]).to_string())
}

fn columns(rows: &[Rfm], key: impl Fn(u32) -> String) -> Result<Table> {
    let integers = |field: fn(&Rfm) -> i64| Column::Integer(rows.iter().map(field).collect());
    Table::default()
        .with("customer", Column::Text(rows.iter().map(|row| key(row.customer)).collect()))?
        .with("recency_days", integers(|row| i64::from(row.recency_days)))?
        .with("frequency", integers(|row| i64::from(row.frequency)))?
        .with("monetary", Column::Float(rows.iter().map(|row| row.monetary).collect()))?
        .with("r", integers(|row| i64::from(row.r)))?
        .with("f", integers(|row| i64::from(row.f)))?
        .with("m", integers(|row| i64::from(row.m)))?
        .with("segment", Column::Text(rows.iter().map(|row| row.segment.name().to_string()).collect()))
}

fn check_columns(customers: &[u32], days: &[Day], values: &[f64]) -> Result<()> {
    for (name, length) in [("days", days.len()), ("values", values.len())] {
        if length != customers.len() {
            return Err(Error::argument(name, format!("{} rows long", customers.len()), length));
        }
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(row) => Err(Error::argument(format!("values[{row}]"), "a finite number", values[row])),
        None => Ok(()),
    }
}

fn summary(customer: u32, own: &[usize], days: &[Day], values: &[f64], today: Day) -> Rfm {
    let bought = || own.iter().filter(|row| values[**row] >= 0.0);
    let latest = bought().map(|row| days[*row]).max().or_else(|| own.iter().map(|row| days[*row]).max());
    let frequency = u32::try_from(bought().count()).unwrap_or(u32::MAX);
    let monetary = own.iter().map(|row| values[*row]).sum();
    let recency_days = latest.map_or(0, |day| today - day);
    Rfm { customer, recency_days, frequency, monetary, r: 0, f: 0, m: 0, segment: Segment::Lost }
}

/// 1 + ⌊bins · (below + equal / 2) / n⌋ in integers, so that no rounding can tell equals apart.
fn quantile_scores(values: &[f64], bins: u32) -> Vec<u32> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let score = |value: &f64| {
        let below = sorted.partition_point(|other| other.total_cmp(value).is_lt()) as u64;
        let upto = sorted.partition_point(|other| other.total_cmp(value).is_le()) as u64;
        1 + (u64::from(bins) * (below + upto) / (2 * sorted.len() as u64)) as u32
    };
    values.iter().map(score).collect()
}

fn segment(row: &Rfm, bins: u32) -> Segment {
    let fifth = |score: u32| 1 + (score - 1) * 5 / bins;
    let (r, f, m) = (fifth(row.r), fifth(row.f), fifth(row.m));
    let once = row.frequency == 1;
    match (r, f, m) {
        _ if row.frequency == 0 => Segment::Lost,
        (4.., _, _) if once => Segment::New,
        (3, _, _) if once => Segment::Promising,
        (4.., 4.., 4..) => Segment::Champions,
        (3.., 3.., _) => Segment::Loyal,
        (3.., _, _) => Segment::Promising,
        (_, 3.., _) if !once => Segment::AtRisk,
        (2, _, _) => Segment::Sleeping,
        _ => Segment::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantile_scores_treat_equals_alike() {
        for (values, expect) in [
            (vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![1, 2, 3, 4, 5]),
            (vec![7.0, 7.0, 7.0, 7.0], vec![3, 3, 3, 3]),
            (vec![9.0], vec![3]),
            (vec![1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 4.0, 5.0], vec![2, 2, 2, 2, 2, 2, 4, 4, 5, 5]),
        ] {
            assert_eq!(quantile_scores(&values, 5), expect, "{values:?}");
        }
    }

    #[test]
    fn segments_follow_the_table() {
        let row = |frequency, r, f, m| Rfm {
            customer: 0,
            recency_days: 0,
            frequency,
            monetary: 0.0,
            r,
            f,
            m,
            segment: Segment::Lost,
        };
        for (row, expect) in [
            (row(1, 5, 3, 5), Segment::New),
            (row(1, 3, 3, 5), Segment::Promising),
            (row(9, 4, 5, 4), Segment::Champions),
            (row(9, 4, 5, 3), Segment::Loyal),
            (row(2, 4, 2, 5), Segment::Promising),
            (row(9, 1, 5, 5), Segment::AtRisk),
            (row(1, 2, 3, 5), Segment::Sleeping),
            (row(2, 1, 2, 1), Segment::Lost),
            (row(0, 5, 1, 1), Segment::Lost),
        ] {
            assert_eq!(segment(&row, 5), expect, "{row:?}");
        }
    }

    #[test]
    fn refunds_lower_the_sum_only_and_later_rows_are_left_out() {
        let days = [Day(1), Day(9), Day(30), Day(4)];
        let rows = rfm_scores(&[0, 0, 0, 7], &days, &[50.0, -20.0, 99.0, -1.0], Day(10), 5).unwrap();
        assert_eq!((rows[0].recency_days, rows[0].frequency, rows[0].monetary), (9, 1, 30.0));
        assert_eq!((rows[1].customer, rows[1].recency_days, rows[1].frequency), (7, 6, 0));
        assert!(rfm_scores(&[], &[], &[], Day(0), 5).unwrap().is_empty());
    }

    #[test]
    fn bad_input_names_its_place() {
        let error = rfm_scores(&[0, 1], &[Day(0); 2], &[1.0, f64::NAN], Day(0), 5).unwrap_err();
        assert_eq!(error.to_string(), "values[1] must be a finite number, got NaN");
        let error = rfm_scores(&[0], &[], &[1.0], Day(0), 5).unwrap_err();
        assert_eq!(error.to_string(), "days must be 1 rows long, got 0");
        let error = rfm_scores(&[], &[], &[], Day(0), 1).unwrap_err();
        assert_eq!(error.to_string(), "bins must be between 2 and 100, got 1");
    }

    proptest! {
        #[test]
        fn the_order_of_rows_does_not_matter(rows in prop::collection::vec((0u32..6, 0i32..50, 0i32..99), 1..40), bins in 2u32..12) {
            let score = |rows: &[(u32, i32, i32)]| {
                let customers: Vec<u32> = rows.iter().map(|row| row.0).collect();
                let days: Vec<Day> = rows.iter().map(|row| Day(row.1)).collect();
                let values: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
                rfm_scores(&customers, &days, &values, Day(60), bins).unwrap()
            };
            let scored = score(&rows);
            let mut turned = rows.clone();
            turned.reverse();
            prop_assert_eq!(&scored, &score(&turned));
            for (a, b) in scored.iter().flat_map(|a| scored.iter().map(move |b| (a, b))) {
                prop_assert!((1..=bins).contains(&a.r) && (1..=bins).contains(&a.f) && (1..=bins).contains(&a.m));
                prop_assert!(a.recency_days > b.recency_days || a.r >= b.r);
                prop_assert!(a.monetary < b.monetary || a.m >= b.m);
            }
        }
    }
}
