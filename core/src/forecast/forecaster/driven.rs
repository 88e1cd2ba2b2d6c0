//! A forecaster whose series are moved by drivers.
//!
//! Fitted: the effects of each series, and for each model a state of what they leave. New rows are told without their
//! effects, so that an update stays one step of a recursion; what is ahead has the effects of its rows put back. What
//! series have in common in a period is read from the rows that come in one table.

use super::*;
use crate::forecast::drivers::{
    By, Columns, Effects, Later, Learned, Level, Moved, Row, Sheet, Terms, kept, leave, moves,
};

/// A fitted model of one series.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kept {
    /// Of demand, or of what drivers leave of it.
    Plain(State),
    /// Of demand with its drivers.
    Driven(Driven),
}

/// The level and the drivers in logs, or the count models moved by them, after the values seen so far.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Driven {
    filter: Filter,
    analytic: bool,
    drift: [f32; 2],
    since: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Filter {
    Level(Level),
    Counts(CountPool),
}

impl Driven {
    fn new(filter: Filter, analytic: bool) -> Driven {
        Driven { filter, analytic, drift: [0.0; 2], since: 0 }
    }

    /// Takes a period in; unknown demand is `NaN`.
    fn update(&mut self, demand: f64, share: f64, moved: &Moved, gains: [f64; 2]) {
        self.since = self.since.saturating_add(1);
        match &mut self.filter {
            Filter::Level(level) if !demand.is_nan() => {
                let (expected, sd) = level.next();
                self.drift = drifting(self.drift, moved.rest - expected, sd);
                level.take(moved.rest, moved.shared, gains);
            }
            Filter::Level(_) => {}
            Filter::Counts(pool) => {
                if !demand.is_nan() {
                    let next = pool.ahead_by(&[moved.factor]);
                    self.drift = drifting(self.drift, demand - next.mean(0), next.variances(1).0[0].sqrt());
                }
                pool.update_by(demand, share, moved.factor);
            }
        }
    }
}

impl Kept {
    fn of(learned: &Learned, i: usize, common: Option<&Common>, options: &Options) -> Result<Kept> {
        let analytic = options.intervals == Intervals::Analytic;
        Ok(match learned.by(i, options) {
            By::Logs => Kept::Driven(Driven::new(Filter::Level(learned.level(i)), analytic)),
            By::Counts => {
                let (pool, suffices) = learned.pool(i, options);
                Kept::Driven(Driven::new(Filter::Counts(pool), analytic && suffices))
            }
            By::Rest => {
                let rest = learned.rest();
                let demand = demand::uncensor(rest.id(i), rest.series(i), rest.in_stock(i))?;
                Kept::Plain(State::fit(&demand, rest.series(i).len(), common, options))
            }
        })
    }

    pub(super) fn plain(&mut self) -> Option<&mut State> {
        if let Kept::Plain(state) = self { Some(state) } else { None }
    }

    pub(super) fn as_plain(&self) -> Option<&State> {
        if let Kept::Plain(state) = self { Some(state) } else { None }
    }

    /// The larger cumulative sum of errors.
    pub(super) fn drift(&self) -> f64 {
        let drift = match self {
            Kept::Plain(state) => state.drift,
            Kept::Driven(driven) => driven.drift,
        };
        f64::from(drift[0].max(drift[1]))
    }

    /// Periods since it was fitted.
    pub(super) fn since(&self) -> u32 {
        match self {
            Kept::Plain(state) => state.since,
            Kept::Driven(driven) => driven.since,
        }
    }

    /// A period passes of which nothing is known.
    fn skip(&mut self) {
        match self {
            Kept::Plain(state) => state.update(f64::NAN, 0.0),
            Kept::Driven(driven) => driven.update(f64::NAN, 0.0, &Moved::NONE, [0.0; 2]),
        }
    }

    /// Takes the sales of a period with its drivers in.
    fn see(&mut self, (sold, share): (f64, f64), demand: f64, moved: &Moved, gains: [f64; 2]) {
        match self {
            Kept::Plain(state) => state.see(sold / moved.factor, share),
            Kept::Driven(driven) => driven.update(demand, share, moved, gains),
        }
    }

