//! Drivers as columns: events of a calendar, and feedback that leads demand.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::table::{Step, TableParams, Times, group};
use super::super::{MAX_PERIODS, check_count};
use crate::base::{Column, Day, Error, Result, Table};

/// How to make columns of a calendar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CalendarParams {
    /// Days of a period, 1 … 366: 1 for days, 7 for weeks that begin on `ds`.
    pub period_days: usize,
    /// Days before an event on which it acts already, 0 … 366.
    pub before: usize,
    /// Days after an event on which it still acts, 0 … 366.
    pub after: usize,
    /// Days of the month on which wages are paid, 1 … 31, or −1 for its last day; a month that is shorter pays on its last.
    pub paydays: Vec<i32>,
    /// Column of the location in both frames; an event without one is everywhere.
    pub location_column: Option<String>,
    /// Column of the series' names.
    pub id_column: String,
    /// Column of the days in all frames.
    pub time_column: String,
}

impl Default for CalendarParams {
    fn default() -> Self {
        CalendarParams {
            period_days: 1,
            before: 0,
            after: 0,
            paydays: Vec::new(),
            location_column: None,
            id_column: "unique_id".into(),
            time_column: "ds".into(),
        }
    }
}

impl CalendarParams {
    /// Answers whether the parameters make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_count("period_days", self.period_days, 366)?;
        for (field, days) in [("before", self.before), ("after", self.after)] {
            if days > 366 {
                return Err(Error::argument(field, "in 0 … 366", days));
            }
        }
        match self.paydays.iter().position(|day| *day != -1 && !(1..=31).contains(day)) {
            Some(at) => Err(Error::argument(format!("paydays[{at}]"), "1 … 31 or -1", self.paydays[at])),
            None => Ok(()),
        }
    }

    fn is_payday(&self, day: Day) -> bool {
        let of_month = i32::from(day.ymd().2);
        let is_last = (day + 1).ymd().2 == 1;
        self.paydays.iter().any(|pay| *pay == of_month || is_last && (*pay == -1 || *pay > of_month))
    }
}

/// Adds columns of a calendar to a long table, past or future, for [`super::with_drivers`].
///
/// In: `df` with days, `events` with `ds`, `name` and optionally a location, and optionally `lifecycle` with the name of a
/// series and its first and last day of sale, `starts_on` and `ends_on` (empty where unknown). Out: `df` with a column for
/// each event's name in the order of their first rows, the days of the period on which it acts; `payday`, the paydays of
/// the period, where they are asked for; and with `lifecycle` the column `on_sale`, 1 or 0, for
/// [`on_sale`](super::DriverParams::on_sale). O(rows · events of a name).
///
/// # Errors
/// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `INVALID_ARGUMENT` for parameters, what is no day, and an event whose name is a
/// column of `df`.
///
/// ```
/// use trousse::{Column, Table, forecast};
/// let days = |days: [&str; 2]| Column::Text(days.map(String::from).into());
/// let df = Table::default().with("ds", days(["2026-12-24", "2026-12-31"]))?;
/// let events = Table::default()
///     .with("ds", days(["2026-12-25", "2027-01-01"]))?
///     .with("name", days(["christmas", "new year"]))?;
/// let params = forecast::CalendarParams { before: 1, paydays: vec![-1], ..Default::default() };
/// let told = forecast::calendar_drivers(&df, &events, None, &params)?;
/// assert_eq!((told.integers("christmas")?, told.integers("payday")?), (vec![1, 0], vec![0, 1]));
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn calendar_drivers(
    df: &Table,
    events: &Table,
    lifecycle: Option<&Table>,
    params: &CalendarParams,
) -> Result<Table> {
    params.check()?;
    let days = df.days(&params.time_column)?;
    let length = params.period_days as i32;
    let (at, names) = (events.days(&params.time_column)?, events.texts("name")?);
    let own = params.location_column.as_deref().map(|column| df.texts(column)).transpose()?;
    let their = match params.location_column.as_deref() {
        Some(column) if events.get(column).is_some() => Some(events.texts(column)?),
        _ => None,
    };
    let mut order: Vec<&str> = Vec::new();
    let mut of_name = BTreeMap::<&str, Vec<usize>>::new();
    for (row, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(Error::argument(format!("events.name[{row}]"), "a name", "nothing"));
        }
        let rows = of_name.entry(name).or_default();
        if rows.is_empty() {
            order.push(name);
        }
        rows.push(row);
    }
    let mut out = df.clone();
    for name in order {
        let acts = |row: usize, event: usize| {
            let place = their.as_ref().map_or("", |their| their[event].as_str());
            let here = place.is_empty() || own.as_ref().is_some_and(|own| own[row] == place);
            let (first, last) = (at[event].0 - params.before as i32, at[event].0 + params.after as i32);
            here.then_some((first.max(days[row].0), last.min(days[row].0 + length - 1)))
        };
        let count = |row: usize| {
            let spans =
                of_name[name].iter().filter_map(|event| acts(row, *event)).filter(|(first, last)| first <= last);
            union(spans.collect())
        };
        out.push(name, Column::Integer((0..days.len()).map(count).collect()))?;
    }
    if !params.paydays.is_empty() {
        let paid = |day: &Day| (0..length).filter(|more| params.is_payday(*day + *more)).count() as i64;
        out.push("payday", Column::Integer(days.iter().map(paid).collect()))?;
    }
    if let Some(lifecycle) = lifecycle {
        out.push("on_sale", Column::Integer(on_sale(df, &days, lifecycle, params)?))?;
    }
    Ok(out)
}

