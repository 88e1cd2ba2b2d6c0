//! Counts and stock-outs on public data: accuracy, calibration, recovery of lost demand, bias, time.
//!
//! `make bench-counts DATA=folder` reads `carparts`, `online_retail_weekly_2010`, `freshretail_hourly_instock` and
//! `freshretail_daily` (`*.csv.gz`: `unique_id`, `y`, `split` …) and `freshretail_hour_profile.json`. Scored are the last
//! rows of each series, forecast from those before. Scaled pinball: mean over the levels .025, .1, .5, .9, .975 of the
//! pinball loss ÷ the mean absolute first difference from the first sale on; MASE: mean absolute error ÷ that of the
//! (seasonal) naive forecast in sample; a level is calibrated where P(Y < q) − .03 ≤ level ≤ P(Y ≤ q) + .03.
//! Without a folder a seeded panel is forecast, so that CI runs the same code.

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use trousse::forecast::{Forecast, Options, SlotSales, adida, croston, imapa, panel, recover_panel, sba, tsb};
use trousse::{Panel, Task};
use trousse_benches::{Random, measure, size};

const LEVELS: [f64; 5] = [0.025, 0.1, 0.5, 0.9, 0.975];

fn main() {
    match std::env::args().skip(1).find(|argument| Path::new(argument).is_dir()) {
        Some(folder) => {
            let folder = Path::new(&folder);
            counted(folder, "carparts", 12, 12, 12, 0.205);
            counted(folder, "online_retail_weekly_2010", 8, 1, 1, 0.290);
            stock_outs(folder);
            daily(folder);
        }
        None => seeded(),
    }
}

/// A csv.gz file by columns of text.
struct Csv {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Csv {
    fn read(file: &Path) -> Csv {
        let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("gzip with UTF-8 in it");
        let mut lines = text.lines().map(|line| line.split(',').map(String::from).collect::<Vec<String>>());
        Csv { head: lines.next().expect("a header"), rows: lines.collect() }
    }
    fn at(&self, column: &str) -> usize {
        self.head.iter().position(|name| name == column).unwrap_or_else(|| panic!("no column {column}"))
    }
    fn numbers(&self, column: &str) -> Vec<f64> {
        let at = self.at(column);
        self.rows.iter().map(|row| row[at].parse().expect("a number")).collect()
    }
    /// First and last row (exclusive) of each series.
    fn series(&self) -> Vec<(usize, usize)> {
        let (id, mut from, mut series) = (self.at("unique_id"), 0, Vec::new());
        for row in 1..=self.rows.len() {
            if row == self.rows.len() || self.rows[row][id] != self.rows[from][id] {
                series.push((from, row));
                from = row;
            }
        }
        series
    }
}

fn panel_of(series: &[Vec<f64>]) -> Panel {
    let mut offsets = vec![0];
    series.iter().for_each(|one| offsets.push(offsets[offsets.len() - 1] + one.len()));
    let ids = (0..series.len()).map(|i| format!("s{i}")).collect();
    Panel::new(ids, series.concat(), offsets).expect("offsets rise")
}

/// Sums over points and series.
#[derive(Default)]
struct Score {
    pinball: [f64; 5],
    scaled: f64,
    below: [f64; 5],
    upto: [f64; 5],
    points: f64,
    absolute: f64,
    seasonal: f64,
    error: f64,
    actual: f64,
    whole: bool,
}

impl Score {
    fn add(&mut self, train: &[f64], test: &[f64], forecast: &Forecast, lag: usize) {
        let first = train.iter().position(|y| *y != 0.0).unwrap_or(train.len());
        let scale = mean(train[first..].windows(2).map(|pair| (pair[1] - pair[0]).abs()));
        let naive = mean((lag..train.len()).map(|t| (train[t] - train[t - lag]).abs()));
        let mut sums = [0.0; 5];
        let mut absolute = 0.0;
        for (step, y) in test.iter().enumerate() {
            for (k, level) in LEVELS.into_iter().enumerate() {
                let q = forecast.quantile(step, level);
                self.whole &= q >= 0.0 && q.fract() == 0.0;
                sums[k] += if *y >= q { level * (y - q) } else { (1.0 - level) * (q - y) };
                self.below[k] += f64::from(u8::from(*y < q));
                self.upto[k] += f64::from(u8::from(*y <= q));
            }
            self.points += 1.0;
            self.error += forecast.mean[step] - y;
            self.actual += y;
            absolute += (forecast.mean[step] - y).abs();
        }
        if scale > 0.0 {
            self.scaled += 1.0;
            self.pinball.iter_mut().zip(sums).for_each(|(own, sum)| *own += sum / test.len() as f64 / scale);
        }
        if naive > 0.0 {
            self.seasonal += 1.0;
            self.absolute += absolute / test.len() as f64 / naive;
        }
    }