    /// What is expected of the periods ahead with their drivers.
    fn ahead(&self, (terms, effects): (&Terms, &Effects), moved: &[Moved], options: &Options) -> Forecast {
        let factors: Vec<f64> = moved.iter().map(|moved| moved.factor).collect();
        match self {
            Kept::Plain(state) => {
                let told = state.ahead(options.horizon, &options.levels);
                if terms.is_empty() && !factors.contains(&0.0) {
                    return told;
                }
                told.times(&factors, effects.count, 2.0 * effects.largest, options)
            }
            Kept::Driven(Driven { filter: Filter::Level(level), analytic, .. }) => {
                effects.in_logs(terms, level, moved, *analytic, options)
            }
            Kept::Driven(Driven { filter: Filter::Counts(pool), analytic, .. }) => {
                let errors = counts::Errors { own: 0.0, naive: 0.0 };
                let told = as_counts(pool.ahead_by(&factors), &errors, options);
                Forecast { law: if *analytic { Law::Analytic } else { Law::Auto }, ..told }
            }
        }
    }

    pub(super) fn save(&self, out: &mut Writer) -> Result<()> {
        let driven = match self {
            Kept::Plain(state) => return state.save(out),
            Kept::Driven(driven) => driven,
        };
        out.byte(3 | u8::from(driven.analytic) << 2);
        write(out, &driven.filter)?;
        driven.drift.iter().for_each(|drift| out.single(*drift));
        out.whole(driven.since.into());
        Ok(())
    }

    pub(super) fn load(read: &mut Reader<'_>, driven: bool) -> Option<Kept> {
        let bits = read.byte()?;
        if bits & 3 != 3 || !driven {
            return State::load(bits, read).map(Kept::Plain);
        }
        let (analytic, filter) = (bits >> 2 & 1 == 1, self::read(read)?);
        let (drift, since) = ([read.single()?, read.single()?], u32::try_from(read.whole()?).ok()?);
        let sound = match &filter {
            Filter::Counts(pool) => pool.is_sound(),
            Filter::Level(level) => level.is_sound(),
        };
        let sound = sound && bits < 1 << 3;
        sound.then_some(Kept::Driven(Driven { filter, analytic, drift, since }))
    }
}

/// The rows ahead of one series, and in which it is not on sale.
struct Ahead<'a> {
    effects: &'a Effects,
    rows: Vec<Row>,
    off: Vec<bool>,
}

/// The new rows of one series.
#[derive(Default)]
struct Coming {
    rows: Vec<Row>,
    /// Periods from now, from 0.
    periods: Vec<usize>,
    /// Demand (`NaN` where unknown), what was sold and the share in stock.
    demand: Vec<f64>,
    sold: Vec<(f64, f64)>,
    on_sale: Vec<bool>,
}

impl Forecaster {
    /// Fits the series of a table with drivers.
    pub(super) fn take_driven(&mut self, table: &Table, times: Times, series: Vec<Series>, task: &Task) -> Result<()> {
        let (params, drivers) = (&self.params.forecast, &self.params.drivers);
        let sheet = Sheet::of(table, None, params, drivers, times, series, (self.step, self.season))?;
        let models = self.options()?;
        let window = sheet.whole();
        if let (Some(error), true) =
            (window.series.iter().find_map(|known| known.as_ref().err()), window.series.iter().all(Result::is_err))
        {
            return Err(error.clone());
        }
        let learned = Learned::of(window, params, drivers, self.season, task)?;
        let (terms, effects) = kept(&learned);
        let common: Vec<Option<Common>> = models.iter().map(|options| in_common(learned.rest(), options)).collect();
        let states: Vec<Result<Vec<Kept>>> = (0..learned.rest().len())
            .into_par_iter()
            .map(|i| {
                task.tick()?;
                let fit =
                    |(options, common): (&Options, &Option<Common>)| Kept::of(&learned, i, common.as_ref(), options);
                models.iter().zip(&common).map(fit).collect()
            })
            .collect();
        if states.iter().any(|states| matches!(states, Err(Error::Cancelled))) {
            return Err(Error::Cancelled);
        }
        if let (Some(Err(error)), true) = (states.first(), states.iter().all(Result::is_err)) {
            return Err(error.clone());
        }
        let (of, mut states) = (self.fits.len(), states.into_iter());
        for (line, effects) in sheet.lines.iter().zip(effects) {
            let fitted = effects.and_then(|mut effects| {
                effects.of = of;
                Ok((effects, states.next().unwrap_or(Ok(Vec::new()))?))
            });
            let last = line.times.last().copied().unwrap_or_default();
            let one = match fitted {
                Ok((effects, states)) => One { last, error: String::new(), states, effects: Some(effects) },
                Err(error) => {
                    let error = format!("{}: {error}", error.code());
                    One { last, error, states: Vec::new(), effects: None }
                }
            };
            self.put(&line.name, one);
        }
        self.fits.push(terms);
        self.forget();
        Ok(())
    }

