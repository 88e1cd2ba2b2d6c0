//! From the engine's answers to the page: every number here is asked of the view, and nothing is made up.
//!
//! In: a script and the season that was played, or for real sales the series of the files. Out: [`Page`].

use std::collections::BTreeMap;

use trousse::base::numeric::normal_cdf;
use trousse::engine::{
    AvailabilityParams, DemandParams, ForecastParams, PlanPurchasesParams, RecommendParams, SignalsParams, StockParams,
    WithheldParams,
};
use trousse::feedback::SignalKind;
use trousse::forecast::{self, Forecast};
use trousse::replenish::{Proposal, order_up_to};
use trousse::{Day, Fact, Outside, Panel, Purpose, Result, Sku, Task, View};

use super::page::{
    Action, ActionKind, DemandPlot, ExpiryWeek, Head, Method, ModelRow, Page, Person, Pick, Purchase, Signal, StockRow,
    Strip, StripLot, Tile, Tone, Withheld, money, number,
};
use super::play::{Input, Played, Script};

/// Days that the forecast of the shelves looks ahead, for what will not sell in time.
const AHEAD_DAYS: i64 = 182;
/// Weeks of the expiry calendar.
const CALENDAR_WEEKS: i32 = 26;
/// Belief in phantom stock from which a count is proposed.
const COUNT_FROM: f64 = 0.3;
/// Actions on the page, and of one kind.
const ACTIONS: (usize, usize) = (14, 4);
/// Picks and withheld items shown of a person.
const SHOWN: usize = 6;

/// A series to forecast on its own steps.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// Name on the page.
    pub name: String,
    /// Words for the finding: name of the SKU.
    pub words: String,
    /// First day of each step.
    pub days: Vec<Day>,
    /// Units per step.
    pub units: Vec<f64>,
    /// Share of each step in stock; empty where it is not known.
    pub in_stock: Vec<f64>,
    /// Whether each step was in a promotion; empty where there was none.
    pub promotion: Vec<bool>,
    /// Days in a step.
    pub step_days: i32,
    /// Steps at the end that are kept for scoring.
    pub hold_out: usize,
    /// Worth of a unit in minor units, to order the plots; 1 where it is not known.
    pub worth: i64,
}

/// Steps in a season and steps to forecast, by the days in a step.
fn rhythm(step_days: i32) -> (usize, usize) {
    match step_days {
        ..=1 => (7, 28),
        2..=27 => (52, 13),
        _ => (12, 12),
    }
}

/// What was forecast of one series, and how the same models did on the steps kept for scoring.
struct Told {
    forecast: Forecast,
    score: Option<Score>,
}

/// Absolute errors on the steps kept for scoring, in units; steps with an empty shelf do not count.
#[derive(Debug, Clone, Copy, Default)]
struct Score {
    error: f64,
    naive_error: f64,
    sold: f64,
}

/// Writes the page of a season. Without `series` the demand to forecast is that of the journal, by SKU.
///
/// # Errors
/// What the view answers.
pub fn page(script: &Script, played: &Played, series: Option<&[Series]>) -> Result<Page> {
    let task = Task::default();
    let view = &played.view;
    let own;
    let series = match series {
        Some(given) => given,
        None => {
            own = shop_series(script, view)?;
            own.as_slice()
        }
    };
    let told = tell(series, &task)?;
    let shelves = if series.is_empty() { Shelves::default() } else { Shelves::new(view, &task)? };
    let plan = Plan::new(script, view, &task)?;
    let stock = stock_rows(view)?;
    let strips = strips(script, view, &shelves)?;
    let people = people(script, view)?;
    let mut page = Page {
        head: head(script, played),
        tiles: Vec::new(),
        actions: actions(view, &shelves, &plan, &strips)?,
        expiry: calendar(view, &strips),
        strips,
        stock: listed(script, series, stock, &people),
        demand: plots(series, &told),
        purchases: plan.rows(view),
        people,
        shades: Vec::new(),
        feedback: feedback(script, view)?,
        changes: played.changes.clone(),
        method: method(script, played, &told),
    };
    page.tiles = tiles(script, played, &page, &shelves, &told);
    Ok(page)
}

fn head(script: &Script, played: &Played) -> Head {
    Head {
        shop: script.shop.clone(),
        from: script.from,
        to: script.today + -1,
        currency: script.currency.clone(),
        source: script.source.clone(),
        left: script.left.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        journal_sequence: played.position.sequence.max(0) as u64,
        journal_digest: played.position.digest.clone(),
    }
}

fn sku<'a>(view: &'a View, key: &str) -> Option<&'a Sku> {
    view.world().catalog.get(key)
}

/// The name that people know a SKU by.
fn name(view: &View, key: &str) -> String {
    match sku(view, key) {
        Some(sku) if !sku.product.is_empty() => sku.product.clone(),
        _ => key.to_string(),
    }
}

fn cost(view: &View, key: &str) -> i64 {
    sku(view, key).and_then(|sku| sku.cost).map_or(0, |cost| cost.minor)
}

/// What a unit earns, in minor units; nothing where price or cost is not known.
fn margin(view: &View, key: &str) -> i64 {
    let prices = sku(view, key).and_then(|sku| Some((sku.price?.minor, sku.cost?.minor)));
    prices.map_or(0, |(price, cost)| (price - cost).max(0))
}

fn worth(minor: f64) -> Option<i64> {
    (minor >= 1.0).then_some(minor.round().min(1e15) as i64)
}

// ---- demand ---------------------------------------------------------------------------------------------------------

/// Daily demand per SKU over all locations, as the view knows it, its complete days only.
fn shop_series(script: &Script, view: &View) -> Result<Vec<Series>> {
    let mut all = Vec::new();
    for sku in view.world().catalog.skus() {
        let mut places = Vec::new();
        for location in locations(view, &sku.sku) {
            places.push(view.demand(&DemandParams {
                sku: sku.sku.clone(),
                location: Some(location),
                ..DemandParams::default()
            })?);
        }
        all.extend(one_series(script, view, sku, &places));
    }
    Ok(all)
}

fn locations(view: &View, key: &str) -> Vec<String> {
    let ledger = &view.world().ledger;
    let Some(id) = ledger.sku(key) else { return Vec::new() };
    let shelf = |index: usize| ledger.locations().key(ledger.shelves()[index].location.0).to_string();
    let mut found: Vec<String> = ledger.shelves_of(id).map(shelf).collect();
    found.sort_unstable();
    found
}