    fn scaled_pinball(&self) -> f64 {
        self.pinball.iter().sum::<f64>() / 5.0 / self.scaled
    }

    fn print(&self, name: &str, seconds: f64, series: usize) {
        let spl = self.scaled_pinball();
        let each = seconds / series as f64 * 1e3;
        println!(
            "{name}: SPL {spl:.4}  MASE {:.3}  bias {:+.1} %  whole quantiles {}  {each:.2} ms a series",
            self.absolute / self.seasonal,
            100.0 * self.error / self.actual,
            self.whole
        );
        for (k, level) in LEVELS.into_iter().enumerate() {
            let (below, upto) = (self.below[k] / self.points, self.upto[k] / self.points);
            let calibrated = below - 0.03 <= level && level <= upto + 0.03;
            println!("  level {level:<5}  P(Y < q) {below:.3}  P(Y <= q) {upto:.3}  calibrated {calibrated}");
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0f64), |(sum, count), value| (sum + value, count + 1.0));
    sum / count.max(1.0)
}

/// Scores one set; the run fails where the scaled pinball loss on the test rows is not below `most`. For choices,
/// `inner`: the training rows alone, their last rows held out.
fn counted(folder: &Path, name: &str, horizon: usize, season: usize, lag: usize, most: f64) {
    let csv = Csv::read(&folder.join(format!("{name}.csv.gz")));
    let y = csv.numbers("y");
    let cut = if std::env::args().any(|argument| argument == "inner") { horizon } else { 0 };
    let series: Vec<&[f64]> = csv.series().into_iter().map(|(from, to)| &y[from..to - cut]).collect();
    let split = |one: &&[f64]| one[..one.len() - horizon].to_vec();
    let train: Vec<Vec<f64>> = series.iter().map(split).collect();
    let options = Options { season, horizon, levels: Vec::new(), ..Options::default() };
    let input = panel_of(&train);
    let start = Instant::now();
    let forecasts = panel(&input, &options, &Task::default()).expect("finite series");
    let seconds = start.elapsed().as_secs_f64();
    let mut score = Score { whole: true, ..Score::default() };
    for ((one, train), forecast) in series.iter().zip(&train).zip(&forecasts) {
        score.add(train, &one[train.len()..], forecast, lag);
    }
    score.print(name, seconds, series.len());
    assert!(cut > 0 || score.scaled_pinball() < most, "{name}: scaled pinball {:.4}", score.scaled_pinball());
    kernels(&train);
}

type Kernel = fn(&[f64]) -> f64;

fn kernels(train: &[Vec<f64>]) {
    let kernels: [(&str, Kernel); 5] = [
        ("croston", |y| croston(y, 0.1).unwrap_or(0.0)),
        ("sba", |y| sba(y, 0.1).unwrap_or(0.0)),
        ("tsb", |y| tsb(y, 0.1, 0.1).unwrap_or(0.0)),
        ("adida", adida),
        ("imapa", imapa),
    ];
    for (name, kernel) in kernels {
        let start = Instant::now();
        let sum: f64 = train.iter().map(|y| kernel(y)).sum();
        let ms = start.elapsed().as_secs_f64() * 1e3;
        println!("  {name}: {ms:.2} ms for {} series, sum {sum:.3}", train.len());
    }
}

const HOURS: usize = 24;
const TEST_DAYS: usize = 14;
const SEEDS: u64 = 5;

/// WAPE and bias.
#[derive(Default, Clone, Copy)]
struct Off {
    absolute: f64,
    error: f64,
    actual: f64,
}

impl Off {
    fn add(&mut self, found: f64, truth: f64) {
        self.absolute += (found - truth).abs();
        self.error += found - truth;
        self.actual += truth;
    }
    fn text(&self) -> String {
        format!("WAPE {:.3} bias {:+.1} %", self.absolute / self.actual, 100.0 * self.error / self.actual)
    }
}

/// One item's hours with simulated stock-outs.
struct Simulated {
    item: SlotSales,
    censored: Vec<bool>,
}

/// Each day without a recorded stock-out gets, with probability .35, an opening stock of the 75 % quantile of the daily
/// sales of such days; where its cumulative sales reach that before 21:00, what follows is lost.
fn simulate(hours: &[f64], mask: &[u32], seed: u64) -> Simulated {
    let mut random = Random(seed);
    let mut in_stock: Vec<f64> = mask
        .iter()
        .flat_map(|mask| (0..HOURS).map(move |hour| if mask >> hour & 1 == 1 { 0.0 } else { 1.0 }))
        .collect();
    let mut sales = hours.to_vec();
    let total = |day: &[f64]| day.iter().sum::<f64>();
    let days = || hours.chunks(HOURS).zip(mask);
    let mut full: Vec<f64> = days().filter(|(_, mask)| **mask == 0).map(|(day, _)| total(day)).collect();
    full.sort_by(f64::total_cmp);
    let at = 0.75 * (full.len() as f64 - 1.0);
    let low = at.floor() as usize;
    let stock = full[low] + (at - at.floor()) * (full[(low + 1).min(full.len() - 1)] - full[low]);
    let mut censored = vec![false; mask.len()];
    for (day, (own, mask)) in days().enumerate() {
        let short = random.unit() < 0.35;
        if *mask != 0 || !short {
            continue;
        }
        let mut sum = 0.0;
        let reached = own.iter().position(|y| {
            sum += y;
            sum >= stock
        });
        let Some(hour) = reached.filter(|hour| *hour < 21) else { continue };
        censored[day] = true;
        let from = day * HOURS + hour;
        sales[from] -= sum - stock;
        sales[from + 1..(day + 1) * HOURS].fill(0.0);
        in_stock[from + 1..(day + 1) * HOURS].fill(0.0);
    }
    Simulated { item: SlotSales { slots: HOURS, sales, in_stock, profile: None }, censored }
}

/// The same sales by whole days, in stock for a share of the day that the hour profile gives.
fn days_of(item: &SlotSales, profile: &[f64]) -> SlotSales {
    let share = |day: &[f64]| day.iter().zip(profile).map(|(stocked, share)| stocked * share).sum::<f64>().min(1.0);
    let whole = |day: &[f64]| if day.iter().all(|stocked| *stocked == 1.0) { 1.0 } else { share(day) };
    SlotSales {
        slots: 1,
        sales: item.sales.chunks(HOURS).map(|day| day.iter().sum()).collect(),
        in_stock: item.in_stock.chunks(HOURS).map(whole).collect(),
        profile: None,
    }
}

/// Units by hour on days on which the shelf did not run empty, added to `sum`; answers how many days those were.
fn add_full_days(sum: &mut [f64], item: &SlotSales) -> usize {
    let days = item.sales.chunks(HOURS).zip(item.in_stock.chunks(HOURS));
    let full: Vec<&[f64]> =
        days.filter(|(_, stocked)| stocked.iter().all(|share| *share == 1.0)).map(|(sales, _)| sales).collect();
    full.iter().for_each(|sales| sum.iter_mut().zip(*sales).for_each(|(sum, sold)| *sum += sold));
    full.len()
}

fn shares_of(units: &[f64]) -> Vec<f64> {
    let total: f64 = units.iter().sum();
    units.iter().map(|own| own / total).collect()
}

/// The hours of all items, as the engine learns them.
fn learned_profile(panel: &[SlotSales]) -> Vec<f64> {
    let mut sum = vec![100.0 / HOURS as f64; HOURS];
    panel.iter().for_each(|item| {
        add_full_days(&mut sum, item);
    });
    shares_of(&sum)
}

/// The hours of one item, drawn towards those of all by what it sells in 20 days: as the engine does.
fn own_profile(item: &SlotSales, all: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; HOURS];
    let days = add_full_days(&mut sum, item).max(1) as f64;
    let daily = sum.iter().sum::<f64>() / days;
    sum.iter_mut().zip(all).for_each(|(sum, share)| *sum += 20.0 * daily * share);
    if daily > 0.0 { shares_of(&sum) } else { all.to_vec() }
}

