//! Laws of forecasts with drivers: unit, order of rows, useless drivers, bad series, threads, counts.

use proptest::prelude::*;

use super::tests::{H, PLAN, Plan, Random, panel, params};
use super::*;
use crate::forecast::{
    Draws, Forecaster, ForecasterParams, Gaps, Intervals, Totals, forecast_paths_with_drivers,
    forecast_totals_with_drivers,
};

const MODELS: [&str; 5] = ["auto", "ets", "naive", "croston", "counts"];
const WAYS: [Intervals; 3] = [Intervals::Auto, Intervals::Analytic, Intervals::Bootstrap];
const COLUMNS: [&str; 3] = ["", "-lo-80", "-hi-80"];

fn by(models: &[&str]) -> TableParams {
    TableParams { h: H, models: models.iter().map(ToString::to_string).collect(), ..Default::default() }
}

fn grouped(names: &[&str]) -> DriverParams {
    DriverParams { group_column: Some("group".into()), ..params(names) }
}

fn told(frames: &(Table, Table), by: &TableParams, drivers: &DriverParams) -> Table {
    with_drivers(&frames.0, &frames.1, by, drivers, &Task::default()).unwrap()
}

/// All numbers of each series and time.
fn rows(table: &Table) -> Vec<(String, i64, Vec<f64>)> {
    let (ids, times) = (table.texts("unique_id").unwrap(), table.integers("ds").unwrap());
    let numbers: Vec<Vec<f64>> = table
        .columns()
        .iter()
        .filter(|(name, column)| name != "ds" && column.kind() == "float")
        .map(|(name, _)| table.floats(name).unwrap())
        .collect();
    let of = |row: usize| (ids[row].clone(), times[row], numbers.iter().map(|own| own[row]).collect());
    (0..table.rows()).map(of).collect()
}

fn bits(rows: &[(String, i64, Vec<f64>)]) -> Vec<(String, i64, Vec<u64>)> {
    rows.iter().map(|(id, time, all)| (id.clone(), *time, all.iter().map(|x| x.to_bits()).collect())).collect()
}

/// Some rows of a table, in an order.
fn taken(table: &Table, order: &[usize]) -> Table {
    let mut out = Table::default();
    for (name, column) in table.columns() {
        let own = match column {
            Column::Text(v) => Column::Text(order.iter().map(|row| v[*row].clone()).collect()),
            Column::Integer(v) => Column::Integer(order.iter().map(|row| v[*row]).collect()),
            _ => {
                let v = table.floats(name).unwrap();
                Column::Float(order.iter().map(|row| v[*row]).collect())
            }
        };
        out.push(name.clone(), own).unwrap();
    }
    out
}

fn shuffled(n: usize, seed: u64) -> Vec<usize> {
    let mut random = Random(seed);
    let mut order: Vec<usize> = (0..n).collect();
    (1..n).for_each(|at| order.swap(at, (random.unit() * (at + 1) as f64) as usize));
    order
}

/// A column of a table changed where a test says so.
fn with_floats(table: &Table, name: &str, change: impl Fn(usize, f64) -> f64) -> Table {
    let mut out = Table::default();
    for (column, values) in table.columns() {
        let own = if column == name {
            let values = table.floats(name).unwrap();
            Column::Float(values.iter().enumerate().map(|(row, value)| change(row, *value)).collect())
        } else {
            values.clone()
        };
        out.push(column.clone(), own).unwrap();
    }
    out
}

fn plan(seed: u64, counts: bool) -> Plan {
    Plan { seed, series: 6, n: 36, level: if counts { 1.5 } else { 20.0 }, counts, ..PLAN }
}

const BAD: [&str; 7] =
    ["infinite", "below 0", "a time twice", "a period ahead lacks", "nothing known", "no driver", "no share"];

