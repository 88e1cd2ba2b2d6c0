//! Forecasts of a long table: `unique_id, ds, y` in, `unique_id, ds, auto, auto-lo-80 …` out.
//!
//! Rows may come in any order; series come out in the order of their first row. The step between
//! times (days, weeks, calendar months, seconds, integers) is read off the table.

use serde::{Deserialize, Serialize};

use super::freq::{Freq, business_days, of_business_days};
use super::{Forecast, Intervals, LARGEST, Model, Options, Pool, each_of, in_turn, names};
use crate::base::units::DAY_MS;
use crate::base::{Column, Day, Error, Interner, Panel, Result, Table, Task, Timestamp, View};

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

/// What happens to a series that cannot be forecast.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// Its rows stay, with `NaN` for numbers and the reason in the column `error`, which is empty for all others. Where
    /// no series can be forecast, the first one's error is raised.
    #[default]
    Keep,
    /// The first one's error is raised, and nothing is answered.
    Raise,
}

/// How to forecast a long table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ForecastTableParams"))]
#[serde(default, deny_unknown_fields)]
pub struct TableParams {
    /// Periods to forecast; with drivers, 0 for those after each series that `future` has rows for.
    pub h: usize,
    /// Step between periods: `D`, `W`, `MS` or `ME`, `QS` or `QE`, `YS` or `YE`, `B` (Monday to Friday), `h`, `min`, `s`, or
    /// several such as `2W`; by default it is read off the table. Of integer times it says the season only, where it is no number.
    pub freq: Option<String>,
    /// Periods in a season; 1 for none, 0 for that of the step: 24 hours, 7 days, 5 business days, 52 weeks, 12 months, 4 quarters.
    pub season: usize,
    /// Further seasons, each longer than the one before (365 beside 7, 168 beside 24), for `mstl`. At most five.
    pub seasons: Vec<usize>,
    /// Levels of the intervals in percent, each between 0 and 100.
    pub level: Vec<f64>,
    /// How intervals are made. Where another way than `auto` is named, a column `intervals` tells by which each row's were:
    /// `auto` where the past does not suffice (under 8 one-step errors for `analytic` and `bootstrap`, under 1/(1 − level) − 1
    /// errors as far ahead for `conformal`), `conformal; auto at 95` where it does for some of the levels only. Where a further model's way is another, it says so:
    /// `auto; naive: bootstrap`. With drivers
    /// those of what they leave are multiplied; the level and the drivers in logs know `auto` and `analytic` only.
    pub intervals: Intervals,
    /// The columns of forecasts: `auto`, the choice among the candidates, and models by our names (`ets`, `theta`) or by
    /// statsforecast's (`AutoETS`, `AutoTheta`).
    pub models: Vec<String>,
    /// Models that `auto` chooses among; empty for all of the pool that suit the series. `blend` averages those.
    pub candidates: Vec<Model>,
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
    /// What happens to a series that cannot be forecast.
    pub on_error: OnError,
}

impl Default for TableParams {
    fn default() -> Self {
        let Options { season: _, seasons, horizon, levels, intervals, models, pool, windows, non_negative } =
            Options::default();
        TableParams {
            h: horizon,
            freq: None,
            season: 0,
            seasons,
            level: levels,
            intervals,
            models: vec![names::AUTO.into()],
            candidates: models,
            pool,
            windows,
            non_negative,
            id_column: "unique_id".into(),
            time_column: "ds".into(),
            target_column: "y".into(),
            in_stock: None,
            gaps: Gaps::Missing,
            on_error: OnError::Keep,
        }
    }
}