fn profile(folder: &Path) -> Vec<f64> {
    let text = std::fs::read_to_string(folder.join("freshretail_hour_profile.json")).expect("the hour profile");
    let numbers = text.trim().trim_matches(['[', ']']).split(',');
    numbers.map(|number| number.trim().parse().expect("a number")).collect()
}

fn stock_outs(folder: &Path) {
    let csv = Csv::read(&folder.join("freshretail_hourly_instock.csv.gz"));
    let by_hour: Vec<Vec<f64>> = (0..HOURS).map(|hour| csv.numbers(&format!("h{hour:02}"))).collect();
    let mask: Vec<u32> = csv.numbers("oos_mask").into_iter().map(|mask| mask as u32).collect();
    let profile = profile(folder);
    let ways = ["raw", "scaled by the hour profile", "recovered by day", "recovered by hour"];
    let by_clock = [1.0 / HOURS as f64; HOURS];
    let (mut recovery, mut bias) = ([Off::default(); 4], [Off::default(); 6]);
    let mut shares = [Off::default(); 3];
    let (mut seconds, mut days) = (0.0, 0);
    for seed in 0..SEEDS {
        let mut items = Vec::new();
        let mut truth = Vec::new();
        for (i, (from, to)) in csv.series().into_iter().enumerate() {
            let hours: Vec<f64> = (from..to).flat_map(|row| by_hour.iter().map(move |hour| hour[row])).collect();
            let train = to - from - TEST_DAYS;
            items.push(simulate(&hours[..train * HOURS], &mask[from..from + train], seed << 32 | i as u64));
            truth.push((hours, &mask[from..to]));
        }
        let panel: Vec<SlotSales> = items.iter().map(|one| one.item.clone()).collect();
        let start = Instant::now();
        let found = recover_panel(&panel).expect("sound hours");
        seconds += start.elapsed().as_secs_f64();
        let by_day =
            recover_panel(&panel.iter().map(|item| days_of(item, &profile)).collect::<Vec<_>>()).expect("sound days");
        let of_day = |profile: &dyn Fn(usize) -> Vec<f64>| {
            let days = panel.iter().enumerate().map(|(i, item)| days_of(item, &profile(i)));
            recover_panel(&days.collect::<Vec<_>>()).expect("sound days")
        };
        let learned = learned_profile(&panel);
        let others = [
            of_day(&|_| by_clock.to_vec()),
            of_day(&|_| learned.clone()),
            of_day(&|i| own_profile(&panel[i], &learned)),
        ];
        for (i, (one, (hours, _))) in items.iter().zip(&truth).enumerate() {
            for t in (0..one.censored.len()).filter(|t| one.censored[*t]) {
                let real = hours[t * HOURS..(t + 1) * HOURS].iter().sum();
                shares.iter_mut().zip(&others).for_each(|(off, way)| off.add(way[i].demand[t], real));
            }
        }
        for (((one, found), by_day), (hours, mask)) in items.iter().zip(&found).zip(&by_day).zip(&truth) {
            let day = |values: &[f64], day: usize| values[day * HOURS..(day + 1) * HOURS].iter().sum::<f64>();
            let train = one.censored.len();
            let seen: Vec<f64> = (0..train).map(|t| day(&one.item.sales, t)).collect();
            let real: Vec<f64> = (0..train + TEST_DAYS).map(|t| day(hours, t)).collect();
            let share = |t: usize| {
                let own = one.item.in_stock[t * HOURS..(t + 1) * HOURS].iter().zip(&profile);
                own.map(|(stocked, share)| stocked * share).sum::<f64>().max(0.1)
            };
            for t in (0..train).filter(|t| one.censored[*t]) {
                days += 1;
                for (off, value) in
                    recovery.iter_mut().zip([seen[t], seen[t] / share(t), by_day.demand[t], found.demand[t]])
                {
                    off.add(value, real[t]);
                }
            }
            // only days recorded as fully in stock, as they are, or as their simulated stock-out left them
            let learned = |use_day: &dyn Fn(usize) -> bool, value: &dyn Fn(usize) -> f64, t: usize| {
                let same = (0..train).filter(|d| d % 7 == t % 7 && mask[*d] == 0 && use_day(*d));
                let of_weekday: Vec<f64> = same.map(value).collect();
                let all = (0..train).filter(|d| mask[*d] == 0 && use_day(*d)).map(value);
                if of_weekday.is_empty() { mean(all) } else { mean(of_weekday.into_iter()) }
            };
            for t in (train..train + TEST_DAYS).filter(|t| mask[*t] == 0) {
                let any = |_: usize| true;
                let open = |d: usize| !one.censored[d];
                let forecasts = [
                    learned(&any, &|d| seen[d], t),
                    learned(&open, &|d| seen[d], t),
                    learned(&any, &|d| seen[d] / share(d), t),
                    learned(&any, &|d| by_day.demand[d], t),
                    learned(&any, &|d| found.demand[d], t),
                    learned(&any, &|d| real[d], t),
                ];
                bias.iter_mut().zip(forecasts).for_each(|(off, forecast)| off.add(forecast, real[t]));
            }
        }
    }
    println!("simulated stock-outs, {SEEDS} seeds, {days} censored days:");
    for (way, off) in ways.iter().zip(&recovery) {
        println!("  recovery, {way}: {}", off.text());
    }
    for (way, off) in ["the clock", "the hours of full days of all", "the hours of each item"].iter().zip(&shares) {
        println!("  recovery by day, share by {way}: {}", off.text());
    }
    for (way, off) in ["raw", "censored days dropped", ways[1], ways[2], ways[3], "the truth"].iter().zip(&bias) {
        println!("  weekday mean trained on {way}: {}", off.text());
    }
    println!("  recovery takes {:.2} ms a series of 76 days", seconds / SEEDS as f64 / csv.series().len() as f64 * 1e3);
}