    /// Leaves the terms that no series stands on any more.
    fn forget(&mut self) {
        let mut place = vec![None; self.fits.len()];
        let mut left = Vec::new();
        for effects in self.series.iter_mut().filter_map(|one| one.effects.as_mut()) {
            let at = *place[effects.of].get_or_insert_with(|| {
                left.push(self.fits[effects.of].clone());
                left.len() - 1
            });
            effects.of = at;
        }
        self.fits = left;
    }

    /// Takes the rows of a plan in.
    pub(super) fn update_driven(&mut self, table: &Table, times: &Times, plan: Vec<Plan>) -> Result<()> {
        let params = &self.params.forecast;
        let columns = Columns::read(table, &self.params.drivers)?;
        let y = table.floats(&params.target_column)?;
        let share = params.in_stock.as_deref().map(|column| table.floats(column)).transpose()?;
        let mut coming = Vec::with_capacity(plan.len());
        for (at, rows) in &plan {
            let one = &self.series[*at];
            let Some(effects) = &one.effects else {
                coming.push(Coming::default());
                continue;
            };
            let name = self.names.key(*at as u32);
            let (mut own, mut now) = (Coming::default(), 0);
            let mut follows = effects.follows();
            let mut on_sale = effects.on_sale;
            for (periods, row) in rows {
                for gap in now..now + periods - 1 {
                    if params.gaps == Gaps::Zero {
                        let time = self.step.after(one.last, gap as i64 + 1);
                        let values = effects.again(own.rows.last());
                        let sold = if on_sale { 0.0 } else { f64::NAN };
                        own.push(Row { time, values, follows, counts: on_sale }, gap, (sold, 1.0), on_sale);
                        follows = on_sale;
                    } else {
                        follows = false;
                    }
                }
                now += periods;
                on_sale = columns.is_on_sale(*row);
                if on_sale && y[*row] < 0.0 {
                    let rule = format!("at least 0 with drivers, in series {name}");
                    return Err(Error::argument(format!("{}[{row}]", params.target_column), rule, y[*row]));
                }
                let sold = if on_sale { y[*row] } else { f64::NAN };
                let share = share.as_ref().map_or(1.0, |share| share[*row]);
                let known = !sold.is_nan() && share >= demand::MIN_SHARE;
                let field = |at: usize| format!("{}[{row}]", self.params.drivers.drivers[at]);
                let values = match effects.act(&self.fits[effects.of], &columns.row(*row), name, field) {
                    Err(error) if known => return Err(error),
                    Err(_) => effects.again(own.rows.last()),
                    Ok(values) => values,
                };
                let row = Row { time: times.value[*row], values, follows, counts: known };
                own.push(row, now - 1, (sold, share), on_sale);
                follows = known;
            }
            coming.push(own);
        }
        let mut order: Vec<usize> = (0..plan.len()).filter(|i| self.series[plan[*i].0].effects.is_some()).collect();
        order.sort_by_key(|i| plan[*i].0);
        let series: Vec<(&Effects, &[Row])> = (order.iter())
            .filter_map(|i| Some((self.series[plan[*i].0].effects.as_ref()?, &coming[*i].rows[..])))
            .collect();
        let (demand, periods): (Vec<Vec<f64>>, Vec<Vec<usize>>) =
            order.iter().map(|i| (coming[*i].demand.clone(), coming[*i].periods.clone())).unzip();
        let mut moved = moves(&self.fits, &series);
        leave(&self.fits, &series, &demand, &periods, &mut moved);
        for ((i, moved), demand) in order.iter().zip(&moved).zip(&demand) {
            let known = moved.iter().zip(demand).filter(|(_, demand)| !demand.is_nan());
            if let Some(error) = self.unlike(plan[*i].0, known.map(|(moved, _)| moved)) {
                return Err(error);
            }
        }
        for (i, moved) in order.iter().zip(moved) {
            self.pass(plan[*i].0, &coming[*i], &moved);
        }
        for (at, rows) in &plan {
            self.series[*at].last = rows.last().map_or(self.series[*at].last, |(_, row)| times.value[*row]);
        }
        Ok(())
    }