/// The panel with its first series spoilt.
fn spoilt(past: &Table, future: &Table, how: &str) -> (Table, Table) {
    let (first, n) = (past.texts("unique_id").unwrap()[0].clone(), past.rows());
    let of_first = |table: &Table| table.texts("unique_id").unwrap().iter().filter(|id| **id == first).count();
    let (own, ahead) = (of_first(past), of_first(future));
    let at = |name: &str, value: f64| with_floats(past, name, |row, old| if row == own / 2 { value } else { old });
    match how {
        "infinite" => (at("y", f64::INFINITY), future.clone()),
        "below 0" => (at("y", -1.0), future.clone()),
        "no driver" => (at("price", f64::NAN), future.clone()),
        "no share" => (at("share", 1.5), future.clone()),
        "nothing known" => (with_floats(past, "y", |row, y| if row < own { f64::NAN } else { y }), future.clone()),
        "a time twice" => (taken(past, &[vec![0], (0..n).collect()].concat()), future.clone()),
        _ => {
            let kept: Vec<usize> = (0..future.rows()).filter(|row| *row != ahead - 1).collect();
            (past.clone(), taken(future, &kept))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// In another unit a forecast is the same; models that are fitted by a search stop near the same optimum.
    #[test]
    fn the_unit_does_not_matter(seed in 0u64..10_000, power in -6f64..6.0) {
        let (by, drivers) = (by(&["auto", "naive", "ses", "ets"]), grouped(&["price", "deal"]));
        let of = |scale: f64| {
            let (past, future, _) = panel(Plan { scale, ..plan(seed, false) });
            told(&(past, future), &by, &drivers)
        };
        let factor = 10f64.powf(power);
        let (one, other) = (of(1.0), of(factor));
        for (model, tolerance) in [("auto", 1e-6), ("naive", 1e-6), ("ses", 0.02), ("ets", 0.02)] {
            for end in COLUMNS {
                let column = format!("{model}{end}");
                for (one, other) in one.floats(&column).unwrap().iter().zip(other.floats(&column).unwrap()) {
                    prop_assert!((other / factor - one).abs() <= tolerance * (one.abs() + 1.0), "{column}: {one}, {other}");
                }
            }
        }
    }

    /// Rows may come in any order; sums over series are then taken in another order.
    #[test]
    fn the_order_of_rows_does_not_matter(seed in 0u64..10_000, counts: bool) {
        let (past, future, _) = panel(plan(seed, counts));
        let (by, drivers) = (by(&["auto", "theta"]), grouped(&["price", "deal", "noise"]));
        let mixed = (taken(&past, &shuffled(past.rows(), seed)), taken(&future, &shuffled(future.rows(), seed + 1)));
        let (mut one, mut other) = (rows(&told(&(past, future), &by, &drivers)), rows(&told(&mixed, &by, &drivers)));
        one.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        other.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        for (one, other) in one.iter().zip(&other) {
            prop_assert_eq!((&one.0, one.1), (&other.0, other.1));
            for (one, other) in one.2.iter().zip(&other.2) {
                prop_assert!((one - other).abs() <= 1e-6 * (1.0 + one.abs()), "{one}, {other}");
            }
        }
    }

    /// What `driver_effects` calls dropped leaves no trace in any model.
    #[test]
    fn a_dropped_driver_leaves_no_trace(seed in 0u64..10_000, counts: bool) {
        let (past, future, _) = panel(plan(seed, counts));
        let (by, frames) = (by(&["auto", "ets", "croston"]), (past, future));
        let effects = driver_effects(&frames.0, &by, &grouped(&["price", "deal", "noise"]), &Task::default()).unwrap();
        let Ok(Column::Bool(kept)) = effects.column("kept") else { panic!("kept is true or false") };
        let names: Vec<&str> = ["price", "deal", "noise"].into_iter().zip(kept).filter(|(_, kept)| **kept).map(|(name, _)| name).collect();
        prop_assume!(!names.is_empty());
        let (with, without) = (told(&frames, &by, &grouped(&["price", "deal", "noise"])), told(&frames, &by, &grouped(&names)));
        prop_assert!(with == without);
    }

    /// A series that cannot be forecast keeps its rows with the reason; the others are forecast as if it were not there.
    #[test]
    fn a_bad_series_changes_no_other(seed in 0u64..10_000, counts: bool, how in 0..BAD.len()) {
        let (past, future, _) = panel(plan(seed, counts));
        let mut random = Random(seed + 7);
        let shares = (0..past.rows()).map(|_| if random.unit() < 0.1 { random.unit() } else { 1.0 }).collect();
        let past = past.with("share", Column::Float(shares)).unwrap();
        let by = TableParams { in_stock: Some("share".into()), ..by(&["auto", "ets", "croston"]) };
        let drivers = grouped(&["price", "deal"]);
        let first = past.texts("unique_id").unwrap()[0].clone();
        let others = |table: &Table| {
            let ids = table.texts("unique_id").unwrap();
            taken(table, &(0..ids.len()).filter(|row| ids[*row] != first).collect::<Vec<usize>>())
        };
        let clean = rows(&told(&(others(&past), others(&future)), &by, &drivers));
        let all = told(&spoilt(&past, &future, BAD[how]), &by, &drivers);
        let (bad, good): (Vec<_>, Vec<_>) = rows(&all).into_iter().partition(|row| row.0 == first);
        prop_assert!(bits(&good) == bits(&clean), "{}", BAD[how]);
        prop_assert_eq!(bad.len(), H);
        prop_assert!(bad.iter().all(|row| row.2.iter().all(|value| value.is_nan())));
        for (id, error) in all.texts("unique_id").unwrap().iter().zip(all.texts("error").unwrap()) {
            prop_assert_eq!(*id == first, !error.is_empty(), "{}: {}", BAD[how], error);
        }
    }

    /// One, two and eight threads give the same bits.
    #[test]
    fn threads_do_not_matter(seed in 0u64..10_000, counts: bool) {
        let (past, future, _) = panel(plan(seed, counts));
        let frames = (past, future);
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| told(&frames, &by(&["auto", "ets", "counts"]), &grouped(&["price", "deal"])))
        };
        let one = with(1);
        prop_assert!(one == with(2) && one == with(8));
    }

    /// Each period of the paths has the quantiles of the forecast, the mean of their sums is that of the totals, and what is
    /// said of totals is what the sums of paths say.
    #[test]
    fn paths_are_those_of_the_forecast(seed in 0u64..10_000, counts: bool, model in 0..MODELS.len(), way in 0..WAYS.len()) {
        let (past, future, _) = panel(plan(seed, counts));
        let frames = (past, future);
        let by = TableParams { intervals: WAYS[way], ..by(&[MODELS[model]]) };
        let drivers = grouped(&["price", "deal"]);
        let all = told(&frames, &by, &drivers);
        let draws = Draws { n_paths: 2_000, seed };
        let paths = forecast_paths_with_drivers(&frames.0, &frames.1, &by, &drivers, &draws, &Task::default()).unwrap();
        let columns: Vec<Vec<f64>> = (1..=2_000).map(|k| paths.floats(&format!("path-{k}")).unwrap()).collect();
        prop_assert_eq!(paths.rows(), all.rows());
        let (low, high) = (all.floats(&format!("{}-lo-80", MODELS[model])).unwrap(), all.floats(&format!("{}-hi-80", MODELS[model])).unwrap());
        let (mut below, mut upto) = ([0.0; 2], [0.0; 2]);
        for row in 0..all.rows() {
            for y in columns.iter().map(|path| path[row]) {
                prop_assert!(y >= 0.0 && (!counts || y.fract() == 0.0), "{y}");
                for (k, end) in [low[row], high[row]].into_iter().enumerate() {
                    below[k] += f64::from(u8::from(y < end * (1.0 - 1e-9)));
                    upto[k] += f64::from(u8::from(y <= end * (1.0 + 1e-9)));
                }
            }
        }
        let n = (all.rows() * columns.len()) as f64;
        for (k, p) in [0.1, 0.9].into_iter().enumerate() {
            prop_assert!(below[k] / n - 0.02 <= p && p <= upto[k] / n + 0.02, "{p}: {below:?} {upto:?} of {n}");
        }
        let asked = Totals { quantiles: vec![0.2, 0.8], seed };
        let totals = forecast_totals_with_drivers(&frames.0, &frames.1, &by, &drivers, &asked, &Task::default()).unwrap();
        for series in 0..totals.rows() {
            let mut sums: Vec<f64> = columns.iter().map(|path| path[series * H..(series + 1) * H].iter().sum()).collect();
            sums.sort_by(f64::total_cmp);
            let (mean, spread) = (totals.floats("mean").unwrap()[series], sums[1_800] - sums[200]);
            let drawn = sums.iter().sum::<f64>() / 2_000.0;
            // sizes of counts may be log-logistic, whose tail a mean does not tell; errors that are drawn anew have their own
            let near = (drawn - mean).abs() <= 0.08 * spread + 0.02 * mean + 0.01;
            prop_assert!(near || counts || WAYS[way] == Intervals::Bootstrap, "{drawn}, {mean}, {spread}");
            for (name, at) in [("q-0.2", 400), ("q-0.8", 1_600)] {
                let q = totals.floats(name).unwrap()[series];
                prop_assert!((q - sums[at]).abs() <= 0.12 * spread + 1.0 + 0.01 * q, "{name}: {q}, {}", sums[at]);
            }
        }
    }

    /// A forecaster begins as the plain forecast does, bit for bit, its bytes are the whole of it, and rows that come period by
    /// period lead where they lead in one table.
    #[test]
    fn a_forecaster_knows_drivers(seed in 0u64..10_000, counts: bool, season in 0..2usize, way in 0..2usize) {
        let (past, future, _) = panel(Plan { season: [1, 4][season], series: 12, ..plan(seed, counts) });
        let on_sale = |table: &Table, off: usize| {
            let ds = table.integers("ds").unwrap();
            let on = ds.iter().map(|t| i64::from(*t as usize % 7 != off)).collect();
            table.clone().with("on_sale", Column::Integer(on)).unwrap()
        };
        let (past, future) = (on_sale(&past, 2), on_sale(&future, 3));
        let mut random = Random(seed + 5);
        let mut chances = |most: f64| (0..past.rows()).map(|_| if random.unit() < 0.1 { most * random.unit() } else { 1.0 }).collect::<Vec<f64>>();
        let (shares, lost) = (chances(1.0), chances(0.0));
        let past = with_floats(&past, "y", |row, y| if lost[row] == 0.0 { f64::NAN } else { y });
        let past = past.with("share", Column::Float(shares)).unwrap();
        let in_stock = (seed % 2 == 0).then(|| "share".into());
        let by = TableParams { season: [1, 4][season], intervals: WAYS[way], in_stock, ..by(&MODELS) };
        let names = DriverParams { market_column: Some("unique_id".into()), on_sale: Some("on_sale".into()), ..grouped(&["price", "deal"]) };
        let frames = (past.clone(), future.clone());
        let plain = told(&frames, &by, &names);
        let params = ForecasterParams { forecast: by, drivers: names, ..Default::default() };
        let fit = |table: &Table| Forecaster::fit(params.clone(), table, &Task::default()).unwrap();
        let ask = |own: &Forecaster, future: &Table, h| own.predict_with_drivers(future, h, &[80.0], &Task::default()).unwrap();
        let own = ask(&fit(&past), &future, H);
        prop_assert!(bits(&rows(&own)) == bits(&rows(&plain)));
        prop_assert_eq!(own.texts("model").unwrap(), plain.texts("model").unwrap());
        prop_assert_eq!(own.get("intervals").is_some(), way > 0);

        let early = |t: i64| t < 30;
        let of = |table: &Table, keep: &dyn Fn(i64) -> bool| {
            let ds = table.integers("ds").unwrap();
            taken(table, &(0..ds.len()).filter(|row| keep(ds[*row])).collect::<Vec<usize>>())
        };
        let mut once = fit(&of(&past, &early));
        let mut each = once.clone();
        once.update(&of(&past, &|t| !early(t))).unwrap();
        for t in 30..36 {
            each.update(&of(&past, &|own| own == t)).unwrap();
            each = Forecaster::from_bytes(&each.to_bytes().unwrap()).unwrap();
        }
        prop_assert!(once.to_bytes().unwrap() == each.to_bytes().unwrap());
        prop_assert!(bits(&rows(&ask(&once, &future, H))) == bits(&rows(&ask(&each, &future, H))));
        once.refit(&past, &Task::default()).unwrap();
        prop_assert!(bits(&rows(&ask(&once, &future, H))) == bits(&rows(&own)));
    }

    /// A period that is left out is one of which nothing is known, or in which nothing sold by the drivers before it.
    #[test]
    fn a_forecaster_reads_gaps(seed in 0u64..10_000, counts: bool, zero: bool) {
        let (past, future, _) = panel(plan(seed, counts));
        let ds = past.integers("ds").unwrap();
        let of = |keep: &dyn Fn(i64) -> bool| {
            taken(&past, &(0..ds.len()).filter(|row| keep(ds[*row])).collect::<Vec<usize>>())
        };
        let gaps = if zero { Gaps::Zero } else { Gaps::Missing };
        let forecast = TableParams { gaps, ..by(&MODELS) };
        let params = ForecasterParams { forecast, drivers: grouped(&["price", "deal"]), ..Default::default() };
        let own = Forecaster::fit(params, &of(&|t| t < 30), &Task::default()).unwrap();
        let told = |rows: &[Table]| {
            let mut own = own.clone();
            rows.iter().for_each(|rows| own.update(rows).unwrap());
            bits(&self::rows(&own.predict_with_drivers(&future, H, &[80.0], &Task::default()).unwrap()))
        };
        let left_out = told(&[of(&|t| t == 30), of(&|t| t > 32)]);
        // the rows of periods 31 and 32 as they were read: nothing sold, and the drivers of period 30
        let mut written = of(&|t| t >= 30);
        for name in ["price", "deal"] {
            let first = written.floats(name).unwrap();
            written = with_floats(&written, name, |row, x| if [1, 2].contains(&(row % 6)) { first[row - row % 6] } else { x });
        }
        let sold = if zero { 0.0 } else { f64::NAN };
        let written = with_floats(&written, "y", |row, y| if [1, 2].contains(&(row % 6)) { sold } else { y });
        prop_assert!(left_out == told(&[written]));
    }

    /// Intervals by name lie about every model's forecast, and a row says by which way they were made.
    #[test]
    fn intervals_by_name_know_drivers(seed in 0u64..10_000, counts: bool) {
        let (past, future, _) = panel(plan(seed, counts));
        let frames = (past, future);
        for way in [Intervals::Analytic, Intervals::Bootstrap, Intervals::Conformal] {
            for model in MODELS {
                let by = TableParams { intervals: way, level: vec![50.0, 80.0], ..by(&[model]) };
                let all = told(&frames, &by, &grouped(&["price", "deal"]));
                let column = |end: &str| all.floats(&format!("{model}{end}")).unwrap();
                let (l80, l50, h50, h80) = (column("-lo-80"), column("-lo-50"), column("-hi-50"), column("-hi-80"));
                for row in 0..all.rows() {
                    let ends = [l80[row], l50[row], h50[row], h80[row]];
                    prop_assert!(ends[0] >= 0.0 && ends.windows(2).all(|pair| pair[0] <= pair[1]), "{model} {way:?} {ends:?}");
                    prop_assert!(!counts || ends.iter().all(|end| end.fract() == 0.0), "{model} {way:?} {ends:?}");
                }
                let ways = all.texts("intervals").unwrap();
                let own = model == "auto" && way != Intervals::Analytic;
                prop_assert!(own || ways.iter().all(|own| own.starts_with(way.name())), "{model} {ways:?}");
            }
        }
    }

    /// Counts have whole ends that are at least 0 by every model, whatever is missing.
    #[test]
    fn counts_stay_counts(seed in 0u64..10_000) {
        let (past, future, _) = panel(plan(seed, true));
        let mut random = Random(seed);
        let lost: Vec<bool> = (0..past.rows()).map(|_| random.unit() < 0.2).collect();
        let past = with_floats(&past, "y", |row, y| if lost[row] { f64::NAN } else { y });
        let models = ["auto", "counts", "ets", "croston", "tsb", "theta", "naive", "blend"];
        let all = told(&(past, future), &by(&models), &grouped(&["price", "deal"]));
        for model in models {
            for end in COLUMNS {
                for value in all.floats(&format!("{model}{end}")).unwrap() {
                    prop_assert!(value >= 0.0 && (end.is_empty() || value.fract() == 0.0), "{model}{end}: {value}");
                }
            }
        }
    }
}

