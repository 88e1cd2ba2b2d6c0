//! Accuracy of the forecasts on public sets, by the usual metrics: `make bench-accuracy DATA=<folder>`.
//!
//! The folder holds `tourism_monthly.csv.gz` and `m4_weekly.csv.gz` with columns `unique_id, t, y, split` in time
//! order. Rows of the split `test` are forecast from those of `train`. Metrics: MASE (lag given per set), sMAPE,
//! OWA against Naive2 (Makridakis et al. 2020), coverage and MSIS of the 95 % interval, coverage of the 80 %
//! interval, and SPL (pinball loss at .025, .1, .5, .9, .975 by the mean absolute first difference). Without a
//! folder a seeded set of 24 series is scored, which shows that it runs. `inner=1` forecasts the last horizon of the training
//! rows from those before it, `intervals=conformal` makes intervals that way.

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use trousse::forecast::{Forecast, Intervals, Model, Options, Pool, auto};

struct Series {
    train: Vec<f64>,
    test: Vec<f64>,
}

struct Set {
    name: &'static str,
    season: usize,
    mase_lag: usize,
    owa_season: usize,
    /// The default call on the test rows has to stay below this OWA, or the run fails.
    most_owa: f64,
    series: Vec<Series>,
}

fn read(folder: &Path, name: &str) -> Vec<Series> {
    let file = folder.join(format!("{name}.csv.gz"));
    let mut child = std::process::Command::new("gzip")
        .arg("-dc")
        .arg(&file)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("gzip is installed");
    let mut text = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut text).expect("utf-8");
    assert!(child.wait().expect("gzip ends").success(), "cannot read {}", file.display());
    let mut series: Vec<Series> = Vec::new();
    let mut last = "";
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        if fields[0] != last {
            last = fields[0];
            series.push(Series { train: Vec::new(), test: Vec::new() });
        }
        let one = series.last_mut().expect("just pushed");
        let y = fields[2].parse().expect("a number");
        if fields[3] == "train" { one.train.push(y) } else { one.test.push(y) }
    }
    series
}

fn seeded() -> Vec<Series> {
    let mut state = 7_u64;
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut one = |_| {
        let season: Vec<f64> = (0..12).map(|_| 0.6 + 0.8 * unit()).collect();
        let mut level = 100.0;
        let mut y: Vec<f64> = Vec::new();
        for t in 0..108 {
            level *= 1.0 + 0.04 * (unit() - 0.45);
            y.push(level * season[t % 12] * (0.9 + 0.2 * unit()));
        }
        let test = y.split_off(96);
        Series { train: y, test }
    };
    (0..24).map(&mut one).collect()
}

/// Mean absolute and mean squared difference at a lag.
fn differences(y: &[f64], lag: usize) -> f64 {
    let n = y.len().saturating_sub(lag);
    (lag..y.len()).map(|t| (y[t] - y[t - lag]).abs()).sum::<f64>() / n.max(1) as f64
}

/// The last value, after classical multiplicative deseasonalisation where the autocorrelation at `m` asks for it.
fn naive2(y: &[f64], m: usize, horizon: usize) -> Vec<f64> {
    let n = y.len();
    let index = if m > 1 && n >= 3 * m && y.iter().all(|x| *x > 0.0) && seasonal(y, m) {
        indices(y, m)
    } else {
        vec![1.0; m.max(1)]
    };
    let last = y[n - 1] / index[(n - 1) % index.len()];
    (0..horizon).map(|h| last * index[(n + h) % index.len()]).collect()
}

fn seasonal(y: &[f64], m: usize) -> bool {
    let n = y.len();
    let mean = y.iter().sum::<f64>() / n as f64;
    let power: f64 = y.iter().map(|x| (x - mean).powi(2)).sum();
    let acf = |k: usize| (k..n).map(|t| (y[t] - mean) * (y[t - k] - mean)).sum::<f64>() / power;
    let sum: f64 = (1..m).map(|k| acf(k).powi(2)).sum();
    acf(m).abs() > 1.645 * ((1.0 + 2.0 * sum) / n as f64).sqrt()
}