    /// Brings one series on by what came.
    fn pass(&mut self, at: usize, coming: &Coming, moved: &[Moved]) {
        let (one, season) = (&mut self.series[at], self.season);
        let Some(effects) = &mut one.effects else { return };
        let gains = self.fits[effects.of].gains();
        let mut now = 0;
        for (row, moved) in moved.iter().enumerate() {
            for state in &mut one.states {
                (now..coming.periods[row]).for_each(|_| state.skip());
                state.see(coming.sold[row], coming.demand[row], moved, gains);
            }
            let demand = coming.demand[row];
            effects.pass(coming.periods[row] + 1 - now, Some(&coming.rows[row]), !demand.is_nan(), season);
            effects.on_sale = coming.on_sale[row];
            if !demand.is_nan() {
                effects.see(demand, coming.sold[row].0);
            }
            now = coming.periods[row] + 1;
        }
    }

    /// What the drivers of the periods ahead do to each series that was fitted.
    fn known_ahead(&self, future: &Table, h: usize) -> Result<Vec<Option<Result<Vec<Moved>>>>> {
        let (params, drivers) = (&self.params.forecast, &self.params.drivers);
        let later = Later::read(future, params, drivers, &Times::of(self.kind))?;
        let read = |at: usize| {
            let one = &self.series[at];
            let (effects, name) = (one.effects.as_ref()?, self.names.key(at as u32));
            let rows = later.rows(name, one.last, h, self.step);
            Some(rows.and_then(|at| {
                let mut rows: Vec<Row> = Vec::with_capacity(h);
                for (step, row) in at.iter().enumerate() {
                    let field = |at: usize| format!("future.{}[{row}]", drivers.drivers[at]);
                    let values = match effects.act(&self.fits[effects.of], &later.columns.row(*row), name, field) {
                        Err(error) if later.columns.is_on_sale(*row) => return Err(error),
                        Err(_) => effects.again(rows.last()),
                        Ok(values) => values,
                    };
                    let time = self.step.after(one.last, step as i64 + 1);
                    rows.push(Row { time, values, follows: step > 0 || effects.follows(), counts: true });
                }
                Ok(Ahead { effects, rows, off: at.iter().map(|row| !later.columns.is_on_sale(*row)).collect() })
            }))
        };
        let ahead: Vec<Option<Result<Ahead<'_>>>> = (0..self.series.len()).map(read).collect();
        let sound = ahead.iter().flatten().flatten();
        let series: Vec<(&Effects, &[Row])> = sound.map(|own| (own.effects, &own.rows[..])).collect();
        let mut moved = moves(&self.fits, &series).into_iter();
        let mut put = |(at, own): (usize, Ahead<'_>)| {
            let mut moved = moved.next().unwrap_or_default();
            moved.iter_mut().zip(own.off).filter(|(_, off)| *off).for_each(|(moved, _)| moved.factor = 0.0);
            self.unlike(at, moved.iter()).map_or(Ok(moved), Err)
        };
        let each = ahead.into_iter().enumerate();
        Ok(each.map(|(at, own)| own.map(|own| own.and_then(|own| put((at, own))))).collect())
    }

