//! Very many series in one call: a frame of weekly series of 104 points, forecast by the fast pool.
//!
//! `make bench-million`, or `cargo bench --bench million -- 100000` for fewer. Half of the series sell in whole units, seldom
//! or few at a time, the others in hundreds with a season of 52 weeks. Printed are the seconds, the series a second, the
//! memory before and at most, and a checksum. Progress goes to the terminal once in ten seconds.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use trousse::forecast::{Pool, TableParams, table};
use trousse::{Column, Day, Table, Task};
use trousse_benches::{Random, size};

const WEEKS: usize = 104;

fn sales(series: usize) -> Table {
    let mut random = Random(11);
    let mut y = Vec::with_capacity(series * WEEKS);
    for i in 0..series {
        let level = if i % 2 == 0 { 0.3 + 3.0 * random.unit() } else { 100.0 + 900.0 * random.unit() };
        let phase = random.below(52);
        for t in 0..WEEKS {
            let season = 1.0 + 0.3 * (std::f64::consts::TAU * (t + phase) as f64 / 52.0).sin();
            let noise = random.unit() + random.unit() + random.unit() - 1.5;
            y.push((level * season * (1.0 + 0.4 * noise)).round().max(0.0));
        }
    }
    let rows = (0..series as u32).flat_map(|i| std::iter::repeat_n(i, WEEKS)).collect();
    let names = (0..series).map(|i| format!("sku-{i:07}")).collect();
    let ds = (0..series * WEEKS).map(|row| Day(20_000 + 7 * (row % WEEKS) as i32)).collect();
    Table::default()
        .with("unique_id", Column::Category(rows, names))
        .and_then(|table| table.with("ds", Column::Day(ds)))
        .and_then(|table| table.with("y", Column::Float(y)))
        .expect("columns of one length")
}

/// Memory held now and at most, in MiB.
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("0 kB");
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
    };
    (of("VmRSS:"), of("VmHWM:"))
}

fn main() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let series = asked.unwrap_or(size(1_000_000, 500));
    let frame = sales(series);
    let params = TableParams { h: 8, level: vec![80.0], pool: Pool::Fast, ..TableParams::default() };
    let (task, over) = (Task::default(), AtomicBool::new(false));
    let before = memory().0;
    let start = Instant::now();
    let ahead = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut told = Instant::now();
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(50));
                if told.elapsed() > Duration::from_secs(10) {
                    let (done, all) = task.progress();
                    eprintln!("{done} of {all} after {:.0} s", start.elapsed().as_secs_f64());
                    told = Instant::now();
                }
            }
        });
        let ahead = table(&frame, &params, &task);
        over.store(true, Ordering::Relaxed);
        ahead
    });
    let (ahead, seconds) = (ahead.expect("sound series"), start.elapsed().as_secs_f64());
    let sum: f64 = ahead.floats("auto").expect("means").iter().sum();
    println!(
        "{series} series of {WEEKS} weeks, 8 ahead: {seconds:.1} s, {:.0} a second, {before} MiB of \
         frame before, {} MiB at most, sum {sum:.6e}",
        series as f64 / seconds,
        memory().1
    );
}
