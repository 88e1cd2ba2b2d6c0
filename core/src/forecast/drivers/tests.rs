//! Drivers on simulated panels: effects found, useless ones dropped, scales, groups, seasons, counts.

use super::*;
use crate::base::numeric::normal_quantile;

pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }
    fn normal(&mut self) -> f64 {
        normal_quantile(self.unit())
    }
    fn poisson(&mut self, mean: f64) -> f64 {
        let (at, mut mass, mut below, mut k) = (self.unit(), (-mean).exp(), (-mean).exp(), 0.0);
        while at > below && k < 1e4 {
            k += 1.0;
            mass *= mean / k;
            below += mass;
        }
        k
    }
}

#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) series: usize,
    pub(super) n: usize,
    pub(super) level: f64,
    pub(super) noise: f64,
    pub(super) counts: bool,
    pub(super) season: usize,
    pub(super) scale: f64,
}

pub(super) const PLAN: Plan =
    Plan { seed: 1, series: 12, n: 48, level: 20.0, noise: 0.1, counts: false, season: 1, scale: 1.0 };
pub(super) const H: usize = 6;

/// Sales of `n` periods and the drivers of `H` more: price with elasticity −2, deal × 1.8, and noise that does nothing.
pub(super) fn panel(plan: Plan) -> (Table, Table, Vec<f64>) {
    let mut random = Random(plan.seed);
    let names = ["price", "deal", "noise"];
    let (mut past, mut ahead) = (Rows::default(), Rows::default());
    let mut truth = Vec::new();
    for i in 0..plan.series {
        let level = plan.level * (0.7 * random.normal()).exp();
        for t in 0..plan.n + H {
            let price = 2.0 * (0.2 * random.normal()).exp();
            let deal = f64::from(u8::from(random.unit() < 0.3));
            let noise = random.normal();
            let wave = (std::f64::consts::TAU * t as f64 / plan.season as f64).sin();
            let wave = if plan.season > 1 { 0.5 * wave } else { 0.0 };
            let mean = level * (price / 2.0f64).powf(-2.0) * 1.8f64.powf(deal) * f64::exp(wave);
            let y = if plan.counts { random.poisson(mean) } else { mean * (plan.noise * random.normal()).exp() };
            let rows = if t < plan.n { &mut past } else { &mut ahead };
            rows.push(format!("s{i}"), format!("g{}", i % 2), t as i64, plan.scale * y, [price, deal, noise]);
            if t >= plan.n {
                truth.push(plan.scale * y);
            }
        }
    }
    (past.table(&names, true), ahead.table(&names, false), truth)
}

#[derive(Default)]
struct Rows {
    ids: Vec<String>,
    groups: Vec<String>,
    ds: Vec<i64>,
    y: Vec<f64>,
    x: Vec<[f64; 3]>,
}

impl Rows {
    fn push(&mut self, id: String, group: String, t: i64, y: f64, x: [f64; 3]) {
        self.ids.push(id);
        self.groups.push(group);
        self.ds.push(t);
        self.y.push(y);
        self.x.push(x);
    }
    fn table(self, names: &[&str], past: bool) -> Table {
        let mut out = Table::default();
        out.push("unique_id", Column::Text(self.ids)).unwrap();
        out.push("ds", Column::Integer(self.ds)).unwrap();
        for (at, name) in names.iter().enumerate() {
            out.push(*name, Column::Float(self.x.iter().map(|x| x[at]).collect())).unwrap();
        }
        if past {
            out.push("group", Column::Text(self.groups)).unwrap();
            out.push("y", Column::Float(self.y)).unwrap();
        }
        out
    }
}

pub(super) fn params(drivers: &[&str]) -> DriverParams {
    DriverParams { drivers: drivers.iter().map(ToString::to_string).collect(), ..Default::default() }
}

/// The rows of `future`, by some models.
fn by(models: &[&str]) -> TableParams {
    TableParams { h: 0, models: models.iter().map(ToString::to_string).collect(), ..Default::default() }
}

fn driven(past: &Table, future: &Table, drivers: &DriverParams) -> Table {
    with_drivers(past, future, &by(&["auto"]), drivers, &Task::default()).unwrap()
}

fn mae(told: &Table, truth: &[f64]) -> f64 {
    let told = told.floats("auto").unwrap();
    told.iter().zip(truth).map(|(told, y)| (told - y).abs()).sum::<f64>() / truth.len() as f64
}

#[test]
fn effects_are_found_with_honest_intervals() {
    let mut inside = 0;
    for seed in 1..=5 {
        let (past, _, _) = panel(Plan { seed, ..PLAN });
        let grouped = DriverParams { group_column: Some("group".into()), ..params(&["price", "deal"]) };
        let told = driver_effects(&past, &TableParams::default(), &grouped, &Task::default()).unwrap();
        let column = |name: &str| told.floats(name).unwrap();
        let (effect, low, high) = (column("effect"), column("lo-95"), column("hi-95"));
        assert!((effect[0] + 2.0).abs() < 0.15 && (effect[1] / 1.8 - 1.0).abs() < 0.1, "{effect:?}");
        inside += [-2.0, 1.8].iter().enumerate().filter(|(k, b)| (low[*k]..=high[*k]).contains(*b)).count();
    }
    assert!(inside >= 8, "{inside} of 10");
}