/// Days in at least one of some spans.
fn union(mut spans: Vec<(i32, i32)>) -> i64 {
    spans.sort_unstable();
    let (mut count, mut end) = (0, i32::MIN);
    for (first, last) in spans {
        if last > end {
            count += i64::from(last) - i64::from(first.max(end.saturating_add(1))) + 1;
            end = last;
        }
    }
    count
}

fn on_sale(df: &Table, days: &[Day], lifecycle: &Table, params: &CalendarParams) -> Result<Vec<i64>> {
    let (ids, names) = (df.texts(&params.id_column)?, lifecycle.texts(&params.id_column)?);
    let ends = ["starts_on", "ends_on"].map(|column| lifecycle.get(column).map(|_| optional_days(lifecycle, column)));
    let [starts, ends] = ends.map(Option::transpose);
    let (starts, ends) = (starts?, ends?);
    let row_of: BTreeMap<&str, usize> = names.iter().enumerate().map(|(row, name)| (name.as_str(), row)).collect();
    let within = |(id, day): (&String, &Day)| {
        let Some(row) = row_of.get(id.as_str()) else { return 1 };
        let of = |days: &Option<Vec<Option<Day>>>| days.as_ref().and_then(|days| days[*row]);
        let last = *day + (params.period_days as i32 - 1);
        i64::from(of(&starts).is_none_or(|start| start <= last) && of(&ends).is_none_or(|end| *day <= end))
    };
    Ok(ids.iter().zip(days).map(within).collect())
}

/// Days, where an empty text is none.
fn optional_days(table: &Table, column: &str) -> Result<Vec<Option<Day>>> {
    if table.column(column)?.kind() != "text" {
        return Ok(table.days(column)?.into_iter().map(Some).collect());
    }
    let texts = table.texts(column)?;
    let known: Vec<String> = texts.iter().filter(|text| !text.is_empty()).cloned().collect();
    let mut days = Table::default().with(column, Column::Text(known))?.days(column)?.into_iter();
    Ok(texts.iter().map(|text| if text.is_empty() { None } else { days.next() }).collect())
}

/// How to make columns of feedback.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SignalParams {
    /// Periods by which feedback leads: at least those that will be forecast, since none is known of the days ahead.
    pub h: usize,
    /// Periods whose feedback is taken together, the last of them `h` before the row's.
    pub window: usize,
    /// Kinds whose values are counts: a period without a row had none. In the engine's rows every kind but `rating` is.
    pub counts: Vec<String>,
    /// Column of the series' names in both frames.
    pub id_column: String,
    /// Column of the times in both frames, of the same kind.
    pub time_column: String,
}

impl Default for SignalParams {
    fn default() -> Self {
        SignalParams { h: 14, window: 7, counts: Vec::new(), id_column: "unique_id".into(), time_column: "ds".into() }
    }
}