/// The sum over places; a place counts for the share in stock as much as it sells.
fn one_series(script: &Script, view: &View, sku: &Sku, places: &[Vec<trousse::demand::DemandRow>]) -> Option<Series> {
    let mut days: BTreeMap<Day, (f64, f64, f64)> = BTreeMap::new();
    for place in places {
        let sold: i64 = place.iter().map(|day| day.y).sum();
        let weight = sold as f64 + 0.01;
        for day in place.iter().filter(|day| day.ds < view.today()) {
            let sum = days.entry(day.ds).or_default();
            *sum = (sum.0 + day.y as f64, sum.1 + weight * day.in_stock, sum.2 + weight);
        }
    }
    let promoted = |day: &Day| {
        script.promotions.iter().any(|(from, to, skus)| day >= from && day <= to && skus.contains(&sku.sku))
    };
    (!days.is_empty()).then(|| Series {
        name: sku.sku.clone(),
        words: name(view, &sku.sku),
        promotion: days.keys().map(promoted).collect(),
        units: days.values().map(|(units, _, _)| *units).collect(),
        in_stock: days.values().map(|(_, share, weight)| (share / weight).clamp(0.0, 1.0)).collect(),
        hold_out: if days.len() >= 70 { 28 } else { 0 },
        days: days.into_keys().collect(),
        step_days: 1,
        worth: sku.price.map_or(1, |price| price.minor.max(1)),
    })
}

/// Forecasts all series, once with all steps and once without those kept for scoring.
fn tell(series: &[Series], task: &Task) -> Result<Vec<Told>> {
    let mut told: Vec<Option<Told>> = series.iter().map(|_| None).collect();
    let mut groups: BTreeMap<(i32, usize), Vec<usize>> = BTreeMap::new();
    for (at, one) in series.iter().enumerate() {
        groups.entry((one.step_days, one.hold_out)).or_default().push(at);
    }
    for ((step_days, hold_out), members) in groups {
        let (season, horizon) = rhythm(step_days);
        let options = forecast::Options { season, horizon, levels: vec![80.0, 95.0], ..forecast::Options::default() };
        let full = forecast::panel(&panel(series, &members, 0)?, &options, task)?;
        let kept = match hold_out {
            0 => vec![None; members.len()],
            _ => {
                let options = forecast::Options { horizon: hold_out, levels: Vec::new(), ..options };
                let kept = forecast::panel(&panel(series, &members, hold_out)?, &options, task)?;
                kept.into_iter().map(Some).collect()
            }
        };
        for ((at, forecast), kept) in members.into_iter().zip(full).zip(kept) {
            let score = kept.map(|kept| score(&series[at], &kept.mean, season));
            told[at] = Some(Told { forecast, score });
        }
    }
    Ok(told.into_iter().flatten().collect())
}

fn panel(series: &[Series], members: &[usize], without: usize) -> Result<Panel> {
    let (mut values, mut shares, mut offsets) = (Vec::new(), Vec::new(), vec![0]);
    for one in members.iter().map(|at| &series[*at]) {
        let length = one.units.len().saturating_sub(without);
        values.extend_from_slice(&one.units[..length]);
        shares.extend((0..length).map(|at| one.in_stock.get(at).copied().unwrap_or(1.0)));
        offsets.push(values.len());
    }
    let names = members.iter().map(|at| series[*at].name.clone()).collect();
    Panel::new(names, values, offsets)?.with_in_stock(shares)
}

/// The seasonal naive forecast: the last season again, or the last value where there is none.
fn naive(history: &[f64], season: usize, steps: usize) -> Vec<f64> {
    let season = if history.len() > season { season } else { 1 };
    let last = history.len().saturating_sub(season);
    (0..steps).map(|h| history.get(last + h % season).copied().unwrap_or(0.0)).collect()
}

fn score(series: &Series, mean: &[f64], season: usize) -> Score {
    let train = series.units.len() - series.hold_out;
    let naive = naive(&series.units[..train], season, series.hold_out);
    let mut score = Score::default();
    for (h, (mean, naive)) in mean.iter().zip(naive).enumerate() {
        if series.in_stock.get(train + h).is_some_and(|share| *share < 0.95) {
            continue;
        }
        let actual = series.units[train + h];
        score.error += (actual - mean).abs();
        score.naive_error += (actual - naive).abs();
        score.sold += actual;
    }
    score
}

fn plots(series: &[Series], told: &[Told]) -> Vec<DemandPlot> {
    let mut order: Vec<(f64, usize)> = series.iter().enumerate().map(|(at, one)| (stake(one), at)).collect();
    order.sort_by(|(a, i), (b, j)| b.total_cmp(a).then(i.cmp(j)));
    order.into_iter().map(|(_, at)| plot(&series[at], &told[at])).collect()
}

/// What is at stake: the worth of the last season's sales.
fn stake(series: &Series) -> f64 {
    let (season, _) = rhythm(series.step_days);
    let last = &series.units[series.units.len().saturating_sub(season.max(28))..];
    last.iter().sum::<f64>() * series.worth as f64
}

/// Steps of history that are drawn.
const DRAWN: usize = 120;

fn plot(series: &Series, told: &Told) -> DemandPlot {
    let from = series.units.len().saturating_sub(DRAWN);
    let tail = |values: &[f64]| values.get(from..).unwrap_or_default().to_vec();
    let forecast = &told.forecast;
    let ends = |at: usize| -> Vec<(f64, f64)> {
        forecast
            .intervals
            .get(at)
            .map_or_else(Vec::new, |i| i.low.iter().copied().zip(i.high.iter().copied()).collect())
    };
    let (season, horizon) = rhythm(series.step_days);
    DemandPlot {
        name: series.name.clone(),
        finding: finding(series, forecast),
        step_days: series.step_days,
        days: series.days[from..].to_vec(),
        sold: tail(&series.units),
        in_stock: tail(&series.in_stock),
        promotion: series.promotion.get(from..).unwrap_or_default().to_vec(),
        mean: forecast.mean.clone(),
        interval_80: ends(0),
        interval_95: ends(1),
        naive: naive(&series.units, season, horizon),
        model: model_words(told),
        total: total(forecast),
    }
}

fn total(forecast: &Forecast) -> Option<(f64, f64, f64)> {
    let (mean, variance) = forecast.total(forecast.mean.len());
    let end = |p| order_up_to(mean, variance, p).ok().map(|quantity| quantity.0 as f64);
    Some((mean, end(0.1)?, end(0.9)?))
}

fn finding(series: &Series, forecast: &Forecast) -> String {
    let (unit, steps) = match series.step_days {
        ..=1 => ("day", 28),
        2..=27 => ("week", 13),
        _ => ("month", 12),
    };
    let recent = &series.units[series.units.len().saturating_sub(steps)..];
    let was = recent.iter().sum::<f64>() / recent.len().max(1) as f64;
    let will = forecast.mean.iter().sum::<f64>() / forecast.mean.len().max(1) as f64;
    let digits = usize::from(will < 100.0);
    let words = match will / was.max(1e-9) {
        ratio if ratio > 1.1 => "more than lately",
        ratio if ratio < 0.9 => "less than lately",
        _ => "as lately",
    };
    format!("{}: {} a {unit} to come, {words}", series.words, number(will, digits))
}

fn model_words(told: &Told) -> String {
    let name = told.forecast.model.name().replace('_', " ");
    match told.score {
        Some(score) if score.naive_error > 0.0 => {
            format!("{name}, hold-out error {} × naive", number(score.error / score.naive_error, 2))
        }
        _ => name,
    }
}

// ---- shelves --------------------------------------------------------------------------------------------------------