fn indices(y: &[f64], m: usize) -> Vec<f64> {
    let (half, n) = (m / 2, y.len());
    let (mut sum, mut count) = (vec![0.0; m], vec![0.0; m]);
    for t in half..n - half {
        let window = &y[t - half..=t + half];
        let mut total: f64 = window.iter().sum();
        if m.is_multiple_of(2) {
            total -= 0.5 * (window[0] + window[2 * half]);
        }
        sum[t % m] += y[t] / (total / m as f64);
        count[t % m] += 1.0;
    }
    let raw: Vec<f64> = sum.iter().zip(&count).map(|(s, c)| s / c).collect();
    let mean = raw.iter().sum::<f64>() / m as f64;
    raw.iter().map(|s| s / mean).collect()
}

fn smape(y: &[f64], f: &[f64]) -> f64 {
    let one = |(y, f): (&f64, &f64)| {
        let size = y.abs() + f.abs();
        if size == 0.0 { 0.0 } else { 200.0 * (y - f).abs() / size }
    };
    y.iter().zip(f).map(one).sum::<f64>() / y.len() as f64
}

fn mae(y: &[f64], f: &[f64]) -> f64 {
    y.iter().zip(f).map(|(y, f)| (y - f).abs()).sum::<f64>() / y.len() as f64
}

/// Sums over series; the means are taken when they are printed.
#[derive(Default)]
struct Score {
    n: f64,
    scaled: f64,
    mase: f64,
    mase2: f64,
    smape: f64,
    smape2: f64,
    points: f64,
    inside: [f64; 2],
    msis: f64,
    spl: f64,
    spl_n: f64,
    seconds: f64,
}

impl Score {
    fn add(&mut self, set: &Set, one: &Series, forecast: &Forecast, seconds: f64) {
        let second = naive2(&one.train, set.owa_season, one.test.len());
        self.n += 1.0;
        self.seconds += seconds;
        self.smape += smape(&one.test, &forecast.mean);
        self.smape2 += smape(&one.test, &second);
        for (k, interval) in forecast.intervals.iter().enumerate() {
            let ends = interval.low.iter().zip(&interval.high);
            self.inside[k] += one.test.iter().zip(ends).filter(|(y, (l, h))| (**l..=**h).contains(y)).count() as f64;
        }
        self.points += one.test.len() as f64;
        let scale = differences(&one.train, set.mase_lag);
        if scale > 0.0 {
            self.scaled += 1.0;
            self.mase += mae(&one.test, &forecast.mean) / scale;
            self.mase2 += mae(&one.test, &second) / scale;
            self.msis += interval_score(&one.test, forecast) / scale;
        }
        let first = one.train.iter().position(|y| *y != 0.0).unwrap_or(0);
        let scale = differences(&one.train[first..], 1);
        if scale > 0.0 {
            self.spl_n += 1.0;
            self.spl += pinball(&one.test, forecast) / scale;
        }
    }

    fn owa(&self) -> f64 {
        0.5 * (self.smape / self.smape2 + self.mase / self.mase2)
    }

    fn print(&self, set: &str, what: &str) {
        let (mase, smape) = (self.mase / self.scaled, self.smape / self.n);
        println!(
            "{set:16} {what:16} {:4} series  OWA {:.4}  MASE {mase:.4}  sMAPE {smape:6.3}  80 % {:.3}  95 % {:.3}  MSIS {:7.3}  SPL {:.4}  {:8.3} ms",
            self.n,
            self.owa(),
            self.inside[0] / self.points,
            self.inside[1] / self.points,
            self.msis / self.scaled,
            self.spl / self.spl_n,
            self.seconds / self.n * 1e3,
        );
    }
}

/// Mean interval score of the 95 % interval (Gneiting & Raftery 2007).
fn interval_score(y: &[f64], forecast: &Forecast) -> f64 {
    let (low, high) = (&forecast.intervals[1].low, &forecast.intervals[1].high);
    let one = |h: usize| high[h] - low[h] + 40.0 * ((low[h] - y[h]).max(0.0) + (y[h] - high[h]).max(0.0));
    (0..y.len()).map(one).sum::<f64>() / y.len() as f64
}