/// Adds columns of feedback to a long table, past or future, for [`super::with_drivers`].
///
/// In: `df` with name and time; `signals` with name, time, `kind` (`rating`, `cart`, `waiting_list` …), `value`, and `n`, how
/// many observations `value` is the mean of. Out: `df` with a column for each kind in the order of their first rows: the
/// mean of the values of the window that ends `h` periods before the row, weighted by `n`; without any the one before is
/// carried forward, and before the first it is the mean over all series. Each is drawn to that mean as the noise of an
/// observation asks (empirical Bayes, the variance of a value taken as τ² + σ²/n; Efron & Morris 1975). All that a row is
/// made of was told `h` periods before it; rows before anything of a kind was told have the mean of what is told first, a
/// constant. Hand the same `signals` in for both frames.
///
/// A kind of [`counts`](SignalParams::counts) adds up, `n · value`, and is 0 in a period without a row: the column is the
/// mean over the periods of the window, as far as they do not come before the first row of the kind, by any series.
///
/// The names may be in a column `sku`, the times in `day`. `signals` may also be what the engine's query of that name
/// answers, `sku`, `ds`, `kind`, `n`, `sum` without `value`: a rating is the mean `sum / n` of `n` observations, any other
/// kind counts `n` a day (what the query leaves out below its `min_n` counts as 0). O((rows + signals) · log signals) a kind.
///
/// # Errors
/// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `DUPLICATE_TIME` for a series with two rows of one time in `df`;
/// `INVALID_ARGUMENT` for parameters, a value that is not finite and an `n` that is not positive.
///
/// ```
/// use trousse::{Column, Table, forecast};
/// let df = Table::default().with("ds", Column::Integer(vec![10, 11, 12]))?;
/// let signals = Table::default()
///     .with("ds", Column::Integer(vec![9, 10]))?
///     .with("kind", Column::Text(vec!["cart".into(); 2]))?
///     .with("value", Column::Float(vec![4.0, 8.0]))?
///     .with("n", Column::Integer(vec![1, 1]))?;
/// let params = forecast::SignalParams { h: 1, window: 1, ..Default::default() };
/// assert_eq!(forecast::signal_drivers(&df, &signals, &params)?.floats("cart")?, [4.0, 8.0, 8.0]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn signal_drivers(df: &Table, signals: &Table, params: &SignalParams) -> Result<Table> {
    check_count("h", params.h, MAX_PERIODS)?;
    check_count("window", params.window, MAX_PERIODS)?;
    let columns = TableParams {
        id_column: params.id_column.clone(),
        time_column: params.time_column.clone(),
        ..TableParams::default()
    };
    let lacks = signals.get(&params.time_column).is_none() && signals.get("day").is_some();
    let time_column = if lacks { "day" } else { &params.time_column };
    let (times, told) = (Times::read(df, &params.time_column)?, Times::read(signals, time_column)?);
    if !told.is_kind_of(&times) {
        let expected = "times of the same kind as in df".to_string();
        let got = signals.column(time_column)?.kind().into();
        return Err(Error::WrongColumnType { column: time_column.into(), expected, got });
    }
    let series = group(df, &columns, &times)?;
    let step = times.step(&series);
    let kinds = signals.texts("kind")?;
    let (value, n) = observed(signals, &kinds)?;
    for row in 0..value.len() {
        if !value[row].is_finite() {
            return Err(Error::argument(format!("signals.value[{row}]"), "a finite number", value[row]));
        }
        if !(n[row] > 0.0 && n[row].is_finite()) {
            return Err(Error::argument(format!("signals.n[{row}]"), "above 0", n[row]));
        }
    }
    let ids = match (signals.get(&params.id_column), signals.get("sku")) {
        (Some(_), _) => signals.texts(&params.id_column)?,
        (None, Some(_)) => signals.texts("sku")?,
        (None, None) => vec![columns.target_column.clone(); value.len()],
    };
    let mut order: Vec<&str> = Vec::new();
    let mut of_kind = BTreeMap::<&str, Vec<usize>>::new();
    for (row, kind) in kinds.iter().enumerate() {
        let rows = of_kind.entry(kind).or_default();
        if rows.is_empty() {
            order.push(kind);
        }
        rows.push(row);
    }
    let is_engine = is_engine(signals);
    let mut out = df.clone();
    for kind in order {
        let rows = &of_kind[kind];
        let counts = params.counts.iter().any(|own| own == kind) || is_engine && kind != "rating";
        let all = Known::of(rows, &told.value, &value, &n);
        let mut of_series = BTreeMap::<&str, Vec<(i64, f64, f64)>>::new();
        for row in rows {
            of_series.entry(&ids[*row]).or_default().push((told.value[*row], n[*row] * value[*row], n[*row]));
        }
        let mut column = vec![0.0; df.rows()];
        for one in &series {
            let mut own = of_series.remove(one.name.as_str()).unwrap_or_default();
            own.sort_by_key(|(time, _, _)| *time);
            let mut carried = None;
            for row in &one.rows {
                let (mean, drawn) = all.before(times.value[*row], step, params);
                if counts {
                    let periods = all.periods(times.value[*row], step, params);
                    let sum = window(&own, times.value[*row], step, params).map_or(0.0, |(sum, _)| sum);
                    column[*row] = if periods > 0 { sum / periods as f64 } else { mean };
                    continue;
                }
                if let Some((sum, weight)) = window(&own, times.value[*row], step, params) {
                    carried = Some((sum + drawn * mean) / (weight + drawn));
                }
                column[*row] = carried.unwrap_or(mean);
            }
        }
        out.push(kind, Column::Float(column))?;
    }
    Ok(out)
}