/// Expected daily demand by SKU and location.
#[derive(Default)]
struct Shelves {
    daily: BTreeMap<(String, String), Vec<f64>>,
}

impl Shelves {
    fn new(view: &View, task: &Task) -> Result<Shelves> {
        let params = ForecastParams { h: AHEAD_DAYS, level: Vec::new(), sku: None, location: None };
        let table = view.forecast(&params, task)?;
        let (skus, places, mean) = (table.texts("sku")?, table.texts("location")?, table.floats("auto")?);
        let mut daily: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
        for ((sku, place), mean) in skus.iter().zip(places.iter()).zip(mean.iter()) {
            daily.entry((sku.clone(), place.clone())).or_default().push(*mean);
        }
        Ok(Shelves { daily })
    }

    /// Units a day over the next four weeks at one place.
    fn rate(&self, sku: &str, location: &str) -> f64 {
        let days = self.daily.get(&(sku.to_string(), location.to_string()));
        days.map_or(0.0, |days| days.iter().take(28).sum::<f64>() / days.len().clamp(1, 28) as f64)
    }

    /// Expected units of a SKU over all places, day by day.
    fn of_sku(&self, sku: &str) -> Vec<f64> {
        let mut sum = vec![0.0; AHEAD_DAYS as usize];
        for (_, days) in self.daily.range((sku.to_string(), String::new())..).take_while(|((key, _), _)| key == sku) {
            sum.iter_mut().zip(days).for_each(|(sum, day)| *sum += day);
        }
        sum
    }
}

/// Expected demand of the next `days` days; beyond the horizon the last four weeks go on.
fn until(daily: &[f64], days: i32) -> f64 {
    let days = days.max(0) as usize;
    let inside: f64 = daily.iter().take(days).sum();
    let last = &daily[daily.len().saturating_sub(28)..];
    let rate = last.iter().sum::<f64>() / last.len().max(1) as f64;
    inside + rate * days.saturating_sub(daily.len()) as f64
}

fn stock_rows(view: &View) -> Result<Vec<StockRow>> {
    let row = |row: trousse::engine::StockRow| StockRow {
        name: name(view, &row.sku),
        value_minor: cost(view, &row.sku).saturating_mul(row.on_hand),
        state: state(&row).into(),
        sku: row.sku,
        lot: row.lot,
        expires_on: row.expires_on,
        location: row.location,
        on_hand: row.on_hand,
        held: row.held,
        available: row.available,
    };
    let mut rows = view.stock(&StockParams::default())?;
    rows.retain(|row| row.on_hand != 0);
    rows.sort_by(|a, b| {
        (&a.sku, &a.location, a.expires_on.is_none(), a.expires_on).cmp(&(
            &b.sku,
            &b.location,
            b.expires_on.is_none(),
            b.expires_on,
        ))
    });
    Ok(rows.into_iter().map(row).collect())
}

/// The positions to list: all, but of stock that is only assumed those of the persons' picks.
fn listed(script: &Script, series: &[Series], mut rows: Vec<StockRow>, people: &[Person]) -> Vec<StockRow> {
    if script.assumed_stock && series.is_empty() {
        let picked = |row: &StockRow| people.iter().flat_map(|p| &p.picks).any(|pick| pick.name.starts_with(&row.name));
        rows.retain(picked);
    }
    rows
}

fn state(row: &trousse::engine::StockRow) -> &'static str {
    match row {
        row if row.recalled => "recalled",
        row if row.days_left.is_some_and(|days| days < 0) => "expired",
        row if row.quarantined == row.on_hand => "quarantine",
        row if row.quarantined > 0 => "part in quarantine",
        _ => "sellable",
    }
}

/// Lots of one SKU over all places: what of each is expected to be unsold when it expires.
fn strips(script: &Script, view: &View, shelves: &Shelves) -> Result<Vec<Strip>> {
    let mut all = Vec::new();
    for sku in view.world().catalog.skus() {
        let rows = view.stock(&StockParams { sku: Some(sku.sku.clone()), location: None, ..Default::default() })?;
        if rows.iter().any(|row| row.on_hand > 0 && row.expires_on.is_some()) {
            all.push(strip(script, view, sku, &rows, &shelves.of_sku(&sku.sku))?);
        }
    }
    let loss = |strip: &Strip| {
        let units: f64 = strip.lots.iter().map(|lot| lot.unsold).sum();
        units * cost(view, &strip.sku).max(1) as f64
    };
    all.sort_by(|a, b| loss(b).total_cmp(&loss(a)).then_with(|| a.sku.cmp(&b.sku)));
    Ok(all)
}

fn strip(script: &Script, view: &View, sku: &Sku, rows: &[trousse::engine::StockRow], daily: &[f64]) -> Result<Strip> {
    let mut lots: BTreeMap<(Day, String), (i64, &'static str)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.on_hand > 0) {
        let Some(expires_on) = row.expires_on else { continue };
        let good = row.available + row.held;
        let blocked = state(row);
        let entry = lots.entry((expires_on, row.lot.clone())).or_insert((0, ""));
        entry.0 += if matches!(blocked, "recalled" | "expired") { row.on_hand } else { good };
        if matches!(blocked, "recalled" | "expired") {
            entry.1 = blocked;
        }
    }
    lots.retain(|_, (units, _)| *units > 0);
    let mut sold = 0.0;
    let lots: Vec<StripLot> = lots
        .into_iter()
        .map(|((expires_on, lot), (units, blocked))| {
            let room = (until(daily, expires_on - view.today() + 1) - sold).max(0.0);
            let unsold = if blocked.is_empty() { (units as f64 - room).max(0.0) } else { units as f64 };
            sold += units as f64 - unsold;
            StripLot { lot, expires_on, units, unsold, blocked: blocked.into() }
        })
        .collect();
    let sum = view.availability(&AvailabilityParams { sku: sku.sku.clone(), location: None, ..Default::default() })?;
    let rate = daily.iter().take(28).sum::<f64>() / 28.0;
    Ok(Strip {
        finding: strip_finding(&name(view, &sku.sku), &lots, &sum, rate, script.today),
        sku: sku.sku.clone(),
        daily_demand: rate,
        available_to_promise: sum.available_to_promise,
        held: sum.held,
        lots,
    })
}

fn strip_finding(name: &str, lots: &[StripLot], sum: &trousse::engine::Availability, rate: f64, today: Day) -> String {
    let blocked: i64 = lots.iter().filter(|lot| !lot.blocked.is_empty()).map(|lot| lot.units).sum();
    let late = lots.iter().filter(|lot| lot.blocked.is_empty() && lot.unsold >= 0.5);
    let late: Vec<&StripLot> = late.collect();
    let unsold: f64 = late.iter().map(|lot| lot.unsold).sum();
    if unsold >= 0.5 {
        let units: i64 = late.iter().map(|lot| lot.units).sum();
        return format!("{name}: {} of {units} units will not sell before they expire", number(unsold.max(1.0), 0));
    }
    if blocked > 0 {
        let units = if blocked == 1 { "1 unit".into() } else { format!("{blocked} units") };
        return format!("{name}: {units} must not be sold");
    }
    if sum.available_to_promise == 0 {
        return format!("{name} is sold out");
    }
    let days = sum.available_to_promise as f64 / rate;
    if days.is_finite() && days < 365.0 {
        return format!("{name} lasts until {} as expected", today + days as i32);
    }
    format!("{name} lasts longer than a year")
}