impl TableParams {
    /// Answers whether the parameters make sense.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        self.options(&self.candidates, self.season.max(1)).check().map_err(|error| match error {
            Error::InvalidArgument { field, rule, got } => {
                let field = field.replace("horizon", "h").replace("levels", "level");
                Error::InvalidArgument { field, rule, got }
            }
            other => other,
        })?;
        self.freq.as_deref().map(Freq::read).transpose()?;
        if self.models.is_empty() {
            return Err(Error::argument("models", "at least one name", "none"));
        }
        for (at, name) in self.models.iter().enumerate() {
            names::models(&format!("models[{at}]"), name, &[])?;
            if self.models[..at].contains(name) {
                return Err(Error::argument(format!("models[{at}]"), "a name once", name));
            }
        }
        Ok(())
    }

    pub(super) fn options(&self, models: &[Model], season: usize) -> Options {
        Options {
            season,
            seasons: self.seasons.clone(),
            horizon: self.h,
            levels: self.level.clone(),
            intervals: self.intervals,
            models: models.to_vec(),
            pool: self.pool,
            windows: self.windows,
            non_negative: self.non_negative,
        }
    }

    /// The times of a table; those of one without times and names are 0, 1, 2 …
    pub(super) fn times(&self, table: &Table) -> Result<Times> {
        let given = |column: &str| table.get(column).is_some();
        if given(&self.target_column) && !given(&self.time_column) && !given(&self.id_column) {
            return Ok(Times { kind: Kind::Integer, value: (0..table.rows() as i64).collect() });
        }
        Times::read(table, &self.time_column)
    }

    /// The models that one forecast is made by.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where several are named.
    pub(super) fn one_model(&self) -> Result<Vec<Model>> {
        match &self.models[..] {
            [name] => names::models("models[0]", name, &self.candidates),
            names => Err(Error::argument("models", "one name", names.len())),
        }
    }

    /// The step between the periods of series and the season that goes with it.
    pub(super) fn rhythm(&self, times: &Times, series: &[Series]) -> Result<(Step, usize)> {
        let read = |word: &'_ str| Freq::read(word).map(|freq| (freq, word.to_string()));
        let freq = self.freq.as_deref().map(read).transpose()?;
        let given = freq.as_ref().map(|(freq, word)| freq.step(times.kind, word)).transpose()?.flatten();
        let step = given.unwrap_or_else(|| times.step(series));
        let freq = freq.map_or_else(|| Freq::of(step, times.kind), |(freq, _)| freq);
        Ok((step, if self.season == 0 { freq.season() } else { self.season }))
    }
}

/// Forecasts each series of a long table.
///
/// In: columns for name, time and value, and optionally `in_stock`; rows in any order; a missing value (`NaN`) is
/// unknown; a table without names and times is one series of equal steps. Out: `unique_id`, `ds` (of the same kind; ISO texts become days), `auto`, `auto-lo-80`, `auto-hi-80` … for
/// each level, and so for every other model that is named; `model`, which `auto` chose; `intervals`, where they are named; and `error`: empty, or for a
/// series that could not be forecast its code and what is wrong with it. Without `freq`, days on the same day of the month
/// step by calendar months, other times by the commonest distance.
///
/// # Errors
/// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`; `INVALID_ARGUMENT` for parameters; `CANCELLED`. Of a series, raised as
/// [`OnError`] says: `DUPLICATE_TIME` for two rows of one time; `NAN_IN_SERIES` for an infinite value or one of 1e150 and
/// beyond; `SERIES_TOO_SHORT` where nothing is known; `INVALID_ARGUMENT` for a share outside 0–1.
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
    let times = params.times(table)?;
    let mut series = group_each(table, params, &times)?;
    let (step, season) = params.rhythm(&times, &series)?;
    let panel = fill(table, params, &times, &mut series, step)?;
    let mut out = Table::default();
    push_ids(&mut out, params, series.iter().map(|one| one.name.clone()).collect())?;
    out.push(params.time_column.clone(), ahead(params, &times, &series, step))?;
    let faults = series.into_iter().map(|one| one.fault).collect();
    task.expect(panel.len() * params.models.len());
    tell(&mut out, faults, &|_| params.h, params, season, &|options, take| {
        in_turn(&panel, options, task, &mut |forecast| take(forecast.map(Course::from)))
    })?;
    Ok(out)
}

/// What is told of one series: means and the ends of each interval by period, and by which model.
pub(super) struct Course {
    pub(super) mean: Vec<f64>,
    pub(super) ends: Vec<[Vec<f64>; 2]>,
    pub(super) model: &'static str,
    /// As of [`Forecast::ways`].
    pub(super) ways: Vec<String>,
}

impl From<Forecast> for Course {
    fn from(forecast: Forecast) -> Course {
        let (ways, model) = (forecast.ways(), forecast.model_name());
        let ends = forecast.intervals.into_iter().map(|interval| [interval.low, interval.high]).collect();
        Course { mean: forecast.mean, ends, model, ways }
    }
}