    /// What is wrong where drivers are so unlike those that were fitted that their effects are beyond all numbers.
    fn unlike<'a>(&self, at: usize, mut moved: impl Iterator<Item = &'a Moved>) -> Option<Error> {
        moved.any(|moved| !moved.is_finite()).then(|| {
            let rule = format!("such that what they do is finite, in series {}", self.names.key(at as u32));
            Error::argument("drivers", rule, "too far from those that were fitted")
        })
    }

    /// Forecasts each series from where it stands and the drivers of the periods ahead: the columns of
    /// [`with_drivers`](crate::forecast::with_drivers). `future` has a row for each of the `h` periods of a series, with the
    /// columns of the drivers.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for `h` or a level, and where the forecaster was fitted without drivers; `MISSING_COLUMN`,
    /// `WRONG_COLUMN_TYPE` of `future`; `CANCELLED`. A series that lacks a row or has a driver that is no number keeps its
    /// error; where none can be forecast the first one's is raised.
    ///
    /// ```
    /// use trousse::{Column, Table, Task, forecast::{DriverParams, Forecaster, ForecasterParams}};
    /// let deal = |t: i64| i64::from(t % 3 == 0);
    /// let rows = |times: std::ops::Range<i64>| {
    ///     Table::default()
    ///         .with("ds", Column::Integer(times.clone().collect()))?
    ///         .with("y", Column::Float(times.clone().map(|t| 10.0 * (1 + deal(t)) as f64).collect()))?
    ///         .with("deal", Column::Integer(times.map(deal).collect()))
    /// };
    /// let drivers = DriverParams { drivers: vec!["deal".into()], ..Default::default() };
    /// let params = ForecasterParams { drivers, ..Default::default() };
    /// let mut sales = Forecaster::fit(params, &rows(0..30)?, &Task::default())?;
    /// sales.update(&rows(30..32)?)?;
    /// let ahead = Table::default().with("ds", Column::Integer(vec![32, 33]))?.with("deal", Column::Integer(vec![0, 1]))?;
    /// let told = sales.predict_with_drivers(&ahead, 2, &[], &Task::default())?.floats("auto")?;
    /// assert!((told[0] - 10.0).abs() < 0.01 && (told[1] - 20.0).abs() < 0.01);
    /// # Ok::<(), trousse::Error>(())
    /// ```
    pub fn predict_with_drivers(&self, future: &Table, h: usize, level: &[f64], task: &Task) -> Result<Table> {
        self.params.drivers.check()?;
        let params = self.asked(h, level)?;
        let moved = self.known_ahead(future, h)?;
        let error = |moved: &Option<Result<Vec<Moved>>>| moved.as_ref().and_then(|moved| moved.as_ref().err().cloned());
        let errors: Vec<Option<Error>> = moved.iter().map(error).collect();
        if let (Some(error), false) = (errors.iter().flatten().next(), moved.iter().flatten().any(Result::is_ok)) {
            return Err(error.clone());
        }
        let options = params.options(&[], self.season);
        self.told(&params, &errors, task, &|series, at| {
            let one = &self.series[series];
            let (state, effects, moved) = (one.states.get(at)?, one.effects.as_ref()?, moved[series].as_ref()?);
            Some(state.ahead((&self.fits[effects.of], effects), moved.as_ref().ok()?, &options))
        })
    }

    /// Whether updates can have led to this: what was read is not trusted.
    pub(super) fn is_sound(&self) -> bool {
        let drivers = self.params.drivers.drivers.len();
        let of = |one: &One| one.effects.as_ref().is_none_or(|effects| effects.is_sound(&self.fits, self.season));
        self.fits.iter().all(|terms| terms.is_sound(drivers)) && self.series.iter().all(of)
    }
}

impl Coming {
    fn push(&mut self, row: Row, period: usize, (sold, share): (f64, f64), on_sale: bool) {
        let unknown = sold.is_nan() || share < demand::MIN_SHARE;
        self.rows.push(row);
        self.periods.push(period);
        self.demand.push(if unknown { f64::NAN } else { sold / share.max(demand::SCALE_FLOOR) });
        self.sold.push((sold, share));
        self.on_sale.push(on_sale);
    }
}

/// Writes a value with its length before it.
pub(super) fn write<T: Serialize>(out: &mut Writer, value: &T) -> Result<()> {
    let bytes = postcard::to_stdvec(value).map_err(|error| unwritten(&error))?;
    out.whole(bytes.len() as u64);
    out.0.extend(bytes);
    Ok(())
}

/// What [`write`] wrote.
pub(super) fn read<T: for<'de> Deserialize<'de>>(from: &mut Reader<'_>) -> Option<T> {
    let length = from.count(1)?;
    let (own, rest) = from.0.split_at(length);
    from.0 = rest;
    let (value, left): (T, _) = postcard::take_from_bytes(own).ok()?;
    left.is_empty().then_some(value)
}

/// The rows of one series that come in: how many periods after the one before each is, and where it stands.
pub(super) type Plan = (usize, Vec<(usize, usize)>);
