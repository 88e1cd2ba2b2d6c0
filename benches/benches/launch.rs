//! New products on public data: `make bench-launch DATA=folder` reads `online_retail_weekly_2010.csv.gz` (`unique_id`, `ds`,
//! `y`; 52 weeks). A product whose first sale lies at least 12 weeks after the start of the data counts as launched then.
//! Its first 0 or 4 weeks are known, the next 8 are forecast from what all others sold before: `forecast_new` with all
//! launches as analogues and with those whose code begins alike, the mean launch curve (scaled to the known weeks), the mean
//! of the known weeks, `forecast` on them. MASE: mean absolute error ÷ the mean absolute difference between weeks from the
//! launch on; WAPE; bias; coverage of the 80 % interval. Choices are made on the earlier half of the launches.
//! Without a folder seeded launches are forecast, so that CI runs the same code.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use trousse::forecast::{LaunchParams, TableParams, forecast_new, table};
use trousse::{Column, Table, Task};
use trousse_benches::{Random, size};

const H: usize = 8;
const BEFORE: usize = 12;

struct Product {
    id: String,
    y: Vec<f64>,
    /// Week of the first sale.
    first: usize,
}

fn main() {
    let products = match std::env::args().skip(1).find(|argument| !argument.starts_with('-')) {
        Some(folder) => read(Path::new(&folder)),
        None => seeded(),
    };
    for known in [0, 4] {
        launches(&products, known);
    }
}

fn product(id: String, y: Vec<f64>) -> Product {
    let first = y.iter().position(|y| *y > 0.0).unwrap_or(y.len());
    Product { id, y, first }
}

fn read(folder: &Path) -> Vec<Product> {
    let file = folder.join("online_retail_weekly_2010.csv.gz");
    let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("gzip with UTF-8 in it");
    let mut series: Vec<(String, Vec<f64>)> = Vec::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let y: f64 = cells[2].parse().expect("a number");
        match series.last_mut().filter(|(id, _)| id == cells[0]) {
            Some((_, own)) => own.push(y),
            None => series.push((cells[0].into(), vec![y])),
        }
    }
    series.into_iter().map(|(id, y)| product(id, y)).collect()
}

fn seeded() -> Vec<Product> {
    let mut random = Random(11);
    let one = |i: usize| {
        let (level, start) = (5.0 + 30.0 * random.unit(), if i % 3 == 0 { 0 } else { random.below(40) });
        let y = (0..52).map(|t| if t < start { 0.0 } else { (level * random.unit()).round() + 1.0 }).collect();
        product(format!("{:05}", 20_000 + 7 * i), y)
    };
    (0..size(600, 60)).map(one).collect()
}

fn frame(rows: &[(&Product, usize)]) -> Table {
    Table::default()
        .with("unique_id", Column::Text(rows.iter().map(|(product, _)| product.id.clone()).collect()))
        .and_then(|table| table.with("ds", Column::Integer(rows.iter().map(|(_, week)| *week as i64).collect())))
        .expect("columns of one length")
}

fn sales(rows: &[(&Product, usize)]) -> Table {
    let y = rows.iter().map(|(product, week)| product.y[*week]).collect();
    frame(rows).with("y", Column::Float(y)).expect("columns of one length")
}

fn prefixed(table: Table, length: usize) -> Table {
    let ids = table.texts("unique_id").expect("ids");
    let prefix = ids.iter().map(|id| id.chars().take(length).collect()).collect();
    table.with("prefix", Column::Text(prefix)).expect("columns of one length")
}

/// A forecast of `H` weeks, with the ends of its interval where it has one.
struct Told {
    mean: Vec<f64>,
    ends: Option<[Vec<f64>; 2]>,
}

fn of_table(told: &Table) -> BTreeMap<String, Told> {
    let column = |name: &str| told.floats(name).expect("numbers");
    let (mean, low, high) = (column("auto"), column("auto-lo-80"), column("auto-hi-80"));
    let ids = told.texts("unique_id").expect("ids");
    let each = (0..ids.len()).step_by(H).map(|at| {
        let part = |all: &[f64]| all[at..at + H].to_vec();
        (ids[at].clone(), Told { mean: part(&mean), ends: Some([part(&low), part(&high)]) })
    });
    each.collect()
}