impl Course {
    /// The same where these values are of some of so many periods only; the others are unknown.
    pub(super) fn spread(self, steps: &[usize], periods: usize) -> Course {
        let over = |values: Vec<f64>| {
            let mut all = vec![f64::NAN; periods];
            steps.iter().zip(values).for_each(|(step, value)| all[*step] = value);
            all
        };
        let ends = self.ends.into_iter().map(|ends| ends.map(over)).collect();
        let mut ways = vec![String::new(); if self.ways.is_empty() { 0 } else { periods }];
        steps.iter().zip(self.ways).for_each(|(step, way)| ways[*step] = way);
        Course { mean: over(self.mean), ends, model: self.model, ways }
    }
}

/// What gives the courses of all series, by the models of the options, to its second argument, in their order.
pub(super) type Teller<'a> = &'a dyn Fn(&Options, &mut dyn FnMut(Result<Course>)) -> Result<()>;

/// Forecasts by each model that was asked for: its mean and intervals, `model` beside `auto`, and `error`.
/// `errors` is what was wrong with the series before, `periods` how many each has. Courses become columns as they are
/// told: none is kept.
pub(super) fn tell(
    out: &mut Table,
    mut errors: Vec<Option<Error>>,
    periods: &dyn Fn(usize) -> usize,
    params: &TableParams,
    season: usize,
    teller: Teller<'_>,
) -> Result<()> {
    let rows = (0..errors.len()).map(periods).sum();
    let (mut chosen, mut ways) = (None, Ways::new(rows, params));
    for (at, name) in params.models.iter().enumerate() {
        let models = names::models(&format!("models[{at}]"), name, &params.candidates)?;
        let mut means = Vec::with_capacity(rows);
        let mut ends: Vec<[Vec<f64>; 2]> =
            params.level.iter().map(|_| [Vec::with_capacity(rows), Vec::with_capacity(rows)]).collect();
        let (mut chose, mut row) = (Vec::new(), 0);
        teller(&params.options(&models, season), &mut |told| {
            let (error, h) = (&mut errors[chose.len()], periods(chose.len()));
            let sound = match told {
                Ok(course) if error.is_none() => Some(course),
                Ok(_) => None,
                Err(found) => {
                    error.get_or_insert(found);
                    None
                }
            };
            let fill = |column: &mut Vec<f64>, values: Option<&Vec<f64>>| match values {
                Some(values) => column.extend_from_slice(values),
                None => column.extend(std::iter::repeat_n(f64::NAN, h)),
            };
            fill(&mut means, sound.as_ref().map(|course| &course.mean));
            for (i, [low, high]) in ends.iter_mut().enumerate() {
                fill(low, sound.as_ref().map(|course| &course.ends[i][0]));
                fill(high, sound.as_ref().map(|course| &course.ends[i][1]));
            }
            ways.tell(name, row, h, sound.as_ref().map(|course| &course.ways[..]));
            row += h;
            chose.push(sound.map_or("", |course| course.model));
        })?;
        raise(&errors, params)?;
        out.push(name, Column::Float(means))?;
        for (level, [low, high]) in params.level.iter().zip(ends) {
            out.push(format!("{name}-lo-{level}"), Column::Float(low))?;
            out.push(format!("{name}-hi-{level}"), Column::Float(high))?;
        }
        if name == names::AUTO {
            chosen = Some(chose);
        }
    }
    if let Some(chosen) = chosen {
        let each = chosen.into_iter().enumerate().flat_map(|(at, model)| std::iter::repeat_n(model, periods(at)));
        out.push("model", Column::categories(each))?;
    }
    ways.push(out)?;
    push_errors(out, params, &errors, periods)
}

/// By which way the intervals of each row were made, where one is named: that of the first model that told the series; one
/// whose way is another says so by its name.
pub(super) struct Ways {
    named: bool,
    at: Vec<u32>,
    /// The way of the first model, and what is told.
    texts: Vec<(String, String)>,
}

impl Ways {
    pub(super) fn new(rows: usize, params: &TableParams) -> Ways {
        let named = params.intervals != Intervals::Auto;
        Ways { named, at: vec![0; if named { rows } else { 0 }], texts: vec![Default::default()] }
    }

