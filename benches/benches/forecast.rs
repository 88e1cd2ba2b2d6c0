//! The first forecast of a process; then those of 1,000 daily series of two years with a weekly season, and of 1,000
//! intermittent ones.

use std::time::Instant;

use trousse::forecast::{Options, auto, panel};
use trousse::{Panel, Task};
use trousse_benches::{Random, measure, size};

const DAYS: usize = 730;

fn series(n: usize, mean: f64) -> Panel {
    let mut random = Random(7);
    let week = [0.8, 0.7, 0.8, 0.9, 1.2, 1.6, 1.0];
    let mut day = |t: usize| {
        let rate = mean * week[t % 7] * (1.0 + 0.3 * (t as f64 / 365.0 * std::f64::consts::TAU).sin());
        let (mut k, mut p, limit) = (0.0, random.unit(), (-rate).exp());
        while p > limit && k < 1_000.0 {
            p *= random.unit();
            k += 1.0;
        }
        k
    };
    let values = (0..n * DAYS).map(|i| day(i % DAYS)).collect();
    let offsets = (0..=n).map(|i| i * DAYS).collect();
    Panel::new((0..n).map(|i| format!("s{i}")).collect(), values, offsets).expect("offsets rise")
}

fn main() {
    let months: Vec<f64> = (0..120).map(|t| f64::from(50 + 9 * (t % 12) + t * 7 % 5)).collect();
    let start = Instant::now();
    let first = auto(&months, None, &Options { season: 12, horizon: 12, ..Options::default() }).expect("finite values");
    println!(
        "forecast: the first of a process, 120 months {:.2} ms, {:.1}",
        start.elapsed().as_secs_f64() * 1e3,
        first.mean[0]
    );
    let n = size(1_000, 20);
    let options = Options { season: 7, horizon: 28, levels: vec![80.0, 95.0], ..Options::default() };
    for (name, mean) in
        [("forecast: daily series, 730 days, season 7", 8.0), ("forecast: the same, intermittent", 0.15)]
    {
        let data = series(n, mean);
        measure(
            name,
            n,
            || (),
            |()| {
                let forecasts = panel(&data, &options, &Task::default()).expect("finite series");
                forecasts
                    .iter()
                    .flat_map(|forecast| &forecast.mean)
                    .fold(0, |sum: u64, m| sum.rotate_left(7) ^ m.to_bits())
            },
        );
        let forecasts = panel(&data, &options, &Task::default()).expect("finite series");
        measure(
            &format!("{name}: 1,000 futures of 28 days each"),
            n,
            || (),
            |()| {
                let sums = forecasts.iter().enumerate().flat_map(|(i, one)| one.totals(28, 1_000, i as u64));
                sums.fold(0, |sum: u64, total| sum.rotate_left(7) ^ total.to_bits())
            },
        );
    }
}
