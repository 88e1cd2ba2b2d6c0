//! Promotions known ahead on public data: `make bench-promo DATA=folder` reads `dominicks_oj_promo.csv.gz` (`unique_id`, `t`,
//! `y`, `price`, `deal`, `feat`, `split`; 83 stores × 11 brands). Scored are the test rows of each series, forecast from
//! the rows before and the drivers of the weeks ahead: MASE (m = 1), coverage of the intervals, the effects found; beside
//! it the default forecast without drivers. With `INNER=k` the last k · 8 rows of the training part are scored instead, with
//! `SEASON=m` by a season of m weeks.
//! Without a folder a seeded panel is forecast, so that CI runs the same code.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use trousse::forecast::{DriverParams, TableParams, driver_effects, table, with_drivers};
use trousse::{Column, Table, Task};
use trousse_benches::{Random, measure, size};

const H: usize = 8;

fn main() {
    match std::env::args().skip(1).find(|argument| !argument.starts_with('-')) {
        Some(folder) => dominicks(Path::new(&folder)),
        None => seeded(),
    }
}

struct Row {
    id: String,
    t: i64,
    y: f64,
    drivers: [f64; 3],
}

/// The rows of each series, the test rows last.
fn read(folder: &Path) -> Vec<Vec<Row>> {
    let file = folder.join("dominicks_oj_promo.csv.gz");
    let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("gzip with UTF-8 in it");
    let mut series: Vec<Vec<Row>> = Vec::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |at: usize| -> f64 { cells[at].parse().expect("a number") };
        let drivers = [number(3), number(4), number(5)];
        let row = Row { id: cells[0].into(), t: number(1) as i64, y: number(2), drivers };
        match series.last_mut() {
            Some(last) if last[0].id == row.id => last.push(row),
            _ => series.push(vec![row]),
        }
    }
    series
}

fn frame(rows: &[&Row], past: bool) -> Table {
    let column = |value: &dyn Fn(&Row) -> f64| Column::Float(rows.iter().map(|row| value(row)).collect());
    let part = |at: usize| {
        let of = |row: &&Row| row.id.split('_').nth(at).unwrap_or_default().to_string();
        Column::Text(rows.iter().map(of).collect())
    };
    let mut out = Table::default();
    let mut push = |name: &str, column: Column| out.push(name, column).expect("columns of one length");
    push("unique_id", Column::Text(rows.iter().map(|row| row.id.clone()).collect()));
    push("ds", Column::Integer(rows.iter().map(|row| row.t).collect()));
    for (at, name) in ["price", "deal", "feat"].into_iter().enumerate() {
        push(name, column(&|row| row.drivers[at]));
    }
    if past {
        push("y", column(&|row| row.y));
        push("store", part(0));
        push("brand", part(1));
    }
    out
}

fn dominicks(folder: &Path) {
    let mut series = read(folder);
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<usize>().ok());
    let (inner, season) = (number("INNER").unwrap_or(0), number("SEASON").unwrap_or(1));
    series.iter_mut().for_each(|rows| rows.truncate(rows.len() - inner * H));
    let past: Vec<&Row> = series.iter().flat_map(|rows| &rows[..rows.len() - H]).collect();
    let ahead: Vec<&Row> = series.iter().flat_map(|rows| &rows[rows.len() - H..]).collect();
    let (df, future) = (frame(&past, true), frame(&ahead, false));
    let drivers = DriverParams {
        drivers: ["price", "deal", "feat"].map(String::from).into(),
        group_column: Some("brand".into()),
        market_column: Some("store".into()),
        on_sale: None,
    };
    let alone = DriverParams { group_column: None, market_column: None, ..drivers.clone() };
    let by = |models: &[&str]| TableParams {
        h: 0,
        season,
        level: vec![80.0, 95.0],
        models: models.iter().map(ToString::to_string).collect(),
        ..TableParams::default()
    };
    let task = Task::default();
    for (name, drivers) in [("with drivers", &drivers), ("with its own drivers only", &alone)] {
        let start = Instant::now();
        let told = with_drivers(&df, &future, &by(&["auto"]), drivers, &task).expect("sound frames");
        score(name, &series, &told, "auto", start.elapsed().as_secs_f64());
    }
    let models = ["ets", "arima", "theta", "ces", "ses", "naive"];
    let start = Instant::now();
    let told = with_drivers(&df, &future, &by(&models), &drivers, &task).expect("sound frames");
    let seconds = start.elapsed().as_secs_f64();
    for model in models {
        score(&format!("with drivers, {model} of {} in one call", models.len()), &series, &told, model, seconds);
    }
    let longest = series.iter().map(|rows| rows[rows.len() - 1].t - rows[rows.len() - H - 1].t).max().unwrap_or(1);
    let start = Instant::now();
    let default = TableParams { h: longest as usize, season, level: vec![80.0, 95.0], ..TableParams::default() };
    let told = table(&df, &default, &task).expect("sound frames");
    score("forecast, without drivers", &series, &told, "auto", start.elapsed().as_secs_f64());
    for model in ["ets", "arima", "theta"] {
        let start = Instant::now();
        let told = table(&df, &TableParams { h: longest as usize, ..by(&[model]) }, &task).expect("sound frames");
        score(&format!("{model}, without drivers"), &series, &told, model, start.elapsed().as_secs_f64());
    }
    let effects = driver_effects(&df, &TableParams { h: H, ..default }, &drivers, &task).expect("a sound frame");
    let column = |name: &str| effects.floats(name).expect("numbers");
    let (effect, low, high) = (column("effect"), column("lo-95"), column("hi-95"));
    let (names, kinds) = (effects.texts("driver").expect("texts"), effects.texts("kind").expect("texts"));
    let Ok(Column::Bool(kept)) = effects.column("kept") else { panic!("kept is true or false") };
    for row in 0..effects.rows() {
        let said = if kept[row] { "kept" } else { "dropped" };
        println!("  {} ({}): {:.3} [{:.3}, {:.3}] {said}", names[row], kinds[row], effect[row], low[row], high[row]);
    }
}