fn calendar(view: &View, strips: &[Strip]) -> Vec<ExpiryWeek> {
    let week = |week: i32| {
        let from = view.today() + 7 * week;
        let mut row = ExpiryWeek { week: from, ..ExpiryWeek::default() };
        for strip in strips {
            let unit = cost(view, &strip.sku);
            for lot in &strip.lots {
                if lot.blocked.is_empty() && lot.expires_on >= from && lot.expires_on < from + 7 {
                    row.units += lot.units;
                    row.value_minor += unit * lot.units;
                    row.unsold_minor += (unit as f64 * lot.unsold).round() as i64;
                }
            }
        }
        row
    };
    if strips.is_empty() { Vec::new() } else { (0..CALENDAR_WEEKS).map(week).collect() }
}

// ---- purchases ------------------------------------------------------------------------------------------------------

/// The engine's proposals for every shelf that has a supplier, those of nothing included.
struct Plan {
    all: Vec<Proposal>,
    review_days: i64,
}

impl Plan {
    fn new(script: &Script, view: &View, task: &Task) -> Result<Plan> {
        let review_days = script.review_days.max(1);
        let params = PlanPurchasesParams { review_days, include_zero: true, ..PlanPurchasesParams::default() };
        Ok(Plan { all: view.plan_purchases(&params, task)?, review_days })
    }

    fn orders(&self) -> impl Iterator<Item = &Proposal> {
        self.all.iter().filter(|proposal| proposal.quantity.0 > 0)
    }

    fn rows(&self, view: &View) -> Vec<Purchase> {
        let mut rows: Vec<Purchase> = self.orders().map(|proposal| self.row(view, proposal)).collect();
        rows.sort_by(|a, b| {
            b.risk_stockout.total_cmp(&a.risk_stockout).then_with(|| (&a.sku, &a.location).cmp(&(&b.sku, &b.location)))
        });
        rows
    }

    fn row(&self, view: &View, proposal: &Proposal) -> Purchase {
        let lead = f64::from(lead_time_days(view, &proposal.supplier));
        let protection = lead + self.review_days as f64;
        let daily = proposal.expected_demand / protection.max(1.0);
        let without = Without::new(proposal);
        // Not the proposal's own cover: beyond its horizon that goes on at the rate of the last day, which is next to
        // nothing where a week's sales are booked on Mondays.
        let days = |units: f64| if daily > 0.0 { units.max(0.0) / daily } else { f64::NAN };
        Purchase {
            supplier: proposal.supplier.clone(),
            sku: proposal.sku.clone(),
            location: proposal.location.clone(),
            quantity: proposal.quantity.0,
            need: proposal.need.0 as f64,
            cost_minor: proposal.cost_minor.unwrap_or(0),
            cover_days: days(without.position),
            cover_after_days: days(without.position + proposal.quantity.0 as f64),
            protection_days: protection,
            risk_stockout: without.risk,
            risk_expiry: proposal.risk_expiry,
            binding: proposal.binding_rule.name().replace('_', " "),
            why: proposal.why.clone(),
        }
    }
}

fn lead_time_days(view: &View, supplier: &str) -> i32 {
    view.world().catalog.supplier(supplier).lead_time_days
}

/// What is to be expected without the order, by a normal distribution through the proposal's mean and 95 % level.
struct Without {
    position: f64,
    risk: f64,
    lost_units: f64,
}

impl Without {
    fn new(proposal: &Proposal) -> Without {
        let (mean, level) = (proposal.expected_demand, proposal.order_up_to.0 as f64);
        let position = level - proposal.need.0 as f64;
        let sd = ((level - mean) / 1.645).max(1e-9);
        let z = (position - mean) / sd;
        let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let lost_units = (sd * (density - z * (1.0 - normal_cdf(z)))).clamp(0.0, mean.max(0.0));
        Without { position, risk: 1.0 - normal_cdf(z), lost_units }
    }
}

// ---- actions --------------------------------------------------------------------------------------------------------

fn actions(view: &View, shelves: &Shelves, plan: &Plan, strips: &[Strip]) -> Result<Vec<Action>> {
    let mut all = blocked(view)?;
    let transfers = transfers(view, plan)?;
    all.extend(orders(view, plan, &transfers));
    all.extend(transfers.into_iter().map(|transfer| transfer.action));
    all.extend(mark_downs(view, strips));
    all.extend(counts(view, shelves)?);
    all.extend(hides(view)?);
    let order = |action: &Action| (action.kind != ActionKind::Quarantine, std::cmp::Reverse(action.gain_minor));
    all.sort_by_key(order);
    let mut of_kind: BTreeMap<&'static str, usize> = BTreeMap::new();
    let (mut first, rest): (Vec<Action>, Vec<Action>) = all.into_iter().partition(|action| {
        let seen = of_kind.entry(word(action.kind)).or_default();
        *seen += 1;
        *seen <= ACTIONS.1
    });
    first.extend(rest.into_iter().filter(|action| action.kind != ActionKind::Quarantine));
    first.truncate(ACTIONS.0);
    first.sort_by_key(order);
    Ok(first)
}

/// The word of a kind of action.
pub fn word(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::Order => "order",
        ActionKind::Transfer => "transfer",
        ActionKind::MarkDown => "mark down",
        ActionKind::Count => "count",
        ActionKind::Quarantine => "quarantine",
        ActionKind::Hide => "hide",
    }
}