    /// Takes [`Forecast::ways`] of a series by a model; its rows begin at `from`.
    pub(super) fn tell(&mut self, model: &str, from: usize, periods: usize, ways: Option<&[String]>) {
        let Some(ways) = ways.filter(|_| self.named) else { return };
        for step in 0..periods {
            let way = ways.get(step).map_or(Intervals::Auto.name(), |way| way);
            let (first, told) = &self.texts[self.at[from + step] as usize];
            let text = match told.is_empty() {
                true => (way.to_string(), way.to_string()),
                false if first == way => continue,
                false => (first.clone(), format!("{told}; {model}: {way}")),
            };
            let known = self.texts.iter().position(|known| *known == text);
            self.at[from + step] = known.unwrap_or_else(|| {
                self.texts.push(text);
                self.texts.len() - 1
            }) as u32;
        }
    }

    pub(super) fn push(self, out: &mut Table) -> Result<()> {
        if self.named {
            out.push("intervals", Column::Category(self.at, self.texts.into_iter().map(|text| text.1).collect()))
        } else {
            Ok(())
        }
    }
}

/// Raises the first error where that is due.
pub(super) fn raise(errors: &[Option<Error>], params: &TableParams) -> Result<()> {
    let due = params.on_error == OnError::Raise || errors.iter().all(Option::is_some);
    match errors.iter().flatten().next().filter(|_| due) {
        Some(error) => Err(error.clone()),
        None => Ok(()),
    }
}

/// Forecasts a panel by one model or the choice among several. A series that cannot be forecast has none, and its error
/// joins those that are known; it is raised where that is due.
pub(super) fn judged(
    panel: &Panel,
    models: &[Model],
    errors: &mut [Option<Error>],
    params: &TableParams,
    season: usize,
    task: &Task,
) -> Result<Vec<Option<Forecast>>> {
    let forecasts = each_of(panel, &params.options(models, season), task)?;
    for (error, forecast) in errors.iter_mut().zip(&forecasts) {
        if error.is_none() {
            *error = forecast.as_ref().err().cloned();
        }
    }
    raise(errors, params)?;
    let sound = |(forecast, error): (Result<Forecast>, &Option<Error>)| forecast.ok().filter(|_| error.is_none());
    Ok(forecasts.into_iter().zip(&*errors).map(sound).collect())
}

/// What is wrong with each series, once for each of its rows, where errors are kept.
pub(super) fn push_errors(
    out: &mut Table,
    params: &TableParams,
    errors: &[Option<Error>],
    rows: &dyn Fn(usize) -> usize,
) -> Result<()> {
    if params.on_error == OnError::Raise {
        return Ok(());
    }
    let mut texts = vec![String::new()];
    let mut at = Vec::with_capacity((0..errors.len()).map(rows).sum());
    for (series, error) in errors.iter().enumerate() {
        if let Some(error) = error {
            texts.push(format!("{}: {error}", error.code()));
        }
        at.extend(std::iter::repeat_n(if error.is_some() { texts.len() as u32 - 1 } else { 0 }, rows(series)));
    }
    out.push("error", Column::Category(at, texts))
}

/// The name of each series, once for each period ahead.
pub(super) fn push_ids(out: &mut Table, params: &TableParams, names: Vec<String>) -> Result<()> {
    let ids = (0..names.len() as u32).flat_map(|at| std::iter::repeat_n(at, params.h)).collect();
    out.push(params.id_column.clone(), Column::Category(ids, names))
}

/// Means and intervals of forecasts, one after the other, `NaN` where there is none.
pub(super) fn push_forecast(
    out: &mut Table,
    name: &str,
    params: &TableParams,
    forecasts: &[Option<Forecast>],
) -> Result<()> {
    let each = |values: &dyn Fn(&Forecast) -> &[f64]| {
        let mut all = Vec::with_capacity(forecasts.len() * params.h);
        for forecast in forecasts {
            match forecast {
                Some(forecast) => all.extend_from_slice(values(forecast)),
                None => all.extend(std::iter::repeat_n(f64::NAN, params.h)),
            }
        }
        Column::Float(all)
    };
    out.push(name, each(&|f| &f.mean))?;
    for (i, level) in params.level.iter().enumerate() {
        out.push(format!("{name}-lo-{level}"), each(&|f| &f.intervals[i].low))?;
        out.push(format!("{name}-hi-{level}"), each(&|f| &f.intervals[i].high))?;
    }
    Ok(())
}