fn score(name: &str, series: &[Vec<Row>], told: &Table, column: &str, seconds: f64) {
    let (ids, times) = (told.texts("unique_id").expect("ids"), told.integers("ds").expect("times"));
    let at: BTreeMap<(&str, i64), usize> =
        ids.iter().zip(&times).enumerate().map(|(row, (id, t))| ((id.as_str(), *t), row)).collect();
    let values = |name: &str| told.floats(name).expect("numbers");
    let mean = values(column);
    let ends: Vec<(Vec<f64>, Vec<f64>)> = ["80", "95"]
        .map(|level| (values(&format!("{column}-lo-{level}")), values(&format!("{column}-hi-{level}"))))
        .into();
    let (mut mase, mut inside, mut n, mut bias, mut sum) = (0.0, [0.0; 2], 0.0, 0.0, 0.0);
    for rows in series {
        let (train, test) = rows.split_at(rows.len() - H);
        let scale = train.windows(2).map(|pair| (pair[1].y - pair[0].y).abs()).sum::<f64>() / (train.len() - 1) as f64;
        let mut absolute = 0.0;
        for row in test {
            let found = at[&(row.id.as_str(), row.t)];
            absolute += (mean[found] - row.y).abs();
            bias += mean[found] - row.y;
            sum += row.y;
            n += 1.0;
            for (inside, (low, high)) in inside.iter_mut().zip(&ends) {
                *inside += f64::from(u8::from((low[found]..=high[found]).contains(&row.y)));
            }
        }
        mase += absolute / H as f64 / scale;
    }
    println!(
        "dominicks_oj_promo, {} series, {name}: MASE {:.4}  bias {:+.1} %  inside 80 % {:.3}, 95 % {:.3}  {:.2} ms a series",
        series.len(),
        mase / series.len() as f64,
        100.0 * bias / sum,
        inside[0] / n,
        inside[1] / n,
        seconds / series.len() as f64 * 1e3
    );
}

fn seeded() {
    for (n, periods, season) in [(size(200, 8), 52, 1), (size(100, 4), 120, 7), (size(20, 4), 364, 7)] {
        seeded_with(n, periods, season);
    }
}

fn seeded_with(n: usize, periods: i64, season: usize) {
    let mut random = Random(7);
    let (mut past, mut ahead) = (Vec::new(), Vec::new());
    for i in 0..n {
        for t in 0..periods + 8 {
            let deal = f64::from(u8::from(random.below(5) == 0));
            let price = 1.0 + 0.1 * random.unit();
            let y = 20.0 * (1.0 + deal) * price.powf(-2.0) * (0.9 + 0.2 * random.unit());
            let row = Row { id: format!("s{}_{i}", i % 10), t, y, drivers: [price, deal, 0.0] };
            if t < periods { past.push(row) } else { ahead.push(row) }
        }
    }
    let (df, future) = (frame(&past.iter().collect::<Vec<_>>(), true), frame(&ahead.iter().collect::<Vec<_>>(), false));
    let drivers = DriverParams { drivers: vec!["price".into(), "deal".into()], ..DriverParams::default() };
    let models = vec!["auto".into(), "ets".into()];
    let params = TableParams { h: 8, season, models, ..TableParams::default() };
    measure(
        &format!("drivers: series of {periods} periods with two drivers, season {season}"),
        n,
        || (),
        |()| {
            let told = with_drivers(&df, &future, &params, &drivers, &Task::default()).expect("sound frames");
            let all = ["auto", "ets"].map(|model| told.floats(model).expect("numbers")).concat();
            all.iter().fold(0, |sum: u64, m| sum.rotate_left(7) ^ m.to_bits())
        },
    );
}