/// Goods that must not be sold and still lie on a shelf.
fn blocked(view: &View) -> Result<Vec<Action>> {
    let mut found: BTreeMap<(String, String, &'static str), (i64, Vec<String>)> = BTreeMap::new();
    for row in view.stock(&StockParams::default())? {
        let (state, units) = (state(&row), row.on_hand - row.quarantined);
        if matches!(state, "recalled" | "expired") && units > 0 {
            let lot = if state == "recalled" { row.lot } else { String::new() };
            let sum = found.entry((row.sku, lot, state)).or_default();
            sum.0 += units;
            sum.1.push(row.location);
        }
    }
    let action = |((sku, lot, state), (units, mut places)): ((String, String, &str), (i64, Vec<String>))| {
        places.sort_unstable();
        places.dedup();
        let what = if state == "recalled" { format!("recalled lot {lot} of ") } else { "expired ".into() };
        Action {
            kind: ActionKind::Quarantine,
            title: format!("Take {units} units of the {what}{} off the shelf", name(view, &sku)),
            gain_minor: None,
            reason: format!("They lie at {} and must not be sold: {state}.", places.join(" and ")),
        }
    };
    let mut rows: Vec<_> = found.into_iter().collect();
    rows.sort_by_key(|((_, _, state), (units, _))| (*state != "recalled", std::cmp::Reverse(*units)));
    Ok(rows.into_iter().map(action).collect())
}

fn orders(view: &View, plan: &Plan, transfers: &[Transfer]) -> Vec<Action> {
    let served = |p: &Proposal| transfers.iter().any(|t| t.sku == p.sku && t.to == p.location && t.units >= p.need.0);
    let action = |proposal: &Proposal| {
        let without = Without::new(proposal);
        Action {
            kind: ActionKind::Order,
            title: format!(
                "Order {} × {} from {} for {}",
                proposal.quantity,
                name(view, &proposal.sku),
                proposal.supplier,
                proposal.location
            ),
            gain_minor: worth(without.lost_units * margin(view, &proposal.sku) as f64),
            reason: format!(
                "{}. Without it the risk of running out is {}.",
                capital(&proposal.why),
                percent(without.risk)
            ),
        }
    };
    let mut rows: Vec<(f64, &Proposal)> = plan
        .orders()
        .filter(|p| !served(p))
        .map(|p| (Without::new(p).lost_units * margin_or_one(view, p), p))
        .collect();
    rows.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    rows.into_iter().map(|(_, proposal)| action(proposal)).collect()
}

fn margin_or_one(view: &View, proposal: &Proposal) -> f64 {
    margin(view, &proposal.sku).max(1) as f64
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn percent(share: f64) -> String {
    format!("{}\u{202f}%", number(share * 100.0, 0))
}

/// Units that one place can spare and another needs.
struct Transfer {
    sku: String,
    to: String,
    units: i64,
    action: Action,
}

fn transfers(view: &View, plan: &Plan) -> Result<Vec<Transfer>> {
    let mut found = Vec::new();
    for needy in plan.orders() {
        for giver in plan.all.iter().filter(|p| p.sku == needy.sku && p.location != needy.location) {
            let params = AvailabilityParams {
                sku: giver.sku.clone(),
                location: Some(giver.location.clone()),
                ..Default::default()
            };
            let spare = view.availability(&params)?.available_to_promise - giver.order_up_to.0;
            if needy.need.0 >= 2 && spare >= needy.need.0 {
                found.push(transfer(view, needy, giver, spare));
            }
        }
    }
    found.sort_by_key(|transfer| std::cmp::Reverse((transfer.action.gain_minor, transfer.units)));
    let mut seen: Vec<(String, String)> = Vec::new();
    found.retain(|t| {
        let new = !seen.iter().any(|(sku, _)| *sku == t.sku);
        seen.push((t.sku.clone(), t.to.clone()));
        new
    });
    Ok(found)
}

fn transfer(view: &View, needy: &Proposal, giver: &Proposal, spare: i64) -> Transfer {
    let without = Without::new(needy);
    let units = needy.need.0;
    let action = Action {
        kind: ActionKind::Transfer,
        title: format!("Move {units} × {} from {} to {}", name(view, &needy.sku), giver.location, needy.location),
        gain_minor: worth(without.lost_units * margin(view, &needy.sku) as f64),
        reason: format!(
            "{} lacks {units} units until the next delivery (risk of running out {}), {} can spare {spare}.",
            needy.location,
            percent(without.risk),
            giver.location
        ),
    };
    Transfer { sku: needy.sku.clone(), to: needy.location.clone(), units, action }
}

fn mark_downs(view: &View, strips: &[Strip]) -> Vec<Action> {
    let mut found = Vec::new();
    for strip in strips {
        let late = strip.lots.iter().filter(|lot| lot.blocked.is_empty() && lot.unsold >= 3.0);
        let Some(lot) = late.clone().max_by(|a, b| a.unsold.total_cmp(&b.unsold)) else { continue };
        found.push(Action {
            kind: ActionKind::MarkDown,
            title: format!("Mark down lot {} of {}", lot.lot, name(view, &strip.sku)),
            gain_minor: worth(lot.unsold * cost(view, &strip.sku) as f64),
            reason: format!(
                "{} of its {} units will be unsold when it expires on {}, at {} a day over all places; the gain is their cost.",
                number(lot.unsold, 0),
                lot.units,
                lot.expires_on,
                number(strip.daily_demand, 1)
            ),
        });
    }
    found
}

/// Shelves on which the books are in doubt.
fn counts(view: &View, shelves: &Shelves) -> Result<Vec<Action>> {
    let world = view.world();
    let mut found = Vec::new();
    for (index, shelf) in world.ledger.shelves().iter().enumerate() {
        let belief = view.p_phantom(index);
        if belief < COUNT_FROM {
            continue;
        }
        let (sku, place) = (world.ledger.skus().key(shelf.sku.0), world.ledger.locations().key(shelf.location.0));
        let evidence = world.demand.shelf(index).map(|demand| demand.evidence(view.today())).unwrap_or_default();
        let said = match evidence.complaints {
            0 => String::new(),
            1 => ", and one person said that it was not there".into(),
            n => format!(", and {n} persons said that it was not there"),
        };
        found.push(Action {
            kind: ActionKind::Count,
            title: format!("Count {} at {place}: the books say {}", name(view, sku), world.ledger.sellable(shelf, view.today())),
            gain_minor: worth(belief * shelves.rate(sku, place) * 7.0 * margin(view, sku) as f64),
            reason: format!(
                "Belief that the shelf is empty: {belief:.2}. {} days without a sale where {} a day usually sell{said}.",
                evidence.zero_sale_days,
                number(evidence.daily_rate, 1)
            ),
        });
    }
    found.sort_by_key(|action| std::cmp::Reverse(action.gain_minor));
    Ok(found)
}

/// SKUs that nobody can buy and that nothing is on its way of.
fn hides(view: &View) -> Result<Vec<Action>> {
    let mut found = Vec::new();
    for sku in view.world().catalog.skus() {
        let shelves = view.world().ledger.sku(&sku.sku).map_or(0, |id| view.world().ledger.shelves_of(id).len());
        if shelves == 0 {
            continue;
        }
        let sum =
            view.availability(&AvailabilityParams { sku: sku.sku.clone(), location: None, ..Default::default() })?;
        if sum.available_to_promise == 0 && sum.incoming == 0 {
            found.push(Action {
                kind: ActionKind::Hide,
                title: format!("Hide {}", name(view, &sku.sku)),
                gain_minor: None,
                reason: "Nothing is left to sell anywhere and nothing is on its way.".into(),
            });
        }
    }
    Ok(found)
}

// ---- people ---------------------------------------------------------------------------------------------------------

fn people(script: &Script, view: &View) -> Result<Vec<Person>> {
    script.people.iter().map(|(subject, location)| person(view, subject, location.as_ref())).collect()
}

fn person(view: &View, subject: &str, location: Option<&String>) -> Result<Person> {
    let wish = RecommendParams {
        subject: subject.into(),
        k: SHOWN as i64,
        location: location.cloned(),
        max_per_brand: 2,
        ..RecommendParams::default()
    };
    let picks = view.recommend(&wish)?;
    let withheld = view.withheld(&WithheldParams { subject: subject.into(), location: location.cloned() })?;
    Ok(Person {
        subject: subject.into(),
        profile: profile(view, subject, location),
        picks: picks.iter().map(|pick| shown(view, pick)).collect(),
        withheld: not_shown(view, &withheld),
    })
}

fn profile(view: &View, subject: &str, location: Option<&String>) -> String {
    let people = &view.world().people;
    let Some((id, person)) = people.get(subject) else { return "A stranger.".into() };
    let mut parts = Vec::new();
    if !person.attributes.is_empty() {
        parts.push(person.attributes.join(", ").replace('_', " "));
    }
    if !person.avoid.is_empty() {
        parts.push(format!("avoids {}", person.avoid.join(" and ")));
    }
    match people.taste.history(id).len() {
        _ if !person.allows(Purpose::Personalisation) => {
            parts.push("gave no consent to personal picks: gets what a stranger gets".into())
        }
        0 => parts.push("did nothing yet".into()),
        1 => parts.push("one SKU seen, bought or rated".into()),
        n => parts.push(format!("{n} SKUs seen, bought or rated")),
    }
    parts.extend(location.map(|place| format!("served from {place}")));
    format!("{}.", parts.join("; "))
}

fn shown(view: &View, pick: &trousse::recommend::Pick) -> Pick {
    let entry = sku(view, &pick.sku);
    Pick {
        name: label(view, &pick.sku),
        shade_hex: entry.map(|sku| sku.shade_hex.clone()).filter(|hex| !hex.is_empty()),
        price_minor: entry.and_then(|sku| sku.price).map(|price| price.minor),
        reason: readable(view, &pick.why),
    }
}

fn label(view: &View, key: &str) -> String {
    match sku(view, key) {
        Some(sku) if !sku.product.is_empty() && !sku.brand.is_empty() && !sku.product.contains(&sku.brand) => {
            format!("{} ({})", sku.product, sku.brand)
        }
        _ => name(view, key),
    }
}

/// The engine's words with the names of SKUs in place of their keys.
fn readable(view: &View, why: &str) -> String {
    let word = |word: &str| {
        let key = word.trim_end_matches(';');
        match sku(view, key) {
            Some(sku) if !sku.product.is_empty() => format!("{}{}", sku.product, &word[key.len()..]),
            _ => word.to_string(),
        }
    };
    why.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Withheld items: hard rules first, then recalls, expiry and stock; the rest is counted in a last row.
fn not_shown(view: &View, rows: &[trousse::engine::WithheldRow]) -> Vec<Withheld> {
    let order = |row: &trousse::engine::WithheldRow| match row.reason.as_str() {
        "hard_rule" if row.why == "ingredients unknown" => (4, "unknown"),
        "hard_rule" => (0, "allergen"),
        "recalled" => (1, "recall"),
        "expired" => (2, "expiry"),
        _ => (3, "stock"),
    };
    let mut sorted: Vec<&trousse::engine::WithheldRow> = rows.iter().collect();
    sorted.sort_by_key(|row| (order(row).0, &row.sku));
    let row = |row: &&trousse::engine::WithheldRow| Withheld {
        name: label(view, &row.sku),
        kind: order(row).1.into(),
        detail: row.why.clone(),
    };
    let mut shown: Vec<Withheld> = sorted.iter().take(SHOWN).map(row).collect();
    if sorted.len() > SHOWN {
        let mut rest: BTreeMap<&str, usize> = BTreeMap::new();
        sorted[SHOWN..].iter().for_each(|row| *rest.entry(order(row).1).or_default() += 1);
        let words: Vec<String> = rest.iter().map(|(kind, n)| format!("{} for {kind}", number(*n as f64, 0))).collect();
        let name = format!("… and {} more", number((sorted.len() - SHOWN) as f64, 0));
        shown.push(Withheld { name, kind: "more".into(), detail: words.join(", ") });
    }
    shown
}

// ---- feedback -------------------------------------------------------------------------------------------------------

/// Weeks shown of the signals.
const SIGNAL_WEEKS: i32 = 53;
/// Signals of people are shown only for a week with at least so many.
const LEAST_OF_PEOPLE: i64 = 5;

/// A count and a sum per week, and one of the whole.
struct Weekly {
    kind: Option<SignalKind>,
    weeks: Vec<(i64, i64)>,
}

fn feedback(script: &Script, view: &View) -> Result<Vec<Signal>> {
    let weeks = ((script.today - script.from + 6) / 7).clamp(1, SIGNAL_WEEKS);
    let from = script.today + -7 * weeks;
    let rows = view.signals(&SignalsParams { sku: None, from: Some(from), min_n: 1 })?;
    let weekly = |kind: SignalKind, sku: Option<&str>| {
        let mut sums = vec![(0, 0); weeks as usize];
        for row in rows.iter().filter(|row| row.kind == kind && sku.is_none_or(|sku| row.sku == sku)) {
            let week = ((row.ds - from) / 7).clamp(0, weeks - 1) as usize;
            sums[week] = (sums[week].0 + row.n, sums[week].1 + row.sum);
        }
        Weekly { kind: Some(kind), weeks: sums }
    };
    let days: Vec<Day> = (0..weeks).map(|week| from + 7 * week).collect();
    let mut signals = Vec::new();
    let marks = complaint_marks(script);
    for (kind, what) in [
        (SignalKind::NotAvailable, "“not available” complaints"),
        (SignalKind::Return, "units brought back"),
        (SignalKind::View, "views"),
        (SignalKind::Click, "clicks"),
        (SignalKind::Rating, "ratings"),
        (SignalKind::Review, "reviews"),
        (SignalKind::Purchase, "units bought by known persons"),
    ] {
        let marks = if kind == SignalKind::NotAvailable { marks.clone() } else { Vec::new() };
        signals.extend(counted(&weekly(kind, None), what, &days, marks));
    }
    let worst = worst_rated(view, &rows, script);
    if let Some(sku) = worst {
        let (ratings, reviews) = (weekly(SignalKind::Rating, Some(&sku)), weekly(SignalKind::Review, Some(&sku)));
        signals.insert(0, stars(view, &sku, &ratings, &reviews, &days, script));
    }
    Ok(signals)
}

fn counted(weekly: &Weekly, what: &str, days: &[Day], marks: Vec<(Day, String)>) -> Option<Signal> {
    let total: i64 = weekly.weeks.iter().map(|(n, _)| n).sum();
    if total == 0 {
        return None;
    }
    let personal = weekly.kind.is_some_and(SignalKind::is_personal);
    let value = |(n, _): &(i64, i64)| if personal && *n < LEAST_OF_PEOPLE { 0.0 } else { *n as f64 };
    let values: Vec<f64> = weekly.weeks.iter().map(value).collect();
    let mean = |weeks: &[f64]| weeks.iter().sum::<f64>() / weeks.len().max(1) as f64;
    let recent = values.len().saturating_sub(4);
    let (was, is) = (mean(&values[..recent]), mean(&values[recent..]));
    let trend = match () {
        () if recent == 0 => format!("{} a week", number(is, 1)),
        () if is > 1.25 * was => format!("{} a week lately, up from {}", number(is, 1), number(was, 1)),
        () if is < 0.8 * was => format!("{} a week lately, down from {}", number(is, 1), number(was, 1)),
        () => format!("steady at {} a week", number(is, 1)),
    };
    let finding =
        format!("{}: {trend}", capital(what.trim_start_matches('“')).replacen("Not available”", "“Not available”", 1));
    let unit = if marks.is_empty() { format!("{what} a week") } else { "a week".into() };
    Some(Signal { finding, unit, days: days.to_vec(), values, marks })
}

/// Counts of shelves that complaints had named before.
fn complaint_marks(script: &Script) -> Vec<(Day, String)> {
    let mut complained: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    let mut marks: Vec<(i64, Day, String)> = Vec::new();
    for (at, input) in &script.inputs {
        match input {
            Input::Fact(Fact::Complaint(c)) => {
                if let Some(place) = &c.location {
                    *complained.entry((&c.sku, place)).or_default() += 1;
                }
            }
            Input::Fact(Fact::Count(c)) => {
                if let Some(n) = complained.remove(&(c.sku.as_str(), c.location.as_str())) {
                    let words = format!("{} counted at {} after {n} complaints: {}", c.sku, c.location, c.quantity);
                    marks.push((n, at.day(0), words));
                }
            }
            _ => {}
        }
    }
    marks.sort_by_key(|(n, day, _)| (std::cmp::Reverse(*n), *day));
    marks.truncate(3);
    marks.sort_by_key(|(_, day, _)| *day);
    marks.into_iter().map(|(_, day, words)| (day, words)).collect()
}

/// The SKU with the lowest mean stars among those with enough of them; a recalled one is preferred.
fn worst_rated(view: &View, rows: &[trousse::engine::SignalRow], script: &Script) -> Option<String> {
    let mut stars: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for row in rows.iter().filter(|row| matches!(row.kind, SignalKind::Rating | SignalKind::Review)) {
        let sum = stars.entry(&row.sku).or_default();
        *sum = (sum.0 + row.n, sum.1 + row.sum);
    }
    let recalled: Vec<&str> = recalls(script).into_iter().map(|(_, sku, _)| sku).collect();
    let mean = |(n, sum): (i64, i64)| sum as f64 / n.max(1) as f64;
    let enough = stars.into_iter().filter(|(sku, (n, _))| *n >= 20 && sku_known(view, sku));
    let key = |(sku, tally): &(&str, (i64, i64))| (!recalled.contains(sku), mean(*tally));
    let lowest = enough.min_by(|a, b| {
        let ((no_a, mean_a), (no_b, mean_b)) = (key(a), key(b));
        no_a.cmp(&no_b).then(mean_a.total_cmp(&mean_b)).then_with(|| a.0.cmp(b.0))
    });
    lowest.map(|(sku, _)| sku.to_string())
}

fn sku_known(view: &View, key: &str) -> bool {
    sku(view, key).is_some()
}

/// Day, SKU and lot of each recall.
fn recalls(script: &Script) -> Vec<(Day, &str, &str)> {
    script
        .inputs
        .iter()
        .filter_map(|(at, input)| match input {
            Input::Fact(Fact::Recall(r)) => Some((at.day(0), r.sku.as_str(), r.lot.as_str())),
            _ => None,
        })
        .collect()
}

fn stars(view: &View, sku: &str, ratings: &Weekly, reviews: &Weekly, days: &[Day], script: &Script) -> Signal {
    let weeks = ratings.weeks.iter().zip(&reviews.weeks).map(|(a, b)| (a.0 + b.0, a.1 + b.1));
    let values: Vec<f64> =
        weeks.clone().map(|(n, sum)| if n >= LEAST_OF_PEOPLE { sum as f64 / n as f64 } else { f64::NAN }).collect();
    let (n, sum) = weeks.fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    let lowest = values.iter().copied().filter(|v| v.is_finite()).fold(f64::INFINITY, f64::min);
    let low = if lowest.is_finite() { format!(", {} in the worst week", number(lowest, 1)) } else { String::new() };
    let marks = recalls(script).into_iter().filter(|(_, recalled, _)| *recalled == sku);
    Signal {
        finding: format!(
            "{}: {} stars in the mean of {n}{low}",
            name(view, sku),
            number(sum as f64 / n.max(1) as f64, 1)
        ),
        unit: format!("mean stars a week (from {LEAST_OF_PEOPLE} on)"),
        days: days.to_vec(),
        values,
        marks: marks.map(|(day, _, lot)| (day, format!("lot {lot} recalled"))).collect(),
    }
}

// ---- tiles and method -----------------------------------------------------------------------------------------------

fn tiles(script: &Script, played: &Played, page: &Page, shelves: &Shelves, told: &[Told]) -> Vec<Tile> {
    let view = &played.view;
    let period = format!("{} to {}", script.from, script.today + -1);
    let mut tiles = stock_tiles(script, view, page);
    tiles.extend(service_tiles(view, shelves, &period));
    tiles.extend(error_tile(told));
    if page.stock.iter().any(|row| row.expires_on.is_some()) {
        tiles.push(lost_tile(view, page, &period));
    }
    if tiles.len() < 6 {
        tiles.push(journal_tile(played));
    }
    tiles
}

fn journal_tile(played: &Played) -> Tile {
    Tile {
        label: "Journal".into(),
        value: number(played.position.sequence as f64, 0),
        unit: "events".into(),
        note: format!("{} refused", number(played.refused.values().map(|(n, _)| *n as f64).sum(), 0)),
        definition: "Events of the journal, timers included; refusals are events too".into(),
        ..Tile::default()
    }
}

fn stock_tiles(script: &Script, view: &View, page: &Page) -> Vec<Tile> {
    if page.stock.is_empty() {
        return Vec::new();
    }
    let value: i64 = page.stock.iter().map(|row| row.value_minor).sum();
    let units: i64 = view.world().ledger.shelves().iter().map(trousse::ledger::Shelf::on_hand).sum();
    let on = format!("{}on {}", if script.assumed_stock { "assumed, " } else { "" }, view.today());
    if value == 0 {
        return vec![Tile {
            label: "Units in stock".into(),
            value: number(units as f64, 0),
            unit: "units".into(),
            note: format!("{on}; the source has no costs"),
            definition: "Units on hand in any condition".into(),
            ..Tile::default()
        }];
    }
    let mut tiles = vec![Tile {
        label: "Stock value".into(),
        value: number(value as f64 / 100.0, 0),
        unit: script.currency.clone(),
        note: format!("at cost, {on}"),
        definition: "Units on hand in any condition × cost of a unit".into(),
        ..Tile::default()
    }];
    if page.stock.iter().any(|row| row.expires_on.is_some()) {
        let soon = |week: &&ExpiryWeek| week.week - view.today() < 90;
        let sum = |of: fn(&ExpiryWeek) -> i64| page.expiry.iter().filter(soon).map(of).sum::<i64>();
        let (value, unsold) = (sum(|w| w.value_minor), sum(|w| w.unsold_minor));
        tiles.push(Tile {
            label: "Expiring in 90 days".into(),
            value: number(value as f64 / 100.0, 0),
            unit: script.currency.clone(),
            note: format!("of which {} is expected to be unsold", money(unsold, &script.currency)),
            definition:
                "Cost of lots that expire within 13 weeks; unsold: beyond the forecast, first expired first out".into(),
            tone: if unsold > 0 { Tone::Warn } else { Tone::Good },
            trend: Vec::new(),
        });
    }
    tiles
}

/// Fill rate and days without stock, from the demand that the forecast is fed with.
fn service_tiles(view: &View, shelves: &Shelves, period: &str) -> Vec<Tile> {
    let (mut sold, mut wanted, mut empty, mut days) = (0.0, 0.0, 0u64, 0u64);
    for (sku, location) in shelves.daily.keys() {
        let params = DemandParams { sku: sku.clone(), location: Some(location.clone()), ..DemandParams::default() };
        for day in view.demand(&params).unwrap_or_default().iter().filter(|day| day.ds < view.today()) {
            days += 1;
            empty += u64::from(day.in_stock < 0.5);
            if day.in_stock >= 0.1 {
                sold += day.y as f64;
                wanted += day.y as f64 / day.in_stock;
            }
        }
    }
    if days == 0 || wanted <= 0.0 {
        return Vec::new();
    }
    let fill = sold / wanted;
    let tone = |good: bool, bad: bool| match (good, bad) {
        (true, _) => Tone::Good,
        (_, true) => Tone::Bad,
        _ => Tone::Warn,
    };
    vec![
        Tile {
            label: "Fill rate".into(),
            value: number(fill * 100.0, 1),
            unit: "%".into(),
            note: period.into(),
            definition: "Units sold ÷ demand, where the demand of a day is its sales ÷ the share of it in stock".into(),
            tone: tone(fill > 0.98, fill < 0.9),
            trend: Vec::new(),
        },
        Tile {
            label: "Stock-outs".into(),
            value: number(empty as f64, 0),
            unit: "shelf-days".into(),
            note: format!("{} of {} shelf-days", percent(empty as f64 / days as f64), number(days as f64, 0)),
            definition:
                "Days of a SKU at a place of which less than half was in stock, beliefs in phantom stock included"
                    .into(),
            tone: tone(empty * 50 < days, empty * 10 > days),
            trend: Vec::new(),
        },
    ]
}

fn error_tile(told: &[Told]) -> Option<Tile> {
    let scores: Vec<Score> = told.iter().filter_map(|one| one.score).collect();
    let ratios: Vec<f64> = scores.iter().filter(|s| s.naive_error > 0.0).map(|s| s.error / s.naive_error).collect();
    if ratios.is_empty() {
        return None;
    }
    let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
    let better = ratios.iter().filter(|ratio| **ratio < 1.0).count();
    Some(Tile {
        label: "Error against naive".into(),
        value: number((mean - 1.0) * 100.0, 0),
        unit: "%".into(),
        note: format!("better on {better} of {} series", ratios.len()),
        definition:
            "Mean over series of absolute error ÷ that of the seasonal naive forecast, on the last steps, which the models had not seen"
                .into(),
        tone: if mean < 1.0 { Tone::Good } else { Tone::Bad },
        trend: Vec::new(),
    })
}

fn lost_tile(view: &View, page: &Page, period: &str) -> Tile {
    let ledger = &view.world().ledger;
    let skus = view.world().catalog.skus();
    let adjusted: i64 = skus
        .iter()
        .filter_map(|sku| ledger.sku(&sku.sku))
        .map(|id| -ledger.outside(id, Outside::CountDifference))
        .sum();
    let dead = |state: &str| page.stock.iter().filter(|row| row.state == state).map(|row| row.on_hand).sum::<i64>();
    let (expired, recalled) = (dead("expired"), dead("recalled"));
    let missing = (-adjusted).max(0);
    Tile {
        label: "Units lost".into(),
        value: number((missing + expired + recalled) as f64, 0),
        unit: "units".into(),
        note: format!("{missing} missing at counts, {expired} expired, {recalled} recalled"),
        definition: format!(
            "Missing at counts and sales less found, {period}; expired and recalled units still on hand"
        ),
        tone: if missing + expired + recalled > 0 { Tone::Warn } else { Tone::Good },
        trend: Vec::new(),
    }
}

fn method(script: &Script, played: &Played, told: &[Told]) -> Method {
    let mut models: BTreeMap<&'static str, (usize, Score)> = BTreeMap::new();
    for one in told {
        let Some(score) = one.score.filter(|score| score.sold > 0.0) else { continue };
        let row = models.entry(one.forecast.model.name()).or_default();
        row.0 += 1;
        row.1.error += score.error / score.sold;
        row.1.naive_error += score.naive_error / score.sold;
    }
    let row = |(model, (series, sum)): (&'static str, (usize, Score))| ModelRow {
        model: model.replace('_', " "),
        series,
        error: sum.error / series as f64,
        naive_error: sum.naive_error / series as f64,
    };
    Method {
        models: models.into_iter().map(row).collect(),
        error_name: "WAPE".into(),
        settings: settings(script, played),
        notes: script.notes.iter().cloned().chain(words()).collect(),
        links: vec![("how trousse works".into(), "https://docs.rs/trousse".into())],
    }
}

fn words() -> Vec<String> {
    [
        "Every number is asked of a view of the engine: a fold of the journal, so that the same events give the same numbers.",
        "Forecasts: several simple models are scored on steps that they have not seen and averaged by their errors; a step with an empty shelf does not count as a step without demand. WAPE is the sum of absolute errors over the sum of units.",
        "Purchases: up to the 95 % level of the demand until an order of the next review would be there, in the supplier's packs, not more than sells before it expires. Each place is planned by itself, as if suppliers delivered to it; where another place can spare what is missing, a transfer is proposed instead of the order. The risk without the order is that of a normal distribution through the same mean and level.",
        "People: nothing that is out of stock, expired, recalled or against a person's rules is ever shown; what is left is ranked by taste, recent demand and how sure it is that it is there.",
    ]
    .map(String::from)
    .to_vec()
}

fn settings(script: &Script, played: &Played) -> Vec<(String, String)> {
    let inputs: Vec<String> =
        played.inputs.iter().map(|(kind, n)| format!("{} {kind}", number(*n as f64, 0))).collect();
    let refused: Vec<String> = played
        .refused
        .iter()
        .map(|(code, (n, first))| format!("{} {code}, the first: {first}", number(*n as f64, 0)))
        .collect();
    let suppliers: Vec<String> =
        script.suppliers.iter().map(|s| format!("{} {} days", s.supplier, s.lead_time_days)).collect();
    vec![
        ("Inputs".into(), inputs.join(", ")),
        ("Refused".into(), if refused.is_empty() { "none".into() } else { refused.join("; ") }),
        ("Sold beyond the books".into(), format!("{} units", number(played.missing_units as f64, 0))),
        ("Review period".into(), format!("{} days", script.review_days)),
        ("Lead times".into(), if suppliers.is_empty() { "none".into() } else { suppliers.join(", ") }),
        ("Service level".into(), "95 %".into()),
        ("Intervals".into(), "80 % and 95 %".into()),
    ]
}