fn launches(products: &[Product], known: usize) {
    let weeks = products.iter().map(|product| product.y.len()).max().unwrap_or(0);
    let mut launched: Vec<&Product> =
        products.iter().filter(|one| one.first >= BEFORE && one.first + known + H <= weeks).collect();
    launched.sort_by_key(|one| one.first);
    let mut found = BTreeMap::<&str, BTreeMap<String, Told>>::new();
    let mut seconds = BTreeMap::<&str, f64>::new();
    let origins: BTreeSet<usize> = launched.iter().map(|one| one.first + known).collect();
    for origin in origins {
        let new: Vec<&Product> = launched.iter().copied().filter(|one| one.first + known == origin).collect();
        let past: Vec<(&Product, usize)> =
            products.iter().flat_map(|one| (0..origin).map(move |week| (one, week))).collect();
        let history = sales(&past);
        let firsts: Vec<(&Product, usize)> = new.iter().map(|one| (*one, one.first)).collect();
        let everyone: Vec<(&Product, usize)> = products.iter().map(|one| (one, one.first)).collect();
        let mut add = |name: &'static str, told: &mut dyn FnMut() -> BTreeMap<String, Told>| {
            let start = Instant::now();
            found.entry(name).or_default().append(&mut told());
            *seconds.entry(name).or_default() += start.elapsed().as_secs_f64();
        };
        for (name, prefix, analogues) in
            [("forecast_new", 0, 20), ("forecast_new, code 2", 2, 1000), ("forecast_new, code 3", 3, 1000)]
        {
            let params = LaunchParams {
                h: H,
                analogues,
                attribute_columns: if prefix > 0 { vec!["prefix".into()] } else { Vec::new() },
                ..LaunchParams::default()
            };
            let (own, others) = (prefixed(frame(&firsts), prefix), prefixed(frame(&everyone), prefix));
            add(name, &mut || {
                of_table(&forecast_new(&own, &history, &others, &params, &Task::default()).expect("sound frames"))
            });
        }
        let names: Vec<&str> = new.iter().map(|one| one.id.as_str()).collect();
        let curve = mean_curve(products, &names, origin, known + H);
        add("mean launch curve", &mut || new.iter().map(|one| (one.id.clone(), scaled(one, &curve, known))).collect());
        if known > 0 {
            let mean = |one: &&Product| one.y[one.first..origin].iter().sum::<f64>() / known as f64;
            add("mean of the known weeks", &mut || {
                new.iter().map(|one| (one.id.clone(), Told { mean: vec![mean(one); H], ends: None })).collect()
            });
            let rows: Vec<(&Product, usize)> =
                new.iter().flat_map(|one| (one.first..origin).map(move |week| (*one, week))).collect();
            let params = TableParams { h: H, season: 1, ..TableParams::default() };
            add("forecast on the known weeks", &mut || {
                of_table(&table(&sales(&rows), &params, &Task::default()).expect("sound frames"))
            });
        }
    }
    let (earlier, later) = launched.split_at(launched.len() / 2);
    for (half, part) in [("earlier half", earlier), ("later half", later)] {
        println!("{known} weeks known, {half}: {} launches", part.len());
        for (name, told) in &found {
            score(name, part, known, told, 1e3 * seconds[name] / launched.len().max(1) as f64);
        }
    }
}

/// The mean of each week after the launch over the others launched before the origin.
fn mean_curve(products: &[Product], but: &[&str], origin: usize, weeks: usize) -> Vec<f64> {
    let past: Vec<&Product> =
        products.iter().filter(|one| one.first > 0 && one.first < origin && !but.contains(&one.id.as_str())).collect();
    let mut curve: Vec<f64> = Vec::with_capacity(weeks);
    for t in 0..weeks {
        let known = past.iter().filter(|one| one.first + t < origin).map(|one| one.y[one.first + t]);
        let (sum, n) = known.fold((0.0, 0.0), |sum, y| (sum.0 + y, sum.1 + 1.0));
        curve.push(if n > 0.0 { sum / n } else { curve.last().copied().unwrap_or(0.0) });
    }
    curve
}

fn scaled(one: &Product, curve: &[f64], known: usize) -> Told {
    let (sold, usual): (f64, f64) = (one.y[one.first..one.first + known].iter().sum(), curve[..known].iter().sum());
    let by = if known > 0 && usual > 0.0 { sold / usual } else { 1.0 };
    Told { mean: curve[known..known + H].iter().map(|c| c * by).collect(), ends: None }
}

fn score(name: &str, part: &[&Product], known: usize, told: &BTreeMap<String, Told>, milliseconds: f64) {
    let (mut mase, mut n, mut absolute, mut error, mut actual, mut inside, mut points) =
        (0.0, 0.0f64, 0.0, 0.0, 0.0f64, 0.0, 0.0f64);
    let mut has_ends = false;
    for one in part {
        let told = &told[&one.id];
        let from = one.first + known;
        let all = &one.y[one.first..from + H];
        let scale = all.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>() / (all.len() - 1) as f64;
        let mut off = 0.0;
        for step in 0..H {
            let y = one.y[from + step];
            off += (told.mean[step] - y).abs();
            error += told.mean[step] - y;
            actual += y;
            points += 1.0;
            if let Some([low, high]) = &told.ends {
                has_ends = true;
                inside += f64::from(u8::from(low[step] <= y && y <= high[step]));
            }
        }
        absolute += off;
        if scale > 0.0 {
            mase += off / H as f64 / scale;
            n += 1.0;
        }
    }
    let actual = actual.max(1.0);
    let inside = if has_ends { format!("{:.3}", inside / points.max(1.0)) } else { "–".into() };
    println!(
        "  {name}: MASE {:.3}, WAPE {:.3}, bias {:+.1} %, in 80 % {inside}, {milliseconds:.2} ms a launch",
        mase / n.max(1.0),
        absolute / actual,
        100.0 * error / actual
    );
}