fn pinball(y: &[f64], forecast: &Forecast) -> f64 {
    let mut sum = 0.0;
    for u in [0.025, 0.1, 0.5, 0.9, 0.975] {
        for (h, y) in y.iter().enumerate() {
            let e = y - forecast.quantile(h, u);
            sum += (u * e).max((u - 1.0) * e);
        }
    }
    sum / (5 * y.len()) as f64
}

/// For choices: the training rows alone, ending `back` horizons before the test rows.
fn inner(series: Vec<Series>, back: usize) -> Vec<Series> {
    let shorten = |mut one: Series| {
        let horizon = one.test.len();
        let at = one.train.len().checked_sub(back * horizon).filter(|at| *at >= 2 * horizon)?;
        one.test = one.train[at..at + horizon].to_vec();
        one.train.truncate(at);
        Some(one)
    };
    series.into_iter().filter_map(shorten).collect()
}

fn main() {
    let given: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let back = given.iter().find_map(|arg| arg.strip_prefix("inner=")?.parse().ok());
    let models: Vec<Model> =
        given.iter().filter_map(|arg| serde_json::from_value(serde_json::Value::from(arg.as_str())).ok()).collect();
    // `intervals=analytic`, `bootstrap` or `conformal` in the place of the default's
    let way = given.iter().find_map(|arg| arg.strip_prefix("intervals="));
    let intervals: Intervals =
        way.map_or_else(Intervals::default, |way| serde_json::from_value(way.into()).expect("a way to make intervals"));
    let fast = given.iter().any(|arg| arg == "fast");
    let folder = given.iter().find(|arg| Path::new(arg.as_str()).is_dir());
    let mut sets = match folder {
        Some(folder) => ["tourism_monthly", "m4_weekly"]
            .into_iter()
            .filter(|name| !given.iter().any(|arg| arg.starts_with("only=") && arg != &format!("only={name}")))
            .map(|name| {
                let series = read(Path::new(folder), name);
                let (season, mase_lag, owa_season, most_owa) =
                    if name == "m4_weekly" { (52, 1, 1, 0.775) } else { (12, 12, 12, 0.76) };
                Set { name, season, mase_lag, owa_season, most_owa, series }
            })
            .collect(),
        None => vec![Set { name: "seeded", season: 12, mase_lag: 12, owa_season: 12, most_owa: 1.0, series: seeded() }],
    };
    for set in &mut sets {
        if let Some(back) = back {
            set.series = inner(std::mem::take(&mut set.series), back);
        }
        if let Some(every) = given.iter().find_map(|arg| arg.strip_prefix("every=")?.parse().ok()) {
            set.series = std::mem::take(&mut set.series).into_iter().step_by(every).collect();
        }
        let mut wanted: Vec<Vec<Model>> = vec![vec![]];
        if !models.is_empty() {
            wanted = models.iter().map(|model| vec![*model]).collect();
        }
        for models in wanted {
            let mut score = Score::default();
            for one in &set.series {
                let options = Options {
                    season: set.season,
                    horizon: one.test.len(),
                    levels: vec![80.0, 95.0],
                    intervals,
                    models: models.clone(),
                    pool: if fast { Pool::Fast } else { Pool::Standard },
                    ..Options::default()
                };
                let start = Instant::now();
                let forecast = auto(&one.train, None, &options).expect("finite series");
                score.add(set, one, &forecast, start.elapsed().as_secs_f64());
            }
            let whole = back.is_none() && !given.iter().any(|arg| arg.starts_with("every="));
            if whole && models.is_empty() && !fast {
                assert!(score.owa() < set.most_owa, "{}: OWA {:.4}", set.name, score.owa());
            }
            score.print(set.name, models.first().map_or(if fast { "fast" } else { "default" }, |model| model.name()));
        }
    }
}