#[test]
fn a_useless_driver_is_dropped_and_leaves_no_trace() {
    let mut same = 0;
    for seed in 1..=10 {
        let (past, future, _) = panel(Plan { seed, series: 8, ..PLAN });
        let without = driven(&past, &future, &params(&["price", "deal"]));
        let with = driven(&past, &future, &params(&["price", "deal", "noise"]));
        same += usize::from(with == without);
    }
    assert!(same >= 9, "{same} of 10");
}

#[test]
fn ten_times_the_sales_are_ten_times_the_forecast() {
    let told = |scale: f64| {
        let (past, future, _) = panel(Plan { scale, ..PLAN });
        driven(&past, &future, &params(&["price", "deal"]))
    };
    let (one, ten) = (told(1.0), told(10.0));
    for column in ["auto", "auto-lo-80", "auto-hi-80"] {
        for (one, ten) in one.floats(column).unwrap().iter().zip(ten.floats(column).unwrap()) {
            assert!((10.0 * one / ten - 1.0).abs() < 1e-6, "{column}: {one}, {ten}");
        }
    }
}

#[test]
fn a_season_is_kept_beside_the_drivers() {
    let (past, future, truth) = panel(Plan { season: 4, n: 56, ..PLAN });
    let told = |season: usize| {
        let drivers = DriverParams { group_column: Some("group".into()), ..params(&["price", "deal"]) };
        let params = TableParams { season, ..by(&["auto"]) };
        mae(&with_drivers(&past, &future, &params, &drivers, &Task::default()).unwrap(), &truth)
    };
    let (with, without) = (told(4), told(1));
    assert!(with < 0.6 * without, "{with}, {without}");
}

#[test]
fn counts_have_whole_quantiles_that_hold() {
    let (mut below, mut upto, mut n, mut own, mut plain) = ([0.0; 2], [0.0; 2], 0.0, 0.0, 0.0);
    for seed in 1..=3 {
        let (past, future, truth) = panel(Plan { seed, series: 30, level: 1.5, counts: true, ..PLAN });
        let told = driven(&past, &future, &params(&["price", "deal"]));
        let models = told.texts("model").unwrap();
        assert!(models.iter().filter(|model| *model == "counts").count() > models.len() / 2, "{models:?}");
        for (k, column) in ["auto-lo-80", "auto-hi-80"].iter().enumerate() {
            for (end, y) in told.floats(column).unwrap().iter().zip(&truth) {
                assert!(*end >= 0.0 && end.fract() == 0.0, "{end}");
                below[k] += f64::from(u8::from(y < end));
                upto[k] += f64::from(u8::from(y <= end));
            }
        }
        n += truth.len() as f64;
        own += mae(&told, &truth);
        let alone = driven(&past, &future, &params(&["noise"]));
        plain += mae(&alone, &truth);
    }
    for (k, level) in [0.1, 0.9].into_iter().enumerate() {
        assert!(below[k] / n - 0.04 <= level && level <= upto[k] / n + 0.04, "{level}: {below:?} {upto:?} of {n}");
    }
    assert!(own < 0.9 * plain, "{own}, {plain}");
}

#[test]
fn nothing_is_sold_after_the_end() {
    let (past, future, _) = panel(PLAN);
    let days = |table: &Table| table.rows();
    let on = |table: Table, value: &dyn Fn(usize) -> i64| {
        let column = Column::Integer((0..days(&table)).map(value).collect());
        table.with("on_sale", column).unwrap()
    };
    let (past, future) = (on(past, &|_| 1), on(future, &|row| i64::from(row % H < 3)));
    let params = DriverParams { on_sale: Some("on_sale".into()), ..params(&["price", "deal"]) };
    let told = driven(&past, &future, &params);
    for column in ["auto", "auto-lo-80", "auto-hi-80"] {
        for (row, value) in told.floats(column).unwrap().iter().enumerate() {
            assert_eq!(*value > 0.0, row % H < 3, "{column} {row}: {value}");
        }
    }
}