/// Whether rows are what the engine's query `signals` answers.
fn is_engine(signals: &Table) -> bool {
    signals.get("value").is_none() && signals.get("sum").is_some()
}

/// Values and how many observations each is the mean of.
fn observed(signals: &Table, kinds: &[String]) -> Result<(Vec<f64>, Vec<f64>)> {
    let n = signals.floats("n")?;
    if !is_engine(signals) {
        return Ok((signals.floats("value")?, n));
    }
    let of = |((kind, n), sum): ((&String, &f64), f64)| if kind == "rating" { (sum / n, *n) } else { (*n, 1.0) };
    Ok(kinds.iter().zip(&n).zip(signals.floats("sum")?).map(of).unzip())
}

/// Periods by which a time comes before another; −1 where it comes after it.
fn ahead(at: i64, time: i64, step: Step) -> i64 {
    if at > time { -1 } else { step.between(at, time) }
}

/// Sums of the feedback `h` to `h + window − 1` periods before a time, of values and of weights.
fn window(own: &[(i64, f64, f64)], time: i64, step: Step, params: &SignalParams) -> Option<(f64, f64)> {
    let to = own.partition_point(|(at, _, _)| ahead(*at, time, step) >= params.h as i64);
    let from = own.partition_point(|(at, _, _)| ahead(*at, time, step) >= (params.h + params.window) as i64);
    let add = |sum: (f64, f64), one: &(i64, f64, f64)| (sum.0 + one.1, sum.1 + one.2);
    (from < to).then(|| own[from..to].iter().fold((0.0, 0.0), add))
}

/// All feedback of a kind in time order, and what is known of it after each.
struct Known {
    time: Vec<i64>,
    /// What values are measured from, so that sums of squares stay exact.
    origin: f64,
    /// Sums up to each: of n, n·v, 1/n, 1/n², v, v², v/n and v²/n.
    sums: Vec<[f64; 8]>,
}

impl Known {
    fn of(rows: &[usize], time: &[i64], value: &[f64], n: &[f64]) -> Known {
        let mut rows = rows.to_vec();
        rows.sort_by_key(|row| time[*row]);
        let origin = rows.first().map_or(0.0, |row| value[*row]);
        let mut sum = [0.0; 8];
        let add = |row: &usize| {
            let (n, v) = (n[*row], value[*row] - origin);
            let own = [n, n * v, 1.0 / n, 1.0 / (n * n), v, v * v, v / n, v * v / n];
            sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
            sum
        };
        Known { sums: rows.iter().map(add).collect(), time: rows.iter().map(|row| time[*row]).collect(), origin }
    }

    /// Periods of the window of a time since the first feedback; 0 where it ends before that.
    fn periods(&self, time: i64, step: Step, params: &SignalParams) -> i64 {
        (ahead(self.time[0], time, step) - params.h as i64 + 1).clamp(0, params.window as i64)
    }

    /// The mean of what was told `h` periods before a time, and how many observations it counts for: σ²/τ², from the
    /// slope and the intercept of the squared deviations over 1/n. Where that is nothing: of what is told first.
    fn before(&self, time: i64, step: Step, params: &SignalParams) -> (f64, f64) {
        let known = self.time.partition_point(|at| ahead(*at, time, step) >= params.h as i64);
        let count = known.max(self.time.partition_point(|at| *at == self.time[0]));
        let [n, nv, noise, noise2, v, v2, nv1, nv2] = self.sums[count - 1];
        let (mean, count) = (nv / n, count as f64);
        let square = (v2 - 2.0 * mean * v + count * mean * mean).max(0.0);
        let cross = nv2 - 2.0 * mean * nv1 + mean * mean * noise - noise * square / count;
        let spread = noise2 - noise * noise / count;
        let (mean_noise, mean_square) = (noise / count, square / count);
        let of_one = if spread > 1e-9 * noise2 { (cross / spread).clamp(0.0, mean_square / mean_noise) } else { 0.0 };
        let between = mean_square - of_one * mean_noise;
        let drawn = if of_one <= 0.0 { 0.0 } else { (of_one / between.max(1e-9 * mean_square)).min(1e6) };
        (self.origin + mean, drawn)
    }
}
