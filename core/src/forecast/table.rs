//! Forecasts of a long table: `unique_id, ds, y` in, `unique_id, ds, auto, auto-lo-80 …` out.
//!
//! Rows may come in any order; series come out in the order of their first row. The step between
//! times (days, weeks, calendar months, seconds, integers) is read off the table.

use serde::{Deserialize, Serialize};

use super::{Forecast, Model, Options, Pool, panel};
use crate::base::units::DAY_MS;
use crate::base::{Column, Day, Error, Interner, Panel, Result, Table, Task, Timestamp};

/// What a period without a row means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Gaps {
    /// Nothing is known of it.
    #[default]
    Missing,
    /// Nothing was sold in it.
    Zero,
}

/// How to forecast a long table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ForecastFrameParams"))]
#[serde(default, deny_unknown_fields)]
pub struct TableParams {
    /// Periods to forecast.
    pub h: usize,
    /// Periods in a season (7 for days, 12 for months); 1 for none.
    pub season: usize,
    /// Further seasons, each longer than the one before (365 beside 7, 168 beside 24), for `mstl`. At most five.
    pub seasons: Vec<usize>,
    /// Levels of the intervals in percent, each between 0 and 100.
    pub level: Vec<f64>,
    /// Models to choose among; empty for all of the pool that suit the series.
    pub models: Vec<Model>,
    /// Which models are tried where none are named.
    pub pool: Pool,
    /// Rolling-origin windows on which the models are scored.
    pub windows: usize,
    /// Whether a series without negative values gets no negative forecast.
    pub non_negative: bool,
    /// Column of the series' names; where the table lacks it, all rows are one series.
    pub id_column: String,
    /// Column of the times: dates, instants, ISO texts or integers.
    pub time_column: String,
    /// Column of the values.
    pub target_column: String,
    /// Column of the share of each period, 0–1, in which the item could be bought.
    pub in_stock: Option<String>,
    /// What a period without a row means.
    pub gaps: Gaps,
}

impl Default for TableParams {
    fn default() -> Self {
        let Options { season, seasons, horizon, levels, models, pool, windows, non_negative } = Options::default();
        TableParams {
            h: horizon,
            season,
            seasons,
            level: levels,
            models,
            pool,
            windows,
            non_negative,
            id_column: "unique_id".into(),
            time_column: "ds".into(),
            target_column: "y".into(),
            in_stock: None,
            gaps: Gaps::Missing,
        }
    }
}

impl TableParams {
    /// Answers whether the parameters make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        self.options().check().map_err(|error| match error {
            Error::InvalidArgument { field, rule, got } => {
                let field = field.replace("horizon", "h").replace("levels", "level");
                Error::InvalidArgument { field, rule, got }
            }
            other => other,
        })
    }

    pub(super) fn options(&self) -> Options {
        Options {
            season: self.season,
            seasons: self.seasons.clone(),
            horizon: self.h,
            levels: self.level.clone(),
            models: self.models.clone(),
            pool: self.pool,
            windows: self.windows,
            non_negative: self.non_negative,
        }
    }
}

/// Forecasts each series of a long table.
///
/// In: columns for name, time and value, and optionally `in_stock`; rows in any order. Out: `unique_id`, `ds`
/// (of the same kind; ISO texts become days), `auto`, `auto-lo-80`, `auto-hi-80` … for each level, and `model`.
/// Days on the same day of the month step by calendar months; other times by the commonest distance.
///
/// # Errors
/// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `DUPLICATE_TIME` where a series has two rows of one time;
/// `NAN_IN_SERIES` for a value that is not finite while in stock; `SERIES_TOO_SHORT` for a series that was
/// never in stock; `INVALID_ARGUMENT` for parameters; `CANCELLED`.
///
/// ```
/// use trousse::{Column, Table, Task, forecast};
/// let sales = Table::default()
///     .with("ds", Column::Text(vec!["2026-11-02".into(), "2026-11-01".into()]))?
///     .with("y", Column::Float(vec![4.0, 4.0]))?;
/// let params = forecast::TableParams { h: 1, ..Default::default() };
/// let ahead = forecast::table(&sales, &params, &Task::default())?;
/// assert_eq!(ahead.days("ds")?[0].to_string(), "2026-11-03");
/// assert_eq!(ahead.floats("auto")?, [4.0]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn table(table: &Table, params: &TableParams, task: &Task) -> Result<Table> {
    params.check()?;
    let times = Times::read(table, &params.time_column)?;
    let series = group(table, params, &times)?;
    let step = times.step(&series);
    let panel_in = fill(table, params, &times, &series, step)?;
    let forecasts = panel(&panel_in, &params.options(), task)?;
    write(params, &times, &series, step, &forecasts)
}

/// Times as integers, with the kind to write them back as.
pub(super) struct Times {
    kind: Kind,
    pub(super) value: Vec<i64>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Day,
    Timestamp,
    Integer,
}