/// Carts of a week lead the sales of the next.
fn carts(seed: u64, leads: bool) -> (Table, Table, Table, Vec<f64>) {
    const LEAD: usize = 6;
    let mut random = Random(seed);
    let (mut past, mut ahead, mut truth) = (Rows::default(), Rows::default(), Vec::new());
    let (mut ids, mut ds, mut value) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..10 {
        let level = 20.0 * (0.5 * random.normal()).exp();
        let wish: Vec<f64> = (0..60 + H).map(|_| 0.5 * random.normal()).collect();
        for (t, wish) in wish.iter().enumerate() {
            let y = level * (if leads { *wish } else { 0.5 * random.normal() } + 0.1 * random.normal()).exp();
            let rows = if t < 60 { &mut past } else { &mut ahead };
            rows.push(format!("s{i}"), String::new(), t as i64, y, [0.0; 3]);
            if t >= 60 {
                truth.push(y);
            }
            ids.push(format!("s{i}"));
            ds.push(t as i64 - LEAD as i64);
            value.push(50.0 * wish.exp());
        }
    }
    let n = vec![1; value.len()];
    let signals = Table::default()
        .with("unique_id", Column::Text(ids))
        .and_then(|t| t.with("ds", Column::Integer(ds)))
        .and_then(|t| t.with("kind", Column::Text(vec!["cart".into(); value.len()])))
        .and_then(|t| t.with("value", Column::Float(value)))
        .and_then(|t| t.with("n", Column::Integer(n)));
    (past.table(&["none"], true), ahead.table(&["none"], false), signals.unwrap(), truth)
}

#[test]
fn carts_that_lead_sales_help_and_noise_leaves_no_trace() {
    let told = |seed: u64, leads: bool| {
        let (past, future, signals, truth) = carts(seed, leads);
        let columns = SignalParams { h: H, window: 1, ..Default::default() };
        let (past, future) =
            (signal_drivers(&past, &signals, &columns).unwrap(), signal_drivers(&future, &signals, &columns).unwrap());
        let run = |drivers: &[&str]| driven(&past, &future, &params(drivers));
        (run(&["none", "cart"]), run(&["none"]), truth)
    };
    let (with, without, truth) = told(1, true);
    assert!(mae(&with, &truth) < 0.5 * mae(&without, &truth));
    let same = (1..=10).filter(|seed| told(*seed, false).0 == told(*seed, false).1).count();
    assert!(same >= 9, "{same} of 10");
}

#[test]
fn feedback_of_later_days_does_not_reach_a_row() {
    let mut random = Random(3);
    let mut rows: Vec<(String, i64, f64, i64)> = Vec::new();
    for t in 0..40 {
        for sku in ["a", "b", "c"] {
            if random.unit() < 0.4 {
                rows.push((sku.into(), t, 3.0 + random.normal(), 1 + (9.0 * random.unit()) as i64));
            }
        }
    }
    let df = Table::default()
        .with("unique_id", Column::Text((0..160).map(|i| ["a", "b", "c", "d"][i / 40].into()).collect()))
        .and_then(|t| t.with("ds", Column::Integer((0..160).map(|i| i % 40).collect())))
        .unwrap();
    let told = |upto: i64| {
        let rows: Vec<_> = rows.iter().filter(|row| row.1 <= upto).cloned().collect();
        let signals = Table::default()
            .with("sku", Column::Text(rows.iter().map(|row| row.0.clone()).collect()))
            .and_then(|t| t.with("day", Column::Integer(rows.iter().map(|row| row.1).collect())))
            .and_then(|t| t.with("kind", Column::Text(vec!["rating".into(); rows.len()])))
            .and_then(|t| t.with("value", Column::Float(rows.iter().map(|row| row.2).collect())))
            .and_then(|t| t.with("n", Column::Integer(rows.iter().map(|row| row.3).collect())))
            .unwrap();
        let params = SignalParams { h: 3, window: 4, ..Default::default() };
        signal_drivers(&df, &signals, &params).unwrap().floats("rating").unwrap()
    };
    let all = told(40);
    for cut in 5..40 {
        for (row, (then, now)) in told(cut).iter().zip(&all).enumerate() {
            assert!((row % 40) as i64 > cut + 3 || then == now, "{cut}, {row}: {then}, {now}");
        }
    }
}

#[test]
fn feedback_is_drawn_to_its_mean_by_what_it_rests_on() {
    let signals = |n: Vec<i64>| {
        Table::default()
            .with("unique_id", Column::Text(["a", "b", "c", "d"].map(String::from).into()))
            .and_then(|t| t.with("ds", Column::Integer(vec![0; 4])))
            .and_then(|t| t.with("kind", Column::Text(vec!["rating".into(); 4])))
            .and_then(|t| t.with("value", Column::Float(vec![1.0, 5.0, 2.9, 3.1])))
            .and_then(|t| t.with("n", Column::Integer(n)))
            .unwrap()
    };
    let df = Table::default()
        .with("unique_id", Column::Text(["a", "b", "c", "d"].map(String::from).into()))
        .and_then(|t| t.with("ds", Column::Integer(vec![1; 4])))
        .unwrap();
    let params = SignalParams { h: 1, window: 1, ..Default::default() };
    let told = |n: Vec<i64>| signal_drivers(&df, &signals(n), &params).unwrap().floats("rating").unwrap();
    assert_eq!(told(vec![2; 4]), [1.0, 5.0, 2.9, 3.1]);
    let drawn = told(vec![1, 1, 100, 100]);
    assert!(drawn[0] > 2.5 && drawn[1] < 3.5 && (drawn[2] - 2.9).abs() < 0.1, "{drawn:?}");
}