/// Real sales with real stock-outs by day: scored where the test day was in stock throughout.
fn daily(folder: &Path) {
    let csv = Csv::read(&folder.join("freshretail_daily.csv.gz"));
    let (y, out) = (csv.numbers("y"), csv.numbers("oos_hours"));
    let mask: Vec<u32> = csv.numbers("oos_mask").into_iter().map(|mask| mask as u32).collect();
    let profile = profile(folder);
    let stocked = |mask: u32| -> f64 {
        let open = (0..HOURS).filter(|hour| mask >> hour & 1 == 0);
        open.map(|hour| profile[hour]).sum::<f64>().clamp(0.0, 1.0)
    };
    let series = csv.series();
    let train: Vec<(usize, usize)> = series.iter().map(|(from, to)| (*from, to - TEST_DAYS)).collect();
    let rows = |f: &dyn Fn(usize) -> f64| -> Vec<Vec<f64>> {
        train.iter().map(|(from, to)| (*from..*to).map(f).collect()).collect()
    };
    let days: Vec<SlotSales> = train
        .iter()
        .map(|(from, to)| SlotSales {
            slots: 1,
            sales: y[*from..*to].to_vec(),
            in_stock: mask[*from..*to].iter().map(|mask| stocked(*mask)).collect(),
            profile: None,
        })
        .collect();
    let found: Vec<Vec<f64>> =
        recover_panel(&days).expect("sound days").into_iter().map(|found| found.demand).collect();
    let shares = rows(&|row| stocked(mask[row]));
    let kept = rows(&|row| if out[row] == 0.0 { 1.0 } else { 0.0 });
    let always = rows(&|_| 1.0);
    let raw = rows(&|row| y[row]);
    let options = Options { season: 7, horizon: TEST_DAYS, levels: Vec::new(), ..Options::default() };
    println!("freshretail_daily, {} series, days without stock-out:", series.len());
    for (name, values, shares) in [
        ("raw sales", &raw, &always),
        ("stock-out days dropped", &raw, &kept),
        ("share of the day in stock", &raw, &shares),
        ("recovered by day", &found, &always),
    ] {
        let start = Instant::now();
        // a series that was never in stock all day is forecast from what it sold
        let usable = |shares: &[f64]| shares.iter().any(|share| *share >= 0.1);
        let shares: Vec<Vec<f64>> =
            shares.iter().map(|own| if usable(own) { own.clone() } else { vec![1.0; own.len()] }).collect();
        let input = panel_of(values).with_in_stock(shares.concat()).expect("shares");
        let forecasts = panel(&input, &options, &Task::default()).expect("finite series");
        let (mut off, mut scaled, mut count) = (Off::default(), 0.0, 0.0f64);
        for ((from, to), forecast) in train.iter().zip(&forecasts) {
            let naive = mean((from + 7..*to).map(|row| (y[row] - y[row - 7]).abs()));
            let scored = (0..TEST_DAYS).filter(|step| out[to + step] == 0.0);
            let errors: Vec<f64> = scored.clone().map(|step| (forecast.mean[step] - y[to + step]).abs()).collect();
            scored.for_each(|step| off.add(forecast.mean[step], y[to + step]));
            if naive > 0.0 && !errors.is_empty() {
                scaled += mean(errors.into_iter()) / naive;
                count += 1.0;
            }
        }
        let each = start.elapsed().as_secs_f64() / series.len() as f64 * 1e3;
        println!("  {name}: MASE {:.3} {}  {each:.2} ms a series", scaled / count, off.text());
    }
}

fn seeded() {
    let n = size(2_000, 40);
    let mut random = Random(7);
    let series: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            let chance = 0.1 + 0.4 * (i % 10) as f64 / 10.0;
            let unit = |random: &mut Random| if random.unit() < chance { 1.0 + random.below(4) as f64 } else { 0.0 };
            (0..60).map(|_| unit(&mut random)).collect()
        })
        .collect();
    let options = Options { horizon: 8, levels: vec![80.0, 95.0], ..Options::default() };
    let input = panel_of(&series);
    measure(
        "counts: series of 60 periods",
        n,
        || (),
        |()| {
            let forecasts = panel(&input, &options, &Task::default()).expect("finite series");
            forecasts.iter().flat_map(|forecast| &forecast.mean).fold(0, |sum: u64, m| sum.rotate_left(7) ^ m.to_bits())
        },
    );
}