/// The distance between periods: calendar months, or units of the time's kind.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Step {
    /// So many, of times of which a day has `day` units.
    Months {
        months: i64,
        day: i64,
    },
    Units(i64),
}

/// One series: its name and its rows in time order.
pub(super) struct Series {
    pub(super) name: String,
    pub(super) rows: Vec<usize>,
}

impl Times {
    pub(super) fn read(table: &Table, column: &str) -> Result<Times> {
        let (kind, value) = match table.column(column)? {
            Column::Timestamp(v) => (Kind::Timestamp, v.iter().map(|t| t.0).collect()),
            Column::Integer(v) => (Kind::Integer, v.clone()),
            Column::Day(_) | Column::Text(_) => {
                (Kind::Day, table.days(column)?.iter().map(|day| i64::from(day.0)).collect())
            }
            other => {
                let expected = "days, instants, ISO dates or integers".to_string();
                return Err(Error::WrongColumnType { column: column.into(), expected, got: other.kind().into() });
            }
        };
        Ok(Times { kind, value })
    }

    pub(super) fn spelled(&self, time: i64) -> String {
        match self.kind {
            Kind::Day => day(time).to_string(),
            Kind::Timestamp => Timestamp(time).to_string(),
            Kind::Integer => time.to_string(),
        }
    }

    /// Whether two columns can be compared.
    pub(super) fn is_kind_of(&self, other: &Times) -> bool {
        self.kind == other.kind
    }

    /// Times as a column of this kind.
    pub(super) fn column(&self, times: Vec<i64>) -> Column {
        match self.kind {
            Kind::Day => Column::Day(times.into_iter().map(day).collect()),
            Kind::Timestamp => Column::Timestamp(times.into_iter().map(Timestamp).collect()),
            Kind::Integer => Column::Integer(times),
        }
    }

    /// The commonest distance within series (the least among equals); 1 day or 1 where there is none.
    pub(super) fn step(&self, series: &[Series]) -> Step {
        let pairs = || series.iter().flat_map(|s| s.rows.windows(2)).map(|p| (self.value[p[0]], self.value[p[1]]));
        let mut distances: Vec<i64> = pairs().map(|(a, b)| b.saturating_sub(a)).collect();
        distances.sort_unstable();
        let mut best = (0, if self.kind == Kind::Timestamp { DAY_MS } else { 1 });
        for run in distances.chunk_by(|a, b| a == b) {
            if run.len() > best.0 {
                best = (run.len(), run[0]);
            }
        }
        let unit = if self.kind == Kind::Timestamp { DAY_MS } else { 1 };
        let are_days = self.kind != Kind::Integer && self.value.iter().all(|time| time % unit == 0);
        let months = |(a, b): (i64, i64)| whole_months(day(a / unit), day(b / unit));
        if are_days && best.1 >= 28 * unit && pairs().all(|pair| months(pair).is_some()) {
            return Step::Months { months: pairs().filter_map(months).min().unwrap_or(1), day: unit };
        }
        Step::Units(best.1.max(1))
    }
}

fn day(time: i64) -> Day {
    Day(time.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32)
}

/// Whole calendar months from one day to a later one: the same day of the month, or month's end to month's end.
fn whole_months(from: Day, to: Day) -> Option<i64> {
    let ((y0, m0, d0), (y1, m1, d1)) = (from.ymd(), to.ymd());
    let months = (i64::from(y1) - i64::from(y0)) * 12 + i64::from(m1) - i64::from(m0);
    let month_end = |day: Day| (day + 1).ymd().2 == 1;
    (months > 0 && (d0 == d1 || month_end(from) && month_end(to))).then_some(months)
}

impl Step {
    /// Periods from one time to a later one, rounded.
    pub(super) fn between(self, from: i64, to: i64) -> i64 {
        match self {
            Step::Units(step) => (to.saturating_sub(from).saturating_add(step / 2)) / step,
            Step::Months { months, day: unit } => {
                whole_months(day(from / unit), day(to / unit)).map_or(0, |found| found / months)
            }
        }
    }
    pub(super) fn after(self, time: i64, periods: i64) -> i64 {
        match self {
            Step::Units(step) => time.saturating_add(step.saturating_mul(periods)),
            Step::Months { months, day: unit } => {
                i64::from(months_after(day(time / unit), months.saturating_mul(periods)).0) * unit
            }
        }
    }
}

/// Month's end stays month's end.
fn months_after(from: Day, months: i64) -> Day {
    let months = months.clamp(0, 200_000) as i32;
    let (_, _, of_month) = from.ymd();
    if (from + 1).ymd().2 != 1 || of_month == 1 {
        return from.add_months(months);
    }
    (from + 1).add_months(months) + -1
}