/// What is unusable in a row of which nothing is known, or off sale, is not read; it harms no other series.
#[test]
fn drivers_of_rows_that_tell_nothing_may_be_none() {
    let (past, future, _) = panel(Plan { n: 40, ..PLAN });
    let on = |table: &Table, off: &dyn Fn(usize) -> bool| {
        let column = (0..table.rows()).map(|row| i64::from(!off(row))).collect();
        let table = table.clone().with("on_sale", Column::Integer(column)).unwrap();
        with_floats(&table, "price", |row, x| if off(row) { [f64::NAN, 0.0][row % 2] } else { x })
    };
    let ds = past.integers("ds").unwrap();
    let of = |table: &Table, keep: &dyn Fn(i64) -> bool| {
        taken(table, &(0..ds.len()).filter(|row| keep(ds[*row])).collect::<Vec<usize>>())
    };
    let past = on(&past, &|row| row < 40 && (28..33).contains(&ds[row]));
    let names = DriverParams {
        market_column: Some("group".into()),
        on_sale: Some("on_sale".into()),
        ..grouped(&["price", "deal"])
    };
    for gaps in [Gaps::Zero, Gaps::Missing] {
        let forecast = TableParams { gaps, ..by(&MODELS) };
        let params = ForecasterParams { forecast, drivers: names.clone(), ..Default::default() };
        let mut own = Forecaster::fit(params, &of(&past, &|t| t < 30), &Task::default()).unwrap();
        let before = own.to_bytes().unwrap();
        for (price, error) in [(f64::NAN, "price[39]"), (0.0, "price[39]"), (1e200, "price[39]")] {
            let late = of(&past, &|t| t > 35);
            let late = with_floats(&late, "price", |row, x| if row == 39 { price } else { x });
            let refused = own.update(&late).unwrap_err();
            assert_eq!((refused.code(), refused.fields()["field"].as_str()), ("INVALID_ARGUMENT", Some(error)));
            assert!(own.to_bytes().unwrap() == before);
        }
        own.update(&of(&past, &|t| (30..32).contains(&t))).unwrap();
        own.update(&of(&past, &|t| t > 33)).unwrap();
        let future = on(&future, &|row| row % 3 == 0);
        let told = own.predict_with_drivers(&future, H, &[80.0], &Task::default()).unwrap();
        assert!(told.texts("error").unwrap().iter().all(String::is_empty));
        for (_, _, numbers) in rows(&told) {
            assert!(numbers.iter().all(|x| x.is_finite() && *x < 1e4), "{numbers:?}");
        }
    }
}