/// Times as integers, with the kind to write them back as.
pub(super) struct Times {
    kind: Kind,
    pub(super) value: Vec<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Kind {
    Day,
    Timestamp,
    Integer,
}

/// The distance between periods: calendar months, or units of the time's kind.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Step {
    /// So many, of times of which a day has `day` units.
    Months {
        months: i64,
        day: i64,
    },
    /// Mondays to Fridays, of times of which a day has `day` units.
    BusinessDays {
        day: i64,
    },
    Units(i64),
}

/// One series: its name, its rows in time order, and what is wrong with it.
pub(super) struct Series {
    pub(super) name: String,
    pub(super) rows: Vec<usize>,
    pub(super) fault: Option<Error>,
}

impl Times {
    /// No times, of a kind.
    pub(super) fn of(kind: Kind) -> Times {
        Times { kind, value: Vec::new() }
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn read(table: &Table, column: &str) -> Result<Times> {
        let (kind, value) = match table.column(column)?.view() {
            View::Timestamp(v) => (Kind::Timestamp, v.iter().map(|t| t.0).collect()),
            View::Integer(v) => (Kind::Integer, v.to_vec()),
            View::Day(_) | View::Text(_) | View::Category(..) => {
                (Kind::Day, table.as_days(column)?.iter().map(|day| i64::from(day.0)).collect())
            }
            View::Float(_) | View::Bool(_) => {
                let (expected, got) = ("days, instants, ISO dates or integers", table.column(column)?.kind());
                return Err(Error::WrongColumnType {
                    column: column.into(),
                    expected: expected.into(),
                    got: got.into(),
                });
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
        let all = || series.iter().flat_map(|s| s.rows.windows(2)).map(|p| (self.value[p[0]], self.value[p[1]]));
        let pairs = || all().filter(|(a, b)| a < b);
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
    /// Whether it goes on.
    pub(super) fn is_sound(self) -> bool {
        match self {
            Step::Units(units) => units > 0,
            Step::Months { months, day } => months > 0 && [1, DAY_MS].contains(&day),
            Step::BusinessDays { day } => [1, DAY_MS].contains(&day),
        }
    }
    /// Periods from one time to a later one, rounded.
    pub(super) fn between(self, from: i64, to: i64) -> i64 {
        match self {
            Step::Units(step) => (to.saturating_sub(from).saturating_add(step / 2)) / step,
            Step::Months { months, day: unit } => {
                whole_months(day(from / unit), day(to / unit)).map_or(0, |found| found / months)
            }
            Step::BusinessDays { day: unit } => {
                business_days(to.div_euclid(unit)).saturating_sub(business_days(from.div_euclid(unit)))
            }
        }
    }
    pub(super) fn after(self, time: i64, periods: i64) -> i64 {
        match self {
            Step::Units(step) => time.saturating_add(step.saturating_mul(periods)),
            Step::Months { months, day: unit } => {
                i64::from(months_after(day(time / unit), months.saturating_mul(periods)).0) * unit
            }
            Step::BusinessDays { day: unit } => {
                let (today, within) = (time.div_euclid(unit), time.rem_euclid(unit));
                // a weekend belongs to the Friday before it
                let from = business_days(today.saturating_add(1)) - 1;
                of_business_days(from.saturating_add(periods)).saturating_mul(unit).saturating_add(within)
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

/// The series of a table, or what is wrong with the first that is not sound.
pub(super) fn group(table: &Table, params: &TableParams, times: &Times) -> Result<Vec<Series>> {
    let mut series = group_each(table, params, times)?;
    series.iter_mut().find_map(|one| one.fault.take()).map_or(Ok(series), Err)
}

/// The series of a table in the order of their first rows, also those that are not sound.
pub(super) fn group_each(table: &Table, params: &TableParams, times: &Times) -> Result<Vec<Series>> {
    let mut series: Vec<Series> = Vec::new();
    let begin = |name: &str| Series { name: name.into(), rows: Vec::new(), fault: None };
    match table.get(&params.id_column) {
        Some(Column::Category(rows, texts)) => {
            let mut of = vec![usize::MAX; texts.len()];
            for (row, id) in rows.iter().enumerate() {
                let at = &mut of[*id as usize];
                if *at == usize::MAX {
                    *at = series.len();
                    series.push(begin(&texts[*id as usize]));
                }
                series[*at].rows.push(row);
            }
        }
        Some(_) => {
            let mut names = Interner::default();
            for (row, id) in table.as_texts(&params.id_column)?.iter().enumerate() {
                let at = names.intern(id) as usize;
                if at == series.len() {
                    series.push(begin(id));
                }
                series[at].rows.push(row);
            }
        }
        None if times.value.is_empty() => {}
        None => series.push(Series { rows: (0..times.value.len()).collect(), ..begin(&params.target_column) }),
    }
    for one in &mut series {
        one.rows.sort_by_key(|row| times.value[*row]);
        if let Some(twice) = one.rows.windows(2).find(|pair| times.value[pair[0]] == times.value[pair[1]]) {
            let ds = times.spelled(times.value[twice[0]]);
            one.fault = Some(Error::DuplicateTime { series: one.name.clone(), ds });
        }
    }
    Ok(series)
}

/// The panel, with a period for each gap. A series whose times do not lie on the step's grid is taken row by row; one
/// with a bad row learns its fault.
pub(super) fn fill(
    table: &Table,
    params: &TableParams,
    times: &Times,
    series: &mut [Series],
    step: Step,
) -> Result<Panel> {
    let y = table.as_floats(&params.target_column)?;
    let share = params.in_stock.as_deref().map(|column| table.as_floats(column)).transpose()?;
    let mut values = Vec::with_capacity(y.len());
    let mut shares = share.as_ref().map(|_| Vec::with_capacity(y.len()));
    let mut offsets = vec![0];
    for one in series.iter_mut() {
        one.fault = one.fault.take().or_else(|| bad_row(one, &y, share.as_deref(), params));
        let places = places(one, times, step);
        let length = places.last().map_or(0, |last| last + 1);
        let (gap, gap_share) = if params.gaps == Gaps::Zero { (0.0, 1.0) } else { (f64::NAN, 0.0) };
        let from = values.len();
        values.resize(from + length, gap);
        one.rows.iter().zip(&places).for_each(|(row, place)| values[from + place] = y[*row]);
        if let (Some(shares), Some(share)) = (&mut shares, &share) {
            shares.resize(from + length, gap_share);
            for (row, place) in one.rows.iter().zip(&places) {
                shares[from + place] = if one.fault.is_none() { share[*row] } else { 1.0 };
            }
        }
        offsets.push(values.len());
    }
    let names = series.iter().map(|one| one.name.clone()).collect();
    let panel = Panel::new(names, values, offsets)?;
    match shares {
        Some(shares) => panel.with_in_stock(shares),
        None => Ok(panel), // what is missing is unknown, whatever the share
    }
}

pub(super) fn bad_row(series: &Series, y: &[f64], share: Option<&[f64]>, params: &TableParams) -> Option<Error> {
    let bad = |(index, row): (usize, &usize)| {
        if y[*row].abs() >= LARGEST {
            return Some(Error::NanInSeries { series: series.name.clone(), index, got: format!("{:?}", y[*row]) });
        }
        let share = share.map_or(1.0, |share| share[*row]);
        let column = params.in_stock.as_deref().unwrap_or_default();
        let outside = !(0.0..=1.0).contains(&share);
        outside.then(|| Error::argument(format!("{column}[{row}]"), "between 0 and 1", share))
    };
    series.rows.iter().enumerate().find_map(bad)
}

pub(super) fn places(series: &Series, times: &Times, step: Step) -> Vec<usize> {
    let first = series.rows.first().map_or(0, |row| times.value[*row]);
    let on_grid: Vec<usize> =
        series.rows.iter().map(|row| step.between(first, times.value[*row]).max(0) as usize).collect();
    let rises = on_grid.windows(2).all(|pair| pair[0] < pair[1]);
    let dense = on_grid.last().is_none_or(|last| *last < 20 * series.rows.len() + 400);
    if rises && dense { on_grid } else { (0..series.rows.len()).collect() }
}

/// The times of the periods ahead.
pub(super) fn ahead(params: &TableParams, times: &Times, series: &[Series], step: Step) -> Column {
    let of = |one: &Series| {
        let last = one.rows.last().map_or(0, |row| times.value[*row]);
        (1..=params.h as i64).map(move |period| step.after(last, period))
    };
    times.column(series.iter().flat_map(of).collect())
}