pub(super) fn group(table: &Table, params: &TableParams, times: &Times) -> Result<Vec<Series>> {
    let ids = match table.get(&params.id_column) {
        Some(_) => table.texts(&params.id_column)?,
        None => vec![params.target_column.clone(); times.value.len()],
    };
    let mut names = Interner::default();
    let mut series: Vec<Series> = Vec::new();
    for (row, id) in ids.iter().enumerate() {
        let at = names.intern(id) as usize;
        if at == series.len() {
            series.push(Series { name: id.clone(), rows: Vec::new() });
        }
        series[at].rows.push(row);
    }
    for one in &mut series {
        one.rows.sort_by_key(|row| times.value[*row]);
        if let Some(twice) = one.rows.windows(2).find(|pair| times.value[pair[0]] == times.value[pair[1]]) {
            let ds = times.spelled(times.value[twice[0]]);
            return Err(Error::DuplicateTime { series: one.name.clone(), ds });
        }
    }
    Ok(series)
}

/// The panel, with a period for each gap. A series whose times do not lie on the step's grid is taken row by row.
pub(super) fn fill(table: &Table, params: &TableParams, times: &Times, series: &[Series], step: Step) -> Result<Panel> {
    let y = table.floats(&params.target_column)?;
    let share = params.in_stock.as_deref().map(|column| table.floats(column)).transpose()?;
    let (mut values, mut shares, mut offsets) = (Vec::new(), Vec::new(), vec![0]);
    for one in series {
        check_rows(one, &y, share.as_deref())?;
        let places = places(one, times, step);
        let length = places.last().map_or(0, |last| last + 1);
        let (gap, gap_share) = if params.gaps == Gaps::Zero { (0.0, 1.0) } else { (f64::NAN, 0.0) };
        let from = values.len();
        values.resize(from + length, gap);
        shares.resize(from + length, gap_share);
        for (row, place) in one.rows.iter().zip(places) {
            values[from + place] = y[*row];
            shares[from + place] = share.as_ref().map_or(1.0, |share| share[*row]);
        }
        offsets.push(values.len());
    }
    let names = series.iter().map(|one| one.name.clone()).collect();
    Panel::new(names, values, offsets)?.with_in_stock(shares)
}

fn check_rows(series: &Series, y: &[f64], share: Option<&[f64]>) -> Result<()> {
    for (index, row) in series.rows.iter().enumerate() {
        let empty_shelf = share.is_some_and(|share| share[*row] == 0.0);
        if !(y[*row].is_finite() || y[*row].is_nan() && empty_shelf) {
            return Err(Error::NanInSeries { series: series.name.clone(), index, got: y[*row].to_string() });
        }
    }
    Ok(())
}

pub(super) fn places(series: &Series, times: &Times, step: Step) -> Vec<usize> {
    let first = series.rows.first().map_or(0, |row| times.value[*row]);
    let on_grid: Vec<usize> =
        series.rows.iter().map(|row| step.between(first, times.value[*row]).max(0) as usize).collect();
    let rises = on_grid.windows(2).all(|pair| pair[0] < pair[1]);
    let dense = on_grid.last().is_none_or(|last| *last < 20 * series.rows.len() + 400);
    if rises && dense { on_grid } else { (0..series.rows.len()).collect() }
}

fn write(params: &TableParams, times: &Times, series: &[Series], step: Step, forecasts: &[Forecast]) -> Result<Table> {
    let mut out = Table::default();
    push_ids(&mut out, params, series)?;
    out.push(params.time_column.clone(), ahead(params, times, series, step))?;
    push_forecasts(&mut out, params, forecasts)?;
    Ok(out)
}

/// The name of each series, once for each period ahead.
pub(super) fn push_ids(out: &mut Table, params: &TableParams, series: &[Series]) -> Result<()> {
    let ids = series.iter().flat_map(|one| std::iter::repeat_n(one.name.clone(), params.h)).collect();
    out.push(params.id_column.clone(), Column::Text(ids))
}

/// Means, intervals and models of forecasts, one after the other.
pub(super) fn push_forecasts(out: &mut Table, params: &TableParams, forecasts: &[Forecast]) -> Result<()> {
    let each = |value: fn(&Forecast) -> &[f64]| forecasts.iter().flat_map(value).copied().collect::<Vec<f64>>();
    out.push("auto", Column::Float(each(|f| &f.mean)))?;
    for (i, level) in params.level.iter().enumerate() {
        let ends = |high: bool| {
            let of = |f: &Forecast| if high { f.intervals[i].high.clone() } else { f.intervals[i].low.clone() };
            Column::Float(forecasts.iter().flat_map(of).collect())
        };
        out.push(format!("auto-lo-{level}"), ends(false))?;
        out.push(format!("auto-hi-{level}"), ends(true))?;
    }
    let models = forecasts.iter().flat_map(|f| std::iter::repeat_n(f.model.name().to_string(), params.h));
    out.push("model", Column::Text(models.collect()))
}

/// The times of the periods ahead.
pub(super) fn ahead(params: &TableParams, times: &Times, series: &[Series], step: Step) -> Column {
    let of = |one: &Series| {
        let last = one.rows.last().map_or(0, |row| times.value[*row]);
        (1..=params.h as i64).map(move |period| step.after(last, period))
    };
    times.column(series.iter().flat_map(of).collect())
}
